/* Semaphores: a count that waits take from and releases add to, up to a limit. */
#include "ke/ke.h"

VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit) {
    KI_GATE(KeInitializeSemaphore);
    (void)m;
    Semaphore->Header.Lock = 0;
    Semaphore->Header.Type = SemaphoreObject;
    Semaphore->Header.Size = sizeof(KSEMAPHORE) / sizeof(LONG);
    Semaphore->Header.SignalState = Count;
    InitializeListHead(&Semaphore->Header.WaitListHead);
    Semaphore->Limit = Limit;
}

LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment,
                        BOOLEAN Wait) {
    KI_GATE(KeReleaseSemaphore);
    if (Wait)
        KI_CHECK_IRQL(KeReleaseSemaphore, PASSIVE_LEVEL);
    LONG old = Semaphore->Header.SignalState;
    LONG now = (LONG)((ULONG)old + (ULONG)Adjustment);
    if (now > Semaphore->Limit || now < old)
        ExRaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    Semaphore->Header.SignalState = now;
    KI_TRACE(m, SIGNAL, "", SemaphoreObject, now);
    if (old == 0)
        ki_wait_test(m, &Semaphore->Header, Increment);
    ke_finish_signal(m, Wait);
    return old;
}

LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore) {
    KI_GATE(KeReadStateSemaphore);
    (void)m;
    return Semaphore->Header.SignalState;
}
