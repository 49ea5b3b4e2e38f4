/* Privileges of the system and of user processes; whose token counts. */
#include "descriptors.h"

static struct { BOOLEAN load_driver, change_notify, load_driver_kernel; } user;

static void ask(void *context) {
    (void)context;
    user.load_driver =
        SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_LOAD_DRIVER_PRIVILEGE), UserMode);
    user.load_driver_kernel =
        SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_LOAD_DRIVER_PRIVILEGE), KernelMode);
    user.change_notify = SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_CHANGE_NOTIFY_PRIVILEGE),
                                                ExGetPreviousMode());
}

static void user_processes_have_few_privileges(struct machine *m) {
    wdmsim_user_thread(m, NULL, ask, NULL);
    wdmsim_settle(m);
    assert_false(user.load_driver);
    assert_true(user.load_driver_kernel);
    assert_true(user.change_notify);
    assert_true(SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_LOAD_DRIVER_PRIVILEGE),
                                       UserMode)); /* the system */
    assert_false(SeSinglePrivilegeCheck(RtlConvertLongToLuid(60), UserMode));
}

static void sets_of_privileges_are_checked(struct machine *m) {
    union {
        PRIVILEGE_SET set;
        INITIAL_PRIVILEGE_SET room;
    } required;
    SECURITY_SUBJECT_CONTEXT subject;
    subject_of(user_process(m), &subject);
    memset(&required, 0, sizeof required);
    required.room.PrivilegeCount = 2;
    required.room.Privilege[0].Luid.LowPart = SE_LOAD_DRIVER_PRIVILEGE;
    required.room.Privilege[1].Luid.LowPart = SE_CHANGE_NOTIFY_PRIVILEGE;
    assert_true(SePrivilegeCheck(&required.set, &subject, UserMode)); /* one is enough */
    assert_int_equal(required.room.Privilege[0].Attributes, 0);
    assert_int_equal(required.room.Privilege[1].Attributes, SE_PRIVILEGE_USED_FOR_ACCESS);
    required.set.Control = PRIVILEGE_SET_ALL_NECESSARY;
    assert_false(SePrivilegeCheck(&required.set, &subject, UserMode));
    assert_true(SePrivilegeCheck(&required.set, &subject, KernelMode));
    SeReleaseSubjectContext(&subject);
}

/* Check that an impersonating thread has the client's rights. */
static void impersonation_changes_whose_rights_count(struct machine *m) {
    PACCESS_TOKEN client = PsReferencePrimaryToken(user_process(m));
    PsImpersonateClient(PsGetCurrentThread(), client, FALSE, FALSE, SecurityImpersonation);
    assert_false(SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_LOAD_DRIVER_PRIVILEGE), UserMode));
    PsRevertToSelf();
    assert_true(SeSinglePrivilegeCheck(RtlConvertLongToLuid(SE_LOAD_DRIVER_PRIVILEGE), UserMode));
    PsDereferencePrimaryToken(client);
}

/* Check that a captured subject keeps its token when the thread goes on. */
static void a_captured_subject_does_not_change(struct machine *m) {
    PACCESS_TOKEN client = PsReferencePrimaryToken(user_process(m));
    SECURITY_SUBJECT_CONTEXT subject;
    PsImpersonateClient(PsGetCurrentThread(), client, FALSE, FALSE, SecurityIdentification);
    SeCaptureSubjectContext(&subject);
    PsRevertToSelf();
    assert_ptr_equal(SeQuerySubjectContextToken(&subject), client);
    assert_int_equal(subject.ImpersonationLevel, SecurityIdentification);
    struct test_descriptor descriptor;
    ACCESS_MASK granted;
    NTSTATUS status;
    descriptor_begin(&descriptor, NULL);
    descriptor_add(&descriptor, ALLOW, 0, 1, &everyone);
    assert_false(SeAccessCheck(&descriptor, &subject, FALSE, 1, 0, NULL, &test_mapping, UserMode,
                               &granted, &status));
    assert_int_equal(status, STATUS_BAD_IMPERSONATION_LEVEL);
    SeReleaseSubjectContext(&subject);
    PsDereferencePrimaryToken(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(user_processes_have_few_privileges),
        wdmsim_unit_test(sets_of_privileges_are_checked),
        wdmsim_unit_test(impersonation_changes_whose_rights_count),
        wdmsim_unit_test(a_captured_subject_does_not_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
