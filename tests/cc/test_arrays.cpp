/* Check that C++ finds the size of a destination that is an array, in every function that has it.
 */
#include <ntddk.h>

#include <stdio.h>

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s\n", __LINE__, #condition);                                         \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

enum { INVALID = 22, RANGE = 34 };

static int format(char (&buffer)[4], const char *text, ...) {
    va_list arguments;
    va_start(arguments, text);
    int length = vsprintf_s(buffer, text, arguments);
    va_end(arguments);
    return length;
}

static int format_some(wchar_t (&buffer)[4], const wchar_t *text, ...) {
    va_list arguments;
    va_start(arguments, text);
    int length = _vsnwprintf_s(buffer, _TRUNCATE, text, arguments);
    va_end(arguments);
    return length;
}

static void narrow() {
    char text[4];
    CHECK(strcpy_s(text, "abc") == 0 && !strcmp(text, "abc"));
    CHECK(strcpy_s(text, "abcd") == RANGE && !*text);
    CHECK(strcpy_s(text, 2, "a") == 0); /* as in C */
    CHECK(strcat_s(text, "bc") == 0 && !strcmp(text, "abc"));
    CHECK(strcat_s(text, "d") == RANGE);
    CHECK(strncpy_s(text, "abcdef", _TRUNCATE) == 80 && !strcmp(text, "abc"));
    CHECK(strncpy_s(text, "xyz", 1) == 0 && strncat_s(text, "yz", 1) == 0 && !strcmp(text, "xy"));
    CHECK(_strupr_s(text) == 0 && !strcmp(text, "XY") && _strlwr_s(text) == 0);
    CHECK(_strset_s(text, 'q') == 0 && _strnset_s(text, 'p', 1) == 0 && !strcmp(text, "pq"));
    CHECK(_itoa_s(255, text, 16) == 0 && !strcmp(text, "ff"));
    CHECK(_ultoa_s(1000, text, 10) == RANGE && _ltoa_s(-7, text, 10) == 0);
    CHECK(_i64toa_s(-7, text, 10) == 0 && _ui64toa_s(77, text, 8) == 0 && !strcmp(text, "115"));
    CHECK(sprintf_s(text, "%d%c", 12, 'x') == 3 && !strcmp(text, "12x"));
    CHECK(sprintf_s(text, "%d", 1234) == -1 && !*text);
    CHECK(_snprintf_s(text, _TRUNCATE, "%d", 1234) == -1 && !strcmp(text, "123"));
    CHECK(_snprintf_s(text, sizeof text, 2, "%s", "ab") == 2); /* as in C */
    CHECK(format(text, "%s", "ok") == 2 && !strcmp(text, "ok"));
    CHECK(format(text, "%s", "long") == -1);
}

static void wide() {
    wchar_t text[4];
    CHECK(wcscpy_s(text, L"abc") == 0 && wcscpy_s(text, L"abcd") == RANGE && !*text);
    CHECK(wcscat_s(text, L"ab") == 0 && wcsncat_s(text, L"cd", 1) == 0 && !wcscmp(text, L"abc"));
    CHECK(wcsncpy_s(text, L"xyz", 2) == 0 && _wcsupr_s(text) == 0 && !wcscmp(text, L"XY"));
    CHECK(_wcslwr_s(text) == 0 && _wcsnset_s(text, L'a', 1) == 0 && !wcscmp(text, L"ay"));
    CHECK(_wcsset_s(text, L'b') == 0 && !wcscmp(text, L"bb"));
    CHECK(_itow_s(12, text, 10) == 0 && _ltow_s(1, text, 1) == INVALID);
    CHECK(_ultow_s(12, text, 2) == RANGE && _i64tow_s(12, text, 10) == 0);
    CHECK(_ui64tow_s(12, text, 10) == 0 && !wcscmp(text, L"12"));
    CHECK(swprintf_s(text, L"%s", L"abc") == 3 && swprintf_s(text, L"%s", L"abcd") == -1);
    CHECK(swprintf_s(text, 2, L"%d", 1) == 1); /* as in C */
    CHECK(_snwprintf_s(text, 2, L"%s", L"abcd") == -1 && !wcscmp(text, L"ab"));
    CHECK(format_some(text, L"%d", 12345) == -1 && !wcscmp(text, L"123"));
}

int main() {
    narrow();
    wide();
    return failures != 0;
}
