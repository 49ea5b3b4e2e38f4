/*
 * Processors: each simulated one is offered to the plug-ins as a device, and the plug-in that
 * accepts it is asked for all that it can do. (kernel/ppm-notifications)
 *
 * The processor driver of a real system does this when it starts; here a worker does, once a
 * plug-in with AcceptProcessorNotification has been registered. A processor is a device with one
 * component in F0; no driver manages its power, so that no device notifications follow but
 * DEVICE_STARTED.
 *
 * Judgements. Idle states of a plug-in whose values cannot be (a C-state number of 0 with an
 * autonomous state, performance levels out of order, discrete states that are not from fastest to
 * slowest or lack a level of the capabilities) are illegal values (0xA0/0x706).
 */
#include <stdio.h>
#include <string.h>

#include "ki/bugcheck.h"
#include "po/pep/platform.h"

#define PEP_MOST_STATES 0xFEu

/* ---- names ---- */

const char *pep_state_name(struct machine *m, struct pep_processor *p, ULONG notification,
                           ULONG index) {
    PEP_PPM_QUERY_STATE_NAME query = {.StateIndex = index};
    if (!pep_ppm(m, p->device->plugin, p->device, notification, &query) || !query.NameSize)
        return "";
    USHORT size = query.NameSize;
    query.Name = mm_pool_allocate_zeroed(m, NonPagedPoolNx, size * sizeof(WCHAR), PEP_TAG);
    if (!query.Name)
        return "";
    const char *name = "";
    if (pep_ppm(m, p->device->plugin, p->device, notification, &query)) {
        size_t length = 0;
        while (length < size && query.Name[length])
            length++;
        name = ki_intern_wide(m, query.Name, length);
    }
    mm_pool_free(m, query.Name, PEP_TAG);
    return name;
}

/* ---- idle states ---- */

void pep_tell_cst(struct machine *m, struct pep_processor *p) {
    struct pep_platform *platform = m->pep->platform;
    PEP_PPM_CST_STATES message = {.Count = platform->cst_count, .IdleStates = platform->cst};
    pep_ppm(m, p->device->plugin, p->device, PEP_NOTIFY_PPM_CST_STATES, &message);
}

static void pep_query_idle_states(struct machine *m, struct pep_processor *p) {
    ULONG count = p->capabilities.IdleStateCount;
    size_t size = FIELD_OFFSET(PEP_PPM_QUERY_IDLE_STATES_V2, IdleStates) +
                  count * sizeof(PEP_PROCESSOR_IDLE_STATE_V2);
    PEP_PPM_QUERY_IDLE_STATES_V2 *query = mm_pool_allocate_zeroed(m, NonPagedPoolNx, size, PEP_TAG);
    p->states = mm_pool_allocate_zeroed(m, NonPagedPoolNx, count * sizeof p->states[0], PEP_TAG);
    if (!query || !p->states)
        return;
    query->Count = count;
    if (pep_ppm(m, p->device->plugin, p->device, PEP_NOTIFY_PPM_QUERY_IDLE_STATES_V2, query))
        p->state_count = count;
    for (ULONG i = 0; i < p->state_count; i++) {
        p->states[i].given = query->IdleStates[i];
        p->states[i].name = "";
        if (query->IdleStates[i].Autonomous && !query->IdleStates[i].CStateType)
            pep_illegal(m, PEP_NOTIFY_PPM_QUERY_IDLE_STATES_V2, "Auto", i,
                        "an autonomous state that is no C-state, number");
        if (!pep_vetoes_make(m, &p->states[i].vetoes, m->pep->platform->reasons))
            p->state_count = 0;
    }
    mm_pool_free(m, query, PEP_TAG);
    p->states_known = p->state_count != 0;
    for (ULONG i = 0; i < p->state_count; i++)
        p->states[i].name = pep_state_name(m, p, PEP_NOTIFY_PPM_QUERY_PROCESSOR_STATE_NAME, i);
}

/* ---- feedback and performance ---- */

static void pep_query_counters(struct machine *m, struct pep_processor *p) {
    ULONG count = p->capabilities.FeedbackCounterCount;
    size_t size = FIELD_OFFSET(PEP_PPM_QUERY_FEEDBACK_COUNTERS, Counters) +
                  count * sizeof(PEP_PROCESSOR_FEEDBACK_COUNTER);
    PEP_PPM_QUERY_FEEDBACK_COUNTERS *query =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, size, PEP_TAG);
    PEP_PROCESSOR_FEEDBACK_COUNTER *counters =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, count * sizeof *counters, PEP_TAG);
    p->capabilities.FeedbackCounterCount = 0;
    if (!query || !counters)
        return;
    query->Count = count;
    if (pep_ppm(m, p->device->plugin, p->device, PEP_NOTIFY_PPM_QUERY_FEEDBACK_COUNTERS, query)) {
        memcpy(counters, query->Counters, count * sizeof *counters);
        p->counters = counters;
        p->capabilities.FeedbackCounterCount = count;
    }
    mm_pool_free(m, query, PEP_TAG);
}

