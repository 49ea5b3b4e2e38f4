/* What states and transitions cost: see energy.h. */
#include "report/energy.h"

#include <ctype.h>
#include <string.h>

#define ATTOJOULES_PER_NANOJOULE 1000000000u

/* Instance paths have no case; a star stands for any characters, also none. */
static bool path_matches(const char *pattern, const char *path) {
    const char *star = NULL, *again = NULL;
    while (*path) {
        if (*pattern == '*') {
            star = ++pattern;
            again = path;
        } else if (*pattern && (*pattern == '?' || toupper((unsigned char)*pattern) ==
                                                       toupper((unsigned char)*path))) {
            pattern++;
            path++;
        } else if (star) {
            pattern = star;
            path = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static bool of_component(enum track_kind kind) {
    return kind == TRACK_ACTIVE || kind == TRACK_COMPONENT || kind == TRACK_PERFORMANCE;
}

const struct rates *energy_rates(const struct model *model, const char *node,
                                 const struct track *track) {
    if (!model || !model->set)
        return NULL;
    if (track->node == HISTORY_NOBODY)
        return &model->system;
    for (unsigned i = 0; i < model->device_count; i++)
        if (path_matches(model->devices[i].pattern, node))
            return &model->devices[i].rates;
    return NULL;
}

static bool of_track(const struct state_key *key, const struct track *track) {
    return key->kind == track->kind && key->component == track->component && key->set == track->set;
}

static uint64_t nanowatts(const struct track *track) {
    const struct rates *rates = track->rates;
    for (unsigned i = 0; rates && i < rates->watt_count; i++) {
        const struct watts *watts = &rates->watts[i];
        if (of_track(&watts->key, track) && watts->key.state == track->state)
            return watts->nanowatts;
    }
    return 0;
}

void energy_move(struct track *track, uint32_t from, uint32_t to) {
    const struct rates *rates = track->rates;
    for (unsigned i = 0; rates && i < rates->joule_count; i++) {
        const struct joules *joules = &rates->joules[i];
        if (of_track(&joules->from, track) && joules->from.state == from && joules->to.state == to)
            track->energy += (energy_t)joules->nanojoules * ATTOJOULES_PER_NANOJOULE;
    }
}

/* Whether the model has watts of its own for the state that a track is in. */
static bool has_watts(const struct track *track) { return nanowatts(track) != 0; }

/* Whether what a node's tracks of a kind take counts, in the states they are in. */
static bool counts(const struct node *node, enum track_kind kind) {
    if (kind == TRACK_DEVICE || kind == TRACK_DRIPS)
        return true;
    for (const struct track *track = node->tracks; track; track = track->next) {
        if (kind == TRACK_SYSTEM && track->kind == TRACK_DRIPS && track->state && has_watts(track))
            return false;
        if (of_component(kind) && track->kind == TRACK_DEVICE && track->state)
            return false;
    }
    return true;
}

void energy_charge(struct history *history, struct node *node, uint64_t now) {
    uint64_t time = now - node->charged;
    node->charged = now;
    if (!history->model || !history->model->set || !time)
        return;
    for (struct track *track = node->tracks; track; track = track->next) {
        uint64_t rate = track->ended ? 0 : nanowatts(track);
        if (rate && counts(node, track->kind))
            track->energy += (energy_t)rate * time;
    }
}

double energy_joules(energy_t energy) { return (double)energy / 1e18; }

energy_t energy_of_node(const struct node *node) {
    energy_t sum = 0;
    for (const struct track *track = node->tracks; track; track = track->next)
        sum += track->energy;
    return sum;
}

energy_t energy_of_all(const struct history *history) {
    energy_t sum = energy_of_node(&history->system);
    for (uint32_t i = 0; i < history->node_count; i++)
        if (history->nodes[i])
            sum += energy_of_node(history->nodes[i]);
    return sum;
}
