/*
 * Low-power idle of a working system: constraints, the deepest idle state, and when devices are
 * directed down.
 *
 * In standby the platform is in its deepest idle state (DRIPS) while every constraint is met: of a
 * device on its D state, or of its components on their F states where the device has none. Whoever
 * has not met his for the time-out, while no software of importance runs, is directed down with
 * everything below him that takes part; a subtree with an F constraint is left out. All of this is
 * looked at by one work item whenever a device has changed.
 *
 * (wdm/nf-wdm-pofxsettargetdripsdevicepowerstate,
 * kernel/introduction-to-the-directed-power-management- framework)
 */
#include "po/fx/internal.h"

#define FX_DIRECTED_DEFAULT_S 120u
#define FX_DIRECTED_MOST_S 600u
#define FX_DIRECTED_AT_ONCE 0xffffffffu

DEVICE_POWER_STATE fx_d_constraint(struct machine *m, struct fx_device *d) {
    if (d->drips_override != PowerDeviceUnspecified)
        return d->drips_override;
    return d->plugin->d_constraint ? d->plugin->d_constraint(m, d) : PowerDeviceD0;
}

ULONG fx_f_constraint(struct machine *m, struct fx_device *d, ULONG component) {
    return d->plugin->f_constraint ? d->plugin->f_constraint(m, d, component) : 0;
}

/* The component that does not meet its constraint; component_count: none. */
static ULONG fx_blocking_component(struct machine *m, struct fx_device *d) {
    ULONG i = 0;
    for (; i < d->component_count; i++)
        if (d->components[i].state < fx_f_constraint(m, d, i))
            break;
    return i;
}

bool fx_blocks_drips(struct machine *m, struct fx_device *d, ULONG *component) {
    DEVICE_POWER_STATE constraint = fx_d_constraint(m, d);
    *component = d->component_count;
    if (constraint > PowerDeviceD0)
        return d->d_state < constraint;
    if (d->d_state > PowerDeviceD0)
        return false;
    *component = fx_blocking_component(m, d);
    return *component < d->component_count;
}

/* ---- directing ---- */

static bool fx_has_f_constraint(struct machine *m, struct fx_device *d) {
    if (fx_d_constraint(m, d) > PowerDeviceD0)
        return false;
    for (ULONG i = 0; i < d->component_count; i++)
        if (fx_f_constraint(m, d, i))
            return true;
    return false;
}

static bool fx_subtree_has_f_constraint(struct machine *m, struct pnp_node *top) {
    for (struct pnp_node *node = top; node; node = pnp_next(node, top))
        if (node->fx && fx_has_f_constraint(m, node->fx))
            return true;
    return false;
}

static uint64_t fx_directed_timeout(const struct fx_device *d) {
    ULONG seconds = d->directed_timeout;
    if (seconds == FX_DIRECTED_AT_ONCE)
        return 0;
    if (!seconds)
        seconds = FX_DIRECTED_DEFAULT_S;
    return (seconds > FX_DIRECTED_MOST_S ? FX_DIRECTED_MOST_S : seconds) * WDMSIM_S;
}

/* The moment the device has to be directed; UINT64_MAX: never as things are. */
static uint64_t fx_directed_due(struct machine *m, struct fx_device *d) {
    ULONG component;
    bool blocks = d->direct_wanted || fx_blocks_drips(m, d, &component);
    if (!blocks || fx_d_constraint(m, d) <= PowerDeviceD0 || !fx_can_be_directed(d) ||
        !fx_children_can(m, d) || fx_subtree_has_f_constraint(m, d->node))
        return UINT64_MAX;
    return m->fx->blocked_since + fx_directed_timeout(d);
}

static bool fx_has_directed_parent(const struct fx_device *d) {
    const struct pnp_node *node = d->node;
    while ((node = node->parent) != NULL)
        if (node->fx && node->fx->direct_wanted)
            return true;
    return false;
}

/* Directs whom it is time for; the next moment that somebody is due, or UINT64_MAX. */
static uint64_t fx_direct_all(struct machine *m) {
    struct fx_part *fx = m->fx;
    bool may = fx->standby && !fx->activators;
    uint64_t next = UINT64_MAX;
    for (PLIST_ENTRY link = fx->devices.Flink; link != &fx->devices; link = link->Flink) {
        struct fx_device *d = CONTAINING_RECORD(link, struct fx_device, link);
        uint64_t due = may ? fx_directed_due(m, d) : UINT64_MAX;
        if (due <= m->clock.now)
            fx_direct(m, d, true);
        else if (!may && !d->direct_by_host)
            fx_direct(m, d, false);
        if (due > m->clock.now && due < next)
            next = due;
    }
    for (PLIST_ENTRY link = fx->devices.Flink; link != &fx->devices; link = link->Flink) {
        struct fx_device *d = CONTAINING_RECORD(link, struct fx_device, link);
        if (may && !d->direct_wanted && fx_can_be_directed(d) && fx_has_directed_parent(d))
            fx_direct(m, d, true);
        fx_device_continue(m, d);
    }
    return next;
}

