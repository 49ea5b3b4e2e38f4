/* At which IRQL power IRPs are delivered, and what may not be sent where. */
#include "power_driver.h"

static bool high; /* choose DISPATCH_LEVEL wherever there is a choice */
static unsigned choose(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    UNREFERENCED_PARAMETER(context);
    return kind == WDMSIM_CHOICE_POWER && high && n <= 3 ? n - 1 : 0;
}

static const struct wdmsim_config asking = {
    .processors = 1, .strategy = WDMSIM_STRATEGY_ASK, .flags = WDMSIM_CHECK_RULES};

/* POW-008 */
static void pow_008_pageable_stacks_get_irps_at_passive(struct machine *m) {
    power_begin(m);
    wdmsim_set_chooser(m, choose, NULL);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    assert_true(power_pdo(m, node)->Flags & DO_POWER_PAGABLE);
    high = true;
    power_forget();
    power_set(m, power_pdo(m, node), PowerDeviceD3);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(wdmsim_power_wake(m), 0);
    high = false;
    assert_true(power_event_count > 4);
    for (unsigned i = 0; i < power_event_count; i++)
        assert_int_equal(power_events[i].irql, PASSIVE_LEVEL);
}

/* POW-009 */
static void pow_009_other_stacks_stand_dispatch_level(struct machine *m) {
    KIRQL irql;
    power_begin(m);
    wdmsim_set_chooser(m, choose, NULL);
    uint32_t node = power_plug_with(m, WDMSIM_ROOT_NODE, WDMSIM_DEVICE_NOT_PAGEABLE, 0, 0);
    assert_false(power_pdo(m, node)->Flags & DO_POWER_PAGABLE);
    high = true;
    power_set(m, power_pdo(m, node), PowerDeviceD3); /* PoSetPowerState wants less for that */
    power_forget();
    power_set(m, power_pdo(m, node), PowerDeviceD0);
    high = false;
    assert_int_equal(power_find(AT_DOWN, NULL, -1, 0, -1, 0)->irql, DISPATCH_LEVEL);
    struct power_request request;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    power_ask(power_pdo(m, node), IRP_MN_SET_POWER, PowerDeviceD0, &request);
    KeLowerIrql(irql);
    wdmsim_settle(m);
    assert_int_equal(request.calls, 1);
    assert_int_equal(power_d(m, node), PowerDeviceD0);
}

/* A request from DISPATCH_LEVEL for a pageable stack is delivered later, at PASSIVE_LEVEL. */
static void requests_from_dispatch_level_are_delivered_at_passive(struct machine *m) {
    struct power_request request;
    KIRQL irql;
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    power_forget();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    power_ask(power_pdo(m, node), IRP_MN_SET_POWER, PowerDeviceD3, &request);
    assert_int_equal(power_event_count, 0);
    KeLowerIrql(irql);
    wdmsim_settle(m);
    assert_int_equal(request.calls, 1);
    assert_int_equal(power_find(AT_DOWN, NULL, -1, 0, -1, 0)->irql, PASSIVE_LEVEL);
}

static PIRP passed;
static PDEVICE_OBJECT passed_to;
static void pass_at_dispatch(struct power_device *device, PIRP irp) {
    KIRQL irql;
    if (IoGetCurrentIrpStackLocation(irp)->MinorFunction != IRP_MN_SET_POWER)
        return;
    passed = irp;
    passed_to = device->lower;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoSkipCurrentIrpStackLocation(irp);
    IoCallDriver(device->lower, irp);
}

static void too_high(struct machine *m) {
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    policy.at_down = pass_at_dispatch;
    power_set(m, power_pdo(m, node), PowerDeviceD3);
}

/* POW-043 */
static void pow_043_a_pageable_driver_is_not_called_at_dispatch(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = power_expect_stop(too_high, INTERNAL_POWER_ERROR, 0x404);
    assert_int_equal(stop->irql, DISPATCH_LEVEL);
    assert_int_equal(stop->parameters[2], (ULONG_PTR)IoGetCurrentIrpStackLocation(passed));
    assert_int_equal(stop->parameters[3], (ULONG_PTR)passed_to);
    wdmsim_machine_destroy(power_machine);
}

static void disable_apcs(struct power_device *device, PIRP irp) {
    if (IoGetCurrentIrpStackLocation(irp)->MinorFunction != IRP_MN_SET_POWER)
        return;
    passed = irp;
    passed_to = device->self;
    KeEnterCriticalRegion();
}

static void apcs_left_disabled(struct machine *m) {
    power_begin(m);
    uint32_t node = power_plug(m, WDMSIM_ROOT_NODE);
    policy.at_down = disable_apcs;
    power_set(m, power_pdo(m, node), PowerDeviceD3);
}

/* POW-042 */
static void pow_042_a_dispatch_routine_leaves_apcs_as_they_were(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop =
        power_expect_stop(apcs_left_disabled, INTERNAL_POWER_ERROR, 0x901);
    assert_int_equal(stop->parameters[1], (ULONG_PTR)passed_to);
    assert_int_equal(stop->parameters[2], (ULONG_PTR)passed);
    assert_int_equal(stop->parameters[3], 1);
    wdmsim_machine_destroy(power_machine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(pow_008_pageable_stacks_get_irps_at_passive, &asking),
        wdmsim_unit_test_on(pow_009_other_stacks_stand_dispatch_level, &asking),
        wdmsim_unit_test(requests_from_dispatch_level_are_delivered_at_passive),
        cmocka_unit_test(pow_043_a_pageable_driver_is_not_called_at_dispatch),
        cmocka_unit_test(pow_042_a_dispatch_routine_leaves_apcs_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
