/*
 * The power manager from inside: what it knows of each device stack, of each power IRP, and of the
 * system's state. start.c tells how the parts work together.
 *
 * A po_node stands for a device stack, found from its bottom device object. Devices in the PnP
 * tree have one from their start on; a stack that somebody built by hand gets one with its first
 * power IRP. Everything here is called on a simulated processor at IRQL <= DISPATCH_LEVEL unless
 * said otherwise.
 */
#ifndef PO_PO_H
#define PO_PO_H

#include <wdmsim/power.h>

#include "ex/ex.h"
#include "ki/choose.h"
#include "pnp/pnp.h"

#define PO_TAG 0x72776f50u /* "Powr" */
/* Numbers of stacks outside the PnP tree lie above this. */
#define PO_FIRST_FOREIGN 1000000u

struct po_irp;
struct po_walk;

/* ---- device stacks ---- */

/* Idle detection of a device (idle.c). `counter` is what the driver has a pointer to. */
struct po_idle {
    ULONG counter;                   /* seconds idle; drivers set it to 0 */
    ULONG conservation, performance; /* seconds, 0: not under that policy */
    DEVICE_POWER_STATE state;
    ULONG busy; /* PoStartDeviceBusy calls in force */
    bool registered, fired;
    LIST_ENTRY link; /* po_part.idle */
};

/* What the platform can do with a device, and where that stands (bus.c, d3cold.c). */
struct po_hardware {
    struct wdmsim_power_hardware given;
    bool d3cold_allowed; /* SetD3ColdSupport, or the INF's word */
    bool off;            /* the bus has taken its power away, in D3 */
    bool d3cold;         /* its rail is off */
    D3COLD_LAST_TRANSITION_STATUS last;
    LONG interface_references;
    POWER_SEQUENCE sequence;
    PIRP wait_wake; /* armed: held by the built-in bus */
    bool woke;      /* its signal came while the system slept */
};

struct po_node {
    LIST_ENTRY link; /* po_part.nodes */
    PDEVICE_OBJECT pdo;
    struct pnp_node *pnp; /* NULL: a stack built by hand */
    uint32_t serial;
    DEVICE_POWER_STATE d_state;   /* where it is: the last completed IRP, or PoSetPowerState */
    SYSTEM_POWER_STATE s_state;   /* of the last system set IRP */
    struct po_irp *device_active; /* at most one device query or set IRP */
    LIST_ENTRY device_queue;      /* po_irp.link: those behind it */
    struct po_irp *system_active; /* at most one system query or set IRP */
    ULONG outstanding;            /* IRPs not complete, of all kinds; each references the PDO */
    ULONG held;                   /* those that a driver has made pending */
    bool gone;                    /* its device object is deleted: goes with the last IRP */
    struct po_idle idle;
    struct po_hardware hardware;

    /* Of the walk in progress (walk.c). */
    uint32_t walk;    /* number of the walk it takes part in */
    ULONG waits;      /* devices that have to be through first */
    bool late;        /* not pageable, or a device below it is not */
    bool related;     /* there are edges besides the tree's */
    bool asked;       /* got its IRP */
    LIST_ENTRY ready; /* po_walk.ready or .held */
};

/* One IRP less: frees the record of a device object that is deleted. */
void po_node_release(struct machine *m, struct po_node *node);
/* The record of a stack; made if `create`. NULL without memory, or if there is none. */
struct po_node *po_node_of(struct machine *m, PDEVICE_OBJECT device, bool create);
struct po_node *po_node_find(struct machine *m, uint32_t serial);
PDEVICE_OBJECT po_bottom_of(PDEVICE_OBJECT device);
static inline bool po_is_pageable(const struct po_node *node) {
    return node->pdo->Flags & DO_POWER_PAGABLE;
}
/* A crash dump may go to the device: it stays in D0. */
static inline bool po_is_kept_on(const struct po_node *node) {
    return node->pnp && node->pnp->usage[DeviceUsageTypeDumpFile];
}
/* The device has reached a D state: records, traces, tells observers. */
void po_device_reached(struct machine *m, struct po_node *node, DEVICE_POWER_STATE state);
/* "device node 3, ROOT\NET\0000": in the machine's memory. */
const char *po_node_text(struct machine *m, const struct po_node *node);
void po_nodes_start(struct machine *m);

