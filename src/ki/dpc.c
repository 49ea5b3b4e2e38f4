/*
 * DPC queues: each processor has one for normal DPCs and one for threaded DPCs.
 *
 * Normal DPCs run at DISPATCH_LEVEL, nested on the stack of what they interrupt. Threaded ones run
 * at PASSIVE_LEVEL in a thread of the highest priority that belongs to the processor: normal DPCs
 * interrupt it, other threads do not. A machine with WDMSIM_NO_THREADED_DPC treats all as normal,
 * as Windows does when ThreadDpcEnable is 0 in the registry. (kernel/introduction-to-threaded-dpcs)
 *
 * A DPC is queued while its DpcData is not NULL, as in NT; that field points to the processor's
 * queue. Importance decides the end of the queue it enters: high at the front, everything else at
 * the back. It also decides whether the queue of normal DPCs is worked on at once: not for a low
 * one, nor for a medium one that another processor is to run. Such a one waits until more are
 * queued than KI_DPC_DEPTH, something else makes the processor look, or the clock ticks while that
 * processor runs. A processor that is idle looks always. (kernel/organization-of-dpc-queues; the
 * depth, the tick and the idle processor are judgements, the page calls them system-defined.)
 *
 * A flush puts a mark at the end of each queue that is in use: once that has been taken off, what
 * was queued before it has run, whatever the routines have queued since.
 */
#include "ki/bugcheck.h"
#include "ki/dispatch.h"
#include "ki/processor.h"
#include "ki/trace.h"

struct ki_processor *ki_dpc_processor(struct machine *m, const KDPC *dpc) {
    /* KeSetTargetProcessorDpc stores the number plus 64, as NT does, so that 0 is "where it is
     * queued". */
    unsigned number = dpc->Number;
    return number >= KI_MAX_PROCESSORS ? &m->processors[number - KI_MAX_PROCESSORS] : m->cpu;
}

bool ki_dpc_is_threaded(const struct machine *m, const KDPC *dpc) {
    return dpc->Type == KI_THREADED_DPC_TYPE && !(m->flags & WDMSIM_NO_THREADED_DPC);
}

#define KI_DPC_DEPTH 4u
/* In ki_processor.pending: DPCs wait for their queue to be worked on. */
#define KI_PENDING_LATER 1u

/* The DPC is in the queue of a processor: whether that is reason to work on the queue now. */
static bool ki_dpc_is_urgent(const struct machine *m, const struct ki_processor *cpu,
                             const KDPC *dpc) {
    UCHAR importance = dpc->Importance;
    bool urgent = cpu == m->cpu
                      ? importance != LowImportance
                      : importance == HighImportance || importance == MediumHighImportance;
    return urgent || cpu->dpc_count > KI_DPC_DEPTH || cpu->thread == cpu->idle;
}

/* KDPC.Type of what is no DPC: a flush's mark. */
#define KI_DPC_MARK 0xff

static void ki_dpc_unmark(PKDPC mark, LIST_ENTRY *queue) {
    struct ki_processor *cpu = mark->DpcData;
    if (queue == &cpu->dpcs)
        cpu->dpc_count--;
    mark->DpcData = NULL; /* whoever flushes goes on */
}

/*
 * Takes the DPC that runs next from a queue: the first one. While the host holds DPCs back it is
 * the one let go, which stands in front, or none.
 */
static PKDPC ki_dpc_take(struct machine *m, LIST_ENTRY *queue) {
    while (!IsListEmpty(queue)) {
        PKDPC dpc = CONTAINING_RECORD(queue->Flink, KDPC, DpcListEntry);
        if (KI_UNLIKELY(m->hooks.dpcs_held) && !m->hooks.dpc_flushes) {
            if (dpc != m->hooks.dpc_released)
                return NULL;
            m->hooks.dpc_released = NULL;
        }
        RemoveHeadList(queue);
        if (KI_LIKELY(dpc->Type != KI_DPC_MARK))
            return dpc;
        ki_dpc_unmark(dpc, queue);
    }
    return NULL;
}

