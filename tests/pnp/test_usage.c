/*
 * Special files on a device: DEVICE_USAGE_NOTIFICATION through the stack to the parent, what it
 * forbids, and what a failure undoes. The drivers count as their documentation asks them to.
 */
#include "pnp_test.h"

static const char *fails;
static LONG counted; /* by the drivers of the test */

/* Counts on the way down, takes it back when the IRP comes up failed. */
static bool count_files(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (minor != IRP_MN_DEVICE_USAGE_NOTIFICATION)
        return false;
    if (fails && strcmp(device->role, fails) == 0) {
        *status = STATUS_UNSUCCESSFUL;
        return true;
    }
    BOOLEAN in_path = stack->Parameters.UsageNotification.InPath;
    IoAdjustPagingPathCount(&counted, in_path);
    IoForwardIrpSynchronously(device->lower, irp);
    *status = irp->IoStatus.Status;
    if (!NT_SUCCESS(*status))
        IoAdjustPagingPathCount(&counted, !in_path);
    return true;
}

static uint32_t bus, disk;
static void plug_disk(struct machine *m) {
    test_begin(m);
    fails = NULL;
    counted = 0;
    test_hook = count_files;
    bus = TEST_PLUG(m, .function = "other");
    disk = test_plug_under(
        m, bus, TEST_DEVICE(.function = "function", .lower_filters = TEST_LIST("lower")));
    test_clear();
}

static NTSTATUS use(struct machine *m, bool in_path) {
    uint32_t status = 0;
    assert_int_equal(wdmsim_device_usage(m, disk, WDMSIM_USAGE_PAGING, in_path, &status), 0);
    return (NTSTATUS)status;
}

/* PNP-063 */
static void pnp_063_the_parent_is_told(struct machine *m) {
    plug_disk(m);
    assert_int_equal(use(m, true), STATUS_SUCCESS);
    test_expect("function:USAGE lower:USAGE other:USAGE");
    assert_int_equal(counted, 3);
    assert_int_equal(use(m, false), STATUS_SUCCESS);
    assert_int_equal(counted, 0);
}

/* PNP-060 */
static void pnp_060_a_failure_below_undoes_the_counts_above(struct machine *m) {
    plug_disk(m);
    fails = "other";
    assert_false(NT_SUCCESS(use(m, true)));
    assert_int_equal(counted, 0);
    assert_int_equal(test_do(m, WDMSIM_PNP_REBALANCE, disk), STATUS_SUCCESS);
}

/* PNP-061 */
static void pnp_061_a_paging_file_forbids_stop_and_removal(struct machine *m) {
    plug_disk(m);
    assert_int_equal(use(m, true), STATUS_SUCCESS);
    assert_int_equal(test_veto(m, WDMSIM_PNP_REBALANCE, disk), WDMSIM_VETO_DRIVER);
    assert_int_equal(test_veto(m, WDMSIM_PNP_REMOVE, disk), WDMSIM_VETO_DRIVER);
    assert_int_equal(test_veto(m, WDMSIM_PNP_REMOVE, bus), WDMSIM_VETO_DRIVER);
    assert_int_equal(use(m, false), STATUS_SUCCESS);
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, bus), STATUS_SUCCESS);
}

/* PNP-062: of the built-in bus's PDO, which has no driver of the test below it. */
static void pnp_062_the_pageable_flag_follows(struct machine *m) {
    plug_disk(m);
    PDEVICE_OBJECT pdo = wdmsim_node_pdo(m, disk);
    assert_true(pdo->Flags & DO_POWER_PAGABLE);
    assert_int_equal(use(m, true), STATUS_SUCCESS);
    assert_false(pdo->Flags & DO_POWER_PAGABLE);
    assert_int_equal(use(m, false), STATUS_SUCCESS);
    assert_true(pdo->Flags & DO_POWER_PAGABLE);
}

TEST_MAIN(wdmsim_unit_test(pnp_063_the_parent_is_told),
          wdmsim_unit_test(pnp_060_a_failure_below_undoes_the_counts_above),
          wdmsim_unit_test(pnp_061_a_paging_file_forbids_stop_and_removal),
          wdmsim_unit_test(pnp_062_the_pageable_flag_follows))
