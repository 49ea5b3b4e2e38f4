/* Spin locks: exclusion between processors, IRQL, ownership, deadlock. */
#include "../threads.h"

static KSPIN_LOCK lock, second_lock;
static LONG counter;

static VOID add(PVOID context) {
    (void)context;
    for (int i = 0; i < 3; i++) {
        KIRQL irql;
        KeAcquireSpinLock(&lock, &irql);
        assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
        LONG value = counter;
        KeStallExecutionProcessor(1); /* the others could move here */
        counter = value + 1;
        KeReleaseSpinLock(&lock, irql);
    }
}

static VOID add_queued(PVOID context) {
    KLOCK_QUEUE_HANDLE handle;
    (void)context;
    for (int i = 0; i < 3; i++) {
        KeAcquireInStackQueuedSpinLock(&lock, &handle);
        LONG value = counter;
        KeStallExecutionProcessor(1);
        counter = value + 1;
        KeReleaseInStackQueuedSpinLock(&handle);
    }
}

static void begin(void) {
    KeInitializeSpinLock(&lock);
    KeInitializeSpinLock(&second_lock);
    counter = 0;
}

static void check_six(void) {
    assert_int_equal(counter, 6);
    assert_true(KeTestSpinLock(&lock));
}

static void only_one_processor_holds_a_lock(void **state) {
    static const struct explored plain = {.processors = 2,
                                          .preemptions = 2,
                                          .actors = {add, add},
                                          .begin = begin,
                                          .check = check_six};
    static const struct explored mixed = {.processors = 2,
                                          .preemptions = 1,
                                          .actors = {add, add_queued},
                                          .begin = begin,
                                          .check = check_six};
    (void)state;
    assert_true(explore(&plain) > 20);
    assert_true(explore(&mixed) > 5);
}

static void the_irql_is_raised_and_restored(struct machine *m) {
    KIRQL irql;
    (void)m;
    begin();
    KeAcquireSpinLock(&lock, &irql);
    assert_int_equal(irql, PASSIVE_LEVEL);
    assert_false(KeTestSpinLock(&lock));
    KeAcquireSpinLockAtDpcLevel(&second_lock);
    assert_false(KeTryToAcquireSpinLockAtDpcLevel(&second_lock));
    KeReleaseSpinLockFromDpcLevel(&second_lock);
    assert_true(KeTryToAcquireSpinLockAtDpcLevel(&second_lock));
    KeReleaseSpinLockFromDpcLevel(&second_lock);
    KeReleaseSpinLock(&lock, irql);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void acquiring_twice_is_found(struct machine *m) {
    KIRQL irql;
    (void)m;
    begin();
    wdmsim_expect_bugcheck(SPIN_LOCK_ALREADY_OWNED);
    KeAcquireSpinLock(&lock, &irql);
    KeAcquireSpinLock(&lock, &irql);
}

static void releasing_a_free_lock_is_found(struct machine *m) {
    KIRQL irql;
    (void)m;
    begin();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wdmsim_expect_bugcheck(SPIN_LOCK_NOT_OWNED);
    KeReleaseSpinLock(&lock, irql);
}

static void releasing_below_dispatch_level_is_a_violation(struct machine *m) {
    (void)m;
    begin();
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    KeReleaseSpinLock(&lock, PASSIVE_LEVEL);
}

static void a_lock_that_was_never_initialised_is_found(struct machine *m) {
    KIRQL irql;
    (void)m;
    lock = 0x5a5a5a5a;
    wdmsim_expect_bugcheck(SPIN_LOCK_INIT_FAILURE);
    KeAcquireSpinLock(&lock, &irql);
}

static void a_lock_at_device_irql_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    begin();
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    KeRaiseIrql(DISPATCH_LEVEL + 3, &irql);
    KeAcquireSpinLock(&lock, &irql);
}

static VOID lock_one_two(PVOID context) {
    KIRQL irql;
    (void)context;
    KeAcquireSpinLock(&lock, &irql);
    KeAcquireSpinLockAtDpcLevel(&second_lock);
    KeReleaseSpinLockFromDpcLevel(&second_lock);
    KeReleaseSpinLock(&lock, irql);
}