bool ki_dpc_insert(struct machine *m, PKDPC dpc, PVOID argument1, PVOID argument2) {
    if (dpc->DpcData)
        return false;
    struct ki_processor *cpu = ki_dpc_processor(m, dpc);
    bool threaded = ki_dpc_is_threaded(m, dpc);
    LIST_ENTRY *queue = threaded ? &cpu->threaded_dpcs : &cpu->dpcs;
    dpc->DpcData = cpu;
    dpc->SystemArgument1 = argument1;
    dpc->SystemArgument2 = argument2;
    if (dpc->Importance == HighImportance)
        InsertHeadList(queue, (PLIST_ENTRY)&dpc->DpcListEntry);
    else
        InsertTailList(queue, (PLIST_ENTRY)&dpc->DpcListEntry);
    KI_TRACE(m, DPC_QUEUE, ki_address_name(m, (void *)dpc->DeferredRoutine), cpu->number);
    if (KI_UNLIKELY(m->hooks.on_dpc != NULL))
        ki_dpc_observed(m, dpc, cpu, threaded);
    if (KI_UNLIKELY(threaded)) {
        ki_dpc_thread_wake(m, cpu);
    } else {
        cpu->dpc_count++;
        if (ki_dpc_is_urgent(m, cpu, dpc))
            ki_request(m, cpu, DISPATCH_LEVEL);
        else
            cpu->pending |= KI_PENDING_LATER;
    }
    return true;
}

bool ki_dpc_remove(struct machine *m, PKDPC dpc) {
    struct ki_processor *cpu = dpc->DpcData;
    if (!cpu)
        return false;
    RemoveEntryList((PLIST_ENTRY)&dpc->DpcListEntry);
    if (!ki_dpc_is_threaded(m, dpc))
        cpu->dpc_count--;
    dpc->DpcData = NULL;
    return true;
}

/* Returns when a queue has been worked off up to its present end. */
static void ki_dpc_flush_queue(struct machine *m, struct ki_processor *cpu, LIST_ENTRY *queue) {
    KDPC mark = {.Type = KI_DPC_MARK, .DpcData = cpu};
    InsertTailList(queue, (PLIST_ENTRY)&mark.DpcListEntry);
    if (queue == &cpu->threaded_dpcs) {
        ki_dpc_thread_wake(m, cpu);
    } else {
        cpu->dpc_count++;
        ki_request(m, cpu, DISPATCH_LEVEL);
    }
    ki_poll(m);
    while (mark.DpcData) {
        ki_yield_thread(m);
        ki_yield_processor(m);
        ki_poll(m);
    }
}

void ki_dpcs_flush(struct machine *m) {
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct ki_processor *cpu = &m->processors[i];
        if (cpu->dpc_count || cpu->in_dpc)
            ki_dpc_flush_queue(m, cpu, &cpu->dpcs);
        if (!IsListEmpty(&cpu->threaded_dpcs) ||
            (cpu->dpc_thread && cpu->dpc_thread->in_threaded_dpc))
            ki_dpc_flush_queue(m, cpu, &cpu->threaded_dpcs);
    }
}

void ki_dpc_watch(struct machine *m, uint64_t ns) {
    struct ki_processor *cpu = m->cpu;
    uint64_t span = cpu->in_dpc ? m->clock.now - cpu->dpc_start : 0;
    cpu->high_time += ns;
    if (KI_UNLIKELY(span > KI_DPC_TIME_LIMIT))
        ki_bugcheck(m, DPC_WATCHDOG_VIOLATION, 0, span / KI_TICK, KI_DPC_TIME_LIMIT / KI_TICK, 0,
                    "the DPC routine %s has run for %llu ms",
                    ki_address_name(m, (void *)cpu->dpc_routine),
                    (unsigned long long)(span / WDMSIM_MS));
    if (KI_UNLIKELY(cpu->high_time > KI_WATCHDOG_PERIOD))
        ki_bugcheck(m, DPC_WATCHDOG_VIOLATION, 1, KI_WATCHDOG_PERIOD / KI_TICK, 0, 0,
                    "processor %u has spent %llu ms at DISPATCH_LEVEL and above without a break",
                    cpu->number, (unsigned long long)(cpu->high_time / WDMSIM_MS));
}

_Noreturn void ki_dpc_misbehaved(struct machine *m, PKDEFERRED_ROUTINE routine, KIRQL irql) {
    ki_bugcheck(m, IRQL_NOT_DISPATCH_LEVEL, (ULONG_PTR)routine, irql, 0, 0,
                "the DPC routine %s returned at %s", ki_address_name(m, (void *)routine),
                ki_irql_name(irql));
}

