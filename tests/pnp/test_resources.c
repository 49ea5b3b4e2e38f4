/*
 * Resources: what START carries, what a filter changes, what is shared and what is refused; and the
 * interrupts that a driver can connect by them.
 */
#include "pnp_test.h"

static CM_RESOURCE_LIST *raw, *translated;
static ULONG counts[2];
static bool starts;
static CM_PARTIAL_RESOURCE_DESCRIPTOR raws[8], translateds[8];

static bool note_lists(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(status);
    if (minor != IRP_MN_START_DEVICE)
        return false;
    starts = true;
    raw = stack->Parameters.StartDevice.AllocatedResources;
    translated = stack->Parameters.StartDevice.AllocatedResourcesTranslated;
    counts[0] = raw ? raw->List[0].PartialResourceList.Count : 0;
    counts[1] = translated ? translated->List[0].PartialResourceList.Count : 0;
    for (ULONG i = 0; i < counts[0] && i < 8; i++) {
        raws[i] = raw->List[0].PartialResourceList.PartialDescriptors[i];
        translateds[i] = translated->List[0].PartialResourceList.PartialDescriptors[i];
    }
    return false;
}

#define RESOURCES(...)                                                                             \
    .resources = (const struct wdmsim_resource[]){__VA_ARGS__},                                    \
    .resource_count =                                                                              \
        sizeof((const struct wdmsim_resource[]){__VA_ARGS__}) / sizeof(struct wdmsim_resource)

/* PNP-020 */
static void pnp_020_no_resources_no_lists(struct machine *m) {
    test_begin(m);
    test_hook = note_lists;
    starts = false;
    TEST_PLUG(m, .function = "function");
    assert_true(starts);
    assert_null(raw);
    assert_null(translated);
}

/* PNP-019 */
static void pnp_019_raw_and_translated_lists_agree(struct machine *m) {
    struct wdmsim_assigned assigned;
    test_begin(m);
    test_hook = note_lists;
    uint32_t node = TEST_PLUG(
        m, .function = "function",
        RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .minimum = 0x3f8, .maximum = 0x3ff, .length = 8},
                  {.kind = WDMSIM_RESOURCE_INTERRUPT, .minimum = 4, .maximum = 4, .latched = true},
                  {.kind = WDMSIM_RESOURCE_MEMORY, .length = 4096, .alignment = 4096},
                  {.kind = WDMSIM_RESOURCE_MESSAGE, .length = 4},
                  {.kind = WDMSIM_RESOURCE_DMA, .minimum = 2, .maximum = 3}));
    assert_int_equal(counts[0], 5);
    assert_int_equal(counts[1], 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(raws[i].Type, translateds[i].Type);
    assert_int_equal(raws[0].u.Port.Start.QuadPart, 0x3f8);
    assert_int_equal(raws[0].u.Port.Length, 8);
    assert_int_equal(raws[1].u.Interrupt.Vector, 4);
    assert_int_equal(translateds[1].Flags, CM_RESOURCE_INTERRUPT_LATCHED);
    assert_int_not_equal(translateds[1].u.Interrupt.Vector, 4);
    assert_true(translateds[1].u.Interrupt.Level > DISPATCH_LEVEL);
    assert_int_equal(raws[2].u.Memory.Start.QuadPart % 4096, 0);
    assert_int_equal(raws[3].u.MessageInterrupt.Raw.MessageCount, 4);
    assert_int_equal(raws[4].u.Dma.Channel, 2);
    assert_int_equal(wdmsim_node_resource(m, node, 1, &assigned), 0);
    assert_int_equal(assigned.kind, WDMSIM_RESOURCE_INTERRUPT);
    assert_int_equal(assigned.start, 4);
    assert_int_equal(assigned.vector, translateds[1].u.Interrupt.Vector);
    assert_int_equal(wdmsim_node_resource(m, node, 5, &assigned), WDMSIM_ERROR_NOT_FOUND);
}

