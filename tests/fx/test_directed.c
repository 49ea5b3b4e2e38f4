/* Standby: constraints, the deepest idle state, and devices that are directed down and up. */
#include "fx_inside.h"

/* A device that takes part, below `parent`; it stays in D0 because component 0 is activated. */
static void take_part(struct fx_test *t, struct fx_test *parent, ULONGLONG flags, ULONG seconds) {
    fx_fresh(t, parent ? parent->pdo : NULL);
    struct fx_description d = fx_describe(t, 1, 3);
    d.device.Flags = flags;
    d.device.DirectedPowerDownCallback = fx_down;
    d.device.DirectedPowerUpCallback = fx_up;
    d.device.DirectedFxTimeoutInSeconds = seconds;
    fx_register(t, &d);
    PoFxActivateComponent(t->handle, 0, PO_FX_FLAG_BLOCKING);
    PoFxStartDevicePowerManagement(t->handle);
    wdmsim_settle(fx_machine());
    fx_clear(t);
}

static struct wdmsim_fx_drips drips(void) {
    struct wdmsim_fx_drips info;
    wdmsim_settle(fx_machine());
    wdmsim_fx_drips(fx_machine(), &info);
    return info;
}

/* ---- DRIPS ---- */

static void constraints_decide_about_the_deepest_idle_state(struct machine *m) {
    fx_begin(2, 3);
    assert_false(drips().drips);
    wdmsim_fx_standby(m, true);
    assert_true(drips().drips);
    assert_int_equal(wdmsim_fx_d_constraint(m, fx.node, 3), 0);
    assert_false(drips().drips);
    assert_int_equal(drips().blocker, fx.node);
    assert_int_equal(drips().blocking_component, -1);
    fx_go_to(&fx, PowerDeviceD3);
    wdmsim_advance(m, WDMSIM_S);
    assert_true(drips().drips);
    assert_int_equal(drips().time, WDMSIM_S);
    assert_int_equal(drips().count, 2);
    wdmsim_fx_standby(m, false);
    assert_false(drips().drips);
}

static void an_f_constraint_counts_in_d0(struct machine *m) {
    fx_begin_on(2, 3);
    assert_int_equal(wdmsim_fx_f_constraint(m, fx.node, 1, 2), 0);
    assert_int_equal(wdmsim_fx_f_constraint(m, fx.node, 1, 3), WDMSIM_ERROR_INVALID);
    wdmsim_fx_standby(m, true);
    assert_true(drips().drips);
    PoFxSetComponentLatency(fx.handle, 1, 10000);
    assert_false(drips().drips);
    assert_int_equal(drips().blocking_component, 1);
}

/* PFX-106: where the device must be deeper than D0 its components do not matter. */
static void pfx_106_a_component_constraint_below_a_device_constraint_is_ignored(struct machine *m) {
    fx_begin_on(1, 3);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    wdmsim_fx_f_constraint(m, fx.node, 0, 2);
    wdmsim_fx_standby(m, true);
    assert_int_equal(drips().blocking_component, 0);
    wdmsim_fx_d_constraint(m, fx.node, 2);
    assert_int_equal(drips().blocking_component, -1);
    fx_go_to(&fx, PowerDeviceD2);
    assert_true(drips().drips);
}

static void the_driver_may_ask_for_a_lower_state(struct machine *m) {
    fx_begin(1, 1);
    assert_int_equal(wdmsim_fx_d_constraint(m, fx.node, 2), 0);
    assert_int_equal(PoFxSetTargetDripsDevicePowerState(fx.handle, PowerDeviceD1),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(PoFxSetTargetDripsDevicePowerState(fx.handle, PowerDeviceD2), STATUS_SUCCESS);
    assert_int_equal(PoFxSetTargetDripsDevicePowerState(fx.handle, PowerDeviceD3), STATUS_SUCCESS);
    assert_int_equal(PoFxSetTargetDripsDevicePowerState(fx.handle, PowerDeviceMaximum),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(fx_look_device(&fx).d_constraint, 3);
    fx_go_to(&fx, PowerDeviceD2);
    wdmsim_fx_standby(m, true);
    assert_false(drips().drips);
    assert_int_equal(PoFxSetTargetDripsDevicePowerState(fx.handle, PowerDeviceUnspecified),
                     STATUS_SUCCESS);
    assert_true(drips().drips);
}

static void a_device_that_blocks_too_long_is_named(struct machine *m) {
    fx_begin(1, 1);
    wdmsim_fx_d_constraint(m, fx.node, 3);
    wdmsim_fx_drips_watchdog(m, 60 * WDMSIM_S);
    wdmsim_fx_standby(m, true);
    wdmsim_advance(m, 59 * WDMSIM_S);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x619, (int64_t)(ULONG_PTR)fx.handle, 0, 0);
    wdmsim_advance(m, 2 * WDMSIM_S);
}

static void so_is_a_component_that_does(struct machine *m) {
    fx_begin_on(2, 3);
    PoFxActivateComponent(fx.handle, 1, PO_FX_FLAG_BLOCKING);
    wdmsim_fx_f_constraint(m, fx.node, 1, 2);
    wdmsim_fx_drips_watchdog(m, 60 * WDMSIM_S);
    wdmsim_fx_standby(m, true);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x619, (int64_t)(ULONG_PTR)fx.handle, 1, 0);
    wdmsim_advance(m, 61 * WDMSIM_S);
}

