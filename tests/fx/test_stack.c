/* The framework in a real stack: a function driver started by the PnP manager that registers in its
 * START, requests D-IRPs from the framework's callbacks, and unregisters when it is removed. The
 * log of fx_test.h gets further words: "d3 " a set-power IRP for D3 reaches the driver, "d3. " it
 * is complete, "s3 " one for the system; "start ", "stop ", "remove " PnP IRPs. */
#include "fx_test.h"

struct extension {
    PDEVICE_OBJECT below;
};
static uint32_t device_node;
static PDEVICE_OBJECT fdo;
static ULONGLONG device_flags;
static bool registered;

static VOID powered_on(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context,
                       PIO_STATUS_BLOCK iosb) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(iosb);
    fx_log(&fx, "d%u. ", state.DeviceState - 1);
    if (state.DeviceState == PowerDeviceD0)
        PoFxReportDevicePoweredOn(fx.handle);
}

static void request(DEVICE_POWER_STATE d) {
    POWER_STATE state = {.DeviceState = d};
    assert_int_equal(PoRequestPowerIrp(fx.pdo, IRP_MN_SET_POWER, state, powered_on, NULL, NULL),
                     STATUS_PENDING);
}

static void go_down(void) { request(PowerDeviceD3); }

static VOID power_up(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    fx_log(&fx, "DPR ");
    fx.power_told = false;
    request(PowerDeviceD0);
}

static void register_device(void) {
    struct fx_description d = fx_describe(&fx, 2, 2);
    d.device.Flags = device_flags;
    fx_part(&d, 1)->Flags = PO_FX_COMPONENT_FLAG_F0_ON_DX;
    d.device.DevicePowerRequiredCallback = power_up;
    fx.on_dpnr = go_down;
    assert_int_equal(fx_try(&fx, &d), STATUS_SUCCESS);
    registered = true;
}

static NTSTATUS dispatch_pnp(PDEVICE_OBJECT device, PIRP irp) {
    struct extension *extension = device->DeviceExtension;
    UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
    NTSTATUS status;
    switch (minor) {
    case IRP_MN_START_DEVICE:
        IoForwardIrpSynchronously(extension->below, irp);
        fx_log(&fx, "start ");
        if (!registered) {
            register_device();
            PoFxStartDevicePowerManagement(fx.handle);
        }
        irp->IoStatus.Status = STATUS_SUCCESS;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
    case IRP_MN_STOP_DEVICE:
        fx_log(&fx, "stop ");
        break;
    case IRP_MN_REMOVE_DEVICE:
        fx_log(&fx, "remove ");
        if (registered)
            PoFxUnregisterDevice(fx.handle);
        registered = false;
        irp->IoStatus.Status = STATUS_SUCCESS;
        IoSkipCurrentIrpStackLocation(irp);
        status = IoCallDriver(extension->below, irp);
        IoDetachDevice(extension->below);
        IoDeleteDevice(device);
        return status;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        break;
    default:
        IoSkipCurrentIrpStackLocation(irp);
        return IoCallDriver(extension->below, irp);
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(extension->below, irp);
}

/* The power policy owner's part of a system IRP: the device IRP that belongs to it. */
static NTSTATUS system_power(PDEVICE_OBJECT device, PIRP irp, SYSTEM_POWER_STATE state) {
    struct extension *extension = device->DeviceExtension;
    fx_log(&fx, "s%u ", state - 1);
    if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_SET_POWER)
        request(state == PowerSystemWorking ? PowerDeviceD0 : PowerDeviceD3);
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(extension->below, irp);
}

static NTSTATUS dispatch_power(PDEVICE_OBJECT device, PIRP irp) {
    struct extension *extension = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    bool set = stack->MinorFunction == IRP_MN_SET_POWER;
    if (set && stack->Parameters.Power.Type == SystemPowerState)
        return system_power(device, irp, stack->Parameters.Power.State.SystemState);
    if (set)
        fx_log(&fx, "d%u ", stack->Parameters.Power.State.DeviceState - 1);
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(extension->below, irp);
}

static NTSTATUS add_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    NTSTATUS status =
        IoCreateDevice(driver, sizeof(struct extension), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &fdo);
    if (!NT_SUCCESS(status))
        return status;
    fx.pdo = pdo;
    fx.node = wdmsim_node_of_device(fx_machine(), pdo);
    struct extension *extension = fdo->DeviceExtension;
    extension->below = IoAttachDeviceToDeviceStack(fdo, pdo);
    fdo->Flags |= DO_POWER_PAGABLE;
    fdo->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

