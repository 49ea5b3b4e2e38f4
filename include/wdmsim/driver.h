/*
 * Drivers: loading an image, its registry parameters, unloading.
 *
 * A driver image is a shared object made by wdmsim_add_driver, or code linked into the host program. The writable data of a
 * shared object is put back to its initial state at every load, so that each machine sees a freshly loaded image; an image
 * that is the host program itself is used as it is.
 */
#ifndef WDMSIM_DRIVER_H
#define WDMSIM_DRIVER_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct _DRIVER_OBJECT;
struct _UNICODE_STRING;

/* A loaded driver as the host sees it; belongs to the machine. */
struct wdmsim_driver;

/* DriverEntry's shape; int is NTSTATUS. */
typedef int wdmsim_driver_entry(struct _DRIVER_OBJECT *driver, struct _UNICODE_STRING *registry_path);

/*
 * Sets a value below the driver's service key (\Registry\Machine\System\CurrentControlSet\Services\NAME\Parameters) before
 * it is loaded.
 */
int wdmsim_driver_parameter_u32(struct machine *machine, const char *name, const char *value_name, uint32_t value);
int wdmsim_driver_parameter_string(struct machine *machine, const char *name, const char *value_name, const char *value);

/*
 * Loads a driver under a service name and runs its DriverEntry in a system thread at PASSIVE_LEVEL.
 * `image`: a path, or a bare name that is looked for as NAME.sys in the directories of wdmsim_driver_path and then of the
 * environment variable WDMSIM_DRIVER_PATH (separated by colons). On return *driver is set whenever DriverEntry ran; its
 * status tells whether it stayed loaded. NOT_FOUND, NOT_A_DRIVER (wdmsim_driver_error has the loader's words), STOPPED.
 */
int wdmsim_driver_load(struct machine *machine, const char *name, const char *image, struct wdmsim_driver **driver);

/* The same for a DriverEntry that is linked into the host program or one of its libraries. */
int wdmsim_driver_load_entry(struct machine *machine, const char *name, wdmsim_driver_entry *entry,
                             struct wdmsim_driver **driver);

/*
 * Calls DriverUnload as the service control manager's stop does: not at all while devices are open (BUSY: it is marked
 * and unloads at the last close). INVALID if the driver has no DriverUnload.
 */
int wdmsim_driver_unload(struct machine *machine, struct wdmsim_driver *driver);

uint32_t wdmsim_driver_status(const struct wdmsim_driver *driver); /* what DriverEntry returned */
const char *wdmsim_driver_name(const struct wdmsim_driver *driver);
bool wdmsim_driver_is_loaded(const struct wdmsim_driver *driver);
struct _DRIVER_OBJECT *wdmsim_driver_object(const struct wdmsim_driver *driver);
struct wdmsim_driver *wdmsim_driver_find(struct machine *machine, const char *name);

/* A symbol of the image (a dispatch routine that is not static), or NULL. */
void *wdmsim_driver_symbol(const struct wdmsim_driver *driver, const char *symbol);

/* Directories to search for images, separated by colons; applies to all machines of the process. */
void wdmsim_driver_path(const char *directories);
/* The host loader's message about the last image that could not be loaded. */
const char *wdmsim_driver_error(void);

#ifdef __cplusplus
}
#endif
#endif
