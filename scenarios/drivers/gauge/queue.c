/* The reads of gauge: a cancel-safe queue, and a timer that plays the measuring hardware. */
#include "gauge.h"

static IO_CSQ_INSERT_IRP GaugeCsqInsert;
static IO_CSQ_REMOVE_IRP GaugeCsqRemove;
static IO_CSQ_PEEK_NEXT_IRP GaugeCsqPeek;
static IO_CSQ_ACQUIRE_LOCK GaugeCsqAcquire;
static IO_CSQ_RELEASE_LOCK GaugeCsqRelease;
static IO_CSQ_COMPLETE_CANCELED_IRP GaugeCsqCanceled;
static KDEFERRED_ROUTINE GaugeMeasured;

static PGAUGE_EXTENSION GaugeOfQueue(PIO_CSQ Csq)
{
    return CONTAINING_RECORD(Csq, GAUGE_EXTENSION, Queue);
}

static VOID GaugeCsqInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&GaugeOfQueue(Csq)->QueueList, &Irp->Tail.Overlay.ListEntry);
}

static VOID GaugeCsqRemove(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/* PeekContext: the file object whose reads are wanted, or NULL for any. */
static PIRP GaugeCsqPeek(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PLIST_ENTRY head = &GaugeOfQueue(Csq)->QueueList;
    PLIST_ENTRY entry = Irp == NULL ? head->Flink : Irp->Tail.Overlay.ListEntry.Flink;

    for (; entry != head; entry = entry->Flink) {
        PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        if (PeekContext == NULL || IoGetCurrentIrpStackLocation(next)->FileObject == PeekContext)
            return next;
    }
    return NULL;
}

static VOID GaugeCsqAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&GaugeOfQueue(Csq)->QueueLock, Irql);
}

static VOID GaugeCsqRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&GaugeOfQueue(Csq)->QueueLock, Irql);
}

static VOID GaugeEndRead(PGAUGE_EXTENSION Extension, PIRP Irp, NTSTATUS Status, ULONG_PTR Length)
{
    GaugeComplete(Irp, Status, Length);
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
}

static VOID GaugeCsqCanceled(PIO_CSQ Csq, PIRP Irp)
{
    GaugeEndRead(GaugeOfQueue(Csq), Irp, STATUS_CANCELLED, 0);
}

/* Begins the next measurement if the device is ready and there is somebody to measure for. */
static VOID GaugeStartNext(PGAUGE_EXTENSION Extension)
{
    LARGE_INTEGER due;
    BOOLEAN begin = FALSE;
    PIRP irp;
    KIRQL irql;

    KeAcquireSpinLock(&Extension->QueueLock, &irql);
    if (Extension->Ready && !Extension->Measuring && !IsListEmpty(&Extension->QueueList))
        begin = Extension->Measuring = TRUE;
    KeReleaseSpinLock(&Extension->QueueLock, irql);
    if (!begin)
        return;
    irp = IoCsqRemoveNextIrp(&Extension->Queue, NULL);
    KeAcquireSpinLock(&Extension->QueueLock, &irql);
    Extension->Current = irp;
    if (irp == NULL)
        Extension->Measuring = FALSE;
    KeReleaseSpinLock(&Extension->QueueLock, irql);
    due.QuadPart = -10000LL * GAUGE_MEASUREMENT_MS;
    if (irp != NULL)
        KeSetTimer(&Extension->Timer, due, &Extension->TimerDpc);
}

static VOID GaugeMeasured(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PGAUGE_EXTENSION extension = Context;
    PIRP irp;
    ULONG number;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLockAtDpcLevel(&extension->QueueLock);
    irp = extension->Current;
    extension->Current = NULL;
    extension->Measuring = FALSE;
    number = ++extension->Number;
    KeReleaseSpinLockFromDpcLevel(&extension->QueueLock);
    if (irp != NULL) {
        RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, &number, sizeof number);
        GaugeEndRead(extension, irp, STATUS_SUCCESS, sizeof number);
    }
    GaugeStartNext(extension);
}

NTSTATUS GaugeQueueInitialize(PGAUGE_EXTENSION Extension)
{
    InitializeListHead(&Extension->QueueList);
    KeInitializeSpinLock(&Extension->QueueLock);
    KeInitializeTimer(&Extension->Timer);
    KeInitializeDpc(&Extension->TimerDpc, GaugeMeasured, Extension);
    return IoCsqInitialize(&Extension->Queue, GaugeCsqInsert, GaugeCsqRemove, GaugeCsqPeek,
                           GaugeCsqAcquire, GaugeCsqRelease, GaugeCsqCanceled);
}

NTSTATUS GaugeRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PGAUGE_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status))
        return GaugeComplete(Irp, status, 0);
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length < sizeof(ULONG)) {
        GaugeEndRead(extension, Irp, STATUS_BUFFER_TOO_SMALL, 0);
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (extension->IdleCounter != NULL)
        PoSetDeviceBusyEx(extension->IdleCounter);
    IoCsqInsertIrp(&extension->Queue, Irp, NULL);
    GaugeStartNext(extension);
    GaugeWakeUp(extension);
    return STATUS_PENDING;
}

/* The handle is being closed: its reads have nobody left to tell. */
NTSTATUS GaugeCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PGAUGE_EXTENSION extension = DeviceObject->DeviceExtension;
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PIRP read;

    while ((read = IoCsqRemoveNextIrp(&extension->Queue, file)) != NULL)
        GaugeEndRead(extension, read, STATUS_CANCELLED, 0);
    return GaugeComplete(Irp, STATUS_SUCCESS, 0);
}

/* A measurement that has begun goes on to its end when the device is told to rest: it is short. */
VOID GaugeSetReady(PGAUGE_EXTENSION Extension, BOOLEAN Ready)
{
    KIRQL irql;

    KeAcquireSpinLock(&Extension->QueueLock, &irql);
    Extension->Ready = Ready;
    KeReleaseSpinLock(&Extension->QueueLock, irql);
    if (Ready)
        GaugeStartNext(Extension);
}

/* The device is gone: nothing will ever answer. */
VOID GaugeFailReads(PGAUGE_EXTENSION Extension)
{
    PIRP irp;
    KIRQL irql;

    GaugeSetReady(Extension, FALSE);
    if (KeCancelTimer(&Extension->Timer)) {
        KeAcquireSpinLock(&Extension->QueueLock, &irql);
        irp = Extension->Current;
        Extension->Current = NULL;
        Extension->Measuring = FALSE;
        KeReleaseSpinLock(&Extension->QueueLock, irql);
        if (irp != NULL)
            GaugeEndRead(Extension, irp, STATUS_DEVICE_NOT_CONNECTED, 0);
    }
    while ((irp = IoCsqRemoveNextIrp(&Extension->Queue, NULL)) != NULL)
        GaugeEndRead(Extension, irp, STATUS_DEVICE_NOT_CONNECTED, 0);
}
