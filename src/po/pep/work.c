/*
 * Work: a plug-in asks for a worker, the worker asks the plug-in what there is to do, and does it.
 * (pepfx/nc-pepfx-pofxcallbackrequestworker, ns-pepfx-_pep_work_information,
 * ne-pepfx-_pep_work_type)
 *
 * Each request is answered by one work notification, one after the other unless the plug-in was
 * registered with PEP_FLAG_WORKER_CONCURRENCY. A plug-in with both kinds of callbacks gets
 * PEP_DPM_WORK; if it refuses that one, PEP_NOTIFY_ACPI_WORK.
 *
 * Judgements. The pages say that the plug-in supplies PEP_WORK_INFORMATION, plug-ins rely on
 * finding one to fill in, so that both will do; NeedWork is FALSE until the plug-in sets it.
 * Completing what is not pending, a handle that is none of the plug-in's, a deprecated kind of work
 * without a bug check of its own, and power control of a device that was neither started nor has
 * sent any, are invalid work (0xA0/0x603).
 */
#include "ki/bugcheck.h"
#include "ki/processor.h"
#include "ki/trace.h"
#include "po/pep/platform.h"

static _Noreturn void pep_bad_work(struct machine *m, struct pep_plugin *plugin, ULONG type,
                                   const char *why) {
    ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x603, (ULONG_PTR)plugin, type, 0,
                "the plug-in %s asked for work of type %u: %s", plugin->name, (unsigned)type, why);
}

/* The device a piece of work is about. */
static struct pep_device *pep_work_device(struct machine *m, struct pep_plugin *plugin, ULONG type,
                                          POHANDLE handle) {
    struct pep_device *d = pep_device_of(m, handle);
    if (KI_UNLIKELY(!d || d->plugin != plugin))
        pep_bad_work(m, plugin, type, "the handle is none of a device that it owns");
    return d;
}

static void pep_check_component(struct machine *m, const struct pep_device *d, ULONG component) {
    if (KI_UNLIKELY(component >= d->component_count))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x611, (ULONG_PTR)d->plugin, (ULONG_PTR)pep_handle(d),
                    component,
                    "the plug-in %s asked for work on component %u of a device that has %u",
                    d->plugin->name, (unsigned)component, (unsigned)d->component_count);
}

/* ---- power control ---- */

/* Requests that the framework answers itself. False: it is the driver's to answer. */
static bool pep_own_control(struct machine *m, struct pep_device *d,
                            const PEP_WORK_POWER_CONTROL *work, NTSTATUS *status) {
    const GUID parking_page = {
        0x38bd8901, 0xab20, 0x4908, {0xab, 0xaa, 0xac, 0x34, 0x67, 0x4b, 0xdf, 0xf3}};
    const GUID constraint_change = {
        0x29181fa1, 0x4bf3, 0x4c2e, {0xb3, 0x14, 0xa6, 0xd2, 0x26, 0x32, 0x2b, 0x00}};
    if (IsEqualGUID(work->PowerControlCode, &parking_page)) {
        /* PEP_PPM_POWER_CONTROL_QUERY_PARKING_PAGE: only Arm processors have such pages. */
        *status = STATUS_NOT_SUPPORTED;
        return true;
    }
    if (!IsEqualGUID(work->PowerControlCode, &constraint_change))
        return false;
    /* GUID_PPM_PERF_CONSTRAINT_CHANGE */
    if (!d->processor)
        *status = STATUS_NOT_SUPPORTED;
    else if (work->InBuffer || work->OutBuffer)
        *status = STATUS_INVALID_PARAMETER;
    else
        *status = pep_query_limit(m, d->processor) ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
    return true;
}

static void pep_work_control(struct machine *m, struct pep_plugin *plugin,
                             const PEP_WORK_POWER_CONTROL *work) {
    struct pep_device *d =
        pep_work_device(m, plugin, PepWorkRequestPowerControl, work->DeviceHandle);
    PEP_POWER_CONTROL_COMPLETE complete = {.PowerControlCode = work->PowerControlCode,
                                           .RequestContext = work->RequestContext};
    if (KI_UNLIKELY(!d->started && !d->controlled))
        pep_bad_work(m, plugin, PepWorkRequestPowerControl,
                     "the device has neither been started nor sent a request");
    if (!pep_own_control(m, d, work, &complete.Status)) {
        complete.Status = STATUS_NOT_SUPPORTED;
        if (d->fx)
            complete.Status = fx_plugin_power_control(
                m, d->fx, work->PowerControlCode, work->InBuffer, work->InBufferSize,
                work->OutBuffer, work->OutBufferSize, &complete.BytesReturned);
    }
    if (pep_device_of(m, work->DeviceHandle) != d)
        return; /* the driver has unregistered meanwhile */
    complete.DeviceHandle = d->handle;
    pep_dpm(m, plugin, d, PEP_DPM_POWER_CONTROL_COMPLETE, &complete);
}

