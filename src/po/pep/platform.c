/*
 * The platform's idle states, as the first plug-in with processors gives them.
 * (kernel/ppm-notifications: QUERY_PLATFORM_STATES, QUERY_COORDINATED_STATES, QUERY_PLATFORM_STATE,
 * UPDATE_PLATFORM_STATE, QUERY_VETO_REASONS)
 *
 * There are two interfaces: coordinated states, each with a menu of what it depends on, and
 * platform states with one expectation per processor. The plug-in chooses by accepting the first.
 * Inside, a platform state is a coordinated one with a single option per dependency.
 *
 * Judgements. Dependencies on what there is not are bug check 0xA0/0x703 of the platform interface
 * and illegal values (0x706) of the other. A state binds the whole platform if every processor is,
 * through its dependencies, bound to be idle in it; a platform state always does.
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/group.h"
#include "po/pep/platform.h"

struct pep_processor *pep_first_processor(struct machine *m) {
    struct pep_platform *platform = m->pep->platform;
    for (unsigned i = 0; platform && i < m->processor_count; i++)
        if (platform->processors[i] && platform->processors[i]->device->plugin == platform->plugin)
            return platform->processors[i];
    return NULL;
}

/* ---- reasons of vetoes ---- */

static const char *pep_reason_name(struct machine *m, struct pep_device *d, ULONG reason) {
    PEP_PPM_QUERY_VETO_REASON query = {.VetoReason = reason};
    if (!pep_ppm(m, d->plugin, d, PEP_NOTIFY_PPM_QUERY_VETO_REASON, &query) || !query.NameSize)
        return "";
    USHORT size = query.NameSize;
    query.Name = mm_pool_allocate_zeroed(m, NonPagedPoolNx, size * sizeof(WCHAR), PEP_TAG);
    if (!query.Name)
        return "";
    size_t length = 0;
    if (pep_ppm(m, d->plugin, d, PEP_NOTIFY_PPM_QUERY_VETO_REASON, &query))
        while (length < size && query.Name[length])
            length++;
    const char *name = ki_intern_wide(m, query.Name, length);
    mm_pool_free(m, query.Name, PEP_TAG);
    return name;
}

void pep_reasons_query(struct machine *m) {
    struct pep_platform *platform = m->pep->platform;
    struct pep_device *d = pep_first_processor(m)->device;
    PEP_PPM_QUERY_VETO_REASONS query = {0};
    if (!pep_ppm(m, d->plugin, d, PEP_NOTIFY_PPM_QUERY_VETO_REASONS, &query) ||
        !query.VetoReasonCount)
        return;
    platform->reason_names = mm_pool_allocate_zeroed(
        m, NonPagedPoolNx, query.VetoReasonCount * sizeof platform->reason_names[0], PEP_TAG);
    if (!platform->reason_names)
        return;
    platform->reasons = query.VetoReasonCount;
    for (ULONG i = 0; i < platform->reasons; i++)
        platform->reason_names[i] = pep_reason_name(m, d, i + 1);
}

/* ---- platform states ---- */

/* The processor that a dependency names, or NULL. */
static struct pep_processor *pep_target(struct machine *m, POHANDLE handle) {
    struct pep_device *d = handle ? pep_device_of(m, handle) : NULL;
    return d ? d->processor : NULL;
}

static bool pep_dependency_is_valid(const struct pep_processor *target,
                                    const PEP_PROCESSOR_IDLE_DEPENDENCY *dependency) {
    if (!target || dependency->ExpectedState >= target->state_count)
        return false;
    return dependency->LooseDependency ||
           !target->states[dependency->ExpectedState].given.WakesSpuriously;
}

