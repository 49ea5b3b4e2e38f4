/* PoSetPowerState, and device states around start and removal. */
#include "power_driver.h"

static POWER_STATE tell(PDEVICE_OBJECT device, DEVICE_POWER_STATE state) {
    POWER_STATE to = {.DeviceState = state};
    return PoSetPowerState(device, DevicePowerState, to);
}

/* POW-014 */
static void pow_014_it_returns_the_previous_state(struct machine *m) {
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    PDEVICE_OBJECT fdo = power_of(m, node)->self;
    assert_int_equal(tell(fdo, PowerDeviceD3).DeviceState, PowerDeviceD0);
    assert_int_equal(tell(fdo, PowerDeviceD0).DeviceState, PowerDeviceD3);
    assert_int_equal(power_d(m, node), PowerDeviceD0);
}

static bool d0_was_told;
static void d3_at_dispatch(struct machine *m) {
    KIRQL irql;
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    PDEVICE_OBJECT fdo = power_of(m, node)->self;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    d0_was_told = false;
    tell(fdo, PowerDeviceD0);
    d0_was_told = true;
    tell(fdo, PowerDeviceD3);
}

/* POW-015 */
static void pow_015_d0_may_be_told_at_dispatch_level_d3_may_not(void **state) {
    UNREFERENCED_PARAMETER(state);
    bool done;
    power_body = d3_at_dispatch;
    assert_int_equal(wdmsim_machine_create(NULL, &power_machine), 0);
    wdmsim_system_thread(power_machine, power_stop_thread, NULL, &done);
    wdmsim_advance(power_machine, WDMSIM_S);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(power_machine);
    assert_non_null(stop);
    assert_true(d0_was_told);
    assert_int_equal(stop->code, IRQL_NOT_LESS_OR_EQUAL);
    assert_non_null(strstr(stop->explanation, "PoSetPowerState"));
    wdmsim_machine_destroy(power_machine);
}

/* POW-071 */
static void pow_071_a_step_past_d0_is_reported(struct machine *m) {
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    PDEVICE_OBJECT fdo = power_of(m, node)->self;
    uint32_t before = wdmsim_power_reports(m, NULL);
    tell(fdo, PowerDeviceD1);
    tell(fdo, PowerDeviceD0);
    tell(fdo, PowerDeviceD1);
    assert_int_equal(wdmsim_power_reports(m, NULL), before);
    tell(fdo, PowerDeviceD2);
    assert_int_equal(wdmsim_power_reports(m, NULL), before + 1);
}

/* A system state is none of its business. */
static void other_types_are_reported(struct machine *m) {
    POWER_STATE state = {.SystemState = PowerSystemSleeping3};
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    uint32_t before = wdmsim_power_reports(m, NULL);
    PoSetPowerState(power_of(m, node)->self, SystemPowerState, state);
    assert_int_equal(wdmsim_power_reports(m, NULL), before + 1);
}

/* POW-016 */
static void pow_016_no_d0_irp_comes_with_the_start(struct machine *m) {
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    wdmsim_advance(m, WDMSIM_S);
    assert_int_equal(power_count(-1, power_pdo(m, node), IRP_MN_SET_POWER, -1, -1), 0);
    assert_int_equal(power_d(m, node), PowerDeviceD0);
}

/* POW-017 */
static void pow_017_no_d3_irp_comes_with_the_removal(struct machine *m) {
    struct wdmsim_pnp_result result;
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    uint32_t before = wdmsim_power_reports(m, NULL);
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_REMOVE, node, &result), 0);
    assert_int_equal(result.status, STATUS_SUCCESS);
    assert_int_equal(power_count(-1, NULL, IRP_MN_SET_POWER, -1, -1), 0);
    assert_int_equal(wdmsim_power_reports(m, NULL), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_014_it_returns_the_previous_state),
        cmocka_unit_test(pow_015_d0_may_be_told_at_dispatch_level_d3_may_not),
        wdmsim_unit_test(pow_071_a_step_past_d0_is_reported),
        wdmsim_unit_test(other_types_are_reported),
        wdmsim_unit_test(pow_016_no_d0_irp_comes_with_the_start),
        wdmsim_unit_test(pow_017_no_d3_irp_comes_with_the_removal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
