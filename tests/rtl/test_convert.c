/* Check conversions between 16-bit text and the ANSI and OEM code pages. */
#include "wide.h"

static void ansi_becomes_unicode_in_a_buffer(struct machine *m) {
    (void)m;
    WCHAR buffer[6];
    UNICODE_STRING to = {0, 10, buffer};
    ANSI_STRING from = RTL_CONSTANT_STRING("a\x80\xE9z");
    assert_int_equal(RtlAnsiStringToUnicodeSize(&from), 10);
    assert_int_equal(RtlxAnsiStringToUnicodeSize(&from), 10);
    assert_int_equal(RtlAnsiStringToUnicodeString(&to, &from, FALSE), STATUS_SUCCESS);
    assert_unicode(&to, L"a\x20AC\x00E9z");
    assert_int_equal(buffer[4], 0);
    to.MaximumLength = 8;
    assert_int_equal(RtlAnsiStringToUnicodeString(&to, &from, FALSE), STATUS_BUFFER_OVERFLOW);
}

static void ansi_becomes_unicode_in_new_memory(struct machine *m) {
    (void)m;
    UNICODE_STRING to;
    ANSI_STRING from = RTL_CONSTANT_STRING("device"), none = {0, 0, NULL};
    assert_int_equal(RtlAnsiStringToUnicodeString(&to, &from, TRUE), STATUS_SUCCESS);
    assert_unicode(&to, L"device");
    assert_int_equal(to.MaximumLength, 14);
    RtlFreeUnicodeString(&to);
    assert_int_equal(RtlAnsiStringToUnicodeString(&to, &none, TRUE), STATUS_SUCCESS);
    assert_int_equal(to.Length, 0);
    RtlFreeUnicodeString(&to);
}

static void a_string_too_long_for_unicode_is_refused(struct machine *m) {
    (void)m;
    static char text[40000];
    UNICODE_STRING to;
    ANSI_STRING from = {39999, 40000, text};
    assert_int_equal(RtlAnsiStringToUnicodeString(&to, &from, TRUE), STATUS_INVALID_PARAMETER_2);
}

