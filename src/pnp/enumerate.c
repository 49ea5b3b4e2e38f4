/*
 * Enumeration: BusRelations of a node's device, compared with the children it had.
 *
 * Every list gets a number; the children that it names are marked with it. What is new becomes a
 * node and wants to be brought up; what is left without a mark has gone. The list is the bus
 * driver's memory and holds a reference on each PDO: the first one of a PDO becomes the node's own,
 * later ones are given back.
 *
 * Requests to enumerate come at up to DISPATCH_LEVEL and are served by the worker; those that come
 * before the present one is served are one with it.
 *
 * wdm irp-mn-query-device-relations, nf-wdm-ioinvalidatedevicerelations
 */
#include "pnp/internal.h"

/* ---- relations as drivers return them ---- */

void pnp_relations_free(struct machine *m, PDEVICE_RELATIONS relations) {
    if (!relations)
        return;
    for (ULONG i = 0; i < relations->Count; i++)
        ob_dereference(m, relations->Objects[i]);
    pnp_free(m, relations);
}

static void pnp_check_relations(struct machine *m, struct pnp_node *node,
                                const DEVICE_RELATIONS *relations) {
    for (ULONG i = 0; i < relations->Count; i++) {
        PDEVICE_OBJECT pdo = relations->Objects[i];
        if (KI_UNLIKELY(!pdo))
            ki_bugcheck(
                m, PNP_DETECTED_FATAL_ERROR, PNP_FATAL_NULL_PDO, (ULONG_PTR)node->pdo,
                relations->Count, i,
                "a driver of %s returned relations of %u devices, of which number %u is NULL",
                pnp_text(node), (unsigned)relations->Count, (unsigned)i);
        if (KI_UNLIKELY(pdo->Type != IO_TYPE_DEVICE))
            ki_bugcheck(m, PNP_DETECTED_FATAL_ERROR, PNP_FATAL_NOT_PDO, (ULONG_PTR)pdo, 0, 0,
                        "a driver of %s returned relations with something that is no device object",
                        pnp_text(node));
    }
}

PDEVICE_RELATIONS pnp_query_relations(struct machine *m, struct pnp_node *node,
                                      DEVICE_RELATION_TYPE type) {
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_DEVICE_RELATIONS};
    IO_STATUS_BLOCK iosb = {0};
    stack.Parameters.QueryDeviceRelations.Type = type;
    if (!NT_SUCCESS(pnp_send(m, node->pdo, &stack, &iosb)))
        return NULL;
    PDEVICE_RELATIONS relations = (PDEVICE_RELATIONS)iosb.Information;
    if (relations)
        pnp_check_relations(m, node, relations);
    return relations;
}

/* ---- the comparison ---- */

static _Noreturn void pnp_deleted_pdo(struct machine *m, struct pnp_node *node,
                                      PDEVICE_OBJECT pdo) {
    ki_bugcheck(m, PNP_DETECTED_FATAL_ERROR, PNP_FATAL_DELETED_PDO, (ULONG_PTR)pdo, 0, 0,
                "a driver of %s reported %s, which it has deleted", pnp_text(node),
                io_device_of(pdo)->text);
}

/* A PDO of the list: its reference is used up. True if a child was marked by it. */
static bool pnp_child_seen(struct machine *m, struct pnp_node *bus, PDEVICE_OBJECT pdo,
                           uint32_t number, struct pnp_nodes *fresh) {
    struct io_device *own = io_device_of(pdo);
    struct pnp_node *node = own->node;
    if (KI_UNLIKELY(own->delete_pending))
        pnp_deleted_pdo(m, bus, pdo);
    if (KI_UNLIKELY(own->attached_to != NULL || (node && node->parent != bus)))
        ki_bugcheck(m, PNP_DETECTED_FATAL_ERROR, PNP_FATAL_NOT_PDO, (ULONG_PTR)pdo,
                    (ULONG_PTR)pdo->DriverObject, 0,
                    "a driver of %s reported %s as a child, which is none of its own",
                    pnp_text(bus), own->text);
    if (node) {
        bool first = node->enumeration != number;
        node->enumeration = number;
        ob_dereference(m, pdo);
        return first;
    }
    if (own->node_gone)
        pnp_report(m, "a driver of %s reported %s again after its device had gone", pnp_text(bus),
                   own->text);
    node = pnp_node_create(m, bus, pdo);
    if (!node || !pnp_nodes_add(m, fresh, node)) {
        if (!node)
            ob_dereference(m, pdo);
        return false;
    }
    node->enumeration = number;
    return true;
}

