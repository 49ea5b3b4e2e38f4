/* Check what a checked driver's debugging macros do: print, and stop where an assertion fails. */
#define DBG 1
#include <stdarg.h>

#include "messages.h"

static void a_checked_driver_prints(struct machine *m) {
    KdPrint(("plain %d\n", 1));
    assert_string_equal(messages_last(m), "plain 1");
    KdPrintEx((DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "filtered %d\n", 2));
    assert_string_equal(messages_last(m), "filtered 2");
    KdPrintEx((DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "not shown\n"));
    assert_string_equal(messages_last(m), "filtered 2");
}

static ULONG print_list(ULONG level, const char *format, ...) {
    va_list list;
    va_start(list, format);
    ULONG status = vDbgPrintEx(DPFLTR_IHVDRIVER_ID, level, format, list);
    va_end(list);
    return status;
}

static void arguments_come_as_a_list(struct machine *m) {
    assert_int_equal(print_list(DPFLTR_ERROR_LEVEL, "%s %u\n", "listed", 3u), STATUS_SUCCESS);
    assert_string_equal(messages_last(m), "listed 3");
}

static void an_assertion_shows_its_message(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    ASSERTMSG("two and two", m != NULL);
    ASSERTMSG("two and two", m == NULL);
    fail();
}

static void a_breakpoint_with_a_status_stops(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    DbgBreakPointWithStatus(DBG_STATUS_CONTROL_C);
    fail();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_checked_driver_prints),
        wdmsim_unit_test(arguments_come_as_a_list),
        wdmsim_unit_test(an_assertion_shows_its_message),
        wdmsim_unit_test(a_breakpoint_with_a_status_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
