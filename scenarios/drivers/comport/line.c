/*
 * The port of comport: lines, settings, what is received, and who reads it.
 *
 * Reads wait in a cancel-safe queue. The first one takes what is in the input buffer; it is
 * complete when it is full, when its time-outs are content with what came, or when its time is up:
 * then with STATUS_TIMEOUT. DriverContext[0] of a read is the number of bytes it has.
 */
#include "comport.h"

static IO_CSQ_INSERT_IRP ComportInsert;
static IO_CSQ_REMOVE_IRP ComportRemove;
static IO_CSQ_PEEK_NEXT_IRP ComportPeek;
static IO_CSQ_ACQUIRE_LOCK ComportAcquire;
static IO_CSQ_RELEASE_LOCK ComportRelease;
static IO_CSQ_COMPLETE_CANCELED_IRP ComportCanceled;
static KDEFERRED_ROUTINE ComportTimeIsUp;

/* ---- the queue of reads ---- */

static PCOMPORT_EXTENSION ComportOfQueue(PIO_CSQ Csq)
{
    return CONTAINING_RECORD(Csq, COMPORT_EXTENSION, Queue);
}

static VOID ComportInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&ComportOfQueue(Csq)->Reads, &Irp->Tail.Overlay.ListEntry);
}

static VOID ComportRemove(PIO_CSQ Csq, PIRP Irp)
{
    PCOMPORT_EXTENSION extension = ComportOfQueue(Csq);

    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    if (extension->Timed == Irp)
        extension->Timed = NULL;
}

/* PeekContext: the one read that is wanted, or NULL for any. */
static PIRP ComportPeek(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PLIST_ENTRY head = &ComportOfQueue(Csq)->Reads;
    PLIST_ENTRY entry = Irp == NULL ? head->Flink : Irp->Tail.Overlay.ListEntry.Flink;

    for (; entry != head; entry = entry->Flink) {
        PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        if (PeekContext == NULL || PeekContext == next)
            return next;
    }
    return NULL;
}

static VOID ComportAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&ComportOfQueue(Csq)->Lock, Irql);
}

static VOID ComportRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&ComportOfQueue(Csq)->Lock, Irql);
}

static ULONG ComportHas(PIRP Irp)
{
    return (ULONG)(ULONG_PTR)Irp->Tail.Overlay.DriverContext[0];
}

static ULONG ComportWants(PIRP Irp)
{
    return IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
}

static VOID ComportEndRead(PCOMPORT_EXTENSION Extension, PIRP Irp, NTSTATUS Status)
{
    ComportComplete(Irp, Status, ComportHas(Irp));
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
}

/* ---- who gets what ---- */

/* What of the time-outs applies to a read of that length: whether it is content with any byte, and
 * the milliseconds it waits (0: none, MAXULONGLONG: for ever). */
static ULONGLONG ComportPatience(const SERIAL_TIMEOUTS *Timeouts, ULONG Length, PBOOLEAN Any)
{
    ULONG constant = Timeouts->ReadTotalTimeoutConstant;
    ULONG multiplier = Timeouts->ReadTotalTimeoutMultiplier;

    *Any = FALSE;
    if (Timeouts->ReadIntervalTimeout == MAXULONG) {
        if (constant == 0 && multiplier == 0)
            return 0;
        if (multiplier == MAXULONG) {
            *Any = TRUE;
            return constant;
        }
    }
    if (constant == 0 && multiplier == 0)
        return MAXULONGLONG;
    return constant + (ULONGLONG)multiplier * Length;
}