static bool pep_platform_is_valid(struct machine *m, const PEP_PLATFORM_IDLE_STATE *given) {
    struct pep_processor *initiator = pep_target(m, given->InitiatingProcessor);
    struct pep_processor *any = initiator ? initiator : pep_first_processor(m);
    if ((given->InitiatingProcessor && !initiator) || given->InitiatingState >= any->state_count ||
        given->DependencyArrayUsed > given->DependencyArrayCount)
        return false;
    for (ULONG i = 0; i < given->DependencyArrayUsed; i++) {
        const PEP_PROCESSOR_IDLE_DEPENDENCY *dependency = &given->DependencyArray[i];
        struct pep_processor *target = pep_target(m, dependency->TargetProcessor);
        if (!pep_dependency_is_valid(target, dependency) || (initiator && target == initiator))
            return false;
    }
    return true;
}

/* False without memory. */
static bool pep_platform_take(struct machine *m, struct pep_platform_state *state,
                              const PEP_PLATFORM_IDLE_STATE *given) {
    ULONG count = given->DependencyArrayUsed;
    struct pep_dependency *dependencies =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, (count + 1) * sizeof *dependencies, PEP_TAG);
    if (!dependencies)
        return false;
    for (ULONG i = 0; i < count; i++) {
        const PEP_PROCESSOR_IDLE_DEPENDENCY *from = &given->DependencyArray[i];
        dependencies[i].target = pep_target(m, from->TargetProcessor);
        dependencies[i].deeper = from->AllowDeeperStates;
        dependencies[i].count = 1;
        dependencies[i].options[0] = (PEP_COORDINATED_DEPENDENCY_OPTION){
            .ExpectedStateIndex = from->ExpectedState,
            .LooseDependency = from->LooseDependency,
            .InitiatingState = TRUE,
            .DependentState = TRUE,
        };
    }
    if (state->dependencies)
        mm_pool_free(m, state->dependencies, PEP_TAG);
    state->dependencies = dependencies;
    state->dependency_count = count;
    state->initiator = pep_target(m, given->InitiatingProcessor);
    state->initiating_state = given->InitiatingState;
    state->latency = given->Latency;
    state->break_even = given->BreakEvenDuration;
    state->whole = true;
    return true;
}

/* Asks about one state, for the first time or again. False: refused, or no memory. */
static bool pep_platform_ask(struct machine *m, ULONG notification, ULONG index) {
    struct pep_platform *platform = m->pep->platform;
    struct pep_device *d = pep_first_processor(m)->device;
    size_t size = FIELD_OFFSET(PEP_PPM_QUERY_PLATFORM_STATE, State.DependencyArray) +
                  m->processor_count * sizeof(PEP_PROCESSOR_IDLE_DEPENDENCY);
    PEP_PPM_QUERY_PLATFORM_STATE *query = mm_pool_allocate_zeroed(m, NonPagedPoolNx, size, PEP_TAG);
    if (!query)
        return false;
    query->StateIndex = index;
    query->State.DependencyArrayCount = m->processor_count;
    bool accepted = pep_ppm(m, d->plugin, d, notification, query);
    if (KI_UNLIKELY(accepted && !pep_platform_is_valid(m, &query->State)))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x703, (ULONG_PTR)d->handle, (ULONG_PTR)query, 0,
                    "platform idle state %u depends on what there is not", (unsigned)index);
    accepted = accepted && pep_platform_take(m, &platform->states[index], &query->State);
    mm_pool_free(m, query, PEP_TAG);
    return accepted;
}

/* ---- coordinated states ---- */

static void pep_check_option(struct machine *m, const struct pep_dependency *dependency,
                             ULONG state, ULONG index) {
    const PEP_COORDINATED_DEPENDENCY_OPTION *option = &dependency->options[index];
    ULONG limit = dependency->target ? dependency->target->state_count : state;
    if (option->ExpectedStateIndex >= limit)
        pep_illegal(m, PEP_NOTIFY_PPM_QUERY_COORDINATED_DEPENDENCY, "Expe",
                    option->ExpectedStateIndex, "the expected state");
    if (dependency->target && !option->LooseDependency &&
        dependency->target->states[option->ExpectedStateIndex].given.WakesSpuriously)
        pep_illegal(m, PEP_NOTIFY_PPM_QUERY_COORDINATED_DEPENDENCY, "Loos", index,
                    "a strict dependency on a state that wakes spuriously, option");
}

