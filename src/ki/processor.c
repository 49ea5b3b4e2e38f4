/*
 * Processors: delivery of what is pending, and who moves next (processor.h has the rules).
 *
 * How a switch between processors works. Each processor owns a fiber: its current thread's. The
 * processor that gives way sets machine.cpu to the one that goes on and switches fibers; whoever is
 * switched to finds machine.cpu set to its own processor. Nothing else distinguishes "another
 * processor moves" from "another thread runs", and neither involves the host.
 *
 * Idle. A processor without a thread runs its idle thread, whose stack takes the interrupts and
 * DPCs that come while the processor is idle. When no processor can move, the order is: a thread
 * that waits for the machine to settle, then the clock, then the host.
 */
#include <stdio.h>

#include "ki/bugcheck.h"
#include "ki/choose.h"
#include "ki/dispatch.h"
#include "ki/interrupt.h"
#include "ki/lock_log.h"
#include "ki/processor.h"
#include "ki/schedule.h"
#include "ki/trace.h"

static inline uint64_t ki_bit(const struct ki_processor *cpu) { return 1ull << cpu->number; }

void ki_update_runnable(struct machine *m, struct ki_processor *cpu) {
    if (cpu->thread != cpu->idle || cpu->pending >> cpu->irql >> 1)
        m->runnable |= ki_bit(cpu);
    else
        m->runnable &= ~ki_bit(cpu);
}

void ki_request(struct machine *m, struct ki_processor *cpu, KIRQL irql) {
    if (KI_UNLIKELY(cpu->interrupts_off)) {
        cpu->masked |= 1u << irql;
        if (cpu->halted && !(m->must_be_woken && m->must_be_woken(m, cpu)))
            m->runnable |= ki_bit(cpu);
        return;
    }
    cpu->pending |= 1u << irql;
    m->runnable |= ki_bit(cpu);
    if (cpu == m->cpu)
        m->attention |= KI_ATTENTION_PENDING; /* another one delivers when it moves */
}

/* `cpu` is the processor that moves from here on. */
static inline void ki_enter(struct machine *m, struct ki_processor *cpu) {
    m->cpu = cpu;
    if (KI_UNLIKELY(m->irql_moved != NULL))
        m->irql_moved(m, cpu->irql);
    if (cpu->pending)
        m->attention |= KI_ATTENTION_PENDING;
}

/* The software interrupt at DISPATCH_LEVEL: due timers, DPCs, then a change of threads. */
static void ki_dispatch_interrupt(struct machine *m) {
    ki_set_irql(m, DISPATCH_LEVEL);
    if (m->clock.next_due <= m->clock.now && m->cpu->number == 0)
        ki_expire_due(m);
    if (m->cpu->dpc_count)
        ki_dpc_retire(m);
    if (m->cpu->reschedule)
        ki_reschedule(m);
}

static void ki_apc_interrupt(struct machine *m) {
    ki_set_irql(m, APC_LEVEL);
    ki_apc_deliver(m, KernelMode);
}

void ki_deliver(struct machine *m, KIRQL irql) {
    if (KI_UNLIKELY(m->running == &m->host)) {
        ki_set_irql(m,
                    irql); /* the host's stack delivers nothing: it waits till the machine runs */
        return;
    }
    while (m->cpu->pending >> irql >> 1) {
        KIRQL level = (KIRQL)(31 - __builtin_clz(m->cpu->pending));
        m->cpu->pending &= ~(1u << level);
        if (level > DISPATCH_LEVEL) {
            ki_set_irql(m, level);
            ki_interrupt_serve(m, level);
        } else if (level == DISPATCH_LEVEL) {
            ki_dispatch_interrupt(m);
        } else {
            ki_apc_interrupt(m);
        }
    }
    ki_set_irql(m, irql);
    if (!m->cpu->pending)
        m->attention &= ~(ULONG)KI_ATTENTION_PENDING;
}

static bool ki_is_stuck(const struct ki_processor *cpu) {
    return cpu->spinning && (*cpu->spinning & cpu->spinning_mask) != 0 &&
           !(cpu->pending >> cpu->irql >> 1);
}

/* Processors that can move now: runnable and not waiting for a lock that is held. */
static uint64_t ki_movable(struct machine *m) {
    uint64_t mask = m->runnable, movable = mask;
    for (; mask; mask &= mask - 1) {
        const struct ki_processor *cpu = &m->processors[__builtin_ctzll(mask)];
        if (ki_is_stuck(cpu))
            movable &= ~ki_bit(cpu);
    }
    return movable;
}

/* Bit number n (from 0) of those set, counted upward from `start` and around. */
static unsigned ki_nth_from(uint64_t mask, unsigned start, unsigned n) {
    uint64_t rotated = start ? mask >> start | mask << (64 - start) : mask;
    while (n--)
        rotated &= rotated - 1;
    return ((unsigned)__builtin_ctzll(rotated) + start) & 63;
}

