/*
 * Check the reports that are made of a history: the page's data, the Chrome trace, the power report
 * as JSON. Each is read back as JSON.
 */
#include "scenario_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "history_feed.h"
#include "report/html.h"
#include "report/perfetto.h"
#include "report/power.h"
#include "report/timeline.h"

static struct scenario scenario = {.name = "a </script> of \"quotes\"", .file = "t.json"};
static struct run_options options;
static struct run run = {.scenario = &scenario, .options = &options, .processors = 2};

static void feed_run(struct feed *feed) {
    history_begin(&feed->history, true, NULL);
    feed_device(feed);
    for (uint32_t i = 1; i <= 3; i++)
        feed_cycle(feed, i, 10);
    FEED(feed, NOTE, "a remark", 0, 0, 0, 0);
    FEED(feed, IRP_CALL, "\\Device\\Gauge0", 77, 4, 2, 0);
    history_settle(&feed->history, feed->now + MS);
}

static const cJSON *member(const cJSON *object, const char *key) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, key);
    assert_non_null(found);
    return found;
}

static double number(const cJSON *list, int index) {
    return cJSON_GetArrayItem(list, index)->valuedouble;
}

static const cJSON *find_track(const cJSON *tracks, const char *kind) {
    for (const cJSON *one = tracks->child; one; one = one->next)
        if (strcmp(member(one, "kind")->valuestring, kind) == 0)
            return one;
    return NULL;
}

static void test_data(void **state) {
    (void)state;
    struct feed feed = {0};
    struct text text = {0};
    feed_run(&feed);
    timeline_json(&run, &feed.history, &text);
    cJSON *root = cJSON_Parse(text.data);
    assert_non_null(root);
    assert_string_equal(member(root, "outcome")->valuestring, "passed");
    assert_int_equal(cJSON_GetArraySize(member(root, "nodes")), 1);
    const cJSON *d = find_track(member(root, "tracks"), "D");
    assert_string_equal(cJSON_GetArrayItem(member(d, "states"), 0)->valuestring, "D0");
    assert_int_equal(cJSON_GetArraySize(member(d, "changes")), 2 * 7);
    assert_int_equal(number(member(d, "moves"), 2), 3);
    /* Three requests, their IRPs, and one IRP that is pending. */
    const cJSON *spans = member(root, "spans");
    assert_int_equal(cJSON_GetArraySize(spans), 7 * 7);
    assert_true(number(spans, 6 * 7 + 1) == -1);
    assert_int_equal(cJSON_GetArraySize(member(root, "marks")), 4 * 4);
    assert_int_equal(member(member(member(root, "power"), "requests"), "count")->valuedouble, 3);
    cJSON_Delete(root);
    text_free(&text);
    history_end(&feed.history);
}

static char *read_whole(const char *file) {
    FILE *stream = fopen(file, "rb");
    assert_non_null(stream);
    char *data = calloc(1, 1 << 20);
    assert_true(fread(data, 1, (1 << 20) - 1, stream) > 0);
    fclose(stream);
    return data;
}

/* Check that the page holds the data where its script looks for it, and that no text ends it early.
 */
static void test_page(void **state) {
    (void)state;
    struct feed feed = {0};
    struct text text = {0};
    const struct text *runs[] = {&text};
    feed_run(&feed);
    timeline_json(&run, &feed.history, &text);
    assert_true(html_write("timeline_test.html", runs, 1));
    char *page = read_whole("timeline_test.html");
    char *data = strstr(page, "id=\"data\">");
    assert_non_null(data);
    data += strlen("id=\"data\">");
    char *end = strstr(data, "</script>");
    assert_non_null(end);
    *end = 0;
    assert_null(strchr(data, '<'));
    cJSON *root = cJSON_Parse(data);
    assert_non_null(root);
    const cJSON *first = member(root, "runs")->child;
    assert_string_equal(member(first, "name")->valuestring, scenario.name);
    cJSON_Delete(root);
    free(page);
    unlink("timeline_test.html");
    text_free(&text);
    history_end(&feed.history);
}

/* Check that slices follow each other, that what begins ends, and that each run has its own
 * processes. */
static void test_perfetto(void **state) {
    (void)state;
    struct feed feed = {0};
    struct text text = {0};
    const struct text *runs[] = {&text, &text};
    feed_run(&feed);
    perfetto_events(&feed.history, "t", &text);
    assert_true(perfetto_write("timeline_test.json", runs, 2));
    char *file = read_whole("timeline_test.json");
    cJSON *root = cJSON_Parse(file);
    assert_non_null(root);
    int slices = 0, open = 0, first = 0, second = 0, counters = 0;
    for (const cJSON *one = member(root, "traceEvents")->child; one; one = one->next) {
        const char *phase = member(one, "ph")->valuestring;
        int process = (int)member(one, "pid")->valuedouble;
        slices += *phase == 'X';
        counters += *phase == 'C';
        open += *phase == 'b' ? 1 : *phase == 'e' ? -1 : 0;
        first += process == 100002;
        second += process == 200002;
        assert_true(process == 100000 || process == 100002 || process == 200000 ||
                    process == 200002);
    }
    assert_int_equal(open, 0);
    assert_true(slices > 30);
    assert_true(counters > 10);
    assert_true(first > 20 && first == second);
    cJSON_Delete(root);
    free(file);
    unlink("timeline_test.json");
    text_free(&text);
    history_end(&feed.history);
}

static void test_power(void **state) {
    (void)state;
    struct feed feed = {0};
    struct text json = {0}, text = {0};
    feed_run(&feed);
    power_json(&feed.history, "t", &json);
    cJSON *root = cJSON_Parse(json.data);
    assert_non_null(root);
    const cJSON *d = find_track(member(root, "tracks"), "D");
    const cJSON *deep = cJSON_GetArrayItem(member(d, "states"), 1);
    assert_string_equal(member(deep, "state")->valuestring, "D3");
    assert_true(member(deep, "seconds")->valuedouble > 0.0389 &&
                member(deep, "seconds")->valuedouble < 0.0391);
    assert_true(member(member(member(root, "requests"), "added"), "p99")->valuedouble > 0.0029);
    power_text(&feed.history, "t", &text);
    assert_non_null(strstr(text.data, "ROOT\\GAUGE\\0000"));
    assert_non_null(strstr(text.data, "added p50 3 ms"));
    cJSON_Delete(root);
    text_free(&json);
    text_free(&text);
    history_end(&feed.history);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_perfetto),
        cmocka_unit_test(test_power),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
