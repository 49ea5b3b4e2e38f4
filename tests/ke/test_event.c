/* Events: states, kinds, whom a set event wakes. */
#include "../threads.h"

static KEVENT event;
static LONG woken;

static VOID waiter(PVOID context) {
    (void)context;
    NTSTATUS status = KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(status, STATUS_SUCCESS);
    woken++;
}

static void a_notification_event_stays_signaled(struct machine *m) {
    (void)m;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    assert_int_equal(KeReadStateEvent(&event), 0);
    assert_int_equal(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    assert_int_equal(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 1);
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(KeReadStateEvent(&event), 1);
    assert_int_equal(KeResetEvent(&event), 1);
    assert_int_equal(KeResetEvent(&event), 0);
}

static void a_synchronization_event_clears_itself(struct machine *m) {
    LARGE_INTEGER zero = {.QuadPart = 0};
    (void)m;
    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &zero),
                     STATUS_SUCCESS);
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &zero),
                     STATUS_TIMEOUT);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&event);
    assert_int_equal(KeReadStateEvent(&event), 0);
}

static void start_waiters(struct machine *m, PVOID threads[3]) {
    woken = 0;
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start(waiter, NULL);
    wdmsim_settle(m);
    assert_int_equal(woken, 0);
}

static void a_notification_event_wakes_all(struct machine *m) {
    PVOID threads[3];
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    start_waiters(m, threads);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
    assert_int_equal(woken, 3);
}

static void a_synchronization_event_wakes_one(struct machine *m) {
    PVOID threads[3];
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    start_waiters(m, threads);
    for (int i = 1; i <= 3; i++) {
        KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
        wdmsim_settle(m);
        assert_int_equal(woken, i);
        assert_int_equal(KeReadStateEvent(&event), 0);
    }
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
}

static void a_pulse_wakes_only_those_who_wait(struct machine *m) {
    PVOID threads[3];
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KePulseEvent(&event, IO_NO_INCREMENT, FALSE); /* nobody: lost */
    start_waiters(m, threads);
    KePulseEvent(&event, IO_NO_INCREMENT, FALSE);
    assert_int_equal(KeReadStateEvent(&event), 0);
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
    assert_int_equal(woken, 3);
}

static VOID setter(PVOID context) {
    (void)context;
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
}

static void a_set_with_wait_leaves_the_irql_raised_until_the_wait(struct machine *m) {
    KEVENT reply;
    (void)m;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    KeInitializeEvent(&reply, SynchronizationEvent, FALSE);
    PVOID thread = thread_start(setter, NULL);
    KeSetEvent(&reply, IO_NO_INCREMENT, TRUE);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    thread_join(thread);
}

static void setting_with_wait_at_dispatch_level_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeSetEvent(&event, IO_NO_INCREMENT, TRUE);
}

/*
 * The pulse against two setters of state:   actor 0    actor 1
 *                                           wait       pulse, set
 * In every schedule the waiter is woken: by the pulse if it waits then, by the set otherwise.
 */
static void pulse_actor_begin(void) {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    woken = 0;
}

static VOID pulse_actor(PVOID context) {
    (void)context;
    KePulseEvent(&event, IO_NO_INCREMENT, FALSE);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
}

static void pulse_actor_check(void) {
    assert_int_equal(woken, 1);
    assert_int_equal(KeReadStateEvent(&event), 1);
}

static void pulse_and_wait_in_every_order(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {waiter, pulse_actor},
                                             .begin = pulse_actor_begin,
                                             .check = pulse_actor_check};
    (void)state;
    assert_true(explore(&scenario) > 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_notification_event_stays_signaled),
        wdmsim_unit_test(a_synchronization_event_clears_itself),
        wdmsim_unit_test(a_notification_event_wakes_all),
        wdmsim_unit_test(a_synchronization_event_wakes_one),
        wdmsim_unit_test(a_pulse_wakes_only_those_who_wait),
        wdmsim_unit_test(a_set_with_wait_leaves_the_irql_raised_until_the_wait),
        wdmsim_unit_test(setting_with_wait_at_dispatch_level_is_a_violation),
        cmocka_unit_test(pulse_and_wait_in_every_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
