/*
 * Device nodes: making them, finding them, walking the tree, taking them out.
 *
 * Two hash tables find a node: by its serial number, and by its instance path. Both grow with the
 * number of nodes, so that nothing that is done per node depends on how many there are.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pnp/internal.h"

void pnp_free(struct machine *m, void *memory) {
    if (memory)
        mm_pool_free(m, memory, 0);
}

void pnp_report(struct machine *m, const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    m->pnp->reports++;
    m->pnp->last_report = ki_intern(m, text);
    KI_TRACE(m, NOTE, m->pnp->last_report);
}

uint32_t wdmsim_pnp_reports(const struct machine *machine) { return machine->pnp->reports; }

const char *wdmsim_pnp_last_report(const struct machine *machine) {
    return machine->pnp->last_report ? machine->pnp->last_report : "";
}

void wdmsim_observe_nodes(struct machine *machine, wdmsim_node_observer *changed, void *context) {
    machine->pnp->state_changed = changed;
    machine->pnp->state_context = context;
}

/* ---- the tables ---- */

enum { PNP_FIRST_BUCKETS = 64 };

static uint32_t pnp_hash_serial(const struct pnp_node *node) { return node->serial * 2654435761u; }

static char pnp_upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 32) : c; }

static uint32_t pnp_hash_text(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (uint8_t)pnp_upper(*text)) * 16777619u;
    return hash;
}

static bool pnp_same_text(const char *a, const char *b) {
    while (*a && pnp_upper(*a) == pnp_upper(*b))
        a++, b++;
    return pnp_upper(*a) == pnp_upper(*b);
}

struct pnp_hashing {
    struct pnp_table *table;
    uint32_t (*hash)(const struct pnp_node *node);
    size_t link; /* offset of the chain's pointer */
};

static uint32_t pnp_hash_path(const struct pnp_node *node) { return pnp_hash_text(node->path); }

static struct pnp_node **pnp_link(struct pnp_node *node, size_t offset) {
    return (struct pnp_node **)(void *)((char *)node + offset);
}

static struct pnp_hashing pnp_serials(struct machine *m) {
    return (struct pnp_hashing){&m->pnp->by_serial, pnp_hash_serial,
                                offsetof(struct pnp_node, serial_next)};
}
static struct pnp_hashing pnp_paths(struct machine *m) {
    return (struct pnp_hashing){&m->pnp->by_path, pnp_hash_path,
                                offsetof(struct pnp_node, path_next)};
}

static bool pnp_table_grow(struct machine *m, struct pnp_hashing h) {
    ULONG size = h.table->size ? h.table->size * 4 : PNP_FIRST_BUCKETS;
    struct pnp_node **buckets =
        mm_pool_allocate_zeroed(m, NonPagedPoolNx, size * sizeof *buckets, PNP_TAG);
    if (!buckets)
        return h.table->size != 0;
    for (ULONG i = 0; i < h.table->size; i++) {
        struct pnp_node *next;
        for (struct pnp_node *node = h.table->buckets[i]; node; node = next) {
            struct pnp_node **bucket = &buckets[h.hash(node) % size];
            next = *pnp_link(node, h.link);
            *pnp_link(node, h.link) = *bucket;
            *bucket = node;
        }
    }
    pnp_free(m, h.table->buckets);
    *h.table = (struct pnp_table){buckets, size};
    return true;
}

static bool pnp_table_insert(struct machine *m, struct pnp_hashing h, struct pnp_node *node) {
    if (m->pnp->node_count >= h.table->size && !pnp_table_grow(m, h))
        return false;
    struct pnp_node **bucket = &h.table->buckets[h.hash(node) % h.table->size];
    *pnp_link(node, h.link) = *bucket;
    *bucket = node;
    return true;
}

static void pnp_table_remove(struct pnp_hashing h, struct pnp_node *node) {
    struct pnp_node **link = &h.table->buckets[h.hash(node) % h.table->size];
    while (*link && *link != node)
        link = pnp_link(*link, h.link);
    if (*link)
        *link = *pnp_link(node, h.link);
}

struct pnp_node *pnp_node_find(struct machine *m, uint32_t serial) {
    const struct pnp_table *table = &m->pnp->by_serial;
    const struct pnp_node key = {.serial = serial};
    struct pnp_node *node = NULL;
    if (table->size)
        node = table->buckets[pnp_hash_serial(&key) % table->size];
    while (node && node->serial != serial)
        node = node->serial_next;
    return node;
}

