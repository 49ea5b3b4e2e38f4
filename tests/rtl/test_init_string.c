/*
 * RtlInitUnicodeStringEx of wdmsec.h: counts, the empty source, the string that is too long.
 */
#include <wdm.h>

#include <wdmsec.h>

#include <wdmsim/cmocka.h>

static void counts_with_and_without_terminator(struct machine *m) {
    UNICODE_STRING string;
    UNREFERENCED_PARAMETER(m);
    assert_int_equal(RtlInitUnicodeStringEx(&string, L"four"), STATUS_SUCCESS);
    assert_int_equal(string.Length, 8);
    assert_int_equal(string.MaximumLength, 10);
}

static void no_source_is_the_empty_string(struct machine *m) {
    UNICODE_STRING string = {2, 2, (PWSTR)&string};
    UNREFERENCED_PARAMETER(m);
    assert_int_equal(RtlInitUnicodeStringEx(&string, NULL), STATUS_SUCCESS);
    assert_int_equal(string.Length, 0);
    assert_int_equal(string.MaximumLength, 0);
    assert_null(string.Buffer);
}

static void a_string_beyond_the_counts_is_refused(struct machine *m) {
    static WCHAR text[32768];
    UNICODE_STRING string;
    UNREFERENCED_PARAMETER(m);
    for (size_t i = 0; i < 32767; i++)
        text[i] = 'x';
    assert_int_equal(RtlInitUnicodeStringEx(&string, text), STATUS_NAME_TOO_LONG);
    assert_int_equal(RtlInitUnicodeStringEx(&string, text + 1), STATUS_SUCCESS);
    assert_int_equal(string.Length, 65532);
    assert_int_equal(string.MaximumLength, 65534);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(counts_with_and_without_terminator),
        wdmsim_unit_test(no_source_is_the_empty_string),
        wdmsim_unit_test(a_string_beyond_the_counts_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
