/*
 * Surprise removal: the device is gone, and nobody is asked.
 *
 * Every stack of the subtree gets SURPRISE_REMOVAL, leaves first, before anybody else hears of it.
 * REMOVE follows for each as soon as nothing is open in its stack and nothing is left below it;
 * until then the node waits, and the last close (open.c) or the last child makes it go on. A device
 * that is no longer reported then leaves the tree; one that only failed keeps its node.
 *
 * kernel/handling-an-irp-mn-surprise-removal-request
 */
#include "pnp/internal.h"

/* Tells the drivers, then the listeners. */
static void pnp_tell_surprise(struct machine *m, struct pnp_node *node) {
    NTSTATUS status = pnp_send_minor(m, node, IRP_MN_SURPRISE_REMOVAL);
    if (!NT_SUCCESS(status) && status != STATUS_NOT_SUPPORTED)
        pnp_report(m, "%s: IRP_MN_SURPRISE_REMOVAL came back with status 0x%08x", pnp_text(node),
                   (unsigned)status);
    pnp_set_state(m, node, WDMSIM_NODE_SURPRISE_REMOVED);
    node->remove_waits = true;
    pnp_notify(m, node, PNP_EVENT_SURPRISE_REMOVED);
    if (m->pnp->listeners.interfaces_gone)
        m->pnp->listeners.interfaces_gone(m, node);
    if (m->pnp->listeners.remove_complete)
        m->pnp->listeners.remove_complete(m, node);
}

void pnp_finish_surprise(struct machine *m, struct pnp_node *node) {
    while (node && node->remove_waits && !node->child_count && !pnp_open_count(node)) {
        struct pnp_node *parent = node->parent;
        pnp_remove_stack(m, node);
        if (node->present && parent && pnp_is_started(parent))
            return; /* still there: it failed */
        pnp_node_delete(m, node);
        node = parent;
    }
}

void pnp_surprise(struct machine *m, struct pnp_node *node, enum wdmsim_node_problem problem,
                  NTSTATUS status) {
    struct pnp_nodes nodes = {0};
    pnp_collect(m, node, false, &nodes);
    uint32_t mark = m->pnp->mark;
    pnp_set_problem(node, problem, status);
    for (ULONG i = 0; i < nodes.count; i++) {
        struct pnp_node *n = nodes.items[i];
        if (n != node && n->parent && n->parent->mark == mark)
            n->present = false; /* its bus has gone */
        if (n->state != WDMSIM_NODE_SURPRISE_REMOVED)
            pnp_tell_surprise(m, n);
    }
    for (ULONG i = 0; i < nodes.count; i++)
        if (pnp_in_tree(nodes.items[i]))
            pnp_finish_surprise(m, nodes.items[i]);
    pnp_nodes_clear(m, &nodes);
}
