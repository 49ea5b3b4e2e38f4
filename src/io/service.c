/*
 * What the system services on files have in common: from a handle to an IRP, and from the IRP's
 * fate to the caller.
 *
 * Synchronous files take one request at a time and make the caller wait. Asynchronous ones return
 * STATUS_PENDING; the status block, the event and the APC tell when it is over. Reads and writes
 * that complete at once are finished by the service itself, everything else by APC.
 */
#include <string.h>

#include "io/io.h"

NTSTATUS io_service_begin(struct io_service *s, HANDLE file, HANDLE event, ACCESS_MASK access) {
    struct machine *m = s->m;
    NTSTATUS status;
    s->mode = m->cpu->thread->previous_mode;
    if (s->mode == UserMode) {
        status = mm_probe(m, s->iosb, sizeof *s->iosb, 4, true);
        if (!NT_SUCCESS(status))
            return status;
    }
    status = ob_handle_reference(m, NULL, file, access, &io_file_type, s->mode, (void **)&s->file,
                                 &s->granted);
    if (!NT_SUCCESS(status))
        return status;
    if (event) {
        status = ob_handle_reference(m, NULL, event, EVENT_MODIFY_STATE, &ob_event_type, s->mode,
                                     (void **)&s->event, NULL);
        if (!NT_SUCCESS(status)) {
            ob_dereference(m, s->file);
            return status;
        }
        KeClearEvent(s->event);
    }
    s->device = io_device_of_file(s->file);
    if (s->file->Flags & FO_SYNCHRONOUS_IO) {
        status = io_file_lock(m, s->file, s->mode);
        if (status != STATUS_SUCCESS)
            return io_service_fail(s, status);
        s->synchronous = true;
    }
    return STATUS_SUCCESS;
}

NTSTATUS io_service_fail(struct io_service *s, NTSTATUS status) {
    if (s->synchronous)
        io_file_unlock(s->m, s->file);
    if (s->event)
        ob_dereference(s->m, s->event);
    ob_dereference(s->m, s->file);
    return status;
}

PIRP io_service_irp(struct io_service *s, UCHAR major, UCHAR minor) {
    struct machine *m = s->m;
    KeClearEvent(&s->file->Event);
    PIRP irp = io_irp_allocate(m, s->device->StackSize, NULL);
    if (!irp) {
        io_service_fail(s, STATUS_INSUFFICIENT_RESOURCES);
        return NULL;
    }
    irp->AllocationFlags |= IO_IRP_BUILT;
    irp->RequestorMode = s->mode;
    irp->UserIosb = s->iosb;
    irp->UserEvent = s->event;
    irp->Overlay.AsynchronousParameters.UserApcRoutine = s->apc;
    irp->Overlay.AsynchronousParameters.UserApcContext = s->apc_context;
    irp->Tail.Overlay.OriginalFileObject = s->file;
    irp->Flags = io_priority_flags(io_file_of(s->file)->priority);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = major;
    stack->MinorFunction = minor;
    stack->FileObject = s->file;
    if (s->mode == UserMode) {
        struct wdmsim_request *request = io_request_current(m);
        if (request)
            io_request_irp(request, irp);
    }
    return irp;
}

NTSTATUS io_service_send(struct io_service *s, PIRP irp, bool defer) {
    struct machine *m = s->m;
    PFILE_OBJECT file = s->file;
    if (defer)
        irp->Flags |= IRP_DEFER_IO_COMPLETION;
    if (s->synchronous)
        ob_reference(m, file); /* the IRP takes one with it */
    io_irp_queue(m, irp);
    NTSTATUS status = IofCallDriver(s->device, irp);
    if (status != STATUS_PENDING && defer) {
        KIRQL irql = ki_raise(m, APC_LEVEL);
        io_irp_deliver(m, irp, file);
        ki_lower(m, irql);
    }
    if (!s->synchronous)
        return status;
    if (status == STATUS_PENDING) {
        NTSTATUS wait =
            io_wait_or_cancel(m, &file->Event, irp, s->mode, (file->Flags & FO_ALERTABLE_IO) != 0);
        status = wait == STATUS_ALERTED ? wait : file->FinalStatus;
    }
    io_file_unlock(m, file);
    ob_dereference(m, file);
    return status;
}

NTSTATUS io_irp_buffer(struct machine *m, PIRP irp, ULONG size) {
    irp->AssociatedIrp.SystemBuffer = mm_pool_allocate(m, NonPagedPoolNx, size, IO_TAG_BUFFER);
    if (!irp->AssociatedIrp.SystemBuffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    return STATUS_SUCCESS;
}

NTSTATUS io_irp_mdl(struct machine *m, PIRP irp, PVOID buffer, ULONG length, KPROCESSOR_MODE mode,
                    LOCK_OPERATION operation) {
    if (mode == UserMode) {
        NTSTATUS status = mm_probe(m, buffer, length, 1, operation != IoReadAccess);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (!mm_mdl_allocate(m, buffer, length, FALSE, irp, NULL))
        return STATUS_INSUFFICIENT_RESOURCES;
    MmProbeAndLockPages(irp->MdlAddress, mode, operation);
    return STATUS_SUCCESS;
}
