/*
 * Resource descriptors of a plug-in as the bytes that an ACPI firmware would give for them (the
 * form of _CRS), and such bytes as a list that drivers read.
 * (pepfx/ns-pepfx-_pep_acpi_request_convert_to_bios_resources, ns-pepfx-_pep_acpi_resource;
 * the formats are the ACPI specification's, section 6.4)
 *
 * Every descriptor is written by the same functions twice: first only counted, then written.
 */
#include <string.h>

#include "po/pep/resources.h"

/* Tags of small and large descriptors. */
enum {
    PEP_TAG_IO = 0x47,
    PEP_TAG_END = 0x79,
    PEP_TAG_MEMORY32 = 0x85,
    PEP_TAG_INTERRUPT = 0x89,
    PEP_TAG_EXTENDED = 0x8B,
    PEP_TAG_GPIO = 0x8C,
    PEP_TAG_SERIAL = 0x8E,
};

/* ---- writing ---- */

struct pep_bytes {
    UCHAR *to; /* NULL: only counted */
    size_t used;
};

static void pep_put(struct pep_bytes *bytes, ULONGLONG value, unsigned size) {
    for (unsigned i = 0; i < size; i++, bytes->used++)
        if (bytes->to)
            bytes->to[bytes->used] = (UCHAR)(value >> 8 * i);
}

static void pep_put_data(struct pep_bytes *bytes, const void *data, size_t size) {
    if (bytes->to && size)
        memcpy(bytes->to + bytes->used, data, size);
    bytes->used += size;
}

/* A name in the firmware's eight-bit text, with its terminator. */
static void pep_put_text(struct pep_bytes *bytes, const UNICODE_STRING *text) {
    for (USHORT i = 0; text && i < text->Length / sizeof(WCHAR); i++)
        pep_put(bytes, text->Buffer[i] & 0xFFu, 1);
    pep_put(bytes, 0, 1);
}

static size_t pep_text_size(const UNICODE_STRING *text) {
    return (text ? text->Length / sizeof(WCHAR) : 0) + 1;
}

static void pep_put_range(struct pep_bytes *bytes, const PEP_ACPI_IO_MEMORY_RESOURCE *range) {
    bool memory = range->Type == PepAcpiMemory;
    unsigned width = memory ? 4 : 2, narrow = memory ? 4 : 1;
    pep_put(bytes, memory ? PEP_TAG_MEMORY32 : PEP_TAG_IO, 1);
    if (memory)
        pep_put(bytes, 17, 2);
    pep_put(bytes, range->Information & 1u, 1);
    pep_put(bytes, range->MinimumAddress.LowPart, width);
    pep_put(bytes, range->MaximumAddress.LowPart, width);
    pep_put(bytes, range->Alignment, narrow);
    pep_put(bytes, range->Length, narrow);
}

static void pep_put_interrupt(struct pep_bytes *bytes,
                              const PEP_ACPI_INTERRUPT_RESOURCE *interrupt) {
    unsigned flags = interrupt->Flags.ResourceUsage |
                     (unsigned)(interrupt->InterruptType == Latched) << 1 |
                     (unsigned)(interrupt->InterruptPolarity == InterruptActiveLow) << 2 |
                     interrupt->Flags.Shared << 3 | interrupt->Flags.Wake << 4;
    pep_put(bytes, PEP_TAG_INTERRUPT, 1);
    pep_put(bytes, 2u + 4u * interrupt->Count, 2);
    pep_put(bytes, flags, 1);
    pep_put(bytes, interrupt->Count, 1);
    for (unsigned i = 0; i < interrupt->Count; i++)
        pep_put(bytes, interrupt->Pins[i], 4);
}

/* The firmware's polarity: high, low, both edges. */
static unsigned pep_gpio_polarity(KINTERRUPT_POLARITY polarity) {
    return polarity == InterruptActiveLow ? 1 : polarity == InterruptActiveBoth ? 2 : 0;
}

#define PEP_GPIO_HEAD 23u

static void pep_put_gpio(struct pep_bytes *bytes, const PEP_ACPI_GPIO_RESOURCE *gpio) {
    bool interrupt = gpio->Type == PepAcpiGpioInt;
    unsigned name = PEP_GPIO_HEAD + 2u * gpio->PinCount;
    unsigned vendor = name + (unsigned)pep_text_size(gpio->ResourceSourceName);
    unsigned flags = gpio->Flags.Shared << 3 | gpio->Flags.Wake << 4;
    if (interrupt)
        flags |= (unsigned)(gpio->InterruptType == Latched) |
                 pep_gpio_polarity(gpio->InterruptPolarity) << 1;
    else
        flags |= (unsigned)gpio->IoRestrictionType;
    pep_put(bytes, PEP_TAG_GPIO, 1);
    pep_put(bytes, vendor + gpio->VendorDataLength - 3, 2);
    pep_put(bytes, 1, 1); /* revision */
    pep_put(bytes, !interrupt, 1);
    pep_put(bytes, gpio->Flags.ResourceUsage, 2);
    pep_put(bytes, flags, 2);
    pep_put(bytes, (unsigned)gpio->PinConfig, 1);
    pep_put(bytes, gpio->DriveStrength, 2);
    pep_put(bytes, gpio->DebounceTimeout, 2);
    pep_put(bytes, PEP_GPIO_HEAD, 2);
    pep_put(bytes, gpio->ResourceSourceIndex, 1);
    pep_put(bytes, name, 2);
    pep_put(bytes, vendor, 2);
    pep_put(bytes, gpio->VendorDataLength, 2);
    for (unsigned i = 0; i < gpio->PinCount; i++)
        pep_put(bytes, gpio->PinTable[i], 2);
    pep_put_text(bytes, gpio->ResourceSourceName);
    pep_put_data(bytes, gpio->VendorData, gpio->VendorDataLength);
}

