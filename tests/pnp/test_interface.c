/*
 * The built-in bus's interface: configuration bytes, address translation, references.
 */
#include "pnp_test.h"

static const unsigned char config[] = {0x86, 0x80, 0x34, 0x12};

/* What a function driver does in START or later. */
static NTSTATUS query_for(PDEVICE_OBJECT pdo, const GUID *guid, PVOID interface, USHORT size) {
    IO_STATUS_BLOCK iosb = {0};
    KEVENT event;
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(pdo);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, top, NULL, 0, NULL, &event, &iosb);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    stack->Parameters.QueryInterface.InterfaceType = guid;
    stack->Parameters.QueryInterface.Size = size;
    stack->Parameters.QueryInterface.Version = 1;
    stack->Parameters.QueryInterface.Interface = interface;
    NTSTATUS status = IoCallDriver(top, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = iosb.Status;
    }
    ObDereferenceObject(top);
    return status;
}

static NTSTATUS query(PDEVICE_OBJECT pdo, PBUS_INTERFACE_STANDARD interface) {
    return query_for(pdo, &GUID_BUS_INTERFACE_STANDARD, interface, sizeof *interface);
}

static void get_and_set_bus_data(struct machine *m) {
    BUS_INTERFACE_STANDARD bus = {0};
    unsigned char bytes[8] = {0};
    test_begin(m);
    uint32_t node =
        TEST_PLUG(m, .function = "function", .config = config, .config_size = sizeof config);
    assert_int_equal(query(wdmsim_node_pdo(m, node), &bus), STATUS_SUCCESS);
    assert_int_equal(bus.Size, sizeof bus);
    assert_int_equal(bus.GetBusData(bus.Context, 0, bytes, 2, sizeof bytes), 2);
    assert_memory_equal(bytes, config + 2, 2);
    bytes[0] = 0x55;
    assert_int_equal(bus.SetBusData(bus.Context, 0, bytes, 3, 1), 1);
    assert_int_equal(bus.GetBusData(bus.Context, 0, bytes, 0, 4), 4);
    assert_int_equal(bytes[3], 0x55);
    assert_int_equal(bus.GetBusData(bus.Context, 0, bytes, 4, 1), 0);
    bus.InterfaceDereference(bus.Context);
}

static void addresses_are_the_same_on_both_sides(struct machine *m) {
    BUS_INTERFACE_STANDARD bus = {0};
    PHYSICAL_ADDRESS address = {.QuadPart = 0xc0001000}, translated = {0};
    ULONG space = 0;
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_int_equal(query(wdmsim_node_pdo(m, node), &bus), STATUS_SUCCESS);
    assert_true(bus.TranslateBusAddress(bus.Context, address, 16, &space, &translated));
    assert_int_equal(translated.QuadPart, address.QuadPart);
    bus.InterfaceDereference(bus.Context);
}

/* PNP-065: who got the interface holds it; the device refuses to be removed until it is given back.
 */
static void pnp_065_the_interface_comes_referenced(struct machine *m) {
    BUS_INTERFACE_STANDARD bus = {0};
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_int_equal(query(wdmsim_node_pdo(m, node), &bus), STATUS_SUCCESS);
    assert_int_equal(test_veto(m, WDMSIM_PNP_REMOVE, node), WDMSIM_VETO_DRIVER);
    bus.InterfaceReference(bus.Context);
    bus.InterfaceDereference(bus.Context);
    assert_int_equal(test_veto(m, WDMSIM_PNP_REMOVE, node), WDMSIM_VETO_DRIVER);
    bus.InterfaceDereference(bus.Context);
    assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, node), STATUS_SUCCESS);
    bus.InterfaceDereference(bus.Context);
    assert_int_equal(wdmsim_pnp_reports(m), 1);
}

/* PNP-065: the same holds for each interface of the bus; a query that failed holds nothing. */
static void pnp_065_each_interface_holds_the_device(struct machine *m) {
    static const struct {
        const GUID *guid;
        USHORT size;
    } kinds[] = {
        {&GUID_BUS_INTERFACE_STANDARD, sizeof(BUS_INTERFACE_STANDARD)},
        {&GUID_PNP_LOCATION_INTERFACE, sizeof(PNP_LOCATION_INTERFACE)},
        {&GUID_REENUMERATE_SELF_INTERFACE_STANDARD, sizeof(REENUMERATE_SELF_INTERFACE_STANDARD)},
        {&GUID_DEVICE_RESET_INTERFACE_STANDARD, sizeof(DEVICE_RESET_INTERFACE_STANDARD)},
    };
    union {
        INTERFACE any;
        BUS_INTERFACE_STANDARD bus;
        DEVICE_RESET_INTERFACE_STANDARD reset;
    } one;
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    for (size_t i = 0; i < ARRAYSIZE(kinds); i++) {
        assert_int_equal(
            query_for(wdmsim_node_pdo(m, node), kinds[i].guid, &one, sizeof(INTERFACE)),
            STATUS_NOT_SUPPORTED);
        assert_int_equal(query_for(wdmsim_node_pdo(m, node), kinds[i].guid, &one, kinds[i].size),
                         STATUS_SUCCESS);
        assert_int_equal(test_veto(m, WDMSIM_PNP_REMOVE, node), WDMSIM_VETO_DRIVER);
        one.any.InterfaceDereference(one.any.Context);
        assert_int_equal(test_do(m, WDMSIM_PNP_REMOVE, node), STATUS_SUCCESS);
        assert_int_equal(test_do(m, WDMSIM_PNP_START, node), STATUS_SUCCESS);
    }
    assert_int_equal(wdmsim_pnp_reports(m), 0);
}

