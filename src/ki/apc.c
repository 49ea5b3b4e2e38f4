/*
 * APC queues and their delivery.
 *
 * Special kernel APCs run at APC_LEVEL in their thread as soon as its IRQL is below that and it is
 * in no guarded region; normal ones run at PASSIVE_LEVEL and also need to be outside critical
 * regions; user APCs run when an alertable user-mode wait ends for them, which it does outside of
 * both. A waiting thread is woken for a kernel APC it could take, runs it, and waits again.
 *
 * Queue order: special ones before normal ones, each in order of arrival.
 */
#include "ki/bugcheck.h"
#include "ki/dispatch.h"
#include "ki/processor.h"
#include "ki/trace.h"

static bool ki_is_special(const KAPC *apc) { return apc->NormalRoutine == NULL; }

/* The first kernel APC the thread may run now, or NULL. */
static PKAPC ki_first_kernel_apc(const struct _KTHREAD *thread) {
    const LIST_ENTRY *head = &thread->apcs[KernelMode];
    if (thread->special_apc_disable || IsListEmpty(head))
        return NULL;
    PKAPC apc = CONTAINING_RECORD(head->Flink, KAPC, ApcListEntry);
    if (ki_is_special(apc))
        return apc;
    return thread->kernel_apc_disable || thread->kernel_apc_active ? NULL : apc;
}

bool ki_apc_pending_for_user(const struct _KTHREAD *thread) {
    return !IsListEmpty(&thread->apcs[UserMode]) && !thread->kernel_apc_disable &&
           !thread->special_apc_disable;
}

bool ki_apc_pending(const struct _KTHREAD *thread) { return ki_first_kernel_apc(thread) != NULL; }

void ki_apc_poll(struct machine *m) {
    if (!ki_apc_pending(m->cpu->thread))
        return;
    ki_request(m, m->cpu, APC_LEVEL);
    ki_poll(m);
}

/* After all special APCs that are queued already. */
static void ki_apc_link(PKTHREAD thread, PKAPC apc) {
    LIST_ENTRY *head = &thread->apcs[(int)apc->ApcMode];
    LIST_ENTRY *after = head->Blink;
    if (ki_is_special(apc)) {
        after = head;
        while (after->Flink != head &&
               ki_is_special(CONTAINING_RECORD(after->Flink, KAPC, ApcListEntry)))
            after = after->Flink;
    }
    apc->ApcListEntry.Blink = after;
    apc->ApcListEntry.Flink = after->Flink;
    after->Flink->Blink = &apc->ApcListEntry;
    after->Flink = &apc->ApcListEntry;
}

/* The thread learns of a new APC: by an interrupt if it runs, by the end of its wait if that is
 * allowed. */
static void ki_apc_notify(struct machine *m, PKTHREAD thread, KPROCESSOR_MODE mode,
                          KPRIORITY increment) {
    if (mode == UserMode) {
        if (thread->state == KI_THREAD_WAITING && thread->wait_mode == UserMode &&
            thread->alertable && ki_apc_pending_for_user(thread)) {
            thread->user_apc_pending = TRUE;
            ki_unwait(m, thread, STATUS_USER_APC, increment);
        }
        return;
    }
    if (!ki_apc_pending(thread))
        return;
    if (thread->state == KI_THREAD_RUNNING)
        ki_request(m, thread->processor, APC_LEVEL);
    else if (thread->state == KI_THREAD_WAITING && thread->wait_irql < APC_LEVEL)
        ki_unwait(m, thread, STATUS_KERNEL_APC, increment);
}

bool ki_apc_insert(struct machine *m, PKAPC apc, PVOID argument1, PVOID argument2,
                   KPRIORITY increment) {
    PKTHREAD thread = apc->Thread;
    if (apc->Inserted || !thread->apc_queueable)
        return false;
    apc->Inserted = TRUE;
    apc->SystemArgument1 = argument1;
    apc->SystemArgument2 = argument2;
    ki_apc_link(thread, apc);
    KI_TRACE(m, APC,
             ki_address_name(m, (void *)(apc->NormalRoutine ? (void *)apc->NormalRoutine
                                                            : (void *)apc->KernelRoutine)),
             thread->serial);
    ki_apc_notify(m, thread, apc->ApcMode, increment);
    return true;
}

bool ki_apc_remove(struct machine *m, PKAPC apc) {
    (void)m;
    if (!apc->Inserted)
        return false;
    apc->Inserted = FALSE;
    RemoveEntryList(&apc->ApcListEntry);
    return true;
}

/* An APC routine must leave the IRQL as it found it. */
static void ki_apc_check(struct machine *m, KIRQL irql, PKKERNEL_ROUTINE kernel, PKAPC apc,
                         PKNORMAL_ROUTINE normal) {
    if (KI_UNLIKELY(m->cpu->irql != irql))
        ki_bugcheck(m, IRQL_UNEXPECTED_VALUE, KI_UNEXPECTED_IRQL(m, irql, KI_UNEXPECTED_APC),
                    (ULONG_PTR)kernel, (ULONG_PTR)apc, (ULONG_PTR)normal,
                    "the APC routine %s returned at %s_LEVEL",
                    ki_address_name(m, irql == APC_LEVEL ? (void *)kernel : (void *)normal),
                    ki_irql_name(m->cpu->irql));
}

/* Runs one APC in the current thread: its kernel routine at APC_LEVEL, then its normal routine at
 * PASSIVE_LEVEL. */
static void ki_apc_run(struct machine *m, PKTHREAD thread, PKAPC apc) {
    PKNORMAL_ROUTINE normal = apc->NormalRoutine;
    PVOID context = apc->NormalContext, argument1 = apc->SystemArgument1,
          argument2 = apc->SystemArgument2;
    PKKERNEL_ROUTINE kernel = apc->KernelRoutine;
    bool kernel_mode = apc->ApcMode == KernelMode;
    ki_apc_remove(m, apc);
    kernel(apc, &normal, &context, &argument1, &argument2); /* may free the APC */
    ki_apc_check(m, APC_LEVEL, kernel, apc, normal);
    if (!normal)
        return;
    if (kernel_mode)
        thread->kernel_apc_active = TRUE;
    ki_lower(m, PASSIVE_LEVEL);
    normal(context, argument1, argument2);
    ki_apc_check(m, PASSIVE_LEVEL, kernel, apc, normal);
    ki_raise(m, APC_LEVEL);
    if (kernel_mode)
        thread->kernel_apc_active = FALSE;
}

void ki_apc_deliver(struct machine *m, KPROCESSOR_MODE previous_mode) {
    PKTHREAD thread = m->cpu->thread;
    void *seh = m->seh;
    PKAPC apc;
    m->seh = NULL;
    while ((apc = ki_first_kernel_apc(thread)) != NULL)
        ki_apc_run(m, thread, apc);
    while (previous_mode == UserMode && thread->user_apc_pending &&
           !IsListEmpty(&thread->apcs[UserMode])) {
        apc = CONTAINING_RECORD(thread->apcs[UserMode].Flink, KAPC, ApcListEntry);
        ki_apc_run(m, thread, apc);
    }
    if (previous_mode == UserMode)
        thread->user_apc_pending = FALSE;
    m->seh = seh;
}

void ki_apc_deliver_user(struct machine *m) {
    KIRQL irql = ki_raise(m, APC_LEVEL);
    ki_apc_deliver(m, UserMode);
    ki_lower(m, irql);
}
