/*
 * Mutexes: owned by a thread, recursive, and with normal kernel APCs held off while owned
 * (ApcDisable). A mutant is the same object without that bracket. SignalState is 1 when free and
 * goes down with each acquisition. DpcActive says that it was acquired at DISPATCH_LEVEL.
 */
#include "ke/ke.h"
#include "ki/lock_log.h"

VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG Level) {
    (void)Level;
    KeInitializeMutant(Mutex, FALSE);
    Mutex->ApcDisable = 1;
}

VOID KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner) {
    struct machine *m = ki_self();
    if (KI_UNLIKELY(m && ki_locks_followed(m)))
        ki_lock_initialized(m, Mutant, __builtin_return_address(0));
    Mutant->Header.Lock = 0;
    Mutant->Header.Type = MutantObject;
    Mutant->Header.Size = sizeof(KMUTANT) / sizeof(LONG);
    Mutant->Header.SignalState = 1;
    InitializeListHead(&Mutant->Header.WaitListHead);
    Mutant->OwnerThread = NULL;
    Mutant->Abandoned = FALSE;
    Mutant->ApcDisable = 0;
    if (InitialOwner)
        ki_satisfy(m, &Mutant->Header, ki_current_thread(m));
}

/* The owner gives up the last acquisition. */
static void ke_mutant_free(struct machine *m, PKMUTANT mutant, KPRIORITY increment) {
    PKTHREAD owner = mutant->OwnerThread;
    RemoveEntryList(&mutant->MutantListEntry);
    mutant->OwnerThread = NULL;
    if (ki_locks_followed(m))
        ki_lock_dropped(m, mutant);
    mutant->Header.DpcActive = FALSE;
    if (mutant->ApcDisable)
        owner->kernel_apc_disable++;
    ki_wait_test(m, &mutant->Header, increment);
}

LONG KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait) {
    KI_GATE(KeReleaseMutant);
    PKTHREAD thread = ki_current_thread(m);
    LONG old = Mutant->Header.SignalState;
    if (Abandoned) {
        Mutant->Header.SignalState = 1;
        Mutant->Abandoned = TRUE;
    } else {
        if (Mutant->OwnerThread != thread ||
            (m->cpu->irql >= DISPATCH_LEVEL) != Mutant->Header.DpcActive)
            ExRaiseStatus(Mutant->Abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED);
        Mutant->Header.SignalState++;
    }
    if (Mutant->Header.SignalState == 1 && old <= 0)
        ke_mutant_free(m, Mutant, Increment);
    ke_finish_signal(m, Wait);
    if (!Wait && thread->kernel_apc_disable == 0)
        ki_apc_poll(m);
    return old;
}

LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait) { return KeReleaseMutant(Mutex, 1, FALSE, Wait); }

LONG KeReadStateMutant(PRKMUTANT Mutant) {
    KI_GATE(KeReadStateMutant);
    (void)m;
    return Mutant->Header.SignalState;
}

LONG KeReadStateMutex(PRKMUTEX Mutex) {
    KI_GATE(KeReadStateMutex);
    (void)m;
    return Mutex->Header.SignalState;
}

void ke_thread_check(struct machine *m, PKTHREAD thread) {
    if (thread->stack_locked || thread->expansions)
        ki_bugcheck(m, KERNEL_STACK_LOCKED_AT_EXIT, 0, 0, 0, 0,
                    "thread %u (%s) ended while its stack was %s", thread->serial, thread->name,
                    thread->expansions ? "expanded" : "not swappable");
    if (ki_locks_followed(m))
        ki_locks_thread_ends(m, thread);
    for (PLIST_ENTRY link = thread->mutants.Flink; link != &thread->mutants; link = link->Flink) {
        PKMUTANT mutant = CONTAINING_RECORD(link, KMUTANT, MutantListEntry);
        char site[200];
        ki_lock_site(m, mutant, site, sizeof site);
        if (mutant->ApcDisable)
            ki_bugcheck(m, THREAD_TERMINATE_HELD_MUTEX, (ULONG_PTR)thread, (ULONG_PTR)mutant, 0, 0,
                        "thread %u (%s) ended while it owned a kernel mutex%s", thread->serial,
                        thread->name, site);
    }
}

void ke_thread_ends(struct machine *m, PKTHREAD thread) {
    ke_queue_leave(m, thread);
    while (!IsListEmpty(&thread->mutants))
        KeReleaseMutant(CONTAINING_RECORD(thread->mutants.Flink, KMUTANT, MutantListEntry), 0, TRUE,
                        FALSE);
}
