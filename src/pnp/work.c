/*
 * The worker: actions one by one in a system thread, the PnP lock around each, and a watchdog.
 *
 * An action is queued by a driver's call, at up to DISPATCH_LEVEL, or by the host. A system worker
 * thread takes them in order. What an action finds to do on other nodes (children to bring up, a
 * bus to enumerate) it puts into the list of pending nodes, newest first, which is emptied before
 * the action counts as done: so a device is complete with all that is below it when its bus goes on
 * to the next one.
 *
 * The lock is held for an action with all that follows from it. The watchdog times each IRP and
 * each AddDevice that the worker waits for; when one takes too long the machine stops with
 * DRIVER_PNP_WATCHDOG.
 */
#include <string.h>

#include "pnp/internal.h"

#include "ex/ex.h"

/* ---- the lock ---- */

bool pnp_lock_within(struct machine *m, uint64_t limit) {
    struct pnp_part *pnp = m->pnp;
    PKTHREAD thread = ki_current_thread(m);
    LARGE_INTEGER timeout = {.QuadPart = -(LONGLONG)(limit / 100)};
    if (pnp->lock_owner == thread) {
        pnp->lock_depth++;
        return true;
    }
    if (KeWaitForSingleObject(&pnp->lock, Executive, KernelMode, FALSE,
                              limit == WDMSIM_FOREVER ? NULL : &timeout) != STATUS_SUCCESS)
        return false;
    pnp->lock_owner = thread;
    pnp->lock_depth = 1;
    return true;
}

void pnp_lock(struct machine *m) { pnp_lock_within(m, WDMSIM_FOREVER); }

void pnp_unlock(struct machine *m) {
    struct pnp_part *pnp = m->pnp;
    KI_ASSERT(pnp->lock_owner == ki_current_thread(m) && pnp->lock_depth > 0);
    if (--pnp->lock_depth)
        return;
    pnp->lock_owner = NULL;
    KeSetEvent(&pnp->lock, IO_NO_INCREMENT, FALSE);
}

/* ---- nodes that want attention ---- */

void pnp_want(struct machine *m, struct pnp_node *node, ULONG wants) {
    node->wants |= wants;
    if (IsListEmpty(&node->pending))
        InsertHeadList(&m->pnp->pending, &node->pending);
}

void pnp_work_pending(struct machine *m) {
    LIST_ENTRY *head = &m->pnp->pending;
    while (!IsListEmpty(head)) {
        struct pnp_node *node = CONTAINING_RECORD(RemoveHeadList(head), struct pnp_node, pending);
        ULONG wants = node->wants;
        InitializeListHead(&node->pending);
        node->wants = 0;
        pnp_node_reference(node);
        if (wants & PNP_WANT_BRING_UP)
            pnp_bring_up(m, node);
        if (wants & PNP_WANT_ENUMERATE && pnp_in_tree(node))
            pnp_enumerate(m, node);
        pnp_node_dereference(m, node);
    }
}

/* ---- the queue ---- */

static void pnp_action_end(struct machine *m, struct pnp_action *action) {
    if (action->node)
        pnp_node_dereference(m, action->node);
    action->node = NULL;
    action->done = true;
    if (action->pooled)
        pnp_free(m, action);
}

static WORKER_THREAD_ROUTINE pnp_worker;
static VOID pnp_worker(PVOID parameter) {
    struct machine *m = parameter;
    struct pnp_part *pnp = m->pnp;
    while (!IsListEmpty(&pnp->actions)) {
        pnp_lock(m);
        struct pnp_action *action =
            CONTAINING_RECORD(RemoveHeadList(&pnp->actions), struct pnp_action, link);
        action->run(m, action);
        pnp_work_pending(m);
        pnp_unload_unneeded(m);
        pnp_unlock(m);
        pnp_action_end(m, action);
    }
    pnp->working = false;
}

static void pnp_insert(struct machine *m, struct pnp_action *action) {
    struct pnp_part *pnp = m->pnp;
    if (action->node)
        pnp_node_reference(action->node);
    InsertTailList(&pnp->actions, &action->link);
    if (pnp->working)
        return;
    pnp->working = true;
    ExInitializeWorkItem(&pnp->worker, pnp_worker, m);
    ex_queue_work(m, &pnp->worker, DelayedWorkQueue);
}

void pnp_submit(struct machine *m, struct pnp_action *action) {
    action->done = false;
    pnp_insert(m, action);
}

bool pnp_queue(struct machine *m, pnp_run *run, struct pnp_node *node, ULONG_PTR argument,
               void *context) {
    struct pnp_action *action = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *action, PNP_TAG);
    if (!action)
        return false;
    action->run = run;
    action->node = node;
    action->argument = argument;
    action->context = context;
    action->pooled = true;
    pnp_insert(m, action);
    return true;
}

static bool pnp_is_done(void *context) { return ((struct pnp_action *)context)->done; }

int pnp_perform(struct machine *m, struct pnp_action *action) {
    if (m->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    pnp_submit(m, action);
    return wdmsim_run_until(m, pnp_is_done, action, WDMSIM_FOREVER);
}

/* ---- the watchdog ---- */

#define PNP_WATCHDOG (300 * WDMSIM_S)

static KDEFERRED_ROUTINE pnp_watchdog_dpc;
static VOID pnp_watchdog_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    struct machine *m = context;
    struct pnp_part *pnp = m->pnp;
    const struct pnp_node *node = pnp->watched;
    ULONG_PTR name = 0;
    (void)dpc;
    (void)argument1;
    (void)argument2;
    if (!node)
        return;
    const char *service = node->service ? node->service : "";
    memcpy(&name, service, strnlen(service, sizeof name));
    ki_bugcheck(m, DRIVER_PNP_WATCHDOG, name, (ULONG_PTR)node, (ULONG_PTR)pnp->watched_thread,
                (ULONG_PTR)((m->clock.now - pnp->watched_since) / WDMSIM_MS),
                "%s: %s has been under way for %u s and did not return", pnp_text(node),
                pnp->watched_what, (unsigned)((m->clock.now - pnp->watched_since) / WDMSIM_S));
}

bool pnp_watch_begin(struct machine *m, struct pnp_node *node, const char *what) {
    struct pnp_part *pnp = m->pnp;
    if (pnp->watched || !pnp->watchdog || !node)
        return false;
    LARGE_INTEGER due = {.QuadPart = -(LONGLONG)(pnp->watchdog / 100)};
    pnp->watched = node;
    pnp->watched_what = what;
    pnp->watched_thread = ki_current_thread(m);
    pnp->watched_since = m->clock.now;
    KeSetTimer(&pnp->watchdog_timer, due, &pnp->watchdog_dpc);
    return true;
}

void pnp_watch_end(struct machine *m) {
    m->pnp->watched = NULL;
    KeCancelTimer(&m->pnp->watchdog_timer);
}

void wdmsim_pnp_watchdog(struct machine *machine, uint64_t limit) {
    machine->pnp->watchdog = limit;
}

void pnp_work_start(struct machine *m) {
    struct pnp_part *pnp = m->pnp;
    pnp->watchdog = PNP_WATCHDOG;
    KeInitializeTimer(&pnp->watchdog_timer);
    KeInitializeDpc(&pnp->watchdog_dpc, pnp_watchdog_dpc, m);
}
