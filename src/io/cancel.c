/*
 * Cancelling IRPs, and the end of threads that still have some.
 *
 * The cancel spin lock is one lock of the machine. IoCancelIrp takes it, marks the IRP, takes its
 * cancel routine away and calls that with the lock held; the routine releases it at the IRQL kept
 * in the IRP. Everything else here ends in that.
 *
 * wdm/nf-wdm-iocancelirp, -iosetcancelroutine, nc-wdm-driver_cancel
 */
#include "io/io.h"
#include "ke/spin.h"

PDRIVER_CANCEL IoSetCancelRoutine(PIRP Irp, PDRIVER_CANCEL CancelRoutine) {
    KI_GATE(IoSetCancelRoutine);
    (void)m;
    PDRIVER_CANCEL old = Irp->CancelRoutine;
    Irp->CancelRoutine = CancelRoutine;
    return old;
}

VOID IoAcquireCancelSpinLock(PKIRQL Irql) {
    KI_GATE(IoAcquireCancelSpinLock);
    KIRQL old = ki_raise(m, DISPATCH_LEVEL);
    ke_spin_take(m, m->io->cancel_lock, KI_LOCK_SPIN);
    *Irql = old;
}

VOID IoReleaseCancelSpinLock(KIRQL Irql) {
    KI_GATE(IoReleaseCancelSpinLock);
    if (KI_UNLIKELY(*m->io->cancel_lock != 1u + m->cpu->number))
        ki_bugcheck(m, SPIN_LOCK_NOT_OWNED, (ULONG_PTR)m->io->cancel_lock, *m->io->cancel_lock, 0,
                    0, "%s released the cancel spin lock, which it does not hold",
                    ki_address_name(m, IO_CALLER()));
    ke_spin_give(m, m->io->cancel_lock);
    ki_lower(m, Irql);
}

/* Calls the routine with the lock held; it comes back without. */
static void io_call_cancel_routine(struct machine *m, PIRP irp, PDRIVER_CANCEL routine,
                                   KIRQL irql) {
    PDEVICE_OBJECT device = NULL;
    if (irp->CurrentLocation <= irp->StackCount)
        device = IoGetCurrentIrpStackLocation(irp)->DeviceObject;
    routine(device, irp);
    m = ki_self();
    if (KI_UNLIKELY(*m->io->cancel_lock == 1u + m->cpu->number))
        ki_bugcheck(m, DRIVER_RETURNED_HOLDING_CANCEL_LOCK, (ULONG_PTR)irp, (ULONG_PTR)routine, 0,
                    0, "the cancel routine %s returned with the cancel spin lock held",
                    ki_address_name(m, (void *)routine));
    if (KI_UNLIKELY(m->cpu->irql != irql) && m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(
            m, IRQL_UNEXPECTED_VALUE, (ULONG_PTR)m->cpu->irql << 16 | (ULONG_PTR)irql << 8,
            (ULONG_PTR)routine, 0, 0, "the cancel routine %s was called from %s and returned at %s",
            ki_address_name(m, (void *)routine), ki_irql_name(irql), ki_irql_name(m->cpu->irql));
}

static KIRQL io_cancel_lock(struct machine *m) {
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    ke_spin_take(m, m->io->cancel_lock, KI_LOCK_SPIN);
    return irql;
}

static void io_cancel_unlock(struct machine *m, KIRQL irql) {
    ke_spin_give(m, m->io->cancel_lock);
    ki_lower(m, irql);
}

/* The lock is held and is released here. */
static BOOLEAN io_cancel_locked(struct machine *m, PIRP irp, KIRQL irql) {
    irp->Cancel = TRUE;
    PDRIVER_CANCEL routine = irp->CancelRoutine;
    irp->CancelRoutine = NULL;
    KI_TRACE(m, IRP_CANCEL, routine ? ki_address_name(m, (void *)routine) : "has no cancel routine",
             io_irp_serial(irp));
    if (!routine) {
        io_cancel_unlock(m, irql);
        return FALSE;
    }
    if (KI_UNLIKELY(irp->CurrentLocation > irp->StackCount + 1))
        ki_bugcheck(m, CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)irp, (ULONG_PTR)routine, 0, 0,
                    "irp %u is completed and has the cancel routine %s", io_irp_serial(irp),
                    ki_address_name(m, (void *)routine));
    irp->CancelIrql = irql;
    io_call_cancel_routine(m, irp, routine, irql);
    return TRUE;
}

