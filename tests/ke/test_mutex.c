/* Mutexes, mutants and guarded mutexes: ownership, recursion, abandonment, and the APCs they hold
 * off. */
#include "../threads.h"

static KMUTEX mutex;
static KMUTANT mutant;
static KGUARDED_MUTEX guarded;
static LONG inside, entered;

static VOID enter(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(++inside, 1);
    KeStallExecutionProcessor(1);
    inside--;
    entered++;
    KeReleaseMutex(&mutex, FALSE);
}

static VOID enter_guarded(PVOID context) {
    (void)context;
    KeAcquireGuardedMutex(&guarded);
    assert_int_equal(++inside, 1);
    KeStallExecutionProcessor(1);
    inside--;
    entered++;
    KeReleaseGuardedMutex(&guarded);
}

static void begin(void) {
    KeInitializeMutex(&mutex, 0);
    KeInitializeGuardedMutex(&guarded);
    inside = entered = 0;
}

static void check_two(void) { assert_int_equal(entered, 2); }

static void only_one_thread_owns_a_mutex(void **state) {
    static const struct explored mutexes = {.processors = 2,
                                            .preemptions = 2,
                                            .actors = {enter, enter},
                                            .begin = begin,
                                            .check = check_two};
    static const struct explored guards = {.processors = 2,
                                           .preemptions = 2,
                                           .actors = {enter_guarded, enter_guarded},
                                           .begin = begin,
                                           .check = check_two};
    (void)state;
    assert_true(explore(&mutexes) > 4);
    assert_true(explore(&guards) > 4);
}

static void an_owner_may_acquire_again(struct machine *m) {
    (void)m;
    begin();
    assert_int_equal(KeReadStateMutex(&mutex), 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL),
                         STATUS_SUCCESS);
    assert_int_equal(KeReadStateMutex(&mutex), -2);
    assert_true(KeAreApcsDisabled());
    assert_int_equal(KeReleaseMutex(&mutex, FALSE), -2);
    assert_int_equal(KeReleaseMutex(&mutex, FALSE), -1);
    assert_true(KeAreApcsDisabled());
    assert_int_equal(KeReleaseMutex(&mutex, FALSE), 0);
    assert_false(KeAreApcsDisabled());
    assert_int_equal(KeReadStateMutex(&mutex), 1);
}

static void releasing_without_owning_raises(struct machine *m) {
    NTSTATUS status = STATUS_SUCCESS;
    (void)m;
    begin();
    __try {
        KeReleaseMutex(&mutex, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_MUTANT_NOT_OWNED);
}

static VOID take_mutant_and_end(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&mutant, Executive, KernelMode, FALSE, NULL);
}

