/* Adapters: what the description makes of them, versions of the operations, release. */
#include "dma_test.h"

static void the_version_decides_on_the_operations(struct machine *m) {
    static const ULONG sizes[] = {
        FIELD_OFFSET(DMA_OPERATIONS, CalculateScatterGatherList),
        FIELD_OFFSET(DMA_OPERATIONS, CalculateScatterGatherList),
        FIELD_OFFSET(DMA_OPERATIONS, GetDmaAdapterInfo),
        sizeof(DMA_OPERATIONS),
    };
    (void)m;
    for (ULONG version = 0; version <= DEVICE_DESCRIPTION_VERSION3; version++) {
        PDMA_ADAPTER adapter = dma_adapter(dma_master(version, 64, TRUE));
        assert_int_equal(adapter->Version, 1);
        assert_int_equal(adapter->DmaOperations->Size, sizes[version]);
        assert_int_equal(adapter->DmaOperations->CalculateScatterGatherList != NULL, version >= 2);
        assert_int_equal(adapter->DmaOperations->MapTransferEx != NULL, version >= 3);
        dma_put(adapter);
    }
}

/* The type of each is the documented one, or this does not compile. */
static void version_3_has_every_operation(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(DEVICE_DESCRIPTION_VERSION3, 64, TRUE));
    (void)m;
#define HAS(member, type)                                                                          \
    do {                                                                                           \
        type routine = adapter->DmaOperations->member;                                             \
        assert_ptr_not_equal(*(PVOID *)&routine, NULL);                                            \
    } while (0)
    HAS(PutDmaAdapter, PPUT_DMA_ADAPTER);
    HAS(AllocateCommonBuffer, PALLOCATE_COMMON_BUFFER);
    HAS(FreeCommonBuffer, PFREE_COMMON_BUFFER);
    HAS(AllocateAdapterChannel, PALLOCATE_ADAPTER_CHANNEL);
    HAS(FlushAdapterBuffers, PFLUSH_ADAPTER_BUFFERS);
    HAS(FreeAdapterChannel, PFREE_ADAPTER_CHANNEL);
    HAS(FreeMapRegisters, PFREE_MAP_REGISTERS);
    HAS(MapTransfer, PMAP_TRANSFER);
    HAS(GetDmaAlignment, PGET_DMA_ALIGNMENT);
    HAS(ReadDmaCounter, PREAD_DMA_COUNTER);
    HAS(GetScatterGatherList, PGET_SCATTER_GATHER_LIST);
    HAS(PutScatterGatherList, PPUT_SCATTER_GATHER_LIST);
    HAS(CalculateScatterGatherList, PCALCULATE_SCATTER_GATHER_LIST_SIZE);
    HAS(BuildScatterGatherList, PBUILD_SCATTER_GATHER_LIST);
    HAS(BuildMdlFromScatterGatherList, PBUILD_MDL_FROM_SCATTER_GATHER_LIST);
    HAS(GetDmaAdapterInfo, PGET_DMA_ADAPTER_INFO);
    HAS(GetDmaTransferInfo, PGET_DMA_TRANSFER_INFO);
    HAS(InitializeDmaTransferContext, PINITIALIZE_DMA_TRANSFER_CONTEXT);
    HAS(AllocateCommonBufferEx, PALLOCATE_COMMON_BUFFER_EX);
    HAS(AllocateAdapterChannelEx, PALLOCATE_ADAPTER_CHANNEL_EX);
    HAS(ConfigureAdapterChannel, PCONFIGURE_ADAPTER_CHANNEL);
    HAS(CancelAdapterChannel, PCANCEL_ADAPTER_CHANNEL);
    HAS(MapTransferEx, PMAP_TRANSFER_EX);
    HAS(GetScatterGatherListEx, PGET_SCATTER_GATHER_LIST_EX);
    HAS(BuildScatterGatherListEx, PBUILD_SCATTER_GATHER_LIST_EX);
    HAS(FlushAdapterBuffersEx, PFLUSH_ADAPTER_BUFFERS_EX);
    HAS(FreeAdapterObject, PFREE_ADAPTER_OBJECT);
    HAS(CancelMappedTransfer, PCANCEL_MAPPED_TRANSFER);
    HAS(AllocateDomainCommonBuffer, PALLOCATE_DOMAIN_COMMON_BUFFER);
    HAS(FlushDmaBuffer, PFLUSH_DMA_BUFFER);
    HAS(JoinDmaDomain, PJOIN_DMA_DOMAIN);
    HAS(LeaveDmaDomain, PLEAVE_DMA_DOMAIN);
    HAS(GetDmaDomain, PGET_DMA_DOMAIN);
    HAS(AllocateCommonBufferWithBounds, PALLOCATE_COMMON_BUFFER_WITH_BOUNDS);
    HAS(AllocateCommonBufferVector, PALLOCATE_COMMON_BUFFER_VECTOR);
    HAS(GetCommonBufferFromVectorByIndex, PGET_COMMON_BUFFER_FROM_VECTOR_BY_INDEX);
    HAS(FreeCommonBufferFromVector, PFREE_COMMON_BUFFER_FROM_VECTOR);
    HAS(FreeCommonBufferVector, PFREE_COMMON_BUFFER_VECTOR);
    HAS(CreateCommonBufferFromMdl, PCREATE_COMMON_BUFFER_FROM_MDL);
#undef HAS
    dma_put(adapter);
}

