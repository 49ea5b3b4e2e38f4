/* The end of processes and user threads: waits are interrupted, handles closed, the process object
 * is signaled. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static struct {
    struct machine *m;
    struct wdmsim_process *process;
    NTSTATUS wait;
    bool terminating, went_on;
    KEVENT event;
} state;

static void prepare(struct machine *m) {
    memset(&state, 0, sizeof state);
    state.m = m;
    KeInitializeEvent(&state.event, NotificationEvent, FALSE);
    assert_int_equal(wdmsim_process_create(m, "app.exe", &state.process), 0);
}

static void waits_in_user_mode(void *context) {
    (void)context;
    state.wait = KeWaitForSingleObject(&state.event, UserRequest, UserMode, FALSE, NULL);
    state.terminating = PsIsThreadTerminating(PsGetCurrentThread());
    NtClose(
        (HANDLE)0x4444); /* the end of a system service is where a thread that is told to ends */
    state.went_on = true;
}

static void a_user_mode_wait_is_interrupted(struct machine *m) {
    prepare(m);
    assert_int_equal(wdmsim_user_thread(m, state.process, waits_in_user_mode, NULL), 0);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_process_exit(m, state.process), 0);
    assert_int_equal(wdmsim_process_exit(m, state.process), WDMSIM_ERROR_NOT_FOUND);
    wdmsim_settle(m);
    assert_int_equal(state.wait, STATUS_USER_APC);
    assert_true(state.terminating);
    assert_false(state.went_on);
    assert_int_equal(PsGetProcessExitStatus((PEPROCESS)(void *)state.process), STATUS_SUCCESS);
}

static void waits_in_kernel_mode(void *context) {
    (void)context;
    state.wait = KeWaitForSingleObject(&state.event, Executive, KernelMode, FALSE, NULL);
    NtClose((HANDLE)0x4444);
    state.went_on = true;
}

/* Check that a thread in a kernel-mode wait holds its process up until the wait ends. */
static void a_kernel_mode_wait_holds_the_process_up(struct machine *m) {
    LARGE_INTEGER none = {.QuadPart = 0};
    prepare(m);
    wdmsim_user_thread(m, state.process, waits_in_kernel_mode, NULL);
    wdmsim_settle(m);
    wdmsim_process_exit(m, state.process);
    wdmsim_settle(m);
    assert_int_equal(KeWaitForSingleObject(state.process, Executive, KernelMode, FALSE, &none),
                     STATUS_TIMEOUT);
    KeSetEvent(&state.event, IO_NO_INCREMENT, FALSE);
    assert_int_equal(KeWaitForSingleObject(state.process, Executive, KernelMode, FALSE, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(state.wait, STATUS_SUCCESS);
    assert_false(state.went_on);
}

/* Check that handles close when the process ends, even one that never had a thread. */
static void handles_are_closed(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\Held");
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle, other;
    KAPC_STATE attached;
    prepare(m);
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    KeStackAttachProcess((PRKPROCESS)(void *)state.process, &attached);
    assert_int_equal(
        ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
        STATUS_SUCCESS);
    KeUnstackDetachProcess(&attached);
    assert_int_equal(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &attributes), STATUS_SUCCESS);
    ZwClose(other);
    wdmsim_process_exit(m, state.process);
    wdmsim_settle(m);
    assert_int_equal(ZwOpenEvent(&other, EVENT_ALL_ACCESS, &attributes),
                     STATUS_OBJECT_NAME_NOT_FOUND);
}

static void returns(void *context) { *(bool *)context = true; }

/* Check that a process without threads lives on until it is told to end, and takes no new thread
 * from then on. */
static void a_process_lives_until_it_is_told_to_end(struct machine *m) {
    bool first = false, second = false;
    prepare(m);
    wdmsim_user_thread(m, state.process, returns, &first);
    wdmsim_settle(m);
    assert_true(first);
    assert_int_equal(PsGetProcessExitStatus((PEPROCESS)(void *)state.process), STATUS_PENDING);
    wdmsim_process_exit(m, state.process);
    assert_int_equal(wdmsim_user_thread(m, state.process, returns, &second),
                     WDMSIM_ERROR_NOT_FOUND);
    wdmsim_settle(m);
    assert_int_equal(PsGetProcessExitStatus((PEPROCESS)(void *)state.process), STATUS_SUCCESS);
    assert_false(second);
}

static LARGE_INTEGER exit_time, notified;

static VOID note_exit_time(HANDLE parent, HANDLE process, BOOLEAN create) {
    (void)parent, (void)process;
    if (create)
        return;
    exit_time = PsGetProcessExitTime(); /* of the current process, which is the one that ends */
    KeQuerySystemTime(&notified);
}

static void the_time_of_the_exit_is_kept(struct machine *m) {
    prepare(m);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(note_exit_time, FALSE), STATUS_SUCCESS);
    wdmsim_user_thread(m, state.process, waits_in_user_mode, NULL);
    wdmsim_advance(m, WDMSIM_S);
    wdmsim_process_exit(m, state.process);
    wdmsim_settle(m);
    assert_true(exit_time.QuadPart <= notified.QuadPart);
    assert_true(exit_time.QuadPart > notified.QuadPart - 10000);
    assert_int_equal(PsGetProcessExitTime().QuadPart, 0); /* the system process goes on */
    PsSetCreateProcessNotifyRoutine(note_exit_time, TRUE);
}

