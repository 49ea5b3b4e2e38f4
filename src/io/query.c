/*
 * Small questions: whose IRP is it, what does a file object say, what is the system.
 *
 * ntifs/nf-ntifs-iogetrequestorprocess, wdm/nf-wdm-iogetiopriorityhint,
 * ntifs/nf-ntifs-ioisoperationsynchronous …
 */
#include <string.h>

#include "io/io.h"

/* ---- who ---- */

static PEPROCESS io_requestor(PIRP irp) {
    PETHREAD thread = irp->Tail.Overlay.Thread;
    return thread ? thread->tcb.process : NULL;
}

PEPROCESS IoGetRequestorProcess(PIRP Irp) {
    KI_GATE(IoGetRequestorProcess);
    (void)m;
    return io_requestor(Irp);
}

ULONG IoGetRequestorProcessId(PIRP Irp) {
    KI_GATE(IoGetRequestorProcessId);
    (void)m;
    PEPROCESS process = io_requestor(Irp);
    return process ? (ULONG)(ULONG_PTR)PsGetProcessId(process) : 0;
}

/* A create is always issued by the process it is for: nobody opens on behalf of another here. */
PEPROCESS IoGetInitiatorProcess(PFILE_OBJECT FileObject) {
    KI_GATE(IoGetInitiatorProcess);
    (void)m;
    (void)FileObject;
    return NULL;
}

/* All simulated processes are 64-bit. */
BOOLEAN IoIs32bitProcess(PIRP Irp) {
    KI_GATE(IoIs32bitProcess);
    (void)m;
    (void)Irp;
    return FALSE;
}

PIRP IoGetTopLevelIrp(VOID) {
    KI_GATE(IoGetTopLevelIrp);
    return ps_current_thread(m)->top_level_irp;
}

VOID IoSetTopLevelIrp(PIRP Irp) {
    KI_GATE(IoSetTopLevelIrp);
    ps_current_thread(m)->top_level_irp = Irp;
}

/* ---- IRPs ---- */

BOOLEAN IoIsOperationSynchronous(PIRP Irp) {
    KI_GATE(IoIsOperationSynchronous);
    (void)m;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PFILE_OBJECT file = stack->FileObject;
    if (Irp->Flags & IRP_PAGING_IO)
        return (Irp->Flags & IRP_SYNCHRONOUS_PAGING_IO) != 0;
    if ((file && file->Flags & FO_SYNCHRONOUS_IO) || Irp->Flags & IRP_SYNCHRONOUS_API)
        return TRUE;
    bool control = stack->MajorFunction == IRP_MJ_DEVICE_CONTROL ||
                   stack->MajorFunction == IRP_MJ_FILE_SYSTEM_CONTROL;
    return control &&
           METHOD_FROM_CTL_CODE(stack->Parameters.DeviceIoControl.IoControlCode) == METHOD_BUFFERED;
}

IO_PRIORITY_HINT IoGetIoPriorityHint(PIRP Irp) {
    KI_GATE(IoGetIoPriorityHint);
    (void)m;
    ULONG bits = (Irp->Flags & IO_PRIORITY_MASK) >> IO_PRIORITY_SHIFT;
    return bits ? (IO_PRIORITY_HINT)(bits - 1) : IoPriorityNormal;
}

NTSTATUS IoSetIoPriorityHint(PIRP Irp, IO_PRIORITY_HINT PriorityHint) {
    KI_GATE(IoSetIoPriorityHint);
    (void)m;
    if ((unsigned)PriorityHint >= MaxIoPriorityTypes)
        return STATUS_INVALID_PARAMETER;
    Irp->Flags = (Irp->Flags & ~IO_PRIORITY_MASK) | io_priority_flags(PriorityHint);
    return STATUS_SUCCESS;
}

IO_PAGING_PRIORITY IoGetPagingIoPriority(PIRP Irp) {
    KI_GATE(IoGetPagingIoPriority);
    (void)m;
    return Irp->Flags & IRP_PAGING_IO ? IoPagingPriorityNormal : IoPagingPriorityInvalid;
}

/* ---- file objects ---- */

PGENERIC_MAPPING IoGetFileObjectGenericMapping(VOID) {
    KI_GATE(IoGetFileObjectGenericMapping);
    (void)m;
    return (PGENERIC_MAPPING)(ULONG_PTR)&io_file_type.mapping;
}

/* No file belongs to a transaction, shadows another, has an oplock or was opened for a copy:
 * nothing makes such files. */
