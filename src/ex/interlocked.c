/*
 * Lists and numbers changed under a spin lock in one step, at any IRQL.
 *
 * On hardware these disable interrupts and take the lock for a few instructions. Here nothing else
 * moves between two gates, so the change itself is one step; the lock is taken into account because
 * a driver that holds it across such a call, or uses it elsewhere at another IRQL, deadlocks.
 *
 * Pages: wdm/nf-wdm-exinterlockedinsertheadlist and its neighbours.
 */
#include "ex/ex.h"

#undef ExInterlockedCompareExchange64

/* Waits until nobody holds the lock; the caller's change follows at once, so it need not be marked
 * as held. */
static inline void ex_pass_lock(struct machine *m, PKSPIN_LOCK lock) {
    if (KI_UNLIKELY(*lock))
        ke_spin_contended(m, lock);
}

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                        PKSPIN_LOCK Lock) {
    KI_GATE(ExInterlockedInsertHeadList);
    ex_pass_lock(m, Lock);
    PLIST_ENTRY first = IsListEmpty(ListHead) ? NULL : ListHead->Flink;
    InsertHeadList(ListHead, ListEntry);
    return first;
}

PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                        PKSPIN_LOCK Lock) {
    KI_GATE(ExInterlockedInsertTailList);
    ex_pass_lock(m, Lock);
    PLIST_ENTRY last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;
    InsertTailList(ListHead, ListEntry);
    return last;
}

PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
    KI_GATE(ExInterlockedRemoveHeadList);
    ex_pass_lock(m, Lock);
    return IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);
}

PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock) {
    KI_GATE(ExInterlockedPopEntryList);
    ex_pass_lock(m, Lock);
    PSINGLE_LIST_ENTRY first = ListHead->Next;
    if (first)
        ListHead->Next = first->Next;
    return first;
}

PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
                                              PSINGLE_LIST_ENTRY ListEntry, PKSPIN_LOCK Lock) {
    KI_GATE(ExInterlockedPushEntryList);
    ex_pass_lock(m, Lock);
    PSINGLE_LIST_ENTRY first = ListHead->Next;
    ListEntry->Next = first;
    ListHead->Next = ListEntry;
    return first;
}

LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment,
                                           PKSPIN_LOCK Lock) {
    KI_GATE(ExInterlockedAddLargeInteger);
    ex_pass_lock(m, Lock);
    LARGE_INTEGER before = *Addend;
    Addend->QuadPart += Increment.QuadPart;
    return before;
}

ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock) {
    KI_GATE(ExInterlockedAddUlong);
    ex_pass_lock(m, Lock);
    ULONG before = *Addend;
    *Addend = before + Increment;
    return before;
}
