/*
 * User memory: what simulated processes have in the user region.
 *
 * Every page belongs to one process at a time; that is what probes ask. The user view of a page is
 * accessible only while it belongs to somebody, so that a stale user pointer faults as on hardware;
 * all processes' pages are in one range of addresses, and only probes and locks tell them apart.
 * Small allocations share pages of their process in slots of a power of two; the rest are runs of
 * pages. Nothing about an allocation is kept in user memory, which anybody may overwrite.
 *
 * Pages that an MDL holds locked outlive their release: the user view goes, the system alias stays
 * until the last unlock. With WDMSIM_GUARD_POOL each allocation ends at an inaccessible page.
 */
#include <string.h>

#include <wdmsim/request.h>

#include "ki/bugcheck.h"
#include "mm/user.h"
#include "mm/window.h"

#define MM_USER_PAGES ((uint32_t)(KI_USER_SIZE / PAGE_SIZE))
#define MM_SLOT_SHIFT 6u
#define MM_SLOT_LARGEST 2048u
#define MM_SPACE_TAG 0x63705355u /* "USpc" */

static struct mm_user *mm_user_get(struct machine *m) {
    struct mm_user *user = m->mm->user;
    if (KI_LIKELY(user != NULL))
        return user;
    user = m->mm->user = ki_alloc(m, sizeof *user);
    struct mm_area *area = &user->area;
    area->region = KI_REGION_USER;
    area->base = m->arena.regions[KI_REGION_USER].base;
    area->limit = MM_USER_PAGES;
    area->pages = ki_region_take(m, KI_REGION_CONTROL, MM_USER_PAGES * sizeof *area->pages);
    user->pages = ki_region_take(m, KI_REGION_CONTROL, MM_USER_PAGES * sizeof *user->pages);
    if (!area->pages || !user->pages)
        ki_no_memory();
    return user;
}

struct mm_space *mm_space_find(struct machine *m, PEPROCESS process) {
    struct mm_user *user = m->mm->user;
    if (!user)
        return NULL;
    if (KI_LIKELY(user->last && user->last->process == process))
        return user->last;
    for (struct mm_space *space = user->spaces; space; space = space->next) {
        if (space->process == process)
            return user->last = space;
    }
    return NULL;
}

struct mm_space *mm_space_get(struct machine *m, PEPROCESS process) {
    struct mm_space *space = mm_space_find(m, process);
    if (space)
        return space;
    struct mm_user *user = mm_user_get(m);
    space = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *space, MM_SPACE_TAG);
    if (!space)
        return NULL;
    space->process = process;
    space->next = user->spaces;
    user->spaces = user->last = space;
    return space;
}

/* Lets the user view of pages be used, or not. */
static void mm_user_protect(struct machine *m, uint32_t first, uint32_t count, bool accessible) {
    ki_arena_protect((void *)mm_user_address(m, first), (size_t)count * PAGE_SIZE,
                     accessible ? KI_ACCESS_ALL : KI_ACCESS_NONE);
}

/* Makes a run, or none (MM_NO_PAGE), the space's; the region had `before` pages before. */
static uint32_t mm_user_own(struct machine *m, struct mm_space *space, uint32_t first,
                            uint32_t count, uint32_t before) {
    struct mm_user *user = m->mm->user;
    if (user->area.used > before)
        mm_user_protect(m, before, user->area.used - before, false);
    if (first == MM_NO_PAGE)
        return MM_NO_PAGE;
    for (uint32_t i = 0; i < count; i++)
        user->area.pages[first + i].owner = space;
    mm_user_protect(m, first, count, true);
    space->pages += count;
    return first;
}

/* Runs are whole pages of the host, which alone can be protected. */
static uint32_t mm_user_round(uint32_t count) {
    uint32_t unit = (uint32_t)(ki_host_page() / PAGE_SIZE);
    return (count + unit - 1) & ~(unit - 1);
}

uint32_t mm_user_take(struct machine *m, struct mm_space *space, uint32_t count) {
    struct mm_area *area = &m->mm->user->area;
    count = mm_user_round(count);
    uint32_t before = area->used;
    return mm_user_own(m, space, mm_pages_take(m, area, count, MM_USE_PAGES), count, before);
}

uint32_t mm_user_take_at(struct machine *m, struct mm_space *space, uint32_t first,
                         uint32_t count) {
    struct mm_area *area = &m->mm->user->area;
    uint32_t before = area->used;
    uint32_t taken =
        mm_pages_take_within(m, area, count, MM_USE_PAGES, first, first + count - 1, 1, 0);
    return mm_user_own(m, space, taken, count, before);
}

/* Clears what was used before of a new run. */
static void mm_user_zero(struct mm_user *user, uint32_t first, uint32_t count) {
    uint32_t end = first + count < user->high ? first + count : user->high;
    if (end > first)
        memset(mm_page_address(&user->area, first), 0, (size_t)(end - first) * PAGE_SIZE);
    if (first + count > user->high)
        user->high = first + count;
}

