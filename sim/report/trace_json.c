/*
 * Events as JSON, one object a line: for programs that read a trace.
 *
 *     {"time":1002000300,"sequence":17,"processor":0,"irql":2,"thread":3,"event":"ke.timer.expire",
 *      "text":"timer 4"}
 */
#include "report/trace.h"

#include <inttypes.h>
#include <string.h>

#include "report/json.h"

void trace_json_line(struct text *out, const struct wdmsim_event *event) {
    char words[1024];
    trace_words(event, words, sizeof words);
    const char *name = wdmsim_event_name(event->kind);
    text_printf(out, "{\"time\":%" PRIu64 ",\"sequence\":%" PRIu64 ",\"processor\":%u,\"irql\":%u,",
                event->time, event->sequence, event->processor, event->irql);
    text_printf(out, "\"thread\":%" PRIu32 ",\"event\":", event->thread);
    json_string(out, name);
    text_puts(out, ",\"text\":");
    json_string(out, words + strlen(name) + 1);
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
    json_string(out, scenario);
    text_puts(out, ",\"file\":");
    json_string(out, file);
    text_printf(out, ",\"seed\":%" PRIu64 "}\n", seed);
}
