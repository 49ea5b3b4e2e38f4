/*
 * Jumps out of scopes whose ends are called by name (seh_exits.c); what it is for stands in seh.c.
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

#endif
