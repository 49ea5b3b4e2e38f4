/*
 * The driver store: packages that were added to the machine, the choice of one for a device, and
 * its installation.
 *
 * A machine keeps its own copy of each INF. A device without a driver by other means gets the
 * package with the best score (inf_package.c). What that package says becomes a struct pnp_match
 * once per model: service, filters, class; the state machine needs no more. The registry is written
 * when the device is identified: class with its ClassInstall32, software key with the install
 * section's AddReg, hardware key with that of .HW, services with theirs, interfaces.
 *
 * Extension packages (class Extension) never are a device's own package; what they add comes on top
 * of the package that was chosen, registry values and filters.
 */
#include "pnp/device.h"

#include <stdio.h>
#include <string.h>

#include "pnp/inf.h"
#include "pnp/internal.h"

/* ---- the store ---- */

struct inf_choice {
    struct pnp_match match;
    struct inf_choice *next;
    const struct wdmsim_inf *inf;
    struct wdmsim_inf_model model;
};

static bool inf_is_extension(const struct wdmsim_inf *inf) {
    const char *class = wdmsim_inf_value(inf, "Version", "Class");
    return class && inf_same(class, "Extension");
}

/* A node's identifiers as UTF-8 lists that end with NULL. */
#define INF_DEVICE_IDS 64u
struct inf_device_ids {
    const char *hardware[INF_DEVICE_IDS + 1], *compatible[INF_DEVICE_IDS + 1];
};

static void inf_list_ids(struct machine *m, const WCHAR *list, const char **ids) {
    unsigned count = 0;
    while (list && *list && count < INF_DEVICE_IDS) {
        size_t length = 0;
        while (list[length])
            length++;
        ids[count++] = ki_intern_wide(m, list, length);
        list += length + 1;
    }
    ids[count] = NULL;
}

static void inf_node_ids(struct machine *m, const struct pnp_node *node,
                         struct inf_device_ids *ids) {
    inf_list_ids(m, node->hardware_ids, ids->hardware);
    inf_list_ids(m, node->compatible_ids, ids->compatible);
}

/* Whether `a` is newer than `b`. */
static bool inf_newer(const struct wdmsim_inf *a, const struct wdmsim_inf *b) {
    if (inf_driver_date(a) != inf_driver_date(b))
        return inf_driver_date(a) > inf_driver_date(b);
    return inf_driver_version(a) > inf_driver_version(b);
}

static const struct wdmsim_inf *inf_best(struct machine *m, const struct inf_device_ids *ids,
                                         struct wdmsim_inf_model *model) {
    const struct wdmsim_inf *best = NULL;
    int best_score = 0;
    for (const struct wdmsim_inf *inf = m->pnp->device->store; inf; inf = inf->next) {
        struct wdmsim_inf_model found;
        int score = inf_is_extension(inf)
                        ? -1
                        : wdmsim_inf_match(inf, ids->hardware, ids->compatible, &found);
        if (score < 0 || (best && score > best_score) ||
            (best && score == best_score && !inf_newer(inf, best)))
            continue;
        best = inf;
        best_score = score;
        *model = found;
    }
    return best;
}

/* ---- a choice as a match ---- */

#define INF_FILTERS 16u
struct inf_drivers {
    struct machine *m;
    const char *function;
    const char *lower[INF_FILTERS + 1], *upper[INF_FILTERS + 1];
    unsigned lower_count, upper_count;
};

static void inf_add_filter(struct inf_drivers *d, bool upper, const char *name) {
    const char **list = upper ? d->upper : d->lower;
    unsigned *count = upper ? &d->upper_count : &d->lower_count;
    for (unsigned i = 0; i < *count; i++) {
        if (inf_same(list[i], name))
            return;
    }
    if (*name && *count < INF_FILTERS)
        list[(*count)++] = ki_intern(d->m, name);
}

/* The driver image is found by the base name of the service's binary. */
static bool inf_use_service(void *context, const struct wdmsim_inf *inf,
                            const struct inf_line *line) {
    struct inf_drivers *d = context;
    struct wdmsim_inf_service service;
    if (!inf_service(inf, line, &service))
        return true;
    if (service.is_function && !d->function)
        d->function = ki_intern(d->m, service.name);
    if (!pnp_service_find(d->m, service.name)) {
        const char *image = service.binary ? strrchr(service.binary, '\\') : NULL;
        char name[WDMSIM_INF_NAME];
        snprintf(name, sizeof name, "%s",
                 image            ? image + 1
                 : service.binary ? service.binary
                                  : service.name);
        size_t length = strlen(name);
        if (length > 4 && inf_same(name + length - 4, ".sys"))
            name[length - 4] = 0;
        pnp_service_define(d->m, service.name, name, NULL);
    }
    return true;
}

