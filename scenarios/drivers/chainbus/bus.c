/* The bus device of chainbus, and the driver as a whole: see chainbus.h. */
#include "chainbus.h"

#define CHAINBUS_NAME L"\\Device\\ChainBus"
#define CHAINBUS_LINK L"\\DosDevices\\ChainBus"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE ChainAddDevice;
static DRIVER_UNLOAD ChainUnload;
static DRIVER_DISPATCH ChainCreateClose, ChainControl, ChainPnp, ChainPower, ChainSystemControl;

NTSTATUS ChainComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS ChainCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return ChainComplete(Irp, STATUS_SUCCESS, 0);
}

/* ---- children ---- */

static PLINK_EXTENSION BusFindLink(PBUS_EXTENSION Bus, ULONG Number)
{
    PLIST_ENTRY entry;

    for (entry = Bus->Links.Flink; entry != &Bus->Links; entry = entry->Flink) {
        PLINK_EXTENSION link = CONTAINING_RECORD(entry, LINK_EXTENSION, Entry);
        if (link->Number == Number && link->Present)
            return link;
    }
    return NULL;
}

static NTSTATUS BusPlug(PBUS_EXTENSION Bus, ULONG Number)
{
    NTSTATUS status = STATUS_OBJECT_NAME_COLLISION;

    ExAcquireFastMutex(&Bus->Mutex);
    if (BusFindLink(Bus, Number) == NULL)
        status = LinkCreate(Bus, Number);
    ExReleaseFastMutex(&Bus->Mutex);
    if (NT_SUCCESS(status))
        IoInvalidateDeviceRelations(Bus->Pdo, BusRelations);
    return status;
}

/* The hardware is gone already; the PnP manager learns of it by what is missing in the relations. */
static NTSTATUS BusUnplug(PBUS_EXTENSION Bus, ULONG Number)
{
    PLINK_EXTENSION link;

    ExAcquireFastMutex(&Bus->Mutex);
    link = BusFindLink(Bus, Number);
    if (link != NULL)
        link->Present = FALSE;
    ExReleaseFastMutex(&Bus->Mutex);
    if (link == NULL)
        return STATUS_NO_SUCH_DEVICE;
    IoInvalidateDeviceRelations(Bus->Pdo, BusRelations);
    return STATUS_SUCCESS;
}

/* The PnP manager knows a link's device between START and REMOVE, for which the mutex is taken. */
static NTSTATUS BusEject(PBUS_EXTENSION Bus, ULONG Number)
{
    PLINK_EXTENSION link;

    ExAcquireFastMutex(&Bus->Mutex);
    link = BusFindLink(Bus, Number);
    if (link != NULL && link->Started)
        IoRequestDeviceEject(link->Common.Self);
    else
        link = NULL;
    ExReleaseFastMutex(&Bus->Mutex);
    return link != NULL ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
}

static NTSTATUS BusWakeLink(PBUS_EXTENSION Bus, ULONG Number)
{
    PLINK_EXTENSION link;

    ExAcquireFastMutex(&Bus->Mutex);
    link = BusFindLink(Bus, Number);
    if (link != NULL)
        ObReferenceObject(link->Common.Self);
    ExReleaseFastMutex(&Bus->Mutex);
    if (link == NULL)
        return STATUS_NO_SUCH_DEVICE;
    LinkEndWaitWake(link, STATUS_SUCCESS);
    ObDereferenceObject(link->Common.Self);
    return STATUS_SUCCESS;
}

