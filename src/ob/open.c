/*
 * Opening by OBJECT_ATTRIBUTES, and who may.
 *
 * What a user program passes is copied before it is looked at. Kernel-mode callers get what they
 * ask for; user mode is checked by se against the object's security descriptor, and an object
 * without one is everybody's.
 */
#include "ob/ob.h"

#include "mm/mm.h"
#include "ob/internal.h"

static NTSTATUS ob_probe_name(struct machine *m, const UNICODE_STRING *name, KPROCESSOR_MODE mode,
                              UNICODE_STRING *copy) {
    if (mode != KernelMode) {
        NTSTATUS status = mm_probe(m, name, sizeof *name, sizeof(PVOID), false);
        if (!NT_SUCCESS(status))
            return status;
    }
    *copy = *name;
    if (mode != KernelMode)
        return mm_probe(m, copy->Buffer, copy->Length, sizeof(WCHAR), false);
    return STATUS_SUCCESS;
}

NTSTATUS ob_attributes_capture(struct machine *m, const OBJECT_ATTRIBUTES *attributes,
                               KPROCESSOR_MODE mode, struct ob_attributes *captured) {
    UNICODE_STRING name;
    memset(captured, 0, sizeof *captured);
    if (!attributes)
        return STATUS_SUCCESS;
    NTSTATUS status = mode == KernelMode
                          ? STATUS_SUCCESS
                          : mm_probe(m, attributes, sizeof *attributes, sizeof(PVOID), false);
    if (!NT_SUCCESS(status))
        return status;
    OBJECT_ATTRIBUTES copy = *attributes;
    if (copy.Length != sizeof copy || copy.Attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES)
        return STATUS_INVALID_PARAMETER;
    captured->attributes =
        mode == KernelMode ? copy.Attributes : copy.Attributes & ~(ULONG)OBJ_KERNEL_HANDLE;
    captured->security = copy.SecurityDescriptor;
    if (copy.ObjectName) {
        status = ob_probe_name(m, copy.ObjectName, mode, &name);
        if (!NT_SUCCESS(status))
            return status;
        if (name.Length & 1)
            return STATUS_OBJECT_NAME_INVALID;
        captured->named = name.Length != 0;
        status = ob_copy_string(m, &captured->name, name.Buffer, name.Length / sizeof(WCHAR));
        if (!NT_SUCCESS(status))
            return status;
    }
    if (copy.RootDirectory)
        status =
            ob_handle_reference(m, NULL, copy.RootDirectory, 0, NULL, mode, &captured->root, NULL);
    if (!NT_SUCCESS(status))
        ob_attributes_release(m, captured);
    return status;
}

void ob_attributes_release(struct machine *m, struct ob_attributes *captured) {
    ob_free_string(m, &captured->name);
    if (captured->root)
        ob_dereference(m, captured->root);
    captured->root = NULL;
}

ACCESS_MASK ob_map_access(const struct ob_type *type, ACCESS_MASK access) {
    if (access & MAXIMUM_ALLOWED)
        access |= GENERIC_ALL;
    if (access & GENERIC_READ)
        access |= type->mapping.GenericRead;
    if (access & GENERIC_WRITE)
        access |= type->mapping.GenericWrite;
    if (access & GENERIC_EXECUTE)
        access |= type->mapping.GenericExecute;
    if (access & GENERIC_ALL)
        access |= type->mapping.GenericAll;
    return access & (type->valid_access | ACCESS_SYSTEM_SECURITY);
}

NTSTATUS ob_check_access(struct machine *m, void *object, KPROCESSOR_MODE mode, ULONG attributes,
                         ACCESS_MASK desired, ACCESS_MASK *granted) {
    const struct ob_type *type = ob_type_of(object);
    if ((mode == KernelMode && !(attributes & OBJ_FORCE_ACCESS_CHECK)) || !m->ob->access_check) {
        *granted = ob_map_access(type, desired);
        return STATUS_SUCCESS;
    }
    return m->ob->access_check(m, type, ob_security_of(m, object), desired, granted);
}

NTSTATUS ob_open(struct machine *m, const struct ob_attributes *attributes,
                 const struct ob_type *type, KPROCESSOR_MODE mode, ACCESS_MASK desired,
                 void **object, ACCESS_MASK *granted) {
    bool link = type == &ob_link_type || attributes->attributes & OBJ_OPENLINK;
    *object = NULL;
    if (!attributes->named && !attributes->root)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    NTSTATUS status = ob_lookup_from(m, attributes->root, &attributes->name, link, NULL, object);
    if (!NT_SUCCESS(status))
        return status;
    if (type && !ob_is(*object, type))
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else
        status = ob_check_access(m, *object, mode, attributes->attributes, desired, granted);
    if (!NT_SUCCESS(status)) {
        ob_dereference(m, *object);
        *object = NULL;
    }
    return status;
}

/* The name is taken: opens what has it, if the caller said so. */
static NTSTATUS ob_insert_existing(struct machine *m, const struct ob_attributes *attributes,
                                   const struct ob_type *type, KPROCESSOR_MODE mode,
                                   ACCESS_MASK desired, HANDLE *handle) {
    ACCESS_MASK granted;
    void *object;
    if (!(attributes->attributes & OBJ_OPENIF))
        return STATUS_OBJECT_NAME_COLLISION;
    NTSTATUS status = ob_open(m, attributes, type, mode, desired, &object, &granted);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_handle_create_attributes(m, object, granted, attributes->attributes, mode, handle);
    ob_dereference(m, object);
    return NT_SUCCESS(status) ? STATUS_OBJECT_NAME_EXISTS : status;
}

NTSTATUS ob_insert(struct machine *m, void *object, const struct ob_attributes *attributes,
                   KPROCESSOR_MODE mode, ACCESS_MASK desired, HANDLE *handle) {
    struct ob_header *header = ob_header_of(object);
    NTSTATUS status = STATUS_SUCCESS;
    if (attributes->attributes & OBJ_EXCLUSIVE)
        header->flags |= OB_EXCLUSIVE;
    if (attributes->security)
        status = ob_security_assign(m, object, attributes->security, mode);
    if (NT_SUCCESS(status) && attributes->named)
        status = ob_insert_name_at(m, object, attributes->root, &attributes->name,
                                   (attributes->attributes & OBJ_PERMANENT) != 0);
    if (status == STATUS_OBJECT_NAME_COLLISION) {
        status = ob_insert_existing(m, attributes, header->type, mode, desired, handle);
    } else if (NT_SUCCESS(status)) {
        status =
            ob_handle_create_attributes(m, object, desired, attributes->attributes, mode, handle);
        if (!NT_SUCCESS(status))
            ob_make_temporary(m, object);
    }
    ob_dereference(m, object);
    return status;
}
