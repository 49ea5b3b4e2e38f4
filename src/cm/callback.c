/*
 * Registry filters: CmRegisterCallback and what its routines may do.
 *
 * Callbacks are kept by altitude, highest first; those registered without one stand above all
 * others, in order of registration. Before an operation each is asked in that order. One that fails
 * the operation, or does it itself (STATUS_CALLBACK_BYPASS), is the last one asked and hears no
 * more of it; those above it, and all of them after an operation that took place, are told the
 * result, the lowest first. What a callback itself does to the registry is filtered by those below
 * it alone. Pages: wdm/nf-wdm-cmregistercallbackex,
 * wdm/nc-wdm-ex_callback_function, wdm/nf-wdm-cmsetcallbackobjectcontext,
 * wdm/nf-wdm-cmcallbackgetkeyobjectidex.
 */
#include "cm/cm.h"

#include "cm/internal.h"
#include "ke/ke.h"
#include "ki/gate.h"
#include "mm/mm.h"

#define CM_CALLBACK_TAG 0x62634d43u /* "CMcb" */

struct cm_callback {
    LIST_ENTRY link;
    UNICODE_STRING altitude; /* Length 0: above all */
    EX_CALLBACK_FUNCTION *function;
    PVOID context;
    LONGLONG cookie;
    ULONG running;
    bool removed;
    KEVENT idle;
};

/* A callback that is running, on the stack of its thread. */
struct cm_inside {
    LIST_ENTRY link;
    PKTHREAD thread;
    struct cm_callback *callback;
};

/* What a callback attached to a key object. */
struct cm_context {
    struct cm_context *next;
    LONGLONG cookie;
    PVOID value;
};

static void cm_context_sweep(struct machine *m, struct cm_callback *callback);

/* ---- registration ---- */

static bool cm_callback_place(struct machine *m, const UNICODE_STRING *altitude,
                              LIST_ENTRY **before) {
    LIST_ENTRY *link = m->cm->callbacks.Flink;
    for (; link != &m->cm->callbacks; link = link->Flink) {
        const struct cm_callback *other = CONTAINING_RECORD(link, struct cm_callback, link);
        if (!other->altitude.Length)
            continue;
        int order = altitude->Length ? ob_altitude_compare(altitude, &other->altitude) : 1;
        if (order == 0)
            return false;
        if (order > 0)
            break;
    }
    *before = link;
    return true;
}

static NTSTATUS cm_register(struct machine *m, PEX_CALLBACK_FUNCTION function,
                            const UNICODE_STRING *altitude, PVOID context, PLARGE_INTEGER cookie,
                            const void *caller) {
    LIST_ENTRY *before;
    if (!cm_callback_place(m, altitude, &before))
        return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    struct cm_callback *callback =
        mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *callback, CM_CALLBACK_TAG, caller);
    if (!callback)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status =
        cm_copy_string(m, &callback->altitude, altitude->Buffer, altitude->Length / sizeof(WCHAR));
    if (!NT_SUCCESS(status)) {
        mm_pool_free(m, callback, CM_CALLBACK_TAG);
        return status;
    }
    callback->function = function;
    callback->context = context;
    callback->cookie = cookie->QuadPart = ki_system_time(m) + ++m->cm->next_cookie;
    callback->running = 0;
    callback->removed = false;
    KeInitializeEvent(&callback->idle, NotificationEvent, FALSE);
    InsertTailList(before, &callback->link);
    return STATUS_SUCCESS;
}

NTSTATUS CmRegisterCallback(PEX_CALLBACK_FUNCTION Function, PVOID Context, PLARGE_INTEGER Cookie) {
    KI_GATE(CmRegisterCallback);
    const UNICODE_STRING none = {0, 0, NULL};
    return cm_register(m, Function, &none, Context, Cookie, __builtin_return_address(0));
}

NTSTATUS CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude,
                              PVOID Driver, PVOID Context, PLARGE_INTEGER Cookie, PVOID Reserved) {
    KI_GATE(CmRegisterCallbackEx);
    (void)Driver, (void)Reserved;
    if (!Function || !Altitude || !ob_altitude_valid(Altitude))
        return STATUS_INVALID_PARAMETER;
    return cm_register(m, Function, Altitude, Context, Cookie, __builtin_return_address(0));
}

