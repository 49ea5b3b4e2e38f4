/*
 * Handle tables.
 *
 * A handle is 4 times an index into its process's table; index 0 is never used. Kernel handles are
 * the system process's and valid in every process: their values carry the address of kernel space
 * in their upper bits, as on Windows, and user mode is told that there is no such handle. Freed
 * entries are used again first, which is what makes stale handles dangerous on Windows, too.
 */
#include "ob/ob.h"

#include "ki/bugcheck.h"
#include "ki/trace.h"
#include "mm/mm.h"
#include "ob/internal.h"

#define OB_HANDLE_MAX (1u << 24)
/* What a handle keeps of the attributes it was made with. */
#define OB_KEPT_ATTRIBUTES (OBJ_INHERIT | OBJ_PROTECT_CLOSE)

struct ob_handle_table *ob_table_of(struct machine *m, PEPROCESS process, HANDLE handle) {
    if (ob_is_kernel_handle(handle))
        return m->ob->kernel_handles;
    if (!process)
        process = ob_current_process(m);
    return process ? &((struct ob_process *)(void *)process)->handles : m->ob->kernel_handles;
}

struct ob_handle *ob_handle_entry(struct ob_handle_table *table, HANDLE handle) {
    ULONG_PTR value = (ULONG_PTR)handle;
    if (ob_is_kernel_handle(handle))
        value &= ~OB_KERNEL_HANDLE_BITS;
    ULONG_PTR index = value >> 2; /* the two lowest bits are the caller's to play with */
    if (!index || index >= table->capacity || !table->entries[index].object)
        return NULL;
    return &table->entries[index];
}

size_t ob_handle_count(const struct ob_handle_table *table) { return table->used; }

static bool ob_table_grow(struct machine *m, struct ob_handle_table *table) {
    ULONG capacity = table->capacity ? table->capacity * 2 : 64;
    if (capacity > OB_HANDLE_MAX)
        return false;
    struct ob_handle *entries =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, capacity * sizeof *entries, OB_HANDLE_TAG);
    if (!entries)
        return false;
    if (table->entries) {
        memcpy(entries, table->entries, table->capacity * sizeof *entries);
        mm_pool_free(m, table->entries, OB_HANDLE_TAG);
    }
    ULONG first = table->capacity ? table->capacity : 1;
    for (ULONG i = first; i < capacity; i++)
        entries[i].attributes = i + 1 < capacity ? i + 1 : 0;
    table->first_free = first;
    table->entries = entries;
    table->capacity = capacity;
    return true;
}

/* Puts an object into a table; index 0 when it cannot grow. */
static ULONG ob_table_insert(struct machine *m, struct ob_handle_table *table,
                             struct ob_header *header, ACCESS_MASK access, ULONG attributes) {
    if (!table->first_free && !ob_table_grow(m, table))
        return 0;
    ULONG index = table->first_free;
    struct ob_handle *entry = &table->entries[index];
    table->first_free = entry->attributes;
    table->used++;
    const void *owner = m->ob->handle_owner ? m->ob->handle_owner(m) : NULL;
    *entry = (struct ob_handle){header, access, attributes, owner};
    header->handle_count++;
    header->pointer_count++;
    return index;
}

NTSTATUS ob_insert_handle(struct machine *m, const struct ob_operation *operation) {
    struct ob_header *header = ob_header_of(operation->object);
    bool kernel = operation->kernel_handle;
    PEPROCESS process = operation->process;
    struct ob_handle_table *table = kernel ? m->ob->kernel_handles : ob_table_of(m, process, NULL);
    *operation->handle = NULL;
    if (header->flags & OB_OPENED_ALONE)
        return STATUS_ACCESS_DENIED;
    if (header->flags & OB_EXCLUSIVE) {
        if (header->handle_count && header->exclusive != process)
            return STATUS_ACCESS_DENIED;
        header->exclusive = process;
    }
    ULONG index = ob_table_insert(m, table, header, operation->desired,
                                  operation->attributes & OB_KEPT_ATTRIBUTES);
    if (!index)
        return STATUS_INSUFFICIENT_RESOURCES;
    ULONG_PTR value = (ULONG_PTR)index << 2;
    *operation->handle = (HANDLE)(kernel ? value | OB_KERNEL_HANDLE_BITS : value);
    KI_TRACE(m, HANDLE_OPEN, "", value, header->serial);
    return STATUS_SUCCESS;
}

/* Makes the handle, with the callbacks that drivers registered for its type around it. */
NTSTATUS ob_make_handle(struct machine *m, struct ob_operation *operation) {
    if (KI_UNLIKELY(operation->type->hook != OB_HOOK_NONE && !IsListEmpty(&m->ob->callbacks)))
        return ob_callbacks_around(m, operation);
    return ob_insert_handle(m, operation);
}

