/*
 * Rundown protection: an object may be used until its owner says that nobody new may come, and
 * waits for those inside (wdm/nf-wdm-exacquirerundownprotection and its neighbours).
 *
 * The word counts those inside in steps of two. Bit 0 set means the rundown has begun; then the
 * rest is the address of the owner's wait block, on its stack, which has the count, or zero when
 * all is over.
 *
 * The cache-aware form spreads the count over processors' cache lines on hardware; only one
 * processor moves at a time here, so it is one count in a structure of its own.
 */
#include "ex/ex.h"
#include "mm/mm.h"

#define EX_RUNDOWN_ONE ((ULONG_PTR)EX_RUNDOWN_COUNT_INC)

struct ex_rundown_wait {
    ULONG_PTR count;
    KEVENT done;
};

struct _EX_RUNDOWN_REF_CACHE_AWARE {
    EX_RUNDOWN_REF ref;
};

static inline bool ex_rundown_enter(PEX_RUNDOWN_REF ref, ULONG count) {
    if (KI_UNLIKELY(ref->Count & EX_RUNDOWN_ACTIVE))
        return false;
    ref->Count += count * EX_RUNDOWN_ONE;
    return true;
}

static _Noreturn void ex_rundown_underflow(struct machine *m, PEX_RUNDOWN_REF ref,
                                           const void *caller) {
    ki_bugcheck(m, REFERENCE_BY_POINTER, 0, (ULONG_PTR)ref, 0, 0,
                "%s released rundown protection more often than it was acquired",
                ki_address_name(m, caller));
}

static void ex_rundown_leave(struct machine *m, PEX_RUNDOWN_REF ref, ULONG count,
                             const void *caller) {
    if (KI_LIKELY(!(ref->Count & EX_RUNDOWN_ACTIVE))) {
        if (KI_UNLIKELY(ref->Count < count * EX_RUNDOWN_ONE))
            ex_rundown_underflow(m, ref, caller);
        ref->Count -= count * EX_RUNDOWN_ONE;
        return;
    }
    struct ex_rundown_wait *wait =
        (struct ex_rundown_wait *)(ref->Count & ~(ULONG_PTR)EX_RUNDOWN_ACTIVE);
    if (KI_UNLIKELY(!wait || wait->count < count))
        ex_rundown_underflow(m, ref, caller);
    wait->count -= count;
    if (wait->count == 0)
        KeSetEvent(&wait->done, IO_NO_INCREMENT, FALSE);
}

static void ex_rundown_wait(PEX_RUNDOWN_REF ref) {
    if (ref->Count & EX_RUNDOWN_ACTIVE)
        return;
    struct ex_rundown_wait wait = {.count = ref->Count / EX_RUNDOWN_ONE};
    if (!wait.count) {
        ref->Count = EX_RUNDOWN_ACTIVE;
        return;
    }
    KeInitializeEvent(&wait.done, SynchronizationEvent, FALSE);
    ref->Count = (ULONG_PTR)&wait | EX_RUNDOWN_ACTIVE;
    KeWaitForSingleObject(&wait.done, WrRundown, KernelMode, FALSE, NULL);
    ref->Count = EX_RUNDOWN_ACTIVE;
}

VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) {
    KI_GATE(ExInitializeRundownProtection);
    (void)m;
    RunRef->Count = 0;
}

VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) {
    KI_GATE(ExReInitializeRundownProtection);
    (void)m;
    RunRef->Count = 0;
}

BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) {
    KI_GATE(ExAcquireRundownProtection);
    (void)m;
    return ex_rundown_enter(RunRef, 1);
}

BOOLEAN ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
    KI_GATE(ExAcquireRundownProtectionEx);
    (void)m;
    return ex_rundown_enter(RunRef, Count);
}

VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) {
    KI_GATE(ExReleaseRundownProtection);
    ex_rundown_leave(m, RunRef, 1, __builtin_return_address(0));
}

VOID ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) {
    KI_GATE(ExReleaseRundownProtectionEx);
    ex_rundown_leave(m, RunRef, Count, __builtin_return_address(0));
}

VOID ExRundownCompleted(PEX_RUNDOWN_REF RunRef) {
    KI_GATE(ExRundownCompleted);
    (void)m;
    RunRef->Count = EX_RUNDOWN_ACTIVE;
}

VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) {
    KI_GATE(ExWaitForRundownProtectionRelease);
    (void)m;
    ex_rundown_wait(RunRef);
}

/* ---- cache-aware ---- */

SIZE_T ExSizeOfRundownProtectionCacheAware(VOID) {
    KI_GATE(ExSizeOfRundownProtectionCacheAware);
    (void)m;
    return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE);
}

PEX_RUNDOWN_REF_CACHE_AWARE ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType,
                                                                  ULONG PoolTag) {
    KI_GATE(ExAllocateCacheAwareRundownProtection);
    PEX_RUNDOWN_REF_CACHE_AWARE ref =
        mm_pool_allocate_for(m, PoolType, sizeof *ref, PoolTag, __builtin_return_address(0));
    if (!ref)
        return NULL;
    ref->ref.Count = 0;
    return ref;
}

VOID ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) {
    KI_GATE(ExFreeCacheAwareRundownProtection);
    mm_pool_free(m, RunRefCacheAware, 0);
}

VOID ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                             SIZE_T RunRefSize) {
    KI_GATE(ExInitializeRundownProtectionCacheAware);
    (void)m;
    (void)RunRefSize;
    RunRefCacheAware->ref.Count = 0;
}

VOID ExInitializeRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                               ULONG Flags) {
    KI_GATE(ExInitializeRundownProtectionCacheAwareEx);
    if (Flags)
        ki_bugcheck(m, INVALID_RUNDOWN_PROTECTION_FLAGS, Flags, (ULONG_PTR)RunRefCacheAware, 0, 0,
                    "%s initialised rundown protection with unknown flags",
                    ki_address_name(m, __builtin_return_address(0)));
    RunRefCacheAware->ref.Count = 0;
}

VOID ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) {
    KI_GATE(ExReInitializeRundownProtectionCacheAware);
    (void)m;
    RunRefCacheAware->ref.Count = 0;
}

BOOLEAN ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) {
    KI_GATE(ExAcquireRundownProtectionCacheAware);
    (void)m;
    return ex_rundown_enter(&RunRefCacheAware->ref, 1);
}

BOOLEAN ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                               ULONG Count) {
    KI_GATE(ExAcquireRundownProtectionCacheAwareEx);
    (void)m;
    return ex_rundown_enter(&RunRefCacheAware->ref, Count);
}

VOID ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) {
    KI_GATE(ExReleaseRundownProtectionCacheAware);
    ex_rundown_leave(m, &RunRefCacheAware->ref, 1, __builtin_return_address(0));
}

VOID ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                            ULONG Count) {
    KI_GATE(ExReleaseRundownProtectionCacheAwareEx);
    ex_rundown_leave(m, &RunRefCacheAware->ref, Count, __builtin_return_address(0));
}

VOID ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) {
    KI_GATE(ExRundownCompletedCacheAware);
    (void)m;
    RunRefCacheAware->ref.Count = EX_RUNDOWN_ACTIVE;
}

VOID ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) {
    KI_GATE(ExWaitForRundownProtectionReleaseCacheAware);
    (void)m;
    ex_rundown_wait(&RunRefCacheAware->ref);
}
