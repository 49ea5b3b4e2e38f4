/*
 * Synchronising with a device's interrupt service routine: by the spin lock that the routine runs
 * under, or, if it runs at PASSIVE_LEVEL, by its event.
 */
#include "ke/ke.h"
#include "ki/interrupt.h"

/* Which bug check it is the page leaves open: a spin lock is asked for where there can be none,
 * below DISPATCH_LEVEL. */
static void ke_interrupt_check_lock(struct machine *m, PKINTERRUPT interrupt, const void *caller) {
    if (KI_UNLIKELY(ki_interrupt_is_passive(interrupt)))
        ki_bugcheck(m, IRQL_NOT_DISPATCH_LEVEL, (ULONG_PTR)interrupt, 0, 0, 0,
                    "%s asked for the spin lock of an interrupt that is served at PASSIVE_LEVEL",
                    ki_address_name(m, caller));
}

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
    if (ki_interrupt_is_passive(Interrupt)) {
        KeWaitForSingleObject(Interrupt->event, Executive, KernelMode, FALSE, NULL);
        BOOLEAN result = routine(SynchronizeContext);
        KeSetEvent(Interrupt->event, IO_NO_INCREMENT, FALSE);
        return result;
    }
    KIRQL old = ke_interrupt_acquire(m, Interrupt);
    BOOLEAN result = routine(SynchronizeContext);
    ke_interrupt_release(m, Interrupt, old);
    return result;
}

KIRQL KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt) {
    KI_GATE(KeAcquireInterruptSpinLock);
    ke_interrupt_check_lock(m, Interrupt, __builtin_return_address(0));
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
