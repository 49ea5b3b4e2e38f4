/*
 * One round of system IRPs over the device tree.
 *
 * Each device counts those that have to be through before it: its children on the way down, its
 * parent on the way up, and likewise devices it has power relations with. A device that waits for
 * nobody is ready; the walk's thread takes ready ones and sends, and each completion makes others
 * ready. Sending never waits, so devices that do not depend on each other go in parallel.
 *
 * Pageable devices go down before and come up after the others, so that paging works to the end;
 * a parent of a device that is not pageable counts as such. The docs leave that order, and the one
 * among equals, open: the latter is a choice, first enumerated first sent.
 *
 * kernel/handling-irp-mn-set-power-for-system-power-states, kernel/irp-mn-query-device-relations
 */
#include "po/po.h"

static bool po_takes_part(const struct pnp_node *pnp, uint32_t number) {
    return pnp && pnp->power && pnp->power->walk == number;
}

/* ---- who takes part ---- */

static bool po_walk_add_all(struct machine *m, struct po_walk *walk) {
    struct pnp_node *root = m->pnp->root;
    ULONG limit = m->pnp->node_count;
    if (!root || !limit)
        return true;
    walk->nodes = mm_pool_allocate(m, NonPagedPoolNx, limit * sizeof *walk->nodes, PO_TAG);
    if (!walk->nodes)
        return false;
    for (struct pnp_node *pnp = pnp_next(root, root); pnp; pnp = pnp_next(pnp, root)) {
        if (pnp->state != WDMSIM_NODE_STARTED || walk->count == limit)
            continue;
        struct po_node *node = po_node_of(m, pnp->pdo, true);
        if (!node)
            return false;
        walk->nodes[walk->count++] = node;
    }
    return true;
}

bool po_walk_collect(struct machine *m, struct po_walk *walk) {
    walk->count = 0;
    walk->nodes = NULL;
    return po_walk_add_all(m, walk);
}

void po_walk_free(struct machine *m, struct po_walk *walk) {
    if (walk->nodes)
        mm_pool_free(m, walk->nodes, PO_TAG);
    walk->nodes = NULL;
    walk->count = 0;
}

/* ---- who waits for whom ---- */

static void po_edge(struct po_walk *walk, struct po_node *first, struct po_node *then) {
    walk->edges[walk->edge_count].first = first;
    walk->edges[walk->edge_count++].then = then;
    first->related = true;
    then->waits++;
}

/* Power relations: those listed are on before the device is, and off after it. */
static void po_walk_relate(struct machine *m, struct po_walk *walk, uint32_t number, ULONG count) {
    walk->edges = mm_pool_allocate(m, NonPagedPoolNx, count * sizeof *walk->edges, PO_TAG);
    if (!walk->edges)
        return;
    for (ULONG i = 0; i < walk->count; i++) {
        struct po_node *node = walk->nodes[i];
        const struct pnp_nodes *listed = &node->pnp->power_relations;
        for (ULONG j = 0; j < listed->count; j++) {
            if (!po_takes_part(listed->items[j], number) || listed->items[j] == node->pnp)
                continue;
            struct po_node *other = listed->items[j]->power;
            po_edge(walk, walk->up ? other : node, walk->up ? node : other);
        }
    }
}

/*
 * Two passes over the devices, which lie far apart in memory: parents stand before their children,
 * so the second goes backward, and knows all of a device's descendants when it comes to the device.
 */
static void po_walk_prepare(struct machine *m, struct po_walk *walk) {
    uint32_t number = ++m->po->walks;
    ULONG relations = 0;
    walk->passes = walk->minor == IRP_MN_SET_POWER;
    walk->first_pass = walk->edge_count = 0;
    walk->edges = NULL;
    for (ULONG i = 0; i < walk->count; i++) {
        struct po_node *node = walk->nodes[i];
        node->walk = number;
        node->waits = 0;
        node->late = !po_is_pageable(node);
        node->related = node->asked = false;
        relations += node->pnp->power_relations.count;
    }
    for (ULONG i = walk->count; i-- > 0;) {
        struct po_node *node = walk->nodes[i];
        walk->first_pass += walk->passes && node->late == walk->up;
        if (!po_takes_part(node->pnp->parent, number))
            continue;
        struct po_node *parent = node->pnp->parent->power;
        parent->late |= node->late;
        (walk->up ? node : parent)->waits++;
    }
    if (relations && walk->passes)
        po_walk_relate(m, walk, number, relations);
}

/* ---- going ---- */

static void po_walk_ready(struct po_walk *walk, struct po_node *node) {
    bool first = !walk->passes || node->late == walk->up;
    if (first || !walk->first_pass) {
        InsertTailList(&walk->ready, &node->ready);
        walk->ready_count++;
    } else {
        InsertTailList(&walk->held, &node->ready);
    }
}

static void po_walk_release(struct po_walk *walk, struct po_node *node) {
    if (node->waits && --node->waits == 0)
        po_walk_ready(walk, node);
}

