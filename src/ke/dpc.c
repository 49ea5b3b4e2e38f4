/* Deferred procedure calls: what drivers do with a KDPC. The queues are in ki/dpc.c. */
#include "ke/ke.h"
#include "ki/group.h"

static void ke_dpc_initialize(PRKDPC dpc, UCHAR type, PKDEFERRED_ROUTINE routine, PVOID context) {
    dpc->TargetInfoAsUlong = 0;
    dpc->Type = type;
    dpc->Importance = MediumImportance;
    dpc->DeferredRoutine = routine;
    dpc->DeferredContext = context;
    dpc->DpcData = NULL;
}

VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
    ke_dpc_initialize(Dpc, KI_DPC_TYPE, DeferredRoutine, DeferredContext);
}

VOID KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine,
                             PVOID DeferredContext) {
    ke_dpc_initialize(Dpc, KI_THREADED_DPC_TYPE, DeferredRoutine, DeferredContext);
}

static void ke_dpc_check(struct machine *m, const KDPC *dpc, void *caller) {
    if (KI_UNLIKELY(dpc->Type != KI_DPC_TYPE && dpc->Type != KI_THREADED_DPC_TYPE))
        ki_bugcheck(m, TIMER_OR_DPC_INVALID, 1, (ULONG_PTR)dpc, 0, 0,
                    "%s used a DPC object that is not initialised", ki_address_name(m, caller));
}

#define KE_DPC_EVENTS                                                                              \
    (WDMSIM_TRACE_BIT(WDMSIM_EVENT_DPC_QUEUE) | WDMSIM_TRACE_BIT(WDMSIM_EVENT_DPC_RUN) |           \
     WDMSIM_TRACE_BIT(WDMSIM_EVENT_DPC_END))

/* A normal DPC of medium importance for the processor where it is queued, which is without a
 * number: what KeInitializeDpc made. */
#define KE_DPC_PLAIN ((ULONG)KI_DPC_TYPE | (ULONG)MediumImportance << 8)

/*
 * Queueing the DPC comes to running it at once: it goes to this processor, which is below
 * DISPATCH_LEVEL with nothing else to do, and nobody watches.
 */
static inline bool ke_dpc_is_immediate(const struct machine *m, const KDPC *dpc) {
    const struct ki_processor *cpu = m->cpu;
    return !dpc->DpcData && dpc->TargetInfoAsUlong == KE_DPC_PLAIN && cpu->irql < DISPATCH_LEVEL &&
           !cpu->pending && !cpu->interrupts_off && m->clock.next_due > m->clock.now &&
           !(m->trace.mask & KE_DPC_EVENTS) && !m->hooks.dpcs && m->running != &m->host &&
           !m->irql_moved;
}

/* Such a one, without the queue: what a driver sees is the same. */
static inline void ke_dpc_run(struct machine *m, PKDPC dpc, PVOID argument1, PVOID argument2) {
    struct ki_processor *cpu = m->cpu;
    KIRQL irql = cpu->irql;
    void *seh = m->seh;
    dpc->SystemArgument1 = argument1;
    dpc->SystemArgument2 = argument2;
    cpu->irql = DISPATCH_LEVEL;
    cpu->dpc_routine = dpc->DeferredRoutine;
    cpu->in_dpc = TRUE;
    cpu->dpc_start = m->clock.now;
    m->seh = NULL;
    dpc->DeferredRoutine(dpc, dpc->DeferredContext, argument1, argument2);
    ki_dpc_returned(m, cpu, seh);
    ki_lower(m, irql);
}

/* The queue's way; also for what is no DPC. */
static __attribute__((noinline)) BOOLEAN ke_dpc_queue(struct machine *m, PKDPC dpc, PVOID argument1,
                                                      PVOID argument2, void *caller) {
    ke_dpc_check(m, dpc, caller);
    bool inserted = ki_dpc_insert(m, dpc, argument1, argument2);
    ki_poll(m);
    return inserted;
}

BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
    KI_GATE(KeInsertQueueDpc);
    if (KI_UNLIKELY(!ke_dpc_is_immediate(m, Dpc)))
        return ke_dpc_queue(m, Dpc, SystemArgument1, SystemArgument2, __builtin_return_address(0));
    ke_dpc_run(m, Dpc, SystemArgument1, SystemArgument2);
    return TRUE;
}

BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc) {
    KI_GATE(KeRemoveQueueDpc);
    ke_dpc_check(m, Dpc, __builtin_return_address(0));
    return ki_dpc_remove(m, Dpc);
}

VOID KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance) {
    KI_GATE(KeSetImportanceDpc);
    (void)m;
    Dpc->Importance = (UCHAR)Importance;
}

VOID KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number) {
    KI_GATE(KeSetTargetProcessorDpc);
    if (Number >= 0 && (unsigned)Number < ki_group_share(m, 0, m->processor_count))
        Dpc->Number = (USHORT)(KI_MAX_PROCESSORS + (unsigned)Number);
}

NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber) {
    KI_GATE(KeSetTargetProcessorDpcEx);
    ULONG index = ki_processor_index(m, ProcNumber);
    if (index == INVALID_PROCESSOR_INDEX)
        return STATUS_INVALID_PARAMETER;
    Dpc->Number = (USHORT)(KI_MAX_PROCESSORS + index);
    return STATUS_SUCCESS;
}

/* In a threaded DPC, too, although that is a thread. */
LOGICAL KeIsExecutingDpc(VOID) {
    const struct machine *m = ki_self();
    return m->cpu->in_dpc || m->cpu->thread->in_threaded_dpc;
}

/*
 * The calling thread is at PASSIVE_LEVEL, so no normal DPC is queued or active on its own processor
 * once it polls; threaded ones may be, if its priority is as high as theirs. A threaded DPC that
 * flushes would wait for itself.
 */
VOID KeFlushQueuedDpcs(VOID) {
    KI_GATE(KeFlushQueuedDpcs);
    if (KI_UNLIKELY(ki_current_thread(m)->in_threaded_dpc))
        ki_bugcheck(m, ATTEMPTED_SWITCH_FROM_DPC, (ULONG_PTR)ki_current_thread(m),
                    (ULONG_PTR)m->cpu->idle, 0, 0, "%s called KeFlushQueuedDpcs in a threaded DPC",
                    ki_address_name(m, __builtin_return_address(0)));
    m->hooks.dpc_flushes++;
    ki_dpcs_resume(m); /* held ones, and those whose queue was to be worked on later */
    ki_poll(m);
    ki_dpcs_flush(m);
    m->hooks.dpc_flushes--;
}

/* From a DPC routine, in clock ticks: what it has left of its own time, and of what its processor
 * may spend at its level without a break. */
NTSTATUS KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation) {
    KI_GATE(KeQueryDpcWatchdogInformation);
    if (!m->cpu->in_dpc)
        return STATUS_UNSUCCESSFUL;
    const ULONG limit = (ULONG)(KI_DPC_TIME_LIMIT / KI_TICK);
    const ULONG period = (ULONG)(KI_WATCHDOG_PERIOD / KI_TICK);
    ULONG used = (ULONG)((m->clock.now - m->cpu->dpc_start) / KI_TICK);
    ULONG high = (ULONG)(m->cpu->high_time / KI_TICK);
    *WatchdogInformation = (KDPC_WATCHDOG_INFORMATION){.DpcTimeLimit = limit,
                                                       .DpcTimeCount = limit - used,
                                                       .DpcWatchdogLimit = period,
                                                       .DpcWatchdogCount = period - high};
    return STATUS_SUCCESS;
}
