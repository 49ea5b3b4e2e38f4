/*
 * IRQL: raising masks what is at or below it on the current processor, lowering delivers what
 * waited meanwhile.
 */
#include "ke/ke.h"

#undef KeRaiseIrql

KIRQL KeGetCurrentIrql(VOID) { return ki_self()->cpu->irql; }

static _Noreturn void ke_raised_downwards(struct machine *m, KIRQL irql, void *caller) {
    ki_bugcheck(m, IRQL_NOT_GREATER_OR_EQUAL, irql, m->cpu->irql, 0, (ULONG_PTR)caller,
                "%s raised the IRQL from %s to %s", ki_address_name(m, caller),
                ki_irql_name(m->cpu->irql), ki_irql_name(irql));
}

/* Upwards, or in a DPC below its level. */
static _Noreturn void ke_lowered_badly(struct machine *m, KIRQL irql, void *caller) {
    KIRQL old = m->cpu->irql;
    if (irql > old)
        ki_bugcheck(m, IRQL_NOT_LESS_OR_EQUAL, 0, old, 0, (ULONG_PTR)caller,
                    "%s lowered the IRQL from %s to %s", ki_address_name(m, caller),
                    ki_irql_name(old), ki_irql_name(irql));
    ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x31, old, irql, 1,
                "%s lowered the IRQL from %s to %s in a DPC routine", ki_address_name(m, caller),
                ki_irql_name(old), ki_irql_name(irql));
}

KIRQL KfRaiseIrql(KIRQL NewIrql) {
    KI_GATE(KfRaiseIrql);
    KIRQL old = m->cpu->irql;
    if (KI_UNLIKELY(NewIrql < old || NewIrql > HIGH_LEVEL))
        ke_raised_downwards(m, NewIrql, __builtin_return_address(0));
    KI_TRACE(m, IRQL, "", old, NewIrql);
    ki_set_irql(m, NewIrql);
    return old;
}

VOID KeLowerIrql(KIRQL NewIrql) {
    KI_GATE(KeLowerIrql);
    KIRQL old = m->cpu->irql;
    if (KI_UNLIKELY(NewIrql > old || (m->cpu->in_dpc && NewIrql < DISPATCH_LEVEL)))
        ke_lowered_badly(m, NewIrql, __builtin_return_address(0));
    KI_TRACE(m, IRQL, "", old, NewIrql);
    ki_lower(m, NewIrql);
}

KIRQL KeRaiseIrqlToDpcLevel(VOID) {
    KI_GATE(KeRaiseIrqlToDpcLevel);
    if (KI_UNLIKELY(m->cpu->irql > DISPATCH_LEVEL))
        ke_raised_downwards(m, DISPATCH_LEVEL, __builtin_return_address(0));
    return ki_raise(m, DISPATCH_LEVEL);
}

KIRQL KeRaiseIrqlToSynchLevel(VOID) {
    struct machine *m = ki_self();
    KIRQL old = m->cpu->irql;
    ki_set_irql(m, old > CLOCK_LEVEL - 1 ? old : CLOCK_LEVEL - 1);
    return old;
}

VOID KzLowerIrql(KIRQL NewIrql) { KeLowerIrql(NewIrql); }

KIRQL KzRaiseIrql(KIRQL NewIrql) { return KfRaiseIrql(NewIrql); }