/* ---- directing ---- */

static void pfx_082_a_device_that_blocks_is_directed_after_the_time_out(struct machine *m) {
    take_part(&fx, NULL, 0, 0);
    wdmsim_fx_d_constraint(m, fx.node, 3);
    wdmsim_advance(m, 1000 * WDMSIM_S);
    fx_expect(""); /* not in standby */
    wdmsim_fx_activators(m, true);
    wdmsim_fx_standby(m, true);
    wdmsim_advance(m, 1000 * WDMSIM_S);
    fx_expect(""); /* software runs */
    wdmsim_fx_activators(m, false);
    wdmsim_advance(m, 119 * WDMSIM_S);
    fx_expect("");
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("DOWN ");
    assert_int_equal(fx_look_device(&fx).directed, WDMSIM_FX_DIRECTED_DOWN);
    wdmsim_fx_standby(m, false);
    fx_expect("UP ");
    assert_int_equal(fx_look_device(&fx).directed, WDMSIM_FX_DIRECTED_NONE);
}

static void pfx_082_the_time_out_is_the_drivers(struct machine *m) {
    take_part(&fx, NULL, 0, 30);
    wdmsim_fx_d_constraint(m, fx.node, 3);
    wdmsim_fx_standby(m, true);
    wdmsim_advance(m, 29 * WDMSIM_S);
    fx_expect("");
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("DOWN ");
    wdmsim_fx_activators(m, true);
    fx_expect("UP ");
}

