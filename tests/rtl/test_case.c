/* Check the upper and lower case of 16-bit characters and strings. */
#include "wide.h"

static void ascii_letters_change(struct machine *m) {
    (void)m;
    assert_int_equal(RtlUpcaseUnicodeChar('a'), 'A');
    assert_int_equal(RtlUpcaseUnicodeChar('z'), 'Z');
    assert_int_equal(RtlUpcaseUnicodeChar('['), '[');
    assert_int_equal(RtlUpcaseUnicodeChar('{'), '{');
    assert_int_equal(RtlDowncaseUnicodeChar('Z'), 'z');
    assert_int_equal(RtlDowncaseUnicodeChar('@'), '@');
}

static void other_scripts_change(struct machine *m) {
    (void)m;
    static const WCHAR pairs[][2] = {
        {0xE4, 0xC4},     {0xFF, 0x178},    {0x101, 0x100},   {0x17E, 0x17D},   {0x1DD, 0x18E},
        {0x3B1, 0x391},   {0x3C9, 0x3A9},   {0x430, 0x410},   {0x451, 0x401},   {0x561, 0x531},
        {0x1E01, 0x1E00}, {0x1F80, 0x1F88}, {0x2170, 0x2160}, {0x24D0, 0x24B6}, {0xFF41, 0xFF21},
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(pairs); i++) {
        assert_int_equal(RtlUpcaseUnicodeChar(pairs[i][0]), pairs[i][1]);
        assert_int_equal(RtlDowncaseUnicodeChar(pairs[i][1]), pairs[i][0]);
    }
}

static void characters_without_a_way_back_stay(struct machine *m) {
    (void)m;
    static const WCHAR still[] = {0xD7,  0xF7,  0xDF,  0xB5,   0x131,
                                  0x17F, 0x1C5, 0x5D0, 0x4E00, 0xD800};
    for (size_t i = 0; i < RTL_NUMBER_OF(still); i++)
        assert_int_equal(RtlUpcaseUnicodeChar(still[i]), still[i]);
    assert_int_equal(RtlDowncaseUnicodeChar(0x130), 0x130);
    assert_int_equal(RtlDowncaseUnicodeChar(0x212A), 0x212A);
}

static void upper_case_is_stable(struct machine *m) {
    (void)m;
    for (ULONG c = 0; c < 0x10000; c++) {
        WCHAR upper = RtlUpcaseUnicodeChar((WCHAR)c);
        assert_int_equal(RtlUpcaseUnicodeChar(upper), upper);
        if (upper != c && c != 0x3C2)
            assert_int_equal(RtlDowncaseUnicodeChar(upper), c);
    }
}

static void a_string_is_changed_into_a_buffer(struct machine *m) {
    (void)m;
    WCHAR buffer[8];
    UNICODE_STRING from = RTL_CONSTANT_STRING(L"aB\x00E9x"), to = {0, sizeof buffer, buffer};
    assert_int_equal(RtlUpcaseUnicodeString(&to, &from, FALSE), STATUS_SUCCESS);
    assert_unicode(&to, L"AB\x00C9X");
    assert_int_equal(RtlDowncaseUnicodeString(&to, &to, FALSE), STATUS_SUCCESS);
    assert_unicode(&to, L"ab\x00E9x");
    to.MaximumLength = 6;
    assert_int_equal(RtlUpcaseUnicodeString(&to, &from, FALSE), STATUS_BUFFER_OVERFLOW);
}

static void a_string_is_changed_into_new_memory(struct machine *m) {
    (void)m;
    UNICODE_STRING from = RTL_CONSTANT_STRING(L"new"), to;
    assert_int_equal(RtlUpcaseUnicodeString(&to, &from, TRUE), STATUS_SUCCESS);
    assert_unicode(&to, L"NEW");
    assert_int_equal(to.MaximumLength, 6);
    RtlFreeUnicodeString(&to);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(ascii_letters_change),
        wdmsim_unit_test(other_scripts_change),
        wdmsim_unit_test(characters_without_a_way_back_stay),
        wdmsim_unit_test(upper_case_is_stable),
        wdmsim_unit_test(a_string_is_changed_into_a_buffer),
        wdmsim_unit_test(a_string_is_changed_into_new_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
