/*
 * Devices that drivers find by themselves: claiming resources before looking, and reporting what
 * was found as a device of the root.
 *
 * A detected device gets a slot of the built-in bus, so that later enumerations name it. It counts
 * as started at once: its driver attaches to the PDO that it gets, and neither AddDevice nor START
 * is called. A driver that only wants a device node for itself reports a root device, which comes
 * up like any other.
 *
 * ntddk/nf-ntddk-ioreportdetecteddevice, -ioreportresourcefordetection, -ioreportrootdevice
 */
#include <stdio.h>
#include <string.h>

#include "pnp/internal.h"

/* ---- claims ---- */

/* What a driver, or one of its devices, has claimed for detection. */
struct pnp_detection {
    LIST_ENTRY link;
    const void *owner; /* driver or device object */
    CM_RESOURCE_LIST *list;
    LIST_ENTRY claims;
};

static struct pnp_detection *pnp_detection(struct machine *m, const void *owner) {
    LIST_ENTRY *head = &m->pnp->detections;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct pnp_detection *d = CONTAINING_RECORD(link, struct pnp_detection, link);
        if (d->owner == owner)
            return d;
    }
    struct pnp_detection *d = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *d, PNP_TAG);
    if (!d)
        return NULL;
    d->owner = owner;
    InitializeListHead(&d->claims);
    InsertTailList(head, &d->link);
    return d;
}

/* All that the list names, or nothing. */
static bool pnp_claim_all(struct machine *m, const CM_RESOURCE_LIST *list, LIST_ENTRY *claims) {
    const CM_FULL_RESOURCE_DESCRIPTOR *full = list->List;
    struct pnp_wish wish;
    for (ULONG i = 0; i < list->Count; i++) {
        const CM_PARTIAL_RESOURCE_LIST *part = &full->PartialResourceList;
        for (ULONG j = 0; j < part->Count; j++)
            if (pnp_wish_exact(&part->PartialDescriptors[j], &wish) &&
                !pnp_claim(m, &wish, claims)) {
                pnp_unclaim(m, claims);
                return false;
            }
        full = (const void *)&part->PartialDescriptors[part->Count];
    }
    return true;
}

static void pnp_detection_end(struct machine *m, struct pnp_detection *d) {
    pnp_unclaim(m, &d->claims);
    pnp_free(m, d->list);
    RemoveEntryList(&d->link);
    pnp_free(m, d);
}

/* The new list takes the place of the old one; when it cannot, the old one stays. */
static NTSTATUS pnp_detect(struct machine *m, const void *owner, const CM_RESOURCE_LIST *list) {
    struct pnp_detection *d = pnp_detection(m, owner);
    if (!d)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!list->Count) {
        pnp_detection_end(m, d);
        return STATUS_SUCCESS;
    }
    CM_RESOURCE_LIST *copy = pnp_cm_copy(m, list);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    pnp_unclaim(m, &d->claims);
    if (!pnp_claim_all(m, copy, &d->claims)) {
        pnp_free(m, copy);
        if (d->list)
            pnp_claim_all(m, d->list, &d->claims);
        else
            pnp_detection_end(m, d);
        return STATUS_CONFLICTING_ADDRESSES;
    }
    pnp_free(m, d->list);
    d->list = copy;
    return STATUS_SUCCESS;
}

static bool pnp_list_is_valid(const CM_RESOURCE_LIST *list, ULONG size) {
    if (!list || size < sizeof list->Count)
        return false;
    const CM_FULL_RESOURCE_DESCRIPTOR *full = list->List;
    const char *end = (const char *)list + size;
    for (ULONG i = 0; i < list->Count; i++) {
        const CM_PARTIAL_RESOURCE_LIST *part = &full->PartialResourceList;
        if ((const char *)part->PartialDescriptors > end ||
            part->Count > (size_t)(end - (const char *)part->PartialDescriptors) /
                              sizeof part->PartialDescriptors[0])
            return false;
        full = (const void *)&part->PartialDescriptors[part->Count];
    }
    return true;
}

