/* Notification of threads: in the maker's context or in the new thread's own. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static struct {
    int created, exited;
    HANDLE process, thread, created_in, exited_in;
} seen;

static VOID watch(HANDLE process, HANDLE thread, BOOLEAN create) {
    seen.process = process;
    seen.thread = thread;
    if (create) {
        seen.created++;
        seen.created_in = PsGetCurrentThreadId();
        assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    } else {
        seen.exited++;
        seen.exited_in = PsGetCurrentThreadId();
    }
}

static VOID routine(PVOID context) { *(HANDLE *)context = PsGetCurrentThreadId(); }

static void user_body(void *context) { *(HANDLE *)context = PsGetCurrentThreadId(); }

static HANDLE run_system_thread(void) {
    HANDLE handle, id = NULL;
    PsCreateSystemThread(&handle, SYNCHRONIZE, NULL, NULL, NULL, routine, &id);
    ZwWaitForSingleObject(handle, FALSE, NULL);
    ZwClose(handle);
    return id;
}

static void a_thread_is_told_by_its_maker_and_by_itself(struct machine *m) {
    (void)m;
    PCREATE_THREAD_NOTIFY_ROUTINE told = watch;
    memset(&seen, 0, sizeof seen);
    assert_int_equal(PsSetCreateThreadNotifyRoutine(told), STATUS_SUCCESS);
    HANDLE id = run_system_thread();
    assert_int_equal(seen.created, 1);
    assert_int_equal(seen.exited, 1);
    assert_ptr_equal(seen.process, (HANDLE)4);
    assert_ptr_equal(seen.thread, id);
    assert_ptr_equal(seen.created_in, PsGetCurrentThreadId());
    assert_ptr_equal(seen.exited_in, id);
    assert_int_equal(PsRemoveCreateThreadNotifyRoutine(watch), STATUS_SUCCESS);
    assert_int_equal(PsRemoveCreateThreadNotifyRoutine(watch), STATUS_PROCEDURE_NOT_FOUND);
    run_system_thread();
    assert_int_equal(seen.created, 1);
}

/* Check that the extended form is told in the new thread, and of user threads only. */
static void the_new_thread_can_tell_itself(struct machine *m) {
    HANDLE id = NULL;
    memset(&seen, 0, sizeof seen);
    assert_int_equal(
        PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, (PVOID)(ULONG_PTR)watch),
        STATUS_SUCCESS);
    run_system_thread();
    assert_int_equal(seen.created, 0);
    assert_int_equal(wdmsim_user_thread(m, NULL, user_body, &id), 0);
    wdmsim_settle(m);
    assert_int_equal(seen.created, 1);
    assert_int_equal(seen.exited, 1);
    assert_ptr_equal(seen.created_in, id);
    assert_ptr_equal(seen.exited_in, id);
    assert_int_equal(PsRemoveCreateThreadNotifyRoutine(watch), STATUS_SUCCESS);
    assert_int_equal(
        PsSetCreateThreadNotifyRoutineEx((PSCREATETHREADNOTIFYTYPE)9, (PVOID)(ULONG_PTR)watch),
        STATUS_INVALID_PARAMETER);
}

static void threads_of_all_subsystems_can_be_asked_for(struct machine *m) {
    (void)m;
    memset(&seen, 0, sizeof seen);
    assert_int_equal(
        PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifySubsystems, (PVOID)(ULONG_PTR)watch),
        STATUS_SUCCESS);
    run_system_thread();
    assert_int_equal(seen.created, 1);
    assert_ptr_equal(seen.created_in, PsGetCurrentThreadId());
    PsRemoveCreateThreadNotifyRoutine(watch);
}

/* Check that there is room for 64 routines. */
static void the_number_of_routines_is_limited(struct machine *m) {
    (void)m;
    for (int i = 0; i < 64; i++)
        assert_int_equal(PsSetCreateThreadNotifyRoutine(watch), STATUS_SUCCESS);
    assert_int_equal(PsSetCreateThreadNotifyRoutine(watch), STATUS_INSUFFICIENT_RESOURCES);
    for (int i = 0; i < 64; i++)
        assert_int_equal(PsRemoveCreateThreadNotifyRoutine(watch), STATUS_SUCCESS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_thread_is_told_by_its_maker_and_by_itself),
        wdmsim_unit_test(the_new_thread_can_tell_itself),
        wdmsim_unit_test(threads_of_all_subsystems_can_be_asked_for),
        wdmsim_unit_test(the_number_of_routines_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
