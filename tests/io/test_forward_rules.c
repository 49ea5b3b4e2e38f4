/*
 * What Driver Verifier finds when an IRP is sent on: stack locations copied by hand, devices left
 * out, levels and statuses that its major function rules out. And what looks like it, but is right.
 */
#include "io_test.h"

static void expect(ULONG code, void (*body)(struct machine *m)) {
    test_expect_stop(body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, code);
}

static PDEVICE_OBJECT top, below_top;

/* A filter of a third driver above the two, whose routine passes requests on. */
static PDRIVER_DISPATCH top_dispatch;

static int top_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    NTSTATUS status = IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &top);
    if (!NT_SUCCESS(status))
        return status;
    below_top = IoAttachDeviceToDeviceStack(top, test_device);
    for (unsigned i = 0; i < TEST_MAJORS; i++)
        driver->MajorFunction[i] = top_dispatch;
    return STATUS_SUCCESS;
}

static NTSTATUS finished(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS pass_with_routine(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, finished, NULL, TRUE, TRUE, TRUE);
    return IoCallDriver(below_top, irp);
}

static NTSTATUS step_aside(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(below_top, irp);
}

static NTSTATUS copy_whole(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    *IoGetNextIrpStackLocation(irp) = *IoGetCurrentIrpStackLocation(irp);
    return IoCallDriver(test_below, irp);
}

static NTSTATUS mark_and_copy_whole(PDEVICE_OBJECT device, PIRP irp) {
    IoMarkIrpPending(irp);
    copy_whole(device, irp);
    return STATUS_PENDING;
}

static NTSTATUS set_the_same_routine(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, finished, &top, TRUE, TRUE, TRUE);
    return IoCallDriver(test_below, irp);
}

static NTSTATUS pass_past(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoCopyCurrentIrpStackLocationToNext(irp);
    return IoCallDriver(test_device, irp);
}

static NTSTATUS skip_past(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(test_device, irp);
}

/* top over upper over lower; each with its routine for every major function that matters. */
static void load(struct machine *m, PDRIVER_DISPATCH above, PDRIVER_DISPATCH middle) {
    for (unsigned i = 0; middle && i < TEST_MAJORS; i++)
        test_upper[i] = middle;
    test_load(m);
    test_load_filter(m);
    top_dispatch = above;
    test_load_entry(m, "top", top_entry);
}

static void run(struct machine *m) { test_close(m, test_open(m)); }

static void copied_routine(struct machine *m) {
    load(m, pass_with_routine, copy_whole);
    run(m);
}

static void a_copied_completion_routine_is_found(void **state) {
    UNREFERENCED_PARAMETER(state);
    expect(0x207, copied_routine);
}

static void copied_pending(struct machine *m) {
    load(m, step_aside, mark_and_copy_whole);
    run(m);
}

static void a_copied_pending_mark_is_found(void **state) {
    UNREFERENCED_PARAMETER(state);
    expect(0x206, copied_pending);
}

static void past_by_copy(struct machine *m) {
    load(m, pass_past, NULL);
    run(m);
}

static void past_by_skip(struct machine *m) {
    load(m, skip_past, NULL);
    run(m);
}

static void a_device_left_out_is_found(void **state) {
    UNREFERENCED_PARAMETER(state);
    expect(0x211, past_by_copy);
    expect(0x211, past_by_skip);
}

static void a_whole_copy_without_harm_is_none(struct machine *m) {
    load(m, step_aside, copy_whole);
    run(m);
}

static void one_routine_at_two_locations_is_no_copy(struct machine *m) {
    load(m, pass_with_routine, set_the_same_routine); /* with a context of its own */
    run(m);
}

/* Marked pending first and passed on in its own location after that. */
static NTSTATUS mark_and_skip(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    IoSkipCurrentIrpStackLocation(irp);
    IoCallDriver(test_below, irp);
    return STATUS_PENDING;
}

static NTSTATUS succeed_later(PDEVICE_OBJECT device, PIRP irp) {
    IoMarkIrpPending(irp);
    test_succeed(device, irp);
    return STATUS_PENDING;
}