static void two_devices_get_different_ports(struct machine *m) {
    struct wdmsim_assigned first, second;
    test_begin(m);
    uint32_t a = TEST_PLUG(m, .function = "function",
                           RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .length = 8, .alignment = 8}));
    uint32_t b = TEST_PLUG(m, .function = "function",
                           RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .length = 8, .alignment = 8}));
    assert_int_equal(wdmsim_node_resource(m, a, 0, &first), 0);
    assert_int_equal(wdmsim_node_resource(m, b, 0, &second), 0);
    assert_int_equal(second.start, first.start + 8);
    /* What is given back is given out again, lowest first. */
    assert_int_equal(wdmsim_unplug(m, a), 0);
    uint32_t c = TEST_PLUG(m, .function = "function",
                           RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .length = 8, .alignment = 8}));
    assert_int_equal(wdmsim_node_resource(m, c, 0, &second), 0);
    assert_int_equal(second.start, first.start);
}

static void a_conflict_leaves_the_device_stopped(struct machine *m) {
    test_begin(m);
    TEST_PLUG(
        m, .function = "other",
        RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .minimum = 0x300, .maximum = 0x307, .length = 8}));
    test_clear();
    uint32_t node = TEST_PLUG(
        m, .function = "function",
        RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .minimum = 0x304, .maximum = 0x30b, .length = 8}));
    test_only("ADD START REMOVE QUERY_STOP CANCEL_STOP STOP");
    test_expect("function:ADD other:QUERY_STOP other:CANCEL_STOP other:CANCEL_STOP+ "
                "function:REMOVE");
    assert_int_equal(test_problem(m, node), WDMSIM_PROBLEM_NO_RESOURCES);
}

/* A device that can lie elsewhere makes room. */
static void a_running_device_moves_for_a_newcomer(struct machine *m) {
    struct wdmsim_assigned assigned;
    test_begin(m);
    uint32_t old = TEST_PLUG(
        m, .function = "other",
        RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .minimum = 0x300, .maximum = 0x3ff, .length = 8}));
    assert_int_equal(wdmsim_node_resource(m, old, 0, &assigned), 0);
    assert_int_equal(assigned.start, 0x300);
    test_clear();
    uint32_t node = TEST_PLUG(
        m, .function = "function",
        RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .minimum = 0x300, .maximum = 0x307, .length = 8}));
    test_only("ADD START REMOVE QUERY_STOP CANCEL_STOP STOP");
    test_expect("function:ADD other:QUERY_STOP other:STOP other:START other:START+ "
                "function:START function:START+");
    assert_int_equal(test_state(m, node), WDMSIM_NODE_STARTED);
    assert_int_equal(wdmsim_node_resource(m, old, 0, &assigned), 0);
    assert_int_equal(assigned.start, 0x308);
}

static void lines_are_shared_when_all_agree(struct machine *m) {
    struct wdmsim_assigned first, second;
    test_begin(m);
    struct wdmsim_resource line = {
        .kind = WDMSIM_RESOURCE_INTERRUPT, .minimum = 9, .maximum = 9, .shared = true};
    uint32_t a = TEST_PLUG(m, .function = "function", .resources = &line, .resource_count = 1);
    uint32_t b = TEST_PLUG(m, .function = "other", .resources = &line, .resource_count = 1);
    assert_int_equal(wdmsim_node_resource(m, a, 0, &first), 0);
    assert_int_equal(wdmsim_node_resource(m, b, 0, &second), 0);
    assert_int_equal(first.vector, second.vector);
    line.shared = false;
    uint32_t c = TEST_PLUG(m, .function = "lower", .resources = &line, .resource_count = 1);
    assert_int_equal(test_problem(m, c), WDMSIM_PROBLEM_NO_RESOURCES);
}

static void alternatives_are_tried_in_order(struct machine *m) {
    struct wdmsim_assigned assigned;
    test_begin(m);
    TEST_PLUG(
        m, .function = "other",
        RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .minimum = 0x2f8, .maximum = 0x2ff, .length = 8}));
    uint32_t node = TEST_PLUG(
        m, .function = "function",
        RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .minimum = 0x2f8, .maximum = 0x2ff, .length = 8},
                  {.kind = WDMSIM_RESOURCE_PORT,
                   .minimum = 0x3f8,
                   .maximum = 0x3ff,
                   .length = 8,
                   .alternative = true}));
    assert_int_equal(wdmsim_node_resource(m, node, 0, &assigned), 0);
    assert_int_equal(assigned.start, 0x3f8);
    assert_int_equal(wdmsim_node_resource(m, node, 1, &assigned), WDMSIM_ERROR_NOT_FOUND);
}

