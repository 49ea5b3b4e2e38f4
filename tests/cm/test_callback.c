/* Registry callbacks: watching, refusing, doing, changing; contexts and names. */
#include "registry.h"

static struct filter {
    LARGE_INTEGER cookie;
    REG_NOTIFY_CLASS classes[16], refuse_class;
    NTSTATUS refuse, post_status, change_to;
    int count;
    char tag;
    PVOID object, seen_context, call_context;
    int cleanups;
} filters[2];
static char order[32];
static int order_length;

static EX_CALLBACK_FUNCTION filter;
static NTSTATUS filter(PVOID context, PVOID argument1, PVOID argument2) {
    struct filter *self = context;
    REG_NOTIFY_CLASS class = (REG_NOTIFY_CLASS)(ULONG_PTR)argument1;
    if (class == RegNtPreKeyHandleClose || class == RegNtPostKeyHandleClose)
        return STATUS_SUCCESS;
    if (class == RegNtCallbackObjectContextCleanup) {
        self->cleanups++;
        return STATUS_SUCCESS;
    }
    if (self->count < 16)
        self->classes[self->count++] = class;
    if (order_length < 31)
        order[order_length++] = self->tag;
    if (class == RegNtPreSetValueKey) {
        PREG_SET_VALUE_KEY_INFORMATION set = argument2;
        self->object = set->Object;
        self->seen_context = set->ObjectContext;
        set->CallContext = self;
    }
    if (class == RegNtPostSetValueKey) {
        PREG_POST_OPERATION_INFORMATION post = argument2;
        self->post_status = post->Status;
        self->call_context = post->CallContext;
        if (self->change_to) {
            post->ReturnStatus = self->change_to;
            return STATUS_CALLBACK_BYPASS;
        }
    }
    return self->refuse && class == self->refuse_class ? self->refuse : STATUS_SUCCESS;
}

static void begin(int index, PCWSTR altitude, char tag) {
    UNICODE_STRING string;
    memset(&filters[index], 0, sizeof filters[index]);
    filters[index].tag = tag;
    RtlInitUnicodeString(&string, altitude);
    assert_int_equal(
        CmRegisterCallbackEx(filter, &string, NULL, &filters[index], &filters[index].cookie, NULL),
        STATUS_SUCCESS);
    memset(order, 0, sizeof order);
    order_length = 0;
}

static void end(int index) {
    assert_int_equal(CmUnRegisterCallback(filters[index].cookie), STATUS_SUCCESS);
}

static void operations_are_told_before_and_after(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Filtered");
    (void)m;
    begin(0, L"1000", 'a');
    number_set(key, L"X", 1);
    assert_int_equal(filters[0].count, 2);
    assert_int_equal(filters[0].classes[0], RegNtPreSetValueKey);
    assert_int_equal(filters[0].classes[1], RegNtPostSetValueKey);
    assert_int_equal(filters[0].post_status, STATUS_SUCCESS);
    assert_ptr_equal(filters[0].call_context, &filters[0]);
    number_get(key, L"X");
    assert_int_equal(filters[0].classes[2], RegNtPreQueryValueKey);
    assert_int_equal(filters[0].classes[3], RegNtPostQueryValueKey);
    end(0);
    number_set(key, L"X", 2);
    assert_int_equal(filters[0].count, 4);
    assert_int_equal(CmUnRegisterCallback(filters[0].cookie), STATUS_INVALID_PARAMETER);
    ZwClose(key);
}

static void an_operation_can_be_refused(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Filtered"), other;
    ULONG number = 9;
    (void)m;
    number_set(key, L"X", 1);
    begin(0, L"1000", 'a');
    filters[0].refuse = STATUS_ACCESS_DENIED;
    filters[0].refuse_class = RegNtPreSetValueKey;
    assert_int_equal(value_set(key, L"X", REG_DWORD, &number, sizeof number), STATUS_ACCESS_DENIED);
    assert_int_equal(filters[0].count, 1); /* no word after it */
    filters[0].refuse_class = RegNtPreOpenKeyEx;
    assert_int_equal(key_open(SOFTWARE L"\\Filtered", NULL, &other), STATUS_ACCESS_DENIED);
    end(0);
    assert_int_equal(number_get(key, L"X"), 1);
    ZwClose(key);
}

