/* Device queues: the busy flag, order by arrival and by key. */
#include "../threads.h"

static KDEVICE_QUEUE queue;
static KDEVICE_QUEUE_ENTRY entries[4];

static void raise_and_prepare(KIRQL *irql) {
    KeInitializeDeviceQueue(&queue);
    KeRaiseIrql(DISPATCH_LEVEL, irql);
}

static void the_first_entry_makes_the_queue_busy(struct machine *m) {
    KIRQL irql;
    (void)m;
    raise_and_prepare(&irql);
    assert_false(KeInsertDeviceQueue(&queue, &entries[0]));
    assert_true(queue.Busy);
    assert_true(KeInsertDeviceQueue(&queue, &entries[1]));
    assert_true(KeInsertDeviceQueue(&queue, &entries[2]));
    assert_ptr_equal(KeRemoveDeviceQueue(&queue), &entries[1]);
    assert_ptr_equal(KeRemoveDeviceQueue(&queue), &entries[2]);
    assert_null(KeRemoveDeviceQueue(&queue));
    assert_false(queue.Busy);
    KeLowerIrql(irql);
}

static void keys_sort_and_wrap(struct machine *m) {
    static const ULONG keys[4] = {0, 30, 10, 20};
    KIRQL irql;
    (void)m;
    raise_and_prepare(&irql);
    for (int i = 0; i < 4; i++)
        KeInsertByKeyDeviceQueue(&queue, &entries[i], keys[i]);
    assert_ptr_equal(KeRemoveByKeyDeviceQueue(&queue, 15), &entries[3]); /* 20 */
    assert_ptr_equal(KeRemoveByKeyDeviceQueue(&queue, 99),
                     &entries[2]); /* none above: the lowest, 10 */
    assert_ptr_equal(KeRemoveByKeyDeviceQueueIfBusy(&queue, 0), &entries[1]); /* 30 */
    assert_null(KeRemoveByKeyDeviceQueueIfBusy(&queue, 0));
    assert_false(queue.Busy);
    KeLowerIrql(irql);
}

static void an_entry_can_be_taken_out(struct machine *m) {
    KIRQL irql;
    (void)m;
    raise_and_prepare(&irql);
    KeInsertDeviceQueue(&queue, &entries[0]);
    KeInsertDeviceQueue(&queue, &entries[1]);
    assert_true(KeRemoveEntryDeviceQueue(&queue, &entries[1]));
    assert_false(KeRemoveEntryDeviceQueue(&queue, &entries[1]));
    assert_null(KeRemoveDeviceQueue(&queue));
    KeLowerIrql(irql);
}

static void removing_from_a_free_queue_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    raise_and_prepare(&irql);
    wdmsim_expect_bugcheck(DEVICE_QUEUE_NOT_BUSY);
    KeRemoveDeviceQueue(&queue);
}

static void removing_by_key_from_a_free_queue_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    raise_and_prepare(&irql);
    wdmsim_expect_bugcheck(DEVICE_QUEUE_NOT_BUSY);
    KeRemoveByKeyDeviceQueue(&queue, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_first_entry_makes_the_queue_busy),
        wdmsim_unit_test(keys_sort_and_wrap),
        wdmsim_unit_test(an_entry_can_be_taken_out),
        wdmsim_unit_test(removing_from_a_free_queue_is_a_violation),
        wdmsim_unit_test(removing_by_key_from_a_free_queue_is_a_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
