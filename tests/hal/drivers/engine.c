/*
 * The function driver of the copy engine: reads and writes by scatter/gather DMA.
 *
 * A request goes from StartIo to GetScatterGatherList, from its callback to the registers, and from
 * the interrupt by way of the DPC back to the caller. Parameters: Width, the address lines that it
 * tells the adapter of, and ScatterGather.
 */
#include <ntddk.h>

#include "engine.h"

struct engine {
    PDEVICE_OBJECT self, below, pdo;
    PUCHAR registers;
    PKINTERRUPT interrupt;
    PDMA_ADAPTER adapter;
    PSCATTER_GATHER_LIST list;
    ULONG status; /* that the interrupt brought */
};

static ULONG engine_parameter(PCUNICODE_STRING path, PCWSTR name, ULONG otherwise) {
    ULONG value = otherwise;
    RTL_QUERY_REGISTRY_TABLE table[3] = {
        {.Flags = RTL_QUERY_REGISTRY_SUBKEY, .Name = L"Parameters"},
        {.Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK,
         .Name = (PWSTR)name,
         .EntryContext = &value,
         .DefaultType = REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT | REG_DWORD,
         .DefaultData = &otherwise,
         .DefaultLength = sizeof otherwise}};
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, path->Buffer, table, NULL, NULL);
    return value;
}
static ULONG engine_width, engine_scatter_gather;

/* ---- a transfer ---- */

static PULONG engine_register(struct engine *engine, ULONG offset) {
    return (PULONG)(engine->registers + offset);
}

static DRIVER_LIST_CONTROL engine_program;
static VOID engine_program(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list,
                           PVOID context) {
    struct engine *engine = context;
    BOOLEAN write = IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_WRITE;
    UNREFERENCED_PARAMETER(device);
    engine->list = list;
    for (ULONG i = 0; i < list->NumberOfElements; i++) {
        WRITE_REGISTER_ULONG64((PULONG64)(engine->registers + ENGINE_ADDRESS),
                               (ULONG64)list->Elements[i].Address.QuadPart);
        WRITE_REGISTER_ULONG(engine_register(engine, ENGINE_LENGTH), list->Elements[i].Length);
        WRITE_REGISTER_ULONG(engine_register(engine, ENGINE_COMMAND), ENGINE_PUSH);
    }
    WRITE_REGISTER_ULONG(engine_register(engine, ENGINE_COMMAND),
                         write ? ENGINE_WRITE : ENGINE_READ);
}

static void engine_complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_DISK_INCREMENT);
}

static DRIVER_STARTIO engine_start_io;
static VOID engine_start_io(PDEVICE_OBJECT device, PIRP irp) {
    struct engine *engine = device->DeviceExtension;
    BOOLEAN write = IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_WRITE;
    PMDL mdl = irp->MdlAddress;
    NTSTATUS status = engine->adapter->DmaOperations->GetScatterGatherList(
        engine->adapter, device, mdl, MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl),
        engine_program, engine, write);
    if (!NT_SUCCESS(status)) {
        IoStartNextPacket(device, FALSE);
        engine_complete(irp, status, 0);
    }
}

static KSERVICE_ROUTINE engine_interrupt;
static BOOLEAN engine_interrupt(PKINTERRUPT interrupt, PVOID context) {
    struct engine *engine = context;
    ULONG status = READ_REGISTER_ULONG(engine_register(engine, ENGINE_STATUS));
    UNREFERENCED_PARAMETER(interrupt);
    if (!status)
        return FALSE;
    WRITE_REGISTER_ULONG(engine_register(engine, ENGINE_STATUS), status);
    engine->status = status;
    IoRequestDpc(engine->self, engine->self->CurrentIrp, engine);
    return TRUE;
}

static IO_DPC_ROUTINE engine_dpc;
static VOID engine_dpc(PKDPC dpc, PDEVICE_OBJECT device, PIRP irp, PVOID context) {
    struct engine *engine = context;
    PMDL mdl = irp->MdlAddress;
    BOOLEAN write = IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_WRITE;
    BOOLEAN failed = (engine->status & ENGINE_FAILED) != 0;
    UNREFERENCED_PARAMETER(dpc);
    engine->adapter->DmaOperations->PutScatterGatherList(engine->adapter, engine->list, write);
    IoStartNextPacket(device, FALSE);
    engine_complete(irp, failed ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS,
                    failed ? 0 : MmGetMdlByteCount(mdl));
}

static DRIVER_DISPATCH engine_transfer;
static NTSTATUS engine_transfer(PDEVICE_OBJECT device, PIRP irp) {
    if (!irp->MdlAddress) {
        engine_complete(irp, STATUS_SUCCESS, 0);
        return STATUS_SUCCESS;
    }
    IoMarkIrpPending(irp);
    IoStartPacket(device, irp, NULL, NULL);
    return STATUS_PENDING;
}

/* ---- the device comes and goes ---- */

