/* Fast mutexes: exclusion, IRQL, the unsafe forms, misuse. */
#include "../threads.h"

static FAST_MUTEX mutex;
static LONG inside, entered;

static VOID enter(PVOID context) {
    (void)context;
    ExAcquireFastMutex(&mutex);
    assert_int_equal(++inside, 1);
    KeStallExecutionProcessor(1);
    inside--;
    entered++;
    ExReleaseFastMutex(&mutex);
}

static void begin(void) {
    ExInitializeFastMutex(&mutex);
    inside = entered = 0;
}
static void check_three(void) {
    assert_int_equal(entered, 3);
    assert_int_equal(mutex.Count, 1);
    assert_null(mutex.Owner);
}

static void only_one_thread_owns_it(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {enter, enter, enter},
                                             .begin = begin,
                                             .check = check_three};
    (void)state;
    assert_true(explore(&scenario) > 10);
}

static void owning_it_raises_to_apc_level(struct machine *m) {
    (void)m;
    begin();
    ExAcquireFastMutex(&mutex);
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    assert_ptr_equal(mutex.Owner, KeGetCurrentThread());
    assert_false(ExTryToAcquireFastMutex(&mutex));
    ExReleaseFastMutex(&mutex);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true(ExTryToAcquireFastMutex(&mutex));
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&mutex);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void the_unsafe_forms_leave_the_irql_alone(struct machine *m) {
    (void)m;
    begin();
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&mutex);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_false(ExTryToAcquireFastMutex(&mutex));
    ExReleaseFastMutexUnsafe(&mutex);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true(ExTryToAcquireFastMutex(&mutex));
    ExReleaseFastMutex(&mutex);
    KeLeaveCriticalRegion();
}

static void acquiring_twice(struct machine *m) {
    (void)m;
    begin();
    ExAcquireFastMutex(&mutex);
    wdmsim_expect_bugcheck(MUTEX_ALREADY_OWNED);
    ExAcquireFastMutex(&mutex);
}

static void releasing_what_is_not_owned(struct machine *m) {
    KIRQL old;
    (void)m;
    begin();
    KeRaiseIrql(APC_LEVEL, &old);
    wdmsim_expect_bugcheck(THREAD_NOT_MUTEX_OWNER);
    ExReleaseFastMutex(&mutex);
}

static void the_unsafe_form_with_apcs_enabled(struct machine *m) {
    (void)m;
    begin();
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    ExAcquireFastMutexUnsafe(&mutex);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_thread_owns_it),
        wdmsim_unit_test(owning_it_raises_to_apc_level),
        wdmsim_unit_test(the_unsafe_forms_leave_the_irql_alone),
        wdmsim_unit_test(acquiring_twice),
        wdmsim_unit_test(releasing_what_is_not_owned),
        wdmsim_unit_test(the_unsafe_form_with_apcs_enabled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
