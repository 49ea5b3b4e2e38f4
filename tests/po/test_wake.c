/* Wait/wake on the built-in bus: arming, signals, cancelling. */
#include "power_driver.h"

static uint32_t node;
static struct power_device *device;

/* A device that wakes from D2 and S3 at most, not armed. */
static void begin(struct machine *m) {
    power_begin(m);
    node = power_plug_with(m, WDMSIM_ROOT_NODE, WDMSIM_DEVICE_D2 | WDMSIM_DEVICE_WAKE_D2, 4, 3);
    device = power_of(m, node);
}

struct arming {
    unsigned calls;
    NTSTATUS status;
    PIRP irp;
};

static VOID armed_done(PDEVICE_OBJECT self, UCHAR minor, POWER_STATE state, PVOID context,
                       PIO_STATUS_BLOCK iosb) {
    struct arming *arming = context;
    UNREFERENCED_PARAMETER(self);
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(state);
    arming->calls++;
    arming->status = iosb->Status;
}

static void arm(struct machine *m, struct arming *arming, SYSTEM_POWER_STATE from) {
    POWER_STATE state = {.SystemState = from};
    memset(arming, 0, sizeof *arming);
    assert_int_equal(PoRequestPowerIrp(power_pdo(m, node), IRP_MN_WAIT_WAKE, state, armed_done,
                                       arming, &arming->irp),
                     STATUS_PENDING);
    wdmsim_settle(m);
}

/* POW-044 */
static void pow_044_an_armed_device_is_busy(struct machine *m) {
    struct arming first, second;
    begin(m);
    arm(m, &first, PowerSystemSleeping3);
    assert_int_equal(first.calls, 0);
    arm(m, &second, PowerSystemSleeping3);
    assert_int_equal(second.calls, 1);
    assert_int_equal(second.status, STATUS_DEVICE_BUSY);
    assert_int_equal(first.calls, 0);
}

/* POW-045 */
static void pow_045_states_too_deep_are_refused(struct machine *m) {
    struct arming arming;
    begin(m);
    arm(m, &arming, PowerSystemHibernate);
    assert_int_equal(arming.status, STATUS_INVALID_DEVICE_STATE);
    power_set(m, power_pdo(m, node), PowerDeviceD3);
    arm(m, &arming, PowerSystemSleeping3);
    assert_int_equal(arming.status, STATUS_INVALID_DEVICE_STATE);
}

static void a_device_that_cannot_wake_says_so(struct machine *m) {
    struct arming arming;
    power_begin(m);
    node = power_plug(m, WDMSIM_ROOT_NODE);
    arm(m, &arming, PowerSystemSleeping3);
    assert_int_equal(arming.status, STATUS_NOT_SUPPORTED);
}

/* POW-046 */
static void pow_046_the_sender_may_cancel(struct machine *m) {
    struct arming arming;
    begin(m);
    arm(m, &arming, PowerSystemSleeping3);
    assert_true(IoCancelIrp(arming.irp));
    wdmsim_settle(m);
    assert_int_equal(arming.calls, 1);
    assert_int_equal(arming.status, STATUS_CANCELLED);
    arm(m, &arming, PowerSystemSleeping3); /* not armed any more, so not busy */
    assert_int_equal(arming.calls, 0);
}

/* POW-051 */
static void pow_051_a_device_that_fired_is_not_armed(struct machine *m) {
    begin(m);
    power_arm(device);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_power_signal_wake(m, node), 0);
    assert_int_equal(device->wakes, 1);
    struct wdmsim_power_device state;
    wdmsim_power_device(m, node, &state);
    assert_false(state.armed);
    assert_int_equal(wdmsim_power_signal_wake(m, node), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(device->wakes, 1);
}

/* POW-052 */
static void pow_052_only_what_woke_the_system_is_marked(struct machine *m) {
    uint32_t sources[WDMSIM_WAKE_SOURCES];
    begin(m);
    power_arm(device);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_power_signal_wake(m, node), 0);
    assert_false(device->woke_system);
    power_arm(device);
    wdmsim_settle(m);
    policy.sleep_state = PowerDeviceD2;
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(power_d(m, node), PowerDeviceD2);
    assert_int_equal(wdmsim_power_signal_wake(m, node), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
    assert_int_equal(device->wakes, 2);
    assert_true(device->woke_system);
    assert_int_equal(wdmsim_power_wake_sources(m, sources), 1);
    assert_int_equal(sources[0], node);
}

