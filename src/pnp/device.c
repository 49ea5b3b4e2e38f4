/*
 * What surrounds a device: this file connects it to the course of a device's life.
 *
 * A device has registry keys (key.c), properties of two vocabularies over them (property.c,
 * property_data.c), interfaces by which it is opened and found (interface.c, interface_data.c), and
 * listeners (notify.c, notify_target.c); a driver package may be what put its keys there (inf_*.c).
 * The state machine knows none of that; it tells observers what happens to a node and asks through
 * struct pnp_listeners where it needs an answer.
 */
#include "pnp/device.h"

static void pnp_device_event(struct machine *m, struct pnp_node *node, enum pnp_event event) {
    switch (event) {
    case PNP_EVENT_IDENTIFIED:
        pnp_keys_identified(m, node);
        pnp_keys_installed(m, node);
        break;
    case PNP_EVENT_REMOVED:
        pnp_interfaces_gone(m, node);
        break;
    case PNP_EVENT_DELETED:
        pnp_interfaces_gone(m, node);
        pnp_interfaces_forget(m, node);
        break;
    default:
        break;
    }
}

void pnp_device_start(struct machine *m) {
    struct pnp_device_part *part = ki_alloc(m, sizeof *part);
    InitializeListHead(&part->interface_listeners);
    InitializeListHead(&part->profile_listeners);
    part->store_last = &part->store;
    m->pnp->device = part;
    m->pnp->choose = pnp_inf_choose;
    m->pnp->listeners = (struct pnp_listeners){
        .query_remove = pnp_target_query_remove,
        .remove_cancelled = pnp_target_remove_cancelled,
        .remove_complete = pnp_target_remove_complete,
        .interfaces_ready = pnp_interfaces_ready,
        .interfaces_gone = pnp_interfaces_gone,
    };
    pnp_observe(m, pnp_device_event);
}
