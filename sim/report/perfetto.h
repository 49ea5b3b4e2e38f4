/*
 * The timeline for Perfetto or chrome://tracing, in the Chrome trace format (JSON).
 *
 * A device is a process of the trace, each of its tracks a thread in it with a slice for each stay
 * in a state; D and F states are counters besides. An IRP's or request's life is an asynchronous
 * slice with its serial number; callbacks and remarks are instants. Numbers are the machine's own,
 * never addresses, so replays give the same bytes.
 */
#ifndef SIM_REPORT_PERFETTO_H
#define SIM_REPORT_PERFETTO_H

#include "report/history.h"

/* Appends the events of a run, as members of a list without its brackets. */
void perfetto_events(struct history *history, const char *scenario, struct text *out);
/* Writes the file from the events of all runs, whose processes get different numbers. */
bool perfetto_write(const char *file, const struct text *const *runs, unsigned count);

#endif
