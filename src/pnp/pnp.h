/*
 * The PnP manager from inside: device nodes, the queue of what is to be done to them, and what the
 * other files of this component and the power manager need of both.
 *
 * A node (struct pnp_node) stands for a device: its PDO and, in the course of its life, the stack
 * that drivers build on it. Edges of the tree are bus parentage; children stand in the order in
 * which they were enumerated. A node exists from the first BusRelations that name its PDO until the
 * device has gone and been removed; its memory lives as long as somebody references it.
 *
 * All that the manager does to nodes is done by one system worker thread that takes actions from a
 * queue (work.c), at PASSIVE_LEVEL and with the PnP lock held. Whoever needs the tree to stand
 * still (a system power transition) takes the same lock.
 */
#ifndef PNP_PNP_H
#define PNP_PNP_H

#include <wdmsim/pnp.h>

#include "io/io.h"

#define PNP_TAG 0x20706e50u /* "Pnp " */

struct pnp_node;

/* A list of nodes, each referenced. */
struct pnp_nodes {
    struct pnp_node **items;
    ULONG count, capacity;
};

/* A driver as something that can be loaded when a device needs it (service.c). */
struct pnp_service {
    struct pnp_service *next; /* in its bucket */
    const char *name;
    const char *image;            /* what wdmsim_driver_load takes, or NULL */
    wdmsim_driver_entry *entry;   /* or code linked into the host program */
    struct wdmsim_driver *driver; /* once it was loaded */
    ULONG nodes;                  /* whose stacks it is in */
    ULONG holds;                  /* notification registrations and the like: it stays loaded */
    struct pnp_service *next_unneeded;
    bool unneeded;    /* in pnp_part.unneeded */
    bool root_device; /* it has reported one */
    bool ours;        /* loaded by PnP, so unloaded by PnP when nothing needs it */
};

/* The drivers of a node by role, each a list of service names; "" terminated arrays of the
 * machine's lifetime. */
enum pnp_role { PNP_BUS_FILTER, PNP_LOWER_FILTER, PNP_FUNCTION, PNP_UPPER_FILTER, PNP_ROLES };

/* What is installed for a hardware or compatible id (match.c); an INF file adds these, too. */
struct pnp_match {
    struct pnp_match *next; /* in its bucket */
    const char *id;
    const char *service;      /* of the function driver; NULL: none (raw) */
    const char *const *lower; /* services of device lower filters, NULL-terminated, or NULL */
    const char *const *upper; /* of device upper filters */
    const char *class_name;   /* "Ports", or NULL */
    GUID class_guid;          /* all 0: none */
    const char *description;  /* or NULL */
    const char *provider;     /* or NULL */
    void *inf;                /* of whoever added it */
};
/* Filters of a device setup class. */
struct pnp_class {
    struct pnp_class *next;
    GUID guid;
    const char *name;
    const char *const *lower, *const *upper;
};

struct pnp_node {
    uint32_t serial; /* "device node %u" of the trace; from 1, the root */
    LONG references;
    struct pnp_node *serial_next, *path_next; /* hash chains */
    struct pnp_node *parent;                  /* NULL: the root, or it left the tree */
    uint32_t enumeration;                     /* number of the last BusRelations that named it */
    LIST_ENTRY children;                      /* pnp_node.sibling, in order of enumeration */
    LIST_ENTRY sibling;
    ULONG child_count, level; /* level: 0 for the root */
    PDEVICE_OBJECT pdo;       /* referenced */
    enum wdmsim_node_state state;
    enum wdmsim_node_state before; /* the state that CANCEL_REMOVE and CANCEL_STOP lead back to */
    enum wdmsim_node_problem problem;
    NTSTATUS problem_status;

    /* Identification; strings in pool, "" or NULL when the bus driver gave none. */
    char *path; /* instance path "PCI\VEN_1234\3&1": device id, backslash, instance id */
    WCHAR *device_id, *instance_id, *container_id; /* terminated */
    WCHAR *hardware_ids, *compatible_ids;          /* multi-strings, ended by an empty one */
    WCHAR *description, *location;                 /* device texts */
    DEVICE_CAPABILITIES capabilities;              /* as they were after the first start */
    bool capabilities_known, has_bus_information;
    PNP_BUS_INFORMATION bus_information;
    PNP_DEVICE_STATE device_state;
    ULONG not_disableable; /* itself and descendants that are */

