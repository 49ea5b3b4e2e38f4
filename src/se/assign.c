/*
 * The descriptor of a new object: what its creator asked for, what the parent passes on, what the
 * creator's token has.
 *
 * Pages: wdm/nf-wdm-seassignsecurity, wdm/nf-wdm-seassignsecurityex, wdm/nf-wdm-sedeassignsecurity.
 * The order for each list is: the explicit one; entries that the parent's list passes on; for the
 * discretionary list, the token's default. Rights are mapped to specific ones in lists that are
 * inherited. Automatic inheritance beyond that is not modelled, nor are object types:
 * SeAssignSecurityEx minds only the flags that switch checks off.
 */
#include "se/se.h"

#include "ki/gate.h"
#include "mm/mm.h"
#include "se/internal.h"

#define SE_ASSIGN_TAG 0x64536553u /* "SeSd" */
#define SE_AVOID_PRIVILEGE_CHECK 0x08u
#define SE_AVOID_OWNER_CHECK 0x10u

struct se_assignment {
    const struct se_token *token;
    const GENERIC_MAPPING *mapping;
    bool directory;
    struct se_parts parent, result;
};

static const ACL *se_inherit(struct machine *m, const struct se_assignment *assignment,
                             const ACL *parent);

/* ---- inheritance ---- */

/* The flags an inherited entry has on the new object; -1: it does not come along. */
static int se_inherited_flags(const struct se_ace *ace, bool directory) {
    int carry = ace->flags & SE_ACE_NO_PROPAGATE
                    ? 0
                    : ace->flags & (SE_ACE_OBJECT_INHERIT | SE_ACE_CONTAINER_INHERIT);
    if (!directory)
        return ace->flags & SE_ACE_OBJECT_INHERIT ? 0 : -1;
    if (ace->flags & SE_ACE_CONTAINER_INHERIT)
        return carry;
    return ace->flags & SE_ACE_OBJECT_INHERIT && carry ? carry | SE_ACE_INHERIT_ONLY : -1;
}

/* Who an inherited entry is for: the creator stands for the new object's owner. */
static const struct se_sid *se_inherited_sid(const struct se_assignment *assignment,
                                             const struct se_ace *ace) {
    const struct se_sid *sid = (const void *)ace->sid;
    if (se_sid_equal(sid, se_well_known(SE_SID_CREATOR_OWNER)))
        return assignment->result.owner;
    if (se_sid_equal(sid, se_well_known(SE_SID_CREATOR_GROUP)))
        return assignment->result.group;
    return sid;
}

/* Writes the inherited entries behind `list` (NULL: only measures); returns their size. */
static size_t se_inherit_entries(const struct se_assignment *assignment, const ACL *parent,
                                 ACL *list) {
    const char *at = (const char *)(parent + 1);
    char *to = (char *)(list + 1);
    size_t total = 0;
    for (USHORT i = 0; i < parent->AceCount; i++) {
        const struct se_ace *ace = (const void *)at;
        at += ace->size;
        int flags = se_inherited_flags(ace, assignment->directory);
        if (flags < 0 || ace->type > SE_ACE_AUDIT)
            continue;
        const struct se_sid *sid = se_inherited_sid(assignment, ace);
        size_t size = sizeof *ace + se_sid_size(sid);
        total += size;
        if (!list)
            continue;
        struct se_ace *copy = (void *)to;
        *copy = (struct se_ace){ace->type, (UCHAR)(flags | (ace->flags & 0xc0)), (USHORT)size,
                                se_map(ace->mask, assignment->mapping)};
        memcpy(copy->sid, sid, se_sid_size(sid));
        list->AceCount++;
        to += size;
    }
    return total;
}

static const ACL *se_inherit(struct machine *m, const struct se_assignment *assignment,
                             const ACL *parent) {
    size_t size = parent ? se_inherit_entries(assignment, parent, NULL) : 0;
    if (!size)
        return NULL;
    ACL *list = mm_pool_allocate(m, PagedPool, sizeof *list + size, SE_ASSIGN_TAG);
    if (!list)
        return NULL;
    *list = (ACL){ACL_REVISION, 0, (USHORT)(sizeof *list + size), 0, 0};
    se_inherit_entries(assignment, parent, list);
    return list;
}

/* ---- assignment ---- */

static bool se_may_own(const struct se_token *token, const struct se_sid *owner) {
    if (se_has_privilege(token, SE_RESTORE_PRIVILEGE) || se_sid_equal(token->groups[0].sid, owner))
        return true;
    for (ULONG i = 1; i < token->group_count; i++) {
        if (token->groups[i].attributes & 0x8 && se_sid_equal(token->groups[i].sid, owner))
            return true;
    }
    return false;
}

