/*
 * Security descriptors for drivers: begun, filled in and read part by part, checked, and turned
 * from one form into the other.
 *
 * Setting parts is for the absolute form; reading and measuring take both.
 *
 * ntifs/nf-ntifs-rtlgetownersecuritydescriptor …, wdm/nf-wdm-rtlcreatesecuritydescriptor …
 */
#include "se/se.h"

#include "ki/gate.h"
#include "mm/mm.h"

#define SE_TAG_DESCRIPTOR 0x64536553u /* "SeSd" */

NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision) {
    KI_GATE(RtlCreateSecurityDescriptor);
    (void)m;
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    memset(SecurityDescriptor, 0, sizeof(SECURITY_DESCRIPTOR));
    ((SECURITY_DESCRIPTOR *)SecurityDescriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}

NTSTATUS RtlCreateSecurityDescriptorRelative(PISECURITY_DESCRIPTOR_RELATIVE SecurityDescriptor,
                                             ULONG Revision) {
    KI_GATE(RtlCreateSecurityDescriptorRelative);
    (void)m;
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *SecurityDescriptor = (SECURITY_DESCRIPTOR_RELATIVE){.Revision = SECURITY_DESCRIPTOR_REVISION,
                                                         .Control = SE_CONTROL_SELF_RELATIVE};
    return STATUS_SUCCESS;
}

/* ---- the parts ---- */

static NTSTATUS se_known(PSECURITY_DESCRIPTOR descriptor, struct se_parts *parts) {
    if (((SECURITY_DESCRIPTOR *)descriptor)->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    se_take_apart(descriptor, parts);
    return STATUS_SUCCESS;
}

/* A descriptor in which a part can be set. */
static NTSTATUS se_settable(const SECURITY_DESCRIPTOR *descriptor) {
    if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    return descriptor->Control & SE_CONTROL_SELF_RELATIVE ? STATUS_INVALID_SECURITY_DESCR
                                                          : STATUS_SUCCESS;
}

static void se_mark(SECURITY_DESCRIPTOR *descriptor, USHORT bit, bool set) {
    descriptor->Control = (USHORT)(set ? descriptor->Control | bit : descriptor->Control & ~bit);
}

NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent,
                                      PACL Dacl, BOOLEAN DaclDefaulted) {
    KI_GATE(RtlSetDaclSecurityDescriptor);
    (void)m;
    SECURITY_DESCRIPTOR *descriptor = SecurityDescriptor;
    NTSTATUS status = se_settable(descriptor);
    if (!NT_SUCCESS(status))
        return status;
    se_mark(descriptor, SE_CONTROL_DACL_PRESENT, DaclPresent);
    if (!DaclPresent)
        return STATUS_SUCCESS;
    descriptor->Dacl = Dacl;
    se_mark(descriptor, SE_CONTROL_DACL_DEFAULTED, DaclDefaulted);
    return STATUS_SUCCESS;
}

NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner,
                                       BOOLEAN OwnerDefaulted) {
    KI_GATE(RtlSetOwnerSecurityDescriptor);
    (void)m;
    SECURITY_DESCRIPTOR *descriptor = SecurityDescriptor;
    NTSTATUS status = se_settable(descriptor);
    if (!NT_SUCCESS(status))
        return status;
    descriptor->Owner = Owner;
    se_mark(descriptor, SE_CONTROL_OWNER_DEFAULTED, OwnerDefaulted);
    return STATUS_SUCCESS;
}

NTSTATUS RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group,
                                       BOOLEAN GroupDefaulted) {
    KI_GATE(RtlSetGroupSecurityDescriptor);
    (void)m;
    SECURITY_DESCRIPTOR *descriptor = SecurityDescriptor;
    NTSTATUS status = se_settable(descriptor);
    if (!NT_SUCCESS(status))
        return status;
    descriptor->Group = Group;
    se_mark(descriptor, SE_CONTROL_GROUP_DEFAULTED, GroupDefaulted);
    return STATUS_SUCCESS;
}

NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent,
                                      PACL *Dacl, PBOOLEAN DaclDefaulted) {
    KI_GATE(RtlGetDaclSecurityDescriptor);
    (void)m;
    struct se_parts parts;
    NTSTATUS status = se_known(SecurityDescriptor, &parts);
    if (!NT_SUCCESS(status))
        return status;
    *DaclPresent = (parts.control & SE_CONTROL_DACL_PRESENT) != 0;
    if (*DaclPresent) {
        *Dacl = (PACL)(ULONG_PTR)parts.dacl;
        *DaclDefaulted = (parts.control & SE_CONTROL_DACL_DEFAULTED) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN SaclPresent,
                                      PACL *Sacl, PBOOLEAN SaclDefaulted) {
    KI_GATE(RtlGetSaclSecurityDescriptor);
    (void)m;
    struct se_parts parts;
    NTSTATUS status = se_known(SecurityDescriptor, &parts);
    if (!NT_SUCCESS(status))
        return status;
    *SaclPresent = (parts.control & SE_CONTROL_SACL_PRESENT) != 0;
    if (*SaclPresent) {
        *Sacl = (PACL)(ULONG_PTR)parts.sacl;
        *SaclDefaulted = (parts.control & SE_CONTROL_SACL_DEFAULTED) != 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Owner,
                                       PBOOLEAN OwnerDefaulted) {
    KI_GATE(RtlGetOwnerSecurityDescriptor);
    (void)m;
    struct se_parts parts;
    NTSTATUS status = se_known(SecurityDescriptor, &parts);
    if (!NT_SUCCESS(status))
        return status;
    *Owner = (PSID)(ULONG_PTR)parts.owner;
    *OwnerDefaulted = parts.owner && parts.control & SE_CONTROL_OWNER_DEFAULTED;
    return STATUS_SUCCESS;
}

NTSTATUS RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Group,
                                       PBOOLEAN GroupDefaulted) {
    KI_GATE(RtlGetGroupSecurityDescriptor);
    (void)m;
    struct se_parts parts;
    NTSTATUS status = se_known(SecurityDescriptor, &parts);
    if (!NT_SUCCESS(status))
        return status;
    *Group = (PSID)(ULONG_PTR)parts.group;
    *GroupDefaulted = parts.group && parts.control & SE_CONTROL_GROUP_DEFAULTED;
    return STATUS_SUCCESS;
}

/* ---- the whole ---- */

BOOLEAN RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor) {
    KI_GATE(RtlValidSecurityDescriptor);
    (void)m;
    struct se_parts parts;
    return NT_SUCCESS(se_known(SecurityDescriptor, &parts)) && NT_SUCCESS(se_parts_check(&parts));
}

BOOLEAN RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptorInput,
                                           ULONG SecurityDescriptorLength,
                                           SECURITY_INFORMATION RequiredInformation) {
    KI_GATE(RtlValidRelativeSecurityDescriptor);
    (void)m;
    struct se_parts parts;
    if (!se_relative_valid(SecurityDescriptorInput, SecurityDescriptorLength))
        return FALSE;
    se_take_apart(SecurityDescriptorInput, &parts);
    return (!(RequiredInformation & OWNER_SECURITY_INFORMATION) || parts.owner) &&
           (!(RequiredInformation & GROUP_SECURITY_INFORMATION) || parts.group) &&
           (!(RequiredInformation & DACL_SECURITY_INFORMATION) ||
            parts.control & SE_CONTROL_DACL_PRESENT) &&
           (!(RequiredInformation & SACL_SECURITY_INFORMATION) ||
            parts.control & SE_CONTROL_SACL_PRESENT);
}

/* Bytes of the descriptor with all its parts, which the absolute form has elsewhere. */
ULONG RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor) {
    KI_GATE(RtlLengthSecurityDescriptor);
    (void)m;
    struct se_parts parts;
    const SECURITY_DESCRIPTOR *descriptor = SecurityDescriptor;
    se_take_apart(SecurityDescriptor, &parts);
    size_t head = descriptor->Control & SE_CONTROL_SELF_RELATIVE
                      ? 0
                      : sizeof *descriptor - sizeof(SECURITY_DESCRIPTOR_RELATIVE);
    return (ULONG)(se_parts_size(&parts) + head);
}

NTSTATUS RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                     PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                     PULONG BufferLength) {
    KI_GATE(RtlAbsoluteToSelfRelativeSD);
    (void)m;
    struct se_parts parts;
    if (((SECURITY_DESCRIPTOR *)AbsoluteSecurityDescriptor)->Control & SE_CONTROL_SELF_RELATIVE)
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    se_take_apart(AbsoluteSecurityDescriptor, &parts);
    ULONG size = (ULONG)se_parts_size(&parts), room = *BufferLength;
    *BufferLength = size;
    if (room < size)
        return STATUS_BUFFER_TOO_SMALL;
    se_put_together(&parts, SelfRelativeSecurityDescriptor);
    return STATUS_SUCCESS;
}

/* One part into the caller's buffer; `size` gets what it takes. */
static bool se_part_fits(ULONG *size, size_t needed) {
    bool fits = *size >= needed;
    *size = (ULONG)needed;
    return fits;
}

static void *se_part_copy(void *to, const void *from, size_t size) {
    return from ? memcpy(to, from, size) : NULL;
}

