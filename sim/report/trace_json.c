/*
 * Events as JSON, one object a line: for programs that read a trace.
 *
 *     {"time":1002000300,"sequence":17,"processor":0,"irql":2,"thread":3,"event":"ke.timer.expire",
 *      "text":"timer 4"}
 */
#include "report/trace.h"

#include <inttypes.h>
#include <string.h>

/* Bytes that are no UTF-8 of their own (a driver's debug output may be anything) become U+FFFD. */
static size_t sequence_length(const unsigned char *p) {
    size_t length = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc2 ? 2 : 0;
    if (*p > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

static void add_string(struct text *out, const char *string) {
    text_puts(out, "\"");
    for (const unsigned char *p = (const unsigned char *)string; *p;) {
        size_t length = sequence_length(p);
        if (!length)
            text_puts(out, "\\ufffd");
        else if (*p == '"' || *p == '\\')
            text_printf(out, "\\%c", *p);
        else if (*p < 0x20)
            text_printf(out, "\\u%04x", *p);
        else
            text_add(out, (const char *)p, length);
        p += length ? length : 1;
    }
    text_puts(out, "\"");
}

void trace_json_line(struct text *out, const struct wdmsim_event *event) {
    char words[1024];
    trace_words(event, words, sizeof words);
    const char *name = wdmsim_event_name(event->kind);
    text_printf(out, "{\"time\":%" PRIu64 ",\"sequence\":%" PRIu64 ",\"processor\":%u,\"irql\":%u,",
                event->time, event->sequence, event->processor, event->irql);
    text_printf(out, "\"thread\":%" PRIu32 ",\"event\":", event->thread);
    add_string(out, name);
    text_puts(out, ",\"text\":");
    add_string(out, words + strlen(name) + 1);
    text_puts(out, "}\n");
}

void trace_heading(struct trace_writer *writer, const char *scenario, const char *file,
                   uint64_t seed) {
    struct text *out = &writer->pending;
    if (!writer->json) {
        text_printf(out, "# %s (%s) seed %" PRIu64 "\n", scenario, file, seed);
        return;
    }
    text_puts(out, "{\"scenario\":");
    add_string(out, scenario);
    text_puts(out, ",\"file\":");
    add_string(out, file);
    text_printf(out, ",\"seed\":%" PRIu64 "}\n", seed);
}