static NTSTATUS se_assign_owner(struct se_assignment *assignment,
                                const struct se_parts *explicit_parts, ULONG flags) {
    const struct se_token *token = assignment->token;
    assignment->result.owner =
        explicit_parts->owner ? explicit_parts->owner : token->groups[token->owner].sid;
    assignment->result.group =
        explicit_parts->group ? explicit_parts->group : token->groups[token->primary_group].sid;
    if (explicit_parts->owner && !(flags & SE_AVOID_OWNER_CHECK) &&
        !se_may_own(token, explicit_parts->owner))
        return STATUS_INVALID_OWNER;
    return STATUS_SUCCESS;
}

/* Which lists the result has; *inherited are those to be freed. */
static void se_assign_lists(struct machine *m, struct se_assignment *assignment,
                            const struct se_parts *explicit_parts, const ACL *inherited[2]) {
    struct se_parts *result = &assignment->result;
    USHORT control = explicit_parts->control;
    result->control = control & (SE_CONTROL_DACL_PROTECTED | SE_CONTROL_SACL_PROTECTED);
    if (control & SE_CONTROL_DACL_PRESENT && !(control & SE_CONTROL_DACL_DEFAULTED)) {
        result->dacl = explicit_parts->dacl;
    } else {
        inherited[0] = se_inherit(m, assignment, assignment->parent.dacl);
        result->dacl = inherited[0]                        ? inherited[0]
                       : control & SE_CONTROL_DACL_PRESENT ? explicit_parts->dacl
                                                           : assignment->token->dacl;
    }
    result->control |= SE_CONTROL_DACL_PRESENT;
    if (control & SE_CONTROL_SACL_PRESENT) {
        result->sacl = explicit_parts->sacl;
    } else {
        inherited[1] = se_inherit(m, assignment, assignment->parent.sacl);
        result->sacl = inherited[1];
    }
    result->control |= result->sacl ? SE_CONTROL_SACL_PRESENT : 0;
}

static NTSTATUS se_assign(struct machine *m, PSECURITY_DESCRIPTOR parent,
                          PSECURITY_DESCRIPTOR explicit_descriptor, PSECURITY_DESCRIPTOR *result,
                          bool directory, ULONG flags, const SECURITY_SUBJECT_CONTEXT *subject,
                          const GENERIC_MAPPING *mapping) {
    struct se_assignment assignment = {
        .token = se_subject_token(subject), .mapping = mapping, .directory = directory};
    struct se_parts explicit_parts = {0, NULL, NULL, NULL, NULL};
    const ACL *inherited[2] = {NULL, NULL};
    *result = NULL;
    if (parent)
        se_take_apart(parent, &assignment.parent);
    if (explicit_descriptor)
        se_take_apart(explicit_descriptor, &explicit_parts);
    if (explicit_parts.control & SE_CONTROL_SACL_PRESENT && !(flags & SE_AVOID_PRIVILEGE_CHECK) &&
        !se_has_privilege(assignment.token, SE_SECURITY_PRIVILEGE))
        return STATUS_PRIVILEGE_NOT_HELD;
    NTSTATUS status = se_assign_owner(&assignment, &explicit_parts, flags);
    if (!NT_SUCCESS(status))
        return status;
    se_assign_lists(m, &assignment, &explicit_parts, inherited);
    *result = se_build(m, &assignment.result, SE_ASSIGN_TAG);
    for (int i = 0; i < 2; i++) {
        if (inherited[i])
            mm_pool_free(m, (void *)(ULONG_PTR)inherited[i], SE_ASSIGN_TAG);
    }
    return *result ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor,
                          PSECURITY_DESCRIPTOR ExplicitDescriptor,
                          PSECURITY_DESCRIPTOR *NewDescriptor, BOOLEAN IsDirectoryObject,
                          PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping,
                          POOL_TYPE PoolType) {
    KI_GATE(SeAssignSecurity);
    (void)PoolType;
    return se_assign(m, ParentDescriptor, ExplicitDescriptor, NewDescriptor, IsDirectoryObject, 0,
                     SubjectContext, GenericMapping);
}

NTSTATUS SeAssignSecurityEx(PSECURITY_DESCRIPTOR ParentDescriptor,
                            PSECURITY_DESCRIPTOR ExplicitDescriptor,
                            PSECURITY_DESCRIPTOR *NewDescriptor, GUID *ObjectType,
                            BOOLEAN IsDirectoryObject, ULONG AutoInheritFlags,
                            PSECURITY_SUBJECT_CONTEXT SubjectContext,
                            PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType) {
    KI_GATE(SeAssignSecurityEx);
    (void)ObjectType, (void)PoolType;
    return se_assign(m, ParentDescriptor, ExplicitDescriptor, NewDescriptor, IsDirectoryObject,
                     AutoInheritFlags, SubjectContext, GenericMapping);
}

NTSTATUS SeDeassignSecurity(PSECURITY_DESCRIPTOR *SecurityDescriptor) {
    KI_GATE(SeDeassignSecurity);
    if (*SecurityDescriptor)
        mm_pool_free(m, *SecurityDescriptor, SE_ASSIGN_TAG);
    *SecurityDescriptor = NULL;
    return STATUS_SUCCESS;
}
