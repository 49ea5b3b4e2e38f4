/*
 * Fast mutexes: owned by a thread, not recursive, with all APCs held off by APC_LEVEL while owned
 * (wdm/nf-wdm-exacquirefastmutex and its neighbours).
 *
 * Count is 1 when free, 0 when owned, and goes down with every waiter; a release hands the mutex to
 * the first waiter by setting the event. The unsafe forms leave the IRQL alone: their callers are
 * at APC_LEVEL or in a critical region.
 */
#include "ex/ex.h"
#include "ki/lock_log.h"

static void ex_fast_take(struct machine *m, PFAST_MUTEX mutex, const void *caller) {
    PKTHREAD thread = ki_current_thread(m);
    if (KI_UNLIKELY(mutex->Owner == thread)) {
        char site[200];
        ki_lock_site(m, mutex, site, sizeof site);
        ki_bugcheck(m, MUTEX_ALREADY_OWNED, (ULONG_PTR)mutex, (ULONG_PTR)thread, 0, 0,
                    "%s acquired a fast mutex that its thread owns already%s",
                    ki_address_name(m, caller), site);
    }
    if (ki_locks_followed(m))
        ki_lock_wanted(m, mutex, KI_LOCK_FAST_MUTEX);
    if (--mutex->Count != 0) {
        mutex->Contention++;
        KeWaitForSingleObject(&mutex->Event, WrFastMutex, KernelMode, FALSE, NULL);
    }
    mutex->Owner = thread;
    if (ki_locks_followed(m))
        ki_lock_taken(m, mutex, KI_LOCK_FAST_MUTEX);
}

static void ex_fast_give(struct machine *m, PFAST_MUTEX mutex, const void *caller) {
    if (ki_locks_followed(m))
        ki_lock_released(m, mutex, KI_LOCK_FAST_MUTEX);
    if (KI_UNLIKELY(mutex->Owner != ki_current_thread(m)))
        ki_bugcheck(m, THREAD_NOT_MUTEX_OWNER, (ULONG_PTR)ki_current_thread(m), (ULONG_PTR)mutex,
                    (ULONG_PTR)mutex->Owner, 0,
                    "%s released a fast mutex that its thread does not own",
                    ki_address_name(m, caller));
    mutex->Owner = NULL;
    if (++mutex->Count != 1)
        KeSetEvent(&mutex->Event, IO_NO_INCREMENT, FALSE);
}

VOID ExAcquireFastMutex(PFAST_MUTEX FastMutex) {
    KI_GATE(ExAcquireFastMutex);
    KIRQL old = ki_raise(m, APC_LEVEL);
    ex_fast_take(m, FastMutex, __builtin_return_address(0));
    FastMutex->OldIrql = old;
}

VOID ExReleaseFastMutex(PFAST_MUTEX FastMutex) {
    KI_GATE(ExReleaseFastMutex);
    KIRQL old = (KIRQL)FastMutex->OldIrql;
    ex_fast_give(m, FastMutex, __builtin_return_address(0));
    ki_lower(m, old);
}

BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex) {
    KI_GATE(ExTryToAcquireFastMutex);
    if (FastMutex->Count != 1)
        return FALSE;
    KIRQL old = ki_raise(m, APC_LEVEL);
    FastMutex->Count = 0;
    FastMutex->Owner = ki_current_thread(m);
    if (ki_locks_followed(m))
        ki_lock_taken(m, FastMutex, KI_LOCK_FAST_MUTEX);
    FastMutex->OldIrql = old;
    return TRUE;
}

/* At APC_LEVEL, or with normal kernel APCs disabled below it. */
static void ex_check_unsafe(struct machine *m, PFAST_MUTEX mutex, ULONG kind, const void *caller) {
    PKTHREAD thread = ki_current_thread(m);
    bool held_off =
        m->cpu->irql == APC_LEVEL || thread->kernel_apc_disable || thread->special_apc_disable;
    if (KI_UNLIKELY(!held_off) && (m->flags & WDMSIM_CHECK_RULES))
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, kind, m->cpu->irql,
                    (ULONG_PTR)thread->kernel_apc_disable, (ULONG_PTR)mutex,
                    "%s used a fast mutex in its unsafe form with APCs enabled",
                    ki_address_name(m, caller));
}

VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) {
    KI_GATE(ExAcquireFastMutexUnsafe);
    ex_check_unsafe(m, FastMutex, 0x39, __builtin_return_address(0));
    ex_fast_take(m, FastMutex, __builtin_return_address(0));
}

VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex) {
    KI_GATE(ExReleaseFastMutexUnsafe);
    ex_check_unsafe(m, FastMutex, 0x3a, __builtin_return_address(0));
    ex_fast_give(m, FastMutex, __builtin_return_address(0));
}
