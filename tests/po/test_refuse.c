/* Refused queries, failed sets. */
#include "power_driver.h"

static uint32_t parent, child, other;

static void family(struct machine *m) {
    power_begin(m);
    parent = power_plug(m, WDMSIM_ROOT_NODE);
    child = power_plug(m, parent);
    other = power_plug(m, parent);
    power_forget();
}

/* POW-025 */
static void pow_025_a_refusal_reaffirms_s0_to_who_was_asked(struct machine *m) {
    struct wdmsim_power_result result;
    family(m);
    policy.refuse_system = power_pdo(m, child);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, &result), 0);
    assert_true(result.refused);
    assert_int_equal(result.refused_by, child);
    assert_int_equal(result.status, (uint32_t)STATUS_POWER_STATE_INVALID);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
    uint32_t nodes[] = {parent, child, other};
    for (unsigned i = 0; i < 3; i++) {
        PDEVICE_OBJECT pdo = power_pdo(m, nodes[i]);
        assert_int_equal(power_count(AT_DOWN, pdo, IRP_MN_SET_POWER, 1, PowerSystemSleeping3), 0);
        assert_int_equal(power_count(AT_DOWN, pdo, IRP_MN_QUERY_POWER, 1, -1),
                         power_count(AT_DOWN, pdo, IRP_MN_SET_POWER, 1, PowerSystemWorking));
    }
    assert_int_equal(
        power_count(AT_DOWN, power_pdo(m, child), IRP_MN_SET_POWER, 1, PowerSystemWorking), 1);
    assert_int_equal(result.set_up, result.queried);
}

/* POW-026 */
static void pow_026_a_critical_transition_goes_on(struct machine *m) {
    struct wdmsim_power_result result;
    family(m);
    policy.refuse_system = power_pdo(m, child);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, WDMSIM_POWER_CRITICAL, &result), 0);
    assert_true(result.refused);
    assert_int_equal(result.set_down, 3);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
}

/* POW-027 */
static void pow_027_a_failed_system_set_is_ignored(struct machine *m) {
    family(m);
    policy.fail_system = power_pdo(m, child);
    uint32_t before = wdmsim_power_reports(m, NULL);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
    assert_true(wdmsim_power_reports(m, NULL) > before);
}

/* POW-075 */
static void pow_075_a_failed_device_set_is_reported(struct machine *m) {
    const char *last;
    struct power_request request;
    family(m);
    policy.fail_set = power_pdo(m, child);
    uint32_t before = wdmsim_power_reports(m, NULL);
    power_ask(power_pdo(m, child), IRP_MN_SET_POWER, PowerDeviceD3, &request);
    wdmsim_settle(m);
    assert_int_equal(request.status, STATUS_UNSUCCESSFUL);
    assert_int_equal(wdmsim_power_reports(m, &last), before + 1);
    assert_non_null(strstr(last, "D3"));
    assert_int_equal(power_d(m, child), PowerDeviceD0);
}

/* POW-078: the driver sets a state after each query, refused or not. */
static void pow_078_a_device_query_is_followed_by_a_set(struct machine *m) {
    family(m);
    policy.refuse_device = power_pdo(m, child);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
    PDEVICE_OBJECT pdo = power_pdo(m, child);
    assert_int_equal(power_count(AT_DOWN, pdo, IRP_MN_QUERY_POWER, 0, PowerDeviceD3), 1);
    const struct power_event *query = power_find(AT_DOWN, pdo, IRP_MN_QUERY_POWER, 0, -1, 0);
    const struct power_event *set = power_find(AT_DOWN, pdo, IRP_MN_SET_POWER, 0, -1, 0);
    assert_non_null(set);
    assert_true(set > query);
    assert_int_equal(set->state, PowerDeviceD0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_025_a_refusal_reaffirms_s0_to_who_was_asked),
        wdmsim_unit_test(pow_026_a_critical_transition_goes_on),
        wdmsim_unit_test(pow_027_a_failed_system_set_is_ignored),
        wdmsim_unit_test(pow_075_a_failed_device_set_is_reported),
        wdmsim_unit_test(pow_078_a_device_query_is_followed_by_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
