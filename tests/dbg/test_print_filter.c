/* Check which messages DbgPrintEx shows: by component, level, and the masks a driver sets. */
#include "messages.h"

static unsigned shown(struct machine *m) { return messages_read(m, WDMSIM_EVENT_MESSAGE)->count; }

static void errors_of_every_component_are_shown(struct machine *m) {
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "error %d", 1);
    assert_string_equal(messages_last(m), "error 1");
}

static void other_levels_are_not(struct machine *m) {
    assert_int_equal(DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_WARNING_LEVEL, "w"), STATUS_SUCCESS);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "i");
    DbgPrintEx(DPFLTR_IHVBUS_ID, 31, "31");
    assert_int_equal(shown(m), 0);
}

static void dbgprint_is_the_default_component(struct machine *m) {
    DbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, "info");
    assert_string_equal(messages_last(m), "info");
    assert_int_equal(DbgSetDebugFilterState(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, FALSE), 0);
    DbgPrint("no more");
    assert_int_equal(shown(m), 1);
}

static void a_component_can_be_switched_on(struct machine *m) {
    assert_int_equal(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL), FALSE);
    DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL, TRUE);
    assert_int_equal(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL), TRUE);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL, "now");
    DbgPrintEx(DPFLTR_IHVBUS_ID, DPFLTR_TRACE_LEVEL, "not this one");
    assert_int_equal(shown(m), 1);
}

static void a_level_above_31_is_a_mask(struct machine *m) {
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, 0x40000000, "not enabled");
    assert_int_equal(shown(m), 0);
    DbgSetDebugFilterState(DPFLTR_IHVDRIVER_ID, 0x40000000 | DPFLTR_MASK, TRUE);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, 0x40000000, "enabled");
    assert_int_equal(shown(m), 1);
}

static void an_unknown_component_counts_as_the_default(struct machine *m) {
    DbgPrintEx(0x10000, DPFLTR_INFO_LEVEL, "unknown");
    assert_int_equal(shown(m), 1);
    assert_int_equal(DbgSetDebugFilterState(0x10000, 0, TRUE), STATUS_INVALID_PARAMETER_1);
    assert_int_equal(DbgQueryDebugFilterState(0x10000, 0), STATUS_INVALID_PARAMETER_1);
}

/* Check the masks that a host program sets: one component's, and the one that all have in common. */
static void a_debugger_sets_masks(struct machine *m) {
    assert_int_equal(wdmsim_debug_mask(m, DPFLTR_IHVDRIVER_ID, 1u << DPFLTR_TRACE_LEVEL), 0);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_TRACE_LEVEL, "traced");
    assert_string_equal(messages_last(m), "traced");
    DbgPrintEx(DPFLTR_IHVBUS_ID, DPFLTR_TRACE_LEVEL, "not this one");
    assert_int_equal(shown(m), 1);
    wdmsim_debug_mask(m, WDMSIM_DEBUG_COMMON, 1u << DPFLTR_WARNING_LEVEL);
    DbgPrintEx(DPFLTR_IHVBUS_ID, DPFLTR_WARNING_LEVEL, "a warning of all");
    DbgPrintEx(DPFLTR_IHVBUS_ID, DPFLTR_ERROR_LEVEL, "no errors any more");
    assert_int_equal(shown(m), 2);
    assert_int_equal(wdmsim_debug_mask(m, 0x10000, 1), WDMSIM_ERROR_INVALID);
}

static void print_list(const char *prefix, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vDbgPrintExWithPrefix(prefix, DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, format, arguments);
    va_end(arguments);
}

static void a_prefix_comes_first(struct machine *m) {
    print_list("echo: ", "%u bytes", 12);
    assert_string_equal(messages_last(m), "echo: 12 bytes");
}

static void a_percent_sign_in_a_prefix_is_text(struct machine *m) {
    print_list("50% ", "done");
    assert_string_equal(messages_last(m), "50% done");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(errors_of_every_component_are_shown),
        wdmsim_unit_test(other_levels_are_not),
        wdmsim_unit_test(dbgprint_is_the_default_component),
        wdmsim_unit_test(a_component_can_be_switched_on),
        wdmsim_unit_test(a_level_above_31_is_a_mask),
        wdmsim_unit_test(an_unknown_component_counts_as_the_default),
        wdmsim_unit_test(a_debugger_sets_masks),
        wdmsim_unit_test(a_prefix_comes_first),
        wdmsim_unit_test(a_percent_sign_in_a_prefix_is_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
