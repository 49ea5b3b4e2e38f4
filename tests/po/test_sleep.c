/* A sleep and a wake: who gets which system IRP, in which order, and what drivers make of it. */
#include "power_driver.h"

/* Indices of events in the record; both must exist. */
static unsigned position(int point, PDEVICE_OBJECT pdo, int minor, int system, int state) {
    const struct power_event *event = power_find(point, pdo, minor, system, state, 0);
    assert_non_null(event);
    return (unsigned)(event - power_events);
}

static uint32_t parent, child, sibling, leaf;
static PDEVICE_OBJECT parent_pdo, child_pdo, leaf_pdo;

/* parent - child - leaf, and a sibling of the child. */
static void family(struct machine *m) {
    power_begin(m);
    parent = power_plug(m, WDMSIM_ROOT_NODE);
    child = power_plug(m, parent);
    sibling = power_plug(m, parent);
    leaf = power_plug(m, child);
    parent_pdo = power_pdo(m, parent);
    child_pdo = power_pdo(m, child);
    leaf_pdo = power_pdo(m, leaf);
    power_forget();
}

static void sleep_and_wake(struct machine *m) {
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
}

/* POW-018 */
static void pow_018_the_query_precedes_the_set(struct machine *m) {
    family(m);
    sleep_and_wake(m);
    unsigned first_set = position(AT_DOWN, NULL, IRP_MN_SET_POWER, 1, PowerSystemSleeping3);
    assert_int_equal(power_count(AT_DOWN, NULL, IRP_MN_QUERY_POWER, 1, PowerSystemSleeping3), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_true((unsigned)(power_find(AT_DOWN, NULL, IRP_MN_QUERY_POWER, 1, -1, i) -
                               power_events) < first_set);
}

/* POW-019 */
static void pow_019_nobody_is_asked_about_s0(struct machine *m) {
    family(m);
    sleep_and_wake(m);
    assert_int_equal(power_count(-1, NULL, IRP_MN_QUERY_POWER, 1, PowerSystemWorking), 0);
    assert_int_equal(power_count(AT_DOWN, NULL, IRP_MN_SET_POWER, 1, PowerSystemWorking), 4);
}

/* POW-020 */
static void pow_020_in_an_emergency_nobody_is_asked(struct machine *m) {
    struct wdmsim_power_result result;
    family(m);
    assert_int_equal(
        wdmsim_power_down(m, WDMSIM_POWER_SHUTDOWN_OFF, WDMSIM_POWER_EMERGENCY, &result), 0);
    assert_int_equal(power_count(-1, NULL, IRP_MN_QUERY_POWER, 1, -1), 0);
    assert_int_equal(result.queried, 0);
    assert_int_equal(result.set_down, 4);
    assert_int_equal(wdmsim_power_system(m), PowerSystemShutdown);
}

/* POW-021 */
static void pow_021_each_stack_is_asked_once_leaves_first(struct machine *m) {
    family(m);
    sleep_and_wake(m);
    assert_int_equal(power_count(AT_DOWN, parent_pdo, IRP_MN_QUERY_POWER, 1, -1), 1);
    assert_int_equal(power_count(AT_DOWN, child_pdo, IRP_MN_QUERY_POWER, 1, -1), 1);
    unsigned of_leaf = position(AT_DOWN, leaf_pdo, IRP_MN_QUERY_POWER, 1, -1);
    unsigned of_child = position(AT_DOWN, child_pdo, IRP_MN_QUERY_POWER, 1, -1);
    unsigned of_parent = position(AT_DOWN, parent_pdo, IRP_MN_QUERY_POWER, 1, -1);
    assert_true(of_leaf < of_child && of_child < of_parent);
}

/* POW-022 */
static void pow_022_a_parent_sleeps_when_its_children_have(struct machine *m) {
    family(m);
    policy.block_system = leaf_pdo;
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, WDMSIM_POWER_EMERGENCY, NULL),
                     WDMSIM_ERROR_TIMED_OUT);
    assert_int_equal(power_count(AT_DOWN, leaf_pdo, IRP_MN_SET_POWER, 1, -1), 1);
    assert_int_equal(power_count(AT_DOWN, power_pdo(m, sibling), IRP_MN_SET_POWER, 1, -1), 1);
    assert_int_equal(power_count(AT_DOWN, child_pdo, IRP_MN_SET_POWER, 1, -1), 0);
    IoReleaseRemoveLock(&power_of(m, leaf)->lock, policy.blocked);
    power_finish(policy.blocked, STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
    assert_true(position(AT_DONE, child_pdo, IRP_MN_SET_POWER, 1, PowerSystemSleeping3) <
                position(AT_DOWN, parent_pdo, IRP_MN_SET_POWER, 1, PowerSystemSleeping3));
}

/* POW-023 */
static void pow_023_a_child_wakes_when_its_parent_has(struct machine *m) {
    family(m);
    sleep_and_wake(m);
    assert_true(position(AT_DONE, parent_pdo, IRP_MN_SET_POWER, 1, PowerSystemWorking) <
                position(AT_DOWN, child_pdo, IRP_MN_SET_POWER, 1, PowerSystemWorking));
    assert_true(position(AT_DONE, child_pdo, IRP_MN_SET_POWER, 1, PowerSystemWorking) <
                position(AT_DOWN, leaf_pdo, IRP_MN_SET_POWER, 1, PowerSystemWorking));
}

