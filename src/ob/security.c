/*
 * Security descriptors of objects: where they are kept and how drivers see them. What they mean is
 * src/se's business.
 *
 * A descriptor is self-relative, in pool, and never changed in place: a new one replaces the old.
 * It is handed out as a copy.
 */
#include "ob/ob.h"

#include "ki/gate.h"
#include "mm/mm.h"
#include "ob/internal.h"

static PSECURITY_DESCRIPTOR *ob_security_slot(struct machine *m, void *object) {
    struct ob_header *header = ob_header_of(object);
    return header->type->security ? header->type->security(m, object) : &header->security;
}

PSECURITY_DESCRIPTOR ob_security_of(struct machine *m, void *object) {
    PSECURITY_DESCRIPTOR *slot = ob_security_slot(m, object);
    return slot ? *slot : NULL;
}

NTSTATUS ob_security_set(struct machine *m, void *object, PSECURITY_DESCRIPTOR descriptor,
                         size_t size) {
    PSECURITY_DESCRIPTOR *slot = ob_security_slot(m, object), copy = NULL;
    if (!slot)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (descriptor) {
        copy = mm_pool_allocate(m, PagedPool, size, OB_TAG);
        if (!copy)
            return STATUS_INSUFFICIENT_RESOURCES;
        memcpy(copy, descriptor, size);
    }
    if (*slot)
        mm_pool_free(m, *slot, OB_TAG);
    *slot = copy;
    return STATUS_SUCCESS;
}

NTSTATUS ob_security_assign(struct machine *m, void *object, PSECURITY_DESCRIPTOR descriptor,
                            KPROCESSOR_MODE mode) {
    PSECURITY_DESCRIPTOR copy;
    size_t size;
    if (!m->ob->security_capture)
        return STATUS_SUCCESS;
    NTSTATUS status = m->ob->security_capture(m, descriptor, mode, &copy, &size);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_security_set(m, object, copy, size);
    mm_pool_free(m, copy, OB_TAG);
    return status;
}

/* PASSIVE_LEVEL; a copy, or NULL if the object has none. (wdm/nf-wdm-obgetobjectsecurity) */
NTSTATUS ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR *SecurityDescriptor,
                             PBOOLEAN MemoryAllocated) {
    KI_GATE(ObGetObjectSecurity);
    PSECURITY_DESCRIPTOR descriptor = ob_security_of(m, Object);
    *SecurityDescriptor = NULL;
    *MemoryAllocated = FALSE;
    if (!descriptor)
        return STATUS_SUCCESS;
    size_t size = mm_pool_size(m, descriptor);
    PSECURITY_DESCRIPTOR copy = mm_pool_allocate(m, PagedPool, size, OB_TAG);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(copy, descriptor, size);
    *SecurityDescriptor = copy;
    *MemoryAllocated = TRUE;
    return STATUS_SUCCESS;
}

/* (wdm/nf-wdm-obreleaseobjectsecurity) */
VOID ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated) {
    KI_GATE(ObReleaseObjectSecurity);
    if (SecurityDescriptor && MemoryAllocated)
        mm_pool_free(m, SecurityDescriptor, OB_TAG);
}