/* Moves received bytes to the first read, with the lock held: that read and its end, or NULL. */
static PIRP ComportFeed(PCOMPORT_EXTENSION Extension, NTSTATUS *Status)
{
    PIRP irp = ComportPeek(&Extension->Queue, NULL, NULL);
    ULONGLONG patience;
    ULONG count, has;
    BOOLEAN any;

    if (irp == NULL)
        return NULL;
    has = ComportHas(irp);
    count = min(Extension->InputLength, ComportWants(irp) - has);
    RtlCopyMemory((PUCHAR)irp->AssociatedIrp.SystemBuffer + has, Extension->Input, count);
    Extension->InputLength -= count;
    RtlMoveMemory(Extension->Input, Extension->Input + count, Extension->InputLength);
    has += count;
    irp->Tail.Overlay.DriverContext[0] = (PVOID)(ULONG_PTR)has;

    patience = ComportPatience(&Extension->Timeouts, ComportWants(irp), &any);
    *Status = STATUS_SUCCESS;
    if (has == ComportWants(irp) || (any && has != 0))
        return irp;
    if (patience == 0) {
        *Status = STATUS_TIMEOUT;
        return irp;
    }
    if (Extension->Timed != irp && patience != MAXULONGLONG) {
        LARGE_INTEGER due;
        due.QuadPart = -(LONGLONG)(patience * 10000);
        Extension->Timed = irp;
        Extension->Deadline = KeQueryInterruptTime() + patience * 10000;
        KeSetTimer(&Extension->Timer, due, &Extension->TimerDpc);
    }
    return NULL;
}

/* Something was received, or somebody reads, or the first read is gone. */
static VOID ComportServe(PCOMPORT_EXTENSION Extension)
{
    NTSTATUS status;
    PIRP irp;
    KIRQL irql;

    for (;;) {
        KeAcquireSpinLock(&Extension->Lock, &irql);
        irp = ComportFeed(Extension, &status);
        KeReleaseSpinLock(&Extension->Lock, irql);
        if (irp == NULL)
            return;
        /* Unless it has just been cancelled. */
        irp = IoCsqRemoveNextIrp(&Extension->Queue, irp);
        if (irp != NULL)
            ComportEndRead(Extension, irp, status);
    }
}

static VOID ComportTimeIsUp(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PCOMPORT_EXTENSION extension = Context;
    PIRP irp = NULL;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLockAtDpcLevel(&extension->Lock);
    if (extension->Timed != NULL && KeQueryInterruptTime() >= extension->Deadline) {
        irp = extension->Timed;
        extension->Timed = NULL;
    }
    KeReleaseSpinLockFromDpcLevel(&extension->Lock);
    if (irp == NULL)
        return;
    irp = IoCsqRemoveNextIrp(&extension->Queue, irp);
    if (irp != NULL)
        ComportEndRead(extension, irp, STATUS_TIMEOUT);
    ComportServe(extension);
}

static VOID ComportCanceled(PIO_CSQ Csq, PIRP Irp)
{
    PCOMPORT_EXTENSION extension = ComportOfQueue(Csq);

    ComportEndRead(extension, Irp, STATUS_CANCELLED);
    ComportServe(extension);
}

NTSTATUS ComportRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCOMPORT_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status))
        return ComportComplete(Irp, status, 0);
    Irp->Tail.Overlay.DriverContext[0] = NULL;
    if (extension->Gone || ComportWants(Irp) == 0) {
        status = extension->Gone ? STATUS_DEVICE_NOT_CONNECTED : STATUS_SUCCESS;
        ComportEndRead(extension, Irp, status);
        return status;
    }
    IoCsqInsertIrp(&extension->Queue, Irp, NULL);
    ComportServe(extension);
    return STATUS_PENDING;
}

VOID ComportEndReads(PCOMPORT_EXTENSION Extension, NTSTATUS Status)
{
    PIRP irp;

    KeCancelTimer(&Extension->Timer);
    while ((irp = IoCsqRemoveNextIrp(&Extension->Queue, NULL)) != NULL)
        ComportEndRead(Extension, irp, Status);
}

/* ---- the cable ---- */

