/*
 * Services that only file systems answer: directories, byte-range locks, extended attributes,
 * quotas, flushing with flags. Each becomes one IRP of its own function code; where it is not
 * asynchronous by nature the service waits for it.
 *
 * The buffer travels as the device's flags say: through a system buffer, an MDL, or as the caller's
 * address.
 *
 * ntifs/nf-ntifs-ntquerydirectoryfile, -ntlockfile, -zwqueryeafile, -ntqueryquotainformationfile,
 * -ntflushbuffersfileex; ifs/irp-mj-directory-control …
 */
#include <string.h>

#include "io/io.h"

/* What a service hands to the driver beside the IRP itself. */
struct io_fs_data {
    PVOID buffer; /* the caller's */
    ULONG length;
    bool set;    /* the caller's data goes down */
    ULONG extra; /* bytes of parameters that must live as long as the IRP */
};

/*
 * Attaches the buffer, and gives out the room for the extra bytes. They lie behind the system
 * buffer, or are all there is in it, so that the IRP's end frees them.
 */
static NTSTATUS io_fs_buffer(struct io_service *s, PIRP irp, const struct io_fs_data *data,
                             char **extra) {
    bool buffered = s->device->Flags & DO_BUFFERED_IO && data->length;
    ULONG room = buffered ? (data->length + 7u) & ~7u : 0;
    NTSTATUS status = STATUS_SUCCESS;
    irp->UserBuffer = data->buffer;
    if (room + data->extra)
        status = io_irp_buffer(s->m, irp, room + data->extra);
    if (!NT_SUCCESS(status))
        return status;
    if (extra)
        *extra = data->extra ? (char *)irp->AssociatedIrp.SystemBuffer + room : NULL;
    if (buffered && data->set) {
        memcpy(irp->AssociatedIrp.SystemBuffer, data->buffer, data->length);
    } else if (buffered) {
        irp->Flags |= IRP_INPUT_OPERATION;
        io_irp_prefix(irp)->output_length = data->length;
    } else if (data->length && s->device->Flags & DO_DIRECT_IO) {
        return io_irp_mdl(s->m, irp, data->buffer, data->length, s->mode,
                          data->set ? IoReadAccess : IoWriteAccess);
    }
    return STATUS_SUCCESS;
}

/* A failure after the IRP was made. */
static NTSTATUS io_fs_fail(struct io_service *s, PIRP irp, NTSTATUS status) {
    io_irp_abandon(s->m, irp);
    return io_service_fail(s, status);
}

/* Sends it and waits, on an event of the service's own unless the file is synchronous. */
static NTSTATUS io_fs_wait(struct io_service *s, PIRP irp) {
    struct machine *m = s->m;
    IO_STATUS_BLOCK local = {0};
    KEVENT event;
    PFILE_OBJECT file = s->file;
    irp->Flags |= IRP_SYNCHRONOUS_API;
    if (s->synchronous)
        return io_service_send(s, irp, false);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ob_reference(m, file);
    irp->UserIosb = &local;
    irp->UserEvent = &event;
    NTSTATUS status = io_service_send(s, irp, false);
    if (status == STATUS_PENDING) {
        io_wait_or_cancel(m, &event, irp, s->mode, false);
        status = local.Status;
    }
    if (!NT_ERROR(status))
        *s->iosb = local;
    ob_dereference(m, file);
    return status;
}

static NTSTATUS io_fs_probe(struct machine *m, const void *buffer, ULONG length, bool write) {
    if (m->cpu->thread->previous_mode == KernelMode || !length)
        return STATUS_SUCCESS;
    return mm_probe(m, buffer, length, 4, write);
}

/* ---- directories ---- */

static NTSTATUS io_fs_pattern_probe(struct machine *m, PUNICODE_STRING name) {
    if (!name || m->cpu->thread->previous_mode == KernelMode)
        return STATUS_SUCCESS;
    NTSTATUS status = mm_probe(m, name, sizeof *name, 4, false);
    return NT_SUCCESS(status) ? mm_probe(m, name->Buffer, name->Length, sizeof(WCHAR), false)
                              : status;
}

