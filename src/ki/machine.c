/*
 * The machine's life: created from a configuration, run by the host, destroyed in any state.
 *
 * What a machine is. Simulated processors (processor.c) run simulated threads (schedule.c) on
 * fibers (fiber.c) in one arena (arena.c); the clock (clock.c) moves only when all of them idle or
 * one of them says so. Routines enter through the gate (gate.c); whatever is not determined is a
 * choice (choose.c); what happened is in the trace (trace.c). A driver that breaks a rule stops the
 * machine with a bug check (bugcheck.c, fault.c).
 *
 * Who runs. Either the host's stack is running, and then no processor moves; or a fiber is, and
 * then the host waits in ki_run. Components are started on the host's stack, in the order of
 * KI_COMPONENTS, before anything moves.
 *
 * What is not deterministic: the addresses of driver images, unless the host loads them without
 * randomisation; and memory that drivers leave uninitialised in their own automatic variables.
 */
#include <stdio.h>
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/choose.h"
#include "ki/dispatch.h"
#include "ki/lock_log.h"
#include "ki/processor.h"
#include "ki/thread.h"
#include "ki/trace.h"

/* Components in the order they start: each uses only those before it. */
#define KI_COMPONENTS(X) X(mm) X(ob) X(ex) X(ps) X(hal) X(cm) X(io) X(pnp) X(po)

#define X(name) void name##_start(struct machine *m);
KI_COMPONENTS(X)
#undef X

/* Instrumented code takes larger frames. */
#if defined(__SANITIZE_ADDRESS__)
#define KI_STACK_SIZE (256u * 1024u)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KI_STACK_SIZE (256u * 1024u)
#endif
#endif
#ifndef KI_STACK_SIZE
#define KI_STACK_SIZE (64u * 1024u)
#endif

/* 2026-01-01 00:00 UTC in 100 ns units since 1601-01-01. */
#define KI_BOOT_TIME 134116992000000000ll

const char *wdmsim_error_message(int error) {
    switch (error) {
    case 0:
        return "no error";
#define X(name, value, message)                                                                    \
    case value:                                                                                    \
        return message;
        WDMSIM_ERROR_LIST(X)
#undef X
    default:
        return "an unknown error";
    }
}

int wdmsim_machine_create(const struct wdmsim_config *config, struct machine **machine) {
    static const struct wdmsim_config standard = WDMSIM_CONFIG_DEFAULT;
    if (!config)
        config = &standard;
    *machine = NULL;
    unsigned processors = config->processors ? config->processors : 1;
    unsigned maximum = config->maximum_processors ? config->maximum_processors : processors;
    unsigned group_size = config->group_size ? config->group_size : KI_MAX_PROCESSORS;
    if (maximum > KI_MAX_PROCESSORS || processors > maximum || group_size > KI_MAX_PROCESSORS ||
        (group_size & (group_size - 1)) || (config->stack_size && config->stack_size < 16384))
        return WDMSIM_ERROR_INVALID;
    struct machine *m = ki_arena_create(sizeof *m);
    if (!m)
        return WDMSIM_ERROR_NO_MEMORY;
    ki_machine = m;
    m->flags = config->flags;
    m->processor_count = processors;
    m->processor_maximum = maximum;
    m->group_shift = (unsigned)__builtin_ctz(group_size);
    size_t rest = ki_host_page() - 1;
    m->stack_size = ((config->stack_size ? config->stack_size : KI_STACK_SIZE) + rest) & ~rest;
    m->boot_time = config->boot_time ? config->boot_time : KI_BOOT_TIME;
    m->clock.next_due = UINT64_MAX;
    m->running = &m->host;
    if (m->flags & WDMSIM_CHECK_RULES)
        m->attention |= KI_ATTENTION_CHECK;
    ki_fiber_adopt(&m->host);
    ki_trace_start(m, config->trace_slots);
    ki_choose_start(m, config);
    ki_processors_start(m);
    if (m->flags & WDMSIM_CHECK_LOCKS)
        ki_locks_start(m);
    ki_faults_install();
#define X(name) name##_start(m);
    KI_COMPONENTS(X)
#undef X
    *machine = m;
    return 0;
}

