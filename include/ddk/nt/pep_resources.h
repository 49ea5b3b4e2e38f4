/*
 * Filling in the resource descriptors of nt/pep_acpi.h, at any IRQL; each clears what it does not
 * set. Arguments that are flags come as the constants below: they already stand at their place.
 * (pepfx/nf-pepfx-pep_acpi_initialize_memory_resource …)
 */
#ifndef WDMSIM_NT_PEP_RESOURCES_H
#define WDMSIM_NT_PEP_RESOURCES_H

/* UARTs: BitsPerByte, StopBits, FlowControl, IsBigEndian; Parity; LinesInUse. */
#define PEP_ACPI_UART_SERIAL_FLAG_FLOW_CTL_NONE 0x00
#define PEP_ACPI_UART_SERIAL_FLAG_FLOW_CTL_HW 0x01
#define PEP_ACPI_UART_SERIAL_FLAG_FLOW_CTL_XONXOFF 0x02
#define PEP_ACPI_UART_SERIAL_FLAG_FLOW_CTL_MASK 0x03
#define PEP_ACPI_UART_SERIAL_FLAG_STOP_BITS_0 0x00
#define PEP_ACPI_UART_SERIAL_FLAG_STOP_BITS_1 0x04
#define PEP_ACPI_UART_SERIAL_FLAG_STOP_BITS_1_5 0x08
#define PEP_ACPI_UART_SERIAL_FLAG_STOP_BITS_2 0x0C
#define PEP_ACPI_UART_SERIAL_FLAG_STOP_BITS_MASK 0x0C
#define PEP_ACPI_UART_SERIAL_FLAG_DATA_BITS_5 0x00
#define PEP_ACPI_UART_SERIAL_FLAG_DATA_BITS_6 0x10
#define PEP_ACPI_UART_SERIAL_FLAG_DATA_BITS_7 0x20
#define PEP_ACPI_UART_SERIAL_FLAG_DATA_BITS_8 0x30
#define PEP_ACPI_UART_SERIAL_FLAG_DATA_BITS_9 0x40
#define PEP_ACPI_UART_SERIAL_FLAG_DATA_BITS_MASK 0x70
#define PEP_ACPI_UART_SERIAL_FLAG_BIG_ENDIAN 0x80
#define PEP_ACPI_UART_SERIAL_PARITY_NONE 0x00
#define PEP_ACPI_UART_SERIAL_PARITY_EVEN 0x01
#define PEP_ACPI_UART_SERIAL_PARITY_ODD 0x02
#define PEP_ACPI_UART_SERIAL_PARITY_MARK 0x03
#define PEP_ACPI_UART_SERIAL_PARITY_SPACE 0x04
#define PEP_ACPI_UART_SERIAL_LINES_DCD 0x04
#define PEP_ACPI_UART_SERIAL_LINES_RI 0x08
#define PEP_ACPI_UART_SERIAL_LINES_DSR 0x10
#define PEP_ACPI_UART_SERIAL_LINES_DTR 0x20
#define PEP_ACPI_UART_SERIAL_LINES_CTS 0x40
#define PEP_ACPI_UART_SERIAL_LINES_RTS 0x80

/* SPI. */
#define PEP_ACPI_SPI_SERIAL_BUS_SPECIFIC_FLAG_3WIRE_MODE 0x0001
#define PEP_ACPI_SPI_SERIAL_BUS_PHASE_FOO 0x00
#define PEP_ACPI_SPI_SERIAL_BUS_PHASE_BAR 0x01
#define PEP_ACPI_SPI_SERIAL_BUS_POLARITY_LOW 0x00
#define PEP_ACPI_SPI_SERIAL_BUS_POLARITY_HIGH 0x01

