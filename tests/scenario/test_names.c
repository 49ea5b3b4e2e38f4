/* Check that names are resolved when the scenario is read, by kind and in the order of the steps.
 */
#include "scenario_test.h"

static const struct {
    const char *text, *problem;
} flaws[] = {
    {STEPS("{\"close\":\"h\"},{\"open\":\"x\",\"as\":\"h\"}"),
     "t:1:35: error: no step before this one names a file or event \"h\"\n"},
    {STEPS("{\"open\":\"x\",\"as\":\"handle\"},{\"close\":\"hanlde\"}"),
     "t:1:62: error: no step before this one names a file or event \"hanlde\"; did you mean "
     "\"handle\"?\n"},
    {STEPS("{\"create_event\":\"e\"},{\"cancel\":\"e\"}"),
     "t:1:57: error: \"e\" is an event, not a request\n"},
    {STEPS("{\"create_event\":\"e\"},{\"open\":\"x\",\"as\":\"e\"}"),
     "t:1:64: error: \"e\" is already the name of an event\n"},
    {STEPS("{\"expect\":{\"requests\":{\"r\":\"pending\"}}}"),
     "t:1:49: error: no step before this one names a request \"r\"\n"},
    {"{\"name\":\"t\",\"drivers\":[{\"name\":\"echo\"}],\"steps\":[{\"load\":\"ecco\"}]}",
     "t:1:58: error: \"drivers\" has no \"ecco\"; did you mean \"echo\"?\n"},
    {"{\"name\":\"t\",\"drivers\":[{\"name\":\"a\"},{\"name\":\"a\"}],\"steps\":[]}",
     "t:1:37: error: a second driver \"a\"\n"},
};

static void test_flaws(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++)
        check_problems(flaws[i].text, flaws[i].problem);
}

/* Check that a name may be given again, and that an open counts as a request too. */
static void test_again(void **state) {
    (void)state;
    struct scenario *scenario =
        good_steps("{\"open\":\"x\",\"as\":\"h\"},{\"open\":\"y\",\"as\":\"h\"},{\"wait\":\"h\"}");
    assert_int_equal(scenario->steps.list[0].as.open.as, scenario->steps.list[1].as.open.as);
    assert_int_equal(scenario->steps.list[2].as.wait.wait, scenario->steps.list[0].as.open.as);
    scenario_free(scenario);
}

/* Check that "as" in front of "file" in the text does not name the file. */
static void test_order(void **state) {
    (void)state;
    check_problems(STEPS("{\"as\":\"r\",\"file\":\"r\",\"read\":1}"),
                   "t:1:43: error: no step before this one names a file \"r\"\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_flaws), cmocka_unit_test(test_again),
                                       cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
