/* ObRegisterCallbacks: watching and narrowing handles to processes and threads. */
#include <ntifs.h>

#include "../stop.h"

static struct {
    char order[16];
    int length;
    OB_OPERATION operation;
    PVOID object, source, target;
    BOOLEAN kernel;
    ACCESS_MASK original, granted, strip;
    NTSTATUS status;
    bool regions;
} seen;

/* Check the context of every routine: PASSIVE_LEVEL with normal kernel APCs off, special ones on.
 */
static void note_context(void) {
    seen.regions =
        KeGetCurrentIrql() == PASSIVE_LEVEL && KeAreApcsDisabled() && !KeAreAllApcsDisabled();
}

static OB_PREOP_CALLBACK_STATUS before(PVOID context, POB_PRE_OPERATION_INFORMATION information) {
    note_context();
    assert_true(seen.regions);
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
    note_context();
    assert_true(seen.regions);
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

static ACCESS_MASK open_for(KPROCESSOR_MODE mode, ULONG attributes, ACCESS_MASK access) {
    PUBLIC_OBJECT_BASIC_INFORMATION information;
    HANDLE handle;
    assert_int_equal(ObOpenObjectByPointer(PsInitialSystemProcess, attributes, NULL, access,
                                           *PsProcessType, mode, &handle),
                     STATUS_SUCCESS);
    ZwQueryObject(handle, ObjectBasicInformation, &information, sizeof information, NULL);
    ZwClose(handle);
    return information.GrantedAccess;
}
static ACCESS_MASK open_process(ULONG attributes, ACCESS_MASK access) {
    return open_for(UserMode, attributes, access);
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

/* Check that rights to look are not among those that can be taken away. */
static void some_rights_stay(struct machine *m) {
    PVOID registration;
    (void)m;
    watch(L"321000", "a", PsProcessType, &registration);
    seen.strip = PROCESS_ALL_ACCESS;
    assert_int_equal(open_process(0, PROCESS_VM_READ | PROCESS_VM_WRITE | SYNCHRONIZE),
                     PROCESS_VM_READ | SYNCHRONIZE);
    ObUnRegisterCallbacks(registration);
}

/* Check that a driver that opens for kernel mode gets what it asks for, though callbacks are told.
 */
static void an_open_for_kernel_mode_keeps_its_rights(struct machine *m) {
    PVOID registration;
    (void)m;
    watch(L"321000", "a", PsProcessType, &registration);
    seen.strip = PROCESS_TERMINATE;
    assert_int_equal(open_for(KernelMode, 0, PROCESS_TERMINATE), PROCESS_TERMINATE);
    assert_string_equal(seen.order, "aA");
    assert_int_equal(open_for(KernelMode, OBJ_FORCE_ACCESS_CHECK, PROCESS_TERMINATE), 0);
    ObUnRegisterCallbacks(registration);
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
    OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, NULL, NULL};
    OB_CALLBACK_REGISTRATION nothing = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"1"),
                                        NULL, &operation};
    assert_int_equal(ObRegisterCallbacks(&nothing, &registration), STATUS_INVALID_PARAMETER);
    OB_CALLBACK_REGISTRATION old = {0x0200, 1, {0, 0, NULL}, NULL, NULL};
    assert_int_equal(ObRegisterCallbacks(&old, &registration), STATUS_INVALID_PARAMETER);
    assert_int_equal(ObGetFilterVersion(), OB_FLT_REGISTRATION_VERSION);
}

/* Check that code must be in an image, as signed code is. */
static void code_that_is_no_images_is_refused(struct machine *m) {
    PVOID code = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'edoC'), registration;
    OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, NULL,
                                           (POB_POST_OPERATION_CALLBACK)(ULONG_PTR)code};
    OB_CALLBACK_REGISTRATION callbacks = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"1"),
                                          NULL, &operation};
    (void)m;
    assert_int_equal(ObRegisterCallbacks(&callbacks, &registration), STATUS_ACCESS_DENIED);
    ExFreePool(code);
}

static int calls;
static OB_PREOP_CALLBACK_STATUS count(PVOID context, POB_PRE_OPERATION_INFORMATION information) {
    (void)context, (void)information;
    calls++;
    return OB_PREOP_SUCCESS;
}