/* Check that a callback can do the operation itself: the caller sees success, nothing happens. */
static void an_operation_can_be_taken_over(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Filtered");
    (void)m;
    number_set(key, L"X", 1);
    begin(0, L"1000", 'a');
    filters[0].refuse = STATUS_CALLBACK_BYPASS;
    filters[0].refuse_class = RegNtPreSetValueKey;
    number_set(key, L"X", 9);
    assert_int_equal(filters[0].count, 1);
    end(0);
    assert_int_equal(number_get(key, L"X"), 1);
    ZwClose(key);
}

static void the_result_can_be_changed(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Filtered");
    ULONG number = 9;
    (void)m;
    begin(0, L"1000", 'a');
    filters[0].change_to = STATUS_UNSUCCESSFUL;
    assert_int_equal(value_set(key, L"X", REG_DWORD, &number, sizeof number), STATUS_UNSUCCESSFUL);
    end(0);
    assert_int_equal(number_get(key, L"X"), 9);
    ZwClose(key);
}

/* Check the layers: highest altitude first on the way in and last on the way out; a refusal ends
 * the way in. */
static void callbacks_are_layered_by_altitude(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Filtered");
    ULONG number = 1;
    (void)m;
    begin(1, L"90", 'b');
    begin(0, L"1000", 'a');
    number_set(key, L"X", 1);
    assert_string_equal(order, "abba");
    memset(order, 0, sizeof order);
    order_length = 0;
    filters[1].refuse = STATUS_ACCESS_DENIED;
    filters[1].refuse_class = RegNtPreSetValueKey;
    assert_int_equal(value_set(key, L"X", REG_DWORD, &number, sizeof number), STATUS_ACCESS_DENIED);
    assert_string_equal(order, "aba");
    assert_int_equal(filters[0].post_status, STATUS_ACCESS_DENIED);
    end(0);
    end(1);
    ZwClose(key);
}

