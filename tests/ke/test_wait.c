/* Waits: any and all, time-outs, what a wait may not do. */
#include "../threads.h"

static KEVENT events[4];

static void initialize_events(EVENT_TYPE type) {
    for (int i = 0; i < 4; i++)
        KeInitializeEvent(&events[i], type, FALSE);
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
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
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
 * A wait for all against two setters and a passer-by, every schedule with at most two forced
 * switches on one to three processors:
 *
 * waiter             setter        another setter     passer-by
 * waits for 0 and 1  sets 0        sets 1             polls 0
 *                                                     if it got 0: sets it again
 *
 * The wait ends and takes both events at once. Until then it takes neither: whoever looks after
 * only 0 was set finds it signaled, and the passer-by can have it.
 */
static NTSTATUS all_status;
static bool first_set, second_begun, taken;
static unsigned seen_signaled, taken_between;

static VOID wait_for_both(PVOID context) {
    (void)context;
    all_status = wait_two(WaitAll, 0);
}

static VOID set_first_and_look(PVOID context) {
    (void)context;
    KeSetEvent(&events[0], IO_NO_INCREMENT, FALSE);
    first_set = true;
    LONG signaled = KeReadStateEvent(&events[0]);
    if (second_begun || taken)
        return;
    assert_int_equal(signaled, 1);
    seen_signaled++;
}

static VOID set_second_last(PVOID context) {
    (void)context;
    second_begun = true;
    KeSetEvent(&events[1], IO_NO_INCREMENT, FALSE);
}

static VOID pass_by(PVOID context) {
    LARGE_INTEGER zero = {.QuadPart = 0};
    (void)context;
    bool must_get_it = first_set && !second_begun;
    taken = true; /* from here on a look may find it gone */
    NTSTATUS status = KeWaitForSingleObject(&events[0], Executive, KernelMode, FALSE, &zero);
    assert_true(status == STATUS_SUCCESS || !must_get_it || second_begun);
    if (status != STATUS_SUCCESS)
        return;
    assert_int_equal(all_status, STATUS_PENDING);
    taken_between++;
    KeSetEvent(&events[0], IO_NO_INCREMENT, FALSE);
}

static void begin_all(void) {
    initialize_events(SynchronizationEvent);
    all_status = STATUS_PENDING;
    first_set = second_begun = taken = false;
}

static void check_all(void) {
    assert_int_equal(all_status, STATUS_SUCCESS);
    assert_int_equal(KeReadStateEvent(&events[0]), 0);
    assert_int_equal(KeReadStateEvent(&events[1]), 0);
}

static void a_wait_for_all_takes_both_at_once(void **state) {
    static const struct explored scenario = {
        .preemptions = 2,
        .actors = {wait_for_both, set_first_and_look, set_second_last, pass_by},
        .begin = begin_all,
        .check = check_all};
    (void)state;
    seen_signaled = taken_between = 0;
    assert_true(explore_up_to(&scenario, 3) > 3000);
    assert_true(seen_signaled && taken_between);
}

static KIRQL wait_irql;
static LARGE_INTEGER *wait_time;

static VOID wait_high(PVOID context) {
    PVOID objects[2] = {&events[0], &events[1]};
    KIRQL irql;
    initialize_events(NotificationEvent);
    KeRaiseIrql(wait_irql, &irql);
    if (context)
        KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE, wait_time,
                                 NULL);
    KeWaitForSingleObject(&events[0], Executive, KernelMode, FALSE, wait_time);
}

static void expect_wait_violation(PVOID many, uint64_t kind) {
    static const struct wdmsim_config config = {.processors = 1, .flags = WDMSIM_CHECK_RULES};
    struct machine *m;
    bool done = false;
    assert_int_equal(wdmsim_machine_create(&config, &m), 0);
    assert_int_equal(wdmsim_system_thread(m, wait_high, many, &done), 0);
    wdmsim_settle(m);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(m);
    assert_non_null(stop);
    assert_int_equal(stop->code, DRIVER_VERIFIER_DETECTED_VIOLATION);
    assert_int_equal(stop->parameters[0], kind);
    assert_int_equal(stop->parameters[1], wait_irql);
    assert_int_equal(stop->parameters[2], (uint64_t)(ULONG_PTR)&events[0]);
    assert_int_equal(stop->parameters[3], wait_time ? (uint64_t)wait_time->QuadPart : 0);
    wdmsim_machine_destroy(m);
}

static void a_wait_that_is_too_high_is_told_by_its_kind(void **state) {
    LARGE_INTEGER due = {.QuadPart = -10000}, zero = {.QuadPart = 0};
    (void)state;
    for (uintptr_t many = 0; many < 2; many++) {
        wait_irql = DISPATCH_LEVEL;
        wait_time = NULL;
        expect_wait_violation((PVOID)many, 0x121);
        wait_time = &due;
        expect_wait_violation((PVOID)many, 0x122);
        wait_irql = CLOCK_LEVEL;
        wait_time = &zero;
        expect_wait_violation((PVOID)many, 0x120);
    }
}

static void a_user_mode_wait_for_what_is_on_the_stack_is_a_violation(struct machine *m) {
    LARGE_INTEGER due = {.QuadPart = -10000};
    KEVENT event;
    (void)m;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeSetKernelStackSwapEnable(FALSE); /* then it stays where it is */
    assert_int_equal(KeWaitForSingleObject(&event, UserRequest, UserMode, FALSE, &due),
                     STATUS_TIMEOUT);
    KeSetKernelStackSwapEnable(TRUE);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    KeWaitForSingleObject(&event, UserRequest, UserMode, FALSE, &due);
}

static void lowering_instead_of_waiting_leaves_a_plain_wait(struct machine *m) {
    LARGE_INTEGER due = {.QuadPart = -10000};
    KIRQL irql;
    (void)m;
    initialize_events(NotificationEvent);
    KeRaiseIrql(APC_LEVEL, &irql);
    KeSetEvent(&events[0], IO_NO_INCREMENT, TRUE);
    KeLowerIrql(PASSIVE_LEVEL);
    assert_int_equal(KeWaitForSingleObject(&events[1], Executive, KernelMode, FALSE, &due),
                     STATUS_TIMEOUT);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
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
        cmocka_unit_test(a_wait_for_all_takes_both_at_once),
        cmocka_unit_test(a_wait_that_is_too_high_is_told_by_its_kind),
        wdmsim_unit_test(a_user_mode_wait_for_what_is_on_the_stack_is_a_violation),
        wdmsim_unit_test(lowering_instead_of_waiting_leaves_a_plain_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
