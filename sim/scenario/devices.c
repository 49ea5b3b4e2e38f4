/*
 * Devices of a scenario: their descriptions, what is installed for them, and references to them.
 *
 * A text that names a device is its name in the list of devices or, with a backslash in it, an
 * instance path: such a device may be one that a bus driver under test reports, so nobody knows it
 * before the run.
 */
#include "scenario/shape.h"

#include <string.h>

#include <wdmsim/inf.h>

/* Room for a list's values; NULL, with a problem, if the value is not a list. */
static void *list_room(struct binder *binder, const cJSON *value, const struct value_type *type,
                       size_t size) {
    if (!cJSON_IsArray(value)) {
        bind_wrong(binder, value, type->expected);
        return NULL;
    }
    return store_take(binder->store, ((size_t)cJSON_GetArraySize(value) + 1) * size);
}

static const cJSON *first_of(const cJSON *value) {
    return cJSON_IsArray(value) ? value->child : value;
}

static const cJSON *next_of(const cJSON *value, const cJSON *one) {
    return cJSON_IsArray(value) ? one->next : NULL;
}

static size_t count_of(const cJSON *value) {
    return cJSON_IsArray(value) ? (size_t)cJSON_GetArraySize(value) : 1;
}

/* ---- references ----------------------------------------------------------------------------- */

/* What steps call a device: its name, or its device and instance ids. */
static const char *device_name(const struct device_spec *device) {
    return device->name ? device->name : device->id;
}

static bool find_device(struct binder *binder, const cJSON *value, const char *text,
                        struct device_ref *reference) {
    const struct device_list *devices = &binder->scenario->devices;
    const char **words = store_take(binder->store, (devices->count + 1) * sizeof *words);
    for (unsigned i = 0; i < devices->count; i++) {
        words[i] = device_name(&devices->list[i]);
        if (strcmp(words[i], text) == 0) {
            reference->device = &devices->list[i];
            return true;
        }
    }
    reference->path = store_copy(binder->store, text, strlen(text));
    if (strchr(text, '\\'))
        return true;
    const char *format = "\"devices\" has no \"%s\"%s";
    if (text == value->string)
        bind_key_problem(binder, value, format, text, bind_guess(binder, text, words));
    else
        bind_problem(binder, value, format, text, bind_guess(binder, text, words));
    return false;
}

bool device_find(struct binder *binder, const cJSON *value, const char *text,
                 struct device_ref *reference) {
    return find_device(binder, value, text, reference);
}

void bind_device_ref(struct binder *binder, const cJSON *value, const struct value_type *type,
                     void *member) {
    const char *text = bind_string(binder, value, type->expected, false);
    if (text)
        find_device(binder, value, text, member);
}

void bind_device_refs(struct binder *binder, const cJSON *value, const struct value_type *type,
                      void *member) {
    struct device_refs *refs = member;
    refs->list = store_take(binder->store, (count_of(value) + 1) * sizeof *refs->list);
    for (const cJSON *one = first_of(value); one; one = next_of(value, one))
        bind_device_ref(binder, one, type, &refs->list[refs->count++]);
}

void bind_driver_refs(struct binder *binder, const cJSON *value, const struct value_type *type,
                      void *member) {
    struct driver_refs *refs = member;
    size_t count = count_of(value) + 1;
    refs->names = store_take(binder->store, count * sizeof *refs->names);
    refs->drivers = store_take(binder->store, count * sizeof *refs->drivers);
    for (const cJSON *one = first_of(value); one; one = next_of(value, one)) {
        const struct driver_spec *driver = NULL;
        bind_driver_ref(binder, one, type, &driver);
        if (!driver)
            continue;
        refs->drivers[refs->count] = driver;
        refs->names[refs->count++] = driver->name;
    }
}

/* ---- descriptions --------------------------------------------------------------------------- */