static struct ki_processor *ki_pick(struct machine *m) {
    uint64_t movable = ki_movable(m);
    if (!movable)
        return NULL;
    unsigned n = ki_choose(m, WDMSIM_CHOICE_PROCESSOR, (unsigned)__builtin_popcountll(movable));
    return &m->processors[ki_nth_from(movable, m->cpu->number, n)];
}

/* Continues a processor; returns when the calling fiber is continued in turn. */
static void ki_move(struct machine *m, struct ki_fiber *self, struct ki_processor *cpu) {
    if (cpu != m->cpu)
        KI_TRACE(m, PROCESSOR, "", cpu->number);
    ki_enter(m, cpu);
    if (cpu->fiber == self && m->running == self)
        return;
    m->running = cpu->fiber;
    ki_fiber_switch(m, self, cpu->fiber);
}

void ki_lock_describe(struct machine *m, const struct ki_processor *cpu, char *buffer,
                      size_t size) {
    ULONG_PTR word = *cpu->spinning;
    unsigned owner = (unsigned)(word - 1);
    if (owner < m->processor_count && owner != cpu->number) {
        const struct ki_processor *holder = &m->processors[owner];
        char stack[200] = "", site[160];
        if (holder->fiber != m->running)
            ki_stack_describe(m, holder->fiber, stack, sizeof stack);
        ki_lock_site(m, cpu->spinning, site, sizeof site);
        snprintf(buffer, size,
                 "processor %u (thread %u) waits for the spin lock at %p that processor %u (thread "
                 "%u) holds%s%s%s",
                 cpu->number, cpu->thread->serial, (const void *)cpu->spinning, owner,
                 holder->thread->serial, site, stack[0] ? ", which is in " : "", stack);
    } else {
        snprintf(buffer, size, "processor %u (thread %u) waits for the lock at %p, value %#llx",
                 cpu->number, cpu->thread->serial, (const void *)cpu->spinning,
                 (unsigned long long)word);
    }
}

/* Every processor that could move spins, and would till the watchdog's period is over: names who
 * waits for whom. */
static _Noreturn void ki_deadlock(struct machine *m) {
    struct ki_processor *stuck =
        m->cpu->spinning ? m->cpu : &m->processors[__builtin_ctzll(m->runnable)];
    char text[448];
    ki_lock_describe(m, stuck, text, sizeof text);
    m->cpu = stuck;
    ki_bugcheck(m, DPC_WATCHDOG_VIOLATION, 1, KI_WATCHDOG_PERIOD / KI_TICK, 0, 0,
                "deadlock: no processor can move; %s", text);
}

/* While the system sleeps only the sleeper moves, and a spinning thread of the host would spin for
 * ever. */
static struct ki_processor *ki_next_asleep(struct machine *m) {
    if (m->state != KI_STATE_RUNNING)
        return NULL;
    if (m->cpu->spinning)
        ki_deadlock(m);
    return ki_sleeper_can_move(m) ? m->sleeper->processor : NULL;
}

static struct ki_processor *ki_next(struct machine *m) {
    if (KI_UNLIKELY(m->sleeper != NULL))
        return ki_next_asleep(m);
    while (m->state == KI_STATE_RUNNING) {
        struct ki_processor *cpu = ki_pick(m);
        if (cpu)
            return cpu;
        if (m->runnable)
            ki_deadlock(m);
        if (m->settler) {
            PKTHREAD thread = m->settler;
            m->settler = NULL;
            ki_unwait(m, thread, STATUS_SUCCESS, 0);
            continue;
        }
        if (!ki_clock_jump(m))
            break;
    }
    return NULL;
}

void ki_dispatch(struct machine *m, struct ki_fiber *self) {
    struct ki_processor *cpu = ki_next(m);
    if (cpu) {
        ki_move(m, self, cpu);
    } else if (self != &m->host) {
        m->running = &m->host;
        ki_fiber_switch(m, self, &m->host);
    }
}

_Noreturn void ki_dispatch_leave(struct machine *m) {
    struct ki_processor *cpu = ki_next(m);
    if (cpu)
        ki_enter(m, cpu);
    m->running = cpu ? cpu->fiber : &m->host;
    ki_fiber_leave(m, m->running);
}

/* The host runs the machine until it comes to rest within the clock's limit, or stops. */
void ki_run(struct machine *m) {
    KI_ASSERT(m->running == &m->host);
    for (;;) {
        struct ki_processor *cpu = ki_next(m);
        if (!cpu)
            return;
        ki_move(m, &m->host, cpu);
        if (m->state != KI_STATE_RUNNING)
            return;
    }
}

void ki_spin(struct machine *m, const volatile ULONG_PTR *word, ULONG_PTR mask) {
    struct ki_processor *cpu = m->cpu;
    cpu->spinning = word;
    cpu->spinning_mask = mask;
    while (*word & mask) {
        ki_poll(m);
        if (!(*word & mask))
            break;
        if (KI_UNLIKELY(ki_is_broadcasting(m)))
            ki_deadlock(m);
        ki_dispatch(m, cpu->fiber);
    }
    cpu->spinning = NULL;
}

