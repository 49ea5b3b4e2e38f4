/* The StartIo queue: one packet at a time, order by arrival or key, cancelling, deferral. */
#include "io_test.h"

static char story[64];
static ULONG keys[8];
static unsigned key_count;
static bool use_keys, recurse;
static unsigned depth, deepest;

static DRIVER_STARTIO start;
static VOID start(PDEVICE_OBJECT device, PIRP irp) {
    size_t length = strlen(story);
    assert_ptr_equal(device, test_device);
    assert_ptr_equal(irp, device->CurrentIrp);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    depth++;
    if (depth > deepest)
        deepest = depth;
    story[length] = (char)('0' + IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length);
    story[length + 1] = 0;
    if (recurse) {
        IoSetCancelRoutine(irp, NULL);
        test_complete(irp, STATUS_SUCCESS, 0);
        IoStartNextPacket(device, FALSE);
    }
    depth--;
}

static VOID cancel_queued(PDEVICE_OBJECT device, PIRP irp) {
    if (irp == device->CurrentIrp) {
        IoReleaseCancelSpinLock(irp->CancelIrql);
        return;
    }
    KeRemoveEntryDeviceQueue(&device->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    test_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS begin(PDEVICE_OBJECT device, PIRP irp) {
    IoMarkIrpPending(irp);
    IoStartPacket(device, irp, use_keys ? &keys[key_count++] : NULL, cancel_queued);
    return STATUS_PENDING;
}

static uint64_t load(struct machine *m) {
    test_lower[IRP_MJ_READ] = begin;
    test_startio = start;
    test_load(m);
    story[0] = 0;
    key_count = deepest = depth = 0;
    use_keys = recurse = false;
    return test_open(m);
}

static void finish_current(void) {
    PIRP irp = test_device->CurrentIrp;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoSetCancelRoutine(irp, NULL);
    test_complete(irp, STATUS_SUCCESS, 0);
    IoStartNextPacket(test_device, TRUE);
    KeLowerIrql(irql);
}

static struct wdmsim_request *read_number(struct machine *m, uint64_t handle, unsigned number) {
    return TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle, .output_size = number);
}

static void packets_start_one_by_one(struct machine *m) {
    uint64_t handle = load(m);
    for (unsigned i = 1; i <= 3; i++)
        read_number(m, handle, i);
    assert_string_equal(story, "1");
    finish_current();
    assert_string_equal(story, "12");
    finish_current();
    finish_current();
    assert_string_equal(story, "123");
    assert_null(test_device->CurrentIrp);
    read_number(m, handle, 4);
    assert_string_equal(story, "1234");
}

static void keys_order_the_queue(struct machine *m) {
    uint64_t handle = load(m);
    use_keys = true;
    keys[0] = 0, keys[1] = 30, keys[2] = 10, keys[3] = 20;
    for (unsigned i = 1; i <= 4; i++)
        read_number(m, handle, i);
    for (unsigned i = 0; i < 4; i++)
        finish_current();
    assert_string_equal(story, "1342");
}

static void finish_and_seek(ULONG key) {
    PIRP irp = test_device->CurrentIrp;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoSetCancelRoutine(irp, NULL);
    test_complete(irp, STATUS_SUCCESS, 0);
    IoStartNextPacketByKey(test_device, TRUE, key);
    KeLowerIrql(irql);
}

/* Check that the next packet is the first at or above the key, and behind the last the first. */
static void the_next_packet_is_sought_by_key(struct machine *m) {
    uint64_t handle = load(m);
    use_keys = true;
    keys[0] = 0, keys[1] = 30, keys[2] = 10, keys[3] = 20, keys[4] = 40;
    for (unsigned i = 1; i <= 5; i++)
        read_number(m, handle, i);
    finish_and_seek(20);
    assert_string_equal(story, "14");
    finish_and_seek(35);
    assert_string_equal(story, "145");
    finish_and_seek(41);
    assert_string_equal(story, "1453");
    finish_and_seek(11);
    assert_string_equal(story, "14532");
    finish_and_seek(0);
    assert_null(test_device->CurrentIrp);
}

static void a_queued_packet_can_be_canceled(struct machine *m) {
    uint64_t handle = load(m);
    read_number(m, handle, 1);
    struct wdmsim_request *second = read_number(m, handle, 2);
    read_number(m, handle, 3);
    wdmsim_cancel(m, second);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_request_status(second), (uint32_t)STATUS_CANCELLED);
    finish_current();
    assert_string_equal(story, "13");
}

/* Check that StartIo is not entered again while it runs, if the driver asked for that. */
static void starting_the_next_can_be_deferred(struct machine *m) {
    uint64_t handle = load(m);
    IoSetStartIoAttributes(test_device, TRUE, FALSE);
    read_number(m, handle, 1);
    for (unsigned i = 2; i <= 5; i++)
        read_number(m, handle, i);
    recurse = true;
    finish_current();
    assert_string_equal(story, "12345");
    assert_int_equal(deepest, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(packets_start_one_by_one),
        wdmsim_unit_test(keys_order_the_queue),
        wdmsim_unit_test(the_next_packet_is_sought_by_key),
        wdmsim_unit_test(a_queued_packet_can_be_canceled),
        wdmsim_unit_test(starting_the_next_can_be_deferred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
