/*
 * Interrupts that are served at PASSIVE_LEVEL: the routine runs in a thread and may wait, an event
 * keeps others off it, and its line is masked until it returns.
 */
#include "../threads.h"

#define VECTOR 0x500

static struct machine *machine;
static PKINTERRUPT objects[2];
static unsigned served[2], concurrent, level_low_after;
static char order[16];
static KIRQL served_at;
static PKTHREAD served_in;
static KEVENT go; /* the routine waits for it, if `waits` */
static bool waits, claims[2];

static KSERVICE_ROUTINE serve;
static BOOLEAN serve(PKINTERRUPT interrupt, PVOID context) {
    unsigned i = *(const char *)context == 'b';
    assert_ptr_equal(interrupt, objects[i]);
    assert_int_equal(++concurrent, 1);
    strcat(order, context);
    served_at = KeGetCurrentIrql();
    served_in = KeGetCurrentThread();
    if (waits)
        KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
    KeQueryPerformanceCounter(NULL); /* a place where another processor may move */
    served[i]++;
    if (level_low_after && served[0] + served[1] == level_low_after)
        wdmsim_interrupt_hold(machine, VECTOR, false);
    concurrent--;
    return claims[i];
}

static void begin(struct machine *m) {
    machine = m;
    memset(served, 0, sizeof served);
    memset(order, 0, sizeof order);
    concurrent = level_low_after = 0;
    waits = false;
    claims[0] = claims[1] = true;
    KeInitializeEvent(&go, SynchronizationEvent, FALSE);
}

static NTSTATUS connect_at(unsigned i, KINTERRUPT_MODE mode, KIRQL irql, KIRQL sync,
                           PKSPIN_LOCK lock) {
    IO_CONNECT_INTERRUPT_PARAMETERS p = {.Version = CONNECT_FULLY_SPECIFIED};
    p.FullySpecified.InterruptObject = &objects[i];
    p.FullySpecified.ServiceRoutine = serve;
    p.FullySpecified.ServiceContext = i ? "b" : "a";
    p.FullySpecified.SpinLock = lock;
    p.FullySpecified.Vector = VECTOR;
    p.FullySpecified.Irql = irql;
    p.FullySpecified.SynchronizeIrql = sync;
    p.FullySpecified.InterruptMode = mode;
    p.FullySpecified.ShareVector = TRUE;
    p.FullySpecified.ProcessorEnableMask = 1;
    return IoConnectInterruptEx(&p);
}

static void connect(unsigned i, KINTERRUPT_MODE mode) {
    assert_int_equal(connect_at(i, mode, PASSIVE_LEVEL, PASSIVE_LEVEL, NULL), STATUS_SUCCESS);
}

static void disconnect(unsigned i) {
    IO_DISCONNECT_INTERRUPT_PARAMETERS p = {.Version = CONNECT_FULLY_SPECIFIED};
    p.ConnectionContext.InterruptObject = objects[i];
    IoDisconnectInterruptEx(&p);
}

static void the_routine_runs_in_a_thread_and_may_wait(struct machine *m) {
    begin(m);
    waits = true;
    connect(0, Latched);
    assert_int_equal(wdmsim_interrupt_raise(m, VECTOR), 0);
    wdmsim_settle(m);
    assert_string_equal(order, "a");
    assert_int_equal(served[0], 0);
    assert_int_equal(served_at, PASSIVE_LEVEL);
    assert_ptr_not_equal(served_in, KeGetCurrentThread());
    assert_true(PsIsSystemThread((PETHREAD)served_in));
    assert_in_range(KeQueryPriorityThread(served_in), LOW_REALTIME_PRIORITY, HIGH_PRIORITY);
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    wdmsim_settle(m);
    assert_int_equal(served[0], 1);
    disconnect(0);
    assert_int_equal(wdmsim_interrupt_raise(m, VECTOR), WDMSIM_ERROR_NOT_FOUND);
}

