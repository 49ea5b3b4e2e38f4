/*
 * The power framework (PoFx) as the host sees it: registered devices and their components, reports
 * on drivers, standby with its constraints, directed power transitions.
 *
 * Devices are named by their device node's serial number, as everywhere. Functions that change
 * something may be called from the host or from a thread of the machine; they do not run it: settle
 * or advance does.
 */
#ifndef WDMSIM_POFX_H
#define WDMSIM_POFX_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(NAME, "text") */
#define WDMSIM_FX_CONDITION_LIST(X)                                                                \
    X(ACTIVE, "active")                                                                            \
    X(IDLING, "idling") /* idle callback due or not completed */                                   \
    X(IDLE, "idle")                                                                                \
    X(CHANGING, "changing")     /* idle, between two F states */                                   \
    X(ACTIVATING, "activating") /* waits for providers, power, F0 */
#define WDMSIM_FX_POWER_LIST(X)                                                                    \
    X(REQUIRED, "required")                                                                        \
    X(WAITING, "waiting")               /* all components rest, the time-out runs */               \
    X(NOT_REQUIRED_CALLED, "giving up") /* the driver was told and has not answered */             \
    X(NOT_REQUIRED, "not required")                                                                \
    X(REQUIRED_CALLED, "powering up") /* the driver was asked and has not reported */
#define WDMSIM_FX_DIRECTED_LIST(X)                                                                 \
    X(NONE, "not directed")                                                                        \
    X(GOING_DOWN, "going down")                                                                    \
    X(DOWN, "directed down")                                                                       \
    X(GOING_UP, "going up")

enum wdmsim_fx_condition {
#define X(name, text) WDMSIM_FX_##name,
    WDMSIM_FX_CONDITION_LIST(X)
#undef X
};
enum wdmsim_fx_power {
#define X(name, text) WDMSIM_FX_POWER_##name,
    WDMSIM_FX_POWER_LIST(X)
#undef X
};
enum wdmsim_fx_directed {
#define X(name, text) WDMSIM_FX_DIRECTED_##name,
    WDMSIM_FX_DIRECTED_LIST(X)
#undef X
};
const char *wdmsim_fx_condition_name(enum wdmsim_fx_condition condition);
const char *wdmsim_fx_power_name(enum wdmsim_fx_power power);
const char *wdmsim_fx_directed_name(enum wdmsim_fx_directed directed);

struct wdmsim_fx_device {
    uint32_t node;
    unsigned version; /* 1 to 3, of the registration */
    unsigned component_count;
    bool started;
    enum wdmsim_fx_power power;
    enum wdmsim_fx_directed directed;
    bool report_due;       /* PoFxReportDevicePoweredOn */
    unsigned d_state;      /* 0 to 3, as its D-IRPs say */
    unsigned d_constraint; /* the lightest D state that standby wants, 0: none */
    uint64_t idle_timeout; /* ns */
    const char *plugin;
};

/* A node's registration. NOT_FOUND: it has none. */
int wdmsim_fx_device(struct machine *machine, uint32_t node, struct wdmsim_fx_device *device);
/* The registered node after `node` (0: the first), in order of registration; 0: the end. */
uint32_t wdmsim_fx_next(struct machine *machine, uint32_t node);

struct wdmsim_fx_component {
    enum wdmsim_fx_condition condition;
    unsigned state, state_count; /* F state */
    unsigned references;         /* all, and the driver's own */
    unsigned own_references;
    uint64_t latency, residency; /* hints, 100 ns; ~0: none */
    bool wake;
    unsigned f_constraint;         /* the lightest F state that standby wants, 0: none */
    uint64_t activations, changes; /* of the F state */
    uint64_t active_time;          /* ns */
};

/* NOT_FOUND: no such registration or component. */
int wdmsim_fx_component(struct machine *machine, uint32_t node, unsigned component,
                        struct wdmsim_fx_component *info);
/* Nanoseconds that a component has spent in an F state since its registration; 0 if there is none.
 */
