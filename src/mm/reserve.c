/*
 * Reserved memory of a process: address space first, pages when they are committed.
 *
 * It is a run of the user region like any other, so that it goes with its process; pages that are
 * not committed have no owner and an inaccessible user view, so that probes refuse them and an
 * access faults. The first page always is committed: its owner is the run's.
 *
 * ntifs/nf-ntifs-zwallocatevirtualmemory (what MEM_RESERVE and MEM_COMMIT mean)
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "mm/user.h"

size_t mm_reserve_unit(void) { return ki_host_page() > PAGE_SIZE ? ki_host_page() : PAGE_SIZE; }

static void mm_reserve_own(struct machine *m, uint32_t first, uint32_t count, void *owner) {
    for (uint32_t i = 0; i < count; i++)
        m->mm->user->area.pages[first + i].owner = owner;
    ki_arena_protect((void *)mm_user_address(m, first), (size_t)count * PAGE_SIZE,
                     owner ? KI_ACCESS_ALL : KI_ACCESS_NONE);
}

char *mm_reserve(struct machine *m, PEPROCESS process, size_t size, size_t commit) {
    KI_ASSERT(commit && commit <= size && !((commit | size) & (mm_reserve_unit() - 1)));
    struct mm_space *space = size <= KI_USER_SIZE ? mm_space_get(m, process) : NULL;
    uint32_t count = (uint32_t)(size / PAGE_SIZE);
    uint32_t first = space ? mm_user_take(m, space, count) : MM_NO_PAGE;
    if (first == MM_NO_PAGE)
        return NULL;
    struct mm_user *user = m->mm->user;
    if (user->high < first + count)
        user->high = first + count;
    user->pages[first].used = PAGE_SIZE; /* no allocation of a process begins here */
    char *base = (char *)mm_user_address(m, first);
    if (commit < size)
        mm_reserve_decommit(m, base + commit, size - commit);
    memset(mm_page_address(&user->area, first), 0, commit);
    return base;
}

void mm_reserve_commit(struct machine *m, PEPROCESS process, char *address, size_t size) {
    uint32_t first = mm_user_page_number(m, (uintptr_t)address);
    mm_reserve_own(m, first, (uint32_t)(size / PAGE_SIZE), mm_space_find(m, process));
    memset(mm_page_address(&m->mm->user->area, first), 0, size);
}

void mm_reserve_decommit(struct machine *m, char *address, size_t size) {
    mm_reserve_own(m, mm_user_page_number(m, (uintptr_t)address), (uint32_t)(size / PAGE_SIZE),
                   NULL);
}

void mm_reserve_release(struct machine *m, char *address) {
    mm_user_give(m, mm_user_page_number(m, (uintptr_t)address));
}
