/*
 * System services on objects of any type, directories and symbolic links.
 *
 * Pages: ntifs/nf-ntifs-ntclose, wdm/nf-wdm-zwmaketemporaryobject, ntifs/nf-ntifs-zwqueryobject,
 * wdm/nf-wdm-zwcreatedirectoryobject, ntifs/nf-ntifs-zwopendirectoryobject,
 * wdm/nf-wdm-zwopensymboliclinkobject, wdm/nf-wdm-zwquerysymboliclinkobject.
 */
#include "ob/ob.h"

#include "ki/gate.h"
#include "mm/mm.h"
#include "ob/internal.h"

NTSTATUS ZwClose(HANDLE Handle) {
    KI_GATE(ZwClose);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode, ob_handle_close(m, NULL, Handle, KernelMode));
}

NTSTATUS NtClose(HANDLE Handle) {
    KI_GATE(NtClose);
    return ob_leave_service(m,
                            ob_handle_close(m, NULL, Handle, ki_current_thread(m)->previous_mode));
}

static NTSTATUS ob_make_temporary_handle(struct machine *m, HANDLE handle, KPROCESSOR_MODE mode) {
    void *object;
    NTSTATUS status = ob_handle_reference(m, NULL, handle, DELETE, NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    ob_make_temporary(m, object);
    ob_dereference(m, object);
    return STATUS_SUCCESS;
}

NTSTATUS ZwMakeTemporaryObject(HANDLE Handle) {
    KI_GATE(ZwMakeTemporaryObject);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode, ob_make_temporary_handle(m, Handle, KernelMode));
}

/* ---- directories ---- */

static NTSTATUS ob_create_directory(struct machine *m, PHANDLE handle, ACCESS_MASK access,
                                    POBJECT_ATTRIBUTES attributes) {
    struct ob_attributes captured;
    void *directory;
    NTSTATUS status = ob_attributes_capture(m, attributes, KernelMode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_directory_new(m, &directory);
    if (NT_SUCCESS(status))
        status = ob_insert(m, directory, &captured, KernelMode, access, handle);
    ob_attributes_release(m, &captured);
    return status;
}

NTSTATUS ZwCreateDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess,
                                 POBJECT_ATTRIBUTES ObjectAttributes) {
    KI_GATE(ZwCreateDirectoryObject);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(
        m, mode, ob_create_directory(m, DirectoryHandle, DesiredAccess, ObjectAttributes));
}

NTSTATUS ZwOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes) {
    KI_GATE(ZwOpenDirectoryObject);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           ob_open_handle(m, KernelMode, DirectoryHandle, DesiredAccess,
                                          ObjectAttributes, &ob_directory_type));
}

/* ---- symbolic links ---- */

NTSTATUS ZwOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess,
                                  POBJECT_ATTRIBUTES ObjectAttributes) {
    KI_GATE(ZwOpenSymbolicLinkObject);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(
        m, mode,
        ob_open_handle(m, KernelMode, LinkHandle, DesiredAccess, ObjectAttributes, &ob_link_type));
}

static NTSTATUS ob_query_link(struct machine *m, HANDLE handle, PUNICODE_STRING target,
                              PULONG returned) {
    void *link;
    NTSTATUS status =
        ob_handle_reference(m, NULL, handle, 0, &ob_link_type, KernelMode, &link, NULL);
    if (!NT_SUCCESS(status))
        return status;
    const UNICODE_STRING *text = ob_link_target(link);
    if (returned)
        *returned = text->Length;
    if (target->MaximumLength < text->Length) {
        status = STATUS_BUFFER_TOO_SMALL;
    } else {
        memcpy(target->Buffer, text->Buffer, text->Length);
        target->Length = text->Length;
        if (target->MaximumLength >= text->Length + sizeof(WCHAR))
            target->Buffer[text->Length / sizeof(WCHAR)] = 0;
    }
    ob_dereference(m, link);
    return status;
}

