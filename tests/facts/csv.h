/*
 * The fact files: comma-separated, the first line names the columns, fields may be quoted.
 */
#ifndef FACTS_CSV_H
#define FACTS_CSV_H

#include <stddef.h>

struct csv {
    char *text;
    char ***rows; /* rows[0] is the header; each row ends with a null pointer */
    size_t count;
};

/** The whole file; ends the program with a message when it cannot be read. */
void csv_read(struct csv *csv, const char *path);

/** The number of the column named `name`; ends the program when there is none. */
size_t csv_column(const struct csv *csv, const char *name);

void csv_free(struct csv *csv);

/** All of a file as text with a null behind it; ends the program when it cannot be read. */
char *read_text(const char *path);

/** calloc and realloc that end the program instead of failing. */
void *allocate(size_t count, size_t size);
void *grow(void *block, size_t count, size_t size);

#endif