/* Something a driver does wrong for which there is no bug check: counted and traced. */
void po_report(struct machine *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- power IRPs ---- */

/* How many inrush devices may wait for their turn: the docs say that there is a limit. */
#define PO_INRUSH_MOST 1000u

enum { PO_VISITS = 16 };
struct po_irp {
    LIST_ENTRY link;  /* device_queue, or the queue of inrush devices */
    LIST_ENTRY watch; /* po_part.watched, oldest first; or po_part.unwatched */
    struct po_node *node;
    PIRP irp;
    PDEVICE_OBJECT device; /* as the requester named it */
    UCHAR minor;
    bool system; /* a query or set of the system's state */
    bool inrush; /* holds the turn, or waits for it */
    bool sent;
    bool held; /* the topmost dispatch routine has returned without completing it */
    bool woke; /* PoSetSystemWake */
    bool freed;
    POWER_STATE state;
    POWER_ACTION action;
    ULONG system_context;
    REQUEST_POWER_COMPLETE *completion;
    PVOID context;
    const void *caller;
    struct po_walk *walk; /* a system IRP's */
    uint64_t since;       /* when it was sent, ns without the system's sleep */
    uint64_t number;      /* of the sending */
    WORK_QUEUE_ITEM work;
    PKTHREAD thread; /* that is inside the topmost dispatch routine, or NULL */
    ULONG visits;    /* pre-Vista mode: whose turn to say PoStartNextPowerIrp */
    struct {
        PDEVICE_OBJECT device;
        bool next;
    } visit[PO_VISITS];
    struct po_irp *next_free;
};

/* The record behind an IRP, or NULL if it is none of ours. */
static inline struct po_irp *po_irp_of(PIRP irp) {
    struct io_irp *own = io_irp_own(irp);
    return own ? own->power : NULL;
}
/* A device or wait/wake IRP as PoRequestPowerIrp makes it. */
NTSTATUS po_request(struct machine *m, PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state,
                    PREQUEST_POWER_COMPLETE completion, PVOID context, PIRP *irp,
                    const void *caller);
/* Sends a system IRP to a device of a walk; po_walk_done follows. False without memory. */
bool po_send_system(struct machine *m, struct po_node *node, struct po_walk *walk);
/* Queues a record to the worker threads that send power IRPs. */
void po_irp_queue(struct machine *m, struct po_irp *p);
/* "set D3", "query S3", "wait/wake S4". */
const char *po_irp_text(const struct po_irp *p);
void po_calls_start(struct machine *m);

/* ---- the watchdog ---- */

void po_watch(struct machine *m, struct po_irp *p);
void po_unwatch(struct machine *m, struct po_irp *p);
void po_watchdog_start(struct machine *m);
/* The transition waited for the PnP lock to no avail. */
_Noreturn void po_pnp_lock_timeout(struct machine *m);

/* ---- system transitions ---- */

/* What a transition does to the system, and what its IRPs say. */
struct po_goal {
    SYSTEM_POWER_STATE state; /* in the IRPs */
    POWER_ACTION action;      /* ShutdownType */
    SYSTEM_POWER_STATE target, effective;
    bool final; /* nothing wakes the system again */
};
extern const struct po_goal po_goals[WDMSIM_POWER_GOALS];

/* One round of system IRPs over the tree. */
struct po_walk {
    UCHAR minor;
    bool up; /* parents first */
    SYSTEM_POWER_STATE state;
    POWER_ACTION action;
    ULONG context; /* SystemPowerStateContext */
    struct po_node **nodes;
    ULONG count;
    struct {
        struct po_node *first, *then;
    } * edges;
    ULONG edge_count;
    LIST_ENTRY ready, held;
    ULONG ready_count;
    ULONG open;       /* IRPs sent and not completed */
    ULONG sent;       /* and all that were */
    ULONG first_pass; /* devices that go before the held ones, not done yet */
    ULONG left;       /* devices not sent yet */
    bool passes;      /* pageable and others apart */
    bool stop;        /* somebody said no to a query */
    NTSTATUS failure;
    struct po_node *refused_by;
};
/*
 * Sends the IRP to every device of the walk in its order and returns when all are complete.
 * PASSIVE_LEVEL, with the PnP lock held. po_walk_collect finds the started devices.
 */
bool po_walk_collect(struct machine *m, struct po_walk *walk);
void po_walk_run(struct machine *m, struct po_walk *walk);
void po_walk_free(struct machine *m, struct po_walk *walk);
/* A system IRP is complete. */
void po_walk_done(struct machine *m, struct po_walk *walk, struct po_node *node, NTSTATUS status);

/* Begins a transition; false: one is in progress, or the system is off. `idle`: by the idle timer.
 */
bool po_transition_begin(struct machine *m, enum wdmsim_power_goal goal, unsigned flags);
bool po_transition_wake(struct machine *m);
/* Tells the callback object \Callback\PowerState. PASSIVE_LEVEL. */
void po_callback_notify(struct machine *m, ULONG what, ULONG value);
void po_transition_start(struct machine *m);

/* ---- the rest ---- */

/* The built-in bus's answer to IRP_MJ_POWER (bus.c), and what wakes its devices (wake.c). */
NTSTATUS po_bus_power(struct machine *m, struct pnp_node *pnp, PDEVICE_OBJECT pdo, PIRP irp);
NTSTATUS po_bus_wait_wake(struct machine *m, struct po_node *node, PIRP irp);
/* Completes the wait/wake IRP that the built-in bus holds, if any. */
bool po_bus_wake_complete(struct machine *m, struct po_node *node, NTSTATUS status, bool woke);
/* The system is awake again as far as this device goes. */
void po_wake_resumed(struct machine *m, struct po_node *node);
void po_wake_start(struct machine *m);

/* D3cold: the device is in D3hot, or is about to leave it (d3cold.c). */
void po_rail_check(struct machine *m, struct po_node *node);
void po_rail_on(struct machine *m, struct po_node *node);
/* The system sleeps: what rests in D3 loses its power. */
void po_rails_cut(struct machine *m);
/* QUERY_INTERFACE at a PDO of the built-in bus: the D3cold interface, or `otherwise`. */
NTSTATUS po_bus_interface(struct machine *m, PDEVICE_OBJECT pdo, PIO_STACK_LOCATION stack,
                          NTSTATUS otherwise);

/* Idle detection (idle.c): the device reached another D state; power source changed. */
void po_idle_device_changed(struct machine *m, struct po_node *node);
void po_idle_policy_changed(struct machine *m);
void po_idle_forget(struct machine *m, struct po_node *node);
void po_idle_start(struct machine *m);

/* System idle (policy.c). */
void po_policy_changed(struct machine *m);
void po_policy_reset(struct machine *m); /* the countdown begins anew */
void po_policy_start(struct machine *m);

/* Settings (setting.c). */
bool po_setting_set(struct machine *m, const GUID *guid, const void *value, ULONG size);
void po_settings_start(struct machine *m);

struct po_setting;
struct po_state_handle;
struct po_power_request;

struct po_part {
    SYSTEM_POWER_STATE state; /* S0, or where the system is */
    LIST_ENTRY nodes;
    uint32_t next_foreign;
    struct po_irp *free;
    uint64_t irps_sent;

    /* IRPs in flight. */
    LIST_ENTRY watched, unwatched;
    uint64_t watchdog; /* ns, 0: none */
    KTIMER watchdog_timer;
    KDPC watchdog_dpc;
    struct po_irp *inrush; /* whose turn it is */
    LIST_ENTRY inrush_queue;
    ULONG inrush_waiting; /* in the queue */
    bool legacy;          /* pre-Vista rules */

    /* The transition in progress. */
    bool busy;
    bool asleep;   /* it waits for a wake */
    bool signaled; /* some device's wake signal waits for its resume */
    bool rails;    /* the host described the power of some device */
    enum wdmsim_power_goal goal;
    unsigned flags;
    uint32_t walks; /* numbers of walks */
    struct po_walk *walk;
    SYSTEM_POWER_STATE previous_target, previous_effective;
    WORK_QUEUE_ITEM transition;
    KEVENT progress;      /* of the walk: something of it is complete */
    uint64_t wake_window; /* until when wake sources are collected, ns */
    uint32_t wake_sources[WDMSIM_WAKE_SOURCES];
    unsigned wake_source_count;
    struct wdmsim_power_result result;

    /* Idle. */
    LIST_ENTRY idle;
    KTIMER idle_timer;
    KDPC idle_dpc;
    bool idle_ticking;
    ULONG class_timeout[2]; /* of disks: conservation, performance; s */
    bool on_battery;

    /* System idle. */
    LIST_ENTRY states, requests;
    ULONG required;        /* reasons not to sleep */
    ULONG idle_timeout[2]; /* s: AC, DC; 0: never */
    enum wdmsim_power_goal idle_goal;
    uint64_t idle_since;
    KTIMER policy_timer;
    KDPC policy_dpc;

    /* Settings. */
    LIST_ENTRY settings;
    LIST_ENTRY setting_events;
    WORK_QUEUE_ITEM setting_work;
    bool setting_queued;
    PKTHREAD setting_thread; /* inside a callback */
    struct po_setting_registration *setting_current;
    ULONG battery_percent;
    bool standby, modern;

    /* The host's. */
    uint32_t reports;
    const char *last_report;
    wdmsim_power_observer *observer;
    void *observer_context;
};

void po_start(struct machine *m);

#endif
