/*
 * Saying what is wrong with a pool block, and what is in the pool.
 *
 * The pages' descriptors know which addresses can be blocks, so a bad one is told apart exactly:
 * never pool, inside a block, freed before, or a block whose header somebody overwrote (then the
 * block before it is the likely culprit).
 */
#include <stdio.h>

#include "ki/bugcheck.h"
#include "mm/pool.h"

static uint64_t mm_highest_frame(const struct machine *m) {
    const struct mm_area *area = &m->mm->area[0];
    return (uint64_t)area->used - 1;
}

/* "Abcd, 24 bytes, allocated by driver!function" */
MM_HEADERS static void mm_header_describe(struct machine *m, const struct mm_header *header,
                                          char *text, size_t size) {
    char tag[5];
    const void *owner = mm_whom_pointer(header->whom);
    bool allocated = header->what & MM_ALLOCATED;
    mm_tag_text(mm_header_tag(header->what), tag);
    snprintf(text, size, "tag '%s', %zu bytes%s%s", tag, mm_header_size(header->what),
             !allocated ? ", freed"
             : owner    ? ", allocated by "
                        : "",
             allocated && owner ? ki_address_name(m, owner) : "");
}

struct mm_header *mm_slab_first(char *page_address, const struct mm_page *page) {
    return (struct mm_header *)(void *)(page_address +
                                        (page->type & MM_ALIGNED ? MM_LINE - MM_HEADER_SIZE : 0));
}

MM_HEADERS struct mm_header *mm_slab_next(struct machine *m, const struct mm_page *page,
                                          struct mm_header *header) {
    bool mixed = mm_slab_is_mixed(page);
    unsigned number = page->slack;
    if (mixed) {
        mm_instrument_open(m, header);
        if (!mm_header_is_good(header->what, header->whom))
            return NULL;
        number = header->what >> 8 & 0xff;
    }
    size_t stride = mm_stride(page->type, number);
    size_t offset = ((uintptr_t)header & (PAGE_SIZE - 1)) + stride;
    if (offset + (mixed ? MM_HEADER_SIZE : stride) > PAGE_SIZE)
        return NULL;
    header = (struct mm_header *)(void *)((char *)header + stride);
    if (mixed) {
        mm_instrument_open(m, header);
        if (!header->what)
            return NULL;
    }
    return header;
}

/* The header of the block before the one at `header` in its slab; NULL if that is the first. */
static struct mm_header *mm_header_before(struct machine *m, struct mm_header *header,
                                          const struct mm_page *page) {
    struct mm_header *before = NULL;
    struct mm_header *next = mm_slab_first(PAGE_ALIGN(header), page);
    for (; next && next < header; next = mm_slab_next(m, page, next))
        before = next;
    return before;
}

/* True if a block of the slab begins behind this header, whatever is in it. */
static bool mm_slab_has(struct machine *m, struct mm_header *header, const struct mm_page *page) {
    struct mm_header *next = mm_slab_first(PAGE_ALIGN(header), page);
    while (next && next < header)
        next = mm_slab_next(m, page, next);
    return next == header;
}

MM_HEADERS static _Noreturn void mm_header_corrupt(struct machine *m, struct mm_header *header,
                                                   const struct mm_page *page, const char *how) {
    struct mm_header *before = mm_header_before(m, header, page);
    char text[256] = "";
    if (before) {
        mm_instrument_open(m, before);
        if (mm_header_is_good(before->what, before->whom))
            mm_header_describe(m, before, text, sizeof text);
    }
    ki_bugcheck(m, BAD_POOL_HEADER, 0x20, (ULONG_PTR)header,
                (ULONG_PTR)mm_slab_next(m, page, header), header->what,
                "%s found a pool header overwritten; the block before it was %s", how,
                text[0] ? text : "of unknown owner");
}

