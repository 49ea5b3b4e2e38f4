/* The trace ring: order, overwriting, long texts, masks, and the words for an event. */
#include <wdmsim/cmocka.h>

#include "ki/machine.h"
#include "ki/trace.h"

struct seen {
    uint64_t first, last, count;
    bool ordered;
    char text[1100];
};

static void see(void *context, const struct wdmsim_event *event) {
    struct seen *seen = context;
    if (!seen->count)
        seen->first = event->sequence;
    else if (event->sequence != seen->last + 1)
        seen->ordered = false;
    seen->last = event->sequence;
    seen->count++;
    snprintf(seen->text, sizeof seen->text, "%s", event->text);
}

static struct seen read_all(struct machine *m, uint64_t after) {
    struct seen seen = {.ordered = true};
    wdmsim_trace_read(m, after, see, &seen);
    return seen;
}

/* Texts of all lengths wrap around a small ring; what is left is always the unbroken end of the
 * stream. */
static void the_ring_keeps_the_end_of_the_stream(void **state) {
    struct wdmsim_config config = {.processors = 1, .trace_slots = 64};
    struct machine *m;
    char text[1001];
    (void)state;
    assert_int_equal(wdmsim_machine_create(&config, &m), 0);
    uint64_t start = m->trace.sequence;
    for (unsigned i = 0; i < 5000; i++) {
        unsigned length = i * 7 % 1000;
        memset(text, 'a' + (int)(i % 26), length);
        text[length] = 0;
        wdmsim_trace_note(m, text);
        struct seen seen = read_all(m, 0);
        assert_true(seen.ordered);
        assert_int_equal(seen.last, start + i + 1);
        assert_int_equal(strlen(seen.text), length);
        assert_string_equal(seen.text, text);
    }
    struct seen tail = read_all(m, start + 4999);
    assert_int_equal(tail.count, 1);
    wdmsim_machine_destroy(m);
}

static void a_masked_kind_is_not_recorded(void **state) {
    struct machine *m;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    wdmsim_trace_mask(m, WDMSIM_TRACE_ALL & ~WDMSIM_TRACE_BIT(WDMSIM_EVENT_NOTE));
    uint64_t before = m->trace.sequence;
    wdmsim_trace_note(m, "unheard");
    assert_int_equal(m->trace.sequence, before);
    wdmsim_trace_mask(m, WDMSIM_TRACE_ALL);
    wdmsim_trace_note(m, "heard");
    assert_int_equal(m->trace.sequence, before + 1);
    wdmsim_machine_destroy(m);
}

static void events_have_words(void **state) {
    char buffer[128];
    struct wdmsim_event event = {
        .kind = WDMSIM_EVENT_IRP_CALL, .arguments = {12, 3}, .text = "\\Driver\\echo"};
    (void)state;
    int length = wdmsim_event_text(&event, buffer, sizeof buffer);
    assert_int_equal(length, strlen(buffer));
    assert_string_equal(buffer, "irp 12 IRP_MJ_READ -> \\Driver\\echo");
    event = (struct wdmsim_event){
        .kind = WDMSIM_EVENT_IRP_COMPLETE, .arguments = {12, 0xC0000120, 5}, .text = ""};
    wdmsim_event_text(&event, buffer, sizeof buffer);
    assert_string_equal(buffer, "irp 12 STATUS_CANCELLED information 5");
    assert_int_equal(wdmsim_event_text(&event, buffer, 5), 37);
    assert_string_equal(buffer, "irp ");
    event.time = 1002000300;
    event.irql = 2;
    event.thread = 7;
    wdmsim_event_line(&event, buffer, sizeof buffer);
    assert_memory_equal(buffer, "+1.002000300 s  cpu0 DISPATCH thread 7 ", 39);
}

static void names_of_kinds_go_both_ways(void **state) {
    (void)state;
    for (int i = 0; i < WDMSIM_EVENT_KINDS; i++)
        assert_int_equal(wdmsim_event_kind(wdmsim_event_name((enum wdmsim_event_kind)i)), i);
    assert_int_equal(wdmsim_event_kind("no.such"), -1);
}

static void interned_texts_are_shared(void **state) {
    struct machine *m;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    char copy[] = "name";
    const char *interned = ki_intern(m, "name");
    assert_ptr_equal(interned, ki_intern(m, copy));
    assert_ptr_not_equal(interned, copy);
    static const WCHAR wide[] = {0x4e, 0xe9, 0x20ac, 0xd83d, 0xde00, 0xdc00};
    assert_string_equal(ki_intern_wide(m, wide, 6),
                        "N\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd");
    wdmsim_machine_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ring_keeps_the_end_of_the_stream),
        cmocka_unit_test(a_masked_kind_is_not_recorded),
        cmocka_unit_test(events_have_words),
        cmocka_unit_test(names_of_kinds_go_both_ways),
        cmocka_unit_test(interned_texts_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
