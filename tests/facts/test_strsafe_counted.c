/*
 * Check every safe string routine whose destination is a UNICODE_STRING, or whose source is one.
 *
 * Each family runs through one table of cases. A case gives the destination's text before and
 * after; '.' is a character that must be untouched, '#' the fill byte, '?' one that nobody
 * promises.
 */
#include <ntddk.h>
#include <ntstrsafe.h>
#include <wdmsim/cmocka.h>

enum { ROOM = 6, ALL = 1000 };

struct text_case {
    const char *before, *source; /* source may be NULL */
    size_t count;                /* of characters to take */
    ULONG flags;
    NTSTATUS status;
    const char *after; /* all characters of the buffer */
    size_t length;     /* of the text among them */
};

static const struct text_case copies[] = {
    {"xy", "", ALL, 0, STATUS_SUCCESS, "xy....", 0},
    {"xy", "abc", ALL, 0, STATUS_SUCCESS, "abc...", 3},
    {"", "abcdef", ALL, 0, STATUS_SUCCESS, "abcdef", 6},
    {"", "abcdefg", ALL, 0, STATUS_BUFFER_OVERFLOW, "abcdef", 6},
    {"", "abc", ALL, STRSAFE_FILL_BYTE('#'), STATUS_SUCCESS, "abc###", 3},
    {"", "abcdefg", ALL, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "......", 0},
    {"", "abcdefg", ALL, STRSAFE_FAILURE_BYTE('#'), STATUS_BUFFER_OVERFLOW, "######", 0},
    {"", "abcdefg", ALL, STRSAFE_ZERO_LENGTH_ON_FAILURE, STATUS_BUFFER_OVERFLOW, "??????", 0},
    {"xy", NULL, ALL, STRSAFE_IGNORE_NULLS, STATUS_SUCCESS, "xy....", 0},
    {"xy", "abc", ALL, 0x40000000, STATUS_INVALID_PARAMETER, "xy....", 2},
};

static const struct text_case counted_copies[] = {
    {"xy", "abc", 2, 0, STATUS_SUCCESS, "ab....", 2},
    {"xy", "abc", 0, 0, STATUS_SUCCESS, "xy....", 0},
    {"xy", "abc", 5, 0, STATUS_SUCCESS, "abc...", 3},
    {"", "abcdefgh", 6, 0, STATUS_SUCCESS, "abcdef", 6},
    {"", "abcdefgh", 7, 0, STATUS_BUFFER_OVERFLOW, "abcdef", 6},
    {"xy", "abc", 2, STRSAFE_FILL_BYTE('#'), STATUS_SUCCESS, "ab####", 2},
    {"", "abcdefgh", 7, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "......", 0},
};

static const struct text_case appends[] = {
    {"xy", "", ALL, 0, STATUS_SUCCESS, "xy....", 2},
    {"xy", "abc", ALL, 0, STATUS_SUCCESS, "xyabc.", 5},
    {"xy", "abcd", ALL, 0, STATUS_SUCCESS, "xyabcd", 6},
    {"xy", "abcde", ALL, 0, STATUS_BUFFER_OVERFLOW, "xyabcd", 6},
    {"xy", "a", ALL, STRSAFE_FILL_BYTE('#'), STATUS_SUCCESS, "xya###", 3},
    {"xy", "abcde", ALL, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "xy....", 2},
    {"xy", "abcde", ALL, STRSAFE_ZERO_LENGTH_ON_FAILURE, STATUS_BUFFER_OVERFLOW, "??????", 0},
    {"xy", NULL, ALL, STRSAFE_IGNORE_NULLS, STATUS_SUCCESS, "xy....", 2},
};

static const struct text_case counted_appends[] = {
    {"xy", "abc", 1, 0, STATUS_SUCCESS, "xya...", 3},
    {"xy", "abc", 0, 0, STATUS_SUCCESS, "xy....", 2},
    {"xy", "abcdef", 4, 0, STATUS_SUCCESS, "xyabcd", 6},
    {"xy", "abcdef", 5, 0, STATUS_BUFFER_OVERFLOW, "xyabcd", 6},
    {"xy", "abc", 1, STRSAFE_FILL_BYTE('#'), STATUS_SUCCESS, "xya###", 3},
    {"xy", "abcdef", 5, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "xy....", 2},
};

static size_t widen(WCHAR *to, const char *from) {
    size_t n = 0;
    for (; from[n]; n++)
        to[n] = (UCHAR)from[n];
    to[n] = 0;
    return n;
}

/* One case with everything that a form of call needs. */
struct trial {
    const struct text_case *c;
    WCHAR buffer[ROOM + 1], text[16];
    UNICODE_STRING dest, counted, rest;
    PUNICODE_STRING source; /* `counted`, or NULL */
    PWSTR string;           /* `text`, or NULL */
};

