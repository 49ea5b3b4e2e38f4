/*
 * What the files of the power framework share.
 *
 * Two machines run side by side: one per component (component.c) and one per device (device.c).
 * Each is advanced by whoever has reason to, at most one at a time (`runner`); everybody else only
 * changes what the machine looks at and leaves, or asks for a system worker thread. Both are
 * advanced at DISPATCH_LEVEL, which is lowered to the caller's level around each routine of the
 * driver or the plug-in; as nothing but these lets another processor move, no locks are needed.
 */
#ifndef PO_FX_INTERNAL_H
#define PO_FX_INTERNAL_H

#include <stdarg.h>

#include "ex/ex.h"
#include "ki/choose.h"
#include "po/fx/fx.h"

#define FX_TAG 0x20784650u /* "PFx " */
#define FX_PLUGINS 4u
#define FX_REPORTS 64u

/* Who advances a machine. */
enum fx_context {
    FX_INLINE,  /* the driver's call that gave the reason */
    FX_BLOCKED, /* a caller that waits for the end */
    FX_WORKER,  /* a system worker thread */
};

/* A routine of the driver that runs, on the stack of its thread. */
struct fx_call {
    struct fx_call *outer; /* in fx_part.calls, any thread's */
    struct fx_call **link;
    PKTHREAD thread;
    struct fx_device *device;
    KIRQL irql;
    void *seh;
};

/* A caller that waits for a component. */
struct fx_waiter {
    LIST_ENTRY link;
    KEVENT event; /* look again */
    bool idle;    /* for idle, else for active */
    bool done;
};

/* Somebody who goes on when the device is as he wants it. */
enum fx_wish {
    FX_WISH_ACTIVE,   /* all components active */
    FX_WISH_F0,       /* components held in F0 are there */
    FX_WISH_REPORTED, /* the driver has reported after S0 */
    FX_WISH_UP,       /* not directed */
};
struct fx_wait {
    LIST_ENTRY link;
    struct machine *m;
    enum fx_wish wish;
    fx_go *go;
    void *context;
    WORK_QUEUE_ITEM work;
    /* For the plug-in, before `go`: a D-IRP begins. */
    bool tell;
    PDEVICE_OBJECT pdo;
    DEVICE_POWER_STATE state;
};

struct fx_report {
    uint64_t time;
    ULONG serial;
    const char *text;
};

struct fx_part {
    LIST_ENTRY devices; /* in order of registration */
    struct fx_call *calls;
    const struct fx_plugin *plugins[FX_PLUGINS];
    unsigned plugin_count;
    uint64_t watchdog; /* ns a driver may take to answer, 0: no limit */
    uint64_t directed_limit;
    KTIMER watch_timer;
    KDPC watch_dpc;
    bool watching;
    struct fx_report reports[FX_REPORTS];
    uint64_t report_count;

    /* Low-power idle (standby.c). */
    bool standby, activators, drips;
    uint64_t drips_limit; /* ns that a device may keep it away in standby, 0: no limit */
    KTIMER directed_timer;
    KDPC directed_dpc;
    WORK_QUEUE_ITEM directed_work;
    bool directed_queued;
    uint64_t standby_since, blocked_since, drips_since, drips_time, drips_count;
};

/* ---- states of mind ---- */

/* The device is in D0 and the framework's: its components can be used. */
static inline bool fx_is_powered(const struct fx_device *d) { return d->power <= FX_WAITING; }
/* No callback of components, DPR or DPNR may be made. */
static inline bool fx_is_quiet(const struct fx_device *d) {
    return d->directed != FX_UNDIRECTED || d->unregistering;
}

/* Leaves and enters the level that the machines are advanced at. */
static inline KIRQL fx_enter(struct machine *m) {
    KIRQL irql = m->cpu->irql;
    if (irql < DISPATCH_LEVEL)
        m->cpu->irql = DISPATCH_LEVEL;
    return irql;
}
static inline void fx_leave(struct machine *m, KIRQL irql) {
    if (irql < DISPATCH_LEVEL)
        ki_lower(m, irql);
}

/* ---- fx.c ---- */

