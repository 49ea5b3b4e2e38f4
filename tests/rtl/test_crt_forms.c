/* The less used forms of the C run-time's conversions and formatting: by va_list, without a size,
 * of 64 bits, with 16-bit characters. */
#include <stdio.h>
#include "wide.h"

#define INVALID 22
#define RANGE 34

static char text[80];
static WCHAR wide[80];

static void numbers_become_text(struct machine *m) {
    (void)m;
    assert_ptr_equal(_ltoa(-255, text, 10), text);
    assert_string_equal(text, "-255");
    assert_string_equal(_ltoa(-1, text, 16), "ffffffff");
    assert_wide(_ultow(4294967295u, wide, 10), L"4294967295");
    assert_wide(_i64tow(-9000000000ll, wide, 10), L"-9000000000");
    assert_wide(_i64tow(-1, wide, 2) + 62, L"11");
}

static void numbers_become_text_where_there_is_room(struct machine *m) {
    (void)m;
    assert_int_equal(_i64toa_s(-9000000000ll, text, 12, 10), 0);
    assert_string_equal(text, "-9000000000");
    assert_int_equal(_i64toa_s(-9000000000ll, text, 11, 10), RANGE);
    assert_string_equal(text, "");
    assert_int_equal(_i64tow_s(9000000000ll, wide, 11, 10), 0);
    assert_wide(wide, L"9000000000");
    assert_int_equal(_i64tow_s(9000000000ll, wide, 10, 10), RANGE);
    assert_int_equal(_ui64tow_s(~0ull, wide, 17, 16), 0);
    assert_wide(wide, L"ffffffffffffffff");
    assert_int_equal(_ui64tow_s(~0ull, wide, 17, 1), INVALID);
}

static int count(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = _vscprintf(format, arguments);
    va_end(arguments);
    return result;
}

static int count_wide(const WCHAR *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = _vscwprintf(format, arguments);
    va_end(arguments);
    return result;
}

static void characters_are_counted(struct machine *m) {
    (void)m;
    assert_int_equal(count("%d %s", 1234, "ab"), 7);
    assert_int_equal(count_wide(L"%d %s", 1234, L"abc"), 8);
}

enum form { PLAIN, CUT };

static int narrow(enum form form, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = form == PLAIN ? vsprintf(text, format, arguments)
                               : _vsnprintf_s(text, size, _TRUNCATE, format, arguments);
    va_end(arguments);
    return result;
}

static void text_is_formatted_from_a_list(struct machine *m) {
    (void)m;
    assert_int_equal(narrow(PLAIN, 0, "%I64d-%hs", 7ll, "x"), 3);
    assert_string_equal(text, "7-x");
    assert_int_equal(narrow(CUT, 5, "%d", 1234), 4);
    assert_string_equal(text, "1234");
    assert_int_equal(narrow(CUT, 5, "%d", 12345), -1);
    assert_string_equal(text, "1234");
}

static int sized(size_t size, const WCHAR *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = vswprintf(wide, size, format, arguments);
    va_end(arguments);
    return result;
}

static int unsized(const WCHAR *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = vswprintf(wide, format, arguments);
    va_end(arguments);
    return result;
}

static int secure(size_t size, const WCHAR *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int result = vswprintf_s(wide, size, format, arguments);
    va_end(arguments);
    return result;
}

static void wide_text_is_formatted_from_a_list(struct machine *m) {
    (void)m;
    assert_int_equal(sized(64, L"%d %s", 5, L"ab"), 4);
    assert_wide(wide, L"5 ab");
    assert_int_equal(unsized(L"%s", L"cde"), 3);
    assert_wide(wide, L"cde");
    assert_int_equal(secure(4, L"%u", 123u), 3);
    assert_wide(wide, L"123");
    assert_int_equal(_swprintf(wide, L"%c%d", L'n', 9), 2);
    assert_wide(wide, L"n9");
}

static void text_is_overwritten(struct machine *m) {
    static const WCHAR source[] = L"abcd";
    (void)m;
    wcscpy(wide, L"four");
    assert_wide(_wcsset(wide, L'-'), L"----");
    assert_int_equal(wmemcpy_s(wide, 4, source, 4), 0);
    assert_int_equal(wide[3], 'd');
    assert_int_equal(wmemcpy_s(wide, 3, source, 4), RANGE);
    assert_int_equal(wide[0], 0); /* what does not fit leaves nothing */
    strcpy(text, "LoW");
    assert_int_equal(_strlwr_s(text, sizeof text), 0);
    assert_string_equal(text, "low");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(numbers_become_text),
        wdmsim_unit_test(numbers_become_text_where_there_is_room),
        wdmsim_unit_test(characters_are_counted),
        wdmsim_unit_test(text_is_formatted_from_a_list),
        wdmsim_unit_test(wide_text_is_formatted_from_a_list),
        wdmsim_unit_test(text_is_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
