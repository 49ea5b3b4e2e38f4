/*
 * Special pool: every block in pages of its own, followed by a page that nobody may touch, and
 * never used again.
 *
 * A block ends where its inaccessible page begins, up to its alignment; the bytes between hold a
 * pattern that is compared when the block is freed. A block of a page or more must be page
 * aligned, so its slack is longer. Freed blocks become inaccessible for good: a fault there is told
 * apart from one beyond an allocated block by the pages' descriptors (mm_fault_explain). Where the
 * host's pages are larger the inaccessible one is the host's, and a block may have unused pages
 * before it. The host
 * limits the number of areas with different protection, so beyond MM_SPECIAL_LIVE blocks at a time,
 * or when the region is used up, allocations come from the ordinary pool.
 */
#include <stdio.h>
#include <string.h>

#include "ki/bugcheck.h"
#include "mm/pool.h"
#include "ki/lock_log.h"

#define MM_SPECIAL_PAGES (4u << 20)
#define MM_SPECIAL_LIVE 24000u
#define MM_SPECIAL_PATTERN 0x5a

void mm_special_start(struct machine *m) {
    struct mm_area *area = &m->mm->special;
    if (area->pages)
        return;
    area->region = KI_REGION_SPECIAL;
    area->base = m->arena.regions[KI_REGION_SPECIAL].base;
    area->limit = MM_SPECIAL_PAGES;
    area->pages =
        ki_region_take(m, KI_REGION_CONTROL, (size_t)MM_SPECIAL_PAGES * sizeof *area->pages);
    if (!area->pages)
        ki_no_memory();
}

/*
 * How a block is aligned that ends at the guard. Pool memory is aligned to 16, so a block of
 * 8 bytes leaves 8 readable ones behind it; who wants to see reads there, too, gives up alignment
 * beyond that of the size (WDMSIM_GUARD_EXACT). What a structure needs its size has in common with
 * it, so only a block that is no array of structures is worse off.
 */
static size_t mm_special_align(const struct machine *m, unsigned type, size_t size) {
    if (type & MM_ALIGNED)
        return MM_LINE;
    if (!(m->flags & WDMSIM_GUARD_EXACT) || size % 16 == 0)
        return 16;
    return size & (0 - size);
}

/* How many of the machine's pages are one of the host's. */
static uint32_t mm_special_unit(void) { return (uint32_t)(ki_host_page() / PAGE_SIZE); }

/* The pages before a block in the host's page where it begins: their descriptors lead to it as
 * those behind it do. */
static uint32_t mm_special_skip(struct machine *m, uint32_t count, uint32_t unit) {
    struct mm_area *area = &m->mm->special;
    uint32_t skip = (0u - count) & (unit - 1);
    for (uint32_t i = 0; i < skip; i++)
        area->pages[area->used + i] = (struct mm_page){.use = MM_USE_REST, .count = i - skip};
    return skip;
}

void *mm_special_make(struct machine *m, unsigned type, size_t size, ULONG tag, const void *caller,
                      bool under) {
    struct mm_area *area = &m->mm->special;
    uint32_t count = size ? (uint32_t)((size + PAGE_SIZE - 1) / PAGE_SIZE) : 1;
    uint32_t unit = mm_special_unit(), all = ((count + unit - 1) & ~(unit - 1)) + unit;
    if (size > MM_LARGEST || m->mm->special_live >= MM_SPECIAL_LIVE ||
        all > area->limit - area->used ||
        !ki_region_take(m, KI_REGION_SPECIAL, (size_t)all * PAGE_SIZE))
        return NULL;
    uint32_t first = area->used + mm_special_skip(m, count, unit);
    char *pages = mm_page_address(area, first);
    area->used += all;
    m->mm->special_live++;
    ki_arena_protect(pages + (size_t)count * PAGE_SIZE, (size_t)unit * PAGE_SIZE, KI_ACCESS_NONE);
    for (uint32_t i = 1; i < count + unit; i++)
        area->pages[first + i] = (struct mm_page){.use = MM_USE_REST, .count = i};
    area->pages[first] = (struct mm_page){.use = MM_USE_BIG,
                                          .type = (uint8_t)(type | MM_ALLOCATED),
                                          .count = count,
                                          .tag = tag,
                                          .owner = caller};
    area->pages[first].slack = (uint16_t)((size_t)count * PAGE_SIZE - size);
    size_t align = mm_special_align(m, type, size);
    bool end = size < PAGE_SIZE && !under;
    char *p = end ? pages + ((PAGE_SIZE - size) & ~(align - 1)) : pages;
    memset(pages, MM_SPECIAL_PATTERN, (size_t)count * PAGE_SIZE);
    return p;
}

