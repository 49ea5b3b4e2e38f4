/*
 * What a careless bus driver gets: PNP_DETECTED_FATAL_ERROR, with the parameters that its page
 * names.
 */
#include "bus_test.h"

static void duplicate_ids(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = test_children[1].present = true;
    test_children[1].instance_id = L"0";
    test_plug_bus(m);
}

static void pnp_050_duplicate_ids(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = test_stop(duplicate_ids, PNP_DETECTED_FATAL_ERROR, 1);
    assert_int_equal(stop->parameters[1], (ULONG_PTR)test_children[1].pdo);
    assert_int_equal(stop->parameters[2], (ULONG_PTR)test_children[0].pdo);
    wdmsim_machine_destroy(test_machine);
}

static void null_in_the_relations(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = test_null_entry = true;
    test_plug_bus(m);
}

static void pnp_051_null_in_the_relations(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = test_stop(null_in_the_relations, PNP_DETECTED_FATAL_ERROR, 8);
    assert_int_equal(stop->parameters[2], 2); /* devices */
    assert_int_equal(stop->parameters[3], 1); /* index */
    wdmsim_machine_destroy(test_machine);
}

static void a_deleted_pdo(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = test_delete_reported = true;
    test_plug_bus(m);
}

static void pnp_052_a_deleted_pdo(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = test_stop(a_deleted_pdo, PNP_DETECTED_FATAL_ERROR, 4);
    assert_int_equal(stop->parameters[1], (ULONG_PTR)test_children[0].pdo);
    wdmsim_machine_destroy(test_machine);
}

static void a_missing_reference(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = test_no_reference = true;
    test_plug_bus(m);
    for (int i = 0; i < 3; i++)
        test_invalidate(m);
}

static void pnp_053_a_missing_reference(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = test_stop(a_missing_reference, PNP_DETECTED_FATAL_ERROR, 5);
    assert_int_equal(stop->parameters[1], (ULONG_PTR)test_children[0].pdo);
    wdmsim_machine_destroy(test_machine);
}

static void an_fdo_for_a_pdo(struct machine *m) {
    test_begin_bus(m);
    test_plug_bus(m);
    IoInvalidateDeviceRelations(test_bus_fdo, BusRelations);
}

static void pnp_054_an_fdo_for_a_pdo(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = test_stop(an_fdo_for_a_pdo, PNP_DETECTED_FATAL_ERROR, 2);
    assert_int_equal(stop->parameters[1], (ULONG_PTR)test_bus_fdo);
    wdmsim_machine_destroy(test_machine);
}

/* A PDO that was not reported yet is none, either. */
static void an_unreported_pdo(struct machine *m) {
    test_begin_bus(m);
    test_plug_bus(m);
    IoInvalidateDeviceState(test_child_pdo(&test_children[0]));
}

static void an_unreported_pdo_is_none(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_stop(an_unreported_pdo, PNP_DETECTED_FATAL_ERROR, 2);
    wdmsim_machine_destroy(test_machine);
}

static void an_fdo_among_relations(struct machine *m) {
    test_begin_bus(m);
    test_plug_bus(m);
    test_foreign = test_bus_fdo;
    test_invalidate(m);
}

static void an_fdo_among_the_relations(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = test_stop(an_fdo_among_relations, PNP_DETECTED_FATAL_ERROR, 2);
    assert_int_equal(stop->parameters[1], (ULONG_PTR)test_bus_fdo);
    wdmsim_machine_destroy(test_machine);
}

static void a_comma_in_a_hardware_id(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = true;
    test_children[0].hardware_ids = L"BUS\\CH,ILD\0";
    test_plug_bus(m);
}

static void pnp_055_a_comma_in_a_hardware_id(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop =
        test_stop(a_comma_in_a_hardware_id, PNP_DETECTED_FATAL_ERROR, 3);
    assert_int_equal(stop->parameters[1], (ULONG_PTR)test_children[0].pdo);
    assert_int_equal(stop->parameters[3], 3);
    wdmsim_machine_destroy(test_machine);
}

static void no_end_of_an_id(struct machine *m) {
    static WCHAR longest[300];
    test_begin_bus(m);
    for (int i = 0; i < 299; i++)
        longest[i] = L'A';
    test_children[0].present = true;
    test_children[0].device_id = longest;
    test_plug_bus(m);
}

static void an_id_that_is_too_long(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = test_stop(no_end_of_an_id, PNP_DETECTED_FATAL_ERROR, 3);
    assert_int_equal(stop->parameters[3], 1);
    wdmsim_machine_destroy(test_machine);
}

/* A bus driver must not delete what it still reports. */
static bool delete_child(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(status);
    if (minor == IRP_MN_REMOVE_DEVICE && test_children[0].pdo) {
        IoDeleteDevice(test_children[0].pdo);
        test_children[0].pdo = NULL;
        test_keep_pdo = true;
    }
    return false;
}

static void deleted_though_present(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = true;
    test_plug_bus(m);
    test_hook = delete_child;
    test_do(m, WDMSIM_PNP_REMOVE, wdmsim_node_find(m, "BUS\\CHILD\\0"));
}

