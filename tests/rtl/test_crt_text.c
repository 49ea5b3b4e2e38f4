/* Check the string functions of the C run-time that take sizes or ignore case, for both widths. */
#include "wide.h"

#define FAILS_WITH_INVALID 22
#define FAILS_WITH_RANGE 34
#define TRUNCATED 80

static void copying_needs_room(struct machine *m) {
    (void)m;
    char s[4];
    WCHAR w[4];
    assert_int_equal(strcpy_s(s, 4, "abc"), 0);
    assert_string_equal(s, "abc");
    assert_int_equal(strcpy_s(s, 4, "abcd"), FAILS_WITH_RANGE);
    assert_string_equal(s, "");
    assert_int_equal(strcpy_s(NULL, 4, "a"), FAILS_WITH_INVALID);
    assert_int_equal(strcpy_s(s, 0, "a"), FAILS_WITH_INVALID);
    strcpy_s(s, 4, "x");
    assert_int_equal(strcpy_s(s, 4, NULL), FAILS_WITH_INVALID);
    assert_string_equal(s, "");
    assert_int_equal(wcscpy_s(w, 4, L"abc"), 0);
    assert_wide(w, L"abc");
    assert_int_equal(wcscpy_s(w, 4, L"abcd"), FAILS_WITH_RANGE);
    assert_int_equal(w[0], 0);
}

static void a_count_cuts_the_source(struct machine *m) {
    (void)m;
    char s[4];
    WCHAR w[4];
    assert_int_equal(strncpy_s(s, 4, "abcdef", 3), 0);
    assert_string_equal(s, "abc");
    assert_int_equal(strncpy_s(s, 4, "abcdef", 4), FAILS_WITH_RANGE);
    assert_string_equal(s, "");
    assert_int_equal(strncpy_s(s, 4, "abcdef", _TRUNCATE), TRUNCATED);
    assert_string_equal(s, "abc");
    assert_int_equal(strncpy_s(NULL, 0, "a", 0), 0);
    assert_int_equal(wcsncpy_s(w, 4, L"abcdef", _TRUNCATE), TRUNCATED);
    assert_wide(w, L"abc");
}

static void concatenating_needs_a_string_and_room(struct machine *m) {
    (void)m;
    char s[6] = "ab";
    WCHAR w[6] = L"ab";
    assert_int_equal(strcat_s(s, 6, "cd"), 0);
    assert_string_equal(s, "abcd");
    assert_int_equal(strncat_s(s, 6, "efgh", 1), 0);
    assert_string_equal(s, "abcde");
    assert_int_equal(strcat_s(s, 6, "f"), FAILS_WITH_RANGE);
    assert_string_equal(s, "");
    memset(s, 'x', sizeof s);
    assert_int_equal(strcat_s(s, 6, "f"), FAILS_WITH_INVALID);
    assert_int_equal(wcscat_s(w, 6, L"cde"), 0);
    assert_wide(w, L"abcde");
    assert_int_equal(wcsncat_s(w, 6, L"x", 0), 0);
}

static void memory_is_copied_with_a_limit(struct machine *m) {
    (void)m;
    char a[4] = "abc", b[4] = "xyz";
    assert_int_equal(memcpy_s(b, 4, a, 4), 0);
    assert_string_equal(b, "abc");
    assert_int_equal(memcpy_s(b, 4, a, 5), FAILS_WITH_RANGE);
    assert_int_equal(b[0], 0);
    assert_int_equal(memmove_s(a + 1, 3, a, 2), 0);
    assert_memory_equal(a, "aab", 3);
    assert_int_equal(memmove_s(a, 3, a, 4), FAILS_WITH_RANGE);
    assert_memory_equal(a, "aab", 3);
    assert_int_equal(memcpy_s(b, 4, NULL, 1), FAILS_WITH_INVALID);
    assert_int_equal(memcpy_s(NULL, 0, NULL, 0), 0);
}

