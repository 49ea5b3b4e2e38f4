/* System sleep, and components that must be in F0 while the device goes to Dx. */
#include "fx_inside.h"

static unsigned gone; /* how many waits have ended */
static void go(struct machine *m, void *context) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(context);
    gone++;
    fx_log(&fx, "GO ");
}

static void begin(ULONGLONG flags) {
    fx_fresh(&fx, NULL);
    gone = 0;
    struct fx_description d = fx_describe(&fx, 1, 2);
    d.device.Flags = flags;
    fx_start_device(&fx, &d);
    fx_device_irp(wdmsim_fixture.machine, fx.pdo, PowerDeviceD3, NULL, NULL);
    fx_device_irp_done(wdmsim_fixture.machine, fx.pdo, PowerDeviceD3, STATUS_SUCCESS);
    fx_clear(&fx);
}

static void sleep_now(struct machine *m) {
    if (!fx_system_irp(m, fx.pdo, PowerSystemSleeping3, go, NULL))
        wdmsim_settle(m);
    fx_device_irp(m, fx.pdo, PowerDeviceD3, NULL, NULL);
    fx_device_irp_done(m, fx.pdo, PowerDeviceD3, STATUS_SUCCESS);
}

static void pfx_063_the_report_after_s0_is_accepted_in_d0(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(0);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx_clear(&fx);
    assert_true(fx_system_irp(m, fx.pdo, PowerSystemWorking, go, NULL));
    PoFxReportDevicePoweredOn(fx.handle);
    fx_expect("");
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("I0 S0:1 DPNR ");
}

/* However much is activated and idled, and whatever became of the device. */
static void pfx_064_without_the_report_it_never_idles_again(struct machine *m) {
    begin(0);
    wdmsim_fx_watchdog(m, 60 * WDMSIM_S, 0);
    sleep_now(m);
    fx_clear(&fx);
    fx_system_irp(m, fx.pdo, PowerSystemWorking, go, NULL);
    fx_device_irp(m, fx.pdo, PowerDeviceD0, NULL, NULL);
    fx_device_irp_done(m, fx.pdo, PowerDeviceD0, STATUS_SUCCESS);
    for (unsigned i = 0; i < 3; i++) {
        PoFxActivateComponent(fx.handle, 0, 0);
        PoFxIdleComponent(fx.handle, 0, 0);
        wdmsim_advance(m, 19 * WDMSIM_S);
        assert_int_equal(fx_reports("has not reported"), 0);
    }
    wdmsim_advance(m, 3600 * WDMSIM_S);
    fx_expect("");
    assert_int_equal(fx_reports("has not reported"), 1);
    assert_int_equal(fx_look_device(&fx).power, WDMSIM_FX_POWER_REQUIRED);
    assert_true(fx_look_device(&fx).report_due);
    PoFxReportDevicePoweredOn(fx.handle);
    fx_expect("I0 S0:1 DPNR ");
}

/* A device that stayed in D0 and was in use neither; and what was reported in time is no report. */
static void pfx_064_nor_does_one_that_was_in_use(struct machine *m) {
    begin(0);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx_clear(&fx);
    fx_system_irp(m, fx.pdo, PowerSystemWorking, go, NULL);
    PoFxIdleComponent(fx.handle, 0, 0);
    wdmsim_advance(m, 599 * WDMSIM_S);
    fx_expect("I0 S0:1 ");
    PoFxReportDevicePoweredOn(fx.handle);
    fx_expect("DPNR ");
    wdmsim_advance(m, 3600 * WDMSIM_S);
    assert_int_equal(fx_reports("has not reported"), 0);
}

static void pfx_065_a_device_in_dx_is_powered_before_the_system_sleeps(struct machine *m) {
    begin(0);
    assert_false(fx_system_irp(m, fx.pdo, PowerSystemSleeping3, go, NULL));
    fx_expect("DPR S0:0 A0 GO ");
    assert_int_equal(gone, 1);
}

static void pfx_065_it_waits_for_the_report(struct machine *m) {
    begin(0);
    fx.hold_dpr = true;
    assert_false(fx_system_irp(m, fx.pdo, PowerSystemSleeping3, go, NULL));
    fx_expect("DPR ");
    PoFxReportDevicePoweredOn(fx.handle);
    fx_expect("S0:0 A0 GO ");
}