/* What follows the head of a serial bus's descriptor by the kind of bus. */
static void pep_put_bus_data(struct pep_bytes *bytes, const PEP_ACPI_RESOURCE *resource) {
    switch (resource->Type) {
    case PepAcpiSpbI2c:
        pep_put(bytes, resource->SpbI2c.ConnectionSpeed, 4);
        pep_put(bytes, resource->SpbI2c.SlaveAddress, 2);
        break;
    case PepAcpiSpbSpi:
        pep_put(bytes, resource->SpbSpi.ConnectionSpeed, 4);
        pep_put(bytes, resource->SpbSpi.DataBitLength, 1);
        pep_put(bytes, resource->SpbSpi.Phase, 1);
        pep_put(bytes, resource->SpbSpi.Polarity, 1);
        pep_put(bytes, resource->SpbSpi.DeviceSelection, 2);
        break;
    default:
        pep_put(bytes, resource->SpbUart.BaudRate, 4);
        pep_put(bytes, resource->SpbUart.RxBufferSize, 2);
        pep_put(bytes, resource->SpbUart.TxBufferSize, 2);
        pep_put(bytes, resource->SpbUart.Parity, 1);
        pep_put(bytes, resource->SpbUart.LinesInUse, 1);
    }
}

static void pep_put_bus(struct pep_bytes *bytes, const PEP_ACPI_RESOURCE *resource) {
    const PEP_ACPI_SPB_RESOURCE *bus = &resource->SpbI2c.SpbCommon;
    struct pep_bytes counted = {0};
    pep_put_bus_data(&counted, resource);
    size_t data = counted.used + bus->VendorDataLength;
    unsigned specific = bus->TypeSpecificFlags;
    if (resource->Type == PepAcpiSpbI2c)
        specific = bus->Flags.AddressingMode;
    pep_put(bytes, PEP_TAG_SERIAL, 1);
    pep_put(bytes, 9 + data + pep_text_size(bus->ResourceSourceName), 2);
    pep_put(bytes, 1, 1); /* revision */
    pep_put(bytes, bus->ResourceSourceIndex, 1);
    pep_put(bytes, (unsigned)resource->Type - PepAcpiSpbI2c + 1u, 1);
    pep_put(bytes,
            bus->Flags.SlaveMode | bus->Flags.ResourceUsage << 1 | bus->Flags.SharedMode << 2, 1);
    pep_put(bytes, specific, 2);
    pep_put(bytes, 1, 1); /* revision of the kind */
    pep_put(bytes, data, 2);
    pep_put_bus_data(bytes, resource);
    pep_put_data(bytes, bus->VendorData, bus->VendorDataLength);
    pep_put_text(bytes, bus->ResourceSourceName);
}

static void pep_put_address(struct pep_bytes *bytes, const PEP_ACPI_EXTENDED_ADDRESS *address) {
    pep_put(bytes, PEP_TAG_EXTENDED, 1);
    pep_put(bytes, 53, 2);
    pep_put(bytes, address->Type == PepAcpiExtendedIo, 1);
    pep_put(bytes, address->GeneralFlags, 1);
    pep_put(bytes, address->TypeSpecificFlags, 1);
    pep_put(bytes, 1, 1); /* revision */
    pep_put(bytes, 0, 1);
    pep_put(bytes, address->Granularity, 8);
    pep_put(bytes, address->MinimumAddress, 8);
    pep_put(bytes, address->MaximumAddress, 8);
    pep_put(bytes, address->TranslationAddress, 8);
    pep_put(bytes, address->AddressLength, 8);
    pep_put(bytes, address->TypeAttribute, 8);
}

static bool pep_put_resource(struct pep_bytes *bytes, const PEP_ACPI_RESOURCE *resource) {
    switch (resource->Type) {
    case PepAcpiMemory:
    case PepAcpiIoPort:
        pep_put_range(bytes, &resource->IoMemory);
        return true;
    case PepAcpiInterrupt:
        pep_put_interrupt(bytes, &resource->Interrupt);
        return true;
    case PepAcpiGpioIo:
    case PepAcpiGpioInt:
        pep_put_gpio(bytes, &resource->Gpio);
        return true;
    case PepAcpiSpbI2c:
    case PepAcpiSpbSpi:
    case PepAcpiSpbUart:
        pep_put_bus(bytes, resource);
        return true;
    case PepAcpiExtendedMemory:
    case PepAcpiExtendedIo:
        pep_put_address(bytes, &resource->ExtendedAddress);
        return true;
    default:
        return false;
    }
}

