/*
 * Check every safe string routine that ends its result with a null: copy, append and format, sizes
 * in characters (Cch) and bytes (Cb), narrow (A) and wide (W), plain and Ex.
 *
 * Each family runs through one table of cases. A case gives the destination before, and all its
 * characters after: '.' is one that must be untouched, '#' the fill byte, '?' one that nobody
 * promises.
 */
#include <ntddk.h>
#include <ntstrsafe.h>
#include <wdmsim/cmocka.h>

enum { ROOM = 8, ALL = -1 };

struct text_case {
    const char *before; /* the destination's text; NULL: no null in all its room */
    const char *source; /* may be NULL */
    int count;          /* of characters to take, or ALL */
    size_t room;
    ULONG flags;
    NTSTATUS status;
    const char *after; /* `room` characters */
    size_t end;        /* where the result's null is */
};

static const struct text_case copies[] = {
    {"", "", ALL, 1, 0, STATUS_SUCCESS, "\0", 0},
    {"", "abc", ALL, 8, 0, STATUS_SUCCESS, "abc\0....", 3},
    {"", "abcdefg", ALL, 8, 0, STATUS_SUCCESS, "abcdefg\0", 7},
    {"", "abcdefgh", ALL, 8, 0, STATUS_BUFFER_OVERFLOW, "abcdefg\0", 7},
    {"", "a", ALL, 0, 0, STATUS_INVALID_PARAMETER, "", 0},
    {"", "abc", ALL, 8, STRSAFE_FILL_BYTE('#'), STATUS_SUCCESS, "abc\0####", 3},
    {"", "abcdefgh", ALL, 8, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "\0.......", 0},
    {"", "abcdefgh", ALL, 8, STRSAFE_FAILURE_BYTE('#'), STATUS_BUFFER_OVERFLOW, "#######\0", 7},
    {"", "abcdefgh", ALL, 8, STRSAFE_FAILURE_BYTE(0), STATUS_BUFFER_OVERFLOW, "\0\0\0\0\0\0\0\0",
     0},
    {"", "abcdefgh", ALL, 8, STRSAFE_NULL_ON_FAILURE, STATUS_BUFFER_OVERFLOW, "\0???????", 0},
    {"", NULL, ALL, 8, STRSAFE_IGNORE_NULLS, STATUS_SUCCESS, "\0.......", 0},
    {"", "abc", ALL, 8, 0x40000000, STATUS_INVALID_PARAMETER, "\0???????", 0},
};

static const struct text_case counted_copies[] = {
    {"", "abcdef", 2, 8, 0, STATUS_SUCCESS, "ab\0.....", 2},
    {"", "ab", 5, 8, 0, STATUS_SUCCESS, "ab\0.....", 2},
    {"", "abcdef", 0, 8, 0, STATUS_SUCCESS, "\0.......", 0},
    {"", "abcdefghi", 7, 8, 0, STATUS_SUCCESS, "abcdefg\0", 7},
    {"", "abcdefghi", 8, 8, 0, STATUS_BUFFER_OVERFLOW, "abcdefg\0", 7},
    {"", "abc", 3, 0, 0, STATUS_INVALID_PARAMETER, "", 0},
    {"", "abcdef", 2, 8, STRSAFE_FILL_BYTE('#'), STATUS_SUCCESS, "ab\0#####", 2},
    {"", "abcdefghi", 9, 8, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "\0.......", 0},
};

static const struct text_case appends[] = {
    {"", "abc", ALL, 8, 0, STATUS_SUCCESS, "abc\0....", 3},
    {"xy", "abc", ALL, 8, 0, STATUS_SUCCESS, "xyabc\0..", 5},
    {"xy", "abcde", ALL, 8, 0, STATUS_SUCCESS, "xyabcde\0", 7},
    {"xy", "abcdef", ALL, 8, 0, STATUS_BUFFER_OVERFLOW, "xyabcde\0", 7},
    {NULL, "a", ALL, 8, 0, STATUS_INVALID_PARAMETER, "........", 0},
    {"xy", NULL, ALL, 8, 0, STATUS_INVALID_PARAMETER, "xy\0.....", 2},
    {"xy", "a", ALL, 0, 0, STATUS_INVALID_PARAMETER, "", 0},
    {"xy", "a", ALL, 8, STRSAFE_FILL_BYTE('#'), STATUS_SUCCESS, "xya\0####", 3},
    {"xy", "abcdef", ALL, 8, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "xy\0.....", 2},
    {"xy", "abcdef", ALL, 8, STRSAFE_NULL_ON_FAILURE, STATUS_BUFFER_OVERFLOW, "\0???????", 0},
    {"xy", "abcdef", ALL, 8, STRSAFE_FAILURE_BYTE('#'), STATUS_BUFFER_OVERFLOW, "#######\0", 7},
    {"xy", NULL, ALL, 8, STRSAFE_IGNORE_NULLS, STATUS_SUCCESS, "xy\0.....", 2},
};

