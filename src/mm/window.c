/*
 * Windows: the same pages at a second address.
 *
 * Principle. Pool is the host's anonymous memory, which cannot be mapped twice; user memory is a
 * file, which can. A window is a run of pages of the user region. Mapping a pool page into it
 * copies the page's contents to the window's page and then puts that page of the file at the pool's
 * address as well: from then on both addresses, and the window's alias, are one memory. Unmapping
 * goes the other way. A page of user memory is put at the window's address instead.
 *
 * A pool page can be seen through one window at a time, and pages of the host program through none.
 * A host with larger pages than the machine's cannot map one of the machine's alone: there are no
 * windows then, and who asks for one gets the failure that its page documents.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <string.h>
#include <sys/mman.h>

#include "ki/bugcheck.h"
#include "mm/mdl.h"
#include "mm/probe.h"
#include "mm/user.h"
#include "mm/window.h"

#define MM_WINDOW_TAG 0x6e69574du /* "MWin" */

struct mm_window *mm_window_at(const struct machine *m, uintptr_t address) {
    uintptr_t view = address - (uintptr_t)m->arena.user_base;
    uintptr_t alias = address - (uintptr_t)m->arena.regions[KI_REGION_USER].base;
    uintptr_t offset = view < KI_USER_SIZE ? view : alias;
    if (offset >= KI_USER_SIZE)
        return NULL;
    uint32_t page = (uint32_t)(offset >> PAGE_SHIFT);
    for (struct mm_window *window = m->mm->windows; window; window = window->next) {
        if (page - window->first < window->count)
            return window;
    }
    return NULL;
}

uint64_t mm_window_physical(struct machine *m, const struct mm_window *window, uintptr_t address) {
    uintptr_t offset = address - (uintptr_t)m->arena.user_base;
    if (offset >= KI_USER_SIZE)
        offset = address - (uintptr_t)m->arena.regions[KI_REGION_USER].base;
    uint32_t page = (uint32_t)(offset >> PAGE_SHIFT) - window->first;
    if (page >= window->mapped)
        return 0;
    return mm_physical_address(m, (const void *)window->sources[page]) +
           (address & (PAGE_SIZE - 1));
}

struct mm_window *mm_window_create(struct machine *m, PEPROCESS process, uint32_t count,
                                   uint32_t requested, ULONG tag) {
    struct mm_space *space = ki_host_page() == PAGE_SIZE ? mm_space_get(m, process) : NULL;
    if (!space)
        return NULL;
    struct mm_window *window = mm_pool_allocate(
        m, NonPagedPoolNx, sizeof *window + count * sizeof window->sources[0], MM_WINDOW_TAG);
    if (!window)
        return NULL;
    uint32_t first = requested == MM_NO_PAGE ? mm_user_take(m, space, count)
                                             : mm_user_take_at(m, space, requested, count);
    if (first == MM_NO_PAGE) {
        mm_pool_free(m, window, MM_WINDOW_TAG);
        return NULL;
    }
    struct mm_user *user = m->mm->user;
    if (user->high < first + count)
        user->high = first + count;
    *window = (struct mm_window){m->mm->windows, first, count, 0, process, tag};
    m->mm->windows = window;
    user->pages[first].used = PAGE_SIZE; /* no allocation of the process's begins here */
    if (!process)
        ki_arena_protect((void *)mm_user_address(m, first), (size_t)count * PAGE_SIZE,
                         KI_ACCESS_NONE);
    return window;
}

/* Puts a page of the file behind user memory at an address. */
static void mm_put_file_page(struct machine *m, uintptr_t address, uint32_t page) {
    void *got = mmap((void *)address, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                     m->arena.user_file, (off_t)page * PAGE_SIZE);
    if (got != (void *)address)
        ki_no_memory();
}

static uintptr_t mm_alias_of_page(const struct machine *m, uint32_t page) {
    return (uintptr_t)mm_page_address(&m->mm->user->area, page);
}

