/*
 * The access check and what leads to it: subject contexts, privileges.
 *
 * The entries of the discretionary list are read in order. An entry that denies counts for the
 * rights that no earlier entry has allowed; the check ends as soon as all that was asked for is
 * allowed, or one right is denied. Before the list come two privileges (security, for the system
 * list; take ownership), and what an owner always may. Integrity levels and conditional entries are
 * not modelled.
 */
#include "se/se.h"

#include "ki/gate.h"
#include "mm/mm.h"
#include "ps/ps.h"
#include "se/internal.h"

#define SE_PRIVILEGES_TAG 0x72506553u /* "SePr" */

ACCESS_MASK se_map(ACCESS_MASK mask, const GENERIC_MAPPING *mapping) {
    if (mask & GENERIC_READ)
        mask |= mapping->GenericRead;
    if (mask & GENERIC_WRITE)
        mask |= mapping->GenericWrite;
    if (mask & GENERIC_EXECUTE)
        mask |= mapping->GenericExecute;
    if (mask & GENERIC_ALL)
        mask |= mapping->GenericAll;
    return mask & ~(ACCESS_MASK)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

/* What the entries of a list say: rights allowed and denied to the token, first entry first. */
static void se_read_list(const struct se_token *token, const ACL *acl,
                         const GENERIC_MAPPING *mapping, ACCESS_MASK *allowed, ACCESS_MASK *denied,
                         bool *owner_rights) {
    const char *at = (const char *)(acl + 1);
    for (USHORT i = 0; i < acl->AceCount; i++) {
        const struct se_ace *ace = (const void *)at;
        at += ace->size;
        if (ace->flags & SE_ACE_INHERIT_ONLY || ace->type > SE_ACE_DENIED)
            continue;
        const struct se_sid *sid = (const void *)ace->sid;
        ACCESS_MASK mask = se_map(ace->mask, mapping);
        if (se_sid_equal(sid, se_well_known(SE_SID_OWNER_RIGHTS)))
            *owner_rights = true;
        if (!se_has_sid(token, sid, ace->type == SE_ACE_DENIED))
            continue;
        if (ace->type == SE_ACE_ALLOWED)
            *allowed |= mask & ~*denied;
        else
            *denied |= mask & ~*allowed;
    }
}

static NTSTATUS se_check_privileges(const struct se_token *token, ACCESS_MASK *wanted,
                                    ACCESS_MASK *granted, uint64_t *used) {
    if (*wanted & ACCESS_SYSTEM_SECURITY) {
        if (!se_has_privilege(token, SE_SECURITY_PRIVILEGE))
            return STATUS_PRIVILEGE_NOT_HELD;
        *granted |= ACCESS_SYSTEM_SECURITY;
        *used |= 1ull << SE_SECURITY_PRIVILEGE;
    }
    if (*wanted & WRITE_OWNER && se_has_privilege(token, SE_TAKE_OWNERSHIP_PRIVILEGE)) {
        *granted |= WRITE_OWNER;
        *used |= 1ull << SE_TAKE_OWNERSHIP_PRIVILEGE;
    }
    *wanted &= ~*granted;
    return STATUS_SUCCESS;
}

NTSTATUS se_check(const struct se_token *token, const struct se_parts *parts,
                  const GENERIC_MAPPING *mapping, ACCESS_MASK desired, ACCESS_MASK previous,
                  ACCESS_MASK *granted, uint64_t *used) {
    ACCESS_MASK wanted = se_map(desired & ~(ACCESS_MASK)MAXIMUM_ALLOWED, mapping);
    ACCESS_MASK got = previous, allowed = 0, denied = 0;
    bool maximum = (desired & MAXIMUM_ALLOWED) != 0, owner_rights = false;
    *granted = 0;
    *used = 0;
    wanted &= ~previous;
    NTSTATUS status = se_check_privileges(token, &wanted, &got, used);
    if (!NT_SUCCESS(status))
        return status;
    if (!(parts->control & SE_CONTROL_DACL_PRESENT) || !parts->dacl) {
        *granted = got | wanted | (maximum ? mapping->GenericAll : 0);
        return STATUS_SUCCESS;
    }
    se_read_list(token, parts->dacl, mapping, &allowed, &denied, &owner_rights);
    if (parts->owner && !owner_rights && se_has_sid(token, parts->owner, false))
        allowed |= READ_CONTROL | WRITE_DAC;
    if (wanted & ~allowed)
        return STATUS_ACCESS_DENIED;
    *granted = got | wanted | (maximum ? allowed : 0);
    return *granted ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* ob asks for an object that is opened from user mode. */
static NTSTATUS se_check_object(struct machine *m, const struct ob_type *type,
                                PSECURITY_DESCRIPTOR descriptor, ACCESS_MASK desired,
                                ACCESS_MASK *granted) {
    struct se_parts parts;
    uint64_t used;
    if (!descriptor) {
        *granted = ob_map_access(type, desired);
        return STATUS_SUCCESS;
    }
    se_take_apart(descriptor, &parts);
    return se_check(se_current_token(m), &parts, &type->mapping, desired, 0, granted, &used);
}

/* ---- subject contexts (wdm/nf-wdm-secapturesubjectcontext …); PASSIVE_LEVEL ---- */

static void se_capture(struct machine *m, PETHREAD thread, PEPROCESS process,
                       PSECURITY_SUBJECT_CONTEXT context) {
    memset(context, 0, sizeof *context);
    context->ProcessAuditId = process->id.value;
    context->PrimaryToken = process->token;
    ob_reference(m, process->token);
    if (thread && thread->impersonation) {
        context->ClientToken = thread->impersonation;
        context->ImpersonationLevel = thread->impersonation_level;
        ob_reference(m, thread->impersonation);
    }
}

VOID SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    KI_GATE(SeCaptureSubjectContext);
    PETHREAD thread = ps_current_thread(m);
    se_capture(m, thread, thread->tcb.own_process, SubjectContext);
}

/* (ntifs/nf-ntifs-secapturesubjectcontextex) */
VOID SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process,
                               PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    KI_GATE(SeCaptureSubjectContextEx);
    se_capture(m, Thread, Process, SubjectContext);
}

