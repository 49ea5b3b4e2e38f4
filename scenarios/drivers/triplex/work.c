/*
 * The requests of triplex. One that is work holds an activation of its component from its arrival to
 * its end, so that the component cannot rest while there is something for it to do.
 */
#include "triplex.h"

static IO_CSQ_INSERT_IRP TriplexCsqInsert;
static IO_CSQ_REMOVE_IRP TriplexCsqRemove;
static IO_CSQ_PEEK_NEXT_IRP TriplexCsqPeek;
static IO_CSQ_ACQUIRE_LOCK TriplexCsqAcquire;
static IO_CSQ_RELEASE_LOCK TriplexCsqRelease;
static IO_CSQ_COMPLETE_CANCELED_IRP TriplexCsqCanceled;
static KDEFERRED_ROUTINE TriplexWorked;

/* What is asked: two numbers, in the system buffer until the request ends. */
typedef struct _TRIPLEX_REQUEST {
    ULONG Component, Value;
} TRIPLEX_REQUEST, *PTRIPLEX_REQUEST;

static PTRIPLEX_REQUEST TriplexRequestOf(PIRP Irp) { return Irp->AssociatedIrp.SystemBuffer; }

static PTRIPLEX_EXTENSION TriplexOfQueue(PIO_CSQ Csq)
{
    return CONTAINING_RECORD(Csq, TRIPLEX_EXTENSION, Queue);
}

static VOID TriplexCsqInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&TriplexOfQueue(Csq)->QueueList, &Irp->Tail.Overlay.ListEntry);
}

static VOID TriplexCsqRemove(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/* What is looked for: a component's work, or that of a file object; NULL: any. */
typedef struct _TRIPLEX_PEEK {
    PTRIPLEX_COMPONENT Component;
    PFILE_OBJECT File;
} TRIPLEX_PEEK, *PTRIPLEX_PEEK;

static PIRP TriplexCsqPeek(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PLIST_ENTRY head = &TriplexOfQueue(Csq)->QueueList;
    PLIST_ENTRY entry = Irp == NULL ? head->Flink : Irp->Tail.Overlay.ListEntry.Flink;
    PTRIPLEX_PEEK peek = PeekContext;

    for (; entry != head; entry = entry->Flink) {
        PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        if (peek == NULL ||
            (peek->Component != NULL && TriplexRequestOf(next)->Component == peek->Component->Index) ||
            (peek->File != NULL && IoGetCurrentIrpStackLocation(next)->FileObject == peek->File))
            return next;
    }
    return NULL;
}

static VOID TriplexCsqAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&TriplexOfQueue(Csq)->Lock, Irql);
}

static VOID TriplexCsqRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&TriplexOfQueue(Csq)->Lock, Irql);
}

/* Work ends, well or not: with it ends its hold on the component and on the framework's handle. */
static VOID TriplexEndWork(PTRIPLEX_EXTENSION Extension, PIRP Irp, NTSTATUS Status)
{
    ULONG component = TriplexRequestOf(Irp)->Component;

    TriplexComplete(Irp, Status, 0);
    PoFxIdleComponent(Extension->Fx, component, 0);
    ExReleaseRundownProtection(&Extension->FxUsers);
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
}

static VOID TriplexCsqCanceled(PIO_CSQ Csq, PIRP Irp)
{
    TriplexEndWork(TriplexOfQueue(Csq), Irp, STATUS_CANCELLED);
}

static VOID TriplexFailWaiting(PTRIPLEX_EXTENSION Extension)
{
    PIRP irp;

    while ((irp = IoCsqRemoveNextIrp(&Extension->Queue, NULL)) != NULL)
        TriplexEndWork(Extension, irp, STATUS_DEVICE_NOT_CONNECTED);
}

/* Whoever empties the queue for good may have done so just before. */
static VOID TriplexQueueWork(PTRIPLEX_EXTENSION Extension, PIRP Irp)
{
    IoCsqInsertIrp(&Extension->Queue, Irp, NULL);
    if (Extension->Gone)
        TriplexFailWaiting(Extension);
}

/* The component's next work, if it is active and has nothing to do. What was taken from the queue while
 * another processor was faster goes back; when the device goes there is no queue any more. */
VOID TriplexStartNext(PTRIPLEX_COMPONENT Component)
{
    PTRIPLEX_EXTENSION extension = Component->Device;
    TRIPLEX_PEEK peek = {Component, NULL};
    LARGE_INTEGER due;
    PIRP irp;
    KIRQL irql;

    if (!Component->Active || Component->Current != NULL)
        return;
    irp = IoCsqRemoveNextIrp(&extension->Queue, &peek);
    if (irp == NULL)
        return;
    due.QuadPart = -10LL * TriplexRequestOf(irp)->Value;
    KeAcquireSpinLock(&extension->Lock, &irql);
    if (!extension->Gone && Component->Current == NULL) {
        Component->Current = irp;
        KeSetTimer(&Component->Timer, due, &Component->Dpc);
        irp = NULL;
    }
    KeReleaseSpinLock(&extension->Lock, irql);
    if (irp != NULL)
        TriplexQueueWork(extension, irp);
}

static VOID TriplexWorked(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PTRIPLEX_COMPONENT component = Context;
    PIRP irp;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    irp = InterlockedExchangePointer((PVOID *)&component->Current, NULL);
    TriplexStartNext(component);
    if (irp != NULL)
        TriplexEndWork(component->Device, irp, STATUS_SUCCESS);
}

