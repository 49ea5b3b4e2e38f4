/* Check how UNICODE_STRINGs are made, copied, compared and extended, and what too little room does.
 */
#include "wide.h"

static void a_string_is_counted_in_bytes(struct machine *m) {
    (void)m;
    UNICODE_STRING s;
    RtlInitUnicodeString(&s, L"abc");
    assert_int_equal(s.Length, 6);
    assert_int_equal(s.MaximumLength, 8);
    RtlInitUnicodeString(&s, L"");
    assert_int_equal(s.Length, 0);
    assert_int_equal(s.MaximumLength, 2);
}

static void no_text_is_an_empty_string(struct machine *m) {
    (void)m;
    UNICODE_STRING s = {7, 7, L"x"};
    RtlInitUnicodeString(&s, NULL);
    assert_int_equal(s.Length, 0);
    assert_int_equal(s.MaximumLength, 0);
    assert_null(s.Buffer);
}

static void a_text_too_long_to_count_is_cut(struct machine *m) {
    (void)m;
    static WCHAR text[40000];
    UNICODE_STRING s;
    for (size_t i = 0; i + 1 < 40000; i++)
        text[i] = 'x';
    RtlInitUnicodeString(&s, text);
    assert_int_equal(s.Length, 65532);
    assert_int_equal(s.MaximumLength, 65534);
    assert_false(RtlCreateUnicodeString(&s, text));
}

static void a_created_string_is_the_callers(struct machine *m) {
    (void)m;
    UNICODE_STRING s;
    WCHAR text[] = L"copied";
    assert_true(RtlCreateUnicodeString(&s, text));
    text[0] = '!';
    assert_unicode(&s, L"copied");
    assert_int_equal(s.Buffer[6], 0);
    RtlFreeUnicodeString(&s);
    assert_null(s.Buffer);
    assert_int_equal(s.MaximumLength, 0);
    RtlFreeUnicodeString(&s); /* an empty one is left alone */
}

static void copying_cuts_and_terminates(struct machine *m) {
    (void)m;
    WCHAR buffer[5] = {'#', '#', '#', '#', '#'};
    UNICODE_STRING to = {0, 8, buffer}, from;
    RtlInitUnicodeString(&from, L"ab");
    RtlCopyUnicodeString(&to, &from);
    assert_unicode(&to, L"ab");
    assert_int_equal(buffer[2], 0);
    RtlInitUnicodeString(&from, L"abcdefgh");
    RtlCopyUnicodeString(&to, &from);
    assert_unicode(&to, L"abcd");
    assert_int_equal(buffer[4], '#');
    RtlCopyUnicodeString(&to, NULL);
    assert_int_equal(to.Length, 0);
}

static void odd_lengths_copy_bytes_and_compare_characters(struct machine *m) {
    (void)m;
    WCHAR buffer[4] = {0};
    UNICODE_STRING odd = {5, 5, L"abc"}, to = {0, 8, buffer}, same = {4, 4, L"abX"};
    RtlCopyUnicodeString(&to, &odd);
    assert_int_equal(to.Length, 5);
    assert_int_equal(RtlCompareUnicodeString(&odd, &same, FALSE), 0);
    assert_false(RtlEqualUnicodeString(&odd, &same, FALSE));
}

static void comparing_orders_by_character_then_length(struct machine *m) {
    (void)m;
    UNICODE_STRING a = RTL_CONSTANT_STRING(L"abc"), b = RTL_CONSTANT_STRING(L"abd"),
                   longer = RTL_CONSTANT_STRING(L"abcd"), upper = RTL_CONSTANT_STRING(L"ABC");
    assert_true(RtlCompareUnicodeString(&a, &b, FALSE) < 0);
    assert_true(RtlCompareUnicodeString(&longer, &a, FALSE) > 0);
    assert_true(RtlCompareUnicodeString(&b, &longer, FALSE) > 0);
    assert_true(RtlCompareUnicodeString(&a, &upper, FALSE) > 0);
    assert_int_equal(RtlCompareUnicodeString(&a, &upper, TRUE), 0);
    assert_true(RtlEqualUnicodeString(&a, &upper, TRUE));
    assert_false(RtlEqualUnicodeString(&a, &upper, FALSE));
    assert_false(RtlEqualUnicodeString(&a, &longer, TRUE));
}

static void prefixes_and_suffixes_are_found(struct machine *m) {
    (void)m;
    UNICODE_STRING whole = RTL_CONSTANT_STRING(L"\\Device\\Echo"),
                   prefix = RTL_CONSTANT_STRING(L"\\device"), suffix = RTL_CONSTANT_STRING(L"echo"),
                   none = {0, 0, NULL};
    assert_true(RtlPrefixUnicodeString(&prefix, &whole, TRUE));
    assert_false(RtlPrefixUnicodeString(&prefix, &whole, FALSE));
    assert_false(RtlPrefixUnicodeString(&whole, &prefix, TRUE));
    assert_true(RtlPrefixUnicodeString(&none, &whole, FALSE));
    assert_true(RtlSuffixUnicodeString(&suffix, &whole, TRUE));
    assert_false(RtlSuffixUnicodeString(&suffix, &whole, FALSE));
}