VOID SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    KI_GATE(SeLockSubjectContext);
    (void)m, (void)SubjectContext; /* a captured token does not change under its holder */
}

VOID SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    KI_GATE(SeUnlockSubjectContext);
    (void)m, (void)SubjectContext;
}

VOID SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
    KI_GATE(SeReleaseSubjectContext);
    if (SubjectContext->PrimaryToken)
        ob_dereference(m, SubjectContext->PrimaryToken);
    if (SubjectContext->ClientToken)
        ob_dereference(m, SubjectContext->ClientToken);
    SubjectContext->PrimaryToken = SubjectContext->ClientToken = NULL;
}

struct se_token *se_subject_token(const SECURITY_SUBJECT_CONTEXT *context) {
    return context->ClientToken ? context->ClientToken : context->PrimaryToken;
}

/* ---- SeAccessCheck ---- */

/* The privileges of a mask as a set in paged pool; NULL: none, or no memory. */
static PPRIVILEGE_SET se_privilege_set(struct machine *m, uint64_t mask) {
    ULONG count = (ULONG)__builtin_popcountll(mask);
    if (!count)
        return NULL;
    PPRIVILEGE_SET set = mm_pool_allocate_zeroed(
        m, PagedPool, sizeof *set + (count - 1) * sizeof set->Privilege[0], SE_PRIVILEGES_TAG);
    if (!set)
        return NULL;
    for (ULONG number = 0; mask; number++, mask >>= 1) {
        if (!(mask & 1))
            continue;
        set->Privilege[set->PrivilegeCount].Luid.LowPart = number;
        set->Privilege[set->PrivilegeCount].Attributes = SE_PRIVILEGE_USED_FOR_ACCESS;
        set->PrivilegeCount++;
    }
    return set;
}

