/* Common buffers, vectors of them, buffers made of an MDL, DMA domains. */
#include "dma_test.h"

static PHYSICAL_ADDRESS at(ULONG64 address) {
    return (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)address};
}

static void a_buffer_is_seen_by_both_sides(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 24, FALSE));
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PHYSICAL_ADDRESS logical;
    char seen[6], *buffer = dma->AllocateCommonBuffer(adapter, 3 * PAGE_SIZE, &logical, TRUE);
    assert_non_null(buffer);
    assert_true(logical.QuadPart + 3 * PAGE_SIZE <= 1 << 24);
    assert_ptr_not_equal(buffer, (PVOID)(ULONG_PTR)logical.QuadPart);
    strcpy(buffer + 2 * PAGE_SIZE, "hello");
    assert_int_equal(wdmsim_dma_read(m, (ULONG64)logical.QuadPart + 2 * PAGE_SIZE, seen, 6), 0);
    assert_string_equal(seen, "hello");
    assert_int_equal(wdmsim_dma_write(m, (ULONG64)logical.QuadPart, "world", 6), 0);
    assert_string_equal(buffer, "world");
    dma->FreeCommonBuffer(adapter, 3 * PAGE_SIZE, logical, buffer, TRUE);
    dma_put(adapter);
}

static void a_buffer_keeps_to_its_bounds(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(3, 64, TRUE));
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PHYSICAL_ADDRESS logical, low = at(0x2000000), high = at(0x2ffffff);
    MEMORY_CACHING_TYPE cached = MmCached, combined = MmWriteCombined;
    (void)m;
    PVOID buffer = dma->AllocateCommonBufferEx(adapter, &high, 100, &logical, TRUE, 0);
    assert_true(logical.QuadPart + 100 <= high.QuadPart);
    dma->FreeCommonBuffer(adapter, 100, logical, buffer, TRUE);
    buffer =
        dma->AllocateCommonBufferWithBounds(adapter, &low, &high, 5000, 0, &cached, 0, &logical);
    assert_true(logical.QuadPart >= low.QuadPart && logical.QuadPart + 5000 <= high.QuadPart);
    dma->FreeCommonBuffer(adapter, 5000, logical, buffer, TRUE);
    buffer = dma->AllocateCommonBufferWithBounds(
        adapter, NULL, NULL, 5000, DOMAIN_COMMON_BUFFER_LARGE_PAGE, NULL, 0, &logical);
    assert_int_equal(logical.QuadPart % (512 * PAGE_SIZE), 0);
    dma->FreeCommonBuffer(adapter, 5000, logical, buffer, TRUE);
    assert_null(
        dma->AllocateCommonBufferWithBounds(adapter, &high, &low, 5000, 0, NULL, 0, &logical));
    assert_null(
        dma->AllocateCommonBufferWithBounds(adapter, NULL, NULL, 5000, 0, &combined, 0, &logical));
    dma_put(adapter);
}

static void a_vector_has_its_buffers_by_index(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(3, 64, TRUE));
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    PDMA_COMMON_BUFFER_VECTOR vector;
    PHYSICAL_ADDRESS logical;
    PVOID address, first = NULL;
    assert_int_equal(dma->AllocateCommonBufferVector(adapter, at(0), at(0xffffffff), MmCached, 0, 0,
                                                     3, 6000, &vector),
                     STATUS_SUCCESS);
    for (ULONG i = 0; i < 3; i++) {
        dma->GetCommonBufferFromVectorByIndex(adapter, vector, i, &address, &logical);
        assert_non_null(address);
        assert_int_equal(dma_physical(address), logical.QuadPart);
        assert_ptr_not_equal(address, first);
        first = i ? first : address;
        memset(address, (int)i, 6000);
    }
    dma->FreeCommonBufferFromVector(adapter, vector, 1);
    dma->GetCommonBufferFromVectorByIndex(adapter, vector, 1, &address, &logical);
    assert_null(address);
    dma->FreeCommonBufferVector(adapter, vector);
    assert_int_equal(dma->AllocateCommonBufferVector(adapter, at(0), at(0xffff), MmCached, 0, 0, 3,
                                                     1 << 20, &vector),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_null(vector);
    (void)m;
    dma_put(adapter); /* nothing is left */
}

