/*
 * Guarded mutexes: a fast mutex that keeps all APCs off by a guarded region instead of raising the
 * IRQL. Count is 1 when free, 0 when owned, and goes down with every waiter.
 */
#include "ke/ke.h"
#include "ki/lock_log.h"

VOID KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex) {
    KI_GATE(KeInitializeGuardedMutex);
    if (ki_locks_followed(m))
        ki_lock_initialized(m, Mutex, __builtin_return_address(0));
    Mutex->Count = 1;
    Mutex->Owner = NULL;
    Mutex->Contention = 0;
    KeInitializeEvent(&Mutex->Gate, SynchronizationEvent, FALSE);
    Mutex->CombinedApcDisable = 0;
}

static void ke_guarded_acquire(struct machine *m, PKGUARDED_MUTEX mutex, void *caller) {
    PKTHREAD thread = ki_current_thread(m);
    if (KI_UNLIKELY(mutex->Owner == thread)) {
        char site[200];
        ki_lock_site(m, mutex, site, sizeof site);
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1000, (ULONG_PTR)mutex, 0, 0,
                    "%s acquired a guarded mutex that its thread owns already%s",
                    ki_address_name(m, caller), site);
    }
    if (ki_locks_followed(m))
        ki_lock_wanted(m, mutex, KI_LOCK_GUARDED_MUTEX);
    if (--mutex->Count != 0) {
        mutex->Contention++;
        KeWaitForSingleObject(&mutex->Gate, WrGuardedMutex, KernelMode, FALSE, NULL);
    }
    mutex->Owner = thread;
    if (ki_locks_followed(m))
        ki_lock_taken(m, mutex, KI_LOCK_GUARDED_MUTEX);
}

static void ke_guarded_release(struct machine *m, PKGUARDED_MUTEX mutex, void *caller) {
    if (ki_locks_followed(m))
        ki_lock_released(m, mutex, KI_LOCK_GUARDED_MUTEX);
    if (KI_UNLIKELY(mutex->Owner != ki_current_thread(m)))
        ki_bugcheck(
            m, DRIVER_VERIFIER_DETECTED_VIOLATION, mutex->Owner ? 0x1004 : 0x1007, (ULONG_PTR)mutex,
            (ULONG_PTR)mutex->Owner, mutex->Owner ? (ULONG_PTR)ki_current_thread(m) : 0,
            "%s released a guarded mutex that its thread does not own", ki_address_name(m, caller));
    mutex->Owner = NULL;
    if (++mutex->Count != 1)
        KeSetEvent(&mutex->Gate, IO_NO_INCREMENT, FALSE);
}

VOID KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
    KI_GATE(KeAcquireGuardedMutex);
    ki_current_thread(m)->special_apc_disable--;
    ke_guarded_acquire(m, Mutex, __builtin_return_address(0));
}

VOID KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex) {
    KI_GATE(KeReleaseGuardedMutex);
    ke_guarded_release(m, Mutex, __builtin_return_address(0));
    if (++ki_current_thread(m)->special_apc_disable == 0)
        ki_apc_poll(m);
}

/* The unsafe forms leave it to the caller that no APC comes. */
static void ke_guarded_check(struct machine *m, PKGUARDED_MUTEX mutex, ULONG_PTR kind,
                             void *caller) {
    const struct _KTHREAD *thread = ki_current_thread(m);
    if (KI_LIKELY(m->cpu->irql == APC_LEVEL || thread->special_apc_disable) ||
        !(m->flags & WDMSIM_CHECK_RULES))
        return;
    ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, kind, m->cpu->irql,
                (ULONG_PTR)thread->kernel_apc_disable, (ULONG_PTR)mutex,
                "%s used the unsafe form of a guarded mutex at %s_LEVEL and outside of any guarded "
                "region",
                ki_address_name(m, caller), ki_irql_name(m->cpu->irql));
}

VOID KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX FastMutex) {
    KI_GATE(KeAcquireGuardedMutexUnsafe);
    ke_guarded_check(m, FastMutex, 0x39, __builtin_return_address(0));
    ke_guarded_acquire(m, FastMutex, __builtin_return_address(0));
}

VOID KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX FastMutex) {
    KI_GATE(KeReleaseGuardedMutexUnsafe);
    ke_guarded_check(m, FastMutex, 0x3a, __builtin_return_address(0));
    ke_guarded_release(m, FastMutex, __builtin_return_address(0));
}

BOOLEAN KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
    KI_GATE(KeTryToAcquireGuardedMutex);
    if (Mutex->Count != 1)
        return FALSE;
    ki_current_thread(m)->special_apc_disable--;
    Mutex->Count = 0;
    Mutex->Owner = ki_current_thread(m);
    if (ki_locks_followed(m))
        ki_lock_taken(m, Mutex, KI_LOCK_GUARDED_MUTEX);
    return TRUE;
}
