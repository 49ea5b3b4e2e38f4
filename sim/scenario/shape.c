/*
 * Binding objects to structures by their shape, and the words in which problems are told.
 */
#include "scenario/shape.h"

#include <string.h>

static void add_problem(struct binder *binder, struct place place, const char *format,
                        va_list arguments) {
    struct text text = {0};
    text_vprintf(&text, format, arguments);
    problem_add(binder->problems, place, "%s", text_string(&text));
    text_free(&text);
}

void bind_problem(struct binder *binder, const cJSON *value, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_problem(binder, tree_place(binder->tree, value), format, arguments);
    va_end(arguments);
}

void bind_key_problem(struct binder *binder, const cJSON *value, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_problem(binder, tree_key_place(binder->tree, value), format, arguments);
    va_end(arguments);
}

void bind_wrong(struct binder *binder, const cJSON *value, const char *what) {
    const char *found = cJSON_IsObject(value)  ? "an object"
                        : cJSON_IsArray(value) ? "a list"
                                               : tree_words(binder->tree, value, 40);
    bind_problem(binder, value, "expected %s, found %s", what, found);
}

const char *bind_guess(struct binder *binder, const char *word, const char *const *words) {
    const char *guess = problem_guess(word, words);
    return guess ? store_printf(binder->store, "; did you mean \"%s\"?", guess) : "";
}

static bool has_field(const struct shape *shape, const char *key) {
    unsigned count;
    const struct field *fields = shape->fields(&count);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(fields[i].key, key) == 0)
            return true;
    return false;
}

static void unknown_key(struct binder *binder, const cJSON *member, const struct shape *shape) {
    unsigned count;
    const struct field *fields = shape->fields(&count);
    const char **words = store_take(binder->store, (count + 1) * sizeof *words);
    for (unsigned i = 0; i < count; i++)
        words[i] = fields[i].key;
    bind_key_problem(binder, member, "%s has no \"%s\"%s", shape->name, member->string,
                     bind_guess(binder, member->string, words));
}

/* The member with a key, found by exact case. The names are C strings: keys have no zeros. */
static const cJSON *find_member(const cJSON *object, const char *key) {
    for (const cJSON *child = object->child; child; child = child->next)
        if (strcmp(child->string, key) == 0)
            return child;
    return NULL;
}

bool bind_shape(struct binder *binder, const cJSON *value, const struct shape *shape,
                void *target) {
    if (!cJSON_IsObject(value)) {
        bind_wrong(binder, value, shape->name);
        return false;
    }
    for (const cJSON *child = value->child; child; child = child->next) {
        bool editor = shape == &shape_scenario && strcmp(child->string, "$schema") == 0;
        if (!editor && !has_field(shape, child->string))
            unknown_key(binder, child, shape);
    }
    unsigned count;
    const struct field *fields = shape->fields(&count);
    for (unsigned i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        const cJSON *member = find_member(value, field->key);
        if (member)
            field->type->bind(binder, member, field->type, (char *)target + field->offset);
        else if (field->required)
            bind_problem(binder, value, "%s needs \"%s\"", shape->name, field->key);
    }
    return true;
}

/* An object in a structure of its own; the member is a pointer to it. */
void bind_object(struct binder *binder, const cJSON *value, const struct value_type *type,
                 void *member) {
    void *target = store_take(binder->store, type->shape->size);
    if (bind_shape(binder, value, type->shape, target))
        *(void **)member = target;
}
