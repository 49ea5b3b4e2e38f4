/* Scatter/gather lists: got, built, put; and an MDL of what the device sees. */
#include "dma_test.h"

static PSCATTER_GATHER_LIST got[4];
static unsigned count;
static KIRQL level;

static DRIVER_LIST_CONTROL take;
static VOID take(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    assert_string_equal(context, "context");
    level = KeGetCurrentIrql();
    got[count++] = list;
}

static const unsigned in_order[] = {0, 1, 2, 3}, mixed[] = {0, 1, 3, 2};
static PVOID context = "context";

static NTSTATUS get(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PMDL mdl, ULONG at, ULONG length,
                    BOOLEAN write) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NTSTATUS status = adapter->DmaOperations->GetScatterGatherList(
        adapter, device, mdl, (char *)MmGetMdlVirtualAddress(mdl) + at, length, take, context,
        write);
    KeLowerIrql(irql);
    return status;
}

static void put(PDMA_ADAPTER adapter, PSCATTER_GATHER_LIST list, BOOLEAN write) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->PutScatterGatherList(adapter, list, write);
    KeLowerIrql(irql);
}

static void pages_that_follow_each_other_are_one_element(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 4);
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, TRUE));
    PMDL mdl = dma_mdl(memory, mixed, 4, 16, 3 * PAGE_SIZE + 100);
    count = 0;
    assert_int_equal(get(adapter, dma_device(m), mdl, 16, 3 * PAGE_SIZE + 84, TRUE),
                     STATUS_SUCCESS);
    assert_int_equal(count, 1);
    assert_int_equal(level, DISPATCH_LEVEL);
    assert_int_equal(got[0]->NumberOfElements, 3);
    assert_int_equal(got[0]->Elements[0].Address.QuadPart, dma_physical(memory) + 32);
    assert_int_equal(got[0]->Elements[0].Length, 2 * PAGE_SIZE - 32);
    assert_int_equal(got[0]->Elements[1].Address.QuadPart, dma_physical(memory) + 3 * PAGE_SIZE);
    assert_int_equal(got[0]->Elements[1].Length, PAGE_SIZE);
    assert_int_equal(got[0]->Elements[2].Address.QuadPart, dma_physical(memory) + 2 * PAGE_SIZE);
    assert_int_equal(got[0]->Elements[2].Length, 116);
    put(adapter, got[0], TRUE);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void a_device_without_scatter_gather_gets_one_element(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 4), data[8];
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, FALSE));
    PMDL first = dma_mdl(memory, mixed, 1, 0, 3), second = dma_mdl(memory, mixed + 2, 1, 0, 3);
    first->Next = second;
    memcpy(memory, "abc", 3);
    memcpy(memory + 3 * PAGE_SIZE, "def", 3);
    count = 0;
    assert_int_equal(get(adapter, dma_device(m), first, 0, 6, TRUE), STATUS_SUCCESS);
    assert_int_equal(got[0]->NumberOfElements, 1);
    assert_int_equal(got[0]->Elements[0].Length, 6);
    wdmsim_dma_read(m, (ULONG64)got[0]->Elements[0].Address.QuadPart, data, 6);
    assert_memory_equal(data, "abcdef", 6);
    put(adapter, got[0], TRUE);
    IoFreeMdl(second);
    IoFreeMdl(first);
    dma_put(adapter);
}

/* 4 pages that the device does not reach go through registers, which follow each other. */
static void data_read_beyond_the_reach_arrives_when_the_list_is_put(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_PAGED, 4);
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, TRUE));
    PMDL mdl = dma_mdl(memory, mixed, 4, 0, 4 * PAGE_SIZE);
    count = 0;
    get(adapter, dma_device(m), mdl, 0, 4 * PAGE_SIZE, FALSE);
    assert_int_equal(got[0]->NumberOfElements, 1);
    assert_int_equal(got[0]->Elements[0].Length, 4 * PAGE_SIZE);
    ULONG64 logical = (ULONG64)got[0]->Elements[0].Address.QuadPart;
    assert_true(logical + 4 * PAGE_SIZE <= 1ull << 32);
    wdmsim_dma_write(m, logical + 2 * PAGE_SIZE, "third", 6);
    assert_int_equal(memory[3 * PAGE_SIZE], 0);
    put(adapter, got[0], FALSE);
    assert_string_equal(memory + 3 * PAGE_SIZE, "third");
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void several_lists_of_a_device_at_a_time(struct machine *m) {
    PDEVICE_OBJECT device = dma_device(m);
    assert_int_equal(wdmsim_dma_map_registers(m, 4, 8), 0);
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, TRUE));
    PMDL mdl[4];
    count = 0;
    for (unsigned i = 0; i < 4; i++) {
        mdl[i] = dma_mdl(dma_pages(POOL_FLAG_PAGED, 3), in_order, 3, 0, 3 * PAGE_SIZE);
        assert_int_equal(get(adapter, device, mdl[i], 0, 3 * PAGE_SIZE, TRUE), STATUS_SUCCESS);
    }
    assert_int_equal(count, 2); /* of 8 registers they have 6 */
    put(adapter, got[1], TRUE);
    assert_int_equal(count, 3);
    put(adapter, got[0], TRUE);
    assert_int_equal(count, 4);
    put(adapter, got[2], TRUE);
    put(adapter, got[3], TRUE);
    for (unsigned i = 0; i < 4; i++)
        IoFreeMdl(mdl[i]);
    dma_put(adapter);
}

