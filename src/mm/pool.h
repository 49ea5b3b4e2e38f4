/*
 * The pool from inside: block headers, size classes, page runs.
 *
 * An area is a region of the arena that hands out page runs (pages.c); each page has a struct
 * mm_page beside it that says what it is used for. Blocks below a page come from slabs: a page
 * holds blocks of one size class, each behind a 16-byte header, free ones in a list through their
 * headers (pool.c). From PAGE_SIZE on a block is a page run of its own and needs no header. So a
 * page-aligned address is a run, anything else lies behind a header.
 *
 * A header is two words: what the block is, and who owns it (or, while it is free, the next free
 * one) with 16 bits that depend on all others. What overruns a block breaks the next header's sum,
 * and the next routine that looks says so.
 */
#ifndef MM_POOL_H
#define MM_POOL_H

#include "ki/thread.h"
#include "mm/mm.h"

#if defined(__SANITIZE_ADDRESS__)
#define MM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MM_ASAN 1
#endif
#endif
#ifndef MM_ASAN
#define MM_ASAN 0
#endif

/* For functions that read and write headers, which are out of bounds to everybody else. */
#define MM_HEADERS __attribute__((no_sanitize("address")))

/* ---- page runs ---- */

enum mm_use {
    MM_USE_NONE,  /* never handed out */
    MM_USE_FREE,  /* in a free run; its first and last page know its length */
    MM_USE_SLAB,  /* small blocks of one class */
    MM_USE_BIG,   /* first page of a block of its own */
    MM_USE_PAGES, /* first page of a run that is not pool: contiguous memory, pages for an MDL */
    MM_USE_REST,  /* a further page of a run */
    MM_USE_FREED, /* special pool: was a block, never will be again */
};

struct mm_page {
    uint8_t use;
    uint8_t type;   /* of a BIG block: its type byte; of a SLAB: its kind */
    uint16_t slack; /* of a BIG block: bytes of its pages that were not asked for; of a SLAB: its
                       class */
    uint32_t count; /* pages of the run, on its first page; of a free run also on its last */
    union {
        struct {
            ULONG tag;
            ULONG locks; /* of this page: MDLs that hold it locked */
            const void *owner;
        };
        struct {
            uint32_t next, prev; /* page number + 1 in the list of free runs */
        };
    };
};

#define MM_EXACT_BINS 32u
#define MM_BINS 48u

struct mm_area {
    enum ki_region_kind region;
    char *base;
    struct mm_page *pages;
    uint32_t used;   /* pages taken from the region */
    uint32_t limit;  /* pages that `pages` describes */
    uint32_t low;    /* pages at the start kept for memory with a low physical address */
    bool low_free;   /* they are among the free runs, from their first use on */
    uint64_t filled; /* bit per bin that is not empty */
    uint32_t bins[MM_BINS];
};

#define MM_NO_PAGE UINT32_MAX

/* A run of pages, contents undefined; MM_NO_PAGE when there is none. Its first page is marked
 * `use`, the others REST. */
uint32_t mm_pages_take(struct machine *m, struct mm_area *area, uint32_t count, enum mm_use use);
/* The same within [lowest, highest] pages, aligned to `align` pages, not crossing a multiple of
 * `boundary` (0: any). */
uint32_t mm_pages_take_within(struct machine *m, struct mm_area *area, uint32_t count,
                              enum mm_use use, uint32_t lowest, uint32_t highest, uint32_t align,
                              uint32_t boundary);
void mm_pages_give(struct machine *m, struct mm_area *area, uint32_t first);

static inline char *mm_page_address(const struct mm_area *area, uint32_t page) {
    return area->base + (size_t)page * PAGE_SIZE;
}

/* True if the address lies in pages that the area took from its region. */
static inline bool mm_area_holds(const struct mm_area *area, const void *p) {
    return (uintptr_t)p - (uintptr_t)area->base < (uintptr_t)area->used * PAGE_SIZE;
}

