/* SeAssignSecurity and descriptors that a driver keeps. */
#include "descriptors.h"

static const ACL *dacl_of(PSECURITY_DESCRIPTOR descriptor) {
    const SECURITY_DESCRIPTOR_RELATIVE *relative = descriptor;
    return relative->Dacl ? (const ACL *)(const void *)((const char *)descriptor + relative->Dacl)
                          : NULL;
}

static const void *owner_of(PSECURITY_DESCRIPTOR descriptor) {
    return (const char *)descriptor + ((const SECURITY_DESCRIPTOR_RELATIVE *)descriptor)->Owner;
}

static NTSTATUS assign(PEPROCESS process, PVOID parent, PVOID explicit_descriptor,
                       BOOLEAN directory, PSECURITY_DESCRIPTOR *result) {
    SECURITY_SUBJECT_CONTEXT subject;
    subject_of(process, &subject);
    NTSTATUS status = SeAssignSecurity(parent, explicit_descriptor, result, directory, &subject,
                                       &test_mapping, PagedPool);
    SeReleaseSubjectContext(&subject);
    return status;
}

static void without_anything_the_token_decides(struct machine *m) {
    PSECURITY_DESCRIPTOR result;
    (void)m;
    assert_int_equal(assign(PsInitialSystemProcess, NULL, NULL, FALSE, &result), STATUS_SUCCESS);
    assert_memory_equal(owner_of(result), &administrators, sid_size(&administrators));
    assert_int_equal(dacl_of(result)->AceCount, 2);
    assert_int_equal(SeDeassignSecurity(&result), STATUS_SUCCESS);
    assert_null(result);
}

static void an_explicit_list_is_taken(struct machine *m) {
    struct test_descriptor wanted;
    PSECURITY_DESCRIPTOR result;
    (void)m;
    descriptor_begin(&wanted, &local_system);
    descriptor_add(&wanted, ALLOW, 0, 1, &everyone);
    assert_int_equal(assign(PsInitialSystemProcess, NULL, &wanted, FALSE, &result), STATUS_SUCCESS);
    assert_memory_equal(owner_of(result), &local_system, sid_size(&local_system));
    assert_memory_equal(dacl_of(result), &wanted.acl, wanted.acl.AclSize);
    SeDeassignSecurity(&result);
}

/* Check what a parent passes on: to objects, to directories, to the creator, mapped. */
static void entries_are_inherited(struct machine *m) {
    struct test_descriptor parent;
    PSECURITY_DESCRIPTOR result;
    const UCHAR *ace;
    (void)m;
    descriptor_begin(&parent, NULL);
    descriptor_add(&parent, ALLOW, 0, 1, &everyone);              /* for the parent alone */
    descriptor_add(&parent, ALLOW, 1, GENERIC_READ, &everyone);   /* for objects in it */
    descriptor_add(&parent, ALLOW, 1 | 2 | 8, 4, &creator_owner); /* for all below it */
    assert_int_equal(assign(PsInitialSystemProcess, &parent, NULL, FALSE, &result), STATUS_SUCCESS);
    assert_int_equal(dacl_of(result)->AceCount, 2);
    ace = (const UCHAR *)(dacl_of(result) + 1);
    assert_int_equal(ace[1], 0);
    assert_int_equal(*(const ULONG *)(const void *)(ace + 4), test_mapping.GenericRead);
    ace += ace[2];
    assert_int_equal(ace[1], 0);
    assert_memory_equal(ace + 8, &administrators, sid_size(&administrators));
    SeDeassignSecurity(&result);
    assert_int_equal(assign(PsInitialSystemProcess, &parent, NULL, TRUE, &result), STATUS_SUCCESS);
    assert_int_equal(dacl_of(result)->AceCount, 2);
    ace = (const UCHAR *)(dacl_of(result) + 1);
    assert_int_equal(ace[1], 1 | 8); /* passed on, but not for the directory itself */
    ace += ace[2];
    assert_int_equal(ace[1], 1 | 2);
    SeDeassignSecurity(&result);
}

static void owners_and_system_lists_need_rights(struct machine *m) {
    struct test_descriptor wanted;
    PSECURITY_DESCRIPTOR result = &wanted;
    PEPROCESS user = user_process(m);
    descriptor_begin(&wanted, &local_system);
    assert_int_equal(assign(user, NULL, &wanted, FALSE, &result), STATUS_INVALID_OWNER);
    assert_null(result);
    descriptor_begin(&wanted, &administrators);
    assert_int_equal(assign(user, NULL, &wanted, FALSE, &result), STATUS_SUCCESS);
    SeDeassignSecurity(&result);
    wanted.header.Control |= 0x10; /* a system list */
    assert_int_equal(assign(user, NULL, &wanted, FALSE, &result), STATUS_PRIVILEGE_NOT_HELD);
    assert_int_equal(assign(PsInitialSystemProcess, NULL, &wanted, FALSE, &result), STATUS_SUCCESS);
    SeDeassignSecurity(&result);
}