static void a_pdo_deleted_though_present(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_stop(deleted_though_present, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x221);
    wdmsim_machine_destroy(test_machine);
}

/* A relation that was deleted. */
static PDEVICE_OBJECT deleted_relation;
static bool name_deleted(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    if (minor != IRP_MN_QUERY_DEVICE_RELATIONS ||
        stack->Parameters.QueryDeviceRelations.Type != RemovalRelations)
        return false;
    PDEVICE_RELATIONS list = ExAllocatePool2(POOL_FLAG_PAGED, sizeof *list, 'tset');
    list->Count = 1;
    list->Objects[0] = deleted_relation;
    ObReferenceObject(deleted_relation);
    irp->IoStatus.Information = (ULONG_PTR)list;
    *status = STATUS_SUCCESS;
    return true;
}

static void a_deleted_relation(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = true;
    test_plug_bus(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    deleted_relation = test_children[0].pdo;
    ObReferenceObject(deleted_relation);
    test_children[0].present = false;
    test_invalidate(m);
    test_hook = name_deleted;
    test_do(m, WDMSIM_PNP_REMOVE, node);
}

static void a_removal_relation_that_was_deleted(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop = test_stop(a_deleted_relation, PNP_DETECTED_FATAL_ERROR, 0xB);
    assert_int_equal(stop->parameters[1], (ULONG_PTR)deleted_relation);
    wdmsim_machine_destroy(test_machine);
}

/* A driver that completes a PnP IRP twice. */
static bool complete_twice(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(device);
    *status = STATUS_SUCCESS;
    if (minor != IRP_MN_QUERY_PNP_DEVICE_STATE)
        return false;
    test_complete(irp, STATUS_SUCCESS);
    return true; /* … and test_pnp does it again */
}

static void a_double_completion(struct machine *m) {
    test_begin(m);
    test_hook = complete_twice;
    TEST_PLUG(m, .function = "function");
}

static void a_pnp_irp_completed_twice(void **state) {
    UNREFERENCED_PARAMETER(state);
    bool done;
    test_body = a_double_completion;
    assert_int_equal(wdmsim_machine_create(NULL, &test_machine), 0);
    assert_int_equal(wdmsim_system_thread(test_machine, test_stop_thread, NULL, &done), 0);
    wdmsim_advance(test_machine, WDMSIM_S);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(test_machine);
    assert_non_null(stop);
    assert_int_equal(stop->code, MULTIPLE_IRP_COMPLETE_REQUESTS);
    wdmsim_machine_destroy(test_machine);
}

/* PNP-009 */
static NTSTATUS forgetful_add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    NTSTATUS status = test_add(driver, pdo);
    pdo->AttachedDevice->Flags |= DO_DEVICE_INITIALIZING;
    return status;
}

static int forgetful_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    test_entry(driver, path);
    driver->DriverExtension->AddDevice = forgetful_add;
    return STATUS_SUCCESS;
}

static void forgotten_flag(struct machine *m) {
    test_begin(m);
    wdmsim_service_define_entry(m, "function", (wdmsim_driver_entry *)forgetful_entry);
    TEST_PLUG(m, .function = "function");
}

static void pnp_009_do_device_initializing_is_left_set(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_stop(forgotten_flag, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x243);
    wdmsim_machine_destroy(test_machine);
}

/* PNP-081: the parameters of the watchdog's bug check. */
static bool never(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    KEVENT event;
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(status);
    if (minor != IRP_MN_START_DEVICE)
        return false;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    return false;
}

static void a_start_that_never_ends(struct machine *m) {
    test_begin(m);
    test_hook = never;
    wdmsim_pnp_watchdog(m, 60 * WDMSIM_S);
    TEST_PLUG(m, .function = "function");
}

static void pnp_081_the_watchdog_names_the_service(void **state) {
    UNREFERENCED_PARAMETER(state);
    uint64_t name;
    memcpy(&name, "function", sizeof name);
    const struct wdmsim_stop *stop = test_stop(a_start_that_never_ends, DRIVER_PNP_WATCHDOG, name);
    assert_int_equal(stop->parameters[3], 60000);
    assert_non_null(strstr(stop->explanation, "IRP_MN_START_DEVICE"));
    wdmsim_machine_destroy(test_machine);
}

TEST_MAIN(cmocka_unit_test(pnp_050_duplicate_ids), cmocka_unit_test(pnp_051_null_in_the_relations),
          cmocka_unit_test(pnp_052_a_deleted_pdo), cmocka_unit_test(pnp_053_a_missing_reference),
          cmocka_unit_test(pnp_054_an_fdo_for_a_pdo), cmocka_unit_test(an_unreported_pdo_is_none),
          cmocka_unit_test(an_fdo_among_the_relations),
          cmocka_unit_test(pnp_055_a_comma_in_a_hardware_id),
          cmocka_unit_test(an_id_that_is_too_long), cmocka_unit_test(a_pdo_deleted_though_present),
          cmocka_unit_test(a_removal_relation_that_was_deleted),
          cmocka_unit_test(a_pnp_irp_completed_twice),
          cmocka_unit_test(pnp_009_do_device_initializing_is_left_set),
          cmocka_unit_test(pnp_081_the_watchdog_names_the_service))
