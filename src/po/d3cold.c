/*
 * D3cold: power rails that are cut when every device on them rests in D3, and the interface with
 * which a driver allows that.
 *
 * A device enters D3hot by an IRP. When that IRP completes and all devices of its rail are in
 * D3hot, capable of D3cold and allowed to, the rail is cut in the same instant. The first of them
 * that is powered up brings the rail back, and with it the others, whose drivers did not ask: those
 * that are registered with the power framework are told, the armed ones by the completion of their
 * wait/wake IRP, the rest not at all. When the system sleeps, devices in D3 lose power whatever
 * their drivers allow.
 *
 * kernel/enabling-transitions-to-d3cold, kernel/surprise-wake-up, wdm/nc-wdm-set_d3cold_support
 */
#include <string.h>

#include <initguid.h>
#include <wdmguid.h>

#include "po/fx/fx.h"
#include "po/po.h"

static void po_cold(struct machine *m, struct po_node *node, bool cold) {
    if (node->hardware.d3cold == cold)
        return;
    node->hardware.d3cold = cold;
    if (cold)
        node->hardware.last = LastDStateTransitionD3cold;
    KI_TRACE(m, POWER_WAKE, cold ? "is in D3cold" : "has power again", node->serial);
    if (m->po->observer)
        m->po->observer(m->po->observer_context, WDMSIM_POWER_DEVICE_COLD, node->serial, !cold,
                        cold);
}

static bool po_same_rail(const struct po_node *a, const struct po_node *b) {
    return a == b || (a->hardware.given.rail && a->hardware.given.rail == b->hardware.given.rail);
}

static bool po_may_be_cold(const struct po_node *node) {
    return node->d_state == PowerDeviceD3 && node->hardware.given.d3cold &&
           node->hardware.d3cold_allowed && !node->device_active;
}

/* The next device of the rail after `last`, or the first. */
static struct po_node *po_rail_next(struct machine *m, const struct po_node *of,
                                    const struct po_node *last) {
    if (!of->hardware.given.rail)
        return last ? NULL : (struct po_node *)(ULONG_PTR)of;
    PLIST_ENTRY link = last ? last->link.Flink : m->po->nodes.Flink;
    for (; link != &m->po->nodes; link = link->Flink) {
        struct po_node *node = CONTAINING_RECORD(link, struct po_node, link);
        if (po_same_rail(node, of))
            return node;
    }
    return NULL;
}

void po_rail_check(struct machine *m, struct po_node *node) {
    struct po_irp *active = node->device_active;
    node->hardware.last = LastDStateTransitionD3hot;
    if (!node->hardware.given.d3cold || m->po->state != PowerSystemWorking)
        return;
    node->device_active = NULL; /* its IRP is through */
    bool all = true;
    for (struct po_node *on = po_rail_next(m, node, NULL); on && all;
         on = po_rail_next(m, node, on))
        all = po_may_be_cold(on);
    for (struct po_node *on = po_rail_next(m, node, NULL); on && all;
         on = po_rail_next(m, node, on))
        po_cold(m, on, true);
    node->device_active = active;
}

/* A device whose driver did not ask has power. */
static void po_surprise(struct machine *m, struct po_node *node) {
    if (fx_device_of(node->pdo))
        PoFxNotifySurprisePowerOn(node->pdo);
    else
        po_bus_wake_complete(m, node, STATUS_SUCCESS, false);
}

void po_rail_on(struct machine *m, struct po_node *node) {
    if (!node->hardware.d3cold)
        return;
    for (struct po_node *on = po_rail_next(m, node, NULL); on; on = po_rail_next(m, node, on)) {
        if (!on->hardware.d3cold)
            continue;
        po_cold(m, on, false);
        if (on != node)
            po_surprise(m, on);
    }
}

void po_rails_cut(struct machine *m) {
    if (!m->po->rails)
        return;
    for (PLIST_ENTRY link = m->po->nodes.Flink; link != &m->po->nodes; link = link->Flink) {
        struct po_node *node = CONTAINING_RECORD(link, struct po_node, link);
        if (node->hardware.off && node->hardware.given.d3cold)
            po_cold(m, node, true);
    }
}

