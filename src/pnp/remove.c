/*
 * Orderly removal: everybody is asked first, anybody may say no.
 *
 * A removal is a list of nodes in the order in which they will go: the device with all that is
 * below it, and what its drivers name as removal relations (for an eject also as ejection
 * relations), each with all that is below; children before their parents. Listeners are asked
 * before the first driver; then every stack gets QUERY_REMOVE, and must have no open handle
 * afterwards. A veto undoes what was asked: CANCEL_REMOVE from the parents down, then the listeners
 * hear of it.
 *
 * When all agree the stacks get REMOVE. The devices at the top keep their nodes, for they are still
 * there; what was below them leaves the tree with the bus that reported it.
 *
 * wdm irp-mn-query-remove-device, irp-mn-cancel-remove-device, irp-mn-remove-device
 */
#include "pnp/internal.h"

/* ---- the list ---- */

/* The relations a device's drivers name; each is a root of the removal, too. */
static void pnp_add_relations(struct machine *m, struct pnp_node *node, DEVICE_RELATION_TYPE type,
                              struct pnp_nodes *roots) {
    PDEVICE_RELATIONS relations = pnp_query_relations(m, node, type);
    for (ULONG i = 0; relations && i < relations->Count; i++) {
        PDEVICE_OBJECT pdo = relations->Objects[i];
        struct pnp_node *other = pnp_node_of(pdo);
        if (KI_UNLIKELY(io_device_of(pdo)->delete_pending))
            ki_bugcheck(m, PNP_DETECTED_FATAL_ERROR, PNP_FATAL_DELETED_RELATION, (ULONG_PTR)pdo,
                        (ULONG_PTR)relations, 0,
                        "a driver of %s named %s as a relation, which is deleted", pnp_text(node),
                        io_device_of(pdo)->text);
        if (!other)
            pnp_report(m, "a driver of %s named %s as a relation, which is not in the tree",
                       pnp_text(node), io_device_of(pdo)->text);
        else if (other->mark != m->pnp->mark && other->parent)
            pnp_nodes_add(m, roots, other);
    }
    pnp_relations_free(m, relations);
}

void pnp_collect(struct machine *m, struct pnp_node *node, bool ejecting, struct pnp_nodes *list) {
    struct pnp_nodes roots = {0};
    uint32_t mark = ++m->pnp->mark;
    pnp_nodes_add(m, &roots, node);
    /* Pass one: roots, and what they and theirs are related to. */
    for (ULONG i = 0; i < roots.count; i++) {
        struct pnp_node *root = roots.items[i];
        for (struct pnp_node *n = root; n; n = pnp_next(n, root)) {
            if (n->mark == mark)
                continue;
            n->mark = mark;
            if (pnp_has_stack(n) && n->state != WDMSIM_NODE_SURPRISE_REMOVED)
                pnp_add_relations(m, n, RemovalRelations, &roots);
            if (ejecting && n == root)
                pnp_add_relations(m, n, EjectionRelations, &roots);
        }
    }
    /* Pass two: each once, leaves first. */
    mark = ++m->pnp->mark;
    for (ULONG i = 0; i < roots.count; i++) {
        struct pnp_node *root = roots.items[i];
        for (struct pnp_node *n = pnp_first_leaf(root); n; n = pnp_next_up(n, root)) {
            if (n->mark == mark)
                continue;
            n->mark = mark;
            pnp_nodes_add(m, list, n);
        }
    }
    pnp_nodes_clear(m, &roots);
}

/* ---- asking ---- */

static void pnp_listeners_cancelled(struct machine *m, const struct pnp_nodes *nodes, ULONG told) {
    for (ULONG i = 0; i < told; i++)
        if (m->pnp->listeners.remove_cancelled)
            m->pnp->listeners.remove_cancelled(m, nodes->items[i]);
}

static NTSTATUS pnp_ask_listeners(struct machine *m, struct pnp_removal *removal) {
    if (!m->pnp->listeners.query_remove)
        return STATUS_SUCCESS;
    /* The device itself first, then what goes with it. */
    for (ULONG i = removal->nodes.count; i-- > 0;) {
        NTSTATUS status = m->pnp->listeners.query_remove(m, removal->nodes.items[i]);
        if (NT_SUCCESS(status))
            continue;
        removal->veto = WDMSIM_VETO_LISTENER;
        removal->veto_node = removal->nodes.items[i]->serial;
        for (ULONG j = removal->nodes.count; j-- > i;)
            if (m->pnp->listeners.remove_cancelled)
                m->pnp->listeners.remove_cancelled(m, removal->nodes.items[j]);
        return status;
    }
    return STATUS_SUCCESS;
}

static bool pnp_is_asked(const struct pnp_node *node) {
    return node->state == WDMSIM_NODE_ADDED || node->state == WDMSIM_NODE_STARTED ||
           node->state == WDMSIM_NODE_STOPPED;
}

