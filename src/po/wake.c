/*
 * Wait/wake: what the built-in bus holds for its devices, how a signal gets there, and what is said
 * to have woken the system.
 *
 * The bus keeps at most one wait/wake IRP per device. A signal completes it: while the system
 * works, at once; while it sleeps, the system is woken first and the IRP completes, marked as one
 * that woke the system, when the device's own S0 IRP is complete. A device of a bus driver under
 * test has no IRP here; its signal goes to the nearest device towards the root that has.
 *
 * kernel/handling-a-wait-wake-irp-in-a-bus-driver--pdo-, wdm/nf-wdm-posetsystemwake
 */
#include "po/po.h"

static DRIVER_CANCEL po_wait_wake_cancel;
static VOID po_wait_wake_cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
    struct machine *m = ki_self();
    struct po_node *node = po_node_of(m, DeviceObject, false);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    if (node && node->hardware.wait_wake == Irp) {
        node->hardware.wait_wake = NULL;
        KI_TRACE(m, POWER_WAKE, "is not armed any more", node->serial);
    }
    Irp->IoStatus.Status = STATUS_CANCELLED;
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
}

/* Support first, then the states, then whether it is armed already. */
static NTSTATUS po_wait_wake_check(const struct po_node *node, SYSTEM_POWER_STATE state,
                                   NTSTATUS present) {
    const DEVICE_CAPABILITIES *can = node->pnp ? &node->pnp->capabilities : NULL;
    if (!can || !can->SystemWake || !can->DeviceWake)
        return present;
    if (state > can->SystemWake || node->d_state > can->DeviceWake)
        return STATUS_INVALID_DEVICE_STATE;
    return node->hardware.wait_wake ? STATUS_DEVICE_BUSY : STATUS_PENDING;
}

/* IoSetCancelRoutine without its gate: nobody may come between the IRP's being kept and this. */
static PDRIVER_CANCEL po_cancel_routine(PIRP irp, PDRIVER_CANCEL routine) {
    PDRIVER_CANCEL before = irp->CancelRoutine;
    irp->CancelRoutine = routine;
    return before;
}

NTSTATUS po_bus_wait_wake(struct machine *m, struct po_node *node, PIRP irp) {
    SYSTEM_POWER_STATE state = IoGetCurrentIrpStackLocation(irp)->Parameters.WaitWake.PowerState;
    NTSTATUS status = po_wait_wake_check(node, state, irp->IoStatus.Status);
    if (status != STATUS_PENDING) {
        irp->IoStatus.Status = status;
        IofCompleteRequest(irp, IO_NO_INCREMENT);
        return status;
    }
    IoMarkIrpPending(irp);
    node->hardware.wait_wake = irp;
    node->hardware.woke = false;
    KI_TRACE(m, POWER_WAKE, "is armed", node->serial);
    po_cancel_routine(irp, po_wait_wake_cancel);
    if (irp->Cancel)
        po_bus_wake_complete(m, node, STATUS_CANCELLED, false);
    return STATUS_PENDING;
}

bool po_bus_wake_complete(struct machine *m, struct po_node *node, NTSTATUS status, bool woke) {
    PIRP irp = node->hardware.wait_wake;
    if (!irp)
        return false;
    node->hardware.wait_wake = NULL;
    node->hardware.woke = false;
    if (!po_cancel_routine(irp, NULL))
        return true; /* its cancel routine runs, and completes it */
    if (woke)
        PoSetSystemWake(irp);
    KI_TRACE(m, POWER_WAKE, NT_SUCCESS(status) ? "signals" : "is not armed any more", node->serial);
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return true;
}

void po_wake_resumed(struct machine *m, struct po_node *node) {
    if (node->hardware.woke)
        po_bus_wake_complete(m, node, STATUS_SUCCESS, true);
}

/* ---- signals ---- */

/* The armed device nearest to `pnp` on the way to the root. */
static struct po_node *po_armed_above(struct pnp_node *pnp) {
    for (; pnp; pnp = pnp->parent)
        if (pnp->power && pnp->power->hardware.wait_wake)
            return pnp->power;
    return NULL;
}

/* From which state it was armed to wake. */
static SYSTEM_POWER_STATE po_armed_for(const struct po_node *node) {
    return IoGetCurrentIrpStackLocation(node->hardware.wait_wake)->Parameters.WaitWake.PowerState;
}

struct po_signal {
    WORK_QUEUE_ITEM work;
    struct machine *m;
    uint32_t serial;
};

