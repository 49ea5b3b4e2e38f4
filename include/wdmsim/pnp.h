/*
 * Plug and Play: devices that the host plugs in, and the tree of device nodes they make.
 *
 * A device the host describes sits on a built-in bus. Plugging it in makes its bus enumerate: the
 * PnP manager finds a new PDO, asks it what the description says, loads the drivers that the
 * description, an installed id or an INF file name, builds the stack and starts it. Devices that
 * bus drivers under test report appear in the same tree by the same way.
 *
 * Nodes are named by serial numbers (the "device node %u" of the trace): a number is never used
 * again, so one whose device has gone is just not found. A call that asks for work (plug, remove …)
 * runs the machine until the work is finished, unless the call's name ends in _begin.
 */
#ifndef WDMSIM_PNP_H
#define WDMSIM_PNP_H

#include <wdmsim/driver.h>
#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

struct _DEVICE_OBJECT;

/* The node at the root of the tree. */
#define WDMSIM_ROOT_NODE 1u

/* X(name, value, text): what has happened to a node's device so far. */
#define WDMSIM_NODE_STATE_LIST(X)                                                                  \
    X(ENUMERATED, 0, "enumerated") /* there, no drivers */                                         \
    X(ADDED, 1, "added")           /* the stack is built */                                        \
    X(STARTING, 2, "starting")                                                                     \
    X(STARTED, 3, "started")                                                                       \
    X(STOP_PENDING, 4, "stop-pending")                                                             \
    X(STOPPED, 5, "stopped")                                                                       \
    X(REMOVE_PENDING, 6, "remove-pending")                                                         \
    X(SURPRISE_REMOVED, 7, "surprise-removed") /* REMOVE waits for the last handle */              \
    X(REMOVED, 8, "removed")                   /* the stack is gone, the PDO is still reported */  \
    X(DELETED, 9, "deleted")

enum wdmsim_node_state {
#define X(name, value, text) WDMSIM_NODE_##name = value,
    WDMSIM_NODE_STATE_LIST(X)
#undef X
};

/* X(name, code, text): why a device does not run; the numbers are the Device Manager's. */
#define WDMSIM_NODE_PROBLEM_LIST(X)                                                                \
    X(NONE, 0, "no problem")                                                                       \
    X(INVALID_DATA, 9, "the bus driver gave no device id")                                         \
    X(FAILED_START, 10, "a driver failed to start the device")                                     \
    X(NO_RESOURCES, 12, "there are not enough free resources")                                     \
    X(NEED_RESTART, 14, "a driver did not let the device be removed")                              \
    X(WILL_BE_REMOVED, 21, "the device is being removed")                                          \
    X(DISABLED, 22, "the device is disabled")                                                      \
    X(NOT_PRESENT, 24, "the device is not present")                                                \
    X(NO_DRIVER, 28, "no driver is installed for the device")                                      \
    X(HARDWARE_DISABLED, 29, "the hardware is disabled")                                           \
    X(FAILED_ADD, 31, "a driver failed to add the device")                                         \
    X(FAILED_LOAD, 39, "a driver of the device could not be loaded")                               \
    X(DUPLICATE, 42, "a device with the same ids is there already")                                \
    X(REPORTED_FAILURE, 43, "a driver reported that the device failed")                            \
    X(HELD_FOR_EJECT, 47, "the device is ready to be taken out")

enum wdmsim_node_problem {
#define X(name, code, text) WDMSIM_PROBLEM_##name = code,
    WDMSIM_NODE_PROBLEM_LIST(X)
#undef X
};

const char *wdmsim_node_state_name(enum wdmsim_node_state state);
const char *wdmsim_node_problem_text(enum wdmsim_node_problem problem);

/* ---- describing a device ---- */

#define WDMSIM_FIRST_PIN 0x400

enum wdmsim_resource_kind {
    WDMSIM_RESOURCE_PORT,
    WDMSIM_RESOURCE_MEMORY,
    /* A line; minimum and maximum are interrupt request numbers, from WDMSIM_FIRST_PIN on pins of a
     * GPIO controller, whose interrupts are served at PASSIVE_LEVEL. */
    WDMSIM_RESOURCE_INTERRUPT,
    WDMSIM_RESOURCE_MESSAGE, /* message-signaled interrupts: `length` messages */
    WDMSIM_RESOURCE_DMA,     /* channels */
    WDMSIM_RESOURCE_BUS_NUMBER,
};

