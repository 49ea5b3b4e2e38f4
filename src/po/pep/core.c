/*
 * Core devices: resources that belong to the HAL, whose components a plug-in makes active and idle
 * in the middle of a processor's way into an idle state. (pepfx/nf-pepfx-pofxregistercoredevice,
 * nc-pepfx-pofxcallbackcriticalresource, wdm/nc-wdm-po_fx_component_critical_transition_callback)
 *
 * A core device is offered to the plug-ins when it is registered, without PREPARE; it lives as long
 * as the machine. A component begins active; TransitionCriticalResource is the only thing that
 * changes it, and the driver's critical-transition routine, called on the way, the only one of its
 * routines that is allowed at HIGH_LEVEL. The debugger's device is also one to it, unless the
 * framework powers that.
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "po/pep/pep.h"

#define PEP_CORE_ACTIVE 1u

/* A component's POP_FX_COMPONENT_FLAGS are all there is to know of it. */
struct pep_core {
    PO_FX_COMPONENT_CRITICAL_TRANSITION_CALLBACK *transition;
    PVOID context;
    ULONG flags[];
};

static bool pep_core_is_valid(const PO_FX_CORE_DEVICE *device) {
    if (device->Version < PO_FX_VERSION_V1 || device->Version > PO_FX_VERSION_V3 ||
        !device->ComponentCount || !device->ComponentCriticalTransitionCallback)
        return false;
    if (device->Version == PO_FX_VERSION_V1)
        return true; /* its components have another shape; nothing is taken from them */
    for (ULONG i = 0; i < device->ComponentCount; i++)
        if (!device->Components[i].IdleStateCount || !device->Components[i].IdleStates)
            return false;
    return true;
}

/* What PEP_DPM_REGISTER_DEVICE shows of the components; in one pool block. */
static PEP_DEVICE_REGISTER_V2 *pep_core_describe(struct machine *m,
                                                 const PO_FX_CORE_DEVICE *device) {
    ULONG count = device->ComponentCount;
    static const PO_FX_COMPONENT_IDLE_STATE f0 = {.NominalPower = PO_FX_UNKNOWN_POWER};
    size_t head = FIELD_OFFSET(PEP_DEVICE_REGISTER_V2, Components) + count * sizeof(PVOID);
    PEP_DEVICE_REGISTER_V2 *to = mm_pool_allocate_zeroed(
        m, NonPagedPoolNx, head + count * sizeof(PEP_COMPONENT_V2), PEP_TAG);
    if (!to)
        return NULL;
    PEP_COMPONENT_V2 *components = (PEP_COMPONENT_V2 *)((char *)to + head);
    to->ComponentCount = count;
    for (ULONG i = 0; i < count; i++) {
        to->Components[i] = &components[i];
        components[i].IdleStateCount = 1;
        components[i].IdleStates = (PPO_FX_COMPONENT_IDLE_STATE)&f0;
        if (device->Version == PO_FX_VERSION_V1)
            continue;
        const PO_FX_COMPONENT_V2 *from = &device->Components[i];
        components[i].Id = from->Id;
        components[i].Flags = from->Flags;
        components[i].DeepestWakeableIdleState = from->DeepestWakeableIdleState;
        components[i].IdleStateCount = from->IdleStateCount;
        components[i].IdleStates = from->IdleStates;
    }
    return to;
}

static struct pep_device *pep_core_make(struct machine *m, const UNICODE_STRING *id,
                                        const PO_FX_CORE_DEVICE *device) {
    size_t flags = device->ComponentCount * sizeof(ULONG);
    struct pep_device *d =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *d + id->Length, PEP_TAG);
    struct pep_core *core =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *core + flags, PEP_TAG);
    if (!d || !core) {
        if (d)
            mm_pool_free(m, d, PEP_TAG);
        if (core)
            mm_pool_free(m, core, PEP_TAG);
        return NULL;
    }
    core->transition = device->ComponentCriticalTransitionCallback;
    core->context = device->DeviceContext;
    for (ULONG i = 0; i < device->ComponentCount; i++)
        core->flags[i] = PEP_CORE_ACTIVE;
    d->core = core;
    d->component_count = device->ComponentCount;
    d->id.Buffer = (PWCHAR)(d + 1);
    d->id.Length = d->id.MaximumLength = id->Length;
    memcpy(d->id.Buffer, id->Buffer, id->Length);
    return d;
}

NTSTATUS PoFxRegisterCoreDevice(PCUNICODE_STRING Id, PPO_FX_CORE_DEVICE Device, POHANDLE *Handle) {
    KI_GATE(PoFxRegisterCoreDevice);
    struct pep_part *pep = m->pep;
    if (!Id || !Device || !Handle || !pep_core_is_valid(Device))
        return STATUS_INVALID_PARAMETER;
    PEP_DEVICE_REGISTER_V2 *description = pep_core_describe(m, Device);
    struct pep_device *d = description ? pep_core_make(m, Id, Device) : NULL;
    if (!d) {
        if (description)
            mm_pool_free(m, description, PEP_TAG);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    bool accepted = false;
    for (unsigned i = 0; i < pep->plugin_count && !accepted; i++)
        accepted = pep_device_register(m, pep->plugins[i], &d->id, d, description) != NULL;
    if (!accepted) {
        d->signature = PEP_DEVICE_SIGNATURE;
        InsertTailList(&pep->devices, &d->link);
    }
    mm_pool_free(m, description, PEP_TAG);
    *Handle = pep_handle(d);
    return STATUS_SUCCESS;
}

VOID pep_critical_resource(POHANDLE DeviceHandle, ULONG Component, BOOLEAN Active) {
    struct machine *m = ki_self();
    struct pep_device *d = pep_device_of(m, DeviceHandle);
    if (KI_UNLIKELY(d && d->automatic))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x61E, 0, 0, 0,
                    "the plug-in %s made a critical transition of the debugger's device, which the "
                    "framework powers",
                    d->plugin->name);
    if (KI_UNLIKELY(!d || !d->core || Component >= d->component_count))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x611, d ? (ULONG_PTR)d->plugin : 0,
                    (ULONG_PTR)DeviceHandle, Component,
                    "TransitionCriticalResource was called for component %u, which is none of a "
                    "core device",
                    (unsigned)Component);
    ULONG *flags = &d->core->flags[Component];
    if (KI_UNLIKELY(!(*flags & PEP_CORE_ACTIVE) == !Active))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x606, (ULONG_PTR)flags, *flags, Active,
                    "component %u of a core device was made %s, which it is already",
                    (unsigned)Component, Active ? "active" : "idle");
    /* Restores after the component is on, saves before it goes off. */
    if (Active)
        *flags |= PEP_CORE_ACTIVE;
    d->core->transition(d->core->context, Component, Active);
    if (!Active)
        *flags &= ~PEP_CORE_ACTIVE;
}
