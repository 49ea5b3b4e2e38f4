/*
 * Symbolic links that drivers make: \\DosDevices\\X and the like. The links are the object
 * manager's; who made which is remembered here, for the leak report.
 *
 * wdm/nf-wdm-iocreatesymboliclink, -iodeletesymboliclink
 */
#include "io/io.h"

/* A link is known by its object's serial number, which never comes again. */
struct io_link {
    LIST_ENTRY entry;
    uint32_t serial;
    const void *owner;
};

static struct io_link *io_link_find(struct machine *m, uint32_t serial) {
    LIST_ENTRY *head = &m->io->links;
    for (LIST_ENTRY *at = head->Blink; at != head; at = at->Blink)
        if (CONTAINING_RECORD(at, struct io_link, entry)->serial == serial)
            return CONTAINING_RECORD(at, struct io_link, entry);
    return NULL;
}

const void *io_link_owner(struct machine *m, const void *object) {
    const struct io_link *link = io_link_find(m, ob_header_of(object)->serial);
    return link ? link->owner : NULL;
}

static NTSTATUS io_link_create(struct machine *m, PUNICODE_STRING name, PUNICODE_STRING target,
                               const void *owner) {
    void *object;
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = ob_link_create(m, name, target, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct io_link *link = mm_pool_allocate(m, NonPagedPoolNx, sizeof *link, IO_TAG_MISC);
    if (link) {
        link->serial = ob_header_of(object)->serial;
        link->owner = owner;
        InsertTailList(&m->io->links, &link->entry);
    }
    ob_dereference(m, object);
    return status;
}

NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName) {
    KI_GATE(IoCreateSymbolicLink);
    return io_link_create(m, SymbolicLinkName, DeviceName, IO_CALLER());
}

/* The same here: links have no protection in the simulated name space. */
NTSTATUS IoCreateUnprotectedSymbolicLink(PUNICODE_STRING SymbolicLinkName,
                                         PUNICODE_STRING DeviceName) {
    KI_GATE(IoCreateUnprotectedSymbolicLink);
    return io_link_create(m, SymbolicLinkName, DeviceName, IO_CALLER());
}

NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName) {
    KI_GATE(IoDeleteSymbolicLink);
    void *object;
    struct io_link *link = NULL;
    if (NT_SUCCESS(ob_lookup_from(m, NULL, SymbolicLinkName, true, NULL, &object))) {
        link = io_link_find(m, ob_header_of(object)->serial);
        ob_dereference(m, object);
    }
    NTSTATUS status = ob_link_delete(m, SymbolicLinkName);
    if (NT_SUCCESS(status) && link) {
        RemoveEntryList(&link->entry);
        mm_pool_free(m, link, IO_TAG_MISC);
    }
    return status;
}
