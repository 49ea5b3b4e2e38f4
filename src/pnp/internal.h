/*
 * What the files of the PnP manager share among themselves: the steps of a node's life, the
 * arbiters, the built-in bus.
 */
#ifndef PNP_INTERNAL_H
#define PNP_INTERNAL_H

#include "pnp/pnp.h"

#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "ki/processor.h"
#include "ki/trace.h"

/* Kinds of 0xCA. */
enum {
    PNP_FATAL_DUPLICATE_PDO = 1,
    PNP_FATAL_NOT_PDO = 2,
    PNP_FATAL_BAD_ID = 3,
    PNP_FATAL_DELETED_PDO = 4,
    PNP_FATAL_FREED_PDO = 5,
    PNP_FATAL_NULL_PDO = 8,
    PNP_FATAL_CALLBACK = 0xA,
    PNP_FATAL_DELETED_RELATION = 0xB,
};

/* ---- node.c ---- */

/* A node for a PDO, whose reference it takes over, as the last child of `parent`. NULL without
 * memory. */
struct pnp_node *pnp_node_create(struct machine *m, struct pnp_node *parent, PDEVICE_OBJECT pdo);
/* Takes it and all below it out of the tree and gives their PDOs back. */
void pnp_node_delete(struct machine *m, struct pnp_node *node);
void pnp_set_path(struct machine *m, struct pnp_node *node, char *path);
void pnp_set_state(struct machine *m, struct pnp_node *node, enum wdmsim_node_state state);
void pnp_set_problem(struct pnp_node *node, enum wdmsim_node_problem problem, NTSTATUS status);
void pnp_notify(struct machine *m, struct pnp_node *node, enum pnp_event event);
/* For reports: instance path, or the number while it has none. */
const char *pnp_text(const struct pnp_node *node);
void pnp_free(struct machine *m, void *memory);
bool pnp_nodes_add(struct machine *m, struct pnp_nodes *nodes, struct pnp_node *node);
void pnp_nodes_clear(struct machine *m, struct pnp_nodes *nodes);
/* Another thread or the drivers' code ran: is the node still in the tree? */
static inline bool pnp_in_tree(const struct pnp_node *node) {
    return node->state != WDMSIM_NODE_DELETED;
}
/* `count` more nodes, itself or below, must not be disabled. */
void pnp_count_not_disableable(struct pnp_node *node, int count);

/* ---- work.c ---- */

enum { PNP_WANT_BRING_UP = 1, PNP_WANT_ENUMERATE = 2 };
/* The node is to be looked at before the current action ends; the latest come first. */
void pnp_want(struct machine *m, struct pnp_node *node, ULONG wants);
/* Looks at all that want it. */
void pnp_work_pending(struct machine *m);
void pnp_work_start(struct machine *m);
/* Queues an action on a node unless `*queued` says that one waits; run clears it. */
static inline void pnp_queue_once(struct machine *m, struct pnp_node *node, bool *queued,
                                  pnp_run *run) {
    if (*queued)
        return;
    *queued = true; /* the worker may be faster than we */
    if (!pnp_queue(m, run, node, 0, NULL))
        *queued = false;
}
/* The watchdog sees the time until pnp_watch_end; it remembers what is called, if nobody does. */
bool pnp_watch_begin(struct machine *m, struct pnp_node *node, const char *what);
void pnp_watch_end(struct machine *m);

/* ---- the steps ---- */

void pnp_identify(struct machine *m, struct pnp_node *node);           /* identify.c */
void pnp_query_capabilities(struct machine *m, struct pnp_node *node); /* identify.c */
void pnp_query_requirements(struct machine *m, struct pnp_node *node); /* identify.c */
void pnp_enumerate(struct machine *m, struct pnp_node *node);          /* enumerate.c */
void pnp_bring_up(struct machine *m, struct pnp_node *node);           /* bring_up.c */
/* Builds the stack. False: it failed, and the node has a problem. */
bool pnp_add_drivers(struct machine *m, struct pnp_node *node); /* add.c */
bool pnp_note_driver(struct machine *m, struct pnp_node *node,
                     struct pnp_service *service);                  /* add.c */
void pnp_release_drivers(struct machine *m, struct pnp_node *node); /* add.c */
/* START with what was assigned. */
NTSTATUS pnp_start_device(struct machine *m, struct pnp_node *node); /* bring_up.c */
void pnp_query_state(struct machine *m, struct pnp_node *node);      /* state.c */
/* Relations of a device other than BusRelations, as a list from pool (NULL: none); every object in
 * it is a PDO and referenced. */