NTSTATUS TriplexWorkInitialize(PTRIPLEX_EXTENSION Extension)
{
    ULONG i;

    InitializeListHead(&Extension->QueueList);
    KeInitializeSpinLock(&Extension->Lock);
    for (i = 0; i < TRIPLEX_COMPONENTS; i++) {
        PTRIPLEX_COMPONENT component = &Extension->Components[i];
        component->Device = Extension;
        component->Index = i;
        component->Active = TRUE; /* as every component is when it is registered */
        KeInitializeTimer(&component->Timer);
        KeInitializeDpc(&component->Dpc, TriplexWorked, component);
    }
    return IoCsqInitialize(&Extension->Queue, TriplexCsqInsert, TriplexCsqRemove, TriplexCsqPeek,
                           TriplexCsqAcquire, TriplexCsqRelease, TriplexCsqCanceled);
}

/* ---- dispatch ---- */

static NTSTATUS TriplexHint(PTRIPLEX_EXTENSION Extension, ULONG Code, PTRIPLEX_REQUEST Request)
{
    ULONGLONG time = Request->Value * 10000ull; /* 100 ns units */
    PO_FX_PERF_STATE_CHANGE change = {0};

    switch (Code) {
    case IOCTL_TRIPLEX_LATENCY:
        PoFxSetComponentLatency(Extension->Fx, Request->Component,
                                Request->Value != 0 ? time : MAXULONGLONG);
        return STATUS_SUCCESS;
    case IOCTL_TRIPLEX_RESIDENCY:
        PoFxSetComponentResidency(Extension->Fx, Request->Component, time);
        return STATUS_SUCCESS;
    case IOCTL_TRIPLEX_WAKE:
        PoFxSetComponentWake(Extension->Fx, Request->Component, Request->Value != 0);
        return STATUS_SUCCESS;
    case IOCTL_TRIPLEX_TIMEOUT:
        PoFxSetDeviceIdleTimeout(Extension->Fx, time);
        return STATUS_SUCCESS;
    case IOCTL_TRIPLEX_SPEED:
        if (!Extension->HasSpeeds)
            return STATUS_NOT_SUPPORTED;
        change.StateIndex = Request->Value;
        PoFxIssueComponentPerfStateChange(Extension->Fx, PO_FX_FLAG_ASYNC_ONLY, TRIPLEX_ENGINE,
                                          &change, NULL);
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

/* What a request is answered with at once; STATUS_PENDING: work has begun. */
static NTSTATUS TriplexAnswer(PTRIPLEX_EXTENSION Extension, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode, component;
    PTRIPLEX_REQUEST request = TriplexRequestOf(Irp);

    if (Extension->Fx == NULL)
        return STATUS_DEVICE_NOT_READY;
    if (stack->Parameters.DeviceIoControl.InputBufferLength < sizeof *request)
        return STATUS_BUFFER_TOO_SMALL;
    if (request->Component >= TRIPLEX_COMPONENTS)
        return STATUS_INVALID_PARAMETER;
    if (code != IOCTL_TRIPLEX_WORK)
        return TriplexHint(Extension, code, request);
    component = request->Component;
    PoFxActivateComponent(Extension->Fx, component, PO_FX_FLAG_ASYNC_ONLY);
    TriplexQueueWork(Extension, Irp);
    TriplexStartNext(&Extension->Components[component]);
    return STATUS_PENDING;
}

NTSTATUS TriplexControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTRIPLEX_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status))
        return TriplexComplete(Irp, status, 0);
    if (ExAcquireRundownProtection(&extension->FxUsers)) {
        status = TriplexAnswer(extension, Irp);
        if (status == STATUS_PENDING)
            return STATUS_PENDING; /* and both are kept until the work ends */
        ExReleaseRundownProtection(&extension->FxUsers);
    } else {
        status = STATUS_DEVICE_NOT_CONNECTED;
    }
    TriplexComplete(Irp, status, 0);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

NTSTATUS TriplexCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTRIPLEX_EXTENSION extension = DeviceObject->DeviceExtension;
    TRIPLEX_PEEK peek = {NULL, IoGetCurrentIrpStackLocation(Irp)->FileObject};
    PIRP work;

    while ((work = IoCsqRemoveNextIrp(&extension->Queue, &peek)) != NULL)
        TriplexEndWork(extension, work, STATUS_CANCELLED);
    return TriplexComplete(Irp, STATUS_SUCCESS, 0);
}

/* The device is going: what waits is failed, what goes on is given up, or just ends. */
VOID TriplexFailWork(PTRIPLEX_EXTENSION Extension)
{
    PIRP irp;
    ULONG i;
    KIRQL irql;

    KeAcquireSpinLock(&Extension->Lock, &irql);
    Extension->Gone = TRUE;
    KeReleaseSpinLock(&Extension->Lock, irql);
    TriplexFailWaiting(Extension);
    for (i = 0; i < TRIPLEX_COMPONENTS; i++) {
        PTRIPLEX_COMPONENT component = &Extension->Components[i];
        if (!KeCancelTimer(&component->Timer))
            continue;
        irp = InterlockedExchangePointer((PVOID *)&component->Current, NULL);
        if (irp != NULL)
            TriplexEndWork(Extension, irp, STATUS_DEVICE_NOT_CONNECTED);
    }
    KeFlushQueuedDpcs();
}
