/*
 * Performance states: sets of values a component can run at, described by the driver or the
 * plug-in, changed one request at a time.
 *
 * A request goes through three phases: the plug-in is to be asked (at PASSIVE_LEVEL, so from higher
 * levels by a worker), it has not answered, it has. Then the driver's callback follows, always: on
 * the caller's thread for PO_FX_FLAG_BLOCKING, on another for PO_FX_FLAG_ASYNC_ONLY, else wherever
 * the answer is. The request is over before the callback is called, so that the next may be made in
 * it.
 *
 * Judgements: a request with a bad set, index or value, or with the same set twice, fails as a
 * whole and is reported; a query above PASSIVE_LEVEL is answered from the record of what succeeded
 * last.
 *
 * (wdm/nf-wdm-pofxregistercomponentperfstates, -pofxissuecomponentperfstatechangemultiple,
 * -pofxquerycurrentcomponentperfstate)
 */
#include <string.h>

#include "po/fx/internal.h"

enum fx_phase { FX_PHASE_NONE, FX_PHASE_ASK, FX_PHASE_ASKED, FX_PHASE_ANSWERED };

struct fx_perf {
    struct fx_component *component;
    PO_FX_COMPONENT_PERF_STATE_CALLBACK *callback;
    ULONGLONG flags;
    const PO_FX_COMPONENT_PERF_INFO *info;
    bool by_plugin;     /* the plug-in is asked about changes */
    ULONGLONG *current; /* per set: index or value */
    /* The request. */
    UCHAR phase;
    bool blocked, async, succeeded, queued;
    ULONG waiting; /* callers */
    PVOID context;
    ULONG count;
    PO_FX_PERF_STATE_CHANGE *changes;
    KEVENT event;
    WORK_QUEUE_ITEM work;
    /* A query for the record. */
    bool query_queued;
    WORK_QUEUE_ITEM query;
};

/* ---- registration ---- */

static bool fx_set_is_valid(const PO_FX_COMPONENT_PERF_SET *set) {
    if (set->Type == PoFxPerfStateTypeRange)
        return set->Range.Minimum <= set->Range.Maximum;
    if (set->Type != PoFxPerfStateTypeDiscrete || !set->Discrete.Count || !set->Discrete.States)
        return false;
    for (ULONG i = 1; i < set->Discrete.Count; i++)
        if (set->Discrete.States[i].Value <= set->Discrete.States[i - 1].Value)
            return false;
    return true;
}

static bool fx_info_is_valid(const PO_FX_COMPONENT_PERF_INFO *info) {
    if (!info->PerfStateSetsCount)
        return false;
    for (ULONG i = 0; i < info->PerfStateSetsCount; i++)
        if (!fx_set_is_valid(&info->PerfStateSets[i]))
            return false;
    return true;
}

static bool fx_set_copy(struct machine *m, struct fx_device *d, PO_FX_COMPONENT_PERF_SET *set) {
    if (set->Name.Length) {
        PWCH name = fx_device_allocate(m, d, set->Name.Length);
        if (!name)
            return false;
        memcpy(name, set->Name.Buffer, set->Name.Length);
        set->Name.Buffer = name;
        set->Name.MaximumLength = set->Name.Length;
    }
    if (set->Type == PoFxPerfStateTypeDiscrete) {
        size_t size = set->Discrete.Count * sizeof set->Discrete.States[0];
        PPO_FX_PERF_STATE states = fx_device_allocate(m, d, size);
        if (!states)
            return false;
        memcpy(states, set->Discrete.States, size);
        set->Discrete.States = states;
    }
    return true;
}

static PPO_FX_COMPONENT_PERF_INFO fx_info_copy(struct machine *m, struct fx_device *d,
                                               const PO_FX_COMPONENT_PERF_INFO *info) {
    size_t size = offsetof(PO_FX_COMPONENT_PERF_INFO, PerfStateSets) +
                  info->PerfStateSetsCount * sizeof info->PerfStateSets[0];
    PPO_FX_COMPONENT_PERF_INFO copy = fx_device_allocate(m, d, size);
    if (!copy)
        return NULL;
    memcpy(copy, info, size);
    for (ULONG i = 0; i < copy->PerfStateSetsCount; i++)
        if (!fx_set_copy(m, d, &copy->PerfStateSets[i]))
            return NULL;
    return copy;
}

