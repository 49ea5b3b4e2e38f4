/*
 * The history of a run: what the trace says about states, requests and callbacks, in a form that
 * reports can be made of.
 *
 * A *track* is one thing that is in one state at a time: the system (S), its deepest idle state, a
 * device node (its PnP state, D), a component of PoFx (active or not, F) and each of its
 * performance sets (P). For each track the time in each state and the number of transitions are
 * kept while the run goes on, so expectations can ask for them at any moment; with a power model
 * (energy.h) its energy too. With `keep` the changes themselves are kept as well, together with the
 * IRPs, callbacks and remarks of the run, for the timelines of html.c and perfetto.c.
 *
 * Memory is bounded: when more changes have come than HISTORY_CHANGES, the older half of the time
 * is forgotten (`from` says where the rest begins) while the sums stay whole.
 */
#ifndef SIM_REPORT_HISTORY_H
#define SIM_REPORT_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <wdmsim/trace.h>

#include "memory.h"

#define HISTORY_CHANGES 200000
#define HISTORY_SPANS 30000
#define HISTORY_MARKS 60000
#define HISTORY_NOBODY UINT32_MAX /* a node serial that is nobody's: the system */

/* X(name, key, title): the kinds of tracks; the key is what JSON calls it. */
#define TRACK_KINDS(X)                                                                             \
    X(SYSTEM, "S", "system power state")                                                           \
    X(DRIPS, "idle", "deepest idle state")                                                         \
    X(PNP, "pnp", "PnP state")                                                                     \
    X(DEVICE, "D", "device power state")                                                           \
    X(ACTIVE, "active", "condition of the component")                                              \
    X(COMPONENT, "F", "power state of the component")                                              \
    X(PERFORMANCE, "P", "performance state of the component")

enum track_kind {
#define X(name, key, title) TRACK_##name,
    TRACK_KINDS(X)
#undef X
        TRACK_COUNT
};

/* How long, and how often entered. */
struct state_use {
    uint32_t state;
    uint64_t time;
    uint64_t entries;
};

struct move {
    uint32_t from, to;
    uint64_t count;
};

struct change {
    uint64_t time;
    uint32_t state;
};

/* In attojoules: nanowatts times nanoseconds. */
typedef unsigned __int128 energy_t;

struct track {
    enum track_kind kind;
    uint32_t node; /* serial, or HISTORY_NOBODY */
    uint32_t component, set;
    uint32_t state;
    bool ended;     /* its device is gone */
    uint64_t begin; /* when it was first in a state … */
    uint64_t since; /* … and in the present one */
    struct state_use *states;
    unsigned state_count;
    struct move *moves;
    unsigned move_count;
    struct change *changes; /* the first is the state at `begin` or at the history's `from` */
    size_t change_count, change_capacity;
    energy_t energy;
    const struct rates *rates; /* NULL: the model does not know it */
    struct track *next;        /* of the same node */
};

struct node {
    uint32_t serial;
    const char *name;  /* its instance path */
    uint32_t parent;   /* serial, 0: none */
    const char *stack; /* its drivers when it was started, a line each, top first */
    struct track *tracks;
    uint64_t charged;    /* energy is counted up to here */
    uint64_t powered_on; /* when something of it was last switched on */
    bool gone;
};

/* An IRP's or a request's life. */
struct span {
    uint64_t begin, end; /* end 0: it has none */
    uint32_t serial;
    uint32_t node;
    uint32_t status;
    uint16_t function; /* major | minor << 8 */
    bool is_request;
    const char *target; /* first device it was sent to; of a request: its operation */
};

/* Something at one moment: a callback, a notification, a remark. */
struct mark {
    uint64_t time;
    uint32_t node;
    uint16_t kind; /* enum wdmsim_event_kind */
    const char *text;
};

/* A request's latency, and what of it went by before its device was on. */
struct latency {
    uint64_t whole, added;
};

struct model;

struct history {
    struct store store;
    bool keep; /* the changes, spans and marks too */
    const struct model *model;
    struct node system;
    struct node **nodes; /* by serial */
    uint32_t node_count;
    uint64_t from, end;
    size_t changes;
    struct span *spans; /* a ring of the last */
    uint64_t span_count;
    struct mark *marks; /* likewise */
    uint64_t mark_count;
    struct latency *latencies;
    size_t latency_count, latency_capacity;
    struct open_span *open; /* those without an end, by serial */
    size_t open_count, open_capacity;
    uint32_t request_thread; /* the thread made for the next request */
    uint64_t counts[WDMSIM_EVENT_KINDS];
    struct blocking *blocking; /* see blockers.h */
    unsigned blocking_count;
    struct words *words; /* texts, each once */
    size_t word_count, word_capacity;
    const char **pnp_states; /* their names: a PnP track's state is an index */
    uint32_t pnp_state_count;
};

void history_begin(struct history *history, bool keep, const struct model *model);
void history_event(struct history *history, const struct wdmsim_event *event);
/* Counts times and energies up to a moment; the history goes on. */
void history_settle(struct history *history, uint64_t now);
void history_end(struct history *history);

/* NULL if there is no such node or track. */
struct node *history_node(const struct history *history, uint32_t serial);
struct track *history_track(const struct history *history, uint32_t node, enum track_kind kind,
                            uint32_t component, uint32_t set);
/* Time in a state and number of entries, up to the last history_settle. */
struct state_use track_use(const struct track *track, uint32_t state);
uint64_t track_moves(const struct track *track, uint32_t from, uint32_t to);
/* The time a track has been there. */
uint64_t track_time(const struct track *track);
/* "D0", "F2", "active", "started": lives as long as the history. */
const char *track_state_name(struct history *history, const struct track *track, uint32_t state);
/* The n-th span or mark that is still there, oldest first; NULL behind the last. */
const struct span *history_span(const struct history *history, uint64_t n);
const struct mark *history_mark(const struct history *history, uint64_t n);
/* A text that lives as long as the history. */
const char *history_word(struct history *history, const char *text);

/* For energy.c: counts a node's energy up to a moment, with its tracks' present states. */
void energy_charge(struct history *history, struct node *node, uint64_t now);

#endif