/*
 * One thing the device needs. `minimum` to `maximum` bounds where it may lie, inclusive;
 * maximum 0: anywhere from minimum on. `length` in bytes, ports, messages, bus numbers; 0 is 1.
 */
struct wdmsim_resource {
    enum wdmsim_resource_kind kind;
    uint64_t minimum, maximum, length;
    uint64_t alignment; /* 0: none */
    bool shared;
    bool latched;     /* an interrupt line: edge-triggered */
    bool boot;        /* firmware set it up at `minimum`: QUERY_RESOURCES reports it */
    bool alternative; /* instead of the one before, if that is not to be had */
};

enum {
    WDMSIM_DEVICE_REMOVABLE = 1,
    WDMSIM_DEVICE_EJECTABLE = 2,   /* EjectSupported */
    WDMSIM_DEVICE_SURPRISE_OK = 4, /* SurpriseRemovalOK */
    WDMSIM_DEVICE_RAW = 8,         /* RawDeviceOK: starts without a function driver */
    WDMSIM_DEVICE_NOT_UNIQUE = 16, /* the instance id is unique on its bus only */
    WDMSIM_DEVICE_LOCKABLE = 32,
    WDMSIM_DEVICE_DISABLED = 64, /* HardwareDisabled */
    WDMSIM_DEVICE_D1 = 128,
    WDMSIM_DEVICE_D2 = 256,
    WDMSIM_DEVICE_WAKE_D0 = 512,
    WDMSIM_DEVICE_WAKE_D1 = 1024,
    WDMSIM_DEVICE_WAKE_D2 = 2048,
    WDMSIM_DEVICE_WAKE_D3 = 4096,
    WDMSIM_DEVICE_NO_DISPLAY = 8192,
    WDMSIM_DEVICE_INRUSH = 16384,       /* the PDO has DO_POWER_INRUSH */
    WDMSIM_DEVICE_NOT_PAGEABLE = 32768, /* the PDO does not have DO_POWER_PAGABLE */
};

/* Lists of texts end with NULL; NULL itself is an empty list. All texts are UTF-8 and copied. */
struct wdmsim_device_description {
    const char *device_id;           /* "ACPI\\PNP0501"; required, no commas or spaces */
    const char *instance_id;         /* NULL: counted up per bus, "0000" … */
    const char *const *hardware_ids; /* NULL: the device id */
    const char *const *compatible_ids;
    const char *container_id;           /* "{guid}", or NULL */
    const char *description, *location; /* device texts, or NULL */
    const char *bus_type; /* "{guid}" of QUERY_BUS_INFORMATION, or NULL: not answered */
    int legacy_bus_type;  /* INTERFACE_TYPE */
    uint32_t bus_number;
    uint32_t flags;              /* WDMSIM_DEVICE_ … */
    uint32_t address, ui_number; /* ~0: unknown */
    /* S0 to S5: the most powered D state, 1 = D0 … 4 = D3; 0 throughout: D0 in S0, D3 below. */
    uint8_t device_states[6];
    uint8_t system_wake;   /* deepest S state it wakes from, 1 = S0 … 6 = S5; 0: none */
    uint8_t device_wake;   /* deepest D state, 1 = D0 … 4 = D3; 0: none */
    uint32_t latencies[3]; /* of D1, D2, D3 to D0, 100 µs */
    const struct wdmsim_resource *resources;
    size_t resource_count;
    const void *config; /* what READ_CONFIG and GetBusData show, or NULL */
    size_t config_size;
    /* Services by role, see wdmsim_service_define. With none of them the installed ids decide. */
    const char *const *bus_filters, *const *lower_filters, *const *upper_filters;
    const char *function;
};
/* address and ui_number unknown; everything else empty. */
#define WDMSIM_DEVICE_DESCRIPTION_DEFAULT                                                          \
    { .address = ~0u, .ui_number = ~0u }

/* ---- drivers ---- */

/*
 * Makes a driver known without loading it: when the first device needs the service, its image (see
 * wdmsim_driver_load) is loaded and DriverEntry runs; when the last one is gone it is unloaded.
 */
