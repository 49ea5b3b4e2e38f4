/*
 * Waits: which objects satisfy whom.
 *
 * A waiting thread has a ring of wait blocks, one per object, each also in its object's list in
 * order of arrival. When an object becomes signaled its list is walked: a wait for any object takes
 * it and ends; a wait for all takes every object of the ring or none. There is no dispatcher lock:
 * nothing else moves until a routine reaches its next gate.
 */
#include "ki/bugcheck.h"
#include "ki/dispatch.h"
#include "ki/processor.h"
#include "ki/lock_log.h"
#include "ki/trace.h"

bool ki_is_signaled(const DISPATCHER_HEADER *object, PKTHREAD thread) {
    if ((object->Type & KI_OBJECT_TYPE_MASK) == MutantObject)
        return object->SignalState > 0 || ((const KMUTANT *)object)->OwnerThread == thread;
    return object->SignalState > 0;
}

/* The thread takes a mutex: first acquisition or recursion. */
static NTSTATUS ki_satisfy_mutant(struct machine *m, PKMUTANT mutant, PKTHREAD thread) {
    if (--mutant->Header.SignalState != 0)
        return STATUS_SUCCESS;
    mutant->OwnerThread = thread;
    if (ki_locks_followed(m))
        ki_lock_taken_by(m, mutant, KI_LOCK_MUTEX, thread);
    thread->kernel_apc_disable = (SHORT)(thread->kernel_apc_disable - mutant->ApcDisable);
    InsertHeadList(&thread->mutants, &mutant->MutantListEntry);
    if (!mutant->Abandoned)
        return STATUS_SUCCESS;
    mutant->Abandoned = FALSE;
    return STATUS_ABANDONED;
}

NTSTATUS ki_satisfy(struct machine *m, DISPATCHER_HEADER *object, PKTHREAD thread) {
    switch (object->Type & KI_OBJECT_TYPE_MASK) {
    case EventSynchronizationObject:
    case TimerSynchronizationObject:
        object->SignalState = 0;
        return STATUS_SUCCESS;
    case SemaphoreObject:
        object->SignalState--;
        return STATUS_SUCCESS;
    case MutantObject:
        return ki_satisfy_mutant(m, (PKMUTANT)object, thread);
    default:
        return STATUS_SUCCESS;
    }
}

void ki_unwait(struct machine *m, PKTHREAD thread, NTSTATUS status, KPRIORITY increment) {
    PKWAIT_BLOCK block = thread->wait_list;
    thread->wait_status = status;
    if (block) {
        do {
            RemoveEntryList(&block->WaitListEntry);
            block = block->NextWaitBlock;
        } while (block != thread->wait_list);
        thread->wait_list = NULL;
    }
    ki_clock_remove(m, &thread->timeout);
    if (thread->queue)
        thread->queue->CurrentCount++;
    ki_ready_thread(m, thread, increment);
}

/* A wait for all: takes every object if all are signaled. */
static bool ki_satisfy_all(struct machine *m, PKTHREAD thread, NTSTATUS *status) {
    PKWAIT_BLOCK block = thread->wait_list;
    do {
        if (!ki_is_signaled(block->Object, thread))
            return false;
        block = block->NextWaitBlock;
    } while (block != thread->wait_list);
    *status = STATUS_SUCCESS;
    do {
        if (ki_satisfy(m, block->Object, thread) == STATUS_ABANDONED)
            *status = STATUS_ABANDONED;
        block = block->NextWaitBlock;
    } while (block != thread->wait_list);
    return true;
}

void ki_wait_test(struct machine *m, DISPATCHER_HEADER *object, KPRIORITY increment) {
    LIST_ENTRY *head = &object->WaitListHead;
    LIST_ENTRY *link = head->Flink;
    while (object->SignalState > 0 && link != head) {
        PKWAIT_BLOCK block = CONTAINING_RECORD(link, KWAIT_BLOCK, WaitListEntry);
        PKTHREAD thread = block->Thread;
        NTSTATUS status;
        link = link->Flink;
        if (block->WaitType == WaitAny) {
            status = ki_satisfy(m, object, thread) + (NTSTATUS)block->WaitKey;
        } else if (!ki_satisfy_all(m, thread, &status)) {
            continue;
        }
        /* The ring may have several blocks in this very list: start over from its head. */
        ki_unwait(m, thread, status, increment);
        link = head->Flink;
    }
}

void ki_timeout_expire(struct machine *m, PKTHREAD thread) {
    ki_unwait(m, thread, STATUS_TIMEOUT, 0);
}

void ki_timer_expire(struct machine *m, PKTIMER timer) {
    PKDPC dpc = timer->Dpc;
    KI_TRACE(m, TIMER_EXPIRE,
             dpc ? ki_address_name(m, (void *)dpc->DeferredRoutine) : "without a DPC");
    timer->Header.Inserted = FALSE;
    timer->Header.SignalState = 1;
    if (timer->Period) {
        uint64_t period = (uint64_t)timer->Period * WDMSIM_MS;
        struct ki_clock_node *node = ki_timer_node(timer);
        uint64_t due = node->due + period;
        timer->Header.Inserted = TRUE;
        timer->DueTime.QuadPart = ki_interrupt_time_at(due);
        ki_clock_insert(m, node, KI_CLOCK_TIMER, due);
    }
    ki_wait_test(m, &timer->Header, 0);
    if (dpc) {
        int64_t now = ki_system_time(m);
        ki_dpc_insert(m, dpc, (PVOID)(ULONG_PTR)(ULONG)now, (PVOID)(ULONG_PTR)(ULONG)(now >> 32));
    }
}

void ki_expire_due(struct machine *m) {
    struct ki_clock_node *node;
    while ((node = ki_clock_take_due(m)) != NULL) {
        switch (node->kind) {
        case KI_CLOCK_TIMER:
            ki_timer_expire(m,
                            CONTAINING_RECORD((PLIST_ENTRY)(void *)node, KTIMER, TimerListEntry));
            break;
        case KI_CLOCK_TIMEOUT:
        case KI_CLOCK_HOST:
            ki_timeout_expire(m, CONTAINING_RECORD(node, struct _KTHREAD, timeout));
            break;
        default:
            KI_UNREACHABLE();
        }
        if (m->attention & KI_ATTENTION_EXPLORE)
            ki_explore(m); /* other processors may come between two expirations */
    }
}
