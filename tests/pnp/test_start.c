/*
 * A device comes: its node, the questions it is asked, the order of its drivers, START, and what
 * follows a first start; and the ways in which that fails.
 */
#include "pnp_test.h"

/* PNP-001: one node for one new PDO, however often the bus is enumerated. */
static void pnp_001_one_node_for_a_device(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_int_equal(node, 2);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_int_equal(test_do(m, WDMSIM_PNP_ENUMERATE, WDMSIM_ROOT_NODE), STATUS_SUCCESS);
    assert_int_equal(test_info(m, WDMSIM_ROOT_NODE).children, 1);
    assert_int_equal(wdmsim_node_next(m, node), 0);
    assert_int_equal(wdmsim_node_find(m, "test\\device\\0000"), node);
}

/* PNP-004, PNP-003: the order of AddDevice; PNP-007 is below. */
static void pnp_004_drivers_are_added_from_below(struct machine *m) {
    test_begin(m);
    TEST_PLUG(m, .function = "function", .bus_filters = TEST_LIST("busfilter"),
              .lower_filters = TEST_LIST("lower"), .upper_filters = TEST_LIST("upper"));
    test_only("ADD");
    test_expect("busfilter:ADD lower:ADD function:ADD upper:ADD");
}

/* PNP-005 */
static void pnp_005_driver_entry_runs_once(struct machine *m) {
    test_begin(m);
    TEST_PLUG(m, .function = "function");
    TEST_PLUG(m, .function = "function");
    assert_int_equal(test_entries, 1);
}

static void *seen_thread;
static bool system_thread;
static bool note_thread(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(status);
    if (minor == IRP_MN_START_DEVICE) {
        seen_thread = KeGetCurrentThread();
        system_thread = PsIsSystemThread(PsGetCurrentThread());
    }
    /* PNP-011, PNP-012 */
    if (KeGetCurrentIrql() != PASSIVE_LEVEL || device->self->AttachedDevice ||
        irp->IoStatus.Status != STATUS_NOT_SUPPORTED)
        test_log(device->role, "WRONG", "");
    return false;
}

/* PNP-006, PNP-011, PNP-012: test_add checks the IRQL of AddDevice. */
static void pnp_011_irps_begin_unsupported_at_passive_level_at_the_top(struct machine *m) {
    test_begin(m);
    test_hook = note_thread;
    TEST_PLUG(m, .function = "function");
    assert_true(system_thread);
    assert_ptr_not_equal(seen_thread, KeGetCurrentThread());
    assert_false(test_saw("function:WRONG"));
    assert_true(test_saw("function:START"));
}

/* PNP-007 */
static void pnp_007_a_filter_that_attaches_nothing(struct machine *m) {
    test_begin(m);
    test_unwilling = "upper";
    uint32_t node = TEST_PLUG(m, .function = "function", .upper_filters = TEST_LIST("upper"));
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_string_equal(wdmsim_node_driver(m, node, 0), "PnpManager");
    assert_string_equal(wdmsim_node_driver(m, node, 1), "function");
    assert_null(wdmsim_node_driver(m, node, 2));
}

/* PNP-008 */
static void pnp_008_each_attached_device_needs_one_more_location(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function", .upper_filters = TEST_LIST("upper"));
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, node);
    assert_int_equal(pdo->StackSize, 1);
    assert_int_equal(pdo->AttachedDevice->StackSize, 2);
    assert_int_equal(pdo->AttachedDevice->AttachedDevice->StackSize, 3);
    struct test_device *upper = pdo->AttachedDevice->AttachedDevice->DeviceExtension;
    assert_ptr_equal(upper->lower, pdo->AttachedDevice);
}

/* PNP-010 */
static void pnp_010_the_system_marks_pdos(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_true(wdmsim_node_pdo(m, node)->Flags & DO_BUS_ENUMERATED_DEVICE);
    assert_false(wdmsim_node_pdo(m, node)->AttachedDevice->Flags & DO_BUS_ENUMERATED_DEVICE);
}

static PDEVICE_OBJECT started_pdo;
static ULONG starts_below;
static bool look_below(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(status);
    if (minor == IRP_MN_START_DEVICE && strcmp(device->role, "lower") == 0) {
        started_pdo = device->pdo;
        starts_below++;
    }
    return false;
}

/* PNP-013: what is on the way up in the log has been done by everyone below. */
static void pnp_013_start_is_handled_from_below(struct machine *m) {
    test_begin(m);
    starts_below = 0;
    test_hook = look_below;
    TEST_PLUG(m, .function = "function", .lower_filters = TEST_LIST("lower"));
    assert_int_equal(starts_below, 1);
    test_only("START");
    test_expect("function:START lower:START lower:START+ function:START+");
}

/* PNP-017, PNP-021: a first start from FILTER to enumeration. */
static void pnp_017_questions_after_the_first_start(struct machine *m) {
    test_begin(m);
    TEST_PLUG(m, .function = "function");
    test_expect("function:ADD function:FILTER function:START function:START+ "
                "function:CAPABILITIES function:STATE function:RELATIONS");
}

/* PNP-016 */
static bool fail_start(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    *status = STATUS_DEVICE_CONFIGURATION_ERROR;
    return minor == IRP_MN_START_DEVICE;
}

