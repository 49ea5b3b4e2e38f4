/* PoRequestPowerIrp: what it refuses, its completion callback, and the queues IRPs wait in. */
#include "power_driver.h"

/* POW-001 */
static void pow_001_bad_minor_is_refused(struct machine *m) {
    struct power_request request;
    power_begin(m);
    PDEVICE_OBJECT pdo = power_pdo(m, power_plug(m, WDMSIM_ROOT_NODE));
    assert_int_equal(power_ask(pdo, IRP_MN_POWER_SEQUENCE, PowerDeviceD3, &request),
                     STATUS_INVALID_PARAMETER_2);
    assert_int_equal(power_ask(pdo, 17, PowerDeviceD3, &request), STATUS_INVALID_PARAMETER_2);
    wdmsim_settle(m);
    assert_int_equal(request.calls, 0);
}

static void no_device_and_no_such_state_are_refused(struct machine *m) {
    struct power_request request;
    power_begin(m);
    PDEVICE_OBJECT pdo = power_pdo(m, power_plug(m, WDMSIM_ROOT_NODE));
    uint32_t before = wdmsim_power_reports(m, NULL);
    assert_int_equal(power_ask(NULL, IRP_MN_SET_POWER, PowerDeviceD3, &request),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(power_ask(pdo, IRP_MN_SET_POWER, PowerDeviceMaximum, &request),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(wdmsim_power_reports(m, NULL), before + 2);
}

/* POW-002 */
static void pow_002_pending_means_one_callback(struct machine *m) {
    struct power_request request;
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    PDEVICE_OBJECT fdo = power_of(m, node)->self;
    assert_int_equal(power_ask(fdo, IRP_MN_SET_POWER, PowerDeviceD2, &request), STATUS_PENDING);
    wdmsim_advance(m, WDMSIM_S);
    assert_int_equal(request.calls, 1);
    assert_ptr_equal(request.device, fdo);
    assert_int_equal(request.minor, IRP_MN_SET_POWER);
    assert_int_equal(request.state.DeviceState, PowerDeviceD2);
    assert_int_equal(request.status, STATUS_SUCCESS);
    assert_int_equal(power_d(m, node), PowerDeviceD2);
}

static unsigned callback_position;
static VOID note_position(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context,
                          PIO_STATUS_BLOCK iosb) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(state);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(iosb);
    callback_position = power_event_count;
}

/* POW-003 */
static void pow_003_the_callback_follows_all_completion_routines(struct machine *m) {
    POWER_STATE working = {.DeviceState = PowerDeviceD0};
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    power_set(m, power_pdo(m, node), PowerDeviceD3);
    power_forget();
    callback_position = 0;
    PoRequestPowerIrp(power_pdo(m, node), IRP_MN_SET_POWER, working, note_position, NULL, NULL);
    wdmsim_settle(m);
    assert_int_equal(callback_position, 2);
    assert_int_equal(power_events[0].point, AT_DOWN);
    assert_int_equal(power_events[1].point, AT_UP);
}

/* POW-004 */
static void pow_004_the_irp_is_given_out_for_wait_wake_only(struct machine *m) {
    POWER_STATE state = {.DeviceState = PowerDeviceD3};
    PIRP irp = NULL;
    power_begin(m);
    uint32_t node = power_plug_with(m, WDMSIM_ROOT_NODE, WDMSIM_DEVICE_WAKE_D3, 4, 4);
    assert_int_equal(
        PoRequestPowerIrp(power_pdo(m, node), IRP_MN_SET_POWER, state, NULL, NULL, &irp),
        STATUS_PENDING);
    assert_null(irp);
    wdmsim_settle(m);
    power_set(m, power_pdo(m, node), PowerDeviceD0);
    assert_int_equal(power_arm(power_of(m, node)), STATUS_PENDING);
    assert_non_null(power_of(m, node)->wait_wake);
    wdmsim_settle(m);
    assert_ptr_equal(power_find(AT_DOWN, NULL, IRP_MN_WAIT_WAKE, -1, -1, 0)->irp,
                     power_of(m, node)->wait_wake);
}

/* POW-005 */
static void pow_005_device_requests_of_a_stack_take_turns(struct machine *m) {
    struct power_request first, second;
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    PDEVICE_OBJECT pdo = power_pdo(m, node);
    policy.block_device = pdo;
    power_ask(pdo, IRP_MN_SET_POWER, PowerDeviceD3, &first);
    power_ask(pdo, IRP_MN_SET_POWER, PowerDeviceD0, &second);
    wdmsim_settle(m);
    assert_int_equal(power_count(AT_DOWN, pdo, IRP_MN_SET_POWER, 0, -1), 1);
    policy.block_device = NULL;
    power_finish(policy.blocked, STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls, 1);
    assert_int_equal(power_count(AT_DOWN, pdo, IRP_MN_SET_POWER, 0, -1), 2);
}

/* POW-006 */
static void pow_006_system_and_device_irp_are_active_together(struct machine *m) {
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    PDEVICE_OBJECT pdo = power_pdo(m, node);
    policy.block_device = pdo;
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, WDMSIM_POWER_EMERGENCY, NULL),
                     WDMSIM_ERROR_TIMED_OUT);
    struct wdmsim_power_device device;
    wdmsim_power_device(m, node, &device);
    assert_int_equal(device.outstanding, 2);
    assert_non_null(power_of(m, node)->system_irp);
    assert_non_null(policy.blocked);
    assert_ptr_not_equal(power_of(m, node)->system_irp, policy.blocked);
    power_finish(policy.blocked, STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
}

