/*
 * Who kept the system from its deepest idle state, and for how long.
 *
 * The simulator asks the machine for the constraints that do not hold (run.c) whenever a state
 * changes; here the time between is counted for each of them.
 */
#ifndef SIM_REPORT_BLOCKERS_H
#define SIM_REPORT_BLOCKERS_H

#include "report/history.h"

struct blocker {
    const char *name; /* "SENSOR\0000 component 1", lives as long as the history */
    uint64_t time;
};

/* These names block from now on, those of before that are not among them no more. */
void blockers_set(struct history *history, uint64_t now, const char *const *names, unsigned count);
/* Fills the list, the longest first; returns how many there are in it. */
unsigned blockers_list(const struct history *history, struct blocker *list, unsigned capacity);
void blockers_settle(struct history *history, uint64_t now);
void blockers_end(struct history *history);

#endif
