/* Threads: identity, priority, and the regions that hold APCs back. */
#include "ke/ke.h"

PKTHREAD KeGetCurrentThread(VOID) { return ki_self()->cpu->thread; }

KPRIORITY KeQueryPriorityThread(PKTHREAD Thread) {
    KI_GATE(KeQueryPriorityThread);
    (void)m;
    return Thread->priority;
}

KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority) {
    KI_GATE(KeSetPriorityThread);
    KPRIORITY old = Thread->priority;
    Thread->base_priority = Priority;
    ki_set_priority(m, Thread, Priority);
    ki_poll(m);
    return old;
}

/* The base priority of the kernel's processes, which an increment is relative to. */
#define KE_PROCESS_BASE_PRIORITY 8

LONG KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment) {
    KI_GATE(KeSetBasePriorityThread);
    LONG old = Thread->base_priority - KE_PROCESS_BASE_PRIORITY;
    KPRIORITY base = KE_PROCESS_BASE_PRIORITY + Increment;
    if (Thread->base_priority < LOW_REALTIME_PRIORITY && base >= LOW_REALTIME_PRIORITY)
        base = LOW_REALTIME_PRIORITY - 1;
    if (base < LOW_PRIORITY + 1)
        base = LOW_PRIORITY + 1;
    if (base > HIGH_PRIORITY)
        base = HIGH_PRIORITY;
    Thread->base_priority = base;
    ki_set_priority(m, Thread, base);
    ki_poll(m);
    return old;
}

/* The processor the thread prefers when that is idle; MAXIMUM_PROC_PER_GROUP for a thread that
 * never had one. */
UCHAR KeSetIdealProcessorThread(PKTHREAD Thread, UCHAR Processor) {
    KI_GATE(KeSetIdealProcessorThread);
    UCHAR old = Thread->ideal_processor;
    if (Processor < m->processor_count)
        Thread->ideal_processor = Processor;
    return old;
}

VOID KeEnterCriticalRegion(VOID) {
    KI_GATE(KeEnterCriticalRegion);
    ki_current_thread(m)->kernel_apc_disable--;
}

VOID KeLeaveCriticalRegion(VOID) {
    KI_GATE(KeLeaveCriticalRegion);
    if (++ki_current_thread(m)->kernel_apc_disable == 0)
        ki_apc_poll(m);
}

VOID KeEnterGuardedRegion(VOID) {
    KI_GATE(KeEnterGuardedRegion);
    ki_current_thread(m)->special_apc_disable--;
}

VOID KeLeaveGuardedRegion(VOID) {
    KI_GATE(KeLeaveGuardedRegion);
    if (++ki_current_thread(m)->special_apc_disable == 0)
        ki_apc_poll(m);
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
