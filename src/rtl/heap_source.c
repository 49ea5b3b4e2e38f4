/*
 * Where heaps have their memory from.
 *
 * The address space of a process is reserved and committed for what it is (mm_reserve). Memory that
 * the caller of RtlCreateHeap gave is there already, or a commit routine of its own makes it so.
 * Nonpaged memory comes whole from the pool's pages; for a page heap from special pool.
 *
 * A driver's own source is called as the system's services for virtual memory would be, which the
 * pages leave open: a segment is reserved and then committed piece by piece, a block with a region
 * to itself in one call, and each region goes back once, whole, with size 0 and MEM_RELEASE. After
 * each commitment the query routine, if there is one, is asked about what was committed; memory
 * that is shorter, not committed or not writable is refused. A source without that routine is taken
 * at its word.
 *
 * ntifs/nc-ntifs-allocate_virtual_memory_ex_callback, …-free_virtual_memory_ex_callback,
 * …-query_virtual_memory_callback, …-rtl_heap_commit_routine
 */
#include "mm/pool.h"
#include "rtl/heap.h"

/* ---- the process ---- */

static bool rtl_process_reserve(struct machine *m, struct rtl_heap *heap,
                                struct rtl_heap_region *region, size_t commit) {
    region->base = mm_reserve(m, heap->process, region->reserved, commit);
    region->committed = commit;
    return region->base != NULL;
}

static bool rtl_process_commit(struct machine *m, struct rtl_heap *heap,
                               struct rtl_heap_region *region, size_t least, size_t size) {
    (void)least;
    mm_reserve_commit(m, heap->process, region->base + region->committed, size);
    region->committed += size;
    return true;
}

static void rtl_process_decommit(struct machine *m, struct rtl_heap_region *region, size_t to) {
    mm_reserve_decommit(m, region->base + to, region->committed - to);
    region->committed = to;
}

static bool rtl_process_release(struct machine *m, struct rtl_heap *heap,
                                struct rtl_heap_region *region) {
    (void)heap;
    mm_reserve_release(m, region->base);
    return true;
}

const struct rtl_heap_source rtl_heap_process = {rtl_process_reserve, rtl_process_commit,
                                                 rtl_process_decommit, rtl_process_release, true};

/* ---- the caller's ---- */

static bool rtl_given_reserve(struct machine *m, struct rtl_heap *heap,
                              struct rtl_heap_region *region, size_t commit) {
    (void)m;
    region->committed = heap->commit_routine ? commit : region->reserved;
    return true;
}

/* The routine is told from where and how much; what it says it did must begin there. */
static bool rtl_given_commit(struct machine *m, struct rtl_heap *heap,
                             struct rtl_heap_region *region, size_t least, size_t size) {
    RTL_HEAP_COMMIT_ROUTINE *commit = heap->commit_routine;
    char *wanted = region->base + region->committed;
    size_t room = region->reserved - region->committed;
    PVOID address = wanted;
    SIZE_T got = size;
    (void)m;
    (void)least; /* what is missing is asked for again */
    if (!NT_SUCCESS(commit(region->base, &address, &got)) || address != wanted)
        return false;
    got = (got < room ? got : room) & ~(size_t)(RTL_HEAP_GRAIN - 1);
    region->committed += got;
    return got != 0;
}

static bool rtl_given_release(struct machine *m, struct rtl_heap *heap,
                              struct rtl_heap_region *region) {
    (void)m;
    (void)heap;
    (void)region;
    return true;
}

/* The instruments do not hear of it: it may outlive the machine, or be freed under the heap. */
const struct rtl_heap_source rtl_heap_given = {rtl_given_reserve, rtl_given_commit, NULL,
                                               rtl_given_release, false};

/* ---- the pool ---- */

static bool rtl_nonpaged_reserve(struct machine *m, struct rtl_heap *heap,
                                 struct rtl_heap_region *region, size_t commit) {
    (void)heap;
    (void)commit;
    region->base = mm_pool_allocate(m, NonPagedPoolNx, region->reserved, RTL_HEAP_TAG);
    region->committed = region->reserved;
    return region->base != NULL;
}

/* Never called: all of it is committed. */
static bool rtl_nonpaged_commit(struct machine *m, struct rtl_heap *heap,
                                struct rtl_heap_region *region, size_t least, size_t size) {
    (void)m;
    (void)heap;
    (void)region;
    (void)least;
    (void)size;
    return false;
}

static bool rtl_nonpaged_release(struct machine *m, struct rtl_heap *heap,
                                 struct rtl_heap_region *region) {
    (void)heap;
    mm_pool_free(m, region->base, RTL_HEAP_TAG);
    return true;
}

