/*
 * The journal: what a run's trace is needed for while it happens.
 *
 * One sink sees every event. It writes the trace file, feeds the patterns of the scenario's own
 * "expect", and keeps the lines since the last expect step if any step will look for some.
 */
#ifndef SIM_SCENARIO_JOURNAL_H
#define SIM_SCENARIO_JOURNAL_H

#include <wdmsim/trace.h>

#include "report/trace.h"
#include "scenario/scenario.h"

/* Patterns to be matched in order, and how far that has come. */
struct progress {
    const struct patterns *patterns;
    unsigned done;
};

struct journal {
    struct trace_writer *writer;
    bool window;              /* keep lines for expect steps */
    struct text lines;        /* "name text" of each event, each followed by a zero byte */
    struct text output;       /* debug output, with its line ends */
    struct text whole_output; /* of the whole run, if the scenario's own expect looks at it */
    bool keep_output;
    struct progress trace;
    const struct patterns *never;
    const struct expected_counts *counted; /* of the whole run … */
    uint64_t *counts;                      /* … and how often so far */
    char *offender;                        /* the first event that must never be */
    const char *offended;                  /* and the pattern it matched */
};

void journal_begin(struct journal *journal, const struct scenario *scenario,
                   struct trace_writer *writer);
/* Whether anybody wants events at all. */
bool journal_is_needed(const struct journal *journal);
void journal_event(void *journal, const struct wdmsim_event *event);
/* An expect step has looked: its successor begins here. */
void journal_next_window(struct journal *journal);
void journal_end(struct journal *journal);

/* The number of patterns that lines (each with `end` behind it) match in order. */
unsigned journal_match(const struct patterns *patterns, const struct text *lines, char end);

#endif
