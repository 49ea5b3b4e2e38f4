/*
 * Push locks: a shared-exclusive lock in one pointer (wdm/nf-wdm-exinitializepushlock and its
 * neighbours).
 *
 * The word: bit 0 is set while somebody has exclusive access, bit 1 while threads wait. Without
 * waiters the bits from 4 up count the sharers; with waiters they are the address of the first wait
 * block, which lies on its thread's stack and keeps that count. Waiters are served first come,
 * first served; a release hands the lock to the first one, or to all sharers up to the next thread
 * that wants exclusive access.
 */
#include "ex/ex.h"

#undef ExAcquirePushLockExclusive
#undef ExAcquirePushLockShared
#undef ExReleasePushLockExclusive
#undef ExReleasePushLockShared

#define EX_PUSH_EXCLUSIVE ((ULONG_PTR)1)
#define EX_PUSH_WAITERS ((ULONG_PTR)2)
#define EX_PUSH_BITS ((ULONG_PTR)15)
#define EX_PUSH_SHARE ((ULONG_PTR)16)

struct ex_push_waiter {
    struct ex_push_waiter *next;
    ULONG_PTR sharers; /* of the lock, in the first block */
    bool exclusive;
    KEVENT granted;
} __attribute__((aligned(16)));

static struct ex_push_waiter *ex_push_first(EX_PUSH_LOCK word) {
    return word & EX_PUSH_WAITERS ? (struct ex_push_waiter *)(word & ~EX_PUSH_BITS) : NULL;
}

static ULONG_PTR ex_push_sharers(EX_PUSH_LOCK word) {
    const struct ex_push_waiter *first = ex_push_first(word);
    return first ? first->sharers : word / EX_PUSH_SHARE;
}

static EX_PUSH_LOCK ex_push_word(struct ex_push_waiter *first, bool exclusive, ULONG_PTR sharers) {
    if (!first)
        return (exclusive ? EX_PUSH_EXCLUSIVE : 0) | sharers * EX_PUSH_SHARE;
    first->sharers = sharers;
    return (EX_PUSH_LOCK)first | EX_PUSH_WAITERS | (exclusive ? EX_PUSH_EXCLUSIVE : 0);
}

static void ex_push_check(struct machine *m, PEX_PUSH_LOCK lock, ULONG kind, const void *caller) {
    PKTHREAD thread = ki_current_thread(m);
    if (!(m->flags & WDMSIM_CHECK_RULES))
        return;
    if (KI_UNLIKELY(m->cpu->irql > APC_LEVEL))
        ki_bugcheck(m, KERNEL_AUTO_BOOST_LOCK_ACQUISITION_WITH_RAISED_IRQL, (ULONG_PTR)thread,
                    (ULONG_PTR)lock, m->cpu->irql, 0, "%s used a push lock at %s",
                    ki_address_name(m, caller), ki_irql_name(m->cpu->irql));
    bool held_off =
        m->cpu->irql == APC_LEVEL || thread->kernel_apc_disable || thread->special_apc_disable;
    if (KI_UNLIKELY(!held_off))
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, kind, m->cpu->irql,
                    (ULONG_PTR)thread->kernel_apc_disable, (ULONG_PTR)lock,
                    "%s used a push lock with normal kernel APCs enabled",
                    ki_address_name(m, caller));
}

/* Waits at the end of the queue until a release grants the lock. */
static void ex_push_wait(PEX_PUSH_LOCK lock, bool exclusive) {
    struct ex_push_waiter self = {.exclusive = exclusive};
    KeInitializeEvent(&self.granted, SynchronizationEvent, FALSE);
    struct ex_push_waiter *last = ex_push_first(*lock);
    if (!last) {
        *lock = ex_push_word(&self, *lock & EX_PUSH_EXCLUSIVE, ex_push_sharers(*lock));
    } else {
        while (last->next)
            last = last->next;
        last->next = &self;
    }
    KeWaitForSingleObject(&self.granted, WrPushLock, KernelMode, FALSE, NULL);
}

/* The lock is free: hands it to whom it is due. The grants are made before anybody is woken. */
static void ex_push_grant(struct machine *m, PEX_PUSH_LOCK lock) {
    struct ex_push_waiter *first = ex_push_first(*lock), *rest = first, *granted;
    ULONG_PTR sharers = 0;
    bool exclusive = first && first->exclusive;
    if (exclusive)
        rest = first->next;
    for (; !exclusive && rest && !rest->exclusive; rest = rest->next)
        sharers++;
    *lock = ex_push_word(rest, exclusive, sharers);
    for (granted = first; granted != rest;) {
        struct ex_push_waiter *next = granted->next; /* its stack may go on at once */
        granted->granted.Header.SignalState = 1;
        ki_wait_test(m, &granted->granted.Header, IO_NO_INCREMENT);
        granted = next;
    }
    ki_poll(m);
}

VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock) { *PushLock = 0; }

VOID ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) {
    KI_GATE(ExAcquirePushLockExclusive);
    (void)Flags;
    ex_push_check(m, PushLock, 0xea, __builtin_return_address(0));
    if (KI_LIKELY(*PushLock == 0))
        *PushLock = EX_PUSH_EXCLUSIVE;
    else
        ex_push_wait(PushLock, true);
}

VOID ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) {
    KI_GATE(ExAcquirePushLockShared);
    (void)Flags;
    ex_push_check(m, PushLock, 0xea, __builtin_return_address(0));
    if (KI_LIKELY(!(*PushLock & (EX_PUSH_EXCLUSIVE | EX_PUSH_WAITERS))))
        *PushLock += EX_PUSH_SHARE;
    else
        ex_push_wait(PushLock, false);
}

static _Noreturn void ex_push_not_owned(struct machine *m, PEX_PUSH_LOCK lock, const char *how,
                                        const void *caller) {
    ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1007, (ULONG_PTR)lock, 0, 0,
                "%s released a push lock that nobody holds for %s access",
                ki_address_name(m, caller), how);
}

VOID ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) {
    KI_GATE(ExReleasePushLockExclusive);
    (void)Flags;
    ex_push_check(m, PushLock, 0xeb, __builtin_return_address(0));
    if (KI_UNLIKELY(!(*PushLock & EX_PUSH_EXCLUSIVE)))
        ex_push_not_owned(m, PushLock, "exclusive", __builtin_return_address(0));
    ex_push_grant(m, PushLock);
}

VOID ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) {
    KI_GATE(ExReleasePushLockShared);
    (void)Flags;
    ex_push_check(m, PushLock, 0xeb, __builtin_return_address(0));
    ULONG_PTR sharers = *PushLock & EX_PUSH_EXCLUSIVE ? 0 : ex_push_sharers(*PushLock);
    if (KI_UNLIKELY(!sharers))
        ex_push_not_owned(m, PushLock, "shared", __builtin_return_address(0));
    if (sharers > 1)
        *PushLock = ex_push_word(ex_push_first(*PushLock), false, sharers - 1);
    else
        ex_push_grant(m, PushLock);
}
