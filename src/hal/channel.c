/*
 * Who may use an adapter: turns, map registers, and the routines that allocate and free both.
 *
 * A request (struct hal_map) is one piece of memory, made when the driver asks, so that waiting
 * and granting cannot fail. It waits for its turn, then for registers; whoever frees what it waits
 * for grants it there and then, which calls the driver's AdapterControl routine or hands it a
 * scatter/gather list. What that routine returns says what is kept:
 *
 *     KeepObject                     turn and registers, until FreeAdapterChannel
 *     DeallocateObject               neither
 *     DeallocateObjectKeepRegisters  the registers, until FreeMapRegisters
 *
 * Registers of a stock are pages in one piece, so a request may have to wait although enough of
 * them are free in several places; nobody overtakes it.
 *
 * wdm/nc-wdm-pallocate_adapter_channel, -pallocate_adapter_channel_ex, -pfree_adapter_channel,
 * -pfree_map_registers, -pfree_adapter_object, -pcancel_adapter_channel, -driver_control
 */
#include "hal/operations.h"
#include "mm/contiguous.h"

#include <string.h>

#define HAL_MAP 0x4d61706du

/* ---- stocks of map registers ---- */

/* A run of registers stays within 128 KiB where it can, as channels of 16 bits need it. */
#define HAL_STOCK_ALIGN (128u * 1024u)

struct hal_stock *hal_stock_for(struct machine *m, uint64_t highest) {
    struct hal_part *hal = m->hal;
    struct hal_stock *stock = highest >= hal->high.highest ? &hal->high : &hal->low;
    if (stock->size)
        return stock;
    ULONG size = stock == &hal->high ? hal->high_size : hal->low_size;
    const void *pages =
        mm_contiguous_take(m, (size_t)size * PAGE_SIZE, 0, stock->highest, HAL_STOCK_ALIGN, NULL);
    if (!pages)
        return NULL;
    stock->taken = ki_alloc(m, (size + 63) / 64 * sizeof *stock->taken);
    stock->logical = mm_physical_address(m, pages);
    stock->size = size;
    return stock;
}

static bool hal_register_is_taken(const struct hal_stock *stock, ULONG number) {
    return stock->taken[number / 64] >> number % 64 & 1;
}

static void hal_registers_mark(struct hal_stock *stock, ULONG first, ULONG count, bool taken) {
    for (ULONG i = first; i < first + count; i++) {
        uint64_t bit = 1ull << i % 64;
        stock->taken[i / 64] = taken ? stock->taken[i / 64] | bit : stock->taken[i / 64] & ~bit;
    }
}

/* True if the run from `first` on crosses a multiple of the boundary. */
static bool hal_run_crosses(const struct hal_map *map, ULONG first) {
    uint64_t boundary = map->adapter->boundary;
    uint64_t from = map->adapter->stock->logical + (uint64_t)first * PAGE_SIZE;
    uint64_t last = from + (uint64_t)map->count * PAGE_SIZE - 1;
    return boundary && from / boundary != last / boundary;
}

/* The first run that suits; false if there is none. */
static bool hal_registers_take(struct hal_map *map) {
    struct hal_stock *stock = map->adapter->stock;
    if (!stock)
        return true;
    for (ULONG first = 0, run = 0; first + run < stock->size;) {
        if (run == map->count)
            break;
        if (hal_register_is_taken(stock, first + run)) {
            first += run + 1;
            run = 0;
        } else if (!run && hal_run_crosses(map, first)) {
            first++;
        } else if (++run == map->count) {
            map->first = first;
            hal_registers_mark(stock, first, run, true);
            return true;
        }
    }
    return map->count == 0;
}

/* ---- requests ---- */

void hal_turn_initialize(struct hal_turn *turn) {
    *turn = (struct hal_turn){.taken = false};
    InitializeListHead(&turn->waiting);
}

struct hal_map *hal_map_create(struct machine *m, struct hal_adapter *adapter, ULONG count,
                               PDEVICE_OBJECT device, const void *caller) {
    struct hal_map *map = mm_pool_allocate_for(
        m, NonPagedPoolNx, sizeof *map + count * sizeof map->piece[0], HAL_TAG, caller);
    if (!map)
        return NULL;
    *map = (struct hal_map){.signature = HAL_MAP,
                            .adapter = adapter,
                            .count = count,
                            .device = device,
                            .irp = device ? device->CurrentIrp : NULL};
    return map;
}

