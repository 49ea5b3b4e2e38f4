/*
 * QUERY_INTERFACE of the built-in bus: bus access, location, re-enumeration, reset.
 *
 * Drivers read and write the description's configuration bytes through GUID_BUS_INTERFACE_STANDARD,
 * translate addresses, which are the same on both sides of this bus, and get DMA adapters, which
 * are the HAL's. A device can ask to be plugged out and in again, as a platform-level reset does; a
 * function-level one puts the configuration bytes back. References are counted per slot; a device
 * whose interface is still referenced refuses to be removed.
 *
 * wdm/ns-wdm-_bus_interface_standard, -_reenumerate_self_interface_standard,
 * -_device_reset_interface_standard, ntddk/ns-ntddk-_pnp_location_interface
 */
#include <stdio.h>
#include <string.h>

#include "pnp/internal.h"

static VOID pnp_interface_reference(PVOID context) { ((struct pnp_slot *)context)->interfaces++; }

static VOID pnp_interface_dereference(PVOID context) {
    struct pnp_slot *slot = context;
    if (slot->interfaces)
        slot->interfaces--;
    else
        pnp_report(ki_self(), "slot %u: a driver dereferenced a bus interface too often",
                   slot->number);
}

/* ---- bus access ---- */

static ULONG pnp_set_bus_data(PVOID context, ULONG type, PVOID buffer, ULONG offset, ULONG length) {
    return type ? 0 : pnp_config(context, buffer, offset, length, true);
}

static ULONG pnp_get_bus_data(PVOID context, ULONG type, PVOID buffer, ULONG offset, ULONG length) {
    return type ? 0 : pnp_config(context, buffer, offset, length, false);
}

static BOOLEAN pnp_translate(PVOID context, PHYSICAL_ADDRESS address, ULONG length, PULONG space,
                             PPHYSICAL_ADDRESS translated) {
    (void)context;
    (void)length;
    if (*space > 1)
        return FALSE;
    *translated = address;
    return TRUE;
}

/* The driver whose adapter it is called from the stack, perhaps through IoGetDmaAdapter. */
static struct _DMA_ADAPTER *pnp_bus_adapter(PVOID context, struct _DEVICE_DESCRIPTION *description,
                                            PULONG registers) {
    struct machine *m = ki_self();
    return pnp_adapter_create(m, ((struct pnp_slot *)context)->pdo, description, registers,
                              io_handle_owner(m));
}

static void pnp_fill_bus(PINTERFACE interface) {
    BUS_INTERFACE_STANDARD *bus = (void *)interface;
    PTRANSLATE_BUS_ADDRESS translate = pnp_translate;
    PGET_DMA_ADAPTER adapter = pnp_bus_adapter;
    PGET_SET_DEVICE_DATA set = pnp_set_bus_data, get = pnp_get_bus_data;
    bus->TranslateBusAddress = translate;
    bus->GetDmaAdapter = adapter;
    bus->SetBusData = set;
    bus->GetBusData = get;
}

/* ---- location ---- */

/* "SIM(0003)": one string that is unique on the bus, in the caller's pool. */
static NTSTATUS pnp_location_string(PVOID context, PZZWSTR *strings) {
    const struct pnp_slot *slot = context;
    char text[16];
    int length = snprintf(text, sizeof text, "SIM(%04X)", (unsigned)slot->number);
    WCHAR *wide = ExAllocatePool2(POOL_FLAG_PAGED, ((size_t)length + 2) * sizeof(WCHAR), PNP_TAG);
    if (!wide)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (int i = 0; i < length; i++)
        wide[i] = (WCHAR)text[i];
    *strings = wide;
    return STATUS_SUCCESS;
}

static void pnp_fill_location(PINTERFACE interface) {
    PGET_LOCATION_STRING get = pnp_location_string;
    ((PNP_LOCATION_INTERFACE *)(void *)interface)->GetLocationString = get;
}

/* ---- out and in again ---- */

static void pnp_run_reenumerate(struct machine *m, struct pnp_action *action) {
    struct pnp_slot *slot = action->context;
    struct pnp_node *node = pnp_node_find(m, slot->node);
    struct pnp_node *bus = node ? node->parent : NULL;
    if (!bus || !slot->plugged)
        return;
    pnp_slot_take_out(slot);
    pnp_enumerate(m, bus);
    slot->plugged = true;
    if (pnp_in_tree(bus))
        pnp_enumerate(m, bus);
}

