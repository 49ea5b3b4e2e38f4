/*
 * Blocks of a heap's segments: bins, merging, headers.
 *
 * Bins are exact up to 31 grains and then by powers of two. A request takes the newest block that
 * fits from its bin, else any of the next larger bin; the rest of a block is a free block again.
 * When none fits, a segment commits more, and at last there is a new segment.
 *
 * Every header that a call relies on is compared with its sum first: that of the block, those of
 * its neighbours, the links of a free block. A hardened heap, and every heap of a machine with
 * WDMSIM_GUARD_POOL, is looked at as a whole in each call, so that an overrun is found by the next
 * one. To the sanitizers headers and free blocks are out of bounds.
 *
 * debugger/bug-check-0x13a--kernel-mode-heap-corruption
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "mm/pool.h"
#include "rtl/heap.h"

#define RTL_BLOCK_LEAST 2u /* grains: a header and the links of a free block */
#define RTL_EXACT_BINS 32u

void rtl_heap_corrupt(struct machine *m, const struct rtl_heap *heap, enum rtl_heap_corruption kind,
                      const void *address, const char *sentence) {
    ki_bugcheck(m, KERNEL_MODE_HEAP_CORRUPTION, kind, (ULONG_PTR)heap, (ULONG_PTR)address, 0, "%s",
                sentence);
}

/* ---- headers ---- */

MM_HEADERS static uint32_t rtl_block_sum(const struct rtl_heap_block *block) {
    uint64_t lengths = block->units | (uint64_t)block->before << 32;
    uint64_t rest = block->slack | (uint64_t)block->state << 16 | (uint64_t)block->zero << 24;
    uint64_t mixed = (lengths ^ (uintptr_t)block) * 0x9e3779b97f4a7c15ull;
    return (uint32_t)(((mixed ^ rest) * 0xd6e8feb86659fd93ull) >> 32);
}

MM_HEADERS bool rtl_heap_block_is_good(const struct rtl_heap_block *block) {
    return block->sum == rtl_block_sum(block) && !block->zero && block->units &&
           (block->state == RTL_BLOCK_FREE || block->state == RTL_BLOCK_BUSY);
}

MM_HEADERS static void rtl_block_write(struct machine *m, struct rtl_heap_block *block,
                                       uint32_t units, uint32_t before, uint8_t state,
                                       uint16_t slack) {
    mm_instrument_open(m, block);
    block->units = units;
    block->before = before;
    block->slack = slack;
    block->state = state;
    block->zero = 0;
    block->sum = rtl_block_sum(block);
}

/* What lay in front of a header, or is no block any more, is no header. */
MM_HEADERS static void rtl_block_erase(struct rtl_heap_block *block) { block->sum = ~block->sum; }

MM_HEADERS static struct rtl_heap_block *rtl_block_next(const struct rtl_heap_region *region,
                                                        struct rtl_heap_block *block) {
    return block == region->last ? NULL : block + block->units;
}

/* The one behind it, NULL if it is the last; a bug check if its header does not fit. */
MM_HEADERS static struct rtl_heap_block *rtl_block_behind(struct machine *m, struct rtl_heap *heap,
                                                          const struct rtl_heap_region *region,
                                                          struct rtl_heap_block *block) {
    struct rtl_heap_block *next = rtl_block_next(region, block);
    if (!next || (rtl_heap_block_is_good(next) && next->before == block->units))
        return next;
    rtl_heap_corrupt(m, heap,
                     block->state == RTL_BLOCK_BUSY ? RTL_HEAP_OVERRUN : RTL_HEAP_BAD_HEADER, next,
                     "the header behind a heap block was overwritten: the block was overrun");
}

/* The one before it, in the same way. */
MM_HEADERS static struct rtl_heap_block *rtl_block_ahead(struct machine *m, struct rtl_heap *heap,
                                                         struct rtl_heap_block *block) {
    if (!block->before)
        return NULL;
    struct rtl_heap_block *prev = block - block->before;
    if (rtl_heap_block_is_good(prev) && prev->units == block->before)
        return prev;
    rtl_heap_corrupt(m, heap, RTL_HEAP_BAD_HEADER, prev,
                     "the header of the heap block before this one was overwritten");
}