static void an_active_device_need_not_wait(struct machine *m) {
    begin(0);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_true(fx_system_irp(m, fx.pdo, PowerSystemSleeping3, go, NULL));
    fx_expect("DPR S0:0 A0 ");
    assert_int_equal(gone, 0);
}

static void pfx_066_nothing_is_called_while_the_system_sleeps(struct machine *m) {
    begin(0);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    sleep_now(m);
    fx_clear(&fx);
    PoFxIdleComponent(fx.handle, 0, 0);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxIdleComponent(fx.handle, 0, 0);
    PoFxSetComponentLatency(fx.handle, 0, 0);
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("");
    fx_system_irp(m, fx.pdo, PowerSystemWorking, go, NULL);
    fx_device_irp_done(m, fx.pdo, PowerDeviceD0, STATUS_SUCCESS);
    PoFxReportDevicePoweredOn(fx.handle);
    fx_expect("I0 DPNR "); /* the latency hint keeps it in F0 */
}

static void pfx_067_without_fast_resume_s0_waits_for_the_report(struct machine *m) {
    begin(PO_FX_DEVICE_FLAG_DISABLE_FAST_RESUME);
    sleep_now(m);
    fx_clear(&fx);
    fx_system_irp(m, fx.pdo, PowerSystemWorking, go, NULL);
    assert_false(fx_system_irp_done(m, fx.pdo, PowerSystemWorking, go, NULL));
    fx_expect("");
    PoFxReportDevicePoweredOn(fx.handle);
    wdmsim_settle(m);
    assert_non_null(strstr(fx.log, "GO "));
}

static void pfx_067_with_fast_resume_it_does_not(struct machine *m) {
    begin(PO_FX_DEVICE_FLAG_ENABLE_FAST_RESUME);
    sleep_now(m);
    fx_system_irp(m, fx.pdo, PowerSystemWorking, go, NULL);
    assert_true(fx_system_irp_done(m, fx.pdo, PowerSystemWorking, go, NULL));
}

/* A query for sleep that failed: S0 again, for a device that is in Dx and not required. */
static void s0_after_a_failed_query_idles_the_device_again(struct machine *m) {
    begin(0);
    fx_system_irp(m, fx.pdo, PowerSystemWorking, go, NULL);
    PoFxReportDevicePoweredOn(fx.handle);
    fx_expect("DPR S0:0 S0:1 DPNR ");
}

/* ---- F0 on Dx ---- */

static void begin_f0_on_dx(void) {
    fx_fresh(&fx, NULL);
    gone = 0;
    struct fx_description d = fx_describe(&fx, 2, 2);
    fx_part(&d, 1)->Flags = PO_FX_COMPONENT_FLAG_F0_ON_DX;
    fx_start_device(&fx, &d);
    fx_expect("I0 S0:1 I1 S1:1 DPNR ");
}

static void pfx_068_the_component_is_in_f0_before_the_irp(struct machine *m) {
    begin_f0_on_dx();
    assert_false(fx_device_irp(m, fx.pdo, PowerDeviceD3, go, NULL));
    fx_expect("S1:0 GO ");
    assert_int_equal(fx_look(&fx, 1).condition, WDMSIM_FX_IDLE);
    fx_device_irp_done(m, fx.pdo, PowerDeviceD3, STATUS_SUCCESS);
    fx.hold_dpr = true;
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("DPR ");
    fx_device_irp(m, fx.pdo, PowerDeviceD0, go, NULL);
    fx_device_irp_done(m, fx.pdo, PowerDeviceD0, STATUS_SUCCESS);
    fx_expect("");
    assert_int_equal(fx_look(&fx, 1).state, 0);
    PoFxReportDevicePoweredOn(fx.handle);
    fx_expect("S0:0 A0 S1:1 ");
}

static void pfx_068_one_that_is_there_already_delays_nothing(struct machine *m) {
    begin_f0_on_dx();
    PoFxActivateComponent(fx.handle, 1, PO_FX_FLAG_BLOCKING);
    assert_true(fx_device_irp(m, fx.pdo, PowerDeviceD2, go, NULL));
}

