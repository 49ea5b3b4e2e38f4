/*
 * Notify routines: drivers that want to know of processes, threads and images.
 *
 * Routines run in order of registration, inside a critical region. A routine that is being removed
 * is waited for; it stays in its list meanwhile, so that a walk over the list that has stopped in
 * it finds the way on.
 *
 * In whose context. A process is announced when its first thread is made, by the maker of that
 * thread; a thread by its maker, to routines registered for the new thread's own context by itself.
 * What the host program makes has no maker among the threads of the machine, so the new thread does
 * it all. Ends are told by the thread that ends. Pages: ntddk/nf-ntddk-psset…notifyroutine…,
 * ntddk/nc-ntddk-pcreate_process_notify_routine_ex and its sisters.
 */
#include "ps/ps.h"

#include "ke/ke.h"
#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "mm/mm.h"
#include "ps/internal.h"

#define PS_NOTIFY_LIMIT 64        /* routines of a kind */
#define PS_NOTIFY_TAG 0x744e7350u /* "PsNt" */

enum ps_notify_kind {
    PS_NOTIFY_PLAIN,
    PS_NOTIFY_EX,         /* process: with PS_CREATE_NOTIFY_INFO */
    PS_NOTIFY_OWN_THREAD, /* thread: creation is told in the new thread's context */
};

struct ps_notify {
    LIST_ENTRY link;
    const void *routine;
    enum ps_notify_kind kind;
    ULONG running;
    bool removed;
    KEVENT idle; /* signaled when the last running call of a removed routine returns */
};

void ps_notify_start(struct machine *m) {
    InitializeListHead(&m->ps->process_notify);
    InitializeListHead(&m->ps->thread_notify);
    InitializeListHead(&m->ps->image_notify);
}

static struct ps_notify *ps_notify_of(LIST_ENTRY *link) {
    return CONTAINING_RECORD(link, struct ps_notify, link);
}

static struct ps_notify *ps_notify_find(LIST_ENTRY *list, const void *routine) {
    for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink) {
        if (ps_notify_of(link)->routine == routine && !ps_notify_of(link)->removed)
            return ps_notify_of(link);
    }
    return NULL;
}

static NTSTATUS ps_notify_add(struct machine *m, LIST_ENTRY *list, const void *routine,
                              enum ps_notify_kind kind, const void *caller) {
    unsigned count = 0;
    for (LIST_ENTRY *link = list->Flink; link != list; link = link->Flink)
        count++;
    if (count >= PS_NOTIFY_LIMIT)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct ps_notify *notify =
        mm_pool_allocate_for(m, NonPagedPoolNx, sizeof *notify, PS_NOTIFY_TAG, caller);
    if (!notify)
        return STATUS_INSUFFICIENT_RESOURCES;
    notify->routine = routine;
    notify->kind = kind;
    notify->running = 0;
    notify->removed = false;
    KeInitializeEvent(&notify->idle, NotificationEvent, FALSE);
    InsertTailList(list, &notify->link);
    return STATUS_SUCCESS;
}

static NTSTATUS ps_notify_remove(struct machine *m, LIST_ENTRY *list, const void *routine) {
    struct ps_notify *notify = ps_notify_find(list, routine);
    if (!notify)
        return STATUS_PROCEDURE_NOT_FOUND;
    notify->removed = true;
    while (notify->running)
        KeWaitForSingleObject(&notify->idle, Executive, KernelMode, FALSE, NULL);
    RemoveEntryList(&notify->link);
    mm_pool_free(m, notify, PS_NOTIFY_TAG);
    return STATUS_SUCCESS;
}

void ps_visit_notify(struct machine *m, void (*visit)(void *context, const void *routine),
                     void *context) {
    LIST_ENTRY *lists[] = {&m->ps->process_notify, &m->ps->thread_notify, &m->ps->image_notify};
    for (size_t i = 0; i < KI_COUNT(lists); i++)
        for (LIST_ENTRY *link = lists[i]->Flink; link != lists[i]; link = link->Flink)
            visit(context, ps_notify_of(link)->routine);
}

/* ---- walking a list while routines run ---- */

/* The next routine at or after `link`, held; NULL at the end. */
static struct ps_notify *ps_notify_hold(LIST_ENTRY *list, LIST_ENTRY *link) {
    while (link != list && ps_notify_of(link)->removed)
        link = link->Flink;
    if (link == list)
        return NULL;
    ps_notify_of(link)->running++;
    return ps_notify_of(link);
}

static struct ps_notify *ps_notify_first(LIST_ENTRY *list) {
    return ps_notify_hold(list, list->Flink);
}

