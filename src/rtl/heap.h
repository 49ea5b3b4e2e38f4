/*
 * Heaps from inside.
 *
 * A heap has regions: ranges of addresses that its source reserves and, from their start on,
 * commits. A segment is a region full of blocks, one behind the other, each behind a header that
 * knows its own length and that of the one before; free ones are in bins by length and merge with
 * free neighbours (heap_block.c). A block too large for a segment, or any block of a page heap, has
 * a region of its own (heap_region.c). Where regions come from is a source's business
 * (heap_source.c).
 *
 * The heap itself lies in nonpaged pool, out of reach of overruns, and stands for all its memory in
 * the leak report of the driver that created it. Headers lie among the blocks: what overruns one
 * breaks the next one's sum.
 */
#ifndef RTL_HEAP_H
#define RTL_HEAP_H

#include "ki/machine.h"

#define RTL_HEAP_TAG 0x70616548u /* "Heap" */
#define RTL_HEAP_GRAIN 16u       /* blocks are aligned to it and counted in it */
#define RTL_HEAP_BINS 64u
#define RTL_HEAP_LARGEST_BLOCK 0x7f000u /* of a segment */

enum { RTL_BLOCK_FREE = 0xf4, RTL_BLOCK_BUSY = 0xb5 };

struct rtl_heap_block {
    uint32_t units;  /* of the block with its header, in grains */
    uint32_t before; /* of the one before it; 0: it is the first */
    uint16_t slack;  /* bytes at its end that nobody asked for */
    uint8_t state;
    uint8_t zero;
    uint32_t sum; /* depends on all of the above and the address */
};
_Static_assert(sizeof(struct rtl_heap_block) == RTL_HEAP_GRAIN, "blocks stay aligned");

/* What the first bytes of a free block hold: neighbours in its bin, each with a sum (mm_whom). */
struct rtl_heap_links {
    uint64_t next, prev;
};

struct rtl_heap_region {
    LIST_ENTRY link;
    const struct rtl_heap_source *source;
    char *base;
    size_t reserved, committed, floor; /* bytes; not decommitted below the floor */
    struct rtl_heap_block *last;       /* of a segment: its last block */
    char *single;                      /* the only block, NULL: a segment */
    size_t size;                       /* of the only block */
};

struct rtl_heap {
    ULONG signature;
    ULONG flags;
    PERESOURCE lock;   /* NULL: HEAP_NO_SERIALIZE */
    PKTHREAD inside;   /* who is in a call; NULL: nobody */
    PEPROCESS process; /* whose address space the heap is in, NULL: any */
    const struct rtl_heap_source *source;
    RTL_SEGMENT_HEAP_VA_CALLBACKS callbacks;
    MEM_EXTENDED_PARAMETER node;
    ULONG node_count; /* of extended parameters that name the node */
    PRTL_HEAP_COMMIT_ROUTINE commit_routine;
    size_t segment_reserve, segment_commit;
    size_t decommit_block, decommit_total; /* thresholds */
    size_t largest;                        /* allocation at all */
    size_t threshold;                      /* from here on a block is no part of a segment */
    bool page_heap;
    bool hardened; /* all headers are looked at in every call */
    bool dying;
    LIST_ENTRY regions; /* the initial one first, if it is there */
    size_t free;        /* bytes of free blocks */
    uint64_t filled;    /* bit per bin that is not empty */
    struct rtl_heap_block *bins[RTL_HEAP_BINS];
    ERESOURCE own_lock;
};

/* ---- sources (heap_source.c) ---- */

/*
 * All run with the heap entered. `reserve` is given region->reserved, and sets the base and what it
 * really got, with `commit` bytes of it committed. `commit` extends the committed part by at least
 * `least`, by `size` if it can. False: there is no memory, and nothing has changed.
 */
struct rtl_heap_source {
    bool (*reserve)(struct machine *m, struct rtl_heap *heap, struct rtl_heap_region *region,
                    size_t commit);
    bool (*commit)(struct machine *m, struct rtl_heap *heap, struct rtl_heap_region *region,
                   size_t least, size_t size);
    void (*decommit)(struct machine *m, struct rtl_heap_region *region, size_t to);
    bool (*release)(struct machine *m, struct rtl_heap *heap, struct rtl_heap_region *region);
    bool watched; /* instruments are told what is accessible in it */
};
extern const struct rtl_heap_source rtl_heap_process, rtl_heap_given, rtl_heap_nonpaged,
    rtl_heap_special, rtl_heap_custom;

/* Sizes of regions and of what is committed are multiples of it. */
size_t rtl_heap_unit(void);
static inline size_t rtl_round(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

/* ---- regions (heap_region.c) ---- */

/* A segment, empty so far; `base` is memory of the caller's, or NULL. NULL: there is no memory. */
struct rtl_heap_region *rtl_heap_segment(struct machine *m, struct rtl_heap *heap, char *base,
                                         size_t reserve, size_t commit);
char *rtl_heap_single_make(struct machine *m, struct rtl_heap *heap, size_t size);
/* False: its source keeps it, and it stays as it was. */
bool rtl_heap_region_release(struct machine *m, struct rtl_heap *heap,
                             struct rtl_heap_region *region);
struct rtl_heap_region *rtl_heap_region_of(struct rtl_heap *heap, const void *address);
void rtl_heap_single_check(struct machine *m, struct rtl_heap *heap,
                           const struct rtl_heap_region *region);

/* ---- blocks (heap_block.c) ---- */

void *rtl_heap_block_take(struct machine *m, struct rtl_heap *heap, size_t size);
void rtl_heap_block_give(struct machine *m, struct rtl_heap *heap, struct rtl_heap_region *region,
                         char *p);
/* Takes over what was committed of a segment since its last block. */
void rtl_heap_block_grow(struct machine *m, struct rtl_heap *heap, struct rtl_heap_region *region,
                         size_t size);
/* A header in front of a single block. */
void rtl_heap_block_mark(struct machine *m, struct rtl_heap_region *region,
                         struct rtl_heap_block *block, size_t whole, size_t size);
bool rtl_heap_block_is_good(const struct rtl_heap_block *block);
/* Looks at every header of the heap. */
void rtl_heap_check(struct machine *m, struct rtl_heap *heap);

/* Parameter 1 of KERNEL_MODE_HEAP_CORRUPTION. */
enum rtl_heap_corruption {
    RTL_HEAP_BAD_HEADER = 0x3,
    RTL_HEAP_BAD_LARGE_HEADER = 0x5,
    RTL_HEAP_OVERRUN = 0x6,
    RTL_HEAP_UNDERRUN = 0x7,
    RTL_HEAP_FREED_TWICE = 0x8,
    RTL_HEAP_BAD_ARGUMENT = 0x9,
    RTL_HEAP_BAD_FREE_LIST = 0xd,
    RTL_HEAP_BAD_STATE = 0x10,
    RTL_HEAP_NULL_HANDLE = 0x13,
};
_Noreturn void rtl_heap_corrupt(struct machine *m, const struct rtl_heap *heap,
                                enum rtl_heap_corruption kind, const void *address,
                                const char *sentence);

#endif