/* Extended addresses: Cacheable, MemoryRangeType; TypeSpecificAttributes; ISARanges. */
#define PEP_ACPI_ADDRESS_TYPE_MEMORY_MASK 0x1E
#define PEP_ACPI_ADDRESS_TYPE_MEMORY_NONCACHEABLE 0x00
#define PEP_ACPI_ADDRESS_TYPE_MEMORY_CACHEABLE 0x02
#define PEP_ACPI_ADDRESS_TYPE_MEMORY_WRITE_COMBINE 0x04
#define PEP_ACPI_ADDRESS_TYPE_MEMORY_PREFETCHABLE 0x06
#define PEP_ACPI_ADDRESS_TYPE_MEMORY_RANGE_MASK 0x18
#define PEP_ACPI_ADDRESS_TYPE_MEMORY_RANGE_MEMORY 0x00
#define PEP_ACPI_ADDRESS_TYPE_MEMORY_RANGE_RESERVED 0x08
#define PEP_ACPI_ADDRESS_TYPE_MEMORY_RANGE_ACPI 0x10
#define PEP_ACPI_ADDRESS_TYPE_MEMORY_RANGE_NVS 0x18
#define PEP_ACPI_ADDRESS_TYPE_ACPI_MEMORY_UC 0x0000000000000001ULL
#define PEP_ACPI_ADDRESS_TYPE_ACPI_MEMORY_WC 0x0000000000000002ULL
#define PEP_ACPI_ADDRESS_TYPE_ACPI_MEMORY_WT 0x0000000000000004ULL
#define PEP_ACPI_ADDRESS_TYPE_ACPI_MEMORY_WB 0x0000000000000008ULL
#define PEP_ACPI_ADDRESS_TYPE_ACPI_MEMORY_UCE 0x0000000000000010ULL
#define PEP_ACPI_ADDRESS_TYPE_ACPI_MEMORY_NV 0x0000000000008000ULL
#define PEP_ACPI_ADDRESS_TYPE_IO_NON_ISA_RANGE 0x01
#define PEP_ACPI_ADDRESS_TYPE_IO_ISA_RANGE 0x02
#define PEP_ACPI_ADDRESS_TYPE_IO_ENTIRE_RANGE 0x03

FORCEINLINE VOID wdmsim_pep_range(PPEP_ACPI_RESOURCE Resource, PEP_ACPI_RESOURCE_TYPE Type,
                                  UCHAR Information, ULONG Minimum, ULONG Maximum, ULONG Alignment,
                                  ULONG Length) {
    PPEP_ACPI_IO_MEMORY_RESOURCE range = &Resource->IoMemory;
    RtlZeroMemory(Resource, sizeof *Resource);
    range->Type = Type;
    range->Information = Information;
    range->MinimumAddress.QuadPart = Minimum;
    range->MaximumAddress.QuadPart = Maximum;
    range->Alignment = Alignment;
    range->Length = Length;
}

FORCEINLINE VOID PEP_ACPI_INITIALIZE_MEMORY_RESOURCE(UCHAR ReadWrite, ULONG MinimumAddress,
                                                     ULONG MaximumAddress, ULONG Alignment,
                                                     ULONG MemorySize,
                                                     PPEP_ACPI_RESOURCE Resource) {
    wdmsim_pep_range(Resource, PepAcpiMemory, ReadWrite, MinimumAddress, MaximumAddress, Alignment,
                     MemorySize);
}

FORCEINLINE VOID PEP_ACPI_INITIALIZE_IOPORT_RESOURCE(UCHAR Decode, USHORT MinimumAddress,
                                                     USHORT MaximumAddress, UCHAR Alignment,
                                                     UCHAR PortLength,
                                                     PPEP_ACPI_RESOURCE Resource) {
    wdmsim_pep_range(Resource, PepAcpiIoPort, Decode, MinimumAddress, MaximumAddress, Alignment,
                     PortLength);
}

FORCEINLINE VOID PEP_ACPI_INITIALIZE_INTERRUPT_RESOURCE(
    BOOLEAN ResourceUsage, KINTERRUPT_MODE EdgeLevel, KINTERRUPT_POLARITY InterruptLevel,
    BOOLEAN ShareType, BOOLEAN Wake, PULONG PinTable, UCHAR PinCount, PPEP_ACPI_RESOURCE Resource) {
    PPEP_ACPI_INTERRUPT_RESOURCE interrupt = &Resource->Interrupt;
    RtlZeroMemory(Resource, sizeof *Resource);
    interrupt->Type = PepAcpiInterrupt;
    interrupt->InterruptType = EdgeLevel;
    interrupt->InterruptPolarity = InterruptLevel;
    interrupt->Flags.ResourceUsage = ResourceUsage & 1u;
    interrupt->Flags.Shared = ShareType & 1u;
    interrupt->Flags.Wake = Wake & 1u;
    interrupt->Count = PinCount;
    interrupt->Pins = PinTable;
}

