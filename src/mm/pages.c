/*
 * Page runs: who has which pages of the nonpaged and the paged region.
 *
 * Free runs are in bins by length, exact up to 31 pages and then by powers of two, linked through
 * the descriptors of their first pages; neighbours merge when a run comes back. An area grows by
 * taking more of its region, and what it got merges with a free run at its end. The first `low`
 * pages of the nonpaged area are not handed out until somebody needs a low physical address
 * (mm_pages_take_within); no run crosses their end.
 */
#include "ki/bugcheck.h"
#include "mm/pool.h"

#define MM_GROW 64u /* pages */

/* The bin where a run of this length is kept. */
static unsigned mm_bin(uint32_t count) {
    if (count < MM_EXACT_BINS)
        return count;
    unsigned log = 31u - (unsigned)__builtin_clz(count); /* 5 and up */
    unsigned bin = MM_EXACT_BINS + log - 5;
    return bin < MM_BINS ? bin : MM_BINS - 1;
}

static void mm_run_link(struct mm_area *area, uint32_t first, uint32_t count) {
    struct mm_page *head = &area->pages[first], *last = &area->pages[first + count - 1];
    unsigned bin = mm_bin(count);
    head->use = last->use = MM_USE_FREE;
    head->count = last->count = count;
    head->prev = 0;
    head->next = area->bins[bin];
    if (head->next)
        area->pages[head->next - 1].prev = first + 1;
    area->bins[bin] = first + 1;
    area->filled |= 1ull << bin;
}

static void mm_run_unlink(struct mm_area *area, uint32_t first) {
    struct mm_page *head = &area->pages[first];
    unsigned bin = mm_bin(head->count);
    if (head->next)
        area->pages[head->next - 1].prev = head->prev;
    if (head->prev)
        area->pages[head->prev - 1].next = head->next;
    else
        area->bins[bin] = head->next;
    if (!area->bins[bin])
        area->filled &= ~(1ull << bin);
}

/* Puts a run among the free ones, merged with free neighbours on its side of the low pages' end. */
static void mm_run_free(struct mm_area *area, uint32_t first, uint32_t count) {
    uint32_t begin = first >= area->low ? area->low : 0;
    uint32_t end = first >= area->low ? area->used : area->low;
    if (first > begin && area->pages[first - 1].use == MM_USE_FREE) {
        uint32_t before = area->pages[first - 1].count;
        mm_run_unlink(area, first - before);
        first -= before;
        count += before;
    }
    if (first + count < end && area->pages[first + count].use == MM_USE_FREE) {
        uint32_t after = area->pages[first + count].count;
        mm_run_unlink(area, first + count);
        count += after;
    }
    mm_run_link(area, first, count);
}

/* Takes [first, first + count) out of the free run that begins at `run`. */
static void mm_run_carve(struct mm_area *area, uint32_t run, uint32_t first, uint32_t count,
                         enum mm_use use) {
    uint32_t end = run + area->pages[run].count;
    mm_run_unlink(area, run);
    if (first > run)
        mm_run_link(area, run, first - run);
    if (first + count < end)
        mm_run_link(area, first + count, end - first - count);
    for (uint32_t i = 0; i < count; i++)
        area->pages[first + i] = (struct mm_page){.use = MM_USE_REST};
    area->pages[first] = (struct mm_page){.use = (uint8_t)use, .count = count};
}

/* More pages from the region, at least `count`. */
static bool mm_area_grow(struct machine *m, struct mm_area *area, uint32_t count) {
    uint32_t take = count > MM_GROW ? count : MM_GROW;
    if (take > area->limit - area->used)
        take = area->limit - area->used;
    if (take < count)
        return false;
    char *more = ki_region_take(m, area->region, (size_t)take * PAGE_SIZE);
    if (!more)
        return false;
    uint32_t first = area->used;
    KI_ASSERT(more == mm_page_address(area, first));
    area->used += take;
    if (area->region != KI_REGION_USER)
        mm_instrument_hide(m, more, (size_t)take * PAGE_SIZE);
    mm_run_free(area, first, take);
    return true;
}

