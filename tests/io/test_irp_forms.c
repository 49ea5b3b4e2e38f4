/* Check the less used forms of everyday IRP routines: the functions behind the macros, the Ex
 * variants, the cancel lock, and lists that file systems check. */
#include "io_test.h"

static NTSTATUS succeed(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 5;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static unsigned calls;

static NTSTATUS kept(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    calls += *(unsigned *)context;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* The routine is called although the driver's stack location is long gone, and its memory with it.
 */
static void a_completion_routine_that_holds_its_driver(struct machine *m) {
    unsigned step = 3;
    test_lower[IRP_MJ_FLUSH_BUFFERS] = succeed;
    test_load(m);
    calls = 0;
    PIRP irp = IoAllocateIrpEx(test_device, test_device->StackSize, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    assert_int_equal(IoSetCompletionRoutineEx(test_device, irp, kept, &step, TRUE, FALSE, FALSE),
                     STATUS_SUCCESS);
    assert_int_equal(IofCallDriver(test_device, irp), STATUS_SUCCESS);
    assert_int_equal(calls, 3);
    assert_int_equal(irp->IoStatus.Information, 5);
    IoReuseIrp(irp, STATUS_SUCCESS);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    assert_int_equal(IoSetCompletionRoutineEx(test_device, irp, kept, &step, FALSE, TRUE, FALSE),
                     STATUS_SUCCESS);
    IoSetCompletionRoutine(irp, kept, &step, TRUE, TRUE, TRUE);
    IofCallDriver(test_device, irp);
    assert_int_equal(calls, 6);
    IoFreeIrp(irp);
}

static void an_irp_is_charged_when_asked(struct machine *m) {
    test_load(m);
    PIRP irp = IoAllocateIrpEx(NULL, 2, TRUE);
    assert_int_equal(irp->StackCount, 2);
    assert_true(irp->AllocationFlags & IRP_QUOTA_CHARGED);
    IoFreeIrp(irp);
}

static void an_irp_of_the_thread_has_its_requestor(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    assert_null(IoGetRequestorProcess(irp));
    IoQueueThreadIrp(irp);
    assert_ptr_equal(irp->Tail.Overlay.Thread, PsGetCurrentThread());
    assert_ptr_equal(IoGetRequestorProcess(irp), PsGetCurrentProcess());
    assert_false(IsListEmpty(&irp->ThreadListEntry));
    RemoveEntryList(&irp->ThreadListEntry);
    InitializeListHead(&irp->ThreadListEntry);
    IoFreeIrp(irp);
}

static KIRQL seen_irql;

static VOID on_cancel(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    seen_irql = irp->CancelIrql;
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoReleaseCancelSpinLock(irp->CancelIrql);
}

static void the_cancel_lock_is_one(struct machine *m) {
    KIRQL irql;
    UNREFERENCED_PARAMETER(m);
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoAcquireCancelSpinLock(&irql);
    assert_int_equal(irql, PASSIVE_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoSetCancelRoutine(irp, on_cancel);
    IoReleaseCancelSpinLock(irql);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    seen_irql = HIGH_LEVEL;
    assert_true(IoCancelIrp(irp));
    assert_int_equal(seen_irql, PASSIVE_LEVEL);
    IoFreeIrp(irp);
}

/* The number of the queued spin lock is another name of the same lock. */
static void the_cancel_lock_has_a_number(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    KIRQL irql = KeAcquireQueuedSpinLock(LockQueueIoCancelLock);
    assert_false(KeTryToAcquireQueuedSpinLock(LockQueueIoCancelLock, &irql));
    KeReleaseQueuedSpinLock(LockQueueIoCancelLock, irql);
}

static void deadlock_of_one(struct machine *m) {
    KIRQL irql, other;
    UNREFERENCED_PARAMETER(m);
    wdmsim_expect_bugcheck(SPIN_LOCK_ALREADY_OWNED);
    irql = KeAcquireQueuedSpinLock(LockQueueIoCancelLock);
    IoAcquireCancelSpinLock(&other);
    KeReleaseQueuedSpinLock(LockQueueIoCancelLock, irql);
}

static void codes_come_apart(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    ULONG code = CTL_CODE(0x8123, 0xabc, METHOD_OUT_DIRECT, FILE_WRITE_ACCESS);
    assert_int_equal(IoGetFunctionCodeFromCtlCode(code), 0xabc);
    assert_int_equal(DEVICE_TYPE_FROM_CTL_CODE(code), 0x8123);
    assert_int_equal(METHOD_FROM_CTL_CODE(code), METHOD_OUT_DIRECT);
}

static void status_blocks_of_both_sizes(struct machine *m) {
    IO_STATUS_BLOCK block = {.Status = STATUS_PENDING, .Information = 9}, copy = {0};
    IO_STATUS_BLOCK64 wide;
    UNREFERENCED_PARAMETER(m);
    IosbToIosb64(&wide, &block);
    assert_int_equal(wide.Information, 9);
    Iosb64ToIosb(&copy, &wide);
    assert_int_equal(copy.Status, STATUS_PENDING);
    assert_int_equal(copy.Information, 9);
}

static void versions_and_priorities(struct machine *m) {
    IO_PRIORITY_INFO priority;
    UNREFERENCED_PARAMETER(m);
    assert_true(IoIsWdmVersionAvailable(1, 0x20));
    assert_true(IoIsWdmVersionAvailable(6, 0));
    assert_false(IoIsWdmVersionAvailable(6, 1));
    assert_false(IoIsWdmVersionAvailable(7, 0));
    IoInitializePriorityInfo(&priority);
    assert_int_equal(priority.Size, sizeof priority);
    assert_int_equal(priority.ThreadPriority, 0xffff);
    assert_int_equal(priority.IoPriority, IoPriorityNormal);
}

static void devices_are_counted(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PCONFIGURATION_INFORMATION information = IoGetConfigurationInformation();
    assert_int_equal(information->DiskCount, 0);
    information->DiskCount++;
    assert_int_equal(IoGetConfigurationInformation()->DiskCount, 1);
}

/* ---- access that a control code does not demand ---- */

static NTSTATUS validated[2];

static NTSTATUS on_control(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    validated[0] = IoValidateDeviceIoControlAccess(irp, FILE_READ_ACCESS);
    validated[1] = IoValidateDeviceIoControlAccess(irp, FILE_WRITE_ACCESS);
    assert_int_equal(IoValidateDeviceIoControlAccess(irp, 0x10), STATUS_INVALID_PARAMETER);
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void a_driver_demands_access_itself(struct machine *m) {
    test_lower[IRP_MJ_DEVICE_CONTROL] = on_control;
    test_load(m);
    uint64_t reader = test_open_as(m, false, FILE_READ_DATA),
             writer = test_open_as(m, false, FILE_WRITE_DATA);
    TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = reader,
             .code = TEST_CODE(0x800, METHOD_BUFFERED));
    assert_int_equal(validated[0], STATUS_SUCCESS);
    assert_int_equal(validated[1], STATUS_ACCESS_DENIED);
    TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = writer,
             .code = TEST_CODE(0x800, METHOD_BUFFERED));
    assert_int_equal(validated[0], STATUS_ACCESS_DENIED);
    assert_int_equal(validated[1], STATUS_SUCCESS);
}

/* ---- activities ---- */

static unsigned messages;

static void count_messages(void *context, const struct wdmsim_event *event) {
    UNREFERENCED_PARAMETER(context);
    messages += event->text && strstr(event->text, "00000001-0002-0003") &&
                strstr(event->text, "00000009-0008-0007");
}

static void a_transfer_of_activity_is_traced(struct machine *m) {
    static const GUID from = {1, 2, 3, {4}}, to = {9, 8, 7, {6}};
    messages = 0;
    wdmsim_trace_mask(m, WDMSIM_TRACE_ALL);
    wdmsim_trace_sink(m, count_messages, NULL);
    IoTransferActivityId(&from, &to);
    wdmsim_trace_sink(m, NULL, NULL);
    assert_int_equal(messages, 1);
}

/* ---- lists ---- */

static void lists_of_quotas(struct machine *m) {
    ULONG64 storage[16] = {0};
    PFILE_QUOTA_INFORMATION first = (PVOID)storage, second = (PVOID)&storage[7];
    ULONG offset = 99;
    UNREFERENCED_PARAMETER(m);
    first->NextEntryOffset = 56;
    first->SidLength = second->SidLength = 12;
    first->Sid = second->Sid = (SID){1, 1, {{0, 0, 0, 0, 0, 5}}, {18}};
    assert_int_equal(IoCheckQuotaBufferValidity(first, 108, &offset), STATUS_SUCCESS);
    assert_int_equal(IoCheckQuotaBufferValidity(first, 107, &offset),
                     STATUS_QUOTA_LIST_INCONSISTENT);
    assert_int_equal(offset, 56);
    second->SidLength = 16;
    assert_int_equal(IoCheckQuotaBufferValidity(first, 120, &offset),
                     STATUS_QUOTA_LIST_INCONSISTENT);
    assert_int_equal(offset, 56);
    first->NextEntryOffset = 54;
    assert_int_equal(IoCheckQuotaBufferValidity(first, 108, &offset),
                     STATUS_QUOTA_LIST_INCONSISTENT);
    assert_int_equal(offset, 0);
    first = (PVOID)((char *)storage + 2);
    assert_int_equal(IoCheckQuotaBufferValidity(first, 50, &offset), STATUS_DATATYPE_MISALIGNMENT);
}

static void mount_points(struct machine *m) {
    ULONG64 storage[16] = {0};
    PREPARSE_DATA_BUFFER data = (PVOID)storage;
    UNREFERENCED_PARAMETER(m);
    PIRP irp = IoAllocateIrp(2, FALSE);
    IoSetNextIrpStackLocation(irp);
    const ULONG length = 16 + 8 + 2 + 4 + 2;
    IoGetCurrentIrpStackLocation(irp)->Parameters.FileSystemControl.InputBufferLength = length;
    data->ReparseTag = IO_REPARSE_TAG_MOUNT_POINT;
    data->ReparseDataLength = (USHORT)(length - REPARSE_DATA_BUFFER_HEADER_SIZE);
    data->MountPointReparseBuffer.SubstituteNameLength = 8;
    data->MountPointReparseBuffer.PrintNameOffset = 10;
    data->MountPointReparseBuffer.PrintNameLength = 4;
    memcpy(data->MountPointReparseBuffer.PathBuffer, L"\\??\\\0C:", 16);
    assert_true(IoIsValidNameGraftingBuffer(irp, data));
    data->MountPointReparseBuffer.PathBuffer[4] = 'x';
    assert_false(IoIsValidNameGraftingBuffer(irp, data));
    data->MountPointReparseBuffer.PathBuffer[4] = 0;
    data->MountPointReparseBuffer.PrintNameOffset = 8;
    assert_false(IoIsValidNameGraftingBuffer(irp, data));
    data->MountPointReparseBuffer.PrintNameOffset = 10;
    data->ReparseTag = IO_REPARSE_TAG_SYMLINK;
    assert_false(IoIsValidNameGraftingBuffer(irp, data));
    IoFreeIrp(irp);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_completion_routine_that_holds_its_driver),
        wdmsim_unit_test(an_irp_is_charged_when_asked),
        wdmsim_unit_test(an_irp_of_the_thread_has_its_requestor),
        wdmsim_unit_test(the_cancel_lock_is_one),
        wdmsim_unit_test(the_cancel_lock_has_a_number),
        wdmsim_unit_test(deadlock_of_one),
        wdmsim_unit_test(codes_come_apart),
        wdmsim_unit_test(status_blocks_of_both_sizes),
        wdmsim_unit_test(versions_and_priorities),
        wdmsim_unit_test(devices_are_counted),
        wdmsim_unit_test(a_driver_demands_access_itself),
        wdmsim_unit_test(a_transfer_of_activity_is_traced),
        wdmsim_unit_test(lists_of_quotas),
        wdmsim_unit_test(mount_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