/* What GPIO descriptors of both kinds share. */
FORCEINLINE PPEP_ACPI_GPIO_RESOURCE wdmsim_pep_gpio(PPEP_ACPI_RESOURCE Resource,
                                                    PEP_ACPI_RESOURCE_TYPE Type, BOOLEAN Shareable,
                                                    BOOLEAN CanWake, BOOLEAN ResourceUsage) {
    PPEP_ACPI_GPIO_RESOURCE gpio = &Resource->Gpio;
    RtlZeroMemory(Resource, sizeof *Resource);
    gpio->Type = Type;
    gpio->Flags.Shared = Shareable & 1u;
    gpio->Flags.Wake = CanWake & 1u;
    gpio->Flags.ResourceUsage = ResourceUsage & 1u;
    return gpio;
}

FORCEINLINE VOID PEP_ACPI_INITIALIZE_GPIO_IO_RESOURCE(
    BOOLEAN Shareable, BOOLEAN CanWake, GPIO_PIN_CONFIG_TYPE PinConfig, USHORT DebounceTimeout,
    USHORT DriveStrength, GPIO_PIN_IORESTRICTION_TYPE IoRestriction, UCHAR ResourceSourceIndex,
    PUNICODE_STRING ResourceSourceName, BOOLEAN ResourceUsage, PUCHAR VendorData,
    USHORT VendorDataLength, PUSHORT PinTable, USHORT PinCount, PPEP_ACPI_RESOURCE Resource) {
    PPEP_ACPI_GPIO_RESOURCE gpio =
        wdmsim_pep_gpio(Resource, PepAcpiGpioIo, Shareable, CanWake, ResourceUsage);
    gpio->PinConfig = PinConfig;
    gpio->DebounceTimeout = DebounceTimeout;
    gpio->DriveStrength = DriveStrength;
    gpio->IoRestrictionType = IoRestriction;
    gpio->ResourceSourceIndex = ResourceSourceIndex;
    gpio->ResourceSourceName = ResourceSourceName;
    gpio->VendorData = VendorData;
    gpio->VendorDataLength = VendorDataLength;
    gpio->PinTable = PinTable;
    gpio->PinCount = PinCount;
}

FORCEINLINE VOID PEP_ACPI_INITIALIZE_GPIO_INT_RESOURCE(
    KINTERRUPT_MODE InterruptType, KINTERRUPT_POLARITY LevelType, BOOLEAN Shareable,
    BOOLEAN CanWake, GPIO_PIN_CONFIG_TYPE PinConfig, USHORT DebounceTimeout,
    UCHAR ResourceSourceIndex, PUNICODE_STRING ResourceSourceName, BOOLEAN ResourceUsage,
    PUCHAR VendorData, USHORT VendorDataLength, PUSHORT PinTable, UCHAR PinCount,
    PPEP_ACPI_RESOURCE Resource) {
    PPEP_ACPI_GPIO_RESOURCE gpio =
        wdmsim_pep_gpio(Resource, PepAcpiGpioInt, Shareable, CanWake, ResourceUsage);
    gpio->InterruptType = InterruptType;
    gpio->InterruptPolarity = LevelType;
    gpio->PinConfig = PinConfig;
    gpio->DebounceTimeout = DebounceTimeout;
    gpio->ResourceSourceIndex = ResourceSourceIndex;
    gpio->ResourceSourceName = ResourceSourceName;
    gpio->VendorData = VendorData;
    gpio->VendorDataLength = VendorDataLength;
    gpio->PinTable = PinTable;
    gpio->PinCount = PinCount;
}

