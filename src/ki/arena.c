/*
 * The arena of a machine: slots of address space, regions that grow in them (arena.h has the
 * picture).
 *
 * Principle. Nothing is reserved ahead: a region grows by mapping the next chunk exactly where it
 * belongs. Designated addresses are far from where any host puts its own mappings, so the request
 * succeeds unless the host's address space is smaller; then a slot is reserved wherever the host
 * likes and the machine says that its addresses do not repeat.
 *
 * Reuse. Destroying a machine gives the pages back but remembers nothing. What every machine needs
 * at once stays mapped for the slot's next one: the control region and the nonpaged pool. Their
 * pages that are used first are zeroed instead of given back, because that is several times cheaper
 * than faulting them in again.
 *
 * Not thread-safe by itself: the table of slots is guarded by an atomic flag, everything else
 * belongs to one machine.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ki/arena.h"
#include "ki/machine.h"

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0 /* the address is a hint then; the result is compared */
#endif

_Thread_local struct machine *ki_machine;

/* Offsets of the regions in a slot, and their limits. */
static const struct {
    uint64_t offset, limit;
} ki_layout[KI_REGIONS] = {
    [KI_REGION_CONTROL] = {0, KI_GIB},
    [KI_REGION_CLOCK] = {1 * KI_GIB, KI_GIB},
    [KI_REGION_LOG] = {2 * KI_GIB, 2 * KI_GIB},
    [KI_REGION_CLOCK_NODES] = {4 * KI_GIB, KI_GIB},
    [KI_REGION_CLOCK_PLACES] = {5 * KI_GIB, KI_GIB},
    [KI_REGION_USER] = {8 * KI_GIB, KI_USER_SIZE},
    [KI_REGION_NONPAGED] = {32 * KI_GIB, 64 * KI_GIB},
    [KI_REGION_PAGED] = {96 * KI_GIB, 32 * KI_GIB},
    [KI_REGION_SPECIAL] = {128 * KI_GIB, 128 * KI_GIB},
    [KI_REGION_STACK] = {256 * KI_GIB, 256 * KI_GIB},
};

/* How much a region grows at a time, at least. */
#define KI_CHUNK (256u * 1024u)

#define KI_HUGE_PAGE (2048u * 1024u)

/* How much of a kept region keeps its memory. */
#define KI_HOT (64u * 1024u)

static atomic_flag ki_slot_lock = ATOMIC_FLAG_INIT;
static bool ki_slot_taken[KI_SLOTS];
/* Bytes of each region that stay mapped between two machines; of the control region at least the
 * first chunk, or nothing. */
static size_t ki_slot_kept[KI_SLOTS][KI_REGIONS];
/* What is kept of a region at most. It is address space: all but the first chunk is without memory.
 */
#define KI_KEEP (512ull << 20)

static void ki_slots_lock(void) {
    while (atomic_flag_test_and_set_explicit(&ki_slot_lock, memory_order_acquire))
        ;
}

static void ki_slots_unlock(void) {
    atomic_flag_clear_explicit(&ki_slot_lock, memory_order_release);
}

size_t ki_host_page(void) { return (size_t)sysconf(_SC_PAGESIZE); }

static size_t ki_pages(size_t size) {
    return (size + KI_PAGE_SIZE - 1) & ~(size_t)(KI_PAGE_SIZE - 1);
}

/* Maps memory at exactly `address`, which nothing of ours occupies. */
static bool ki_map(char *address, size_t size, bool designated) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    flags |= designated ? MAP_FIXED_NOREPLACE : MAP_FIXED;
    char *got = mmap(address, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (got == MAP_FAILED)
        return false;
    if (got != address) {
        munmap(got, size);
        return false;
    }
    return true;
}

static int ki_slot_take(void) {
    int slot = -1;
    ki_slots_lock();
    for (unsigned i = 0; i < KI_SLOTS && slot < 0; i++) {
        if (!ki_slot_taken[i]) {
            ki_slot_taken[i] = true;
            slot = (int)i;
        }
    }
    ki_slots_unlock();
    return slot;
}

static void ki_slot_give(unsigned slot) {
    ki_slots_lock();
    ki_slot_taken[slot] = false;
    ki_slots_unlock();
}

/* The control region's first chunk of a slot: kept from an earlier machine, designated, or
 * anywhere. */
