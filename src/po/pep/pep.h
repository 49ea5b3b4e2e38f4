/*
 * Platform extension plug-ins from inside: what the files of this folder share, and the few points
 * where the rest of the power manager calls them. pep.c tells how the parts work together.
 *
 * Functions are called on a simulated processor at PASSIVE_LEVEL unless said otherwise.
 */
#ifndef PO_PEP_PEP_H
#define PO_PEP_PEP_H

#include <pepfx.h>

#include <wdmsim/pep.h>

#include "ex/ex.h"
#include "po/fx/fx.h"

#define PEP_TAG 0x20706550u /* "Pep " */
#define PEP_PLUGINS 8u
#define PEP_CLAIM_BUCKETS 256u
#define PEP_PLUGIN_SIGNATURE 0x506c7567u
#define PEP_DEVICE_SIGNATURE 0x44657670u

/* A registered plug-in; its handle is its address. */
struct pep_plugin {
    ULONG signature;
    ULONGLONG flags; /* PEP_FLAG_… */
    PEPCALLBACKNOTIFYDPM *dpm;
    PEPCALLBACKNOTIFYPPM *ppm;
    PEPCALLBACKNOTIFYACPI *acpi;
    const char *name; /* of its driver */
    WORK_QUEUE_ITEM work;
    ULONG work_due; /* RequestWorker calls not yet answered */
    bool working;   /* `work` is queued or runs */
    bool offered;   /* the processors were */
};

/*
 * A registration that a plug-in accepted: a driver's device (fx), a core device, or a processor.
 * The plug-in knows it by `handle`, calls the framework by pep_handle.
 */
struct pep_device {
    ULONG signature;
    struct pep_plugin *plugin; /* of a core device that nobody accepted: NULL */
    PEPHANDLE handle;
    LIST_ENTRY link; /* pep_part.devices, in order of registration */
    struct fx_device *fx;
    struct pep_processor *processor;
    struct pep_core *core;
    ULONG serial; /* of the device node, 0 for others */
    ULONG component_count;
    UNICODE_STRING id;
    bool started;    /* told DEVICE_STARTED */
    bool controlled; /* told POWER_CONTROL_REQUEST */
    bool debugger;
    bool automatic; /* the framework powers the debugger */
    PEPCALLBACKPOWERONCRASHDUMPDEVICE *power_on;
    /* Per platform idle state; NULL until asked for. F states: [component * count + state]. */
    ULONG constraint_count;
    DEVICE_POWER_STATE *d_minimum;
    ULONG *f_minimum;
    struct pep_set **sets; /* per component with performance states (perf.c) */
};

/* A device that a plug-in prepared: its future registration is that plug-in's. */
struct pep_claim {
    struct pep_claim *next; /* in its bucket */
    struct pep_plugin *plugin;
    ULONG serial;
    UNICODE_STRING id;
};

/* Veto counts of an idle state: by reason 1 … `reasons`, any other reason in the last element. */
struct pep_vetoes {
    ULONG reasons;
    LONG *counts;
    ULONG active; /* elements above 0 */
};

struct pep_part {
    struct pep_plugin *plugins[PEP_PLUGINS];
    unsigned plugin_count;
    LIST_ENTRY devices;
    struct pep_claim *claims[PEP_CLAIM_BUCKETS];
    struct pep_platform *platform; /* processors and what they share; NULL before the first */
    struct pep_acpi *acpi;
    uint64_t refused_work, idle_reports;
};

/* ---- pep.c: notifications ---- */

/*
 * Send one: the plug-in's answer. `data` is compared afterwards with what it was where the plug-in
 * may only read; that, a changed IRQL and the refusal of what is mandatory are bug checks. `d` may
 * be NULL. DPM ones at the level of the caller, which the table of the notification bounds.
 */
BOOLEAN pep_dpm(struct machine *m, struct pep_plugin *plugin, struct pep_device *d, ULONG id,
                void *data);
BOOLEAN pep_ppm(struct machine *m, struct pep_plugin *plugin, struct pep_device *d, ULONG id,
                void *data);
BOOLEAN pep_acpi(struct machine *m, struct pep_plugin *plugin, ULONG id, void *data);
/* A DPM notification at DISPATCH_LEVEL from a lower one. */
BOOLEAN pep_dpm_at_dispatch(struct machine *m, struct pep_device *d, ULONG id, void *data);
/* A plug-in answered with a value that is none: bug check 0xA0/0x706. `tag` names the field. */
_Noreturn void pep_illegal(struct machine *m, ULONG id, const char *tag, ULONG_PTR value,
                           const char *what);
