/* Check what is said about keys: unknown, missing, doubled, of no step or of two. */
#include "scenario_test.h"

static const struct {
    const char *text, *problem;
} flaws[] = {
    {"[]", "t:1:1: error: expected a scenario, found a list\n"},
    {"{}", "t:1:1: error: a scenario needs \"name\"\nt:1:1: error: a scenario needs \"steps\"\n"},
    {"{\"name\":\"x\",\"stesp\":[],\"steps\":[]}",
     "t:1:13: error: a scenario has no \"stesp\"; did you mean \"steps\"?\n"},
    {"{\"name\":\"x\",\"Name\":\"x\",\"steps\":[]}",
     "t:1:13: error: a scenario has no \"Name\"; did you mean \"name\"?\n"},
    {"{\"name\":\"x\",\"name\":\"y\",\"steps\":[]}",
     "t:1:13: error: \"name\" stands here a second time\n"},
    {"{\"name\":\"x\",\"n\\u0061me\":\"y\",\"steps\":[]}",
     "t:1:13: error: \"name\" stands here a second time\n"},
    {"{\"name\":\"x\",\"machine\":{\"messages\":{\"IHVBUS\":15,\"IHVBUZ\":1}},\"steps\":[]}",
     "t:1:48: error: there is no component \"IHVBUZ\"\n"},
    {STEPS("{}"), "t:1:26: error: an empty step\n"},
    {STEPS("1"), "t:1:26: error: expected a step, found 1\n"},
    {STEPS("{\"opne\":\"x\"}"),
     "t:1:27: error: there is no step \"opne\"; did you mean \"open\"?\n"},
    {STEPS("{\"zzzzzzzz\":1}"), "t:1:27: error: there is no step \"zzzzzzzz\"\n"},
    {STEPS("{\"note\":\"a\",\"advance\":\"1s\"}"),
     "t:1:38: error: a step is one thing: \"note\" or \"advance\"\n"},
    {STEPS("{\"note\":\"a\",\"expect\":{}}"), "t:1:38: error: step \"note\" has no \"expect\"\n"},
    {STEPS("{\"expect\":{\"leeks\":0}}"),
     "t:1:37: error: an expectation has no \"leeks\"; did you mean \"leaks\"?\n"},
    {STEPS("{\"create_event\":\"e\"},{\"wait\":\"e\",\"expect\":{}}"),
     "t:1:47: error: an event has no end that \"expect\" could describe\n"},
    {STEPS("{\"together\":[{\"advance\":\"1s\"}]}"),
     "t:1:40: error: \"advance\" cannot start together with other steps\n"},
};

static void test_flaws(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++)
        check_problems(flaws[i].text, flaws[i].problem);
}

/* Check that one reading finds flaws all over the file, in the order of the text. */
static void test_several(void **state) {
    (void)state;
    check_problems("{\n\"naem\":1,\n\"steps\":[\n{\"advance\":5},\n{\"unlaod\":\"x\"}]}",
                   "t:1:1: error: a scenario needs \"name\"\n"
                   "t:2:1: error: a scenario has no \"naem\"; did you mean \"name\"?\n"
                   "t:4:12: error: expected a time such as \"10ms\", found 5\n"
                   "t:5:2: error: there is no step \"unlaod\"; did you mean \"unload\"?\n");
}

/* Check that a file full of flaws gives a page of them and a count. */
static void test_many(void **state) {
    (void)state;
    struct text text = {0}, out = {0};
    text_puts(&text, "{\"name\":\"x\",\"steps\":[");
    for (int i = 0; i < 80; i++)
        text_printf(&text, "%s{\"advance\":%d}", i ? "," : "", i);
    text_puts(&text, "]}");
    problems_of(text.data, &out);
    assert_non_null(strstr(out.data, "found 49\nt: 30 more errors\n"));
    text_free(&text);
    text_free(&out);
}

/* Check that "$schema" is for editors. */
static void test_schema_key(void **state) {
    (void)state;
    check_problems("{\"$schema\":\"x\",\"name\":\"x\",\"steps\":[]}", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_flaws), cmocka_unit_test(test_several),
                                       cmocka_unit_test(test_many),
                                       cmocka_unit_test(test_schema_key)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
