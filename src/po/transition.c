/*
 * System transitions: from S0 to a sleep state, hibernation or shutdown, and back.
 *
 * One system worker thread carries a transition from its beginning to the system's return to S0: it
 * tells the subscribers of \Callback\PowerState, takes the PnP lock so that the tree stands still,
 * asks every device, sets every device, sleeps, and sets S0. In its sleep it stands for the whole
 * machine, in which nothing else moves (ki_sleep_system), and it holds the lock, so what PnP is
 * asked meanwhile happens after the wake. Of a system that was shut down nothing moves any more.
 *
 * A refusal is undone: every device that was asked gets an IRP that sets S0. Since Vista the system
 * may also ignore refusals (WDMSIM_POWER_CRITICAL); in an emergency nobody is asked.
 *
 * What the S0 IRP says in its SystemPowerStateContext is where the docs contradict each other: here
 * Target and Effective are those of the transition that ends, as drivers test them to tell fast
 * startup from a wake from hibernation; Current is the state that the system comes from.
 *
 * kernel/power-irps-for-the-system, kernel/irp-mn-set-power,
 * kernel/distinguishing-fast-startup-from-wake-from-hibernation
 */
#include "ex/ex.h"
#include "ki/processor.h"
#include "po/pep/pep.h"
#include "po/po.h"

#define S(n) (PowerSystemWorking + (n))
const struct po_goal po_goals[WDMSIM_POWER_GOALS] = {
    [WDMSIM_POWER_SLEEP1] = {S(1), PowerActionSleep, S(1), S(1), false},
    [WDMSIM_POWER_SLEEP2] = {S(2), PowerActionSleep, S(2), S(2), false},
    [WDMSIM_POWER_SLEEP3] = {S(3), PowerActionSleep, S(3), S(3), false},
    [WDMSIM_POWER_HYBRID_SLEEP] = {S(4), PowerActionHibernate, S(3), S(4), false},
    [WDMSIM_POWER_HIBERNATE] = {S(4), PowerActionHibernate, S(4), S(4), false},
    [WDMSIM_POWER_HYBRID_SHUTDOWN] = {S(4), PowerActionHibernate, S(5), S(4), false},
    [WDMSIM_POWER_SHUTDOWN] = {S(5), PowerActionShutdown, S(5), S(5), true},
    [WDMSIM_POWER_SHUTDOWN_RESET] = {S(5), PowerActionShutdownReset, S(5), S(5), true},
    [WDMSIM_POWER_SHUTDOWN_OFF] = {S(5), PowerActionShutdownOff, S(5), S(5), true},
};

static ULONG po_context(SYSTEM_POWER_STATE current, SYSTEM_POWER_STATE target,
                        SYSTEM_POWER_STATE effective) {
    SYSTEM_POWER_STATE_CONTEXT context = {{{0}}};
    context.CurrentSystemState = (ULONG)current & 15;
    context.TargetSystemState = (ULONG)target & 15;
    context.EffectiveSystemState = (ULONG)effective & 15;
    return context.ContextAsUlong;
}

static void po_system_reached(struct machine *m, SYSTEM_POWER_STATE state) {
    SYSTEM_POWER_STATE before = m->po->state;
    if (before == state)
        return;
    m->po->state = state;
    KI_TRACE(m, POWER_SYSTEM, "", before - 1, state - 1);
    if (m->po->observer)
        m->po->observer(m->po->observer_context, WDMSIM_POWER_SYSTEM_STATE, 0, (unsigned)before,
                        (unsigned)state);
}

/* ---- \Callback\PowerState ---- */

void po_callback_notify(struct machine *m, ULONG what, ULONG value) {
    (void)m;
    ex_callback_announce(L"\\Callback\\PowerState", (PVOID)(ULONG_PTR)what,
                         (PVOID)(ULONG_PTR)value);
}

/* ---- the rounds ---- */

/* Leaves in the walk only devices that got its last IRP: they get the next one, too. */
static void po_walk_keep_asked(struct po_walk *walk) {
    ULONG kept = 0;
    for (ULONG i = 0; i < walk->count; i++)
        if (walk->nodes[i]->asked)
            walk->nodes[kept++] = walk->nodes[i];
    walk->count = kept;
}

static void po_set_working(struct machine *m, struct po_walk *walk, SYSTEM_POWER_STATE from,
                           SYSTEM_POWER_STATE target, SYSTEM_POWER_STATE effective) {
    walk->minor = IRP_MN_SET_POWER;
    walk->up = true;
    walk->state = PowerSystemWorking;
    walk->action = PowerActionSleep;
    walk->context = po_context(from, target, effective);
    po_walk_run(m, walk);
    m->po->result.set_up = walk->sent;
}

/* True if nobody said no, or that does not matter. */
static bool po_query_all(struct machine *m, struct po_walk *walk, const struct po_goal *goal) {
    struct wdmsim_power_result *result = &m->po->result;
    walk->minor = IRP_MN_QUERY_POWER;
    walk->up = false;
    walk->state = goal->state;
    walk->action = goal->action;
    walk->context = po_context(PowerSystemWorking, goal->target, goal->effective);
    po_walk_run(m, walk);
    result->queried = walk->sent;
    if (!walk->refused_by)
        return true;
    result->refused = true;
    result->refused_by = walk->refused_by->serial;
    result->status = (uint32_t)walk->failure;
    KI_TRACE(m, POWER_ACTION, ki_intern(m, "a driver refuses"));
    return m->po->flags & WDMSIM_POWER_CRITICAL;
}