/* Some discrete state has exactly this performance. */
static bool pep_has_level(const struct pep_processor *p, ULONG level) {
    for (ULONG i = 0; i < p->capabilities.DiscretePerformanceStateCount; i++)
        if (p->discrete[i].Performance == level)
            return true;
    return false;
}

static void pep_query_discrete(struct machine *m, struct pep_processor *p) {
    ULONG count = p->capabilities.DiscretePerformanceStateCount;
    p->discrete =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, count * sizeof p->discrete[0], PEP_TAG);
    PEP_PPM_QUERY_DISCRETE_PERF_STATES query = {.Count = count, .States = p->discrete};
    if (!p->discrete || !pep_ppm(m, p->device->plugin, p->device,
                                 PEP_NOTIFY_PPM_QUERY_DISCRETE_PERF_STATES, &query)) {
        p->capabilities.DiscretePerformanceStateCount = 0;
        return;
    }
    for (ULONG i = 1; i < count; i++)
        if (p->discrete[i].Performance >= p->discrete[i - 1].Performance)
            pep_illegal(m, PEP_NOTIFY_PPM_QUERY_DISCRETE_PERF_STATES, "Perf", i,
                        "states that do not get slower at number");
    const ULONG levels[] = {p->perf.HighestPerformance, p->perf.NominalPerformance,
                            p->perf.LowestNonlinearPerformance, p->perf.LowestPerformance};
    for (unsigned i = 0; i < KI_COUNT(levels); i++)
        if (!pep_has_level(p, levels[i]))
            pep_illegal(m, PEP_NOTIFY_PPM_QUERY_DISCRETE_PERF_STATES, "Perf", levels[i],
                        "no state of the performance");
}

bool pep_query_limit(struct machine *m, struct pep_processor *p) {
    PEP_PPM_PERF_CONSTRAINTS query = {0};
    if (!p->capabilities.PerformanceStatesSupported ||
        !pep_ppm(m, p->device->plugin, p->device, PEP_NOTIFY_PPM_PERF_CONSTRAINTS, &query))
        return false;
    if (query.GuaranteedPerformanceLimit < p->perf.LowestPerformance ||
        query.GuaranteedPerformanceLimit > p->perf.NominalPerformance)
        pep_illegal(m, PEP_NOTIFY_PPM_PERF_CONSTRAINTS, "Guar", query.GuaranteedPerformanceLimit,
                    "a guaranteed performance of");
    p->limit = query;
    return true;
}

static void pep_query_performance(struct machine *m, struct pep_processor *p) {
    if (!pep_ppm(m, p->device->plugin, p->device, PEP_NOTIFY_PPM_QUERY_PERF_CAPABILITIES,
                 &p->perf)) {
        p->capabilities.PerformanceStatesSupported = FALSE;
        return;
    }
    if (p->perf.HighestPerformance < p->perf.NominalPerformance ||
        p->perf.NominalPerformance < p->perf.LowestNonlinearPerformance ||
        p->perf.LowestNonlinearPerformance < p->perf.LowestPerformance)
        pep_illegal(m, PEP_NOTIFY_PPM_QUERY_PERF_CAPABILITIES, "Perf", p->perf.HighestPerformance,
                    "levels out of order below");
    if (p->capabilities.DiscretePerformanceStateCount)
        pep_query_discrete(m, p);
    p->domain.DomainId = p->perf.DomainId;
    PEP_PPM_QUERY_DOMAIN_INFO domain = p->domain;
    if (pep_ppm(m, p->device->plugin, p->device, PEP_NOTIFY_PPM_QUERY_DOMAIN_INFO, &domain))
        p->domain = domain;
    if (p->domain.CoordinationType > PROCESSOR_DOMAIN_COORDIANTION_HW_ALL)
        pep_illegal(m, PEP_NOTIFY_PPM_QUERY_DOMAIN_INFO, "Coor", p->domain.CoordinationType,
                    "coordination type");
    p->limit.GuaranteedPerformanceLimit = p->perf.NominalPerformance;
    pep_query_limit(m, p);
}

void pep_processor_query(struct machine *m, struct pep_processor *p) {
    if (!pep_ppm(m, p->device->plugin, p->device, PEP_NOTIFY_PPM_QUERY_CAPABILITIES,
                 &p->capabilities))
        p->capabilities = (PEP_PPM_QUERY_CAPABILITIES){0};
    if (p->capabilities.IdleStateCount > PEP_MOST_STATES)
        pep_illegal(m, PEP_NOTIFY_PPM_QUERY_CAPABILITIES, "Idle", p->capabilities.IdleStateCount,
                    "a number of idle states of");
    if (p->capabilities.FeedbackCounterCount)
        pep_query_counters(m, p);
    if (p->capabilities.IdleStateCount) {
        pep_tell_cst(m, p);
        pep_query_idle_states(m, p);
    }
    if (p->capabilities.PerformanceStatesSupported)
        pep_query_performance(m, p);
}