static HANDLE open_process(HANDLE id, ACCESS_MASK access) {
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID client = {id, NULL};
    HANDLE handle;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwOpenProcess(&handle, access, &attributes, &client), STATUS_SUCCESS);
    return handle;
}

static void a_driver_can_end_a_process(struct machine *m) {
    HANDLE handle, self = open_process((HANDLE)4, PROCESS_TERMINATE);
    prepare(m);
    handle = open_process(PsGetProcessId((PEPROCESS)(void *)state.process),
                          PROCESS_TERMINATE | SYNCHRONIZE);
    wdmsim_user_thread(m, state.process, waits_in_user_mode, NULL);
    wdmsim_settle(m);
    assert_int_equal(ZwTerminateProcess(handle, STATUS_CANCELLED), STATUS_SUCCESS);
    assert_int_equal(ZwTerminateProcess(handle, STATUS_CANCELLED), STATUS_PROCESS_IS_TERMINATING);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    assert_int_equal(PsGetProcessExitStatus((PEPROCESS)(void *)state.process), STATUS_CANCELLED);
    assert_int_equal(ZwTerminateProcess(self, STATUS_SUCCESS), STATUS_ACCESS_DENIED);
    assert_int_equal(ZwTerminateProcess((HANDLE)0x4444, 0), STATUS_INVALID_HANDLE);
    assert_int_equal(ZwTerminateProcess(NtCurrentThread(), 0), STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(handle);
    ZwClose(self);
}

static void a_process_is_opened_by_identifier(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Process");
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID client = {NULL, PsGetCurrentThreadId()};
    HANDLE handle;
    PVOID process;
    (void)m;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &client),
                     STATUS_SUCCESS);
    ObReferenceObjectByHandle(handle, 0, *PsProcessType, KernelMode, &process, NULL);
    assert_ptr_equal(process, PsInitialSystemProcess);
    ObDereferenceObject(process);
    ZwClose(handle);
    client = (CLIENT_ID){(HANDLE)0x77770, NULL};
    assert_int_equal(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &client),
                     STATUS_INVALID_CID);
    assert_int_equal(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, NULL),
                     STATUS_INVALID_PARAMETER_MIX);
    attributes.ObjectName = &name;
    assert_int_equal(ZwOpenProcess(&handle, PROCESS_ALL_ACCESS, &attributes, &client),
                     STATUS_INVALID_PARAMETER_MIX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_user_mode_wait_is_interrupted),
        wdmsim_unit_test(a_kernel_mode_wait_holds_the_process_up),
        wdmsim_unit_test(handles_are_closed),
        wdmsim_unit_test(a_process_lives_until_it_is_told_to_end),
        wdmsim_unit_test(the_time_of_the_exit_is_kept),
        wdmsim_unit_test(a_driver_can_end_a_process),
        wdmsim_unit_test(a_process_is_opened_by_identifier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