/* A free run of at least `count` pages outside the low ones, or MM_NO_PAGE. */
static uint32_t mm_run_find(const struct mm_area *area, uint32_t count) {
    uint64_t bins = area->filled & (~0ull << mm_bin(count));
    for (; bins; bins &= bins - 1) {
        uint32_t link = area->bins[__builtin_ctzll(bins)];
        for (; link; link = area->pages[link - 1].next) {
            if (area->pages[link - 1].count >= count && link - 1 >= area->low)
                return link - 1;
        }
    }
    return MM_NO_PAGE;
}

uint32_t mm_pages_take(struct machine *m, struct mm_area *area, uint32_t count, enum mm_use use) {
    uint32_t run = mm_run_find(area, count);
    if (run == MM_NO_PAGE) {
        if (!mm_area_grow(m, area, count))
            return MM_NO_PAGE;
        run = mm_run_find(area, count);
    }
    mm_run_carve(area, run, run, count, use);
    return run;
}

/* The first place in [first, end) where a constrained run of `count` pages fits, or MM_NO_PAGE. */
static uint32_t mm_place(uint32_t first, uint32_t end, uint32_t count, uint32_t align,
                         uint32_t boundary) {
    while (first < end) {
        uint32_t place = (first + align - 1) / align * align;
        if (boundary && place / boundary != (place + count - 1) / boundary)
            place = ((place / boundary + 1) * boundary + align - 1) / align * align;
        if (place >= end || end - place < count)
            return MM_NO_PAGE;
        if (!boundary || place / boundary == (place + count - 1) / boundary)
            return place;
        if (boundary < count)
            return MM_NO_PAGE;
        first = place + 1;
    }
    return MM_NO_PAGE;
}

/* Looks through the runs from `low` on, in order of address, for a free one with room for the
 * constrained run. */
static bool mm_take_from(struct mm_area *area, uint32_t low, uint32_t count, enum mm_use use,
                         uint32_t highest, uint32_t align, uint32_t boundary, uint32_t from,
                         uint32_t *result) {
    for (uint32_t run = from; run < area->used && run <= highest; run += area->pages[run].count) {
        const struct mm_page *page = &area->pages[run];
        KI_ASSERT(page->count > 0);
        if (page->use != MM_USE_FREE)
            continue;
        uint32_t end = run + page->count;
        if (end - 1 > highest)
            end = highest + 1;
        uint32_t place = mm_place(run > low ? run : low, end, count, align, boundary);
        if (place == MM_NO_PAGE)
            continue;
        mm_run_carve(area, run, place, count, use);
        *result = place;
        return true;
    }
    return false;
}

uint32_t mm_pages_take_within(struct machine *m, struct mm_area *area, uint32_t count,
                              enum mm_use use, uint32_t lowest, uint32_t highest, uint32_t align,
                              uint32_t boundary) {
    uint32_t place;
    if (area->low && !area->low_free) {
        area->low_free = true;
        mm_run_free(area, 1, area->low - 1);
    }
    /* The scarce low pages last. */
    if (highest >= area->low) {
        if (mm_take_from(area, lowest, count, use, highest, align, boundary, area->low, &place))
            return place;
        uint32_t skip = lowest > area->used ? lowest - area->used : 0;
        if (skip < area->limit && area->used <= highest &&
            mm_area_grow(m, area, skip + count + align - 1 + (boundary ? boundary : 0)) &&
            mm_take_from(area, lowest, count, use, highest, align, boundary, area->low, &place))
            return place;
    }
    if (area->low && lowest < area->low &&
        mm_take_from(area, lowest, count, use, highest < area->low ? highest : area->low - 1, align,
                     boundary, 0, &place))
        return place;
    return MM_NO_PAGE;
}

void mm_pages_give(struct machine *m, struct mm_area *area, uint32_t first) {
    uint32_t count = area->pages[first].count;
    (void)m;
    /* Large runs go back to the host; small ones are sooner used again than faulted in. */
    if (count >= 256 && area->region != KI_REGION_USER)
        ki_arena_discard(mm_page_address(area, first), (size_t)count * PAGE_SIZE);
    for (uint32_t i = 0; i < count; i++)
        area->pages[first + i].use = MM_USE_NONE;
    mm_run_free(area, first, count);
}