static NTSTATUS BusControl(PBUS_EXTENSION Bus, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    ULONG number;

    if (stack->Parameters.DeviceIoControl.InputBufferLength < sizeof number)
        return STATUS_BUFFER_TOO_SMALL;
    number = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
    switch (code) {
    case IOCTL_CHAINBUS_PLUG:
        return BusPlug(Bus, number);
    case IOCTL_CHAINBUS_UNPLUG:
        return BusUnplug(Bus, number);
    case IOCTL_CHAINBUS_EJECT:
        return BusEject(Bus, number);
    case IOCTL_CHAINBUS_WAKE:
        return BusWakeLink(Bus, number);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS ChainControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PBUS_EXTENSION bus = DeviceObject->DeviceExtension;
    NTSTATUS status;

    if (!bus->Common.IsBus)
        return ChainComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    status = IoAcquireRemoveLock(&bus->RemoveLock, Irp);
    if (!NT_SUCCESS(status))
        return ChainComplete(Irp, status, 0);
    status = ChainComplete(Irp, BusControl(bus, Irp), 0);
    IoReleaseRemoveLock(&bus->RemoveLock, Irp);
    return status;
}

/* ---- Plug and Play of the bus ---- */

/* All that are there, behind what a driver above has put into the list already. */
static NTSTATUS BusRelationsOf(PBUS_EXTENSION Bus, PIRP Irp)
{
    PDEVICE_RELATIONS old = (PDEVICE_RELATIONS)Irp->IoStatus.Information, relations;
    ULONG count = old != NULL ? old->Count : 0;
    PLIST_ENTRY entry;

    ExAcquireFastMutex(&Bus->Mutex);
    for (entry = Bus->Links.Flink; entry != &Bus->Links; entry = entry->Flink)
        count += CONTAINING_RECORD(entry, LINK_EXTENSION, Entry)->Present;
    relations = ExAllocatePool2(POOL_FLAG_PAGED, sizeof *relations + count * sizeof(PDEVICE_OBJECT),
                                CHAINBUS_TAG);
    if (relations == NULL) {
        ExReleaseFastMutex(&Bus->Mutex);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (old != NULL) {
        RtlCopyMemory(relations->Objects, old->Objects, old->Count * sizeof(PDEVICE_OBJECT));
        relations->Count = old->Count;
        ExFreePool(old);
    }
    for (entry = Bus->Links.Flink; entry != &Bus->Links; entry = entry->Flink) {
        PLINK_EXTENSION link = CONTAINING_RECORD(entry, LINK_EXTENSION, Entry);
        link->Reported = link->Present;
        if (!link->Present)
            continue;
        ObReferenceObject(link->Common.Self);
        relations->Objects[relations->Count++] = link->Common.Self;
    }
    ExReleaseFastMutex(&Bus->Mutex);
    Irp->IoStatus.Information = (ULONG_PTR)relations;
    return STATUS_SUCCESS;
}

static NTSTATUS BusStart(PBUS_EXTENSION Bus, PIRP Irp)
{
    NTSTATUS status = STATUS_UNSUCCESSFUL;

    if (IoForwardIrpSynchronously(Bus->Lower, Irp))
        status = Irp->IoStatus.Status;
    Bus->Started = NT_SUCCESS(status);
    Bus->DeviceState = PowerDeviceD0;
    return ChainComplete(Irp, status, 0);
}

static NTSTATUS BusRemove(PBUS_EXTENSION Bus, PIRP Irp)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(CHAINBUS_LINK);
    NTSTATUS status;

    IoReleaseRemoveLockAndWait(&Bus->RemoveLock, Irp);
    /* Children have been removed before; those nobody has seen go now. */
    ExAcquireFastMutex(&Bus->Mutex);
    while (!IsListEmpty(&Bus->Links)) {
        PLINK_EXTENSION link = CONTAINING_RECORD(Bus->Links.Flink, LINK_EXTENSION, Entry);
        LinkDelete(link);
    }
    ExReleaseFastMutex(&Bus->Mutex);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    status = IoCallDriver(Bus->Lower, Irp);
    IoDeleteSymbolicLink(&name);
    IoDetachDevice(Bus->Lower);
    IoDeleteDevice(Bus->Common.Self);
    return status;
}

static NTSTATUS BusPnpLocked(PBUS_EXTENSION Bus, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = STATUS_SUCCESS;

    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return BusStart(Bus, Irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (stack->Parameters.QueryDeviceRelations.Type != BusRelations)
            break;
        status = BusRelationsOf(Bus, Irp);
        if (!NT_SUCCESS(status))
            return ChainComplete(Irp, status, Irp->IoStatus.Information);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_SURPRISE_REMOVAL:
        Bus->Gone = TRUE;
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_STOP_DEVICE:
        Bus->Started = FALSE;
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    default:
        break;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Bus->Lower, Irp);
}

static NTSTATUS ChainPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PBUS_EXTENSION bus = DeviceObject->DeviceExtension;
    NTSTATUS status;

    if (!bus->Common.IsBus)
        return LinkPnp(DeviceObject->DeviceExtension, Irp);
    status = IoAcquireRemoveLock(&bus->RemoveLock, Irp);
    if (!NT_SUCCESS(status))
        return ChainComplete(Irp, status, 0);
    if (IoGetCurrentIrpStackLocation(Irp)->MinorFunction == IRP_MN_REMOVE_DEVICE)
        return BusRemove(bus, Irp);
    status = BusPnpLocked(bus, Irp);
    IoReleaseRemoveLock(&bus->RemoveLock, Irp);
    return status;
}

static NTSTATUS ChainPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PCOMMON_EXTENSION common = DeviceObject->DeviceExtension;

    return common->IsBus ? BusPower(DeviceObject->DeviceExtension, Irp)
                         : LinkPower(DeviceObject->DeviceExtension, Irp);
}

static NTSTATUS ChainSystemControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PBUS_EXTENSION bus = DeviceObject->DeviceExtension;

    if (!bus->Common.IsBus)
        return ChainComplete(Irp, Irp->IoStatus.Status, Irp->IoStatus.Information);
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(bus->Lower, Irp);
}

/* ---- coming and going of the driver ---- */

static NTSTATUS ChainAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(CHAINBUS_NAME);
    UNICODE_STRING dos = RTL_CONSTANT_STRING(CHAINBUS_LINK);
    PBUS_EXTENSION bus;
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(DriverObject, sizeof *bus, &name, FILE_DEVICE_BUS_EXTENDER,
                                     FILE_DEVICE_SECURE_OPEN, FALSE, &device);

    if (!NT_SUCCESS(status))
        return status;
    bus = device->DeviceExtension;
    bus->Common.IsBus = TRUE;
    bus->Common.Self = device;
    bus->Pdo = Pdo;
    bus->DeviceState = PowerDeviceD0;
    InitializeListHead(&bus->Links);
    ExInitializeFastMutex(&bus->Mutex);
    IoInitializeRemoveLock(&bus->RemoveLock, CHAINBUS_TAG, 0, 0);
    status = IoCreateSymbolicLink(&dos, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    bus->Lower = IoAttachDeviceToDeviceStack(device, Pdo);
    if (bus->Lower == NULL) {
        IoDeleteSymbolicLink(&dos);
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->Flags |= bus->Lower->Flags & DO_POWER_PAGABLE;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID ChainUnload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = ChainCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = ChainCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ChainControl;
    DriverObject->MajorFunction[IRP_MJ_PNP] = ChainPnp;
    DriverObject->MajorFunction[IRP_MJ_POWER] = ChainPower;
    DriverObject->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = ChainSystemControl;
    DriverObject->DriverExtension->AddDevice = ChainAddDevice;
    DriverObject->DriverUnload = ChainUnload;
    return STATUS_SUCCESS;
}
