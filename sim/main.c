/*
 * wdmsim: runs Windows kernel drivers from scenarios.
 *
 *     scenario/   from JSON to steps, and the steps themselves
 *     loop/       worker processes, time limits, programs of the host
 *     report/     traces, failures, JUnit, the page, Perfetto, power
 *
 * The command is a client of the host API (include/wdmsim) like any other program. This file is its
 * table of commands; each command gets the arguments behind its name and returns the exit code.
 */
#include <stdio.h>
#include <string.h>

#include "fixed.h"
#include "loop/crew.h"
#include "loop/work.h"
#include "options.h"

#ifndef WDMSIM_VERSION
#define WDMSIM_VERSION "0.1.0"
#endif

static int command_run(int count, char **arguments);
static int command_check(int count, char **arguments);
static int command_schema(int count, char **arguments);
static int command_worker(int count, char **arguments);
static int command_help(int count, char **arguments);
static int command_version(int count, char **arguments);

static const struct command {
    const char *name;
    int (*run)(int count, char **arguments);
} commands[] = {
    {"run", command_run},       {"check", command_check},       {"schema", command_schema},
    {"worker", command_worker}, {"--help", command_help},       {"help", command_help},
    {"-h", command_help},       {"--version", command_version}, {NULL, NULL},
};

static const char help[] =
    "Usage: wdmsim run FILE... [OPTION...]   run scenarios\n"
    "       wdmsim check FILE...             look for errors in scenarios, run nothing\n"
    "       wdmsim schema                    print the JSON schema of scenarios\n"
    "       wdmsim --help | --version\n"
    "\n"
    "Options of run (also as --name=value; behind -- all arguments are files):\n"
    "  --seed N            draw choices that Windows does not determine from this seed\n"
    "  --seeds N           run with N seeds, one after the other, beginning with the seed\n"
    "  --runs N            run N times with each seed; every trace must be the same\n"
    "  --processors N      give the machine 1 to 64 processors\n"
    "  --driver-path DIRS  look for driver images here, directories separated by colons\n"
    "                      (then in those of the environment's WDMSIM_DRIVER_PATH)\n"
    "  --trace FILE        write the trace: lines of text, or JSON lines if FILE ends in\n"
    "                      .jsonl; - is the standard output, reports then go to the\n"
    "                      standard error\n"
    "  --events LIST       record these events too, names separated by commas, or all\n"
    "  --junit FILE        write the results as JUnit XML\n"
    "  --report FILE       write a page of HTML with timelines and charts of the states of\n"
    "                      system, devices and components; it needs nothing but a browser\n"
    "  --perfetto FILE     write the same timelines as a trace for Perfetto\n"
    "  --power FILE        write residency, transitions, energy and latencies: text, or JSON\n"
    "                      if FILE ends in .json; - is the standard output\n"
    "  --timeout SECONDS   stop a scenario after so much of the host's time; default 60,\n"
    "                      0 is never\n"
    "  --jobs N            run N scenarios side by side; default: one for each processor\n"
    "                      of the host; 0 runs them in this process, for debuggers\n"
    "  --quiet             print failures only\n"
    "\n"
    "Exit code, with several files the highest:\n"
    "  0    passed\n"
    "  1    an expectation did not hold\n"
    "  2    a scenario or the command line could not be read\n"
    "  3    a driver crashed, hung, or stopped the machine with an unexpected bug check\n"
    "  130  interrupted\n";

static int command_help(int count, char **arguments) {
    (void)count;
    (void)arguments;
    fputs(help, stdout);
    return OUTCOME_PASSED;
}

static int command_version(int count, char **arguments) {
    (void)count;
    (void)arguments;
    puts("wdmsim " WDMSIM_VERSION);
    return OUTCOME_PASSED;
}

static int command_run(int count, char **arguments) {
    struct options options;
    if (!options_parse(&options, count, arguments))
        return OUTCOME_UNREADABLE;
    return options.jobs.set && !options.jobs.value ? crew_run_here(&options) : crew_run(&options);
}

/* What `run` starts for each scenario; not meant for people, so the help does not have it. */
static int command_worker(int count, char **arguments) {
    struct options options;
    if (!options_parse(&options, count, arguments))
        return OUTCOME_UNREADABLE;
    return work_as_worker(&options);
}

static int command_check(int count, char **arguments) {
    int code = OUTCOME_PASSED;
    if (!count) {
        fputs("wdmsim: which scenario? Give at least one FILE.\nTry: wdmsim --help\n", stderr);
        return OUTCOME_UNREADABLE;
    }
    for (int i = 0; i < count; i++) {
        struct problems problems = {0};
        struct text text = {0};
        struct scenario *scenario = scenario_read(arguments[i], &problems);
        problem_print(&problems, arguments[i], &text);
        fputs(text_string(&text), stdout);
        if (!scenario)
            code = OUTCOME_UNREADABLE;
        scenario_free(scenario);
        problem_free(&problems);
        text_free(&text);
    }
    return code;
}

static int command_schema(int count, char **arguments) {
    struct text text = {0};
    (void)count;
    (void)arguments;
    scenario_schema(&text);
    fputs(text_string(&text), stdout);
    text_free(&text);
    return OUTCOME_PASSED;
}

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "";
    const char *names[sizeof commands / sizeof *commands] = {0};
    fixed_addresses(arguments);
    for (unsigned i = 0; commands[i].name; i++) {
        names[i] = commands[i].name;
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].run(count - 2, arguments + 2);
    }
    if (count > 1) {
        const char *guess = problem_guess(name, names);
        fprintf(stderr, "wdmsim: there is no command %s", name);
        fprintf(stderr, guess ? "; did you mean %s?\n" : "\n", guess);
    }
    fputs(help, stderr);
    return OUTCOME_UNREADABLE;
}
