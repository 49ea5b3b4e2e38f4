/* Plug and Play of gauge: see gauge.h. */
#include "gauge.h"

#include <ntstrsafe.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE GaugeAddDevice;
static DRIVER_UNLOAD GaugeUnload;
static DRIVER_DISPATCH GaugeCreateClose, GaugeDeviceControl, GaugePnp, GaugeSystemControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, GaugeAddDevice)
#pragma alloc_text(PAGE, GaugeUnload)
#pragma alloc_text(PAGE, GaugePnp)
#endif

static LONG GaugeCount; /* devices so far, for names */

typedef struct _GAUGE_DRIVER_EXTENSION {
    ULONG PowerUpMs, IdleSeconds, Wake;
} GAUGE_DRIVER_EXTENSION, *PGAUGE_DRIVER_EXTENSION;

NTSTATUS GaugeComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS GaugeCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return GaugeComplete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS GaugeDeviceControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PGAUGE_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status))
        return GaugeComplete(Irp, status, 0);
    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_GAUGE_ARM:
        status = GaugeArm(extension);
        break;
    case IOCTL_GAUGE_DISARM:
        GaugeDisarm(extension);
        break;
    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    GaugeComplete(Irp, status, 0);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

/* WMI is none of this driver's business. */
static NTSTATUS GaugeSystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PGAUGE_EXTENSION extension = DeviceObject->DeviceExtension;

    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(extension->Lower, Irp);
}

/* ---- Plug and Play ---- */

static VOID GaugeSetState(PGAUGE_EXTENSION Extension, GAUGE_PNP_STATE State)
{
    Extension->PreviousState = Extension->State;
    Extension->State = State;
}

static VOID GaugeGetCapabilities(PGAUGE_EXTENSION Extension)
{
    PDEVICE_CAPABILITIES capabilities = &Extension->Capabilities;
    IO_STATUS_BLOCK io;
    KEVENT event;
    PIRP irp;
    PIO_STACK_LOCATION stack;
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(Extension->Pdo);

    RtlZeroMemory(capabilities, sizeof *capabilities);
    capabilities->Size = sizeof *capabilities;
    capabilities->Version = 1;
    capabilities->Address = capabilities->UINumber = MAXULONG;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &event, &io);
    if (irp != NULL) {
        irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        stack = IoGetNextIrpStackLocation(irp);
        stack->MinorFunction = IRP_MN_QUERY_CAPABILITIES;
        stack->Parameters.DeviceCapabilities.Capabilities = capabilities;
        if (IoCallDriver(top, irp) == STATUS_PENDING)
            KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    }
    ObDereferenceObject(top);
}

static NTSTATUS GaugeStart(PGAUGE_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status = STATUS_UNSUCCESSFUL;

    if (IoForwardIrpSynchronously(Extension->Lower, Irp))
        status = Irp->IoStatus.Status;
    if (NT_SUCCESS(status)) {
        GaugeGetCapabilities(Extension);
        GaugeSetState(Extension, GaugeStarted);
        GaugePowerStarted(Extension);
        GaugeSetReady(Extension, TRUE);
    }
    return GaugeComplete(Irp, status, 0);
}

/* The device goes, with or without warning; what is the same in both. */
static VOID GaugeStopUsing(PGAUGE_EXTENSION Extension)
{
    GaugeDisarm(Extension);
    GaugePowerStopped(Extension);
    GaugeFailReads(Extension);
}

static NTSTATUS GaugeRemove(PGAUGE_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status;

    GaugeStopUsing(Extension);
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

/* What is done on the way down; FALSE leaves the status as it was found. */
static BOOLEAN GaugePnpDown(PGAUGE_EXTENSION Extension, PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_QUERY_STOP_DEVICE:
        GaugeSetState(Extension, GaugeStopPending);
        GaugeSetReady(Extension, FALSE);
        return TRUE;
    case IRP_MN_STOP_DEVICE:
        GaugeDisarm(Extension);
        GaugePowerStopped(Extension);
        GaugeSetState(Extension, GaugeStopped);
        return TRUE;
    case IRP_MN_QUERY_REMOVE_DEVICE:
        GaugeSetState(Extension, GaugeRemovePending);
        GaugeSetReady(Extension, FALSE);
        return TRUE;
    case IRP_MN_SURPRISE_REMOVAL:
        GaugeSetState(Extension, GaugeSurpriseRemoved);
        GaugeStopUsing(Extension);
        return TRUE;
    case IRP_MN_QUERY_INTERFACE:
        return GaugeQueryInterface(Extension, Irp);
    default:
        return FALSE;
    }
}

/* A cancellation is for the lower drivers first. */
static NTSTATUS GaugeCancelQuery(PGAUGE_EXTENSION Extension, PIRP Irp, GAUGE_PNP_STATE Pending)
{
    NTSTATUS status;

    IoForwardIrpSynchronously(Extension->Lower, Irp);
    status = Irp->IoStatus.Status;
    if (Extension->State == Pending) {
        Extension->State = Extension->PreviousState;
        if (Extension->State == GaugeStarted)
            GaugeSetReady(Extension, Extension->DeviceState == PowerDeviceD0);
    }
    return GaugeComplete(Irp, status, 0);
}

