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
 * A pulse against a wait, every schedule with at most three forced switches on one to three
 * processors:
 *
 * waiter                          pulser
 * waits, for a millisecond        looks whether somebody waits
 *                                 pulses
 *
 * Who waits when the pulse comes is woken; for whom comes later it is lost, and the time passes.
 */
static NTSTATUS pulse_status;
static bool somebody_waited;
static unsigned met, lost;

static void begin_pulse(void) {
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    somebody_waited = false;
    pulse_status = STATUS_PENDING;
}

static VOID wait_a_while(PVOID context) {
    LARGE_INTEGER due = {.QuadPart = -10000};
    (void)context;
    pulse_status = KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &due);
}

static VOID pulse(PVOID context) {
    (void)context;
    somebody_waited = !IsListEmpty(&event.Header.WaitListHead);
    assert_int_equal(KePulseEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    assert_int_equal(KeReadStateEvent(&event), 0);
}

static void check_pulse(void) {
    assert_true(pulse_status == STATUS_SUCCESS || pulse_status == STATUS_TIMEOUT);
    assert_true(pulse_status == STATUS_SUCCESS || !somebody_waited);
    assert_int_equal(KeReadStateEvent(&event), 0);
    met += pulse_status == STATUS_SUCCESS;
    lost += pulse_status == STATUS_TIMEOUT;
}

static void a_pulse_meets_a_wait_or_is_lost(void **state) {
    static const struct explored scenario = {.preemptions = 3,
                                             .actors = {wait_a_while, pulse},
                                             .begin = begin_pulse,
                                             .check = check_pulse};
    (void)state;
    met = lost = 0;
    assert_true(explore_up_to(&scenario, 3) > 4000);
    assert_true(met && lost);
}

/*
 * A pulse of a synchronization event against two waits, likewise with at most two switches on one
 * and two processors:
 *
 * waiter                    another waiter            pulser
 * waits                     waits                     looks who waits
 *                                                     pulses
 *                                                     sets until both are through
 *
 * The pulse wakes one of two and leaves no signal behind.
 */
static unsigned seen_waiting[3];

static unsigned waiting(void) {
    unsigned count = 0;
    for (LIST_ENTRY *link = event.Header.WaitListHead.Flink; link != &event.Header.WaitListHead;
         link = link->Flink)
        count++;
    return count;
}

static void begin_sync_pulse(void) {
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    woken = 0;
}

static VOID pulse_and_set(PVOID context) {
    LARGE_INTEGER due = {.QuadPart = -10000};
    (void)context;
    unsigned before = waiting();
    assert_int_equal(KePulseEvent(&event, IO_NO_INCREMENT, FALSE), 0);
    if (before == 2)
        assert_int_equal(waiting(), 1);
    assert_int_equal(KeReadStateEvent(&event), 0);
    seen_waiting[before]++;
    while (woken < 2) {
        KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
        KeDelayExecutionThread(KernelMode, FALSE, &due);
    }
}

static void check_sync_pulse(void) { assert_int_equal(woken, 2); }

static void a_pulse_of_a_synchronization_event_wakes_one(void **state) {
    static const struct explored scenario = {.preemptions = 2,
                                             .actors = {waiter, waiter, pulse_and_set},
                                             .begin = begin_sync_pulse,
                                             .check = check_sync_pulse};
    (void)state;
    memset(seen_waiting, 0, sizeof seen_waiting);
    assert_true(explore_up_to(&scenario, 2) > 200);
    assert_true(seen_waiting[0] && seen_waiting[1] && seen_waiting[2]);
}

static void an_interrupt_routine_may_read_an_event(struct machine *m) {
    KIRQL irql;
    (void)m;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    KeRaiseIrql(CLOCK_LEVEL - 1, &irql);
    assert_int_not_equal(KeReadStateEvent(&event), 0);
    KeLowerIrql(irql);
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
        cmocka_unit_test(a_pulse_meets_a_wait_or_is_lost),
        cmocka_unit_test(a_pulse_of_a_synchronization_event_wakes_one),
        wdmsim_unit_test(an_interrupt_routine_may_read_an_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