/* The first page of the block that a page belongs to (an inaccessible page: of the block before
 * it). */
static uint32_t mm_special_first(const struct mm_area *area, uint32_t page) {
    return area->pages[page].use == MM_USE_REST ? page - area->pages[page].count : page;
}

const struct mm_page *mm_special_page(struct machine *m, const void *p) {
    const struct mm_area *area = &m->mm->special;
    return &area->pages[mm_special_first(area, mm_page_number(area, p))];
}

/* The address in the block's slack that was written to, or NULL. */
static char *mm_special_damage(const struct mm_area *area, uint32_t first, char *p, size_t size) {
    char *pages = mm_page_address(area, first);
    char *end = pages + (size_t)area->pages[first].count * PAGE_SIZE;
    for (char *c = p + size; c < end; c++) {
        if (*c != MM_SPECIAL_PATTERN)
            return c;
    }
    for (char *c = p; c > pages; c--) {
        if (*(c - 1) != MM_SPECIAL_PATTERN)
            return c - 1;
    }
    return NULL;
}

static void mm_special_check(struct machine *m, struct mm_page *page, uint32_t first, char *p,
                             ULONG tag, const char *where) {
    size_t size = (size_t)page->count * PAGE_SIZE - page->slack;
    if (page->use == MM_USE_FREED)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x07, 0, 0, (ULONG_PTR)p,
                    "%s freed a special pool block that was free already", where);
    size_t align = mm_special_align(m, page->type, size);
    char *pages = mm_page_address(&m->mm->special, first);
    char *at_end = pages + ((PAGE_SIZE - size) & ~(align - 1));
    if (p != pages && (size >= PAGE_SIZE || p != at_end))
        ki_bugcheck(m, SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG_PTR)p, size, 0, 0x21,
                    "%s freed an address in the middle of a special pool block", where);
    if (tag && tag != page->tag)
        mm_tag_violation(m, p, page->tag, tag, NULL);
    char *damage = mm_special_damage(&m->mm->special, first, p, size);
    if (damage)
        ki_bugcheck(m, SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG_PTR)p, (ULONG_PTR)damage, 0,
                    damage < p ? 0x23 : 0x24,
                    "%s freed a special pool block that was written %s its %zu bytes", where,
                    damage < p ? "before" : "beyond", size);
}

bool mm_special_free(struct machine *m, void *p, ULONG tag, const void *caller) {
    struct mm_area *area = &m->mm->special;
    if (!mm_area_holds(area, p))
        return false;
    uint32_t first = mm_special_first(area, mm_page_number(area, p));
    struct mm_page *page = &area->pages[first];
    const char *where = caller ? ki_address_name(m, caller) : "the kernel";
    mm_special_check(m, page, first, p, tag, where);
    if (caller && (page->type & MM_PAGED) && m->cpu->irql > APC_LEVEL &&
        (m->flags & WDMSIM_CHECK_RULES))
        ki_bugcheck(m, SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, m->cpu->irql,
                    mm_pool_type(page->type), (ULONG_PTR)p, 0x31, "%s freed paged pool at %s",
                    where, ki_irql_name(m->cpu->irql));
    if (ki_locks_followed(m))
        ki_locks_freed(m, p, (size_t)page->count * PAGE_SIZE - page->slack, caller);
    page->use = MM_USE_FREED;
    m->mm->special_live--;
    uint32_t unused = first & (mm_special_unit() - 1);
    char *pages = mm_page_address(area, first - unused);
    ki_arena_discard(pages, (size_t)(unused + page->count) * PAGE_SIZE);
    ki_arena_protect(pages, (size_t)(unused + page->count) * PAGE_SIZE, KI_ACCESS_NONE);
    return true;
}

