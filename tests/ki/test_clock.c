/* The clock's queue against a plain model, ties, device events, and what moves the clock. */
#include "../threads.h"

#include "ki/clock.h"
#include "ki/machine.h"

#define NODES 500

static struct ki_clock_node nodes[NODES];
static uint64_t fired_at[8];
static unsigned fired;

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Inserts and removes at random, then drains: due times never go down, and equal ones keep the
 * order of insertion. */
static void the_queue_is_ordered(void **state) {
    struct machine *m;
    uint32_t random = 1;
    unsigned queued = 0;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    memset(nodes, 0, sizeof nodes);
    for (unsigned step = 0; step < 20000; step++) {
        struct ki_clock_node *node = &nodes[next_random(&random) % NODES];
        if (ki_clock_is_queued(node)) {
            assert_true(ki_clock_holds(m, node));
            assert_true(ki_clock_remove(m, node));
            assert_false(ki_clock_remove(m, node));
            queued--;
        } else {
            ki_clock_insert(m, node, KI_CLOCK_TIMER, 1000 + next_random(&random) % 64);
            queued++;
        }
        assert_int_equal(m->clock.count, queued);
    }
    uint64_t due = 0, order = 0;
    m->clock.now = 5000;
    while (queued--) {
        struct ki_clock_entry top = m->clock.heap[0];
        assert_true(top.due > due || (top.due == due && top.order > order));
        due = top.due;
        order = top.order;
        struct ki_clock_node *first = ki_clock_due_at(m, 0);
        assert_ptr_equal(ki_clock_take_due(m), first);
    }
    assert_null(ki_clock_take_due(m));
    wdmsim_machine_destroy(m);
}

static void fire(void *context) {
    fired_at[fired++] = wdmsim_time(context);
    if (fired == 1)
        wdmsim_schedule(context, 5, fire, context);
}

static void device_events_happen_on_time(void **state) {
    struct machine *m;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    fired = 0;
    wdmsim_schedule(m, 100, fire, m);
    int64_t never = wdmsim_schedule(m, 50, fire, m);
    assert_int_equal(wdmsim_unschedule(m, never), 0);
    assert_int_equal(wdmsim_unschedule(m, never), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_advance(m, 99), 0);
    assert_int_equal(fired, 0);
    assert_int_equal(wdmsim_advance(m, 1000), 0);
    assert_int_equal(fired, 2);
    assert_int_equal(fired_at[0], 100);
    assert_int_equal(fired_at[1], 105);
    assert_int_equal(wdmsim_time(m), 1099);
    wdmsim_machine_destroy(m);
}

static void a_stall_lets_device_events_happen(struct machine *m) {
    fired = 0;
    wdmsim_schedule(m, 3 * WDMSIM_US, fire, m);
    KeStallExecutionProcessor(2);
    assert_int_equal(fired, 0);
    KeStallExecutionProcessor(2);
    assert_int_equal(fired, 2);
    assert_int_equal(fired_at[0], 3 * WDMSIM_US);
}

static void settling_does_not_move_the_clock(struct machine *m) {
    fired = 0;
    wdmsim_schedule(m, 3, fire, m);
    wdmsim_settle(m);
    assert_int_equal(fired, 0);
    assert_int_equal(wdmsim_time(m), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_queue_is_ordered),
        cmocka_unit_test(device_events_happen_on_time),
        wdmsim_unit_test(a_stall_lets_device_events_happen),
        wdmsim_unit_test(settling_does_not_move_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
