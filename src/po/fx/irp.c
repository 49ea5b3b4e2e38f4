/*
 * Where IRPs meet the framework. The power and PnP managers announce what they are about to send to
 * a registered stack and what has ended.
 *
 *   sleep S-IRP   every component is activated first, so the device is in D0; the references stay
 *                 until the driver reports powered on after S0, so nothing happens in between
 *   S0 IRP        the report becomes due, whatever state the device was in
 *   Dx IRP        components with F0_ON_DX are taken to F0 and held there up to the report; the
 *                 plug-in hears of the IRP before and after
 *   wait/wake     holds the same components until it ends
 *   PnP           those that may stop or remove the device find the components active (the
 *                 reference says that this may be so; a choice leaves it out)
 *
 * (wdm/nf-wdm-pofxreportdevicepoweredon, ns-wdm-po_fx_device_v3, ns-wdm-_po_fx_component_v2,
 * nc-wdm-po_fx_component_active_condition_callback)
 */
#include "po/fx/internal.h"

/* ---- waiting for the device ---- */

static bool fx_all_active(const struct fx_device *d) {
    if (d->directed != FX_UNDIRECTED)
        return false;
    for (ULONG i = 0; i < d->component_count; i++) {
        const struct fx_component *c = &d->components[i];
        if (c->condition != FX_ACTIVE || c->due || c->in_callback)
            return false;
    }
    return true;
}

static bool fx_held_in_f0(const struct fx_device *d) {
    for (ULONG i = 0; i < d->component_count; i++) {
        const struct fx_component *c = &d->components[i];
        if (c->held_f0 && (c->state || c->step != FX_STEP_NONE))
            return false;
    }
    return true;
}

static bool fx_wish_is_true(const struct fx_device *d, enum fx_wish wish) {
    switch (wish) {
    case FX_WISH_ACTIVE:
        return fx_all_active(d);
    case FX_WISH_F0:
        return fx_held_in_f0(d);
    case FX_WISH_REPORTED:
        return !(d->report_due & FX_DUE_RESUME);
    default:
        return d->directed == FX_UNDIRECTED;
    }
}

static void fx_tell_power(struct machine *m, PDEVICE_OBJECT pdo, DEVICE_POWER_STATE state,
                          bool complete) {
    struct fx_device *d = fx_device_of(pdo);
    if (d && d->plugin->device_power)
        d->plugin->device_power(m, d, state, complete);
}

static WORKER_THREAD_ROUTINE fx_wait_work;
static VOID fx_wait_work(PVOID parameter) {
    struct fx_wait wait = *(struct fx_wait *)parameter;
    struct machine *m = wait.m;
    mm_pool_free(m, parameter, FX_TAG);
    if (wait.tell)
        fx_tell_power(m, wait.pdo, wait.state, !wait.go);
    if (wait.go)
        wait.go(m, wait.context);
}

static void fx_wait_over(struct machine *m, struct fx_wait *wait) {
    ExInitializeWorkItem(&wait->work, fx_wait_work, wait);
    ex_queue_work(m, &wait->work, CriticalWorkQueue);
}

void fx_waits_check(struct machine *m, struct fx_device *d) {
    PLIST_ENTRY next;
    for (PLIST_ENTRY link = d->gos.Flink; link != &d->gos; link = next) {
        struct fx_wait *wait = CONTAINING_RECORD(link, struct fx_wait, link);
        next = link->Flink;
        if (!fx_wish_is_true(d, wait->wish))
            continue;
        RemoveEntryList(link);
        fx_wait_over(m, wait);
    }
}

void fx_waits_end(struct machine *m, struct fx_device *d) {
    while (!IsListEmpty(&d->gos))
        fx_wait_over(m, CONTAINING_RECORD(RemoveHeadList(&d->gos), struct fx_wait, link));
}

/* True if there is nothing to wait for (or no memory to do so). */
static bool fx_wait_for(struct machine *m, struct fx_device *d, enum fx_wish wish, fx_go *go,
                        void *context) {
    if (fx_wish_is_true(d, wish))
        return true;
    struct fx_wait *wait = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *wait, FX_TAG);
    if (!wait)
        return true;
    *wait = (struct fx_wait){.m = m, .wish = wish, .go = go, .context = context};
    InsertTailList(&d->gos, &wait->link);
    return false;
}

/* The plug-in hears of a D-IRP at PASSIVE_LEVEL: at once, or before `go` on a worker. */
static bool fx_tell_then(struct machine *m, struct fx_device *d, DEVICE_POWER_STATE state,
                         fx_go *go, void *context) {
    if (!d->plugin->device_power)
        return true;
    if (m->cpu->irql == PASSIVE_LEVEL) {
        d->plugin->device_power(m, d, state, !go);
        return true;
    }
    struct fx_wait *wait = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *wait, FX_TAG);
    if (!wait)
        return true;
    *wait = (struct fx_wait){
        .m = m, .go = go, .context = context, .tell = true, .pdo = d->pdo, .state = state};
    fx_wait_over(m, wait);
    return false;
}

