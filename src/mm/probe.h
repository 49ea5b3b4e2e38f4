/*
 * Whether addresses can be touched.
 */
#ifndef MM_PROBE_H
#define MM_PROBE_H

#include "mm/pool.h"

/* True if the page of the address can be read now, in the current process. */
bool mm_is_valid(struct machine *m, uintptr_t address);
bool mm_range_is_valid(struct machine *m, uintptr_t address, size_t length);

/* Copies memory that may lie outside of any block (as a debugger does); the sanitizer does not
 * look. */
MM_HEADERS static inline void mm_copy_raw(void *to, const void *from, size_t size) {
    volatile unsigned char *target = to;
    const volatile unsigned char *source = from;
    while (size--)
        *target++ = *source++;
}

#endif
