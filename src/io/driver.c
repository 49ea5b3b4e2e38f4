/*
 * Driver objects: made for an image, entered, unloaded.
 *
 * The host's record of a driver (struct wdmsim_driver) lives as long as the machine, the driver
 * object only while the driver is loaded. DriverEntry and DriverUnload run in system threads of
 * their own, whatever the host is doing meanwhile.
 *
 * Unloading follows the service control manager's: every device is marked, so that nobody opens it
 * any more; DriverUnload is called when no device is open or attached to, now or at the last close.
 * What DriverUnload then leaves behind in queues is found by unload_check.c.
 *
 * wdm/nc-wdm-driver_initialize, nc-wdm-driver_unload
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "io/io.h"
#include "ki/lock_log.h"

static void io_driver_delete(struct machine *m, void *object) {
    PDRIVER_OBJECT driver = object;
    io_driver_extensions_free(m, driver);
    io_wide_free(m, &driver->DriverName);
    io_wide_free(m, &driver->DriverExtension->ServiceKeyName);
}

const struct ob_type io_driver_type = {
    .name = "Driver",
    .mapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE, STANDARD_RIGHTS_EXECUTE,
                STANDARD_RIGHTS_ALL},
    .valid_access = STANDARD_RIGHTS_ALL,
    .wait_offset = OB_NO_WAIT,
    .delete = io_driver_delete,
};

NTSTATUS io_invalid_device_request(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    (void)DeviceObject;
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* ---- texts ---- */

/* One character of UTF-8; what is malformed becomes U+FFFD. */
static ULONG io_utf8_next(const unsigned char **text) {
    const unsigned char *p = *text;
    unsigned extra = *p < 0x80 ? 0 : *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : *p >= 0xC0 ? 1 : 4;
    ULONG c = extra == 0 ? *p : extra == 4 ? 0xFFFD : *p & (0x3Fu >> extra);
    p++;
    for (unsigned i = 0; extra < 4 && i < extra; i++) {
        if ((*p & 0xC0) != 0x80) {
            c = 0xFFFD;
            break;
        }
        c = c << 6 | (*p++ & 0x3F);
    }
    *text = p;
    return c;
}

UNICODE_STRING io_wide(struct machine *m, const char *text) {
    UNICODE_STRING string = {0};
    size_t bytes = strlen(text);
    if (bytes > 32000)
        return string;
    WCHAR *out = mm_pool_allocate(m, PagedPool, (bytes + 1) * sizeof(WCHAR), IO_TAG_NAME);
    if (!out)
        return string;
    size_t length = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        ULONG c = io_utf8_next(&p);
        if (c >= 0x10000) {
            out[length++] = (WCHAR)(0xD800 + ((c - 0x10000) >> 10));
            c = 0xDC00 + (c & 0x3FF);
        }
        out[length++] = (WCHAR)c;
    }
    out[length] = 0;
    string.Buffer = out;
    string.Length = (USHORT)(length * sizeof(WCHAR));
    string.MaximumLength = (USHORT)((bytes + 1) * sizeof(WCHAR));
    return string;
}

void io_wide_free(struct machine *m, UNICODE_STRING *string) {
    if (string->Buffer)
        mm_pool_free(m, string->Buffer, IO_TAG_NAME);
    memset(string, 0, sizeof *string);
}

/* ---- the driver object ---- */

#define IO_SERVICES "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"

