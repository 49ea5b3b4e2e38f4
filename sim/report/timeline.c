/* A run as JSON: see timeline.h. */
#include "report/timeline.h"

#include <inttypes.h>
#include <string.h>

#include "report/failure.h"
#include "report/history_spans.h"
#include "report/json.h"
#include "report/power.h"

/* Texts that spans and marks share, with the number each has in "words". */
struct dictionary {
    const char **words;
    size_t count, capacity;
    size_t *slots; /* by address: all texts come from the history, which has each once */
    size_t slot_count;
    struct store store;
};

static size_t slot_of(const struct dictionary *words, const char *word) {
    size_t at = ((uintptr_t)word >> 4) * 2654435761u & (words->slot_count - 1);
    while (words->slots[at] && words->words[words->slots[at] - 1] != word)
        at = (at + 1) & (words->slot_count - 1);
    return at;
}

static void grow_dictionary(struct dictionary *words) {
    words->slot_count = words->slot_count ? words->slot_count * 2 : 256;
    words->slots = store_take(&words->store, words->slot_count * sizeof *words->slots);
    const char **list = store_take(&words->store, words->slot_count * sizeof *list);
    if (words->count)
        memcpy(list, words->words, words->count * sizeof *list);
    words->words = list;
    for (size_t i = 0; i < words->count; i++)
        words->slots[slot_of(words, list[i])] = i + 1;
}

static size_t number_of(struct dictionary *words, const char *word) {
    if (words->count * 2 >= words->slot_count)
        grow_dictionary(words);
    size_t at = slot_of(words, word);
    if (!words->slots[at]) {
        words->words[words->count++] = word;
        words->slots[at] = words->count;
    }
    return words->slots[at] - 1;
}

/* ---- tracks --------------------------------------------------------------------------------- */

static const char *const kind_keys[TRACK_COUNT] = {
#define X(name, key, title) [TRACK_##name] = key,
    TRACK_KINDS(X)
#undef X
};

static unsigned state_index(const struct track *track, uint32_t state) {
    unsigned i = 0;
    while (i < track->state_count && track->states[i].state != state)
        i++;
    return i;
}

static void add_states(struct history *history, const struct track *track, struct text *out) {
    json_key(out, "states");
    text_puts(out, "[");
    for (unsigned i = 0; i < track->state_count; i++) {
        json_comma(out);
        json_string(out, track_state_name(history, track, track->states[i].state));
    }
    text_puts(out, "]");
    json_key(out, "use");
    text_puts(out, "[");
    for (unsigned i = 0; i < track->state_count; i++)
        text_printf(out, "%s%" PRIu64 ",%" PRIu64, i ? "," : "", track->states[i].time,
                    track->states[i].entries);
    text_puts(out, "]");
    json_key(out, "moves");
    text_puts(out, "[");
    for (unsigned i = 0; i < track->move_count; i++)
        text_printf(out, "%s%u,%u,%" PRIu64, i ? "," : "", state_index(track, track->moves[i].from),
                    state_index(track, track->moves[i].to), track->moves[i].count);
    text_puts(out, "]");
}

static void add_changes(const struct history *history, const struct track *track,
                        struct text *out) {
    uint64_t last = history->from;
    json_key(out, "changes");
    text_puts(out, "[");
    for (size_t i = 0; i < track->change_count; i++) {
        const struct change *change = &track->changes[i];
        uint64_t time = change->time > last ? change->time : last;
        text_printf(out, "%s%" PRIu64 ",%u", i ? "," : "", time - last,
                    state_index(track, change->state));
        last = time;
    }
    text_puts(out, "]");
}

static void add_track(struct history *history, const struct track *track, struct text *out) {
    json_comma(out);
    text_puts(out, "{");
    json_key(out, "node");
    text_printf(out, "%" PRId64,
                track->node == HISTORY_NOBODY ? (int64_t)-1 : (int64_t)track->node);
    json_member_string(out, "kind", kind_keys[track->kind]);
    if (track->component || track->kind >= TRACK_ACTIVE)
        json_member_number(out, "component", track->component);
    if (track->kind == TRACK_PERFORMANCE)
        json_member_number(out, "set", track->set);
    add_states(history, track, out);
    add_changes(history, track, out);
    json_member_number(out, "end", track->ended ? track->since : history->end);
    if (track->rates)
        json_member_real(out, "joules", energy_joules(track->energy));
    text_puts(out, "}");
}

