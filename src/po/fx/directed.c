/*
 * Directed power transitions: in standby, the framework itself takes devices down that keep the
 * platform from its deepest idle state, and up again.
 *
 *   UNDIRECTED -> DOWN_CALLED   children are down, nothing of the device is in motion
 *   DOWN_CALLED -> DOWN         the driver has completed it; the parent may follow
 *   DOWN -> UP_CALLED           it is wanted up, and its parents are
 *   UP_CALLED -> UNDIRECTED     the driver has reported powered on
 *
 * In between the driver is called for nothing else, and no S-IRP or removal IRP reaches its stack:
 * for the framework the device requires power all the time, only its components stand still. A
 * device that is in a low-power state already is left alone (a choice powers it up first, to direct
 * it).
 *
 * Judgements: parents come up before their children; completing what was not asked for is bug check
 * 0x9F/6 like a failed completion. (wdm/nc-wdm-po_fx_directed_power_down_callback,
 * -po_fx_directed_power_up_callback, nf-wdm-pofxcompletedirectedpowerdown, ns-wdm-po_fx_device_v3)
 */
#include "po/fx/internal.h"

/* ---- who depends on whom ---- */

static bool fx_is_power_child(const struct pnp_node *child, const struct pnp_node *parent) {
    for (ULONG i = 0; i < child->power_relations.count; i++)
        if (child->power_relations.items[i] == parent)
            return true;
    return false;
}

/* Calls `is_so` for each device that has this one as parent; false as soon as one says no. A child
 * that is not registered is NULL; those the device's flags make optional are asked, too. */
typedef bool fx_is_so(const struct fx_device *child, bool optional);
static bool fx_children_are(struct machine *m, const struct fx_device *d, fx_is_so *is_so) {
    struct pnp_node *node = d->node;
    bool optional = d->flags & PO_FX_DEVICE_FLAG_DFX_DIRECT_CHILDREN_OPTIONAL;
    for (PLIST_ENTRY link = node->children.Flink; link != &node->children; link = link->Flink) {
        struct pnp_node *child = CONTAINING_RECORD(link, struct pnp_node, sibling);
        if (pnp_is_started(child) && !is_so(child->fx, optional))
            return false;
    }
    optional = d->flags & PO_FX_DEVICE_FLAG_DFX_POWER_CHILDREN_OPTIONAL;
    for (PLIST_ENTRY link = m->fx->devices.Flink; link != &m->fx->devices; link = link->Flink) {
        struct fx_device *child = CONTAINING_RECORD(link, struct fx_device, link);
        if (fx_is_power_child(child->node, node) && !is_so(child, optional))
            return false;
    }
    return true;
}

static bool fx_child_is_down(const struct fx_device *child, bool optional) {
    return optional || (child && (child->directed == FX_DOWN || child->d_state > PowerDeviceD0));
}

static bool fx_child_can(const struct fx_device *child, bool optional) {
    return optional || (child && fx_can_be_directed(child));
}

bool fx_children_can(struct machine *m, const struct fx_device *d) {
    return fx_children_are(m, d, fx_child_can);
}

/* A device with a paging file, and the debugger's, are left alone. */
bool fx_can_be_directed(const struct fx_device *d) {
    return d->started && !d->never_direct && !d->node->usage[DeviceUsageTypePaging] &&
           d->driver.DirectedPowerDownCallback && d->driver.DirectedPowerUpCallback;
}

static bool fx_parents_are_up(const struct fx_device *d) {
    const struct pnp_node *node = d->node;
    const struct fx_device *parent = node->parent ? node->parent->fx : NULL;
    if (parent && parent->directed != FX_UNDIRECTED)
        return false;
    for (ULONG i = 0; i < node->power_relations.count; i++) {
        parent = node->power_relations.items[i]->fx;
        if (parent && parent->directed != FX_UNDIRECTED)
            return false;
    }
    return true;
}

/* Every component is active and used, or idle in its state. */
static bool fx_stands_still(const struct fx_device *d) {
    if (!fx_is_powered(d) || d->holds || d->unregistering || d->report_due)
        return false;
    for (ULONG i = 0; i < d->component_count; i++) {
        const struct fx_component *c = &d->components[i];
        bool active = c->condition == FX_ACTIVE && !c->due && !c->in_callback && c->references;
        bool idle = c->condition == FX_IDLE && c->resting && !c->references;
        if (!active && !idle)
            return false;
    }
    return true;
}