/* ---- completions ---- */

static void pep_work_idle_state(struct machine *m, struct pep_plugin *plugin,
                                const PEP_WORK_COMPLETE_IDLE_STATE *work) {
    struct pep_device *d = pep_work_device(m, plugin, PepWorkCompleteIdleState, work->DeviceHandle);
    pep_check_component(m, d, work->Component);
    if (KI_UNLIKELY(!d->fx || !fx_plugin_step_done(m, d->fx, work->Component)))
        pep_bad_work(m, plugin, PepWorkCompleteIdleState,
                     "no change of the component's idle state waits for it");
}

static void pep_work_perf_state(struct machine *m, struct pep_plugin *plugin,
                                const PEP_WORK_COMPLETE_PERF_STATE *work) {
    struct pep_device *d = pep_work_device(m, plugin, PepWorkCompletePerfState, work->DeviceHandle);
    pep_check_component(m, d, work->Component);
    if (KI_UNLIKELY(!d->fx || !fx_plugin_perf_done(m, d->fx, work->Component, work->Succeeded)))
        pep_bad_work(m, plugin, PepWorkCompletePerfState,
                     "no change of the component's performance state waits for it");
}

/* ---- requests of the model in which plug-ins chose the states: each has its own bug check ---- */

static _Noreturn void pep_old_component(struct machine *m, struct pep_plugin *plugin, ULONG type,
                                        POHANDLE handle, ULONG component, ULONG code,
                                        ULONG action) {
    struct pep_device *d = pep_work_device(m, plugin, type, handle);
    pep_check_component(m, d, component);
    ki_bugcheck(m, INTERNAL_POWER_ERROR, code, (ULONG_PTR)plugin,
                d->fx ? (ULONG_PTR)&d->fx->components[component] : 0, action,
                "the plug-in %s %s component %u, which the framework has not asked for",
                plugin->name,
                type == PepWorkActiveComplete ? "completed the activation of"
                                              : "requested an idle state of",
                (unsigned)component);
}

static _Noreturn void pep_old_power(struct machine *m, struct pep_plugin *plugin,
                                    const PEP_WORK_DEVICE_POWER *work) {
    struct pep_device *d = pep_work_device(m, plugin, PepWorkDevicePower, work->DeviceHandle);
    /* The framework itself has the device's last request of either kind. */
    bool required = !d->fx || d->fx->power != FX_NOT_REQUIRED;
    if (required != !!work->PowerRequired)
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x610, (ULONG_PTR)plugin, (ULONG_PTR)pep_handle(d), 0,
                    "the plug-in %s said that a device's power is not required while it is",
                    plugin->name);
    ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x609, (ULONG_PTR)plugin, (ULONG_PTR)pep_handle(d),
                !work->PowerRequired,
                "the plug-in %s said again what it requires of a device's power", plugin->name);
}

/* ---- dispatch ---- */

static void pep_do_work(struct machine *m, struct pep_plugin *plugin,
                        const PEP_WORK_INFORMATION *work) {
    switch (work->WorkType) {
    case PepWorkRequestPowerControl:
        pep_work_control(m, plugin, &work->PowerControl);
        break;
    case PepWorkCompleteIdleState:
        pep_work_idle_state(m, plugin, &work->CompleteIdleState);
        break;
    case PepWorkCompletePerfState:
        pep_work_perf_state(m, plugin, &work->CompletePerfState);
        break;
    case PepWorkAcpiNotify:
        if (KI_UNLIKELY(!pep_acpi_notify(m, plugin, &work->AcpiNotify)))
            pep_bad_work(m, plugin, work->WorkType, "the handle is none of its ACPI devices");
        break;
    case PepWorkAcpiEvaluateControlMethodComplete:
        if (KI_UNLIKELY(!pep_acpi_method_done(m, plugin, &work->ControlMethodComplete)))
            pep_bad_work(m, plugin, work->WorkType, "no control method waits for it");
        break;
    case PepWorkActiveComplete:
        pep_old_component(m, plugin, work->WorkType, work->ActiveComplete.DeviceHandle,
                          work->ActiveComplete.Component, 0x615, 2);
    case PepWorkRequestIdleState:
        pep_old_component(m, plugin, work->WorkType, work->IdleState.DeviceHandle,
                          work->IdleState.Component, 0x616, 0);
    case PepWorkDevicePower:
        pep_old_power(m, plugin, &work->DevicePower);
    default:
        pep_bad_work(m, plugin, work->WorkType, "there is no such work");
    }
}

