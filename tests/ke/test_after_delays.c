/* A device that becomes ready after its driver has polled it some number of times. */
#include "../threads.h"

static volatile ULONG status_register;
static unsigned events;

static void become_ready(void *context) {
    (void)context;
    status_register = 1;
}

/* What drivers write: poll, wait a little, give up after a while. Returns the number of delays. */
static unsigned poll_until_ready(unsigned limit) {
    unsigned delays = 0;
    while (!status_register && delays < limit) {
        KeStallExecutionProcessor(10);
        delays++;
    }
    return delays;
}

static void a_stalling_driver_finds_it_ready(struct machine *m) {
    status_register = 0;
    assert_true(wdmsim_after_delays(m, 7, become_ready, NULL) > 0);
    assert_int_equal(poll_until_ready(100), 7);
    assert_int_equal(wdmsim_time(m), 70 * WDMSIM_US);
}

static void a_sleeping_driver_does_too(struct machine *m) {
    LARGE_INTEGER interval = {.QuadPart = -10000};
    unsigned delays = 0;
    status_register = 0;
    wdmsim_after_delays(m, 3, become_ready, NULL);
    for (; !status_register && delays < 100; delays++)
        KeDelayExecutionThread(KernelMode, FALSE, &interval);
    assert_int_equal(delays, 3);
    assert_int_equal(wdmsim_time(m), 3 * WDMSIM_MS);
}

static char order[8];

static void note(void *context) {
    order[strlen(order)] = *(const char *)context;
    events++;
}

/* Check that several wait for their own numbers, and those of one number come in order. */
static void events_come_in_order(struct machine *m) {
    memset(order, 0, sizeof order);
    wdmsim_after_delays(m, 2, note, (void *)"b");
    wdmsim_after_delays(m, 1, note, (void *)"a");
    wdmsim_after_delays(m, 2, note, (void *)"c");
    KeStallExecutionProcessor(1);
    assert_string_equal(order, "a");
    KeStallExecutionProcessor(1);
    assert_string_equal(order, "abc");
}

static void one_that_is_taken_back_does_not_come(struct machine *m) {
    events = 0;
    int64_t id = wdmsim_after_delays(m, 1, note, (void *)"x");
    assert_int_equal(wdmsim_unschedule(m, id), 0);
    assert_int_equal(wdmsim_unschedule(m, id), WDMSIM_ERROR_NOT_FOUND);
    KeStallExecutionProcessor(1);
    assert_int_equal(events, 0);
    assert_int_equal(wdmsim_after_delays(m, 0, note, NULL), WDMSIM_ERROR_INVALID);
}

static unsigned interrupts;
static KSERVICE_ROUTINE serve;
static BOOLEAN serve(PKINTERRUPT interrupt, PVOID context) {
    (void)interrupt;
    (void)context;
    interrupts++;
    return TRUE;
}

static void raise_interrupt(void *context) { wdmsim_interrupt_raise(context, 0x51); }

/* Check that an interrupt which the event raises is served before the delay returns. */
static void it_may_raise_an_interrupt(struct machine *m) {
    PKINTERRUPT interrupt;
    interrupts = 0;
    assert_int_equal(
        IoConnectInterrupt(&interrupt, serve, NULL, NULL, 0x51, 5, 5, Latched, FALSE, 1, FALSE),
        STATUS_SUCCESS);
    wdmsim_after_delays(m, 2, raise_interrupt, m);
    KeStallExecutionProcessor(1);
    assert_int_equal(interrupts, 0);
    KeStallExecutionProcessor(1);
    assert_int_equal(interrupts, 1);
    IoDisconnectInterrupt(interrupt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_stalling_driver_finds_it_ready),
        wdmsim_unit_test(a_sleeping_driver_does_too),
        wdmsim_unit_test(events_come_in_order),
        wdmsim_unit_test(one_that_is_taken_back_does_not_come),
        wdmsim_unit_test(it_may_raise_an_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