/* "ROOT\SENSOR\0000" is the device id "ROOT\SENSOR" and the instance id "0000". */
static void split_id(struct binder *binder, const cJSON *value, struct device_spec *device) {
    const char *first = strchr(device->id, '\\');
    const char *second = first ? strchr(first + 1, '\\') : NULL;
    if (!first)
        bind_problem(binder, value, "a device id is an enumerator, a backslash, a name");
    if (second && device->instance)
        bind_problem(binder, value, "\"id\" and \"instance\" both have an instance id");
    if (!second)
        return;
    if (!device->name)
        device->name = device->id;
    device->instance = second + 1;
    device->id = store_copy(binder->store, device->id, (size_t)(second - device->id));
}

void bind_devices(struct binder *binder, const cJSON *value, const struct value_type *type,
                  void *member) {
    struct device_list *devices = member;
    devices->list = list_room(binder, value, type, sizeof *devices->list);
    for (const cJSON *one = devices->list ? value->child : NULL; one; one = one->next) {
        struct device_spec *device = &devices->list[devices->count];
        device->index = devices->count;
        if (!bind_shape(binder, one, type->shape, device) || !device->id)
            continue;
        if (device->parent.path)
            bind_problem(binder, one, "\"parent\" is a device that stands before this one");
        split_id(binder, one, device);
        for (unsigned i = 0; i < devices->count; i++)
            if (strcmp(device_name(&devices->list[i]), device_name(device)) == 0)
                bind_problem(binder, one, "a second device \"%s\"", device_name(device));
        devices->count++;
    }
}

void bind_device_map(struct binder *binder, const cJSON *value, const struct value_type *type,
                     void *member) {
    extern const struct value_type type_device_power;
    struct device_map *map = member;
    map->set = true;
    if (!cJSON_IsObject(value)) {
        bind_wrong(binder, value, type->expected);
        return;
    }
    for (const cJSON *one = value->child; one; one = one->next) {
        const struct word *system = word_of(type->words, one->string);
        struct number state = {0};
        if (!system)
            bind_key_problem(binder, one, "there is no S state \"%s\"", one->string);
        bind_word(binder, one, &type_device_power, &state);
        if (system)
            map->states[system->value - 1] = (uint8_t)(state.value > 4 ? 4 : state.value);
    }
}

void bind_latency_map(struct binder *binder, const cJSON *value, const struct value_type *type,
                      void *member) {
    extern const struct value_type type_time;
    struct latency_map *map = member;
    if (!cJSON_IsObject(value)) {
        bind_wrong(binder, value, type->expected);
        return;
    }
    for (const cJSON *one = value->child; one; one = one->next) {
        const struct word *state = word_of(type->words, one->string);
        struct number time = {0};
        if (!state || state->value < 2 || state->value > 4) {
            bind_key_problem(binder, one, "expected D1, D2 or D3, found \"%s\"", one->string);
            continue;
        }
        bind_time(binder, one, &type_time, &time);
        if (time.value % 100000)
            bind_problem(binder, one, "a latency is a multiple of 100us");
        map->values[state->value - 2] = (uint32_t)(time.value / 100000);
    }
}

void bind_resources(struct binder *binder, const cJSON *value, const struct value_type *type,
                    void *member) {
    struct resource_list *resources = member;
    resources->list = list_room(binder, value, type, sizeof *resources->list);
    for (const cJSON *one = resources->list ? value->child : NULL; one; one = one->next)
        bind_shape(binder, one, type->shape, &resources->list[resources->count++]);
}

void bind_data(struct binder *binder, const cJSON *value, const struct value_type *type,
               void *member) {
    (void)type;
    *(const struct data **)member = data_bind(binder, value, false);
}

/* ---- what is installed ---------------------------------------------------------------------- */

