/*
 * A device's power as the framework sees it: when the driver is told that it is not required, when
 * that it is required again, and what the driver has to answer.
 *
 *   REQUIRED             components can be used
 *   WAITING              every component rests; the idle time-out runs
 *   NOT_REQUIRED_CALLED  DevicePowerNotRequiredCallback was called; its completion is due
 *   NOT_REQUIRED         the driver may have taken the device to any Dx, or left it in D0
 *   REQUIRED_CALLED      DevicePowerRequiredCallback was called; the report is due
 *
 * The callbacks are made by a system worker thread, so they never run inside the driver's own
 * calls. A callback that is due but not made is taken back when its reason has gone.
 *
 * (wdm/nc-wdm-po_fx_device_power_not_required_callback, -device_power_required_callback,
 * nf-wdm-pofxreportdevicepoweredon, -pofxsetdeviceidletimeout, -pofxnotifysurprisepoweron)
 */
#include "po/fx/internal.h"

/* Everything rests, and the driver takes part. */
static bool fx_can_power_down(const struct fx_device *d) {
    return d->resting == d->component_count && d->started && !d->holds && !d->report_due &&
           !fx_is_quiet(d) && d->driver.DevicePowerNotRequiredCallback &&
           d->driver.DevicePowerRequiredCallback;
}

static bool fx_wants_d0(const struct fx_device *d) {
    return d->wants_power || d->holds || d->surprised || d->direct_from_dx;
}

bool fx_device_is_steady(struct machine *m, const struct fx_device *d) {
    if (fx_directed_pending(m, d))
        return false;
    switch (d->power) {
    case FX_REQUIRED:
        return !fx_can_power_down(d);
    case FX_WAITING:
        return !d->fired || d->resting != d->component_count;
    case FX_NOT_REQUIRED_CALLED:
        return !d->due && !d->driver_done;
    case FX_NOT_REQUIRED:
        return !fx_wants_d0(d) || fx_is_quiet(d);
    default:
        return !d->due && (d->report_due & FX_DUE_REQUIRED);
    }
}

/* ---- the driver's routines ---- */

static void fx_call_device(struct machine *m, struct fx_device *d, KIRQL irql, bool required) {
    PO_FX_DEVICE_POWER_REQUIRED_CALLBACK *on = d->driver.DevicePowerRequiredCallback;
    PO_FX_DEVICE_POWER_NOT_REQUIRED_CALLBACK *off = d->driver.DevicePowerNotRequiredCallback;
    struct fx_call call;
    const char *name = required ? "DevicePowerRequiredCallback" : "DevicePowerNotRequiredCallback";
    d->due = false;
    KI_TRACE(m, FX_CALL, name, d->serial);
    fx_call_begin(m, &call, d, irql);
    if (required)
        on(d->driver.DeviceContext);
    else
        off(d->driver.DeviceContext);
    fx_call_end(m, &call, name);
    if (required ? d->report_due & FX_DUE_REQUIRED : !d->driver_done) {
        d->asked = ki_clock_awake(&m->clock) + 1;
        fx_watch(m);
    }
}

/* ---- the machine ---- */

static void fx_set_power(struct machine *m, struct fx_device *d, enum fx_power power) {
    static const char *const names[] = {
        [FX_REQUIRED] = "requires power",
        [FX_WAITING] = "is idle",
        [FX_NOT_REQUIRED_CALLED] = "does not require power",
        [FX_NOT_REQUIRED] = "gave up power",
        [FX_REQUIRED_CALLED] = "wants power",
    };
    d->power = power;
    KI_TRACE(m, FX_DEVICE, names[power], d->serial);
    if (KI_UNLIKELY(m->fx->standby))
        fx_standby_changed(m);
}

/* The moment the time-out is over, ns. */
static uint64_t fx_deadline(const struct fx_device *d) {
    uint64_t ns = d->timeout > UINT64_MAX / 200 ? UINT64_MAX / 2 : d->timeout * 100;
    return d->idle_since + ns;
}

static KDEFERRED_ROUTINE fx_timer_dpc;
static VOID fx_timer_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    struct machine *m = ki_self();
    struct fx_device *d = context;
    (void)dpc, (void)argument1, (void)argument2;
    if (d->power != FX_WAITING || m->clock.now < fx_deadline(d))
        return;
    d->fired = true;
    fx_device_continue(m, d);
}

void fx_device_timer_start(struct fx_device *d) {
    KeInitializeTimer(&d->timer);
    KeInitializeDpc(&d->timer_dpc, fx_timer_dpc, d);
}

void fx_device_disturb(struct machine *m, struct fx_device *d) {
    if (d->power != FX_WAITING)
        return;
    fx_set_power(m, d, FX_REQUIRED);
    d->fired = false;
    KeCancelTimer(&d->timer);
}

static void fx_idle_begins(struct machine *m, struct fx_device *d) {
    d->idle_since = m->clock.now;
    if (!d->timeout) {
        d->due = true;
        d->driver_done = false;
        fx_set_power(m, d, FX_NOT_REQUIRED_CALLED);
        return;
    }
    d->fired = false;
    fx_set_power(m, d, FX_WAITING);
    /* The platform is on its way down: the wait may be cut short. */
    if (m->fx->standby && ki_choose(m, WDMSIM_CHOICE_POWER, 2))
        d->fired = true;
    else
        fx_timer_set(&d->timer, &d->timer_dpc,
                     d->timeout > UINT64_MAX / 200 ? UINT64_MAX / 2 : d->timeout * 100);
}

void fx_device_all(struct machine *m, struct fx_device *d) {
    for (ULONG i = 0; i < d->component_count; i++)
        fx_component_continue(m, &d->components[i]);
}

