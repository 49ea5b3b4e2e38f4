/*
 * Regions of a heap: segments, and blocks that have a region to themselves.
 *
 * A single block lies behind a header at the start of its region. In a page heap it has none: it
 * ends where the region's committed part does, up to its alignment, so that the next byte faults.
 */
#include "mm/pool.h"
#include "rtl/heap.h"

size_t rtl_heap_unit(void) { return mm_reserve_unit(); }

static struct rtl_heap_region *rtl_region_make(struct machine *m, struct rtl_heap *heap, char *base,
                                               size_t reserve, size_t commit) {
    struct rtl_heap_region *region =
        mm_pool_allocate(m, NonPagedPoolNx, sizeof *region, RTL_HEAP_TAG);
    if (!region)
        return NULL;
    *region = (struct rtl_heap_region){
        .source = base ? &rtl_heap_given : heap->source, .base = base, .reserved = reserve};
    if (!region->source->reserve(m, heap, region, commit)) {
        mm_pool_free(m, region, RTL_HEAP_TAG);
        return NULL;
    }
    region->floor = region->committed;
    InsertTailList(&heap->regions, &region->link);
    return region;
}

struct rtl_heap_region *rtl_heap_segment(struct machine *m, struct rtl_heap *heap, char *base,
                                         size_t reserve, size_t commit) {
    size_t unit = base ? 1 : rtl_heap_unit();
    struct rtl_heap_region *region =
        rtl_region_make(m, heap, base, rtl_round(reserve, unit), rtl_round(commit, unit));
    if (region)
        rtl_heap_block_grow(m, heap, region, region->committed);
    return region;
}

char *rtl_heap_single_make(struct machine *m, struct rtl_heap *heap, size_t size) {
    size += heap->page_heap && !size;
    size_t unit = rtl_heap_unit(), header = heap->page_heap ? 0 : sizeof(struct rtl_heap_block);
    size_t commit = rtl_round(size + header, unit);
    if (heap->page_heap && heap->source == &rtl_heap_special)
        commit = size; /* it rounds by itself, and knows what lies behind the last byte */
    struct rtl_heap_region *region =
        rtl_region_make(m, heap, NULL, commit + (heap->page_heap ? unit : 0), commit);
    if (!region)
        return NULL;
    region->size = size;
    if (heap->source == &rtl_heap_special)
        region->single = region->base;
    else if (heap->page_heap)
        region->single = region->base + commit - rtl_round(size, RTL_HEAP_GRAIN);
    else
        region->single = region->base + header;
    if (header)
        rtl_heap_block_mark(m, region, (struct rtl_heap_block *)(void *)region->base, commit, size);
    return region->single;
}

bool rtl_heap_region_release(struct machine *m, struct rtl_heap *heap,
                             struct rtl_heap_region *region) {
    if (!region->source->release(m, heap, region))
        return false;
    RemoveEntryList(&region->link);
    mm_pool_free(m, region, RTL_HEAP_TAG);
    return true;
}

struct rtl_heap_region *rtl_heap_region_of(struct rtl_heap *heap, const void *address) {
    for (LIST_ENTRY *link = heap->regions.Flink; link != &heap->regions; link = link->Flink) {
        struct rtl_heap_region *region = CONTAINING_RECORD(link, struct rtl_heap_region, link);
        if ((uintptr_t)address - (uintptr_t)region->base < region->committed)
            return region;
    }
    return NULL;
}

void rtl_heap_single_check(struct machine *m, struct rtl_heap *heap,
                           const struct rtl_heap_region *region) {
    const struct rtl_heap_block *header = (const void *)region->base;
    if (!heap->page_heap && !rtl_heap_block_is_good(header))
        rtl_heap_corrupt(m, heap, RTL_HEAP_BAD_LARGE_HEADER, header,
                         "the header of a large heap block was overwritten");
}
