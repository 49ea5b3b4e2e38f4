/* SeAccessCheck: the list, owners, privileges, generic rights. */
#include "descriptors.h"

static NTSTATUS check(struct machine *m, PSECURITY_DESCRIPTOR descriptor, ACCESS_MASK desired,
                      ACCESS_MASK *granted) {
    SECURITY_SUBJECT_CONTEXT subject;
    NTSTATUS status;
    subject_of(user_process(m), &subject);
    SeLockSubjectContext(&subject);
    BOOLEAN allowed = SeAccessCheck(descriptor, &subject, TRUE, desired, 0, NULL, &test_mapping,
                                    UserMode, granted, &status);
    SeUnlockSubjectContext(&subject);
    SeReleaseSubjectContext(&subject);
    assert_int_equal(allowed, NT_SUCCESS(status));
    return status;
}

static void what_is_allowed_is_granted(struct machine *m) {
    struct test_descriptor descriptor;
    ACCESS_MASK granted;
    descriptor_begin(&descriptor, NULL);
    descriptor_add(&descriptor, ALLOW, 0, 3, &everyone);
    assert_int_equal(check(m, &descriptor, 1, &granted), STATUS_SUCCESS);
    assert_int_equal(granted, 1);
    assert_int_equal(check(m, &descriptor, 4, &granted), STATUS_ACCESS_DENIED);
    assert_int_equal(granted, 0);
    assert_int_equal(check(m, &descriptor, 3 | 4, &granted), STATUS_ACCESS_DENIED);
}

static void entries_count_for_their_identity(struct machine *m) {
    struct test_descriptor descriptor;
    ACCESS_MASK granted;
    descriptor_begin(&descriptor, NULL);
    descriptor_add(&descriptor, ALLOW, 0, 1, &administrators);
    descriptor_add(&descriptor, ALLOW, 0, 2, &local_system);
    descriptor_add(&descriptor, ALLOW, 0, 4, &guests);
    assert_int_equal(check(m, &descriptor, 1, &granted), STATUS_SUCCESS);
    assert_int_equal(check(m, &descriptor, 2, &granted), STATUS_ACCESS_DENIED);
    assert_int_equal(check(m, &descriptor, 4, &granted), STATUS_ACCESS_DENIED);
}

/* Check that the first entry that speaks of a right decides it. */
static void the_first_entry_decides(struct machine *m) {
    struct test_descriptor denied_first, allowed_first;
    ACCESS_MASK granted;
    descriptor_begin(&denied_first, NULL);
    descriptor_add(&denied_first, DENY, 0, 1, &everyone);
    descriptor_add(&denied_first, ALLOW, 0, 3, &everyone);
    assert_int_equal(check(m, &denied_first, 1, &granted), STATUS_ACCESS_DENIED);
    assert_int_equal(check(m, &denied_first, 2, &granted), STATUS_SUCCESS);
    descriptor_begin(&allowed_first, NULL);
    descriptor_add(&allowed_first, ALLOW, 0, 3, &everyone);
    descriptor_add(&allowed_first, DENY, 0, 1, &everyone);
    assert_int_equal(check(m, &allowed_first, 1, &granted), STATUS_SUCCESS);
}

static void inherit_only_entries_do_not_count(struct machine *m) {
    struct test_descriptor descriptor;
    ACCESS_MASK granted;
    descriptor_begin(&descriptor, NULL);
    descriptor_add(&descriptor, ALLOW, 8, 1, &everyone);
    assert_int_equal(check(m, &descriptor, 1, &granted), STATUS_ACCESS_DENIED);
}

static void maximum_allowed_is_all_there_is(struct machine *m) {
    struct test_descriptor descriptor;
    ACCESS_MASK granted;
    descriptor_begin(&descriptor, NULL);
    descriptor_add(&descriptor, DENY, 0, 2, &everyone);
    descriptor_add(&descriptor, ALLOW, 0, GENERIC_ALL, &administrators);
    assert_int_equal(check(m, &descriptor, MAXIMUM_ALLOWED, &granted), STATUS_SUCCESS);
    assert_int_equal(granted, test_mapping.GenericAll & ~2u);
}

/* Check an empty list, a list that is not there, and no descriptor at all. */
static void no_list_means_everybody(struct machine *m) {
    struct test_descriptor descriptor;
    ACCESS_MASK granted;
    descriptor_begin(&descriptor, NULL);
    assert_int_equal(check(m, &descriptor, 1, &granted), STATUS_ACCESS_DENIED);
    descriptor.header.Dacl = 0;
    assert_int_equal(check(m, &descriptor, 7, &granted), STATUS_SUCCESS);
    assert_int_equal(granted, 7);
    assert_int_equal(check(m, NULL, 1, &granted), STATUS_ACCESS_DENIED);
}