static struct cm_callback *cm_callback_find(struct machine *m, LONGLONG cookie) {
    for (LIST_ENTRY *link = m->cm->callbacks.Flink; link != &m->cm->callbacks; link = link->Flink) {
        struct cm_callback *callback = CONTAINING_RECORD(link, struct cm_callback, link);
        if (callback->cookie == cookie && !callback->removed)
            return callback;
    }
    return NULL;
}

NTSTATUS CmUnRegisterCallback(LARGE_INTEGER Cookie) {
    KI_GATE(CmUnRegisterCallback);
    struct cm_callback *callback = cm_callback_find(m, Cookie.QuadPart);
    if (!callback)
        return STATUS_INVALID_PARAMETER;
    callback->removed = true;
    while (callback->running)
        KeWaitForSingleObject(&callback->idle, Executive, KernelMode, FALSE, NULL);
    cm_context_sweep(m, callback);
    RemoveEntryList(&callback->link);
    cm_free_string(m, &callback->altitude);
    mm_pool_free(m, callback, CM_CALLBACK_TAG);
    return STATUS_SUCCESS;
}

/* Since Windows 7: exceptions of callbacks are bug checks, a failed open has no object. */
VOID CmGetCallbackVersion(PULONG Major, PULONG Minor) {
    KI_GATE(CmGetCallbackVersion);
    (void)m;
    if (Major)
        *Major = 1;
    if (Minor)
        *Minor = 1;
}

/* ---- operations ---- */

void cm_event_init(struct cm_event *event, REG_NOTIFY_CLASS before, REG_NOTIFY_CLASS after,
                   struct cm_object *object, void *information, size_t call_context,
                   size_t object_context) {
    event->before = before;
    event->after = after;
    event->object = object;
    event->information = information;
    event->call_context = call_context;
    event->object_context = object_context;
    event->count = 0;
}

static PVOID *cm_field(const struct cm_event *event, size_t offset) {
    return (PVOID *)(void *)((char *)event->information + offset);
}

static struct cm_context *cm_context_find(const struct cm_object *object, LONGLONG cookie) {
    struct cm_context *context = object ? object->contexts : NULL;
    while (context && context->cookie != cookie)
        context = context->next;
    return context;
}

static PVOID cm_context_value(const struct cm_object *object, LONGLONG cookie) {
    const struct cm_context *context = cm_context_find(object, cookie);
    return context ? context->value : NULL;
}

/* Calls a callback. Its exceptions do not leave the system service it is called from. */
static NTSTATUS cm_callback_call(struct machine *m, struct cm_callback *callback,
                                 REG_NOTIFY_CLASS class, void *argument) {
    struct cm_inside inside = {.thread = ki_current_thread(m), .callback = callback};
    void *seh = m->seh;
    m->seh = NULL;
    InsertHeadList(&m->cm->inside, &inside.link);
    NTSTATUS status = callback->function(callback->context, (PVOID)(ULONG_PTR) class, argument);
    RemoveEntryList(&inside.link);
    m->seh = seh;
    return status;
}

/* The first one to be asked: of all, or of those below the callback that this thread is in. */
static LIST_ENTRY *cm_callback_first(struct machine *m) {
    PKTHREAD thread = ki_current_thread(m);
    for (LIST_ENTRY *link = m->cm->inside.Flink; link != &m->cm->inside; link = link->Flink) {
        const struct cm_inside *inside = CONTAINING_RECORD(link, struct cm_inside, link);
        if (inside->thread == thread)
            return inside->callback->link.Flink;
    }
    return m->cm->callbacks.Flink;
}

static void cm_callback_release(struct cm_callback *callback) {
    if (--callback->running == 0 && callback->removed)
        KeSetEvent(&callback->idle, IO_NO_INCREMENT, FALSE);
}

