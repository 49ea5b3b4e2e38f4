/*
 * Orderly removal: who is asked in which order, who may say no, what is undone then, and what goes.
 */
#include "pnp_test.h"

#define REMOVAL "QUERY_REMOVE CANCEL_REMOVE REMOVE SURPRISE START ADD"

/* A device "function" with a child "other" and a grandchild "lower", by names of their drivers. */
static uint32_t top, child, grandchild;
static void plug_three(struct machine *m) {
    test_begin(m);
    top = TEST_PLUG(m, .function = "function");
    child = test_plug_under(m, top, TEST_DEVICE(.function = "other"));
    grandchild = test_plug_under(m, child, TEST_DEVICE(.function = "lower"));
    test_clear();
}

/* PNP-031, PNP-035, PNP-044 */
static void pnp_031_children_are_asked_and_removed_first(struct machine *m) {
    plug_three(m);
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, top), STATUS_SUCCESS);
    test_only(REMOVAL);
    test_expect("lower:QUERY_REMOVE other:QUERY_REMOVE function:QUERY_REMOVE "
                "lower:REMOVE other:REMOVE function:REMOVE");
    assert_int_equal(test_state(m, top), WDMSIM_NODE_REMOVED);
    assert_int_equal(test_state(m, child), WDMSIM_NODE_DELETED);
    assert_int_equal(test_state(m, grandchild), WDMSIM_NODE_DELETED);
}

/* PNP-045: the PDO was not deleted, for the device is still there. */
static void pnp_045_a_removed_device_can_be_started_again(struct machine *m) {
    plug_three(m);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, top);
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, top), STATUS_SUCCESS);
    assert_ptr_equal(wdmsim_node_pdo(m, top), pdo);
    test_clear();
    assert_int_equal(test_do(m, WDMSIM_PNP_START, top), STATUS_SUCCESS);
    test_only(REMOVAL);
    test_expect("function:ADD function:START function:START+ other:ADD other:START other:START+ "
                "lower:ADD lower:START lower:START+");
    assert_int_equal(test_state(m, top), WDMSIM_NODE_STARTED);
    assert_int_equal(test_info(m, top).children, 1);
}

static const char *vetoes;
static bool veto_remove(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(irp);
    *status = STATUS_DEVICE_BUSY;
    return minor == IRP_MN_QUERY_REMOVE_DEVICE && strcmp(device->role, vetoes) == 0;
}

/* PNP-032, PNP-034: only who was asked hears of it, parents first, each from below. */
static void pnp_032_a_veto_cancels_what_was_asked(struct machine *m) {
    struct wdmsim_pnp_result result;
    plug_three(m);
    vetoes = "other";
    test_hook = veto_remove;
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_REMOVE, top, &result), 0);
    assert_int_equal((NTSTATUS)result.status, STATUS_DEVICE_BUSY);
    assert_int_equal(result.veto, WDMSIM_VETO_DRIVER);
    assert_int_equal(result.veto_node, child);
    test_only(REMOVAL);
    test_expect("lower:QUERY_REMOVE other:QUERY_REMOVE other:CANCEL_REMOVE other:CANCEL_REMOVE+ "
                "lower:CANCEL_REMOVE lower:CANCEL_REMOVE+");
    assert_int_equal(test_state(m, top), WDMSIM_NODE_STARTED);
    assert_int_equal(test_state(m, grandchild), WDMSIM_NODE_STARTED);
}

static void a_veto_reaches_every_driver_of_the_stack(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function", .lower_filters = TEST_LIST("lower"),
                              .upper_filters = TEST_LIST("upper"));
    test_clear();
    vetoes = "lower";
    test_hook = veto_remove;
    assert_int_equal(test_veto(m, WDMSIM_PNP_REMOVE, node), WDMSIM_VETO_DRIVER);
    test_only(REMOVAL);
    test_expect("upper:QUERY_REMOVE function:QUERY_REMOVE lower:QUERY_REMOVE "
                "upper:CANCEL_REMOVE function:CANCEL_REMOVE lower:CANCEL_REMOVE "
                "lower:CANCEL_REMOVE+ function:CANCEL_REMOVE+ upper:CANCEL_REMOVE+");
}

/* PNP-033 */
static void pnp_033_an_open_handle_fails_the_removal(struct machine *m) {
    NTSTATUS status;
    test_begin(m);
    test_named = true;
    uint32_t node = TEST_PLUG(m, .function = "function");
    uint64_t handle = test_open(m, &status);
    assert_int_equal(status, STATUS_SUCCESS);
    test_clear();
    assert_int_equal(test_veto(m, WDMSIM_PNP_REMOVE, node), WDMSIM_VETO_HANDLE);
    test_only(REMOVAL);
    test_expect("function:QUERY_REMOVE function:CANCEL_REMOVE function:CANCEL_REMOVE+");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    test_close(m, handle);
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, node), STATUS_SUCCESS);
}

static void a_disabled_device_stays_away_until_enabled(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_int_equal(test_do(m, WDMSIM_PNP_DISABLE, node), STATUS_SUCCESS);
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_DISABLED);
    assert_false(NT_SUCCESS(test_do(m, WDMSIM_PNP_START, node)));
    assert_int_equal(test_state(m, node), WDMSIM_NODE_REMOVED);
    assert_int_equal(test_do(m, WDMSIM_PNP_ENABLE, node), STATUS_SUCCESS);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
}