int wdmsim_service_define(struct machine *machine, const char *name, const char *image);
/* The same for a DriverEntry that is linked into the host program. */
int wdmsim_service_define_entry(struct machine *machine, const char *name,
                                wdmsim_driver_entry *entry);

/* What is to be used for devices with a hardware or compatible id; lists as above. */
struct wdmsim_installation {
    const char *id;
    const char *function;
    const char *const *lower_filters, *const *upper_filters;
    const char *class_name; /* "Ports", or NULL */
    const char *class_guid; /* "{guid}", or NULL */
};
int wdmsim_install(struct machine *machine, const struct wdmsim_installation *installation);
/* Filters of every device of a class. */
int wdmsim_install_class(struct machine *machine, const char *class_guid, const char *class_name,
                         const char *const *lower_filters, const char *const *upper_filters);

/* ---- plugging ---- */

/*
 * Plugs a device into the built-in bus below `parent` (WDMSIM_ROOT_NODE, or a node that the host
 * described) and waits until it was enumerated and, if it can be, started. *node is its number (may
 * be NULL). INVALID, NOT_FOUND, NO_MEMORY, STOPPED, TIMED_OUT (nothing goes on any more: a driver
 * never completed an IRP).
 */
int wdmsim_plug(struct machine *machine, uint32_t parent,
                const struct wdmsim_device_description *description, uint32_t *node);
/*
 * The same without telling the PnP manager: the device is found at the next enumeration of its bus.
 * `slot` names the device to wdmsim_slot_node, which is 0 until then.
 */
int wdmsim_plug_silently(struct machine *machine, uint32_t parent,
                         const struct wdmsim_device_description *description, uint32_t *slot);
uint32_t wdmsim_slot_node(struct machine *machine, uint32_t slot);
/* Whether the device is in its slot, and so are the buses that it is below. */
bool wdmsim_slot_is_plugged(struct machine *machine, uint32_t slot);
/* Puts a device back that was taken out or ejected: a new node. BUSY: it is there. */
int wdmsim_plug_again(struct machine *machine, uint32_t slot, uint32_t *node);
/* Takes a described device out without warning; the bus enumerates: surprise removal. */
int wdmsim_unplug(struct machine *machine, uint32_t node);
/* The same without telling the PnP manager; another may be put in before it looks. NOT_FOUND: it is
 * not there. */
int wdmsim_unplug_silently(struct machine *machine, uint32_t slot);

/* ---- what the PnP manager can be asked to do to a node ---- */

/* X(name, text) */
#define WDMSIM_PNP_OPERATION_LIST(X)                                                               \
    X(START, "start")     /* build the stack and start, if it is not; after a removal, again */    \
    X(REMOVE, "remove")   /* orderly removal of the subtree; the devices stay in their slots */    \
    X(DISABLE, "disable") /* the same, and it is not started again until enabled */                \
    X(ENABLE, "enable")                                                                            \
    X(RESTART, "restart")         /* remove and start, as a driver update does */                  \
    X(EJECT, "eject")             /* as IoRequestDeviceEject */                                    \
    X(REBALANCE, "rebalance")     /* stop and start again with freshly assigned resources */       \
    X(ENUMERATE, "enumerate")     /* as IoInvalidateDeviceRelations(BusRelations) */               \
    X(QUERY_STATE, "query-state") /* as IoInvalidateDeviceState */                                 \
    X(SURPRISE_REMOVE, "surprise-remove")

enum wdmsim_pnp_operation {
#define X(name, text) WDMSIM_PNP_##name,
    WDMSIM_PNP_OPERATION_LIST(X)
#undef X
        WDMSIM_PNP_OPERATIONS
};

const char *wdmsim_pnp_operation_name(enum wdmsim_pnp_operation operation);

/* Who said no. */
enum wdmsim_veto {
    WDMSIM_VETO_NONE,
    WDMSIM_VETO_DRIVER,   /* a driver failed QUERY_REMOVE or QUERY_STOP */
    WDMSIM_VETO_LISTENER, /* a notification callback did */
    WDMSIM_VETO_HANDLE,   /* a handle stayed open */
    WDMSIM_VETO_NOT_DISABLEABLE,
    WDMSIM_VETO_LEGACY, /* the node's state does not allow it */
};

struct wdmsim_pnp_result {
    uint32_t status; /* NTSTATUS; STATUS_PENDING while it goes on */
    enum wdmsim_veto veto;
    uint32_t veto_node;
};

