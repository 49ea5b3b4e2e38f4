/*
 * reader: reads wait in a cancel-safe queue until a write brings data, a program cancels them or closes its handle, or
 * their time runs out.
 *
 * Three parties may want to end the same read: the writer, a cancellation and the timer's DPC. All take it out of the queue
 * first, under the queue's spin lock, and IoCsq lets only one of them succeed; that one completes it.
 *
 * One timer serves all reads: it is armed for the earliest deadline in the queue, and its DPC ends every read whose deadline
 * has passed.
 */
#include <ntddk.h>

#include "reader.h"

#define READER_DEVICE_NAME L"\\Device\\Reader"
#define READER_LINK_NAME L"\\DosDevices\\Reader"
#define READER_UNITS_PER_MS 10000

typedef struct _READER_EXTENSION {
    IO_CSQ Queue;
    KSPIN_LOCK Lock; /* guards the list, the deadlines and Timeout */
    LIST_ENTRY Irps;
    ULONG Count;
    ULONG Timeout; /* ms a new read may wait; 0: for ever */
    KTIMER Timer;
    KDPC TimerDpc;
} READER_EXTENSION, *PREADER_EXTENSION;

/* What a queued IRP carries: its deadline in interrupt time, 0 for none, in DriverContext[1] (IoCsq uses [3]). */
#define READER_DEADLINE(Irp) (*(ULONGLONG *)&(Irp)->Tail.Overlay.DriverContext[1])

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD ReaderUnload;
static DRIVER_DISPATCH ReaderCreateClose, ReaderCleanup, ReaderRead, ReaderWrite, ReaderDeviceControl;
static KDEFERRED_ROUTINE ReaderTimeout;
static IO_CSQ_INSERT_IRP ReaderInsert;
static IO_CSQ_REMOVE_IRP ReaderRemove;
static IO_CSQ_PEEK_NEXT_IRP ReaderPeek;
static IO_CSQ_ACQUIRE_LOCK ReaderAcquire;
static IO_CSQ_RELEASE_LOCK ReaderRelease;
static IO_CSQ_COMPLETE_CANCELED_IRP ReaderCompleteCanceled;

static PREADER_EXTENSION ReaderOfQueue(PIO_CSQ Csq)
{
    return CONTAINING_RECORD(Csq, READER_EXTENSION, Queue);
}

static NTSTATUS ReaderComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* Arms the timer for the earliest deadline; the lock is held. */
static VOID ReaderArm(PREADER_EXTENSION Extension)
{
    ULONGLONG earliest = 0;
    LARGE_INTEGER due;
    PLIST_ENTRY link;

    for (link = Extension->Irps.Flink; link != &Extension->Irps; link = link->Flink) {
        ULONGLONG deadline = READER_DEADLINE(CONTAINING_RECORD(link, IRP, Tail.Overlay.ListEntry));
        if (deadline != 0 && (earliest == 0 || deadline < earliest))
            earliest = deadline;
    }
    if (earliest == 0) {
        KeCancelTimer(&Extension->Timer);
        return;
    }
    due.QuadPart = -(LONGLONG)(earliest - min(earliest, KeQueryInterruptTime()));
    KeSetTimer(&Extension->Timer, due, &Extension->TimerDpc);
}

static VOID ReaderInsert(PIO_CSQ Csq, PIRP Irp)
{
    PREADER_EXTENSION extension = ReaderOfQueue(Csq);

    READER_DEADLINE(Irp) = 0;
    if (extension->Timeout != 0)
        READER_DEADLINE(Irp) = KeQueryInterruptTime() + (ULONGLONG)extension->Timeout * READER_UNITS_PER_MS;
    InsertTailList(&extension->Irps, &Irp->Tail.Overlay.ListEntry);
    extension->Count++;
    ReaderArm(extension);
}

static VOID ReaderRemove(PIO_CSQ Csq, PIRP Irp)
{
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    ReaderOfQueue(Csq)->Count--;
}

/* PeekContext: NULL for any IRP, the extension itself for those whose time is up, else the file object they belong to. */
static PIRP ReaderPeek(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PREADER_EXTENSION extension = ReaderOfQueue(Csq);
    PLIST_ENTRY link = Irp ? Irp->Tail.Overlay.ListEntry.Flink : extension->Irps.Flink;

    for (; link != &extension->Irps; link = link->Flink) {
        PIRP next = CONTAINING_RECORD(link, IRP, Tail.Overlay.ListEntry);
        if (PeekContext == NULL)
            return next;
        if (PeekContext == extension) {
            if (READER_DEADLINE(next) != 0 && READER_DEADLINE(next) <= KeQueryInterruptTime())
                return next;
        } else if (IoGetCurrentIrpStackLocation(next)->FileObject == PeekContext) {
            return next;
        }
    }
    return NULL;
}

