/*
 * The JSON schema of scenarios, printed from the tables that drive the parser.
 *
 * Each value type is an entry of $defs; a type with a shape is an object with that shape's fields;
 * an enumeration lists its words. Editors read it through a scenario's "$schema".
 */
#include "scenario/shape.h"

#include <stdlib.h>
#include <string.h>

static cJSON *words_schema(const struct value_type *type) {
    cJSON *words = cJSON_CreateArray(), *schema = cJSON_CreateObject();
    for (const struct word *word = type->words; word->text; word++)
        cJSON_AddItemToArray(words, cJSON_CreateString(word->text));
    cJSON_AddItemToObject(schema, "enum", words);
    if (type->bind == bind_word)
        return schema;
    cJSON *any = cJSON_CreateObject(), *choices = cJSON_AddArrayToObject(any, "anyOf");
    if (type->bind == bind_words_or_number) {
        cJSON *list = cJSON_CreateObject();
        cJSON_AddStringToObject(list, "type", "array");
        cJSON_AddItemToObject(list, "items", cJSON_Duplicate(schema, 1));
        cJSON_AddItemToArray(choices, list);
    }
    cJSON_AddItemToArray(choices, schema);
    cJSON *number = cJSON_CreateObject();
    cJSON_AddStringToObject(number, "$ref", "#/$defs/number");
    cJSON_AddItemToArray(choices, number);
    return any;
}

static cJSON *field_schema(const struct field *field) {
    cJSON *property = cJSON_CreateObject();
    char *reference = NULL;
    struct text text = {0};
    text_printf(&text, "#/$defs/%s", field->type->name);
    reference = text.data;
    cJSON_AddStringToObject(property, "description", field->text);
    cJSON_AddStringToObject(property, "$ref", reference);
    text_free(&text);
    return property;
}

static void add_fields(cJSON *object, const struct shape *shape) {
    unsigned count;
    const struct field *fields = shape->fields(&count);
    cJSON_AddStringToObject(object, "type", "object");
    cJSON *properties = cJSON_AddObjectToObject(object, "properties");
    cJSON *required = cJSON_CreateArray();
    if (shape == &shape_scenario)
        cJSON_AddItemToObject(properties, "$schema", cJSON_Parse("{\"type\":\"string\"}"));
    for (unsigned i = 0; i < count; i++) {
        cJSON_AddItemToObject(properties, fields[i].key, field_schema(&fields[i]));
        if (fields[i].required)
            cJSON_AddItemToArray(required, cJSON_CreateString(fields[i].key));
    }
    cJSON_AddItemToObject(object, "required", required);
    cJSON_AddFalseToObject(object, "additionalProperties");
}

static cJSON *type_schema(const struct value_type *type) {
    if (type->schema)
        return cJSON_Parse(type->schema);
    if (type->words)
        return words_schema(type);
    cJSON *object = cJSON_CreateObject();
    add_fields(object, type->shape);
    return object;
}

static cJSON *step_schema(void) {
    cJSON *step = cJSON_CreateObject(), *choices = cJSON_AddArrayToObject(step, "oneOf");
    for (int kind = 0; kind < STEP_KINDS; kind++) {
        cJSON *choice = cJSON_CreateObject();
        cJSON_AddStringToObject(choice, "title", step_kind_name((enum step_kind)kind));
        cJSON_AddStringToObject(choice, "description", step_texts[kind]);
        add_fields(choice, step_shapes[kind]);
        cJSON_AddItemToArray(choices, choice);
    }
    return step;
}

/* The schema of a form's value, by the form's name. */
static cJSON *form_value(const char *form) {
    static const char numbers[] =
        "{\"anyOf\":[{\"type\":[\"integer\",\"string\"]},"
        "{\"type\":\"array\",\"items\":{\"type\":[\"integer\",\"string\"]}}]}";
    if (form[0] == 'u')
        return cJSON_Parse(numbers);
    if (strcmp(form, "fill") == 0)
        return cJSON_Parse("{\"$ref\":\"#/$defs/fill\"}");
    if (strcmp(form, "pad") == 0 || strcmp(form, "any") == 0)
        return cJSON_Parse("{\"$ref\":\"#/$defs/data_count\"}");
    return cJSON_Parse("{\"type\":\"string\"}");
}

static void add_data(cJSON *definitions) {
    cJSON *part = cJSON_AddObjectToObject(definitions, "data_part");
    cJSON *choices = cJSON_AddArrayToObject(part, "anyOf");
    cJSON_AddItemToArray(choices, cJSON_Parse("{\"type\":\"string\"}"));
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "type", "object");
    cJSON *properties = cJSON_AddObjectToObject(object, "properties"), *form;
#define X(key, text)                                                                               \
    form = form_value(#key);                                                                       \
    cJSON_AddStringToObject(form, "description", text);                                            \
    cJSON_AddItemToObject(properties, #key, form);
    DATA_FORMS(X)
#undef X
    cJSON_AddNumberToObject(object, "minProperties", 1);
    cJSON_AddNumberToObject(object, "maxProperties", 1);
    cJSON_AddFalseToObject(object, "additionalProperties");
    cJSON_AddItemToArray(choices, object);
    cJSON_AddItemToObject(definitions, "data",
                          cJSON_Parse("{\"anyOf\":[{\"$ref\":\"#/$defs/data_part\"},"
                                      "{\"type\":\"array\",\"items\":"
                                      "{\"$ref\":\"#/$defs/data_part\"}}]}"));
}

void scenario_schema(struct text *out) {
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "$schema", "https://json-schema.org/draft/2020-12/schema");
    cJSON_AddStringToObject(root, "title", "wdmsim scenario");
    add_fields(root, &shape_scenario);
    cJSON *definitions = cJSON_AddObjectToObject(root, "$defs");
    for (unsigned i = 0; all_types[i]; i++)
        cJSON_AddItemToObject(definitions, all_types[i]->name, type_schema(all_types[i]));
    cJSON_AddItemToObject(definitions, "step", step_schema());
    add_data(definitions);
    char *json = cJSON_Print(root);
    text_puts(out, json ? json : "");
    text_puts(out, "\n");
    cJSON_free(json);
    cJSON_Delete(root);
}