/* What connections to serial buses share. */
FORCEINLINE VOID wdmsim_pep_bus(PPEP_ACPI_SPB_RESOURCE Bus, PEP_ACPI_RESOURCE_TYPE Type,
                                PUNICODE_STRING Source, UCHAR SourceIndex, BOOLEAN ResourceUsage,
                                BOOLEAN SharedMode, PCHAR VendorData, USHORT VendorDataLength) {
    Bus->Type = Type;
    Bus->ResourceSourceName = Source;
    Bus->ResourceSourceIndex = SourceIndex;
    Bus->Flags.ResourceUsage = ResourceUsage & 1u;
    Bus->Flags.SharedMode = SharedMode & 1u;
    Bus->VendorData = VendorData;
    Bus->VendorDataLength = VendorDataLength;
}

FORCEINLINE VOID PEP_ACPI_INITIALIZE_SPB_I2C_RESOURCE(
    USHORT SlaveAddress, BOOLEAN DeviceInitiated, ULONG ConnectionSpeed, BOOLEAN AddressingMode,
    PUNICODE_STRING ResourceSource, UCHAR ResourceSourceIndex, BOOLEAN ResourceUsage,
    BOOLEAN SharedMode, PCHAR VendorData, USHORT VendorDataLength, PPEP_ACPI_RESOURCE Resource) {
    PPEP_ACPI_SPB_I2C_RESOURCE i2c = &Resource->SpbI2c;
    RtlZeroMemory(Resource, sizeof *Resource);
    wdmsim_pep_bus(&i2c->SpbCommon, PepAcpiSpbI2c, ResourceSource, ResourceSourceIndex,
                   ResourceUsage, SharedMode, VendorData, VendorDataLength);
    i2c->SpbCommon.Flags.AddressingMode = AddressingMode & 1u;
    i2c->SpbCommon.Flags.SlaveMode = DeviceInitiated & 1u;
    i2c->ConnectionSpeed = ConnectionSpeed;
    i2c->SlaveAddress = SlaveAddress;
}

FORCEINLINE VOID PEP_ACPI_INITIALIZE_SPB_SPI_RESOURCE(
    USHORT DeviceSelection, UCHAR DeviceSelectionPolarity, UCHAR WireMode, UCHAR DataBitLength,
    BOOLEAN SlaveMode, ULONG ConnectionSpeed, UCHAR ClockPolarity, UCHAR ClockPhase,
    PUNICODE_STRING ResourceSource, UCHAR ResourceSourceIndex, BOOLEAN ResourceUsage,
    BOOLEAN SharedMode, PCHAR VendorData, USHORT VendorDataLength, PPEP_ACPI_RESOURCE Resource) {
    PPEP_ACPI_SPB_SPI_RESOURCE spi = &Resource->SpbSpi;
    RtlZeroMemory(Resource, sizeof *Resource);
    wdmsim_pep_bus(&spi->SpbCommon, PepAcpiSpbSpi, ResourceSource, ResourceSourceIndex,
                   ResourceUsage, SharedMode, VendorData, VendorDataLength);
    spi->SpbCommon.TypeSpecificFlags = (USHORT)(DeviceSelectionPolarity | WireMode);
    spi->SpbCommon.Flags.SlaveMode = SlaveMode & 1u;
    spi->ConnectionSpeed = ConnectionSpeed;
    spi->DataBitLength = DataBitLength;
    spi->Polarity = ClockPolarity;
    spi->Phase = ClockPhase;
    spi->DeviceSelection = DeviceSelection;
}

FORCEINLINE VOID PEP_ACPI_INITIALIZE_SPB_UART_RESOURCE(
    ULONG BaudRate, UCHAR BitsPerByte, UCHAR StopBits, UCHAR LinesInUse, UCHAR IsBigEndian,
    UCHAR Parity, UCHAR FlowControl, USHORT RxSize, USHORT TxSize, PUNICODE_STRING ResourceSource,
    UCHAR ResourceSourceIndex, BOOLEAN ResourceUsage, BOOLEAN SharedMode, PCHAR VendorData,
    USHORT VendorDataLength, PPEP_ACPI_RESOURCE Resource) {
    PPEP_ACPI_SPB_UART_RESOURCE uart = &Resource->SpbUart;
    RtlZeroMemory(Resource, sizeof *Resource);
    wdmsim_pep_bus(&uart->SpbCommon, PepAcpiSpbUart, ResourceSource, ResourceSourceIndex,
                   ResourceUsage, SharedMode, VendorData, VendorDataLength);
    uart->SpbCommon.TypeSpecificFlags =
        (USHORT)(BitsPerByte | StopBits | FlowControl | IsBigEndian);
    uart->BaudRate = BaudRate;
    uart->RxBufferSize = RxSize;
    uart->TxBufferSize = TxSize;
    uart->Parity = Parity;
    uart->LinesInUse = LinesInUse;
}