static void hal_map_dispose(struct machine *m, struct hal_map *map) {
    map->signature = 0;
    mm_pool_free(m, map, HAL_TAG);
}

static IO_ALLOCATION_ACTION hal_map_call(struct machine *m, struct hal_map *map) {
    if (map->list)
        return hal_list_granted(m, map);
    return map->routine ? map->routine(map->device, map->irp, map, map->context) : KeepObject;
}

/* The request has all it waited for. */
static void hal_map_grant(struct machine *m, struct hal_map *map) {
    struct hal_turn *turn = map->adapter->turn;
    map->state = HAL_GRANTED;
    IO_ALLOCATION_ACTION action = hal_map_call(m, map);
    if (action == KeepObject || turn->holder != map)
        return;
    if (action == DeallocateObject)
        hal_map_free(m, map);
    hal_turn_end(m, turn);
}

/* It is the request's turn. */
static void hal_map_begin(struct machine *m, struct hal_map *map) {
    struct hal_adapter *adapter = map->adapter;
    struct hal_stock *stock = adapter->stock;
    adapter->turn->taken = true;
    adapter->turn->holder = map;
    if (stock && (!IsListEmpty(&stock->waiting) || !hal_registers_take(map))) {
        map->state = HAL_WAITS_FOR_REGISTERS;
        InsertTailList(&stock->waiting, &map->wait);
        return;
    }
    hal_map_grant(m, map);
}

/* Whether a request would be granted without waiting; if so, it has its registers. */
static bool hal_map_begin_at_once(struct hal_map *map) {
    struct hal_stock *stock = map->adapter->stock;
    struct hal_turn *turn = map->adapter->turn;
    if (turn->taken || (stock && !IsListEmpty(&stock->waiting)) || !hal_registers_take(map))
        return false;
    turn->taken = true;
    turn->holder = map;
    return true;
}

bool hal_map_submit(struct machine *m, struct hal_map *map, bool at_once) {
    struct hal_turn *turn = map->adapter->turn;
    if (at_once && !hal_map_begin_at_once(map)) {
        hal_map_dispose(m, map);
        return false;
    }
    InsertTailList(&map->adapter->maps, &map->link);
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    if (at_once) {
        hal_map_grant(m, map);
    } else if (turn->taken) {
        map->state = HAL_WAITS_FOR_TURN;
        InsertTailList(&turn->waiting, &map->wait);
    } else {
        hal_map_begin(m, map);
    }
    ki_lower(m, irql);
    return true;
}

void hal_turn_end(struct machine *m, struct hal_turn *turn) {
    turn->taken = false;
    turn->holder = NULL;
    while (!turn->taken && !IsListEmpty(&turn->waiting)) {
        struct hal_map *next =
            CONTAINING_RECORD(RemoveHeadList(&turn->waiting), struct hal_map, wait);
        hal_map_begin(m, next);
    }
}

/* Registers came back: those who wait for some, in their order. */
static void hal_stock_serve(struct machine *m, struct hal_stock *stock) {
    while (!IsListEmpty(&stock->waiting)) {
        struct hal_map *next = CONTAINING_RECORD(stock->waiting.Flink, struct hal_map, wait);
        if (!hal_registers_take(next))
            return;
        RemoveEntryList(&next->wait);
        hal_map_grant(m, next);
    }
}

void hal_map_free(struct machine *m, struct hal_map *map) {
    struct hal_stock *stock = map->adapter->stock;
    RemoveEntryList(&map->link);
    if (map->adapter->turn->holder == map)
        map->adapter->turn->holder = NULL;
    if (map->list)
        map->list->map = NULL;
    if (stock)
        hal_registers_mark(stock, map->first, map->count, false);
    hal_map_dispose(m, map);
    if (stock)
        hal_stock_serve(m, stock);
}

