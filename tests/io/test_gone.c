/* IRPs for devices that left their stack or are deleted: served as long as somebody holds the
 * device. */
#include "io_test.h"

static PDEVICE_OBJECT served;
static unsigned calls;
static PIRP kept;

static NTSTATUS serve(PDEVICE_OBJECT device, PIRP irp) {
    calls++;
    served = device;
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS flush(PDEVICE_OBJECT device) {
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp =
        IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, device, NULL, 0, NULL, &event, &iosb);
    assert_non_null(irp);
    return IoCallDriver(device, irp);
}

static void begin(struct machine *m) {
    calls = 0;
    served = NULL;
    test_lower[IRP_MJ_FLUSH_BUFFERS] = serve;
    test_load(m);
}

static PDEVICE_OBJECT new_device(void) {
    PDEVICE_OBJECT device;
    assert_int_equal(IoCreateDevice(test_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device),
                     STATUS_SUCCESS);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return device;
}

/* Check that a pointer to the device below outlives the attachment: what is sent through it arrives
 * there, and what is sent to the stack no longer passes the device that left it. */
static void a_detached_device_can_still_send_down(struct machine *m) {
    begin(m);
    test_upper[IRP_MJ_FLUSH_BUFFERS] = test_pass;
    test_load_filter(m);
    IoDetachDevice(test_device);
    assert_ptr_equal(IoGetAttachedDevice(test_device), test_device);
    assert_int_equal(flush(test_filter), STATUS_SUCCESS);
    assert_ptr_equal(served, test_device);
    assert_int_equal(flush(IoGetAttachedDevice(test_device)), STATUS_SUCCESS);
    assert_int_equal(calls, 2);
    IoAttachDeviceToDeviceStack(test_filter, test_device);
}

static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    kept = irp;
    return STATUS_PENDING;
}

static PDEVICE_OBJECT completed_for;
static NTSTATUS note(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(context);
    completed_for = device;
    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS send_and_note(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, note, NULL, TRUE, TRUE, TRUE);
    return IoCallDriver(test_below, irp);
}

/* Check that an IRP on its way comes back through a device that has left the stack meanwhile. */
static void an_irp_on_its_way_comes_back_through_a_detached_device(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = pend;
    test_upper[IRP_MJ_DEVICE_CONTROL] = send_and_note;
    test_load(m);
    test_load_filter(m);
    uint64_t handle = test_open(m);
    struct wdmsim_request *request = TEST_SUBMIT(m, .operation = WDMSIM_IOCTL, .handle = handle,
                                                 .code = TEST_CODE(0x800, METHOD_NEITHER));
    IoDetachDevice(test_device);
    completed_for = NULL;
    test_complete(kept, STATUS_SUCCESS, 0);
    wdmsim_settle(m);
    assert_true(wdmsim_request_done(request));
    assert_ptr_equal(completed_for, test_filter);
    IoAttachDeviceToDeviceStack(test_filter, test_device);
}

/* Check that a reference keeps a deleted device: IRPs reach it, though nobody else finds it. */
static void a_deleted_device_serves_who_references_it(struct machine *m) {
    begin(m);
    PDEVICE_OBJECT device = new_device();
    ObReferenceObject(device);
    IoDeleteDevice(device);
    assert_ptr_equal(test_driver->DeviceObject, test_device);
    assert_int_equal(flush(device), STATUS_SUCCESS);
    assert_ptr_equal(served, device);
    ObDereferenceObject(device);
}

static void deleted_body(struct machine *m) {
    begin(m);
    PDEVICE_OBJECT device = new_device();
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    served = device;
    IoDeleteDevice(device);
    IoCallDriver(device, irp);
}

static void an_irp_for_a_deleted_device(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(deleted_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x04);
    assert_int_equal(test_stopped.parameters[1], (ULONG_PTR)served);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_detached_device_can_still_send_down),
        wdmsim_unit_test(an_irp_on_its_way_comes_back_through_a_detached_device),
        wdmsim_unit_test(a_deleted_device_serves_who_references_it),
        cmocka_unit_test(an_irp_for_a_deleted_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
