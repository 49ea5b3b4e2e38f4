/*
 * Check that positions are those of the author's text: comments, tabs, line ends of both kinds and
 * characters of several bytes in front of a flaw do not move it.
 */
#include "scenario_test.h"

static const struct {
    const char *text, *problem;
} places[] = {
    {"// one\n/* two\n three */ {\"name\":\"x\",\"steps\":1}",
     "t:3:31: error: expected a list of steps, found 1\n"},
    {"/* ünï€😀 */ {\"name\":\"x\",\"steps\":1}",
     "t:1:33: error: expected a list of steps, found 1\n"},
    {"{\"name\":\"ünï€😀\",\"steps\":1}", "t:1:25: error: expected a list of steps, found 1\n"},
    {"{\r\n\"name\":\"x\",\r\n\t\"steps\":1}",
     "t:3:10: error: expected a list of steps, found 1\n"},
    {"\xef\xbb\xbf{\"name\":\"x\",\"steps\":1}",
     "t:1:21: error: expected a list of steps, found 1\n"},
    {"{\"name\":\"// no comment /*\",\"steps\":1}",
     "t:1:36: error: expected a list of steps, found 1\n"},
};

static void test_places(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        check_problems(places[i].text, places[i].problem);
}

/* Check that every step knows where it stands. */
static void test_steps(void **state) {
    (void)state;
    struct scenario *scenario =
        good_steps("\n  {\"note\":\"a\"}, {\"repeat\":2,\"steps\":[\n{\"note\":\"b\"}]}");
    const struct step *steps = scenario->steps.list;
    assert_int_equal(steps[0].place.line, 2);
    assert_int_equal(steps[0].place.column, 3);
    assert_string_equal(steps[0].number, "1");
    assert_int_equal(steps[1].place.column, 17);
    const struct step *inner = steps[1].as.repeat.steps.list;
    assert_int_equal(inner->place.line, 3);
    assert_int_equal(inner->place.column, 1);
    assert_string_equal(inner->number, "2.1");
    assert_string_equal(inner->words, "note b");
    scenario_free(scenario);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_places), cmocka_unit_test(test_steps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