static char *ki_slot_open(unsigned slot, bool *stable) {
    char *designated = (char *)(uintptr_t)(KI_SLOT_BASE + slot * KI_SLOT_SIZE);
    *stable = true;
    if (ki_slot_kept[slot][KI_REGION_CONTROL])
        return designated;
    if (ki_map(designated, KI_CHUNK, true)) {
        ki_slot_kept[slot][KI_REGION_CONTROL] = KI_CHUNK;
        return designated;
    }
    *stable = false;
    char *anywhere =
        mmap(NULL, KI_SLOT_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (anywhere == MAP_FAILED)
        return NULL;
    if (!ki_map(anywhere, KI_CHUNK, false)) {
        munmap(anywhere, KI_SLOT_SIZE);
        return NULL;
    }
    return anywhere;
}

struct machine *ki_arena_create(size_t machine_size) {
    int slot = ki_slot_take();
    if (slot < 0)
        return NULL;
    bool stable;
    char *base = ki_slot_open((unsigned)slot, &stable);
    if (!base) {
        ki_slot_give((unsigned)slot);
        return NULL;
    }
    struct machine *m = (struct machine *)base;
    m->arena.slot = (unsigned)slot;
    m->arena.stable = stable;
    m->arena.user_file = -1;
    m->arena.user_base = (char *)(uintptr_t)(KI_USER_BASE + (uint64_t)slot * KI_USER_SIZE);
    for (unsigned i = 0; i < KI_REGIONS; i++) {
        m->arena.regions[i].base = base + ki_layout[i].offset;
        m->arena.regions[i].limit = ki_layout[i].limit;
        m->arena.regions[i].committed = stable ? ki_slot_kept[slot][i] : 0;
    }
    if (!stable)
        m->arena.regions[KI_REGION_CONTROL].committed = KI_CHUNK;
    m->arena.regions[KI_REGION_CONTROL].used = KI_CHUNK;
    KI_ASSERT(machine_size <= KI_CHUNK);
    m->control.next = base + ((machine_size + 15) & ~(size_t)15);
    m->control.end = base + KI_CHUNK;
    return m;
}

static void ki_user_close(const struct ki_arena *arena) {
    size_t size = arena->regions[KI_REGION_USER].committed;
    if (size)
        munmap(arena->user_base, size);
    if (arena->user_file >= 0)
        close(arena->user_file);
}

/* How much of a region stays mapped for the slot's next machine. */
static size_t ki_region_keep(const struct ki_arena *arena, enum ki_region_kind kind) {
    const struct ki_region *region = &arena->regions[kind];
    bool common = kind == KI_REGION_CONTROL || kind == KI_REGION_NONPAGED;
    if (!arena->stable || !common || region->guarded)
        return 0;
    if (arena->watched)
        return kind == KI_REGION_CONTROL ? KI_CHUNK : 0;
    return region->committed < KI_KEEP ? region->committed : KI_KEEP;
}

/* What was used of the kept part is zero again: `hot` bytes from the region's hot offset on stay
 * where they are. */
static void ki_region_clean(const struct ki_region *region, size_t keep, size_t hot) {
    size_t used = region->used < keep ? region->used : keep;
    size_t from = region->hot < used ? region->hot : used,
           to = used - from < hot ? used : from + hot;
    memset(region->base + from, 0, to - from);
    to = ki_pages(to);
    if (from > 0)
        ki_arena_discard(region->base, from);
    if (used > to)
        ki_arena_discard(region->base + to, used - to);
}

void ki_arena_destroy(struct machine *m) {
    struct ki_arena arena = m->arena; /* the machine itself lies in what goes */
    size_t control = (size_t)(m->control.next - (char *)m);
    ki_user_close(&arena);
    for (unsigned i = 0; i < KI_REGIONS; i++) {
        const struct ki_region *region = &arena.regions[i];
        size_t keep = ki_region_keep(&arena, i);
        if (region->committed > keep)
            munmap(region->base + keep, region->committed - keep);
        if (keep)
            ki_region_clean(region, keep,
                            i == KI_REGION_CONTROL && control < KI_CHUNK ? control : KI_HOT);
        ki_slot_kept[arena.slot][i] = keep;
    }
    if (!arena.stable)
        munmap(arena.regions[KI_REGION_CONTROL].base, KI_SLOT_SIZE);
    ki_slot_give(arena.slot);
}

/* An unnamed file of the host's memory, to be mapped twice. */
static int ki_user_file(void) {
#if defined(__linux__)
    return memfd_create("wdmsim-user", MFD_CLOEXEC);
#else
    static atomic_uint counter;
    char name[64];
    snprintf(name, sizeof name, "/wdmsim.%ld.%u", (long)getpid(), atomic_fetch_add(&counter, 1));
    int shared = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (shared >= 0)
        shm_unlink(name);
    return shared;
#endif
}

/* It has its full size at once, as some hosts let it be set only once; nothing is taken till it is
 * used. */
static int ki_user_open(void) {
    int file = ki_user_file();
    if (file >= 0 && ftruncate(file, (off_t)KI_USER_SIZE) != 0) {
        close(file);
        return -1;
    }
    return file;
}

/* Extends the user region: the same file pages at the user view and at the alias. */
static bool ki_user_grow(struct machine *m, struct ki_region *region, size_t size) {
    if (m->arena.user_file < 0 && (m->arena.user_file = ki_user_open()) < 0)
        return false;
    off_t offset = (off_t)region->committed;
    char *places[2] = {region->base + offset, m->arena.user_base + offset};
    for (unsigned i = 0; i < 2; i++) {
        bool designated = m->arena.stable || i == 1;
        int flags = MAP_SHARED | (designated ? MAP_FIXED_NOREPLACE : MAP_FIXED);
        char *got =
            mmap(places[i], size, PROT_READ | PROT_WRITE, flags, m->arena.user_file, offset);
        if (got != places[i]) {
            if (got != MAP_FAILED)
                munmap(got, size);
            if (i == 1)
                munmap(places[0], size);
            return false;
        }
    }
    return true;
}

/*
 * What is read and written at random all over is quicker in large pages: the clock's tables from
 * their second chunk on, the pool of a machine that has many objects.
 */
static bool ki_wants_huge_pages(const struct ki_region *region, enum ki_region_kind kind) {
    switch (kind) {
    case KI_REGION_CLOCK:
    case KI_REGION_CLOCK_NODES:
    case KI_REGION_CLOCK_PLACES:
        return region->committed >= KI_CHUNK;
    case KI_REGION_NONPAGED:
        return region->committed >= 4 * KI_HUGE_PAGE;
    default:
        return false;
    }
}

static bool ki_region_grow(struct machine *m, enum ki_region_kind kind, size_t need) {
    struct ki_region *region = &m->arena.regions[kind];
    size_t size = need - region->committed;
    /* Larger regions grow in larger steps: the number of host mappings stays small. */
    size_t step = region->committed / 4 > KI_CHUNK ? region->committed / 4 : KI_CHUNK;
    size = size > step ? size : step;
    size = (size + KI_CHUNK - 1) & ~(size_t)(KI_CHUNK - 1);
    bool huge = ki_wants_huge_pages(region, kind);
    if (huge)
        size = ((region->committed + size + KI_HUGE_PAGE - 1) & ~(size_t)(KI_HUGE_PAGE - 1)) -
               region->committed;
    if (size > region->limit - region->committed)
        size = region->limit - region->committed;
    bool done = kind == KI_REGION_USER
                    ? ki_user_grow(m, region, size)
                    : ki_map(region->base + region->committed, size, m->arena.stable);
#ifdef MADV_HUGEPAGE
    if (done && huge)
        (void)madvise(region->base + region->committed, size,
                      MADV_HUGEPAGE); /* a host without them does as well */
#endif
    if (done)
        region->committed += size;
    return done;
}

void *ki_region_take(struct machine *m, enum ki_region_kind kind, size_t size) {
    struct ki_region *region = &m->arena.regions[kind];
    if (size > region->limit)
        return NULL;
    size = ki_pages(size);
    if (size > region->limit - region->used)
        return NULL;
    if (region->used + size > region->committed && !ki_region_grow(m, kind, region->used + size))
        return NULL;
    void *result = region->base + region->used;
    region->used += size;
    return result;
}

void ki_arena_changed(const void *address) {
    for (unsigned i = 0; i < KI_REGIONS; i++) {
        struct ki_region *region = &ki_machine->arena.regions[i];
        if ((uintptr_t)address - (uintptr_t)region->base < region->limit)
            region->guarded = true;
    }
}

/* A page of the host that is partly in the range may be used if any part of it may. */
void ki_arena_protect(void *address, size_t size, enum ki_access access) {
    static const int protections[] = {PROT_NONE, PROT_READ | PROT_WRITE, PROT_READ};
    uintptr_t rest = ki_host_page() - 1;
    uintptr_t start = (uintptr_t)address, end = start + ki_pages(size);
    ki_arena_changed(address);
    start = (access == KI_ACCESS_ALL ? start : start + rest) & ~rest;
    end = (access == KI_ACCESS_ALL ? end + rest : end) & ~rest;
    if (start < end && mprotect((void *)start, end - start, protections[access]) != 0)
        ki_no_memory();
}

/* Whole pages of the host are given back, the rest is cleared. */
void ki_arena_discard(void *address, size_t size) {
    uintptr_t rest = ki_host_page() - 1;
    uintptr_t start = (uintptr_t)address, end = start + ki_pages(size);
    uintptr_t from = (start + rest) & ~rest, to = end & ~rest;
    if (from >= to) {
        memset(address, 0, end - start);
        return;
    }
    memset(address, 0, from - start);
    memset((void *)to, 0, end - to);
#ifdef __linux__
    int done = madvise((void *)from, to - from, MADV_DONTNEED);
    KI_ASSERT(done == 0);
#else /* elsewhere the advice may keep the contents */
    bool done = ki_map((char *)from, to - from, false);
    KI_ASSERT(done);
#endif
}

void *ki_alloc(struct machine *m, size_t size) {
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(m->control.end - m->control.next) < size) {
        size_t take = size > 16384 ? ki_pages(size) : 16384;
        char *more = ki_region_take(m, KI_REGION_CONTROL, take);
        if (!more)
            ki_no_memory();
        if (more != m->control.end)
            m->control.next = more;
        m->control.end = more + take;
    }
    void *result = m->control.next;
    m->control.next += size;
    return result;
}