/* Where a device has just gone and come again there may be two; the present one is meant. */
struct pnp_node *pnp_node_by_path(struct machine *m, const char *path) {
    const struct pnp_table *table = &m->pnp->by_path;
    struct pnp_node *node = NULL, *found = NULL;
    if (table->size)
        node = table->buckets[pnp_hash_text(path) % table->size];
    for (; node; node = node->path_next)
        if (pnp_same_text(node->path, path) && (!found || node->present))
            found = node;
    return found;
}

void pnp_set_path(struct machine *m, struct pnp_node *node, char *path) {
    node->path = path;
    pnp_table_insert(m, pnp_paths(m), node);
}

/* ---- a node's life ---- */

struct pnp_node *pnp_node_create(struct machine *m, struct pnp_node *parent, PDEVICE_OBJECT pdo) {
    struct pnp_node *node = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *node, PNP_TAG);
    if (!node)
        return NULL;
    node->serial = m->pnp->next_serial + 1;
    if (!pnp_table_insert(m, pnp_serials(m), node)) {
        pnp_free(m, node);
        return NULL;
    }
    m->pnp->next_serial++;
    m->pnp->node_count++;
    node->references = 1;
    node->pdo = pdo;
    node->present = true;
    node->parent = parent;
    InitializeListHead(&node->children);
    InitializeListHead(&node->pending);
    InitializeListHead(&node->claims);
    InitializeListHead(&node->interfaces);
    InitializeListHead(&node->listeners);
    InitializeListHead(&node->properties);
    if (parent) {
        node->level = parent->level + 1;
        parent->child_count++;
        InsertTailList(&parent->children, &node->sibling);
    } else {
        InitializeListHead(&node->sibling);
    }
    pdo->Flags |= DO_BUS_ENUMERATED_DEVICE;
    io_device_of(pdo)->node = node;
    io_device_of(pdo)->node_serial = node->serial;
    node->slot = pnp_slot_of(pdo);
    if (node->slot)
        node->slot->node = node->serial;
    KI_TRACE(m, PNP_NODE, io_device_of(pdo)->text, node->serial);
    pnp_set_state(m, node, WDMSIM_NODE_ENUMERATED);
    pnp_notify(m, node, PNP_EVENT_CREATED);
    return node;
}

static void pnp_node_free(struct machine *m, struct pnp_node *node) {
    void *blocks[] = {node->path,         node->device_id,    node->instance_id,
                      node->container_id, node->hardware_ids, node->compatible_ids,
                      node->description,  node->location,     node->boot,
                      node->requirements, node->raw,          node->translated,
                      node->drivers};
    for (size_t i = 0; i < KI_COUNT(blocks); i++)
        pnp_free(m, blocks[i]);
    pnp_free(m, node);
}

void pnp_node_dereference(struct machine *m, struct pnp_node *node) {
    KI_ASSERT(node->references > 0);
    if (--node->references == 0)
        pnp_node_free(m, node);
}

/* One node without children. */
static void pnp_node_drop(struct machine *m, struct pnp_node *node) {
    PDEVICE_OBJECT pdo = node->pdo;
    PDRIVER_OBJECT driver = pdo->DriverObject;
    ob_reference(m, driver);
    pnp_unassign(m, node);
    pnp_set_state(m, node, WDMSIM_NODE_DELETED);
    pnp_notify(m, node, PNP_EVENT_DELETED);
    pnp_nodes_clear(m, &node->power_relations);
    pnp_release_drivers(m, node);
    if (node->asked_not_disableable)
        pnp_count_not_disableable(node, -1);
    if (node->parent) {
        node->parent->child_count--;
        RemoveEntryList(&node->sibling);
        InitializeListHead(&node->sibling);
    }
    RemoveEntryList(&node->pending);
    InitializeListHead(&node->pending);
    pnp_table_remove(pnp_serials(m), node);
    if (node->path)
        pnp_table_remove(pnp_paths(m), node);
    m->pnp->node_count--;
    node->parent = NULL;
    node->present = false;
    io_device_of(pdo)->node = NULL;
    io_device_of(pdo)->node_gone = true;
    pdo->Flags &= ~(ULONG)DO_BUS_ENUMERATED_DEVICE;
    ob_dereference(m, pdo);
    node->pdo = NULL;
    if (!io_driver_of(driver)->unloaded)
        pnp_driver_check(m, driver);
    ob_dereference(m, driver);
    pnp_node_dereference(m, node);
}

void pnp_node_delete(struct machine *m, struct pnp_node *node) {
    while (node->child_count) {
        struct pnp_node *leaf = pnp_first_leaf(node);
        pnp_node_drop(m, leaf);
    }
    pnp_node_drop(m, node);
}