static void skipping_after_the_mark_is_no_copy(struct machine *m) {
    for (unsigned i = 0; i < TEST_MAJORS; i++)
        test_lower[i] = succeed_later;
    load(m, pass_with_routine, mark_and_skip);
    run(m);
}

/* A device of no stack sends a request to the top of one and then, again, to its bottom. */
static PDEVICE_OBJECT other;

static NTSTATUS stop_there(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS send_twice(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    for (unsigned i = 0; i < 2; i++) {
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoGetNextIrpStackLocation(irp)->DeviceObject = i ? top : NULL; /* what it was left with */
        IoSetCompletionRoutine(irp, stop_there, NULL, TRUE, TRUE, TRUE);
        IoCallDriver(i ? test_device : top, irp);
    }
    return test_succeed(device, irp);
}

static int other_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_READ] = send_twice;
    return IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &other);
}

static void a_device_of_another_stack_skips_none(struct machine *m) {
    load(m, step_aside, NULL);
    test_load_entry(m, "other", other_entry);
    PIRP irp = IoAllocateIrp(top->StackSize + 1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(irp, stop_there, NULL, TRUE, TRUE, TRUE);
    assert_int_equal(IoCallDriver(other, irp), STATUS_SUCCESS);
    IoFreeIrp(irp);
}

/* ---- levels and statuses ---- */

static PIRP make(UCHAR major) {
    PIRP irp = IoAllocateIrp(test_filter->StackSize + 1, FALSE);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = major;
    stack->MinorFunction = major == IRP_MJ_PNP ? IRP_MN_QUERY_PNP_DEVICE_STATE : 0;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    return irp;
}

static NTSTATUS keep(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    IoFreeIrp(irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void send_at(UCHAR major, KIRQL level) {
    KIRQL irql;
    PIRP irp = make(major);
    IoSetCompletionRoutine(irp, keep, NULL, TRUE, TRUE, TRUE);
    KeRaiseIrql(level, &irql);
    IoCallDriver(test_filter, irp);
    KeLowerIrql(irql);
}

static void pnp_at_apc_level(struct machine *m) {
    load(m, step_aside, NULL);
    send_at(IRP_MJ_READ, DISPATCH_LEVEL); /* which is as it should be */
    send_at(IRP_MJ_PNP, PASSIVE_LEVEL);
    send_at(IRP_MJ_PNP, APC_LEVEL);
}

static void cleanup_at_dispatch_level(struct machine *m) {
    load(m, step_aside, NULL);
    send_at(IRP_MJ_CLEANUP, APC_LEVEL);
    send_at(IRP_MJ_CLEANUP, DISPATCH_LEVEL);
}

static void a_level_that_does_not_fit_is_found(void **state) {
    UNREFERENCED_PARAMETER(state);
    expect(0x23A, pnp_at_apc_level);
    expect(0x23A, cleanup_at_dispatch_level);
}

static NTSTATUS fail_and_pass(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_UNSUCCESSFUL;
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(test_below, irp);
}

static void failed_pnp(struct machine *m) {
    load(m, step_aside, fail_and_pass);
    send_at(IRP_MJ_READ, PASSIVE_LEVEL); /* where it does not matter */
    send_at(IRP_MJ_PNP, PASSIVE_LEVEL);
}

static void a_failed_request_passed_on_is_found(void **state) {
    UNREFERENCED_PARAMETER(state);
    expect(0x215, failed_pnp);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copied_completion_routine_is_found),
        cmocka_unit_test(a_copied_pending_mark_is_found),
        cmocka_unit_test(a_device_left_out_is_found),
        wdmsim_unit_test(a_whole_copy_without_harm_is_none),
        wdmsim_unit_test(one_routine_at_two_locations_is_no_copy),
        wdmsim_unit_test(skipping_after_the_mark_is_no_copy),
        wdmsim_unit_test(a_device_of_another_stack_skips_none),
        cmocka_unit_test(a_level_that_does_not_fit_is_found),
        cmocka_unit_test(a_failed_request_passed_on_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
