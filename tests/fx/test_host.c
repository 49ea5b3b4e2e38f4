/* What the host does to a component, as a recording tells of it. */
#include "fx_test.h"

static uint32_t node;
static void begin(struct machine *m) {
    fx_begin_on(1, 3);
    node = wdmsim_fx_next(m, 0);
}

static void the_host_keeps_a_component_active(struct machine *m) {
    begin(m);
    assert_int_equal(wdmsim_fx_activity(m, node, 0, true), 0);
    fx_expect("S0:0 A0 ");
    assert_int_equal(wdmsim_fx_activity(m, node, 0, true), 0); /* once is enough */
    assert_int_equal(fx_look(&fx, 0).references, 1);
    assert_int_equal(fx_look(&fx, 0).own_references, 0);
    PoFxActivateComponent(fx.handle, 0, 0);
    assert_int_equal(wdmsim_fx_activity(m, node, 0, false), 0);
    fx_expect("");
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("I0 S0:2 ");
    assert_int_equal(wdmsim_fx_activity(m, node, 0, false), 0);
    fx_expect("");
}

static void hints_are_as_the_drivers(struct machine *m) {
    const uint64_t latency = 10000, short_time = 9999, none = ~0ull;
    const bool armed = true;
    begin(m);
    assert_int_equal(wdmsim_fx_hints(m, node, 0, &(struct wdmsim_fx_hints){.latency = &latency}),
                     0);
    fx_expect("S0:0 S0:1 ");
    assert_int_equal(
        wdmsim_fx_hints(m, node, 0, &(struct wdmsim_fx_hints){.residency = &short_time}), 0);
    fx_expect("S0:0 ");
    assert_int_equal(wdmsim_fx_hints(m, node, 0,
                                     &(struct wdmsim_fx_hints){
                                         .latency = &none, .residency = &none, .wake = &armed}),
                     0);
    fx_expect("S0:1 ");
    assert_true(fx_look(&fx, 0).wake);
    assert_int_equal(wdmsim_fx_hints(m, node, 0, &(struct wdmsim_fx_hints){0}), 0);
    fx_expect("");
}

static void the_host_chooses_the_state(struct machine *m) {
    begin(m);
    assert_int_equal(wdmsim_fx_choose(m, node, 0, 1), 0);
    fx_expect("S0:0 S0:1 ");
    PoFxSetComponentLatency(fx.handle, 0, 1); /* of no effect now */
    fx_expect("");
    assert_int_equal(wdmsim_fx_choose(m, node, 0, -1), 0);
    fx_expect("S0:0 ");
}

static void there_must_be_such_a_component(struct machine *m) {
    struct wdmsim_fx_hints hints = {0};
    begin(m);
    assert_int_equal(wdmsim_fx_activity(m, node, 9, true), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_fx_hints(m, node + 1, 0, &hints), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_fx_choose(m, node, 9, 0), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_fx_choose(m, node, 0, 3), WDMSIM_ERROR_INVALID);
    fx_expect("");
}

static void a_reference_of_the_hosts_does_not_hinder_unregistering(struct machine *m) {
    begin(m);
    assert_int_equal(wdmsim_fx_activity(m, node, 0, true), 0);
    wdmsim_settle(m);
    PoFxUnregisterDevice(fx.handle);
    assert_int_equal(wdmsim_fx_next(m, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(the_host_keeps_a_component_active),
        fx_unit_test(hints_are_as_the_drivers),
        fx_unit_test(the_host_chooses_the_state),
        fx_unit_test(there_must_be_such_a_component),
        fx_unit_test(a_reference_of_the_hosts_does_not_hinder_unregistering),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