void mm_special_visit(struct machine *m,
                      void (*visit)(void *context, const struct mm_pool_block *block),
                      void *context) {
    struct mm_area *area = &m->mm->special;
    for (uint32_t i = 0; area->pages && i < area->used; i++) {
        const struct mm_page *page = &area->pages[i];
        size_t size = (size_t)page->count * PAGE_SIZE - page->slack;
        if (page->use == MM_USE_BIG)
            visit(context, &(struct mm_pool_block){mm_page_address(area, i), size, page->tag,
                                                   mm_pool_type(page->type), page->owner});
    }
}

static ULONG mm_fault_explain(struct machine *m, uintptr_t address, char *text, size_t size) {
    struct mm_part *mm = m->mm;
    const void *p = (const void *)address;
    if (mm->special.pages && mm_area_holds(&mm->special, p)) {
        const struct mm_page *page = mm_special_page(m, p);
        char tag[5];
        mm_tag_text(page->tag, tag);
        bool freed = page->use == MM_USE_FREED;
        snprintf(text, size, "%s of %zu bytes, tag '%s', allocated by %s",
                 freed ? "a freed pool block" : "beyond the end of a pool block",
                 (size_t)page->count * PAGE_SIZE - page->slack, tag,
                 page->owner ? ki_address_name(m, page->owner) : "the kernel");
        return freed ? PAGE_FAULT_IN_FREED_SPECIAL_POOL : PAGE_FAULT_BEYOND_END_OF_ALLOCATION;
    }
    if (mm->paged_closed && mm_area_holds(&mm->area[1], p)) {
        snprintf(text, size, "paged pool at %s", ki_irql_name(m->cpu->irql));
        return DRIVER_IRQL_NOT_LESS_OR_EQUAL;
    }
    return 0;
}

/* ---- paged pool at raised IRQL ---- */

/* Opens or closes paged pool but for the pages that an MDL holds locked. */
static void mm_paged_protect(struct machine *m, enum ki_access access) {
    const struct mm_area *area = &m->mm->area[1];
    uint32_t from = 0;
    for (uint32_t i = 0; m->mm->paged_locks && i < area->used; i++) {
        if (area->pages[i].use == MM_USE_FREE || area->pages[i].use == MM_USE_NONE ||
            !area->pages[i].locks)
            continue;
        if (i > from)
            ki_arena_protect(mm_page_address(area, from), (size_t)(i - from) * PAGE_SIZE, access);
        from = i + 1;
    }
    if (area->used > from)
        ki_arena_protect(mm_page_address(area, from), (size_t)(area->used - from) * PAGE_SIZE,
                         access);
}

static void mm_paged_guard(struct machine *m, KIRQL irql) {
    bool close = irql >= DISPATCH_LEVEL;
    if (close == m->mm->paged_closed)
        return;
    m->mm->paged_closed = close;
    mm_paged_protect(m, close ? KI_ACCESS_NONE : KI_ACCESS_ALL);
}

void mm_guard_start(struct machine *m) {
    m->explain_fault = mm_fault_explain;
    if (m->flags & WDMSIM_GUARD_POOL)
        mm_special_start(m);
    if (m->flags & WDMSIM_GUARD_PAGED) {
        m->irql_moved = mm_paged_guard;
        m->attention |= KI_ATTENTION_IRQL;
    }
}
