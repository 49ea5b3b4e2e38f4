/*
 * Processes: the system's, the idle one, the host's user processes; how they end.
 *
 * A process is little more than an identity, a handle table and a list of threads; its memory is
 * mm's. The host program plays its code, one thread per request, so a process lives on without
 * threads until it is told to end. Then its threads end, and the last one, which is made for that
 * purpose if there is none, does the rest in its context: notify routines, handles (drivers get
 * cleanup and close in the process they know), user memory.
 */
#include "ps/ps.h"

#include "ex/ex.h"
#include "ke/ke.h"
#include "ki/group.h"
#include "ki/trace.h"
#include "mm/mm.h"
#include "ps/internal.h"
#include "se/se.h"

static void ps_process_delete(struct machine *m, void *object) {
    PEPROCESS process = object;
    if (!process->exited)
        ob_handles_close_all(m, process);
    if (process->token)
        ob_dereference(m, process->token);
    ps_id_release(m, &process->id);
    RemoveEntryList(&process->link);
}

const struct ob_type ps_process_type = {
    .name = "Process",
    .mapping = {STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION,
                STANDARD_RIGHTS_WRITE | PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION |
                    PROCESS_VM_WRITE | PROCESS_DUP_HANDLE | PROCESS_TERMINATE | PROCESS_SET_QUOTA |
                    PROCESS_SET_INFORMATION | PROCESS_SUSPEND_RESUME,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, PROCESS_ALL_ACCESS},
    .valid_access = PROCESS_ALL_ACCESS,
    .hook = OB_HOOK_PROCESS,
    .passive_delete = true,
    .delete = ps_process_delete,
};

static POBJECT_TYPE const ps_process_pointer = (POBJECT_TYPE)(ULONG_PTR)&ps_process_type;
POBJECT_TYPE *PsProcessType = (POBJECT_TYPE *)(ULONG_PTR)&ps_process_pointer;

/* "\??\C:\name" in memory of the machine. */
static UNICODE_STRING ps_image_name(struct machine *m, const char *name) {
    static const char prefix[] = "\\??\\C:\\";
    size_t length = sizeof prefix - 1 + strlen(name);
    WCHAR *text = ki_alloc(m, (length + 1) * sizeof(WCHAR));
    for (size_t i = 0; i < length; i++)
        text[i] =
            (unsigned char)(i < sizeof prefix - 1 ? prefix[i] : name[i - (sizeof prefix - 1)]);
    return (UNICODE_STRING){(USHORT)(length * sizeof(WCHAR)),
                            (USHORT)((length + 1) * sizeof(WCHAR)), text};
}

/* Processes take turns in the processor groups; the system's own are in group 0. */
static USHORT ps_next_group(struct machine *m) {
    return m->ps->next_group++ % ki_group_count(m, m->processor_count);
}

NTSTATUS ps_process_create(struct machine *m, const char *name, PEPROCESS parent,
                           PEPROCESS *result) {
    void *object;
    NTSTATUS status = ob_create(m, &ps_process_type, sizeof(struct _KPROCESS), &object);
    if (!NT_SUCCESS(status))
        return status;
    PEPROCESS process = object;
    process->ob.Header.Type = ProcessObject;
    InitializeListHead(&process->ob.Header.WaitListHead);
    InitializeListHead(&process->threads);
    process->name = ki_intern(m, name);
    process->image = ps_image_name(m, name);
    process->parent_id = parent ? parent->id.value : NULL;
    process->token = se_process_token(m, parent != NULL);
    process->group = parent ? ps_next_group(m) : 0;
    process->exit_status = STATUS_PENDING;
    process->create_time = ki_system_time(m);
    process->start_key = 0x0001000000000000ull + ++m->ps->next_start_key;
    InsertTailList(&m->ps->processes, &process->link);
    ps_id_assign(m, &process->id, false);
    if (parent && !parent->system)
        status = ob_handles_inherit(m, parent, process);
    if (NT_SUCCESS(status))
        *result = process;
    else
        ob_dereference(m, process);
    return status;
}

/*
 * The program's code is the host's and in no memory of the machine: a page that begins as an
 * executable file does stands for it, made only for drivers that are told of images.
 */
void ps_process_mapped(struct machine *m, PEPROCESS process) {
    if (process->mapped || process->system)
        return;
    process->mapped = true;
    if (IsListEmpty(&m->ps->image_notify))
        return;
    uint64_t base = mm_user_allocate(m, process, PAGE_SIZE);
    if (!base)
        return;
    memcpy(mm_user_alias(m, (void *)(uintptr_t)base), "MZ", 2);
    ps_image_loaded(m, process, &process->image, (void *)(uintptr_t)base, PAGE_SIZE);
}

void ps_process_exit(struct machine *m, PEPROCESS process) {
    process->exiting = true;
    process->exit_time = ki_system_time(m);
    if (process->announced)
        ps_notify_process_exited(m, process);
    ob_handles_close_all(m, process);
    mm_process_exit(m, process);
    process->exited = true;
    process->ob.Header.SignalState = 1;
    ki_wait_test(m, &process->ob.Header, 0);
    ob_dereference(m, process); /* that of its creation */
}

static VOID ps_exit_main(PVOID context) {
    struct machine *m = ki_self();
    (void)context;
    ps_thread_exit(m, ps_current_thread(m)->process->exit_status);
}

void ps_process_terminate(struct machine *m, PEPROCESS process, NTSTATUS status) {
    if (process->exiting || process->system)
        return;
    process->exit_status = status;
    if (!process->thread_count) {
        if (NT_SUCCESS(ps_thread_create(m, process, ps_exit_main, NULL, "Exit", false, NULL)))
            process->exiting = true;
        return;
    }
    process->exiting = true;
    LIST_ENTRY *next;
    for (LIST_ENTRY *link = process->threads.Flink; link != &process->threads; link = next) {
        next = link->Flink;
        ps_thread_terminate(m, CONTAINING_RECORD(link, struct _ETHREAD, process_link), status);
    }
}

/* What is left to do before a system service returns to user mode. */
static void ps_leave(struct machine *m) {
    PETHREAD thread = ps_current_thread(m);
    if (thread->terminating)
        ps_thread_exit(m, thread->exit_status);
    ki_apc_deliver_user(m);
}

static PEPROCESS ps_first_process(struct machine *m, const char *name, PEPROCESS parent) {
    PEPROCESS process;
    NTSTATUS status = ps_process_create(m, name, parent, &process);
    KI_ASSERT(NT_SUCCESS(status));
    ob_reference(m, process); /* the machine's own */
    return process;
}

void ps_start(struct machine *m) {
    struct ps_part *ps = m->ps = ki_alloc(m, sizeof *ps);
    InitializeListHead(&ps->processes);
    ps_notify_start(m);
    ps_id_start(m);
    se_start(m);
    ps->system = ps_first_process(m, "System", NULL);
    ps->system->system = true;
    m->ob->kernel_handles = &ps->system->ob.handles;
    m->ob->leave_service = ps_leave;
    ps->idle = ps_first_process(m, "Idle", NULL);
    ps_id_release(m, &ps->idle->id);
    ps->idle->id.value = NULL;
    ps->idle->system = true;
    ps->user = ps_first_process(m, "app.exe", ps->system);
    mm_set_default_process(m, ps->user);
    m->make_dpc_thread = ps_dpc_thread;
    for (unsigned i = 0; i < m->processor_count; i++) {
        PKTHREAD thread = m->processors[i].idle;
        thread->process = thread->own_process = ps->idle;
    }
    m->ex->make_thread = ps_worker_thread;
    ex_work_start(m);
}