struct _TXN_PARAMETER_BLOCK *IoGetTransactionParameterBlock(PFILE_OBJECT FileObject) {
    KI_GATE(IoGetTransactionParameterBlock);
    (void)m;
    (void)FileObject;
    return NULL;
}

BOOLEAN IoCheckFileObjectOpenedAsCopySource(PFILE_OBJECT FileObject) {
    KI_GATE(IoCheckFileObjectOpenedAsCopySource);
    (void)m;
    (void)FileObject;
    return FALSE;
}

BOOLEAN IoCheckFileObjectOpenedAsCopyDestination(PFILE_OBJECT FileObject) {
    KI_GATE(IoCheckFileObjectOpenedAsCopyDestination);
    (void)m;
    (void)FileObject;
    return FALSE;
}

POPLOCK_KEY_ECP_CONTEXT IoGetOplockKeyContext(PFILE_OBJECT FileObject) {
    KI_GATE(IoGetOplockKeyContext);
    (void)m;
    (void)FileObject;
    return NULL;
}

POPLOCK_KEY_CONTEXT IoGetOplockKeyContextEx(PFILE_OBJECT FileObject) {
    KI_GATE(IoGetOplockKeyContextEx);
    (void)m;
    (void)FileObject;
    return NULL;
}

BOOLEAN IoIsFileOriginRemote(PFILE_OBJECT FileObject) {
    KI_GATE(IoIsFileOriginRemote);
    (void)m;
    return (FileObject->Flags & FO_REMOTE_ORIGIN) != 0;
}

NTSTATUS IoSetFileOrigin(PFILE_OBJECT FileObject, BOOLEAN Remote) {
    KI_GATE(IoSetFileOrigin);
    (void)m;
    if (!Remote == !(FileObject->Flags & FO_REMOTE_ORIGIN))
        return STATUS_INVALID_PARAMETER_MIX;
    FileObject->Flags ^= FO_REMOTE_ORIGIN;
    return STATUS_SUCCESS;
}

NTSTATUS IoReplaceFileObjectName(PFILE_OBJECT FileObject, PWSTR NewFileName,
                                 USHORT FileNameLength) {
    KI_GATE(IoReplaceFileObjectName);
    PWCH buffer = FileObject->FileName.Buffer;
    if (!buffer)
        return STATUS_INVALID_PARAMETER;
    if (FileNameLength > FileObject->FileName.MaximumLength) {
        PWCH larger = mm_pool_allocate(m, PagedPool, FileNameLength, IO_TAG_NAME);
        if (!larger)
            return STATUS_INSUFFICIENT_RESOURCES;
        mm_pool_free(m, buffer, 0);
        FileObject->FileName.Buffer = buffer = larger;
        FileObject->FileName.MaximumLength = FileNameLength;
    }
    memcpy(buffer, NewFileName, FileNameLength);
    FileObject->FileName.Length = FileNameLength;
    return STATUS_SUCCESS;
}

/* A shadow file: what a filter keeps of the file behind this one. (The pages give names and types;
 * that the pair is kept with the file object, and no references are taken, is a judgement.) */
NTSTATUS IoSetShadowFileInformation(PFILE_OBJECT FileObject, PFILE_OBJECT BackingFileObject,
                                    PVOID BackingFltInstance) {
    KI_GATE(IoSetShadowFileInformation);
    (void)m;
    io_file_of(FileObject)->shadow = (IO_FOEXT_SHADOW_FILE){BackingFileObject, BackingFltInstance};
    return STATUS_SUCCESS;
}

PIO_FOEXT_SHADOW_FILE IoGetShadowFileInformation(PFILE_OBJECT FileObject) {
    KI_GATE(IoGetShadowFileInformation);
    (void)m;
    PIO_FOEXT_SHADOW_FILE shadow = &io_file_of(FileObject)->shadow;
    return shadow->BackingFileObject || shadow->BackingFltInstance ? shadow : NULL;
}

/* Applications are never suspended here; the counts are kept as their callers expect. */
NTSTATUS IoIncrementKeepAliveCount(PFILE_OBJECT FileObject, PEPROCESS Process) {
    KI_GATE(IoIncrementKeepAliveCount);
    (void)m;
    if (!Process)
        return STATUS_INVALID_PARAMETER;
    io_file_of(FileObject)->keep_alive++;
    return STATUS_SUCCESS;
}

NTSTATUS IoDecrementKeepAliveCount(PFILE_OBJECT FileObject, PEPROCESS Process) {
    KI_GATE(IoDecrementKeepAliveCount);
    (void)m;
    if (!Process || !io_file_of(FileObject)->keep_alive)
        return STATUS_INVALID_PARAMETER;
    io_file_of(FileObject)->keep_alive--;
    return STATUS_SUCCESS;
}

