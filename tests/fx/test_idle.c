/* The order of idle condition, F states and activation, with completions early and late. */
#include "fx_test.h"

static void pfx_029_an_idle_condition_may_be_completed_in_the_callback(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("A0 I0 ");
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_IDLE);
}

static VOID complete_in_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    PoFxCompleteIdleCondition(fx.handle, 0);
}

/* PFX-032: no idle-state callback before the completion. */
static void pfx_030_or_later_from_a_dpc(struct machine *m) {
    KDPC dpc;
    fx_begin_on(1, 3);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx_clear(&fx);
    fx.hold_idle = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("I0 ");
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_IDLING);
    assert_int_equal(fx_look(&fx, 0).state, 0);
    KeInitializeDpc(&dpc, complete_in_dpc, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    fx_expect("S0:2 ");
}

static void pfx_032_no_state_changes_before_the_idle_condition_is_complete(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx_clear(&fx);
    fx.hold_idle = true;
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    PoFxSetComponentLatency(fx.handle, 0, 600);
    fx_expect("I0 ");
    PoFxCompleteIdleCondition(fx.handle, 0);
    fx_expect("S0:1 ");
}

static void pfx_033_the_callback_names_the_state_chosen(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    assert_int_equal(fx.state[0], 2);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxSetComponentResidency(fx.handle, 0, 50000);
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("S0:0 A0 I0 S0:1 ");
}

static void pfx_034_the_state_changes_when_the_driver_says_so(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx.hold_state = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("S0:0 A0 I0 S0:2 ");
    assert_int_equal(fx_look(&fx, 0).state, 0);
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_CHANGING);
    PoFxCompleteIdleState(fx.handle, 0);
    fx_expect("");
    assert_int_equal(fx_look(&fx, 0).state, 2);
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_IDLE);
}

static void pfx_035_activation_while_the_idle_condition_is_open(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx.hold_idle = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("S0:0 A0 I0 ");
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("");
    PoFxCompleteIdleCondition(fx.handle, 0);
    fx_expect("A0 ");
}

static void pfx_036_activation_while_a_state_change_is_open(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx.hold_state = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("S0:0 A0 I0 S0:2 ");
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("");
    fx.hold_state = false;
    PoFxCompleteIdleState(fx.handle, 0);
    fx_expect("S0:0 A0 ");
}

static void pfx_037_idle_while_it_is_being_activated(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    fx.hold_state = true;
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("S0:0 ");
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("");
    fx.hold_state = false;
    PoFxCompleteIdleState(fx.handle, 0);
    fx_expect("A0 I0 S0:2 ");
}

static void pfx_037_though_it_is_only_queued(struct machine *m) {
    KIRQL irql;
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    KeLowerIrql(irql);
    fx_expect("A0 I0 ");
}

/* A pair inside one open transition leaves no trace. */
static void a_pair_within_a_transition_is_not_seen(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx.hold_idle = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxIdleComponent(fx.handle, 0, 0);
    PoFxCompleteIdleCondition(fx.handle, 0);
    fx_expect("A0 I0 ");
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_IDLE);
}

/* What a callback asks for the same component comes after the callback. */
static void idle_in_active(ULONG component) {
    fx.on_active = NULL;
    PoFxIdleComponent(fx.handle, component, 0);
    assert_true(fx.active[component]);
}

static void calls_inside_a_callback_take_effect_after_it(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    fx.on_active = idle_in_active;
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect_now("A0 I0 ");
}

static void a_blocking_idle_waits_for_the_completion(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    KTIMER timer;
    KDPC dpc;
    LARGE_INTEGER due = {.QuadPart = -50000};
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx.hold_idle = true;
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, complete_in_dpc, NULL);
    KeSetTimer(&timer, due, &dpc);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_IDLE);
    fx_expect_now("A0 I0 ");
}

static void an_idle_condition_that_is_never_completed_is_found(struct machine *m) {
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx.hold_idle = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    wdmsim_advance(m, 599 * WDMSIM_S);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x618, -1, 0, 0);
    wdmsim_advance(m, 2 * WDMSIM_S);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_029_an_idle_condition_may_be_completed_in_the_callback),
        fx_unit_test(pfx_030_or_later_from_a_dpc),
        fx_unit_test(pfx_032_no_state_changes_before_the_idle_condition_is_complete),
        fx_unit_test(pfx_033_the_callback_names_the_state_chosen),
        fx_unit_test(pfx_034_the_state_changes_when_the_driver_says_so),
        fx_unit_test(pfx_035_activation_while_the_idle_condition_is_open),
        fx_unit_test(pfx_036_activation_while_a_state_change_is_open),
        fx_unit_test(pfx_037_idle_while_it_is_being_activated),
        fx_unit_test(pfx_037_though_it_is_only_queued),
        fx_unit_test(a_pair_within_a_transition_is_not_seen),
        fx_unit_test(calls_inside_a_callback_take_effect_after_it),
        fx_unit_test(a_blocking_idle_waits_for_the_completion),
        fx_unit_test(an_idle_condition_that_is_never_completed_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