/* POW-033 */
static void pow_033_each_system_set_brings_a_device_set(struct machine *m) {
    family(m);
    power_set(m, leaf_pdo, PowerDeviceD3);
    power_forget();
    sleep_and_wake(m);
    assert_int_equal(power_count(AT_DOWN, child_pdo, IRP_MN_SET_POWER, 0, PowerDeviceD3), 1);
    assert_int_equal(power_count(AT_DOWN, child_pdo, IRP_MN_SET_POWER, 0, PowerDeviceD0), 1);
    assert_int_equal(power_count(AT_DOWN, leaf_pdo, IRP_MN_SET_POWER, 0, PowerDeviceD3), 0);
    assert_int_equal(power_count(AT_DOWN, leaf_pdo, IRP_MN_SET_POWER, 0, PowerDeviceD0), 1);
}

/* POW-034: the state is one that DeviceState allows: D1 would not be deep enough here. */
static void pow_034_the_device_state_respects_the_map(struct machine *m) {
    static const uint8_t states[6] = {1, 2, 2, 3, 4, 4};
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    uint32_t node;
    power_begin(m);
    policy.wake = true;
    description.device_id = "TEST\\MAP";
    description.function = "ppo";
    description.flags = WDMSIM_DEVICE_D1 | WDMSIM_DEVICE_D2 | WDMSIM_DEVICE_WAKE_D2;
    memcpy(description.device_states, states, sizeof states);
    description.system_wake = 4;
    description.device_wake = 3;
    assert_int_equal(wdmsim_plug(m, WDMSIM_ROOT_NODE, &description, &node), 0);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(power_d(m, node), PowerDeviceD2);
    assert_int_equal(power_of(m, node)->capabilities.DeviceState[PowerSystemSleeping3],
                     PowerDeviceD2);
}

/* POW-035 */
static void pow_035_the_s0_irp_may_complete_before_the_d0_irp(struct machine *m) {
    family(m);
    policy.late_d0 = true;
    policy.slow = leaf_pdo;
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), WDMSIM_ERROR_TIMED_OUT);
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
    assert_int_equal(wdmsim_power_wake(m), 0); /* all S0 IRPs are complete */
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
    assert_int_equal(power_d(m, leaf), PowerDeviceD3);
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_int_equal(power_d(m, leaf), PowerDeviceD0);
}

/* Devices that were never started get nothing. */
static void only_started_devices_take_part(struct machine *m) {
    struct wdmsim_power_result result;
    struct wdmsim_pnp_result removed;
    family(m);
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_DISABLE, sibling, &removed), 0);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, &result), 0);
    assert_int_equal(result.queried, 3);
    assert_int_equal(result.set_down, 3);
    assert_int_equal(result.status, STATUS_SUCCESS);
}

static unsigned notices;
static ULONG_PTR notice[4][2];
static VOID on_power_state(PVOID context, PVOID what, PVOID value) {
    UNREFERENCED_PARAMETER(context);
    if (notices < 4) {
        notice[notices][0] = (ULONG_PTR)what;
        notice[notices][1] = (ULONG_PTR)value;
    }
    notices++;
    power_record(AT_CALLBACK, NULL, NULL, NULL);
}

/* \Callback\PowerState is told before the first set IRP and after the return. */
static void subscribers_hear_of_the_transition(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\PowerState");
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT callback;
    family(m);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(ExCreateCallback(&callback, &attributes, FALSE, TRUE), STATUS_SUCCESS);
    PVOID registration = ExRegisterCallback(callback, on_power_state, NULL);
    notices = 0;
    sleep_and_wake(m);
    assert_int_equal(notices, 2);
    assert_int_equal(notice[0][0], PO_CB_SYSTEM_STATE_LOCK);
    assert_int_equal(notice[0][1], FALSE);
    assert_int_equal(notice[1][1], TRUE);
    assert_int_equal(power_events[0].point, AT_CALLBACK);
    ExUnregisterCallback(registration);
    ObDereferenceObject(callback);
}

/* A wake that comes on the way down is not lost. */
static void an_early_wake_is_remembered(struct machine *m) {
    family(m);
    policy.block_device = leaf_pdo;
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, WDMSIM_POWER_EMERGENCY, NULL),
                     WDMSIM_ERROR_TIMED_OUT);
    assert_int_equal(wdmsim_power_wake_begin(m), 0);
    policy.block_device = NULL;
    power_finish(policy.blocked, STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
    assert_false(wdmsim_power_busy(m));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_018_the_query_precedes_the_set),
        wdmsim_unit_test(pow_019_nobody_is_asked_about_s0),
        wdmsim_unit_test(pow_020_in_an_emergency_nobody_is_asked),
        wdmsim_unit_test(pow_021_each_stack_is_asked_once_leaves_first),
        wdmsim_unit_test(pow_022_a_parent_sleeps_when_its_children_have),
        wdmsim_unit_test(pow_023_a_child_wakes_when_its_parent_has),
        wdmsim_unit_test(pow_033_each_system_set_brings_a_device_set),
        wdmsim_unit_test(pow_034_the_device_state_respects_the_map),
        wdmsim_unit_test(pow_035_the_s0_irp_may_complete_before_the_d0_irp),
        wdmsim_unit_test(only_started_devices_take_part),
        wdmsim_unit_test(subscribers_hear_of_the_transition),
        wdmsim_unit_test(an_early_wake_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
