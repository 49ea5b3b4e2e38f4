/*
 * Every value type and every shape of the grammar: the place to look for what a key accepts.
 *
 * X(type, what a wrong value is told was expected, how it is bound, its JSON schema, its members
 * beyond those). The shapes come from the tables in fields.h.
 */
#include "scenario/shape.h"

#include <wdmsim/debug.h>

extern const struct word words_strategy[], words_unload_result[], words_disposition[];
extern const struct word words_access[], words_share[], words_ctl_method[], words_ctl_access[];
extern const struct word words_device_type[];
extern const struct word words_traits[], words_system_state[], words_device_power[], words_veto[];
extern const struct word words_resource_kind[], words_usage[], words_sleep_state[];
extern const struct word words_shutdown[], words_wake_source[], words_lid[], words_power_source[];
extern const struct word words_display[], words_presence[], words_standby[], words_node_state[];
extern const struct word words_problem[], words_fx_condition[];

static const struct word words_status[] = {{"success", 0}, {0}};
/* Components of DbgPrintEx that drivers print as, by their numbers. */
static const struct word words_component[] = {{"IHVDRIVER", 77},
                                              {"IHVVIDEO", 78},
                                              {"IHVAUDIO", 79},
                                              {"IHVNETWORK", 80},
                                              {"IHVSTREAMING", 81},
                                              {"IHVBUS", 82},
                                              {"DEFAULT", 101},
                                              {"WIN2000", WDMSIM_DEBUG_COMMON},
                                              {0}};
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

#define TIME "{\"type\":\"string\",\"pattern\":\"^[0-9]+(\\\\.[0-9]{1,9})?(ns|us|ms|s|min|h|d)$\"}"
#define ENERGY "{\"type\":\"string\",\"pattern\":\"^[0-9]+(\\\\.[0-9]{1,9})?[num]?J$\"}"
#define RANGE_OF(schema)                                                                           \
    "{\"anyOf\":[" schema ",{\"type\":\"array\",\"minItems\":2,\"maxItems\":2,\"items\":"          \
    "{\"anyOf\":[" schema ",{\"type\":\"null\"}]}}]}"

