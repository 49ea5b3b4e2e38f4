/* What tokens tell of their holders. */
#include "descriptors.h"

static void tokens_tell_who_they_are(struct machine *m) {
    PACCESS_TOKEN system = PsReferencePrimaryToken(PsInitialSystemProcess);
    PACCESS_TOKEN user = PsReferencePrimaryToken(user_process(m));
    ULONG session = 9;
    LUID system_logon, user_logon;
    assert_int_equal(SeTokenType(system), TokenPrimary);
    assert_true(SeTokenIsAdmin(system));
    assert_true(SeTokenIsAdmin(user)); /* user processes run elevated */
    assert_false(SeTokenIsRestricted(user));
    assert_int_equal(SeQueryAuthenticationIdToken(system, &system_logon), STATUS_SUCCESS);
    assert_int_equal(SeQueryAuthenticationIdToken(user, &user_logon), STATUS_SUCCESS);
    assert_int_equal(system_logon.LowPart, 0x3e7); /* the logon of the local system */
    assert_true(user_logon.LowPart != system_logon.LowPart);
    assert_int_equal(SeQuerySessionIdToken(system, &session), STATUS_SUCCESS);
    assert_int_equal(session, 0);
    assert_int_equal(SeQuerySessionIdToken(user, &session), STATUS_SUCCESS);
    assert_int_equal(session, 1);
    assert_int_equal(SeSetSessionIdToken(user, 3), STATUS_SUCCESS);
    SeQuerySessionIdToken(user, &session);
    assert_int_equal(session, 3);
    PsDereferencePrimaryToken(system);
    PsDereferencePrimaryToken(user);
}

static void a_process_has_an_image_name(struct machine *m) {
    static const WCHAR expected[] = L"\\??\\C:\\app.exe";
    PUNICODE_STRING name;
    assert_int_equal(SeLocateProcessImageName(user_process(m), &name), STATUS_SUCCESS);
    assert_int_equal(name->Length, sizeof expected - sizeof(WCHAR));
    assert_memory_equal(name->Buffer, expected, sizeof expected);
    ExFreePool(name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(tokens_tell_who_they_are),
        wdmsim_unit_test(a_process_has_an_image_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