static struct ps_notify *ps_notify_next(LIST_ENTRY *list, struct ps_notify *notify) {
    struct ps_notify *next = ps_notify_hold(list, notify->link.Flink);
    if (--notify->running == 0 && notify->removed)
        KeSetEvent(&notify->idle, IO_NO_INCREMENT, FALSE);
    return next;
}

#define PS_NOTIFY_EACH(notify, list)                                                               \
    for (struct ps_notify *notify = ps_notify_first(list); notify;                                 \
         notify = ps_notify_next(list, notify))

static void ps_enter_region(struct machine *m) { m->cpu->thread->kernel_apc_disable--; }

static void ps_leave_region(struct machine *m) {
    if (++m->cpu->thread->kernel_apc_disable == 0)
        ki_apc_poll(m);
}

/* ---- what happened ---- */

void ps_notify_process_created(struct machine *m, PEPROCESS process, HANDLE creator_process,
                               HANDLE creator_thread, NTSTATUS *status) {
    PS_CREATE_NOTIFY_INFO info;
    memset(&info, 0, sizeof info);
    info.Size = sizeof info;
    info.FileOpenNameAvailable = 1;
    info.ParentProcessId = process->parent_id;
    info.CreatingThreadId = (CLIENT_ID){creator_process, creator_thread};
    info.ImageFileName = &process->image;
    info.CommandLine = &process->image;
    ps_enter_region(m);
    PS_NOTIFY_EACH(notify, &m->ps->process_notify) {
        if (notify->kind == PS_NOTIFY_EX)
            ((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)(ULONG_PTR)notify->routine)(
                process, process->id.value, &info);
        else
            ((PCREATE_PROCESS_NOTIFY_ROUTINE)(ULONG_PTR)notify->routine)(process->parent_id,
                                                                         process->id.value, TRUE);
    }
    ps_leave_region(m);
    *status = info.CreationStatus;
}

void ps_notify_process_exited(struct machine *m, PEPROCESS process) {
    ps_enter_region(m);
    PS_NOTIFY_EACH(notify, &m->ps->process_notify) {
        if (notify->kind == PS_NOTIFY_EX)
            ((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)(ULONG_PTR)notify->routine)(
                process, process->id.value, NULL);
        else
            ((PCREATE_PROCESS_NOTIFY_ROUTINE)(ULONG_PTR)notify->routine)(process->parent_id,
                                                                         process->id.value, FALSE);
    }
    ps_leave_region(m);
}

/* Which routines hear of what: those for the new thread's own context get its creation there, all
 * others from its maker. */
static bool ps_notify_hears(const struct ps_notify *notify, const struct _ETHREAD *thread,
                            enum ps_thread_event event) {
    if (event == PS_THREAD_EXITS)
        return notify->kind != PS_NOTIFY_OWN_THREAD || thread->tcb.user;
    if (event == PS_THREAD_CREATED)
        return notify->kind != PS_NOTIFY_OWN_THREAD;
    return notify->kind == PS_NOTIFY_OWN_THREAD && thread->tcb.user;
}

void ps_notify_thread(struct machine *m, PETHREAD thread, enum ps_thread_event event) {
    if (KI_LIKELY(IsListEmpty(&m->ps->thread_notify)))
        return;
    ps_enter_region(m);
    PS_NOTIFY_EACH(notify, &m->ps->thread_notify) {
        if (ps_notify_hears(notify, thread, event))
            ((PCREATE_THREAD_NOTIFY_ROUTINE)(ULONG_PTR)notify->routine)(
                thread->process->id.value, thread->id.value, event != PS_THREAD_EXITS);
    }
    ps_leave_region(m);
}

/* Images come from no volume of the machine: FileObject is NULL. */
void ps_image_loaded(struct machine *m, PEPROCESS process, const UNICODE_STRING *name,
                     const void *base, SIZE_T size) {
    IMAGE_INFO_EX info;
    UNICODE_STRING copy = *name;
    if (IsListEmpty(&m->ps->image_notify))
        return;
    if (process && process->system)
        process = NULL; /* a driver's image belongs to no process */
    memset(&info, 0, sizeof info);
    info.Size = sizeof info;
    info.ImageInfo.ImageAddressingMode =
        IMAGE_ADDRESSING_MODE_32BIT; /* so it is on 64-bit systems, too */
    info.ImageInfo.SystemModeImage = process == NULL;
    info.ImageInfo.ExtendedInfoPresent = 1;
    info.ImageInfo.ImageBase = (PVOID)(ULONG_PTR)base;
    info.ImageInfo.ImageSize = size;
    ps_enter_region(m);
    PS_NOTIFY_EACH(notify, &m->ps->image_notify) {
        ((PLOAD_IMAGE_NOTIFY_ROUTINE)(ULONG_PTR)notify->routine)(
            &copy, process ? process->id.value : NULL, &info.ImageInfo);
    }
    ps_leave_region(m);
}

