/* Check the formatting functions of the C run-time: every directive, and what a full buffer does.
 */
#include <stdio.h>
#include "wide.h"

static char text[256];
static WCHAR wide[256];

#define narrow_is(wanted, ...)                                                                     \
    do {                                                                                           \
        assert_int_equal(_snprintf(text, sizeof text, __VA_ARGS__), strlen(wanted));               \
        assert_string_equal(text, wanted);                                                         \
    } while (0)

#define wide_is(wanted, ...)                                                                       \
    do {                                                                                           \
        assert_int_equal(_snwprintf(wide, 256, __VA_ARGS__), sizeof(wanted) / 2 - 1);              \
        assert_wide(wide, wanted);                                                                 \
    } while (0)

static void integers_have_windows_sizes(struct machine *m) {
    (void)m;
    narrow_is("-1 4294967295 -1", "%ld %lu %d", (LONG)-1, (ULONG)-1, -1);
    narrow_is("123456789abcdef0 123456789ABCDEF0", "%I64x %llX", 0x123456789abcdef0ll,
              0x123456789abcdef0ll);
    narrow_is("-5 5 18446744073709551611", "%I64d %Iu %I64u", -5ll, (SIZE_T)5, -5ll);
    narrow_is("-2 65534 -3 253 7", "%hd %hu %hhd %hhu %I32d", -2, -2, -3, -3, 7);
    narrow_is("17 0x1f 0X1F 1f 0", "%o %#x %#X %x %#x", 15, 31, 31, 31, 0);
}

static void integers_are_padded(struct machine *m) {
    (void)m;
    narrow_is("[   42][42   ][00042]", "[%5d][%-5d][%05d]", 42, 42, 42);
    narrow_is("[+42][ 42][-0042][ 0042]", "[%+d][% d][%05d][%5.4d]", 42, 42, -42, 42);
    narrow_is("[    7][7    ][]", "[%*d][%*d][%.0d]", 5, 7, -5, 7, 0);
    narrow_is("[0x001f][0000001f][0x1f  ]", "[%#06x][%08x][%-#6x]", 31, 31, 31);
}

static void pointers_are_sixteen_digits(struct machine *m) {
    (void)m;
    narrow_is("FFFFF80012345678 0000000000000000", "%p %p", (PVOID)0xFFFFF80012345678ull, NULL);
    narrow_is("[  00000000000000AB]", "[%18p]", (PVOID)0xAB);
}

static void text_of_both_widths_mixes(struct machine *m) {
    (void)m;
    UNICODE_STRING counted = {4, 8, L"abcd"};
    ANSI_STRING ansi = {3, 8, "xyz!"};
    narrow_is("n W w W n", "%s %S %ws %ls %hs", "n", L"W", L"w", L"W", "n");
    narrow_is("a b c d", "%c %C %lc %hc", 'a', L'b', L'c', 'd');
    narrow_is("ab xyz a", "%wZ %Z %.1wZ", &counted, &ansi, &counted);
    narrow_is("[  ab][ab  ][abc]", "[%4s][%-4s][%.3s]", "ab", "ab", "abcdef");
    narrow_is("\x80?", "%ws", L"\x20AC\x4E00");
    wide_is(L"W n w n n", L"%s %S %ws %hs %hS", L"W", "n", L"w", "n", "n");
    wide_is(L"a b ab xyz", L"%c %C %wZ %hZ", 'a', 'b', &counted, &ansi);
    wide_is(L"\x20AC", L"%S", "\x80");
}

static void a_precision_needs_no_terminator(struct machine *m) {
    (void)m;
    static const char three[3] = {'a', 'b', 'c'};
    narrow_is("abc", "%.3s", three);
    narrow_is("ab", "%.*s", 2, three);
}

static void null_and_unknown_are_shown(struct machine *m) {
    (void)m;
    const char *none = NULL;
    narrow_is("(null) (null)", "%s %Z", none, NULL);
    narrow_is("100% y", "100%% %y");
    narrow_is("end", "end%");
}

