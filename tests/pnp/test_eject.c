/*
 * Ejecting: the device and its ejection relations are removed in order, then the bus lets it out.
 */
#include "pnp_test.h"

#define EJECTION "QUERY_REMOVE CANCEL_REMOVE REMOVE SURPRISE EJECT START ADD"

/* What is sent to any device object of a node's stack: nobody else sees what comes when only the
 * PDO is left. */
static void note_calls(void *context, const struct wdmsim_event *event) {
    const uint32_t *node = context;
    if (event->kind == WDMSIM_EVENT_IRP_CALL && event->arguments[2] == *node &&
        (UCHAR)event->arguments[1] == IRP_MJ_PNP)
        test_log("stack", test_minor((UCHAR)(event->arguments[1] >> 8)), "");
}

/* PNP-075: the EJECT goes to the PDO when the rest of the stack is gone; the bus then misses the
 * device. */
static void pnp_075_an_ejectable_device_leaves_its_slot(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function",
                              .flags = WDMSIM_DEVICE_EJECTABLE | WDMSIM_DEVICE_REMOVABLE);
    uint32_t slot = test_info(m, node).slot, again = 0;
    test_clear();
    wdmsim_trace_sink(m, note_calls, &node);
    IoRequestDeviceEject(wdmsim_node_pdo(m, node));
    assert_int_equal(wdmsim_settle(m), 0);
    wdmsim_trace_sink(m, NULL, NULL);
    test_only(EJECTION);
    test_expect("stack:QUERY_REMOVE function:QUERY_REMOVE stack:QUERY_REMOVE "
                "stack:REMOVE function:REMOVE stack:REMOVE stack:EJECT "
                "stack:SURPRISE stack:REMOVE");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
    assert_int_equal(test_do(m, WDMSIM_PNP_ENUMERATE, WDMSIM_ROOT_NODE), STATUS_SUCCESS);
    assert_int_equal(test_info(m, WDMSIM_ROOT_NODE).children, 0);
    assert_int_equal(wdmsim_plug_again(m, slot, &again), 0);
    assert_int_equal(test_state(m, again), WDMSIM_NODE_STARTED);
}

/* PNP-076 */
static void pnp_076_another_device_is_only_marked(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    uint32_t slot = test_info(m, node).slot, again = 0;
    test_clear();
    wdmsim_trace_sink(m, note_calls, &node);
    assert_int_equal(test_do(m, WDMSIM_PNP_EJECT, node), STATUS_SUCCESS);
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_HELD_FOR_EJECT);
    test_only(EJECTION);
    test_expect("stack:QUERY_REMOVE function:QUERY_REMOVE stack:QUERY_REMOVE "
                "stack:REMOVE function:REMOVE stack:REMOVE");
    assert_int_equal(test_do(m, WDMSIM_PNP_ENUMERATE, WDMSIM_ROOT_NODE), STATUS_SUCCESS);
    wdmsim_trace_sink(m, NULL, NULL);
    test_only(EJECTION);
    test_expect("");
    assert_int_equal(wdmsim_plug_again(m, slot, &again), WDMSIM_ERROR_BUSY);
    assert_int_equal(wdmsim_unplug(m, node), 0);
    assert_int_equal(wdmsim_plug_again(m, slot, &again), 0);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
    assert_int_equal(test_state(m, again), WDMSIM_NODE_STARTED);
}

static uint32_t ejected, companion;
static struct machine *machine;
static bool name_companion(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (minor != IRP_MN_QUERY_DEVICE_RELATIONS ||
        stack->Parameters.QueryDeviceRelations.Type != EjectionRelations ||
        device->pdo != wdmsim_node_pdo(machine, ejected))
        return false;
    PDEVICE_RELATIONS list = ExAllocatePool2(POOL_FLAG_PAGED, sizeof *list, 'tset');
    list->Count = 1;
    list->Objects[0] = wdmsim_node_pdo(machine, companion);
    ObReferenceObject(list->Objects[0]);
    irp->IoStatus.Information = (ULONG_PTR)list;
    *status = STATUS_SUCCESS;
    return true;
}

static void ejection_relations_go_with_an_eject_only(struct machine *m) {
    test_begin(m);
    machine = m;
    ejected = TEST_PLUG(m, .function = "function");
    companion = TEST_PLUG(m, .function = "other");
    test_hook = name_companion;
    assert_int_equal(test_do(m, WDMSIM_PNP_RESTART, ejected), STATUS_SUCCESS);
    assert_int_equal(test_state(m, companion), WDMSIM_NODE_STARTED);
    assert_int_equal(test_do(m, WDMSIM_PNP_EJECT, ejected), STATUS_SUCCESS);
    assert_int_equal(test_state(m, companion), WDMSIM_NODE_REMOVED);
}

static bool refuse(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    *status = STATUS_DEVICE_BUSY;
    return minor == IRP_MN_QUERY_REMOVE_DEVICE;
}

static void a_veto_keeps_the_device_in(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function", .flags = WDMSIM_DEVICE_EJECTABLE);
    test_hook = refuse;
    assert_int_equal(test_veto(m, WDMSIM_PNP_EJECT, node), WDMSIM_VETO_DRIVER);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
}

TEST_MAIN(wdmsim_unit_test(pnp_075_an_ejectable_device_leaves_its_slot),
          wdmsim_unit_test(pnp_076_another_device_is_only_marked),
          wdmsim_unit_test(ejection_relations_go_with_an_eject_only),
          wdmsim_unit_test(a_veto_keeps_the_device_in))