NTSTATUS ob_handle_create(struct machine *m, PEPROCESS process, void *object, ACCESS_MASK access,
                          HANDLE *handle) {
    const struct ob_type *type = ob_type_of(object);
    ACCESS_MASK mapped = ob_map_access(type, access);
    struct ob_operation operation = {.kind = OB_OPERATION_HANDLE_CREATE,
                                     .object = object,
                                     .type = type,
                                     .kernel_handle = !process,
                                     .original = mapped,
                                     .desired = mapped,
                                     .process = process,
                                     .handle = handle};
    return ob_make_handle(m, &operation);
}

NTSTATUS ob_handle_create_attributes(struct machine *m, void *object, ACCESS_MASK access,
                                     ULONG attributes, KPROCESSOR_MODE mode, HANDLE *handle) {
    const struct ob_type *type = ob_type_of(object);
    bool kernel = mode == KernelMode && attributes & OBJ_KERNEL_HANDLE;
    ACCESS_MASK mapped = ob_map_access(type, access);
    struct ob_operation operation = {.kind = OB_OPERATION_HANDLE_CREATE,
                                     .object = object,
                                     .type = type,
                                     .kernel_handle = kernel,
                                     .original = mapped,
                                     .desired = mapped,
                                     .process = ob_current_process(m),
                                     .attributes = attributes,
                                     .handle = handle};
    return ob_make_handle(m, &operation);
}

/* The entry is free already: the object learns that it has a handle less. */
static void ob_handle_gone(struct machine *m, PEPROCESS process, struct ob_header *header,
                           ACCESS_MASK access) {
    header->handle_count--;
    if (!header->handle_count) {
        header->exclusive = NULL;
        header->flags &= ~(ULONG)OB_OPENED_ALONE;
    }
    if (header->type->close)
        header->type->close(m, process, header->body, access, (ULONG)header->handle_count);
    ob_check_name(m, header);
    ob_dereference(m, header->body);
}

static void ob_handle_free(struct machine *m, struct ob_handle_table *table,
                           struct ob_handle *entry, PEPROCESS process) {
    struct ob_handle old = *entry;
    ULONG index = (ULONG)(entry - table->entries);
    KI_TRACE(m, HANDLE_CLOSE, "", index << 2);
    *entry = (struct ob_handle){.attributes = table->first_free};
    table->first_free = index;
    table->used--;
    ob_handle_gone(m, process, old.object, old.access);
}

/*
 * A handle that cannot be closed. The pages of the closing routines give a status, that of bug
 * check INVALID_KERNEL_HANDLE stops a kernel-mode caller: so it is where rules are checked.
 */
