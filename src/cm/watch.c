/*
 * Watching keys: ZwNotifyChangeKey (ntifs/nf-ntifs-zwnotifychangekey).
 *
 * A watch belongs to a key object and waits in its key's list for one change: of the key itself, or
 * of any key below it. When it happens, when the key is deleted or the last handle is closed, the
 * watch is completed: status block, event, APC.
 */
#include "cm/cm.h"

#include "cm/internal.h"
#include "ke/ke.h"
#include "ki/gate.h"
#include "mm/mm.h"

struct cm_watch {
    LIST_ENTRY link; /* in cm_key.watches */
    struct cm_object *object;
    ULONG filter;
    bool tree;
    PIO_STATUS_BLOCK result;
    PKEVENT event; /* referenced, or NULL */
    KAPC apc;      /* runs `routine`; its thread is referenced */
    PIO_APC_ROUTINE routine;
    PKEVENT waiter; /* of the synchronous form, on its stack */
};

static void cm_watch_free(struct machine *m, struct cm_watch *watch) {
    if (watch->routine)
        ob_dereference(m, watch->apc.Thread);
    mm_pool_free(m, watch, CM_TAG);
}

static VOID cm_watch_apc_kernel(struct _KAPC *apc, PKNORMAL_ROUTINE *routine, PVOID *context,
                                PVOID *argument1, PVOID *argument2) {
    (void)routine, (void)context, (void)argument1, (void)argument2;
    cm_watch_free(ki_self(), CONTAINING_RECORD(apc, struct cm_watch, apc));
}

static VOID cm_watch_apc_rundown(struct _KAPC *apc) {
    cm_watch_free(ki_self(), CONTAINING_RECORD(apc, struct cm_watch, apc));
}

static void cm_watch_complete(struct machine *m, struct cm_watch *watch, NTSTATUS status) {
    RemoveEntryList(&watch->link);
    watch->result->Status = status;
    watch->result->Information = 0;
    if (watch->event) {
        KeSetEvent(watch->event, IO_NO_INCREMENT, FALSE);
        ob_dereference(m, watch->event);
    }
    if (watch->waiter)
        KeSetEvent(watch->waiter, IO_NO_INCREMENT, FALSE);
    if (!watch->routine ||
        !ki_apc_insert(m, &watch->apc, watch->result, (PVOID)(ULONG_PTR)watch->routine, 0))
        cm_watch_free(m, watch);
}

/* Completes the watches of one key that match; the list may change under the completion. */
static void cm_complete_matching(struct machine *m, struct cm_key *key, ULONG what, bool below,
                                 NTSTATUS status) {
    LIST_ENTRY *next;
    for (LIST_ENTRY *link = key->watches.Flink; link != &key->watches; link = next) {
        struct cm_watch *watch = CONTAINING_RECORD(link, struct cm_watch, link);
        next = link->Flink;
        if (watch->filter & what && (!below || watch->tree)) {
            cm_watch_complete(m, watch, status);
            next = key->watches.Flink;
        }
    }
}

void cm_changed(struct machine *m, struct cm_key *key, ULONG what) {
    bool below = false;
    for (struct cm_key *at = key; at; at = at->parent, below = true)
        cm_complete_matching(m, at, what, below, STATUS_NOTIFY_ENUM_DIR);
}

void cm_watches_end(struct machine *m, struct cm_object *object) {
    LIST_ENTRY *head = &object->key->watches, *next;
    for (LIST_ENTRY *link = head->Flink; link != head; link = next) {
        struct cm_watch *watch = CONTAINING_RECORD(link, struct cm_watch, link);
        next = link->Flink;
        if (watch->object == object) {
            cm_watch_complete(m, watch, STATUS_NOTIFY_CLEANUP);
            next = head->Flink;
        }
    }
}

static VOID cm_watch_routine(PVOID context, PVOID result, PVOID routine) {
    ((PIO_APC_ROUTINE)(ULONG_PTR)routine)(context, result, 0);
}

struct cm_watch_request {
    HANDLE event;
    PIO_APC_ROUTINE routine;
    PVOID context;
    PIO_STATUS_BLOCK result;
    ULONG filter;
    BOOLEAN tree, asynchronous;
};

static NTSTATUS cm_watch_new(struct machine *m, struct cm_object *object,
                             const struct cm_watch_request *request, struct cm_watch **result) {
    struct cm_watch *watch = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *watch, CM_TAG);
    if (!watch)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (request->event) {
        void *event;
        NTSTATUS status = ob_handle_reference(m, NULL, request->event, EVENT_MODIFY_STATE,
                                              &ob_event_type, KernelMode, &event, NULL);
        if (!NT_SUCCESS(status)) {
            mm_pool_free(m, watch, CM_TAG);
            return status;
        }
        watch->event = event;
        watch->event->Header.SignalState = 0;
    }
    watch->object = object;
    watch->filter = request->filter;
    watch->tree = request->tree;
    watch->result = request->result;
    watch->routine = request->routine;
    if (request->routine) {
        watch->apc.Thread = ki_current_thread(m);
        watch->apc.KernelRoutine = cm_watch_apc_kernel;
        watch->apc.RundownRoutine = cm_watch_apc_rundown;
        watch->apc.NormalRoutine = cm_watch_routine;
        watch->apc.NormalContext = request->context;
        watch->apc.ApcMode = KernelMode;
        ob_reference(m, watch->apc.Thread);
    }
    InsertTailList(&object->key->watches, &watch->link);
    *result = watch;
    return STATUS_SUCCESS;
}

static NTSTATUS cm_watch_key(struct machine *m, HANDLE handle,
                             const struct cm_watch_request *request) {
    struct cm_object *object;
    struct cm_watch *watch;
    KEVENT done;
    if (!(request->filter & 0xfu))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = cm_reference(m, handle, KEY_NOTIFY, KernelMode, &object);
    if (!NT_SUCCESS(status))
        return status;
    status = cm_watch_new(m, object, request, &watch);
    if (NT_SUCCESS(status) && request->asynchronous) {
        status = STATUS_PENDING;
    } else if (NT_SUCCESS(status)) {
        KeInitializeEvent(&done, NotificationEvent, FALSE);
        watch->waiter = &done;
        KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, NULL);
        status = request->result->Status;
    }
    ob_dereference(m, object);
    return status;
}

NTSTATUS ZwNotifyChangeKey(HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                           PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter,
                           BOOLEAN WatchTree, PVOID Buffer, ULONG BufferSize,
                           BOOLEAN Asynchronous) {
    KI_GATE(ZwNotifyChangeKey);
    struct cm_watch_request request = {
        Event, ApcRoutine, ApcContext, IoStatusBlock, CompletionFilter, WatchTree, Asynchronous};
    CCHAR mode = ob_enter_kernel(m);
    (void)Buffer, (void)BufferSize;
    return ob_leave_kernel(m, mode, cm_watch_key(m, KeyHandle, &request));
}