static void pfx_069_a_pending_wait_wake_holds_it_as_well(struct machine *m) {
    begin_f0_on_dx();
    assert_false(fx_wait_wake_irp(m, fx.pdo, go, NULL));
    fx_expect("S1:0 GO ");
    assert_true(fx_device_irp(m, fx.pdo, PowerDeviceD3, go, NULL));
    fx_device_irp_done(m, fx.pdo, PowerDeviceD3, STATUS_SUCCESS);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("DPR S0:0 A0 ");
    fx_device_irp_done(m, fx.pdo, PowerDeviceD0, STATUS_SUCCESS);
    assert_int_equal(fx_look(&fx, 1).state, 0);
    fx_wait_wake_irp_done(m, fx.pdo);
    fx_expect("S1:1 ");
}

/* ---- PnP ---- */

/* PFX-104: the registration survives a stop and a start. */
static void pfx_104_a_rebalance_finds_the_components_active(struct machine *m) {
    static const UCHAR minors[] = {IRP_MN_QUERY_STOP_DEVICE, IRP_MN_STOP_DEVICE};
    begin(0);
    assert_false(fx_pnp_irp(m, fx.pdo, minors[0], go, NULL));
    fx_expect("DPR S0:0 A0 GO ");
    fx_pnp_irp_done(m, fx.pdo, minors[0]);
    assert_true(fx_pnp_irp(m, fx.pdo, minors[1], go, NULL) || (wdmsim_settle(m), gone == 2));
    fx_clear(&fx);
    pnp_node_of(fx.pdo)->state = WDMSIM_NODE_STOPPED;
    fx_pnp_irp_done(m, fx.pdo, minors[1]);
    assert_true(fx_pnp_irp(m, fx.pdo, IRP_MN_START_DEVICE, go, NULL));
    pnp_node_of(fx.pdo)->state = WDMSIM_NODE_STARTED;
    wdmsim_settle(m);
    fx_clear(&fx);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_true(fx.active[0]);
}

static void a_removal_with_a_registration_is_reported(struct machine *m) {
    begin(0);
    assert_true(fx_device_removed(m, fx.pdo));
    assert_int_equal(fx_reports("still registered"), 1);
    PoFxUnregisterDevice(fx.handle);
    assert_false(fx_device_removed(m, fx.pdo));
}

/* ---- surprise power-on ---- */

/* PFX-070 and trace T5. */
static void pfx_070_a_surprised_device_is_taken_down_again(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(0);
    PoFxNotifySurprisePowerOn(fx.pdo);
    fx_expect("DPR S0:0 S0:1 DPNR ");
}

static void pfx_071_an_unregistered_one_may_be_named(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(0);
    PoFxNotifySurprisePowerOn(fx_plug(NULL));
    fx_expect("");
}

static void a_device_in_use_is_not_surprised(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(0);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx_clear(&fx);
    PoFxNotifySurprisePowerOn(fx.pdo);
    fx_expect("");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_063_the_report_after_s0_is_accepted_in_d0),
        fx_unit_test(pfx_064_without_the_report_it_never_idles_again),
        fx_unit_test(pfx_064_nor_does_one_that_was_in_use),
        fx_unit_test(pfx_065_a_device_in_dx_is_powered_before_the_system_sleeps),
        fx_unit_test(pfx_065_it_waits_for_the_report),
        fx_unit_test(an_active_device_need_not_wait),
        fx_unit_test(pfx_066_nothing_is_called_while_the_system_sleeps),
        fx_unit_test(pfx_067_without_fast_resume_s0_waits_for_the_report),
        fx_unit_test(pfx_067_with_fast_resume_it_does_not),
        fx_unit_test(s0_after_a_failed_query_idles_the_device_again),
        fx_unit_test(pfx_068_the_component_is_in_f0_before_the_irp),
        fx_unit_test(pfx_068_one_that_is_there_already_delays_nothing),
        fx_unit_test(pfx_069_a_pending_wait_wake_holds_it_as_well),
        fx_unit_test(pfx_104_a_rebalance_finds_the_components_active),
        fx_unit_test(a_removal_with_a_registration_is_reported),
        fx_unit_test(pfx_070_a_surprised_device_is_taken_down_again),
        fx_unit_test(pfx_071_an_unregistered_one_may_be_named),
        fx_unit_test(a_device_in_use_is_not_surprised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