/* A named driver object with everything a DriverEntry finds in it. */
static NTSTATUS io_driver_object_create(struct machine *m, struct wdmsim_driver *host,
                                        PDRIVER_OBJECT *result) {
    PDRIVER_OBJECT driver;
    NTSTATUS status = ob_create(m, &io_driver_type,
                                sizeof(DRIVER_OBJECT) + sizeof(struct io_driver), (void **)&driver);
    if (!NT_SUCCESS(status))
        return status;
    struct io_driver *own = (struct io_driver *)(void *)(driver + 1);
    driver->Type = IO_TYPE_DRIVER;
    driver->Size = sizeof *driver;
    driver->Flags = DRVO_LEGACY_DRIVER;
    driver->DriverExtension = &own->pub;
    driver->DriverInit = (DRIVER_INITIALIZE *)host->image.entry;
    driver->DriverStart = (PVOID)(ULONG_PTR)host->image.start;
    driver->DriverSize = (ULONG)((const char *)host->image.end - (const char *)host->image.start);
    driver->HardwareDatabase = &m->io->hardware_database;
    for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = io_invalid_device_request;
    own->pub.DriverObject = driver;
    own->pub.ServiceKeyName = io_wide(m, host->name);
    own->host = host;
    InitializeListHead(&own->extensions);
    char text[256];
    snprintf(text, sizeof text, "\\Driver\\%s", host->name);
    own->text = ki_intern(m, text);
    driver->DriverName = io_wide(m, text);
    if (driver->DriverName.Buffer && own->pub.ServiceKeyName.Buffer)
        status = ob_insert_name(m, driver, &driver->DriverName);
    else
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status)) {
        ob_dereference(m, driver);
        return status;
    }
    *result = driver;
    return STATUS_SUCCESS;
}

/* The object goes: its name at once, its memory with the last reference. */
static void io_driver_object_drop(struct machine *m, struct wdmsim_driver *host) {
    PDRIVER_OBJECT driver = host->object;
    host->object = NULL;
    host->loaded = false;
    io_driver_of(driver)->unloaded = true;
    io_reinit_forget(m, driver);
    ob_remove_name(m, driver);
    if (driver->DeviceObject)
        return; /* stays, for the report of what was left behind */
    host->record = NULL;
    ob_dereference(m, driver);
}

/* Devices made in DriverEntry can be opened once it has returned. */
static void io_devices_ready(PDRIVER_OBJECT driver) {
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
        device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
}

/* Load-image notify routines are drivers' code: they are called in the thread that will call
 * DriverEntry. */
static void io_announce_image(struct machine *m, const struct wdmsim_driver *host) {
    if (!host->image.handle)
        return;
    UNICODE_STRING path = io_wide(m, host->image.path);
    ps_image_loaded(m, NULL, &path, host->image.start, host->object->DriverSize);
    io_wide_free(m, &path);
}

bool io_service_value(PCWSTR service, PCWSTR name, ULONG *value) {
    RTL_QUERY_REGISTRY_TABLE table[2] = {{
        .Flags =
            RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK | RTL_QUERY_REGISTRY_REQUIRED,
        .Name = (PWSTR)(ULONG_PTR)name,
        .EntryContext = value,
        .DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT | REG_NONE,
    }};
    return NT_SUCCESS(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, service, table, NULL, NULL));
}

/* The driver's service key, which the path that DriverEntry gets leads to. What it does not have
 * yet is as the installation of a kernel driver that is started on demand leaves it. */
static void io_service_key(PUNICODE_STRING name) {
    static const struct {
        PCWSTR name;
        ULONG value;
    } values[] = {{L"Type", 1}, {L"Start", 3}, {L"ErrorControl", 1}};
    ULONG there;
    RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, name->Buffer);
    for (size_t i = 0; i < KI_COUNT(values); i++)
        if (!io_service_value(name->Buffer, values[i].name, &there))
            RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, name->Buffer, values[i].name, REG_DWORD,
                                  (PVOID)(ULONG_PTR)&values[i].value, sizeof(ULONG));
}

