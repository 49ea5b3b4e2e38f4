/* Reads and writes: how the device's flags make the buffer travel, and where the offset comes from.
 */
#include "io_test.h"

static char store[32];
static LONGLONG seen_offset;

static char *transfer_buffer(PDEVICE_OBJECT device, PIRP irp) {
    if (device->Flags & DO_BUFFERED_IO)
        return irp->AssociatedIrp.SystemBuffer;
    if (device->Flags & DO_DIRECT_IO)
        return MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    return irp->UserBuffer;
}

static NTSTATUS transfer(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG length = stack->Parameters.Read.Length;
    seen_offset = stack->Parameters.Read.ByteOffset.QuadPart;
    if (stack->MajorFunction == IRP_MJ_READ)
        memcpy(transfer_buffer(device, irp), store, length);
    else
        memcpy(store, transfer_buffer(device, irp), length);
    return test_complete(irp, STATUS_SUCCESS, length);
}

static void writes_and_reads_back(struct machine *m, ULONG flags) {
    size_t size;
    test_flags = flags;
    test_lower[IRP_MJ_READ] = test_lower[IRP_MJ_WRITE] = transfer;
    test_load(m);
    uint64_t handle = test_open(m);
    memset(store, 0, sizeof store);
    struct wdmsim_request *request = TEST_RUN(m, .operation = WDMSIM_WRITE, .handle = handle,
                                              .input = "sixteen", .input_size = 8, .offset = 512);
    assert_int_equal(wdmsim_request_information(request), 8);
    assert_int_equal(seen_offset, 512);
    assert_string_equal(store, "sixteen");
    request =
        TEST_RUN(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 8, .offset = -1);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
    assert_int_equal(seen_offset, 0);
    assert_string_equal(wdmsim_request_output(request, &size), "sixteen");
}

static void a_buffered_device_sees_system_buffers(struct machine *m) {
    writes_and_reads_back(m, DO_BUFFERED_IO);
}

static void a_direct_device_sees_mdls(struct machine *m) { writes_and_reads_back(m, DO_DIRECT_IO); }

static void another_device_sees_user_addresses(struct machine *m) { writes_and_reads_back(m, 0); }

/* Check that a synchronous file's requests without an offset start at the position that was set. */
static NTSTATUS advance(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    seen_offset = stack->Parameters.Read.ByteOffset.QuadPart;
    stack->FileObject->CurrentByteOffset.QuadPart = seen_offset + stack->Parameters.Read.Length;
    return test_complete(irp, STATUS_SUCCESS, stack->Parameters.Read.Length);
}

static void a_synchronous_file_has_a_position(struct machine *m) {
    test_flags = DO_BUFFERED_IO;
    test_lower[IRP_MJ_READ] = advance;
    test_load(m);
    uint64_t handle = test_open_as(m, true, 0);
    TEST_RUN(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 10, .offset = -1);
    assert_int_equal(seen_offset, 0);
    TEST_RUN(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 10, .offset = -1);
    assert_int_equal(seen_offset, 10);
    TEST_RUN(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 10, .offset = 100);
    assert_int_equal(seen_offset, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_buffered_device_sees_system_buffers),
        wdmsim_unit_test(a_direct_device_sees_mdls),
        wdmsim_unit_test(another_device_sees_user_addresses),
        wdmsim_unit_test(a_synchronous_file_has_a_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
