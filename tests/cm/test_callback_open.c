/*
 * Registry callbacks around the opening of keys: what they are told of the path, the key that they
 * put in the operation's place, and what they do to the registry themselves.
 */
#include "registry.h"

static struct filter {
    LARGE_INTEGER cookie;
    int before, after;  /* of opens and creations */
    HANDLE instead;     /* a failed open of "Missing" gets this key */
    bool refuse_after;  /* a successful open fails after all */
    bool opens;         /* opens a key itself, before and after */
    NTSTATUS saw;       /* afterwards */
    PVOID object, root; /* afterwards; before */
    WCHAR complete[64], remaining[64];
} filters[3];

static void remember(WCHAR *to, const UNICODE_STRING *name) {
    memcpy(to, name->Buffer, name->Length);
    to[name->Length / sizeof(WCHAR)] = 0;
}

static void open_another(void) {
    HANDLE key;
    assert_int_equal(key_open(SOFTWARE, NULL, &key), STATUS_SUCCESS);
    ZwClose(key);
}

static NTSTATUS after_open(struct filter *self, PREG_POST_OPERATION_INFORMATION post) {
    PREG_OPEN_KEY_INFORMATION_V1 open = post->PreInformation;
    self->after++;
    self->saw = post->Status;
    self->object = post->Object;
    if (self->instead && post->Status == STATUS_OBJECT_NAME_NOT_FOUND) {
        PVOID object;
        ObReferenceObjectByHandle(self->instead, KEY_READ, NULL, KernelMode, &object, NULL);
        *open->ResultObject = post->Object = object;
        open->GrantedAccess = open->DesiredAccess;
        post->ReturnStatus = STATUS_SUCCESS;
        return STATUS_CALLBACK_BYPASS;
    }
    if (self->refuse_after && NT_SUCCESS(post->Status)) {
        ObDereferenceObject(post->Object);
        *open->ResultObject = NULL; /* and forgets post->Object */
        post->ReturnStatus = STATUS_ACCESS_DENIED;
        return STATUS_CALLBACK_BYPASS;
    }
    return STATUS_SUCCESS;
}

static EX_CALLBACK_FUNCTION filter;
static NTSTATUS filter(PVOID context, PVOID argument1, PVOID argument2) {
    struct filter *self = context;
    NTSTATUS status = STATUS_SUCCESS;
    REG_NOTIFY_CLASS class = (REG_NOTIFY_CLASS)(ULONG_PTR)argument1;
    if (class == RegNtPreOpenKeyEx) {
        PREG_OPEN_KEY_INFORMATION_V1 open = argument2;
        self->before++;
        self->root = open->RootObject;
        remember(self->complete, open->CompleteName);
        remember(self->remaining, open->RemainingName);
    } else if (class == RegNtPostOpenKeyEx) {
        status = after_open(self, argument2);
    } else {
        return STATUS_SUCCESS;
    }
    if (self->opens)
        open_another();
    return status;
}

static struct filter *begin(int index, PCWSTR altitude) {
    UNICODE_STRING string;
    memset(&filters[index], 0, sizeof filters[index]);
    RtlInitUnicodeString(&string, altitude);
    assert_int_equal(
        CmRegisterCallbackEx(filter, &string, NULL, &filters[index], &filters[index].cookie, NULL),
        STATUS_SUCCESS);
    return &filters[index];
}

static void end(struct filter *self) {
    assert_int_equal(CmUnRegisterCallback(self->cookie), STATUS_SUCCESS);
}

static void wide_equal(const WCHAR *text, const WCHAR *expected) {
    UNICODE_STRING first, second;
    RtlInitUnicodeString(&first, text);
    RtlInitUnicodeString(&second, expected);
    assert_true(RtlEqualUnicodeString(&first, &second, TRUE));
}

static void an_absolute_path_begins_at_the_registrys_root(struct machine *m) {
    struct filter *self = begin(0, L"1000");
    HANDLE root, key;
    PVOID object;
    (void)m;
    assert_int_equal(key_open(SOFTWARE, NULL, &key), STATUS_SUCCESS);
    wide_equal(self->complete, SOFTWARE);
    wide_equal(self->remaining, L"Machine\\Software");
    PVOID told = self->root;
    assert_int_equal(key_open(L"\\Registry", NULL, &root), STATUS_SUCCESS);
    ObReferenceObjectByHandle(root, 0, NULL, KernelMode, &object, NULL);
    assert_int_equal(ObOpenObjectByPointer(told, OBJ_KERNEL_HANDLE, NULL, KEY_READ,
                                           *CmKeyObjectType, KernelMode, &root),
                     STATUS_SUCCESS);
    ObDereferenceObject(object);
    ZwClose(key);
    /* The root that was told opens the same key by the remaining name. */
    assert_int_equal(key_open(L"Machine\\Software", root, &key), STATUS_SUCCESS);
    wide_equal(self->complete, L"Machine\\Software");
    wide_equal(self->remaining, L"Machine\\Software");
    ZwClose(key);
    end(self);
}

