/*
 * IoGetDmaAdapter: the way from a device to its bus driver to an adapter.
 *
 * A bus driver that has the bus interface makes the adapters of its devices; for others, and for
 * devices that Plug and Play does not know, the HAL does.
 *
 * wdm/nf-wdm-iogetdmaadapter, wdm/nc-wdm-get_dma_adapter
 */
#include "hal/hal.h"
#include "pnp/internal.h"

/* GUID_BUS_INTERFACE_STANDARD */
static const GUID pnp_bus_guid = {
    0x496b8280, 0x6f25, 0x11d0, {0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f}};

struct _DMA_ADAPTER *pnp_adapter_create(struct machine *m, PDEVICE_OBJECT pdo,
                                        const struct _DEVICE_DESCRIPTION *description,
                                        PULONG registers, const void *caller) {
    DEVICE_DESCRIPTION resolved = *description;
    const struct pnp_slot *slot = pdo ? pnp_slot_of(pdo) : NULL;
    if (resolved.InterfaceType == InterfaceTypeUndefined && slot && slot->has_bus_information)
        resolved.InterfaceType = slot->bus_information.LegacyBusType;
    return hal_adapter_create(m, pdo, &resolved, registers, caller);
}

/* The bus interface of a device; false if its bus driver has none. */
static bool pnp_query_bus(struct machine *m, PDEVICE_OBJECT pdo, BUS_INTERFACE_STANDARD *bus) {
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_QUERY_INTERFACE};
    IO_STATUS_BLOCK iosb = {0};
    stack.Parameters.QueryInterface.InterfaceType = &pnp_bus_guid;
    stack.Parameters.QueryInterface.Size = sizeof *bus;
    stack.Parameters.QueryInterface.Version = 1;
    stack.Parameters.QueryInterface.Interface = (PINTERFACE)(void *)bus;
    return NT_SUCCESS(pnp_send(m, pdo, &stack, &iosb)) && bus->GetDmaAdapter;
}

struct _DMA_ADAPTER *IoGetDmaAdapter(PDEVICE_OBJECT PhysicalDeviceObject,
                                     struct _DEVICE_DESCRIPTION *DeviceDescription,
                                     PULONG NumberOfMapRegisters) {
    KI_GATE(IoGetDmaAdapter);
    PDEVICE_OBJECT pdo = PhysicalDeviceObject;
    BUS_INTERFACE_STANDARD bus = {0};
    if (!pdo || !pnp_node_of(pdo) || !pnp_query_bus(m, pdo, &bus))
        return pnp_adapter_create(m, pdo, DeviceDescription, NumberOfMapRegisters,
                                  __builtin_return_address(0));
    PGET_DMA_ADAPTER get = (PGET_DMA_ADAPTER)bus.GetDmaAdapter;
    struct _DMA_ADAPTER *adapter = get(bus.Context, DeviceDescription, NumberOfMapRegisters);
    if (bus.InterfaceDereference)
        bus.InterfaceDereference(bus.Context);
    return adapter;
}
