/*
 * MDLs from inside: locks on page frames, and the mapping of an MDL in system space.
 */
#ifndef MM_MDL_H
#define MM_MDL_H

#include "mm/pool.h"

/* The longest buffer that an MDL describes: 4 GiB less a page. */
#define MM_MDL_LARGEST (0xffffffffu - PAGE_SIZE + 1)

static inline uint32_t mm_mdl_pages(const MDL *mdl) {
    return (uint32_t)(((size_t)mdl->ByteOffset + mdl->ByteCount + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

/* Writes the page frames of the MDL's virtual addresses. */
void mm_mdl_fill(struct machine *m, PMDL mdl);

/* One lock more or less on a page frame; frames without a count (stacks, images) are always locked.
 */
void mm_frame_lock(struct machine *m, PFN_NUMBER frame);
void mm_frame_unlock(struct machine *m, PMDL mdl, PFN_NUMBER frame);

/* Ends the system mapping of an MDL that has one. */
void mm_mdl_unmap(struct machine *m, PMDL mdl);

/* 0xC4 `kind` with the MDL and two more parameters; `what` completes a sentence that begins with
 * the caller. */
_Noreturn void mm_mdl_violation(struct machine *m, ULONG kind, PMDL mdl, ULONG_PTR p3, ULONG_PTR p4,
                                const char *what, const void *caller);

#endif
