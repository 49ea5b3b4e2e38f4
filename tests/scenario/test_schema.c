/*
 * Check that the JSON schema and the parser know the same keys, and that the schema that is shipped
 * is the one that the tables give.
 *
 * The schema is read back as JSON: for each kind of object its properties have to be accepted by
 * the parser, and each key that the parser's own message offers has to be a property.
 */
#include "scenario_test.h"

#include <stdio.h>
#include <stdlib.h>

static cJSON *read_schema(void) {
    struct text text = {0};
    scenario_schema(&text);
    cJSON *schema = cJSON_Parse(text.data);
    assert_non_null(schema);
    text_free(&text);
    return schema;
}

/* Check one object of the schema against one shape, both ways. */
static void check_object(const cJSON *object, const struct shape *shape) {
    unsigned count, found = 0;
    const struct field *fields = shape->fields(&count);
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(object, "properties");
    assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(object, "additionalProperties")));
    for (const cJSON *one = properties->child; one; one = one->next) {
        if (strcmp(one->string, "$schema") == 0)
            continue;
        unsigned i = 0;
        while (i < count && strcmp(fields[i].key, one->string) != 0)
            i++;
        assert_true(i < count);
        const cJSON *text = cJSON_GetObjectItemCaseSensitive(one, "description");
        assert_true(cJSON_IsString(text) && strlen(text->valuestring) > 5);
        found++;
    }
    assert_int_equal(found, count);
}

static void test_steps(void **state) {
    (void)state;
    cJSON *schema = read_schema();
    const cJSON *definitions = cJSON_GetObjectItemCaseSensitive(schema, "$defs");
    const cJSON *step = cJSON_GetObjectItemCaseSensitive(definitions, "step");
    const cJSON *choices = cJSON_GetObjectItemCaseSensitive(step, "oneOf");
    assert_int_equal(cJSON_GetArraySize(choices), STEP_KINDS);
    for (int kind = 0; kind < STEP_KINDS; kind++) {
        const cJSON *choice = cJSON_GetArrayItem(choices, kind);
        assert_string_equal(cJSON_GetObjectItemCaseSensitive(choice, "title")->valuestring,
                            step_kind_name((enum step_kind)kind));
        check_object(choice, step_shapes[kind]);
    }
    check_object(schema, &shape_scenario);
    cJSON_Delete(schema);
}

/* Check every type: those with a shape by their keys, all of them for what they refer to. */
static void test_types(void **state) {
    (void)state;
    cJSON *schema = read_schema();
    const cJSON *definitions = cJSON_GetObjectItemCaseSensitive(schema, "$defs");
    for (unsigned i = 0; all_types[i]; i++) {
        const cJSON *type = cJSON_GetObjectItemCaseSensitive(definitions, all_types[i]->name);
        assert_non_null(type);
        if (!all_types[i]->schema && all_types[i]->shape)
            check_object(type, all_types[i]->shape);
    }
    cJSON_Delete(schema);
}

static void check_references(const cJSON *node, const cJSON *definitions) {
    const char *target =
        node->string && strcmp(node->string, "$ref") == 0 ? node->valuestring : NULL;
    if (target) {
        assert_memory_equal(target, "#/$defs/", 8);
        assert_non_null(cJSON_GetObjectItemCaseSensitive(definitions, target + 8));
    }
    for (const cJSON *child = node->child; child; child = child->next)
        check_references(child, definitions);
}

static void test_references(void **state) {
    (void)state;
    cJSON *schema = read_schema();
    check_references(schema, cJSON_GetObjectItemCaseSensitive(schema, "$defs"));
    cJSON_Delete(schema);
}

/* Check that the parser takes every step of the schema by its title, and no other. */
static void test_titles(void **state) {
    (void)state;
    for (int kind = 0; kind < STEP_KINDS; kind++) {
        struct text text = {0}, out = {0};
        text_printf(&text, STEPS("{\"%s\":null}"), step_kind_name((enum step_kind)kind));
        problems_of(text.data, &out);
        assert_null(strstr(out.data, "there is no step"));
        text_free(&text);
        text_free(&out);
    }
}

static void test_shipped(void **state) {
    (void)state;
    struct text made = {0}, shipped = {0};
    char chunk[4096];
    size_t length;
    scenario_schema(&made);
    FILE *file = fopen(SCHEMA_FILE, "rb");
    assert_non_null(file);
    while ((length = fread(chunk, 1, sizeof chunk, file)) > 0)
        text_add(&shipped, chunk, length);
    fclose(file);
    if (strcmp(made.data, text_string(&shipped)) != 0)
        fail_msg("out of date: wdmsim schema > sim/scenario/scenario.schema.json");
    text_free(&made);
    text_free(&shipped);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_steps), cmocka_unit_test(test_types),
                                       cmocka_unit_test(test_references),
                                       cmocka_unit_test(test_titles),
                                       cmocka_unit_test(test_shipped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
