/*
 * Rebalancing: devices are stopped and started again with other resources.
 *
 * All stacks concerned are asked first, leaves before their parents. One that refuses gets
 * CANCEL_STOP (with all of its drivers: some may have agreed) and goes on as it is; so must the
 * devices above it, which cannot be stopped under it. When the device that it is all about takes
 * part, the others that agreed are stopped, resources are handed out anew, and they start again,
 * parents first. A start that fails now is as if the device had gone.
 *
 * kernel/stopping-a-device-to-rebalance-resources
 */
#include "pnp/internal.h"

/* ---- asking and cancelling ---- */

static NTSTATUS pnp_query_stop(struct machine *m, struct pnp_node *node) {
    NTSTATUS status = pnp_send_minor(m, node, IRP_MN_QUERY_STOP_DEVICE);
    pnp_set_state(m, node, WDMSIM_NODE_STOP_PENDING);
    if (status == STATUS_RESOURCE_REQUIREMENTS_CHANGED) {
        pnp_query_requirements(m, node);
        status = STATUS_SUCCESS;
    }
    return status;
}

static void pnp_cancel_stop(struct machine *m, struct pnp_node *node) {
    NTSTATUS status = pnp_send_minor(m, node, IRP_MN_CANCEL_STOP_DEVICE);
    if (!NT_SUCCESS(status) && status != STATUS_NOT_SUPPORTED)
        pnp_report(m, "%s: IRP_MN_CANCEL_STOP_DEVICE came back with status 0x%08x", pnp_text(node),
                   (unsigned)status);
    pnp_set_state(m, node, WDMSIM_NODE_STARTED);
}

/* Parents first. */
static void pnp_cancel_all(struct machine *m, const struct pnp_nodes *nodes) {
    for (ULONG i = nodes->count; i-- > 0;)
        if (nodes->items[i]->state == WDMSIM_NODE_STOP_PENDING)
            pnp_cancel_stop(m, nodes->items[i]);
}

/* Something below refused: the node cannot be stopped. */
static bool pnp_stands_on(const struct pnp_node *node, uint32_t refused) {
    return node->mark == refused;
}

/*
 * Asks a subtree, leaves first; `agreed` gets those that will stop. What is above a device that
 * refused is marked and not asked.
 */
static NTSTATUS pnp_query_stop_tree(struct machine *m, struct pnp_node *top,
                                    struct pnp_nodes *agreed, struct pnp_action *result) {
    uint32_t refused = ++m->pnp->mark;
    NTSTATUS status = STATUS_SUCCESS;
    for (struct pnp_node *node = pnp_first_leaf(top); node; node = pnp_next_up(node, top)) {
        if (!pnp_is_started(node) || pnp_stands_on(node, refused))
            continue;
        NTSTATUS answer = pnp_query_stop(m, node);
        if (NT_SUCCESS(answer)) {
            pnp_nodes_add(m, agreed, node);
            continue;
        }
        pnp_cancel_stop(m, node);
        for (struct pnp_node *above = node; above && above != top->parent; above = above->parent)
            above->mark = refused;
        if (NT_SUCCESS(status)) {
            status = answer;
            result->veto = WDMSIM_VETO_DRIVER;
            result->veto_node = node->serial;
        }
    }
    return pnp_stands_on(top, refused) ? status : STATUS_SUCCESS;
}

/* ---- stopping and starting ---- */

static void pnp_stop(struct machine *m, struct pnp_node *node) {
    NTSTATUS status = pnp_send_minor(m, node, IRP_MN_STOP_DEVICE);
    if (!NT_SUCCESS(status))
        pnp_report(m, "%s: IRP_MN_STOP_DEVICE came back with status 0x%08x; it must not fail",
                   pnp_text(node), (unsigned)status);
    pnp_set_state(m, node, WDMSIM_NODE_STOPPED);
    pnp_notify(m, node, PNP_EVENT_STOPPED);
}

static void pnp_restart(struct machine *m, struct pnp_node *node, NTSTATUS status) {
    node->first_start = false;
    if (NT_SUCCESS(status))
        status = pnp_start_device(m, node);
    if (!NT_SUCCESS(status))
        pnp_surprise(m, node, WDMSIM_PROBLEM_FAILED_START, status);
}

/* STOP from the leaves, new resources, START from the root. */
static void pnp_stop_and_start(struct machine *m, const struct pnp_nodes *nodes) {
    for (ULONG i = 0; i < nodes->count; i++)
        pnp_stop(m, nodes->items[i]);
    for (ULONG i = nodes->count; i-- > 0;) {
        struct pnp_node *node = nodes->items[i];
        if (node->state == WDMSIM_NODE_STOPPED)
            pnp_restart(m, node, pnp_assign(m, node, true));
    }
}

