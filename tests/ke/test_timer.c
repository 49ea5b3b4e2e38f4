/* Timers: due times, periods, DPCs, cancellation, and the race between cancel and expiry. */
#include "../threads.h"

static KTIMER timer;
static KDPC dpc;
static LONG expirations;
static uint64_t expired_at;

static VOID on_timer(PKDPC which, PVOID context, PVOID low, PVOID high) {
    (void)which;
    (void)low;
    (void)high;
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    expirations++;
    expired_at = wdmsim_time((struct machine *)context);
}

static void prepare(struct machine *m, TIMER_TYPE type) {
    expirations = 0;
    KeInitializeTimerEx(&timer, type);
    KeInitializeDpc(&dpc, on_timer, m);
}

static LARGE_INTEGER in_ms(LONGLONG ms) {
    LARGE_INTEGER due = {.QuadPart = -ms * 10000};
    return due;
}

static void the_dpc_runs_when_the_timer_is_due(struct machine *m) {
    prepare(m, NotificationTimer);
    assert_false(KeSetTimer(&timer, in_ms(5), &dpc));
    wdmsim_advance(m, 5 * WDMSIM_MS - WDMSIM_US);
    assert_int_equal(expirations, 0);
    assert_false(KeReadStateTimer(&timer));
    wdmsim_advance(m, WDMSIM_US);
    assert_int_equal(expirations, 1);
    assert_int_equal(expired_at, 5 * WDMSIM_MS);
    assert_true(KeReadStateTimer(&timer));
}

static void setting_again_moves_the_due_time(struct machine *m) {
    prepare(m, NotificationTimer);
    KeSetTimer(&timer, in_ms(5), &dpc);
    assert_true(KeSetTimer(&timer, in_ms(9), &dpc));
    wdmsim_advance(m, 20 * WDMSIM_MS);
    assert_int_equal(expirations, 1);
    assert_int_equal(expired_at, 9 * WDMSIM_MS);
}

static void a_periodic_timer_goes_on_until_cancelled(struct machine *m) {
    prepare(m, SynchronizationTimer);
    KeSetTimerEx(&timer, in_ms(10), 3, &dpc);
    wdmsim_advance(m, 20 * WDMSIM_MS);
    assert_int_equal(expirations, 4); /* 10, 13, 16, 19 ms */
    assert_int_equal(expired_at, 19 * WDMSIM_MS);
    assert_true(KeCancelTimer(&timer));
    assert_false(KeCancelTimer(&timer));
    wdmsim_advance(m, 20 * WDMSIM_MS);
    assert_int_equal(expirations, 4);
}

static void a_timer_due_in_the_past_expires_at_once(struct machine *m) {
    LARGE_INTEGER past = {.QuadPart = 0};
    prepare(m, NotificationTimer);
    KeSetTimer(&timer, past, &dpc);
    assert_int_equal(expirations, 1);
    assert_true(KeReadStateTimer(&timer));
}

static void a_wait_for_a_synchronization_timer_takes_its_signal(struct machine *m) {
    prepare(m, SynchronizationTimer);
    KeSetTimer(&timer, in_ms(1), NULL);
    assert_int_equal(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, NULL),
                     STATUS_SUCCESS);
    assert_false(KeReadStateTimer(&timer));
}

static void initialising_a_set_timer_is_found(struct machine *m) {
    prepare(m, NotificationTimer);
    KeSetTimer(&timer, in_ms(1), NULL);
    wdmsim_expect_bugcheck(TIMER_OR_DPC_INVALID);
    KeInitializeTimer(&timer);
}

static void overwriting_a_set_timer_is_found(struct machine *m) {
    prepare(m, NotificationTimer);
    KeSetTimer(&timer, in_ms(1), NULL);
    wdmsim_expect_bugcheck(TIMER_OR_DPC_INVALID);
    RtlZeroMemory(&timer, sizeof timer);
    wdmsim_advance(m, 2 * WDMSIM_MS);
}

/*
 * Cancel against expiry, every schedule with at most two forced switches on one and two
 * processors:
 *
 * canceller                  bystander                  the timer, due at the same instant
 * sleeps 1 ms                sleeps 1 ms                queues its DPC to the last processor
 * cancels the timer          asks for the processor     the DPC runs
 * removes the DPC, if the
 * cancel came too late
 * flushes
 *
 * Either the cancel finds the timer set and the DPC never runs, or it does not; then the DPC is
 * still queued and can be removed, or runs, or has run. After the flush it does not run any more.
 */
