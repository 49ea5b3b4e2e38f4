/*
 * Values that are lists or tables: statuses, bug checks, event names, parameters, patterns, states.
 */
#include "scenario/shape.h"

#include <string.h>

#include <wdmsim/machine.h>
#include <wdmsim/trace.h>

/* How many values there are in a list, or 1 for a value that stands alone. */
static unsigned list_count(const cJSON *value) {
    return cJSON_IsArray(value) ? (unsigned)cJSON_GetArraySize(value) : 1;
}

static const cJSON *list_first(const cJSON *value) {
    return cJSON_IsArray(value) ? value->child : value;
}

/* ---- statuses ------------------------------------------------------------------------------- */

static bool bind_status(struct binder *binder, const cJSON *value, const char *expected,
                        uint32_t *status) {
    uint64_t number;
    bool negative;
    if (bind_whole(binder, value, &number, &negative)) {
        if (!negative && number <= UINT32_MAX) {
            *status = (uint32_t)number;
            return true;
        }
    } else if (cJSON_IsString(value)) {
        if (wdmsim_status_value(value->valuestring, status))
            return true;
        bind_problem(binder, value, "there is no status %s", tree_words(binder->tree, value, 60));
        return false;
    }
    bind_wrong(binder, value, expected);
    return false;
}

/* type->words: words that stand for statuses, "success", "done" or "pending". */
static bool bind_status_word(const cJSON *value, const struct value_type *type,
                             struct statuses *statuses, uint32_t *status) {
    if (!cJSON_IsString(value))
        return false;
    for (const struct word *word = type->words; word->text; word++) {
        if (strcmp(word->text, value->valuestring) != 0)
            continue;
        statuses->success |= strcmp(word->text, "success") == 0;
        statuses->done |= strcmp(word->text, "done") == 0;
        *status = (uint32_t)word->value;
        return true;
    }
    return false;
}

void bind_statuses(struct binder *binder, const cJSON *value, const struct value_type *type,
                   void *member) {
    struct statuses *statuses = store_take(binder->store, sizeof *statuses);
    uint32_t *values = store_take(binder->store, list_count(value) * sizeof *values);
    if (!list_count(value))
        bind_problem(binder, value, "an empty list of statuses");
    for (const cJSON *one = list_first(value); one; one = cJSON_IsArray(value) ? one->next : NULL) {
        uint32_t status;
        bool word = bind_status_word(one, type, statuses, &status);
        if (word ? status : bind_status(binder, one, type->expected, &status))
            values[statuses->count++] = status;
    }
    statuses->values = values;
    *(struct statuses **)member = statuses;
}

/* ---- bug checks ----------------------------------------------------------------------------- */

void bind_bugcheck_code(struct binder *binder, const cJSON *value, const struct value_type *type,
                        void *member) {
    struct number *code = member;
    bool negative;
    if (bind_whole(binder, value, &code->value, &negative)) {
        code->set = bind_number(binder, value, type, &code->value);
    } else if (cJSON_IsString(value)) {
        int64_t found = wdmsim_bugcheck_code(value->valuestring);
        *code = (struct number){found >= 0, (uint64_t)found};
        if (found < 0)
            bind_problem(binder, value, "there is no bug check %s",
                         tree_words(binder->tree, value, 60));
    } else {
        bind_wrong(binder, value, type->expected);
    }
}

void bind_bugcheck(struct binder *binder, const cJSON *value, const struct value_type *type,
                   void *member) {
    struct expected_bugcheck *bugcheck = store_take(binder->store, sizeof *bugcheck);
    *(struct expected_bugcheck **)member = bugcheck;
    if (cJSON_IsObject(value))
        bind_shape(binder, value, type->shape, bugcheck);
    else
        bind_bugcheck_code(binder, value, type, &bugcheck->code);
}

void bind_bugcheck_parameters(struct binder *binder, const cJSON *value,
                              const struct value_type *type, void *member) {
    struct bugcheck_parameters *parameters = member;
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) > 4) {
        bind_wrong(binder, value, type->expected);
        return;
    }
    for (const cJSON *one = value->child; one; one = one->next) {
        struct number *number = &parameters->values[parameters->count++];
        if (!cJSON_IsNull(one))
            number->set = bind_number(binder, one, type, &number->value);
    }
}

/* ---- events --------------------------------------------------------------------------------- */

void bind_events(struct binder *binder, const cJSON *value, const struct value_type *type,
                 void *member) {
    struct number *mask = member;
    mask->set = true;
    if (cJSON_IsString(value) && strcmp(value->valuestring, "all") == 0) {
        mask->value = WDMSIM_TRACE_ALL;
        return;
    }
    if (!cJSON_IsArray(value)) {
        bind_wrong(binder, value, type->expected);
        return;
    }
    const char *names[WDMSIM_EVENT_KINDS + 1] = {0};
    for (int i = 0; i < WDMSIM_EVENT_KINDS; i++)
        names[i] = wdmsim_event_name((enum wdmsim_event_kind)i);
    for (const cJSON *one = value->child; one; one = one->next) {
        int kind = cJSON_IsString(one) ? wdmsim_event_kind(one->valuestring) : -1;
        if (kind >= 0)
            mask->value |= WDMSIM_TRACE_BIT(kind);
        else if (cJSON_IsString(one))
            bind_problem(binder, one, "there is no event %s%s", tree_words(binder->tree, one, 40),
                         bind_guess(binder, one->valuestring, names));
        else
            bind_wrong(binder, one, "the name of an event");
    }
}

