/* Reader-writer spin locks: sharing, exclusion, conversion, misuse. */
#include "../threads.h"

static EX_SPIN_LOCK lock;
static LONG readers, writers, entered;

static VOID write_it(PVOID context) {
    (void)context;
    KIRQL old = ExAcquireSpinLockExclusive(&lock);
    writers++;
    assert_true(writers == 1 && readers == 0);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeStallExecutionProcessor(1);
    writers--;
    entered++;
    ExReleaseSpinLockExclusive(&lock, old);
}

static VOID read_it(PVOID context) {
    (void)context;
    KIRQL old = ExAcquireSpinLockShared(&lock);
    readers++;
    assert_int_equal(writers, 0);
    KeStallExecutionProcessor(1);
    readers--;
    entered++;
    ExReleaseSpinLockShared(&lock, old);
}

static VOID convert(PVOID context) {
    (void)context;
    KIRQL old = ExAcquireSpinLockShared(&lock);
    if (ExTryConvertSharedSpinLockExclusive(&lock)) {
        writers++;
        assert_true(writers == 1 && readers == 0);
        KeStallExecutionProcessor(1);
        writers--;
        entered++;
        ExReleaseSpinLockExclusive(&lock, old);
    } else {
        entered++;
        ExReleaseSpinLockShared(&lock, old);
    }
}

static void begin(void) {
    lock = 0;
    readers = writers = entered = 0;
}
static void check_three(void) {
    assert_int_equal(entered, 3);
    assert_int_equal(lock, 0);
}

static void writers_exclude_everybody(void **state) {
    static const struct explored mixed = {.processors = 3,
                                          .preemptions = 1,
                                          .actors = {write_it, read_it, write_it},
                                          .begin = begin,
                                          .check = check_three};
    static const struct explored converted = {.processors = 3,
                                              .preemptions = 1,
                                              .actors = {convert, read_it, convert},
                                              .begin = begin,
                                              .check = check_three};
    (void)state;
    assert_true(explore(&mixed) > 10);
    assert_true(explore(&converted) > 10);
}

static void the_word_counts_readers_below_the_writers_bit(struct machine *m) {
    KIRQL old;
    (void)m;
    begin();
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExAcquireSpinLockSharedAtDpcLevel(&lock);
    ExAcquireSpinLockSharedAtDpcLevel(&lock);
    assert_int_equal(lock, 2);
    assert_false(ExTryConvertSharedSpinLockExclusive(&lock));
    assert_false(ExTryAcquireSpinLockExclusiveAtDpcLevel(&lock));
    assert_true(ExTryAcquireSpinLockSharedAtDpcLevel(&lock));
    ExReleaseSpinLockSharedFromDpcLevel(&lock);
    ExReleaseSpinLockSharedFromDpcLevel(&lock);
    assert_true(ExTryConvertSharedSpinLockExclusive(&lock));
    assert_int_equal((ULONG)lock, 0x80000000u);
    assert_false(ExTryAcquireSpinLockSharedAtDpcLevel(&lock));
    ExReleaseSpinLockExclusiveFromDpcLevel(&lock);
    ExAcquireSpinLockExclusiveAtDpcLevel(&lock);
    ExReleaseSpinLockExclusiveFromDpcLevel(&lock);
    assert_true(ExTryAcquireSpinLockExclusiveAtDpcLevel(&lock));
    ExReleaseSpinLockExclusiveFromDpcLevel(&lock);
    assert_int_equal(lock, 0);
    KeLowerIrql(old);
}

static void acquiring_exclusively_twice(struct machine *m) {
    (void)m;
    begin();
    ExAcquireSpinLockExclusive(&lock);
    wdmsim_expect_bugcheck(SPIN_LOCK_ALREADY_OWNED);
    ExAcquireSpinLockExclusive(&lock);
}

static void releasing_what_nobody_holds(struct machine *m) {
    KIRQL old;
    (void)m;
    begin();
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    wdmsim_expect_bugcheck(SPIN_LOCK_NOT_OWNED);
    ExReleaseSpinLockShared(&lock, old);
}

static void a_reader_that_wants_to_write_deadlocks(struct machine *m) {
    (void)m;
    begin();
    ExAcquireSpinLockShared(&lock);
    wdmsim_expect_bugcheck(DPC_WATCHDOG_VIOLATION);
    ExAcquireSpinLockExclusive(&lock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writers_exclude_everybody),
        wdmsim_unit_test(the_word_counts_readers_below_the_writers_bit),
        wdmsim_unit_test(acquiring_exclusively_twice),
        wdmsim_unit_test(releasing_what_nobody_holds),
        wdmsim_unit_test(a_reader_that_wants_to_write_deadlocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
