/* Watching a run: its trace's sink, and what the machine is asked at the events of it. */
#ifndef SIM_SCENARIO_OBSERVE_H
#define SIM_SCENARIO_OBSERVE_H

#include "scenario/run.h"

/* Begins the history if anybody wants it, and makes the machine's events known. */
void observe_begin(struct run *run);
/* Makes known what still waits for its line's end: before somebody looks, and at the end. */
void observe_flush(struct run *run);

#endif