static NTSTATUS GaugePnpLocked(PGAUGE_EXTENSION Extension, PIRP Irp)
{
    UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;

    switch (minor) {
    case IRP_MN_START_DEVICE:
        return GaugeStart(Extension, Irp);
    case IRP_MN_CANCEL_STOP_DEVICE:
        return GaugeCancelQuery(Extension, Irp, GaugeStopPending);
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        return GaugeCancelQuery(Extension, Irp, GaugeRemovePending);
    default:
        break;
    }
    if (GaugePnpDown(Extension, Irp))
        Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Extension->Lower, Irp);
}

static NTSTATUS GaugePnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PGAUGE_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    PAGED_CODE();
    if (!NT_SUCCESS(status))
        return GaugeComplete(Irp, status, 0);
    if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_REMOVE_DEVICE)
        return GaugeRemove(extension, Irp);
    status = GaugePnpLocked(extension, Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

/* ---- coming and going of the driver ---- */

static NTSTATUS GaugeAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    PGAUGE_DRIVER_EXTENSION driver = IoGetDriverObjectExtension(DriverObject, GaugeAddDevice);
    LONG number = InterlockedIncrement(&GaugeCount) - 1;
    PGAUGE_EXTENSION extension;
    UNICODE_STRING name;
    WCHAR buffer[32];
    PDEVICE_OBJECT device;
    NTSTATUS status;

    PAGED_CODE();
    RtlInitEmptyUnicodeString(&name, buffer, sizeof buffer);
    RtlUnicodeStringPrintf(&name, L"\\Device\\Gauge%d", number);
    status = IoCreateDevice(DriverObject, sizeof *extension, &name, FILE_DEVICE_UNKNOWN,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    extension->Self = device;
    extension->Pdo = Pdo;
    extension->PowerUpMs = driver->PowerUpMs;
    extension->IdleSeconds = driver->IdleSeconds;
    extension->Wake = driver->Wake;
    IoInitializeRemoveLock(&extension->RemoveLock, GAUGE_TAG, 0, 0);
    RtlInitEmptyUnicodeString(&extension->Link, extension->LinkBuffer, sizeof extension->LinkBuffer);
    RtlUnicodeStringPrintf(&extension->Link, L"\\DosDevices\\Gauge%d", number);
    status = GaugeQueueInitialize(extension);
    if (NT_SUCCESS(status))
        status = IoCreateSymbolicLink(&extension->Link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    GaugePowerInitialize(extension);
    extension->Lower = IoAttachDeviceToDeviceStack(device, Pdo);
    if (extension->Lower == NULL) {
        IoDeleteSymbolicLink(&extension->Link);
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->Flags |= DO_BUFFERED_IO | (extension->Lower->Flags & DO_POWER_PAGABLE);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID GaugeUnload(PDRIVER_OBJECT DriverObject)
{
    PAGED_CODE();
    UNREFERENCED_PARAMETER(DriverObject);
}

/* Reads the Parameters key; what it does not have stays 0. */
static NTSTATUS GaugeReadParameters(PUNICODE_STRING RegistryPath, PGAUGE_DRIVER_EXTENSION Driver)
{
    RTL_QUERY_REGISTRY_TABLE table[5];
    PWSTR names[3] = {L"PowerUpMs", L"IdleSeconds", L"Wake"};
    PULONG values[3];
    WCHAR path[256];
    UNICODE_STRING whole;
    ULONG i;

    RtlInitEmptyUnicodeString(&whole, path, sizeof path);
    RtlUnicodeStringPrintf(&whole, L"%wZ\\Parameters", RegistryPath);
    values[0] = &Driver->PowerUpMs;
    values[1] = &Driver->IdleSeconds;
    values[2] = &Driver->Wake;
    RtlZeroMemory(table, sizeof table);
    for (i = 0; i < 3; i++) {
        table[i].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
        table[i].Name = names[i];
        table[i].EntryContext = values[i];
        table[i].DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    }
    return RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, path, table, NULL, NULL);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PGAUGE_DRIVER_EXTENSION driver;
    NTSTATUS status = IoAllocateDriverObjectExtension(DriverObject, GaugeAddDevice, sizeof *driver,
                                                      (PVOID *)&driver);

    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(driver, sizeof *driver);
    GaugeReadParameters(RegistryPath, driver);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = GaugeCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = GaugeCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = GaugeCleanup;
    DriverObject->MajorFunction[IRP_MJ_READ] = GaugeRead;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = GaugeDeviceControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = GaugePnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = GaugePower;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = GaugeSystemControl;
    DriverObject->DriverExtension->AddDevice = GaugeAddDevice;
    DriverObject->DriverUnload = GaugeUnload;
    return STATUS_SUCCESS;
}