static WORKER_THREAD_ROUTINE fx_perf_work, fx_perf_query_work;

static NTSTATUS fx_perf_make(struct machine *m, struct fx_component *c, struct fx_perf *perf) {
    struct fx_device *d = c->device;
    ULONG sets = perf->info->PerfStateSetsCount;
    perf->component = c;
    perf->current = fx_device_allocate(m, d, sets * sizeof perf->current[0]);
    perf->changes = fx_device_allocate(m, d, sets * sizeof perf->changes[0]);
    if (!perf->current || !perf->changes)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < sets; i++)
        if (perf->info->PerfStateSets[i].Type == PoFxPerfStateTypeRange)
            perf->current[i] = perf->info->PerfStateSets[i].Range.Minimum;
    KeInitializeEvent(&perf->event, SynchronizationEvent, FALSE);
    c->perf = perf;
    return STATUS_SUCCESS;
}

/* The plug-in's word about the sets; what it describes itself becomes *info. */
static NTSTATUS fx_perf_offer(struct machine *m, struct fx_component *c, struct fx_perf *perf,
                              PPO_FX_COMPONENT_PERF_INFO in, PPO_FX_COMPONENT_PERF_INFO *out) {
    struct fx_device *d = c->device;
    NTSTATUS status = STATUS_NOT_IMPLEMENTED;
    if (d->plugin->perf_register)
        status = d->plugin->perf_register(m, d, c->index, in, out);
    perf->by_plugin = NT_SUCCESS(status);
    if (out && NT_SUCCESS(status)) {
        if (!fx_info_is_valid(*out))
            ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x61a, (ULONG_PTR)d->plugin, (ULONG_PTR)d, 0,
                        "the plug-in described performance states of component %u of device "
                        "node %u that contradict themselves",
                        c->index, d->serial);
        perf->info = *out;
    }
    if (status == STATUS_NOT_IMPLEMENTED && (perf->flags & PO_FX_FLAG_PERF_PEP_OPTIONAL))
        return STATUS_SUCCESS;
    return status;
}

NTSTATUS
PoFxRegisterComponentPerfStates(POHANDLE Handle, ULONG Component, ULONGLONG Flags,
                                PPO_FX_COMPONENT_PERF_STATE_CALLBACK ComponentPerfStateCallback,
                                PPO_FX_COMPONENT_PERF_INFO InputStateInfo,
                                PPO_FX_COMPONENT_PERF_INFO *OutputStateInfo) {
    KI_GATE(PoFxRegisterComponentPerfStates);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    struct fx_component *c = fx_component_checked(m, d, Component, caller);
    struct fx_perf *perf;
    NTSTATUS status;
    if (!InputStateInfo == !OutputStateInfo || !ComponentPerfStateCallback || c->perf ||
        d->version < PO_FX_VERSION_V2 || (InputStateInfo && !fx_info_is_valid(InputStateInfo)) ||
        (OutputStateInfo && (Flags & PO_FX_FLAG_PERF_PEP_OPTIONAL)))
        return STATUS_INVALID_PARAMETER;
    perf = fx_device_allocate(m, d, sizeof *perf);
    if (!perf)
        return STATUS_INSUFFICIENT_RESOURCES;
    perf->callback = ComponentPerfStateCallback;
    perf->flags = Flags;
    if (InputStateInfo && !(perf->info = fx_info_copy(m, d, InputStateInfo)))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = fx_perf_offer(m, c, perf, (PPO_FX_COMPONENT_PERF_INFO)(ULONG_PTR)perf->info,
                           OutputStateInfo);
    return NT_SUCCESS(status) ? fx_perf_make(m, c, perf) : status;
}

/* ---- requests ---- */

static void fx_perf_queue(struct machine *m, struct fx_perf *perf) {
    if (perf->queued)
        return;
    perf->queued = true;
    ExInitializeWorkItem(&perf->work, fx_perf_work, perf);
    ex_queue_work(m, &perf->work, CriticalWorkQueue);
}

