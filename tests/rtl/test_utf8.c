/* Check conversions between UTF-16 and UTF-8, ill-formed text and small buffers included. */
#include "wide.h"

static void text_goes_both_ways(struct machine *m) {
    (void)m;
    static const WCHAR wide[] = {'a', 0xE9, 0x20AC, 0xD83D, 0xDE00};
    static const char narrow[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
    char buffer[16];
    WCHAR back[8];
    ULONG size;
    assert_int_equal(RtlUnicodeToUTF8N(buffer, sizeof buffer, &size, wide, sizeof wide), 0);
    assert_int_equal(size, 10);
    assert_memory_equal(buffer, narrow, 10);
    assert_int_equal(RtlUTF8ToUnicodeN(back, sizeof back, &size, narrow, 10), STATUS_SUCCESS);
    assert_int_equal(size, sizeof wide);
    assert_memory_equal(back, wide, sizeof wide);
}

static void a_null_destination_asks_for_the_size(struct machine *m) {
    (void)m;
    ULONG size = 0;
    assert_int_equal(RtlUnicodeToUTF8N(NULL, 0, &size, L"\x20AC", 2), STATUS_SUCCESS);
    assert_int_equal(size, 3);
    assert_int_equal(RtlUTF8ToUnicodeN(NULL, 0, &size, "\xF0\x9F\x98\x80", 4), STATUS_SUCCESS);
    assert_int_equal(size, 4);
}

static void a_full_buffer_holds_whole_characters(struct machine *m) {
    (void)m;
    char buffer[4] = "####";
    WCHAR wide[2];
    ULONG size;
    assert_int_equal(RtlUnicodeToUTF8N(buffer, 3, &size, L"a\x20AC", 4), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 1);
    assert_memory_equal(buffer, "a###", 4);
    assert_int_equal(RtlUTF8ToUnicodeN(wide, 4, &size, "a\xF0\x9F\x98\x80", 5),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 2);
}

static void lone_surrogates_are_replaced(struct machine *m) {
    (void)m;
    static const WCHAR wide[] = {0xD800, 'x', 0xDC00};
    char buffer[8];
    ULONG size;
    assert_int_equal(RtlUnicodeToUTF8N(buffer, 8, &size, wide, 6), STATUS_SOME_NOT_MAPPED);
    assert_int_equal(size, 7);
    assert_memory_equal(buffer, "\xEF\xBF\xBDx\xEF\xBF\xBD", 7);
    assert_int_equal(RtlUnicodeToUTF8N(buffer, 8, &size, L"\xFFFD", 2), STATUS_SUCCESS);
}

static void ill_formed_bytes_are_replaced(struct machine *m) {
    (void)m;
    static const char *const bad[] = {"\x80", "\xC0\x80", "\xED\xA0\x80",
                                      "\xF5", "\xE2\x82", "\xF4\x90"};
    WCHAR wide[8];
    ULONG size;
    for (size_t i = 0; i < RTL_NUMBER_OF(bad); i++) {
        assert_int_equal(RtlUTF8ToUnicodeN(wide, sizeof wide, &size, bad[i], (ULONG)strlen(bad[i])),
                         STATUS_SOME_NOT_MAPPED);
        assert_int_equal(wide[0], 0xFFFD);
    }
}

static void parameters_are_checked(struct machine *m) {
    (void)m;
    char buffer[4];
    WCHAR wide[4];
    ULONG size;
    assert_int_equal(RtlUnicodeToUTF8N(NULL, 0, NULL, L"a", 2), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeToUTF8N(buffer, 4, &size, NULL, 2), STATUS_INVALID_PARAMETER_4);
    assert_int_equal(RtlUnicodeToUTF8N(buffer, 4, &size, L"a", 1), STATUS_INVALID_PARAMETER_5);
    assert_int_equal(RtlUTF8ToUnicodeN(NULL, 0, NULL, "a", 1), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUTF8ToUnicodeN(wide, 8, &size, NULL, 1), STATUS_INVALID_PARAMETER_4);
}

static void counted_strings_are_converted_whole_or_not_at_all(struct machine *m) {
    (void)m;
    UNICODE_STRING wide = RTL_CONSTANT_STRING(L"\x20AC x"), back;
    UTF8_STRING narrow;
    assert_int_equal(RtlUnicodeStringToUTF8String(&narrow, &wide, TRUE), STATUS_SUCCESS);
    assert_int_equal(narrow.Length, 5);
    assert_memory_equal(narrow.Buffer, "\xE2\x82\xAC x", 6);
    assert_int_equal(RtlUTF8StringToUnicodeString(&back, &narrow, TRUE), STATUS_SUCCESS);
    assert_unicode(&back, L"\x20AC x");
    back.MaximumLength = 4;
    memset(back.Buffer, '#', 6);
    assert_int_equal(RtlUTF8StringToUnicodeString(&back, &narrow, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(back.Buffer, "######", 6);
    assert_int_equal(back.Length, 6);
    narrow.MaximumLength = 4;
    narrow.Length = 1;
    assert_int_equal(RtlUnicodeStringToUTF8String(&narrow, &wide, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(narrow.Length, 1);
    narrow.MaximumLength = 5;
    assert_int_equal(RtlUnicodeStringToUTF8String(&narrow, &wide, FALSE), STATUS_SUCCESS);
    assert_int_equal(narrow.Length, 5);
    RtlFreeUnicodeString(&back);
    RtlFreeUTF8String(&narrow);
    assert_null(narrow.Buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(text_goes_both_ways),
        wdmsim_unit_test(a_null_destination_asks_for_the_size),
        wdmsim_unit_test(a_full_buffer_holds_whole_characters),
        wdmsim_unit_test(lone_surrogates_are_replaced),
        wdmsim_unit_test(ill_formed_bytes_are_replaced),
        wdmsim_unit_test(parameters_are_checked),
        wdmsim_unit_test(counted_strings_are_converted_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
