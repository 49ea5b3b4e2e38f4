/*
 * The operations that a host can ask for, in terms of the steps in the other files. They run in the
 * worker; the result is a status and, where somebody said no, who.
 */
#include "pnp/internal.h"

static NTSTATUS pnp_operate_start(struct machine *m, struct pnp_node *node) {
    if (node->problem == WDMSIM_PROBLEM_HELD_FOR_EJECT && (!node->slot || !node->slot->plugged))
        return STATUS_NO_SUCH_DEVICE;
    pnp_set_problem(node, WDMSIM_PROBLEM_NONE, STATUS_SUCCESS);
    pnp_find_match(m, node);
    pnp_bring_up(m, node);
    if (!pnp_in_tree(node))
        return STATUS_NO_SUCH_DEVICE;
    if (pnp_is_started(node))
        return STATUS_SUCCESS;
    return node->problem_status ? node->problem_status : STATUS_UNSUCCESSFUL;
}

static NTSTATUS pnp_operate_remove(struct machine *m, struct pnp_node *node,
                                   enum wdmsim_node_problem problem, struct pnp_action *result) {
    struct pnp_removal removal = {0};
    if (node->state == WDMSIM_NODE_REMOVED || node->state == WDMSIM_NODE_ENUMERATED) {
        pnp_set_problem(node, problem, STATUS_PLUGPLAY_NO_DEVICE);
        return STATUS_SUCCESS;
    }
    NTSTATUS status = pnp_query_remove(m, node, &removal);
    if (NT_SUCCESS(status))
        pnp_remove(m, &removal, problem);
    result->veto = removal.veto;
    result->veto_node = removal.veto_node;
    pnp_nodes_clear(m, &removal.nodes);
    return status;
}

static NTSTATUS pnp_operate_disable(struct machine *m, struct pnp_node *node,
                                    struct pnp_action *result) {
    if (node->not_disableable) {
        result->veto = WDMSIM_VETO_NOT_DISABLEABLE;
        result->veto_node = node->serial;
        return STATUS_PLUGPLAY_QUERY_VETOED;
    }
    NTSTATUS status = pnp_operate_remove(m, node, WDMSIM_PROBLEM_DISABLED, result);
    if (NT_SUCCESS(status))
        node->disabled = true;
    return status;
}

static NTSTATUS pnp_operate_restart(struct machine *m, struct pnp_node *node,
                                    struct pnp_action *result) {
    NTSTATUS status = pnp_operate_remove(m, node, WDMSIM_PROBLEM_NONE, result);
    return NT_SUCCESS(status) ? pnp_operate_start(m, node) : status;
}

/* The root has nothing to rebalance: everything below it does. */
static NTSTATUS pnp_operate_rebalance(struct machine *m, struct pnp_node *node,
                                      struct pnp_action *result) {
    if (node->parent)
        return pnp_is_started(node) ? pnp_rebalance(m, node, result) : STATUS_INVALID_DEVICE_STATE;
    LIST_ENTRY *next;
    for (LIST_ENTRY *link = node->children.Flink; link != &node->children; link = next) {
        struct pnp_node *child = CONTAINING_RECORD(link, struct pnp_node, sibling);
        next = link->Flink;
        if (pnp_is_started(child))
            pnp_rebalance(m, child, result);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS pnp_operate_surprise(struct machine *m, struct pnp_node *node) {
    if (!node->slot) {
        pnp_surprise(m, node, WDMSIM_PROBLEM_NOT_PRESENT, STATUS_NO_SUCH_DEVICE);
        return STATUS_SUCCESS;
    }
    struct pnp_node *bus = node->parent;
    pnp_slot_take_out(node->slot);
    pnp_enumerate(m, bus);
    return STATUS_SUCCESS;
}

static NTSTATUS pnp_do(struct machine *m, enum wdmsim_pnp_operation operation,
                       struct pnp_node *node, struct pnp_action *result) {
    switch (operation) {
    case WDMSIM_PNP_ENABLE:
        node->disabled = false;
        /* fall through */
    case WDMSIM_PNP_START:
        return pnp_operate_start(m, node);
    case WDMSIM_PNP_REMOVE:
        return pnp_operate_remove(m, node, WDMSIM_PROBLEM_NONE, result);
    case WDMSIM_PNP_DISABLE:
        return pnp_operate_disable(m, node, result);
    case WDMSIM_PNP_RESTART:
        return pnp_operate_restart(m, node, result);
    case WDMSIM_PNP_EJECT:
        pnp_eject(m, node, result);
        return result->status;
    case WDMSIM_PNP_REBALANCE:
        return pnp_operate_rebalance(m, node, result);
    case WDMSIM_PNP_ENUMERATE:
        pnp_enumerate(m, node);
        return STATUS_SUCCESS;
    case WDMSIM_PNP_QUERY_STATE:
        if (pnp_is_started(node))
            pnp_query_state(m, node);
        return STATUS_SUCCESS;
    case WDMSIM_PNP_SURPRISE_REMOVE:
        return pnp_operate_surprise(m, node);
    case WDMSIM_PNP_OPERATIONS:
        break;
    }
    return STATUS_INVALID_PARAMETER;
}

static bool pnp_is_for_root(enum wdmsim_pnp_operation operation) {
    return operation == WDMSIM_PNP_ENUMERATE || operation == WDMSIM_PNP_REBALANCE;
}

void pnp_operate(struct machine *m, enum wdmsim_pnp_operation operation, struct pnp_node *node,
                 struct pnp_action *result) {
    if (!pnp_in_tree(node)) {
        result->status = STATUS_NO_SUCH_DEVICE;
        return;
    }
    if ((!node->parent && !pnp_is_for_root(operation)) ||
        node->state == WDMSIM_NODE_SURPRISE_REMOVED) {
        result->status = STATUS_INVALID_DEVICE_STATE;
        result->veto = WDMSIM_VETO_LEGACY;
        result->veto_node = node->serial;
        return;
    }
    result->status = pnp_do(m, operation, node, result);
}
