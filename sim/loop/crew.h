/* The crew: worker processes that run scenarios side by side. */
#ifndef SIM_LOOP_CREW_H
#define SIM_LOOP_CREW_H

#include "loop/result.h"
#include "options.h"

/*
 * Runs every file in a worker process of its own, some at a time, and prints reports and traces in
 * the order of the files. Returns the exit code: the highest of the outcomes, or 130 after an
 * interrupt.
 */
int crew_run(const struct options *options);

/* The same in this process, one after the other: for debuggers. */
int crew_run_here(const struct options *options);

#endif