static void pep_ask(struct machine *m, struct pep_plugin *plugin) {
    PEP_WORK_INFORMATION information = {.WorkType = PepWorkMax};
    const PEP_WORK blank = {.WorkInformation = &information};
    PEP_WORK work = blank;
    BOOLEAN accepted = pep_dpm(m, plugin, NULL, PEP_DPM_WORK, &work);
    if (!accepted) {
        work = blank;
        accepted = pep_acpi(m, plugin, PEP_NOTIFY_ACPI_WORK, &work);
    }
    if (!accepted)
        m->pep->refused_work++;
    if (!accepted || !work.NeedWork)
        return;
    if (KI_UNLIKELY(!work.WorkInformation))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x612, (ULONG_PTR)plugin, 0, 0,
                    "the plug-in %s said that it has work, and gave none", plugin->name);
    pep_do_work(m, plugin, work.WorkInformation);
}

/* ---- workers ---- */

static WORKER_THREAD_ROUTINE pep_serial_work;
static VOID pep_serial_work(PVOID context) {
    struct machine *m = ki_self();
    struct pep_plugin *plugin = context;
    while (plugin->work_due) {
        plugin->work_due--;
        pep_ask(m, plugin);
    }
    plugin->working = false;
}

struct pep_worker {
    WORK_QUEUE_ITEM item;
    struct pep_plugin *plugin;
};

static WORKER_THREAD_ROUTINE pep_parallel_work;
static VOID pep_parallel_work(PVOID context) {
    struct machine *m = ki_self();
    struct pep_worker *worker = context;
    struct pep_plugin *plugin = worker->plugin;
    mm_pool_free(m, worker, PEP_TAG);
    pep_ask(m, plugin);
}

void pep_work_start(struct pep_plugin *plugin) {
    ExInitializeWorkItem(&plugin->work, pep_serial_work, plugin);
}

/* The page of the routine takes the plug-in's handle for a device's; both will do. */
static struct pep_plugin *pep_work_plugin(struct machine *m, POHANDLE handle) {
    if (pep_is_plugin(m, handle))
        return (struct pep_plugin *)(void *)handle;
    struct pep_device *d = pep_device_of(m, handle);
    if (KI_UNLIKELY(!d || !d->plugin))
        ki_bugcheck(m, INTERNAL_POWER_ERROR, 0x603, (ULONG_PTR)handle, PepWorkMax, 0,
                    "RequestWorker was called with a handle that is none");
    return d->plugin;
}

VOID pep_request_worker(POHANDLE PluginHandle) {
    struct machine *m = ki_self();
    struct pep_plugin *plugin = pep_work_plugin(m, PluginHandle);
    if (KI_UNLIKELY(m->cpu->irql > DISPATCH_LEVEL))
        ki_bugcheck(m, IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)PluginHandle, m->cpu->irql, 8,
                    (ULONG_PTR)__builtin_return_address(0),
                    "the plug-in %s called RequestWorker at %s; it is allowed at DISPATCH_LEVEL "
                    "and below",
                    plugin->name, ki_irql_name(m->cpu->irql));
    if (plugin->flags & PEP_FLAG_WORKER_CONCURRENCY) {
        struct pep_worker *worker =
            mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *worker, PEP_TAG);
        if (worker) {
            worker->plugin = plugin;
            ExInitializeWorkItem(&worker->item, pep_parallel_work, worker);
            ex_queue_work(m, &worker->item, DelayedWorkQueue);
            return;
        }
    }
    plugin->work_due++;
    if (plugin->working)
        return;
    plugin->working = true;
    ex_queue_work(m, &plugin->work, DelayedWorkQueue);
}

uint64_t wdmsim_pep_refused_work(struct machine *machine) { return machine->pep->refused_work; }
