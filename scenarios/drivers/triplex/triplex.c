/* Plug and Play of triplex: see triplex.h. */
#include "triplex.h"

#include <ntstrsafe.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE TriplexAddDevice;
static DRIVER_UNLOAD TriplexUnload;
static DRIVER_DISPATCH TriplexCreateClose, TriplexPnp, TriplexSystemControl;

static LONG TriplexCount; /* devices so far, for names */

typedef struct _TRIPLEX_NAMES {
    UNICODE_STRING Device, Link;
    WCHAR DeviceBuffer[32], LinkBuffer[32];
} TRIPLEX_NAMES, *PTRIPLEX_NAMES;

NTSTATUS TriplexComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS TriplexCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return TriplexComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS TriplexSystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTRIPLEX_EXTENSION extension = DeviceObject->DeviceExtension;

    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(extension->Lower, Irp);
}

static VOID TriplexMakeNames(PTRIPLEX_NAMES Names, LONG Number)
{
    RtlInitEmptyUnicodeString(&Names->Device, Names->DeviceBuffer, sizeof Names->DeviceBuffer);
    RtlInitEmptyUnicodeString(&Names->Link, Names->LinkBuffer, sizeof Names->LinkBuffer);
    RtlUnicodeStringPrintf(&Names->Device, L"\\Device\\Triplex%d", Number);
    RtlUnicodeStringPrintf(&Names->Link, L"\\DosDevices\\Triplex%d", Number);
}

/* ---- Plug and Play ---- */

static NTSTATUS TriplexStart(PTRIPLEX_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status = STATUS_UNSUCCESSFUL;

    if (IoForwardIrpSynchronously(Extension->Lower, Irp))
        status = Irp->IoStatus.Status;
    if (NT_SUCCESS(status)) {
        Extension->DeviceState = PowerDeviceD0;
        status = TriplexRegister(Extension);
    }
    return TriplexComplete(Irp, status, 0);
}

static NTSTATUS TriplexRemove(PTRIPLEX_EXTENSION Extension, PIRP Irp)
{
    PTRIPLEX_NAMES names = (PTRIPLEX_NAMES)(Extension + 1);
    NTSTATUS status;

    TriplexUnregister(Extension);
    IoReleaseRemoveLockAndWait(&Extension->RemoveLock, Irp);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(Extension->Lower, Irp);
    IoDeleteSymbolicLink(&names->Link);
    IoDetachDevice(Extension->Lower);
    IoDeleteDevice(Extension->Self);
    return status;
}

static NTSTATUS TriplexPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PTRIPLEX_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status))
        return TriplexComplete(Irp, status, 0);
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_REMOVE_DEVICE:
        return TriplexRemove(extension, Irp);
    case IRP_MN_START_DEVICE:
        status = TriplexStart(extension, Irp);
        IoReleaseRemoveLock(&extension->RemoveLock, Irp);
        return status;
    case IRP_MN_SURPRISE_REMOVAL:
        TriplexUnregister(extension);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    default:
        break;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(extension->Lower, Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

/* ---- coming and going of the driver ---- */

static NTSTATUS TriplexAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    LONG number = InterlockedIncrement(&TriplexCount) - 1;
    PTRIPLEX_EXTENSION extension;
    PTRIPLEX_NAMES names;
    TRIPLEX_NAMES first;
    PDEVICE_OBJECT device;
    NTSTATUS status;

    TriplexMakeNames(&first, number);
    status = IoCreateDevice(DriverObject, sizeof *extension + sizeof *names, &first.Device,
                            FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    names = (PTRIPLEX_NAMES)(extension + 1);
    TriplexMakeNames(names, number);
    extension->Self = device;
    extension->Pdo = Pdo;
    extension->SystemState = PowerSystemWorking;
    IoInitializeRemoveLock(&extension->RemoveLock, TRIPLEX_TAG, 0, 0);
    ExInitializeRundownProtection(&extension->FxUsers);
    status = TriplexWorkInitialize(extension);
    if (NT_SUCCESS(status))
        status = IoCreateSymbolicLink(&names->Link, &names->Device);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    extension->Lower = IoAttachDeviceToDeviceStack(device, Pdo);
    if (extension->Lower == NULL) {
        IoDeleteSymbolicLink(&names->Link);
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->Flags |= extension->Lower->Flags & DO_POWER_PAGABLE;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID TriplexUnload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = TriplexCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = TriplexCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = TriplexCleanup;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = TriplexControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = TriplexPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = TriplexPower;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = TriplexSystemControl;
    DriverObject->DriverExtension->AddDevice = TriplexAddDevice;
    DriverObject->DriverUnload = TriplexUnload;
    return STATUS_SUCCESS;
}
