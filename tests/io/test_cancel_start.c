/*
 * Cancel against start: a queued IRP is canceled while StartIo takes it up.
 *
 * The device works on one read; a second one is sent, comes into the queue or to StartIo, and is
 * canceled, at whatever moment. Every schedule with at most two forced switches, on one to three
 * processors.
 *
 * sender                         device                         canceler
 * IoStartPacket: into the        completes the first read       lock, mark, takes the routine
 * queue, or if the device is     IoStartNextPacket: takes the   the routine: if the read is in the
 * free to StartIo                second one, to StartIo         queue it leaves it, is completed
 *
 * StartIo, under the lock: takes the routine away; a read that is marked it completes as canceled
 */
#include "io_test.h"

#include "../threads.h"

static PIRP first, second, busy_with;
static PKTHREAD sender;
static unsigned completions[2];

/* What became of the second read. */
enum { READ, LEFT_THE_QUEUE, NEVER_CAME_IN, FOUND_BY_STARTIO, OUTCOMES };
static unsigned outcomes[OUTCOMES];

static DRIVER_CANCEL cancel_queued;
static VOID cancel_queued(PDEVICE_OBJECT device, PIRP irp) {
    if (irp == device->CurrentIrp) {
        IoReleaseCancelSpinLock(irp->CancelIrql);
        return;
    }
    assert_true(
        KeRemoveEntryDeviceQueue(&device->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry));
    IoReleaseCancelSpinLock(irp->CancelIrql);
    outcomes[KeGetCurrentThread() == sender ? NEVER_CAME_IN : LEFT_THE_QUEUE]++;
    test_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS queue_read(PDEVICE_OBJECT device, PIRP irp) {
    IoMarkIrpPending(irp);
    IoStartPacket(device, irp, NULL, cancel_queued);
    return STATUS_PENDING;
}

static DRIVER_STARTIO start;
static VOID start(PDEVICE_OBJECT device, PIRP irp) {
    KIRQL irql;
    IoAcquireCancelSpinLock(&irql);
    IoSetCancelRoutine(irp, NULL);
    bool canceled = irp->Cancel;
    IoReleaseCancelSpinLock(irql);
    if (!canceled) {
        assert_null(busy_with);
        busy_with = irp;
        return;
    }
    outcomes[FOUND_BY_STARTIO]++;
    test_complete(irp, STATUS_CANCELLED, 0);
    IoStartNextPacket(device, TRUE);
}

/* The device is ready with what it works on, as its DPC tells. */
static void finish(void) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    PIRP irp = busy_with;
    busy_with = NULL;
    if (irp) {
        outcomes[READ] += irp == second;
        test_complete(irp, STATUS_SUCCESS, 0);
        IoStartNextPacket(test_device, TRUE);
    }
    KeLowerIrql(irql);
}

static NTSTATUS keep(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    completions[irp == second]++;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP make_read(void) {
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(irp, keep, NULL, TRUE, TRUE, TRUE);
    return irp;
}

static void begin(void) {
    memset(completions, 0, sizeof completions);
    busy_with = NULL;
    sender = NULL;
    test_lower[IRP_MJ_READ] = queue_read;
    test_startio = start;
    test_load(wdmsim_fixture.machine);
    first = make_read();
    second = make_read();
    IoCallDriver(test_device, first);
    assert_ptr_equal(busy_with, first);
}

static VOID send_second(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    sender = KeGetCurrentThread();
    assert_int_equal(IoCallDriver(test_device, second), STATUS_PENDING);
}

static VOID finish_first(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    finish();
}

static VOID cancel_second(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    IoCancelIrp(second);
}

static void check(void) {
    finish(); /* the second one, if the device works on it now */
    assert_int_equal(completions[0], 1);
    assert_int_equal(completions[1], 1);
    assert_int_equal(first->IoStatus.Status, STATUS_SUCCESS);
    assert_null(second->CancelRoutine);
    assert_null(test_device->CurrentIrp);
    assert_false(test_device->DeviceQueue.Busy);
    IoFreeIrp(first);
    IoFreeIrp(second);
}

static const struct explored scenario = {.processors = 2,
                                         .preemptions = 2,
                                         .actors = {send_second, finish_first, cancel_second},
                                         .begin = begin,
                                         .check = check};

static void a_read_is_started_or_canceled(void **state) {
    UNREFERENCED_PARAMETER(state);
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore_up_to(&scenario, 3) > 2000);
    for (unsigned i = 0; i < OUTCOMES; i++)
        assert_true(outcomes[i] > 0);
}

/* A cancel routine that does not ask whether the device has the IRP by now. */
static DRIVER_CANCEL cancel_carelessly;
static VOID cancel_carelessly(PDEVICE_OBJECT device, PIRP irp) {
    KeRemoveEntryDeviceQueue(&device->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    test_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS queue_carelessly(PDEVICE_OBJECT device, PIRP irp) {
    IoMarkIrpPending(irp);
    IoStartPacket(device, irp, NULL, cancel_carelessly);
    return STATUS_PENDING;
}

static void begin_carelessly(void) {
    begin();
    test_driver->MajorFunction[IRP_MJ_READ] = queue_carelessly;
}

/* Check that the exploration finds the schedule in which both complete it. */
static void a_careless_cancel_routine_is_found(void **state) {
    struct explored careless = scenario;
    UNREFERENCED_PARAMETER(state);
    careless.begin = begin_carelessly;
    assert_true(explore_finds(&careless, MULTIPLE_IRP_COMPLETE_REQUESTS));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_is_started_or_canceled),
        cmocka_unit_test(a_careless_cancel_routine_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
