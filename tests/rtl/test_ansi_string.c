/* Check counted strings of 8-bit characters: initialising, copying, comparing, upper case. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static void a_string_is_counted(struct machine *m) {
    (void)m;
    STRING s;
    RtlInitString(&s, "abc");
    assert_int_equal(s.Length, 3);
    assert_int_equal(s.MaximumLength, 4);
    RtlInitAnsiString(&s, NULL);
    assert_int_equal(s.Length, 0);
    assert_int_equal(s.MaximumLength, 0);
    assert_null(s.Buffer);
    RtlInitUTF8String(&s, "\xC3\xA9");
    assert_int_equal(s.Length, 2);
}

static void a_text_too_long_is_cut_or_refused(struct machine *m) {
    (void)m;
    static char text[70000];
    STRING s;
    memset(text, 'x', sizeof text - 1);
    RtlInitString(&s, text);
    assert_int_equal(s.Length, 65534);
    assert_int_equal(s.MaximumLength, 65535);
    assert_int_equal(RtlInitStringEx(&s, text), STATUS_NAME_TOO_LONG);
    assert_int_equal(s.Length, 0);
    assert_int_equal(RtlInitUTF8StringEx(&s, text), STATUS_NAME_TOO_LONG);
    assert_int_equal(RtlInitAnsiStringEx(&s, "short"), STATUS_SUCCESS);
    assert_int_equal(s.Length, 5);
    assert_int_equal(RtlInitStringEx(&s, NULL), STATUS_SUCCESS);
}

static void copying_cuts(struct machine *m) {
    (void)m;
    char buffer[4] = "####";
    STRING to = {0, 3, buffer}, from;
    RtlInitString(&from, "abcdef");
    RtlCopyString(&to, &from);
    assert_int_equal(to.Length, 3);
    assert_memory_equal(buffer, "abc#", 4);
    RtlCopyString(&to, NULL);
    assert_int_equal(to.Length, 0);
}

static void appending_needs_room_for_all(struct machine *m) {
    (void)m;
    char buffer[5] = "####";
    STRING to = {0, 4, buffer}, from = RTL_CONSTANT_STRING("ab");
    assert_int_equal(RtlAppendStringToString(&to, &from), STATUS_SUCCESS);
    assert_int_equal(RtlAppendStringToString(&to, &from), STATUS_SUCCESS);
    assert_int_equal(RtlAppendStringToString(&to, &from), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(to.Length, 4);
    assert_memory_equal(buffer, "abab", 5);
}

static void comparing_may_ignore_case(struct machine *m) {
    (void)m;
    STRING a = RTL_CONSTANT_STRING("abc"), b = RTL_CONSTANT_STRING("ABC"),
           c = RTL_CONSTANT_STRING("abcd"), accent = RTL_CONSTANT_STRING("\xE9"),
           upper = RTL_CONSTANT_STRING("\xC9");
    assert_true(RtlCompareString(&a, &b, FALSE) > 0);
    assert_int_equal(RtlCompareString(&a, &b, TRUE), 0);
    assert_true(RtlCompareString(&a, &c, TRUE) < 0);
    assert_true(RtlEqualString(&a, &b, TRUE));
    assert_false(RtlEqualString(&a, &b, FALSE));
    assert_false(RtlEqualString(&a, &c, TRUE));
    assert_true(RtlPrefixString(&b, &c, TRUE));
    assert_true(RtlEqualString(&accent, &upper, TRUE));
}

static void upper_case_is_that_of_the_code_page(struct machine *m) {
    (void)m;
    char buffer[4];
    STRING from = RTL_CONSTANT_STRING("a1\xE9z"), to = {0, 3, buffer};
    assert_int_equal((UCHAR)RtlUpperChar('q'), 'Q');
    assert_int_equal((UCHAR)RtlUpperChar('\xE9'), 0xC9);
    assert_int_equal((UCHAR)RtlUpperChar('\xFF'), 0x9F);
    assert_int_equal((UCHAR)RtlUpperChar('\xDF'), 0xDF);
    RtlUpperString(&to, &from);
    assert_int_equal(to.Length, 3);
    assert_memory_equal(buffer, "A1\xC9", 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_string_is_counted),
        wdmsim_unit_test(a_text_too_long_is_cut_or_refused),
        wdmsim_unit_test(copying_cuts),
        wdmsim_unit_test(appending_needs_room_for_all),
        wdmsim_unit_test(comparing_may_ignore_case),
        wdmsim_unit_test(upper_case_is_that_of_the_code_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
