/*
 * Common buffers, alone (buffer.c) and in vectors (vector.c).
 */
#ifndef HAL_BUFFER_H
#define HAL_BUFFER_H

#include "hal/operations.h"
#include "mm/contiguous.h"

struct hal_buffer {
    LIST_ENTRY link; /* in adapter.buffers */
    char *address;
    uint64_t logical;
    ULONG length;
    bool ours;      /* the pages are: not a driver's MDL's */
    bool in_vector; /* to be freed with it, or by index */
};

/* What is to be allocated: bytes, and bounds of their logical addresses, inclusive. */
struct hal_wanted {
    ULONG length;
    uint64_t lowest, highest;
    ULONG flags; /* DOMAIN_COMMON_BUFFER_LARGE_PAGE */
    const void *caller;
};

/* NULL without memory. */
struct hal_buffer *hal_buffer_create(struct machine *m, struct hal_adapter *adapter,
                                     const struct hal_wanted *wanted);
/* Bug check if something was written behind its end. */
void hal_buffer_free(struct machine *m, const struct hal_adapter *adapter,
                     struct hal_buffer *buffer, const void *caller);

#endif
