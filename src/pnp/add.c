/*
 * Building a stack: AddDevice of bus filters, lower filters, the function driver and upper filters,
 * device filters before those of the class.
 *
 * Each driver is loaded first if it was not. A filter that does not want the device returns success
 * without attaching anything. The first failure ends it: what was built is removed again.
 *
 * wdm/nc-wdm-driver_add_device, kernel/guidelines-for-writing-adddevice-routines
 */
#include <stdio.h>

#include "pnp/internal.h"

/* The driver belongs to the stack from its AddDevice on. */
bool pnp_note_driver(struct machine *m, struct pnp_node *node, struct pnp_service *service) {
    if (node->driver_count % 4 == 0) {
        struct pnp_service **drivers = mm_pool_allocate(
            m, NonPagedPoolNx, (node->driver_count + 4) * sizeof *drivers, PNP_TAG);
        if (!drivers)
            return false;
        for (ULONG i = 0; i < node->driver_count; i++)
            drivers[i] = node->drivers[i];
        pnp_free(m, node->drivers);
        node->drivers = drivers;
    }
    node->drivers[node->driver_count++] = service;
    pnp_service_use(service);
    return true;
}

void pnp_release_drivers(struct machine *m, struct pnp_node *node) {
    ULONG count = node->driver_count;
    node->driver_count = 0;
    for (ULONG i = 0; i < count; i++)
        pnp_service_leave(m, node->drivers[i]);
}

/* What AddDevice attached must be ready for the next driver. */
static void pnp_check_added(struct machine *m, struct pnp_node *node, PDEVICE_OBJECT below,
                            PDRIVER_OBJECT driver) {
    for (PDEVICE_OBJECT device = below->AttachedDevice; device; device = device->AttachedDevice) {
        if (!(device->Flags & DO_DEVICE_INITIALIZING))
            continue;
        if (m->flags & WDMSIM_CHECK_RULES)
            ki_bugcheck(m, DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x243,
                        (ULONG_PTR)driver->DriverExtension->AddDevice, (ULONG_PTR)device, 0,
                        "%s: AddDevice of %s left DO_DEVICE_INITIALIZING set in %s", pnp_text(node),
                        io_driver_of(driver)->text, io_device_of(device)->text);
        device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    }
}

static NTSTATUS pnp_call_add(struct machine *m, struct pnp_node *node, PDRIVER_OBJECT driver) {
    PDEVICE_OBJECT below = io_top_of(node->pdo);
    DRIVER_ADD_DEVICE *add = driver->DriverExtension->AddDevice;
    char what[80];
    if (!add)
        return STATUS_INVALID_DEVICE_REQUEST;
    snprintf(what, sizeof what, "AddDevice of %s", io_driver_of(driver)->text);
    bool watched = pnp_watch_begin(m, node, what);
    void *seh = m->seh;
    m->seh = NULL;
    NTSTATUS status = add(driver, node->pdo);
    m->seh = seh;
    if (watched)
        pnp_watch_end(m);
    if (KI_UNLIKELY(m->cpu->irql != PASSIVE_LEVEL))
        ki_bugcheck(m, IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)add, m->cpu->irql, 8, 0,
                    "AddDevice of %s returned at %s", io_driver_of(driver)->text,
                    ki_irql_name(m->cpu->irql));
    pnp_check_added(m, node, below, driver);
    return status;
}

static bool pnp_add_driver(struct machine *m, struct pnp_node *node, const char *name) {
    struct pnp_service *service = pnp_service_find(m, name);
    if (!service)
        service = pnp_service_define(m, name, NULL, NULL);
    NTSTATUS status = pnp_service_load(m, service);
    if (!NT_SUCCESS(status)) {
        pnp_set_problem(node, WDMSIM_PROBLEM_FAILED_LOAD, status);
        return false;
    }
    if (!pnp_note_driver(m, node, service))
        status = STATUS_INSUFFICIENT_RESOURCES;
    else
        status = pnp_call_add(m, node, service->driver->object);
    if (NT_SUCCESS(status))
        return true;
    pnp_set_problem(node, WDMSIM_PROBLEM_FAILED_ADD, status);
    return false;
}

static bool pnp_add_list(struct machine *m, struct pnp_node *node, const char *const *names) {
    for (; names && *names; names++)
        if (!pnp_add_driver(m, node, *names))
            return false;
    return true;
}

bool pnp_add_drivers(struct machine *m, struct pnp_node *node) {
    const struct pnp_slot *slot = node->slot;
    const struct pnp_match *match = node->match;
    const struct pnp_class *class = match ? pnp_class_find(m, &match->class_guid) : NULL;
    return pnp_add_list(m, node, slot ? slot->drivers[PNP_BUS_FILTER] : NULL) &&
           pnp_add_list(m, node, slot ? slot->drivers[PNP_LOWER_FILTER] : NULL) &&
           pnp_add_list(m, node, match ? match->lower : NULL) &&
           pnp_add_list(m, node, class ? class->lower : NULL) &&
           (!node->service || pnp_add_driver(m, node, node->service)) &&
           pnp_add_list(m, node, slot ? slot->drivers[PNP_UPPER_FILTER] : NULL) &&
           pnp_add_list(m, node, match ? match->upper : NULL) &&
           pnp_add_list(m, node, class ? class->upper : NULL);
}
