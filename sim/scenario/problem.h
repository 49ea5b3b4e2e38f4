/*
 * What is wrong with a scenario file: messages with positions, as many as a person wants to see at
 * once, printed in the order of the text.
 */
#ifndef SIM_SCENARIO_PROBLEM_H
#define SIM_SCENARIO_PROBLEM_H

#include "memory.h"

/* From 1; columns count characters (code points), as editors do. Line 0: the file as a whole. */
struct place {
    unsigned line;
    unsigned column;
};

struct problem {
    struct place place;
    const char *message;
};

#define PROBLEM_LIMIT 50

struct problems {
    struct store store;
    struct problem list[PROBLEM_LIMIT];
    unsigned count; /* may exceed the limit: the rest is counted only */
};

void problem_add(struct problems *problems, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problem_sort(struct problems *problems);
/* Appends "file:line:column: error: message" lines, in the order of the text. */
void problem_print(struct problems *problems, const char *file, struct text *out);
void problem_free(struct problems *problems);

/*
 * The word of `words` (NULL at the end) that somebody who wrote `word` may have meant, or NULL.
 */
const char *problem_guess(const char *word, const char *const *words);

#endif
