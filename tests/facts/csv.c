/*
 * Reading comma-separated files: one pass over the text, fields are cut out of it in place.
 */
#include "csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *block) {
    if (block == NULL) {
        fputs("facts: out of memory\n", stderr);
        exit(2);
    }
    return block;
}

void *allocate(size_t count, size_t size) { return checked(calloc(count ? count : 1, size)); }

void *grow(void *block, size_t count, size_t size) {
    return checked(realloc(block, (count ? count : 1) * size));
}

char *read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    size_t size = 0, room = 1 << 16, n;
    char *text;
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    text = allocate(room, 1);
    while ((n = fread(text + size, 1, room - size - 1, file)) > 0) {
        size += n;
        if (room - size < 2)
            text = grow(text, room *= 2, 1);
    }
    text[size] = 0;
    fclose(file);
    return text;
}

/* Cuts one field out of the text at `*at` and moves behind it; the character that ended it. */
static char cut_field(char **at, char **field) {
    char *from = *at, *to = *at, end;
    *field = to;
    if (*from == '"') {
        from++;
        while (*from != 0 && (*from != '"' || from[1] == '"')) {
            from += *from == '"';
            *to++ = *from++;
        }
        from += *from == '"';
    } else {
        while (*from != 0 && *from != ',' && *from != '\n' && *from != '\r')
            *to++ = *from++;
    }
    end = *from;
    if (end == '\r') {
        from++;
        end = *from == '\n' ? '\n' : 0;
    }
    *at = end != 0 ? from + 1 : from;
    *to = 0;
    return end;
}

void csv_read(struct csv *csv, const char *path) {
    char *at = csv->text = read_text(path);
    csv->rows = NULL;
    csv->count = 0;
    while (*at != 0) {
        char **row = NULL, end;
        size_t n = 0;
        do {
            row = grow(row, n + 2, sizeof *row);
            end = cut_field(&at, &row[n++]);
        } while (end == ',');
        row[n] = NULL;
        csv->rows = grow(csv->rows, csv->count + 1, sizeof *csv->rows);
        csv->rows[csv->count++] = row;
    }
}

size_t csv_column(const struct csv *csv, const char *name) {
    for (size_t i = 0; csv->count > 0 && csv->rows[0][i] != NULL; i++)
        if (strcmp(csv->rows[0][i], name) == 0)
            return i;
    fprintf(stderr, "facts: no column %s\n", name);
    exit(2);
}

void csv_free(struct csv *csv) {
    for (size_t i = 0; i < csv->count; i++)
        free(csv->rows[i]);
    free(csv->rows);
    free(csv->text);
}