static BOOLEAN io_cancel(struct machine *m, PIRP irp) {
    return io_cancel_locked(m, irp, io_cancel_lock(m));
}

BOOLEAN IoCancelIrp(PIRP Irp) {
    KI_GATE(IoCancelIrp);
    if (KI_UNLIKELY(io_irp_type(Irp) != IO_TYPE_IRP))
        ki_bugcheck(m, CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)Irp, 0, 0, 0,
                    "%s canceled something that is no IRP, or freed already",
                    ki_address_name(m, IO_CALLER()));
    return io_cancel(m, Irp);
}

void io_cancel_irp(struct machine *m, PIRP irp) { io_cancel(m, irp); }

void io_cancel_pointed(struct machine *m, PIRP *irp) {
    KIRQL irql = io_cancel_lock(m);
    if (*irp)
        io_cancel_locked(m, *irp, irql);
    else
        io_cancel_unlock(m, irql);
}

/* ---- everything of a thread ---- */

static bool io_irp_matches(PIRP irp, PFILE_OBJECT file, const void *iosb) {
    return (!file || irp->Tail.Overlay.OriginalFileObject == file) &&
           (!iosb || (const void *)irp->UserIosb == iosb);
}

/* The first IRP of the thread that matches and was not canceled yet. */
static PIRP io_find_cancelable(PETHREAD thread, PFILE_OBJECT file, const void *iosb) {
    for (PLIST_ENTRY link = thread->irps.Flink; link != &thread->irps; link = link->Flink) {
        PIRP irp = CONTAINING_RECORD(link, IRP, ThreadListEntry);
        if (!irp->Cancel && irp->AllocationFlags & IO_IRP_IN_FLIGHT &&
            io_irp_matches(irp, file, iosb))
            return irp;
    }
    return NULL;
}

static PIRP io_find_in_process(PEPROCESS process, PFILE_OBJECT file, const void *iosb) {
    PIRP irp = NULL;
    for (PLIST_ENTRY link = process->threads.Flink; link != &process->threads && !irp;
         link = link->Flink)
        irp =
            io_find_cancelable(CONTAINING_RECORD(link, struct _ETHREAD, process_link), file, iosb);
    return irp;
}

/*
 * Cancels the matching IRPs of a thread, or of all threads of a process. Each is looked for with
 * the cancel lock held, from the start: a cancel routine lets others move, and the lists change.
 * Returns how many there were.
 */
static unsigned io_cancel_all(struct machine *m, PETHREAD thread, PEPROCESS process,
                              PFILE_OBJECT file, const void *iosb) {
    for (unsigned count = 0;; count++) {
        KIRQL irql = io_cancel_lock(m);
        PIRP irp = thread ? io_find_cancelable(thread, file, iosb)
                          : io_find_in_process(process, file, iosb);
        if (!irp) {
            io_cancel_unlock(m, irql);
            return count;
        }
        io_cancel_locked(m, irp, irql);
    }
}

static bool io_thread_has(PETHREAD thread, PFILE_OBJECT file) {
    for (PLIST_ENTRY link = thread->irps.Flink; link != &thread->irps; link = link->Flink)
        if (io_irp_matches(CONTAINING_RECORD(link, IRP, ThreadListEntry), file, NULL))
            return true;
    return false;
}

/* A driver that never completes what it was told to cancel keeps the thread; it is not waited for
 * longer than this. */
#define IO_CANCEL_PATIENCE (5 * 60 * 10000000ll)