/* ---- patterns ------------------------------------------------------------------------------- */

void bind_patterns(struct binder *binder, const cJSON *value, const struct value_type *type,
                   void *member) {
    struct patterns *patterns = member;
    const char **list = store_take(binder->store, (list_count(value) + 1) * sizeof *list);
    for (const cJSON *one = list_first(value); one; one = cJSON_IsArray(value) ? one->next : NULL) {
        const char *text = bind_string(binder, one, type->expected, false);
        if (text)
            list[patterns->count++] = text;
    }
    patterns->list = list;
}

/* ---- tables --------------------------------------------------------------------------------- */

/* Room for a table's rows; NULL, with a problem, if the value is not an object. */
static void *table_rows(struct binder *binder, const cJSON *value, const struct value_type *type,
                        size_t size) {
    if (!cJSON_IsObject(value)) {
        bind_wrong(binder, value, type->expected);
        return NULL;
    }
    return store_take(binder->store, (size_t)cJSON_GetArraySize(value) * size);
}

void bind_parameters(struct binder *binder, const cJSON *value, const struct value_type *type,
                     void *member) {
    struct parameter_list *parameters = member;
    parameters->list = table_rows(binder, value, type, sizeof *parameters->list);
    for (const cJSON *one = parameters->list ? value->child : NULL; one; one = one->next) {
        struct parameter *parameter = &parameters->list[parameters->count++];
        parameter->name = store_copy(binder->store, one->string, strlen(one->string));
        uint64_t number;
        if (cJSON_IsString(one))
            parameter->text = bind_string(binder, one, "a text", true);
        else if (bind_number(binder, one, type, &number))
            parameter->number = (uint32_t)number;
    }
}

void bind_messages(struct binder *binder, const cJSON *value, const struct value_type *type,
                   void *member) {
    struct message_masks *masks = member;
    masks->list = table_rows(binder, value, type, sizeof *masks->list);
    for (const cJSON *one = masks->list ? value->child : NULL; one; one = one->next) {
        const struct word *component = word_of(type->words, one->string);
        uint64_t mask = 0;
        if (!component)
            bind_key_problem(binder, one, "there is no component \"%s\"", one->string);
        if (bind_number(binder, one, type, &mask) && component)
            masks->list[masks->count++] =
                (struct message_mask){(uint32_t)component->value, (uint32_t)mask};
    }
}

void bind_request_states(struct binder *binder, const cJSON *value, const struct value_type *type,
                         void *member) {
    struct expected_requests *states = member;
    states->list = table_rows(binder, value, type, sizeof *states->list);
    for (const cJSON *one = states->list ? value->child : NULL; one; one = one->next) {
        struct expected_request_state *state = &states->list[states->count++];
        state->name = name_find(binder, one, one->string, NAME_REQUEST | NAME_FILE);
        bind_statuses(binder, one, type, &state->statuses);
    }
}

/* One of two words, the first meaning true. */
static bool bind_either(struct binder *binder, const cJSON *value, const char *yes,
                        const char *no) {
    if (cJSON_IsString(value) && strcmp(value->valuestring, yes) == 0)
        return true;
    if (!cJSON_IsString(value) || strcmp(value->valuestring, no) != 0)
        bind_wrong(binder, value, store_printf(binder->store, "\"%s\" or \"%s\"", yes, no));
    return false;
}

void bind_event_states(struct binder *binder, const cJSON *value, const struct value_type *type,
                       void *member) {
    struct expected_events *states = member;
    states->list = table_rows(binder, value, type, sizeof *states->list);
    for (const cJSON *one = states->list ? value->child : NULL; one; one = one->next) {
        struct expected_event_state *state = &states->list[states->count++];
        state->name = name_find(binder, one, one->string, NAME_EVENT);
        state->signaled = bind_either(binder, one, "signaled", "not signaled");
    }
}

void bind_driver_states(struct binder *binder, const cJSON *value, const struct value_type *type,
                        void *member) {
    struct expected_drivers *states = member;
    states->list = table_rows(binder, value, type, sizeof *states->list);
    for (const cJSON *one = states->list ? value->child : NULL; one; one = one->next) {
        struct expected_driver_state *state = &states->list[states->count++];
        state->driver = driver_find(binder, one, one->string);
        state->loaded = bind_either(binder, one, "loaded", "unloaded");
    }
}

/* ---- drivers -------------------------------------------------------------------------------- */

void bind_drivers(struct binder *binder, const cJSON *value, const struct value_type *type,
                  void *member) {
    struct driver_list *drivers = member;
    drivers->set = true;
    if (!cJSON_IsArray(value)) {
        bind_wrong(binder, value, type->expected);
        return;
    }
    drivers->list = store_take(binder->store, list_count(value) * sizeof *drivers->list);
    for (const cJSON *one = value->child; one; one = one->next) {
        struct driver_spec *driver = &drivers->list[drivers->count];
        if (!bind_shape(binder, one, type->shape, driver) || !driver->name)
            continue;
        for (unsigned i = 0; i < drivers->count; i++)
            if (strcmp(drivers->list[i].name, driver->name) == 0)
                bind_problem(binder, one, "a second driver \"%s\"", driver->name);
        if (!driver->image)
            driver->image = driver->name;
        drivers->count++;
    }
}