/* ---- registering ---- */

/* A second registration of a routine is an error, for processes only; the extended forms want code
 * whose integrity is checked, which is that of every image here. */
static NTSTATUS ps_set_process_notify(struct machine *m, const void *routine,
                                      enum ps_notify_kind kind, BOOLEAN remove,
                                      const void *caller) {
    LIST_ENTRY *list = &m->ps->process_notify;
    if (remove)
        return ps_notify_remove(m, list, routine);
    if (kind == PS_NOTIFY_EX && !ki_in_image(routine))
        return STATUS_ACCESS_DENIED;
    if (ps_notify_find(list, routine))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ps_notify_add(m, list, routine, kind, caller);
    return status == STATUS_INSUFFICIENT_RESOURCES ? STATUS_INVALID_PARAMETER : status;
}

NTSTATUS PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine,
                                         BOOLEAN Remove) {
    KI_GATE(PsSetCreateProcessNotifyRoutine);
    return ps_set_process_notify(m, (const void *)(ULONG_PTR)NotifyRoutine, PS_NOTIFY_PLAIN, Remove,
                                 __builtin_return_address(0));
}

NTSTATUS PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine,
                                           BOOLEAN Remove) {
    KI_GATE(PsSetCreateProcessNotifyRoutineEx);
    return ps_set_process_notify(m, (const void *)(ULONG_PTR)NotifyRoutine, PS_NOTIFY_EX, Remove,
                                 __builtin_return_address(0));
}

NTSTATUS PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType,
                                            PVOID NotifyInformation, BOOLEAN Remove) {
    KI_GATE(PsSetCreateProcessNotifyRoutineEx2);
    if (NotifyType != PsCreateProcessNotifySubsystems)
        return STATUS_INVALID_PARAMETER;
    return ps_set_process_notify(m, NotifyInformation, PS_NOTIFY_EX, Remove,
                                 __builtin_return_address(0));
}

NTSTATUS PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine) {
    KI_GATE(PsSetCreateThreadNotifyRoutine);
    return ps_notify_add(m, &m->ps->thread_notify, (const void *)(ULONG_PTR)NotifyRoutine,
                         PS_NOTIFY_PLAIN, __builtin_return_address(0));
}

NTSTATUS PsSetCreateThreadNotifyRoutineEx(PSCREATETHREADNOTIFYTYPE NotifyType,
                                          PVOID NotifyInformation) {
    KI_GATE(PsSetCreateThreadNotifyRoutineEx);
    if (NotifyType != PsCreateThreadNotifyNonSystem && NotifyType != PsCreateThreadNotifySubsystems)
        return STATUS_INVALID_PARAMETER;
    enum ps_notify_kind kind =
        NotifyType == PsCreateThreadNotifyNonSystem ? PS_NOTIFY_OWN_THREAD : PS_NOTIFY_PLAIN;
    return ps_notify_add(m, &m->ps->thread_notify, NotifyInformation, kind,
                         __builtin_return_address(0));
}

NTSTATUS PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine) {
    KI_GATE(PsRemoveCreateThreadNotifyRoutine);
    return ps_notify_remove(m, &m->ps->thread_notify, (const void *)(ULONG_PTR)NotifyRoutine);
}

NTSTATUS PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine) {
    KI_GATE(PsSetLoadImageNotifyRoutine);
    return ps_notify_add(m, &m->ps->image_notify, (const void *)(ULONG_PTR)NotifyRoutine,
                         PS_NOTIFY_PLAIN, __builtin_return_address(0));
}

NTSTATUS PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags) {
    KI_GATE(PsSetLoadImageNotifyRoutineEx);
    if (Flags & ~(ULONG_PTR)PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE)
        return STATUS_INVALID_PARAMETER_2;
    return ps_notify_add(m, &m->ps->image_notify, (const void *)(ULONG_PTR)NotifyRoutine,
                         PS_NOTIFY_PLAIN, __builtin_return_address(0));
}

NTSTATUS PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine) {
    KI_GATE(PsRemoveLoadImageNotifyRoutine);
    return ps_notify_remove(m, &m->ps->image_notify, (const void *)(ULONG_PTR)NotifyRoutine);
}
