/*
 * Every value type and every shape of the grammar: the place to look for what a key accepts.
 *
 * X(type, what a wrong value is told was expected, how it is bound, its JSON schema, its members
 * beyond those). The shapes come from the tables in fields.h.
 */
#include "scenario/shape.h"

extern const struct word words_strategy[], words_unload_result[], words_disposition[];
extern const struct word words_access[], words_share[], words_ctl_method[], words_ctl_access[];
extern const struct word words_device_type[];

static const struct word words_status[] = {{"success", 0}, {0}};
static const struct word words_request_state[] = {
    {"pending", 0x103}, {"done", 0}, {"success", 0}, {0}};

#define WHOLE                                                                                      \
    "{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\",\"pattern\":\"^(0[xX][0-9a-fA-F]+|["  \
    "0-9]+)$\"}]}"
#define STRING "{\"type\":\"string\"}"
#define NAME "{\"type\":\"string\",\"minLength\":1}"
#define BOOLEAN "{\"type\":\"boolean\"}"
#define REF(type) "{\"$ref\":\"#/$defs/" type "\"}"
#define LIST_OF(type) "{\"type\":\"array\",\"items\":" REF(type) "}"
#define TABLE_OF(schema) "{\"type\":\"object\",\"additionalProperties\":" schema "}"
#define ONE_OR_MORE(schema)                                                                        \
    "{\"anyOf\":[" schema ",{\"type\":\"array\",\"minItems\":1,\"items\":" schema "}]}"
#define STATUS "{\"type\":[\"string\",\"integer\"]}"
#define ADDRESS_OR(schema) "{\"anyOf\":[" schema "," REF("address") "]}"