const struct rtl_heap_source rtl_heap_nonpaged = {rtl_nonpaged_reserve, rtl_nonpaged_commit, NULL,
                                                  rtl_nonpaged_release, true};

static bool rtl_special_reserve(struct machine *m, struct rtl_heap *heap,
                                struct rtl_heap_region *region, size_t commit) {
    (void)heap;
    mm_special_start(m);
    region->base =
        mm_special_make(m, mm_type_byte(NonPagedPoolNx), commit, RTL_HEAP_TAG, NULL, false);
    region->reserved = region->committed = commit;
    return region->base != NULL;
}

const struct rtl_heap_source rtl_heap_special = {rtl_special_reserve, rtl_nonpaged_commit, NULL,
                                                 rtl_nonpaged_release, false};

/* ---- a driver's routines ---- */

static bool rtl_is_writable(ULONG protection) {
    const ULONG writable =
        PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
    return (protection & writable) && !(protection & PAGE_GUARD);
}

/* Whether a range has become what was asked for. */
static bool rtl_custom_is_there(const struct rtl_heap *heap, char *address, size_t size) {
    QUERY_VIRTUAL_MEMORY_CALLBACK *query = heap->callbacks.QueryVirtualMemory;
    MEMORY_BASIC_INFORMATION info = {0};
    SIZE_T length = 0;
    if (!query)
        return true;
    NTSTATUS status = query(heap->callbacks.CallbackContext, NtCurrentProcess(), address,
                            HeapMemoryBasicInformation, &info, sizeof info, &length);
    size_t before = (size_t)(address - (char *)info.BaseAddress);
    return NT_SUCCESS(status) && length >= sizeof info && before <= info.RegionSize &&
           info.RegionSize - before >= size && info.State == MEM_COMMIT &&
           rtl_is_writable(info.Protect);
}

/* Reserves, commits, or both; *base and *size are wanted and got. */
static bool rtl_custom_allocate(struct rtl_heap *heap, PVOID *base, SIZE_T *size, ULONG type) {
    ALLOCATE_VIRTUAL_MEMORY_EX_CALLBACK *allocate = heap->callbacks.AllocateVirtualMemory;
    MEM_EXTENDED_PARAMETER node = heap->node;
    NTSTATUS status =
        allocate(heap->callbacks.CallbackContext, NtCurrentProcess(), base, size, type,
                 PAGE_READWRITE, heap->node_count ? &node : NULL, heap->node_count);
    return NT_SUCCESS(status) && *base;
}

static bool rtl_custom_commit(struct machine *m, struct rtl_heap *heap,
                              struct rtl_heap_region *region, size_t least, size_t size) {
    char *wanted = region->base + region->committed;
    PVOID base = wanted;
    SIZE_T got = size;
    (void)m;
    (void)least;
    if (!rtl_custom_allocate(heap, &base, &got, MEM_COMMIT))
        return false;
    size_t before = (size_t)(wanted - (char *)base);
    if (before > got || got - before < size || !rtl_custom_is_there(heap, wanted, size))
        return false;
    region->committed += size;
    return true;
}

static bool rtl_custom_release(struct machine *m, struct rtl_heap *heap,
                               struct rtl_heap_region *region) {
    FREE_VIRTUAL_MEMORY_EX_CALLBACK *release = heap->callbacks.FreeVirtualMemory;
    PVOID base = region->base;
    SIZE_T size = 0;
    (void)m;
    return NT_SUCCESS(
        release(heap->callbacks.CallbackContext, NtCurrentProcess(), &base, &size, MEM_RELEASE));
}

static bool rtl_custom_reserve(struct machine *m, struct rtl_heap *heap,
                               struct rtl_heap_region *region, size_t commit) {
    bool whole = commit == region->reserved;
    PVOID base = NULL;
    SIZE_T got = region->reserved;
    if (!rtl_custom_allocate(heap, &base, &got, whole ? MEM_RESERVE | MEM_COMMIT : MEM_RESERVE))
        return false;
    region->base = base;
    region->committed = whole ? commit : 0;
    bool fits = got >= region->reserved && !((uintptr_t)base & (RTL_HEAP_GRAIN - 1));
    if (fits && (whole ? rtl_custom_is_there(heap, base, commit)
                       : rtl_custom_commit(m, heap, region, commit, commit)))
        return true;
    rtl_custom_release(m, heap, region);
    return false;
}

/* The instruments do not hear of it: only its owner knows what else lies there. */
const struct rtl_heap_source rtl_heap_custom = {rtl_custom_reserve, rtl_custom_commit, NULL,
                                                rtl_custom_release, false};
