/*
 * IRP_MJ_PNP as the manager sends it: to the top of the stack, at PASSIVE_LEVEL, with
 * STATUS_NOT_SUPPORTED preset, and waited for.
 *
 * The IRP is the manager's own and comes back to a completion routine, so that status and
 * Information are what the drivers left, whatever they are.
 *
 * kernel/dispatchpnp-routines, kernel/plug-and-play-minor-irps
 */
#include "pnp/internal.h"

static const char *pnp_minor_name(UCHAR minor) {
    static const char *const names[] = {
        "IRP_MN_START_DEVICE",
        "IRP_MN_QUERY_REMOVE_DEVICE",
        "IRP_MN_REMOVE_DEVICE",
        "IRP_MN_CANCEL_REMOVE_DEVICE",
        "IRP_MN_STOP_DEVICE",
        "IRP_MN_QUERY_STOP_DEVICE",
        "IRP_MN_CANCEL_STOP_DEVICE",
        "IRP_MN_QUERY_DEVICE_RELATIONS",
        "IRP_MN_QUERY_INTERFACE",
        "IRP_MN_QUERY_CAPABILITIES",
        "IRP_MN_QUERY_RESOURCES",
        "IRP_MN_QUERY_RESOURCE_REQUIREMENTS",
        "IRP_MN_QUERY_DEVICE_TEXT",
        "IRP_MN_FILTER_RESOURCE_REQUIREMENTS",
        "IRP_MJ_PNP minor 0x0E",
        "IRP_MN_READ_CONFIG",
        "IRP_MN_WRITE_CONFIG",
        "IRP_MN_EJECT",
        "IRP_MN_SET_LOCK",
        "IRP_MN_QUERY_ID",
        "IRP_MN_QUERY_PNP_DEVICE_STATE",
        "IRP_MN_QUERY_BUS_INFORMATION",
        "IRP_MN_DEVICE_USAGE_NOTIFICATION",
        "IRP_MN_SURPRISE_REMOVAL",
        "IRP_MJ_PNP minor 0x18",
        "IRP_MN_DEVICE_ENUMERATED",
    };
    return minor < KI_COUNT(names) ? names[minor] : "IRP_MJ_PNP";
}

static NTSTATUS pnp_came_back(PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    (void)device;
    (void)irp;
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS pnp_send(struct machine *m, PDEVICE_OBJECT device, const IO_STACK_LOCATION *parameters,
                  PIO_STATUS_BLOCK iosb) {
    PDEVICE_OBJECT top = io_top_of(device);
    KEVENT event;
    PIRP irp = io_irp_allocate(m, top->StackSize, NULL);
    if (!irp)
        return iosb->Status = STATUS_INSUFFICIENT_RESOURCES;
    ob_reference(m, top);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp->Tail.Overlay.Thread = ps_current_thread(m);
    irp->IoStatus.Status = iosb->Status ? iosb->Status : STATUS_NOT_SUPPORTED;
    irp->IoStatus.Information = iosb->Information;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_PNP;
    stack->MinorFunction = parameters->MinorFunction;
    stack->Parameters = parameters->Parameters;
    stack->FileObject = parameters->FileObject;
    IoSetCompletionRoutine(irp, pnp_came_back, &event, TRUE, TRUE, TRUE);
    bool watched =
        pnp_watch_begin(m, pnp_node_of_stack(device), pnp_minor_name(parameters->MinorFunction));
    void *seh = m->seh;
    m->seh = NULL;
    IofCallDriver(top, irp);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    m->seh = seh;
    if (watched)
        pnp_watch_end(m);
    *iosb = irp->IoStatus;
    io_irp_free(m, irp);
    ob_dereference(m, top);
    return iosb->Status;
}

NTSTATUS pnp_send_minor(struct machine *m, struct pnp_node *node, UCHAR minor) {
    IO_STACK_LOCATION stack = {.MinorFunction = minor};
    IO_STATUS_BLOCK iosb = {0};
    if (m->pnp->irp_begins)
        m->pnp->irp_begins(m, node, minor);
    pnp_send(m, node->pdo, &stack, &iosb);
    if (m->pnp->irp_ended)
        m->pnp->irp_ended(m, node, minor);
    return iosb.Status;
}
