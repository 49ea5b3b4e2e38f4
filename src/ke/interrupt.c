/* Synchronising with a device's interrupt service routine. */
#include "ke/ke.h"
#include "ki/interrupt.h"

static KIRQL ke_interrupt_acquire(struct machine *m, PKINTERRUPT interrupt) {
    KIRQL old = m->cpu->irql;
    if (interrupt->sync_irql > old)
        ki_set_irql(m, interrupt->sync_irql);
    ke_spin_acquire(m, interrupt->lock);
    return old;
}

static void ke_interrupt_release(struct machine *m, PKINTERRUPT interrupt, KIRQL old) {
    *interrupt->lock = 0;
    ki_lower(m, old);
}

BOOLEAN KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine,
                               PVOID SynchronizeContext) {
    KI_GATE(KeSynchronizeExecution);
    KI_CHECK_IRQL(KeSynchronizeExecution, Interrupt->sync_irql);
    KSYNCHRONIZE_ROUTINE *routine = SynchronizeRoutine;
    KIRQL old = ke_interrupt_acquire(m, Interrupt);
    BOOLEAN result = routine(SynchronizeContext);
    ke_interrupt_release(m, Interrupt, old);
    return result;
}

KIRQL KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt) {
    KI_GATE(KeAcquireInterruptSpinLock);
    KI_CHECK_IRQL(KeAcquireInterruptSpinLock, Interrupt->sync_irql);
    return ke_interrupt_acquire(m, Interrupt);
}

VOID KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql) {
    KI_GATE(KeReleaseInterruptSpinLock);
    if (KI_UNLIKELY(*Interrupt->lock != 1u + m->cpu->number))
        ki_bugcheck(m, SPIN_LOCK_NOT_OWNED, (ULONG_PTR)Interrupt->lock, 0, 0, 0,
                    "%s released an interrupt spin lock that it does not hold",
                    ki_address_name(m, __builtin_return_address(0)));
    ke_interrupt_release(m, Interrupt, OldIrql);
}
