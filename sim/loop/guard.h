/*
 * What a worker does when a signal ends it: a driver that does not come back, a crash.
 */
#ifndef SIM_LOOP_GUARD_H
#define SIM_LOOP_GUARD_H

#include "loop/result.h"

/*
 * Catches the parent's "time is up" (SIGTERM) and, except under a sanitizer, fatal faults that are
 * not a machine's own affair. `send` gets the result that is made of it; then the process ends.
 */
void guard_install(void (*send)(const struct result *result));
/* The result to put it into, and the trace to flush. */
void guard_result(struct result *result, struct trace_writer *writer);
/* The run that is under way, NULL between runs. */
void guard_watch(struct run *run);

#endif
