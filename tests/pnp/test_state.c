/*
 * The device state that drivers report, capabilities, and what the PnP manager makes of both.
 */
#include "bus_test.h"

#define WORDS "STATE SURPRISE REMOVE START STOP QUERY_STOP FILTER REQUIREMENTS"

static uint32_t plug_child(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = true;
    test_plug_bus(m);
    test_clear();
    return wdmsim_node_find(m, "BUS\\CHILD\\0");
}

static void report(struct machine *m, PNP_DEVICE_STATE state) {
    test_children[0].state = state;
    IoInvalidateDeviceState(test_children[0].pdo);
    assert_int_equal(wdmsim_settle(m), 0);
    test_only(WORDS);
}

/* PNP-041: failed, but still in its slot: the node stays. */
static void pnp_041_a_failed_device_is_surprise_removed(struct machine *m) {
    uint32_t node = plug_child(m);
    report(m, PNP_DEVICE_FAILED);
    test_expect("function:STATE child0:STATE function:SURPRISE child0:SURPRISE "
                "function:REMOVE child0:REMOVE");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_REMOVED);
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_REPORTED_FAILURE);
}

/* PNP-042 */
static void pnp_042_changed_requirements_bring_a_second_start(struct machine *m) {
    uint32_t node = plug_child(m);
    report(m, PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED);
    test_expect("function:STATE child0:STATE function:REQUIREMENTS child0:REQUIREMENTS "
                "function:FILTER child0:FILTER function:START child0:START function:START+");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
}

static void a_failed_device_with_changed_requirements_is_stopped_first(struct machine *m) {
    uint32_t node = plug_child(m);
    report(m, PNP_DEVICE_FAILED | PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED);
    assert_true(test_order("function:QUERY_STOP", "function:STOP"));
    assert_true(test_order("function:STOP", "function:START"));
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
}

static void a_removed_device_goes(struct machine *m) {
    uint32_t node = plug_child(m);
    report(m, PNP_DEVICE_REMOVED);
    assert_true(test_saw("function:SURPRISE"));
    assert_int_equal(test_state(m, node), WDMSIM_NODE_REMOVED);
}

/* PNP-066 */
static void pnp_066_not_disableable_goes_up(struct machine *m) {
    uint32_t node = plug_child(m);
    report(m, PNP_DEVICE_NOT_DISABLEABLE);
    assert_true(test_info(m, node).not_disableable);
    assert_true(test_info(m, test_bus).not_disableable);
    assert_true(test_info(m, WDMSIM_ROOT_NODE).not_disableable);
    assert_int_equal(test_veto(m, WDMSIM_PNP_DISABLE, test_bus), WDMSIM_VETO_NOT_DISABLEABLE);
    assert_int_equal(test_state(m, test_bus), WDMSIM_NODE_STARTED);
    report(m, 0);
    assert_false(test_info(m, test_bus).not_disableable);
    assert_int_equal(test_do(m, WDMSIM_PNP_DISABLE, test_bus), STATUS_SUCCESS);
}

static void other_bits_are_recorded_only(struct machine *m) {
    uint32_t node = plug_child(m);
    report(m, PNP_DEVICE_DONT_DISPLAY_IN_UI | PNP_DEVICE_DISABLED);
    test_expect("function:STATE child0:STATE");
    assert_int_equal(test_info(m, node).device_state,
                     PNP_DEVICE_DONT_DISPLAY_IN_UI | PNP_DEVICE_DISABLED);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
}

/* ---- capabilities ---- */

static bool loosen(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    if (minor != IRP_MN_QUERY_CAPABILITIES)
        return false;
    IoForwardIrpSynchronously(device->lower, irp);
    PDEVICE_CAPABILITIES c =
        IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceCapabilities.Capabilities;
    c->DeviceState[PowerSystemSleeping3] = PowerDeviceD1; /* the bus driver said D2 */
    *status = irp->IoStatus.Status;
    return true;
}

/* PNP-077 */
static void pnp_077_a_loosened_device_state_is_reported(struct machine *m) {
    test_begin_bus(m);
    test_hook = loosen;
    test_children[0].present = true;
    test_plug_bus(m);
    assert_int_equal(wdmsim_pnp_reports(m), 1);
    assert_non_null(strstr(wdmsim_pnp_last_report(m), "DeviceState of S3"));
}

/* PNP-078: what a driver says to another later is between them. */
static bool move(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    if (minor != IRP_MN_QUERY_CAPABILITIES)
        return false;
    IoForwardIrpSynchronously(device->lower, irp);
    IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceCapabilities.Capabilities->Address = 77;
    *status = irp->IoStatus.Status;
    return true;
}

static ULONG ask_address(PDEVICE_OBJECT pdo) {
    DEVICE_CAPABILITIES capabilities = {
        .Size = sizeof capabilities, .Version = 1, .Address = ~0u, .UINumber = ~0u};
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(pdo);
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &event, &iosb);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MinorFunction = IRP_MN_QUERY_CAPABILITIES;
    stack->Parameters.DeviceCapabilities.Capabilities = &capabilities;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    if (IoCallDriver(top, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(top);
    return capabilities.Address;
}

static void pnp_078_later_answers_do_not_alter_what_is_known(struct machine *m) {
    ULONG address = 0, length;
    plug_child(m);
    PDEVICE_OBJECT pdo = test_children[0].pdo;
    NTSTATUS before =
        IoGetDeviceProperty(pdo, DevicePropertyAddress, sizeof address, &address, &length);
    test_hook = move;
    assert_int_equal(ask_address(pdo), 77);
    assert_int_equal(
        IoGetDeviceProperty(pdo, DevicePropertyAddress, sizeof address, &address, &length), before);
    assert_int_not_equal(address, 77);
}

/* PNP-078: asked twice, at enumeration and after the first start, and not again. */
static void pnp_078_capabilities_are_asked_for_twice(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = true;
    test_plug_bus(m);
    assert_int_equal(test_count("child0:CAPABILITIES"), 2);
    assert_int_equal(test_count("function:CAPABILITIES"), 1);
    test_clear();
    uint32_t node = wdmsim_node_find(m, "BUS\\CHILD\\0");
    report(m, PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED);
    assert_int_equal(test_do(m, WDMSIM_PNP_REBALANCE, node), STATUS_SUCCESS);
    assert_int_equal(test_count("child0:CAPABILITIES"), 0);
}

TEST_MAIN(wdmsim_unit_test(pnp_041_a_failed_device_is_surprise_removed),
          wdmsim_unit_test(pnp_042_changed_requirements_bring_a_second_start),
          wdmsim_unit_test(a_failed_device_with_changed_requirements_is_stopped_first),
          wdmsim_unit_test(a_removed_device_goes),
          wdmsim_unit_test(pnp_066_not_disableable_goes_up),
          wdmsim_unit_test(other_bits_are_recorded_only),
          wdmsim_unit_test(pnp_077_a_loosened_device_state_is_reported),
          wdmsim_unit_test(pnp_078_later_answers_do_not_alter_what_is_known),
          wdmsim_unit_test(pnp_078_capabilities_are_asked_for_twice))
