/* Who may use an adapter: turns, map registers, what an AdapterControl routine keeps. */
#include "dma_test.h"

struct use {
    PDMA_ADAPTER adapter;
    IO_ALLOCATION_ACTION action;
    PVOID base;
    PIRP irp;
    KIRQL irql;
    char letter;
};
static char story[16];

static DRIVER_CONTROL use_it;
static IO_ALLOCATION_ACTION use_it(PDEVICE_OBJECT device, PIRP irp, PVOID base, PVOID context) {
    struct use *use = context;
    size_t length = strlen(story);
    UNREFERENCED_PARAMETER(device);
    use->base = base;
    use->irp = irp;
    use->irql = KeGetCurrentIrql();
    story[length] = use->letter;
    story[length + 1] = 0;
    return use->action;
}

static NTSTATUS allocate(struct use *use, PDEVICE_OBJECT device, ULONG registers) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NTSTATUS status = use->adapter->DmaOperations->AllocateAdapterChannel(use->adapter, device,
                                                                          registers, use_it, use);
    KeLowerIrql(irql);
    return status;
}

static void free_channel(PDMA_ADAPTER adapter) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->FreeAdapterChannel(adapter);
    KeLowerIrql(irql);
}

static void free_registers(const struct use *use, ULONG count) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    use->adapter->DmaOperations->FreeMapRegisters(use->adapter, use->base, count);
    KeLowerIrql(irql);
}

static void a_free_adapter_calls_at_once_at_dispatch_level(struct machine *m) {
    PDEVICE_OBJECT device = dma_device(m);
    struct use use = {dma_adapter(dma_master(1, 32, TRUE)), DeallocateObject, .letter = 'a'};
    IRP irp;
    story[0] = 0;
    device->CurrentIrp = &irp;
    assert_int_equal(allocate(&use, device, 3), STATUS_SUCCESS);
    assert_string_equal(story, "a");
    assert_ptr_equal(use.irp, &irp);
    assert_int_equal(use.irql, DISPATCH_LEVEL);
    assert_non_null(use.base);
    dma_put(use.adapter);
}

static void more_registers_than_the_adapter_has(struct machine *m) {
    struct use use = {dma_adapter(dma_master(1, 32, TRUE)), DeallocateObject, .letter = 'a'};
    story[0] = 0;
    assert_int_equal(allocate(&use, dma_device(m), 18), STATUS_INSUFFICIENT_RESOURCES);
    assert_string_equal(story, "");
    dma_put(use.adapter);
}

static void who_keeps_the_object_is_waited_for(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, TRUE));
    struct use uses[] = {{adapter, KeepObject, .letter = 'a'},
                         {adapter, DeallocateObject, .letter = 'b'},
                         {adapter, KeepObject, .letter = 'c'}};
    story[0] = 0;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(allocate(&uses[i], dma_device(m), 1), STATUS_SUCCESS);
    assert_string_equal(story, "a");
    free_channel(adapter);
    assert_string_equal(story, "abc");
    free_channel(adapter);
    dma_put(adapter);
}

/* Two adapters of bus masters below 4 GiB share the registers, not the turn. */
static void who_keeps_registers_is_waited_for_by_all_of_the_reach(struct machine *m) {
    assert_int_equal(wdmsim_dma_map_registers(m, 4, 8), 0);
    struct use first = {dma_adapter(dma_master(1, 32, TRUE)), DeallocateObjectKeepRegisters,
                        .letter = 'a'};
    struct use second = {dma_adapter(dma_master(1, 32, FALSE)), DeallocateObjectKeepRegisters,
                         .letter = 'b'};
    struct use third = {dma_adapter(dma_master(1, 24, FALSE)), DeallocateObject, .letter = 'c'};
    PDEVICE_OBJECT device = dma_device(m);
    story[0] = 0;
    allocate(&first, device, 5);
    allocate(&second, device, 4);
    assert_string_equal(story, "a");
    allocate(&third, dma_device(m), 4); /* another reach */
    assert_string_equal(story, "ac");
    free_registers(&first, 5);
    assert_string_equal(story, "acb");
    free_registers(&second, 4);
    dma_put(first.adapter);
    dma_put(second.adapter);
    dma_put(third.adapter);
}

static void nobody_overtakes_one_who_waits_for_registers(struct machine *m) {
    assert_int_equal(wdmsim_dma_map_registers(m, 4, 8), 0);
    struct use uses[3];
    for (unsigned i = 0; i < 3; i++)
        uses[i] = (struct use){dma_adapter(dma_master(1, 32, TRUE)), DeallocateObjectKeepRegisters,
                               .letter = (char)('a' + i)};
    story[0] = 0;
    allocate(&uses[0], dma_device(m), 5);
    allocate(&uses[1], dma_device(m), 5);
    allocate(&uses[2], dma_device(m), 1);
    assert_string_equal(story, "a");
    free_registers(&uses[0], 5);
    assert_string_equal(story, "abc");
    free_registers(&uses[1], 5);
    free_registers(&uses[2], 1);
    for (unsigned i = 0; i < 3; i++)
        dma_put(uses[i].adapter);
}