static void fx_perf_ask(struct machine *m, struct fx_perf *perf, KIRQL irql) {
    struct fx_component *c = perf->component;
    struct fx_device *d = c->device;
    struct fx_call call;
    perf->phase = FX_PHASE_ASKED;
    fx_call_begin(m, &call, d, irql);
    enum fx_answer answer = d->plugin->perf_request(m, d, c->index, perf->count, perf->changes);
    fx_call_end(m, &call, "the plug-in");
    if (answer == FX_LATER || perf->phase != FX_PHASE_ASKED)
        return;
    perf->succeeded = answer == FX_DONE;
    perf->phase = FX_PHASE_ANSWERED;
}

static void fx_perf_tell(struct machine *m, struct fx_perf *perf, KIRQL irql) {
    struct fx_component *c = perf->component;
    struct fx_device *d = c->device;
    bool succeeded = perf->succeeded;
    PVOID context = perf->context;
    struct fx_call call;
    for (ULONG i = 0; succeeded && i < perf->count; i++) {
        const PO_FX_PERF_STATE_CHANGE *change = &perf->changes[i];
        bool range = perf->info->PerfStateSets[change->Set].Type == PoFxPerfStateTypeRange;
        perf->current[change->Set] = range ? change->StateValue : change->StateIndex;
        KI_TRACE(m, FX_PERFORMANCE, "", d->serial, c->index, change->Set,
                 perf->current[change->Set]);
    }
    perf->phase = FX_PHASE_NONE;
    KI_TRACE(m, FX_CALL, "ComponentPerfStateCallback", d->serial, c->index, succeeded);
    fx_call_begin(m, &call, d, irql);
    perf->callback(d->driver.DeviceContext, c->index, succeeded, context);
    fx_call_end(m, &call, "ComponentPerfStateCallback");
}

/* As far as it goes on this stack. */
static void fx_perf_run(struct machine *m, struct fx_perf *perf, KIRQL irql,
                        enum fx_context context) {
    if (perf->phase == FX_PHASE_ASK) {
        if (irql > PASSIVE_LEVEL || (perf->async && context == FX_INLINE)) {
            fx_perf_queue(m, perf);
            return;
        }
        fx_perf_ask(m, perf, irql);
    }
    if (perf->phase != FX_PHASE_ANSWERED)
        return;
    if (perf->blocked && context != FX_BLOCKED)
        fx_signal(m, &perf->event);
    else if (perf->async && context == FX_INLINE)
        fx_perf_queue(m, perf);
    else
        fx_perf_tell(m, perf, irql);
}

static VOID fx_perf_work(PVOID parameter) {
    struct machine *m = ki_self();
    struct fx_perf *perf = parameter;
    struct fx_device *d = perf->component->device;
    KIRQL irql = fx_enter(m);
    perf->queued = false;
    if (!d->unregistering)
        fx_perf_run(m, perf, PASSIVE_LEVEL, FX_WORKER);
    fx_turn_over(m, d);
    fx_leave(m, irql);
}

bool fx_perf_is_busy(const struct fx_component *c) {
    return c->perf && (c->perf->queued || c->perf->query_queued || c->perf->waiting);
}

/* The registration ends: a caller who waits for the plug-in is told that it failed. */
void fx_perf_end(struct machine *m, struct fx_component *c) {
    struct fx_perf *perf = c->perf;
    if (!perf || !perf->waiting)
        return;
    perf->succeeded = false;
    perf->phase = FX_PHASE_ANSWERED;
    fx_signal(m, &perf->event);
}

bool fx_plugin_perf_done(struct machine *m, struct fx_device *d, ULONG component, bool succeeded) {
    struct fx_perf *perf = component < d->component_count ? d->components[component].perf : NULL;
    if (!perf || perf->phase != FX_PHASE_ASKED)
        return false;
    KIRQL irql = fx_enter(m);
    perf->succeeded = succeeded;
    perf->phase = FX_PHASE_ANSWERED;
    if (perf->blocked)
        fx_signal(m, &perf->event);
    else
        fx_perf_queue(m, perf);
    fx_leave(m, irql);
    return true;
}

