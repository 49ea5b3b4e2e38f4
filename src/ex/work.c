/*
 * System worker threads and the work items they run (wdm/nf-wdm-exqueueworkitem).
 *
 * There is a queue for each priority that a queue type stands for. Its workers take items in order.
 * Threads are made when they are needed: one more thread, the manager, wakes when a queue has more
 * items than free workers. It has the lowest priority, so it runs when nothing else can, that is,
 * when the present workers are blocked inside their items (or on a processor that is idle); then it
 * makes another worker. So items that wait for each other do not deadlock, a burst of short items
 * needs one thread, and no clock is involved.
 */
#include "ex/ex.h"

#define EX_WORKERS 64u /* of one queue, at most */
#define EX_MANAGER_PRIORITY 1

struct ex_work_queue {
    LIST_ENTRY items;
    KSEMAPHORE ready; /* counts items that no worker has been woken for */
    ULONG pending;    /* items in the list */
    ULONG free;       /* workers that run no item */
    ULONG workers;
    KPRIORITY priority;
};

struct ex_work {
    KEVENT wanted; /* some queue has more items than free workers */
    struct ex_work_queue queues[KI_PRIORITIES];
};

KPRIORITY ex_work_priority(ULONG type) {
    static const KPRIORITY priorities[MaximumWorkQueue] = {
        [CriticalWorkQueue] = 13,      [DelayedWorkQueue] = 12,   [HyperCriticalWorkQueue] = 15,
        [NormalWorkQueue] = 8,         [BackgroundWorkQueue] = 7, [RealTimeWorkQueue] = 18,
        [SuperCriticalWorkQueue] = 14,
    };
    if (type < MaximumWorkQueue)
        return priorities[type];
    ULONG custom = type - CustomPriorityWorkQueue;
    return custom < KI_PRIORITIES ? (KPRIORITY)custom : 0;
}

/* What a routine must have left as it found it. */
static void ex_check_after_item(struct machine *m, PWORKER_THREAD_ROUTINE routine, PVOID parameter,
                                PWORK_QUEUE_ITEM item) {
    PKTHREAD thread = ki_current_thread(m);
    const char *name = ki_address_name(m, (const void *)(ULONG_PTR)routine);
    if (KI_UNLIKELY(m->cpu->irql != PASSIVE_LEVEL))
        ki_bugcheck(m, WORKER_THREAD_RETURNED_AT_BAD_IRQL, (ULONG_PTR)routine, m->cpu->irql,
                    (ULONG_PTR)parameter, (ULONG_PTR)item,
                    "the work item routine %s returned at %s", name, ki_irql_name(m->cpu->irql));
    if (KI_UNLIKELY(!IsListEmpty(&thread->mutants)))
        ki_bugcheck(m, SYSTEM_EXIT_OWNED_MUTEX, (ULONG_PTR)routine, (ULONG_PTR)parameter,
                    (ULONG_PTR)item, 0, "the work item routine %s returned and owns a mutex", name);
    if (KI_UNLIKELY(thread->kernel_apc_disable || thread->special_apc_disable))
        ki_bugcheck(
            m, APC_INDEX_MISMATCH, (ULONG_PTR)routine, 0,
            (ULONG)(USHORT)thread->special_apc_disable << 16 | (USHORT)thread->kernel_apc_disable,
            1, "the work item routine %s returned inside a critical or guarded region", name);
}

static VOID ex_worker_main(PVOID context) {
    struct ex_work_queue *queue = context;
    struct machine *m = ki_self();
    PKTHREAD thread = ki_current_thread(m);
    thread->base_priority = queue->priority;
    ki_set_priority(m, thread, queue->priority);
    for (;;) {
        KeWaitForSingleObject(&queue->ready, WrQueue, KernelMode, FALSE, NULL);
        PWORK_QUEUE_ITEM item =
            CONTAINING_RECORD(RemoveHeadList(&queue->items), WORK_QUEUE_ITEM, List);
        PWORKER_THREAD_ROUTINE routine = item->WorkerRoutine;
        PVOID parameter = item->Parameter;
        item->List.Flink = NULL;
        queue->pending--;
        queue->free--;
        routine(parameter);
        ex_check_after_item(m, routine, parameter, item);
        queue->free++;
    }
}