static void an_adapter_that_reaches_everything_never_waits_for_registers(struct machine *m) {
    struct use uses[2];
    assert_int_equal(wdmsim_dma_map_registers(m, 1, 1), 0);
    story[0] = 0;
    for (unsigned i = 0; i < 2; i++) {
        uses[i] = (struct use){dma_adapter(dma_master(1, 64, TRUE)), DeallocateObjectKeepRegisters,
                               .letter = (char)('a' + i)};
        allocate(&uses[i], dma_device(m), 17);
    }
    assert_string_equal(story, "ab");
    for (unsigned i = 0; i < 2; i++) {
        free_registers(&uses[i], 17);
        dma_put(uses[i].adapter);
    }
}

static void the_export_of_old_allocates_too(struct machine *m) {
    struct use use = {dma_adapter(dma_master(1, 32, TRUE)), KeepObject, .letter = 'a'};
    PDEVICE_OBJECT device = dma_device(m);
    KIRQL irql;
    story[0] = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(IoAllocateAdapterChannel(use.adapter, device, 2, use_it, &use),
                     STATUS_SUCCESS);
    KeLowerIrql(irql);
    assert_string_equal(story, "a");
    free_channel(use.adapter);
    dma_put(use.adapter);
}

/* ---- what is wrong ---- */

static void a_channel_is_freed_twice(struct machine *m) {
    struct use use = {dma_adapter(dma_master(1, 32, TRUE)), KeepObject, .letter = 'a'};
    allocate(&use, dma_device(m), 1);
    free_channel(use.adapter);
    dma_expect(0x04);
    free_channel(use.adapter);
}

static void registers_are_freed_twice(struct machine *m) {
    struct use use = {dma_adapter(dma_master(1, 32, TRUE)), DeallocateObjectKeepRegisters,
                      .letter = 'a'};
    allocate(&use, dma_device(m), 1);
    free_registers(&use, 1);
    dma_expect(0x05);
    free_registers(&use, 1);
}

static void another_number_of_registers_is_freed(struct machine *m) {
    struct use use = {dma_adapter(dma_master(1, 32, TRUE)), DeallocateObjectKeepRegisters,
                      .letter = 'a'};
    allocate(&use, dma_device(m), 3);
    dma_expect(0x05);
    free_registers(&use, 2);
}

static void a_device_waits_twice(struct machine *m) {
    PDEVICE_OBJECT device = dma_device(m);
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, TRUE));
    struct use use = {adapter, KeepObject, .letter = 'a'};
    allocate(&use, dma_device(m), 1);
    allocate(&use, device, 1);
    dma_expect(0x0b);
    allocate(&use, device, 1);
}

static void the_adapter_goes_with_its_channel(struct machine *m) {
    struct use use = {dma_adapter(dma_master(1, 32, TRUE)), KeepObject, .letter = 'a'};
    allocate(&use, dma_device(m), 1);
    dma_expect(0x08);
    dma_put(use.adapter);
}

static void the_adapter_goes_with_its_registers(struct machine *m) {
    struct use use = {dma_adapter(dma_master(1, 32, TRUE)), DeallocateObjectKeepRegisters,
                      .letter = 'a'};
    allocate(&use, dma_device(m), 1);
    dma_expect(0x09);
    dma_put(use.adapter);
}

static void channels_are_for_dispatch_level(struct machine *m) {
    struct use use = {dma_adapter(dma_master(1, 32, TRUE)), DeallocateObject, .letter = 'a'};
    PDEVICE_OBJECT device = dma_device(m);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    use.adapter->DmaOperations->AllocateAdapterChannel(use.adapter, device, 1, use_it, &use);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        dma_unit_test(a_free_adapter_calls_at_once_at_dispatch_level),
        dma_unit_test(more_registers_than_the_adapter_has),
        dma_unit_test(who_keeps_the_object_is_waited_for),
        dma_unit_test(who_keeps_registers_is_waited_for_by_all_of_the_reach),
        dma_unit_test(nobody_overtakes_one_who_waits_for_registers),
        dma_unit_test(an_adapter_that_reaches_everything_never_waits_for_registers),
        dma_unit_test(the_export_of_old_allocates_too),
        dma_unit_test(a_channel_is_freed_twice),
        dma_unit_test(registers_are_freed_twice),
        dma_unit_test(another_number_of_registers_is_freed),
        dma_unit_test(a_device_waits_twice),
        dma_unit_test(the_adapter_goes_with_its_channel),
        dma_unit_test(the_adapter_goes_with_its_registers),
        dma_unit_test(channels_are_for_dispatch_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
