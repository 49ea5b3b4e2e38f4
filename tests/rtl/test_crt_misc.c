/* Check random numbers, conversions by the code page, and sscanf of the C run-time. */
#include <stdio.h>
#include <stdlib.h>
#include "wide.h"

static void random_numbers_repeat_with_their_seed(struct machine *m) {
    (void)m;
    int first[8];
    for (int i = 0; i < 8; i++) {
        first[i] = rand();
        assert_in_range(first[i], 0, 32767);
    }
    srand(1); /* what a fresh machine begins with */
    for (int i = 0; i < 8; i++)
        assert_int_equal(rand(), first[i]);
    srand(2);
    assert_int_not_equal(rand(), first[0]);
}

static void text_changes_its_width(struct machine *m) {
    (void)m;
    char narrow[8];
    WCHAR wide[8];
    assert_int_equal(wcstombs(narrow, L"a\x20AC", sizeof narrow), 2);
    assert_string_equal(narrow, "a\x80");
    assert_int_equal(wcstombs(NULL, L"abc", 0), 3);
    assert_int_equal(wcstombs(narrow, L"abcd", 2), 2);
    assert_int_equal(mbstowcs(wide, "\x80z", 8), 2);
    assert_wide(wide, L"\x20ACz");
    assert_int_equal(mbtowc(wide, "q", 1), 1);
    assert_int_equal(wide[0], 'q');
    assert_int_equal(mbtowc(wide, "", 1), 0);
    assert_int_equal(wctomb(narrow, 0x20AC), 1);
    assert_int_equal((UCHAR)narrow[0], 0x80);
}

static void numbers_are_scanned(struct machine *m) {
    (void)m;
    LONG a = 0, b = 0, n = 0;
    LONG64 c = 0;
    SHORT s = 0;
    assert_int_equal(sscanf("12 -0x1F,9000000000", "%ld %li,%I64d%n", &a, &b, &c, &n), 3);
    assert_int_equal(a, 12);
    assert_int_equal(b, -31);
    assert_true(c == 9000000000ll);
    assert_int_equal(n, 19);
    assert_int_equal(sscanf("70000", "%hd", &s), 1);
    assert_int_equal(s, (SHORT)70000);
    assert_int_equal(sscanf("ff 17", "%x %o", &a, &b), 2);
    assert_int_equal(a, 255);
    assert_int_equal(b, 15);
    assert_int_equal(sscanf("1234", "%2d%d", &a, &b), 2);
    assert_int_equal(a, 12);
    assert_int_equal(b, 34);
}

static void words_are_scanned(struct machine *m) {
    (void)m;
    char word[16], set[16], c[2];
    assert_int_equal(sscanf("  key=value;x", "%[a-z ]=%15[^;];%c", word, set, c), 3);
    assert_string_equal(word, "  key");
    assert_string_equal(set, "value");
    assert_int_equal(c[0], 'x');
    assert_int_equal(sscanf("one two", "%*s %3s", word), 1);
    assert_string_equal(word, "two");
}

static void sizes_of_buffers_bound_what_is_scanned(struct machine *m) {
    (void)m;
    char word[8], set[4], c[2];
    int n = 0;
    assert_int_equal(sscanf_s("one ab=7x", "%s %[a-z]=%d%c", word, 8u, set, 4u, &n, c, 2u), 4);
    assert_string_equal(word, "one");
    assert_string_equal(set, "ab");
    assert_int_equal(n, 7);
    assert_int_equal(c[0], 'x');
    memset(word, 'z', sizeof word);
    assert_int_equal(sscanf_s("5 four", "%d %s", &n, word, 4u), 1);
    assert_int_equal(word[0], 0);
    assert_int_equal(word[1], 'z');
    assert_int_equal(sscanf_s("5 fou", "%d %s", &n, word, 4u), 2);
    assert_string_equal(word, "fou");
    assert_int_equal(sscanf_s("ab", "%2c", c, 1u), 0);
    assert_int_equal(sscanf_s("skip it", "%*s %s", word, 8u), 1);
    assert_string_equal(word, "it");
}

static void scanning_stops_where_it_fails(struct machine *m) {
    (void)m;
    int a = 5, b = 6;
    assert_int_equal(sscanf("1 x", "%d %d", &a, &b), 1);
    assert_int_equal(a, 1);
    assert_int_equal(b, 6);
    assert_int_equal(sscanf("x", "%d", &a), 0);
    assert_int_equal(sscanf("", "%d", &a), EOF);
    assert_int_equal(sscanf("a:1", "b:%d", &a), 0);
    assert_int_equal(sscanf("50%", "%d%%", &a), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(random_numbers_repeat_with_their_seed),
        wdmsim_unit_test(text_changes_its_width),
        wdmsim_unit_test(numbers_are_scanned),
        wdmsim_unit_test(words_are_scanned),
        wdmsim_unit_test(sizes_of_buffers_bound_what_is_scanned),
        wdmsim_unit_test(scanning_stops_where_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