/* What a header that is not in order means: the block before it tells. */
MM_HEADERS static _Noreturn void rtl_block_broken(struct machine *m, struct rtl_heap *heap,
                                                  struct rtl_heap_block *block,
                                                  const struct rtl_heap_block *before) {
    if (!before)
        rtl_heap_corrupt(m, heap, RTL_HEAP_UNDERRUN, block,
                         "the header of a heap segment's first block was overwritten: the block "
                         "was underrun");
    if (before->state == RTL_BLOCK_BUSY)
        rtl_heap_corrupt(m, heap, RTL_HEAP_OVERRUN, block,
                         "the header behind a heap block was overwritten: the block was overrun");
    rtl_heap_corrupt(m, heap, RTL_HEAP_BAD_HEADER, block,
                     "the header behind a free heap block was overwritten");
}

/* ---- bins ---- */

static unsigned rtl_bin(uint32_t units) {
    return units < RTL_EXACT_BINS ? units : RTL_EXACT_BINS + 26u - (unsigned)__builtin_clz(units);
}

static struct rtl_heap_links *rtl_links(struct rtl_heap_block *block) {
    return (struct rtl_heap_links *)(void *)(block + 1);
}

/* The links' sums depend on where the block lies. */
static uint64_t rtl_link_key(const struct rtl_heap_block *block) { return (uintptr_t)block; }

MM_HEADERS static void rtl_link_check(struct machine *m, struct rtl_heap *heap,
                                      struct rtl_heap_block *block) {
    const struct rtl_heap_links *links = rtl_links(block);
    uint64_t key = rtl_link_key(block);
    if (rtl_heap_block_is_good(block) && block->state == RTL_BLOCK_FREE &&
        mm_header_is_good(key, links->next) && mm_header_is_good(key, links->prev))
        return;
    rtl_heap_corrupt(m, heap, RTL_HEAP_BAD_FREE_LIST, block,
                     "a free heap block was written to: it was used after it was freed, or its "
                     "neighbour was overrun");
}

MM_HEADERS static void rtl_bin_insert(struct machine *m, struct rtl_heap *heap,
                                      struct rtl_heap_block *block) {
    unsigned bin = rtl_bin(block->units);
    struct rtl_heap_block *next = heap->bins[bin];
    uint64_t key = rtl_link_key(block);
    mm_instrument_open(m, block + 1);
    rtl_links(block)->next = mm_whom(key, next);
    rtl_links(block)->prev = mm_whom(key, NULL);
    if (next) {
        rtl_link_check(m, heap, next);
        rtl_links(next)->prev = mm_whom(rtl_link_key(next), block);
    }
    heap->bins[bin] = block;
    heap->filled |= 1ull << bin;
    heap->free += (size_t)block->units * RTL_HEAP_GRAIN;
}

MM_HEADERS static void rtl_bin_remove(struct machine *m, struct rtl_heap *heap,
                                      struct rtl_heap_block *block) {
    unsigned bin = rtl_bin(block->units);
    rtl_link_check(m, heap, block);
    struct rtl_heap_block *next = mm_whom_pointer(rtl_links(block)->next);
    struct rtl_heap_block *prev = mm_whom_pointer(rtl_links(block)->prev);
    if (next) {
        rtl_link_check(m, heap, next);
        rtl_links(next)->prev = mm_whom(rtl_link_key(next), prev);
    }
    if (prev) {
        rtl_link_check(m, heap, prev);
        rtl_links(prev)->next = mm_whom(rtl_link_key(prev), next);
    } else {
        heap->bins[bin] = next;
    }
    if (!heap->bins[bin])
        heap->filled &= ~(1ull << bin);
    heap->free -= (size_t)block->units * RTL_HEAP_GRAIN;
}