static void unicode_becomes_ansi(struct machine *m) {
    (void)m;
    char buffer[8];
    ANSI_STRING to = {0, sizeof buffer, buffer};
    UNICODE_STRING from = RTL_CONSTANT_STRING(L"a\x20AC\x4E00z");
    assert_int_equal(RtlUnicodeStringToAnsiSize(&from), 5);
    assert_int_equal(RtlUnicodeStringToAnsiString(&to, &from, FALSE), STATUS_SUCCESS);
    assert_int_equal(to.Length, 4);
    assert_memory_equal(buffer, "a\x80?z", 5);
    to.MaximumLength = 4;
    assert_int_equal(RtlUnicodeStringToAnsiString(&to, &from, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(RtlUnicodeStringToAnsiString(&to, &from, TRUE), STATUS_SUCCESS);
    assert_int_equal(to.MaximumLength, 5);
    RtlFreeAnsiString(&to);
    assert_null(to.Buffer);
}

static void counted_strings_need_no_terminator(struct machine *m) {
    (void)m;
    char narrow[4] = "####";
    WCHAR wide[4] = {'#', '#', '#', '#'};
    OEM_STRING oem = {0, 3, narrow};
    UNICODE_STRING unicode = RTL_CONSTANT_STRING(L"ab\x00E9"), back = {0, 6, wide};
    assert_int_equal(RtlUnicodeStringToCountedOemString(&oem, &unicode, FALSE), STATUS_SUCCESS);
    assert_memory_equal(narrow, "ab\x82#", 4);
    assert_int_equal(RtlOemStringToCountedUnicodeString(&back, &oem, FALSE), STATUS_SUCCESS);
    assert_unicode(&back, L"ab\x00E9");
    assert_int_equal(wide[3], '#');
    assert_int_equal(RtlUnicodeStringToOemString(&oem, &unicode, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(RtlUpcaseUnicodeStringToCountedOemString(&oem, &unicode, FALSE), 0);
    assert_memory_equal(narrow, "AB\x90#", 4);
}

static void oem_strings_are_made_and_freed(struct machine *m) {
    (void)m;
    OEM_STRING oem;
    UNICODE_STRING from = RTL_CONSTANT_STRING(L"x\x00FCy"), back;
    assert_int_equal(RtlUpcaseUnicodeStringToOemString(&oem, &from, TRUE), STATUS_SUCCESS);
    assert_memory_equal(oem.Buffer, "X\x9AY", 4);
    assert_int_equal(RtlOemStringToUnicodeString(&back, &oem, TRUE), STATUS_SUCCESS);
    assert_unicode(&back, L"X\x00DCY");
    RtlFreeUnicodeString(&back);
    RtlFreeOemString(&oem);
    assert_null(oem.Buffer);
}

static void arrays_convert_what_fits(struct machine *m) {
    (void)m;
    WCHAR wide[4];
    char narrow[4];
    ULONG bytes = 77;
    assert_int_equal(RtlMultiByteToUnicodeN(wide, 5, &bytes, "abc", 3), STATUS_SUCCESS);
    assert_int_equal(bytes, 4);
    assert_int_equal(RtlUnicodeToMultiByteN(narrow, 2, &bytes, L"abc", 6), STATUS_SUCCESS);
    assert_int_equal(bytes, 2);
    assert_int_equal(RtlUpcaseUnicodeToMultiByteN(narrow, 4, &bytes, L"abc", 5), STATUS_SUCCESS);
    assert_int_equal(bytes, 2);
    assert_memory_equal(narrow, "AB", 2);
    assert_int_equal(RtlOemToUnicodeN(wide, sizeof wide, NULL, "\x82", 1), STATUS_SUCCESS);
    assert_int_equal(wide[0], 0xE9);
    assert_int_equal(RtlUpcaseUnicodeToOemN(narrow, 4, NULL, wide, 2), STATUS_SUCCESS);
    assert_int_equal((UCHAR)narrow[0], 0x90);
    assert_int_equal(RtlUnicodeToOemN(narrow, 4, NULL, wide, 2), STATUS_SUCCESS);
    assert_int_equal((UCHAR)narrow[0], 0x82);
    RtlMultiByteToUnicodeSize(&bytes, "abc", 3);
    assert_int_equal(bytes, 6);
    RtlUnicodeToMultiByteSize(&bytes, L"abc", 6);
    assert_int_equal(bytes, 3);
}

static void a_text_that_is_cut_is_a_warning_of_the_oem_routines(struct machine *m) {
    (void)m;
    WCHAR wide[4];
    char narrow[4];
    ULONG bytes;
    assert_int_equal(RtlOemToUnicodeN(wide, 5, &bytes, "abc", 3), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(bytes, 4);
    assert_int_equal(RtlUnicodeToOemN(narrow, 2, &bytes, L"abc", 6), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(bytes, 2);
    assert_memory_equal(narrow, "ab", 2);
    assert_int_equal(RtlUpcaseUnicodeToOemN(narrow, 1, &bytes, L"abc", 6), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(bytes, 1);
    assert_int_equal(RtlUpcaseUnicodeToMultiByteN(narrow, 1, &bytes, L"abc", 6), STATUS_SUCCESS);
    assert_int_equal(bytes, 1);
}

static void a_text_is_widened_where_it_stands(struct machine *m) {
    (void)m;
    union {
        char narrow[8];
        WCHAR wide[4];
    } text = {.narrow = "abc"};
    assert_int_equal(RtlOemToUnicodeN(text.wide, sizeof text, NULL, text.narrow, 4),
                     STATUS_SUCCESS);
    assert_memory_equal(text.wide, L"abc", 8);
}

static void counted_strings_are_not_made_of_other_pages_characters(struct machine *m) {
    (void)m;
    char narrow[4] = "####";
    OEM_STRING oem = {0, 4, narrow}, none = {7, 7, narrow};
    UNICODE_STRING chinese = RTL_CONSTANT_STRING(L"a\x4E00"),
                   asks = RTL_CONSTANT_STRING(L"\x00E1?");
    assert_int_equal(RtlUnicodeStringToCountedOemString(&oem, &chinese, FALSE),
                     STATUS_UNMAPPABLE_CHARACTER);
    assert_memory_equal(narrow, "####", 4);
    assert_int_equal(RtlUpcaseUnicodeStringToCountedOemString(&none, &chinese, TRUE),
                     STATUS_UNMAPPABLE_CHARACTER);
    assert_ptr_equal(none.Buffer, narrow); /* nothing was allocated */
    assert_int_equal(RtlUnicodeStringToCountedOemString(&oem, &asks, FALSE), STATUS_SUCCESS);
    assert_memory_equal(narrow, "\xA0?", 2);
    /* The page has no capital of that letter. */
    assert_int_equal(RtlUpcaseUnicodeStringToCountedOemString(&oem, &asks, FALSE), STATUS_SUCCESS);
    assert_memory_equal(narrow, "\xA0?", 2);
}

static void every_byte_survives_a_round_trip(struct machine *m) {
    (void)m;
    for (unsigned c = 0; c < 256; c++) {
        char from = (char)c, to = 0;
        WCHAR wide;
        RtlMultiByteToUnicodeN(&wide, 2, NULL, &from, 1);
        RtlUnicodeToMultiByteN(&to, 1, NULL, &wide, 2);
        assert_int_equal((UCHAR)to, c);
        RtlOemToUnicodeN(&wide, 2, NULL, &from, 1);
        RtlUnicodeToOemN(&to, 1, NULL, &wide, 2);
        assert_int_equal((UCHAR)to, c);
    }
}

static void oem_characters_are_told_from_others(struct machine *m) {
    (void)m;
    WCHAR c = 0xE9;
    assert_true(RtlIsValidOemCharacter(&c));
    assert_int_equal(c, 0xC9);
    c = 0x4E00;
    assert_false(RtlIsValidOemCharacter(&c));
    c = '?';
    assert_true(RtlIsValidOemCharacter(&c));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(ansi_becomes_unicode_in_a_buffer),
        wdmsim_unit_test(ansi_becomes_unicode_in_new_memory),
        wdmsim_unit_test(a_string_too_long_for_unicode_is_refused),
        wdmsim_unit_test(unicode_becomes_ansi),
        wdmsim_unit_test(counted_strings_need_no_terminator),
        wdmsim_unit_test(oem_strings_are_made_and_freed),
        wdmsim_unit_test(arrays_convert_what_fits),
        wdmsim_unit_test(a_text_that_is_cut_is_a_warning_of_the_oem_routines),
        wdmsim_unit_test(a_text_is_widened_where_it_stands),
        wdmsim_unit_test(counted_strings_are_not_made_of_other_pages_characters),
        wdmsim_unit_test(every_byte_survives_a_round_trip),
        wdmsim_unit_test(oem_characters_are_told_from_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