NTSTATUS IoReportResourceForDetection(PDRIVER_OBJECT DriverObject, PCM_RESOURCE_LIST DriverList,
                                      ULONG DriverListSize, PDEVICE_OBJECT DeviceObject,
                                      PCM_RESOURCE_LIST DeviceList, ULONG DeviceListSize,
                                      PBOOLEAN ConflictDetected) {
    KI_GATE(IoReportResourceForDetection);
    const CM_RESOURCE_LIST *list = DeviceList ? DeviceList : DriverList;
    const void *owner = DeviceList && DeviceObject ? (const void *)DeviceObject : DriverObject;
    *ConflictDetected = FALSE;
    if (!pnp_list_is_valid(list, DeviceList ? DeviceListSize : DriverListSize))
        return STATUS_UNSUCCESSFUL;
    pnp_lock(m);
    NTSTATUS status = pnp_detect(m, owner, list);
    pnp_unlock(m);
    *ConflictDetected = status == STATUS_CONFLICTING_ADDRESSES;
    return status;
}

/* ---- detected devices ---- */

static const char *pnp_interface_name(INTERFACE_TYPE type) {
    static const char *const names[] = {
        "Internal",
        "Isa",
        "Eisa",
        "MicroChannel",
        "TurboChannel",
        "PCIBus",
        "VMEBus",
        "NuBus",
        "PCMCIABus",
        "CBus",
        "MPIBus",
        "MPSABus",
        "ProcessorInternal",
        "InternalPowerBus",
        "PNPISABus",
        "PNPBus",
        "Vmcs",
        "ACPIBus",
    };
    return (unsigned)type < KI_COUNT(names) ? names[type] : "Internal";
}

static struct pnp_slot *pnp_detected_slot(struct machine *m, PDRIVER_OBJECT driver,
                                          const CM_RESOURCE_LIST *list) {
    const char *service = io_driver_of(driver)->host->name;
    INTERFACE_TYPE type = list && list->Count ? list->List[0].InterfaceType : Internal;
    char id[160], first[200], second[180];
    snprintf(id, sizeof id, "ROOT\\%s", service);
    snprintf(first, sizeof first, "DETECTED%s\\%s", pnp_interface_name(type), service);
    snprintf(second, sizeof second, "DETECTED\\%s", service);
    const char *compatible[] = {first, second, NULL};
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    description.device_id = id;
    description.compatible_ids = compatible;
    description.function = service;
    return pnp_slot_create(m, NULL, &description);
}

/* The slot shows the caller's lists from now on. */
static bool pnp_slot_resources(struct machine *m, struct pnp_slot *slot,
                               const CM_RESOURCE_LIST *list,
                               const IO_RESOURCE_REQUIREMENTS_LIST *requirements) {
    if (list && list->Count && !(slot->boot = pnp_cm_copy(m, list)))
        return false;
    return !requirements || (slot->requirements = pnp_io_copy(m, requirements)) != NULL;
}

