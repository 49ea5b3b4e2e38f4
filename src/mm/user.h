/*
 * User memory from inside.
 */
#ifndef MM_USER_H
#define MM_USER_H

#include "mm/pool.h"

#define MM_USER_CLASSES 6u /* 64, 128 … 2048 bytes */

/* The user memory of one process. */
struct mm_space {
    struct mm_space *next;
    PEPROCESS process;
    uint32_t partial[MM_USER_CLASSES]; /* slab pages with free slots: page number + 1, linked by
                                          mm_user_page */
    uint32_t pages;                    /* owned */
};

/* What a page descriptor has no room for. */
struct mm_user_page {
    uint64_t used;       /* of a slab: bit per slot; of a run: where its allocation begins */
    uint32_t next, prev; /* in mm_space.partial */
};

struct mm_user {
    struct mm_area
        area; /* descriptors' owner is the mm_space, NULL of pages that nobody sees any more */
    struct mm_user_page *pages;
    struct mm_space *spaces, *last;
    uint32_t high; /* pages from here on were never handed out: they are zero */
};

/* The space of a process, or NULL if it has none. */
struct mm_space *mm_space_find(struct machine *m, PEPROCESS process);
struct mm_space *mm_space_get(struct machine *m, PEPROCESS process);

/* Pages of a space, visible to its process; MM_NO_PAGE when there are none. Contents undefined
 * below user->high. */
uint32_t mm_user_take(struct machine *m, struct mm_space *space, uint32_t count);
/* The same at a given place, if that is free. */
uint32_t mm_user_take_at(struct machine *m, struct mm_space *space, uint32_t first, uint32_t count);
/* Takes a run away from its process; its pages are free when nobody holds them locked. */
void mm_user_give(struct machine *m, uint32_t first);
/* A lock on a page of a run that was given away is gone. */
void mm_user_unlocked(struct machine *m, uint32_t page);

/* User memory that a driver keeps its process from giving back (MmSecureVirtualMemory, system.c).
 */
struct mm_secured {
    struct mm_secured *next;
    PEPROCESS process;
    uintptr_t start;
    size_t size;
};
bool mm_is_secured(const struct machine *m, PEPROCESS process, uintptr_t address, size_t size);
void mm_unsecure_all(struct machine *m, PEPROCESS process);

static inline uintptr_t mm_user_address(const struct machine *m, uint32_t page) {
    return (uintptr_t)m->arena.user_base + (uintptr_t)page * PAGE_SIZE;
}

/* True if the address is in the pages that the user region has so far. */
static inline bool mm_user_holds(const struct machine *m, uintptr_t address) {
    const struct mm_user *user = m->mm->user;
    return user && address - (uintptr_t)m->arena.user_base < (uintptr_t)user->area.used * PAGE_SIZE;
}

static inline uint32_t mm_user_page_number(const struct machine *m, uintptr_t address) {
    return (uint32_t)((address - (uintptr_t)m->arena.user_base) >> PAGE_SHIFT);
}

#endif
