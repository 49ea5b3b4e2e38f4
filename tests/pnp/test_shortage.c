/*
 * Short of memory by choice (WDMSIM_FAIL_POOL): drivers get none, and fail cleanly; the IRPs and
 * the records of the managers are not refused, so nobody is blamed for what never reached it.
 */
#include "pnp_test.h"

static unsigned asked;

static unsigned refuse(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(n);
    asked += kind == WDMSIM_CHOICE_POOL;
    return kind == WDMSIM_CHOICE_POOL;
}

static unsigned grant(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(kind);
    UNREFERENCED_PARAMETER(n);
    return 0;
}

/* Sleeping, waking, stopping and going need nothing that this driver asks for. */
static void the_managers_are_not_refused(struct machine *m) {
    struct wdmsim_power_result result;
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    uint32_t child = test_plug_under(m, node, TEST_DEVICE(.function = "lower"));
    wdmsim_set_chooser(m, refuse, NULL);
    asked = 0;
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, &result), 0);
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(wdmsim_power_system(m), 1);
    assert_int_equal(test_do(m, WDMSIM_PNP_QUERY_STATE, child), STATUS_SUCCESS);
    assert_int_equal(test_do(m, WDMSIM_PNP_REBALANCE, child), STATUS_SUCCESS);
    assert_int_equal(test_do(m, WDMSIM_PNP_DISABLE, node), STATUS_SUCCESS);
    assert_int_equal(wdmsim_unplug(m, node), 0);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
    assert_int_equal(asked, 0);
}

/* A driver that cannot make its device object is none of the device's. */
static void a_refused_driver_can_try_again(struct machine *m) {
    test_begin(m);
    wdmsim_set_chooser(m, refuse, NULL);
    asked = 0;
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_int_equal(asked, 1);
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_FAILED_ADD);
    wdmsim_set_chooser(m, grant, NULL);
    assert_int_equal(test_do(m, WDMSIM_PNP_START, node), STATUS_SUCCESS);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
}

int main(void) {
    static const struct wdmsim_config asking = {.processors = 1,
                                                .strategy = WDMSIM_STRATEGY_ASK,
                                                .flags = WDMSIM_CHECK_RULES | WDMSIM_FAIL_POOL};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(the_managers_are_not_refused, &asking),
        wdmsim_unit_test_on(a_refused_driver_can_try_again, &asking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
