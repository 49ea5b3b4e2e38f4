/*
 * The object routines that drivers call. Pages of the reference: wdm/nf-wdm-ob… and
 * ntifs/nf-ntifs-ob….
 *
 * Tags of references are not recorded; the routines with and without them are the same.
 */
#include "ob/ob.h"

#include "ke/ke.h"
#include "ki/gate.h"
#include "mm/mm.h"
#include "ob/internal.h"

static NTSTATUS ob_reference_by_handle(struct machine *m, HANDLE handle, ACCESS_MASK access,
                                       POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID *object,
                                       POBJECT_HANDLE_INFORMATION information) {
    ACCESS_MASK granted;
    NTSTATUS status = ob_handle_reference(m, NULL, handle, access, type, mode, object, &granted);
    if (NT_SUCCESS(status) && information) {
        struct ob_handle *entry = ob_handle_entry(ob_table_of(m, NULL, handle), handle);
        information->GrantedAccess = granted;
        information->HandleAttributes = entry ? entry->attributes : 0;
    }
    return status;
}

NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess,
                                   POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                   PVOID *Object, POBJECT_HANDLE_INFORMATION HandleInformation) {
    KI_GATE(ObReferenceObjectByHandle);
    return ob_reference_by_handle(m, Handle, DesiredAccess, ObjectType, AccessMode, Object,
                                  HandleInformation);
}

NTSTATUS ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess,
                                          POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                          ULONG Tag, PVOID *Object,
                                          POBJECT_HANDLE_INFORMATION HandleInformation) {
    KI_GATE(ObReferenceObjectByHandleWithTag);
    (void)Tag;
    return ob_reference_by_handle(m, Handle, DesiredAccess, ObjectType, AccessMode, Object,
                                  HandleInformation);
}

/* A link is refused always, another type than the expected one for user mode only, as the page has
 * it. */
static NTSTATUS ob_reference_by_pointer(struct machine *m, void *object, POBJECT_TYPE type,
                                        KPROCESSOR_MODE mode) {
    const struct ob_type *actual = ob_checked_type(m, object, "ObReferenceObjectByPointer");
    if ((actual != type && mode != KernelMode) || type == &ob_link_type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    ob_reference(m, object);
    return STATUS_SUCCESS;
}

NTSTATUS ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess,
                                    POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode) {
    KI_GATE(ObReferenceObjectByPointer);
    (void)DesiredAccess;
    return ob_reference_by_pointer(m, Object, ObjectType, AccessMode);
}

NTSTATUS ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess,
                                           POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                           ULONG Tag) {
    KI_GATE(ObReferenceObjectByPointerWithTag);
    (void)DesiredAccess, (void)Tag;
    return ob_reference_by_pointer(m, Object, ObjectType, AccessMode);
}

LONG_PTR ObfReferenceObject(PVOID Object) {
    KI_GATE(ObfReferenceObject);
    ob_checked_type(m, Object, "ObReferenceObject");
    return ++ob_header_of(Object)->pointer_count;
}

LONG_PTR ObfReferenceObjectWithTag(PVOID Object, ULONG Tag) {
    KI_GATE(ObfReferenceObjectWithTag);
    (void)Tag;
    ob_checked_type(m, Object, "ObReferenceObjectWithTag");
    return ++ob_header_of(Object)->pointer_count;
}

BOOLEAN ObReferenceObjectSafe(PVOID Object) {
    KI_GATE(ObReferenceObjectSafe);
    return ob_reference_safe(m, Object);
}

BOOLEAN ObReferenceObjectSafeWithTag(PVOID Object, ULONG Tag) {
    KI_GATE(ObReferenceObjectSafeWithTag);
    (void)Tag;
    return ob_reference_safe(m, Object);
}

KI_LOOKS_AT_FREED /* What is left; 0 when the object is gone. */
    static LONG_PTR
    ob_dereference_counted(struct machine *m, void *object) {
    ob_checked_type(m, object, "ObDereferenceObject");
    LONG64 count = ob_header_of(object)->pointer_count;
    ob_dereference(m, object);
    return count - 1;
}