/* PNP-021: the function driver's change of the requirements is what is assigned. */
static bool filter(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    if (minor != IRP_MN_FILTER_RESOURCE_REQUIREMENTS)
        return note_lists(device, irp, minor, status);
    PIO_RESOURCE_REQUIREMENTS_LIST old = (PVOID)irp->IoStatus.Information;
    ULONG size = old->ListSize + sizeof(IO_RESOURCE_DESCRIPTOR);
    PIO_RESOURCE_REQUIREMENTS_LIST list = ExAllocatePool2(POOL_FLAG_PAGED, size, 'tset');
    memcpy(list, old, old->ListSize);
    list->ListSize = size;
    list->List[0].Descriptors[1] = list->List[0].Descriptors[0];
    list->List[0].Count = 2;
    ExFreePool(old);
    irp->IoStatus.Information = (ULONG_PTR)list;
    *status = STATUS_SUCCESS;
    return true;
}

static void pnp_021_a_filtered_list_is_what_is_assigned(struct machine *m) {
    test_begin(m);
    test_hook = filter;
    TEST_PLUG(m, .function = "function", RESOURCES({.kind = WDMSIM_RESOURCE_PORT, .length = 4}));
    assert_true(test_order("function:FILTER", "function:START"));
    assert_int_equal(counts[0], 2);
    assert_int_equal(raws[1].u.Port.Start.QuadPart, raws[0].u.Port.Start.QuadPart + 4);
}

static void boot_resources_are_required_without_requirements(struct machine *m) {
    test_begin(m);
    test_hook = note_lists;
    TEST_PLUG(m, .function = "function",
              RESOURCES({.kind = WDMSIM_RESOURCE_PORT,
                         .minimum = 0x60,
                         .maximum = 0x64,
                         .length = 1,
                         .boot = true}));
    assert_int_equal(counts[0], 1);
    assert_int_equal(raws[0].u.Port.Start.QuadPart, 0x60);
}

/* ---- interrupts ---- */

static ULONG served;
static BOOLEAN serve(PKINTERRUPT interrupt, PVOID context) {
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    served++;
    return TRUE;
}

static BOOLEAN serve_message(PKINTERRUPT interrupt, PVOID context, ULONG message) {
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    served += 1 + message;
    return TRUE;
}

static void a_driver_connects_the_line_of_its_device(struct machine *m) {
    struct wdmsim_assigned assigned;
    PKINTERRUPT interrupt = NULL;
    test_begin(m);
    uint32_t node = TEST_PLUG(
        m, .function = "function",
        RESOURCES(
            {.kind = WDMSIM_RESOURCE_INTERRUPT, .minimum = 5, .maximum = 7, .latched = true}));
    assert_int_equal(wdmsim_node_resource(m, node, 0, &assigned), 0);
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_LINE_BASED};
    parameters.LineBased.PhysicalDeviceObject = wdmsim_node_pdo(m, node);
    parameters.LineBased.InterruptObject = &interrupt;
    parameters.LineBased.ServiceRoutine = serve;
    served = 0;
    assert_int_equal(IoConnectInterruptEx(&parameters), STATUS_SUCCESS);
    assert_int_equal(wdmsim_interrupt_raise(m, assigned.vector), 0);
    KeLowerIrql(KeRaiseIrqlToDpcLevel());
    assert_int_equal(served, 1);
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {.Version = CONNECT_LINE_BASED};
    end.ConnectionContext.InterruptObject = interrupt;
    IoDisconnectInterruptEx(&end);
}

/* Check that one connection is for all lines, at the highest level of them whatever less is asked
 * for. */
