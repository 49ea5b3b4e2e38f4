/*
 * Memory management: pool, user memory, memory descriptor lists, physical addresses.
 *
 * What other components call. The pool's own structures are in mm/pool.h, user memory's in
 * mm/user.h.
 *
 * Routines of the I/O family that live here because they are about memory alone: IoAllocateMdl,
 * IoFreeMdl, IoBuildPartialMdl (src/mm/mdl.c).
 */
#ifndef MM_H
#define MM_H

#include "ki/machine.h"

struct mm_part;

void mm_start(struct machine *m);

/* ---- pool ---- */

/*
 * Pool for the kernel's own objects: NULL when exhausted, never by choice, contents undefined.
 * `type` is any POOL_TYPE, flags beyond it are ignored. 16-byte aligned, page aligned from
 * PAGE_SIZE on. Never raises, never checks the IRQL.
 */
void *mm_pool_allocate(struct machine *m, POOL_TYPE type, size_t size, ULONG tag);
void *mm_pool_allocate_zeroed(struct machine *m, POOL_TYPE type, size_t size, ULONG tag);
/*
 * The same on behalf of a driver: `caller` is a code address in it (__builtin_return_address(0) in
 * the exported routine), the block is in the driver's leak report until it is freed, and a choice
 * may say that there is none.
 */
void *mm_pool_allocate_for(struct machine *m, POOL_TYPE type, size_t size, ULONG tag,
                           const void *caller);
/*
 * Whether a routine that a driver calls finds no memory, by choice (WDMSIM_FAIL_POOL). For those
 * whose page says so and whose memory is the kernel's afterwards; asked before they change
 * anything, so that they fail as a whole.
 */
bool mm_choose_failure(struct machine *m);
static inline bool mm_fails(struct machine *m) {
    return KI_UNLIKELY(m->flags & WDMSIM_FAIL_POOL) && mm_choose_failure(m);
}
/* Frees a block of any of the above or of a driver's own; tag 0: any. A bad address is a bug check.
 */
void mm_pool_free(struct machine *m, void *p, ULONG tag);

/* The code address that allocated the block, NULL for the kernel's own; `p` must be an allocated
 * block. */
const void *mm_pool_owner(struct machine *m, const void *p);
/* Bytes asked for when the block was allocated. */
size_t mm_pool_size(struct machine *m, const void *p);

/* Whether the block was charged to a quota. */
bool mm_pool_is_charged(struct machine *m, const void *p);

/*
 * Marks the block that an address lies in; the mark goes when the block is freed. So who keeps a
 * record of memory by its address can tell that other memory lies there now. False: not in the
 * pool.
 */
bool mm_pool_mark(struct machine *m, const void *p);
bool mm_pool_is_marked(struct machine *m, const void *p);

/* An allocated block, for reports. */
struct mm_pool_block {
    const void *address;
    size_t size;
    ULONG tag;
    POOL_TYPE type;
    const void *owner; /* as mm_pool_owner */
};
/* Calls visit for every allocated block, in order of address. The visitor must not allocate or
 * free. */
void mm_pool_visit(struct machine *m,
                   void (*visit)(void *context, const struct mm_pool_block *block), void *context);

/* A tag as text: four characters and a NUL, what is not printable as '.'. */
void mm_tag_text(ULONG tag, char text[5]);

/*
 * Who knows the modules that are loaded beside the kernel: `find` gives the address of a routine
 * that the named one exports, or NULL.
 */
void mm_set_module_search(struct machine *m,
                          void *(*find)(struct machine *m, PCUNICODE_STRING module,
                                        const char *name));

/* IoAllocateMdl in the name of the driver that `caller` lies in; NULL: the kernel's own. */
PMDL mm_mdl_allocate(struct machine *m, void *address, ULONG length, bool secondary, PIRP irp,
                     const void *caller);

/* ---- user memory ---- */

/*
 * Memory of a user process: zeroed, 16-byte aligned, accessible in that process. 0 when none is
 * left. The process is only a name here: the first allocation makes its address space. Sizes up to
 * half a page share pages of the process.
 */
uint64_t mm_user_allocate(struct machine *m, PEPROCESS process, size_t size);
/* False if the address is not the start of an allocation of the process, or a driver has secured
 * it. Locked pages live on until they are unlocked. */
bool mm_user_free(struct machine *m, PEPROCESS process, uint64_t address);
/* Frees everything the process still has; a bug check 0x76 if pages are still locked for I/O. At
 * process deletion. */
void mm_process_exit(struct machine *m, PEPROCESS process);

/*
 * Reserved memory of a process: whole pages whose first `commit` bytes are its own now, zeroed, and
 * the rest when they are committed; until then they are inaccessible. All sizes are multiples of
 * mm_reserve_unit(). NULL when there is none. It goes with its process if nobody releases it.
 */
size_t mm_reserve_unit(void);
char *mm_reserve(struct machine *m, PEPROCESS process, size_t size, size_t commit);
void mm_reserve_commit(struct machine *m, PEPROCESS process, char *address, size_t size);
/* Takes committed pages back, but never the first one; what was in them is lost. */
void mm_reserve_decommit(struct machine *m, char *address, size_t size);
void mm_reserve_release(struct machine *m, char *address);

/*
 * Whether [address, address + length) is user memory of the current thread's process
 * (m->cpu->thread->process), aligned to `alignment` (1: any). STATUS_SUCCESS,
 * STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT. Never raises; length 0 is always success.
 */
NTSTATUS mm_probe(struct machine *m, const void *address, size_t length, ULONG alignment,
                  bool write);
/* The same for a given process. */
NTSTATUS mm_probe_process(struct machine *m, PEPROCESS process, const void *address, size_t length,
                          ULONG alignment, bool write);

/* The process that wdmsim_user_alloc and its like take for NULL. */
void mm_set_default_process(struct machine *m, PEPROCESS process);

/* The system alias of a user address of the machine's user region: the same byte, above
 * MmSystemRangeStart. */
static inline void *mm_user_alias(struct machine *m, const void *user_address) {
    return m->arena.regions[KI_REGION_USER].base +
           ((const char *)user_address - m->arena.user_base);
}

/* ---- physical addresses ---- */

/* The physical address behind an address of the machine or of the host program, 0 if there is none.
 */
uint64_t mm_physical_address(struct machine *m, const void *address);
/* The reverse: a system address where the physical one can be accessed, NULL if there is no memory.
 */
void *mm_physical_view(struct machine *m, uint64_t physical);

/*
 * The system address of a device's memory at a physical address: what MmMapIoSpace gives a driver.
 * It comes into being, all ones, with the first call for a range. NULL when the range overlaps
 * another one in part, or RAM.
 */
void *mm_device_memory(struct machine *m, uint64_t physical, size_t size);

#endif
