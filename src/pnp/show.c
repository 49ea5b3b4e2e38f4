/*
 * Looking at the tree from outside: nodes one by one, what they were given, and all of it as text.
 */
#include <stdarg.h>
#include <stdio.h>

#include "pnp/internal.h"

const char *wdmsim_node_problem_text(enum wdmsim_node_problem problem) {
    switch (problem) {
#define X(name, code, text)                                                                        \
    case code:                                                                                     \
        return text;
        WDMSIM_NODE_PROBLEM_LIST(X)
#undef X
    }
    return "an unknown problem";
}

const char *wdmsim_pnp_operation_name(enum wdmsim_pnp_operation operation) {
    static const char *const names[] = {
#define X(name, text) text,
        WDMSIM_PNP_OPERATION_LIST(X)
#undef X
    };
    return (unsigned)operation < KI_COUNT(names) ? names[operation] : "unknown";
}

int wdmsim_node_info(struct machine *machine, uint32_t node, struct wdmsim_node_info *info) {
    const struct pnp_node *n = pnp_node_find(machine, node);
    if (!n)
        return WDMSIM_ERROR_NOT_FOUND;
    *info = (struct wdmsim_node_info){
        .node = node,
        .parent = n->parent ? n->parent->serial : 0,
        .slot = n->slot ? n->slot->number : 0,
        .state = n->state,
        .problem = n->problem,
        .problem_status = (uint32_t)n->problem_status,
        .children = n->child_count,
        .level = n->level,
        .device_state = n->device_state,
        .instance_path = n->path ? n->path : "",
        .service = n->service ? n->service : "",
        .present = n->present,
        .disabled = n->disabled,
        .not_disableable = n->not_disableable != 0,
    };
    return 0;
}

uint32_t wdmsim_node_find(struct machine *machine, const char *instance_path) {
    const struct pnp_node *node = pnp_node_by_path(machine, instance_path);
    return node ? node->serial : 0;
}

uint32_t wdmsim_node_of_device(struct machine *machine, const struct _DEVICE_OBJECT *device) {
    const struct pnp_node *node = pnp_node_of_stack((PDEVICE_OBJECT)(ULONG_PTR)device);
    (void)machine;
    return node ? node->serial : 0;
}

struct _DEVICE_OBJECT *wdmsim_node_pdo(struct machine *machine, uint32_t node) {
    const struct pnp_node *n = pnp_node_find(machine, node);
    return n ? n->pdo : NULL;
}

uint32_t wdmsim_node_next(struct machine *machine, uint32_t node) {
    struct pnp_node *n = node ? pnp_node_find(machine, node) : NULL;
    n = node ? n ? pnp_next(n, machine->pnp->root) : NULL : machine->pnp->root;
    return n ? n->serial : 0;
}

const char *wdmsim_node_driver(struct machine *machine, uint32_t node, unsigned index) {
    const struct pnp_node *n = pnp_node_find(machine, node);
    const DEVICE_OBJECT *device = n ? n->pdo : NULL;
    while (device && index--)
        device = device->AttachedDevice;
    return device ? io_driver_of(device->DriverObject)->host->name : NULL;
}

/* ---- resources ---- */

static void pnp_assigned(const CM_PARTIAL_RESOURCE_DESCRIPTOR *raw,
                         const CM_PARTIAL_RESOURCE_DESCRIPTOR *translated,
                         struct wdmsim_assigned *assigned) {
    *assigned = (struct wdmsim_assigned){.length = 1};
    switch (raw->Type) {
    case CmResourceTypePort:
    case CmResourceTypeMemory:
        assigned->kind =
            raw->Type == CmResourceTypePort ? WDMSIM_RESOURCE_PORT : WDMSIM_RESOURCE_MEMORY;
        assigned->start = (uint64_t)raw->u.Memory.Start.QuadPart;
        assigned->length = raw->u.Memory.Length;
        break;
    case CmResourceTypeInterrupt:
        assigned->vector = translated->u.Interrupt.Vector;
        assigned->irql = (KIRQL)translated->u.Interrupt.Level; /* above it lies the group */
        assigned->kind = WDMSIM_RESOURCE_INTERRUPT;
        assigned->start = raw->u.Interrupt.Vector;
        if (raw->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) {
            assigned->kind = WDMSIM_RESOURCE_MESSAGE;
            assigned->length = raw->u.MessageInterrupt.Raw.MessageCount;
        }
        break;
    case CmResourceTypeDma:
        assigned->kind = WDMSIM_RESOURCE_DMA;
        assigned->start = raw->u.Dma.Channel;
        break;
    default:
        assigned->kind = WDMSIM_RESOURCE_BUS_NUMBER;
        assigned->start = raw->u.BusNumber.Start;
        assigned->length = raw->u.BusNumber.Length;
    }
}

int wdmsim_node_resource(struct machine *machine, uint32_t node, unsigned index,
                         struct wdmsim_assigned *assigned) {
    const struct pnp_node *n = pnp_node_find(machine, node);
    if (!n || !n->raw || index >= n->raw->List[0].PartialResourceList.Count)
        return WDMSIM_ERROR_NOT_FOUND;
    pnp_assigned(&n->raw->List[0].PartialResourceList.PartialDescriptors[index],
                 &n->translated->List[0].PartialResourceList.PartialDescriptors[index], assigned);
    return 0;
}

/* ---- as text ---- */

struct pnp_text {
    char *buffer;
    size_t size, length;
};

static void pnp_print(struct pnp_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void pnp_print(struct pnp_text *text, const char *format, ...) {
    bool room = text->length < text->size;
    va_list arguments;
    va_start(arguments, format);
    text->length += (size_t)vsnprintf(room ? text->buffer + text->length : NULL,
                                      room ? text->size - text->length : 0, format, arguments);
    va_end(arguments);
}

static void pnp_print_node(struct pnp_text *text, const struct pnp_node *node) {
    pnp_print(text, "%*s%u %s: %s", (int)node->level * 2, "", node->serial,
              node->path ? node->path : "?", wdmsim_node_state_name(node->state));
    if (node->problem)
        pnp_print(text, ", %s (0x%08x)", wdmsim_node_problem_text(node->problem),
                  (unsigned)node->problem_status);
    for (const DEVICE_OBJECT *device = node->pdo; device; device = device->AttachedDevice)
        pnp_print(text, "%s%s", device == node->pdo ? " [" : " < ",
                  io_driver_of(device->DriverObject)->host->name);
    pnp_print(text, "]\n");
}

int wdmsim_show_nodes(struct machine *machine, char *buffer, size_t size) {
    struct pnp_text text = {buffer, size, 0};
    struct pnp_node *root = machine->pnp->root;
    if (size)
        *buffer = 0;
    for (struct pnp_node *node = root; node; node = pnp_next(node, root))
        pnp_print_node(&text, node);
    return (int)text.length;
}
