/*
 * Opens: which devices can be opened, and what happens at the last close.
 *
 * A device of a stack that has not been started, or whose hardware has gone, cannot be opened. The
 * handles of all device objects of a stack count together; when a surprise-removed device loses its
 * last one, the worker goes on with REMOVE.
 *
 * kernel/design-guidelines-for-starting-devices
 */
#include "pnp/internal.h"

ULONG pnp_open_count(const struct pnp_node *node) {
    ULONG count = 0;
    for (const DEVICE_OBJECT *device = node->pdo; device; device = device->AttachedDevice)
        count += (ULONG)device->ReferenceCount;
    return count;
}

static NTSTATUS pnp_open_check(struct machine *m, PDEVICE_OBJECT device) {
    const struct pnp_node *node = pnp_node_of_stack(device);
    (void)m;
    if (!node)
        return STATUS_SUCCESS;
    switch (node->state) {
    case WDMSIM_NODE_STARTED:
    case WDMSIM_NODE_STOP_PENDING:
    case WDMSIM_NODE_STOPPED:
    case WDMSIM_NODE_REMOVE_PENDING:
        return STATUS_SUCCESS; /* the drivers hold it, or fail it */
    default:
        return STATUS_NO_SUCH_DEVICE;
    }
}

static void pnp_run_closed(struct machine *m, struct pnp_action *action) {
    struct pnp_node *node = action->node;
    node->release_queued = false;
    if (pnp_in_tree(node))
        pnp_finish_surprise(m, node);
}

static void pnp_device_closed(struct machine *m, PDEVICE_OBJECT device) {
    struct pnp_node *node = pnp_node_of_stack(device);
    if (node && node->remove_waits && !pnp_open_count(node))
        pnp_queue_once(m, node, &node->release_queued, pnp_run_closed);
}

static void pnp_pdo_freed(struct machine *m, PDEVICE_OBJECT device) {
    ki_bugcheck(m, PNP_DETECTED_FATAL_ERROR, PNP_FATAL_FREED_PDO, (ULONG_PTR)device, 0, 0,
                "%s was freed while it is in the device tree: its bus driver did not reference it "
                "when it reported it, or dereferenced it too often",
                io_device_of(device)->text);
}

void pnp_open_start(struct machine *m) {
    m->io->open_check = pnp_open_check;
    m->io->device_closed = pnp_device_closed;
    m->io->pdo_freed = pnp_pdo_freed;
}