static void a_device_says_where_it_is(struct machine *m) {
    PNP_LOCATION_INTERFACE location = {0};
    WCHAR *strings = NULL;
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    assert_int_equal(query_for(wdmsim_node_pdo(m, node), &GUID_PNP_LOCATION_INTERFACE, &location,
                               sizeof location),
                     STATUS_SUCCESS);
    PGET_LOCATION_STRING get = location.GetLocationString;
    assert_int_equal(get(location.Context, &strings), STATUS_SUCCESS);
    assert_memory_equal(strings, L"SIM(0001)\0", 11 * sizeof(WCHAR));
    ExFreePool(strings);
    location.InterfaceDereference(location.Context);
}

/* Out and in again: another node, with another PDO. */
static void a_device_can_reenumerate_itself(struct machine *m) {
    REENUMERATE_SELF_INTERFACE_STANDARD self = {0};
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function");
    uint32_t slot = test_info(m, node).slot;
    assert_int_equal(query_for(wdmsim_node_pdo(m, node), &GUID_REENUMERATE_SELF_INTERFACE_STANDARD,
                               &self, sizeof self),
                     STATUS_SUCCESS);
    PREENUMERATE_SELF again = self.SurpriseRemoveAndReenumerateSelf;
    again(self.Context);
    self.InterfaceDereference(self.Context);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_true(test_saw("function:SURPRISE"));
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
    assert_int_not_equal(wdmsim_slot_node(m, slot), node);
    assert_int_equal(test_state(m, wdmsim_slot_node(m, slot)), WDMSIM_NODE_STARTED);
}

static void a_device_can_be_reset(struct machine *m) {
    DEVICE_RESET_INTERFACE_STANDARD reset = {0};
    BUS_INTERFACE_STANDARD bus = {0};
    unsigned char byte = 0x77;
    test_begin(m);
    uint32_t node =
        TEST_PLUG(m, .function = "function", .config = config, .config_size = sizeof config);
    uint32_t slot = test_info(m, node).slot;
    assert_int_equal(query(wdmsim_node_pdo(m, node), &bus), STATUS_SUCCESS);
    assert_int_equal(query_for(wdmsim_node_pdo(m, node), &GUID_DEVICE_RESET_INTERFACE_STANDARD,
                               &reset, sizeof reset),
                     STATUS_SUCCESS);
    assert_int_equal(reset.SupportedResetTypes, 3);
    assert_int_equal(bus.SetBusData(bus.Context, 0, &byte, 0, 1), 1);
    PDEVICE_RESET_HANDLER handler = reset.DeviceReset;
    assert_int_equal(handler(reset.Context, FunctionLevelDeviceReset, 0, NULL), STATUS_SUCCESS);
    assert_int_equal(bus.GetBusData(bus.Context, 0, &byte, 0, 1), 1);
    assert_int_equal(byte, config[0]);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_int_equal(handler(reset.Context, PlatformLevelDeviceReset, 0, NULL), STATUS_SUCCESS);
    reset.InterfaceDereference(reset.Context);
    bus.InterfaceDereference(bus.Context);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_int_equal(test_state(m, node), WDMSIM_NODE_DELETED);
    assert_int_equal(test_state(m, wdmsim_slot_node(m, slot)), WDMSIM_NODE_STARTED);
}

TEST_MAIN(wdmsim_unit_test(a_device_says_where_it_is),
          wdmsim_unit_test(a_device_can_reenumerate_itself),
          wdmsim_unit_test(a_device_can_be_reset), wdmsim_unit_test(get_and_set_bus_data),
          wdmsim_unit_test(addresses_are_the_same_on_both_sides),
          wdmsim_unit_test(pnp_065_the_interface_comes_referenced),
          wdmsim_unit_test(pnp_065_each_interface_holds_the_device))
