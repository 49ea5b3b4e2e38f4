/*
 * Performance and parking of processors: the system's policy is the host's word here; and what the
 * host sees of processors. (kernel/ppm-notifications: PERF_SET, PERF_SET_STATE, FEEDBACK_READ,
 * PARK_SELECTION, PARK_SELECTION_V2, PARK_MASK, PERF_CHECK_COMPLETE, ENTER_SYSTEM_STATE,
 * RESUME_FROM_SYSTEM_STATE)
 *
 * All processors of a domain change together; a plug-in with discrete states is told indexes into
 * them. An evaluation parks processors: the plug-in is asked which it would rather, by
 * PARK_SELECTION_V2 or, if it refuses that one, PARK_SELECTION; then it is told the mask and that
 * the evaluation is over.
 */
#include "ke/ke.h"
#include "ki/bugcheck.h"
#include "ki/dispatch.h"
#include "po/pep/platform.h"

static struct pep_processor *pep_owned(struct machine *m, unsigned number) {
    const struct pep_platform *platform = m->pep->platform;
    return platform && number < m->processor_count ? platform->processors[number] : NULL;
}

static BOOLEAN pep_ppm_at_dispatch(struct machine *m, struct pep_processor *p, ULONG id,
                                   void *data) {
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    BOOLEAN accepted = pep_ppm(m, p->device->plugin, p->device, id, data);
    ki_lower(m, irql);
    return accepted;
}

/* ---- performance ---- */

int wdmsim_pep_performance(struct machine *machine, unsigned processor,
                           struct wdmsim_pep_performance *performance) {
    const struct pep_processor *p = pep_owned(machine, processor);
    if (!p || !p->capabilities.PerformanceStatesSupported)
        return WDMSIM_ERROR_NOT_FOUND;
    *performance = (struct wdmsim_pep_performance){
        .highest = p->perf.HighestPerformance,
        .nominal = p->perf.NominalPerformance,
        .lowest_nonlinear = p->perf.LowestNonlinearPerformance,
        .lowest = p->perf.LowestPerformance,
        .domain = p->perf.DomainId,
        .members = p->perf.DomainMembers,
        .guaranteed = p->limit.GuaranteedPerformanceLimit,
        .reasons = p->limit.LimitReasons,
        .coordination = p->domain.CoordinationType,
        .discrete = p->capabilities.DiscretePerformanceStateCount,
    };
    return 0;
}

struct pep_set_call {
    struct pep_processor *of;
    ULONG minimum, maximum, desired, window;
};

static void pep_set_one(struct machine *m, struct pep_processor *p,
                        const struct pep_set_call *set) {
    PEP_PPM_PERF_SET message = {set->minimum, set->maximum, set->desired, set->window, 0};
    PEP_PPM_PERF_SET_STATE states = {(UCHAR)set->minimum, (UCHAR)set->maximum, (UCHAR)set->desired,
                                     0};
    if (p->capabilities.DiscretePerformanceStateCount)
        pep_ppm_at_dispatch(m, p, PEP_NOTIFY_PPM_PERF_SET_STATE, &states);
    else
        pep_ppm_at_dispatch(m, p, PEP_NOTIFY_PPM_PERF_SET, &message);
}

static void pep_set_domain(struct machine *m, void *context) {
    const struct pep_set_call *set = context;
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct pep_processor *p = pep_owned(m, i);
        if (p && p->capabilities.PerformanceStatesSupported &&
            p->perf.DomainId == set->of->perf.DomainId)
            pep_set_one(m, p, set);
    }
}