static void one_routine_serves_all_lines_of_a_device(struct machine *m) {
    struct wdmsim_assigned first, second;
    PKINTERRUPT interrupt = NULL;
    test_begin(m);
    uint32_t node = TEST_PLUG(
        m, .function = "function",
        RESOURCES(
            {.kind = WDMSIM_RESOURCE_INTERRUPT, .minimum = 5, .maximum = 5, .latched = true},
            {.kind = WDMSIM_RESOURCE_INTERRUPT, .minimum = 9, .maximum = 9, .latched = true}));
    assert_int_equal(wdmsim_node_resource(m, node, 0, &first), 0);
    assert_int_equal(wdmsim_node_resource(m, node, 1, &second), 0);
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_LINE_BASED};
    parameters.LineBased.PhysicalDeviceObject = wdmsim_node_pdo(m, node);
    parameters.LineBased.InterruptObject = &interrupt;
    parameters.LineBased.ServiceRoutine = serve;
    parameters.LineBased.SynchronizeIrql = DISPATCH_LEVEL + 1;
    served = 0;
    assert_int_equal(IoConnectInterruptEx(&parameters), STATUS_SUCCESS);
    wdmsim_interrupt_raise(m, first.vector);
    wdmsim_interrupt_raise(m, second.vector);
    KeLowerIrql(KeRaiseIrqlToDpcLevel());
    assert_int_equal(served, 2);
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS state = {.Version = CONNECT_LINE_BASED};
    state.ConnectionContext.InterruptObject = interrupt;
    IoReportInterruptInactive(&state);
    wdmsim_interrupt_raise(m, second.vector);
    KeLowerIrql(KeRaiseIrqlToDpcLevel());
    assert_int_equal(served, 2);
    IoReportInterruptActive(&state);
    KeLowerIrql(KeRaiseIrqlToDpcLevel());
    assert_int_equal(served, 3);
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {.Version = CONNECT_LINE_BASED};
    end.ConnectionContext.InterruptObject = interrupt;
    IoDisconnectInterruptEx(&end);
    wdmsim_interrupt_raise(m, second.vector);
    KeLowerIrql(KeRaiseIrqlToDpcLevel());
    assert_int_equal(served, 3);
}

static void a_driver_connects_the_messages_of_its_device(struct machine *m) {
    struct wdmsim_assigned assigned;
    PIO_INTERRUPT_MESSAGE_INFO table = NULL;
    test_begin(m);
    uint32_t node = TEST_PLUG(m, .function = "function",
                              RESOURCES({.kind = WDMSIM_RESOURCE_MESSAGE, .length = 3}));
    assert_int_equal(wdmsim_node_resource(m, node, 0, &assigned), 0);
    assert_int_equal(assigned.length, 3);
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_MESSAGE_BASED};
    parameters.MessageBased.PhysicalDeviceObject = wdmsim_node_pdo(m, node);
    parameters.MessageBased.ConnectionContext.InterruptMessageTable = &table;
    parameters.MessageBased.MessageServiceRoutine = serve_message;
    served = 0;
    assert_int_equal(IoConnectInterruptEx(&parameters), STATUS_SUCCESS);
    assert_int_equal(parameters.Version, CONNECT_MESSAGE_BASED);
    assert_int_equal(table->MessageCount, 3);
    assert_int_equal(wdmsim_interrupt_raise(m, assigned.vector + 2), 0);
    KeLowerIrql(KeRaiseIrqlToDpcLevel());
    assert_int_equal(served, 3);
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {.Version = CONNECT_MESSAGE_BASED};
    end.ConnectionContext.InterruptMessageTable = table;
    IoDisconnectInterruptEx(&end);
}

TEST_MAIN(wdmsim_unit_test(pnp_020_no_resources_no_lists),
          wdmsim_unit_test(pnp_019_raw_and_translated_lists_agree),
          wdmsim_unit_test(two_devices_get_different_ports),
          wdmsim_unit_test(a_conflict_leaves_the_device_stopped),
          wdmsim_unit_test(a_running_device_moves_for_a_newcomer),
          wdmsim_unit_test(lines_are_shared_when_all_agree),
          wdmsim_unit_test(alternatives_are_tried_in_order),
          wdmsim_unit_test(pnp_021_a_filtered_list_is_what_is_assigned),
          wdmsim_unit_test(boot_resources_are_required_without_requirements),
          wdmsim_unit_test(a_driver_connects_the_line_of_its_device),
          wdmsim_unit_test(one_routine_serves_all_lines_of_a_device),
          wdmsim_unit_test(a_driver_connects_the_messages_of_its_device))
