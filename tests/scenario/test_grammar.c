/* Check that a text that is not strict JSON is refused, each flaw with its message and position. */
#include "scenario_test.h"

static const struct {
    const char *text, *problem;
} flaws[] = {
    {"", "t:1:1: error: the text ends where a value should stand\n"},
    {"\n\n", "t:3:1: error: the text ends where a value should stand\n"},
    {"{\n  \"name\": \"x\",\n}", "t:2:14: error: a comma with nothing behind it\n"},
    {"[1,]", "t:1:3: error: a comma with nothing behind it\n"},
    {"[1 2]", "t:1:4: error: ',' or ']' should stand here\n"},
    {"{\"a\":1 \"b\":2}", "t:1:8: error: ',' or '}' should stand here\n"},
    {"{\"a\" 1}", "t:1:6: error: ':' should stand here\n"},
    {"{a:1}", "t:1:2: error: a key in double quotes should stand here\n"},
    {"{\"a\":{\"b\":1}", "t:1:1: error: this '{' is never closed\n"},
    {"[[1]", "t:1:1: error: this '[' is never closed\n"},
    {"{} {}", "t:1:4: error: text behind the end of the scenario\n"},
    {"[01]", "t:1:2: error: a number cannot begin with 0\n"},
    {"[0x10]", "t:1:2: error: a hexadecimal number is written as a string: \"0x…\"\n"},
    {"[1.]", "t:1:2: error: a decimal point without digits behind it\n"},
    {"[1e]", "t:1:2: error: an exponent without digits\n"},
    {"[-]", "t:1:2: error: a minus sign without digits\n"},
    {"[+1]", "t:1:2: error: a value should stand here\n"},
    {"[True]", "t:1:2: error: not a JSON value; is it a string without quotes?\n"},
    {"[\"a]", "t:1:2: error: this string has no end on its line\n"},
    {"[\"a\tb\"]", "t:1:4: error: a control character in a string; write it as \\uXXXX\n"},
    {"[\"\\x\"]", "t:1:3: error: no such escape; a backslash is written \\\\\n"},
    {"[\"\\u12\"]", "t:1:3: error: \\u wants four hexadecimal digits\n"},
    {"[\"\\ud800\"]", "t:1:3: error: half of a surrogate pair\n"},
    {"[\"\\udc00\"]", "t:1:3: error: half of a surrogate pair\n"},
    {"{\"\\u0000\":1}", "t:1:3: error: a zero character in a key\n"},
    {"[1] /* no end", "t:1:5: error: this comment has no end\n"},
    {"[\"\xff\"]", "t:1:3: error: not UTF-8 (byte 0xff)\n"},
    {"[\"\xc0\xaf\"]", "t:1:3: error: not UTF-8 (byte 0xc0)\n"},
    {"[\"\xed\xa0\x80\"]", "t:1:3: error: not UTF-8 (byte 0xed)\n"},
    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
     "t:1:33: error: nested too deeply\n"},
};

static void test_flaws(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++)
        check_problems(flaws[i].text, flaws[i].problem);
}

/* Check that a zero byte in the file is not taken for its end. */
static void test_zero_byte(void **state) {
    (void)state;
    static const char text[] = "{}\0{}";
    struct problems problems = {0};
    struct text out = {0};
    assert_null(scenario_take("t", text, sizeof text - 1, &problems));
    problem_print(&problems, "t", &out);
    assert_string_equal(out.data, "t:1:3: error: a zero byte (byte 0x00)\n");
    text_free(&out);
    problem_free(&problems);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_flaws),
                                       cmocka_unit_test(test_zero_byte)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
