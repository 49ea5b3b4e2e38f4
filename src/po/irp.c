/*
 * Power IRPs: PoRequestPowerIrp, the queues they wait in, their way to the stack and their end.
 *
 * A device query or set IRP waits until it is the only one of its stack; a power-up of an inrush
 * device waits, besides, until no other inrush device is being powered up anywhere. Then the power
 * framework may hold it until the device's components are ready, and then it goes to the top of the
 * stack: of a pageable device always on a worker thread at PASSIVE_LEVEL; of another one on the
 * requester's stack, or by choice on a worker thread or at DISPATCH_LEVEL. Its end is our
 * completion routine, above those of all drivers: it frees the IRP, calls the requester back, and
 * lets the next one go.
 *
 * wdm/nf-wdm-porequestpowerirp, nc-wdm-request_power_complete
 */
#include <stdio.h>
#include <string.h>

#include "dbg/dbg.h"
#include "po/fx/fx.h"
#include "po/po.h"

/* ---- words ---- */

const char *po_irp_text(const struct po_irp *p) {
    static const char *const set_d[] = {"set D?", "set D0", "set D1", "set D2", "set D3"};
    static const char *const query_d[] = {"query D?", "query D0", "query D1", "query D2",
                                          "query D3"};
    static const char *const set_s[] = {"set S?", "set S0", "set S1", "set S2",
                                        "set S3", "set S4", "set S5"};
    static const char *const query_s[] = {"query S?", "query S0", "query S1", "query S2",
                                          "query S3", "query S4", "query S5"};
    static const char *const wait[] = {"wait/wake S?", "wait/wake S0", "wait/wake S1",
                                       "wait/wake S2", "wait/wake S3", "wait/wake S4",
                                       "wait/wake S5"};
    if (p->minor == IRP_MN_WAIT_WAKE)
        return wait[p->state.SystemState];
    if (p->system)
        return (p->minor == IRP_MN_SET_POWER ? set_s : query_s)[p->state.SystemState];
    return (p->minor == IRP_MN_SET_POWER ? set_d : query_d)[p->state.DeviceState];
}

static void po_trace_end(struct machine *m, const struct po_irp *p, NTSTATUS status) {
    char text[64];
    if (!ki_tracing(m, WDMSIM_EVENT_POWER_IRP))
        return;
    const char *name = NT_SUCCESS(status) ? NULL : wdmsim_status_name((uint32_t)status);
    if (NT_SUCCESS(status))
        snprintf(text, sizeof text, "%s is complete", po_irp_text(p));
    else if (name)
        snprintf(text, sizeof text, "%s ends: %s", po_irp_text(p), name);
    else
        snprintf(text, sizeof text, "%s ends: 0x%08x", po_irp_text(p), (unsigned)status);
    KI_TRACE(m, POWER_IRP, text, io_irp_serial(p->irp), p->node->serial);
}

/* ---- records ---- */

static IO_COMPLETION_ROUTINE po_irp_complete;

static struct po_irp *po_record_new(struct machine *m) {
    struct po_irp *p = m->po->free;
    if (p)
        m->po->free = p->next_free;
    else
        p = ki_alloc(m, sizeof *p);
    memset(p, 0, offsetof(struct po_irp, visit));
    return p;
}

static void po_record_free(struct machine *m, struct po_irp *p) {
    KI_ASSERT(!p->freed);
    p->freed = true;
    p->next_free = m->po->free;
    m->po->free = p;
}

static WORKER_THREAD_ROUTINE po_irp_work;

/* The record with its IRP for the top of the stack; NULL without memory. */
static struct po_irp *po_irp_new(struct machine *m, struct po_node *node, UCHAR minor, bool system,
                                 POWER_STATE state) {
    PDEVICE_OBJECT top = io_top_of(node->pdo);
    PIRP irp = io_irp_allocate(m, top->StackSize, NULL);
    if (!irp)
        return NULL;
    struct po_irp *p = po_record_new(m);
    p->node = node;
    p->irp = irp;
    p->minor = minor;
    p->system = system;
    p->state = state;
    p->freed = false;
    p->next_free = NULL;
    ExInitializeWorkItem(&p->work, po_irp_work, p);
    io_irp_prefix(irp)->power = p;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    ob_reference(m, node->pdo);
    node->outstanding++;
    return p;
}

/* Fills the stack location of the top device. */
static void po_irp_fill(struct po_irp *p) {
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(p->irp);
    stack->MajorFunction = IRP_MJ_POWER;
    stack->MinorFunction = p->minor;
    if (p->minor == IRP_MN_WAIT_WAKE) {
        stack->Parameters.WaitWake.PowerState = p->state.SystemState;
    } else {
        stack->Parameters.Power.SystemContext = p->system_context;
        stack->Parameters.Power.Type = p->system ? SystemPowerState : DevicePowerState;
        stack->Parameters.Power.State = p->state;
        stack->Parameters.Power.ShutdownType = p->action;
    }
    IoSetCompletionRoutine(p->irp, po_irp_complete, p, TRUE, TRUE, TRUE);
}