static void prepare(struct trial *t, const struct text_case *c) {
    memset(t, 0, sizeof *t);
    t->c = c;
    for (size_t i = 0; i < ROOM; i++)
        t->buffer[i] = '.';
    size_t length = widen(t->text, c->before);
    memcpy(t->buffer, t->text, length * sizeof(WCHAR));
    t->dest.Buffer = t->buffer;
    t->dest.Length = (USHORT)(length * sizeof(WCHAR));
    t->dest.MaximumLength = ROOM * sizeof(WCHAR);
    if (!c->source)
        return;
    length = widen(t->text, c->source);
    t->counted.Buffer = t->string = t->text;
    t->counted.Length = t->counted.MaximumLength = (USHORT)(length * sizeof(WCHAR));
    t->source = &t->counted;
}

static void judge(const char *name, const struct trial *t, NTSTATUS status, bool ex) {
    const struct text_case *c = t->c;
    if (status != c->status || t->dest.Length != c->length * sizeof(WCHAR))
        fail_msg("%s of \"%s\": status 0x%08x, length %u", name, c->source, (unsigned)status,
                 t->dest.Length);
    for (size_t i = 0; i < ROOM; i++) {
        WCHAR want = c->after[i] == '#' ? '#' * 0x101 : (UCHAR)c->after[i];
        if (want != '?' && t->buffer[i] != want)
            fail_msg("%s of \"%s\": character %zu is 0x%x", name, c->source, i, t->buffer[i]);
    }
    if (t->buffer[ROOM])
        fail_msg("%s of \"%s\" wrote behind the buffer", name, c->source);
    if (!ex || status == STATUS_INVALID_PARAMETER)
        return;
    if (t->rest.Buffer != t->buffer + c->length || t->rest.Length ||
        t->rest.MaximumLength != (ROOM - c->length) * sizeof(WCHAR))
        fail_msg("%s of \"%s\": the rest has %u bytes", name, c->source, t->rest.MaximumLength);
}

