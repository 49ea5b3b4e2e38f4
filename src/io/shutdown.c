/*
 * Shutdown notifications: devices whose drivers get IRP_MJ_SHUTDOWN when the system shuts down.
 *
 * First chance is before file systems are flushed, last chance after; within each, the one
 * registered last is told first.
 *
 * wdm/nf-wdm-ioregistershutdownnotification, -ioregisterlastchanceshutdownnotification
 */
#include "io/io.h"

struct io_shutdown_entry {
    LIST_ENTRY link;
    PDEVICE_OBJECT device;
};

static NTSTATUS io_shutdown_register(struct machine *m, LIST_ENTRY *list, PDEVICE_OBJECT device) {
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct io_shutdown_entry *entry =
        mm_pool_allocate(m, NonPagedPoolNx, sizeof *entry, IO_TAG_MISC);
    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    entry->device = device;
    ob_reference(m, device);
    InsertHeadList(list, &entry->link);
    device->Flags |= DO_SHUTDOWN_REGISTERED;
    return STATUS_SUCCESS;
}

NTSTATUS IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoRegisterShutdownNotification);
    return io_shutdown_register(m, &m->io->shutdown, DeviceObject);
}

NTSTATUS IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoRegisterLastChanceShutdownNotification);
    return io_shutdown_register(m, &m->io->last_shutdown, DeviceObject);
}

static void io_shutdown_drop(struct machine *m, LIST_ENTRY *list, PDEVICE_OBJECT device) {
    for (LIST_ENTRY *link = list->Flink, *next; link != list; link = next) {
        struct io_shutdown_entry *entry = CONTAINING_RECORD(link, struct io_shutdown_entry, link);
        next = link->Flink;
        if (entry->device != device)
            continue;
        RemoveEntryList(link);
        mm_pool_free(m, entry, IO_TAG_MISC);
        ob_dereference(m, device);
    }
}

void io_shutdown_forget(struct machine *m, PDEVICE_OBJECT device) {
    if (!(device->Flags & DO_SHUTDOWN_REGISTERED))
        return;
    device->Flags &= ~(ULONG)DO_SHUTDOWN_REGISTERED;
    io_shutdown_drop(m, &m->io->shutdown, device);
    io_shutdown_drop(m, &m->io->last_shutdown, device);
}

VOID IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoUnregisterShutdownNotification);
    io_shutdown_forget(m, DeviceObject);
}

/* Sends IRP_MJ_SHUTDOWN to the stacks of one list and waits for each; PASSIVE_LEVEL. */
static void io_shutdown_list(struct machine *m, LIST_ENTRY *list) {
    while (!IsListEmpty(list)) {
        struct io_shutdown_entry *entry =
            CONTAINING_RECORD(RemoveHeadList(list), struct io_shutdown_entry, link);
        PDEVICE_OBJECT device = entry->device;
        KEVENT event;
        IO_STATUS_BLOCK iosb;
        mm_pool_free(m, entry, IO_TAG_MISC);
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        PIRP irp = io_build_shutdown(m, io_top_of(device), &event, &iosb);
        if (irp && IofCallDriver(io_top_of(device), irp) == STATUS_PENDING)
            KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        ob_dereference(m, device);
    }
}

void io_shutdown(struct machine *m, bool last_chance) {
    io_shutdown_list(m, last_chance ? &m->io->last_shutdown : &m->io->shutdown);
}
