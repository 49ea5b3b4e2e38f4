/*
 * Power: putting the system to sleep and waking it, and everything about power that comes from
 * outside the drivers (lid, battery, user, firmware, hardware wake signals).
 *
 * Devices are named by the numbers of their nodes (see wdmsim/pnp.h); a device stack that was built
 * by hand, outside the PnP tree, gets a number above 1,000,000 with its first power IRP
 * (wdmsim_power_node). Only devices of the tree take part in system transitions. System states are
 * Windows' SYSTEM_POWER_STATE (1 = S0 … 6 = S5), device states DEVICE_POWER_STATE (1 = D0 … 4 =
 * D3).
 *
 * While the system sleeps nothing of it moves: no thread, DPC or interrupt of any processor, no
 * timer. Time goes on, and with it what the host has scheduled (wdmsim_schedule): hardware, which
 * may wake the system. A simulated thread that has called wdmsim_settle or wdmsim_advance, as the
 * body of a test does, speaks for the host and goes on as well; what it asks of the kernel that
 * takes other threads happens after the wake. Then relative timers and time-outs have as long to go
 * as before, and absolute ones that have passed expire. A system that was shut down stays like
 * that.
 */
#ifndef WDMSIM_POWER_H
#define WDMSIM_POWER_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct _DEVICE_OBJECT;
struct _GUID;

/* ---- system transitions ---- */

/* X(name, text): what the system can be told to do. */
#define WDMSIM_POWER_GOAL_LIST(X)                                                                  \
    X(SLEEP1, "sleep-s1")                                                                          \
    X(SLEEP2, "sleep-s2")                                                                          \
    X(SLEEP3, "sleep-s3")                                                                          \
    X(HYBRID_SLEEP, "hybrid-sleep") /* S3, with a hibernation file */                              \
    X(HIBERNATE, "hibernate")                                                                      \
    X(HYBRID_SHUTDOWN, "hybrid-shutdown") /* waking from it is a fast startup */                   \
    X(SHUTDOWN, "shutdown")                                                                        \
    X(SHUTDOWN_RESET, "restart")                                                                   \
    X(SHUTDOWN_OFF, "power-off")

enum wdmsim_power_goal {
#define X(name, text) WDMSIM_POWER_##name,
    WDMSIM_POWER_GOAL_LIST(X)
#undef X
        WDMSIM_POWER_GOALS
};
const char *wdmsim_power_goal_name(enum wdmsim_power_goal goal);

enum {
    WDMSIM_POWER_CRITICAL = 1,   /* drivers are asked, but a refusal does not count */
    WDMSIM_POWER_EMERGENCY = 2,  /* drivers are not even asked: battery expired, power button */
    WDMSIM_POWER_POWER_LOSS = 4, /* hybrid sleep: power fails meanwhile, it wakes as from S4 */
};

struct wdmsim_power_result {
    bool refused; /* by the driver stack of … */
    uint32_t refused_by;
    uint32_t status; /* what it answered; STATUS_SUCCESS otherwise, STATUS_PENDING meanwhile */
    uint32_t queried, set_down, set_up; /* devices that were sent such IRPs */
};

/*
 * Begins the transition and runs the machine until the system has arrived, or a refusal has been
 * undone. BUSY (a transition is in progress, or the system is not in S0), INVALID, STOPPED,
 * TIMED_OUT (a driver holds on to an IRP, and no time was allowed to pass: go on with
 * wdmsim_advance). `result` may be NULL.
 */
int wdmsim_power_down(struct machine *machine, enum wdmsim_power_goal goal, unsigned flags,
                      struct wdmsim_power_result *result);
/* The same without running the machine. */
int wdmsim_power_down_begin(struct machine *machine, enum wdmsim_power_goal goal, unsigned flags);
/*
 * Wakes the system as the power button or a wake timer does, and runs the machine until every S0
 * IRP is complete. INVALID: it is in S0, or off for good. TIMED_OUT as above.
 */
int wdmsim_power_wake(struct machine *machine);
int wdmsim_power_wake_begin(struct machine *machine);

/* Where the system is: 1 = S0 … 6 = S5; while it is on its way, where it comes from. */
unsigned wdmsim_power_system(const struct machine *machine);
/* True while a transition is in progress (asleep is not in progress). */
bool wdmsim_power_busy(const struct machine *machine);
/* How the last transition went. */
void wdmsim_power_last(const struct machine *machine, struct wdmsim_power_result *result);

/* ---- devices ---- */

/* The number of the stack that a device object is in; 0: nothing is known of it. */
uint32_t wdmsim_power_node(struct machine *machine, struct _DEVICE_OBJECT *device);

struct wdmsim_power_device {
    uint32_t node;
    unsigned d_state;      /* 1 = D0 … 4 = D3, 0: unknown */
    bool off;              /* in D3, and the built-in bus has cut its power */
    bool d3cold;           /* its power rail is cut, too */
    unsigned s_state;      /* of the last system set IRP it completed; 0: none */
    bool armed;            /* holds a wait/wake IRP of the built-in bus */
    unsigned outstanding;  /* power IRPs in its stack */
    uint32_t idle_seconds; /* of idle detection */
};
int wdmsim_power_device(struct machine *machine, uint32_t node, struct wdmsim_power_device *device);