/* Calls one DPC's routine, with what the machine guarantees around it. */
static void ki_dpc_call(struct machine *m, PKDPC dpc) {
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
    ki_dpc_returned(m, cpu, seh);
}

/* DPCs that keep each other going would do so for ever if they cost nothing. From this many on that
 * came while others ran, each costs what a routine may take at most by the guidelines, and the
 * watchdog finds them. */
#define KI_DPC_SERIES 1024u
#define KI_DPC_COST (100 * WDMSIM_US)

void ki_dpc_retire(struct machine *m) {
    struct ki_processor *cpu = m->cpu;
    unsigned left = cpu->dpc_count + KI_DPC_SERIES;
    PKDPC dpc;
    while ((dpc = ki_dpc_take(m, &cpu->dpcs)) != NULL) {
        cpu->dpc_count--;
        ki_dpc_call(m, dpc);
        if (KI_UNLIKELY(--left == 0)) {
            ki_clock_spend(m, KI_DPC_SERIES * KI_DPC_COST);
            left = KI_DPC_SERIES;
        }
        /* Due timers and interrupts come before the next one. */
        ki_poll(m);
    }
    cpu->pending &= ~KI_PENDING_LATER;
}

/* ---- threaded DPCs ---- */

/* Calls one threaded DPC's routine in its thread. */
static void ki_threaded_dpc_call(struct machine *m, PKDPC dpc) {
    PKDEFERRED_ROUTINE routine = dpc->DeferredRoutine;
    PVOID context = dpc->DeferredContext;
    PVOID argument1 = dpc->SystemArgument1, argument2 = dpc->SystemArgument2;
    PKTHREAD thread = m->cpu->thread;
    dpc->DpcData = NULL; /* from here it can be queued again, even freed */
    thread->in_threaded_dpc = TRUE;
    KI_TRACE(m, DPC_RUN, ki_address_name(m, (void *)routine));
    routine(dpc, context, argument1, argument2);
    KI_TRACE(m, DPC_END, ki_address_name(m, (void *)routine));
    if (KI_UNLIKELY(m->cpu->irql != PASSIVE_LEVEL))
        ki_bugcheck(m, IRQL_UNEXPECTED_VALUE,
                    KI_UNEXPECTED_IRQL(m, PASSIVE_LEVEL, KI_UNEXPECTED_CALLOUT), (ULONG_PTR)routine,
                    (ULONG_PTR)context, 0, "the threaded DPC routine %s returned at %s_LEVEL",
                    ki_address_name(m, (void *)routine), ki_irql_name(m->cpu->irql));
    thread->in_threaded_dpc = FALSE;
}

/* Until the next threaded DPC is queued. Nothing moves between the look at the queue and the sleep:
 * there is no gate. */
static void ki_dpc_thread_sleep(struct machine *m) {
    PKTHREAD thread = m->cpu->thread;
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    thread->wait_irql = APC_LEVEL; /* nothing but a DPC ends this wait */
    thread->wait_mode = KernelMode;
    thread->alertable = FALSE;
    thread->wait_list = NULL;
    thread->state = KI_THREAD_WAITING;
    ki_block(m);
    ki_lower(m, irql);
}

static VOID ki_dpc_thread_main(PVOID context) {
    struct machine *m = ki_self();
    struct ki_processor *cpu = context;
    for (;;) {
        PKDPC dpc;
        while ((dpc = ki_dpc_take(m, &cpu->threaded_dpcs)) != NULL)
            ki_threaded_dpc_call(m, dpc);
        ki_dpc_thread_sleep(m);
    }
}

/* Something was queued, at any IRQL: the processor's thread is made, or woken if it sleeps. */
void ki_dpc_thread_wake(struct machine *m, struct ki_processor *cpu) {
    PKTHREAD thread = cpu->dpc_thread;
    if (thread) {
        if (thread->state == KI_THREAD_WAITING)
            ki_unwait(m, thread, STATUS_SUCCESS, 0);
        return;
    }
    thread = m->make_dpc_thread(m, ki_dpc_thread_main, cpu);
    if (!thread)
        ki_no_memory();
    cpu->dpc_thread = thread;
    thread->priority = thread->base_priority = HIGH_PRIORITY;
    thread->affinity = thread->user_affinity = 1ull << cpu->number;
    KI_TRACE(m, THREAD_START, thread->name, thread->serial);
    ki_ready_thread(m, thread, 0);
}