static WORKER_THREAD_ROUTINE po_signal_work;
static VOID po_signal_work(PVOID Parameter) {
    struct po_signal signal = *(struct po_signal *)Parameter;
    struct machine *m = signal.m;
    mm_pool_free(m, Parameter, PO_TAG);
    struct po_node *node = po_node_find(m, signal.serial);
    if (node && node->hardware.wait_wake)
        po_bus_wake_complete(m, node, STATUS_SUCCESS, false);
}

/* The signal of a working system is served by a thread of the machine. */
static int po_signal_now(struct machine *m, struct po_node *node) {
    struct po_signal *signal = mm_pool_allocate(m, NonPagedPoolNx, sizeof *signal, PO_TAG);
    if (!signal)
        return WDMSIM_ERROR_NO_MEMORY;
    signal->m = m;
    signal->serial = node->serial;
    ExInitializeWorkItem(&signal->work, po_signal_work, signal);
    ex_queue_work(m, &signal->work, CriticalWorkQueue);
    return 0;
}

int wdmsim_power_signal_wake_begin(struct machine *machine, uint32_t serial) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    struct pnp_node *pnp = pnp_node_find(machine, serial);
    struct po_node *node = po_armed_above(pnp);
    if (!node || machine->po->state == PowerSystemShutdown)
        return WDMSIM_ERROR_NOT_FOUND;
    if (!machine->po->asleep && !machine->po->busy)
        return po_signal_now(machine, node);
    if (machine->po->asleep && po_armed_for(node) < machine->po->state)
        return WDMSIM_ERROR_NOT_FOUND; /* not from this deep */
    node->hardware.woke = machine->po->signaled = true;
    return po_transition_wake(machine) ? 0 : WDMSIM_ERROR_NOT_FOUND;
}

int wdmsim_power_signal_wake(struct machine *machine, uint32_t node) {
    bool slept = machine->po && machine->po->asleep;
    int error = wdmsim_power_signal_wake_begin(machine, node);
    if (error)
        return error;
    error = wdmsim_settle(machine);
    if (!error && slept && machine->po->busy)
        return WDMSIM_ERROR_TIMED_OUT;
    return error;
}

/* ---- what woke the system ---- */

static bool po_is_below(const struct pnp_node *node, const struct pnp_node *above) {
    for (node = node->parent; node; node = node->parent)
        if (node == above)
            return true;
    return false;
}

/* Keeps the devices nearest to the leaves: one that is known to be the cause rules out its parents.
 */
static void po_wake_source(struct machine *m, struct po_node *node) {
    struct po_part *po = m->po;
    unsigned kept = 0;
    if (!node->pnp || m->clock.now > po->wake_window)
        return;
    for (unsigned i = 0; i < po->wake_source_count; i++) {
        struct pnp_node *known = pnp_node_find(m, po->wake_sources[i]);
        if (known == node->pnp || (known && po_is_below(known, node->pnp)))
            return;
        if (known && !po_is_below(node->pnp, known))
            po->wake_sources[kept++] = po->wake_sources[i];
    }
    if (kept < WDMSIM_WAKE_SOURCES)
        po->wake_sources[kept++] = node->serial;
    po->wake_source_count = kept;
    KI_TRACE(m, POWER_WAKE, "woke the system", node->serial);
}

VOID PoSetSystemWake(PIRP Irp) {
    KI_GATE(PoSetSystemWake);
    struct po_irp *p = po_irp_of(Irp);
    if (!p || p->minor != IRP_MN_WAIT_WAKE) {
        po_report(m, "%s called PoSetSystemWake for an IRP that is no wait/wake IRP",
                  ki_address_name(m, IO_CALLER()));
        return;
    }
    p->woke = true;
    po_wake_source(m, p->node);
}

BOOLEAN PoGetSystemWake(PIRP Irp) {
    KI_GATE(PoGetSystemWake);
    (void)m;
    struct po_irp *p = po_irp_of(Irp);
    return p && p->woke;
}

VOID PoSetSystemWakeDevice(PDEVICE_OBJECT DeviceObject) {
    KI_GATE(PoSetSystemWakeDevice);
    struct po_node *node = po_node_of(m, DeviceObject, false);
    if (node)
        po_wake_source(m, node);
}

unsigned wdmsim_power_wake_sources(const struct machine *machine,
                                   uint32_t nodes[WDMSIM_WAKE_SOURCES]) {
    for (unsigned i = 0; i < machine->po->wake_source_count; i++)
        nodes[i] = machine->po->wake_sources[i];
    return machine->po->wake_source_count;
}
