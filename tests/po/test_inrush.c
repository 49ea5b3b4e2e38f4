/* Devices that draw much current when they are powered up go one after the other. */
#include "power_driver.h"

static unsigned down, most;
static void count_power_up(struct power_device *device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    if (IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.DeviceState != PowerDeviceD0)
        return;
    unsigned up = power_count(AT_UP, NULL, IRP_MN_SET_POWER, 0, PowerDeviceD0);
    down++;
    if (down - up > most)
        most = down - up;
}

static uint32_t nodes[3];
static struct power_request requests[3];

static void prepare(struct machine *m, uint32_t flags) {
    power_begin(m);
    for (unsigned i = 0; i < 3; i++) {
        nodes[i] = power_plug_with(m, WDMSIM_ROOT_NODE, flags, 0, 0);
        power_set(m, power_pdo(m, nodes[i]), PowerDeviceD3);
    }
    power_forget();
    down = most = 0;
    policy.at_set = count_power_up;
}

static void power_up_all(struct machine *m) {
    for (unsigned i = 0; i < 3; i++)
        power_ask(power_pdo(m, nodes[i]), IRP_MN_SET_POWER, PowerDeviceD0, &requests[i]);
    wdmsim_settle(m);
}

/* POW-010: the turn lasts to the completion, not only over the dispatch. */
static void pow_010_inrush_devices_take_turns(struct machine *m) {
    prepare(m, WDMSIM_DEVICE_INRUSH);
    policy.block_device = power_pdo(m, nodes[0]);
    power_up_all(m);
    assert_int_equal(down, 1);
    policy.block_device = NULL;
    PIRP irp = policy.blocked;
    power_record(AT_UP, NULL, power_pdo(m, nodes[0]), irp);
    power_finish(irp, STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_int_equal(down, 3);
    assert_int_equal(most, 1);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(requests[i].calls, 1);
        assert_int_equal(power_d(m, nodes[i]), PowerDeviceD0);
    }
}

/* POW-011 */
static void pow_011_others_do_not_wait_for_an_inrush_device(struct machine *m) {
    prepare(m, WDMSIM_DEVICE_INRUSH);
    policy.at_set = NULL;
    uint32_t other = power_plug(m, WDMSIM_ROOT_NODE);
    power_set(m, power_pdo(m, other), PowerDeviceD3);
    policy.block_device = power_pdo(m, nodes[0]);
    power_ask(power_pdo(m, nodes[0]), IRP_MN_SET_POWER, PowerDeviceD0, &requests[0]);
    wdmsim_settle(m);
    assert_int_equal(requests[0].calls, 0);
    power_set(m, power_pdo(m, other), PowerDeviceD0);
    assert_int_equal(power_d(m, other), PowerDeviceD0);
}

/* Powering down takes no turn. */
static void powering_down_takes_no_turn(struct machine *m) {
    prepare(m, WDMSIM_DEVICE_INRUSH);
    power_set(m, power_pdo(m, nodes[1]), PowerDeviceD0);
    policy.block_device = power_pdo(m, nodes[0]);
    power_ask(power_pdo(m, nodes[0]), IRP_MN_SET_POWER, PowerDeviceD0, &requests[0]);
    wdmsim_settle(m);
    power_set(m, power_pdo(m, nodes[1]), PowerDeviceD3);
    assert_int_equal(requests[0].calls, 0);
}

/* One is being powered up, a thousand wait, and one more is too many. */
static struct power_request crowd[1002];
static PDEVICE_OBJECT last;
static void queue_a_crowd(struct machine *m) {
    power_begin(m);
    for (unsigned i = 0; i < 1002; i++) {
        uint32_t node = power_plug_with(m, WDMSIM_ROOT_NODE, WDMSIM_DEVICE_INRUSH, 0, 0);
        last = power_pdo(m, node);
        power_set(m, last, PowerDeviceD3);
        if (i == 0)
            policy.block_device = last;
        power_ask(last, IRP_MN_SET_POWER, PowerDeviceD0, &crowd[i]);
        if (i == 0)
            wdmsim_settle(m);
    }
}

static void too_many_that_wait_are_a_bug_check(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = power_expect_stop(queue_a_crowd, INTERNAL_POWER_ERROR, 0x401);
    assert_int_equal(stop->parameters[1], 0);
    assert_true(stop->parameters[2] != 0);
    assert_int_equal(stop->parameters[3], (ULONG_PTR)last);
    assert_int_equal(crowd[1000].calls, 0);
    wdmsim_machine_destroy(power_machine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_010_inrush_devices_take_turns),
        wdmsim_unit_test(pow_011_others_do_not_wait_for_an_inrush_device),
        wdmsim_unit_test(powering_down_takes_no_turn),
        cmocka_unit_test(too_many_that_wait_are_a_bug_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