/* The addresses at which a window's page is seen: the alias, and the user view of a window in user
 * space. */
static void mm_window_put(struct machine *m, const struct mm_window *window, uint32_t index,
                          uint32_t page) {
    mm_put_file_page(m, mm_alias_of_page(m, window->first + index), page);
    if (window->process)
        mm_put_file_page(m, mm_user_address(m, window->first + index), page);
}

static bool mm_is_user_page(const struct machine *m, uintptr_t system) {
    return system - (uintptr_t)m->arena.regions[KI_REGION_USER].base < KI_USER_SIZE;
}

/* True if the pool page is seen through a window already, or is not the machine's. */
static bool mm_window_excludes(const struct machine *m, uintptr_t source) {
    uintptr_t slot = (uintptr_t)m->arena.regions[KI_REGION_CONTROL].base;
    if (source - slot >= KI_SLOT_SIZE)
        return true;
    for (const struct mm_window *window = m->mm->windows; window; window = window->next) {
        for (uint32_t i = 0; i < window->mapped; i++) {
            if (window->sources[i] == source)
                return !mm_is_user_page(m, source);
        }
    }
    return false;
}

static void mm_window_map_page(struct machine *m, struct mm_window *window, uint32_t index,
                               uintptr_t source) {
    if (mm_is_user_page(m, source)) {
        mm_window_put(m, window, index, mm_page_number(&m->mm->user->area, (const void *)source));
    } else {
        mm_copy_raw((void *)mm_alias_of_page(m, window->first + index), (const void *)source,
                    PAGE_SIZE);
        mm_put_file_page(m, source, window->first + index);
        ki_arena_changed((const void *)source);
    }
    window->sources[index] = source;
}

bool mm_window_map(struct machine *m, struct mm_window *window, PMDL mdl) {
    uint32_t pages = mm_mdl_pages(mdl);
    if (pages > window->count)
        return false;
    for (uint32_t i = 0; i < pages; i++) {
        uintptr_t source =
            (uintptr_t)mm_physical_view(m, (uint64_t)MmGetMdlPfnArray(mdl)[i] << PAGE_SHIFT);
        if (!source || mm_window_excludes(m, source)) {
            mm_window_unmap(m, window);
            return false;
        }
        mm_window_map_page(m, window, i, source);
        window->mapped = i + 1;
    }
    return true;
}

void mm_window_show(struct machine *m, struct mm_window *window, uintptr_t source, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        mm_window_map_page(m, window, i, source + (uintptr_t)i * PAGE_SIZE);
    window->mapped = count;
}

static void mm_window_unmap_page(struct machine *m, struct mm_window *window, uint32_t index) {
    uintptr_t source = window->sources[index];
    if (mm_is_user_page(m, source)) {
        mm_window_put(m, window, index, window->first + index);
        return;
    }
    void *got = mmap((void *)source, PAGE_SIZE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (got != (void *)source)
        ki_no_memory();
    mm_copy_raw((void *)source, (const void *)mm_alias_of_page(m, window->first + index),
                PAGE_SIZE);
}

void mm_window_unmap(struct machine *m, struct mm_window *window) {
    for (uint32_t i = 0; i < window->mapped; i++)
        mm_window_unmap_page(m, window, i);
    window->mapped = 0;
}

void mm_window_destroy(struct machine *m, struct mm_window *window) {
    struct mm_window **link = &m->mm->windows;
    mm_window_unmap(m, window);
    while (*link != window)
        link = &(*link)->next;
    *link = window->next;
    mm_user_give(m, window->first);
    mm_pool_free(m, window, MM_WINDOW_TAG);
}

void mm_windows_close(struct machine *m, PEPROCESS process) {
    struct mm_window *next;
    for (struct mm_window *window = m->mm->windows; window; window = next) {
        next = window->next;
        if (window->process == process)
            mm_window_destroy(m, window);
    }
}
