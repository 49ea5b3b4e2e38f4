/*
 * What drivers ask of tokens, and of who runs a process. Pages: ntifs/nf-ntifs-setokentype,
 * ntifs/nf-ntifs-sequeryauthenticationidtoken, ntifs/nf-ntifs-selocateprocessimagename and their
 * sisters.
 */
#include "se/se.h"

#include "ki/gate.h"
#include "mm/mm.h"
#include "ps/ps.h"

TOKEN_TYPE SeTokenType(PACCESS_TOKEN Token) {
    KI_GATE(SeTokenType);
    (void)m;
    return ((const struct se_token *)Token)->primary ? TokenPrimary : TokenImpersonation;
}

BOOLEAN SeTokenIsAdmin(PACCESS_TOKEN Token) {
    KI_GATE(SeTokenIsAdmin);
    (void)m;
    return se_has_sid(Token, se_well_known(SE_SID_ADMINISTRATORS), false);
}

BOOLEAN SeTokenIsRestricted(PACCESS_TOKEN Token) {
    KI_GATE(SeTokenIsRestricted);
    (void)m;
    return ((const struct se_token *)Token)->restricted;
}

NTSTATUS SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId) {
    KI_GATE(SeQueryAuthenticationIdToken);
    (void)m;
    *AuthenticationId = ((const struct se_token *)Token)->authentication;
    return STATUS_SUCCESS;
}

NTSTATUS SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId) {
    KI_GATE(SeQuerySessionIdToken);
    (void)m;
    *SessionId = ((const struct se_token *)Token)->session;
    return STATUS_SUCCESS;
}

NTSTATUS SeSetSessionIdToken(PACCESS_TOKEN Token, ULONG SessionId) {
    KI_GATE(SeSetSessionIdToken);
    (void)m;
    ((struct se_token *)Token)->session = SessionId;
    return STATUS_SUCCESS;
}

/* One block of pool that the caller frees with ExFreePool. */
NTSTATUS SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING *pImageFileName) {
    KI_GATE(SeLocateProcessImageName);
    const UNICODE_STRING *image = &Process->image;
    PUNICODE_STRING copy =
        mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *copy + image->Length + sizeof(WCHAR),
                             0x6e506553u /* "SePn" */, __builtin_return_address(0));
    if (!copy)
        return STATUS_NO_MEMORY;
    copy->Length = image->Length;
    copy->MaximumLength = (USHORT)(image->Length + sizeof(WCHAR));
    copy->Buffer = (PWCH)(void *)(copy + 1);
    memcpy(copy->Buffer, image->Buffer, image->Length);
    copy->Buffer[image->Length / sizeof(WCHAR)] = 0;
    *pImageFileName = copy;
    return STATUS_SUCCESS;
}
