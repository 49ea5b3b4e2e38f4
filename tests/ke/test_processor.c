/* Processors as drivers see them: numbers, masks, affinity of threads, broadcasts. */
#include "../threads.h"

static void there_are_as_many_as_asked_for(struct machine *m) {
    KAFFINITY active;
    PROCESSOR_NUMBER number;
    (void)m;
    assert_int_equal(KeQueryActiveProcessorCount(&active), 4);
    assert_int_equal(active, 0xf);
    assert_int_equal(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), 4);
    assert_int_equal(KeQueryActiveProcessors(), 0xf);
    assert_int_equal(KeGetProcessorNumberFromIndex(3, &number), STATUS_SUCCESS);
    assert_int_equal(number.Number, 3);
    assert_int_equal(KeGetProcessorIndexFromNumber(&number), 3);
    assert_int_equal(KeGetProcessorNumberFromIndex(4, &number), STATUS_INVALID_PARAMETER);
}

static void a_thread_moves_to_its_affinity(struct machine *m) {
    (void)m;
    for (ULONG i = 4; i-- > 0;) {
        KAFFINITY old = KeSetSystemAffinityThreadEx((KAFFINITY)1 << i);
        assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), i);
        assert_int_equal(old, i == 3 ? 0 : (KAFFINITY)1 << (i + 1));
    }
    KAFFINITY outer = KeSetSystemAffinityThreadEx(8);
    assert_int_equal(outer, 1);
    KeRevertToUserAffinityThreadEx(outer); /* to the system affinity before */
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), 0);
    KeRevertToUserAffinityThreadEx(0); /* to the thread's own */
    assert_int_equal(KeSetSystemAffinityThreadEx(4), 0);
    KeRevertToUserAffinityThreadEx(0);
}

static KIPI_BROADCAST_WORKER mark;

static ULONG_PTR mark(ULONG_PTR context) {
    assert_int_equal(KeGetCurrentIrql(), IPI_LEVEL);
    *(ULONG *)context |= 1u << KeGetCurrentProcessorNumberEx(NULL);
    return KeGetCurrentProcessorNumberEx(NULL) + 100;
}

static void a_broadcast_reaches_every_processor(struct machine *m) {
    ULONG seen = 0;
    (void)m;
    KeSetSystemAffinityThread(4);
    assert_int_equal(KeIpiGenericCall(mark, (ULONG_PTR)&seen), 102);
    assert_int_equal(seen, 0xf);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static KEVENT start, stop;
static ULONG used;

static VOID note_processor(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&start, Executive, KernelMode, FALSE, NULL);
    used |= 1u << KeGetCurrentProcessorNumberEx(NULL);
    KeStallExecutionProcessor(10);
    KeWaitForSingleObject(&stop, Executive, KernelMode, FALSE, NULL);
}

static void ready_threads_use_idle_processors(struct machine *m) {
    PVOID threads[4];
    used = 0;
    KeInitializeEvent(&start, NotificationEvent, FALSE);
    KeInitializeEvent(&stop, NotificationEvent, FALSE);
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(note_processor, NULL);
    wdmsim_settle(m);
    KeSetEvent(&start, IO_NO_INCREMENT, FALSE);
    wdmsim_settle(m);
    assert_int_equal(used, 0xf);
    KeSetEvent(&stop, IO_NO_INCREMENT, FALSE);
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
}

static void a_mask_with_a_processor_that_is_not_there_has_no_effect(struct machine *m) {
    GROUP_AFFINITY wanted = {.Mask = 0x12}, other = {.Mask = 2, .Group = 1}, old = {.Mask = 77};
    (void)m;
    KeRevertToUserAffinityThreadEx(2); /* nothing to revert */
    assert_int_equal(KeSetSystemAffinityThreadEx(0x12), 0);
    assert_int_equal(KeSetSystemAffinityThreadEx(1), 0);
    KeSetSystemGroupAffinityThread(&wanted, &old);
    assert_int_equal(old.Mask, 0); /* not the 1 that is in force */
    old.Mask = 77;
    KeSetSystemGroupAffinityThread(&other, &old);
    assert_int_equal(old.Mask, 0);
    KeRevertToUserGroupAffinityThread(&other);
    assert_int_equal(KeSetSystemAffinityThreadEx(4), 1);
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), 2);
    KeRevertToUserAffinityThreadEx(0);
}

static KIPI_BROADCAST_WORKER read_the_clock;
static KSPIN_LOCK lock;

static ULONG_PTR read_the_clock(ULONG_PTR context) {
    ULONG before = KeGetCurrentProcessorNumberEx(NULL);
    *(ULONG *)context |= 1u << before;
    KeQueryPerformanceCounter(NULL); /* elsewhere another processor may move here */
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), before);
    return before;
}

static VOID be_busy(PVOID context) {
    while (!*(volatile BOOLEAN *)context)
        KeStallExecutionProcessor(1);
}

static void nobody_else_moves_during_a_broadcast(struct machine *m) {
    PVOID threads[3];
    BOOLEAN enough = FALSE;
    (void)m;
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start(be_busy, &enough);
    KeStallExecutionProcessor(10);
    for (int i = 0; i < 3; i++) {
        ULONG seen = 0, self = KeGetCurrentProcessorNumberEx(NULL);
        assert_int_equal(KeIpiGenericCall(read_the_clock, (ULONG_PTR)&seen), self);
        assert_int_equal(seen, 0xf);
        KeStallExecutionProcessor(10);
    }
    enough = TRUE;
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
}

static KIPI_BROADCAST_WORKER take_the_lock;

static ULONG_PTR take_the_lock(ULONG_PTR context) {
    KeAcquireSpinLockAtDpcLevel(&lock);
    KefReleaseSpinLockFromDpcLevel(&lock);
    return context;
}

static void waiting_for_a_lock_in_a_broadcast_is_a_deadlock(struct machine *m) {
    KIRQL irql;
    (void)m;
    KeInitializeSpinLock(&lock);
    KeSetSystemAffinityThread(2); /* processor 0 is reached while this one holds the lock */
    KeAcquireSpinLock(&lock, &irql);
    wdmsim_expect_bugcheck(DPC_WATCHDOG_VIOLATION);
    KeIpiGenericCall(take_the_lock, 0);
}

static void a_broadcast_from_ipi_level_is_a_violation(struct machine *m) {
    KIRQL irql;
    ULONG seen = 0;
    (void)m;
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeRaiseIrql(IPI_LEVEL, &irql);
    KeIpiGenericCall(mark, (ULONG_PTR)&seen);
}

int main(void) {
    static const struct wdmsim_config four = {.processors = 4, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(there_are_as_many_as_asked_for, &four),
        wdmsim_unit_test_on(a_thread_moves_to_its_affinity, &four),
        wdmsim_unit_test_on(a_broadcast_reaches_every_processor, &four),
        wdmsim_unit_test_on(ready_threads_use_idle_processors, &four),
        wdmsim_unit_test_on(a_mask_with_a_processor_that_is_not_there_has_no_effect, &four),
        wdmsim_unit_test_on(nobody_else_moves_during_a_broadcast, &four),
        wdmsim_unit_test_on(waiting_for_a_lock_in_a_broadcast_is_a_deadlock, &four),
        wdmsim_unit_test_on(a_broadcast_from_ipi_level_is_a_violation, &four),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
