/*
 * DPC queues, one per processor (two: threaded DPCs have their own, served here likewise at DISPATCH_LEVEL unless the
 * machine runs them in threads).
 *
 * A DPC is queued while its DpcData is not NULL, as in NT; that field points to the processor's queue. Importance decides the
 * end of the queue it enters: high at the front, everything else at the back.
 */
#include "ki/bugcheck.h"
#include "ki/dispatch.h"
#include "ki/processor.h"
#include "ki/trace.h"

struct ki_processor *ki_dpc_processor(struct machine *m, const KDPC *dpc)
{
    /* KeSetTargetProcessorDpc stores the number plus 64, as NT does, so that 0 is "where it is queued". */
    unsigned number = dpc->Number;
    return number >= KI_MAX_PROCESSORS ? &m->processors[number - KI_MAX_PROCESSORS] : m->cpu;
}

bool ki_dpc_insert(struct machine *m, PKDPC dpc, PVOID argument1, PVOID argument2)
{
    if (dpc->DpcData)
        return false;
    struct ki_processor *cpu = ki_dpc_processor(m, dpc);
    dpc->DpcData = cpu;
    dpc->SystemArgument1 = argument1;
    dpc->SystemArgument2 = argument2;
    if (dpc->Importance == HighImportance)
        InsertHeadList(&cpu->dpcs, (PLIST_ENTRY)&dpc->DpcListEntry);
    else
        InsertTailList(&cpu->dpcs, (PLIST_ENTRY)&dpc->DpcListEntry);
    cpu->dpc_count++;
    KI_TRACE(m, DPC_QUEUE, ki_address_name(m, (void *)dpc->DeferredRoutine), cpu->number);
    ki_request(m, cpu, DISPATCH_LEVEL);
    return true;
}

bool ki_dpc_remove(struct machine *m, PKDPC dpc)
{
    (void)m;
    struct ki_processor *cpu = dpc->DpcData;
    if (!cpu)
        return false;
    RemoveEntryList((PLIST_ENTRY)&dpc->DpcListEntry);
    cpu->dpc_count--;
    dpc->DpcData = NULL;
    return true;
}

_Noreturn void ki_dpc_overrun(struct machine *m)
{
    uint64_t span = m->clock.now - m->cpu->dpc_start;
    ki_bugcheck(m, DPC_WATCHDOG_VIOLATION, 0, span / KI_TICK, KI_DPC_TIME_LIMIT / KI_TICK, 0,
                "the DPC routine %s has run for %llu ms", ki_address_name(m, (void *)m->cpu->dpc_routine),
                (unsigned long long)(span / WDMSIM_MS));
}

/* Calls one DPC's routine, with what the machine guarantees around it. */
static void ki_dpc_call(struct machine *m, PKDPC dpc)
{
    PKDEFERRED_ROUTINE routine = dpc->DeferredRoutine;
    PVOID context = dpc->DeferredContext;
    PVOID argument1 = dpc->SystemArgument1, argument2 = dpc->SystemArgument2;
    struct ki_processor *cpu = m->cpu;
    void *seh = m->seh;
    dpc->DpcData = NULL; /* from here it can be queued again, even freed */
    cpu->dpc_routine = routine;
    cpu->in_dpc = TRUE;
    cpu->dpc_start = m->clock.now;
    m->seh = NULL;
    KI_TRACE(m, DPC_RUN, ki_address_name(m, (void *)routine));
    routine(dpc, context, argument1, argument2);
    KI_TRACE(m, DPC_END, ki_address_name(m, (void *)routine));
    if (KI_UNLIKELY(cpu->irql != DISPATCH_LEVEL || m->cpu != cpu))
        ki_bugcheck(m, IRQL_NOT_DISPATCH_LEVEL, (ULONG_PTR)routine, cpu->irql, 0, 0,
                    "the DPC routine %s returned at %s", ki_address_name(m, (void *)routine), ki_irql_name(cpu->irql));
    m->seh = seh;
    cpu->in_dpc = FALSE;
}

void ki_dpc_retire(struct machine *m)
{
    struct ki_processor *cpu = m->cpu;
    while (cpu->dpc_count) {
        PLIST_ENTRY link = RemoveHeadList(&cpu->dpcs);
        cpu->dpc_count--;
        ki_dpc_call(m, CONTAINING_RECORD(link, KDPC, DpcListEntry));
        /* Due timers and interrupts come before the next one. */
        ki_poll(m);
    }
}
