/*
 * The pool: blocks of nonpaged and paged memory, as drivers and the kernel's own components
 * allocate them.
 *
 * How it works. The common case is in pool.h: take the first free block of a size class, or put one
 * back. This file does the rest: slabs when a class has no free block, page runs for what is a page
 * or more, special pool, failure injection and the trace. Slabs are never given up; a class keeps
 * what it once needed.
 *
 * Under Address Sanitizer and Valgrind every block goes this way, so that both are told, and a
 * freed block waits in a ring (the quarantine) before it can be allocated again.
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/choose.h"
#include "ki/trace.h"
#include "mm/pool.h"
#include "ki/lock_log.h"

#define MM_NONPAGED_PAGES (4u << 20) /* 16 GiB */
#define MM_PAGED_PAGES (2u << 20)
#define MM_LOW_PAGES 4096u /* 16 MiB: what ISA DMA reaches */

#define MM_QUARANTINE 1024u
struct mm_quarantine {
    void *blocks[MM_QUARANTINE];
    unsigned next;
};

static void mm_area_start(struct machine *m, struct mm_area *area, enum ki_region_kind region,
                          uint32_t pages) {
    area->region = region;
    area->base = m->arena.regions[region].base;
    area->limit = pages;
    /* Address space only: the descriptors of pages that are never used are never touched. */
    area->pages = ki_region_take(m, KI_REGION_CONTROL, (size_t)pages * sizeof *area->pages);
    if (!area->pages)
        ki_no_memory();
}

/* The low pages: page 0 belongs to nobody, because physical address 0 means "none". */
static void mm_low_start(struct machine *m, struct mm_area *area) {
    char *low = ki_region_take(m, area->region, (size_t)MM_LOW_PAGES * PAGE_SIZE);
    if (!low)
        ki_no_memory();
    KI_ASSERT(low == area->base);
    m->arena.regions[area->region].hot = (size_t)MM_LOW_PAGES * PAGE_SIZE;
    area->low = area->used = MM_LOW_PAGES;
    mm_instrument_hide(m, low, (size_t)MM_LOW_PAGES * PAGE_SIZE);
    area->pages[0] = (struct mm_page){.use = MM_USE_PAGES, .count = 1};
    area->pages[1] = (struct mm_page){.use = MM_USE_NONE, .count = MM_LOW_PAGES - 1};
}

void mm_start(struct machine *m) {
    m->mm = ki_alloc(m, sizeof *m->mm);
    m->mm->good_tag = 0x656e6f4e; /* "None", the one of ExAllocatePool */
    mm_instrument_start(m);
    mm_area_start(m, &m->mm->area[0], KI_REGION_NONPAGED, MM_NONPAGED_PAGES);
    mm_low_start(m, &m->mm->area[0]);
    mm_guard_start(m);
    bool watched = MM_ASAN || m->mm->memcheck;
    if (watched)
        m->mm->quarantine = ki_alloc(m, sizeof *m->mm->quarantine);
    m->mm->careful =
        watched || (m->flags & (WDMSIM_GUARD_POOL | WDMSIM_FAIL_POOL | WDMSIM_CHECK_LOCKS));
}

POOL_TYPE mm_pool_type(unsigned type_byte) {
    unsigned type = type_byte & MM_PAGED;
    if (!(type_byte & (MM_PAGED | MM_EXECUTE)))
        type |= NonPagedPoolNx;
    if (type_byte & MM_ALIGNED)
        type |= NonPagedPoolCacheAligned;
    if (type_byte & MM_SESSION)
        type |= NonPagedPoolSession;
    return (POOL_TYPE)type;
}

void mm_tag_text(ULONG tag, char text[5]) {
    for (unsigned i = 0; i < 4; i++) {
        char c = (char)(tag >> (8 * i) & 0x7f);
        text[i] = c >= ' ' && c <= '~' ? c : '.';
    }
    text[4] = 0;
}

static struct mm_area *mm_area_of_type(struct machine *m, unsigned type) {
    struct mm_area *area = &m->mm->area[type & MM_PAGED];
    if (KI_UNLIKELY(!area->pages))
        mm_area_start(m, area, KI_REGION_PAGED, MM_PAGED_PAGES);
    return area;
}

