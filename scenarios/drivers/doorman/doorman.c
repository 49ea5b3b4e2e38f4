/*
 * doorman: an upper filter that requests and vetoes.
 *
 * It keeps the system from idling to sleep while its device is started (a power request), and says no
 * to queries as its service's Parameters key tells it:
 *     VetoRemove, VetoStop, VetoSystem, VetoDevice   not 0: the query is failed
 *     HoldD3   not 0: keeps the IRP that would put the device to sleep, for ever: a driver that hangs
 *     Request  not 0: makes the power request
 */
#include <ntddk.h>
#include <ntstrsafe.h>

#define DOORMAN_TAG 'rooD'
#define DOORMAN_VALUES 6

typedef struct _DOORMAN_SETTINGS {
    ULONG VetoRemove, VetoStop, VetoSystem, VetoDevice, HoldD3, Request;
} DOORMAN_SETTINGS, *PDOORMAN_SETTINGS;

typedef struct _DOORMAN_EXTENSION {
    PDEVICE_OBJECT Self, Pdo, Lower;
    IO_REMOVE_LOCK RemoveLock;
    DOORMAN_SETTINGS Settings;
    PVOID PowerRequest;
} DOORMAN_EXTENSION, *PDOORMAN_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE DoormanAddDevice;
static DRIVER_UNLOAD DoormanUnload;
static DRIVER_DISPATCH DoormanPass, DoormanPnp, DoormanPower;