/* Types of devices and power; as TYPES below. */
#define POWER_TYPES(X)                                                                             \
    X(texts, "a list of texts", bind_patterns, ONE_OR_MORE(NAME), .least = 0)                      \
    X(device, "the name or instance path of a device", bind_device_ref, NAME, .least = 0)          \
    X(device_refs, "a list of devices", bind_device_refs, ONE_OR_MORE(NAME), .least = 0)           \
    X(driver_refs, "a list of drivers", bind_driver_refs, ONE_OR_MORE(NAME), .least = 0)           \
    X(traits, "a trait", bind_words_or_number, NULL, .words = words_traits, .most = UINT32_MAX)    \
    X(system_state, "an S state", bind_word, NULL, .words = words_system_state)                    \
    X(device_power, "a D state", bind_word, NULL, .words = words_device_power)                     \
    X(device_map, "a table of S states", bind_device_map, TABLE_OF(REF("device_power")),           \
      .words = words_system_state)                                                                 \
    X(latency_map, "a table of D states", bind_latency_map, TABLE_OF(REF("time")),                 \
      .words = words_device_power)                                                                 \
    X(resource_kind, "a kind of resource", bind_word, NULL, .words = words_resource_kind)          \
    X(resources, "a list of resources", bind_resources, LIST_OF("resource"),                       \
      .shape = &shape_resource)                                                                    \
    X(resource, "a resource", bind_object, NULL, .shape = &shape_resource)                         \
    X(config, "data", bind_data, REF("data"), .least = 0)                                          \
    X(devices, "a list of devices", bind_devices, LIST_OF("device_parts"), .shape = &shape_device) \
    X(device_parts, "a device", bind_object, NULL, .shape = &shape_device)                         \
    X(installations, "a list of installations", bind_installations, LIST_OF("installation"),       \
      .shape = &shape_installation)                                                                \
    X(installation, "an installation", bind_object, NULL, .shape = &shape_installation)            \
    X(classes, "a list of classes", bind_classes, LIST_OF("class"), .shape = &shape_class)         \
    X(class, "a class", bind_object, NULL, .shape = &shape_class)                                  \
    X(infs, "the name of an INF file", bind_infs, ONE_OR_MORE(NAME), .least = 0)                   \
    X(guid, "a GUID", bind_guid,                                                                   \
      "{\"type\":\"string\",\"pattern\":\"^\\\\{?[0-9a-fA-F-]{36}\\\\}?$\"}", .least = 0)          \
    X(model, "a power model", bind_model,                                                          \
      "{\"type\":\"object\",\"properties\":{\"system\":" TABLE_OF(NAME) ",\"devices\":" TABLE_OF(  \
          TABLE_OF(NAME)) "},\"additionalProperties\":false}",                                     \
      .least = 0)                                                                                  \
    X(watts, "a power such as \"20mW\"", bind_watts, NAME, .least = 0)                             \
    X(joules, "an energy such as \"2mJ\"", bind_joules, ENERGY, .least = 0)                        \
    X(usage, "a kind of file", bind_word, NULL, .words = words_usage)                              \
    X(sleep_state, "a sleep state", bind_word, NULL, .words = words_sleep_state)                   \
    X(shutdown, "a kind of shutdown", bind_word, NULL, .words = words_shutdown)                    \
    X(wake_source, "button or timer", bind_word, NULL, .words = words_wake_source)                 \
    X(lid, "open or closed", bind_word, NULL, .words = words_lid)                                  \
    X(power_source, "a power source", bind_word, NULL, .words = words_power_source)                \
    X(percent, "a percentage", bind_count, WHOLE, .most = 100)                                     \
    X(display, "a state of the display", bind_word, NULL, .words = words_display)                  \
    X(presence, "present or inactive", bind_word, NULL, .words = words_presence)                   \
    X(standby, "enter or exit", bind_word, NULL, .words = words_standby)                           \
    X(replay, "the name of a recording", bind_replay, NAME, .least = 0)                            \
    X(count_range, "a number, or [least, most]", bind_count_range, RANGE_OF(WHOLE),                \
      .most = UINT64_MAX)                                                                          \
    X(percent_range, "a percentage, or [least, most]", bind_count_range, RANGE_OF(WHOLE),          \
      .most = 100)                                                                                 \
    X(time_range, "a time such as \"10ms\", or [least, most]", bind_time_range, RANGE_OF(TIME),    \
      .least = 0)                                                                                  \
    X(joule_range, "an energy such as \"2mJ\", or [least, most]", bind_joule_range,                \
      RANGE_OF(ENERGY), .least = 0)                                                                \
    X(veto, "who refuses", bind_word, NULL, .words = words_veto)                                   \
    X(node_state, "a PnP state", bind_word, NULL, .words = words_node_state)                       \
    X(problem, "a problem", bind_word, NULL, .words = words_problem)                               \
    X(expect_pnp, "an expectation", bind_object, NULL, .shape = &shape_expect_pnp)                 \
    X(expect_power, "an expectation", bind_object, NULL, .shape = &shape_expect_power)             \
    X(expect_device, "an expectation", bind_object, NULL, .shape = &shape_expect_device)           \
    X(fx_condition, "a condition", bind_word, NULL, .words = words_fx_condition)                   \
    X(expect_component, "a component", bind_object, NULL, .shape = &shape_expect_component)        \
    X(expected_components, "a list of components", bind_expected_components,                       \
      LIST_OF("expect_component"), .shape = &shape_expect_component)                               \
    X(expect_latency, "an expectation", bind_object, NULL, .shape = &shape_expect_latency)         \
    X(expected_devices, "a table of devices", bind_expected_devices,                               \
      TABLE_OF("{\"anyOf\":[" REF("node_state") "," REF("expect_device") "]}"),                    \
      .shape = &shape_expect_device)                                                               \
    X(residencies, "a table of devices", bind_residencies, TABLE_OF(TABLE_OF(REF("residency"))),   \
      .shape = &shape_expect_residency)                                                            \
    X(residency, "an expectation", bind_object, NULL, .shape = &shape_expect_residency)            \
    X(transitions, "a table of devices", bind_transitions, TABLE_OF(TABLE_OF(REF("count_range"))), \
      .most = UINT64_MAX)                                                                          \
    X(event_counts, "a table of patterns", bind_event_counts, TABLE_OF(REF("count_range")),        \
      .most = UINT64_MAX)

