/* Components that depend on others. */
#include "fx_test.h"

/* Component i uses those whose bits are set in uses[i]. */
static void begin(ULONG count, ULONG states, const ULONG *uses) {
    static ULONG providers[FX_MAX][FX_MAX];
    fx_fresh(&fx, NULL);
    fx.providers = uses;
    struct fx_description d = fx_describe(&fx, count, states);
    d.device.DevicePowerNotRequiredCallback = NULL;
    for (ULONG i = 0; i < count; i++) {
        PPO_FX_COMPONENT_V2 c = fx_part(&d, i);
        c->Providers = providers[i];
        for (ULONG j = 0; j < count; j++)
            if (uses[i] >> j & 1)
                c->Providers[c->ProviderCount++] = j;
    }
    fx_start_device(&fx, &d);
    fx_clear(&fx);
}

static const ULONG chain[FX_MAX] = {0, 1, 2, 4};       /* 3 -> 2 -> 1 -> 0 */
static const ULONG diamond[FX_MAX] = {0, 1, 1, 2 | 4}; /* 3 -> {1, 2} -> 0 */

static void pfx_041_providers_are_active_first(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(3, 1, chain);
    PoFxActivateComponent(fx.handle, 2, 0);
    fx_expect("A0 A1 A2 ");
    PoFxIdleComponent(fx.handle, 2, 0);
    fx_expect("I2 I1 I0 ");
}

static void pfx_041_with_their_f_states(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(3, 2, chain);
    PoFxActivateComponent(fx.handle, 2, PO_FX_FLAG_BLOCKING);
    fx_expect_now("S0:0 A0 S1:0 A1 S2:0 A2 ");
    assert_ptr_equal(fx.thread, KeGetCurrentThread()); /* its own on this thread */
    PoFxIdleComponent(fx.handle, 2, 0);
    /* Providers are released when the idle condition is complete, whatever the F state does. */
    fx_expect("I2 I1 S1:1 I0 S0:1 S2:1 ");
}

static void pfx_042_a_provider_is_idled_after_the_dependent_has_completed(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(2, 1, chain);
    PoFxActivateComponent(fx.handle, 1, 0);
    fx_expect("A0 A1 ");
    fx.hold_idle = true;
    PoFxIdleComponent(fx.handle, 1, 0);
    fx_expect("I1 ");
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_ACTIVE);
    PoFxCompleteIdleCondition(fx.handle, 1);
    fx_expect("I0 ");
}

static void pfx_043_a_provider_in_use_stays_active(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(2, 1, chain);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxActivateComponent(fx.handle, 1, 0);
    fx_expect("A0 A1 ");
    PoFxIdleComponent(fx.handle, 1, 0);
    fx_expect("I1 ");
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("I0 ");
}

static void pfx_044_a_diamond_activates_its_foot_once(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(4, 1, diamond);
    PoFxActivateComponent(fx.handle, 3, 0);
    fx_expect("A0 A1 A2 A3 ");
    assert_int_equal(fx_look(&fx, 0).references, 2);
    PoFxIdleComponent(fx.handle, 3, 0);
    fx_expect("I3 I1 I2 I0 ");
}

/* Used again before it is idle: the providers are kept. */
static void providers_are_kept_for_a_dependent_that_comes_back(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(2, 1, chain);
    PoFxActivateComponent(fx.handle, 1, 0);
    fx.hold_idle = true;
    PoFxIdleComponent(fx.handle, 1, 0);
    PoFxActivateComponent(fx.handle, 1, 0);
    fx_expect("A0 A1 I1 ");
    PoFxCompleteIdleCondition(fx.handle, 1);
    fx_expect("A1 ");
    assert_int_equal(fx_look(&fx, 0).references, 1);
}

static void a_dependent_waits_for_a_provider_that_is_being_idled(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    begin(2, 1, chain);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx.hold_idle = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    PoFxActivateComponent(fx.handle, 1, 0);
    fx_expect("A0 I0 ");
    PoFxCompleteIdleCondition(fx.handle, 0);
    fx_expect("A0 A1 ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_041_providers_are_active_first),
        fx_unit_test(pfx_041_with_their_f_states),
        fx_unit_test(pfx_042_a_provider_is_idled_after_the_dependent_has_completed),
        fx_unit_test(pfx_043_a_provider_in_use_stays_active),
        fx_unit_test(pfx_044_a_diamond_activates_its_foot_once),
        fx_unit_test(providers_are_kept_for_a_dependent_that_comes_back),
        fx_unit_test(a_dependent_waits_for_a_provider_that_is_being_idled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