void bind_installations(struct binder *binder, const cJSON *value, const struct value_type *type,
                        void *member) {
    struct installation_list *list = member;
    list->list = list_room(binder, value, type, sizeof *list->list);
    for (const cJSON *one = list->list ? value->child : NULL; one; one = one->next)
        bind_shape(binder, one, type->shape, &list->list[list->count++]);
}

void bind_classes(struct binder *binder, const cJSON *value, const struct value_type *type,
                  void *member) {
    struct class_list *list = member;
    list->list = list_room(binder, value, type, sizeof *list->list);
    for (const cJSON *one = list->list ? value->child : NULL; one; one = one->next)
        bind_shape(binder, one, type->shape, &list->list[list->count++]);
}

const char *beside_scenario(struct binder *binder, const char *file) {
    const char *scenario = binder->scenario->file, *slash = strrchr(scenario, '/');
    if (file[0] == '/' || !slash)
        return file;
    return store_printf(binder->store, "%.*s/%s", (int)(slash - scenario), scenario, file);
}

void bind_infs(struct binder *binder, const cJSON *value, const struct value_type *type,
               void *member) {
    struct inf_list *list = member;
    list->list = store_take(binder->store, (count_of(value) + 1) * sizeof *list->list);
    for (const cJSON *one = first_of(value); one; one = next_of(value, one)) {
        const char *text = bind_string(binder, one, type->expected, false);
        struct wdmsim_inf *inf = NULL;
        struct wdmsim_inf_problem problem = {0};
        if (!text)
            continue;
        const char *path = beside_scenario(binder, text);
        int error = wdmsim_inf_load(path, &inf, &problem);
        if (error == WDMSIM_ERROR_INVALID)
            bind_problem(binder, one, "%s:%u: %s", path, problem.line, problem.message);
        else if (error)
            bind_problem(binder, one, "%s: %s", path, wdmsim_error_message(error));
        else if (!wdmsim_inf_is_package(inf))
            bind_problem(binder, one, "%s is no driver package", path);
        wdmsim_inf_free(inf);
        list->list[list->count++].path = path;
    }
}

/* A GUID with or without braces; what it is in bytes is the run's business. */
void bind_guid(struct binder *binder, const cJSON *value, const struct value_type *type,
               void *member) {
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    const char *text = bind_string(binder, value, type->expected, false);
    if (!text)
        return;
    const char *p = text + (*text == '{');
    size_t i = 0;
    while (shape[i] &&
           (shape[i] == '-' ? p[i] == '-' : strchr("0123456789abcdefABCDEF", p[i]) && p[i]))
        i++;
    if (shape[i] || strcmp(p + i, *text == '{' ? "}" : "") != 0)
        bind_wrong(binder, value, type->expected);
    *(const char **)member = p;
}

/* ---- expectations --------------------------------------------------------------------------- */

void bind_expected_components(struct binder *binder, const cJSON *value,
                              const struct value_type *type, void *member) {
    struct expected_components *components = member;
    components->list = list_room(binder, value, type, sizeof *components->list);
    for (const cJSON *one = components->list ? value->child : NULL; one; one = one->next)
        bind_shape(binder, one, type->shape, &components->list[components->count++]);
}

void bind_expected_devices(struct binder *binder, const cJSON *value, const struct value_type *type,
                           void *member) {
    extern const struct value_type type_node_state;
    struct expected_devices *devices = member;
    if (!cJSON_IsObject(value)) {
        bind_wrong(binder, value, type->expected);
        return;
    }
    devices->list =
        store_take(binder->store, ((size_t)cJSON_GetArraySize(value) + 1) * sizeof *devices->list);
    for (const cJSON *one = value->child; one; one = one->next) {
        struct expected_device_state *state = &devices->list[devices->count++];
        state->expect = store_take(binder->store, sizeof *state->expect);
        find_device(binder, one, one->string, &state->device);
        if (cJSON_IsString(one))
            bind_word(binder, one, &type_node_state, &state->expect->state);
        else
            bind_shape(binder, one, type->shape, state->expect);
    }
}