/* ---- registration ---- */

static struct pep_processor *pep_processor_make(struct machine *m, unsigned number) {
    struct pep_processor *p = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *p, PEP_TAG);
    struct pep_device *d = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *d, PEP_TAG);
    char text[40];
    if (!p || !d)
        return NULL;
    snprintf(text, sizeof text, "ACPI\\WDMSIM_-_X64\\_%u", number);
    d->id = pep_text(m, text);
    d->processor = p;
    d->component_count = 1;
    p->device = d;
    p->cpu = &m->processors[number];
    p->state = PEP_STATE_RUNNING;
    return d->id.Buffer ? p : NULL;
}

static bool pep_processor_offer(struct machine *m, struct pep_plugin *plugin,
                                struct pep_processor *p) {
    static const PO_FX_COMPONENT_IDLE_STATE f0 = {.NominalPower = PO_FX_UNKNOWN_POWER};
    PEP_COMPONENT_V2 component = {.IdleStateCount = 1,
                                  .IdleStates = (PPO_FX_COMPONENT_IDLE_STATE)&f0};
    PEP_DEVICE_REGISTER_V2 description = {.ComponentCount = 1, .Components = {&component}};
    PEP_PREPARE_DEVICE prepare = {.DeviceId = &p->device->id};
    if (!pep_dpm(m, plugin, NULL, PEP_DPM_PREPARE_DEVICE, &prepare) || !prepare.DeviceAccepted)
        return false;
    if (!pep_device_register(m, plugin, &p->device->id, p->device, &description))
        return false;
    PEP_DEVICE_STARTED started = {.DeviceHandle = p->device->handle};
    p->device->started = true;
    pep_dpm(m, plugin, p->device, PEP_DPM_DEVICE_STARTED, &started);
    return true;
}

static void pep_processor_free(struct machine *m, struct pep_processor *p) {
    mm_pool_free(m, p->device->id.Buffer, PEP_TAG);
    mm_pool_free(m, p->device, PEP_TAG);
    mm_pool_free(m, p, PEP_TAG);
}

static bool pep_register_processors(struct machine *m, struct pep_plugin *plugin) {
    struct pep_platform *platform = m->pep->platform;
    bool any = false;
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct pep_processor *p = platform->processors[i] ? NULL : pep_processor_make(m, i);
        if (!p)
            continue;
        if (!pep_processor_offer(m, plugin, p)) {
            pep_processor_free(m, p);
            continue;
        }
        platform->processors[i] = p;
        platform->processor_count++;
        any = true;
        if (!platform->plugin)
            platform->plugin = plugin;
    }
    return any;
}

/* All that is to be known of a plug-in's processors, and of the platform if it is the first
 * plug-in. */
static void pep_query_all(struct machine *m, struct pep_plugin *plugin) {
    struct pep_platform *platform = m->pep->platform;
    if (platform->plugin == plugin)
        pep_reasons_query(m);
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct pep_processor *p = platform->processors[i];
        if (p && p->device->plugin == plugin)
            pep_processor_query(m, p);
    }
    if (platform->plugin != plugin)
        return;
    pep_platform_query(m);
    pep_ppm(m, plugin, NULL, PEP_NOTIFY_PPM_ENUMERATE_BOOT_VETOES, NULL);
    pep_idle_start(m);
}

static WORKER_THREAD_ROUTINE pep_processors_work;
static VOID pep_processors_work(PVOID context) {
    struct machine *m = context;
    struct pep_part *pep = m->pep;
    for (unsigned i = 0; i < pep->plugin_count; i++) {
        struct pep_plugin *plugin = pep->plugins[i];
        if (plugin->offered || !plugin->ppm || !plugin->dpm)
            continue;
        plugin->offered = true;
        if (pep_register_processors(m, plugin))
            pep_query_all(m, plugin);
    }
    pep->platform->working = false;
}

void pep_processors_offer(struct machine *m) {
    struct pep_platform *platform = m->pep->platform;
    if (!platform) {
        platform = m->pep->platform = ki_alloc(m, sizeof *platform);
        platform->latency = UINT64_MAX;
        platform->cst_count = 1; /* C1, by the halt instruction */
        platform->cst[0] = (PEP_PPM_CST_STATE){.Type = 1, .Latency = 1, .AddressSpaceId = 0x7F};
        ExInitializeWorkItem(&platform->work, pep_processors_work, m);
    }
    if (platform->working)
        return;
    platform->working = true;
    ex_queue_work(m, &platform->work, DelayedWorkQueue);
}
