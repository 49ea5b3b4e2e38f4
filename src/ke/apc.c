/*
 * Asynchronous procedure calls and alerts as drivers use them. The queues and their delivery are in
 * ki/apc.c.
 *
 * These routines have no reference page, although KAPC and its callbacks have: drivers that use
 * them declare them themselves, in the form kept here.
 */
#include "ke/ke.h"

#define KE_APC_TYPE 0x12

VOID KeInitializeApc(PRKAPC Apc, PKTHREAD Thread, int Environment, PKKERNEL_ROUTINE KernelRoutine,
                     PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine,
                     KPROCESSOR_MODE ApcMode, PVOID NormalContext) {
    *Apc = (KAPC){
        .Type = KE_APC_TYPE,
        .Size = sizeof *Apc,
        .Thread = Thread,
        .ApcStateIndex = (CCHAR)Environment,
        .KernelRoutine = KernelRoutine,
        .RundownRoutine = RundownRoutine,
        .NormalRoutine = NormalRoutine,
        .ApcMode =
            NormalRoutine ? ApcMode : KernelMode, /* without a normal routine it is a special one */
        .NormalContext = NormalRoutine ? NormalContext : NULL,
    };
}

BOOLEAN KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2,
                         KPRIORITY Increment) {
    KI_GATE(KeInsertQueueApc);
    bool inserted = ki_apc_insert(m, Apc, SystemArgument1, SystemArgument2, Increment);
    ki_poll(m);
    return inserted;
}

BOOLEAN KeRemoveQueueApc(PRKAPC Apc) {
    KI_GATE(KeRemoveQueueApc);
    return ki_apc_remove(m, Apc);
}

/* An alertable wait in that mode, or a less privileged one, ends; else the next one will. TRUE if
 * it was alerted already. */
BOOLEAN KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE AlertMode) {
    KI_GATE(KeAlertThread);
    BOOLEAN alerted = Thread->alerted[(int)AlertMode];
    bool waits =
        Thread->state == KI_THREAD_WAITING && Thread->alertable && AlertMode <= Thread->wait_mode;
    if (waits)
        ki_unwait(m, Thread, STATUS_ALERTED, 0);
    else
        Thread->alerted[(int)AlertMode] = TRUE;
    ki_poll(m);
    return alerted;
}

/* Takes the calling thread's alert. Without one, queued user APCs become deliverable at its return
 * to user mode. */
BOOLEAN KeTestAlertThread(KPROCESSOR_MODE AlertMode) {
    KI_GATE(KeTestAlertThread);
    PKTHREAD thread = ki_current_thread(m);
    BOOLEAN alerted = thread->alerted[(int)AlertMode];
    thread->alerted[(int)AlertMode] = FALSE;
    if (!alerted && AlertMode == UserMode && !IsListEmpty(&thread->apcs[UserMode]))
        thread->user_apc_pending = TRUE;
    return alerted;
}