static VOID io_driver_entry_thread(PVOID context) {
    struct wdmsim_driver *host = context;
    struct machine *m = host->machine;
    PDRIVER_OBJECT driver = host->object;
    char path[512];
    io_announce_image(m, host);
    snprintf(path, sizeof path, IO_SERVICES "%s", host->name);
    UNICODE_STRING registry = io_wide(m, path);
    io_service_key(&driver->DriverExtension->ServiceKeyName);
    host->status = io_boot_ask(m, host, &registry);
    if (NT_SUCCESS(host->status))
        host->status = (NTSTATUS)host->image.entry(driver, &registry);
    m = ki_self();
    io_wide_free(m, &registry);
    KI_TRACE(m, DRIVER_LOAD, io_driver_of(driver)->text, (uint32_t)host->status);
    if (NT_SUCCESS(host->status)) {
        host->loaded = true;
        for (unsigned i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
            if (!driver->MajorFunction[i])
                driver->MajorFunction[i] = io_invalid_device_request;
        io_devices_ready(driver);
        io_reinitialize(m);
    } else {
        io_unload_check(m, host);
        io_driver_object_drop(m, host);
    }
    host->done = true;
}

static bool io_driver_done(void *context) { return ((struct wdmsim_driver *)context)->done; }

/* Runs a driver's routine in a system thread and lets the machine run until it has returned. */
static int io_run_driver_thread(struct machine *m, struct wdmsim_driver *host,
                                KSTART_ROUTINE *routine) {
    host->done = false;
    if (!NT_SUCCESS(ps_thread_create(m, NULL, routine, host, host->name, false, NULL)))
        return WDMSIM_ERROR_NO_MEMORY;
    return wdmsim_run_until(m, io_driver_done, host, WDMSIM_FOREVER);
}

/* The driver object, in the list of drivers; DriverEntry is next. */
static int io_driver_prepare(struct machine *m, struct wdmsim_driver *host,
                             struct wdmsim_driver **result) {
    NTSTATUS status = io_driver_object_create(m, host, &host->object);
    if (status == STATUS_OBJECT_NAME_COLLISION)
        return WDMSIM_ERROR_BUSY;
    host->record = host->object;
    if (!NT_SUCCESS(status))
        return status == STATUS_INSUFFICIENT_RESOURCES ? WDMSIM_ERROR_NO_MEMORY
                                                       : WDMSIM_ERROR_INVALID;
    InsertTailList(&m->io->drivers, &host->link);
    *result = host;
    return 0;
}

static int io_driver_start(struct machine *m, struct wdmsim_driver *host,
                           struct wdmsim_driver **result) {
    int error = io_driver_prepare(m, host, result);
    return error ? error : io_run_driver_thread(m, host, io_driver_entry_thread);
}

static struct wdmsim_driver *io_driver_new(struct machine *m, const char *name) {
    struct wdmsim_driver *host = ki_alloc(m, sizeof *host);
    host->machine = m;
    host->name = ki_intern(m, name);
    host->status = STATUS_PENDING;
    return host;
}

int wdmsim_driver_load(struct machine *machine, const char *name, const char *image,
                       struct wdmsim_driver **driver) {
    *driver = NULL;
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    struct wdmsim_driver *loaded = wdmsim_driver_find(machine, name);
    if (loaded)
        return WDMSIM_ERROR_BUSY;
    struct wdmsim_driver *host = io_driver_new(machine, name);
    int error = io_image_load(image, &host->image);
    return error ? error : io_driver_start(machine, host, driver);
}

int wdmsim_driver_load_entry(struct machine *machine, const char *name, wdmsim_driver_entry *entry,
                             struct wdmsim_driver **driver) {
    *driver = NULL;
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (wdmsim_driver_find(machine, name))
        return WDMSIM_ERROR_BUSY;
    struct wdmsim_driver *host = io_driver_new(machine, name);
    host->image.entry = entry;
    host->linked = true;
    return io_driver_start(machine, host, driver);
}

int io_driver_load_here(struct machine *m, const char *name, const char *image,
                        wdmsim_driver_entry *entry, struct wdmsim_driver **driver) {
    *driver = NULL;
    if (wdmsim_driver_find(m, name))
        return WDMSIM_ERROR_BUSY;
    struct wdmsim_driver *host = io_driver_new(m, name);
    host->linked = entry != NULL;
    host->image.entry = entry;
    int error = entry ? 0 : io_image_load(image, &host->image);
    if (!error)
        error = io_driver_prepare(m, host, driver);
    if (!error)
        io_driver_entry_thread(host);
    return error;
}

/* ---- unloading ---- */

static bool io_is_unloadable(PDRIVER_OBJECT driver) {
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
        if (device->ReferenceCount > 0 || device->AttachedDevice)
            return false;
    return true;
}

static VOID io_driver_unload_thread(PVOID context) {
    struct wdmsim_driver *host = context;
    struct machine *m = host->machine;
    PDRIVER_OBJECT driver = host->object;
    driver->DriverUnload(driver);
    m = ki_self();
    KI_TRACE(m, DRIVER_UNLOAD, io_driver_of(driver)->text);
    io_unload_check(m, host);
    if (ki_locks_followed(m) && host->image.start)
        ki_locks_freed(m, host->image.start,
                       (size_t)((const char *)host->image.end - (const char *)host->image.start),
                       (void *)driver->DriverUnload);
    io_driver_object_drop(m, host);
    host->done = true;
}

static void io_mark_unload(PDRIVER_OBJECT driver) {
    io_driver_of(driver)->unload_pending = true;
    for (PDEVICE_OBJECT device = driver->DeviceObject; device; device = device->NextDevice)
        io_device_of(device)->unload_pending = true;
}

void io_unload_if_ready(struct machine *m, PDRIVER_OBJECT driver) {
    struct io_driver *own = io_driver_of(driver);
    if (!own->unload_pending || driver->Flags & DRVO_UNLOAD_INVOKED || !io_is_unloadable(driver))
        return;
    driver->Flags |= DRVO_UNLOAD_INVOKED;
    if (!NT_SUCCESS(ps_thread_create(m, NULL, io_driver_unload_thread, own->host, own->host->name,
                                     false, NULL)))
        driver->Flags &= ~(ULONG)DRVO_UNLOAD_INVOKED;
}

void io_driver_unload_here(struct machine *m, PDRIVER_OBJECT driver) {
    (void)m;
    if (!driver->DriverUnload || driver->Flags & DRVO_UNLOAD_INVOKED)
        return;
    io_mark_unload(driver);
    if (!io_is_unloadable(driver))
        return;
    driver->Flags |= DRVO_UNLOAD_INVOKED;
    io_driver_unload_thread(io_driver_of(driver)->host);
}

int wdmsim_driver_unload(struct machine *machine, struct wdmsim_driver *driver) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (!driver->object || !driver->loaded)
        return WDMSIM_ERROR_NOT_FOUND;
    if (!driver->object->DriverUnload)
        return WDMSIM_ERROR_INVALID;
    driver->done = false;
    io_mark_unload(driver->object);
    if (!io_is_unloadable(driver->object))
        return WDMSIM_ERROR_BUSY;
    io_unload_if_ready(machine, driver->object);
    return wdmsim_run_until(machine, io_driver_done, driver, WDMSIM_FOREVER);
}

