/*
 * Reading and changing the security of an object by handle. Pages:
 * ntifs/nf-ntifs-zwquerysecurityobject, ntifs/nf-ntifs-zwsetsecurityobject.
 *
 * A descriptor is asked for and changed in parts: owner, group, the two lists.
 */
#include "se/se.h"

#include "ki/gate.h"
#include "mm/mm.h"
#include "se/internal.h"

static ACCESS_MASK se_query_access(SECURITY_INFORMATION information) {
    ACCESS_MASK access = 0;
    if (information &
        (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION))
        access |= READ_CONTROL;
    if (information & SACL_SECURITY_INFORMATION)
        access |= ACCESS_SYSTEM_SECURITY;
    return access;
}

static ACCESS_MASK se_set_access(SECURITY_INFORMATION information) {
    ACCESS_MASK access = 0;
    if (information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION))
        access |= WRITE_OWNER;
    if (information & DACL_SECURITY_INFORMATION)
        access |= WRITE_DAC;
    if (information & SACL_SECURITY_INFORMATION)
        access |= ACCESS_SYSTEM_SECURITY;
    return access;
}

/* Takes from `from` the parts that `information` names. */
void se_select(struct se_parts *to, const struct se_parts *from, SECURITY_INFORMATION information) {
    if (information & OWNER_SECURITY_INFORMATION)
        to->owner = from->owner;
    if (information & GROUP_SECURITY_INFORMATION)
        to->group = from->group;
    if (information & DACL_SECURITY_INFORMATION) {
        const USHORT bits =
            SE_CONTROL_DACL_PRESENT | SE_CONTROL_DACL_DEFAULTED | SE_CONTROL_DACL_PROTECTED;
        to->dacl = from->dacl;
        to->control = (USHORT)((to->control & ~bits) | (from->control & bits));
    }
    if (information & SACL_SECURITY_INFORMATION) {
        const USHORT bits =
            SE_CONTROL_SACL_PRESENT | SE_CONTROL_SACL_DEFAULTED | SE_CONTROL_SACL_PROTECTED;
        to->sacl = from->sacl;
        to->control = (USHORT)((to->control & ~bits) | (from->control & bits));
    }
}

NTSTATUS se_query_parts(PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION information,
                        void *buffer, PULONG length) {
    struct se_parts all = {0, NULL, NULL, NULL, NULL}, parts = {0, NULL, NULL, NULL, NULL};
    ULONG room = *length;
    if (descriptor)
        se_take_apart(descriptor, &all);
    se_select(&parts, &all, information);
    *length = (ULONG)se_parts_size(&parts);
    if (room < *length)
        return STATUS_BUFFER_TOO_SMALL;
    se_put_together(&parts, buffer);
    return STATUS_SUCCESS;
}

static NTSTATUS se_query_object(struct machine *m, KPROCESSOR_MODE mode, HANDLE handle,
                                SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR buffer,
                                ULONG length, PULONG needed) {
    void *object;
    NTSTATUS status = ob_probe_out(m, mode, needed, sizeof *needed);
    if (NT_SUCCESS(status) && mode != KernelMode)
        status = mm_probe(m, buffer, length, sizeof(ULONG), true);
    if (NT_SUCCESS(status))
        status = ob_handle_reference(m, NULL, handle, se_query_access(information), NULL, mode,
                                     &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = se_query_parts(ob_security_of(m, object), information, buffer, &length);
    *needed = length;
    ob_dereference(m, object);
    return status;
}

NTSTATUS ZwQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                               PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                               PULONG LengthNeeded) {
    KI_GATE(ZwQuerySecurityObject);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           se_query_object(m, KernelMode, Handle, SecurityInformation,
                                           SecurityDescriptor, Length, LengthNeeded));
}

NTSTATUS NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                               PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length,
                               PULONG LengthNeeded) {
    KI_GATE(NtQuerySecurityObject);
    return ob_leave_service(m, se_query_object(m, m->cpu->thread->previous_mode, Handle,
                                               SecurityInformation, SecurityDescriptor, Length,
                                               LengthNeeded));
}