/* A free block of at least that length, still in its bin. */
MM_HEADERS static struct rtl_heap_block *rtl_bin_find(struct machine *m, struct rtl_heap *heap,
                                                      uint32_t units) {
    unsigned bin = rtl_bin(units);
    for (struct rtl_heap_block *block = heap->bins[bin]; block;) {
        rtl_link_check(m, heap, block);
        if (block->units >= units)
            return block;
        block = mm_whom_pointer(rtl_links(block)->next);
    }
    uint64_t larger = heap->filled & (~0ull << bin << 1);
    return larger ? heap->bins[__builtin_ctzll(larger)] : NULL;
}

/* ---- taking ---- */

static void rtl_hide(struct machine *m, const struct rtl_heap_region *region, void *p,
                     size_t size) {
    if (region->source->watched)
        mm_instrument_hide(m, p, size);
}

MM_HEADERS static void rtl_block_length(struct machine *m, const struct rtl_heap_region *region,
                                        struct rtl_heap_block *block, uint32_t units) {
    struct rtl_heap_block *next = rtl_block_next(region, block);
    rtl_block_write(m, block, units, block->before, RTL_BLOCK_FREE, 0);
    if (next)
        rtl_block_write(m, next, next->units, units, next->state, next->slack);
}

/* Leaves the first `units` of a block that is in no bin, the rest is a free block of its own. */
MM_HEADERS static void rtl_block_split(struct machine *m, struct rtl_heap *heap,
                                       struct rtl_heap_region *region, struct rtl_heap_block *block,
                                       uint32_t units) {
    uint32_t left = block->units - units;
    if (left < RTL_BLOCK_LEAST)
        return;
    struct rtl_heap_block *rest = block + units;
    rtl_block_write(m, rest, left, units, RTL_BLOCK_FREE, 0);
    if (block == region->last)
        region->last = rest;
    else
        rtl_block_length(m, region, rest, left);
    rtl_block_write(m, block, units, block->before, RTL_BLOCK_FREE, 0);
    rtl_bin_insert(m, heap, rest);
}

MM_HEADERS static void *rtl_block_use(struct machine *m, struct rtl_heap *heap,
                                      struct rtl_heap_block *block, size_t size, uint32_t units) {
    rtl_link_check(m, heap, block);
    struct rtl_heap_region *region = rtl_heap_region_of(heap, block);
    rtl_block_behind(m, heap, region, block);
    rtl_bin_remove(m, heap, block);
    rtl_block_split(m, heap, region, block, units);
    size_t room = (size_t)(block->units - 1) * RTL_HEAP_GRAIN;
    rtl_block_write(m, block, block->units, block->before, RTL_BLOCK_BUSY, (uint16_t)(room - size));
    if (region->source->watched) {
        mm_instrument_hide(m, block + 1, room);
        mm_instrument_show(m, block + 1, size);
    }
    return block + 1;
}

/* A block is committed: what was committed anew joins the last one, if that is free. */
MM_HEADERS void rtl_heap_block_grow(struct machine *m, struct rtl_heap *heap,
                                    struct rtl_heap_region *region, size_t size) {
    uint32_t units = (uint32_t)(size / RTL_HEAP_GRAIN);
    struct rtl_heap_block *last = region->last;
    struct rtl_heap_block *block = last ? last + last->units : (void *)region->base;
    rtl_hide(m, region, block, (size_t)units * RTL_HEAP_GRAIN);
    if (last && last->state == RTL_BLOCK_FREE) {
        rtl_bin_remove(m, heap, last);
        rtl_block_write(m, last, last->units + units, last->before, RTL_BLOCK_FREE, 0);
        block = last;
    } else {
        rtl_block_write(m, block, units, last ? last->units : 0, RTL_BLOCK_FREE, 0);
        region->last = block;
    }
    rtl_bin_insert(m, heap, block);
}

