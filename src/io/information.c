/*
 * Querying and setting what files and volumes are: NtQueryInformationFile and its relatives.
 *
 * The I/O manager answers what it knows itself (the position of a synchronous file, access, mode,
 * alignment, the kind of device); the rest travels as an IRP with a system buffer of the caller's
 * length, always waited for.
 *
 * ntifs/nf-ntifs-ntqueryinformationfile; wdm/nf-wdm-zwqueryinformationfile, -zwsetinformationfile
 */
#include <string.h>

#include "io/io.h"

/* Smallest buffers of the classes that drivers and programs use; 0: not allowed in that direction.
 */
static const struct io_class {
    FILE_INFORMATION_CLASS class;
    USHORT query, set;
    ACCESS_MASK query_access, set_access;
} io_classes[] = {
    {FileBasicInformation, 40, 40, FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES},
    {FileStandardInformation, 24, 0, 0, 0},
    {FileInternalInformation, 8, 0, 0, 0},
    {FileEaInformation, 4, 0, 0, 0},
    {FileAccessInformation, 4, 0, 0, 0},
    {FileNameInformation, 8, 0, 0, 0},
    {FileRenameInformation, 0, 24, 0, DELETE},
    {FileLinkInformation, 0, 24, 0, 0},
    {FileDispositionInformation, 0, 1, 0, DELETE},
    {FilePositionInformation, 8, 8, 0, 0},
    {FileModeInformation, 4, 4, 0, 0},
    {FileAlignmentInformation, 4, 0, 0, 0},
    {FileAllInformation, 104, 0, FILE_READ_ATTRIBUTES, 0},
    {FileAllocationInformation, 0, 8, 0, FILE_WRITE_DATA},
    {FileEndOfFileInformation, 0, 8, 0, FILE_WRITE_DATA},
    {FileAlternateNameInformation, 8, 0, 0, 0},
    {FileStreamInformation, 32, 0, 0, 0},
    {FilePipeInformation, 8, 8, FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES},
    {FilePipeLocalInformation, 40, 0, FILE_READ_ATTRIBUTES, 0},
    {FileCompressionInformation, 16, 0, 0, 0},
    {FileNetworkOpenInformation, 56, 0, FILE_READ_ATTRIBUTES, 0},
    {FileAttributeTagInformation, 8, 0, FILE_READ_ATTRIBUTES, 0},
    {FileValidDataLengthInformation, 0, 8, 0, FILE_WRITE_DATA},
    {FileIoCompletionNotificationInformation, 4, 4, 0, 0},
    {FileIoPriorityHintInformation, 4, 4, FILE_READ_DATA, FILE_READ_DATA},
    {FileIsRemoteDeviceInformation, 1, 0, 0, 0},
};

static const struct {
    FS_INFORMATION_CLASS class;
    USHORT query, set;
} io_volume_classes[] = {
    {FileFsVolumeInformation, 24, 0},     {FileFsLabelInformation, 0, 8},
    {FileFsSizeInformation, 24, 0},       {FileFsDeviceInformation, 8, 0},
    {FileFsAttributeInformation, 16, 0},  {FileFsControlInformation, 48, 48},
    {FileFsFullSizeInformation, 32, 0},   {FileFsObjectIdInformation, 64, 64},
    {FileFsSectorSizeInformation, 28, 0},
};

static const struct io_class *io_class_of(FILE_INFORMATION_CLASS class) {
    for (size_t i = 0; i < KI_COUNT(io_classes); i++)
        if (io_classes[i].class == class)
            return &io_classes[i];
    return NULL;
}

