/* Notification of processes: both kinds of routine, in whose context, refusal, removal. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static struct {
    int created, exited, plain_created, plain_exited;
    HANDLE parent, id, creator, context_process;
    WCHAR image[64];
    USHORT image_length;
    NTSTATUS refuse;
    bool critical;
} seen;
static bool ran;

static VOID watch_ex(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO info) {
    assert_ptr_equal(PsGetProcessId(process), id);
    seen.id = id;
    seen.context_process = PsGetCurrentProcessId();
    seen.critical =
        KeGetCurrentIrql() == PASSIVE_LEVEL && KeAreApcsDisabled() && !KeAreAllApcsDisabled();
    if (!info) {
        seen.exited++;
        return;
    }
    seen.created++;
    assert_int_equal(info->Size, sizeof *info);
    assert_true(info->FileOpenNameAvailable);
    assert_false(info->IsSubsystemProcess);
    assert_int_equal(info->CreationStatus, STATUS_SUCCESS);
    assert_ptr_equal(info->CreatingThreadId.UniqueProcess, PsGetCurrentProcessId());
    assert_non_null(info->CommandLine);
    seen.parent = info->ParentProcessId;
    seen.creator = info->CreatingThreadId.UniqueThread;
    seen.image_length = info->ImageFileName->Length;
    memcpy(seen.image, info->ImageFileName->Buffer, seen.image_length);
    info->CreationStatus = seen.refuse;
}

static VOID watch(HANDLE parent, HANDLE id, BOOLEAN create) {
    seen.parent = parent;
    seen.id = id;
    if (create)
        seen.plain_created++;
    else
        seen.plain_exited++;
}

static void body(void *context) {
    (void)context;
    ran = true;
}

static struct wdmsim_process *run_process(struct machine *m) {
    struct wdmsim_process *process;
    ran = false;
    assert_int_equal(wdmsim_process_create(m, "app.exe", &process), 0);
    assert_int_equal(wdmsim_user_thread(m, process, body, NULL), 0);
    wdmsim_settle(m);
    wdmsim_process_exit(m, process);
    wdmsim_settle(m);
    return process;
}

static void creation_and_end_are_told(struct machine *m) {
    PCREATE_PROCESS_NOTIFY_ROUTINE_EX told = watch_ex;
    memset(&seen, 0, sizeof seen);
    assert_int_equal(PsSetCreateProcessNotifyRoutineEx(told, FALSE), STATUS_SUCCESS);
    struct wdmsim_process *process = run_process(m);
    assert_true(ran);
    assert_int_equal(seen.created, 1);
    assert_int_equal(seen.exited, 1);
    assert_ptr_equal(seen.id, PsGetProcessId((PEPROCESS)(void *)process));
    assert_ptr_equal(seen.parent, (HANDLE)4);
    assert_ptr_equal(seen.creator, PsGetCurrentThreadId());
    assert_ptr_equal(seen.context_process, seen.id); /* its end is told by a thread of its own */
    assert_true(seen.critical);
    assert_int_equal(seen.image_length, sizeof L"\\??\\C:\\app.exe" - sizeof(WCHAR));
    assert_memory_equal(seen.image, L"\\??\\C:\\app.exe", seen.image_length);
    assert_int_equal(PsSetCreateProcessNotifyRoutineEx(watch_ex, TRUE), STATUS_SUCCESS);
    run_process(m);
    assert_int_equal(seen.created, 1);
}

static void the_plain_routine_is_told_as_well(struct machine *m) {
    PCREATE_PROCESS_NOTIFY_ROUTINE told = watch;
    memset(&seen, 0, sizeof seen);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(told, FALSE), STATUS_SUCCESS);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(watch, FALSE), STATUS_INVALID_PARAMETER);
    run_process(m);
    assert_int_equal(seen.plain_created, 1);
    assert_int_equal(seen.plain_exited, 1);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(watch, TRUE), STATUS_SUCCESS);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(watch, TRUE), STATUS_PROCEDURE_NOT_FOUND);
}

/* Check that a routine can refuse the process: its thread never runs, its exit status is the
 * reason. */
static void a_process_can_be_refused(struct machine *m) {
    memset(&seen, 0, sizeof seen);
    seen.refuse = STATUS_ACCESS_DENIED;
    assert_int_equal(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems,
                                                        (PVOID)(ULONG_PTR)watch_ex, FALSE),
                     STATUS_SUCCESS);
    struct wdmsim_process *process = run_process(m);
    assert_false(ran);
    assert_int_equal(PsGetProcessExitStatus((PEPROCESS)(void *)process), STATUS_ACCESS_DENIED);
    assert_int_equal(seen.exited, 1);
    assert_int_equal(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems,
                                                        (PVOID)(ULONG_PTR)watch_ex, TRUE),
                     STATUS_SUCCESS);
    assert_int_equal(PsSetCreateProcessNotifyRoutineEx2((PSCREATEPROCESSNOTIFYTYPE)7,
                                                        (PVOID)(ULONG_PTR)watch_ex, FALSE),
                     STATUS_INVALID_PARAMETER);
}

