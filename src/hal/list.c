/*
 * Scatter/gather lists: a whole transfer mapped in one call, in a buffer of the HAL's or the
 * driver's.
 *
 * The routines that get or build a list ask for as many map registers as the buffer has pages; when
 * they are granted the list is filled and the driver called, and the adapter is free again while
 * the registers stay with the list. Behind the elements lies the HAL's own part, which is why a
 * driver must ask how large a buffer for a list has to be.
 *
 * For a subordinate device a list is also what its channel is programmed with, so it keeps the
 * channel until it is put; this is a judgement, the pages think of bus masters.
 *
 * wdm/nc-wdm-pget_scatter_gather_list, -pbuild_scatter_gather_list, -pput_scatter_gather_list,
 * -pcalculate_scatter_gather_list_size, -pbuild_mdl_from_scatter_gather_list, their Ex forms,
 * wdm/nc-wdm-driver_list_control
 */
#include "hal/operations.h"

uint64_t hal_list_fill(struct machine *m, struct hal_map *map, struct hal_cursor cursor,
                       uint64_t length, bool write, PSCATTER_GATHER_LIST list, ULONG capacity) {
    uint64_t done = 0;
    list->NumberOfElements = 0;
    while (done < length && list->NumberOfElements < capacity &&
           hal_map_element(m, map, &cursor, length - done, write,
                           &list->Elements[list->NumberOfElements])) {
        done += list->Elements[list->NumberOfElements++].Length;
    }
    return done;
}

/* A subordinate device's list goes to the controller, whose channel is busy until it is put. */
static void hal_list_program(struct machine *m, struct hal_map *map) {
    const struct hal_list *own = map->list;
    const struct hal_program program = {
        .element = own->list->Elements,
        .elements = own->list->NumberOfElements,
        .write = own->write,
        .device_address = (uint64_t)map->adapter->description.DeviceAddress.QuadPart,
        .device = map->device};
    hal_channel_program(m, map->adapter, &program);
}

IO_ALLOCATION_ACTION hal_list_granted(struct machine *m, struct hal_map *map) {
    struct hal_list *own = map->list;
    PSCATTER_GATHER_LIST list = own->list;
    map->calls++;
    uint64_t done = hal_list_fill(m, map, own->cursor, own->length, own->write, list,
                                  map->adapter->element_limit);
    KI_ASSERT(done == own->length);
    list->Reserved = (ULONG_PTR)own;
    InsertTailList(&map->adapter->lists, &own->link);
    if (map->adapter->channel)
        hal_list_program(m, map);
    IO_ALLOCATION_ACTION action =
        own->routine && !map->adapter->channel ? DeallocateObjectKeepRegisters : KeepObject;
    if (own->routine)
        own->routine(map->device, map->irp, list, own->context);
    return action;
}

void hal_list_withdraw(struct machine *m, struct hal_map *map) {
    if (map->list && map->list->ours)
        mm_pool_free(m, map->list->list, HAL_TAG);
}

/* ---- getting and building ---- */

/* What a driver asks for: a list of a part of a buffer. */
struct hal_list_request {
    struct hal_adapter *adapter;
    PDEVICE_OBJECT device;
    PMDL mdl;
    struct hal_cursor cursor;
    ULONG length;
    bool write, at_once;
    const void *transfer;
    DRIVER_LIST_CONTROL *routine;
    PVOID context;
    PVOID buffer; /* the driver's; NULL: one is allocated */
    ULONG buffer_size;
    const void *caller;
};

/* The list's memory with the HAL's part in its place; NULL and a status if there is none. */
static struct hal_list *hal_list_place(struct machine *m, const struct hal_list_request *request,
                                       ULONG elements, NTSTATUS *status) {
    ULONG size = hal_list_size(elements);
    PSCATTER_GATHER_LIST list = request->buffer;
    if (list && request->buffer_size < size) {
        *status = STATUS_BUFFER_TOO_SMALL;
        return NULL;
    }
    if (!list)
        list = mm_pool_allocate_for(m, NonPagedPoolNx, size, HAL_TAG, request->caller);
    if (!list) {
        *status = STATUS_INSUFFICIENT_RESOURCES;
        return NULL;
    }
    struct hal_list *own = (struct hal_list *)(void *)&list->Elements[elements];
    *own = (struct hal_list){.list = list,
                             .cursor = request->cursor,
                             .length = request->length,
                             .original = request->mdl,
                             .routine = request->routine,
                             .context = request->context,
                             .write = request->write,
                             .ours = !request->buffer};
    return own;
}

