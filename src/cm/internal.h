/* What the files of cm share among themselves. */
#ifndef CM_INTERNAL_H
#define CM_INTERNAL_H

#include "cm/cm.h"

/* A value of type REG_SZ (terminated) or REG_LINK (not), from ASCII. */
void cm_set_text(struct machine *m, struct cm_key *key, const char *name, ULONG type,
                 const char *text);

/* ---- watches (watch.c) ---- */

/* The last handle of a key object was closed: its watches end. */
void cm_watches_end(struct machine *m, struct cm_object *object);

/* ---- callbacks (callback.c) ---- */

#define CM_CALLBACK_CALLS 16 /* callbacks that can take part in one operation */
struct cm_callback;

/*
 * One operation as callbacks see it. All REG_…_INFORMATION structures have the members CallContext
 * and ObjectContext (or RootObjectContext), at different offsets.
 */
struct cm_event {
    REG_NOTIFY_CLASS before, after;
    struct cm_object *object; /* its context is ObjectContext; NULL: none */
    void *information;
    size_t call_context, object_context; /* offsets in information */
    unsigned count;
    struct {
        struct cm_callback *callback;
        PVOID context;
    } calls[CM_CALLBACK_CALLS];
};
#define CM_EVENT(name, information_type, class_before, class_after, key_object)                    \
    information_type name##_information = {.Object = (key_object)};                                \
    struct cm_event name;                                                                          \
    cm_event_init(&name, class_before, class_after, key_object, &name##_information,               \
                  offsetof(information_type, CallContext),                                         \
                  offsetof(information_type, ObjectContext))
void cm_event_init(struct cm_event *event, REG_NOTIFY_CLASS before, REG_NOTIFY_CLASS after,
                   struct cm_object *object, void *information, size_t call_context,
                   size_t object_context);
/* STATUS_SUCCESS: go on; STATUS_CALLBACK_BYPASS: a callback did it all, return success; else:
 * return that. */
NTSTATUS cm_event_before(struct machine *m, struct cm_event *event);
/* Tells those that were asked before; returns the status the caller gets. */
NTSTATUS cm_event_after(struct machine *m, struct cm_event *event, struct cm_object *object,
                        NTSTATUS status);
/* A handle of the object was closed. */
void cm_handle_closed(struct machine *m, struct cm_object *object);
/* The object goes: contexts that callbacks attached to it are given back. */
void cm_contexts_end(struct machine *m, struct cm_object *object);

/* ---- services ---- */

/* A key object by handle, referenced, with its key still in the tree. */
NTSTATUS cm_reference(struct machine *m, HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode,
                      struct cm_object **object);

struct cm_open {
    bool create;
    ULONG options;
    UNICODE_STRING *class_name;
    ULONG disposition; /* result */
};
NTSTATUS cm_open_key(struct machine *m, KPROCESSOR_MODE mode, PHANDLE handle, ACCESS_MASK access,
                     POBJECT_ATTRIBUTES attributes, struct cm_open *open);

#endif
