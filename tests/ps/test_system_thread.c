/* Threads that drivers make: handles, waiting for their end, exit status. */
#include <ntifs.h>

#include "../stop.h"

static struct {
    KEVENT go;
    int runs;
    BOOLEAN system, apcs_off;
    KIRQL irql;
    HANDLE process;
    CLIENT_ID self;
    KPROCESSOR_MODE mode;
} state;

static VOID routine(PVOID context) {
    KeWaitForSingleObject(&state.go, Executive, KernelMode, FALSE, NULL);
    state.runs += *(const int *)context;
    state.system = PsIsSystemThread(PsGetCurrentThread());
    state.apcs_off = KeAreApcsDisabled();
    state.irql = KeGetCurrentIrql();
    state.process = PsGetCurrentProcessId();
    state.self = (CLIENT_ID){PsGetCurrentProcessId(), PsGetCurrentThreadId()};
    state.mode = ExGetPreviousMode();
    PsTerminateSystemThread(STATUS_NO_MORE_ENTRIES);
}

static PETHREAD start(int *value, CLIENT_ID *client) {
    HANDLE handle;
    PVOID thread;
    memset(&state, 0, sizeof state);
    KeInitializeEvent(&state.go, NotificationEvent, FALSE);
    assert_int_equal(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, client, routine, value),
        STATUS_SUCCESS);
    assert_true(ObIsKernelHandle(handle));
    assert_int_equal(
        ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL),
        STATUS_SUCCESS);
    ZwClose(handle);
    return thread;
}

static void a_thread_runs_and_is_waited_for(struct machine *m) {
    LARGE_INTEGER none = {.QuadPart = 0};
    int value = 5;
    PETHREAD thread = start(&value, NULL);
    (void)m;
    assert_int_equal(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, &none),
                     STATUS_TIMEOUT);
    assert_int_equal(state.runs, 0);
    assert_int_equal(PsGetThreadExitStatus(thread), STATUS_PENDING);
    assert_false(PsIsThreadTerminating(thread));
    KeSetEvent(&state.go, IO_NO_INCREMENT, FALSE);
    assert_int_equal(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(state.runs, 5);
    assert_int_equal(PsGetThreadExitStatus(thread), STATUS_NO_MORE_ENTRIES);
    assert_true(PsIsThreadTerminating(thread));
    ObDereferenceObject(thread);
}

/* Check the context a system thread runs in: the system process, PASSIVE_LEVEL, normal kernel APCs
 * off. */
static void a_thread_runs_in_the_system_process(struct machine *m) {
    CLIENT_ID client;
    int value = 1;
    PETHREAD thread = start(&value, &client);
    (void)m;
    KeSetEvent(&state.go, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    assert_true(state.system);
    assert_true(state.apcs_off);
    assert_int_equal(state.irql, PASSIVE_LEVEL);
    assert_int_equal(state.mode, KernelMode);
    assert_ptr_equal(state.process, (HANDLE)4);
    assert_ptr_equal(client.UniqueProcess, state.self.UniqueProcess);
    assert_ptr_equal(client.UniqueThread, state.self.UniqueThread);
    ObDereferenceObject(thread);
}

static VOID just_returns(PVOID context) { *(int *)context = 1; }

/* Check that a thread whose routine returns ends with success, and that its handle can be waited
 * for. */
static void returning_ends_a_thread(struct machine *m) {
    HANDLE handle;
    PVOID thread;
    int ran = 0;
    (void)m;
    assert_int_equal(
        PsCreateSystemThread(&handle, SYNCHRONIZE, NULL, NULL, NULL, just_returns, &ran),
        STATUS_SUCCESS);
    ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, &thread, NULL);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    assert_int_equal(ran, 1);
    assert_int_equal(PsGetThreadExitStatus(thread), STATUS_SUCCESS);
    ZwClose(handle);
    ObDereferenceObject(thread);
}

static VOID note_process(PVOID context) { *(PEPROCESS *)context = PsGetCurrentProcess(); }

static void a_thread_can_run_in_another_process(struct machine *m) {
    struct wdmsim_process *process;
    HANDLE handle, thread;
    PEPROCESS seen = NULL;
    assert_int_equal(wdmsim_process_create(m, "app.exe", &process), 0);
    ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS, NULL, KernelMode,
                          &handle);
    assert_int_equal(
        PsCreateSystemThread(&thread, SYNCHRONIZE, NULL, handle, NULL, note_process, &seen),
        STATUS_SUCCESS);
    ZwWaitForSingleObject(thread, FALSE, NULL);
    assert_ptr_equal(seen, process);
    ZwClose(thread);
    ZwClose(handle);
}

