/* Check the C run-time's functions with sizes: filling, paths, tokens, scanning of 16-bit text,
 * sorting with a context, blocks of 16-bit characters. */
#include <stdio.h>
#include <stdlib.h>
#include "wide.h"

enum { INVALID = 22, RANGE = 34 }; /* errno_t of Windows */

static void strings_are_filled(struct machine *m) {
    (void)m;
    char text[8] = "abcd";
    WCHAR wide[8] = L"abcd";
    assert_int_equal(_strset_s(text, 8, 'x'), 0);
    assert_string_equal(text, "xxxx");
    assert_int_equal(_strnset_s(text, 8, 'y', 2), 0);
    assert_string_equal(text, "yyxx");
    assert_int_equal(_strnset_s(text, 8, 'z', 100), 0);
    assert_string_equal(text, "zzzz");
    assert_int_equal(_strset_s(text, 4, 'x'), INVALID); /* no end within its buffer */
    assert_string_equal(text, "");
    assert_int_equal(_strset_s(NULL, 4, 'x'), INVALID);
    assert_int_equal(_wcsset_s(wide, 8, L'\x20AC'), 0);
    assert_wide(wide, L"\x20AC\x20AC\x20AC\x20AC");
    assert_int_equal(_wcsnset_s(wide, 8, L'w', 1), 0);
    assert_wide(wide, L"w\x20AC\x20AC\x20AC");
    assert_int_equal(_wcsset_s(wide, 4, L'x'), INVALID);
    assert_wide(wide, L"");
}

static void lengths_have_limits(struct machine *m) {
    (void)m;
    assert_int_equal(strnlen("abc", 2), 2);
    assert_int_equal(strnlen_s("abc", 5), 3);
    assert_int_equal(strnlen_s(NULL, 5), 0);
    assert_int_equal(wcsnlen_s(L"abc", 2), 2);
    assert_int_equal(wcsnlen_s(NULL, 2), 0);
}

static void numbers_become_text(struct machine *m) {
    (void)m;
    char text[12];
    WCHAR wide[12];
    assert_int_equal(_ltoa_s(-2147483647 - 1, text, 12, 10), 0);
    assert_string_equal(text, "-2147483648");
    assert_int_equal(_ltoa_s(-1, text, 11, 16), 0);
    assert_string_equal(text, "ffffffff");
    assert_int_equal(_ltoa_s(1000, text, 4, 10), RANGE);
    assert_string_equal(text, "");
    assert_int_equal(_ltow_s(255, wide, 12, 2), 0);
    assert_wide(wide, L"11111111");
    assert_int_equal(_ltow_s(1, wide, 12, 1), INVALID);
    assert_wide(_ltow(-5, wide, 10), L"-5");
    assert_true(_strtoui64("18446744073709551615", NULL, 10) == 0xffffffffffffffffull);
    assert_true(_strtoi64("-9", NULL, 10) == -9);
}

static void paths_are_put_together(struct machine *m) {
    (void)m;
    char path[20];
    WCHAR wide[20];
    assert_int_equal(_makepath_s(path, 20, "c", "\\folder", "name", "ext"), 0);
    assert_string_equal(path, "c:\\folder\\name.ext");
    assert_int_equal(_makepath_s(path, 20, "c:", "a/", "b", ".c"), 0);
    assert_string_equal(path, "c:a/b.c");
    assert_int_equal(_makepath_s(path, 20, NULL, "", "b", NULL), 0);
    assert_string_equal(path, "b");
    assert_int_equal(_makepath_s(path, 18, "c", "\\folder", "name", "ext"), RANGE);
    assert_string_equal(path, "");
    assert_int_equal(_makepath_s(NULL, 18, "c", "", "", ""), INVALID);
    assert_int_equal(_wmakepath_s(wide, 20, NULL, L"x", L"\x20AC", L"y"), 0);
    assert_wide(wide, L"x\\\x20AC.y");
}

static void paths_are_taken_apart(struct machine *m) {
    (void)m;
    char drive[3], folder[12], name[8], extension[8];
    WCHAR wide[8];
    assert_int_equal(
        _splitpath_s("d:\\a.b\\c/n.m.txt", drive, 3, folder, 12, name, 8, extension, 8), 0);
    assert_string_equal(drive, "d:");
    assert_string_equal(folder, "\\a.b\\c/");
    assert_string_equal(name, "n.m");
    assert_string_equal(extension, ".txt");
    assert_int_equal(_splitpath_s("plain", drive, 3, folder, 12, name, 8, extension, 8), 0);
    assert_string_equal(drive, "");
    assert_string_equal(folder, "");
    assert_string_equal(name, "plain");
    assert_string_equal(extension, "");
    assert_int_equal(_splitpath_s("\\12345678\\x", NULL, 0, NULL, 0, name, 8, NULL, 0), 0);
    assert_string_equal(name, "x");
    assert_int_equal(_splitpath_s("a.extension", drive, 3, folder, 12, name, 8, extension, 8),
                     RANGE);
    assert_string_equal(name, "");
    assert_int_equal(_splitpath_s("a", drive, 0, NULL, 0, name, 8, NULL, 0), INVALID);
    assert_int_equal(_splitpath_s(NULL, NULL, 0, NULL, 0, name, 8, NULL, 0), INVALID);
    assert_int_equal(_wsplitpath_s(L"x\\\x20AC.y", NULL, 0, NULL, 0, wide, 8, NULL, 0), 0);
    assert_wide(wide, L"\x20AC");
}

