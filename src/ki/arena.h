/*
 * The arena: the address space of one machine.
 *
 * A machine lives in a slot of reserved addresses, at the same place in every run, divided into
 * regions that grow from their lower end. Memory is taken from the host only as regions grow;
 * resetting the slot is what destroys a machine.
 *
 *   user views      one shared mapping per slot, below every kernel address: MmSystemRangeStart is
 * KI_SLOT_BASE slot            control | clock heap | its slots | choice log | user alias |
 * nonpaged | paged | special pool | stacks
 *
 * The user region is one piece of memory mapped twice; an address of its system alias is the user
 * address plus a constant of the slot (ki_user_alias).
 */
#ifndef KI_ARENA_H
#define KI_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine;

/* The machine's page. The host's may be larger (ki_host_page): then memory is made inaccessible as
 * far as whole pages of the host allow, and guard pages are the host's. */
#define KI_PAGE_SIZE 4096u
#define KI_GIB (1ull << 30)
#define KI_SLOT_BASE 0x110000000000ull
#define KI_SLOT_SIZE (512 * KI_GIB)
#define KI_SLOTS 64u
#define KI_USER_BASE 0x108000000000ull
#define KI_USER_SIZE (8 * KI_GIB)

enum ki_region_kind {
    KI_REGION_CONTROL,      /* struct machine, processors, machine-lifetime data */
    KI_REGION_NONPAGED,     /* nonpaged pool and kernel objects */
    KI_REGION_PAGED,        /* paged pool */
    KI_REGION_SPECIAL,      /* pool blocks with guard pages */
    KI_REGION_STACK,        /* fiber stacks */
    KI_REGION_CLOCK,        /* the heap of clock events */
    KI_REGION_CLOCK_NODES,  /* what its slots stand for */
    KI_REGION_CLOCK_PLACES, /* where they are in the heap */
    KI_REGION_LOG,          /* choice log */
    KI_REGION_USER,         /* user memory, seen through its system alias */
    KI_REGIONS
};

struct ki_region {
    char *base;
    size_t used;      /* bytes handed out, from base */
    size_t committed; /* bytes backed by host memory, from base */
    size_t limit;     /* bytes reserved */
    size_t hot;       /* offset of the pages that are used first */
    bool guarded;     /* some of its pages are or were inaccessible */
};

struct ki_arena {
    unsigned slot;
    bool stable;  /* the slot lies at its designated address */
    bool watched; /* an instrument knows what is accessible in it: no page is used again as it is */
    int user_file;   /* descriptor behind the user region, -1 until used */
    char *user_base; /* of the user view */
    struct ki_region regions[KI_REGIONS];
};

/* Takes a free slot and commits the control region; the machine is its first bytes, zeroed. NULL if
 * nothing is left. */
struct machine *ki_arena_create(size_t machine_size);
/* Gives back everything but the address space, and the slot. */
void ki_arena_destroy(struct machine *m);

/*
 * Takes `size` bytes (rounded up to pages) from the end of a region; zeroed. Returns NULL when the
 * reservation or the host's memory is exhausted. For KI_REGION_USER the address is the system
 * alias.
 */
void *ki_region_take(struct machine *m, enum ki_region_kind kind, size_t size);

/* Bytes of a page of the host, KI_PAGE_SIZE or a multiple. */
size_t ki_host_page(void);

enum ki_access { KI_ACCESS_NONE, KI_ACCESS_ALL, KI_ACCESS_READ };
/* Changes what may be done with pages of the arena, which no other machine gets as they are then.
 */
void ki_arena_protect(void *address, size_t size, enum ki_access access);
/* Tells that pages of the arena are no longer the host's plain memory: no other machine gets them.
 */
void ki_arena_changed(const void *address);
/* Gives the memory of pages back to the host; they read as zero afterwards. Not for user memory. */
void ki_arena_discard(void *address, size_t size);

/* Machine-lifetime memory, zeroed, 16-byte aligned; ends the process when the host has none. */
void *ki_alloc(struct machine *m, size_t size);

/* User view <-> system alias. The user address must lie in the slot's user region. */
/*
 * Below KI_LOW no host puts code or data: an address there, like the null pointer, is a wrong user
 * address. Between that and the user views lie, on some hosts, the images of programs and drivers.
 */
#define KI_LOW (4 * KI_GIB)
static inline bool ki_is_user_address(uintptr_t address) {
    return address < KI_SLOT_BASE && (address >= KI_USER_BASE || address < KI_LOW);
}
/* The machine's own memory, and the upper half of the processor's addresses, where Windows has its
 * system space; the last one is no address: the processor does not tell those that are malformed.
 */
static inline bool ki_is_system_address(uintptr_t address) {
    return (address >= KI_SLOT_BASE && address - KI_SLOT_BASE < KI_SLOTS * KI_SLOT_SIZE) ||
           (address >= 0xFFFF800000000000u && address != UINTPTR_MAX);
}

#endif
