/* Check that an exhausted stack reaches a filter as STATUS_STACK_OVERFLOW, on any thread and as
 * often as it happens, and is a double fault when nothing handles it. */
#include "../threads.h"

#include <ntddk.h>
#include <string.h>

static volatile ULONG_PTR reached;

static ULONG_PTR descend(ULONG_PTR depth) {
    volatile UCHAR frame[600];
    frame[0] = (UCHAR)depth;
    reached = depth;
    return depth < MAXULONG ? descend(depth + 1) + frame[0] : 0;
}

static NTSTATUS overflow(void) {
    volatile NTSTATUS seen = STATUS_SUCCESS;
    __try {
        descend(0);
    } __except (seen = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
        return seen == GetExceptionCode() ? seen : STATUS_SUCCESS;
    }
    return STATUS_SUCCESS;
}

static void a_filter_sees_it(struct machine *m) {
    (void)m;
    ULONG_PTR low, high, low_then, high_then;
    IoGetStackLimits(&low, &high);
    for (int i = 0; i < 20; i++) {
        reached = 0;
        assert_int_equal(overflow(), STATUS_STACK_OVERFLOW);
        assert_true(reached > 10);
        IoGetStackLimits(&low_then, &high_then);
        assert_true(low_then == low && high_then == high);
    }
}

static int finished;

static void unwound(void) {
    __try {
        descend(0);
    } __finally {
        finished += AbnormalTermination() ? 1 : 100;
    }
}

static LONG wait_a_while(void) {
    LARGE_INTEGER interval = {.QuadPart = -10000};
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
    return EXCEPTION_EXECUTE_HANDLER;
}

static VOID waits_in_its_filter(PVOID context) {
    volatile LONG *handled = context;
    __try {
        unwound();
    } __except (wait_a_while()) {
        InterlockedIncrement(handled);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Both threads are in their filters at the same time. */
static void threads_do_not_disturb_each_other(struct machine *m) {
    (void)m;
    LONG handled = 0;
    finished = 0;
    PVOID one = thread_start(waits_in_its_filter, &handled);
    PVOID two = thread_start(waits_in_its_filter, &handled);
    thread_join(one);
    thread_join(two);
    assert_int_equal(handled, 2);
    assert_int_equal(finished, 2);
}

static void nobody(void *argument) {
    (void)argument;
    descend(0);
}

static void nobody_in_the_end(void *argument) {
    __try {
        nobody(argument);
    } __except (EXCEPTION_CONTINUE_SEARCH) {
        reached = 0;
    }
}

static bool never(void *context) {
    (void)context;
    return false;
}

static void unhandled_is_a_double_fault(void **state) {
    void (*const bodies[])(void *) = {nobody, nobody_in_the_end};
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct machine *m;
        assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
        assert_int_equal(wdmsim_system_thread(m, bodies[i], NULL, NULL), 0);
        assert_int_equal(wdmsim_run_until(m, never, NULL, WDMSIM_FOREVER), WDMSIM_ERROR_STOPPED);
        const struct wdmsim_stop *stop = wdmsim_machine_stop(m);
        assert_non_null(stop);
        assert_int_equal(stop->code, UNEXPECTED_KERNEL_MODE_TRAP);
        assert_int_equal(stop->parameters[0], 8);
        assert_true(stop->frame_count >= 2);
        wdmsim_machine_destroy(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_filter_sees_it),
        wdmsim_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(unhandled_is_a_double_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
