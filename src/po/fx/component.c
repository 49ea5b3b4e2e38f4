/*
 * Components: activation counts, conditions, F states, and the driver's callbacks about them.
 *
 * A component is advanced one small step at a time (fx_component_step), each of which looks at the
 * present state alone: counts may change during any callback, and what the change means is found
 * when the callback has returned. So one callback of a component runs at a time, active and idle
 * callbacks alternate, and whatever was asked for meanwhile comes next:
 *
 *   ACTIVE -> IDLING        the last reference went: idle callback, completed by the driver
 *   IDLING -> IDLE          still unused: providers are released, an F state is chosen
 *   IDLING -> ACTIVATING    used again: no F change in between
 *   IDLE <-> CHANGING       one F step; from one low state to another always by way of F0
 *   IDLE, CHANGING -> ACTIVATING -> ACTIVE   providers, device power, F0, active callback
 *
 * (wdm/nf-wdm-pofxactivatecomponent, -pofxidlecomponent, -pofxcompleteidlecondition,
 * -pofxcompleteidlestate, nc-wdm-po_fx_component_idle_state_callback)
 */
#include "po/fx/internal.h"

void fx_component_account(struct machine *m, struct fx_component *c) {
    uint64_t now = m->clock.now;
    c->residence[c->state] += now - c->since;
    c->since = now;
    if (c->condition == FX_ACTIVE || c->condition == FX_IDLING) {
        c->active_time += now - c->active_since;
        c->active_since = now;
    }
}

/* ---- waiting callers ---- */

static void fx_waiters_done(struct machine *m, struct fx_component *c, bool idle) {
    for (PLIST_ENTRY link = c->waiters.Flink; link != &c->waiters; link = link->Flink) {
        struct fx_waiter *waiter = CONTAINING_RECORD(link, struct fx_waiter, link);
        if (waiter->idle == idle && !waiter->done) {
            waiter->done = true;
            fx_signal(m, &waiter->event);
        }
    }
}

void fx_component_release_waiters(struct machine *m, struct fx_component *c) {
    fx_waiters_done(m, c, false);
    fx_waiters_done(m, c, true);
}

/* A waiter who can go on advancing the component himself. */
static struct fx_waiter *fx_waiter_of(struct fx_component *c) {
    for (PLIST_ENTRY link = c->waiters.Flink; link != &c->waiters; link = link->Flink) {
        struct fx_waiter *waiter = CONTAINING_RECORD(link, struct fx_waiter, link);
        if (!waiter->done)
            return waiter;
    }
    return NULL;
}

/* ---- who advances it ---- */

/* Nothing to do, whoever comes. */
static bool fx_component_is_steady(struct machine *m, const struct fx_component *c) {
    if (c->condition == FX_ACTIVE)
        return !c->due && (c->references ? IsListEmpty(&c->waiters) : fx_is_quiet(c->device));
    return c->condition == FX_IDLE && c->resting && !c->references && !c->settling &&
           (!fx_is_powered(c->device) || c->state == fx_wanted_state(m, c));
}

static WORKER_THREAD_ROUTINE fx_component_work;
static VOID fx_component_work(PVOID parameter) {
    struct machine *m = ki_self();
    struct fx_component *c = parameter;
    KIRQL irql = fx_enter(m);
    c->queued = false;
    c->async = false;
    if (!c->runner && !fx_component_is_steady(m, c))
        fx_component_run(m, c, fx_worker_irql(m), FX_WORKER);
    fx_turn_over(m, c->device);
    fx_leave(m, irql);
}

static void fx_component_queue(struct machine *m, struct fx_component *c) {
    if (c->queued)
        return;
    c->queued = true;
    ExInitializeWorkItem(&c->work, fx_component_work, c);
    ex_queue_work(m, &c->work, CriticalWorkQueue);
}