/* `*result`: the list, if it is there already. */
static NTSTATUS hal_list_request(struct machine *m, const struct hal_list_request *request,
                                 PSCATTER_GATHER_LIST *result) {
    struct hal_adapter *adapter = request->adapter;
    struct hal_needs needs = hal_needs_of(adapter, request->cursor, request->length);
    NTSTATUS status = STATUS_SUCCESS;
    if (needs.registers > adapter->limit || needs.elements > adapter->element_limit)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct hal_list *own = hal_list_place(m, request, needs.elements, &status);
    if (!own)
        return status;
    struct hal_map *map =
        hal_map_create(m, adapter, needs.registers, request->device, request->caller);
    if (map) {
        own->map = map;
        map->list = own;
        map->transfer = request->transfer;
        hal_map_check(m, map, request->cursor, request->length, request->caller);
        PSCATTER_GATHER_LIST list = own->list; /* the driver may have put it when this returns */
        if (hal_map_submit(m, map, request->at_once)) {
            if (result)
                *result = list;
            return STATUS_SUCCESS;
        }
    }
    if (own->ours)
        mm_pool_free(m, own->list, HAL_TAG);
    return STATUS_INSUFFICIENT_RESOURCES;
}

/* What every way to ask for a list says. */
static struct hal_list_request hal_list_asked(struct machine *m, PDMA_ADAPTER adapter,
                                              PDEVICE_OBJECT device, PMDL mdl, ULONG length,
                                              PDRIVER_LIST_CONTROL routine, PVOID context,
                                              bool write, const void *caller) {
    return (struct hal_list_request){.adapter = hal_adapter_of(m, adapter, caller),
                                     .device = device,
                                     .mdl = mdl,
                                     .length = length,
                                     .write = write,
                                     .routine = routine,
                                     .context = context,
                                     .caller = caller};
}

/* The first two versions name the place by virtual address. */
static bool hal_list_seek(struct hal_list_request *request, PVOID address) {
    uint64_t offset = (uintptr_t)address - (uintptr_t)MmGetMdlVirtualAddress(request->mdl);
    return hal_cursor_seek(&request->cursor, request->mdl, offset, request->length);
}

NTSTATUS hal_get_list(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl,
                      PVOID CurrentVa, ULONG Length, PDRIVER_LIST_CONTROL ExecutionRoutine,
                      PVOID Context, BOOLEAN WriteToDevice) {
    KI_GATE(GetScatterGatherList);
    struct hal_list_request request =
        hal_list_asked(m, DmaAdapter, DeviceObject, Mdl, Length, ExecutionRoutine, Context,
                       WriteToDevice, __builtin_return_address(0));
    if (!hal_list_seek(&request, CurrentVa))
        return STATUS_BUFFER_TOO_SMALL;
    return hal_list_request(m, &request, NULL);
}

NTSTATUS hal_build_list(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject, PMDL Mdl,
                        PVOID CurrentVa, ULONG Length, PDRIVER_LIST_CONTROL ExecutionRoutine,
                        PVOID Context, BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer,
                        ULONG ScatterGatherLength) {
    KI_GATE(BuildScatterGatherList);
    struct hal_list_request request =
        hal_list_asked(m, DmaAdapter, DeviceObject, Mdl, Length, ExecutionRoutine, Context,
                       WriteToDevice, __builtin_return_address(0));
    request.buffer = ScatterGatherBuffer;
    request.buffer_size = ScatterGatherLength;
    if (!ScatterGatherBuffer || !hal_list_seek(&request, CurrentVa))
        return STATUS_BUFFER_TOO_SMALL;
    return hal_list_request(m, &request, NULL);
}

