/*
 * Threads: creation, the way to their end, and ending others.
 *
 * A thread object lives as long as its fiber runs and as long as somebody references it. Its end
 * has two halves: everything that may call drivers or wait (I/O is cancelled, notify routines run,
 * with the last thread the process ends) happens in its own context at PASSIVE_LEVEL; then ki takes
 * it off its stack and, once the stack is unused, drops the reference.
 *
 * Nobody can end a thread but itself. Ending another one marks it and interrupts its wait if that
 * is a user-mode wait; the mark takes effect when the thread leaves its system service. Kernel
 * threads are never ended from outside.
 */
#include "ps/ps.h"

#include "ke/ke.h"
#include "ki/bugcheck.h"
#include "ki/group.h"
#include "mm/mm.h"
#include "ps/internal.h"

static void ps_thread_delete(struct machine *m, void *object) {
    PETHREAD thread = object;
    ps_id_release(m, &thread->id);
    ob_dereference(m, thread->process);
}

const struct ob_type ps_thread_type = {
    .name = "Thread",
    .mapping = {STANDARD_RIGHTS_READ | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION,
                STANDARD_RIGHTS_WRITE | THREAD_TERMINATE | THREAD_SUSPEND_RESUME | THREAD_ALERT |
                    THREAD_SET_INFORMATION | THREAD_SET_CONTEXT,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, THREAD_ALL_ACCESS},
    .valid_access = THREAD_ALL_ACCESS,
    .hook = OB_HOOK_THREAD,
    .delete = ps_thread_delete,
};

static POBJECT_TYPE const ps_thread_pointer = (POBJECT_TYPE)(ULONG_PTR)&ps_thread_type;
POBJECT_TYPE *PsThreadType = (POBJECT_TYPE *)(ULONG_PTR)&ps_thread_pointer;

/* The first thread of a process makes it known; in whose context depends on who made the thread. */
static void ps_announce_process(struct machine *m, PETHREAD thread, HANDLE creator_process,
                                HANDLE creator_thread) {
    PEPROCESS process = thread->process;
    NTSTATUS status = STATUS_SUCCESS;
    if (process->announced || process->system)
        return;
    process->announced = true;
    ps_notify_process_created(m, process, creator_process, creator_thread, &status);
    if (!NT_SUCCESS(status))
        ps_process_terminate(m, process, status);
}

/* First code of every thread. */
static VOID ps_thread_main(PVOID context) {
    struct machine *m = ki_self();
    PETHREAD thread = context;
    if (thread->announce) {
        ps_announce_process(m, thread, m->ps->system->id.value, NULL);
        ps_notify_thread(m, thread, PS_THREAD_CREATED);
    }
    ps_notify_thread(m, thread, PS_THREAD_BEGINS);
    if (thread->system_routine)
        thread->tcb.kernel_apc_disable--;
    if (thread->terminating)
        ps_thread_exit(m, thread->exit_status);
    if (thread->tcb.user) {
        ps_process_mapped(m, thread->process);
        thread->tcb.previous_mode = UserMode;
    }
    thread->start(thread->start_context);
}

static void ps_thread_returned(PKTHREAD thread) {
    PETHREAD self = ps_thread_of(thread);
    ps_thread_exit(ki_self(), self->terminating ? self->exit_status : STATUS_SUCCESS);
}

/* A thread begins in the processor group of the one that makes it, or in that of its process if
 * the maker belongs to another one. */
static USHORT ps_thread_group(struct machine *m, const struct _KPROCESS *process) {
    const struct _KTHREAD *maker = m->running == &m->host ? NULL : m->cpu->thread;
    return maker && maker->own_process == process
               ? ki_group_affinity(m, maker->user_affinity).Group
               : process->group;
}

