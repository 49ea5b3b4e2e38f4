/*
 * What the tests of the lock instrument share: machines with it, and bodies that end in a finding
 * whose explanation counts as well as its parameters.
 */
#ifndef TESTS_KE_LOCKS_H
#define TESTS_KE_LOCKS_H

#include <ntddk.h>

#include "../threads.h"

#include "../stop.h"

static const struct wdmsim_config followed = {.processors = 1,
                                              .flags = WDMSIM_CHECK_RULES | WDMSIM_CHECK_LOCKS};

static const char *wanted_words[4];

static inline void expect_words(const char *first, const char *second, const char *third) {
    wanted_words[0] = first, wanted_words[1] = second, wanted_words[2] = third;
}

static inline void judge_words(void **state) {
    memset(wanted_words, 0, sizeof wanted_words);
    judge_stop(state);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(wdmsim_fixture.machine);
    for (unsigned i = 0; stop && wanted_words[i]; i++)
        if (!strstr(stop->explanation, wanted_words[i]))
            fail_msg("no \"%s\" in: %s", wanted_words[i], stop->explanation);
}

#define lock_unit_test(body)                                                                       \
    {                                                                                              \
#body, judge_words, NULL, wdmsim_fixture_teardown, (void *)&(const struct wdmsim_test) {   \
            body, &followed                                                                        \
        }                                                                                          \
    }

#endif
