/*
 * Pool as drivers see it: all forms of ExAllocatePool and ExFreePool.
 *
 * The routines differ in what they do on failure (NULL or an exception), in whether the memory is
 * zeroed, and in how they name the type of pool; the allocator itself is in src/mm. Here are the
 * rules of the callers: tags, types, IRQL, sizes. Pool quotas are not limited: a block remembers
 * that it was charged, and no process runs out of quota.
 *
 * Pages: wdm/nf-wdm-exallocatepool2, …exallocatepool3, …exallocatepoolwithtag,
 * …exallocatepoolwithquotatag, …exallocatepoolwithtagpriority, …exfreepoolwithtag,
 * ntddk/nf-ntddk-exfreepool, kernel/pool_flags.
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "ex/ex.h"
#include "mm/pool.h"

#define EX_TAG_NONE 0x656e6f4eu /* "None" */
#define EX_TAG_BIG 0x20474942u  /* "BIG " */

POOL_TYPE ExDefaultNonPagedPoolType = NonPagedPool;
ULONG ExDefaultMdlProtection = 0;

static bool ex_tag_has_alphanumeric(ULONG tag) {
    for (unsigned i = 0; i < 4; i++) {
        unsigned c = tag >> (8 * i) & 0x7f;
        if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
            return true;
    }
    return false;
}

/* Tags that the older routines refuse; remembers the last one that was good. */
static void ex_check_tag(struct machine *m, ULONG tag, ULONG type, size_t size,
                         const void *caller) {
    if (!(m->flags & WDMSIM_CHECK_RULES)) {
        m->mm->good_tag = tag;
        return;
    }
    const char *where = ki_address_name(m, caller);
    if (!tag)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x9b, type, size, (ULONG_PTR)caller,
                    "%s allocated pool with a tag of zero", where);
    if (tag == EX_TAG_BIG)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x9c, type, size, (ULONG_PTR)caller,
                    "%s allocated pool with the system's tag 'BIG '", where);
    if (!ex_tag_has_alphanumeric(tag))
        ki_bugcheck(m, BAD_POOL_CALLER, 0x9d, tag, type, (ULONG_PTR)caller,
                    "%s allocated pool with a tag without letters or digits", where);
    m->mm->good_tag = tag;
}

/* What is out of the ordinary about a request: no bytes, paged pool above APC_LEVEL, a pool type
 * that is gone. */
static void ex_check_request(struct machine *m, ULONG type, size_t size, ULONG tag,
                             const void *caller) {
    unsigned base = type & 7;
    if (base == NonPagedPoolMustSucceed || base == NonPagedPoolCacheAlignedMustS)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x9a, type, size, tag,
                    "%s asked for must-succeed pool, which no longer exists",
                    ki_address_name(m, caller));
    if (!(m->flags & WDMSIM_CHECK_RULES))
        return;
    if (size == 0)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x00, 0, type, tag, "%s allocated zero bytes of pool",
                    ki_address_name(m, caller));
    if ((type & MM_PAGED) && m->cpu->irql > APC_LEVEL)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x08, m->cpu->irql, type, size,
                    "%s allocated paged pool at %s", ki_address_name(m, caller),
                    ki_irql_name(m->cpu->irql));
}

/* Bits of a POOL_TYPE that say which pool; the rest are flags of the request. */
#define EX_TYPE_MASK (7u | 32u | NonPagedPoolNx)

static inline void *ex_allocate(struct machine *m, ULONG type, size_t size, ULONG tag,
                                const void *caller) {
    if (KI_UNLIKELY(tag != m->mm->good_tag))
        ex_check_tag(m, tag, type, size, caller);
    bool paged_high = (type & MM_PAGED) && m->cpu->irql > APC_LEVEL;
    if (KI_UNLIKELY(size == 0 || (type & 2) || paged_high))
        ex_check_request(m, type & EX_TYPE_MASK, size, tag, caller);
    void *p = mm_block_allocate(m, mm_type_byte(type), size, tag, caller);
    if (KI_UNLIKELY(type & POOL_ZERO_ALLOCATION) && p)
        memset(p, 0, size);
    return p;
}

static __attribute__((noinline)) void *ex_allocate_gated(struct machine *m, ULONG type, size_t size,
                                                         ULONG tag, enum ki_routine routine,
                                                         const void *caller) {
    if (m->attention)
        ki_gate_slow(m, routine, (void *)(uintptr_t)caller);
    void *p = ex_allocate(m, type, size, tag, caller);
    if (KI_UNLIKELY(!p) && (type & POOL_RAISE_IF_ALLOCATION_FAILURE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return p;
}

/*
 * The way in. On a quiet machine an ordinary request for a small block goes no further than this;
 * the rest, gate included, is behind a call, so that the short way needs no registers saved.
 */
static inline __attribute__((always_inline)) void *
ex_allocate_short(ULONG type, size_t size, ULONG tag, enum ki_routine routine, const void *caller) {
    struct machine *m = ki_self();
    bool ordinary = size - 1 < MM_LARGEST_SMALL && !(type & ~(ULONG)(NonPagedPoolNx | PagedPool)) &&
                    tag == m->mm->good_tag;
    KIRQL limit = type & PagedPool ? APC_LEVEL : DISPATCH_LEVEL;
    if (KI_LIKELY(ki_gate_is_open(m, PASSIVE_LEVEL, limit) && ordinary && mm_is_quiet(m))) {
        void *p = mm_block_take(m->mm, mm_type_byte(type), size, tag, caller);
        if (KI_LIKELY(p != NULL))
            return p;
    }
    return ex_allocate_gated(m, type, size, tag, routine, caller);
}

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    return ex_allocate_short(PoolType, NumberOfBytes, Tag, KI_ROUTINE_ExAllocatePoolWithTag,
                             __builtin_return_address(0));
}

PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
    return ex_allocate_gated(ki_self(), PoolType, NumberOfBytes, EX_TAG_NONE,
                             KI_ROUTINE_ExAllocatePool, __builtin_return_address(0));
}

