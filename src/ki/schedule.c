/*
 * The scheduler: 32 priorities, one set of ready queues for all processors, affinity masks.
 *
 * A thread that becomes ready goes to the queue of its priority and one processor is asked to look:
 * its ideal or its last one if that is idle, another idle one (a choice when there are several), or
 * the one that runs the lowest priority below its own. That processor takes the best ready thread
 * it may run when it next reaches a level below DISPATCH_LEVEL, as the dispatch interrupt does in
 * NT. Thread changes happen at DISPATCH_LEVEL on both sides: every suspended thread resumes at that
 * level and lowers to its own.
 *
 * A slice is measured in the virtual time since the thread got its processor. At its end a boosted
 * priority goes back by one level towards the base, and ready threads of the same priority get
 * their turn.
 */
#include "ki/bugcheck.h"
#include "ki/choose.h"
#include "ki/dispatch.h"
#include "ki/group.h"
#include "ki/processor.h"
#include "ki/schedule.h"
#include "ki/trace.h"

static inline bool ki_may_run(const struct _KTHREAD *thread, const struct ki_processor *cpu) {
    return thread->affinity >> cpu->number & 1;
}

/* The best ready thread for a processor with at least `priority`, or NULL. */
static PKTHREAD ki_find_ready(struct machine *m, const struct ki_processor *cpu,
                              KPRIORITY priority) {
    uint64_t mask = m->ready_summary >> priority << priority;
    while (mask) {
        int best = 63 - __builtin_clzll(mask);
        LIST_ENTRY *head = &m->ready[best];
        for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
            PKTHREAD thread = CONTAINING_RECORD(link, struct _KTHREAD, ready_link);
            if (ki_may_run(thread, cpu))
                return thread;
        }
        mask &= ~(1ull << best);
    }
    return NULL;
}

static void ki_enqueue(struct machine *m, PKTHREAD thread, bool first) {
    LIST_ENTRY *head = &m->ready[thread->priority];
    thread->state = KI_THREAD_READY;
    if (first)
        InsertHeadList(head, &thread->ready_link);
    else
        InsertTailList(head, &thread->ready_link);
    m->ready_summary |= 1ull << thread->priority;
}

static void ki_dequeue(struct machine *m, PKTHREAD thread) {
    RemoveEntryList(&thread->ready_link);
    if (IsListEmpty(&m->ready[thread->priority]))
        m->ready_summary &= ~(1ull << thread->priority);
}

bool ki_has_ready(struct machine *m, const struct ki_processor *cpu) {
    return m->ready_summary && ki_find_ready(m, cpu, 0) != NULL;
}

/* The thread that ki_has_peer speaks of, or NULL. */
static inline PKTHREAD ki_find_peer(struct machine *m, const struct ki_processor *cpu) {
    if (!m->ready_summary || cpu->thread == cpu->idle || m->sleeper)
        return NULL;
    return ki_find_ready(m, cpu, cpu->thread->priority);
}

bool ki_has_peer(struct machine *m, const struct ki_processor *cpu) {
    return ki_find_peer(m, cpu) != NULL;
}

/* Moves `first` to the front of the candidates, if it is one. */
static void ki_prefer(struct ki_processor **candidates, unsigned count,
                      struct ki_processor *first) {
    for (unsigned i = 1; i < count; i++) {
        if (candidates[i] == first) {
            candidates[i] = candidates[0];
            candidates[0] = first;
        }
    }
}

/* The preferred processor of the group that the thread is in. */
static struct ki_processor *ki_ideal_processor(struct machine *m, const struct _KTHREAD *thread) {
    unsigned group = (unsigned)__builtin_ctzll(thread->affinity) >> m->group_shift;
    unsigned index = (group << m->group_shift) + thread->ideal_processor;
    return index < m->processor_count ? &m->processors[index] : NULL;
}

/* The processor that should look for `thread`: see the head of the file. NULL: none, it waits in
 * its queue. */
