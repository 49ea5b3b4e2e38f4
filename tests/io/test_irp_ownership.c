/* Who frees an IRP: the one who allocated it, or the I/O manager if it built it. */
#include "io_test.h"

#define TAG 0x20707249u

static PIRP kept;

static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    kept = irp;
    return STATUS_PENDING;
}

static NTSTATUS stop(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP allocated_and_sent(struct machine *m) {
    test_lower[IRP_MJ_FLUSH_BUFFERS] = pend;
    test_load(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    IoSetCompletionRoutine(irp, stop, NULL, TRUE, TRUE, TRUE);
    assert_int_equal(IoCallDriver(test_device, irp), STATUS_PENDING);
    return irp;
}

static void an_irp_in_flight_must_not_be_freed_body(struct machine *m) {
    PIRP irp = allocated_and_sent(m);
    IoFreeIrp(irp);
}

static void an_irp_in_flight_must_not_be_freed(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(an_irp_in_flight_must_not_be_freed_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION,
                     0x20B);
}

static void an_irp_in_flight_must_not_be_reused_body(struct machine *m) {
    PIRP irp = allocated_and_sent(m);
    IoReuseIrp(irp, STATUS_SUCCESS);
}

static void an_irp_in_flight_must_not_be_reused(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(an_irp_in_flight_must_not_be_reused_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION,
                     0x310);
}

static void a_built_irp_must_not_be_freed_body(struct machine *m) {
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    test_load(m);
    PIRP irp = IoBuildDeviceIoControlRequest(TEST_CODE(0x800, METHOD_BUFFERED), test_device, NULL,
                                             0, NULL, 0, FALSE, &event, &iosb);
    IoFreeIrp(irp);
}

static void a_built_irp_must_not_be_freed(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(a_built_irp_must_not_be_freed_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x02);
}

static void freeing_twice_body(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoFreeIrp(irp);
    IoFreeIrp(irp);
}

static void freeing_twice(void **state) {
    UNREFERENCED_PARAMETER(state);
    test_expect_stop(freeing_twice_body, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x01);
}

/* Check that an IRP of nobody's thread that nobody stops is told for what it is. */
static void an_allocated_irp_must_be_stopped(struct machine *m) {
    test_load(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    IoCallDriver(test_device, irp);
}

/* Check that a reused IRP can be sent again. */
static void a_reused_irp_is_fresh(struct machine *m) {
    test_load(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    for (unsigned i = 0; i < 3; i++) {
        IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
        assert_int_equal(irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
        assert_int_equal(irp->CurrentLocation, 2);
        IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
        IoSetCompletionRoutine(irp, stop, NULL, TRUE, TRUE, TRUE);
        assert_int_equal(IoCallDriver(test_device, irp), STATUS_SUCCESS);
    }
    IoFreeIrp(irp);
}

/* Check that an IRP in a driver's own memory works like any other. */
static void an_irp_in_own_memory(struct machine *m) {
    test_load(m);
    USHORT size = IoSizeOfIrp(2);
    PIRP irp = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG);
    IoInitializeIrp(irp, size, 2);
    assert_int_equal(irp->Size, size);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    IoSetCompletionRoutine(irp, stop, NULL, TRUE, TRUE, TRUE);
    assert_int_equal(IoCallDriver(test_device, irp), STATUS_SUCCESS);
    IoReuseIrp(irp, STATUS_SUCCESS);
    ExFreePoolWithTag(irp, TAG);
}

/* Sends it from a stack location that its creator has made its own, and has it back twice. */
static void send_from_own_location(PIRP irp) {
    IoSetNextIrpStackLocation(irp);
    for (unsigned i = 0; i < 2; i++) {
        IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
        IoSetCompletionRoutine(irp, stop, NULL, TRUE, TRUE, TRUE);
        assert_int_equal(IoCallDriver(test_device, irp), STATUS_SUCCESS);
    }
}

/* Check that a driver which stops an IRP at a location of its own may send, reuse and free it. */
static void an_irp_is_back_at_its_creators_own_location(struct machine *m) {
    test_load(m);
    PIRP irp = IoAllocateIrp(2, FALSE);
    send_from_own_location(irp);
    IoReuseIrp(irp, STATUS_SUCCESS);
    send_from_own_location(irp);
    IoFreeIrp(irp);

    USHORT size = IoSizeOfIrp(2);
    irp = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG);
    IoInitializeIrp(irp, size, 2);
    send_from_own_location(irp);
    IoReuseIrp(irp, STATUS_SUCCESS);
    ExFreePoolWithTag(irp, TAG);
    assert_int_equal(wdmsim_irps_in_flight(m), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_irp_in_flight_must_not_be_freed),
        cmocka_unit_test(an_irp_in_flight_must_not_be_reused),
        cmocka_unit_test(a_built_irp_must_not_be_freed),
        cmocka_unit_test(freeing_twice),
        wdmsim_unit_test(an_allocated_irp_must_be_stopped),
        wdmsim_unit_test(a_reused_irp_is_fresh),
        wdmsim_unit_test(an_irp_in_own_memory),
        wdmsim_unit_test(an_irp_is_back_at_its_creators_own_location),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