void wdmsim_machine_destroy(struct machine *machine) {
    if (!machine)
        return;
    if (machine->running != &machine->host)
        ki_fiber_recover(&machine->host); /* a test body left its fiber by a jump */
    ki_arena_destroy(machine);
    if (ki_machine == machine)
        ki_machine = NULL;
}

bool wdmsim_machine_is_stable(const struct machine *machine) { return machine->arena.stable; }

static int ki_result(const struct machine *m) {
    return m->state == KI_STATE_STOPPED ? WDMSIM_ERROR_STOPPED : 0;
}

/* The calling simulated thread waits until the machine has settled. */
static void ki_settle_thread(struct machine *m) {
    PKTHREAD thread = ki_current_thread(m);
    KI_ASSERT(m->settler == NULL);
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    thread->wait_irql = APC_LEVEL; /* nothing but the settling ends this wait */
    thread->wait_mode = KernelMode;
    thread->alertable = FALSE;
    thread->wait_list = NULL;
    thread->state = KI_THREAD_WAITING;
    thread->outside = TRUE;
    m->settler = thread;
    ki_block(m);
    ki_lower(m, irql);
}

/* Runs what can run before the clock passes `limit`. */
static void ki_run_to(struct machine *m, uint64_t limit) {
    uint64_t before = m->clock.limit;
    m->clock.limit = limit;
    ki_run(m);
    m->clock.limit = before;
}

int wdmsim_settle(struct machine *machine) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (machine->running == &machine->host)
        ki_run_to(machine, machine->clock.now);
    else
        ki_settle_thread(machine);
    return ki_result(machine);
}

/* Lets the clock reach `target`, with everything on the way. */
static void ki_pass_to(struct machine *m, uint64_t target) {
    if (m->running == &m->host) {
        ki_run_to(m, target);
        if (m->clock.now < target && m->state == KI_STATE_RUNNING)
            m->clock.now = target;
        return;
    }
    PKTHREAD thread = ki_current_thread(m);
    if (target > m->clock.now) {
        KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
        thread->wait_irql = APC_LEVEL;
        thread->wait_mode = KernelMode;
        thread->alertable = FALSE;
        thread->wait_list = NULL;
        thread->state = KI_THREAD_WAITING;
        thread->outside = TRUE;
        ki_clock_insert(m, &thread->timeout, KI_CLOCK_HOST,
                        target < KI_CLOCK_LAST ? target : KI_CLOCK_LAST);
        ki_block(m);
        ki_lower(m, irql);
    }
    ki_settle_thread(m);
}

int wdmsim_advance(struct machine *machine, uint64_t duration) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    uint64_t now = machine->clock.now;
    ki_pass_to(machine, duration > UINT64_MAX - 1 - now ? UINT64_MAX - 1 : now + duration);
    return ki_result(machine);
}

int wdmsim_run_until(struct machine *machine, bool (*condition)(void *context), void *context,
                     uint64_t limit) {
    uint64_t start = machine->clock.now;
    uint64_t deadline = limit > UINT64_MAX - 1 - start ? UINT64_MAX - 1 : start + limit;
    for (;;) {
        int error = wdmsim_settle(machine);
        if (error)
            return error;
        if (condition(context))
            return 0;
        uint64_t next = machine->clock.next_due;
        if (next > deadline) {
            if (limit != WDMSIM_FOREVER && deadline > machine->clock.now)
                machine->clock.now = deadline;
            return WDMSIM_ERROR_TIMED_OUT;
        }
        ki_pass_to(machine, next > machine->clock.now ? next : machine->clock.now);
        if (machine->state == KI_STATE_STOPPED)
            return WDMSIM_ERROR_STOPPED;
    }
}