int wdmsim_pep_set_performance(struct machine *machine, unsigned processor, uint32_t minimum,
                               uint32_t maximum, uint32_t desired, uint32_t window_ms) {
    struct pep_processor *p = pep_owned(machine, processor);
    struct pep_set_call set = {p, minimum, maximum, desired, window_ms};
    if (!p || !p->capabilities.PerformanceStatesSupported)
        return WDMSIM_ERROR_NOT_FOUND;
    bool valid;
    if (p->capabilities.DiscretePerformanceStateCount) /* state 0 is the fastest */
        valid = minimum >= desired && desired >= maximum &&
                minimum < p->capabilities.DiscretePerformanceStateCount;
    else
        valid = minimum >= p->perf.LowestPerformance && minimum <= desired && desired <= maximum &&
                maximum <= p->perf.HighestPerformance;
    return valid ? pep_perform(machine, pep_set_domain, &set) : WDMSIM_ERROR_INVALID;
}

/* ---- feedback ---- */

struct pep_feedback {
    struct pep_processor *p;
    ULONG counter;
    uint64_t *values;
    bool accepted;
};

static void pep_read_feedback(struct machine *m, void *context) {
    struct pep_feedback *feedback = context;
    struct pep_processor *p = feedback->p;
    PEP_PPM_FEEDBACK_READ read = {.CounterIndex = feedback->counter};
    bool here = p->counters[feedback->counter].Affinitized;
    KAFFINITY old = ke_system_affinity(m);
    if (here)
        ke_set_system_affinity(m, 1ull << p->cpu->number);
    feedback->accepted = pep_ppm_at_dispatch(m, p, PEP_NOTIFY_PPM_FEEDBACK_READ, &read);
    if (here)
        ke_restore_affinity(m, old);
    bool relative = p->counters[feedback->counter].Type == PROCESSOR_FEEDBACK_TYPE_RELATIVE;
    feedback->values[0] = relative ? read.NominalCount : read.InstantaneousValue;
    feedback->values[1] = relative ? read.ActualCount : 0;
}

int wdmsim_pep_feedback(struct machine *machine, unsigned processor, uint32_t counter,
                        uint64_t values[2]) {
    struct pep_feedback feedback = {pep_owned(machine, processor), counter, values, false};
    if (!feedback.p || counter >= feedback.p->capabilities.FeedbackCounterCount)
        return WDMSIM_ERROR_NOT_FOUND;
    int error = pep_perform(machine, pep_read_feedback, &feedback);
    return error ? error : feedback.accepted ? 0 : WDMSIM_ERROR_NOT_FOUND;
}

/* ---- parking ---- */

struct pep_parking {
    unsigned unparked;
    uint64_t *parked;
    bool supported;
};

static ULONG pep_parkable(struct machine *m, struct pep_processor *list[KI_MAX_PROCESSORS]) {
    ULONG count = 0;
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct pep_processor *p = pep_owned(m, i);
        if (p && p->capabilities.ParkingSupported)
            list[count++] = p;
    }
    return count;
}

/* The plug-in's preferences; what it leaves open is decided by number, the highest parked first. */
static void pep_select(struct machine *m, struct pep_processor **list, ULONG count,
                       ULONG additional, PEP_PROCESSOR_PARK_PREFERENCE *wishes, ULONGLONG time) {
    PEP_PPM_PARK_SELECTION_V2 second = {.AdditionalUnparkedProcessors = additional,
                                        .Count = count,
                                        .Processors = wishes,
                                        .EvaluationTime = time,
                                        .EvaluationType = PROCESSOR_PARK_TYPE_CORE_PARKING};
    PEP_PPM_PARK_SELECTION first = {
        .AdditionalUnparkedProcessors = additional, .Count = count, .Processors = wishes};
    for (ULONG i = 0; i < count; i++)
        wishes[i] = (PEP_PROCESSOR_PARK_PREFERENCE){.Processor = list[i]->device->handle,
                                                    .PoPreference = PROCESSOR_PARK_PREFERENCE_NONE};
    if (!pep_ppm_at_dispatch(m, list[0], PEP_NOTIFY_PPM_PARK_SELECTION_V2, &second))
        pep_ppm_at_dispatch(m, list[0], PEP_NOTIFY_PPM_PARK_SELECTION, &first);
    for (ULONG i = 0; i < count; i++)
        if (wishes[i].PepPreference > PROCESSOR_PARK_PREFERENCE_UNPARKED)
            pep_illegal(m, PEP_NOTIFY_PPM_PARK_SELECTION_V2, "PepP", wishes[i].PepPreference,
                        "the preference");
}

