/* METHOD_NEITHER: the driver gets the caller's addresses as they are, good or bad. */
#include "io_test.h"

static PVOID seen_input, seen_output;

static NTSTATUS look(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    seen_input = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.Type3InputBuffer;
    seen_output = irp->UserBuffer;
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void addresses_arrive_unchecked(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = look;
    test_load(m);
    uint64_t handle = test_open(m);
    TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle,
             .code = TEST_CODE(0x803, METHOD_NEITHER), .raw_addresses = true,
             .input_address = 0x1230, .input_size = 4, .output_address = 0x4560, .output_size = 4);
    assert_ptr_equal(seen_input, (PVOID)0x1230);
    assert_ptr_equal(seen_output, (PVOID)0x4560);
}

/* Check that the other methods refuse addresses that are not the caller's memory, before the driver
 * is asked. */
static void other_methods_probe(struct machine *m) {
    static const ULONG methods[] = {METHOD_BUFFERED, METHOD_IN_DIRECT, METHOD_OUT_DIRECT};
    test_lower[IRP_MJ_DEVICE_CONTROL] = look;
    test_load(m);
    uint64_t handle = test_open(m);
    for (unsigned i = 0; i < 3; i++) {
        seen_output = NULL;
        struct wdmsim_request *request = TEST_RUN(
            m, .operation = WDMSIM_IOCTL, .handle = handle, .code = TEST_CODE(0x804, methods[i]),
            .raw_addresses = true, .output_address = 0x4560, .output_size = 4);
        assert_int_equal(wdmsim_request_status(request), (uint32_t)STATUS_ACCESS_VIOLATION);
        assert_null(seen_output);
    }
    assert_int_equal(wdmsim_irps_in_flight(m), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(addresses_arrive_unchecked),
        wdmsim_unit_test(other_methods_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
