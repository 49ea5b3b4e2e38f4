/*
 * The PnP manager: devices come, are given drivers and resources, start, stop, and go.
 *
 * How a device comes. Its bus driver says that something changed (IoInvalidateDeviceRelations), or
 * the bus has just been started; the manager asks for BusRelations and compares the answer with the
 * tree (enumerate.c). A new PDO becomes a node, is asked who it is (identify.c), gets the drivers
 * that are installed for it (match.c, service.c, add.c) and the resources it needs (assign.c,
 * arbiter.c), is started (bring_up.c), and enumerates in turn. Children follow their parent at
 * once, before its next sibling; a list of nodes that want attention replaces recursion, so depth
 * costs no stack.
 *
 * How it goes. In good order (remove.c): listeners and drivers are asked, may say no, and REMOVE
 * goes from the leaves upward. Or by surprise (surprise.c): the drivers learn that it is gone, and
 * REMOVE follows when the last handle is closed. Ejecting (eject.c) is the first and then the bus's
 * work. In between a device may be stopped and started with other resources (rebalance.c), and
 * change its state (state.c).
 *
 * Who does it. One worker at a time (work.c), in a system thread; drivers and the host only queue
 * actions. Every IRP to a stack goes through send.c, where a watchdog sees that it comes back.
 *
 * Drivers for devices that nobody enumerates report them themselves (detect.c).
 *
 * The built-in bus, root.c, is a driver like any other to the rest: the PDOs of devices that the
 * host describes answer from the description. host.c is what the host sees and may ask for.
 */
#include "pnp/pnp.h"

#include "pnp/device.h"
#include "pnp/internal.h"

void pnp_start(struct machine *m) {
    struct pnp_part *pnp = m->pnp = ki_alloc(m, sizeof *pnp);
    InitializeListHead(&pnp->actions);
    InitializeListHead(&pnp->pending);
    InitializeListHead(&pnp->detections);
    KeInitializeEvent(&pnp->lock, SynchronizationEvent, TRUE);
    pnp_work_start(m);
    pnp_open_start(m);
    pnp_device_start(m);
    m->io->device_interrupts = pnp_device_interrupts;
}
