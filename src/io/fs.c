/*
 * For file systems and their filters: registration and its notifications, stream files, paging I/O.
 *
 * ntifs/nf-ntifs-ioregisterfilesystem, -ioregisterfsregistrationchange, -iocreatestreamfileobject,
 * -iopageread
 */
#include <string.h>

#include "io/io.h"

/* ---- registration ---- */

struct io_file_system {
    LIST_ENTRY link;
    PDEVICE_OBJECT device; /* referenced */
};

struct io_fs_watcher {
    LIST_ENTRY link;
    PDRIVER_OBJECT driver; /* referenced */
    PDRIVER_FS_NOTIFICATION routine;
};

#define IO_DO_LOW_PRIORITY_FILESYSTEM 0x00010000u

static struct io_file_system *io_fs_find(struct machine *m, PDEVICE_OBJECT device) {
    LIST_ENTRY *head = &m->io->file_systems;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink)
        if (CONTAINING_RECORD(at, struct io_file_system, link)->device == device)
            return CONTAINING_RECORD(at, struct io_file_system, link);
    return NULL;
}

static void io_fs_announce(struct machine *m, PDEVICE_OBJECT device, BOOLEAN active) {
    LIST_ENTRY *head = &m->io->fs_watchers;
    for (LIST_ENTRY *at = head->Flink, *next; at != head; at = next) {
        next = at->Flink;
        CONTAINING_RECORD(at, struct io_fs_watcher, link)->routine(device, active);
    }
}

VOID IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoRegisterFileSystem);
    DEVICE_TYPE type = DeviceObject->DeviceType;
    if (type != FILE_DEVICE_NETWORK_FILE_SYSTEM && type != FILE_DEVICE_CD_ROM_FILE_SYSTEM &&
        type != FILE_DEVICE_DISK_FILE_SYSTEM && type != FILE_DEVICE_TAPE_FILE_SYSTEM)
        return;
    struct io_file_system *fs = mm_pool_allocate(m, NonPagedPoolNx, sizeof *fs, IO_TAG_MISC);
    if (!fs)
        return;
    fs->device = DeviceObject;
    ob_reference(m, DeviceObject);
    if (DeviceObject->Flags & IO_DO_LOW_PRIORITY_FILESYSTEM)
        InsertTailList(&m->io->file_systems, &fs->link);
    else
        InsertHeadList(&m->io->file_systems, &fs->link);
    DeviceObject->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    io_fs_announce(m, DeviceObject, TRUE);
}

VOID IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoUnregisterFileSystem);
    struct io_file_system *fs = io_fs_find(m, DeviceObject);
    if (!fs)
        return;
    RemoveEntryList(&fs->link);
    mm_pool_free(m, fs, IO_TAG_MISC);
    io_fs_announce(m, DeviceObject, FALSE);
    ob_dereference(m, DeviceObject);
}

/* The newcomer hears of every file system that is registered already. */
static NTSTATUS io_fs_watch(struct machine *m, PDRIVER_OBJECT driver,
                            PDRIVER_FS_NOTIFICATION routine) {
    LIST_ENTRY *head = &m->io->fs_watchers, *systems = &m->io->file_systems;
    if (!IsListEmpty(head)) {
        struct io_fs_watcher *last = CONTAINING_RECORD(head->Blink, struct io_fs_watcher, link);
        if (last->driver == driver && last->routine == routine)
            return STATUS_DEVICE_ALREADY_ATTACHED;
    }
    struct io_fs_watcher *watcher =
        mm_pool_allocate(m, NonPagedPoolNx, sizeof *watcher, IO_TAG_MISC);
    if (!watcher)
        return STATUS_INSUFFICIENT_RESOURCES;
    watcher->driver = driver;
    watcher->routine = routine;
    ob_reference(m, driver);
    InsertTailList(head, &watcher->link);
    for (LIST_ENTRY *at = systems->Flink, *next; at != systems; at = next) {
        next = at->Flink;
        routine(CONTAINING_RECORD(at, struct io_file_system, link)->device, TRUE);
    }
    return STATUS_SUCCESS;
}

NTSTATUS IoRegisterFsRegistrationChange(PDRIVER_OBJECT DriverObject,
                                        PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
    KI_GATE(IoRegisterFsRegistrationChange);
    return io_fs_watch(m, DriverObject, DriverNotificationRoutine);
}

NTSTATUS IoRegisterFsRegistrationChangeEx(PDRIVER_OBJECT DriverObject,
                                          PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
    KI_GATE(IoRegisterFsRegistrationChangeEx);
    return io_fs_watch(m, DriverObject, DriverNotificationRoutine);
}

