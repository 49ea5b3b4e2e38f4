/*
 * Performance states of components: what the framework asks of a device's plug-in about them.
 * (kernel/dpm-notifications, pepfx/ns-pepfx-_pep_query_component_perf_set …)
 *
 * Either the driver describes the sets, and the plug-in is shown the description, or the plug-in is
 * asked for it piece by piece: how many sets, each set, its name (the size, then the text), its
 * states. The structures of drivers and plug-ins are the same in memory.
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "po/pep/pep.h"

_Static_assert(sizeof(PEP_COMPONENT_PERF_INFO) == sizeof(PO_FX_COMPONENT_PERF_INFO) &&
                   sizeof(PEP_COMPONENT_PERF_SET) == sizeof(PO_FX_COMPONENT_PERF_SET) &&
                   FIELD_OFFSET(PEP_COMPONENT_PERF_SET, Type) ==
                       FIELD_OFFSET(PO_FX_COMPONENT_PERF_SET, Type) &&
                   sizeof(PEP_PERF_STATE) == sizeof(PO_FX_PERF_STATE) &&
                   sizeof(PEP_COMPONENT_PERF_STATE_REQUEST) == sizeof(PO_FX_PERF_STATE_CHANGE),
               "one is handed over as the other");

static _Noreturn void pep_perf_invalid(struct machine *m, const struct pep_device *d,
                                       ULONG component, const char *what) {
    ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x61A, (ULONG_PTR)d->plugin, (ULONG_PTR)pep_handle(d), 0,
                "the plug-in %s described performance states of component %u that cannot be: %s",
                d->plugin->name, (unsigned)component, what);
}

/* ---- the plug-in's own description ---- */

/* False without memory. */
static bool pep_perf_name(struct machine *m, struct pep_device *d, ULONG component, ULONG set,
                          UNICODE_STRING *name) {
    PEP_QUERY_COMPONENT_PERF_SET_NAME query = {
        .DeviceHandle = d->handle, .Component = component, .Set = set};
    if (!pep_dpm(m, d->plugin, d, PEP_DPM_QUERY_COMPONENT_PERF_SET_NAME, &query) || !query.NameSize)
        return true;
    USHORT size = query.NameSize;
    query.Name = fx_device_allocate(m, d->fx, size);
    if (!query.Name)
        return false;
    if (!pep_dpm(m, d->plugin, d, PEP_DPM_QUERY_COMPONENT_PERF_SET_NAME, &query))
        return true;
    name->Buffer = query.Name;
    name->MaximumLength = size;
    while (name->Length + sizeof(WCHAR) <= size && query.Name[name->Length / sizeof(WCHAR)])
        name->Length += sizeof(WCHAR);
    return true;
}

static bool pep_perf_states(struct machine *m, struct pep_device *d, ULONG component, ULONG set,
                            PO_FX_COMPONENT_PERF_SET *to) {
    ULONG count = to->Discrete.Count;
    if (!count)
        pep_perf_invalid(m, d, component, "a set without states");
    PPO_FX_PERF_STATE states = fx_device_allocate(m, d->fx, count * sizeof *states);
    if (!states)
        return false;
    PEP_QUERY_COMPONENT_PERF_STATES query = {.DeviceHandle = d->handle,
                                             .Component = component,
                                             .Set = set,
                                             .States = (PPEP_PERF_STATE)(void *)states};
    if (!pep_dpm(m, d->plugin, d, PEP_DPM_QUERY_COMPONENT_PERF_STATES, &query))
        pep_perf_invalid(m, d, component, "a set whose states it does not tell");
    for (ULONG i = 1; i < count; i++)
        if (states[i].Value <= states[i - 1].Value)
            pep_perf_invalid(m, d, component, "values that do not grow");
    to->Discrete.States = states;
    return true;
}

static bool pep_perf_set(struct machine *m, struct pep_device *d, ULONG component, ULONG set,
                         PO_FX_COMPONENT_PERF_SET *to) {
    PEP_QUERY_COMPONENT_PERF_SET query = {
        .DeviceHandle = d->handle, .Component = component, .Set = set};
    if (!pep_dpm(m, d->plugin, d, PEP_DPM_QUERY_COMPONENT_PERF_SET, &query))
        pep_perf_invalid(m, d, component, "a set that it does not tell");
    if (query.Unit >= PepPerfStateUnitMax)
        pep_perf_invalid(m, d, component, "a unit that there is not");
    to->Flags = query.Flags;
    to->Unit = (PO_FX_PERF_STATE_UNIT)query.Unit;
    to->Type = (PO_FX_PERF_STATE_TYPE)query.Type;
    switch (query.Type) {
    case PepPerfStateTypeDiscrete:
        to->Discrete.Count = query.Discrete.Count;
        if (!pep_perf_states(m, d, component, set, to))
            return false;
        break;
    case PepPerfStateTypeRange:
        to->Range.Minimum = query.Range.Minimum;
        to->Range.Maximum = query.Range.Maximum;
        if (to->Range.Minimum > to->Range.Maximum)
            pep_perf_invalid(m, d, component, "a range that ends before it begins");
        break;
    default:
        pep_perf_invalid(m, d, component, "a set that is neither discrete nor a range");
    }
    return pep_perf_name(m, d, component, set, &to->Name);
}