/* ---- looking ---- */

uint32_t wdmsim_driver_status(const struct wdmsim_driver *driver) {
    return (uint32_t)driver->status;
}

const char *wdmsim_driver_name(const struct wdmsim_driver *driver) { return driver->name; }

bool wdmsim_driver_is_loaded(const struct wdmsim_driver *driver) { return driver->loaded; }

struct _DRIVER_OBJECT *wdmsim_driver_object(const struct wdmsim_driver *driver) {
    return driver->object;
}

static bool io_same_name(const char *a, const char *b) {
    for (; *a && *b; a++, b++)
        if ((*a | (*a >= 'A' && *a <= 'Z') << 5) != (*b | (*b >= 'A' && *b <= 'Z') << 5))
            return false;
    return *a == *b;
}

struct wdmsim_driver *wdmsim_driver_find(struct machine *machine, const char *name) {
    LIST_ENTRY *head = &machine->io->drivers;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct wdmsim_driver *driver = CONTAINING_RECORD(link, struct wdmsim_driver, link);
        if (driver->object && io_same_name(driver->name, name))
            return driver;
    }
    return NULL;
}

struct wdmsim_driver *io_driver_at(struct machine *m, const void *address) {
    LIST_ENTRY *head = &m->io->drivers;
    for (LIST_ENTRY *link = head->Blink; link != head; link = link->Blink) {
        struct wdmsim_driver *driver = CONTAINING_RECORD(link, struct wdmsim_driver, link);
        if (address >= driver->image.start && address < driver->image.end)
            return driver;
    }
    return NULL;
}
