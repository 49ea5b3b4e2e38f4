/*
 * Choices: whatever Windows does not determine is one numbered choice of the machine.
 *
 * A choice has a kind and n alternatives, 0 to n-1; alternative 0 is always the quiet one (do not preempt, do not fail,
 * first in, first out). A run is determined by its configuration and the answers: give the log of one run to
 * WDMSIM_STRATEGY_REPLAY and the same run happens again, to the byte.
 */
#ifndef WDMSIM_CHOICE_H
#define WDMSIM_CHOICE_H

#include <wdmsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, text) */
#define WDMSIM_CHOICE_LIST(X)                                                                      \
    X(PREEMPT, "go on here, or let another processor move first")                                  \
    X(PROCESSOR, "which of the processors that can move does")                                     \
    X(PLACE, "which idle processor takes a thread that became ready")                              \
    X(TIMER, "which of the timers that fall due at one instant expires first")                     \
    X(POOL, "whether this allocation fails")                                                       \
    X(HOST, "a choice of the test or device model")                                                \
    X(POWER, "what the power managers may do either way: who calls back, at which IRQL, when")

enum wdmsim_choice_kind {
#define X(name, text) WDMSIM_CHOICE_##name,
    WDMSIM_CHOICE_LIST(X)
#undef X
        WDMSIM_CHOICE_KINDS
};

const char *wdmsim_choice_name(enum wdmsim_choice_kind kind);

/* Makes a choice of the test's or model's own; counts and replays like the machine's. 0 <= result < n. */
unsigned wdmsim_choose(struct machine *machine, unsigned n);

/* For WDMSIM_STRATEGY_ASK: answers each choice with more than one alternative; result < n. */
typedef unsigned wdmsim_choose_fn(void *context, enum wdmsim_choice_kind kind, unsigned n);
void wdmsim_set_chooser(struct machine *machine, wdmsim_choose_fn *choose, void *context);

/* The log kept with WDMSIM_LOG_CHOICES: entry = kind << 24 | n << 16 (saturated at 255) | answer. Returns its length. */
size_t wdmsim_choice_log(const struct machine *machine, const uint32_t **entries);

#ifdef __cplusplus
}
#endif
#endif
