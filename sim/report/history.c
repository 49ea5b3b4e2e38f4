/*
 * Reports, and the history that most of them are made of.
 *
 * While a run goes on its events come from one sink (scenario/observe.c). The trace file takes each
 * as a line (trace_text.c, trace_json.c). The history, here, turns those that tell of states into
 * tracks with their sums, and history_spans.c the others into lives and moments; energy.c counts
 * joules, blockers.c who kept the system from DRIPS. At the end timeline.c writes it down as JSON,
 * from which html.c makes the page, perfetto.c as a Chrome trace, power.c as figures. failure.c and
 * junit.c tell of what went wrong, from the run and its machine alone.
 *
 * Each event of a state has the old and the new one, so a track begins when it is first mentioned;
 * the system's own begins at the start, in S0.
 */
#include "report/history.h"

#include <stdlib.h>
#include <string.h>

#include "report/blockers.h"
#include "report/history_spans.h"

/* ---- texts ---------------------------------------------------------------------------------- */

struct words {
    const char *text;
    uint64_t hash;
};

static uint64_t hash_text(const char *text) {
    uint64_t hash = 14695981039346656037ull;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211ull;
    return hash;
}

static struct words *find_word(struct words *words, size_t capacity, const char *text,
                               uint64_t hash) {
    size_t at = (size_t)hash & (capacity - 1);
    while (words[at].text && (words[at].hash != hash || strcmp(words[at].text, text) != 0))
        at = (at + 1) & (capacity - 1);
    return &words[at];
}

static void grow_words(struct history *history) {
    size_t capacity = history->word_capacity ? history->word_capacity * 2 : 256;
    struct words *words = memory_grow(NULL, capacity * sizeof *words);
    memset(words, 0, capacity * sizeof *words);
    for (size_t i = 0; i < history->word_capacity; i++) {
        const struct words *old = &history->words[i];
        if (old->text)
            *find_word(words, capacity, old->text, old->hash) = *old;
    }
    free(history->words);
    history->words = words;
    history->word_capacity = capacity;
}

const char *history_word(struct history *history, const char *text) {
    if (history->word_count * 2 >= history->word_capacity)
        grow_words(history);
    uint64_t hash = hash_text(text);
    struct words *word = find_word(history->words, history->word_capacity, text, hash);
    if (!word->text) {
        *word = (struct words){store_copy(&history->store, text, strlen(text)), hash};
        history->word_count++;
    }
    return word->text;
}

/* ---- nodes and tracks ----------------------------------------------------------------------- */

struct node *history_node(const struct history *history, uint32_t serial) {
    if (serial == HISTORY_NOBODY)
        return (struct node *)&history->system;
    return serial < history->node_count ? history->nodes[serial] : NULL;
}

static struct node *make_node(struct history *history, uint32_t serial, uint64_t now) {
    struct node *node = history_node(history, serial);
    if (node)
        return node;
    if (serial >= history->node_count) {
        uint32_t count = (serial + 16) * 2;
        history->nodes = memory_grow(history->nodes, count * sizeof(struct node *));
        memset(history->nodes + history->node_count, 0,
               (count - history->node_count) * sizeof(struct node *));
        history->node_count = count;
    }
    node = history->nodes[serial] = store_take(&history->store, sizeof *node);
    *node = (struct node){.serial = serial, .name = "", .stack = "", .charged = now};
    return node;
}

struct track *history_track(const struct history *history, uint32_t serial, enum track_kind kind,
                            uint32_t component, uint32_t set) {
    const struct node *node = history_node(history, serial);
    for (struct track *track = node ? node->tracks : NULL; track; track = track->next)
        if (track->kind == kind && track->component == component && track->set == set)
            return track;
    return NULL;
}

static struct state_use *use_of(struct track *track, uint32_t state) {
    for (unsigned i = 0; i < track->state_count; i++)
        if (track->states[i].state == state)
            return &track->states[i];
    track->states = memory_grow(track->states, (track->state_count + 1) * sizeof(struct state_use));
    struct state_use *use = &track->states[track->state_count++];
    *use = (struct state_use){.state = state};
    return use;
}

