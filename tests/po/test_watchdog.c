/* Power IRPs that take too long, and devices that go while they have one. */
#include "power_driver.h"

static uint32_t node;
static PDEVICE_OBJECT pdo;
static PIRP blocked;

static void begin(struct machine *m) {
    power_begin(m);
    node = power_plug(m, WDMSIM_ROOT_NODE);
    pdo = power_pdo(m, node);
}

static void block(struct machine *m) {
    struct power_request request;
    begin(m);
    policy.block_device = pdo;
    power_ask(pdo, IRP_MN_SET_POWER, PowerDeviceD3, &request);
    wdmsim_settle(m);
    blocked = policy.blocked;
    wdmsim_advance(m, 700 * WDMSIM_S);
}

/* POW-037 */
static void pow_037_a_blocked_irp_is_0x9f_3(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = power_expect_stop(block, DRIVER_POWER_STATE_FAILURE, 3);
    assert_int_equal(stop->parameters[1], (uint64_t)(ULONG_PTR)pdo);
    assert_int_equal(stop->parameters[3], (uint64_t)(ULONG_PTR)blocked);
    assert_non_null(strstr(stop->explanation, "ppo"));
    assert_non_null(strstr(stop->explanation, "set D3"));
    assert_true(stop->time >= 600 * WDMSIM_S && stop->time < 601 * WDMSIM_S);
    wdmsim_machine_destroy(power_machine);
}

static KEVENT never;
static void wait_for_it(struct power_device *device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, NULL);
}

static void deadlock(struct machine *m) {
    struct power_request request;
    begin(m);
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    policy.at_set = wait_for_it;
    power_ask(pdo, IRP_MN_SET_POWER, PowerDeviceD3, &request);
    wdmsim_advance(m, 700 * WDMSIM_S);
}

/* POW-082 */
static void pow_082_a_wait_in_the_dispatch_routine_is_found(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = power_expect_stop(deadlock, DRIVER_POWER_STATE_FAILURE, 3);
    assert_non_null(strstr(stop->explanation, "deadlock"));
    wdmsim_machine_destroy(power_machine);
}

static void hold_pnp(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS slow_pnp(PDEVICE_OBJECT self, PIRP irp) {
    if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_QUERY_PNP_DEVICE_STATE)
        hold_pnp(NULL);
    return power_pnp(self, irp);
}

static void lock_held(struct machine *m) {
    begin(m);
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    wdmsim_pnp_watchdog(m, 0);
    power_of(m, node)->self->DriverObject->MajorFunction[IRP_MJ_PNP] = slow_pnp;
    IoInvalidateDeviceState(pdo);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), WDMSIM_ERROR_TIMED_OUT);
    wdmsim_advance(m, 700 * WDMSIM_S);
}

/* POW-038 */
static void pow_038_a_held_pnp_lock_is_0x9f_4(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = power_expect_stop(lock_held, DRIVER_POWER_STATE_FAILURE, 4);
    assert_int_equal(stop->parameters[1], 600);
    assert_int_not_equal(stop->parameters[2], 0);
    wdmsim_machine_destroy(power_machine);
}

static PDRIVER_OBJECT hand_driver;
static PIRP kept;
static NTSTATUS keep_power(PDEVICE_OBJECT self, PIRP irp) {
    UNREFERENCED_PARAMETER(self);
    IoMarkIrpPending(irp);
    kept = irp;
    return STATUS_PENDING;
}
static int hand_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    hand_driver = driver;
    driver->MajorFunction[IRP_MJ_POWER] = keep_power;
    return STATUS_SUCCESS;
}

static PDEVICE_OBJECT doomed;
static void delete_busy(struct machine *m) {
    struct wdmsim_driver *driver;
    struct power_request request;
    assert_int_equal(
        wdmsim_driver_load_entry(m, "hand", (wdmsim_driver_entry *)hand_entry, &driver), 0);
    IoCreateDevice(hand_driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &doomed);
    power_ask(doomed, IRP_MN_SET_POWER, PowerDeviceD3, &request);
    wdmsim_settle(m);
    IoDeleteDevice(doomed);
}

/* POW-039 */
static void pow_039_a_device_that_goes_with_its_irp_is_0x9f_1(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = power_expect_stop(delete_busy, DRIVER_POWER_STATE_FAILURE, 1);
    assert_int_equal(stop->parameters[1], (uint64_t)(ULONG_PTR)doomed);
    wdmsim_machine_destroy(power_machine);
}

/* POW-040 */
static void pow_040_the_remaining_time_can_be_asked_for(struct machine *m) {
    struct power_request request;
    ULONG seconds = 0, later = 0;
    begin(m);
    assert_false(PoQueryWatchdogTime(pdo, &seconds));
    policy.block_device = pdo;
    power_ask(pdo, IRP_MN_SET_POWER, PowerDeviceD3, &request);
    wdmsim_settle(m);
    assert_true(PoQueryWatchdogTime(pdo, &seconds));
    assert_in_range(seconds, 599, 600);
    wdmsim_advance(m, 100 * WDMSIM_S);
    assert_true(PoQueryWatchdogTime(pdo, &later));
    assert_int_equal(later, seconds - 100);
    power_finish(policy.blocked, STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_false(PoQueryWatchdogTime(pdo, &seconds));
}

/* POW-041 */
static void pow_041_wait_wake_may_take_for_ever(struct machine *m) {
    ULONG seconds;
    power_begin(m);
    policy.wake = true;
    node = power_plug_with(m, WDMSIM_ROOT_NODE, WDMSIM_DEVICE_WAKE_D3, 4, 4);
    wdmsim_advance(m, 3600 * WDMSIM_S);
    assert_non_null(power_of(m, node)->wait_wake);
    assert_false(PoQueryWatchdogTime(power_pdo(m, node), &seconds));
}

/* The period is the host's to set; an IRP that is complete in time stops the clock. */
static void the_period_can_be_set(struct machine *m) {
    struct power_request request;
    ULONG seconds;
    begin(m);
    wdmsim_power_watchdog(m, 20 * WDMSIM_S);
    policy.block_device = pdo;
    power_ask(pdo, IRP_MN_SET_POWER, PowerDeviceD3, &request);
    wdmsim_advance(m, 15 * WDMSIM_S);
    assert_true(PoQueryWatchdogTime(pdo, &seconds));
    assert_int_equal(seconds, 5);
    policy.block_device = NULL;
    power_finish(policy.blocked, STATUS_SUCCESS);
    wdmsim_advance(m, 100 * WDMSIM_S);
    assert_int_equal(request.calls, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pow_037_a_blocked_irp_is_0x9f_3),
        cmocka_unit_test(pow_082_a_wait_in_the_dispatch_routine_is_found),
        cmocka_unit_test(pow_038_a_held_pnp_lock_is_0x9f_4),
        cmocka_unit_test(pow_039_a_device_that_goes_with_its_irp_is_0x9f_1),
        wdmsim_unit_test(pow_040_the_remaining_time_can_be_asked_for),
        wdmsim_unit_test(pow_041_wait_wake_may_take_for_ever),
        wdmsim_unit_test(the_period_can_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
