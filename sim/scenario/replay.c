/*
 * Recorded transitions: a list of lines (CSV), or what Windows' tracerpt writes (XML).
 *
 * Either is turned into the text of a list of "at" steps, each on the line of what it was made of,
 * and that is parsed as any scenario is. So a recording can do what steps can do, and what is wrong
 * in it is told with its line.
 */
#include "scenario/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wdmsim/machine.h>

#include "report/json.h"
#include "scenario/shape.h"

/* ---- CSV ------------------------------------------------------------------------------------ */

#define CELLS 4
enum cell { CELL_TIME, CELL_STEP, CELL_VALUE, CELL_DEVICE };

/* One cell without the spaces around it and without quotes; returns what is behind it. */
static const char *take_cell(const char *p, const char *end, struct text *cell) {
    text_clear(cell);
    while (p < end && *p == ' ')
        p++;
    bool quoted = p < end && *p == '"';
    p += quoted;
    while (p < end && (quoted || *p != ',')) {
        if (quoted && *p == '"' && !(p + 1 < end && p[1] == '"'))
            break;
        p += quoted && *p == '"';
        text_add(cell, p++, 1);
    }
    while (!quoted && cell->length && cell->data[cell->length - 1] == ' ')
        cell->data[--cell->length] = 0;
    while (p < end && *p != ',')
        p++;
    return p < end ? p + 1 : end;
}

/* A number or a truth as it stands, everything else as a text. */
static void put_value(struct text *out, const char *value) {
    bool plain = strcmp(value, "true") == 0 || strcmp(value, "false") == 0 ||
                 (*value && strspn(value, "0123456789") == strlen(value));
    if (plain)
        text_puts(out, value);
    else
        json_string(out, value);
}

/* A step whose subject is a device has it in the last column, or in that of the value. */
static bool is_about_device(const char *step) {
    static const char *const steps[] = {
        "plug",        "unplug",  "start",           "remove",      "disable",
        "enable",      "restart", "eject",           "rebalance",   "enumerate",
        "query_state", "direct",  "surprise_remove", "wake_signal", "drips_constraint",
        "activity",    NULL};
    for (unsigned i = 0; steps[i]; i++)
        if (strcmp(steps[i], step) == 0)
            return true;
    return false;
}

static void put_step(struct text *out, const struct text *cells, bool first) {
    const char *step = text_string(&cells[CELL_STEP]), *value = text_string(&cells[CELL_VALUE]);
    const char *device = text_string(&cells[CELL_DEVICE]);
    text_puts(out, first ? "{\"at\":" : ",{\"at\":");
    json_string(out, text_string(&cells[CELL_TIME]));
    text_puts(out, ",\"steps\":[{");
    json_string(out, step);
    text_puts(out, ":");
    if (is_about_device(step))
        json_string(out, *device ? device : value);
    else
        put_value(out, value);
    if (*device && !is_about_device(step)) {
        text_puts(out, ",\"device\":");
        json_string(out, device);
    }
    if (strcmp(step, "direct") == 0 && *device) {
        text_puts(out, ",\"down\":");
        put_value(out, *value ? value : "true");
    }
    text_puts(out, "}]}");
}

void replay_csv(const char *data, size_t size, struct text *out) {
    struct text cells[CELLS] = {{0}};
    const char *p = data, *behind = data + size;
    unsigned steps = 0;
    text_puts(out, "[");
    while (p < behind) {
        const char *end = memchr(p, '\n', (size_t)(behind - p));
        const char *next = end ? end + 1 : behind;
        end = end ? end : behind;
        if (end > p && end[-1] == '\r')
            end--;
        const char *cell = p;
        for (unsigned i = 0; i < CELLS; i++)
            cell = take_cell(cell, end, &cells[i]);
        const char *time = text_string(&cells[CELL_TIME]);
        if (*time && *time != '#' && strcmp(time, "time") != 0)
            put_step(out, cells, !steps++);
        text_puts(out, "\n");
        p = next;
    }
    text_puts(out, "]");
    for (unsigned i = 0; i < CELLS; i++)
        text_free(&cells[i]);
}

/* ---- binding -------------------------------------------------------------------------------- */

static bool ends_in(const char *text, const char *ending) {
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

/* What is wrong in the recording is told where the scenario names it. */
static void pass_problems(struct binder *binder, const cJSON *value, const char *file,
                          const struct problems *inner) {
    for (unsigned i = 0; i < inner->count && i < PROBLEM_LIMIT; i++)
        bind_problem(binder, value, "%s:%u: %s", file, inner->list[i].place.line,
                     inner->list[i].message);
}

static void bind_text_of_steps(struct binder *binder, const cJSON *value, const char *file,
                               const struct text *json, struct step_list *steps) {
    extern const struct value_type type_steps;
    struct problems inner = {0};
    struct source source;
    struct tree tree = {0}, *outer_tree = binder->tree;
    struct problems *outer_problems = binder->problems;
    if (source_take(&source, file, text_string(json), json->length, binder->store, &inner) &&
        tree_parse(&tree, &source, binder->store, &inner)) {
        binder->tree = &tree;
        binder->problems = &inner;
        bind_steps(binder, tree.root, &type_steps, steps);
        binder->tree = outer_tree;
        binder->problems = outer_problems;
    }
    pass_problems(binder, value, file, &inner);
    tree_free(&tree);
    problem_free(&inner);
}

/* Reports name the scenario's file, so steps stand where that names the recording. */
static void set_places(struct step_list *steps, struct place place) {
    for (unsigned i = 0; i < steps->count; i++) {
        struct step *step = &steps->list[i];
        step->place = place;
        if (step->kind == STEP_at)
            set_places(&step->as.at.steps, place);
    }
}

void bind_replay(struct binder *binder, const cJSON *value, const struct value_type *type,
                 void *member) {
    const char *name = bind_string(binder, value, type->expected, false);
    struct problems inner = {0};
    struct source source;
    struct text json = {0};
    if (!name)
        return;
    const char *file = beside_scenario(binder, name);
    if (!source_read_plain(&source, file, binder->store, &inner)) {
        pass_problems(binder, value, file, &inner);
    } else {
        if (ends_in(name, ".xml"))
            replay_xml(source.text, source.size, &json);
        else
            replay_csv(source.text, source.size, &json);
        bind_text_of_steps(binder, value, file, &json, member);
        set_places(member, tree_place(binder->tree, value));
    }
    text_free(&json);
    problem_free(&inner);
}
