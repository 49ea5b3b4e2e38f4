/* What the files of ps share among themselves. */
#ifndef PS_INTERNAL_H
#define PS_INTERNAL_H

#include "ps/ps.h"

#define PS_TAG 0x20207350u /* "Ps  " */

/* Identifiers of threads and processes: one number space, multiples of 4. */
void ps_id_start(struct machine *m);
void ps_id_assign(struct machine *m, struct ps_id *id, bool is_thread);
void ps_id_release(struct machine *m, struct ps_id *id);

/* Notification routines (notify.c). A status that a routine sets refuses the process. */
void ps_notify_start(struct machine *m);
void ps_notify_process_created(struct machine *m, PEPROCESS process, HANDLE creator_process,
                               HANDLE creator_thread, NTSTATUS *status);
void ps_notify_process_exited(struct machine *m, PEPROCESS process);
enum ps_thread_event { PS_THREAD_CREATED, PS_THREAD_BEGINS, PS_THREAD_EXITS };
void ps_notify_thread(struct machine *m, PETHREAD thread, enum ps_thread_event event);

/* Everything ps_thread_create does not ask for. */
struct ps_thread_parameters {
    PEPROCESS process; /* NULL: the system process */
    PKSTART_ROUTINE start;
    PVOID context;
    const char *name;
    bool user;
    bool system_routine; /* _ETHREAD.system_routine */
    bool worker;         /* _ETHREAD.worker */
    void *io_object;     /* referenced until the thread has ended, or NULL */
};
/* The thread of a processor's threaded DPCs, not started; at any IRQL. NULL without memory. */
PKTHREAD ps_dpc_thread(struct machine *m, PKSTART_ROUTINE start, PVOID context);
/* What ex makes its worker threads with. */
bool ps_worker_thread(struct machine *m, PKSTART_ROUTINE start, PVOID context, const char *name);
/* A thread that is referenced for the caller and does not run before ps_thread_begin, which always
 * follows: also for one whose maker failed afterwards, which `terminating` then ends at once. */
NTSTATUS ps_thread_make(struct machine *m, const struct ps_thread_parameters *parameters,
                        PETHREAD *thread);
void ps_thread_begin(struct machine *m, PETHREAD thread);

/* The first thread of a process is about to run its code: the image of the program is there. In its
 * context, at PASSIVE_LEVEL. */
void ps_process_mapped(struct machine *m, PEPROCESS process);
/* The last thread of a process ends, in its context. */
void ps_process_exit(struct machine *m, PEPROCESS process);
/* Puts a thread's impersonation to an end. */
void ps_revert(struct machine *m, PETHREAD thread);

#endif
