/* The processor itself: caches, the interrupt flag, halting, when to give way, counters for thread
 * profiling. */
#include "../threads.h"

static KDPC dpc;
static bool ran;

static VOID run(PKDPC object, PVOID context, PVOID argument1, PVOID argument2) {
    (void)object;
    (void)context;
    (void)argument1;
    (void)argument2;
    ran = true;
}

static void nothing_is_delivered_while_interrupts_are_off(struct machine *m) {
    (void)m;
    ran = false;
    KeInitializeDpc(&dpc, run, NULL);
    _disable();
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeStallExecutionProcessor(10);
    assert_false(ran);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    _enable();
    assert_true(ran);
}

static void what_was_pending_before_waits_too(struct machine *m) {
    KIRQL irql;
    (void)m;
    ran = false;
    KeInitializeDpc(&dpc, run, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    _disable();
    KeLowerIrql(irql);
    assert_false(ran);
    _enable();
    assert_true(ran);
}

static void a_wait_lets_interrupts_in(struct machine *m) {
    LARGE_INTEGER second = {.QuadPart = -10000000};
    (void)m;
    _disable();
    assert_int_equal(KeDelayExecutionThread(KernelMode, FALSE, &second), STATUS_SUCCESS);
}

static void a_halted_processor_goes_on_with_the_next_interrupt(struct machine *m) {
    KTIMER timer;
    LARGE_INTEGER second = {.QuadPart = -10000000};
    ran = false;
    KeInitializeDpc(&dpc, run, NULL);
    KeInitializeTimer(&timer);
    uint64_t before = wdmsim_time(m);
    KeSetTimer(&timer, second, &dpc);
    __halt();
    assert_true(ran);
    assert_int_equal(wdmsim_time(m) - before, WDMSIM_S);
}

static void halting_with_interrupts_off_hangs_the_processor(struct machine *m) {
    (void)m;
    _disable();
    wdmsim_expect_bugcheck(CLOCK_WATCHDOG_TIMEOUT);
    __halt();
}

static void a_loop_should_yield_when_something_waits(struct machine *m) {
    KIRQL irql;
    (void)m;
    KeInitializeDpc(&dpc, run, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_false(KeShouldYieldProcessor());
    KeInsertQueueDpc(&dpc, NULL, NULL);
    assert_true(KeShouldYieldProcessor());
    KeLowerIrql(irql);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_false(KeShouldYieldProcessor());
    KeLowerIrql(irql);
}

static unsigned turns;

static VOID work_until_told(PKDPC object, PVOID context, PVOID argument1, PVOID argument2) {
    (void)object;
    (void)context;
    (void)argument1;
    (void)argument2;
    for (turns = 0; !KeShouldYieldProcessor(); turns++)
        KeStallExecutionProcessor(1000);
}

static void a_dpc_should_yield_after_its_share(struct machine *m) {
    (void)m;
    KeInitializeDpc(&dpc, work_until_told, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    assert_in_range(turns, 15, 16); /* milliseconds: a clock tick */
}

static void the_counter_configuration_is_kept(struct machine *m) {
    HARDWARE_COUNTER counters[MAX_HW_COUNTERS + 1] = {{.Type = PMCCounter, .Index = 3},
                                                      {.Type = PMCCounter, .Index = 5}};
    HARDWARE_COUNTER read[2] = {{.Index = 0}};
    ULONG count = 9;
    (void)m;
    assert_int_equal(KeQueryHardwareCounterConfiguration(read, 0, &count), STATUS_SUCCESS);
    assert_int_equal(count, 0);
    assert_int_equal(KeSetHardwareCounterConfiguration(counters, MAX_HW_COUNTERS + 1),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(KeSetHardwareCounterConfiguration(counters, 2), STATUS_SUCCESS);
    assert_int_equal(KeQueryHardwareCounterConfiguration(read, 1, &count), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(count, 2);
    assert_int_equal(read[0].Index, 0);
    assert_int_equal(KeQueryHardwareCounterConfiguration(read, 2, &count), STATUS_SUCCESS);
    assert_int_equal(read[1].Index, 5);
    assert_int_equal(KeSetHardwareCounterConfiguration(NULL, 0), STATUS_SUCCESS);
    assert_int_equal(KeQueryHardwareCounterConfiguration(read, 2, &count), STATUS_SUCCESS);
    assert_int_equal(count, 0);
}

/* Memory is coherent: after any of these, what was written is what is read. */
static void caches_hold_nothing_back(struct machine *m) {
    ULONG alignment = KeGetRecommendedSharedDataAlignment();
    volatile int data = 1;
    MDL mdl;
    (void)m;
    assert_true(alignment >= 32 && (alignment & (alignment - 1)) == 0);
    MmInitializeMdl(&mdl, (PVOID)&data, sizeof data);
    KeFlushIoBuffers(&mdl, TRUE, TRUE);
    data = 2;
    KeMemoryBarrier();
    KeInvalidateAllCaches();
    KeInvalidateRangeAllCaches((PVOID)&data, sizeof data);
    assert_int_equal(data, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(nothing_is_delivered_while_interrupts_are_off),
        wdmsim_unit_test(what_was_pending_before_waits_too),
        wdmsim_unit_test(a_wait_lets_interrupts_in),
        wdmsim_unit_test(a_halted_processor_goes_on_with_the_next_interrupt),
        wdmsim_unit_test(halting_with_interrupts_off_hangs_the_processor),
        wdmsim_unit_test(a_loop_should_yield_when_something_waits),
        wdmsim_unit_test(a_dpc_should_yield_after_its_share),
        wdmsim_unit_test(the_counter_configuration_is_kept),
        wdmsim_unit_test(caches_hold_nothing_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
