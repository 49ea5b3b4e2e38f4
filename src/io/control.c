/*
 * Device and file system control requests, and the other services without a transfer of their own:
 * flush.
 *
 * The control code says who may send it and how the buffers travel: METHOD_BUFFERED copies in and
 * out through one system buffer, the direct methods copy the input and lock the output,
 * METHOD_NEITHER passes both addresses on.
 *
 * ntifs/nf-ntifs-ntdeviceiocontrolfile, -ntfscontrolfile; wdm/nf-wdm-zwdeviceiocontrolfile
 */
#include <string.h>

#include "io/io.h"

/* Minor function of a file system control that comes from outside the file system. */
#define IO_USER_FS_REQUEST 0

/* The buffers of a control request, as the caller named them. */
struct io_control {
    ULONG code;
    PVOID input, output;
    ULONG input_length, output_length;
    bool device; /* or file system */
};

static NTSTATUS io_control_probe(struct machine *m, struct io_control *c) {
    ULONG method = METHOD_FROM_CTL_CODE(c->code);
    NTSTATUS status = STATUS_SUCCESS;
    if (method == METHOD_BUFFERED && c->output)
        status = mm_probe(m, c->output, c->output_length, 1, true);
    if (NT_SUCCESS(status) && method != METHOD_NEITHER && c->input)
        status = mm_probe(m, c->input, c->input_length, 1, false);
    return status;
}

/* A length without a buffer is none; METHOD_NEITHER leaves both to the driver. */
static void io_control_trim(struct io_control *c) {
    ULONG method = METHOD_FROM_CTL_CODE(c->code);
    if (method == METHOD_BUFFERED && !c->output)
        c->output_length = 0;
    if (method != METHOD_NEITHER && !c->input)
        c->input_length = 0;
}

static NTSTATUS io_control_access(const struct io_service *s, ULONG code) {
    ULONG access = code >> 14 & 3;
    ACCESS_MASK needed = (access & FILE_READ_ACCESS ? FILE_READ_DATA : 0) |
                         (access & FILE_WRITE_ACCESS ? FILE_WRITE_DATA : 0);
    if (s->mode == KernelMode || (s->granted & needed) == needed)
        return STATUS_SUCCESS;
    return STATUS_ACCESS_DENIED;
}

