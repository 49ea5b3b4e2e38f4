/*
 * The power framework: drivers describe their devices as components with states of less and less
 * power, say when they use each, and are told what may change and when.
 *
 * How the files divide the work. register.c checks and copies what a driver registers and undoes
 * it; component.c advances components, device.c devices, each as a machine that looks only at its
 * present state; select.c chooses among the idle states; perf.c keeps performance states; irp.c is
 * where power and PnP IRPs meet the framework; directed.c takes idle-blocking devices down in
 * standby and up again, standby.c decides when, and says whether the platform reaches its deepest
 * idle state; policy.c is the plug-in that serves what no other plug-in claims; show.c is for the
 * host.
 *
 * Where callbacks run. A call with PO_FX_FLAG_BLOCKING makes them on the caller's thread, one with
 * PO_FX_FLAG_ASYNC_ONLY never; without flags they run inside the call, at the caller's IRQL, if
 * nothing has to be waited for (a choice of the machine may send them to a worker). Whatever goes
 * on later, because the driver completed something or power came back, runs on a system worker
 * thread at PASSIVE_LEVEL (by choice at DISPATCH_LEVEL). Callbacks about a device, unlike those
 * about a component, always come from a worker.
 *
 * What is not an offence but worth knowing is a report (fx_report): an event in the trace and a
 * line that the host can read. What can never end is a bug check at once where it is certain, else
 * at the end of the watchdog's patience.
 *
 * Where the reference is silent the judgement stands in a comment at the place.
 */
#include <stdarg.h>
#include <stdio.h>

#include "po/fx/internal.h"

/* ---- routines of drivers ---- */

void fx_call_begin(struct machine *m, struct fx_call *call, struct fx_device *d, KIRQL irql) {
    struct fx_part *fx = m->fx;
    call->outer = fx->calls;
    call->link = &fx->calls;
    if (call->outer)
        call->outer->link = &call->outer;
    fx->calls = call;
    call->thread = ki_current_thread(m);
    call->device = d;
    call->irql = irql;
    call->seh = m->seh;
    m->seh = NULL;
    d->callbacks++;
    if (irql < DISPATCH_LEVEL)
        ki_lower(m, irql);
}

void fx_call_end(struct machine *m, struct fx_call *call, const char *routine) {
    struct fx_device *d = call->device;
    if (KI_UNLIKELY(m->cpu->irql != call->irql))
        ki_bugcheck(m, IRQL_UNEXPECTED_VALUE,
                    KI_UNEXPECTED_IRQL(m, call->irql, KI_UNEXPECTED_CALLOUT), 0, 0, 0,
                    "%s of device node %u was called at %s and returned at %s", routine, d->serial,
                    ki_irql_name(call->irql), ki_irql_name(m->cpu->irql));
    if (call->irql < DISPATCH_LEVEL)
        ki_raise(m, DISPATCH_LEVEL);
    m->seh = call->seh;
    *call->link = call->outer;
    if (call->outer)
        call->outer->link = call->link;
    d->callbacks--;
    fx_turn_over(m, d);
}

bool fx_in_call(struct machine *m, const struct fx_device *d) {
    PKTHREAD thread = ki_current_thread(m);
    for (const struct fx_call *call = m->fx->calls; call; call = call->outer)
        if (call->thread == thread && call->device == d)
            return true;
    return false;
}

KIRQL fx_worker_irql(struct machine *m) {
    return ki_choose(m, WDMSIM_CHOICE_POWER, 2) ? DISPATCH_LEVEL : PASSIVE_LEVEL;
}

/* ---- devices by handle and by PDO ---- */

KI_LOOKS_AT_FREED static bool fx_is_device(const struct fx_device *d) {
    return d && d->signature == FX_DEVICE_SIGNATURE;
}

struct fx_device *fx_device_checked(struct machine *m, POHANDLE handle, const void *caller) {
    struct fx_device *d = (struct fx_device *)(void *)handle;
    if (KI_UNLIKELY(!fx_is_device(d)))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x607, (ULONG_PTR)d, (ULONG)STATUS_DELETE_PENDING, 0,
                    "%s passed a handle that is not a registration, or no more",
                    ki_address_name(m, caller));
    return d;
}

struct fx_device *fx_device_of(PDEVICE_OBJECT pdo) {
    struct pnp_node *node = pdo ? pnp_node_of(pdo) : NULL;
    return node ? node->fx : NULL;
}

/* ---- reports ---- */

void fx_report(struct machine *m, struct fx_device *d, const char *format, ...) {
    char text[256] = "reports: ";
    struct fx_part *fx = m->fx;
    struct fx_report *report = &fx->reports[fx->report_count++ % FX_REPORTS];
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, sizeof text - length, format, arguments);
    va_end(arguments);
    report->time = m->clock.now;
    report->serial = d->serial;
    report->text = ki_intern(m, text) + length;
    KI_TRACE(m, FX_DEVICE, report->text - length, d->serial);
}

/* ---- the watchdog ---- */

