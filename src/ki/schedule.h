/*
 * The scheduler: which thread a processor runs. Used by the processor loop and by waits.
 */
#ifndef KI_SCHEDULE_H
#define KI_SCHEDULE_H

#include "ki/thread.h"

/* True if a ready thread may run on the processor. */
bool ki_has_ready(struct machine *m, const struct ki_processor *cpu);
/* True if a ready thread of at least the running one's priority may run on the processor. */
bool ki_has_peer(struct machine *m, const struct ki_processor *cpu);
/* At DISPATCH_LEVEL: gives the current processor to the best ready thread that should have it. */
void ki_reschedule(struct machine *m);

#endif
