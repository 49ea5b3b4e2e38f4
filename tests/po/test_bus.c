/* Wait/wake through a bus driver, and the power of its children. */
#include "power_bus.h"

static struct power_device *child(struct machine *m, unsigned i) {
    return power_of(m, bus_nodes[i]);
}

static void arm(struct machine *m, unsigned i) {
    assert_int_equal(power_arm(child(m, i)), STATUS_PENDING);
    wdmsim_settle(m);
}

/* POW-047 */
static void pow_047_a_childs_wait_wake_arms_the_parent(struct machine *m) {
    bus_begin(m, 1);
    assert_int_equal(bus.own_requests, 0);
    arm(m, 0);
    assert_int_equal(bus.own_requests, 1);
    assert_non_null(bus.own_wake);
    struct wdmsim_power_device device;
    wdmsim_power_device(m, bus_node, &device);
    assert_true(device.armed);
}

/* POW-048 */
static void pow_048_two_children_share_the_parents_irp(struct machine *m) {
    bus_begin(m, 2);
    arm(m, 0);
    arm(m, 1);
    assert_int_equal(bus.own_requests, 1);
    bus.signal = 1;
    assert_int_equal(wdmsim_power_signal_wake(m, bus_nodes[1]), 0);
    assert_int_equal(child(m, 1)->wakes, 1);
    assert_int_equal(child(m, 0)->wakes, 0);
    assert_int_equal(bus.own_requests, 2); /* for the one that is still armed */
    assert_non_null(bus.own_wake);
}

/* POW-049 */
static void pow_049_the_last_child_takes_the_parents_irp_with_it(struct machine *m) {
    struct wdmsim_power_device device;
    bus_begin(m, 2);
    arm(m, 0);
    arm(m, 1);
    power_disarm(child(m, 0));
    wdmsim_settle(m);
    assert_non_null(bus.own_wake);
    power_disarm(child(m, 1));
    wdmsim_settle(m);
    assert_null(bus.own_wake);
    assert_int_equal(child(m, 1)->wake_status, STATUS_CANCELLED);
    wdmsim_power_device(m, bus_node, &device);
    assert_false(device.armed);
}

/* POW-050 */
static void pow_050_a_signal_comes_up_from_the_root(struct machine *m) {
    uint32_t sources[WDMSIM_WAKE_SOURCES];
    bus_begin(m, 2);
    arm(m, 0);
    bus.pass_wake = true;
    bus.signal = 0;
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    power_forget();
    assert_int_equal(wdmsim_power_signal_wake(m, bus_nodes[0]), 0);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
    const struct power_event *of_bus =
        power_find(AT_CALLBACK, bus.fdo->pdo, IRP_MN_WAIT_WAKE, -1, -1, 0);
    const struct power_event *by_bus =
        power_find(AT_BUS, bus.children[0], IRP_MN_WAIT_WAKE, -1, -1, 0);
    const struct power_event *of_child =
        power_find(AT_CALLBACK, bus.children[0], IRP_MN_WAIT_WAKE, -1, -1, 0);
    assert_non_null(of_bus);
    assert_non_null(by_bus);
    assert_non_null(of_child);
    assert_true(of_bus < by_bus && by_bus < of_child);
    assert_true(child(m, 0)->woke_system);
    /* Of both, only the device that was the cause is named. */
    assert_int_equal(wdmsim_power_wake_sources(m, sources), 1);
    assert_int_equal(sources[0], bus_nodes[0]);
}

/* POW-036 */
static void pow_036_a_child_is_powered_up_after_its_bus(struct machine *m) {
    bus_begin(m, 2);
    policy.late_d0 = true; /* all S0 IRPs complete before any D0 IRP */
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    policy.block_device = bus.fdo->pdo;
    power_forget();
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(power_d(m, bus_nodes[0]), PowerDeviceD3);
    assert_non_null(bus_child_of(bus.children[0])->waiting_d0);
    policy.block_device = NULL;
    power_finish(policy.blocked, STATUS_SUCCESS);
    struct power_request request;
    bus.fdo->d_state = PowerDeviceD3;
    power_ask(bus.fdo->pdo, IRP_MN_SET_POWER, PowerDeviceD0, &request);
    wdmsim_settle(m);
    assert_int_equal(power_d(m, bus_node), PowerDeviceD0);
    assert_int_equal(power_d(m, bus_nodes[0]), PowerDeviceD0);
    const struct power_event *up = power_find(AT_UP, bus.fdo->pdo, IRP_MN_SET_POWER, 0, -1, 0);
    const struct power_event *child_up =
        power_find(AT_BUS, bus.children[0], IRP_MN_SET_POWER, 0, PowerDeviceD0, 0);
    assert_non_null(up);
    assert_non_null(child_up);
    assert_true(up < child_up);
}

/* POW-076 */
static void pow_076_a_vanished_device_fails_its_d0_and_goes(struct machine *m) {
    struct power_request request;
    struct wdmsim_node_info info;
    bus_begin(m, 1);
    PDEVICE_OBJECT pdo = bus.children[0];
    power_set(m, pdo, PowerDeviceD3);
    bus.fail_d0 = true;
    bus.count = 0;
    power_ask(pdo, IRP_MN_SET_POWER, PowerDeviceD0, &request);
    wdmsim_settle(m);
    assert_int_equal(request.calls, 1);
    assert_int_equal(request.status, STATUS_NO_SUCH_DEVICE);
    assert_int_equal(wdmsim_node_info(m, bus_nodes[0], &info), WDMSIM_ERROR_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_047_a_childs_wait_wake_arms_the_parent),
        wdmsim_unit_test(pow_048_two_children_share_the_parents_irp),
        wdmsim_unit_test(pow_049_the_last_child_takes_the_parents_irp_with_it),
        wdmsim_unit_test(pow_050_a_signal_comes_up_from_the_root),
        wdmsim_unit_test(pow_036_a_child_is_powered_up_after_its_bus),
        wdmsim_unit_test(pow_076_a_vanished_device_fails_its_d0_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
