/* Check the forms of single values: times, dates, numbers, control codes, words, statuses. */
#include "scenario_test.h"

static void check_time(const char *text, uint64_t expected) {
    struct text step = {0};
    text_printf(&step, "{\"advance\":\"%s\"}", text);
    struct scenario *scenario = good_steps(step.data);
    assert_int_equal(scenario->steps.list[0].as.advance.advance.value, expected);
    scenario_free(scenario);
    text_free(&step);
}

static void test_times(void **state) {
    (void)state;
    check_time("0s", 0);
    check_time("7ns", 7);
    check_time("10us", 10000);
    check_time("2ms", 2000000);
    check_time("1.5ms", 1500000);
    check_time("0.000000001s", 1);
    check_time("1min", 60000000000u);
    check_time("365d", 31536000000000000u);
    static const char *const wrong[] = {
        "5",    "5 ms", "ms",       "-1ms",           ".5ms",
        "1.ms", "1e3s", "999999d9", "9999999999999d", "1.0000000001s"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct text text = {0}, problem = {0};
        text_printf(&text, STEPS("{\"advance\":\"%s\"}"), wrong[i]);
        text_printf(&problem, "t:1:37: error: expected a time such as \"10ms\", found \"%s\"\n",
                    wrong[i]);
        check_problems(text.data, problem.data);
        text_free(&text);
        text_free(&problem);
    }
}

static uint64_t boot_time(const char *date) {
    struct problems problems = {0};
    struct text text = {0};
    text_printf(&text, "{\"name\":\"t\",\"machine\":{\"boot_time\":\"%s\"},\"steps\":[]}", date);
    struct scenario *scenario = scenario_take("t", text.data, text.length, &problems);
    assert_non_null(scenario);
    uint64_t value = scenario->machine->boot_time.value;
    scenario_free(scenario);
    text_free(&text);
    return value;
}

/* Check dates against numbers known from elsewhere: the epochs of Unix and of 2000. */
static void test_dates(void **state) {
    (void)state;
    assert_int_equal(boot_time("1970-01-01T00:00:00Z"), 116444736000000000);
    assert_int_equal(boot_time("2000-03-01T00:00:00Z"), 125963424000000000);
    assert_int_equal(boot_time("1601-01-01T00:00:01Z"), 10000000);
    check_problems(
        "{\"name\":\"t\",\"machine\":{\"boot_time\":\"2026-13-01T00:00:00Z\"},\"steps\":[]}",
        "t:1:36: error: expected a date such as \"2026-01-01T00:00:00Z\", found "
        "\"2026-13-01T00:00:00Z\"\n");
}

static uint64_t control_code(const char *code) {
    struct text step = {0};
    text_printf(&step, "{\"open\":\"x\",\"as\":\"h\"},{\"ioctl\":%s,\"file\":\"h\"}", code);
    struct scenario *scenario = good_steps(step.data);
    uint64_t value = scenario->steps.list[1].as.ioctl.ioctl.value;
    scenario_free(scenario);
    text_free(&step);
    return value;
}

static void test_control_codes(void **state) {
    (void)state;
    assert_int_equal(control_code("2236420"), 0x222004);
    assert_int_equal(control_code("\"0x222004\""), 0x222004);
    assert_int_equal(control_code("{\"device_type\":\"FILE_DEVICE_UNKNOWN\",\"function\":2049,"
                                  "\"method\":\"buffered\"}"),
                     0x222004);
    assert_int_equal(control_code("{\"device_type\":40000,\"function\":\"0x901\",\"method\":"
                                  "\"neither\",\"access\":\"read_write\"}"),
                     0x9c40e407);
}

/* Check that 64-bit numbers arrive whole, which JSON's doubles would not. */
static void test_large_numbers(void **state) {
    (void)state;
    struct problems problems = {0};
    static const char text[] =
        "{\"name\":\"t\",\"machine\":{\"seed\":18446744073709551615},\"steps\":[]}";
    struct scenario *scenario = scenario_take("t", text, sizeof text - 1, &problems);
    assert_non_null(scenario);
    assert_true(scenario->machine->seed.value == UINT64_MAX);
    scenario_free(scenario);
}

