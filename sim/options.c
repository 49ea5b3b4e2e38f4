/*
 * The command line of `wdmsim run`.
 *
 * Options may stand before and behind files, as "--name value" or "--name=value"; behind "--" all
 * arguments are files.
 */
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wdmsim/trace.h>

static bool complain(const char *format, const char *word, const char *other) {
    fputs("wdmsim: ", stderr);
    fprintf(stderr, format, word, other);
    fputs("\nTry: wdmsim --help\n", stderr);
    return false;
}

static bool take_number(const char *name, const char *value, uint64_t least, uint64_t most,
                        struct number *number) {
    char *end;
    errno = 0;
    number->value = strtoull(value, &end, 0);
    number->set = true;
    bool digits = *value >= '0' && *value <= '9' && !*end && !errno;
    if (digits && number->value >= least && number->value <= most)
        return true;
    return complain(digits ? "%s: %s is out of range" : "%s wants a number, not %s", name, value);
}

static bool take_events(const char *value, uint64_t *mask) {
    char name[64];
    while (*value) {
        size_t length = strcspn(value, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, value);
        int kind = wdmsim_event_kind(name);
        if (strcmp(name, "all") == 0)
            *mask = WDMSIM_TRACE_ALL;
        else if (kind >= 0)
            *mask |= WDMSIM_TRACE_BIT(kind);
        else
            return complain("%s: there is no event %s", "--events", name);
        value += length + (value[length] == ',');
    }
    return true;
}

enum option_id {
    SEED,
    PROCESSORS,
    RUNS,
    SEEDS,
    TRACE,
    EVENTS,
    DRIVER_PATH,
    JUNIT,
    REPORT,
    PERFETTO,
    POWER,
    TIMEOUT,
    JOBS,
    QUIET
};

static const char *const option_names[] = {
    [SEED] = "--seed",
    [PROCESSORS] = "--processors",
    [RUNS] = "--runs",
    [SEEDS] = "--seeds",
    [TRACE] = "--trace",
    [EVENTS] = "--events",
    [DRIVER_PATH] = "--driver-path",
    [JUNIT] = "--junit",
    [REPORT] = "--report",
    [PERFETTO] = "--perfetto",
    [POWER] = "--power",
    [TIMEOUT] = "--timeout",
    [JOBS] = "--jobs",
    [QUIET] = "--quiet",
    NULL,
};

static bool take_value(struct options *options, enum option_id id, const char *value) {
    const char *name = option_names[id];
    struct number number = {0};
    switch (id) {
    case SEED:
        return take_number(name, value, 0, UINT64_MAX, &options->seed);
    case PROCESSORS:
        return take_number(name, value, 1, 64, &options->processors);
    case RUNS:
        return take_number(name, value, 1, UINT32_MAX, &number) && (options->runs = number.value);
    case SEEDS:
        return take_number(name, value, 1, UINT32_MAX, &number) && (options->seeds = number.value);
    case TIMEOUT:
        options->timeout = 0;
        return take_number(name, value, 0, 1000000, &number) &&
               ((options->timeout = number.value) || true);
    case JOBS:
        return take_number(name, value, 0, 1024, &options->jobs);
    case EVENTS:
        options->events = value;
        return take_events(value, &options->event_mask);
    case TRACE:
        options->trace = value;
        return *value || complain("%s wants a file%s", name, "");
    case DRIVER_PATH:
        options->driver_path = value;
        return true;
    case JUNIT:
        options->junit = value;
        return *value || complain("%s wants a file%s", name, "");
    case REPORT:
        options->report = value;
        return *value || complain("%s wants a file%s", name, "");
    case PERFETTO:
        options->perfetto = value;
        return *value || complain("%s wants a file%s", name, "");
    case POWER:
        options->power = value;
        return *value || complain("%s wants a file%s", name, "");
    case QUIET:
        options->quiet = true;
        return true;
    }
    return false;
}

/* One option, its value perhaps in the next argument. Advances *index past what it takes. */
static bool take_option(struct options *options, int count, char **arguments, int *index) {
    const char *argument = arguments[(*index)++];
    size_t length = strcspn(argument, "=");
    int id = 0;
    while (option_names[id] &&
           (strlen(option_names[id]) != length || strncmp(option_names[id], argument, length) != 0))
        id++;
    if (!option_names[id]) {
        const char *guess = problem_guess(argument, option_names);
        return complain(guess ? "there is no option %s; did you mean %s?"
                              : "there is no option %s%s",
                        argument, guess ? guess : "");
    }
    bool joined = argument[length] == '=';
    if (id == QUIET)
        return joined ? complain("%s takes no value%s", "--quiet", "")
                      : take_value(options, id, "");
    if (joined)
        return take_value(options, (enum option_id)id, argument + length + 1);
    if (*index == count)
        return complain("%s wants a value%s", argument, "");
    return take_value(options, (enum option_id)id, arguments[(*index)++]);
}

bool options_parse(struct options *options, int count, char **arguments) {
    *options = (struct options){.runs = 1, .seeds = 1, .timeout = 60, .files = arguments};
    bool files_only = false;
    for (int i = 0; i < count;) {
        if (!files_only && strcmp(arguments[i], "--") == 0) {
            files_only = true;
            i++;
        } else if (files_only || arguments[i][0] != '-' || !arguments[i][1]) {
            arguments[options->file_count++] = arguments[i++];
        } else if (!take_option(options, count, arguments, &i)) {
            return false;
        }
    }
    if (!options->file_count)
        return complain("which scenario? %s%s", "Give at least one FILE.", "");
    return true;
}

unsigned options_for_worker(const struct options *options, char **arguments, struct store *store) {
    unsigned count = 0;
    const struct {
        const char *name;
        struct number number;
    } numbers[] = {{"--seed", options->seed},
                   {"--processors", options->processors},
                   {"--runs", {true, options->runs}},
                   {"--seeds", {true, options->seeds}}};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].number.set)
            arguments[count++] =
                store_printf(store, "%s=%" PRIu64, numbers[i].name, numbers[i].number.value);
    const struct {
        const char *name, *text;
    } texts[] = {{"--trace", options->trace},
                 {"--events", options->events},
                 {"--driver-path", options->driver_path},
                 {"--report", options->report},
                 {"--perfetto", options->perfetto},
                 {"--power", options->power}};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text)
            arguments[count++] = store_printf(store, "%s=%s", texts[i].name, texts[i].text);
    return count;
}

static bool ends_in(const char *file, const char *ending) {
    const char *dot = file ? strrchr(file, '.') : NULL;
    return dot && strcmp(dot, ending) == 0;
}

bool options_json_trace(const struct options *options) { return ends_in(options->trace, ".jsonl"); }

bool options_json_power(const struct options *options) { return ends_in(options->power, ".json"); }
