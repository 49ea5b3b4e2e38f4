/*
 * JUnit XML.
 *
 * A scenario is a test case. Its class is its file's path with dots, its name the scenario's own,
 * both free of seeds, so that a CI system sees the same test from run to run. A driver that breaks
 * an expectation is a failure, a scenario or simulator that cannot run is an error; message and
 * body say the same, as some systems show only one of them, and the body ends with the command to
 * replay it.
 */
#include "report/junit.h"

#include <errno.h>
#include <string.h>

static void add_escaped(FILE *file, const char *text) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '<')
            fputs("&lt;", file);
        else if (c == '>')
            fputs("&gt;", file);
        else if (c == '&')
            fputs("&amp;", file);
        else if (c == '"')
            fputs("&quot;", file);
        else if (c >= 0x20 || c == '\n' || c == '\t')
            fputc(c, file);
        else
            fputc('?', file); /* XML has no other control characters */
    }
}

/* "scenarios/sensor/sleep.json" as "scenarios.sensor.sleep". */
static void add_class(FILE *file, const char *path) {
    while (strncmp(path, "./", 2) == 0 || strncmp(path, "../", 3) == 0)
        path = strchr(path, '/') + 1;
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t length = dot && (!slash || dot > slash) ? (size_t)(dot - path) : strlen(path);
    char c[2] = {0};
    for (size_t i = *path == '/'; i < length; i++) {
        c[0] = path[i] == '/' ? '.' : path[i];
        add_escaped(file, c);
    }
}

static void add_case(FILE *file, const struct result *result) {
    const char *name = text_string(&result->name);
    fputs("    <testcase classname=\"", file);
    add_class(file, result->file);
    fputs("\" name=\"", file);
    add_escaped(file, *name ? name : result->file);
    fprintf(file, "\" time=\"%.3f\" file=\"", result->seconds);
    add_escaped(file, result->file);
    fprintf(file, "\" line=\"%u\"", result->place.line ? result->place.line : 1);
    if (result->outcome == OUTCOME_PASSED) {
        fputs("/>\n", file);
        return;
    }
    const char *element = result->error ? "error" : "failure";
    fprintf(file, ">\n      <%s message=\"", element);
    add_escaped(file, text_string(&result->message));
    fputs("\">", file);
    add_escaped(file, text_string(&result->report));
    fprintf(file, "</%s>\n    </testcase>\n", element);
}

static void add_suite(FILE *file, const struct result *const *results, unsigned count) {
    unsigned failures = 0, errors = 0;
    double seconds = 0;
    for (unsigned i = 0; i < count; i++) {
        bool bad = results[i]->outcome != OUTCOME_PASSED;
        errors += bad && results[i]->error;
        failures += bad && !results[i]->error;
        seconds += results[i]->seconds;
    }
    fprintf(
        file,
        "  <testsuite name=\"wdmsim\" tests=\"%u\" failures=\"%u\" errors=\"%u\" time=\"%.3f\">\n",
        count, failures, errors, seconds);
    for (unsigned i = 0; i < count; i++)
        add_case(file, results[i]);
    fputs("  </testsuite>\n", file);
}

bool junit_write(const struct options *options, const struct result *const *results,
                 unsigned count) {
    FILE *file = fopen(options->junit, "w");
    if (file) {
        fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", file);
        add_suite(file, results, count);
        fputs("</testsuites>\n", file);
    }
    bool good = file && !ferror(file);
    good = (!file || fclose(file) == 0) && good;
    if (!good)
        fprintf(stderr, "wdmsim: %s: %s\n", options->junit, strerror(errno));
    return good;
}
