/* Small questions about an IRP: whose it is, how urgent, which activity, synchronous or not. */
#include "io_test.h"

static PEPROCESS seen_process;
static ULONG seen_id;
static BOOLEAN seen_synchronous;
static PIRP seen_top;

static NTSTATUS look(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    seen_process = IoGetRequestorProcess(irp);
    seen_id = IoGetRequestorProcessId(irp);
    seen_synchronous = IoIsOperationSynchronous(irp);
    IoSetTopLevelIrp(irp);
    seen_top = IoGetTopLevelIrp();
    IoSetTopLevelIrp(NULL);
    assert_false(IoIs32bitProcess(irp));
    assert_int_equal(irp->RequestorMode, UserMode);
    return test_complete(irp, seen_top == irp ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL, 0);
}

static void the_requestor_is_the_process_that_asked(struct machine *m) {
    test_lower[IRP_MJ_READ] = test_lower[IRP_MJ_DEVICE_CONTROL] = look;
    test_load(m);
    uint64_t handle = test_open(m), synchronous = test_open_as(m, true, 0);
    struct wdmsim_request *request =
        TEST_RUN(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 1);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
    assert_non_null(seen_process);
    assert_true(seen_id > 4);
    assert_int_equal((ULONG)(ULONG_PTR)PsGetProcessId(seen_process), seen_id);
    assert_false(seen_synchronous);
    TEST_RUN(m, .operation = WDMSIM_READ, .handle = synchronous, .output_size = 1);
    assert_true(seen_synchronous);
    TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle,
             .code = TEST_CODE(0x800, METHOD_BUFFERED));
    assert_true(seen_synchronous);
    TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle,
             .code = TEST_CODE(0x800, METHOD_NEITHER));
    assert_false(seen_synchronous);
}

static void an_irp_without_a_thread_has_no_requestor(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    assert_null(IoGetRequestorProcess(irp));
    assert_int_equal(IoGetRequestorProcessId(irp), 0);
    IoFreeIrp(irp);
}

static void priority_hints(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    assert_int_equal(IoGetIoPriorityHint(irp), IoPriorityNormal);
    for (int hint = IoPriorityVeryLow; hint < MaxIoPriorityTypes; hint++) {
        assert_int_equal(IoSetIoPriorityHint(irp, hint), STATUS_SUCCESS);
        assert_int_equal(IoGetIoPriorityHint(irp), hint);
    }
    assert_int_equal(IoSetIoPriorityHint(irp, MaxIoPriorityTypes), STATUS_INVALID_PARAMETER);
    assert_int_equal(IoGetPagingIoPriority(irp), IoPagingPriorityInvalid);
    irp->Flags |= IRP_PAGING_IO;
    assert_int_equal(IoGetPagingIoPriority(irp), IoPagingPriorityNormal);
    IoFreeIrp(irp);
}

static void activity_identifiers(struct machine *m) {
    static const GUID id = {1, 2, 3, {4}};
    GUID copy = {0};
    LPCGUID original = &id;
    UNREFERENCED_PARAMETER(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    assert_int_equal(IoGetActivityIdIrp(irp, &copy), STATUS_NOT_FOUND);
    assert_int_equal(IoSetActivityIdIrp(irp, NULL), STATUS_NOT_SUPPORTED);
    assert_int_equal(IoPropagateActivityIdToThread(irp, &copy, &original), STATUS_NOT_FOUND);
    assert_int_equal(IoSetActivityIdIrp(irp, &id), STATUS_SUCCESS);
    assert_int_equal(IoGetActivityIdIrp(irp, &copy), STATUS_SUCCESS);
    assert_memory_equal(&copy, &id, sizeof id);
    assert_null(IoGetActivityIdThread());
    assert_int_equal(IoPropagateActivityIdToThread(irp, &copy, &original), STATUS_SUCCESS);
    assert_null(original);
    assert_ptr_equal(IoGetActivityIdThread(), &copy);
    assert_ptr_equal(IoSetActivityIdThread(&id), &copy);
    IoClearActivityIdThread(NULL);
    assert_null(IoGetActivityIdThread());
    IoFreeIrp(irp);
}

static void master_statuses_merge(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSetMasterIrpStatus(irp, STATUS_BUFFER_OVERFLOW);
    assert_int_equal(irp->IoStatus.Status, STATUS_BUFFER_OVERFLOW);
    IoSetMasterIrpStatus(irp, STATUS_UNSUCCESSFUL);
    IoSetMasterIrpStatus(irp, STATUS_SUCCESS);
    assert_int_equal(irp->IoStatus.Status, STATUS_UNSUCCESSFUL);
    IoSetMasterIrpStatus(irp, STATUS_VERIFY_REQUIRED);
    assert_int_equal(irp->IoStatus.Status, STATUS_VERIFY_REQUIRED);
    IoFreeIrp(irp);
}

static void statuses_that_cannot_be(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    assert_true(IoIsValidIrpStatus(STATUS_SUCCESS));
    assert_true(IoIsValidIrpStatus(STATUS_DEVICE_BUSY));
    assert_true(IoIsValidIrpStatus((NTSTATUS)0xE0001234));
    assert_false(IoIsValidIrpStatus((NTSTATUS)0xD0001234));
    assert_false(IoIsValidIrpStatus((NTSTATUS)0x8FFF0000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_requestor_is_the_process_that_asked),
        wdmsim_unit_test(an_irp_without_a_thread_has_no_requestor),
        wdmsim_unit_test(priority_hints),
        wdmsim_unit_test(activity_identifiers),
        wdmsim_unit_test(master_statuses_merge),
        wdmsim_unit_test(statuses_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
