/* The system DMA controller: devices that ask for service, counting down, starting over. */
#include "dma_test.h"

static PVOID base;
static const unsigned in_order[] = {0, 1, 2, 3}, mixed[] = {0, 1, 3, 2};

static DRIVER_CONTROL keep;
static IO_ALLOCATION_ACTION keep(PDEVICE_OBJECT device, PIRP irp, PVOID registers, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    base = registers;
    return KeepObject;
}

static void allocate(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, ULONG registers) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(
        adapter->DmaOperations->AllocateAdapterChannel(adapter, device, registers, keep, NULL),
        STATUS_SUCCESS);
    KeLowerIrql(irql);
}

static void release(PDMA_ADAPTER adapter) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->FreeAdapterChannel(adapter);
    KeLowerIrql(irql);
}

/* ---- a channel of the PC ---- */

static DEVICE_DESCRIPTION isa(ULONG channel, DMA_WIDTH width, ULONG length) {
    return (DEVICE_DESCRIPTION){.Version = DEVICE_DESCRIPTION_VERSION2,
                                .InterfaceType = Isa,
                                .DmaChannel = channel,
                                .DmaWidth = width,
                                .MaximumLength = length};
}

static void a_channel_moves_what_its_device_requests(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(isa(2, Width8Bits, 512));
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    char *memory = dma_pages(POOL_FLAG_PAGED, 1), data[512];
    PMDL mdl = dma_mdl(memory, in_order, 1, 0, 512);
    ULONG length = 512;
    memset(data, 'd', sizeof data);
    allocate(adapter, dma_device(m), 2);
    assert_int_equal(wdmsim_dma_request(m, 2, data, 512), 0); /* not programmed */
    dma->MapTransfer(adapter, mdl, base, MmGetMdlVirtualAddress(mdl), &length, FALSE);
    assert_int_equal(dma->ReadDmaCounter(adapter), 512);
    assert_int_equal(wdmsim_dma_request(m, 2, data, 200), 200);
    assert_int_equal(dma->ReadDmaCounter(adapter), 312);
    assert_int_equal(wdmsim_dma_request(m, 2, data, 512), 312);
    assert_int_equal(dma->ReadDmaCounter(adapter), 0);
    assert_int_equal(wdmsim_dma_request(m, 2, data, 512), 0);
    assert_true(
        dma->FlushAdapterBuffers(adapter, mdl, base, MmGetMdlVirtualAddress(mdl), 512, FALSE));
    assert_memory_equal(memory, data, 512);
    release(adapter);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void a_word_channel_moves_words(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(isa(5, Width16Bits, 512));
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 1), data[8];
    PMDL mdl = dma_mdl(memory, in_order, 1, 0, 512);
    ULONG length = 512;
    strcpy(memory, "words");
    allocate(adapter, dma_device(m), 2);
    adapter->DmaOperations->MapTransfer(adapter, mdl, base, MmGetMdlVirtualAddress(mdl), &length,
                                        TRUE);
    assert_int_equal(wdmsim_dma_request(m, 5, data, 3), 2);
    assert_int_equal(wdmsim_dma_request(m, 5, data + 2, 4), 4);
    assert_string_equal(data, "words");
    adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, MmGetMdlVirtualAddress(mdl),
                                                512, TRUE);
    release(adapter);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void adapters_of_a_channel_share_it(struct machine *m) {
    PDMA_ADAPTER first = dma_adapter(isa(3, Width8Bits, 512));
    PDMA_ADAPTER second = dma_adapter(isa(3, Width8Bits, 512));
    allocate(first, dma_device(m), 1);
    PVOID held = base;
    allocate(second, dma_device(m), 1);
    assert_ptr_equal(base, held);
    release(first);
    assert_ptr_not_equal(base, held);
    release(second);
    dma_put(first);
    dma_put(second);
}

static PSCATTER_GATHER_LIST got[2];
static DRIVER_LIST_CONTROL take;
static VOID take(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    *(PSCATTER_GATHER_LIST *)context = list;
}

