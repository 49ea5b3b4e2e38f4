/*
 * Check where two or three contexts meet in the I/O manager: remove locks against removal, cancel
 * against completion against time-out, the last dereference against the last close, a thread's end
 * against that of its requests.
 *
 * The tables have a column for each actor. Each is explored over every schedule with at most two
 * forced switches (a file whose end takes time: one), on one and two processors, the smaller ones
 * on three as well.
 */
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
    const struct explored scenario = {.preemptions = 2,
                                      .actors = {use_device, use_device, remove_device},
                                      .begin = begin_removal,
                                      .check = check_removal};
    (void)state;
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore_up_to(&scenario, 2) > 200);
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
    const struct explored scenario = {.preemptions = 2,
                                      .actors = {work, time_out, cancel},
                                      .begin = begin_queue,
                                      .check = check_queue};
    (void)state;
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore_up_to(&scenario, 3) > 1500);
    assert_true(outcomes[0] && outcomes[1] && outcomes[2]);
}

/* ---- a file ----
 *
 * closer                     dereferencer               user
 * closes the last handle     gives up its reference     references by handle, if it is still one
 * the cleanup                                           gives that up
 * perhaps the close          perhaps the close          perhaps the close
 *
 * The driver completes both requests at once; or it pends them, and completes them a moment later:
 * until then the file is whole. There freed memory is inaccessible, so that a look at a file that
 * is gone stops the machine.
 */
static HANDLE handle;
static PFILE_OBJECT file;
static bool pends;
static PIRP ending; /* the request that is pended */
static KTIMER end_timer;
static KDPC end_dpc;
static unsigned cleanups, closes, found;
static unsigned references; /* that the actors have, besides the handle's */

static NTSTATUS end(PIRP irp) {
    LARGE_INTEGER due = {.QuadPart = -10000};
    assert_null(ending);
    if (!pends)
        return test_complete(irp, STATUS_SUCCESS, 0);
    ending = irp;
    IoMarkIrpPending(irp);
    KeSetTimer(&end_timer, due, &end_dpc);
    return STATUS_PENDING;
}

static KDEFERRED_ROUTINE complete_end;
static VOID complete_end(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    PIRP irp = ending;
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    assert_int_equal(file->Type, IO_TYPE_FILE);
    assert_ptr_equal(file->DeviceObject, test_device);
    ending = NULL;
    test_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS on_cleanup(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    assert_int_equal(closes, 0);
    cleanups++;
    return end(irp);
}

static NTSTATUS on_close(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    assert_int_equal(cleanups, 1);
    assert_int_equal(references, 0);
    closes++;
    return end(irp);
}

static void open_handle(void) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\lower");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    assert_int_equal(ZwOpenFile(&handle, FILE_READ_DATA, &attributes, &iosb, FILE_SHARE_READ, 0),
                     STATUS_SUCCESS);
}

static void begin_file(void) {
    cleanups = closes = found = 0;
    pends = false;
    ending = NULL;
    KeInitializeTimer(&end_timer);
    KeInitializeDpc(&end_dpc, complete_end, NULL);
    test_lower[IRP_MJ_CLEANUP] = on_cleanup;
    test_lower[IRP_MJ_CLOSE] = on_close;
    test_load(wdmsim_fixture.machine);
    open_handle();
    assert_int_equal(
        ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL),
        STATUS_SUCCESS);
    references = 1;
}

static void begin_slow_file(void) {
    begin_file();
    pends = true;
}

static VOID close_handle(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
}

static VOID give_up(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    references--;
    ObDereferenceObject(file);
}

static VOID use_handle(PVOID context) {
    PVOID object;
    UNREFERENCED_PARAMETER(context);
    NTSTATUS status = /* as for a program, whose handles may be gone */
        ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, UserMode, &object, NULL);
    if (status == STATUS_INVALID_HANDLE)
        return;
    assert_int_equal(status, STATUS_SUCCESS);
    found++;
    references++;
    assert_ptr_equal(object, file);
    assert_int_equal(cleanups, 0);
    references--;
    ObDereferenceObject(object);
}

