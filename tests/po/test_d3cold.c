/* D3cold: rails, the interface, and devices that have power without having asked. */
#include <initguid.h>
#include <wdmguid.h>

#include "power_driver.h"

static uint32_t nodes[2];
static D3COLD_SUPPORT_INTERFACE interfaces[2];

static NTSTATUS query(PDEVICE_OBJECT device, D3COLD_SUPPORT_INTERFACE *interface) {
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    memset(interface, 0, sizeof *interface);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, device, NULL, 0, NULL, &event, &iosb);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    stack->Parameters.QueryInterface.InterfaceType = &GUID_D3COLD_SUPPORT_INTERFACE;
    stack->Parameters.QueryInterface.Size = sizeof *interface;
    stack->Parameters.QueryInterface.Version = D3COLD_SUPPORT_INTERFACE_VERSION;
    stack->Parameters.QueryInterface.Interface = (PINTERFACE)(PVOID)interface;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    NTSTATUS status = IoCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = iosb.Status;
    }
    return status;
}

static bool cold(struct machine *m, unsigned i) {
    struct wdmsim_power_device device;
    wdmsim_power_device(m, nodes[i], &device);
    return device.d3cold;
}

/* Two devices of one rail. */
static void begin(struct machine *m, bool enabled) {
    struct wdmsim_power_hardware hardware = {.rail = 1, .d3cold = true, .d3cold_enabled = enabled};
    power_begin(m);
    policy.wake_once = true;
    for (unsigned i = 0; i < 2; i++) {
        nodes[i] = power_plug_with(m, WDMSIM_ROOT_NODE, WDMSIM_DEVICE_WAKE_D3, 4, 4);
        assert_int_equal(wdmsim_power_hardware(m, nodes[i], &hardware), 0);
        assert_int_equal(query(power_of(m, nodes[i])->self, &interfaces[i]), STATUS_SUCCESS);
    }
}

static void set(struct machine *m, unsigned i, DEVICE_POWER_STATE state) {
    power_set(m, power_pdo(m, nodes[i]), state);
}

/* POW-072 */
static void pow_072_the_rail_is_cut_when_all_rest_and_agree(struct machine *m) {
    begin(m, true);
    set(m, 0, PowerDeviceD3);
    assert_false(cold(m, 0));
    set(m, 1, PowerDeviceD3);
    assert_true(cold(m, 0) && cold(m, 1));
    set(m, 0, PowerDeviceD0);
    assert_false(cold(m, 0) || cold(m, 1));
    set(m, 1, PowerDeviceD0);
    interfaces[1].SetD3ColdSupport(interfaces[1].Context, FALSE);
    set(m, 1, PowerDeviceD3);
    set(m, 0, PowerDeviceD3);
    assert_false(cold(m, 0) || cold(m, 1));
}

/* POW-073 */
static void pow_073_it_is_off_until_somebody_allows_it(struct machine *m) {
    D3COLD_LAST_TRANSITION_STATUS last;
    BOOLEAN can = FALSE;
    DEVICE_WAKE_DEPTH depth;
    begin(m, false);
    set(m, 0, PowerDeviceD3);
    set(m, 1, PowerDeviceD3);
    assert_false(cold(m, 0));
    interfaces[0].GetLastTransitionStatus(interfaces[0].Context, &last);
    assert_int_equal(last, LastDStateTransitionD3hot);
    set(m, 0, PowerDeviceD0);
    set(m, 1, PowerDeviceD0);
    assert_int_equal(interfaces[0].GetD3ColdCapability(interfaces[0].Context, &can),
                     STATUS_SUCCESS);
    assert_true(can);
    assert_int_equal(
        interfaces[0].GetIdleWakeInfo(interfaces[0].Context, PowerSystemSleeping3, &depth),
        STATUS_SUCCESS);
    assert_int_equal(depth, DeviceWakeDepthD3hot);
    for (unsigned i = 0; i < 2; i++)
        interfaces[i].SetD3ColdSupport(interfaces[i].Context, TRUE);
    set(m, 0, PowerDeviceD3);
    set(m, 1, PowerDeviceD3);
    assert_true(cold(m, 0) && cold(m, 1));
    interfaces[0].GetLastTransitionStatus(interfaces[0].Context, &last);
    assert_int_equal(last, LastDStateTransitionD3cold);
}

/* POW-074: an armed device that did not ask has its wait/wake IRP completed. */
static void pow_074_the_others_of_the_rail_are_surprised(struct machine *m) {
    begin(m, true);
    set(m, 0, PowerDeviceD3);
    set(m, 1, PowerDeviceD3);
    assert_int_equal(power_of(m, nodes[1])->wakes, 0);
    set(m, 0, PowerDeviceD0);
    wdmsim_settle(m);
    assert_int_equal(power_of(m, nodes[1])->wakes, 1);
    assert_int_equal(power_of(m, nodes[0])->wakes, 0);
    assert_int_equal(power_d(m, nodes[1]), PowerDeviceD0);
}

/* When the system sleeps, nobody is asked. */
static void a_sleeping_system_cuts_power_anyway(struct machine *m) {
    begin(m, false);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_true(cold(m, 0));
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_false(cold(m, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_072_the_rail_is_cut_when_all_rest_and_agree),
        wdmsim_unit_test(pow_073_it_is_off_until_somebody_allows_it),
        wdmsim_unit_test(pow_074_the_others_of_the_rail_are_surprised),
        wdmsim_unit_test(a_sleeping_system_cuts_power_anyway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
