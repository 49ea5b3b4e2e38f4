/*
 * The power model of a scenario, and expectations of residency: states by name.
 *
 *     S0 … S5 and DRIPS of the system
 *     D0 … D3 of a device
 *     0/F2 the state F2 of component 0; 0/active and 0/idle its condition
 *     0/P1 the state 1 of its performance set 0; 0/1/P1 that of set 1
 *     "D3 -> D0" the transition
 */
#include "scenario/shape.h"

#include <stdlib.h>
#include <string.h>

/* ---- states by name ------------------------------------------------------------------------- */

/* A number of one to nine digits; NULL if there is none. */
static const char *take_number(const char *p, uint32_t *number) {
    size_t digits = strspn(p, "0123456789");
    if (!digits || digits > 9)
        return NULL;
    *number = (uint32_t)strtoul(p, NULL, 10);
    return p + digits;
}

static bool take_state(const char *p, struct state_key *key) {
    static const struct {
        char letter;
        enum track_kind kind;
        uint32_t most;
    } letters[] = {{'S', TRACK_SYSTEM, 5},
                   {'D', TRACK_DEVICE, 3},
                   {'F', TRACK_COMPONENT, 999},
                   {'P', TRACK_PERFORMANCE, UINT32_MAX}};
    for (unsigned i = 0; i < 4; i++) {
        if (*p != letters[i].letter)
            continue;
        const char *end = take_number(p + 1, &key->state);
        key->kind = letters[i].kind;
        return end && !*end && key->state <= letters[i].most;
    }
    return false;
}

static bool take_word(const char *p, struct state_key *key) {
    static const struct {
        const char *text;
        enum track_kind kind;
        uint32_t state;
    } words[] = {{"DRIPS", TRACK_DRIPS, 1},
                 {"running", TRACK_DRIPS, 0},
                 {"active", TRACK_ACTIVE, 1},
                 {"idle", TRACK_ACTIVE, 0}};
    for (unsigned i = 0; i < 4; i++) {
        if (strcmp(p, words[i].text) == 0) {
            key->kind = words[i].kind;
            key->state = words[i].state;
            return true;
        }
    }
    return false;
}

static bool parse_state(const char *text, bool system, struct state_key *key) {
    uint32_t numbers[2] = {0};
    unsigned count = 0;
    const char *p = text, *slash;
    *key = (struct state_key){0};
    while (count < 2 && (slash = take_number(p, &numbers[count])) && *slash == '/') {
        p = slash + 1;
        count++;
    }
    key->component = numbers[0];
    key->set = count == 2 ? numbers[1] : 0;
    if (!take_word(p, key) && !take_state(p, key))
        return false;
    bool of_system = key->kind == TRACK_SYSTEM || key->kind == TRACK_DRIPS;
    bool of_device = key->kind == TRACK_DEVICE;
    unsigned wanted = of_system || of_device ? 0 : key->kind == TRACK_PERFORMANCE ? count : 1;
    return of_system == system && count == wanted && (key->kind != TRACK_PERFORMANCE || count);
}

/* "D3 -> D0" */
static bool parse_move(const char *text, bool system, struct state_key *from,
                       struct state_key *to) {
    const char *arrow = strstr(text, " -> ");
    char first[32];
    if (!arrow || (size_t)(arrow - text) >= sizeof first)
        return false;
    memcpy(first, text, (size_t)(arrow - text));
    first[arrow - text] = 0;
    return parse_state(first, system, from) && parse_state(arrow + 4, system, to) &&
           from->kind == to->kind && from->component == to->component && from->set == to->set;
}

static void wrong_key(struct binder *binder, const cJSON *one, bool system, bool move) {
    bind_key_problem(binder, one, "expected %s such as %s, found \"%s\"",
                     move ? "a transition" : "a state",
                     move     ? system ? "\"S0 -> S3\"" : "\"D3 -> D0\" or \"0/F1 -> 0/F0\""
                     : system ? "S0 or DRIPS"
                              : "D0, 0/F1 or 0/P2",
                     one->string);
}

/* ---- the model ------------------------------------------------------------------------------ */

static void bind_rates(struct binder *binder, const cJSON *value, bool system,
                       struct rates *rates) {
    extern const struct value_type type_watts, type_joules;
    if (!cJSON_IsObject(value)) {
        bind_wrong(binder, value, "a table of states");
        return;
    }
    size_t count = (size_t)cJSON_GetArraySize(value);
    rates->watts = store_take(binder->store, (count + 1) * sizeof *rates->watts);
    rates->joules = store_take(binder->store, (count + 1) * sizeof *rates->joules);
    for (const cJSON *one = value->child; one; one = one->next) {
        struct number number = {0};
        struct watts *watts = &rates->watts[rates->watt_count];
        struct joules *joules = &rates->joules[rates->joule_count];
        bool move = strstr(one->string, "->") != NULL;
        if (move ? !parse_move(one->string, system, &joules->from, &joules->to)
                 : !parse_state(one->string, system, &watts->key)) {
            wrong_key(binder, one, system, move);
            continue;
        }
        if (move) {
            bind_joules(binder, one, &type_joules, &number);
            joules->nanojoules = number.value;
            rates->joule_count++;
        } else {
            bind_watts(binder, one, &type_watts, &number);
            watts->nanowatts = number.value;
            rates->watt_count++;
        }
    }
}

