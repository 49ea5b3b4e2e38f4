/*
 * From a node to a started device: identification, drivers, resources, START, and what follows a
 * first start.
 *
 * Whatever fails leaves the node in the tree with a problem: a device without a driver stays as it
 * was enumerated; one whose AddDevice or first START failed has had its stack removed.
 *
 * kernel/adding-a-pnp-device-to-a-running-system, wdm irp-mn-start-device
 */
#include "pnp/internal.h"

NTSTATUS pnp_start_device(struct machine *m, struct pnp_node *node) {
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_START_DEVICE};
    IO_STATUS_BLOCK iosb = {0};
    stack.Parameters.StartDevice.AllocatedResources = node->raw;
    stack.Parameters.StartDevice.AllocatedResourcesTranslated = node->translated;
    pnp_set_state(m, node, WDMSIM_NODE_STARTING);
    NTSTATUS status = pnp_send(m, node->pdo, &stack, &iosb);
    if (!NT_SUCCESS(status))
        return status;
    pnp_set_state(m, node, WDMSIM_NODE_STARTED);
    pnp_set_problem(node, WDMSIM_PROBLEM_NONE, STATUS_SUCCESS);
    pnp_notify(m, node, PNP_EVENT_STARTED);
    if (m->pnp->listeners.interfaces_ready)
        m->pnp->listeners.interfaces_ready(m, node);
    return status;
}

/* Reasons not to begin at all. */
static bool pnp_may_bring_up(struct pnp_node *node) {
    if (node->state != WDMSIM_NODE_ENUMERATED && node->state != WDMSIM_NODE_REMOVED)
        return false;
    if (!node->parent || !pnp_is_started(node->parent) || !node->present)
        return false;
    if (node->problem == WDMSIM_PROBLEM_INVALID_DATA || node->problem == WDMSIM_PROBLEM_DUPLICATE ||
        node->problem == WDMSIM_PROBLEM_HELD_FOR_EJECT)
        return false;
    if (node->disabled) {
        pnp_set_problem(node, WDMSIM_PROBLEM_DISABLED, STATUS_PLUGPLAY_NO_DEVICE);
        return false;
    }
    if (node->capabilities.HardwareDisabled) {
        pnp_set_problem(node, WDMSIM_PROBLEM_HARDWARE_DISABLED, STATUS_PLUGPLAY_NO_DEVICE);
        return false;
    }
    if (!node->service && !node->capabilities.RawDeviceOK) {
        pnp_set_problem(node, WDMSIM_PROBLEM_NO_DRIVER, STATUS_NOT_FOUND);
        return false;
    }
    return true;
}

/* It got as far as a stack, and no farther. */
static void pnp_give_up(struct machine *m, struct pnp_node *node, enum wdmsim_node_problem problem,
                        NTSTATUS status) {
    if (problem != WDMSIM_PROBLEM_NONE)
        pnp_set_problem(node, problem, status);
    pnp_remove_stack(m, node);
}

void pnp_bring_up(struct machine *m, struct pnp_node *node) {
    if (!pnp_in_tree(node))
        return;
    if (!node->identified)
        pnp_identify(m, node);
    if (!pnp_may_bring_up(node))
        return;
    pnp_set_problem(node, WDMSIM_PROBLEM_NONE, STATUS_SUCCESS);
    pnp_notify(m, node, PNP_EVENT_CHOSEN);
    bool added = pnp_add_drivers(m, node);
    pnp_set_state(m, node, WDMSIM_NODE_ADDED);
    if (!added) {
        pnp_give_up(m, node, WDMSIM_PROBLEM_NONE, 0);
        return;
    }
    pnp_notify(m, node, PNP_EVENT_ADDED);
    NTSTATUS status = pnp_assign(m, node, false);
    if (!NT_SUCCESS(status) && pnp_rebalance_for(m, node))
        status = STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        pnp_give_up(m, node, WDMSIM_PROBLEM_NO_RESOURCES, status);
        return;
    }
    node->first_start = true;
    status = pnp_start_device(m, node);
    if (!NT_SUCCESS(status)) {
        pnp_give_up(m, node, WDMSIM_PROBLEM_FAILED_START, status);
        return;
    }
    pnp_query_capabilities(m, node);
    pnp_query_state(m, node);
    if (pnp_in_tree(node) && pnp_is_started(node))
        pnp_enumerate(m, node);
}
