/*
 * The host's side: a thousand devices, operations that are only begun, observers, wrong calls.
 */
#include "pnp_test.h"

static bool quiet_hook(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(minor);
    UNREFERENCED_PARAMETER(status);
    test_clear();
    return false;
}

static void start_and_remove(struct machine *m, unsigned count) {
    static const struct wdmsim_resource needs[] = {
        {.kind = WDMSIM_RESOURCE_MEMORY, .length = 4096, .alignment = 4096},
        {.kind = WDMSIM_RESOURCE_MESSAGE, .length = 2}};
    struct wdmsim_device_description device = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    uint32_t slot = 0;
    test_begin(m);
    test_hook = quiet_hook;
    device.device_id = "TEST\\MANY";
    device.function = "function";
    device.resources = needs;
    device.resource_count = 2;
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(wdmsim_plug_silently(m, WDMSIM_ROOT_NODE, &device, &slot), 0);
    assert_int_equal(test_do(m, WDMSIM_PNP_ENUMERATE, WDMSIM_ROOT_NODE), STATUS_SUCCESS);
    assert_int_equal(test_info(m, WDMSIM_ROOT_NODE).children, count);
    unsigned started = 0;
    for (uint32_t node = 0; (node = wdmsim_node_next(m, node)) != 0;)
        started += test_state(m, node) == WDMSIM_NODE_STARTED;
    assert_int_equal(started, count + 1);
    for (uint32_t node = WDMSIM_ROOT_NODE + 1; node <= count + 1; node++)
        assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, node), STATUS_SUCCESS);
    assert_int_equal(test_devices(m), count + 1); /* the PDOs */
}

static void a_thousand_devices_start_and_are_removed(struct machine *m) {
    start_and_remove(m, 1000);
}

static void an_operation_that_is_only_begun(struct machine *m) {
    struct wdmsim_pnp_result result;
    uint32_t id = 0;
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    KIRQL irql = KeRaiseIrqlToDpcLevel();
    assert_int_equal(wdmsim_pnp_begin(m, WDMSIM_PNP_REMOVE, node, &id), 0);
    assert_false(wdmsim_pnp_done(m, id, &result));
    assert_int_equal(result.status, STATUS_PENDING);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    KeLowerIrql(irql);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_true(wdmsim_pnp_done(m, id, &result));
    assert_int_equal(result.status, STATUS_SUCCESS);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_REMOVED);
    assert_int_equal(wdmsim_irps_in_flight(m), 0);
}

static char states[256];
static void note_state(void *context, uint32_t node, enum wdmsim_node_state state) {
    assert_ptr_equal(context, states);
    size_t at = strlen(states);
    snprintf(states + at, sizeof states - at, "%u:%s ", node, wdmsim_node_state_name(state));
}

static void an_observer_sees_each_state(struct machine *m) {
    test_begin(m);
    test_do(m, WDMSIM_PNP_ENUMERATE, WDMSIM_ROOT_NODE);
    states[0] = 0;
    wdmsim_observe_nodes(m, note_state, states);
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_string_equal(states, "2:enumerated 2:added 2:starting 2:started ");
    states[0] = 0;
    assert_int_equal(wdmsim_unplug(m, node), 0);
    assert_string_equal(states, "2:surprise-removed 2:removed 2:deleted ");
    wdmsim_observe_nodes(m, NULL, NULL);
}

static void a_silent_device_is_found_at_the_next_enumeration(struct machine *m) {
    struct wdmsim_device_description device = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    uint32_t slot = 0;
    test_begin(m);
    device.device_id = "TEST\\DEVICE";
    device.function = "function";
    assert_int_equal(wdmsim_plug_silently(m, WDMSIM_ROOT_NODE, &device, &slot), 0);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_int_equal(wdmsim_slot_node(m, slot), 0);
    test_do(m, WDMSIM_PNP_ENUMERATE, WDMSIM_ROOT_NODE);
    uint32_t node = wdmsim_slot_node(m, slot);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_int_equal(wdmsim_node_of_device(m, wdmsim_node_pdo(m, node)->AttachedDevice), node);
}

static void calls_that_make_no_sense(struct machine *m) {
    struct wdmsim_device_description device = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    struct wdmsim_pnp_result result;
    uint32_t node;
    test_begin(m);
    assert_int_equal(wdmsim_plug(m, WDMSIM_ROOT_NODE, &device, &node), WDMSIM_ERROR_INVALID);
    device.device_id = "TEST\\DEVICE";
    assert_int_equal(wdmsim_plug(m, 77, &device, &node), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_REMOVE, 77, &result), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_OPERATIONS, 1, &result), WDMSIM_ERROR_INVALID);
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_REMOVE, WDMSIM_ROOT_NODE, &result), 0);
    assert_int_equal(result.veto, WDMSIM_VETO_LEGACY);
    assert_int_equal(wdmsim_unplug(m, WDMSIM_ROOT_NODE), WDMSIM_ERROR_INVALID);
    assert_int_equal(wdmsim_unplug(m, 77), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_plug_again(m, 77, &node), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_unplug_silently(m, 77), WDMSIM_ERROR_NOT_FOUND);
    assert_false(wdmsim_slot_is_plugged(m, 77));
}

static void the_tree_as_text(struct machine *m) {
    char text[512];
    test_begin(m);
    uint32_t top = TEST_PLUG(m, .function = "function");
    test_plug_under(m, top, TEST_DEVICE(.device_id = "TEST\\NONE"));
    wdmsim_show_nodes(m, text, sizeof text);
    assert_string_equal(text, "1 HTREE\\ROOT\\0: started [PnpManager]\n"
                              "  2 TEST\\DEVICE\\0000: started [PnpManager < function]\n"
                              "    3 TEST\\NONE\\0001: enumerated, no driver is installed for the "
                              "device (0xc0000225) [PnpManager]\n");
    assert_string_equal(wdmsim_node_problem_text(WDMSIM_PROBLEM_DISABLED),
                        "the device is disabled");
    assert_string_equal(wdmsim_pnp_operation_name(WDMSIM_PNP_EJECT), "eject");
}

TEST_MAIN(wdmsim_unit_test(a_thousand_devices_start_and_are_removed),
          wdmsim_unit_test(an_operation_that_is_only_begun),
          wdmsim_unit_test(an_observer_sees_each_state),
          wdmsim_unit_test(a_silent_device_is_found_at_the_next_enumeration),
          wdmsim_unit_test(calls_that_make_no_sense), wdmsim_unit_test(the_tree_as_text))
