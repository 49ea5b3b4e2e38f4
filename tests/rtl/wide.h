/*
 * What the tests of strings share: comparing 16-bit text, which the host's functions do not know.
 */
#ifndef TESTS_RTL_WIDE_H
#define TESTS_RTL_WIDE_H

#include <ntifs.h>
#include <wdmsim/cmocka.h>

/* Fails with both texts unless they are the same `length` units. */
static inline void assert_units(const WCHAR *actual, const WCHAR *wanted, size_t length,
                                const char *file, int line) {
    char left[256], right[256];
    if (RtlCompareMemory(actual, wanted, length * sizeof(WCHAR)) == length * sizeof(WCHAR))
        return;
    _snprintf_s(left, sizeof left, _TRUNCATE, "%.*ws", (int)length, actual);
    _snprintf_s(right, sizeof right, _TRUNCATE, "%.*ws", (int)length, wanted);
    print_error("\"%s\" is not \"%s\"\n", left, right);
    _fail(file, line);
}

/* A literal, terminator included. */
#define assert_wide(actual, literal)                                                               \
    assert_units(actual, literal, sizeof(literal) / sizeof(WCHAR), __FILE__, __LINE__)

/* A UNICODE_STRING and a literal without its terminator. */
#define assert_unicode(string, literal)                                                            \
    do {                                                                                           \
        assert_int_equal((string)->Length, sizeof(literal) - sizeof(WCHAR));                       \
        assert_units((string)->Buffer, literal, sizeof(literal) / sizeof(WCHAR) - 1, __FILE__,     \
                     __LINE__);                                                                    \
    } while (0)

#endif