static void a_list_that_is_too_long(struct machine *m) {
    PDEVICE_OBJECT device = dma_device(m);
    DEVICE_DESCRIPTION description = dma_master(2, 32, TRUE);
    description.MaximumLength = PAGE_SIZE;
    PDMA_ADAPTER adapter = dma_adapter(description);
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 4), in_order, 4, 0, 4 * PAGE_SIZE);
    count = 0;
    assert_int_equal(get(adapter, device, mdl, 0, 2 * PAGE_SIZE, TRUE), STATUS_SUCCESS);
    put(adapter, got[0], TRUE);
    assert_int_equal(get(adapter, device, mdl, 0, 2 * PAGE_SIZE + 1, TRUE),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(get(adapter, device, mdl, 1, 4 * PAGE_SIZE, TRUE), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(count, 1);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void a_list_in_the_drivers_buffer(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 4);
    PDEVICE_OBJECT device = dma_device(m);
    PDMA_ADAPTER adapter = dma_adapter(dma_master(2, 32, TRUE));
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PMDL mdl = dma_mdl(memory, mixed, 4, 0, 4 * PAGE_SIZE);
    PVOID va = MmGetMdlVirtualAddress(mdl);
    ULONG most, size, registers;
    KIRQL irql;
    dma->CalculateScatterGatherList(adapter, NULL, va, 4 * PAGE_SIZE, &most, NULL);
    assert_int_equal(
        dma->CalculateScatterGatherList(adapter, mdl, va, 4 * PAGE_SIZE, &size, &registers),
        STATUS_SUCCESS);
    assert_int_equal(registers, 4);
    assert_int_equal(most - size, sizeof(SCATTER_GATHER_ELEMENT)); /* 4 or 3 elements */
    assert_int_equal(
        dma->CalculateScatterGatherList(adapter, mdl, va, 4 * PAGE_SIZE + 1, &size, &registers),
        STATUS_BUFFER_TOO_SMALL);
    char *buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, DMA_TAG);
    count = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(dma->BuildScatterGatherList(adapter, device, mdl, va, 4 * PAGE_SIZE, take,
                                                 context, TRUE, buffer, size - 1),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(dma->BuildScatterGatherList(adapter, device, mdl, va, 4 * PAGE_SIZE, take,
                                                 context, TRUE, buffer, size),
                     STATUS_SUCCESS);
    KeLowerIrql(irql);
    assert_ptr_equal(got[0], buffer);
    assert_int_equal(got[0]->NumberOfElements, 3);
    put(adapter, got[0], TRUE);
    ExFreePool(buffer);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void the_mdl_of_a_list_is_the_original_or_the_copy(struct machine *m) {
    char *near_memory = dma_pages(POOL_FLAG_NON_PAGED, 2);
    char *far_memory = dma_pages(POOL_FLAG_PAGED, 2);
    PDMA_ADAPTER adapter = dma_adapter(dma_master(2, 32, TRUE));
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PMDL near_mdl = dma_mdl(near_memory, in_order, 2, 0, 5000);
    PMDL far_mdl = dma_mdl(far_memory, in_order, 2, 8, 5000), target = NULL;
    count = 0;
    get(adapter, dma_device(m), near_mdl, 0, 5000, TRUE);
    assert_int_equal(dma->BuildMdlFromScatterGatherList(adapter, got[0], NULL, &target),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(dma->BuildMdlFromScatterGatherList(adapter, got[0], near_mdl, &target),
                     STATUS_SUCCESS);
    assert_ptr_equal(target, near_mdl);
    strcpy(far_memory + 8, "copied");
    get(adapter, dma_device(m), far_mdl, 0, 5000, TRUE);
    assert_int_equal(dma->BuildMdlFromScatterGatherList(adapter, got[1], far_mdl, &target),
                     STATUS_SUCCESS);
    assert_ptr_not_equal(target, far_mdl);
    assert_int_equal(MmGetMdlByteCount(target), 5000);
    assert_string_equal(MmGetSystemAddressForMdlSafe(target, NormalPagePriority), "copied");
    assert_int_equal(dma->BuildMdlFromScatterGatherList(adapter, got[1], far_mdl, &target),
                     STATUS_NONE_MAPPED);
    put(adapter, got[0], TRUE);
    put(adapter, got[1], TRUE);
    IoFreeMdl(near_mdl);
    IoFreeMdl(far_mdl);
    dma_put(adapter);
}

static void version_3_takes_an_offset_and_gives_a_list_at_once(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 4);
    PDEVICE_OBJECT device = dma_device(m);
    PDMA_ADAPTER adapter = dma_adapter(dma_master(3, 32, TRUE));
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PMDL mdl = dma_mdl(memory, mixed, 4, 0, 4 * PAGE_SIZE);
    ULONG64 transfer[DMA_TRANSFER_CONTEXT_SIZE_V1 / 8], other[DMA_TRANSFER_CONTEXT_SIZE_V1 / 8];
    PSCATTER_GATHER_LIST list = NULL;
    dma->InitializeDmaTransferContext(adapter, transfer);
    dma->InitializeDmaTransferContext(adapter, other);
    count = 0;
    assert_int_equal(dma->GetScatterGatherListEx(adapter, device, transfer, mdl, PAGE_SIZE, 100, 0,
                                                 NULL, NULL, TRUE, NULL, NULL, &list),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(dma->GetScatterGatherListEx(adapter, device, transfer, mdl, 2 * PAGE_SIZE, 100,
                                                 DMA_SYNCHRONOUS_CALLBACK, NULL, NULL, TRUE, NULL,
                                                 NULL, &list),
                     STATUS_SUCCESS);
    assert_int_equal(list->Elements[0].Address.QuadPart, dma_physical(memory) + 3 * PAGE_SIZE);
    dma->FreeAdapterObject(adapter, DeallocateObjectKeepRegisters);
    assert_int_equal(dma->GetScatterGatherListEx(adapter, device, other, mdl, 0, 100, 0, take,
                                                 context, TRUE, NULL, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(count, 1);
    put(adapter, got[0], TRUE);
    put(adapter, list, TRUE);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void version_3_builds_in_the_drivers_buffer(struct machine *m) {
    PDEVICE_OBJECT device = dma_device(m);
    PDMA_ADAPTER adapter = dma_adapter(dma_master(3, 32, TRUE));
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 4), mixed, 4, 0, 4 * PAGE_SIZE);
    ULONG64 transfer[DMA_TRANSFER_CONTEXT_SIZE_V1 / 8];
    DMA_TRANSFER_INFO info = {.Version = DMA_TRANSFER_INFO_VERSION2};
    KIRQL irql;
    dma->InitializeDmaTransferContext(adapter, transfer);
    dma->GetDmaTransferInfo(adapter, mdl, 0, 4 * PAGE_SIZE, TRUE, &info);
    assert_int_equal(info.V2.LogicalPageCount, 4);
    ULONG size = info.V2.ScatterGatherListSize;
    PSCATTER_GATHER_LIST buffer = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, DMA_TAG), list = NULL;
    count = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(dma->BuildScatterGatherListEx(adapter, device, transfer, mdl, 0, 4 * PAGE_SIZE,
                                                   0, take, context, TRUE, buffer, 16, NULL, NULL,
                                                   NULL),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(dma->BuildScatterGatherListEx(adapter, device, transfer, mdl, 0, 4 * PAGE_SIZE,
                                                   0, take, context, TRUE, buffer, size, NULL, NULL,
                                                   &list),
                     STATUS_SUCCESS);
    KeLowerIrql(irql);
    assert_ptr_equal(got[0], buffer);
    assert_ptr_equal(list, buffer);
    put(adapter, buffer, TRUE);
    ExFreePool(buffer);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

/* ---- what is wrong ---- */

static void a_list_is_put_twice(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, TRUE));
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 1), in_order, 1, 0, 100);
    count = 0;
    get(adapter, dma_device(m), mdl, 0, 100, TRUE);
    put(adapter, got[0], TRUE);
    dma_expect(0x06);
    put(adapter, got[0], TRUE);
}

static void the_adapter_goes_before_its_list(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, TRUE));
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 1), in_order, 1, 0, 100);
    count = 0;
    get(adapter, dma_device(m), mdl, 0, 100, TRUE);
    dma_expect(0x0a);
    dma_put(adapter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        dma_unit_test(pages_that_follow_each_other_are_one_element),
        dma_unit_test(a_device_without_scatter_gather_gets_one_element),
        dma_unit_test(data_read_beyond_the_reach_arrives_when_the_list_is_put),
        dma_unit_test(several_lists_of_a_device_at_a_time),
        dma_unit_test(a_list_that_is_too_long),
        dma_unit_test(a_list_in_the_drivers_buffer),
        dma_unit_test(the_mdl_of_a_list_is_the_original_or_the_copy),
        dma_unit_test(version_3_takes_an_offset_and_gives_a_list_at_once),
        dma_unit_test(version_3_builds_in_the_drivers_buffer),
        dma_unit_test(a_list_is_put_twice),
        dma_unit_test(the_adapter_goes_before_its_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
