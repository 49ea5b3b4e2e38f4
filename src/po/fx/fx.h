/*
 * The power framework (PoFx) as the rest of the power manager sees it: registered devices with
 * their components, the interface that a platform plug-in implements, and the points where power
 * and PnP IRPs meet the framework. How it works inside is told in component.c and device.c.
 *
 * Everything here is called on a simulated processor (fx_start excepted) at IRQL <= DISPATCH_LEVEL
 * unless said otherwise. A function with a `go` may have to wait for the driver: it returns true if
 * the caller can proceed at once, else it calls go(m, context) later, once, on a system worker
 * thread.
 */
#ifndef PO_FX_FX_H
#define PO_FX_FX_H

#include "pnp/pnp.h"

struct fx_device;
struct fx_component;
struct fx_perf;

typedef void fx_go(struct machine *m, void *context);

/* ---- the plug-in ---- */

/* What a plug-in says to a request: no; done; it will call fx_plugin_… later. */
enum fx_answer { FX_DENIED, FX_DONE, FX_LATER };

/*
 * What the framework asks of whoever owns a device's power. A NULL member: nothing to ask, the
 * framework goes on as without a plug-in. The framework calls these with no state of its own in
 * motion, so that they may call drivers or wait where their IRQL allows it; `passive` ones are
 * called at PASSIVE_LEVEL, the others at <= DISPATCH_LEVEL. A plug-in's own violations are bug
 * checks that it raises itself.
 */
struct fx_plugin {
    const char *name;
    /* The device registers (inside PoFxRegisterDevice, passive): true if this plug-in owns it. Its
     * own data go to d->plugin_data. */
    bool (*register_device)(struct machine *m, struct fx_device *d);
    void (*unregister_device)(struct machine *m, struct fx_device *d); /* passive */
    void (*device_started)(struct machine *m, struct fx_device *d);
    /* A D-IRP was requested (complete: false) and has ended (true); passive. */
    void (*device_power)(struct machine *m, struct fx_device *d, DEVICE_POWER_STATE state,
                         bool complete);
    /* An F step to `state`, before the driver is told (notified: false) and after it has completed
     * (true). FX_DONE, or FX_LATER and then fx_plugin_step_done. */
    enum fx_answer (*idle_state)(struct machine *m, struct fx_device *d, ULONG component,
                                 ULONG state, bool notified);
    NTSTATUS(*power_control)
    (struct machine *m, struct fx_device *d, LPCGUID code, PVOID in, SIZE_T in_size, PVOID out,
     SIZE_T out_size, PSIZE_T returned);
    /* Performance states; `in` is the driver's description or NULL, then *out becomes the
     * plug-in's, in memory of the registration (fx_device_allocate). STATUS_NOT_IMPLEMENTED: it
     * cannot. Passive. */
    NTSTATUS(*perf_register)
    (struct machine *m, struct fx_device *d, ULONG component, const PO_FX_COMPONENT_PERF_INFO *in,
     PPO_FX_COMPONENT_PERF_INFO *out);
    /* FX_LATER: then fx_plugin_perf_done; the array stays valid until then. Passive. */
    enum fx_answer (*perf_request)(struct machine *m, struct fx_device *d, ULONG component,
                                   ULONG count, const PO_FX_PERF_STATE_CHANGE *changes);
    /* The present state of a set: an index, or a value of a range. False: ask the framework's
     * record. Passive. */
    bool (*perf_query)(struct machine *m, struct fx_device *d, ULONG component, ULONG set,
                       ULONGLONG *current);
    NTSTATUS (*crashdump_register)(struct machine *m, struct fx_device *d);
    NTSTATUS (*crashdump_power_on)(struct machine *m, struct fx_device *d, PVOID context);
    /* The lightest D state that the device may be in while the platform is in its deepest idle
     * state; PowerDeviceD0: no constraint. */
    DEVICE_POWER_STATE (*d_constraint)(struct machine *m, struct fx_device *d);
    /* The same of a component: 0: no constraint. */
    ULONG (*f_constraint)(struct machine *m, struct fx_device *d, ULONG component);
};

/* Adds a plug-in, asked before the built-in one (policy.c), in order of registration. */
void fx_plugin_add(struct machine *m, const struct fx_plugin *plugin);

/* What a plug-in reports back; false if nothing of the kind is pending (or no such component). */
bool fx_plugin_step_done(struct machine *m, struct fx_device *d, ULONG component);
bool fx_plugin_perf_done(struct machine *m, struct fx_device *d, ULONG component, bool succeeded);
/* The plug-in wants something of the driver: its PowerControlCallback's status, or
 * STATUS_NOT_IMPLEMENTED if it has none. */
