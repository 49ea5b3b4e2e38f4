/*
 * Devices that a driver finds by itself, and the resources it claims before it looks.
 */
#include "pnp_test.h"

static CM_RESOURCE_LIST *port_list(ULONG start) {
    CM_RESOURCE_LIST *list = ExAllocatePool2(POOL_FLAG_PAGED, sizeof *list, 'tset');
    list->Count = 1;
    list->List[0].InterfaceType = Isa;
    list->List[0].PartialResourceList.Count = 1;
    PCM_PARTIAL_RESOURCE_DESCRIPTOR d = list->List[0].PartialResourceList.PartialDescriptors;
    d->Type = CmResourceTypePort;
    d->Flags = CM_RESOURCE_PORT_IO;
    d->ShareDisposition = CmResourceShareDeviceExclusive;
    d->u.Port.Start.QuadPart = start;
    d->u.Port.Length = 8;
    return list;
}

static PDRIVER_OBJECT load(struct machine *m) {
    struct wdmsim_driver *driver = NULL;
    test_begin(m);
    assert_int_equal(
        wdmsim_driver_load_entry(m, "other", (wdmsim_driver_entry *)test_entry, &driver), 0);
    return wdmsim_driver_object(driver);
}

static void resources_are_claimed_replaced_and_given_back(struct machine *m) {
    BOOLEAN conflict = TRUE;
    PDRIVER_OBJECT driver = load(m);
    CM_RESOURCE_LIST *list = port_list(0x300), none = {0};
    assert_int_equal(
        IoReportResourceForDetection(driver, list, sizeof *list, NULL, NULL, 0, &conflict),
        STATUS_SUCCESS);
    assert_false(conflict);
    struct wdmsim_resource same = {
        .kind = WDMSIM_RESOURCE_PORT, .minimum = 0x300, .maximum = 0x307, .length = 8};
    uint32_t node = TEST_PLUG(m, .function = "function", .resources = &same, .resource_count = 1);
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_NO_RESOURCES);
    assert_int_equal(
        IoReportResourceForDetection(driver, &none, sizeof none, NULL, NULL, 0, &conflict),
        STATUS_SUCCESS);
    assert_int_equal(test_do(m, WDMSIM_PNP_START, node), STATUS_SUCCESS);
    assert_int_equal(
        IoReportResourceForDetection(driver, list, sizeof *list, NULL, NULL, 0, &conflict),
        STATUS_CONFLICTING_ADDRESSES);
    assert_true(conflict);
    assert_int_equal(IoReportResourceForDetection(driver, list, 4, NULL, NULL, 0, &conflict),
                     STATUS_UNSUCCESSFUL);
    ExFreePool(list);
}

static void a_detected_device_counts_as_started(struct machine *m) {
    struct wdmsim_assigned assigned;
    PDRIVER_OBJECT driver = load(m);
    PDEVICE_OBJECT pdo = NULL;
    CM_RESOURCE_LIST *list = port_list(0x330);
    assert_int_equal(
        IoReportDetectedDevice(driver, Isa, (ULONG)-1, (ULONG)-1, list, NULL, FALSE, &pdo),
        STATUS_SUCCESS);
    assert_non_null(pdo);
    uint32_t node = wdmsim_node_of_device(m, pdo);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_string_equal(test_info(m, node).instance_path, "ROOT\\other\\0000");
    assert_int_equal(wdmsim_node_resource(m, node, 0, &assigned), 0);
    assert_int_equal(assigned.start, 0x330);
    test_expect("");
    /* It lies there when its bus is enumerated, and gets the other PnP IRPs. */
    driver->DriverExtension->AddDevice(driver, pdo);
    test_clear();
    assert_int_equal(test_do(m, WDMSIM_PNP_ENUMERATE, WDMSIM_ROOT_NODE), STATUS_SUCCESS);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, node), STATUS_SUCCESS);
    test_only("QUERY_REMOVE REMOVE");
    test_expect("other:QUERY_REMOVE other:REMOVE");
    ExFreePool(list);
}

static void a_detected_device_in_a_conflict_is_not_reported(struct machine *m) {
    PDRIVER_OBJECT driver = load(m);
    PDEVICE_OBJECT pdo = NULL;
    CM_RESOURCE_LIST *list = port_list(0x300);
    struct wdmsim_resource same = {
        .kind = WDMSIM_RESOURCE_PORT, .minimum = 0x300, .maximum = 0x307, .length = 8};
    TEST_PLUG(m, .function = "function", .resources = &same, .resource_count = 1);
    assert_int_equal(
        IoReportDetectedDevice(driver, Isa, (ULONG)-1, (ULONG)-1, list, NULL, FALSE, &pdo),
        STATUS_CONFLICTING_ADDRESSES);
    assert_int_equal(test_info(m, WDMSIM_ROOT_NODE).children, 1);
    ExFreePool(list);
}

static void a_root_device_comes_up_once(struct machine *m) {
    PDRIVER_OBJECT driver = load(m);
    assert_int_equal(IoReportRootDevice(driver), STATUS_SUCCESS);
    assert_int_equal(IoReportRootDevice(driver), STATUS_SUCCESS);
    assert_int_equal(wdmsim_settle(m), 0);
    uint32_t node = wdmsim_node_find(m, "ROOT\\other\\0000");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_int_equal(test_info(m, WDMSIM_ROOT_NODE).children, 1);
    assert_true(test_saw("other:ADD"));
}

TEST_MAIN(wdmsim_unit_test(resources_are_claimed_replaced_and_given_back),
          wdmsim_unit_test(a_detected_device_counts_as_started),
          wdmsim_unit_test(a_detected_device_in_a_conflict_is_not_reported),
          wdmsim_unit_test(a_root_device_comes_up_once))