static NTSTATUS pep_perf_ask(struct machine *m, struct pep_device *d, ULONG component,
                             PPO_FX_COMPONENT_PERF_INFO *out) {
    PEP_QUERY_COMPONENT_PERF_CAPABILITIES query = {.DeviceHandle = d->handle,
                                                   .Component = component};
    if (!pep_dpm(m, d->plugin, d, PEP_DPM_QUERY_COMPONENT_PERF_CAPABILITIES, &query) ||
        !query.SetCount)
        return STATUS_NOT_IMPLEMENTED;
    size_t size = FIELD_OFFSET(PO_FX_COMPONENT_PERF_INFO, PerfStateSets) +
                  query.SetCount * sizeof(PO_FX_COMPONENT_PERF_SET);
    PPO_FX_COMPONENT_PERF_INFO info = fx_device_allocate(m, d->fx, size);
    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    info->PerfStateSetsCount = query.SetCount;
    for (ULONG i = 0; i < query.SetCount; i++)
        if (!pep_perf_set(m, d, component, i, &info->PerfStateSets[i]))
            return STATUS_INSUFFICIENT_RESOURCES;
    *out = info;
    return STATUS_SUCCESS;
}

/* ---- what the framework asks ---- */

/* What a plug-in may answer about the present state of a set. */
struct pep_set {
    bool discrete;
    ULONGLONG least, most;
};

/* Keeps it for each set of a component. False without memory. */
static bool pep_perf_keep(struct machine *m, struct pep_device *d, ULONG component,
                          const PO_FX_COMPONENT_PERF_INFO *info) {
    ULONG count = info->PerfStateSetsCount;
    if (!d->sets)
        d->sets = fx_device_allocate(m, d->fx, d->component_count * sizeof d->sets[0]);
    struct pep_set *sets = d->sets ? fx_device_allocate(m, d->fx, count * sizeof *sets) : NULL;
    if (!sets)
        return false;
    for (ULONG i = 0; i < count; i++) {
        const PO_FX_COMPONENT_PERF_SET *from = &info->PerfStateSets[i];
        sets[i].discrete = from->Type == PoFxPerfStateTypeDiscrete;
        sets[i].least = sets[i].discrete ? 0 : from->Range.Minimum;
        sets[i].most = sets[i].discrete ? from->Discrete.Count - 1 : from->Range.Maximum;
    }
    d->sets[component] = sets;
    return true;
}

NTSTATUS pep_perf_register(struct machine *m, struct fx_device *fx, ULONG component,
                           const PO_FX_COMPONENT_PERF_INFO *in, PPO_FX_COMPONENT_PERF_INFO *out) {
    struct pep_device *d = fx->plugin_data;
    PEP_REGISTER_COMPONENT_PERF_STATES message = {
        .DeviceHandle = d->handle,
        .Component = component,
        .PerfStateInfo = (PPEP_COMPONENT_PERF_INFO)(void *)in,
    };
    if (!in) {
        NTSTATUS status = pep_perf_ask(m, d, component, out);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (!pep_perf_keep(m, d, component, in ? in : *out))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!pep_dpm(m, d->plugin, d, PEP_DPM_REGISTER_COMPONENT_PERF_STATES, &message))
        return STATUS_NOT_IMPLEMENTED;
    return STATUS_SUCCESS;
}

enum fx_answer pep_perf_request(struct machine *m, struct fx_device *fx, ULONG component,
                                ULONG count, const PO_FX_PERF_STATE_CHANGE *changes) {
    struct pep_device *d = fx->plugin_data;
    PEP_REQUEST_COMPONENT_PERF_STATE message = {
        .DeviceHandle = d->handle,
        .Component = component,
        .PerfRequestsCount = count,
        .PerfRequests = (PPEP_COMPONENT_PERF_STATE_REQUEST)(void *)changes,
    };
    if (!pep_dpm(m, d->plugin, d, PEP_DPM_REQUEST_COMPONENT_PERF_STATE, &message))
        return FX_DENIED;
    if (!message.Completed)
        return FX_LATER;
    return message.Succeeded ? FX_DONE : FX_DENIED;
}

bool pep_perf_query(struct machine *m, struct fx_device *fx, ULONG component, ULONG set,
                    ULONGLONG *current) {
    struct pep_device *d = fx->plugin_data;
    const struct pep_set *known = d->sets ? d->sets[component] : NULL;
    PEP_QUERY_CURRENT_COMPONENT_PERF_STATE message = {
        .DeviceHandle = d->handle, .Component = component, .Set = set};
    if (!known || !pep_dpm(m, d->plugin, d, PEP_DPM_QUERY_CURRENT_COMPONENT_PERF_STATE, &message))
        return false;
    *current = known[set].discrete ? message.StateIndex : message.StateValue;
    if (*current < known[set].least || *current > known[set].most)
        pep_perf_invalid(m, d, component, "a present state outside its set");
    return true;
}
