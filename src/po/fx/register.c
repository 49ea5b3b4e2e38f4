/*
 * Registration: what a driver says about its device is checked, copied whole, and given to the
 * plug-in that owns the device; it is undone when nothing of the driver runs any more.
 *
 * A component begins active in F0, with one reference that belongs to the registration and goes
 * with PoFxStartDevicePowerManagement; nothing is called back before that.
 * (wdm/nf-wdm-pofxregisterdevice, -pofxstartdevicepowermanagement, -pofxunregisterdevice,
 * ns-wdm-_po_fx_component_v2)
 *
 * Judgements. A description that contradicts itself (the deepest wakeable state out of range, an F0
 * with a latency, a bad provider graph, both fast-resume flags, flags in version 2) is
 * STATUS_INVALID_PARAMETER. Four is the number of components on the longest chain of providers.
 */
#include <string.h>

#include "po/fx/internal.h"

#define FX_DEEPEST_CHAIN 4u

/* The driver's description in one shape, whatever its version. */
struct fx_description {
    PO_FX_DEVICE_V3 device;
    const char *components;
    size_t stride;
    bool v1;
};

/* One of its components. */
static PO_FX_COMPONENT_V2 fx_described(const struct fx_description *description, ULONG index) {
    const void *at = description->components + index * description->stride;
    if (!description->v1)
        return *(const PO_FX_COMPONENT_V2 *)at;
    const PO_FX_COMPONENT_V1 *v1 = at;
    return (PO_FX_COMPONENT_V2){.Id = v1->Id,
                                .DeepestWakeableIdleState = v1->DeepestWakeableIdleState,
                                .IdleStateCount = v1->IdleStateCount,
                                .IdleStates = v1->IdleStates};
}

/* What versions 1 and 2 have in common with 3. */
#define FX_COPY_CALLBACKS(to, from)                                                                \
    do {                                                                                           \
        (to)->ComponentActiveConditionCallback = (from)->ComponentActiveConditionCallback;         \
        (to)->ComponentIdleConditionCallback = (from)->ComponentIdleConditionCallback;             \
        (to)->ComponentIdleStateCallback = (from)->ComponentIdleStateCallback;                     \
        (to)->DevicePowerRequiredCallback = (from)->DevicePowerRequiredCallback;                   \
        (to)->DevicePowerNotRequiredCallback = (from)->DevicePowerNotRequiredCallback;             \
        (to)->PowerControlCallback = (from)->PowerControlCallback;                                 \
        (to)->DeviceContext = (from)->DeviceContext;                                               \
        (to)->ComponentCount = (from)->ComponentCount;                                             \
    } while (0)

/* False: a version that there is not. */
static bool fx_describe(const void *device, struct fx_description *description) {
    const PO_FX_DEVICE_V1 *v1 = device;
    const PO_FX_DEVICE_V2 *v2 = device;
    const PO_FX_DEVICE_V3 *v3 = device;
    PO_FX_DEVICE_V3 *to = &description->device;
    memset(description, 0, sizeof *description);
    to->Version = *(const ULONG *)device;
    description->stride = sizeof(PO_FX_COMPONENT_V2);
    switch (to->Version) {
    case PO_FX_VERSION_V1:
        FX_COPY_CALLBACKS(to, v1);
        description->v1 = true;
        description->stride = sizeof(PO_FX_COMPONENT_V1);
        description->components = (const char *)v1->Components;
        return true;
    case PO_FX_VERSION_V2:
        FX_COPY_CALLBACKS(to, v2);
        to->Flags = v2->Flags;
        description->components = (const char *)v2->Components;
        return true;
    case PO_FX_VERSION_V3:
        FX_COPY_CALLBACKS(to, v3);
        to->Flags = v3->Flags;
        to->DirectedPowerUpCallback = v3->DirectedPowerUpCallback;
        to->DirectedPowerDownCallback = v3->DirectedPowerDownCallback;
        to->DirectedFxTimeoutInSeconds = v3->DirectedFxTimeoutInSeconds;
        description->components = (const char *)v3->Components;
        return true;
    default:
        return false;
    }
}

