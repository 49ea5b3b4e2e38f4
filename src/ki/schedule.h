/*
 * The scheduler: which thread a processor runs. Used by the processor loop and by waits.
 */
#ifndef KI_SCHEDULE_H
#define KI_SCHEDULE_H

#include "ki/thread.h"

/* How long a thread may run while others of its priority are ready: two clock ticks, as on a
 * Windows for clients (a judgement, the docs name no figure). */
#define KI_SLICE (31250 * WDMSIM_US)
/* The current processor's thread has run that long. */
void ki_slice_end(struct machine *m);
/* True if a ready thread may run on the processor. */
bool ki_has_ready(struct machine *m, const struct ki_processor *cpu);
/* True if a ready thread of at least the running one's priority may run on the processor. */
bool ki_has_peer(struct machine *m, const struct ki_processor *cpu);
/* At DISPATCH_LEVEL: gives the current processor to the best ready thread that should have it. */
void ki_reschedule(struct machine *m);
/* The first ready thread that speaks for the host, or NULL; the second takes it out of its queue.
 */
PKTHREAD ki_find_outside(const struct machine *m);
PKTHREAD ki_take_outside(struct machine *m);
/* Puts `next` on the current processor and continues it; the caller's thread, `from`, is suspended
 * as its state says. At DISPATCH_LEVEL, as it is when this returns. */
void ki_switch_thread(struct machine *m, PKTHREAD from, PKTHREAD next);

#endif