/* ---- sending ---- */

/* Calls the stack on the present thread and at the present level. The topmost device object is
 * referenced meanwhile: its driver may delete it before its dispatch routine gets to the IRP, and
 * refuses the IRP then. */
static void po_irp_send(struct machine *m, struct po_irp *p) {
    p->since = ki_clock_awake(&m->clock);
    p->sent = true;
    po_watch(m, p);
    if (p->node->gone) {
        p->irp->IoStatus.Status = STATUS_NO_SUCH_DEVICE;
        po_irp_complete(NULL, p->irp, p);
        return;
    }
    PDEVICE_OBJECT top = io_top_of(p->node->pdo);
    PIRP irp = p->irp;
    if (KI_UNLIKELY(top->StackSize > irp->StackCount)) {
        /* Somebody attached meanwhile: a larger IRP takes the place. */
        PIRP larger = io_irp_allocate(m, top->StackSize, NULL);
        if (larger) {
            io_irp_prefix(larger)->power = p;
            larger->IoStatus.Status = STATUS_NOT_SUPPORTED;
            io_irp_free(m, irp);
            p->irp = irp = larger;
        } else {
            top = p->node->pdo;
        }
    }
    ob_reference(m, top);
    po_irp_fill(p);
    KI_TRACE(m, POWER_IRP, po_irp_text(p), io_irp_serial(irp), p->node->serial);
    p->thread = m->cpu->irql < DISPATCH_LEVEL ? ki_current_thread(m) : NULL;
    uint64_t number = p->number = ++m->po->irps_sent;
    IofCallDriver(top, irp);
    m = ki_self();
    if (p->number == number) { /* records are used again, but never given back */
        p->thread = NULL;
        p->held = true;
        p->node->held++;
    }
    ob_dereference(m, top);
}

/* DISPATCH_LEVEL is for stacks that are not pageable, and not for an IRP that sets D1 to D3, as
 * drivers announce that with PoSetPowerState at lower levels only. */
static bool po_may_be_high(const struct po_irp *p) {
    return !po_is_pageable(p->node) &&
           (p->system || p->minor != IRP_MN_SET_POWER || p->state.DeviceState == PowerDeviceD0);
}

/* By a worker thread: at PASSIVE_LEVEL, or by choice at DISPATCH_LEVEL if the stack stands that. */
static VOID po_irp_work(PVOID Parameter) {
    struct po_irp *p = Parameter;
    struct machine *m = ki_self();
    if (po_may_be_high(p) && ki_choose(m, WDMSIM_CHOICE_POWER, 2)) {
        KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
        po_irp_send(m, p);
        ki_lower(ki_self(), irql);
        return;
    }
    po_irp_send(m, p);
}

/* Worker threads of their own priority, so that no other work delays power IRPs. */
void po_irp_queue(struct machine *m, struct po_irp *p) {
    ex_queue_work(m, &p->work, SuperCriticalWorkQueue);
}

/* Nothing holds it any more. `here`: the requester's stack may be used. */
static void po_irp_deliver(struct machine *m, struct po_irp *p, bool here) {
    bool high = po_may_be_high(p);
    if (!here || po_is_pageable(p->node) || (!high && m->cpu->irql >= DISPATCH_LEVEL)) {
        po_irp_queue(m, p);
        return;
    }
    unsigned choice = ki_choose(m, WDMSIM_CHOICE_POWER, high ? 3 : 2);
    if (choice == 1) {
        po_irp_queue(m, p);
    } else if (choice == 2) {
        KIRQL irql = ki_raise(m, DISPATCH_LEVEL);
        po_irp_send(m, p);
        ki_lower(ki_self(), irql);
    } else {
        po_irp_send(m, p);
    }
}

static void po_irp_go(struct machine *m, void *context) { po_irp_deliver(m, context, false); }

/* The power framework may want something first. */
static void po_irp_begin(struct machine *m, struct po_irp *p, bool here) {
    PDEVICE_OBJECT pdo = p->node->pdo;
    bool proceed = true;
    if (p->minor == IRP_MN_WAIT_WAKE)
        proceed = fx_wait_wake_irp(m, pdo, po_irp_go, p);
    else if (p->minor == IRP_MN_SET_POWER)
        proceed = p->system ? fx_system_irp(m, pdo, p->state.SystemState, po_irp_go, p)
                            : fx_device_irp(m, pdo, p->state.DeviceState, po_irp_go, p);
    if (proceed)
        po_irp_deliver(m, p, here);
}

