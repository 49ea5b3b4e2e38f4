/*
 * Services: drivers that are loaded when the first device needs them.
 *
 * A service is a name with an image, or with code linked into the host program. One that nobody
 * defined stands for the image of the same name. A driver that the host has loaded itself under
 * that name is used as it is and never unloaded from here; one loaded from here is unloaded when it
 * is in no stack, has no device objects left and nobody holds it.
 *
 * kernel/pnp-driver-s-unload-routine
 */
#include <string.h>

#include "pnp/internal.h"

static char pnp_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static struct pnp_service **pnp_service_bucket(struct machine *m, const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)pnp_lower(*name)) * 16777619u;
    return &m->pnp->services[hash % KI_COUNT(m->pnp->services)];
}

static bool pnp_same_name(const char *a, const char *b) {
    while (*a && pnp_lower(*a) == pnp_lower(*b))
        a++, b++;
    return pnp_lower(*a) == pnp_lower(*b);
}

struct pnp_service *pnp_service_find(struct machine *m, const char *name) {
    struct pnp_service *service = *pnp_service_bucket(m, name);
    while (service && !pnp_same_name(service->name, name))
        service = service->next;
    return service;
}

struct pnp_service *pnp_service_define(struct machine *m, const char *name, const char *image,
                                       wdmsim_driver_entry *entry) {
    struct pnp_service *service = pnp_service_find(m, name);
    if (!service) {
        struct pnp_service **bucket = pnp_service_bucket(m, name);
        service = ki_alloc(m, sizeof *service);
        service->name = ki_intern(m, name);
        service->next = *bucket;
        *bucket = service;
    }
    service->image = image ? ki_intern(m, image) : NULL;
    service->entry = entry;
    return service;
}

/* ---- loading ---- */

/* An earlier driver of that name is still on its way out. */
static void pnp_wait_for_unload(struct pnp_service *service) {
    LARGE_INTEGER moment = {.QuadPart = -10000}; /* 1 ms */
    const struct wdmsim_driver *driver = service->driver;
    while (driver && driver->object && io_driver_of(driver->object)->unload_pending)
        ke_delay(ki_self(), &moment);
}

static NTSTATUS pnp_load_status(int error) {
    switch (error) {
    case 0:
        return STATUS_SUCCESS;
    case WDMSIM_ERROR_NO_MEMORY:
        return STATUS_INSUFFICIENT_RESOURCES;
    case WDMSIM_ERROR_NOT_A_DRIVER:
        return STATUS_INVALID_IMAGE_FORMAT;
    default:
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
}

NTSTATUS pnp_service_load(struct machine *m, struct pnp_service *service) {
    pnp_wait_for_unload(service);
    struct wdmsim_driver *driver = wdmsim_driver_find(m, service->name);
    if (!driver) {
        const char *image = service->image ? service->image : service->name;
        NTSTATUS status =
            pnp_load_status(io_driver_load_here(m, service->name, image, service->entry, &driver));
        if (!NT_SUCCESS(status))
            return status;
        service->ours = true;
    }
    service->driver = driver;
    if (driver->loaded)
        return STATUS_SUCCESS;
    return NT_SUCCESS(driver->status) ? STATUS_DRIVER_UNABLE_TO_LOAD : driver->status;
}

/* ---- unloading ---- */

static bool pnp_is_unneeded(const struct pnp_service *service) {
    const struct wdmsim_driver *driver = service->driver;
    return !service->nodes && !service->holds && service->ours && driver && driver->object &&
           driver->loaded && !driver->object->DeviceObject;
}

void pnp_unload_unneeded(struct machine *m) {
    struct pnp_service *service;
    while ((service = m->pnp->unneeded) != NULL) {
        m->pnp->unneeded = service->next_unneeded;
        service->unneeded = false;
        if (pnp_is_unneeded(service))
            io_driver_unload_here(m, service->driver->object);
    }
}

/* The worker looks for such services at the end of each action. */
static void pnp_run_nothing(struct machine *m, struct pnp_action *action) {
    (void)m;
    (void)action;
}

/* Whether it stays so is seen at the end of an action: its next device may be on its way. */
static void pnp_service_check(struct machine *m, struct pnp_service *service) {
    if (service->unneeded || !pnp_is_unneeded(service))
        return;
    service->unneeded = true;
    service->next_unneeded = m->pnp->unneeded;
    m->pnp->unneeded = service;
    if (pnp_lock_owner(m) != ki_current_thread(m))
        pnp_queue(m, pnp_run_nothing, NULL, 0, NULL);
}

void pnp_driver_check(struct machine *m, PDRIVER_OBJECT driver) {
    struct pnp_service *service = pnp_service_find(m, io_driver_of(driver)->host->name);
    if (service && service->driver && service->driver->object == driver)
        pnp_service_check(m, service);
}

void pnp_service_use(struct pnp_service *service) { service->nodes++; }

void pnp_service_leave(struct machine *m, struct pnp_service *service) {
    KI_ASSERT(service->nodes > 0);
    service->nodes--;
    pnp_service_check(m, service);
}

void pnp_driver_hold(struct machine *m, PDRIVER_OBJECT driver) {
    struct pnp_service *service = pnp_service_find(m, io_driver_of(driver)->host->name);
    if (service)
        service->holds++;
}

void pnp_driver_release(struct machine *m, PDRIVER_OBJECT driver) {
    struct pnp_service *service = pnp_service_find(m, io_driver_of(driver)->host->name);
    if (!service || !service->holds)
        return;
    service->holds--;
    pnp_service_check(m, service);
}
