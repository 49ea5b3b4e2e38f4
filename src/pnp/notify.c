/*
 * PnP notification: drivers register callbacks for a category of events and are called one after
 * another, in the order in which they registered, at PASSIVE_LEVEL.
 *
 * Changes of interfaces are told by the PnP worker, some time after the call that caused them;
 * INCLUDE_EXISTING_INTERFACES calls back in the registering thread before the registration returns,
 * so an interface whose arrival is still queued is told twice. A registration holds its driver
 * object and keeps a driver that PnP loaded from being unloaded. Lists change while they are
 * walked: a registration that is in use stays in its list until the walk has left it.
 *
 * A callback that comes back with another IRQL or count of disabled APCs is bug check 0xCA/0xA.
 *
 * wdm/nf-wdm-ioregisterplugplaynotification, nf-wdm-iounregisterplugplaynotificationex;
 * kernel/guidelines-for-writing-pnp-notification-callback-routines
 */
#include "pnp/device.h"

#include <stdio.h>
#include <string.h>
#include <wdmguid.h>

#include "pnp/internal.h"

#define PNP_REGISTRATION 0x4e4f5449u /* signature of a live one */

/* ---- registrations in use ---- */

void pnp_notify_drop(struct machine *m, struct pnp_registration *r) {
    if (--r->references)
        return;
    RemoveEntryList(&r->link);
    r->signature = 0;
    if (r->node)
        pnp_node_dereference(m, r->node);
    pnp_driver_release(m, r->driver);
    ob_dereference(m, r->driver);
    mm_pool_free(m, r, PNP_TAG);
}

/* The first from `at` on that was registered by then and not removed, referenced. */
static struct pnp_registration *pnp_notify_from(LIST_ENTRY *head, LIST_ENTRY *at, uint64_t limit) {
    for (; at != head; at = at->Flink) {
        struct pnp_registration *r = CONTAINING_RECORD(at, struct pnp_registration, link);
        if (r->removed || r->order > limit)
            continue;
        r->references++;
        return r;
    }
    return NULL;
}

struct pnp_registration *pnp_notify_first(LIST_ENTRY *head, uint64_t limit) {
    return pnp_notify_from(head, head->Flink, limit);
}

struct pnp_registration *pnp_notify_next(struct machine *m, LIST_ENTRY *head,
                                         struct pnp_registration *r, uint64_t limit) {
    struct pnp_registration *next = pnp_notify_from(head, r->link.Flink, limit);
    pnp_notify_drop(m, r);
    return next;
}

/* ---- calling ---- */

static void pnp_notify_check(struct machine *m, const struct pnp_registration *r, KIRQL irql,
                             SHORT apc_disable) {
    const struct _KTHREAD *thread = m->cpu->thread;
    if (m->cpu->irql == irql && thread->kernel_apc_disable == apc_disable)
        return;
    ki_bugcheck(m, PNP_DETECTED_FATAL_ERROR, PNP_FATAL_CALLBACK, (ULONG_PTR)r->driver, m->cpu->irql,
                (ULONG_PTR)(LONG_PTR)thread->kernel_apc_disable,
                "the notification callback %s of %s returned at %s with kernel APCs disabled %d "
                "times more than before",
                ki_address_name(m, (const void *)(ULONG_PTR)r->callback),
                io_driver_of(r->driver)->text, ki_irql_name(m->cpu->irql),
                apc_disable - thread->kernel_apc_disable);
}

NTSTATUS pnp_notify_call(struct machine *m, struct pnp_registration *r, void *notification,
                         const char *what) {
    PKTHREAD thread = m->cpu->thread;
    KIRQL irql = m->cpu->irql;
    SHORT apc_disable = thread->kernel_apc_disable;
    r->references++;
    /* Threads take turns. */
    while (r->depth && r->running != thread)
        KeWaitForSingleObject(&r->idle, Executive, KernelMode, FALSE, NULL);
    if (r->removed) {
        pnp_notify_drop(m, r);
        return STATUS_SUCCESS;
    }
    r->running = thread;
    r->depth++;
    KeClearEvent(&r->idle);
    if (ki_tracing(m, WDMSIM_EVENT_PNP_NOTIFY)) {
        char text[256];
        snprintf(text, sizeof text, "%s: %s", io_driver_of(r->driver)->text, what);
        KI_TRACE(m, PNP_NOTIFY, ki_intern(m, text));
    }
    NTSTATUS status = r->callback(notification, r->context);
    pnp_notify_check(m, r, irql, apc_disable);
    if (--r->depth == 0) {
        r->running = NULL;
        KeSetEvent(&r->idle, IO_NO_INCREMENT, FALSE);
    }
    pnp_notify_drop(m, r);
    return status;
}