/* Address ranges with 64 bits; the general flags are those of an ACPI address space descriptor. */
FORCEINLINE PPEP_ACPI_EXTENDED_ADDRESS wdmsim_pep_address(PPEP_ACPI_RESOURCE Resource,
                                                          PEP_ACPI_RESOURCE_TYPE Type,
                                                          BOOLEAN ResourceUsage, UCHAR Decode,
                                                          BOOLEAN IsMinFixed, BOOLEAN IsMaxFixed) {
    PPEP_ACPI_EXTENDED_ADDRESS address = &Resource->ExtendedAddress;
    RtlZeroMemory(Resource, sizeof *Resource);
    address->Type = Type;
    address->GeneralFlags =
        (UCHAR)(ResourceUsage | Decode << 1 | IsMinFixed << 2 | IsMaxFixed << 3);
    return address;
}

FORCEINLINE VOID PEP_ACPI_INITIALIZE_EXTENDED_MEMORY_RESOURCE(
    BOOLEAN ResourceUsage, UCHAR Decode, BOOLEAN IsMinFixed, BOOLEAN IsMaxFixed, UCHAR Cacheable,
    BOOLEAN ReadWrite, ULONGLONG AddressGranularity, ULONGLONG AddressMinimum,
    ULONGLONG AddressMaximum, ULONGLONG AddressTranslation, ULONGLONG RangeLength,
    ULONGLONG TypeSpecificAttributes, PUNICODE_STRING DescriptorName, UCHAR MemoryRangeType,
    BOOLEAN TranslationTypeNonStatic, PPEP_ACPI_RESOURCE Resource) {
    PPEP_ACPI_EXTENDED_ADDRESS address = wdmsim_pep_address(
        Resource, PepAcpiExtendedMemory, ResourceUsage, Decode, IsMinFixed, IsMaxFixed);
    address->TypeSpecificFlags =
        (UCHAR)(ReadWrite | Cacheable | TranslationTypeNonStatic << 3 | MemoryRangeType);
    address->Granularity = AddressGranularity;
    address->MinimumAddress = AddressMinimum;
    address->MaximumAddress = AddressMaximum;
    address->TranslationAddress = AddressTranslation;
    address->AddressLength = RangeLength;
    address->TypeAttribute = TypeSpecificAttributes;
    address->DescriptorName = DescriptorName;
}

FORCEINLINE VOID PEP_ACPI_INITIALIZE_EXTENDED_IO_RESOURCE(
    BOOLEAN ResourceUsage, UCHAR Decode, BOOLEAN IsMinFixed, BOOLEAN IsMaxFixed, UCHAR ISARanges,
    ULONGLONG AddressGranularity, ULONGLONG AddressMinimum, ULONGLONG AddressMaximum,
    ULONGLONG AddressTranslation, ULONGLONG RangeLength, ULONGLONG TypeSpecificAttributes,
    PUNICODE_STRING DescriptorName, BOOLEAN TranslationTypeNonStatic,
    BOOLEAN TanslationSparseDensity, PPEP_ACPI_RESOURCE Resource) {
    PPEP_ACPI_EXTENDED_ADDRESS address = wdmsim_pep_address(
        Resource, PepAcpiExtendedIo, ResourceUsage, Decode, IsMinFixed, IsMaxFixed);
    address->TypeSpecificFlags =
        (UCHAR)(ISARanges | TranslationTypeNonStatic << 3 | TanslationSparseDensity << 5);
    address->Granularity = AddressGranularity;
    address->MinimumAddress = AddressMinimum;
    address->MaximumAddress = AddressMaximum;
    address->TranslationAddress = AddressTranslation;
    address->AddressLength = RangeLength;
    address->TypeAttribute = TypeSpecificAttributes;
    address->DescriptorName = DescriptorName;
}

#endif