/* ---- the interface ---- */

static VOID po_d3cold_reference(PVOID Context) {
    ((struct po_node *)Context)->hardware.interface_references++;
}
static VOID po_d3cold_dereference(PVOID Context) {
    ((struct po_node *)Context)->hardware.interface_references--;
}

static SET_D3COLD_SUPPORT po_d3cold_set;
static VOID po_d3cold_set(PVOID Context, BOOLEAN D3ColdSupport) {
    struct po_node *node = Context;
    node->hardware.d3cold_allowed = D3ColdSupport;
}

static GET_IDLE_WAKE_INFO po_d3cold_wake;
static NTSTATUS po_d3cold_wake(PVOID Context, SYSTEM_POWER_STATE State,
                               PDEVICE_WAKE_DEPTH DeepestWakeableDstate) {
    const struct po_node *node = Context;
    const DEVICE_CAPABILITIES *can = node->pnp ? &node->pnp->capabilities : NULL;
    if (State < PowerSystemWorking || State > PowerSystemHibernate)
        return STATUS_INVALID_PARAMETER;
    if (!can)
        return STATUS_UNSUCCESSFUL;
    if (!can->SystemWake || !can->DeviceWake || State > can->SystemWake)
        *DeepestWakeableDstate = DeviceWakeDepthNotWakeable;
    else
        *DeepestWakeableDstate =
            (DEVICE_WAKE_DEPTH)(DeviceWakeDepthD0 + (can->DeviceWake - PowerDeviceD0));
    return STATUS_SUCCESS;
}

static GET_D3COLD_CAPABILITY po_d3cold_capability;
static NTSTATUS po_d3cold_capability(PVOID Context, PBOOLEAN D3ColdSupported) {
    const struct po_node *node = Context;
    *D3ColdSupported = node->hardware.given.d3cold;
    return STATUS_SUCCESS;
}

static GET_D3COLD_LAST_TRANSITION_STATUS po_d3cold_last;
static VOID po_d3cold_last(PVOID Context, PD3COLD_LAST_TRANSITION_STATUS LastTransitionStatus) {
    const struct po_node *node = Context;
    *LastTransitionStatus = node->hardware.last;
}

NTSTATUS po_bus_interface(struct machine *m, PDEVICE_OBJECT pdo, PIO_STACK_LOCATION stack,
                          NTSTATUS otherwise) {
    if (memcmp(stack->Parameters.QueryInterface.InterfaceType, &GUID_D3COLD_SUPPORT_INTERFACE,
               sizeof(GUID)))
        return otherwise;
    if (stack->Parameters.QueryInterface.Size < sizeof(D3COLD_SUPPORT_INTERFACE))
        return STATUS_BUFFER_TOO_SMALL;
    struct po_node *node = po_node_of(m, pdo, true);
    if (!node)
        return STATUS_INSUFFICIENT_RESOURCES;
    PD3COLD_SUPPORT_INTERFACE out = (PVOID)stack->Parameters.QueryInterface.Interface;
    *out = (D3COLD_SUPPORT_INTERFACE){
        .Size = sizeof *out,
        .Version = D3COLD_SUPPORT_INTERFACE_VERSION,
        .Context = node,
        .InterfaceReference = po_d3cold_reference,
        .InterfaceDereference = po_d3cold_dereference,
        .SetD3ColdSupport = po_d3cold_set,
        .GetIdleWakeInfo = po_d3cold_wake,
        .GetD3ColdCapability = po_d3cold_capability,
        .GetBusDriverD3ColdSupport = po_d3cold_capability,
        .GetLastTransitionStatus = po_d3cold_last,
    };
    out->InterfaceReference(out->Context);
    return STATUS_SUCCESS;
}

int wdmsim_power_hardware(struct machine *machine, uint32_t node,
                          const struct wdmsim_power_hardware *hardware) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    struct po_node *found = po_node_find(machine, node);
    if (!found)
        return WDMSIM_ERROR_NOT_FOUND;
    machine->po->rails = true;
    found->hardware.given = *hardware;
    found->hardware.d3cold_allowed = hardware->d3cold_enabled;
    return 0;
}
