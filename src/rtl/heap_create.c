/*
 * Making a heap: what RtlCreateHeap accepts, and which sizes follow from it.
 *
 * A classic heap takes RTL_HEAP_PARAMETERS, a segment heap RTL_SEGMENT_HEAP_PARAMETERS; both have
 * blocks of the same kind in segments, and their first segment as the table of ReserveSize and
 * CommitSize says. A combination that a page rules out is refused, and so is what no machine here
 * has: memory partitions, 64K, large and huge pages, nodes beyond the last.
 *
 * Where the pages are silent (judgement): memory of the caller's is all committed unless there is
 * a commit routine, and as long as ReserveSize, or else CommitSize, says, which is not rounded up;
 * a mask of memory types names one, and 0 stands for paged; reserved members and unknown flags are
 * refused; the source's routines for allocating and freeing must be there, querying need not.
 *
 * ntifs/nf-ntifs-rtlcreateheap, ns-ntifs-rtl_heap_parameters, ns-ntifs-_rtl_segment_heap_parameters
 */
#include "ki/gate.h"
#include "mm/mm.h"
#include "rtl/heap.h"

#define RTL_HEAP_FLAGS                                                                             \
    (HEAP_NO_SERIALIZE | HEAP_GROWABLE | HEAP_GENERATE_EXCEPTIONS | HEAP_ZERO_MEMORY |             \
     HEAP_REALLOC_IN_PLACE_ONLY | HEAP_CREATE_SEGMENT_HEAP | HEAP_CREATE_HARDENED)
#define RTL_HEAP_MOST                                                                              \
    ((size_t)1 << 35) /* bytes of a segment: their grains are counted in 32 bits */

struct rtl_heap_request {
    char *base;
    size_t reserve, commit;
    PERESOURCE lock;
};

static size_t rtl_or(size_t value, size_t otherwise) { return value ? value : otherwise; }

static void rtl_heap_defaults(struct rtl_heap *heap) {
    heap->segment_reserve = 0x100000;
    heap->segment_commit = rtl_round(2 * PAGE_SIZE, rtl_heap_unit());
    heap->decommit_block = PAGE_SIZE;
    heap->decommit_total = 0x10000;
    heap->largest = (size_t)1 << 47;
    heap->threshold = RTL_HEAP_LARGEST_BLOCK;
}

static bool rtl_heap_routine(struct rtl_heap *heap, struct rtl_heap_request *request,
                             const RTL_HEAP_PARAMETERS *parameters) {
    if (!request->base || (heap->flags & HEAP_GROWABLE) || !parameters->InitialCommit ||
        !parameters->InitialReserve || parameters->InitialCommit > parameters->InitialReserve)
        return false;
    heap->commit_routine = parameters->CommitRoutine;
    request->reserve = parameters->InitialReserve;
    request->commit = parameters->InitialCommit;
    return true;
}

static bool rtl_heap_parameters(struct rtl_heap *heap, struct rtl_heap_request *request,
                                const RTL_HEAP_PARAMETERS *parameters) {
    heap->source = &rtl_heap_process;
    if (!parameters)
        return true;
    if (parameters->Length != sizeof *parameters || parameters->Reserved[0] ||
        parameters->Reserved[1])
        return false;
    heap->segment_reserve = rtl_or(parameters->SegmentReserve, heap->segment_reserve);
    heap->segment_commit =
        rtl_round(rtl_or(parameters->SegmentCommit, heap->segment_commit), rtl_heap_unit());
    heap->decommit_block = rtl_or(parameters->DeCommitFreeBlockThreshold, heap->decommit_block);
    heap->decommit_total = rtl_or(parameters->DeCommitTotalFreeThreshold, heap->decommit_total);
    heap->largest = rtl_or(parameters->MaximumAllocationSize, heap->largest);
    if (parameters->VirtualMemoryThreshold && parameters->VirtualMemoryThreshold < heap->threshold)
        heap->threshold = parameters->VirtualMemoryThreshold;
    if (heap->segment_reserve > RTL_HEAP_MOST || heap->segment_commit > RTL_HEAP_MOST)
        return false;
    return !parameters->CommitRoutine || rtl_heap_routine(heap, request, parameters);
}

/* ---- segment heaps ---- */

static bool rtl_heap_node(struct rtl_heap *heap, ULONG node) {
    if (node == RTL_SEGHEAP_MEM_SOURCE_ANY_NODE)
        return true;
    heap->node.Type = MemExtendedParameterNumaNode;
    heap->node.ULong = node;
    heap->node_count = 1;
    return node <= KeQueryHighestNodeNumber();
}

static bool rtl_heap_callbacks(struct rtl_heap *heap, const RTL_SEGMENT_HEAP_VA_CALLBACKS *source) {
    if (!source || !source->AllocateVirtualMemory || !source->FreeVirtualMemory)
        return false;
    heap->callbacks = *source;
    heap->source = &rtl_heap_custom;
    return true;
}

