/*
 * The text of a scenario file: reading it, blanking its comments, finding the line and column of a
 * byte.
 */
#ifndef SIM_SCENARIO_SOURCE_H
#define SIM_SCENARIO_SOURCE_H

#include <stdbool.h>

#include "scenario/problem.h"

#define SOURCE_SIZE_LIMIT (16u << 20)

struct source {
    const char *name; /* of the file, as given */
    char *data;       /* the text, terminated; comments are spaces */
    const char *text; /* the same as it was written, for positions */
    size_t size;
    size_t *lines; /* where each line begins */
    unsigned line_count;
};

/*
 * Reads a file, or takes a text, into the store. False, with a problem: not readable, too large,
 * not UTF-8, a comment without end.
 */
bool source_read(struct source *source, const char *file, struct store *store,
                 struct problems *problems);
bool source_take(struct source *source, const char *name, const char *data, size_t size,
                 struct store *store, struct problems *problems);

/* The same of a file that is no JSON: nothing in it is a comment. */
bool source_read_plain(struct source *source, const char *file, struct store *store,
                       struct problems *problems);

struct place source_place(const struct source *source, size_t offset);

#endif