static NTSTATUS engine_connect(struct engine *engine, PCM_PARTIAL_RESOURCE_LIST resources) {
    DEVICE_DESCRIPTION description = {.Version = DEVICE_DESCRIPTION_VERSION2,
                                      .Master = TRUE,
                                      .ScatterGather = engine_scatter_gather != 0,
                                      .Dma32BitAddresses = engine_width == 32,
                                      .Dma64BitAddresses = engine_width == 64,
                                      .InterfaceType = InterfaceTypeUndefined,
                                      .MaximumLength = ENGINE_MEMORY};
    ULONG registers;
    NTSTATUS status = STATUS_DEVICE_CONFIGURATION_ERROR;
    for (ULONG i = 0; i < resources->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR resource = &resources->PartialDescriptors[i];
        if (resource->Type == CmResourceTypeMemory)
            engine->registers =
                MmMapIoSpace(resource->u.Memory.Start, resource->u.Memory.Length, MmNonCached);
        else if (resource->Type == CmResourceTypeInterrupt)
            status = IoConnectInterrupt(
                &engine->interrupt, engine_interrupt, engine, NULL, resource->u.Interrupt.Vector,
                (KIRQL)resource->u.Interrupt.Level, (KIRQL)resource->u.Interrupt.Level,
                LevelSensitive, TRUE, resource->u.Interrupt.Affinity, FALSE);
    }
    engine->adapter = IoGetDmaAdapter(engine->pdo, &description, &registers);
    return engine->registers && engine->adapter ? status : STATUS_INSUFFICIENT_RESOURCES;
}

static void engine_disconnect(struct engine *engine) {
    if (engine->interrupt)
        IoDisconnectInterrupt(engine->interrupt);
    if (engine->adapter)
        engine->adapter->DmaOperations->PutDmaAdapter(engine->adapter);
    if (engine->registers)
        MmUnmapIoSpace(engine->registers, PAGE_SIZE);
    engine->interrupt = NULL;
    engine->adapter = NULL;
    engine->registers = NULL;
}

static DRIVER_DISPATCH engine_pnp;
static NTSTATUS engine_pnp(PDEVICE_OBJECT device, PIRP irp) {
    struct engine *engine = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PDEVICE_OBJECT below = engine->below;
    NTSTATUS status;
    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        if (!IoForwardIrpSynchronously(below, irp))
            irp->IoStatus.Status = STATUS_NO_SUCH_DEVICE;
        status = irp->IoStatus.Status;
        if (NT_SUCCESS(status))
            status = engine_connect(
                engine, &stack->Parameters.StartDevice.AllocatedResourcesTranslated->List[0]
                             .PartialResourceList);
        engine_complete(irp, status, irp->IoStatus.Information);
        return status;
    case IRP_MN_STOP_DEVICE:
        engine_disconnect(engine);
        break;
    case IRP_MN_REMOVE_DEVICE:
        engine_disconnect(engine);
        irp->IoStatus.Status = STATUS_SUCCESS;
        IoSkipCurrentIrpStackLocation(irp);
        status = IoCallDriver(below, irp);
        IoDetachDevice(below);
        IoDeleteDevice(device);
        return status;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
        irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    }
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(below, irp);
}

static DRIVER_DISPATCH engine_power;
static NTSTATUS engine_power(PDEVICE_OBJECT device, PIRP irp) {
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(((struct engine *)device->DeviceExtension)->below, irp);
}

static DRIVER_DISPATCH engine_open;
static NTSTATUS engine_open(PDEVICE_OBJECT device, PIRP irp) {
    UNREFERENCED_PARAMETER(device);
    engine_complete(irp, STATUS_SUCCESS, 0);
    return STATUS_SUCCESS;
}

static DRIVER_ADD_DEVICE engine_add;
static NTSTATUS engine_add(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\engine");
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(driver, sizeof(struct engine), &name, FILE_DEVICE_UNKNOWN, 0,
                                     FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    struct engine *engine = device->DeviceExtension;
    engine->self = device;
    engine->pdo = pdo;
    engine->below = IoAttachDeviceToDeviceStack(device, pdo);
    IoInitializeDpcRequest(device, engine_dpc);
    device->Flags |= DO_DIRECT_IO | DO_POWER_PAGABLE;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static DRIVER_UNLOAD engine_unload;
static VOID engine_unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    engine_width = engine_parameter(path, L"Width", 64);
    engine_scatter_gather = engine_parameter(path, L"ScatterGather", 1);
    driver->DriverExtension->AddDevice = engine_add;
    driver->DriverStartIo = engine_start_io;
    driver->DriverUnload = engine_unload;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = engine_open;
    driver->MajorFunction[IRP_MJ_READ] = driver->MajorFunction[IRP_MJ_WRITE] = engine_transfer;
    driver->MajorFunction[IRP_MJ_PNP] = engine_pnp;
    driver->MajorFunction[IRP_MJ_POWER] = engine_power;
    return STATUS_SUCCESS;
}
