/*
 * While the system sleeps nothing of it moves: no timer, no DPC, no thread of any processor. The
 * test's body speaks for the host and goes on.
 */
#include "../threads.h"

/* Drivers declare these themselves, as no header does. */
VOID KeInitializeApc(PRKAPC Apc, PKTHREAD Thread, int Environment, PKKERNEL_ROUTINE KernelRoutine,
                     PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine,
                     KPROCESSOR_MODE ApcMode, PVOID NormalContext);
BOOLEAN KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2,
                         KPRIORITY Increment);

#define SECOND 10000000ll /* in the kernel's units */

static void fall_asleep(struct machine *m) {
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
}

static void wake(struct machine *m) {
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
}

static void sleep_for(struct machine *m, uint64_t duration) {
    fall_asleep(m);
    assert_int_equal(wdmsim_advance(m, duration), 0);
    wake(m);
}

static unsigned ticks;
static VOID count_tick(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    ticks++;
}

struct clockwork {
    KTIMER timer;
    KDPC dpc;
};

static void set(struct clockwork *clockwork, LONGLONG due, LONG period) {
    LARGE_INTEGER time = {.QuadPart = due};
    ticks = 0;
    KeInitializeTimer(&clockwork->timer);
    KeInitializeDpc(&clockwork->dpc, count_tick, NULL);
    KeSetTimerEx(&clockwork->timer, time, period, &clockwork->dpc);
}

static LONGLONG in(LONGLONG span) {
    LARGE_INTEGER now;
    KeQuerySystemTime(&now);
    return now.QuadPart + span;
}

/* ---- timers ---- */

static void a_relative_timer_has_as_long_to_go_as_before(struct machine *m) {
    struct clockwork clockwork;
    set(&clockwork, -10 * SECOND, 0);
    wdmsim_advance(m, 4 * WDMSIM_S);
    fall_asleep(m);
    wdmsim_advance(m, 3600 * WDMSIM_S);
    assert_int_equal(ticks, 0);
    wake(m);
    assert_int_equal(ticks, 0);
    wdmsim_advance(m, 5900 * WDMSIM_MS);
    assert_int_equal(ticks, 0);
    wdmsim_advance(m, 200 * WDMSIM_MS);
    assert_int_equal(ticks, 1);
}

static void an_absolute_timer_that_has_passed_expires_at_the_wake(struct machine *m) {
    struct clockwork clockwork;
    set(&clockwork, in(10 * SECOND), 0);
    fall_asleep(m);
    wdmsim_advance(m, 3600 * WDMSIM_S);
    assert_int_equal(ticks, 0);
    wake(m);
    assert_int_equal(ticks, 1);
}

static void an_absolute_timer_keeps_its_moment(struct machine *m) {
    struct clockwork clockwork;
    set(&clockwork, in(3700 * SECOND), 0);
    sleep_for(m, 3600 * WDMSIM_S);
    wdmsim_advance(m, 99 * WDMSIM_S);
    assert_int_equal(ticks, 0);
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_int_equal(ticks, 1);
}

static void a_periodic_timer_does_not_make_up_for_its_sleep(struct machine *m) {
    struct clockwork clockwork;
    set(&clockwork, -SECOND, 1000);
    wdmsim_advance(m, 3500 * WDMSIM_MS);
    assert_int_equal(ticks, 3);
    sleep_for(m, 3600 * WDMSIM_S);
    assert_int_equal(ticks, 3);
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_int_equal(ticks, 5);
    KeCancelTimer(&clockwork.timer);
}

static VOID count_expiry(PEX_TIMER timer, PVOID context) {
    (void)timer, (void)context;
    ticks++;
}

static void a_high_resolution_timer_does_not_either(struct machine *m) {
    PEX_TIMER timer = ExAllocateTimer(count_expiry, NULL, EX_TIMER_HIGH_RESOLUTION);
    ticks = 0;
    ExSetTimer(timer, -SECOND, SECOND, NULL);
    wdmsim_advance(m, 3500 * WDMSIM_MS);
    assert_int_equal(ticks, 3);
    sleep_for(m, 3600 * WDMSIM_S);
    assert_int_equal(ticks, 3);
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_int_equal(ticks, 5);
    ExDeleteTimer(timer, TRUE, TRUE, NULL);
}

