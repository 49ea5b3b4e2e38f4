/*
 * Reader-writer spin locks (wdm/nf-wdm-exacquirespinlockshared and its neighbours).
 *
 * The lock is a 32-bit word: bit 31 is the writer's, the bits below count readers. A writer sets
 * its bit first, which keeps new readers out, and then waits for the readers to leave. A processor
 * that must wait watches a word of its own (ex_part.spin_word), which whoever changes the lock
 * clears; it holds 1 + the number of the processor that owns the lock exclusively, where that is
 * known, so that a deadlock names it.
 */
#include "ex/ex.h"
#include "ki/lock_log.h"

#define EX_WRITER ((LONG)0x80000000u)
#define EX_READERS 0x7fffffff

/* The processor that has the lock exclusively: 1 + its number, or a value that names none. */
static ULONG_PTR ex_spin_owner(const struct machine *m, PEX_SPIN_LOCK lock) {
    for (unsigned i = 0; i < m->processor_count; i++) {
        if (m->ex->spin_exclusive[i] == lock)
            return 1u + i;
    }
    return ~(ULONG_PTR)0;
}

/* Lets the others move until none of the bits is set. */
static void ex_spin_wait(struct machine *m, PEX_SPIN_LOCK lock, LONG bits) {
    struct ex_part *ex = m->ex;
    unsigned self = m->cpu->number;
    KI_TRACE(m, LOCK_SPIN, "", ex_spin_owner(m, lock) - 1);
    while (*lock & bits) {
        ex->spin_waiting[self] = lock;
        ex->spin_word[self] = ex_spin_owner(m, lock);
        ex->spin_waiters |= 1ull << self;
        ki_spin(m, &ex->spin_word[self], ~(ULONG_PTR)0);
    }
}

/* The lock changed: whoever waits for it looks again. */
static inline void ex_spin_changed(struct machine *m, PEX_SPIN_LOCK lock) {
    struct ex_part *ex = m->ex;
    for (uint64_t waiters = ex->spin_waiters; KI_UNLIKELY(waiters); waiters &= waiters - 1) {
        unsigned i = (unsigned)__builtin_ctzll(waiters);
        if (ex->spin_waiting[i] == lock) {
            ex->spin_word[i] = 0;
            ex->spin_waiters &= ~(1ull << i);
        }
    }
}

static inline void ex_spin_wanted(struct machine *m, PEX_SPIN_LOCK lock, enum ki_lock_kind kind) {
    if (ki_locks_followed(m))
        ki_lock_wanted(m, lock, kind);
}

static inline void ex_spin_taken(struct machine *m, PEX_SPIN_LOCK lock, enum ki_lock_kind kind) {
    if (ki_locks_followed(m))
        ki_lock_taken(m, lock, kind);
}

static inline void ex_spin_dropped(struct machine *m, PEX_SPIN_LOCK lock) {
    if (ki_locks_followed(m))
        ki_lock_dropped(m, lock);
}

static inline void ex_spin_take_shared(struct machine *m, PEX_SPIN_LOCK lock) {
    if (KI_UNLIKELY(*lock & EX_WRITER)) {
        if (m->ex->spin_exclusive[m->cpu->number] == lock)
            ki_bugcheck(
                m, SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)lock, 0, 0, 0,
                "a processor asked for shared access to a spin lock that it holds exclusively");
        ex_spin_wait(m, lock, EX_WRITER);
    }
    ++*lock;
    ex_spin_taken(m, lock, KI_LOCK_READER);
}

static inline void ex_spin_take_exclusive(struct machine *m, PEX_SPIN_LOCK lock) {
    if (KI_UNLIKELY(*lock)) {
        if (m->ex->spin_exclusive[m->cpu->number] == lock)
            ki_bugcheck(m, SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)lock, 0, 0, 0,
                        "a processor acquired a spin lock that it holds exclusively already");
        ex_spin_wait(m, lock, EX_WRITER);
        *lock |= EX_WRITER;
        ex_spin_wait(m, lock, EX_READERS);
    }
    *lock = EX_WRITER;
    m->ex->spin_exclusive[m->cpu->number] = lock;
    ex_spin_taken(m, lock, KI_LOCK_WRITER);
}

