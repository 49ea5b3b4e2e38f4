/* Check numbers and GUIDs as text, and the random numbers of a seed. */
#include "wide.h"

static void integers_become_text(struct machine *m) {
    (void)m;
    WCHAR buffer[40];
    UNICODE_STRING s = {0, sizeof buffer, buffer};
    assert_int_equal(RtlIntegerToUnicodeString(1234, 0, &s), STATUS_SUCCESS);
    assert_unicode(&s, L"1234");
    assert_int_equal(buffer[4], 0);
    RtlIntegerToUnicodeString(0xFFFFFFFF, 16, &s);
    assert_unicode(&s, L"FFFFFFFF");
    RtlIntegerToUnicodeString(9, 8, &s);
    assert_unicode(&s, L"11");
    RtlIntegerToUnicodeString(0, 2, &s);
    assert_unicode(&s, L"0");
    RtlInt64ToUnicodeString(0xFFFFFFFFFFFFFFFFull, 10, &s);
    assert_unicode(&s, L"18446744073709551615");
    assert_int_equal(RtlIntegerToUnicodeString(1, 7, &s), STATUS_INVALID_PARAMETER);
    s.MaximumLength = 8; /* no room for the null */
    buffer[0] = '#';
    assert_int_equal(RtlIntegerToUnicodeString(1234, 10, &s), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(buffer[0], '#');
    s.MaximumLength = 10;
    assert_int_equal(RtlIntegerToUnicodeString(1234, 10, &s), STATUS_SUCCESS);
}

/* The examples of the reference page, and prefixes. */
static void text_becomes_integers(struct machine *m) {
    (void)m;
    static const struct {
        const WCHAR *text;
        ULONG base;
        LONG value;
    } rows[] = {
        {L"123", 10, 123},     {L"-345", 10, -345},       {L"xyz", 10, 0},
        {L"+678abc", 10, 678}, {L"+678abc", 16, 6785724}, {L"007", 10, 7},
        {L"789", 8, 7},        {L"FGH", 16, 15},          {L" ", 10, 0},
        {L"0x1F", 0, 31},      {L"0o17", 0, 15},          {L"0b101", 0, 5},
        {L"017", 0, 17},       {L"\t -0x10", 0, -16},     {L"0x10", 16, 0},
        {L"--1", 10, 0},
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        UNICODE_STRING s;
        ULONG value = 77;
        RtlInitUnicodeString(&s, rows[i].text);
        assert_int_equal(RtlUnicodeStringToInteger(&s, rows[i].base, &value), STATUS_SUCCESS);
        assert_int_equal((LONG)value, rows[i].value);
    }
}

static void text_that_is_no_number_is_refused(struct machine *m) {
    (void)m;
    UNICODE_STRING none = {0, 0, NULL}, one = RTL_CONSTANT_STRING(L"1");
    ULONG value = 77;
    assert_int_equal(RtlUnicodeStringToInteger(&none, 10, &value), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringToInteger(&one, 11, &value), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlCharToInteger("1", 3, &value), STATUS_INVALID_PARAMETER);
    assert_int_equal(value, 77);
}

static void the_counted_length_ends_a_number(struct machine *m) {
    (void)m;
    UNICODE_STRING s = {4, 4, L"1234"};
    ULONG value;
    RtlUnicodeStringToInteger(&s, 10, &value);
    assert_int_equal(value, 12);
}

static void narrow_text_becomes_integers(struct machine *m) {
    (void)m;
    ULONG value;
    assert_int_equal(RtlCharToInteger("0xff", 0, &value), STATUS_SUCCESS);
    assert_int_equal(value, 255);
    assert_int_equal(RtlCharToInteger(" -12z", 10, &value), STATUS_SUCCESS);
    assert_int_equal((LONG)value, -12);
}

static void long_numbers_tell_where_they_end(struct machine *m) {
    (void)m;
    UNICODE_STRING s = RTL_CONSTANT_STRING(L"-5000000000,");
    LONG64 value;
    PWSTR end;
    assert_int_equal(RtlUnicodeStringToInt64(&s, 10, &value, &end), STATUS_SUCCESS);
    assert_true(value == -5000000000ll);
    assert_int_equal(*end, ',');
}

static void guids_go_both_ways(struct machine *m) {
    (void)m;
    static const GUID guid = {
        0x01234567, 0x89AB, 0xCDEF, {1, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF}};
    UNICODE_STRING s, lower = RTL_CONSTANT_STRING(L"{01234567-89ab-cdef-0123-456789abcdef}");
    GUID back;
    assert_int_equal(RtlStringFromGUID(&guid, &s), STATUS_SUCCESS);
    assert_unicode(&s, L"{01234567-89AB-CDEF-0123-456789ABCDEF}");
    assert_int_equal(s.MaximumLength, 78);
    assert_int_equal(RtlGUIDFromString(&s, &back), STATUS_SUCCESS);
    assert_memory_equal(&back, &guid, sizeof guid);
    RtlFreeUnicodeString(&s);
    memset(&back, 0, sizeof back);
    assert_int_equal(RtlGUIDFromString(&lower, &back), STATUS_SUCCESS);
    assert_memory_equal(&back, &guid, sizeof guid);
}

static void ill_formed_guids_are_refused(struct machine *m) {
    (void)m;
    static const WCHAR *const bad[] = {
        L"",
        L"{",
        L"01234567-89AB-CDEF-0123-456789ABCDEF",
        L"{01234567-89AB-CDEF-0123-456789ABCDEF",
        L"{0123456-789AB-CDEF-0123-456789ABCDEF}",
        L"{01234567-89AB-CDEF-0123-456789ABCDEG}",
        L"{01234567-89AB-CDEF-0123-456789ABCDEF)",
    };
    for (size_t i = 0; i < RTL_NUMBER_OF(bad); i++) {
        UNICODE_STRING s;
        GUID guid, before;
        memset(&guid, 0x5A, sizeof guid);
        before = guid;
        RtlInitUnicodeString(&s, bad[i]);
        assert_int_equal(RtlGUIDFromString(&s, &guid), STATUS_INVALID_PARAMETER);
        assert_memory_equal(&guid, &before, sizeof guid);
    }
}

static void large_integers_keep_the_sign(struct machine *m) {
    (void)m;
    assert_true(RtlConvertLongToLargeInteger(-2).QuadPart == -2);
    assert_true(RtlConvertUlongToLargeInteger(0xFFFFFFFE).QuadPart == 0xFFFFFFFELL);
}

static void a_seed_determines_random_numbers(struct machine *m) {
    (void)m;
    ULONG a = 42, b = 42, c = 43, different = 0;
    for (int i = 0; i < 1000; i++) {
        ULONG x = RtlRandomEx(&a);
        assert_int_equal(x, RtlRandomEx(&b));
        assert_true(x < MAXLONG);
        different += x != RtlRandomEx(&c);
    }
    assert_true(different > 990);
    a = 7;
    b = RtlRandom(&a);
    assert_true(b < MAXLONG);
    assert_int_not_equal(RtlRandom(&a), b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(integers_become_text),
        wdmsim_unit_test(text_becomes_integers),
        wdmsim_unit_test(text_that_is_no_number_is_refused),
        wdmsim_unit_test(the_counted_length_ends_a_number),
        wdmsim_unit_test(narrow_text_becomes_integers),
        wdmsim_unit_test(long_numbers_tell_where_they_end),
        wdmsim_unit_test(guids_go_both_ways),
        wdmsim_unit_test(ill_formed_guids_are_refused),
        wdmsim_unit_test(large_integers_keep_the_sign),
        wdmsim_unit_test(a_seed_determines_random_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
