/*
 * DPCs from outside: seeing each one queued, holding them back, letting them run one by one.
 *
 * A DPC that a driver queues below DISPATCH_LEVEL usually has run before the call returns. A test
 * that wants to look at the moment between, or to choose the order, holds them back:
 *
 *     wdmsim_hold_dpcs(m, true);
 *     wdmsim_interrupt_raise(m, vector);
 *     wdmsim_settle(m);                  // the service routine ran and queued its DPC
 *     assert_true(extension->busy);
 *     wdmsim_run_dpc(m, NULL);           // the DPC runs
 *     assert_false(extension->busy);
 */
#ifndef WDMSIM_DPC_H
#define WDMSIM_DPC_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct _KDPC;

/* A DPC at the moment it was queued. */
struct wdmsim_dpc {
    struct _KDPC *dpc;
    const char *routine; /* its name, or "image+0x123" */
    void *context;
    void *arguments[2];
    unsigned processor; /* where it will run */
    bool threaded;
};

/* Calls `queued` for each DPC of either kind as it is queued, those of timers included. It must not
 * run the machine or change the DPC. NULL: nobody observes. */
typedef void wdmsim_dpc_observer(void *context, const struct wdmsim_dpc *dpc);
void wdmsim_observe_dpcs(struct machine *machine, wdmsim_dpc_observer *queued, void *context);

/*
 * From now on no DPC runs unless wdmsim_run_dpc lets it; with false, those that wait are free to
 * run when the machine next moves. KeFlushQueuedDpcs keeps its promise in any case: it runs the
 * held ones too.
 */
void wdmsim_hold_dpcs(struct machine *machine, bool held);

/*
 * Runs one queued DPC, on its processor, and what follows from it (as wdmsim_settle does). NULL:
 * the first in the queue of the lowest-numbered processor that has one. NOT_FOUND: it is not
 * queued, or none is. BUSY: its processor is kept at DISPATCH_LEVEL or above, so the DPC still
 * waits. STOPPED.
 */
int wdmsim_run_dpc(struct machine *machine, struct _KDPC *dpc);

#ifdef __cplusplus
}
#endif
#endif