BOOLEAN SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor,
                      PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                      BOOLEAN SubjectContextLocked, ACCESS_MASK DesiredAccess,
                      ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET *Privileges,
                      PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode,
                      PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus) {
    KI_GATE(SeAccessCheck);
    struct se_parts parts;
    uint64_t used;
    (void)SubjectContextLocked;
    if (Privileges)
        *Privileges = NULL;
    *GrantedAccess = 0;
    *AccessStatus = STATUS_SUCCESS;
    if (AccessMode == KernelMode) {
        ACCESS_MASK access = se_map(DesiredAccess & ~(ACCESS_MASK)MAXIMUM_ALLOWED, GenericMapping);
        *GrantedAccess = access | PreviouslyGrantedAccess |
                         (DesiredAccess & MAXIMUM_ALLOWED ? GenericMapping->GenericAll : 0);
        return TRUE;
    }
    if (!SecurityDescriptor) {
        *AccessStatus = STATUS_ACCESS_DENIED;
        return FALSE;
    }
    const struct se_token *token = se_subject_token(SubjectSecurityContext);
    if (SubjectSecurityContext->ClientToken &&
        SubjectSecurityContext->ImpersonationLevel < SecurityImpersonation) {
        *AccessStatus = STATUS_BAD_IMPERSONATION_LEVEL;
        return FALSE;
    }
    se_take_apart(SecurityDescriptor, &parts);
    *AccessStatus = se_check(token, &parts, GenericMapping, DesiredAccess, PreviouslyGrantedAccess,
                             GrantedAccess, &used);
    if (NT_SUCCESS(*AccessStatus) && Privileges)
        *Privileges = se_privilege_set(m, used);
    return NT_SUCCESS(*AccessStatus);
}

/* ---- privileges ---- */

/* (ntifs/nf-ntifs-sefreeprivileges) */
VOID SeFreePrivileges(PPRIVILEGE_SET Privileges) {
    KI_GATE(SeFreePrivileges);
    mm_pool_free(m, Privileges, SE_PRIVILEGES_TAG);
}

/* Are all, or without PRIVILEGE_SET_ALL_NECESSARY one, of the privileges enabled? Marks those that
 * are. */
bool se_privileges_held(const struct se_token *token, PPRIVILEGE_SET set) {
    ULONG held = 0;
    for (ULONG i = 0; i < set->PrivilegeCount; i++) {
        const LUID *luid = &set->Privilege[i].Luid;
        if (luid->HighPart || !se_has_privilege(token, luid->LowPart))
            continue;
        set->Privilege[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
        held++;
    }
    return set->Control & PRIVILEGE_SET_ALL_NECESSARY ? held == set->PrivilegeCount : held != 0;
}

/* (ntifs/nf-ntifs-seprivilegecheck) */
BOOLEAN SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges,
                         PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                         KPROCESSOR_MODE AccessMode) {
    KI_GATE(SePrivilegeCheck);
    (void)m;
    if (AccessMode == KernelMode)
        return TRUE;
    if (SubjectSecurityContext->ClientToken &&
        SubjectSecurityContext->ImpersonationLevel < SecurityImpersonation)
        return FALSE;
    return se_privileges_held(se_subject_token(SubjectSecurityContext), RequiredPrivileges);
}

/* (ntddk/nf-ntddk-sesingleprivilegecheck) */
BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode) {
    KI_GATE(SeSinglePrivilegeCheck);
    if (PreviousMode == KernelMode)
        return TRUE;
    return PrivilegeValue.HighPart == 0 &&
           se_has_privilege(se_current_token(m), PrivilegeValue.LowPart);
}

/* ---- start ---- */

/* A copy of a caller's descriptor for an object. */
static NTSTATUS se_capture_descriptor(struct machine *m, PSECURITY_DESCRIPTOR descriptor,
                                      KPROCESSOR_MODE mode, PSECURITY_DESCRIPTOR *copy,
                                      size_t *size) {
    struct se_parts parts;
    const UCHAR *revision = descriptor;
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS : mm_probe(m, descriptor, 20, 4, false);
    if (!NT_SUCCESS(status))
        return status;
    if (*revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    se_take_apart(descriptor, &parts);
    status = se_parts_check(&parts);
    if (!NT_SUCCESS(status))
        return status;
    *size = se_parts_size(&parts);
    *copy = se_build(m, &parts, OB_TAG);
    return *copy ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void se_hooks_start(struct machine *m) {
    m->ob->access_check = se_check_object;
    m->ob->security_capture = se_capture_descriptor;
}
