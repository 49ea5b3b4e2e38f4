/*
 * DPCs as the host watches and steers them (wdmsim/dpc.h).
 *
 * Holding back means that the queues are not retired; what is queued stays where it would run. One
 * that is let go moves to the front of its processor's queue, and the processor is asked to look.
 * KeFlushQueuedDpcs counts itself in machine.hooks: while a thread is in there the queues are
 * retired as ever.
 */
#include <wdmsim/dpc.h>

#include "ki/bugcheck.h"
#include "ki/dispatch.h"
#include "ki/processor.h"

static void ki_dpc_hooks_changed(struct machine *m) {
    m->hooks.dpcs = m->hooks.dpcs_held || m->hooks.on_dpc;
}

void ki_dpc_observed(struct machine *m, const KDPC *dpc, const struct ki_processor *cpu,
                     bool threaded) {
    const struct wdmsim_dpc seen = {.dpc = (PKDPC)(ULONG_PTR)dpc,
                                    .routine = ki_address_name(m, (void *)dpc->DeferredRoutine),
                                    .context = dpc->DeferredContext,
                                    .arguments = {dpc->SystemArgument1, dpc->SystemArgument2},
                                    .processor = cpu->number,
                                    .threaded = threaded};
    m->hooks.on_dpc(m->hooks.on_dpc_context, &seen);
}

void wdmsim_observe_dpcs(struct machine *machine, wdmsim_dpc_observer *queued, void *context) {
    machine->hooks.on_dpc = queued;
    machine->hooks.on_dpc_context = context;
    ki_dpc_hooks_changed(machine);
}

static void ki_dpc_processor_resume(struct machine *m, struct ki_processor *cpu) {
    if (cpu->dpc_count)
        ki_request(m, cpu, DISPATCH_LEVEL);
    if (!IsListEmpty(&cpu->threaded_dpcs))
        ki_dpc_thread_wake(m, cpu);
}

void ki_dpcs_resume(struct machine *m) {
    for (unsigned i = 0; i < m->processor_count; i++)
        ki_dpc_processor_resume(m, &m->processors[i]);
}

void wdmsim_hold_dpcs(struct machine *machine, bool held) {
    machine->hooks.dpcs_held = held;
    ki_dpc_hooks_changed(machine);
    if (!held)
        ki_dpcs_resume(machine);
}

/* Processors in order, of each the normal DPCs before the threaded ones. */
static PKDPC ki_dpc_first_queued(struct machine *m) {
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct ki_processor *cpu = &m->processors[i];
        LIST_ENTRY *queue = cpu->dpc_count ? &cpu->dpcs : &cpu->threaded_dpcs;
        if (!IsListEmpty(queue))
            return CONTAINING_RECORD(queue->Flink, KDPC, DpcListEntry);
    }
    return NULL;
}

int wdmsim_run_dpc(struct machine *machine, struct _KDPC *dpc) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (!dpc)
        dpc = ki_dpc_first_queued(machine);
    struct ki_processor *cpu = dpc ? dpc->DpcData : NULL;
    if (!cpu)
        return WDMSIM_ERROR_NOT_FOUND;
    bool threaded = ki_dpc_is_threaded(machine, dpc);
    PLIST_ENTRY link = (PLIST_ENTRY)&dpc->DpcListEntry;
    RemoveEntryList(link);
    InsertHeadList(threaded ? &cpu->threaded_dpcs : &cpu->dpcs, link);
    machine->hooks.dpc_released = dpc;
    ki_dpc_processor_resume(machine, cpu);
    int error = wdmsim_settle(machine);
    bool waits = machine->hooks.dpc_released == dpc;
    machine->hooks.dpc_released = NULL;
    return error ? error : waits ? WDMSIM_ERROR_BUSY : 0;
}
