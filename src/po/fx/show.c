/*
 * What the host can see and set of the framework (wdmsim/pofx.h).
 */
#include <stdio.h>

#include <wdmsim/pofx.h>

#include "po/fx/internal.h"

#define X(name, text) text,
static const char *const fx_condition_names[] = {WDMSIM_FX_CONDITION_LIST(X)};
static const char *const fx_power_names[] = {WDMSIM_FX_POWER_LIST(X)};
static const char *const fx_directed_names[] = {WDMSIM_FX_DIRECTED_LIST(X)};
#undef X

_Static_assert((int)WDMSIM_FX_ACTIVATING == (int)FX_ACTIVATING, "the host's names follow ours");
_Static_assert((int)WDMSIM_FX_POWER_REQUIRED_CALLED == (int)FX_REQUIRED_CALLED, "likewise");
_Static_assert((int)WDMSIM_FX_DIRECTED_GOING_UP == (int)FX_UP_CALLED, "likewise");

const char *wdmsim_fx_condition_name(enum wdmsim_fx_condition condition) {
    return (unsigned)condition < KI_COUNT(fx_condition_names) ? fx_condition_names[condition]
                                                              : NULL;
}

const char *wdmsim_fx_power_name(enum wdmsim_fx_power power) {
    return (unsigned)power < KI_COUNT(fx_power_names) ? fx_power_names[power] : NULL;
}

const char *wdmsim_fx_directed_name(enum wdmsim_fx_directed directed) {
    return (unsigned)directed < KI_COUNT(fx_directed_names) ? fx_directed_names[directed] : NULL;
}

static struct fx_device *fx_by_node(struct machine *m, uint32_t node) {
    struct fx_part *fx = m->fx;
    for (PLIST_ENTRY link = fx->devices.Flink; link != &fx->devices; link = link->Flink) {
        struct fx_device *d = CONTAINING_RECORD(link, struct fx_device, link);
        if (d->serial == node)
            return d;
    }
    return NULL;
}

static struct fx_component *fx_component_by(struct machine *m, uint32_t node, unsigned component) {
    struct fx_device *d = fx_by_node(m, node);
    return d && component < d->component_count ? &d->components[component] : NULL;
}

/* The host's own stack delivers nothing: what becomes pending waits until the machine runs. */
static KIRQL fx_host_enter(struct machine *m) { return fx_enter(m); }

static void fx_host_leave(struct machine *m, KIRQL irql) {
    if (m->running == &m->host)
        m->cpu->irql = irql;
    else
        fx_leave(m, irql);
}

/* D0 is 0 to the host. */
static unsigned fx_d_number(DEVICE_POWER_STATE state) {
    return state > PowerDeviceD0 ? (unsigned)state - PowerDeviceD0 : 0;
}

int wdmsim_fx_device(struct machine *machine, uint32_t node, struct wdmsim_fx_device *device) {
    struct fx_device *d = fx_by_node(machine, node);
    if (!d)
        return WDMSIM_ERROR_NOT_FOUND;
    *device = (struct wdmsim_fx_device){
        .node = node,
        .version = d->version,
        .component_count = d->component_count,
        .started = d->started,
        .power = (enum wdmsim_fx_power)d->power,
        .directed = (enum wdmsim_fx_directed)d->directed,
        .report_due = d->report_due != 0,
        .d_state = fx_d_number(d->d_state),
        .d_constraint = fx_d_number(fx_d_constraint(machine, d)),
        .idle_timeout = d->timeout > UINT64_MAX / 100 ? UINT64_MAX : d->timeout * 100,
        .plugin = d->plugin->name,
    };
    return 0;
}

uint32_t wdmsim_fx_next(struct machine *machine, uint32_t node) {
    struct fx_part *fx = machine->fx;
    struct fx_device *d = node ? fx_by_node(machine, node) : NULL;
    PLIST_ENTRY link = d ? d->link.Flink : fx->devices.Flink;
    if ((node && !d) || link == &fx->devices)
        return 0;
    return CONTAINING_RECORD(link, struct fx_device, link)->serial;
}

