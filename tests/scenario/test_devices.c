/* Check the parser's view of devices, of the power model, and of expectations about them. */
#include "scenario_test.h"

#define WITH(more) "{\"name\":\"t\"," more ",\"steps\":[]}"

static const struct {
    const char *text, *problems;
} flaws[] = {
    {WITH("\"devices\":[{\"id\":\"SENSOR\"}]"),
     "t:1:24: error: a device id is an enumerator, a backslash, a name\n"},
    {WITH("\"devices\":[{\"id\":\"A\\\\B\\\\1\"},{\"id\":\"A\\\\B\\\\1\"}]"),
     "t:1:41: error: a second device \"A\\B\\1\"\n"},
    {WITH("\"devices\":[{\"id\":\"A\\\\B\",\"parent\":\"c\"}]"),
     "t:1:45: error: \"devices\" has no \"c\"\n"
     "t:1:24: error: \"parent\" is a device that stands before this one\n"},
    {WITH("\"devices\":[{\"id\":\"A\\\\B\",\"states\":{\"S9\":\"D0\"}}]"),
     "t:1:47: error: there is no S state \"S9\"\n"},
    {WITH("\"devices\":[{\"id\":\"A\\\\B\",\"latency\":{\"D3\":\"1us\"}}]"),
     "t:1:53: error: a latency is a multiple of 100us\n"},
    {WITH("\"power\":{\"system\":{\"D0\":\"1W\"}}"),
     "t:1:32: error: expected a state such as S0 or DRIPS, found \"D0\"\n"},
    {WITH("\"power\":{\"devices\":{\"X\":{\"0/F1 -> 1/F0\":\"1J\"}}}"),
     "t:1:38: error: expected a transition such as \"D3 -> D0\" or \"0/F1 -> 0/F0\", found "
     "\"0/F1 -> 1/F0\"\n"},
    {WITH("\"power\":{\"devices\":{\"X\":{\"D0\":\"1J\"}}}"),
     "t:1:43: error: expected a power such as \"20mW\", found \"1J\"\n"},
    {STEPS("{\"disable\":\"x\"}"), "t:1:37: error: \"devices\" has no \"x\"\n"},
    {STEPS("{\"sleep\":\"S9\"}"),
     "t:1:35: error: expected a sleep state, found \"S9\"; did you mean \"S1\"?\n"},
    {STEPS("{\"expect\":{\"transitions\":{\"system\":{\"S0 -> S3\":[1]}}}}"),
     "t:1:73: error: a range is [least, most]\n"},
    {STEPS("{\"expect\":{\"residency\":{\"system\":[1]}}}"),
     "t:1:59: error: expected a table of states, found a list\n"},
    {STEPS("{\"expect\":{\"transitions\":{\"system\":1}}}"),
     "t:1:61: error: expected a table of transitions, found 1\n"},
};

static void test_flaws(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++) {
        struct text out = {0};
        problems_of(flaws[i].text, &out);
        /* Of two problems the order is that of the text. */
        if (strchr(flaws[i].problems, '\n')[1])
            assert_non_null(strstr(text_string(&out), "stands before this one"));
        else
            assert_string_equal(text_string(&out), flaws[i].problems);
        text_free(&out);
    }
}

static struct scenario *good(const char *text) {
    struct problems problems = {0};
    struct text out = {0};
    struct scenario *scenario = scenario_take("t", text, strlen(text), &problems);
    problem_print(&problems, "t", &out);
    assert_string_equal(text_string(&out), "");
    text_free(&out);
    problem_free(&problems);
    return scenario;
}

static void test_description(void **state) {
    (void)state;
    struct scenario *scenario = good(
        "{\"name\":\"t\",\"drivers\":[{\"name\":\"f\"},{\"name\":\"g\"}],\"devices\":[{\"id\":"
        "\"ROOT\\\\S\\\\7\",\"function\":\"f\",\"upper_filters\":[\"g\"],\"traits\":[\"removable\","
        "\"inrush\"],\"states\":{\"S3\":\"D2\"},\"latency\":{\"D3\":\"1ms\"},\"resources\":[{"
        "\"kind\":\"interrupt\",\"at\":5,\"latched\":true}]}],\"steps\":[{\"start\":"
        "\"ROOT\\\\S\\\\7\""
        "},{\"start\":\"ROOT\\\\OTHER\\\\1\"}]}");
    const struct device_spec *device = &scenario->devices.list[0];
    assert_string_equal(device->id, "ROOT\\S");
    assert_string_equal(device->instance, "7");
    assert_string_equal(device->function->name, "f");
    assert_string_equal(device->upper_filters.names[0], "g");
    assert_null(device->upper_filters.names[1]);
    assert_int_equal(device->traits.value, 1 | 16384);
    assert_int_equal(device->states.states[3], 3);
    assert_int_equal(device->latency.values[2], 10);
    assert_int_equal(device->resources.list[0].at.value, 5);
    /* The first is described, the other one only a bus driver can know. */
    assert_ptr_equal(scenario->steps.list[0].as.start.start.device, device);
    assert_string_equal(scenario->steps.list[1].as.start.start.path, "ROOT\\OTHER\\1");
    scenario_free(scenario);
}

static void test_model(void **state) {
    (void)state;
    struct scenario *scenario =
        good(WITH("\"power\":{\"system\":{\"S0\":\"1.5W\",\"DRIPS\":\"3mW\"},\"devices\":{\"A*\":{"
                  "\"D0\":\"20uW\",\"1/F2\":\"1nW\",\"0/1/P7\":\"2W\",\"D3 -> D0\":\"0.5uJ\"}}}"));
    const struct model *model = &scenario->power;
    assert_int_equal(model->system.watts[0].nanowatts, 1500000000);
    assert_int_equal(model->system.watts[1].key.kind, TRACK_DRIPS);
    const struct rates *rates = &model->devices[0].rates;
    assert_int_equal(rates->watt_count, 3);
    assert_int_equal(rates->watts[1].key.component, 1);
    assert_int_equal(rates->watts[1].key.state, 2);
    assert_int_equal(rates->watts[2].key.set, 1);
    assert_int_equal(rates->watts[2].key.state, 7);
    assert_int_equal(rates->joules[0].nanojoules, 500);
    assert_int_equal(rates->joules[0].from.state, 3);
    scenario_free(scenario);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_flaws),
                                       cmocka_unit_test(test_description),
                                       cmocka_unit_test(test_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