/* AddReg sections of .HW: UpperFilters and LowerFilters among their lines. */
static bool inf_use_hardware(void *context, const struct wdmsim_inf *inf,
                             const struct inf_line *line) {
    for (uint32_t f = 0; f < line->count; f++) {
        const struct inf_section *section = inf_section(inf, line->fields[f]);
        for (uint32_t i = 0; section && i < section->count; i++) {
            const struct inf_line *value = &section->lines[i];
            bool upper = inf_same(inf_line_field(value, 2), "UpperFilters");
            bool lower = inf_same(inf_line_field(value, 2), "LowerFilters");
            if (!inf_same(inf_line_field(value, 0), "HKR") || *inf_line_field(value, 1) ||
                (!upper && !lower))
                continue;
            for (uint32_t j = 4; j < value->count; j++)
                inf_add_filter(context, upper, value->fields[j]);
        }
    }
    return true;
}

/* AddFilter = name, flags, section with FilterPosition. */
static bool inf_use_filter(void *context, const struct wdmsim_inf *inf,
                           const struct inf_line *line) {
    const char *position = wdmsim_inf_value(inf, inf_line_field(line, 2), "FilterPosition");
    bool lower = position && inf_same(position, "Lower");
    inf_add_filter(context, !lower, inf_line_field(line, 0));
    return true;
}

static void inf_collect_drivers(struct inf_drivers *d, const struct wdmsim_inf *inf,
                                const char *install) {
    const struct wdmsim_inf *store = d->m->pnp->device->store;
    char name[WDMSIM_INF_NAME];
    inf_visit(store, inf, inf_suffixed(name, install, ".Services"), "AddService", inf_use_service,
              d);
    inf_visit(store, inf, inf_suffixed(name, install, ".HW"), "AddReg", inf_use_hardware, d);
    inf_visit(store, inf, inf_suffixed(name, install, ".Filters"), "AddFilter", inf_use_filter, d);
}

/* Calls for each extension package that is for the device. */
static void inf_each_extension(struct machine *m, const struct inf_device_ids *ids,
                               void (*apply)(void *context, const struct wdmsim_inf *inf,
                                             const char *install),
                               void *context) {
    struct wdmsim_inf_model model;
    for (const struct wdmsim_inf *inf = m->pnp->device->store; inf; inf = inf->next) {
        if (inf_is_extension(inf) &&
            wdmsim_inf_match(inf, ids->hardware, ids->compatible, &model) >= 0)
            apply(context, inf, model.install);
    }
}

static void inf_extend_drivers(void *context, const struct wdmsim_inf *inf, const char *install) {
    inf_collect_drivers(context, inf, install);
}

static const char *const *inf_keep_list(struct machine *m, const char **list, unsigned count) {
    if (!count)
        return NULL;
    const char **copy = ki_alloc(m, (count + 1) * sizeof *copy);
    memcpy(copy, list, count * sizeof *copy);
    return copy;
}

static const char *inf_version(const struct wdmsim_inf *inf, const char *entry) {
    const char *value = wdmsim_inf_value(inf, "Version", entry);
    return value && *value ? value : NULL;
}

void pnp_inf_choose(struct machine *m, struct pnp_node *node) {
    struct inf_device_ids ids;
    struct wdmsim_inf_model model;
    if (!m->pnp->device->store)
        return;
    inf_node_ids(m, node, &ids);
    const struct wdmsim_inf *inf = inf_best(m, &ids, &model);
    if (!inf)
        return;
    struct inf_choice *choice = m->pnp->device->choices;
    while (choice && !(choice->inf == inf && choice->model.line == model.line))
        choice = choice->next;
    if (!choice) {
        struct inf_drivers d = {.m = m};
        choice = ki_alloc(m, sizeof *choice);
        choice->inf = inf;
        choice->model = model;
        choice->next = m->pnp->device->choices;
        m->pnp->device->choices = choice;
        inf_collect_drivers(&d, inf, model.install);
        inf_each_extension(m, &ids, inf_extend_drivers, &d);
        choice->match = (struct pnp_match){
            .id = model.id_count ? model.ids[0] : "",
            .service = d.function,
            .lower = inf_keep_list(m, d.lower, d.lower_count),
            .upper = inf_keep_list(m, d.upper, d.upper_count),
            .class_name = inf_version(inf, "Class"),
            .description = model.description,
            .provider = model.manufacturer,
            .inf = choice,
        };
        const char *guid = inf_version(inf, "ClassGuid");
        if (guid)
            pnp_parse_guid(guid, &choice->match.class_guid);
    }
    node->match = &choice->match;
    node->service = choice->match.service;
}

