/* Residency, energy and latency of a run, as text and as JSON: see power.h. */
#include "report/power.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/blockers.h"
#include "report/json.h"

/* ---- latency -------------------------------------------------------------------------------- */

static int by_whole(const void *a, const void *b) {
    const struct latency *x = a, *y = b;
    return (x->whole > y->whole) - (x->whole < y->whole);
}

static int by_added(const void *a, const void *b) {
    const struct latency *x = a, *y = b;
    return (x->added > y->added) - (x->added < y->added);
}

/* The smallest value that so many percent of all do not exceed. */
static size_t rank(size_t count, unsigned percent) {
    size_t at = (count * percent + 99) / 100;
    return at ? at - 1 : 0;
}

void power_latency(struct history *history, struct latency_summary *summary) {
    struct latency *list = history->latencies;
    size_t count = history->latency_count;
    *summary = (struct latency_summary){.count = count};
    if (!count)
        return;
    qsort(list, count, sizeof *list, by_whole);
    summary->p50 = list[rank(count, 50)].whole;
    summary->p99 = list[rank(count, 99)].whole;
    summary->most = list[count - 1].whole;
    qsort(list, count, sizeof *list, by_added);
    summary->added_p50 = list[rank(count, 50)].added;
    summary->added_p99 = list[rank(count, 99)].added;
    summary->added_most = list[count - 1].added;
    for (size_t i = 0; i < count; i++)
        summary->delayed += list[i].added != 0;
}

/* ---- words ---------------------------------------------------------------------------------- */

/* A number with a unit that leaves one to three digits before the point. */
static void add_scaled(struct text *out, double number, const char *unit) {
    static const char *const prefixes[] = {"", "m", "u", "n"};
    unsigned i = 0;
    while (i < 3 && number != 0 && number < 0.9995) {
        number *= 1000;
        i++;
    }
    text_printf(out, "%.4g %s%s", number, prefixes[i], unit);
}

static double seconds(uint64_t time) { return (double)time / 1e9; }

static const char *const kind_keys[TRACK_COUNT] = {
#define X(name, key, title) [TRACK_##name] = key,
    TRACK_KINDS(X)
#undef X
};

static double share(const struct track *track, uint64_t time) {
    uint64_t whole = track_time(track);
    return whole ? (double)time / (double)whole : 0;
}

/* The track of DRIPS begins with the first standby: its share is one of the whole run. */
static double share_of_run(const struct history *history, uint64_t time) {
    return history->end ? (double)time / (double)history->end : 0;
}

static void by_nodes(struct history *history,
                     void (*visit)(struct history *, const struct node *, struct text *),
                     struct text *out) {
    visit(history, &history->system, out);
    for (uint32_t i = 0; i < history->node_count; i++)
        if (history->nodes[i])
            visit(history, history->nodes[i], out);
}

/* ---- text ----------------------------------------------------------------------------------- */

static void text_track(struct history *history, const struct track *track, struct text *out) {
    char title[64] = "";
    if (track->kind == TRACK_ACTIVE || track->kind == TRACK_PNP)
        return; /* the F states say as much, and a PnP state is no matter of power */
    if (track->kind == TRACK_COMPONENT)
        snprintf(title, sizeof title, "component %u", track->component);
    if (track->kind == TRACK_PERFORMANCE)
        snprintf(title, sizeof title, "component %u set %u", track->component, track->set);
    text_printf(out, "    %-18s", title);
    for (unsigned i = 0; i < track->state_count; i++) {
        const struct state_use *use = &track->states[i];
        text_printf(out, "  %s %.4g%% (", track_state_name(history, track, use->state),
                    100 * share(track, use->time));
        add_scaled(out, seconds(use->time), "s");
        text_printf(out, ", %" PRIu64 "x)", use->entries);
    }
    if (track->rates) {
        text_puts(out, "   ");
        add_scaled(out, energy_joules(track->energy), "J");
    }
    text_puts(out, "\n");
}

static bool has_power_tracks(const struct node *node) {
    for (const struct track *track = node->tracks; track; track = track->next)
        if (track->kind != TRACK_PNP)
            return true;
    return false;
}

static void text_node(struct history *history, const struct node *node, struct text *out) {
    if (!has_power_tracks(node))
        return;
    if (node->serial == HISTORY_NOBODY)
        text_puts(out, "  system\n");
    else
        text_printf(out, "  %s%s\n", node->name, node->gone ? " (gone)" : "");
    for (const struct track *track = node->tracks; track; track = track->next)
        text_track(history, track, out);
}

static void text_latency(struct history *history, struct text *out) {
    struct latency_summary latency;
    power_latency(history, &latency);
    if (!latency.count)
        return;
    text_printf(out, "  requests: %" PRIu64 ", latency p50 ", latency.count);
    add_scaled(out, seconds(latency.p50), "s");
    text_puts(out, ", p99 ");
    add_scaled(out, seconds(latency.p99), "s");
    text_printf(out, "; %" PRIu64 " waited for power: added p50 ", latency.delayed);
    add_scaled(out, seconds(latency.added_p50), "s");
    text_puts(out, ", p99 ");
    add_scaled(out, seconds(latency.added_p99), "s");
    text_puts(out, "\n");
}