/* Brackets a routine of the driver or the plug-in, which runs at `irql`. */
void fx_call_begin(struct machine *m, struct fx_call *call, struct fx_device *d, KIRQL irql);
void fx_call_end(struct machine *m, struct fx_call *call, const char *routine);
/* True if the calling thread runs a routine of this device's driver. */
bool fx_in_call(struct machine *m, const struct fx_device *d);
/* Records what a driver did that is no bug check; `format` makes the sentence. */
void fx_report(struct machine *m, struct fx_device *d, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The device behind a handle; a bug check if it is none. */
struct fx_device *fx_device_checked(struct machine *m, POHANDLE handle, const void *caller);
/* The IRQL for a worker's callback: PASSIVE_LEVEL, or by choice DISPATCH_LEVEL. */
KIRQL fx_worker_irql(struct machine *m);
/* A callback was made that waits for the driver's answer. */
void fx_watch(struct machine *m);
static inline void fx_signal(struct machine *m, PKEVENT event) {
    event->Header.SignalState = 1;
    ki_wait_test(m, &event->Header, 0);
}
/* A driver routine or a worker's turn has ended: PoFxUnregisterDevice may go on. */
static inline void fx_turn_over(struct machine *m, struct fx_device *d) {
    if (KI_UNLIKELY(d->unregistering))
        fx_signal(m, &d->callback_over);
}
/* A timer's DPC `ns` from now. */
void fx_timer_set(PKTIMER timer, PKDPC dpc, uint64_t ns);

/* ---- component.c ---- */

void fx_component_begin(struct machine *m, struct fx_component *c);
/* Something the component looks at has changed: it is advanced by its waiter or a worker. */
void fx_component_continue(struct machine *m, struct fx_component *c);
/* Advances it on the caller's stack as far as it goes. */
void fx_component_run(struct machine *m, struct fx_component *c, KIRQL irql,
                      enum fx_context context);
/* References of the kernel's own. */
void fx_component_take(struct machine *m, struct fx_component *c);
void fx_component_drop(struct machine *m, struct fx_component *c);
/* Powered again: it does not rest unless it is where it should be. */
void fx_component_restless(struct machine *m, struct fx_component *c);
/* The component index of a caller checked: bug check 0xA0/614. */
struct fx_component *fx_component_checked(struct machine *m, struct fx_device *d, ULONG index,
                                          const void *caller);
/* Lets every blocked caller go. */
void fx_component_release_waiters(struct machine *m, struct fx_component *c);
void fx_component_account(struct machine *m, struct fx_component *c);

/* ---- select.c ---- */

/* The F state that an idle component should be in. */
ULONG fx_wanted_state(struct machine *m, const struct fx_component *c);
/* What it depends on has changed. */
void fx_hinted(struct machine *m, struct fx_component *c);

/* ---- device.c ---- */

/* Something the device looks at has changed: a worker advances it. */
void fx_device_continue(struct machine *m, struct fx_device *d);
/* True if that would find nothing to do; a hint that saves the worker. */
bool fx_device_is_steady(struct machine *m, const struct fx_device *d);
/* A component is about to be used: a running time-out ends. */
void fx_device_disturb(struct machine *m, struct fx_device *d);
void fx_device_all(struct machine *m, struct fx_device *d); /* continues every component */
void fx_device_timer_start(struct fx_device *d);

/* The driver has reported: components are looked at again. */
void fx_device_up(struct machine *m, struct fx_device *d);

/* ---- irp.c ---- */

/* Lets those go whose wish has come true (or all, at the end). */
void fx_waits_check(struct machine *m, struct fx_device *d);
void fx_waits_end(struct machine *m, struct fx_device *d);
void fx_hold(struct machine *m, struct fx_device *d);
void fx_unhold(struct machine *m, struct fx_device *d);
/* What the PnP manager tells: of IRPs that may stop or remove a device, and of its removal. */
void fx_pnp_begins(struct machine *m, struct pnp_node *node, UCHAR minor);
void fx_pnp_ended(struct machine *m, struct pnp_node *node, UCHAR minor);
void fx_observe(struct machine *m, struct pnp_node *node, enum pnp_event event);
/* The driver reported powered on. */
void fx_reported(struct machine *m, struct fx_device *d, UCHAR reasons);

/* ---- perf.c ---- */

/* The component has reached another F state: queries the plug-in if the driver asked for that. */
void fx_perf_state_reached(struct machine *m, struct fx_component *c, KIRQL irql);
void fx_perf_end(struct machine *m, struct fx_component *c);
/* Some work of it is queued, or somebody waits. */
bool fx_perf_is_busy(const struct fx_component *c);

/* ---- directed.c, standby.c ---- */

/* Whether the device has to be directed now, or up again; advances that. True: something was done.
 */
bool fx_directed_step(struct machine *m, struct fx_device *d);
/* True if that would do something. */
bool fx_directed_pending(struct machine *m, const struct fx_device *d);
/* The device is wanted down, or up. */
void fx_direct(struct machine *m, struct fx_device *d, bool down);
/* Its driver takes part; so do those of its children that must. */
bool fx_can_be_directed(const struct fx_device *d);
bool fx_children_can(struct machine *m, const struct fx_device *d);
DEVICE_POWER_STATE fx_d_constraint(struct machine *m, struct fx_device *d);
/* Its constraint is not met: of the component, or (component_count) of the device. */
bool fx_blocks_drips(struct machine *m, struct fx_device *d, ULONG *component);
/* The first whose constraint is not met, or NULL. */
struct fx_device *fx_first_blocker(struct machine *m, ULONG *component);
ULONG fx_f_constraint(struct machine *m, struct fx_device *d, ULONG component);
/* A device's D or F state has changed, or its constraints. */
void fx_standby_changed(struct machine *m);
void fx_standby_start(struct machine *m);

/* ---- policy.c ---- */

extern const struct fx_plugin fx_policy;

#endif
