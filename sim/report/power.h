/*
 * The power report: residency, transitions, energy, latency, and who kept the system from DRIPS.
 *
 * As text for people, or as JSON:
 *
 *     { "seconds", "joules", "watts",
 *       "tracks": [{ "node", "name", "kind", "component", "set", "seconds", "joules",
 *                    "states": [{ "state", "seconds", "share", "entries" }, …],
 *                    "transitions": [{ "from", "to", "count" }, …] }, …],
 *       "requests": { "count", "latency": { "p50", "p99", "most" }, "added": { … } },
 *       "drips": { "seconds", "share", "entries", "blockers": [{ "name", "seconds" }, …] } }
 *
 * Times are seconds. Latency "added" is what history_spans.h says: how long a request waited for
 * its device to be switched on.
 */
#ifndef SIM_REPORT_POWER_H
#define SIM_REPORT_POWER_H

#include "report/energy.h"

struct latency_summary {
    uint64_t count, delayed; /* requests that ended; those among them that had to wait */
    uint64_t p50, p99, most; /* of the whole latency, ns */
    uint64_t added_p50, added_p99, added_most;
};
void power_latency(struct history *history, struct latency_summary *summary);

void power_text(struct history *history, const char *name, struct text *out);
void power_json(struct history *history, const char *name, struct text *out);
/* The same object without its tracks. */
void power_summary_json(struct history *history, const char *name, struct text *out);

#endif
