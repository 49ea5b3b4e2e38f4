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
    assert_ptr_equal(dpc->DeferredContext, context);
    seen[0] = argument1;
    seen[1] = argument2;
}

static void the_arguments_of_the_insertion_arrive(struct machine *m) {
    (void)m;
    KeInitializeDpc(&dpcs[0], see, &order);
    assert_ptr_equal(dpcs[0].DeferredContext, &order);
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
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
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

/*
 * DPCs that queue each other from one processor to the next: a flush waits for what is queued when
 * it is called, and for nothing of what follows.
 *
 * starter                           flusher
 * queues the first                  counts what was queued so far
 *                                   flushes
 */
static unsigned series_left, series_queued, series_ran, flushed_early;

static VOID pass_on(PKDPC which, PVOID context, PVOID argument1, PVOID argument2) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    if (series_left && series_left--) {
        KeInsertQueueDpc(which == &dpcs[0] ? &dpcs[1] : &dpcs[0], NULL, NULL);
        series_queued++;
    }
    series_ran++;
}

static void prepare_series_of(unsigned length) {
    prepare();
    series_left = length;
    series_queued = series_ran = 0;
    for (unsigned i = 0; i < 2; i++) {
        KeInitializeDpc(&dpcs[i], pass_on, NULL);
        KeSetImportanceDpc(&dpcs[i], MediumHighImportance);
        KeSetTargetProcessorDpc(&dpcs[i], (CCHAR)(i + 1));
    }
}

static void prepare_series(void) { prepare_series_of(4); }

static VOID start_series(PVOID context) {
    (void)context;
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
    series_queued++;
}

static VOID flush_series(PVOID context) {
    (void)context;
    unsigned before = series_queued;
    KeFlushQueuedDpcs();
    assert_true(series_ran >= before);
    flushed_early += before && series_left;
}

static void check_series(void) {
    while (series_left)
        KeFlushQueuedDpcs();
}

static void a_flush_waits_for_nothing_queued_later(void **state) {
    static const struct explored scenario = {.processors = 3,
                                             .preemptions = 1,
                                             .actors = {start_series, flush_series},
                                             .begin = prepare_series,
                                             .check = check_series};
    (void)state;
    flushed_early = 0;
    assert_true(explore(&scenario) > 100);
    assert_true(flushed_early);
}

static void a_flush_ends_though_the_series_does_not(struct machine *m) {
    (void)m;
    prepare_series_of(~0u);
    start_series(NULL);
    KeFlushQueuedDpcs();
    assert_true(series_ran && series_left);
    series_left = 0;
}

static void a_processor_that_is_not_there_is_no_target(struct machine *m) {
    (void)m;
    prepare();
    KeSetTargetProcessorDpc(&dpcs[0], 2);
    KeSetTargetProcessorDpc(&dpcs[0], 4);
    KeSetTargetProcessorDpc(&dpcs[0], -1);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
    KeFlushQueuedDpcs();
    assert_int_equal(ran_on, 2);
}

static void outside_a_dpc_there_is_no_watchdog_to_ask(struct machine *m) {
    (void)m;
    assert_int_equal(KeQueryDpcWatchdogInformation(&watchdog), STATUS_UNSUCCESSFUL);
}

static void a_low_dpc_waits_for_a_better_one(struct machine *m) {
    (void)m;
    prepare();
    KeSetImportanceDpc(&dpcs[0], LowImportance);
    assert_true(KeInsertQueueDpc(&dpcs[0], NULL, NULL));
    assert_string_equal(order, "");
    assert_true(KeInsertQueueDpc(&dpcs[1], NULL, NULL));
    assert_string_equal(order, "ab");
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
    assert_true(KeRemoveQueueDpc(&dpcs[0]));
    KeInsertQueueDpc(&dpcs[2], NULL, NULL);
    assert_string_equal(order, "abc");
}

static void a_low_dpc_runs_when_the_processor_is_idle(struct machine *m) {
    LARGE_INTEGER moment = {.QuadPart = -10};
    (void)m;
    prepare();
    KeSetImportanceDpc(&dpcs[0], LowImportance);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    assert_string_equal(order, "a");
}

static void a_low_dpc_waits_for_a_tick_at_most(struct machine *m) {
    (void)m;
    prepare();
    KeSetImportanceDpc(&dpcs[0], LowImportance);
    KeStallExecutionProcessor(15625 - (ULONG)(wdmsim_time(m) / WDMSIM_US) % 15625 + 1);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
    KeStallExecutionProcessor(10000);
    assert_string_equal(order, "");
    KeStallExecutionProcessor(10000);
    assert_string_equal(order, "a");
}

