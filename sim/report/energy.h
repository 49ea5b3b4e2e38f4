/*
 * Energy: a scenario's power model, and what a run takes by it.
 *
 * A model says how many watts a thing takes in each state and how many joules a transition costs.
 * The system's watts are those of the platform without its devices; in DRIPS that state's watts
 * take their place. A device's watts come with its D states; its components' F and P states and
 * their activity count in D0 only, because in any other state the whole device is off.
 *
 * Watts are nanowatts and times nanoseconds here, so that sums are exact in attojoules.
 */
#ifndef SIM_REPORT_ENERGY_H
#define SIM_REPORT_ENERGY_H

#include "report/history.h"

/* A state of one of a device's tracks. */
struct state_key {
    enum track_kind kind;
    uint32_t component, set, state;
};

struct watts {
    struct state_key key;
    uint64_t nanowatts;
};

struct joules {
    struct state_key from, to; /* of the same track */
    uint64_t nanojoules;
};

/* What a device with its components takes. */
struct rates {
    unsigned watt_count, joule_count;
    struct watts *watts;
    struct joules *joules;
};

struct device_rates {
    const char *pattern; /* of instance paths: * and ? */
    struct rates rates;
};

struct model {
    bool set;
    struct rates system;
    unsigned device_count;
    struct device_rates *devices; /* the first that matches counts */
};

/* What a new track takes, or NULL. */
const struct rates *energy_rates(const struct model *model, const char *node,
                                 const struct track *track);
/* Counts a transition's energy. */
void energy_move(struct track *track, uint32_t from, uint32_t to);
/* In joules. */
double energy_joules(energy_t energy);
energy_t energy_of_node(const struct node *node);
energy_t energy_of_all(const struct history *history);

#endif
