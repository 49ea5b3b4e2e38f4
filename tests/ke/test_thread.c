/* Threads: base priority, run time, and the mutexes that hold APCs off by regions. */
#include "../threads.h"

static void a_base_priority_is_relative_to_the_process(struct machine *m) {
    PKTHREAD self = KeGetCurrentThread();
    (void)m;
    assert_int_equal(KeSetBasePriorityThread(self, 3), 0);
    assert_int_equal(KeQueryPriorityThread(self), 11);
    assert_int_equal(KeSetBasePriorityThread(self, 20), 3); /* not into the real-time range */
    assert_int_equal(KeQueryPriorityThread(self), LOW_REALTIME_PRIORITY - 1);
    KeSetBasePriorityThread(self, -20);
    assert_int_equal(KeQueryPriorityThread(self), LOW_PRIORITY + 1);
}

static void run_time_counts_what_the_thread_did(struct machine *m) {
    PKTHREAD self = KeGetCurrentThread();
    LARGE_INTEGER second = {.QuadPart = -10000000};
    ULONG user = 1;
    ULONG64 stamp;
    (void)m;
    ULONG64 cycles = KeQueryTotalCycleTimeThread(self, &stamp);
    KeDelayExecutionThread(KernelMode, FALSE, &second); /* costs it nothing */
    KeStallExecutionProcessor(500000);
    cycles = KeQueryTotalCycleTimeThread(self, &stamp) - cycles;
    assert_in_range(cycles, 500000000, 501000000);
    assert_true(stamp >= 1500000000);
    assert_int_equal(KeQueryRuntimeThread(self, &user), 500000000 / 15625000);
    assert_int_equal(user, 0);
}

static KGUARDED_MUTEX guarded;
static KMUTEX mutex;
static int holds;

static VOID take_guarded(PVOID context) {
    (void)context;
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(&guarded);
    assert_int_equal(holds++, 0);
    KeStallExecutionProcessor(1);
    holds--;
    KeReleaseGuardedMutexUnsafe(&guarded);
    KeLeaveGuardedRegion();
}

static VOID take_mutex(PVOID context) {
    (void)context;
    assert_int_equal(KeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(holds++, 0);
    KeStallExecutionProcessor(1);
    holds--;
    KeReleaseMutex(&mutex, FALSE);
}

static void begin(void) {
    KeInitializeGuardedMutex(&guarded);
    KeInitializeMutex(&mutex, 0);
    holds = 0;
}

static void check_free(void) {
    assert_int_equal(KeReadStateMutex(&mutex), 1);
    assert_true(KeTryToAcquireGuardedMutex(&guarded));
    KeReleaseGuardedMutex(&guarded);
}

static void unsafe_guarded_mutexes_exclude_in_every_order(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {take_guarded, take_guarded},
                                             .begin = begin,
                                             .check = check_free};
    (void)state;
    assert_true(explore(&scenario) > 4);
}

static void mutexes_exclude_in_every_order(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {take_mutex, take_mutex},
                                             .begin = begin,
                                             .check = check_free};
    (void)state;
    assert_true(explore(&scenario) > 4);
}

static void a_real_time_thread_falls_back_into_its_class(struct machine *m) {
    PKTHREAD self = KeGetCurrentThread();
    (void)m;
    KeSetPriorityThread(self, LOW_REALTIME_PRIORITY);
    KeSetBasePriorityThread(self, 10);
    assert_int_equal(KeQueryPriorityThread(self), LOW_REALTIME_PRIORITY - 1);
}

static void a_number_that_is_no_priority_is_a_violation(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(KERNEL_SECURITY_CHECK_FAILURE);
    KeSetPriorityThread(KeGetCurrentThread(), HIGH_PRIORITY + 1);
}

static void the_systems_own_priority_is_a_violation(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(KERNEL_SECURITY_CHECK_FAILURE);
    KeSetPriorityThread(KeGetCurrentThread(), LOW_PRIORITY);
}

static volatile BOOLEAN turn_taken;

static VOID take_a_turn(PVOID context) {
    (void)context;
    turn_taken = TRUE;
}

static void equals_take_turns(struct machine *m) {
    unsigned waited = 0;
    (void)m;
    turn_taken = FALSE;
    PVOID thread = thread_start(take_a_turn, NULL);
    for (; !turn_taken && waited < 100; waited++)
        KeStallExecutionProcessor(1000); /* stays at PASSIVE_LEVEL, and never waits */
    assert_in_range(waited, 31, 32);     /* two ticks, in milliseconds */
    thread_join(thread);
}

static KEVENT signal;
static KPRIORITY after_wait, after_slice, after_all;

static VOID wait_and_work(PVOID context) {
    PKTHREAD self = KeGetCurrentThread();
    (void)context;
    KeWaitForSingleObject(&signal, Executive, KernelMode, FALSE, NULL);
    after_wait = KeQueryPriorityThread(self);
    KeStallExecutionProcessor(32000);
    after_slice = KeQueryPriorityThread(self);
    KeStallExecutionProcessor(1000000);
    after_all = KeQueryPriorityThread(self);
}

static void a_boost_decays_with_every_slice(struct machine *m) {
    (void)m;
    KeInitializeEvent(&signal, NotificationEvent, FALSE);
    PVOID thread = thread_start(wait_and_work, NULL);
    wdmsim_settle(m);
    KPRIORITY base = KeQueryPriorityThread(thread);
    KeSetEvent(&signal, 5, FALSE);
    thread_join(thread);
    assert_int_equal(after_wait, base + 5);
    assert_int_equal(after_slice, base + 4);
    assert_int_equal(after_all, base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_base_priority_is_relative_to_the_process),
        wdmsim_unit_test(run_time_counts_what_the_thread_did),
        cmocka_unit_test(unsafe_guarded_mutexes_exclude_in_every_order),
        cmocka_unit_test(mutexes_exclude_in_every_order),
        wdmsim_unit_test(a_real_time_thread_falls_back_into_its_class),
        wdmsim_unit_test(a_number_that_is_no_priority_is_a_violation),
        wdmsim_unit_test(the_systems_own_priority_is_a_violation),
        wdmsim_unit_test(equals_take_turns),
        wdmsim_unit_test(a_boost_decays_with_every_slice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