static void a_list_programs_the_channel_and_keeps_it(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(isa(2, Width8Bits, 4 * PAGE_SIZE));
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PDEVICE_OBJECT device = dma_device(m);
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 4), data[4 * PAGE_SIZE];
    PMDL mdl = dma_mdl(memory, mixed, 4, 0, 4 * PAGE_SIZE);
    PVOID va = MmGetMdlVirtualAddress(mdl);
    KIRQL irql;
    memset(data, 'l', sizeof data);
    got[1] = NULL;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(dma->GetScatterGatherList(adapter, device, mdl, va, 4 * PAGE_SIZE, take,
                                                   &got[i], FALSE),
                         STATUS_SUCCESS);
    assert_int_equal(got[0]->NumberOfElements, 1);
    assert_int_equal(wdmsim_dma_request(m, 2, data, sizeof data), sizeof data);
    assert_null(got[1]);
    assert_int_equal(memory[0], 0);
    dma->PutScatterGatherList(adapter, got[0], FALSE);
    assert_memory_equal(memory, data, sizeof data);
    assert_non_null(got[1]);
    dma->PutScatterGatherList(adapter, got[1], FALSE);
    KeLowerIrql(irql);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

/* A sound card's ring: a common buffer that the controller goes round. */
static void auto_initialise_starts_over(struct machine *m) {
    DEVICE_DESCRIPTION description = isa(1, Width8Bits, 256);
    description.AutoInitialize = TRUE;
    PDMA_ADAPTER adapter = dma_adapter(description);
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PHYSICAL_ADDRESS logical;
    ULONG length = 256;
    char data[300], *ring = dma->AllocateCommonBuffer(adapter, 256, &logical, FALSE);
    PMDL mdl = IoAllocateMdl(ring, 256, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    for (unsigned i = 0; i < 256; i++)
        ring[i] = (char)i;
    allocate(adapter, dma_device(m), 1);
    dma->MapTransfer(adapter, mdl, base, ring, &length, TRUE);
    assert_int_equal(wdmsim_dma_request(m, 1, data, 300), 300);
    assert_int_equal((UCHAR)data[255], 255);
    assert_int_equal(data[256], 0);
    assert_int_equal(data[299], 43);
    assert_int_equal(dma->ReadDmaCounter(adapter), 256 - 44);
    dma->FlushAdapterBuffers(adapter, mdl, base, ring, 256, TRUE);
    assert_int_equal(wdmsim_dma_request(m, 1, data, 300), 0); /* stopped */
    release(adapter);
    IoFreeMdl(mdl);
    dma->FreeCommonBuffer(adapter, 256, logical, ring, FALSE);
    dma_put(adapter);
}

/* A transfer of the 8-bit controller does not cross 64 KiB. */
static void a_buffer_across_a_boundary_goes_through_map_registers(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(isa(2, Width8Bits, 2 * PAGE_SIZE));
    PHYSICAL_ADDRESS high = {.QuadPart = 0xffffff};
    char *memory = MmAllocateContiguousMemory(17 * PAGE_SIZE, high), data[2 * PAGE_SIZE];
    unsigned last = (unsigned)(15 - dma_physical(memory) / PAGE_SIZE % 16);
    const unsigned pages[] = {last, last + 1};
    PMDL mdl = dma_mdl(memory, pages, 2, 0, 2 * PAGE_SIZE);
    ULONG length = 2 * PAGE_SIZE;
    memset(memory, 'x', 17 * PAGE_SIZE);
    assert_int_equal(dma_physical(memory + (last + 1) * PAGE_SIZE) % 0x10000, 0);
    allocate(adapter, dma_device(m), 2);
    PHYSICAL_ADDRESS logical = adapter->DmaOperations->MapTransfer(
        adapter, mdl, base, MmGetMdlVirtualAddress(mdl), &length, TRUE);
    assert_int_equal(length, 2 * PAGE_SIZE);
    assert_int_equal(logical.QuadPart / 0x10000, (logical.QuadPart + length - 1) / 0x10000);
    assert_int_equal(wdmsim_dma_request(m, 2, data, sizeof data), sizeof data);
    assert_int_equal(data[sizeof data - 1], 'x');
    adapter->DmaOperations->FlushAdapterBuffers(adapter, mdl, base, MmGetMdlVirtualAddress(mdl),
                                                length, TRUE);
    release(adapter);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

/* ---- a request line that the host describes ---- */

static struct wdmsim_dma_transfer started;
static unsigned starts, stops, ends;
static DMA_COMPLETION_STATUS status;
static KIRQL level;

static void note_start(void *context, const struct wdmsim_dma_transfer *transfer) {
    UNREFERENCED_PARAMETER(context);
    started = *transfer;
    starts++;
}
static void note_stop(void *context) {
    UNREFERENCED_PARAMETER(context);
    stops++;
}
static int configure(void *context, uint32_t function, void *parameters) {
    UNREFERENCED_PARAMETER(context);
    *(ULONG *)parameters = function * 2;
    return function < 8 ? STATUS_SUCCESS : STATUS_NOT_IMPLEMENTED;
}
static DMA_COMPLETION_ROUTINE note_end;
static VOID note_end(PDMA_ADAPTER adapter, PDEVICE_OBJECT device, PVOID context,
                     DMA_COMPLETION_STATUS how) {
    UNREFERENCED_PARAMETER(adapter);
    UNREFERENCED_PARAMETER(device);
    assert_string_equal(context, "context");
    level = KeGetCurrentIrql();
    status = how;
    ends++;
}

#define LINE 0x1000u
static ULONG64 transfer[DMA_TRANSFER_CONTEXT_SIZE_V1 / sizeof(ULONG64)];

static PDMA_ADAPTER begin(struct machine *m) {
    const struct wdmsim_dma_channel channel = {.line = LINE,
                                               .address_width = 32,
                                               .element_limit = 2,
                                               .interrupts = true,
                                               .started = note_start,
                                               .stopped = note_stop,
                                               .configure = configure};
    DEVICE_DESCRIPTION description = {.Version = DEVICE_DESCRIPTION_VERSION3,
                                      .InterfaceType = ACPIBus,
                                      .DmaRequestLine = LINE,
                                      .DmaWidth = Width32Bits,
                                      .DeviceAddress = {.QuadPart = 0x70006200},
                                      .MaximumLength = 4 * PAGE_SIZE};
    starts = stops = ends = 0;
    assert_int_equal(wdmsim_dma_channel_add(m, &channel), 0);
    PDMA_ADAPTER adapter = dma_adapter(description);
    assert_int_equal(wdmsim_dma_channel_add(m, &channel), WDMSIM_ERROR_BUSY);
    PDEVICE_OBJECT device = dma_device(m);
    KIRQL irql;
    adapter->DmaOperations->InitializeDmaTransferContext(adapter, transfer);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(adapter->DmaOperations->AllocateAdapterChannelEx(adapter, device, transfer, 5,
                                                                      0, keep, NULL, NULL),
                     STATUS_SUCCESS);
    KeLowerIrql(irql);
    return adapter;
}

static void the_end_of_a_transfer_calls_the_completion_routine(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m);
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    char data[4 * PAGE_SIZE];
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 4), mixed, 4, 0, 4 * PAGE_SIZE);
    ULONG length = 4 * PAGE_SIZE;
    assert_int_equal(dma->MapTransferEx(adapter, mdl, base, 0, 4, &length, TRUE, NULL, 0, note_end,
                                        (PVOID) "context"),
                     STATUS_SUCCESS);
    assert_int_equal(length, 2 * PAGE_SIZE); /* one element */
    assert_int_equal(starts, 1);
    assert_true(started.write);
    assert_int_equal(started.length, length);
    assert_int_equal(started.width, 4);
    assert_int_equal(started.device_address, 0x70006204);
    assert_int_equal(wdmsim_dma_request(m, LINE, data, PAGE_SIZE), PAGE_SIZE);
    assert_int_equal(ends, 0);
    assert_int_equal(wdmsim_dma_request(m, LINE, data, 4 * PAGE_SIZE), PAGE_SIZE);
    wdmsim_settle(m);
    assert_int_equal(ends, 1);
    assert_int_equal(status, DmaComplete);
    assert_int_equal(level, DISPATCH_LEVEL);
    assert_int_equal(dma->FlushAdapterBuffersEx(adapter, mdl, base, 0, length, TRUE),
                     STATUS_SUCCESS);
    assert_int_equal(stops, 0);
    release(adapter);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void a_controller_works_off_a_list(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m);
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 4), data[3 * PAGE_SIZE];
    PMDL mdl = dma_mdl(memory, mixed, 4, 0, 4 * PAGE_SIZE);
    union {
        SCATTER_GATHER_LIST head;
        char space[sizeof(SCATTER_GATHER_LIST) + 4 * sizeof(SCATTER_GATHER_ELEMENT)];
    } list;
    ULONG length = 4 * PAGE_SIZE;
    dma->MapTransferEx(adapter, mdl, base, 0, 0, &length, FALSE, &list.head, sizeof list, NULL,
                       NULL);
    assert_int_equal(length, 3 * PAGE_SIZE); /* its limit is two elements */
    memset(data, 'l', sizeof data);
    assert_int_equal(wdmsim_dma_request(m, LINE, data, sizeof data), sizeof data);
    assert_int_equal(memory[4 * PAGE_SIZE - 1], 'l');
    assert_int_equal(memory[3 * PAGE_SIZE - 1], 0);
    dma->FlushAdapterBuffersEx(adapter, mdl, base, 0, length, FALSE);
    release(adapter);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void a_transfer_is_cancelled(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m);
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 1), in_order, 1, 0, 100);
    ULONG length = 100;
    dma->MapTransferEx(adapter, mdl, base, 0, 0, &length, TRUE, NULL, 0, note_end,
                       (PVOID) "context");
    assert_int_equal(dma->CancelMappedTransfer(adapter, transfer), STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_int_equal(ends, 1);
    assert_int_equal(stops, 1);
    assert_int_equal(status, DmaCancelled);
    dma->FlushAdapterBuffersEx(adapter, mdl, base, 0, length, TRUE);
    assert_int_equal(dma->MapTransferEx(adapter, mdl, base, 0, 0, &length, TRUE, NULL, 0, note_end,
                                        (PVOID) "context"),
                     STATUS_CANCELLED);
    release(adapter);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void a_transfer_is_flushed_too_early(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m);
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 1), in_order, 1, 0, 100);
    ULONG length = 100;
    adapter->DmaOperations->MapTransferEx(adapter, mdl, base, 0, 0, &length, TRUE, NULL, 0,
                                          note_end, (PVOID) "context");
    dma_expect(0x23);
    adapter->DmaOperations->FlushAdapterBuffersEx(adapter, mdl, base, 0, length, TRUE);
}

