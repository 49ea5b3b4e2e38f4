/*
 * Persistent memory: a token stands for a range of it; writes, fills and flushes keep to that
 * range.
 *
 * What a driver writes here is in memory at once, as far as the simulated system can tell: a flush
 * checks its range and is a memory barrier, and there is nothing to drain after it.
 *
 * ntddk/nf-ntddk-rtlgetnonvolatiletoken …
 */
#include <string.h>

#include "ki/gate.h"
#include "mm/mm.h"
#include "rtl/rtl.h"

#define RTL_TOKEN_TAG 0x6b54764eu /* "NvTk" */

struct rtl_nonvolatile {
    ULONG signature;
    char *base;
    size_t size;
};

static const struct rtl_nonvolatile *rtl_token(const void *token) {
    const struct rtl_nonvolatile *nv = token;
    return nv && nv->signature == RTL_TOKEN_TAG ? nv : NULL;
}

static bool rtl_token_covers(const struct rtl_nonvolatile *nv, const void *start, size_t size) {
    size_t offset = (size_t)((const char *)start - nv->base);
    return offset <= nv->size && size <= nv->size - offset;
}

NTSTATUS RtlGetNonVolatileToken(PVOID NvBuffer, SIZE_T Size, PVOID *NvToken) {
    KI_GATE(RtlGetNonVolatileToken);
    if (!NvBuffer || !Size)
        return STATUS_INVALID_PARAMETER;
    struct rtl_nonvolatile *nv =
        mm_pool_allocate_for(m, PagedPool, sizeof *nv, RTL_TOKEN_TAG, __builtin_return_address(0));
    if (!nv)
        return STATUS_INSUFFICIENT_RESOURCES;
    *nv = (struct rtl_nonvolatile){RTL_TOKEN_TAG, NvBuffer, Size};
    *NvToken = nv;
    return STATUS_SUCCESS;
}

NTSTATUS RtlFreeNonVolatileToken(PVOID NvToken) {
    KI_GATE(RtlFreeNonVolatileToken);
    if (!rtl_token(NvToken))
        return STATUS_INVALID_PARAMETER;
    ((struct rtl_nonvolatile *)NvToken)->signature = 0;
    mm_pool_free(m, NvToken, RTL_TOKEN_TAG);
    return STATUS_SUCCESS;
}

NTSTATUS RtlDrainNonVolatileFlush(PVOID NvToken) {
    KI_GATE(RtlDrainNonVolatileFlush);
    (void)m;
    if (!rtl_token(NvToken))
        return STATUS_INVALID_PARAMETER;
    KeMemoryBarrier();
    return STATUS_SUCCESS;
}

NTSTATUS RtlFlushNonVolatileMemory(PVOID NvToken, PVOID NvBuffer, SIZE_T Size, ULONG Flags) {
    KI_GATE(RtlFlushNonVolatileMemory);
    (void)m;
    const struct rtl_nonvolatile *nv = rtl_token(NvToken);
    if (!nv || !rtl_token_covers(nv, NvBuffer, Size) ||
        Flags & ~(ULONG)FLUSH_NV_MEMORY_IN_FLAG_NO_DRAIN)
        return STATUS_INVALID_PARAMETER;
    return Flags & FLUSH_NV_MEMORY_IN_FLAG_NO_DRAIN ? STATUS_SUCCESS
                                                    : RtlDrainNonVolatileFlush(NvToken);
}

NTSTATUS RtlFlushNonVolatileMemoryRanges(PVOID NvToken, PNV_MEMORY_RANGE NvRanges, SIZE_T NumRanges,
                                         ULONG Flags) {
    KI_GATE(RtlFlushNonVolatileMemoryRanges);
    (void)m;
    NTSTATUS status = rtl_token(NvToken) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    for (SIZE_T i = 0; NT_SUCCESS(status) && i < NumRanges; i++)
        status =
            RtlFlushNonVolatileMemory(NvToken, NvRanges[i].BaseAddress, NvRanges[i].Length, Flags);
    return status;
}

NTSTATUS RtlWriteNonVolatileMemory(PVOID NvToken, VOID *NvDestination, const VOID *Source,
                                   SIZE_T Size, ULONG Flags) {
    KI_GATE(RtlWriteNonVolatileMemory);
    (void)m;
    const struct rtl_nonvolatile *nv = rtl_token(NvToken);
    if (!nv || !rtl_token_covers(nv, NvDestination, Size))
        return STATUS_INVALID_PARAMETER;
    memmove(NvDestination, Source, Size);
    if (Flags & (WRITE_NV_MEMORY_FLAG_FLUSH | WRITE_NV_MEMORY_FLAG_NON_TEMPORAL))
        KeMemoryBarrier();
    return STATUS_SUCCESS;
}

NTSTATUS RtlFillNonVolatileMemory(PVOID NvToken, VOID *NvDestination, SIZE_T Size,
                                  const UCHAR Value, ULONG Flags) {
    KI_GATE(RtlFillNonVolatileMemory);
    (void)m;
    const struct rtl_nonvolatile *nv = rtl_token(NvToken);
    if (!nv || !rtl_token_covers(nv, NvDestination, Size))
        return STATUS_INVALID_PARAMETER;
    memset(NvDestination, Value, Size);
    if (Flags & (FILL_NV_MEMORY_FLAG_FLUSH | FILL_NV_MEMORY_FLAG_NON_TEMPORAL))
        KeMemoryBarrier();
    return STATUS_SUCCESS;
}
