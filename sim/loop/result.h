/* How the runs of one scenario ended: what a worker tells its parent, and what reports are made of.
 */
#ifndef SIM_LOOP_RESULT_H
#define SIM_LOOP_RESULT_H

#include "scenario/run.h"

struct result {
    enum outcome outcome;
    bool error; /* the scenario or the simulator could not run; no driver is to blame */
    const char *file;
    struct text name; /* of the scenario; empty if it could not be read */
    struct place place;
    struct text message;  /* one line */
    struct text report;   /* for people; empty if it passed */
    struct text timeline; /* of the last run: JSON for the page, or empty */
    struct text perfetto; /* events of the Chrome trace format, or empty */
    struct text power;    /* the power report, or empty */
    uint64_t runs;        /* how many there were */
    uint64_t seeds;       /* with how many seeds */
    uint64_t distinct;    /* different traces among these, 0: not looked at */
    double seconds;       /* of the host's time, measured by the parent */
};

void result_free(struct result *result);
void result_to_json(const struct result *result, struct text *json);
/* False if the text is not a whole result. */
bool result_from_json(struct result *result, const char *json);

#endif