int wdmsim_fx_component(struct machine *machine, uint32_t node, unsigned component,
                        struct wdmsim_fx_component *info) {
    struct fx_component *c = fx_component_by(machine, node, component);
    if (!c)
        return WDMSIM_ERROR_NOT_FOUND;
    fx_component_account(machine, c);
    *info = (struct wdmsim_fx_component){
        .condition = (enum wdmsim_fx_condition)c->condition,
        .state = c->state,
        .state_count = c->state_count,
        .references = c->references,
        .own_references = c->own,
        .latency = c->latency,
        .residency = c->residency,
        .wake = c->wake,
        .f_constraint = fx_f_constraint(machine, c->device, component),
        .activations = c->activations,
        .changes = c->changes,
        .active_time = c->active_time,
    };
    return 0;
}

uint64_t wdmsim_fx_residency(struct machine *machine, uint32_t node, unsigned component,
                             unsigned state) {
    struct fx_component *c = fx_component_by(machine, node, component);
    if (!c || state >= c->state_count)
        return 0;
    fx_component_account(machine, c);
    return c->residence[state];
}

/* ---- as text ---- */

struct fx_writer {
    char *buffer;
    size_t size, length;
};

static void fx_write(struct fx_writer *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void fx_write(struct fx_writer *w, const char *format, ...) {
    size_t left = w->length < w->size ? w->size - w->length : 0;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(left ? w->buffer + w->length : NULL, left, format, arguments);
    va_end(arguments);
    w->length += length > 0 ? (size_t)length : 0;
}

static void fx_show_device(struct machine *m, struct fx_writer *w, struct fx_device *d) {
    fx_write(w, "device node %u: power %s, D%u, %s%s\n", d->serial, fx_power_names[d->power],
             fx_d_number(d->d_state), fx_directed_names[d->directed],
             d->report_due ? ", report due" : "");
    for (ULONG i = 0; i < d->component_count; i++) {
        struct fx_component *c = &d->components[i];
        fx_component_account(m, c);
        fx_write(w, "    component %u: %s, F%u of %u, %u references, %llu activations\n", i,
                 fx_condition_names[c->condition], c->state, c->state_count, c->references,
                 (unsigned long long)c->activations);
    }
}

int wdmsim_show_fx(struct machine *machine, uint32_t node, char *buffer, size_t size) {
    struct fx_part *fx = machine->fx;
    struct fx_writer w = {buffer, size, 0};
    if (size)
        buffer[0] = 0;
    for (PLIST_ENTRY link = fx->devices.Flink; link != &fx->devices; link = link->Flink) {
        struct fx_device *d = CONTAINING_RECORD(link, struct fx_device, link);
        if (!node || d->serial == node)
            fx_show_device(machine, &w, d);
    }
    return (int)w.length;
}

/* ---- reports and limits ---- */

uint64_t wdmsim_fx_reports(struct machine *machine) { return machine->fx->report_count; }

int wdmsim_fx_report(struct machine *machine, uint64_t index, struct wdmsim_fx_report *report) {
    struct fx_part *fx = machine->fx;
    if (index >= fx->report_count || fx->report_count - index > FX_REPORTS)
        return WDMSIM_ERROR_NOT_FOUND;
    const struct fx_report *from = &fx->reports[index % FX_REPORTS];
    *report = (struct wdmsim_fx_report){from->time, from->serial, from->text};
    return 0;
}

void wdmsim_fx_watchdog(struct machine *machine, uint64_t limit_ns, uint64_t directed_limit_ns) {
    machine->fx->watchdog = limit_ns;
    machine->fx->directed_limit = directed_limit_ns;
}

void wdmsim_fx_drips_watchdog(struct machine *machine, uint64_t limit_ns) {
    machine->fx->drips_limit = limit_ns;
}

/* ---- standby ---- */

int wdmsim_fx_d_constraint(struct machine *machine, uint32_t node, unsigned d_state) {
    struct fx_device *d = fx_by_node(machine, node);
    if (!d)
        return WDMSIM_ERROR_NOT_FOUND;
    if (d_state > 3)
        return WDMSIM_ERROR_INVALID;
    KIRQL irql = fx_host_enter(machine);
    d->host_d_constraint = (DEVICE_POWER_STATE)(PowerDeviceD0 + d_state);
    fx_plugin_constraints_changed(machine);
    fx_host_leave(machine, irql);
    return 0;
}

int wdmsim_fx_f_constraint(struct machine *machine, uint32_t node, unsigned component,
                           unsigned f_state) {
    struct fx_component *c = fx_component_by(machine, node, component);
    if (!c)
        return WDMSIM_ERROR_NOT_FOUND;
    if (f_state >= c->state_count)
        return WDMSIM_ERROR_INVALID;
    KIRQL irql = fx_host_enter(machine);
    c->host_f_constraint = f_state;
    fx_plugin_constraints_changed(machine);
    fx_host_leave(machine, irql);
    return 0;
}

void wdmsim_fx_standby(struct machine *machine, bool enter) {
    KIRQL irql = fx_host_enter(machine);
    fx_standby(machine, enter);
    fx_host_leave(machine, irql);
}

void wdmsim_fx_activators(struct machine *machine, bool running) {
    KIRQL irql = fx_host_enter(machine);
    fx_activators(machine, running);
    fx_host_leave(machine, irql);
}

void wdmsim_fx_drips(struct machine *machine, struct wdmsim_fx_drips *drips) {
    struct fx_part *fx = machine->fx;
    ULONG component = 0;
    struct fx_device *d = fx_first_blocker(machine, &component);
    *drips = (struct wdmsim_fx_drips){
        .standby = fx->standby,
        .drips = fx->drips,
        .count = fx->drips_count,
        .time = fx->drips_time + (fx->drips ? machine->clock.now - fx->drips_since : 0),
        .blocker = d ? d->serial : 0,
        .blocking_component = d && component < d->component_count ? (int)component : -1,
    };
}

int wdmsim_fx_activity(struct machine *machine, uint32_t node, unsigned component, bool active) {
    struct fx_component *c = fx_component_by(machine, node, component);
    if (!c)
        return WDMSIM_ERROR_NOT_FOUND;
    KIRQL irql = fx_host_enter(machine);
    if (active && !c->host_active)
        fx_component_take(machine, c);
    else if (!active && c->host_active)
        fx_component_drop(machine, c);
    c->host_active = active;
    fx_host_leave(machine, irql);
    return 0;
}

int wdmsim_fx_hints(struct machine *machine, uint32_t node, unsigned component,
                    const struct wdmsim_fx_hints *hints) {
    struct fx_component *c = fx_component_by(machine, node, component);
    if (!c)
        return WDMSIM_ERROR_NOT_FOUND;
    KIRQL irql = fx_host_enter(machine);
    if (hints->latency)
        c->latency = *hints->latency;
    if (hints->residency)
        c->residency = *hints->residency;
    if (hints->wake)
        c->wake = *hints->wake;
    fx_hinted(machine, c);
    fx_host_leave(machine, irql);
    return 0;
}

int wdmsim_fx_choose(struct machine *machine, uint32_t node, unsigned component, int f_state) {
    struct fx_component *c = fx_component_by(machine, node, component);
    if (!c)
        return WDMSIM_ERROR_NOT_FOUND;
    if (f_state >= (int)c->state_count)
        return WDMSIM_ERROR_INVALID;
    KIRQL irql = fx_host_enter(machine);
    c->host_chooses = f_state >= 0;
    c->host_state = f_state >= 0 ? (ULONG)f_state : 0;
    fx_hinted(machine, c);
    fx_host_leave(machine, irql);
    return 0;
}

int wdmsim_fx_direct(struct machine *machine, uint32_t node, bool down) {
    struct fx_device *d = fx_by_node(machine, node);
    if (!d)
        return WDMSIM_ERROR_NOT_FOUND;
    if (!fx_can_be_directed(d))
        return WDMSIM_ERROR_INVALID;
    KIRQL irql = fx_host_enter(machine);
    d->direct_by_host = down;
    fx_direct(machine, d, down);
    fx_host_leave(machine, irql);
    return 0;
}
