/* Check the 16-bit string functions of the C run-time, which hosts have for another width. */
#include "wide.h"

static void lengths_are_counted(struct machine *m) {
    (void)m;
    assert_int_equal(wcslen(L""), 0);
    assert_int_equal(wcslen(L"abc"), 3);
    assert_int_equal(wcsnlen(L"abc", 2), 2);
}

static void text_is_copied(struct machine *m) {
    (void)m;
    WCHAR b[8];
    assert_wide(wcscpy(b, L"abc"), L"abc");
    assert_wide(wcscat(b, L"de"), L"abcde");
    assert_wide(wcsncat(b, L"fgh", 1), L"abcdef");
    wcsncpy(b, L"xy", 4);
    assert_wide(b, L"xy\0\0ef");
    wcsncpy(b, L"1234", 2);
    assert_int_equal(b[2], 0);
    wmemcpy(b, L"ab", 2);
    assert_int_equal(b[0], 'a');
    assert_int_equal(b[1], 'b');
    assert_int_equal(b[2], 0);
    wmemset(b + 2, 'z', 2);
    assert_int_equal(b[3], 'z');
}

static void text_is_compared(struct machine *m) {
    (void)m;
    assert_int_equal(wcscmp(L"a", L"a"), 0);
    assert_true(wcscmp(L"a", L"\x8000") < 0);
    assert_true(wcscmp(L"ab", L"a") > 0);
    assert_int_equal(wcsncmp(L"abX", L"abY", 2), 0);
    assert_true(wcsncmp(L"abX", L"abY", 3) < 0);
}

static void characters_and_parts_are_found(struct machine *m) {
    (void)m;
    const WCHAR *s = L"one two one";
    assert_ptr_equal(wcschr(s, 'o'), s);
    assert_ptr_equal(wcsrchr(s, 'o'), s + 8);
    assert_null(wcschr(s, 'z'));
    assert_ptr_equal(wcschr(s, 0), s + 11);
    assert_ptr_equal(wcsrchr(s, 0), s + 11);
    assert_ptr_equal(wcsstr(s, L"two"), s + 4);
    assert_ptr_equal(wcsstr(s, L""), s);
    assert_null(wcsstr(s, L"three"));
    assert_ptr_equal(wcspbrk(s, L"wt"), s + 4);
    assert_null(wcspbrk(s, L"z"));
    assert_int_equal(wcsspn(s, L"neo"), 3);
    assert_int_equal(wcscspn(s, L"t"), 4);
}

static void text_becomes_numbers(struct machine *m) {
    (void)m;
    const WCHAR *s = L" -0x1Fz";
    WCHAR *end;
    assert_int_equal(wcstol(s, &end, 0), -31);
    assert_int_equal(*end, 'z');
    assert_int_equal(wcstol(L"010", NULL, 0), 8);
    assert_int_equal(wcstol(L"99999999999", NULL, 10), 0x7FFFFFFF);
    assert_int_equal(wcstol(L"-99999999999", NULL, 10), (int)0x80000000);
    assert_int_equal(wcstoul(L"99999999999", NULL, 10), 0xFFFFFFFF);
    assert_int_equal(wcstoul(L"FFFFFFFF", NULL, 16), 0xFFFFFFFF);
    s = L"none";
    wcstol(s, &end, 10);
    assert_ptr_equal(end, s);
    assert_int_equal(_wtoi(L"\t12abc"), 12);
    assert_int_equal(_wtol(L"-7"), -7);
    assert_true(_wtoi64(L"9000000000") == 9000000000ll);
}

static void characters_have_classes(struct machine *m) {
    (void)m;
    assert_int_equal(towupper('a'), 'A');
    assert_int_equal(towlower(0xC9), 0xE9);
    assert_true(iswdigit('5') && !iswdigit('a'));
    assert_true(iswxdigit('F') && !iswxdigit('g'));
    assert_true(iswalpha('x') && iswalpha(0xE9) && !iswalpha('5'));
    assert_true(iswalnum('5') && !iswalnum('-'));
    assert_true(iswspace(' ') && iswspace('\n') && !iswspace('x'));
    assert_true(iswupper('A') && !iswupper('a') && iswlower('a'));
    assert_true(iswprint('a') && !iswprint(7));
    assert_true(iswctype('a', 0x2) && iswctype('.', 0x10) && !iswctype('a', 0x10));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(lengths_are_counted),  wdmsim_unit_test(text_is_copied),
        wdmsim_unit_test(text_is_compared),     wdmsim_unit_test(characters_and_parts_are_found),
        wdmsim_unit_test(text_becomes_numbers), wdmsim_unit_test(characters_have_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