static void floating_point_is_formatted(struct machine *m) {
    (void)m;
    narrow_is("1.500000 [  2.50] -3 1.0e+10", "%f [%6.2f] %.0f %.1e", 1.5, 2.5, -3.0, 1e10);
    narrow_is("[-0001.5][0.1]", "[%07.1f][%g]", -1.5, 0.1);
}

static void a_full_buffer_has_no_terminator(struct machine *m) {
    (void)m;
    char five[5];
    WCHAR three[3];
    memset(five, '#', sizeof five);
    assert_int_equal(_snprintf(five, 5, "%s", "1234"), 4);
    assert_memory_equal(five, "1234", 5);
    assert_int_equal(_snprintf(five, 5, "%s", "12345"), 5);
    assert_memory_equal(five, "12345", 5);
    assert_int_equal(_snprintf(five, 5, "%s", "abcdef"), -1);
    assert_memory_equal(five, "abcde", 5);
    assert_int_equal(_snwprintf(three, 3, L"%d", 1234), -1);
    assert_int_equal(three[2], '3');
    assert_int_equal(_snprintf(NULL, 0, "%d", 1234), 4);
    assert_int_equal(_scprintf("%d", 12345), 5);
    assert_int_equal(_scwprintf(L"%d", 12345), 5);
    assert_int_equal(_snprintf(NULL, 4, "x"), -1);
}

static void standard_functions_terminate(struct machine *m) {
    (void)m;
    char three[3] = "##";
    WCHAR four[4];
    assert_int_equal(snprintf(three, 3, "%d", 1234), 4);
    assert_string_equal(three, "12");
    assert_int_equal(snprintf(NULL, 0, "%d", 1234), 4);
    assert_int_equal(sprintf(text, "%lu", (ULONG)7), 1);
    assert_int_equal(swprintf(wide, L"%d-%d", 1, 2), 3);
    assert_wide(wide, L"1-2");
    assert_int_equal(swprintf(four, 4, L"%d", 123), 3);
    assert_int_equal(swprintf(four, 4, L"%d", 1234), -1);
    assert_int_equal(four[3], 0);
}

static void secure_functions_empty_or_truncate(struct machine *m) {
    (void)m;
    char four[4];
    WCHAR wide_four[4];
    assert_int_equal(sprintf_s(four, 4, "%d", 123), 3);
    assert_int_equal(sprintf_s(four, 4, "%d", 1234), -1);
    assert_int_equal(four[0], 0);
    assert_int_equal(_snprintf_s(four, 4, _TRUNCATE, "%d", 1234), -1);
    assert_string_equal(four, "123");
    assert_int_equal(_snprintf_s(four, 4, 2, "%d", 1234), -1);
    assert_string_equal(four, "12");
    assert_int_equal(_snprintf_s(four, 4, 4, "%d", 1234), -1);
    assert_string_equal(four, "");
    assert_int_equal(_snwprintf_s(wide_four, 4, _TRUNCATE, L"%d", 12345), -1);
    assert_wide(wide_four, L"123");
    assert_int_equal(swprintf_s(wide_four, 4, L"%d", 12345), -1);
    assert_int_equal(wide_four[0], 0);
    assert_int_equal(sprintf_s(NULL, 4, "x"), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(integers_have_windows_sizes),
        wdmsim_unit_test(integers_are_padded),
        wdmsim_unit_test(pointers_are_sixteen_digits),
        wdmsim_unit_test(text_of_both_widths_mixes),
        wdmsim_unit_test(a_precision_needs_no_terminator),
        wdmsim_unit_test(null_and_unknown_are_shown),
        wdmsim_unit_test(floating_point_is_formatted),
        wdmsim_unit_test(a_full_buffer_has_no_terminator),
        wdmsim_unit_test(standard_functions_terminate),
        wdmsim_unit_test(secure_functions_empty_or_truncate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
