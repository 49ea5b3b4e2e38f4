/*
 * Chrome trace events: see perfetto.h.
 *
 * A process number is that of the run, from 1, followed by five digits of the device node. Runs are
 * described in different processes of the host, none of which knows how many others there are: each
 * writes itself as run 1, and perfetto_write puts the true number in.
 */
#include "report/perfetto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/history_spans.h"
#include "report/json.h"

#define PROCESS "\"pid\":1"
#define LAST_NODE 99999u

enum lanes { LANE_MARKS = 1, LANE_TRACKS };

static uint32_t process_of(uint32_t node) {
    return node == HISTORY_NOBODY ? 0 : node > LAST_NODE ? LAST_NODE : node;
}

/* Begins an event; its time is in microseconds with the nanoseconds behind the point. */
static void begin(struct text *out, const char *phase, uint32_t node, uint64_t time) {
    json_comma(out);
    text_printf(out, "\n{\"ph\":\"%s\"," PROCESS "%05" PRIu32 ",\"ts\":%" PRIu64 ".%03" PRIu64,
                phase, process_of(node), time / 1000, time % 1000);
}

static void metadata(struct text *out, const char *what, uint32_t node, unsigned lane,
                     const char *name) {
    json_comma(out);
    text_printf(out,
                "\n{\"ph\":\"M\",\"name\":\"%s\"," PROCESS "%05" PRIu32
                ",\"tid\":%u,\"args\":{\"name\":",
                what, process_of(node), lane);
    json_string(out, name);
    text_puts(out, "}}");
}

static void lane_name(const struct track *track, char *name, size_t size) {
    static const char *const titles[TRACK_COUNT] = {
#define X(id, key, title) [TRACK_##id] = title,
        TRACK_KINDS(X)
#undef X
    };
    if (track->kind == TRACK_PERFORMANCE)
        snprintf(name, size, "component %u set %u: P", track->component, track->set);
    else if (track->kind == TRACK_COMPONENT)
        snprintf(name, size, "component %u: F", track->component);
    else if (track->kind == TRACK_ACTIVE)
        snprintf(name, size, "component %u: condition", track->component);
    else
        snprintf(name, size, "%s", titles[track->kind]);
}

static void track_events(struct history *history, const struct track *track, unsigned lane,
                         struct text *out) {
    char name[64];
    lane_name(track, name, sizeof name);
    metadata(out, "thread_name", track->node, lane, name);
    for (size_t i = 0; i < track->change_count; i++) {
        const struct change *change = &track->changes[i];
        uint64_t end = i + 1 < track->change_count ? track->changes[i + 1].time
                       : track->ended              ? track->since
                                                   : history->end;
        uint64_t length = end > change->time ? end - change->time : 0;
        begin(out, "X", track->node, change->time);
        text_printf(out, ",\"tid\":%u,\"dur\":%" PRIu64 ".%03" PRIu64 ",\"name\":", lane,
                    length / 1000, length % 1000);
        json_string(out, track_state_name(history, track, change->state));
        text_puts(out, "}");
        if (track->kind != TRACK_DEVICE && track->kind != TRACK_COMPONENT)
            continue;
        begin(out, "C", track->node, change->time);
        text_puts(out, ",\"name\":");
        json_string(out, name);
        text_printf(out, ",\"args\":{\"state\":%" PRIu32 "}}", change->state);
    }
}

static void node_events(struct history *history, const struct node *node, struct text *out) {
    unsigned lane = LANE_TRACKS;
    metadata(out, "process_name", node->serial, 0, node->name);
    metadata(out, "thread_name", node->serial, LANE_MARKS, "callbacks");
    for (const struct track *track = node->tracks; track; track = track->next)
        track_events(history, track, lane++, out);
}

struct span_writer {
    struct history *history;
    struct text *out;
};

static void span_name(const struct span *span, struct text *out) {
    char text[128];
    struct wdmsim_event event = {.kind = WDMSIM_EVENT_IRP_CALL,
                                 .arguments = {span->serial, span->function},
                                 .text = span->target};
    if (span->is_request)
        snprintf(text, sizeof text, "request %" PRIu32 " %s", span->serial, span->target);
    else
        wdmsim_event_text(&event, text, sizeof text);
    json_string(out, text);
}

static void span_events(void *context, const struct span *span) {
    struct span_writer *w = context;
    static const char *const phases[2] = {"b", "e"};
    for (unsigned i = 0; i < 2; i++) {
        uint64_t time = !i ? span->begin : span->end ? span->end : w->history->end;
        begin(w->out, phases[i], span->node, time);
        text_printf(w->out, ",\"cat\":\"%s\",\"id\":%" PRIu32 ",\"tid\":%u,\"name\":",
                    span->is_request ? "request" : "irp", span->serial, LANE_MARKS);
        span_name(span, w->out);
        if (i && span->end)
            text_printf(w->out, ",\"args\":{\"status\":\"0x%08" PRIx32 "\"}", span->status);
        text_puts(w->out, "}");
    }
}

static void mark_event(const struct mark *mark, struct text *out) {
    begin(out, "i", mark->node, mark->time);
    text_printf(out, ",\"tid\":%u,\"s\":\"t\",\"cat\":\"%s\",\"name\":", LANE_MARKS,
                wdmsim_event_name((enum wdmsim_event_kind)mark->kind));
    json_string(out, mark->text);
    text_puts(out, "}");
}

void perfetto_events(struct history *history, const char *scenario, struct text *out) {
    struct span_writer writer = {history, out};
    struct node system = history->system;
    const struct span *span;
    const struct mark *mark;
    system.name = scenario;
    node_events(history, &system, out);
    for (uint32_t i = 0; i < history->node_count; i++)
        if (history->nodes[i])
            node_events(history, history->nodes[i], out);
    for (uint64_t n = 0; (span = history_span(history, n)); n++)
        span_events(&writer, span);
    spans_open(history, span_events, &writer);
    for (uint64_t n = 0; (mark = history_mark(history, n)); n++)
        mark_event(mark, out);
}

/* ---- the file ------------------------------------------------------------------------------- */

/* Texts have their quotes escaped, so what looks like the key is the key. */
static void put_run(FILE *file, const char *events, unsigned number) {
    const char *found;
    while ((found = strstr(events, PROCESS))) {
        fwrite(events, 1, (size_t)(found - events) + sizeof PROCESS - 2, file);
        fprintf(file, "%u", number);
        events = found + sizeof PROCESS - 1;
    }
    fputs(events, file);
}

bool perfetto_write(const char *name, const struct text *const *runs, unsigned count) {
    FILE *file = fopen(name, "wb");
    bool good = file != NULL;
    if (file) {
        fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", file);
        for (unsigned i = 0, written = 0; i < count; i++) {
            if (!runs[i]->length)
                continue;
            fputs(written++ ? "," : "", file);
            put_run(file, text_string(runs[i]), written);
        }
        fputs("\n]}\n", file);
        good = !ferror(file) && fflush(file) == 0;
        good = fclose(file) == 0 && good;
    }
    if (!good)
        fprintf(stderr, "wdmsim: %s: %s\n", name, strerror(errno));
    return good;
}
