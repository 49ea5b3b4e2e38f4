/*
 * The hardware abstraction layer: DMA, and device registers.
 *
 * What a device sees. Memory has three kinds of addresses. Drivers use virtual ones; an MDL names
 * physical pages (mm/physical.c says which memory has which); a device gets logical addresses. On
 * this machine, as on a PC without remapping, a logical address is a physical one, but not every
 * device reaches every page: it may have 24 or 32 address lines, or want its buffer in one piece.
 * Then the transfer goes through map registers: pages that the device does reach, to which data is
 * copied before a write and from which it is copied back when a read is flushed. A driver that
 * reads its buffer before it has flushed, or flushes what it never mapped, sees that here.
 *
 * Adapters. IoGetDmaAdapter makes one from a description of the device; it holds the table of
 * operations, of the version that the description asks for, and remembers everything the driver
 * gets through it, so that what is freed twice, or not at all, is found (bug check 0xE6).
 *
 * Who waits for what. A bus master or a channel of the system DMA controller has one user at a time
 * (struct hal_turn); map registers are counted and shared by all adapters of one reach (struct
 * hal_stock). A request waits for its turn, then for its registers, in order of arrival each;
 * what frees one of them serves the next request on the spot and calls that driver's routine at
 * DISPATCH_LEVEL (channel.c). An adapter that reaches all memory in any number of pieces needs no
 * pages; its map registers are just a number that a transfer must not exceed.
 *
 * The files. channel.c: turns, map registers, AllocateAdapterChannel and what frees. map.c: walks
 * the driver's MDLs and maps them. transfer.c: MapTransfer and FlushAdapterBuffers in both forms.
 * list.c: scatter/gather lists. buffer.c, vector.c: common buffers and domains. controller.c: the
 * system DMA controller. access.c: memory as device models reach it. register.c: ports and
 * memory-mapped registers. counters.c: who owns the performance counters. Below: adapters
 * themselves.
 *
 * wdm/ns-wdm-_dma_operations, wdm/ns-wdm-_device_description, kernel/map-registers
 */
#include "hal/operations.h"

#include <string.h>

#define HAL_LIVE 0x41646d61u
#define HAL_DEAD 0x41646d30u

/* Registers that the two stocks have unless the host says otherwise. */
#define HAL_LOW_REGISTERS 64u
#define HAL_HIGH_REGISTERS 512u

void hal_start(struct machine *m) {
    struct hal_part *hal = m->hal = ki_alloc(m, sizeof *hal);
    InitializeListHead(&hal->adapters);
    InitializeListHead(&hal->domains);
    hal->low.highest = (1ull << 24) - 1;
    hal->high.highest = (1ull << 32) - 1;
    hal->low_size = HAL_LOW_REGISTERS;
    hal->high_size = HAL_HIGH_REGISTERS;
    InitializeListHead(&hal->low.waiting);
    InitializeListHead(&hal->high.waiting);
}

_Noreturn void hal_violation(struct machine *m, ULONG kind, const struct hal_adapter *adapter,
                             ULONG_PTR p3, ULONG_PTR p4, const void *caller, const char *what) {
    ki_bugcheck(m, DRIVER_VERIFIER_DMA_VIOLATION, kind, (ULONG_PTR)adapter, p3, p4, "%s %s",
                ki_address_name(m, caller), what);
}

KI_LOOKS_AT_FREED struct hal_adapter *hal_adapter_of(struct machine *m, PDMA_ADAPTER pub,
                                                     const void *caller) {
    struct hal_adapter *adapter = CONTAINING_RECORD(pub, struct hal_adapter, pub);
    if (!pub)
        hal_violation(m, HAL_NULL_ADAPTER, NULL, 0, 0, caller, "passed no DMA adapter");
    if (adapter->signature != HAL_LIVE)
        hal_violation(m, HAL_RELEASED, adapter, 0, 0, caller,
                      "used a DMA adapter that was released, or is none");
    return adapter;
}

/* ---- from a description ---- */