static bool pep_coordinated_dependency(struct machine *m, ULONG state, ULONG index, ULONG most) {
    struct pep_platform *platform = m->pep->platform;
    struct pep_dependency *dependency = &platform->states[state].dependencies[index];
    struct pep_device *d = pep_first_processor(m)->device;
    size_t size = FIELD_OFFSET(PEP_PPM_QUERY_COORDINATED_DEPENDENCY, Options) +
                  most * sizeof(PEP_COORDINATED_DEPENDENCY_OPTION);
    PEP_PPM_QUERY_COORDINATED_DEPENDENCY *query =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, size + 4, PEP_TAG);
    if (!query)
        return false;
    query->StateIndex = state;
    query->DependencyIndex = index;
    query->DependencySize = most;
    if (!pep_ppm(m, d->plugin, d, PEP_NOTIFY_PPM_QUERY_COORDINATED_DEPENDENCY, query))
        query->DependencySizeUsed = 0;
    if (query->DependencySizeUsed > most)
        pep_illegal(m, PEP_NOTIFY_PPM_QUERY_COORDINATED_DEPENDENCY, "Size",
                    query->DependencySizeUsed, "a number of options of");
    dependency->target = pep_target(m, query->TargetProcessor);
    if (query->TargetProcessor && !dependency->target)
        pep_illegal(m, PEP_NOTIFY_PPM_QUERY_COORDINATED_DEPENDENCY, "Targ",
                    (ULONG_PTR)query->TargetProcessor, "the processor");
    dependency->count = query->DependencySizeUsed;
    memcpy(dependency->options, query->Options, dependency->count * sizeof query->Options[0]);
    for (ULONG i = 0; i < dependency->count; i++)
        pep_check_option(m, dependency, state, i);
    mm_pool_free(m, query, PEP_TAG);
    return true;
}

/* The processors that are idle when a state is entered. */
static uint64_t pep_bound(const struct pep_platform *platform, ULONG index) {
    const struct pep_platform_state *state = &platform->states[index];
    uint64_t bound = 0;
    for (ULONG i = 0; i < state->dependency_count; i++) {
        const struct pep_dependency *dependency = &state->dependencies[i];
        if (dependency->target) {
            bound |= 1ull << dependency->target->cpu->number;
            continue;
        }
        uint64_t all = dependency->count ? UINT64_MAX : 0;
        for (ULONG j = 0; j < dependency->count; j++)
            all &= pep_bound(platform, dependency->options[j].ExpectedStateIndex);
        bound |= all;
    }
    return bound;
}

static bool pep_coordinated_take(struct machine *m, ULONG index,
                                 const PEP_COORDINATED_IDLE_STATE *given) {
    struct pep_platform *platform = m->pep->platform;
    struct pep_platform_state *state = &platform->states[index];
    uint64_t all = ki_active_processors(m);
    if (given->MaximumDependencySize > PEP_OPTIONS || given->DependencyCount > PEP_DEPENDENCIES)
        pep_illegal(m, PEP_NOTIFY_PPM_QUERY_COORDINATED_STATES, "Depe", index,
                    "more dependencies than can be, of state");
    state->dependencies = mm_pool_allocate_zeroed(
        m, NonPagedPoolNx, (given->DependencyCount + 1) * sizeof state->dependencies[0], PEP_TAG);
    if (!state->dependencies)
        return false;
    state->latency = given->Latency;
    state->break_even = given->BreakEvenDuration;
    for (ULONG i = 0; i < given->DependencyCount; i++)
        if (!pep_coordinated_dependency(m, index, i, given->MaximumDependencySize))
            return false;
    state->dependency_count = given->DependencyCount;
    state->whole = (pep_bound(platform, index) & all) == all;
    return true;
}

