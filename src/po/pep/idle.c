/*
 * A processor without anything to do, on its way into an idle state and back.
 * (kernel/ppm-notifications: TEST_IDLE_STATE, IDLE_EXECUTE, IDLE_PRE_EXECUTE, IDLE_COMPLETE,
 * IS_PROCESSOR_HALTED, INITIATE_WAKE)
 *
 * The way in. Candidates are looked at from the deepest down: a processor state together with the
 * platform states that it completes. One is possible if nobody vetoes it, its latency is tolerated,
 * it pays off till the next event on the clock, its dependencies are met and every device is where
 * the platform state wants it. The plug-in is asked about it (not about state 0), and then enters
 * it: by itself, or, for states that are ACPI C-states, after preparing for it. All this is with
 * interrupts off, at DISPATCH_LEVEL. A plug-in whose routine halts the processor (__halt) sleeps in
 * there; one that just returns has the processor put to sleep afterwards. The state ends with the
 * first request of the processor, and the plug-in is told before anything is delivered.
 *
 * A processor in a state that is not interruptible cannot wake itself: another one has to, and its
 * plug-in is asked to initiate it. If all the others sleep like that, the hardware wakes the first.
 */
#include "ki/bugcheck.h"
#include "ki/dispatch.h"
#include "po/pep/platform.h"

/* What going idle amounts to. */
struct pep_plan {
    ULONG state;    /* of the processor */
    ULONG platform; /* or PEP_PLATFORM_IDLE_STATE_NONE */
    ULONG count;    /* platform or coordinated states that are entered, by ascending index */
    ULONG list[PEP_PLATFORM_STATES];
};

/* ---- what is possible ---- */

/* Units of 100 ns till something will happen. */
static uint64_t pep_expected(const struct machine *m) {
    if (m->clock.next_due == UINT64_MAX)
        return UINT64_MAX;
    return m->clock.next_due <= m->clock.now ? 0 : (m->clock.next_due - m->clock.now) / 100;
}

static bool pep_is_listed(const struct pep_plan *plan, ULONG state) {
    for (ULONG i = 0; i < plan->count; i++)
        if (plan->list[i] == state)
            return true;
    return false;
}

/* The target of a strict dependency has really come to rest: asked once per transition. */
static bool pep_is_halted(struct machine *m, struct pep_processor *target) {
    PEP_PPM_IS_PROCESSOR_HALTED message = {.Halted = FALSE};
    if (!target->asked_halted) {
        target->asked_halted = true;
        target->halted = !pep_ppm(m, target->device->plugin, target->device,
                                  PEP_NOTIFY_PPM_IS_PROCESSOR_HALTED, &message) ||
                         message.Halted;
    }
    return target->halted;
}

static bool pep_option_is_met(struct machine *m, const struct pep_platform *platform,
                              struct pep_processor *p, const struct pep_plan *plan,
                              const struct pep_dependency *dependency, ULONG index) {
    const PEP_COORDINATED_DEPENDENCY_OPTION *option = &dependency->options[index];
    ULONG expected = option->ExpectedStateIndex;
    if (!dependency->target)
        return platform->states[expected].entered
                   ? option->DependentState
                   : option->InitiatingState && pep_is_listed(plan, expected);
    if (dependency->target == p)
        return option->InitiatingState &&
               (plan->state == expected || (dependency->deeper && plan->state > expected));
    ULONG present = dependency->target->state;
    if (!option->DependentState || present == PEP_STATE_RUNNING ||
        (present != expected && !(dependency->deeper && present > expected)))
        return false;
    return option->LooseDependency || pep_is_halted(m, dependency->target);
}

static bool pep_dependencies_are_met(struct machine *m, const struct pep_platform *platform,
                                     struct pep_processor *p, const struct pep_plan *plan,
                                     const struct pep_platform_state *state) {
    for (ULONG i = 0; i < state->dependency_count; i++) {
        const struct pep_dependency *dependency = &state->dependencies[i];
        ULONG option = dependency->count;
        while (option && !pep_option_is_met(m, platform, p, plan, dependency, option - 1))
            option--;
        if (!option)
            return false;
    }
    return true;
}

static bool pep_platform_state_is_possible(struct machine *m, struct pep_processor *p,
                                           const struct pep_plan *plan, ULONG index) {
    const struct pep_platform *platform = m->pep->platform;
    const struct pep_platform_state *state = &platform->states[index];
    if (state->entered || state->vetoes.active || state->latency > platform->latency ||
        state->break_even > pep_expected(m))
        return false;
    if (!platform->coordinated &&
        ((state->initiator && state->initiator != p) || state->initiating_state != plan->state))
        return false;
    if (state->whole && !pep_devices_allow(m, index))
        return false;
    return pep_dependencies_are_met(m, platform, p, plan, state);
}