static void add_tracks(struct history *history, struct text *out) {
    json_key(out, "tracks");
    text_puts(out, "[");
    for (const struct track *track = history->system.tracks; track; track = track->next)
        add_track(history, track, out);
    for (uint32_t i = 0; i < history->node_count; i++)
        for (const struct track *track = history->nodes[i] ? history->nodes[i]->tracks : NULL;
             track; track = track->next)
            add_track(history, track, out);
    text_puts(out, "]");
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static void add_stack(const char *lines, struct text *out) {
    json_key(out, "stack");
    text_puts(out, "[");
    while (*lines) {
        struct text line = {0};
        size_t length = strcspn(lines, "\n");
        text_add(&line, lines, length);
        json_comma(out);
        json_string(out, text_string(&line));
        text_free(&line);
        lines += length + (lines[length] == '\n');
    }
    text_puts(out, "]");
}

static void add_nodes(const struct history *history, struct text *out) {
    json_key(out, "nodes");
    text_puts(out, "[");
    for (uint32_t i = 0; i < history->node_count; i++) {
        const struct node *node = history->nodes[i];
        if (!node)
            continue;
        json_comma(out);
        text_puts(out, "{");
        json_member_number(out, "id", node->serial);
        json_member_string(out, "name", node->name);
        json_member_number(out, "parent", node->parent);
        json_member_flag(out, "gone", node->gone);
        add_stack(node->stack, out);
        text_puts(out, "}");
    }
    text_puts(out, "]");
}

/* ---- spans and marks ------------------------------------------------------------------------ */

struct writer {
    struct history *history;
    struct dictionary *words;
    struct text *out;
};

static const char *span_name(struct history *history, const struct span *span) {
    char text[128];
    struct wdmsim_event event = {
        .kind = WDMSIM_EVENT_IRP_CALL, .arguments = {span->serial, span->function}, .text = ""};
    if (span->is_request)
        return history_word(history, "request");
    wdmsim_event_text(&event, text, sizeof text);
    /* "irp 12 IRP_MJ_READ -> " */
    char *name = strchr(text, ' ');
    name = name ? strchr(name + 1, ' ') : NULL;
    if (!name)
        return history_word(history, text);
    name++;
    name[strcspn(name, " ")] = 0;
    return history_word(history, name);
}

static const char *status_name(struct history *history, uint32_t status) {
    const char *name = wdmsim_status_name(status);
    char number[16];
    if (name)
        return history_word(history, name);
    snprintf(number, sizeof number, "0x%08" PRIx32, status);
    return history_word(history, number);
}

static void write_span(void *context, const struct span *span) {
    struct writer *w = context;
    uint64_t end = span->end ? span->end : w->history->end;
    if (end < w->history->from)
        return;
    json_comma(w->out);
    text_printf(w->out, "%" PRIu64 ",", span->begin);
    if (span->end)
        text_printf(w->out, "%" PRIu64 ",", span->end - span->begin);
    else
        text_puts(w->out, "-1,");
    text_printf(w->out, "%" PRIu32 ",%" PRId64 ",%zu,%zu,%zu", span->serial,
                span->node == HISTORY_NOBODY ? (int64_t)-1 : (int64_t)span->node,
                number_of(w->words, span_name(w->history, span)), number_of(w->words, span->target),
                number_of(w->words, span->end ? status_name(w->history, span->status)
                                              : history_word(w->history, "pending")));
}

static void add_spans(struct writer *w) {
    const struct span *span;
    json_key(w->out, "spans");
    text_puts(w->out, "[");
    for (uint64_t n = 0; (span = history_span(w->history, n)); n++)
        write_span(w, span);
    spans_open(w->history, write_span, w);
    text_puts(w->out, "]");
}

static void add_marks(struct writer *w) {
    const struct mark *mark;
    uint64_t last = w->history->from;
    json_key(w->out, "marks");
    text_puts(w->out, "[");
    for (uint64_t n = 0; (mark = history_mark(w->history, n)); n++) {
        const char *name = wdmsim_event_name((enum wdmsim_event_kind)mark->kind);
        if (mark->time < last)
            continue;
        json_comma(w->out);
        text_printf(w->out, "%" PRIu64 ",%" PRId64 ",%zu,%zu", mark->time - last,
                    mark->node == HISTORY_NOBODY ? (int64_t)-1 : (int64_t)mark->node,
                    number_of(w->words, history_word(w->history, name)),
                    number_of(w->words, mark->text));
        last = mark->time;
    }
    text_puts(w->out, "]");
}

static void add_words(const struct dictionary *words, struct text *out) {
    json_key(out, "words");
    text_puts(out, "[");
    for (size_t i = 0; i < words->count; i++) {
        json_comma(out);
        json_string(out, words->words[i]);
    }
    text_puts(out, "]");
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void add_head(struct run *run, const struct history *history, struct text *out) {
    static const char *const outcomes[] = {"passed", "failed", "unreadable", "crashed"};
    struct text text = {0};
    json_member_string(out, "name", run->scenario->name);
    json_member_string(out, "file", run->scenario->file);
    if (run->scenario->description)
        json_member_string(out, "description", run->scenario->description);
    if (run->seeded)
        json_member_number(out, "seed", run->seed);
    json_member_number(out, "processors", run->processors);
    json_member_string(out, "outcome", outcomes[run->outcome]);
    json_member_number(out, "from", history->from);
    json_member_number(out, "end", history->end);
    if (run->outcome == OUTCOME_PASSED)
        return;
    report_message(run, &text);
    json_member_string(out, "message", text_string(&text));
    text_clear(&text);
    report_run(run, &text);
    json_member_string(out, "report", text_string(&text));
    text_free(&text);
}

void timeline_json(struct run *run, struct history *history, struct text *out) {
    struct dictionary words = {0};
    struct writer writer = {history, &words, out};
    text_puts(out, "{");
    add_head(run, history, out);
    add_nodes(history, out);
    add_tracks(history, out);
    add_spans(&writer);
    add_marks(&writer);
    add_words(&words, out);
    json_key(out, "power");
    power_summary_json(history, run->scenario->name, out);
    text_puts(out, "}");
    store_empty(&words.store);
}