/* ---- checks ---- */

/* Components on the longest chain that begins at one; more than the limit for a cycle. */
static ULONG fx_chain(const struct fx_description *description, ULONG index, ULONG depth) {
    PO_FX_COMPONENT_V2 component = fx_described(description, index);
    ULONG longest = 0;
    if (depth > FX_DEEPEST_CHAIN)
        return depth;
    for (ULONG i = 0; i < component.ProviderCount; i++) {
        ULONG chain = fx_chain(description, component.Providers[i], depth + 1);
        longest = chain > longest ? chain : longest;
    }
    return longest ? longest : depth;
}

static bool fx_providers_are_valid(const struct fx_description *description) {
    ULONG count = description->device.ComponentCount;
    for (ULONG i = 0; i < count; i++) {
        PO_FX_COMPONENT_V2 component = fx_described(description, i);
        if (component.ProviderCount && (!component.Providers || component.ProviderCount >= count))
            return false;
        for (ULONG j = 0; j < component.ProviderCount; j++) {
            ULONG provider = component.Providers[j];
            if (provider >= count || provider == i)
                return false;
            for (ULONG k = 0; k < j; k++)
                if (component.Providers[k] == provider)
                    return false;
        }
    }
    for (ULONG i = 0; i < count; i++)
        if (fx_chain(description, i, 1) > FX_DEEPEST_CHAIN)
            return false;
    return true;
}

static bool fx_component_is_valid(const PO_FX_COMPONENT_V2 *component) {
    const PO_FX_COMPONENT_IDLE_STATE *f0 = component->IdleStates;
    return component->IdleStateCount && f0 && !f0->TransitionLatency && !f0->ResidencyRequirement &&
           component->DeepestWakeableIdleState < component->IdleStateCount;
}

static bool fx_flags_are_valid(const PO_FX_DEVICE_V3 *device) {
    ULONGLONG both = PO_FX_DEVICE_FLAG_DISABLE_FAST_RESUME | PO_FX_DEVICE_FLAG_ENABLE_FAST_RESUME;
    if (device->Version == PO_FX_VERSION_V2)
        return !device->Flags;
    return (device->Flags & both) != both;
}

static bool fx_is_valid(const struct fx_description *description) {
    const PO_FX_DEVICE_V3 *device = &description->device;
    bool several = false;
    if (!device->ComponentCount || !fx_flags_are_valid(device))
        return false;
    for (ULONG i = 0; i < device->ComponentCount; i++) {
        PO_FX_COMPONENT_V2 component = fx_described(description, i);
        if (!fx_component_is_valid(&component))
            return false;
        several |= component.IdleStateCount > 1;
    }
    if (several && (!device->ComponentActiveConditionCallback ||
                    !device->ComponentIdleConditionCallback || !device->ComponentIdleStateCallback))
        return false;
    return fx_providers_are_valid(description);
}

/* ---- the copy ---- */

/* Copies `size` bytes into memory of the registration. */
static const void *fx_copy(struct machine *m, struct fx_device *d, const void *from, size_t size) {
    void *to = fx_device_allocate(m, d, size ? size : 1);
    if (to && size)
        memcpy(to, from, size);
    return to;
}

static bool fx_component_make(struct machine *m, struct fx_device *d, ULONG index,
                              const PO_FX_COMPONENT_V2 *from) {
    struct fx_component *c = &d->components[index];
    c->device = d;
    c->index = index;
    c->references = 1;
    c->condition = FX_ACTIVE;
    c->latency = c->residency = PO_FX_UNKNOWN_TIME; /* no limit */
    c->id = from->Id;
    c->flags = from->Flags;
    c->deepest_wake = from->DeepestWakeableIdleState;
    c->state_count = from->IdleStateCount;
    c->provider_count = from->ProviderCount;
    c->since = c->active_since = m->clock.now;
    InitializeListHead(&c->waiters);
    c->states = fx_copy(m, d, from->IdleStates, from->IdleStateCount * sizeof from->IdleStates[0]);
    c->providers = fx_copy(m, d, from->Providers, from->ProviderCount * sizeof(ULONG));
    c->residence = fx_device_allocate(m, d, from->IdleStateCount * sizeof c->residence[0]);
    d->has_providers |= from->ProviderCount != 0;
    return c->states && c->providers && c->residence;
}

