/* Check access control lists and security descriptors as drivers build them: entries added, found,
 * deleted; parts set and read; both forms turned into each other; the normal form. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static SID_IDENTIFIER_AUTHORITY nt = {{0, 0, 0, 0, 0, 5}};
static ULONG64 admins[4], users[4], list[32];
static PACL acl = (PACL)list;

static void begin(ULONG size) {
    RtlInitializeSidEx(admins, &nt, 2, 32u, 544u);
    RtlInitializeSidEx(users, &nt, 2, 32u, 545u);
    assert_int_equal(RtlCreateAcl(acl, size, ACL_REVISION), STATUS_SUCCESS);
}

static void a_list_takes_entries_while_it_has_room(struct machine *m) {
    PVOID ace;
    (void)m;
    begin(sizeof(ACL) + 2 * 24);
    assert_int_equal(acl->AceCount, 0);
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION, FILE_ALL_ACCESS, admins),
                     STATUS_SUCCESS);
    assert_int_equal(
        RtlAddAccessAllowedAceEx(acl, ACL_REVISION, OBJECT_INHERIT_ACE, FILE_READ_DATA, users),
        STATUS_SUCCESS);
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION, 1, users),
                     STATUS_ALLOTTED_SPACE_EXCEEDED);
    assert_int_equal(RtlGetAce(acl, 1, &ace), STATUS_SUCCESS);
    assert_int_equal(((PACCESS_ALLOWED_ACE)ace)->Mask, FILE_READ_DATA);
    assert_int_equal(((PACCESS_ALLOWED_ACE)ace)->Header.AceFlags, OBJECT_INHERIT_ACE);
    assert_int_equal(((PACCESS_ALLOWED_ACE)ace)->Header.AceSize, 24);
    assert_true(RtlEqualSid(&((PACCESS_ALLOWED_ACE)ace)->SidStart, users));
    assert_int_equal(RtlGetAce(acl, 2, &ace), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlDeleteAce(acl, 0), STATUS_SUCCESS);
    assert_int_equal(acl->AceCount, 1);
    RtlGetAce(acl, 0, &ace);
    assert_true(RtlEqualSid(&((PACCESS_ALLOWED_ACE)ace)->SidStart, users));
    assert_int_equal(RtlDeleteAce(acl, 1), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlAddAccessAllowedAceEx(acl, 9, 0, 1, users), STATUS_REVISION_MISMATCH);
    assert_int_equal(RtlAddAccessAllowedAceEx(acl, ACL_REVISION, 0x80, 1, users),
                     STATUS_INVALID_PARAMETER);
}

static void entries_go_where_they_are_told(struct machine *m) {
    struct {
        ACE_HEADER header;
        ACCESS_MASK mask;
        ULONG sid[4];
    } ace = {{ACCESS_DENIED_ACE_TYPE, 0, 24}, DELETE, {0}};
    PVOID found;
    (void)m;
    begin(sizeof(ACL) + 3 * 24);
    memcpy(ace.sid, users, 16);
    RtlAddAccessAllowedAce(acl, ACL_REVISION, 1, admins);
    assert_int_equal(RtlAddAce(acl, ACL_REVISION, 0, &ace, 24), STATUS_SUCCESS);
    RtlGetAce(acl, 0, &found);
    assert_int_equal(((PACE_HEADER)found)->AceType, ACCESS_DENIED_ACE_TYPE);
    assert_int_equal(RtlAddAce(acl, ACL_REVISION_DS, MAXULONG, &ace, 24), STATUS_SUCCESS);
    assert_int_equal(acl->AceCount, 3);
    assert_int_equal(acl->AclRevision, ACL_REVISION_DS);
    RtlGetAce(acl, 2, &found);
    assert_memory_equal(found, &ace, 24);
    assert_int_equal(RtlAddAce(acl, ACL_REVISION, 0, &ace, 24), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlAddAce(acl, ACL_REVISION, 0, &ace, 23), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlCreateAcl(acl, 7, ACL_REVISION), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlCreateAcl(acl, 64, 77), STATUS_INVALID_PARAMETER);
}

static SECURITY_DESCRIPTOR descriptor;

static void build(void) {
    begin(sizeof(ACL) + 24);
    RtlAddAccessAllowedAce(acl, ACL_REVISION, FILE_ALL_ACCESS, admins);
    assert_int_equal(RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION),
                     STATUS_SUCCESS);
    assert_int_equal(RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, TRUE), STATUS_SUCCESS);
    assert_int_equal(RtlSetOwnerSecurityDescriptor(&descriptor, admins, FALSE), STATUS_SUCCESS);
    assert_int_equal(RtlSetGroupSecurityDescriptor(&descriptor, users, TRUE), STATUS_SUCCESS);
}

static void parts_are_set_and_read(struct machine *m) {
    BOOLEAN present, defaulted;
    PACL dacl;
    PSID sid;
    (void)m;
    build();
    assert_true(RtlValidSecurityDescriptor(&descriptor));
    assert_int_equal(RtlGetDaclSecurityDescriptor(&descriptor, &present, &dacl, &defaulted),
                     STATUS_SUCCESS);
    assert_true(present && defaulted);
    assert_ptr_equal(dacl, acl);
    assert_int_equal(RtlGetSaclSecurityDescriptor(&descriptor, &present, &dacl, &defaulted),
                     STATUS_SUCCESS);
    assert_false(present);
    assert_int_equal(RtlGetOwnerSecurityDescriptor(&descriptor, &sid, &defaulted), STATUS_SUCCESS);
    assert_ptr_equal(sid, admins);
    assert_false(defaulted);
    assert_int_equal(RtlGetGroupSecurityDescriptor(&descriptor, &sid, &defaulted), STATUS_SUCCESS);
    assert_ptr_equal(sid, users);
    assert_true(defaulted);
    RtlSetDaclSecurityDescriptor(&descriptor, FALSE, NULL, FALSE);
    RtlGetDaclSecurityDescriptor(&descriptor, &present, &dacl, &defaulted);
    assert_false(present);
    descriptor.Revision = 7;
    assert_int_equal(RtlGetOwnerSecurityDescriptor(&descriptor, &sid, &defaulted),
                     STATUS_UNKNOWN_REVISION);
    assert_false(RtlValidSecurityDescriptor(&descriptor));
    assert_int_equal(RtlCreateSecurityDescriptor(&descriptor, 2), STATUS_UNKNOWN_REVISION);
}

static void one_form_becomes_the_other(struct machine *m) {
    ULONG64 relative[32], dacl[16], owner[4], group[4];
    SECURITY_DESCRIPTOR absolute;
    ULONG size = 10, sizes[5] = {sizeof absolute, 1, 0, sizeof owner, sizeof group};
    (void)m;
    build();
    assert_int_equal(RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &size),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 20 + 32 + 16 + 16);
    assert_int_equal(RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &size), STATUS_SUCCESS);
    assert_int_equal(RtlLengthSecurityDescriptor(relative), size);
    assert_int_equal(RtlLengthSecurityDescriptor(&descriptor), size + 20);
    assert_true(RtlValidRelativeSecurityDescriptor(relative, size, DACL_SECURITY_INFORMATION));
    assert_false(RtlValidRelativeSecurityDescriptor(relative, size, SACL_SECURITY_INFORMATION));
    assert_false(RtlValidRelativeSecurityDescriptor(relative, size - 1, 0));
    assert_int_equal(RtlSetOwnerSecurityDescriptor(relative, users, FALSE),
                     STATUS_INVALID_SECURITY_DESCR);
    assert_int_equal(RtlAbsoluteToSelfRelativeSD(relative, list, &size),
                     STATUS_BAD_DESCRIPTOR_FORMAT);
    assert_int_equal(RtlSelfRelativeToAbsoluteSD(relative, &absolute, &sizes[0], (PACL)dacl,
                                                 &sizes[1], NULL, &sizes[2], owner, &sizes[3],
                                                 group, &sizes[4]),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(sizes[1], 32);
    assert_int_equal(RtlSelfRelativeToAbsoluteSD(relative, &absolute, &sizes[0], (PACL)dacl,
                                                 &sizes[1], NULL, &sizes[2], owner, &sizes[3],
                                                 group, &sizes[4]),
                     STATUS_SUCCESS);
    assert_ptr_equal(absolute.Dacl, dacl);
    assert_true(RtlEqualSid(absolute.Owner, admins));
    assert_true(RtlEqualSid(absolute.Group, users));
    assert_null(absolute.Sacl);
    assert_int_equal(RtlSelfRelativeToAbsoluteSD(&absolute, &descriptor, &sizes[0], NULL, &sizes[1],
                                                 NULL, &sizes[2], NULL, &sizes[3], NULL, &sizes[4]),
                     STATUS_BAD_DESCRIPTOR_FORMAT);
}

static void an_empty_relative_descriptor(struct machine *m) {
    SECURITY_DESCRIPTOR_RELATIVE relative;
    (void)m;
    assert_int_equal(RtlCreateSecurityDescriptorRelative(&relative, SECURITY_DESCRIPTOR_REVISION),
                     STATUS_SUCCESS);
    assert_int_equal(relative.Control, SE_SELF_RELATIVE);
    assert_int_equal(RtlLengthSecurityDescriptor(&relative), sizeof relative);
    assert_int_equal(RtlCreateSecurityDescriptorRelative(&relative, 3), STATUS_UNKNOWN_REVISION);
}

static void the_normal_form_allows_once(struct machine *m) {
    ULONG64 relative[32];
    ULONG size = sizeof relative, normal_size = 0;
    PSECURITY_DESCRIPTOR given = relative, normal = NULL;
    BOOLEAN present, defaulted;
    PACL dacl;
    (void)m;
    build();
    RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &size);
    assert_false(RtlNormalizeSecurityDescriptor(&given, size, NULL, NULL, TRUE));
    begin(sizeof(ACL) + 48);
    RtlAddAccessAllowedAce(acl, ACL_REVISION, 1, admins);
    RtlAddAccessAllowedAce(acl, ACL_REVISION, 1, admins);
    size = sizeof relative;
    RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &size);
    assert_true(RtlNormalizeSecurityDescriptor(&given, size, NULL, NULL, TRUE));
    assert_true(RtlNormalizeSecurityDescriptor(&given, size, &normal, &normal_size, FALSE));
    assert_int_equal(normal_size, size - 24);
    RtlGetDaclSecurityDescriptor(normal, &present, &dacl, &defaulted);
    assert_int_equal(dacl->AceCount, 1);
    ExFreePool(normal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_list_takes_entries_while_it_has_room),
        wdmsim_unit_test(entries_go_where_they_are_told),
        wdmsim_unit_test(parts_are_set_and_read),
        wdmsim_unit_test(one_form_becomes_the_other),
        wdmsim_unit_test(an_empty_relative_descriptor),
        wdmsim_unit_test(the_normal_form_allows_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