uint64_t wdmsim_fx_residency(struct machine *machine, uint32_t node, unsigned component,
                             unsigned state);
/* One registration as text, in the manner of !fxdevice; node 0: all. As snprintf. */
int wdmsim_show_fx(struct machine *machine, uint32_t node, char *buffer, size_t size);

/*
 * What drivers did that is no bug check, but worth knowing (a second start, activations left
 * behind, a wait inside a callback …). Each is an event fx.device "reports: …" as well.
 */
struct wdmsim_fx_report {
    uint64_t time;
    uint32_t node;
    const char *text; /* lives as long as the machine */
};
/* How many there were; the report number `index` (from 0), NOT_FOUND if there is none or it is
 * older than the last 64. */
uint64_t wdmsim_fx_reports(struct machine *machine);
int wdmsim_fx_report(struct machine *machine, uint64_t index, struct wdmsim_fx_report *report);

/*
 * How long a driver may leave a callback unanswered: component and device callbacks (then bug check
 * 0xA0/0x618) and directed ones (0x9F/5). Default 10 minutes each; 0: for ever. A driver that does
 * not report powered on for the first limit after S0 stops nothing: that is a report, as above.
 */
void wdmsim_fx_watchdog(struct machine *machine, uint64_t limit_ns, uint64_t directed_limit_ns);

/* ---- what a recording says of a component ---- */

/*
 * For replaying what was seen elsewhere. Each returns NOT_FOUND if there is no such component, and
 * takes effect as the machine runs.
 *
 * wdmsim_fx_activity: the host keeps the component active, in addition to its driver and the
 * kernel, or does no longer. wdmsim_fx_hints: as the driver's PoFxSetComponentLatency, -Residency
 * and -Wake; a NULL member changes nothing; 100 ns, ~0: no limit. wdmsim_fx_choose: the F state
 * that the component has whenever it is idle, whatever the hints say; negative: the framework
 * chooses again. INVALID: a state it does not have.
 */
struct wdmsim_fx_hints {
    const uint64_t *latency, *residency;
    const bool *wake;
};
int wdmsim_fx_activity(struct machine *machine, uint32_t node, unsigned component, bool active);
int wdmsim_fx_hints(struct machine *machine, uint32_t node, unsigned component,
                    const struct wdmsim_fx_hints *hints);
int wdmsim_fx_choose(struct machine *machine, uint32_t node, unsigned component, int f_state);

/* ---- standby ---- */

/* The constraints of devices that no plug-in owns: the lightest D (0 to 3) and F state that the
 * deepest idle state of the platform allows; 0: none. NOT_FOUND; INVALID: a state it does not have.
 */
int wdmsim_fx_d_constraint(struct machine *machine, uint32_t node, unsigned d_state);
int wdmsim_fx_f_constraint(struct machine *machine, uint32_t node, unsigned component,
                           unsigned f_state);

/* Enters or leaves the low-power idle of a working system. */
void wdmsim_fx_standby(struct machine *machine, bool enter);
/* Software runs that keeps devices from being directed down. */
void wdmsim_fx_activators(struct machine *machine, bool running);
/* A device that keeps the platform from its deepest idle state for longer is bug check 0xA0/0x619;
 * 0, the default: no limit. */
void wdmsim_fx_drips_watchdog(struct machine *machine, uint64_t limit_ns);

struct wdmsim_fx_drips {
    bool standby, drips;
    uint64_t count,
        time;         /* how often and how long (ns) the platform was in its deepest idle state */
    uint32_t blocker; /* node that keeps it from there now, 0: none */
    int blocking_component; /* of that node, -1: the device's D state */
};
void wdmsim_fx_drips(struct machine *machine, struct wdmsim_fx_drips *drips);

/* Directs one device down or up, whatever standby wants, as a test of it does. NOT_FOUND; INVALID:
 * its driver takes no part. */
int wdmsim_fx_direct(struct machine *machine, uint32_t node, bool down);

#ifdef __cplusplus
}
#endif
#endif