/* Hardware of a device on the built-in bus, as far as power goes. */
struct wdmsim_power_hardware {
    uint32_t rail;              /* devices of one rail lose power together; 0: a rail of its own */
    bool d3cold;                /* device, bus and firmware can do D3cold */
    bool d3cold_enabled;        /* the INF file has enabled it */
    bool counts_power_sequence; /* the bus driver answers IRP_MN_POWER_SEQUENCE */
};
int wdmsim_power_hardware(struct machine *machine, uint32_t node,
                          const struct wdmsim_power_hardware *hardware);

/*
 * The device (or one that the host does not describe, below a device it does) gives its wake
 * signal. If the system sleeps and the device is armed for that state, the system wakes; the armed
 * wait/wake IRP that is nearest to the root completes. Runs the machine until things have settled.
 * NOT_FOUND: nothing is armed, so the signal is lost.
 */
int wdmsim_power_signal_wake(struct machine *machine, uint32_t node);
int wdmsim_power_signal_wake_begin(struct machine *machine, uint32_t node);

/* Which devices are known to have woken the system last; the number of them, at most
 * WDMSIM_WAKE_SOURCES. */
#define WDMSIM_WAKE_SOURCES 8u
unsigned wdmsim_power_wake_sources(const struct machine *machine,
                                   uint32_t nodes[WDMSIM_WAKE_SOURCES]);

/*
 * Asks a driver for its cooling interface as a thermal zone does, and uses it: `percentage` 0 to
 * 100 of passive cooling (~0: leave it), `active` 0 or 1 (negative: leave it). From the host or a
 * thread of the machine. NOT_FOUND: the stack has no such interface.
 */
int wdmsim_power_cool(struct machine *machine, uint32_t node, uint32_t percentage, int active);

/* ---- settings and sources ---- */

enum wdmsim_power_source { WDMSIM_SOURCE_AC, WDMSIM_SOURCE_BATTERY, WDMSIM_SOURCE_HOT };
/* Each tells the drivers that registered for it and runs the machine until they know. */
int wdmsim_power_source(struct machine *machine, enum wdmsim_power_source source);
int wdmsim_power_lid(struct machine *machine, bool open);
int wdmsim_power_battery(struct machine *machine, unsigned percent);
/* The console's display: 0 off, 1 on, 2 dimmed. */
int wdmsim_power_display(struct machine *machine, unsigned state);
/* The user is present (0) or inactive (2). */
int wdmsim_power_presence(struct machine *machine, unsigned state);
int wdmsim_power_away_mode(struct machine *machine, bool on);
/* Makes a power scheme the active one; `personality` is the scheme's. */
int wdmsim_power_scheme(struct machine *machine, const struct _GUID *scheme,
                        const struct _GUID *personality);
/* Any setting; at most 1024 bytes. */
int wdmsim_power_setting(struct machine *machine, const struct _GUID *guid, const void *value,
                         size_t size);

/* Low-power idle of the working system (Modern Standby): no system IRPs. INVALID while asleep. */
int wdmsim_power_standby(struct machine *machine, bool enter);

/*
 * The idle timer of the system: after so many seconds without a reason to stay awake it goes to
 * `goal`; 0 seconds: never (the default), for each power source.
 */
int wdmsim_power_idle_policy(struct machine *machine, uint32_t ac_seconds, uint32_t battery_seconds,
                             enum wdmsim_power_goal goal);
/* The user did something: the countdown begins anew. */
int wdmsim_power_user_input(struct machine *machine);
/* The time-outs that idle detection uses for disks that ask for the standard ones. */
int wdmsim_power_disk_policy(struct machine *machine, uint32_t conservation_seconds,
                             uint32_t performance_seconds);
/* How many reasons keep the system from idling to sleep now. */
unsigned wdmsim_power_required(const struct machine *machine);

/* ---- rules ---- */

/* How long a power IRP, or a wait for the PnP lock, may take before bug check 0x9F; 0: for ever.
 * The default is 600 s. */
int wdmsim_power_watchdog(struct machine *machine, uint64_t limit);
/* Windows before Vista: PoStartNextPowerIrp must be called for each IRP. */
int wdmsim_power_legacy(struct machine *machine, bool on);

/* What drivers did wrong that is no bug check: how often so far, and the last one in words, or "".
 */
uint32_t wdmsim_power_reports(const struct machine *machine, const char **last);

/* ---- watching ---- */

enum wdmsim_power_change {
    WDMSIM_POWER_SYSTEM_STATE, /* node 0 */
    WDMSIM_POWER_DEVICE_STATE,
    WDMSIM_POWER_DEVICE_COLD, /* 1: in D3cold now; 0: power is back */
};
/* Called at each change of a state; must not run the machine. NULL: nobody. */
typedef void wdmsim_power_observer(void *context, enum wdmsim_power_change change, uint32_t node,
                                   unsigned before, unsigned now);
void wdmsim_observe_power(struct machine *machine, wdmsim_power_observer *changed, void *context);

#ifdef __cplusplus
}
#endif
#endif