static VOID lock_two_one(PVOID context) {
    KIRQL irql;
    (void)context;
    KeAcquireSpinLock(&second_lock, &irql);
    KeAcquireSpinLockAtDpcLevel(&lock);
    KeReleaseSpinLockFromDpcLevel(&lock);
    KeReleaseSpinLock(&second_lock, irql);
}

static void check_nothing(void) {}

/*
 * Opposite orders:   actor 0       actor 1
 *                    lock A        lock B
 *                    lock B        lock A
 */
static void opposite_orders_deadlock_in_some_schedule(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 1,
                                             .actors = {lock_one_two, lock_two_one},
                                             .begin = begin,
                                             .check = check_nothing};
    static const struct explored same = {.processors = 2,
                                         .preemptions = 2,
                                         .actors = {lock_one_two, lock_one_two},
                                         .begin = begin,
                                         .check = check_nothing};
    (void)state;
    assert_true(explore_finds(&scenario, DPC_WATCHDOG_VIOLATION));
    explore(&same);
}

static void a_lock_taken_in_a_service_routine_is_released_there(struct machine *m) {
    KIRQL irql;
    (void)m;
    begin();
    KeRaiseIrql(DISPATCH_LEVEL + 3, &irql);
    KeAcquireSpinLockAtDpcLevel(&lock);
    KeReleaseSpinLockFromDpcLevel(&lock);
    KeLowerIrql(irql);
    assert_true(KeTestSpinLock(&lock));
}

/* Not static, so that the host knows its name. */
VOID hold_the_lock_for_ever(PVOID context);
VOID hold_the_lock_for_ever(PVOID context) {
    KIRQL irql;
    (void)context;
    KeSetSystemAffinityThread(2);
    KeAcquireSpinLock(&lock, &irql);
    KeAcquireSpinLockAtDpcLevel(&second_lock);
    assert_true(FALSE); /* the other one has it and waits */
}

static VOID take_both(PVOID context) {
    KIRQL irql;
    PVOID thread;
    (void)context;
    begin();
    KeInitializeSpinLock(&second_lock);
    KeSetSystemAffinityThread(1);
    KeAcquireSpinLock(&second_lock, &irql);
    KeReleaseSpinLock(&second_lock, irql);
    thread = thread_start(hold_the_lock_for_ever, NULL);
    KeAcquireSpinLock(&second_lock, &irql);
    KeStallExecutionProcessor(10);
    KeAcquireSpinLockAtDpcLevel(&lock);
    thread_join(thread);
}

static void a_deadlock_names_the_holder_and_where_it_is(void **state) {
    static const struct wdmsim_config config = {.processors = 2, .flags = WDMSIM_CHECK_RULES};
    struct machine *m;
    bool done = false;
    (void)state;
    assert_int_equal(wdmsim_machine_create(&config, &m), 0);
    assert_int_equal(wdmsim_system_thread(m, take_both, NULL, &done), 0);
    wdmsim_settle(m);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(m);
    assert_non_null(stop);
    assert_int_equal(stop->code, DPC_WATCHDOG_VIOLATION);
    assert_int_equal(stop->parameters[0], 1);
    assert_non_null(strstr(stop->explanation, "that processor"));
    assert_non_null(strstr(stop->explanation, "which is in ke.spinlock"));
    wdmsim_machine_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_processor_holds_a_lock),
        wdmsim_unit_test(the_irql_is_raised_and_restored),
        wdmsim_unit_test(acquiring_twice_is_found),
        wdmsim_unit_test(releasing_a_free_lock_is_found),
        wdmsim_unit_test(releasing_below_dispatch_level_is_a_violation),
        wdmsim_unit_test(a_lock_that_was_never_initialised_is_found),
        wdmsim_unit_test(a_lock_at_device_irql_is_a_violation),
        cmocka_unit_test(opposite_orders_deadlock_in_some_schedule),
        wdmsim_unit_test(a_lock_taken_in_a_service_routine_is_released_there),
        cmocka_unit_test(a_deadlock_names_the_holder_and_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