NTSTATUS fx_plugin_power_control(struct machine *m, struct fx_device *d, LPCGUID code, PVOID in,
                                 SIZE_T in_size, PVOID out, SIZE_T out_size, PSIZE_T returned);
/* The D or F constraints of devices have changed. */
void fx_plugin_constraints_changed(struct machine *m);
/* Memory that lives as long as the registration of the device; zeroed, NULL without memory. */
void *fx_device_allocate(struct machine *m, struct fx_device *d, size_t size);

/* ---- components and devices ---- */

enum fx_condition {
    FX_ACTIVE,
    FX_IDLING, /* idle callback due, or not completed */
    FX_IDLE,
    FX_CHANGING,   /* idle, and an F step is in progress */
    FX_ACTIVATING, /* waits for providers, power, F0 */
};

enum { FX_HELD_DX = 1, FX_HELD_WAKE = 2 };

/* Of a change of the F state. */
enum fx_step { FX_STEP_NONE, FX_STEP_BEGIN, FX_STEP_PRE, FX_STEP_DRIVER, FX_STEP_POST };

struct fx_component {
    struct fx_device *device;
    ULONG index;
    UCHAR condition;  /* enum fx_condition */
    UCHAR step;       /* enum fx_step */
    bool due;         /* the condition's callback has to be called */
    bool driver_done; /* the driver has completed what it was asked for last */
    bool plugin_done; /* the plug-in likewise */
    bool settling;    /* re-initialised after the device came back: an F step to 0 is wanted */
    bool resting;     /* idle in the state wanted */
    bool providers_held;
    bool async;  /* somebody asked for callbacks off his own thread */
    bool queued; /* `work` is queued */
    bool in_callback;
    bool wants;                   /* waits for the device's power */
    bool wake;                    /* hint: armed for wake */
    PKTHREAD runner;              /* that advances it now, or NULL */
    ULONG state;                  /* F */
    ULONG target;                 /* of the step */
    ULONG references;             /* all */
    ULONG own;                    /* of them, the driver's */
    ULONG held_f0;                /* F0_ON_DX: reasons to be in F0, FX_HELD_ bits */
    ULONGLONG latency, residency; /* hints, 100 ns */
    LIST_ENTRY waiters;           /* blocked callers (internal.h) */
    WORK_QUEUE_ITEM work;
    GUID id;
    ULONGLONG flags; /* PO_FX_COMPONENT_FLAG_… */
    ULONG deepest_wake;
    ULONG state_count;
    const PO_FX_COMPONENT_IDLE_STATE *states;
    ULONG provider_count;
    const ULONG *providers;
    struct fx_perf *perf;
    ULONG host_f_constraint; /* for the built-in plug-in */
    bool host_active;        /* the host has a reference */
    bool host_chooses;       /* the F state: `host_state` */
    ULONG host_state;
    uint64_t since;        /* when the F state last changed, ns */
    uint64_t *residence;   /* ns spent in each F state up to then */
    uint64_t active_since; /* valid while active */
    uint64_t active_time;  /* ns, up to then */
    uint64_t activations, changes;
    uint64_t asked; /* when the driver was called that has not answered, ns + 1; 0: no such call */
};

enum fx_power {
    FX_REQUIRED,
    FX_WAITING,             /* all components rest, the time-out runs */
    FX_NOT_REQUIRED_CALLED, /* the driver was told and has not answered */
    FX_NOT_REQUIRED,
    FX_REQUIRED_CALLED, /* the driver was asked to power up and has not reported */
};

enum fx_directed { FX_UNDIRECTED, FX_DOWN_CALLED, FX_DOWN, FX_UP_CALLED };

/* Why PoFxReportDevicePoweredOn is due. */
enum { FX_DUE_REQUIRED = 1, FX_DUE_RESUME = 2, FX_DUE_DIRECTED = 4 };

#define FX_DEVICE_SIGNATURE 0x46586f50u