static uint32_t mm_user_locks(const struct mm_user *user, uint32_t first, uint32_t count) {
    uint32_t locks = 0;
    for (uint32_t i = 0; i < count; i++)
        locks += user->area.pages[first + i].locks;
    return locks;
}

void mm_user_give(struct machine *m, uint32_t first) {
    struct mm_user *user = m->mm->user;
    struct mm_page *page = &user->area.pages[first];
    uint32_t count = page->count;
    ((struct mm_space *)page->owner)->pages -= count;
    if (KI_UNLIKELY(m->arena.watched)) /* a heap hid parts of it */
        mm_instrument_reset(m, (void *)mm_user_address(m, first), (size_t)count * PAGE_SIZE);
    mm_user_protect(m, first, count, false);
    for (uint32_t i = 0; i < count; i++)
        page[i].owner = NULL;
    page->use = MM_USE_FREED;
    mm_user_unlocked(m, first);
}

void mm_user_unlocked(struct machine *m, uint32_t page) {
    struct mm_user *user = m->mm->user;
    uint32_t first = page;
    while (user->area.pages[first].use == MM_USE_REST)
        first--;
    const struct mm_page *run = &user->area.pages[first];
    if (run->use == MM_USE_FREED && !mm_user_locks(user, first, run->count))
        mm_pages_give(m, &user->area, first);
}

/* ---- slots ---- */

static void mm_partial_link(struct mm_user *user, struct mm_space *space, unsigned class,
                            uint32_t page) {
    struct mm_user_page *self = &user->pages[page];
    self->prev = 0;
    self->next = space->partial[class];
    if (self->next)
        user->pages[self->next - 1].prev = page + 1;
    space->partial[class] = page + 1;
}

static void mm_partial_unlink(struct mm_user *user, struct mm_space *space, unsigned class,
                              uint32_t page) {
    struct mm_user_page *self = &user->pages[page];
    if (self->next)
        user->pages[self->next - 1].prev = self->prev;
    if (self->prev)
        user->pages[self->prev - 1].next = self->next;
    else
        space->partial[class] = self->next;
}

/* A bit for every slot of a page of the class. */
static uint64_t mm_slot_mask(unsigned class) {
    unsigned slots = (PAGE_SIZE >> MM_SLOT_SHIFT) >> class;
    return slots == 64 ? ~0ull : (1ull << slots) - 1;
}

static uint64_t mm_slot_allocate(struct machine *m, struct mm_space *space, size_t size) {
    struct mm_user *user = m->mm->user;
    unsigned class = size <= 64 ? 0 : 58u - (unsigned)__builtin_clzll(size - 1);
    if (!space->partial[class]) {
        uint32_t page = mm_user_take(m, space, 1);
        if (page == MM_NO_PAGE)
            return 0;
        mm_user_zero(user, page, 1);
        user->area.pages[page].use = MM_USE_SLAB;
        user->area.pages[page].slack = (uint16_t) class;
        user->pages[page].used = 0;
        mm_partial_link(user, space, class, page);
    }
    uint32_t page = space->partial[class] - 1;
    uint64_t *used = &user->pages[page].used, mask = mm_slot_mask(class);
    unsigned slot = (unsigned)__builtin_ctzll(~*used);
    *used |= 1ull << slot;
    if (*used == mask)
        mm_partial_unlink(user, space, class, page);
    size_t offset = (size_t)slot << (MM_SLOT_SHIFT + class);
    memset(mm_page_address(&user->area, page) + offset, 0, size);
    return mm_user_address(m, page) + offset;
}

static bool mm_slot_free(struct machine *m, struct mm_space *space, uint32_t page, size_t offset) {
    struct mm_user *user = m->mm->user;
    unsigned class = user->area.pages[page].slack;
    uint64_t *used = &user->pages[page].used, bit = 1ull << (offset >> (MM_SLOT_SHIFT + class));
    if ((offset & (((size_t)1 << (MM_SLOT_SHIFT + class)) - 1)) || !(*used & bit))
        return false;
    if (*used == mm_slot_mask(class))
        mm_partial_link(user, space, class, page);
    *used &= ~bit;
    /* The last empty page of a class stays: the next request of its size needs no system call. */
    bool other = user->pages[page].next || user->pages[page].prev;
    if (!*used && other) {
        mm_partial_unlink(user, space, class, page);
        mm_user_give(m, page);
    }
    return true;
}

/* ---- allocations ---- */

/* Pages of its own; with a guard the allocation ends at one more page, of the host, that belongs to
 * nobody. */
static uint64_t mm_run_allocate(struct machine *m, struct mm_space *space, size_t size,
                                bool guard) {
    struct mm_user *user = m->mm->user;
    uint32_t count = mm_user_round((uint32_t)((size + PAGE_SIZE - 1) / PAGE_SIZE));
    uint32_t unit = mm_user_round(guard);
    uint32_t first = mm_user_take(m, space, count + unit);
    if (first == MM_NO_PAGE)
        return 0;
    mm_user_zero(user, first, count);
    size_t offset = 0;
    if (guard) {
        mm_user_protect(m, first + count, unit, false);
        for (uint32_t i = 0; i < unit; i++)
            user->area.pages[first + count + i].owner = NULL;
        offset = ((size_t)count * PAGE_SIZE - size) & ~(size_t)15;
    }
    user->pages[first].used = offset;
    return mm_user_address(m, first) + offset;
}