static void altitudes_are_taken_once(struct machine *m) {
    UNICODE_STRING same = RTL_CONSTANT_STRING(L"1000.0"), bad = RTL_CONSTANT_STRING(L"top");
    LARGE_INTEGER cookie, first = {.QuadPart = 0}, second = {.QuadPart = 0};
    ULONG major = 0, minor = 9;
    (void)m;
    begin(0, L"1000", 'a');
    assert_int_equal(CmRegisterCallbackEx(filter, &same, NULL, NULL, &cookie, NULL),
                     STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    assert_int_equal(CmRegisterCallbackEx(filter, &bad, NULL, NULL, &cookie, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(CmRegisterCallback(filter, &filters[1], &first), STATUS_SUCCESS);
    assert_int_equal(CmRegisterCallback(filter, &filters[1], &second), STATUS_SUCCESS);
    assert_true(first.QuadPart != second.QuadPart);
    assert_int_equal(CmUnRegisterCallback(first), STATUS_SUCCESS);
    assert_int_equal(CmUnRegisterCallback(second), STATUS_SUCCESS);
    end(0);
    CmGetCallbackVersion(&major, &minor);
    assert_int_equal(major, 1);
    assert_int_equal(minor, 1); /* since Windows 7 */
}

/* Check that a context comes with every operation on its object and is given back when the object
 * goes, or the callback. */
static void contexts_belong_to_key_objects(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Filtered");
    PVOID object, old = &object;
    (void)m;
    begin(0, L"1000", 'a');
    ObReferenceObjectByHandle(key, 0, *CmKeyObjectType, KernelMode, &object, NULL);
    assert_int_equal(CmSetCallbackObjectContext(object, &filters[0].cookie, &filters[0], &old),
                     STATUS_SUCCESS);
    assert_null(old);
    number_set(key, L"X", 1);
    assert_ptr_equal(filters[0].object, object);
    assert_ptr_equal(filters[0].seen_context, &filters[0]);
    assert_int_equal(CmSetCallbackObjectContext(object, &filters[0].cookie, &filters[1], &old),
                     STATUS_SUCCESS);
    assert_ptr_equal(old, &filters[0]);
    ZwClose(key);
    assert_int_equal(filters[0].cleanups, 0);
    ObDereferenceObject(object);
    assert_int_equal(filters[0].cleanups, 1);
    assert_int_equal(key_open(SOFTWARE L"\\Filtered", NULL, &key), STATUS_SUCCESS);
    ObReferenceObjectByHandle(key, 0, *CmKeyObjectType, KernelMode, &object, NULL);
    CmSetCallbackObjectContext(object, &filters[0].cookie, &filters[0], NULL);
    end(0);
    assert_int_equal(filters[0].cleanups, 2);
    ObDereferenceObject(object);
    ZwClose(key);
    assert_int_equal(filters[0].cleanups, 2);
}

/* Check the two ways to a key's name: the extended one follows a rename, the older one does not. */
static void names_and_identifiers_are_told(struct machine *m) {
    static const WCHAR expected[] = L"\\REGISTRY\\MACHINE\\SOFTWARE\\Filtered";
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"Renamed");
    HANDLE key = new_key(SOFTWARE L"\\Filtered"), same;
    PCUNICODE_STRING old_name, new_name;
    ULONG_PTR first, second;
    PVOID object, other;
    (void)m;
    begin(0, L"1000", 'a');
    key_open(SOFTWARE L"\\Filtered", NULL, &same);
    ObReferenceObjectByHandle(key, 0, NULL, KernelMode, &object, NULL);
    ObReferenceObjectByHandle(same, 0, NULL, KernelMode, &other, NULL);
    assert_int_equal(CmCallbackGetKeyObjectID(&filters[0].cookie, object, &first, &old_name),
                     STATUS_SUCCESS);
    assert_int_equal(old_name->Length, sizeof expected - sizeof(WCHAR));
    assert_memory_equal(old_name->Buffer, expected, old_name->Length);
    assert_int_equal(ZwRenameKey(key, &name), STATUS_SUCCESS);
    assert_int_equal(CmCallbackGetKeyObjectIDEx(&filters[0].cookie, other, &second, &new_name, 0),
                     STATUS_SUCCESS);
    assert_true(first == second);
    assert_int_equal(new_name->Buffer[new_name->Length / sizeof(WCHAR) - 1], 'd');
    assert_memory_equal(new_name->Buffer + new_name->Length / sizeof(WCHAR) - 7, L"Renamed", 14);
    CmCallbackReleaseKeyObjectIDEx(new_name);
    CmCallbackGetKeyObjectID(&filters[0].cookie, object, NULL, &old_name);
    assert_memory_equal(old_name->Buffer, expected, old_name->Length);
    assert_int_equal(CmCallbackGetKeyObjectIDEx(&filters[0].cookie, object, NULL, NULL, 1),
                     STATUS_INVALID_PARAMETER);
    assert_null(CmGetBoundTransaction(&filters[0].cookie, object));
    ObDereferenceObject(object);
    ObDereferenceObject(other);
    ZwClose(same);
    ZwClose(key);
    end(0);
    wdmsim_expect_bugcheck(BAD_POOL_CALLER); /* a name is released once */
    CmCallbackReleaseKeyObjectIDEx(new_name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(operations_are_told_before_and_after),
        wdmsim_unit_test(an_operation_can_be_refused),
        wdmsim_unit_test(an_operation_can_be_taken_over),
        wdmsim_unit_test(the_result_can_be_changed),
        wdmsim_unit_test(callbacks_are_layered_by_altitude),
        wdmsim_unit_test(altitudes_are_taken_once),
        wdmsim_unit_test(contexts_belong_to_key_objects),
        wdmsim_unit_test(names_and_identifiers_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