    /* Drivers. */
    const struct pnp_match *match;
    const char *service;          /* of the function driver, or NULL */
    struct pnp_service **drivers; /* whose AddDevice was called, in that order */
    ULONG driver_count;
    struct pnp_slot *slot; /* what the host described, or NULL (root.c) */

    /* Resources, in pool, or NULL. */
    CM_RESOURCE_LIST *boot, *raw, *translated;
    IO_RESOURCE_REQUIREMENTS_LIST *requirements;
    LIST_ENTRY claims; /* of the arbiters */

    /* Relations other than bus. */
    struct pnp_nodes power_relations;              /* those that must be on before this one */
    ULONG usage[DeviceUsageTypeGuestAssigned + 1]; /* special files on it, by type */

    /* What is going on. */
    LIST_ENTRY pending; /* in pnp_part.pending, or empty */
    ULONG wants;        /* PNP_WANT_ bits, while in that list */
    uint32_t mark;      /* of the last walk that collected it */
    bool enumerate_queued, state_queued, relations_queued, eject_queued; /* such an action waits */
    bool identified;
    bool present;               /* in the latest BusRelations of its parent */
    bool first_start;           /* the latest START was the first of this stack */
    bool disabled;              /* by the host */
    bool remove_waits;          /* surprise removed; REMOVE waits for handles or children */
    bool release_queued;        /* … and is about to be looked at */
    bool asked_not_disableable; /* its own device state says so */

    /* Of the other files of this component (interfaces, notification, properties): free to use. */
    LIST_ENTRY interfaces, listeners, properties;
    void *keys;
    /* Of the power manager. */
    struct po_node *power;
    struct fx_device *fx;
};

static inline struct pnp_node *pnp_node_of(const DEVICE_OBJECT *pdo) {
    return io_device_of(pdo)->node;
}
/* The node of any device object of a stack, or NULL. */
struct pnp_node *pnp_node_of_stack(PDEVICE_OBJECT device);
/*
 * The node of what a driver passed as a PDO; bug check 0xCA/2 if it is none. For the routines that
 * take a PDO.
 */
struct pnp_node *pnp_node_checked(struct machine *m, PDEVICE_OBJECT pdo, const void *caller);
struct pnp_node *pnp_node_find(struct machine *m, uint32_t serial);
struct pnp_node *pnp_node_by_path(struct machine *m, const char *path);
static inline void pnp_node_reference(struct pnp_node *node) { node->references++; }
void pnp_node_dereference(struct machine *m, struct pnp_node *node);
static inline bool pnp_is_started(const struct pnp_node *node) {
    return node->state == WDMSIM_NODE_STARTED;
}
/* Its stack takes PnP IRPs from drivers: AddDevice has been called and it was not removed. */
static inline bool pnp_has_stack(const struct pnp_node *node) {
    return node->state >= WDMSIM_NODE_ADDED && node->state < WDMSIM_NODE_REMOVED;
}

/* ---- walking the tree ---- */

/* The next node in the order parents before children, in enumeration order; within `top`. */
struct pnp_node *pnp_next(struct pnp_node *node, const struct pnp_node *top);
/* Children before parents, in enumeration order; pnp_first_leaf(top) begins, `top` is the last. */
struct pnp_node *pnp_first_leaf(struct pnp_node *top);
struct pnp_node *pnp_next_up(struct pnp_node *node, const struct pnp_node *top);

/* ---- changes that others want to know ---- */

