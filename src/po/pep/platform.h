/*
 * Processors of plug-ins, their idle states, and the states of the whole platform: what
 * processor.c, platform.c, idle.c and performance.c share.
 */
#ifndef PO_PEP_PLATFORM_H
#define PO_PEP_PLATFORM_H

#include "ki/interrupt.h"
#include "ki/processor.h"
#include "po/pep/pep.h"

#define PEP_PLATFORM_STATES 16u /* platform or coordinated */
#define PEP_DEPENDENCIES 64u    /* of one state */
#define PEP_OPTIONS 16u         /* of one coordinated dependency */
#define PEP_STATE_RUNNING 0xFFu /* a processor that is not idle */

struct pep_idle_state {
    PEP_PROCESSOR_IDLE_STATE_V2 given;
    const char *name; /* or "" */
    struct pep_vetoes vetoes;
    uint64_t count, time; /* times entered, ns in it */
};

struct pep_processor {
    struct pep_device *device; /* the plug-in's registration */
    struct ki_processor *cpu;
    PEP_PPM_QUERY_CAPABILITIES capabilities;
    struct pep_idle_state *states;
    ULONG state_count;
    bool states_known;
    PEP_PROCESSOR_FEEDBACK_COUNTER *counters;
    PEP_PPM_QUERY_PERF_CAPABILITIES perf;
    PEP_PPM_PERF_CONSTRAINTS limit;
    PEP_PPM_QUERY_DOMAIN_INFO domain;
    PEP_PROCESSOR_PERF_STATE *discrete;
    bool parked;
    /* Going idle. */
    UCHAR state;               /* the one it is in, or PEP_STATE_RUNNING */
    bool asked_halted, halted; /* IS_PROCESSOR_HALTED was sent in this transition; its answer */
    bool wake_started;         /* INITIATE_WAKE likewise */
    KDPC wake;
    uint64_t since;
    uint64_t pre_executed, executed, completed, vetoed, failed;
};

/* What a platform or coordinated state needs of one processor (target) or of lighter states (NULL).
 */
struct pep_dependency {
    struct pep_processor *target;
    ULONG count;
    PEP_COORDINATED_DEPENDENCY_OPTION options[PEP_OPTIONS];
    bool deeper; /* a deeper state than an option's will do, too */
};
struct pep_platform_state {
    const char *name;
    struct pep_processor *initiator; /* NULL: any */
    ULONG initiating_state;
    ULONG latency, break_even; /* 100 ns */
    struct pep_dependency *dependencies;
    ULONG dependency_count;
    bool whole; /* every processor is bound to be idle in it */
    struct pep_vetoes vetoes;
    bool entered;
    uint64_t count, time, since;
};

struct pep_subsystem {
    PVOID handle;
    UNICODE_STRING parent, name;
    WCHAR parent_text[64], name_text[64];
    ULONG metadata;
};

struct pep_platform {
    struct pep_plugin *plugin; /* whose the platform states are: that of the first processor */
    struct pep_processor *processors[KI_MAX_PROCESSORS]; /* by number; NULL: nobody's */
    unsigned processor_count;
    bool coordinated, states_known;
    struct pep_platform_state states[PEP_PLATFORM_STATES];
    ULONG state_count;
    ULONG reasons; /* of vetoes; 0: not declared */
    const char **reason_names;
    ULONGLONG latency;        /* tolerated by the system, 100 ns */
    PEP_PPM_CST_STATE cst[8]; /* what the firmware says */
    ULONG cst_count;
    struct pep_subsystem *subsystems[PEP_PLATFORM_STATES];
    ULONG subsystem_counts[PEP_PLATFORM_STATES];
    WORK_QUEUE_ITEM work; /* offers the processors */
    bool working;
    bool ready; /* processors may go idle */
};

/* Counts for a state's vetoes. False without memory. (vetoes.c) */
bool pep_vetoes_make(struct machine *m, struct pep_vetoes *vetoes, ULONG reasons);
/* A name that a plug-in gives in two steps, size in characters first; "" if it gives none. */
const char *pep_state_name(struct machine *m, struct pep_processor *p, ULONG notification,
                           ULONG index);
/* Everything about one processor is asked (processor.c); about the platform (platform.c). */
void pep_processor_query(struct machine *m, struct pep_processor *p);
void pep_platform_query(struct machine *m);
/* Why its plug-in may veto a state; before any state is asked about. */
void pep_reasons_query(struct machine *m);
/* The processor whose plug-in speaks for the platform. */
struct pep_processor *pep_first_processor(struct machine *m);
/* What the firmware says of C-states goes to the plug-in. */
void pep_tell_cst(struct machine *m, struct pep_processor *p);
/* True if every device is where a platform state wants it. */
bool pep_devices_allow(struct machine *m, ULONG state);
/* Who keeps the platform from its states is asked (subsystems.c). */
void pep_subsystems_query(struct machine *m);
/* Processors may go idle through their plug-ins (idle.c). */
void pep_idle_start(struct machine *m);

#endif
