/*
 * Enumeration by a bus driver: children come and go by IoInvalidateDeviceRelations, and are asked
 * who they are.
 */
#include "bus_test.h"

/* PNP-002, PNP-003, PNP-079: what a new PDO is asked, and when. */
static void pnp_002_a_new_pdo_is_asked_who_it_is(struct machine *m) {
    test_begin_bus(m);
    test_plug_bus(m);
    test_clear();
    test_children[0].present = true;
    test_invalidate(m);
    test_text[strstr(test_text, "function:ADD") - test_text + strlen("function:ADD")] = 0;
    test_expect("bus:RELATIONS child0:ID-DEVICE child0:ID-INSTANCE child0:ID-HARDWARE "
                "child0:ID-COMPATIBLE child0:ID-CONTAINER child0:CAPABILITIES child0:TEXT "
                "child0:TEXT child0:BUS child0:RESOURCES "
                "child0:REQUIREMENTS child0:ENUMERATED function:ADD");
}

static unsigned answer; /* to the choice where the questions begin */
static unsigned begin_elsewhere(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    (void)context;
    return kind == WDMSIM_CHOICE_POWER && n == 11 ? answer : 0;
}

/* PNP-002, PNP-003: the same questions in any order, all of them before AddDevice. */
static void the_questions_may_begin_anywhere(struct machine *m) {
    static const char *const questions[] = {
        "child0:ID-DEVICE",    "child0:ID-INSTANCE",  "child0:ID-HARDWARE", "child0:ID-COMPATIBLE",
        "child0:ID-CONTAINER", "child0:CAPABILITIES", "child0:BUS",         "child0:RESOURCES"};
    static const char *const first[] = {
        "child0:ID-DEVICE",    "child0:ID-INSTANCE",  "child0:ID-HARDWARE", "child0:ID-COMPATIBLE",
        "child0:ID-CONTAINER", "child0:CAPABILITIES", "child0:TEXT",        "child0:TEXT",
        "child0:BUS",          "child0:RESOURCES",    "child0:REQUIREMENTS"};
    test_begin_bus(m);
    test_plug_bus(m);
    wdmsim_set_chooser(m, begin_elsewhere, NULL);
    for (answer = 0; answer < 11; answer++) {
        test_children[0].present = true;
        test_clear();
        test_invalidate(m);
        char expected[64];
        snprintf(expected, sizeof expected, "bus:RELATIONS %s ", first[answer]);
        assert_memory_equal(test_text, expected, strlen(expected));
        for (unsigned i = 0; i < sizeof questions / sizeof *questions; i++)
            assert_true(test_order(questions[i], "function:ADD"));
        assert_int_equal(test_state(m, wdmsim_node_find(m, "BUS\\CHILD\\0")), WDMSIM_NODE_STARTED);
        test_children[0].present = false;
        test_invalidate(m);
    }
}

/* PNP-001, PNP-040 */
static void children_come_and_go(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = test_children[1].present = true;
    test_plug_bus(m);
    uint32_t first = wdmsim_node_find(m, "BUS\\CHILD\\0"),
             second = wdmsim_node_find(m, "BUS\\CHILD\\1");
    assert_int_equal(test_state(m, first), WDMSIM_NODE_STARTED);
    assert_int_equal(test_state(m, second), WDMSIM_NODE_STARTED);
    test_clear();
    test_children[0].present = false;
    test_invalidate(m);
    test_only("SURPRISE REMOVE START");
    test_expect("function:SURPRISE child0:SURPRISE function:REMOVE child0:REMOVE");
    assert_int_equal(test_state(m, first), WDMSIM_NODE_DELETED);
    assert_int_equal(test_state(m, second), WDMSIM_NODE_STARTED);
    assert_null(test_children[0].pdo);
    test_children[0].present = true;
    test_invalidate(m);
    assert_int_equal(test_info(m, test_bus).children, 2);
}

/* PNP-046: not reported, so deleted in REMOVE; PNP-035 with a bus driver's children. */
static void pnp_035_a_bus_is_removed_after_its_children(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = true;
    test_plug_bus(m);
    test_clear();
    assert_int_equal(wdmsim_unplug(m, test_bus), 0);
    test_only("SURPRISE REMOVE");
    test_expect("function:SURPRISE child0:SURPRISE bus:SURPRISE "
                "function:REMOVE child0:REMOVE bus:REMOVE");
    assert_int_equal(test_devices(m), 1);
}

static KIRQL invalidated_at;
static VOID invalidate_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    invalidated_at = KeGetCurrentIrql();
    test_children[0].present = true;
    for (int i = 0; i < 100; i++)
        IoInvalidateDeviceRelations(test_bus_pdo, BusRelations);
}