/* At the start of a page of special pool, so that an access before it is seen; NULL without one. */
static void *ex_allocate_under(struct machine *m, ULONG type, size_t size, ULONG tag,
                               const void *caller) {
    if (tag != m->mm->good_tag)
        ex_check_tag(m, tag, type, size, caller);
    ex_check_request(m, type & EX_TYPE_MASK, size, tag, caller);
    void *p = mm_special_make(m, mm_type_byte(type), size, tag, caller, true);
    if (p && type & POOL_ZERO_ALLOCATION)
        memset(p, 0, size);
    return p;
}

PVOID ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                    EX_POOL_PRIORITY Priority) {
    KI_GATE(ExAllocatePoolWithTagPriority);
    void *caller = __builtin_return_address(0);
    void *p = NULL;
    /* Only special pool knows a difference between the priorities: there is no shortage that would
     * be weighed. */
    if ((m->flags & WDMSIM_GUARD_POOL) && (Priority & 9) == 9)
        p = ex_allocate_under(m, PoolType, NumberOfBytes, Tag, caller);
    if (!p)
        p = ex_allocate(m, PoolType, NumberOfBytes, Tag, caller);
    if (KI_UNLIKELY(!p) && (PoolType & POOL_RAISE_IF_ALLOCATION_FAILURE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return p;
}

/* A charged block; raises unless told to return NULL. */
static void *ex_allocate_quota(struct machine *m, ULONG type, size_t size, ULONG tag,
                               const void *caller) {
    if ((m->flags & WDMSIM_CHECK_RULES) && m->cpu->in_dpc)
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x10b, 0, 0, 0,
                    "%s charged pool quota from a DPC routine", ki_address_name(m, caller));
    if (tag != m->mm->good_tag)
        ex_check_tag(m, tag, type, size, caller);
    ex_check_request(m, type & EX_TYPE_MASK, size, tag, caller);
    void *p = mm_block_allocate(m, mm_type_byte(type) | MM_QUOTA, size, tag, caller);
    if (!p && !(type & POOL_QUOTA_FAIL_INSTEAD_OF_RAISE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    if (p && type & POOL_ZERO_ALLOCATION)
        memset(p, 0, size);
    return p;
}

PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) {
    KI_GATE(ExAllocatePoolWithQuotaTag);
    return ex_allocate_quota(m, PoolType, NumberOfBytes, Tag, __builtin_return_address(0));
}

PVOID ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes) {
    KI_GATE(ExAllocatePoolWithQuota);
    return ex_allocate_quota(m, PoolType, NumberOfBytes, EX_TAG_NONE, __builtin_return_address(0));
}

/* ---- ExAllocatePool2 and 3: flags instead of a type ---- */

#define EX_FLAGS_POOLS (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)
#define EX_FLAGS_KNOWN                                                                             \
    (EX_FLAGS_POOLS | POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_SESSION |          \
     POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_RAISE_ON_FAILURE)

/* The type byte of pool flags, or a negative number if a required flag is unknown or the pool is
 * not exactly one. */
static inline int ex_flags_type(POOL_FLAGS flags) {
    ULONG required = (ULONG)flags, pool = required & (ULONG)EX_FLAGS_POOLS;
    if (KI_UNLIKELY((required & ~(ULONG)EX_FLAGS_KNOWN) || !pool || (pool & (pool - 1))))
        return -1;
    int type = pool == POOL_FLAG_PAGED ? MM_PAGED : 0;
    if (KI_UNLIKELY(required & (POOL_FLAG_USE_QUOTA | POOL_FLAG_SESSION | POOL_FLAG_CACHE_ALIGNED |
                                POOL_FLAG_NON_PAGED_EXECUTE))) {
        type |= required & POOL_FLAG_CACHE_ALIGNED ? MM_ALIGNED : 0;
        type |= required & POOL_FLAG_USE_QUOTA ? MM_QUOTA : 0;
        type |= required & POOL_FLAG_SESSION ? MM_SESSION : 0;
        type |= required & POOL_FLAG_NON_PAGED_EXECUTE ? MM_EXECUTE : 0;
    }
    return type;
}

/* What ExAllocatePool2 and 3 share; `under`: special pool puts the block at the start of its page.
 */
static inline void *ex_allocate_flags(struct machine *m, POOL_FLAGS flags, size_t size, ULONG tag,
                                      bool under, const void *caller) {
    int type = ex_flags_type(flags);
    void *p = NULL;
    if (KI_LIKELY(type >= 0 && tag)) {
        bool paged_high = (type & MM_PAGED) && m->cpu->irql > APC_LEVEL;
        if (KI_UNLIKELY(size == 0 || paged_high))
            ex_check_request(m, mm_pool_type((unsigned)type), size, tag, caller);
        bool guarded =
            (flags & POOL_FLAG_SPECIAL_POOL) || (under && (m->flags & WDMSIM_GUARD_POOL));
        if (KI_UNLIKELY(guarded)) {
            mm_special_start(m);
            m->mm->careful = true;
            p = mm_special_make(m, (unsigned)type, size, tag, caller, under);
        }
        if (KI_LIKELY(!p))
            p = mm_block_allocate(m, (unsigned)type, size, tag, caller);
    }
    if (KI_UNLIKELY(!p) && (flags & POOL_FLAG_RAISE_ON_FAILURE))
        ExRaiseStatus(type >= 0 && tag ? STATUS_INSUFFICIENT_RESOURCES : STATUS_INVALID_PARAMETER);
    if (p && !(flags & POOL_FLAG_UNINITIALIZED))
        memset(p, 0, size);
    return p;
}

static __attribute__((noinline)) void *ex_allocate2_gated(struct machine *m, POOL_FLAGS flags,
                                                          size_t size, ULONG tag,
                                                          const void *caller) {
    if (m->attention)
        ki_gate_slow(m, KI_ROUTINE_ExAllocatePool2, (void *)(uintptr_t)caller);
    return ex_allocate_flags(m, flags, size, tag, false, caller);
}

PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) {
    struct machine *m = ki_self();
    const void *caller = __builtin_return_address(0);
    bool ordinary = NumberOfBytes - 1 < MM_LARGEST_SMALL &&
                    (Flags & ~POOL_FLAG_UNINITIALIZED) == POOL_FLAG_NON_PAGED && Tag;
    if (KI_LIKELY(ki_gate_is_open(m, PASSIVE_LEVEL, DISPATCH_LEVEL) && ordinary &&
                  mm_is_quiet(m))) {
        void *p = mm_block_take(m->mm, 0, NumberOfBytes, Tag, caller);
        if (KI_LIKELY(p != NULL))
            return Flags & POOL_FLAG_UNINITIALIZED ? p : memset(p, 0, NumberOfBytes);
    }
    return ex_allocate2_gated(m, Flags, NumberOfBytes, Tag, caller);
}