/* A thread object that has its stack and place in the process, but does not run yet. */
static NTSTATUS ps_thread_new(struct machine *m, PEPROCESS process, const char *name,
                              PETHREAD *result) {
    void *object;
    NTSTATUS status = ob_create(m, &ps_thread_type, sizeof(struct _ETHREAD), &object);
    if (!NT_SUCCESS(status))
        return status;
    PETHREAD thread = object;
    thread->process = process;
    ob_reference(m, process);
    ps_id_assign(m, &thread->id, true);
    InitializeListHead(&thread->irps);
    if (!ki_thread_initialize(m, &thread->tcb, process, ps_thread_main, thread, name)) {
        ob_dereference(m, thread);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    thread->tcb.affinity = thread->tcb.user_affinity =
        ki_group_reach(m, ps_thread_group(m, process));
    thread->tcb.returned = ps_thread_returned;
    thread->exit_status = STATUS_PENDING;
    thread->create_time = ki_system_time(m);
    InsertTailList(&process->threads, &thread->process_link);
    process->thread_count++;
    *result = thread;
    return STATUS_SUCCESS;
}

/* Made in whatever context queues a processor's first threaded DPC, so nobody is told of it. */
PKTHREAD ps_dpc_thread(struct machine *m, PKSTART_ROUTINE start, PVOID context) {
    PETHREAD thread;
    if (!NT_SUCCESS(ps_thread_new(m, m->ps->system, "Threaded DPCs", &thread)))
        return NULL;
    thread->start = start;
    thread->start_context = context;
    return &thread->tcb;
}

NTSTATUS ps_thread_make(struct machine *m, const struct ps_thread_parameters *parameters,
                        PETHREAD *result) {
    PEPROCESS process = parameters->process ? parameters->process : m->ps->system;
    PETHREAD thread;
    if (process->exiting)
        return STATUS_PROCESS_IS_TERMINATING;
    NTSTATUS status = ps_thread_new(m, process, parameters->name, &thread);
    if (!NT_SUCCESS(status))
        return status;
    thread->start = parameters->start;
    thread->start_context = parameters->context;
    thread->tcb.user = parameters->user;
    thread->system_routine = parameters->system_routine;
    thread->worker = parameters->worker;
    thread->io_object = parameters->io_object;
    if (thread->io_object)
        ob_reference(m, thread->io_object);
    ob_reference(m, thread);
    *result = thread;
    return STATUS_SUCCESS;
}

void ps_thread_begin(struct machine *m, PETHREAD thread) {
    if (m->running == &m->host) {
        thread->announce = true; /* drivers' routines need a thread to run in: its own */
    } else {
        PETHREAD creator = ps_current_thread(m);
        ps_announce_process(m, thread, creator->process->id.value, creator->id.value);
        ps_notify_thread(m, thread, PS_THREAD_CREATED);
    }
    ki_thread_start(m, &thread->tcb);
}

/* Makes and begins; *thread, unless NULL, is referenced for the caller. */
static NTSTATUS ps_thread_run(struct machine *m, const struct ps_thread_parameters *parameters,
                              PETHREAD *result) {
    PETHREAD thread;
    NTSTATUS status = ps_thread_make(m, parameters, &thread);
    if (!NT_SUCCESS(status))
        return status;
    ps_thread_begin(m, thread);
    if (result)
        *result = thread;
    else
        ob_dereference(m, thread);
    return STATUS_SUCCESS;
}

NTSTATUS ps_thread_create(struct machine *m, PEPROCESS process, PKSTART_ROUTINE start,
                          PVOID context, const char *name, bool user_mode, PETHREAD *thread) {
    struct ps_thread_parameters parameters = {
        .process = process, .start = start, .context = context, .name = name, .user = user_mode};
    return ps_thread_run(m, &parameters, thread);
}

bool ps_worker_thread(struct machine *m, PKSTART_ROUTINE start, PVOID context, const char *name) {
    struct ps_thread_parameters parameters = {
        .start = start, .context = context, .name = name, .worker = true};
    return NT_SUCCESS(ps_thread_run(m, &parameters, NULL));
}

/* The rules a driver's thread must have kept when it ends. */
static void ps_check_exit(struct machine *m, PETHREAD thread) {
    PKTHREAD tcb = &thread->tcb;
    int disable = tcb->kernel_apc_disable + (thread->system_routine ? 1 : 0);
    if (m->cpu->irql != PASSIVE_LEVEL || disable || tcb->special_apc_disable)
        ki_bugcheck(
            m, KERNEL_APC_PENDING_DURING_EXIT, 0,
            (ULONG_PTR)(ULONG)(((ULONG)(USHORT)tcb->special_apc_disable << 16) | (USHORT)disable),
            m->cpu->irql, 0,
            "thread %u (%s) ends at %s_LEVEL with APCs disabled %d and %d times too often",
            tcb->serial, tcb->name, ki_irql_name(m->cpu->irql), -disable,
            -tcb->special_apc_disable);
    if (tcb->process != tcb->own_process)
        ki_bugcheck(m, INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)tcb->process,
                    (ULONG_PTR)tcb->own_process, 0, 0,
                    "thread %u (%s) ends while it is attached to process %s", tcb->serial,
                    tcb->name, tcb->process->name);
}

