/*
 * Device stacks as the power manager knows them, and PoSetPowerState.
 *
 * A record hangs at the bottom device object of its stack, so that it is found from any object of
 * the stack. It goes with that object; an IRP that is still on its way then is bug check 0x9F/1.
 *
 * wdm/nf-wdm-posetpowerstate
 */
#include <stdio.h>

#include "po/po.h"

PDEVICE_OBJECT po_bottom_of(PDEVICE_OBJECT device) {
    while (io_device_of(device)->attached_to)
        device = io_device_of(device)->attached_to;
    return device;
}

static struct po_node *po_node_new(struct machine *m, PDEVICE_OBJECT pdo) {
    struct po_node *node = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *node, PO_TAG);
    if (!node)
        return NULL;
    node->pdo = pdo;
    node->pnp = io_device_of(pdo)->node;
    node->serial = node->pnp ? node->pnp->serial : PO_FIRST_FOREIGN + ++m->po->next_foreign;
    node->d_state = io_device_of(pdo)->power_state;
    InitializeListHead(&node->device_queue);
    InsertTailList(&m->po->nodes, &node->link);
    io_device_of(pdo)->power = node;
    if (node->pnp)
        node->pnp->power = node;
    return node;
}

struct po_node *po_node_of(struct machine *m, PDEVICE_OBJECT device, bool create) {
    PDEVICE_OBJECT pdo = po_bottom_of(device);
    struct po_node *node = io_device_of(pdo)->power;
    return node || !create ? node : po_node_new(m, pdo);
}

struct po_node *po_node_find(struct machine *m, uint32_t serial) {
    if (serial < PO_FIRST_FOREIGN) {
        struct pnp_node *pnp = pnp_node_find(m, serial);
        return pnp && pnp->pdo ? po_node_of(m, pnp->pdo, true) : NULL;
    }
    for (PLIST_ENTRY link = m->po->nodes.Flink; link != &m->po->nodes; link = link->Flink) {
        struct po_node *node = CONTAINING_RECORD(link, struct po_node, link);
        if (node->serial == serial)
            return node;
    }
    return NULL;
}

const char *po_node_text(struct machine *m, const struct po_node *node) {
    char text[400];
    const char *name = node->pnp ? node->pnp->path : io_device_of(node->pdo)->text;
    snprintf(text, sizeof text, "device node %u, %s", node->serial, name ? name : "without a name");
    return ki_intern(m, text);
}

void po_device_reached(struct machine *m, struct po_node *node, DEVICE_POWER_STATE state) {
    DEVICE_POWER_STATE before = node->d_state;
    if (before == state)
        return;
    node->d_state = state;
    KI_TRACE(m, POWER_DEVICE, "", node->serial, before ? (unsigned)before - 1 : 0,
             (unsigned)state - 1);
    if (m->po->observer)
        m->po->observer(m->po->observer_context, WDMSIM_POWER_DEVICE_STATE, node->serial,
                        (unsigned)before, (unsigned)state);
    if (node->idle.registered)
        po_idle_device_changed(m, node);
}

/* The record's device object is deleted. An IRP that a driver holds then will never come back. One
 * that is still on its way finds the stack gone: its requester hears of that. */
static void po_device_gone(struct machine *m, PDEVICE_OBJECT device) {
    struct po_node *node = io_device_of(device)->power;
    if (!node)
        return;
    if (KI_UNLIKELY(node->held))
        ki_bugcheck(m, DRIVER_POWER_STATE_FAILURE, 1, (ULONG_PTR)device, 0, 0,
                    "the device object %s (%s) goes while %u power IRPs of its stack are not "
                    "complete",
                    io_device_of(device)->text, po_node_text(m, node), node->held);
    po_idle_forget(m, node);
    RemoveEntryList(&node->link);
    io_device_of(device)->power = NULL;
    if (node->pnp)
        node->pnp->power = NULL;
    node->pnp = NULL;
    node->gone = true;
    if (!node->outstanding)
        mm_pool_free(m, node, PO_TAG);
}

void po_node_release(struct machine *m, struct po_node *node) {
    PDEVICE_OBJECT pdo = node->pdo;
    if (!--node->outstanding && node->gone)
        mm_pool_free(m, node, PO_TAG);
    ob_dereference(m, pdo);
}

/* A device that starts is in D0 and needs no IRP to get there; one whose stack is gone has no power
 * state that we would know. */
static void po_pnp_event(struct machine *m, struct pnp_node *pnp, enum pnp_event event) {
    struct po_node *node;
    switch (event) {
    case PNP_EVENT_STARTED:
        node = po_node_of(m, pnp->pdo, true);
        if (node && !node->d_state)
            po_device_reached(m, node, PowerDeviceD0);
        break;
    case PNP_EVENT_REMOVED:
        node = po_node_of(m, pnp->pdo, false);
        if (!node)
            break;
        po_bus_wake_complete(m, node, STATUS_NO_SUCH_DEVICE, false);
        po_idle_forget(m, node);
        node->d_state = PowerDeviceUnspecified;
        io_device_of(pnp->pdo)->power_state = PowerDeviceUnspecified;
        break;
    case PNP_EVENT_SURPRISE_REMOVED:
        node = po_node_of(m, pnp->pdo, false);
        if (node)
            po_bus_wake_complete(m, node, STATUS_NO_SUCH_DEVICE, false);
        break;
    case PNP_EVENT_DELETED:
        node = pnp->power;
        if (node) {
            node->pnp = NULL;
            pnp->power = NULL;
        }
        break;
    default:
        break;
    }
}

void po_nodes_start(struct machine *m) {
    InitializeListHead(&m->po->nodes);
    m->io->power_device_gone = po_device_gone;
    pnp_observe(m, po_pnp_event);
}

/* ---- what drivers say ---- */

/* D1, D2 and D3 are reached from D0 and left to D0 only. */
static void po_check_step(struct machine *m, struct po_node *node, PDEVICE_OBJECT device,
                          DEVICE_POWER_STATE from, DEVICE_POWER_STATE to) {
    if (from > PowerDeviceD0 && to > PowerDeviceD0 && from != to)
        po_report(m, "%s said that %s goes from D%d to D%d, without D0 between",
                  io_device_of(device)->text, po_node_text(m, node), from - 1, to - 1);
}

POWER_STATE PoSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State) {
    KI_GATE(PoSetPowerState);
    POWER_STATE old = {.DeviceState = PowerDeviceUnspecified};
    if (Type != DevicePowerState) {
        po_report(m, "%s called PoSetPowerState for another state than a device's",
                  ki_address_name(m, IO_CALLER()));
        return old;
    }
    if (State.DeviceState != PowerDeviceD0)
        KI_CHECK_IRQL(PoSetPowerState, APC_LEVEL);
    old.DeviceState = io_device_of(DeviceObject)->power_state;
    if (State.DeviceState <= PowerDeviceUnspecified || State.DeviceState >= PowerDeviceMaximum) {
        po_report(m, "%s told PoSetPowerState a state that there is none of, %d",
                  ki_address_name(m, IO_CALLER()), State.DeviceState);
        return old;
    }
    io_device_of(DeviceObject)->power_state = (UCHAR)State.DeviceState;
    struct po_node *node = po_node_of(m, DeviceObject, true);
    if (!node)
        return old;
    po_check_step(m, node, DeviceObject, old.DeviceState, State.DeviceState);
    if (!node->device_active)
        po_device_reached(m, node, State.DeviceState);
    return old;
}
