/*
 * What hangs off driver objects: extensions of clients, reinitialization routines.
 *
 * Reinitialization routines are called once each, in order of registration, when DriverEntry has
 * returned; one that registers again is called again, with a count that grows. The machine has no
 * boot phase of its own, so the boot drivers' ones run first and at the same point.
 *
 * wdm/nf-wdm-ioallocatedriverobjectextension, ntddk/nf-ntddk-ioregisterdriverreinitialization
 */
#include "io/io.h"

struct io_driver_extension {
    LIST_ENTRY link;
    PVOID client;
    PVOID padding; /* keeps the data 16-byte aligned */
    LONG64 data[] __attribute__((aligned(16)));
};

static struct io_driver_extension *io_extension_find(PDRIVER_OBJECT driver, PVOID client) {
    LIST_ENTRY *head = &io_driver_of(driver)->extensions;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink)
        if (CONTAINING_RECORD(link, struct io_driver_extension, link)->client == client)
            return CONTAINING_RECORD(link, struct io_driver_extension, link);
    return NULL;
}

NTSTATUS IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject,
                                         PVOID ClientIdentificationAddress,
                                         ULONG DriverObjectExtensionSize,
                                         PVOID *DriverObjectExtension) {
    KI_GATE(IoAllocateDriverObjectExtension);
    *DriverObjectExtension = NULL;
    if (io_extension_find(DriverObject, ClientIdentificationAddress))
        return STATUS_OBJECT_NAME_COLLISION;
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct io_driver_extension *extension = mm_pool_allocate_zeroed(
        m, NonPagedPoolNx, sizeof *extension + DriverObjectExtensionSize, IO_TAG_MISC);
    if (!extension)
        return STATUS_INSUFFICIENT_RESOURCES;
    extension->client = ClientIdentificationAddress;
    InsertTailList(&io_driver_of(DriverObject)->extensions, &extension->link);
    *DriverObjectExtension = extension->data;
    return STATUS_SUCCESS;
}

PVOID IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress) {
    KI_GATE(IoGetDriverObjectExtension);
    (void)m;
    struct io_driver_extension *extension =
        io_extension_find(DriverObject, ClientIdentificationAddress);
    return extension ? extension->data : NULL;
}

void io_driver_extensions_free(struct machine *m, PDRIVER_OBJECT driver) {
    LIST_ENTRY *head = &io_driver_of(driver)->extensions;
    while (!IsListEmpty(head))
        mm_pool_free(m, CONTAINING_RECORD(RemoveHeadList(head), struct io_driver_extension, link),
                     IO_TAG_MISC);
}

/* ---- reinitialization ---- */

struct io_reinit {
    LIST_ENTRY link;
    PDRIVER_OBJECT driver;
    DRIVER_REINITIALIZE *routine;
    PVOID context;
};

static void io_register_reinit(struct machine *m, LIST_ENTRY *list, PDRIVER_OBJECT driver,
                               PDRIVER_REINITIALIZE routine, PVOID context) {
    struct io_reinit *entry = mm_pool_allocate(m, NonPagedPoolNx, sizeof *entry, IO_TAG_MISC);
    if (!entry)
        return;
    entry->driver = driver;
    entry->routine = routine;
    entry->context = context;
    InsertTailList(list, &entry->link);
}

VOID IoRegisterDriverReinitialization(PDRIVER_OBJECT DriverObject,
                                      PDRIVER_REINITIALIZE DriverReinitializationRoutine,
                                      PVOID Context) {
    KI_GATE(IoRegisterDriverReinitialization);
    io_register_reinit(m, &m->io->reinit, DriverObject, DriverReinitializationRoutine, Context);
}

VOID IoRegisterBootDriverReinitialization(PDRIVER_OBJECT DriverObject,
                                          PDRIVER_REINITIALIZE DriverReinitializationRoutine,
                                          PVOID Context) {
    KI_GATE(IoRegisterBootDriverReinitialization);
    io_register_reinit(m, &m->io->boot_reinit, DriverObject, DriverReinitializationRoutine,
                       Context);
}

/* More rounds than this are a routine that registers itself for ever. */
#define IO_REINIT_ROUNDS 1000

static void io_reinit_list(struct machine *m, LIST_ENTRY *list) {
    for (unsigned round = 0; round < IO_REINIT_ROUNDS && !IsListEmpty(list); round++) {
        struct io_reinit *entry = CONTAINING_RECORD(RemoveHeadList(list), struct io_reinit, link);
        struct io_reinit copy = *entry;
        mm_pool_free(m, entry, IO_TAG_MISC);
        copy.routine(copy.driver, copy.context, ++copy.driver->DriverExtension->Count);
    }
}

void io_reinitialize(struct machine *m) {
    io_reinit_list(m, &m->io->boot_reinit);
    io_reinit_list(m, &m->io->reinit);
}

/* Only a DriverEntry that succeeds may register: of one that failed the routines are still here. */
static void io_reinit_drop(struct machine *m, LIST_ENTRY *list, PDRIVER_OBJECT driver) {
    for (LIST_ENTRY *link = list->Flink, *next; link != list; link = next) {
        struct io_reinit *entry = CONTAINING_RECORD(link, struct io_reinit, link);
        next = link->Flink;
        if (entry->driver != driver)
            continue;
        RemoveEntryList(link);
        mm_pool_free(m, entry, IO_TAG_MISC);
    }
}

void io_reinit_forget(struct machine *m, PDRIVER_OBJECT driver) {
    io_reinit_drop(m, &m->io->boot_reinit, driver);
    io_reinit_drop(m, &m->io->reinit, driver);
}

void io_check_reinit(struct machine *m, const struct wdmsim_driver *driver, io_left *left) {
    LIST_ENTRY *lists[] = {&m->io->boot_reinit, &m->io->reinit};
    for (size_t i = 0; i < KI_COUNT(lists); i++)
        for (LIST_ENTRY *link = lists[i]->Flink; link != lists[i]; link = link->Flink)
            left(m, driver, (const void *)CONTAINING_RECORD(link, struct io_reinit, link)->routine,
                 "a reinitialization is to come");
}

BOOLEAN IoIsWdmVersionAvailable(UCHAR MajorVersion, UCHAR MinorVersion) {
    KI_GATE(IoIsWdmVersionAvailable);
    (void)m;
    return MajorVersion < 6 || (MajorVersion == 6 && MinorVersion <= 0);
}
