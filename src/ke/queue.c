/*
 * Kernel queues: entries that a pool of threads takes, with a bound on how many of those threads
 * run at a time.
 *
 * A thread belongs to the queue it last waited on. CurrentCount is the number of such threads that
 * are not waiting for anything; an entry wakes a waiter only while it is below MaximumCount, and a
 * member that blocks elsewhere lets the next waiter in. Waiters are served last in, first out,
 * because the last one's stack is still warm. A queue that was run down is abandoned until it is
 * initialised again: whoever waits or comes to wait gets STATUS_ABANDONED.
 */
#include "ke/ke.h"

VOID KeInitializeQueue(PRKQUEUE Queue, ULONG Count) {
    KI_GATE(KeInitializeQueue);
    Queue->Header.Lock = 0;
    Queue->Header.Type = QueueObject;
    Queue->Header.Size = sizeof(KQUEUE) / sizeof(LONG);
    Queue->Header.SignalState = 0;
    InitializeListHead(&Queue->Header.WaitListHead);
    InitializeListHead(&Queue->EntryListHead);
    InitializeListHead(&Queue->ThreadListHead);
    Queue->CurrentCount = 0;
    Queue->MaximumCount = Count ? Count : m->processor_count;
}

LONG KeReadStateQueue(PRKQUEUE Queue) {
    KI_GATE(KeReadStateQueue);
    ke_polled(m);
    return Queue->Header.SignalState;
}

/* Gives an entry to the last waiter. */
static void ke_queue_hand_over(struct machine *m, PKQUEUE queue, PLIST_ENTRY entry) {
    PKWAIT_BLOCK block =
        CONTAINING_RECORD(queue->Header.WaitListHead.Blink, KWAIT_BLOCK, WaitListEntry);
    PKTHREAD thread = block->Thread;
    thread->queue_entry = entry;
    ki_unwait(m, thread, STATUS_SUCCESS, 0);
}

static LONG ke_queue_insert(struct machine *m, PKQUEUE queue, PLIST_ENTRY entry, bool head) {
    LONG old = queue->Header.SignalState;
    bool waiters = !IsListEmpty(&queue->Header.WaitListHead);
    PKTHREAD thread = ki_current_thread(m);
    /* A member that is about to wait for this very queue does not count against the limit. */
    bool own = thread->queue == queue && thread->wait_next;
    if (waiters && (queue->CurrentCount < queue->MaximumCount || own)) {
        ke_queue_hand_over(m, queue, entry);
    } else {
        queue->Header.SignalState++;
        if (head)
            InsertHeadList(&queue->EntryListHead, entry);
        else
            InsertTailList(&queue->EntryListHead, entry);
    }
    ki_poll(m);
    return old;
}

LONG KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry) {
    KI_GATE(KeInsertQueue);
    return ke_queue_insert(m, Queue, Entry, false);
}

LONG KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry) {
    KI_GATE(KeInsertHeadQueue);
    return ke_queue_insert(m, Queue, Entry, true);
}

void ke_queue_suspend(struct machine *m, PKTHREAD thread) {
    PKQUEUE queue = thread->queue;
    queue->CurrentCount--;
    if (queue->CurrentCount < queue->MaximumCount && !IsListEmpty(&queue->EntryListHead) &&
        !IsListEmpty(&queue->Header.WaitListHead)) {
        PLIST_ENTRY entry = RemoveHeadList(&queue->EntryListHead);
        queue->Header.SignalState--;
        ke_queue_hand_over(m, queue, entry);
    }
}

void ke_queue_leave(struct machine *m, PKTHREAD thread) {
    if (!thread->queue)
        return;
    RemoveEntryList(&thread->queue_link);
    ke_queue_suspend(m, thread);
    thread->queue = NULL;
}

static void ke_queue_join(struct machine *m, PKTHREAD thread, PKQUEUE queue) {
    if (thread->queue == queue)
        return;
    ke_queue_leave(m, thread);
    thread->queue = queue;
    InsertTailList(&queue->ThreadListHead, &thread->queue_link);
    queue->CurrentCount++;
}

PLIST_ENTRY ke_queue_take(PKQUEUE queue) {
    if (IsListEmpty(&queue->EntryListHead) || queue->CurrentCount > queue->MaximumCount)
        return NULL;
    queue->Header.SignalState--;
    return RemoveHeadList(&queue->EntryListHead);
}

/* The documented returns for a wait that ended otherwise are the statuses themselves, as pointers.
 */
static PLIST_ENTRY ke_queue_status(NTSTATUS status) { return (PLIST_ENTRY)(LONG_PTR)status; }

PLIST_ENTRY KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout) {
    KI_GATE(KeRemoveQueue);
    PKTHREAD thread = ki_current_thread(m);
    if (Queue->Header.Abandoned)
        return ke_queue_status(STATUS_ABANDONED);
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    ke_queue_join(m, thread, Queue);
    PLIST_ENTRY entry = ke_queue_take(Queue);
    if (entry) {
        ki_lower(m, irql);
        return entry;
    }
    if (Timeout && Timeout->QuadPart == 0) {
        ki_lower(m, irql);
        ke_polled(m);
        return ke_queue_status(STATUS_TIMEOUT);
    }
    thread->queue_entry = NULL;
    NTSTATUS status = ke_wait_queue(m, Queue, WaitMode, Timeout, irql);
    return thread->queue_entry ? thread->queue_entry : ke_queue_status(status);
}

PLIST_ENTRY KeRundownQueue(PRKQUEUE Queue) {
    KI_GATE(KeRundownQueue);
    PLIST_ENTRY first = NULL;
    Queue->Header.Abandoned = TRUE;
    while (!IsListEmpty(&Queue->Header.WaitListHead))
        ki_unwait(
            m,
            CONTAINING_RECORD(Queue->Header.WaitListHead.Flink, KWAIT_BLOCK, WaitListEntry)->Thread,
            STATUS_ABANDONED, 0);
    if (!IsListEmpty(&Queue->EntryListHead)) {
        first = Queue->EntryListHead.Flink;
        RemoveEntryList(
            &Queue->EntryListHead); /* the entries stay linked in a ring without the head */
        InitializeListHead(&Queue->EntryListHead);
    }
    Queue->Header.SignalState = 0;
    while (!IsListEmpty(&Queue->ThreadListHead)) {
        PKTHREAD thread =
            CONTAINING_RECORD(Queue->ThreadListHead.Flink, struct _KTHREAD, queue_link);
        RemoveEntryList(&thread->queue_link);
        thread->queue = NULL;
    }
    Queue->CurrentCount = 0;
    ki_poll(m);
    return first;
}