/* Check that all registrations are served, however many there are. */
static void there_is_no_limit(struct machine *m) {
    enum { COUNT = 40 };
    PVOID registrations[COUNT];
    OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, count, NULL};
    OB_CALLBACK_REGISTRATION callbacks = {
        OB_FLT_REGISTRATION_VERSION, 1, {0, 0, NULL}, NULL, &operation};
    (void)m;
    calls = 0;
    for (int i = 0; i < COUNT; i++) {
        WCHAR digits[] = {(WCHAR)('1' + i / 10), (WCHAR)('0' + i % 10), 0};
        RtlInitUnicodeString(&callbacks.Altitude, digits);
        assert_int_equal(ObRegisterCallbacks(&callbacks, &registrations[i]), STATUS_SUCCESS);
    }
    open_process(0, PROCESS_VM_READ);
    assert_int_equal(calls, COUNT);
    for (int i = 0; i < COUNT; i++)
        ObUnRegisterCallbacks(registrations[i]);
}

static struct {
    KEVENT entered, go_on;
    PVOID high, low;
    bool removed;
} slow;

static OB_PREOP_CALLBACK_STATUS wait_inside(PVOID context,
                                            POB_PRE_OPERATION_INFORMATION information) {
    (void)context, (void)information;
    KeSetEvent(&slow.entered, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&slow.go_on, Executive, KernelMode, FALSE, NULL);
    assert_false(slow.removed);
    return OB_PREOP_SUCCESS;
}
static VOID open_once(PVOID context) {
    (void)context;
    open_process(0, PROCESS_VM_READ);
}
static VOID remove_high(PVOID context) {
    (void)context;
    ObUnRegisterCallbacks(slow.high);
    slow.removed = true;
}

/*
 * test        opener                      remover
 *             enters the upper routine
 *                                         waits for it
 * lets go
 *             goes on to the lower one
 *                                         goes on
 */
static void removal_waits_and_lower_ones_are_still_told(struct machine *m) {
    HANDLE opener, remover;
    OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, wait_inside,
                                           NULL};
    OB_CALLBACK_REGISTRATION callbacks = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"9"),
                                          NULL, &operation};
    memset(&slow, 0, sizeof slow);
    KeInitializeEvent(&slow.entered, NotificationEvent, FALSE);
    KeInitializeEvent(&slow.go_on, NotificationEvent, FALSE);
    assert_int_equal(ObRegisterCallbacks(&callbacks, &slow.high), STATUS_SUCCESS);
    operation.PreOperation = count;
    RtlInitUnicodeString(&callbacks.Altitude, L"8");
    assert_int_equal(ObRegisterCallbacks(&callbacks, &slow.low), STATUS_SUCCESS);
    calls = 0;
    PsCreateSystemThread(&opener, SYNCHRONIZE, NULL, NULL, NULL, open_once, NULL);
    KeWaitForSingleObject(&slow.entered, Executive, KernelMode, FALSE, NULL);
    PsCreateSystemThread(&remover, SYNCHRONIZE, NULL, NULL, NULL, remove_high, NULL);
    wdmsim_settle(m);
    assert_false(slow.removed);
    KeSetEvent(&slow.go_on, IO_NO_INCREMENT, FALSE);
    ZwWaitForSingleObject(opener, FALSE, NULL);
    ZwWaitForSingleObject(remover, FALSE, NULL);
    assert_true(slow.removed);
    assert_int_equal(calls, 1);
    ObUnRegisterCallbacks(slow.low);
    ZwClose(opener);
    ZwClose(remover);
}

static void unregistering_twice_is_a_bug_check(struct machine *m) {
    PVOID registration;
    (void)m;
    watch(L"321000", "a", PsProcessType, &registration);
    ObUnRegisterCallbacks(registration);
    expect_stop(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (ULONG64)STATUS_ACCESS_VIOLATION,
                ANY_PARAMETER, ANY_PARAMETER, ANY_PARAMETER);
    ObUnRegisterCallbacks(registration);
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
        wdmsim_unit_test(some_rights_stay),
        wdmsim_unit_test(an_open_for_kernel_mode_keeps_its_rights),
        wdmsim_unit_test(code_that_is_no_images_is_refused),
        wdmsim_unit_test(there_is_no_limit),
        wdmsim_unit_test(removal_waits_and_lower_ones_are_still_told),
        stop_unit_test(unregistering_twice_is_a_bug_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