static NTSTATUS pnp_ask_drivers(struct machine *m, struct pnp_node *node,
                                struct pnp_removal *removal) {
    removal->veto_node = node->serial;
    if (node->state == WDMSIM_NODE_SURPRISE_REMOVED) {
        removal->veto = WDMSIM_VETO_HANDLE;
        return STATUS_DEVICE_BUSY;
    }
    if (!pnp_is_asked(node))
        return STATUS_SUCCESS;
    node->before = node->state;
    NTSTATUS status = pnp_send_minor(m, node, IRP_MN_QUERY_REMOVE_DEVICE);
    pnp_set_state(m, node, WDMSIM_NODE_REMOVE_PENDING);
    if (!NT_SUCCESS(status)) {
        removal->veto = WDMSIM_VETO_DRIVER;
    } else if (pnp_open_count(node)) {
        removal->veto = WDMSIM_VETO_HANDLE;
        status = STATUS_DEVICE_BUSY;
    }
    return status;
}

/* Parents first; those that were not asked hear nothing. */
static void pnp_cancel_remove(struct machine *m, const struct pnp_removal *removal) {
    for (ULONG i = removal->nodes.count; i-- > 0;) {
        struct pnp_node *node = removal->nodes.items[i];
        if (node->state != WDMSIM_NODE_REMOVE_PENDING)
            continue;
        NTSTATUS status = pnp_send_minor(m, node, IRP_MN_CANCEL_REMOVE_DEVICE);
        if (!NT_SUCCESS(status) && status != STATUS_NOT_SUPPORTED)
            pnp_report(m, "%s: IRP_MN_CANCEL_REMOVE_DEVICE came back with status 0x%08x",
                       pnp_text(node), (unsigned)status);
        pnp_set_state(m, node, node->before);
    }
    pnp_listeners_cancelled(m, &removal->nodes, removal->nodes.count);
}

NTSTATUS pnp_query_remove(struct machine *m, struct pnp_node *node, struct pnp_removal *removal) {
    pnp_collect(m, node, removal->ejecting, &removal->nodes);
    NTSTATUS status = pnp_ask_listeners(m, removal);
    if (!NT_SUCCESS(status))
        return status;
    for (ULONG i = 0; i < removal->nodes.count && NT_SUCCESS(status); i++)
        status = pnp_ask_drivers(m, removal->nodes.items[i], removal);
    if (NT_SUCCESS(status))
        removal->veto_node = 0;
    else
        pnp_cancel_remove(m, removal);
    return status;
}

/* ---- removing ---- */

static void pnp_check_removed(struct machine *m, struct pnp_node *node, NTSTATUS status) {
    PDEVICE_OBJECT pdo = node->pdo;
    if (!NT_SUCCESS(status))
        pnp_report(m, "%s: IRP_MN_REMOVE_DEVICE came back with status 0x%08x; it must not fail",
                   pnp_text(node), (unsigned)status);
    if (!(m->flags & WDMSIM_CHECK_RULES))
        return;
    if (KI_UNLIKELY(pdo->AttachedDevice != NULL))
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x21d,
                    (ULONG_PTR)pdo->AttachedDevice->DriverObject->MajorFunction[IRP_MJ_PNP], 0,
                    (ULONG_PTR)pdo->AttachedDevice,
                    "%s: %s is still attached after IRP_MN_REMOVE_DEVICE", pnp_text(node),
                    io_device_of(pdo->AttachedDevice)->text);
    if (KI_UNLIKELY(io_device_of(pdo)->delete_pending && node->present && node->parent &&
                    node->parent->state == WDMSIM_NODE_STARTED))
        ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x221,
                    (ULONG_PTR)pdo->DriverObject->MajorFunction[IRP_MJ_PNP], 0, (ULONG_PTR)pdo,
                    "%s: the bus driver deleted %s, which it has not reported missing",
                    pnp_text(node), io_device_of(pdo)->text);
}

void pnp_remove_stack(struct machine *m, struct pnp_node *node) {
    pnp_notify(m, node, PNP_EVENT_REMOVING);
    if (m->pnp->listeners.interfaces_gone)
        m->pnp->listeners.interfaces_gone(m, node);
    NTSTATUS status = pnp_send_minor(m, node, IRP_MN_REMOVE_DEVICE);
    pnp_check_removed(m, node, status);
    node->remove_waits = false;
    pnp_set_state(m, node, WDMSIM_NODE_REMOVED);
    pnp_unassign(m, node);
    if (node->asked_not_disableable)
        pnp_count_not_disableable(node, -1);
    node->asked_not_disableable = false;
    node->device_state = 0;
    pnp_notify(m, node, PNP_EVENT_REMOVED);
    pnp_release_drivers(m, node);
}

void pnp_remove(struct machine *m, struct pnp_removal *removal, enum wdmsim_node_problem problem) {
    struct pnp_nodes *nodes = &removal->nodes;
    uint32_t mark = ++m->pnp->mark;
    for (ULONG i = 0; i < nodes->count; i++)
        nodes->items[i]->mark = mark;
    for (ULONG i = 0; i < nodes->count; i++) {
        struct pnp_node *node = nodes->items[i];
        if (node->state == WDMSIM_NODE_REMOVED)
            continue;
        if (m->pnp->listeners.remove_complete)
            m->pnp->listeners.remove_complete(m, node);
        pnp_remove_stack(m, node);
    }
    for (ULONG i = 0; i < nodes->count; i++) {
        struct pnp_node *node = nodes->items[i];
        if (node->parent && node->parent->mark == mark)
            pnp_node_delete(m, node);
        else if (pnp_in_tree(node))
            pnp_set_problem(node, problem, STATUS_PLUGPLAY_NO_DEVICE);
    }
}
