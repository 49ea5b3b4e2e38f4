/* Device power: required, not required, the idle time-out, and what drivers answer. */
#include "fx_test.h"

#define DEVICE (int64_t)(ULONG_PTR) fx.handle

static void pfx_051_power_is_not_required_once_everything_rests(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 3);
    fx.hold_state = true;
    fx_start_device(&fx, &d);
    fx_expect("I0 S0:2 I1 S1:2 ");
    PoFxCompleteIdleState(fx.handle, 1);
    fx_expect("");
    PoFxCompleteIdleState(fx.handle, 0);
    fx_expect("DPNR ");
    assert_int_equal(fx_look_device(&fx).power, WDMSIM_FX_POWER_NOT_REQUIRED);
}

static void pfx_052_an_active_component_keeps_it_required(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 1);
    fx_register(&fx, &d);
    PoFxActivateComponent(fx.handle, 1, 0);
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I0 ");
    PoFxIdleComponent(fx.handle, 1, 0);
    fx_expect("I1 DPNR ");
}

/* PFX-053 and trace T3. */
static void pfx_053_the_time_out_comes_first(struct machine *m) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_register(&fx, &d);
    PoFxSetDeviceIdleTimeout(fx.handle, 1000 * MS);
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I0 ");
    assert_int_equal(fx_look_device(&fx).power, WDMSIM_FX_POWER_WAITING);
    wdmsim_advance(m, 500 * WDMSIM_MS);
    PoFxActivateComponent(fx.handle, 0, 0);
    wdmsim_advance(m, 100 * WDMSIM_MS);
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("A0 I0 ");
    wdmsim_advance(m, 999 * WDMSIM_MS);
    fx_expect("");
    wdmsim_advance(m, WDMSIM_MS);
    fx_expect("DPNR ");
}

static void pfx_054_activity_stops_the_time_out(struct machine *m) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_register(&fx, &d);
    PoFxSetDeviceIdleTimeout(fx.handle, 10 * MS);
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_advance(m, 9 * WDMSIM_MS);
    PoFxActivateComponent(fx.handle, 0, 0);
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("I0 A0 ");
}

static void a_changed_time_out_counts_from_the_same_start(struct machine *m) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_register(&fx, &d);
    PoFxSetDeviceIdleTimeout(fx.handle, 10 * MS);
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_advance(m, 5 * WDMSIM_MS);
    PoFxSetDeviceIdleTimeout(fx.handle, 20 * MS);
    wdmsim_advance(m, 14 * WDMSIM_MS);
    fx_expect("I0 ");
    PoFxSetDeviceIdleTimeout(fx.handle, 7 * MS);
    fx_expect("DPNR ");
}

static void pfx_055_it_is_said_once(struct machine *m) {
    fx_begin(1, 3);
    wdmsim_advance(m, WDMSIM_S);
    PoFxSetComponentLatency(fx.handle, 0, 10000);
    PoFxSetDeviceIdleTimeout(fx.handle, 5);
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("");
}

static void pfx_056_activation_before_the_driver_has_completed(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx.hold_dpnr = true;
    fx_start_device(&fx, &d);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("I0 DPNR ");
    assert_int_equal(fx_look_device(&fx).power, WDMSIM_FX_POWER_NOT_REQUIRED_CALLED);
    PoFxCompleteDevicePowerNotRequired(fx.handle);
    fx_expect("DPR A0 ");
}

static void pfx_057_power_is_asked_for_even_of_a_driver_that_stayed_in_d0(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin(1, 3);
    assert_int_equal(fx_look_device(&fx).d_state, 0);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("DPR S0:0 A0 ");
}

/* PFX-058: the test driver's callbacks check that the two alternate, under every strategy. */
static void pfx_058_required_and_not_required_alternate(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 2);
    fx_register(&fx, &d);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxStartDevicePowerManagement(fx.handle);
    PoFxActivateComponent(fx.handle, 1, 0);
    for (unsigned i = 0; i < 200; i++) {
        ULONG component = wdmsim_choose(m, 2);
        ULONG flags = wdmsim_choose(m, 2) ? PO_FX_FLAG_ASYNC_ONLY : 0;
        if (wdmsim_choose(m, 2))
            PoFxActivateComponent(fx.handle, component, flags);
        else if (fx_look(&fx, component).own_references)
            PoFxIdleComponent(fx.handle, component, flags);
        fx_clear(&fx);
        if (wdmsim_choose(m, 4) == 0)
            wdmsim_settle(m);
    }
}