static NTSTATUS io_class_check(FILE_INFORMATION_CLASS class, ULONG length, bool set) {
    const struct io_class *known = io_class_of(class);
    USHORT needed = !known ? 0 : set ? known->set : known->query;
    if (!needed)
        return STATUS_INVALID_INFO_CLASS;
    return length < needed ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

static NTSTATUS io_volume_class_check(FS_INFORMATION_CLASS class, ULONG length, bool set) {
    for (size_t i = 0; i < KI_COUNT(io_volume_classes); i++) {
        USHORT needed = set ? io_volume_classes[i].set : io_volume_classes[i].query;
        if (io_volume_classes[i].class == class && needed)
            return length < needed ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
    }
    return STATUS_INVALID_INFO_CLASS;
}

ACCESS_MASK io_class_access(FILE_INFORMATION_CLASS class, bool set) {
    const struct io_class *known = io_class_of(class);
    return !known ? 0 : set ? known->set_access : known->query_access;
}

NTSTATUS IoCheckQuerySetFileInformation(FILE_INFORMATION_CLASS FileInformationClass, ULONG Length,
                                        BOOLEAN SetOperation) {
    KI_GATE(IoCheckQuerySetFileInformation);
    (void)m;
    return io_class_check(FileInformationClass, Length, SetOperation);
}

NTSTATUS IoCheckQuerySetVolumeInformation(FS_INFORMATION_CLASS FsInformationClass, ULONG Length,
                                          BOOLEAN SetOperation) {
    KI_GATE(IoCheckQuerySetVolumeInformation);
    (void)m;
    return io_volume_class_check(FsInformationClass, Length, SetOperation);
}

/* ---- what the I/O manager knows itself ---- */

static ULONG io_file_mode(const FILE_OBJECT *file) {
    ULONG mode = 0;
    if (file->Flags & FO_WRITE_THROUGH)
        mode |= FILE_WRITE_THROUGH;
    if (file->Flags & FO_SEQUENTIAL_ONLY)
        mode |= FILE_SEQUENTIAL_ONLY;
    if (file->Flags & FO_NO_INTERMEDIATE_BUFFERING)
        mode |= FILE_NO_INTERMEDIATE_BUFFERING;
    if (file->Flags & FO_SYNCHRONOUS_IO)
        mode |= file->Flags & FO_ALERTABLE_IO ? FILE_SYNCHRONOUS_IO_ALERT
                                              : FILE_SYNCHRONOUS_IO_NONALERT;
    return mode;
}

/* Fills `value` and returns its size; 0: a driver must be asked. */
static ULONG io_query_own(const struct io_service *s, FILE_INFORMATION_CLASS class,
                          ULONG64 *value) {
    const struct io_file *own = io_file_of(s->file);
    *value = 0;
    switch (class) {
    case FilePositionInformation:
        *value = (ULONG64)s->file->CurrentByteOffset.QuadPart;
        return s->file->Flags & FO_SYNCHRONOUS_IO ? 8 : 0;
    case FileAccessInformation:
        *value = s->granted;
        return 4;
    case FileModeInformation:
        *value = io_file_mode(s->file);
        return 4;
    case FileAlignmentInformation:
        *value = s->device->AlignmentRequirement;
        return 4;
    case FileIoPriorityHintInformation:
        *value = (ULONG64)own->priority;
        return 4;
    case FileIoCompletionNotificationInformation:
        *value = own->completion_flags;
        return 4;
    case FileIsRemoteDeviceInformation:
        *value = (s->file->DeviceObject->Characteristics & FILE_REMOTE_DEVICE) != 0;
        return 1;
    default:
        return 0;
    }
}

static NTSTATUS io_set_position(struct io_service *s, const void *buffer) {
    LARGE_INTEGER offset;
    memcpy(&offset, buffer, sizeof offset);
    if (offset.QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    if (s->file->Flags & FO_NO_INTERMEDIATE_BUFFERING &&
        (ULONG)offset.LowPart & s->device->AlignmentRequirement)
        return STATUS_INVALID_PARAMETER;
    s->file->CurrentByteOffset = offset;
    return STATUS_SUCCESS;
}

#define IO_SETTABLE_MODES                                                                          \
    (FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_SYNCHRONOUS_IO_ALERT |                       \
     FILE_SYNCHRONOUS_IO_NONALERT)

static NTSTATUS io_set_mode(struct io_service *s, ULONG mode) {
    ULONG sync = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    bool synchronous = s->file->Flags & FO_SYNCHRONOUS_IO;
    if (mode & ~(ULONG)IO_SETTABLE_MODES || (mode & sync) == sync ||
        ((mode & sync) != 0) != synchronous)
        return STATUS_INVALID_PARAMETER;
    s->file->Flags &= ~(ULONG)(FO_WRITE_THROUGH | FO_SEQUENTIAL_ONLY | FO_ALERTABLE_IO);
    if (mode & FILE_WRITE_THROUGH)
        s->file->Flags |= FO_WRITE_THROUGH;
    if (mode & FILE_SEQUENTIAL_ONLY)
        s->file->Flags |= FO_SEQUENTIAL_ONLY;
    if (mode & FILE_SYNCHRONOUS_IO_ALERT)
        s->file->Flags |= FO_ALERTABLE_IO;
    return STATUS_SUCCESS;
}

/* STATUS_MORE_PROCESSING_REQUIRED: a driver must be asked. */
static NTSTATUS io_set_own(struct io_service *s, FILE_INFORMATION_CLASS class, const void *buffer) {
    ULONG value;
    switch (class) {
    case FilePositionInformation:
        return s->file->Flags & FO_SYNCHRONOUS_IO ? io_set_position(s, buffer)
                                                  : STATUS_MORE_PROCESSING_REQUIRED;
    case FileModeInformation:
        memcpy(&value, buffer, sizeof value);
        return io_set_mode(s, value);
    case FileIoPriorityHintInformation:
        memcpy(&value, buffer, sizeof value);
        if (value >= MaxIoPriorityTypes)
            return STATUS_INVALID_PARAMETER;
        io_file_of(s->file)->priority = (IO_PRIORITY_HINT)value;
        return STATUS_SUCCESS;
    case FileIoCompletionNotificationInformation:
        memcpy(&value, buffer, sizeof value);
        if (value & ~7u)
            return STATUS_INVALID_PARAMETER;
        io_file_of(s->file)->completion_flags |= value;
        return STATUS_SUCCESS;
    default:
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
}

/* ---- asking the driver ---- */

/* Sends the IRP and waits, on the file's event or on one of its own; the caller's status block gets
 * the result. */
static NTSTATUS io_ask_driver(struct io_service *s, UCHAR major, ULONG class, void *buffer,
                              ULONG length, bool set) {
    struct machine *m = s->m;
    PFILE_OBJECT file = s->file;
    PIO_STATUS_BLOCK iosb = s->iosb;
    IO_STATUS_BLOCK local = {0};
    KEVENT event;
    bool synchronous = s->synchronous;
    PIRP irp = io_service_irp(s, major, 0);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = io_irp_buffer(m, irp, length);
    if (!NT_SUCCESS(status)) {
        io_irp_abandon(m, irp);
        return io_service_fail(s, status);
    }
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->Parameters.QueryFile.Length = length;
    stack->Parameters.QueryFile.FileInformationClass = (FILE_INFORMATION_CLASS) class;
    if (set) {
        memcpy(irp->AssociatedIrp.SystemBuffer, buffer, length);
    } else {
        irp->UserBuffer = buffer;
        irp->Flags |= IRP_INPUT_OPERATION;
        io_irp_prefix(irp)->output_length = length;
    }
    irp->Flags |= IRP_SYNCHRONOUS_API;
    ob_reference(m, file);
    if (!synchronous) {
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        irp->UserEvent = &event;
        irp->UserIosb = &local;
    }
    status = io_service_send(s, irp, false);
    if (!synchronous) {
        if (status == STATUS_PENDING) {
            io_wait_or_cancel(m, &event, irp, s->mode, false);
            status = local.Status;
        }
        if (!NT_ERROR(status))
            *iosb = local;
    }
    ob_dereference(m, file);
    return status;
}

static NTSTATUS io_information_probe(struct machine *m, const void *buffer, ULONG length,
                                     bool set) {
    if (m->cpu->thread->previous_mode == KernelMode)
        return STATUS_SUCCESS;
    return mm_probe(m, buffer, length, 4, !set);
}

static NTSTATUS io_finish_own(struct io_service *s, NTSTATUS status, ULONG_PTR information) {
    if (!NT_ERROR(status)) {
        s->iosb->Status = status;
        s->iosb->Information = information;
    }
    return io_service_fail(s, status);
}

static NTSTATUS io_query_file(struct machine *m, HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer,
                              ULONG length, FILE_INFORMATION_CLASS class) {
    ULONG64 value;
    struct io_service s = {.m = m, .iosb = iosb};
    NTSTATUS status = io_class_check(class, length, false);
    if (NT_SUCCESS(status))
        status = io_information_probe(m, buffer, length, false);
    if (NT_SUCCESS(status))
        status = io_service_begin(&s, handle, NULL, io_class_of(class)->query_access);
    if (!NT_SUCCESS(status))
        return status;
    ULONG size = io_query_own(&s, class, &value);
    if (!size && io_fast_query(&s, class, buffer))
        return io_service_fail(&s, iosb->Status);
    if (!size)
        return io_ask_driver(&s, IRP_MJ_QUERY_INFORMATION, class, buffer, length, false);
    memcpy(buffer, &value, size);
    return io_finish_own(&s, STATUS_SUCCESS, size);
}

static NTSTATUS io_set_file(struct machine *m, HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer,
                            ULONG length, FILE_INFORMATION_CLASS class) {
    struct io_service s = {.m = m, .iosb = iosb};
    NTSTATUS status = io_class_check(class, length, true);
    if (NT_SUCCESS(status))
        status = io_information_probe(m, buffer, length, true);
    if (NT_SUCCESS(status))
        status = io_service_begin(&s, handle, NULL, io_class_of(class)->set_access);
    if (!NT_SUCCESS(status))
        return status;
    status = io_set_own(&s, class, buffer);
    if (status == STATUS_MORE_PROCESSING_REQUIRED)
        return io_ask_driver(&s, IRP_MJ_SET_INFORMATION, class, buffer, length, true);
    return io_finish_own(&s, status, 0);
}

static NTSTATUS io_volume(struct machine *m, HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer,
                          ULONG length, FS_INFORMATION_CLASS class, bool set) {
    struct io_service s = {.m = m, .iosb = iosb};
    NTSTATUS status = io_volume_class_check(class, length, set);
    if (NT_SUCCESS(status))
        status = io_information_probe(m, buffer, length, set);
    if (NT_SUCCESS(status))
        status = io_service_begin(&s, handle, NULL, set ? FILE_WRITE_DATA : 0);
    if (!NT_SUCCESS(status))
        return status;
    if (!set && class == FileFsDeviceInformation) {
        FILE_FS_DEVICE_INFORMATION information = {s.file->DeviceObject->DeviceType,
                                                  s.file->DeviceObject->Characteristics};
        memcpy(buffer, &information, sizeof information);
        return io_finish_own(&s, STATUS_SUCCESS, sizeof information);
    }
    return io_ask_driver(&s, set ? IRP_MJ_SET_VOLUME_INFORMATION : IRP_MJ_QUERY_VOLUME_INFORMATION,
                         class, buffer, length, set);
}

/* ---- the services ---- */

NTSTATUS NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                PVOID FileInformation, ULONG Length,
                                FILE_INFORMATION_CLASS FileInformationClass) {
    KI_GATE(NtQueryInformationFile);
    NTSTATUS status =
        io_query_file(m, FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                PVOID FileInformation, ULONG Length,
                                FILE_INFORMATION_CLASS FileInformationClass) {
    KI_GATE(ZwQueryInformationFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status =
        io_query_file(m, FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                              PVOID FileInformation, ULONG Length,
                              FILE_INFORMATION_CLASS FileInformationClass) {
    KI_GATE(NtSetInformationFile);
    NTSTATUS status =
        io_set_file(m, FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                              PVOID FileInformation, ULONG Length,
                              FILE_INFORMATION_CLASS FileInformationClass) {
    KI_GATE(ZwSetInformationFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status =
        io_set_file(m, FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS NtQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                      PVOID FsInformation, ULONG Length,
                                      FS_INFORMATION_CLASS FsInformationClass) {
    KI_GATE(NtQueryVolumeInformationFile);
    NTSTATUS status =
        io_volume(m, FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass, false);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                      PVOID FsInformation, ULONG Length,
                                      FS_INFORMATION_CLASS FsInformationClass) {
    KI_GATE(ZwQueryVolumeInformationFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status =
        io_volume(m, FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass, false);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS ZwSetVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                    PVOID FsInformation, ULONG Length,
                                    FS_INFORMATION_CLASS FsInformationClass) {
    KI_GATE(ZwSetVolumeInformationFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status =
        io_volume(m, FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass, true);
    io_leave_kernel(m, old);
    return status;
}

/* ---- the same by file object, for drivers ---- */

/* An IRP to the file's stack with the caller's kernel buffer. */
static NTSTATUS io_ask_by_object(struct machine *m, PFILE_OBJECT file, UCHAR major, ULONG class,
                                 ULONG length, PVOID buffer, PULONG returned) {
    KEVENT event;
    IO_STATUS_BLOCK iosb = {0};
    PDEVICE_OBJECT device = io_device_of_file(file);
    PIRP irp = io_irp_allocate(m, device->StackSize, NULL);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp->AllocationFlags |= IO_IRP_BUILT;
    irp->Flags = IRP_BUFFERED_IO | IRP_SYNCHRONOUS_API;
    irp->UserIosb = &iosb;
    irp->UserEvent = &event;
    irp->AssociatedIrp.SystemBuffer = buffer;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = major;
    stack->FileObject = file;
    stack->Parameters.QueryFile.Length = length;
    stack->Parameters.QueryFile.FileInformationClass = (FILE_INFORMATION_CLASS) class;
    NTSTATUS status = io_call_and_wait(m, device, irp, &event, &iosb);
    if (returned)
        *returned = (ULONG)iosb.Information;
    return status;
}

NTSTATUS IoQueryFileInformation(PFILE_OBJECT FileObject,
                                FILE_INFORMATION_CLASS FileInformationClass, ULONG Length,
                                PVOID FileInformation, PULONG ReturnedLength) {
    KI_GATE(IoQueryFileInformation);
    return io_ask_by_object(m, FileObject, IRP_MJ_QUERY_INFORMATION, FileInformationClass, Length,
                            FileInformation, ReturnedLength);
}

NTSTATUS IoQueryVolumeInformation(PFILE_OBJECT FileObject, FS_INFORMATION_CLASS FsInformationClass,
                                  ULONG Length, PVOID FsInformation, PULONG ReturnedLength) {
    KI_GATE(IoQueryVolumeInformation);
    return io_ask_by_object(m, FileObject, IRP_MJ_QUERY_VOLUME_INFORMATION, FsInformationClass,
                            Length, FsInformation, ReturnedLength);
}

NTSTATUS IoSetInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass,
                          ULONG Length, PVOID FileInformation) {
    KI_GATE(IoSetInformation);
    return io_ask_by_object(m, FileObject, IRP_MJ_SET_INFORMATION, FileInformationClass, Length,
                            FileInformation, NULL);
}
