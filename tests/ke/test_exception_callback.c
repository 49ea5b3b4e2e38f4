/* Callbacks of non-maskable interrupts and of bound exceptions: who is asked, in what order, and
 * what comes of it. */
#include "../threads.h"

static char order[8];
static KIRQL irql_seen;

static void note(char c) {
    size_t length = strlen(order);
    order[length] = c;
    order[length + 1] = 0;
}

/* Claims the interrupt if its context says so; a capital letter for one that was claimed already.
 */
static BOOLEAN on_nmi(PVOID context, BOOLEAN handled) {
    const char *name = context;
    irql_seen = KeGetCurrentIrql();
    note(handled ? (char)(name[0] - 'a' + 'A') : name[0]);
    return name[1] == '!';
}

static void the_last_registered_nmi_callback_is_asked_first(struct machine *m) {
    order[0] = 0;
    PVOID first = KeRegisterNmiCallback(on_nmi, (PVOID) "a");
    PVOID second = KeRegisterNmiCallback(on_nmi, (PVOID) "b!");
    PVOID third = KeRegisterNmiCallback(on_nmi, (PVOID) "c");
    assert_int_equal(wdmsim_nmi_raise(m), 0);
    assert_string_equal(order, "cbA");
    assert_int_equal(irql_seen, HIGH_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(KeDeregisterNmiCallback(second), STATUS_SUCCESS);
    assert_int_equal(KeDeregisterNmiCallback(second), STATUS_INVALID_HANDLE);
    order[0] = 0;
    assert_int_equal(wdmsim_nmi_raise(m), WDMSIM_ERROR_NOT_FOUND);
    assert_string_equal(order, "ca");
    KeDeregisterNmiCallback(first);
    KeDeregisterNmiCallback(third);
}

static BOUND_CALLBACK on_bound_first, on_bound_second;
static BOUND_CALLBACK_STATUS answers[2];

static BOUND_CALLBACK_STATUS on_bound_first(VOID) {
    note('1');
    return answers[0];
}

static BOUND_CALLBACK_STATUS on_bound_second(VOID) {
    note('2');
    return answers[1];
}

static void a_bound_exception_is_passed_on_until_one_answers(struct machine *m) {
    order[0] = 0;
    PVOID first = KeRegisterBoundCallback(on_bound_first);
    PVOID second = KeRegisterBoundCallback(on_bound_second);
    answers[0] = answers[1] = BoundExceptionContinueSearch;
    assert_int_equal(wdmsim_bound_raise(m), WDMSIM_BOUND_UNHANDLED);
    answers[1] = BoundExceptionHandled;
    assert_int_equal(wdmsim_bound_raise(m), WDMSIM_BOUND_HANDLED);
    assert_string_equal(order, "212");
    assert_int_equal(KeDeregisterBoundCallback(second), STATUS_SUCCESS);
    assert_int_equal(KeDeregisterBoundCallback(second), STATUS_INVALID_HANDLE);
    answers[0] = BoundExceptionError;
    assert_int_equal(wdmsim_bound_raise(m), WDMSIM_BOUND_ERROR);
    KeDeregisterBoundCallback(first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_last_registered_nmi_callback_is_asked_first),
        wdmsim_unit_test(a_bound_exception_is_passed_on_until_one_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
