/*
 * Check that an exploration (threads.h) visits every interleaving within its bound, and no other.
 *
 * one             another         Two threads of three steps have 20 interleavings. Which of them a
 * a               b               bound on forced switches allows is counted here in another way:
 * a               b               a switch is forced where the thread that was running has steps
 * a               b               left, and where the one that was started last begins.
 */
#include <limits.h>

#include "../threads.h"

#define STEPS 3
#define WORDS (1u << (2 * STEPS)) /* a bit for each step, set: the other thread's */

static unsigned steps, word;
static bool seen[WORDS];

static void take_steps(unsigned thread) {
    for (unsigned i = 0; i < STEPS; i++) {
        KeGetCurrentProcessorNumberEx(NULL); /* a place to be preempted */
        word |= thread << steps++;
    }
}

static VOID one(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    take_steps(0);
}

static VOID another(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    take_steps(1);
}

static void begin(void) { steps = word = 0; }

static void check(void) {
    assert_int_equal(steps, 2 * STEPS);
    seen[word] = true;
}

/* The fewest forced switches that lead to an interleaving; UINT_MAX if it is none. */
static unsigned forced_switches(unsigned which) {
    unsigned taken[2] = {0, 0}, forced = 0, running = 0;
    for (unsigned i = 0; i < 2 * STEPS; i++) {
        unsigned thread = which >> i & 1;
        forced += thread != running && taken[running] < STEPS;
        running = thread;
        taken[thread]++;
    }
    return taken[0] == STEPS ? forced : UINT_MAX;
}

static unsigned visit(unsigned processors, unsigned preemptions) {
    const struct explored scenario = {.processors = processors,
                                      .preemptions = preemptions,
                                      .actors = {one, another},
                                      .begin = begin,
                                      .check = check};
    unsigned visited = 0;
    memset(seen, 0, sizeof seen);
    assert_true(explore(&scenario) > 0);
    for (unsigned i = 0; i < WORDS; i++)
        visited += seen[i];
    return visited;
}

static void every_interleaving_within_the_bound_is_visited(void **state) {
    UNREFERENCED_PARAMETER(state);
    for (unsigned bound = 0; bound < 2 * STEPS; bound++) {
        visit(1, bound);
        for (unsigned i = 0; i < WORDS; i++)
            assert_int_equal(seen[i], forced_switches(i) <= bound);
    }
}

static void every_interleaving_of_two_processors_is_visited(void **state) {
    UNREFERENCED_PARAMETER(state);
    assert_int_equal(visit(2, 2 * STEPS), 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_interleaving_within_the_bound_is_visited),
        cmocka_unit_test(every_interleaving_of_two_processors_is_visited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
