/* Direct control requests: the input is copied, the output buffer is locked and reached through an
 * MDL. */
#include "io_test.h"

static NTSTATUS copy_through_mdl(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG length = stack->Parameters.DeviceIoControl.InputBufferLength;
    UNREFERENCED_PARAMETER(device);
    char *output = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    if (MmGetMdlByteCount(irp->MdlAddress) != stack->Parameters.DeviceIoControl.OutputBufferLength)
        return test_complete(irp, STATUS_BUFFER_TOO_SMALL, 0);
    memcpy(output, irp->AssociatedIrp.SystemBuffer, length);
    return test_complete(irp, STATUS_SUCCESS, length);
}

/* Check that what a driver writes through the MDL is in the caller's buffer. */
static void the_output_is_written_in_place(struct machine *m) {
    size_t size;
    test_lower[IRP_MJ_DEVICE_CONTROL] = copy_through_mdl;
    test_load(m);
    uint64_t handle = test_open(m);
    struct wdmsim_request *request = TEST_RUN(
        m, .operation = WDMSIM_IOCTL, .handle = handle, .code = TEST_CODE(0x801, METHOD_OUT_DIRECT),
        .input = "direct", .input_size = 7, .output_size = 5000);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
    assert_string_equal(wdmsim_request_output(request, &size), "direct");
}

static NTSTATUS sum_through_mdl(PDEVICE_OBJECT device, PIRP irp) {
    const UCHAR *data = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    ULONG_PTR sum = 0;
    UNREFERENCED_PARAMETER(device);
    for (ULONG i = 0; i < MmGetMdlByteCount(irp->MdlAddress); i++)
        sum += data[i];
    return test_complete(irp, STATUS_SUCCESS, sum);
}

/* Check that an in-direct request lets the driver read the second buffer. */
static void the_second_buffer_is_input_of_an_in_direct_request(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = sum_through_mdl;
    test_load(m);
    uint64_t handle = test_open(m);
    struct wdmsim_request *request =
        TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle,
                 .code = TEST_CODE(0x802, METHOD_IN_DIRECT), .output = "\1\2\3", .output_size = 3);
    assert_int_equal(wdmsim_request_information(request), 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_output_is_written_in_place),
        wdmsim_unit_test(the_second_buffer_is_input_of_an_in_direct_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
