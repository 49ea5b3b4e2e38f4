/*
 * Security identifiers for drivers: made, copied, compared, taken apart, printed; and generic
 * rights made specific.
 *
 * ntifs/nf-ntifs-rtlinitializesid …
 */
#include <stdarg.h>
#include <stdio.h>

#include "se/se.h"

#include "ki/gate.h"
#include "mm/mm.h"
#include "rtl/rtl.h"
#include "se/internal.h"

#define SE_TAG_SID 0x69536553u /* "SeSi" */

BOOLEAN RtlValidSid(PSID Sid) {
    KI_GATE(RtlValidSid);
    (void)m;
    return Sid && se_sid_valid(Sid);
}

BOOLEAN RtlEqualSid(PSID Sid1, PSID Sid2) {
    KI_GATE(RtlEqualSid);
    (void)m;
    return se_sid_equal(Sid1, Sid2);
}

/* Equal but for the last part. */
BOOLEAN RtlEqualPrefixSid(PSID Sid1, PSID Sid2) {
    KI_GATE(RtlEqualPrefixSid);
    (void)m;
    const struct se_sid *a = Sid1, *b = Sid2;
    size_t size = se_sid_size(a) - (a->count ? sizeof(ULONG) : 0);
    return a->count == b->count && memcmp(a, b, size) == 0;
}

ULONG RtlLengthRequiredSid(ULONG SubAuthorityCount) {
    return (ULONG)sizeof(struct se_sid) + SubAuthorityCount * (ULONG)sizeof(ULONG);
}

ULONG RtlLengthSid(PSID Sid) { return (ULONG)se_sid_size(Sid); }

static NTSTATUS se_sid_begin(struct se_sid *sid, const SID_IDENTIFIER_AUTHORITY *authority,
                             UCHAR count) {
    if (count > SE_SID_MAX_PARTS)
        return STATUS_INVALID_PARAMETER;
    sid->revision = SID_REVISION;
    sid->count = count;
    memcpy(sid->authority, authority->Value, sizeof sid->authority);
    return STATUS_SUCCESS;
}

NTSTATUS RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                          UCHAR SubAuthorityCount) {
    KI_GATE(RtlInitializeSid);
    (void)m;
    return se_sid_begin(Sid, IdentifierAuthority, SubAuthorityCount);
}

/* The documented parameter before the list is a byte, which the caller passes as an int: on the
 * hosts that this runs on the list begins behind it all the same. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wvarargs"
#endif
NTSTATUS RtlInitializeSidEx(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                            UCHAR SubAuthorityCount, ...) {
    KI_GATE(RtlInitializeSidEx);
    (void)m;
    struct se_sid *sid = Sid;
    NTSTATUS status = se_sid_begin(sid, IdentifierAuthority, SubAuthorityCount);
    va_list parts;
    va_start(parts, SubAuthorityCount);
    for (UCHAR i = 0; NT_SUCCESS(status) && i < SubAuthorityCount; i++)
        sid->parts[i] = va_arg(parts, ULONG);
    va_end(parts);
    return status;
}

/* Eight parts at most come in as parameters. */
NTSTATUS RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                     UCHAR SubAuthorityCount, ULONG SubAuthority0,
                                     ULONG SubAuthority1, ULONG SubAuthority2, ULONG SubAuthority3,
                                     ULONG SubAuthority4, ULONG SubAuthority5, ULONG SubAuthority6,
                                     ULONG SubAuthority7, PSID *Sid) {
    KI_GATE(RtlAllocateAndInitializeSid);
    const ULONG parts[8] = {SubAuthority0, SubAuthority1, SubAuthority2, SubAuthority3,
                            SubAuthority4, SubAuthority5, SubAuthority6, SubAuthority7};
    if (SubAuthorityCount > KI_COUNT(parts))
        return STATUS_INVALID_SID;
    struct se_sid *sid = mm_pool_allocate_for(m, PagedPool, RtlLengthRequiredSid(SubAuthorityCount),
                                              SE_TAG_SID, __builtin_return_address(0));
    if (!sid)
        return STATUS_NO_MEMORY;
    se_sid_begin(sid, IdentifierAuthority, SubAuthorityCount);
    memcpy(sid->parts, parts, SubAuthorityCount * sizeof(ULONG));
    *Sid = sid;
    return STATUS_SUCCESS;
}

/* What RtlAllocateAndInitializeSid made; NULL, as documented of success. */
PVOID RtlFreeSid(PSID Sid) {
    KI_GATE(RtlFreeSid);
    mm_pool_free(m, Sid, SE_TAG_SID);
    return NULL;
}

PSID_IDENTIFIER_AUTHORITY RtlIdentifierAuthoritySid(PSID Sid) {
    return &((SID *)Sid)->IdentifierAuthority;
}

PULONG RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority) {
    return &((struct se_sid *)Sid)->parts[SubAuthority];
}

PUCHAR RtlSubAuthorityCountSid(PSID Sid) { return &((SID *)Sid)->SubAuthorityCount; }

NTSTATUS RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid) {
    KI_GATE(RtlCopySid);
    (void)m;
    size_t size = se_sid_size(SourceSid);
    if (DestinationSidLength < size)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(DestinationSid, SourceSid, size);
    return STATUS_SUCCESS;
}

/* "S-1-5-32-544"; an authority beyond 32 bits in hexadecimal. Returns the length. */
static size_t se_sid_text(const struct se_sid *sid, char text[256]) {
    uint64_t authority = 0;
    for (unsigned i = 0; i < sizeof sid->authority; i++)
        authority = authority << 8 | sid->authority[i];
    int length = snprintf(text, 256, authority <= 1ull << 32 ? "S-1-%llu" : "S-1-0x%llX",
                          (unsigned long long)authority);
    for (UCHAR i = 0; i < sid->count; i++)
        length += snprintf(text + length, 256 - (size_t)length, "-%u", (unsigned)sid->parts[i]);
    return (size_t)length;
}

NTSTATUS RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid,
                                      BOOLEAN AllocateDestinationString) {
    KI_GATE(RtlConvertSidToUnicodeString);
    char text[256];
    if (!se_sid_valid(Sid))
        return STATUS_INVALID_SID;
    size_t length = se_sid_text(Sid, text), bytes = length * sizeof(WCHAR);
    if (AllocateDestinationString) {
        UnicodeString->Buffer =
            rtl_string_allocate(m, bytes + sizeof(WCHAR), __builtin_return_address(0));
        if (!UnicodeString->Buffer)
            return STATUS_NO_MEMORY;
        UnicodeString->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    } else if (UnicodeString->MaximumLength < bytes) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (size_t i = 0; i < length; i++)
        UnicodeString->Buffer[i] = (WCHAR)text[i];
    UnicodeString->Length = (USHORT)bytes;
    if (UnicodeString->MaximumLength > bytes)
        UnicodeString->Buffer[length] = 0;
    return STATUS_SUCCESS;
}

VOID RtlCopyLuid(PLUID DestinationLuid, PLUID SourceLuid) { *DestinationLuid = *SourceLuid; }

VOID RtlMapGenericMask(PACCESS_MASK AccessMask, const GENERIC_MAPPING *GenericMapping) {
    KI_GATE(RtlMapGenericMask);
    (void)m;
    *AccessMask = se_map(*AccessMask, GenericMapping);
}