static void comparing_ignores_case(struct machine *m) {
    (void)m;
    assert_int_equal(_stricmp("AbC", "aBc"), 0);
    assert_true(_stricmp("abc", "abd") < 0);
    assert_true(_stricmp("abcd", "ABC") > 0);
    assert_int_equal(_strnicmp("abcX", "ABCY", 3), 0);
    assert_true(_strnicmp("abcX", "ABCY", 4) < 0);
    assert_int_equal(_wcsicmp(L"\x00E9"
                              L"A",
                              L"\x00C9"
                              L"a"),
                     0);
    assert_true(_wcsicmp(L"a", L"b") < 0);
    assert_int_equal(_wcsnicmp(L"abcX", L"ABCY", 3), 0);
    assert_true(_wcsnicmp(L"abcY", L"ABCX", 4) > 0);
    assert_int_equal(_wcsnicmp(L"a", L"b", 0), 0);
}

static void case_and_order_change_in_place(struct machine *m) {
    (void)m;
    char s[] = "aBc1";
    WCHAR w[] = L"aBc1";
    assert_string_equal(_strupr(s), "ABC1");
    assert_string_equal(_strlwr(s), "abc1");
    assert_string_equal(_strrev(s), "1cba");
    assert_string_equal(_strnset(s, 'x', 2), "xxba");
    assert_string_equal(_strset(s, 'y'), "yyyy");
    assert_wide(_wcsupr(w), L"ABC1");
    assert_wide(_wcslwr(w), L"abc1");
    assert_wide(_wcsrev(w), L"1cba");
    assert_wide(_wcsnset(w, 'x', 2), L"xxba");
    assert_int_equal(_strupr_s(s, 5), 0);
    assert_string_equal(s, "YYYY");
    assert_int_equal(_wcsupr_s(w, 3), FAILS_WITH_INVALID);
    assert_int_equal(w[0], 0);
}

static void numbers_become_text(struct machine *m) {
    (void)m;
    char s[70];
    WCHAR w[70];
    assert_string_equal(_itoa(-12, s, 10), "-12");
    assert_string_equal(_itoa(-1, s, 16), "ffffffff");
    assert_string_equal(_ultoa(0xFFFFFFFF, s, 2), "11111111111111111111111111111111");
    assert_string_equal(_i64toa(-9000000000ll, s, 10), "-9000000000");
    assert_string_equal(_ui64toa(~0ull, s, 36), "3w5e11264sgsf");
    assert_wide(_itow(0, w, 10), L"0");
    assert_wide(_ui64tow(255, w, 16), L"ff");
    assert_int_equal(_itoa_s(123, s, 4, 10), 0);
    assert_int_equal(_itoa_s(-123, s, 4, 10), FAILS_WITH_RANGE);
    assert_string_equal(s, "");
    assert_int_equal(_itoa_s(1, s, 4, 1), FAILS_WITH_INVALID);
    assert_int_equal(_itow_s(1, NULL, 4, 10), FAILS_WITH_INVALID);
    assert_true(_atoi64(" \t-9000000000x") == -9000000000ll);
}

static void tokens_are_cut_out(struct machine *m) {
    (void)m;
    char s[] = ",,a,b;;c", *context = NULL;
    WCHAR w[] = L"x y", *rest = NULL;
    assert_string_equal(strtok_s(s, ",;", &context), "a");
    assert_string_equal(strtok_s(NULL, ",;", &context), "b");
    assert_string_equal(strtok_s(NULL, ",;", &context), "c");
    assert_null(strtok_s(NULL, ",;", &context));
    assert_null(strtok_s(NULL, ",;", &context));
    assert_wide(wcstok_s(w, L" ", &rest), L"x");
    assert_wide(wcstok_s(NULL, L" ", &rest), L"y");
    assert_null(wcstok_s(NULL, L" ", &rest));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(copying_needs_room),
        wdmsim_unit_test(a_count_cuts_the_source),
        wdmsim_unit_test(concatenating_needs_a_string_and_room),
        wdmsim_unit_test(memory_is_copied_with_a_limit),
        wdmsim_unit_test(comparing_ignores_case),
        wdmsim_unit_test(case_and_order_change_in_place),
        wdmsim_unit_test(numbers_become_text),
        wdmsim_unit_test(tokens_are_cut_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