static void bind_device_rates(struct binder *binder, const cJSON *value, struct model *model) {
    if (!cJSON_IsObject(value)) {
        bind_wrong(binder, value, "a table of devices");
        return;
    }
    size_t count = (size_t)cJSON_GetArraySize(value);
    model->devices = store_take(binder->store, (count + 1) * sizeof *model->devices);
    for (const cJSON *one = value->child; one; one = one->next) {
        struct device_rates *device = &model->devices[model->device_count++];
        device->pattern = store_copy(binder->store, one->string, strlen(one->string));
        bind_rates(binder, one, false, &device->rates);
    }
}

void bind_model(struct binder *binder, const cJSON *value, const struct value_type *type,
                void *member) {
    struct model *model = member;
    model->set = true;
    if (!cJSON_IsObject(value)) {
        bind_wrong(binder, value, type->expected);
        return;
    }
    for (const cJSON *one = value->child; one; one = one->next) {
        if (strcmp(one->string, "system") == 0)
            bind_rates(binder, one, true, &model->system);
        else if (strcmp(one->string, "devices") == 0)
            bind_device_rates(binder, one, model);
        else
            bind_key_problem(binder, one, "a power model has no \"%s\"", one->string);
    }
}

/* ---- expectations --------------------------------------------------------------------------- */

/* How many members the members of an object have together. */
static size_t count_inner(const cJSON *value) {
    size_t count = 0;
    for (const cJSON *one = value->child; one; one = one->next)
        count += (size_t)cJSON_GetArraySize(one);
    return count;
}

/* "system", or a device. */
static bool bind_whose(struct binder *binder, const cJSON *one, struct device_ref *device) {
    if (strcmp(one->string, "system") == 0)
        return true;
    device_find(binder, one, one->string, device);
    return false;
}

/* One state or transition of "system" or a device, and what is expected of it. */
struct inner {
    const cJSON *value;
    bool system;
    struct device_ref device;
    const char *words;
};
typedef void bind_inner_fn(struct binder *binder, const struct inner *inner,
                           const struct value_type *type, void *list);

static void bind_inner(struct binder *binder, const cJSON *value, const struct value_type *type,
                       const char *table, bind_inner_fn *bind, void *list) {
    if (!cJSON_IsObject(value)) {
        bind_wrong(binder, value, type->expected);
        return;
    }
    for (const cJSON *one = value->child; one; one = one->next) {
        struct inner inner = {0};
        inner.system = bind_whose(binder, one, &inner.device);
        if (!cJSON_IsObject(one)) {
            bind_wrong(binder, one, table);
            continue;
        }
        for (const cJSON *key = one->child; key; key = key->next) {
            inner.value = key;
            inner.words = store_copy(binder->store, key->string, strlen(key->string));
            bind(binder, &inner, type, list);
        }
    }
}

static void bind_residency(struct binder *binder, const struct inner *inner,
                           const struct value_type *type, void *member) {
    struct expected_residencies *list = member;
    struct expected_residency *expected = &list->list[list->count++];
    *expected = (struct expected_residency){
        .system = inner->system, .device = inner->device, .words = inner->words};
    expected->expect = store_take(binder->store, sizeof *expected->expect);
    if (!parse_state(inner->words, inner->system, &expected->key))
        wrong_key(binder, inner->value, inner->system, false);
    bind_shape(binder, inner->value, type->shape, expected->expect);
}

void bind_residencies(struct binder *binder, const cJSON *value, const struct value_type *type,
                      void *member) {
    struct expected_residencies *list = member;
    list->list = store_take(binder->store, (count_inner(value) + 1) * sizeof *list->list);
    bind_inner(binder, value, type, "a table of states", bind_residency, list);
}

static void bind_transition(struct binder *binder, const struct inner *inner,
                            const struct value_type *type, void *member) {
    struct expected_transitions *list = member;
    struct expected_transition *expected = &list->list[list->count++];
    *expected = (struct expected_transition){
        .system = inner->system, .device = inner->device, .words = inner->words};
    if (!parse_move(inner->words, inner->system, &expected->from, &expected->to))
        wrong_key(binder, inner->value, inner->system, true);
    bind_count_range(binder, inner->value, type, &expected->count);
}

void bind_transitions(struct binder *binder, const cJSON *value, const struct value_type *type,
                      void *member) {
    struct expected_transitions *list = member;
    list->list = store_take(binder->store, (count_inner(value) + 1) * sizeof *list->list);
    bind_inner(binder, value, type, "a table of transitions", bind_transition, list);
}

void bind_event_counts(struct binder *binder, const cJSON *value, const struct value_type *type,
                       void *member) {
    struct expected_counts *list = member;
    if (!cJSON_IsObject(value)) {
        bind_wrong(binder, value, type->expected);
        return;
    }
    list->list =
        store_take(binder->store, ((size_t)cJSON_GetArraySize(value) + 1) * sizeof *list->list);
    for (const cJSON *one = value->child; one; one = one->next) {
        struct expected_count *expected = &list->list[list->count++];
        expected->pattern = store_copy(binder->store, one->string, strlen(one->string));
        bind_count_range(binder, one, type, &expected->count);
    }
}