NTSTATUS pnp_rebalance(struct machine *m, struct pnp_node *node, struct pnp_action *result) {
    struct pnp_nodes agreed = {0};
    NTSTATUS status = pnp_query_stop_tree(m, node, &agreed, result);
    if (NT_SUCCESS(status)) {
        pnp_stop_and_start(m, &agreed);
        result->veto = WDMSIM_VETO_NONE;
        result->veto_node = 0;
    } else {
        pnp_cancel_all(m, &agreed);
    }
    pnp_nodes_clear(m, &agreed);
    return status;
}

NTSTATUS pnp_stop_for_requirements(struct machine *m, struct pnp_node *node) {
    struct pnp_action result = {0};
    pnp_query_requirements(m, node);
    NTSTATUS status = pnp_rebalance(m, node, &result);
    if (!NT_SUCCESS(status))
        pnp_surprise(m, node, WDMSIM_PROBLEM_REPORTED_FAILURE, status);
    return status;
}

/* ---- making room ---- */

/* Started devices that hold something and have nothing below them: they can give it up alone. */
static bool pnp_can_give(const struct pnp_node *node, const struct pnp_node *newcomer) {
    return node != newcomer && pnp_is_started(node) && !IsListEmpty(&node->claims) &&
           !node->child_count;
}

static void pnp_ask_for_room(struct machine *m, struct pnp_node *newcomer,
                             struct pnp_nodes *agreed) {
    struct pnp_node *root = m->pnp->root;
    for (struct pnp_node *node = pnp_first_leaf(root); node; node = pnp_next_up(node, root)) {
        if (!pnp_can_give(node, newcomer))
            continue;
        if (NT_SUCCESS(pnp_query_stop(m, node)))
            pnp_nodes_add(m, agreed, node);
        else
            pnp_cancel_stop(m, node);
    }
}

/* The newcomer first, then those that made room; false: it does not work out. */
static bool pnp_assign_all(struct machine *m, struct pnp_node *newcomer,
                           const struct pnp_nodes *agreed) {
    for (ULONG i = 0; i < agreed->count; i++)
        pnp_unclaim(m, &agreed->items[i]->claims);
    bool done = NT_SUCCESS(pnp_assign(m, newcomer, false));
    for (ULONG i = 0; done && i < agreed->count; i++)
        done = NT_SUCCESS(pnp_assign(m, agreed->items[i], false));
    return done;
}

/* The lists of those that made room, as they were. */
struct pnp_lists {
    CM_RESOURCE_LIST *raw, *translated;
};

static struct pnp_lists *pnp_lists_take(struct machine *m, const struct pnp_nodes *nodes) {
    struct pnp_lists *lists =
        mm_pool_allocate(m, PagedPool, (nodes->count + 1) * sizeof *lists, PNP_TAG);
    for (ULONG i = 0; lists && i < nodes->count; i++) {
        lists[i] = (struct pnp_lists){nodes->items[i]->raw, nodes->items[i]->translated};
        nodes->items[i]->raw = nodes->items[i]->translated = NULL;
    }
    return lists;
}

/* Back to what each had; nobody else has taken it. */
static void pnp_lists_restore(struct machine *m, struct pnp_node *newcomer,
                              const struct pnp_nodes *nodes, const struct pnp_lists *lists) {
    pnp_unassign(m, newcomer);
    for (ULONG i = 0; i < nodes->count; i++)
        pnp_unassign(m, nodes->items[i]);
    for (ULONG i = 0; i < nodes->count; i++) {
        nodes->items[i]->raw = lists[i].raw;
        nodes->items[i]->translated = lists[i].translated;
        pnp_claim_assigned(m, nodes->items[i]);
    }
}

/* Resources are worked out on paper first: nobody is stopped for nothing. */
static bool pnp_make_room(struct machine *m, struct pnp_node *newcomer,
                          const struct pnp_nodes *agreed) {
    struct pnp_lists *old = pnp_lists_take(m, agreed);
    if (!old)
        return false;
    bool done = pnp_assign_all(m, newcomer, agreed);
    if (!done)
        pnp_lists_restore(m, newcomer, agreed, old);
    for (ULONG i = 0; done && i < agreed->count; i++) {
        pnp_free(m, old[i].raw);
        pnp_free(m, old[i].translated);
    }
    pnp_free(m, old);
    return done;
}

bool pnp_rebalance_for(struct machine *m, struct pnp_node *node) {
    struct pnp_nodes agreed = {0};
    pnp_ask_for_room(m, node, &agreed);
    bool done = agreed.count && pnp_make_room(m, node, &agreed);
    if (!done)
        pnp_cancel_all(m, &agreed);
    for (ULONG i = 0; done && i < agreed.count; i++)
        pnp_stop(m, agreed.items[i]);
    for (ULONG i = agreed.count; done && i-- > 0;)
        pnp_restart(m, agreed.items[i], STATUS_SUCCESS);
    pnp_nodes_clear(m, &agreed);
    return done;
}
