/* The window between registration and PoFxStartDevicePowerManagement, and its end. */
#include "fx_test.h"

static void pfx_010_nothing_is_called_before_the_start(struct machine *m) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 3);
    fx_register(&fx, &d);
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("");
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_ACTIVE);
    assert_int_equal(fx_look(&fx, 1).condition, WDMSIM_FX_ACTIVE);
    assert_int_equal(fx_look(&fx, 0).state, 0);
    assert_int_equal(fx_look_device(&fx).power, WDMSIM_FX_POWER_REQUIRED);
    assert_false(fx_look_device(&fx).started);
}

static void pfx_011_what_is_activated_before_the_start_stays_active(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 3);
    fx_register(&fx, &d);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I1 S1:2 ");
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_ACTIVE);
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("I0 S0:2 DPNR ");
}

static void pfx_012_the_start_idles_every_component(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 3, 2);
    fx_register(&fx, &d);
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I0 S0:1 I1 S1:1 I2 S2:1 DPNR ");
    for (ULONG i = 0; i < 3; i++)
        assert_int_equal(fx_look(&fx, i).condition, WDMSIM_FX_IDLE);
}

static void a_second_start_is_reported(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin(1, 1);
    assert_int_equal(fx_reports("second time"), 0);
    PoFxStartDevicePowerManagement(fx.handle);
    assert_int_equal(fx_reports("second time"), 1);
    fx_expect("");
}

static void dependents_are_idled_before_their_providers(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    ULONG one = 1, two = 2;
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 3, 1);
    fx_part(&d, 0)->ProviderCount = fx_part(&d, 1)->ProviderCount = 1;
    fx_part(&d, 0)->Providers = &one;
    fx_part(&d, 1)->Providers = &two;
    fx_register(&fx, &d);
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I0 I1 I2 DPNR ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_010_nothing_is_called_before_the_start),
        fx_unit_test(pfx_011_what_is_activated_before_the_start_stays_active),
        fx_unit_test(pfx_012_the_start_idles_every_component),
        fx_unit_test(a_second_start_is_reported),
        fx_unit_test(dependents_are_idled_before_their_providers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