static inline uint32_t mm_page_number(const struct mm_area *area, const void *p) {
    return (uint32_t)(((uintptr_t)p - (uintptr_t)area->base) >> PAGE_SHIFT);
}

/* ---- blocks ---- */

/* Bits of a type byte. */
enum {
    MM_PAGED = 1,
    MM_ALIGNED = 2, /* to a cache line; with MM_PAGED it makes the kind of slab */
    MM_EXECUTE = 4,
    MM_QUOTA = 8,
    MM_SESSION = 16,
    MM_MARKED = 32, /* mm_pool_mark */
    MM_FREED = 64,
    MM_ALLOCATED = 128,
};
#define MM_KINDS 4u
#define MM_KIND_MASK (MM_PAGED | MM_ALIGNED)

#define MM_HEADER_SIZE 16u
#define MM_LINE 64u
#define MM_CLASSES 256u
#define MM_LARGEST_SMALL (PAGE_SIZE - MM_HEADER_SIZE)
#define MM_LARGEST_ALIGNED (PAGE_SIZE - MM_LINE)
#define MM_LARGEST (16 * KI_GIB)

struct mm_header {
    uint64_t what; /* tag << 32 | bytes asked for << 16 | class << 8 | type byte */
    uint64_t whom; /* owner or next free header << 16 | sum */
};
_Static_assert(sizeof(struct mm_header) == MM_HEADER_SIZE, "a header keeps blocks 16-byte aligned");

struct mm_class {
    struct mm_header *free;
    char *fresh; /* next block of the newest page that was never used, or a page boundary */
};

struct mm_quarantine;
struct mm_user;
struct mm_aperture;
struct mm_window;
struct mm_io_mapping;
struct mm_secured;
struct mm_image;

struct mm_part {
    bool careful;           /* a rare mode is on: blocks are made and freed by the slow path */
    bool memcheck;          /* the host program runs under Valgrind */
    ULONG good_tag;         /* last tag that was found in order */
    struct mm_area area[2]; /* nonpaged, paged; used[] of the second is 0 until needed */
    struct mm_area special;
    uint32_t special_live;
    struct mm_quarantine *quarantine;
    bool paged_closed;    /* paged pool is inaccessible now */
    uint32_t paged_locks; /* pages of paged pool that MDLs hold locked, each as often as it is */
    struct mm_user *user;
    struct mm_aperture *apertures; /* device memory */
    struct mm_window *windows;     /* mappings apart from the direct one */
    struct mm_view *views;         /* of sections */
    struct mm_io_mapping *io_mappings;
    struct mm_secured *secured;
    struct mm_image *images;
    PEPROCESS default_process;
    void *(*find_module_routine)(struct machine *m, PCUNICODE_STRING module, const char *name);
    bool protections; /* a mapping's protection was changed: unmapping restores it */
    struct mm_class classes[MM_KINDS][MM_CLASSES];
    char *mixed[2];                    /* free rest of the newest mixed page, nonpaged and paged */
    uint8_t mixed_used[2][MM_CLASSES]; /* blocks that a class has in mixed pages */
};

static inline uint64_t mm_sum(uint64_t what, uint64_t whom48) {
    return ((what ^ whom48) * 0x9e3779b97f4a7c15ull) >> 48;
}

static inline uint64_t mm_whom(uint64_t what, const void *whom) {
    uint64_t high = (uint64_t)(uintptr_t)whom << 16;
    return high | mm_sum(what, high);
}

static inline bool mm_header_is_good(uint64_t what, uint64_t whom) {
    return mm_sum(what, whom & ~0xffffull) == (whom & 0xffff);
}

static inline void *mm_whom_pointer(uint64_t whom) { return (void *)(uintptr_t)(whom >> 16); }

static inline ULONG mm_header_tag(uint64_t what) { return (ULONG)(what >> 32); }

