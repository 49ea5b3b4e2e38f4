/* Threads: identity, priority, and the regions that hold APCs back. */
#include "ke/ke.h"
#include "ki/group.h"

/* Parameter 1 of KERNEL_SECURITY_CHECK_FAILURE. */
#define KE_FAST_FAIL_INVALID_ARGUMENT 5

PKTHREAD KeGetCurrentThread(VOID) { return ki_self()->cpu->thread; }

KPRIORITY KeQueryPriorityThread(PKTHREAD Thread) {
    KI_GATE(KeQueryPriorityThread);
    (void)m;
    return Thread->priority;
}

/* What is no priority, or the one that belongs to the system (LOW_PRIORITY), is fatal: the page
 * names no way to refuse it. */
KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority) {
    KI_GATE(KeSetPriorityThread);
    if (KI_UNLIKELY(Priority <= LOW_PRIORITY || Priority > HIGH_PRIORITY))
        ki_bugcheck(m, KERNEL_SECURITY_CHECK_FAILURE, KE_FAST_FAIL_INVALID_ARGUMENT, 0, 0, 0,
                    "%s set the priority of thread %u to %d; priorities of threads are 1 to 31",
                    ki_address_name(m, __builtin_return_address(0)), Thread->serial, Priority);
    KPRIORITY old = Thread->priority;
    Thread->base_priority = Priority;
    ki_set_priority(m, Thread, Priority);
    ki_poll(m);
    return old;
}

/* The base priority of the kernel's processes, which an increment is relative to; their class is
 * the variable one. */
#define KE_PROCESS_BASE_PRIORITY 8

LONG KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment) {
    KI_GATE(KeSetBasePriorityThread);
    LONG old = Thread->base_priority - KE_PROCESS_BASE_PRIORITY;
    KPRIORITY base = KE_PROCESS_BASE_PRIORITY + Increment;
    if (base >= LOW_REALTIME_PRIORITY)
        base = LOW_REALTIME_PRIORITY - 1;
    if (base < LOW_PRIORITY + 1)
        base = LOW_PRIORITY + 1;
    Thread->base_priority = base;
    ki_set_priority(m, Thread, base);
    ki_poll(m);
    return old;
}

/* The processor of its group that the thread prefers when that is idle; MAXIMUM_PROC_PER_GROUP for
 * a thread that never had one. */
UCHAR KeSetIdealProcessorThread(PKTHREAD Thread, UCHAR Processor) {
    KI_GATE(KeSetIdealProcessorThread);
    UCHAR old = Thread->ideal_processor;
    if (Processor <
        ki_group_share(m, ki_group_affinity(m, Thread->affinity).Group, m->processor_count))
        Thread->ideal_processor = Processor;
    return old;
}

VOID KeEnterCriticalRegion(VOID) {
    KI_GATE(KeEnterCriticalRegion);
    ki_current_thread(m)->kernel_apc_disable--;
}

/* More regions were left than entered: without the rules' check that is nobody's concern. */
static void ke_region_left_twice(struct machine *m, ULONG_PTR kind, const char *region,
                                 void *caller) {
    if (m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, kind, 0, 0, 0,
                    "%s left a %s region that its thread has not entered",
                    ki_address_name(m, caller), region);
}

VOID KeLeaveCriticalRegion(VOID) {
    KI_GATE(KeLeaveCriticalRegion);
    SHORT left = ++ki_current_thread(m)->kernel_apc_disable;
    if (left >= 0) {
        if (KI_UNLIKELY(left > 0))
            ke_region_left_twice(m, 0x3e, "critical", __builtin_return_address(0));
        ki_apc_poll(m);
    }
}

VOID KeEnterGuardedRegion(VOID) {
    KI_GATE(KeEnterGuardedRegion);
    ki_current_thread(m)->special_apc_disable--;
}

/* For which Driver Verifier has a rule, GuardedRegions, but no code of its own. */
VOID KeLeaveGuardedRegion(VOID) {
    KI_GATE(KeLeaveGuardedRegion);
    SHORT left = ++ki_current_thread(m)->special_apc_disable;
    if (left >= 0) {
        if (KI_UNLIKELY(left > 0))
            ke_region_left_twice(m, 0x4000e, "guarded", __builtin_return_address(0));
        ki_apc_poll(m);
    }
}

BOOLEAN KeAreApcsDisabled(VOID) {
    KI_GATE(KeAreApcsDisabled);
    const struct _KTHREAD *thread = ki_current_thread(m);
    return thread->kernel_apc_disable != 0 || thread->special_apc_disable != 0;
}

BOOLEAN KeAreAllApcsDisabled(VOID) {
    KI_GATE(KeAreAllApcsDisabled);
    return m->cpu->irql >= APC_LEVEL || ki_current_thread(m)->special_apc_disable != 0;
}

/* Virtual time the thread has run, with what its present slice has added. */
static uint64_t ke_run_time(const struct machine *m, const struct _KTHREAD *thread) {
    uint64_t now = thread->state == KI_THREAD_RUNNING ? m->clock.now - thread->run_start : 0;
    return thread->run_time + now;
}

/* In clock ticks; a kernel thread has no user time. */
ULONG KeQueryRuntimeThread(PKTHREAD Thread, PULONG UserTime) {
    KI_GATE(KeQueryRuntimeThread);
    *UserTime = 0;
    return (ULONG)(ke_run_time(m, Thread) / 100 / KeQueryTimeIncrement());
}

/* The cycle counter runs at 1 GHz: a cycle is a nanosecond of virtual time. */
ULONG64 KeQueryTotalCycleTimeThread(PKTHREAD Thread, PULONG64 CycleTimeStamp) {
    KI_GATE(KeQueryTotalCycleTimeThread);
    *CycleTimeStamp = m->clock.now;
    return ke_run_time(m, Thread);
}