/* ---- the machine ---- */

bool fx_directed_pending(struct machine *m, const struct fx_device *d) {
    switch (d->directed) {
    case FX_UNDIRECTED:
        return d->direct_wanted && fx_stands_still(d) && fx_children_are(m, d, fx_child_is_down);
    case FX_DOWN_CALLED:
        return d->due || d->driver_done;
    case FX_DOWN:
        return !d->direct_wanted && fx_parents_are_up(d);
    default:
        return d->due || !(d->report_due & FX_DUE_DIRECTED);
    }
}

static void fx_call_directed(struct machine *m, struct fx_device *d, bool down) {
    PO_FX_DIRECTED_POWER_DOWN_CALLBACK *go_down = d->driver.DirectedPowerDownCallback;
    PO_FX_DIRECTED_POWER_UP_CALLBACK *go_up = d->driver.DirectedPowerUpCallback;
    struct fx_call call;
    const char *name = down ? "DirectedPowerDownCallback" : "DirectedPowerUpCallback";
    d->due = false;
    KI_TRACE(m, FX_CALL, name, d->serial);
    fx_call_begin(m, &call, d, PASSIVE_LEVEL);
    if (down)
        go_down(d->driver.DeviceContext, 0);
    else
        go_up(d->driver.DeviceContext, 0);
    fx_call_end(m, &call, name);
    if (down ? !d->driver_done : d->report_due & FX_DUE_DIRECTED) {
        d->asked = ki_clock_awake(&m->clock) + 1;
        fx_watch(m);
    }
}

static void fx_directed_down(struct machine *m, struct fx_device *d) {
    fx_device_disturb(m, d);
    d->direct_from_dx = false;
    d->due = true;
    d->driver_done = false;
    d->directed = FX_DOWN_CALLED;
}

static void fx_directed_over(struct machine *m, struct fx_device *d) {
    d->directed = FX_UNDIRECTED;
    KI_TRACE(m, FX_DEVICE, "is up again", d->serial);
    fx_device_up(m, d);
    fx_waits_check(m, d);
    fx_standby_changed(m);
}

bool fx_directed_step(struct machine *m, struct fx_device *d) {
    if (!fx_directed_pending(m, d))
        return false;
    switch (d->directed) {
    case FX_UNDIRECTED:
        fx_directed_down(m, d);
        return true;
    case FX_DOWN_CALLED:
        if (d->due) {
            fx_call_directed(m, d, true);
            return true;
        }
        d->directed = FX_DOWN;
        KI_TRACE(m, FX_DEVICE, "is directed down", d->serial);
        fx_standby_changed(m);
        return true;
    case FX_DOWN:
        d->due = true;
        d->report_due |= FX_DUE_DIRECTED;
        d->directed = FX_UP_CALLED;
        return true;
    default:
        if (d->due)
            fx_call_directed(m, d, false);
        else
            fx_directed_over(m, d);
        return true;
    }
}

void fx_direct(struct machine *m, struct fx_device *d, bool down) {
    bool must_be_up = d->holds || !IsListEmpty(&d->gos);
    if (d->direct_wanted == down || (down && must_be_up))
        return;
    d->direct_wanted = down;
    d->direct_from_dx = down && d->power == FX_NOT_REQUIRED && ki_choose(m, WDMSIM_CHOICE_POWER, 2);
    fx_device_continue(m, d);
}

VOID PoFxCompleteDirectedPowerDown(POHANDLE Handle) {
    KI_GATE(PoFxCompleteDirectedPowerDown);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    if (KI_UNLIKELY(d->directed != FX_DOWN_CALLED || d->due || d->driver_done))
        ki_bugcheck(m, DRIVER_POWER_STATE_FAILURE, 6, (ULONG_PTR)d, 1, 0,
                    "%s completed a directed power down of device node %u that was not asked for",
                    ki_address_name(m, caller), d->serial);
    KIRQL irql = fx_enter(m);
    d->driver_done = true;
    d->asked = 0;
    fx_device_continue(m, d);
    fx_leave(m, irql);
}
