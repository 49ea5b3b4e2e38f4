/*
 * Callbacks of early-launch drivers on the boot drivers that start after them.
 *
 * A driver is a boot driver when the Start value of its service key is 0. Before its DriverEntry
 * each registered callback classifies its image; an image that somebody calls bad, and not critical
 * as well, is not started (STATUS_DRIVER_BLOCKED), which is the policy that Windows has by default.
 * The first boot driver after a registration is preceded by the two status updates that say so. The
 * first driver of another kind means that boot drivers are done: the last status update goes out,
 * and nothing is called from then on. (The moment is a judgement: here drivers are loaded one by
 * one.)
 *
 * ntddk/nf-ntddk-ioregisterbootdrivercallback, ntddk/nc-ntddk-boot_driver_callback_function
 */
#include "io/io.h"

struct io_boot_callback {
    LIST_ENTRY link; /* in io_part.boot_callbacks */
    BOOT_DRIVER_CALLBACK_FUNCTION *function;
    PVOID context;
    bool announced;
    bool running, unregistered; /* by itself: goes when it has returned */
};

PVOID IoRegisterBootDriverCallback(PBOOT_DRIVER_CALLBACK_FUNCTION CallbackFunction,
                                   PVOID CallbackContext) {
    KI_GATE(IoRegisterBootDriverCallback);
    if (m->io->boot_ended)
        return NULL;
    struct io_boot_callback *callback =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *callback, IO_TAG_MISC);
    if (!callback)
        return NULL;
    callback->function = CallbackFunction;
    callback->context = CallbackContext;
    InsertTailList(&m->io->boot_callbacks, &callback->link);
    return callback;
}

static void io_boot_drop(struct machine *m, struct io_boot_callback *callback) {
    RemoveEntryList(&callback->link);
    mm_pool_free(m, callback, IO_TAG_MISC);
}

VOID IoUnregisterBootDriverCallback(PVOID CallbackHandle) {
    KI_GATE(IoUnregisterBootDriverCallback);
    struct io_boot_callback *callback = CallbackHandle;
    callback->unregistered = true;
    if (!callback->running)
        io_boot_drop(m, callback);
}

static void io_boot_call(struct io_boot_callback *callback, BDCB_CALLBACK_TYPE type,
                         PVOID information) {
    if (callback->unregistered)
        return;
    callback->running = true;
    callback->function(callback->context, type, information);
    callback->running = false;
}

static void io_boot_status(struct io_boot_callback *callback, BDCB_STATUS_UPDATE_TYPE type) {
    BDCB_STATUS_UPDATE_CONTEXT update = {type};
    io_boot_call(callback, BdCbStatusUpdate, &update);
}

/* Calls one for an image; false if it calls the image bad. */
static bool io_boot_allows(struct io_boot_callback *callback, const BDCB_IMAGE_INFORMATION *image) {
    BDCB_IMAGE_INFORMATION information = *image;
    if (!callback->announced) {
        callback->announced = true;
        io_boot_status(callback, BdCbStatusPrepareForDependencyLoad);
        io_boot_status(callback, BdCbStatusPrepareForDriverLoad);
    }
    io_boot_call(callback, BdCbInitializeImage, &information);
    return information.Classification != BdCbClassificationKnownBadImage;
}

/* Tells each callback of an image, or with NULL that boot drivers are done; true unless one calls
 * the image bad. */
static bool io_boot_tell(struct machine *m, const BDCB_IMAGE_INFORMATION *image) {
    LIST_ENTRY *head = &m->io->boot_callbacks, *next;
    bool allowed = true;
    for (LIST_ENTRY *link = head->Flink; link != head; link = next) {
        struct io_boot_callback *callback = CONTAINING_RECORD(link, struct io_boot_callback, link);
        if (!image)
            io_boot_status(callback, BdCbStatusPrepareForUnload);
        else if (!io_boot_allows(callback, image))
            allowed = false;
        next = link->Flink;
        if (callback->unregistered)
            io_boot_drop(m, callback);
    }
    return allowed;
}

NTSTATUS io_boot_ask(struct machine *m, const struct wdmsim_driver *driver, PUNICODE_STRING path) {
    if (IsListEmpty(&m->io->boot_callbacks) || m->io->boot_ended)
        return STATUS_SUCCESS;
    ULONG start;
    if (!io_service_value(driver->object->DriverExtension->ServiceKeyName.Buffer, L"Start",
                          &start) ||
        start != SERVICE_BOOT_START) {
        m->io->boot_ended = true;
        io_boot_tell(m, NULL);
        return STATUS_SUCCESS;
    }
    BDCB_IMAGE_INFORMATION image = {
        .Classification = BdCbClassificationUnknownImage,
        .ImageName = io_wide(m, driver->image.path[0] ? driver->image.path : driver->name),
        .RegistryPath = *path,
    };
    bool allowed = io_boot_tell(m, &image);
    io_wide_free(m, &image.ImageName);
    return allowed ? STATUS_SUCCESS : STATUS_DRIVER_BLOCKED;
}
