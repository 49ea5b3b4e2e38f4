/* Check what pages forbid: timers stopped from inside or never set up, work items that come back at
 * a raised IRQL, error log entries used twice. */
#include "io_test.h"

static IO_TIMER_ROUTINE stop_itself;
static VOID stop_itself(PDEVICE_OBJECT device, PVOID context) {
    UNREFERENCED_PARAMETER(context);
    IoStopTimer(device);
}

static void a_timer_is_not_stopped_by_its_routine(struct machine *m) {
    test_load(m);
    IoInitializeTimer(test_device, stop_itself, NULL);
    IoStartTimer(test_device);
    wdmsim_expect_bugcheck(SPIN_LOCK_ALREADY_OWNED);
    wdmsim_advance(m, 2 * WDMSIM_S);
}

static void a_timer_is_set_up_before_it_starts(struct machine *m) {
    test_load(m);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    IoStartTimer(test_device);
}

static PVOID stopped_context;

static IO_WORKITEM_ROUTINE raise;
static VOID raise(PDEVICE_OBJECT device, PVOID context) {
    KIRQL irql;
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
}

static void returning_raised_body(struct machine *m) {
    test_load(m);
    IoQueueWorkItem(IoAllocateWorkItem(test_device), raise, DelayedWorkQueue, &stopped_context);
}

static void a_work_item_returns_at_passive_level(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(returning_raised_body, WORKER_THREAD_RETURNED_AT_BAD_IRQL,
                     (ULONG_PTR)(void *)raise);
    assert_int_equal(test_stopped.parameters[1], DISPATCH_LEVEL);
    assert_int_equal(test_stopped.parameters[2], (ULONG_PTR)&stopped_context);
}

static void an_entry_is_written_once(struct machine *m) {
    test_load(m);
    PVOID entry = IoAllocateErrorLogEntry(test_device, sizeof(IO_ERROR_LOG_PACKET));
    IoWriteErrorLogEntry(entry);
    wdmsim_expect_bugcheck(BAD_POOL_CALLER);
    IoFreeErrorLogEntry(entry);
}

static void a_device_is_detached_before_it_is_deleted(struct machine *m) {
    test_load(m);
    test_load_filter(m);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION);
    IoDeleteDevice(test_filter);
}

/* ---- IRPs that the caller cannot wait for ---- */

static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    return STATUS_PENDING;
}

static KEVENT event;
static IO_STATUS_BLOCK iosb;

static PIRP build(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = pend;
    test_load(m);
    return IoBuildDeviceIoControlRequest(TEST_CODE(0x800, METHOD_NEITHER), test_device, NULL, 0,
                                         NULL, 0, FALSE, &event, &iosb);
}

static void at_apc_level_body(struct machine *m) {
    KIRQL irql;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = build(m);
    KeRaiseIrql(APC_LEVEL, &irql);
    IoCallDriver(test_device, irp);
}

static void an_irp_that_ends_in_an_apc_is_sent_below_apc_level(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(at_apc_level_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x302);
    assert_int_equal(test_stopped.parameters[3], APC_LEVEL);
}

static void set_event_body(struct machine *m) {
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    IoCallDriver(test_device, build(m));
}

static void an_event_is_not_set_before_its_irp_is_sent(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(set_event_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x307);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_timer_is_not_stopped_by_its_routine),
        wdmsim_unit_test(a_timer_is_set_up_before_it_starts),
        cmocka_unit_test(a_work_item_returns_at_passive_level),
        wdmsim_unit_test(an_entry_is_written_once),
        wdmsim_unit_test(a_device_is_detached_before_it_is_deleted),
        cmocka_unit_test(an_irp_that_ends_in_an_apc_is_sent_below_apc_level),
        cmocka_unit_test(an_event_is_not_set_before_its_irp_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