/* Address lines of a bus master, 0 if the description does not say anything useful. */
static ULONG hal_master_width(const DEVICE_DESCRIPTION *description) {
    if (description->Version == DEVICE_DESCRIPTION_VERSION3)
        return description->DmaAddressWidth <= 64 ? description->DmaAddressWidth : 0;
    if (description->Dma64BitAddresses)
        return 64;
    bool pci = description->ScatterGather && description->InterfaceType == PCIBus;
    return description->Dma32BitAddresses || pci ? 32 : 24;
}

/* What the device and its path to memory can do. False: nothing that this machine has. */
static bool hal_adapter_describe(struct machine *m, struct hal_adapter *adapter) {
    const DEVICE_DESCRIPTION *description = &adapter->description;
    bool version3 = description->Version == DEVICE_DESCRIPTION_VERSION3;
    if (description->Version > DEVICE_DESCRIPTION_VERSION3)
        return false;
    adapter->version = description->Version < 2 ? 1 : description->Version;
    adapter->turn = &adapter->own_turn;
    if (description->Master) {
        adapter->address_width = hal_master_width(description);
        adapter->scatter_gather = description->ScatterGather;
        adapter->element_limit = description->ScatterGather ? MAXULONG : 1;
    } else {
        struct hal_channel *channel =
            hal_channel_find(m, version3 ? description->DmaRequestLine : description->DmaChannel);
        if (!channel)
            return false;
        adapter->channel = channel;
        adapter->turn = &channel->turn;
        adapter->address_width = channel->what.address_width;
        adapter->scatter_gather = channel->what.element_limit > 1;
        adapter->element_limit = channel->what.element_limit;
        adapter->boundary = channel->what.boundary;
    }
    if (adapter->address_width < 24)
        return false;
    adapter->highest =
        adapter->address_width >= 64 ? UINT64_MAX : (1ull << adapter->address_width) - 1;
    return true;
}

/* As many map registers as the longest transfer needs, or as there are. */
static bool hal_adapter_limit(struct machine *m, struct hal_adapter *adapter) {
    ULONG length = adapter->description.MaximumLength;
    ULONG wanted = (length >> PAGE_SHIFT) + ((length & (PAGE_SIZE - 1)) != 0) + 1;
    if (adapter->highest != UINT64_MAX || !adapter->scatter_gather) {
        adapter->stock = hal_stock_for(m, adapter->highest);
        if (!adapter->stock)
            return false;
        if (wanted > adapter->stock->size)
            wanted = adapter->stock->size;
    }
    if (adapter->boundary && wanted > adapter->boundary >> PAGE_SHIFT)
        wanted = (ULONG)(adapter->boundary >> PAGE_SHIFT);
    adapter->limit = wanted;
    return true;
}

PDMA_ADAPTER hal_adapter_create(struct machine *m, PDEVICE_OBJECT device,
                                const DEVICE_DESCRIPTION *description, PULONG registers,
                                const void *caller) {
    struct hal_adapter *adapter =
        mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *adapter, HAL_TAG, caller);
    if (!adapter)
        return NULL;
    memset(adapter, 0, sizeof *adapter);
    adapter->device = device;
    adapter->description = *description;
    hal_turn_initialize(&adapter->own_turn);
    InitializeListHead(&adapter->maps);
    InitializeListHead(&adapter->lists);
    InitializeListHead(&adapter->buffers);
    if (!hal_adapter_describe(m, adapter) || !hal_adapter_limit(m, adapter) ||
        !(adapter->own_domain = hal_domain_create(m, adapter, caller))) {
        mm_pool_free(m, adapter, HAL_TAG);
        return NULL;
    }
    adapter->domain = adapter->own_domain;
    hal_operations_fill(adapter);
    adapter->pub = (DMA_ADAPTER){1, (USHORT)sizeof *adapter, &adapter->operations};
    adapter->signature = HAL_LIVE;
    InsertTailList(&m->hal->adapters, &adapter->link);
    *registers = adapter->limit;
    return &adapter->pub;
}

/* ---- its end ---- */

