/*
 * Check what the history makes of events: time in states, transitions, energy by the power model,
 * what requests waited for, who kept the system from DRIPS.
 */
#include "scenario_test.h"

#include "history_feed.h"
#include "report/power.h"

static struct watts watts[] = {{{TRACK_DEVICE, 0, 0, 0}, 1000000000},
                               {{TRACK_DEVICE, 0, 0, 3}, 1000000},
                               {{TRACK_COMPONENT, 0, 0, 0}, 500000000},
                               {{TRACK_COMPONENT, 0, 0, 1}, 100000000}};
static struct joules joules[] = {{{TRACK_DEVICE, 0, 0, 3}, {TRACK_DEVICE, 0, 0, 0}, 2000000}};
static struct device_rates gauges[] = {{"root\\gauge*", {4, 1, watts, joules}}};
static struct watts system_watts[] = {{{TRACK_SYSTEM, 0, 0, 0}, 2000000000},
                                      {{TRACK_SYSTEM, 0, 0, 3}, 10000000},
                                      {{TRACK_DRIPS, 0, 0, 1}, 5000000}};
static const struct model model = {true, {3, 0, system_watts, NULL}, 1, gauges};

static void test_residency(void **state) {
    (void)state;
    struct feed feed = {0};
    history_begin(&feed.history, false, NULL);
    feed_device(&feed);
    feed.now += 10 * MS;
    feed_cycle(&feed, 1, 20);
    feed_cycle(&feed, 2, 30);
    history_settle(&feed.history, feed.now);
    const struct track *d = history_track(&feed.history, 2, TRACK_DEVICE, 0, 0);
    assert_int_equal(track_use(d, 3).time, 56 * MS);
    assert_int_equal(track_use(d, 3).entries, 2);
    assert_int_equal(track_use(d, 0).time, 12 * MS);
    assert_int_equal(track_moves(d, 3, 0), 2);
    assert_int_equal(track_moves(d, 0, 3), 2);
    assert_int_equal(track_time(d), feed.now);
    const struct track *f = history_track(&feed.history, 2, TRACK_COMPONENT, 0, 0);
    assert_int_equal(track_use(f, 1).time, 56 * MS);
    assert_null(history_track(&feed.history, 2, TRACK_COMPONENT, 1, 0));
    assert_null(history_track(&feed.history, 7, TRACK_DEVICE, 0, 0));
    const struct track *s = history_track(&feed.history, HISTORY_NOBODY, TRACK_SYSTEM, 0, 0);
    assert_int_equal(track_use(s, 0).time, feed.now);
    history_end(&feed.history);
}

/* Check that a device that has gone is in no state any more. */
static void test_gone(void **state) {
    (void)state;
    struct feed feed = {0};
    history_begin(&feed.history, true, NULL);
    feed_device(&feed);
    feed.now += 5 * MS;
    FEED(&feed, PNP_STATE, "deleted", 2, 0, 0, 0);
    feed.now += 100 * MS;
    history_settle(&feed.history, feed.now);
    assert_int_equal(track_time(history_track(&feed.history, 2, TRACK_DEVICE, 0, 0)), 5 * MS);
    assert_true(history_node(&feed.history, 2)->gone);
    history_end(&feed.history);
}

