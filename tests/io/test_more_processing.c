/* STATUS_MORE_PROCESSING_REQUIRED: a driver keeps an IRP on its way up and completes it again
 * later. */
#include "io_test.h"

static KEVENT done;
static unsigned lower_calls;

static NTSTATUS count(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    lower_calls++;
    return test_complete(irp, STATUS_SUCCESS, lower_calls);
}

static NTSTATUS catch (PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Sends the IRP down twice before it lets it go. */
static NTSTATUS send_twice(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    for (unsigned i = 0; i < 2; i++) {
        KeInitializeEvent(&done, NotificationEvent, FALSE);
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoSetCompletionRoutine(irp, catch, &done, TRUE, TRUE, TRUE);
        IoCallDriver(test_below, irp);
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
    }
    return test_complete(irp, STATUS_SUCCESS, irp->IoStatus.Information);
}

static void an_irp_can_go_down_again(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = count;
    test_upper[IRP_MJ_DEVICE_CONTROL] = send_twice;
    test_load(m);
    test_load_filter(m);
    lower_calls = 0;
    uint64_t handle = test_open(m);
    struct wdmsim_request *request = TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle,
                                              .code = TEST_CODE(0x800, METHOD_NEITHER));
    assert_int_equal(wdmsim_request_information(request), 2);
    assert_int_equal(lower_calls, 2);
}

static NTSTATUS forward(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    if (!IoForwardIrpSynchronously(test_below, irp))
        return test_complete(irp, STATUS_UNSUCCESSFUL, 0);
    return test_complete(irp, STATUS_SUCCESS, irp->IoStatus.Information + 10);
}

static void forwarding_synchronously_comes_back(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = count;
    test_upper[IRP_MJ_DEVICE_CONTROL] = forward;
    test_load(m);
    test_load_filter(m);
    lower_calls = 0;
    uint64_t handle = test_open(m);
    struct wdmsim_request *request = TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle,
                                              .code = TEST_CODE(0x800, METHOD_NEITHER));
    assert_int_equal(wdmsim_request_information(request), 11);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_irp_can_go_down_again),
        wdmsim_unit_test(forwarding_synchronously_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
