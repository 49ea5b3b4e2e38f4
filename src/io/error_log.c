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

/* The entry of a packet. One that was written or freed is free memory, and freeing that is a bug
 * check. */
static struct io_error_entry *io_error_entry_of(struct machine *m, PVOID packet) {
    struct io_error_entry *entry = CONTAINING_RECORD(packet, struct io_error_entry, packet);
    LIST_ENTRY *head = &m->io->error_packets, *link = head->Flink;
    while (link != head && link != &entry->link)
        link = link->Flink;
    if (KI_UNLIKELY(link == head))
        mm_pool_free(m, entry, IO_TAG_MISC);
    return entry;
}

VOID IoFreeErrorLogEntry(PVOID ElEntry) {
    KI_GATE(IoFreeErrorLogEntry);
    io_error_free(m, io_error_entry_of(m, ElEntry));
}

static const char *io_error_object(const void *object) {
    return ob_is(object, &io_driver_type) ? io_driver_of(object)->text : io_device_of(object)->text;
}

/* Adds the insertion strings to the text, which the Event Viewer would put into its own. */
static void io_error_strings(const struct io_error_entry *entry, char *text, size_t size) {
    size_t at = strlen(text);
    ULONG offset = entry->packet.StringOffset;
    for (USHORT i = 0; i < entry->packet.NumberOfStrings && offset < entry->size; i++) {
        at += (size_t)snprintf(text + at, size - at, i ? ", \"" : ": \"");
        for (; offset + sizeof(WCHAR) <= entry->size && at + 4 < size; offset += sizeof(WCHAR)) {
            WCHAR c;
            memcpy(&c, (const char *)&entry->packet + offset, sizeof c);
            if (!c)
                break;
            text[at++] = c < 0x80 ? (char)c : '?';
        }
        offset += sizeof(WCHAR);
        text[at++] = '"';
        text[at] = 0;
        if (at + 8 > size)
            return;
    }
}

VOID IoWriteErrorLogEntry(PVOID ElEntry) {
    KI_GATE(IoWriteErrorLogEntry);
    struct io_error_entry *entry = io_error_entry_of(m, ElEntry);
    const IO_ERROR_LOG_PACKET *packet = &entry->packet;
    char text[512];
    m->io->error_sequence++;
    if (ki_tracing(m, WDMSIM_EVENT_MESSAGE)) {
        snprintf(
            text, sizeof text,
            "error log %u: %s: code 0x%08x, unique value %u, final status 0x%08x, %u bytes of data",
            m->io->error_sequence, io_error_object(entry->object), (unsigned)packet->ErrorCode,
            packet->UniqueErrorValue, (unsigned)packet->FinalStatus, packet->DumpDataSize);
        io_error_strings(entry, text, sizeof text);
        KI_TRACE(m, MESSAGE, ki_intern(m, text));
    }
    io_error_free(m, entry);
}
