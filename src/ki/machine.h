/*
 * struct machine: everything mutable hangs off it, and it lies in its own arena.
 *
 * Every component has its own part, of a type that only the component knows; ki's own parts are
 * spelled out here because the hot paths of all components read them. `ki_machine` is the calling
 * OS thread's machine.
 */
#ifndef KI_MACHINE_H
#define KI_MACHINE_H

#include <ntifs.h>

#include <wdmsim/choice.h>
#include <wdmsim/device.h>
#include <wdmsim/machine.h>
#include <wdmsim/trace.h>

#include "ki/arena.h"
#include "ki/clock.h"
#include "ki/fiber.h"

#define KI_LIKELY(x) __builtin_expect(!!(x), 1)
#define KI_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define KI_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KI_MAX_PROCESSORS 64u
#define KI_PRIORITIES 32u

/* DISPATCHER_HEADER.Type, NT's numbers. */
enum ki_object_type {
    EventNotificationObject,
    EventSynchronizationObject,
    MutantObject,
    ProcessObject,
    QueueObject,
    SemaphoreObject,
    ThreadObject,
    GateObject,
    TimerNotificationObject,
    TimerSynchronizationObject,
};

/* What must hold, in every build; ends the process: it is our bug, never a driver's. */
#define KI_ASSERT(condition)                                                                       \
    (KI_LIKELY(condition) ? (void)0 : ki_assertion_failed(#condition, __FILE__, __LINE__))
#define KI_UNREACHABLE() ki_assertion_failed("unreachable", __FILE__, __LINE__)
_Noreturn void ki_assertion_failed(const char *condition, const char *file, int line);
/* Host memory is exhausted: the one place where that ends. */
_Noreturn void ki_no_memory(void);

/* Why the gate must take its slow path. */
enum {
    KI_ATTENTION_PENDING = 1, /* an interrupt, DPC or preemption may be deliverable */
    KI_ATTENTION_CHECK = 2,   /* routines' rules are checked */
    KI_ATTENTION_TRACE = 4,   /* calls are traced */
    KI_ATTENTION_EXPLORE = 8, /* other processors may move at any gate */
    KI_ATTENTION_CHARGE = 16, /* routines cost virtual time */
    KI_ATTENTION_IRQL = 32,   /* somebody watches the IRQL (irql_moved) */
    KI_ATTENTION_LOCKS = 64,  /* locks are followed (lock_log.h) */
};

/*
 * A function that looks at memory which a driver may have freed, in order to report just that:
 * AddressSanitizer must not stop it first.
 */
#define KI_LOOKS_AT_FREED __attribute__((no_sanitize("address")))

struct ki_interrupt_line;
struct ki_device_event;
struct ki_interned;
struct ki_lock_log;
struct ki_name_cache;
struct ki_trace_slot;
struct wdmsim_dpc;

/* A simulated processor. `pending` has bit i set when something waits to be delivered at IRQL i;
 * bit 0, which no IRQL lets through, stands for DPCs whose queue is worked on later (dpc.c). */
struct ki_processor {
    KIRQL irql;
    UCHAR number;
    BOOLEAN in_dpc;         /* a DPC routine is active */
    BOOLEAN reschedule;     /* a better thread than `thread` may be ready, or its slice ended */
    BOOLEAN slice_ended;    /* a ready thread of the same priority may run, too */
    BOOLEAN interrupts_off; /* the interrupt flag is clear: nothing is delivered at any IRQL */
    BOOLEAN idling;         /* inside machine.go_idle: whatever is requested wakes it */
    BOOLEAN halted;         /* it sleeps with its interrupts off */
    ULONG halts;            /* how often it was put to sleep */
    ULONG pending;
    ULONG masked;           /* what became pending meanwhile */
    PKTHREAD thread;        /* whose stack this processor uses */
    PKTHREAD idle;          /* what it runs when there is nothing */
    struct ki_fiber *fiber; /* of `thread` */
    LIST_ENTRY dpcs;        /* normal DPCs */
    LIST_ENTRY threaded_dpcs;
    PKTHREAD dpc_thread;            /* runs them; made when the first is queued */
    ULONG dpc_count;                /* of the normal ones */
    PKDEFERRED_ROUTINE dpc_routine; /* the one that runs */
    uint64_t dpc_start;             /* when it began */
    uint64_t
        high_time; /* ns spent at DISPATCH_LEVEL and above since it last did less, or nothing */
    const volatile ULONG_PTR *spinning; /* the lock word it waits for, or NULL */
    ULONG_PTR spinning_mask;            /* it can move when (*spinning & mask) == 0 */
    LIST_ENTRY interrupts;              /* requests of device interrupts routed here */
};

enum ki_state {
    KI_STATE_RUNNING,
    KI_STATE_STOPPED, /* at a bug check */
};

struct ki_chooser {
    enum wdmsim_strategy strategy;
    uint64_t random[2];
    const uint32_t *replay;
    size_t replay_length, replay_next;
    wdmsim_choose_fn *ask;
    void *ask_context;
    uint32_t *log;
    size_t log_length, log_capacity;
    bool diverged; /* a replay asked for a choice the log does not have */
};

struct ki_tracer {
    uint64_t mask;
    uint64_t sequence;
    wdmsim_trace_fn *sink;
    void *sink_context;
    struct ki_trace_slot *ring;
    uint32_t slots;
    uint32_t head, tail; /* slot numbers: where the next event goes, where the oldest starts */
    uint32_t end;        /* slots in use before the ring wraps */
    uint32_t events;     /* in the ring */
};

/* What the host watches and steers (wdmsim/dpc.h, wdmsim_after_delays). */
struct ki_hooks {
    bool dpcs; /* somebody holds or observes DPCs: they take the long way */
    bool dpcs_held;
    unsigned dpc_flushes; /* threads in KeFlushQueuedDpcs, which needs the held ones, too */
    PKDPC dpc_released;   /* the held one that may run */
    void (*on_dpc)(void *context, const struct wdmsim_dpc *dpc);
    void *on_dpc_context;
    uint64_t delays;       /* calls of the delaying routines that have ended */
    unsigned delay_events; /* device events that wait for some number of them */
};

struct machine {
    ULONG attention;          /* KI_ATTENTION_ bits: the gate's word */
    ULONG flags;              /* WDMSIM_CHECK_RULES … */
    struct ki_processor *cpu; /* the processor that moves now */
    uint64_t runnable; /* bit per processor that can move: busy, or idle with something pending */
    struct ki_clock clock;
    struct ki_tracer trace;
    struct ki_chooser chooser;
    struct ki_hooks hooks;
    uint64_t ready_summary; /* bit per priority with ready threads */
    LIST_ENTRY ready[KI_PRIORITIES];
    unsigned processor_count;   /* those that are there; their indexes are 0 and up */
    unsigned processor_maximum; /* with those that can be added */
    unsigned group_shift;       /* a group has 1 << this many (group.h) */
    enum ki_state state;
    PKTHREAD settler; /* waits until nothing can go on without the clock moving */
    PKTHREAD sleeper; /* has put the system to sleep and stands for it until it wakes (sleep.c) */
    bool woken;       /* the sleeper is to go on */
    PKTHREAD dying; /* ended, but its stack was still in use; given back by the next end or start */
    void (*dying_reap)(struct machine *m, PKTHREAD thread);
    /* An unstarted thread of the system process, made at any IRQL; NULL without memory. Set by
     * src/ps. */
    PKTHREAD (*make_dpc_thread)(struct machine *m, PKSTART_ROUTINE start, PVOID context);
    struct ki_fiber host;     /* the OS thread's own stack */
    struct ki_fiber *running; /* the fiber whose stack is in use: the host's or a thread's */
    void *seh;                /* innermost guarded block of the running fiber */
    size_t stack_size;
    int64_t boot_time; /* system time at clock.now == 0, 100 ns units */
    uint32_t next_thread, next_irp, next_object, next_request; /* serial numbers */
    struct wdmsim_stop stop;
    bool stopping; /* a bug check is being recorded: a second one ends it at once */
    void (*on_bugcheck)(struct machine *m); /* registered callbacks, or NULL */
    /* The moving processor's IRQL is another one now; NULL when nobody watches. With it goes
     * KI_ATTENTION_IRQL. */
    void (*irql_moved)(struct machine *m, KIRQL irql);
    /* The memory manager's opinion of an access violation: a bug check code and a sentence, or 0.
     */
    ULONG (*explain_fault)(struct machine *m, uintptr_t address, char *text, size_t size);
    /* Set by src/po or NULL. A processor has nothing to do: true if it has slept meanwhile, false:
     * it may just wait. */
    bool (*go_idle)(struct machine *m, struct ki_processor *cpu);
    /* Something is requested of a halted processor: true if another one will wake it
     * (ki_wake_halted). */
    bool (*must_be_woken)(struct machine *m, struct ki_processor *cpu);
    struct ki_arena arena;
    struct {
        char *next, *end;
    } control;          /* ki_alloc */
    char *stack_free;   /* free stacks of stack_size, linked through their highest word */
    char *segment_free; /* likewise, of the larger size that calls on another stack use */
    size_t stack_count;
    struct ki_interrupt_line *lines;
    struct ki_device_event *device_events, *device_events_free;
    int64_t next_device_event;
    struct ki_interned **interned;
    struct ki_name_cache *names;
    struct ki_lock_log *locks; /* NULL unless they are followed */

    /* Parts of the other components, each created by its NAME_start. */
    struct ke_part *ke;
    struct mm_part *mm;
    struct ex_part *ex;
    struct ob_part *ob;
    struct ps_part *ps;
    struct io_part *io;
    struct se_part *se;
    struct cm_part *cm;
    struct rtl_part *rtl;
    struct dbg_part *dbg;
    struct pnp_part *pnp;
    struct po_part *po;
    struct fx_part *fx;
    struct pep_part *pep;
    struct wmi_part *wmi;
    struct hal_part *hal;

    struct ki_processor processors[KI_MAX_PROCESSORS];
};

extern _Thread_local struct machine *ki_machine;

/* The machine of the calling context; a driver's code never runs without one. */
static inline struct machine *ki_self(void) { return ki_machine; }

#endif
