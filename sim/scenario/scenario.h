/*
 * A scenario as the parser leaves it: every name resolved, every number in range, every time in ns.
 *
 * The structures' members come from the tables in fields.h; here stand the types of those members.
 * Absent optional members are zero: NULL, a number that is not set, name 0.
 */
#ifndef SIM_SCENARIO_SCENARIO_H
#define SIM_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "report/energy.h"
#include "scenario/fields.h"
#include "scenario/problem.h"

struct number {
    bool set;
    uint64_t value;
};

/* From least to most, both included. */
struct range {
    bool set;
    uint64_t least, most;
};

/* Any one of several statuses. `success` and `done` stand for all of a kind. */
struct statuses {
    bool success; /* any with the severity success or informational, but STATUS_PENDING */
    bool done;    /* any but STATUS_PENDING */
    unsigned count;
    const uint32_t *values;
};

/* Bytes made up of parts; the handles among them are filled in when the scenario runs. */
struct data_handle {
    size_t offset;
    unsigned name;
};
struct data {
    size_t size;
    uint8_t *bytes;
    uint8_t *any; /* NULL, or for each byte whether an expectation leaves it open */
    unsigned handle_count;
    struct data_handle *handles;
};

struct input_spec {
    const struct data *data; /* NULL: none */
    bool raw;                /* a user address as it is, instead of data */
    uint64_t address;
    size_t size;
};

struct output_spec {
    size_t size;
    const struct data *initial; /* NULL: zeros */
    bool raw;
    uint64_t address;
};

struct expected_out {
    enum { OUT_EXACT, OUT_PREFIX, OUT_BUFFER } mode;
    const struct data *data;
};

struct patterns {
    unsigned count;
    const char *const *list;
};

struct parameter {
    const char *name;
    const char *text; /* NULL: the number */
    uint32_t number;
};
struct parameter_list {
    unsigned count;
    struct parameter *list;
};

/* Masks of DbgPrintEx for components. */
struct message_masks {
    unsigned count;
    struct message_mask {
        uint32_t component, mask;
    } * list;
};

struct expected_request_state {
    unsigned name;
    struct statuses *statuses;
};
struct expected_requests {
    unsigned count;
    struct expected_request_state *list;
};

struct expected_event_state {
    unsigned name;
    bool signaled;
};
struct expected_events {
    unsigned count;
    struct expected_event_state *list;
};

struct expected_driver_state {
    const struct driver_spec *driver;
    bool loaded;
};
struct expected_drivers {
    unsigned count;
    struct expected_driver_state *list;
};

enum unload_result { UNLOAD_DONE, UNLOAD_BUSY, UNLOAD_REFUSED };

struct bugcheck_parameters {
    unsigned count;
    struct number values[4]; /* not set: anything */
};

struct step;
struct driver_spec;
struct device_spec;

/* A device by name or instance path. */
struct device_ref {
    const char *path;                 /* of one that is not described; NULL: `device` */
    const struct device_spec *device; /* of the list of devices */
};
struct device_refs {
    unsigned count;
    struct device_ref *list;
};

/* Services by name, ended by NULL. */
struct driver_refs {
    unsigned count;
    const char **names;
    const struct driver_spec **drivers;
};

/* By S state: the D state, 1 is D0; 0: not said. */
struct device_map {
    bool set;
    uint8_t states[6];
};
/* By D state from D1: 100 us. */
struct latency_map {
    uint32_t values[3];
};

struct resource_spec;
struct resource_list {
    unsigned count;
    struct resource_spec *list;
};

struct device_list {
    unsigned count;
    struct device_spec *list;
};

struct installation_spec;
struct installation_list {
    unsigned count;
    struct installation_spec *list;
};

struct class_spec;
struct class_list {
    unsigned count;
    struct class_spec *list;
};

struct inf_spec {
    const char *path; /* as it is to be opened */
};
struct inf_list {
    unsigned count;
    struct inf_spec *list;
};

struct expect_component;
struct expected_components {
    unsigned count;
    struct expect_component *list;
};

struct expect_device;
struct expected_device_state {
    struct device_ref device;
    struct expect_device *expect;
};
struct expected_devices {
    unsigned count;
    struct expected_device_state *list;
};