void fx_component_continue(struct machine *m, struct fx_component *c) {
    struct fx_waiter *waiter;
    if (c->runner || c->queued || c->device->unregistering || fx_component_is_steady(m, c))
        return;
    waiter = fx_waiter_of(c);
    if (waiter)
        fx_signal(m, &waiter->event);
    else
        fx_component_queue(m, c);
}

/* ---- references of the kernel ---- */

void fx_component_take(struct machine *m, struct fx_component *c) {
    c->references++;
    fx_component_begin(m, c);
    fx_component_continue(m, c);
}

void fx_component_drop(struct machine *m, struct fx_component *c) {
    KI_ASSERT(c->references > 0);
    if (--c->references)
        return;
    fx_component_begin(m, c);
    fx_component_continue(m, c);
}

/* Providers are activated asynchronously, before their dependent. */
static void fx_providers_take(struct machine *m, struct fx_component *c) {
    c->providers_held = true;
    for (ULONG i = 0; i < c->provider_count; i++)
        fx_component_take(m, &c->device->components[c->providers[i]]);
}

static void fx_providers_drop(struct machine *m, struct fx_component *c) {
    if (!c->providers_held)
        return;
    c->providers_held = false;
    for (ULONG i = 0; i < c->provider_count; i++)
        fx_component_drop(m, &c->device->components[c->providers[i]]);
}

static bool fx_providers_ready(const struct fx_component *c) {
    for (ULONG i = 0; i < c->provider_count; i++) {
        const struct fx_component *provider = &c->device->components[c->providers[i]];
        if (provider->condition != FX_ACTIVE || provider->due || provider->in_callback)
            return false;
    }
    return true;
}

static void fx_dependents_continue(struct machine *m, const struct fx_component *provider) {
    struct fx_device *d = provider->device;
    if (!d->has_providers)
        return;
    for (ULONG i = 0; i < d->component_count; i++) {
        struct fx_component *c = &d->components[i];
        if (c->condition != FX_ACTIVATING)
            continue;
        for (ULONG j = 0; j < c->provider_count; j++)
            if (c->providers[j] == provider->index)
                fx_component_continue(m, c);
    }
}

/* ---- rest: what the device's power depends on ---- */

static void fx_rest(struct machine *m, struct fx_component *c, bool rests) {
    struct fx_device *d = c->device;
    if (c->resting == rests)
        return;
    c->resting = rests;
    d->resting += rests ? 1 : (ULONG)-1;
    if (rests)
        fx_device_continue(m, d);
}

void fx_component_restless(struct machine *m, struct fx_component *c) {
    bool at_rest = c->condition == FX_IDLE && !c->references && !c->settling &&
                   c->state == fx_wanted_state(m, c);
    if (!at_rest)
        fx_rest(m, c, false);
}

static void fx_wants_power(struct machine *m, struct fx_component *c, bool wants) {
    struct fx_device *d = c->device;
    if (c->wants == wants)
        return;
    c->wants = wants;
    d->wants_power += wants ? 1 : (ULONG)-1;
    if (wants)
        fx_device_continue(m, d);
}

/* ---- an F step ---- */

static void fx_step_tell(struct machine *m, struct fx_component *c, KIRQL irql, bool notified) {
    struct fx_device *d = c->device;
    struct fx_call call;
    c->plugin_done = !d->plugin || !d->plugin->idle_state;
    if (c->plugin_done)
        return;
    fx_call_begin(m, &call, d, irql);
    enum fx_answer answer = d->plugin->idle_state(m, d, c->index, c->target, notified);
    fx_call_end(m, &call, "the plug-in");
    if (answer != FX_LATER)
        c->plugin_done = true;
}