/* One more worker, if the queue still lacks one. True if it was made; it runs before this returns
 * if it can. */
static bool ex_add_worker(struct machine *m, struct ex_work_queue *queue) {
    if (queue->pending <= queue->free || queue->workers >= EX_WORKERS)
        return false;
    queue->workers++;
    queue->free++;
    if (m->ex->make_thread(m, ex_worker_main, queue, "System worker"))
        return true;
    queue->workers--;
    queue->free--;
    return false;
}

/* Gives every queue what it lacks; false if memory for a thread is lacking, too. */
static bool ex_add_workers(struct machine *m, struct ex_work *work) {
    bool satisfied = true;
    for (unsigned i = KI_PRIORITIES; i-- > 0;) {
        struct ex_work_queue *queue = &work->queues[i];
        while (ex_add_worker(m, queue))
            ki_poll(m);
        satisfied &= queue->pending <= queue->free || queue->workers >= EX_WORKERS;
    }
    return satisfied;
}

static VOID ex_manager_main(PVOID context) {
    LARGE_INTEGER moment = {.QuadPart = -100000}; /* 10 ms */
    struct ex_work *work = context;
    struct machine *m = ki_self();
    PKTHREAD thread = ki_current_thread(m);
    thread->base_priority = EX_MANAGER_PRIORITY;
    ki_set_priority(m, thread, EX_MANAGER_PRIORITY);
    for (;;) {
        KeWaitForSingleObject(&work->wanted, WrQueue, KernelMode, FALSE, NULL);
        while (!ex_add_workers(m, work))
            ke_delay(m, &moment);
    }
}

void ex_work_start(struct machine *m) {
    struct ex_work *work = m->ex->work = ki_alloc(m, sizeof *work);
    KeInitializeEvent(&work->wanted, SynchronizationEvent, FALSE);
    for (unsigned i = 0; i < KI_PRIORITIES; i++) {
        struct ex_work_queue *queue = &work->queues[i];
        InitializeListHead(&queue->items);
        KeInitializeSemaphore(&queue->ready, 0, MAXLONG);
        queue->priority = (KPRIORITY)i;
    }
    if (!m->ex->make_thread(m, ex_manager_main, work, "Worker manager"))
        ki_no_memory();
}

static void ex_signal_manager(struct machine *m) {
    struct ex_work *work = m->ex->work;
    work->wanted.Header.SignalState = 1;
    ki_wait_test(m, &work->wanted.Header, IO_NO_INCREMENT);
}

void ex_queue_work(struct machine *m, PWORK_QUEUE_ITEM item, WORK_QUEUE_TYPE type) {
    struct ex_work_queue *queue = &m->ex->work->queues[ex_work_priority(type)];
    InsertTailList(&queue->items, &item->List);
    queue->pending++;
    if (queue->pending > queue->free && queue->workers < EX_WORKERS)
        ex_signal_manager(m);
    queue->ready.Header.SignalState++;
    ki_wait_test(m, &queue->ready.Header, IO_NO_INCREMENT);
    ki_poll(m);
}

VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType) {
    KI_GATE(ExQueueWorkItem);
    const void *caller = __builtin_return_address(0);
    if (KI_UNLIKELY(!ex_work_priority(QueueType)))
        ki_bugcheck(m, WORKER_INVALID, 0x3, (ULONG_PTR)WorkItem, QueueType, 0,
                    "%s queued a work item to queue %u", ki_address_name(m, caller),
                    (unsigned)QueueType);
    if (KI_UNLIKELY(WorkItem->List.Flink != NULL))
        ki_bugcheck(m, WORKER_INVALID, 0x1, (ULONG_PTR)WorkItem, QueueType, 0,
                    "%s queued a work item that is queued already", ki_address_name(m, caller));
    if (KI_UNLIKELY(!WorkItem->WorkerRoutine))
        ki_bugcheck(m, WORKER_INVALID, 0x2, (ULONG_PTR)WorkItem, (ULONG_PTR)WorkItem->WorkerRoutine,
                    0, "%s queued a work item without a routine", ki_address_name(m, caller));
    ex_queue_work(m, WorkItem, QueueType);
}
