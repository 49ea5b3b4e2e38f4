/* WDMSIM_GUARD_PAGED: paged pool is out of reach at DISPATCH_LEVEL and above, and nowhere else.
 * What an access to guarded memory means when nobody handles it. */
#include "../touch.h" /* the host's headers come first */

#include "../threads.h"

#define TAG 'tseT'

static const struct wdmsim_config guarded = {.processors = 1,
                                             .flags = WDMSIM_CHECK_RULES | WDMSIM_GUARD_PAGED};
static const struct wdmsim_config two = {.processors = 2,
                                         .flags = WDMSIM_CHECK_RULES | WDMSIM_GUARD_PAGED};
static const struct wdmsim_config special = {.processors = 1,
                                             .flags = WDMSIM_CHECK_RULES | WDMSIM_GUARD_POOL};

static char *paged_block(void) {
    char *p = ExAllocatePool2(POOL_FLAG_PAGED, 100, TAG);
    assert_non_null(p);
    return p;
}

static void the_irql_decides(struct machine *m) {
    char *paged = paged_block();
    char *nonpaged = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
    KIRQL irql;
    (void)m;
    assert_true(can_read(paged));
    KeRaiseIrql(APC_LEVEL, &irql);
    assert_true(can_read(paged));
    KeRaiseIrqlToDpcLevel();
    assert_false(can_read(paged));
    assert_true(can_read(nonpaged));
    KeLowerIrql(irql);
    assert_true(can_read(paged));
    ExFreePool(paged);
    ExFreePool(nonpaged);
}

static void a_spin_lock_raises_it(struct machine *m) {
    char *paged = paged_block();
    KSPIN_LOCK lock;
    KIRQL irql;
    (void)m;
    KeInitializeSpinLock(&lock);
    KeAcquireSpinLock(&lock, &irql);
    assert_false(can_read(paged));
    KeReleaseSpinLock(&lock, irql);
    assert_true(can_read(paged));
    ExFreePool(paged);
}

static bool touched;

static KDEFERRED_ROUTINE touch_in_dpc;
static VOID touch_in_dpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2) {
    (void)Dpc;
    (void)Argument1;
    (void)Argument2;
    touched = can_read(Context);
}

static void a_dpc_cannot_reach_it(struct machine *m) {
    char *paged = paged_block();
    KDPC dpc;
    (void)m;
    touched = true;
    KeInitializeDpc(&dpc, touch_in_dpc, paged);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    assert_false(touched);
    assert_true(can_read(paged));
    ExFreePool(paged);
}

static void locked_pages_stay(struct machine *m) {
    char *paged = paged_block();
    PMDL mdl = IoAllocateMdl(paged, 100, FALSE, FALSE, NULL);
    (void)m;
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    KIRQL irql = KeRaiseIrqlToDpcLevel();
    assert_true(can_read(paged));
    KeLowerIrql(irql);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    irql = KeRaiseIrqlToDpcLevel();
    assert_false(can_read(paged));
    KeLowerIrql(irql);
    ExFreePool(paged);
}

/* One processor at DISPATCH_LEVEL spins until the other, at PASSIVE_LEVEL, has read. */
static volatile LONG read_elsewhere;
static char *shared;

static VOID reader(PVOID Context) {
    (void)Context;
    touched = can_read(shared);
    InterlockedExchange(&read_elsewhere, 1);
}

static void each_processor_has_its_own(struct machine *m) {
    HANDLE handle;
    (void)m;
    shared = paged_block();
    read_elsewhere = 0;
    touched = false;
    KIRQL irql = PASSIVE_LEVEL;
    assert_int_equal(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, reader, NULL), 0);
    irql = KeRaiseIrqlToDpcLevel();
    while (!read_elsewhere)
        KeStallExecutionProcessor(1);
    assert_true(touched);
    assert_false(can_read(shared));
    KeLowerIrql(irql);
    ZwClose(handle);
    ExFreePool(shared);
}

static void unhandled_it_is_a_wrong_irql(struct machine *m) {
    volatile char *paged = paged_block();
    KeRaiseIrqlToDpcLevel();
    wdmsim_expect_bugcheck(DRIVER_IRQL_NOT_LESS_OR_EQUAL);
    (void)m;
    *paged = 1;
}

static void a_freed_special_block_is_named(struct machine *m) {
    volatile char *p = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    (void)m;
    ExFreePool((PVOID)p);
    wdmsim_expect_bugcheck(PAGE_FAULT_IN_FREED_SPECIAL_POOL);
    *p = 1;
}

static void the_end_of_a_special_block_is_named(struct machine *m) {
    volatile char *p = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    (void)m;
    wdmsim_expect_bugcheck(PAGE_FAULT_BEYOND_END_OF_ALLOCATION);
    p[64] = 1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(the_irql_decides, &guarded),
        wdmsim_unit_test_on(a_spin_lock_raises_it, &guarded),
        wdmsim_unit_test_on(a_dpc_cannot_reach_it, &guarded),
        wdmsim_unit_test_on(locked_pages_stay, &guarded),
        wdmsim_unit_test_on(each_processor_has_its_own, &two),
        wdmsim_unit_test_on(unhandled_it_is_a_wrong_irql, &guarded),
        wdmsim_unit_test_on(a_freed_special_block_is_named, &special),
        wdmsim_unit_test_on(the_end_of_a_special_block_is_named, &special),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