uint64_t mm_user_allocate(struct machine *m, PEPROCESS process, size_t size) {
    if (size > KI_USER_SIZE)
        return 0;
    mm_user_get(m);
    struct mm_space *space = mm_space_get(m, process);
    if (!space)
        return 0;
    size += !size;
    bool guard = m->flags & WDMSIM_GUARD_POOL;
    return guard || size > MM_SLOT_LARGEST ? mm_run_allocate(m, space, size, guard)
                                           : mm_slot_allocate(m, space, size);
}

/* True if a driver has secured part of the allocation. */
static bool mm_user_is_kept(struct machine *m, PEPROCESS process, uint32_t page, uint64_t address) {
    const struct mm_page *run = &m->mm->user->area.pages[page];
    size_t size = run->use == MM_USE_SLAB ? (size_t)1 << (MM_SLOT_SHIFT + run->slack)
                                          : (size_t)run->count * PAGE_SIZE;
    return mm_is_secured(m, process, (uintptr_t)address, size);
}

bool mm_user_free(struct machine *m, PEPROCESS process, uint64_t address) {
    struct mm_space *space = mm_space_find(m, process);
    if (!space || !mm_user_holds(m, address))
        return false;
    struct mm_user *user = m->mm->user;
    uint32_t page = mm_user_page_number(m, address);
    while (user->area.pages[page].use == MM_USE_REST)
        page--;
    size_t offset = address - mm_user_address(m, page);
    if (user->area.pages[page].owner != space ||
        (m->mm->secured && mm_user_is_kept(m, process, page, address)))
        return false;
    if (user->area.pages[page].use == MM_USE_SLAB)
        return offset < PAGE_SIZE && mm_slot_free(m, space, page, offset);
    if (user->area.pages[page].use != MM_USE_PAGES || user->pages[page].used != offset)
        return false;
    mm_user_give(m, page);
    return true;
}

static void mm_space_forget(struct machine *m, struct mm_space *space) {
    struct mm_user *user = m->mm->user;
    struct mm_space **link = &user->spaces;
    while (*link != space)
        link = &(*link)->next;
    *link = space->next;
    if (user->last == space)
        user->last = NULL;
    mm_pool_free(m, space, MM_SPACE_TAG);
}

void mm_process_exit(struct machine *m, PEPROCESS process) {
    struct mm_space *space = mm_space_find(m, process);
    if (!space)
        return;
    struct mm_user *user = m->mm->user;
    uint32_t locks = 0, next;
    mm_views_close(m, process);
    mm_windows_close(m, process);
    mm_unsecure_all(m, process);
    for (uint32_t i = 0; i < user->area.used && space->pages; i = next) {
        const struct mm_page *page = &user->area.pages[i];
        next = i + page->count;
        if ((page->use != MM_USE_SLAB && page->use != MM_USE_PAGES) || page->owner != space)
            continue;
        locks += mm_user_locks(user, i, page->count);
        mm_user_give(m, i);
    }
    if (locks)
        ki_bugcheck(m, PROCESS_HAS_LOCKED_PAGES, 0, (ULONG_PTR)process, locks, 0,
                    "a process ended while MDLs hold %u of its pages locked", locks);
    mm_space_forget(m, space);
}

/* ---- host API ---- */

void mm_set_default_process(struct machine *m, PEPROCESS process) {
    m->mm->default_process = process;
}

static PEPROCESS mm_host_process(struct machine *m, struct wdmsim_process *process) {
    return process ? (PEPROCESS)(void *)process : m->mm->default_process;
}

uint64_t wdmsim_user_alloc(struct machine *machine, struct wdmsim_process *process, size_t size) {
    return mm_user_allocate(machine, mm_host_process(machine, process), size);
}

int wdmsim_user_free(struct machine *machine, struct wdmsim_process *process, uint64_t address) {
    return mm_user_free(machine, mm_host_process(machine, process), address)
               ? 0
               : WDMSIM_ERROR_NOT_FOUND;
}

int wdmsim_user_write(struct machine *machine, struct wdmsim_process *process, uint64_t address,
                      const void *data, size_t size) {
    const void *to = (const void *)(uintptr_t)address;
    if (mm_probe_process(machine, mm_host_process(machine, process), to, size, 1, true) !=
        STATUS_SUCCESS)
        return WDMSIM_ERROR_FAULT;
    if (size)
        memcpy(mm_user_alias(machine, to), data, size);
    return 0;
}

int wdmsim_user_read(struct machine *machine, struct wdmsim_process *process, uint64_t address,
                     void *data, size_t size) {
    const void *from = (const void *)(uintptr_t)address;
    if (mm_probe_process(machine, mm_host_process(machine, process), from, size, 1, false) !=
        STATUS_SUCCESS)
        return WDMSIM_ERROR_FAULT;
    if (size)
        memcpy(data, mm_user_alias(machine, from), size);
    return 0;
}
