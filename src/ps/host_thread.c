/*
 * Threads and processes of the host program's own (wdmsim/thread.h, wdmsim/request.h).
 *
 * The host only prepares: what it starts or ends happens when the machine runs.
 */
#include <wdmsim/request.h>
#include <wdmsim/thread.h>

#include "ki/machine.h"
#include "mm/mm.h"
#include "ps/internal.h"
#include "ps/ps.h"
#include "se/se.h"

#define PS_HOST_TAG 0x7448u /* "Ht" */

struct ps_host_thread {
    void (*body)(void *context);
    void *context;
    bool *done;
};

static VOID ps_host_thread_main(PVOID context) {
    struct machine *m = ki_self();
    struct ps_host_thread host = *(struct ps_host_thread *)context;
    mm_pool_free(m, context, PS_HOST_TAG);
    host.body(host.context);
    if (host.done)
        *host.done = true;
}

static int ps_host_start(struct machine *m, PEPROCESS process, const char *name,
                         const struct ps_host_thread *host) {
    struct ps_host_thread *copy = mm_pool_allocate(m, NonPagedPoolNx, sizeof *copy, PS_HOST_TAG);
    if (!copy)
        return WDMSIM_ERROR_NO_MEMORY;
    *copy = *host;
    NTSTATUS status =
        ps_thread_create(m, process, ps_host_thread_main, copy, name, process != NULL, NULL);
    if (NT_SUCCESS(status))
        return 0;
    mm_pool_free(m, copy, PS_HOST_TAG);
    return status == STATUS_PROCESS_IS_TERMINATING ? WDMSIM_ERROR_NOT_FOUND
                                                   : WDMSIM_ERROR_NO_MEMORY;
}

int wdmsim_system_thread(struct machine *machine, void (*body)(void *context), void *context,
                         bool *done) {
    struct ps_host_thread host = {body, context, done};
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (done)
        *done = false;
    return ps_host_start(machine, NULL, "Host", &host);
}

int wdmsim_user_thread(struct machine *machine, struct wdmsim_process *process,
                       void (*body)(void *context), void *context) {
    struct ps_host_thread host = {body, context, NULL};
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    return ps_host_start(machine, ps_process_of(machine, process), "User", &host);
}

int wdmsim_process_create(struct machine *machine, const char *name,
                          struct wdmsim_process **process) {
    PEPROCESS created;
    *process = NULL;
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    /* A program that makes a process is its parent; what the host or a driver makes is the
     * system's. */
    bool host = machine->running == &machine->host;
    PEPROCESS parent = host ? machine->ps->system : ps_current_thread(machine)->process;
    if (!NT_SUCCESS(ps_process_create(machine, name ? name : "app.exe", parent, &created)))
        return WDMSIM_ERROR_NO_MEMORY;
    ob_reference(machine, created); /* the host's, for as long as the machine lives */
    *process = (struct wdmsim_process *)(void *)created;
    return 0;
}

int wdmsim_process_exit(struct machine *machine, struct wdmsim_process *process) {
    PEPROCESS target = ps_process_of(machine, process);
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (target->exiting)
        return WDMSIM_ERROR_NOT_FOUND;
    ps_process_terminate(machine, target, STATUS_SUCCESS);
    return 0;
}
