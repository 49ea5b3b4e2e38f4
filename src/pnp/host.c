/*
 * What the host asks the PnP manager to do (wdmsim/pnp.h): each call becomes an action of the
 * worker.
 *
 * The record of an operation is in pool and outlives a call that gives up waiting, for the worker
 * still knows it; then the worker frees it.
 */
#include <string.h>

#include "pnp/internal.h"

/* An operation that was begun. */
struct pnp_operation {
    struct pnp_action action;
    LIST_ENTRY link; /* in pnp_host.operations */
    uint32_t id;
    enum wdmsim_pnp_operation operation;
    uint32_t node;
    struct pnp_slot *slot;
    enum wdmsim_usage usage;
    bool in_path;
};

struct pnp_host {
    LIST_ENTRY operations; /* of wdmsim_pnp_begin, until wdmsim_pnp_done has seen their end */
    uint32_t next;
};

static struct pnp_host *pnp_host(struct machine *m) {
    if (!m->pnp->host) {
        m->pnp->host = ki_alloc(m, sizeof *m->pnp->host);
        InitializeListHead(&m->pnp->host->operations);
    }
    return m->pnp->host;
}

static struct pnp_operation *pnp_operation_new(struct machine *m, pnp_run *run) {
    struct pnp_operation *o = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *o, PNP_TAG);
    if (!o)
        return NULL;
    o->action.run = run;
    o->action.status = STATUS_PENDING;
    return o;
}

/* Submits and waits; on success the caller frees the operation, otherwise the worker does. */
static int pnp_operation_wait(struct machine *m, struct pnp_operation *o) {
    int error = pnp_perform(m, &o->action);
    if (error && o->action.done)
        pnp_free(m, o);
    else if (error)
        o->action.pooled = true;
    return error;
}

/* ---- services and installed ids ---- */

int wdmsim_service_define(struct machine *machine, const char *name, const char *image) {
    if (!name || !*name || !image || !*image)
        return WDMSIM_ERROR_INVALID;
    pnp_service_define(machine, name, image, NULL);
    return 0;
}

int wdmsim_service_define_entry(struct machine *machine, const char *name,
                                wdmsim_driver_entry *entry) {
    if (!name || !*name || !entry)
        return WDMSIM_ERROR_INVALID;
    pnp_service_define(machine, name, NULL, entry);
    return 0;
}

int wdmsim_install(struct machine *machine, const struct wdmsim_installation *installation) {
    struct pnp_match match = {0};
    if (!installation->id || !*installation->id)
        return WDMSIM_ERROR_INVALID;
    if (installation->class_guid && !pnp_parse_guid(installation->class_guid, &match.class_guid))
        return WDMSIM_ERROR_INVALID;
    match.id = ki_intern(machine, installation->id);
    match.service = installation->function ? ki_intern(machine, installation->function) : NULL;
    match.lower = pnp_intern_list(machine, installation->lower_filters);
    match.upper = pnp_intern_list(machine, installation->upper_filters);
    match.class_name =
        installation->class_name ? ki_intern(machine, installation->class_name) : NULL;
    pnp_match_add(machine, &match);
    return 0;
}

int wdmsim_install_class(struct machine *machine, const char *class_guid, const char *class_name,
                         const char *const *lower_filters, const char *const *upper_filters) {
    struct pnp_class class = {0};
    if (!pnp_parse_guid(class_guid, &class.guid))
        return WDMSIM_ERROR_INVALID;
    class.name = class_name ? ki_intern(machine, class_name) : NULL;
    class.lower = pnp_intern_list(machine, lower_filters);
    class.upper = pnp_intern_list(machine, upper_filters);
    pnp_class_add(machine, &class);
    return 0;
}

/* ---- plugging ---- */

static void pnp_run_plug(struct machine *m, struct pnp_action *action) {
    struct pnp_operation *o = CONTAINING_RECORD(action, struct pnp_operation, action);
    struct pnp_node *bus = pnp_root_node(m);
    if (bus && o->slot && o->slot->bus)
        bus = pnp_node_find(m, o->slot->bus->node);
    action->status = bus ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
    if (bus)
        pnp_enumerate(m, bus);
}