static void fx_step_drive(struct machine *m, struct fx_component *c, KIRQL irql) {
    struct fx_device *d = c->device;
    PO_FX_COMPONENT_IDLE_STATE_CALLBACK *routine = d->driver.ComponentIdleStateCallback;
    struct fx_call call;
    c->driver_done = !routine;
    if (c->driver_done)
        return;
    KI_TRACE(m, FX_CALL, "ComponentIdleStateCallback", d->serial, c->index, c->target);
    c->in_callback = true;
    fx_call_begin(m, &call, d, irql);
    routine(d->driver.DeviceContext, c->index, c->target);
    fx_call_end(m, &call, "ComponentIdleStateCallback");
    c->in_callback = false;
    if (!c->driver_done) {
        c->asked = ki_clock_awake(&m->clock) + 1;
        fx_watch(m);
    }
}

static void fx_step_reached(struct machine *m, struct fx_component *c, KIRQL irql) {
    KI_TRACE(m, FX_STATE, "", c->device->serial, c->index, c->state, c->target);
    fx_component_account(m, c);
    c->state = c->target;
    c->changes++;
    c->step = FX_STEP_NONE;
    if (c->perf)
        fx_perf_state_reached(m, c, irql);
    if (c->held_f0)
        fx_waits_check(m, c->device);
    if (KI_UNLIKELY(m->fx->standby))
        fx_standby_changed(m);
}

/* True if the step went on, false if somebody has to answer first. */
static bool fx_step_advance(struct machine *m, struct fx_component *c, KIRQL irql) {
    switch (c->step) {
    case FX_STEP_BEGIN:
        c->step = FX_STEP_PRE;
        fx_step_tell(m, c, irql, false);
        return true;
    case FX_STEP_PRE:
        if (!c->plugin_done)
            return false;
        c->step = FX_STEP_DRIVER;
        fx_step_drive(m, c, irql);
        return true;
    case FX_STEP_DRIVER:
        if (!c->driver_done)
            return false;
        c->step = FX_STEP_POST;
        fx_step_tell(m, c, irql, true);
        return true;
    default:
        if (!c->plugin_done)
            return false;
        fx_step_reached(m, c, irql);
        return true;
    }
}

/* ---- conditions ---- */

static void fx_call_active(struct machine *m, struct fx_component *c, KIRQL irql) {
    struct fx_device *d = c->device;
    PO_FX_COMPONENT_ACTIVE_CONDITION_CALLBACK *routine = d->driver.ComponentActiveConditionCallback;
    struct fx_call call;
    c->due = false;
    if (routine) {
        KI_TRACE(m, FX_CALL, "ComponentActiveConditionCallback", d->serial, c->index);
        c->in_callback = true;
        fx_call_begin(m, &call, d, irql);
        routine(d->driver.DeviceContext, c->index);
        fx_call_end(m, &call, "ComponentActiveConditionCallback");
        c->in_callback = false;
    }
    fx_dependents_continue(m, c);
    fx_waits_check(m, d);
    if (d->direct_wanted)
        fx_device_continue(m, d);
}

static void fx_call_idle(struct machine *m, struct fx_component *c, KIRQL irql) {
    struct fx_device *d = c->device;
    PO_FX_COMPONENT_IDLE_CONDITION_CALLBACK *routine = d->driver.ComponentIdleConditionCallback;
    struct fx_call call;
    c->due = false;
    c->driver_done = !routine;
    if (c->driver_done)
        return;
    KI_TRACE(m, FX_CALL, "ComponentIdleConditionCallback", d->serial, c->index);
    c->in_callback = true;
    fx_call_begin(m, &call, d, irql);
    routine(d->driver.DeviceContext, c->index);
    fx_call_end(m, &call, "ComponentIdleConditionCallback");
    c->in_callback = false;
    if (!c->driver_done) {
        c->asked = ki_clock_awake(&m->clock) + 1;
        fx_watch(m);
    }
}

/* What a change of the count means at once, when nobody is at work on the component. */
void fx_component_begin(struct machine *m, struct fx_component *c) {
    struct fx_device *d = c->device;
    if (c->runner || fx_is_quiet(d))
        return;
    if (c->condition == FX_ACTIVE && !c->references && !c->due) {
        c->condition = FX_IDLING;
        c->due = true;
    } else if (c->condition == FX_IDLE && c->references) {
        c->condition = FX_ACTIVATING;
        c->settling = false;
        fx_rest(m, c, false);
        fx_device_disturb(m, d);
    }
}

