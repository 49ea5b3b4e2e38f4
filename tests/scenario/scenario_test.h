/* What every test of the parser includes: CMocka, and a way to say "this text, these problems". */
#ifndef SCENARIO_TEST_H
#define SCENARIO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scenario/shape.h"

/* All problems of a text, as the command prints them for a file "t". */
static inline char *problems_of(const char *text, struct text *out) {
    struct problems problems = {0};
    struct scenario *scenario = scenario_take("t", text, strlen(text), &problems);
    assert_int_equal(scenario == NULL, problems.count != 0);
    problem_print(&problems, "t", out);
    problem_free(&problems);
    scenario_free(scenario);
    return out->data;
}

static inline void check_problems(const char *text, const char *expected) {
    struct text out = {0};
    problems_of(text, &out);
    assert_string_equal(text_string(&out), expected);
    text_free(&out);
}

/* A scenario whose list of steps is `steps`; good, or the test fails with what is wrong. */
static inline struct scenario *good_steps(const char *steps) {
    struct problems problems = {0};
    struct text text = {0}, out = {0};
    text_printf(&text, "{\"name\": \"t\", \"steps\": [%s]}", steps);
    struct scenario *scenario = scenario_take("t", text.data, text.length, &problems);
    problem_print(&problems, "t", &out);
    assert_string_equal(text_string(&out), "");
    text_free(&text);
    text_free(&out);
    problem_free(&problems);
    return scenario;
}

/* The problems of a list of steps that stands on line 1 from column 26. */
#define STEPS(steps) "{\"name\":\"t\",    \"steps\":[" steps "]}"

#endif