static struct ki_processor *ki_place_thread(struct machine *m, PKTHREAD thread) {
    struct ki_processor *idle[KI_MAX_PROCESSORS], *lowest = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct ki_processor *cpu = &m->processors[i];
        if (!ki_may_run(thread, cpu) || cpu->reschedule)
            continue;
        if (cpu->thread == cpu->idle)
            idle[count++] = cpu;
        else if (cpu->thread->priority < thread->priority &&
                 (!lowest || cpu->thread->priority < lowest->thread->priority))
            lowest = cpu;
    }
    if (!count)
        return lowest;
    ki_prefer(idle, count, thread->processor);
    if (KI_UNLIKELY(thread->ideal_processor < ki_group_size(m)))
        ki_prefer(idle, count, ki_ideal_processor(m, thread));
    return idle[ki_choose(m, WDMSIM_CHOICE_PLACE, count)];
}

void ki_ready_thread(struct machine *m, PKTHREAD thread, KPRIORITY increment) {
    if (increment > 0 && thread->priority < LOW_REALTIME_PRIORITY) {
        KPRIORITY boosted = thread->base_priority + increment;
        if (boosted >= LOW_REALTIME_PRIORITY)
            boosted = LOW_REALTIME_PRIORITY - 1;
        if (boosted > thread->priority)
            thread->priority = boosted;
    }
    ki_enqueue(m, thread, false);
    struct ki_processor *cpu = ki_place_thread(m, thread);
    if (!cpu)
        return;
    cpu->reschedule = TRUE;
    ki_request(m, cpu, DISPATCH_LEVEL);
}

/* `next` is the processor's thread from here on. */
static void ki_install_thread(struct machine *m, struct ki_processor *cpu, PKTHREAD from,
                              PKTHREAD next) {
    KI_TRACE(m, SWITCH, "", from->serial, next->serial);
    from->run_time += m->clock.now - from->run_start;
    next->run_start = m->clock.now;
    next->state = KI_THREAD_RUNNING;
    next->processor = cpu;
    cpu->thread = next;
    cpu->fiber = &next->fiber;
    if (KI_UNLIKELY(cpu->interrupts_off) && !m->sleeper)
        ki_set_interrupts(m, cpu, true); /* the flag belongs to what ran */
    if (KI_UNLIKELY(!IsListEmpty(&next->apcs[KernelMode])) && ki_apc_pending(next))
        cpu->pending |= 1u << APC_LEVEL;
    else
        cpu->pending &= ~(1u << APC_LEVEL);
}

void ki_switch_thread(struct machine *m, PKTHREAD from, PKTHREAD next) {
    struct ki_processor *cpu = m->cpu;
    ki_install_thread(m, cpu, from, next);
    m->running = cpu->fiber;
    ki_fiber_switch(m, &from->fiber, cpu->fiber);
}

/* The processor goes from the thread that it runs to `next`; the one becomes ready, the first or
 * the last of its priority, unless it is the idle thread. */
static void ki_replace_thread(struct machine *m, PKTHREAD thread, PKTHREAD next, bool first) {
    struct ki_processor *cpu = m->cpu;
    if (next != cpu->idle)
        ki_dequeue(m, next);
    if (thread != cpu->idle) {
        ki_enqueue(m, thread, first);
        if (KI_UNLIKELY(!ki_may_run(thread, cpu))) {
            struct ki_processor *other = ki_place_thread(m, thread);
            if (other) {
                other->reschedule = TRUE;
                ki_request(m, other, DISPATCH_LEVEL);
            }
        }
    }
    ki_switch_thread(m, thread, next);
}

void ki_slice_end(struct machine *m) {
    struct ki_processor *cpu = m->cpu;
    PKTHREAD thread = cpu->thread;
    uint64_t span = m->clock.now - thread->run_start;
    thread->run_time += span;
    thread->run_start = m->clock.now;
    if (thread->priority < LOW_REALTIME_PRIORITY && thread->priority > thread->base_priority) {
        uint64_t slices = span / KI_SLICE;
        uint64_t boost = (uint64_t)(thread->priority - thread->base_priority);
        thread->priority -= (KPRIORITY)(slices < boost ? slices : boost);
    }
    if (thread == cpu->idle || !m->ready_summary)
        return;
    cpu->slice_ended = cpu->reschedule = TRUE;
    ki_request(m, cpu, DISPATCH_LEVEL);
}

void ki_reschedule(struct machine *m) {
    struct ki_processor *cpu = m->cpu;
    PKTHREAD thread = cpu->thread;
    bool idle = thread == cpu->idle;
    bool expired = cpu->slice_ended;
    cpu->reschedule = FALSE;
    cpu->slice_ended = FALSE;
    PKTHREAD next = ki_find_ready(m, cpu, idle ? 0 : thread->priority + (expired ? 0 : 1));
    if (!idle && !ki_may_run(thread, cpu)) { /* its affinity changed under it */
        next = ki_find_ready(m, cpu, 0);
        if (!next)
            next = cpu->idle;
    }
    if (next)
        ki_replace_thread(m, thread, next, !expired);
}