static struct pnp_node *pnp_missing_child(struct pnp_node *bus, uint32_t number,
                                          LIST_ENTRY **from) {
    for (LIST_ENTRY *link = *from; link != &bus->children; link = link->Flink) {
        struct pnp_node *child = CONTAINING_RECORD(link, struct pnp_node, sibling);
        if (child->enumeration == number || !child->present)
            continue;
        *from = link->Flink;
        return child;
    }
    return NULL;
}

/* What was not in the list has gone. */
static void pnp_find_missing(struct machine *m, struct pnp_node *bus, uint32_t number) {
    struct pnp_nodes gone = {0};
    LIST_ENTRY *from = bus->children.Flink;
    struct pnp_node *child;
    while ((child = pnp_missing_child(bus, number, &from)) != NULL) {
        child->present = false;
        pnp_nodes_add(m, &gone, child);
    }
    for (ULONG i = 0; i < gone.count; i++)
        if (pnp_in_tree(gone.items[i]))
            pnp_surprise(m, gone.items[i], WDMSIM_PROBLEM_NOT_PRESENT, STATUS_NO_SUCH_DEVICE);
    pnp_nodes_clear(m, &gone);
}

void pnp_enumerate(struct machine *m, struct pnp_node *node) {
    struct pnp_nodes fresh = {0};
    if (!pnp_is_started(node))
        return;
    PDEVICE_RELATIONS relations = pnp_query_relations(m, node, BusRelations);
    if (!relations)
        return; /* nobody knows: what was there stays */
    uint32_t number = ++m->pnp->enumeration;
    ULONG seen = 0;
    for (ULONG i = 0; i < relations->Count; i++)
        seen += pnp_child_seen(m, node, relations->Objects[i], number, &fresh);
    pnp_free(m, relations);
    if (seen < node->child_count)
        pnp_find_missing(m, node, number);
    for (ULONG i = fresh.count; i-- > 0;)
        if (pnp_in_tree(fresh.items[i]))
            pnp_want(m, fresh.items[i], PNP_WANT_BRING_UP);
    pnp_nodes_clear(m, &fresh);
}

/* ---- requests ---- */

static void pnp_run_enumerate(struct machine *m, struct pnp_action *action) {
    struct pnp_node *node = action->node;
    node->enumerate_queued = false;
    if (pnp_in_tree(node))
        pnp_enumerate(m, node);
}

/* The devices that must be on before this one; see power transitions. */
static void pnp_run_power_relations(struct machine *m, struct pnp_action *action) {
    struct pnp_node *node = action->node;
    node->relations_queued = false;
    if (!pnp_in_tree(node) || !pnp_has_stack(node))
        return;
    PDEVICE_RELATIONS relations = pnp_query_relations(m, node, PowerRelations);
    pnp_nodes_clear(m, &node->power_relations);
    for (ULONG i = 0; relations && i < relations->Count; i++) {
        struct pnp_node *other = pnp_node_of(relations->Objects[i]);
        if (other)
            pnp_nodes_add(m, &node->power_relations, other);
    }
    pnp_relations_free(m, relations);
    pnp_notify(m, node, PNP_EVENT_POWER_RELATIONS);
}

VOID IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type) {
    KI_GATE(IoInvalidateDeviceRelations);
    struct pnp_node *node = pnp_node_checked(m, DeviceObject, IO_CALLER());
    switch (Type) {
    case SingleBusRelations:
        /* Only this one's presence is in question; its bus knows. */
        if (node->parent)
            node = node->parent;
        /* fall through */
    case BusRelations:
        pnp_queue_once(m, node, &node->enumerate_queued, pnp_run_enumerate);
        break;
    case PowerRelations:
        pnp_queue_once(m, node, &node->relations_queued, pnp_run_power_relations);
        break;
    default:
        break; /* removal and ejection relations are asked for when they are needed */
    }
}
