/* What system and device IRPs say of the transition that they belong to. */
#include "power_driver.h"

static uint32_t node;
static PDEVICE_OBJECT pdo;

static void begin(struct machine *m) {
    power_begin(m);
    node = power_plug(m, WDMSIM_ROOT_NODE);
    pdo = power_pdo(m, node);
}

static void go(struct machine *m, enum wdmsim_power_goal goal, unsigned flags) {
    power_forget();
    assert_int_equal(wdmsim_power_down(m, goal, flags, NULL), 0);
}

static const struct power_event *system_set(int state) {
    const struct power_event *event = power_find(AT_DOWN, pdo, IRP_MN_SET_POWER, 1, state, 0);
    assert_non_null(event);
    return event;
}

static void check(const struct power_event *event, POWER_ACTION action, int current, int target,
                  int effective) {
    assert_int_equal(event->action, action);
    assert_int_equal(event->context.CurrentSystemState, current);
    assert_int_equal(event->context.TargetSystemState, target);
    assert_int_equal(event->context.EffectiveSystemState, effective);
}

/* POW-028 */
static void pow_028_the_shutdown_type_follows_the_table(struct machine *m) {
    static const struct {
        enum wdmsim_power_goal goal;
        int state;
        POWER_ACTION action;
    } table[] = {
        {WDMSIM_POWER_SLEEP1, PowerSystemSleeping1, PowerActionSleep},
        {WDMSIM_POWER_SLEEP2, PowerSystemSleeping2, PowerActionSleep},
        {WDMSIM_POWER_SLEEP3, PowerSystemSleeping3, PowerActionSleep},
        {WDMSIM_POWER_HIBERNATE, PowerSystemHibernate, PowerActionHibernate},
        {WDMSIM_POWER_HYBRID_SLEEP, PowerSystemHibernate, PowerActionHibernate},
        {WDMSIM_POWER_HYBRID_SHUTDOWN, PowerSystemHibernate, PowerActionHibernate},
    };
    begin(m);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        go(m, table[i].goal, 0);
        assert_int_equal(system_set(table[i].state)->action, table[i].action);
        assert_int_equal(power_find(AT_DOWN, pdo, IRP_MN_QUERY_POWER, 1, table[i].state, 0)->action,
                         table[i].action);
        assert_int_equal(wdmsim_power_wake(m), 0);
        assert_int_equal(system_set(PowerSystemWorking)->action, PowerActionSleep);
    }
    go(m, WDMSIM_POWER_SHUTDOWN_RESET, 0);
    check(system_set(PowerSystemShutdown), PowerActionShutdownReset, PowerSystemWorking,
          PowerSystemShutdown, PowerSystemShutdown);
}

/* POW-029 */
static void pow_029_device_irps_carry_the_systems_reason(struct machine *m) {
    begin(m);
    go(m, WDMSIM_POWER_HIBERNATE, 0);
    assert_int_equal(power_find(AT_DOWN, pdo, IRP_MN_QUERY_POWER, 0, -1, 0)->action,
                     PowerActionHibernate);
    assert_int_equal(power_find(AT_DOWN, pdo, IRP_MN_SET_POWER, 0, PowerDeviceD3, 0)->action,
                     PowerActionHibernate);
    assert_int_equal(wdmsim_power_wake(m), 0);
    power_forget();
    power_set(m, pdo, PowerDeviceD3);
    assert_int_equal(power_find(AT_DOWN, pdo, IRP_MN_SET_POWER, 0, PowerDeviceD3, 0)->action,
                     PowerActionNone);
}

/* POW-030 */
static void pow_030_the_s0_irp_tells_fast_startup_from_a_wake(struct machine *m) {
    begin(m);
    go(m, WDMSIM_POWER_HIBERNATE, 0);
    assert_int_equal(wdmsim_power_wake(m), 0);
    check(system_set(PowerSystemWorking), PowerActionSleep, PowerSystemHibernate,
          PowerSystemHibernate, PowerSystemHibernate);
    go(m, WDMSIM_POWER_HYBRID_SHUTDOWN, 0);
    assert_int_equal(wdmsim_power_wake(m), 0);
    check(system_set(PowerSystemWorking), PowerActionSleep, PowerSystemHibernate,
          PowerSystemShutdown, PowerSystemHibernate);
}

/* POW-031 */
static void pow_031_hybrid_sleep_is_s3_with_a_file(struct machine *m) {
    begin(m);
    go(m, WDMSIM_POWER_HYBRID_SLEEP, 0);
    check(system_set(PowerSystemHibernate), PowerActionHibernate, PowerSystemWorking,
          PowerSystemSleeping3, PowerSystemHibernate);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(system_set(PowerSystemWorking)->context.CurrentSystemState,
                     PowerSystemSleeping3);
    go(m, WDMSIM_POWER_HYBRID_SLEEP, WDMSIM_POWER_POWER_LOSS);
    assert_int_equal(wdmsim_power_system(m), PowerSystemHibernate);
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(system_set(PowerSystemWorking)->context.CurrentSystemState,
                     PowerSystemHibernate);
}

