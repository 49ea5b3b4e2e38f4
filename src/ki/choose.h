/*
 * Choices: whatever is not determined is one call. See wdmsim/choice.h for what a choice is.
 */
#ifndef KI_CHOOSE_H
#define KI_CHOOSE_H

#include "ki/machine.h"

unsigned ki_choose_slow(struct machine *m, enum wdmsim_choice_kind kind, unsigned n);

/* One of n alternatives, 0 <= result < n; n >= 1. */
static inline unsigned ki_choose(struct machine *m, enum wdmsim_choice_kind kind, unsigned n) {
    if (KI_LIKELY(n <= 1))
        return 0;
    return ki_choose_slow(m, kind, n);
}

void ki_choose_start(struct machine *m, const struct wdmsim_config *config);

#endif