NTSTATUS hal_calculate_list(PDMA_ADAPTER DmaAdapter, PMDL Mdl, PVOID CurrentVa, ULONG Length,
                            PULONG ScatterGatherListSize, PULONG pNumberOfMapRegisters) {
    KI_GATE(CalculateScatterGatherList);
    struct hal_list_request request = {.mdl = Mdl, .length = Length};
    request.adapter = hal_adapter_of(m, DmaAdapter, __builtin_return_address(0));
    ULONG pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(CurrentVa, Length);
    struct hal_needs needs = {pages, request.adapter->scatter_gather ? pages : 1};
    if (Mdl) {
        if (!hal_list_seek(&request, CurrentVa))
            return STATUS_BUFFER_TOO_SMALL;
        needs = hal_needs_of(request.adapter, request.cursor, Length);
    }
    if (needs.registers > request.adapter->limit)
        return STATUS_INSUFFICIENT_RESOURCES;
    *ScatterGatherListSize = hal_list_size(needs.elements);
    if (pNumberOfMapRegisters)
        *pNumberOfMapRegisters = needs.registers;
    return STATUS_SUCCESS;
}

/* ---- with a transfer context ---- */

/* The parameters of the Ex forms that can be wrong; for bus masters only. */
static NTSTATUS hal_list_request_ex(struct machine *m, struct hal_list_request *request,
                                    ULONGLONG offset, ULONG flags, PSCATTER_GATHER_LIST *result) {
    request->at_once = flags & DMA_SYNCHRONOUS_CALLBACK;
    NTSTATUS status = hal_transfer_check(request->adapter, request->transfer);
    if (!NT_SUCCESS(status))
        return status;
    if (request->adapter->channel || !request->length ||
        (!request->routine && (!request->at_once || !result)) ||
        !hal_cursor_seek(&request->cursor, request->mdl, offset, request->length))
        return STATUS_INVALID_PARAMETER;
    return hal_list_request(m, request, result);
}

NTSTATUS hal_get_list_ex(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject,
                         PVOID DmaTransferContext, PMDL Mdl, ULONGLONG Offset, ULONG Length,
                         ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context,
                         BOOLEAN WriteToDevice, PDMA_COMPLETION_ROUTINE DmaCompletionRoutine,
                         PVOID CompletionContext, PSCATTER_GATHER_LIST *ScatterGatherList) {
    KI_GATE(GetScatterGatherListEx);
    struct hal_list_request request =
        hal_list_asked(m, DmaAdapter, DeviceObject, Mdl, Length, ExecutionRoutine, Context,
                       WriteToDevice, __builtin_return_address(0));
    (void)DmaCompletionRoutine;
    (void)CompletionContext;
    request.transfer = DmaTransferContext;
    return hal_list_request_ex(m, &request, Offset, Flags, ScatterGatherList);
}

NTSTATUS hal_build_list_ex(PDMA_ADAPTER DmaAdapter, PDEVICE_OBJECT DeviceObject,
                           PVOID DmaTransferContext, PMDL Mdl, ULONGLONG Offset, ULONG Length,
                           ULONG Flags, PDRIVER_LIST_CONTROL ExecutionRoutine, PVOID Context,
                           BOOLEAN WriteToDevice, PVOID ScatterGatherBuffer,
                           ULONG ScatterGatherLength, PDMA_COMPLETION_ROUTINE DmaCompletionRoutine,
                           PVOID CompletionContext, PVOID ScatterGatherList) {
    KI_GATE(BuildScatterGatherListEx);
    struct hal_list_request request =
        hal_list_asked(m, DmaAdapter, DeviceObject, Mdl, Length, ExecutionRoutine, Context,
                       WriteToDevice, __builtin_return_address(0));
    (void)DmaCompletionRoutine;
    (void)CompletionContext;
    request.transfer = DmaTransferContext;
    request.buffer = ScatterGatherBuffer;
    request.buffer_size = ScatterGatherLength;
    if (!ScatterGatherBuffer)
        return STATUS_INVALID_PARAMETER;
    return hal_list_request_ex(m, &request, Offset, Flags, ScatterGatherList);
}

/* ---- putting ---- */

