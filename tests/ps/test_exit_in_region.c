/*
 * A user thread that is told to end while it waits: where kernel APCs are disabled, in a critical
 * or guarded region or as the owner of a mutex, its wait goes on; the next one outside does not
 * begin.
 */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

enum region { IN_NONE, IN_CRITICAL, IN_GUARDED, WITH_MUTEX };

static struct {
    struct wdmsim_process *process;
    enum region region;
    NTSTATUS inside, again, outside;
    bool left, went_on;
    KEVENT event;
    KMUTEX mutex;
} state;

static NTSTATUS wait_in_user_mode(void) {
    return KeWaitForSingleObject(&state.event, UserRequest, UserMode, FALSE, NULL);
}

static void enter(void) {
    if (state.region == IN_CRITICAL)
        KeEnterCriticalRegion();
    else if (state.region == IN_GUARDED)
        KeEnterGuardedRegion();
    else if (state.region == WITH_MUTEX)
        KeWaitForSingleObject(&state.mutex, Executive, KernelMode, FALSE, NULL);
}

static void leave(void) {
    if (state.region == IN_CRITICAL)
        KeLeaveCriticalRegion();
    else if (state.region == IN_GUARDED)
        KeLeaveGuardedRegion();
    else if (state.region == WITH_MUTEX)
        KeReleaseMutex(&state.mutex, FALSE);
}

static void wait_in_a_region(void *context) {
    (void)context;
    enter();
    state.inside = wait_in_user_mode();
    state.again = wait_in_user_mode();
    leave();
    state.left = true;
    state.outside = wait_in_user_mode();
    NtClose((HANDLE)0x4444); /* the end of a service: it ends here */
    state.went_on = true;
}

static void set_and_settle(struct machine *m) {
    KeSetEvent(&state.event, IO_NO_INCREMENT, FALSE);
    wdmsim_settle(m);
}

static void end_in(struct machine *m, enum region region) {
    memset(&state, 0, sizeof state);
    state.region = region;
    state.inside = state.again = state.outside = STATUS_PENDING;
    KeInitializeEvent(&state.event, SynchronizationEvent, FALSE);
    KeInitializeMutex(&state.mutex, 0);
    assert_int_equal(wdmsim_process_create(m, "app.exe", &state.process), 0);
    assert_int_equal(wdmsim_user_thread(m, state.process, wait_in_a_region, NULL), 0);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_process_exit(m, state.process), 0);
    wdmsim_settle(m);
}

static void its_wait_goes_on(struct machine *m, enum region region) {
    end_in(m, region);
    assert_int_equal(state.inside, STATUS_PENDING);
    set_and_settle(m);
    assert_int_equal(state.inside, STATUS_SUCCESS);
    assert_int_equal(state.again, STATUS_PENDING); /* a wait that begins there goes on as well */
    set_and_settle(m);
    assert_int_equal(state.again, STATUS_SUCCESS);
    assert_true(state.left);
    assert_int_equal(state.outside, STATUS_USER_APC);
    assert_false(state.went_on);
}

static void in_a_critical_region(struct machine *m) { its_wait_goes_on(m, IN_CRITICAL); }

static void in_a_guarded_region(struct machine *m) { its_wait_goes_on(m, IN_GUARDED); }

static void as_the_owner_of_a_mutex(struct machine *m) { its_wait_goes_on(m, WITH_MUTEX); }

static void outside_of_them_it_is_interrupted(struct machine *m) {
    end_in(m, IN_NONE);
    assert_int_equal(state.inside, STATUS_USER_APC);
    assert_int_equal(state.outside, STATUS_USER_APC);
    assert_false(state.went_on);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(in_a_critical_region),
        wdmsim_unit_test(in_a_guarded_region),
        wdmsim_unit_test(as_the_owner_of_a_mutex),
        wdmsim_unit_test(outside_of_them_it_is_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
