/*
 * What a machine's devices and IRPs look like at the moment, as text (wdmsim/inspect.h): names and
 * serial numbers only.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <wdmsim/inspect.h>

#include "io/io.h"
#include "ki/major_names.h"

/* Text that is cut where the buffer ends, and counted to its real length. */
struct io_text {
    char *buffer;
    size_t size, length;
};

static void io_print(struct io_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void io_print(struct io_text *text, const char *format, ...) {
    va_list arguments;
    size_t room = text->length < text->size ? text->size - text->length : 0;
    va_start(arguments, format);
    int length = vsnprintf(room ? text->buffer + text->length : NULL, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->length += (size_t)length;
}

static int io_text_done(const struct io_text *text) {
    if (text->size && !text->length)
        text->buffer[0] = 0;
    return (int)text->length;
}

/* ---- devices ---- */

static void io_print_device(struct io_text *text, PDEVICE_OBJECT device) {
    const struct io_device *own = io_device_of(device);
    io_print(text, "%s  driver %s  stack size %d  opens %d%s%s%s\n", own->text,
             io_driver_of(device->DriverObject)->text, device->StackSize, device->ReferenceCount,
             device->Flags & DO_DEVICE_INITIALIZING ? "  initialising" : "",
             own->delete_pending ? "  delete pending" : "",
             own->unload_pending ? "  unload pending" : "");
}

int wdmsim_show_devstack(struct machine *machine, const char *device, char *buffer, size_t size) {
    struct io_text text = {buffer, size, 0};
    UNICODE_STRING rest = {0};
    void *object;
    NTSTATUS status = ob_lookup_ascii(machine, device, &rest, &object);
    if (!NT_SUCCESS(status)) {
        io_print(&text, "%s: %s\n", device, wdmsim_status_name((uint32_t)status));
        return io_text_done(&text);
    }
    ob_free_string(machine, &rest);
    if (ob_is(object, &io_device_type)) {
        PDEVICE_OBJECT at = io_top_of(object);
        for (; at; at = io_device_of(at)->attached_to)
            io_print_device(&text, at);
    } else {
        io_print(&text, "%s: not a device\n", device);
    }
    ob_dereference(machine, object);
    return io_text_done(&text);
}

static void io_print_links(struct machine *m, struct io_text *text, PDEVICE_OBJECT device);

int wdmsim_show_drivers(struct machine *machine, char *buffer, size_t size) {
    struct io_text text = {buffer, size, 0};
    LIST_ENTRY *head = &machine->io->drivers;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        const struct wdmsim_driver *driver = CONTAINING_RECORD(link, struct wdmsim_driver, link);
        if (!driver->object) {
            io_print(&text, "%s  unloaded\n", driver->name);
            continue;
        }
        io_print(&text, "%s%s\n", io_driver_of(driver->object)->text,
                 io_driver_of(driver->object)->unload_pending ? "  unload pending" : "");
        for (PDEVICE_OBJECT device = driver->object->DeviceObject; device;
             device = device->NextDevice) {
            io_print(&text, "    ");
            io_print_device(&text, device);
            io_print_links(machine, &text, device);
        }
    }
    return io_text_done(&text);
}

/* Links that lead to a device. */
struct io_link_search {
    struct machine *m;
    struct io_text *text;
    PDEVICE_OBJECT device;
};

static bool io_print_link(void *context, void *object) {
    struct io_link_search *search = context;
    void *target;
    UNICODE_STRING rest = {0};
    if (!ob_is(object, &ob_link_type) ||
        !NT_SUCCESS(ob_lookup(search->m, ob_link_target(object), &rest, &target)))
        return true;
    ob_free_string(search->m, &rest);
    if (target == search->device)
        io_print(search->text, "        link %s\n", ob_full_name_text(search->m, object));
    ob_dereference(search->m, target);
    return true;
}

static void io_print_links(struct machine *m, struct io_text *text, PDEVICE_OBJECT device) {
    struct io_link_search search = {m, text, device};
    if (m->ob->dos_devices)
        ob_directory_visit(m, m->ob->dos_devices, io_print_link, &search);
}

/* ---- IRPs ---- */

static void io_print_irp(struct machine *m, struct io_text *text, struct io_irp *prefix) {
    PIRP irp = io_prefix_irp(prefix);
    if (!(irp->AllocationFlags & IO_IRP_IN_FLIGHT) || irp->CurrentLocation > irp->StackCount)
        return;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PDEVICE_OBJECT device = stack->DeviceObject;
    const char *name = ki_major_name(stack->MajorFunction);
    io_print(text, "irp %u  for %llu ns  IRP_MJ_%s", prefix->serial,
             (unsigned long long)(m->clock.now - prefix->sent), name ? name : "?");
    if (stack->MinorFunction)
        io_print(text, "/0x%02x", stack->MinorFunction);
    if (device && device->Type == IO_TYPE_DEVICE)
        io_print(text, "  at %s of %s", io_device_of(device)->text,
                 io_driver_of(device->DriverObject)->text);
    io_print(text, "  location %d of %d", irp->CurrentLocation, irp->StackCount);
    if (stack->Control & SL_PENDING_RETURNED)
        io_print(text, "  pending");
    if (irp->Cancel)
        io_print(text, "  canceled");
    if (irp->CancelRoutine)
        io_print(text, "  cancel routine %s", ki_address_name(m, (void *)irp->CancelRoutine));
    if (irp->Tail.Overlay.Thread)
        io_print(text, "  thread %u", irp->Tail.Overlay.Thread->tcb.serial);
    io_print(text, "\n");
}

int wdmsim_show_irps(struct machine *machine, char *buffer, size_t size) {
    struct io_text text = {buffer, size, 0};
    LIST_ENTRY *head = &machine->io->irps;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink)
        io_print_irp(machine, &text, CONTAINING_RECORD(link, struct io_irp, link));
    return io_text_done(&text);
}

size_t wdmsim_irps_in_flight(const struct machine *machine) { return machine->io->in_flight; }