static int pnp_parent_slot(struct machine *m, uint32_t parent, struct pnp_slot **slot) {
    *slot = NULL;
    if (parent == WDMSIM_ROOT_NODE)
        return 0;
    struct pnp_node *node = pnp_node_find(m, parent);
    if (!node)
        return WDMSIM_ERROR_NOT_FOUND;
    *slot = node->slot;
    return node->slot ? 0 : WDMSIM_ERROR_INVALID;
}

static int pnp_plug(struct machine *m, uint32_t parent,
                    const struct wdmsim_device_description *description, struct pnp_slot **slot) {
    struct pnp_slot *bus;
    if (m->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    int error = pnp_parent_slot(m, parent, &bus);
    if (error)
        return error;
    *slot = pnp_slot_create(m, bus, description);
    if (!*slot)
        return WDMSIM_ERROR_INVALID;
    (*slot)->plugged = true;
    return 0;
}

static int pnp_enumerate_slot(struct machine *m, struct pnp_slot *slot) {
    struct pnp_operation *o = pnp_operation_new(m, pnp_run_plug);
    if (!o)
        return WDMSIM_ERROR_NO_MEMORY;
    o->slot = slot;
    int error = pnp_operation_wait(m, o);
    if (!error)
        pnp_free(m, o);
    return error;
}

int wdmsim_plug(struct machine *machine, uint32_t parent,
                const struct wdmsim_device_description *description, uint32_t *node) {
    struct pnp_slot *slot;
    int error = pnp_plug(machine, parent, description, &slot);
    if (!error)
        error = pnp_enumerate_slot(machine, slot);
    if (node)
        *node = error ? 0 : slot->node;
    return error;
}

int wdmsim_plug_silently(struct machine *machine, uint32_t parent,
                         const struct wdmsim_device_description *description, uint32_t *slot) {
    struct pnp_slot *made;
    int error = pnp_plug(machine, parent, description, &made);
    if (slot)
        *slot = error ? 0 : made->number;
    return error;
}

uint32_t wdmsim_slot_node(struct machine *machine, uint32_t slot) {
    const struct pnp_slot *found = pnp_slot_find(machine, slot);
    return found && pnp_node_find(machine, found->node) ? found->node : 0;
}

bool wdmsim_slot_is_plugged(struct machine *machine, uint32_t slot) {
    const struct pnp_slot *found = pnp_slot_find(machine, slot), *at = found;
    while (at && at->plugged && !at->ejected)
        at = at->bus;
    return found && !at;
}

int wdmsim_unplug(struct machine *machine, uint32_t node) {
    struct pnp_node *found = pnp_node_find(machine, node);
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (!found)
        return WDMSIM_ERROR_NOT_FOUND;
    if (!found->slot)
        return WDMSIM_ERROR_INVALID;
    pnp_slot_take_out(found->slot);
    return pnp_enumerate_slot(machine, found->slot);
}

int wdmsim_unplug_silently(struct machine *machine, uint32_t slot) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (!wdmsim_slot_is_plugged(machine, slot))
        return WDMSIM_ERROR_NOT_FOUND;
    pnp_slot_take_out(pnp_slot_find(machine, slot));
    return 0;
}

int wdmsim_plug_again(struct machine *machine, uint32_t slot, uint32_t *node) {
    struct pnp_slot *found = pnp_slot_find(machine, slot);
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (!found)
        return WDMSIM_ERROR_NOT_FOUND;
    if (wdmsim_slot_is_plugged(machine, slot))
        return WDMSIM_ERROR_BUSY;
    if (found->plugged)
        pnp_slot_take_out(found);
    found->plugged = true;
    found->ejected = false;
    int error = pnp_enumerate_slot(machine, found);
    if (node)
        *node = error ? 0 : found->node;
    return error;
}

/* ---- operations ---- */

static void pnp_run_operation(struct machine *m, struct pnp_action *action) {
    struct pnp_operation *o = CONTAINING_RECORD(action, struct pnp_operation, action);
    struct pnp_node *root = pnp_root_node(m);
    struct pnp_node *node = o->node == WDMSIM_ROOT_NODE ? root : pnp_node_find(m, o->node);
    if (node)
        pnp_operate(m, o->operation, node, action);
    else
        action->status = STATUS_NO_SUCH_DEVICE;
}

