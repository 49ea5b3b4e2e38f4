/*
 * Cancel against complete, without a queue: whoever takes the cancel routine away owns the IRP.
 *
 * Every schedule with at most three forced switches, on one to three processors.
 */
#include "io_test.h"

#include "../threads.h"

static PIRP victim, pended;
static unsigned completions, swallowed;
static unsigned
    outcomes[3]; /* completed, canceled by the routine, canceled by the dispatch routine */

static DRIVER_CANCEL cancel_it;
static VOID cancel_it(PDEVICE_OBJECT device, PIRP irp) {
    assert_ptr_equal(device, test_device);
    assert_ptr_equal(irp, victim);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    outcomes[1]++;
    test_complete(irp, STATUS_CANCELLED, 0);
}

static PIRP take(PIRP irp) { return irp && IoSetCancelRoutine(irp, NULL) ? irp : NULL; }

/* What the guide asks for: the IRP may have been canceled before it had a routine. */
static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, cancel_it);
    if (irp->Cancel && take(irp)) {
        outcomes[2]++;
        test_complete(irp, STATUS_CANCELLED, 0);
        return STATUS_PENDING;
    }
    pended = irp;
    return STATUS_PENDING;
}

static NTSTATUS keep(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    completions++;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void begin(void) {
    completions = swallowed = 0;
    pended = NULL;
    test_lower[IRP_MJ_READ] = pend;
    test_load(wdmsim_fixture.machine);
    victim = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(victim)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(victim, keep, NULL, TRUE, TRUE, TRUE);
}

static VOID send(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    assert_int_equal(IoCallDriver(test_device, victim), STATUS_PENDING);
}

static void begin_pended(void) {
    begin();
    send(NULL);
}

static VOID complete(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    PIRP irp = take(pended);
    if (!irp)
        return;
    outcomes[0]++;
    test_complete(irp, STATUS_SUCCESS, 0);
}

/* A driver that does not take the routine first. */
static VOID complete_carelessly(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    test_complete(victim, STATUS_SUCCESS, 0);
}

static VOID cancel(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    IoCancelIrp(victim);
}

static void check(void) {
    assert_int_equal(completions, 1);
    assert_null(victim->CancelRoutine);
    IoFreeIrp(victim);
}

/*
 * completer                      canceler
 * takes the routine              lock, mark, takes the routine
 * completes, if it got it        the routine completes, if it got it
 */
static void exactly_one_completes(void **state) {
    const struct explored scenario = {
        .preemptions = 3, .actors = {complete, cancel}, .begin = begin_pended, .check = check};
    UNREFERENCED_PARAMETER(state);
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore_up_to(&scenario, 3) > 1000);
    assert_true(outcomes[0] && outcomes[1]);
    assert_int_equal(outcomes[2], 0);
}

/*
 * sender                         completer                      canceler
 * the driver sets a routine      takes the routine, if the      lock, mark, takes the routine, if
 * and looks at the mark:          IRP is pended already          there is one
 * takes the routine back         completes, if it got it        the routine completes, if it got it
 * completes, if it got it
 *
 * An IRP that all three leave alone is canceled at the end: nobody may have lost it.
 */
static void check_sent(void) {
    if (!completions) {
        assert_false(victim->Cancel && !victim->CancelRoutine);
        assert_true(IoCancelIrp(victim));
        swallowed++;
    }
    check();
}

static void a_mark_before_the_routine_is_not_lost(void **state) {
    const struct explored scenario = {
        .preemptions = 3, .actors = {send, complete, cancel}, .begin = begin, .check = check_sent};
    UNREFERENCED_PARAMETER(state);
    memset(outcomes, 0, sizeof outcomes);
    assert_true(explore_up_to(&scenario, 3) > 3000);
    assert_true(outcomes[0] && outcomes[1] && outcomes[2]);
    assert_int_equal(swallowed, 0);
}

/* Check that the exploration does find the schedule in which a careless driver completes twice. */
static void a_careless_driver_is_found(void **state) {
    const struct explored scenario = {.processors = 2,
                                      .preemptions = 1,
                                      .actors = {complete_carelessly, cancel},
                                      .begin = begin_pended,
                                      .check = check};
    UNREFERENCED_PARAMETER(state);
    assert_true(explore_finds(&scenario, MULTIPLE_IRP_COMPLETE_REQUESTS));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exactly_one_completes),
        cmocka_unit_test(a_mark_before_the_routine_is_not_lost),
        cmocka_unit_test(a_careless_driver_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