struct fx_device {
    ULONG signature;
    ULONG serial;       /* of the device node, for the trace */
    LIST_ENTRY link;    /* fx_part.devices */
    PDEVICE_OBJECT pdo; /* referenced, like its node */
    struct pnp_node *node;
    const struct fx_plugin *plugin; /* the owner */
    void *plugin_data;
    ULONG version;
    ULONGLONG flags;        /* PO_FX_DEVICE_FLAG_… */
    PO_FX_DEVICE_V3 driver; /* callbacks and context; its component array is empty */
    bool started, unregistering, surprised;
    bool driver_done; /* DPNR or directed down is completed */
    bool due;         /* a device callback has to be called */
    bool queued;
    bool fired; /* the time-out has elapsed */
    bool crashdump;
    bool system_held;                     /* sleeps with the system: kernel references are taken */
    bool pnp_held;                        /* likewise for a PnP IRP */
    bool never_direct;                    /* the debugger's device */
    UCHAR power;                          /* enum fx_power */
    UCHAR directed;                       /* enum fx_directed */
    UCHAR report_due;                     /* FX_DUE_ bits */
    bool direct_wanted;                   /* it is to be directed down, or stay so */
    bool direct_from_dx;                  /* and has to be powered first */
    bool direct_by_host;                  /* by the host's order, not by standby */
    ULONG directed_timeout;               /* seconds */
    DEVICE_POWER_STATE host_d_constraint; /* for the built-in plug-in; 0: none */
    ULONG holds;                          /* kernel references on each component */
    ULONG wants_power;                    /* components that wait for it */
    ULONG resting;                        /* components that rest */
    ULONG callbacks;                      /* running */
    bool has_providers;
    PKTHREAD runner;
    DEVICE_POWER_STATE d_state;        /* as the D-IRPs say */
    DEVICE_POWER_STATE drips_override; /* PowerDeviceUnspecified: none */
    ULONGLONG timeout;                 /* 100 ns */
    uint64_t idle_since;               /* ns */
    KTIMER timer;
    KDPC timer_dpc;
    WORK_QUEUE_ITEM work;
    LIST_ENTRY gos;       /* who waits for it (internal.h) */
    KEVENT callback_over; /* while unregistering: some routine of the driver returned */
    LIST_ENTRY memory;    /* fx_device_allocate */
    uint64_t asked;       /* when the last unanswered callback was made, ns + 1; or 0 */
    uint64_t resumed;     /* when S0 came that the driver has not reported on, ns + 1; or 0 */
    ULONG component_count;
    struct fx_component *components;
};

/* The registration of a PDO, or NULL. */
struct fx_device *fx_device_of(PDEVICE_OBJECT pdo);

/* ---- where IRPs meet the framework; all accept a PDO that is not registered ---- */

/* A set-power D-IRP is about to be sent to the stack, and has ended. */
bool fx_device_irp(struct machine *m, PDEVICE_OBJECT pdo, DEVICE_POWER_STATE state, fx_go *go,
                   void *context);
void fx_device_irp_done(struct machine *m, PDEVICE_OBJECT pdo, DEVICE_POWER_STATE state,
                        NTSTATUS status);
/* A wait/wake IRP likewise. */
bool fx_wait_wake_irp(struct machine *m, PDEVICE_OBJECT pdo, fx_go *go, void *context);
void fx_wait_wake_irp_done(struct machine *m, PDEVICE_OBJECT pdo);
/*
 * A set-power S-IRP is about to be sent: for a sleep state (S1 to S5) the components are activated
 * and the device is powered first; for S0 the driver's report becomes due.
 */
bool fx_system_irp(struct machine *m, PDEVICE_OBJECT pdo, SYSTEM_POWER_STATE state, fx_go *go,
                   void *context);
/* The stack has completed it. Of S0: may have to wait for the driver's report before the resume of
 * this device counts as finished (PO_FX_DEVICE_FLAG_DISABLE_FAST_RESUME). */
bool fx_system_irp_done(struct machine *m, PDEVICE_OBJECT pdo, SYSTEM_POWER_STATE state, fx_go *go,
                        void *context);
/*
 * A PnP IRP that may stop or remove the device (QUERY_STOP, STOP, QUERY_REMOVE, REMOVE,
 * SURPRISE_REMOVAL) is about to be sent, and has ended. While the device is directed down the IRP
 * waits until it is up.
 */
bool fx_pnp_irp(struct machine *m, PDEVICE_OBJECT pdo, UCHAR minor, fx_go *go, void *context);
void fx_pnp_irp_done(struct machine *m, PDEVICE_OBJECT pdo, UCHAR minor);
/* The stack has been removed. True if its driver has not unregistered: the node must stay. */
bool fx_device_removed(struct machine *m, PDEVICE_OBJECT pdo);
/* The device is the debugger's: never directed. */
void fx_device_never_direct(struct machine *m, PDEVICE_OBJECT pdo, bool never);

/* ---- low-power idle of a working system (standby.c) ---- */

/* The system enters (leaves) its low-power idle in S0. Constraints are checked as devices change.
 */
void fx_standby(struct machine *m, bool enter);
/* Software that keeps devices from being directed runs (does not). */
void fx_activators(struct machine *m, bool running);
/* True while every constraint is met in standby: the deepest idle state. */
bool fx_in_drips(struct machine *m);

void fx_start(struct machine *m);

#endif
