/*
 * IRPs that drivers have the I/O manager build: ready to send, and except for the asynchronous ones
 * freed by it.
 *
 * wdm/nf-wdm-iobuildasynchronousfsdrequest, -iobuildsynchronousfsdrequest,
 * -iobuilddeviceiocontrolrequest, ntddk/nf-ntddk-iomakeassociatedirp
 */
#include <string.h>

#include "io/io.h"

/* Gives an IRP that was never sent back. */
static PIRP io_build_failed(struct machine *m, PIRP irp) {
    io_irp_abandon(m, irp);
    return NULL;
}

static bool io_build_buffered(struct machine *m, PIRP irp, PVOID buffer, ULONG length, bool write) {
    irp->AssociatedIrp.SystemBuffer = mm_pool_allocate(m, NonPagedPoolNx, length, IO_TAG_BUFFER);
    if (!irp->AssociatedIrp.SystemBuffer)
        return false;
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    if (write) {
        memcpy(irp->AssociatedIrp.SystemBuffer, buffer, length);
    } else {
        irp->Flags |= IRP_INPUT_OPERATION;
        irp->UserBuffer = buffer;
        io_irp_prefix(irp)->output_length = length;
    }
    return true;
}

static bool io_build_mdl(struct machine *m, PIRP irp, PVOID buffer, ULONG length,
                         LOCK_OPERATION operation) {
    if (ki_is_user_address((uintptr_t)buffer) &&
        !NT_SUCCESS(mm_probe(m, buffer, length, 1, operation != IoReadAccess)))
        return false;
    return NT_SUCCESS(io_irp_mdl(m, irp, buffer, length, KernelMode, operation));
}

/* The parameters of a read or write, as the device wants its buffers. */
static bool io_build_transfer(struct machine *m, PDEVICE_OBJECT device, PIRP irp,
                              PIO_STACK_LOCATION stack, PVOID buffer, ULONG length,
                              const LARGE_INTEGER *offset) {
    bool write = stack->MajorFunction == IRP_MJ_WRITE, done = true;
    stack->Parameters.Read.Length = length;
    if (offset)
        stack->Parameters.Read.ByteOffset = *offset;
    if (device->Flags & DO_BUFFERED_IO) {
        if (length)
            done = io_build_buffered(m, irp, buffer, length, write);
    } else if (device->Flags & DO_DIRECT_IO) {
        if (length)
            done = io_build_mdl(m, irp, buffer, length, write ? IoReadAccess : IoWriteAccess);
    } else {
        irp->UserBuffer = buffer;
    }
    return done;
}

static PIRP io_build_fsd(struct machine *m, ULONG major, PDEVICE_OBJECT device, PVOID buffer,
                         ULONG length, const LARGE_INTEGER *offset, PIO_STATUS_BLOCK iosb,
                         const void *owner) {
    PIRP irp = io_irp_allocate(m, device->StackSize, owner);
    if (!irp)
        return NULL;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = (UCHAR)major;
    irp->Tail.Overlay.Thread = ps_current_thread(m);
    irp->UserIosb = iosb;
    if ((major == IRP_MJ_READ || major == IRP_MJ_WRITE) &&
        !io_build_transfer(m, device, irp, stack, buffer, length, offset))
        return io_build_failed(m, irp);
    return irp;
}

PIRP IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer,
                                   ULONG Length, PLARGE_INTEGER StartingOffset,
                                   PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(IoBuildAsynchronousFsdRequest);
    return io_build_fsd(m, MajorFunction, DeviceObject, Buffer, Length, StartingOffset,
                        IoStatusBlock, IO_CALLER());
}

static PIRP io_build_synchronous(struct machine *m, PIRP irp, PKEVENT event) {
    if (!irp)
        return NULL;
    irp->AllocationFlags |= IO_IRP_BUILT;
    irp->UserEvent = event;
    io_irp_queue(m, irp);
    return irp;
}

PIRP IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer,
                                  ULONG Length, PLARGE_INTEGER StartingOffset, PKEVENT Event,
                                  PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(IoBuildSynchronousFsdRequest);
    PIRP irp = io_build_fsd(m, MajorFunction, DeviceObject, Buffer, Length, StartingOffset,
                            IoStatusBlock, IO_CALLER());
    return io_build_synchronous(m, irp, Event);
}

PIRP io_build_shutdown(struct machine *m, PDEVICE_OBJECT device, PKEVENT event,
                       PIO_STATUS_BLOCK iosb) {
    PIRP irp = io_build_fsd(m, IRP_MJ_SHUTDOWN, device, NULL, 0, NULL, iosb, NULL);
    return io_build_synchronous(m, irp, event);
}