static void a_mutant_of_an_ended_thread_is_abandoned(struct machine *m) {
    (void)m;
    KeInitializeMutant(&mutant, FALSE);
    thread_join(thread_start(take_mutant_and_end, NULL));
    assert_int_equal(KeWaitForSingleObject(&mutant, Executive, KernelMode, FALSE, NULL),
                     STATUS_ABANDONED);
    assert_int_equal(KeReadStateMutant(&mutant), 0);
    KeReleaseMutant(&mutant, IO_NO_INCREMENT, FALSE, FALSE);
    assert_int_equal(KeReadStateMutant(&mutant), 1);
    assert_int_equal(KeWaitForSingleObject(&mutant, Executive, KernelMode, FALSE, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(KeReadStateMutant(&mutant), 0);
    KeReleaseMutant(&mutant, IO_NO_INCREMENT, FALSE, FALSE);
    assert_int_equal(KeReadStateMutant(&mutant), 1);
}

static VOID take_mutex_and_end(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
}

static void ending_with_a_kernel_mutex_is_a_violation(struct machine *m) {
    (void)m;
    begin();
    wdmsim_expect_bugcheck(THREAD_TERMINATE_HELD_MUTEX);
    thread_join(thread_start(take_mutex_and_end, NULL));
}

static void a_guarded_mutex_holds_all_apcs_off(struct machine *m) {
    (void)m;
    begin();
    KeAcquireGuardedMutex(&guarded);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true(KeAreAllApcsDisabled());
    assert_false(KeTryToAcquireGuardedMutex(&guarded));
    KeReleaseGuardedMutex(&guarded);
    assert_false(KeAreAllApcsDisabled());
    assert_true(KeTryToAcquireGuardedMutex(&guarded));
    KeReleaseGuardedMutex(&guarded);
}

static void regions_nest(struct machine *m) {
    (void)m;
    KeEnterCriticalRegion();
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
    assert_true(KeAreApcsDisabled());
    assert_false(KeAreAllApcsDisabled());
    KeLeaveCriticalRegion();
    assert_false(KeAreApcsDisabled());
    KeEnterGuardedRegion();
    assert_true(KeAreAllApcsDisabled());
    KeLeaveGuardedRegion();
    assert_false(KeAreAllApcsDisabled());
}

static NTSTATUS release(void) {
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        KeReleaseMutex(&mutex, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static NTSTATUS try_to_acquire(void) {
    LARGE_INTEGER zero = {.QuadPart = 0};
    return KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, &zero);
}

static void a_mutex_is_released_on_its_side_of_dispatch_level(struct machine *m) {
    KIRQL irql;
    (void)m;
    begin();
    assert_int_equal(try_to_acquire(), STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(release(), STATUS_MUTANT_NOT_OWNED);
    KeLowerIrql(irql);
    assert_int_equal(release(), STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(try_to_acquire(), STATUS_SUCCESS);
    KeLowerIrql(irql);
    assert_int_equal(release(), STATUS_MUTANT_NOT_OWNED);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(release(), STATUS_SUCCESS);
    KeLowerIrql(irql);
    assert_int_equal(KeReadStateMutex(&mutex), 1);
}

/* The violation that `routine` ends in, by its kind. */
static void expect_violation(PKSTART_ROUTINE *routine, uint64_t kind) {
    static const struct wdmsim_config config = {.processors = 1, .flags = WDMSIM_CHECK_RULES};
    struct machine *m;
    bool done = false;
    assert_int_equal(wdmsim_machine_create(&config, &m), 0);
    assert_int_equal(wdmsim_system_thread(m, (void (*)(void *))routine, NULL, &done), 0);
    wdmsim_advance(m, WDMSIM_MS);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(m);
    assert_non_null(stop);
    assert_int_equal(stop->code, DRIVER_VERIFIER_DETECTED_VIOLATION);
    assert_int_equal(stop->parameters[0], kind);
    wdmsim_machine_destroy(m);
}

static VOID acquire_again(PVOID context) {
    (void)context;
    begin();
    KeAcquireGuardedMutex(&guarded);
    KeAcquireGuardedMutex(&guarded);
}

static VOID release_too_often(PVOID context) {
    (void)context;
    begin();
    KeAcquireGuardedMutex(&guarded);
    KeReleaseGuardedMutex(&guarded);
    KeReleaseGuardedMutex(&guarded);
}

static VOID acquire_and_stay(PVOID context) {
    (void)context;
    KeAcquireGuardedMutex(&guarded);
    KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
}

static VOID release_another_ones(PVOID context) {
    (void)context;
    begin();
    KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
    thread_start(acquire_and_stay, NULL);
    LARGE_INTEGER moment = {.QuadPart = -10};
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    KeReleaseGuardedMutex(&guarded);
}

static VOID acquire_unsafely(PVOID context) {
    (void)context;
    begin();
    KeEnterCriticalRegion(); /* not enough */
    KeAcquireGuardedMutexUnsafe(&guarded);
}

static VOID release_unsafely(PVOID context) {
    (void)context;
    begin();
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(&guarded);
    KeLeaveGuardedRegion();
    KeReleaseGuardedMutexUnsafe(&guarded);
}

static VOID leave_critical_region_twice(PVOID context) {
    (void)context;
    KeEnterCriticalRegion();
    KeLeaveCriticalRegion();
    KeLeaveCriticalRegion();
}

static VOID leave_guarded_region_twice(PVOID context) {
    (void)context;
    KeEnterGuardedRegion();
    KeLeaveGuardedRegion();
    KeLeaveGuardedRegion();
}

static void misuse_is_told_by_its_kind(void **state) {
    (void)state;
    expect_violation(acquire_again, 0x1000);
    expect_violation(release_another_ones, 0x1004);
    expect_violation(release_too_often, 0x1007);
    expect_violation(acquire_unsafely, 0x39);
    expect_violation(release_unsafely, 0x3a);
    expect_violation(leave_critical_region_twice, 0x3e);
    expect_violation(leave_guarded_region_twice, 0x4000e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_one_thread_owns_a_mutex),
        wdmsim_unit_test(an_owner_may_acquire_again),
        wdmsim_unit_test(releasing_without_owning_raises),
        wdmsim_unit_test(a_mutant_of_an_ended_thread_is_abandoned),
        wdmsim_unit_test(ending_with_a_kernel_mutex_is_a_violation),
        wdmsim_unit_test(a_guarded_mutex_holds_all_apcs_off),
        wdmsim_unit_test(regions_nest),
        wdmsim_unit_test(a_mutex_is_released_on_its_side_of_dispatch_level),
        cmocka_unit_test(misuse_is_told_by_its_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
