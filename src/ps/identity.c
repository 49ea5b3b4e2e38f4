/*
 * Who is who: identifiers and what drivers can ask about a thread or process.
 *
 * Threads and processes share one space of identifiers, multiples of 4, handed out in order and not
 * used again. An identifier finds its object until the last reference is gone, even when it has
 * ended. Pages: ntddk/nf-ntddk-psget…, ntifs/nf-ntifs-psis…, ntifs/nf-ntifs-pslookup….
 */
#include "ps/ps.h"

#include "ke/ke.h"
#include "ki/gate.h"
#include "mm/mm.h"
#include "ps/internal.h"

#define PS_ID_BUCKETS 256u /* at first; the table grows with what is in it */

struct ps_id_table {
    struct ps_id **buckets;
    uint32_t size, count;
};

static struct ps_id **ps_id_bucket(struct machine *m, HANDLE value) {
    const struct ps_id_table *ids = m->ps->ids;
    return &ids->buckets[((ULONG_PTR)value >> 2) & (ids->size - 1)];
}

static void ps_id_insert(struct machine *m, struct ps_id *id) {
    struct ps_id **bucket = ps_id_bucket(m, id->value);
    id->next = *bucket;
    *bucket = id;
}

/* The old tables stay behind in machine-lifetime memory: together they are no larger than the new
 * one. */
static void ps_id_resize(struct machine *m, uint32_t size) {
    struct ps_id_table *ids = m->ps->ids, old = *ids;
    ids->buckets = ki_alloc(m, size * sizeof *ids->buckets);
    ids->size = size;
    for (uint32_t i = 0; i < old.size; i++)
        for (struct ps_id *id = old.buckets[i], *next; id; id = next) {
            next = id->next;
            ps_id_insert(m, id);
        }
}

void ps_id_start(struct machine *m) {
    m->ps->ids = ki_alloc(m, sizeof *m->ps->ids);
    ps_id_resize(m, PS_ID_BUCKETS);
    m->ps->next_id = 4;
}

void ps_id_assign(struct machine *m, struct ps_id *id, bool is_thread) {
    struct ps_id_table *ids = m->ps->ids;
    if (++ids->count > ids->size)
        ps_id_resize(m, ids->size * 2);
    id->value = ULongToHandle(m->ps->next_id);
    m->ps->next_id += 4;
    id->is_thread = is_thread;
    ps_id_insert(m, id);
}

void ps_id_release(struct machine *m, struct ps_id *id) {
    struct ps_id **link = ps_id_bucket(m, id->value);
    while (*link && *link != id)
        link = &(*link)->next;
    if (*link) {
        *link = id->next;
        m->ps->ids->count--;
    }
}

static struct ps_id *ps_id_find(struct machine *m, HANDLE value, bool is_thread) {
    struct ps_id *id = *ps_id_bucket(m, value);
    while (id && !(id->value == value && id->is_thread == is_thread))
        id = id->next;
    return id;
}

PETHREAD ps_thread_find(struct machine *m, HANDLE id) {
    struct ps_id *found = ps_id_find(m, id, true);
    PETHREAD thread = found ? CONTAINING_RECORD(found, struct _ETHREAD, id) : NULL;
    return thread && ob_reference_safe(m, thread) ? thread : NULL;
}

PEPROCESS ps_process_find(struct machine *m, HANDLE id) {
    struct ps_id *found = ps_id_find(m, id, false);
    PEPROCESS process = found ? CONTAINING_RECORD(found, struct _KPROCESS, id) : NULL;
    return process && ob_reference_safe(m, process) ? process : NULL;
}

/* PASSIVE_LEVEL or APC_LEVEL; the object is referenced. */
NTSTATUS PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD *Thread) {
    KI_GATE(PsLookupThreadByThreadId);
    PETHREAD thread = ps_thread_find(m, ThreadId);
    if (!thread)
        return STATUS_INVALID_PARAMETER;
    *Thread = thread;
    return STATUS_SUCCESS;
}

NTSTATUS PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS *Process) {
    KI_GATE(PsLookupProcessByProcessId);
    PEPROCESS process = ps_process_find(m, ProcessId);
    if (!process)
        return STATUS_INVALID_CID;
    *Process = process;
    return STATUS_SUCCESS;
}

/* ---- the caller ---- */

PETHREAD PsGetCurrentThread(VOID) { return ps_current_thread(ki_self()); }

HANDLE PsGetCurrentThreadId(VOID) {
    struct machine *m = ki_self();
    const struct _KTHREAD *thread = m->cpu->thread;
    return ps_is_idle_thread(thread) ? NULL : ps_current_thread(m)->id.value;
}

/* The process the thread belongs to, whatever it is attached to. */
HANDLE PsGetCurrentProcessId(VOID) { return ki_self()->cpu->thread->own_process->id.value; }

