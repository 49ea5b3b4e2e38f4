/*
 * The beginning of a run: drivers are made known, packages installed, devices plugged in. And the
 * steps that plug and unplug.
 */
#include "scenario/run.h"

#include <inttypes.h>
#include <string.h>

#include <wdmsim/inf.h>
#include <wdmsim/pnp.h>
#include <wdmsim/pofx.h>
#include <wdmsim/power.h>

/* ---- drivers and packages ------------------------------------------------------------------- */

static int define_service(struct run *run, const struct driver_spec *driver) {
    int error = driver_parameters(run, driver);
    return error ? error
                 : wdmsim_service_define(run->machine, driver->name, driver_image(run, driver));
}

static int define_services(struct run *run, const struct driver_refs *drivers) {
    for (unsigned i = 0; i < drivers->count; i++) {
        int error = define_service(run, drivers->drivers[i]);
        if (error)
            return error;
    }
    return 0;
}

/* The drivers of the list; without a list, those that devices name. */
static int define_drivers(struct run *run) {
    const struct scenario *scenario = run->scenario;
    int error = 0;
    for (unsigned i = 0; !error && i < scenario->drivers.count; i++)
        error = define_service(run, &scenario->drivers.list[i]);
    for (unsigned i = 0; !error && !scenario->drivers.set && i < scenario->devices.count; i++) {
        const struct device_spec *device = &scenario->devices.list[i];
        error = define_services(run, &device->bus_filters);
        error = error ? error : define_services(run, &device->lower_filters);
        error = error ? error : define_services(run, &device->upper_filters);
        if (!error && device->function)
            error = define_service(run, device->function);
    }
    return error;
}

static int install(struct run *run) {
    const struct scenario *scenario = run->scenario;
    int error = 0;
    for (unsigned i = 0; !error && i < scenario->install.count; i++) {
        const struct installation_spec *one = &scenario->install.list[i];
        const struct wdmsim_installation installation = {
            .id = one->id,
            .function = one->function ? one->function->name : NULL,
            .lower_filters = one->lower_filters.names,
            .upper_filters = one->upper_filters.names,
            .class_name = one->class_name,
            .class_guid = one->class_guid};
        error = wdmsim_install(run->machine, &installation);
    }
    for (unsigned i = 0; !error && i < scenario->classes.count; i++) {
        const struct class_spec *one = &scenario->classes.list[i];
        error = wdmsim_install_class(run->machine, one->class_guid, one->class_name,
                                     one->lower_filters.names, one->upper_filters.names);
    }
    return error;
}

static int install_packages(struct run *run) {
    const struct inf_list *list = &run->scenario->inf;
    int error = 0;
    for (unsigned i = 0; !error && i < list->count; i++) {
        struct wdmsim_inf *inf = NULL;
        error = wdmsim_inf_load(list->list[i].path, &inf, NULL);
        if (!error)
            error = wdmsim_inf_add(run->machine, inf);
        wdmsim_inf_free(inf);
    }
    return error;
}

static void set_rules(struct run *run, const struct machine_spec *machine) {
    if (machine->power_watchdog.set)
        wdmsim_power_watchdog(run->machine, machine->power_watchdog.value);
    if (machine->pnp_watchdog.set)
        wdmsim_pnp_watchdog(run->machine, machine->pnp_watchdog.value);
    if (machine->fx_watchdog.set)
        wdmsim_fx_watchdog(run->machine, machine->fx_watchdog.value, machine->fx_watchdog.value);
    if (machine->drips_watchdog.set)
        wdmsim_fx_drips_watchdog(run->machine, machine->drips_watchdog.value);
    if (machine->legacy_power.value)
        wdmsim_power_legacy(run->machine, true);
}

/* ---- devices -------------------------------------------------------------------------------- */

const char *device_words(const struct device_ref *device) {
    const struct device_spec *spec = device->device;
    return !spec ? device->path : spec->name ? spec->name : spec->id;
}