static void a_path_elsewhere_is_no_business_of_theirs(struct machine *m) {
    struct filter *self = begin(0, L"1000");
    HANDLE key;
    (void)m;
    assert_int_equal(key_open(L"\\Nowhere\\Software", NULL, &key), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(self->before, 0);
    end(self);
}

/* Check that a failed open becomes a success: the caller has the key that the callback supplied,
 * with the access it granted, and the callbacks above see that key. */
static void a_failed_open_can_be_given_a_key(struct machine *m) {
    HANDLE other = new_key(SOFTWARE L"\\Other"), key;
    struct filter *above = begin(1, L"2000"), *self = begin(0, L"1000");
    PVOID object;
    (void)m;
    number_set(other, L"X", 7);
    self->instead = other;
    assert_int_equal(key_open(SOFTWARE L"\\Missing", NULL, &key), STATUS_SUCCESS);
    assert_int_equal(self->saw, STATUS_OBJECT_NAME_NOT_FOUND);
    assert_null(self->object);
    assert_int_equal(above->saw, STATUS_SUCCESS);
    ObReferenceObjectByHandle(other, 0, NULL, KernelMode, &object, NULL);
    assert_ptr_equal(above->object, object);
    ObDereferenceObject(object);
    assert_int_equal(number_get(key, L"X"), 7);
    ZwClose(key);
    end(self);
    end(above);
    ZwClose(other);
}

static void a_successful_open_can_fail_after_all(struct machine *m) {
    HANDLE other = new_key(SOFTWARE L"\\Other"), key = NULL;
    struct filter *above = begin(1, L"2000"), *self = begin(0, L"1000");
    self->refuse_after = true;
    assert_int_equal(key_open(SOFTWARE L"\\Other", NULL, &key), STATUS_ACCESS_DENIED);
    assert_null(key);
    assert_non_null(self->object);
    assert_null(above->object);
    assert_int_equal(above->saw, STATUS_ACCESS_DENIED);
    end(self);
    end(above);
    ZwClose(other);
    assert_int_equal(wdmsim_leaks(m, true, NULL, 0), 0);
}

/* Check whom a callback's own operations go to: those below it, neither itself nor those above. */
static void what_a_callback_opens_is_filtered_below_it(struct machine *m) {
    struct filter *high = begin(0, L"3000"), *middle = begin(1, L"2000"), *low = begin(2, L"1000");
    HANDLE key;
    (void)m;
    middle->opens = true;
    assert_int_equal(key_open(SOFTWARE, NULL, &key), STATUS_SUCCESS);
    assert_int_equal(high->before, 1);
    assert_int_equal(high->after, 1);
    assert_int_equal(middle->before, 1);
    assert_int_equal(middle->after, 1);
    assert_int_equal(low->before, 3);
    assert_int_equal(low->after, 3);
    ZwClose(key);
    end(low);
    end(middle);
    end(high);
}

static EX_CALLBACK_FUNCTION careless;
static NTSTATUS careless(PVOID context, PVOID argument1, PVOID argument2) {
    (void)context, (void)argument1, (void)argument2;
    ExRaiseStatus(STATUS_INVALID_DEVICE_STATE);
}

/* Check that an exception does not get past the registry to the caller's guarded block. */
static void a_callbacks_exception_stops_the_system(struct machine *m) {
    UNICODE_STRING altitude = RTL_CONSTANT_STRING(L"1000");
    LARGE_INTEGER cookie;
    HANDLE key;
    (void)m;
    CmRegisterCallbackEx(careless, &altitude, NULL, NULL, &cookie, NULL);
    wdmsim_expect_bugcheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    __try {
        key_open(SOFTWARE, NULL, &key);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        fail();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_absolute_path_begins_at_the_registrys_root),
        wdmsim_unit_test(a_path_elsewhere_is_no_business_of_theirs),
        wdmsim_unit_test(a_failed_open_can_be_given_a_key),
        wdmsim_unit_test(a_successful_open_can_fail_after_all),
        wdmsim_unit_test(what_a_callback_opens_is_filtered_below_it),
        wdmsim_unit_test(a_callbacks_exception_stops_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
