/*
 * All schedules of a test on two processors: answers to the machine's choices in depth-first order,
 * up to a number of choices and of answers other than the quiet one.
 */
#ifndef SCHEDULES_H
#define SCHEDULES_H

#include "io_test.h"

#define SCHEDULE_LIMIT 24
#define SCHEDULE_RUNS 20000u
static unsigned schedule[SCHEDULE_LIMIT], alternatives[SCHEDULE_LIMIT], asked;

static inline unsigned schedule_answer(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(kind);
    if (asked >= SCHEDULE_LIMIT)
        return 0;
    alternatives[asked] = n;
    return schedule[asked++];
}

/* From here on in the test body the machine's choices are those of the schedule. */
static inline void schedule_begin(struct machine *m) {
    asked = 0;
    wdmsim_set_chooser(m, schedule_answer, NULL);
}

/* The next schedule; false when all have been run. */
static inline bool schedule_next(unsigned preemptions) {
    for (unsigned i = asked; i-- > 0;) {
        unsigned used = 0;
        for (unsigned j = 0; j < i; j++)
            used += schedule[j] != 0;
        if (schedule[i] + 1 < alternatives[i] && used < preemptions) {
            schedule[i]++;
            memset(&schedule[i + 1], 0, (SCHEDULE_LIMIT - i - 1) * sizeof schedule[0]);
            return true;
        }
        schedule[i] = 0;
    }
    return false;
}

/* Runs the body under every schedule, each on a fresh machine of two processors; returns how many
 * there were. */
static inline unsigned schedule_all(void (*body)(struct machine *m), unsigned preemptions) {
    static const struct wdmsim_config config = {
        .processors = 2, .strategy = WDMSIM_STRATEGY_ASK, .flags = WDMSIM_CHECK_RULES};
    unsigned runs = 0;
    memset(schedule, 0, sizeof schedule);
    do {
        bool done;
        test_body = body;
        asked = 0;
        assert_int_equal(wdmsim_machine_create(&config, &test_machine), 0);
        assert_int_equal(wdmsim_system_thread(test_machine, test_stop_thread, NULL, &done), 0);
        wdmsim_advance(test_machine, WDMSIM_S);
        if (wdmsim_machine_stop(test_machine))
            wdmsim_fixture_print_stop(wdmsim_machine_stop(test_machine));
        assert_null(wdmsim_machine_stop(test_machine));
        assert_true(done);
        wdmsim_machine_destroy(test_machine);
        runs++;
    } while (schedule_next(preemptions) && runs < SCHEDULE_RUNS);
    return runs;
}

#endif