static void po_set_down(struct machine *m, struct po_walk *walk, const struct po_goal *goal) {
    walk->minor = IRP_MN_SET_POWER;
    walk->up = false;
    walk->state = goal->state;
    walk->action = goal->action;
    walk->context = po_context(PowerSystemWorking, goal->target, goal->effective);
    po_walk_run(m, walk);
    m->po->result.set_down = walk->sent;
}

/* Where the system physically is at the end of the way down. */
static SYSTEM_POWER_STATE po_arrival(const struct machine *m) {
    switch (m->po->goal) {
    case WDMSIM_POWER_HYBRID_SLEEP:
        return m->po->flags & WDMSIM_POWER_POWER_LOSS ? PowerSystemHibernate : PowerSystemSleeping3;
    default:
        return po_goals[m->po->goal].state;
    }
}

/* The platform sleeps until something wakes it. */
static void po_sleep(struct machine *m) {
    struct po_part *po = m->po;
    po_rails_cut(m);
    po_system_reached(m, po_arrival(m));
    po->wake_source_count = 0;
    po->asleep = true;
    pep_system_state(m, po->state, true);
    po->busy = false;
    ki_sleep_system(m);
    po->busy = true;
    pep_system_state(m, po->state, false);
    po->asleep = false;
    po->wake_window = m->clock.now + 2 * WDMSIM_S;
}

static void po_down_and_up(struct machine *m, struct po_walk *walk, const struct po_goal *goal) {
    if (goal->final)
        io_shutdown(m, false);
    po_set_down(m, walk, goal);
    if (goal->final) {
        io_shutdown(m, true);
        po_system_reached(m, PowerSystemShutdown);
        return;
    }
    po_sleep(m);
    KI_TRACE(m, POWER_ACTION, "wake");
    SYSTEM_POWER_STATE from = m->po->state;
    po_set_working(m, walk, from, goal->target, goal->effective);
    po_system_reached(m, PowerSystemWorking);
    for (ULONG i = 0; m->po->signaled && i < walk->count; i++) /* those that no S0 IRP reached */
        po_wake_resumed(m, walk->nodes[i]);
}

static void po_transition_locked(struct machine *m, const struct po_goal *goal) {
    struct po_walk walk = {0};
    if (!po_walk_collect(m, &walk)) {
        m->po->result.status = (uint32_t)STATUS_INSUFFICIENT_RESOURCES;
        return;
    }
    if (m->po->flags & WDMSIM_POWER_EMERGENCY || po_query_all(m, &walk, goal)) {
        po_down_and_up(m, &walk, goal);
    } else {
        po_walk_keep_asked(&walk);
        po_set_working(m, &walk, PowerSystemWorking, PowerSystemWorking, PowerSystemWorking);
    }
    po_walk_free(m, &walk);
}

static _Noreturn void po_stay_off(struct machine *m) {
    m->po->busy = false;
    ki_sleep_system(m);
    KI_UNREACHABLE(); /* nothing wakes it */
}

static WORKER_THREAD_ROUTINE po_transition;
static VOID po_transition(PVOID Parameter) {
    struct machine *m = Parameter;
    struct po_part *po = m->po;
    const struct po_goal *goal = &po_goals[po->goal];
    KI_TRACE(m, POWER_ACTION, wdmsim_power_goal_name(po->goal));
    po_callback_notify(m, PO_CB_SYSTEM_STATE_LOCK, FALSE);
    if (!po->watchdog)
        pnp_lock(m);
    else if (!pnp_lock_within(m, po->watchdog))
        po_pnp_lock_timeout(m);
    po->result.status = STATUS_SUCCESS;
    po_transition_locked(m, goal);
    pnp_unlock(m);
    if (po->state == PowerSystemShutdown)
        po_stay_off(m);
    po_callback_notify(m, PO_CB_SYSTEM_STATE_LOCK, TRUE);
    po->busy = false;
    po_policy_reset(m);
}

bool po_transition_begin(struct machine *m, enum wdmsim_power_goal goal, unsigned flags) {
    struct po_part *po = m->po;
    if (po->busy || po->asleep || po->state != PowerSystemWorking)
        return false;
    po->busy = true;
    po->goal = goal;
    po->flags = flags;
    po->signaled = false;
    po->result = (struct wdmsim_power_result){.status = STATUS_PENDING};
    m->woken = false;
    ExInitializeWorkItem(&po->transition, po_transition, m);
    ex_queue_work(m, &po->transition, DelayedWorkQueue);
    return true;
}

/* A wake that comes on the way down is remembered: hardware keeps its signal. */
bool po_transition_wake(struct machine *m) {
    const struct po_part *po = m->po;
    bool down = po->busy && po->state == PowerSystemWorking && !po_goals[po->goal].final;
    if (down || po->asleep)
        ki_wake_system(m);
    return down || po->asleep;
}

void po_transition_start(struct machine *m) {
    KeInitializeEvent(&m->po->progress, SynchronizationEvent, FALSE);
    m->po->state = PowerSystemWorking;
}
