/*
 * Small programs with guarded blocks, as trees: what the generator writes down as driver source and
 * what the model executes to say what that source must do.
 */
#ifndef TESTS_CC_SEH_MODEL_H
#define TESTS_CC_SEH_MODEL_H

#include <stdbool.h>
#include <stddef.h>

enum node_kind {
    NODE_MARK,    /* changes the local variable and shows it */
    NODE_LIST,    /* its parts in order */
    NODE_EXCEPT,  /* __try part 0 __except (answer) part 1 */
    NODE_FINALLY, /* __try part 0 __finally part 1 */
    NODE_EXIT,    /* leaves, in one pass through the loop */
    NODE_CALL     /* another program of the file, inside a guarded block or not */
};

enum exit_kind {
    EXIT_NONE, /* does nothing: the end is reached */
    EXIT_LEAVE,
    EXIT_RETURN,
    EXIT_BREAK,
    EXIT_CONTINUE,
    EXIT_GOTO,
    EXIT_RAISE,
    EXIT_FAULT,
    EXIT_DIVIDE,
    EXIT_KINDS
};

#define MAX_PARTS 4

struct node {
    enum node_kind kind;
    enum exit_kind exit;
    int id;
    int answer; /* of a filter: 1 or 0 */
    int pass;   /* of an exit: which pass through the loop takes it, 2 = both */
    int callee; /* of a call: the program's number */
    struct node *parts[MAX_PARTS];
    int count;
};

struct program {
    struct node *root;
    int number;
};

/* All programs of the suite; the result lives until the process ends. */
struct program *programs_all(int *count, unsigned random_count);

/* May __leave stand at the node's place? Checked when trees are built. */
bool program_is_valid(const struct program *program);

/* What running the program shows, by the model. The result is static. */
const char *model_run(const struct program *programs, int number);

#endif