/* For the host: fn(m, context) on a thread of the machine; runs it till that has returned. */
typedef void pep_call(struct machine *m, void *context);
int pep_perform(struct machine *m, pep_call *fn, void *context);

/* ---- handles ---- */

static inline POHANDLE pep_handle(const struct pep_device *d) {
    return d->fx ? (POHANDLE)(void *)d->fx : (POHANDLE)(void *)d;
}
/* The registration behind what a plug-in passed, or NULL. */
struct pep_device *pep_device_of(struct machine *m, POHANDLE handle);
struct pep_device *pep_device_by_node(struct machine *m, ULONG serial);
bool pep_is_plugin(struct machine *m, POHANDLE handle);

/* ---- device.c: what the framework asks (struct fx_plugin), and a device's life ---- */

extern const struct fx_plugin pep_fx_plugin;
/* Sends REGISTER_DEVICE to a plug-in: a registration if it accepts, else NULL. */
struct pep_device *pep_device_register(struct machine *m, struct pep_plugin *plugin,
                                       const UNICODE_STRING *id, struct pep_device *blank,
                                       PEP_DEVICE_REGISTER_V2 *description);
void pep_device_observe(struct machine *m, struct pnp_node *node, enum pnp_event event);
UNICODE_STRING pep_text(struct machine *m, const char *utf8);

/* ---- perf.c ---- */

NTSTATUS pep_perf_register(struct machine *m, struct fx_device *d, ULONG component,
                           const PO_FX_COMPONENT_PERF_INFO *in, PPO_FX_COMPONENT_PERF_INFO *out);
enum fx_answer pep_perf_request(struct machine *m, struct fx_device *d, ULONG component,
                                ULONG count, const PO_FX_PERF_STATE_CHANGE *changes);
bool pep_perf_query(struct machine *m, struct fx_device *d, ULONG component, ULONG set,
                    ULONGLONG *current);

/* ---- work.c, kernel.c, core.c: what plug-ins call ---- */

POFXCALLBACKREQUESTWORKER pep_request_worker;
POFXCALLBACKENUMERATEUNMASKEDINTERRUPTS pep_enumerate_interrupts;
POFXCALLBACKPROCESSORHALT pep_processor_halt;
POFXCALLBACKREQUESTINTERRUPT pep_request_interrupt;
POFXCALLBACKCRITICALRESOURCE pep_critical_resource;
POFXCALLBACKPROCESSORIDLEVETO pep_processor_veto;
POFXCALLBACKPLATFORMIDLEVETO pep_platform_veto;
POFXCALLBACKUPDATEPROCESSORIDLESTATE pep_update_processor;
POFXCALLBACKUPDATEPLATFORMIDLESTATE pep_update_platform;
POFXCALLBACKREQUESTCOMMON pep_request_common;
void pep_work_start(struct pep_plugin *plugin);
/* Descriptors to the bytes of a _CRS buffer. */
NTSTATUS pep_convert_resources(PPEP_ACPI_REQUEST_CONVERT_TO_BIOS_RESOURCES request);

/* ---- platform.c: processors, and what the platform's idle states ask of devices ---- */

/* The simulated processors are offered to plug-ins by a worker. <= DISPATCH_LEVEL. */
void pep_processors_offer(struct machine *m);
/* The plug-in is asked for a processor's performance limit. False: it has none. */
bool pep_query_limit(struct machine *m, struct pep_processor *p);
/* Asks for a device's constraints if platform states are known. */
void pep_constraints_query(struct machine *m, struct pep_device *d);
void pep_constraints_free(struct machine *m, struct pep_device *d);

/* ---- acpi.c ---- */

/* Work about an ACPI device: true if `handle` is one of the plug-in's. */
bool pep_acpi_notify(struct machine *m, struct pep_plugin *plugin,
                     const PEP_WORK_ACPI_NOTIFY *work);
bool pep_acpi_method_done(struct machine *m, struct pep_plugin *plugin,
                          const PEP_WORK_ACPI_EVALUATE_CONTROL_METHOD_COMPLETE *work);

/* ---- for the rest of the power manager ---- */

/* The machine enters (leaves) a system power state; every processor's plug-in is told. */
void pep_system_state(struct machine *m, SYSTEM_POWER_STATE state, bool enter);

void pep_start(struct machine *m);

#endif
