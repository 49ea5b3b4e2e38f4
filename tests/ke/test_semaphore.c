/* Semaphores: counting, limits, and how many a release wakes. */
#include "../threads.h"

static KSEMAPHORE semaphore;
static LONG woken;

static VOID waiter(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&semaphore, Executive, KernelMode, FALSE, NULL);
    woken++;
}

static void each_wait_takes_one(struct machine *m) {
    LARGE_INTEGER zero = {.QuadPart = 0};
    (void)m;
    KeInitializeSemaphore(&semaphore, 2, 2);
    assert_int_equal(KeWaitForSingleObject(&semaphore, Executive, KernelMode, FALSE, &zero),
                     STATUS_SUCCESS);
    assert_int_equal(KeReadStateSemaphore(&semaphore), 1);
    assert_int_equal(KeWaitForSingleObject(&semaphore, Executive, KernelMode, FALSE, &zero),
                     STATUS_SUCCESS);
    assert_int_equal(KeWaitForSingleObject(&semaphore, Executive, KernelMode, FALSE, &zero),
                     STATUS_TIMEOUT);
    assert_int_equal(KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 1, FALSE), 0);
    assert_int_equal(KeReadStateSemaphore(&semaphore), 1);
}

static void a_release_of_two_wakes_two(struct machine *m) {
    PVOID threads[3];
    woken = 0;
    KeInitializeSemaphore(&semaphore, 0, 5);
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start(waiter, NULL);
    wdmsim_settle(m);
    KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 2, FALSE);
    wdmsim_settle(m);
    assert_int_equal(woken, 2);
    KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 1, FALSE);
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
    assert_int_equal(woken, 3);
}

static void going_above_the_limit_raises_and_changes_nothing(struct machine *m) {
    NTSTATUS status = STATUS_SUCCESS;
    (void)m;
    KeInitializeSemaphore(&semaphore, 1, 2);
    __try {
        KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 2, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    assert_int_equal(KeReadStateSemaphore(&semaphore), 1);
}

static void releasing_with_wait_above_passive_level_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    KeInitializeSemaphore(&semaphore, 0, 1);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeRaiseIrql(APC_LEVEL, &irql);
    KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 1, TRUE);
}

static void initialising_above_passive_level_is_a_violation(struct machine *m) {
    KIRQL irql;
    (void)m;
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    KeRaiseIrql(APC_LEVEL, &irql);
    KeInitializeSemaphore(&semaphore, 0, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(each_wait_takes_one),
        wdmsim_unit_test(a_release_of_two_wakes_two),
        wdmsim_unit_test(going_above_the_limit_raises_and_changes_nothing),
        wdmsim_unit_test(releasing_with_wait_above_passive_level_is_a_violation),
        wdmsim_unit_test(initialising_above_passive_level_is_a_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