static bool fx_change_is_valid(const struct fx_perf *perf, const PO_FX_PERF_STATE_CHANGE *change) {
    if (change->Set >= perf->info->PerfStateSetsCount)
        return false;
    const PO_FX_COMPONENT_PERF_SET *set = &perf->info->PerfStateSets[change->Set];
    if (set->Type == PoFxPerfStateTypeDiscrete)
        return change->StateIndex < set->Discrete.Count;
    return change->StateValue >= set->Range.Minimum && change->StateValue <= set->Range.Maximum;
}

static bool fx_changes_are_valid(const struct fx_perf *perf) {
    for (ULONG i = 0; i < perf->count; i++) {
        if (!fx_change_is_valid(perf, &perf->changes[i]))
            return false;
        for (ULONG j = 0; j < i; j++)
            if (perf->changes[j].Set == perf->changes[i].Set)
                return false;
    }
    return perf->count > 0;
}

/* The checks that are bug checks. */
static struct fx_perf *fx_perf_checked(struct machine *m, struct fx_component *c, ULONG flags,
                                       ULONG count, const void *caller) {
    struct fx_device *d = c->device;
    struct fx_perf *perf = c->perf;
    ULONG both = PO_FX_FLAG_BLOCKING | PO_FX_FLAG_ASYNC_ONLY;
    if (KI_UNLIKELY(!perf))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x61b, (ULONG_PTR)d, c->index, 0,
                    "%s requested a performance state of component %u, which has none registered",
                    ki_address_name(m, caller), c->index);
    if (KI_UNLIKELY(count > perf->info->PerfStateSetsCount))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x61c, (ULONG_PTR)d, c->index, 0,
                    "%s requested %u changes of component %u, which has %u sets",
                    ki_address_name(m, caller), count, c->index, perf->info->PerfStateSetsCount);
    if (KI_UNLIKELY(perf->phase != FX_PHASE_NONE))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x61d, (ULONG_PTR)d, c->index,
                    (ULONG_PTR)perf->context,
                    "%s requested a performance state of component %u before the callback for the "
                    "request before",
                    ki_address_name(m, caller), c->index);
    if (KI_UNLIKELY((flags & both) == both))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x614, (ULONG_PTR)d, c->index, 1,
                    "%s passed both PO_FX_FLAG_BLOCKING and PO_FX_FLAG_ASYNC_ONLY",
                    ki_address_name(m, caller));
    return perf;
}

static void fx_perf_request(struct machine *m, POHANDLE handle, ULONG flags, ULONG component,
                            ULONG count, const PO_FX_PERF_STATE_CHANGE *changes, PVOID context,
                            const void *caller) {
    struct fx_device *d = fx_device_checked(m, handle, caller);
    struct fx_component *c = fx_component_checked(m, d, component, caller);
    struct fx_perf *perf = fx_perf_checked(m, c, flags, count, caller);
    KIRQL irql = fx_enter(m);
    perf->context = context;
    perf->count = count;
    memcpy(perf->changes, changes, count * sizeof *changes);
    perf->blocked = flags & PO_FX_FLAG_BLOCKING;
    perf->async = flags & PO_FX_FLAG_ASYNC_ONLY;
    perf->phase = FX_PHASE_ASK;
    if (!fx_changes_are_valid(perf)) {
        fx_report(m, d, "%s requested performance states of component %u that it does not have",
                  ki_address_name(m, caller), component);
        perf->succeeded = false;
        perf->phase = FX_PHASE_ANSWERED;
    } else if (!perf->by_plugin || !d->plugin->perf_request) {
        perf->succeeded = true;
        perf->phase = FX_PHASE_ANSWERED;
    }
    bool blocked = perf->blocked;
    fx_perf_run(m, perf, irql, blocked ? FX_BLOCKED : FX_INLINE);
    perf->waiting += blocked;
    while (blocked && perf->blocked && perf->phase != FX_PHASE_NONE) {
        fx_leave(m, irql);
        KeWaitForSingleObject(&perf->event, Executive, KernelMode, FALSE, NULL);
        fx_enter(m);
        fx_perf_run(m, perf, irql, FX_BLOCKED);
    }
    perf->waiting -= blocked;
    fx_turn_over(m, d);
    fx_leave(m, irql);
}

