/*
 * A plug-in and a device whose driver registers in its START, as drivers do: the order of what the
 * plug-in and the driver are told.
 */
#include "pep_test.h"

static PDEVICE_OBJECT self, lower;

static NTSTATUS wait_below(PIRP irp) {
    return IoForwardIrpSynchronously(lower, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
}

static NTSTATUS stack_pnp(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status;

    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        fx_log(&fx, "START ");
        status = wait_below(irp);
        if (!fx.handle) {
            struct fx_description d = fx_describe(&fx, 1, 1);
            d.device.DevicePowerNotRequiredCallback = NULL;
            d.device.DevicePowerRequiredCallback = NULL;
            fx_register(&fx, &d);
            PoFxStartDevicePowerManagement(fx.handle);
        }
        irp->IoStatus.Status = status;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
        return status;
    case IRP_MN_REMOVE_DEVICE:
        fx_log(&fx, "REMOVE ");
        PoFxUnregisterDevice(fx.handle);
        irp->IoStatus.Status = STATUS_SUCCESS;
        IoSkipCurrentIrpStackLocation(irp);
        status = IoCallDriver(lower, irp);
        IoDetachDevice(lower);
        IoDeleteDevice(device);
        return status;
    default:
        IoSkipCurrentIrpStackLocation(irp);
        return IoCallDriver(lower, irp);
    }
}

static NTSTATUS stack_power(PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    (void)device;
    if (stack->MinorFunction == IRP_MN_SET_POWER &&
        stack->Parameters.Power.Type == DevicePowerState)
        fx_log(&fx, "IRP:D%u ", (unsigned)stack->Parameters.Power.State.DeviceState - 1);
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(lower, irp);
}

static NTSTATUS stack_add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    NTSTATUS status = IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &self);
    if (!NT_SUCCESS(status))
        return status;
    fx.pdo = pdo;
    fx.node = wdmsim_node_of_device(fx_machine(), pdo);
    lower = IoAttachDeviceToDeviceStack(self, pdo);
    self->Flags |= lower->Flags & DO_POWER_PAGABLE;
    self->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID stack_unload(PDRIVER_OBJECT driver) { (void)driver; }

static int stack_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    (void)path;
    driver->MajorFunction[IRP_MJ_PNP] = stack_pnp;
    driver->MajorFunction[IRP_MJ_POWER] = stack_power;
    driver->DriverExtension->AddDevice = stack_add;
    driver->DriverUnload = stack_unload;
    return STATUS_SUCCESS;
}

static uint32_t plug(struct machine *m) {
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    uint32_t node = 0;
    pep_fresh();
    pep_register_plugin();
    fx.active[0] = true;
    description.device_id = "TEST\\DEVICE";
    description.function = "stack";
    assert_int_equal(wdmsim_service_define_entry(m, "stack", (wdmsim_driver_entry *)stack_entry),
                     0);
    assert_int_equal(wdmsim_plug(m, WDMSIM_ROOT_NODE, &description, &node), 0);
    return node;
}

/* PFX-090 */
static void
pfx_090_prepare_precedes_the_start_irp_and_abandon_follows_the_removal(struct machine *m) {
    uint32_t node = plug(m);
    assert_int_equal(strncmp(fx.log, "PREPARE START REGISTER STARTED ", 31), 0);
    fx_clear(&fx);
    assert_int_equal(wdmsim_unplug(m, node), 0);
    wdmsim_settle(m);
    assert_non_null(strstr(fx.log, "REMOVE UNREGISTER ABANDON "));
}

static VOID went(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context,
                 PIO_STATUS_BLOCK status) {
    (void)device, (void)minor, (void)state, (void)status;
    *(bool *)context = true;
}

static void request(struct machine *m, DEVICE_POWER_STATE to) {
    POWER_STATE state = {.DeviceState = to};
    bool done = false;
    assert_int_equal(PoRequestPowerIrp(self, IRP_MN_SET_POWER, state, went, &done, NULL),
                     STATUS_PENDING);
    wdmsim_settle(m);
    assert_true(done);
}

/* PFX-097 */
static void pfx_097_a_d_irp_is_announced_before_and_reported_after(struct machine *m) {
    plug(m);
    wdmsim_settle(m);
    fx_clear(&fx);
    request(m, PowerDeviceD3);
    fx_expect_now("D3- IRP:D3 D3+ ");
    request(m, PowerDeviceD0);
    fx_expect_now("D0- IRP:D0 D0+ ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pfx_090_prepare_precedes_the_start_irp_and_abandon_follows_the_removal),
        wdmsim_unit_test(pfx_097_a_d_irp_is_announced_before_and_reported_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
