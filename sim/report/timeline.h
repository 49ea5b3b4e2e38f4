/*
 * One run as JSON, for the page of html.c.
 *
 *     { "name", "file", "seed", "outcome", "message", "report", "from", "end",
 *       "words": [text, …],
 *       "nodes": [{ "id", "name", "parent", "gone", "stack": [text, …] }, …],
 *       "tracks": [{ "node", "kind", "component", "set", "states": [name, …],
 *                    "use": [ns, entries, …], "moves": [from, to, count, …],
 *                    "changes": [ns since the last, state, …], "end", "joules" }, …],
 *       "spans": [begin, length or -1, serial, node, name, target, status, …],
 *       "marks": [ns since the last, node, name, text, …],
 *       "power": { … } as power.h says, without its tracks }
 *
 * Times are nanoseconds. Names of states, spans and marks are indexes into lists, for the page has
 * to hold hundreds of thousands of them.
 */
#ifndef SIM_REPORT_TIMELINE_H
#define SIM_REPORT_TIMELINE_H

#include "report/history.h"
#include "scenario/run.h"

/* Appends the whole object. The history has been settled. */
void timeline_json(struct run *run, struct history *history, struct text *out);

#endif