/* ---- interfaces ---- */

static void pnp_notify_one_interface(struct machine *m, struct pnp_registration *r,
                                     struct pnp_interface *i, bool arrival) {
    DEVICE_INTERFACE_CHANGE_NOTIFICATION notification = {
        .Version = 1,
        .Size = sizeof notification,
        .Event = arrival ? GUID_DEVICE_INTERFACE_ARRIVAL : GUID_DEVICE_INTERFACE_REMOVAL,
        .InterfaceClassGuid = i->class->guid,
        .SymbolicLinkName = &i->name,
    };
    char what[200];
    snprintf(what, sizeof what, "GUID_DEVICE_INTERFACE_%s of %s", arrival ? "ARRIVAL" : "REMOVAL",
             i->path);
    pnp_notify_call(m, r, &notification, what);
}

/* In the worker. */
static void pnp_run_interface(struct machine *m, struct pnp_action *action) {
    struct pnp_interface *i = action->context;
    LIST_ENTRY *head = &m->pnp->device->interface_listeners;
    uint64_t limit = m->pnp->device->order;
    for (struct pnp_registration *r = pnp_notify_first(head, limit); r;
         r = pnp_notify_next(m, head, r, limit)) {
        if (memcmp(&r->guid, &i->class->guid, sizeof r->guid) == 0)
            pnp_notify_one_interface(m, r, i, action->argument != 0);
    }
}

void pnp_notify_interface(struct machine *m, struct pnp_interface *i, bool arrival) {
    /* The worker is left alone when nobody listens at all. */
    if (!IsListEmpty(&m->pnp->device->interface_listeners))
        pnp_queue(m, pnp_run_interface, i->node, arrival, i);
}

static void pnp_notify_existing(struct machine *m, struct pnp_registration *r) {
    struct pnp_interface_class *class = pnp_interface_class(m, &r->guid, false);
    if (!class)
        return;
    LIST_ENTRY *head = &class->interfaces, *last = head->Blink;
    if (last == head)
        return;
    for (LIST_ENTRY *at = head->Flink; !r->removed; at = at->Flink) {
        struct pnp_interface *i = CONTAINING_RECORD(at, struct pnp_interface, of_class);
        if (i->enabled && i->announced)
            pnp_notify_one_interface(m, r, i, true);
        if (at == last)
            break;
    }
}

/* ---- hardware profiles ---- */

static const char *pnp_profile_name(const GUID *event) {
    return memcmp(event, &GUID_HWPROFILE_QUERY_CHANGE, sizeof *event) == 0
               ? "GUID_HWPROFILE_QUERY_CHANGE"
           : memcmp(event, &GUID_HWPROFILE_CHANGE_COMPLETE, sizeof *event) == 0
               ? "GUID_HWPROFILE_CHANGE_COMPLETE"
               : "GUID_HWPROFILE_CHANGE_CANCELLED";
}

/* Tells all; a query ends with the first that fails it, which counts as asked. */
static NTSTATUS pnp_tell_profile(struct machine *m, const GUID *event, bool query) {
    HWPROFILE_CHANGE_NOTIFICATION notification = {1, sizeof notification, *event};
    LIST_ENTRY *head = &m->pnp->device->profile_listeners;
    uint64_t limit = m->pnp->device->order;
    NTSTATUS status = STATUS_SUCCESS;
    for (struct pnp_registration *r = pnp_notify_first(head, limit); r;
         r = pnp_notify_next(m, head, r, limit)) {
        if (!NT_SUCCESS(status) || (!query && !r->asked))
            continue;
        r->asked = query;
        NTSTATUS answer = pnp_notify_call(m, r, &notification, pnp_profile_name(event));
        if (query && !NT_SUCCESS(answer))
            status = answer;
    }
    return status;
}

