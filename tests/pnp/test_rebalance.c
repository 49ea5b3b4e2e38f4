/*
 * Stopping and starting again: who is asked, who refuses, what the devices get.
 */
#include "pnp_test.h"

#define STOPPING "QUERY_STOP CANCEL_STOP STOP START SURPRISE REMOVE REQUIREMENTS STATE"

static const struct wdmsim_resource ports = {
    .kind = WDMSIM_RESOURCE_PORT, .minimum = 0x300, .maximum = 0x3ff, .length = 8};

/* PNP-026, PNP-018, PNP-024 */
static void pnp_026_stop_then_start_with_other_resources(struct machine *m) {
    struct wdmsim_assigned before, after;
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function", .resources = &ports, .resource_count = 1);
    assert_int_equal(wdmsim_node_resource(m, node, 0, &before), 0);
    test_clear();
    assert_int_equal(test_do(m, WDMSIM_PNP_REBALANCE, node), STATUS_SUCCESS);
    test_expect("function:QUERY_STOP function:STOP function:FILTER function:START "
                "function:START+");
    assert_int_equal(wdmsim_node_resource(m, node, 0, &after), 0);
    assert_int_not_equal(after.start, before.start);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
}

/* PNP-028 */
static void pnp_028_children_stop_first_and_start_last(struct machine *m) {
    test_begin(m);
    uint32_t top = TEST_PLUG(m, .function = "function");
    test_plug_under(m, top, TEST_DEVICE(.function = "other"));
    test_clear();
    assert_int_equal(test_do(m, WDMSIM_PNP_REBALANCE, top), STATUS_SUCCESS);
    test_only(STOPPING);
    test_expect("other:QUERY_STOP function:QUERY_STOP other:STOP function:STOP "
                "function:START function:START+ other:START other:START+");
}

static const char *refuses;
static NTSTATUS refuses_with;
static bool refuse(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(irp);
    *status = refuses_with;
    return minor == IRP_MN_QUERY_STOP_DEVICE && strcmp(device->role, refuses) == 0;
}

/* PNP-022, PNP-023 */
static void pnp_022_a_refusal_cancels_the_whole_stack(struct machine *m) {
    NTSTATUS status;
    test_begin(m);
    test_named = true;
    uint32_t node = TEST_PLUG(m, .function = "function", .lower_filters = TEST_LIST("lower"),
                              .upper_filters = TEST_LIST("upper"));
    test_clear();
    refuses = "function";
    refuses_with = STATUS_INSUFFICIENT_RESOURCES;
    test_hook = refuse;
    assert_int_equal(test_veto(m, WDMSIM_PNP_REBALANCE, node), WDMSIM_VETO_DRIVER);
    test_only(STOPPING);
    test_expect("upper:QUERY_STOP function:QUERY_STOP upper:CANCEL_STOP function:CANCEL_STOP "
                "lower:CANCEL_STOP lower:CANCEL_STOP+ function:CANCEL_STOP+ upper:CANCEL_STOP+");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    test_close(m, test_open(m, &status));
    assert_int_equal(status, STATUS_SUCCESS);
}

/* A child that refuses keeps its parent running, too, and the rest goes on without them. */
static void a_refusing_child_keeps_its_parent_running(struct machine *m) {
    test_begin(m);
    uint32_t top = TEST_PLUG(m, .function = "function");
    test_plug_under(m, top, TEST_DEVICE(.function = "other"));
    uint32_t alone = TEST_PLUG(m, .function = "lower");
    test_clear();
    refuses = "other";
    refuses_with = STATUS_DEVICE_BUSY;
    test_hook = refuse;
    assert_int_equal(test_do(m, WDMSIM_PNP_REBALANCE, WDMSIM_ROOT_NODE), STATUS_SUCCESS);
    test_only(STOPPING);
    test_expect("other:QUERY_STOP other:CANCEL_STOP other:CANCEL_STOP+ lower:QUERY_STOP "
                "lower:STOP lower:START lower:START+");
    assert_int_equal(test_state(m, top), WDMSIM_NODE_STARTED);
    assert_int_equal(test_state(m, alone), WDMSIM_NODE_STARTED);
}

/* PNP-025: success, but the requirements have changed. The PDO is asked, so its driver must be
 * ours: the answer is seen in what is assigned. */
static bool change_at_stop(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    if (minor == IRP_MN_QUERY_STOP_DEVICE) {
        IoForwardIrpSynchronously(device->lower, irp);
        *status = STATUS_RESOURCE_REQUIREMENTS_CHANGED;
        return true;
    }
    return false;
}

static void pnp_025_changed_requirements_are_asked_for_before_stop(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function", .lower_filters = TEST_LIST("lower"));
    test_clear();
    refuses = "function";
    test_hook = change_at_stop;
    assert_int_equal(test_do(m, WDMSIM_PNP_REBALANCE, node), STATUS_SUCCESS);
    test_only(STOPPING);
    assert_true(test_order("function:REQUIREMENTS", "function:STOP"));
    assert_true(test_order("function:QUERY_STOP", "function:REQUIREMENTS"));
    assert_int_equal(test_count("function:REQUIREMENTS"), 1);
}

static ULONG failing_starts;
static bool fail_second_start(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    *status = STATUS_UNSUCCESSFUL;
    return minor == IRP_MN_START_DEVICE && ++failing_starts == 2;
}

/* PNP-027 */
static void pnp_027_a_start_that_fails_after_stop(struct machine *m) {
    NTSTATUS status;
    test_begin(m);
    test_named = true;
    failing_starts = 0;
    test_hook = fail_second_start;
    uint32_t node = TEST_PLUG(m, .function = "function");
    uint64_t handle = test_open(m, &status);
    test_clear();
    test_do(m, WDMSIM_PNP_REBALANCE, node);
    test_only(STOPPING);
    test_expect("function:QUERY_STOP function:STOP function:START function:SURPRISE");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_SURPRISE_REMOVED);
    test_close(m, handle);
    test_only(STOPPING);
    test_expect("function:REMOVE");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_REMOVED);
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_FAILED_START);
}

TEST_MAIN(wdmsim_unit_test(pnp_026_stop_then_start_with_other_resources),
          wdmsim_unit_test(pnp_028_children_stop_first_and_start_last),
          wdmsim_unit_test(pnp_022_a_refusal_cancels_the_whole_stack),
          wdmsim_unit_test(a_refusing_child_keeps_its_parent_running),
          wdmsim_unit_test(pnp_025_changed_requirements_are_asked_for_before_stop),
          wdmsim_unit_test(pnp_027_a_start_that_fails_after_stop))
