/*
 * The error log: what drivers write becomes a message in the trace.
 *
 * wdm/nf-wdm-ioallocateerrorlogentry, -iowriteerrorlogentry
 */
#include <stdio.h>
#include <string.h>

#include "io/io.h"

/* Before the packet that the driver gets. */
struct io_error_entry {
    LIST_ENTRY link; /* in io_part.error_packets */
    PVOID object;    /* device or driver, referenced */
    ULONG size;      /* of the packet */
    ULONG unused;
    IO_ERROR_LOG_PACKET packet;
};
_Static_assert(FIELD_OFFSET(struct io_error_entry, packet) % 8 == 0,
               "the packet holds a 64-bit integer");

/* Packets taken and not written are limited, as the log's memory is. */
#define IO_ERROR_LIMIT 65536u

PVOID IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize) {
    KI_GATE(IoAllocateErrorLogEntry);
    if (!IoObject || EntrySize < sizeof(IO_ERROR_LOG_PACKET) ||
        EntrySize > ERROR_LOG_MAXIMUM_SIZE || m->io->error_bytes + EntrySize > IO_ERROR_LIMIT)
        return NULL;
    size_t size = FIELD_OFFSET(struct io_error_entry, packet) + EntrySize;
    struct io_error_entry *entry =
        mm_pool_allocate_for(m, NonPagedPoolNx, size, IO_TAG_MISC, IO_CALLER());
    if (!entry)
        return NULL;
    memset(entry, 0, size);
    entry->object = IoObject;
    entry->size = EntrySize;
    ob_reference(m, IoObject);
    m->io->error_bytes += EntrySize;
    InsertTailList(&m->io->error_packets, &entry->link);
    return &entry->packet;
}

static void io_error_free(struct machine *m, struct io_error_entry *entry) {
    RemoveEntryList(&entry->link);
    m->io->error_bytes -= entry->size;
    ob_dereference(m, entry->object);
    mm_pool_free(m, entry, IO_TAG_MISC);
}

VOID IoFreeErrorLogEntry(PVOID ElEntry) {
    KI_GATE(IoFreeErrorLogEntry);
    io_error_free(m, CONTAINING_RECORD(ElEntry, struct io_error_entry, packet));
}

static const char *io_error_object(const void *object) {
    return ob_is(object, &io_driver_type) ? io_driver_of(object)->text : io_device_of(object)->text;
}

VOID IoWriteErrorLogEntry(PVOID ElEntry) {
    KI_GATE(IoWriteErrorLogEntry);
    struct io_error_entry *entry = CONTAINING_RECORD(ElEntry, struct io_error_entry, packet);
    const IO_ERROR_LOG_PACKET *packet = &entry->packet;
    char text[256];
    m->io->error_sequence++;
    if (ki_tracing(m, WDMSIM_EVENT_MESSAGE)) {
        snprintf(
            text, sizeof text,
            "error log %u: %s: code 0x%08x, unique value %u, final status 0x%08x, %u bytes of data",
            m->io->error_sequence, io_error_object(entry->object), (unsigned)packet->ErrorCode,
            packet->UniqueErrorValue, (unsigned)packet->FinalStatus, packet->DumpDataSize);
        KI_TRACE(m, MESSAGE, ki_intern(m, text));
    }
    io_error_free(m, entry);
}