static bool fx_step_active(struct machine *m, struct fx_component *c, KIRQL irql) {
    if (c->due) {
        fx_call_active(m, c, irql);
        return true;
    }
    if (c->references) {
        /* Used again before anybody saw it unused: whoever waits for idle has missed nothing. */
        fx_waiters_done(m, c, true);
        return false;
    }
    if (fx_is_quiet(c->device))
        return false;
    c->condition = FX_IDLING;
    c->due = true;
    return true;
}

static bool fx_step_idling(struct machine *m, struct fx_component *c, KIRQL irql) {
    if (c->due) {
        fx_call_idle(m, c, irql);
        return true;
    }
    if (!c->driver_done)
        return false;
    fx_component_account(m, c);
    fx_waiters_done(m, c, true);
    if (c->references) {
        c->condition = FX_ACTIVATING;
        return true;
    }
    c->condition = FX_IDLE;
    KI_TRACE(m, FX_CONDITION, "", c->device->serial, c->index, 0);
    fx_providers_drop(m, c);
    return true;
}

/* Registers can be reached: an F change is possible. */
static bool fx_may_change(const struct fx_component *c) {
    const struct fx_device *d = c->device;
    if (c->held_f0 && d->d_state == PowerDeviceD0 && !d->unregistering)
        return true;
    return fx_is_powered(d) && !fx_is_quiet(d);
}

static bool fx_step_idle(struct machine *m, struct fx_component *c) {
    ULONG wanted;
    if (c->references && !fx_is_quiet(c->device)) {
        c->condition = FX_ACTIVATING;
        c->settling = false;
        fx_rest(m, c, false);
        fx_device_disturb(m, c->device);
        return true;
    }
    if (!c->state)
        c->settling = false;
    wanted = fx_wanted_state(m, c);
    if ((wanted == c->state && !c->settling) || !fx_may_change(c)) {
        fx_rest(m, c, true);
        return false;
    }
    fx_rest(m, c, false);
    c->target = c->settling || (c->state && wanted) ? 0 : wanted;
    c->condition = FX_CHANGING;
    c->step = FX_STEP_BEGIN;
    return true;
}

static bool fx_step_changing(struct machine *m, struct fx_component *c, KIRQL irql) {
    if (c->step != FX_STEP_NONE)
        return fx_step_advance(m, c, irql);
    c->condition = c->references ? FX_ACTIVATING : FX_IDLE;
    if (c->references)
        fx_device_disturb(m, c->device);
    return true;
}

static bool fx_step_activating(struct machine *m, struct fx_component *c, KIRQL irql) {
    struct fx_device *d = c->device;
    if (c->step != FX_STEP_NONE)
        return fx_step_advance(m, c, irql);
    if (!c->providers_held && c->provider_count)
        fx_providers_take(m, c);
    fx_wants_power(m, c, !fx_is_powered(d));
    if (!fx_is_powered(d) || fx_is_quiet(d) || !fx_providers_ready(c))
        return false;
    if (c->state) {
        c->target = 0;
        c->step = FX_STEP_BEGIN;
        return true;
    }
    c->condition = FX_ACTIVE;
    c->due = true;
    c->activations++;
    c->active_since = m->clock.now;
    KI_TRACE(m, FX_CONDITION, "", d->serial, c->index, 1);
    fx_waiters_done(m, c, false);
    return true;
}

static bool fx_component_step(struct machine *m, struct fx_component *c, KIRQL irql) {
    switch (c->condition) {
    case FX_ACTIVE:
        return fx_step_active(m, c, irql);
    case FX_IDLING:
        return fx_step_idling(m, c, irql);
    case FX_IDLE:
        return fx_step_idle(m, c);
    case FX_CHANGING:
        return fx_step_changing(m, c, irql);
    default:
        return fx_step_activating(m, c, irql);
    }
}