enum pnp_event {
    PNP_EVENT_CREATED,      /* a node for a new PDO; nothing is known of it yet */
    PNP_EVENT_IDENTIFIED,   /* ids, texts, capabilities and requirements are known */
    PNP_EVENT_CHOSEN,       /* its drivers are chosen and about to be loaded */
    PNP_EVENT_ADDED,        /* its stack is built */
    PNP_EVENT_STARTED,      /* START succeeded, first or again (node->first_start tells) */
    PNP_EVENT_CAPABILITIES, /* capabilities of the started stack are known */
    PNP_EVENT_STOPPED,
    PNP_EVENT_SURPRISE_REMOVED, /* the IRP is done */
    PNP_EVENT_REMOVING,         /* REMOVE is about to be sent */
    PNP_EVENT_REMOVED,          /* REMOVE is done, the stack is gone; the PDO may still be there */
    PNP_EVENT_DELETED,          /* the node leaves the tree for good */
    PNP_EVENT_POWER_RELATIONS,  /* node->power_relations changed */
};
typedef void pnp_observer(struct machine *m, struct pnp_node *node, enum pnp_event event);
/* Called for every event, in order of registration, by the thread that makes it. At a start. */
void pnp_observe(struct machine *m, pnp_observer *observer);

/*
 * What orderly removal asks of the listeners for a device (filled by the file of notifications at
 * its start; NULL: nobody listens). PASSIVE_LEVEL, in the PnP worker.
 */
struct pnp_listeners {
    /* A failure is a veto. Tells nobody twice; what was told is undone by `cancelled`. */
    NTSTATUS (*query_remove)(struct machine *m, struct pnp_node *node);
    void (*remove_cancelled)(struct machine *m, struct pnp_node *node);
    void (*remove_complete)(struct machine *m, struct pnp_node *node);
    /* START is complete: interfaces that were enabled meanwhile are announced. */
    void (*interfaces_ready)(struct machine *m, struct pnp_node *node);
    /* The device goes: interfaces that are still enabled are disabled. */
    void (*interfaces_gone)(struct machine *m, struct pnp_node *node);
};

/* ---- IRPs ---- */

/*
 * Sends an IRP_MJ_PNP to the top of a device's stack and waits: status and Information as they come
 * back. `stack` gives minor function and parameters (major and device are filled in), `iosb` the
 * initial Information and, if not 0, an initial status other than STATUS_NOT_SUPPORTED.
 * PASSIVE_LEVEL.
 */
NTSTATUS pnp_send(struct machine *m, PDEVICE_OBJECT device, const IO_STACK_LOCATION *stack,
                  PIO_STATUS_BLOCK iosb);
/* The same without parameters. */
NTSTATUS pnp_send_minor(struct machine *m, struct pnp_node *node, UCHAR minor);

/* ---- the worker ---- */

struct pnp_action;
typedef void pnp_run(struct machine *m, struct pnp_action *action);
struct pnp_action {
    LIST_ENTRY link;
    pnp_run *run;
    struct pnp_node *node; /* referenced while queued, or NULL */
    ULONG_PTR argument;
    void *context;
    NTSTATUS status;
    bool done;
    bool pooled; /* from pnp_queue: freed by the worker */
    enum wdmsim_veto veto;
    uint32_t veto_node;
};
/* Has the worker call run(action) with the lock held. <= DISPATCH_LEVEL. False without memory. */
bool pnp_queue(struct machine *m, pnp_run *run, struct pnp_node *node, ULONG_PTR argument,
               void *context);
/* The same for an action of the caller's own, which `done` gives back. */
void pnp_submit(struct machine *m, struct pnp_action *action);
/* For the host: submits and runs the machine until it is done. 0, STOPPED, TIMED_OUT. */
int pnp_perform(struct machine *m, struct pnp_action *action);

/* The PnP lock; the worker holds it during an action. May be taken again by its owner. */
void pnp_lock(struct machine *m);
/* False if it was not to be had within `limit` ns of virtual time. */
bool pnp_lock_within(struct machine *m, uint64_t limit);
void pnp_unlock(struct machine *m);
static inline PKTHREAD pnp_lock_owner(struct machine *m);

/* ---- drivers ---- */

/* Makes a service known (again, with another image): it is loaded when a device needs it. */
struct pnp_service *pnp_service_define(struct machine *m, const char *name, const char *image,
                                       wdmsim_driver_entry *entry);