/*
 * What the threads behind `next` in its ready queue need to go on is fetched meanwhile: of the
 * second the thread, of the first, whose thread was fetched a turn ago, the stack. When thousands
 * run one after the other none of that is in a cache.
 */
static inline void ki_prefetch_ready(const struct machine *m, const struct _KTHREAD *next) {
    const LIST_ENTRY *head = &m->ready[next->priority], *link = next->ready_link.Flink;
    if (link == head)
        return;
    const struct _KTHREAD *first = CONTAINING_RECORD(link, struct _KTHREAD, ready_link);
    const char *second = (const char *)CONTAINING_RECORD(link->Flink, struct _KTHREAD, ready_link);
#ifndef KI_UCONTEXT
    for (unsigned line = 0; line < 4; line++)
        __builtin_prefetch((const char *)first->fiber.stack_pointer + 64 * line, 1);
#else
    (void)first;
#endif
    for (size_t line = 0; line < sizeof *first; line += 64)
        __builtin_prefetch(second + line, 1);
}

/* What the current processor runs when its thread stops: the best ready thread or its idle thread.
 */
static PKTHREAD ki_take_next(struct machine *m) {
    struct ki_processor *cpu = m->cpu;
    if (KI_UNLIKELY(m->sleeper != NULL))
        return m->sleeper;
    cpu->reschedule = FALSE;
    cpu->slice_ended = FALSE;
    PKTHREAD next = m->ready_summary ? ki_find_ready(m, cpu, 0) : NULL;
    if (!next)
        return cpu->idle;
    ki_prefetch_ready(m, next);
    ki_dequeue(m, next);
    return next;
}

/* The processor falls idle: the idle thread is its fiber from now on, but another processor may
 * move first. */
static void ki_fall_idle(struct machine *m) {
    struct ki_processor *cpu = m->cpu;
    ki_install_thread(m, cpu, cpu->thread, cpu->idle);
    ki_set_irql(m, PASSIVE_LEVEL); /* wherever the idle thread resumes, it delivers from there */
    cpu->high_time = 0;
    if (KI_UNLIKELY((m->go_idle != NULL) | (cpu->dpc_count != 0)))
        cpu->pending |= 1u << DISPATCH_LEVEL; /* it has to get there itself */
    ki_update_runnable(m, cpu);
}

void ki_block(struct machine *m) {
    PKTHREAD thread = m->cpu->thread;
    PKTHREAD next = ki_take_next(m);
    if (next != m->cpu->idle) {
        ki_switch_thread(m, thread, next);
        return;
    }
    ki_fall_idle(m);
    ki_dispatch(m, &thread->fiber);
}

PKTHREAD ki_find_outside(const struct machine *m) {
    for (uint64_t mask = m->ready_summary; mask; mask &= mask - 1) {
        const LIST_ENTRY *head = &m->ready[__builtin_ctzll(mask)];
        for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
            PKTHREAD thread = CONTAINING_RECORD(link, struct _KTHREAD, ready_link);
            if (thread->outside)
                return thread;
        }
    }
    return NULL;
}

PKTHREAD ki_take_outside(struct machine *m) {
    PKTHREAD thread = ki_find_outside(m);
    if (thread)
        ki_dequeue(m, thread);
    return thread;
}

/* As if the thread's slice ended now. */
bool ki_yield_thread(struct machine *m) {
    struct ki_processor *cpu = m->cpu;
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    PKTHREAD peer = ki_find_peer(m, cpu);
    if (peer) {
        cpu->reschedule = FALSE;
        cpu->slice_ended = FALSE;
        ki_replace_thread(m, cpu->thread, peer, false);
    }
    ki_lower(m, irql);
    return peer != NULL;
}

