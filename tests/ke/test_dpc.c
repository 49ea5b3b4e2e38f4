/* DPCs: where and when they run, in what order, and what their routines may not do. */
#include "../threads.h"

static KDPC dpcs[3];
static char order[8];
static size_t ran;
static ULONG ran_on;

static VOID note(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)argument1;
    (void)argument2;
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_true(KeIsExecutingDpc());
    assert_true(dpc >= dpcs && dpc < dpcs + 3);
    order[ran++] = *(const char *)context;
    order[ran] = 0;
    ran_on = KeGetCurrentProcessorNumberEx(NULL);
}

static void prepare(void) {
    static const char names[] = "abc";
    ran = 0;
    order[0] = 0;
    for (int i = 0; i < 3; i++)
        KeInitializeDpc(&dpcs[i], note, (PVOID)&names[i]);
}

static void a_dpc_runs_at_once_below_dispatch_level(struct machine *m) {
    (void)m;
    prepare();
    assert_true(KeInsertQueueDpc(&dpcs[0], NULL, NULL));
    assert_string_equal(order, "a");
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_false(KeIsExecutingDpc());
}

static void a_dpc_waits_until_the_irql_is_lowered(struct machine *m) {
    KIRQL irql;
    (void)m;
    prepare();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_true(KeInsertQueueDpc(&dpcs[0], NULL, NULL));
    assert_false(KeInsertQueueDpc(&dpcs[0], NULL, NULL)); /* queued already */
    assert_string_equal(order, "");
    KeLowerIrql(irql);
    assert_string_equal(order, "a");
}

static void importance_decides_the_end_of_the_queue(struct machine *m) {
    KIRQL irql;
    (void)m;
    prepare();
    KeSetImportanceDpc(&dpcs[2], HighImportance);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (int i = 0; i < 3; i++)
        KeInsertQueueDpc(&dpcs[i], NULL, NULL);
    KeLowerIrql(irql);
    assert_string_equal(order, "cab");
}

static void a_removed_dpc_does_not_run(struct machine *m) {
    KIRQL irql;
    (void)m;
    prepare();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
    KeInsertQueueDpc(&dpcs[1], NULL, NULL);
    assert_true(KeRemoveQueueDpc(&dpcs[0]));
    assert_false(KeRemoveQueueDpc(&dpcs[0]));
    KeLowerIrql(irql);
    assert_string_equal(order, "b");
}

static PVOID seen[2];

static VOID see(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc;
    (void)context;
    seen[0] = argument1;
    seen[1] = argument2;
}

static void the_arguments_of_the_insertion_arrive(struct machine *m) {
    (void)m;
    KeInitializeDpc(&dpcs[0], see, NULL);
    KeInsertQueueDpc(&dpcs[0], &seen[0], &seen[1]);
    assert_ptr_equal(seen[0], &seen[0]);
    assert_ptr_equal(seen[1], &seen[1]);
}

static void a_targeted_dpc_runs_on_its_processor(struct machine *m) {
    (void)m;
    prepare();
    for (CCHAR target = 3; target >= 0; target--) {
        KeSetTargetProcessorDpc(&dpcs[0], target);
        KeInsertQueueDpc(&dpcs[0], NULL, NULL);
        KeFlushQueuedDpcs();
        assert_int_equal(ran_on, target);
    }
    assert_string_equal(order, "aaaa");
}

static VOID raise_and_return(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    KIRQL irql;
    (void)dpc;
    (void)context;
    (void)argument1;
    (void)argument2;
    KeRaiseIrql(HIGH_LEVEL, &irql);
}

static void returning_at_another_irql_is_a_violation(struct machine *m) {
    (void)m;
    KeInitializeDpc(&dpcs[0], raise_and_return, NULL);
    wdmsim_expect_bugcheck(IRQL_NOT_DISPATCH_LEVEL);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
}

static VOID block(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    KEVENT event;
    (void)dpc;
    (void)context;
    (void)argument1;
    (void)argument2;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
}

static void blocking_in_a_dpc_is_a_violation(struct machine *m) {
    (void)m;
    KeInitializeDpc(&dpcs[0], block, NULL);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
}