struct hal_map *hal_map_of(struct machine *m, struct hal_adapter *adapter, PVOID base,
                           const void *caller) {
    for (LIST_ENTRY *link = adapter->maps.Flink; link != &adapter->maps; link = link->Flink) {
        struct hal_map *map = CONTAINING_RECORD(link, struct hal_map, link);
        if (map == base && map->state == HAL_GRANTED)
            return map;
    }
    hal_violation(m, HAL_REGISTERS_FREED_TWICE, adapter, (ULONG_PTR)base, 0, caller,
                  "used a map register base that the adapter does not have, or has freed");
}

/* ---- allocating ---- */

/* A device object has one request in the queue at a time. */
static void hal_check_queued(struct machine *m, struct hal_adapter *adapter, PDEVICE_OBJECT device,
                             const void *caller) {
    for (LIST_ENTRY *link = adapter->maps.Flink; link != &adapter->maps; link = link->Flink) {
        const struct hal_map *map = CONTAINING_RECORD(link, struct hal_map, link);
        if (map->state != HAL_GRANTED && map->device == device && !map->list && !map->transfer)
            hal_violation(m, HAL_TWO_CHANNELS, adapter, (ULONG_PTR)device, 0, caller,
                          "allocated an adapter channel for a device object that waits for one");
    }
}

NTSTATUS hal_allocate_channel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject,
                              ULONG NumberOfMapRegisters, PDRIVER_CONTROL ExecutionRoutine,
                              PVOID Context) {
    KI_GATE(AllocateAdapterChannel);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    if (NumberOfMapRegisters > adapter->limit)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (hal_checks(m))
        hal_check_queued(m, adapter, DeviceObject, caller);
    struct hal_map *map = hal_map_create(m, adapter, NumberOfMapRegisters, DeviceObject, caller);
    if (!map)
        return STATUS_INSUFFICIENT_RESOURCES;
    map->routine = ExecutionRoutine;
    map->context = Context;
    hal_map_submit(m, map, false);
    return STATUS_SUCCESS;
}

/* ---- with a transfer context ---- */

NTSTATUS hal_initialize_transfer(PDMA_ADAPTER DmaAdapter, PVOID DmaTransferContext) {
    KI_GATE(InitializeDmaTransferContext);
    hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    if (!DmaTransferContext)
        return STATUS_INVALID_PARAMETER;
    memset(DmaTransferContext, 0, DMA_TRANSFER_CONTEXT_SIZE_V1);
    *(struct hal_transfer *)DmaTransferContext = (struct hal_transfer){.signature = HAL_TRANSFER};
    return STATUS_SUCCESS;
}

struct hal_map *hal_map_by_transfer(const struct hal_adapter *adapter, const void *transfer) {
    for (LIST_ENTRY *link = adapter->maps.Flink; link != &adapter->maps; link = link->Flink) {
        struct hal_map *map = CONTAINING_RECORD(link, struct hal_map, link);
        if (map->transfer == transfer)
            return map;
    }
    return NULL;
}

NTSTATUS hal_transfer_check(const struct hal_adapter *adapter,
                            const struct hal_transfer *transfer) {
    if (!transfer || transfer->signature != HAL_TRANSFER)
        return STATUS_INVALID_PARAMETER;
    const struct hal_map *map = hal_map_by_transfer(adapter, transfer);
    if (map && map->state != HAL_GRANTED)
        return STATUS_INVALID_PARAMETER;
    return transfer->cancelled ? STATUS_CANCELLED : STATUS_SUCCESS;
}

/* The documentation page and the guide differ on MapRegisterBase in a synchronous call with a
 * routine; as the guide says, it is optional there. */
NTSTATUS hal_allocate_channel_ex(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject,
                                 PVOID DmaTransferContext, ULONG NumberOfMapRegisters, ULONG Flags,
                                 PDRIVER_CONTROL ExecutionRoutine, PVOID ExecutionContext,
                                 PVOID *MapRegisterBase) {
    KI_GATE(AllocateAdapterChannelEx);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    bool at_once = Flags & DMA_SYNCHRONOUS_CALLBACK;
    NTSTATUS status = hal_transfer_check(adapter, DmaTransferContext);
    if (!NT_SUCCESS(status))
        return status;
    if ((MapRegisterBase && !at_once) || (!MapRegisterBase && !ExecutionRoutine))
        return STATUS_INVALID_PARAMETER;
    if (NumberOfMapRegisters > adapter->limit)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct hal_map *map = hal_map_create(m, adapter, NumberOfMapRegisters, DeviceObject, caller);
    if (!map)
        return STATUS_INSUFFICIENT_RESOURCES;
    map->routine = ExecutionRoutine;
    map->context = ExecutionContext;
    map->transfer = DmaTransferContext;
    if (!hal_map_submit(m, map, at_once))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (MapRegisterBase)
        *MapRegisterBase = map;
    return STATUS_SUCCESS;
}