/* The device is through: who waited for it? */
static void po_walk_through(struct po_walk *walk, struct po_node *node) {
    struct pnp_node *pnp = node->pnp;
    if (!walk->up) {
        if (po_takes_part(pnp->parent, node->walk))
            po_walk_release(walk, pnp->parent->power);
    } else {
        for (PLIST_ENTRY link = pnp->children.Flink; link != &pnp->children; link = link->Flink) {
            struct pnp_node *child = CONTAINING_RECORD(link, struct pnp_node, sibling);
            if (po_takes_part(child, node->walk))
                po_walk_release(walk, child->power);
        }
    }
    for (ULONG i = 0; node->related && i < walk->edge_count; i++)
        if (walk->edges[i].first == node)
            po_walk_release(walk, walk->edges[i].then);
    bool first = !walk->passes || node->late == walk->up;
    if (walk->passes && first && --walk->first_pass == 0)
        while (!IsListEmpty(&walk->held)) {
            InsertTailList(&walk->ready, RemoveHeadList(&walk->held));
            walk->ready_count++;
        }
}

void po_walk_done(struct machine *m, struct po_walk *walk, struct po_node *node, NTSTATUS status) {
    if (walk->minor == IRP_MN_QUERY_POWER && !NT_SUCCESS(status) && !walk->refused_by) {
        walk->refused_by = node;
        walk->failure = status;
        walk->stop = true;
    }
    if (walk->minor == IRP_MN_SET_POWER && !NT_SUCCESS(status))
        po_report(m, "a driver of %s failed the system IRP that sets S%d: 0x%08x",
                  po_node_text(m, node), walk->state - 1, (unsigned)status);
    if (walk->minor == IRP_MN_SET_POWER && walk->state == PowerSystemWorking)
        po_wake_resumed(m, node);
    po_walk_through(walk, node);
    /* With the last one the walk may be over before the event is set: it is not on its stack. */
    if (!--walk->open || walk->ready_count)
        KeSetEvent(&m->po->progress, IO_NO_INCREMENT, FALSE);
}

/* Which of the ready devices is next: of the first few, by choice. */
static struct po_node *po_walk_take(struct machine *m, struct po_walk *walk) {
    unsigned n = walk->ready_count < 4 ? (unsigned)walk->ready_count : 4;
    PLIST_ENTRY link = walk->ready.Flink;
    for (unsigned skip = ki_choose(m, WDMSIM_CHOICE_POWER, n); skip; skip--)
        link = link->Flink;
    RemoveEntryList(link);
    walk->ready_count--;
    walk->left--;
    return CONTAINING_RECORD(link, struct po_node, ready);
}

static _Noreturn void po_walk_no_memory(struct machine *m, struct po_walk *walk,
                                        struct po_node *node) {
    ki_bugcheck(m, INTERNAL_POWER_ERROR, 1, 6, (ULONG_PTR)node->pdo, 0,
                "there is no memory for the IRP that sets S%d for %s", walk->state - 1,
                po_node_text(m, node));
}

static void po_walk_send(struct machine *m, struct po_walk *walk, struct po_node *node) {
    node->asked = true;
    walk->sent++;
    walk->open++;
    if (po_send_system(m, node, walk))
        return;
    if (walk->minor == IRP_MN_SET_POWER)
        po_walk_no_memory(m, walk, node);
    po_walk_done(m, walk, node, STATUS_INSUFFICIENT_RESOURCES);
}

/* Relations that contradict the tree: goes on with the first that waits. */
static bool po_walk_unknot(struct machine *m, struct po_walk *walk) {
    for (ULONG i = 0; i < walk->count; i++) {
        struct po_node *node = walk->nodes[i];
        if (node->asked || !node->waits)
            continue;
        po_report(m, "the power relations of %s go round in a circle", po_node_text(m, node));
        node->waits = 0;
        po_walk_ready(walk, node);
        if (walk->ready_count)
            return true;
    }
    return false;
}

void po_walk_run(struct machine *m, struct po_walk *walk) {
    InitializeListHead(&walk->ready);
    InitializeListHead(&walk->held);
    KeClearEvent(&m->po->progress);
    walk->ready_count = walk->open = walk->sent = 0;
    walk->left = walk->count;
    walk->stop = false;
    walk->refused_by = NULL;
    walk->failure = STATUS_SUCCESS;
    po_walk_prepare(m, walk);
    m->po->walk = walk;
    for (ULONG i = 0; i < walk->count; i++)
        if (!walk->nodes[i]->waits)
            po_walk_ready(walk, walk->nodes[i]);
    for (;;) {
        while (walk->ready_count && !walk->stop)
            po_walk_send(m, walk, po_walk_take(m, walk));
        if (!walk->open && (walk->stop || !walk->left || !po_walk_unknot(m, walk)))
            break;
        if (walk->open && (walk->stop || !walk->ready_count))
            KeWaitForSingleObject(&m->po->progress, Executive, KernelMode, FALSE, NULL);
    }
    m->po->walk = NULL;
    if (walk->edges)
        mm_pool_free(m, walk->edges, PO_TAG);
    walk->edges = NULL;
}
