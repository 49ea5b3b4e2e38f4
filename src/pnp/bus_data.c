/*
 * Configuration space by bus and slot number, as drivers without the bus interface read it.
 *
 * The machine's PCI buses are those that described devices name: a device is at bus_number, and at
 * the slot and function that its address (device << 16 | function) says. As on a PC, a bus that
 * nobody is on does not exist (0 bytes), and an empty slot of one that exists answers with the
 * invalid vendor id, 2 bytes of all ones; this is a judgement, the pages speak of the length alone.
 *
 * ntddk/nf-ntddk-halgetbusdatabyoffset, -halsetbusdatabyoffset
 */
#include <string.h>

#include "pnp/internal.h"

struct pnp_pci_place {
    bool bus_exists;
    struct pnp_slot *slot; /* NULL: empty */
};

static struct pnp_pci_place pnp_pci_find(struct machine *m, ULONG bus, ULONG number) {
    const PCI_SLOT_NUMBER slot_number = {.u.AsULONG = number};
    ULONG address =
        (ULONG)slot_number.u.bits.DeviceNumber << 16 | slot_number.u.bits.FunctionNumber;
    struct pnp_pci_place place = {false, NULL};
    struct pnp_slot *slot;
    for (uint32_t i = 1; (slot = pnp_slot_find(m, i)) != NULL; i++) {
        if (!slot->has_bus_information || slot->bus_information.LegacyBusType != PCIBus ||
            slot->bus_information.BusNumber != bus || !slot->plugged)
            continue;
        place.bus_exists = true;
        if (slot->capabilities.Address == address)
            place.slot = slot;
    }
    return place;
}

ULONG HalGetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber,
                            PVOID Buffer, ULONG Offset, ULONG Length) {
    KI_GATE(HalGetBusDataByOffset);
    const ULONG invalid = PCI_INVALID_VENDORID;
    if (BusDataType != PCIConfiguration)
        return 0;
    struct pnp_pci_place place = pnp_pci_find(m, BusNumber, SlotNumber);
    if (place.slot)
        return pnp_config(place.slot, Buffer, Offset, Length, false);
    if (!place.bus_exists || Offset || Length < sizeof(USHORT))
        return 0;
    memcpy(Buffer, &invalid, sizeof(USHORT));
    return sizeof(USHORT);
}

ULONG HalSetBusDataByOffset(BUS_DATA_TYPE BusDataType, ULONG BusNumber, ULONG SlotNumber,
                            PVOID Buffer, ULONG Offset, ULONG Length) {
    KI_GATE(HalSetBusDataByOffset);
    if (BusDataType != PCIConfiguration)
        return 0;
    struct pnp_pci_place place = pnp_pci_find(m, BusNumber, SlotNumber);
    return place.slot ? pnp_config(place.slot, Buffer, Offset, Length, true) : 0;
}