void pnp_set_state(struct machine *m, struct pnp_node *node, enum wdmsim_node_state state) {
    node->state = state;
    KI_TRACE(m, PNP_STATE, wdmsim_node_state_name(state), node->serial);
    if (m->pnp->state_changed)
        m->pnp->state_changed(m->pnp->state_context, node->serial, state);
}

const char *wdmsim_node_state_name(enum wdmsim_node_state state) {
    static const char *const names[] = {
#define X(name, value, text) [value] = text,
        WDMSIM_NODE_STATE_LIST(X)
#undef X
    };
    return (unsigned)state < KI_COUNT(names) ? names[state] : "unknown";
}

void pnp_notify(struct machine *m, struct pnp_node *node, enum pnp_event event) {
    for (unsigned i = 0; i < m->pnp->observer_count; i++)
        m->pnp->observers[i](m, node, event);
}

void pnp_observe(struct machine *m, pnp_observer *observer) {
    KI_ASSERT(m->pnp->observer_count < PNP_OBSERVERS);
    m->pnp->observers[m->pnp->observer_count++] = observer;
}

void pnp_set_problem(struct pnp_node *node, enum wdmsim_node_problem problem, NTSTATUS status) {
    node->problem = problem;
    node->problem_status = status;
}

void pnp_count_not_disableable(struct pnp_node *node, int count) {
    for (; node; node = node->parent)
        node->not_disableable += (ULONG)count;
}

const char *pnp_text(const struct pnp_node *node) {
    return node->path ? node->path : io_device_of(node->pdo)->text;
}

/* ---- finding ---- */

struct pnp_node *pnp_node_of_stack(PDEVICE_OBJECT device) {
    while (io_device_of(device)->attached_to)
        device = io_device_of(device)->attached_to;
    return io_device_of(device)->node;
}

struct pnp_node *pnp_node_checked(struct machine *m, PDEVICE_OBJECT pdo, const void *caller) {
    struct pnp_node *node = pdo && pdo->Type == IO_TYPE_DEVICE ? pnp_node_of(pdo) : NULL;
    if (KI_UNLIKELY(!node))
        ki_bugcheck(m, PNP_DETECTED_FATAL_ERROR, PNP_FATAL_NOT_PDO, (ULONG_PTR)pdo,
                    pdo && pdo->Type == IO_TYPE_DEVICE ? (ULONG_PTR)pdo->DriverObject : 0, 0,
                    "%s passed a device object that is not the physical device object of a device",
                    ki_address_name(m, caller));
    return node;
}

/* ---- walking ---- */

static struct pnp_node *pnp_first_child(const struct pnp_node *node) {
    return CONTAINING_RECORD(node->children.Flink, struct pnp_node, sibling);
}

static struct pnp_node *pnp_next_sibling(const struct pnp_node *node) {
    if (!node->parent || node->sibling.Flink == &node->parent->children)
        return NULL;
    return CONTAINING_RECORD(node->sibling.Flink, struct pnp_node, sibling);
}

struct pnp_node *pnp_next(struct pnp_node *node, const struct pnp_node *top) {
    if (node->child_count)
        return pnp_first_child(node);
    while (node != top) {
        struct pnp_node *sibling = pnp_next_sibling(node);
        if (sibling)
            return sibling;
        node = node->parent;
        if (!node)
            break;
    }
    return NULL;
}

struct pnp_node *pnp_first_leaf(struct pnp_node *top) {
    while (top->child_count)
        top = pnp_first_child(top);
    return top;
}

struct pnp_node *pnp_next_up(struct pnp_node *node, const struct pnp_node *top) {
    if (node == top)
        return NULL;
    struct pnp_node *sibling = pnp_next_sibling(node);
    return sibling ? pnp_first_leaf(sibling) : node->parent;
}

/* ---- lists of nodes ---- */

bool pnp_nodes_add(struct machine *m, struct pnp_nodes *nodes, struct pnp_node *node) {
    if (nodes->count == nodes->capacity) {
        ULONG capacity = nodes->capacity ? nodes->capacity * 2 : 8;
        struct pnp_node **items =
            mm_pool_allocate(m, NonPagedPoolNx, capacity * sizeof *items, PNP_TAG);
        if (!items)
            return false;
        if (nodes->count)
            memcpy(items, nodes->items, nodes->count * sizeof *items);
        pnp_free(m, nodes->items);
        nodes->items = items;
        nodes->capacity = capacity;
    }
    nodes->items[nodes->count++] = node;
    pnp_node_reference(node);
    return true;
}

void pnp_nodes_clear(struct machine *m, struct pnp_nodes *nodes) {
    for (ULONG i = 0; i < nodes->count; i++)
        pnp_node_dereference(m, nodes->items[i]);
    pnp_free(m, nodes->items);
    *nodes = (struct pnp_nodes){0};
}