static const struct {
    const char *text, *problem;
} flaws[] = {
    {"{\"name\":\"t\",\"machine\":{\"processors\":65},\"steps\":[]}",
     "t:1:37: error: 65 is out of range: 1 to 64\n"},
    {"{\"name\":\"t\",\"machine\":{\"processors\":1.5},\"steps\":[]}",
     "t:1:37: error: expected a number of processors, found 1.5\n"},
    {"{\"name\":\"t\",\"machine\":{\"group_size\":3},\"steps\":[]}",
     "t:1:37: error: expected a power of two up to 64, found 3\n"},
    {"{\"name\":\"t\",\"machine\":{\"group_size\":0},\"steps\":[]}",
     "t:1:37: error: 0 is out of range: 1 to 64\n"},
    {"{\"name\":\"t\",\"machine\":{\"group_size\":128},\"steps\":[]}",
     "t:1:37: error: 128 is out of range: 1 to 64\n"},
    {"{\"name\":\"t\",\"machine\":{\"maximum_processors\":2,\"processors\":3},\"steps\":[]}",
     "t:1:45: error: fewer than the 3 that are there from the start\n"},
    {STEPS("{\"add_processors\":0}"), "t:1:44: error: 0 is out of range: 1 to 64\n"},
    {"{\"name\":\"t\",\"machine\":{\"seed\":-1},\"steps\":[]}",
     "t:1:31: error: -1 is out of range: 0 to 18446744073709551615\n"},
    {"{\"name\":\"t\",\"machine\":{\"seed\":18446744073709551616},\"steps\":[]}",
     "t:1:31: error: expected a whole number, found 18446744073709551616\n"},
    {"{\"name\":\"t\",\"machine\":{\"strategy\":\"randon\"},\"steps\":[]}",
     "t:1:35: error: expected a strategy, found \"randon\"; did you mean \"random\"?\n"},
    {"{\"name\":\"t\",\"machine\":{\"guard_pool\":1},\"steps\":[]}",
     "t:1:37: error: expected true or false, found 1\n"},
    {"{\"name\":\"t\",\"machine\":{\"trace\":[\"ki.irq\"]},\"steps\":[]}",
     "t:1:33: error: there is no event \"ki.irq\"; did you mean \"ki.irql\"?\n"},
    {"{\"name\":\"\",\"steps\":[]}", "t:1:9: error: expected a text, found an empty text\n"},
    {"{\"name\":\"a\\u0000b\",\"steps\":[]}",
     "t:1:9: error: a zero character, which only data may contain\n"},
    {STEPS("{\"load\":\"x\",\"expect\":{\"status\":\"STATUS_SUCESS\"}}"),
     "t:1:57: error: there is no status \"STATUS_SUCESS\"\n"},
    {STEPS("{\"load\":\"x\",\"expect\":{\"status\":[]}}"),
     "t:1:57: error: an empty list of statuses\n"},
    {STEPS("{\"expect\":{\"bugcheck\":\"NO_SUCH\"}}"),
     "t:1:48: error: there is no bug check \"NO_SUCH\"\n"},
    {STEPS("{\"expect\":{\"bugcheck\":{\"code\":\"0xd1\",\"parameters\":[1,2,3,4,5]}}}"),
     "t:1:76: error: expected up to four numbers or null, found a list\n"},
};

static void test_flaws(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++)
        check_problems(flaws[i].text, flaws[i].problem);
}

/* Check that a status may be a name, a number, or any of several. */
static void test_statuses(void **state) {
    (void)state;
    struct scenario *scenario = good_steps(
        "{\"load\":\"x\",\"expect\":{\"status\":[\"STATUS_PENDING\",\"0xC0000120\",\"success\"]}}");
    const struct statuses *statuses = scenario->steps.list[0].as.load.expect->status;
    assert_int_equal(statuses->count, 2);
    assert_int_equal(statuses->values[0], 0x103);
    assert_int_equal(statuses->values[1], 0xc0000120);
    assert_true(statuses->success);
    scenario_free(scenario);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),         cmocka_unit_test(test_dates),
        cmocka_unit_test(test_control_codes), cmocka_unit_test(test_large_numbers),
        cmocka_unit_test(test_flaws),         cmocka_unit_test(test_statuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