/* Timers before and behind each other, of both kinds, come in order after two sleeps. */
static void many_timers_keep_their_order(struct machine *m) {
    enum { MANY = 40 };
    struct clockwork clockworks[MANY];
    for (unsigned i = 0; i < MANY; i++)
        set(&clockworks[i], -(LONGLONG)(1 + (i * 7) % MANY) * SECOND, 0);
    wdmsim_advance(m, 10500 * WDMSIM_MS);
    assert_int_equal(ticks, 10);
    sleep_for(m, 7 * WDMSIM_S);
    wdmsim_advance(m, 10 * WDMSIM_S);
    assert_int_equal(ticks, 20);
    sleep_for(m, 100 * WDMSIM_S);
    for (unsigned i = 20; i < MANY; i++) {
        wdmsim_advance(m, WDMSIM_S);
        assert_int_equal(ticks, i + 1);
    }
}

/* ---- threads and DPCs ---- */

static struct {
    KEVENT event;
    unsigned rounds;
    bool stop;
    NTSTATUS status;
    uint64_t took;
} worker;

static VOID delays(PVOID context) {
    LARGE_INTEGER moment = {.QuadPart = -SECOND};
    (void)context;
    while (!worker.stop) {
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
        worker.rounds++;
    }
}

static void a_delayed_thread_sleeps_on(struct machine *m) {
    memset(&worker, 0, sizeof worker);
    PVOID thread = thread_start(delays, NULL);
    wdmsim_advance(m, 2500 * WDMSIM_MS);
    assert_int_equal(worker.rounds, 2);
    fall_asleep(m);
    wdmsim_advance(m, 3600 * WDMSIM_S);
    assert_int_equal(worker.rounds, 2);
    wake(m);
    wdmsim_advance(m, 400 * WDMSIM_MS);
    assert_int_equal(worker.rounds, 2);
    wdmsim_advance(m, 200 * WDMSIM_MS);
    assert_int_equal(worker.rounds, 3);
    worker.stop = true;
    thread_join(thread);
}

static VOID polls(PVOID context) {
    (void)context;
    while (!worker.stop) {
        KeStallExecutionProcessor(10);
        worker.rounds++;
    }
}