/* ---- inrush ---- */

static bool po_is_inrush(const struct po_irp *p) {
    if (p->minor != IRP_MN_SET_POWER || p->system || p->state.DeviceState != PowerDeviceD0 ||
        p->node->d_state == PowerDeviceD0)
        return false;
    for (PDEVICE_OBJECT device = p->node->pdo; device; device = device->AttachedDevice)
        if (device->Flags & DO_POWER_INRUSH)
            return true;
    return false;
}

static void po_inrush_wait(struct machine *m, struct po_irp *p) {
    InsertTailList(&m->po->inrush_queue, &p->link);
    if (KI_UNLIKELY(++m->po->inrush_waiting > PO_INRUSH_MOST))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x401, 0, (ULONG_PTR)&m->po->inrush_queue,
                    (ULONG_PTR)p->node->pdo,
                    "%u devices that draw an inrush of power wait to be powered up, the last of "
                    "them %s",
                    (unsigned)m->po->inrush_waiting, po_node_text(m, p->node));
}

/* It is the only device IRP of its stack now. */
static void po_device_turn(struct machine *m, struct po_irp *p, bool here) {
    p->node->device_active = p;
    if (po_is_inrush(p)) {
        p->inrush = true;
        if (m->po->inrush) {
            po_inrush_wait(m, p);
            return;
        }
        m->po->inrush = p;
    }
    po_irp_begin(m, p, here);
}

static void po_inrush_next(struct machine *m) {
    m->po->inrush = NULL;
    if (IsListEmpty(&m->po->inrush_queue))
        return;
    struct po_irp *p = CONTAINING_RECORD(RemoveHeadList(&m->po->inrush_queue), struct po_irp, link);
    m->po->inrush_waiting--;
    m->po->inrush = p;
    po_irp_begin(m, p, false);
}

/* ---- the end ---- */

/* Nothing excuses a device that stays off: it is there, and in use. */
static bool po_is_expected_up(const struct pnp_node *pnp) {
    return pnp->present && pnp->state == WDMSIM_NODE_STARTED;
}

static void po_set_done(struct machine *m, struct po_irp *p, NTSTATUS status) {
    struct po_node *node = p->node;
    fx_device_irp_done(m, node->pdo, p->state.DeviceState, status);
    if (!NT_SUCCESS(status)) {
        if (p->state.DeviceState != PowerDeviceD0)
            po_report(m, "a driver of %s failed the IRP that sets D%d: 0x%08x",
                      po_node_text(m, node), p->state.DeviceState - 1, (unsigned)status);
        else if (!node->gone && (!node->pnp || po_is_expected_up(node->pnp)))
            po_report(m, "%s could not be powered up: 0x%08x", po_node_text(m, node),
                      (unsigned)status);
        return;
    }
    if (p->state.DeviceState == PowerDeviceD0 || !po_is_kept_on(node))
        po_device_reached(m, node, p->state.DeviceState);
    if (node->d_state == PowerDeviceD3)
        po_rail_check(m, node);
}

/* The device IRP is over: its requester first, then whoever waits for the stack. */
static void po_device_end(struct machine *m, struct po_irp *p, PIO_STATUS_BLOCK iosb) {
    struct po_node *node = p->node;
    if (p->minor == IRP_MN_SET_POWER)
        po_set_done(m, p, iosb->Status);
    node->device_active = NULL;
    if (p->inrush)
        po_inrush_next(m);
    if (p->completion) {
        p->completion(p->device, p->minor, p->state, p->context, iosb);
        m = ki_self();
    }
    if (!node->device_active && !IsListEmpty(&node->device_queue)) {
        struct po_irp *next =
            CONTAINING_RECORD(RemoveHeadList(&node->device_queue), struct po_irp, link);
        po_device_turn(m, next, false);
    }
}

static void po_wait_wake_end(struct machine *m, struct po_irp *p, PIO_STATUS_BLOCK iosb) {
    fx_wait_wake_irp_done(m, p->node->pdo);
    if (p->completion)
        p->completion(p->device, p->minor, p->state, p->context, iosb);
}

static void po_system_over(struct machine *m, void *context) {
    struct po_irp *p = context;
    struct po_walk *walk = p->walk;
    struct po_node *node = p->node;
    NTSTATUS status = (NTSTATUS)p->visits;
    po_record_free(m, p);
    po_walk_done(m, walk, node, status);
}

static void po_system_end(struct machine *m, struct po_irp *p, NTSTATUS status) {
    struct po_node *node = p->node;
    node->system_active = NULL;
    p->visits = (ULONG)status; /* kept until the framework lets go */
    if (p->minor == IRP_MN_SET_POWER) {
        node->s_state = p->state.SystemState;
        if (!fx_system_irp_done(m, node->pdo, p->state.SystemState, po_system_over, p))
            return;
    }
    po_system_over(m, p);
}

