/*
 * The executive from inside.
 */
#ifndef EX_H
#define EX_H

#include "ke/ke.h"

struct ex_work;

struct ex_part {
    LIST_ENTRY lookasides;   /* through GENERAL_LOOKASIDE.ListEntry */
    uint64_t lookaside_scan; /* when their depths were last adjusted, ns */
    LIST_ENTRY resources;    /* through ERESOURCE.SystemResourcesList */
    LIST_ENTRY pools;        /* secure ones */

    /* Reader-writer spin locks: which processor waits for which, and the word that it watches. */
    uint64_t spin_waiters;
    PEX_SPIN_LOCK spin_waiting[KI_MAX_PROCESSORS];
    ULONG_PTR spin_word[KI_MAX_PROCESSORS];
    PEX_SPIN_LOCK spin_exclusive[KI_MAX_PROCESSORS]; /* last one it took exclusively */

    struct ex_work *work;
    /* Makes a thread of the system process; set by ps. False: no memory for one. */
    bool (*make_thread)(struct machine *m, PKSTART_ROUTINE start, PVOID context, const char *name);
    ULONG timer_resolution; /* interval asked for, 100 ns; 0: the default */
    ULONG timer_resolution_users;
    int64_t time_zone_bias; /* UTC - local time, 100 ns */
    uint32_t uuids;         /* made so far */
};

void ex_start(struct machine *m);

/*
 * Queues a work item as ExQueueWorkItem does, without its gate; <= DISPATCH_LEVEL. A system worker
 * thread of the queue's priority calls the routine at PASSIVE_LEVEL.
 */
void ex_queue_work(struct machine *m, PWORK_QUEUE_ITEM item, WORK_QUEUE_TYPE type);
/* The worker threads; when threads can be made. */
void ex_work_start(struct machine *m);
void ex_callback_start(struct machine *m);
/* Notifies those who registered with one of the system's callback objects. PASSIVE_LEVEL. */
void ex_callback_announce(const WCHAR *name, PVOID argument1, PVOID argument2);

/* The priority of the threads that serve a queue type; 0 if there is no such type. */
KPRIORITY ex_work_priority(ULONG type);

/* A block of a secure pool (secure_pool.c). */
void *ex_secure_allocate(struct machine *m, POOL_FLAGS flags, size_t size, ULONG tag,
                         const POOL_EXTENDED_PARAMS_SECURE_POOL *parameters, const void *caller);

#endif
