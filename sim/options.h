/* The command line of `wdmsim run`, and of the workers it starts. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "scenario/scenario.h"

struct options {
    struct number seed;       /* --seed */
    struct number processors; /* --processors */
    uint64_t runs;            /* --runs: the same run so many times */
    uint64_t seeds;           /* --seeds: so many seeds, one after the other */
    const char *trace;        /* --trace: a file, "-" for the standard output */
    const char *events;       /* --events: names separated by commas, or "all" */
    uint64_t event_mask;      /* what --events means */
    const char *driver_path;  /* --driver-path */
    const char *junit;        /* --junit */
    const char *report;       /* --report: the page */
    const char *perfetto;     /* --perfetto */
    const char *power;        /* --power: a file, "-" for the standard output */
    uint64_t timeout;         /* --timeout: seconds of the host's time for a scenario, 0: none */
    struct number jobs;       /* --jobs: workers at a time, 0: run in this process */
    bool quiet;               /* --quiet */
    char **files;
    unsigned file_count;
};

/*
 * Parses the arguments behind the command's name; sorts the files to the front. False, with a
 * message on the standard error, if they make no sense.
 */
bool options_parse(struct options *options, int count, char **arguments);
/* Appends the options that a worker needs, as arguments; the texts live in the store. */
unsigned options_for_worker(const struct options *options, char **arguments, struct store *store);
/* How many arguments that are at most. */
#define OPTIONS_FOR_WORKER 16

/* Whether the trace file's name asks for lines of JSON, the power report's for JSON. */
bool options_json_trace(const struct options *options);
bool options_json_power(const struct options *options);

#endif
