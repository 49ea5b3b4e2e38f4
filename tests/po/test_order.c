/* Power relations, pageable devices, many devices: the order of a walk over the tree. */
#include "power_driver.h"

static unsigned position(PDEVICE_OBJECT pdo, int state) {
    const struct power_event *event = power_find(AT_DOWN, pdo, IRP_MN_SET_POWER, 1, state, 0);
    assert_non_null(event);
    return (unsigned)(event - power_events);
}

static unsigned done(PDEVICE_OBJECT pdo, int state) {
    const struct power_event *event = power_find(AT_DONE, pdo, IRP_MN_SET_POWER, 1, state, 0);
    assert_non_null(event);
    return (unsigned)(event - power_events);
}

static void sleep_and_wake(struct machine *m) {
    power_forget();
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(wdmsim_power_wake(m), 0);
}

/* POW-024 */
static void pow_024_related_devices_are_on_first_and_off_last(struct machine *m) {
    power_begin(m);
    uint32_t dependent = power_plug(m, WDMSIM_ROOT_NODE);
    uint32_t provider = power_plug(m, WDMSIM_ROOT_NODE);
    PDEVICE_OBJECT first = power_pdo(m, dependent), second = power_pdo(m, provider);
    policy.related = first;
    policy.relates_to = second;
    IoInvalidateDeviceRelations(first, PowerRelations);
    wdmsim_settle(m);
    sleep_and_wake(m);
    assert_true(done(first, PowerSystemSleeping3) < position(second, PowerSystemSleeping3));
    assert_true(done(second, PowerSystemWorking) < position(first, PowerSystemWorking));
    /* At run time each goes as it likes. */
    power_set(m, second, PowerDeviceD3);
    assert_int_equal(power_d(m, provider), PowerDeviceD3);
    assert_int_equal(power_d(m, dependent), PowerDeviceD0);
    power_set(m, first, PowerDeviceD3);
    power_set(m, first, PowerDeviceD0);
    assert_int_equal(power_d(m, dependent), PowerDeviceD0);
    assert_int_equal(power_d(m, provider), PowerDeviceD3);
}

/* Pageable devices go down before and come up after the others. */
static void pageable_devices_go_first_and_come_last(struct machine *m) {
    power_begin(m);
    PDEVICE_OBJECT disk =
        power_pdo(m, power_plug_with(m, WDMSIM_ROOT_NODE, WDMSIM_DEVICE_NOT_PAGEABLE, 0, 0));
    PDEVICE_OBJECT other = power_pdo(m, power_plug(m, WDMSIM_ROOT_NODE));
    sleep_and_wake(m);
    assert_true(done(other, PowerSystemSleeping3) < position(disk, PowerSystemSleeping3));
    assert_true(done(disk, PowerSystemWorking) < position(other, PowerSystemWorking));
}

/* The parent of a device that is not pageable counts as one. */
static void the_parent_waits_for_a_device_that_is_not_pageable(struct machine *m) {
    power_begin(m);
    uint32_t parent = power_plug(m, WDMSIM_ROOT_NODE);
    PDEVICE_OBJECT disk =
        power_pdo(m, power_plug_with(m, parent, WDMSIM_DEVICE_NOT_PAGEABLE, 0, 0));
    PDEVICE_OBJECT other = power_pdo(m, power_plug(m, WDMSIM_ROOT_NODE));
    sleep_and_wake(m);
    assert_true(done(other, PowerSystemSleeping3) < position(disk, PowerSystemSleeping3));
    assert_true(done(disk, PowerSystemSleeping3) <
                position(power_pdo(m, parent), PowerSystemSleeping3));
}

/* Devices that do not depend on each other go at the same time. */
static void independent_devices_go_in_parallel(struct machine *m) {
    power_begin(m);
    uint32_t first = power_plug(m, WDMSIM_ROOT_NODE);
    uint32_t second = power_plug(m, WDMSIM_ROOT_NODE);
    policy.block_system = power_pdo(m, first);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), WDMSIM_ERROR_TIMED_OUT);
    assert_int_equal(power_d(m, second), PowerDeviceD3);
    assert_int_equal(power_d(m, first), PowerDeviceD0);
}

/* Every device of a larger tree takes part once each way, whatever the choices. */
static void a_larger_tree_goes_down_and_up(struct machine *m) {
    enum { WIDTH = 5, DEPTH = 3 };
    struct wdmsim_power_result result;
    uint32_t level[WIDTH];
    uint32_t count = 0;
    power_begin(m);
    for (unsigned i = 0; i < WIDTH; i++) {
        level[i] = WDMSIM_ROOT_NODE;
        for (unsigned j = 0; j < DEPTH; j++, count++)
            level[i] = power_plug(m, level[i]);
    }
    power_forget();
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_HIBERNATE, 0, &result), 0);
    assert_int_equal(result.queried, count);
    assert_int_equal(result.set_down, count);
    assert_int_equal(wdmsim_power_wake(m), 0);
    wdmsim_power_last(m, &result);
    assert_int_equal(result.set_up, count);
    assert_int_equal(power_count(AT_DOWN, NULL, IRP_MN_SET_POWER, 1, PowerSystemHibernate), count);
    assert_int_equal(power_count(AT_DOWN, NULL, IRP_MN_SET_POWER, 1, PowerSystemWorking), count);
    for (unsigned i = 0; i < WIDTH; i++)
        assert_int_equal(power_d(m, level[i]), PowerDeviceD0);
}

static const struct wdmsim_config random_choices = {
    .processors = 2, .strategy = WDMSIM_STRATEGY_RANDOM, .seed = 5, .flags = WDMSIM_CHECK_RULES};

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_024_related_devices_are_on_first_and_off_last),
        wdmsim_unit_test(pageable_devices_go_first_and_come_last),
        wdmsim_unit_test(the_parent_waits_for_a_device_that_is_not_pageable),
        wdmsim_unit_test(independent_devices_go_in_parallel),
        wdmsim_unit_test(a_larger_tree_goes_down_and_up),
        wdmsim_unit_test_on(a_larger_tree_goes_down_and_up, &random_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
