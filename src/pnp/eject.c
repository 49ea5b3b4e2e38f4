/*
 * Ejecting: orderly removal of all that goes with the device, then the bus lets it out.
 *
 * A device that supports it gets IRP_MN_EJECT and must be gone afterwards, which the next
 * enumeration of its bus shows. Any other is only marked: it is not started again before it was
 * taken out and put back.
 *
 * wdm/nf-wdm-iorequestdeviceeject, irp-mn-eject
 */
#include "pnp/internal.h"

static void pnp_let_out(struct machine *m, struct pnp_node *node) {
    struct pnp_node *parent = node->parent;
    if (!node->capabilities.EjectSupported)
        return;
    NTSTATUS status = pnp_send_minor(m, node, IRP_MN_EJECT);
    if (!NT_SUCCESS(status)) {
        pnp_set_problem(node, WDMSIM_PROBLEM_HELD_FOR_EJECT, status);
        return;
    }
    if (parent)
        pnp_enumerate(m, parent);
    if (pnp_in_tree(node) && node->present)
        pnp_report(m, "%s: IRP_MN_EJECT succeeded, but the device is still there", pnp_text(node));
}

void pnp_eject(struct machine *m, struct pnp_node *node, struct pnp_action *result) {
    struct pnp_removal removal = {.ejecting = true};
    result->status = pnp_query_remove(m, node, &removal);
    if (NT_SUCCESS(result->status)) {
        pnp_remove(m, &removal, WDMSIM_PROBLEM_HELD_FOR_EJECT);
        if (pnp_in_tree(node))
            pnp_let_out(m, node);
    }
    result->veto = removal.veto;
    result->veto_node = removal.veto_node;
    pnp_nodes_clear(m, &removal.nodes);
}

static void pnp_run_eject(struct machine *m, struct pnp_action *action) {
    struct pnp_node *node = action->node;
    node->eject_queued = false;
    if (pnp_in_tree(node) && node->parent)
        pnp_eject(m, node, action);
}

VOID IoRequestDeviceEject(PDEVICE_OBJECT PhysicalDeviceObject) {
    KI_GATE(IoRequestDeviceEject);
    struct pnp_node *node = pnp_node_checked(m, PhysicalDeviceObject, IO_CALLER());
    pnp_queue_once(m, node, &node->eject_queued, pnp_run_eject);
}