LONG_PTR ObfDereferenceObject(PVOID Object) {
    KI_GATE(ObfDereferenceObject);
    return ob_dereference_counted(m, Object);
}

LONG_PTR ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag) {
    KI_GATE(ObfDereferenceObjectWithTag);
    (void)Tag;
    return ob_dereference_counted(m, Object);
}

VOID ObDereferenceObjectDeferDelete(PVOID Object) {
    KI_GATE(ObDereferenceObjectDeferDelete);
    ob_dereference_defer(m, Object);
}

VOID ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag) {
    KI_GATE(ObDereferenceObjectDeferDeleteWithTag);
    (void)Tag;
    ob_dereference_defer(m, Object);
}

NTSTATUS ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode) {
    KI_GATE(ObCloseHandle);
    return ob_handle_close(m, NULL, Handle, PreviousMode);
}

BOOLEAN ObIsKernelHandle(HANDLE Handle) {
    KI_GATE(ObIsKernelHandle);
    (void)m;
    return ob_is_kernel_handle(Handle);
}

VOID ObMakeTemporaryObject(PVOID Object) {
    KI_GATE(ObMakeTemporaryObject);
    ob_make_temporary(m, Object);
}

/* The access state of a create says what was granted already. */
static ACCESS_MASK ob_state_access(const ACCESS_STATE *state, ACCESS_MASK desired) {
    return state ? state->PreviouslyGrantedAccess | state->RemainingDesiredAccess : desired;
}

NTSTATUS ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes,
                               PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                               POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                               PHANDLE Handle) {
    KI_GATE(ObOpenObjectByPointer);
    ACCESS_MASK granted;
    *Handle = NULL;
    if (HandleAttributes & ~(ULONG)OBJ_VALID_ATTRIBUTES ||
        (HandleAttributes & OBJ_EXCLUSIVE && HandleAttributes & OBJ_INHERIT))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ob_reference_by_pointer(m, Object, ObjectType, AccessMode);
    if (NT_SUCCESS(status) && ObjectType && ob_type_of(Object) != ObjectType) {
        ob_dereference(m, Object);
        status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (!NT_SUCCESS(status))
        return status;
    DesiredAccess = ob_state_access(PassedAccessState, DesiredAccess);
    status = ob_check_access(m, Object, AccessMode, HandleAttributes, DesiredAccess, &granted);
    if (NT_SUCCESS(status)) /* the kernel's own calls may make kernel handles whatever mode they
                               check for */
        status =
            ob_handle_create_attributes(m, Object, granted, HandleAttributes, KernelMode, Handle);
    ob_dereference(m, Object);
    return status;
}

/* A name with its terminator behind an OBJECT_NAME_INFORMATION. */
NTSTATUS ob_name_information(struct machine *m, void *object, POBJECT_NAME_INFORMATION buffer,
                             ULONG length, PULONG needed) {
    size_t characters = ob_full_name(m, object, NULL, 0);
    size_t bytes = characters * sizeof(WCHAR);
    *needed = (ULONG)(sizeof *buffer + (characters ? bytes + sizeof(WCHAR) : 0));
    if (length < *needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!characters) {
        buffer->Name = (UNICODE_STRING){0, 0, NULL};
        return STATUS_SUCCESS;
    }
    WCHAR *text = (WCHAR *)(void *)(buffer + 1);
    ob_full_name(m, object, text, characters);
    text[characters] = 0;
    buffer->Name = (UNICODE_STRING){(USHORT)bytes, (USHORT)(bytes + sizeof(WCHAR)), text};
    return STATUS_SUCCESS;
}

NTSTATUS ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION ObjectNameInfo, ULONG Length,
                           PULONG ReturnLength) {
    KI_GATE(ObQueryNameString);
    return ob_name_information(m, Object, ObjectNameInfo, Length, ReturnLength);
}