static bool rtl_heap_memory_source(struct rtl_heap *heap,
                                   const RTL_SEGMENT_HEAP_MEMORY_SOURCE *source) {
    if (source->Flags || source->Reserved[0] || source->Reserved[1] ||
        !rtl_heap_node(heap, source->NumaNode))
        return false;
    if (source->MemoryTypeMask == 1u << MemoryTypeCustom)
        return rtl_heap_callbacks(heap, source->Callbacks);
    if (source->PartitionHandle)
        return false;
    if (source->MemoryTypeMask == 1u << MemoryTypeNonPaged)
        heap->source = heap->page_heap ? &rtl_heap_special : &rtl_heap_nonpaged;
    else if (source->MemoryTypeMask && source->MemoryTypeMask != 1u << MemoryTypePaged)
        return false;
    return true;
}

static bool rtl_heap_segment_parameters(struct rtl_heap *heap,
                                        const struct rtl_heap_request *request,
                                        const RTL_SEGMENT_HEAP_PARAMETERS *parameters) {
    heap->source = &rtl_heap_process;
    if (request->base)
        return false;
    if (!parameters)
        return true;
    SIZE_T reserved = 0;
    for (unsigned i = 0; i < sizeof parameters->Reserved / sizeof *parameters->Reserved; i++)
        reserved |= parameters->Reserved[i];
    if (parameters->Version != SEGMENT_HEAP_PARAMETERS_VERSION ||
        parameters->Size != sizeof *parameters || reserved ||
        (parameters->Flags & ~(ULONG)SEGMENT_HEAP_FLG_USE_PAGE_HEAP))
        return false;
    heap->page_heap = parameters->Flags & SEGMENT_HEAP_FLG_USE_PAGE_HEAP;
    return rtl_heap_memory_source(heap, &parameters->MemorySource);
}

/* ---- the first segment ---- */

static bool rtl_heap_given_size(const struct rtl_heap *heap, struct rtl_heap_request *request) {
    size_t skip = (0 - (uintptr_t)request->base) & (RTL_HEAP_GRAIN - 1);
    request->reserve = rtl_or(request->reserve, request->commit);
    if (!heap->commit_routine)
        request->commit = request->reserve;
    if (request->commit < skip + 2 * RTL_HEAP_GRAIN)
        return false;
    request->base += skip;
    request->reserve = (request->reserve - skip) & ~(size_t)(RTL_HEAP_GRAIN - 1);
    request->commit = (request->commit - skip) & ~(size_t)(RTL_HEAP_GRAIN - 1);
    return true;
}

/* The table of the page. */
static bool rtl_heap_sizes(const struct rtl_heap *heap, struct rtl_heap_request *request) {
    if (request->reserve > RTL_HEAP_MOST || request->commit > RTL_HEAP_MOST)
        return false;
    if (request->base)
        return rtl_heap_given_size(heap, request);
    if (!request->reserve)
        request->reserve =
            request->commit ? rtl_round(request->commit, PAGE_SIZE * 16) : PAGE_SIZE * 64;
    if (!request->commit)
        request->commit = PAGE_SIZE;
    if (request->commit > request->reserve)
        request->commit = request->reserve;
    return true;
}

static bool rtl_heap_configure(struct rtl_heap *heap, struct rtl_heap_request *request,
                               const void *parameters) {
    ULONG flags = heap->flags;
    if ((flags & ~(ULONG)RTL_HEAP_FLAGS) || (!request->base && !(flags & HEAP_GROWABLE)) ||
        ((flags & HEAP_NO_SERIALIZE) && request->lock))
        return false;
    rtl_heap_defaults(heap);
    heap->hardened = flags & HEAP_CREATE_HARDENED;
    if (!(flags & HEAP_CREATE_SEGMENT_HEAP ? rtl_heap_segment_parameters(heap, request, parameters)
                                           : rtl_heap_parameters(heap, request, parameters)))
        return false;
    return rtl_heap_sizes(heap, request);
}

/* A page heap has no segments. */
static bool rtl_heap_begin(struct machine *m, struct rtl_heap *heap,
                           const struct rtl_heap_request *request) {
    InitializeListHead(&heap->regions);
    if (heap->source == &rtl_heap_process && (heap->flags & HEAP_GROWABLE))
        heap->process = PsGetCurrentProcess();
    heap->inside = m->cpu->thread;
    bool begun = heap->page_heap ||
                 rtl_heap_segment(m, heap, request->base, request->reserve, request->commit);
    heap->inside = NULL;
    return begun;
}

PVOID RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                    PVOID Parameters) {
    KI_GATE(RtlCreateHeap);
    struct rtl_heap made = {.signature = RTL_HEAP_TAG, .flags = Flags};
    struct rtl_heap_request request = {HeapBase, ReserveSize, CommitSize, Lock};
    if (!rtl_heap_configure(&made, &request, Parameters))
        return NULL;
    struct rtl_heap *heap = mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *heap, RTL_HEAP_TAG,
                                                 __builtin_return_address(0));
    if (!heap)
        return NULL;
    *heap = made;
    if (!rtl_heap_begin(m, heap, &request)) {
        mm_pool_free(m, heap, RTL_HEAP_TAG);
        return NULL;
    }
    if (!(Flags & HEAP_NO_SERIALIZE)) {
        heap->lock = request.lock ? request.lock : &heap->own_lock;
        if (!request.lock)
            ExInitializeResourceLite(&heap->own_lock);
    }
    if (heap->process)
        ObReferenceObject(heap->process);
    return heap;
}
