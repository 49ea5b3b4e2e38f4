/* The kernel core's own part of a machine: registered callbacks. */
#ifndef KE_CALLBACK_H
#define KE_CALLBACK_H

#include "ki/machine.h"

struct ke_part {
    LIST_ENTRY bugcheck;
    LIST_ENTRY reason;
    LIST_ENTRY nmi;
    LIST_ENTRY processor;
};

/* Runs the bug check callbacks, at HIGH_LEVEL on the stack that failed. */
void ke_bugcheck_callbacks(struct machine *m);

#endif