/* Pre-Vista: every driver of the stack must have said PoStartNextPowerIrp. */
static void po_legacy_check(struct machine *m, const struct po_irp *p) {
    for (ULONG i = 0; i < p->visits && i < PO_VISITS; i++) {
        PDEVICE_OBJECT device = p->visit[i].device;
        if (p->visit[i].next)
            continue;
        ki_bugcheck(m, DRIVER_POWER_STATE_FAILURE, 2, (ULONG_PTR)p->node->pdo, (ULONG_PTR)device,
                    (ULONG_PTR)device->DriverObject,
                    "irp %u (%s) of %s is complete, but %s has not called PoStartNextPowerIrp",
                    io_irp_serial(p->irp), po_irp_text(p), po_node_text(m, p->node),
                    io_device_of(device)->text);
    }
}

static NTSTATUS po_irp_complete(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
    struct machine *m = ki_self();
    struct po_irp *p = Context;
    struct po_node *node = p->node;
    IO_STATUS_BLOCK iosb = Irp->IoStatus;
    (void)DeviceObject;
    if (KI_UNLIKELY(m->po->legacy) && p->system)
        po_legacy_check(m, p);
    po_unwatch(m, p);
    po_trace_end(m, p, iosb.Status);
    io_irp_free(m, Irp);
    node->held -= p->held;
    p->number = 0;
    if (p->system) {
        po_system_end(m, p, iosb.Status);
    } else {
        if (p->minor == IRP_MN_WAIT_WAKE)
            po_wait_wake_end(m, p, &iosb);
        else
            po_device_end(m, p, &iosb);
        po_record_free(ki_self(), p);
    }
    po_node_release(ki_self(), node);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* ---- asking for one ---- */

bool po_send_system(struct machine *m, struct po_node *node, struct po_walk *walk) {
    struct po_irp *p =
        po_irp_new(m, node, walk->minor, true, (POWER_STATE){.SystemState = walk->state});
    if (!p)
        return false;
    KI_ASSERT(!node->system_active);
    p->walk = walk;
    p->action = walk->action;
    p->system_context = walk->context;
    node->system_active = p;
    po_irp_begin(m, p, false);
    return true;
}

static bool po_state_is_valid(UCHAR minor, POWER_STATE state) {
    if (minor == IRP_MN_WAIT_WAKE)
        return state.SystemState > PowerSystemUnspecified && state.SystemState < PowerSystemMaximum;
    return state.DeviceState > PowerDeviceUnspecified && state.DeviceState < PowerDeviceMaximum;
}

NTSTATUS po_request(struct machine *m, PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state,
                    PREQUEST_POWER_COMPLETE completion, PVOID context, PIRP *irp,
                    const void *caller) {
    struct po_node *node = po_node_of(m, device, true);
    struct po_irp *p = node ? po_irp_new(m, node, minor, false, state) : NULL;
    if (!p)
        return STATUS_INSUFFICIENT_RESOURCES;
    p->device = device;
    p->completion = completion;
    p->context = context;
    p->caller = caller;
    if (minor == IRP_MN_WAIT_WAKE) {
        if (irp)
            *irp = p->irp;
        po_irp_begin(m, p, true);
        return STATUS_PENDING;
    }
    if (node->system_active) { /* it answers that one, so it carries its reasons */
        p->action = node->system_active->action;
        p->system_context = node->system_active->system_context;
    }
    if (node->device_active || !IsListEmpty(&node->device_queue))
        InsertTailList(&node->device_queue, &p->link);
    else
        po_device_turn(m, p, true);
    return STATUS_PENDING;
}

NTSTATUS PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                           PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context, PIRP *Irp) {
    KI_GATE(PoRequestPowerIrp);
    if (MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER &&
        MinorFunction != IRP_MN_WAIT_WAKE)
        return STATUS_INVALID_PARAMETER_2;
    if (!DeviceObject || !po_state_is_valid(MinorFunction, PowerState)) {
        po_report(m, "%s called PoRequestPowerIrp for %s", ki_address_name(m, IO_CALLER()),
                  DeviceObject ? "a state that there is none of" : "no device");
        return STATUS_INVALID_PARAMETER;
    }
    if (Irp && MinorFunction != IRP_MN_WAIT_WAKE)
        po_report(
            m,
            "%s asked PoRequestPowerIrp for the pointer to an IRP other than wait/wake, which "
            "may be gone when the call returns",
            ki_address_name(m, IO_CALLER()));
    if (mm_fails(m))
        return STATUS_INSUFFICIENT_RESOURCES;
    return po_request(m, DeviceObject, MinorFunction, PowerState, CompletionFunction, Context, Irp,
                      IO_CALLER());
}