static void an_owner_can_always_change_the_list(struct machine *m) {
    struct test_descriptor descriptor;
    ACCESS_MASK granted;
    descriptor_begin(&descriptor, &administrators);
    assert_int_equal(check(m, &descriptor, READ_CONTROL | WRITE_DAC, &granted), STATUS_SUCCESS);
    assert_int_equal(check(m, &descriptor, 1, &granted), STATUS_ACCESS_DENIED);
    descriptor_begin(&descriptor, &local_system);
    assert_int_equal(check(m, &descriptor, WRITE_DAC, &granted), STATUS_ACCESS_DENIED);
}

/* Check that the rights that need a privilege go to who has it enabled, and that the privilege is
 * reported. */
static void privileges_grant_two_rights(struct machine *m) {
    struct test_descriptor descriptor;
    SECURITY_SUBJECT_CONTEXT subject;
    PPRIVILEGE_SET privileges;
    ACCESS_MASK granted;
    NTSTATUS status;
    descriptor_begin(&descriptor, NULL);
    assert_int_equal(check(m, &descriptor, ACCESS_SYSTEM_SECURITY, &granted),
                     STATUS_PRIVILEGE_NOT_HELD);
    assert_int_equal(check(m, &descriptor, WRITE_OWNER, &granted), STATUS_ACCESS_DENIED);
    subject_of(PsInitialSystemProcess, &subject);
    LONG_PTR count = ObReferenceObject(subject.PrimaryToken);
    assert_true(SeAccessCheck(&descriptor, &subject, FALSE, ACCESS_SYSTEM_SECURITY | WRITE_OWNER, 0,
                              &privileges, &test_mapping, UserMode, &granted, &status));
    assert_int_equal(granted, ACCESS_SYSTEM_SECURITY | WRITE_OWNER);
    assert_int_equal(privileges->PrivilegeCount, 2);
    assert_int_equal(privileges->Privilege[0].Luid.LowPart, SE_SECURITY_PRIVILEGE);
    assert_int_equal(privileges->Privilege[1].Luid.LowPart, SE_TAKE_OWNERSHIP_PRIVILEGE);
    PACCESS_TOKEN token = subject.PrimaryToken;
    SeReleaseSubjectContext(&subject);
    assert_int_equal(ObDereferenceObject(token), count - 2);
    SeFreePrivileges(privileges);
    wdmsim_expect_bugcheck(BAD_POOL_CALLER); /* they were pool, and are freed */
    SeFreePrivileges(privileges);
}

/* Check that kernel mode is not checked, and that rights granted before stay. */
static void kernel_mode_gets_what_it_asks_for(struct machine *m) {
    struct test_descriptor descriptor;
    SECURITY_SUBJECT_CONTEXT subject;
    ACCESS_MASK granted;
    NTSTATUS status;
    descriptor_begin(&descriptor, NULL);
    subject_of(user_process(m), &subject);
    assert_true(SeAccessCheck(&descriptor, &subject, FALSE, 7, 0, NULL, &test_mapping, KernelMode,
                              &granted, &status));
    assert_int_equal(granted, 7);
    assert_true(SeAccessCheck(&descriptor, &subject, FALSE, MAXIMUM_ALLOWED, 0, NULL, &test_mapping,
                              KernelMode, &granted, &status));
    assert_int_equal(granted, test_mapping.GenericAll);
    descriptor_add(&descriptor, ALLOW, 0, 1, &everyone);
    assert_true(SeAccessCheck(&descriptor, &subject, FALSE, 1 | 4, 4, NULL, &test_mapping, UserMode,
                              &granted, &status));
    assert_int_equal(granted, 5);
    SeReleaseSubjectContext(&subject);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(what_is_allowed_is_granted),
        wdmsim_unit_test(entries_count_for_their_identity),
        wdmsim_unit_test(the_first_entry_decides),
        wdmsim_unit_test(inherit_only_entries_do_not_count),
        wdmsim_unit_test(maximum_allowed_is_all_there_is),
        wdmsim_unit_test(no_list_means_everybody),
        wdmsim_unit_test(an_owner_can_always_change_the_list),
        wdmsim_unit_test(privileges_grant_two_rights),
        wdmsim_unit_test(kernel_mode_gets_what_it_asks_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
