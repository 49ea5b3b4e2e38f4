/* Cancel against complete without a queue: whoever takes the cancel routine away owns the IRP.
 * Every schedule to a bound. */
#include "schedules.h"

static PIRP victim;
static unsigned completed, canceled, completed_runs, canceled_runs;
static KEVENT over;

static VOID cancel_it(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    canceled++;
    test_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, cancel_it);
    return STATUS_PENDING;
}

static NTSTATUS keep(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void completer(void *context) {
    UNREFERENCED_PARAMETER(context);
    if (IoSetCancelRoutine(victim, NULL)) {
        completed++;
        test_complete(victim, STATUS_SUCCESS, 0);
    }
}

static void canceler(void *context) {
    UNREFERENCED_PARAMETER(context);
    IoCancelIrp(victim);
}

/*
 * completer                      canceler
 * takes the routine              lock, mark, takes the routine
 * completes, if it got it        the routine completes, if it got it
 */
static void one_race(struct machine *m) {
    bool done[2];
    completed = canceled = 0;
    test_lower[IRP_MJ_READ] = pend;
    test_load(m);
    victim = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(victim)->MajorFunction = IRP_MJ_READ;
    KeInitializeEvent(&over, NotificationEvent, FALSE);
    IoSetCompletionRoutine(victim, keep, &over, TRUE, TRUE, TRUE);
    IoCallDriver(test_device, victim);
    schedule_begin(m);
    wdmsim_system_thread(m, completer, NULL, &done[0]);
    wdmsim_system_thread(m, canceler, NULL, &done[1]);
    KeWaitForSingleObject(&over, Executive, KernelMode, FALSE, NULL);
    wdmsim_settle(m);
    assert_true(done[0] && done[1]);
    assert_int_equal(completed + canceled, 1);
    completed_runs += completed;
    canceled_runs += canceled;
    IoFreeIrp(victim);
}

static void exactly_one_completes(void **state) {
    UNREFERENCED_PARAMETER(state);
    completed_runs = canceled_runs = 0;
    unsigned runs = schedule_all(one_race, 3);
    assert_true(runs > 20 && runs < SCHEDULE_RUNS);
    assert_true(completed_runs && canceled_runs);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(exactly_one_completes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
