/* Work items of devices: run at PASSIVE_LEVEL, keep their device, may be queued again from inside.
 */
#include "io_test.h"

static unsigned runs;
static KIRQL seen_irql;
static PVOID seen_context;

static IO_WORKITEM_ROUTINE work;
static VOID work(PDEVICE_OBJECT device, PVOID context) {
    assert_ptr_equal(device, test_device);
    runs++;
    seen_irql = KeGetCurrentIrql();
    seen_context = context;
}

static void a_routine_runs_once_at_passive_level(struct machine *m) {
    KIRQL irql;
    test_load(m);
    PIO_WORKITEM item = IoAllocateWorkItem(test_device);
    runs = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoQueueWorkItem(item, work, DelayedWorkQueue, &runs);
    assert_int_equal(runs, 0);
    KeLowerIrql(irql);
    wdmsim_settle(m);
    assert_int_equal(runs, 1);
    assert_int_equal(seen_irql, PASSIVE_LEVEL);
    assert_ptr_equal(seen_context, &runs);
    IoFreeWorkItem(item);
}

static IO_WORKITEM_ROUTINE_EX again;
static VOID again(PVOID object, PVOID context, PIO_WORKITEM item) {
    assert_ptr_equal(object, test_device);
    assert_ptr_equal(context, &seen_context);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    if (++runs < 3)
        IoQueueWorkItemEx(item, again, DelayedWorkQueue, context);
    else
        IoFreeWorkItem(item);
}

static void an_item_can_be_queued_and_freed_by_its_routine(struct machine *m) {
    test_load(m);
    runs = 0;
    IoQueueWorkItemEx(IoAllocateWorkItem(test_device), again, DelayedWorkQueue, &seen_context);
    wdmsim_settle(m);
    assert_int_equal(runs, 3);
}

static IO_WORKITEM_ROUTINE_EX once;
static VOID once(PVOID object, PVOID context, PIO_WORKITEM item) {
    UNREFERENCED_PARAMETER(item);
    assert_ptr_equal(object, test_device);
    ++*(unsigned *)context;
}

/* Check that the one who tries is told that the item is queued already. */
static void trying_to_queue_twice(struct machine *m) {
    KIRQL irql;
    test_load(m);
    PIO_WORKITEM item = IoAllocateWorkItem(test_device);
    runs = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_true(IoTryQueueWorkItem(item, once, DelayedWorkQueue, &runs));
    assert_false(IoTryQueueWorkItem(item, once, DelayedWorkQueue, &runs));
    KeLowerIrql(irql);
    wdmsim_settle(m);
    assert_int_equal(runs, 1);
    assert_true(IoTryQueueWorkItem(item, once, DelayedWorkQueue, &runs));
    wdmsim_settle(m);
    assert_int_equal(runs, 2);
    IoFreeWorkItem(item);
}

static void queueing_twice(struct machine *m) {
    KIRQL irql;
    test_load(m);
    PIO_WORKITEM item = IoAllocateWorkItem(test_device);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoQueueWorkItem(item, work, DelayedWorkQueue, NULL);
    wdmsim_expect_bugcheck(INVALID_WORK_QUEUE_ITEM);
    IoQueueWorkItem(item, work, DelayedWorkQueue, NULL);
}

static void freeing_a_queued_item(struct machine *m) {
    KIRQL irql;
    test_load(m);
    PIO_WORKITEM item = IoAllocateWorkItem(test_device);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoQueueWorkItem(item, work, DelayedWorkQueue, NULL);
    wdmsim_expect_bugcheck(WORKER_INVALID);
    IoFreeWorkItem(item);
}

static void uninitializing_a_queued_item(struct machine *m) {
    KIRQL irql;
    test_load(m);
    PIO_WORKITEM item = ExAllocatePool2(POOL_FLAG_NON_PAGED, IoSizeofWorkItem(), 0x6b726f57);
    IoInitializeWorkItem(test_device, item);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoQueueWorkItem(item, work, DelayedWorkQueue, NULL);
    wdmsim_expect_bugcheck(WORKER_INVALID);
    IoUninitializeWorkItem(item);
}

/* Check an item in the driver's own memory. */
static void an_item_of_ones_own(struct machine *m) {
    test_load(m);
    assert_in_range(IoSizeofWorkItem(), sizeof(WORK_QUEUE_ITEM), 1024);
    PIO_WORKITEM item = ExAllocatePool2(POOL_FLAG_NON_PAGED, IoSizeofWorkItem(), 0x6b726f57);
    IoInitializeWorkItem(test_device, item);
    runs = 0;
    IoQueueWorkItem(item, work, DelayedWorkQueue, NULL);
    wdmsim_settle(m);
    assert_int_equal(runs, 1);
    IoUninitializeWorkItem(item);
    ExFreePoolWithTag(item, 0x6b726f57);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_routine_runs_once_at_passive_level),
        wdmsim_unit_test(an_item_can_be_queued_and_freed_by_its_routine),
        wdmsim_unit_test(trying_to_queue_twice),
        wdmsim_unit_test(queueing_twice),
        wdmsim_unit_test(freeing_a_queued_item),
        wdmsim_unit_test(uninitializing_a_queued_item),
        wdmsim_unit_test(an_item_of_ones_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
