/* Running one scenario in this process, as often as the options say. */
#ifndef SIM_LOOP_WORK_H
#define SIM_LOOP_WORK_H

#include "loop/result.h"
#include "options.h"

/*
 * Reads and runs a scenario. The trace goes to `trace` if that is not NULL; problems and reports go
 * into the result.
 */
void work(const char *file, const struct options *options, FILE *trace, struct result *result);

/* The same in a worker process: the result goes to descriptor 3, the trace to descriptor 4. */
int work_as_worker(const struct options *options);

#define WORKER_RESULT 3
#define WORKER_TRACE 4

#endif