/* The platform states that the processor's going into plan->state completes. */
static void pep_plan_platform(struct machine *m, struct pep_processor *p, struct pep_plan *plan) {
    const struct pep_platform *platform = m->pep->platform;
    plan->platform = PEP_PLATFORM_IDLE_STATE_NONE;
    plan->count = 0;
    if (platform->coordinated) {
        for (ULONG i = 0; i < platform->state_count; i++) {
            if (!pep_platform_state_is_possible(m, p, plan, i))
                continue;
            plan->list[plan->count++] = i;
            if (platform->states[i].whole)
                plan->platform = i;
        }
        return;
    }
    for (ULONG i = platform->state_count; i > 0 && !plan->count; i--) {
        if (!pep_platform_state_is_possible(m, p, plan, i - 1))
            continue;
        plan->list[plan->count++] = i - 1;
        plan->platform = i - 1;
    }
}

static bool pep_state_is_possible(const struct machine *m, const struct pep_processor *p,
                                  ULONG index) {
    const struct pep_idle_state *state = &p->states[index];
    if (!index)
        return true;
    if (state->given.Latency != PEP_PROCESSOR_LATENCY_C_STATE &&
        state->given.Latency > m->pep->platform->latency)
        return false;
    return !state->vetoes.active && state->given.BreakEvenDuration <= pep_expected(m);
}

/* The plug-in's last word; a state that the hardware enters autonomously needs none. */
static bool pep_test(struct machine *m, struct pep_processor *p, const struct pep_plan *plan) {
    PEP_PPM_TEST_IDLE_STATE message = {.ProcessorState = plan->state,
                                       .PlatformState = plan->platform,
                                       .VetoReason = PEP_IDLE_VETO_NONE};
    if ((!plan->state && !plan->count) || p->states[plan->state].given.Autonomous)
        return true;
    if (!pep_ppm(m, p->device->plugin, p->device, PEP_NOTIFY_PPM_TEST_IDLE_STATE, &message) ||
        message.VetoReason == PEP_IDLE_VETO_NONE)
        return true;
    if (KI_UNLIKELY(message.VetoReason >= 0x80000000u))
        pep_illegal(m, PEP_NOTIFY_PPM_TEST_IDLE_STATE, "Veto", message.VetoReason,
                    "the veto reason");
    p->vetoed++;
    return false;
}

static void pep_choose(struct machine *m, struct pep_processor *p, struct pep_plan *plan) {
    for (plan->state = p->state_count; plan->state-- > 0;) {
        if (!pep_state_is_possible(m, p, plan->state))
            continue;
        pep_plan_platform(m, p, plan);
        if (plan->count && pep_test(m, p, plan))
            return;
        plan->platform = PEP_PLATFORM_IDLE_STATE_NONE;
        plan->count = 0;
        if (!p->states[plan->state].given.PlatformOnly && pep_test(m, p, plan))
            return;
    }
    plan->state = 0; /* nobody can be kept out of it */
}

/* ---- in and out ---- */

static bool pep_enter(struct machine *m, struct pep_processor *p, struct pep_plan *plan) {
    const PEP_PROCESSOR_IDLE_STATE_V2 *state = &p->states[plan->state].given;
    PEP_PPM_IDLE_EXECUTE_V2 message = {.Status = STATUS_SUCCESS,
                                       .ProcessorState = plan->state,
                                       .PlatformState = plan->platform,
                                       .CoordinatedStateCount = plan->count,
                                       .CoordinatedStates = plan->list};
    if (!state->Autonomous) {
        ULONG id =
            state->CStateType ? PEP_NOTIFY_PPM_IDLE_PRE_EXECUTE : PEP_NOTIFY_PPM_IDLE_EXECUTE;
        state->CStateType ? p->pre_executed++ : p->executed++;
        if (!pep_ppm(m, p->device->plugin, p->device, id, &message) ||
            !NT_SUCCESS(message.Status)) {
            p->failed++;
            return false;
        }
    }
    if (!m->cpu->interrupts_off)
        ki_set_interrupts(m, m->cpu, false);
    if (!m->cpu->masked)
        ki_halt_masked(m);
    return true;
}

static void pep_mark(struct machine *m, struct pep_processor *p, const struct pep_plan *plan) {
    struct pep_platform *platform = m->pep->platform;
    p->state = (UCHAR)plan->state;
    p->asked_halted = p->wake_started = false;
    p->since = m->clock.now;
    p->states[plan->state].count++;
    for (ULONG i = 0; i < plan->count; i++) {
        struct pep_platform_state *state = &platform->states[plan->list[i]];
        state->entered = true;
        state->count++;
        state->since = m->clock.now;
    }
}

static bool pep_depends_on(const struct pep_platform *platform,
                           const struct pep_platform_state *state, const struct pep_processor *p,
                           const struct pep_plan *left) {
    if (!platform->coordinated && (state->initiator == p || !state->initiator))
        return true;
    for (ULONG i = 0; i < state->dependency_count; i++) {
        const struct pep_dependency *dependency = &state->dependencies[i];
        if (dependency->target == p)
            return true;
        for (ULONG j = 0; !dependency->target && j < dependency->count; j++)
            if (pep_is_listed(left, dependency->options[j].ExpectedStateIndex))
                return true;
    }
    return false;
}

