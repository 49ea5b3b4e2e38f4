/*
 * The machine: a simulated computer on which Windows kernel drivers run.
 *
 * A machine has processors, threads, interrupts, memory and a virtual clock, all inside the calling OS thread and all
 * determined by its configuration. It does nothing by itself: the host runs it for a while and looks at the result.
 *
 *     struct machine *m;
 *     struct wdmsim_config config = WDMSIM_CONFIG_DEFAULT;
 *     wdmsim_machine_create(&config, &m);
 *     wdmsim_driver_load(m, "echo", "build/echo.sys", &driver);
 *     wdmsim_advance(m, 10 * WDMSIM_MS);
 *     if (wdmsim_machine_stop(m)) …          // a bug check
 *     wdmsim_machine_destroy(m);
 *
 * An OS thread has one current machine at a time, the one created last. Functions that run the machine
 * (wdmsim_settle, wdmsim_advance, …) may be called from the host or from a thread of the machine (a test body): in the
 * second case the calling simulated thread waits while the others run.
 */
#ifndef WDMSIM_MACHINE_H
#define WDMSIM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wdmsim/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct machine;

/* Units of virtual time: nanoseconds. */
#define WDMSIM_NS 1ull
#define WDMSIM_US 1000ull
#define WDMSIM_MS 1000000ull
#define WDMSIM_S 1000000000ull
#define WDMSIM_FOREVER UINT64_MAX

enum wdmsim_strategy {
    WDMSIM_STRATEGY_FIRST,  /* every choice takes its first alternative: no preemption without a reason */
    WDMSIM_STRATEGY_RANDOM, /* alternatives drawn from the seed */
    WDMSIM_STRATEGY_REPLAY, /* alternatives read from a choice log */
    WDMSIM_STRATEGY_ASK,    /* alternatives chosen by the host, see wdmsim/choice.h */
};

/* Checks and instruments that cost time; the default has WDMSIM_CHECK_RULES. */
#define WDMSIM_CHECK_RULES 0x1u   /* IRQL and precondition checks at the entry of every routine */
#define WDMSIM_GUARD_POOL 0x2u    /* every pool block ends at an inaccessible page and is never reused */
#define WDMSIM_GUARD_PAGED 0x4u   /* paged memory is inaccessible at DISPATCH_LEVEL and above */
#define WDMSIM_LOG_CHOICES 0x8u   /* keep the choice log for replay */
#define WDMSIM_FAIL_POOL 0x10u    /* ask the strategy whether each allocation for a driver fails; see below */
#define WDMSIM_DEBUGGER 0x20u      /* a kernel debugger is attached that goes on after each breakpoint */
#define WDMSIM_GUARD_EXACT 0x80u /* with GUARD_POOL: a block ends at its last byte, whatever its alignment is then */
#define WDMSIM_NO_THREADED_DPC 0x40u /* threaded DPCs run as normal ones: ThreadDpcEnable is 0 in the registry */
#define WDMSIM_CHECK_LOCKS 0x100u /* remember where locks were acquired, and check their order; see below */

/*
 * WDMSIM_FAIL_POOL: memory that a driver asks for may be refused: pool, lookaside entries, IRPs, MDLs, work items and what
 * else is the driver's to free (an allocation that carries the address of the driver's code), and what a routine that it
 * calls makes for it, where failing is a documented result (IoCreateDevice, PoRequestPowerIrp, a mapping …). The routine
 * then fails as it does on Windows. What the kernel allocates on its own behalf is never refused: the IRPs of the PnP and
 * the power manager, device nodes, workers, the requests of a program. Nor is what the host asks for.
 */

/*
 * WDMSIM_CHECK_LOCKS: what deadlock detection does for a driver on Windows. Of every spin lock, reader-writer spin lock,
 * fast, guarded and kernel mutex, and exclusively owned resource it is known who holds it and which calls acquired it, and
 * reports about locks say so. Two locks that are taken in one order here and in the other there are a bug check
 * (DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1001) even if nobody ever waits; so are releases that do not fit (0x1004, 0x1007,
 * 0x1009), initialising or freeing a lock that is held (0x1005, 0x100B), and a thread that ends with one (0x100A). The
 * spin locks of interrupts, push locks, and those who share a resource are not followed.
 */

struct wdmsim_config {
    unsigned processors; /* 1 to 64; 0 means 1 */
    unsigned maximum_processors; /* with those that can be added while it runs; 0: no more than there are */
    unsigned group_size; /* processors of a processor group: a power of two up to 64; 0: one group of all */
    enum wdmsim_strategy strategy;
    uint64_t seed;            /* for WDMSIM_STRATEGY_RANDOM */
    const uint32_t *replay;   /* for WDMSIM_STRATEGY_REPLAY: the log … */
    size_t replay_length;     /* … and its number of entries */
    unsigned flags;           /* WDMSIM_CHECK_RULES … */
    size_t stack_size;        /* bytes of a kernel stack; 0: the default */
    int64_t boot_time;        /* system time at start, 100 ns since 1601-01-01 UTC; 0: 2026-01-01 */
    unsigned trace_slots;     /* 64-byte slots of the trace ring; 0: the default of 4096 */
};

