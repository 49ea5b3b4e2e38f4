/*
 * The check of the repository: what its parts share.
 *
 * tidy.c lists the files of the tree, rules.c holds the rules, one function each, and text.c reads
 * a file and separates its code from its comments. test_rules.c shows each rule a bad sample and a
 * good one, so that a rule which no longer bites fails the suite.
 */
#ifndef TIDY_H
#define TIDY_H

#include <stdbool.h>
#include <stddef.h>

enum { TIDY_MAX_PATH = 4096 };

/* One text file. `code` is as long as `text`; comments and the insides of literals are spaces in
 * it. */
struct tidy_file {
    const char *path; /* from the root of the tree, with slashes */
    char *text;
    char *code;
    size_t size;
};

/* Reads ROOT/PATH; false when it cannot be read. tidy_free() gives the memory back. */
bool tidy_read(struct tidy_file *file, const char *root, const char *path);
void tidy_free(struct tidy_file *file);

/* The languages that rules ask about. */
bool tidy_is_c(const char *path);
bool tidy_is_hash_commented(const char *path);

/* Whether PATH, or its folder, begins with PREFIX. */
bool tidy_under(const char *path, const char *prefix);

/* The line (from 1) of an offset into the text. */
int tidy_line(const struct tidy_file *file, size_t offset);

/* Where the opening comment ends, or 0 when the file does not open with one. A line `#!…` may
 * precede it. *words gets the number of words in it. */
size_t tidy_opening_comment(const struct tidy_file *file, int *words);

/* A list of paths, sorted. */
struct tidy_paths {
    char **path;
    size_t count;
};

/* What rules find goes here: once per finding, `line` 0 when it concerns the file as a whole. */
typedef void tidy_report(void *context, const char *path, int line, const char *message);

/* Applies every rule to the tree at ROOT that consists of PATHS. */
void tidy_check(const char *root, const struct tidy_paths *paths, tidy_report *report,
                void *context);

#endif