static inline void ex_spin_give_shared(struct machine *m, PEX_SPIN_LOCK lock, const void *caller) {
    if (KI_UNLIKELY(!(*lock & EX_READERS)))
        ki_bugcheck(m, SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, (ULONG)*lock, 0, 0,
                    "%s released a spin lock that nobody holds for shared access",
                    ki_address_name(m, caller));
    --*lock;
    ex_spin_dropped(m, lock);
    ex_spin_changed(m, lock);
}

static inline void ex_spin_give_exclusive(struct machine *m, PEX_SPIN_LOCK lock,
                                          const void *caller) {
    if (KI_UNLIKELY(*lock != EX_WRITER))
        ki_bugcheck(m, SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, (ULONG)*lock, 0, 0,
                    "%s released a spin lock that nobody holds exclusively",
                    ki_address_name(m, caller));
    *lock = 0;
    ex_spin_dropped(m, lock);
    if (m->ex->spin_exclusive[m->cpu->number] == lock)
        m->ex->spin_exclusive[m->cpu->number] = NULL;
    ex_spin_changed(m, lock);
}

KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock) {
    KI_GATE(ExAcquireSpinLockShared);
    KIRQL old = ki_raise(m, DISPATCH_LEVEL);
    ex_spin_wanted(m, SpinLock, KI_LOCK_READER);
    ex_spin_take_shared(m, SpinLock);
    return old;
}

VOID ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
    KI_GATE(ExAcquireSpinLockSharedAtDpcLevel);
    ex_spin_wanted(m, SpinLock, KI_LOCK_READER);
    ex_spin_take_shared(m, SpinLock);
}

VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
    KI_GATE(ExReleaseSpinLockShared);
    ex_spin_give_shared(m, SpinLock, __builtin_return_address(0));
    ki_lower(m, OldIrql);
}

VOID ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock) {
    KI_GATE(ExReleaseSpinLockSharedFromDpcLevel);
    ex_spin_give_shared(m, SpinLock, __builtin_return_address(0));
}

KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock) {
    KI_GATE(ExAcquireSpinLockExclusive);
    KIRQL old = ki_raise(m, DISPATCH_LEVEL);
    ex_spin_wanted(m, SpinLock, KI_LOCK_WRITER);
    ex_spin_take_exclusive(m, SpinLock);
    return old;
}

VOID ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
    KI_GATE(ExAcquireSpinLockExclusiveAtDpcLevel);
    ex_spin_wanted(m, SpinLock, KI_LOCK_WRITER);
    ex_spin_take_exclusive(m, SpinLock);
}

VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) {
    KI_GATE(ExReleaseSpinLockExclusive);
    ex_spin_give_exclusive(m, SpinLock, __builtin_return_address(0));
    ki_lower(m, OldIrql);
}

VOID ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock) {
    KI_GATE(ExReleaseSpinLockExclusiveFromDpcLevel);
    ex_spin_give_exclusive(m, SpinLock, __builtin_return_address(0));
}

LOGICAL ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock) {
    KI_GATE(ExTryConvertSharedSpinLockExclusive);
    if (*SpinLock != 1)
        return FALSE;
    *SpinLock = EX_WRITER;
    m->ex->spin_exclusive[m->cpu->number] = SpinLock;
    ex_spin_dropped(m, SpinLock);
    ex_spin_taken(m, SpinLock, KI_LOCK_WRITER);
    return TRUE;
}

LOGICAL ExTryAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
    KI_GATE(ExAcquireSpinLockExclusiveAtDpcLevel);
    if (*SpinLock)
        return FALSE;
    ex_spin_take_exclusive(m, SpinLock);
    return TRUE;
}

LOGICAL ExTryAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock) {
    KI_GATE(ExAcquireSpinLockSharedAtDpcLevel);
    if (*SpinLock & EX_WRITER)
        return FALSE;
    ex_spin_take_shared(m, SpinLock);
    return TRUE;
}