NTSTATUS ZwQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget,
                                   PULONG ReturnedLength) {
    KI_GATE(ZwQuerySymbolicLinkObject);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode, ob_query_link(m, LinkHandle, LinkTarget, ReturnedLength));
}

/* ---- what a handle refers to ---- */

static NTSTATUS ob_query_basic(struct ob_header *header, ACCESS_MASK granted, ULONG attributes,
                               void *buffer, ULONG length, PULONG needed) {
    PUBLIC_OBJECT_BASIC_INFORMATION information = {0};
    *needed = sizeof information;
    if (length != sizeof information)
        return STATUS_INFO_LENGTH_MISMATCH;
    information.Attributes = attributes | (header->flags & OB_PERMANENT ? OBJ_PERMANENT : 0u) |
                             (header->flags & OB_EXCLUSIVE ? OBJ_EXCLUSIVE : 0u);
    information.GrantedAccess = granted;
    information.HandleCount = (ULONG)header->handle_count;
    information.PointerCount = (ULONG)header->pointer_count - 1; /* without the query's own */
    memcpy(buffer, &information, sizeof information);
    return STATUS_SUCCESS;
}

static NTSTATUS ob_query_type(const struct ob_type *type, void *buffer, ULONG length,
                              PULONG needed) {
    PUBLIC_OBJECT_TYPE_INFORMATION *information = buffer;
    size_t count = strlen(type->name);
    *needed = (ULONG)(sizeof *information + (count + 1) * sizeof(WCHAR));
    if (length < *needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    memset(information, 0, sizeof *information);
    WCHAR *text = (WCHAR *)(void *)(information + 1);
    for (size_t i = 0; i <= count; i++)
        text[i] = (unsigned char)type->name[i];
    information->TypeName = (UNICODE_STRING){(USHORT)(count * sizeof(WCHAR)),
                                             (USHORT)((count + 1) * sizeof(WCHAR)), text};
    return STATUS_SUCCESS;
}

static NTSTATUS ob_query_object(struct machine *m, KPROCESSOR_MODE mode, HANDLE handle,
                                OBJECT_INFORMATION_CLASS class, void *buffer, ULONG length,
                                PULONG returned) {
    ACCESS_MASK granted;
    ULONG needed = 0;
    void *object;
    NTSTATUS status =
        mode == KernelMode ? STATUS_SUCCESS : mm_probe(m, buffer, length, sizeof(ULONG), true);
    if (NT_SUCCESS(status) && returned)
        status = ob_probe_out(m, mode, returned, sizeof *returned);
    if (NT_SUCCESS(status))
        status = ob_handle_reference(m, NULL, handle, 0, NULL, mode, &object, &granted);
    if (!NT_SUCCESS(status))
        return status;
    if (class == ObjectBasicInformation) {
        struct ob_handle *entry = ob_handle_entry(ob_table_of(m, NULL, handle), handle);
        status = ob_query_basic(ob_header_of(object), granted, entry ? entry->attributes : 0,
                                buffer, length, &needed);
    } else if (class == ObjectTypeInformation) {
        status = ob_query_type(ob_type_of(object), buffer, length, &needed);
    } else {
        status = STATUS_INVALID_INFO_CLASS;
    }
    ob_dereference(m, object);
    if (returned)
        *returned = needed;
    return status;
}

NTSTATUS ZwQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                       PVOID ObjectInformation, ULONG ObjectInformationLength,
                       PULONG ReturnLength) {
    KI_GATE(ZwQueryObject);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           ob_query_object(m, KernelMode, Handle, ObjectInformationClass,
                                           ObjectInformation, ObjectInformationLength,
                                           ReturnLength));
}

NTSTATUS NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                       PVOID ObjectInformation, ULONG ObjectInformationLength,
                       PULONG ReturnLength) {
    KI_GATE(NtQueryObject);
    return ob_leave_service(m, ob_query_object(m, ki_current_thread(m)->previous_mode, Handle,
                                               ObjectInformationClass, ObjectInformation,
                                               ObjectInformationLength, ReturnLength));
}