/*
 * The device is back in D0, perhaps uninitialised: idle components that are in a low state are
 * taken to F0 and down again, so that what drivers save and restore stays in pairs. By choice those
 * that nobody touches are left alone.
 */
static void fx_reinitialise(struct machine *m, struct fx_device *d) {
    for (ULONG i = 0; i < d->component_count; i++) {
        struct fx_component *c = &d->components[i];
        if (c->condition == FX_IDLE && c->state && !ki_choose(m, WDMSIM_CHOICE_POWER, 2))
            c->settling = true;
        fx_component_restless(m, c);
    }
    fx_device_all(m, d);
}

void fx_device_up(struct machine *m, struct fx_device *d) {
    d->surprised = false;
    fx_set_power(m, d, FX_REQUIRED);
    fx_reinitialise(m, d);
}

static bool fx_device_step(struct machine *m, struct fx_device *d, KIRQL irql) {
    if (fx_directed_step(m, d))
        return true;
    if (fx_device_is_steady(m, d))
        return false;
    switch (d->power) {
    case FX_REQUIRED:
        fx_idle_begins(m, d);
        return true;
    case FX_WAITING:
        d->due = true;
        d->driver_done = false;
        fx_set_power(m, d, FX_NOT_REQUIRED_CALLED);
        return true;
    case FX_NOT_REQUIRED_CALLED:
        if (d->due)
            fx_call_device(m, d, irql, false);
        else
            fx_set_power(m, d, FX_NOT_REQUIRED);
        return true;
    case FX_NOT_REQUIRED:
        d->due = true;
        d->report_due |= FX_DUE_REQUIRED;
        fx_set_power(m, d, FX_REQUIRED_CALLED);
        return true;
    default:
        if (d->due)
            fx_call_device(m, d, irql, true);
        else
            fx_device_up(m, d);
        return true;
    }
}

static WORKER_THREAD_ROUTINE fx_device_work;
static VOID fx_device_work(PVOID parameter) {
    struct machine *m = ki_self();
    struct fx_device *d = parameter;
    KIRQL irql = fx_enter(m);
    d->queued = false;
    if (!d->runner && !fx_device_is_steady(m, d)) {
        KIRQL level = fx_worker_irql(m);
        d->runner = ki_current_thread(m);
        while (!d->unregistering && fx_device_step(m, d, level))
            continue;
        d->runner = NULL;
    }
    fx_turn_over(m, d);
    fx_leave(m, irql);
}

void fx_device_continue(struct machine *m, struct fx_device *d) {
    if (d->runner || d->queued || d->unregistering || fx_device_is_steady(m, d))
        return;
    d->queued = true;
    ExInitializeWorkItem(&d->work, fx_device_work, d);
    ex_queue_work(m, &d->work, CriticalWorkQueue);
}

/* ---- what drivers call ---- */

VOID PoFxSetDeviceIdleTimeout(POHANDLE Handle, ULONGLONG IdleTimeout) {
    KI_GATE(PoFxSetDeviceIdleTimeout);
    struct fx_device *d = fx_device_checked(m, Handle, __builtin_return_address(0));
    KIRQL irql = fx_enter(m);
    d->timeout = IdleTimeout;
    if (d->power == FX_WAITING) {
        uint64_t deadline = fx_deadline(d);
        d->fired = deadline <= m->clock.now;
        if (!d->fired)
            fx_timer_set(&d->timer, &d->timer_dpc, deadline - m->clock.now);
        fx_device_continue(m, d);
    }
    fx_leave(m, irql);
}

VOID PoFxCompleteDevicePowerNotRequired(POHANDLE Handle) {
    KI_GATE(PoFxCompleteDevicePowerNotRequired);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    if (KI_UNLIKELY(d->power != FX_NOT_REQUIRED_CALLED || d->due || d->driver_done))
        ki_bugcheck(
            m, INTERNAL_POWER_ERROR, 0x613, (ULONG_PTR)d, 0, 0,
            "%s completed a DevicePowerNotRequired of device node %u that was not asked for",
            ki_address_name(m, caller), d->serial);
    KIRQL irql = fx_enter(m);
    d->driver_done = true;
    d->asked = 0;
    fx_device_continue(m, d);
    fx_leave(m, irql);
}

VOID PoFxReportDevicePoweredOn(POHANDLE Handle) {
    KI_GATE(PoFxReportDevicePoweredOn);
    const void *caller = __builtin_return_address(0);
    struct fx_device *d = fx_device_checked(m, Handle, caller);
    UCHAR reasons = d->report_due;
    if (KI_UNLIKELY(!reasons))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x613, (ULONG_PTR)d, 0, 1,
                    "%s reported device node %u powered on without being asked",
                    ki_address_name(m, caller), d->serial);
    KIRQL irql = fx_enter(m);
    d->report_due = 0;
    d->asked = 0;
    KI_TRACE(m, FX_DEVICE, "is reported powered on", d->serial);
    fx_reported(m, d, reasons);
    fx_device_continue(m, d);
    fx_leave(m, irql);
}

/* A device that is required, being asked for, or asleep with the system is no surprise. */
VOID PoFxNotifySurprisePowerOn(PDEVICE_OBJECT Pdo) {
    KI_GATE(PoFxNotifySurprisePowerOn);
    struct fx_device *d = fx_device_of(Pdo);
    if (!d || d->system_held || fx_is_quiet(d))
        return;
    if (d->power != FX_NOT_REQUIRED && d->power != FX_NOT_REQUIRED_CALLED)
        return;
    KIRQL irql = fx_enter(m);
    KI_TRACE(m, FX_DEVICE, "is powered on by surprise", d->serial);
    d->surprised = true;
    fx_device_continue(m, d);
    fx_leave(m, irql);
}