PDEVICE_RELATIONS pnp_query_relations(struct machine *m, struct pnp_node *node,
                                      DEVICE_RELATION_TYPE type); /* relations.c */
void pnp_relations_free(struct machine *m, PDEVICE_RELATIONS relations);

/* What is installed for a node: sets node->match and node->service. */
void pnp_find_match(struct machine *m, struct pnp_node *node); /* match.c */
/* The driver object of a service, loaded if it was not; a status that says why not. */
NTSTATUS pnp_service_load(struct machine *m, struct pnp_service *service); /* service.c */
void pnp_service_use(struct pnp_service *service);
void pnp_service_leave(struct machine *m, struct pnp_service *service);
/* Unloads drivers that nothing needs any more. In the worker. */
void pnp_unload_unneeded(struct machine *m);
/* A device object of the driver has gone. */
void pnp_driver_check(struct machine *m, PDRIVER_OBJECT driver);

/* ---- going ---- */

/* REMOVE to the stack of a node that nobody uses any more. The node keeps its place. */
void pnp_remove_stack(struct machine *m, struct pnp_node *node); /* remove.c */
/* Orderly removal of a subtree with its relations. */
struct pnp_removal {
    struct pnp_nodes nodes; /* in the order of removal */
    enum wdmsim_veto veto;
    uint32_t veto_node;
    bool ejecting;
};
/* All that goes with a node, leaves first. */
void pnp_collect(struct machine *m, struct pnp_node *node, bool ejecting, struct pnp_nodes *list);
NTSTATUS pnp_query_remove(struct machine *m, struct pnp_node *node, struct pnp_removal *removal);
void pnp_remove(struct machine *m, struct pnp_removal *removal, enum wdmsim_node_problem problem);
/* The device is not there any more, or as good as that. */
void pnp_surprise(struct machine *m, struct pnp_node *node, enum wdmsim_node_problem problem,
                  NTSTATUS status); /* surprise.c */
/* REMOVE for a surprise-removed node, if nothing holds it any more, and for those that waited for
 * it. */
void pnp_finish_surprise(struct machine *m, struct pnp_node *node);
/* Handles to any device object of the stack. */
ULONG pnp_open_count(const struct pnp_node *node);
void pnp_open_start(struct machine *m); /* open.c */
/* Stops and starts again: `node`, with what is below it. */
NTSTATUS pnp_rebalance(struct machine *m, struct pnp_node *node, struct pnp_action *result);
/* Tries to make room for a device whose resources others hold. */
bool pnp_rebalance_for(struct machine *m, struct pnp_node *node); /* rebalance.c */
/* A stopped device that is queried for new requirements and started with them. */
NTSTATUS pnp_stop_for_requirements(struct machine *m, struct pnp_node *node);
void pnp_eject(struct machine *m, struct pnp_node *node, struct pnp_action *result); /* eject.c */
/* What the host asks for (operate.c). */
void pnp_operate(struct machine *m, enum wdmsim_pnp_operation operation, struct pnp_node *node,
                 struct pnp_action *result);

/* ---- resources ---- */

/* FILTER_RESOURCE_REQUIREMENTS, then room for what comes back. `keep`: the present claims stay
 * until others were found. */
NTSTATUS pnp_assign(struct machine *m, struct pnp_node *node, bool keep); /* assign.c */
void pnp_unassign(struct machine *m, struct pnp_node *node);
/* Claims what node->raw says again. */
void pnp_claim_assigned(struct machine *m, struct pnp_node *node);
unsigned pnp_device_interrupts(struct machine *m, PDEVICE_OBJECT device, bool message,
                               struct io_interrupt_resource *resources, unsigned capacity);

enum pnp_space {
    PNP_PORTS,
    PNP_MEMORY,
    PNP_LINES,
    PNP_MESSAGES,
    PNP_CHANNELS,
    PNP_BUSES,
    PNP_SPACES
};
/* A piece of a space that is taken; in the space's tree. */
struct pnp_range {
    struct pnp_range *left, *right;
    uint64_t first, last;
    uint32_t priority;
    ULONG users;
    bool shared; /* by all its users */
    enum pnp_space space;
};
/* One use of a range. */
struct pnp_claim {
    LIST_ENTRY link; /* of its owner */
    struct pnp_range *range;
};
struct pnp_wish {
    enum pnp_space space;
    uint64_t minimum, maximum, length, alignment; /* maximum: the last address it may have */
    bool shared;
};
/* The wish for just what a descriptor says; false: nobody arbitrates that. */
bool pnp_wish_exact(const CM_PARTIAL_RESOURCE_DESCRIPTOR *have, struct pnp_wish *wish);
/* Room for a wish at the lowest place, put into `claims`; NULL: there is none. */
struct pnp_range *pnp_claim(struct machine *m, const struct pnp_wish *wish, LIST_ENTRY *claims);
void pnp_unclaim(struct machine *m, LIST_ENTRY *claims);
void pnp_claims_move(LIST_ENTRY *from, LIST_ENTRY *to);
/* True if any of the range is taken. */
bool pnp_is_taken(struct machine *m, enum pnp_space space, uint64_t first, uint64_t last);

