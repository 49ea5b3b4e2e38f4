/*
 * The system asleep (S1 to S5): nothing of it moves until it wakes, but the world around it does.
 *
 * The thread that puts the system to sleep, the sleeper, becomes all that is left of it. Interrupt
 * flags of all processors are clear, so what is requested of a processor waits; timers and
 * time-outs stand still (ki_clock_freeze); and whatever would choose a thread or a processor finds
 * the sleeper only. Device events run as always: hardware that has power goes on, and one of it may
 * wake the system.
 *
 * The host has two voices. On its own stack it runs the machine, which is the sleeper's turn: the
 * clock jumps from one device event to the next. A simulated thread that has called wdmsim_settle
 * or wdmsim_advance, a test's body, speaks for the host too: the sleeper lends it its processor,
 * and gets it back when that thread waits. What such a thread readies or queues in the kernel
 * stays where it is until the system wakes.
 *
 * Waking, the sleeper's processor moves first: the way up begins where the way down ended.
 */
#include "ki/dispatch.h"
#include "ki/processor.h"
#include "ki/schedule.h"

static void ki_all_interrupts(struct machine *m, uint64_t *off, bool enabled) {
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct ki_processor *cpu = &m->processors[i];
        if (!enabled && cpu->interrupts_off)
            *off |= 1ull << i;
        if (*off >> i & 1)
            continue; /* its own business before and after */
        ki_set_interrupts(m, cpu, enabled);
        if (enabled && cpu->pending)
            m->runnable |= 1ull << i;
    }
}

/* Times of what was under way when the system fell asleep. */
static void ki_forgive(struct machine *m, uint64_t span) {
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct ki_processor *cpu = &m->processors[i];
        cpu->thread->run_start += span;
        if (cpu->in_dpc)
            cpu->dpc_start += span;
    }
}

bool ki_sleeper_can_move(const struct machine *m) {
    return m->woken || m->settler || m->clock.next_due <= m->clock.limit || ki_find_outside(m);
}

/* One thing that the sleeper does for the world. */
static void ki_sleeper_step(struct machine *m, PKTHREAD sleeper) {
    PKTHREAD outside;
    if (m->clock.next_due <= m->clock.now)
        ki_expire_due(m);
    if ((outside = ki_take_outside(m)) != NULL) {
        sleeper->state = KI_THREAD_WAITING;
        ki_switch_thread(m, sleeper, outside);
    } else if (m->settler) {
        PKTHREAD settler = m->settler;
        m->settler = NULL;
        ki_unwait(m, settler, STATUS_SUCCESS, 0);
    } else if (!ki_clock_jump(m)) {
        ki_dispatch(m, m->cpu->fiber);
    }
}

void ki_sleep_system(struct machine *m) {
    PKTHREAD sleeper = ki_current_thread(m);
    uint64_t off = 0, began = m->clock.now;
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    ki_clock_freeze(m);
    ki_all_interrupts(m, &off, false);
    m->sleeper = sleeper;
    while (!m->woken)
        ki_sleeper_step(m, sleeper);
    m->sleeper = NULL;
    m->woken = false;
    ki_forgive(m, m->clock.now - began);
    ki_all_interrupts(m, &off, true);
    ki_clock_thaw(m);
    ki_lower(m, irql);
}

void ki_wake_system(struct machine *m) { m->woken = true; }