static KEVENT enter, go_on;
static bool removed;

static VOID slow(HANDLE parent, HANDLE id, BOOLEAN create) {
    (void)parent, (void)id;
    if (!create)
        return;
    KeSetEvent(&enter, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&go_on, Executive, KernelMode, FALSE, NULL);
    assert_false(removed);
}

static VOID remove_it(PVOID context) {
    (void)context;
    PsSetCreateProcessNotifyRoutine(slow, TRUE);
    removed = true;
}

static VOID make_process(PVOID context) {
    struct wdmsim_process *process;
    wdmsim_process_create(context, "app.exe", &process);
    wdmsim_user_thread(context, process, body, NULL);
}

/*
 * test        creator                 remover
 *             enters the routine
 *                                     waits for it
 * lets go
 *             leaves the routine
 *                                     goes on
 */
static void removal_waits_for_a_running_routine(struct machine *m) {
    HANDLE creator, remover;
    removed = false;
    KeInitializeEvent(&enter, NotificationEvent, FALSE);
    KeInitializeEvent(&go_on, NotificationEvent, FALSE);
    PsSetCreateProcessNotifyRoutine(slow, FALSE);
    PsCreateSystemThread(&creator, SYNCHRONIZE, NULL, NULL, NULL, make_process, m);
    KeWaitForSingleObject(&enter, Executive, KernelMode, FALSE, NULL);
    PsCreateSystemThread(&remover, SYNCHRONIZE, NULL, NULL, NULL, remove_it, NULL);
    wdmsim_settle(m);
    assert_false(removed);
    KeSetEvent(&go_on, IO_NO_INCREMENT, FALSE);
    ZwWaitForSingleObject(remover, FALSE, NULL);
    assert_true(removed);
    ZwClose(creator);
    ZwClose(remover);
}

/* Check that the extended form wants code that is in an image; and that there is room for 64
 * routines of both kinds. */
static void registrations_are_checked(struct machine *m) {
    UCHAR *code = ExAllocatePool2(POOL_FLAG_NON_PAGED, 128, 'edoC');
    (void)m;
    assert_int_equal(PsSetCreateProcessNotifyRoutineEx(
                         (PCREATE_PROCESS_NOTIFY_ROUTINE_EX)(ULONG_PTR)code, FALSE),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(
        PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, code, FALSE),
        STATUS_ACCESS_DENIED);
    assert_int_equal(PsSetCreateProcessNotifyRoutineEx(watch_ex, FALSE), STATUS_SUCCESS);
    for (int i = 1; i < 64; i++) /* never called: no process is made */
        assert_int_equal(PsSetCreateProcessNotifyRoutine(
                             (PCREATE_PROCESS_NOTIFY_ROUTINE)(ULONG_PTR)(code + i), FALSE),
                         STATUS_SUCCESS);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(watch, FALSE), STATUS_INVALID_PARAMETER);
    assert_int_equal(PsSetCreateProcessNotifyRoutineEx(watch_ex, TRUE), STATUS_SUCCESS);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(watch, FALSE), STATUS_SUCCESS);
}

static VOID first_told(HANDLE parent, HANDLE id, BOOLEAN create) {
    (void)parent, (void)id;
    if (create)
        assert_int_equal(seen.plain_created, 0);
}

/* Check that routines are called in the order of their registration. */
static void the_first_registered_is_told_first(struct machine *m) {
    memset(&seen, 0, sizeof seen);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(first_told, FALSE), STATUS_SUCCESS);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(watch, FALSE), STATUS_SUCCESS);
    run_process(m);
    assert_int_equal(seen.plain_created, 1);
    PsSetCreateProcessNotifyRoutine(first_told, TRUE);
    PsSetCreateProcessNotifyRoutine(watch, TRUE);
}

static void make_a_process(void *context) {
    seen.context_process = PsGetCurrentProcessId();
    make_process(context);
}

/* Check that a program that makes another is its parent. */
static void a_program_is_the_parent_of_what_it_makes(struct machine *m) {
    HANDLE parent;
    memset(&seen, 0, sizeof seen);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(watch, FALSE), STATUS_SUCCESS);
    assert_int_equal(wdmsim_user_thread(m, NULL, make_a_process, m), 0);
    wdmsim_settle(m);
    parent = seen.parent;
    PsSetCreateProcessNotifyRoutine(watch, TRUE);
    assert_ptr_equal(parent, seen.context_process);
    assert_true(parent != (HANDLE)4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(creation_and_end_are_told),
        wdmsim_unit_test(the_plain_routine_is_told_as_well),
        wdmsim_unit_test(a_process_can_be_refused),
        wdmsim_unit_test(removal_waits_for_a_running_routine),
        wdmsim_unit_test(registrations_are_checked),
        wdmsim_unit_test(the_first_registered_is_told_first),
        wdmsim_unit_test(a_program_is_the_parent_of_what_it_makes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
