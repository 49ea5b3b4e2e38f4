/*
 * The power manager: system and device power states, and the IRPs that change them.
 *
 * Whose business is what. Drivers decide the power state of their devices, with IRPs that only the
 * power manager can make (irp.c): one at a time for each device stack, one inrush device at a time
 * in the machine, watched by a clock (watchdog.c), checked at every driver they pass (call.c). The
 * system's state is the power manager's own: a transition (transition.c) sends rounds of system
 * IRPs over the device tree (walk.c), to which drivers answer with device IRPs. At the bottom of
 * the stacks that the host describes is our bus (bus.c), which holds their wait/wake IRPs (wake.c)
 * and their power rails (d3cold.c).
 *
 * What makes the system move comes from the host (host.c), from drivers' reasons to stay awake and
 * the idle timer (policy.c), or from a wake signal. Idle devices are found by counters (idle.c).
 * Settings (setting.c) tell drivers of everything else. The power framework for devices with
 * components is in fx/, the platform's plug-ins in pep/.
 *
 * What is not determined (on which stack and at which IRQL a driver is called, which of several
 * devices is next) is a choice of kind POWER.
 */
#include "po/fx/fx.h"
#include "po/pep/pep.h"
#include "po/po.h"

void po_start(struct machine *m) {
    m->po = ki_alloc(m, sizeof *m->po);
    InitializeListHead(&m->po->inrush_queue);
    po_nodes_start(m);
    po_calls_start(m);
    po_watchdog_start(m);
    po_transition_start(m);
    po_idle_start(m);
    po_policy_start(m);
    po_settings_start(m);
    m->pnp->pdo_power = po_bus_power;
    m->pnp->pdo_interface = po_bus_interface;
    fx_start(m);
    pep_start(m);
}