/* ---- the system ---- */

PCONFIGURATION_INFORMATION IoGetConfigurationInformation(VOID) {
    KI_GATE(IoGetConfigurationInformation);
    return &m->io->configuration;
}

/* A copy of a text in pool that the driver frees. */
static NTSTATUS io_give_string(struct machine *m, const WCHAR *text, size_t length,
                               const void *owner, PUNICODE_STRING result) {
    PWCH buffer =
        mm_pool_allocate_for(m, PagedPool, (length + 1) * sizeof(WCHAR), IO_TAG_NAME, owner);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(buffer, text, length * sizeof(WCHAR));
    buffer[length] = 0;
    result->Buffer = buffer;
    result->Length = (USHORT)(length * sizeof(WCHAR));
    result->MaximumLength = (USHORT)((length + 1) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS IoQueryFullDriverPath(PDRIVER_OBJECT DriverObject, PUNICODE_STRING FullPath) {
    KI_GATE(IoQueryFullDriverPath);
    const struct wdmsim_driver *host = io_driver_of(DriverObject)->host;
    if (!host->image.path[0])
        return STATUS_NOT_FOUND;
    UNICODE_STRING path = io_wide(m, host->image.path);
    if (!path.Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status =
        io_give_string(m, path.Buffer, path.Length / sizeof(WCHAR), IO_CALLER(), FullPath);
    io_wide_free(m, &path);
    return status;
}

/* Looks for a drive letter that leads to a device. */
struct io_letter {
    struct machine *m;
    const void *device;
    WCHAR letter;
};

static bool io_letter_matches(void *context, void *object) {
    struct io_letter *search = context;
    UNICODE_STRING rest = {0};
    const UNICODE_STRING *name = &ob_header_of(object)->name;
    void *target;
    if (!ob_is(object, &ob_link_type) || name->Length != 2 * sizeof(WCHAR) ||
        name->Buffer[1] != ':' ||
        !NT_SUCCESS(ob_lookup(search->m, ob_link_target(object), &rest, &target)))
        return true;
    ob_free_string(search->m, &rest);
    if (target == search->device)
        search->letter = name->Buffer[0];
    ob_dereference(search->m, target);
    return !search->letter;
}

static WCHAR io_drive_letter(struct machine *m, const void *device) {
    struct io_letter search = {m, device, 0};
    ob_directory_visit(m, m->ob->dos_devices, io_letter_matches, &search);
    return search.letter;
}

NTSTATUS IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName) {
    KI_GATE(IoVolumeDeviceToDosName);
    WCHAR text[2] = {io_drive_letter(m, VolumeDeviceObject), ':'};
    if (!text[0])
        return STATUS_INVALID_PARAMETER;
    return io_give_string(m, text, KI_COUNT(text), IO_CALLER(), DosName);
}

NTSTATUS RtlVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName) {
    KI_GATE(RtlVolumeDeviceToDosName);
    (void)m;
    return IoVolumeDeviceToDosName(VolumeDeviceObject, DosName);
}

NTSTATUS IoQueryFileDosDeviceName(PFILE_OBJECT FileObject,
                                  POBJECT_NAME_INFORMATION *ObjectNameInformation) {
    KI_GATE(IoQueryFileDosDeviceName);
    WCHAR letter = io_drive_letter(m, FileObject->DeviceObject);
    if (!letter)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    size_t size = sizeof **ObjectNameInformation + 3 * sizeof(WCHAR) + FileObject->FileName.Length;
    POBJECT_NAME_INFORMATION name =
        mm_pool_allocate_for(m, PagedPool, size, IO_TAG_NAME, IO_CALLER());
    if (!name)
        return STATUS_INSUFFICIENT_RESOURCES;
    PWCH text = (PWCH)(PVOID)(name + 1);
    text[0] = letter;
    text[1] = ':';
    if (FileObject->FileName.Length)
        memcpy(text + 2, FileObject->FileName.Buffer, FileObject->FileName.Length);
    name->Name.Buffer = text;
    name->Name.Length = (USHORT)(2 * sizeof(WCHAR) + FileObject->FileName.Length);
    name->Name.MaximumLength = (USHORT)(name->Name.Length + sizeof(WCHAR));
    text[name->Name.Length / sizeof(WCHAR)] = 0;
    *ObjectNameInformation = name;
    return STATUS_SUCCESS;
}