/* ---- installing ---- */

struct inf_installing {
    struct machine *m;
    struct pnp_node *node;
    struct cm_key *hardware, *software;
};

/* The texts of a REG_MULTI_SZ; NULL: there are none. */
static const char *const *inf_value_list(struct machine *m, const struct cm_key *key,
                                         const char *name) {
    const struct cm_value *value = pnp_key_value(key, name);
    const char *list[INF_DEVICE_IDS + 1];
    unsigned count = 0;
    if (!value || value->type != REG_MULTI_SZ || value->size < 2 * sizeof(WCHAR))
        return NULL;
    inf_list_ids(m, value->data, list);
    while (list[count])
        count++;
    return inf_keep_list(m, list, count);
}

/* The first package of a class installs it; filters of the class are every device's. */
static void inf_install_class(struct machine *m, const struct wdmsim_inf *inf,
                              const struct pnp_match *match, const char *guid) {
    struct cm_key *key = pnp_key(m, pnp_key(m, NULL, PNP_KEY_CLASS, true), guid, true);
    char section[WDMSIM_INF_NAME];
    if (!key || pnp_key_value(key, "Class"))
        return;
    pnp_key_set_text(m, key, "Class", match->class_name);
    if (!inf_decorated(inf, "ClassInstall32", section))
        return;
    pnp_inf_registry(m, inf, section, key, false);
    struct pnp_class class = {
        .guid = match->class_guid,
        .name = match->class_name,
        .lower = inf_value_list(m, key, "LowerFilters"),
        .upper = inf_value_list(m, key, "UpperFilters"),
    };
    if ((class.lower || class.upper) && !pnp_class_find(m, &class.guid))
        pnp_class_add(m, &class);
}

static bool inf_install_service(void *context, const struct wdmsim_inf *inf,
                                const struct inf_line *line) {
    struct inf_installing *install = context;
    struct machine *m = install->m;
    struct wdmsim_inf_service service;
    if (!inf_service(inf, line, &service))
        return true;
    struct cm_key *key = pnp_key(m, pnp_key(m, NULL, PNP_KEY_SERVICES, true), service.name, true);
    pnp_key_set_number(m, key, "Type", service.type);
    pnp_key_set_number(m, key, "Start", service.start);
    pnp_key_set_number(m, key, "ErrorControl", service.error_control);
    pnp_key_set_text(m, key, "DisplayName", service.display_name);
    pnp_key_set_text(m, key, "Group", service.group);
    if (service.binary) {
        UNICODE_STRING wide = io_wide(m, service.binary);
        if (wide.Buffer)
            pnp_key_set(m, key, "ImagePath", REG_EXPAND_SZ, wide.Buffer,
                        wide.Length + sizeof(WCHAR));
        io_wide_free(m, &wide);
    }
    if (service.is_function)
        pnp_key_set_text(m, install->hardware, "Service", service.name);
    pnp_inf_registry(m, inf, inf_line_field(line, 2), key, false);
    return true;
}

/* AddInterface = {class}, reference, flags, section: registered, for the driver to enable. */
static bool inf_install_interface(void *context, const struct wdmsim_inf *inf,
                                  const struct inf_line *line) {
    struct inf_installing *install = context;
    struct machine *m = install->m;
    struct pnp_interface *i;
    GUID guid;
    bool existed;
    if (!pnp_parse_guid(inf_line_field(line, 0), &guid))
        return true;
    UNICODE_STRING reference = io_wide(m, inf_line_field(line, 1));
    NTSTATUS status = pnp_interface_register(m, install->node, &guid, &reference, &i, &existed);
    io_wide_free(m, &reference);
    if (NT_SUCCESS(status)) {
        /* The flags may be left out: the section is the last field that names one. */
        uint32_t last = line->count > 3 ? 3 : 2;
        struct cm_key *key = pnp_interface_key(m, i, true);
        if (key)
            pnp_inf_registry(m, inf, inf_line_field(line, last),
                             pnp_key(m, key, "Device Parameters", true), false);
    }
    return true;
}

