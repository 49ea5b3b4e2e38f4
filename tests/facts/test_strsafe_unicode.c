/* Check safe strings with a UNICODE_STRING as destination: its Length is the result, its room the
 * limit. */
#include <ntddk.h>
#include <ntstrsafe.h>
#include <wdmsim/cmocka.h>

static WCHAR buffer[6];
static UNICODE_STRING string;

static void reset(void) {
    string.Length = 0;
    string.MaximumLength = sizeof buffer;
    string.Buffer = buffer;
}

static void copying_and_appending_use_all_room(struct machine *m) {
    (void)m;
    reset();
    assert_int_equal(RtlUnicodeStringCopyString(&string, L"abc"), STATUS_SUCCESS);
    assert_int_equal(string.Length, 6);
    assert_int_equal(RtlUnicodeStringCatString(&string, L"def"), STATUS_SUCCESS);
    assert_int_equal(string.Length, 12);
    assert_memory_equal(buffer, L"abcdef", 12);
    assert_int_equal(RtlUnicodeStringCatString(&string, L"g"), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(string.Length, 12);
}

static void no_truncation_keeps_the_length(struct machine *m) {
    (void)m;
    reset();
    RtlUnicodeStringCopyString(&string, L"ab");
    assert_int_equal(
        RtlUnicodeStringCatStringEx(&string, L"much too long", NULL, STRSAFE_NO_TRUNCATION),
        STATUS_BUFFER_OVERFLOW);
    assert_int_equal(string.Length, 4);
}

static void a_broken_string_is_refused(struct machine *m) {
    (void)m;
    reset();
    string.Length = 3;
    assert_int_equal(RtlUnicodeStringValidate(&string), STATUS_INVALID_PARAMETER);
    string.Length = sizeof buffer + 2;
    assert_int_equal(RtlUnicodeStringValidate(&string), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringValidate(NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringValidateEx(NULL, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    assert_int_equal(RtlUnicodeStringValidateEx(NULL, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringValidateEx(&string, STRSAFE_IGNORE_NULLS),
                     STATUS_INVALID_PARAMETER);
}

static void formatting_sets_the_length(struct machine *m) {
    (void)m;
    UNICODE_STRING rest;
    reset();
    assert_int_equal(RtlUnicodeStringPrintfEx(&string, &rest, 0, L"%d", 42), STATUS_SUCCESS);
    assert_int_equal(string.Length, 4);
    assert_int_equal(rest.MaximumLength, 8);
    assert_ptr_equal(rest.Buffer, buffer + 2);
    assert_int_equal(RtlUnicodeStringPrintf(&string, L"%d", 1234567), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(string.Length, 12);
}

static void a_counted_string_becomes_a_terminated_one(struct machine *m) {
    (void)m;
    UNICODE_STRING source;
    WCHAR text[3];
    assert_int_equal(RtlUnicodeStringInit(&source, L"xyz"), STATUS_SUCCESS);
    assert_int_equal(source.Length, 6);
    assert_int_equal(source.MaximumLength, 8);
    assert_int_equal(RtlStringCchCopyUnicodeString(text, 3, &source), STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(text, L"xy", sizeof text);
}

static void null_pointers_need_their_flag(struct machine *m) {
    (void)m;
    WCHAR text[4] = {'a', 'b', 'c', 'd'};
    UNICODE_STRING full = {4, sizeof text, text}, none = {0, 0, NULL},
                   source = RTL_CONSTANT_STRING(L"x");
    const WCHAR *nothing = NULL; /* keeps the compiler from looking */
    assert_int_equal(RtlUnicodeStringCopyString(&full, nothing), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringCatString(&full, nothing), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringPrintf(&full, nothing), STATUS_INVALID_PARAMETER);
    assert_int_equal(full.Length, 4);
    assert_int_equal(RtlUnicodeStringPrintfEx(NULL, NULL, STRSAFE_IGNORE_NULLS, L"x"),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringPrintfEx(NULL, NULL, STRSAFE_IGNORE_NULLS, nothing),
                     STATUS_SUCCESS);
    assert_int_equal(RtlUnicodeStringCopy(&none, &source), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringPrintf(&none, L"x"), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringCopyEx(NULL, NULL, NULL, STRSAFE_IGNORE_NULLS | 0x40000000),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchCopyUnicodeString(text, 4, &none), STATUS_SUCCESS);
    assert_int_equal(text[0], 0);
}

static void what_may_not_be_cut_is_not_written(struct machine *m) {
    (void)m;
    WCHAR text[4] = {'a', 'b', 'c', 'd'};
    UNICODE_STRING full = {4, sizeof text, text};
    assert_int_equal(RtlUnicodeStringPrintfEx(&full, NULL, STRSAFE_NO_TRUNCATION, L"%d", 12345),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(full.Length, 4);
    assert_memory_equal(text, L"abcd", sizeof text);
    assert_int_equal(RtlUnicodeStringPrintfEx(&full, NULL, STRSAFE_NO_TRUNCATION, L"%d", 1234),
                     STATUS_SUCCESS);
    assert_int_equal(full.Length, 8);
    assert_memory_equal(text, L"1234", sizeof text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(copying_and_appending_use_all_room),
        wdmsim_unit_test(no_truncation_keeps_the_length),
        wdmsim_unit_test(a_broken_string_is_refused),
        wdmsim_unit_test(formatting_sets_the_length),
        wdmsim_unit_test(a_counted_string_becomes_a_terminated_one),
        wdmsim_unit_test(null_pointers_need_their_flag),
        wdmsim_unit_test(what_may_not_be_cut_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