_Noreturn void mm_free_list_corrupt(struct machine *m, struct mm_class *class) {
    struct mm_header *header = class->free;
    const struct mm_area *area = &m->mm->area[mm_area_holds(&m->mm->area[0], header) ? 0 : 1];
    if (area->pages && mm_area_holds(area, header)) {
        const struct mm_page *page = &area->pages[mm_page_number(area, header)];
        if (page->use == MM_USE_SLAB)
            mm_header_corrupt(m, header, page, "an allocation");
    }
    ki_bugcheck(m, BAD_POOL_HEADER, 0x3, (ULONG_PTR)header, 0, 0,
                "an allocation found a list of free blocks broken");
}

/* An address in a slab page that is not an allocated block. */
MM_HEADERS static _Noreturn void mm_slab_violation(struct machine *m, void *p,
                                                   const struct mm_page *page, const char *where,
                                                   bool paged) {
    struct mm_header *header = (struct mm_header *)p - 1;
    if (!mm_slab_has(m, header, page)) {
        if (paged)
            ki_bugcheck(m, BAD_POOL_CALLER, 0x41286, 0, 0, (ULONG_PTR)p & (PAGE_SIZE - 1),
                        "%s freed an address in the middle of a paged pool block", where);
        ki_bugcheck(m, BAD_POOL_CALLER, 0x46, (ULONG_PTR)p, 0, 0,
                    "%s freed an address in the middle of a pool block", where);
    }
    mm_instrument_open(m, header);
    if (mm_header_is_good(header->what, header->whom) && (header->what & MM_FREED)) {
        char text[256];
        mm_header_describe(m, header, text, sizeof text);
        ki_bugcheck(m, BAD_POOL_CALLER, 0x07, 0, header->what, (ULONG_PTR)p,
                    "%s freed a pool block that was free already (%s)", where, text);
    }
    mm_header_corrupt(m, header, page, where);
}

/* An address in the pages of an area that is not an allocated block. */
static _Noreturn void mm_area_violation(struct machine *m, struct mm_area *area, void *p,
                                        const char *where) {
    bool paged = area == &m->mm->area[1];
    const struct mm_page *page = &area->pages[mm_page_number(area, p)];
    if (page->use == MM_USE_SLAB)
        mm_slab_violation(m, p, page, where, paged);
    if (page->use == MM_USE_FREE || page->use == MM_USE_NONE)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x07, 0, 0, (ULONG_PTR)p,
                    "%s freed a block of whole pages that was free already, or never allocated",
                    where);
    if (paged)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x50, (ULONG_PTR)p, mm_page_number(area, p), area->used,
                    "%s freed a paged address that is no pool block", where);
    ki_bugcheck(m, BAD_POOL_CALLER, 0x41, (ULONG_PTR)p, mm_page_number(area, p),
                mm_highest_frame(m), "%s freed a nonpaged address that is no pool block", where);
}

_Noreturn void mm_free_violation(struct machine *m, void *p, ULONG tag, const void *caller) {
    const char *where = caller ? ki_address_name(m, caller) : "the kernel";
    (void)tag;
    if (!p)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x46, 0, 0, 0, "%s freed a null pointer", where);
    if (ki_is_user_address((uintptr_t)p) && (uintptr_t)p >= KI_USER_BASE)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x40, (ULONG_PTR)p, KI_SLOT_BASE, 0,
                    "%s freed a user-mode address", where);
    for (unsigned i = 0; i < KI_COUNT(m->mm->area); i++) {
        if (m->mm->area[i].pages && mm_area_holds(&m->mm->area[i], p))
            mm_area_violation(m, &m->mm->area[i], p, where);
    }
    ki_bugcheck(m, BAD_POOL_CALLER, 0x42, (ULONG_PTR)p, 0, 0,
                "%s freed an address that never was pool", where);
}

_Noreturn void mm_tag_violation(struct machine *m, void *p, ULONG tag, ULONG wrong,
                                const void *caller) {
    char right_text[5], wrong_text[5];
    mm_tag_text(tag, right_text);
    mm_tag_text(wrong, wrong_text);
    ki_bugcheck(m, BAD_POOL_CALLER, 0x0a, (ULONG_PTR)p, tag, wrong,
                "%s freed a block of tag '%s' with tag '%s'",
                caller ? ki_address_name(m, caller) : "the kernel", right_text, wrong_text);
}

