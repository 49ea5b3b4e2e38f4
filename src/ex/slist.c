/*
 * Sequenced lists as drivers call them, at any IRQL (wdm/nf-wdm-exinterlockedpushentryslist and its
 * neighbours).
 *
 * The spin lock that the macros take is not used, as on Windows. An entry that is not aligned to 16
 * bytes is a bug of the driver that shows on x64 only; it raises STATUS_DATATYPE_MISALIGNMENT there
 * and here.
 */
#include "ex/ex.h"
#include "ex/slist.h"

#undef ExInterlockedPopEntrySList
#undef ExInterlockedPushEntrySList

VOID InitializeSListHead(PSLIST_HEADER ListHead) {
    if (KI_UNLIKELY((uintptr_t)ListHead & 15))
        ExRaiseDatatypeMisalignment();
    ex_slist_initialize(ListHead);
}

VOID ExInitializeSListHead(PSLIST_HEADER SListHead) { InitializeSListHead(SListHead); }

PSLIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead) {
    KI_GATE(ExpInterlockedPopEntrySList);
    (void)m;
    return ex_slist_pop(ListHead);
}

PSLIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry) {
    KI_GATE(ExpInterlockedPushEntrySList);
    (void)m;
    if (KI_UNLIKELY((uintptr_t)ListEntry & 15))
        ExRaiseDatatypeMisalignment();
    return ex_slist_push(ListHead, ListEntry);
}

PSLIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER ListHead) {
    KI_GATE(ExInterlockedFlushSList);
    (void)m;
    PSLIST_ENTRY first = ex_slist_first(ListHead);
    ListHead->Region = EX_SLIST_HEADER_TYPE;
    ListHead->Alignment = (ListHead->Alignment & ~0xffffull) + (first ? EX_SLIST_SEQUENCE : 0);
    return first;
}

PSLIST_ENTRY ExInterlockedFlushSList(PSLIST_HEADER ListHead) {
    return ExpInterlockedFlushSList(ListHead);
}

USHORT ExQueryDepthSList(PSLIST_HEADER SListHead) {
    KI_GATE(ExQueryDepthSList);
    (void)m;
    return ex_slist_depth(SListHead);
}

PSLIST_ENTRY FirstEntrySList(const SLIST_HEADER *SListHead) { return ex_slist_first(SListHead); }
