/* A buffered control request: input and output through one system buffer, copied in and out by the
 * I/O manager. */
#include "io_test.h"

#define IOCTL_UPPER TEST_CODE(0x800, METHOD_BUFFERED)

static NTSTATUS upper_case(PDEVICE_OBJECT device, PIRP irp) {
    ULONG length = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.InputBufferLength;
    char *buffer = irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(device);
    for (ULONG i = 0; i < length; i++)
        buffer[i] = (char)(buffer[i] - 32);
    return test_complete(irp, STATUS_SUCCESS, length);
}

/* Check that the input arrives, and as many bytes come back as IoStatus.Information says. */
static void the_buffer_travels_both_ways(struct machine *m) {
    size_t size;
    test_lower[IRP_MJ_DEVICE_CONTROL] = upper_case;
    test_load(m);
    uint64_t handle = test_open(m);
    struct wdmsim_request *request =
        TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle, .code = IOCTL_UPPER,
                 .input = "driver", .input_size = 6, .output_size = 8);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
    assert_int_equal(wdmsim_request_information(request), 6);
    assert_memory_equal(wdmsim_request_output(request, &size), "DRIVER\0\0", 8);
    assert_int_equal(size, 8);
}

static NTSTATUS lie(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    return test_complete(irp, STATUS_SUCCESS, 100);
}

/* Check that more information than the output buffer has room for is the driver's fault. */
static void too_much_information_is_a_bug_check(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = lie;
    test_load(m);
    uint64_t handle = test_open(m);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION);
    TEST_SUBMIT(m, .operation = WDMSIM_IOCTL, .handle = handle, .code = IOCTL_UPPER,
                .output_size = 8);
}

static NTSTATUS refuse(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    memset(irp->AssociatedIrp.SystemBuffer, 'x', 8);
    return test_complete(irp, STATUS_UNSUCCESSFUL, 8);
}

/* Check that nothing is copied back for an error. */
static void an_error_copies_nothing(struct machine *m) {
    size_t size;
    test_lower[IRP_MJ_DEVICE_CONTROL] = refuse;
    test_load(m);
    uint64_t handle = test_open(m);
    struct wdmsim_request *request = TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle,
                                              .code = IOCTL_UPPER, .output_size = 8);
    assert_int_equal(wdmsim_request_status(request), (uint32_t)STATUS_UNSUCCESSFUL);
    assert_memory_equal(wdmsim_request_output(request, &size), "\0\0\0\0\0\0\0", 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_buffer_travels_both_ways),
        wdmsim_unit_test(too_much_information_is_a_bug_check),
        wdmsim_unit_test(an_error_copies_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