static inline size_t mm_header_size(uint64_t what) { return (what >> 16) & 0xffff; }

/*
 * The first few blocks of a class come from pages that classes share, so that a machine does not
 * need a page for each size it uses once. Such a page is a slab of class 0, which no plain block
 * has.
 */
#define MM_MIXED_BLOCKS 4u
#define MM_MIXED_LARGEST 512u

static inline bool mm_slab_is_mixed(const struct mm_page *page) {
    return page->slack == 0 && !(page->type & MM_ALIGNED);
}

/* The distance between blocks of a class. */
static inline size_t mm_stride(unsigned kind, unsigned class) {
    return kind & MM_ALIGNED ? (class + 1u) * MM_LINE : (class + 1u) * MM_HEADER_SIZE;
}

static inline unsigned mm_class_of(unsigned kind, size_t size) {
    size_t class = kind & MM_ALIGNED ? (size + MM_HEADER_SIZE - 1) / MM_LINE
                                     : (size + MM_HEADER_SIZE - 1) / MM_HEADER_SIZE;
    return (unsigned)(kind & MM_ALIGNED ? class : class + !class);
}

/* The type byte of a POOL_TYPE; the caller has dealt with invalid ones. */
static inline unsigned mm_type_byte(ULONG pool_type) {
    unsigned byte = pool_type & MM_PAGED;
    if (pool_type & 4)
        byte |= MM_ALIGNED;
    if (pool_type & 32)
        byte |= MM_SESSION;
    if (!(pool_type & (MM_PAGED | 512)))
        byte |= MM_EXECUTE;
    return byte;
}
POOL_TYPE mm_pool_type(unsigned type_byte);

/* Makes a block when no free one is at hand, in a careful mode, or of more than small size; NULL
 * when exhausted. */
void *mm_block_make(struct machine *m, unsigned type, size_t size, ULONG tag, const void *caller);
void mm_block_free_slow(struct machine *m, void *p, ULONG tag, const void *caller);
_Noreturn void mm_free_list_corrupt(struct machine *m, struct mm_class *class);

/* Nothing asks for the slow path: no rare mode, no trace of the pool. */
static inline bool mm_is_quiet(const struct machine *m) {
    const uint64_t traced = 1ull << WDMSIM_EVENT_POOL_ALLOC | 1ull << WDMSIM_EVENT_POOL_FREE;
    return !m->mm->careful & !(m->trace.mask & traced);
}

/*
 * The hot path of allocation, for a quiet machine: a free block of a plain kind, or NULL when there
 * is none at hand or something is odd about it. `type` is a type byte without MM_ALLOCATED and
 * MM_ALIGNED, `caller` a code address or NULL.
 */
MM_HEADERS static inline void *mm_block_take(struct mm_part *mm, unsigned type, size_t size,
                                             ULONG tag, const void *caller) {
    unsigned number = mm_class_of(0, size);
    struct mm_class *class = &mm->classes[type & MM_PAGED][number];
    struct mm_header *header = class->free;
    if (KI_UNLIKELY(!header))
        return NULL;
    uint64_t whom = header->whom;
    if (KI_UNLIKELY(!mm_header_is_good(header->what, whom)))
        return NULL;
    class->free = mm_whom_pointer(whom);
    uint64_t what = (uint64_t)tag << 32 | size << 16 | number << 8 | type | MM_ALLOCATED;
    header->what = what;
    header->whom = mm_whom(what, caller);
    return header + 1;
}

/*
 * The hot path of freeing, for a quiet machine: false if something is odd, and for paged pool above
 * APC_LEVEL. `tag` 0 matches any.
 */