struct state_use track_use(const struct track *track, uint32_t state) {
    for (unsigned i = 0; i < track->state_count; i++)
        if (track->states[i].state == state)
            return track->states[i];
    return (struct state_use){.state = state};
}

uint64_t track_moves(const struct track *track, uint32_t from, uint32_t to) {
    for (unsigned i = 0; i < track->move_count; i++)
        if (track->moves[i].from == from && track->moves[i].to == to)
            return track->moves[i].count;
    return 0;
}

uint64_t track_time(const struct track *track) {
    uint64_t time = 0;
    for (unsigned i = 0; i < track->state_count; i++)
        time += track->states[i].time;
    return time;
}

static void count_move(struct track *track, uint32_t from, uint32_t to) {
    for (unsigned i = 0; i < track->move_count; i++) {
        if (track->moves[i].from == from && track->moves[i].to == to) {
            track->moves[i].count++;
            return;
        }
    }
    track->moves = memory_grow(track->moves, (track->move_count + 1) * sizeof(struct move));
    track->moves[track->move_count++] = (struct move){from, to, 1};
}

/* ---- changes -------------------------------------------------------------------------------- */

/* Forgets a track's changes before a moment, but for the state it was in then. */
static void trim_track(struct track *track, uint64_t from) {
    size_t first = 0;
    while (first + 1 < track->change_count && track->changes[first + 1].time <= from)
        first++;
    if (!first)
        return;
    track->change_count -= first;
    memmove(track->changes, track->changes + first, track->change_count * sizeof(struct change));
    if (track->changes[0].time < from)
        track->changes[0].time = from;
}

static void trim_node(struct history *history, struct node *node) {
    for (struct track *track = node->tracks; track; track = track->next) {
        size_t before = track->change_count;
        trim_track(track, history->from);
        history->changes -= before - track->change_count;
    }
}

static void trim(struct history *history, uint64_t now) {
    for (unsigned round = 0; round < 40 && history->changes > HISTORY_CHANGES / 2; round++) {
        history->from += (now - history->from) / 2;
        trim_node(history, &history->system);
        for (uint32_t i = 0; i < history->node_count; i++)
            if (history->nodes[i])
                trim_node(history, history->nodes[i]);
    }
}

static void add_change(struct history *history, struct track *track, uint64_t time) {
    if (!history->keep)
        return;
    if (track->change_count == track->change_capacity) {
        track->change_capacity = track->change_capacity ? track->change_capacity * 2 : 4;
        track->changes =
            memory_grow(track->changes, track->change_capacity * sizeof(struct change));
    }
    track->changes[track->change_count++] = (struct change){time, track->state};
    if (++history->changes > HISTORY_CHANGES)
        trim(history, time);
}

static void settle_track(struct track *track, uint64_t now) {
    if (track->ended)
        return;
    use_of(track, track->state)->time += now - track->since;
    track->since = now;
}

static struct track *new_track(struct history *history, struct node *node, const struct track *what,
                               uint64_t now) {
    struct track **end = &node->tracks, *track = store_take(&history->store, sizeof *track);
    while (*end && ((*end)->component < what->component ||
                    ((*end)->component == what->component && (*end)->kind <= what->kind)))
        end = &(*end)->next;
    *track = *what;
    track->begin = track->since = now;
    track->next = *end;
    track->rates = energy_rates(history->model, node->name, what);
    *end = track;
    use_of(track, what->state)->entries++;
    add_change(history, track, now);
    return track;
}

/* The track that `what` describes, made if it is new with the state there. */
static struct track *get_track(struct history *history, const struct track *what, uint64_t now) {
    struct track *track =
        history_track(history, what->node, what->kind, what->component, what->set);
    if (track)
        return track;
    struct node *node = make_node(history, what->node, now);
    energy_charge(history, node, now);
    return new_track(history, node, what, now);
}