static const struct text_case counted_appends[] = {
    {"xy", "abcdef", 3, 8, 0, STATUS_SUCCESS, "xyabc\0..", 5},
    {"xy", "ab", 5, 8, 0, STATUS_SUCCESS, "xyab\0...", 4},
    {"xy", "ab", 0, 8, 0, STATUS_SUCCESS, "xy\0.....", 2},
    {"xy", "abcdefgh", 6, 8, 0, STATUS_BUFFER_OVERFLOW, "xyabcde\0", 7},
    {NULL, "a", 1, 8, 0, STATUS_INVALID_PARAMETER, "........", 0},
    {"xy", "abcdef", 1, 8, STRSAFE_FILL_BYTE('#'), STATUS_SUCCESS, "xya\0####", 3},
    {"xy", "abcdefgh", 6, 8, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "xy\0.....", 2},
};

#define FILLED(CHAR) ((CHAR)(sizeof(CHAR) == 1 ? '#' : '#' * 0x101))

/* The text of a case in the width under test. */
#define WIDEN(CHAR, to, from)                                                                      \
    do {                                                                                           \
        size_t n = 0;                                                                              \
        do                                                                                         \
            (to)[n] = (CHAR)(from)[n];                                                             \
        while ((from)[n++]);                                                                       \
    } while (0)

/* Compares all characters of the destination with what the case says. */
#define JUDGE(name, CHAR, c, status_, dest)                                                        \
    do {                                                                                           \
        if ((status_) != (c)->status)                                                              \
            fail_msg("%s of \"%s\": status 0x%08x", name, (c)->source, (unsigned)(status_));       \
        for (size_t at = 0; at < ROOM; at++) {                                                     \
            char want = at < (c)->room ? (c)->after[at] : '.';                                     \
            CHAR wanted = want == '#' ? FILLED(CHAR) : (CHAR)want;                                 \
            if (want != '?' && (dest)[at] != wanted)                                               \
                fail_msg("%s of \"%s\": character %zu is 0x%x", name, (c)->source, at,             \
                         (unsigned)(dest)[at]);                                                    \
        }                                                                                          \
    } while (0)

/* Where the Ex forms say that the result ends; they say nothing after an invalid parameter. */
#define JUDGE_END(name, c, dest, at_, left_, unit)                                                 \
    do {                                                                                           \
        if ((c)->status == STATUS_INVALID_PARAMETER)                                               \
            break;                                                                                 \
        if ((at_) != (dest) + (c)->end || (left_) != ((c)->room - (c)->end) * (unit))              \
            fail_msg("%s of \"%s\": end %zu, left %zu", name, (c)->source,                         \
                     (size_t)((at_) - (dest)), (left_));                                           \
    } while (0)