static void a_buffer_can_be_made_of_an_mdl(struct machine *m) {
    static const unsigned in_order[] = {0, 1, 2, 3}, mixed[] = {0, 2};
    PDMA_ADAPTER adapter = dma_adapter(dma_master(3, 32, TRUE));
    PDMA_OPERATIONS dma = adapter->DmaOperations;
    char *memory = dma_pages(POOL_FLAG_NON_PAGED, 4);
    PMDL mdl = IoAllocateMdl(memory, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    PMDL odd = dma_mdl(memory, mixed, 2, 0, 2 * PAGE_SIZE);
    PMDL part = dma_mdl(memory, in_order, 1, 0, 100);
    DMA_COMMON_BUFFER_EXTENDED_CONFIGURATION config[2] = {
        {.ConfigType = CommonBufferConfigTypeSubSection}};
    PHYSICAL_ADDRESS logical;
    (void)m;
    MmBuildMdlForNonPagedPool(mdl);
    odd->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    part->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    assert_int_equal(dma->CreateCommonBufferFromMdl(adapter, mdl, NULL, 0, &logical),
                     STATUS_SUCCESS);
    assert_int_equal(logical.QuadPart, dma_physical(memory));
    dma->FreeCommonBuffer(adapter, 4 * PAGE_SIZE, logical, memory, TRUE);
    config[0].SubSection.Offset = PAGE_SIZE;
    config[0].SubSection.Length = 2 * PAGE_SIZE;
    assert_int_equal(dma->CreateCommonBufferFromMdl(adapter, mdl, config, 1, &logical),
                     STATUS_SUCCESS);
    assert_int_equal(logical.QuadPart, dma_physical(memory) + PAGE_SIZE);
    dma->FreeCommonBuffer(adapter, 2 * PAGE_SIZE, logical, memory + PAGE_SIZE, TRUE);
    config[1] = config[0]; /* the same type twice */
    assert_int_equal(dma->CreateCommonBufferFromMdl(adapter, mdl, config, 2, &logical),
                     STATUS_INVALID_PARAMETER);
    config[1].ConfigType = CommonBufferConfigTypeHardwareAccessPermissions;
    config[1].HardwareAccessType = CommonBufferHardwareAccessReadOnly;
    assert_int_equal(dma->CreateCommonBufferFromMdl(adapter, mdl, config, 2, &logical),
                     STATUS_NOT_SUPPORTED);
    config[1].ConfigType = CommonBufferConfigTypeLogicalAddressLimits;
    config[1].LogicalAddressLimits.MinimumAddress = at(0);
    config[1].LogicalAddressLimits.MaximumAddress = at(dma_physical(memory) + 1);
    assert_int_equal(dma->CreateCommonBufferFromMdl(adapter, mdl, config, 2, &logical),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(dma->CreateCommonBufferFromMdl(adapter, odd, NULL, 0, &logical),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(dma->CreateCommonBufferFromMdl(adapter, part, NULL, 0, &logical),
                     STATUS_INVALID_PARAMETER);
    IoFreeMdl(odd);
    IoFreeMdl(part);
    IoFreeMdl(mdl);
    dma_put(adapter);
}

static void adapters_join_a_domain_and_leave_it(struct machine *m) {
    PDMA_ADAPTER first = dma_adapter(dma_master(3, 64, TRUE));
    PDMA_ADAPTER second = dma_adapter(dma_master(3, 64, TRUE));
    PDMA_OPERATIONS dma = first->DmaOperations;
    HANDLE domain = dma->GetDmaDomain(first), own = dma->GetDmaDomain(second);
    PHYSICAL_ADDRESS logical;
    PVOID buffer;
    (void)m;
    assert_ptr_not_equal(domain, own);
    assert_int_equal(
        dma->AllocateDomainCommonBuffer(second, domain, NULL, 100, 0, NULL, 0, &logical, &buffer),
        STATUS_INVALID_PARAMETER);
    assert_int_equal(dma->LeaveDmaDomain(second), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(dma->JoinDmaDomain(second, &logical), STATUS_INVALID_HANDLE);
    assert_int_equal(dma->JoinDmaDomain(second, domain), STATUS_SUCCESS);
    assert_ptr_equal(dma->GetDmaDomain(second), domain);
    assert_int_equal(
        dma->AllocateDomainCommonBuffer(second, domain, NULL, 100, 0, NULL, 0, &logical, &buffer),
        STATUS_SUCCESS);
    dma->FreeCommonBuffer(second, 100, logical, buffer, TRUE);
    dma_put(first); /* the domain lives on with its other member */
    dma = second->DmaOperations;
    assert_ptr_equal(dma->GetDmaDomain(second), domain);
    assert_int_equal(dma->LeaveDmaDomain(second), STATUS_SUCCESS);
    assert_ptr_equal(dma->GetDmaDomain(second), own);
    dma_put(second);
}

/* ---- what is wrong ---- */

static void a_buffer_is_freed_twice(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, FALSE));
    PHYSICAL_ADDRESS logical;
    (void)m;
    PVOID buffer = adapter->DmaOperations->AllocateCommonBuffer(adapter, 100, &logical, TRUE);
    adapter->DmaOperations->FreeCommonBuffer(adapter, 100, logical, buffer, TRUE);
    dma_expect(0x03);
    adapter->DmaOperations->FreeCommonBuffer(adapter, 100, logical, buffer, TRUE);
}

static void a_part_of_a_buffer_is_freed(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, FALSE));
    PHYSICAL_ADDRESS logical;
    (void)m;
    PVOID buffer = adapter->DmaOperations->AllocateCommonBuffer(adapter, 100, &logical, TRUE);
    dma_expect(0x03);
    adapter->DmaOperations->FreeCommonBuffer(adapter, 99, logical, buffer, TRUE);
}