static void pnp_run_profile(struct machine *m, struct pnp_action *action) {
    action->status = pnp_tell_profile(m, &GUID_HWPROFILE_QUERY_CHANGE, true);
    pnp_tell_profile(m,
                     NT_SUCCESS(action->status) ? &GUID_HWPROFILE_CHANGE_COMPLETE
                                                : &GUID_HWPROFILE_CHANGE_CANCELLED,
                     false);
}

int wdmsim_profile_change(struct machine *m, uint32_t *status) {
    struct pnp_action *action = ki_alloc(m, sizeof *action);
    action->run = pnp_run_profile;
    int error = pnp_perform(m, action);
    if (!error)
        *status = (uint32_t)action->status;
    return error;
}

/* ---- registering ---- */

static NTSTATUS pnp_register_check(IO_NOTIFICATION_EVENT_CATEGORY category, ULONG flags,
                                   const void *data) {
    switch (category) {
    case EventCategoryHardwareProfileChange:
        return data || flags ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    case EventCategoryDeviceInterfaceChange:
        return !data || flags & ~(ULONG)PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES
                   ? STATUS_INVALID_PARAMETER
                   : STATUS_SUCCESS;
    case EventCategoryTargetDeviceChange:
        return !data || flags ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* Where a registration of its category belongs; fills what the category's data says. */
static NTSTATUS pnp_register_place(struct machine *m, struct pnp_registration *r, void *data,
                                   LIST_ENTRY **head) {
    NTSTATUS status = STATUS_SUCCESS;
    if (r->category == EventCategoryTargetDeviceChange) {
        r->file = data;
        status = pnp_target_of_file(m, data, &r->node);
        *head = NT_SUCCESS(status) ? &r->node->listeners : NULL;
    } else if (r->category == EventCategoryDeviceInterfaceChange) {
        r->guid = *(const GUID *)data;
        *head = &m->pnp->device->interface_listeners;
    } else {
        *head = &m->pnp->device->profile_listeners;
    }
    return status;
}

NTSTATUS IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory,
                                        ULONG EventCategoryFlags, PVOID EventCategoryData,
                                        PDRIVER_OBJECT DriverObject,
                                        PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine,
                                        PVOID Context, PVOID *NotificationEntry) {
    KI_GATE(IoRegisterPlugPlayNotification);
    LIST_ENTRY *head;
    NTSTATUS status = pnp_register_check(EventCategory, EventCategoryFlags, EventCategoryData);
    if (!DriverObject || !CallbackRoutine || !NotificationEntry)
        status = STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        return status;
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct pnp_registration *r = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *r, PNP_TAG);
    if (!r)
        return STATUS_INSUFFICIENT_RESOURCES;
    r->category = EventCategory;
    status = pnp_register_place(m, r, EventCategoryData, &head);
    if (!NT_SUCCESS(status)) {
        mm_pool_free(m, r, PNP_TAG);
        return status;
    }
    r->signature = PNP_REGISTRATION;
    r->driver = DriverObject;
    r->callback = CallbackRoutine;
    r->context = Context;
    r->references = 2; /* one is this call's */
    r->order = ++m->pnp->device->order;
    KeInitializeEvent(&r->idle, NotificationEvent, TRUE);
    ob_reference(m, DriverObject);
    pnp_driver_hold(m, DriverObject);
    InsertTailList(head, &r->link);
    if (EventCategoryFlags & PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES)
        pnp_notify_existing(m, r);
    *NotificationEntry = r;
    pnp_notify_drop(m, r);
    return STATUS_SUCCESS;
}

/* Ends a registration; false if it is none. */
static bool pnp_unregister(struct machine *m, struct pnp_registration *r, bool wait) {
    if (!r || r->signature != PNP_REGISTRATION || r->removed)
        return false;
    r->removed = true;
    /* A callback that removes its own registration cannot wait for itself. */
    if (wait && r->depth && r->running != m->cpu->thread)
        KeWaitForSingleObject(&r->idle, Executive, KernelMode, FALSE, NULL);
    pnp_notify_drop(m, r);
    return true;
}

NTSTATUS IoUnregisterPlugPlayNotification(PVOID NotificationEntry) {
    KI_GATE(IoUnregisterPlugPlayNotification);
    return pnp_unregister(m, NotificationEntry, false) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS IoUnregisterPlugPlayNotificationEx(PVOID NotificationEntry) {
    KI_GATE(IoUnregisterPlugPlayNotificationEx);
    return pnp_unregister(m, NotificationEntry, true) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