NTSTATUS IoRegisterFsRegistrationChangeMountAware(PDRIVER_OBJECT DriverObject,
                                                  PDRIVER_FS_NOTIFICATION DriverNotificationRoutine,
                                                  BOOLEAN SynchronizeWithMounts) {
    KI_GATE(IoRegisterFsRegistrationChangeMountAware);
    (void)SynchronizeWithMounts; /* nothing mounts meanwhile */
    return io_fs_watch(m, DriverObject, DriverNotificationRoutine);
}

VOID IoUnregisterFsRegistrationChange(PDRIVER_OBJECT DriverObject,
                                      PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
    KI_GATE(IoUnregisterFsRegistrationChange);
    LIST_ENTRY *head = &m->io->fs_watchers;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink) {
        struct io_fs_watcher *watcher = CONTAINING_RECORD(at, struct io_fs_watcher, link);
        if (watcher->driver != DriverObject || watcher->routine != DriverNotificationRoutine)
            continue;
        RemoveEntryList(at);
        mm_pool_free(m, watcher, IO_TAG_MISC);
        ob_dereference(m, DriverObject);
        return;
    }
}

/* Drivers that watch file systems, each referenced for the caller, as many as fit. Who came later
 * attached farther from the file systems, and the farthest is first. */
NTSTATUS IoEnumerateRegisteredFiltersList(PDRIVER_OBJECT *DriverObjectList,
                                          ULONG DriverObjectListSize,
                                          PULONG ActualNumberDriverObjects) {
    KI_GATE(IoEnumerateRegisteredFiltersList);
    LIST_ENTRY *head = &m->io->fs_watchers;
    ULONG room = DriverObjectListSize / (ULONG)sizeof *DriverObjectList, count = 0;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink)
        count++;
    *ActualNumberDriverObjects = count;
    LIST_ENTRY *at = head->Blink;
    for (ULONG i = 0; i < room && at != head; i++, at = at->Blink) {
        DriverObjectList[i] = CONTAINING_RECORD(at, struct io_fs_watcher, link)->driver;
        ob_reference(m, DriverObjectList[i]);
    }
    return count > room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

/* ---- stream files: file objects without a create ---- */

static PFILE_OBJECT io_stream_new(struct machine *m, PFILE_OBJECT related, PDEVICE_OBJECT device) {
    PFILE_OBJECT file;
    if (related)
        device = related->DeviceObject;
    if (!NT_SUCCESS(ob_create(m, &io_file_type, sizeof(struct io_file), (void **)&file)))
        return NULL;
    file->Type = IO_TYPE_FILE;
    file->Size = sizeof *file;
    file->DeviceObject = device;
    file->Flags = FO_STREAM_FILE;
    if (related)
        file->Vpb = related->Vpb;
    KeInitializeEvent(&file->Lock, SynchronizationEvent, FALSE);
    KeInitializeEvent(&file->Event, NotificationEvent, FALSE);
    InitializeListHead(&file->IrpList);
    io_file_of(file)->opened = true;
    io_file_of(file)->priority = IoPriorityNormal;
    device->ReferenceCount++;
    return file;
}

/* With the handle's end the stack sees the cleanup, as if the stream had been opened and closed. */
static NTSTATUS io_stream_handle(struct machine *m, PFILE_OBJECT file, PHANDLE handle) {
    HANDLE value;
    NTSTATUS status = ob_handle_create(m, NULL, file, FILE_READ_DATA, &value);
    if (!NT_SUCCESS(status))
        return status;
    file->Flags |= FO_HANDLE_CREATED;
    if (handle)
        *handle = value;
    else
        ob_handle_close(m, NULL, value, KernelMode);
    return STATUS_SUCCESS;
}

static NTSTATUS io_stream_create(struct machine *m, PFILE_OBJECT related, PDEVICE_OBJECT device,
                                 PDEVICE_OBJECT target, PFILE_OBJECT *file, PHANDLE handle) {
    *file = io_stream_new(m, related, device);
    if (!*file)
        return STATUS_INSUFFICIENT_RESOURCES;
    io_file_of(*file)->hint = target;
    NTSTATUS status = STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
    if (!target || io_device_of_file(*file) == target)
        status = io_stream_handle(m, *file, handle);
    if (!NT_SUCCESS(status)) {
        io_file_of(*file)->opened = false; /* nobody has heard of it */
        ob_dereference(m, *file);
    }
    return status;
}