/* A copy of the pattern in the room that io_fs_buffer gave. */
static PUNICODE_STRING io_fs_pattern(char *room, const UNICODE_STRING *pattern) {
    PUNICODE_STRING copy = (PUNICODE_STRING)(PVOID)room;
    if (!room)
        return NULL;
    copy->Length = copy->MaximumLength = pattern->Length;
    copy->Buffer = (PWCH)(copy + 1);
    memcpy(copy->Buffer, pattern->Buffer, pattern->Length);
    return copy;
}

struct io_directory_query {
    PVOID buffer;
    ULONG length;
    FILE_INFORMATION_CLASS class;
    PUNICODE_STRING pattern;
    UCHAR flags; /* SL_RESTART_SCAN … */
};

static NTSTATUS io_query_directory(struct io_service *s, HANDLE file, HANDLE event,
                                   const struct io_directory_query *query) {
    struct machine *m = s->m;
    const UNICODE_STRING *name = query->pattern;
    char *room;
    NTSTATUS status = io_fs_probe(m, query->buffer, query->length, true);
    if (NT_SUCCESS(status))
        status = io_fs_pattern_probe(m, query->pattern);
    if (NT_SUCCESS(status))
        status = io_service_begin(s, file, event, FILE_LIST_DIRECTORY);
    if (!NT_SUCCESS(status))
        return status;
    PIRP irp = io_service_irp(s, IRP_MJ_DIRECTORY_CONTROL, IRP_MN_QUERY_DIRECTORY);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    const struct io_fs_data data = {query->buffer, query->length, false,
                                    name && name->Length ? (ULONG)sizeof *name + name->Length : 0};
    status = io_fs_buffer(s, irp, &data, &room);
    if (!NT_SUCCESS(status))
        return io_fs_fail(s, irp, status);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->Flags = query->flags;
    stack->Parameters.QueryDirectory.Length = query->length;
    stack->Parameters.QueryDirectory.FileName = io_fs_pattern(room, name);
    stack->Parameters.QueryDirectory.FileInformationClass = query->class;
    return io_service_send(s, irp, true);
}

NTSTATUS NtQueryDirectoryFileEx(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                PVOID FileInformation, ULONG Length,
                                FILE_INFORMATION_CLASS FileInformationClass, ULONG QueryFlags,
                                PUNICODE_STRING FileName) {
    KI_GATE(NtQueryDirectoryFileEx);
    struct io_service s = {
        .m = m, .apc = ApcRoutine, .apc_context = ApcContext, .iosb = IoStatusBlock};
    const struct io_directory_query query = {FileInformation, Length, FileInformationClass,
                                             FileName, (UCHAR)QueryFlags};
    const ULONG valid = SL_RESTART_SCAN | SL_RETURN_SINGLE_ENTRY | SL_INDEX_SPECIFIED |
                        SL_RETURN_ON_DISK_ENTRIES_ONLY | SL_NO_CURSOR_UPDATE_QUERY;
    NTSTATUS status = QueryFlags & ~valid ? STATUS_INVALID_PARAMETER
                                          : io_query_directory(&s, FileHandle, Event, &query);
    ps_leave_service(m);
    return status;
}

static ULONG io_query_flags(BOOLEAN single, BOOLEAN restart) {
    return (single ? SL_RETURN_SINGLE_ENTRY : 0u) | (restart ? SL_RESTART_SCAN : 0u);
}

NTSTATUS NtQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                              PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                              PVOID FileInformation, ULONG Length,
                              FILE_INFORMATION_CLASS FileInformationClass,
                              BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
                              BOOLEAN RestartScan) {
    KI_GATE(NtQueryDirectoryFile);
    (void)m;
    return NtQueryDirectoryFileEx(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                                  FileInformation, Length, FileInformationClass,
                                  io_query_flags(ReturnSingleEntry, RestartScan), FileName);
}

NTSTATUS ZwQueryDirectoryFileEx(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                                PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                PVOID FileInformation, ULONG Length,
                                FILE_INFORMATION_CLASS FileInformationClass, ULONG QueryFlags,
                                PUNICODE_STRING FileName) {
    KI_GATE(ZwQueryDirectoryFileEx);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status =
        NtQueryDirectoryFileEx(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                               FileInformation, Length, FileInformationClass, QueryFlags, FileName);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS ZwQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                              PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                              PVOID FileInformation, ULONG Length,
                              FILE_INFORMATION_CLASS FileInformationClass,
                              BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
                              BOOLEAN RestartScan) {
    KI_GATE(ZwQueryDirectoryFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status = NtQueryDirectoryFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                                           FileInformation, Length, FileInformationClass,
                                           ReturnSingleEntry, FileName, RestartScan);
    io_leave_kernel(m, old);
    return status;
}

