/* Check every form of data, byte by byte. */
#include "scenario_test.h"

#define OPEN "{\"open\":\"x\",\"as\":\"h\"},"

static void check_data(const char *json, const char *bytes, size_t size) {
    struct text step = {0};
    text_printf(&step, OPEN "{\"write\":%s,\"file\":\"h\"}", json);
    struct scenario *scenario = good_steps(step.data);
    const struct data *data = scenario->steps.list[1].as.write.write.data;
    assert_int_equal(data->size, size);
    assert_memory_equal(data->bytes, bytes, size);
    assert_null(data->any);
    scenario_free(scenario);
    text_free(&step);
}
#define CHECK_DATA(json, bytes) check_data(json, bytes, sizeof bytes - 1)

static void test_forms(void **state) {
    (void)state;
    CHECK_DATA("[]", "");
    CHECK_DATA("{\"u8\":[1,\"0xff\",-1]}", "\x01\xff\xff");
    CHECK_DATA("{\"u16\":258}", "\x02\x01");
    CHECK_DATA("{\"u32\":[1,-2]}", "\x01\0\0\0\xfe\xff\xff\xff");
    CHECK_DATA("{\"u64\":\"0x8877665544332211\"}", "\x11\x22\x33\x44\x55\x66\x77\x88");
    CHECK_DATA("{\"u64\":-9223372036854775808}", "\0\0\0\0\0\0\0\x80");
    CHECK_DATA("\"a\\u0000\\u00e9\\n\\\"\"", "a\0\xc3\xa9\n\"");
    CHECK_DATA("{\"text\":\"\\ud83d\\ude00\"}", "\xf0\x9f\x98\x80");
    CHECK_DATA("{\"wide\":\"aé😀\\u0000\"}", "a\0\xe9\0\x3d\xd8\x00\xde\0\0");
    CHECK_DATA("{\"hex\":\"00 ffA0\"}", "\0\xff\xa0");
    CHECK_DATA("{\"base64\":\"AAECAw==\"}", "\0\x01\x02\x03");
    CHECK_DATA("{\"base64\":\"AAEC\"}", "\0\x01\x02");
    CHECK_DATA("{\"fill\":{\"byte\":170,\"count\":3}}", "\xaa\xaa\xaa");
    CHECK_DATA("[{\"u8\":1},{\"pad\":4},{\"pad\":4},{\"u8\":2}]", "\x01\0\0\0\x02");
}

/* Check that a handle is a hole of eight bytes that the run fills. */
static void test_handle(void **state) {
    (void)state;
    struct scenario *scenario = good_steps(
        "{\"create_event\":\"e\"}," OPEN "{\"write\":[{\"u32\":1},{\"pad\":8},{\"handle\":\"e\"}],"
        "\"file\":\"h\"}");
    const struct data *data = scenario->steps.list[2].as.write.write.data;
    assert_int_equal(data->size, 16);
    assert_int_equal(data->handle_count, 1);
    assert_int_equal(data->handles[0].offset, 8);
    assert_string_equal(scenario->names[data->handles[0].name].text, "e");
    scenario_free(scenario);
}

/* Check that an expectation can leave bytes open, and that it says how much must be there. */
static void test_expected(void **state) {
    (void)state;
    struct scenario *scenario =
        good_steps(OPEN "{\"read\":9,\"file\":\"h\",\"expect\":{\"out\":{\"prefix\":[{\"u8\":7},"
                        "{\"any\":2},{\"u8\":8}]}}}");
    const struct expected_out *out = scenario->steps.list[1].as.read.expect->out;
    assert_int_equal(out->mode, OUT_PREFIX);
    assert_memory_equal(out->data->any, "\0\1\1\0", 4);
    assert_int_equal(scenario->steps.list[1].as.read.read.size, 9);
    scenario_free(scenario);
}

static const struct {
    const char *data, *problem;
} flaws[] = {
    {"{\"u8\":256}", "t:1:63: error: 256 does not fit 8 bits\n"},
    {"{\"u16\":-32769}", "t:1:64: error: -32769 does not fit 16 bits\n"},
    {"{\"u32\":1.5}", "t:1:64: error: expected a whole number, found 1.5\n"},
    {"{\"hex\":\"0\"}", "t:1:64: error: expected pairs of hexadecimal digits, found \"0\"\n"},
    {"{\"base64\":\"AAE\"}", "t:1:67: error: expected base64, found \"AAE\"\n"},
    {"{\"base64\":\"A===\"}", "t:1:67: error: expected base64, found \"A===\"\n"},
    {"{\"u23\":1}", "t:1:58: error: data has no form \"u23\"; did you mean \"u32\"?\n"},
    {"{\"any\":1}", "t:1:58: error: \"any\" can stand in an expectation only\n"},
    {"{\"fill\":{\"byte\":1}}", "t:1:65: error: \"fill\" needs \"count\"\n"},
    {"{\"fill\":{\"byte\":1,\"count\":99999999}}",
     "t:1:83: error: 99999999 is out of range: 0 to 67108864\n"},
    {"{\"handle\":\"q\"}", "t:1:67: error: no step before this one names a file or event \"q\"\n"},
    {"{\"u8\":1,\"u16\":1}", "t:1:57: error: expected data: a text, {\"u32\": [1, 2]} or another "
                             "form, or a list of these, found an object\n"},
};

static void test_flaws(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++) {
        struct text text = {0};
        text_printf(&text, STEPS(OPEN "{\"write\":%s,\"file\":\"h\"}"), flaws[i].data);
        check_problems(text.data, flaws[i].problem);
        text_free(&text);
    }
}

/* Check that the buffers of one request are all addresses or none. */
static void test_addresses(void **state) {
    (void)state;
    struct scenario *scenario =
        good_steps(OPEN "{\"ioctl\":3,\"file\":\"h\",\"in\":{\"address\":\"0x10\",\"size\":4},"
                        "\"out\":{\"address\":0,\"size\":8}}");
    const struct step_ioctl *ioctl = &scenario->steps.list[1].as.ioctl;
    assert_true(ioctl->in.raw && ioctl->out.raw);
    assert_int_equal(ioctl->in.address, 0x10);
    assert_int_equal(ioctl->out.size, 8);
    scenario_free(scenario);
    check_problems(
        STEPS(OPEN "{\"ioctl\":3,\"file\":\"h\",\"in\":{\"address\":1,\"size\":4},\"out\":8}"),
        "t:1:48: error: \"in\" and \"out\" are both addresses, or neither is\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_handle),
                                       cmocka_unit_test(test_expected),
                                       cmocka_unit_test(test_flaws),
                                       cmocka_unit_test(test_addresses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
