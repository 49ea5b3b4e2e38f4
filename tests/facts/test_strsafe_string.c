/* Check safe strings that end with a null: what is copied, when it is cut, what the flags do. */
#include <ntddk.h>
#include <ntstrsafe.h>
#include <wdmsim/cmocka.h>

static char buffer[8];

static void a_copy_that_fits_is_whole(struct machine *m) {
    (void)m;
    char *end;
    size_t left;
    assert_int_equal(RtlStringCchCopyA(buffer, 8, "1234567"), STATUS_SUCCESS);
    assert_string_equal(buffer, "1234567");
    assert_int_equal(RtlStringCchCopyExA(buffer, 8, "abc", &end, &left, 0), STATUS_SUCCESS);
    assert_ptr_equal(end, buffer + 3);
    assert_int_equal(left, 5);
    assert_int_equal(RtlStringCchCopyNA(buffer, 8, "abcdef", 2), STATUS_SUCCESS);
    assert_string_equal(buffer, "ab");
}

static void a_copy_too_long_is_cut_and_ended(struct machine *m) {
    (void)m;
    assert_int_equal(RtlStringCchCopyA(buffer, 8, "12345678"), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(buffer, "1234567");
    assert_int_equal(RtlStringCchCopyA(buffer, 0, "1"), STATUS_INVALID_PARAMETER);
}

static void appending_starts_at_the_null(struct machine *m) {
    (void)m;
    char unended[3] = {'a', 'b', 'c'};
    RtlStringCchCopyA(buffer, 8, "abc");
    assert_int_equal(RtlStringCchCatNA(buffer, 8, "xyz", 1), STATUS_SUCCESS);
    assert_string_equal(buffer, "abcx");
    assert_int_equal(RtlStringCchCatA(buffer, 8, "defgh"), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(buffer, "abcxdef");
    assert_int_equal(RtlStringCchCatA(unended, 3, "d"), STATUS_INVALID_PARAMETER);
}

static void byte_sizes_count_bytes(struct machine *m) {
    (void)m;
    WCHAR wide[5];
    size_t size;
    assert_int_equal(RtlStringCbCopyExW(wide, sizeof wide, L"ab", NULL, &size, 0), STATUS_SUCCESS);
    assert_int_equal(size, 6);
    assert_int_equal(RtlStringCbLengthW(wide, sizeof wide, &size), STATUS_SUCCESS);
    assert_int_equal(size, 4);
    assert_int_equal(RtlStringCchLengthW(wide, 2, &size), STATUS_INVALID_PARAMETER);
    assert_int_equal(size, 0);
}

static void flags_say_what_a_failure_leaves(struct machine *m) {
    (void)m;
    char *end;
    size_t left;
    assert_int_equal(
        RtlStringCchCopyExA(buffer, 8, "much too long", &end, &left, STRSAFE_NO_TRUNCATION),
        STATUS_BUFFER_OVERFLOW);
    assert_string_equal(buffer, "");
    assert_int_equal(left, 8);
    assert_int_equal(
        RtlStringCchCopyExA(buffer, 8, "much too long", NULL, NULL, STRSAFE_FAILURE_BYTE('#')),
        STATUS_BUFFER_OVERFLOW);
    assert_string_equal(buffer, "#######");
    assert_int_equal(RtlStringCchCopyExA(buffer, 8, "ab", NULL, NULL, STRSAFE_FILL_BYTE('!')),
                     STATUS_SUCCESS);
    assert_memory_equal(buffer, "ab\0!!!!!", 8);
    assert_int_equal(RtlStringCchCopyExA(NULL, 0, NULL, NULL, NULL, STRSAFE_IGNORE_NULLS),
                     STATUS_SUCCESS);
}

static void formatting_is_cut_too(struct machine *m) {
    (void)m;
    WCHAR wide[6];
    assert_int_equal(RtlStringCchPrintfA(buffer, 8, "%d", 1234567), STATUS_SUCCESS);
    assert_string_equal(buffer, "1234567");
    assert_int_equal(RtlStringCchPrintfA(buffer, 8, "%d", 12345678), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(buffer, "1234567");
    assert_int_equal(RtlStringCbPrintfW(wide, sizeof wide, L"%ws", L"hello!"),
                     STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(wide, L"hello", sizeof wide);
}

static void what_may_not_be_cut_is_not_written(struct machine *m) {
    (void)m;
    char *end;
    size_t left;
    RtlStringCchCopyA(buffer, 8, "before");
    assert_int_equal(
        RtlStringCchPrintfExA(buffer, 8, &end, &left, STRSAFE_NO_TRUNCATION, "%d", 12345678),
        STATUS_BUFFER_OVERFLOW);
    assert_string_equal(buffer, "before");
    assert_ptr_equal(end, buffer);
    assert_int_equal(
        RtlStringCchPrintfExA(buffer, 8, &end, &left, STRSAFE_NO_TRUNCATION, "%d", 1234567),
        STATUS_SUCCESS);
    assert_string_equal(buffer, "1234567");
}

static void null_pointers_need_their_flag(struct machine *m) {
    (void)m;
    const char *none = NULL; /* keeps the compiler from looking */
    assert_int_equal(RtlStringCchCopyA(NULL, 8, "a"), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchCopyA(buffer, 8, none), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchCatA(buffer, 8, none), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchPrintfA(buffer, 8, none), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchPrintfA(NULL, 8, "a"), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchCopyExA(NULL, 0, "a", NULL, NULL, STRSAFE_IGNORE_NULLS),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchCopyExA(buffer, 0, "a", NULL, NULL, STRSAFE_IGNORE_NULLS),
                     STATUS_INVALID_PARAMETER);
}

static void a_destination_without_a_null_can_be_emptied(struct machine *m) {
    char unended[3] = {'a', 'b', 'c'};
    (void)m;
    assert_int_equal(RtlStringCchCatExA(unended, 3, "d", NULL, NULL, STRSAFE_NULL_ON_FAILURE),
                     STATUS_INVALID_PARAMETER);
    assert_memory_equal(unended, "\0bc", 3);
    memset(unended, 'x', 3);
    assert_int_equal(RtlStringCchCatExA(unended, 3, "d", NULL, NULL, STRSAFE_FAILURE_BYTE('#')),
                     STATUS_INVALID_PARAMETER);
    assert_memory_equal(unended, "##\0", 3);
}

static void an_odd_byte_is_among_the_remaining(struct machine *m) {
    (void)m;
    WCHAR wide[4];
    size_t left;
    assert_int_equal(RtlStringCbCopyExW(wide, 7, L"a", NULL, &left, 0), STATUS_SUCCESS);
    assert_int_equal(left, 5);
    assert_int_equal(RtlStringCbCopyExW(wide, 7, L"abc", NULL, &left, 0), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(left, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_copy_that_fits_is_whole),
        wdmsim_unit_test(a_copy_too_long_is_cut_and_ended),
        wdmsim_unit_test(appending_starts_at_the_null),
        wdmsim_unit_test(byte_sizes_count_bytes),
        wdmsim_unit_test(flags_say_what_a_failure_leaves),
        wdmsim_unit_test(formatting_is_cut_too),
        wdmsim_unit_test(what_may_not_be_cut_is_not_written),
        wdmsim_unit_test(null_pointers_need_their_flag),
        wdmsim_unit_test(a_destination_without_a_null_can_be_emptied),
        wdmsim_unit_test(an_odd_byte_is_among_the_remaining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