/* Runs the cases of one table, those with flags only if `ex`; `call` yields the status. */
#define CASES(Routine, CHAR, table, ex, unit_, call)                                               \
    for (size_t i = 0; i < ARRAYSIZE(table); i++) {                                                \
        const struct text_case *c = &table[i];                                                     \
        CHAR dest[ROOM], text[16], *source = c->source ? text : NULL, *end = NULL;                 \
        size_t left = 0, unit = (unit_);                                                           \
        if (c->flags && !(ex))                                                                     \
            continue;                                                                              \
        for (size_t at = 0; at < ROOM; at++)                                                       \
            dest[at] = '.';                                                                        \
        if (c->before)                                                                             \
            WIDEN(CHAR, dest, c->before);                                                          \
        if (c->source)                                                                             \
            WIDEN(CHAR, text, c->source);                                                          \
        if (c->before && !c->before[0] && c->room == 0)                                            \
            dest[0] = '.';                                                                         \
        NTSTATUS status = call;                                                                    \
        if (c->room == 0 && c->before)                                                             \
            for (size_t at = 0; at < ROOM; at++)                                                   \
                dest[at] = '.';                                                                    \
        JUDGE(#Routine, CHAR, c, status, dest);                                                    \
        if (ex)                                                                                    \
            JUDGE_END(#Routine, c, dest, end, left, unit);                                         \
    }

#define PLAIN(Routine, CHAR, unit, table)                                                          \
    CASES(Routine, CHAR, table, false, unit, Routine(dest, c->room *unit, source))                 \
    (void)0
#define COUNTED(Routine, CHAR, unit, table)                                                        \
    CASES(Routine, CHAR, table, false, unit,                                                       \
          Routine(dest, c->room *unit, source, (size_t)c->count *unit))                            \
    (void)0
#define PLAIN_EX(Routine, CHAR, unit, table)                                                       \
    CASES(Routine, CHAR, table, true, unit,                                                        \
          Routine(dest, c->room *unit, source, &end, &left, c->flags))                             \
    (void)0
#define COUNTED_EX(Routine, CHAR, unit, table)                                                     \
    CASES(Routine, CHAR, table, true, unit,                                                        \
          Routine(dest, c->room *unit, source, (size_t)c->count *unit, &end, &left, c->flags))     \
    (void)0

static void copying(struct machine *m) {
    (void)m;
    PLAIN(RtlStringCchCopyA, char, 1, copies);
    COUNTED(RtlStringCchCopyNA, char, 1, counted_copies);
    PLAIN_EX(RtlStringCchCopyExA, char, 1, copies);
    COUNTED_EX(RtlStringCchCopyNExA, char, 1, counted_copies);
    PLAIN(RtlStringCchCopyW, WCHAR, 1, copies);
    COUNTED(RtlStringCchCopyNW, WCHAR, 1, counted_copies);
    PLAIN_EX(RtlStringCchCopyExW, WCHAR, 1, copies);
    COUNTED_EX(RtlStringCchCopyNExW, WCHAR, 1, counted_copies);
    PLAIN(RtlStringCbCopyA, char, sizeof(char), copies);
    COUNTED(RtlStringCbCopyNA, char, sizeof(char), counted_copies);
    PLAIN_EX(RtlStringCbCopyExA, char, sizeof(char), copies);
    COUNTED_EX(RtlStringCbCopyNExA, char, sizeof(char), counted_copies);
    PLAIN(RtlStringCbCopyW, WCHAR, sizeof(WCHAR), copies);
    COUNTED(RtlStringCbCopyNW, WCHAR, sizeof(WCHAR), counted_copies);
    PLAIN_EX(RtlStringCbCopyExW, WCHAR, sizeof(WCHAR), copies);
    COUNTED_EX(RtlStringCbCopyNExW, WCHAR, sizeof(WCHAR), counted_copies);
}

static void appending(struct machine *m) {
    (void)m;
    PLAIN(RtlStringCchCatA, char, 1, appends);
    COUNTED(RtlStringCchCatNA, char, 1, counted_appends);
    PLAIN_EX(RtlStringCchCatExA, char, 1, appends);
    COUNTED_EX(RtlStringCchCatNExA, char, 1, counted_appends);
    PLAIN(RtlStringCchCatW, WCHAR, 1, appends);
    COUNTED(RtlStringCchCatNW, WCHAR, 1, counted_appends);
    PLAIN_EX(RtlStringCchCatExW, WCHAR, 1, appends);
    COUNTED_EX(RtlStringCchCatNExW, WCHAR, 1, counted_appends);
    PLAIN(RtlStringCbCatA, char, sizeof(char), appends);
    COUNTED(RtlStringCbCatNA, char, sizeof(char), counted_appends);
    PLAIN_EX(RtlStringCbCatExA, char, sizeof(char), appends);
    COUNTED_EX(RtlStringCbCatNExA, char, sizeof(char), counted_appends);
    PLAIN(RtlStringCbCatW, WCHAR, sizeof(WCHAR), appends);
    COUNTED(RtlStringCbCatNW, WCHAR, sizeof(WCHAR), counted_appends);
    PLAIN_EX(RtlStringCbCatExW, WCHAR, sizeof(WCHAR), appends);
    COUNTED_EX(RtlStringCbCatNExW, WCHAR, sizeof(WCHAR), counted_appends);
}

/* Formatting takes the cases of copying: the source is an argument, and the format itself in its
 * place when there is none. */
#define FORMATTED(Routine, CHAR, unit, format)                                                     \
    CASES(Routine, CHAR, copies, false, unit, Routine(dest, c->room *unit, format, source))        \
    (void)0
#define FORMATTED_EX(Routine, CHAR, unit, format)                                                  \
    CASES(Routine, CHAR, copies, true, unit,                                                       \
          Routine(dest, c->room *unit, &end, &left, c->flags, source ? format : NULL, source))     \
    (void)0

/* The forms with a va_list, as functions with arguments. */
#define WITH_LIST(Routine, CHAR)                                                                   \
    static NTSTATUS list_##Routine(CHAR *dest, size_t size, const CHAR *format, ...) {             \
        va_list list;                                                                              \
        va_start(list, format);                                                                    \
        NTSTATUS status = Routine(dest, size, format, list);                                       \
        va_end(list);                                                                              \
        return status;                                                                             \
    }
#define WITH_LIST_EX(Routine, CHAR)                                                                \
    static NTSTATUS list_##Routine(CHAR *dest, size_t size, CHAR **end, size_t *left, ULONG flags, \
                                   const CHAR *format, ...) {                                      \
        va_list list;                                                                              \
        va_start(list, format);                                                                    \
        NTSTATUS status = Routine(dest, size, end, left, flags, format, list);                     \
        va_end(list);                                                                              \
        return status;                                                                             \
    }