/* X(name, expected, bind, schema, further members) */
#define TYPES(X)                                                                                   \
    X(name, "a text", bind_text, NAME, .least = 1)                                                 \
    X(string, "a text", bind_text, STRING, .least = 0)                                             \
    X(pattern, "a pattern", bind_text, NAME, .least = 1)                                           \
    X(flag, "true or false", bind_flag, BOOLEAN, .least = 0)                                       \
    X(number, "a whole number", bind_count, WHOLE, .most = UINT64_MAX)                             \
    X(count, "a whole number", bind_count, WHOLE, .most = UINT32_MAX)                              \
    X(processors, "a number of processors", bind_count, WHOLE, .least = 1, .most = 64)             \
    X(rounds, "how many times", bind_count, WHOLE, .least = 1, .most = 1000000000)                 \
    X(byte, "a byte", bind_count, WHOLE, .most = 255)                                              \
    X(data_count, "a number of bytes", bind_count, WHOLE, .most = 64u << 20)                       \
    X(ctl_function, "the function of a control code", bind_count, WHOLE, .most = 0xfff)            \
    X(time, "a time such as \"10ms\"", bind_time,                                                  \
      "{\"type\":\"string\",\"pattern\":\"^[0-9]+(\\\\.[0-9]{1,9})?(ns|us|ms|s|min|h|d)$\"}",      \
      .least = 0)                                                                                  \
    X(date, "a date such as \"2026-01-01T00:00:00Z\"", bind_date,                                  \
      "{\"type\":\"string\",\"format\":\"date-time\"}", .least = 0)                                \
    X(strategy, "a strategy", bind_word, NULL, .words = words_strategy)                            \
    X(unload_result, "what becomes of the driver", bind_word, NULL, .words = words_unload_result)  \
    X(disposition, "a disposition", bind_word, NULL, .words = words_disposition)                   \
    X(ctl_method, "a transfer method", bind_word, NULL, .words = words_ctl_method)                 \
    X(ctl_access, "an access", bind_word, NULL, .words = words_ctl_access)                         \
    X(device_type, "a device type", bind_word_or_number, NULL, .words = words_device_type,         \
      .most = 0xffff)                                                                              \
    X(access, "an access", bind_words_or_number, NULL, .words = words_access, .least = 1,          \
      .most = UINT32_MAX)                                                                          \
    X(share, "a share mode", bind_words_or_number, NULL, .words = words_share, .most = 7)          \
    X(ctl_code, "a control code", bind_ctl_code,                                                   \
      "{\"anyOf\":[" WHOLE "," REF("ctl_code_parts") "]}", .most = UINT32_MAX,                     \
      .shape = &shape_ctl_code)                                                                    \
    X(ctl_code_parts, "a control code", bind_object, NULL, .shape = &shape_ctl_code)               \
    X(fill, "what to fill with", bind_object, NULL, .shape = &shape_fill)                          \
    X(address, "an address", bind_object, NULL, .shape = &shape_address)                           \
    X(events, "\"all\" or a list of event names", bind_events,                                     \
      "{\"anyOf\":[{\"const\":\"all\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}",    \
      .least = 0)                                                                                  \
    X(statuses, "a status such as \"STATUS_SUCCESS\"", bind_statuses, ONE_OR_MORE(STATUS),         \
      .words = words_status)                                                                       \
    X(request_states, "a table of requests", bind_request_states, TABLE_OF(ONE_OR_MORE(STATUS)),   \
      .words = words_request_state)                                                                \
    X(event_states, "a table of events", bind_event_states,                                        \
      TABLE_OF("{\"enum\":[\"signaled\",\"not signaled\"]}"), .least = 0)                          \
    X(driver_states, "a table of drivers", bind_driver_states,                                     \
      TABLE_OF("{\"enum\":[\"loaded\",\"unloaded\"]}"), .least = 0)                                \
    X(parameters, "a number or a text", bind_parameters,                                           \
      TABLE_OF("{\"type\":[\"string\",\"integer\"]}"), .most = UINT32_MAX)                         \
    X(patterns, "a pattern", bind_patterns, ONE_OR_MORE(NAME), .least = 0)                         \
    X(bugcheck_code, "the name or number of a bug check", bind_bugcheck_code, STATUS,              \
      .most = UINT32_MAX)                                                                          \
    X(bugcheck_parameters, "up to four numbers or null", bind_bugcheck_parameters,                 \
      "{\"type\":\"array\",\"maxItems\":4,\"items\":{\"type\":[\"string\",\"integer\",\"null\"]}"  \
      "}",                                                                                         \
      .most = UINT64_MAX)                                                                          \
    X(bugcheck, "a bug check", bind_bugcheck,                                                      \
      "{\"anyOf\":[" REF("bugcheck_code") "," REF("bugcheck_parts") "]}", .most = UINT32_MAX,      \
      .shape = &shape_bugcheck)                                                                    \
    X(bugcheck_parts, "a bug check", bind_object, NULL, .shape = &shape_bugcheck)                  \
    X(input, "data", bind_input, ADDRESS_OR(REF("data")), .shape = &shape_address)                 \
    X(output, "a size or data", bind_output, ADDRESS_OR("{\"type\":\"integer\"}," REF("data")),    \
      .shape = &shape_address, .most = 64u << 20)                                                  \
    X(expected_out, "data", bind_expected_out,                                                     \
      "{\"anyOf\":[" REF("data") ",{\"type\":\"object\",\"properties\":{\"prefix\":" REF(          \
          "data") ",\"buffer\":" REF("data") "},\"minProperties\":1,\"maxProperties\":1,"          \
                                             "\"additionalProperties\":false}]}",                  \
      .least = 0)                                                                                  \
    X(as_file, "a name", bind_as, NAME, .kinds = NAME_FILE)                                        \
    X(as_request, "a name", bind_as, NAME, .kinds = NAME_REQUEST)                                  \
    X(as_event, "a name", bind_as, NAME, .kinds = NAME_EVENT)                                      \
    X(as_process, "a name", bind_as, NAME, .kinds = NAME_PROCESS)                                  \
    X(file, "the name of a file", bind_name_ref, NAME, .kinds = NAME_FILE)                         \
    X(handle, "the name of a file or event", bind_name_ref, NAME, .kinds = NAME_FILE | NAME_EVENT) \
    X(request, "the name of a request", bind_name_ref, NAME, .kinds = NAME_REQUEST | NAME_FILE)    \
    X(waitable, "the name of a request or event", bind_name_ref, NAME,                             \
      .kinds = NAME_REQUEST | NAME_FILE | NAME_EVENT)                                              \
    X(event, "the name of an event", bind_name_ref, NAME, .kinds = NAME_EVENT)                     \
    X(process, "the name of a process", bind_name_ref, NAME, .kinds = NAME_PROCESS)                \
    X(driver, "the name of a driver", bind_driver_ref, NAME, .least = 0)                           \
    X(drivers, "a list of drivers", bind_drivers, LIST_OF("driver_parts"), .shape = &shape_driver) \
    X(driver_parts, "a driver", bind_object, NULL, .shape = &shape_driver)                         \
    X(machine, "a machine", bind_object, NULL, .shape = &shape_machine)                            \
    X(expect_request, "an expectation", bind_object, NULL, .shape = &shape_expect_request)         \
    X(expect_load, "an expectation", bind_object, NULL, .shape = &shape_expect_load)               \
    X(expect_unload, "an expectation", bind_object, NULL, .shape = &shape_expect_unload)           \
    X(expect, "an expectation", bind_object, NULL, .shape = &shape_expect)                         \
    X(steps, "a list of steps", bind_steps, LIST_OF("step"), .least = 0)                           \
    X(together, "a list of steps", bind_together, LIST_OF("step"), .least = 0)