static void pnp_016_a_failed_first_start_brings_remove(struct machine *m) {
    test_begin(m);
    test_hook = fail_start;
    uint32_t node = TEST_PLUG(m, .function = "function");
    test_expect("function:ADD function:FILTER function:START function:REMOVE");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_REMOVED);
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_FAILED_START);
    assert_int_equal((NTSTATUS)test_info(m, node).problem_status,
                     STATUS_DEVICE_CONFIGURATION_ERROR);
    /* The PDO is still there: it can be tried again. */
    test_hook = NULL;
    assert_int_equal(test_do(m, WDMSIM_PNP_START, node), STATUS_SUCCESS);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
}

static void a_failed_add_device_removes_what_was_built(struct machine *m) {
    test_begin(m);
    test_add_fails = "function";
    test_add_status = STATUS_NO_MEMORY;
    uint32_t node = TEST_PLUG(m, .function = "function", .lower_filters = TEST_LIST("lower"),
                              .upper_filters = TEST_LIST("upper"));
    test_expect("lower:ADD function:ADD lower:REMOVE");
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_FAILED_ADD);
    assert_int_equal((NTSTATUS)test_info(m, node).problem_status, STATUS_NO_MEMORY);
}

static void a_driver_that_does_not_load_leaves_the_device_without_one(struct machine *m) {
    test_begin(m);
    test_entry_fails = "function";
    test_entry_status = STATUS_UNSUCCESSFUL;
    uint32_t node = TEST_PLUG(m, .function = "function");
    test_expect("");
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_FAILED_LOAD);
    node = TEST_PLUG(m, .function = "nosuchdriver");
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_FAILED_LOAD);
}

static void no_driver_and_raw_devices(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = NULL);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_ENUMERATED);
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_NO_DRIVER);
    node = TEST_PLUG(m, .flags = WDMSIM_DEVICE_RAW);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
}

/* PNP-080 */
static void pnp_080_disabled_hardware_is_not_started(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function", .flags = WDMSIM_DEVICE_DISABLED);
    test_expect("");
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_HARDWARE_DISABLED);
}

/* PNP-014 */
static NTSTATUS open_status;
static bool open_during_start(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\function");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(status);
    if (minor != IRP_MN_START_DEVICE)
        return false;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    open_status = ZwOpenFile(&handle, GENERIC_READ, &attributes, &iosb, 0, 0);
    return false;
}

static void pnp_014_no_create_before_the_start_is_complete(struct machine *m) {
    NTSTATUS status;
    test_begin(m);
    test_named = true;
    test_hook = open_during_start;
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_int_equal(open_status, STATUS_NO_SUCH_DEVICE);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    test_close(m, test_open(m, &status));
    assert_int_equal(status, STATUS_SUCCESS);
}

/* Which driver a device gets by its ids: the most specific one, hardware ids first. */
static void ids_lead_to_drivers_and_classes_to_filters(struct machine *m) {
    struct wdmsim_installation general = {.id = "TEST\\GENERAL", .function = "other"};
    struct wdmsim_installation special = {.id = "test\\special",
                                          .function = "function",
                                          .lower_filters = TEST_LIST("lower"),
                                          .class_guid = "{4d36e978-e325-11ce-bfc1-08002be10318}"};
    test_begin(m);
    assert_int_equal(wdmsim_install(m, &general), 0);
    assert_int_equal(wdmsim_install(m, &special), 0);
    assert_int_equal(wdmsim_install_class(m, special.class_guid, "Ports", NULL, TEST_LIST("upper")),
                     0);
    TEST_PLUG(m, .hardware_ids = TEST_LIST("TEST\\UNKNOWN", "TEST\\SPECIAL"),
              .compatible_ids = TEST_LIST("TEST\\GENERAL"));
    test_only("ADD");
    test_expect("lower:ADD function:ADD upper:ADD");
    uint32_t node = TEST_PLUG(m, .compatible_ids = TEST_LIST("TEST\\GENERAL"));
    test_only("ADD");
    test_expect("other:ADD");
    assert_string_equal(test_info(m, node).service, "other");
}

TEST_MAIN(wdmsim_unit_test(pnp_001_one_node_for_a_device),
          wdmsim_unit_test(pnp_004_drivers_are_added_from_below),
          wdmsim_unit_test(pnp_005_driver_entry_runs_once),
          wdmsim_unit_test(pnp_011_irps_begin_unsupported_at_passive_level_at_the_top),
          wdmsim_unit_test(pnp_007_a_filter_that_attaches_nothing),
          wdmsim_unit_test(pnp_008_each_attached_device_needs_one_more_location),
          wdmsim_unit_test(pnp_010_the_system_marks_pdos),
          wdmsim_unit_test(pnp_013_start_is_handled_from_below),
          wdmsim_unit_test(pnp_014_no_create_before_the_start_is_complete),
          wdmsim_unit_test(pnp_016_a_failed_first_start_brings_remove),
          wdmsim_unit_test(pnp_017_questions_after_the_first_start),
          wdmsim_unit_test(pnp_080_disabled_hardware_is_not_started),
          wdmsim_unit_test(a_failed_add_device_removes_what_was_built),
          wdmsim_unit_test(a_driver_that_does_not_load_leaves_the_device_without_one),
          wdmsim_unit_test(no_driver_and_raw_devices),
          wdmsim_unit_test(ids_lead_to_drivers_and_classes_to_filters))
