/*
 * Memory: comparing and filling. Any IRQL, on memory that is accessible there.
 *
 * "Non-temporal" says how the processor's cache takes part, which a simulated one has no part in.
 */
#include <string.h>

#include "ki/machine.h"

SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length) {
    const UCHAR *a = Source1, *b = Source2;
    SIZE_T same = 0;
    while (Length - same >= sizeof(ULONGLONG)) {
        ULONGLONG x, y;
        memcpy(&x, a + same, sizeof x);
        memcpy(&y, b + same, sizeof y);
        if (x != y)
            break;
        same += sizeof x;
    }
    while (same < Length && a[same] == b[same])
        same++;
    return same;
}

/* Whole ULONGs in their places, or nothing is equal. */
SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern) {
    const char *at = Source;
    SIZE_T same = 0;
    if (((ULONG_PTR)Source | Length) % sizeof Pattern)
        return 0;
    for (; same < Length; same += sizeof Pattern)
        if (memcmp(at + same, &Pattern, sizeof Pattern) != 0)
            break;
    return same;
}

BOOLEAN RtlIsZeroMemory(PVOID Buffer, SIZE_T Length) {
    const UCHAR *at = Buffer;
    for (SIZE_T i = 0; i < Length; i++)
        if (at[i])
            return FALSE;
    return TRUE;
}

VOID RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern) {
    for (SIZE_T at = 0; Length - at >= sizeof Pattern; at += sizeof Pattern)
        memcpy((char *)Destination + at, &Pattern, sizeof Pattern);
}

VOID RtlCopyMemoryNonTemporal(VOID *Destination, const VOID *Source, SIZE_T Length) {
    memcpy(Destination, Source, Length);
}

VOID RtlFillMemoryNonTemporal(VOID *Destination, SIZE_T Length, const UCHAR Value) {
    memset(Destination, Value, Length);
}

VOID RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length) {
    for (SIZE_T at = 0; at < Length; at += 64)
        __builtin_prefetch((char *)Source + at, 0, 0);
}
