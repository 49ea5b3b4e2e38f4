/* Version 3: MapTransferEx over chains of MDLs, synchronous and cancelled requests. */
#include "dma_test.h"

static char story[8];
static PVOID base;
static IO_ALLOCATION_ACTION action;

static DRIVER_CONTROL note;
static IO_ALLOCATION_ACTION note(PDEVICE_OBJECT device, PIRP irp, PVOID registers, PVOID context) {
    size_t length = strlen(story);
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    base = registers;
    story[length] = *(char *)context;
    story[length + 1] = 0;
    return action;
}

struct transfer {
    ULONG64 context[DMA_TRANSFER_CONTEXT_SIZE_V1 / sizeof(ULONG64)];
};

static PDMA_ADAPTER begin(struct transfer *transfer, ULONG width, BOOLEAN scatter_gather) {
    PDMA_ADAPTER adapter =
        dma_adapter(dma_master(DEVICE_DESCRIPTION_VERSION3, width, scatter_gather));
    story[0] = 0;
    assert_int_equal(
        adapter->DmaOperations->InitializeDmaTransferContext(adapter, transfer->context),
        STATUS_SUCCESS);
    return adapter;
}

static NTSTATUS allocate(PDMA_ADAPTER adapter, struct transfer *transfer, PDEVICE_OBJECT device,
                         ULONG registers, ULONG flags, PDRIVER_CONTROL routine, PVOID *where) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NTSTATUS status = adapter->DmaOperations->AllocateAdapterChannelEx(
        adapter, device, transfer->context, registers, flags, routine, (PVOID) "x", where);
    KeLowerIrql(irql);
    return status;
}

static void free_channel(PDMA_ADAPTER adapter) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->FreeAdapterChannel(adapter);
    KeLowerIrql(irql);
}

#define SYNC DMA_SYNCHRONOUS_CALLBACK
static const unsigned in_order[] = {0, 1, 2, 3}, mixed[] = {2, 0};

static void a_synchronous_request_needs_no_routine(struct machine *m) {
    struct transfer transfer;
    PDMA_ADAPTER adapter = begin(&transfer, 32, TRUE);
    PDEVICE_OBJECT device = dma_device(m);
    assert_int_equal(allocate(adapter, &transfer, device, 2, SYNC, NULL, &base), STATUS_SUCCESS);
    assert_non_null(base);
    adapter->DmaOperations->FreeAdapterObject(adapter, KeepObject); /* no effect */
    adapter->DmaOperations->FreeAdapterObject(adapter, DeallocateObject);
    assert_int_equal(allocate(adapter, &transfer, device, 2, SYNC, NULL, &base), STATUS_SUCCESS);
    adapter->DmaOperations->FreeAdapterObject(adapter, DeallocateObjectKeepRegisters);
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->FreeMapRegisters(adapter, base, 2);
    KeLowerIrql(irql);
    dma_put(adapter);
}