static void pep_park(struct pep_processor **list, ULONG count, ULONG unparked,
                     const PEP_PROCESSOR_PARK_PREFERENCE *wishes) {
    static const UCHAR order[] = {PROCESSOR_PARK_PREFERENCE_UNPARKED,
                                  PROCESSOR_PARK_PREFERENCE_NONE, PROCESSOR_PARK_PREFERENCE_PARKED};
    for (unsigned i = 0; i < KI_COUNT(order); i++)
        for (ULONG j = 0; j < count; j++) {
            if (wishes[j].PepPreference != order[i])
                continue;
            list[j]->parked = !unparked;
            unparked -= unparked != 0;
        }
}

static void pep_check(struct machine *m, void *context) {
    struct pep_parking *parking = context;
    struct pep_processor *list[KI_MAX_PROCESSORS];
    PEP_PROCESSOR_PARK_PREFERENCE wishes[KI_MAX_PROCESSORS] = {0};
    PEP_PROCESSOR_PARK_STATE states[KI_MAX_PROCESSORS] = {0};
    ULONG count = pep_parkable(m, list);
    ULONGLONG time = ki_interrupt_time_at(m->clock.now);
    PEP_PPM_PARK_MASK mask = {.Count = count, .EvaluationTime = time, .Processors = states};
    PEP_PPM_PERF_CHECK_COMPLETE complete = {.EvaluationTime = time};
    parking->supported = count != 0;
    *parking->parked = 0;
    if (!count)
        return;
    pep_select(m, list, count, parking->unparked, wishes, time);
    pep_park(list, count, parking->unparked, wishes);
    for (ULONG i = 0; i < count; i++) {
        states[i].Processor = list[i]->device->handle;
        states[i].Parked = list[i]->parked;
        if (list[i]->parked)
            *parking->parked |= 1ull << list[i]->cpu->number;
    }
    pep_ppm_at_dispatch(m, list[0], PEP_NOTIFY_PPM_PARK_MASK, &mask);
    pep_ppm_at_dispatch(m, list[0], PEP_NOTIFY_PPM_PERF_CHECK_COMPLETE, &complete);
}

int wdmsim_pep_check_performance(struct machine *machine, unsigned unparked, uint64_t *parked) {
    struct pep_parking parking = {unparked, parked, false};
    int error = pep_perform(machine, pep_check, &parking);
    return error ? error : parking.supported ? 0 : WDMSIM_ERROR_NOT_FOUND;
}

/* ---- system power states ---- */

void pep_system_state(struct machine *m, SYSTEM_POWER_STATE state, bool enter) {
    ULONG id = enter ? PEP_NOTIFY_PPM_ENTER_SYSTEM_STATE : PEP_NOTIFY_PPM_RESUME_FROM_SYSTEM_STATE;
    for (unsigned i = 0; i < m->processor_count; i++) {
        struct pep_processor *p = pep_owned(m, i);
        if (!p)
            continue;
        PEP_PPM_ENTER_SYSTEM_STATE message = {.TargetState = state}; /* both have this shape */
        KAFFINITY old = ke_system_affinity(m);
        ke_set_system_affinity(m, 1ull << i);
        pep_ppm_at_dispatch(m, p, id, &message);
        ke_restore_affinity(m, old);
    }
}

/* ---- what the host sees ---- */

static struct wdmsim_idle_state pep_show(const char *name, ULONG latency, ULONG break_even,
                                         const struct pep_vetoes *vetoes, uint64_t count,
                                         uint64_t time) {
    return (struct wdmsim_idle_state){.name = name ? name : "",
                                      .latency = latency,
                                      .break_even = break_even,
                                      .vetoes = vetoes->active,
                                      .count = count,
                                      .time = time};
}

