/*
 * Reading and writing: NtReadFile, NtWriteFile, NtFlushBuffersFile.
 *
 * The device's flags decide how the buffer travels: copied through a system buffer
 * (DO_BUFFERED_IO), locked and described by an MDL (DO_DIRECT_IO), or as the caller's address.
 *
 * ntifs/nf-ntifs-ntreadfile, -ntwritefile; wdm/nf-wdm-zwreadfile, -zwwritefile
 */
#include <string.h>

#include "io/io.h"

/* Where the transfer begins: the caller's offset, or the file's position where the file has one. */
static NTSTATUS io_offset(const struct io_service *s, const LARGE_INTEGER *given, bool write,
                          LARGE_INTEGER *offset) {
    bool current =
        given && given->HighPart == -1 && given->LowPart == FILE_USE_FILE_POINTER_POSITION;
    bool end = given && given->HighPart == -1 && given->LowPart == FILE_WRITE_TO_END_OF_FILE;
    if (s->file->Flags & FO_SYNCHRONOUS_IO && (!given || current)) {
        *offset = s->file->CurrentByteOffset;
        return STATUS_SUCCESS;
    }
    if (!given) {
        if (!(s->file->Flags & (FO_NAMED_PIPE | FO_MAILSLOT)))
            return STATUS_INVALID_PARAMETER;
        offset->QuadPart = 0;
        return STATUS_SUCCESS;
    }
    *offset = *given;
    return given->QuadPart < 0 && !(write && end) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* Unbuffered transfers come in whole sectors. */
static bool io_is_aligned(const struct io_service *s, const void *buffer, ULONG length,
                          LARGE_INTEGER offset) {
    ULONG sector = s->device->SectorSize;
    if (!(s->file->Flags & FO_NO_INTERMEDIATE_BUFFERING) || !sector)
        return true;
    return length % sector == 0 && offset.QuadPart % sector == 0 &&
           ((ULONG_PTR)buffer & s->device->AlignmentRequirement) == 0;
}

static NTSTATUS io_attach_buffer(struct io_service *s, PIRP irp, PVOID buffer, ULONG length,
                                 bool write) {
    struct machine *m = s->m;
    NTSTATUS status = STATUS_SUCCESS;
    if (!length)
        return status;
    if (s->device->Flags & DO_BUFFERED_IO) {
        status = io_irp_buffer(m, irp, length);
        if (!NT_SUCCESS(status))
            return status;
        if (write) {
            memcpy(irp->AssociatedIrp.SystemBuffer, buffer, length);
        } else {
            irp->UserBuffer = buffer;
            irp->Flags |= IRP_INPUT_OPERATION;
            io_irp_prefix(irp)->output_length = length;
        }
    } else if (s->device->Flags & DO_DIRECT_IO) {
        status = io_irp_mdl(m, irp, buffer, length, s->mode, write ? IoReadAccess : IoWriteAccess);
    } else {
        irp->UserBuffer = buffer;
    }
    return status;
}

static NTSTATUS io_transfer_checked(struct io_service *s, PVOID buffer, ULONG length,
                                    const LARGE_INTEGER *given, ULONG key, bool write) {
    LARGE_INTEGER offset = {.QuadPart = 0};
    NTSTATUS status = io_offset(s, given, write, &offset);
    if (NT_SUCCESS(status) && !io_is_aligned(s, buffer, length, offset))
        status = STATUS_INVALID_PARAMETER;
    if (write && (s->granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)) == FILE_APPEND_DATA)
        offset.QuadPart = -1; /* append access alone */
    if (!NT_SUCCESS(status))
        return io_service_fail(s, status);
    if (io_fast_transfer(s, buffer, length, offset, key, write))
        return io_service_fail(s, s->iosb->Status);
    PIRP irp = io_service_irp(s, write ? IRP_MJ_WRITE : IRP_MJ_READ, 0);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    status = io_attach_buffer(s, irp, buffer, length, write);
    if (!NT_SUCCESS(status)) {
        io_irp_abandon(s->m, irp);
        return io_service_fail(s, status);
    }
    irp->Flags |= write ? IRP_WRITE_OPERATION : IRP_READ_OPERATION;
    if (s->file->Flags & FO_NO_INTERMEDIATE_BUFFERING)
        irp->Flags |= IRP_NOCACHE;
    if (write && s->file->Flags & FO_WRITE_THROUGH)
        stack->Flags = SL_WRITE_THROUGH;
    /* Read and Write have the same shape. */
    stack->Parameters.Read.Length = length;
    stack->Parameters.Read.Key = key;
    stack->Parameters.Read.ByteOffset = offset;
    return io_service_send(s, irp, true);
}

static NTSTATUS io_transfer(struct io_service *s, HANDLE file, HANDLE event, PVOID buffer,
                            ULONG length, PLARGE_INTEGER given, PULONG key, bool write) {
    struct machine *m = s->m;
    LARGE_INTEGER offset;
    ULONG key_value = 0;
    NTSTATUS status = STATUS_SUCCESS;
    if (m->cpu->thread->previous_mode == UserMode) {
        status = mm_probe(m, buffer, length, 1, !write);
        if (NT_SUCCESS(status) && given)
            status = mm_probe(m, given, sizeof *given, 4, false);
        if (NT_SUCCESS(status) && key)
            status = mm_probe(m, key, sizeof *key, 4, false);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (given)
        offset = *given;
    if (key)
        key_value = *key;
    status = io_service_begin(s, file, event, write ? 0 : FILE_READ_DATA);
    if (!NT_SUCCESS(status))
        return status;
    if (write && s->mode == UserMode && !(s->granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
        return io_service_fail(s, STATUS_ACCESS_DENIED);
    return io_transfer_checked(s, buffer, length, given ? &offset : NULL, key_value, write);
}

NTSTATUS NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                    PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                    PLARGE_INTEGER ByteOffset, PULONG Key) {
    KI_GATE(NtReadFile);
    struct io_service s = {
        .m = m, .apc = ApcRoutine, .apc_context = ApcContext, .iosb = IoStatusBlock};
    NTSTATUS status = io_transfer(&s, FileHandle, Event, Buffer, Length, ByteOffset, Key, false);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                    PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                    PLARGE_INTEGER ByteOffset, PULONG Key) {
    KI_GATE(ZwReadFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status = NtReadFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer,
                                 Length, ByteOffset, Key);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                     PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                     PLARGE_INTEGER ByteOffset, PULONG Key) {
    KI_GATE(NtWriteFile);
    struct io_service s = {
        .m = m, .apc = ApcRoutine, .apc_context = ApcContext, .iosb = IoStatusBlock};
    NTSTATUS status = io_transfer(&s, FileHandle, Event, Buffer, Length, ByteOffset, Key, true);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                     PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                     PLARGE_INTEGER ByteOffset, PULONG Key) {
    KI_GATE(ZwWriteFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status = NtWriteFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer,
                                  Length, ByteOffset, Key);
    io_leave_kernel(m, old);
    return status;
}
