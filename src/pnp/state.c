/*
 * What drivers say about the state of a device: IRP_MN_QUERY_PNP_DEVICE_STATE, after a first start
 * and whenever a driver asks for it, and what follows from the answer.
 *
 * wdm irp-mn-query-pnp-device-state, nf-wdm-ioinvalidatedevicestate,
 * kernel/handling-an-irp-mn-surprise-removal-request
 */
#include "pnp/internal.h"

static void pnp_note_not_disableable(struct pnp_node *node, bool says) {
    if (says == node->asked_not_disableable)
        return;
    node->asked_not_disableable = says;
    pnp_count_not_disableable(node, says ? 1 : -1);
}

/* New requirements for a device that goes on working: START again, without STOP. */
static void pnp_start_again(struct machine *m, struct pnp_node *node) {
    pnp_query_requirements(m, node);
    NTSTATUS status = pnp_assign(m, node, false);
    node->first_start = false;
    if (NT_SUCCESS(status))
        status = pnp_start_device(m, node);
    if (!NT_SUCCESS(status))
        pnp_surprise(m, node, WDMSIM_PROBLEM_FAILED_START, status);
}

void pnp_query_state(struct machine *m, struct pnp_node *node) {
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_PNP_DEVICE_STATE};
    IO_STATUS_BLOCK iosb = {0};
    if (!NT_SUCCESS(pnp_send(m, node->pdo, &stack, &iosb)))
        return;
    PNP_DEVICE_STATE state = (PNP_DEVICE_STATE)iosb.Information;
    node->device_state = state;
    pnp_note_not_disableable(node, state & PNP_DEVICE_NOT_DISABLEABLE);
    bool changed = state & PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED;
    if (state & PNP_DEVICE_REMOVED)
        pnp_surprise(m, node, WDMSIM_PROBLEM_NOT_PRESENT, STATUS_NO_SUCH_DEVICE);
    else if (state & PNP_DEVICE_FAILED && changed)
        pnp_stop_for_requirements(m, node);
    else if (state & PNP_DEVICE_FAILED)
        pnp_surprise(m, node, WDMSIM_PROBLEM_REPORTED_FAILURE, STATUS_UNSUCCESSFUL);
    else if (changed)
        pnp_start_again(m, node);
}

static void pnp_run_state(struct machine *m, struct pnp_action *action) {
    struct pnp_node *node = action->node;
    node->state_queued = false;
    if (pnp_in_tree(node) && pnp_is_started(node))
        pnp_query_state(m, node);
}

VOID IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject) {
    KI_GATE(IoInvalidateDeviceState);
    struct pnp_node *node = pnp_node_checked(m, PhysicalDeviceObject, IO_CALLER());
    pnp_queue_once(m, node, &node->state_queued, pnp_run_state);
}