static void wide_tokens_are_cut_out(struct machine *m) {
    (void)m;
    WCHAR text[] = L",a,;b", *context = NULL;
    assert_wide(wcstok_s(text, L",;", &context), L"a");
    assert_wide(wcstok_s(NULL, L",;", &context), L"b");
    assert_null(wcstok_s(NULL, L",;", &context));
}

static void wide_text_is_scanned(struct machine *m) {
    (void)m;
    WCHAR word[8], one = 0;
    char narrow[8];
    int number = 0, consumed = 0;
    LONG64 large = 0;
    USHORT half = 0;
    assert_int_equal(swscanf(L" -12 0x1f abc", L"%d %hx %ws%n", &number, &half, word, &consumed),
                     3);
    assert_int_equal(number, -12);
    assert_int_equal(half, 0x1f);
    assert_wide(word, L"abc");
    assert_int_equal(consumed, 13);
    assert_int_equal(
        swscanf_s(L"\x20AC=77777777777 z", L"%[\x20A0-\x20AF]=%I64d %c", word, 8, &large, &one, 1),
        3);
    assert_wide(word, L"\x20AC");
    assert_true(large == 77777777777);
    assert_int_equal(one, 'z');
    assert_int_equal(swscanf_s(L"caf\xe9 \x20AC", L"%hs %S", narrow, 8, word, 8), 2);
    assert_string_equal(narrow, "caf\xe9");
    assert_string_equal((char *)word, "\x80");
    assert_int_equal(swscanf_s(L"too long", L"%s", word, 3), 0);
    assert_wide(word, L"");
    assert_int_equal(swscanf_s(L"]x", L"%[]]", word, 8), 1);
    assert_wide(word, L"]");
    assert_int_equal(swscanf_s(L"ab]c", L"%[^]]]%c", word, 8, &one, 1), 2);
    assert_wide(word, L"ab");
    assert_int_equal(one, 'c');
    assert_int_equal(swscanf_s(L"", L"%d", &number), -1);
}

static void a_part_of_the_text_is_scanned(struct machine *m) {
    (void)m;
    int number = 0;
    char word[8];
    WCHAR wide[8];
    assert_int_equal(_snscanf_s("1234 x", 2, "%d %s", &number, word, 8), 1);
    assert_int_equal(number, 12);
    assert_int_equal(_snwscanf_s(L"abcdef", 4, L"%2s%s", wide, 8, wide + 4, 4), 2);
    assert_wide(wide, L"ab");
    assert_wide(wide + 4, L"cd");
    assert_int_equal(sscanf("x y", "%S %ls", wide, wide + 4), 2);
    assert_wide(wide, L"x");
    assert_wide(wide + 4, L"y");
}

static int by_context(void *context, const void *left, const void *right) {
    (*(int *)context)++;
    return *(const short *)left - *(const short *)right;
}

static void arrays_are_sorted_and_searched(struct machine *m) {
    (void)m;
    short numbers[101], key = 77, absent = 300;
    int calls = 0;
    for (int i = 0; i < 101; i++)
        numbers[i] = (short)(i * 37 % 101);
    qsort_s(numbers, 101, sizeof *numbers, by_context, &calls);
    for (int i = 0; i < 101; i++)
        assert_int_equal(numbers[i], i);
    assert_in_range(calls, 101, 1500);
    calls = 0;
    assert_ptr_equal(bsearch_s(&key, numbers, 101, sizeof *numbers, by_context, &calls),
                     &numbers[77]);
    assert_in_range(calls, 1, 7);
    assert_null(bsearch_s(&absent, numbers, 101, sizeof *numbers, by_context, &calls));
    key = 0;
    assert_ptr_equal(bsearch_s(&key, numbers, 101, sizeof *numbers, by_context, &calls), numbers);
    assert_null(bsearch_s(&key, numbers, 0, sizeof *numbers, by_context, &calls));
}

static void blocks_of_wide_characters(struct machine *m) {
    (void)m;
    WCHAR block[6] = {'a', 0, 'b', 'c', 'd', 'e'};
    assert_int_equal(wmemcmp(block, L"a\0b", 3), 0);
    assert_true(wmemcmp(block, L"a\0c", 3) < 0);
    assert_ptr_equal(wmemchr(block, 'd', 6), block + 4);
    assert_null(wmemchr(block, 'd', 4));
    assert_ptr_equal(wmemmove(block + 1, block, 4), block + 1);
    assert_memory_equal(block, L"aa\0bce", 12);
    assert_int_equal(wmemmove_s(block, 2, L"xyz", 3), RANGE);
    assert_int_equal(wmemmove_s(block, 6, block + 1, 5), 0);
    assert_memory_equal(block, L"a\0bcee", 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(strings_are_filled),
        wdmsim_unit_test(lengths_have_limits),
        wdmsim_unit_test(numbers_become_text),
        wdmsim_unit_test(paths_are_put_together),
        wdmsim_unit_test(paths_are_taken_apart),
        wdmsim_unit_test(wide_tokens_are_cut_out),
        wdmsim_unit_test(wide_text_is_scanned),
        wdmsim_unit_test(a_part_of_the_text_is_scanned),
        wdmsim_unit_test(arrays_are_sorted_and_searched),
        wdmsim_unit_test(blocks_of_wide_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
