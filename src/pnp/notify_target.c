/*
 * Notification of what happens to one device: removal that is asked for, cancelled or done, and
 * events that drivers define.
 *
 * A driver registers with a file it opened; which device that is the device's own stack says
 * (TargetDeviceRelation). Removal in good order asks the listeners before any IRP is sent: the
 * first failure is a veto. Those that were asked, the one that said no among them, hear how it
 * ended. (The documentation does not say whether the one that vetoed hears of the cancellation. It
 * does here: it may have released things before it failed.)
 *
 * IoReportTargetDeviceChange calls the listeners in its own thread, the asynchronous form in the
 * PnP worker. From within a callback the first one waits for the callback to end, which is the
 * deadlock that the documentation warns of.
 *
 * wdm/nf-wdm-ioreporttargetdevicechange, nf-wdm-ioreporttargetdevicechangeasynchronous;
 * kernel/handling-a-guid-target-device-query-remove-event
 */
#include "pnp/device.h"

#include <string.h>
#include <wdmguid.h>

#include "pnp/internal.h"

/* ---- which device ---- */

NTSTATUS pnp_target_of_file(struct machine *m, PFILE_OBJECT file, struct pnp_node **node) {
    IO_STATUS_BLOCK iosb = {0};
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_DEVICE_RELATIONS, .FileObject = file};
    stack.Parameters.QueryDeviceRelations.Type = TargetDeviceRelation;
    if (file->Type != IO_TYPE_FILE || !file->DeviceObject)
        return STATUS_INVALID_DEVICE_REQUEST;
    NTSTATUS status = pnp_send(m, io_device_of_file(file), &stack, &iosb);
    if (!NT_SUCCESS(status))
        return status;
    PDEVICE_RELATIONS relations = (PDEVICE_RELATIONS)iosb.Information;
    if (!relations)
        return STATUS_NO_SUCH_DEVICE;
    status = relations->Count == 1 ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
    for (ULONG i = 0; i < relations->Count; i++) {
        *node = pnp_node_checked(m, relations->Objects[i], NULL);
        if (i == 0)
            pnp_node_reference(*node);
        ob_dereference(m, relations->Objects[i]);
    }
    if (!NT_SUCCESS(status) && relations->Count)
        pnp_node_dereference(m, *node);
    mm_pool_free(m, relations, 0);
    return status;
}

/* ---- removal ---- */

static NTSTATUS pnp_tell_target(struct machine *m, struct pnp_registration *r, const GUID *event,
                                const char *name) {
    TARGET_DEVICE_REMOVAL_NOTIFICATION notification = {1, sizeof notification, *event, r->file};
    return pnp_notify_call(m, r, &notification, name);
}

NTSTATUS pnp_target_query_remove(struct machine *m, struct pnp_node *node) {
    LIST_ENTRY *head = &node->listeners;
    uint64_t limit = m->pnp->device->order;
    NTSTATUS status = STATUS_SUCCESS;
    for (struct pnp_registration *r = pnp_notify_first(head, limit); r;
         r = pnp_notify_next(m, head, r, limit)) {
        if (!NT_SUCCESS(status) || r->asked)
            continue;
        r->asked = true;
        status = pnp_tell_target(m, r, &GUID_TARGET_DEVICE_QUERY_REMOVE,
                                 "GUID_TARGET_DEVICE_QUERY_REMOVE");
    }
    return status;
}

void pnp_target_remove_cancelled(struct machine *m, struct pnp_node *node) {
    LIST_ENTRY *head = &node->listeners;
    uint64_t limit = m->pnp->device->order;
    for (struct pnp_registration *r = pnp_notify_first(head, limit); r;
         r = pnp_notify_next(m, head, r, limit)) {
        if (!r->asked)
            continue;
        r->asked = false;
        pnp_tell_target(m, r, &GUID_TARGET_DEVICE_REMOVE_CANCELLED,
                        "GUID_TARGET_DEVICE_REMOVE_CANCELLED");
    }
}

void pnp_target_remove_complete(struct machine *m, struct pnp_node *node) {
    LIST_ENTRY *head = &node->listeners;
    uint64_t limit = m->pnp->device->order;
    for (struct pnp_registration *r = pnp_notify_first(head, limit); r;
         r = pnp_notify_next(m, head, r, limit)) {
        r->asked = false;
        pnp_tell_target(m, r, &GUID_TARGET_DEVICE_REMOVE_COMPLETE,
                        "GUID_TARGET_DEVICE_REMOVE_COMPLETE");
    }
}

/* ---- events of drivers ---- */

/* A copy of a custom notification for a device, on its way through the worker. */
struct pnp_custom {
    PDEVICE_CHANGE_COMPLETE_CALLBACK callback;
    PVOID context;
    TARGET_DEVICE_CUSTOM_NOTIFICATION notification;
};