/* Commits as much of a segment as a block of that length at its end needs. */
MM_HEADERS static bool rtl_segment_extend(struct machine *m, struct rtl_heap *heap,
                                          struct rtl_heap_region *region, uint32_t units) {
    uint32_t have = region->last->state == RTL_BLOCK_FREE ? region->last->units : 0;
    size_t room = region->reserved - region->committed;
    while (have < units) {
        size_t least = (size_t)(units - have) * RTL_HEAP_GRAIN, before = region->committed;
        size_t step = rtl_round(least, heap->segment_commit);
        if (least > room ||
            !region->source->commit(m, heap, region, least, step < room ? step : room))
            return false;
        size_t grown = region->committed - before;
        room -= grown;
        rtl_heap_block_grow(m, heap, region, grown);
        have = region->last->units;
    }
    return true;
}

static struct rtl_heap_block *rtl_block_commit(struct machine *m, struct rtl_heap *heap,
                                               uint32_t units) {
    struct rtl_heap_region *region;
    for (LIST_ENTRY *link = heap->regions.Flink; link != &heap->regions; link = link->Flink) {
        region = CONTAINING_RECORD(link, struct rtl_heap_region, link);
        if (region->single || region->committed == region->reserved)
            continue;
        if (!rtl_heap_block_is_good(region->last))
            rtl_heap_check(m, heap);
        if (rtl_segment_extend(m, heap, region, units))
            return region->last;
    }
    if (!(heap->flags & HEAP_GROWABLE))
        return NULL;
    size_t need = (size_t)units * RTL_HEAP_GRAIN;
    region =
        rtl_heap_segment(m, heap, NULL, need > heap->segment_reserve ? need : heap->segment_reserve,
                         need > heap->segment_commit ? need : heap->segment_commit);
    return region ? region->last : NULL;
}

void *rtl_heap_block_take(struct machine *m, struct rtl_heap *heap, size_t size) {
    uint32_t units = (uint32_t)(rtl_round(size, RTL_HEAP_GRAIN) / RTL_HEAP_GRAIN) + 1;
    if (units < RTL_BLOCK_LEAST)
        units = RTL_BLOCK_LEAST;
    struct rtl_heap_block *block = rtl_bin_find(m, heap, units);
    if (!block)
        block = rtl_block_commit(m, heap, units);
    return block ? rtl_block_use(m, heap, block, size, units) : NULL;
}

void rtl_heap_block_mark(struct machine *m, struct rtl_heap_region *region,
                         struct rtl_heap_block *block, size_t whole, size_t size) {
    rtl_hide(m, region, block, whole);
    rtl_block_write(m, block, (uint32_t)(whole / RTL_HEAP_GRAIN), 0, RTL_BLOCK_BUSY,
                    (uint16_t)(whole - sizeof *block - size));
    if (region->source->watched)
        mm_instrument_show(m, block + 1, size);
}

/* ---- giving back ---- */

/* Ends in the bug check that freeing `p` deserves, which is no block in use of the segment. */
MM_HEADERS static _Noreturn void rtl_block_diagnose(struct machine *m, struct rtl_heap *heap,
                                                    struct rtl_heap_region *region, const char *p) {
    struct rtl_heap_block *block = (void *)region->base, *before = NULL;
    for (;; before = block, block += block->units) {
        if (!rtl_heap_block_is_good(block))
            rtl_block_broken(m, heap, block, before);
        if (block == region->last || p < (const char *)(block + block->units))
            break;
    }
    if (block->state == RTL_BLOCK_FREE)
        rtl_heap_corrupt(m, heap, RTL_HEAP_FREED_TWICE, block,
                         "a heap block was freed that is free already");
    rtl_heap_corrupt(m, heap, RTL_HEAP_BAD_ARGUMENT, p,
                     "an address was freed that lies in a heap but is no block of it");
}

