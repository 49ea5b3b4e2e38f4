/*
 * Interrupts that reach a device's driver by pins of a GPIO controller: its resources say
 * PASSIVE_LEVEL, and if they all do that is where its routine runs.
 */
#include "pnp_test.h"

static unsigned served;
static KIRQL served_at;
static PKINTERRUPT object;

static KSERVICE_ROUTINE serve;
static BOOLEAN serve(PKINTERRUPT interrupt, PVOID context) {
    UNREFERENCED_PARAMETER(interrupt);
    assert_ptr_equal(context, &served);
    served++;
    served_at = KeGetCurrentIrql();
    return TRUE;
}

/* A device with two edge-triggered lines. */
static uint32_t plug(struct machine *m, uint64_t first, uint64_t second) {
    const struct wdmsim_resource lines[] = {
        {.kind = WDMSIM_RESOURCE_INTERRUPT, .minimum = first, .maximum = first, .latched = true},
        {.kind = WDMSIM_RESOURCE_INTERRUPT, .minimum = second, .maximum = second, .latched = true}};
    served = 0;
    test_begin(m);
    return TEST_PLUG(m, .function = "function", .resources = lines, .resource_count = 2);
}

static uint32_t vector(struct machine *m, uint32_t node, unsigned index) {
    struct wdmsim_assigned assigned;
    assert_int_equal(wdmsim_node_resource(m, node, index, &assigned), 0);
    return assigned.vector;
}

static NTSTATUS connect(struct machine *m, uint32_t node, KIRQL irql, PKSPIN_LOCK lock) {
    IO_CONNECT_INTERRUPT_PARAMETERS p = {.Version = CONNECT_LINE_BASED};
    p.LineBased.PhysicalDeviceObject = wdmsim_node_pdo(m, node);
    p.LineBased.InterruptObject = &object;
    p.LineBased.ServiceRoutine = serve;
    p.LineBased.ServiceContext = &served;
    p.LineBased.SynchronizeIrql = irql;
    p.LineBased.SpinLock = lock;
    return IoConnectInterruptEx(&p);
}

static void expect(struct machine *m, uint32_t node, KIRQL irql) {
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {.Version = CONNECT_LINE_BASED};
    for (unsigned i = 0; i < 2; i++) {
        served_at = HIGH_LEVEL;
        assert_int_equal(wdmsim_interrupt_raise(m, vector(m, node, i)), 0);
        wdmsim_settle(m);
        assert_int_equal(served, i + 1);
        assert_int_equal(served_at, irql);
    }
    end.ConnectionContext.InterruptObject = object;
    IoDisconnectInterruptEx(&end);
    assert_int_equal(wdmsim_interrupt_raise(m, vector(m, node, 1)), WDMSIM_ERROR_NOT_FOUND);
}

static void pins_alone_are_served_at_passive_level(struct machine *m) {
    uint32_t node = plug(m, WDMSIM_FIRST_PIN, WDMSIM_FIRST_PIN + 7);
    struct wdmsim_assigned assigned;
    assert_int_equal(wdmsim_node_resource(m, node, 0, &assigned), 0);
    assert_int_equal(assigned.irql, PASSIVE_LEVEL);
    assert_int_equal(connect(m, node, PASSIVE_LEVEL, NULL), STATUS_SUCCESS);
    expect(m, node, PASSIVE_LEVEL);
}

static void with_a_line_of_higher_level_they_are_served_at_that(struct machine *m) {
    uint32_t node = plug(m, WDMSIM_FIRST_PIN, 5);
    struct wdmsim_assigned assigned;
    assert_int_equal(wdmsim_node_resource(m, node, 1, &assigned), 0);
    assert_true(assigned.irql > DISPATCH_LEVEL);
    assert_int_equal(connect(m, node, PASSIVE_LEVEL, NULL), STATUS_SUCCESS);
    expect(m, node, (KIRQL)assigned.irql);
}

static void a_driver_may_ask_for_more(struct machine *m) {
    uint32_t node = plug(m, WDMSIM_FIRST_PIN, WDMSIM_FIRST_PIN + 1);
    assert_int_equal(connect(m, node, 6, NULL), STATUS_SUCCESS);
    expect(m, node, 6);
}

static void a_spin_lock_is_refused(struct machine *m) {
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    uint32_t node = plug(m, WDMSIM_FIRST_PIN, WDMSIM_FIRST_PIN + 1);
    assert_int_equal(connect(m, node, PASSIVE_LEVEL, &lock), STATUS_INVALID_PARAMETER);
    node = plug(m, 4, 5);
    assert_int_equal(connect(m, node, PASSIVE_LEVEL, &lock), STATUS_SUCCESS);
    expect(m, node, 8); /* the higher of the two */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pins_alone_are_served_at_passive_level),
        wdmsim_unit_test(with_a_line_of_higher_level_they_are_served_at_that),
        wdmsim_unit_test(a_driver_may_ask_for_more),
        wdmsim_unit_test(a_spin_lock_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