/* ---- byte-range locks ---- */

/* The length travels by address. */
static NTSTATUS io_lock_irp(struct io_service *s, PIRP irp, const LARGE_INTEGER *offset,
                            const LARGE_INTEGER *length, ULONG key) {
    const struct io_fs_data data = {.extra = sizeof *length};
    char *room;
    NTSTATUS status = io_fs_buffer(s, irp, &data, &room);
    if (!NT_SUCCESS(status))
        return status;
    memcpy(room, length, sizeof *length);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->Parameters.LockControl.Length = (PLARGE_INTEGER)(PVOID)room;
    stack->Parameters.LockControl.Key = key;
    stack->Parameters.LockControl.ByteOffset = *offset;
    return STATUS_SUCCESS;
}

static NTSTATUS io_lock_begin(struct io_service *s, HANDLE file, HANDLE event,
                              const LARGE_INTEGER *offset, const LARGE_INTEGER *length) {
    struct machine *m = s->m;
    NTSTATUS status = io_fs_probe(m, offset, sizeof *offset, false);
    if (NT_SUCCESS(status))
        status = io_fs_probe(m, length, sizeof *length, false);
    if (NT_SUCCESS(status))
        status = io_service_begin(s, file, event, 0);
    if (!NT_SUCCESS(status))
        return status;
    if (s->mode == UserMode && !(s->granted & (FILE_READ_DATA | FILE_WRITE_DATA)))
        return io_service_fail(s, STATUS_ACCESS_DENIED);
    return STATUS_SUCCESS;
}

