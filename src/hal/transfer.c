/*
 * MapTransfer and FlushAdapterBuffers: what a driver does itself between allocating an adapter and
 * freeing it, by virtual address or, with the Ex forms, by offset into a chain of MDLs.
 *
 * For a bus master, mapping answers where the device finds the buffer. For a subordinate device it
 * programs the channel of the system DMA controller, which waits for the device to request service
 * from then on; flushing stops the channel.
 *
 * wdm/nc-wdm-pmap_transfer, -pmap_transfer_ex, -pflush_adapter_buffers, -pflush_adapter_buffers_ex,
 * -pflush_dma_buffer, -pcancel_mapped_transfer, kernel/using-the-maptransferex-routine
 */
#include "hal/operations.h"

/* The place in an MDL that a driver names by virtual address. */
static struct hal_cursor hal_cursor_at(struct machine *m, const struct hal_adapter *adapter,
                                       PMDL mdl, PVOID address, ULONG length, const void *caller) {
    struct hal_cursor cursor;
    uint64_t offset = (uintptr_t)address - (uintptr_t)MmGetMdlVirtualAddress(mdl);
    if (offset > mdl->ByteCount || !hal_cursor_seek(&cursor, mdl, offset, length))
        hal_violation(m, HAL_OUTSIDE_MDL, adapter, (ULONG_PTR)mdl, (ULONG_PTR)address, caller,
                      "passed an address and length that are not within the MDL");
    return cursor;
}

/* ---- by virtual address ---- */

PHYSICAL_ADDRESS hal_map_transfer(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase,
                                  PVOID CurrentVa, PULONG Length, BOOLEAN WriteToDevice) {
    KI_GATE(MapTransfer);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    struct hal_map *map = hal_map_of(m, adapter, MapRegisterBase, caller);
    struct hal_cursor cursor = hal_cursor_at(m, adapter, Mdl, CurrentVa, *Length, caller);
    SCATTER_GATHER_ELEMENT element;
    hal_map_check(m, map, cursor, *Length, caller);
    map->calls++;
    if (!hal_map_element(m, map, &cursor, *Length, WriteToDevice, &element))
        hal_violation(m, HAL_TOO_MANY_REGISTERS, adapter, (ULONG_PTR)map, map->count, caller,
                      "mapped a transfer that needs more map registers than it has allocated");
    *Length = element.Length;
    if (adapter->channel) {
        const struct hal_program program = {
            .element = &element,
            .elements = 1,
            .write = WriteToDevice,
            .device_address = (uint64_t)adapter->description.DeviceAddress.QuadPart,
            .device = map->device};
        hal_channel_program(m, adapter, &program);
    }
    return element.Address;
}

/* Always with success: nothing here can keep data from arriving. */
BOOLEAN hal_flush(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, PVOID CurrentVa,
                  ULONG Length, BOOLEAN WriteToDevice) {
    KI_GATE(FlushAdapterBuffers);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    struct hal_map *map = hal_map_of(m, adapter, MapRegisterBase, caller);
    struct hal_cursor cursor = hal_cursor_at(m, adapter, Mdl, CurrentVa, Length, caller);
    (void)WriteToDevice;
    if (adapter->channel)
        hal_channel_stop(m, adapter->channel);
    if (!hal_map_flush(m, map, cursor, Length) && hal_checks(m))
        hal_violation(m, HAL_NOT_MAPPED, adapter, (ULONG_PTR)Mdl, (ULONG_PTR)CurrentVa, caller,
                      "flushed the adapter's buffers for a transfer that is not mapped");
    return TRUE;
}

/* ---- by offset ---- */

/* The buffer of a driver that passed none, for a channel. */
union hal_one {
    SCATTER_GATHER_LIST list;
    char space[sizeof(SCATTER_GATHER_LIST) + sizeof(SCATTER_GATHER_ELEMENT)];
};

