/* Results as JSON, the way they go from a worker to its parent. */
#include "loop/result.h"

#include <cjson/cJSON.h>

void result_free(struct result *result) {
    text_free(&result->name);
    text_free(&result->message);
    text_free(&result->report);
    text_free(&result->timeline);
    text_free(&result->perfetto);
    text_free(&result->power);
}

void result_to_json(const struct result *result, struct text *json) {
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "outcome", result->outcome);
    cJSON_AddBoolToObject(root, "error", result->error);
    cJSON_AddStringToObject(root, "name", text_string(&result->name));
    cJSON_AddNumberToObject(root, "line", result->place.line);
    cJSON_AddNumberToObject(root, "column", result->place.column);
    cJSON_AddStringToObject(root, "message", text_string(&result->message));
    cJSON_AddStringToObject(root, "report", text_string(&result->report));
    cJSON_AddStringToObject(root, "timeline", text_string(&result->timeline));
    cJSON_AddStringToObject(root, "perfetto", text_string(&result->perfetto));
    cJSON_AddStringToObject(root, "power", text_string(&result->power));
    cJSON_AddNumberToObject(root, "runs", (double)result->runs);
    cJSON_AddNumberToObject(root, "seeds", (double)result->seeds);
    cJSON_AddNumberToObject(root, "distinct", (double)result->distinct);
    char *printed = cJSON_PrintUnformatted(root);
    text_puts(json, printed ? printed : "");
    cJSON_free(printed);
    cJSON_Delete(root);
}

static double number(const cJSON *root, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(root, key);
    return cJSON_IsNumber(value) && value->valuedouble >= 0 ? value->valuedouble : 0;
}

static void string(const cJSON *root, const char *key, struct text *text) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(root, key);
    text_clear(text);
    if (cJSON_IsString(value))
        text_puts(text, value->valuestring);
}

bool result_from_json(struct result *result, const char *json) {
    cJSON *root = cJSON_Parse(json);
    if (!root)
        return false;
    result->outcome = (enum outcome)number(root, "outcome");
    result->error = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "error"));
    result->place.line = (unsigned)number(root, "line");
    result->place.column = (unsigned)number(root, "column");
    result->runs = (uint64_t)number(root, "runs");
    result->seeds = (uint64_t)number(root, "seeds");
    result->distinct = (uint64_t)number(root, "distinct");
    string(root, "name", &result->name);
    string(root, "message", &result->message);
    string(root, "report", &result->report);
    string(root, "timeline", &result->timeline);
    string(root, "perfetto", &result->perfetto);
    string(root, "power", &result->power);
    cJSON_Delete(root);
    return true;
}
