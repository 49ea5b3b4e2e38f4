/* Cancel-safe queues, in both forms; and the race between removing and cancelling, over all its
 * schedules. */
#include "io_test.h"

#include "../threads.h"

static IO_CSQ queue;
static LIST_ENTRY irps;
static KSPIN_LOCK lock;
static KIRQL locked_at; /* what the one inside came from */
static unsigned completed_canceled, removed;
static NTSTATUS insert_status;
static PVOID seen_insert_context;

static IO_CSQ_INSERT_IRP csq_insert;
static IO_CSQ_INSERT_IRP_EX csq_insert_ex;
static IO_CSQ_REMOVE_IRP csq_remove;
static IO_CSQ_PEEK_NEXT_IRP csq_peek;
static IO_CSQ_ACQUIRE_LOCK csq_lock;
static IO_CSQ_RELEASE_LOCK csq_unlock;
static IO_CSQ_COMPLETE_CANCELED_IRP csq_complete;

static VOID csq_insert(PIO_CSQ csq, PIRP irp) {
    assert_ptr_equal(csq, &queue);
    InsertTailList(&irps, &irp->Tail.Overlay.ListEntry);
}

static NTSTATUS csq_insert_ex(PIO_CSQ csq, PIRP irp, PVOID context) {
    seen_insert_context = context;
    if (NT_SUCCESS(insert_status))
        csq_insert(csq, irp);
    return insert_status;
}