static unsigned timer_outcomes[3]; /* cancelled, its DPC removed, its DPC ran */
static bool flushed;

static VOID canceller(PVOID context) {
    LARGE_INTEGER due = in_ms(1);
    (void)context;
    KeDelayExecutionThread(KernelMode, FALSE, &due);
    BOOLEAN cancelled = KeCancelTimer(&timer);
    BOOLEAN removed = KeRemoveQueueDpc(&dpc);
    assert_false(cancelled && removed);
    KeFlushQueuedDpcs();
    flushed = true;
    assert_int_equal(expirations + cancelled + removed, 1);
    timer_outcomes[cancelled ? 0 : removed ? 1 : 2]++;
}

static VOID bystander(PVOID context) {
    LARGE_INTEGER due = in_ms(1);
    (void)context;
    KeDelayExecutionThread(KernelMode, FALSE, &due);
    KeGetCurrentProcessorNumberEx(NULL);
}

static VOID on_race(PKDPC which, PVOID context, PVOID low, PVOID high) {
    (void)which;
    (void)context;
    (void)low;
    (void)high;
    assert_false(flushed);
    KeQueryPerformanceCounter(NULL); /* a place where another processor may move */
    assert_false(flushed);
    expirations++;
}

static void begin_race(void) {
    flushed = false;
    prepare(NULL, NotificationTimer);
    KeInitializeDpc(&dpc, on_race, NULL);
    KeSetTargetProcessorDpc(&dpc, (CCHAR)(KeQueryActiveProcessorCountEx(0) - 1));
    KeSetTimer(&timer, in_ms(1), &dpc);
}

static void check_race(void) { assert_false(KeCancelTimer(&timer)); }

static void cancel_against_expiry_in_every_order(void **state) {
    static const struct explored scenario = {.preemptions = 2,
                                             .actors = {canceller, bystander},
                                             .begin = begin_race,
                                             .check = check_race};
    (void)state;
    memset(timer_outcomes, 0, sizeof timer_outcomes);
    assert_true(explore_up_to(&scenario, 2) > 1000);
    for (unsigned i = 0; i < 3; i++)
        assert_true(timer_outcomes[i] > 0);
}

static void a_tolerant_timer_is_due_within_its_tolerance(struct machine *m) {
    prepare(m, SynchronizationTimer);
    assert_false(KeSetCoalescableTimer(&timer, in_ms(10), 20, 5, &dpc));
    wdmsim_advance(m, 36 * WDMSIM_MS);
    assert_int_equal(expirations, 2); /* 10 and 30 ms, each at most 5 ms late */
    assert_in_range(expired_at, 30 * WDMSIM_MS, 35 * WDMSIM_MS);
    assert_true(KeCancelTimer(&timer));
}

static uint64_t met_at[3];
static unsigned met;

static VOID on_meeting(PKDPC which, PVOID context, PVOID low, PVOID high) {
    (void)which;
    (void)low;
    (void)high;
    met_at[met++] = wdmsim_time((struct machine *)context);
}

static void tolerant_timers_expire_together(struct machine *m) {
    static const ULONG due[3] = {910, 960, 970}, tolerance[3] = {100, 50, 0};
    static KTIMER timers[3];
    static KDPC dpcs[3];
    met = 0;
    for (int i = 0; i < 3; i++) {
        KeInitializeTimer(&timers[i]);
        KeInitializeDpc(&dpcs[i], on_meeting, m);
        KeSetCoalescableTimer(&timers[i], in_ms(due[i]), 0, tolerance[i], &dpcs[i]);
    }
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_int_equal(met, 3);
    assert_int_equal(met_at[0], 970 * WDMSIM_MS); /* without tolerance: exact */
    assert_int_equal(met_at[1], WDMSIM_S);
    assert_int_equal(met_at[2], WDMSIM_S);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_dpc_runs_when_the_timer_is_due),
        wdmsim_unit_test(setting_again_moves_the_due_time),
        wdmsim_unit_test(a_periodic_timer_goes_on_until_cancelled),
        wdmsim_unit_test(a_tolerant_timer_is_due_within_its_tolerance),
        wdmsim_unit_test(a_timer_due_in_the_past_expires_at_once),
        wdmsim_unit_test(a_wait_for_a_synchronization_timer_takes_its_signal),
        wdmsim_unit_test(initialising_a_set_timer_is_found),
        wdmsim_unit_test(overwriting_a_set_timer_is_found),
        cmocka_unit_test(cancel_against_expiry_in_every_order),
        wdmsim_unit_test(tolerant_timers_expire_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
