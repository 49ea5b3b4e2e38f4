/*
 * The table of DMA operations that an adapter gets, and the export for drivers older than it.
 *
 * Each adapter has a table of its own, because drivers and filters are known to replace members.
 *
 * wdm/ns-wdm-_dma_operations, ntddk/nf-ntddk-ioallocateadapterchannel
 */
#include "hal/operations.h"

void hal_operations_fill(struct hal_adapter *adapter) {
    DMA_OPERATIONS *operations = &adapter->operations;
#define X(member, type, routine) operations->member = routine;
    HAL_OPERATIONS_1(X)
    operations->Size = FIELD_OFFSET(DMA_OPERATIONS, CalculateScatterGatherList);
    if (adapter->version >= 2) {
        HAL_OPERATIONS_2(X)
        operations->Size = FIELD_OFFSET(DMA_OPERATIONS, GetDmaAdapterInfo);
    }
    if (adapter->version >= 3) {
        HAL_OPERATIONS_3(X)
        operations->Size = sizeof *operations;
    }
#undef X
}

NTSTATUS IoAllocateAdapterChannel(PADAPTER_OBJECT AdapterObject, PDEVICE_OBJECT DeviceObject,
                                  ULONG NumberOfMapRegisters, PDRIVER_CONTROL ExecutionRoutine,
                                  PVOID Context) {
    return hal_allocate_channel(AdapterObject, DeviceObject, NumberOfMapRegisters, ExecutionRoutine,
                                Context);
}