void ki_set_priority(struct machine *m, PKTHREAD thread, KPRIORITY priority) {
    if (priority == thread->priority)
        return;
    if (thread->state == KI_THREAD_READY) {
        ki_dequeue(m, thread);
        thread->priority = priority;
        ki_ready_thread(m, thread, 0);
        return;
    }
    bool lowered = priority < thread->priority;
    thread->priority = priority;
    if (lowered && thread->state == KI_THREAD_RUNNING && m->ready_summary) {
        thread->processor->reschedule = TRUE;
        ki_request(m, thread->processor, DISPATCH_LEVEL);
    }
}

void ki_apply_affinity(struct machine *m, PKTHREAD thread) {
    if (thread->state == KI_THREAD_READY) {
        ki_dequeue(m, thread);
        ki_ready_thread(m, thread, 0);
    } else if (thread->state == KI_THREAD_RUNNING && !ki_may_run(thread, thread->processor)) {
        thread->processor->reschedule = TRUE;
        ki_request(m, thread->processor, DISPATCH_LEVEL);
    }
}

/* First code of every thread: comes in at DISPATCH_LEVEL like every resumed thread. */
static void ki_thread_main(void *argument) {
    struct machine *m = ki_self();
    PKTHREAD thread = argument;
    ki_lower(m, PASSIVE_LEVEL);
    thread->start(thread->start_context);
    /* A routine that returns ends its thread, as PsTerminateSystemThread(STATUS_SUCCESS) would. */
    thread->returned(thread);
    KI_UNREACHABLE();
}

bool ki_thread_initialize(struct machine *m, PKTHREAD thread, PEPROCESS process,
                          PKSTART_ROUTINE start, PVOID context, const char *name) {
    size_t size;
    char *stack = ki_stack_allocate(m, &size);
    if (!stack)
        return false;
    thread->Header.Type = ThreadObject;
    InitializeListHead(&thread->Header.WaitListHead);
    InitializeListHead(&thread->apcs[KernelMode]);
    InitializeListHead(&thread->apcs[UserMode]);
    InitializeListHead(&thread->mutants);
    thread->base_priority = thread->priority = 8;
    thread->affinity = thread->user_affinity = ki_group_reach(m, 0);
    thread->process = thread->own_process = process;
    thread->start = start;
    thread->start_context = context;
    thread->name = name;
    thread->apc_queueable = TRUE;
    thread->ideal_processor = KI_MAX_PROCESSORS;
    thread->serial = start ? ++m->next_thread : 0;
    ki_fiber_create(&thread->fiber, stack, size, ki_thread_main, thread);
    return true;
}

void ki_thread_start(struct machine *m, PKTHREAD thread) {
    KI_ASSERT(thread->state == KI_THREAD_INITIALIZED);
    KI_TRACE(m, THREAD_START, thread->name, thread->serial);
    KIRQL irql = ki_raise(m, m->cpu->irql > DISPATCH_LEVEL ? m->cpu->irql : DISPATCH_LEVEL);
    ki_ready_thread(m, thread, 0);
    if (m->running == &m->host)
        ki_set_irql(m, irql); /* the host only prepares; the machine runs later */
    else
        ki_lower(m, irql);
}

/*
 * The stack of a thread cannot be given back while it is in use, so a dying thread leaves itself to
 * the next one that dies or is created: one stack at a time lingers.
 */
static void ki_reap_last(struct machine *m) {
    PKTHREAD last = m->dying;
    if (!last)
        return;
    m->dying = NULL;
    char *stack = last->fiber.stack;
    ki_fiber_destroy(&last->fiber);
    ki_stack_free(m, stack);
    m->dying_reap(m, last);
}

_Noreturn void ki_thread_exit(struct machine *m, NTSTATUS status,
                              void (*reap)(struct machine *m, PKTHREAD thread)) {
    PKTHREAD thread = m->cpu->thread;
    ki_reap_last(m);
    ki_raise(m, DISPATCH_LEVEL);
    KI_TRACE(m, THREAD_END, "", thread->serial, status);
    thread->exit_status = status;
    thread->state = KI_THREAD_TERMINATED;
    thread->Header.SignalState = 1;
    ki_wait_test(m, &thread->Header, 0);
    m->dying = thread;
    m->dying_reap = reap;
    PKTHREAD next = ki_take_next(m);
    if (next == m->cpu->idle) {
        ki_fall_idle(m);
        ki_dispatch_leave(m);
    }
    struct ki_processor *cpu = m->cpu;
    ki_install_thread(m, cpu, thread, next);
    m->running = cpu->fiber;
    ki_fiber_leave(m, cpu->fiber);
}
