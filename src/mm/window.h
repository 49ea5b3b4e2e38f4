/*
 * Device memory, and mappings of pages at a second address.
 */
#ifndef MM_WINDOW_H
#define MM_WINDOW_H

#include "mm/pool.h"

/* A range of physical addresses that is a device's. */
struct mm_aperture {
    struct mm_aperture *next;
    uint64_t physical, size;
    char *memory;
};

/*
 * Pages seen at a second address: in user space, or at a reserved or otherwise contiguous system
 * address. Pages of the user region carry it (window.c).
 */
struct mm_window {
    struct mm_window *next;
    uint32_t first, count; /* pages of the user region */
    uint32_t mapped;       /* of them in use, from the first; 0: reserved only */
    PEPROCESS process;     /* whose user space it is in; NULL: system space, at the alias */
    ULONG tag;             /* of a reserved mapping */
    uintptr_t sources[];   /* the pages' direct system addresses */
};

/* A window of `count` pages, nothing mapped; NULL when there is no room. `requested`: user page
 * wanted, or MM_NO_PAGE. */
struct mm_window *mm_window_create(struct machine *m, PEPROCESS process, uint32_t count,
                                   uint32_t requested, ULONG tag);
/* Maps an MDL's pages into it; false if one of them cannot be seen twice. */
bool mm_window_map(struct machine *m, struct mm_window *window, PMDL mdl);
/* Maps pages of user memory that follow each other, from a system address on. */
void mm_window_show(struct machine *m, struct mm_window *window, uintptr_t source, uint32_t count);
void mm_window_unmap(struct machine *m, struct mm_window *window);
void mm_window_destroy(struct machine *m, struct mm_window *window);
/* Ends the windows into a process's space. */
void mm_windows_close(struct machine *m, PEPROCESS process);
/* Ends the views of sections in it (section.c). */
void mm_views_close(struct machine *m, PEPROCESS process);

static inline char *mm_window_address(const struct machine *m, const struct mm_window *window) {
    size_t offset = (size_t)window->first * PAGE_SIZE;
    return (window->process ? m->arena.user_base : m->arena.regions[KI_REGION_USER].base) + offset;
}

/* The aperture whose memory a system address lies in, or NULL. */
const struct mm_aperture *mm_aperture_at(const struct machine *m, uintptr_t address);
/* The window that contains an address, in its user view or its alias, or NULL. */
struct mm_window *mm_window_at(const struct machine *m, uintptr_t address);
uint64_t mm_window_physical(struct machine *m, const struct mm_window *window, uintptr_t address);

/* The page of nonpaged memory at a bound of physical addresses: the first from it on (`up`), or one
 * beyond the last below. */
uint32_t mm_frame_limit_page(const struct machine *m, uint64_t physical, bool up);

/*
 * What an MDL's pages are in system space: the address of the first byte if they follow each other,
 * NULL if not. Sets nothing.
 */
char *mm_mdl_view(struct machine *m, PMDL mdl);

#endif