/* The callbacks below are asked in turn; `calls` remembers who is to be told. */
NTSTATUS cm_event_before(struct machine *m, struct cm_event *event) {
    NTSTATUS status = STATUS_SUCCESS;
    LIST_ENTRY *link = cm_callback_first(m);
    while (link != &m->cm->callbacks && status == STATUS_SUCCESS &&
           event->count < CM_CALLBACK_CALLS) {
        struct cm_callback *callback = CONTAINING_RECORD(link, struct cm_callback, link);
        if (!callback->removed) {
            callback->running++;
            *cm_field(event, event->call_context) = NULL;
            *cm_field(event, event->object_context) =
                cm_context_value(event->object, callback->cookie);
            status = cm_callback_call(m, callback, event->before, event->information);
            link = link->Flink;
            if (NT_SUCCESS(status) && status != STATUS_CALLBACK_BYPASS) {
                status = STATUS_SUCCESS;
                event->calls[event->count].callback = callback;
                event->calls[event->count++].context = *cm_field(event, event->call_context);
            } else {
                cm_callback_release(callback);
            }
        } else {
            link = link->Flink;
        }
    }
    if (status != STATUS_SUCCESS) {
        NTSTATUS result = status == STATUS_CALLBACK_BYPASS ? STATUS_SUCCESS : status;
        result = cm_event_after(m, event, event->object, result);
        return status == STATUS_CALLBACK_BYPASS && NT_SUCCESS(result) ? STATUS_CALLBACK_BYPASS
                                                                      : result;
    }
    return STATUS_SUCCESS;
}

static bool cm_event_opens(const struct cm_event *event) {
    return event->after == RegNtPostCreateKeyEx || event->after == RegNtPostOpenKeyEx;
}

NTSTATUS cm_event_after(struct machine *m, struct cm_event *event, struct cm_object *object,
                        NTSTATUS status) {
    while (event->count) {
        struct cm_callback *callback = event->calls[--event->count].callback;
        if (!NT_SUCCESS(status) && cm_event_opens(event))
            object = NULL;
        REG_POST_OPERATION_INFORMATION post = {.Object = object,
                                               .Status = status,
                                               .PreInformation = event->information,
                                               .ReturnStatus = status,
                                               .CallContext = event->calls[event->count].context,
                                               .ObjectContext =
                                                   cm_context_value(object, callback->cookie)};
        NTSTATUS answer = cm_callback_call(m, callback, event->after, &post);
        if (answer == STATUS_CALLBACK_BYPASS)
            status = post.ReturnStatus;
        else if (!NT_SUCCESS(answer))
            status = answer;
        object = post.Object; /* the next one is told of what this one left */
        cm_callback_release(callback);
    }
    return status;
}

void cm_handle_closed(struct machine *m, struct cm_object *object) {
    if (IsListEmpty(&m->cm->callbacks))
        return;
    CM_EVENT(event, REG_KEY_HANDLE_CLOSE_INFORMATION, RegNtPreKeyHandleClose,
             RegNtPostKeyHandleClose, object);
    if (cm_event_before(m, &event) == STATUS_SUCCESS)
        cm_event_after(m, &event, NULL, STATUS_SUCCESS);
}

/* ---- contexts of key objects ---- */

static void cm_context_end(struct machine *m, struct cm_callback *callback,
                           struct cm_object *object, struct cm_context *context) {
    REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION information = {.Object = object,
                                                            .ObjectContext = context->value};
    if (callback)
        cm_callback_call(m, callback, RegNtCallbackObjectContextCleanup, &information);
    mm_pool_free(m, context, CM_CALLBACK_TAG);
}

void cm_contexts_end(struct machine *m, struct cm_object *object) {
    struct cm_context *context;
    if (object->link.Flink)
        RemoveEntryList(&object->link);
    if (object->old_name)
        mm_pool_free(m, object->old_name, CM_CALLBACK_TAG);
    while ((context = object->contexts) != NULL) {
        object->contexts = context->next;
        cm_context_end(m, cm_callback_find(m, context->cookie), object, context);
    }
}

/* A callback goes: so do its contexts on all key objects. */
static void cm_context_sweep(struct machine *m, struct cm_callback *callback) {
    LIST_ENTRY *head = &m->cm->with_contexts;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct cm_object *object = CONTAINING_RECORD(link, struct cm_object, link);
        struct cm_context **at = &object->contexts;
        while (*at && (*at)->cookie != callback->cookie)
            at = &(*at)->next;
        if (!*at)
            continue;
        struct cm_context *context = *at;
        *at = context->next;
        cm_context_end(m, callback, object, context);
    }
}

