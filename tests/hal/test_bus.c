/* Between a device and the HAL stands its bus: adapters that it makes, configuration by number. */

#include "../pnp/pnp_test.h"

static DEVICE_DESCRIPTION master(INTERFACE_TYPE type) {
    return (DEVICE_DESCRIPTION){.Version = DEVICE_DESCRIPTION_VERSION3,
                                .Master = TRUE,
                                .ScatterGather = TRUE,
                                .DmaAddressWidth = 64,
                                .InterfaceType = type,
                                .MaximumLength = 3 * PAGE_SIZE};
}

/* ---- the bus interface ---- */

static void the_built_in_bus_makes_adapters(struct machine *m) {
    ULONG registers = 0;
    DEVICE_DESCRIPTION description = master(InterfaceTypeUndefined);
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    PDMA_ADAPTER adapter = IoGetDmaAdapter(wdmsim_node_pdo(m, node), &description, &registers);
    assert_non_null(adapter);
    assert_int_equal(registers, 4);
    adapter->DmaOperations->PutDmaAdapter(adapter);
    assert_int_equal(wdmsim_unplug(m, node), 0); /* the interface is not held */
}

/* An undefined interface type is the bus's: 32 address lines at least on PCI, 24 elsewhere. */
static ULONG width_on(struct machine *m, int bus) {
    static const char bus_type[] = "{c8ebdfb0-b510-11d0-80e5-00a0c92542e3}";
    ULONG registers;
    DEVICE_DESCRIPTION description = {.Version = DEVICE_DESCRIPTION_VERSION2,
                                      .Master = TRUE,
                                      .ScatterGather = TRUE,
                                      .InterfaceType = InterfaceTypeUndefined,
                                      .MaximumLength = PAGE_SIZE};
    PHYSICAL_ADDRESS logical;
    uint32_t node =
        TEST_PLUG(m, .function = "function", .bus_type = bus_type, .legacy_bus_type = bus);
    PDMA_ADAPTER adapter = IoGetDmaAdapter(wdmsim_node_pdo(m, node), &description, &registers);
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PVOID buffer = dma->AllocateCommonBuffer(adapter, 20 << 20, &logical, TRUE);
    if (buffer)
        dma->FreeCommonBuffer(adapter, 20 << 20, logical, buffer, TRUE);
    dma->PutDmaAdapter(adapter);
    return buffer ? 32 : 24;
}

static void the_bus_knows_its_interface_type(struct machine *m) {
    test_begin(m);
    assert_int_equal(width_on(m, Isa), 24);
    assert_int_equal(width_on(m, PCIBus), 32);
}

/* A driver that offers the interface itself, as bus drivers do. */
static DMA_ADAPTER own_adapter;
static unsigned asked;

static PDMA_ADAPTER make_own(PVOID context, PDEVICE_DESCRIPTION description, PULONG registers) {
    assert_ptr_equal(context, &asked);
    assert_int_equal(description->MaximumLength, 3 * PAGE_SIZE);
    *registers = 77;
    asked++;
    return &own_adapter;
}
static VOID dereference(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    asked += 10;
}

static bool offer_own(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    if (minor != IRP_MN_QUERY_INTERFACE ||
        !RtlEqualMemory(stack->Parameters.QueryInterface.InterfaceType,
                        &GUID_BUS_INTERFACE_STANDARD, sizeof(GUID)))
        return false;
    PBUS_INTERFACE_STANDARD bus = (PVOID)stack->Parameters.QueryInterface.Interface;
    bus->Context = &asked;
    bus->InterfaceDereference = dereference;
    bus->GetDmaAdapter = (PGET_DMA_ADAPTER)make_own;
    *status = STATUS_SUCCESS;
    return true;
}

static void a_bus_driver_makes_adapters_of_its_own(struct machine *m) {
    ULONG registers = 0;
    DEVICE_DESCRIPTION description = master(PCIBus);
    test_begin(m);
    test_hook = offer_own;
    asked = 0;
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_ptr_equal(IoGetDmaAdapter(wdmsim_node_pdo(m, node), &description, &registers),
                     &own_adapter);
    assert_int_equal(registers, 77);
    assert_int_equal(asked, 11);
}

/* ---- configuration space ---- */

static void configuration_by_bus_and_slot(struct machine *m) {
    static const char bus_type[] = "{c8ebdfb0-b510-11d0-80e5-00a0c92542e3}";
    static const unsigned char config[] = {0x86, 0x80, 0x34, 0x12, 0, 0, 0, 0};
    PCI_SLOT_NUMBER slot = {.u.bits.DeviceNumber = 3, .u.bits.FunctionNumber = 1};
    PCI_SLOT_NUMBER empty = {.u.bits.DeviceNumber = 4};
    unsigned char bytes[8] = {0};
    test_begin(m);
    const struct wdmsim_device_description device = {.device_id = "TEST\\PCI",
                                                     .function = "function",
                                                     .bus_type = bus_type,
                                                     .legacy_bus_type = PCIBus,
                                                     .bus_number = 2,
                                                     .address = 3u << 16 | 1,
                                                     .ui_number = ~0u,
                                                     .config = config,
                                                     .config_size = sizeof config};
    assert_int_equal(wdmsim_plug(m, WDMSIM_ROOT_NODE, &device, NULL), 0);
    assert_int_equal(
        HalGetBusDataByOffset(PCIConfiguration, 2, slot.u.AsULONG, bytes, 2, sizeof bytes), 6);
    assert_int_equal(bytes[0], 0x34);
    bytes[0] = 0x55;
    assert_int_equal(HalSetBusDataByOffset(PCIConfiguration, 2, slot.u.AsULONG, bytes, 4, 1), 1);
    assert_int_equal(HalGetBusDataByOffset(PCIConfiguration, 2, slot.u.AsULONG, bytes + 1, 4, 1),
                     1);
    assert_int_equal(bytes[1], 0x55);
    assert_int_equal(
        HalGetBusDataByOffset(PCIConfiguration, 2, empty.u.AsULONG, bytes, 0, sizeof bytes), 2);
    assert_int_equal(bytes[0] & bytes[1], 0xff);
    assert_int_equal(
        HalGetBusDataByOffset(PCIConfiguration, 1, slot.u.AsULONG, bytes, 0, sizeof bytes), 0);
    assert_int_equal(HalGetBusDataByOffset(Cmos, 2, slot.u.AsULONG, bytes, 0, sizeof bytes), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_built_in_bus_makes_adapters),
        wdmsim_unit_test(the_bus_knows_its_interface_type),
        wdmsim_unit_test(a_bus_driver_makes_adapters_of_its_own),
        wdmsim_unit_test(configuration_by_bus_and_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
