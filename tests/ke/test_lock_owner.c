/* Findings about a lock say who holds it and where it was acquired. */
#include "locks.h"

static KSPIN_LOCK lock;
static FAST_MUTEX mutex;
static KGUARDED_MUTEX guarded;
static KLOCK_QUEUE_HANDLE handle;
static KEVENT done, never;

/* Not static: reports show names that are exported. */
KIRQL holder_of_lock(void);
void holder_of_mutex(void);
void ends_with_the_mutex(PVOID context);

__attribute__((noinline)) KIRQL holder_of_lock(void) {
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(&lock);
    __asm__ volatile("" ::: "memory"); /* no tail call: the frame is to be seen */
    return irql;
}

__attribute__((noinline)) void holder_of_mutex(void) {
    ExAcquireFastMutex(&mutex);
    __asm__ volatile("" ::: "memory");
}

static void recursion_tells_where_the_lock_was_acquired(struct machine *m) {
    (void)m;
    KeInitializeSpinLock(&lock);
    holder_of_lock();
    expect_stop(SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)&lock, 0, 0, 0);
    expect_words("acquired at", "holder_of_lock", NULL);
    KeAcquireSpinLockAtDpcLevel(&lock);
}

static void recursion_of_a_fast_mutex_tells_it_too(struct machine *m) {
    (void)m;
    ExInitializeFastMutex(&mutex);
    holder_of_mutex();
    expect_stop(MUTEX_ALREADY_OWNED, (ULONG_PTR)&mutex, (ULONG_PTR)KeGetCurrentThread(), 0, 0);
    expect_words("acquired at", "holder_of_mutex", NULL);
    ExAcquireFastMutex(&mutex);
}

static VOID takes_the_mutex(PVOID context) {
    (void)context;
    holder_of_mutex();
    KeSetEvent(&done, 0, FALSE);
    KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, NULL);
}

static void release_by_another_thread(struct machine *m) {
    KIRQL irql;
    (void)m;
    ExInitializeFastMutex(&mutex);
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    PVOID thread = thread_start(takes_the_mutex, NULL);
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    KeRaiseIrql(APC_LEVEL, &irql);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1004, (ULONG_PTR)&mutex, (ULONG_PTR)thread,
                (ULONG_PTR)KeGetCurrentThread());
    expect_words("the fast mutex", "holds it, acquired at", "holder_of_mutex");
    ExReleaseFastMutex(&mutex);
}

static void release_of_what_nobody_holds(struct machine *m) {
    KIRQL irql;
    (void)m;
    KeInitializeSpinLock(&lock);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1007, (ULONG_PTR)&lock, 0, 0);
    KeReleaseSpinLockFromDpcLevel(&lock);
}

static void initialised_while_held(struct machine *m) {
    (void)m;
    KeInitializeSpinLock(&lock);
    holder_of_lock();
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1005, (ULONG_PTR)&lock, 0, 0);
    expect_words("initialized the spin lock", "holder_of_lock", NULL);
    KeInitializeSpinLock(&lock);
}

static void a_lock_is_either_queued_or_plain(struct machine *m) {
    (void)m;
    KeInitializeSpinLock(&lock);
    KeReleaseSpinLock(&lock, holder_of_lock());
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1008, (ULONG_PTR)&lock, 0, 0);
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
}

static void a_queued_lock_is_not_released_as_a_plain_one(struct machine *m) {
    (void)m;
    KeInitializeSpinLock(&lock);
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1009, (ULONG_PTR)&lock, 0, 0);
    expect_words("as a spin lock", "as a queued spin lock", "acquired at");
    KeReleaseSpinLock(&lock, PASSIVE_LEVEL);
}

VOID ends_with_the_mutex(PVOID context) {
    (void)context;
    KeAcquireGuardedMutex(&guarded);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x100A, (ULONG_PTR)KeGetCurrentThread(), 0, 0);
    expect_words("ended while it owned the guarded mutex", "ends_with_the_mutex", NULL);
    KeLeaveGuardedRegion(); /* the region is not what this is about */
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void a_thread_ends_with_a_mutex(struct machine *m) {
    (void)m;
    KeInitializeGuardedMutex(&guarded);
    thread_join(thread_start(ends_with_the_mutex, NULL));
}

static void memory_is_freed_with_a_lock_that_is_held(struct machine *m) {
    KIRQL irql;
    (void)m;
    char *memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 256, 'kcoL');
    PKSPIN_LOCK inside = (PKSPIN_LOCK)(memory + 128);
    KeInitializeSpinLock(inside);
    KeAcquireSpinLock(inside, &irql);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x100B, (ULONG_PTR)inside,
                (ULONG_PTR)KeGetCurrentThread(), 0);
    expect_words("freed the spin lock", "acquired at", NULL);
    ExFreePoolWithTag(memory, 'kcoL');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        lock_unit_test(recursion_tells_where_the_lock_was_acquired),
        lock_unit_test(recursion_of_a_fast_mutex_tells_it_too),
        lock_unit_test(release_by_another_thread),
        lock_unit_test(release_of_what_nobody_holds),
        lock_unit_test(initialised_while_held),
        lock_unit_test(a_lock_is_either_queued_or_plain),
        lock_unit_test(a_queued_lock_is_not_released_as_a_plain_one),
        lock_unit_test(a_thread_ends_with_a_mutex),
        lock_unit_test(memory_is_freed_with_a_lock_that_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