uint32_t device_node(struct run *run, const struct device_ref *device) {
    struct wdmsim_node_info info;
    uint32_t node;
    if (device->device) {
        struct socket *socket = &run->sockets[device->device->index];
        if (!socket->node && socket->slot)
            socket->node = wdmsim_slot_node(run->machine, socket->slot);
        node = socket->node;
    } else {
        node = wdmsim_node_find(run->machine, device->path);
    }
    return node && wdmsim_node_info(run->machine, node, &info) == 0 ? node : 0;
}

static uint32_t parent_node(struct run *run, const struct device_spec *device) {
    return device->parent.device ? device_node(run, &device->parent) : WDMSIM_ROOT_NODE;
}

static struct wdmsim_resource *resources_of(struct run *run, const struct device_spec *device) {
    const struct resource_list *list = &device->resources;
    struct wdmsim_resource *resources =
        store_take(&run->store, (list->count + 1) * sizeof *resources);
    for (unsigned i = 0; i < list->count; i++) {
        const struct resource_spec *one = &list->list[i];
        resources[i] = (struct wdmsim_resource){.kind = (enum wdmsim_resource_kind)one->kind.value,
                                                .minimum = one->at.value,
                                                .maximum = one->up_to.value,
                                                .length = one->length.value,
                                                .alignment = one->alignment.value,
                                                .shared = one->shared.value,
                                                .latched = one->latched.value,
                                                .boot = one->boot.value,
                                                .alternative = one->alternative.value};
    }
    return resources;
}

static uint32_t or_unknown(const struct number *number) {
    return number->set ? (uint32_t)number->value : ~0u;
}

static void describe(struct run *run, const struct device_spec *device,
                     struct wdmsim_device_description *description) {
    *description = (struct wdmsim_device_description){
        .device_id = device->id,
        .instance_id = device->instance,
        .hardware_ids = device->hardware_ids.list,
        .compatible_ids = device->compatible_ids.list,
        .container_id = device->container,
        .description = device->description,
        .location = device->location,
        .bus_type = device->bus_type,
        .bus_number = (uint32_t)device->bus_number.value,
        .flags = (uint32_t)device->traits.value,
        .address = or_unknown(&device->address),
        .ui_number = or_unknown(&device->ui_number),
        .system_wake = (uint8_t)device->system_wake.value,
        .device_wake = (uint8_t)(device->device_wake.value > 4 ? 4 : device->device_wake.value),
        .resources = resources_of(run, device),
        .resource_count = device->resources.count,
        .config = device->config ? device->config->bytes : NULL,
        .config_size = device->config ? device->config->size : 0,
        .bus_filters = device->bus_filters.names,
        .lower_filters = device->lower_filters.names,
        .upper_filters = device->upper_filters.names,
        .function = device->function ? device->function->name : NULL};
    memcpy(description->device_states, device->states.states, sizeof device->states.states);
    memcpy(description->latencies, device->latency.values, sizeof device->latency.values);
}

/* The state that the description leaves open: D0 in S0, D3 below. */
static void fill_states(const struct device_spec *device,
                        struct wdmsim_device_description *description) {
    for (unsigned i = 0; device->states.set && i < 6; i++)
        if (!description->device_states[i])
            description->device_states[i] = i ? 4 : 1;
}

/* Puts it in its slot; the PnP manager is not told. */
static int put_in(struct run *run, const struct device_spec *device) {
    struct wdmsim_device_description description;
    struct socket *socket = &run->sockets[device->index];
    uint32_t parent = parent_node(run, device);
    if (!parent)
        return WDMSIM_ERROR_NOT_FOUND;
    describe(run, device, &description);
    fill_states(device, &description);
    *socket = (struct socket){0};
    return wdmsim_plug_silently(run->machine, parent, &description, &socket->slot);
}