void fx_timer_set(PKTIMER timer, PKDPC dpc, uint64_t ns) {
    LARGE_INTEGER due = {.QuadPart = -(LONGLONG)(ns / 100 + (ns % 100 || !ns))};
    KeSetTimer(timer, due, dpc);
}

/* The earliest moment something is overdue after what is overdue now was dealt with. */
static uint64_t fx_watch_component(struct machine *m, struct fx_component *c, uint64_t limit) {
    if (!c->asked || !limit)
        return UINT64_MAX;
    if (c->asked + limit <= ki_clock_awake(&m->clock))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x618, (ULONG_PTR)&c->work, 0, 0,
                    "the driver of device node %u has not completed the %s of component %u",
                    c->device->serial, c->condition == FX_IDLING ? "idle condition" : "idle state",
                    c->index);
    return c->asked + limit;
}

/* Without the report after S0 nothing hangs, but the device is never given up again. */
static uint64_t fx_watch_resume(struct machine *m, struct fx_device *d, uint64_t limit) {
    if (!d->resumed || !limit)
        return UINT64_MAX;
    if (d->resumed + limit > ki_clock_awake(&m->clock))
        return d->resumed + limit;
    d->resumed = 0;
    fx_report(m, d,
              "the driver has not reported the device powered on since the system went to "
              "S0: its power stays required");
    return UINT64_MAX;
}

static uint64_t fx_watch_device(struct machine *m, struct fx_device *d) {
    struct fx_part *fx = m->fx;
    bool directed = d->directed != FX_UNDIRECTED;
    uint64_t limit = directed ? fx->directed_limit : fx->watchdog;
    uint64_t next = UINT64_MAX, resume = fx_watch_resume(m, d, fx->watchdog);
    if (d->asked && limit) {
        next = d->asked + limit;
        if (next <= ki_clock_awake(&m->clock) && directed)
            ki_bugcheck(m, DRIVER_POWER_STATE_FAILURE, 5, (ULONG_PTR)d->pdo, (ULONG_PTR)d, 0,
                        "the driver of device node %u has not completed its directed power %s",
                        d->serial, d->directed == FX_DOWN_CALLED ? "down" : "up");
        if (next <= ki_clock_awake(&m->clock))
            ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x618, (ULONG_PTR)&d->work, 0, 0,
                        "the driver of device node %u has not answered %s", d->serial,
                        d->power == FX_REQUIRED_CALLED ? "DevicePowerRequiredCallback"
                                                       : "DevicePowerNotRequiredCallback");
    }
    for (ULONG i = 0; i < d->component_count; i++) {
        uint64_t due = fx_watch_component(m, &d->components[i], fx->watchdog);
        next = due < next ? due : next;
    }
    return resume < next ? resume : next;
}

static KDEFERRED_ROUTINE fx_watch_dpc;
static VOID fx_watch_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    struct machine *m = ki_self();
    struct fx_part *fx = m->fx;
    uint64_t next = UINT64_MAX;
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    for (PLIST_ENTRY link = fx->devices.Flink; link != &fx->devices; link = link->Flink) {
        uint64_t due = fx_watch_device(m, CONTAINING_RECORD(link, struct fx_device, link));
        next = due < next ? due : next;
    }
    fx->watching = next != UINT64_MAX;
    if (fx->watching)
        fx_timer_set(&fx->watch_timer, &fx->watch_dpc, next - ki_clock_awake(&m->clock));
}

void fx_watch(struct machine *m) {
    struct fx_part *fx = m->fx;
    uint64_t limit = fx->watchdog;
    if (fx->directed_limit && (!limit || fx->directed_limit < limit))
        limit = fx->directed_limit;
    if (fx->watching || !limit)
        return;
    fx->watching = true;
    fx_timer_set(&fx->watch_timer, &fx->watch_dpc, limit);
}

/* ---- the part of the machine ---- */

void fx_plugin_add(struct machine *m, const struct fx_plugin *plugin) {
    struct fx_part *fx = m->fx;
    KI_ASSERT(fx->plugin_count < FX_PLUGINS);
    fx->plugins[fx->plugin_count++] = plugin;
}

void *fx_device_allocate(struct machine *m, struct fx_device *d, size_t size) {
    PLIST_ENTRY block = NULL;
    if (!mm_fails(m)) /* only drivers' calls that return a status come here */
        block = mm_pool_allocate_zeroed(m, NonPagedPoolNx, 16 + size, FX_TAG);
    if (!block)
        return NULL;
    InsertTailList(&d->memory, block);
    return (char *)block + 16;
}

void fx_start(struct machine *m) {
    struct fx_part *fx = m->fx = ki_alloc(m, sizeof *fx);
    InitializeListHead(&fx->devices);
    fx->directed_limit = fx->watchdog = 600 * WDMSIM_S;
    KeInitializeTimer(&fx->watch_timer);
    KeInitializeDpc(&fx->watch_dpc, fx_watch_dpc, NULL);
    fx_standby_start(m);
    pnp_observe(m, fx_observe);
    m->pnp->irp_begins = fx_pnp_begins;
    m->pnp->irp_ended = fx_pnp_ended;
}
