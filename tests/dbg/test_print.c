/* Check that DbgPrint's text becomes one event per line, which says whether its line goes on, in
 * Windows' formats, as UTF-8, within 512 bytes. */
#include "messages.h"

static void a_message_is_an_event(struct machine *m) {
    assert_int_equal(DbgPrint("value %d of %s\n", 42, "echo"), STATUS_SUCCESS);
    assert_string_equal(messages_last(m), "value 42 of echo");
}

static void each_line_is_an_event(struct machine *m) {
    DbgPrint("one\r\ntwo\n\nthree");
    const struct messages *all = messages_read(m, WDMSIM_EVENT_MESSAGE);
    assert_int_equal(all->count, 4);
    assert_string_equal(all->text[0], "one");
    assert_string_equal(all->text[1], "two");
    assert_string_equal(all->text[2], "");
    assert_string_equal(all->text[3], "three");
}

static void count_open_lines(void *context, const struct wdmsim_event *event) {
    char *lines = context;
    if (event->kind == WDMSIM_EVENT_MESSAGE)
        strcat(lines, event->arguments[0] ? "+" : ".");
}

static void a_line_without_an_end_goes_on(struct machine *m) {
    char lines[16] = "";
    DbgPrint("one ");
    DbgPrint("two");
    DbgPrint("\n");
    DbgPrint("three\nfour");
    wdmsim_trace_read(m, 0, count_open_lines, lines);
    assert_string_equal(lines, "++..+");
}

static void windows_formats_are_understood(struct machine *m) {
    UNICODE_STRING wide = RTL_CONSTANT_STRING(L"\\Device\\Echo");
    ANSI_STRING narrow = RTL_CONSTANT_STRING("narrow");
    DbgPrint("%wZ %Z %ws %S %hs", &wide, &narrow, L"w", L"S", "h");
    assert_string_equal(messages_last(m), "\\Device\\Echo narrow w S h");
    DbgPrint("%lx %I64x %p", (ULONG)0xFFFFFFFF, 0x123456789AULL, (PVOID)(ULONG_PTR)0xABC);
    assert_string_equal(messages_last(m), "ffffffff 123456789a 0000000000000ABC");
}

static void wide_text_is_shown_as_utf8(struct machine *m) {
    static const WCHAR text[] = {0xE9, 0x20AC, 0xD83D, 0xDE00, 0xD800, 0};
    DbgPrint("%ws", text);
    assert_string_equal(messages_last(m), "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBD");
}

static void bytes_that_are_no_utf8_are_ansi(struct machine *m) {
    DbgPrint("%s", "caf\xE9 \x80 \xC3\xA9");
    assert_string_equal(messages_last(m), "caf\xC3\xA9 \xE2\x82\xAC \xC3\xA9");
}

static void a_call_sends_at_most_512_bytes(struct machine *m) {
    char text[600];
    memset(text, 'x', sizeof text);
    text[599] = 0;
    DbgPrint("%s", text);
    assert_int_equal(strlen(messages_last(m)), 512);
}

static void null_pointers_are_named(struct machine *m) {
    UNICODE_STRING empty = {0, 0, NULL};
    DbgPrint("%s %ws %wZ %wZ", NULL, NULL, NULL, &empty);
    assert_string_equal(messages_last(m), "(null) (null) (null) (null)");
}

static void floating_point_is_not_understood(struct machine *m) {
    DbgPrint("%f %d", 7);
    assert_string_equal(messages_last(m), "f 7");
}

static void narrow_text_prints_up_to_dirql(struct machine *m) {
    KIRQL irql;
    KeRaiseIrql(12, &irql);
    DbgPrint("from an %s\n", "ISR");
    KeLowerIrql(irql);
    assert_string_equal(messages_last(m), "from an ISR");
}

static void wide_text_prints_at_passive_level_alone(struct machine *m) {
    (void)m;
    KIRQL irql;
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    DbgPrint("%ws\n", L"dispatch");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_message_is_an_event),
        wdmsim_unit_test(each_line_is_an_event),
        wdmsim_unit_test(a_line_without_an_end_goes_on),
        wdmsim_unit_test(windows_formats_are_understood),
        wdmsim_unit_test(wide_text_is_shown_as_utf8),
        wdmsim_unit_test(bytes_that_are_no_utf8_are_ansi),
        wdmsim_unit_test(a_call_sends_at_most_512_bytes),
        wdmsim_unit_test(null_pointers_are_named),
        wdmsim_unit_test(floating_point_is_not_understood),
        wdmsim_unit_test(narrow_text_prints_up_to_dirql),
        wdmsim_unit_test(wide_text_prints_at_passive_level_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