/* X(shape, what messages call it, structure, table) */
#define SHAPES(X)                                                                                  \
    X(shape_scenario, "a scenario", struct scenario, FIELDS_SCENARIO)                              \
    X(shape_machine, "\"machine\"", struct machine_spec, FIELDS_MACHINE)                           \
    X(shape_driver, "a driver", struct driver_spec, FIELDS_DRIVER)                                 \
    X(shape_expect_request, "the expectation of a request", struct expect_request,                 \
      FIELDS_EXPECT_REQUEST)                                                                       \
    X(shape_expect_load, "the expectation of a load", struct expect_load, FIELDS_EXPECT_LOAD)      \
    X(shape_expect_unload, "the expectation of an unload", struct expect_unload,                   \
      FIELDS_EXPECT_UNLOAD)                                                                        \
    X(shape_expect, "an expectation", struct expect_spec, FIELDS_EXPECT)                           \
    X(shape_bugcheck, "a bug check", struct expected_bugcheck, FIELDS_BUGCHECK)                    \
    X(shape_ctl_code, "a control code", struct ctl_code_spec, FIELDS_CTL_CODE)                     \
    X(shape_fill, "\"fill\"", struct fill_spec, FIELDS_FILL)                                       \
    X(shape_address, "an address", struct address_spec, FIELDS_ADDRESS)

#define X(name, ...) extern const struct value_type type_##name;
TYPES(X)
#undef X

#define FIELD(key, ctype, type, need, text) {#key, &type, need, offsetof(owner, key), text},
#define DEFINE_SHAPE(id, words, structure, TABLE)                                                  \
    extern const struct shape id;                                                                  \
    static const struct field *id##_fields(unsigned *count) {                                      \
        typedef structure owner;                                                                   \
        static const struct field fields[] = {TABLE(FIELD)};                                       \
        *count = sizeof fields / sizeof *fields;                                                   \
        return fields;                                                                             \
    }                                                                                              \
    const struct shape id = {words, sizeof(structure), id##_fields};

SHAPES(DEFINE_SHAPE)

#define X(name, text)                                                                              \
    DEFINE_SHAPE(shape_step_##name, "step \"" #name "\"", struct step_##name, FIELDS_##name)
SCENARIO_STEPS(X)
#undef X

const struct shape *const step_shapes[STEP_KINDS] = {
#define X(name, text) [STEP_##name] = &shape_step_##name,
    SCENARIO_STEPS(X)
#undef X
};

const char *const step_texts[STEP_KINDS] = {
#define X(name, text) [STEP_##name] = text,
    SCENARIO_STEPS(X)
#undef X
};

#define X(id, told, binder, json, ...)                                                             \
    const struct value_type type_##id = {                                                          \
        .name = #id, .expected = told, .bind = binder, .schema = json, __VA_ARGS__};
TYPES(X)
#undef X

const struct value_type *const all_types[] = {
#define X(name, ...) &type_##name,
    TYPES(X)
#undef X
        NULL};
