/*
 * Spin locks.
 *
 * A held lock's word is 1 + the number of the processor that holds it, so that recursion, a release
 * by another processor and an uninitialised word are seen at once. Acquiring a lock that another
 * processor holds lets the others move until it is free. In-stack queued locks use the same word;
 * their handle remembers the lock and the IRQL.
 */
#include "ke/callback.h"
#include "ke/spin.h"

#undef KeAcquireSpinLock
#undef KeReleaseSpinLock
#undef KeAcquireSpinLockAtDpcLevel
#undef KeReleaseSpinLockFromDpcLevel

static _Noreturn void ke_spin_violation(struct machine *m, PKSPIN_LOCK lock, void *caller) {
    const char *where = ki_address_name(m, caller);
    char site[200];
    ki_lock_site(m, lock, site, sizeof site);
    if (*lock == 1u + m->cpu->number)
        ki_bugcheck(m, SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)lock, 0, 0, 0,
                    "%s acquired a spin lock that this processor holds already%s", where, site);
    ki_bugcheck(m, SPIN_LOCK_INIT_FAILURE, (ULONG_PTR)lock, *lock, 0, 0,
                "%s acquired a spin lock that was never initialised", where);
}

void ke_spin_contended(struct machine *m, PKSPIN_LOCK lock) {
    if (*lock == 1u + m->cpu->number || *lock > m->processor_count)
        ke_spin_violation(m, lock, __builtin_return_address(0));
    KI_TRACE(m, LOCK_SPIN, "", *lock - 1);
    ki_spin(m, lock, ~(ULONG_PTR)0);
}

static void ke_spin_check_owner(struct machine *m, PKSPIN_LOCK lock, enum ki_lock_kind kind,
                                void *caller) {
    if (ki_locks_followed(m))
        ki_lock_released(m, lock, kind);
    if (KI_LIKELY(*lock == 1u + m->cpu->number))
        return;
    const char *where = ki_address_name(m, caller);
    if (*lock == 0 || *lock > m->processor_count)
        ki_bugcheck(m, SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, *lock, 0, 0,
                    "%s released a spin lock that %s", where,
                    *lock ? "was never initialised" : "nobody holds");
    const struct ki_processor *owner = &m->processors[*lock - 1];
    char stack[200];
    ki_stack_describe(m, owner->fiber, stack, sizeof stack);
    ki_bugcheck(m, SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, *lock, 0, 0,
                "%s released a spin lock that processor %u (thread %u) holds%s%s", where,
                owner->number, owner->thread->serial, stack[0] ? ", which is in " : "", stack);
}

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock) {
    struct machine *m = ki_self();
    if (KI_UNLIKELY(m && ki_locks_followed(m)))
        ki_lock_initialized(m, SpinLock, __builtin_return_address(0));
    *SpinLock = 0;
}

/*
 * The plain pair is the most frequent of all calls: when nothing wants attention, the level is
 * right and the lock is free, each is a handful of instructions without a call of its own.
 */
static __attribute__((noinline)) KIRQL ke_acquire_slowly(PKSPIN_LOCK lock) {
    KI_GATE(KeAcquireSpinLock);
    KIRQL old = ki_raise(m, DISPATCH_LEVEL);
    ke_spin_take(m, lock, KI_LOCK_SPIN);
    return old;
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) {
    struct machine *const m = ki_self();
    struct ki_processor *cpu = m->cpu;
    KIRQL old = cpu->irql;
    if (KI_UNLIKELY(m->attention & ~(ULONG)KI_ATTENTION_CHECK || old > DISPATCH_LEVEL || *SpinLock))
        return ke_acquire_slowly(SpinLock);
    cpu->irql = DISPATCH_LEVEL;
    *SpinLock = 1u + cpu->number;
    return old;
}

static __attribute__((noinline)) void ke_release_slowly(PKSPIN_LOCK lock, KIRQL irql,
                                                        void *caller) {
    KI_GATE(KeReleaseSpinLock);
    ke_spin_check_owner(m, lock, KI_LOCK_SPIN, caller);
    if (KI_UNLIKELY(irql > DISPATCH_LEVEL))
        ki_check_irql(m, KI_ROUTINE_KeReleaseSpinLock, PASSIVE_LEVEL, caller);
    *lock = 0;
    ki_lower(m, irql);
}

VOID KfReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) {
    struct machine *const m = ki_self();
    struct ki_processor *cpu = m->cpu;
    if (KI_UNLIKELY(m->attention & ~(ULONG)KI_ATTENTION_CHECK || cpu->irql != DISPATCH_LEVEL ||
                    *SpinLock != 1u + cpu->number || NewIrql > DISPATCH_LEVEL ||
                    cpu->pending >> NewIrql >> 1)) {
        ke_release_slowly(SpinLock, NewIrql, __builtin_return_address(0));
        return;
    }
    *SpinLock = 0;
    cpu->irql = NewIrql;
}

VOID KefAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
    KI_GATE(KeAcquireSpinLockAtDpcLevel);
    ke_spin_take(m, SpinLock, KI_LOCK_SPIN);
}

VOID KefReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) {
    KI_GATE(KeReleaseSpinLockFromDpcLevel);
    ke_spin_check_owner(m, SpinLock, KI_LOCK_SPIN, __builtin_return_address(0));
    *SpinLock = 0;
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) {
    KI_GATE(KeTryToAcquireSpinLockAtDpcLevel);
    if (*SpinLock)
        return FALSE;
    *SpinLock = 1u + m->cpu->number;
    if (ki_locks_followed(m))
        ki_lock_taken(m, SpinLock, KI_LOCK_SPIN);
    return TRUE;
}

BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock) {
    KI_GATE(KeTestSpinLock);
    if (*SpinLock == 0)
        return TRUE;
    ki_yield_processor(m); /* a polling loop: the owner must be able to get on */
    return *SpinLock == 0;
}

/* A DPC holds DISPATCH_LEVEL already; a threaded DPC may run at PASSIVE_LEVEL and must raise. */
KIRQL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock) {
    KI_GATE(KeAcquireSpinLockForDpc);
    KIRQL old = ki_raise(m, DISPATCH_LEVEL);
    ke_spin_take(m, SpinLock, KI_LOCK_SPIN);
    return old;
}

VOID KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql) {
    KI_GATE(KeReleaseSpinLockForDpc);
    ke_spin_check_owner(m, SpinLock, KI_LOCK_SPIN, __builtin_return_address(0));
    *SpinLock = 0;
    ki_lower(m, OldIrql);
}

/*
 * Queued locks. Real ones differ from plain ones in fairness only; which of several waiting
 * processors goes on is the machine's choice here, and every order is legal for a driver that does
 * not see the queue.
 */
static void ke_queued_acquire(struct machine *m, PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle) {
    handle->LockQueue.Next = NULL;
    handle->LockQueue.Lock = lock;
    ke_spin_take(m, lock, KI_LOCK_QUEUED);
}

static void ke_queued_release(struct machine *m, PKLOCK_QUEUE_HANDLE handle, void *caller) {
    PKSPIN_LOCK lock = handle->LockQueue.Lock;
    if (KI_UNLIKELY(!lock))
        ki_bugcheck(m, SPIN_LOCK_NOT_OWNED, (ULONG_PTR)handle, 0, 0, 0,
                    "%s released an in-stack queued spin lock through a handle that holds none",
                    ki_address_name(m, caller));
    ke_spin_check_owner(m, lock, KI_LOCK_QUEUED, caller);
    handle->LockQueue.Lock = NULL;
    *lock = 0;
}

VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
    KI_GATE(KeAcquireInStackQueuedSpinLock);
    LockHandle->OldIrql = ki_raise(m, DISPATCH_LEVEL);
    ke_queued_acquire(m, SpinLock, LockHandle);
}

VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle) {
    KI_GATE(KeReleaseInStackQueuedSpinLock);
    ke_queued_release(m, LockHandle, __builtin_return_address(0));
    ki_lower(m, LockHandle->OldIrql);
}

VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock,
                                              PKLOCK_QUEUE_HANDLE LockHandle) {
    KI_GATE(KeAcquireInStackQueuedSpinLockAtDpcLevel);
    ke_queued_acquire(m, SpinLock, LockHandle);
}

VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle) {
    KI_GATE(KeReleaseInStackQueuedSpinLockFromDpcLevel);
    ke_queued_release(m, LockHandle, __builtin_return_address(0));
}

VOID KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
    KI_GATE(KeAcquireInStackQueuedSpinLockForDpc);
    LockHandle->OldIrql = ki_raise(m, DISPATCH_LEVEL);
    ke_queued_acquire(m, SpinLock, LockHandle);
}

VOID KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle) {
    KI_GATE(KeReleaseInStackQueuedSpinLockForDpc);
    ke_queued_release(m, LockHandle, __builtin_return_address(0));
    ki_lower(m, LockHandle->OldIrql);
}

/*
 * The numbered locks: one for each KSPIN_LOCK_QUEUE_NUMBER, made with the first of them that
 * somebody takes. They are the system's own in NT; here no component shares data with drivers under
 * one of them.
 */
static PKSPIN_LOCK ke_numbered_lock(struct machine *m, KSPIN_LOCK_QUEUE_NUMBER number,
                                    void *caller) {
    if (KI_UNLIKELY(number >= LockQueueMaximumLock))
        ki_bugcheck(m, SPIN_LOCK_INIT_FAILURE, number, 0, 0, 0,
                    "%s named the queued spin lock %llu; there are %u", ki_address_name(m, caller),
                    (unsigned long long)number, (unsigned)LockQueueMaximumLock);
    return &ke_part(m)->numbered_locks[number];
}

KIRQL KeAcquireQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number) {
    KI_GATE(KeAcquireQueuedSpinLock);
    KI_CHECK_IRQL(KeAcquireQueuedSpinLock, DISPATCH_LEVEL);
    KIRQL old = ki_raise(m, DISPATCH_LEVEL);
    ke_spin_take(m, ke_numbered_lock(m, Number, __builtin_return_address(0)), KI_LOCK_SPIN);
    return old;
}

LOGICAL KeTryToAcquireQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number, PKIRQL OldIrql) {
    KI_GATE(KeTryToAcquireQueuedSpinLock);
    KI_CHECK_IRQL(KeTryToAcquireQueuedSpinLock, DISPATCH_LEVEL);
    PKSPIN_LOCK lock = ke_numbered_lock(m, Number, __builtin_return_address(0));
    if (*lock)
        return FALSE;
    *OldIrql = ki_raise(m, DISPATCH_LEVEL);
    *lock = 1u + m->cpu->number;
    if (ki_locks_followed(m))
        ki_lock_taken(m, lock, KI_LOCK_SPIN);
    return TRUE;
}

VOID KeReleaseQueuedSpinLock(KSPIN_LOCK_QUEUE_NUMBER Number, KIRQL OldIrql) {
    KI_GATE(KeReleaseQueuedSpinLock);
    PKSPIN_LOCK lock = ke_numbered_lock(m, Number, __builtin_return_address(0));
    ke_spin_check_owner(m, lock, KI_LOCK_SPIN, __builtin_return_address(0));
    *lock = 0;
    ki_lower(m, OldIrql);
}
