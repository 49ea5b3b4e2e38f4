/* IRPs that the I/O manager builds: buffers, event and status block, associated IRPs. */
#include "io_test.h"

static NTSTATUS add_one(PDEVICE_OBJECT device, PIRP irp) {
    UCHAR *data = irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(device);
    data[0]++;
    return test_complete(irp, STATUS_SUCCESS, 1);
}

static void a_control_request_of_a_driver(struct machine *m) {
    KEVENT event;
    IO_STATUS_BLOCK iosb = {0};
    UCHAR data = 41, result = 0;
    test_lower[IRP_MJ_DEVICE_CONTROL] = add_one;
    test_load(m);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(TEST_CODE(0x800, METHOD_BUFFERED), test_device, &data,
                                             1, &result, 1, FALSE, &event, &iosb);
    assert_int_equal(irp->RequestorMode, KernelMode);
    assert_int_equal(IoCallDriver(test_device, irp), STATUS_SUCCESS);
    assert_int_equal(result, 42);
    assert_int_equal(KeReadStateEvent(&event), 1);
    assert_int_equal(iosb.Information, 1);
}

static PIRP kept;

static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    kept = irp;
    return STATUS_PENDING;
}

static void completer(void *context) {
    UNREFERENCED_PARAMETER(context);
    memset(kept->AssociatedIrp.SystemBuffer, 'r', 3);
    test_complete(kept, STATUS_SUCCESS, 3);
}

/* Check that the issuer of a pending request finds its result when the event is set, wherever it
 * was completed. */
static void a_pending_read_comes_back(struct machine *m) {
    KEVENT event;
    IO_STATUS_BLOCK iosb = {0};
    LARGE_INTEGER offset = {.QuadPart = 7};
    char data[4] = "";
    test_flags = DO_BUFFERED_IO;
    test_lower[IRP_MJ_READ] = pend;
    test_load(m);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp =
        IoBuildSynchronousFsdRequest(IRP_MJ_READ, test_device, data, 3, &offset, &event, &iosb);
    assert_int_equal(IoGetNextIrpStackLocation(irp)->Parameters.Read.ByteOffset.QuadPart, 7);
    assert_int_equal(IoCallDriver(test_device, irp), STATUS_PENDING);
    assert_int_equal(KeReadStateEvent(&event), 0);
    wdmsim_system_thread(m, completer, NULL, NULL);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    assert_string_equal(data, "rrr");
}

/* Check that an error that comes at once is only returned. */
static NTSTATUS refuse(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    return test_complete(irp, STATUS_NO_MEDIA_IN_DEVICE, 0);
}

static void an_immediate_error_is_only_returned(struct machine *m) {
    KEVENT event;
    IO_STATUS_BLOCK iosb = {.Status = 1234};
    test_lower[IRP_MJ_FLUSH_BUFFERS] = refuse;
    test_load(m);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, test_device, NULL, 0, NULL,
                                            &event, &iosb);
    assert_int_equal(IoCallDriver(test_device, irp), STATUS_NO_MEDIA_IN_DEVICE);
    assert_int_equal(iosb.Status, 1234);
    assert_int_equal(KeReadStateEvent(&event), 0);
}

static NTSTATUS own_and_free(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    *(ULONG_PTR *)context = irp->IoStatus.Information;
    MmUnlockPages(irp->MdlAddress);
    IoFreeMdl(irp->MdlAddress);
    irp->MdlAddress = NULL;
    IoFreeIrp(irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS length_of_mdl(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    return test_complete(irp, STATUS_SUCCESS, MmGetMdlByteCount(irp->MdlAddress));
}

/* Check that an asynchronous request is its builder's, with everything that hangs off it. */
static void an_asynchronous_request_is_the_builders(struct machine *m) {
    static char data[100];
    ULONG_PTR information = 0;
    test_flags = DO_DIRECT_IO;
    test_lower[IRP_MJ_WRITE] = length_of_mdl;
    test_load(m);
    PIRP irp =
        IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, test_device, data, sizeof data, NULL, NULL);
    IoSetCompletionRoutine(irp, own_and_free, &information, TRUE, TRUE, TRUE);
    assert_int_equal(IoCallDriver(test_device, irp), STATUS_SUCCESS);
    assert_int_equal(information, sizeof data);
}

static unsigned parts;

static NTSTATUS count_part(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    parts++;
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS split(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->AssociatedIrp.IrpCount = 3;
    for (unsigned i = 0; i < 3; i++) {
        PIRP part = IoMakeAssociatedIrp(irp, test_below->StackSize);
        IoGetNextIrpStackLocation(part)->MajorFunction = IRP_MJ_WRITE;
        IoCallDriver(test_below, part);
    }
    return STATUS_PENDING;
}

/* Check that a master IRP is completed with the last of its associated ones. */
static void parts_complete_their_master(struct machine *m) {
    test_lower[IRP_MJ_WRITE] = count_part;
    test_upper[IRP_MJ_WRITE] = split;
    test_load(m);
    test_load_filter(m);
    parts = 0;
    uint64_t handle = test_open(m);
    struct wdmsim_request *request =
        TEST_RUN(m, .operation = WDMSIM_WRITE, .handle = handle, .input = "x", .input_size = 1);
    assert_int_equal(parts, 3);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
    assert_int_equal(wdmsim_irps_in_flight(m), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_control_request_of_a_driver),
        wdmsim_unit_test(a_pending_read_comes_back),
        wdmsim_unit_test(an_immediate_error_is_only_returned),
        wdmsim_unit_test(an_asynchronous_request_is_the_builders),
        wdmsim_unit_test(parts_complete_their_master),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
