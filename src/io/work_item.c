/*
 * Work items of drivers: a routine that a system worker thread calls at PASSIVE_LEVEL.
 *
 * While an item is queued it holds a reference on its device or driver object, so that neither goes
 * before the routine has returned. The item itself is the driver's again when its routine is
 * called: it may queue or free it there. The routine runs under the activity identifier of the
 * thread that queued the item.
 *
 * wdm/nf-wdm-ioallocateworkitem, -ioqueueworkitem, -ioqueueworkitemex
 */
#include <string.h>

#include "io/io.h"

struct _IO_WORKITEM {
    WORK_QUEUE_ITEM item;
    LIST_ENTRY link; /* in io_part.work_items while queued */
    PVOID object;    /* device or driver object */
    IO_WORKITEM_ROUTINE *routine;
    IO_WORKITEM_ROUTINE_EX *routine_ex;
    PVOID context;
    GUID activity;
    bool queued, has_activity;
};

static const void *io_work_routine(const struct _IO_WORKITEM *item) {
    return item->routine ? (const void *)item->routine : (const void *)item->routine_ex;
}

ULONG IoSizeofWorkItem(VOID) { return sizeof(struct _IO_WORKITEM); }

VOID IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem) {
    KI_GATE(IoInitializeWorkItem);
    (void)m;
    memset(IoWorkItem, 0, sizeof *IoWorkItem);
    IoWorkItem->object = IoObject;
}

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(IoAllocateWorkItem);
    PIO_WORKITEM item =
        mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *item, IO_TAG_WORK_ITEM, IO_CALLER());
    if (!item)
        return NULL;
    memset(item, 0, sizeof *item);
    item->object = DeviceObject;
    return item;
}

static void io_work_idle(struct machine *m, PIO_WORKITEM item, void *caller, const char *what) {
    if (KI_UNLIKELY(item->queued))
        ki_bugcheck(m, WORKER_INVALID, 1, (ULONG_PTR)item, (ULONG_PTR)io_work_routine(item), 0,
                    "%s %s a work item that is queued for %s", ki_address_name(m, caller), what,
                    ki_address_name(m, io_work_routine(item)));
}

VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem) {
    KI_GATE(IoFreeWorkItem);
    io_work_idle(m, IoWorkItem, IO_CALLER(), "freed");
    mm_pool_free(m, IoWorkItem, IO_TAG_WORK_ITEM);
}

VOID IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem) {
    KI_GATE(IoUninitializeWorkItem);
    io_work_idle(m, IoWorkItem, IO_CALLER(), "uninitialised");
}

static WORKER_THREAD_ROUTINE io_work;
static VOID io_work(PVOID Parameter) {
    struct machine *m = ki_self();
    PIO_WORKITEM item = Parameter;
    struct _IO_WORKITEM copy = *item;
    RemoveEntryList(&item->link);
    item->queued = false;
    LPCGUID before = copy.has_activity ? io_activity_set(m, &copy.activity) : NULL;
    if (copy.routine)
        copy.routine(copy.object, copy.context);
    else
        copy.routine_ex(copy.object, copy.context, item);
    m = ki_self();
    if (KI_UNLIKELY(m->cpu->irql != PASSIVE_LEVEL))
        ki_bugcheck(m, WORKER_THREAD_RETURNED_AT_BAD_IRQL, (ULONG_PTR)io_work_routine(&copy),
                    m->cpu->irql, (ULONG_PTR)copy.context, (ULONG_PTR)item,
                    "the work item routine %s returned at %s",
                    ki_address_name(m, io_work_routine(&copy)), ki_irql_name(m->cpu->irql));
    if (copy.has_activity)
        io_activity_set(m, before);
    ob_dereference(m, copy.object);
}

static void io_work_queue(struct machine *m, PIO_WORKITEM item, WORK_QUEUE_TYPE type, PVOID context,
                          void *caller) {
    if (KI_UNLIKELY(item->queued))
        ki_bugcheck(m, INVALID_WORK_QUEUE_ITEM, (ULONG_PTR)item, (ULONG_PTR)type, 0,
                    (ULONG_PTR)io_work_routine(item),
                    "%s queued a work item that is queued already, for %s",
                    ki_address_name(m, caller), ki_address_name(m, io_work_routine(item)));
    LPCGUID activity = io_activity_get(m);
    item->context = context;
    item->queued = true;
    item->has_activity = activity != NULL;
    if (activity)
        item->activity = *activity;
    InsertTailList(&m->io->work_items, &item->link);
    ob_reference(m, item->object);
    ExInitializeWorkItem(&item->item, io_work, item);
    ExQueueWorkItem(&item->item, type);
}

VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine,
                     WORK_QUEUE_TYPE QueueType, PVOID Context) {
    KI_GATE(IoQueueWorkItem);
    if (!IoWorkItem->queued) {
        IoWorkItem->routine = WorkerRoutine;
        IoWorkItem->routine_ex = NULL;
    }
    io_work_queue(m, IoWorkItem, QueueType, Context, IO_CALLER());
}

VOID IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                       WORK_QUEUE_TYPE QueueType, PVOID Context) {
    KI_GATE(IoQueueWorkItemEx);
    if (!IoWorkItem->queued) {
        IoWorkItem->routine = NULL;
        IoWorkItem->routine_ex = WorkerRoutine;
    }
    io_work_queue(m, IoWorkItem, QueueType, Context, IO_CALLER());
}

BOOLEAN IoTryQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                           WORK_QUEUE_TYPE QueueType, PVOID Context) {
    KI_GATE(IoTryQueueWorkItem);
    if (IoWorkItem->queued)
        return FALSE;
    IoWorkItem->routine = NULL;
    IoWorkItem->routine_ex = WorkerRoutine;
    io_work_queue(m, IoWorkItem, QueueType, Context, IO_CALLER());
    return TRUE;
}

void io_check_work_items(struct machine *m, const struct wdmsim_driver *driver, io_left *left) {
    LIST_ENTRY *head = &m->io->work_items;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink)
        left(m, driver, io_work_routine(CONTAINING_RECORD(link, struct _IO_WORKITEM, link)),
             "a work item is queued");
}