VOID ComportAttach(PCOMPORT_EXTENSION Extension, const CHAR *Text, ULONG Length)
{
    KIRQL irql;

    KeAcquireSpinLock(&Extension->Lock, &irql);
    Extension->AttachedLength = min(Length, COMPORT_BUFFER);
    if (Extension->AttachedLength != 0)
        RtlCopyMemory(Extension->Attached, Text, Extension->AttachedLength);
    KeReleaseSpinLock(&Extension->Lock, irql);
}

/* The device on the cable answers when both lines have come up. */
static VOID ComportSetLines(PCOMPORT_EXTENSION Extension, ULONG Set, ULONG Clear)
{
    const ULONG both = SERIAL_DTR_STATE | SERIAL_RTS_STATE;
    ULONG before, count;
    KIRQL irql;

    KeAcquireSpinLock(&Extension->Lock, &irql);
    before = Extension->Lines;
    Extension->Lines = (before & ~Clear) | Set;
    if (before != both && Extension->Lines == both) {
        count = min(Extension->AttachedLength, COMPORT_BUFFER - Extension->InputLength);
        RtlCopyMemory(Extension->Input + Extension->InputLength, Extension->Attached, count);
        Extension->InputLength += count;
    }
    KeReleaseSpinLock(&Extension->Lock, irql);
    ComportServe(Extension);
}

static VOID ComportPurge(PCOMPORT_EXTENSION Extension, ULONG What)
{
    KIRQL irql;

    if (What & SERIAL_PURGE_RXABORT)
        ComportEndReads(Extension, STATUS_CANCELLED);
    if (What & SERIAL_PURGE_RXCLEAR) {
        KeAcquireSpinLock(&Extension->Lock, &irql);
        Extension->InputLength = 0;
        KeReleaseSpinLock(&Extension->Lock, irql);
    }
}

/* ---- controls ---- */

/* The port's own record comes from the buffer, or goes there. */
static NTSTATUS ComportCopyIn(PIRP Irp, PVOID Record, ULONG Size)
{
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.InputBufferLength < Size)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Record, Irp->AssociatedIrp.SystemBuffer, Size);
    return STATUS_SUCCESS;
}

static NTSTATUS ComportCopyOut(PIRP Irp, const VOID *Record, ULONG Size, PULONG_PTR Information)
{
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.OutputBufferLength < Size)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Record, Size);
    *Information = Size;
    return STATUS_SUCCESS;
}