NTSTATUS CmSetCallbackObjectContext(PVOID Object, PLARGE_INTEGER Cookie, PVOID NewContext,
                                    PVOID *OldContext) {
    KI_GATE(CmSetCallbackObjectContext);
    struct cm_object *object = Object;
    if (!object || !ob_is(object, &cm_key_type) || !cm_callback_find(m, Cookie->QuadPart))
        return STATUS_INVALID_PARAMETER;
    struct cm_context *context = cm_context_find(object, Cookie->QuadPart);
    if (OldContext)
        *OldContext = context ? context->value : NULL;
    if (!context) {
        context = mm_pool_allocate(m, NonPagedPoolNx, sizeof *context, CM_CALLBACK_TAG);
        if (!context)
            return STATUS_INSUFFICIENT_RESOURCES;
        *context = (struct cm_context){object->contexts, Cookie->QuadPart, NULL};
        if (!object->contexts && !object->link.Flink)
            InsertTailList(&m->cm->with_contexts, &object->link);
        object->contexts = context;
    }
    context->value = NewContext;
    return STATUS_SUCCESS;
}

/* ---- names for callbacks ---- */

/* A key's full name in one block of paged pool, the string first. */
static PUNICODE_STRING cm_name_block(struct machine *m, const struct cm_key *key) {
    size_t length = cm_key_name(key, NULL, 0);
    PUNICODE_STRING string = mm_pool_allocate(
        m, PagedPool, sizeof *string + (length + 1) * sizeof(WCHAR), CM_CALLBACK_TAG);
    if (!string)
        return NULL;
    string->Buffer = (PWCH)(void *)(string + 1);
    string->Length = (USHORT)(length * sizeof(WCHAR));
    string->MaximumLength = (USHORT)((length + 1) * sizeof(WCHAR));
    cm_key_name(key, string->Buffer, length);
    string->Buffer[length] = 0;
    return string;
}

static NTSTATUS cm_get_id(struct machine *m, PLARGE_INTEGER cookie, struct cm_object *object,
                          PULONG_PTR id, PUNICODE_STRING *name) {
    if (!object || !ob_is(object, &cm_key_type) || !cm_callback_find(m, cookie->QuadPart))
        return STATUS_INVALID_PARAMETER;
    if (id)
        *id = (ULONG_PTR)object->key; /* one per key, whatever its name */
    if (!name)
        return STATUS_SUCCESS;
    *name = cm_name_block(m, object->key);
    return *name ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                    PCUNICODE_STRING *ObjectName, ULONG Flags) {
    KI_GATE(CmCallbackGetKeyObjectIDEx);
    if (Flags)
        return STATUS_INVALID_PARAMETER;
    return cm_get_id(m, Cookie, Object, ObjectID, (PUNICODE_STRING *)(ULONG_PTR)ObjectName);
}

VOID CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName) {
    KI_GATE(CmCallbackReleaseKeyObjectIDEx);
    if (ObjectName)
        mm_pool_free(m, (void *)(ULONG_PTR)ObjectName, CM_CALLBACK_TAG);
}

/* The name stays valid, and the same, until the key object goes. */
NTSTATUS CmCallbackGetKeyObjectID(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                  PCUNICODE_STRING *ObjectName) {
    KI_GATE(CmCallbackGetKeyObjectID);
    struct cm_object *object = Object;
    bool named = ObjectName && object && ob_is(object, &cm_key_type) && object->old_name;
    NTSTATUS status =
        cm_get_id(m, Cookie, object, ObjectID, ObjectName && !named ? &object->old_name : NULL);
    if (NT_SUCCESS(status) && ObjectName)
        *ObjectName = object->old_name;
    return status;
}

/* There are no transactions, so no key is bound to one. */
PVOID CmGetBoundTransaction(PLARGE_INTEGER Cookie, PVOID Object) {
    KI_GATE(CmGetBoundTransaction);
    (void)m, (void)Cookie, (void)Object;
    return NULL;
}
