/*
 * A server that acts for its client: the client's token is kept with what impersonation is allowed,
 * and a thread takes it on.
 *
 * With dynamic tracking the context holds a reference to the client's token, with static tracking a
 * copy. A client that is itself a server passes its own client on only at SecurityImpersonation or
 * above, and to a remote server only at SecurityDelegation.
 *
 * ntifs/nf-ntifs-secreateclientsecurity, -secreateclientsecurityfromsubjectcontext,
 * -seimpersonateclientex; wdm/nf-wdm-zwallocatelocallyuniqueid
 */
#include "se/se.h"

#include "ki/gate.h"
#include "ps/ps.h"
#include "se/internal.h"

/* The client's token, and the level it may be passed on at. */
struct se_client {
    PACCESS_TOKEN token;
    bool impersonation;
    SECURITY_IMPERSONATION_LEVEL level;
    bool effective_only;
};

static NTSTATUS se_client_create(struct machine *m, const struct se_client *client,
                                 const SECURITY_QUALITY_OF_SERVICE *qos, BOOLEAN remote,
                                 PSECURITY_CLIENT_CONTEXT context) {
    SECURITY_IMPERSONATION_LEVEL least = remote ? SecurityDelegation : SecurityImpersonation;
    if (!VALID_IMPERSONATION_LEVEL(qos->ImpersonationLevel))
        return STATUS_INVALID_PARAMETER;
    if (client->impersonation && (client->level < least || client->level < qos->ImpersonationLevel))
        return STATUS_BAD_IMPERSONATION_LEVEL;
    struct se_token *token = client->token;
    bool direct = qos->ContextTrackingMode == SECURITY_DYNAMIC_TRACKING && !remote;
    if (direct) {
        ob_reference(m, token);
    } else {
        NTSTATUS status = se_token_duplicate(m, token, false, qos->ImpersonationLevel, &token);
        if (!NT_SUCCESS(status))
            return status;
    }
    *context = (SECURITY_CLIENT_CONTEXT){
        .SecurityQos = *qos,
        .ClientToken = token,
        .DirectlyAccessClientToken = direct,
        .DirectAccessEffectiveOnly = direct && (client->effective_only || qos->EffectiveOnly),
        .ServerIsRemote = remote};
    return STATUS_SUCCESS;
}

NTSTATUS SeCreateClientSecurity(PETHREAD ClientThread,
                                PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                BOOLEAN RemoteSession, PSECURITY_CLIENT_CONTEXT ClientContext) {
    KI_GATE(SeCreateClientSecurity);
    BOOLEAN copy, effective = FALSE;
    struct se_client client = {.level = SecurityDelegation};
    client.token = PsReferenceImpersonationToken(ClientThread, &copy, &effective, &client.level);
    client.impersonation = client.token != NULL;
    client.effective_only = effective;
    if (!client.token)
        client.token = PsReferencePrimaryToken(ClientThread->tcb.own_process);
    NTSTATUS status = se_client_create(m, &client, ClientSecurityQos, RemoteSession, ClientContext);
    ob_dereference(m, client.token);
    return status;
}

NTSTATUS SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                  PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                                  BOOLEAN ServerIsRemote,
                                                  PSECURITY_CLIENT_CONTEXT ClientContext) {
    KI_GATE(SeCreateClientSecurityFromSubjectContext);
    struct se_client client = {.token = SubjectContext->ClientToken ? SubjectContext->ClientToken
                                                                    : SubjectContext->PrimaryToken,
                               .impersonation = SubjectContext->ClientToken != NULL,
                               .level = SubjectContext->ImpersonationLevel};
    return se_client_create(m, &client, ClientSecurityQos, ServerIsRemote, ClientContext);
}

NTSTATUS SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread) {
    KI_GATE(SeImpersonateClientEx);
    bool effective = ClientContext->DirectlyAccessClientToken
                         ? ClientContext->DirectAccessEffectiveOnly
                         : ClientContext->SecurityQos.EffectiveOnly;
    PETHREAD thread = ServerThread ? ServerThread : ps_current_thread(m);
    return PsImpersonateClient(thread, ClientContext->ClientToken, TRUE, effective,
                               ClientContext->SecurityQos.ImpersonationLevel);
}

VOID SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread) {
    KI_GATE(SeImpersonateClient);
    (void)m;
    NTSTATUS status = SeImpersonateClientEx(ClientContext, ServerThread);
    if (!NT_SUCCESS(status))
        ExRaiseStatus(status);
}

NTSTATUS ZwAllocateLocallyUniqueId(PLUID Luid) {
    KI_GATE(ZwAllocateLocallyUniqueId);
    *Luid = se_next_luid(m);
    return STATUS_SUCCESS;
}
