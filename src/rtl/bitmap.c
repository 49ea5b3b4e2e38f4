/*
 * Bitmaps: an array of ULONGs, bit 0 of the first one first.
 *
 * A range is handled word by word through a mask, and a run is measured by counting trailing bits,
 * so costs are per word rather than per bit. Searches look at whole 32-bit words, set or clear
 * alike: a search for clear bits inverts what it reads. Nothing here is bound to an IRQL; the
 * caller serialises. A range that leaves the bitmap is cut at its end where a routine writes, and
 * is an unfulfilled question where it asks.
 */
#include "ki/machine.h"

#define RTL_WORD 32u
#define RTL_NOT_FOUND 0xffffffffu

VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap) {
    BitMapHeader->SizeOfBitMap = SizeOfBitMap;
    BitMapHeader->Buffer = BitMapBuffer;
}

/* ---- ranges ---- */

/* Bits `from` to from + count - 1 of a word. */
static ULONG rtl_word_mask(ULONG from, ULONG count) {
    return (count >= RTL_WORD ? ~0u : (1u << count) - 1) << from;
}

/* The part of a range that lies in the bitmap. */
static ULONG rtl_clip(const RTL_BITMAP *map, ULONG start, ULONG count) {
    if (start >= map->SizeOfBitMap)
        return 0;
    ULONG room = map->SizeOfBitMap - start;
    return count < room ? count : room;
}

static void rtl_change(PRTL_BITMAP map, ULONG start, ULONG count, bool set) {
    count = rtl_clip(map, start, count);
    while (count) {
        ULONG from = start % RTL_WORD;
        ULONG part = RTL_WORD - from < count ? RTL_WORD - from : count;
        ULONG mask = rtl_word_mask(from, part);
        if (set)
            map->Buffer[start / RTL_WORD] |= mask;
        else
            map->Buffer[start / RTL_WORD] &= ~mask;
        start += part;
        count -= part;
    }
}

VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) {
    BitMapHeader->Buffer[BitNumber / RTL_WORD] &= ~(1u << BitNumber % RTL_WORD);
}

VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) {
    BitMapHeader->Buffer[BitNumber / RTL_WORD] |= 1u << BitNumber % RTL_WORD;
}

BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) {
    return BitMapHeader->Buffer[BitNumber / RTL_WORD] >> BitNumber % RTL_WORD & 1;
}

VOID RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear) {
    rtl_change(BitMapHeader, StartingIndex, NumberToClear, false);
}

VOID RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet) {
    rtl_change(BitMapHeader, StartingIndex, NumberToSet, true);
}

VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader) {
    for (ULONG i = 0; i < (BitMapHeader->SizeOfBitMap + RTL_WORD - 1) / RTL_WORD; i++)
        BitMapHeader->Buffer[i] = 0;
}

VOID RtlSetAllBits(PRTL_BITMAP BitMapHeader) {
    for (ULONG i = 0; i < (BitMapHeader->SizeOfBitMap + RTL_WORD - 1) / RTL_WORD; i++)
        BitMapHeader->Buffer[i] = ~0u;
}

/* ---- runs ---- */

/* A word with the bits that count as ones. */
static ULONG rtl_word(const RTL_BITMAP *map, ULONG index, bool set) {
    return set ? map->Buffer[index] : ~map->Buffer[index];
}

/* The first bit at or behind `from` that is `set`; the bitmap's size if there is none. */
static ULONG rtl_next(const RTL_BITMAP *map, ULONG from, bool set) {
    while (from < map->SizeOfBitMap) {
        ULONG word = rtl_word(map, from / RTL_WORD, set) >> from % RTL_WORD;
        if (word) {
            from += (ULONG)__builtin_ctz(word);
            break;
        }
        from = (from / RTL_WORD + 1) * RTL_WORD;
    }
    return from < map->SizeOfBitMap ? from : map->SizeOfBitMap;
}

/* The run of bits that are `set`, at or behind `from`: its length, 0 if there is none. */
static ULONG rtl_run(const RTL_BITMAP *map, ULONG from, bool set, ULONG *start) {
    *start = rtl_next(map, from, set);
    return rtl_next(map, *start, !set) - *start;
}

static bool rtl_all(PRTL_BITMAP map, ULONG start, ULONG count, bool set) {
    if (!count || rtl_clip(map, start, count) != count)
        return false;
    return rtl_next(map, start, !set) >= start + count;
}

BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
    return rtl_all(BitMapHeader, StartingIndex, Length, false);
}

BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
    return rtl_all(BitMapHeader, StartingIndex, Length, true);
}

/* The first run of `count` bits that starts in [from, end). */
static ULONG rtl_find_from(const RTL_BITMAP *map, ULONG from, ULONG end, ULONG count, bool set) {
    while (from < end) {
        ULONG start, length = rtl_run(map, from, set, &start);
        if (!length || start >= end)
            break;
        if (length >= count)
            return start;
        from = start + length;
    }
    return RTL_NOT_FOUND;
}

