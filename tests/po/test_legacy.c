/* PoStartNextPowerIrp: nothing since Vista, an obligation before. */
#include "power_driver.h"

static bool polite;
static void start_next(struct power_device *device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    if (polite)
        PoStartNextPowerIrp(irp);
}

/* POW-012 */
static void pow_012_since_vista_it_does_nothing(struct machine *m) {
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    policy.at_down = start_next;
    polite = true;
    policy.block_device = power_pdo(m, node);
    struct power_request first, second;
    power_ask(power_pdo(m, node), IRP_MN_SET_POWER, PowerDeviceD3, &first);
    power_ask(power_pdo(m, node), IRP_MN_SET_POWER, PowerDeviceD0, &second);
    wdmsim_settle(m);
    assert_int_equal(power_count(AT_DOWN, NULL, IRP_MN_SET_POWER, 0, -1), 1);
    polite = false;
    policy.block_device = NULL;
    power_finish(policy.blocked, STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_int_equal(second.calls, 1);
}

static PDEVICE_OBJECT forgetful, forgetful_pdo;
static void forgets(struct machine *m) {
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    forgetful = power_of(m, node)->self;
    forgetful_pdo = power_pdo(m, node);
    polite = false;
    wdmsim_power_legacy(m, true);
    wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL);
}

/* POW-013 */
static void pow_013_before_vista_it_must_not_be_forgotten(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = power_expect_stop(forgets, DRIVER_POWER_STATE_FAILURE, 2);
    assert_int_equal(stop->parameters[1], (ULONG_PTR)forgetful_pdo);
    assert_int_equal(stop->parameters[2], (ULONG_PTR)forgetful);
    assert_int_equal(stop->parameters[3], (ULONG_PTR)forgetful->DriverObject);
    assert_non_null(strstr(stop->explanation, "PoStartNextPowerIrp"));
    wdmsim_machine_destroy(power_machine);
}

static void who_says_it_is_left_alone(struct machine *m) {
    power_begin(m);
    power_plug(m, WDMSIM_ROOT_NODE);
    policy.at_down = start_next;
    polite = true;
    wdmsim_power_legacy(m, true);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_012_since_vista_it_does_nothing),
        cmocka_unit_test(pow_013_before_vista_it_must_not_be_forgotten),
        wdmsim_unit_test(who_says_it_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
