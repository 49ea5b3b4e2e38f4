/*
 * Access control lists for drivers: entries added, found, deleted.
 *
 * A list is a header and entries one behind the other; AclSize is the room, AceCount the number of
 * entries. What is behind the last one is free.
 *
 * ntifs/nf-ntifs-rtlcreateacl …
 */
#include "se/se.h"

#include "ki/gate.h"
#include "mm/mm.h"

static bool se_acl_header_valid(const ACL *acl) {
    return acl->AclRevision >= MIN_ACL_REVISION && acl->AclRevision <= MAX_ACL_REVISION &&
           acl->AclSize >= sizeof *acl && acl->AclSize % 4 == 0;
}

/* Where entry `index` begins, or with the number of entries or more, where the free room does; NULL
 * when the entries do not keep to the list's size. */
static char *se_acl_at(const ACL *acl, ULONG index) {
    char *at = (char *)(ULONG_PTR)(acl + 1), *end = (char *)(ULONG_PTR)acl + acl->AclSize;
    for (ULONG i = 0; i < acl->AceCount && i < index; i++) {
        const struct se_ace *ace = (const void *)at;
        if (end - at < (LONG_PTR)sizeof(ACE_HEADER) || ace->size < sizeof(ACE_HEADER) ||
            end - at < ace->size)
            return NULL;
        at += ace->size;
    }
    return at;
}

static size_t se_acl_room(const ACL *acl, const char *free_at) {
    return (size_t)((const char *)acl + acl->AclSize - free_at);
}

NTSTATUS RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision) {
    KI_GATE(RtlCreateAcl);
    (void)m;
    if (AclLength < sizeof *Acl)
        return STATUS_BUFFER_TOO_SMALL;
    if (AclLength > 0xffff || AclRevision < MIN_ACL_REVISION || AclRevision > MAX_ACL_REVISION)
        return STATUS_INVALID_PARAMETER;
    *Acl = (ACL){.AclRevision = (UCHAR)AclRevision, .AclSize = (USHORT)(AclLength & ~3u)};
    return STATUS_SUCCESS;
}

/* How many entries a list of so many bytes holds; -1 if they do not fill it exactly. */
static LONG se_count_entries(const char *list, ULONG length) {
    LONG count = 0;
    while (length) {
        const struct se_ace *ace = (const void *)list;
        if (length < sizeof(ACE_HEADER) || ace->size < sizeof(ACE_HEADER) || ace->size > length ||
            ace->size % 4)
            return -1;
        list += ace->size;
        length -= ace->size;
        count++;
    }
    return count;
}

NTSTATUS RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList,
                   ULONG AceListLength) {
    KI_GATE(RtlAddAce);
    (void)m;
    LONG count = se_count_entries(AceList, AceListLength);
    if (!se_acl_header_valid(Acl) || AceRevision > MAX_ACL_REVISION || count < 0)
        return STATUS_INVALID_PARAMETER;
    char *end = se_acl_at(Acl, MAXULONG), *at = se_acl_at(Acl, StartingAceIndex);
    if (!end || !at)
        return STATUS_INVALID_PARAMETER;
    if (se_acl_room(Acl, end) < AceListLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(at + AceListLength, at, (size_t)(end - at));
    memcpy(at, AceList, AceListLength);
    Acl->AceCount = (USHORT)(Acl->AceCount + count);
    if (Acl->AclRevision < AceRevision)
        Acl->AclRevision = (UCHAR)AceRevision;
    return STATUS_SUCCESS;
}

NTSTATUS RtlDeleteAce(PACL Acl, ULONG AceIndex) {
    KI_GATE(RtlDeleteAce);
    (void)m;
    if (!se_acl_header_valid(Acl) || AceIndex >= Acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    char *end = se_acl_at(Acl, MAXULONG), *at = se_acl_at(Acl, AceIndex);
    if (!end)
        return STATUS_INVALID_PARAMETER;
    size_t size = ((struct se_ace *)(void *)at)->size;
    memmove(at, at + size, (size_t)(end - at) - size);
    memset(end - size, 0, size);
    Acl->AceCount--;
    return STATUS_SUCCESS;
}

NTSTATUS RtlGetAce(PACL Acl, ULONG AceIndex, PVOID *Ace) {
    KI_GATE(RtlGetAce);
    (void)m;
    if (!se_acl_header_valid(Acl) || AceIndex >= Acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    char *at = se_acl_at(Acl, AceIndex);
    if (!at || se_acl_room(Acl, at) < sizeof(ACE_HEADER))
        return STATUS_INVALID_PARAMETER;
    *Ace = at;
    return STATUS_SUCCESS;
}

NTSTATUS RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags,
                                  ACCESS_MASK AccessMask, PSID Sid) {
    KI_GATE(RtlAddAccessAllowedAceEx);
    (void)m;
    if (!se_sid_valid(Sid))
        return STATUS_INVALID_SID;
    if (!se_acl_header_valid(Acl))
        return STATUS_INVALID_ACL;
    if (AceRevision < MIN_ACL_REVISION || AceRevision > MAX_ACL_REVISION)
        return STATUS_REVISION_MISMATCH;
    if (AceFlags & ~(ULONG)VALID_INHERIT_FLAGS)
        return STATUS_INVALID_PARAMETER;
    char *at = se_acl_at(Acl, MAXULONG);
    size_t size = sizeof(struct se_ace) + se_sid_size(Sid);
    if (!at)
        return STATUS_INVALID_ACL;
    if (se_acl_room(Acl, at) < size)
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    struct se_ace *ace = (void *)at;
    ace->type = SE_ACE_ALLOWED;
    ace->flags = (UCHAR)AceFlags;
    ace->size = (USHORT)size;
    ace->mask = AccessMask;
    memcpy(ace->sid, Sid, se_sid_size(Sid));
    Acl->AceCount++;
    if (Acl->AclRevision < AceRevision)
        Acl->AclRevision = (UCHAR)AceRevision;
    return STATUS_SUCCESS;
}

NTSTATUS RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid) {
    KI_GATE(RtlAddAccessAllowedAce);
    (void)m;
    return RtlAddAccessAllowedAceEx(Acl, AceRevision, 0, AccessMask, Sid);
}