PEPROCESS IoGetCurrentProcess(VOID) { return ki_self()->cpu->thread->process; }

/* Size and one member of a block whose documented part is the NT_TIB at its start. */
#define PS_TEB_SIZE 0x1838u
struct ps_teb {
    NT_TIB tib;
    PVOID environment;
    CLIENT_ID client;
};

/* The environment block of a user thread lies in its process's memory. No code of ours looks at it,
 * so there is none before somebody asks. */
static uint64_t ps_teb(struct machine *m, PETHREAD thread) {
    if (thread->teb || thread->exited)
        return thread->teb;
    thread->teb = mm_user_allocate(m, thread->process, PS_TEB_SIZE);
    if (thread->teb) {
        struct ps_teb *teb = mm_user_alias(m, (void *)(uintptr_t)thread->teb);
        teb->tib.Self = (NT_TIB *)(uintptr_t)thread->teb;
        teb->client = (CLIENT_ID){thread->process->id.value, thread->id.value};
    }
    return thread->teb;
}

PVOID PsGetCurrentThreadTeb(VOID) {
    struct machine *m = ki_self();
    const struct _KTHREAD *thread = m->cpu->thread;
    if (ps_is_idle_thread(thread) || !thread->user || thread->process != thread->own_process)
        return NULL;
    return (PVOID)(uintptr_t)ps_teb(m, ps_current_thread(m));
}

/* What the name PsInitialSystemProcess stands for. */
PEPROCESS wdmsim_initial_system_process(VOID) { return ki_self()->ps->system; }

/* ---- a process ---- */

HANDLE PsGetProcessId(PEPROCESS Process) { return Process->id.value; }

LONGLONG PsGetProcessCreateTimeQuadPart(PEPROCESS Process) { return Process->create_time; }

/* STATUS_PENDING while it runs. */
NTSTATUS PsGetProcessExitStatus(PEPROCESS Process) {
    KI_GATE(PsGetProcessExitStatus);
    (void)m;
    return Process->exit_status;
}

LARGE_INTEGER PsGetProcessExitTime(VOID) {
    KI_GATE(PsGetProcessExitTime);
    return (LARGE_INTEGER){.QuadPart = ps_current_process(m)->exit_time};
}

ULONGLONG PsGetProcessStartKey(PEPROCESS Process) {
    KI_GATE(PsGetProcessStartKey);
    (void)m;
    return Process->start_key;
}

/* ---- a thread ---- */

HANDLE PsGetThreadId(PETHREAD Thread) {
    KI_GATE(PsGetThreadId);
    (void)m;
    return ps_is_idle_thread(&Thread->tcb) ? NULL : Thread->id.value;
}

HANDLE PsGetThreadProcessId(PETHREAD Thread) { return Thread->tcb.own_process->id.value; }

PEPROCESS PsGetThreadProcess(PETHREAD Thread) { return Thread->tcb.own_process; }

PEPROCESS IoThreadToProcess(PETHREAD Thread) { return Thread->tcb.own_process; }

LONGLONG PsGetThreadCreateTime(PETHREAD Thread) {
    KI_GATE(PsGetThreadCreateTime);
    (void)m;
    return ps_is_idle_thread(&Thread->tcb) ? 0 : Thread->create_time;
}

/* STATUS_PENDING until it ends. */
NTSTATUS PsGetThreadExitStatus(PETHREAD Thread) {
    KI_GATE(PsGetThreadExitStatus);
    (void)m;
    return ps_is_idle_thread(&Thread->tcb) ? STATUS_PENDING : Thread->exit_status;
}

/* Properties are what other kernel components attach to threads; no routine that a driver can call
 * attaches one, so none is ever found. */
ULONG_PTR PsGetThreadProperty(PETHREAD Thread, ULONG_PTR Key, ULONG Flags) {
    KI_GATE(PsGetThreadProperty);
    (void)m;
    (void)Thread;
    (void)Key;
    (void)Flags;
    return 0;
}

BOOLEAN PsIsSystemThread(PETHREAD Thread) {
    KI_GATE(PsIsSystemThread);
    (void)m;
    return ps_is_idle_thread(&Thread->tcb) || !Thread->tcb.user;
}

BOOLEAN IoIsSystemThread(PETHREAD Thread) {
    KI_GATE(IoIsSystemThread);
    (void)m;
    return ps_is_idle_thread(&Thread->tcb) || !Thread->tcb.user;
}

BOOLEAN PsIsThreadTerminating(PETHREAD Thread) {
    KI_GATE(PsIsThreadTerminating);
    (void)m;
    return !ps_is_idle_thread(&Thread->tcb) && Thread->terminating;
}
