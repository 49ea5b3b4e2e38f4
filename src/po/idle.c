/*
 * Idle detection of devices: a counter of seconds per device, which drivers set to zero when the
 * device is used, and an IRP to a low-power state when it reaches the time-out.
 *
 * The power source decides which time-out applies: on a battery the system conserves energy, else
 * it goes for performance. One tick a second counts for all devices, and only while some device's
 * countdown runs: it is in D0, not marked busy, and has not been sent away since it was last in D0.
 *
 * wdm/nf-wdm-poregisterdeviceforidledetection, -posetdevicebusyex, -postartdevicebusy
 */
#include "po/po.h"

#define PO_STANDARD 0xFFFFFFFFu /* -1: the time-out of the device's class */

static ULONG po_idle_timeout(const struct machine *m, const struct po_node *node) {
    const struct po_idle *idle = &node->idle;
    ULONG timeout = m->po->on_battery ? idle->conservation : idle->performance;
    return timeout == PO_STANDARD ? m->po->class_timeout[m->po->on_battery ? 0 : 1] : timeout;
}

static bool po_idle_runs(const struct machine *m, const struct po_node *node) {
    const struct po_idle *idle = &node->idle;
    return !idle->busy && !idle->fired && node->d_state == PowerDeviceD0 && !po_is_kept_on(node) &&
           m->po->state == PowerSystemWorking && po_idle_timeout(m, node) != 0;
}

static void po_idle_tick_set(struct machine *m, bool on) {
    LARGE_INTEGER second = {.QuadPart = -10000000};
    if (on == m->po->idle_ticking)
        return;
    m->po->idle_ticking = on;
    if (on)
        KeSetTimerEx(&m->po->idle_timer, second, 1000, &m->po->idle_dpc);
    else
        KeCancelTimer(&m->po->idle_timer);
}

void po_idle_policy_changed(struct machine *m) {
    bool runs = false;
    for (PLIST_ENTRY link = m->po->idle.Flink; link != &m->po->idle && !runs; link = link->Flink)
        runs = po_idle_runs(m, CONTAINING_RECORD(link, struct po_node, idle.link));
    po_idle_tick_set(m, runs);
}

/* Back in D0 the countdown begins anew. */
void po_idle_device_changed(struct machine *m, struct po_node *node) {
    if (node->d_state == PowerDeviceD0) {
        node->idle.counter = 0;
        node->idle.fired = false;
    }
    po_idle_policy_changed(m);
}

static void po_idle_count(struct machine *m, struct po_node *node) {
    struct po_idle *idle = &node->idle;
    if (++idle->counter < po_idle_timeout(m, node))
        return;
    idle->fired = true;
    po_request(m, node->pdo, IRP_MN_SET_POWER, (POWER_STATE){.DeviceState = idle->state}, NULL,
               NULL, NULL, NULL);
}

static KDEFERRED_ROUTINE po_idle_tick;
static VOID po_idle_tick(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1,
                         PVOID SystemArgument2) {
    struct machine *m = ki_self();
    (void)Dpc;
    (void)DeferredContext;
    (void)SystemArgument1;
    (void)SystemArgument2;
    for (PLIST_ENTRY link = m->po->idle.Flink, next; link != &m->po->idle; link = next) {
        struct po_node *node = CONTAINING_RECORD(link, struct po_node, idle.link);
        next = link->Flink;
        if (po_idle_runs(m, node))
            po_idle_count(m, node);
    }
    po_idle_policy_changed(m);
}

void po_idle_forget(struct machine *m, struct po_node *node) {
    if (!node->idle.registered)
        return;
    node->idle.registered = false;
    RemoveEntryList(&node->idle.link);
    po_idle_policy_changed(m);
}

void po_idle_start(struct machine *m) {
    InitializeListHead(&m->po->idle);
    KeInitializeTimer(&m->po->idle_timer);
    KeInitializeDpc(&m->po->idle_dpc, po_idle_tick, NULL);
}

/* ---- what drivers call ---- */

static bool po_idle_may_be_standard(PDEVICE_OBJECT device, ULONG conservation, ULONG performance) {
    if (conservation != PO_STANDARD && performance != PO_STANDARD)
        return true;
    return device->DeviceType == FILE_DEVICE_DISK || device->DeviceType == FILE_DEVICE_MASS_STORAGE;
}

PULONG PoRegisterDeviceForIdleDetection(PDEVICE_OBJECT DeviceObject, ULONG ConservationIdleTime,
                                        ULONG PerformanceIdleTime, DEVICE_POWER_STATE State) {
    KI_GATE(PoRegisterDeviceForIdleDetection);
    struct po_node *node = po_node_of(m, DeviceObject, true);
    if (!node)
        return NULL;
    if (!ConservationIdleTime && !PerformanceIdleTime) {
        po_idle_forget(m, node);
        return NULL;
    }
    if (State <= PowerDeviceD0 || State >= PowerDeviceMaximum ||
        !po_idle_may_be_standard(DeviceObject, ConservationIdleTime, PerformanceIdleTime))
        return NULL;
    struct po_idle *idle = &node->idle;
    if (!idle->registered) {
        InsertTailList(&m->po->idle, &idle->link);
        idle->registered = true;
        idle->busy = 0;
        idle->fired = false;
    }
    idle->conservation = ConservationIdleTime;
    idle->performance = PerformanceIdleTime;
    idle->state = State;
    idle->counter = 0;
    po_idle_policy_changed(m);
    return &idle->counter;
}

static struct po_node *po_idle_node(PULONG pointer) {
    return pointer ? CONTAINING_RECORD(pointer, struct po_node, idle.counter) : NULL;
}

static void po_idle_no_pointer(struct machine *m, const void *caller, const char *routine) {
    po_report(m, "%s called %s with no idle counter", ki_address_name(m, caller), routine);
}

VOID PoSetDeviceBusyEx(PULONG IdlePointer) {
    KI_GATE(PoSetDeviceBusyEx);
    if (IdlePointer)
        *IdlePointer = 0;
    else
        po_idle_no_pointer(m, IO_CALLER(), "PoSetDeviceBusyEx");
}

VOID PoStartDeviceBusy(PULONG IdlePointer) {
    KI_GATE(PoStartDeviceBusy);
    struct po_node *node = po_idle_node(IdlePointer);
    if (!node) {
        po_idle_no_pointer(m, IO_CALLER(), "PoStartDeviceBusy");
        return;
    }
    node->idle.busy++;
}

VOID PoEndDeviceBusy(PULONG IdlePointer) {
    KI_GATE(PoEndDeviceBusy);
    struct po_node *node = po_idle_node(IdlePointer);
    if (!node) {
        po_idle_no_pointer(m, IO_CALLER(), "PoEndDeviceBusy");
        return;
    }
    if (!node->idle.busy) {
        po_report(m, "%s called PoEndDeviceBusy more often than PoStartDeviceBusy",
                  ki_address_name(m, IO_CALLER()));
        return;
    }
    if (--node->idle.busy)
        return;
    node->idle.counter = 0;
    if (m->cpu->irql <= DISPATCH_LEVEL) /* above it, the running tick notices */
        po_idle_policy_changed(m);
}