static void attributes_and_process_are_checked(struct machine *m) {
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    (void)m;
    InitializeObjectAttributes(&attributes, NULL, OBJ_PERMANENT, NULL, NULL);
    assert_int_equal(PsCreateSystemThread(&handle, 0, &attributes, NULL, NULL, just_returns, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(
        PsCreateSystemThread(&handle, 0, NULL, (HANDLE)0x4444, NULL, just_returns, NULL),
        STATUS_INVALID_HANDLE);
    assert_int_equal(
        PsCreateSystemThread(&handle, 0, NULL, NtCurrentThread(), NULL, just_returns, NULL),
        STATUS_OBJECT_TYPE_MISMATCH);
}

static ACCESS_MASK granted(ACCESS_MASK access) {
    PUBLIC_OBJECT_BASIC_INFORMATION information;
    HANDLE handle;
    int ran = 0;
    assert_int_equal(PsCreateSystemThread(&handle, access, NULL, NULL, NULL, just_returns, &ran),
                     STATUS_SUCCESS);
    ZwWaitForSingleObject(handle, FALSE, NULL);
    ZwQueryObject(handle, ObjectBasicInformation, &information, sizeof information, NULL);
    ZwClose(handle);
    return information.GrantedAccess;
}

static void the_handle_has_the_access_asked_for(struct machine *m) {
    (void)m;
    assert_int_equal(granted(SYNCHRONIZE), SYNCHRONIZE);
    assert_int_equal(granted(GENERIC_ALL), THREAD_ALL_ACCESS);
    assert_int_equal(granted(0), 0);
}

/* Check that the maker's security descriptor becomes the thread's. */
static void a_descriptor_is_given_to_the_thread(struct machine *m) {
    SECURITY_DESCRIPTOR descriptor;
    OBJECT_ATTRIBUTES attributes;
    PSECURITY_DESCRIPTOR copy = NULL;
    BOOLEAN allocated = FALSE;
    HANDLE handle;
    PVOID thread;
    int ran = 0;
    (void)m;
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, NULL, FALSE);
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, &descriptor);
    assert_int_equal(
        PsCreateSystemThread(&handle, SYNCHRONIZE, &attributes, NULL, NULL, just_returns, &ran),
        STATUS_SUCCESS);
    ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, &thread, NULL);
    assert_int_equal(ObGetObjectSecurity(thread, &copy, &allocated), STATUS_SUCCESS);
    assert_non_null(copy);
    ObReleaseObjectSecurity(copy, allocated);
    ZwWaitForSingleObject(handle, FALSE, NULL);
    ZwClose(handle);
    ObDereferenceObject(thread);
}

/* Check that a thread whose handle cannot be made, here for its descriptor, does not run. */
static void a_thread_without_a_handle_does_not_run(struct machine *m) {
    SECURITY_DESCRIPTOR descriptor;
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    int ran = 0;
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    descriptor.Revision = 9;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, &descriptor);
    assert_int_equal(
        PsCreateSystemThread(&handle, SYNCHRONIZE, &attributes, NULL, NULL, just_returns, &ran),
        STATUS_UNKNOWN_REVISION);
    assert_null(handle);
    wdmsim_settle(m);
    assert_int_equal(ran, 0);
}

static VOID end_the_worker(PVOID context) {
    (void)context;
    expect_stop(ACTIVE_EX_WORKER_THREAD_TERMINATION, (ULONG_PTR)PsGetCurrentThread(), ANY_PARAMETER,
                ANY_PARAMETER, ANY_PARAMETER);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Check that a work item cannot end the thread that runs it: the thread is not its driver's. */
static void a_worker_thread_is_not_the_drivers_to_end(struct machine *m) {
    static WORK_QUEUE_ITEM item;
    ExInitializeWorkItem(&item, end_the_worker, NULL);
    ExQueueWorkItem(&item, DelayedWorkQueue);
    wdmsim_settle(m);
}

/* Check that IoCreateSystemThread keeps its object while the thread runs. */
static void an_object_is_referenced_by_its_thread(struct machine *m) {
    PUBLIC_OBJECT_BASIC_INFORMATION before, during, after;
    HANDLE event, thread;
    PVOID object;
    int value = 1;
    ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    ObReferenceObjectByHandle(event, 0, NULL, KernelMode, &object, NULL);
    memset(&state, 0, sizeof state);
    KeInitializeEvent(&state.go, NotificationEvent, FALSE);
    ZwQueryObject(event, ObjectBasicInformation, &before, sizeof before, NULL);
    assert_int_equal(
        IoCreateSystemThread(object, &thread, SYNCHRONIZE, NULL, NULL, NULL, routine, &value),
        STATUS_SUCCESS);
    ZwQueryObject(event, ObjectBasicInformation, &during, sizeof during, NULL);
    assert_int_equal(during.PointerCount, before.PointerCount + 1);
    KeSetEvent(&state.go, IO_NO_INCREMENT, FALSE);
    ZwWaitForSingleObject(thread, FALSE, NULL);
    ZwClose(thread);
    /* The stack of an ended thread, and with it its references, goes when the next thread ends or
     * begins. */
    assert_int_equal(wdmsim_user_thread(m, NULL, (void (*)(void *))just_returns, &value), 0);
    wdmsim_settle(m);
    ZwQueryObject(event, ObjectBasicInformation, &after, sizeof after, NULL);
    assert_int_equal(after.PointerCount, before.PointerCount);
    ObDereferenceObject(object);
    ZwClose(event);
}

static VOID leaves_a_critical_region_entered(PVOID context) {
    (void)context;
    KeEnterCriticalRegion();
}

static void a_thread_must_leave_its_critical_regions(struct machine *m) {
    HANDLE handle;
    (void)m;
    wdmsim_expect_bugcheck(KERNEL_APC_PENDING_DURING_EXIT);
    PsCreateSystemThread(&handle, SYNCHRONIZE, NULL, NULL, NULL, leaves_a_critical_region_entered,
                         NULL);
    ZwWaitForSingleObject(handle, FALSE, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_thread_runs_and_is_waited_for),
        wdmsim_unit_test(a_thread_runs_in_the_system_process),
        wdmsim_unit_test(returning_ends_a_thread),
        wdmsim_unit_test(a_thread_can_run_in_another_process),
        wdmsim_unit_test(attributes_and_process_are_checked),
        wdmsim_unit_test(the_handle_has_the_access_asked_for),
        wdmsim_unit_test(a_descriptor_is_given_to_the_thread),
        wdmsim_unit_test(a_thread_without_a_handle_does_not_run),
        stop_unit_test(a_worker_thread_is_not_the_drivers_to_end),
        wdmsim_unit_test(an_object_is_referenced_by_its_thread),
        wdmsim_unit_test(a_thread_must_leave_its_critical_regions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
