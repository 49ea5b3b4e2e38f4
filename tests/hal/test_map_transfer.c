/* MapTransfer and FlushAdapterBuffers: where the device finds the buffer, and when data moves. */
#include "dma_test.h"

static PVOID base;

static DRIVER_CONTROL keep;
static IO_ALLOCATION_ACTION keep(PDEVICE_OBJECT device, PIRP irp, PVOID registers, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    base = registers;
    return DeallocateObjectKeepRegisters;
}

static PDMA_ADAPTER begin(struct machine *m, ULONG width, BOOLEAN scatter_gather, ULONG registers) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(2, width, scatter_gather));
    PDEVICE_OBJECT device = dma_device(m);
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(
        adapter->DmaOperations->AllocateAdapterChannel(adapter, device, registers, keep, NULL),
        STATUS_SUCCESS);
    KeLowerIrql(irql);
    return adapter;
}

static void end(PDMA_ADAPTER adapter, ULONG registers) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->FreeMapRegisters(adapter, base, registers);
    KeLowerIrql(irql);
    dma_put(adapter);
}

static ULONG64 map(PDMA_ADAPTER adapter, PMDL mdl, ULONG at, ULONG *length, BOOLEAN write) {
    return (ULONG64)adapter->DmaOperations
        ->MapTransfer(adapter, mdl, base, (char *)MmGetMdlVirtualAddress(mdl) + at, length, write)
        .QuadPart;
}

static BOOLEAN flush(PDMA_ADAPTER adapter, PMDL mdl, ULONG at, ULONG length, BOOLEAN write) {
    return adapter->DmaOperations->FlushAdapterBuffers(
        adapter, mdl, base, (char *)MmGetMdlVirtualAddress(mdl) + at, length, write);
}

static const unsigned in_order[] = {0, 1, 2, 3}, mixed[] = {0, 1, 3, 2};

static void scatter_gather_sees_a_run_of_pages_in_its_place(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 4);
    PDMA_ADAPTER adapter = begin(m, 32, TRUE, 5);
    PMDL mdl = dma_mdl(memory, mixed, 4, 100, 4 * PAGE_SIZE - 200);
    ULONG length = 4 * PAGE_SIZE - 200, at;
    assert_int_equal(map(adapter, mdl, 0, &length, TRUE), dma_physical(memory) + 100);
    assert_int_equal(length, 2 * PAGE_SIZE - 100);
    at = length;
    length = 4 * PAGE_SIZE - 200 - at;
    assert_int_equal(map(adapter, mdl, at, &length, TRUE), dma_physical(memory) + 3 * PAGE_SIZE);
    assert_int_equal(length, PAGE_SIZE);
    at += length;
    length = 4 * PAGE_SIZE - 200 - at;
    assert_int_equal(map(adapter, mdl, at, &length, TRUE), dma_physical(memory) + 2 * PAGE_SIZE);
    assert_int_equal(length, PAGE_SIZE - 100);
    assert_true(flush(adapter, mdl, 0, 4 * PAGE_SIZE - 200, TRUE));
    IoFreeMdl(mdl);
    end(adapter, 5);
}

static void without_it_a_run_of_pages_is_seen_in_its_place_too(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 4);
    PDMA_ADAPTER adapter = begin(m, 32, FALSE, 4);
    PMDL mdl = dma_mdl(memory, in_order, 4, 0, 4 * PAGE_SIZE);
    ULONG length = 4 * PAGE_SIZE;
    assert_int_equal(map(adapter, mdl, 0, &length, FALSE), dma_physical(memory));
    assert_int_equal(length, 4 * PAGE_SIZE);
    flush(adapter, mdl, 0, length, FALSE);
    IoFreeMdl(mdl);
    end(adapter, 4);
}

static void without_it_other_buffers_go_through_map_registers(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 4), data[4 * PAGE_SIZE];
    PDMA_ADAPTER adapter = begin(m, 32, FALSE, 4);
    PMDL mdl = dma_mdl(memory, mixed, 4, 0, 4 * PAGE_SIZE);
    ULONG length = 4 * PAGE_SIZE;
    for (unsigned i = 0; i < 4; i++)
        memset(memory + i * PAGE_SIZE, 'a' + i, PAGE_SIZE);
    ULONG64 logical = map(adapter, mdl, 0, &length, TRUE);
    assert_int_equal(length, 4 * PAGE_SIZE);
    assert_true(logical + length <= 1ull << 32);
    assert_int_equal(wdmsim_dma_read(m, logical, data, length), 0);
    assert_int_equal(data[0], 'a');
    assert_int_equal(data[2 * PAGE_SIZE], 'd');
    assert_int_equal(data[4 * PAGE_SIZE - 1], 'c');
    flush(adapter, mdl, 0, length, TRUE);
    IoFreeMdl(mdl);
    end(adapter, 4);
}