/* The HAL's part of a list that the adapter has out; bug check if it has not. */
static struct hal_list *hal_list_of(struct machine *m, struct hal_adapter *adapter,
                                    const SCATTER_GATHER_LIST *list, const void *caller) {
    for (LIST_ENTRY *link = adapter->lists.Flink; link != &adapter->lists; link = link->Flink) {
        struct hal_list *own = CONTAINING_RECORD(link, struct hal_list, link);
        if (own->list == list)
            return own;
    }
    hal_violation(m, HAL_LIST_FREED_TWICE, adapter, (ULONG_PTR)list, 0, caller,
                  "used a scatter/gather list that the adapter does not have, or has freed");
}

VOID hal_put_list(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST ScatterGather,
                  BOOLEAN WriteToDevice) {
    KI_GATE(PutScatterGatherList);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    struct hal_list *own = hal_list_of(m, adapter, ScatterGather, caller);
    struct hal_map *map = own->map;
    (void)WriteToDevice;
    if (adapter->channel)
        hal_channel_stop(m, adapter->channel);
    RemoveEntryList(&own->link);
    if (own->built && own->built != own->original) {
        if (own->built->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
            MmUnmapLockedPages(own->built->MappedSystemVa, own->built);
        IoFreeMdl(own->built);
    }
    if (map)
        hal_map_flush(m, map, own->cursor, own->length);
    if (own->ours)
        mm_pool_free(m, own->list, HAL_TAG);
    if (map) {
        map->list = NULL;
        hal_map_free(m, map);
    }
    if (adapter->channel)
        hal_turn_end(m, adapter->turn);
}

/* ---- an MDL of what the device sees ---- */

static bool hal_list_is_bounced(const struct hal_list *own) {
    for (ULONG i = 0; own->map && i < own->map->pieces; i++)
        if (hal_is_bounced(&own->map->piece[i]))
            return true;
    return false;
}

/* The elements of a list within one MDL begin and end at page boundaries but for the outer ends,
 * so they are an MDL's pages. False: they are not. */
static bool hal_list_pages(const SCATTER_GATHER_LIST *list, PMDL mdl) {
    PPFN_NUMBER frames = MmGetMdlPfnArray(mdl);
    for (ULONG i = 0; i < list->NumberOfElements; i++) {
        uint64_t at = (uint64_t)list->Elements[i].Address.QuadPart;
        uint64_t end = at + list->Elements[i].Length;
        bool last = i + 1 == list->NumberOfElements;
        if ((i && (at & (PAGE_SIZE - 1))) || (!last && (end & (PAGE_SIZE - 1))))
            return false;
        for (at &= ~(uint64_t)(PAGE_SIZE - 1); at < end; at += PAGE_SIZE)
            *frames++ = at >> PAGE_SHIFT;
    }
    return true;
}

NTSTATUS hal_build_mdl(PDMA_ADAPTER DmaAdapter, PSCATTER_GATHER_LIST ScatterGather,
                       PMDL OriginalMdl, PMDL *TargetMdl) {
    KI_GATE(BuildMdlFromScatterGatherList);
    const void *caller = __builtin_return_address(0);
    struct hal_adapter *adapter = hal_adapter_of(m, DmaAdapter, caller);
    struct hal_list *own = hal_list_of(m, adapter, ScatterGather, caller);
    if (!OriginalMdl)
        return STATUS_INVALID_PARAMETER;
    if (own->built)
        return STATUS_NONE_MAPPED;
    if (!hal_list_is_bounced(own)) {
        *TargetMdl = own->built = OriginalMdl;
        return STATUS_SUCCESS;
    }
    ULONG offset = ScatterGather->Elements[0].Address.LowPart & (PAGE_SIZE - 1);
    PMDL mdl = IoAllocateMdl((PVOID)(ULONG_PTR)offset, (ULONG)own->length, FALSE, FALSE, NULL);
    if (!mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!hal_list_pages(ScatterGather, mdl)) {
        IoFreeMdl(mdl);
        return STATUS_INVALID_PARAMETER; /* of a chain of MDLs: no single one can describe it */
    }
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
    *TargetMdl = own->built = mdl;
    return STATUS_SUCCESS;
}