#define CASES(Routine, table, ex, call)                                                            \
    for (size_t i = 0; i < ARRAYSIZE(table); i++) {                                                \
        struct trial t;                                                                            \
        if (table[i].flags && !(ex))                                                               \
            continue;                                                                              \
        prepare(&t, &table[i]);                                                                    \
        NTSTATUS status = call;                                                                    \
        judge(#Routine, &t, status, ex);                                                           \
    }                                                                                              \
    (void)0

#define PLAIN(Routine, table, from) CASES(Routine, table, false, Routine(&t.dest, t.from))
#define COUNTED(Routine, table, from, unit)                                                        \
    CASES(Routine, table, false, Routine(&t.dest, t.from, t.c->count *unit))
#define PLAIN_EX(Routine, table, from)                                                             \
    CASES(Routine, table, true, Routine(&t.dest, t.from, &t.rest, t.c->flags))
#define COUNTED_EX(Routine, table, from, unit)                                                     \
    CASES(Routine, table, true, Routine(&t.dest, t.from, t.c->count *unit, &t.rest, t.c->flags))

static void copying(struct machine *m) {
    (void)m;
    PLAIN(RtlUnicodeStringCopy, copies, source);
    PLAIN_EX(RtlUnicodeStringCopyEx, copies, source);
    COUNTED(RtlUnicodeStringCchCopyN, counted_copies, source, 1);
    COUNTED_EX(RtlUnicodeStringCchCopyNEx, counted_copies, source, 1);
    COUNTED(RtlUnicodeStringCbCopyN, counted_copies, source, sizeof(WCHAR));
    COUNTED_EX(RtlUnicodeStringCbCopyNEx, counted_copies, source, sizeof(WCHAR));
    PLAIN(RtlUnicodeStringCopyString, copies, string);
    PLAIN_EX(RtlUnicodeStringCopyStringEx, copies, string);
    COUNTED(RtlUnicodeStringCchCopyStringN, counted_copies, string, 1);
    COUNTED_EX(RtlUnicodeStringCchCopyStringNEx, counted_copies, string, 1);
    COUNTED(RtlUnicodeStringCbCopyStringN, counted_copies, string, sizeof(WCHAR));
    COUNTED_EX(RtlUnicodeStringCbCopyStringNEx, counted_copies, string, sizeof(WCHAR));
}

static void appending(struct machine *m) {
    (void)m;
    PLAIN(RtlUnicodeStringCat, appends, source);
    PLAIN_EX(RtlUnicodeStringCatEx, appends, source);
    COUNTED(RtlUnicodeStringCchCatN, counted_appends, source, 1);
    COUNTED_EX(RtlUnicodeStringCchCatNEx, counted_appends, source, 1);
    COUNTED(RtlUnicodeStringCbCatN, counted_appends, source, sizeof(WCHAR));
    COUNTED_EX(RtlUnicodeStringCbCatNEx, counted_appends, source, sizeof(WCHAR));
    PLAIN(RtlUnicodeStringCatString, appends, string);
    PLAIN_EX(RtlUnicodeStringCatStringEx, appends, string);
    COUNTED(RtlUnicodeStringCchCatStringN, counted_appends, string, 1);
    COUNTED_EX(RtlUnicodeStringCchCatStringNEx, counted_appends, string, 1);
    COUNTED(RtlUnicodeStringCbCatStringN, counted_appends, string, sizeof(WCHAR));
    COUNTED_EX(RtlUnicodeStringCbCatStringNEx, counted_appends, string, sizeof(WCHAR));
}

/* The forms with a va_list, as functions with arguments. */
static NTSTATUS list_printf(PUNICODE_STRING dest, PCWSTR format, ...) {
    va_list list;
    va_start(list, format);
    NTSTATUS status = RtlUnicodeStringVPrintf(dest, format, list);
    va_end(list);
    return status;
}

static NTSTATUS list_printf_ex(PUNICODE_STRING dest, PUNICODE_STRING rest, ULONG flags,
                               PCWSTR format, ...) {
    va_list list;
    va_start(list, format);
    NTSTATUS status = RtlUnicodeStringVPrintfEx(dest, rest, flags, format, list);
    va_end(list);
    return status;
}

/* Formatting may use the room behind the text for itself, so only what follows the cases of copying
 * that end at the text or fill the rest. */
static void formatting(struct machine *m) {
    (void)m;
    static const struct text_case texts[] = {
        {"", "abc", ALL, 0, STATUS_SUCCESS, "abc???", 3},
        {"xy", "abcdef", ALL, 0, STATUS_SUCCESS, "abcdef", 6},
        {"xy", "abcdefg", ALL, 0, STATUS_BUFFER_OVERFLOW, "abcdef", 6},
        {"", "abc", ALL, STRSAFE_FILL_BYTE('#'), STATUS_SUCCESS, "abc###", 3},
        {"", "abcdefg", ALL, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "......", 0},
        {"", "abcdefg", ALL, STRSAFE_FAILURE_BYTE('#'), STATUS_BUFFER_OVERFLOW, "######", 0},
        {"", "abc", ALL, 0x40000000, STATUS_INVALID_PARAMETER, "......", 0},
    };
    CASES(RtlUnicodeStringPrintf, texts, false, RtlUnicodeStringPrintf(&t.dest, L"%s", t.string));
    CASES(RtlUnicodeStringVPrintf, texts, false, list_printf(&t.dest, L"%s", t.string));
    CASES(RtlUnicodeStringPrintfEx, texts, true,
          RtlUnicodeStringPrintfEx(&t.dest, &t.rest, t.c->flags, L"%s", t.string));
    CASES(RtlUnicodeStringVPrintfEx, texts, true,
          list_printf_ex(&t.dest, &t.rest, t.c->flags, L"%s", t.string));
}

static void a_counted_source_needs_no_null(struct machine *m) {
    (void)m;
    WCHAR letters[] = {'a', 'b', 'c', 'd'}, dest[4], *end;
    UNICODE_STRING source = {4, 8, letters};
    size_t left;
    assert_int_equal(RtlStringCchCopyUnicodeString(dest, 4, &source), STATUS_SUCCESS);
    assert_memory_equal(dest, L"ab", 6);
    assert_int_equal(RtlStringCbCopyUnicodeString(dest, sizeof dest, &source), STATUS_SUCCESS);
    assert_memory_equal(dest, L"ab", 6);
    source.Length = 8;
    assert_int_equal(RtlStringCbCopyUnicodeString(dest, sizeof dest, &source),
                     STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(dest, L"abc", 8);
    source.Length = 4;
    assert_int_equal(RtlStringCchCopyUnicodeStringEx(dest, 4, &source, &end, &left, 0),
                     STATUS_SUCCESS);
    assert_ptr_equal(end, dest + 2);
    assert_int_equal(left, 2);
    assert_int_equal(RtlStringCbCopyUnicodeStringEx(dest, sizeof dest, &source, &end, &left,
                                                    STRSAFE_FILL_BYTE('#')),
                     STATUS_SUCCESS);
    assert_int_equal(left, 4);
    assert_int_equal(dest[3], 0x2323);
    source.Length = 3;
    assert_int_equal(RtlStringCbCopyUnicodeString(dest, sizeof dest, &source),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(dest[0], 0);
}

static void initializing_refuses_what_is_too_long(struct machine *m) {
    (void)m;
    static WCHAR text[40000];
    UNICODE_STRING string;
    for (size_t i = 0; i < ARRAYSIZE(text) - 1; i++)
        text[i] = 'a';
    assert_int_equal(RtlUnicodeStringInitEx(&string, text, 0), STATUS_INVALID_PARAMETER);
    text[NTSTRSAFE_UNICODE_STRING_MAX_CCH - 1] = 0;
    assert_int_equal(RtlUnicodeStringInitEx(&string, text, 0), STATUS_SUCCESS);
    assert_int_equal(string.Length, 0xfffc);
    assert_ptr_equal(string.Buffer, text);
    assert_int_equal(RtlUnicodeStringInitEx(NULL, text, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringInitEx(NULL, text, STRSAFE_IGNORE_NULLS),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringInitEx(NULL, NULL, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    assert_int_equal(RtlUnicodeStringInit(NULL, text), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringInitEx(&string, NULL, 0), STATUS_SUCCESS);
    assert_null(string.Buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(copying),
        wdmsim_unit_test(appending),
        wdmsim_unit_test(formatting),
        wdmsim_unit_test(a_counted_source_needs_no_null),
        wdmsim_unit_test(initializing_refuses_what_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