/* A track is in a state from now on. */
static void change(struct history *history, struct track *track, uint32_t state, uint64_t now) {
    struct node *node = history_node(history, track->node);
    if (track->ended) {
        track->ended = false;
        track->since = now;
    } else if (track->state == state) {
        return;
    }
    energy_charge(history, node, now);
    settle_track(track, now);
    if (track->state != state)
        count_move(track, track->state, state);
    energy_move(track, track->state, state);
    track->state = state;
    use_of(track, state)->entries++;
    add_change(history, track, now);
}

/* ---- events --------------------------------------------------------------------------------- */

/* Something was switched on, which requests may have waited for. */
static void switched_on(struct history *history, uint32_t serial, uint64_t now) {
    struct node *node = history_node(history, serial);
    if (node)
        node->powered_on = now;
}

static void state_event(struct history *history, const struct wdmsim_event *event,
                        enum track_kind kind, unsigned first) {
    const uint64_t *arguments = event->arguments;
    uint32_t from = (uint32_t)arguments[first], to = (uint32_t)arguments[first + 1];
    struct track what = {.kind = kind, .node = HISTORY_NOBODY, .state = from};
    if (first >= 1)
        what.node = (uint32_t)arguments[0];
    if (first >= 2)
        what.component = (uint32_t)arguments[1];
    change(history, get_track(history, &what, event->time), to, event->time);
    if (to == 0)
        switched_on(history, what.node, event->time);
}

static void condition_event(struct history *history, const struct wdmsim_event *event) {
    uint32_t active = event->arguments[2] != 0;
    struct track what = {.kind = TRACK_ACTIVE,
                         .node = (uint32_t)event->arguments[0],
                         .component = (uint32_t)event->arguments[1],
                         .state = !active};
    change(history, get_track(history, &what, event->time), active, event->time);
    if (active)
        switched_on(history, what.node, event->time);
}

static void performance_event(struct history *history, const struct wdmsim_event *event) {
    uint32_t state = (uint32_t)event->arguments[3];
    struct track what = {.kind = TRACK_PERFORMANCE,
                         .node = (uint32_t)event->arguments[0],
                         .component = (uint32_t)event->arguments[1],
                         .set = (uint32_t)event->arguments[2],
                         .state = state};
    change(history, get_track(history, &what, event->time), state, event->time);
}

static void drips_event(struct history *history, const struct wdmsim_event *event) {
    struct track what = {.kind = TRACK_DRIPS, .node = HISTORY_NOBODY};
    change(history, get_track(history, &what, event->time), event->arguments[0] != 0, event->time);
}

/* The state of a PnP track is the number of its text. */
static uint32_t pnp_state(struct history *history, const char *text) {
    const char *word = history_word(history, text);
    for (uint32_t i = 0; i < history->pnp_state_count; i++)
        if (history->pnp_states[i] == word)
            return i;
    size_t size = (history->pnp_state_count + 1) * sizeof *history->pnp_states;
    history->pnp_states = memory_grow(history->pnp_states, size);
    history->pnp_states[history->pnp_state_count] = word;
    return history->pnp_state_count++;
}

static void end_tracks(struct node *node, uint64_t now) {
    node->gone = true;
    for (struct track *track = node->tracks; track; track = track->next) {
        settle_track(track, now);
        track->ended = true;
    }
}

static void pnp_event(struct history *history, const struct wdmsim_event *event) {
    uint32_t serial = (uint32_t)event->arguments[0], state = pnp_state(history, event->text);
    struct node *node = make_node(history, serial, event->time);
    struct track what = {.kind = TRACK_PNP, .node = serial, .state = state};
    bool started = strcmp(event->text, "started") == 0;
    node->gone = false;
    change(history, get_track(history, &what, event->time), state, event->time);
    if (started && !history_track(history, serial, TRACK_DEVICE, 0, 0)) {
        struct track on = {.kind = TRACK_DEVICE, .node = serial};
        energy_charge(history, node, event->time);
        new_track(history, node, &on, event->time);
    }
    if (strcmp(event->text, "deleted") == 0 || strcmp(event->text, "removed") == 0) {
        energy_charge(history, node, event->time);
        end_tracks(node, event->time);
    }
}