NTSTATUS hal_map_transfer_ex(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase,
                             ULONGLONG Offset, ULONG DeviceOffset, PULONG Length,
                             BOOLEAN WriteToDevice, PSCATTER_GATHER_LIST ScatterGatherBuffer,
                             ULONG ScatterGatherBufferLength,
                             PDMA_COMPLETION_ROUTINE DmaCompletionRoutine,
                             PVOID CompletionContext) {
    KI_GATE(MapTransferEx);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    struct hal_map *map = hal_map_of(m, adapter, MapRegisterBase, caller);
    struct hal_cursor cursor;
    union hal_one one;
    PSCATTER_GATHER_LIST list = ScatterGatherBuffer ? ScatterGatherBuffer : &one.list;
    ULONG capacity = 1;
    if (ScatterGatherBuffer) {
        if (ScatterGatherBufferLength < sizeof *list + sizeof list->Elements[0])
            return STATUS_INVALID_PARAMETER;
        capacity = (ULONG)((ScatterGatherBufferLength - sizeof *list) / sizeof list->Elements[0]);
    }
    if (capacity > adapter->element_limit)
        capacity = adapter->element_limit;
    if ((!ScatterGatherBuffer && !adapter->channel) ||
        (DmaCompletionRoutine && !adapter->channel) || !*Length ||
        !hal_cursor_seek(&cursor, Mdl, Offset, *Length))
        return STATUS_INVALID_PARAMETER;
    if (map->cancelled)
        return STATUS_CANCELLED;
    if (map->extended && hal_checks(m))
        hal_violation(m, HAL_NOT_FLUSHED, adapter, (ULONG_PTR)map, map->pieces, caller,
                      "mapped a transfer before it flushed the one before");
    hal_map_check(m, map, cursor, *Length, caller);
    map->calls++;
    uint64_t length = hal_fitting(map, cursor, *Length);
    uint64_t done =
        length ? hal_list_fill(m, map, cursor, length, WriteToDevice, list, capacity) : 0;
    if (!done)
        return STATUS_INSUFFICIENT_RESOURCES;
    map->extended = true;
    *Length = (ULONG)done;
    if (adapter->channel) {
        const struct hal_program program = {
            .element = list->Elements,
            .elements = list->NumberOfElements,
            .write = WriteToDevice,
            .device_address = (uint64_t)adapter->description.DeviceAddress.QuadPart + DeviceOffset,
            .device = map->device,
            .completion = DmaCompletionRoutine,
            .context = CompletionContext};
        hal_channel_program(m, adapter, &program);
    }
    return STATUS_SUCCESS;
}

NTSTATUS hal_flush_ex(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID MapRegisterBase, ULONGLONG Offset,
                      ULONG Length, BOOLEAN WriteToDevice) {
    KI_GATE(FlushAdapterBuffersEx);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    struct hal_map *map = hal_map_of(m, adapter, MapRegisterBase, caller);
    struct hal_cursor cursor;
    (void)WriteToDevice;
    if (!hal_cursor_seek(&cursor, Mdl, Offset, Length))
        return STATUS_INVALID_PARAMETER;
    struct hal_channel *channel = adapter->channel;
    if (channel && channel->adapter == adapter && channel->running && channel->left &&
        channel->completion && hal_checks(m))
        hal_violation(m, HAL_FLUSHED_TOO_EARLY, adapter, (ULONG_PTR)map, (ULONG_PTR)channel->left,
                      caller, "flushed a transfer that had neither ended nor been cancelled");
    if (channel)
        hal_channel_stop(m, channel);
    if (!hal_map_flush(m, map, cursor, Length) && hal_checks(m))
        hal_violation(m, HAL_NOT_MAPPED, adapter, (ULONG_PTR)Mdl, (ULONG_PTR)Offset, caller,
                      "flushed the adapter's buffers for a transfer that is not mapped");
    map->extended = map->pieces != 0;
    return STATUS_SUCCESS;
}

/* Memory and caches agree here, so only what goes through map registers is in two places. */
NTSTATUS hal_flush_dma_buffer(PDMA_ADAPTER DmaAdapter, PMDL Mdl, BOOLEAN ReadOperation) {
    KI_GATE(FlushDmaBuffer);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    if (!Mdl)
        return STATUS_INVALID_PARAMETER;
    for (LIST_ENTRY *link = adapter->maps.Flink; link != &adapter->maps; link = link->Flink)
        hal_map_synchronize(m, CONTAINING_RECORD(link, struct hal_map, link), Mdl, ReadOperation);
    return STATUS_SUCCESS;
}

NTSTATUS hal_cancel_transfer(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext) {
    KI_GATE(CancelMappedTransfer);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    const struct hal_transfer *transfer = DmaTransferContext;
    if (!adapter->channel || !transfer || transfer->signature != HAL_TRANSFER)
        return STATUS_INVALID_PARAMETER;
    struct hal_map *map = hal_map_by_transfer(adapter, transfer);
    if (!map || map->state != HAL_GRANTED)
        return STATUS_INVALID_PARAMETER;
    map->cancelled = true;
    hal_channel_cancel(m, adapter->channel);
    return STATUS_SUCCESS;
}
