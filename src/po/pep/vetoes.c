/*
 * What a plug-in changes about idle states while the system runs: counts of reasons not to enter
 * one, latencies. (pepfx/nc-pepfx-pofxcallbackprocessoridleveto, …platformidleveto,
 * …update…idlestate)
 *
 * Judgements. A count does not go below 0: such a call is reported and changes nothing. A reason
 * that a plug-in with declared reasons has not declared, reason 0, and those from 0x80000000 on,
 * which are the system's, are illegal values (0xA0/0x706).
 */
#include "ki/bugcheck.h"
#include "ki/trace.h"
#include "po/pep/platform.h"

bool pep_vetoes_make(struct machine *m, struct pep_vetoes *vetoes, ULONG reasons) {
    vetoes->reasons = reasons;
    vetoes->active = 0;
    vetoes->counts =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, (reasons + 1) * sizeof(LONG), PEP_TAG);
    return vetoes->counts != NULL;
}

static void pep_veto(struct machine *m, struct pep_vetoes *vetoes, ULONG reason, bool increment,
                     const char *state) {
    if (KI_UNLIKELY(!reason || reason >= 0x80000000u ||
                    (vetoes->reasons && reason > vetoes->reasons)))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x706, 0, *(const ULONG *)"Veto", reason,
                    "a plug-in vetoed a %s idle state for reason %#x, which it has not declared",
                    state, (unsigned)reason);
    LONG *count = &vetoes->counts[reason <= vetoes->reasons ? reason - 1 : vetoes->reasons];
    if (!increment && !*count) {
        m->pep->idle_reports++;
        KI_TRACE(m, PEP_NOTIFY, "a veto was taken back that was not there", 0, reason);
        return;
    }
    if (increment)
        vetoes->active += !(*count)++;
    else
        vetoes->active -= !--*count;
}

/* The processor behind a handle, or NULL. */
static struct pep_processor *pep_processor_of(struct machine *m, POHANDLE handle) {
    struct pep_device *d = pep_device_of(m, handle);
    return d ? d->processor : NULL;
}

NTSTATUS pep_processor_veto(POHANDLE ProcessorHandle, ULONG ProcessorState, ULONG VetoReason,
                            BOOLEAN Increment) {
    struct machine *m = ki_self();
    struct pep_processor *p = pep_processor_of(m, ProcessorHandle);
    if (!p || !p->states_known)
        return STATUS_NOT_IMPLEMENTED;
    if (ProcessorState >= p->state_count)
        return STATUS_INVALID_PARAMETER;
    pep_veto(m, &p->states[ProcessorState].vetoes, VetoReason, Increment, "processor");
    return STATUS_SUCCESS;
}

NTSTATUS pep_platform_veto(POHANDLE ProcessorHandle, ULONG PlatformState, ULONG VetoReason,
                           BOOLEAN Increment) {
    struct machine *m = ki_self();
    struct pep_platform *platform = m->pep->platform;
    if (!pep_processor_of(m, ProcessorHandle) || !platform || !platform->states_known)
        return STATUS_NOT_IMPLEMENTED;
    if (PlatformState >= platform->state_count)
        return STATUS_INVALID_PARAMETER;
    pep_veto(m, &platform->states[PlatformState].vetoes, VetoReason, Increment, "platform");
    return STATUS_SUCCESS;
}

NTSTATUS pep_update_processor(POHANDLE ProcessorHandle, ULONG ProcessorState,
                              PPEP_PROCESSOR_IDLE_STATE_UPDATE Update) {
    struct machine *m = ki_self();
    struct pep_processor *p = pep_processor_of(m, ProcessorHandle);
    if (!p || !p->states_known)
        return STATUS_NOT_IMPLEMENTED;
    if (!Update || ProcessorState >= p->state_count)
        return STATUS_INVALID_PARAMETER;
    if (Update->Version != PEP_PROCESSOR_IDLE_STATE_UPDATE_VERSION_1)
        return STATUS_NOT_SUPPORTED;
    p->states[ProcessorState].given.Latency = Update->Latency;
    p->states[ProcessorState].given.BreakEvenDuration = Update->BreakEvenDuration;
    return STATUS_SUCCESS;
}

NTSTATUS pep_update_platform(POHANDLE ProcessorHandle, ULONG PlatformState,
                             PPEP_PLATFORM_IDLE_STATE_UPDATE Update) {
    struct machine *m = ki_self();
    struct pep_platform *platform = m->pep->platform;
    if (!pep_processor_of(m, ProcessorHandle) || !platform || !platform->states_known)
        return STATUS_NOT_IMPLEMENTED;
    if (!Update || PlatformState >= platform->state_count)
        return STATUS_INVALID_PARAMETER;
    if (Update->Version != PEP_PLATFORM_IDLE_STATE_UPDATE_VERSION_1)
        return STATUS_NOT_SUPPORTED;
    platform->states[PlatformState].latency = Update->Latency;
    platform->states[PlatformState].break_even = Update->BreakEvenDuration;
    return STATUS_SUCCESS;
}
