/*
 * Security descriptors in both forms: taken apart, checked, put together.
 *
 * The absolute form has pointers, the self-relative one offsets from its own start; both begin with
 * revision and control bits. What comes from user mode is checked for its bounds before anything in
 * it is followed.
 */
#include "se/se.h"

#include "ki/gate.h"
#include "mm/mm.h"

struct se_relative {
    UCHAR revision, sbz;
    USHORT control;
    ULONG owner, group, sacl, dacl; /* offsets, 0: none */
};
struct se_absolute {
    UCHAR revision, sbz;
    USHORT control;
    const struct se_sid *owner, *group;
    const ACL *sacl, *dacl;
};

static const void *se_at(const void *base, ULONG offset) {
    return offset ? (const char *)base + offset : NULL;
}

void se_take_apart(PSECURITY_DESCRIPTOR descriptor, struct se_parts *parts) {
    const struct se_relative *relative = descriptor;
    parts->control = relative->control & (USHORT)~SE_CONTROL_SELF_RELATIVE;
    if (relative->control & SE_CONTROL_SELF_RELATIVE) {
        parts->owner = se_at(relative, relative->owner);
        parts->group = se_at(relative, relative->group);
        parts->sacl = se_at(relative, relative->sacl);
        parts->dacl = se_at(relative, relative->dacl);
    } else {
        const struct se_absolute *absolute = descriptor;
        parts->owner = absolute->owner;
        parts->group = absolute->group;
        parts->sacl = absolute->sacl;
        parts->dacl = absolute->dacl;
    }
    if (!(parts->control & SE_CONTROL_SACL_PRESENT))
        parts->sacl = NULL;
    if (!(parts->control & SE_CONTROL_DACL_PRESENT))
        parts->dacl = NULL;
}

/* ---- checks ---- */

static bool se_acl_valid(const ACL *acl) {
    const char *at = (const char *)(acl + 1), *end = (const char *)acl + acl->AclSize;
    if (acl->AclRevision < MIN_ACL_REVISION || acl->AclRevision > MAX_ACL_REVISION ||
        acl->AclSize < sizeof *acl)
        return false;
    for (USHORT i = 0; i < acl->AceCount; i++) {
        const struct se_ace *ace = (const void *)at;
        if (end - at < 4 || ace->size < 4 || end - at < ace->size || ace->size % 4)
            return false;
        if (ace->type <= SE_ACE_ALARM) {
            const struct se_sid *sid = (const void *)ace->sid;
            if (ace->size < sizeof *ace + sizeof *sid || !se_sid_valid(sid) ||
                ace->size < sizeof *ace + se_sid_size(sid))
                return false;
        }
        at += ace->size;
    }
    return true;
}

NTSTATUS se_parts_check(const struct se_parts *parts) {
    if ((parts->owner && !se_sid_valid(parts->owner)) ||
        (parts->group && !se_sid_valid(parts->group)))
        return STATUS_INVALID_SID;
    if ((parts->dacl && !se_acl_valid(parts->dacl)) || (parts->sacl && !se_acl_valid(parts->sacl)))
        return STATUS_INVALID_ACL;
    return STATUS_SUCCESS;
}

static bool se_sid_within(const char *base, size_t length, ULONG offset) {
    const struct se_sid *sid = (const void *)(base + offset);
    return !offset || (offset % 4 == 0 && offset < length && length - offset >= sizeof *sid &&
                       se_sid_valid(sid) && length - offset >= se_sid_size(sid));
}

static bool se_acl_within(const char *base, size_t length, ULONG offset) {
    const ACL *acl = (const void *)(base + offset);
    return !offset || (offset % 4 == 0 && offset < length && length - offset >= sizeof *acl &&
                       length - offset >= acl->AclSize && se_acl_valid(acl));
}

bool se_relative_valid(const void *descriptor, size_t length) {
    const struct se_relative *relative = descriptor;
    if (length < sizeof *relative || relative->revision != SECURITY_DESCRIPTOR_REVISION ||
        !(relative->control & SE_CONTROL_SELF_RELATIVE))
        return false;
    return se_sid_within(descriptor, length, relative->owner) &&
           se_sid_within(descriptor, length, relative->group) &&
           (!(relative->control & SE_CONTROL_SACL_PRESENT) ||
            se_acl_within(descriptor, length, relative->sacl)) &&
           (!(relative->control & SE_CONTROL_DACL_PRESENT) ||
            se_acl_within(descriptor, length, relative->dacl));
}

/* PASSIVE_LEVEL. (wdm/nf-wdm-sevalidsecuritydescriptor) */
BOOLEAN SeValidSecurityDescriptor(ULONG Length, PSECURITY_DESCRIPTOR SecurityDescriptor) {
    KI_GATE(SeValidSecurityDescriptor);
    (void)m;
    return se_relative_valid(SecurityDescriptor, Length);
}

/* ---- putting together ---- */

static size_t se_rounded(size_t size) { return (size + 3) & ~(size_t)3; }

size_t se_parts_size(const struct se_parts *parts) {
    size_t size = sizeof(struct se_relative);
    size += parts->owner ? se_rounded(se_sid_size(parts->owner)) : 0;
    size += parts->group ? se_rounded(se_sid_size(parts->group)) : 0;
    size += parts->sacl ? se_rounded(parts->sacl->AclSize) : 0;
    size += parts->dacl ? se_rounded(parts->dacl->AclSize) : 0;
    return size;
}

static ULONG se_append(char *base, size_t *used, const void *data, size_t size) {
    ULONG offset = (ULONG)*used;
    if (!data)
        return 0;
    memcpy(base + offset, data, size);
    *used += se_rounded(size);
    return offset;
}

void se_put_together(const struct se_parts *parts, void *descriptor) {
    struct se_relative *relative = descriptor;
    size_t used = sizeof *relative;
    memset(relative, 0, se_parts_size(parts));
    relative->revision = SECURITY_DESCRIPTOR_REVISION;
    relative->control = parts->control | SE_CONTROL_SELF_RELATIVE;
    relative->sacl =
        se_append(descriptor, &used, parts->sacl, parts->sacl ? parts->sacl->AclSize : 0);
    relative->dacl =
        se_append(descriptor, &used, parts->dacl, parts->dacl ? parts->dacl->AclSize : 0);
    relative->owner =
        se_append(descriptor, &used, parts->owner, parts->owner ? se_sid_size(parts->owner) : 0);
    relative->group =
        se_append(descriptor, &used, parts->group, parts->group ? se_sid_size(parts->group) : 0);
}

void *se_build(struct machine *m, const struct se_parts *parts, ULONG tag) {
    void *descriptor = mm_pool_allocate(m, PagedPool, se_parts_size(parts), tag);
    if (descriptor)
        se_put_together(parts, descriptor);
    return descriptor;
}