static int function_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    driver->DriverExtension->AddDevice = add_device;
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_PNP] = dispatch_pnp;
    driver->MajorFunction[IRP_MJ_POWER] = dispatch_power;
    return STATUS_SUCCESS;
}

static void begin(struct machine *m, ULONGLONG flags) {
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    memset(&fx, 0, sizeof fx);
    for (ULONG i = 0; i < FX_MAX; i++)
        fx.active[i] = true;
    registered = false;
    device_flags = flags;
    description.device_id = "TEST\\FX";
    description.function = "function";
    assert_int_equal(wdmsim_service_define_entry(m, "function", function_entry), 0);
    assert_int_equal(wdmsim_plug(m, WDMSIM_ROOT_NODE, &description, &device_node), 0);
    wdmsim_settle(m);
}

/* Trace T1 with a second component that must be in F0 before the IRP. */
static void a_started_device_goes_to_d3(struct machine *m) {
    begin(m, 0);
    fx_expect("start I0 S0:1 I1 S1:1 DPNR S1:0 d3 d3. ");
    assert_int_equal(fx_look_device(&fx).d_state, 3);
    assert_int_equal(fx_look_device(&fx).power, WDMSIM_FX_POWER_NOT_REQUIRED);
}

/* Trace T2. */
static void an_activation_brings_it_back(struct machine *m) {
    begin(m, 0);
    fx_clear(&fx);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_true(fx.active[0]);
    fx_expect("DPR d0 d0. S1:1 S0:0 A0 ");
    assert_int_equal(fx_look_device(&fx).d_state, 0);
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("I0 S0:1 DPNR S1:0 d3 d3. ");
}

static void pfx_065_it_is_in_d0_before_the_system_sleeps(struct machine *m) {
    begin(m, 0);
    fx_clear(&fx);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    fx_expect("DPR d0 d0. S0:0 A0 A1 s3 d3 d3. ");
    wdmsim_advance(m, 10 * WDMSIM_S);
    fx_expect("");
    assert_int_equal(wdmsim_power_wake(m), 0);
    wdmsim_settle(m);
    assert_ptr_equal(strstr(fx.log, "s0 d0 d0. "), fx.log);
    assert_non_null(strstr(fx.log, "DPNR"));
    assert_int_equal(fx_look_device(&fx).power, WDMSIM_FX_POWER_NOT_REQUIRED);
}

static void pfx_104_the_registration_survives_a_rebalance(struct machine *m) {
    struct wdmsim_pnp_result result;
    begin(m, 0);
    POHANDLE handle = fx.handle;
    fx_clear(&fx);
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_REBALANCE, device_node, &result), 0);
    assert_int_equal(result.status, STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_non_null(strstr(fx.log, "stop "));
    assert_non_null(strstr(fx.log, "start "));
    assert_ptr_equal(fx.handle, handle);
    fx_clear(&fx);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_true(fx.active[0]);
}

static void a_removal_finds_it_powered_and_ends_the_registration(struct machine *m) {
    struct wdmsim_pnp_result result;
    begin(m, 0);
    fx_clear(&fx);
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_REMOVE, device_node, &result), 0);
    assert_int_equal(result.status, STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_ptr_equal(strstr(fx.log, "DPR d0 d0. "), fx.log);
    assert_non_null(strstr(fx.log, "remove "));
    assert_int_equal(wdmsim_fx_next(m, 0), 0);
    assert_int_equal(wdmsim_fx_reports(m), 0);
}

/* Check that a device which is not there any more does not keep D-IRPs waiting for components that
 * have to be in F0 before it leaves D0: its D0 IRPs fail, it never comes to D0. */
static void so_does_a_surprise_removal(struct machine *m) {
    begin(m, 0);
    fx_clear(&fx);
    assert_int_equal(wdmsim_unplug(m, device_node), 0);
    wdmsim_settle(m);
    fx_expect("DPR d0 d0. S0:0 A0 A1 I0 S0:1 I1 S1:1 DPNR d3 d3. " /* for SURPRISE_REMOVAL */
              "DPR d0 d0. S0:0 A0 S1:0 A1 remove ");
    assert_int_equal(wdmsim_power_reports(m, NULL), 0);
    assert_false(registered);
    assert_int_equal(wdmsim_fx_next(m, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(a_started_device_goes_to_d3),
        fx_unit_test(an_activation_brings_it_back),
        fx_unit_test(pfx_065_it_is_in_d0_before_the_system_sleeps),
        fx_unit_test(pfx_104_the_registration_survives_a_rebalance),
        fx_unit_test(a_removal_finds_it_powered_and_ends_the_registration),
        fx_unit_test(so_does_a_surprise_removal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
