/*
 * Objects: creation, references, deletion. What objects are is told in ob.h.
 *
 * Deletion. The last reference may go at DISPATCH_LEVEL, but a file's delete procedure sends
 * IRP_MJ_CLOSE, which drivers get at PASSIVE_LEVEL. Types say whether they care (passive_delete);
 * their objects then queue for one work item that drains the queue in order. Memory of a deleted
 * object keeps its flags and type, so that a reference too many is noticed as long as the block was
 * not used again: dropping it is bug check REFERENCE_BY_POINTER, taking it is a violation that
 * Driver Verifier knows.
 */
#include "ob/ob.h"

#include "ke/ke.h"
#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "ki/trace.h"
#include "mm/mm.h"
#include "ob/internal.h"

NTSTATUS ob_create(struct machine *m, const struct ob_type *type, size_t size, void **object) {
    struct ob_header *header =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *header + size, OB_TAG);
    *object = NULL;
    if (!header)
        return STATUS_INSUFFICIENT_RESOURCES;
    header->pointer_count = 1;
    header->type = type;
    header->serial = ++m->next_object;
    m->ob->object_count++;
    KI_TRACE(m, OBJECT_CREATE, type->name, header->serial);
    *object = header->body;
    return STATUS_SUCCESS;
}

static void ob_delete(struct machine *m, struct ob_header *header) {
    KI_TRACE(m, OBJECT_DELETE, header->type->name, header->serial);
    if (header->type->delete)
        header->type->delete (m, header->body);
    if (KI_UNLIKELY(header->directory != NULL))
        ki_bugcheck(m, REFERENCE_BY_POINTER, (ULONG_PTR)header->type, (ULONG_PTR)header->body, 0, 0,
                    "an object of type %s was dereferenced too often: its name still refers to it",
                    header->type->name);
    if (header->security)
        mm_pool_free(m, header->security, OB_TAG);
    m->ob->object_count--;
    mm_pool_free(m, header, OB_TAG);
}

static VOID ob_delete_worker(PVOID context) {
    struct machine *m = context;
    struct ob_part *ob = m->ob;
    struct ob_header *header;
    while ((header = ob->delete_first) != NULL) {
        ob->delete_first = header->delete_next;
        if (!ob->delete_first)
            ob->delete_last = NULL;
        ob_delete(m, header);
    }
    ob->delete_queued = false;
}

static void ob_delete_later(struct machine *m, struct ob_header *header) {
    struct ob_part *ob = m->ob;
    header->delete_next = NULL;
    if (ob->delete_last)
        ob->delete_last->delete_next = header;
    else
        ob->delete_first = header;
    ob->delete_last = header;
    if (ob->delete_queued)
        return;
    ob->delete_queued = true;
    ExInitializeWorkItem(&ob->delete_item, ob_delete_worker, m);
    ExQueueWorkItem(&ob->delete_item, CriticalWorkQueue);
}

/* Looks into memory that may be free already, which is the question. */
KI_LOOKS_AT_FREED static bool ob_is_live(const struct ob_header *header, LONG references) {
    return header->type && header->pointer_count >= references && !(header->flags & OB_DELETING);
}

/* Drops `count` references; true if that was the last one. */
KI_LOOKS_AT_FREED static bool ob_drop(struct machine *m, struct ob_header *header, LONG count) {
    if (KI_UNLIKELY(!ob_is_live(header, count)))
        ki_bugcheck(m, REFERENCE_BY_POINTER, (ULONG_PTR)header->type, (ULONG_PTR)header->body, 0, 0,
                    "an object is dereferenced more often than it was referenced: it is deleted");
    header->pointer_count -= count;
    if (KI_LIKELY(header->pointer_count))
        return false;
    if (KI_UNLIKELY(header->handle_count))
        ki_bugcheck(m, REFERENCE_BY_POINTER, (ULONG_PTR)header->type, (ULONG_PTR)header->body, 0, 0,
                    "an object of type %s lost its last reference while %d handles to it are open",
                    header->type->name, header->handle_count);
    header->flags |= OB_DELETING;
    return true;
}

KI_LOOKS_AT_FREED void ob_dereference_many(struct machine *m, void *object, LONG count) {
    struct ob_header *header = ob_header_of(object);
    if (!ob_drop(m, header, count))
        return;
    bool host = m->running == &m->host;
    if (header->type->passive_delete && (host || m->cpu->irql > PASSIVE_LEVEL))
        ob_delete_later(m, header);
    else
        ob_delete(m, header);
}

void ob_dereference(struct machine *m, void *object) { ob_dereference_many(m, object, 1); }

void ob_dereference_defer(struct machine *m, void *object) {
    struct ob_header *header = ob_header_of(object);
    if (ob_drop(m, header, 1))
        ob_delete_later(m, header);
}

bool ob_reference_safe(struct machine *m, void *object) {
    (void)m;
    struct ob_header *header = ob_header_of(object);
    if (!header->pointer_count || header->flags & OB_DELETING)
        return false;
    header->pointer_count++;
    return true;
}

KI_LOOKS_AT_FREED const struct ob_type *ob_live_type(struct machine *m, const void *object) {
    const struct ob_header *header = ob_header_of(object);
    if (KI_LIKELY(ob_is_live(header, 1)))
        return header->type;
    if (m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3f, (ULONG_PTR)object, 1, 0,
                    "an object that has no references any more is referenced: it is deleted");
    ki_bugcheck(m, REFERENCE_BY_POINTER, (ULONG_PTR)header->type, (ULONG_PTR)object, 0, 0,
                "an object that has no references any more is used: it is deleted");
}

void ob_start(struct machine *m) {
    m->ob = ki_alloc(m, sizeof *m->ob);
    InitializeListHead(&m->ob->callbacks);
    ob_namespace_start(m);
}