/* The platform states that end with the processor's waking; `entered` is false if they never were.
 */
static void pep_leave(struct machine *m, struct pep_processor *p, struct pep_plan *left) {
    struct pep_platform *platform = m->pep->platform;
    left->state = p->state;
    left->platform = PEP_PLATFORM_IDLE_STATE_NONE;
    left->count = 0;
    for (ULONG i = 0; i < platform->state_count; i++) {
        struct pep_platform_state *state = &platform->states[i];
        if (!state->entered || !pep_depends_on(platform, state, p, left))
            continue;
        state->entered = false;
        state->time += m->clock.now - state->since;
        left->list[left->count++] = i;
        if (state->whole)
            left->platform = i;
    }
    p->states[p->state].time += m->clock.now - p->since;
    p->state = PEP_STATE_RUNNING;
}

static void pep_complete(struct machine *m, struct pep_processor *p, struct pep_plan *left) {
    PEP_PPM_IDLE_COMPLETE_V2 message = {.ProcessorState = left->state,
                                        .PlatformState = left->platform,
                                        .CoordinatedStateCount = left->count,
                                        .CoordinatedStates = left->list};
    if (p->states[left->state].given.Autonomous)
        return;
    p->completed++;
    pep_ppm(m, p->device->plugin, p->device, PEP_NOTIFY_PPM_IDLE_COMPLETE, &message);
}

/* The plug-in could not: it does not count. */
static void pep_not_entered(struct machine *m, struct pep_processor *p,
                            const struct pep_plan *plan) {
    p->states[plan->state].count--;
    for (ULONG i = 0; i < plan->count; i++)
        m->pep->platform->states[plan->list[i]].count--;
}

static bool pep_go_idle(struct machine *m, struct ki_processor *cpu) {
    struct pep_platform *platform = m->pep->platform;
    struct pep_processor *p = platform->processors[cpu->number];
    struct pep_plan plan, left;
    if (!platform->ready || !p || !p->state_count || cpu->pending)
        return false;
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    cpu->idling = TRUE;
    ki_set_interrupts(m, cpu, false);
    pep_choose(m, p, &plan);
    bool entered = false;
    if (!cpu->masked) {
        pep_mark(m, p, &plan);
        entered = pep_enter(m, p, &plan);
        pep_leave(m, p, &left);
        if (entered)
            pep_complete(m, p, &left);
        else
            pep_not_entered(m, p, &plan);
    }
    cpu->idling = FALSE;
    ki_set_interrupts(m, cpu, true);
    ki_set_irql(m, irql);
    return cpu->pending != 0;
}

/* ---- waking others ---- */

static bool pep_can_be_interrupted(const struct pep_platform *platform, unsigned number) {
    const struct pep_processor *p = platform->processors[number];
    return !p || p->state == PEP_STATE_RUNNING || !p->state_count ||
           p->states[p->state].given.Interruptible;
}

static KDEFERRED_ROUTINE pep_wake_dpc;
static VOID pep_wake_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    struct machine *m = ki_self();
    struct pep_processor *p = context;
    PEP_PPM_INITIATE_WAKE message = {.NeedInterruptForCompletion = FALSE};
    (void)dpc, (void)argument1, (void)argument2;
    if (p->state == PEP_STATE_RUNNING)
        return;
    ki_set_interrupts(m, m->cpu, false);
    pep_ppm(m, p->device->plugin, p->device, PEP_NOTIFY_PPM_INITIATE_WAKE, &message);
    ki_set_interrupts(m, m->cpu, true);
    ki_wake_halted(m, p->cpu);
}

static bool pep_must_be_woken(struct machine *m, struct ki_processor *cpu) {
    struct pep_platform *platform = m->pep->platform;
    struct pep_processor *p = platform->processors[cpu->number];
    if (pep_can_be_interrupted(platform, cpu->number))
        return false;
    if (p->wake_started)
        return true;
    for (unsigned i = 0; i < m->processor_count; i++) {
        if (i == cpu->number || !pep_can_be_interrupted(platform, i))
            continue;
        p->wake_started = true;
        KeInitializeDpc(&p->wake, pep_wake_dpc, p);
        p->wake.Number = (USHORT)(KI_MAX_PROCESSORS + i);
        ki_dpc_insert(m, &p->wake, NULL, NULL);
        return true;
    }
    return false;
}

void pep_idle_start(struct machine *m) {
    m->go_idle = pep_go_idle;
    m->must_be_woken = pep_must_be_woken;
    m->pep->platform->ready = true;
    /* Processors that wait already begin anew. */
    for (unsigned i = 0; i < m->processor_count; i++)
        if (&m->processors[i] != m->cpu)
            ki_request(m, &m->processors[i], DISPATCH_LEVEL);
}