static KDPC_WATCHDOG_INFORMATION watchdog;

static VOID linger(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc;
    (void)context;
    (void)argument1;
    (void)argument2;
    KeStallExecutionProcessor(1000000);
    assert_int_equal(KeQueryDpcWatchdogInformation(&watchdog), STATUS_SUCCESS);
    for (;;)
        KeStallExecutionProcessor(100000);
}

static void a_dpc_that_never_ends_is_stopped_by_the_watchdog(struct machine *m) {
    (void)m;
    KeInitializeDpc(&dpcs[0], linger, NULL);
    wdmsim_expect_bugcheck(DPC_WATCHDOG_VIOLATION);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
}

static void the_watchdog_counts_down(struct machine *m) {
    (void)m;
    assert_int_equal(watchdog.DpcTimeLimit - watchdog.DpcTimeCount,
                     64); /* a second, in ticks of 15.625 ms */
}

static void an_uninitialised_dpc_is_found(struct machine *m) {
    (void)m;
    RtlZeroMemory(&dpcs[0], sizeof dpcs[0]);
    wdmsim_expect_bugcheck(TIMER_OR_DPC_INVALID);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
}

/*
 * Queue against flush, every schedule with at most three forced switches on one and two
 * processors:
 *
 * queuer                            flusher
 * queues to the last processor      looks whether it is queued
 * says so                           flushes
 * flushes
 *
 * Whoever flushes finds that what was queued before has run to its end, whatever the other one
 * flushes meanwhile.
 */
static bool queued;
static bool running;
static unsigned flushed_before, flushed_after;

static VOID note_slowly(PKDPC which, PVOID context, PVOID argument1, PVOID argument2) {
    running = true;
    KeQueryPerformanceCounter(NULL); /* a place where another processor may move */
    note(which, context, argument1, argument2);
    running = false;
}

static void prepare_flush(void) {
    prepare();
    queued = running = false;
    KeInitializeDpc(&dpcs[0], note_slowly, (PVOID) "a");
    KeSetTargetProcessorDpc(&dpcs[0], (CCHAR)(KeQueryActiveProcessorCountEx(0) - 1));
}

static VOID queue_and_flush(PVOID context) {
    (void)context;
    assert_true(KeInsertQueueDpc(&dpcs[0], NULL, NULL));
    queued = true;
    KeFlushQueuedDpcs();
    assert_string_equal(order, "a");
    assert_false(running);
}

static VOID flush(PVOID context) {
    (void)context;
    bool must_have_run = queued;
    KeFlushQueuedDpcs();
    if (must_have_run) {
        assert_string_equal(order, "a");
        assert_false(running);
        flushed_after++;
    } else {
        flushed_before++;
    }
}

static void check_ran(void) { assert_string_equal(order, "a"); }

static void queue_against_flush_in_every_order(void **state) {
    static const struct explored scenario = {.preemptions = 3,
                                             .actors = {queue_and_flush, flush},
                                             .begin = prepare_flush,
                                             .check = check_ran};
    (void)state;
    flushed_before = flushed_after = 0;
    assert_true(explore_up_to(&scenario, 2) > 150);
    assert_true(flushed_before && flushed_after);
}

int main(void) {
    static const struct wdmsim_config four = {.processors = 4, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_dpc_runs_at_once_below_dispatch_level),
        wdmsim_unit_test(a_dpc_waits_until_the_irql_is_lowered),
        wdmsim_unit_test(importance_decides_the_end_of_the_queue),
        wdmsim_unit_test(a_removed_dpc_does_not_run),
        wdmsim_unit_test(the_arguments_of_the_insertion_arrive),
        wdmsim_unit_test_on(a_targeted_dpc_runs_on_its_processor, &four),
        wdmsim_unit_test(returning_at_another_irql_is_a_violation),
        wdmsim_unit_test(blocking_in_a_dpc_is_a_violation),
        wdmsim_unit_test(a_dpc_that_never_ends_is_stopped_by_the_watchdog),
        wdmsim_unit_test(the_watchdog_counts_down),
        wdmsim_unit_test(an_uninitialised_dpc_is_found),
        cmocka_unit_test(queue_against_flush_in_every_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