static VOID csq_remove(PIO_CSQ csq, PIRP irp) {
    assert_ptr_equal(csq, &queue);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static PIRP csq_peek(PIO_CSQ csq, PIRP irp, PVOID context) {
    PLIST_ENTRY next = irp ? irp->Tail.Overlay.ListEntry.Flink : irps.Flink;
    assert_ptr_equal(csq, &queue);
    for (; next != &irps; next = next->Flink) {
        PIRP candidate = CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
        if (!context || IoGetCurrentIrpStackLocation(candidate)->FileObject == context)
            return candidate;
    }
    return NULL;
}

static VOID csq_lock(PIO_CSQ csq, PKIRQL irql) {
    assert_ptr_equal(csq, &queue);
    KeAcquireSpinLock(&lock, irql);
    locked_at = *irql;
}

static VOID csq_unlock(PIO_CSQ csq, KIRQL irql) {
    assert_ptr_equal(csq, &queue);
    assert_int_equal(irql, locked_at);
    KeReleaseSpinLock(&lock, irql);
}

static VOID csq_complete(PIO_CSQ csq, PIRP irp) {
    assert_ptr_equal(csq, &queue);
    completed_canceled++;
    test_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS enqueue(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoCsqInsertIrp(&queue, irp, NULL);
    return STATUS_PENDING;
}

static void prepare(struct machine *m, PDRIVER_DISPATCH read) {
    InitializeListHead(&irps);
    KeInitializeSpinLock(&lock);
    completed_canceled = removed = 0;
    IoCsqInitialize(&queue, csq_insert, csq_remove, csq_peek, csq_lock, csq_unlock, csq_complete);
    test_lower[IRP_MJ_READ] = read;
    test_load(m);
}

static struct wdmsim_request *read_from(struct machine *m, uint64_t handle) {
    return TEST_SUBMIT(m, .operation = WDMSIM_READ, .handle = handle, .output_size = 4);
}

static void requests_leave_in_order(struct machine *m) {
    prepare(m, enqueue);
    uint64_t handle = test_open(m);
    struct wdmsim_request *first = read_from(m, handle), *second = read_from(m, handle);
    test_complete(IoCsqRemoveNextIrp(&queue, NULL), STATUS_SUCCESS, 0);
    wdmsim_settle(m);
    assert_true(wdmsim_request_done(first));
    assert_false(wdmsim_request_done(second));
    test_complete(IoCsqRemoveNextIrp(&queue, NULL), STATUS_SUCCESS, 0);
    assert_null(IoCsqRemoveNextIrp(&queue, NULL));
    wdmsim_settle(m);
    assert_true(wdmsim_request_done(second));
}

static void a_canceled_one_is_gone(struct machine *m) {
    prepare(m, enqueue);
    uint64_t handle = test_open(m);
    struct wdmsim_request *request = read_from(m, handle);
    wdmsim_cancel(m, request);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_request_status(request), (uint32_t)STATUS_CANCELLED);
    assert_int_equal(completed_canceled, 1);
    assert_null(IoCsqRemoveNextIrp(&queue, NULL));
}

/* Check that the peek context selects: a cleanup finds the requests of its own file only. */
static void peeking_selects(struct machine *m) {
    prepare(m, enqueue);
    uint64_t one = test_open(m), two = test_open(m);
    struct wdmsim_request *first = read_from(m, one);
    read_from(m, two);
    PIRP last = CONTAINING_RECORD(irps.Blink, IRP, Tail.Overlay.ListEntry);
    PIRP found = IoCsqRemoveNextIrp(&queue, IoGetCurrentIrpStackLocation(last)->FileObject);
    assert_ptr_equal(found, last);
    test_complete(found, STATUS_SUCCESS, 0);
    assert_false(wdmsim_request_done(first));
}

static IO_CSQ_IRP_CONTEXT irp_context;

static NTSTATUS enqueue_ex(PDEVICE_OBJECT device, PIRP irp) {
    NTSTATUS status = IoCsqInsertIrpEx(&queue, irp, &irp_context, device);
    return NT_SUCCESS(status) ? STATUS_PENDING : test_complete(irp, status, 0);
}

/* Check the extended form: the driver may refuse, and finds one IRP again by its context. */
static void the_extended_form(struct machine *m) {
    prepare(m, enqueue_ex);
    IoCsqInitializeEx(&queue, csq_insert_ex, csq_remove, csq_peek, csq_lock, csq_unlock,
                      csq_complete);
    uint64_t handle = test_open(m);
    insert_status = STATUS_DEVICE_BUSY;
    assert_int_equal(wdmsim_request_status(read_from(m, handle)), (uint32_t)STATUS_DEVICE_BUSY);
    assert_ptr_equal(seen_insert_context, test_device);
    insert_status = STATUS_SUCCESS;
    struct wdmsim_request *request = read_from(m, handle);
    PIRP irp = IoCsqRemoveIrp(&queue, &irp_context);
    assert_non_null(irp);
    assert_null(IoCsqRemoveIrp(&queue, &irp_context));
    test_complete(irp, STATUS_SUCCESS, 0);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
    request = read_from(m, handle);
    wdmsim_cancel(m, request);
    wdmsim_settle(m);
    assert_null(IoCsqRemoveIrp(&queue, &irp_context));
}

/* ---- removing against cancelling: every schedule with at most three forced switches ----
 *
 * remover                        canceler
 * removes the next IRP           cancels the IRP
 * completes it, if it got it     the queue completes it, if it got it
 */
static PIRP victim;
static unsigned removed_runs, canceled_runs, completions;

static VOID remover(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    PIRP irp = IoCsqRemoveNextIrp(&queue, NULL);
    if (irp) {
        removed++;
        test_complete(irp, STATUS_SUCCESS, 0);
    }
}

static VOID canceler(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    IoCancelIrp(victim);
}

static NTSTATUS keep(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    completions++;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void begin_race(void) {
    completions = 0;
    prepare(wdmsim_fixture.machine, enqueue);
    victim = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(victim)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(victim, keep, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(test_device, victim);
}

static void check_race(void) {
    assert_int_equal(completions, 1);
    assert_int_equal(removed + completed_canceled, 1);
    assert_int_equal(victim->IoStatus.Status, removed ? STATUS_SUCCESS : STATUS_CANCELLED);
    assert_true(IsListEmpty(&irps));
    removed_runs += removed;
    canceled_runs += completed_canceled;
    IoFreeIrp(victim);
}

static void removing_against_cancelling(void **state) {
    const struct explored scenario = {
        .preemptions = 3, .actors = {remover, canceler}, .begin = begin_race, .check = check_race};
    UNREFERENCED_PARAMETER(state);
    removed_runs = canceled_runs = 0;
    assert_true(explore_up_to(&scenario, 2) > 300);
    assert_true(removed_runs && canceled_runs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(requests_leave_in_order),
        wdmsim_unit_test(a_canceled_one_is_gone),
        wdmsim_unit_test(peeking_selects),
        wdmsim_unit_test(the_extended_form),
        cmocka_unit_test(removing_against_cancelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
