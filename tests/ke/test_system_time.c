/* A change of the system time: what is set to a moment of the calendar follows, nothing else does.
 */
#include <wdmsim/clock.h>

#include "../threads.h"

#define SECOND 10000000ll

static KTIMER timers[2]; /* absolute, relative */

static LARGE_INTEGER now(void) {
    LARGE_INTEGER time;
    KeQuerySystemTime(&time);
    return time;
}

static LARGE_INTEGER in(LONGLONG seconds) {
    LARGE_INTEGER time = now();
    time.QuadPart += seconds * SECOND;
    return time;
}

static void the_calendar_changes_and_the_counters_do_not(struct machine *m) {
    LARGE_INTEGER before = now();
    ULONGLONG interrupt_time = KeQueryInterruptTime();
    assert_int_equal(wdmsim_set_system_time(m, before.QuadPart - 3600 * SECOND), 0);
    assert_in_range(now().QuadPart, before.QuadPart - 3600 * SECOND,
                    before.QuadPart - 3599 * SECOND);
    assert_in_range(KeQueryInterruptTime(), interrupt_time, interrupt_time + SECOND);
    assert_int_equal(wdmsim_set_system_time(m, -1), WDMSIM_ERROR_INVALID);
}

static void set_timers(void) {
    LARGE_INTEGER relative = {.QuadPart = -60 * SECOND};
    for (int i = 0; i < 2; i++)
        KeInitializeTimer(&timers[i]);
    KeSetTimer(&timers[0], in(60), NULL);
    KeSetTimer(&timers[1], relative, NULL);
}

static void absolute_timers_expire_when_time_is_put_forward(struct machine *m) {
    set_timers();
    wdmsim_set_system_time(m, in(59).QuadPart);
    wdmsim_settle(m);
    assert_false(KeReadStateTimer(&timers[0]));
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_true(KeReadStateTimer(&timers[0]));
    assert_false(KeReadStateTimer(&timers[1]));
    wdmsim_advance(m, 58 * WDMSIM_S);
    assert_true(KeReadStateTimer(&timers[1]));
}

static void absolute_timers_wait_longer_when_time_is_put_back(struct machine *m) {
    set_timers();
    wdmsim_set_system_time(m, in(-3600).QuadPart);
    wdmsim_advance(m, 61 * WDMSIM_S);
    assert_false(KeReadStateTimer(&timers[0]));
    assert_true(KeReadStateTimer(&timers[1]));
    wdmsim_advance(m, 3600 * WDMSIM_S);
    assert_true(KeReadStateTimer(&timers[0]));
}

static uint64_t woken_at[2];

static VOID wait_until(PVOID context) {
    LARGE_INTEGER until = in(60), span = {.QuadPart = -60 * SECOND};
    KeDelayExecutionThread(KernelMode, FALSE, context ? &span : &until);
    woken_at[context != NULL] = wdmsim_time(wdmsim_fixture.machine);
}

static void time_outs_follow_as_timers_do(struct machine *m) {
    uint64_t begun = wdmsim_time(m);
    PVOID threads[2] = {thread_start(wait_until, NULL), thread_start(wait_until, m)};
    wdmsim_settle(m);
    wdmsim_set_system_time(m, in(50).QuadPart);
    for (int i = 0; i < 2; i++)
        thread_join(threads[i]);
    assert_in_range(woken_at[0] - begun, 10 * WDMSIM_S, 11 * WDMSIM_S);
    assert_in_range(woken_at[1] - begun, 60 * WDMSIM_S, 61 * WDMSIM_S);
}

static unsigned told;

static VOID be_told(PVOID context, PVOID argument1, PVOID argument2) {
    assert_null(argument1);
    assert_null(argument2);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    *(LARGE_INTEGER *)context = now();
    told++;
}

static void drivers_are_told(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\SetSystemTime");
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;
    LARGE_INTEGER seen = {.QuadPart = 0}, wanted = in(1000);
    told = 0;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(ExCreateCallback(&object, &attributes, FALSE, TRUE), STATUS_SUCCESS);
    PVOID registration = ExRegisterCallback(object, be_told, &seen);
    wdmsim_set_system_time(m, wanted.QuadPart);
    wdmsim_settle(m);
    assert_int_equal(told, 1);
    assert_true(seen.QuadPart >= wanted.QuadPart);
    ExUnregisterCallback(registration);
    ObDereferenceObject(object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_calendar_changes_and_the_counters_do_not),
        wdmsim_unit_test(absolute_timers_expire_when_time_is_put_forward),
        wdmsim_unit_test(absolute_timers_wait_longer_when_time_is_put_back),
        wdmsim_unit_test(time_outs_follow_as_timers_do),
        wdmsim_unit_test(drivers_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
