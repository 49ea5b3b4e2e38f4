/* What drivers must not do to components, and the bug check each time. */
#include "fx_test.h"

#define DEVICE (int64_t)(ULONG_PTR) fx.handle

static void pfx_025_nobody_blocks_at_dispatch_level(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    KIRQL irql;
    fx_begin_on(2, 1);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x614, DEVICE, 1, 0);
    PoFxActivateComponent(fx.handle, 1, PO_FX_FLAG_BLOCKING);
}

static void pfx_026_blocking_and_asynchronous_exclude_each_other(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(2, 1);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x614, DEVICE, 1, 1);
    PoFxActivateComponent(fx.handle, 1, PO_FX_FLAG_BLOCKING | PO_FX_FLAG_ASYNC_ONLY);
}

static void pfx_027_a_component_is_one_of_the_devices(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(2, 1);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x614, DEVICE, 2, 2);
    PoFxActivateComponent(fx.handle, 2, 0);
}

static void pfx_027_in_hints_as_well(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(2, 1);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x614, DEVICE, 7, 2);
    PoFxSetComponentLatency(fx.handle, 7, 0);
}

static void pfx_028_idle_needs_an_activation_of_ones_own(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x608, -1, 2, 0);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
}

/* The registration's reference is not the driver's. */
static void pfx_028_the_registrations_does_not_count(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_register(&fx, &d);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x608, -1, 0, 0);
    PoFxIdleComponent(fx.handle, 0, 0);
}

/* Nor is one that a dependent holds. */
static void pfx_028_a_dependents_does_not_count(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    ULONG zero = 0;
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 1);
    fx_part(&d, 1)->ProviderCount = 1;
    fx_part(&d, 1)->Providers = &zero;
    fx_start_device(&fx, &d);
    PoFxActivateComponent(fx.handle, 1, PO_FX_FLAG_BLOCKING);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x608, -1, 0, 0);
    PoFxIdleComponent(fx.handle, 0, 0);
}

static void pfx_031_an_idle_condition_is_completed_when_asked_for(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(3, 1);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x613, DEVICE, 2, 2);
    PoFxCompleteIdleCondition(fx.handle, 2);
}

static void pfx_031_and_once(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx.hold_idle = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    PoFxCompleteIdleCondition(fx.handle, 0);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x613, DEVICE, 0, 2);
    PoFxCompleteIdleCondition(fx.handle, 0);
}

static void an_idle_state_is_completed_when_asked_for(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 2);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x613, DEVICE, 0, 3);
    PoFxCompleteIdleState(fx.handle, 0);
}

static void activate_and_wait(ULONG component) {
    PoFxActivateComponent(fx.handle, component, PO_FX_FLAG_BLOCKING);
}

static void a_wait_for_the_callback_one_is_in_is_a_deadlock(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx.on_idle = activate_and_wait;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x618, -1, 0, 0);
    PoFxIdleComponent(fx.handle, 0, 0);
}

static KTIMER later;
static KDPC later_dpc;

static VOID complete_state(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    PoFxCompleteIdleState(fx.handle, 1);
}

static void wait_for_the_other(ULONG component) {
    LARGE_INTEGER due = {.QuadPart = -50000};
    UNREFERENCED_PARAMETER(component);
    fx.on_active = NULL;
    fx.hold_state = true;
    KeInitializeTimer(&later);
    KeInitializeDpc(&later_dpc, complete_state, NULL);
    KeSetTimer(&later, due, &later_dpc);
    PoFxActivateComponent(fx.handle, 1, PO_FX_FLAG_BLOCKING);
}

static void a_wait_for_another_component_inside_a_callback_is_reported(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(2, 2);
    fx.on_active = wait_for_the_other;
    PoFxActivateComponent(fx.handle, 0, 0);
    assert_true(fx.active[0] && fx.active[1]);
    assert_int_equal(fx_reports("inside a callback"), 1);
}

static void an_old_handle_is_known_as_such(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    PoFxUnregisterDevice(fx.handle);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x607, DEVICE, (int64_t)(ULONG)STATUS_DELETE_PENDING, 0);
    PoFxActivateComponent(fx.handle, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_025_nobody_blocks_at_dispatch_level),
        fx_unit_test(pfx_026_blocking_and_asynchronous_exclude_each_other),
        fx_unit_test(pfx_027_a_component_is_one_of_the_devices),
        fx_unit_test(pfx_027_in_hints_as_well),
        fx_unit_test(pfx_028_idle_needs_an_activation_of_ones_own),
        fx_unit_test(pfx_028_the_registrations_does_not_count),
        fx_unit_test(pfx_028_a_dependents_does_not_count),
        fx_unit_test(pfx_031_an_idle_condition_is_completed_when_asked_for),
        fx_unit_test(pfx_031_and_once),
        fx_unit_test(an_idle_state_is_completed_when_asked_for),
        fx_unit_test(a_wait_for_the_callback_one_is_in_is_a_deadlock),
        fx_unit_test(a_wait_for_another_component_inside_a_callback_is_reported),
        fx_unit_test(an_old_handle_is_known_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
