/*
 * Which processors a device interrupts on a machine with processor groups: those of group 0, or
 * those that its requirements specify, in whatever group.
 */
#include "pnp_test.h"

#define MESSAGES 2

/* The members that only sources with NT_PROCESSOR_GROUPS know. */
#define WITH_GROUP(value, group) ((ULONG)(value) | (ULONG)(group) << 16)
#define VALUE(word) ((USHORT)(word))
#define GROUP(word) ((USHORT)((word) >> 16))

/* What the driver asks for; 0: nothing. */
static ULONG policy;
static KAFFINITY targeted;
static CM_PARTIAL_RESOURCE_DESCRIPTOR raw, translated;

static bool filter(PIRP irp) {
    PIO_RESOURCE_REQUIREMENTS_LIST list =
        IoGetCurrentIrpStackLocation(irp)
            ->Parameters.FilterResourceRequirements.IoResourceRequirementList;
    list->List[0].Descriptors[0].u.Interrupt.AffinityPolicy = policy;
    list->List[0].Descriptors[0].u.Interrupt.TargetedProcessors = targeted;
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = (ULONG_PTR)list;
    return true;
}

static bool ask(struct test_device *device, PIRP irp, UCHAR minor, NTSTATUS *status) {
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    *status = STATUS_SUCCESS;
    if (minor == IRP_MN_FILTER_RESOURCE_REQUIREMENTS && policy)
        return filter(irp);
    if (minor == IRP_MN_START_DEVICE) {
        PCM_RESOURCE_LIST lists[] = {stack->Parameters.StartDevice.AllocatedResources,
                                     stack->Parameters.StartDevice.AllocatedResourcesTranslated};
        raw = lists[0]->List[0].PartialResourceList.PartialDescriptors[0];
        translated = lists[1]->List[0].PartialResourceList.PartialDescriptors[0];
    }
    return false;
}

static uint32_t plug(struct machine *m, enum wdmsim_resource_kind kind, uint64_t line) {
    const struct wdmsim_resource one = {.kind = kind,
                                        .minimum = line,
                                        .maximum = line,
                                        .length = kind == WDMSIM_RESOURCE_MESSAGE ? MESSAGES : 0,
                                        .latched = true};
    test_begin(m);
    test_hook = ask;
    return TEST_PLUG(m, .function = "function", .resources = &one, .resource_count = 1);
}

/* ---- interrupts ---- */

static KAFFINITY served_on; /* system-wide */

static KSERVICE_ROUTINE serve;
static BOOLEAN serve(PKINTERRUPT interrupt, PVOID context) {
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    served_on |= (KAFFINITY)1 << KeGetCurrentProcessorNumberEx(NULL);
    return TRUE;
}

static KMESSAGE_SERVICE_ROUTINE serve_message;
static BOOLEAN serve_message(PKINTERRUPT interrupt, PVOID context, ULONG message) {
    UNREFERENCED_PARAMETER(message);
    return serve(interrupt, context);
}

static void expect_served_on(struct machine *m, PKINTERRUPT interrupt, KAFFINITY processors) {
    served_on = 0;
    assert_int_equal(wdmsim_interrupt_raise(m, wdmsim_interrupt_vector(interrupt)), 0);
    wdmsim_settle(m);
    assert_int_not_equal(served_on, 0);
    assert_int_equal(served_on & ~processors, 0);
}

static void expect_affinity(PKINTERRUPT interrupt, USHORT group, KAFFINITY mask) {
    GROUP_AFFINITY affinity;
    assert_int_equal(IoGetAffinityInterrupt(interrupt, &affinity), STATUS_SUCCESS);
    assert_int_equal(affinity.Group, group);
    assert_int_equal(affinity.Mask, mask);
}