static void text_drips(struct history *history, struct text *out) {
    struct blocker blockers[8];
    const struct track *track = history_track(history, HISTORY_NOBODY, TRACK_DRIPS, 0, 0);
    unsigned count = blockers_list(history, blockers, 8);
    if (track)
        text_printf(out, "  DRIPS: %.4g%% of the run, entered %" PRIu64 " times\n",
                    100 * share_of_run(history, track_use(track, 1).time),
                    track_use(track, 1).entries);
    if (!count)
        return;
    text_puts(out, "  kept from DRIPS by:\n");
    for (unsigned i = 0; i < count; i++) {
        text_printf(out, "    %s for ", blockers[i].name);
        add_scaled(out, seconds(blockers[i].time), "s");
        text_puts(out, "\n");
    }
}

void power_text(struct history *history, const char *name, struct text *out) {
    double joules = energy_joules(energy_of_all(history)), whole = seconds(history->end);
    text_printf(out, "power of %s: ", name);
    add_scaled(out, whole, "s");
    if (history->model && history->model->set) {
        text_puts(out, ", ");
        add_scaled(out, joules, "J");
        text_puts(out, ", on average ");
        add_scaled(out, whole > 0 ? joules / whole : 0, "W");
    }
    text_puts(out, "\n");
    by_nodes(history, text_node, out);
    text_latency(history, out);
    text_drips(history, out);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void json_states(struct history *history, const struct track *track, struct text *out) {
    json_key(out, "states");
    text_puts(out, "[");
    for (unsigned i = 0; i < track->state_count; i++) {
        const struct state_use *use = &track->states[i];
        json_comma(out);
        text_puts(out, "{");
        json_member_string(out, "state", track_state_name(history, track, use->state));
        json_member_real(out, "seconds", seconds(use->time));
        json_member_real(out, "share", share(track, use->time));
        json_member_number(out, "entries", use->entries);
        text_puts(out, "}");
    }
    text_puts(out, "]");
    json_key(out, "transitions");
    text_puts(out, "[");
    for (unsigned i = 0; i < track->move_count; i++) {
        json_comma(out);
        text_puts(out, "{");
        json_member_string(out, "from", track_state_name(history, track, track->moves[i].from));
        json_member_string(out, "to", track_state_name(history, track, track->moves[i].to));
        json_member_number(out, "count", track->moves[i].count);
        text_puts(out, "}");
    }
    text_puts(out, "]");
}

static void json_node(struct history *history, const struct node *node, struct text *out) {
    for (const struct track *track = node->tracks; track; track = track->next) {
        json_comma(out);
        text_puts(out, "{");
        if (node->serial != HISTORY_NOBODY)
            json_member_number(out, "node", node->serial);
        json_member_string(out, "name", node->name);
        json_member_string(out, "kind", kind_keys[track->kind]);
        if (track->kind >= TRACK_ACTIVE)
            json_member_number(out, "component", track->component);
        if (track->kind == TRACK_PERFORMANCE)
            json_member_number(out, "set", track->set);
        json_member_real(out, "seconds", seconds(track_time(track)));
        if (track->rates)
            json_member_real(out, "joules", energy_joules(track->energy));
        json_states(history, track, out);
        text_puts(out, "}");
    }
}

static void json_latency(struct history *history, struct text *out) {
    struct latency_summary latency;
    power_latency(history, &latency);
    json_key(out, "requests");
    text_puts(out, "{");
    json_member_number(out, "count", latency.count);
    json_member_number(out, "delayed", latency.delayed);
    json_key(out, "latency");
    text_puts(out, "{");
    json_member_real(out, "p50", seconds(latency.p50));
    json_member_real(out, "p99", seconds(latency.p99));
    json_member_real(out, "most", seconds(latency.most));
    text_puts(out, "}");
    json_key(out, "added");
    text_puts(out, "{");
    json_member_real(out, "p50", seconds(latency.added_p50));
    json_member_real(out, "p99", seconds(latency.added_p99));
    json_member_real(out, "most", seconds(latency.added_most));
    text_puts(out, "}}");
}

static void json_drips(struct history *history, struct text *out) {
    struct blocker blockers[32];
    const struct track *track = history_track(history, HISTORY_NOBODY, TRACK_DRIPS, 0, 0);
    unsigned count = blockers_list(history, blockers, 32);
    struct state_use use = track ? track_use(track, 1) : (struct state_use){0};
    json_key(out, "drips");
    text_puts(out, "{");
    json_member_real(out, "seconds", seconds(use.time));
    json_member_real(out, "share", share_of_run(history, use.time));
    json_member_number(out, "entries", use.entries);
    json_key(out, "blockers");
    text_puts(out, "[");
    for (unsigned i = 0; i < count; i++) {
        json_comma(out);
        text_puts(out, "{");
        json_member_string(out, "name", blockers[i].name);
        json_member_real(out, "seconds", seconds(blockers[i].time));
        text_puts(out, "}");
    }
    text_puts(out, "]}");
}

static void json_head(struct history *history, const char *name, struct text *out) {
    double joules = energy_joules(energy_of_all(history)), whole = seconds(history->end);
    json_comma(out);
    text_puts(out, "{");
    json_member_string(out, "scenario", name);
    json_member_real(out, "seconds", whole);
    if (history->model && history->model->set) {
        json_member_real(out, "joules", joules);
        json_member_real(out, "watts", whole > 0 ? joules / whole : 0);
    }
}

static void json_tail(struct history *history, struct text *out) {
    json_latency(history, out);
    json_drips(history, out);
    text_puts(out, "}");
}

void power_json(struct history *history, const char *name, struct text *out) {
    json_head(history, name, out);
    json_key(out, "tracks");
    text_puts(out, "[");
    by_nodes(history, json_node, out);
    text_puts(out, "]");
    json_tail(history, out);
}

void power_summary_json(struct history *history, const char *name, struct text *out) {
    json_head(history, name, out);
    json_tail(history, out);
}