/* The keys of an install section and its companions. */
static void inf_install_section(void *context, const struct wdmsim_inf *inf, const char *section) {
    struct inf_installing *install = context;
    struct machine *m = install->m;
    const struct wdmsim_inf *store = m->pnp->device->store;
    char name[WDMSIM_INF_NAME];
    pnp_inf_registry(m, inf, section, install->software, false);
    pnp_inf_registry(m, inf, inf_suffixed(name, section, ".HW"), install->hardware, true);
    inf_visit(store, inf, inf_suffixed(name, section, ".Services"), "AddService",
              inf_install_service, install);
    inf_visit(store, inf, inf_suffixed(name, section, ".Interfaces"), "AddInterface",
              inf_install_interface, install);
}

/* DriverVer = date, version. */
static void inf_install_version(struct machine *m, const struct wdmsim_inf *inf,
                                struct cm_key *software) {
    for (int i = 0; i < wdmsim_inf_lines(inf, "Version"); i++) {
        const char *key = wdmsim_inf_key(inf, "Version", i);
        if (!key || !inf_same(key, "DriverVer"))
            continue;
        pnp_key_set_text(m, software, "DriverDate", wdmsim_inf_field(inf, "Version", i, 0));
        pnp_key_set_text(m, software, "DriverVersion", wdmsim_inf_field(inf, "Version", i, 1));
    }
}

void pnp_inf_install(struct machine *m, struct pnp_node *node) {
    const struct inf_choice *choice = node->match->inf;
    const struct wdmsim_inf *inf = choice->inf;
    struct inf_installing install = {m, node, pnp_hardware_key(m, node, true), NULL};
    struct inf_device_ids ids;
    char guid[PNP_GUID_LENGTH + 1];
    pnp_guid_text(&node->match->class_guid, guid);
    inf_install_class(m, inf, node->match, guid);
    install.software = pnp_assign_class(m, node, guid, NULL);
    if (!install.hardware || !install.software)
        return;
    pnp_key_set_text(m, install.hardware, "DeviceDesc", choice->model.description);
    pnp_key_set_text(m, install.hardware, "Mfg", choice->model.manufacturer);
    pnp_key_set_text(m, install.software, "DriverDesc", choice->model.description);
    pnp_key_set_text(m, install.software, "ProviderName", inf_version(inf, "Provider"));
    pnp_key_set_text(m, install.software, "InfPath", inf->name);
    pnp_key_set_text(m, install.software, "InfSection", choice->model.section);
    pnp_key_set_text(m, install.software, "InfSectionExt",
                     choice->model.install + strlen(choice->model.section));
    pnp_key_set_text(m, install.software, "MatchingDeviceId", choice->match.id);
    inf_install_version(m, inf, install.software);
    inf_install_section(&install, inf, choice->model.install);
    inf_node_ids(m, node, &ids);
    inf_each_extension(m, &ids, inf_install_section, &install);
}

/* ---- adding a package ---- */

/* Devices that have had no driver are offered the new package. In the worker. */
static void pnp_run_offer(struct machine *m, struct pnp_action *action) {
    (void)action;
    for (struct pnp_node *node = m->pnp->root; node; node = pnp_next(node, m->pnp->root)) {
        if (node->problem != WDMSIM_PROBLEM_NO_DRIVER || node->service)
            continue;
        pnp_inf_choose(m, node);
        if (!node->service)
            continue;
        pnp_inf_install(m, node);
        pnp_bring_up(m, node);
    }
}

int wdmsim_inf_add(struct machine *machine, const struct wdmsim_inf *inf) {
    struct pnp_device_part *part = machine->pnp->device;
    struct wdmsim_inf *copy;
    if (!wdmsim_inf_is_package(inf))
        return WDMSIM_ERROR_INVALID;
    int error = inf_read(machine, inf->text, inf->size, inf->name, &copy, NULL);
    if (error)
        return error;
    *part->store_last = copy;
    part->store_last = &copy->next;
    if (machine->pnp->root && !pnp_queue(machine, pnp_run_offer, NULL, 0, NULL))
        return WDMSIM_ERROR_NO_MEMORY;
    return 0;
}