/* A block of PAGE_SIZE and more, or of a size between the largest of the slabs and that. */
static void *mm_block_make_big(struct machine *m, unsigned type, size_t size, ULONG tag,
                               const void *caller) {
    if (size > MM_LARGEST)
        return NULL;
    struct mm_area *area = mm_area_of_type(m, type);
    uint32_t count = (uint32_t)((size + PAGE_SIZE - 1) / PAGE_SIZE);
    uint32_t first = mm_pages_take(m, area, count, MM_USE_BIG);
    if (first == MM_NO_PAGE)
        return NULL;
    struct mm_page *page = &area->pages[first];
    page->type = (uint8_t)type;
    page->slack = (uint16_t)((size_t)count * PAGE_SIZE - size);
    page->tag = tag;
    page->owner = caller;
    return mm_page_address(area, first);
}

/* A slab page of a class, or (class 0 of a plain kind) a mixed one. */
static char *mm_slab_make(struct machine *m, unsigned kind, unsigned number) {
    struct mm_area *area = mm_area_of_type(m, kind);
    uint32_t page = mm_pages_take(m, area, 1, MM_USE_SLAB);
    if (page == MM_NO_PAGE)
        return NULL;
    area->pages[page].type = (uint8_t)kind;
    area->pages[page].slack = (uint16_t)number;
    return mm_page_address(area, page);
}

/* A block that was never used from the newest mixed page of the kind or a new one. A header of
 * zeros ends the page's blocks. */
MM_HEADERS static struct mm_header *mm_block_mixed(struct machine *m, unsigned kind,
                                                   size_t stride) {
    char *place = m->mm->mixed[kind];
    size_t room = place ? PAGE_SIZE - ((uintptr_t)place & (PAGE_SIZE - 1)) : 0;
    if (room < stride) {
        place = mm_slab_make(m, kind, 0);
        if (!place)
            return NULL;
        room = PAGE_SIZE;
    }
    room -= stride;
    m->mm->mixed[kind] = room ? place + stride : NULL;
    if (room) {
        struct mm_header *end = (struct mm_header *)(void *)(place + stride);
        mm_instrument_open(m, end);
        end->what = 0;
    }
    return (struct mm_header *)(void *)place;
}

/* A block that was never used, from the class's newest slab or a new one. */
static struct mm_header *mm_block_fresh(struct machine *m, struct mm_class *class, unsigned kind,
                                        unsigned number) {
    size_t stride = mm_stride(kind, number);
    if (!(kind & MM_ALIGNED) && stride <= MM_MIXED_LARGEST &&
        m->mm->mixed_used[kind][number] < MM_MIXED_BLOCKS) {
        m->mm->mixed_used[kind][number]++;
        return mm_block_mixed(m, kind, stride);
    }
    if (!class->fresh) {
        char *page = mm_slab_make(m, kind, number);
        if (!page)
            return NULL;
        class->fresh = page + (kind & MM_ALIGNED ? MM_LINE - MM_HEADER_SIZE : 0);
    }
    struct mm_header *header = (struct mm_header *)(void *)class->fresh;
    size_t next = ((uintptr_t) class->fresh & (PAGE_SIZE - 1)) + stride;
    class->fresh = next + stride <= PAGE_SIZE ? class->fresh + stride : NULL;
    return header;
}

MM_HEADERS static struct mm_header *mm_block_pop(struct machine *m, unsigned kind,
                                                 unsigned number) {
    struct mm_class *class = &m->mm->classes[kind][number];
    struct mm_header *header = class->free;
    if (!header)
        return mm_block_fresh(m, class, kind, number);
    mm_instrument_open(m, header);
    if (!mm_header_is_good(header->what, header->whom))
        mm_free_list_corrupt(m, class);
    class->free = mm_whom_pointer(header->whom);
    return header;
}

