/* The kernel core's own part of a machine: registered callbacks, numbered locks, the counters for
 * profiling. */
#ifndef KE_CALLBACK_H
#define KE_CALLBACK_H

#include <ntddk.h>

#include "ki/machine.h"

struct ke_part {
    LIST_ENTRY bugcheck;
    LIST_ENTRY reason;
    void *secondary; /* buffer for what callbacks add to a dump, from the first registration on */
    LIST_ENTRY nmi;
    LIST_ENTRY bound;
    LIST_ENTRY processor;
    KDPC *call_dpcs; /* of KeGenericCallDpc: one per processor, under the mutex */
    KGUARDED_MUTEX call_mutex;
    KSPIN_LOCK numbered_locks[LockQueueMaximumLock];
    HARDWARE_COUNTER counters[MAX_HW_COUNTERS];
    ULONG counter_count;
};

/* Made when it is first asked for. */
struct ke_part *ke_part(struct machine *m);

/* Runs the bug check callbacks, at HIGH_LEVEL on the stack that failed. */
void ke_bugcheck_callbacks(struct machine *m);

#endif
