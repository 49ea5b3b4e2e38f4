/* Memory as devices reach it, and what a guarded machine keeps them from. */
#include "dma_test.h"

static const unsigned first_page = 0;

static void devices_reach_all_of_memory_and_nothing_else(struct machine *m) {
    char *memory = dma_pages(POOL_FLAG_PAGED, 2), data[PAGE_SIZE];
    ULONG64 logical = dma_physical(memory);
    strcpy(memory + PAGE_SIZE - 2, "across");
    assert_int_equal(wdmsim_dma_read(m, logical + PAGE_SIZE - 2, data, 7), 0);
    assert_string_equal(data, "across");
    assert_int_equal(wdmsim_dma_write(m, 0, data, 1), WDMSIM_ERROR_FAULT);
    assert_int_equal(wdmsim_dma_read(m, 0xc0000000, data, 1), WDMSIM_ERROR_FAULT);
    assert_int_equal(wdmsim_dma_read(m, 1ull << 46, data, 1), WDMSIM_ERROR_FAULT);
    assert_int_equal(wdmsim_dma_read(m, ~0ull, data, 2), WDMSIM_ERROR_FAULT);
}

static PSCATTER_GATHER_LIST got;
static DRIVER_LIST_CONTROL take;
static VOID take(PDEVICE_OBJECT device, PIRP irp, PSCATTER_GATHER_LIST list, PVOID context) {
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(irp);
    UNREFERENCED_PARAMETER(context);
    got = list;
}

/* A transfer of 100 bytes that the device may write to. */
static ULONG64 map(struct machine *m, PDMA_ADAPTER adapter) {
    PMDL mdl = dma_mdl(dma_pages(POOL_FLAG_NON_PAGED, 1), &first_page, 1, 0, 100);
    PDEVICE_OBJECT device = dma_device(m);
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->GetScatterGatherList(adapter, device, mdl, MmGetMdlVirtualAddress(mdl),
                                                 100, take, NULL, FALSE);
    KeLowerIrql(irql);
    return (ULONG64)got->Elements[0].Address.QuadPart;
}

static void unmap(PDMA_ADAPTER adapter) {
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    adapter->DmaOperations->PutScatterGatherList(adapter, got, FALSE);
    KeLowerIrql(irql);
}

static void a_guarded_device_reaches_what_is_mapped(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 64, TRUE));
    PHYSICAL_ADDRESS logical;
    char data[100] = "";
    wdmsim_dma_guard(m, true);
    adapter->DmaOperations->AllocateCommonBuffer(adapter, 5000, &logical, TRUE);
    assert_int_equal(wdmsim_dma_write(m, map(m, adapter), data, 100), 0);
    assert_int_equal(wdmsim_dma_write(m, (ULONG64)logical.QuadPart + 4900, data, 100), 0);
    assert_int_equal(wdmsim_dma_read(m, (ULONG64)logical.QuadPart, data, 100), 0);
}

static void a_guarded_device_goes_on_after_its_time(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 64, TRUE));
    ULONG64 logical = map(m, adapter);
    wdmsim_dma_guard(m, true);
    unmap(adapter);
    dma_expect(0x26);
    wdmsim_dma_write(m, logical, "late", 4);
}

static void a_guarded_device_reads_where_it_may_write(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 64, TRUE));
    char data[4];
    wdmsim_dma_guard(m, true);
    ULONG64 logical = map(m, adapter);
    dma_expect(0x26);
    wdmsim_dma_read(m, logical, data, 4);
}

static void a_guarded_device_overruns_its_buffer(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 64, TRUE));
    char data[101] = "";
    wdmsim_dma_guard(m, true);
    ULONG64 logical = map(m, adapter);
    dma_expect(0x26);
    wdmsim_dma_write(m, logical, data, 101);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        dma_unit_test(devices_reach_all_of_memory_and_nothing_else),
        dma_unit_test(a_guarded_device_reaches_what_is_mapped),
        dma_unit_test(a_guarded_device_goes_on_after_its_time),
        dma_unit_test(a_guarded_device_reads_where_it_may_write),
        dma_unit_test(a_guarded_device_overruns_its_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