static NTSTATUS ob_close_refused(struct machine *m, HANDLE handle, KPROCESSOR_MODE mode,
                                 NTSTATUS status) {
    bool invalid = status == STATUS_INVALID_HANDLE;
    if (mode == KernelMode && m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(m, INVALID_KERNEL_HANDLE, (ULONG_PTR)handle, invalid, 0, 0,
                    "kernel-mode code closes the handle %p, which %s", handle,
                    invalid ? "does not exist" : "is protected from being closed");
    return status;
}

NTSTATUS ob_handle_close(struct machine *m, PEPROCESS process, HANDLE handle,
                         KPROCESSOR_MODE mode) {
    if (ob_is_kernel_handle(handle) && mode != KernelMode)
        return STATUS_INVALID_HANDLE;
    /* No handle at all, which clean-up code passes on: a status is enough (a judgement). */
    if (!handle || handle == NtCurrentProcess() || handle == NtCurrentThread())
        return STATUS_INVALID_HANDLE;
    struct ob_handle_table *table = ob_table_of(m, process, handle);
    struct ob_handle *entry = ob_handle_entry(table, handle);
    if (!entry)
        return ob_close_refused(m, handle, mode, STATUS_INVALID_HANDLE);
    const struct ob_type *type = entry->object->type;
    if (!process)
        process = ob_current_process(m);
    if (entry->attributes & OBJ_PROTECT_CLOSE)
        return ob_close_refused(m, handle, mode, STATUS_HANDLE_NOT_CLOSABLE);
    if (type->okay_to_close && !type->okay_to_close(m, process, entry->object->body, handle, mode))
        return STATUS_HANDLE_NOT_CLOSABLE;
    ob_handle_free(m, table, entry, process);
    return STATUS_SUCCESS;
}

/* NtCurrentProcess and NtCurrentThread stand for their objects with all access. */
static void *ob_pseudo_object(struct machine *m, HANDLE handle) {
    if (handle == NtCurrentProcess())
        return m->cpu->thread->process;
    return handle == NtCurrentThread() ? m->cpu->thread : NULL;
}

static NTSTATUS ob_give_reference(struct ob_header *header, const struct ob_type *type,
                                  void **object) {
    if (type && header->type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    header->pointer_count++;
    *object = header->body;
    return STATUS_SUCCESS;
}

NTSTATUS ob_handle_reference(struct machine *m, PEPROCESS process, HANDLE handle,
                             ACCESS_MASK access, const struct ob_type *type, KPROCESSOR_MODE mode,
                             void **object, ACCESS_MASK *granted) {
    *object = NULL;
    if (KI_UNLIKELY((LONG_PTR)handle < 0)) {
        void *pseudo = ob_pseudo_object(m, handle);
        if (pseudo) {
            if (granted)
                *granted = ob_type_of(pseudo)->valid_access;
            return ob_give_reference(ob_header_of(pseudo), type, object);
        }
        if (mode != KernelMode || !ob_is_kernel_handle(handle))
            return STATUS_INVALID_HANDLE;
    }
    struct ob_handle *entry = ob_handle_entry(ob_table_of(m, process, handle), handle);
    if (!entry)
        return STATUS_INVALID_HANDLE;
    if (type && entry->object->type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (mode != KernelMode && access & ~entry->access)
        return STATUS_ACCESS_DENIED;
    if (granted)
        *granted = entry->access;
    return ob_give_reference(entry->object, type, object);
}

/* The access of a duplicate: the source's, or what is asked for if the object's security allows
 * more. */
static NTSTATUS ob_duplicate_access(struct machine *m, const struct ob_handle *entry, ULONG options,
                                    KPROCESSOR_MODE mode, ACCESS_MASK *access) {
    if (options & DUPLICATE_SAME_ACCESS) {
        *access = entry->access;
        return STATUS_SUCCESS;
    }
    ACCESS_MASK mapped = ob_map_access(entry->object->type, *access);
    *access = mapped;
    if (mode == KernelMode || !(mapped & ~entry->access))
        return STATUS_SUCCESS;
    return ob_check_access(m, entry->object->body, mode, 0, mapped, access);
}

NTSTATUS ob_handle_duplicate(struct machine *m, PEPROCESS source, HANDLE handle, PEPROCESS target,
                             HANDLE *result, ACCESS_MASK access, ULONG attributes, ULONG options,
                             KPROCESSOR_MODE mode) {
    struct ob_handle pseudo = {.object = NULL};
    void *object = ob_pseudo_object(m, handle);
    struct ob_handle *entry = NULL;
    if (object) {
        pseudo.object = ob_header_of(object);
        pseudo.access = pseudo.object->type->valid_access;
        entry = &pseudo;
    } else if (mode == KernelMode || !ob_is_kernel_handle(handle)) {
        entry = ob_handle_entry(ob_table_of(m, source, handle), handle);
    }
    if (!entry)
        return STATUS_INVALID_HANDLE;
    object = entry->object->body;
    NTSTATUS status = STATUS_SUCCESS;
    if (target) {
        ULONG inherited = options & DUPLICATE_SAME_ATTRIBUTES ? entry->attributes : attributes;
        status = ob_duplicate_access(m, entry, options, mode, &access);
        ob_reference(m, object); /* the source may close while callbacks run */
        if (NT_SUCCESS(status)) {
            struct ob_operation operation = {.kind = OB_OPERATION_HANDLE_DUPLICATE,
                                             .object = object,
                                             .type = ob_type_of(object),
                                             .kernel_handle = mode == KernelMode &&
                                                              (attributes & OBJ_KERNEL_HANDLE) != 0,
                                             .original = access,
                                             .desired = access,
                                             .source = source,
                                             .target = target,
                                             .process = target,
                                             .attributes = inherited,
                                             .handle = result};
            status = ob_make_handle(m, &operation);
        }
        ob_dereference(m, object);
    }
    if (options & DUPLICATE_CLOSE_SOURCE && entry != &pseudo)
        ob_handle_close(m, source, handle, mode);
    return status;
}

NTSTATUS ob_handles_inherit(struct machine *m, PEPROCESS parent, PEPROCESS process) {
    const struct ob_handle_table *from = &((struct ob_process *)(void *)parent)->handles;
    struct ob_handle_table *to = &((struct ob_process *)(void *)process)->handles;
    while (to->capacity < from->capacity) {
        if (!ob_table_grow(m, to))
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    to->first_free = 0;
    for (ULONG i = from->capacity; i-- > 1;) {
        const struct ob_handle *entry = &from->entries[i];
        if (entry->object && entry->attributes & OBJ_INHERIT) {
            to->entries[i] = *entry;
            to->used++;
            entry->object->handle_count++;
            entry->object->pointer_count++;
        } else {
            to->entries[i] = (struct ob_handle){.attributes = to->first_free};
            to->first_free = i;
        }
    }
    return STATUS_SUCCESS;
}

void ob_handles_close_all(struct machine *m, PEPROCESS process) {
    struct ob_handle_table *table = &((struct ob_process *)(void *)process)->handles;
    for (ULONG i = 1; i < table->capacity; i++) {
        if (table->entries[i].object)
            ob_handle_free(m, table, &table->entries[i], process);
    }
    if (table->entries)
        mm_pool_free(m, table->entries, OB_HANDLE_TAG);
    *table = (struct ob_handle_table){NULL, 0, 0, 0};
}
