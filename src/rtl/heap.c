/*
 * Heaps: allocating, freeing, and the end of a heap with all its blocks.
 *
 * A call on a serialized heap holds its resource, the caller's or the heap's own, from the first
 * look to the last; also while a commit routine or the memory source's routines run, which
 * therefore must not use the heap. Threads are preempted in between, so a call that finds another
 * one inside, because it or that one is not serialized, has found the heap halfway through a
 * change: on Windows it would corrupt it, here it is the bug check for that.
 *
 * A heap in a process's address space is out of reach in others, as its page says: there a call
 * raises STATUS_ACCESS_VIOLATION.
 *
 * What is FALSE and what is a bug check (judgement): an address outside the heap's memory makes
 * RtlFreeHeap fail; one inside that is no block in use, and a header that was overwritten, is
 * corruption. A source that does not take memory back makes RtlFreeHeap and RtlDestroyHeap fail,
 * and has it until a later call succeeds.
 *
 * ntifs/nf-ntifs-rtlallocateheap, -rtlfreeheap, -rtldestroyheap
 */
#include <string.h>

#include "ki/gate.h"
#include "mm/pool.h"
#include "rtl/heap.h"

/* NULL: the handle is none. */
MM_HEADERS static struct rtl_heap *rtl_heap_of(struct machine *m, PVOID handle) {
    struct rtl_heap *heap = handle;
    if (!heap)
        rtl_heap_corrupt(m, NULL, RTL_HEAP_NULL_HANDLE, NULL,
                         "a heap routine was called with a NULL heap handle");
    if (((uintptr_t)heap & (RTL_HEAP_GRAIN - 1)) || heap->signature != RTL_HEAP_TAG)
        return NULL;
    if (heap->process && heap->process != PsGetCurrentProcess())
        ExRaiseStatus(STATUS_ACCESS_VIOLATION);
    return heap;
}

static void rtl_heap_busy(struct machine *m, const struct rtl_heap *heap) {
    if (heap->inside)
        rtl_heap_corrupt(m, heap, RTL_HEAP_BAD_STATE, heap,
                         heap->inside == m->cpu->thread
                             ? "a heap was used by a routine that it calls itself"
                             : "two threads are in a heap at once that is not serialized for both");
}

static PERESOURCE rtl_heap_enter(struct machine *m, struct rtl_heap *heap, ULONG flags) {
    PERESOURCE lock = flags & HEAP_NO_SERIALIZE ? NULL : heap->lock;
    if (lock) {
        KeEnterCriticalRegion();
        ExAcquireResourceExclusiveLite(lock, TRUE);
    }
    rtl_heap_busy(m, heap);
    heap->inside = m->cpu->thread;
    (void)KeAreApcsDisabled(); /* between two instructions of the call another thread may run */
    if (heap->hardened || (m->flags & WDMSIM_GUARD_POOL))
        rtl_heap_check(m, heap);
    return lock;
}

static void rtl_heap_leave(struct rtl_heap *heap, PERESOURCE lock) {
    heap->inside = NULL;
    if (lock) {
        ExReleaseResourceLite(lock);
        KeLeaveCriticalRegion();
    }
}

static void *rtl_heap_take(struct machine *m, struct rtl_heap *heap, size_t size) {
    if (heap->dying || size > heap->largest)
        return NULL;
    if (heap->page_heap)
        return rtl_heap_single_make(m, heap, size);
    if (size <= heap->threshold)
        return rtl_heap_block_take(m, heap, size);
    return heap->flags & HEAP_GROWABLE ? rtl_heap_single_make(m, heap, size) : NULL;
}

PVOID RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size) {
    KI_GATE(RtlAllocateHeap);
    struct rtl_heap *heap = rtl_heap_of(m, HeapHandle);
    void *p = NULL;
    if (heap)
        Flags |= heap->flags;
    if (heap && !mm_fails(m)) {
        PERESOURCE lock = rtl_heap_enter(m, heap, Flags);
        p = rtl_heap_take(m, heap, Size);
        if (p && (Flags & HEAP_ZERO_MEMORY))
            memset(p, 0, Size);
        rtl_heap_leave(heap, lock);
    }
    if (!p && (Flags & HEAP_GENERATE_EXCEPTIONS))
        ExRaiseStatus(STATUS_NO_MEMORY);
    return p;
}

static bool rtl_heap_give(struct machine *m, struct rtl_heap *heap, char *p) {
    struct rtl_heap_region *region = heap->dying ? NULL : rtl_heap_region_of(heap, p);
    if (!region)
        return false;
    if (!region->single) {
        rtl_heap_block_give(m, heap, region, p);
        return true;
    }
    if (p != region->single)
        rtl_heap_corrupt(m, heap, RTL_HEAP_BAD_ARGUMENT, p,
                         "an address was freed that lies in a heap but is no block of it");
    rtl_heap_single_check(m, heap, region);
    return rtl_heap_region_release(m, heap, region);
}

LOGICAL RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress) {
    KI_GATE(RtlFreeHeap);
    struct rtl_heap *heap = rtl_heap_of(m, HeapHandle);
    if (!heap)
        return FALSE;
    if (!BaseAddress)
        return TRUE;
    PERESOURCE lock = rtl_heap_enter(m, heap, Flags | heap->flags);
    bool freed = rtl_heap_give(m, heap, BaseAddress);
    rtl_heap_leave(heap, lock);
    return freed;
}

/* Gives every region back once; what its source keeps stays with the heap. */
static bool rtl_heap_empty(struct machine *m, struct rtl_heap *heap) {
    heap->dying = true;
    LIST_ENTRY *next;
    for (LIST_ENTRY *link = heap->regions.Flink; link != &heap->regions; link = next) {
        next = link->Flink;
        rtl_heap_region_release(m, heap, CONTAINING_RECORD(link, struct rtl_heap_region, link));
    }
    return IsListEmpty(&heap->regions);
}

/* NULL when it is gone; the handle when it was none, or its source keeps memory of it. */
PVOID RtlDestroyHeap(PVOID HeapHandle) {
    KI_GATE(RtlDestroyHeap);
    struct rtl_heap *heap = rtl_heap_of(m, HeapHandle);
    if (!heap)
        return HeapHandle;
    rtl_heap_busy(m, heap);
    if (!heap->dying)
        rtl_heap_check(m, heap);
    heap->inside = m->cpu->thread;
    bool gone = rtl_heap_empty(m, heap);
    heap->inside = NULL;
    if (!gone)
        return HeapHandle;
    if (heap->lock == &heap->own_lock)
        ExDeleteResourceLite(&heap->own_lock);
    if (heap->process)
        ObDereferenceObject(heap->process);
    heap->signature = 0;
    mm_pool_free(m, heap, RTL_HEAP_TAG);
    return NULL;
}
