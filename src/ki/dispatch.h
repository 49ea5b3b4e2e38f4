/*
 * The dispatcher: signal states, waits, DPC queues, APC queues. What src/ke exports is built on
 * these.
 */
#ifndef KI_DISPATCH_H
#define KI_DISPATCH_H

#include "ki/machine.h"
#include "ki/thread.h"

/* An object's state became (more) signaled: wakes whom that satisfies. `increment` boosts them. */
void ki_wait_test(struct machine *m, DISPATCHER_HEADER *object, KPRIORITY increment);
/* Ends a thread's wait with a status: unlinks its wait blocks, stops its time-out, makes it ready.
 */
void ki_unwait(struct machine *m, PKTHREAD thread, NTSTATUS status, KPRIORITY increment);
/* True if `thread` could take the object now. */
bool ki_is_signaled(const DISPATCHER_HEADER *object, PKTHREAD thread);
/* Takes the object for `thread`: STATUS_SUCCESS, or STATUS_ABANDONED of a mutex. */
NTSTATUS ki_satisfy(struct machine *m, DISPATCHER_HEADER *object, PKTHREAD thread);

/* Bits of DISPATCHER_HEADER.Type that name the object; NT keeps a lock bit above them. */
#define KI_OBJECT_TYPE_MASK 0x7f

/* A timer's place in the clock is where NT links it into its timer table. */
_Static_assert(sizeof(struct ki_clock_node) <= sizeof(LIST_ENTRY),
               "a clock node takes a list entry's place");
static inline struct ki_clock_node *ki_timer_node(PKTIMER timer) {
    return (struct ki_clock_node *)(void *)&timer->TimerListEntry;
}

/* Clock readings in the units drivers see: 100 ns since start, and since 1601. Both include the
 * time that the system slept. */
static inline ULONGLONG ki_interrupt_time_at(uint64_t ns) { return ns / 100; }
static inline int64_t ki_system_time(const struct machine *m) {
    return m->boot_time + (int64_t)(m->clock.now / 100);
}

/* A due clock node of kind TIMER or TIMEOUT, at DISPATCH_LEVEL. */
void ki_timer_expire(struct machine *m, PKTIMER timer);
void ki_timeout_expire(struct machine *m, PKTHREAD thread);
/* Handles every clock node that is due, at DISPATCH_LEVEL. */
void ki_expire_due(struct machine *m);

/* KDPC.Type, NT's numbers. */
#define KI_DPC_TYPE 0x13
#define KI_THREADED_DPC_TYPE 0x1a
/* Queues a DPC on its processor; false if it is queued already. */
bool ki_dpc_insert(struct machine *m, PKDPC dpc, PVOID argument1, PVOID argument2);
bool ki_dpc_remove(struct machine *m, PKDPC dpc);
bool ki_dpc_is_threaded(const struct machine *m, const KDPC *dpc);
/* Something was queued for a processor's thread of threaded DPCs. */
void ki_dpc_thread_wake(struct machine *m, struct ki_processor *cpu);
/* The host holds DPCs back no longer: lets all processors look at their queues. */
void ki_dpcs_resume(struct machine *m);
/* Tells the host of a DPC that was queued. */
void ki_dpc_observed(struct machine *m, const KDPC *dpc, const struct ki_processor *cpu,
                     bool threaded);
/* Returns when every DPC of either kind that is queued or runs by now, anywhere, has run to its
 * end. From a thread, at PASSIVE_LEVEL. */
void ki_dpcs_flush(struct machine *m);
/* Runs the queued normal DPCs of the current processor, at DISPATCH_LEVEL. */
void ki_dpc_retire(struct machine *m);
/* A DPC routine returned at another level: its bug check. */
_Noreturn void ki_dpc_misbehaved(struct machine *m, PKDEFERRED_ROUTINE routine, KIRQL irql);
/* What follows the routine of a normal DPC that ran on `cpu`; `seh` as it was before. */
static inline void ki_dpc_returned(struct machine *m, struct ki_processor *cpu, void *seh) {
    if (KI_UNLIKELY(cpu->irql != DISPATCH_LEVEL || m->cpu != cpu))
        ki_dpc_misbehaved(m, cpu->dpc_routine, cpu->irql);
    m->seh = seh;
    cpu->in_dpc = FALSE;
}
/* Virtual time that a single DPC routine may take, that a processor may spend at DISPATCH_LEVEL and
 * above without a break, and the clock tick both are reported in. */
#define KI_DPC_TIME_LIMIT (20 * WDMSIM_S)
#define KI_WATCHDOG_PERIOD (120 * WDMSIM_S)
#define KI_TICK (15625 * WDMSIM_US)
/* The current processor has spent `ns` at DISPATCH_LEVEL or above: too much is the watchdog's bug
 * check. */
void ki_dpc_watch(struct machine *m, uint64_t ns);
/* The processor a DPC goes to. */
struct ki_processor *ki_dpc_processor(struct machine *m, const KDPC *dpc);

/* Queues an APC to its thread and wakes or interrupts the thread as its mode asks. False if it is
 * queued already. */
bool ki_apc_insert(struct machine *m, PKAPC apc, PVOID argument1, PVOID argument2,
                   KPRIORITY increment);
bool ki_apc_remove(struct machine *m, PKAPC apc);
/* Runs the deliverable APCs of the current thread; at APC_LEVEL on entry and return. */
void ki_apc_deliver(struct machine *m, KPROCESSOR_MODE previous_mode);
/* Runs every deliverable user APC: an alertable wait ended with STATUS_USER_APC. */
void ki_apc_deliver_user(struct machine *m);
/* True if a user APC is queued that the thread may take: in no region that holds APCs back. */
bool ki_apc_pending_for_user(const struct _KTHREAD *thread);
/* True if something is deliverable to the thread at PASSIVE_LEVEL. */
bool ki_apc_pending(const struct _KTHREAD *thread);
/* After the thread left a region that held APCs back. */
void ki_apc_poll(struct machine *m);

#endif