struct pnp_service *pnp_service_find(struct machine *m, const char *name);
/* Keeps the driver loaded until the release; nothing happens for drivers PnP does not load. */
void pnp_driver_hold(struct machine *m, PDRIVER_OBJECT driver);
void pnp_driver_release(struct machine *m, PDRIVER_OBJECT driver);

/* What is installed for an id; a later definition of the same id wins. Texts must live as long as
 * the machine (ki_intern). */
void pnp_match_add(struct machine *m, const struct pnp_match *match);
void pnp_class_add(struct machine *m, const struct pnp_class *class);
const struct pnp_class *pnp_class_find(struct machine *m, const GUID *guid);

/* ---- the part of the machine ---- */

#define PNP_OBSERVERS 8u
struct pnp_table {
    struct pnp_node **buckets;
    ULONG size;
};
struct pnp_arbiters;
struct pnp_root;
struct pnp_host;
struct pnp_part {
    struct pnp_node *root; /* NULL until the first device */
    struct pnp_table by_serial, by_path;
    ULONG node_count;
    uint32_t next_serial, enumeration;
    pnp_observer *observers[PNP_OBSERVERS];
    unsigned observer_count;
    struct pnp_listeners listeners;
    /* Set by the file of driver packages: fills node->match and node->service of a device for which
     * nothing else is known. */
    void (*choose)(struct machine *m, struct pnp_node *node);
    struct pnp_device_part *device; /* interfaces, notification, driver packages: device.h */
    /*
     * IRP_MJ_POWER that reaches the PDO of a device the host described; set by the power manager.
     * It completes the IRP or pends it. NULL: IRPs succeed, wait/wake is not supported.
     */
    NTSTATUS (*pdo_power)(struct machine *m, struct pnp_node *node, PDEVICE_OBJECT pdo, PIRP irp);
    /* Likewise, QUERY_INTERFACE for an interface that Plug and Play does not know: `otherwise`, or
     * what came of it. */
    NTSTATUS(*pdo_interface)
    (struct machine *m, PDEVICE_OBJECT pdo, PIO_STACK_LOCATION stack, NTSTATUS otherwise);
    /* Likewise, told before and after each IRP of pnp_send_minor on the manager's thread; the first
     * may wait. */
    void (*irp_begins)(struct machine *m, struct pnp_node *node, UCHAR minor);
    void (*irp_ended)(struct machine *m, struct pnp_node *node, UCHAR minor);
    LIST_ENTRY actions;
    LIST_ENTRY detections; /* resources that drivers claimed before they found a device */
    LIST_ENTRY pending;    /* nodes that want to be brought up or enumerated */
    WORK_QUEUE_ITEM worker;
    bool working;
    KEVENT lock;
    PKTHREAD lock_owner;
    ULONG lock_depth;
    uint64_t watchdog; /* ns that one IRP or AddDevice may take */
    KTIMER watchdog_timer;
    KDPC watchdog_dpc;
    struct pnp_node *watched; /* whose IRP or AddDevice is under way, or NULL */
    const char *watched_what;
    PKTHREAD watched_thread;
    uint64_t watched_since;
    struct pnp_service *services[256];
    struct pnp_service *unneeded; /* to be unloaded, if that still holds at the end of the action */
    struct pnp_match *matches[256];
    struct pnp_class *classes;
    struct pnp_arbiters *arbiters;
    struct pnp_root *bus;                /* the built-in bus's, root.c */
    struct pnp_host *host;               /* host.c */
    wdmsim_node_observer *state_changed; /* the host's */
    void *state_context;
    uint32_t mark;    /* numbers walks that collect nodes */
    uint32_t reports; /* findings so far */
    const char *last_report;
};

/*
 * A finding: a rule that a driver broke without making the machine unable to go on. Goes to the
 * trace as a note and is counted; wdmsim_pnp_reports tells.
 */
void pnp_report(struct machine *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline PKTHREAD pnp_lock_owner(struct machine *m) { return m->pnp->lock_owner; }

void pnp_start(struct machine *m);

#endif