#define WDMSIM_CONFIG_DEFAULT                                                                      \
    {                                                                                              \
        .processors = 1, .strategy = WDMSIM_STRATEGY_FIRST, .flags = WDMSIM_CHECK_RULES            \
    }

/*
 * Creates a machine and makes it the calling OS thread's current one. The memory is a reserved slot of address space, at
 * the same address in every run where the host allows it (wdmsim_machine_is_stable). NO_MEMORY, INVALID.
 */
int wdmsim_machine_create(const struct wdmsim_config *config, struct machine **machine);

/*
 * Ends a machine in whatever state it is, even one that stopped inside a driver, and gives its memory back. Nothing needs
 * to be closed or unloaded before. Accepts NULL. Not from a thread of the machine.
 */
void wdmsim_machine_destroy(struct machine *machine);

/* True if the machine's memory lies where every run puts it, so that addresses repeat from run to run. */
bool wdmsim_machine_is_stable(const struct machine *machine);

/*
 * Adds a processor to the running machine, as a user does who plugs one in: when the machine runs, a thread of the system
 * tells those who registered with KeRegisterProcessorChangeCallback, and unless one of them refuses the processor is
 * there. `*status`, if given, then has the outcome, an NTSTATUS: what the one who refused said, else 0; STATUS_PENDING
 * (0x103) until then. BUSY: there are maximum_processors, or one is just being added; NO_MEMORY, STOPPED.
 */
int wdmsim_processor_add(struct machine *machine, uint32_t *status);

/* Nanoseconds of virtual time since the machine was created. */
uint64_t wdmsim_time(const struct machine *machine);

/*
 * Runs the machine until nothing can go on without the clock moving: every processor is idle and nothing is due.
 * Returns 0 or STOPPED.
 */
int wdmsim_settle(struct machine *machine);

/*
 * Lets `duration` nanoseconds of virtual time pass, running whatever falls due, then settles. Returns 0 or STOPPED.
 */
int wdmsim_advance(struct machine *machine, uint64_t duration);

/*
 * Runs until `condition(context)` is true, letting at most `limit` nanoseconds pass. The condition is looked at whenever the
 * machine has settled. Returns 0, TIMED_OUT or STOPPED.
 */
int wdmsim_run_until(struct machine *machine, bool (*condition)(void *context), void *context, uint64_t limit);

/* Why a machine stopped. */
struct wdmsim_frame {
    uintptr_t address; /* of the instruction after the call */
    const char *image; /* path of the file it lies in, or NULL */
    uintptr_t offset;  /* from the start of that file's image */
    const char *symbol; /* nearest exported name at or before it, or NULL */
    uintptr_t symbol_offset;
};

#define WDMSIM_STOP_FRAMES 32
struct wdmsim_stop {
    uint32_t code;           /* bug check code */
    uint64_t parameters[4];  /* in their documented meaning */
    const char *name;        /* "IRQL_NOT_LESS_OR_EQUAL" */
    char explanation[512];   /* a sentence: what happened, in names rather than addresses */
    unsigned processor;
    unsigned irql;           /* at the time of the failure */
    uint32_t thread;         /* serial number of the thread, 0 if a processor was idle */
    uint64_t time;
    unsigned frame_count;    /* innermost first */
    struct wdmsim_frame frames[WDMSIM_STOP_FRAMES];
};

/* The bug check that stopped the machine, or NULL while it can run. Valid until the machine is destroyed. */
const struct wdmsim_stop *wdmsim_machine_stop(const struct machine *machine);

/* The name of a bug check code ("MULTIPLE_IRP_COMPLETE_REQUESTS"), or NULL. */
const char *wdmsim_bugcheck_name(uint32_t code);
/* The code of a bug check name; NOT_FOUND (negative) or the code. */
int64_t wdmsim_bugcheck_code(const char *name);

/* The name of an NTSTATUS ("STATUS_PENDING"), or NULL; and the reverse: true and *status if the name is known. */
const char *wdmsim_status_name(uint32_t status);
bool wdmsim_status_value(const char *name, uint32_t *status);

/* What is still allocated: pool blocks of drivers, IRPs in flight, objects they hold. */
struct wdmsim_leak {
    const char *kind;   /* "pool", "irp", "mdl", "device", "symbolic link", "thread", "timer", "work item", … */
    const char *owner;  /* name of the driver it belongs to, or "" */
    char tag[5];        /* of a pool block, else "" */
    uint64_t count;
    uint64_t bytes;
    char detail[128];   /* of the first one, in words */
};
/*
 * Lists what drivers that are already unloaded left behind (with `all`, what loaded ones hold too). Returns the number
 * found; writes at most `capacity` entries.
 */
size_t wdmsim_leaks(struct machine *machine, bool all, struct wdmsim_leak *leaks, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