static unsigned system_active, system_most;
static void count_systems(struct power_device *device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (stack->MinorFunction != IRP_MN_WAIT_WAKE &&
        stack->Parameters.Power.Type == SystemPowerState) {
        system_active++;
        /* What has been completed so far is not active any more. */
        unsigned done = power_count(AT_DONE, device->pdo, -1, 1, -1);
        if (system_active - done > system_most)
            system_most = system_active - done;
    }
}

/* POW-007 */
static void pow_007_system_irps_of_a_stack_do_not_overlap(struct machine *m) {
    power_begin(m);
    power_plug(m, WDMSIM_ROOT_NODE);
    system_active = system_most = 0;
    policy.at_down = count_systems;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
        assert_int_equal(wdmsim_power_wake(m), 0);
    }
    assert_int_equal(system_active, 9);
    assert_int_equal(system_most, 1);
}

static unsigned queued_sets;
static VOID query_then_set(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context,
                           PIO_STATUS_BLOCK iosb) {
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(iosb);
    queued_sets++;
    PoRequestPowerIrp(device, IRP_MN_SET_POWER, state, power_request_done, context, NULL);
}

/* A callback may ask for the next IRP; whoever waited longer goes first. */
static void a_callback_may_ask_for_more(struct machine *m) {
    POWER_STATE state = {.DeviceState = PowerDeviceD3};
    struct power_request request = {0};
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    queued_sets = 0;
    PoRequestPowerIrp(power_pdo(m, node), IRP_MN_QUERY_POWER, state, query_then_set, &request,
                      NULL);
    wdmsim_settle(m);
    assert_int_equal(queued_sets, 1);
    assert_int_equal(request.calls, 1);
    assert_int_equal(power_d(m, node), PowerDeviceD3);
}

/* POW-077 */
static void pow_077_d0_to_d0_passes_without_effect(struct machine *m) {
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    unsigned before = power_of(m, node)->hardware_changes;
    power_set(m, power_pdo(m, node), PowerDeviceD0);
    assert_non_null(power_find(AT_UP, NULL, IRP_MN_SET_POWER, 0, PowerDeviceD0, 0));
    assert_int_equal(power_of(m, node)->hardware_changes, before);
}

/* A stack that nobody told the PnP manager of. */
static PDRIVER_OBJECT hand_driver;
static NTSTATUS hand_power(PDEVICE_OBJECT self, PIRP irp) {
    UNREFERENCED_PARAMETER(self);
    return power_finish(irp, STATUS_SUCCESS);
}
static int hand_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    hand_driver = driver;
    driver->MajorFunction[IRP_MJ_POWER] = hand_power;
    driver->DriverUnload = power_unload;
    return STATUS_SUCCESS;
}

static void stacks_outside_the_tree_take_power_irps(struct machine *m) {
    struct wdmsim_driver *driver;
    PDEVICE_OBJECT bottom;
    power_begin(m);
    assert_int_equal(
        wdmsim_driver_load_entry(m, "hand", (wdmsim_driver_entry *)hand_entry, &driver), 0);
    assert_int_equal(IoCreateDevice(hand_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &bottom),
                     STATUS_SUCCESS);
    bottom->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    power_set(m, bottom, PowerDeviceD3);
    uint32_t node = wdmsim_power_node(m, bottom);
    assert_true(node > 1000000);
    assert_int_equal(power_d(m, node), PowerDeviceD3);
    IoDeleteDevice(bottom);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_001_bad_minor_is_refused),
        wdmsim_unit_test(no_device_and_no_such_state_are_refused),
        wdmsim_unit_test(pow_002_pending_means_one_callback),
        wdmsim_unit_test(pow_003_the_callback_follows_all_completion_routines),
        wdmsim_unit_test(pow_004_the_irp_is_given_out_for_wait_wake_only),
        wdmsim_unit_test(pow_005_device_requests_of_a_stack_take_turns),
        wdmsim_unit_test(pow_006_system_and_device_irp_are_active_together),
        wdmsim_unit_test(pow_007_system_irps_of_a_stack_do_not_overlap),
        wdmsim_unit_test(a_callback_may_ask_for_more),
        wdmsim_unit_test(pow_077_d0_to_d0_passes_without_effect),
        wdmsim_unit_test(stacks_outside_the_tree_take_power_irps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
