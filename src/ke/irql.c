/*
 * IRQL: raising masks what is at or below it on the current processor, lowering delivers what
 * waited meanwhile.
 */
#include "ke/ke.h"

#undef KeRaiseIrql

KIRQL KeGetCurrentIrql(VOID) { return ki_self()->cpu->irql; }

KIRQL KfRaiseIrql(KIRQL NewIrql) {
    KI_GATE(KfRaiseIrql);
    KIRQL old = m->cpu->irql;
    if (KI_UNLIKELY(NewIrql < old || NewIrql > HIGH_LEVEL))
        ki_bugcheck(m, IRQL_NOT_GREATER_OR_EQUAL, NewIrql, old, 0,
                    (ULONG_PTR)__builtin_return_address(0), "%s raised the IRQL from %s to %s",
                    ki_address_name(m, __builtin_return_address(0)), ki_irql_name(old),
                    ki_irql_name(NewIrql));
    KI_TRACE(m, IRQL, "", old, NewIrql);
    ki_set_irql(m, NewIrql);
    return old;
}

VOID KeLowerIrql(KIRQL NewIrql) {
    KI_GATE(KeLowerIrql);
    KIRQL old = m->cpu->irql;
    if (KI_UNLIKELY(NewIrql > old))
        ki_bugcheck(m, IRQL_NOT_LESS_OR_EQUAL, 0, old, 0, (ULONG_PTR)__builtin_return_address(0),
                    "%s lowered the IRQL from %s to %s",
                    ki_address_name(m, __builtin_return_address(0)), ki_irql_name(old),
                    ki_irql_name(NewIrql));
    KI_TRACE(m, IRQL, "", old, NewIrql);
    ki_lower(m, NewIrql);
}

KIRQL KeRaiseIrqlToDpcLevel(VOID) {
    KI_GATE(KeRaiseIrqlToDpcLevel);
    return ki_raise(m, DISPATCH_LEVEL);
}

KIRQL KeRaiseIrqlToSynchLevel(VOID) {
    struct machine *m = ki_self();
    KIRQL old = m->cpu->irql;
    ki_set_irql(m, old > CLOCK_LEVEL - 1 ? old : CLOCK_LEVEL - 1);
    return old;
}

VOID KzLowerIrql(KIRQL NewIrql) { ki_lower(ki_self(), NewIrql); }

KIRQL KzRaiseIrql(KIRQL NewIrql) { return ki_raise(ki_self(), NewIrql); }
