/*
 * Lookaside lists: free blocks of one size kept at hand (wdm/nf-wdm-exinitializelookasidelistex and
 * its neighbours).
 *
 * The structures have NT's fields and their NT meaning, because drivers read them: allocations and
 * frees are counted, an allocation that finds the list empty and a free that finds it full are
 * misses. A list keeps at most `Depth` blocks. The depth starts low and follows the misses: once in
 * a second of virtual time, at a miss, the depths of all lists are adjusted between a minimum and
 * MaximumDepth. (No timer does it, so that an idle machine stays idle.)
 *
 * The routines of the pool are called for a list without routines of its own, and told the driver
 * that asked, so that a block that leaks has an owner. In the modes that look for misused memory
 * (guarded pool, sanitizers, Valgrind) blocks in a list are out of bounds, with guarded pool the
 * lists keep nothing.
 */
#include "ex/ex.h"
#include "ex/slist.h"
#include "mm/pool.h"

#define EX_DEPTH_MINIMUM 4u
#define EX_SCAN_INTERVAL WDMSIM_S
#define EX_LOOKASIDE_MARK                                                                          \
    0x6564694cu /* in Future[0] of an initialized list, mixed with its address */

/* ---- the set of all lists ---- */

static ULONG ex_lookaside_mark(const GENERAL_LOOKASIDE_POOL *list) {
    return EX_LOOKASIDE_MARK ^ (ULONG)((uintptr_t)list >> 4);
}

static bool ex_lookaside_is_known(struct machine *m, const GENERAL_LOOKASIDE_POOL *list) {
    if (list->Future[0] != ex_lookaside_mark(list))
        return false;
    for (PLIST_ENTRY link = m->ex->lookasides.Flink; link != &m->ex->lookasides;
         link = link->Flink) {
        if (link == &list->ListEntry)
            return true;
    }
    return false;
}

/* The next depth of a list that had `total` allocations and `misses` of them miss since the last
 * look. */
static USHORT ex_next_depth(USHORT depth, USHORT maximum, ULONG total, ULONG misses) {
    if (total < 25)
        return depth > EX_DEPTH_MINIMUM + 10u ? (USHORT)(depth - 10u) : (USHORT)EX_DEPTH_MINIMUM;
    ULONG rate = (ULONG)((ULONGLONG)misses * 1000 / total);
    if (rate < 5)
        return depth > EX_DEPTH_MINIMUM ? (USHORT)(depth - 1u) : depth;
    ULONG more = rate * (maximum - depth) / 2000 + 5;
    more = more > 30 ? 30 : more;
    return depth + more > maximum ? maximum : (USHORT)(depth + more);
}

static void ex_adjust_depths(struct machine *m) {
    m->ex->lookaside_scan = m->clock.now;
    for (PLIST_ENTRY link = m->ex->lookasides.Flink; link != &m->ex->lookasides;
         link = link->Flink) {
        GENERAL_LOOKASIDE_POOL *list = CONTAINING_RECORD(link, GENERAL_LOOKASIDE_POOL, ListEntry);
        ULONG total = list->TotalAllocates - list->LastTotalAllocates;
        ULONG misses = list->AllocateMisses - list->LastAllocateMisses;
        list->LastTotalAllocates = list->TotalAllocates;
        list->LastAllocateMisses = list->AllocateMisses;
        list->Depth = ex_next_depth(list->Depth, list->MaximumDepth, total, misses);
    }
}

VOID ExAdjustLookasideDepth(VOID) {
    KI_GATE(ExAdjustLookasideDepth);
    ex_adjust_depths(m);
}

/* ---- blocks ---- */

/* What a list without routines of its own has in AllocateEx and FreeEx. */
static PVOID ex_lookaside_default_allocate(POOL_TYPE type, SIZE_T size, ULONG tag,
                                           PLOOKASIDE_LIST_EX list) {
    (void)list;
    return ExAllocatePoolWithTag(type, size, tag);
}

static VOID ex_lookaside_default_free(PVOID entry, PLOOKASIDE_LIST_EX list) {
    (void)list;
    ExFreePool(entry);
}