/* The device does it: it knows no bounds. */
static void something_is_written_behind_a_buffer(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, FALSE));
    PHYSICAL_ADDRESS logical;
    PVOID buffer = adapter->DmaOperations->AllocateCommonBuffer(adapter, 99, &logical, TRUE);
    assert_int_equal(wdmsim_dma_write(m, (ULONG64)logical.QuadPart + 98, "ab", 2), 0);
    dma_expect(0x0f);
    adapter->DmaOperations->FreeCommonBuffer(adapter, 99, logical, buffer, TRUE);
}

static void a_vector_has_no_such_buffer(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(3, 64, TRUE));
    PDMA_COMMON_BUFFER_VECTOR vector;
    (void)m;
    adapter->DmaOperations->AllocateCommonBufferVector(adapter, at(0), at(0xffffffff), MmCached, 0,
                                                       0, 3, 100, &vector);
    adapter->DmaOperations->FreeCommonBufferFromVector(adapter, vector, 2);
    dma_expect(0x03);
    adapter->DmaOperations->FreeCommonBufferFromVector(adapter, vector, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        dma_unit_test(a_buffer_is_seen_by_both_sides),
        dma_unit_test(a_buffer_keeps_to_its_bounds),
        dma_unit_test(a_vector_has_its_buffers_by_index),
        dma_unit_test(a_buffer_can_be_made_of_an_mdl),
        dma_unit_test(adapters_join_a_domain_and_leave_it),
        dma_unit_test(a_buffer_is_freed_twice),
        dma_unit_test(a_part_of_a_buffer_is_freed),
        dma_unit_test(something_is_written_behind_a_buffer),
        dma_unit_test(a_vector_has_no_such_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
