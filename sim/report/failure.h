/*
 * Reports of runs that did not pass, as text for people.
 */
#ifndef SIM_REPORT_FAILURE_H
#define SIM_REPORT_FAILURE_H

#include "scenario/run.h"

/* Appends the report of a run whose outcome is not OUTCOME_PASSED. */
void report_run(struct run *run, struct text *out);
/* One line that says the same in short: "status: expected STATUS_SUCCESS, actual STATUS_PENDING".
 */
void report_message(struct run *run, struct text *out);
/*
 * The report of a run that a signal ended, from within its handler: `what` happened at an
 * instruction. It takes locks and memory, which a handler should not; the process is lost anyway,
 * and the parent ends it for good if this hangs.
 */
void report_interrupted(struct run *run, const char *what, const void *instruction,
                        struct text *out);
/* Where the step that was being done stands, or the scenario's "expect", or its name. */
struct place report_place(const struct run *run);

/* "wdmsim run FILE --seed 7": how to have the same run again. */
void report_replay(const struct run *run, struct text *out);

#endif
