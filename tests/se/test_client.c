/* Check a server that acts for its client: whose token it holds, at what level, and that a client's
 * client is not passed on too far; locally unique numbers. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static SECURITY_QUALITY_OF_SERVICE qos;

static void want(SECURITY_IMPERSONATION_LEVEL level, BOOLEAN dynamic) {
    qos = (SECURITY_QUALITY_OF_SERVICE){sizeof qos, level, dynamic, FALSE};
}

static void a_context_holds_or_copies_the_token(struct machine *m) {
    SECURITY_CLIENT_CONTEXT context;
    (void)m;
    PACCESS_TOKEN primary = PsReferencePrimaryToken(PsGetCurrentProcess());
    want(SecurityImpersonation, SECURITY_DYNAMIC_TRACKING);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &context),
                     STATUS_SUCCESS);
    assert_true(context.DirectlyAccessClientToken);
    assert_ptr_equal(context.ClientToken, primary);
    SeDeleteClientSecurity(&context);
    want(SecurityImpersonation, SECURITY_STATIC_TRACKING);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &context),
                     STATUS_SUCCESS);
    assert_false(context.DirectlyAccessClientToken);
    assert_ptr_not_equal(context.ClientToken, primary);
    assert_int_equal(SeTokenType(context.ClientToken), TokenImpersonation);
    SeDeleteClientSecurity(&context);
    want(77, FALSE);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &context),
                     STATUS_INVALID_PARAMETER);
    PsDereferencePrimaryToken(primary);
}

static void a_thread_takes_the_client_on(struct machine *m) {
    SECURITY_CLIENT_CONTEXT context, further;
    SECURITY_SUBJECT_CONTEXT subject;
    BOOLEAN copy, effective;
    SECURITY_IMPERSONATION_LEVEL level;
    (void)m;
    want(SecurityIdentification, SECURITY_STATIC_TRACKING);
    SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &context);
    SeImpersonateClient(&context, NULL);
    PACCESS_TOKEN token =
        PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level);
    assert_ptr_equal(token, context.ClientToken);
    assert_int_equal(level, SecurityIdentification);
    PsDereferenceImpersonationToken(token);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &further),
                     STATUS_BAD_IMPERSONATION_LEVEL);
    SeCaptureSubjectContext(&subject);
    assert_int_equal(SeCreateClientSecurityFromSubjectContext(&subject, &qos, FALSE, &further),
                     STATUS_BAD_IMPERSONATION_LEVEL);
    SeReleaseSubjectContext(&subject);
    PsRevertToSelf();
    SeDeleteClientSecurity(&context);
}

static void impersonation_is_passed_on_at_home_only(struct machine *m) {
    SECURITY_CLIENT_CONTEXT context, further;
    SECURITY_SUBJECT_CONTEXT subject;
    (void)m;
    want(SecurityImpersonation, SECURITY_STATIC_TRACKING);
    SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &context);
    assert_int_equal(SeImpersonateClientEx(&context, PsGetCurrentThread()), STATUS_SUCCESS);
    SeCaptureSubjectContext(&subject);
    assert_int_equal(SeCreateClientSecurityFromSubjectContext(&subject, &qos, FALSE, &further),
                     STATUS_SUCCESS);
    SeDeleteClientSecurity(&further);
    assert_int_equal(SeCreateClientSecurityFromSubjectContext(&subject, &qos, TRUE, &further),
                     STATUS_BAD_IMPERSONATION_LEVEL);
    SeReleaseSubjectContext(&subject);
    PsRevertToSelf();
    SeDeleteClientSecurity(&context);
}

static void luids_are_unique(struct machine *m) {
    LUID one = {0, 0}, two = {0, 0};
    (void)m;
    assert_int_equal(ZwAllocateLocallyUniqueId(&one), STATUS_SUCCESS);
    assert_int_equal(ZwAllocateLocallyUniqueId(&two), STATUS_SUCCESS);
    assert_int_not_equal(one.LowPart, two.LowPart);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_context_holds_or_copies_the_token),
        wdmsim_unit_test(a_thread_takes_the_client_on),
        wdmsim_unit_test(impersonation_is_passed_on_at_home_only),
        wdmsim_unit_test(luids_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
