/*
 * Cancel-safe queues: the driver keeps the queue, these routines keep the race between removing and
 * cancelling.
 *
 * Whoever takes the cancel routine away from a queued IRP owns it: the remover, or IoCancelIrp on
 * its way to the cancel routine here. An IRP knows its queue through DriverContext[3], directly or
 * through the caller's context.
 *
 * wdm/nf-wdm-iocsqinitialize …; kernel/cancel-safe-irp-queues
 */
#include "io/io.h"

static NTSTATUS io_csq_fill(PIO_CSQ csq, ULONG type, IO_CSQ_INSERT_IRP *insert,
                            IO_CSQ_REMOVE_IRP *remove, IO_CSQ_PEEK_NEXT_IRP *peek,
                            IO_CSQ_ACQUIRE_LOCK *acquire, IO_CSQ_RELEASE_LOCK *release,
                            IO_CSQ_COMPLETE_CANCELED_IRP *complete) {
    csq->Type = type;
    csq->CsqInsertIrp = insert;
    csq->CsqRemoveIrp = remove;
    csq->CsqPeekNextIrp = peek;
    csq->CsqAcquireLock = acquire;
    csq->CsqReleaseLock = release;
    csq->CsqCompleteCanceledIrp = complete;
    csq->ReservePointer = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp,
                         PIO_CSQ_REMOVE_IRP CsqRemoveIrp, PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
                         PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                         PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
    KI_GATE(IoCsqInitialize);
    (void)m;
    return io_csq_fill(Csq, IO_TYPE_CSQ, CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock,
                       CsqReleaseLock, CsqCompleteCanceledIrp);
}

NTSTATUS IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp,
                           PIO_CSQ_REMOVE_IRP CsqRemoveIrp, PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
                           PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                           PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
    KI_GATE(IoCsqInitializeEx);
    (void)m;
    return io_csq_fill(Csq, IO_TYPE_CSQ_EX, (PIO_CSQ_INSERT_IRP)(PVOID)(ULONG_PTR)CsqInsertIrp,
                       CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
                       CsqCompleteCanceledIrp);
}

/* Ties the IRP to its queue, and unties it. */
static void io_csq_link(PIO_CSQ csq, PIRP irp, PIO_CSQ_IRP_CONTEXT context) {
    if (context) {
        context->Type = IO_TYPE_CSQ_IRP_CONTEXT;
        context->Irp = irp;
        context->Csq = csq;
        irp->Tail.Overlay.DriverContext[3] = context;
    } else {
        irp->Tail.Overlay.DriverContext[3] = csq;
    }
}

static PIO_CSQ io_csq_unlink(PIRP irp) {
    PIO_CSQ csq = irp->Tail.Overlay.DriverContext[3];
    irp->Tail.Overlay.DriverContext[3] = NULL;
    if (csq->Type != IO_TYPE_CSQ_IRP_CONTEXT)
        return csq;
    PIO_CSQ_IRP_CONTEXT context = (PIO_CSQ_IRP_CONTEXT)(PVOID)csq;
    context->Irp = NULL;
    return context->Csq;
}

static PIO_CSQ io_csq_of(PIRP irp) {
    PIO_CSQ csq = irp->Tail.Overlay.DriverContext[3];
    return csq->Type == IO_TYPE_CSQ_IRP_CONTEXT ? ((PIO_CSQ_IRP_CONTEXT)(PVOID)csq)->Csq : csq;
}

static DRIVER_CANCEL io_csq_cancel;
static VOID io_csq_cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    KIRQL irql;
    (void)DeviceObject;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    PIO_CSQ csq = io_csq_of(Irp);
    csq->CsqAcquireLock(csq, &irql);
    csq->CsqRemoveIrp(csq, Irp);
    io_csq_unlink(Irp);
    csq->CsqReleaseLock(csq, irql);
    csq->CsqCompleteCanceledIrp(csq, Irp);
}

static NTSTATUS io_csq_call_insert(PIO_CSQ csq, PIRP irp, PVOID context) {
    if (csq->Type == IO_TYPE_CSQ_EX)
        return ((IO_CSQ_INSERT_IRP_EX *)(PVOID)(ULONG_PTR)csq->CsqInsertIrp)(csq, irp, context);
    csq->CsqInsertIrp(csq, irp);
    return STATUS_SUCCESS;
}

/* The IRP counts as queued from the moment its cancel routine is set; one that was canceled before
 * is taken out again. */
static NTSTATUS io_csq_insert(PIO_CSQ csq, PIRP irp, PIO_CSQ_IRP_CONTEXT context,
                              PVOID insert_context) {
    KIRQL irql;
    csq->CsqAcquireLock(csq, &irql);
    if (irp->Cancel) {
        IoMarkIrpPending(irp);
        csq->CsqReleaseLock(csq, irql);
        if (context)
            context->Irp = NULL;
        csq->CsqCompleteCanceledIrp(csq, irp);
        return STATUS_SUCCESS;
    }
    io_csq_link(csq, irp, context);
    NTSTATUS status = io_csq_call_insert(csq, irp, insert_context);
    if (!NT_SUCCESS(status)) {
        io_csq_unlink(irp);
        csq->CsqReleaseLock(csq, irql);
        return status;
    }
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, io_csq_cancel);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL)) {
        csq->CsqRemoveIrp(csq, irp);
        io_csq_unlink(irp);
        csq->CsqReleaseLock(csq, irql);
        csq->CsqCompleteCanceledIrp(csq, irp);
    } else {
        csq->CsqReleaseLock(csq, irql);
    }
    return status;
}

VOID IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context) {
    KI_GATE(IoCsqInsertIrp);
    (void)m;
    io_csq_insert(Csq, Irp, Context, NULL);
}

NTSTATUS IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext) {
    KI_GATE(IoCsqInsertIrpEx);
    (void)m;
    return io_csq_insert(Csq, Irp, Context, InsertContext);
}

PIRP IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext) {
    KI_GATE(IoCsqRemoveNextIrp);
    (void)m;
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    PIRP irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext);
    /* One whose cancel routine is gone is on its way through it. */
    while (irp && !IoSetCancelRoutine(irp, NULL))
        irp = Csq->CsqPeekNextIrp(Csq, irp, PeekContext);
    if (irp) {
        Csq->CsqRemoveIrp(Csq, irp);
        io_csq_unlink(irp);
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}

PIRP IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context) {
    KI_GATE(IoCsqRemoveIrp);
    (void)m;
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    PIRP irp = Context->Irp;
    if (irp && IoSetCancelRoutine(irp, NULL)) {
        Csq->CsqRemoveIrp(Csq, irp);
        io_csq_unlink(irp);
    } else {
        irp = NULL;
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}