static void pfx_082_or_none_at_all(struct machine *m) {
    take_part(&fx, NULL, 0, PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    wdmsim_fx_d_constraint(m, fx.node, 3);
    wdmsim_fx_standby(m, true);
    fx_expect("DOWN ");
}

static void without_a_constraint_nobody_is_directed(struct machine *m) {
    take_part(&fx, NULL, 0, PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    wdmsim_fx_standby(m, true);
    wdmsim_advance(m, 1000 * WDMSIM_S);
    fx_expect("");
}

static struct fx_test child;

static void begin_family(ULONGLONG parent_flags) {
    take_part(&fx, NULL, parent_flags, PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    take_part(&child, &fx, 0, PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    wdmsim_fx_d_constraint(fx_machine(), fx.node, 3);
}

static void pfx_083_children_go_down_first_and_come_up_last(struct machine *m) {
    begin_family(0);
    child.hold_down = true;
    wdmsim_fx_standby(m, true);
    wdmsim_settle(m);
    assert_string_equal(child.log, "DOWN ");
    fx_expect("");
    PoFxCompleteDirectedPowerDown(child.handle);
    fx_expect("DOWN ");
    fx_clear(&child);
    fx.hold_up = true;
    wdmsim_fx_standby(m, false);
    fx_expect("UP ");
    assert_string_equal(child.log, "");
    PoFxReportDevicePoweredOn(fx.handle);
    wdmsim_settle(m);
    assert_string_equal(child.log, "UP ");
}

static void a_child_that_takes_no_part_keeps_its_parent_up(struct machine *m) {
    take_part(&fx, NULL, 0, PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    fx_plug(fx.pdo); /* not even registered */
    wdmsim_fx_d_constraint(m, fx.node, 3);
    wdmsim_fx_standby(m, true);
    fx_expect("");
}

static void unless_children_are_optional(struct machine *m) {
    take_part(&fx, NULL, PO_FX_DEVICE_FLAG_DFX_CHILDREN_OPTIONAL,
              PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    fx_plug(fx.pdo);
    wdmsim_fx_d_constraint(m, fx.node, 3);
    wdmsim_fx_standby(m, true);
    fx_expect("DOWN ");
}

static unsigned gone;
static void go(struct machine *m, void *context) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(context);
    gone++;
}

/* PFX-084, PFX-085 */
static void pfx_084_between_down_and_up_nothing_else_comes(struct machine *m) {
    take_part(&fx, NULL, 0, PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    wdmsim_fx_d_constraint(m, fx.node, 3);
    wdmsim_fx_standby(m, true);
    fx_expect("DOWN ");
    PoFxIdleComponent(fx.handle, 0, 0);
    PoFxSetComponentLatency(fx.handle, 0, 10000);
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("");
    /* A sleep IRP has the device brought up first. */
    gone = 0;
    fx.hold_up = true;
    assert_false(fx_system_irp(m, fx.pdo, PowerSystemSleeping3, go, NULL));
    fx_expect("UP ");
    assert_int_equal(gone, 0);
    PoFxReportDevicePoweredOn(fx.handle);
    wdmsim_settle(m);
    assert_int_equal(gone, 1);
}

static void pfx_084_nor_a_removal_irp(struct machine *m) {
    take_part(&fx, NULL, 0, PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    assert_int_equal(wdmsim_fx_direct(m, fx.node, true), 0);
    fx_expect("DOWN ");
    gone = 0;
    fx.hold_up = true;
    assert_false(fx_pnp_irp(m, fx.pdo, IRP_MN_QUERY_REMOVE_DEVICE, go, NULL));
    fx_expect("UP ");
    assert_int_equal(gone, 0);
    PoFxReportDevicePoweredOn(fx.handle);
    wdmsim_settle(m);
    assert_int_equal(gone, 1);
}

static void pfx_085_an_activation_waits_for_the_way_up(struct machine *m) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 2);
    d.device.DirectedPowerDownCallback = fx_down;
    d.device.DirectedPowerUpCallback = fx_up;
    fx_register(&fx, &d);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I1 S1:1 ");
    wdmsim_fx_direct(m, fx.node, true);
    fx_expect("DOWN ");
    PoFxActivateComponent(fx.handle, 1, 0);
    fx_expect("");
    fx.hold_up = true;
    wdmsim_fx_direct(m, fx.node, false);
    fx_expect("UP ");
    PoFxReportDevicePoweredOn(fx.handle);
    fx_expect("S1:0 A1 ");
}

static void pfx_086_the_report_completes_the_way_up(struct machine *m) {
    take_part(&fx, NULL, 0, 0);
    wdmsim_fx_direct(m, fx.node, true);
    fx_expect("DOWN ");
    fx.hold_up = true;
    wdmsim_fx_direct(m, fx.node, false);
    fx_expect("UP ");
    assert_int_equal(fx_look_device(&fx).directed, WDMSIM_FX_DIRECTED_GOING_UP);
    assert_true(fx_look_device(&fx).report_due);
    PoFxReportDevicePoweredOn(fx.handle);
    wdmsim_settle(m);
    assert_int_equal(fx_look_device(&fx).directed, WDMSIM_FX_DIRECTED_NONE);
}

static void up_is_not_called_before_down_is_complete(struct machine *m) {
    take_part(&fx, NULL, 0, 0);
    fx.hold_down = true;
    wdmsim_fx_direct(m, fx.node, true);
    fx_expect("DOWN ");
    wdmsim_fx_direct(m, fx.node, false);
    fx_expect("");
    PoFxCompleteDirectedPowerDown(fx.handle);
    fx_expect("UP ");
}

static void pfx_087_a_way_down_that_never_ends_is_found(struct machine *m) {
    take_part(&fx, NULL, 0, 0);
    fx.hold_down = true;
    wdmsim_fx_direct(m, fx.node, true);
    wdmsim_advance(m, 599 * WDMSIM_S);
    fx_expect_stop(DRIVER_POWER_STATE_FAILURE, 5, (int64_t)(ULONG_PTR)fx.pdo,
                   (int64_t)(ULONG_PTR)fx.handle, 0);
    wdmsim_advance(m, 2 * WDMSIM_S);
}

static void an_unasked_completion_is_an_offence(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    take_part(&fx, NULL, 0, 0);
    fx_expect_stop(DRIVER_POWER_STATE_FAILURE, 6, (int64_t)(ULONG_PTR)fx.handle, 1, 0);
    PoFxCompleteDirectedPowerDown(fx.handle);
}

static void pfx_088_a_subtree_with_an_f_constraint_is_left_alone(struct machine *m) {
    begin_family(0);
    wdmsim_fx_f_constraint(m, child.node, 0, 1);
    wdmsim_fx_standby(m, true);
    wdmsim_advance(m, 1000 * WDMSIM_S);
    fx_expect("");
    assert_string_equal(child.log, "");
}

static void pfx_088_so_are_paging_devices(struct machine *m) {
    uint32_t status;
    take_part(&fx, NULL, 0, PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    assert_int_equal(wdmsim_device_usage(m, fx.node, WDMSIM_USAGE_PAGING, true, &status), 0);
    assert_int_equal(status, STATUS_SUCCESS);
    wdmsim_fx_d_constraint(m, fx.node, 3);
    wdmsim_fx_standby(m, true);
    wdmsim_advance(m, 1000 * WDMSIM_S);
    fx_expect("");
    assert_int_equal(wdmsim_fx_direct(m, fx.node, true), WDMSIM_ERROR_INVALID);
    /* Without its paging file it is like any other. */
    assert_int_equal(wdmsim_device_usage(m, fx.node, WDMSIM_USAGE_PAGING, false, &status), 0);
    assert_int_equal(wdmsim_fx_direct(m, fx.node, true), 0);
    fx_expect("DOWN ");
}

static void pfx_088_so_is_the_debuggers_device(struct machine *m) {
    take_part(&fx, NULL, 0, PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    fx_device_never_direct(m, fx.pdo, true);
    wdmsim_fx_d_constraint(m, fx.node, 3);
    wdmsim_fx_standby(m, true);
    wdmsim_advance(m, 1000 * WDMSIM_S);
    fx_expect("");
    assert_int_equal(wdmsim_fx_direct(m, fx.node, true), WDMSIM_ERROR_INVALID);
}

/* DS-60: it meets its constraint. */
static void a_device_in_dx_is_not_directed(struct machine *m) {
    take_part(&fx, NULL, 0, PO_FX_DIRECTED_FX_IMMEDIATE_IDLE_TIMEOUT);
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("I0 S0:2 DPNR ");
    fx_go_to(&fx, PowerDeviceD3);
    wdmsim_fx_d_constraint(m, fx.node, 3);
    wdmsim_fx_standby(m, true);
    wdmsim_advance(m, 1000 * WDMSIM_S);
    fx_expect("");
    assert_true(drips().drips);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(constraints_decide_about_the_deepest_idle_state),
        fx_unit_test(an_f_constraint_counts_in_d0),
        fx_unit_test(pfx_106_a_component_constraint_below_a_device_constraint_is_ignored),
        fx_unit_test(the_driver_may_ask_for_a_lower_state),
        fx_unit_test(a_device_that_blocks_too_long_is_named),
        fx_unit_test(so_is_a_component_that_does),
        fx_unit_test(pfx_082_a_device_that_blocks_is_directed_after_the_time_out),
        fx_unit_test(pfx_082_the_time_out_is_the_drivers),
        fx_unit_test(pfx_082_or_none_at_all),
        fx_unit_test(without_a_constraint_nobody_is_directed),
        fx_unit_test(pfx_083_children_go_down_first_and_come_up_last),
        fx_unit_test(a_child_that_takes_no_part_keeps_its_parent_up),
        fx_unit_test(unless_children_are_optional),
        fx_unit_test(pfx_084_between_down_and_up_nothing_else_comes),
        fx_unit_test(pfx_084_nor_a_removal_irp),
        fx_unit_test(pfx_085_an_activation_waits_for_the_way_up),
        fx_unit_test(pfx_086_the_report_completes_the_way_up),
        fx_unit_test(up_is_not_called_before_down_is_complete),
        fx_unit_test(pfx_087_a_way_down_that_never_ends_is_found),
        fx_unit_test(an_unasked_completion_is_an_offence),
        fx_unit_test(pfx_088_a_subtree_with_an_f_constraint_is_left_alone),
        fx_unit_test(pfx_088_so_are_paging_devices),
        fx_unit_test(pfx_088_so_is_the_debuggers_device),
        fx_unit_test(a_device_in_dx_is_not_directed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
