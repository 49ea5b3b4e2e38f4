/* Push locks: sharing, exclusion, order, misuse. */
#include <ntifs.h>

#include "../threads.h"

static EX_PUSH_LOCK lock;
static LONG readers, writers, entered;

static VOID write_it(PVOID context) {
    (void)context;
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&lock);
    writers++;
    assert_true(writers == 1 && readers == 0);
    KeStallExecutionProcessor(1);
    writers--;
    entered++;
    ExReleasePushLockExclusive(&lock);
    KeLeaveCriticalRegion();
}

static VOID read_it(PVOID context) {
    (void)context;
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&lock);
    readers++;
    assert_int_equal(writers, 0);
    KeStallExecutionProcessor(1);
    readers--;
    entered++;
    ExReleasePushLockShared(&lock);
    KeLeaveCriticalRegion();
}

static void begin(void) {
    lock = ~(ULONG_PTR)0;
    ExInitializePushLock(&lock);
    readers = writers = entered = 0;
}
static void check_three(void) {
    assert_int_equal(entered, 3);
    assert_int_equal(lock, 0);
}

static void writers_exclude_everybody(void **state) {
    static const struct explored two = {.processors = 2,
                                        .preemptions = 2,
                                        .actors = {write_it, read_it, write_it},
                                        .begin = begin,
                                        .check = check_three};
    static const struct explored one = {.processors = 2,
                                        .preemptions = 2,
                                        .actors = {read_it, write_it, read_it},
                                        .begin = begin,
                                        .check = check_three};
    (void)state;
    assert_true(explore(&two) > 10);
    assert_true(explore(&one) > 10);
}

static LONG most;
static VOID read_together(PVOID context) {
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&lock);
    if (++readers > most)
        most = readers;
    KeWaitForSingleObject(context, Executive, KernelMode, FALSE, NULL);
    readers--;
    ExReleasePushLockShared(&lock);
    KeLeaveCriticalRegion();
}

static void sharers_are_inside_together(struct machine *m) {
    KEVENT go;
    PVOID threads[5];
    begin();
    most = 0;
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    for (unsigned i = 0; i < 4; i++)
        threads[i] = thread_start(read_together, &go);
    wdmsim_settle(m);
    threads[4] = thread_start(write_it, NULL); /* waits behind them */
    wdmsim_settle(m);
    assert_int_equal(most, 4);
    assert_int_equal(entered, 0);
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    for (unsigned i = 0; i < 5; i++)
        thread_join(threads[i]);
    assert_int_equal(entered, 1);
    assert_int_equal(lock, 0);
}

static void apcs_must_be_off(struct machine *m) {
    (void)m;
    begin();
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    ExAcquirePushLockExclusive(&lock);
}

static void releasing_what_is_free(struct machine *m) {
    (void)m;
    begin();
    KeEnterCriticalRegion();
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    ExReleasePushLockShared(&lock);
}

static void releasing_a_shared_lock_exclusively(struct machine *m) {
    (void)m;
    begin();
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&lock);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    ExReleasePushLockExclusive(&lock);
}

static void at_dispatch_level(struct machine *m) {
    KIRQL old;
    (void)m;
    begin();
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    wdmsim_expect_bugcheck(KERNEL_AUTO_BOOST_LOCK_ACQUISITION_WITH_RAISED_IRQL);
    ExAcquirePushLockShared(&lock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writers_exclude_everybody),
        wdmsim_unit_test(sharers_are_inside_together),
        wdmsim_unit_test(apcs_must_be_off),
        wdmsim_unit_test(releasing_what_is_free),
        wdmsim_unit_test(releasing_a_shared_lock_exclusively),
        wdmsim_unit_test(at_dispatch_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
