/*
 * Contiguous pages for other components, at any IRQL.
 */
#ifndef MM_CONTIGUOUS_H
#define MM_CONTIGUOUS_H

#include "mm/mm.h"

/*
 * `size` bytes of contiguous RAM, contents undefined, between two physical addresses (inclusive)
 * and aligned to `align`, a multiple of the page size. It is in the leak report of the driver that
 * `caller` lies in; NULL: the kernel's own. NULL when there is none.
 */
void *mm_contiguous_take(struct machine *m, size_t size, uint64_t lowest, uint64_t highest,
                         size_t align, const void *caller);
void mm_contiguous_give(struct machine *m, void *address);

#endif