void ki_set_interrupts(struct machine *m, struct ki_processor *cpu, bool enabled) {
    ULONG waiting = cpu->pending | cpu->masked;
    cpu->interrupts_off = !enabled;
    cpu->pending = enabled ? waiting : 0;
    cpu->masked = enabled ? 0 : waiting;
    if (enabled && waiting && cpu == m->cpu)
        m->attention |= KI_ATTENTION_PENDING;
}

void ki_halt(struct machine *m) {
    struct ki_processor *cpu = m->cpu;
    KIRQL irql = cpu->idling ? PASSIVE_LEVEL : cpu->irql;
    cpu->halts++;
    while (!(cpu->pending >> irql >> 1)) {
        m->runnable &= ~ki_bit(cpu); /* until something is requested of it */
        ki_dispatch(m, cpu->fiber);
    }
    ki_poll(m);
}

void ki_halt_masked(struct machine *m) {
    struct ki_processor *cpu = m->cpu;
    cpu->halts++;
    cpu->halted = TRUE;
    while (!cpu->masked) {
        m->runnable &= ~ki_bit(cpu);
        ki_dispatch(m, cpu->fiber);
    }
    cpu->halted = FALSE;
    m->runnable |= ki_bit(cpu);
}

void ki_wake_halted(struct machine *m, struct ki_processor *cpu) {
    if (cpu->halted)
        m->runnable |= ki_bit(cpu);
}

void ki_yield_processor(struct machine *m) {
    uint64_t others = ki_movable(m) & ~ki_bit(m->cpu);
    if (!others || m->sleeper || ki_is_broadcasting(m))
        return;
    unsigned n = ki_choose(m, WDMSIM_CHOICE_PROCESSOR, (unsigned)__builtin_popcountll(others));
    ki_move(m, m->cpu->fiber, &m->processors[ki_nth_from(others, m->cpu->number, n)]);
}

void ki_explore(struct machine *m) {
    if (m->running == &m->host || m->sleeper || ki_is_broadcasting(m))
        return;
    uint64_t others = ki_movable(m) & ~ki_bit(m->cpu);
    unsigned count = (unsigned)__builtin_popcountll(others);
    bool slice = m->cpu->irql < DISPATCH_LEVEL && ki_has_peer(m, m->cpu);
    unsigned n = ki_choose(m, WDMSIM_CHOICE_PREEMPT, 1 + count + slice);
    if (n == 0)
        return;
    if (n <= count)
        ki_move(m, m->cpu->fiber, &m->processors[ki_nth_from(others, m->cpu->number, n - 1)]);
    else
        ki_yield_thread(m);
}

/* The idle thread: takes what is pending on its stack, hands the processor to a thread, or lets the
 * others move. */
static void ki_idle_main(void *argument) {
    struct machine *m = argument;
    for (;;) {
        struct ki_processor *cpu = m->cpu;
        ki_deliver(m, PASSIVE_LEVEL);
        if (ki_has_ready(m, cpu)) {
            cpu->reschedule = TRUE;
            cpu->pending |= 1u << DISPATCH_LEVEL;
            continue;
        }
        if (KI_UNLIKELY(m->go_idle != NULL) && m->go_idle(m, cpu))
            continue;
        cpu->high_time = 0;
        ki_update_runnable(m, cpu);
        ki_dispatch(m, cpu->fiber);
    }
}

/* False without memory for its idle thread. */
static bool ki_processor_start(struct machine *m, unsigned number) {
    struct ki_processor *cpu = &m->processors[number];
    PKTHREAD idle = ki_alloc(m, sizeof *idle);
    cpu->number = (UCHAR)number;
    InitializeListHead(&cpu->dpcs);
    InitializeListHead(&cpu->threaded_dpcs);
    InitializeListHead(&cpu->interrupts);
    if (!ki_thread_initialize(m, idle, NULL, NULL, NULL, "Idle"))
        return false;
    ki_fiber_create(&idle->fiber, idle->fiber.stack, idle->fiber.stack_size, ki_idle_main, m);
    idle->state = KI_THREAD_RUNNING;
    idle->processor = cpu;
    idle->priority = 0;
    cpu->idle = cpu->thread = idle;
    cpu->fiber = &idle->fiber;
    return true;
}

void ki_processors_start(struct machine *m) {
    for (unsigned i = 0; i < KI_PRIORITIES; i++)
        InitializeListHead(&m->ready[i]);
    for (unsigned i = 0; i < m->processor_count; i++)
        if (!ki_processor_start(m, i))
            ki_no_memory();
    m->cpu = &m->processors[0];
}

struct ki_processor *ki_processor_add(struct machine *m) {
    struct ki_processor *cpu = &m->processors[m->processor_count];
    KI_ASSERT(m->processor_count < m->processor_maximum);
    if (!ki_processor_start(m, m->processor_count))
        return NULL;
    m->processor_count++;
    cpu->reschedule = TRUE; /* threads may be ready that it can take */
    ki_request(m, cpu, DISPATCH_LEVEL);
    return cpu;
}
