/*
 * A DPC routine on all processors at once: that it runs everywhere, that all can meet in it, and
 * that the caller waits for all. Drivers declare these routines themselves, as no header does.
 */
#include "../threads.h"

VOID KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context);
VOID KeSignalCallDpcDone(PVOID SystemArgument1);
LOGICAL KeSignalCallDpcSynchronize(PVOID SystemArgument2);

#define MEETINGS 3

static ULONG ran, before[MEETINGS], last[MEETINGS];
static bool torn;

static VOID meet(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    ULONG bit = 1u << KeGetCurrentProcessorNumberEx(NULL);
    (void)dpc;
    assert_ptr_equal(context, &ran);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_int_equal(ran & bit, 0);
    ran |= bit;
    for (int i = 0; i < MEETINGS; i++) {
        before[i]++;
        KeStallExecutionProcessor(1); /* others move */
        if (KeSignalCallDpcSynchronize(argument2))
            last[i]++;
        torn |= before[i] != KeQueryActiveProcessorCountEx(0);
    }
    KeSignalCallDpcDone(argument1);
}

static void begin(void) {
    ran = 0;
    torn = false;
    memset(before, 0, sizeof before);
    memset(last, 0, sizeof last);
}

static void check(void) {
    assert_int_equal(ran, KeQueryActiveProcessors());
    assert_false(torn);
    for (int i = 0; i < MEETINGS; i++)
        assert_int_equal(last[i], 1);
}

static void all_processors_run_it_and_meet(struct machine *m) {
    (void)m;
    for (int i = 0; i < 2; i++) {
        begin();
        KeGenericCallDpc(meet, &ran);
        check();
        assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

static VOID call(PVOID context) {
    (void)context;
    KeGenericCallDpc(meet, &ran);
}

static void it_does_so_in_every_order(void **state) {
    static const struct explored scenario = {
        .processors = 2, .preemptions = 2, .actors = {call}, .begin = begin, .check = check};
    (void)state;
    assert_true(explore(&scenario) > 10);
}

static VOID leave_early(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc;
    (void)context;
    (void)argument2;
    if (KeGetCurrentProcessorNumberEx(NULL) != 0)
        KeSignalCallDpcDone(argument1);
}

static void a_routine_that_is_never_done_is_found(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(DPC_WATCHDOG_VIOLATION);
    KeGenericCallDpc(leave_early, NULL);
}

int main(void) {
    static const struct wdmsim_config one = {.processors = 1, .flags = WDMSIM_CHECK_RULES};
    static const struct wdmsim_config four = {.processors = 4, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(all_processors_run_it_and_meet, &one),
        wdmsim_unit_test_on(all_processors_run_it_and_meet, &four),
        cmocka_unit_test(it_does_so_in_every_order),
        wdmsim_unit_test_on(a_routine_that_is_never_done_is_found, &four),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