/* What is asked and answered with a record. */
static NTSTATUS ComportSettings(PCOMPORT_EXTENSION Extension, PIRP Irp, ULONG Code,
                                PULONG_PTR Information)
{
    switch (Code) {
    case IOCTL_SERIAL_SET_BAUD_RATE:
        return ComportCopyIn(Irp, &Extension->BaudRate, sizeof Extension->BaudRate);
    case IOCTL_SERIAL_GET_BAUD_RATE:
        return ComportCopyOut(Irp, &Extension->BaudRate, sizeof Extension->BaudRate, Information);
    case IOCTL_SERIAL_SET_LINE_CONTROL:
        return ComportCopyIn(Irp, &Extension->LineControl, sizeof Extension->LineControl);
    case IOCTL_SERIAL_GET_LINE_CONTROL:
        return ComportCopyOut(Irp, &Extension->LineControl, sizeof Extension->LineControl,
                              Information);
    case IOCTL_SERIAL_SET_TIMEOUTS:
        return ComportCopyIn(Irp, &Extension->Timeouts, sizeof Extension->Timeouts);
    case IOCTL_SERIAL_GET_TIMEOUTS:
        return ComportCopyOut(Irp, &Extension->Timeouts, sizeof Extension->Timeouts, Information);
    case IOCTL_SERIAL_SET_HANDFLOW:
        return ComportCopyIn(Irp, &Extension->HandFlow, sizeof Extension->HandFlow);
    case IOCTL_SERIAL_GET_HANDFLOW:
        return ComportCopyOut(Irp, &Extension->HandFlow, sizeof Extension->HandFlow, Information);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS ComportControl(PCOMPORT_EXTENSION Extension, PIRP Irp, PULONG_PTR Information)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    SERIAL_STATUS port = {0};
    ULONG word = 0;
    NTSTATUS status;

    switch (code) {
    case IOCTL_SERIAL_SET_DTR:
        ComportSetLines(Extension, SERIAL_DTR_STATE, 0);
        return STATUS_SUCCESS;
    case IOCTL_SERIAL_CLR_DTR:
        ComportSetLines(Extension, 0, SERIAL_DTR_STATE);
        return STATUS_SUCCESS;
    case IOCTL_SERIAL_SET_RTS:
        ComportSetLines(Extension, SERIAL_RTS_STATE, 0);
        return STATUS_SUCCESS;
    case IOCTL_SERIAL_CLR_RTS:
        ComportSetLines(Extension, 0, SERIAL_RTS_STATE);
        return STATUS_SUCCESS;
    case IOCTL_SERIAL_GET_DTRRTS:
        return ComportCopyOut(Irp, &Extension->Lines, sizeof Extension->Lines, Information);
    case IOCTL_SERIAL_GET_MODEMSTATUS:
        if (Extension->AttachedLength != 0)
            word = SERIAL_DSR_STATE | SERIAL_CTS_STATE;
        return ComportCopyOut(Irp, &word, sizeof word, Information);
    case IOCTL_SERIAL_GET_COMMSTATUS:
        port.AmountInInQueue = Extension->InputLength;
        return ComportCopyOut(Irp, &port, sizeof port, Information);
    case IOCTL_SERIAL_PURGE:
        status = ComportCopyIn(Irp, &word, sizeof word);
        if (NT_SUCCESS(status))
            ComportPurge(Extension, word);
        return status;
    case IOCTL_COMPORT_ATTACH:
        ComportAttach(Extension, Irp->AssociatedIrp.SystemBuffer,
                      stack->Parameters.DeviceIoControl.InputBufferLength);
        return STATUS_SUCCESS;
    default:
        return ComportSettings(Extension, Irp, code, Information);
    }
}

/* A driver above uses the port for itself: without time-outs and flow control, and as they were. */
NTSTATUS ComportInternalControl(PCOMPORT_EXTENSION Extension, PIRP Irp, PULONG_PTR Information)
{
    SERIAL_BASIC_SETTINGS settings = {0};
    NTSTATUS status;

    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_SERIAL_INTERNAL_BASIC_SETTINGS:
        settings.Timeouts = Extension->Timeouts;
        settings.HandFlow = Extension->HandFlow;
        status = ComportCopyOut(Irp, &settings, sizeof settings, Information);
        if (NT_SUCCESS(status)) {
            RtlZeroMemory(&Extension->Timeouts, sizeof Extension->Timeouts);
            RtlZeroMemory(&Extension->HandFlow, sizeof Extension->HandFlow);
        }
        return status;
    case IOCTL_SERIAL_INTERNAL_RESTORE_SETTINGS:
        status = ComportCopyIn(Irp, &settings, sizeof settings);
        if (NT_SUCCESS(status)) {
            Extension->Timeouts = settings.Timeouts;
            Extension->HandFlow = settings.HandFlow;
        }
        return status;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS ComportLineInitialize(PCOMPORT_EXTENSION Extension)
{
    KeInitializeSpinLock(&Extension->Lock);
    InitializeListHead(&Extension->Reads);
    KeInitializeTimer(&Extension->Timer);
    KeInitializeDpc(&Extension->TimerDpc, ComportTimeIsUp, Extension);
    Extension->BaudRate = 9600;
    Extension->LineControl.WordLength = 8;
    return IoCsqInitialize(&Extension->Queue, ComportInsert, ComportRemove, ComportPeek,
                           ComportAcquire, ComportRelease, ComportCanceled);
}