/* PNP-056, PNP-057 */
static void pnp_056_invalidations_collapse(struct machine *m) {
    KDPC dpc;
    test_begin_bus(m);
    test_plug_bus(m);
    test_clear();
    KeInitializeDpc(&dpc, invalidate_dpc, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_int_equal(invalidated_at, DISPATCH_LEVEL);
    assert_int_equal(test_count("bus:RELATIONS"), 1);
    assert_int_equal(test_info(m, test_bus).children, 1);
}

static void a_space_in_an_id_is_reported(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = true;
    test_children[0].instance_id = L"A B";
    test_plug_bus(m);
    assert_int_equal(wdmsim_pnp_reports(m), 1);
}

static void a_device_without_a_device_id_has_a_problem(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = test_no_ids = true;
    test_plug_bus(m);
    assert_int_equal(test_problem(m, wdmsim_node_next(m, test_bus)), WDMSIM_PROBLEM_INVALID_DATA);
}

/* … and of several none is taken for another. */
static void a_device_whose_id_lacks_memory_has_a_problem(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = test_children[1].present = test_no_memory = true;
    test_plug_bus(m);
    uint32_t first = wdmsim_node_next(m, test_bus), second = wdmsim_node_next(m, first);
    assert_int_equal(test_problem(m, first), WDMSIM_PROBLEM_INVALID_DATA);
    assert_int_equal(test_problem(m, second), WDMSIM_PROBLEM_INVALID_DATA);
    assert_int_equal((NTSTATUS)test_info(m, second).problem_status, STATUS_INSUFFICIENT_RESOURCES);
}

/* PNP-049 */
static void pnp_049_reporting_a_used_pdo_again_is_reported(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = test_keep_pdo = true;
    test_plug_bus(m);
    test_children[0].present = false;
    test_invalidate(m);
    assert_int_equal(wdmsim_pnp_reports(m), 0);
    test_children[0].present = true;
    test_invalidate(m);
    assert_int_equal(wdmsim_pnp_reports(m), 1);
    assert_int_equal(test_state(m, wdmsim_node_find(m, "BUS\\CHILD\\0")), WDMSIM_NODE_STARTED);
}

/* PNP-047 */
static void pnp_047_deletion_waits_for_references(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = true;
    test_plug_bus(m);
    PDEVICE_OBJECT pdo = test_children[0].pdo;
    ObReferenceObject(pdo);
    test_children[0].present = false;
    test_invalidate(m);
    assert_int_equal(pdo->Type, IO_TYPE_DEVICE);
    ObDereferenceObject(pdo);
}

/* PNP-048 */
static void pnp_048_a_second_delete(struct machine *m) {
    test_begin_bus(m);
    test_children[0].present = true;
    test_plug_bus(m);
    PDEVICE_OBJECT pdo = test_children[0].pdo;
    ObReferenceObject(pdo);
    test_children[0].present = false;
    test_invalidate(m);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION);
    IoDeleteDevice(pdo);
}

/* PNP-058, PNP-064 */
static NTSTATUS send(PDEVICE_OBJECT device, UCHAR minor, DEVICE_RELATION_TYPE type,
                     const GUID *guid, PIO_STATUS_BLOCK iosb) {
    INTERFACE interface;
    KEVENT event;
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(device);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &event, iosb);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    stack->MinorFunction = minor;
    if (guid) {
        stack->Parameters.QueryInterface.InterfaceType = guid;
        stack->Parameters.QueryInterface.Size = sizeof interface;
        stack->Parameters.QueryInterface.Version = 1;
        stack->Parameters.QueryInterface.Interface = &interface;
    } else {
        stack->Parameters.QueryDeviceRelations.Type = type;
    }
    NTSTATUS status = IoCallDriver(top, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = iosb->Status;
    }
    ObDereferenceObject(top);
    return status;
}

static void pnp_058_the_target_relation_is_one_referenced_pdo(struct machine *m) {
    IO_STATUS_BLOCK iosb = {0};
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, node);
    assert_int_equal(send(pdo, IRP_MN_QUERY_DEVICE_RELATIONS, TargetDeviceRelation, NULL, &iosb),
                     STATUS_SUCCESS);
    PDEVICE_RELATIONS list = (PDEVICE_RELATIONS)iosb.Information;
    assert_int_equal(list->Count, 1);
    assert_ptr_equal(list->Objects[0], pdo);
    ObDereferenceObject(pdo);
    ExFreePool(list);
    assert_int_equal(wdmsim_unplug(m, node), 0);
    assert_int_equal(test_devices(m), 1);
}

static void pnp_064_an_unknown_interface(struct machine *m) {
    static const GUID unknown = {1, 2, 3, {4}};
    IO_STATUS_BLOCK iosb = {0};
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_int_equal(send(wdmsim_node_pdo(m, node), IRP_MN_QUERY_INTERFACE, 0, &unknown, &iosb),
                     STATUS_NOT_SUPPORTED);
}

static const struct wdmsim_config asking = {
    .processors = 1, .strategy = WDMSIM_STRATEGY_ASK, .flags = WDMSIM_CHECK_RULES};

TEST_MAIN(wdmsim_unit_test(pnp_002_a_new_pdo_is_asked_who_it_is),
          wdmsim_unit_test_on(the_questions_may_begin_anywhere, &asking),
          wdmsim_unit_test(children_come_and_go),
          wdmsim_unit_test(pnp_035_a_bus_is_removed_after_its_children),
          wdmsim_unit_test(pnp_056_invalidations_collapse),
          wdmsim_unit_test(a_space_in_an_id_is_reported),
          wdmsim_unit_test(a_device_without_a_device_id_has_a_problem),
          wdmsim_unit_test(a_device_whose_id_lacks_memory_has_a_problem),
          wdmsim_unit_test(pnp_049_reporting_a_used_pdo_again_is_reported),
          wdmsim_unit_test(pnp_047_deletion_waits_for_references),
          wdmsim_unit_test(pnp_048_a_second_delete),
          wdmsim_unit_test(pnp_058_the_target_relation_is_one_referenced_pdo),
          wdmsim_unit_test(pnp_064_an_unknown_interface))