/* Paged pool lies above 4 GiB here. */
static void a_read_beyond_the_reach_arrives_with_the_flush(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_PAGED, 1);
    PDMA_ADAPTER adapter = begin(m, 32, TRUE, 1);
    PMDL mdl = dma_mdl(memory, in_order, 1, 8, 100);
    ULONG length = 100;
    assert_true(dma_physical(memory) >= 1ull << 32);
    ULONG64 logical = map(adapter, mdl, 0, &length, FALSE);
    assert_int_equal(length, 100);
    assert_true(logical < 1ull << 32);
    assert_int_equal(logical % PAGE_SIZE, 8);
    wdmsim_dma_write(m, logical, "from the device", 16);
    assert_int_equal(memory[8], 0);
    flush(adapter, mdl, 0, length, FALSE);
    assert_string_equal(memory + 8, "from the device");
    IoFreeMdl(mdl);
    end(adapter, 1);
    ExFreePool(memory);
}

static void a_wider_device_reaches_it(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_PAGED, 1);
    PDMA_ADAPTER adapter = begin(m, 64, TRUE, 1);
    PMDL mdl = dma_mdl(memory, in_order, 1, 0, 100);
    ULONG length = 100;
    assert_int_equal(map(adapter, mdl, 0, &length, FALSE), dma_physical(memory));
    flush(adapter, mdl, 0, length, FALSE);
    IoFreeMdl(mdl);
    end(adapter, 1);
}

static void a_short_transfer_ends_with_a_short_flush(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_PAGED, 2);
    PDMA_ADAPTER adapter = begin(m, 32, FALSE, 2);
    PMDL mdl = dma_mdl(memory, in_order, 2, 0, 2 * PAGE_SIZE);
    ULONG length = 2 * PAGE_SIZE;
    ULONG64 logical = map(adapter, mdl, 0, &length, FALSE);
    wdmsim_dma_write(m, logical, "abcdef", 6);
    flush(adapter, mdl, 0, 3, FALSE);
    assert_string_equal(memory, "abc");
    IoFreeMdl(mdl);
    end(adapter, 2);
}

static void registers_serve_again_after_a_flush(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_PAGED, 4);
    PDMA_ADAPTER adapter = begin(m, 32, FALSE, 2);
    PMDL mdl = dma_mdl(memory, in_order, 4, 0, 4 * PAGE_SIZE);
    ULONG64 first = 0;
    for (unsigned i = 0; i < 2; i++) {
        ULONG length = 2 * PAGE_SIZE;
        ULONG64 logical = map(adapter, mdl, i * 2 * PAGE_SIZE, &length, FALSE);
        first = i ? first : logical;
        assert_int_equal(logical, first);
        flush(adapter, mdl, i * 2 * PAGE_SIZE, length, FALSE);
    }
    IoFreeMdl(mdl);
    end(adapter, 2);
}

/* ---- what is wrong ---- */

static void more_is_mapped_than_there_are_registers(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m, 32, FALSE, 1);
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_PAGED, 2), in_order, 2, 0, 2 * PAGE_SIZE);
    ULONG length = 2 * PAGE_SIZE;
    dma_expect(0x0c);
    map(adapter, mdl, 0, &length, TRUE);
}

static void what_is_mapped_lies_outside_the_mdl(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m, 32, TRUE, 2);
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_PAGED, 1), in_order, 1, 0, 100);
    ULONG length = 101;
    dma_expect(0x1f);
    map(adapter, mdl, 0, &length, TRUE);
}

static void a_buffer_is_mapped_twice(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m, 32, TRUE, 2);
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_PAGED, 1), in_order, 1, 0, 100);
    ULONG length = 50;
    map(adapter, mdl, 0, &length, TRUE);
    dma_expect(0x1d);
    map(adapter, mdl, 49, &length, TRUE);
}

static void a_buffer_is_not_locked(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m, 32, TRUE, 2);
    char *memory = dma_pages(POOL_FLAG_PAGED, 1);
    PMDL mdl = IoAllocateMdl(memory, 100, FALSE, FALSE, NULL);
    ULONG length = 100;
    dma_expect(0x0e);
    map(adapter, mdl, 0, &length, TRUE);
}

static void what_was_not_mapped_is_flushed(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m, 32, TRUE, 2);
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_PAGED, 1), in_order, 1, 0, 100);
    dma_expect(0x16);
    flush(adapter, mdl, 0, 100, TRUE);
}

static void registers_are_freed_without_a_flush(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m, 32, TRUE, 2);
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_PAGED, 1), in_order, 1, 0, 100);
    ULONG length = 100;
    map(adapter, mdl, 0, &length, TRUE);
    dma_expect(0x10);
    end(adapter, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        dma_unit_test(scatter_gather_sees_a_run_of_pages_in_its_place),
        dma_unit_test(without_it_a_run_of_pages_is_seen_in_its_place_too),
        dma_unit_test(without_it_other_buffers_go_through_map_registers),
        dma_unit_test(a_read_beyond_the_reach_arrives_with_the_flush),
        dma_unit_test(a_wider_device_reaches_it),
        dma_unit_test(a_short_transfer_ends_with_a_short_flush),
        dma_unit_test(registers_serve_again_after_a_flush),
        dma_unit_test(more_is_mapped_than_there_are_registers),
        dma_unit_test(what_is_mapped_lies_outside_the_mdl),
        dma_unit_test(a_buffer_is_mapped_twice),
        dma_unit_test(a_buffer_is_not_locked),
        dma_unit_test(what_was_not_mapped_is_flushed),
        dma_unit_test(registers_are_freed_without_a_flush),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
