/*
 * The watchdog over power IRPs: bug check 0x9F/3 when one is not complete in time, 0x9F/4 when a
 * transition cannot have the PnP lock.
 *
 * All IRPs have the same time, so the oldest is the next to be late: one list in order of sending
 * and one timer, set for its head. The timer is off while nothing is watched. A wait/wake IRP may
 * take as long as it likes. Time that the system sleeps does not count.
 *
 * wdm/nf-wdm-poquerywatchdogtime
 */
#include <stdio.h>

#include "po/po.h"

/* What parameter 2 of 0x9F/3 points to: where a debugger finds the IRPs and threads. */
struct po_triage {
    USHORT signature, revision;
    PLIST_ENTRY irps;
    PLIST_ENTRY threads;
    void *queue;
};
#define PO_TRIAGE_SIGNATURE 0x8000u

static struct po_triage *po_triage_block(struct machine *m) {
    struct po_triage *triage = ki_alloc(m, sizeof *triage);
    *triage =
        (struct po_triage){PO_TRIAGE_SIGNATURE, 1, &m->po->watched, &m->ps->system->threads, NULL};
    return triage;
}

static uint64_t po_due(const struct machine *m, const struct po_irp *p) {
    return p->since + m->po->watchdog;
}

static void po_watchdog_set(struct machine *m) {
    struct po_part *po = m->po;
    if (!po->watchdog || IsListEmpty(&po->watched)) {
        KeCancelTimer(&po->watchdog_timer);
        return;
    }
    const struct po_irp *oldest = CONTAINING_RECORD(po->watched.Flink, struct po_irp, watch);
    uint64_t due = po_due(m, oldest), now = ki_clock_awake(&m->clock);
    LARGE_INTEGER time = {.QuadPart = due > now ? -(LONGLONG)((due - now + 99) / 100) : -1};
    KeSetTimer(&po->watchdog_timer, time, &po->watchdog_dpc);
}

void po_watch(struct machine *m, struct po_irp *p) {
    if (p->minor == IRP_MN_WAIT_WAKE) {
        InsertTailList(&m->po->unwatched, &p->watch);
        return;
    }
    bool first = IsListEmpty(&m->po->watched);
    InsertTailList(&m->po->watched, &p->watch);
    if (first)
        po_watchdog_set(m);
}

void po_unwatch(struct machine *m, struct po_irp *p) {
    RemoveEntryList(&p->watch);
    if (p->minor != IRP_MN_WAIT_WAKE && IsListEmpty(&m->po->watched))
        KeCancelTimer(&m->po->watchdog_timer);
}

/* Whose hands the IRP is in. */
static PDEVICE_OBJECT po_holder(const struct po_irp *p) {
    if (p->irp->CurrentLocation > p->irp->StackCount)
        return p->node->pdo;
    return IoGetCurrentIrpStackLocation(p->irp)->DeviceObject;
}

static _Noreturn void po_blocked(struct machine *m, struct po_irp *p) {
    PDEVICE_OBJECT holder = po_holder(p);
    char where[160];
    const struct _KTHREAD *thread = p->thread;
    if (thread && thread->state == KI_THREAD_WAITING)
        snprintf(where, sizeof where,
                 ", inside whose dispatch routine thread %u waits: if what it waits for is the "
                 "completion of this IRP, that is a deadlock",
                 thread->serial);
    else
        snprintf(where, sizeof where, "%s", thread ? ", inside its dispatch routine" : "");
    ki_bugcheck(m, DRIVER_POWER_STATE_FAILURE, 3, (ULONG_PTR)p->node->pdo,
                (ULONG_PTR)po_triage_block(m), (ULONG_PTR)p->irp,
                "irp %u (%s) of %s has been with %s of %s for %llu s%s", io_irp_serial(p->irp),
                po_irp_text(p), po_node_text(m, p->node), io_device_of(holder)->text,
                io_driver_of(holder->DriverObject)->text,
                (unsigned long long)((ki_clock_awake(&m->clock) - p->since) / WDMSIM_S), where);
}

/* A system IRP may be late because its owner waits for the device IRP that belongs to it. If that
 * has taken most of the time, it is the one that hangs. */
static struct po_irp *po_culprit(struct machine *m, struct po_irp *late) {
    struct po_irp *device = late->system ? late->node->device_active : NULL;
    if (device && device->sent && ki_clock_awake(&m->clock) - device->since >= m->po->watchdog / 2)
        return device;
    return late;
}

static KDEFERRED_ROUTINE po_watchdog_expired;
static VOID po_watchdog_expired(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1,
                                PVOID SystemArgument2) {
    struct machine *m = ki_self();
    (void)Dpc;
    (void)DeferredContext;
    (void)SystemArgument1;
    (void)SystemArgument2;
    if (IsListEmpty(&m->po->watched) || !m->po->watchdog)
        return;
    struct po_irp *oldest = CONTAINING_RECORD(m->po->watched.Flink, struct po_irp, watch);
    if (po_due(m, oldest) <= ki_clock_awake(&m->clock))
        po_blocked(m, po_culprit(m, oldest));
    po_watchdog_set(m);
}

void po_pnp_lock_timeout(struct machine *m) {
    const struct _KTHREAD *owner = pnp_lock_owner(m);
    ki_bugcheck(
        m, DRIVER_POWER_STATE_FAILURE, 4, (ULONG_PTR)(m->po->watchdog / WDMSIM_S), (ULONG_PTR)owner,
        (ULONG_PTR)po_triage_block(m),
        "the system's power transition waited %llu s for the PnP lock, which thread %u (%s) "
        "holds",
        (unsigned long long)(m->po->watchdog / WDMSIM_S), owner ? owner->serial : 0,
        owner && owner->name ? owner->name : "nobody");
}

BOOLEAN PoQueryWatchdogTime(PDEVICE_OBJECT Pdo, PULONG SecondsRemaining) {
    KI_GATE(PoQueryWatchdogTime);
    struct po_node *node = po_node_of(m, Pdo, false);
    if (!node || !node->outstanding || !m->po->watchdog)
        return FALSE;
    for (PLIST_ENTRY link = m->po->watched.Flink; link != &m->po->watched; link = link->Flink) {
        const struct po_irp *p = CONTAINING_RECORD(link, struct po_irp, watch);
        if (p->node != node)
            continue;
        uint64_t due = po_due(m, p), now = ki_clock_awake(&m->clock);
        *SecondsRemaining = (ULONG)(due > now ? (due - now) / WDMSIM_S : 0);
        return TRUE;
    }
    return FALSE;
}

int wdmsim_power_watchdog(struct machine *machine, uint64_t limit) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    machine->po->watchdog = limit;
    po_watchdog_set(machine);
    return 0;
}

#define PO_WATCHDOG (600 * WDMSIM_S)

void po_watchdog_start(struct machine *m) {
    InitializeListHead(&m->po->watched);
    InitializeListHead(&m->po->unwatched);
    m->po->watchdog = PO_WATCHDOG;
    KeInitializeTimer(&m->po->watchdog_timer);
    KeInitializeDpc(&m->po->watchdog_dpc, po_watchdog_expired, NULL);
}