static bool pep_coordinated_ask(struct machine *m, ULONG count) {
    struct pep_platform *platform = m->pep->platform;
    struct pep_device *d = pep_first_processor(m)->device;
    size_t size = FIELD_OFFSET(PEP_PPM_QUERY_COORDINATED_STATES, States) +
                  count * sizeof(PEP_COORDINATED_IDLE_STATE);
    PEP_PPM_QUERY_COORDINATED_STATES *query =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, size, PEP_TAG);
    if (!query)
        return false;
    query->Count = count;
    platform->coordinated =
        pep_ppm(m, d->plugin, d, PEP_NOTIFY_PPM_QUERY_COORDINATED_STATES, query);
    for (ULONG i = 0; platform->coordinated && i < count; i++)
        if (pep_coordinated_take(m, i, &query->States[i]))
            platform->state_count = i + 1;
    mm_pool_free(m, query, PEP_TAG);
    return platform->coordinated;
}

/* ---- all of it ---- */

void pep_platform_query(struct machine *m) {
    struct pep_platform *platform = m->pep->platform;
    struct pep_processor *p = pep_first_processor(m);
    struct pep_device *d = p->device;
    PEP_PPM_QUERY_PLATFORM_STATES query = {0};
    if (!pep_ppm(m, d->plugin, d, PEP_NOTIFY_PPM_QUERY_PLATFORM_STATES, &query))
        query.PlatformStateCount = 0;
    ULONG count = query.PlatformStateCount;
    if (count > PEP_PLATFORM_STATES)
        pep_illegal(m, PEP_NOTIFY_PPM_QUERY_PLATFORM_STATES, "Coun", count,
                    "a number of platform states of");
    if (!count)
        return;
    if (!pep_coordinated_ask(m, count))
        for (ULONG i = 0; i < count && platform->state_count == i; i++)
            platform->state_count += pep_platform_ask(m, PEP_NOTIFY_PPM_QUERY_PLATFORM_STATE, i);
    for (ULONG i = 0; i < platform->state_count; i++) {
        platform->states[i].name =
            pep_state_name(m, p, PEP_NOTIFY_PPM_QUERY_COORDINATED_STATE_NAME, i);
        if (!pep_vetoes_make(m, &platform->states[i].vetoes, platform->reasons))
            platform->state_count = i;
    }
    platform->states_known = platform->state_count != 0;
    if (!platform->states_known)
        return;
    for (PLIST_ENTRY link = m->pep->devices.Flink; link != &m->pep->devices; link = link->Flink)
        pep_constraints_query(m, CONTAINING_RECORD(link, struct pep_device, link));
    pep_subsystems_query(m);
}

struct pep_notify {
    unsigned processor;
    bool found;
};

static void pep_cst_changed(struct machine *m, void *context) {
    struct pep_notify *notify = context;
    struct pep_platform *platform = m->pep->platform;
    struct pep_processor *p = platform ? platform->processors[notify->processor] : NULL;
    notify->found = p != NULL;
    if (!p)
        return;
    pep_tell_cst(m, p);
    for (ULONG i = 0; !platform->coordinated && i < platform->state_count; i++)
        pep_platform_ask(m, PEP_NOTIFY_PPM_UPDATE_PLATFORM_STATE, i);
}

int wdmsim_pep_processor_notify(struct machine *machine, unsigned processor, uint32_t code) {
    struct pep_notify notify = {.processor = processor};
    if (processor >= machine->processor_count || code != 0x81)
        return WDMSIM_ERROR_INVALID;
    int error = pep_perform(machine, pep_cst_changed, &notify);
    return error ? error : notify.found ? 0 : WDMSIM_ERROR_NOT_FOUND;
}