/* A thread that never waits, on a processor of its own, stops where it is. */
static void a_busy_processor_stands_still(struct machine *m) {
    memset(&worker, 0, sizeof worker);
    PVOID thread = thread_start(polls, NULL);
    while (!worker.rounds)
        KeStallExecutionProcessor(1);
    fall_asleep(m);
    unsigned rounds = worker.rounds;
    wdmsim_advance(m, 3600 * WDMSIM_S);
    assert_int_equal(worker.rounds, rounds);
    assert_int_equal(wdmsim_power_wake_begin(m), 0);
    worker.stop = true;
    thread_join(thread);
    assert_int_equal(wdmsim_settle(m), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
}

static VOID waits_for_the_event(PVOID context) {
    (void)context;
    worker.status = KeWaitForSingleObject(&worker.event, Executive, KernelMode, FALSE, NULL);
    worker.rounds++;
}

static void what_is_readied_meanwhile_runs_after_the_wake(struct machine *m) {
    KDPC dpc;
    memset(&worker, 0, sizeof worker);
    KeInitializeEvent(&worker.event, NotificationEvent, FALSE);
    KeInitializeDpc(&dpc, count_tick, NULL);
    ticks = 0;
    PVOID thread = thread_start(waits_for_the_event, NULL);
    fall_asleep(m);
    KeSetEvent(&worker.event, IO_NO_INCREMENT, FALSE);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    wdmsim_advance(m, WDMSIM_S);
    assert_int_equal(worker.rounds, 0);
    assert_int_equal(ticks, 0);
    wake(m);
    assert_int_equal(worker.rounds, 1);
    assert_int_equal(ticks, 1);
    thread_join(thread);
}

static VOID waits_ten_seconds(PVOID context) {
    LARGE_INTEGER time = {.QuadPart = -10 * SECOND};
    uint64_t start = KeQueryUnbiasedInterruptTime();
    (void)context;
    worker.status = KeWaitForSingleObject(&worker.event, Executive, KernelMode, FALSE, &time);
    worker.took = KeQueryUnbiasedInterruptTime() - start;
}

static VOID special(PKAPC apc, PKNORMAL_ROUTINE *routine, PVOID *context, PVOID *argument1,
                    PVOID *argument2) {
    (void)apc, (void)routine, (void)context, (void)argument1, (void)argument2;
}

/* The wait begins anew after the APC, and still without the time of the sleep. */
static void a_wait_that_an_apc_interrupts_does_not_count_the_sleep(struct machine *m) {
    KAPC apc;
    memset(&worker, 0, sizeof worker);
    KeInitializeEvent(&worker.event, NotificationEvent, FALSE);
    PVOID thread = thread_start(waits_ten_seconds, NULL);
    wdmsim_advance(m, 4 * WDMSIM_S);
    sleep_for(m, 3600 * WDMSIM_S);
    KeInitializeApc(&apc, thread, 0, special, NULL, NULL, KernelMode, NULL);
    assert_true(KeInsertQueueApc(&apc, NULL, NULL, 0));
    thread_join(thread);
    assert_int_equal(worker.status, STATUS_TIMEOUT);
    assert_in_range(worker.took, 10 * SECOND, 10 * SECOND + 1000);
}

/* ---- clocks ---- */

static void all_clocks_but_the_unbiased_one_count_the_sleep(struct machine *m) {
    LARGE_INTEGER system[2];
    ULONGLONG interrupt[2], unbiased[2];
    for (int i = 0; i < 2; i++) {
        KeQuerySystemTime(&system[i]);
        interrupt[i] = KeQueryInterruptTime();
        unbiased[i] = KeQueryUnbiasedInterruptTime();
        if (i == 0)
            sleep_for(m, 3600 * WDMSIM_S);
        if (i == 0)
            wdmsim_advance(m, WDMSIM_S);
    }
    assert_in_range(system[1].QuadPart - system[0].QuadPart, 3601 * SECOND, 3601 * SECOND + 100000);
    assert_in_range(interrupt[1] - interrupt[0], 3601 * SECOND, 3601 * SECOND + 100000);
    assert_in_range(unbiased[1] - unbiased[0], SECOND, SECOND + 100000);
}

/* ---- what wakes ---- */

static uint64_t woke_at;
static void press_the_button(void *context) {
    woke_at = wdmsim_time(context);
    wdmsim_power_wake_begin(context);
}

/* The host's events are hardware: they go on, and one wakes the system in the middle of a span. */
static void hardware_wakes_it_at_its_time(struct machine *m) {
    struct clockwork clockwork;
    set(&clockwork, -10 * SECOND, 0);
    fall_asleep(m);
    uint64_t start = wdmsim_time(m);
    wdmsim_schedule(m, 3600 * WDMSIM_S, press_the_button, m);
    wdmsim_advance(m, 3605 * WDMSIM_S);
    assert_int_equal(woke_at - start, 3600 * WDMSIM_S);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
    assert_int_equal(ticks, 0);
    wdmsim_advance(m, 6 * WDMSIM_S);
    assert_int_equal(ticks, 1);
}

/* Passing time began before the system fell asleep by its idle timer, and ends in its sleep. */
static void the_host_passes_time_over_its_falling_asleep(struct machine *m) {
    struct clockwork clockwork;
    set(&clockwork, -SECOND, 1000);
    wdmsim_power_idle_policy(m, 60, 60, WDMSIM_POWER_SLEEP3);
    wdmsim_advance(m, 3600 * WDMSIM_S);
    assert_int_equal(wdmsim_power_system(m), PowerSystemSleeping3);
    assert_in_range(ticks, 58, 60);
    wake(m);
    KeCancelTimer(&clockwork.timer);
}

static void of_a_system_that_is_off_nothing_moves_again(struct machine *m) {
    struct clockwork clockwork;
    set(&clockwork, -SECOND, 1000);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SHUTDOWN, 0, NULL), 0);
    wdmsim_advance(m, 3600 * WDMSIM_S);
    assert_int_equal(ticks, 0);
    assert_int_equal(wdmsim_power_wake(m), WDMSIM_ERROR_INVALID);
    assert_int_equal(wdmsim_power_system(m), PowerSystemShutdown);
}

static const struct wdmsim_config four = {.processors = 4};

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_relative_timer_has_as_long_to_go_as_before),
        wdmsim_unit_test(an_absolute_timer_that_has_passed_expires_at_the_wake),
        wdmsim_unit_test(an_absolute_timer_keeps_its_moment),
        wdmsim_unit_test(a_periodic_timer_does_not_make_up_for_its_sleep),
        wdmsim_unit_test(a_high_resolution_timer_does_not_either),
        wdmsim_unit_test(many_timers_keep_their_order),
        wdmsim_unit_test(a_delayed_thread_sleeps_on),
        wdmsim_unit_test_on(a_busy_processor_stands_still, &four),
        wdmsim_unit_test(what_is_readied_meanwhile_runs_after_the_wake),
        wdmsim_unit_test_on(what_is_readied_meanwhile_runs_after_the_wake, &four),
        wdmsim_unit_test(a_wait_that_an_apc_interrupts_does_not_count_the_sleep),
        wdmsim_unit_test(all_clocks_but_the_unbiased_one_count_the_sleep),
        wdmsim_unit_test(hardware_wakes_it_at_its_time),
        wdmsim_unit_test_on(hardware_wakes_it_at_its_time, &four),
        wdmsim_unit_test(the_host_passes_time_over_its_falling_asleep),
        wdmsim_unit_test(of_a_system_that_is_off_nothing_moves_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