static void the_extended_form_can_skip_the_checks(struct machine *m) {
    struct test_descriptor wanted;
    PSECURITY_DESCRIPTOR result;
    SECURITY_SUBJECT_CONTEXT subject;
    subject_of(user_process(m), &subject);
    descriptor_begin(&wanted, &local_system);
    assert_int_equal(SeAssignSecurityEx(NULL, &wanted, &result, NULL, FALSE, 0x10, &subject,
                                        &test_mapping, PagedPool),
                     STATUS_SUCCESS);
    assert_memory_equal(owner_of(result), &local_system, sid_size(&local_system));
    SeDeassignSecurity(&result);
    SeReleaseSubjectContext(&subject);
}

static void descriptors_are_checked_for_their_bounds(struct machine *m) {
    struct test_descriptor descriptor;
    (void)m;
    descriptor_begin(&descriptor, &everyone);
    descriptor_add(&descriptor, ALLOW, 0, 1, &everyone);
    assert_true(SeValidSecurityDescriptor(sizeof descriptor, &descriptor));
    assert_false(SeValidSecurityDescriptor(10, &descriptor));
    assert_false(SeValidSecurityDescriptor(sizeof descriptor.header + 12, &descriptor));
    descriptor.header.Owner = sizeof descriptor - 2;
    assert_false(SeValidSecurityDescriptor(sizeof descriptor, &descriptor));
    descriptor_begin(&descriptor, &everyone);
    descriptor.acl.AceCount = 5;
    assert_false(SeValidSecurityDescriptor(sizeof descriptor, &descriptor));
    descriptor_begin(&descriptor, &everyone);
    descriptor.header.Control = 4; /* not self-relative */
    assert_false(SeValidSecurityDescriptor(sizeof descriptor, &descriptor));
}

/* Check that a driver can answer requests for parts of a descriptor, and change parts. */
static void parts_are_read_and_replaced(struct machine *m) {
    struct test_descriptor first, second;
    PSECURITY_DESCRIPTOR kept, before;
    SECURITY_INFORMATION owner = OWNER_SECURITY_INFORMATION, list = DACL_SECURITY_INFORMATION;
    char buffer[256];
    ULONG length = sizeof buffer;
    (void)m;
    descriptor_begin(&first, &local_system);
    descriptor_begin(&second, &everyone);
    descriptor_add(&second, ALLOW, 0, 1, &everyone);
    assert_int_equal(assign(PsInitialSystemProcess, NULL, &first, FALSE, &kept), STATUS_SUCCESS);
    assert_int_equal(SeQuerySecurityDescriptorInfo(&owner, buffer, &length, &kept), STATUS_SUCCESS);
    assert_memory_equal(owner_of(buffer), &local_system, sid_size(&local_system));
    assert_null(dacl_of(buffer));
    length = 4;
    assert_int_equal(SeQuerySecurityDescriptorInfo(&owner, buffer, &length, &kept),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, sizeof(SECURITY_DESCRIPTOR_RELATIVE) + sid_size(&local_system));
    before = kept;
    assert_int_equal(
        SeSetSecurityDescriptorInfo(NULL, &list, &second, &kept, PagedPool, &test_mapping),
        STATUS_SUCCESS);
    assert_ptr_not_equal(kept, before);
    assert_memory_equal(dacl_of(kept), &second.acl, second.acl.AclSize);
    assert_memory_equal(owner_of(kept), &local_system, sid_size(&local_system));
    SeDeassignSecurity(&before);
    before = kept;
    assert_int_equal(
        SeSetSecurityDescriptorInfoEx(NULL, &owner, &second, &kept, 0, PagedPool, &test_mapping),
        STATUS_SUCCESS);
    assert_memory_equal(owner_of(kept), &everyone, sid_size(&everyone));
    SeDeassignSecurity(&before);
    SeDeassignSecurity(&kept);
    assert_int_equal(
        SeSetSecurityDescriptorInfo(NULL, &list, &second, &kept, PagedPool, &test_mapping),
        STATUS_NO_SECURITY_ON_OBJECT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(without_anything_the_token_decides),
        wdmsim_unit_test(an_explicit_list_is_taken),
        wdmsim_unit_test(entries_are_inherited),
        wdmsim_unit_test(owners_and_system_lists_need_rights),
        wdmsim_unit_test(the_extended_form_can_skip_the_checks),
        wdmsim_unit_test(descriptors_are_checked_for_their_bounds),
        wdmsim_unit_test(parts_are_read_and_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