static void check_file(void) {
    assert_int_equal(cleanups, 1);
    assert_int_equal(closes, 1);
    assert_null(ending);
    assert_int_equal(test_device->ReferenceCount, 0);
    outcomes[found]++;
}

static const struct explored file_scenario = {.preemptions = 2,
                                              .actors = {close_handle, give_up, use_handle},
                                              .begin = begin_file,
                                              .check = check_file};

static void a_file_ends_once(void **state) {
    (void)state;
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore_up_to(&file_scenario, 3) > 1200);
    assert_true(outcomes[0] && outcomes[1]);
}

static void a_file_is_there_until_it_is_closed(void **state) {
    struct explored slow = file_scenario;
    (void)state;
    slow.begin = begin_slow_file;
    slow.flags = WDMSIM_GUARD_POOL;
    slow.preemptions = 1;
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore_up_to(&slow, 2) > 50);
    assert_true(outcomes[0] && outcomes[1]);
}

/* ---- a thread's end ----
 *
 * reader                             completer
 * sends two reads, they pend         takes the cancel routine of each away, if it is still there
 * does something else                completes the IRP, if it got it
 * ends: its IRPs are canceled
 * waits for both
 *
 * Each read is completed once, by the one or the other, before the thread is gone.
 */
#define READS 2
static IO_STATUS_BLOCK read_blocks[READS];
static char read_buffers[READS][8];
static PIRP pended[READS];
static unsigned canceled;
static PVOID reader;
static bool reader_is_gone;

static DRIVER_CANCEL on_cancel;
static VOID on_cancel(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    pended[IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Key] = NULL;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    canceled++;
    completions++;
    assert_false(reader_is_gone);
    test_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS on_read(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, on_cancel);
    pended[IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Key] = irp;
    return STATUS_PENDING;
}

static void begin_thread(void) {
    completions = canceled = 0;
    reader_is_gone = false;
    memset(pended, 0, sizeof pended);
    test_lower[IRP_MJ_READ] = on_read;
    test_load(wdmsim_fixture.machine);
    open_handle();
}

static VOID read_and_end(PVOID context) {
    LARGE_INTEGER offset = {.QuadPart = 0};
    UNREFERENCED_PARAMETER(context);
    for (ULONG i = 0; i < READS; i++)
        assert_int_equal(ZwReadFile(handle, NULL, NULL, NULL, &read_blocks[i], read_buffers[i],
                                    sizeof read_buffers[i], &offset, &i),
                         STATUS_PENDING);
    KeQueryPerformanceCounter(NULL); /* a place to be preempted */
}

static VOID complete_reads(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    for (unsigned i = 0; i < READS; i++) {
        KIRQL irql;
        IoAcquireCancelSpinLock(&irql);
        PIRP irp = pended[i] && IoSetCancelRoutine(pended[i], NULL) ? pended[i] : NULL;
        IoReleaseCancelSpinLock(irql);
        if (!irp)
            continue;
        completions++;
        assert_false(reader_is_gone);
        test_complete(irp, STATUS_SUCCESS, 0);
    }
}

/* Waits for the reader's end; what comes later than that comes too late. */
static VOID await_reader(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    reader = thread_start(read_and_end, NULL);
    thread_join(reader);
    assert_int_equal(completions, READS);
    reader_is_gone = true;
}

static void check_thread(void) {
    assert_int_equal(completions, READS);
    outcomes[canceled]++;
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    assert_int_equal(test_device->ReferenceCount, 0);
}

static void a_thread_ends_after_its_requests(void **state) {
    const struct explored scenario = {.preemptions = 2,
                                      .actors = {await_reader, complete_reads},
                                      .begin = begin_thread,
                                      .check = check_thread};
    (void)state;
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore_up_to(&scenario, 2) > 300);
    assert_true(outcomes[0] && outcomes[1] && outcomes[2]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_uses_a_removed_device),
        cmocka_unit_test(one_of_three_completes),
        cmocka_unit_test(a_file_ends_once),
        cmocka_unit_test(a_file_is_there_until_it_is_closed),
        cmocka_unit_test(a_thread_ends_after_its_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