static ULONG rtl_find(const RTL_BITMAP *map, ULONG count, ULONG hint, bool set) {
    if (hint >= map->SizeOfBitMap)
        hint = 0;
    if (!count) /* nothing is wanted: it is where the search would start (a judgement) */
        return hint & ~7u;
    if (count > map->SizeOfBitMap)
        return RTL_NOT_FOUND;
    ULONG found = rtl_find_from(map, hint, map->SizeOfBitMap, count, set);
    return found != RTL_NOT_FOUND ? found : rtl_find_from(map, 0, hint, count, set);
}

ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
    return rtl_find(BitMapHeader, NumberToFind, HintIndex, false);
}

ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
    return rtl_find(BitMapHeader, NumberToFind, HintIndex, true);
}

ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
    ULONG found = rtl_find(BitMapHeader, NumberToFind, HintIndex, false);
    if (found != RTL_NOT_FOUND)
        rtl_change(BitMapHeader, found, NumberToFind, true);
    return found;
}

ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
    ULONG found = rtl_find(BitMapHeader, NumberToFind, HintIndex, true);
    if (found != RTL_NOT_FOUND)
        rtl_change(BitMapHeader, found, NumberToFind, false);
    return found;
}

/* ---- clear runs ---- */

/* Keeps the longest runs, longest first, earlier ones before later ones of the same length. */
static ULONG rtl_keep_longest(PRTL_BITMAP_RUN runs, ULONG count, ULONG room, RTL_BITMAP_RUN run) {
    ULONG place = count;
    while (place && runs[place - 1].NumberOfBits < run.NumberOfBits)
        place--;
    if (place == room)
        return count;
    if (count < room)
        count++;
    for (ULONG i = count - 1; i > place; i--)
        runs[i] = runs[i - 1];
    runs[place] = run;
    return count;
}

ULONG RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray, ULONG SizeOfRunArray,
                       BOOLEAN LocateLongestRuns) {
    ULONG count = 0;
    RTL_BITMAP_RUN run = {0, 0};
    while (LocateLongestRuns || count < SizeOfRunArray) {
        run.NumberOfBits =
            rtl_run(BitMapHeader, run.StartingIndex + run.NumberOfBits, false, &run.StartingIndex);
        if (!run.NumberOfBits)
            break;
        if (LocateLongestRuns)
            count = rtl_keep_longest(RunArray, count, SizeOfRunArray, run);
        else
            RunArray[count++] = run;
    }
    return count;
}

ULONG RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex) {
    RTL_BITMAP_RUN run;
    if (!RtlFindClearRuns(BitMapHeader, &run, 1, TRUE))
        run = (RTL_BITMAP_RUN){0, 0};
    *StartingIndex = run.StartingIndex;
    return run.NumberOfBits;
}

ULONG RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex) {
    return rtl_run(BitMapHeader, 0, false, StartingIndex);
}

ULONG RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex,
                                 PULONG StartingRunIndex) {
    return rtl_run(BitMapHeader, FromIndex, false, StartingRunIndex);
}

ULONG RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex,
                                  PULONG StartingRunIndex) {
    *StartingRunIndex = 0;
    if (!BitMapHeader->SizeOfBitMap)
        return 0;
    ULONG last =
        FromIndex < BitMapHeader->SizeOfBitMap ? FromIndex : BitMapHeader->SizeOfBitMap - 1;
    while (RtlTestBit(BitMapHeader, last))
        if (last-- == 0)
            return 0;
    ULONG first = last;
    while (first && !RtlTestBit(BitMapHeader, first - 1))
        first--;
    *StartingRunIndex = first;
    return last - first + 1;
}

/* ---- counting ---- */

ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader) {
    ULONG count = 0, size = BitMapHeader->SizeOfBitMap;
    for (ULONG i = 0; i < size / RTL_WORD; i++)
        count += (ULONG)__builtin_popcount(BitMapHeader->Buffer[i]);
    if (size % RTL_WORD)
        count += (ULONG)__builtin_popcount(BitMapHeader->Buffer[size / RTL_WORD] &
                                           rtl_word_mask(0, size % RTL_WORD));
    return count;
}

ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader) {
    return BitMapHeader->SizeOfBitMap - RtlNumberOfSetBits(BitMapHeader);
}

ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target) { return (ULONG)__builtin_popcountll(Target); }

CCHAR RtlFindMostSignificantBit(ULONGLONG Set) {
    return Set ? (CCHAR)(63 - __builtin_clzll(Set)) : (CCHAR)-1;
}

CCHAR RtlFindLeastSignificantBit(ULONGLONG Set) {
    return Set ? (CCHAR)__builtin_ctzll(Set) : (CCHAR)-1;
}