static void what_no_device_can_be_gets_no_adapter(struct machine *m) {
    DEVICE_DESCRIPTION unknown = dma_master(DEVICE_DESCRIPTION_VERSION3 + 1, 32, TRUE);
    DEVICE_DESCRIPTION no_width = dma_master(DEVICE_DESCRIPTION_VERSION3, 0, TRUE);
    DEVICE_DESCRIPTION too_wide = dma_master(DEVICE_DESCRIPTION_VERSION3, 65, TRUE);
    DEVICE_DESCRIPTION no_line = {.Version = DEVICE_DESCRIPTION_VERSION3, .DmaRequestLine = 0x1000};
    DEVICE_DESCRIPTION cascade = {.Version = DEVICE_DESCRIPTION_VERSION, .DmaChannel = 4};
    ULONG registers;
    (void)m;
    assert_null(IoGetDmaAdapter(NULL, &unknown, &registers));
    assert_null(IoGetDmaAdapter(NULL, &no_width, &registers));
    assert_null(IoGetDmaAdapter(NULL, &too_wide, &registers));
    assert_null(IoGetDmaAdapter(NULL, &no_line, &registers));
    assert_null(IoGetDmaAdapter(NULL, &cascade, &registers));
}

static ULONG registers_for(DEVICE_DESCRIPTION description, ULONG length) {
    ULONG registers = 0;
    description.MaximumLength = length;
    PDMA_ADAPTER adapter = IoGetDmaAdapter(NULL, &description, &registers);
    assert_non_null(adapter);
    dma_put(adapter);
    return registers;
}

static void map_registers_suffice_for_the_longest_transfer(struct machine *m) {
    (void)m;
    assert_int_equal(registers_for(dma_master(2, 64, TRUE), 0x10000), 17);
    assert_int_equal(registers_for(dma_master(2, 64, TRUE), 0x10001), 18);
    assert_int_equal(registers_for(dma_master(2, 32, TRUE), 0x10000), 17);
}

static void no_adapter_has_more_map_registers_than_there_are(struct machine *m) {
    assert_int_equal(wdmsim_dma_map_registers(m, 0, 8), WDMSIM_ERROR_INVALID);
    assert_int_equal(wdmsim_dma_map_registers(m, 4, 8), 0);
    assert_int_equal(registers_for(dma_master(2, 64, TRUE), 0x10000), 17);
    assert_int_equal(registers_for(dma_master(2, 64, FALSE), 0x10000), 8);
    assert_int_equal(registers_for(dma_master(2, 32, TRUE), 0x10000), 8);
    assert_int_equal(registers_for(dma_master(2, 24, TRUE), 0x10000), 4);
    assert_int_equal(wdmsim_dma_map_registers(m, 5, 9), WDMSIM_ERROR_BUSY);
}

static void an_adapter_tells_of_itself(struct machine *m) {
    PDMA_ADAPTER adapter = dma_adapter(dma_master(DEVICE_DESCRIPTION_VERSION3, 40, FALSE));
    DMA_ADAPTER_INFO info = {.Version = DMA_ADAPTER_INFO_VERSION1};
    (void)m;
    assert_int_equal(adapter->DmaOperations->GetDmaAdapterInfo(adapter, &info), STATUS_SUCCESS);
    assert_int_equal(info.V1.DmaAddressWidth, 40);
    assert_int_equal(info.V1.ScatterGatherLimit, 1);
    assert_int_equal(info.V1.ReadDmaCounterAvailable, FALSE);
    assert_int_equal(info.V1.MinimumTransferUnit, 1);
    info.Version = 7;
    assert_int_equal(adapter->DmaOperations->GetDmaAdapterInfo(adapter, &info),
                     STATUS_NOT_SUPPORTED);
    assert_int_equal(adapter->DmaOperations->GetDmaAlignment(adapter), 1);
    dma_put(adapter);
}

static void an_adapter_that_was_released(struct machine *m) {
    (void)m;
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, TRUE));
    PGET_DMA_ALIGNMENT ask = adapter->DmaOperations->GetDmaAlignment;
    dma_put(adapter);
    dma_expect(0x18);
    ask(adapter);
}

static void no_adapter_at_all(struct machine *m) {
    (void)m;
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, TRUE));
    dma_expect(0x19);
    adapter->DmaOperations->PutDmaAdapter(NULL);
}

static void an_adapter_with_a_common_buffer_left(struct machine *m) {
    (void)m;
    PDMA_ADAPTER adapter = dma_adapter(dma_master(1, 32, TRUE));
    PHYSICAL_ADDRESS logical;
    adapter->DmaOperations->AllocateCommonBuffer(adapter, 100, &logical, TRUE);
    dma_expect(0x07);
    dma_put(adapter);
}

static void adapters_are_for_passive_level(struct machine *m) {
    DEVICE_DESCRIPTION description = dma_master(1, 32, TRUE);
    ULONG registers;
    KIRQL irql;
    (void)m;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    IoGetDmaAdapter(NULL, &description, &registers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        dma_unit_test(the_version_decides_on_the_operations),
        dma_unit_test(version_3_has_every_operation),
        dma_unit_test(what_no_device_can_be_gets_no_adapter),
        dma_unit_test(map_registers_suffice_for_the_longest_transfer),
        dma_unit_test(no_adapter_has_more_map_registers_than_there_are),
        dma_unit_test(an_adapter_tells_of_itself),
        dma_unit_test(an_adapter_that_was_released),
        dma_unit_test(no_adapter_at_all),
        dma_unit_test(an_adapter_with_a_common_buffer_left),
        dma_unit_test(adapters_are_for_passive_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
