/* Waits: any and all, time-outs, what a wait may not do. */
#include "../threads.h"

static KEVENT events[4];

static void initialize_events(EVENT_TYPE type) {
    for (int i = 0; i < 4; i++)
        KeInitializeEvent(&events[i], type, FALSE);
}

static VOID set_first(PVOID context) {
    (void)context;
    KeSetEvent(&events[0], IO_NO_INCREMENT, FALSE);
}

static VOID set_second(PVOID context) {
    (void)context;
    KeSetEvent(&events[1], IO_NO_INCREMENT, FALSE);
}

static NTSTATUS wait_two(WAIT_TYPE type, LONGLONG timeout) {
    PVOID objects[2] = {&events[0], &events[1]};
    LARGE_INTEGER due = {.QuadPart = timeout};
    return KeWaitForMultipleObjects(2, objects, type, Executive, KernelMode, FALSE,
                                    timeout ? &due : NULL, NULL);
}

static void waiting_for_any_tells_which(struct machine *m) {
    (void)m;
    initialize_events(SynchronizationEvent);
    PVOID thread = thread_start(set_second, NULL);
    assert_int_equal(wait_two(WaitAny, 0), STATUS_WAIT_1);
    thread_join(thread);
    assert_int_equal(KeReadStateEvent(&events[1]), 0);
}

static void waiting_for_any_prefers_the_first(struct machine *m) {
    (void)m;
    initialize_events(SynchronizationEvent);
    KeSetEvent(&events[0], IO_NO_INCREMENT, FALSE);
    KeSetEvent(&events[1], IO_NO_INCREMENT, FALSE);
    assert_int_equal(wait_two(WaitAny, 0), STATUS_WAIT_0);
    assert_int_equal(KeReadStateEvent(&events[1]), 1);
}

static void waiting_for_all_takes_nothing_until_it_can_take_all(struct machine *m) {
    (void)m;
    initialize_events(SynchronizationEvent);
    KeSetEvent(&events[0], IO_NO_INCREMENT, FALSE);
    assert_int_equal(wait_two(WaitAll, -10), STATUS_TIMEOUT);
    assert_int_equal(KeReadStateEvent(&events[0]), 1);
    KeSetEvent(&events[1], IO_NO_INCREMENT, FALSE);
    assert_int_equal(wait_two(WaitAll, -10), STATUS_SUCCESS);
    assert_int_equal(KeReadStateEvent(&events[0]), 0);
    assert_int_equal(KeReadStateEvent(&events[1]), 0);
}

static void a_relative_time_out_takes_its_time(struct machine *m) {
    LARGE_INTEGER due = {.QuadPart = -25 * 10000};
    initialize_events(NotificationEvent);
    uint64_t start = wdmsim_time(m);
    assert_int_equal(KeWaitForSingleObject(&events[0], Executive, KernelMode, FALSE, &due),
                     STATUS_TIMEOUT);
    assert_int_equal(wdmsim_time(m) - start, 25 * WDMSIM_MS);
}

static void an_absolute_time_out_is_a_point_in_system_time(struct machine *m) {
    LARGE_INTEGER due;
    initialize_events(NotificationEvent);
    KeQuerySystemTime(&due);
    uint64_t start = wdmsim_time(m);
    due.QuadPart += 3 * 10000;
    assert_int_equal(KeWaitForSingleObject(&events[0], Executive, KernelMode, FALSE, &due),
                     STATUS_TIMEOUT);
    assert_int_equal(wdmsim_time(m) - start, 3 * WDMSIM_MS);
    due.QuadPart -= 20 * 10000; /* in the past */
    assert_int_equal(KeWaitForSingleObject(&events[0], Executive, KernelMode, FALSE, &due),
                     STATUS_TIMEOUT);
}

static void a_delay_takes_its_time(struct machine *m) {
    LARGE_INTEGER due = {.QuadPart = -10000};
    uint64_t start = wdmsim_time(m);
    assert_int_equal(KeDelayExecutionThread(KernelMode, FALSE, &due), STATUS_SUCCESS);
    assert_int_equal(wdmsim_time(m) - start, WDMSIM_MS);
}

static void a_poll_never_blocks_and_is_allowed_at_dispatch_level(struct machine *m) {
    LARGE_INTEGER zero = {.QuadPart = 0};
    KIRQL irql;
    (void)m;
    initialize_events(NotificationEvent);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(KeWaitForSingleObject(&events[0], Executive, KernelMode, FALSE, &zero),
                     STATUS_TIMEOUT);
    KeLowerIrql(irql);
}

static void blocking_at_dispatch_level_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    initialize_events(NotificationEvent);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeWaitForSingleObject(&events[0], Executive, KernelMode, FALSE, NULL);
}

static void blocking_at_dispatch_level_is_seen_without_checks_too(struct machine *m) {
    KIRQL irql;
    (void)m;
    initialize_events(NotificationEvent);
    wdmsim_expect_bugcheck(ATTEMPTED_SWITCH_FROM_DPC);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeWaitForSingleObject(&events[0], Executive, KernelMode, FALSE, NULL);
}

static void more_than_three_objects_need_wait_blocks(struct machine *m) {
    PVOID objects[4] = {&events[0], &events[1], &events[2], &events[3]};
    KWAIT_BLOCK blocks[4];
    (void)m;
    initialize_events(NotificationEvent);
    KeSetEvent(&events[3], IO_NO_INCREMENT, FALSE);
    assert_int_equal(
        KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, NULL, blocks),
        STATUS_WAIT_3);
    wdmsim_expect_bugcheck(MAXIMUM_WAIT_OBJECTS_EXCEEDED);
    KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL);
}

/*
 * A wait for all against two setters:   actor 0            actor 1    actor 2
 *                                       wait for 0 and 1   set 0      set 1
 * In every schedule it ends, and both events are taken.
 */
static NTSTATUS all_status;

static VOID wait_for_both(PVOID context) {
    (void)context;
    all_status = wait_two(WaitAll, 0);
}

static void begin_all(void) {
    initialize_events(SynchronizationEvent);
    all_status = STATUS_PENDING;
}

static void check_all(void) {
    assert_int_equal(all_status, STATUS_SUCCESS);
    assert_int_equal(KeReadStateEvent(&events[0]), 0);
    assert_int_equal(KeReadStateEvent(&events[1]), 0);
}

static void wait_for_all_against_two_setters_in_every_order(void **state) {
    static const struct explored scenario = {.processors = 3,
                                             .preemptions = 2,
                                             .actors = {wait_for_both, set_first, set_second},
                                             .begin = begin_all,
                                             .check = check_all};
    (void)state;
    assert_true(explore(&scenario) > 10);
}

int main(void) {
    static const struct wdmsim_config unchecked = {.processors = 1};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(waiting_for_any_tells_which),
        wdmsim_unit_test(waiting_for_any_prefers_the_first),
        wdmsim_unit_test(waiting_for_all_takes_nothing_until_it_can_take_all),
        wdmsim_unit_test(a_relative_time_out_takes_its_time),
        wdmsim_unit_test(an_absolute_time_out_is_a_point_in_system_time),
        wdmsim_unit_test(a_delay_takes_its_time),
        wdmsim_unit_test(a_poll_never_blocks_and_is_allowed_at_dispatch_level),
        wdmsim_unit_test(blocking_at_dispatch_level_is_a_violation),
        wdmsim_unit_test_on(blocking_at_dispatch_level_is_seen_without_checks_too, &unchecked),
        wdmsim_unit_test(more_than_three_objects_need_wait_blocks),
        cmocka_unit_test(wait_for_all_against_two_setters_in_every_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