/* Of "system" or a device, one state or transition. */
struct expect_residency;
struct expected_residency {
    bool system;
    struct device_ref device;
    struct state_key key;
    const char *words; /* "D3" */
    struct expect_residency *expect;
};
struct expected_residencies {
    unsigned count;
    struct expected_residency *list;
};
struct expected_transition {
    bool system;
    struct device_ref device;
    struct state_key from, to;
    const char *words; /* "D3 -> D0" */
    struct range count;
};
struct expected_transitions {
    unsigned count;
    struct expected_transition *list;
};

struct expected_count {
    const char *pattern;
    struct range count;
};
struct expected_counts {
    unsigned count;
    struct expected_count *list;
};

/* The PnP state that stands for a device that is not there. */
#define STATE_ABSENT 100u

struct step_list {
    unsigned count;
    struct step *list;
};

struct driver_list {
    bool set;
    unsigned count;
    struct driver_spec *list;
};

#define MEMBER(key, ctype, type, need, text) ctype key;
struct expect_request {
    FIELDS_EXPECT_REQUEST(MEMBER)
};
struct expect_processor {
    FIELDS_EXPECT_PROCESSOR(MEMBER)
};

struct expect_load {
    FIELDS_EXPECT_LOAD(MEMBER)
};
struct expect_unload {
    FIELDS_EXPECT_UNLOAD(MEMBER)
};
struct expected_bugcheck {
    FIELDS_BUGCHECK(MEMBER)
};
struct expect_spec {
    FIELDS_EXPECT(MEMBER)
};
struct machine_spec {
    FIELDS_MACHINE(MEMBER)
};
struct device_spec {
    FIELDS_DEVICE(MEMBER)
    unsigned index;
};
struct resource_spec {
    FIELDS_RESOURCE(MEMBER)
};
struct installation_spec {
    FIELDS_INSTALLATION(MEMBER)
};
struct class_spec {
    FIELDS_CLASS(MEMBER)
};
struct expect_pnp {
    FIELDS_EXPECT_PNP(MEMBER)
};
struct expect_power {
    FIELDS_EXPECT_POWER(MEMBER)
};
struct expect_component {
    FIELDS_EXPECT_COMPONENT(MEMBER)
};
struct expect_device {
    FIELDS_EXPECT_DEVICE(MEMBER)
};
struct expect_residency {
    FIELDS_EXPECT_RESIDENCY(MEMBER)
};
struct expect_latency {
    FIELDS_EXPECT_LATENCY(MEMBER)
};
struct driver_spec {
    FIELDS_DRIVER(MEMBER)
};
struct ctl_code_spec {
    FIELDS_CTL_CODE(MEMBER)
};
struct fill_spec {
    FIELDS_FILL(MEMBER)
};
struct address_spec {
    FIELDS_ADDRESS(MEMBER)
};

enum step_kind {
#define X(name, text) STEP_##name,
    SCENARIO_STEPS(X)
#undef X
        STEP_KINDS
};

#define X(name, text)                                                                              \
    struct step_##name {                                                                           \
        FIELDS_##name(MEMBER)                                                                      \
    };
SCENARIO_STEPS(X)
#undef X

struct step {
    enum step_kind kind;
    unsigned index; /* from 0, over all steps of the scenario */
    struct place place;
    const char *number; /* "6", or "4.2" inside step 4 */
    const char *words;  /* "ioctl 0x222004 h" */
    union {
#define X(name, text) struct step_##name name;
        SCENARIO_STEPS(X)
#undef X
    } as;
};

/* What a name stands for. */
enum name_kind { NAME_FILE = 1, NAME_REQUEST = 2, NAME_EVENT = 4, NAME_PROCESS = 8 };

struct name {
    const char *text;
    enum name_kind kind;
};

struct scenario {
    FIELDS_SCENARIO(MEMBER)
    const char *file;
    struct place place;  /* of the scenario's name */
    struct place at_end; /* of the scenario-level "expect" */
    struct name *names;  /* names[0] is nobody's */
    unsigned name_count;
    unsigned step_count;
    struct store store;
};
#undef MEMBER

/*
 * Reads, parses and checks a file. NULL, with problems, if anything is wrong with it. From
 * scenario_take the text comes from memory instead.
 */
struct scenario *scenario_read(const char *file, struct problems *problems);
struct scenario *scenario_take(const char *name, const char *text, size_t size,
                               struct problems *problems);
void scenario_free(struct scenario *scenario);

/* The JSON schema of a scenario, from the same tables. */
void scenario_schema(struct text *out);

const char *step_kind_name(enum step_kind kind);

#endif
