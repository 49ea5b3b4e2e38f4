/* Connecting a service routine: it runs at its IRQL, queues the device's DPC, and leaves with its
 * connection. */
#include "io_test.h"

static unsigned interrupts, dpcs;
static KIRQL isr_irql, dpc_irql;

static KSERVICE_ROUTINE isr;
static IO_DPC_ROUTINE dpc;

static PKINTERRUPT served;
static IRP request;

static BOOLEAN isr(PKINTERRUPT interrupt, PVOID context) {
    served = interrupt;
    assert_ptr_equal(context, test_device);
    interrupts++;
    isr_irql = KeGetCurrentIrql();
    IoRequestDpc(context, &request, &interrupts);
    return TRUE;
}

static VOID dpc(PKDPC object, PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    assert_ptr_equal(object, &device->Dpc);
    assert_ptr_equal(device, test_device);
    assert_ptr_equal(irp, &request);
    assert_ptr_equal(context, &interrupts);
    dpcs++;
    dpc_irql = KeGetCurrentIrql();
}

static NTSTATUS connect(PKINTERRUPT *interrupt, BOOLEAN share) {
    return IoConnectInterrupt(interrupt, isr, test_device, NULL, 0x51, 5, 5, Latched, share, 1,
                              FALSE);
}

static void an_edge_runs_routine_and_dpc(struct machine *m) {
    PKINTERRUPT interrupt;
    test_load(m);
    IoInitializeDpcRequest(test_device, dpc);
    interrupts = dpcs = 0;
    assert_int_equal(connect(&interrupt, FALSE), STATUS_SUCCESS);
    assert_int_equal(wdmsim_interrupt_raise(m, 0x51), 0);
    wdmsim_settle(m);
    assert_int_equal(interrupts, 1);
    assert_int_equal(dpcs, 1);
    assert_ptr_equal(served, interrupt);
    assert_int_equal(isr_irql, 5);
    assert_int_equal(dpc_irql, DISPATCH_LEVEL);
    IoDisconnectInterrupt(interrupt);
    assert_int_equal(wdmsim_interrupt_raise(m, 0x51), WDMSIM_ERROR_NOT_FOUND);
    wdmsim_settle(m);
    assert_int_equal(interrupts, 1);
}

static void a_line_is_shared_only_by_consent(struct machine *m) {
    PKINTERRUPT first, second;
    test_load(m);
    assert_int_equal(connect(&first, FALSE), STATUS_SUCCESS);
    assert_int_equal(connect(&second, TRUE), STATUS_INVALID_PARAMETER);
    IoDisconnectInterrupt(first);
    assert_int_equal(connect(&first, TRUE), STATUS_SUCCESS);
    assert_int_equal(connect(&second, TRUE), STATUS_SUCCESS);
    IoDisconnectInterrupt(second);
    IoDisconnectInterrupt(first);
}

static void no_processor_no_connection(struct machine *m) {
    PKINTERRUPT interrupt;
    test_load(m);
    assert_int_equal(IoConnectInterrupt(&interrupt, isr, test_device, NULL, 0x51, 5, 5, Latched,
                                        FALSE, 0, FALSE),
                     STATUS_INVALID_PARAMETER);
}

/* Check the extended form, and that what comes while an interrupt is reported inactive waits. */
static void inactive_interrupts_wait(struct machine *m) {
    PKINTERRUPT interrupt;
    GROUP_AFFINITY affinity;
    test_load(m);
    IoInitializeDpcRequest(test_device, dpc);
    interrupts = 0;
    IO_CONNECT_INTERRUPT_PARAMETERS connection = {.Version = CONNECT_FULLY_SPECIFIED};
    connection.FullySpecified.InterruptObject = &interrupt;
    connection.FullySpecified.ServiceRoutine = isr;
    connection.FullySpecified.ServiceContext = test_device;
    connection.FullySpecified.Vector = 0x61;
    connection.FullySpecified.Irql = 6;
    connection.FullySpecified.InterruptMode = Latched;
    connection.FullySpecified.ProcessorEnableMask = 1;
    assert_int_equal(IoConnectInterruptEx(&connection), STATUS_SUCCESS);
    assert_int_equal(IoGetAffinityInterrupt(interrupt, &affinity), STATUS_SUCCESS);
    assert_int_equal(affinity.Mask, 1);
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS report = {.Version = CONNECT_FULLY_SPECIFIED};
    report.ConnectionContext.InterruptObject = interrupt;
    IoReportInterruptInactive(&report);
    wdmsim_interrupt_raise(m, 0x61);
    wdmsim_settle(m);
    assert_int_equal(interrupts, 0);
    IoReportInterruptActive(&report);
    wdmsim_settle(m);
    assert_int_equal(interrupts, 1);
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {.Version = CONNECT_FULLY_SPECIFIED};
    end.ConnectionContext.InterruptObject = interrupt;
    IoDisconnectInterruptEx(&end);
    assert_int_equal(wdmsim_interrupt_raise(m, 0x61), WDMSIM_ERROR_NOT_FOUND);
    wdmsim_settle(m);
    assert_int_equal(interrupts, 1);
}

static void a_device_without_resources_has_no_line(struct machine *m) {
    PKINTERRUPT interrupt;
    test_load(m);
    IO_CONNECT_INTERRUPT_PARAMETERS connection = {.Version = CONNECT_LINE_BASED};
    connection.LineBased.PhysicalDeviceObject = test_device;
    connection.LineBased.InterruptObject = &interrupt;
    connection.LineBased.ServiceRoutine = isr;
    assert_int_equal(IoConnectInterruptEx(&connection), STATUS_NOT_FOUND);
    connection.Version = 99;
    assert_int_equal(IoConnectInterruptEx(&connection), STATUS_NOT_SUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_edge_runs_routine_and_dpc),
        wdmsim_unit_test(a_line_is_shared_only_by_consent),
        wdmsim_unit_test(no_processor_no_connection),
        wdmsim_unit_test(inactive_interrupts_wait),
        wdmsim_unit_test(a_device_without_resources_has_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