/* The object's descriptor with some parts replaced. */
static NTSTATUS se_replace(struct machine *m, void *object, SECURITY_INFORMATION information,
                           PSECURITY_DESCRIPTOR descriptor) {
    struct se_parts now = {0, NULL, NULL, NULL, NULL}, change;
    PSECURITY_DESCRIPTOR old = ob_security_of(m, object);
    if (old)
        se_take_apart(old, &now);
    se_take_apart(descriptor, &change);
    se_select(&now, &change, information);
    void *merged = se_build(m, &now, OB_TAG);
    if (!merged)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = ob_security_set(m, object, merged, se_parts_size(&now));
    mm_pool_free(m, merged, OB_TAG);
    return status;
}

static NTSTATUS se_set_object(struct machine *m, KPROCESSOR_MODE mode, HANDLE handle,
                              SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR descriptor) {
    PSECURITY_DESCRIPTOR copy;
    size_t size;
    void *object;
    if (!descriptor)
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS status =
        ob_handle_reference(m, NULL, handle, se_set_access(information), NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = m->ob->security_capture(m, descriptor, mode, &copy, &size);
    if (NT_SUCCESS(status)) {
        status = se_replace(m, object, information, copy);
        mm_pool_free(m, copy, OB_TAG);
    }
    ob_dereference(m, object);
    return status;
}

NTSTATUS ZwSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                             PSECURITY_DESCRIPTOR SecurityDescriptor) {
    KI_GATE(ZwSetSecurityObject);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(
        m, mode, se_set_object(m, KernelMode, Handle, SecurityInformation, SecurityDescriptor));
}

NTSTATUS NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                             PSECURITY_DESCRIPTOR SecurityDescriptor) {
    KI_GATE(NtSetSecurityObject);
    return ob_leave_service(m, se_set_object(m, m->cpu->thread->previous_mode, Handle,
                                             SecurityInformation, SecurityDescriptor));
}

/* ---- the same on descriptors that a driver keeps ---- */

/* (ntifs/nf-ntifs-sequerysecuritydescriptorinfo) */
NTSTATUS SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation,
                                       PSECURITY_DESCRIPTOR SecurityDescriptor, PULONG Length,
                                       PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor) {
    KI_GATE(SeQuerySecurityDescriptorInfo);
    (void)m;
    return se_query_parts(*ObjectsSecurityDescriptor, *SecurityInformation, SecurityDescriptor,
                          Length);
}

/* The new descriptor is in fresh pool; the old one is the caller's to free.
 * (ntifs/nf-ntifs-sesetsecuritydescriptorinfo) */
static NTSTATUS se_modify(struct machine *m, SECURITY_INFORMATION information,
                          PSECURITY_DESCRIPTOR modification, PSECURITY_DESCRIPTOR *descriptor) {
    struct se_parts now, change;
    if (!*descriptor)
        return STATUS_NO_SECURITY_ON_OBJECT;
    se_take_apart(*descriptor, &now);
    se_take_apart(modification, &change);
    NTSTATUS status = se_parts_check(&change);
    if (!NT_SUCCESS(status))
        return status;
    se_select(&now, &change, information);
    void *merged = se_build(m, &now, SE_MODIFY_TAG);
    if (!merged)
        return STATUS_INSUFFICIENT_RESOURCES;
    *descriptor = merged;
    return STATUS_SUCCESS;
}

NTSTATUS SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION SecurityInformation,
                                     PSECURITY_DESCRIPTOR ModificationDescriptor,
                                     PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor,
                                     POOL_TYPE PoolType, PGENERIC_MAPPING GenericMapping) {
    KI_GATE(SeSetSecurityDescriptorInfo);
    (void)Object, (void)PoolType, (void)GenericMapping;
    return se_modify(m, *SecurityInformation, ModificationDescriptor, ObjectsSecurityDescriptor);
}

NTSTATUS SeSetSecurityDescriptorInfoEx(PVOID Object, PSECURITY_INFORMATION SecurityInformation,
                                       PSECURITY_DESCRIPTOR ModificationDescriptor,
                                       PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor,
                                       ULONG AutoInheritFlags, POOL_TYPE PoolType,
                                       PGENERIC_MAPPING GenericMapping) {
    KI_GATE(SeSetSecurityDescriptorInfoEx);
    (void)Object, (void)AutoInheritFlags, (void)PoolType, (void)GenericMapping;
    return se_modify(m, *SecurityInformation, ModificationDescriptor, ObjectsSecurityDescriptor);
}
