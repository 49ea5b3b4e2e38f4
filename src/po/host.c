/*
 * Power as the host sees and directs it (wdmsim/power.h), as far as it is not told beside its
 * subject.
 */
#include <stdarg.h>
#include <stdio.h>

#include "po/fx/fx.h"
#include "po/po.h"

/* ---- reports ---- */

void po_report(struct machine *m, const char *format, ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    m->po->reports++;
    m->po->last_report = ki_intern(m, text);
    KI_TRACE(m, POWER_ACTION, m->po->last_report);
}

uint32_t wdmsim_power_reports(const struct machine *machine, const char **last) {
    if (last)
        *last = machine->po->last_report ? machine->po->last_report : "";
    return machine->po->reports;
}

/* ---- transitions ---- */

const char *wdmsim_power_goal_name(enum wdmsim_power_goal goal) {
    static const char *const names[] = {
#define X(name, text) [WDMSIM_POWER_##name] = text,
        WDMSIM_POWER_GOAL_LIST(X)
#undef X
    };
    return (unsigned)goal < WDMSIM_POWER_GOALS ? names[goal] : "?";
}

int wdmsim_power_down_begin(struct machine *machine, enum wdmsim_power_goal goal, unsigned flags) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if ((unsigned)goal >= WDMSIM_POWER_GOALS || flags > 7)
        return WDMSIM_ERROR_INVALID;
    return po_transition_begin(machine, goal, flags) ? 0 : WDMSIM_ERROR_BUSY;
}

/* Runs the machine; no time passes. */
static int po_arrive(struct machine *m) {
    int error = wdmsim_settle(m);
    if (error)
        return error;
    return m->po->busy ? WDMSIM_ERROR_TIMED_OUT : 0;
}

int wdmsim_power_down(struct machine *machine, enum wdmsim_power_goal goal, unsigned flags,
                      struct wdmsim_power_result *result) {
    int error = wdmsim_power_down_begin(machine, goal, flags);
    if (error)
        return error;
    error = po_arrive(machine);
    if (result)
        *result = machine->po->result;
    return error;
}

int wdmsim_power_wake_begin(struct machine *machine) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    return po_transition_wake(machine) ? 0 : WDMSIM_ERROR_INVALID;
}

int wdmsim_power_wake(struct machine *machine) {
    int error = wdmsim_power_wake_begin(machine);
    return error ? error : po_arrive(machine);
}

unsigned wdmsim_power_system(const struct machine *machine) { return (unsigned)machine->po->state; }
bool wdmsim_power_busy(const struct machine *machine) { return machine->po->busy; }

void wdmsim_power_last(const struct machine *machine, struct wdmsim_power_result *result) {
    *result = machine->po->result;
}

/* ---- devices ---- */

uint32_t wdmsim_power_node(struct machine *machine, struct _DEVICE_OBJECT *device) {
    const struct po_node *node = po_node_of(machine, device, false);
    return node ? node->serial : 0;
}

int wdmsim_power_device(struct machine *machine, uint32_t node,
                        struct wdmsim_power_device *device) {
    const struct po_node *found = po_node_find(machine, node);
    if (!found)
        return WDMSIM_ERROR_NOT_FOUND;
    *device = (struct wdmsim_power_device){
        .node = node,
        .d_state = (unsigned)found->d_state,
        .off = found->hardware.off,
        .d3cold = found->hardware.d3cold,
        .s_state = (unsigned)found->s_state,
        .armed = found->hardware.wait_wake != NULL,
        .outstanding = found->outstanding,
        .idle_seconds = found->idle.registered ? found->idle.counter : 0,
    };
    return 0;
}

int wdmsim_power_disk_policy(struct machine *machine, uint32_t conservation_seconds,
                             uint32_t performance_seconds) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    machine->po->class_timeout[0] = conservation_seconds;
    machine->po->class_timeout[1] = performance_seconds;
    po_idle_policy_changed(machine);
    return 0;
}

/* ---- low-power idle ---- */

struct po_standby {
    WORK_QUEUE_ITEM work;
    struct machine *m;
    bool enter;
};

static WORKER_THREAD_ROUTINE po_standby_work;
static VOID po_standby_work(PVOID Parameter) {
    struct po_standby standby = *(struct po_standby *)Parameter;
    mm_pool_free(standby.m, Parameter, PO_TAG);
    if (standby.enter)
        fx_activators(standby.m, false);
    fx_standby(standby.m, standby.enter);
    if (!standby.enter)
        fx_activators(standby.m, true);
}

/* The screen goes off, then software that keeps devices busy stops, then the framework takes over.
 */
int wdmsim_power_standby(struct machine *machine, bool enter) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    if (machine->po->busy || machine->po->state != PowerSystemWorking)
        return WDMSIM_ERROR_INVALID;
    struct po_standby *standby = mm_pool_allocate(machine, NonPagedPoolNx, sizeof *standby, PO_TAG);
    if (!standby)
        return WDMSIM_ERROR_NO_MEMORY;
    standby->m = machine;
    standby->enter = enter;
    machine->po->modern = true;
    machine->po->standby = enter;
    KI_TRACE(machine, POWER_ACTION, enter ? "low-power idle begins" : "low-power idle ends");
    int error = wdmsim_power_display(machine, enter ? PowerMonitorOff : PowerMonitorOn);
    if (error)
        return error;
    ExInitializeWorkItem(&standby->work, po_standby_work, standby);
    ex_queue_work(machine, &standby->work, DelayedWorkQueue);
    return wdmsim_settle(machine);
}

/* ---- rules and observers ---- */

int wdmsim_power_legacy(struct machine *machine, bool on) {
    if (machine->state == KI_STATE_STOPPED)
        return WDMSIM_ERROR_STOPPED;
    machine->po->legacy = on;
    return 0;
}

void wdmsim_observe_power(struct machine *machine, wdmsim_power_observer *changed, void *context) {
    machine->po->observer = changed;
    machine->po->observer_context = context;
}
