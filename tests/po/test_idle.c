/* Idle detection of devices. */
#include "power_driver.h"

static uint32_t node;
static PDEVICE_OBJECT pdo;

static void begin(struct machine *m) {
    power_begin(m);
    node = power_plug(m, WDMSIM_ROOT_NODE);
    pdo = power_pdo(m, node);
}

static unsigned sets(void) { return power_count(AT_DOWN, pdo, IRP_MN_SET_POWER, 0, -1); }

/* POW-055 */
static void pow_055_both_zero_disables(struct machine *m) {
    begin(m);
    assert_null(PoRegisterDeviceForIdleDetection(pdo, 0, 0, PowerDeviceD3));
    assert_non_null(PoRegisterDeviceForIdleDetection(pdo, 5, 5, PowerDeviceD3));
    assert_null(PoRegisterDeviceForIdleDetection(pdo, 0, 0, PowerDeviceD3));
    wdmsim_advance(m, 60 * WDMSIM_S);
    assert_int_equal(sets(), 0);
}

/* POW-056 */
static void pow_056_the_standard_timeout_is_for_disks(struct machine *m) {
    begin(m);
    assert_null(PoRegisterDeviceForIdleDetection(pdo, ~0u, 5, PowerDeviceD3));
    PDEVICE_OBJECT fdo = power_of(m, node)->self;
    fdo->DeviceType = FILE_DEVICE_DISK;
    wdmsim_power_disk_policy(m, 3, 7);
    assert_non_null(PoRegisterDeviceForIdleDetection(fdo, ~0u, ~0u, PowerDeviceD3));
    wdmsim_advance(m, 5 * WDMSIM_S);
    assert_int_equal(sets(), 0);
    wdmsim_advance(m, 3 * WDMSIM_S);
    assert_int_equal(sets(), 1);
}

/* POW-057 */
static void pow_057_the_timeout_sets_the_state_without_a_query(struct machine *m) {
    begin(m);
    assert_non_null(PoRegisterDeviceForIdleDetection(pdo, 10, 10, PowerDeviceD2));
    wdmsim_advance(m, 9 * WDMSIM_S);
    assert_int_equal(sets(), 0);
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_int_equal(sets(), 1);
    assert_int_equal(power_count(AT_DOWN, pdo, IRP_MN_QUERY_POWER, -1, -1), 0);
    assert_int_equal(power_d(m, node), PowerDeviceD2);
    wdmsim_advance(m, 100 * WDMSIM_S); /* and not again before it was in D0 */
    assert_int_equal(sets(), 1);
    power_set(m, pdo, PowerDeviceD0);
    wdmsim_advance(m, 11 * WDMSIM_S);
    assert_int_equal(power_d(m, node), PowerDeviceD2);
}

/* POW-058 */
static void pow_058_use_postpones_by_the_full_timeout(struct machine *m) {
    begin(m);
    PULONG counter = PoRegisterDeviceForIdleDetection(pdo, 10, 10, PowerDeviceD3);
    for (unsigned i = 0; i < 5; i++) {
        wdmsim_advance(m, 8 * WDMSIM_S);
        if (i % 2)
            PoSetDeviceBusyEx(counter);
        else
            PoSetDeviceBusy(counter);
    }
    assert_int_equal(sets(), 0);
    wdmsim_advance(m, 9 * WDMSIM_S);
    assert_int_equal(sets(), 0);
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_int_equal(sets(), 1);
}

/* POW-059 */
static void pow_059_busy_periods_suspend_the_countdown(struct machine *m) {
    begin(m);
    PULONG counter = PoRegisterDeviceForIdleDetection(pdo, 5, 5, PowerDeviceD3);
    PoStartDeviceBusy(counter);
    PoStartDeviceBusy(counter);
    wdmsim_advance(m, 60 * WDMSIM_S);
    PoEndDeviceBusy(counter);
    wdmsim_advance(m, 60 * WDMSIM_S);
    assert_int_equal(sets(), 0);
    PoEndDeviceBusy(counter);
    wdmsim_advance(m, 4 * WDMSIM_S);
    assert_int_equal(sets(), 0);
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_int_equal(sets(), 1);
    uint32_t before = wdmsim_power_reports(m, NULL);
    PoEndDeviceBusy(counter);
    assert_int_equal(wdmsim_power_reports(m, NULL), before + 1);
}

/* POW-060 */
static void pow_060_use_powers_nothing_up(struct machine *m) {
    begin(m);
    PULONG counter = PoRegisterDeviceForIdleDetection(pdo, 5, 5, PowerDeviceD3);
    wdmsim_advance(m, 6 * WDMSIM_S);
    assert_int_equal(power_d(m, node), PowerDeviceD3);
    PoSetDeviceBusyEx(counter);
    PoSetDeviceBusy(counter);
    wdmsim_advance(m, 60 * WDMSIM_S);
    assert_int_equal(power_d(m, node), PowerDeviceD3);
    assert_int_equal(sets(), 1);
}

/* POW-061 */
static void pow_061_the_power_source_chooses_the_timeout(struct machine *m) {
    begin(m);
    PoRegisterDeviceForIdleDetection(pdo, 5, 50, PowerDeviceD3);
    wdmsim_advance(m, 20 * WDMSIM_S);
    assert_int_equal(sets(), 0);
    assert_int_equal(wdmsim_power_source(m, WDMSIM_SOURCE_BATTERY), 0);
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_int_equal(sets(), 1);
    assert_int_equal(wdmsim_power_source(m, WDMSIM_SOURCE_AC), 0);
    power_set(m, pdo, PowerDeviceD0);
    power_forget();
    wdmsim_advance(m, 40 * WDMSIM_S);
    assert_int_equal(sets(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_055_both_zero_disables),
        wdmsim_unit_test(pow_056_the_standard_timeout_is_for_disks),
        wdmsim_unit_test(pow_057_the_timeout_sets_the_state_without_a_query),
        wdmsim_unit_test(pow_058_use_postpones_by_the_full_timeout),
        wdmsim_unit_test(pow_059_busy_periods_suspend_the_countdown),
        wdmsim_unit_test(pow_060_use_powers_nothing_up),
        wdmsim_unit_test(pow_061_the_power_source_chooses_the_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
