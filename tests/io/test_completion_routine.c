/* Which completion routines run, in which order, with which device. */
#include "io_test.h"

static unsigned calls;
static PDEVICE_OBJECT seen_device;

static NTSTATUS note(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    assert_ptr_equal(context, irp);
    calls++;
    seen_device = device;
    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS lower_status;
static BOOLEAN on_success, on_error, on_cancel;

static NTSTATUS complete_with(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    return test_complete(irp, lower_status, 0);
}

static NTSTATUS send_with_routine(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, note, irp, on_success, on_error, on_cancel);
    return IoCallDriver(test_below, irp);
}

static void the_conditions_decide(struct machine *m) {
    static const struct {
        BOOLEAN success, error, cancel;
        NTSTATUS status;
        BOOLEAN canceled;
        unsigned calls;
    } rows[] = {
        {TRUE, FALSE, FALSE, STATUS_SUCCESS, FALSE, 1},
        {TRUE, FALSE, FALSE, STATUS_UNSUCCESSFUL, FALSE, 0},
        {FALSE, TRUE, FALSE, STATUS_SUCCESS, FALSE, 0},
        {FALSE, TRUE, FALSE, STATUS_UNSUCCESSFUL, FALSE, 1},
        {FALSE, FALSE, TRUE, STATUS_SUCCESS, FALSE, 0},
        {FALSE, FALSE, TRUE, STATUS_SUCCESS, TRUE, 1},
        {FALSE, FALSE, TRUE, STATUS_CANCELLED, TRUE, 1},
        {FALSE, FALSE, FALSE, STATUS_CANCELLED, TRUE, 0},
        {TRUE, FALSE, FALSE, STATUS_BUFFER_OVERFLOW, FALSE, 0},
        {FALSE, TRUE, FALSE, STATUS_BUFFER_OVERFLOW, FALSE, 1},
    };
    test_lower[IRP_MJ_FLUSH_BUFFERS] = complete_with;
    test_upper[IRP_MJ_FLUSH_BUFFERS] = send_with_routine;
    test_load(m);
    test_load_filter(m);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        IO_STATUS_BLOCK iosb;
        KEVENT event;
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, test_filter, NULL, 0, NULL,
                                                &event, &iosb);
        on_success = rows[i].success;
        on_error = rows[i].error;
        on_cancel = rows[i].cancel;
        lower_status = rows[i].status;
        irp->Cancel = rows[i].canceled;
        calls = 0;
        assert_int_equal(IoCallDriver(test_filter, irp), rows[i].status);
        assert_int_equal(calls, rows[i].calls);
        if (calls)
            assert_ptr_equal(seen_device, test_filter);
    }
}

/* Check that the creator's own routine sees no device, and that the IRP is its own again after it.
 */
static NTSTATUS keep(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(irp);
    seen_device = device;
    *(BOOLEAN *)context = TRUE;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void the_creator_has_no_device(struct machine *m) {
    BOOLEAN done = FALSE;
    test_load(m);
    PIRP irp = IoAllocateIrp(test_device->StackSize, FALSE);
    seen_device = test_device;
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    IoSetCompletionRoutine(irp, keep, &done, TRUE, TRUE, TRUE);
    assert_int_equal(wdmsim_irps_in_flight(m), 0);
    assert_int_equal(IoCallDriver(test_device, irp), STATUS_SUCCESS);
    assert_true(done);
    assert_null(seen_device);
    assert_int_equal(wdmsim_irps_in_flight(m), 0);
    assert_int_equal(irp->CurrentLocation, irp->StackCount + 1);
    IoFreeIrp(irp);
}

static PIRP pended;
static KIRQL routine_irql;

static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    pended = irp;
    return STATUS_PENDING;
}

static NTSTATUS note_irql(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    routine_irql = KeGetCurrentIrql();
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP send_pended(struct machine *m, PKEVENT event) {
    UNREFERENCED_PARAMETER(m);
    PIRP irp = IoAllocateIrp(test_device->StackSize, FALSE);
    KeInitializeEvent(event, NotificationEvent, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    IoSetCompletionRoutine(irp, note_irql, event, TRUE, TRUE, TRUE);
    assert_int_equal(IoCallDriver(test_device, irp), STATUS_PENDING);
    return irp;
}

/* Check that a routine runs at the level at which the IRP is completed, in whatever context. */
static void a_routine_runs_at_the_level_of_the_completion(struct machine *m) {
    KEVENT event;
    KIRQL irql;
    test_lower[IRP_MJ_FLUSH_BUFFERS] = pend;
    test_load(m);
    PIRP irp = send_pended(m, &event);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    test_complete(pended, STATUS_SUCCESS, 0);
    KeLowerIrql(irql);
    assert_int_equal(routine_irql, DISPATCH_LEVEL);
    IoFreeIrp(irp);
    irp = send_pended(m, &event);
    test_complete(pended, STATUS_SUCCESS, 0);
    assert_int_equal(routine_irql, PASSIVE_LEVEL);
    IoFreeIrp(irp);
}

static void completing_above_dispatch_level(struct machine *m) {
    KEVENT event;
    KIRQL irql;
    test_lower[IRP_MJ_FLUSH_BUFFERS] = pend;
    test_load(m);
    send_pended(m, &event);
    KeRaiseIrql(DISPATCH_LEVEL + 1, &irql);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    test_complete(pended, STATUS_SUCCESS, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_conditions_decide),
        wdmsim_unit_test(the_creator_has_no_device),
        wdmsim_unit_test(a_routine_runs_at_the_level_of_the_completion),
        wdmsim_unit_test(completing_above_dispatch_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
