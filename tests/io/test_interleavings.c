/* Check where two or three contexts meet in the I/O manager, over all schedules up to a bound:
 * remove locks against removal, cancel against completion against time-out, the last dereference
 * against the last close, a thread's end against its request's. The tables have a column for each
 * actor. */
#include "io_test.h"

#include "../threads.h"

/* What came of a scenario, counted over its schedules. */
static unsigned outcomes[4];

/* ---- remove lock ----
 *
 * user                       another user               remover
 * acquires: in or too late   acquires: in or too late   acquires
 * uses the device            uses the device            releases and waits
 * releases                   releases                   the device is gone
 */
static IO_REMOVE_LOCK remove_lock;
static bool device_gone;
static unsigned used;

static void begin_removal(void) {
    device_gone = false;
    used = 0;
    IoInitializeRemoveLock(&remove_lock, 'vomR', 0, 0);
}

static VOID use_device(PVOID context) {
    if (!NT_SUCCESS(IoAcquireRemoveLock(&remove_lock, context)))
        return;
    assert_false(device_gone);
    used++;
    KeQueryPerformanceCounter(NULL); /* a place to be preempted */
    assert_false(device_gone);
    IoReleaseRemoveLock(&remove_lock, context);
}

static VOID remove_device(PVOID context) {
    assert_int_equal(IoAcquireRemoveLock(&remove_lock, &device_gone), STATUS_SUCCESS);
    IoReleaseRemoveLockAndWait(&remove_lock, &device_gone);
    device_gone = true;
    assert_int_equal(IoAcquireRemoveLock(&remove_lock, context), STATUS_DELETE_PENDING);
}

static void check_removal(void) {
    assert_true(device_gone);
    outcomes[used]++;
}

static void nobody_uses_a_removed_device(void **state) {
    const struct explored scenario = {
        2, 2, {use_device, use_device, remove_device}, begin_removal, check_removal};
    (void)state;
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore(&scenario) > 50);
    assert_true(outcomes[0] && outcomes[1] && outcomes[2]);
}

/* ---- a cancel-safe queue ----
 *
 * worker                     time-out                   canceler
 * removes the next IRP       removes this IRP           cancels the IRP
 * completes what it got      completes what it got      the queue completes what it got
 */
static IO_CSQ queue;
static IO_CSQ_IRP_CONTEXT place;
static LIST_ENTRY irps;
static KSPIN_LOCK lock;
static PIRP victim;
static unsigned completions;

static IO_CSQ_INSERT_IRP csq_insert;
static VOID csq_insert(PIO_CSQ csq, PIRP irp) {
    UNREFERENCED_PARAMETER(csq);
    InsertTailList(&irps, &irp->Tail.Overlay.ListEntry);
}

static IO_CSQ_REMOVE_IRP csq_remove;
static VOID csq_remove(PIO_CSQ csq, PIRP irp) {
    UNREFERENCED_PARAMETER(csq);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static IO_CSQ_PEEK_NEXT_IRP csq_peek;
static PIRP csq_peek(PIO_CSQ csq, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(csq);
    UNREFERENCED_PARAMETER(context);
    PLIST_ENTRY next = irp ? irp->Tail.Overlay.ListEntry.Flink : irps.Flink;
    return next == &irps ? NULL : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
}

static IO_CSQ_ACQUIRE_LOCK csq_lock;
static VOID csq_lock(PIO_CSQ csq, PKIRQL irql) {
    UNREFERENCED_PARAMETER(csq);
    KeAcquireSpinLock(&lock, irql);
}

static IO_CSQ_RELEASE_LOCK csq_unlock;
static VOID csq_unlock(PIO_CSQ csq, KIRQL irql) {
    UNREFERENCED_PARAMETER(csq);
    KeReleaseSpinLock(&lock, irql);
}

static IO_CSQ_COMPLETE_CANCELED_IRP csq_canceled;
static VOID csq_canceled(PIO_CSQ csq, PIRP irp) {
    UNREFERENCED_PARAMETER(csq);
    test_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS enqueue(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoCsqInsertIrp(&queue, irp, &place);
    return STATUS_PENDING;
}

static NTSTATUS keep(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    completions++;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void begin_queue(void) {
    completions = 0;
    InitializeListHead(&irps);
    KeInitializeSpinLock(&lock);
    IoCsqInitialize(&queue, csq_insert, csq_remove, csq_peek, csq_lock, csq_unlock, csq_canceled);
    test_lower[IRP_MJ_READ] = enqueue;
    test_load(wdmsim_fixture.machine);
    victim = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(victim)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(victim, keep, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(test_device, victim);
}

static VOID work(PVOID context) {
    PIRP irp = IoCsqRemoveNextIrp(&queue, NULL);
    UNREFERENCED_PARAMETER(context);
    if (irp)
        test_complete(irp, STATUS_SUCCESS, 0);
}

static VOID time_out(PVOID context) {
    PIRP irp = IoCsqRemoveIrp(&queue, &place);
    UNREFERENCED_PARAMETER(context);
    if (irp)
        test_complete(irp, STATUS_IO_TIMEOUT, 0);
}

static VOID cancel(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    IoCancelIrp(victim);
}

static void check_queue(void) {
    NTSTATUS status = victim->IoStatus.Status;
    assert_int_equal(completions, 1);
    assert_true(IsListEmpty(&irps));
    outcomes[status == STATUS_SUCCESS ? 0 : status == STATUS_IO_TIMEOUT ? 1 : 2]++;
    IoFreeIrp(victim);
}

static void one_of_three_completes(void **state) {
    const struct explored scenario = {3, 2, {work, time_out, cancel}, begin_queue, check_queue};
    (void)state;
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore(&scenario) > 100);
    assert_true(outcomes[0] && outcomes[1] && outcomes[2]);
}

/* ---- a file ----
 *
 * closer                     dereferencer               user
 * closes the last handle     gives up its reference     references by handle, if it is still one
 * the cleanup                                           gives that up
 * perhaps the close          perhaps the close          perhaps the close
 */
static HANDLE handle;
static PFILE_OBJECT file;
static unsigned cleanups, closes, found;

static NTSTATUS on_cleanup(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    assert_int_equal(closes, 0);
    cleanups++;
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS on_close(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    assert_int_equal(cleanups, 1);
    closes++;
    return test_complete(irp, STATUS_SUCCESS, 0);
}

static void open_handle(void) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwOpenFile(&handle, FILE_READ_DATA, &attributes, &iosb, FILE_SHARE_READ, 0),
                     STATUS_SUCCESS);
}

static void begin_file(void) {
    cleanups = closes = found = 0;
    test_lower[IRP_MJ_CLEANUP] = on_cleanup;
    test_lower[IRP_MJ_CLOSE] = on_close;
    test_load(wdmsim_fixture.machine);
    open_handle();
    assert_int_equal(
        ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL),
        STATUS_SUCCESS);
}

static VOID close_handle(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
}

static VOID give_up(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    ObDereferenceObject(file);
}

static VOID use_handle(PVOID context) {
    PVOID object;
    UNREFERENCED_PARAMETER(context);
    if (!NT_SUCCESS(
            ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, &object, NULL)))
        return;
    found++;
    assert_ptr_equal(object, file);
    assert_int_equal(closes, 0);
    ObDereferenceObject(object);
}

