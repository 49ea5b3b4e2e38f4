/* Plug and Play of comport, and the way of its requests: see comport.h. */
#include "comport.h"

#include <ntstrsafe.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE ComportAddDevice;
static DRIVER_UNLOAD ComportUnload;
static DRIVER_DISPATCH ComportCreate, ComportCleanup, ComportClose, ComportWrite,
    ComportDeviceControl, ComportPnp, ComportPassDown;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, ComportAddDevice)
#pragma alloc_text(PAGE, ComportUnload)
#pragma alloc_text(PAGE, ComportPnp)
#endif

typedef struct _COMPORT_DRIVER_EXTENSION {
    LONG Ports; /* so far, for names */
    ANSI_STRING Attached;
} COMPORT_DRIVER_EXTENSION, *PCOMPORT_DRIVER_EXTENSION;

NTSTATUS ComportComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* ---- requests ---- */

/* A port is used by one at a time. Who opens it from above, without a file object, counts too. */
static NTSTATUS ComportCreate(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCOMPORT_EXTENSION extension = DeviceObject->DeviceExtension;

    if (extension->Gone)
        return ComportComplete(Irp, STATUS_NO_SUCH_DEVICE, 0);
    if (InterlockedExchange(&extension->Open, 1) != 0)
        return ComportComplete(Irp, STATUS_ACCESS_DENIED, 0);
    return ComportComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS ComportCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    ComportEndReads(DeviceObject->DeviceExtension, STATUS_CANCELLED);
    return ComportComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS ComportClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCOMPORT_EXTENSION extension = DeviceObject->DeviceExtension;

    InterlockedExchange(&extension->Open, 0);
    return ComportComplete(Irp, STATUS_SUCCESS, 0);
}

/* Whatever is on the cable takes it. */
static NTSTATUS ComportWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return ComportComplete(Irp, STATUS_SUCCESS,
                           IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length);
}

static NTSTATUS ComportDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCOMPORT_EXTENSION extension = DeviceObject->DeviceExtension;
    UCHAR major = IoGetCurrentIrpStackLocation(Irp)->MajorFunction;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);
    ULONG_PTR information = 0;

    if (!NT_SUCCESS(status))
        return ComportComplete(Irp, status, 0);
    if (extension->Gone)
        status = STATUS_DEVICE_NOT_CONNECTED;
    else if (major == IRP_MJ_DEVICE_CONTROL)
        status = ComportControl(extension, Irp, &information);
    else
        status = ComportInternalControl(extension, Irp, &information);
    ComportComplete(Irp, status, information);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

static NTSTATUS ComportPassDown(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCOMPORT_EXTENSION extension = DeviceObject->DeviceExtension;

    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(extension->Lower, Irp);
}

/* ---- Plug and Play ---- */

/* The name that filters find the port by. */
static VOID ComportSavePortName(PCOMPORT_EXTENSION Extension)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"PortName");
    PWSTR port = Extension->LinkBuffer + RTL_NUMBER_OF(L"\\DosDevices\\") - 1;
    HANDLE key;

    if (!NT_SUCCESS(
            IoOpenDeviceRegistryKey(Extension->Pdo, PLUGPLAY_REGKEY_DEVICE, KEY_WRITE, &key)))
        return;
    ZwSetValueKey(key, &name, 0, REG_SZ, port,
                  Extension->Link.Length + sizeof(WCHAR) -
                      (ULONG)((PUCHAR)port - (PUCHAR)Extension->LinkBuffer));
    ZwClose(key);
}

static NTSTATUS ComportStart(PCOMPORT_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status = STATUS_UNSUCCESSFUL;

    if (IoForwardIrpSynchronously(Extension->Lower, Irp))
        status = Irp->IoStatus.Status;
    if (NT_SUCCESS(status)) {
        Extension->DeviceState = PowerDeviceD0;
        ComportSavePortName(Extension);
    }
    return ComportComplete(Irp, status, 0);
}

static NTSTATUS ComportRemoveDevice(PCOMPORT_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status;

    Extension->Gone = TRUE;
    ComportEndReads(Extension, STATUS_DEVICE_NOT_CONNECTED);
    IoReleaseRemoveLockAndWait(&Extension->RemoveLock, Irp);
    KeFlushQueuedDpcs();
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(Extension->Lower, Irp);
    IoDeleteSymbolicLink(&Extension->Link);
    IoDetachDevice(Extension->Lower);
    IoDeleteDevice(Extension->Self);
    return status;
}

static NTSTATUS ComportPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCOMPORT_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    PAGED_CODE();
    if (!NT_SUCCESS(status))
        return ComportComplete(Irp, status, 0);
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        status = ComportStart(extension, Irp);
        break;
    case IRP_MN_REMOVE_DEVICE:
        return ComportRemoveDevice(extension, Irp);
    case IRP_MN_SURPRISE_REMOVAL:
        extension->Gone = TRUE;
        ComportEndReads(extension, STATUS_DEVICE_NOT_CONNECTED);
        /* fall through */
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        /* fall through */
    default:
        status = ComportPassDown(DeviceObject, Irp);
        break;
    }
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

