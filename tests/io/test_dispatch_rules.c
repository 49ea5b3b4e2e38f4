/* What a dispatch or completion routine does wrong with an IRP, and the bug check for it. */
#include "io_test.h"

static PIRP kept;

static NTSTATUS pend_unmarked(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    kept = irp;
    return STATUS_PENDING;
}

static NTSTATUS pend_and_succeed(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    kept = irp;
    return STATUS_SUCCESS;
}

static NTSTATUS complete_and_differ(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    test_complete(irp, STATUS_UNSUCCESSFUL, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS forget(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    return STATUS_SUCCESS;
}

static NTSTATUS stay_raised(PDEVICE_OBJECT device, PIRP irp) {
    KIRQL irql;
    UNREFERENCED_PARAMETER(device);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS complete_twice(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    test_complete(irp, STATUS_SUCCESS, 0);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID cancel_nothing(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
}

static NTSTATUS complete_cancelable(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoSetCancelRoutine(irp, cancel_nothing);
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS complete_with_pending(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    return test_complete(irp, STATUS_PENDING, 0);
}

static NTSTATUS send_below_the_stack(PDEVICE_OBJECT device, PIRP irp) {
    IoCopyCurrentIrpStackLocationToNext(irp);
    return IoCallDriver(device, irp);
}

static NTSTATUS send_cancelable(PDEVICE_OBJECT device, PIRP irp) {
    IoSetCancelRoutine(irp, cancel_nothing);
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(device, irp);
}

static NTSTATUS send_to_nobody(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(NULL, irp);
}

static void send(struct machine *m, PDRIVER_DISPATCH dispatch) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = dispatch;
    test_load(m);
    uint64_t handle = test_open(m);
    TEST_SUBMIT(m, .operation = WDMSIM_IOCTL, .handle = handle,
                .code = TEST_CODE(0x800, METHOD_NEITHER));
}

/* X(test, dispatch routine, bug check, its first parameter; 0: the IRP) */
#define RULES(X)                                                                                   \
    X(pending_must_be_marked, pend_unmarked, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x23D)           \
    X(marked_must_return_pending, pend_and_succeed, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x23E)    \
    X(the_status_completed_is_returned, complete_and_differ, DRIVER_VERIFIER_IOMANAGER_VIOLATION,  \
      0x224)                                                                                       \
    X(an_irp_must_not_be_forgotten, forget, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x226)            \
    X(irql_must_be_restored, stay_raised, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x05)               \
    X(completing_with_status_pending, complete_with_pending, DRIVER_VERIFIER_IOMANAGER_VIOLATION,  \
      0x06)                                                                                        \
    X(sending_cancelable, send_cancelable, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x203)             \
    X(sending_to_nobody, send_to_nobody, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x204)

#define RULE(name, dispatch, code, first)                                                          \
    static void name##_body(struct machine *m) { send(m, dispatch); }                              \
    static void name(void **state) {                                                               \
        UNREFERENCED_PARAMETER(state);                                                             \
        test_expect_stop(name##_body, code, first);                                                \
    }
RULES(RULE)

static void completing_twice(struct machine *m) {
    wdmsim_expect_bugcheck(MULTIPLE_IRP_COMPLETE_REQUESTS);
    send(m, complete_twice);
}

static void completing_with_a_cancel_routine(struct machine *m) {
    wdmsim_expect_bugcheck(CANCEL_STATE_IN_COMPLETED_IRP);
    send(m, complete_cancelable);
}

static void no_more_stack_locations(struct machine *m) {
    wdmsim_expect_bugcheck(NO_MORE_IRP_STACK_LOCATIONS);
    send(m, send_below_the_stack);
}

static NTSTATUS pend_and_complete(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    test_complete(irp, STATUS_SUCCESS, 0);
    return STATUS_PENDING;
}

static NTSTATUS ignore_pending(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS send_ignoring(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, ignore_pending, NULL, TRUE, TRUE, TRUE);
    return IoCallDriver(test_below, irp);
}

/* Check that a completion routine passes the pending mark on. */
static void unmarked_body(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = pend_and_complete;
    test_upper[IRP_MJ_DEVICE_CONTROL] = send_ignoring;
    test_load(m);
    test_load_filter(m);
    uint64_t handle = test_open(m);
    TEST_SUBMIT(m, .operation = WDMSIM_IOCTL, .handle = handle,
                .code = TEST_CODE(0x800, METHOD_NEITHER));
}

static void a_completion_routine_marks_pending(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(unmarked_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x228);
}

static NTSTATUS copy_down(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoCopyCurrentIrpStackLocationToNext(irp);
    return IoCallDriver(test_below, irp);
}

/* Check that without a completion routine the mark goes up by itself. */
static void the_mark_goes_up_by_itself(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = pend_and_complete;
    test_upper[IRP_MJ_DEVICE_CONTROL] = copy_down;
    test_load(m);
    test_load_filter(m);
    uint64_t handle = test_open(m);
    struct wdmsim_request *request = TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle,
                                              .code = TEST_CODE(0x800, METHOD_NEITHER));
    assert_int_equal(wdmsim_request_returned(request), STATUS_PENDING);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define RULE_TEST(name, dispatch, code, first) cmocka_unit_test(name),
        RULES(RULE_TEST) cmocka_unit_test(a_completion_routine_marks_pending),
        wdmsim_unit_test(completing_twice),
        wdmsim_unit_test(completing_with_a_cancel_routine),
        wdmsim_unit_test(no_more_stack_locations),
        wdmsim_unit_test(the_mark_goes_up_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
