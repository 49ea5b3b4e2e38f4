/*
 * The choice of an idle component's F state, and the hints it follows.
 *
 * The deepest state that comes back within the latency that the driver tolerates, that pays off in
 * the time it expects the component to be idle, and from which the component can wake where it is
 * armed; or whatever the host has chosen. The reference leaves the choice to the framework; a limit
 * that is met exactly counts as met, and a state with an unknown time is never chosen.
 * (wdm/nf-wdm-pofxsetcomponentlatency, -pofxsetcomponentresidency, -pofxsetcomponentwake)
 */
#include "po/fx/internal.h"

ULONG fx_wanted_state(struct machine *m, const struct fx_component *c) {
    ULONG deepest = c->state_count - 1;
    (void)m;
    if (c->held_f0)
        return 0;
    if (KI_UNLIKELY(c->host_chooses))
        return c->host_state;
    if (c->wake && deepest > c->deepest_wake)
        deepest = c->deepest_wake;
    for (; deepest; deepest--) {
        const PO_FX_COMPONENT_IDLE_STATE *state = &c->states[deepest];
        if (state->TransitionLatency != PO_FX_UNKNOWN_TIME &&
            state->ResidencyRequirement != PO_FX_UNKNOWN_TIME &&
            state->TransitionLatency <= c->latency && state->ResidencyRequirement <= c->residency)
            break;
    }
    return deepest;
}

/* A hint has changed: an idle component is looked at again, unless (a choice) that is put off. */
void fx_hinted(struct machine *m, struct fx_component *c) {
    if (c->condition != FX_IDLE && c->condition != FX_CHANGING)
        return;
    if (!fx_is_powered(c->device) || c->state == fx_wanted_state(m, c))
        return;
    if (ki_choose(m, WDMSIM_CHOICE_POWER, 2))
        return;
    fx_component_restless(m, c);
    fx_component_continue(m, c);
}

VOID PoFxSetComponentLatency(POHANDLE Handle, ULONG Component, ULONGLONG Latency) {
    KI_GATE(PoFxSetComponentLatency);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    struct fx_component *c = fx_component_checked(m, d, Component, caller);
    KIRQL irql = fx_enter(m);
    c->latency = Latency;
    fx_hinted(m, c);
    fx_leave(m, irql);
}

VOID PoFxSetComponentResidency(POHANDLE Handle, ULONG Component, ULONGLONG Residency) {
    KI_GATE(PoFxSetComponentResidency);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    struct fx_component *c = fx_component_checked(m, d, Component, caller);
    KIRQL irql = fx_enter(m);
    c->residency = Residency;
    fx_hinted(m, c);
    fx_leave(m, irql);
}

VOID PoFxSetComponentWake(POHANDLE Handle, ULONG Component, BOOLEAN WakeHint) {
    KI_GATE(PoFxSetComponentWake);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    struct fx_component *c = fx_component_checked(m, d, Component, caller);
    KIRQL irql = fx_enter(m);
    c->wake = WakeHint != FALSE;
    fx_hinted(m, c);
    fx_leave(m, irql);
}