static void pfx_059_the_active_callback_waits_for_the_report(struct machine *m) {
    fx_begin(1, 3);
    fx.hold_dpr = true;
    PoFxActivateComponent(fx.handle, 0, 0);
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("DPR ");
    assert_true(fx_look_device(&fx).report_due);
    PoFxReportDevicePoweredOn(fx.handle);
    fx_expect("S0:0 A0 ");
}

/* PFX-060: whatever became of the D0 IRP, the report is what counts. */
static void pfx_060_a_report_after_a_failed_irp_ends_the_wait(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin(1, 1);
    fx_go_to(&fx, PowerDeviceD3);
    assert_int_equal(fx_look_device(&fx).d_state, 3);
    fx.hold_dpr = true;
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    fx_expect("DPR ");
    fx_power_fails = true;
    fx_go_to(&fx, PowerDeviceD0);
    assert_int_equal(fx_look_device(&fx).d_state, 3);
    PoFxReportDevicePoweredOn(fx.handle);
    fx_expect("A0 ");
}

static void pfx_061_an_unasked_report_is_an_offence(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin(1, 1);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x613, DEVICE, -1, 1);
    PoFxReportDevicePoweredOn(fx.handle);
}

static void pfx_062_so_is_an_unasked_completion(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin(1, 1);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x613, DEVICE, -1, 0);
    PoFxCompleteDevicePowerNotRequired(fx.handle);
}

/* Trace T2: a blocking activation brings the device up on the way. */
static void a_blocking_activation_waits_for_power(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin(1, 2);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_ptr_equal(fx.thread, KeGetCurrentThread());
    fx_expect_now("DPR S0:0 A0 ");
}

/* Components that were idle go to F0 and down again when the device is back; by choice not. */
static void idle_components_are_initialised_again(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin(3, 3);
    PoFxActivateComponent(fx.handle, 1, 0);
    fx_expect("DPR S0:0 S0:2 S1:0 A1 S2:0 S2:2 ");
}

static unsigned leave_alone(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    UNREFERENCED_PARAMETER(context);
    return kind == WDMSIM_CHOICE_POWER ? n - 1 : 0;
}

static void by_choice_they_are_left_alone(struct machine *m) {
    fx_begin(3, 3);
    wdmsim_set_chooser(m, leave_alone, NULL);
    PoFxActivateComponent(fx.handle, 1, 0);
    fx_expect("DPR S1:0 A1 ");
}

static void without_the_callbacks_power_is_always_required(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    d.device.DevicePowerRequiredCallback = NULL;
    fx_start_device(&fx, &d);
    fx_expect("I0 ");
    assert_int_equal(fx_look_device(&fx).power, WDMSIM_FX_POWER_REQUIRED);
}

static void an_unanswered_callback_is_found(struct machine *m) {
    fx_begin(1, 1);
    wdmsim_fx_watchdog(m, 10 * WDMSIM_S, 0);
    fx.hold_dpr = true;
    PoFxActivateComponent(fx.handle, 0, 0);
    wdmsim_advance(m, 9 * WDMSIM_S);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x618, -1, 0, 0);
    wdmsim_advance(m, 2 * WDMSIM_S);
}

int main(void) {
    static const struct wdmsim_config choosing = {
        .processors = 1, .strategy = WDMSIM_STRATEGY_ASK, .flags = WDMSIM_CHECK_RULES};
    static const struct wdmsim_config random = {.processors = 2,
                                                .strategy = WDMSIM_STRATEGY_RANDOM,
                                                .seed = 7,
                                                .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_051_power_is_not_required_once_everything_rests),
        fx_unit_test(pfx_052_an_active_component_keeps_it_required),
        fx_unit_test(pfx_053_the_time_out_comes_first),
        fx_unit_test(pfx_054_activity_stops_the_time_out),
        fx_unit_test(a_changed_time_out_counts_from_the_same_start),
        fx_unit_test(pfx_055_it_is_said_once),
        fx_unit_test(pfx_056_activation_before_the_driver_has_completed),
        fx_unit_test(pfx_057_power_is_asked_for_even_of_a_driver_that_stayed_in_d0),
        wdmsim_unit_test_on(pfx_058_required_and_not_required_alternate, &random),
        fx_unit_test(pfx_059_the_active_callback_waits_for_the_report),
        fx_unit_test(pfx_060_a_report_after_a_failed_irp_ends_the_wait),
        fx_unit_test(pfx_061_an_unasked_report_is_an_offence),
        fx_unit_test(pfx_062_so_is_an_unasked_completion),
        fx_unit_test(a_blocking_activation_waits_for_power),
        fx_unit_test(idle_components_are_initialised_again),
        wdmsim_unit_test_on(by_choice_they_are_left_alone, &choosing),
        fx_unit_test(without_the_callbacks_power_is_always_required),
        fx_unit_test(an_unanswered_callback_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
