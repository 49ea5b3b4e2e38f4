/* What the host sees of processes and threads: events by handle (wdmsim/request.h), the list of
 * threads (wdmsim/inspect.h). */
#include <stdarg.h>
#include <stdio.h>

#include <wdmsim/inspect.h>
#include <wdmsim/request.h>

#include "ke/ke.h"
#include "ps/internal.h"
#include "ps/ps.h"

uint64_t wdmsim_event_create(struct machine *machine, struct wdmsim_process *process,
                             bool manual_reset, bool signaled) {
    PEPROCESS owner = ps_process_of(machine, process);
    HANDLE handle = NULL;
    PKEVENT event;
    if (owner->exiting)
        return 0;
    if (!NT_SUCCESS(ob_event_create(
            machine, manual_reset ? NotificationEvent : SynchronizationEvent, signaled, &event)))
        return 0;
    ob_handle_create(machine, owner, event, EVENT_ALL_ACCESS, &handle);
    ob_dereference(machine, event);
    return (uint64_t)(ULONG_PTR)handle;
}

static PKEVENT ps_host_event(struct machine *m, struct wdmsim_process *process, uint64_t handle) {
    void *event;
    NTSTATUS status = ob_handle_reference(m, ps_process_of(m, process), (HANDLE)(ULONG_PTR)handle,
                                          0, &ob_event_type, UserMode, &event, NULL);
    return NT_SUCCESS(status) ? event : NULL;
}

int wdmsim_event_state(struct machine *machine, struct wdmsim_process *process, uint64_t handle) {
    PKEVENT event = ps_host_event(machine, process, handle);
    if (!event)
        return WDMSIM_ERROR_NOT_FOUND;
    int state = event->Header.SignalState > 0;
    ob_dereference(machine, event);
    return state;
}

int wdmsim_event_set(struct machine *machine, struct wdmsim_process *process, uint64_t handle,
                     bool signaled) {
    PKEVENT event = ps_host_event(machine, process, handle);
    if (!event)
        return WDMSIM_ERROR_NOT_FOUND;
    event->Header.SignalState = signaled;
    if (signaled)
        ki_wait_test(machine, &event->Header, 0);
    if (machine->running != &machine->host)
        ki_poll(machine);
    ob_dereference(machine, event);
    return 0;
}

/* ---- the list of threads ---- */

struct ps_text {
    char *buffer;
    size_t size, length;
};

__attribute__((format(printf, 2, 3))) static void ps_print(struct ps_text *text, const char *format,
                                                           ...) {
    va_list arguments;
    size_t left = text->length < text->size ? text->size - text->length : 0;
    va_start(arguments, format);
    int length = vsnprintf(left ? text->buffer + text->length : NULL, left, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

static const char *ps_object_kind(const DISPATCHER_HEADER *object) {
    static const char *const names[] = {
        "notification event",
        "synchronization event",
        "mutex",
        "process",
        "queue",
        "semaphore",
        "thread",
        "gate",
        "notification timer",
        "synchronization timer",
    };
    unsigned type = object->Type & KI_OBJECT_TYPE_MASK;
    return type < KI_COUNT(names) ? names[type] : "object";
}

/* Nanoseconds as seconds with their fraction. */
static void ps_print_time(struct ps_text *text, uint64_t ns) {
    ps_print(text, "+%llu.%09llu s", (unsigned long long)(ns / WDMSIM_S),
             (unsigned long long)(ns % WDMSIM_S));
}

static void ps_print_wait(struct ps_text *text, const struct _KTHREAD *thread) {
    static const char *const modes[] = {"kernel", "user"};
    const KWAIT_BLOCK *block = thread->wait_list;
    if (!block) {
        ps_print(text, "waits for time to pass");
    } else {
        ps_print(text, "waits for %s ",
                 block->WaitType == WaitAll && block->NextWaitBlock != block ? "all of" : "a");
        do {
            ps_print(text, "%s%s", block == thread->wait_list ? "" : ", ",
                     ps_object_kind(block->Object));
            block = block->NextWaitBlock;
        } while (block != thread->wait_list);
    }
    ps_print(text, ", %s mode, since ", modes[thread->wait_mode == UserMode]);
    ps_print_time(text, thread->wait_start);
    if (ki_clock_is_queued(&thread->timeout)) {
        ps_print(text, ", until ");
        ps_print_time(text, thread->timeout.due);
    }
}

static void ps_print_thread(struct ps_text *text, const struct _ETHREAD *thread) {
    const struct _KTHREAD *tcb = &thread->tcb;
    ps_print(text, "  thread %u %s priority %d: ", tcb->serial, tcb->name, (int)tcb->priority);
    switch (tcb->state) {
    case KI_THREAD_RUNNING:
        ps_print(text, "runs on processor %u", tcb->processor->number);
        break;
    case KI_THREAD_WAITING:
        ps_print_wait(text, tcb);
        break;
    case KI_THREAD_READY:
        ps_print(text, "ready");
        break;
    default:
        ps_print(text, "not started");
        break;
    }
    ps_print(text, "%s\n", thread->terminating ? ", is to end" : "");
}

/* What PsUpdateDiskCounters was told of a process. */
static void ps_print_disk(struct ps_text *text, const struct _KPROCESS *process) {
    const ULONG64 *bytes = process->disk_bytes, *operations = process->disk_operations;
    if (operations[0] || operations[1] || operations[2])
        ps_print(text, ", disk: %llu bytes in %llu reads, %llu bytes in %llu writes, %llu flushes",
                 bytes[0], operations[0], bytes[1], operations[1], operations[2]);
}

int wdmsim_show_threads(struct machine *machine, char *buffer, size_t size) {
    struct ps_text text = {buffer, size, 0};
    if (size)
        buffer[0] = 0;
    LIST_ENTRY *head = &machine->ps->processes;
    for (LIST_ENTRY *link = head->Flink; link != head; link = link->Flink) {
        PEPROCESS process = CONTAINING_RECORD(link, struct _KPROCESS, link);
        if (IsListEmpty(&process->threads))
            continue;
        ps_print(&text, "process %u %s, %zu handles", HandleToULong(process->id.value),
                 process->name, ob_handle_count(&process->ob.handles));
        ps_print_disk(&text, process);
        ps_print(&text, "\n");
        for (LIST_ENTRY *at = process->threads.Flink; at != &process->threads; at = at->Flink)
            ps_print_thread(&text, CONTAINING_RECORD(at, struct _ETHREAD, process_link));
    }
    return (int)text.length;
}
