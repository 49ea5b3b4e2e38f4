/*
 * The last step of making an object for those that make it in two: its first handle; and what a
 * handle was opened with.
 *
 * The pages of both routines give their shapes only. What they do is what a driver that calls them
 * relies on: ObInsertObject trades the creator's reference for a handle, and gives it up when that
 * fails.
 *
 * ntifs/nf-ntifs-obinsertobject, ntifs/nf-ntifs-obqueryobjectauditingbyhandle
 */
#include "ki/gate.h"
#include "ob/internal.h"

#define OB_AUDIT_CLOSE 0x4u /* in a handle's attributes */

NTSTATUS ObInsertObject(PVOID Object, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                        ULONG ObjectPointerBias, PVOID *NewObject, PHANDLE Handle) {
    KI_GATE(ObInsertObject);
    ACCESS_MASK access = PassedAccessState ? PassedAccessState->PreviouslyGrantedAccess |
                                                 PassedAccessState->RemainingDesiredAccess
                                           : DesiredAccess;
    const struct ob_type *type = ob_live_type(m, Object);
    NTSTATUS status = STATUS_SUCCESS;
    if (NewObject)
        *NewObject = NULL;
    if (Handle)
        status = ob_handle_create_attributes(m, Object, ob_map_access(type, access), 0,
                                             m->cpu->thread->previous_mode, Handle);
    if (NT_SUCCESS(status)) {
        for (ULONG i = 0; i < ObjectPointerBias; i++)
            ob_reference(m, Object);
        if (NewObject && ObjectPointerBias)
            *NewObject = Object;
    }
    if (Handle)
        ob_dereference(m, Object); /* the creator's: the handle has its own */
    return status;
}

NTSTATUS ObQueryObjectAuditingByHandle(HANDLE Handle, PBOOLEAN GenerateOnClose) {
    KI_GATE(ObQueryObjectAuditingByHandle);
    const struct ob_handle *entry = ob_handle_entry(ob_table_of(m, NULL, Handle), Handle);
    if (!entry)
        return STATUS_INVALID_HANDLE;
    *GenerateOnClose = (entry->attributes & OB_AUDIT_CLOSE) != 0;
    return STATUS_SUCCESS;
}