static void hal_adapter_check_left(struct machine *m, struct hal_adapter *adapter,
                                   const void *caller) {
    const struct hal_turn *turn = adapter->turn;
    const struct hal_map *holder = turn->holder;
    bool held = holder ? holder->adapter == adapter : turn->taken && !adapter->channel;
    if (!IsListEmpty(&adapter->buffers))
        hal_violation(m, HAL_BUFFERS_LEFT, adapter, (ULONG_PTR)adapter->buffers.Flink, 0, caller,
                      "released a DMA adapter that still has common buffers");
    if (held)
        hal_violation(m, HAL_CHANNELS_LEFT, adapter, (ULONG_PTR)holder, 0, caller,
                      "released a DMA adapter whose channel is still allocated");
    if (!IsListEmpty(&adapter->lists))
        hal_violation(m, HAL_LISTS_LEFT, adapter, (ULONG_PTR)adapter->lists.Flink, 0, caller,
                      "released a DMA adapter that still has scatter/gather lists");
    if (!IsListEmpty(&adapter->maps))
        hal_violation(m, HAL_REGISTERS_LEFT, adapter, (ULONG_PTR)adapter->maps.Flink, 0, caller,
                      "released a DMA adapter that still has map registers, or waits for some");
}

VOID hal_put_adapter(PDMA_ADAPTER DmaAdapter) {
    KI_GATE(PutDmaAdapter);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    hal_adapter_check_left(m, adapter, caller);
    if (adapter->channel && adapter->channel->adapter == adapter) {
        hal_channel_stop(m, adapter->channel);
        adapter->channel->adapter = NULL;
    }
    hal_domain_leave(m, adapter);
    RemoveEntryList(&adapter->link);
    adapter->signature = HAL_DEAD;
    mm_pool_free(m, adapter, HAL_TAG);
}

/* ---- what can be asked ---- */

/* Caches are coherent with devices, so no buffer needs to begin or end at a line of them. */
ULONG hal_get_alignment(PDMA_ADAPTER DmaAdapter) {
    KI_GATE(GetDmaAlignment);
    hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    return 1;
}

NTSTATUS hal_get_adapter_info(PDMA_ADAPTER DmaAdapter, PDMA_ADAPTER_INFO AdapterInfo) {
    KI_GATE(GetDmaAdapterInfo);
    const struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    const struct hal_channel *channel = adapter->channel;
    if (AdapterInfo->Version != DMA_ADAPTER_INFO_VERSION1)
        return STATUS_NOT_SUPPORTED;
    AdapterInfo->V1 = (DMA_ADAPTER_INFO_V1){
        .ReadDmaCounterAvailable = channel && !channel->what.counter_hidden,
        .ScatterGatherLimit = adapter->element_limit,
        .DmaAddressWidth = adapter->address_width,
        .MinimumTransferUnit = channel ? channel->what.minimum_unit : 1,
    };
    return STATUS_SUCCESS;
}

NTSTATUS hal_get_transfer_info(PDMA_ADAPTER DmaAdapter, PMDL Mdl, ULONGLONG Offset, ULONG Length,
                               BOOLEAN WriteOnly, PDMA_TRANSFER_INFO TransferInfo) {
    KI_GATE(GetDmaTransferInfo);
    const struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    struct hal_cursor cursor;
    (void)WriteOnly;
    if (TransferInfo->Version != DMA_TRANSFER_INFO_VERSION1 &&
        TransferInfo->Version != DMA_TRANSFER_INFO_VERSION2)
        return STATUS_NOT_SUPPORTED;
    if (!Length || !hal_cursor_seek(&cursor, Mdl, Offset, Length))
        return STATUS_INVALID_PARAMETER;
    struct hal_needs needs = hal_needs_of(adapter, cursor, Length);
    TransferInfo->V1 =
        (DMA_TRANSFER_INFO_V1){needs.registers, needs.elements, hal_list_size(needs.elements)};
    if (TransferInfo->Version == DMA_TRANSFER_INFO_VERSION2)
        TransferInfo->V2.LogicalPageCount = needs.registers;
    return STATUS_SUCCESS;
}