/* The request was the first of the stock, perhaps: the next one needs less. */
static void hal_map_withdraw(struct machine *m, struct hal_map *map) {
    struct hal_adapter *adapter = map->adapter;
    bool had_turn = map->state == HAL_WAITS_FOR_REGISTERS;
    RemoveEntryList(&map->wait);
    RemoveEntryList(&map->link);
    hal_list_withdraw(m, map);
    hal_map_dispose(m, map);
    if (had_turn) {
        hal_turn_end(m, adapter->turn);
        hal_stock_serve(m, adapter->stock);
    }
}

BOOLEAN hal_cancel_channel(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject,
                           PVOID DmaTransferContext) {
    KI_GATE(CancelAdapterChannel);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    struct hal_transfer *transfer = DmaTransferContext;
    (void)DeviceObject;
    if (!transfer || transfer->signature != HAL_TRANSFER)
        return FALSE;
    struct hal_map *map = hal_map_by_transfer(adapter, transfer);
    if (map && map->state == HAL_GRANTED)
        return FALSE;
    transfer->cancelled = true;
    if (map) {
        KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
        hal_map_withdraw(m, map);
        ki_lower(m, irql);
    }
    return TRUE;
}

/* ---- freeing ---- */

/* What ends the holder's use of the adapter, with its registers or without. */
static void hal_release(struct machine *m, struct hal_adapter *adapter, bool registers,
                        const void *caller) {
    struct hal_map *map = adapter->turn->holder;
    if (!adapter->turn->taken || (map && (map->adapter != adapter || map->state != HAL_GRANTED)))
        hal_violation(m, HAL_CHANNEL_FREED_TWICE, adapter, 0, 0, caller,
                      "freed an adapter channel that is not allocated");
    if (map && registers && map->pieces && !map->list && hal_checks(m))
        hal_violation(m, HAL_NOT_FLUSHED, adapter, (ULONG_PTR)map, map->pieces, caller,
                      "freed an adapter channel without flushing the adapter's buffers");
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    if (adapter->channel)
        hal_channel_stop(m, adapter->channel);
    if (map && registers)
        hal_map_free(m, map);
    hal_turn_end(m, adapter->turn);
    ki_lower(m, irql);
}

VOID hal_free_channel(PDMA_ADAPTER DmaAdapter) {
    KI_GATE(FreeAdapterChannel);
    const void *caller = __builtin_return_address(0);
    hal_release(m, hal_adapter_of(m, DmaAdapter, caller), true, caller);
}

VOID hal_free_object(PDMA_ADAPTER DmaAdapter, IO_ALLOCATION_ACTION AllocationAction) {
    KI_GATE(FreeAdapterObject);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    if (AllocationAction != KeepObject)
        hal_release(m, adapter, AllocationAction == DeallocateObject, caller);
}

VOID hal_free_registers(PDMA_ADAPTER DmaAdapter, PVOID MapRegisterBase,
                        ULONG NumberOfMapRegisters) {
    KI_GATE(FreeMapRegisters);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    struct hal_map *map = hal_map_of(m, adapter, MapRegisterBase, caller);
    if (map->list || map->count != NumberOfMapRegisters)
        hal_violation(m, HAL_REGISTERS_FREED_TWICE, adapter, (ULONG_PTR)map, NumberOfMapRegisters,
                      caller, "freed another number of map registers than it had allocated");
    if (map->pieces && hal_checks(m))
        hal_violation(m, HAL_FREED_WHILE_MAPPED, adapter, (ULONG_PTR)map, map->pieces, caller,
                      "freed map registers that are still mapped");
    hal_map_free(m, map);
}