void fx_component_run(struct machine *m, struct fx_component *c, KIRQL irql,
                      enum fx_context context) {
    c->runner = ki_current_thread(m);
    while (fx_component_step(m, c, irql))
        if (KI_UNLIKELY(c->async) && context == FX_INLINE)
            break;
    c->runner = NULL;
    if (KI_LIKELY(!c->async))
        return;
    if (context == FX_INLINE && !fx_component_is_steady(m, c))
        fx_component_queue(m, c);
    else
        c->async = false;
}

/* ---- what drivers call ---- */

struct fx_component *fx_component_checked(struct machine *m, struct fx_device *d, ULONG index,
                                          const void *caller) {
    if (KI_UNLIKELY(index >= d->component_count))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x614, (ULONG_PTR)d, index, 2,
                    "%s named component %u of device node %u, which has %u",
                    ki_address_name(m, caller), index, d->serial, d->component_count);
    return &d->components[index];
}

/* Device, component and flags of an activation or idle call. */
static struct fx_component *fx_requested(struct machine *m, POHANDLE handle, ULONG index,
                                         ULONG flags, const void *caller) {
    struct fx_device *d = fx_device_checked(m, handle, caller);
    struct fx_component *c = fx_component_checked(m, d, index, caller);
    ULONG both = PO_FX_FLAG_BLOCKING | PO_FX_FLAG_ASYNC_ONLY;
    if (KI_LIKELY(!flags))
        return c;
    if (KI_UNLIKELY((flags & both) == both))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x614, (ULONG_PTR)d, index, 1,
                    "%s passed both PO_FX_FLAG_BLOCKING and PO_FX_FLAG_ASYNC_ONLY",
                    ki_address_name(m, caller));
    if (KI_UNLIKELY((flags & PO_FX_FLAG_BLOCKING) && m->cpu->irql >= DISPATCH_LEVEL))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x614, (ULONG_PTR)d, index, 0,
                    "%s passed PO_FX_FLAG_BLOCKING at %s", ki_address_name(m, caller),
                    ki_irql_name(m->cpu->irql));
    if (KI_UNLIKELY(flags & ~both))
        fx_report(m, d, "%s passed unknown flags %#x", ki_address_name(m, caller), flags & ~both);
    return c;
}

/* The caller waits until the component is idle, or active; he advances it himself where he can. */
static void fx_component_block(struct machine *m, struct fx_component *c, KIRQL irql, bool idle,
                               const void *caller) {
    struct fx_waiter waiter = {.idle = idle};
    bool reported = false;
    KeInitializeEvent(&waiter.event, SynchronizationEvent, FALSE);
    InsertTailList(&c->waiters, &waiter.link);
    for (;;) {
        if (!c->runner)
            fx_component_run(m, c, irql, FX_BLOCKED);
        else if (c->runner == ki_current_thread(m) && !waiter.done && fx_in_call(m, c->device))
            ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x618, (ULONG_PTR)&c->work, 0, 0,
                        "self-deadlock: %s waits for component %u of device node %u inside a "
                        "callback about it",
                        ki_address_name(m, caller), c->index, c->device->serial);
        if (waiter.done)
            break;
        if (!reported && fx_in_call(m, c->device))
            fx_report(m, c->device, "%s waits for component %u inside a callback",
                      ki_address_name(m, caller), c->index);
        reported = true;
        fx_leave(m, irql);
        KeWaitForSingleObject(&waiter.event, Executive, KernelMode, FALSE, NULL);
        fx_enter(m);
    }
    RemoveEntryList(&waiter.link);
    fx_component_continue(m, c);
    fx_turn_over(m, c->device);
}

