/* ObRegisterCallbacks: watching and narrowing handles to processes and threads. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static struct {
    char order[16];
    int length;
    OB_OPERATION operation;
    PVOID object, source, target;
    BOOLEAN kernel;
    ACCESS_MASK original, granted, strip;
    NTSTATUS status;
} seen;

static OB_PREOP_CALLBACK_STATUS before(PVOID context, POB_PRE_OPERATION_INFORMATION information) {
    seen.order[seen.length++] = *(const char *)context;
    seen.operation = information->Operation;
    seen.object = information->Object;
    seen.kernel = (BOOLEAN)information->KernelHandle;
    seen.original = information->Parameters->CreateHandleInformation.OriginalDesiredAccess;
    if (information->Operation == OB_OPERATION_HANDLE_DUPLICATE) {
        seen.source = information->Parameters->DuplicateHandleInformation.SourceProcess;
        seen.target = information->Parameters->DuplicateHandleInformation.TargetProcess;
    }
    information->Parameters->CreateHandleInformation.DesiredAccess &= ~seen.strip;
    information->CallContext = context;
    return OB_PREOP_SUCCESS;
}

static VOID after(PVOID context, POB_POST_OPERATION_INFORMATION information) {
    assert_ptr_equal(information->CallContext, context);
    seen.order[seen.length++] = (char)(*(const char *)context - 'a' + 'A');
    seen.granted = information->Parameters->CreateHandleInformation.GrantedAccess;
    seen.status = information->ReturnStatus;
}

static NTSTATUS watch(PCWSTR altitude, const char *context, POBJECT_TYPE *type,
                      PVOID *registration) {
    OB_OPERATION_REGISTRATION operation = {
        type, OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE, before, after};
    OB_CALLBACK_REGISTRATION callbacks = {
        OB_FLT_REGISTRATION_VERSION, 1, {0, 0, NULL}, (PVOID)(ULONG_PTR)context, &operation};
    RtlInitUnicodeString(&callbacks.Altitude, altitude);
    memset(&seen, 0, sizeof seen);
    return ObRegisterCallbacks(&callbacks, registration);
}

static ACCESS_MASK open_process(ULONG attributes, ACCESS_MASK access) {
    PUBLIC_OBJECT_BASIC_INFORMATION information;
    HANDLE handle;
    assert_int_equal(ObOpenObjectByPointer(PsInitialSystemProcess, attributes, NULL, access,
                                           *PsProcessType, KernelMode, &handle),
                     STATUS_SUCCESS);
    ZwQueryObject(handle, ObjectBasicInformation, &information, sizeof information, NULL);
    ZwClose(handle);
    return information.GrantedAccess;
}

static void rights_can_be_taken_from_a_new_handle(struct machine *m) {
    PVOID registration;
    (void)m;
    assert_int_equal(watch(L"321000", "a", PsProcessType, &registration), STATUS_SUCCESS);
    seen.strip = PROCESS_TERMINATE;
    assert_int_equal(open_process(0, PROCESS_TERMINATE | PROCESS_VM_READ), PROCESS_VM_READ);
    assert_int_equal(seen.operation, OB_OPERATION_HANDLE_CREATE);
    assert_ptr_equal(seen.object, PsInitialSystemProcess);
    assert_int_equal(seen.original, PROCESS_TERMINATE | PROCESS_VM_READ);
    assert_int_equal(seen.granted, PROCESS_VM_READ);
    assert_int_equal(seen.status, STATUS_SUCCESS);
    assert_false(seen.kernel);
    assert_string_equal(seen.order, "aA");
    ObUnRegisterCallbacks(registration);
    assert_int_equal(open_process(0, PROCESS_TERMINATE), PROCESS_TERMINATE);
    assert_string_equal(seen.order, "aA");
}

/* Check that kernel handles are shown but keep their rights. */
static void kernel_handles_keep_their_rights(struct machine *m) {
    PVOID registration;
    (void)m;
    watch(L"321000", "a", PsProcessType, &registration);
    seen.strip = PROCESS_TERMINATE;
    assert_int_equal(open_process(OBJ_KERNEL_HANDLE, PROCESS_TERMINATE), PROCESS_TERMINATE);
    assert_true(seen.kernel);
    ObUnRegisterCallbacks(registration);
}

/* Check that altitudes are numbers: the highest goes first, and each is taken once. */
static void altitudes_give_the_order(struct machine *m) {
    PVOID low, high, middle, none;
    (void)m;
    assert_int_equal(watch(L"99", "c", PsProcessType, &low), STATUS_SUCCESS);
    assert_int_equal(watch(L"100000", "a", PsProcessType, &high), STATUS_SUCCESS);
    assert_int_equal(watch(L"99.5", "b", PsProcessType, &middle), STATUS_SUCCESS);
    assert_int_equal(watch(L"0099.50", "d", PsProcessType, &none),
                     STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    open_process(0, PROCESS_VM_READ);
    assert_string_equal(seen.order, "abcCBA");
    ObUnRegisterCallbacks(low);
    ObUnRegisterCallbacks(high);
    ObUnRegisterCallbacks(middle);
}

static void a_registration_is_checked(struct machine *m) {
    PVOID registration;
    (void)m;
    assert_int_equal(watch(L"321000", "a", ExEventObjectType, &registration),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(watch(L"high", "a", PsProcessType, &registration), STATUS_INVALID_PARAMETER);
    OB_CALLBACK_REGISTRATION old = {0x0200, 1, {0, 0, NULL}, NULL, NULL};
    assert_int_equal(ObRegisterCallbacks(&old, &registration), STATUS_INVALID_PARAMETER);
    assert_int_equal(ObGetFilterVersion(), OB_FLT_REGISTRATION_VERSION);
}

/* Check that duplicates are shown with both processes, and threads' handles to who asked for
 * threads. */
static void duplicates_and_threads_are_shown(struct machine *m) {
    PVOID registration;
    HANDLE handle, copy;
    (void)m;
    watch(L"321000", "a", PsThreadType, &registration);
    open_process(0, PROCESS_VM_READ);
    assert_int_equal(seen.length, 0);
    assert_int_equal(ObOpenObjectByPointer(PsGetCurrentThread(), 0, NULL, THREAD_ALL_ACCESS, NULL,
                                           KernelMode, &handle),
                     STATUS_SUCCESS);
    assert_ptr_equal(seen.object, PsGetCurrentThread());
    assert_int_equal(ZwDuplicateObject(NtCurrentProcess(), handle, NtCurrentProcess(), &copy, 0, 0,
                                       DUPLICATE_SAME_ACCESS),
                     STATUS_SUCCESS);
    assert_int_equal(seen.operation, OB_OPERATION_HANDLE_DUPLICATE);
    assert_ptr_equal(seen.source, PsInitialSystemProcess);
    assert_ptr_equal(seen.target, PsInitialSystemProcess);
    ZwClose(handle);
    ZwClose(copy);
    ObUnRegisterCallbacks(registration);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(rights_can_be_taken_from_a_new_handle),
        wdmsim_unit_test(kernel_handles_keep_their_rights),
        wdmsim_unit_test(altitudes_give_the_order),
        wdmsim_unit_test(a_registration_is_checked),
        wdmsim_unit_test(duplicates_and_threads_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
