/*
 * hastyreader: a reader with a planted bug, for showing how it is caught.
 *
 * A read waits until a program cancels it or 10 ms have passed. The timer's DPC forgets that a cancellation may have come
 * first: it completes the read without asking IoSetCancelRoutine whether the cancel routine still is in charge. When the
 * program cancels before the timer fires, the read is completed twice.
 */
#include <ntddk.h>

#define HASTY_DEVICE_NAME L"\\Device\\HastyReader"
#define HASTY_LINK_NAME L"\\DosDevices\\HastyReader"

typedef struct _HASTY_EXTENSION {
    KSPIN_LOCK Lock;
    PIRP Pending;
    KTIMER Timer;
    KDPC TimerDpc;
} HASTY_EXTENSION, *PHASTY_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD HastyUnload;
static DRIVER_DISPATCH HastyCreateClose, HastyRead;
static DRIVER_CANCEL HastyCancel;
static KDEFERRED_ROUTINE HastyTimeout;

static VOID HastyCancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static VOID HastyTimeout(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PHASTY_EXTENSION extension = Context;
    PIRP irp;

    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLockAtDpcLevel(&extension->Lock);
    irp = extension->Pending;
    extension->Pending = NULL;
    KeReleaseSpinLockFromDpcLevel(&extension->Lock);
    if (irp == NULL)
        return;
    IoSetCancelRoutine(irp, NULL); /* the bug: what it returns is not looked at */
    irp->IoStatus.Status = STATUS_IO_TIMEOUT;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static NTSTATUS HastyCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS HastyRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PHASTY_EXTENSION extension = DeviceObject->DeviceExtension;
    LARGE_INTEGER due;
    KIRQL irql;

    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, HastyCancel);
    KeAcquireSpinLock(&extension->Lock, &irql);
    extension->Pending = Irp;
    KeReleaseSpinLock(&extension->Lock, irql);
    due.QuadPart = -10 * 10000;
    KeSetTimer(&extension->Timer, due, &extension->TimerDpc);
    return STATUS_PENDING;
}

static VOID HastyUnload(PDRIVER_OBJECT DriverObject)
{
    PHASTY_EXTENSION extension = DriverObject->DeviceObject->DeviceExtension;
    UNICODE_STRING link = RTL_CONSTANT_STRING(HASTY_LINK_NAME);

    KeCancelTimer(&extension->Timer);
    KeFlushQueuedDpcs();
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(HASTY_DEVICE_NAME);
    UNICODE_STRING link = RTL_CONSTANT_STRING(HASTY_LINK_NAME);
    PHASTY_EXTENSION extension;
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = HastyCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = HastyCreateClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = HastyRead;
    DriverObject->DriverUnload = HastyUnload;
    status = IoCreateDevice(DriverObject, sizeof(HASTY_EXTENSION), &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    KeInitializeSpinLock(&extension->Lock);
    KeInitializeTimer(&extension->Timer);
    KeInitializeDpc(&extension->TimerDpc, HastyTimeout, extension);
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    device->Flags |= DO_BUFFERED_IO;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}