static void pnp_result(const struct pnp_operation *o, struct wdmsim_pnp_result *result) {
    if (result)
        *result = (struct wdmsim_pnp_result){(uint32_t)o->action.status, o->action.veto,
                                             o->action.veto_node};
}

static int pnp_operation_make(struct machine *m, enum wdmsim_pnp_operation operation, uint32_t node,
                              struct pnp_operation **result) {
    if (m->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if ((unsigned)operation >= WDMSIM_PNP_OPERATIONS)
        return WDMSIM_ERROR_INVALID;
    if (node != WDMSIM_ROOT_NODE && !pnp_node_find(m, node))
        return WDMSIM_ERROR_NOT_FOUND;
    struct pnp_operation *o = *result = pnp_operation_new(m, pnp_run_operation);
    if (!o)
        return WDMSIM_ERROR_NO_MEMORY;
    o->operation = operation;
    o->node = node;
    return 0;
}

int wdmsim_pnp(struct machine *machine, enum wdmsim_pnp_operation operation, uint32_t node,
               struct wdmsim_pnp_result *result) {
    struct pnp_operation *o;
    int error = pnp_operation_make(machine, operation, node, &o);
    if (!error)
        error = pnp_operation_wait(machine, o);
    if (error)
        return error;
    pnp_result(o, result);
    pnp_free(machine, o);
    return 0;
}

int wdmsim_pnp_begin(struct machine *machine, enum wdmsim_pnp_operation operation, uint32_t node,
                     uint32_t *id) {
    struct pnp_operation *o;
    int error = pnp_operation_make(machine, operation, node, &o);
    if (error)
        return error;
    *id = o->id = ++pnp_host(machine)->next;
    InsertTailList(&pnp_host(machine)->operations, &o->link);
    pnp_submit(machine, &o->action);
    return 0;
}

bool wdmsim_pnp_done(struct machine *machine, uint32_t id, struct wdmsim_pnp_result *result) {
    LIST_ENTRY *head = &pnp_host(machine)->operations;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        struct pnp_operation *o = CONTAINING_RECORD(link, struct pnp_operation, link);
        if (o->id != id)
            continue;
        pnp_result(o, result);
        if (!o->action.done)
            return false;
        RemoveEntryList(&o->link);
        pnp_free(machine, o);
        return true;
    }
    return true;
}

/* ---- special files ---- */

static void pnp_run_usage(struct machine *m, struct pnp_action *action) {
    struct pnp_operation *o = CONTAINING_RECORD(action, struct pnp_operation, action);
    struct pnp_node *node = pnp_node_find(m, o->node);
    IO_STACK_LOCATION stack = {.MinorFunction = IRP_MN_DEVICE_USAGE_NOTIFICATION};
    IO_STATUS_BLOCK iosb = {0};
    action->status = STATUS_NO_SUCH_DEVICE;
    if (!node || !pnp_is_started(node))
        return;
    stack.Parameters.UsageNotification.InPath = o->in_path;
    stack.Parameters.UsageNotification.Type = (DEVICE_USAGE_NOTIFICATION_TYPE)o->usage;
    action->status = pnp_send(m, node->pdo, &stack, &iosb);
    if (NT_SUCCESS(action->status) && o->in_path)
        node->usage[o->usage]++;
    else if (!o->in_path && node->usage[o->usage])
        node->usage[o->usage]--;
}

int wdmsim_device_usage(struct machine *machine, uint32_t node, enum wdmsim_usage usage,
                        bool in_path, uint32_t *status) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (usage < WDMSIM_USAGE_PAGING || usage > WDMSIM_USAGE_DUMP)
        return WDMSIM_ERROR_INVALID;
    if (!pnp_node_find(machine, node))
        return WDMSIM_ERROR_NOT_FOUND;
    struct pnp_operation *o = pnp_operation_new(machine, pnp_run_usage);
    if (!o)
        return WDMSIM_ERROR_NO_MEMORY;
    o->node = node;
    o->usage = usage;
    o->in_path = in_path;
    int error = pnp_operation_wait(machine, o);
    if (error)
        return error;
    if (status)
        *status = (uint32_t)o->action.status;
    pnp_free(machine, o);
    return 0;
}