void history_event(struct history *history, const struct wdmsim_event *event) {
    history->counts[event->kind]++;
    history->end = event->time;
    switch (event->kind) {
    case WDMSIM_EVENT_POWER_SYSTEM:
        state_event(history, event, TRACK_SYSTEM, 0);
        break;
    case WDMSIM_EVENT_POWER_DEVICE:
        state_event(history, event, TRACK_DEVICE, 1);
        break;
    case WDMSIM_EVENT_FX_STATE:
        state_event(history, event, TRACK_COMPONENT, 2);
        break;
    case WDMSIM_EVENT_FX_CONDITION:
        condition_event(history, event);
        break;
    case WDMSIM_EVENT_FX_PERFORMANCE:
        performance_event(history, event);
        break;
    case WDMSIM_EVENT_POWER_DRIPS:
        drips_event(history, event);
        break;
    case WDMSIM_EVENT_PNP_NODE:
        make_node(history, (uint32_t)event->arguments[0], event->time)->name =
            history_word(history, event->text);
        break;
    case WDMSIM_EVENT_PNP_STATE:
        pnp_event(history, event);
        break;
    default:
        break;
    }
    spans_event(history, event);
}

/* ---- the whole ------------------------------------------------------------------------------ */

void history_begin(struct history *history, bool keep, const struct model *model) {
    *history =
        (struct history){.keep = keep,
                         .model = model,
                         .system = {.serial = HISTORY_NOBODY, .name = "system", .stack = ""}};
    struct track on = {.kind = TRACK_SYSTEM, .node = HISTORY_NOBODY};
    new_track(history, &history->system, &on, 0);
    if (keep)
        spans_begin(history);
}

static void settle_node(struct history *history, struct node *node, uint64_t now) {
    energy_charge(history, node, now);
    for (struct track *track = node->tracks; track; track = track->next)
        settle_track(track, now);
}

void history_settle(struct history *history, uint64_t now) {
    history->end = now;
    blockers_settle(history, now);
    settle_node(history, &history->system, now);
    for (uint32_t i = 0; i < history->node_count; i++)
        if (history->nodes[i])
            settle_node(history, history->nodes[i], now);
}

static void free_tracks(struct node *node) {
    for (struct track *track = node->tracks; track; track = track->next) {
        free(track->states);
        free(track->moves);
        free(track->changes);
    }
}

void history_end(struct history *history) {
    free_tracks(&history->system);
    for (uint32_t i = 0; i < history->node_count; i++)
        if (history->nodes[i])
            free_tracks(history->nodes[i]);
    free(history->nodes);
    free(history->words);
    free(history->pnp_states);
    blockers_end(history);
    spans_end(history);
    store_empty(&history->store);
    *history = (struct history){0};
}

const char *track_state_name(struct history *history, const struct track *track, uint32_t state) {
    static const char letters[] = {[TRACK_SYSTEM] = 'S',
                                   [TRACK_DEVICE] = 'D',
                                   [TRACK_COMPONENT] = 'F',
                                   [TRACK_PERFORMANCE] = 'P'};
    char name[16] = {letters[track->kind]};
    switch (track->kind) {
    case TRACK_PNP:
        return state < history->pnp_state_count ? history->pnp_states[state] : "?";
    case TRACK_DRIPS:
        return state ? "DRIPS" : "running";
    case TRACK_ACTIVE:
        return state ? "active" : "idle";
    default:
        break;
    }
    char digits[11], *p = digits + sizeof digits - 1;
    *p = 0;
    do
        *--p = (char)('0' + state % 10);
    while (state /= 10);
    strcpy(name + 1, p);
    return history_word(history, name);
}
