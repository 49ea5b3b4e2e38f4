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
    KMUTEX processor_mutex; /* one adds a processor or changes that list */
    KDPC *call_dpcs;        /* of KeGenericCallDpc: one per processor, under the mutex */
    KGUARDED_MUTEX call_mutex;
    KSPIN_LOCK numbered_locks[LockQueueMaximumLock];
    HARDWARE_COUNTER counters[MAX_HW_COUNTERS];
    ULONG counter_count;
};

/* A registration that lives in the kernel's memory: the handle is the record. */
struct ke_registration {
    LIST_ENTRY link;
    PVOID routine;
    PVOID context;
    bool awaits; /* the end of what it was told the beginning of (processor_change.c) */
};
/* The last registered comes first. */
PVOID ke_register(struct machine *m, LIST_ENTRY *list, PVOID routine, PVOID context);
/* False: the list has no such registration. */
bool ke_deregister(LIST_ENTRY *list, PVOID handle);

/* Made when it is first asked for. */
struct ke_part *ke_part(struct machine *m);

/* Runs the bug check callbacks, at HIGH_LEVEL on the stack that failed. */
void ke_bugcheck_callbacks(struct machine *m);

#endif
