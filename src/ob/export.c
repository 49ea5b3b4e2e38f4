/*
 * The object routines that drivers call. Pages of the reference: wdm/nf-wdm-ob… and
 * ntifs/nf-ntifs-ob….
 *
 * Tags of references serve object reference tracing, which is off on Windows until somebody asks
 * for it: they are not recorded, and the routines with and without them are the same.
 */
#include "ob/ob.h"

#include "ke/ke.h"
#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "mm/mm.h"
#include "ob/internal.h"

/*
 * What Driver Verifier says of the handles that drivers reference. A user program may well pass a
 * bad handle, which a reference for UserMode finds out: only one for KernelMode, of a handle that
 * the driver vouches for, must not fail.
 */
static void ob_verify_reference(struct machine *m, HANDLE handle, POBJECT_TYPE type,
                                KPROCESSOR_MODE mode, NTSTATUS status, const void *caller) {
    PEPROCESS process = ob_current_process(m);
    bool system = &((struct ob_process *)(void *)process)->handles == m->ob->kernel_handles;
    if (mode != KernelMode) {
        if (system && ob_is_kernel_handle(handle))
            ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xf7, (ULONG_PTR)handle,
                        (ULONG_PTR)type, (ULONG_PTR)mode,
                        "the kernel handle %p is referenced for user mode in the system process",
                        handle);
        return;
    }
    if (!handle)
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xf5, 0, (ULONG_PTR)type, 0,
                    "ObReferenceObjectByHandle got a NULL handle");
    if (status == STATUS_INVALID_HANDLE)
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3c, (ULONG_PTR)handle, (ULONG_PTR)type,
                    0, "ObReferenceObjectByHandle got the handle %p, which does not exist", handle);
    if (!system && (LONG_PTR)handle > 0)
        ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xf6, (ULONG_PTR)handle,
                    (ULONG_PTR)process, (ULONG_PTR)caller,
                    "the user handle %p is referenced for kernel mode by %s", handle,
                    ki_address_name(m, caller));
}

static NTSTATUS ob_reference_by_handle(struct machine *m, HANDLE handle, ACCESS_MASK access,
                                       POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID *object,
                                       POBJECT_HANDLE_INFORMATION information, const void *caller) {
    ACCESS_MASK granted;
    NTSTATUS status = ob_handle_reference(m, NULL, handle, access, type, mode, object, &granted);
    if (m->flags & WDMSIM_CHECK_RULES)
        ob_verify_reference(m, handle, type, mode, status, caller);
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
                                  HandleInformation, __builtin_return_address(0));
}

NTSTATUS ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess,
                                          POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                          ULONG Tag, PVOID *Object,
                                          POBJECT_HANDLE_INFORMATION HandleInformation) {
    KI_GATE(ObReferenceObjectByHandleWithTag);
    (void)Tag;
    return ob_reference_by_handle(m, Handle, DesiredAccess, ObjectType, AccessMode, Object,
                                  HandleInformation, __builtin_return_address(0));
}

/* A link is refused always, another type than the expected one for user mode only, as the page has
 * it. */
static NTSTATUS ob_reference_by_pointer(struct machine *m, void *object, POBJECT_TYPE type,
                                        KPROCESSOR_MODE mode) {
    const struct ob_type *actual = ob_live_type(m, object);
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
    ob_live_type(m, Object);
    return ++ob_header_of(Object)->pointer_count;
}

LONG_PTR ObfReferenceObjectWithTag(PVOID Object, ULONG Tag) {
    KI_GATE(ObfReferenceObjectWithTag);
    (void)Tag;
    ob_live_type(m, Object);
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

/*
 * A file object gets no second handle before its first, which the I/O manager makes once its driver
 * has opened it. OBJ_EXCLUSIVE here is of the handle: it is to be the object's only one until it is
 * closed.
 */
static NTSTATUS ob_check_open_flags(const void *object, ULONG attributes) {
    bool file = ob_type_of(object) == *IoFileObjectType;
    if (attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES)
        return STATUS_INVALID_PARAMETER;
    if (file && !(((const FILE_OBJECT *)object)->Flags & FO_HANDLE_CREATED))
        return STATUS_UNSUCCESSFUL;
    if (!(attributes & OBJ_EXCLUSIVE))
        return STATUS_SUCCESS;
    if (attributes & OBJ_INHERIT || file)
        return STATUS_INVALID_PARAMETER;
    return ob_header_of(object)->handle_count ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* A caller in kernel mode may make a kernel handle whatever mode it checks for; one that checks for
 * kernel mode gets all rights it asks for, whatever callbacks want to take away. */
static NTSTATUS ob_open_pointer(struct machine *m, void *object, ULONG attributes, bool trusted,
                                ACCESS_MASK granted, HANDLE *handle) {
    struct ob_operation operation = {.kind = OB_OPERATION_HANDLE_CREATE,
                                     .object = object,
                                     .type = ob_type_of(object),
                                     .kernel_handle = (attributes & OBJ_KERNEL_HANDLE) != 0,
                                     .unrestricted = trusted,
                                     .original = granted,
                                     .desired = granted,
                                     .process = ob_current_process(m),
                                     .attributes = attributes,
                                     .handle = handle};
    NTSTATUS status = ob_make_handle(m, &operation);
    if (NT_SUCCESS(status) && attributes & OBJ_EXCLUSIVE)
        ob_header_of(object)->flags |= OB_OPENED_ALONE;
    return status;
}

NTSTATUS ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes,
                               PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                               POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                               PHANDLE Handle) {
    KI_GATE(ObOpenObjectByPointer);
    ACCESS_MASK granted;
    bool trusted = AccessMode == KernelMode && !(HandleAttributes & OBJ_FORCE_ACCESS_CHECK);
    *Handle = NULL;
    NTSTATUS status = ob_reference_by_pointer(m, Object, ObjectType, AccessMode);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_check_open_flags(Object, HandleAttributes);
    if (NT_SUCCESS(status) && ObjectType && ob_type_of(Object) != ObjectType)
        status = STATUS_OBJECT_TYPE_MISMATCH;
    if (NT_SUCCESS(status))
        status = ob_check_access(m, Object, AccessMode, HandleAttributes,
                                 ob_state_access(PassedAccessState, DesiredAccess), &granted);
    if (NT_SUCCESS(status))
        status = ob_open_pointer(m, Object, HandleAttributes, trusted, granted, Handle);
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
