/* Recordings as the text of a list of steps, see replay.c. */
#ifndef SIM_SCENARIO_REPLAY_H
#define SIM_SCENARIO_REPLAY_H

#include "memory.h"

/* Lines of time, step, value, device. */
void replay_csv(const char *data, size_t size, struct text *out);
/* The <Event> elements of tracerpt's XML. */
void replay_xml(const char *data, size_t size, struct text *out);

#endif