static void low_dpcs_run_when_there_are_many(struct machine *m) {
    static KDPC many[5];
    (void)m;
    prepare();
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ran, 0);
        KeInitializeDpc(&many[i], see, NULL);
        KeSetImportanceDpc(&many[i], LowImportance);
        seen[0] = NULL;
        KeInsertQueueDpc(&many[i], m, NULL);
        assert_ptr_equal(seen[0], i < 4 ? NULL : m);
    }
}

static VOID be_busy_elsewhere(PVOID context) {
    KeSetSystemAffinityThread(2);
    while (!*(volatile BOOLEAN *)context)
        KeStallExecutionProcessor(1);
}

static void a_busy_processor_is_not_interrupted_for_a_medium_dpc(struct machine *m) {
    BOOLEAN enough = FALSE;
    (void)m;
    prepare();
    KeSetSystemAffinityThread(1);
    PVOID thread = thread_start(be_busy_elsewhere, &enough);
    KeStallExecutionProcessor(10);
    for (int i = 0; i < 3; i++)
        KeSetTargetProcessorDpc(&dpcs[i], 1);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
    KeStallExecutionProcessor(10);
    assert_string_equal(order, "");
    KeSetImportanceDpc(&dpcs[1], MediumHighImportance);
    KeInsertQueueDpc(&dpcs[1], NULL, NULL);
    KeStallExecutionProcessor(10);
    assert_string_equal(order, "ab");
    KeInsertQueueDpc(&dpcs[2], NULL, NULL);
    KeFlushQueuedDpcs();
    assert_string_equal(order, "abc");
    enough = TRUE;
    thread_join(thread);
}

static VOID again(PKDPC which, PVOID context, PVOID argument1, PVOID argument2) {
    (void)context;
    KeInsertQueueDpc(which, argument1, argument2);
}

static void a_series_of_dpcs_without_end_is_stopped_by_the_watchdog(struct machine *m) {
    (void)m;
    KeInitializeDpc(&dpcs[0], again, NULL);
    wdmsim_expect_bugcheck(DPC_WATCHDOG_VIOLATION);
    KeInsertQueueDpc(&dpcs[0], NULL, NULL);
}

static void breaks_satisfy_the_watchdog(struct machine *m) {
    KIRQL irql;
    (void)m;
    for (int second = 0; second < 150; second++) {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        KeStallExecutionProcessor(1000000);
        KeLowerIrql(irql);
        KeStallExecutionProcessor(1);
    }
}

static VOID stay_up(PVOID context) {
    KIRQL irql;
    (void)context;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (;;)
        KeStallExecutionProcessor(1000000);
}

static void a_thread_that_stays_at_dispatch_level_is_stopped_by_the_watchdog(void **state) {
    static const struct wdmsim_config config = {.processors = 1, .flags = WDMSIM_CHECK_RULES};
    struct machine *m;
    bool done = false;
    (void)state;
    assert_int_equal(wdmsim_machine_create(&config, &m), 0);
    assert_int_equal(wdmsim_system_thread(m, stay_up, NULL, &done), 0);
    wdmsim_settle(m);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(m);
    assert_non_null(stop);
    assert_int_equal(stop->code, DPC_WATCHDOG_VIOLATION);
    assert_int_equal(stop->parameters[0], 1);
    assert_int_equal(stop->parameters[1], 7680); /* 120 seconds, in ticks of 15.625 ms */
    wdmsim_machine_destroy(m);
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
        cmocka_unit_test(a_flush_waits_for_nothing_queued_later),
        wdmsim_unit_test_on(a_flush_ends_though_the_series_does_not, &four),
        wdmsim_unit_test_on(a_processor_that_is_not_there_is_no_target, &four),
        wdmsim_unit_test(outside_a_dpc_there_is_no_watchdog_to_ask),
        wdmsim_unit_test(a_low_dpc_waits_for_a_better_one),
        wdmsim_unit_test(a_low_dpc_runs_when_the_processor_is_idle),
        wdmsim_unit_test(a_low_dpc_waits_for_a_tick_at_most),
        wdmsim_unit_test(low_dpcs_run_when_there_are_many),
        wdmsim_unit_test_on(a_busy_processor_is_not_interrupted_for_a_medium_dpc, &four),
        wdmsim_unit_test(a_series_of_dpcs_without_end_is_stopped_by_the_watchdog),
        wdmsim_unit_test(breaks_satisfy_the_watchdog),
        cmocka_unit_test(a_thread_that_stays_at_dispatch_level_is_stopped_by_the_watchdog),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
