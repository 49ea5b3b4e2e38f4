/*
 * Steps: which one an object is, its number and its words, and groups of steps.
 *
 * A step is the object that has the key of a step kind. "expect" is such a key only where there is
 * no other, as most steps may have an expectation of their own.
 */
#include "scenario/shape.h"

#include <string.h>

static const char *const kind_names[STEP_KINDS + 1] = {
#define X(name, text) #name,
    SCENARIO_STEPS(X)
#undef X
        NULL};

const char *step_kind_name(enum step_kind kind) { return kind_names[kind]; }

static int find_kind(const char *key) {
    for (int kind = 0; kind < STEP_KINDS; kind++)
        if (strcmp(kind_names[kind], key) == 0)
            return kind;
    return -1;
}

/* The member that makes the object a step, or NULL with a problem. */
static const cJSON *find_verb(struct binder *binder, const cJSON *object) {
    const cJSON *verb = NULL;
    for (const cJSON *child = object->child; child; child = child->next) {
        if (find_kind(child->string) < 0 || strcmp(child->string, "expect") == 0)
            continue;
        if (verb) {
            bind_key_problem(binder, child, "a step is one thing: \"%s\" or \"%s\"", verb->string,
                             child->string);
            return NULL;
        }
        verb = child;
    }
    if (!verb)
        verb = cJSON_GetObjectItemCaseSensitive(object, "expect");
    if (!verb && object->child)
        bind_key_problem(binder, object->child, "there is no step \"%s\"%s", object->child->string,
                         bind_guess(binder, object->child->string, kind_names));
    else if (!verb)
        bind_problem(binder, object, "an empty step");
    return verb;
}

/* "ioctl 0x222004 on h": the step's name, its value and its file. */
static const char *step_words(struct binder *binder, const cJSON *object, const cJSON *verb) {
    const cJSON *file = cJSON_GetObjectItemCaseSensitive(object, "file");
    const char *value = cJSON_IsString(verb) ? verb->valuestring
                        : cJSON_IsArray(verb) || strcmp(verb->string, "expect") == 0
                            ? ""
                            : tree_words(binder->tree, verb, 60);
    return store_printf(binder->store, "%s%s%s%s%s", verb->string, *value ? " " : "", value,
                        cJSON_IsString(file) ? " on " : "",
                        cJSON_IsString(file) ? file->valuestring : "");
}

/* Only requests end somehow. */
static void check_wait(struct binder *binder, const cJSON *object, const struct step *step) {
    if (step->kind == STEP_wait && step->as.wait.wait && step->as.wait.expect &&
        binder->scenario->names[step->as.wait.wait].kind == NAME_EVENT)
        bind_problem(binder, object, "an event has no end that \"expect\" could describe");
}

/* Either both buffers of a request are addresses, or none is. */
static void check_addresses(struct binder *binder, const cJSON *object, const struct step *step) {
    if (step->kind != STEP_ioctl)
        return;
    const struct input_spec *in = &step->as.ioctl.in;
    const struct output_spec *out = &step->as.ioctl.out;
    if ((in->raw && !out->raw && out->size) || (out->raw && !in->raw && in->data))
        bind_problem(binder, object, "\"in\" and \"out\" are both addresses, or neither is");
}

/* What can be started without waiting for it. */
static bool may_start_together(enum step_kind kind) {
    switch (kind) {
    case STEP_open:
    case STEP_close:
    case STEP_ioctl:
    case STEP_read:
    case STEP_write:
    case STEP_flush:
    case STEP_cancel:
    case STEP_cancel_all:
    case STEP_end_thread:
    case STEP_set_time:
    case STEP_add_processors:
    case STEP_interrupt:
    case STEP_set_event:
    case STEP_reset_event:
    case STEP_exit_process:
    case STEP_note:
    case STEP_plug:
    case STEP_sleep:
    case STEP_shutdown:
    case STEP_wake:
    case STEP_wake_signal:
#define X(name, text) case STEP_##name:
        PNP_STEPS(X)
#undef X
        return true;
    default:
        return false;
    }
}

static void bind_step(struct binder *binder, const cJSON *object, struct step *step) {
    step->place = tree_place(binder->tree, object);
    if (!cJSON_IsObject(object)) {
        bind_wrong(binder, object, "a step");
        return;
    }
    const cJSON *verb = find_verb(binder, object);
    if (!verb)
        return;
    step->kind = (enum step_kind)find_kind(verb->string);
    step->words = step_words(binder, object, verb);
    if (binder->together && !may_start_together(step->kind)) {
        bind_key_problem(binder, verb, "\"%s\" cannot start together with other steps",
                         verb->string);
        return;
    }
    const char *outer = binder->step_prefix;
    binder->step_prefix = store_printf(binder->store, "%s.", step->number);
    bind_shape(binder, object, step_shapes[step->kind], &step->as);
    binder->step_prefix = outer;
    check_addresses(binder, object, step);
    check_wait(binder, object, step);
}

void bind_steps(struct binder *binder, const cJSON *value, const struct value_type *type,
                void *member) {
    struct step_list *steps = member;
    if (!cJSON_IsArray(value)) {
        bind_wrong(binder, value, type->expected);
        return;
    }
    steps->list =
        store_take(binder->store, (size_t)cJSON_GetArraySize(value) * sizeof(struct step));
    for (const cJSON *one = value->child; one; one = one->next) {
        struct step *step = &steps->list[steps->count++];
        step->index = binder->scenario->step_count++;
        step->number = store_printf(binder->store, "%s%u",
                                    binder->step_prefix ? binder->step_prefix : "", steps->count);
        bind_step(binder, one, step);
    }
}

void bind_together(struct binder *binder, const cJSON *value, const struct value_type *type,
                   void *member) {
    binder->together = true;
    bind_steps(binder, value, type, member);
    binder->together = false;
}