/* ---- references of the kernel ---- */

void fx_hold(struct machine *m, struct fx_device *d) {
    d->holds++;
    d->direct_wanted = false;
    for (ULONG i = 0; i < d->component_count; i++)
        fx_component_take(m, &d->components[i]);
    fx_device_continue(m, d);
}

void fx_unhold(struct machine *m, struct fx_device *d) {
    KI_ASSERT(d->holds > 0);
    d->holds--;
    for (ULONG i = 0; i < d->component_count; i++)
        fx_component_drop(m, &d->components[i]);
    fx_device_continue(m, d);
    if (m->fx->standby)
        fx_standby_changed(m);
}

void fx_reported(struct machine *m, struct fx_device *d, UCHAR reasons) {
    for (ULONG i = 0; i < d->component_count; i++)
        d->components[i].held_f0 &= ~(ULONG)FX_HELD_DX;
    if (reasons & FX_DUE_RESUME) {
        d->resumed = 0;
        if (d->system_held) {
            d->system_held = false;
            fx_unhold(m, d);
        }
        /* The driver powered up for S0 a device that nobody required: like a surprise, it is asked
         * for, so that it can be given up again. */
        if (d->power == FX_NOT_REQUIRED || d->power == FX_NOT_REQUIRED_CALLED)
            d->surprised = true;
    }
    fx_waits_check(m, d);
}

/* ---- D-IRPs and wait/wake ---- */

static void fx_hold_in_f0(struct machine *m, struct fx_device *d, ULONG reason) {
    for (ULONG i = 0; i < d->component_count; i++) {
        struct fx_component *c = &d->components[i];
        if (!(c->flags & PO_FX_COMPONENT_FLAG_F0_ON_DX))
            continue;
        c->held_f0 |= reason;
        fx_component_restless(m, c);
        fx_component_continue(m, c);
    }
}

/* The F0 states are reached; what follows runs on a worker. */
struct fx_d_irp {
    PDEVICE_OBJECT pdo;
    DEVICE_POWER_STATE state;
    fx_go *go;
    void *context;
};

static void fx_d_irp_go(struct machine *m, void *context) {
    struct fx_d_irp irp = *(struct fx_d_irp *)context;
    mm_pool_free(m, context, FX_TAG);
    fx_tell_power(m, irp.pdo, irp.state, false);
    irp.go(m, irp.context);
}

/* A component changes its state in D0 only. A device that is not there, as its D0 IRP has failed,
 * has no F0 to reach first, though its driver has reported it powered on. */
static bool fx_can_reach_f0(const struct fx_device *d) { return d->d_state == PowerDeviceD0; }

static bool fx_d_irp_wait(struct machine *m, struct fx_device *d, DEVICE_POWER_STATE state,
                          fx_go *go, void *context) {
    struct fx_d_irp *irp = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *irp, FX_TAG);
    if (!irp)
        return true;
    *irp = (struct fx_d_irp){d->pdo, state, go, context};
    if (!fx_wait_for(m, d, FX_WISH_F0, fx_d_irp_go, irp))
        return false;
    mm_pool_free(m, irp, FX_TAG);
    return true;
}

bool fx_device_irp(struct machine *m, PDEVICE_OBJECT pdo, DEVICE_POWER_STATE state, fx_go *go,
                   void *context) {
    struct fx_device *d = fx_device_of(pdo);
    bool at_once = true;
    if (!d)
        return true;
    if (state > PowerDeviceD0 && fx_can_reach_f0(d)) {
        KIRQL irql = fx_enter(m);
        fx_hold_in_f0(m, d, FX_HELD_DX);
        at_once = fx_d_irp_wait(m, d, state, go, context);
        fx_leave(m, irql);
    }
    return at_once && fx_tell_then(m, d, state, go, context);
}

void fx_device_irp_done(struct machine *m, PDEVICE_OBJECT pdo, DEVICE_POWER_STATE state,
                        NTSTATUS status) {
    struct fx_device *d = fx_device_of(pdo);
    if (!d)
        return;
    KIRQL irql = fx_enter(m);
    if (NT_SUCCESS(status))
        d->d_state = state;
    if (m->fx->standby)
        fx_standby_changed(m);
    fx_leave(m, irql);
    fx_tell_then(m, d, state, NULL, NULL);
}

bool fx_wait_wake_irp(struct machine *m, PDEVICE_OBJECT pdo, fx_go *go, void *context) {
    struct fx_device *d = fx_device_of(pdo);
    if (!d)
        return true;
    KIRQL irql = fx_enter(m);
    fx_hold_in_f0(m, d, FX_HELD_WAKE);
    bool at_once = !fx_can_reach_f0(d) || fx_wait_for(m, d, FX_WISH_F0, go, context);
    fx_leave(m, irql);
    return at_once;
}

