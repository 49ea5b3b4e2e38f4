/*
 * Threads and the scheduler's view of them.
 *
 * struct _KTHREAD is what drivers know as an opaque PKTHREAD; _ETHREAD (src/ps) begins with it. A
 * thread is one fiber; its processor is the one whose `thread` it is. States follow NT:
 * INITIALIZED, READY, RUNNING, WAITING, TERMINATED.
 */
#ifndef KI_THREAD_H
#define KI_THREAD_H

#include "ki/machine.h"

enum ki_thread_state {
    KI_THREAD_INITIALIZED,
    KI_THREAD_READY,
    KI_THREAD_RUNNING,
    KI_THREAD_WAITING,
    KI_THREAD_TERMINATED,
};

struct _KTHREAD {
    DISPATCHER_HEADER Header; /* signaled when the thread has ended */
    struct ki_fiber fiber;
    LIST_ENTRY ready_link; /* in machine.ready[priority] */
    UCHAR state;
    CHAR previous_mode;
    CHAR wait_mode;
    BOOLEAN alertable;
    BOOLEAN alerted[MaximumMode];
    BOOLEAN user_apc_pending;
    BOOLEAN kernel_apc_active; /* a normal kernel APC runs */
    BOOLEAN apc_queueable;
    BOOLEAN system_affinity; /* affinity was set by KeSetSystemAffinityThread and its kin */
    BOOLEAN in_threaded_dpc; /* it runs a threaded DPC's routine */
    BOOLEAN user;            /* a program's: its previous mode is UserMode while start runs */
    BOOLEAN stack_locked;    /* KeSetKernelStackSwapEnable(FALSE) */
    BOOLEAN outside;         /* it speaks for the host: not asleep with the system */
    UCHAR ideal_processor;   /* preferred when idle; KI_MAX_PROCESSORS: none */
    USHORT expansions;       /* calls in progress on stacks other than its own */
    KIRQL wait_irql;         /* IRQL to return to when the wait ends */
    SHORT kernel_apc_disable;
    SHORT special_apc_disable;
    KPRIORITY priority, base_priority;
    KAFFINITY affinity, user_affinity;
    struct ki_processor *processor; /* last or current */
    LIST_ENTRY apcs[MaximumMode];

    /* The wait in progress: a ring of wait blocks through NextWaitBlock. */
    KWAIT_BLOCK own_blocks[THREAD_WAIT_OBJECTS + 1];
    PKWAIT_BLOCK wait_list;
    NTSTATUS wait_status;
    KWAIT_REASON wait_reason;
    struct ki_clock_node timeout;
    uint64_t wait_start;
    BOOLEAN wait_next; /* KeSetEvent(…, Wait = TRUE): IRQL stays raised up to the wait that must
                          follow */

    PXSTATE_SAVE saved_state; /* the innermost KeSaveExtendedProcessorState that was not restored */
    LIST_ENTRY mutants;       /* owned mutexes, through MutantListEntry */
    PKQUEUE queue;            /* the KQUEUE it was last associated with */
    LIST_ENTRY queue_link;
    PLIST_ENTRY queue_entry; /* handed to it while it waited there */
    PEPROCESS process;       /* whose address space it sees now */
    PEPROCESS own_process;

    PKSTART_ROUTINE start;
    PVOID start_context;
    void (*returned)(PKTHREAD thread); /* called when start returns; ends the thread */
    NTSTATUS exit_status;
    uint64_t run_time;  /* ns of virtual time it has run */
    uint64_t run_start; /* since when it has been running */
    uint32_t serial;
    const char *name;
};

static inline PKTHREAD ki_current_thread(struct machine *m) { return m->cpu->thread; }

/*
 * Prepares a thread that will run start(context) at PASSIVE_LEVEL; it owns a stack from here on.
 * False without memory. The memory of the thread is the caller's, zeroed. `name` lives as long as
 * the machine.
 */
bool ki_thread_initialize(struct machine *m, PKTHREAD thread, PEPROCESS process,
                          PKSTART_ROUTINE start, PVOID context, const char *name);
/* Makes an initialized thread ready for the first time. */
void ki_thread_start(struct machine *m, PKTHREAD thread);
/* Ends the calling thread: signals it and never returns. `reap(thread)` runs on another stack once
 * its own is unused. */
_Noreturn void ki_thread_exit(struct machine *m, NTSTATUS status,
                              void (*reap)(struct machine *m, PKTHREAD thread));

/* Makes a thread ready, on a processor that is idle or runs something of lower priority where there
 * is one. */
void ki_ready_thread(struct machine *m, PKTHREAD thread, KPRIORITY increment);
/* The calling thread has set up its wait: runs something else until it is made ready. Called at
 * DISPATCH_LEVEL. */
void ki_block(struct machine *m);
/* Gives the processor to another ready thread of the same or a higher priority, if any. */
bool ki_yield_thread(struct machine *m);
/* Changes a thread's priority, with everything that follows from it. */
void ki_set_priority(struct machine *m, PKTHREAD thread, KPRIORITY priority);
/* Applies a changed affinity: moves the thread away from a processor it may not use. */
void ki_apply_affinity(struct machine *m, PKTHREAD thread);

#endif
