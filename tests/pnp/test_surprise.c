/*
 * Surprise removal: drivers first, REMOVE when the last handle is closed, children before parents.
 */
#include "pnp_test.h"

#define REMOVAL "QUERY_REMOVE CANCEL_REMOVE REMOVE SURPRISE START ADD"

/* PNP-040, PNP-044, PNP-046: the bus driver deleted the PDO, and the node is gone. */
static void pnp_040_an_unplugged_device_is_surprise_removed(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    test_clear();
    assert_int_equal(wdmsim_unplug(m, node), 0);
    test_only(REMOVAL);
    test_expect("function:SURPRISE function:REMOVE");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
    assert_int_equal(test_devices(m), 1);
}

/* PNP-038, PNP-027's second half */
static void pnp_038_remove_waits_for_the_last_handle(struct machine *m) {
    NTSTATUS status;
    test_begin(m);
    test_named = true;
    uint32_t node = TEST_PLUG(m, .function = "function");
    uint64_t first = test_open(m, &status), second = test_open(m, &status);
    assert_int_equal(status, STATUS_SUCCESS);
    test_clear();
    assert_int_equal(wdmsim_unplug(m, node), 0);
    test_only(REMOVAL);
    test_expect("function:SURPRISE");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_SURPRISE_REMOVED);
    assert_int_equal(test_open(m, &status), 0);
    assert_int_equal(status, STATUS_NO_SUCH_DEVICE);
    test_close(m, first);
    test_expect("");
    test_close(m, second);
    test_only(REMOVAL);
    test_expect("function:REMOVE");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
}

/* PNP-039 */
static void pnp_039_a_handle_never_closed_keeps_the_device(struct machine *m) {
    NTSTATUS status;
    test_begin(m);
    test_named = true;
    uint32_t node = TEST_PLUG(m, .function = "function");
    test_open(m, &status);
    assert_int_equal(wdmsim_unplug(m, node), 0);
    assert_int_equal(wdmsim_advance(m, 3600 * WDMSIM_S), 0);
    assert_false(test_saw("function:REMOVE"));
    assert_int_equal(test_state(m, node), WDMSIM_NODE_SURPRISE_REMOVED);
}

static void the_whole_subtree_goes_leaves_first(struct machine *m) {
    test_begin(m);
    uint32_t top = TEST_PLUG(m, .function = "function");
    uint32_t child = test_plug_under(m, top, TEST_DEVICE(.function = "other"));
    test_plug_under(m, child, TEST_DEVICE(.function = "lower"));
    test_clear();
    assert_int_equal(wdmsim_unplug(m, top), 0);
    test_only(REMOVAL);
    test_expect("lower:SURPRISE other:SURPRISE function:SURPRISE "
                "lower:REMOVE other:REMOVE function:REMOVE");
    assert_int_equal(wdmsim_node_next(m, WDMSIM_ROOT_NODE), 0);
}

/* A parent waits with its REMOVE for a child that is still open. */
static void a_parent_waits_for_its_children(struct machine *m) {
    NTSTATUS status;
    test_begin(m);
    test_named = true;
    uint32_t top = TEST_PLUG(m, .function = "other");
    uint32_t child = test_plug_under(m, top, TEST_DEVICE(.function = "function"));
    uint64_t handle = test_open(m, &status);
    test_clear();
    assert_int_equal(wdmsim_unplug(m, top), 0);
    test_only(REMOVAL);
    test_expect("function:SURPRISE other:SURPRISE");
    test_close(m, handle);
    test_only(REMOVAL);
    test_expect("function:REMOVE other:REMOVE");
    assert_int_equal(test_state(m, child), WDMSIM_NODE_DELETED);
    assert_int_equal(test_state(m, top), WDMSIM_NODE_DELETED);
}

/* A device without drivers goes, too. */
static void a_device_without_a_driver_goes(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = NULL);
    assert_int_equal(wdmsim_unplug(m, node), 0);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
    assert_int_equal(test_devices(m), 1);
}