MM_HEADERS static void *mm_block_make_small(struct machine *m, unsigned type, size_t size,
                                            ULONG tag, const void *caller) {
    unsigned kind = type & MM_KIND_MASK;
    unsigned number = mm_class_of(kind, size);
    struct mm_header *header = mm_block_pop(m, kind, number);
    if (!header)
        return NULL;
    mm_instrument_open(m, header);
    header->what = (uint64_t)tag << 32 | size << 16 | number << 8 | type | MM_ALLOCATED;
    header->whom = mm_whom(header->what, caller);
    mm_instrument_close(m, header);
    return header + 1;
}

bool mm_choose_failure(struct machine *m) {
    return m->running != &m->host && ki_choose(m, WDMSIM_CHOICE_POOL, 2);
}

void *mm_block_make(struct machine *m, unsigned type, size_t size, ULONG tag, const void *caller) {
    void *p = NULL;
    if (caller && mm_fails(m))
        return NULL;
    if (m->flags & WDMSIM_GUARD_POOL)
        p = mm_special_make(m, type, size, tag, caller, false);
    if (!p) {
        size_t largest = type & MM_ALIGNED ? MM_LARGEST_ALIGNED : MM_LARGEST_SMALL;
        p = size > largest ? mm_block_make_big(m, type, size, tag, caller)
                           : mm_block_make_small(m, type, size, tag, caller);
        if (p)
            mm_instrument_allocate(m, p, size);
    }
    if (p && ki_tracing(m, WDMSIM_EVENT_POOL_ALLOC)) {
        char text[5];
        mm_tag_text(tag, text);
        ki_trace_record(m, WDMSIM_EVENT_POOL_ALLOC, text, size, mm_pool_type(type), 0, 0);
    }
    return p;
}

/* ---- freeing ---- */

static void mm_trace_free(struct machine *m, size_t size, ULONG tag) {
    if (ki_tracing(m, WDMSIM_EVENT_POOL_FREE)) {
        char text[5];
        mm_tag_text(tag, text);
        ki_trace_record(m, WDMSIM_EVENT_POOL_FREE, text, size, 0, 0, 0);
    }
}

/* A driver frees paged pool above APC_LEVEL. */
static void mm_check_free_irql(struct machine *m, unsigned type, void *p, const void *caller) {
    if (!caller || !(type & MM_PAGED) || m->cpu->irql <= APC_LEVEL ||
        !(m->flags & WDMSIM_CHECK_RULES))
        return;
    ki_bugcheck(m, BAD_POOL_CALLER, 0x09, m->cpu->irql, mm_pool_type(type), (ULONG_PTR)p,
                "%s freed paged pool at %s; it is allowed at most at APC_LEVEL",
                ki_address_name(m, caller), ki_irql_name(m->cpu->irql));
}

static _Noreturn void mm_locked_violation(struct machine *m, void *page, ULONG locks,
                                          const void *caller) {
    ki_bugcheck(m, PFN_LIST_CORRUPT, 0x9a, (ULONG_PTR)(mm_physical_address(m, page) >> PAGE_SHIFT),
                3, locks, "%s freed a pool block while an MDL holds its pages locked",
                caller ? ki_address_name(m, caller) : "the kernel");
}

static void mm_block_free_big(struct machine *m, struct mm_area *area, void *p, ULONG tag,
                              const void *caller) {
    uint32_t first = mm_page_number(area, p);
    struct mm_page *page = &area->pages[first];
    if (page->use != MM_USE_BIG)
        mm_free_violation(m, p, tag, caller);
    if (tag && tag != page->tag)
        mm_tag_violation(m, p, page->tag, tag, caller);
    mm_check_free_irql(m, page->type, p, caller);
    for (uint32_t i = 0; i < page->count; i++) {
        if (KI_UNLIKELY(page[i].locks))
            mm_locked_violation(m, (char *)p + (size_t)i * PAGE_SIZE, page[i].locks, caller);
    }
    size_t size = (size_t)page->count * PAGE_SIZE - page->slack;
    if (ki_locks_followed(m))
        ki_locks_freed(m, p, size, caller);
    mm_trace_free(m, size, page->tag);
    mm_instrument_free(m, p, size);
    mm_pages_give(m, area, first);
}