/* X(name, expected, bind, schema, further members) */
#define TYPES(X)                                                                                   \
    POWER_TYPES(X)                                                                                 \
    X(name, "a text", bind_text, NAME, .least = 1)                                                 \
    X(string, "a text", bind_text, STRING, .least = 0)                                             \
    X(pattern, "a pattern", bind_text, NAME, .least = 1)                                           \
    X(flag, "true or false", bind_flag, BOOLEAN, .least = 0)                                       \
    X(number, "a whole number", bind_count, WHOLE, .most = UINT64_MAX)                             \
    X(count, "a whole number", bind_count, WHOLE, .most = UINT32_MAX)                              \
    X(processors, "a number of processors", bind_count, WHOLE, .least = 1, .most = 64)             \
    X(group_size, "a power of two up to 64", bind_group_size, "{\"enum\":[1,2,4,8,16,32,64]}",     \
      .least = 1, .most = 64)                                                                      \
    X(rounds, "how many times", bind_count, WHOLE, .least = 1, .most = 1000000000)                 \
    X(byte, "a byte", bind_count, WHOLE, .most = 255)                                              \
    X(data_count, "a number of bytes", bind_count, WHOLE, .most = 64u << 20)                       \
    X(ctl_function, "the function of a control code", bind_count, WHOLE, .most = 0xfff)            \
    X(time, "a time such as \"10ms\"", bind_time, TIME, .least = 0)                                \
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
    X(messages, "a mask of levels", bind_messages, TABLE_OF(WHOLE), .words = words_component,      \
      .most = UINT32_MAX)                                                                          \
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
    X(machine, "a machine", bind_machine, NULL, .shape = &shape_machine)                           \
    X(expect_request, "an expectation", bind_object, NULL, .shape = &shape_expect_request)         \
    X(expect_load, "an expectation", bind_object, NULL, .shape = &shape_expect_load)               \
    X(expect_processor, "an expectation", bind_object, NULL, .shape = &shape_expect_processor)     \
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
    X(shape_expect_processor, "the expectation of a processor", struct expect_processor,           \
      FIELDS_EXPECT_PROCESSOR)                                                                     \
    X(shape_expect_unload, "the expectation of an unload", struct expect_unload,                   \
      FIELDS_EXPECT_UNLOAD)                                                                        \
    X(shape_expect, "an expectation", struct expect_spec, FIELDS_EXPECT)                           \
    X(shape_device, "a device", struct device_spec, FIELDS_DEVICE)                                 \
    X(shape_resource, "a resource", struct resource_spec, FIELDS_RESOURCE)                         \
    X(shape_installation, "an installation", struct installation_spec, FIELDS_INSTALLATION)        \
    X(shape_class, "a class", struct class_spec, FIELDS_CLASS)                                     \
    X(shape_expect_pnp, "the expectation of a PnP step", struct expect_pnp, FIELDS_EXPECT_PNP)     \
    X(shape_expect_power, "the expectation of a power step", struct expect_power,                  \
      FIELDS_EXPECT_POWER)                                                                         \
    X(shape_expect_component, "the expectation of a component", struct expect_component,           \
      FIELDS_EXPECT_COMPONENT)                                                                     \
    X(shape_expect_device, "the expectation of a device", struct expect_device,                    \
      FIELDS_EXPECT_DEVICE)                                                                        \
    X(shape_expect_residency, "the expectation of a state", struct expect_residency,               \
      FIELDS_EXPECT_RESIDENCY)                                                                     \
    X(shape_expect_latency, "the expectation of latencies", struct expect_latency,                 \
      FIELDS_EXPECT_LATENCY)                                                                       \
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
