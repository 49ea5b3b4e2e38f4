/*
 * What the built-in bus does with power IRPs that reach the PDOs of devices the host described.
 *
 * It behaves as kernel/handling-a-system-set-power-irp-in-a-bus-driver and its neighbours ask:
 * system sets succeed, system queries are failed when the device could not wake from the queried
 * state although it is armed; a device set reaches the state before it is complete, except that a
 * vanished device cannot be powered up. POWER_SEQUENCE is answered where the host said so.
 */
#include "po/po.h"

static NTSTATUS po_bus_done(PIRP irp, NTSTATUS status) {
    PoStartNextPowerIrp(irp); /* for the rules before Vista */
    irp->IoStatus.Status = status;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static void po_bus_count(struct po_node *node, DEVICE_POWER_STATE state) {
    POWER_SEQUENCE *sequence = &node->hardware.sequence;
    sequence->SequenceD1 += state >= PowerDeviceD1;
    sequence->SequenceD2 += state >= PowerDeviceD2;
    sequence->SequenceD3 += state >= PowerDeviceD3;
}

/* The device takes the hibernation file: it is told D3, and its power stays until all is written.
 */
static bool po_writes_hibernation(const struct pnp_node *pnp, POWER_ACTION action) {
    return action == PowerActionHibernate && pnp && pnp->usage[DeviceUsageTypeHibernation];
}

static NTSTATUS po_bus_set_device(struct machine *m, struct po_node *node, PDEVICE_OBJECT pdo,
                                  DEVICE_POWER_STATE state, POWER_ACTION action) {
    struct pnp_node *pnp = node->pnp;
    DEVICE_POWER_STATE before = io_device_of(pdo)->power_state;
    if (state != PowerDeviceD0 && po_is_kept_on(node)) {
        po_report(m, "%s is in the path of crash dumps and stays in D0", po_node_text(m, node));
        return STATUS_SUCCESS;
    }
    if (state == PowerDeviceD0) {
        if (pnp && !pnp->present) {
            IoInvalidateDeviceRelations(pnp->parent ? pnp->parent->pdo : pdo, BusRelations);
            return STATUS_NO_SUCH_DEVICE;
        }
        if (before != PowerDeviceD0)
            po_rail_on(m, node);
        node->hardware.off = false;
    } else if (before != state && !po_writes_hibernation(pnp, action)) {
        po_bus_count(node, state);
        node->hardware.off = state == PowerDeviceD3;
    }
    if (before != state)
        PoSetPowerState(pdo, DevicePowerState, (POWER_STATE){.DeviceState = state});
    return STATUS_SUCCESS;
}

/* Can the device go to sleep so far and, if armed, wake the system? */
static NTSTATUS po_bus_query_system(const struct po_node *node, SYSTEM_POWER_STATE state) {
    const struct pnp_node *pnp = node->pnp;
    if (!node->hardware.wait_wake || !pnp || state >= PowerSystemShutdown)
        return STATUS_SUCCESS;
    /* Armed devices whose wake does not reach as far: before S4 their owner cancels. */
    return state > pnp->capabilities.SystemWake && state != PowerSystemHibernate
               ? STATUS_POWER_STATE_INVALID
               : STATUS_SUCCESS;
}

static NTSTATUS po_bus_query_device(const struct po_node *node, DEVICE_POWER_STATE state) {
    const struct pnp_node *pnp = node->pnp;
    if (node->hardware.wait_wake && pnp && state > pnp->capabilities.DeviceWake)
        return STATUS_POWER_STATE_INVALID;
    return STATUS_SUCCESS;
}

static NTSTATUS po_bus_sequence(struct po_node *node, PIO_STACK_LOCATION stack) {
    PPOWER_SEQUENCE out = stack->Parameters.PowerSequence.PowerSequence;
    if (!node->hardware.given.counts_power_sequence || !out)
        return STATUS_NOT_IMPLEMENTED;
    *out = node->hardware.sequence;
    return STATUS_SUCCESS;
}

NTSTATUS po_bus_power(struct machine *m, struct pnp_node *pnp, PDEVICE_OBJECT pdo, PIRP irp) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    struct po_node *node = po_node_of(m, pdo, true);
    POWER_STATE state = stack->Parameters.Power.State;
    bool system = stack->Parameters.Power.Type == SystemPowerState;
    (void)pnp;
    if (!node)
        return po_bus_done(irp, STATUS_INSUFFICIENT_RESOURCES);
    switch (stack->MinorFunction) {
    case IRP_MN_SET_POWER:
        return po_bus_done(irp, system ? STATUS_SUCCESS
                                       : po_bus_set_device(m, node, pdo, state.DeviceState,
                                                           stack->Parameters.Power.ShutdownType));
    case IRP_MN_QUERY_POWER:
        return po_bus_done(irp, system ? po_bus_query_system(node, state.SystemState)
                                       : po_bus_query_device(node, state.DeviceState));
    case IRP_MN_WAIT_WAKE:
        return po_bus_wait_wake(m, node, irp);
    case IRP_MN_POWER_SEQUENCE:
        return po_bus_done(irp, po_bus_sequence(node, stack));
    default:
        return po_bus_done(irp, irp->IoStatus.Status);
    }
}
