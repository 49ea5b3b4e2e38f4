/*
 * Shapes and value types: how a JSON value becomes a member of a structure, and how the schema
 * describes it.
 *
 * A value type binds one JSON value to one C member and reports what is wrong with it. A shape is
 * the list of fields of one kind of object, made from a table in fields.h. Types that refer to
 * shapes and shapes that refer to types make up the whole grammar.
 */
#ifndef SIM_SCENARIO_SHAPE_H
#define SIM_SCENARIO_SHAPE_H

#include "scenario/scenario.h"
#include "scenario/tree.h"

struct binder {
    struct tree *tree;
    struct problems *problems;
    struct store *store;
    struct scenario *scenario;
    unsigned name_capacity;
    const char *step_prefix; /* "4." inside step 4 */
    bool together;           /* inside a group that starts together */
};

struct value_type;
typedef void bind_fn(struct binder *binder, const cJSON *value, const struct value_type *type,
                     void *member);

struct value_type {
    const char *name;     /* in the schema's $defs */
    const char *expected; /* "a time such as \"10ms\"": what a wrong value is told */
    bind_fn *bind;
    const char *schema;        /* JSON, or NULL if the shape says it */
    const struct shape *shape; /* of an object type; also: the object form of a mixed one */
    const struct word *words;  /* of an enumeration, ended by one without text */
    uint64_t least, most;      /* of a number */
    unsigned kinds;            /* of a name: enum name_kind bits */
};

struct word {
    const char *text;
    uint64_t value;
};

struct field {
    const char *key;
    const struct value_type *type;
    bool required;
    size_t offset;
    const char *text;
};

struct shape {
    const char *name; /* "a machine": what messages call it */
    size_t size;
    const struct field *(*fields)(unsigned *count);
};

/* Problems at a value, or at the key in front of it. */
void bind_problem(struct binder *binder, const cJSON *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void bind_key_problem(struct binder *binder, const cJSON *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "expected WHAT, found 12": for a value of the wrong type. */
void bind_wrong(struct binder *binder, const cJSON *value, const char *what);
/* Binds an object's members; false if the value is not even an object. */
bool bind_shape(struct binder *binder, const cJSON *value, const struct shape *shape, void *target);
/* "; did you mean …?" or "". */
const char *bind_guess(struct binder *binder, const char *word, const char *const *words);

/*
 * The text of a string value that is fit for names: no zero characters, not empty unless `empty`.
 * NULL with a problem otherwise.
 */
const char *bind_string(struct binder *binder, const cJSON *value, const char *expected,
                        bool empty);
/* One of the words, or NULL. */
const struct word *word_of(const struct word *words, const char *text);
/*
 * A whole number, as a JSON number or in a string ("0x1f"), exact up to 64 bits. False, without a
 * problem, if the value is none; *negative says that *number is the two's complement.
 */
bool bind_whole(struct binder *binder, const cJSON *value, uint64_t *number, bool *negative);
/* The same with range and problem. */
bool bind_number(struct binder *binder, const cJSON *value, const struct value_type *type,
                 uint64_t *number);

/* Names of files, requests, events and processes: names.c. */
unsigned name_define(struct binder *binder, const cJSON *value, const char *text,
                     enum name_kind kind);
unsigned name_find(struct binder *binder, const cJSON *value, const char *text, unsigned kinds);
const struct driver_spec *driver_find(struct binder *binder, const cJSON *value, const char *text);
bind_fn bind_as, bind_name_ref, bind_driver_ref;

/* Data: data.c. */
const struct data *data_bind(struct binder *binder, const cJSON *value, bool any_allowed);
bind_fn bind_input, bind_output, bind_expected_out;

/* A text that is a time, into ns. */
bool parse_time(const char *text, uint64_t *time);

/* Devices: devices.c. */
bool device_find(struct binder *binder, const cJSON *value, const char *text,
                 struct device_ref *reference);
/* The path of a file that a scenario names, relative to it. */
const char *beside_scenario(struct binder *binder, const char *file);
bind_fn bind_devices, bind_device_ref, bind_device_refs, bind_driver_refs, bind_device_map;
bind_fn bind_latency_map, bind_resources, bind_installations, bind_classes, bind_infs;
bind_fn bind_expected_components, bind_expected_devices, bind_guid, bind_data;

/* The power model, and states by name: model.c. */
bind_fn bind_model, bind_residencies, bind_transitions, bind_event_counts;

/* Recorded transitions: replay.c. */
bind_fn bind_replay;

/* Steps: steps.c. */
bind_fn bind_steps, bind_together;

/* Values of one word: values.c; several: lists.c. */
bind_fn bind_watts, bind_joules, bind_count_range, bind_time_range, bind_joule_range;
bind_fn bind_text, bind_flag, bind_count, bind_time, bind_date, bind_word, bind_word_or_number;
bind_fn bind_group_size, bind_machine;
bind_fn bind_words_or_number, bind_ctl_code, bind_events, bind_bugcheck_code;
bind_fn bind_statuses, bind_bugcheck, bind_bugcheck_parameters, bind_object, bind_parameters,
    bind_messages;
bind_fn bind_drivers, bind_patterns, bind_request_states, bind_event_states, bind_driver_states;

/* types.c: every type (NULL at the end), every shape. */
extern const struct value_type *const all_types[];
extern const struct shape *const step_shapes[STEP_KINDS];
extern const char *const step_texts[STEP_KINDS];
extern const struct shape shape_scenario;

#endif