/* ---- the deepest idle state ---- */

static void fx_set_drips(struct machine *m, bool drips) {
    struct fx_part *fx = m->fx;
    if (fx->drips == drips)
        return;
    fx->drips = drips;
    KI_TRACE(m, POWER_DRIPS, "", drips);
    if (drips) {
        fx->drips_since = m->clock.now;
        fx->drips_count++;
    } else {
        fx->drips_time += m->clock.now - fx->drips_since;
        fx->blocked_since = m->clock.now;
    }
}

struct fx_device *fx_first_blocker(struct machine *m, ULONG *component) {
    struct fx_part *fx = m->fx;
    for (PLIST_ENTRY link = fx->devices.Flink; link != &fx->devices; link = link->Flink) {
        struct fx_device *d = CONTAINING_RECORD(link, struct fx_device, link);
        if (fx_blocks_drips(m, d, component))
            return d;
    }
    return NULL;
}

static _Noreturn void fx_drips_overdue(struct machine *m, struct fx_device *d, ULONG component) {
    bool whole = component == d->component_count;
    ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x619, (ULONG_PTR)d, whole ? 0 : component, 0,
                "device node %u has kept the platform from its deepest idle state too long",
                d->serial);
}

static WORKER_THREAD_ROUTINE fx_standby_work;
static VOID fx_standby_work(PVOID parameter) {
    struct machine *m = parameter;
    struct fx_part *fx = m->fx;
    KIRQL irql = fx_enter(m);
    fx->directed_queued = false;
    ULONG component;
    struct fx_device *blocker = fx->standby ? fx_first_blocker(m, &component) : NULL;
    fx_set_drips(m, fx->standby && !blocker);
    if (blocker && fx->drips_limit && m->clock.now >= fx->blocked_since + fx->drips_limit)
        fx_drips_overdue(m, blocker, component);
    uint64_t next = fx_direct_all(m);
    if (blocker && fx->drips_limit && fx->blocked_since + fx->drips_limit < next)
        next = fx->blocked_since + fx->drips_limit;
    if (next != UINT64_MAX)
        fx_timer_set(&fx->directed_timer, &fx->directed_dpc, next - m->clock.now);
    else
        KeCancelTimer(&fx->directed_timer);
    fx_leave(m, irql);
}

void fx_standby_changed(struct machine *m) {
    struct fx_part *fx = m->fx;
    if (fx->directed_queued)
        return;
    fx->directed_queued = true;
    ExInitializeWorkItem(&fx->directed_work, fx_standby_work, m);
    ex_queue_work(m, &fx->directed_work, CriticalWorkQueue);
}

void fx_plugin_constraints_changed(struct machine *m) {
    if (m->fx->standby)
        fx_standby_changed(m);
}

static KDEFERRED_ROUTINE fx_directed_dpc;
static VOID fx_directed_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    fx_standby_changed(ki_self());
}

void fx_standby(struct machine *m, bool enter) {
    struct fx_part *fx = m->fx;
    if (fx->standby == enter)
        return;
    fx->standby = enter;
    fx->standby_since = fx->blocked_since = m->clock.now;
    KI_TRACE(m, POWER_ACTION, enter ? "low-power idle begins" : "low-power idle ends");
    fx_standby_changed(m);
}

void fx_activators(struct machine *m, bool running) {
    struct fx_part *fx = m->fx;
    if (fx->activators == running)
        return;
    fx->activators = running;
    fx->blocked_since = m->clock.now;
    fx_standby_changed(m);
}

bool fx_in_drips(struct machine *m) { return m->fx->drips; }

void fx_standby_start(struct machine *m) {
    KeInitializeTimer(&m->fx->directed_timer);
    KeInitializeDpc(&m->fx->directed_dpc, fx_directed_dpc, NULL);
}

/* "Lower" is less powered; the state the plug-in demands is accepted as well. */
NTSTATUS PoFxSetTargetDripsDevicePowerState(POHANDLE Handle, DEVICE_POWER_STATE TargetState) {
    KI_GATE(PoFxSetTargetDripsDevicePowerState);
    struct fx_device *d = fx_device_checked(m, Handle, __builtin_return_address(0));
    DEVICE_POWER_STATE present =
        d->plugin->d_constraint ? d->plugin->d_constraint(m, d) : PowerDeviceD0;
    if (TargetState > PowerDeviceD3 || (unsigned)TargetState > PowerDeviceD3 ||
        (TargetState != PowerDeviceUnspecified && TargetState < present))
        return STATUS_INVALID_PARAMETER;
    d->drips_override = TargetState;
    fx_plugin_constraints_changed(m);
    return STATUS_SUCCESS;
}