static bool pnp_is_system_event(const GUID *event) {
    const GUID *const events[] = {
        &GUID_TARGET_DEVICE_QUERY_REMOVE,    &GUID_TARGET_DEVICE_REMOVE_CANCELLED,
        &GUID_TARGET_DEVICE_REMOVE_COMPLETE, &GUID_DEVICE_INTERFACE_ARRIVAL,
        &GUID_DEVICE_INTERFACE_REMOVAL,      &GUID_HWPROFILE_QUERY_CHANGE,
        &GUID_HWPROFILE_CHANGE_CANCELLED,    &GUID_HWPROFILE_CHANGE_COMPLETE,
        &GUID_PNP_CUSTOM_NOTIFICATION,       &GUID_PNP_POWER_NOTIFICATION,
    };
    for (size_t i = 0; i < KI_COUNT(events); i++) {
        if (memcmp(event, events[i], sizeof *event) == 0)
            return true;
    }
    return false;
}

static NTSTATUS pnp_custom_check(const TARGET_DEVICE_CUSTOM_NOTIFICATION *notification) {
    if (notification->FileObject || notification->Version != 1 ||
        notification->Size < FIELD_OFFSET(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer))
        return STATUS_INVALID_PARAMETER;
    return pnp_is_system_event(&notification->Event) ? STATUS_INVALID_DEVICE_REQUEST
                                                     : STATUS_SUCCESS;
}

static void pnp_tell_custom(struct machine *m, struct pnp_node *node,
                            TARGET_DEVICE_CUSTOM_NOTIFICATION *notification) {
    LIST_ENTRY *head = &node->listeners;
    uint64_t limit = m->pnp->device->order;
    for (struct pnp_registration *r = pnp_notify_first(head, limit); r;
         r = pnp_notify_next(m, head, r, limit)) {
        notification->FileObject = r->file;
        pnp_notify_call(m, r, notification, "a custom event");
    }
    notification->FileObject = NULL;
}

/* Whether the thread is in a callback for the device. */
static struct pnp_registration *pnp_called_back(struct machine *m, struct pnp_node *node) {
    LIST_ENTRY *head = &node->listeners;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        struct pnp_registration *r = CONTAINING_RECORD(at, struct pnp_registration, link);
        if (r->depth && r->running == m->cpu->thread)
            return r;
    }
    return NULL;
}

NTSTATUS IoReportTargetDeviceChange(PDEVICE_OBJECT PhysicalDeviceObject,
                                    PVOID NotificationStructure) {
    KI_GATE(IoReportTargetDeviceChange);
    struct pnp_node *node = pnp_node_checked(m, PhysicalDeviceObject, __builtin_return_address(0));
    NTSTATUS status = pnp_custom_check(NotificationStructure);
    if (!NT_SUCCESS(status))
        return status;
    struct pnp_registration *own = pnp_called_back(m, node);
    if (own)
        KeWaitForSingleObject(&own->idle, Executive, KernelMode, FALSE, NULL);
    pnp_node_reference(node);
    pnp_tell_custom(m, node, NotificationStructure);
    pnp_node_dereference(m, node);
    return STATUS_SUCCESS;
}

static void pnp_run_custom(struct machine *m, struct pnp_action *action) {
    struct pnp_custom *custom = action->context;
    pnp_tell_custom(m, action->node, &custom->notification);
    if (custom->callback)
        custom->callback(custom->context);
    mm_pool_free(m, custom, PNP_TAG);
}

NTSTATUS IoReportTargetDeviceChangeAsynchronous(PDEVICE_OBJECT PhysicalDeviceObject,
                                                PVOID NotificationStructure,
                                                PDEVICE_CHANGE_COMPLETE_CALLBACK Callback,
                                                PVOID Context) {
    KI_GATE(IoReportTargetDeviceChangeAsynchronous);
    const TARGET_DEVICE_CUSTOM_NOTIFICATION *given = NotificationStructure;
    struct pnp_node *node = pnp_node_checked(m, PhysicalDeviceObject, __builtin_return_address(0));
    NTSTATUS status = pnp_custom_check(given);
    if (!NT_SUCCESS(status))
        return status;
    struct pnp_custom *custom = mm_pool_allocate_zeroed(
        m, NonPagedPoolNx, offsetof(struct pnp_custom, notification) + sizeof *given + given->Size,
        PNP_TAG);
    if (!custom)
        return STATUS_INSUFFICIENT_RESOURCES;
    custom->callback = Callback;
    custom->context = Context;
    memcpy(&custom->notification, given, given->Size);
    if (pnp_queue(m, pnp_run_custom, node, 0, custom))
        return STATUS_SUCCESS;
    mm_pool_free(m, custom, PNP_TAG);
    return STATUS_INSUFFICIENT_RESOURCES;
}