/*
 * Does it and waits. The result says what came of it: a veto is no error of the call. NOT_FOUND,
 * INVALID, NO_MEMORY, STOPPED, TIMED_OUT (see wdmsim_plug).
 */
int wdmsim_pnp(struct machine *machine, enum wdmsim_pnp_operation operation, uint32_t node,
               struct wdmsim_pnp_result *result);
/* Only asks for it; *id names the operation to wdmsim_pnp_done. */
int wdmsim_pnp_begin(struct machine *machine, enum wdmsim_pnp_operation operation, uint32_t node,
                     uint32_t *id);
/* True when it is over; then *result is filled and the id forgotten. */
bool wdmsim_pnp_done(struct machine *machine, uint32_t id, struct wdmsim_pnp_result *result);

enum wdmsim_usage { WDMSIM_USAGE_PAGING = 1, WDMSIM_USAGE_HIBERNATION, WDMSIM_USAGE_DUMP };
/* Puts a special file onto the device, or takes one away: DEVICE_USAGE_NOTIFICATION. */
int wdmsim_device_usage(struct machine *machine, uint32_t node, enum wdmsim_usage usage,
                        bool in_path, uint32_t *status);

/*
 * Changes the hardware profile, as docking does: asks the drivers that registered for it, and tells
 * them how it ended. *status: 0, or what the driver that refused returned.
 */
int wdmsim_profile_change(struct machine *machine, uint32_t *status);

/* Lets IRPs and AddDevice take at most `limit` ns before bug check 0x1D5; 0: for ever. */
void wdmsim_pnp_watchdog(struct machine *machine, uint64_t limit);

/* ---- looking ---- */

struct wdmsim_node_info {
    uint32_t node, parent, slot; /* slot: 0 of a device the host did not describe */
    enum wdmsim_node_state state;
    enum wdmsim_node_problem problem;
    uint32_t problem_status;
    uint32_t children, level;
    uint32_t device_state;     /* PNP_DEVICE_ bits */
    const char *instance_path; /* "" until it is known; these texts live until the machine moves */
    const char *service;       /* of the function driver, or "" */
    bool present, disabled, not_disableable;
};

int wdmsim_node_info(struct machine *machine, uint32_t node, struct wdmsim_node_info *info);
/* By instance path, whatever the case of letters; 0: there is none. */
uint32_t wdmsim_node_find(struct machine *machine, const char *instance_path);
/* The node that any device object of its stack belongs to; 0: none. */
uint32_t wdmsim_node_of_device(struct machine *machine, const struct _DEVICE_OBJECT *device);
struct _DEVICE_OBJECT *wdmsim_node_pdo(struct machine *machine, uint32_t node);
/* The tree in order, parents before children: the node after `node` (0: the root); 0: the end. */
uint32_t wdmsim_node_next(struct machine *machine, uint32_t node);
/* The driver names of the stack, bottom first, e.g. "PnpManager"; NULL behind the top. */
const char *wdmsim_node_driver(struct machine *machine, uint32_t node, unsigned index);

/* What the device was given, in the raw form; `index` counts from 0. NOT_FOUND behind the last. */
struct wdmsim_assigned {
    enum wdmsim_resource_kind kind;
    uint64_t start, length;
    uint32_t vector; /* of an interrupt: what wdmsim_interrupt_raise takes */
    uint32_t irql;
};
int wdmsim_node_resource(struct machine *machine, uint32_t node, unsigned index,
                         struct wdmsim_assigned *assigned);

/* The tree as text, a line per node: number, path, state, problem, drivers. As snprintf. */
int wdmsim_show_nodes(struct machine *machine, char *buffer, size_t size);

/* How many findings there were (rules that drivers broke without stopping the machine); the latest.
 */
uint32_t wdmsim_pnp_reports(const struct machine *machine);
const char *wdmsim_pnp_last_report(const struct machine *machine);

/* Calls `changed` whenever a node's state changes; it must not run the machine. NULL: nobody. */
typedef void wdmsim_node_observer(void *context, uint32_t node, enum wdmsim_node_state state);
void wdmsim_observe_nodes(struct machine *machine, wdmsim_node_observer *changed, void *context);

#ifdef __cplusplus
}
#endif
#endif