static void a_controllers_own_functions(struct machine *m) {
    PDMA_ADAPTER adapter = begin(m), master = dma_adapter(dma_master(3, 64, TRUE));
    DMA_ADAPTER_INFO info = {.Version = DMA_ADAPTER_INFO_VERSION1};
    ULONG value = 0;
    assert_int_equal(adapter->DmaOperations->ConfigureAdapterChannel(adapter, 3, &value),
                     STATUS_SUCCESS);
    assert_int_equal(value, 6);
    assert_int_equal(adapter->DmaOperations->ConfigureAdapterChannel(adapter, 8, &value),
                     STATUS_NOT_IMPLEMENTED);
    assert_int_equal(master->DmaOperations->ConfigureAdapterChannel(master, 3, &value),
                     STATUS_NOT_IMPLEMENTED);
    adapter->DmaOperations->GetDmaAdapterInfo(adapter, &info);
    assert_int_equal(info.V1.ScatterGatherLimit, 2);
    assert_int_equal(info.V1.DmaAddressWidth, 32);
    assert_int_equal(info.V1.ReadDmaCounterAvailable, TRUE);
    release(adapter);
    dma_put(master);
    dma_put(adapter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        dma_unit_test(a_channel_moves_what_its_device_requests),
        dma_unit_test(a_word_channel_moves_words),
        dma_unit_test(adapters_of_a_channel_share_it),
        dma_unit_test(a_list_programs_the_channel_and_keeps_it),
        dma_unit_test(auto_initialise_starts_over),
        dma_unit_test(a_buffer_across_a_boundary_goes_through_map_registers),
        dma_unit_test(the_end_of_a_transfer_calls_the_completion_routine),
        dma_unit_test(a_controller_works_off_a_list),
        dma_unit_test(a_transfer_is_cancelled),
        dma_unit_test(a_transfer_is_flushed_too_early),
        dma_unit_test(a_controllers_own_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