PFILE_OBJECT IoCreateStreamFileObject(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoCreateStreamFileObject);
    PFILE_OBJECT file;
    NTSTATUS status = io_stream_create(m, FileObject, DeviceObject, NULL, &file, NULL);
    if (!NT_SUCCESS(status))
        ExRaiseStatus(status);
    return file;
}

PFILE_OBJECT IoCreateStreamFileObjectEx(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject,
                                        PHANDLE FileObjectHandle) {
    KI_GATE(IoCreateStreamFileObjectEx);
    PFILE_OBJECT file;
    NTSTATUS status = io_stream_create(m, FileObject, DeviceObject, NULL, &file, FileObjectHandle);
    if (!NT_SUCCESS(status))
        ExRaiseStatus(status);
    return file;
}

/* IO_CREATE_STREAM_FILE_LITE: no handle, and by its page nothing is sent at the end. */
static NTSTATUS io_stream_create_silent(struct machine *m, PFILE_OBJECT related,
                                        PDEVICE_OBJECT device, PFILE_OBJECT *file) {
    *file = io_stream_new(m, related, device);
    if (!*file)
        return STATUS_INSUFFICIENT_RESOURCES;
    io_file_of(*file)->opened = false;
    return STATUS_SUCCESS;
}

NTSTATUS IoCreateStreamFileObjectEx2(PIO_CREATE_STREAM_FILE_OPTIONS CreateOptions,
                                     PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject,
                                     PFILE_OBJECT *StreamFileObject, PHANDLE FileHandle) {
    KI_GATE(IoCreateStreamFileObjectEx2);
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (CreateOptions->Size == sizeof *CreateOptions)
        status =
            CreateOptions->Flags & IO_CREATE_STREAM_FILE_LITE
                ? io_stream_create_silent(m, FileObject, DeviceObject, StreamFileObject)
                : io_stream_create(m, FileObject, DeviceObject, CreateOptions->TargetDeviceObject,
                                   StreamFileObject, FileHandle);
    if (!NT_SUCCESS(status) && CreateOptions->Flags & IO_CREATE_STREAM_FILE_RAISE_ON_ERROR)
        ExRaiseStatus(status);
    return status;
}

/* No handle, so no cleanup either. */
PFILE_OBJECT IoCreateStreamFileObjectLite(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoCreateStreamFileObjectLite);
    PFILE_OBJECT file = io_stream_new(m, FileObject, DeviceObject);
    if (!file)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    file->Flags |= FO_CLEANUP_COMPLETE;
    return file;
}

/* ---- paging I/O: completes by setting the event, at whatever IRQL ---- */

static NTSTATUS io_page(struct machine *m, PFILE_OBJECT file, PMDL mdl, const LARGE_INTEGER *offset,
                        PKEVENT event, PIO_STATUS_BLOCK iosb, UCHAR major, ULONG flags) {
    PDEVICE_OBJECT device = io_device_of_file(file);
    PIRP irp = io_irp_allocate(m, device->StackSize, NULL);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->AllocationFlags |= IO_IRP_BUILT;
    irp->Flags = IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO | flags;
    irp->MdlAddress = mdl;
    irp->UserBuffer = MmGetMdlVirtualAddress(mdl);
    irp->UserIosb = iosb;
    irp->UserEvent = event;
    irp->Tail.Overlay.OriginalFileObject = file;
    irp->Tail.Overlay.Thread = ps_current_thread(m);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = major;
    stack->FileObject = file;
    stack->Parameters.Read.Length = MmGetMdlByteCount(mdl);
    stack->Parameters.Read.ByteOffset = *offset;
    return IofCallDriver(device, irp);
}

NTSTATUS IoPageRead(PFILE_OBJECT FileObject, PMDL MemoryDescriptorList,
                    PLARGE_INTEGER StartingOffset, PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(IoPageRead);
    return io_page(m, FileObject, MemoryDescriptorList, StartingOffset, Event, IoStatusBlock,
                   IRP_MJ_READ, IRP_INPUT_OPERATION);
}

NTSTATUS IoSynchronousPageWrite(PFILE_OBJECT FileObject, PMDL MemoryDescriptorList,
                                PLARGE_INTEGER StartingOffset, PKEVENT Event,
                                PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(IoSynchronousPageWrite);
    return io_page(m, FileObject, MemoryDescriptorList, StartingOffset, Event, IoStatusBlock,
                   IRP_MJ_WRITE, 0);
}