static NTSTATUS DoormanFail(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS DoormanPass(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDOORMAN_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status))
        return DoormanFail(Irp, status);
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(extension->Lower, Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

/* ---- the power request ---- */

static VOID DoormanMakeRequest(PDOORMAN_EXTENSION Extension)
{
    COUNTED_REASON_CONTEXT reason;

    if (Extension->Settings.Request == 0 || Extension->PowerRequest != NULL)
        return;
    RtlZeroMemory(&reason, sizeof reason);
    reason.Version = POWER_REQUEST_CONTEXT_VERSION;
    reason.Flags = POWER_REQUEST_CONTEXT_SIMPLE_STRING;
    RtlInitUnicodeString(&reason.SimpleString, L"The doorman lets nobody sleep");
    if (NT_SUCCESS(PoCreatePowerRequest(&Extension->PowerRequest, Extension->Self, &reason)))
        PoSetPowerRequest(Extension->PowerRequest, PowerRequestSystemRequired);
}

static VOID DoormanDropRequest(PDOORMAN_EXTENSION Extension)
{
    if (Extension->PowerRequest == NULL)
        return;
    PoClearPowerRequest(Extension->PowerRequest, PowerRequestSystemRequired);
    PoDeletePowerRequest(Extension->PowerRequest);
    Extension->PowerRequest = NULL;
}

/* ---- Plug and Play ---- */

static NTSTATUS DoormanRemove(PDOORMAN_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status;

    DoormanDropRequest(Extension);
    IoReleaseRemoveLockAndWait(&Extension->RemoveLock, Irp);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(Extension->Lower, Irp);
    IoDetachDevice(Extension->Lower);
    IoDeleteDevice(Extension->Self);
    return status;
}

static NTSTATUS DoormanStart(PDOORMAN_EXTENSION Extension, PIRP Irp)
{
    NTSTATUS status = STATUS_UNSUCCESSFUL;

    if (IoForwardIrpSynchronously(Extension->Lower, Irp))
        status = Irp->IoStatus.Status;
    if (NT_SUCCESS(status))
        DoormanMakeRequest(Extension);
    DoormanFail(Irp, status);
    IoReleaseRemoveLock(&Extension->RemoveLock, Irp);
    return status;
}

static NTSTATUS DoormanPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDOORMAN_EXTENSION extension = DeviceObject->DeviceExtension;
    const DOORMAN_SETTINGS *settings = &extension->Settings;
    UCHAR minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    if (!NT_SUCCESS(status))
        return DoormanFail(Irp, status);
    if (minor == IRP_MN_REMOVE_DEVICE)
        return DoormanRemove(extension, Irp);
    if (minor == IRP_MN_START_DEVICE)
        return DoormanStart(extension, Irp);
    if ((minor == IRP_MN_QUERY_REMOVE_DEVICE && settings->VetoRemove) ||
        (minor == IRP_MN_QUERY_STOP_DEVICE && settings->VetoStop)) {
        status = DoormanFail(Irp, STATUS_UNSUCCESSFUL);
        IoReleaseRemoveLock(&extension->RemoveLock, Irp);
        return status;
    }
    if (minor == IRP_MN_SURPRISE_REMOVAL || minor == IRP_MN_STOP_DEVICE)
        DoormanDropRequest(extension);
    /* Nothing but the status of what the drivers below do not know is left as it was. */
    if (minor == IRP_MN_SURPRISE_REMOVAL || minor == IRP_MN_STOP_DEVICE ||
        minor == IRP_MN_QUERY_REMOVE_DEVICE || minor == IRP_MN_QUERY_STOP_DEVICE ||
        minor == IRP_MN_CANCEL_REMOVE_DEVICE || minor == IRP_MN_CANCEL_STOP_DEVICE)
        Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(extension->Lower, Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

/* ---- power ---- */

static NTSTATUS DoormanPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDOORMAN_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    const DOORMAN_SETTINGS *settings = &extension->Settings;
    BOOLEAN system = stack->Parameters.Power.Type == SystemPowerState, veto;
    NTSTATUS status = IoAcquireRemoveLock(&extension->RemoveLock, Irp);

    PoStartNextPowerIrp(Irp);
    if (!NT_SUCCESS(status))
        return DoormanFail(Irp, status);
    veto = stack->MinorFunction == IRP_MN_QUERY_POWER &&
           (system ? settings->VetoSystem : settings->VetoDevice) != 0;
    if (veto) {
        status = DoormanFail(Irp, STATUS_POWER_STATE_INVALID);
        IoReleaseRemoveLock(&extension->RemoveLock, Irp);
        return status;
    }
    if (settings->HoldD3 && stack->MinorFunction == IRP_MN_SET_POWER && !system &&
        stack->Parameters.Power.State.DeviceState == PowerDeviceD3) {
        IoMarkIrpPending(Irp);
        return STATUS_PENDING;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    status = PoCallDriver(extension->Lower, Irp);
    IoReleaseRemoveLock(&extension->RemoveLock, Irp);
    return status;
}

/* ---- coming and going of the driver ---- */

static NTSTATUS DoormanAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    PDOORMAN_SETTINGS settings = IoGetDriverObjectExtension(DriverObject, DoormanAddDevice);
    PDOORMAN_EXTENSION extension;
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(DriverObject, sizeof *extension, NULL, FILE_DEVICE_UNKNOWN,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &device);

    if (!NT_SUCCESS(status))
        return status;
    extension = device->DeviceExtension;
    extension->Self = device;
    extension->Pdo = Pdo;
    extension->Settings = *settings;
    IoInitializeRemoveLock(&extension->RemoveLock, DOORMAN_TAG, 0, 0);
    extension->Lower = IoAttachDeviceToDeviceStack(device, Pdo);
    if (extension->Lower == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->DeviceType = extension->Lower->DeviceType;
    device->Characteristics = extension->Lower->Characteristics;
    device->Flags |=
        extension->Lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID DoormanUnload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }

static VOID DoormanReadSettings(PUNICODE_STRING RegistryPath, PDOORMAN_SETTINGS Settings)
{
    RTL_QUERY_REGISTRY_TABLE table[DOORMAN_VALUES + 1];
    PWSTR names[DOORMAN_VALUES] = {L"VetoRemove", L"VetoStop", L"VetoSystem",
                                   L"VetoDevice", L"HoldD3",   L"Request"};
    PULONG values = &Settings->VetoRemove;
    UNICODE_STRING whole;
    WCHAR path[256];
    ULONG i;

    RtlInitEmptyUnicodeString(&whole, path, sizeof path);
    RtlUnicodeStringPrintf(&whole, L"%wZ\\Parameters", RegistryPath);
    RtlZeroMemory(table, sizeof table);
    for (i = 0; i < DOORMAN_VALUES; i++) {
        table[i].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
        table[i].Name = names[i];
        table[i].EntryContext = &values[i];
        table[i].DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    }
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, path, table, NULL, NULL);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDOORMAN_SETTINGS settings;
    NTSTATUS status = IoAllocateDriverObjectExtension(DriverObject, DoormanAddDevice,
                                                      sizeof *settings, (PVOID *)&settings);
    ULONG i;

    if (!NT_SUCCESS(status))
        return status;
    RtlZeroMemory(settings, sizeof *settings);
    DoormanReadSettings(RegistryPath, settings);
    for (i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = DoormanPass;
    DriverObject->MajorFunction[IRP_MJ_PNP] = DoormanPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = DoormanPower;
    DriverObject->DriverExtension->AddDevice = DoormanAddDevice;
    DriverObject->DriverUnload = DoormanUnload;
    return STATUS_SUCCESS;
}
