/*
 * From a file to a scenario, or to a list of what is wrong with it.
 *
 * Three stages, each leaving positions intact for the next: the text (source.c) loses its comments;
 * the tree (scan.c, tree.c) is strict JSON with a place for every value; binding (shape.c and the
 * tables it walks) fills structures, resolves names and checks ranges. A stage begins only if the
 * one before found nothing wrong, but reports everything it finds itself, so that one run of the
 * checker shows a page of errors and not the first. Nothing here runs a machine; the library is
 * asked for the names of statuses, bug checks and events alone.
 */
#include "scenario/shape.h"

#include <stdlib.h>

static struct scenario *scenario_new(const char *file) {
    struct scenario *scenario = memory_grow(NULL, sizeof *scenario);
    *scenario = (struct scenario){.file = file};
    return scenario;
}

void scenario_free(struct scenario *scenario) {
    if (!scenario)
        return;
    store_empty(&scenario->store);
    free(scenario);
}

static void find_places(struct scenario *scenario, const struct tree *tree) {
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(tree->root, "name");
    const cJSON *expect = cJSON_GetObjectItemCaseSensitive(tree->root, "expect");
    scenario->place = tree_place(tree, name ? name : tree->root);
    if (expect)
        scenario->at_end = tree_key_place(tree, expect);
}

/* Takes the scenario away again if there is any problem. */
static struct scenario *scenario_bind(struct scenario *scenario, const struct source *source,
                                      struct problems *problems) {
    struct tree tree;
    unsigned before = problems->count;
    if (tree_parse(&tree, source, &scenario->store, problems)) {
        struct binder binder = {
            .tree = &tree, .problems = problems, .store = &scenario->store, .scenario = scenario};
        if (bind_shape(&binder, tree.root, &shape_scenario, scenario))
            find_places(scenario, &tree);
    }
    tree_free(&tree);
    if (problems->count == before)
        return scenario;
    scenario_free(scenario);
    return NULL;
}

struct scenario *scenario_read(const char *file, struct problems *problems) {
    struct scenario *scenario = scenario_new(file);
    struct source source;
    if (source_read(&source, file, &scenario->store, problems))
        return scenario_bind(scenario, &source, problems);
    scenario_free(scenario);
    return NULL;
}

struct scenario *scenario_take(const char *name, const char *text, size_t size,
                               struct problems *problems) {
    struct scenario *scenario = scenario_new(name);
    struct source source;
    if (source_take(&source, name, text, size, &scenario->store, problems))
        return scenario_bind(scenario, &source, problems);
    scenario_free(scenario);
    return NULL;
}