/* A change of the count starts something, or is left to whoever is at work. */
static void fx_component_request(struct machine *m, struct fx_component *c, KIRQL irql, ULONG flags,
                                 bool idle, const void *caller) {
    fx_component_begin(m, c);
    if (idle ? c->condition == FX_IDLE || c->condition == FX_CHANGING : c->condition == FX_ACTIVE)
        return;
    if (flags & PO_FX_FLAG_BLOCKING) {
        fx_component_block(m, c, irql, idle, caller);
    } else if (c->runner) {
        if (flags & PO_FX_FLAG_ASYNC_ONLY)
            c->async = true;
    } else if (flags & PO_FX_FLAG_ASYNC_ONLY || c->queued || ki_choose(m, WDMSIM_CHOICE_POWER, 2)) {
        fx_component_continue(m, c);
    } else {
        fx_component_run(m, c, irql, FX_INLINE);
    }
}

VOID PoFxActivateComponent(POHANDLE Handle, ULONG Component, ULONG Flags) {
    KI_GATE(PoFxActivateComponent);
    const void *caller = __builtin_return_address(0);
    struct fx_component *c = fx_requested(m, Handle, Component, Flags, caller);
    KIRQL irql = fx_enter(m);
    if (KI_UNLIKELY(c->own == MAXLONG))
        fx_report(m, c->device, "%s activated component %u more often than can be counted",
                  ki_address_name(m, caller), Component);
    c->own++;
    if (c->references++ == 0 || c->condition != FX_ACTIVE)
        fx_component_request(m, c, irql, Flags, false, caller);
    fx_leave(m, irql);
}

VOID PoFxIdleComponent(POHANDLE Handle, ULONG Component, ULONG Flags) {
    KI_GATE(PoFxIdleComponent);
    const void *caller = __builtin_return_address(0);
    struct fx_component *c = fx_requested(m, Handle, Component, Flags, caller);
    if (KI_UNLIKELY(!c->own))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x608, (ULONG_PTR)c, Flags, 0,
                    "%s idled component %u of device node %u without having activated it",
                    ki_address_name(m, caller), Component, c->device->serial);
    KIRQL irql = fx_enter(m);
    c->own--;
    if (--c->references == 0)
        fx_component_request(m, c, irql, Flags, true, caller);
    fx_leave(m, irql);
}

VOID PoFxCompleteIdleCondition(POHANDLE Handle, ULONG Component) {
    KI_GATE(PoFxCompleteIdleCondition);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    struct fx_component *c = fx_component_checked(m, d, Component, caller);
    if (KI_UNLIKELY(c->condition != FX_IDLING || c->due || c->driver_done))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x613, (ULONG_PTR)d, Component, 2,
                    "%s completed an idle condition of component %u that was not asked for",
                    ki_address_name(m, caller), Component);
    KIRQL irql = fx_enter(m);
    c->driver_done = true;
    c->asked = 0;
    fx_component_continue(m, c);
    fx_leave(m, irql);
}

/* The reference names no bug check for this one; 3 continues the list of its neighbours. */
VOID PoFxCompleteIdleState(POHANDLE Handle, ULONG Component) {
    KI_GATE(PoFxCompleteIdleState);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    struct fx_component *c = fx_component_checked(m, d, Component, caller);
    if (KI_UNLIKELY(c->step != FX_STEP_DRIVER || c->driver_done))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x613, (ULONG_PTR)d, Component, 3,
                    "%s completed an idle state of component %u that was not asked for "
                    "(parameter 4 is the simulator's own)",
                    ki_address_name(m, caller), Component);
    KIRQL irql = fx_enter(m);
    c->driver_done = true;
    c->asked = 0;
    fx_component_continue(m, c);
    fx_leave(m, irql);
}

bool fx_plugin_step_done(struct machine *m, struct fx_device *d, ULONG component) {
    if (component >= d->component_count)
        return false;
    struct fx_component *c = &d->components[component];
    if ((c->step != FX_STEP_PRE && c->step != FX_STEP_POST) || c->plugin_done)
        return false;
    KIRQL irql = fx_enter(m);
    c->plugin_done = true;
    fx_component_continue(m, c);
    fx_leave(m, irql);
    return true;
}