/* Check each term of the sum: states, transitions, components in D0 only, DRIPS instead of S0. */
static void test_energy(void **state) {
    (void)state;
    struct feed feed = {0};
    history_begin(&feed.history, false, &model);
    feed_device(&feed);
    feed.now += 10 * MS;
    FEED(&feed, FX_STATE, "", 2, 0, 0, 1);
    feed.now += 10 * MS;
    FEED(&feed, POWER_DEVICE, "", 2, 0, 3, 0);
    feed.now += 1000 * MS;
    FEED(&feed, POWER_DEVICE, "", 2, 3, 0, 0);
    FEED(&feed, POWER_DRIPS, "", 1, 0, 0, 0);
    feed.now += 1000 * MS;
    FEED(&feed, POWER_DRIPS, "", 0, 0, 0, 0);
    FEED(&feed, POWER_SYSTEM, "", 0, 3, 0, 0);
    feed.now += 1000 * MS;
    history_settle(&feed.history, feed.now);
    const energy_t uj = 1000000000000ull; /* attojoules */
    energy_t device = history_track(&feed.history, 2, TRACK_DEVICE, 0, 0)->energy;
    /* 20 ms and 2 s of 1 W, 1 s of 1 mW, 2 mJ for coming back. */
    assert_true(device == (20000 + 2000000 + 1000 + 2000) * uj);
    energy_t component = history_track(&feed.history, 2, TRACK_COMPONENT, 0, 0)->energy;
    /* Its F0 began with the first event of it: only F1's 10 ms and 2 s in D0 count. */
    assert_true(component == (1000 + 200000) * uj);
    /* 1.02 s of 2 W, 1 s of 5 mW in DRIPS, 1 s of 10 mW in S3. */
    assert_true(energy_of_node(&feed.history.system) == (2040000 + 5000 + 10000) * uj);
    assert_true(energy_of_all(&feed.history) ==
                device + component + energy_of_node(&feed.history.system));
    history_end(&feed.history);
}

static void test_latency(void **state) {
    (void)state;
    struct feed feed = {0};
    struct latency_summary latency;
    history_begin(&feed.history, false, NULL);
    feed_device(&feed);
    feed_cycle(&feed, 1, 20);
    /* The device is on: this one takes 7 ms and waits for nothing. */
    FEED(&feed, THREAD_START, "Request", 300, 0, 0, 0);
    FEED(&feed, REQUEST, "ioctl", 9, 0, 0, 0);
    feed.thread = 300;
    FEED(&feed, IRP_CALL, "\\Device\\Gauge0", 90, 14, 2, 0);
    feed.now += 7 * MS;
    FEED(&feed, REQUEST_END, "", 9, 0, 0, 0);
    power_latency(&feed.history, &latency);
    assert_int_equal(latency.count, 2);
    assert_int_equal(latency.delayed, 1);
    assert_int_equal(latency.p50, 4 * MS);
    assert_int_equal(latency.p99, 7 * MS);
    assert_int_equal(latency.added_p50, 0);
    assert_int_equal(latency.added_p99, 3 * MS);
    history_end(&feed.history);
}

static void test_blockers(void **state) {
    (void)state;
    struct feed feed = {0};
    struct blocker list[4];
    const char *first[] = {"a"}, *second[] = {"a", "b"};
    history_begin(&feed.history, false, NULL);
    blockers_set(&feed.history, 10 * MS, first, 1);
    blockers_set(&feed.history, 20 * MS, second, 2);
    blockers_set(&feed.history, 50 * MS, NULL, 0);
    history_settle(&feed.history, 90 * MS);
    assert_int_equal(blockers_list(&feed.history, list, 4), 2);
    assert_string_equal(list[0].name, "a");
    assert_int_equal(list[0].time, 40 * MS);
    assert_int_equal(list[1].time, 30 * MS);
    history_end(&feed.history);
}

/* Check that memory is bounded and the sums are not: the older changes go, the time in states
 * stays. */
static void test_bounded(void **state) {
    (void)state;
    struct feed feed = {0};
    const uint64_t cycles = HISTORY_CHANGES;
    history_begin(&feed.history, true, NULL);
    feed_device(&feed);
    for (uint64_t i = 0; i < cycles; i++) {
        feed.now += MS;
        FEED(&feed, POWER_DEVICE, "", 2, i % 2 ? 3 : 0, i % 2 ? 0 : 3, 0);
    }
    history_settle(&feed.history, feed.now);
    const struct track *d = history_track(&feed.history, 2, TRACK_DEVICE, 0, 0);
    assert_true(feed.history.changes <= HISTORY_CHANGES);
    assert_true(feed.history.from > 0);
    assert_true(d->changes[0].time >= feed.history.from);
    assert_int_equal(track_time(d), feed.now);
    assert_int_equal(track_use(d, 3).entries, cycles / 2);
    history_end(&feed.history);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_residency), cmocka_unit_test(test_gone),
        cmocka_unit_test(test_energy),    cmocka_unit_test(test_latency),
        cmocka_unit_test(test_blockers),  cmocka_unit_test(test_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