static VOID pnp_reenumerate_self(PVOID context) {
    pnp_queue(ki_self(), pnp_run_reenumerate, NULL, 0, context);
}

static void pnp_fill_reenumerate(PINTERFACE interface) {
    PREENUMERATE_SELF again = pnp_reenumerate_self;
    ((REENUMERATE_SELF_INTERFACE_STANDARD *)(void *)interface)->SurpriseRemoveAndReenumerateSelf =
        again;
}

/* ---- reset ---- */

static NTSTATUS pnp_reset(PVOID context, DEVICE_RESET_TYPE type, ULONG flags, PVOID parameters) {
    struct pnp_slot *slot = context;
    (void)parameters;
    if (flags || type > PlatformLevelDeviceReset)
        return STATUS_INVALID_PARAMETER;
    if (type == FunctionLevelDeviceReset && slot->config)
        memcpy(slot->config, slot->initial_config, slot->config_size);
    else if (type == PlatformLevelDeviceReset)
        pnp_reenumerate_self(context);
    return STATUS_SUCCESS;
}

static void pnp_fill_reset(PINTERFACE interface) {
    DEVICE_RESET_INTERFACE_STANDARD *reset = (void *)interface;
    PDEVICE_RESET_HANDLER handler = pnp_reset;
    reset->DeviceReset = handler;
    reset->SupportedResetTypes = 1u << FunctionLevelDeviceReset | 1u << PlatformLevelDeviceReset;
    reset->Reserved = NULL;
}

/* ---- all of them ---- */

static const struct pnp_bus_interface {
    GUID guid;
    USHORT size; /* of version 1 */
    void (*fill)(PINTERFACE interface);
} pnp_bus_interfaces[] = {
    /* GUID_BUS_INTERFACE_STANDARD */
    {{0x496b8280, 0x6f25, 0x11d0, {0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f}},
     sizeof(BUS_INTERFACE_STANDARD),
     pnp_fill_bus},
    /* GUID_PNP_LOCATION_INTERFACE */
    {{0x70211b0e, 0x0afb, 0x47db, {0xaf, 0xc1, 0x41, 0x0b, 0xf8, 0x42, 0x49, 0x7a}},
     sizeof(PNP_LOCATION_INTERFACE),
     pnp_fill_location},
    /* GUID_REENUMERATE_SELF_INTERFACE_STANDARD */
    {{0x2aeb0243, 0x6a6e, 0x486b, {0x82, 0xfc, 0xd8, 0x15, 0xf6, 0xb9, 0x70, 0x06}},
     sizeof(REENUMERATE_SELF_INTERFACE_STANDARD),
     pnp_fill_reenumerate},
    /* GUID_DEVICE_RESET_INTERFACE_STANDARD */
    {{0x649fdf26, 0x3bc0, 0x4813, {0xad, 0x24, 0x7e, 0x0c, 0x1e, 0xda, 0x3f, 0xa3}},
     FIELD_OFFSET(DEVICE_RESET_INTERFACE_STANDARD, QueryBusSpecificResetInfo),
     pnp_fill_reset},
};

NTSTATUS pnp_bus_interface(struct pnp_slot *slot, PIO_STACK_LOCATION stack) {
    PINTERFACE interface = stack->Parameters.QueryInterface.Interface;
    for (size_t i = 0; i < KI_COUNT(pnp_bus_interfaces); i++) {
        const struct pnp_bus_interface *known = &pnp_bus_interfaces[i];
        if (memcmp(stack->Parameters.QueryInterface.InterfaceType, &known->guid, sizeof(GUID)) !=
                0 ||
            stack->Parameters.QueryInterface.Version < 1 ||
            stack->Parameters.QueryInterface.Size < known->size)
            continue;
        memset(interface, 0, known->size);
        interface->Size = known->size;
        interface->Version = 1;
        interface->Context = slot;
        interface->InterfaceReference = (PINTERFACE_REFERENCE)pnp_interface_reference;
        interface->InterfaceDereference = (PINTERFACE_DEREFERENCE)pnp_interface_dereference;
        known->fill(interface);
        pnp_interface_reference(slot);
        return STATUS_SUCCESS;
    }
    return STATUS_NOT_SUPPORTED;
}