VOID PoFxIssueComponentPerfStateChange(POHANDLE Handle, ULONG Flags, ULONG Component,
                                       PPO_FX_PERF_STATE_CHANGE PerfChange, PVOID Context) {
    KI_GATE(PoFxIssueComponentPerfStateChange);
    if (Flags & PO_FX_FLAG_BLOCKING)
        KI_CHECK_IRQL(PoFxIssueComponentPerfStateChange, APC_LEVEL);
    fx_perf_request(m, Handle, Flags, Component, 1, PerfChange, Context,
                    __builtin_return_address(0));
}

VOID PoFxIssueComponentPerfStateChangeMultiple(POHANDLE Handle, ULONG Flags, ULONG Component,
                                               ULONG PerfChangesCount,
                                               PPO_FX_PERF_STATE_CHANGE PerfChanges,
                                               PVOID Context) {
    KI_GATE(PoFxIssueComponentPerfStateChangeMultiple);
    if (Flags & PO_FX_FLAG_BLOCKING)
        KI_CHECK_IRQL(PoFxIssueComponentPerfStateChangeMultiple, APC_LEVEL);
    fx_perf_request(m, Handle, Flags, Component, PerfChangesCount, PerfChanges, Context,
                    __builtin_return_address(0));
}

/* ---- queries ---- */

static void fx_perf_refresh(struct machine *m, struct fx_perf *perf, ULONG set) {
    struct fx_component *c = perf->component;
    struct fx_device *d = c->device;
    ULONGLONG current;
    if (!perf->by_plugin || !d->plugin->perf_query ||
        !d->plugin->perf_query(m, d, c->index, set, &current) || current == perf->current[set])
        return;
    perf->current[set] = current;
    KI_TRACE(m, FX_PERFORMANCE, "", d->serial, c->index, set, current);
}

static VOID fx_perf_query_work(PVOID parameter) {
    struct machine *m = ki_self();
    struct fx_perf *perf = parameter;
    struct fx_device *d = perf->component->device;
    for (ULONG i = 0; !d->unregistering && i < perf->info->PerfStateSetsCount; i++)
        fx_perf_refresh(m, perf, i);
    perf->query_queued = false;
    fx_turn_over(m, d);
}

void fx_perf_state_reached(struct machine *m, struct fx_component *c, KIRQL irql) {
    struct fx_perf *perf = c->perf;
    bool wanted = perf->flags & PO_FX_FLAG_PERF_QUERY_ON_ALL_IDLE_STATES ||
                  (perf->flags & PO_FX_FLAG_PERF_QUERY_ON_F0 && !c->state);
    if (!wanted || !perf->by_plugin || perf->query_queued)
        return;
    if (irql == PASSIVE_LEVEL) {
        struct fx_call call;
        fx_call_begin(m, &call, c->device, irql);
        for (ULONG i = 0; i < perf->info->PerfStateSetsCount; i++)
            fx_perf_refresh(m, perf, i);
        fx_call_end(m, &call, "the plug-in");
        return;
    }
    perf->query_queued = true;
    ExInitializeWorkItem(&perf->query, fx_perf_query_work, perf);
    ex_queue_work(m, &perf->query, CriticalWorkQueue);
}

NTSTATUS PoFxQueryCurrentComponentPerfState(POHANDLE Handle, ULONG Flags, ULONG Component,
                                            ULONG SetIndex, PULONGLONG CurrentPerf) {
    KI_GATE(PoFxQueryCurrentComponentPerfState);
    struct fx_device *d = fx_device_checked(m, Handle, __builtin_return_address(0));
    struct fx_perf *perf = Component < d->component_count ? d->components[Component].perf : NULL;
    (void)Flags;
    if (!perf || SetIndex >= perf->info->PerfStateSetsCount || !CurrentPerf)
        return STATUS_INVALID_PARAMETER;
    if (m->cpu->irql == PASSIVE_LEVEL)
        fx_perf_refresh(m, perf, SetIndex);
    *CurrentPerf = perf->current[SetIndex];
    return STATUS_SUCCESS;
}
