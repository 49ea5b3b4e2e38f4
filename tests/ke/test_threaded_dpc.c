/* Threaded DPCs: in a thread of their processor, above all other threads, below normal DPCs; or as
 * normal ones. */
#include "../threads.h"

static KDPC threaded, normal;
static char order[8];
static KIRQL irql_seen;
static ULONG processor_seen;
static KPRIORITY priority_seen;
static LOGICAL executing;

static void note(char c) {
    size_t length = strlen(order);
    order[length] = c;
    order[length + 1] = 0;
}

static VOID mark(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc;
    (void)argument2;
    irql_seen = KeGetCurrentIrql();
    processor_seen = KeGetCurrentProcessorNumberEx(NULL);
    if (irql_seen == PASSIVE_LEVEL)
        priority_seen = KeQueryPriorityThread(KeGetCurrentThread());
    executing = KeIsExecutingDpc();
    note(argument1 ? *(const char *)argument1 : *(const char *)context);
}

static void prepare(void) {
    order[0] = 0;
    KeInitializeThreadedDpc(&threaded, mark, (PVOID) "t");
    KeInitializeDpc(&normal, mark, (PVOID) "n");
}

static void it_runs_at_passive_level_in_a_real_time_thread(struct machine *m) {
    (void)m;
    prepare();
    assert_true(KeInsertQueueDpc(&threaded, (PVOID) "a", NULL));
    assert_string_equal(order, "a"); /* before any other thread goes on */
    assert_int_equal(irql_seen, PASSIVE_LEVEL);
    assert_int_equal(priority_seen, HIGH_PRIORITY);
    assert_true(executing);
    assert_false(KeIsExecutingDpc());
    assert_true(KeInsertQueueDpc(&threaded, (PVOID) "b", NULL));
    assert_string_equal(order, "ab");
}

static void normal_dpcs_come_first(struct machine *m) {
    KIRQL irql;
    (void)m;
    prepare();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeInsertQueueDpc(&threaded, NULL, NULL);
    assert_false(KeInsertQueueDpc(&threaded, NULL, NULL));
    KeInsertQueueDpc(&normal, NULL, NULL);
    KeLowerIrql(irql);
    assert_string_equal(order, "nt");
}

static VOID queue_normal(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc;
    (void)context;
    (void)argument1;
    (void)argument2;
    note('(');
    KeInsertQueueDpc(&normal, NULL, NULL);
    assert_true(KeIsExecutingDpc()); /* still, after the other one */
    note(')');
}

static void a_normal_dpc_interrupts_it(struct machine *m) {
    (void)m;
    prepare();
    KeInitializeThreadedDpc(&threaded, queue_normal, NULL);
    KeInsertQueueDpc(&threaded, NULL, NULL);
    assert_string_equal(order, "(n)");
}

static void a_removed_one_does_not_run(struct machine *m) {
    KIRQL irql;
    (void)m;
    prepare();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeInsertQueueDpc(&threaded, NULL, NULL);
    assert_true(KeRemoveQueueDpc(&threaded));
    assert_false(KeRemoveQueueDpc(&threaded));
    KeLowerIrql(irql);
    KeFlushQueuedDpcs();
    assert_string_equal(order, "");
}

static void it_runs_on_its_processor_and_a_flush_waits_for_it(struct machine *m) {
    PROCESSOR_NUMBER number = {.Number = 9};
    (void)m;
    prepare();
    assert_int_equal(KeSetTargetProcessorDpcEx(&threaded, &number), STATUS_INVALID_PARAMETER);
    for (UCHAR i = 0; i < 4; i++) {
        number.Number = i;
        assert_int_equal(KeSetTargetProcessorDpcEx(&threaded, &number), STATUS_SUCCESS);
        KeInsertQueueDpc(&threaded, NULL, NULL);
        KeFlushQueuedDpcs();
        assert_int_equal(processor_seen, i);
    }
    assert_string_equal(order, "tttt");
}

static void a_flush_by_a_thread_of_the_highest_priority_ends(struct machine *m) {
    (void)m;
    prepare();
    KeSetPriorityThread(KeGetCurrentThread(), HIGH_PRIORITY);
    KeInsertQueueDpc(&threaded, NULL, NULL);
    assert_string_equal(order, ""); /* no thread preempts this one */
    KeFlushQueuedDpcs();
    assert_string_equal(order, "t");
}