MM_HEADERS static inline bool mm_block_put(struct machine *m, void *p, ULONG tag) {
    struct mm_part *mm = m->mm;
    bool odd = ((uintptr_t)p & (PAGE_SIZE - 1)) == 0 || ((uintptr_t)p & 15) != 0;
    unsigned paged = !mm_area_holds(&mm->area[0], p);
    if (KI_UNLIKELY(odd) ||
        (paged && (m->cpu->irql > APC_LEVEL || !mm_area_holds(&mm->area[1], p))))
        return false;
    struct mm_header *header = (struct mm_header *)p - 1;
    uint64_t what = header->what;
    bool bad = !mm_header_is_good(what, header->whom) |
               ((what & (MM_ALLOCATED | MM_KIND_MASK)) != (MM_ALLOCATED | paged));
    if (KI_UNLIKELY(bad) || KI_UNLIKELY(tag && tag != mm_header_tag(what)))
        return false;
    struct mm_class *class = &mm->classes[paged][(what >> 8) & 0xff];
    what ^= MM_ALLOCATED | MM_FREED;
    header->what = what;
    header->whom = mm_whom(what, class->free);
    class->free = header;
    return true;
}

static inline void *mm_block_allocate(struct machine *m, unsigned type, size_t size, ULONG tag,
                                      const void *caller) {
    void *p = NULL;
    if (KI_LIKELY(mm_is_quiet(m) && size <= MM_LARGEST_SMALL && !(type & MM_ALIGNED)))
        p = mm_block_take(m->mm, type, size, tag, caller);
    return KI_LIKELY(p != NULL) ? p : mm_block_make(m, type, size, tag, caller);
}

static inline void mm_block_free(struct machine *m, void *p, ULONG tag, const void *caller) {
    if (KI_UNLIKELY(!mm_is_quiet(m) || !mm_block_put(m, p, tag)))
        mm_block_free_slow(m, p, tag, caller);
}

/* ---- special pool (special.c) ---- */

void mm_special_start(struct machine *m);
/* What the machine's flags ask to guard, and what a fault in guarded memory means. */
void mm_guard_start(struct machine *m);
/* NULL when no more special blocks are possible: the ordinary pool serves then. `under`: put at the
 * start of its page. */
void *mm_special_make(struct machine *m, unsigned type, size_t size, ULONG tag, const void *caller,
                      bool under);
/* False if the address is not in special pool. */
bool mm_special_free(struct machine *m, void *p, ULONG tag, const void *caller);
const struct mm_page *mm_special_page(struct machine *m, const void *p);
void mm_special_visit(struct machine *m,
                      void (*visit)(void *context, const struct mm_pool_block *block),
                      void *context);

/* ---- instruments (instrument.c): Address Sanitizer and Valgrind's memcheck ---- */

void mm_instrument_start(struct machine *m);
void mm_instrument_allocate(struct machine *m, void *p, size_t size);
void mm_instrument_free(struct machine *m, void *p, size_t size);
/* Headers are in reach between open and close; only memcheck needs this. */
void mm_instrument_open(struct machine *m, void *header);
void mm_instrument_close(struct machine *m, void *header);
/* Memory that its user may touch from now on, or no longer. */
void mm_instrument_show(struct machine *m, void *p, size_t size);
void mm_instrument_hide(struct machine *m, void *p, size_t size);
/* Memory of which nothing is known any more: all of it counts as accessible and defined. */
void mm_instrument_reset(struct machine *m, void *p, size_t size);

/* ---- errors, and walking a slab (report.c) ---- */

struct mm_header *mm_slab_first(char *page_address, const struct mm_page *page);
/* The header behind one in a slab, NULL if that was the last or does not tell. */
struct mm_header *mm_slab_next(struct machine *m, const struct mm_page *page,
                               struct mm_header *header);

/* Ends in the bug check that freeing `p` deserves. */
_Noreturn void mm_free_violation(struct machine *m, void *p, ULONG tag, const void *caller);
_Noreturn void mm_tag_violation(struct machine *m, void *p, ULONG tag, ULONG wrong,
                                const void *caller);

#endif