static bool pep_put_all(struct pep_bytes *bytes,
                        const PEP_ACPI_REQUEST_CONVERT_TO_BIOS_RESOURCES *request) {
    for (size_t i = 0; i < request->InputBufferSize / sizeof(PEP_ACPI_RESOURCE); i++)
        if (!pep_put_resource(bytes, &request->InputBuffer[i]))
            return false;
    if (!(request->Flags & PEP_ACPI_REQUEST_COMMON_FLAGS_NO_END_TAG)) {
        pep_put(bytes, PEP_TAG_END, 1);
        pep_put(bytes, 0, 1); /* no checksum */
    }
    return true;
}

NTSTATUS pep_convert_resources(PPEP_ACPI_REQUEST_CONVERT_TO_BIOS_RESOURCES request) {
    struct pep_bytes bytes = {0};
    if (!request->InputBuffer || !request->InputBufferSize ||
        request->InputBufferSize % sizeof(PEP_ACPI_RESOURCE) || !pep_put_all(&bytes, request))
        return request->TranslationStatus = STATUS_INVALID_PARAMETER;
    bool fits = request->OutputBuffer && request->OutputBufferSize >= bytes.used;
    request->OutputBufferSize = bytes.used;
    if (!fits)
        return request->TranslationStatus = STATUS_BUFFER_TOO_SMALL;
    bytes = (struct pep_bytes){.to = request->OutputBuffer};
    pep_put_all(&bytes, request);
    return request->TranslationStatus = STATUS_SUCCESS;
}

/* ---- reading ---- */

static ULONG pep_get(const UCHAR *at, unsigned size) {
    ULONG value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (ULONG)at[i] << 8 * i;
    return value;
}

static size_t pep_descriptor_size(const UCHAR *at, size_t left) {
    size_t size = *at & 0x80 ? 3 : 1 + (*at & 7u);
    if (*at & 0x80 && left >= 3)
        size += pep_get(at + 1, 2);
    return size;
}

static void pep_range(PCM_PARTIAL_RESOURCE_DESCRIPTOR to, UCHAR type, USHORT flags, ULONG start,
                      ULONG length) {
    to->Type = type;
    to->ShareDisposition = CmResourceShareDeviceExclusive;
    to->Flags = flags;
    to->u.Generic.Start.QuadPart = start;
    to->u.Generic.Length = length;
}

static void pep_line(PCM_PARTIAL_RESOURCE_DESCRIPTOR to, const UCHAR *at, unsigned index) {
    ULONG vector = pep_get(at + 5 + 4 * index, 4);
    to->Type = CmResourceTypeInterrupt;
    to->ShareDisposition = at[3] & 8 ? CmResourceShareShared : CmResourceShareDeviceExclusive;
    to->Flags = at[3] & 2 ? CM_RESOURCE_INTERRUPT_LATCHED : CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
    to->u.Interrupt.Level = to->u.Interrupt.Vector = vector;
    to->u.Interrupt.Affinity = (KAFFINITY)-1;
}

/* The drivers' descriptors of one of the firmware's: their number; `to` may be NULL. */
static ULONG pep_read(PCM_PARTIAL_RESOURCE_DESCRIPTOR to, const UCHAR *at) {
    ULONG count = 1;
    switch (*at) {
    case PEP_TAG_IO:
        if (to)
            pep_range(to, CmResourceTypePort, CM_RESOURCE_PORT_IO, pep_get(at + 2, 2), at[7]);
        return 1;
    case PEP_TAG_MEMORY32:
        if (to)
            pep_range(to, CmResourceTypeMemory,
                      at[3] & 1 ? CM_RESOURCE_MEMORY_READ_WRITE : CM_RESOURCE_MEMORY_READ_ONLY,
                      pep_get(at + 4, 4), pep_get(at + 16, 4));
        return 1;
    case PEP_TAG_INTERRUPT:
        count = at[4];
        for (ULONG i = 0; to && i < count; i++)
            pep_line(&to[i], at, i);
        return count;
    default:
        return 0; /* connections to other controllers are theirs to translate */
    }
}

ULONG pep_translate_resources(const UCHAR *bytes, size_t size,
                              PCM_PARTIAL_RESOURCE_DESCRIPTOR descriptors) {
    ULONG count = 0;
    for (size_t at = 0, step; at < size && bytes[at] != PEP_TAG_END; at += step) {
        step = pep_descriptor_size(bytes + at, size - at);
        if (step > size - at)
            break;
        count += pep_read(descriptors ? &descriptors[count] : NULL, bytes + at);
    }
    return count;
}