static VOID block(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    LARGE_INTEGER second = {.QuadPart = -10000000};
    (void)dpc;
    (void)context;
    (void)argument1;
    (void)argument2;
    KeDelayExecutionThread(KernelMode, FALSE, &second);
}

static void blocking_in_it_is_a_violation(struct machine *m) {
    (void)m;
    KeInitializeThreadedDpc(&threaded, block, NULL);
    wdmsim_expect_bugcheck(ATTEMPTED_SWITCH_FROM_DPC);
    KeInsertQueueDpc(&threaded, NULL, NULL);
}

static VOID keep_raised(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    KIRQL irql;
    (void)dpc;
    (void)context;
    (void)argument1;
    (void)argument2;
    KeRaiseIrql(APC_LEVEL, &irql);
}

static void returning_at_another_irql_is_a_violation(struct machine *m) {
    (void)m;
    KeInitializeThreadedDpc(&threaded, keep_raised, NULL);
    wdmsim_expect_bugcheck(IRQL_UNEXPECTED_VALUE);
    KeInsertQueueDpc(&threaded, NULL, NULL);
}

static void disabled_they_are_normal_dpcs(struct machine *m) {
    KIRQL irql;
    (void)m;
    prepare();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeInsertQueueDpc(&threaded, NULL, NULL);
    KeInsertQueueDpc(&normal, NULL, NULL);
    KeLowerIrql(irql);
    assert_string_equal(order, "tn");
    KeInsertQueueDpc(&threaded, NULL, NULL);
    assert_int_equal(irql_seen, DISPATCH_LEVEL);
}

/*
 * A lock against a threaded DPC that may run at either level:
 *     actor 0                          threaded DPC
 *     queue                            acquire for DPC, count, release
 *     acquire, count, release
 */
static KSPIN_LOCK lock;
static KLOCK_QUEUE_HANDLE handle;
static int count, inside;

static void one_more(void) {
    assert_int_equal(inside++, 0);
    count++;
    inside--;
}

static VOID count_locked(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    KIRQL irql = KeAcquireSpinLockForDpc(&lock);
    (void)dpc;
    (void)context;
    (void)argument1;
    (void)argument2;
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    one_more();
    KeReleaseSpinLockForDpc(&lock, irql);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeAcquireInStackQueuedSpinLockForDpc(&lock, &handle);
    one_more();
    KeReleaseInStackQueuedSpinLockForDpc(&handle);
}

static VOID queue_and_count(PVOID context) {
    KIRQL irql;
    (void)context;
    KeSetTargetProcessorDpc(&threaded, 1);
    KeInsertQueueDpc(&threaded, NULL, NULL);
    KeAcquireSpinLock(&lock, &irql);
    one_more();
    KeReleaseSpinLock(&lock, irql);
    KeFlushQueuedDpcs();
}

static void begin_count(void) {
    KeInitializeSpinLock(&lock);
    KeInitializeThreadedDpc(&threaded, count_locked, NULL);
    count = inside = 0;
}

static void check_count(void) { assert_int_equal(count, 3); }

static void locks_for_dpcs_exclude_in_every_order(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {queue_and_count},
                                             .begin = begin_count,
                                             .check = check_count};
    (void)state;
    assert_true(explore(&scenario) > 4);
}

int main(void) {
    static const struct wdmsim_config four = {.processors = 4, .flags = WDMSIM_CHECK_RULES};
    static const struct wdmsim_config disabled = {.flags =
                                                      WDMSIM_CHECK_RULES | WDMSIM_NO_THREADED_DPC};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(it_runs_at_passive_level_in_a_real_time_thread),
        wdmsim_unit_test(normal_dpcs_come_first),
        wdmsim_unit_test(a_normal_dpc_interrupts_it),
        wdmsim_unit_test(a_removed_one_does_not_run),
        wdmsim_unit_test_on(it_runs_on_its_processor_and_a_flush_waits_for_it, &four),
        wdmsim_unit_test(a_flush_by_a_thread_of_the_highest_priority_ends),
        wdmsim_unit_test(blocking_in_it_is_a_violation),
        wdmsim_unit_test(returning_at_another_irql_is_a_violation),
        wdmsim_unit_test_on(disabled_they_are_normal_dpcs, &disabled),
        cmocka_unit_test(locks_for_dpcs_exclude_in_every_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
