/*
 * Names: what "as" defines and later steps use, and the drivers that steps load.
 *
 * All names of a scenario share one space, so that {"handle": "x"} needs no kind. A name may be
 * given again to a thing of the same kind (in a repeated group it always is); it then means the
 * newer one.
 */
#include "scenario/shape.h"

#include <string.h>

static const char *kind_words(unsigned kinds) {
    switch (kinds) {
    case NAME_FILE:
        return "a file";
    case NAME_REQUEST:
    case NAME_REQUEST | NAME_FILE:
        return "a request";
    case NAME_EVENT:
        return "an event";
    case NAME_PROCESS:
        return "a process";
    case NAME_REQUEST | NAME_FILE | NAME_EVENT:
        return "a request or event";
    default:
        return "a file or event";
    }
}

/* A problem with a name: at the key if the name is a key, else at the value. */
static void name_problem(struct binder *binder, const cJSON *value, const char *text,
                         const char *message) {
    if (text == value->string)
        bind_key_problem(binder, value, "%s", message);
    else
        bind_problem(binder, value, "%s", message);
}

static unsigned look_up(const struct binder *binder, const char *text) {
    for (unsigned i = 1; i < binder->scenario->name_count; i++)
        if (strcmp(binder->scenario->names[i].text, text) == 0)
            return i;
    return 0;
}

unsigned name_define(struct binder *binder, const cJSON *value, const char *text,
                     enum name_kind kind) {
    struct scenario *scenario = binder->scenario;
    unsigned name = look_up(binder, text);
    if (name) {
        if (scenario->names[name].kind != kind)
            name_problem(binder, value, text,
                         store_printf(binder->store, "\"%s\" is already the name of %s", text,
                                      kind_words(scenario->names[name].kind)));
        return name;
    }
    if (scenario->name_count == binder->name_capacity) {
        unsigned capacity = binder->name_capacity * 2 + 16;
        struct name *names = store_take(binder->store, capacity * sizeof *names);
        if (scenario->name_count)
            memcpy(names, scenario->names, scenario->name_count * sizeof *names);
        scenario->names = names;
        binder->name_capacity = capacity;
    }
    if (!scenario->name_count)
        scenario->name_count = 1;
    scenario->names[scenario->name_count] = (struct name){text, kind};
    return scenario->name_count++;
}

unsigned name_find(struct binder *binder, const cJSON *value, const char *text, unsigned kinds) {
    struct scenario *scenario = binder->scenario;
    unsigned name = look_up(binder, text);
    if (name && (scenario->names[name].kind & kinds))
        return name;
    if (name) {
        name_problem(binder, value, text,
                     store_printf(binder->store, "\"%s\" is %s, not %s", text,
                                  kind_words(scenario->names[name].kind), kind_words(kinds)));
        return 0;
    }
    const char **words = store_take(binder->store, (scenario->name_count + 1) * sizeof *words);
    unsigned count = 0;
    for (unsigned i = 1; i < scenario->name_count; i++)
        if (scenario->names[i].kind & kinds)
            words[count++] = scenario->names[i].text;
    name_problem(binder, value, text,
                 store_printf(binder->store, "no step before this one names %s \"%s\"%s",
                              kind_words(kinds), text, bind_guess(binder, text, words)));
    return 0;
}

void bind_as(struct binder *binder, const cJSON *value, const struct value_type *type,
             void *member) {
    const char *text = bind_string(binder, value, type->expected, false);
    if (text)
        *(unsigned *)member = name_define(binder, value, text, (enum name_kind)type->kinds);
}

void bind_name_ref(struct binder *binder, const cJSON *value, const struct value_type *type,
                   void *member) {
    const char *text = bind_string(binder, value, type->expected, false);
    if (text)
        *(unsigned *)member = name_find(binder, value, text, type->kinds);
}

/* Without a list of drivers every name is one whose image has the same name. */
const struct driver_spec *driver_find(struct binder *binder, const cJSON *value, const char *text) {
    const struct driver_list *drivers = &binder->scenario->drivers;
    if (!drivers->set) {
        struct driver_spec *driver = store_take(binder->store, sizeof *driver);
        driver->name = driver->image = store_copy(binder->store, text, strlen(text));
        return driver;
    }
    const char **words = store_take(binder->store, (drivers->count + 1) * sizeof *words);
    for (unsigned i = 0; i < drivers->count; i++) {
        if (strcmp(drivers->list[i].name, text) == 0)
            return &drivers->list[i];
        words[i] = drivers->list[i].name;
    }
    name_problem(binder, value, text,
                 store_printf(binder->store, "\"drivers\" has no \"%s\"%s", text,
                              bind_guess(binder, text, words)));
    return NULL;
}

void bind_driver_ref(struct binder *binder, const cJSON *value, const struct value_type *type,
                     void *member) {
    const char *text = bind_string(binder, value, type->expected, false);
    if (text)
        *(const struct driver_spec **)member = driver_find(binder, value, text);
}