/* POW-032 */
static void pow_032_from_sleep_to_sleep_leads_through_s0(struct machine *m) {
    begin(m);
    go(m, WDMSIM_POWER_SLEEP3, 0);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_HIBERNATE, 0, NULL), WDMSIM_ERROR_BUSY);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_HIBERNATE, 0, NULL), 0);
}

/* POW-079: its D3 for the hibernation leaves the power on. */
static void pow_079_a_device_of_the_hibernation_path_keeps_power(struct machine *m) {
    struct wdmsim_power_hardware hardware = {.counts_power_sequence = true, .d3cold = true};
    uint32_t status;
    begin(m);
    assert_int_equal(wdmsim_power_hardware(m, node, &hardware), 0);
    assert_int_equal(wdmsim_device_usage(m, node, WDMSIM_USAGE_HIBERNATION, true, &status), 0);
    assert_int_equal(status, STATUS_SUCCESS);
    struct wdmsim_power_device device;
    go(m, WDMSIM_POWER_HIBERNATE, 0);
    wdmsim_power_device(m, node, &device);
    assert_int_equal(device.d_state, PowerDeviceD3);
    assert_false(device.off);
    assert_int_equal(wdmsim_power_wake(m), 0);
    go(m, WDMSIM_POWER_SLEEP3, 0); /* an ordinary sleep cuts it */
    wdmsim_power_device(m, node, &device);
    assert_true(device.off);
    assert_int_equal(wdmsim_power_wake(m), 0);
}

/* POW-080 */
static void pow_080_a_device_of_the_dump_path_stays_in_d0(struct machine *m) {
    uint32_t status;
    begin(m);
    assert_int_equal(wdmsim_device_usage(m, node, WDMSIM_USAGE_DUMP, true, &status), 0);
    assert_int_equal(status, STATUS_SUCCESS);
    uint32_t before = wdmsim_power_reports(m, NULL);
    power_set(m, pdo, PowerDeviceD3);
    assert_int_equal(power_d(m, node), PowerDeviceD0);
    assert_int_equal(wdmsim_power_reports(m, NULL), before + 1);
    power_set(m, pdo, PowerDeviceD0);
    assert_non_null(PoRegisterDeviceForIdleDetection(pdo, 2, 2, PowerDeviceD3));
    power_forget();
    wdmsim_advance(m, 10 * WDMSIM_S);
    assert_int_equal(power_count(AT_DOWN, NULL, IRP_MN_SET_POWER, 0, -1), 0);
}

/* POW-070 */
static void pow_070_an_explicit_shutdown_ignores_power_requests(struct machine *m) {
    PVOID request;
    begin(m);
    assert_int_equal(PoCreatePowerRequest(&request, power_of(m, node)->self, NULL), STATUS_SUCCESS);
    assert_int_equal(PoSetPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
    go(m, WDMSIM_POWER_SHUTDOWN, 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemShutdown);
}

static unsigned shutdowns;
static NTSTATUS on_shutdown(PDEVICE_OBJECT self, PIRP irp) {
    UNREFERENCED_PARAMETER(self);
    shutdowns++;
    assert_int_equal(power_count(AT_DOWN, pdo, IRP_MN_SET_POWER, 1, PowerSystemShutdown), 0);
    return power_finish(irp, STATUS_SUCCESS);
}

/* Drivers that asked for it get IRP_MJ_SHUTDOWN before the system IRP. */
static void shutdown_notices_come_first(struct machine *m) {
    begin(m);
    PDEVICE_OBJECT fdo = power_of(m, node)->self;
    fdo->DriverObject->MajorFunction[IRP_MJ_SHUTDOWN] = on_shutdown;
    shutdowns = 0;
    assert_int_equal(IoRegisterShutdownNotification(fdo), STATUS_SUCCESS);
    go(m, WDMSIM_POWER_SHUTDOWN_OFF, 0);
    assert_int_equal(shutdowns, 1);
    assert_int_equal(wdmsim_power_wake_begin(m), WDMSIM_ERROR_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_028_the_shutdown_type_follows_the_table),
        wdmsim_unit_test(pow_029_device_irps_carry_the_systems_reason),
        wdmsim_unit_test(pow_030_the_s0_irp_tells_fast_startup_from_a_wake),
        wdmsim_unit_test(pow_031_hybrid_sleep_is_s3_with_a_file),
        wdmsim_unit_test(pow_032_from_sleep_to_sleep_leads_through_s0),
        wdmsim_unit_test(pow_079_a_device_of_the_hibernation_path_keeps_power),
        wdmsim_unit_test(pow_080_a_device_of_the_dump_path_stays_in_d0),
        wdmsim_unit_test(pow_070_an_explicit_shutdown_ignores_power_requests),
        wdmsim_unit_test(shutdown_notices_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
