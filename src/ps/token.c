/*
 * Whose rights a process or thread has: primary tokens and impersonation. Pages:
 * ntifs/nf-ntifs-psreferenceprimarytoken, ntifs/nf-ntifs-psimpersonateclient and their sisters.
 *
 * A client is impersonated at the level asked for: what makes Windows fall back to a copy that only
 * identifies it (an anonymous token, a restricted one) and job limits have no counterpart here.
 */
#include "ps/ps.h"

#include "ki/gate.h"
#include "ps/internal.h"
#include "se/se.h"

void ps_revert(struct machine *m, PETHREAD thread) {
    if (!thread->impersonation)
        return;
    ob_dereference(m, thread->impersonation);
    thread->impersonation = NULL;
}

PACCESS_TOKEN PsReferencePrimaryToken(PEPROCESS Process) {
    KI_GATE(PsReferencePrimaryToken);
    ob_reference(m, Process->token);
    return Process->token;
}

VOID PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken) {
    KI_GATE(PsDereferencePrimaryToken);
    ob_dereference(m, PrimaryToken);
}

PACCESS_TOKEN PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen,
                                            PBOOLEAN EffectiveOnly,
                                            PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel) {
    KI_GATE(PsReferenceImpersonationToken);
    if (!Thread->impersonation)
        return NULL;
    *CopyOnOpen = Thread->copy_on_open;
    *EffectiveOnly = Thread->effective_only;
    *ImpersonationLevel = Thread->impersonation_level;
    ob_reference(m, Thread->impersonation);
    return Thread->impersonation;
}

VOID PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken) {
    KI_GATE(PsDereferenceImpersonationToken);
    if (ImpersonationToken)
        ob_dereference(m, ImpersonationToken);
}

NTSTATUS PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen,
                             BOOLEAN EffectiveOnly,
                             SECURITY_IMPERSONATION_LEVEL ImpersonationLevel) {
    KI_GATE(PsImpersonateClient);
    if (Token)
        ob_reference(m, Token);
    ps_revert(m, Thread);
    Thread->impersonation = Token;
    Thread->copy_on_open = CopyOnOpen;
    Thread->effective_only = EffectiveOnly;
    Thread->impersonation_level = ImpersonationLevel;
    return STATUS_SUCCESS;
}

VOID PsRevertToSelf(VOID) {
    KI_GATE(PsRevertToSelf);
    ps_revert(m, ps_current_thread(m));
}