void fx_wait_wake_irp_done(struct machine *m, PDEVICE_OBJECT pdo) {
    struct fx_device *d = fx_device_of(pdo);
    if (!d)
        return;
    KIRQL irql = fx_enter(m);
    for (ULONG i = 0; i < d->component_count; i++) {
        struct fx_component *c = &d->components[i];
        c->held_f0 &= ~(ULONG)FX_HELD_WAKE;
        if (fx_is_powered(d))
            fx_component_restless(m, c);
        fx_component_continue(m, c);
    }
    fx_leave(m, irql);
}

/* ---- S-IRPs ---- */

bool fx_system_irp(struct machine *m, PDEVICE_OBJECT pdo, SYSTEM_POWER_STATE state, fx_go *go,
                   void *context) {
    struct fx_device *d = fx_device_of(pdo);
    bool at_once = true;
    if (!d)
        return true;
    KIRQL irql = fx_enter(m);
    if (state == PowerSystemWorking) {
        if (!(d->report_due & FX_DUE_RESUME)) {
            d->resumed = ki_clock_awake(&m->clock) + 1;
            fx_watch(m);
        }
        d->report_due |= FX_DUE_RESUME;
    } else {
        if (!d->system_held) {
            d->system_held = true;
            fx_hold(m, d);
        }
        at_once = fx_wait_for(m, d, FX_WISH_ACTIVE, go, context);
    }
    fx_leave(m, irql);
    return at_once;
}

bool fx_system_irp_done(struct machine *m, PDEVICE_OBJECT pdo, SYSTEM_POWER_STATE state, fx_go *go,
                        void *context) {
    struct fx_device *d = fx_device_of(pdo);
    if (!d || state != PowerSystemWorking || !(d->flags & PO_FX_DEVICE_FLAG_DISABLE_FAST_RESUME))
        return true;
    KIRQL irql = fx_enter(m);
    bool at_once = fx_wait_for(m, d, FX_WISH_REPORTED, go, context);
    fx_leave(m, irql);
    return at_once;
}

/* ---- PnP IRPs ---- */

static bool fx_pnp_minor_holds(UCHAR minor) {
    return minor == IRP_MN_QUERY_STOP_DEVICE || minor == IRP_MN_STOP_DEVICE ||
           minor == IRP_MN_QUERY_REMOVE_DEVICE || minor == IRP_MN_REMOVE_DEVICE ||
           minor == IRP_MN_SURPRISE_REMOVAL;
}

bool fx_pnp_irp(struct machine *m, PDEVICE_OBJECT pdo, UCHAR minor, fx_go *go, void *context) {
    struct fx_device *d = fx_device_of(pdo);
    bool at_once;
    if (!d || !fx_pnp_minor_holds(minor))
        return true;
    KIRQL irql = fx_enter(m);
    if (!d->pnp_held && !ki_choose(m, WDMSIM_CHOICE_POWER, 2)) {
        d->pnp_held = true;
        fx_hold(m, d);
        at_once = fx_wait_for(m, d, FX_WISH_ACTIVE, go, context);
    } else {
        d->direct_wanted = false;
        fx_device_continue(m, d);
        at_once = fx_wait_for(m, d, FX_WISH_UP, go, context);
    }
    fx_leave(m, irql);
    return at_once;
}

void fx_pnp_irp_done(struct machine *m, PDEVICE_OBJECT pdo, UCHAR minor) {
    struct fx_device *d = fx_device_of(pdo);
    if (!d || !fx_pnp_minor_holds(minor) || !d->pnp_held)
        return;
    KIRQL irql = fx_enter(m);
    d->pnp_held = false;
    fx_unhold(m, d);
    fx_leave(m, irql);
}

/* The PnP manager is about to send one of them, on its thread, and waits. */
static void fx_pnp_go(struct machine *m, void *context) {
    fx_signal(m, context);
    ki_poll(m);
}

void fx_pnp_begins(struct machine *m, struct pnp_node *node, UCHAR minor) {
    KEVENT ready;
    KeInitializeEvent(&ready, NotificationEvent, FALSE);
    if (!fx_pnp_irp(m, node->pdo, minor, fx_pnp_go, &ready))
        KeWaitForSingleObject(&ready, Executive, KernelMode, FALSE, NULL);
}

void fx_pnp_ended(struct machine *m, struct pnp_node *node, UCHAR minor) {
    fx_pnp_irp_done(m, node->pdo, minor);
}

void fx_observe(struct machine *m, struct pnp_node *node, enum pnp_event event) {
    if (event == PNP_EVENT_REMOVED)
        fx_device_removed(m, node->pdo);
}

bool fx_device_removed(struct machine *m, PDEVICE_OBJECT pdo) {
    struct fx_device *d = fx_device_of(pdo);
    if (!d)
        return false;
    fx_report(m, d, "the device was removed and is still registered");
    return true;
}

void fx_device_never_direct(struct machine *m, PDEVICE_OBJECT pdo, bool never) {
    struct fx_device *d = fx_device_of(pdo);
    (void)m;
    if (d)
        d->never_direct = never;
}
