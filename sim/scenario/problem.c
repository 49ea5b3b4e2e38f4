/* Collecting and printing what is wrong with a scenario, and guessing what was meant. */
#include "scenario/problem.h"

#include <stdlib.h>
#include <string.h>

void problem_add(struct problems *problems, struct place place, const char *format, ...) {
    if (problems->count < PROBLEM_LIMIT) {
        struct text text = {0};
        va_list arguments;
        va_start(arguments, format);
        text_vprintf(&text, format, arguments);
        va_end(arguments);
        struct problem *problem = &problems->list[problems->count];
        problem->place = place;
        problem->message = store_copy(&problems->store, text_string(&text), text.length);
        text_free(&text);
    }
    problems->count++;
}

/* Insertion sort: stable, so that problems at one place keep the order they were found in. */
void problem_sort(struct problems *problems) {
    unsigned count = problems->count < PROBLEM_LIMIT ? problems->count : PROBLEM_LIMIT;
    for (unsigned i = 1; i < count; i++) {
        struct problem moved = problems->list[i];
        unsigned k = i;
        for (; k > 0; k--) {
            const struct place *before = &problems->list[k - 1].place;
            if (before->line < moved.place.line ||
                (before->line == moved.place.line && before->column <= moved.place.column))
                break;
            problems->list[k] = problems->list[k - 1];
        }
        problems->list[k] = moved;
    }
}

void problem_print(struct problems *problems, const char *file, struct text *out) {
    problem_sort(problems);
    for (unsigned i = 0; i < problems->count && i < PROBLEM_LIMIT; i++) {
        const struct problem *problem = &problems->list[i];
        if (problem->place.line)
            text_printf(out, "%s:%u:%u: error: %s\n", file, problem->place.line,
                        problem->place.column, problem->message);
        else
            text_printf(out, "%s: error: %s\n", file, problem->message);
    }
    if (problems->count > PROBLEM_LIMIT)
        text_printf(out, "%s: %u more errors\n", file, problems->count - PROBLEM_LIMIT);
}

void problem_free(struct problems *problems) {
    store_empty(&problems->store);
    problems->count = 0;
}

#define WORD_LIMIT 40

static unsigned least(unsigned a, unsigned b, unsigned c) {
    unsigned d = a < b ? a : b;
    return d < c ? d : c;
}

/* How many letters to insert, leave out, replace or swap with their neighbour: a into b. */
static unsigned distance(const char *a, const char *b) {
    size_t la = strlen(a), lb = strlen(b);
    if (la > WORD_LIMIT || lb > WORD_LIMIT)
        return WORD_LIMIT;
    unsigned d[WORD_LIMIT + 1][WORD_LIMIT + 1];
    for (size_t i = 0; i <= la; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= lb; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        for (size_t j = 1; j <= lb; j++) {
            unsigned change = a[i - 1] != b[j - 1];
            d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1, d[i][j]);
        }
    }
    return d[la][lb];
}

const char *problem_guess(const char *word, const char *const *words) {
    unsigned nearest = ((unsigned)strlen(word) + 1) / 3 + 1;
    const char *guess = NULL;
    for (; *words; words++) {
        unsigned d = distance(word, *words);
        if (d < nearest) {
            nearest = d;
            guess = *words;
        }
    }
    return guess;
}