static PKINTERRUPT connect_line(struct machine *m, uint32_t node) {
    PKINTERRUPT object;
    IO_CONNECT_INTERRUPT_PARAMETERS p = {.Version = CONNECT_LINE_BASED};
    p.LineBased.PhysicalDeviceObject = wdmsim_node_pdo(m, node);
    p.LineBased.InterruptObject = &object;
    p.LineBased.ServiceRoutine = serve;
    assert_int_equal(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    return object;
}

/* By the translated descriptor, as a driver that knows groups does, or one that does not. */
static NTSTATUS connect_specified(struct machine *m, uint32_t node, ULONG version,
                                  PKINTERRUPT *object) {
    IO_CONNECT_INTERRUPT_PARAMETERS p = {.Version = version};
    p.FullySpecified.PhysicalDeviceObject = wdmsim_node_pdo(m, node);
    p.FullySpecified.InterruptObject = object;
    p.FullySpecified.ServiceRoutine = serve;
    p.FullySpecified.Vector = translated.u.Interrupt.Vector;
    p.FullySpecified.Irql = p.FullySpecified.SynchronizeIrql =
        (KIRQL)VALUE(translated.u.Interrupt.Level);
    p.FullySpecified.InterruptMode = Latched;
    p.FullySpecified.ProcessorEnableMask = translated.u.Interrupt.Affinity;
    p.FullySpecified.Group = GROUP(translated.u.Interrupt.Level);
    return IoConnectInterruptEx(&p);
}

static void disconnect(ULONG version, PVOID object) {
    IO_DISCONNECT_INTERRUPT_PARAMETERS end = {.Version = version};
    end.ConnectionContext.Generic = object;
    IoDisconnectInterruptEx(&end);
}

/* ---- tests: eight processors, groups of four ---- */

static void group_0_is_the_default(struct machine *m) {
    policy = 0;
    uint32_t node = plug(m, WDMSIM_RESOURCE_INTERRUPT, 5);
    assert_int_equal(GROUP(raw.u.Interrupt.Level), 0);
    assert_int_equal(raw.u.Interrupt.Affinity, 0xf);
    assert_int_equal(translated.u.Interrupt.Affinity, 0xf);
    PKINTERRUPT object = connect_line(m, node);
    expect_affinity(object, 0, 0xf);
    expect_served_on(m, object, 0xf);
    disconnect(CONNECT_LINE_BASED, object);
}

static void requirements_may_specify_processors_of_a_group(struct machine *m) {
    policy = WITH_GROUP(IrqPolicySpecifiedProcessors, 1);
    targeted = 0xa;
    uint32_t node = plug(m, WDMSIM_RESOURCE_INTERRUPT, 5);
    assert_int_equal(GROUP(raw.u.Interrupt.Level), 1);
    assert_int_equal(VALUE(raw.u.Interrupt.Level), 5);
    assert_int_equal(raw.u.Interrupt.Vector, 5);
    assert_int_equal(raw.u.Interrupt.Affinity, 0xa);
    assert_int_equal(GROUP(translated.u.Interrupt.Level), 1);
    assert_true(VALUE(translated.u.Interrupt.Level) > DISPATCH_LEVEL);
    assert_int_equal(translated.u.Interrupt.Affinity, 0xa);
    struct wdmsim_assigned assigned;
    assert_int_equal(wdmsim_node_resource(m, node, 0, &assigned), 0);
    assert_int_equal(assigned.irql, VALUE(translated.u.Interrupt.Level));
    PKINTERRUPT object = connect_line(m, node);
    expect_affinity(object, 1, 0xa);
    expect_served_on(m, object, 0xa0);
    disconnect(CONNECT_LINE_BASED, object);
}

static void a_specification_that_nobody_fits_is_ignored(struct machine *m) {
    static const struct {
        ULONG policy;
        KAFFINITY targeted;
    } wrong[] = {{WITH_GROUP(IrqPolicySpecifiedProcessors, ALL_PROCESSOR_GROUPS), 2},
                 {WITH_GROUP(IrqPolicySpecifiedProcessors, 2), 2},
                 {WITH_GROUP(IrqPolicySpecifiedProcessors, 1), 0x30},
                 {WITH_GROUP(IrqPolicyOneCloseProcessor, 1), 2}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        policy = wrong[i].policy;
        targeted = wrong[i].targeted;
        uint32_t node = plug(m, WDMSIM_RESOURCE_INTERRUPT, 5);
        assert_int_equal(GROUP(translated.u.Interrupt.Level), 0);
        assert_int_equal(translated.u.Interrupt.Affinity, 0xf);
        assert_int_equal(wdmsim_unplug(m, node), 0);
    }
}

static void the_group_counts_for_those_who_pass_it_on(struct machine *m) {
    PKINTERRUPT object;
    policy = WITH_GROUP(IrqPolicySpecifiedProcessors, 1);
    targeted = 4;
    uint32_t node = plug(m, WDMSIM_RESOURCE_INTERRUPT, 5);
    assert_int_equal(connect_specified(m, node, CONNECT_FULLY_SPECIFIED_GROUP, &object),
                     STATUS_SUCCESS);
    expect_affinity(object, 1, 4);
    expect_served_on(m, object, 0x40);
    disconnect(CONNECT_FULLY_SPECIFIED_GROUP, object);
    /* Without the version for groups the member is not looked at. */
    assert_int_equal(connect_specified(m, node, CONNECT_FULLY_SPECIFIED, &object), STATUS_SUCCESS);
    expect_affinity(object, 0, 4);
    expect_served_on(m, object, 4);
    disconnect(CONNECT_FULLY_SPECIFIED, object);
    /* There is no third group. */
    translated.u.Interrupt.Level = WITH_GROUP(translated.u.Interrupt.Level & 0xff, 2);
    assert_int_equal(connect_specified(m, node, CONNECT_FULLY_SPECIFIED_GROUP, &object),
                     STATUS_INVALID_PARAMETER);
}

static void messages_have_a_group_too(struct machine *m) {
    PIO_INTERRUPT_MESSAGE_INFO table;
    IO_CONNECT_INTERRUPT_PARAMETERS p = {.Version = CONNECT_MESSAGE_BASED};
    policy = WITH_GROUP(IrqPolicySpecifiedProcessors, 1);
    targeted = 6;
    uint32_t node = plug(m, WDMSIM_RESOURCE_MESSAGE, 0);
    assert_int_equal(raw.u.MessageInterrupt.Raw.Reserved, 1);
    assert_int_equal(raw.u.MessageInterrupt.Raw.MessageCount, MESSAGES);
    assert_int_equal(GROUP(translated.u.MessageInterrupt.Translated.Level), 1);
    assert_int_equal(translated.u.MessageInterrupt.Translated.Affinity, 6);
    p.MessageBased.PhysicalDeviceObject = wdmsim_node_pdo(m, node);
    p.MessageBased.ConnectionContext.InterruptMessageTable = &table;
    p.MessageBased.MessageServiceRoutine = serve_message;
    assert_int_equal(IoConnectInterruptEx(&p), STATUS_SUCCESS);
    assert_int_equal(table->MessageCount, MESSAGES);
    for (ULONG i = 0; i < MESSAGES; i++) {
        assert_int_equal(table->MessageInfo[i].TargetProcessorSet, 6);
        expect_affinity(table->MessageInfo[i].InterruptObject, 1, 6);
        expect_served_on(m, table->MessageInfo[i].InterruptObject, 0x60);
    }
    disconnect(CONNECT_MESSAGE_BASED, table);
}

int main(void) {
    static const struct wdmsim_config machine = {
        .processors = 8, .group_size = 4, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(group_0_is_the_default, &machine),
        wdmsim_unit_test_on(requirements_may_specify_processors_of_a_group, &machine),
        wdmsim_unit_test_on(a_specification_that_nobody_fits_is_ignored, &machine),
        wdmsim_unit_test_on(the_group_counts_for_those_who_pass_it_on, &machine),
        wdmsim_unit_test_on(messages_have_a_group_too, &machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