/* PNP-005, PNP-072 */
static void pnp_072_the_driver_is_unloaded_with_its_last_device(struct machine *m) {
    test_begin(m);
    uint32_t first = TEST_PLUG(m, .function = "function");
    uint32_t second = TEST_PLUG(m, .function = "function");
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, first), STATUS_SUCCESS);
    assert_int_equal(test_unloads, 0);
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, second), STATUS_SUCCESS);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_int_equal(test_unloads, 1);
    assert_int_equal(test_do(m, WDMSIM_PNP_START, first), STATUS_SUCCESS);
    assert_int_equal(test_entries, 2);
}

static uint32_t related_to, related;
static struct machine *machine;
static bool name_relation(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (minor != IRP_MN_QUERY_DEVICE_RELATIONS ||
        stack->Parameters.QueryDeviceRelations.Type != RemovalRelations ||
        device->pdo != wdmsim_node_pdo(machine, related_to))
        return false;
    PDEVICE_RELATIONS list = ExAllocatePool2(POOL_FLAG_PAGED, sizeof *list, 'tset');
    list->Count = 1;
    list->Objects[0] = wdmsim_node_pdo(machine, related);
    ObReferenceObject(list->Objects[0]);
    irp->IoStatus.Information = (ULONG_PTR)list;
    *status = STATUS_SUCCESS;
    return true;
}

/* PNP-059 */
static void pnp_059_removal_relations_go_with_the_device(struct machine *m) {
    test_begin(m);
    machine = m;
    related_to = TEST_PLUG(m, .function = "function");
    related = TEST_PLUG(m, .function = "other");
    test_clear();
    test_hook = name_relation;
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, related_to), STATUS_SUCCESS);
    test_only(REMOVAL);
    assert_int_equal(test_count("function:REMOVE"), 1);
    assert_int_equal(test_count("other:QUERY_REMOVE"), 1);
    assert_int_equal(test_count("other:REMOVE"), 1);
    assert_true(test_order("other:QUERY_REMOVE", "function:REMOVE"));
    assert_int_equal(test_state(m, related), WDMSIM_NODE_REMOVED);
}

static bool fail_remove(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(status);
    if (minor != IRP_MN_REMOVE_DEVICE)
        return false;
    IoForwardIrpSynchronously(device->lower, irp);
    IoDetachDevice(device->lower);
    IoDeleteDevice(device->self);
    *status = STATUS_UNSUCCESSFUL;
    return true;
}

static void a_failed_remove_is_reported(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    test_hook = fail_remove;
    assert_int_equal(wdmsim_pnp_reports(m), 0);
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, node), STATUS_SUCCESS);
    assert_int_equal(wdmsim_pnp_reports(m), 1);
    assert_non_null(strstr(wdmsim_pnp_last_report(m), "IRP_MN_REMOVE_DEVICE"));
    assert_int_equal(test_state(m, node), WDMSIM_NODE_REMOVED);
}

static bool forget_detach(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    if (minor != IRP_MN_REMOVE_DEVICE)
        return false;
    IoForwardIrpSynchronously(device->lower, irp);
    *status = STATUS_SUCCESS;
    return true;
}

static void a_driver_that_stays_attached_stops_the_machine(struct machine *m) {
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    test_hook = forget_detach;
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION);
    test_do(m, WDMSIM_PNP_REMOVE, node);
}

/* A REMOVE that waits for a remove lock that somebody holds comes to the watchdog. PNP-081 */
static bool hold_lock(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(status);
    if (minor == IRP_MN_START_DEVICE) {
        IoInitializeRemoveLock(&device->lock, 'tset', 0, 0);
        assert_int_equal(IoAcquireRemoveLock(&device->lock, device), STATUS_SUCCESS);
    } else if (minor == IRP_MN_REMOVE_DEVICE) {
        assert_int_equal(IoAcquireRemoveLock(&device->lock, irp), STATUS_SUCCESS);
        IoReleaseRemoveLockAndWait(&device->lock, irp);
    }
    return false;
}

static void pnp_081_a_remove_lock_that_is_never_released(struct machine *m) {
    test_begin(m);
    test_hook = hold_lock;
    uint32_t node = TEST_PLUG(m, .function = "function");
    wdmsim_expect_bugcheck(DRIVER_PNP_WATCHDOG);
    test_do(m, WDMSIM_PNP_REMOVE, node);
}

TEST_MAIN(wdmsim_unit_test(pnp_031_children_are_asked_and_removed_first),
          wdmsim_unit_test(pnp_045_a_removed_device_can_be_started_again),
          wdmsim_unit_test(pnp_032_a_veto_cancels_what_was_asked),
          wdmsim_unit_test(a_veto_reaches_every_driver_of_the_stack),
          wdmsim_unit_test(pnp_033_an_open_handle_fails_the_removal),
          wdmsim_unit_test(a_disabled_device_stays_away_until_enabled),
          wdmsim_unit_test(pnp_072_the_driver_is_unloaded_with_its_last_device),
          wdmsim_unit_test(pnp_059_removal_relations_go_with_the_device),
          wdmsim_unit_test(a_failed_remove_is_reported),
          wdmsim_unit_test(a_driver_that_stays_attached_stops_the_machine),
          wdmsim_unit_test(pnp_081_a_remove_lock_that_is_never_released))