/* The buffers of a control request that a driver builds. */
static bool io_build_control(struct machine *m, PIRP irp, PIO_STACK_LOCATION stack, PVOID input,
                             PVOID output) {
    ULONG input_length = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG output_length = stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG method = METHOD_FROM_CTL_CODE(stack->Parameters.DeviceIoControl.IoControlCode);
    ULONG size =
        method == METHOD_BUFFERED && output_length > input_length ? output_length : input_length;
    if (method == METHOD_NEITHER) {
        irp->UserBuffer = output;
        stack->Parameters.DeviceIoControl.Type3InputBuffer = input;
        return true;
    }
    if (method == METHOD_BUFFERED)
        irp->UserBuffer = output;
    if (size && (method == METHOD_BUFFERED || input)) {
        if (!NT_SUCCESS(io_irp_buffer(m, irp, size)))
            return false;
        if (input)
            memcpy(irp->AssociatedIrp.SystemBuffer, input, input_length);
        if (method == METHOD_BUFFERED && output) {
            irp->Flags |= IRP_INPUT_OPERATION;
            io_irp_prefix(irp)->output_length = output_length;
        }
    }
    if (method != METHOD_BUFFERED && output_length && output)
        return io_build_mdl(m, irp, output, output_length,
                            method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
    return true;
}

PIRP IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject,
                                   PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                                   ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl,
                                   PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(IoBuildDeviceIoControlRequest);
    PIRP irp = io_irp_allocate(m, DeviceObject->StackSize, IO_CALLER());
    if (!irp)
        return NULL;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    irp->AllocationFlags |= IO_IRP_BUILT;
    stack->MajorFunction =
        InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
    stack->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
    stack->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
    stack->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
    irp->UserIosb = IoStatusBlock;
    irp->UserEvent = Event;
    if (!io_build_control(m, irp, stack, InputBuffer, OutputBuffer))
        return io_build_failed(m, irp);
    io_irp_queue(m, irp);
    return irp;
}

PIRP IoMakeAssociatedIrp(PIRP Irp, CCHAR StackSize) {
    KI_GATE(IoMakeAssociatedIrp);
    PIRP irp = io_irp_allocate(m, StackSize, IO_CALLER());
    if (!irp)
        return NULL;
    irp->AllocationFlags |= IO_IRP_BUILT;
    irp->Flags = IRP_ASSOCIATED_IRP;
    irp->Tail.Overlay.Thread = Irp->Tail.Overlay.Thread;
    irp->AssociatedIrp.MasterIrp = Irp;
    return irp;
}

/* ---- completion routines that outlive an unload ---- */

/* What stands for the driver's routine and context while the driver is kept loaded. */
struct io_kept_routine {
    PDEVICE_OBJECT device;
    PIO_COMPLETION_ROUTINE routine;
    PVOID context;
    UCHAR control;
};

static IO_COMPLETION_ROUTINE io_call_kept;
static NTSTATUS io_call_kept(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    struct machine *m = ki_self();
    struct io_kept_routine kept = *(struct io_kept_routine *)Context;
    mm_pool_free(m, Context, IO_TAG_MISC);
    NTSTATUS status = STATUS_SUCCESS;
    bool wanted = NT_SUCCESS(Irp->IoStatus.Status) ? kept.control & SL_INVOKE_ON_SUCCESS
                                                   : kept.control & SL_INVOKE_ON_ERROR;
    if (wanted || (Irp->Cancel && kept.control & SL_INVOKE_ON_CANCEL))
        status = kept.routine(DeviceObject, Irp, kept.context);
    else if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount)
        IoMarkIrpPending(Irp);
    ob_dereference(m, kept.device);
    return status;
}

NTSTATUS IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp,
                                  PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
                                  BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError,
                                  BOOLEAN InvokeOnCancel) {
    KI_GATE(IoSetCompletionRoutineEx);
    struct io_kept_routine *kept = NULL;
    if (!mm_fails(m))
        kept = mm_pool_allocate(m, NonPagedPoolNx, sizeof *kept, IO_TAG_MISC);
    if (!kept)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoSetCompletionRoutine(Irp, CompletionRoutine, Context, InvokeOnSuccess, InvokeOnError,
                           InvokeOnCancel);
    *kept = (struct io_kept_routine){DeviceObject, CompletionRoutine, Context,
                                     IoGetNextIrpStackLocation(Irp)->Control};
    IoSetCompletionRoutine(Irp, io_call_kept, kept, TRUE, TRUE, TRUE);
    ob_reference(m, DeviceObject);
    return STATUS_SUCCESS;
}