/* ---- coming and going of the driver ---- */

/* The port's names: \Device\Serial0, \DosDevices\COM1. */
static NTSTATUS ComportCreateDevice(PDRIVER_OBJECT DriverObject, LONG Number,
                                    PDEVICE_OBJECT *Device)
{
    PCOMPORT_EXTENSION extension;
    UNICODE_STRING name;
    WCHAR buffer[32];
    NTSTATUS status;

    RtlInitEmptyUnicodeString(&name, buffer, sizeof buffer);
    RtlUnicodeStringPrintf(&name, L"\\Device\\Serial%d", Number);
    status = IoCreateDevice(DriverObject, sizeof *extension, &name, FILE_DEVICE_SERIAL_PORT,
                            FILE_DEVICE_SECURE_OPEN, FALSE, Device);
    if (!NT_SUCCESS(status))
        return status;
    extension = (*Device)->DeviceExtension;
    RtlInitEmptyUnicodeString(&extension->Link, extension->LinkBuffer,
                              sizeof extension->LinkBuffer);
    RtlUnicodeStringPrintf(&extension->Link, L"\\DosDevices\\COM%d", Number + 1);
    status = IoCreateSymbolicLink(&extension->Link, &name);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(*Device);
    return status;
}

static NTSTATUS ComportAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    PCOMPORT_DRIVER_EXTENSION driver = IoGetDriverObjectExtension(DriverObject, ComportAddDevice);
    PCOMPORT_EXTENSION extension;
    PDEVICE_OBJECT device;
    NTSTATUS status;

    PAGED_CODE();
    status = ComportCreateDevice(DriverObject, InterlockedIncrement(&driver->Ports) - 1, &device);
    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    extension->Self = device;
    extension->Pdo = Pdo;
    IoInitializeRemoveLock(&extension->RemoveLock, COMPORT_TAG, 0, 0);
    status = ComportLineInitialize(extension);
    if (NT_SUCCESS(status)) {
        ComportAttach(extension, driver->Attached.Buffer, driver->Attached.Length);
        extension->Lower = IoAttachDeviceToDeviceStack(device, Pdo);
        if (extension->Lower == NULL)
            status = STATUS_NO_SUCH_DEVICE;
    }
    if (!NT_SUCCESS(status)) {
        IoDeleteSymbolicLink(&extension->Link);
        IoDeleteDevice(device);
        return status;
    }
    device->Flags |= DO_BUFFERED_IO | (extension->Lower->Flags & DO_POWER_PAGABLE);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID ComportUnload(PDRIVER_OBJECT DriverObject)
{
    PCOMPORT_DRIVER_EXTENSION driver = IoGetDriverObjectExtension(DriverObject, ComportAddDevice);

    PAGED_CODE();
    RtlFreeAnsiString(&driver->Attached);
}

/* Reads the Parameters key; without the value there is nothing on the cable. */
static VOID ComportReadParameters(PUNICODE_STRING RegistryPath, PCOMPORT_DRIVER_EXTENSION Driver)
{
    RTL_QUERY_REGISTRY_TABLE table[2];
    UNICODE_STRING path, attached;
    WCHAR buffer[256];

    RtlInitEmptyUnicodeString(&path, buffer, sizeof buffer);
    RtlUnicodeStringPrintf(&path, L"%wZ\\Parameters", RegistryPath);
    RtlInitUnicodeString(&attached, NULL);
    RtlZeroMemory(table, sizeof table);
    table[0].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    table[0].Name = L"Attached";
    table[0].EntryContext = &attached;
    table[0].DefaultType = (REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, buffer, table, NULL, NULL);
    if (attached.Buffer != NULL)
        RtlUnicodeStringToAnsiString(&Driver->Attached, &attached, TRUE);
    RtlFreeUnicodeString(&attached);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PCOMPORT_DRIVER_EXTENSION driver;
    NTSTATUS status = IoAllocateDriverObjectExtension(DriverObject, ComportAddDevice,
                                                      sizeof *driver, (PVOID *)&driver);

    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(driver, sizeof *driver);
    ComportReadParameters(RegistryPath, driver);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = ComportCreate;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = ComportCleanup;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = ComportClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = ComportRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = ComportWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ComportDeviceControl;
    DriverObject->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = ComportDeviceControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = ComportPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = ComportPower;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = ComportPassDown;
    DriverObject->DriverExtension->AddDevice = ComportAddDevice;
    DriverObject->DriverUnload = ComportUnload;
    return STATUS_SUCCESS;
}
