/* Check that breakpoints and failed assertions stop the machine, and that no debugger is there. */
#define DBG 1
#include "messages.h"

static void a_breakpoint_stops_the_machine(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    DbgBreakPoint();
    fail();
}

static void a_breakpoint_with_a_status_does_too(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    KdBreakPointWithStatus(DBG_STATUS_FATAL);
    fail();
}

static void a_failed_assertion_prints_and_stops(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    NT_ASSERTMSG("numbers", 1 + 1 == 3);
    fail();
}

static void a_true_assertion_does_nothing(struct machine *m) {
    NT_ASSERT(1 + 1 == 2);
    ASSERT(m != NULL);
    assert_true(NT_VERIFY(TRUE));
    assert_int_equal(messages_read(m, WDMSIM_EVENT_MESSAGE)->count, 0);
}

static void there_is_no_debugger(struct machine *m) {
    (void)m;
    assert_false(KD_DEBUGGER_ENABLED);
    assert_true(KD_DEBUGGER_NOT_PRESENT);
    assert_true(KdRefreshDebuggerNotPresent());
    assert_int_equal(KdDisableDebugger(), STATUS_DEBUGGER_INACTIVE);
    assert_int_equal(KdEnableDebugger(), STATUS_DEBUGGER_INACTIVE);
    BOOLEAN block = TRUE;
    assert_int_equal(
        KdChangeOption(KD_OPTION_SET_BLOCK_ENABLE, sizeof block, &block, 0, NULL, NULL),
        STATUS_DEBUGGER_INACTIVE);
}

static void a_prompt_is_shown_and_gets_no_answer(struct machine *m) {
    CHAR response[2] = {'?', '?'};
    assert_int_equal(DbgPrompt("continue? ", response, sizeof response), 0);
    assert_string_equal(messages_last(m), "continue? ");
    assert_int_equal(response[0], '?');
}

#if defined(__x86_64__)
#define BREAKPOINT "int3"
#else
#define BREAKPOINT "brk #0xf000"
#endif

static void a_debugger_goes_on_behind_a_breakpoint(struct machine *m) {
    volatile int before = 1;
    __asm__ volatile(BREAKPOINT);
    before++;
    DbgBreakPoint();
    assert_int_equal(before, 2);
    assert_int_equal(messages_read(m, WDMSIM_EVENT_BREAK)->count, 2);
}

static void a_disabled_debugger_handles_nothing(struct machine *m) {
    (void)m;
    assert_true(KD_DEBUGGER_ENABLED);
    assert_false(KdRefreshDebuggerNotPresent());
    assert_int_equal(KdDisableDebugger(), STATUS_SUCCESS);
    assert_false(KD_DEBUGGER_ENABLED);
    assert_true(KdRefreshDebuggerNotPresent());
    assert_int_equal(KdEnableDebugger(), STATUS_SUCCESS);
    assert_true(KD_DEBUGGER_ENABLED);
    DbgBreakPoint();
    assert_int_equal(KdDisableDebugger(), STATUS_SUCCESS);
    wdmsim_expect_bugcheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    DbgBreakPoint();
    fail();
}

static void a_blocked_debugger_stays_as_it_is(struct machine *m) {
    BOOLEAN block = TRUE, for_ever = 0x80;
    ULONG needed = 77;
    (void)m;
    assert_int_equal(KdChangeOption((KD_OPTION)1, sizeof block, &block, 0, NULL, NULL),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal(KdChangeOption(KD_OPTION_SET_BLOCK_ENABLE, 4, &block, 0, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(KdChangeOption(KD_OPTION_SET_BLOCK_ENABLE, sizeof block, &block, sizeof needed,
                                    &needed, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(
        KdChangeOption(KD_OPTION_SET_BLOCK_ENABLE, sizeof block, &block, 0, NULL, &needed),
        STATUS_SUCCESS);
    assert_int_equal(needed, 0);
    assert_int_equal(KdDisableDebugger(), STATUS_ACCESS_DENIED);
    assert_int_equal(KdEnableDebugger(), STATUS_ACCESS_DENIED);
    assert_int_equal(
        KdChangeOption(KD_OPTION_SET_BLOCK_ENABLE, sizeof block, &for_ever, 0, NULL, NULL),
        STATUS_SUCCESS);
    assert_int_equal(
        KdChangeOption(KD_OPTION_SET_BLOCK_ENABLE, sizeof block, &block, 0, NULL, NULL),
        STATUS_ACCESS_DENIED);
}

int main(void) {
    static const struct wdmsim_config debugged = {.processors = 1, .flags = WDMSIM_DEBUGGER};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_breakpoint_stops_the_machine),
        wdmsim_unit_test(a_breakpoint_with_a_status_does_too),
        wdmsim_unit_test(a_failed_assertion_prints_and_stops),
        wdmsim_unit_test(a_true_assertion_does_nothing),
        wdmsim_unit_test(there_is_no_debugger),
        wdmsim_unit_test(a_prompt_is_shown_and_gets_no_answer),
        wdmsim_unit_test_on(a_debugger_goes_on_behind_a_breakpoint, &debugged),
        wdmsim_unit_test_on(a_disabled_debugger_handles_nothing, &debugged),
        wdmsim_unit_test_on(a_blocked_debugger_stays_as_it_is, &debugged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
