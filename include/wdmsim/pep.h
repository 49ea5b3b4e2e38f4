/*
 * Platform extension plug-ins: what a host plays for them and sees of them.
 *
 * A driver that calls PoFxRegisterPlugin owns what it accepts: devices, the processors, and devices
 * of the ACPI namespace. The namespace has what the host puts there; a plug-in that claims a device
 * of it supplies its control methods.
 *
 * Functions may be called from the host or from a thread of the machine at PASSIVE_LEVEL; they run
 * the machine until the plug-in has answered. Processors are offered as "ACPI\WDMSIM_-_X64\_0" and
 * so on. Times of idle states are 100 ns units where they are the plug-in's, nanoseconds where they
 * are measured.
 */
#ifndef WDMSIM_PEP_H
#define WDMSIM_PEP_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the ACPI namespace ---- */

/*
 * A device appears, "\\_SB.I2C1": it is offered to the plug-ins (prepare, register, enumerate the
 * namespace, ask about each object and the control resources). 0: one has claimed it. NOT_FOUND:
 * none has, and the device is not kept. BUSY: it is there already; INVALID, NO_MEMORY, STOPPED.
 */
int wdmsim_acpi_device_add(struct machine *machine, const char *name);
/* It goes: unregister, abandon. NOT_FOUND. */
int wdmsim_acpi_device_remove(struct machine *machine, const char *name);

struct wdmsim_acpi_object {
    char name[5];
    uint32_t type;            /* 0: method, 1: device */
    uint32_t inputs, outputs; /* arguments of a method */
    uint32_t flags;
};
/* The objects that the plug-in has under a device; writes at most `capacity`. The number, or
 * NOT_FOUND. */
int wdmsim_acpi_objects(struct machine *machine, const char *name,
                        struct wdmsim_acpi_object *objects, size_t capacity);

/*
 * Evaluates a method of a device, "_HID". `input` are packed ACPI_METHOD_ARGUMENTs, as are the
 * results: *size bytes of room, then bytes written. *status is the method's NTSTATUS. NOT_FOUND: no
 * such device or the plug-in has no such method; TIMED_OUT: it never completed it.
 */
int wdmsim_acpi_evaluate(struct machine *machine, const char *name, const char *method,
                         const void *input, size_t input_size, uint32_t input_count, void *output,
                         size_t *size, uint32_t *status);

/* How many Notify events the plug-in has raised on a device, and the code of the last; or
 * NOT_FOUND. */
int wdmsim_acpi_notifications(struct machine *machine, const char *name, uint32_t *last);
/* The bytes of the device's control resources, as the plug-in gave them; their number, or
 * NOT_FOUND. */
int wdmsim_acpi_control_resources(struct machine *machine, const char *name, void *bytes,
                                  size_t capacity);

/* ---- processors and the platform ---- */

#define WDMSIM_PLATFORM_STATE_NONE 0xFFFFFFFFu

struct wdmsim_idle_state {
    const char *name; /* "" if the plug-in gave none */
    uint32_t latency, break_even;
    uint32_t vetoes; /* reasons in force */
    uint64_t count, time;
};
/*
 * The idle states of a processor, lightest first: their number, or NOT_FOUND if no plug-in owns it.
 * The state it is in: *present, ~0u while it runs.
 */
int wdmsim_pep_idle_states(struct machine *machine, unsigned processor,
                           struct wdmsim_idle_state *states, size_t capacity, uint32_t *present);
/* The platform's (or the coordinated) idle states; their number. */
int wdmsim_pep_platform_states(struct machine *machine, struct wdmsim_idle_state *states,
                               size_t capacity);
/* What the plug-in has measured itself, per platform state: residency and transitions; NOT_FOUND.
 */
int wdmsim_pep_platform_residency(struct machine *machine, uint64_t *residencies,
                                  uint64_t *transitions, size_t count);
/* The name of a veto reason, from 1; NULL if the plug-in declared none. */
const char *wdmsim_pep_veto_name(struct machine *machine, uint32_t reason);

/* An ACPI Notify on a processor: 0x81, its C-states have changed. NOT_FOUND. */
int wdmsim_pep_processor_notify(struct machine *machine, unsigned processor, uint32_t code);

/* The system tolerates another latency, 100 ns units; all plug-ins are told. */
int wdmsim_pep_system_latency(struct machine *machine, uint64_t latency);

struct wdmsim_pep_performance {
    uint32_t highest, nominal, lowest_nonlinear, lowest;
    uint32_t domain, members;
    uint32_t guaranteed, reasons; /* the limit in force */
    uint32_t coordination;        /* of the domain: 0 SW_ALL, 1 SW_ANY, 2 HW_ALL */
    uint32_t discrete;            /* number of discrete states */
};
/* NOT_FOUND: no plug-in owns the processor, or it has no performance states. */
int wdmsim_pep_performance(struct machine *machine, unsigned processor,
                           struct wdmsim_pep_performance *performance);
/*
 * Sets the performance of a processor's whole domain (of states: indexes into the discrete ones).
 * INVALID: out of the range the plug-in gave; NOT_FOUND.
 */
int wdmsim_pep_set_performance(struct machine *machine, unsigned processor, uint32_t minimum,
                               uint32_t maximum, uint32_t desired, uint32_t window_ms);
/* A feedback counter: the value, or nominal and actual count. NOT_FOUND. */
int wdmsim_pep_feedback(struct machine *machine, unsigned processor, uint32_t counter,
                        uint64_t values[2]);
/*
 * One evaluation of the processors' performance: `unparked` of them shall stay in use; the plug-in
 * says which it would rather park. Afterwards *parked has their bits. NOT_FOUND: no plug-in parks.
 */
int wdmsim_pep_check_performance(struct machine *machine, unsigned unparked, uint64_t *parked);

/* ---- devices ---- */

/* A registered device may be the debugger's port. NOT_FOUND: no plug-in owns the device node. */
int wdmsim_pep_debugger(struct machine *machine, uint32_t node);

struct wdmsim_pep_subsystem {
    const char *parent, *name;
    uint64_t blocking_time;  /* as the plug-in counts it */
    uint32_t metadata;       /* pairs */
    const char *key, *value; /* the first pair, or "" */
};
/* What kept the platform from an idle state since the last reset; number of subsystems, or
 * NOT_FOUND. */
int wdmsim_pep_subsystems(struct machine *machine, uint32_t platform_state,
                          struct wdmsim_pep_subsystem *subsystems, size_t capacity);
int wdmsim_pep_reset_subsystems(struct machine *machine, uint32_t platform_state);

/* Power control requests of plug-ins that the framework answered, and work notifications refused.
 */
uint64_t wdmsim_pep_refused_work(struct machine *machine);

#ifdef __cplusplus
}
#endif
#endif