static void fx_device_free(struct machine *m, struct fx_device *d) {
    while (!IsListEmpty(&d->memory))
        mm_pool_free(m, RemoveHeadList(&d->memory), FX_TAG);
    d->signature = 0;
    mm_pool_free(m, d, FX_TAG);
}

static struct fx_device *fx_device_make(struct machine *m, PDEVICE_OBJECT pdo,
                                        const struct fx_description *description) {
    ULONG count = description->device.ComponentCount;
    struct fx_device *d = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *d, FX_TAG);
    if (!d)
        return NULL;
    InitializeListHead(&d->memory);
    InitializeListHead(&d->gos);
    KeInitializeEvent(&d->callback_over, NotificationEvent, FALSE);
    fx_device_timer_start(d);
    d->pdo = pdo;
    d->node = pnp_node_of(pdo);
    d->serial = d->node->serial;
    d->driver = description->device;
    d->version = d->driver.Version;
    d->flags = d->driver.Flags;
    d->d_state = PowerDeviceD0;
    d->drips_override = PowerDeviceUnspecified;
    d->directed_timeout = d->driver.DirectedFxTimeoutInSeconds;
    d->component_count = count;
    d->components = fx_device_allocate(m, d, count * sizeof d->components[0]);
    for (ULONG i = 0; d->components && i < count; i++) {
        PO_FX_COMPONENT_V2 component = fx_described(description, i);
        if (!fx_component_make(m, d, i, &component))
            d->components = NULL;
    }
    if (d->components) {
        d->signature = FX_DEVICE_SIGNATURE;
        return d;
    }
    fx_device_free(m, d);
    return NULL;
}

/* A provider is referenced by each of its dependents as long as these are active. */
static void fx_providers_start(struct fx_device *d) {
    for (ULONG i = 0; i < d->component_count; i++) {
        struct fx_component *c = &d->components[i];
        c->providers_held = true;
        for (ULONG j = 0; j < c->provider_count; j++)
            d->components[c->providers[j]].references++;
    }
}

static void fx_find_plugin(struct machine *m, struct fx_device *d) {
    struct fx_part *fx = m->fx;
    for (unsigned i = 0; i < fx->plugin_count && !d->plugin; i++)
        if (fx->plugins[i]->register_device(m, d))
            d->plugin = fx->plugins[i];
    if (!d->plugin)
        d->plugin = &fx_policy;
}

/* ---- what drivers call ---- */

NTSTATUS PoFxRegisterDevice(PDEVICE_OBJECT Pdo, PPO_FX_DEVICE Device, POHANDLE *Handle) {
    KI_GATE(PoFxRegisterDevice);
    const void *caller = __builtin_return_address(0);
    struct fx_description description;
    struct fx_device *d = fx_device_of(Pdo);
    if (KI_UNLIKELY(d != NULL))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x600, (ULONG_PTR)Pdo, 0, 0,
                    "%s registered device node %u a second time", ki_address_name(m, caller),
                    d->serial);
    if (!Pdo || !Device || !Handle || !fx_describe(Device, &description) ||
        !fx_is_valid(&description))
        return STATUS_INVALID_PARAMETER;
    struct pnp_node *node = pnp_node_of(Pdo);
    if (!node || node->state < WDMSIM_NODE_STARTING || node->state >= WDMSIM_NODE_SURPRISE_REMOVED)
        return STATUS_DEVICE_NOT_READY;
    d = fx_device_make(m, Pdo, &description);
    if (!d)
        return STATUS_INSUFFICIENT_RESOURCES;
    fx_providers_start(d);
    fx_find_plugin(m, d);
    node->fx = d;
    pnp_node_reference(node);
    ob_reference(m, Pdo);
    InsertTailList(&m->fx->devices, &d->link);
    *Handle = (POHANDLE)(void *)d;
    KI_TRACE(m, FX_DEVICE, "registers", d->serial, d->component_count);
    return STATUS_SUCCESS;
}