static NTSTATUS pnp_detected_node(struct machine *m, struct pnp_slot *slot, bool assigned,
                                  struct pnp_node **result) {
    struct pnp_node *root = pnp_root_node(m);
    PDEVICE_OBJECT pdo = root ? pnp_slot_pdo(m, slot) : NULL;
    if (!pdo)
        return STATUS_INSUFFICIENT_RESOURCES;
    ob_reference(m, pdo);
    struct pnp_node *node = *result = pnp_node_create(m, root, pdo);
    if (!node) {
        ob_dereference(m, pdo);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    pnp_identify(m, node);
    pnp_set_state(m, node, WDMSIM_NODE_ADDED);
    pnp_notify(m, node, PNP_EVENT_ADDED);
    return assigned ? STATUS_SUCCESS : pnp_assign(m, node, false);
}

/* The device is as good as started; its driver is about to attach. */
static void pnp_detected_start(struct machine *m, struct pnp_node *node, PDRIVER_OBJECT driver) {
    struct pnp_service *service = pnp_service_find(m, io_driver_of(driver)->host->name);
    if (service)
        pnp_note_driver(m, node, service);
    node->first_start = true;
    pnp_set_state(m, node, WDMSIM_NODE_STARTED);
    pnp_notify(m, node, PNP_EVENT_STARTED);
    if (m->pnp->listeners.interfaces_ready)
        m->pnp->listeners.interfaces_ready(m, node);
}

static NTSTATUS pnp_detected(struct machine *m, PDRIVER_OBJECT driver, const CM_RESOURCE_LIST *list,
                             const IO_RESOURCE_REQUIREMENTS_LIST *requirements, bool assigned,
                             PDEVICE_OBJECT *pdo) {
    struct pnp_node *node = NULL;
    struct pnp_slot *slot = pnp_root_node(m) ? pnp_detected_slot(m, driver, list) : NULL;
    if (!slot || !pnp_slot_resources(m, slot, list, requirements))
        return STATUS_INSUFFICIENT_RESOURCES;
    slot->pdo = *pdo;
    slot->plugged = true;
    NTSTATUS status = pnp_detected_node(m, slot, assigned, &node);
    if (NT_SUCCESS(status)) {
        pnp_detected_start(m, node, driver);
        *pdo = node->pdo;
        return status;
    }
    slot->plugged = false;
    if (node) {
        node->present = false;
        pnp_surprise(m, node, WDMSIM_PROBLEM_NOT_PRESENT, status);
    }
    return status;
}

NTSTATUS IoReportDetectedDevice(PDRIVER_OBJECT DriverObject, INTERFACE_TYPE LegacyBusType,
                                ULONG BusNumber, ULONG SlotNumber, PCM_RESOURCE_LIST ResourceList,
                                PIO_RESOURCE_REQUIREMENTS_LIST ResourceRequirements,
                                BOOLEAN ResourceAssigned, PDEVICE_OBJECT *DeviceObject) {
    KI_GATE(IoReportDetectedDevice);
    (void)LegacyBusType; /* there is no enumerated device to match it to */
    (void)BusNumber;
    (void)SlotNumber;
    pnp_lock(m);
    NTSTATUS status = pnp_detected(m, DriverObject, ResourceList, ResourceRequirements,
                                   ResourceAssigned, DeviceObject);
    pnp_unlock(m);
    return status;
}

/* ---- root devices ---- */

static void pnp_run_root(struct machine *m, struct pnp_action *action) {
    struct pnp_node *root = pnp_root_node(m);
    (void)action;
    if (root)
        pnp_enumerate(m, root);
}

/* One per driver, however often it asks: what it reports is remembered. */
NTSTATUS IoReportRootDevice(PDRIVER_OBJECT DriverObject) {
    KI_GATE(IoReportRootDevice);
    struct wdmsim_device_description description = WDMSIM_DEVICE_DESCRIPTION_DEFAULT;
    const char *name = io_driver_of(DriverObject)->host->name;
    struct pnp_service *service = pnp_service_find(m, name);
    char id[160];
    if (!service)
        service = pnp_service_define(m, name, NULL, NULL);
    if (service->root_device)
        return STATUS_SUCCESS;
    snprintf(id, sizeof id, "ROOT\\%s", name);
    description.device_id = id;
    description.function = name;
    struct pnp_slot *slot = pnp_slot_create(m, NULL, &description);
    if (!slot)
        return STATUS_INSUFFICIENT_RESOURCES;
    slot->plugged = service->root_device = true;
    return pnp_queue(m, pnp_run_root, NULL, 0, NULL) ? STATUS_SUCCESS
                                                     : STATUS_INSUFFICIENT_RESOURCES;
}