/* Merges a block that is in no bin with its free neighbours; they are erased. */
MM_HEADERS static struct rtl_heap_block *rtl_block_merge(struct machine *m, struct rtl_heap *heap,
                                                         struct rtl_heap_region *region,
                                                         struct rtl_heap_block *block) {
    struct rtl_heap_block *next = rtl_block_behind(m, heap, region, block);
    struct rtl_heap_block *prev = rtl_block_ahead(m, heap, block);
    struct rtl_heap_block *first = block;
    uint32_t units = block->units;
    bool last = block == region->last;
    if (next && next->state == RTL_BLOCK_FREE) {
        rtl_bin_remove(m, heap, next);
        units += next->units;
        last = next == region->last;
        rtl_block_erase(next);
    }
    if (prev && prev->state == RTL_BLOCK_FREE) {
        rtl_bin_remove(m, heap, prev);
        units += prev->units;
        first = prev;
        rtl_block_erase(block);
    }
    rtl_block_write(m, first, units, first->before, RTL_BLOCK_FREE, 0);
    if (last)
        region->last = first;
    else
        rtl_block_length(m, region, first, units);
    return first;
}

/* Takes memory back at the end of a segment when enough of it, and of the whole heap, is free. */
MM_HEADERS static void rtl_segment_trim(struct machine *m, struct rtl_heap *heap,
                                        struct rtl_heap_region *region) {
    struct rtl_heap_block *last = region->last;
    if (!region->source->decommit || last->state != RTL_BLOCK_FREE ||
        (size_t)last->units * RTL_HEAP_GRAIN < heap->decommit_block ||
        heap->free < heap->decommit_total)
        return;
    size_t start = (size_t)((char *)last - region->base);
    size_t to = rtl_round(start + RTL_BLOCK_LEAST * RTL_HEAP_GRAIN, rtl_heap_unit());
    if (to < region->floor)
        to = region->floor;
    if (to >= region->committed)
        return;
    rtl_bin_remove(m, heap, last);
    region->source->decommit(m, region, to);
    rtl_block_write(m, last, (uint32_t)((to - start) / RTL_HEAP_GRAIN), last->before,
                    RTL_BLOCK_FREE, 0);
    rtl_bin_insert(m, heap, last);
}

MM_HEADERS void rtl_heap_block_give(struct machine *m, struct rtl_heap *heap,
                                    struct rtl_heap_region *region, char *p) {
    struct rtl_heap_block *block = (struct rtl_heap_block *)(void *)p - 1;
    if (((uintptr_t)p & (RTL_HEAP_GRAIN - 1)) || p == region->base)
        rtl_block_diagnose(m, heap, region, p);
    mm_instrument_open(m, block);
    if (!rtl_heap_block_is_good(block) || block->state != RTL_BLOCK_BUSY)
        rtl_block_diagnose(m, heap, region, p);
    rtl_hide(m, region, p, (size_t)(block->units - 1) * RTL_HEAP_GRAIN);
    block = rtl_block_merge(m, heap, region, block);
    bool empty = block == region->last && !block->before;
    if (empty && heap->regions.Flink != &region->link && rtl_heap_region_release(m, heap, region))
        return;
    rtl_bin_insert(m, heap, block);
    rtl_segment_trim(m, heap, region);
}

/* ---- looking at all of it ---- */

MM_HEADERS static void rtl_segment_check(struct machine *m, struct rtl_heap *heap,
                                         struct rtl_heap_region *region) {
    struct rtl_heap_block *block = (void *)region->base, *before = NULL;
    for (;; before = block, block += block->units) {
        if (!rtl_heap_block_is_good(block) || block->before != (before ? before->units : 0))
            rtl_block_broken(m, heap, block, before);
        if (block->state == RTL_BLOCK_FREE)
            rtl_link_check(m, heap, block);
        if (block == region->last)
            return;
    }
}

void rtl_heap_check(struct machine *m, struct rtl_heap *heap) {
    for (LIST_ENTRY *link = heap->regions.Flink; link != &heap->regions; link = link->Flink) {
        struct rtl_heap_region *region = CONTAINING_RECORD(link, struct rtl_heap_region, link);
        if (region->single)
            rtl_heap_single_check(m, heap, region);
        else
            rtl_segment_check(m, heap, region);
    }
}