VOID PoFxStartDevicePowerManagement(POHANDLE Handle) {
    KI_GATE(PoFxStartDevicePowerManagement);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    if (d->started) {
        fx_report(m, d, "%s started the power management a second time",
                  ki_address_name(m, caller));
        return;
    }
    KI_TRACE(m, FX_DEVICE, "starts power management", d->serial);
    if (d->plugin->device_started)
        d->plugin->device_started(m, d);
    KIRQL irql = fx_enter(m);
    d->started = true;
    for (ULONG i = 0; i < d->component_count; i++) {
        struct fx_component *c = &d->components[i];
        if (--c->references)
            continue;
        fx_component_begin(m, c);
        if (!c->runner && !c->queued && !ki_choose(m, WDMSIM_CHOICE_POWER, 2))
            fx_component_run(m, c, irql, FX_INLINE);
        else
            fx_component_continue(m, c);
    }
    fx_leave(m, irql);
}

/* ---- the end ---- */

static bool fx_is_busy(const struct fx_device *d) {
    if (d->callbacks || d->runner || d->queued)
        return true;
    for (ULONG i = 0; i < d->component_count; i++)
        if (d->components[i].runner || d->components[i].queued ||
            !IsListEmpty(&d->components[i].waiters) || fx_perf_is_busy(&d->components[i]))
            return true;
    return false;
}

/* A reference that the driver still holds on a component that keeps others active. */
static void fx_check_dependents(struct machine *m, struct fx_device *d, const void *caller) {
    for (ULONG i = 0; i < d->component_count; i++) {
        struct fx_component *c = &d->components[i];
        if (c->own && c->provider_count)
            ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x622, (ULONG_PTR)&d->components[c->providers[0]],
                        (ULONG_PTR)c, 0,
                        "%s unregistered device node %u while component %u, which depends on "
                        "component %u, is activated",
                        ki_address_name(m, caller), d->serial, i, c->providers[0]);
        if (c->own)
            fx_report(m, d, "%s left %u activations of component %u behind",
                      ki_address_name(m, caller), c->own, i);
    }
}

/* Waits until no routine of the driver runs; whoever waits for the device is let go. */
static void fx_quiesce(struct machine *m, struct fx_device *d, KIRQL irql) {
    d->unregistering = true;
    d->asked = 0;
    KeCancelTimer(&d->timer);
    for (ULONG i = 0; i < d->component_count; i++) {
        d->components[i].asked = 0;
        fx_component_release_waiters(m, &d->components[i]);
        fx_perf_end(m, &d->components[i]);
    }
    fx_waits_end(m, d);
    while (fx_is_busy(d)) {
        d->callback_over.Header.SignalState = 0;
        fx_leave(m, irql);
        KeWaitForSingleObject(&d->callback_over, Executive, KernelMode, FALSE, NULL);
        fx_enter(m);
    }
}

VOID PoFxUnregisterDevice(POHANDLE Handle) {
    KI_GATE(PoFxUnregisterDevice);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    if (KI_UNLIKELY(fx_in_call(m, d)))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x618, (ULONG_PTR)&d->work, 0, 0,
                    "self-deadlock: %s unregistered device node %u inside one of its callbacks, "
                    "which the routine waits for",
                    ki_address_name(m, caller), d->serial);
    fx_check_dependents(m, d, caller);
    KIRQL irql = fx_enter(m);
    fx_quiesce(m, d, irql);
    fx_leave(m, irql);
    if (d->plugin->unregister_device)
        d->plugin->unregister_device(m, d);
    KI_TRACE(m, FX_DEVICE, "unregisters", d->serial);
    RemoveEntryList(&d->link);
    d->node->fx = NULL;
    ob_dereference(m, d->pdo);
    pnp_node_dereference(m, d->node);
    fx_device_free(m, d);
    if (m->fx->standby)
        fx_standby_changed(m);
}