MM_HEADERS static void mm_class_push(struct machine *m, struct mm_header *header) {
    mm_instrument_open(m, header);
    struct mm_class *class =
        &m->mm->classes[header->what & MM_KIND_MASK][(header->what >> 8) & 0xff];
    header->whom = mm_whom(header->what, class->free);
    class->free = header;
    mm_instrument_close(m, header);
}

/* A freed block goes into the ring; the one it displaces can be allocated again. */
static void mm_quarantine_put(struct machine *m, struct mm_header *header) {
    struct mm_quarantine *quarantine = m->mm->quarantine;
    struct mm_header *oldest = quarantine->blocks[quarantine->next];
    quarantine->blocks[quarantine->next] = header;
    quarantine->next = (quarantine->next + 1) % MM_QUARANTINE;
    if (oldest)
        mm_class_push(m, oldest);
}

MM_HEADERS static void mm_block_free_small(struct machine *m, struct mm_area *area, void *p,
                                           ULONG tag, const void *caller) {
    struct mm_header *header = (struct mm_header *)p - 1;
    if (((uintptr_t)p & 15) || area->pages[mm_page_number(area, p)].use != MM_USE_SLAB)
        mm_free_violation(m, p, tag, caller);
    mm_instrument_open(m, header);
    uint64_t what = header->what;
    if (!mm_header_is_good(what, header->whom) || !(what & MM_ALLOCATED))
        mm_free_violation(m, p, tag, caller);
    if (tag && tag != mm_header_tag(what))
        mm_tag_violation(m, p, mm_header_tag(what), tag, caller);
    mm_check_free_irql(m, (unsigned)what & 0xff, p, caller);
    header->what = what ^ (MM_ALLOCATED | MM_FREED);
    header->whom = mm_whom(header->what, caller);
    mm_instrument_close(m, header);
    if (ki_locks_followed(m))
        ki_locks_freed(m, p, mm_header_size(what), caller);
    mm_trace_free(m, mm_header_size(what), mm_header_tag(what));
    mm_instrument_free(m, p, mm_header_size(what));
    if (m->mm->quarantine)
        mm_quarantine_put(m, header);
    else
        mm_class_push(m, header);
}

void mm_block_free_slow(struct machine *m, void *p, ULONG tag, const void *caller) {
    struct mm_part *mm = m->mm;
    if (mm->special.pages && mm_special_free(m, p, tag, caller))
        return;
    struct mm_area *area = mm_area_holds(&mm->area[0], p) ? &mm->area[0] : &mm->area[1];
    if (!area->pages || !mm_area_holds(area, p))
        mm_free_violation(m, p, tag, caller);
    if (((uintptr_t)p & (PAGE_SIZE - 1)) == 0)
        mm_block_free_big(m, area, p, tag, caller);
    else
        mm_block_free_small(m, area, p, tag, caller);
}

/* ---- for the other components ---- */

/* Their structures are aligned to 16 on every machine; see mm_special_align. */
static size_t mm_own_size(const struct machine *m, size_t size) {
    return KI_UNLIKELY(m->flags & WDMSIM_GUARD_EXACT) ? (size + 15) & ~(size_t)15 : size;
}

void *mm_pool_allocate(struct machine *m, POOL_TYPE type, size_t size, ULONG tag) {
    return mm_block_allocate(m, mm_type_byte(type), mm_own_size(m, size), tag, NULL);
}

void *mm_pool_allocate_zeroed(struct machine *m, POOL_TYPE type, size_t size, ULONG tag) {
    void *p = mm_pool_allocate(m, type, size, tag);
    if (p)
        memset(p, 0, size);
    return p;
}

void *mm_pool_allocate_for(struct machine *m, POOL_TYPE type, size_t size, ULONG tag,
                           const void *caller) {
    return mm_block_allocate(m, mm_type_byte(type), mm_own_size(m, size), tag, caller);
}

void mm_pool_free(struct machine *m, void *p, ULONG tag) { mm_block_free(m, p, tag, NULL); }
