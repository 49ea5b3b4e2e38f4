/*
 * Activity identifiers of event tracing: on IRPs and on threads.
 *
 * An IRP of ours keeps its identifier in its prefix. A thread's is a pointer to a GUID that stays
 * its owner's; a table of the threads that have one stands here.
 *
 * ntddk/nf-ntddk-iosetactivityidirp, -iosetactivityidthread, -iopropagateactivityidtothread
 */
#include <stdio.h>

#include "io/io.h"

struct io_activity {
    LIST_ENTRY link;
    PKTHREAD thread;
    LPCGUID id;
};

static struct io_activity *io_activity_find(struct machine *m, PKTHREAD thread) {
    LIST_ENTRY *head = &m->io->activities;
    for (LIST_ENTRY *at = head->Flink; at != head; at = at->Flink)
        if (CONTAINING_RECORD(at, struct io_activity, link)->thread == thread)
            return CONTAINING_RECORD(at, struct io_activity, link);
    return NULL;
}

LPCGUID io_activity_get(struct machine *m) {
    const struct io_activity *activity = io_activity_find(m, m->cpu->thread);
    return activity ? activity->id : NULL;
}

LPCGUID io_activity_set(struct machine *m, LPCGUID id) {
    struct io_activity *activity = io_activity_find(m, m->cpu->thread);
    LPCGUID before = activity ? activity->id : NULL;
    if (activity && !id) {
        RemoveEntryList(&activity->link);
        mm_pool_free(m, activity, IO_TAG_MISC);
        return before;
    }
    if (!activity && id) {
        activity = mm_pool_allocate(m, NonPagedPoolNx, sizeof *activity, IO_TAG_MISC);
        if (!activity)
            return before;
        activity->thread = m->cpu->thread;
        InsertTailList(&m->io->activities, &activity->link);
    }
    if (activity)
        activity->id = id;
    return before;
}

void io_activity_thread_exit(struct machine *m) {
    if (!IsListEmpty(&m->io->activities))
        io_activity_set(m, NULL);
}

LPCGUID IoGetActivityIdThread(VOID) {
    KI_GATE(IoGetActivityIdThread);
    return io_activity_get(m);
}

LPCGUID IoSetActivityIdThread(LPCGUID ActivityId) {
    KI_GATE(IoSetActivityIdThread);
    return io_activity_set(m, ActivityId);
}

VOID IoClearActivityIdThread(LPCGUID OriginalId) {
    KI_GATE(IoClearActivityIdThread);
    io_activity_set(m, OriginalId);
}

NTSTATUS IoGetActivityIdIrp(PIRP Irp, LPGUID Guid) {
    KI_GATE(IoGetActivityIdIrp);
    (void)m;
    const struct io_irp *prefix = io_irp_own(Irp);
    if (!prefix || !prefix->has_activity)
        return STATUS_NOT_FOUND;
    *Guid = prefix->activity;
    return STATUS_SUCCESS;
}

NTSTATUS IoSetActivityIdIrp(PIRP Irp, LPCGUID Guid) {
    KI_GATE(IoSetActivityIdIrp);
    struct io_irp *prefix = io_irp_own(Irp);
    if (!Guid) {
        KI_CHECK_IRQL(IoSetActivityIdIrp, PASSIVE_LEVEL);
        /* An IRP that a driver allocated has no thread; who allocated it issues it. */
        PETHREAD issuer = Irp->Tail.Overlay.Thread;
        if (!issuer || issuer == ps_current_thread(m))
            Guid = io_activity_get(m);
        if (!Guid)
            return STATUS_NOT_SUPPORTED;
    }
    if (!prefix)
        return STATUS_UNSUCCESSFUL;
    prefix->activity = *Guid;
    prefix->has_activity = TRUE;
    return STATUS_SUCCESS;
}

NTSTATUS IoPropagateActivityIdToThread(PIRP Irp, LPGUID PropagatedId, LPCGUID *OriginalId) {
    KI_GATE(IoPropagateActivityIdToThread);
    const struct io_irp *prefix = io_irp_own(Irp);
    *OriginalId = NULL;
    if (!prefix || !prefix->has_activity)
        return STATUS_NOT_FOUND;
    *PropagatedId = prefix->activity;
    *OriginalId = io_activity_set(m, PropagatedId);
    return STATUS_SUCCESS;
}

/* Writes that one activity goes on as another. */
VOID IoTransferActivityId(LPCGUID ActivityId, LPCGUID RelatedActivityId) {
    KI_GATE(IoTransferActivityId);
    char text[128];
    if (!ki_tracing(m, WDMSIM_EVENT_MESSAGE))
        return;
    snprintf(text, sizeof text, "activity %08x-%04x-%04x goes on as %08x-%04x-%04x",
             (unsigned)ActivityId->Data1, ActivityId->Data2, ActivityId->Data3,
             (unsigned)RelatedActivityId->Data1, RelatedActivityId->Data2,
             RelatedActivityId->Data3);
    KI_TRACE(m, MESSAGE, ki_intern(m, text));
}