WITH_LIST(RtlStringCchVPrintfA, char)
WITH_LIST_EX(RtlStringCchVPrintfExA, char)
WITH_LIST(RtlStringCchVPrintfW, WCHAR)
WITH_LIST_EX(RtlStringCchVPrintfExW, WCHAR)
WITH_LIST(RtlStringCbVPrintfA, char)
WITH_LIST_EX(RtlStringCbVPrintfExA, char)
WITH_LIST(RtlStringCbVPrintfW, WCHAR)
WITH_LIST_EX(RtlStringCbVPrintfExW, WCHAR)

static void formatting(struct machine *m) {
    (void)m;
    FORMATTED(RtlStringCchPrintfA, char, 1, "%s");
    FORMATTED_EX(RtlStringCchPrintfExA, char, 1, "%s");
    FORMATTED(list_RtlStringCchVPrintfA, char, 1, "%s");
    FORMATTED_EX(list_RtlStringCchVPrintfExA, char, 1, "%s");
    FORMATTED(RtlStringCchPrintfW, WCHAR, 1, L"%s");
    FORMATTED_EX(RtlStringCchPrintfExW, WCHAR, 1, L"%s");
    FORMATTED(list_RtlStringCchVPrintfW, WCHAR, 1, L"%s");
    FORMATTED_EX(list_RtlStringCchVPrintfExW, WCHAR, 1, L"%s");
    FORMATTED(RtlStringCbPrintfA, char, sizeof(char), "%s");
    FORMATTED_EX(RtlStringCbPrintfExA, char, sizeof(char), "%s");
    FORMATTED(list_RtlStringCbVPrintfA, char, sizeof(char), "%s");
    FORMATTED_EX(list_RtlStringCbVPrintfExA, char, sizeof(char), "%s");
    FORMATTED(RtlStringCbPrintfW, WCHAR, sizeof(WCHAR), L"%s");
    FORMATTED_EX(RtlStringCbPrintfExW, WCHAR, sizeof(WCHAR), L"%s");
    FORMATTED(list_RtlStringCbVPrintfW, WCHAR, sizeof(WCHAR), L"%s");
    FORMATTED_EX(list_RtlStringCbVPrintfExW, WCHAR, sizeof(WCHAR), L"%s");
}

/* A string of n characters has its length within any larger bound, and none within n. */
#define LENGTH(Routine, CHAR, unit, text)                                                          \
    do {                                                                                           \
        size_t length = 77, whole = ARRAYSIZE(text) - 1;                                           \
        assert_int_equal(Routine(text, (whole + 1) * unit, &length), STATUS_SUCCESS);              \
        assert_int_equal(length, whole *unit);                                                     \
        assert_int_equal(Routine(text, 100 * unit, &length), STATUS_SUCCESS);                      \
        assert_int_equal(Routine(text, whole *unit, &length), STATUS_INVALID_PARAMETER);           \
        assert_int_equal(length, 0);                                                               \
        assert_int_equal(Routine(NULL, 10 * unit, &length), STATUS_INVALID_PARAMETER);             \
        assert_int_equal(Routine(text, ((size_t)NTSTRSAFE_MAX_CCH + 1) * unit, NULL),              \
                         STATUS_INVALID_PARAMETER);                                                \
    } while (0)

static void lengths(struct machine *m) {
    (void)m;
    LENGTH(RtlStringCchLengthA, char, 1, "hello");
    LENGTH(RtlStringCbLengthA, char, 1, "hello");
    LENGTH(RtlStringCchLengthW, WCHAR, 1, L"hello");
    LENGTH(RtlStringCbLengthW, WCHAR, sizeof(WCHAR), L"hello");
    LENGTH(RtlUnalignedStringCchLengthW, WCHAR, 1, L"hello");
    LENGTH(RtlUnalignedStringCbLengthW, WCHAR, sizeof(WCHAR), L"hello");
}

static void an_odd_address_is_no_obstacle(struct machine *m) {
    (void)m;
    char bytes[16];
    size_t length;
    memcpy(bytes + 1, L"abc", sizeof L"abc");
    PCWSTR odd = (PCWSTR)(PVOID)(bytes + 1);
    assert_int_equal(RtlUnalignedStringCchLengthW(odd, 7, &length), STATUS_SUCCESS);
    assert_int_equal(length, 3);
    assert_int_equal(RtlUnalignedStringCbLengthW(odd, 14, &length), STATUS_SUCCESS);
    assert_int_equal(length, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(copying),
        wdmsim_unit_test(appending),
        wdmsim_unit_test(formatting),
        wdmsim_unit_test(lengths),
        wdmsim_unit_test(an_odd_address_is_no_obstacle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
