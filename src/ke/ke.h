/*
 * The kernel core as the rest of the library uses it, besides the Ke routines that drivers use
 * themselves.
 */
#ifndef KE_KE_H
#define KE_KE_H

#include "ki/bugcheck.h"
#include "ki/dispatch.h"
#include "ki/gate.h"
#include "ki/processor.h"
#include "ki/thread.h"
#include "ki/trace.h"

/* APCs and alerts: without a reference page, so no header of drivers declares them. See apc.c. */
VOID KeInitializeApc(PRKAPC Apc, PKTHREAD Thread, int Environment, PKKERNEL_ROUTINE KernelRoutine,
                     PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine,
                     KPROCESSOR_MODE ApcMode, PVOID NormalContext);
BOOLEAN KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2,
                         KPRIORITY Increment);
BOOLEAN KeRemoveQueueApc(PRKAPC Apc);
BOOLEAN KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE AlertMode);
BOOLEAN KeTestAlertThread(KPROCESSOR_MODE AlertMode);

/* Likewise. See broadcast.c. */
VOID KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context);
VOID KeSignalCallDpcDone(PVOID SystemArgument1);
LOGICAL KeSignalCallDpcSynchronize(PVOID SystemArgument2);

/* The clock reading at which a KeWait or KeSetTimer argument falls due: negative relative, else
 * absolute; 100 ns units. */
uint64_t ke_due_time(const struct machine *m, LARGE_INTEGER time);

/*
 * A query that a polling loop might repeat: lets a little time pass and the other processors move,
 * so that the loop ends.
 */
static inline void ke_polled(struct machine *m) {
    ki_clock_spend(m, 100);
    if (m->processor_count > 1 && m->running != &m->host)
        ki_yield_processor(m);
    ki_poll(m);
}

/* KeDelayExecutionThread for the kernel's own use: KernelMode, not alertable. */
void ke_delay(struct machine *m, PLARGE_INTEGER interval);

/* A driver's delay ends here: what the host wants to happen after so many of them does. */
static inline void ke_delay_ended(struct machine *m) {
    m->hooks.delays++;
    if (KI_UNLIKELY(m->hooks.delay_events))
        ki_delay_events_run(m);
}

/*
 * Affinity of the calling thread in system-wide masks (ki/group.h): what KeSetSystemAffinityThread
 * and its kin gave it, or 0 for its own; another one instead; what it had before. And the
 * processors of a group's mask that are there; 0: there is none, or a bit stands for a processor
 * that cannot be.
 */
KAFFINITY ke_system_affinity(struct machine *m);
void ke_set_system_affinity(struct machine *m, KAFFINITY affinity);
void ke_restore_affinity(struct machine *m, KAFFINITY affinity);
KAFFINITY ke_affinity_of(const struct machine *m, USHORT group, KAFFINITY mask);

/*
 * A processor with this index is about to be added: tells who registered, at PASSIVE_LEVEL. The
 * first error ends that; who was told before it learns that nothing comes of it.
 */
NTSTATUS ke_processor_starts(struct machine *m, unsigned index);
/* Tells them all how it ended. */
void ke_processor_ended(struct machine *m, unsigned index, NTSTATUS status);

/* Shows the routines that are registered for bug checks, NMIs, bound faults and new processors. */
void ke_visit_callbacks(struct machine *m, void (*visit)(void *context, const void *routine),
                        void *context);

/* A thread is about to end: bug check if it owns a kernel mutex, or its stack is expanded or
 * locked. */
void ke_thread_check(struct machine *m, PKTHREAD thread);
/* A thread ends: leaves its queue, and what mutants it owns are abandoned. */
void ke_thread_ends(struct machine *m, PKTHREAD thread);

/* Kernel queues: a member thread blocks elsewhere, or leaves for good. */
void ke_queue_suspend(struct machine *m, PKTHREAD thread);
void ke_queue_leave(struct machine *m, PKTHREAD thread);
/* The first entry, if there is one and the calling thread, a running member, may have it; or NULL.
 */
PLIST_ENTRY ke_queue_take(PKQUEUE queue);
/* Sleeps in a queue, at DISPATCH_LEVEL on entry and `irql` on return. What the thread got, if
 * anything, is its queue_entry. */
NTSTATUS ke_wait_queue(struct machine *m, PKQUEUE queue, KPROCESSOR_MODE mode,
                       PLARGE_INTEGER timeout, KIRQL irql);

/* Spin locks of our own structures, without a gate: lock words are 0 or 1 + number of the owning
 * processor. */
void ke_spin_contended(struct machine *m, PKSPIN_LOCK lock);

static inline void ke_spin_acquire(struct machine *m, PKSPIN_LOCK lock) {
    if (KI_UNLIKELY(*lock))
        ke_spin_contended(m, lock);
    *lock = 1u + m->cpu->number;
}

/*
 * Ends a routine that signaled something: what became ready may preempt. With Wait = TRUE it leaves
 * at DISPATCH_LEVEL, so that nothing comes between it and the wait that must follow; that wait
 * lowers to the level kept in the thread.
 */
static inline void ke_finish_signal(struct machine *m, BOOLEAN wait) {
    if (KI_LIKELY(!wait)) {
        ki_poll(m);
        return;
    }
    PKTHREAD thread = ki_current_thread(m);
    thread->wait_irql = ki_raise(m, DISPATCH_LEVEL);
    thread->wait_next = TRUE;
}

#endif