/* APCs that never ran are given back to who queued them. */
static void ps_rundown_apcs(struct machine *m, PKTHREAD thread) {
    thread->apc_queueable = FALSE;
    for (int mode = KernelMode; mode < MaximumMode; mode++) {
        while (!IsListEmpty(&thread->apcs[mode])) {
            PKAPC apc = CONTAINING_RECORD(thread->apcs[mode].Flink, KAPC, ApcListEntry);
            ki_apc_remove(m, apc);
            if (apc->RundownRoutine)
                apc->RundownRoutine(apc);
        }
    }
}

/* Runs on another stack, at whatever level that is. */
static void ps_thread_reap(struct machine *m, PKTHREAD thread) {
    PETHREAD ended = ps_thread_of(thread);
    if (ended->io_object)
        ob_dereference(m, ended->io_object);
    ob_dereference(m, ended);
}

_Noreturn void ps_thread_exit(struct machine *m, NTSTATUS status) {
    PETHREAD thread = ps_current_thread(m);
    PEPROCESS process = thread->process;
    ke_thread_check(m, &thread->tcb);
    ps_check_exit(m, thread);
    m->seh = NULL;
    thread->terminating = true;
    thread->exit_status = status;
    thread->tcb.previous_mode = KernelMode;
    thread->tcb.user_apc_pending = FALSE;
    thread->tcb.kernel_apc_disable = 0;
    ps_notify_thread(m, thread, PS_THREAD_EXITS);
    if (m->ps->thread_io_exit)
        m->ps->thread_io_exit(m, thread);
    /* A process that the host speaks for lives on without threads, until it is told to end. */
    if (--process->thread_count == 0 && process->exiting) {
        if (process->exit_status == STATUS_PENDING)
            process->exit_status = status;
        ps_process_exit(m, process);
    }
    if (thread->teb)
        mm_user_free(m, process, thread->teb);
    ps_revert(m, thread);
    ke_thread_ends(m, &thread->tcb);
    ps_rundown_apcs(m, &thread->tcb);
    RemoveEntryList(&thread->process_link);
    process->ended_run_time += thread->tcb.run_time + (m->clock.now - thread->tcb.run_start);
    thread->exit_time = ki_system_time(m);
    thread->exited = true;
    ki_thread_exit(m, status, ps_thread_reap);
}

void ps_thread_terminate(struct machine *m, PETHREAD thread, NTSTATUS status) {
    PKTHREAD tcb = &thread->tcb;
    if (thread->terminating || !thread->tcb.user)
        return;
    thread->terminating = true;
    thread->exit_status = status;
    tcb->user_apc_pending = TRUE;
    if (tcb->state == KI_THREAD_WAITING && tcb->wait_mode == UserMode && !tcb->kernel_apc_disable &&
        !tcb->special_apc_disable)
        ki_unwait(m, tcb, STATUS_USER_APC, 0);
}