static void set_hardware(struct run *run, const struct device_spec *device) {
    struct wdmsim_power_hardware hardware = {.rail = (uint32_t)device->rail.value,
                                             .d3cold = device->d3cold.value,
                                             .d3cold_enabled = device->d3cold_enabled.value};
    uint32_t node = device_node(run, &(struct device_ref){.device = device});
    if (node && (device->rail.set || device->d3cold.set || device->d3cold_enabled.set))
        wdmsim_power_hardware(run->machine, node, &hardware);
}

/* Whether what can come of a device has come of it. */
struct arrival {
    struct run *run;
    struct device_ref device;
};

static bool has_arrived(void *context) {
    struct arrival *arrival = context;
    struct wdmsim_node_info info;
    uint32_t node = device_node(arrival->run, &arrival->device);
    if (!node || wdmsim_node_info(arrival->run->machine, node, &info))
        return false;
    return info.state == WDMSIM_NODE_STARTED || info.problem != WDMSIM_PROBLEM_NONE;
}

static bool arrive(struct run *run, const struct device_spec *device, const struct number *within,
                   const struct expect_device *expect) {
    static const struct expect_device started = {.state = {true, WDMSIM_NODE_STARTED}};
    struct arrival arrival = {run, {.device = device}};
    if (!wait_until(run, has_arrived, &arrival, within,
                    run_printf(run, "device %s to start", device_words(&arrival.device))))
        return false;
    set_hardware(run, device);
    return check_device(run, &arrival.device, expect ? expect : &started);
}

static bool plug_begin(struct run *run, const struct device_spec *device, bool silently) {
    int error = put_in(run, device);
    if (!error && !silently)
        error = wdmsim_pnp_begin(run->machine, WDMSIM_PNP_ENUMERATE, parent_node(run, device),
                                 &(uint32_t){0});
    return step_worked(run, error,
                       run_printf(run, "device %s to be plugged in",
                                  device_words(&(struct device_ref){.device = device})));
}

bool step_plug_start(struct run *run, const struct step *step) {
    const struct device_ref *device = &step->as.plug.plug;
    if (!device->device)
        return run_fail(run, "device", "one that \"devices\" describes", device->path);
    if (wdmsim_slot_is_plugged(run->machine, run->sockets[device->device->index].slot))
        return run_fail(
            run, "device",
            run_printf(run, "%s to be out before it is plugged in", device_words(device)),
            "it is plugged in already");
    return plug_begin(run, device->device, step->as.plug.silently.value);
}

bool step_plug_finish(struct run *run, const struct step *step) {
    const struct step_plug *plug = &step->as.plug;
    return plug->silently.value || arrive(run, plug->plug.device, &plug->within, plug->expect);
}

bool step_unplug_start(struct run *run, const struct step *step) {
    const struct device_ref *device = &step->as.unplug.unplug;
    uint32_t node = device_node(run, device);
    if (!node)
        return run_fail(run, "device", run_printf(run, "%s to be there", device_words(device)),
                        "it is not");
    int error = wdmsim_unplug(run->machine, node);
    /* Handles that are open hold the last part back: that is no failure. */
    return error == WDMSIM_ERROR_TIMED_OUT ||
           step_worked(run, error, run_printf(run, "%s to be taken out", device_words(device)));
}

/* ---- all of it ------------------------------------------------------------------------------ */

bool world_begin(struct run *run) {
    static const struct number default_time = {0};
    const struct scenario *scenario = run->scenario;
    if (scenario->machine)
        set_rules(run, scenario->machine);
    if (!scenario->devices.count && !scenario->install.count && !scenario->inf.count)
        return true;
    if (!step_worked(run, define_drivers(run), "the drivers to be known") ||
        !step_worked(run, install(run), "the drivers to be installed") ||
        !step_worked(run, install_packages(run), "the INF files to be installed"))
        return false;
    for (unsigned i = 0; i < scenario->devices.count; i++) {
        const struct device_spec *device = &scenario->devices.list[i];
        if (device->plugged.set && !device->plugged.value)
            continue;
        if (!plug_begin(run, device, false) || !arrive(run, device, &default_time, NULL))
            return false;
        wdmsim_settle(run->machine);
    }
    return true;
}