int wdmsim_pep_idle_states(struct machine *machine, unsigned processor,
                           struct wdmsim_idle_state *states, size_t capacity, uint32_t *present) {
    const struct pep_processor *p = pep_owned(machine, processor);
    if (!p)
        return WDMSIM_ERROR_NOT_FOUND;
    if (present)
        *present = p->state == PEP_STATE_RUNNING ? ~0u : p->state;
    for (ULONG i = 0; i < p->state_count && i < capacity; i++) {
        const struct pep_idle_state *from = &p->states[i];
        uint64_t time = from->time + (p->state == i ? machine->clock.now - p->since : 0);
        states[i] = pep_show(from->name, from->given.Latency, from->given.BreakEvenDuration,
                             &from->vetoes, from->count, time);
    }
    return (int)p->state_count;
}

int wdmsim_pep_platform_states(struct machine *machine, struct wdmsim_idle_state *states,
                               size_t capacity) {
    const struct pep_platform *platform = machine->pep->platform;
    ULONG count = platform ? platform->state_count : 0;
    for (ULONG i = 0; i < count && i < capacity; i++) {
        const struct pep_platform_state *from = &platform->states[i];
        uint64_t time = from->time + (from->entered ? machine->clock.now - from->since : 0);
        states[i] =
            pep_show(from->name, from->latency, from->break_even, &from->vetoes, from->count, time);
    }
    return (int)count;
}

struct pep_residency {
    PEP_PPM_PLATFORM_STATE_RESIDENCY states[PEP_PLATFORM_STATES];
    bool accepted;
};

static void pep_ask_residency(struct machine *m, void *context) {
    struct pep_residency *residency = context;
    struct pep_processor *p = pep_first_processor(m);
    PEP_PPM_PLATFORM_STATE_RESIDENCIES query = {.Count = m->pep->platform->state_count,
                                                .States = residency->states};
    residency->accepted = pep_ppm(m, p->device->plugin, p->device,
                                  PEP_NOTIFY_PPM_QUERY_PLATFORM_STATE_RESIDENCIES, &query);
}

int wdmsim_pep_platform_residency(struct machine *machine, uint64_t *residencies,
                                  uint64_t *transitions, size_t count) {
    const struct pep_platform *platform = machine->pep->platform;
    struct pep_residency residency = {.accepted = false};
    if (!platform || !platform->state_count)
        return WDMSIM_ERROR_NOT_FOUND;
    int error = pep_perform(machine, pep_ask_residency, &residency);
    if (error || !residency.accepted)
        return error ? error : WDMSIM_ERROR_NOT_FOUND;
    for (size_t i = 0; i < count && i < platform->state_count; i++) {
        residencies[i] = residency.states[i].Residency;
        transitions[i] = residency.states[i].TransitionCount;
    }
    return 0;
}

const char *wdmsim_pep_veto_name(struct machine *machine, uint32_t reason) {
    const struct pep_platform *platform = machine->pep->platform;
    return platform && reason && reason <= platform->reasons ? platform->reason_names[reason - 1]
                                                             : NULL;
}

static void pep_latency(struct machine *m, void *context) {
    PEP_SYSTEM_LATENCY message = {.Latency = *(uint64_t *)context};
    if (m->pep->platform)
        m->pep->platform->latency = message.Latency;
    KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
    for (unsigned i = 0; i < m->pep->plugin_count; i++)
        pep_dpm(m, m->pep->plugins[i], NULL, PEP_DPM_SYSTEM_LATENCY_UPDATE, &message);
    ki_lower(m, irql);
}

int wdmsim_pep_system_latency(struct machine *machine, uint64_t latency) {
    return pep_perform(machine, pep_latency, &latency);
}
