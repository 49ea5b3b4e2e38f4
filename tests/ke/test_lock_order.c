/* Locks that are taken in one order here and in another one there are found although nobody waits.
 */
#include "locks.h"

static KSPIN_LOCK a, b, c;
static FAST_MUTEX mutex;
static KMUTEX kernel_mutex;
static ERESOURCE resource;
static EX_SPIN_LOCK rw;

/* Not static: reports show names that are exported. */
void first_order(PKSPIN_LOCK outer, PKSPIN_LOCK inner);
void second_order(PKSPIN_LOCK outer, PKSPIN_LOCK inner);

__attribute__((noinline)) void first_order(PKSPIN_LOCK outer, PKSPIN_LOCK inner) {
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(outer);
    KeAcquireSpinLockAtDpcLevel(inner);
    KeReleaseSpinLockFromDpcLevel(inner);
    KeReleaseSpinLock(outer, irql);
}

__attribute__((noinline)) void second_order(PKSPIN_LOCK outer, PKSPIN_LOCK inner) {
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(outer);
    KeAcquireSpinLockAtDpcLevel(inner);
    KeReleaseSpinLockFromDpcLevel(inner);
    KeReleaseSpinLock(outer, irql);
}

static void begin(void) {
    KeInitializeSpinLock(&a);
    KeInitializeSpinLock(&b);
    KeInitializeSpinLock(&c);
}

static void two_orders_of_spin_locks_are_found(struct machine *m) {
    (void)m;
    begin();
    first_order(&a, &b);
    first_order(&a, &b);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1001, (ULONG_PTR)&a, 0, 0);
    expect_words("second_order", "first_order", "spin lock");
    second_order(&b, &a);
}

static void a_circle_of_three_is_found(struct machine *m) {
    (void)m;
    begin();
    first_order(&a, &b);
    first_order(&b, &c);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1001, (ULONG_PTR)&a, 0, 0);
    expect_words("second_order", "first_order", NULL);
    second_order(&c, &a);
}

static void a_thread_waits_for_spin_locks_and_for_mutexes(struct machine *m) {
    (void)m;
    ExInitializeFastMutex(&mutex);
    KeInitializeMutex(&kernel_mutex, 0);
    ExAcquireFastMutex(&mutex);
    KeWaitForSingleObject(&kernel_mutex, Executive, KernelMode, FALSE, NULL);
    KeReleaseMutex(&kernel_mutex, FALSE);
    ExReleaseFastMutex(&mutex);
    KeWaitForSingleObject(&kernel_mutex, Executive, KernelMode, FALSE, NULL);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1001, (ULONG_PTR)&mutex, 0, 0);
    expect_words("acquires the fast mutex", "holds the mutex", NULL);
    ExAcquireFastMutex(&mutex);
}

static void a_resource_has_its_place_in_the_order(struct machine *m) {
    (void)m;
    ExInitializeFastMutex(&mutex);
    ExInitializeResourceLite(&resource);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    ExAcquireFastMutex(&mutex);
    ExReleaseFastMutex(&mutex);
    ExReleaseResourceLite(&resource);
    ExAcquireFastMutex(&mutex);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1001, (ULONG_PTR)&resource, 0, 0);
    expect_words("acquires the resource", "holds the fast mutex", NULL);
    ExAcquireResourceExclusiveLite(&resource, TRUE);
}

static void a_reader_has_its_place_in_the_order(struct machine *m) {
    (void)m;
    begin();
    rw = 0;
    KIRQL irql = ExAcquireSpinLockShared(&rw);
    KeAcquireSpinLockAtDpcLevel(&a);
    KeReleaseSpinLockFromDpcLevel(&a);
    ExReleaseSpinLockShared(&rw, irql);
    KeAcquireSpinLock(&a, &irql);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1001, (ULONG_PTR)&rw, 0, 0);
    expect_words("acquires the reader-writer spin lock", NULL, NULL);
    ExAcquireSpinLockExclusiveAtDpcLevel(&rw);
}

static void who_only_tries_orders_nothing(struct machine *m) {
    KIRQL irql;
    (void)m;
    begin();
    first_order(&a, &b);
    KeAcquireSpinLock(&b, &irql);
    assert_true(KeTryToAcquireSpinLockAtDpcLevel(&a));
    KeReleaseSpinLockFromDpcLevel(&a);
    KeReleaseSpinLock(&b, irql);
}

static void a_lock_that_is_initialised_again_is_another_lock(struct machine *m) {
    (void)m;
    begin();
    first_order(&a, &b);
    KeInitializeSpinLock(&a);
    second_order(&b, &a);
}

static void a_fast_mutex_that_is_initialised_again_is_another_lock(struct machine *m) {
    (void)m;
    for (int i = 0; i < 2; i++) {
        FAST_MUTEX one, other;
        PFAST_MUTEX outer = i ? &one : &other, inner = i ? &other : &one;
        ExInitializeFastMutex(&one);
        ExInitializeFastMutex(&other);
        ExAcquireFastMutex(outer);
        ExAcquireFastMutex(inner);
        ExReleaseFastMutex(inner);
        ExReleaseFastMutex(outer);
    }
}

static void an_owned_fast_mutex_is_not_initialised(struct machine *m) {
    (void)m;
    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1005, (ULONG_PTR)&mutex, 0, 0);
    expect_words("ke.lock_order", "fast mutex", NULL);
    ExInitializeFastMutex(&mutex);
}

static void a_lock_in_memory_that_was_freed_is_gone(struct machine *m) {
    (void)m;
    begin();
    for (unsigned i = 0; i < 2; i++) {
        PKSPIN_LOCK lock = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *lock, 'kcoL');
        if (i == 0)
            first_order(&a, lock);
        else
            second_order(lock, &a);
        ExFreePoolWithTag(lock, 'kcoL');
    }
}

static void one_order_everywhere_is_no_finding(struct machine *m) {
    (void)m;
    begin();
    first_order(&a, &b);
    second_order(&b, &c);
    first_order(&a, &c);
    second_order(&a, &b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        lock_unit_test(two_orders_of_spin_locks_are_found),
        lock_unit_test(a_circle_of_three_is_found),
        lock_unit_test(a_thread_waits_for_spin_locks_and_for_mutexes),
        lock_unit_test(a_resource_has_its_place_in_the_order),
        lock_unit_test(a_reader_has_its_place_in_the_order),
        lock_unit_test(who_only_tries_orders_nothing),
        lock_unit_test(a_lock_that_is_initialised_again_is_another_lock),
        lock_unit_test(a_fast_mutex_that_is_initialised_again_is_another_lock),
        lock_unit_test(an_owned_fast_mutex_is_not_initialised),
        lock_unit_test(a_lock_in_memory_that_was_freed_is_gone),
        lock_unit_test(one_order_everywhere_is_no_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