/* From the pool, in the name of the driver that wants it. */
static void *ex_lookaside_pool(struct machine *m, const GENERAL_LOOKASIDE_POOL *list,
                               const void *caller) {
    void *p = mm_block_allocate(m, mm_type_byte(list->Type), list->Size, list->Tag, caller);
    if (!p && (list->Type & POOL_RAISE_IF_ALLOCATION_FAILURE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return p;
}

static __attribute__((noinline)) void *ex_lookaside_miss(struct machine *m,
                                                         GENERAL_LOOKASIDE_POOL *list,
                                                         bool extended, const void *caller) {
    list->AllocateMisses++;
    if (m->clock.now - m->ex->lookaside_scan >= EX_SCAN_INTERVAL)
        ex_adjust_depths(m);
    if (extended && list->AllocateEx != ex_lookaside_default_allocate)
        return list->AllocateEx(list->Type, list->Size, list->Tag,
                                CONTAINING_RECORD(list, LOOKASIDE_LIST_EX, L));
    if (!extended && list->Allocate != ExAllocatePoolWithTag)
        return list->Allocate(list->Type, list->Size, list->Tag);
    return ex_lookaside_pool(m, list, caller);
}

static void ex_lookaside_give_back(struct machine *m, GENERAL_LOOKASIDE_POOL *list, void *entry,
                                   bool extended, const void *caller) {
    if (extended && list->FreeEx != ex_lookaside_default_free)
        list->FreeEx(entry, CONTAINING_RECORD(list, LOOKASIDE_LIST_EX, L));
    else if (!extended && list->Free != ExFreePool)
        list->Free(entry);
    else
        mm_block_free(m, entry, 0, caller);
}

/* What of a block may not be touched while it is in the list: all but its link. */
static void ex_lookaside_hide(struct machine *m, const GENERAL_LOOKASIDE_POOL *list, void *entry) {
    if (list->Size > sizeof(PVOID))
        mm_instrument_hide(m, (char *)entry + sizeof(PVOID), list->Size - sizeof(PVOID));
}

static void ex_lookaside_show(struct machine *m, const GENERAL_LOOKASIDE_POOL *list, void *entry) {
    if (list->Size > sizeof(PVOID))
        mm_instrument_show(m, (char *)entry + sizeof(PVOID), list->Size - sizeof(PVOID));
}

static inline void *ex_lookaside_allocate(struct machine *m, GENERAL_LOOKASIDE_POOL *list,
                                          bool extended, const void *caller) {
    list->TotalAllocates++;
    PSLIST_ENTRY entry = ex_slist_pop(&list->ListHead);
    if (KI_UNLIKELY(!entry))
        return ex_lookaside_miss(m, list, extended, caller);
    if (KI_UNLIKELY(m->mm->careful))
        ex_lookaside_show(m, list, entry);
    return entry;
}

static __attribute__((noinline)) void ex_lookaside_free_slow(struct machine *m,
                                                             GENERAL_LOOKASIDE_POOL *list,
                                                             void *entry, bool extended,
                                                             const void *caller) {
    if (ex_slist_depth(&list->ListHead) >= list->Depth || (m->flags & WDMSIM_GUARD_POOL)) {
        list->FreeMisses++;
        ex_lookaside_give_back(m, list, entry, extended, caller);
        return;
    }
    ex_lookaside_hide(m, list, entry);
    ex_slist_push(&list->ListHead, entry);
}

static inline void ex_lookaside_free(struct machine *m, GENERAL_LOOKASIDE_POOL *list, void *entry,
                                     bool extended, const void *caller) {
    list->TotalFrees++;
    if (KI_UNLIKELY(m->mm->careful || ex_slist_depth(&list->ListHead) >= list->Depth))
        ex_lookaside_free_slow(m, list, entry, extended, caller);
    else
        ex_slist_push(&list->ListHead, entry);
}

/*
 * The way in: a quiet machine with a block at hand (or room for one) goes no further than this; the
 * rest, gate included, is behind a call, so that the short way needs no registers saved.
 */
static __attribute__((noinline)) void *ex_lookaside_allocate_gated(GENERAL_LOOKASIDE_POOL *list,
                                                                   bool extended,
                                                                   enum ki_routine routine,
                                                                   const void *caller) {
    struct machine *m = ki_self();
    if (m->attention)
        ki_gate_slow(m, routine, (void *)(uintptr_t)caller);
    if (extended && (list->Type & PagedPool) && m->cpu->irql > APC_LEVEL)
        ki_check_irql(m, routine, APC_LEVEL, (void *)(uintptr_t)caller);
    return ex_lookaside_allocate(m, list, extended, caller);
}

/* Whether the block at hand may be taken without further ado at a level of at most `limit`. */
static inline bool ex_lookaside_has(const GENERAL_LOOKASIDE_POOL *list, KIRQL limit) {
    const struct machine *m = ki_self();
    return ki_gate_is_open(m, PASSIVE_LEVEL, limit) && !m->mm->careful &&
           ex_slist_first(&list->ListHead);
}

static inline void *ex_lookaside_get(GENERAL_LOOKASIDE_POOL *list) {
    list->TotalAllocates++;
    return ex_slist_pop(&list->ListHead);
}

static __attribute__((noinline)) void ex_lookaside_free_gated(GENERAL_LOOKASIDE_POOL *list,
                                                              void *entry, bool extended,
                                                              enum ki_routine routine,
                                                              const void *caller) {
    struct machine *m = ki_self();
    if (m->attention)
        ki_gate_slow(m, routine, (void *)(uintptr_t)caller);
    if (extended && (list->Type & PagedPool) && m->cpu->irql > APC_LEVEL)
        ki_check_irql(m, routine, APC_LEVEL, (void *)(uintptr_t)caller);
    ex_lookaside_free(m, list, entry, extended, caller);
}

/* Likewise, whether a block may be put back. */
static inline bool ex_lookaside_has_room(const GENERAL_LOOKASIDE_POOL *list, KIRQL limit) {
    const struct machine *m = ki_self();
    return ki_gate_is_open(m, PASSIVE_LEVEL, limit) && !m->mm->careful &&
           ex_slist_depth(&list->ListHead) < list->Depth;
}

static inline void ex_lookaside_put(GENERAL_LOOKASIDE_POOL *list, void *entry) {
    list->TotalFrees++;
    ex_slist_push(&list->ListHead, entry);
}

/* ---- life of a list ---- */

static void ex_lookaside_initialize(struct machine *m, GENERAL_LOOKASIDE_POOL *list, ULONG type,
                                    SIZE_T size, ULONG tag, const void *caller) {
    if (m->flags & WDMSIM_CHECK_RULES) {
        if (ex_lookaside_is_known(m, list))
            ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xca, (ULONG_PTR)list, 0, 0,
                        "%s initialized a lookaside list that is in use",
                        ki_address_name(m, caller));
        if (size < LOOKASIDE_MINIMUM_BLOCK_SIZE)
            ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xcd, (ULONG_PTR)list, size,
                        LOOKASIDE_MINIMUM_BLOCK_SIZE,
                        "%s initialized a lookaside list of blocks of %zu bytes",
                        ki_address_name(m, caller), (size_t)size);
    }
    *list = (GENERAL_LOOKASIDE_POOL){.Depth = EX_DEPTH_MINIMUM,
                                     .MaximumDepth = EX_MAXIMUM_LOOKASIDE_DEPTH_BASE};
    ex_slist_initialize(&list->ListHead);
    list->Type = (POOL_TYPE)type;
    list->Size = (ULONG)size;
    list->Tag = tag;
    list->Future[0] = ex_lookaside_mark(list);
    InsertTailList(&m->ex->lookasides, &list->ListEntry);
}