static void it_brings_no_spin_lock_and_no_second_level(struct machine *m) {
    KSPIN_LOCK lock;
    PKINTERRUPT legacy;
    begin(m);
    KeInitializeSpinLock(&lock);
    assert_int_equal(connect_at(0, Latched, PASSIVE_LEVEL, PASSIVE_LEVEL, &lock),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(connect_at(0, Latched, PASSIVE_LEVEL, 5, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(IoConnectInterrupt(&legacy, serve, "a", NULL, VECTOR, PASSIVE_LEVEL,
                                        PASSIVE_LEVEL, Latched, TRUE, 1, FALSE),
                     STATUS_INVALID_PARAMETER);
    connect(0, Latched); /* and shares its line with its like only */
    assert_int_equal(connect_at(1, Latched, 5, 5, NULL), STATUS_INVALID_PARAMETER);
    disconnect(0);
}

static void an_edge_in_service_is_served_next(struct machine *m) {
    begin(m);
    waits = true;
    connect(0, Latched);
    wdmsim_interrupt_raise(m, VECTOR);
    wdmsim_settle(m);
    wdmsim_interrupt_raise(m, VECTOR);
    wdmsim_interrupt_raise(m, VECTOR); /* the controller latches one */
    wdmsim_settle(m);
    assert_string_equal(order, "a");
    for (unsigned i = 0; i < 3; i++) {
        KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
        wdmsim_settle(m);
    }
    assert_string_equal(order, "aa");
    disconnect(0);
}

static void a_level_is_masked_while_it_is_served(struct machine *m) {
    begin(m);
    waits = true;
    level_low_after = 2;
    connect(0, LevelSensitive);
    wdmsim_interrupt_hold(m, VECTOR, true);
    wdmsim_settle(m);
    assert_string_equal(order, "a"); /* asserted all the time, but not served again */
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    wdmsim_settle(m);
    assert_string_equal(order, "aa");
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    wdmsim_settle(m);
    assert_string_equal(order, "aa");
    disconnect(0);
}

static void a_level_goes_to_the_first_that_claims_it(struct machine *m) {
    begin(m);
    claims[0] = false;
    level_low_after = 4;
    connect(0, LevelSensitive);
    connect(1, LevelSensitive);
    wdmsim_interrupt_hold(m, VECTOR, true);
    wdmsim_settle(m);
    assert_string_equal(order, "abab");
    claims[0] = true;
    level_low_after = 5;
    wdmsim_interrupt_hold(m, VECTOR, true);
    wdmsim_settle(m);
    assert_string_equal(order, "ababa");
    disconnect(0);
    disconnect(1);
}

/* Check that a level which nobody claims does not keep the machine from coming to rest. */
static void an_unclaimed_level_is_served_once(struct machine *m) {
    begin(m);
    claims[0] = false;
    connect(0, LevelSensitive);
    wdmsim_interrupt_hold(m, VECTOR, true);
    wdmsim_settle(m);
    assert_string_equal(order, "a");
    disconnect(0);
}

static void what_comes_while_it_is_inactive_waits(struct machine *m) {
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS report = {.Version = CONNECT_FULLY_SPECIFIED};
    begin(m);
    connect(0, Latched);
    report.ConnectionContext.InterruptObject = objects[0];
    IoReportInterruptInactive(&report);
    wdmsim_interrupt_raise(m, VECTOR);
    wdmsim_settle(m);
    assert_int_equal(served[0], 0);
    IoReportInterruptActive(&report);
    wdmsim_settle(m);
    assert_int_equal(served[0], 1);
    disconnect(0);
}

static KSYNCHRONIZE_ROUTINE be_alone;
static BOOLEAN be_alone(PVOID context) {
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(++concurrent, 1);
    if (waits)
        KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
    concurrent--;
    return context == &go;
}

static VOID synchronize(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    assert_true(KeSynchronizeExecution(objects[0], be_alone, &go));
}

static void an_event_keeps_others_off(struct machine *m) {
    begin(m);
    waits = true;
    connect(0, Latched);
    PVOID thread = thread_start(synchronize, NULL);
    wdmsim_settle(m);
    wdmsim_interrupt_raise(m, VECTOR);
    wdmsim_settle(m);
    assert_int_equal(concurrent, 1);
    assert_string_equal(order, "");
    waits = false;
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    thread_join(thread);
    wdmsim_settle(m);
    assert_string_equal(order, "a");
    assert_false(KeSynchronizeExecution(objects[0], be_alone, NULL));
    disconnect(0);
}

/* Check that an edge whose routine was made inactive while the event kept it off is not lost. */
static void it_may_be_made_inactive_before_its_turn(struct machine *m) {
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS report = {.Version = CONNECT_FULLY_SPECIFIED};
    begin(m);
    waits = true;
    connect(0, Latched);
    report.ConnectionContext.InterruptObject = objects[0];
    PVOID thread = thread_start(synchronize, NULL);
    wdmsim_settle(m);
    wdmsim_interrupt_raise(m, VECTOR);
    wdmsim_settle(m);
    IoReportInterruptInactive(&report);
    waits = false;
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    thread_join(thread);
    wdmsim_settle(m);
    assert_int_equal(served[0], 0);
    IoReportInterruptActive(&report);
    wdmsim_settle(m);
    assert_int_equal(served[0], 1);
    disconnect(0);
}

static void synchronizing_needs_its_level(struct machine *m) {
    KIRQL irql;
    begin(m);
    connect(0, Latched);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeSynchronizeExecution(objects[0], be_alone, &go);
}

static void it_has_no_spin_lock_to_acquire(struct machine *m) {
    begin(m);
    connect(0, Latched);
    wdmsim_expect_bugcheck(IRQL_NOT_DISPATCH_LEVEL);
    KeAcquireInterruptSpinLock(objects[0]);
}

static void it_has_no_spin_lock_to_release(struct machine *m) {
    KIRQL irql;
    begin(m);
    connect(0, Latched);
    KeRaiseIrql(5, &irql);
    wdmsim_expect_bugcheck(SPIN_LOCK_NOT_OWNED);
    KeReleaseInterruptSpinLock(objects[0], irql);
}

static BOOLEAN stay_raised(PKINTERRUPT interrupt, PVOID context) {
    KIRQL irql;
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    return TRUE;
}

static void returning_at_another_level_is_a_violation(struct machine *m) {
    IO_CONNECT_INTERRUPT_PARAMETERS p = {.Version = CONNECT_FULLY_SPECIFIED};
    begin(m);
    p.FullySpecified.InterruptObject = &objects[0];
    p.FullySpecified.ServiceRoutine = stay_raised;
    p.FullySpecified.Vector = VECTOR;
    p.FullySpecified.InterruptMode = Latched;
    p.FullySpecified.ProcessorEnableMask = 1;
    assert_int_equal(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    wdmsim_expect_bugcheck(IRQL_UNEXPECTED_VALUE);
    wdmsim_interrupt_raise(m, VECTOR);
    wdmsim_settle(m);
}

/* ---- over all schedules ---- */

static bool gone;

static void begin_race(void) {
    begin(wdmsim_fixture.machine);
    gone = false;
    connect(0, Latched);
}

static VOID raise(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    wdmsim_interrupt_raise(machine, VECTOR);
}

/* What the routine uses goes when it is disconnected: none may run, or begin, after that. */
static VOID leave(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    disconnect(0);
    assert_int_equal(concurrent, 0);
    objects[0] = NULL;
    gone = true;
}

static void check_gone(void) { assert_true(gone && served[0] <= 1 && !concurrent); }

static void disconnecting_waits_for_the_routine(void **state) {
    static const struct explored scenario = {
        .processors = 2,
        .preemptions = 2,
        .actors = {raise, leave},
        .begin = begin_race,
        .check = check_gone,
    };
    (void)state;
    assert_true(explore_up_to(&scenario, 2) > 10);
}

static void check_alone(void) {
    wdmsim_settle(machine);
    assert_int_equal(served[0], 1);
    disconnect(0);
}

static void the_routine_and_its_synchronized_ones_exclude_each_other(void **state) {
    static const struct explored scenario = {
        .processors = 2,
        .preemptions = 2,
        .actors = {raise, synchronize, synchronize},
        .begin = begin_race,
        .check = check_alone,
    };
    (void)state;
    assert_true(explore_up_to(&scenario, 2) > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_routine_runs_in_a_thread_and_may_wait),
        wdmsim_unit_test(it_brings_no_spin_lock_and_no_second_level),
        wdmsim_unit_test(an_edge_in_service_is_served_next),
        wdmsim_unit_test(a_level_is_masked_while_it_is_served),
        wdmsim_unit_test(a_level_goes_to_the_first_that_claims_it),
        wdmsim_unit_test(an_unclaimed_level_is_served_once),
        wdmsim_unit_test(what_comes_while_it_is_inactive_waits),
        wdmsim_unit_test(an_event_keeps_others_off),
        wdmsim_unit_test(it_may_be_made_inactive_before_its_turn),
        wdmsim_unit_test(synchronizing_needs_its_level),
        wdmsim_unit_test(it_has_no_spin_lock_to_acquire),
        wdmsim_unit_test(it_has_no_spin_lock_to_release),
        wdmsim_unit_test(returning_at_another_level_is_a_violation),
        cmocka_unit_test(disconnecting_waits_for_the_routine),
        cmocka_unit_test(the_routine_and_its_synchronized_ones_exclude_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