static void check_file(void) {
    assert_int_equal(cleanups, 1);
    assert_int_equal(closes, 1);
    assert_int_equal(test_device->ReferenceCount, 0);
    outcomes[found]++;
}

static void a_file_ends_once(void **state) {
    const struct explored scenario = {
        3, 2, {close_handle, give_up, use_handle}, begin_file, check_file};
    (void)state;
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore(&scenario) > 50);
    assert_true(outcomes[0] && outcomes[1]);
}

/* ---- a thread's end ----
 *
 * reader                     completer
 * sends a read, it pends     takes the cancel routine away, if there is one
 * does something else        completes the IRP, if it got it
 * ends: its IRP is canceled
 * waits for the IRP
 */
static IO_STATUS_BLOCK read_block;
static char read_buffer[8];
static PIRP pended;

static DRIVER_CANCEL on_cancel;
static VOID on_cancel(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    pended = NULL;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    outcomes[0]++;
    completions++;
    test_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS on_read(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, on_cancel);
    pended = irp;
    return STATUS_PENDING;
}

static void begin_thread(void) {
    completions = 0;
    pended = NULL;
    test_lower[IRP_MJ_READ] = on_read;
    test_load(wdmsim_fixture.machine);
    open_handle();
}

static VOID read_and_end(PVOID context) {
    LARGE_INTEGER offset = {.QuadPart = 0};
    UNREFERENCED_PARAMETER(context);
    assert_int_equal(ZwReadFile(handle, NULL, NULL, NULL, &read_block, read_buffer,
                                sizeof read_buffer, &offset, NULL),
                     STATUS_PENDING);
    KeQueryPerformanceCounter(NULL); /* a place to be preempted */
}

static VOID complete_read(PVOID context) {
    KIRQL irql;
    UNREFERENCED_PARAMETER(context);
    IoAcquireCancelSpinLock(&irql);
    PIRP irp = pended && IoSetCancelRoutine(pended, NULL) ? pended : NULL;
    IoReleaseCancelSpinLock(irql);
    if (!irp)
        return;
    outcomes[1]++;
    completions++;
    test_complete(irp, STATUS_SUCCESS, 0);
}

static void check_thread(void) {
    assert_int_equal(completions, 1);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    assert_int_equal(test_device->ReferenceCount, 0);
}

static void a_thread_ends_after_its_request(void **state) {
    const struct explored scenario = {
        2, 3, {read_and_end, complete_read}, begin_thread, check_thread};
    (void)state;
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore(&scenario) > 20);
    assert_true(outcomes[0] && outcomes[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_uses_a_removed_device),
        cmocka_unit_test(one_of_three_completes),
        cmocka_unit_test(a_file_ends_once),
        cmocka_unit_test(a_thread_ends_after_its_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