_IRQL_raises_(DISPATCH_LEVEL) _Acquires_lock_(Csq)
static VOID ReaderAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&ReaderOfQueue(Csq)->Lock, Irql);
}

_Releases_lock_(Csq)
static VOID ReaderRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&ReaderOfQueue(Csq)->Lock, Irql);
}

static VOID ReaderCompleteCanceled(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    ReaderComplete(Irp, STATUS_CANCELLED, 0);
}

static VOID ReaderTimeout(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PREADER_EXTENSION extension = Context;
    PIRP irp;
    KIRQL irql;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    while ((irp = IoCsqRemoveNextIrp(&extension->Queue, extension)) != NULL)
        ReaderComplete(irp, STATUS_IO_TIMEOUT, 0);
    KeAcquireSpinLock(&extension->Lock, &irql);
    ReaderArm(extension);
    KeReleaseSpinLock(&extension->Lock, irql);
}

static NTSTATUS ReaderCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return ReaderComplete(Irp, STATUS_SUCCESS, 0);
}

/* The last handle of a file object is gone: its reads must not wait any longer. */
static NTSTATUS ReaderCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PREADER_EXTENSION extension = DeviceObject->DeviceExtension;
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PIRP pending;

    while ((pending = IoCsqRemoveNextIrp(&extension->Queue, file)) != NULL)
        ReaderComplete(pending, STATUS_CANCELLED, 0);
    return ReaderComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS ReaderRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PREADER_EXTENSION extension = DeviceObject->DeviceExtension;

    IoCsqInsertIrp(&extension->Queue, Irp, NULL); /* marks the IRP pending */
    return STATUS_PENDING;
}

/* Hands its data to the read that waits longest; a write that finds none fails. */
static NTSTATUS ReaderWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PREADER_EXTENSION extension = DeviceObject->DeviceExtension;
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    PIRP read = IoCsqRemoveNextIrp(&extension->Queue, NULL);
    ULONG room;

    if (read == NULL)
        return ReaderComplete(Irp, STATUS_DEVICE_NOT_READY, 0);
    room = IoGetCurrentIrpStackLocation(read)->Parameters.Read.Length;
    if (length > room)
        length = room;
    RtlCopyMemory(read->AssociatedIrp.SystemBuffer, Irp->AssociatedIrp.SystemBuffer, length);
    ReaderComplete(read, STATUS_SUCCESS, length);
    return ReaderComplete(Irp, STATUS_SUCCESS, length);
}

static NTSTATUS ReaderDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PREADER_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PULONG value = Irp->AssociatedIrp.SystemBuffer;
    KIRQL irql;

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_READER_SET_TIMEOUT:
        if (stack->Parameters.DeviceIoControl.InputBufferLength < sizeof(ULONG))
            return ReaderComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        KeAcquireSpinLock(&extension->Lock, &irql);
        extension->Timeout = *value;
        KeReleaseSpinLock(&extension->Lock, irql);
        return ReaderComplete(Irp, STATUS_SUCCESS, 0);
    case IOCTL_READER_COUNT:
        if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(ULONG))
            return ReaderComplete(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        KeAcquireSpinLock(&extension->Lock, &irql);
        *value = extension->Count;
        KeReleaseSpinLock(&extension->Lock, irql);
        return ReaderComplete(Irp, STATUS_SUCCESS, sizeof(ULONG));
    default:
        return ReaderComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static VOID ReaderUnload(PDRIVER_OBJECT DriverObject)
{
    PREADER_EXTENSION extension = DriverObject->DeviceObject->DeviceExtension;
    UNICODE_STRING link = RTL_CONSTANT_STRING(READER_LINK_NAME);

    KeCancelTimer(&extension->Timer);
    KeFlushQueuedDpcs();
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(READER_DEVICE_NAME);
    UNICODE_STRING link = RTL_CONSTANT_STRING(READER_LINK_NAME);
    PDEVICE_OBJECT device;
    PREADER_EXTENSION extension;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = ReaderCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = ReaderCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = ReaderCleanup;
    DriverObject->MajorFunction[IRP_MJ_READ] = ReaderRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = ReaderWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ReaderDeviceControl;
    DriverObject->DriverUnload = ReaderUnload;

    status = IoCreateDevice(DriverObject, sizeof(READER_EXTENSION), &name, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    InitializeListHead(&extension->Irps);
    KeInitializeSpinLock(&extension->Lock);
    KeInitializeTimer(&extension->Timer);
    KeInitializeDpc(&extension->TimerDpc, ReaderTimeout, extension);
    status = IoCsqInitialize(&extension->Queue, ReaderInsert, ReaderRemove, ReaderPeek, ReaderAcquire, ReaderRelease,
                             ReaderCompleteCanceled);
    if (NT_SUCCESS(status))
        status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    device->Flags |= DO_BUFFERED_IO;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
