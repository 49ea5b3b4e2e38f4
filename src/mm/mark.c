/*
 * A mark on a pool block, for those who keep records of memory by its address.
 *
 * It is a bit of the block's type byte, so the next allocation there begins without it, and neither
 * allocating nor freeing has anything to do with it.
 */
#include "mm/pool.h"

/* The descriptor of the slab or run that an address lies in; NULL outside the pool. */
static struct mm_page *mm_page_at(struct machine *m, const void *p) {
    struct mm_part *mm = m->mm;
    if (mm->special.pages && mm_area_holds(&mm->special, p))
        return (struct mm_page *)(uintptr_t)mm_special_page(m, p);
    for (unsigned i = 0; i < KI_COUNT(mm->area); i++) {
        struct mm_area *area = &mm->area[i];
        if (!area->pages || !mm_area_holds(area, p))
            continue;
        uint32_t number = mm_page_number(area, p);
        while (area->pages[number].use == MM_USE_REST)
            number--;
        return &area->pages[number];
    }
    return NULL;
}

/* The header of the block of a slab that an address lies in. */
static struct mm_header *mm_slab_holder(struct machine *m, const struct mm_page *page,
                                        const void *p) {
    struct mm_header *header = mm_slab_first((char *)PAGE_ALIGN(p), page);
    for (struct mm_header *next = header; next && (const void *)next <= p;
         next = mm_slab_next(m, page, next))
        header = next;
    return header;
}

MM_HEADERS static bool mm_mark(struct machine *m, const void *p, bool set) {
    struct mm_page *page = mm_page_at(m, p);
    if (!page)
        return false;
    if (page->use != MM_USE_SLAB) {
        page->type |= set ? MM_MARKED : 0;
        return page->type & MM_MARKED;
    }
    struct mm_header *header = mm_slab_holder(m, page, p);
    mm_instrument_open(m, header);
    if (set) {
        header->what |= MM_MARKED;
        header->whom = mm_whom(header->what, mm_whom_pointer(header->whom));
    }
    bool marked = header->what & MM_MARKED;
    mm_instrument_close(m, header);
    return marked;
}

bool mm_pool_mark(struct machine *m, const void *p) { return mm_mark(m, p, true); }

bool mm_pool_is_marked(struct machine *m, const void *p) { return mm_mark(m, p, false); }