void io_cancel_thread(struct machine *m, PETHREAD thread, PFILE_OBJECT file) {
    LARGE_INTEGER interval = {.QuadPart = -100 * 10000};
    uint64_t start = m->clock.now;
    io_cancel_all(m, thread, NULL, file, NULL);
    while (io_thread_has(thread, file)) {
        ke_delay(m, &interval);
        if ((int64_t)(m->clock.now - start) / 100 > IO_CANCEL_PATIENCE && !file)
            break;
    }
    if (file)
        return;
    /* What is left is cut off from the thread: its results go nowhere. */
    while (!IsListEmpty(&thread->irps)) {
        PIRP irp = CONTAINING_RECORD(thread->irps.Flink, IRP, ThreadListEntry);
        io_irp_dequeue(irp);
        irp->Tail.Overlay.Thread = NULL;
    }
}

/* ---- services ---- */

static NTSTATUS io_cancel_result(struct machine *m, KPROCESSOR_MODE mode, PIO_STATUS_BLOCK iosb,
                                 NTSTATUS status) {
    (void)m;
    (void)mode;
    iosb->Status = status;
    iosb->Information = 0;
    return status;
}

static NTSTATUS io_cancel_begin(struct machine *m, HANDLE handle, KPROCESSOR_MODE mode,
                                PIO_STATUS_BLOCK iosb, PFILE_OBJECT *file) {
    if (mode == UserMode) {
        NTSTATUS status = mm_probe(m, iosb, sizeof *iosb, 4, true);
        if (!NT_SUCCESS(status))
            return status;
    }
    return ob_handle_reference(m, NULL, handle, 0, &io_file_type, mode, (void **)file, NULL);
}

/* Cancels what the calling thread has in flight for the file, and waits until it is gone. */
NTSTATUS NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(NtCancelIoFile);
    KPROCESSOR_MODE mode = m->cpu->thread->previous_mode;
    PFILE_OBJECT file;
    NTSTATUS status = io_cancel_begin(m, FileHandle, mode, IoStatusBlock, &file);
    if (NT_SUCCESS(status)) {
        io_cancel_thread(m, ps_current_thread(m), file);
        ob_dereference(m, file);
        status = io_cancel_result(m, mode, IoStatusBlock, STATUS_SUCCESS);
    }
    ps_leave_service(m);
    return status;
}

/* Cancels requests of all threads of the process for the file: the one with a given status block,
 * or all. */
NTSTATUS NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel,
                          PIO_STATUS_BLOCK IoStatusBlock) {
    KI_GATE(NtCancelIoFileEx);
    KPROCESSOR_MODE mode = m->cpu->thread->previous_mode;
    PFILE_OBJECT file;
    NTSTATUS status = io_cancel_begin(m, FileHandle, mode, IoStatusBlock, &file);
    if (NT_SUCCESS(status)) {
        unsigned count =
            io_cancel_all(m, NULL, m->cpu->thread->own_process, file, IoRequestToCancel);
        ob_dereference(m, file);
        status =
            io_cancel_result(m, mode, IoStatusBlock, count ? STATUS_SUCCESS : STATUS_NOT_FOUND);
    }
    ps_leave_service(m);
    return status;
}

VOID IoCancelFileOpen(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT FileObject) {
    KI_GATE(IoCancelFileOpen);
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    if (FileObject->Flags & FO_HANDLE_CREATED)
        ki_bugcheck(m, INVALID_CANCEL_OF_FILE_OPEN, (ULONG_PTR)FileObject, (ULONG_PTR)DeviceObject,
                    0, 0, "%s called IoCancelFileOpen for a file that has handles",
                    ki_address_name(m, IO_CALLER()));
    FileObject->Flags |= FO_FILE_OPEN_CANCELLED;
    PIRP irp = io_irp_allocate(m, DeviceObject->StackSize, NULL);
    if (!irp)
        return;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp->AllocationFlags |= IO_IRP_BUILT;
    irp->Flags = IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
    irp->UserIosb = &iosb;
    irp->UserEvent = &event;
    irp->Tail.Overlay.OriginalFileObject = FileObject;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_CLEANUP;
    stack->FileObject = FileObject;
    io_call_and_wait(m, DeviceObject, irp, &event, &iosb);
    FileObject->Flags |= FO_CLEANUP_COMPLETE;
}
