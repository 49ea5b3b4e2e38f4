/*
 * Processors: IRQL, what is pending on each, and which of them moves next.
 *
 * One processor moves at a time, `machine.cpu`. It goes on until it has nothing to do (idle),
 * cannot go on (spins on a lock another owns), or a choice at a gate lets another one move. What
 * waits for a processor is a bit per IRQL in `pending`; lowering the IRQL below it, or a gate,
 * delivers it on the stack of whatever the processor runs.
 */
#ifndef KI_PROCESSOR_H
#define KI_PROCESSOR_H

#include "ki/machine.h"

/* Delivers everything pending above `irql` on the current processor and leaves the IRQL at `irql`.
 */
void ki_deliver(struct machine *m, KIRQL irql);

/* The IRQL of the processor that moves. */
static inline void ki_set_irql(struct machine *m, KIRQL irql) {
    m->cpu->irql = irql;
    if (KI_UNLIKELY(m->irql_moved != NULL))
        m->irql_moved(m, irql);
}

static inline KIRQL ki_raise(struct machine *m, KIRQL irql) {
    KIRQL old = m->cpu->irql;
    ki_set_irql(m, irql);
    return old;
}

static inline void ki_lower(struct machine *m, KIRQL irql) {
    ki_set_irql(m, irql);
    if (KI_UNLIKELY(m->cpu->pending >> irql >> 1))
        ki_deliver(m, irql);
}

/* Marks something pending on a processor; it is delivered when its IRQL allows. */
void ki_request(struct machine *m, struct ki_processor *cpu, KIRQL irql);
/* Takes the current processor's pending work at its present IRQL, if any. */
static inline void ki_poll(struct machine *m) {
    if (KI_UNLIKELY(m->cpu->pending >> m->cpu->irql >> 1))
        ki_deliver(m, m->cpu->irql);
}

/*
 * The current processor waits until (*word & mask) == 0 while the others move. Comes back with that
 * condition true; a state in which nobody can make it true is reported as a bug check naming the
 * owner.
 */
void ki_spin(struct machine *m, const volatile ULONG_PTR *word, ULONG_PTR mask);
/*
 * The interrupt flag of a processor. While it is clear nothing is delivered there, whatever the
 * IRQL; what comes meanwhile waits. A change of threads sets it.
 */
void ki_set_interrupts(struct machine *m, struct ki_processor *cpu, bool enabled);
/* The current processor sleeps until something above its IRQL is pending, and takes that. */
void ki_halt(struct machine *m);
/* The same with its interrupts off, as a processor on its way into an idle state: it sleeps until
 * something is requested of it at any level, and takes nothing. */
void ki_halt_masked(struct machine *m);
/* Ends the sleep of such a processor for which machine.must_be_woken said true. */
void ki_wake_halted(struct machine *m, struct ki_processor *cpu);
/* An interprocessor broadcast runs for a processor on the stack of another one: nobody else moves.
 */
static inline bool ki_is_broadcasting(const struct machine *m) {
    return m->cpu->fiber != m->running && m->running != &m->host;
}
/* Lets other processors move (a polling loop); the current one continues later. */
void ki_yield_processor(struct machine *m);
/* At a gate, with exploration on: chooses whether another processor moves first. */
void ki_explore(struct machine *m);

/* Recomputes whether a processor can move. */
void ki_update_runnable(struct machine *m, struct ki_processor *cpu);
/* Finds the next processor that can move, lets the clock jump or the host run if there is none, and
 * switches to it. */
void ki_dispatch(struct machine *m, struct ki_fiber *self);
/* The same without coming back. */
_Noreturn void ki_dispatch_leave(struct machine *m);

/* Writes what a spinning processor waits for and who owns it. */
void ki_lock_describe(struct machine *m, const struct ki_processor *cpu, char *buffer, size_t size);

/* From the host's stack: runs the machine until it rests within the clock's limit, or stops. */
void ki_run(struct machine *m);

/*
 * The whole system sleeps: the calling thread, at PASSIVE_LEVEL, stands for it until
 * ki_wake_system. No other thread, DPC or interrupt of any processor runs meanwhile; hardware and
 * the host do. What was requested then is delivered after the return.
 */
void ki_sleep_system(struct machine *m);
/* Ends the sleep, from anywhere. Before its beginning: it does not begin. */
void ki_wake_system(struct machine *m);
/* While the system sleeps: true if its sleeper has something to do. */
bool ki_sleeper_can_move(const struct machine *m);

void ki_processors_start(struct machine *m);
/* One more than there are, idle; its idle thread belongs to no process yet. At most
 * processor_maximum; NULL without memory. */
struct ki_processor *ki_processor_add(struct machine *m);

#endif