PVOID ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                      PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount) {
    KI_GATE(ExAllocatePool3);
    bool under = false, valid = ExtendedParameters || !ExtendedParametersCount;
    const POOL_EXTENDED_PARAMS_SECURE_POOL *secure = NULL;
    for (ULONG i = 0; valid && i < ExtendedParametersCount; i++) {
        const POOL_EXTENDED_PARAMETER *parameter = &ExtendedParameters[i];
        switch (parameter->Type) {
        case PoolExtendedParameterPriority:
            under = (parameter->Priority & 9) == 9;
            break;
        case PoolExtendedParameterNumaNode:
            break; /* one node */
        case PoolExtendedParameterSecurePool:
            secure = parameter->SecurePoolParams;
            break;
        default:
            valid = parameter->Optional;
        }
    }
    if (!valid)
        Flags |= POOL_FLAG_RESERVED1; /* refused like an unknown flag */
    if (valid && secure)
        return ex_secure_allocate(m, Flags, NumberOfBytes, Tag, secure,
                                  __builtin_return_address(0));
    return ex_allocate_flags(m, Flags, NumberOfBytes, Tag, under, __builtin_return_address(0));
}

/* ---- freeing ---- */

static __attribute__((noinline)) void ex_free_gated(struct machine *m, void *p, ULONG tag,
                                                    enum ki_routine routine, const void *caller) {
    if (m->attention)
        ki_gate_slow(m, routine, (void *)(uintptr_t)caller);
    mm_block_free(m, p, tag, caller);
}

static inline __attribute__((always_inline)) void
ex_free_short(void *p, ULONG tag, enum ki_routine routine, const void *caller) {
    struct machine *m = ki_self();
    if (KI_UNLIKELY(!ki_gate_is_open(m, PASSIVE_LEVEL, DISPATCH_LEVEL) || !mm_is_quiet(m) ||
                    !mm_block_put(m, p, tag)))
        ex_free_gated(m, p, tag, routine, caller);
}

VOID ExFreePool(PVOID P) {
    ex_free_short(P, 0, KI_ROUTINE_ExFreePool, __builtin_return_address(0));
}

VOID ExFreePoolWithTag(PVOID P, ULONG Tag) {
    ex_free_short(P, Tag, KI_ROUTINE_ExFreePoolWithTag, __builtin_return_address(0));
}