static void a_synchronous_request_does_not_wait(struct machine *m) {
    struct transfer first, second;
    PDMA_ADAPTER adapter = begin(&first, 32, TRUE);
    PDEVICE_OBJECT device = dma_device(m);
    PVOID other = NULL;
    adapter->DmaOperations->InitializeDmaTransferContext(adapter, second.context);
    action = KeepObject;
    assert_int_equal(allocate(adapter, &first, device, 2, SYNC, note, &base), STATUS_SUCCESS);
    assert_string_equal(story, "x");
    assert_int_equal(allocate(adapter, &second, device, 2, SYNC, note, &other),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_string_equal(story, "x");
    free_channel(adapter);
    dma_put(adapter);
}

static void what_an_allocation_may_not_ask_for(struct machine *m) {
    struct transfer transfer, raw = {{0}};
    PDMA_ADAPTER adapter = begin(&transfer, 32, TRUE);
    PDEVICE_OBJECT device = dma_device(m);
    assert_int_equal(allocate(adapter, &transfer, device, 2, 0, note, &base),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(allocate(adapter, &transfer, device, 2, SYNC, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(allocate(adapter, &raw, device, 2, SYNC, NULL, &base),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(allocate(adapter, &transfer, device, 99, SYNC, NULL, &base),
                     STATUS_INSUFFICIENT_RESOURCES);
    dma_put(adapter);
}

static void a_request_that_waits_can_be_cancelled(struct machine *m) {
    struct transfer first, second;
    PDMA_ADAPTER adapter = begin(&first, 32, TRUE);
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PDEVICE_OBJECT device = dma_device(m);
    dma->InitializeDmaTransferContext(adapter, second.context);
    action = KeepObject;
    allocate(adapter, &first, device, 1, 0, note, NULL);
    allocate(adapter, &second, device, 1, 0, note, NULL);
    assert_string_equal(story, "x");
    assert_false(dma->CancelAdapterChannel(adapter, device, first.context));
    assert_true(dma->CancelAdapterChannel(adapter, device, second.context));
    free_channel(adapter);
    assert_string_equal(story, "x");
    dma_put(adapter);
}

static void who_waits_for_registers_gives_its_turn_back(struct machine *m) {
    assert_int_equal(wdmsim_dma_map_registers(m, 4, 8), 0);
    struct transfer holder, waiter, third;
    PDMA_ADAPTER other = begin(&holder, 32, TRUE), adapter = begin(&waiter, 32, TRUE);
    PDEVICE_OBJECT device = dma_device(m);
    adapter->DmaOperations->InitializeDmaTransferContext(adapter, third.context);
    action = KeepObject;
    allocate(other, &holder, device, 6, 0, note, NULL);
    allocate(adapter, &waiter, device, 4, 0, note, NULL);
    allocate(adapter, &third, device, 2, 0, note, NULL);
    assert_string_equal(story, "x");
    assert_true(adapter->DmaOperations->CancelAdapterChannel(adapter, device, waiter.context));
    assert_string_equal(story, "xx");
    free_channel(adapter);
    free_channel(other);
    dma_put(adapter);
    dma_put(other);
}

static void a_request_can_be_cancelled_in_advance(struct machine *m) {
    struct transfer transfer;
    PDMA_ADAPTER adapter = begin(&transfer, 32, TRUE);
    PDEVICE_OBJECT device = dma_device(m);
    assert_true(adapter->DmaOperations->CancelAdapterChannel(adapter, device, transfer.context));
    assert_int_equal(allocate(adapter, &transfer, device, 1, 0, note, NULL), STATUS_CANCELLED);
    assert_string_equal(story, "");
    dma_put(adapter);
}

union list {
    SCATTER_GATHER_LIST head;
    char space[sizeof(SCATTER_GATHER_LIST) + 8 * sizeof(SCATTER_GATHER_ELEMENT)];
};

/* Two MDLs: 100 bytes of page 0, and pages 2 and 0 of another block. */
static void a_chain_is_mapped_in_one_call(struct machine *m) {
    struct transfer transfer;
    PDMA_ADAPTER adapter = begin(&transfer, 64, TRUE);
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    char *first = dma_pages(POOL_FLAG_NON_PAGED, 1), *second = dma_pages(POOL_FLAG_NON_PAGED, 3);
    PMDL mdl = dma_mdl(first, in_order, 1, 0, 100);
    union list list;
    ULONG length = 100 + 2 * PAGE_SIZE - 60;
    mdl->Next = dma_mdl(second, mixed, 2, 0, 2 * PAGE_SIZE);
    DMA_TRANSFER_INFO info = {.Version = DMA_TRANSFER_INFO_VERSION1};
    assert_int_equal(dma->GetDmaTransferInfo(adapter, mdl, 60, length, TRUE, &info),
                     STATUS_SUCCESS);
    assert_int_equal(info.V1.MapRegisterCount, 3);
    assert_int_equal(info.V1.ScatterGatherElementCount, 3);
    assert_true(info.V1.ScatterGatherListSize >=
                sizeof(SCATTER_GATHER_LIST) + 3 * sizeof(SCATTER_GATHER_ELEMENT));
    allocate(adapter, &transfer, dma_device(m), 3, SYNC, NULL, &base);
    assert_int_equal(dma->MapTransferEx(adapter, mdl, base, 60, 0, &length, TRUE, &list.head,
                                        sizeof list, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(length, 100 + 2 * PAGE_SIZE - 60);
    assert_int_equal(list.head.NumberOfElements, 3);
    assert_int_equal(list.head.Elements[0].Address.QuadPart, dma_physical(first) + 60);
    assert_int_equal(list.head.Elements[0].Length, 40);
    assert_int_equal(list.head.Elements[1].Address.QuadPart, dma_physical(second) + 2 * PAGE_SIZE);
    assert_int_equal(list.head.Elements[2].Length, PAGE_SIZE);
    assert_int_equal(dma->FlushAdapterBuffersEx(adapter, mdl, base, 60, length, TRUE),
                     STATUS_SUCCESS);
    dma->FreeAdapterObject(adapter, DeallocateObject);
    IoFreeMdl(mdl->Next);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void what_does_not_fit_is_left_for_the_next_call(struct machine *m) {
    struct transfer transfer;
    PDMA_ADAPTER adapter = begin(&transfer, 32, TRUE);
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 4), in_order, 4, 0, 4 * PAGE_SIZE);
    union list list;
    ULONG length = 4 * PAGE_SIZE;
    allocate(adapter, &transfer, dma_device(m), 3, SYNC, NULL, &base);
    assert_int_equal(
        dma->MapTransferEx(adapter, mdl, base, 0, 0, &length, TRUE, &list.head, 8, NULL, NULL),
        STATUS_INVALID_PARAMETER);
    assert_int_equal(
        dma->MapTransferEx(adapter, mdl, base, 0, 0, &length, TRUE, NULL, 0, NULL, NULL),
        STATUS_INVALID_PARAMETER);
    assert_int_equal(dma->MapTransferEx(adapter, mdl, base, 0, 0, &length, TRUE, &list.head,
                                        sizeof list, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(length, 3 * PAGE_SIZE);
    dma->FlushAdapterBuffersEx(adapter, mdl, base, 0, length, TRUE);
    length = PAGE_SIZE;
    assert_int_equal(dma->MapTransferEx(adapter, mdl, base, 3 * PAGE_SIZE, 0, &length, TRUE,
                                        &list.head, sizeof list, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(length, PAGE_SIZE);
    dma->FlushAdapterBuffersEx(adapter, mdl, base, 3 * PAGE_SIZE, length, TRUE);
    dma->FreeAdapterObject(adapter, DeallocateObject);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void mapping_again_without_a_flush(struct machine *m) {
    struct transfer transfer;
    PDMA_ADAPTER adapter = begin(&transfer, 32, TRUE);
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 2), in_order, 2, 0, 2 * PAGE_SIZE);
    union list list;
    ULONG length = 100;
    allocate(adapter, &transfer, dma_device(m), 3, SYNC, NULL, &base);
    adapter->DmaOperations->MapTransferEx(adapter, mdl, base, 0, 0, &length, TRUE, &list.head,
                                          sizeof list, NULL, NULL);
    dma_expect(0x0d);
    adapter->DmaOperations->MapTransferEx(adapter, mdl, base, 200, 0, &length, TRUE, &list.head,
                                          sizeof list, NULL, NULL);
}

static void freeing_without_a_flush(struct machine *m) {
    struct transfer transfer;
    PDMA_ADAPTER adapter = begin(&transfer, 32, TRUE);
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 1), in_order, 1, 0, PAGE_SIZE);
    union list list;
    ULONG length = 100;
    allocate(adapter, &transfer, dma_device(m), 3, SYNC, NULL, &base);
    adapter->DmaOperations->MapTransferEx(adapter, mdl, base, 0, 0, &length, TRUE, &list.head,
                                          sizeof list, NULL, NULL);
    dma_expect(0x0d);
    free_channel(adapter);
}

/* What goes through map registers is in two places until it is made the same. */
static void a_buffer_is_synchronised_while_it_is_mapped(struct machine *m) {
    struct transfer transfer;
    PDMA_ADAPTER adapter = begin(&transfer, 32, TRUE);
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    char *memory = dma_pages(POOL_FLAG_PAGED, 1), seen[4] = "";
    PMDL mdl = dma_mdl(memory, in_order, 1, 0, 100);
    union list list;
    ULONG length = 100;
    allocate(adapter, &transfer, dma_device(m), 1, SYNC, NULL, &base);
    dma->MapTransferEx(adapter, mdl, base, 0, 0, &length, TRUE, &list.head, sizeof list, NULL,
                       NULL);
    ULONG64 logical = (ULONG64)list.head.Elements[0].Address.QuadPart;
    strcpy(memory, "new");
    wdmsim_dma_read(m, logical, seen, 4);
    assert_string_equal(seen, "");
    assert_int_equal(dma->FlushDmaBuffer(adapter, mdl, FALSE), STATUS_SUCCESS);
    wdmsim_dma_read(m, logical, seen, 4);
    assert_string_equal(seen, "new");
    dma->FlushAdapterBuffersEx(adapter, mdl, base, 0, length, TRUE);
    dma->FreeAdapterObject(adapter, DeallocateObject);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        dma_unit_test(a_synchronous_request_needs_no_routine),
        dma_unit_test(a_synchronous_request_does_not_wait),
        dma_unit_test(what_an_allocation_may_not_ask_for),
        dma_unit_test(a_request_that_waits_can_be_cancelled),
        dma_unit_test(who_waits_for_registers_gives_its_turn_back),
        dma_unit_test(a_request_can_be_cancelled_in_advance),
        dma_unit_test(a_chain_is_mapped_in_one_call),
        dma_unit_test(what_does_not_fit_is_left_for_the_next_call),
        dma_unit_test(mapping_again_without_a_flush),
        dma_unit_test(freeing_without_a_flush),
        dma_unit_test(a_buffer_is_synchronised_while_it_is_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
