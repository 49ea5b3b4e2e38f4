/* IRQL: raising, lowering, and the mistakes that are bug checks. */
#include "../threads.h"

static void raising_returns_the_old_level(struct machine *m) {
    KIRQL old, older;
    (void)m;
    KeRaiseIrql(APC_LEVEL, &older);
    assert_int_equal(older, PASSIVE_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    assert_int_equal(old, APC_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
    KeLowerIrql(older);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(KeRaiseIrqlToDpcLevel(), PASSIVE_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(PASSIVE_LEVEL);
}

static void raising_downwards_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    wdmsim_expect_bugcheck(IRQL_NOT_GREATER_OR_EQUAL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeRaiseIrql(APC_LEVEL, &irql);
}

static void lowering_upwards_is_a_violation(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeLowerIrql(DISPATCH_LEVEL);
}

static void a_routine_above_its_level_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeEnterCriticalRegion(); /* APC_LEVEL and below */
}

static KDPC dpc;
static BOOLEAN ran;

static VOID run(PKDPC which, PVOID context, PVOID argument1, PVOID argument2) {
    (void)which;
    (void)context;
    (void)argument1;
    (void)argument2;
    ran = TRUE;
}

static void lowering_through_dispatch_level_delivers(struct machine *m) {
    KIRQL irql;
    (void)m;
    ran = FALSE;
    KeInitializeDpc(&dpc, run, NULL);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeLowerIrql(DISPATCH_LEVEL);
    assert_false(ran);
    KeLowerIrql(APC_LEVEL);
    assert_true(ran);
    KeLowerIrql(irql);
}

/* The routines behind the intrinsic forms check nothing, but they deliver all the same. */
static void the_other_forms_deliver_too(struct machine *m) {
    (void)m;
    ran = FALSE;
    KeInitializeDpc(&dpc, run, NULL);
    KIRQL irql = KzRaiseIrql(HIGH_LEVEL);
    assert_int_equal(irql, PASSIVE_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), HIGH_LEVEL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KzLowerIrql(DISPATCH_LEVEL);
    assert_false(ran);
    KzLowerIrql(irql);
    assert_true(ran);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void raising_to_dispatch_level_from_above_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    wdmsim_expect_bugcheck(IRQL_NOT_GREATER_OR_EQUAL);
    KeRaiseIrql(CLOCK_LEVEL, &irql);
    KeRaiseIrqlToDpcLevel();
}

static VOID fall_below(PKDPC which, PVOID context, PVOID argument1, PVOID argument2) {
    (void)which;
    (void)context;
    (void)argument1;
    (void)argument2;
    KeLowerIrql(PASSIVE_LEVEL);
    KeRaiseIrqlToDpcLevel(); /* nobody would notice */
}

static void lowering_below_dispatch_level_in_a_dpc_is_a_violation(struct machine *m) {
    (void)m;
    KeInitializeDpc(&dpc, fall_below, NULL);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(raising_returns_the_old_level),
        wdmsim_unit_test(raising_downwards_is_a_violation),
        wdmsim_unit_test(lowering_upwards_is_a_violation),
        wdmsim_unit_test(a_routine_above_its_level_is_a_violation),
        wdmsim_unit_test(lowering_through_dispatch_level_delivers),
        wdmsim_unit_test(the_other_forms_deliver_too),
        wdmsim_unit_test(raising_to_dispatch_level_from_above_is_a_violation),
        wdmsim_unit_test(lowering_below_dispatch_level_in_a_dpc_is_a_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