static NTSTATUS io_control_buffered(struct io_service *s, PIRP irp, const struct io_control *c) {
    ULONG size = c->input_length > c->output_length ? c->input_length : c->output_length;
    irp->UserBuffer = c->output;
    if (!size)
        return STATUS_SUCCESS;
    NTSTATUS status = io_irp_buffer(s->m, irp, size);
    if (!NT_SUCCESS(status))
        return status;
    if (c->input_length)
        memcpy(irp->AssociatedIrp.SystemBuffer, c->input, c->input_length);
    if (c->output) {
        irp->Flags |= IRP_INPUT_OPERATION;
        io_irp_prefix(irp)->output_length = c->output_length;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS io_control_direct(struct io_service *s, PIRP irp, const struct io_control *c) {
    NTSTATUS status = STATUS_SUCCESS;
    if (c->input_length) {
        status = io_irp_buffer(s->m, irp, c->input_length);
        if (!NT_SUCCESS(status))
            return status;
        memcpy(irp->AssociatedIrp.SystemBuffer, c->input, c->input_length);
    }
    if (c->output_length)
        status = io_irp_mdl(s->m, irp, c->output, c->output_length, s->mode,
                            METHOD_FROM_CTL_CODE(c->code) == METHOD_IN_DIRECT ? IoReadAccess
                                                                              : IoWriteAccess);
    return status;
}

static NTSTATUS io_control_attach(struct io_service *s, PIRP irp, PIO_STACK_LOCATION stack,
                                  const struct io_control *c) {
    switch (METHOD_FROM_CTL_CODE(c->code)) {
    case METHOD_BUFFERED:
        return io_control_buffered(s, irp, c);
    case METHOD_NEITHER:
        irp->UserBuffer = c->output;
        stack->Parameters.DeviceIoControl.Type3InputBuffer = c->input;
        return STATUS_SUCCESS;
    default:
        return io_control_direct(s, irp, c);
    }
}

static NTSTATUS io_control(struct io_service *s, HANDLE file, HANDLE event, struct io_control *c) {
    NTSTATUS status = STATUS_SUCCESS;
    if (s->m->cpu->thread->previous_mode == UserMode)
        status = io_control_probe(s->m, c);
    if (!NT_SUCCESS(status))
        return status;
    io_control_trim(c);
    status = io_service_begin(s, file, event, 0);
    if (!NT_SUCCESS(status))
        return status;
    status = io_control_access(s, c->code);
    if (!NT_SUCCESS(status))
        return io_service_fail(s, status);
    if (c->device &&
        io_fast_control(s, c->input, c->input_length, c->output, c->output_length, c->code))
        return io_service_fail(s, s->iosb->Status);
    PIRP irp = io_service_irp(s, c->device ? IRP_MJ_DEVICE_CONTROL : IRP_MJ_FILE_SYSTEM_CONTROL,
                              c->device ? 0 : IO_USER_FS_REQUEST);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->Parameters.DeviceIoControl.OutputBufferLength = c->output_length;
    stack->Parameters.DeviceIoControl.InputBufferLength = c->input_length;
    stack->Parameters.DeviceIoControl.IoControlCode = c->code;
    if (s->mode == KernelMode || s->granted & FILE_READ_DATA)
        stack->Flags |= SL_READ_ACCESS_GRANTED;
    if (s->mode == KernelMode || s->granted & FILE_WRITE_DATA)
        stack->Flags |= SL_WRITE_ACCESS_GRANTED;
    status = io_control_attach(s, irp, stack, c);
    if (!NT_SUCCESS(status)) {
        io_irp_abandon(s->m, irp);
        return io_service_fail(s, status);
    }
    return io_service_send(s, irp, false);
}

NTSTATUS NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                               PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                               ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength,
                               PVOID OutputBuffer, ULONG OutputBufferLength) {
    KI_GATE(NtDeviceIoControlFile);
    struct io_service s = {
        .m = m, .apc = ApcRoutine, .apc_context = ApcContext, .iosb = IoStatusBlock};
    struct io_control c = {IoControlCode,     InputBuffer,        OutputBuffer,
                           InputBufferLength, OutputBufferLength, true};
    NTSTATUS status = io_control(&s, FileHandle, Event, &c);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                               PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                               ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength,
                               PVOID OutputBuffer, ULONG OutputBufferLength) {
    KI_GATE(ZwDeviceIoControlFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status = NtDeviceIoControlFile(FileHandle, Event, ApcRoutine, ApcContext,
                                            IoStatusBlock, IoControlCode, InputBuffer,
                                            InputBufferLength, OutputBuffer, OutputBufferLength);
    io_leave_kernel(m, old);
    return status;
}

NTSTATUS NtFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                         PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode,
                         PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                         ULONG OutputBufferLength) {
    KI_GATE(NtFsControlFile);
    struct io_service s = {
        .m = m, .apc = ApcRoutine, .apc_context = ApcContext, .iosb = IoStatusBlock};
    struct io_control c = {FsControlCode,     InputBuffer,        OutputBuffer,
                           InputBufferLength, OutputBufferLength, false};
    NTSTATUS status = io_control(&s, FileHandle, Event, &c);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwFsControlFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                         PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode,
                         PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                         ULONG OutputBufferLength) {
    KI_GATE(ZwFsControlFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status =
        NtFsControlFile(FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FsControlCode,
                        InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength);
    io_leave_kernel(m, old);
    return status;
}

/* ---- flush ---- */

static NTSTATUS io_flush(struct machine *m, HANDLE file, PIO_STATUS_BLOCK iosb) {
    IO_STATUS_BLOCK local;
    KEVENT event;
    struct io_service s = {.m = m, .iosb = iosb};
    NTSTATUS status = io_service_begin(&s, file, NULL, 0);
    if (!NT_SUCCESS(status))
        return status;
    if (s.mode == UserMode && !(s.granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
        return io_service_fail(&s, STATUS_ACCESS_DENIED);
    PIRP irp = io_service_irp(&s, IRP_MJ_FLUSH_BUFFERS, 0);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (s.synchronous)
        return io_service_send(&s, irp, false);
    /* There is no asynchronous flush: the service waits on an event of its own. */
    PFILE_OBJECT target = s.file;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ob_reference(m, target);
    irp->Flags |= IRP_SYNCHRONOUS_API;
    irp->UserIosb = &local;
    irp->UserEvent = &event;
    status = io_service_send(&s, irp, false);
    if (status == STATUS_PENDING) {
        io_wait_or_cancel(m, &event, irp, s.mode, false);
        status = local.Status;
    }
    if (NT_SUCCESS(status))
        *iosb = local;
    ob_dereference(m, target);
    return status;
}

NTSTATUS NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(NtFlushBuffersFile);
    NTSTATUS status = io_flush(m, FileHandle, IoStatusBlock);
    ps_leave_service(m);
    return status;
}

NTSTATUS ZwFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(ZwFlushBuffersFile);
    KPROCESSOR_MODE old = io_enter_kernel(m);
    NTSTATUS status = NtFlushBuffersFile(FileHandle, IoStatusBlock);
    io_leave_kernel(m, old);
    return status;
}
