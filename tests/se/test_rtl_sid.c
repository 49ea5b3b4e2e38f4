/* Check security identifiers as drivers handle them: made, compared, copied, taken apart, printed.
 */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static SID_IDENTIFIER_AUTHORITY nt = {{0, 0, 0, 0, 0, 5}};

static void identifiers_are_made_and_taken_apart(struct machine *m) {
    ULONG64 storage[4];
    PSID sid = storage, allocated;
    (void)m;
    assert_int_equal(RtlLengthRequiredSid(2), 16);
    assert_int_equal(RtlInitializeSid(sid, &nt, 2), STATUS_SUCCESS);
    *RtlSubAuthoritySid(sid, 0) = 32;
    *RtlSubAuthoritySid(sid, 1) = 544;
    assert_int_equal(RtlLengthSid(sid), 16);
    assert_int_equal(*RtlSubAuthorityCountSid(sid), 2);
    assert_int_equal(RtlIdentifierAuthoritySid(sid)->Value[5], 5);
    assert_true(RtlValidSid(sid));
    assert_int_equal(RtlInitializeSid(sid, &nt, 16), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlAllocateAndInitializeSid(&nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &allocated),
                     STATUS_SUCCESS);
    assert_true(RtlEqualSid(sid, allocated));
    assert_int_equal(RtlAllocateAndInitializeSid(&nt, 9, 1, 2, 3, 4, 5, 6, 7, 8, &sid),
                     STATUS_INVALID_SID);
    assert_null(RtlFreeSid(allocated));
    ((SID *)storage)->Revision = 2;
    assert_false(RtlValidSid(storage));
    wdmsim_expect_bugcheck(BAD_POOL_CALLER); /* it is freed */
    RtlFreeSid(allocated);
}

static void a_list_of_parts(struct machine *m) {
    ULONG64 storage[8];
    (void)m;
    assert_int_equal(RtlInitializeSidEx(storage, &nt, 3, 21u, 100u, 4000000000u), STATUS_SUCCESS);
    assert_int_equal(*RtlSubAuthoritySid(storage, 0), 21);
    assert_int_equal(*RtlSubAuthoritySid(storage, 2), 4000000000u);
    assert_int_equal(RtlInitializeSidEx(storage, &nt, 16), STATUS_INVALID_PARAMETER);
}

static void prefixes_and_copies(struct machine *m) {
    ULONG64 one[8], two[8];
    (void)m;
    RtlInitializeSidEx(one, &nt, 3, 21u, 7u, 500u);
    RtlInitializeSidEx(two, &nt, 3, 21u, 7u, 501u);
    assert_false(RtlEqualSid(one, two));
    assert_true(RtlEqualPrefixSid(one, two));
    *RtlSubAuthoritySid(two, 1) = 8;
    assert_false(RtlEqualPrefixSid(one, two));
    assert_int_equal(RtlCopySid(19, two, one), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlCopySid(20, two, one), STATUS_SUCCESS);
    assert_true(RtlEqualSid(one, two));
}

static void identifiers_are_printed(struct machine *m) {
    SID_IDENTIFIER_AUTHORITY large = {{0x00, 0x28, 0x65, 0x1f, 0xe8, 0x48}};
    ULONG64 sid[8];
    WCHAR room[64];
    UNICODE_STRING text = {0, sizeof room, room};
    (void)m;
    RtlInitializeSidEx(sid, &nt, 2, 32u, 544u);
    assert_int_equal(RtlConvertSidToUnicodeString(&text, sid, FALSE), STATUS_SUCCESS);
    assert_int_equal(text.Length, sizeof L"S-1-5-32-544" - 2);
    assert_memory_equal(room, L"S-1-5-32-544", sizeof L"S-1-5-32-544");
    text.MaximumLength = 22;
    assert_int_equal(RtlConvertSidToUnicodeString(&text, sid, FALSE), STATUS_BUFFER_OVERFLOW);
    RtlInitializeSidEx(sid, &large, 1, 12u);
    assert_int_equal(RtlConvertSidToUnicodeString(&text, sid, TRUE), STATUS_SUCCESS);
    assert_memory_equal(text.Buffer, L"S-1-0x28651FE848-12", sizeof L"S-1-0x28651FE848-12");
    RtlFreeUnicodeString(&text);
    ((SID *)sid)->SubAuthorityCount = 16;
    assert_int_equal(RtlConvertSidToUnicodeString(&text, sid, FALSE), STATUS_INVALID_SID);
}

static void generic_rights_and_luids(struct machine *m) {
    static const GENERIC_MAPPING mapping = {1, 2, 4, 0xff};
    ACCESS_MASK access = GENERIC_READ | GENERIC_EXECUTE | 0x100;
    LUID from = {7, 9}, to = {0, 0};
    (void)m;
    RtlMapGenericMask(&access, &mapping);
    assert_int_equal(access, 0x105);
    access = GENERIC_ALL;
    RtlMapGenericMask(&access, &mapping);
    assert_int_equal(access, 0xff);
    RtlCopyLuid(&to, &from);
    assert_int_equal(to.LowPart, 7);
    assert_int_equal(to.HighPart, 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(identifiers_are_made_and_taken_apart),
        wdmsim_unit_test(a_list_of_parts),
        wdmsim_unit_test(prefixes_and_copies),
        wdmsim_unit_test(identifiers_are_printed),
        wdmsim_unit_test(generic_rights_and_luids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