/* ---- what is there ---- */

/* The descriptor of a block that has one: a page run or a special block; NULL for a small block. */
static const struct mm_page *mm_block_page(struct machine *m, const void *p) {
    struct mm_part *mm = m->mm;
    if (mm->special.pages && mm_area_holds(&mm->special, p))
        return mm_special_page(m, p);
    if ((uintptr_t)p & (PAGE_SIZE - 1))
        return NULL;
    const struct mm_area *area = mm_area_holds(&mm->area[0], p) ? &mm->area[0] : &mm->area[1];
    return &area->pages[mm_page_number(area, p)];
}

MM_HEADERS const void *mm_pool_owner(struct machine *m, const void *p) {
    const struct mm_page *page = mm_block_page(m, p);
    if (page)
        return page->owner;
    const struct mm_header *header = (const struct mm_header *)p - 1;
    mm_instrument_open(m, (void *)header);
    return mm_whom_pointer(header->whom);
}

MM_HEADERS size_t mm_pool_size(struct machine *m, const void *p) {
    const struct mm_page *page = mm_block_page(m, p);
    if (page)
        return (size_t)page->count * PAGE_SIZE - page->slack;
    const struct mm_header *header = (const struct mm_header *)p - 1;
    mm_instrument_open(m, (void *)header);
    return mm_header_size(header->what);
}

MM_HEADERS bool mm_pool_is_charged(struct machine *m, const void *p) {
    const struct mm_page *page = mm_block_page(m, p);
    if (page)
        return page->type & MM_QUOTA;
    const struct mm_header *header = (const struct mm_header *)p - 1;
    mm_instrument_open(m, (void *)header);
    return header->what & MM_QUOTA;
}

typedef void mm_visit_fn(void *context, const struct mm_pool_block *block);

MM_HEADERS static void mm_visit_slab(struct machine *m, char *address, const struct mm_page *page,
                                     mm_visit_fn *visit, void *context) {
    const char *fresh = m->mm->classes[page->type][page->slack].fresh;
    struct mm_header *header = mm_slab_first(address, page);
    for (; header; header = mm_slab_next(m, page, header)) {
        if (fresh && (const char *)header >= fresh && (const char *)header < address + PAGE_SIZE &&
            fresh >= address)
            break; /* from here on never used */
        mm_instrument_open(m, header);
        if (!mm_header_is_good(header->what, header->whom) || !(header->what & MM_ALLOCATED))
            continue;
        visit(context, &(struct mm_pool_block){header + 1, mm_header_size(header->what),
                                               mm_header_tag(header->what),
                                               mm_pool_type((unsigned)header->what & 0xff),
                                               mm_whom_pointer(header->whom)});
    }
}

static void mm_visit_area(struct machine *m, struct mm_area *area, mm_visit_fn *visit,
                          void *context) {
    for (uint32_t i = 0; area->pages && i < area->used; i += area->pages[i].count) {
        const struct mm_page *page = &area->pages[i];
        char *address = mm_page_address(area, i);
        if (page->use == MM_USE_SLAB)
            mm_visit_slab(m, address, page, visit, context);
        if (page->use == MM_USE_BIG || (page->use == MM_USE_PAGES && page->owner))
            visit(context,
                  &(struct mm_pool_block){address, (size_t)page->count * PAGE_SIZE - page->slack,
                                          page->tag, mm_pool_type(page->type), page->owner});
    }
}

void mm_pool_visit(struct machine *m,
                   void (*visit)(void *context, const struct mm_pool_block *block), void *context) {
    mm_visit_area(m, &m->mm->area[0], visit, context);
    mm_visit_area(m, &m->mm->area[1], visit, context);
    mm_special_visit(m, visit, context);
}
