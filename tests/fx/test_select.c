/* Which F state an idle component is taken to. */
#include "fx_test.h"

#define UNSET PO_FX_UNKNOWN_TIME

/* The device registers anew, without hints, and stays in D0. */
static void begin_again(struct fx_description *d) {
    if (fx.handle)
        PoFxUnregisterDevice(fx.handle);
    fx.active[0] = true;
    fx.state[0] = 0;
    d->device.DevicePowerNotRequiredCallback = NULL;
    d->device.DevicePowerRequiredCallback = NULL;
    fx_start_device(&fx, d);
    fx_clear(&fx);
}

/* PFX-045: the worked table of the specification. */
static void pfx_045_the_deepest_state_that_the_hints_allow(struct machine *m) {
    static const struct {
        ULONGLONG latency, residency;
        BOOLEAN wake;
        ULONG state;
    } rows[] = {
        {UNSET, UNSET, FALSE, 2},  {10000, UNSET, FALSE, 1},    {400, UNSET, FALSE, 0},
        {100000, UNSET, FALSE, 2}, {UNSET, 50000, FALSE, 1},    {UNSET, 9999, FALSE, 0},
        {UNSET, UNSET, TRUE, 1},   {400, UNSET, TRUE, 0},       {99999, UNSET, FALSE, 1},
        {UNSET, 10000, FALSE, 1},  {UNSET, 10000000, FALSE, 2},
    };
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    assert_int_equal(fx_look(&fx, 0).state, 2); /* before any hint */
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
        PoFxSetComponentLatency(fx.handle, 0, rows[i].latency);
        PoFxSetComponentResidency(fx.handle, 0, rows[i].residency);
        PoFxSetComponentWake(fx.handle, 0, rows[i].wake);
        PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
        wdmsim_settle(m);
        assert_int_equal(fx_look(&fx, 0).state, rows[i].state);
        assert_int_equal(fx.state[0], rows[i].state); /* the driver has been told */
    }
}

static void pfx_046_a_state_of_unknown_time_is_not_chosen(struct machine *m) {
    PO_FX_COMPONENT_IDLE_STATE states[] = {
        {0, 0, 0}, {10, 10, 0}, {PO_FX_UNKNOWN_TIME, 10, 0}, {10, PO_FX_UNKNOWN_TIME, 0}};
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 4);
    fx_part(&d, 0)->IdleStates = states;
    begin_again(&d);
    assert_int_equal(fx_look(&fx, 0).state, 1);
    /* Not even where the only other choice is F0, and whatever limits are set. */
    PoFxSetComponentLatency(fx.handle, 0, UNSET);
    PoFxSetComponentResidency(fx.handle, 0, UNSET - 1);
    wdmsim_settle(m);
    assert_int_equal(fx_look(&fx, 0).state, 1);
    PoFxSetComponentResidency(fx.handle, 0, 9);
    fx_expect("S0:0 ");
}

static void pfx_047_a_lower_limit_leads_through_f0(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxSetComponentLatency(fx.handle, 0, 10000);
    fx_expect("S0:0 S0:1 ");
    PoFxSetComponentLatency(fx.handle, 0, UNSET);
    fx_expect("S0:0 S0:2 ");
}

static void pfx_048_hints_of_an_active_component_are_silent(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("S0:0 A0 ");
    PoFxSetComponentLatency(fx.handle, 0, 10000);
    PoFxSetComponentResidency(fx.handle, 0, 1);
    PoFxSetComponentWake(fx.handle, 0, TRUE);
    fx_expect("");
}

/* Each of the three by itself, set while the component is idle and while it is active. */
static void pfx_049_hints_last(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 3);
    for (unsigned hint = 0; hint < 6; hint++) {
        begin_again(&d);
        if (hint >= 3)
            PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
        if (hint % 3 == 0)
            PoFxSetComponentLatency(fx.handle, 0, 10000);
        else if (hint % 3 == 1)
            PoFxSetComponentResidency(fx.handle, 0, 50000);
        else
            PoFxSetComponentWake(fx.handle, 0, TRUE);
        if (hint >= 3)
            PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
        fx_expect(hint >= 3 ? "S0:0 A0 I0 S0:1 " : "S0:0 S0:1 ");
        for (unsigned i = 0; i < 3; i++) {
            PoFxActivateComponent(fx.handle, 0, 0);
            PoFxIdleComponent(fx.handle, 0, 0);
            fx_expect("S0:0 A0 I0 S0:1 ");
        }
    }
}