static void ex_lookaside_flush(struct machine *m, GENERAL_LOOKASIDE_POOL *list, bool extended,
                               const void *caller) {
    PSLIST_ENTRY entry;
    while ((entry = ex_slist_pop(&list->ListHead)) != NULL) {
        if (m->mm->careful)
            ex_lookaside_show(m, list, entry);
        ex_lookaside_give_back(m, list, entry, extended, caller);
    }
}

static void ex_lookaside_delete(struct machine *m, GENERAL_LOOKASIDE_POOL *list, bool extended,
                                const void *caller) {
    if (!ex_lookaside_is_known(m, list))
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xcb, (ULONG_PTR)list, 0, 0,
                    "%s deleted a lookaside list that is not initialized",
                    ki_address_name(m, caller));
    ex_lookaside_flush(m, list, extended, caller);
    RemoveEntryList(&list->ListEntry);
    list->Future[0] = 0;
}

/* GENERAL_LOOKASIDE differs from GENERAL_LOOKASIDE_POOL in its alignment only. */
#define EX_LIST(lookaside) ((GENERAL_LOOKASIDE_POOL *)(void *)&(lookaside)->L)
#define EX_CALLER __builtin_return_address(0)

VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                     PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
                                     USHORT Depth) {
    KI_GATE(ExInitializeNPagedLookasideList);
    (void)Depth;
    ex_lookaside_initialize(m, EX_LIST(Lookaside), NonPagedPool | Flags, Size, Tag, EX_CALLER);
    Lookaside->L.Allocate = Allocate ? Allocate : ExAllocatePoolWithTag;
    Lookaside->L.Free = Free ? Free : ExFreePool;
}

VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) {
    KI_GATE(ExDeleteNPagedLookasideList);
    ex_lookaside_delete(m, EX_LIST(Lookaside), false, EX_CALLER);
}

PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) {
    GENERAL_LOOKASIDE_POOL *list = EX_LIST(Lookaside);
    if (KI_UNLIKELY(!ex_lookaside_has(list, DISPATCH_LEVEL)))
        return ex_lookaside_allocate_gated(list, false,
                                           KI_ROUTINE_ExAllocateFromNPagedLookasideList, EX_CALLER);
    return ex_lookaside_get(list);
}

VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry) {
    GENERAL_LOOKASIDE_POOL *list = EX_LIST(Lookaside);
    if (KI_UNLIKELY(!ex_lookaside_has_room(list, DISPATCH_LEVEL)))
        ex_lookaside_free_gated(list, Entry, false, KI_ROUTINE_ExFreeToNPagedLookasideList,
                                EX_CALLER);
    else
        ex_lookaside_put(list, Entry);
}

VOID ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                    PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
                                    USHORT Depth) {
    KI_GATE(ExInitializePagedLookasideList);
    (void)Depth;
    ex_lookaside_initialize(m, EX_LIST(Lookaside), PagedPool | Flags, Size, Tag, EX_CALLER);
    Lookaside->L.Allocate = Allocate ? Allocate : ExAllocatePoolWithTag;
    Lookaside->L.Free = Free ? Free : ExFreePool;
}

VOID ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside) {
    KI_GATE(ExDeletePagedLookasideList);
    ex_lookaside_delete(m, EX_LIST(Lookaside), false, EX_CALLER);
}

PVOID ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside) {
    GENERAL_LOOKASIDE_POOL *list = EX_LIST(Lookaside);
    if (KI_UNLIKELY(!ex_lookaside_has(list, APC_LEVEL)))
        return ex_lookaside_allocate_gated(list, false, KI_ROUTINE_ExAllocateFromPagedLookasideList,
                                           EX_CALLER);
    return ex_lookaside_get(list);
}

VOID ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry) {
    GENERAL_LOOKASIDE_POOL *list = EX_LIST(Lookaside);
    if (KI_UNLIKELY(!ex_lookaside_has_room(list, APC_LEVEL)))
        ex_lookaside_free_gated(list, Entry, false, KI_ROUTINE_ExFreeToPagedLookasideList,
                                EX_CALLER);
    else
        ex_lookaside_put(list, Entry);
}

/* The pool types that a list can be made of. */
static bool ex_lookaside_type_is_valid(ULONG type) {
    ULONG base = type & 7;
    return (type & ~(7u | 32u | 512u)) == 0 && base != 2 && base != 3 && base != 6 && base != 7;
}

NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, ALLOCATE_FUNCTION_EX *Allocate,
                                     FREE_FUNCTION_EX *Free, POOL_TYPE PoolType, ULONG Flags,
                                     SIZE_T Size, ULONG Tag, USHORT Depth) {
    KI_GATE(ExInitializeLookasideListEx);
    ULONG type = PoolType;
    (void)Depth;
    if (!ex_lookaside_type_is_valid(type))
        return STATUS_INVALID_PARAMETER_4;
    if (Flags == EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL)
        type |= POOL_RAISE_IF_ALLOCATION_FAILURE;
    else if (Flags == EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)
        type |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
    else if (Flags)
        return STATUS_INVALID_PARAMETER_5;
    ex_lookaside_initialize(m, &Lookaside->L, type, Size, Tag, EX_CALLER);
    Lookaside->L.AllocateEx = Allocate ? Allocate : ex_lookaside_default_allocate;
    Lookaside->L.FreeEx = Free ? Free : ex_lookaside_default_free;
    return STATUS_SUCCESS;
}

VOID ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
    KI_GATE(ExDeleteLookasideListEx);
    ex_lookaside_delete(m, &Lookaside->L, true, EX_CALLER);
}

VOID ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
    KI_GATE(ExFlushLookasideListEx);
    ex_lookaside_flush(m, &Lookaside->L, true, EX_CALLER);
}

PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) {
    GENERAL_LOOKASIDE_POOL *list = &Lookaside->L;
    if (KI_UNLIKELY(!ex_lookaside_has(list, DISPATCH_LEVEL) || list->Type & PagedPool))
        return ex_lookaside_allocate_gated(list, true, KI_ROUTINE_ExAllocateFromLookasideListEx,
                                           EX_CALLER);
    return ex_lookaside_get(list);
}

VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry) {
    GENERAL_LOOKASIDE_POOL *list = &Lookaside->L;
    if (KI_UNLIKELY(!ex_lookaside_has_room(list, DISPATCH_LEVEL) || list->Type & PagedPool))
        ex_lookaside_free_gated(list, Entry, true, KI_ROUTINE_ExFreeToLookasideListEx, EX_CALLER);
    else
        ex_lookaside_put(list, Entry);
}
