/* Check the text that a WPP trace call leaves in the trace, for every kind of %!NAME!. */
#include "messages.h"

#ifdef __cplusplus
extern "C"
#endif
    void
    wdmsim_trace_message(const char *, int, const char *, const char *, const char *, ...);

#define TRACE(...)                                                                                 \
    wdmsim_trace_message("src/echo/queue.c", 120, "EchoRead",                                      \
                         "FLAGS=DBG_QUEUE LEVEL=TRACE_LEVEL_ERROR", __VA_ARGS__)

static const char *traced(struct machine *m) {
    const struct messages *messages = messages_read(m, WDMSIM_EVENT_TRACE_MESSAGE);
    assert_true(messages->count > 0);
    return messages->text[messages->count - 1];
}

static void the_place_is_known(struct machine *m) {
    TRACE("%!STDPREFIX!%!FUNC! %!FILE!:%!LINE! %!LEVEL! %!FLAGS! %d\n", 5);
    assert_string_equal(traced(m), "EchoRead queue.c:120 TRACE_LEVEL_ERROR DBG_QUEUE 5");
}

static void a_status_has_its_name(struct machine *m) {
    TRACE("%!STATUS! then %s", STATUS_PENDING, "more");
    assert_string_equal(traced(m), "0x00000103(STATUS_PENDING) then more");
    TRACE("%!STATUS!", 0x20001234);
    assert_string_equal(traced(m), "0x20001234(unknown)");
}

static void identifiers_are_taken_by_pointer(struct machine *m) {
    static const GUID guid = {0x01234567, 0x89ab, 0xcdef, {1, 2, 3, 4, 5, 6, 7, 8}};
    static const UCHAR sid[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0};
    TRACE("%!GUID! %d", &guid, 1);
    assert_string_equal(traced(m), "{01234567-89ab-cdef-0102-030405060708} 1");
    TRACE("%!SID! %!GUID!", sid, NULL);
    assert_string_equal(traced(m), "S-1-5-32-544 (null)");
}

static void other_types_are_numbers(struct machine *m) {
    TRACE("%!HRESULT! %!bool! %!MY_STATE! %!WINERROR!", 0x80004005, 1, 3, 5);
    assert_string_equal(traced(m), "0x80004005 TRUE 3 5");
}

static void an_open_directive_is_text(struct machine *m) {
    TRACE("%!STATUS %d", 7);
    assert_string_equal(traced(m), "%!STATUS 7");
}

static void trace_messages_are_no_prints(struct machine *m) {
    TRACE("x");
    assert_int_equal(messages_read(m, WDMSIM_EVENT_MESSAGE)->count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_place_is_known),
        wdmsim_unit_test(a_status_has_its_name),
        wdmsim_unit_test(identifiers_are_taken_by_pointer),
        wdmsim_unit_test(other_types_are_numbers),
        wdmsim_unit_test(an_open_directive_is_text),
        wdmsim_unit_test(trace_messages_are_no_prints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
