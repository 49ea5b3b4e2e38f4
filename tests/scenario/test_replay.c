/* Check what recordings become: lines of CSV, and the events of tracerpt's XML. */
#include "scenario_test.h"

#include <stdio.h>
#include <unistd.h>

#include "scenario/replay.h"

static void check_csv(const char *csv, const char *expected) {
    struct text out = {0};
    replay_csv(csv, strlen(csv), &out);
    assert_string_equal(text_string(&out), expected);
    text_free(&out);
}

static void test_csv(void **state) {
    (void)state;
    check_csv("", "[]");
    check_csv("1s,sleep,S3\n", "[{\"at\":\"1s\",\"steps\":[{\"sleep\":\"S3\"}]}\n]");
    check_csv("time,step,value,device\r\n# a remark\r\n\r\n2ms,disable,,gauge\r\n",
              "[\n\n\n{\"at\":\"2ms\",\"steps\":[{\"disable\":\"gauge\"}]}\n]");
    check_csv("1s , battery , 40\n2s,usage,paging,disk\n",
              "[{\"at\":\"1s\",\"steps\":[{\"battery\":40}]}\n"
              ",{\"at\":\"2s\",\"steps\":[{\"usage\":\"paging\",\"device\":\"disk\"}]}\n]");
    check_csv("1s,note,\"one, \"\"two\"\"\"\n",
              "[{\"at\":\"1s\",\"steps\":[{\"note\":\"one, \\\"two\\\"\"}]}\n]");
}

#define EVENT(id, time, data)                                                                      \
    "<Event xmlns=\"x\"><System><Provider Name=\"Microsoft-Windows-Kernel-Power\" Guid=\"{}\" />"  \
    "<EventID>" id "</EventID><TimeCreated SystemTime=\"" time "\" /></System><EventData>" data    \
    "</EventData></Event>\n"

static void check_xml(const char *xml, const char *expected) {
    struct text out = {0};
    replay_xml(xml, strlen(xml), &out);
    assert_string_equal(text_string(&out), expected);
    text_free(&out);
}

/* What an event of component 0 of a known device says. */
static void check_activity(const char *id, const char *data, const char *expected) {
    char xml[2048], steps[1024];
    snprintf(xml, sizeof xml,
             EVENT("304", "2026-03-01T00:00:01Z",
                   "<Data Name=\"Token\">7</Data><Data Name=\"Id\">R\\T\\0</Data>")
                 EVENT("%s", "2026-03-01T00:00:01Z",
                       "<Data Name=\"Token\">7</Data><Data Name=\"Component\">0</Data>%s"),
             id, data);
    snprintf(steps, sizeof steps,
             "[{\"at\":\"0ns\",\"steps\":[{\"note\":\"PoFx event 304: Token=7 Id=R\\\\T\\\\0\"}]}\n"
             ",{\"at\":\"0ns\",\"steps\":[{\"activity\":\"R\\\\T\\\\0\",\"component\":0,%s,"
             "\"if_present\":true}]}]",
             expected);
    check_xml(xml, steps);
}

static void test_xml(void **state) {
    (void)state;
    check_xml("<Events></Events>", "[]");
    check_xml("<Events>\n" EVENT("42", "2026-02-28T23:59:59.5000000Z",
                                 "<Data Name=\"TargetState\">       5</Data>")
                  EVENT("107", "2026-03-01T00:00:01.0Z", "") "</Events>",
              "[\n{\"at\":\"0ns\",\"steps\":[{\"sleep\":\"S4\"}]}\n"
              ",{\"at\":\"1500000000ns\",\"steps\":[{\"wake\":\"button\"}]}]");
    check_xml(EVENT("105", "2026-03-01T00:00:01Z", "<Data Name=\"AcOnline\">false</Data>"),
              "[{\"at\":\"0ns\",\"steps\":[{\"power_source\":\"battery\"}]}]");
    check_xml(EVENT("313", "2026-03-01T00:00:01Z", "<Data Name=\"Component\">1</Data>"),
              "[{\"at\":\"0ns\",\"steps\":[{\"note\":\"PoFx event 313: Component=1\"}]}]");
    /* Devices are known by what their registration says of their token. */
    check_xml(EVENT("303", "2026-03-01T00:00:01Z",
                    "<Data Name=\"Token\">0xA1</Data><Data Name=\"Id\"> ACPI\\A&amp;B\\0</Data>")
                  EVENT("312", "2026-03-01T00:00:02Z",
                        "<Data Name=\"Token\">0xA1</Data><Data Name=\"Component\">       1</Data>"
                        "<Data Name=\"Active\"> true</Data>")
                      EVENT("312", "2026-03-01T00:00:03Z", "<Data Name=\"Token\">0xA2</Data>"),
              "[{\"at\":\"0ns\",\"steps\":[{\"note\":\"PoFx event 303: Token=0xA1 Id= "
              "ACPI\\\\A&amp;B\\\\0\"}]}\n"
              ",{\"at\":\"1000000000ns\",\"steps\":[{\"activity\":\"ACPI\\\\A&B\\\\0\","
              "\"component\":1,\"active\":true,\"if_present\":true}]}\n"
              ",{\"at\":\"2000000000ns\",\"steps\":[{\"note\":\"PoFx event 312: Token=0xA2\"}]}]");
    check_activity("312", "<Data Name=\"Active\">false</Data>", "\"active\":false");
    check_activity("313", "<Data Name=\"IdleState\">       2</Data>", "\"F\":2");
    check_activity("314", "<Data Name=\"Latency\">10000</Data>", "\"latency\":\"1000000ns\"");
    check_activity("314", "<Data Name=\"Latency\">18446744073709551615</Data>",
                   "\"latency\":\"9223372036854775800ns\"");
    check_activity("315", "<Data Name=\"Residency\">0x10</Data>", "\"residency\":\"1600ns\"");
    check_activity("316", "<Data Name=\"ArmedForWake\">true</Data>", "\"armed\":true");
    /* What is skipped still begins the time. */
    check_xml(EVENT("172", "2026-03-01T00:00:01Z", "") EVENT("506", "2026-03-01T00:00:03Z", ""),
              "[\n{\"at\":\"2000000000ns\",\"steps\":[{\"standby\":\"enter\"}]}]");
}

/* Check that what is wrong in a recording is told with its line, where the scenario names it. */
static void test_problems(void **state) {
    (void)state;
    FILE *file = fopen("replay_test.csv", "w");
    assert_non_null(file);
    fputs("# two flaws\n1s,sleep,S9\n2s,dance,1\n", file);
    fclose(file);
    struct text out = {0};
    problems_of(STEPS("{\"replay\":\"replay_test.csv\"}"), &out);
    assert_non_null(strstr(out.data, "t:1:36: error: replay_test.csv:2: expected a sleep state"));
    assert_non_null(strstr(out.data, "t:1:36: error: replay_test.csv:3: there is no step"));
    text_free(&out);
    unlink("replay_test.csv");
    check_problems(STEPS("{\"replay\":\"no_such.csv\"}"),
                   "t:1:36: error: no_such.csv:0: No such file or directory\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_csv), cmocka_unit_test(test_xml),
                                       cmocka_unit_test(test_problems)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