/* With every deepest wakeable state that a component can have, under every limit. */
static void pfx_050_no_hint_leads_deeper_than_it_can_wake(struct machine *m) {
    static const ULONGLONG limits[] = {0, 400, 9999, 10000, 100000, 10000000, UNSET - 1, UNSET};
    enum { LIMITS = sizeof limits / sizeof limits[0] };
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 3);
    for (ULONG deepest = 0; deepest < 3; deepest++) {
        ULONG found = 0;
        fx_part(&d, 0)->DeepestWakeableIdleState = deepest;
        begin_again(&d);
        PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
        PoFxSetComponentWake(fx.handle, 0, TRUE);
        for (unsigned i = 0; i < LIMITS * LIMITS; i++) {
            PoFxSetComponentLatency(fx.handle, 0, limits[i % LIMITS]);
            PoFxSetComponentResidency(fx.handle, 0, limits[i / LIMITS]);
            PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
            wdmsim_settle(m);
            ULONG state = fx_look(&fx, 0).state;
            assert_in_range(state, 0, deepest);
            found = state > found ? state : found;
            PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
        }
        assert_int_equal(found, deepest);
        PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
        wdmsim_settle(m);
    }
}

static void pfx_050_armed_for_wake_it_stays_wakeable(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxSetComponentWake(fx.handle, 0, TRUE);
    fx_expect("S0:0 S0:1 ");
    PoFxSetComponentLatency(fx.handle, 0, UNSET - 1);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("S0:0 A0 I0 S0:1 ");
    PoFxSetComponentWake(fx.handle, 0, FALSE);
    fx_expect("S0:0 S0:2 ");
}

static void arming_a_component_in_f1_changes_nothing(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxSetComponentLatency(fx.handle, 0, 10000);
    fx_expect("S0:0 S0:1 ");
    PoFxSetComponentWake(fx.handle, 0, TRUE);
    fx_expect("");
}

/* A hint while a state change is open counts when that has ended. */
static void a_hint_during_a_change_is_followed_afterwards(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx.hold_state = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    PoFxSetComponentLatency(fx.handle, 0, 10000);
    fx_expect("S0:0 A0 I0 S0:2 ");
    fx.hold_state = false;
    PoFxCompleteIdleState(fx.handle, 0);
    fx_expect("S0:0 S0:1 ");
}

static unsigned not_now(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    UNREFERENCED_PARAMETER(context);
    return kind == WDMSIM_CHOICE_POWER ? n - 1 : 0;
}

static void by_choice_a_hint_waits_for_the_next_idle(struct machine *m) {
    fx_begin_on(1, 3);
    wdmsim_set_chooser(m, not_now, NULL);
    PoFxSetComponentLatency(fx.handle, 0, 10000);
    fx_expect("");
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx_expect("S0:0 A0 I0 S0:1 ");
}

static void time_in_each_state_is_counted(struct machine *m) {
    fx_begin_on(1, 3);
    uint32_t node = fx.node;
    wdmsim_advance(m, 3 * WDMSIM_MS);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    wdmsim_advance(m, 2 * WDMSIM_MS);
    PoFxSetComponentLatency(fx.handle, 0, 10000);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    wdmsim_advance(m, 5 * WDMSIM_MS);
    assert_int_equal(wdmsim_fx_residency(m, node, 0, 2), 3 * WDMSIM_MS);
    assert_int_equal(wdmsim_fx_residency(m, node, 0, 0), 2 * WDMSIM_MS);
    assert_int_equal(wdmsim_fx_residency(m, node, 0, 1), 5 * WDMSIM_MS);
    assert_int_equal(fx_look(&fx, 0).active_time, 2 * WDMSIM_MS);
}

int main(void) {
    static const struct wdmsim_config choosing = {
        .processors = 1, .strategy = WDMSIM_STRATEGY_ASK, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_045_the_deepest_state_that_the_hints_allow),
        fx_unit_test(pfx_046_a_state_of_unknown_time_is_not_chosen),
        fx_unit_test(pfx_047_a_lower_limit_leads_through_f0),
        fx_unit_test(pfx_048_hints_of_an_active_component_are_silent),
        fx_unit_test(pfx_049_hints_last),
        fx_unit_test(pfx_050_armed_for_wake_it_stays_wakeable),
        fx_unit_test(pfx_050_no_hint_leads_deeper_than_it_can_wake),
        fx_unit_test(arming_a_component_in_f1_changes_nothing),
        fx_unit_test(a_hint_during_a_change_is_followed_afterwards),
        wdmsim_unit_test_on(by_choice_a_hint_waits_for_the_next_idle, &choosing),
        fx_unit_test(time_in_each_state_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