/* POW-054 */
static void pow_054_in_s0_only_the_device_wakes(struct machine *m) {
    begin(m);
    power_arm(device);
    power_set(m, power_pdo(m, node), PowerDeviceD2);
    power_forget();
    assert_int_equal(wdmsim_power_signal_wake(m, node), 0);
    assert_int_equal(power_d(m, node), PowerDeviceD0);
    assert_int_equal(power_count(-1, NULL, -1, 1, -1), 0);
}

/* It is woken from every state that it is armed for, not from deeper ones. */
static void the_system_wakes_from_each_state_it_is_armed_for(struct machine *m) {
    static const enum wdmsim_power_goal goals[] = {WDMSIM_POWER_SLEEP1, WDMSIM_POWER_SLEEP2,
                                                   WDMSIM_POWER_SLEEP3, WDMSIM_POWER_HYBRID_SLEEP};
    begin(m);
    for (size_t i = 0; i < sizeof goals / sizeof *goals; i++) {
        power_arm(device);
        assert_int_equal(wdmsim_power_down(m, goals[i], WDMSIM_POWER_CRITICAL, NULL), 0);
        assert_int_equal(wdmsim_power_signal_wake(m, node), 0);
        assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
        assert_int_equal(device->wakes, i + 1);
    }
    power_arm(device);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_HIBERNATE, WDMSIM_POWER_CRITICAL, NULL), 0);
    assert_int_equal(wdmsim_power_signal_wake(m, node), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_power_system(m), PowerSystemHibernate);
}

static void goes_by(struct machine *m, enum wdmsim_pnp_operation operation) {
    struct wdmsim_pnp_result result;
    struct wdmsim_power_device state;
    begin(m);
    power_arm(device);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_pnp(m, operation, node, &result), 0);
    wdmsim_settle(m);
    assert_int_equal(power_count(AT_CALLBACK, NULL, IRP_MN_WAIT_WAKE, -1, -1), 1);
    if (wdmsim_power_device(m, node, &state) == 0)
        assert_false(state.armed);
}

/* POW-053 */
static void pow_053_going_away_leaves_no_wait_wake(struct machine *m) {
    goes_by(m, WDMSIM_PNP_REMOVE);
    goes_by(m, WDMSIM_PNP_REBALANCE);
    goes_by(m, WDMSIM_PNP_SURPRISE_REMOVE);
}

/* POW-053: the driver forgets, the bus does not. */
static void pow_053_what_the_driver_forgets_the_bus_fails(struct machine *m) {
    struct arming arming;
    begin(m);
    arm(m, &arming, PowerSystemSleeping3); /* unknown to the driver's own handling */
    assert_int_equal(wdmsim_unplug(m, node), 0);
    wdmsim_settle(m);
    assert_int_equal(arming.calls, 1);
    assert_false(NT_SUCCESS(arming.status));
}

/* A driver may name the device that woke the system, for as long as causes are collected. */
static void a_driver_may_name_the_device(struct machine *m) {
    uint32_t sources[WDMSIM_WAKE_SOURCES];
    begin(m);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(wdmsim_power_wake_sources(m, sources), 0);
    PoSetSystemWakeDevice(device->self);
    assert_int_equal(wdmsim_power_wake_sources(m, sources), 1);
    assert_int_equal(sources[0], node);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(wdmsim_power_wake(m), 0);
    wdmsim_advance(m, 3 * WDMSIM_S);
    PoSetSystemWakeDevice(device->self); /* too late */
    assert_int_equal(wdmsim_power_wake_sources(m, sources), 0);
}

static void other_irps_cannot_have_woken_the_system(struct machine *m) {
    begin(m);
    uint32_t before = wdmsim_power_reports(m, NULL);
    PIRP irp = IoAllocateIrp(1, FALSE);
    PoSetSystemWake(irp);
    assert_false(PoGetSystemWake(irp));
    IoFreeIrp(irp);
    assert_int_equal(wdmsim_power_reports(m, NULL), before + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_044_an_armed_device_is_busy),
        wdmsim_unit_test(pow_045_states_too_deep_are_refused),
        wdmsim_unit_test(a_device_that_cannot_wake_says_so),
        wdmsim_unit_test(pow_046_the_sender_may_cancel),
        wdmsim_unit_test(pow_051_a_device_that_fired_is_not_armed),
        wdmsim_unit_test(pow_052_only_what_woke_the_system_is_marked),
        wdmsim_unit_test(pow_054_in_s0_only_the_device_wakes),
        wdmsim_unit_test(the_system_wakes_from_each_state_it_is_armed_for),
        wdmsim_unit_test(pow_053_going_away_leaves_no_wait_wake),
        wdmsim_unit_test(pow_053_what_the_driver_forgets_the_bus_fails),
        wdmsim_unit_test(a_driver_may_name_the_device),
        wdmsim_unit_test(other_irps_cannot_have_woken_the_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
