/* Queued spin locks in all their forms: by handle, by number, and mixed with plain use of the same
 * word. */
#include "../threads.h"

static KSPIN_LOCK lock;
static int inside, count;

static void one_more(void) {
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_int_equal(inside++, 0);
    KeStallExecutionProcessor(1); /* others move */
    count++;
    inside--;
}

static VOID by_handle(PVOID context) {
    KLOCK_QUEUE_HANDLE handle;
    KIRQL irql;
    (void)context;
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    one_more();
    KeReleaseInStackQueuedSpinLock(&handle);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&lock, &handle);
    one_more();
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
    KeLowerIrql(irql);
}

static VOID by_word(PVOID context) {
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(&lock);
    (void)context;
    one_more();
    KefReleaseSpinLockFromDpcLevel(&lock);
    KeLowerIrql(irql);
}

static void begin(void) {
    KeInitializeSpinLock(&lock);
    inside = count = 0;
}

static void check_three(void) { assert_int_equal(count, 3); }

static void handles_and_words_exclude_each_other_in_every_order(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {by_handle, by_word},
                                             .begin = begin,
                                             .check = check_three};
    (void)state;
    assert_true(explore(&scenario) > 4);
}

static VOID by_number(PVOID context) {
    KIRQL irql = KeAcquireQueuedSpinLock(LockQueueVacbLock);
    (void)context;
    one_more();
    KeReleaseQueuedSpinLock(LockQueueVacbLock, irql);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void check_two(void) { assert_int_equal(count, 2); }

static void a_numbered_lock_excludes_in_every_order(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {by_number, by_number},
                                             .begin = begin,
                                             .check = check_two};
    (void)state;
    assert_true(explore(&scenario) > 4);
}

static void a_numbered_lock_can_be_tried(struct machine *m) {
    KIRQL outer, inner;
    (void)m;
    assert_true(KeTryToAcquireQueuedSpinLock(LockQueueBcbLock, &outer));
    assert_int_equal(outer, PASSIVE_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_false(KeTryToAcquireQueuedSpinLock(LockQueueBcbLock, &inner));
    assert_true(KeTryToAcquireQueuedSpinLock(LockQueueMasterLock, &inner)); /* another one */
    assert_int_equal(inner, DISPATCH_LEVEL);
    KeReleaseQueuedSpinLock(LockQueueMasterLock, inner);
    KeReleaseQueuedSpinLock(LockQueueBcbLock, outer);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void releasing_a_numbered_lock_that_is_free_is_a_violation(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(SPIN_LOCK_NOT_OWNED);
    KeReleaseQueuedSpinLock(LockQueueBcbLock, PASSIVE_LEVEL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_and_words_exclude_each_other_in_every_order),
        cmocka_unit_test(a_numbered_lock_excludes_in_every_order),
        wdmsim_unit_test(a_numbered_lock_can_be_tried),
        wdmsim_unit_test(releasing_a_numbered_lock_that_is_free_is_a_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