/* The IRQL and vector that the machine uses for an interrupt request number. */
ULONG pnp_line_vector(ULONG line);
KIRQL pnp_line_irql(ULONG line);

size_t pnp_cm_size(const CM_RESOURCE_LIST *list);
CM_RESOURCE_LIST *pnp_cm_copy(struct machine *m, const CM_RESOURCE_LIST *list);
IO_RESOURCE_REQUIREMENTS_LIST *pnp_io_copy(struct machine *m,
                                           const IO_RESOURCE_REQUIREMENTS_LIST *list);

/* ---- the built-in bus (root.c) ---- */

/* A device that the host described; lives as long as the machine. */
struct pnp_slot {
    uint32_t number;
    struct pnp_slot *next;         /* on its bus */
    struct pnp_slot *bus;          /* whose child it is; NULL: the root's */
    struct pnp_slot *first, *last; /* children … */
    uint32_t children;             /* … how many */
    uint32_t answers;              /* to questions about them */
    bool plugged;                  /* physically there */
    bool ejected;
    PDEVICE_OBJECT pdo; /* while there is one */
    ULONG interfaces;   /* references that drivers hold */
    uint32_t node;      /* serial of the latest node */
    ULONG special[DeviceUsageTypeGuestAssigned + 1];
    WCHAR *device_id, *instance_id, *container_id, *description, *location; /* NULL: none */
    WCHAR *hardware_ids, *compatible_ids;
    size_t hardware_size, compatible_size; /* bytes */
    DEVICE_CAPABILITIES capabilities;
    PNP_BUS_INFORMATION bus_information;
    bool has_bus_information;
    ULONG flags; /* WDMSIM_DEVICE_ */
    CM_RESOURCE_LIST *boot;
    IO_RESOURCE_REQUIREMENTS_LIST *requirements;
    uint8_t *config, *initial_config;
    size_t config_size;
    const char *const *drivers[PNP_ROLES]; /* services by role, NULL-terminated, or NULL */
};
/* The root node with its stack, made at the first call; NULL without memory. In the worker. */
struct pnp_node *pnp_root_node(struct machine *m);
struct pnp_slot *pnp_slot_find(struct machine *m, uint32_t number);
/* The slot's PDO, made if there is none. */
PDEVICE_OBJECT pnp_slot_pdo(struct machine *m, struct pnp_slot *slot);
struct pnp_slot *pnp_slot_of(const DEVICE_OBJECT *pdo);
/* Gives a slot its number and its place on a bus. */
void pnp_slot_register(struct machine *m, struct pnp_slot *slot, struct pnp_slot *bus);
/* `bus` NULL: the root. NULL without memory, or if the description is not valid. */
struct pnp_slot *pnp_slot_create(struct machine *m, struct pnp_slot *bus,
                                 const struct wdmsim_device_description *description);
/* QUERY_INTERFACE; STATUS_NOT_SUPPORTED of one that the built-in bus does not have. */
NTSTATUS pnp_bus_interface(struct pnp_slot *slot, PIO_STACK_LOCATION stack); /* bus_interface.c */
/* An adapter for a device, with the interface type of its bus where the description names none. */
struct _DMA_ADAPTER *pnp_adapter_create(struct machine *m, PDEVICE_OBJECT pdo,
                                        const struct _DEVICE_DESCRIPTION *description,
                                        PULONG registers, const void *caller); /* dma.c */
ULONG pnp_config(struct pnp_slot *slot, PVOID buffer, ULONG offset, ULONG length, bool write);
/* The device leaves its slot; its PDO goes with the REMOVE that follows. */
void pnp_slot_take_out(struct pnp_slot *slot);
const WCHAR *pnp_wide(struct machine *m, const char *text); /* of the machine's lifetime */
bool pnp_parse_guid(const char *text, GUID *guid);
/* A copy of a NULL-terminated list of texts, of the machine's lifetime; NULL of an empty one. */
const char *const *pnp_intern_list(struct machine *m, const char *const *list);

#endif
