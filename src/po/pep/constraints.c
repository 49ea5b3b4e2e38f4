/*
 * What platform idle states ask of devices: the lightest D state of a device, the lightest F state
 * of each of its components, and what becomes of the debugger's device. (kernel/dpm-notifications:
 * DEVICE_IDLE_CONSTRAINTS, COMPONENT_IDLE_CONSTRAINTS, REGISTER_DEBUGGER,
 * QUERY_DEBUGGER_TRANSITION_REQUIREMENTS)
 *
 * A device is asked about when it is registered and when the platform's states become known,
 * whichever comes last. The arrays are handed over saying that nothing is asked of it; a plug-in
 * that refuses the notification leaves it at that. What a component has to do is not looked at
 * where its device has to be deeper than D0. A state that does not bind the whole platform cannot
 * ask anything of devices.
 */
#include "ki/bugcheck.h"
#include "po/pep/platform.h"

void pep_constraints_free(struct machine *m, struct pep_device *d) {
    if (d->d_minimum)
        mm_pool_free(m, d->d_minimum, PEP_TAG);
    if (d->f_minimum)
        mm_pool_free(m, d->f_minimum, PEP_TAG);
    d->d_minimum = NULL;
    d->f_minimum = NULL;
}

static _Noreturn void pep_not_whole(struct machine *m, ULONG code, const struct pep_device *d,
                                    ULONG third, ULONG fourth, const char *what) {
    ki_bugcheck(m, INTERNAL_POWER_ERROR, code, (ULONG_PTR)pep_handle(d), third, fourth,
                "the plug-in %s asked for %s in a coordinated idle state that does not bind the "
                "whole platform",
                d->plugin->name, what);
}

static void pep_ask_device(struct machine *m, struct pep_device *d) {
    const struct pep_platform *platform = m->pep->platform;
    PEP_DEVICE_PLATFORM_CONSTRAINTS query = {.DeviceHandle = d->handle,
                                             .MinimumDStates = d->d_minimum,
                                             .PlatformStateCount = d->constraint_count};
    for (ULONG i = 0; i < d->constraint_count; i++)
        d->d_minimum[i] = PowerDeviceD0;
    if (!pep_dpm_at_dispatch(m, d, PEP_DPM_DEVICE_IDLE_CONSTRAINTS, &query))
        return;
    for (ULONG i = 0; i < d->constraint_count; i++) {
        if ((ULONG)d->d_minimum[i] == PEP_UNSPECIFIED_MINIMUM_STATE)
            d->d_minimum[i] = PowerDeviceD0;
        if (d->d_minimum[i] < PowerDeviceD0 || d->d_minimum[i] > PowerDeviceD3)
            pep_illegal(m, PEP_DPM_DEVICE_IDLE_CONSTRAINTS, "DSta", i, "no D state at index");
        if (d->d_minimum[i] > PowerDeviceD0 && !platform->states[i].whole)
            pep_not_whole(m, 0x620, d, i, 0, "a D state");
    }
}

static void pep_ask_component(struct machine *m, struct pep_device *d, ULONG component) {
    const struct pep_platform *platform = m->pep->platform;
    ULONG *states = &d->f_minimum[component * d->constraint_count];
    PEP_COMPONENT_PLATFORM_CONSTRAINTS query = {.DeviceHandle = d->handle,
                                                .Component = component,
                                                .MinimumFStates = states,
                                                .PlatformStateCount = d->constraint_count};
    if (!pep_dpm_at_dispatch(m, d, PEP_DPM_COMPONENT_IDLE_CONSTRAINTS, &query))
        return;
    for (ULONG i = 0; i < d->constraint_count; i++) {
        if (states[i] == PEP_UNSPECIFIED_MINIMUM_STATE)
            states[i] = 0;
        if (states[i] >= d->fx->components[component].state_count)
            pep_illegal(m, PEP_DPM_COMPONENT_IDLE_CONSTRAINTS, "FSta", states[i], "F state");
        if (states[i] && !platform->states[i].whole)
            pep_not_whole(m, 0x621, d, component, i, "an F state");
    }
}

static void pep_ask_debugger(struct machine *m, struct pep_device *d) {
    const struct pep_platform *platform = m->pep->platform;
    ULONG count = platform->state_count;
    BOOLEAN required[PEP_PLATFORM_STATES] = {0};
    PEP_DEBUGGER_TRANSITION_REQUIREMENTS query = {.DeviceHandle = d->handle,
                                                  .PlatformStateCount = count,
                                                  .PowerTransitionRequired = required};
    d->automatic =
        pep_dpm_at_dispatch(m, d, PEP_DPM_QUERY_DEBUGGER_TRANSITION_REQUIREMENTS, &query);
    for (ULONG i = 0; d->automatic && i < count; i++)
        if (required[i] && !platform->states[i].whole)
            pep_not_whole(m, 0x61F, d, i, 0, "the debugger's power");
}

void pep_constraints_query(struct machine *m, struct pep_device *d) {
    const struct pep_platform *platform = m->pep->platform;
    if (!platform || !platform->states_known || !d->fx)
        return;
    ULONG count = platform->state_count;
    pep_constraints_free(m, d);
    d->constraint_count = count;
    d->d_minimum =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, count * sizeof d->d_minimum[0], PEP_TAG);
    d->f_minimum = mm_pool_allocate_zeroed(
        m, NonPagedPoolNx, count * d->component_count * sizeof d->f_minimum[0], PEP_TAG);
    if (!d->d_minimum || !d->f_minimum) {
        pep_constraints_free(m, d);
        return;
    }
    pep_ask_device(m, d);
    for (ULONG i = 0; i < d->component_count; i++)
        pep_ask_component(m, d, i);
    if (d->debugger)
        pep_ask_debugger(m, d);
    fx_plugin_constraints_changed(m);
}

static bool pep_device_allows(const struct pep_device *d, ULONG state) {
    DEVICE_POWER_STATE deepest = d->d_minimum[state];
    if (deepest > PowerDeviceD0)
        return d->fx->d_state >= deepest;
    if (d->fx->d_state > PowerDeviceD0)
        return true;
    for (ULONG i = 0; i < d->component_count; i++)
        if (d->fx->components[i].state < d->f_minimum[i * d->constraint_count + state])
            return false;
    return true;
}

bool pep_devices_allow(struct machine *m, ULONG state) {
    struct pep_part *pep = m->pep;
    for (PLIST_ENTRY link = pep->devices.Flink; link != &pep->devices; link = link->Flink) {
        const struct pep_device *d = CONTAINING_RECORD(link, struct pep_device, link);
        if (d->fx && d->d_minimum && !pep_device_allows(d, state))
            return false;
    }
    return true;
}

/* ---- the debugger's device ---- */

static void pep_debugger(struct machine *m, void *context) {
    struct pep_device *d = context;
    PEP_REGISTER_DEBUGGER message = {.DeviceHandle = d->handle};
    d->debugger = true;
    fx_device_never_direct(m, d->fx->pdo, true);
    pep_dpm(m, d->plugin, d, PEP_DPM_REGISTER_DEBUGGER, &message);
    if (m->pep->platform && m->pep->platform->states_known)
        pep_ask_debugger(m, d);
}

int wdmsim_pep_debugger(struct machine *machine, uint32_t node) {
    struct pep_device *d = pep_device_by_node(machine, node);
    return d ? pep_perform(machine, pep_debugger, d) : WDMSIM_ERROR_NOT_FOUND;
}