NTSTATUS RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                     PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                     PULONG AbsoluteSecurityDescriptorSize, PACL Dacl,
                                     PULONG DaclSize, PACL Sacl, PULONG SaclSize, PSID Owner,
                                     PULONG OwnerSize, PSID PrimaryGroup, PULONG PrimaryGroupSize) {
    KI_GATE(RtlSelfRelativeToAbsoluteSD);
    (void)m;
    struct se_parts parts;
    SECURITY_DESCRIPTOR *to = AbsoluteSecurityDescriptor;
    if (!(((SECURITY_DESCRIPTOR *)SelfRelativeSecurityDescriptor)->Control &
          SE_CONTROL_SELF_RELATIVE))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    se_take_apart(SelfRelativeSecurityDescriptor, &parts);
    size_t dacl = parts.dacl ? parts.dacl->AclSize : 0, sacl = parts.sacl ? parts.sacl->AclSize : 0;
    size_t owner = parts.owner ? se_sid_size(parts.owner) : 0;
    size_t group = parts.group ? se_sid_size(parts.group) : 0;
    bool fits = se_part_fits(AbsoluteSecurityDescriptorSize, sizeof *to);
    fits = se_part_fits(DaclSize, dacl) && fits;
    fits = se_part_fits(SaclSize, sacl) && fits;
    fits = se_part_fits(OwnerSize, owner) && fits;
    fits = se_part_fits(PrimaryGroupSize, group) && fits;
    if (!fits)
        return STATUS_BUFFER_TOO_SMALL;
    *to = (SECURITY_DESCRIPTOR){.Revision = SECURITY_DESCRIPTOR_REVISION,
                                .Control = parts.control,
                                .Owner = se_part_copy(Owner, parts.owner, owner),
                                .Group = se_part_copy(PrimaryGroup, parts.group, group),
                                .Sacl = se_part_copy(Sacl, parts.sacl, sacl),
                                .Dacl = se_part_copy(Dacl, parts.dacl, dacl)};
    return STATUS_SUCCESS;
}

/* ---- the normal form ---- */

static bool se_entry_repeats(const ACL *acl, const struct se_ace *ace) {
    const char *at = (const char *)(acl + 1);
    for (; at < (const char *)ace; at += ((const struct se_ace *)(const void *)at)->size)
        if (memcmp(at, ace, ace->size) == 0)
            return true;
    return false;
}

/* A copy of the list without entries that allow what an earlier, equal one does. */
static ACL *se_without_repeats(struct machine *m, const ACL *acl) {
    ACL *copy = mm_pool_allocate_zeroed(m, PagedPool, acl->AclSize, SE_TAG_DESCRIPTOR);
    if (!copy)
        return NULL;
    const char *at = (const char *)(acl + 1);
    char *to = (char *)(copy + 1);
    *copy = *acl;
    copy->AceCount = 0;
    for (USHORT i = 0; i < acl->AceCount; i++) {
        const struct se_ace *ace = (const void *)at;
        at += ace->size;
        if (ace->type == SE_ACE_ALLOWED && se_entry_repeats(acl, ace))
            continue;
        memcpy(to, ace, ace->size);
        to += ace->size;
        copy->AceCount++;
    }
    if (copy->AceCount != acl->AceCount)
        copy->AclSize = (USHORT)(to - (char *)copy);
    return copy;
}

/*
 * Sections in the order SACL, DACL, owner, group, nothing between them; no empty SACL; no entry
 * that allows a second time.
 */
BOOLEAN RtlNormalizeSecurityDescriptor(PSECURITY_DESCRIPTOR *SecurityDescriptor,
                                       ULONG SecurityDescriptorLength,
                                       PSECURITY_DESCRIPTOR *NewSecurityDescriptor,
                                       PULONG NewSecurityDescriptorLength, BOOLEAN CheckOnly) {
    KI_GATE(RtlNormalizeSecurityDescriptor);
    struct se_parts parts;
    if (!se_relative_valid(*SecurityDescriptor, SecurityDescriptorLength))
        return FALSE;
    se_take_apart(*SecurityDescriptor, &parts);
    ACL *dacl = parts.dacl ? se_without_repeats(m, parts.dacl) : NULL;
    ACL *sacl = parts.sacl && parts.sacl->AceCount ? se_without_repeats(m, parts.sacl) : NULL;
    if (parts.sacl && !parts.sacl->AceCount)
        parts.control &= (USHORT)~SE_CONTROL_SACL_PRESENT;
    parts.dacl = dacl;
    parts.sacl = sacl;
    void *built = se_build(m, &parts, SE_TAG_DESCRIPTOR);
    ULONG size = (ULONG)se_parts_size(&parts);
    bool changed = built && (size != SecurityDescriptorLength ||
                             memcmp(built, *SecurityDescriptor, size) != 0);
    if (dacl)
        mm_pool_free(m, dacl, SE_TAG_DESCRIPTOR);
    if (sacl)
        mm_pool_free(m, sacl, SE_TAG_DESCRIPTOR);
    if (!changed || CheckOnly) {
        if (built)
            mm_pool_free(m, built, SE_TAG_DESCRIPTOR);
        return changed;
    }
    if (NewSecurityDescriptor) {
        *NewSecurityDescriptor = built;
        *NewSecurityDescriptorLength = size;
    } else {
        mm_pool_free(m, *SecurityDescriptor, 0);
        *SecurityDescriptor = built;
    }
    return TRUE;
}
