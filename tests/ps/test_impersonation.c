/* Primary tokens and impersonation. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static PEPROCESS new_process(struct machine *m) {
    struct wdmsim_process *process;
    assert_int_equal(wdmsim_process_create(m, "app.exe", &process), 0);
    return (PEPROCESS)(void *)process;
}

static void a_process_has_a_primary_token(struct machine *m) {
    PACCESS_TOKEN system = PsReferencePrimaryToken(PsInitialSystemProcess);
    PACCESS_TOKEN user = PsReferencePrimaryToken(new_process(m));
    PACCESS_TOKEN again = PsReferencePrimaryToken(PsInitialSystemProcess);
    assert_non_null(system);
    assert_non_null(user);
    assert_ptr_not_equal(system, user);
    assert_ptr_equal(system, again);
    assert_int_equal(ObReferenceObjectByPointer(system, 0, *SeTokenObjectType, UserMode),
                     STATUS_SUCCESS);
    LONG_PTR count = ObDereferenceObject(system);
    PsDereferencePrimaryToken(system);
    PsDereferencePrimaryToken(again);
    assert_int_equal(ObReferenceObject(system), count - 1);
    ObDereferenceObject(system);
    PsDereferencePrimaryToken(user);
}

/* Check that a thread impersonates until it reverts, and that subject contexts show it. */
static void a_thread_impersonates_a_client(struct machine *m) {
    PACCESS_TOKEN client = PsReferencePrimaryToken(new_process(m)), seen;
    SECURITY_SUBJECT_CONTEXT subject;
    SECURITY_IMPERSONATION_LEVEL level;
    BOOLEAN copy, effective;
    assert_null(PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level));
    assert_int_equal(
        PsImpersonateClient(PsGetCurrentThread(), client, TRUE, FALSE, SecurityImpersonation),
        STATUS_SUCCESS);
    seen = PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level);
    assert_ptr_equal(seen, client);
    assert_true(copy);
    assert_false(effective);
    assert_int_equal(level, SecurityImpersonation);
    LONG_PTR count = ObReferenceObject(client);
    PsDereferenceImpersonationToken(seen);
    assert_int_equal(ObDereferenceObject(client), count - 2);
    SeCaptureSubjectContext(&subject);
    assert_ptr_equal(subject.ClientToken, client);
    assert_int_equal(subject.ImpersonationLevel, SecurityImpersonation);
    SeReleaseSubjectContext(&subject);
    PsRevertToSelf();
    assert_null(PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level));
    SeCaptureSubjectContext(&subject);
    assert_null(subject.ClientToken);
    SeReleaseSubjectContext(&subject);
    PsDereferencePrimaryToken(client);
}

/* Check that another client takes the place of the first, whose token is let go, and that none ends
 * the impersonation. */
static void a_client_replaces_the_one_before(struct machine *m) {
    PACCESS_TOKEN first = PsReferencePrimaryToken(new_process(m));
    PACCESS_TOKEN second = PsReferencePrimaryToken(PsInitialSystemProcess), seen;
    SECURITY_IMPERSONATION_LEVEL level;
    BOOLEAN copy, effective;
    LONG_PTR count = ObReferenceObject(first);
    ObDereferenceObject(first);
    PsImpersonateClient(PsGetCurrentThread(), first, FALSE, FALSE, SecurityImpersonation);
    PsImpersonateClient(PsGetCurrentThread(), second, FALSE, TRUE, SecurityIdentification);
    assert_int_equal(ObReferenceObject(first), count);
    ObDereferenceObject(first);
    seen = PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level);
    assert_ptr_equal(seen, second);
    assert_false(copy);
    assert_true(effective);
    assert_int_equal(level, SecurityIdentification);
    PsDereferenceImpersonationToken(seen);
    assert_int_equal(
        PsImpersonateClient(PsGetCurrentThread(), NULL, FALSE, FALSE, SecurityAnonymous),
        STATUS_SUCCESS);
    assert_null(PsReferenceImpersonationToken(PsGetCurrentThread(), &copy, &effective, &level));
    PsDereferenceImpersonationToken(NULL); /* nothing to do */
    PsDereferencePrimaryToken(first);
    PsDereferencePrimaryToken(second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_process_has_a_primary_token),
        wdmsim_unit_test(a_thread_impersonates_a_client),
        wdmsim_unit_test(a_client_replaces_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