static void appending_needs_room_for_all(struct machine *m) {
    (void)m;
    WCHAR buffer[8];
    UNICODE_STRING s, more = RTL_CONSTANT_STRING(L"456");
    RtlInitEmptyUnicodeString(&s, buffer, sizeof buffer);
    assert_int_equal(RtlAppendUnicodeToString(&s, L"0123"), STATUS_SUCCESS);
    assert_int_equal(RtlAppendUnicodeStringToString(&s, &more), STATUS_SUCCESS);
    assert_unicode(&s, L"0123456");
    assert_int_equal(buffer[7], 0);
    assert_int_equal(RtlAppendUnicodeToString(&s, L"78"), STATUS_BUFFER_TOO_SMALL);
    assert_unicode(&s, L"0123456");
    assert_int_equal(RtlAppendUnicodeToString(&s, L"7"), STATUS_SUCCESS);
    assert_unicode(&s, L"01234567");
    assert_int_equal(RtlAppendUnicodeToString(&s, NULL), STATUS_SUCCESS);
}

static void hashes_ignore_case_when_asked(struct machine *m) {
    (void)m;
    UNICODE_STRING a = RTL_CONSTANT_STRING(L"Echo"), b = RTL_CONSTANT_STRING(L"eCHO");
    ULONG x = 0, y = 0;
    assert_int_equal(RtlHashUnicodeString(&a, TRUE, HASH_STRING_ALGORITHM_X65599, &x), 0);
    assert_int_equal(RtlHashUnicodeString(&b, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &y), 0);
    assert_int_equal(x, y);
    assert_int_equal(x, (((ULONG)'E' * 65599 + 'C') * 65599 + 'H') * 65599 + 'O');
    RtlHashUnicodeString(&b, FALSE, HASH_STRING_ALGORITHM_DEFAULT, &y);
    assert_int_not_equal(x, y);
    assert_int_equal(RtlHashUnicodeString(&a, TRUE, 2, &x), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlHashUnicodeString(NULL, TRUE, 0, &x), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlHashUnicodeString(&a, TRUE, 0, NULL), STATUS_INVALID_PARAMETER);
}

static void duplicating_terminates_when_asked(struct machine *m) {
    (void)m;
    UNICODE_STRING from = RTL_CONSTANT_STRING(L"dup"), to, none = {0, 0, NULL};
    assert_int_equal(RtlDuplicateUnicodeString(0, &from, &to), STATUS_SUCCESS);
    assert_unicode(&to, L"dup");
    assert_int_equal(to.MaximumLength, 6);
    RtlFreeUnicodeString(&to);
    assert_int_equal(RtlDuplicateUnicodeString(1, &from, &to), STATUS_SUCCESS);
    assert_int_equal(to.MaximumLength, 8);
    assert_int_equal(to.Buffer[3], 0);
    RtlFreeUnicodeString(&to);
    assert_int_equal(RtlDuplicateUnicodeString(0, &none, &to), STATUS_SUCCESS);
    assert_null(to.Buffer);
}

static void padding_is_cleared(struct machine *m) {
    (void)m;
    WCHAR buffer[4] = {'a', 'b', 'c', 'd'};
    UNICODE_STRING s = {2, 8, buffer};
    RtlSanitizeUnicodeStringPadding(&s);
    assert_wide(buffer, L"a\0\0");
}

static void comparing_is_for_passive_level(struct machine *m) {
    (void)m;
    UNICODE_STRING a = RTL_CONSTANT_STRING(L"a");
    KIRQL irql;
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    RtlEqualUnicodeString(&a, &a, TRUE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_string_is_counted_in_bytes),
        wdmsim_unit_test(no_text_is_an_empty_string),
        wdmsim_unit_test(a_text_too_long_to_count_is_cut),
        wdmsim_unit_test(a_created_string_is_the_callers),
        wdmsim_unit_test(copying_cuts_and_terminates),
        wdmsim_unit_test(odd_lengths_copy_bytes_and_compare_characters),
        wdmsim_unit_test(comparing_orders_by_character_then_length),
        wdmsim_unit_test(prefixes_and_suffixes_are_found),
        wdmsim_unit_test(appending_needs_room_for_all),
        wdmsim_unit_test(hashes_ignore_case_when_asked),
        wdmsim_unit_test(duplicating_terminates_when_asked),
        wdmsim_unit_test(padding_is_cleared),
        wdmsim_unit_test(comparing_is_for_passive_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
