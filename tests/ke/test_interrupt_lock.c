/* The lock of an interrupt: it keeps the service routine off, and only its holder may release it.
 */
#include "../threads.h"

static PKINTERRUPT interrupt;
static unsigned served;

static BOOLEAN serve(PKINTERRUPT object, PVOID context) {
    (void)object;
    (void)context;
    served++;
    return TRUE;
}

static void connect(void) {
    served = 0;
    assert_int_equal(
        IoConnectInterrupt(&interrupt, serve, NULL, NULL, 0x61, 6, 6, Latched, FALSE, 1, FALSE),
        STATUS_SUCCESS);
}

static void it_keeps_the_service_routine_off(struct machine *m) {
    connect();
    KIRQL irql = KeAcquireInterruptSpinLock(interrupt);
    assert_int_equal(irql, PASSIVE_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), 6);
    wdmsim_interrupt_raise(m, 0x61);
    KeStallExecutionProcessor(10);
    assert_int_equal(served, 0);
    KeReleaseInterruptSpinLock(interrupt, irql);
    assert_int_equal(served, 1);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IoDisconnectInterrupt(interrupt);
}

static KSYNCHRONIZE_ROUTINE count_served;
static BOOLEAN count_served(PVOID context) {
    assert_int_equal(KeGetCurrentIrql(), 6);
    *(unsigned *)context += 10;
    return FALSE;
}

static void a_synchronised_routine_runs_at_its_irql(struct machine *m) {
    (void)m;
    connect();
    assert_false(KeSynchronizeExecution(interrupt, count_served, &served));
    assert_int_equal(served, 10);
    IoDisconnectInterrupt(interrupt);
}

static void releasing_it_unheld_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    connect();
    KeRaiseIrql(6, &irql);
    wdmsim_expect_bugcheck(SPIN_LOCK_NOT_OWNED);
    KeReleaseInterruptSpinLock(interrupt, irql);
}

static void acquiring_it_above_its_level_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    connect();
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeRaiseIrql(7, &irql);
    KeAcquireInterruptSpinLock(interrupt);
}

static BOOLEAN be_synchronized(PVOID context) { return context != NULL; }

static void synchronizing_above_its_level_is_a_violation(struct machine *m) {
    KIRQL irql;
    connect();
    assert_true(KeSynchronizeExecution(interrupt, be_synchronized, m));
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeRaiseIrql(7, &irql);
    KeSynchronizeExecution(interrupt, be_synchronized, m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(it_keeps_the_service_routine_off),
        wdmsim_unit_test(a_synchronised_routine_runs_at_its_irql),
        wdmsim_unit_test(releasing_it_unheld_is_a_violation),
        wdmsim_unit_test(acquiring_it_above_its_level_is_a_violation),
        wdmsim_unit_test(synchronizing_above_its_level_is_a_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
