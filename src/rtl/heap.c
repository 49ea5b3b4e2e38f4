/*
 * Heaps: blocks that go all at once with their heap.
 *
 * A growable heap takes its blocks from paged pool, each with a link behind which the caller's
 * bytes begin. A heap in memory of the caller's own (HeapBase) hands that out from its start and
 * finds room again when all has been freed; it does not grow.
 *
 * ntifs/nf-ntifs-rtlcreateheap, -rtlallocateheap, -rtlfreeheap, -rtldestroyheap
 */
#include <string.h>

#include "ki/gate.h"
#include "mm/mm.h"
#include "rtl/rtl.h"

#define RTL_HEAP_TAG 0x70616548u /* "Heap" */
#define RTL_HEAP_SIGNATURE 0xeeffeeffu

struct rtl_heap {
    ULONG signature;
    ULONG flags;
    LIST_ENTRY blocks;
    char *base; /* the caller's memory, or NULL */
    size_t size, used;
    const void *owner;
};

struct rtl_heap_block {
    LIST_ENTRY link;
    struct rtl_heap *heap;
    size_t size;
};

PVOID RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                    PRTL_HEAP_PARAMETERS Parameters) {
    KI_GATE(RtlCreateHeap);
    (void)Lock; /* one fiber runs: access is serial as it is */
    size_t reserve = ReserveSize > CommitSize ? ReserveSize : CommitSize;
    if ((!HeapBase && !(Flags & HEAP_GROWABLE)) || (HeapBase && !reserve) ||
        (Parameters && Parameters->Length != sizeof *Parameters))
        return NULL;
    const void *caller = __builtin_return_address(0);
    struct rtl_heap *heap = mm_pool_allocate_for(m, PagedPool, sizeof *heap, RTL_HEAP_TAG, caller);
    if (!heap)
        return NULL;
    *heap =
        (struct rtl_heap){RTL_HEAP_SIGNATURE, Flags, {NULL, NULL}, HeapBase, reserve, 0, caller};
    InitializeListHead(&heap->blocks);
    return heap;
}

static struct rtl_heap_block *rtl_heap_take(struct machine *m, struct rtl_heap *heap, size_t size) {
    size_t whole = sizeof(struct rtl_heap_block) + ((size + 15) & ~(size_t)15);
    if (whole < size)
        return NULL;
    if (!heap->base)
        return mm_pool_allocate_for(m, PagedPool, whole, RTL_HEAP_TAG, heap->owner);
    if (whole > heap->size - heap->used)
        return NULL;
    struct rtl_heap_block *block = (struct rtl_heap_block *)(void *)(heap->base + heap->used);
    heap->used += whole;
    return block;
}

PVOID RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size) {
    KI_GATE(RtlAllocateHeap);
    struct rtl_heap *heap = HeapHandle;
    struct rtl_heap_block *block =
        heap->signature == RTL_HEAP_SIGNATURE ? rtl_heap_take(m, heap, Size) : NULL;
    if (!block) {
        if ((Flags | heap->flags) & HEAP_GENERATE_EXCEPTIONS)
            ExRaiseStatus(STATUS_NO_MEMORY);
        return NULL;
    }
    block->heap = heap;
    block->size = Size;
    InsertTailList(&heap->blocks, &block->link);
    if (Flags & HEAP_ZERO_MEMORY)
        memset(block + 1, 0, Size);
    return block + 1;
}

LOGICAL RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress) {
    KI_GATE(RtlFreeHeap);
    struct rtl_heap *heap = HeapHandle;
    (void)Flags;
    if (!BaseAddress)
        return TRUE;
    struct rtl_heap_block *block = (struct rtl_heap_block *)BaseAddress - 1;
    if (heap->signature != RTL_HEAP_SIGNATURE || block->heap != heap)
        return FALSE;
    RemoveEntryList(&block->link);
    block->heap = NULL;
    if (!heap->base)
        mm_pool_free(m, block, RTL_HEAP_TAG);
    else if (IsListEmpty(&heap->blocks))
        heap->used = 0;
    return TRUE;
}

/* NULL when it is gone; the handle when it was none. */
PVOID RtlDestroyHeap(PVOID HeapHandle) {
    KI_GATE(RtlDestroyHeap);
    struct rtl_heap *heap = HeapHandle;
    if (heap->signature != RTL_HEAP_SIGNATURE)
        return HeapHandle;
    while (!heap->base && !IsListEmpty(&heap->blocks)) {
        LIST_ENTRY *link = RemoveHeadList(&heap->blocks);
        mm_pool_free(m, CONTAINING_RECORD(link, struct rtl_heap_block, link), RTL_HEAP_TAG);
    }
    heap->signature = 0;
    mm_pool_free(m, heap, RTL_HEAP_TAG);
    return NULL;
}
