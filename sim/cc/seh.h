/*
 * The parts of the pass over guarded blocks; what they are for stands in seh.c.
 */
#ifndef WDMSIM_CC_SEH_H
#define WDMSIM_CC_SEH_H

#include "cc.h"

/** A scope around a place: a guarded block's body, or a __finally block. */
struct cc_crossing {
    const struct cc_crossing *outer;
    uint32_t start; /* the token that opens it */
    unsigned frame;
    bool guard; /* a __finally block */
};

/** The calls that end all scopes opened behind token `target`, innermost first; "" = none. */
const char *cc_crossing_calls(const struct cc_crossing *crossing, uint32_t target);

/** Gives a return, break, continue or goto at `token` the calls that it needs; else nothing. */
void cc_jump(struct cc_unit *unit, uint32_t token, const struct cc_crossing *crossing);

/** The last token of the statement that begins at `token`. */
uint32_t cc_statement_end(const struct cc_unit *unit, uint32_t token);
/** Where `name:` stands in the function of the token `name`, or 0. */
uint32_t cc_label_place(const struct cc_unit *unit, uint32_t name);

/** The block of a __try, __except or __finally, or the body of a nested function (`word` is NULL):
 *  the tokens of its braces. */
struct cc_region {
    uint32_t open, close;
    const char *word;
    bool finally;
};

/** Refuses jumps from outside into the function's guarded blocks, and warns of jumps out of its
 *  __finally blocks (seh_labels.c). */
void cc_check_jumps(struct cc_unit *unit, const struct cc_function *function,
                    const struct cc_region *regions, uint32_t count);

/* ---- seh_nested.c ---- */

/** A function inside a function: where its attributes go, its braces. */
struct cc_nested {
    uint32_t place, open, close;
    uint32_t end;           /* of the local class that it is a member of; 0 for a lambda */
    const char *parameters; /* the parameter list to write in front of the attributes, or "" */
};

/** Is `token` (up to `end`) the beginning of a lambda, or of a local class with a member function?
 *  The first one is told. */
bool cc_nested_function(const struct cc_unit *unit, uint32_t token, uint32_t end,
                        struct cc_nested *nested);
/** The next member function of the same class. */
bool cc_next_member(const struct cc_unit *unit, struct cc_nested *nested);

#endif
