/* Cancelling: what IoCancelIrp does with and without a cancel routine, and what a cancel routine
 * must do. */
#include "io_test.h"

static PIRP kept;
static unsigned cancels;
static KIRQL seen_irql;

static VOID cancel_kept(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    cancels++;
    seen_irql = KeGetCurrentIrql();
    IoReleaseCancelSpinLock(irp->CancelIrql);
    test_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS pend_cancelable(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, cancel_kept);
    kept = irp;
    return STATUS_PENDING;
}

static NTSTATUS pend_stubborn(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    kept = irp;
    return STATUS_PENDING;
}

static void the_routine_completes_it(struct machine *m) {
    test_lower[IRP_MJ_READ] = pend_cancelable;
    test_load(m);
    uint64_t handle = test_open(m);
    struct wdmsim_request *request =
        TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 4);
    assert_false(wdmsim_request_done(request));
    assert_int_equal(wdmsim_irps_in_flight(m), 1);
    assert_true(wdmsim_request_irp(request) != 0);
    cancels = 0;
    assert_int_equal(wdmsim_cancel(m, request), 0);
    assert_int_equal(wdmsim_wait(m, request, WDMSIM_S), 0);
    assert_int_equal(wdmsim_request_status(request), (uint32_t)STATUS_CANCELLED);
    assert_int_equal(cancels, 1);
    assert_int_equal(seen_irql, DISPATCH_LEVEL);
    assert_int_equal(wdmsim_cancel(m, request), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_irps_in_flight(m), 0);
}

static void without_a_routine_only_the_mark_is_set(struct machine *m) {
    test_lower[IRP_MJ_READ] = pend_stubborn;
    test_load(m);
    uint64_t handle = test_open(m);
    struct wdmsim_request *request =
        TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 4);
    assert_false(IoCancelIrp(kept));
    assert_true(kept->Cancel);
    assert_false(wdmsim_request_done(request));
    test_complete(kept, STATUS_SUCCESS, 0);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
}

static VOID cancel_and_keep_lock(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
}

static void the_lock_must_be_released(struct machine *m) {
    test_lower[IRP_MJ_READ] = pend_stubborn;
    test_load(m);
    uint64_t handle = test_open(m);
    TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 4);
    IoSetCancelRoutine(kept, cancel_and_keep_lock);
    wdmsim_expect_bugcheck(DRIVER_RETURNED_HOLDING_CANCEL_LOCK);
    IoCancelIrp(kept);
}

/* Check that a process that ends takes its requests back before its handles are closed. */
static void a_process_that_ends_cancels(struct machine *m) {
    struct wdmsim_process *process;
    test_lower[IRP_MJ_READ] = pend_cancelable;
    test_load(m);
    assert_int_equal(wdmsim_process_create(m, "victim.exe", &process), 0);
    uint64_t handle = wdmsim_request_handle(
        TEST_RUN(m, .operation = WDMSIM_OPEN, .process = process, .path = "\\\\.\\lower"));
    struct wdmsim_request *request = TEST_SUBMIT(m, .operation = WDMSIM_READ, .process = process,
                                                 .handle = handle, .output_size = 4);
    cancels = 0;
    assert_int_equal(wdmsim_process_exit(m, process), 0);
    wdmsim_advance(m, WDMSIM_S);
    assert_int_equal(cancels, 1);
    assert_true(wdmsim_request_done(request));
    assert_int_equal(wdmsim_request_status(request), (uint32_t)STATUS_CANCELLED);
    assert_int_equal(test_device->ReferenceCount, 0);
}

/* Check that a request on a synchronous file, whose thread waits in the service, can be canceled
 * from outside. */
static void a_blocked_thread_can_be_released(struct machine *m) {
    test_lower[IRP_MJ_READ] = pend_cancelable;
    test_load(m);
    uint64_t handle = test_open_as(m, true, 0);
    struct wdmsim_request *request =
        TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 4);
    assert_false(wdmsim_request_done(request));
    wdmsim_cancel(m, request);
    assert_int_equal(wdmsim_wait(m, request, WDMSIM_S), 0);
    assert_int_equal(wdmsim_request_returned(request), (uint32_t)STATUS_CANCELLED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_routine_completes_it),
        wdmsim_unit_test(without_a_routine_only_the_mark_is_set),
        wdmsim_unit_test(the_lock_must_be_released),
        wdmsim_unit_test(a_process_that_ends_cancels),
        wdmsim_unit_test(a_blocked_thread_can_be_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