/* PNP-049's other side: what is put back is another node with another PDO. */
static void pnp_049_a_device_that_comes_back_is_a_new_one(struct machine *m) {
    NTSTATUS status;
    test_begin(m);
    test_named = true;
    uint32_t node = TEST_PLUG(m, .function = "function", .instance_id = "1");
    uint32_t slot = test_info(m, node).slot, again = 0;
    uint64_t handle = test_open(m, &status);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, node);
    assert_int_equal(wdmsim_unplug(m, node), 0);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_SURPRISE_REMOVED);
    test_named = false;
    assert_int_equal(wdmsim_plug_again(m, slot, &again), 0);
    assert_int_not_equal(again, node);
    assert_ptr_not_equal(wdmsim_node_pdo(m, again), pdo);
    assert_int_equal(test_state(m, again), WDMSIM_NODE_STARTED);
    assert_int_equal(wdmsim_node_find(m, "TEST\\DEVICE\\1"), again);
    test_close(m, handle);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
    assert_int_equal(test_state(m, again), WDMSIM_NODE_STARTED);
}

/* A device that is in its slot is not put in once more, and stays what it is. */
static void a_plugged_device_cannot_be_plugged(struct machine *m) {
    uint32_t again;
    test_begin(m);
    uint32_t bus = TEST_PLUG(m, .function = "function");
    uint32_t node = test_plug_under(m, bus, TEST_DEVICE(.function = "lower"));
    uint32_t bus_slot = test_info(m, bus).slot, slot = test_info(m, node).slot;
    assert_int_equal(wdmsim_plug_again(m, slot, &again), WDMSIM_ERROR_BUSY);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_true(wdmsim_slot_is_plugged(m, slot));
    assert_int_equal(wdmsim_unplug(m, bus), 0);
    assert_false(wdmsim_slot_is_plugged(m, slot));
    assert_int_equal(wdmsim_plug_again(m, bus_slot, &again), 0);
    assert_true(wdmsim_slot_is_plugged(m, slot));
}

/* Out and in before the bus is asked: the old device is gone by surprise, the new one another. */
static void a_device_can_be_changed_unseen(struct machine *m) {
    uint32_t again;
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function"), slot = test_info(m, node).slot;
    assert_int_equal(wdmsim_unplug_silently(m, slot), 0);
    assert_int_equal(wdmsim_unplug_silently(m, slot), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_int_equal(wdmsim_plug_again(m, slot, &again), 0);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
    assert_int_equal(test_state(m, again), WDMSIM_NODE_STARTED);
    assert_true(test_saw("function:SURPRISE"));
}

/* PNP-043 */
static bool gone_at_filter(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(device);
    *status = STATUS_NO_SUCH_DEVICE;
    return minor == IRP_MN_START_DEVICE;
}

static void pnp_043_a_device_that_never_started_is_surprise_removed(struct machine *m) {
    test_begin(m);
    test_hook = gone_at_filter;
    uint32_t node = TEST_PLUG(m, .function = "function");
    test_hook = NULL;
    test_clear();
    assert_int_equal(wdmsim_unplug(m, node), 0);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
}

TEST_MAIN(wdmsim_unit_test(pnp_040_an_unplugged_device_is_surprise_removed),
          wdmsim_unit_test(pnp_038_remove_waits_for_the_last_handle),
          wdmsim_unit_test(pnp_039_a_handle_never_closed_keeps_the_device),
          wdmsim_unit_test(the_whole_subtree_goes_leaves_first),
          wdmsim_unit_test(a_parent_waits_for_its_children),
          wdmsim_unit_test(a_device_without_a_driver_goes),
          wdmsim_unit_test(pnp_049_a_device_that_comes_back_is_a_new_one),
          wdmsim_unit_test(a_plugged_device_cannot_be_plugged),
          wdmsim_unit_test(a_device_can_be_changed_unseen),
          wdmsim_unit_test(pnp_043_a_device_that_never_started_is_surprise_removed))
