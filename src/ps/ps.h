/*
 * Processes and threads as objects: identifiers, lists, life and death.
 *
 * A process is struct _KPROCESS (PEPROCESS is a pointer to it), a thread struct _ETHREAD, which
 * begins with ki's _KTHREAD. The system process, number 4, owns the kernel's threads and the kernel
 * handles; a user process owns user threads, whose previous mode is UserMode and which end at the
 * next return from a system service after somebody has ended them.
 */
#ifndef PS_PS_H
#define PS_PS_H

#include "ki/machine.h"
#include "ki/thread.h"
#include "ob/ob.h"

/* Links an identifier's owner into the table of identifiers. */
struct ps_id {
    struct ps_id *next;
    HANDLE value;
    bool is_thread;
};

struct _KPROCESS {
    struct ob_process ob; /* DISPATCHER_HEADER first: signaled when the process has ended */
    struct ps_id id;      /* id.value is the process identifier */
    LIST_ENTRY link;      /* all processes */
    HANDLE parent_id;
    USHORT group; /* processor group of its first thread */
    const char *name;
    LIST_ENTRY threads; /* _ETHREAD.process_link: those that have not ended */
    ULONG thread_count;
    bool system;  /* runs kernel threads only */
    bool exiting; /* takes no more threads */
    bool exited;
    bool announced; /* the notify routines know of it, so they hear of its end */
    bool mapped;    /* its first thread has begun, so its image is there */
    NTSTATUS exit_status;
    LONGLONG create_time, exit_time; /* system time, 100 ns */
    ULONGLONG start_key;
    PACCESS_TOKEN token;                       /* referenced */
    uint64_t ended_run_time;                   /* ns that its ended threads ran */
    SIZE_T pool_charge[2];                     /* bytes, nonpaged and paged */
    ULONG64 disk_bytes[2], disk_operations[3]; /* read, written, flushed */
    UNICODE_STRING image;                      /* "\??\C:\name" in memory of the machine */
};

struct _ETHREAD {
    struct _KTHREAD tcb;
    struct ps_id id; /* id.value is the thread identifier */
    LIST_ENTRY process_link;
    LIST_ENTRY irps;   /* in flight, through IRP.ThreadListEntry */
    PEPROCESS process; /* it belongs to, referenced */
    PKSTART_ROUTINE start;
    PVOID start_context;
    bool system_routine; /* made by PsCreateSystemThread: runs with normal kernel APCs off */
    bool announce; /* its creation is still to be told to the notify routines, in its own context */
    bool worker;   /* of ex's work queues: only ex ends it */
    bool terminating; /* told to end, or ending */
    bool exited;
    NTSTATUS exit_status;
    LONGLONG create_time, exit_time;
    PACCESS_TOKEN impersonation; /* referenced, or NULL */
    SECURITY_IMPERSONATION_LEVEL impersonation_level;
    PDEVICE_OBJECT verify_device; /* whose medium may have changed: IoSetDeviceToVerify */
    bool hard_errors_off;         /* the user is not told of errors: IoSetThreadHardErrorMode */
    bool copy_on_open, effective_only;
    void *top_level_irp; /* IoSetTopLevelIrp */
    void *io_object;     /* of IoCreateSystemThread, referenced */
    uint64_t teb;        /* user address; made when somebody asks for it, 0 before */
};

struct ps_id_table;
struct ps_part {
    PEPROCESS system; /* pid 4 */
    PEPROCESS idle;   /* pid 0: what idle processors' threads belong to */
    PEPROCESS user;   /* the default user process */
    LIST_ENTRY processes;
    struct ps_id_table *ids;
    ULONG next_id;
    ULONGLONG next_start_key;
    USHORT next_group;     /* whose turn it is to take a new process */
    bool adding_processor; /* a thread is at it */
    LIST_ENTRY process_notify, thread_notify, image_notify; /* in order of registration */
    /*
     * Set by io. Called in the context of a thread that ends, at PASSIVE_LEVEL, before its handles
     * go: cancels the IRPs in thread->irps and returns when none is left.
     */
    void (*thread_io_exit)(struct machine *m, PETHREAD thread);
};

static inline PETHREAD ps_thread_of(PKTHREAD thread) {
    return CONTAINING_RECORD(thread, struct _ETHREAD, tcb);
}
/* The thread the current processor runs. Not for idle threads, which are no ETHREADs. */
static inline PETHREAD ps_current_thread(struct machine *m) { return ps_thread_of(m->cpu->thread); }
/* Whose address space the current thread sees; and to whom it belongs. */
static inline PEPROCESS ps_current_process(struct machine *m) { return m->cpu->thread->process; }
/* struct wdmsim_process of the host API; NULL is the default user process. */
struct wdmsim_process;
static inline PEPROCESS ps_process_of(struct machine *m, struct wdmsim_process *process) {
    return process ? (PEPROCESS)(void *)process : m->ps->user;
}

extern const struct ob_type ps_process_type, ps_thread_type;

/*
 * A thread that runs start(context), ready at once. `process` NULL: the system process. A user-mode
 * thread has previous mode UserMode and can be ended from outside. `name` lives as long as the
 * machine. *thread, unless NULL, is referenced for the caller. STATUS_INSUFFICIENT_RESOURCES,
 * STATUS_PROCESS_IS_TERMINATING.
 */
NTSTATUS ps_thread_create(struct machine *m, PEPROCESS process, PKSTART_ROUTINE start,
                          PVOID context, const char *name, bool user_mode, PETHREAD *thread);
/* Ends the calling thread: I/O is cancelled, notify routines run; with the last thread the process
 * ends. PASSIVE_LEVEL. */
_Noreturn void ps_thread_exit(struct machine *m, NTSTATUS status);
/* Asks a user thread to end: interrupts its UserMode wait (STATUS_USER_APC), unless it waits in a
 * critical or guarded region (kernel/waits-and-apcs); it ends when it leaves its system service. */
void ps_thread_terminate(struct machine *m, PETHREAD thread, NTSTATUS status);
/* At the end of a system service (see ob_leave_service): a user thread that was told to end does so
 * here. */
static inline void ps_leave_service(struct machine *m) { ob_leave_service(m, STATUS_SUCCESS); }

/*
 * A process without threads. `name` is its file name ("app.exe"); `parent` NULL: the system
 * process. STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS ps_process_create(struct machine *m, const char *name, PEPROCESS parent,
                           PEPROCESS *process);
/* Ends all its user threads; the last one to go closes its handles. Returns at once. */
void ps_process_terminate(struct machine *m, PEPROCESS process, NTSTATUS status);

/* By identifier, referenced, or NULL. Ended ones are found as long as somebody references them. */
PETHREAD ps_thread_find(struct machine *m, HANDLE id);
PEPROCESS ps_process_find(struct machine *m, HANDLE id);
/* Idle processors run threads of ki's that are no objects. */
static inline bool ps_is_idle_thread(const struct _KTHREAD *thread) { return thread->serial == 0; }

/*
 * Tells the load-image notify routines of an image that was mapped, before its entry point is
 * called; process NULL: a driver. Called in a thread, at PASSIVE_LEVEL.
 */
void ps_image_loaded(struct machine *m, PEPROCESS process, const UNICODE_STRING *name,
                     const void *base, SIZE_T size);

/* Every registered notify routine, of whatever kind. */
void ps_visit_notify(struct machine *m, void (*visit)(void *context, const void *routine),
                     void *context);

void ps_start(struct machine *m);

#endif