NTSTATUS NtLockFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset,
                    PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately,
                    BOOLEAN ExclusiveLock) {
    KI_GATE(NtLockFile);
    struct io_service s = {
        .m = m, .apc = ApcRoutine, .apc_context = ApcContext, .iosb = IoStatusBlock};
    NTSTATUS status = io_lock_begin(&s, FileHandle, Event, ByteOffset, Length);
    if (!NT_SUCCESS(status))
        return status;
    s.file->LockOperation = TRUE;
    if (io_fast_lock(&s, *ByteOffset, *Length, Key, FailImmediately, ExclusiveLock))
        return io_service_fail(&s, IoStatusBlock->Status);
    PIRP irp = io_service_irp(&s, IRP_MJ_LOCK_CONTROL, IRP_MN_LOCK);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = io_lock_irp(&s, irp, ByteOffset, Length, Key);
    if (!NT_SUCCESS(status))
        return io_fs_fail(&s, irp, status);
    IoGetNextIrpStackLocation(irp)->Flags = (UCHAR)((FailImmediately ? SL_FAIL_IMMEDIATELY : 0) |
                                                    (ExclusiveLock ? SL_EXCLUSIVE_LOCK : 0));
    status = io_service_send(&s, irp, false);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwLockFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                    PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset,
                    PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately,
                    BOOLEAN ExclusiveLock) {
    KI_GATE(ZwLockFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status = NtLockFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                                 ByteOffset, Length, Key, FailImmediately, ExclusiveLock);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS NtUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset,
                      PLARGE_INTEGER Length, ULONG Key) {
    KI_GATE(NtUnlockFile);
    struct io_service s = {.m = m, .iosb = IoStatusBlock};
    NTSTATUS status = io_lock_begin(&s, FileHandle, NULL, ByteOffset, Length);
    if (!NT_SUCCESS(status))
        return status;
    if (io_fast_unlock(&s, *ByteOffset, *Length, Key))
        return io_service_fail(&s, IoStatusBlock->Status);
    PIRP irp = io_service_irp(&s, IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_SINGLE);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = io_lock_irp(&s, irp, ByteOffset, Length, Key);
    if (!NT_SUCCESS(status))
        return io_fs_fail(&s, irp, status);
    status = io_fs_wait(&s, irp);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset,
                      PLARGE_INTEGER Length, ULONG Key) {
    KI_GATE(ZwUnlockFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status = NtUnlockFile(FileHandle, IoStatusBlock, ByteOffset, Length, Key);
    io_leave_kernel(m, old);
    return status;
}

/* ---- flushing with flags ---- */

NTSTATUS NtFlushBuffersFileEx(HANDLE FileHandle, ULONG Flags, PVOID Parameters,
                              ULONG ParametersSize, PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(NtFlushBuffersFileEx);
    static const UCHAR minors[] = {[FLUSH_FLAGS_FILE_DATA_ONLY] = IRP_MN_FLUSH_DATA_ONLY,
                                   [FLUSH_FLAGS_NO_SYNC] = IRP_MN_FLUSH_NO_SYNC,
                                   [FLUSH_FLAGS_FILE_DATA_SYNC_ONLY] = IRP_MN_FLUSH_DATA_SYNC_ONLY};
    struct io_service s = {.m = m, .iosb = IoStatusBlock};
    if (Parameters || ParametersSize || Flags >= KI_COUNT(minors) || (Flags && !minors[Flags]))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = io_service_begin(&s, FileHandle, NULL, 0);
    if (!NT_SUCCESS(status))
        return status;
    if (s.mode == UserMode && !(s.granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
        return io_service_fail(&s, STATUS_ACCESS_DENIED);
    PIRP irp = io_service_irp(&s, IRP_MJ_FLUSH_BUFFERS, minors[Flags]);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = io_fs_wait(&s, irp);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwFlushBuffersFileEx(HANDLE FileHandle, ULONG Flags, PVOID Parameters,
                              ULONG ParametersSize, PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(ZwFlushBuffersFileEx);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status =
        NtFlushBuffersFileEx(FileHandle, Flags, Parameters, ParametersSize, IoStatusBlock);
    io_leave_kernel(m, old);
    return status;
}

/* ---- extended attributes and quotas: one shape ---- */

struct io_list_query {
    UCHAR major;
    ACCESS_MASK access;
    PVOID buffer;
    ULONG length;
    PVOID names; /* which entries; NULL: all */
    ULONG names_length;
    PVOID start; /* a quota's first identifier */
    PULONG index;
    UCHAR flags;
};

/* Sends the list of names along, and behind it the first identifier. */
static NTSTATUS io_list_names(struct io_service *s, PIRP irp, const struct io_list_query *query) {
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    ULONG start = query->start ? SeLengthSid(query->start) : 0;
    ULONG names = (query->names_length + 7u) & ~7u;
    const struct io_fs_data data = {query->buffer, query->length, false, names + start};
    char *room;
    NTSTATUS status = io_fs_buffer(s, irp, &data, &room);
    if (!NT_SUCCESS(status))
        return status;
    if (query->names_length)
        memcpy(room, query->names, query->names_length);
    if (start)
        memcpy(room + names, query->start, start);
    if (query->major == IRP_MJ_QUERY_EA) {
        stack->Parameters.QueryEa.Length = query->length;
        stack->Parameters.QueryEa.EaList = query->names_length ? room : NULL;
        stack->Parameters.QueryEa.EaListLength = query->names_length;
        stack->Parameters.QueryEa.EaIndex = query->index ? *query->index : 0;
    } else {
        stack->Parameters.QueryQuota.Length = query->length;
        stack->Parameters.QueryQuota.SidList = query->names_length ? (PVOID)room : NULL;
        stack->Parameters.QueryQuota.SidListLength = query->names_length;
        stack->Parameters.QueryQuota.StartSid = start ? room + names : NULL;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS io_query_list(struct machine *m, HANDLE file, PIO_STATUS_BLOCK iosb,
                              const struct io_list_query *query) {
    struct io_service s = {.m = m, .iosb = iosb};
    NTSTATUS status = io_fs_probe(m, query->buffer, query->length, true);
    if (NT_SUCCESS(status))
        status = io_fs_probe(m, query->names, query->names_length, false);
    if (NT_SUCCESS(status))
        status = io_fs_probe(m, query->index, query->index ? sizeof(ULONG) : 0, false);
    if (NT_SUCCESS(status))
        status = io_service_begin(&s, file, NULL, query->access);
    if (!NT_SUCCESS(status))
        return status;
    PIRP irp = io_service_irp(&s, query->major, 0);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = io_list_names(&s, irp, query);
    if (!NT_SUCCESS(status))
        return io_fs_fail(&s, irp, status);
    IoGetNextIrpStackLocation(irp)->Flags = query->flags;
    return io_fs_wait(&s, irp);
}

/* SetEa and SetQuota have the same parameters. */
static NTSTATUS io_set_list(struct machine *m, HANDLE file, PIO_STATUS_BLOCK iosb, PVOID buffer,
                            ULONG length, UCHAR major, ACCESS_MASK access) {
    struct io_service s = {.m = m, .iosb = iosb};
    NTSTATUS status = io_fs_probe(m, buffer, length, false);
    ULONG offset = 0;
    if (NT_SUCCESS(status))
        status = major == IRP_MJ_SET_EA ? IoCheckEaBufferValidity(buffer, length, &offset)
                                        : IoCheckQuotaBufferValidity(buffer, length, &offset);
    if (!NT_SUCCESS(status)) {
        iosb->Information = offset;
        return status;
    }
    status = io_service_begin(&s, file, NULL, access);
    if (!NT_SUCCESS(status))
        return status;
    PIRP irp = io_service_irp(&s, major, 0);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    const struct io_fs_data data = {buffer, length, true, 0};
    status = io_fs_buffer(&s, irp, &data, NULL);
    if (!NT_SUCCESS(status))
        return io_fs_fail(&s, irp, status);
    IoGetNextIrpStackLocation(irp)->Parameters.SetEa.Length = length;
    return io_fs_wait(&s, irp);
}

NTSTATUS ZwQueryEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                       ULONG Length, BOOLEAN ReturnSingleEntry, PVOID EaList, ULONG EaListLength,
                       PULONG EaIndex, BOOLEAN RestartScan) {
    KI_GATE(ZwQueryEaFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    const struct io_list_query query = {IRP_MJ_QUERY_EA,
                                        FILE_READ_EA,
                                        Buffer,
                                        Length,
                                        EaList,
                                        EaList ? EaListLength : 0,
                                        NULL,
                                        EaIndex,
                                        (UCHAR)(io_query_flags(ReturnSingleEntry, RestartScan) |
                                                (EaIndex ? SL_INDEX_SPECIFIED : 0))};
    NTSTATUS status = io_query_list(m, FileHandle, IoStatusBlock, &query);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS ZwSetEaFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                     ULONG Length) {
    KI_GATE(ZwSetEaFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status =
        io_set_list(m, FileHandle, IoStatusBlock, Buffer, Length, IRP_MJ_SET_EA, FILE_WRITE_EA);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS NtQueryQuotaInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                     PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry,
                                     PVOID SidList, ULONG SidListLength, PSID StartSid,
                                     BOOLEAN RestartScan) {
    KI_GATE(NtQueryQuotaInformationFile);
    const struct io_list_query query = {IRP_MJ_QUERY_QUOTA,
                                        0,
                                        Buffer,
                                        Length,
                                        SidList,
                                        SidList ? SidListLength : 0,
                                        StartSid,
                                        NULL,
                                        (UCHAR)io_query_flags(ReturnSingleEntry, RestartScan)};
    NTSTATUS status = io_fs_probe(m, StartSid, StartSid ? sizeof(SID) : 0, false);
    if (NT_SUCCESS(status))
        status = io_query_list(m, FileHandle, IoStatusBlock, &query);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwQueryQuotaInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock,
                                     PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry,
                                     PVOID SidList, ULONG SidListLength, PSID StartSid,
                                     BOOLEAN RestartScan) {
    KI_GATE(ZwQueryQuotaInformationFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status =
        NtQueryQuotaInformationFile(FileHandle, IoStatusBlock, Buffer, Length, ReturnSingleEntry,
                                    SidList, SidListLength, StartSid, RestartScan);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS NtSetQuotaInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                                   ULONG Length) {
    KI_GATE(NtSetQuotaInformationFile);
    NTSTATUS status = io_set_list(m, FileHandle, IoStatusBlock, Buffer, Length, IRP_MJ_SET_QUOTA,
                                  FILE_WRITE_DATA);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwSetQuotaInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                                   ULONG Length) {
    KI_GATE(ZwSetQuotaInformationFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status = NtSetQuotaInformationFile(FileHandle, IoStatusBlock, Buffer, Length);
    io_leave_kernel(m, old);
    return status;
}
