/*
 * Check one-time initialization: the routine runs once, others wait for it, failures may be
 * repeated.
 *
 *     thread A                          thread B
 *     begin -> STATUS_PENDING
 *     sleeps                            begin: waits
 *     complete(context)                 begin -> STATUS_SUCCESS, context
 */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static RTL_RUN_ONCE once;
static int calls, steps;
static ULONG answer;
static DECLSPEC_ALIGN(16) char object[16];

static RTL_RUN_ONCE_INIT_FN initialize;
static ULONG NTAPI initialize(PRTL_RUN_ONCE run_once, PVOID parameter, PVOID *context) {
    assert_ptr_equal(run_once, &once);
    assert_ptr_equal(parameter, &answer);
    calls++;
    *context = object;
    return answer;
}

static void sleep_ms(LONG ms) {
    LARGE_INTEGER interval = {.QuadPart = -10000ll * ms};
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

static void the_routine_runs_once(struct machine *m) {
    (void)m;
    PVOID context = NULL;
    RtlRunOnceInitialize(&once);
    calls = 0;
    answer = TRUE;
    for (int i = 0; i < 3; i++) {
        context = NULL;
        assert_int_equal(RtlRunOnceExecuteOnce(&once, initialize, &answer, &context), 0);
        assert_ptr_equal(context, object);
    }
    assert_int_equal(calls, 1);
}

static void a_failed_routine_runs_again(struct machine *m) {
    (void)m;
    PVOID context = NULL;
    RtlRunOnceInitialize(&once);
    calls = 0;
    answer = FALSE;
    assert_int_equal(RtlRunOnceExecuteOnce(&once, initialize, &answer, &context),
                     STATUS_UNSUCCESSFUL);
    answer = TRUE;
    assert_int_equal(RtlRunOnceExecuteOnce(&once, initialize, &answer, &context), STATUS_SUCCESS);
    assert_int_equal(calls, 2);
}

static void checking_begins_nothing(struct machine *m) {
    (void)m;
    PVOID context = NULL;
    RtlRunOnceInitialize(&once);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY, &context),
                     STATUS_UNSUCCESSFUL);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, 0, &context), STATUS_PENDING);
    assert_int_equal(RtlRunOnceComplete(&once, 0, object), STATUS_SUCCESS);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY, &context),
                     STATUS_SUCCESS);
    assert_ptr_equal(context, object);
}

static KSTART_ROUTINE thread_b;
static VOID NTAPI thread_b(PVOID argument) {
    PVOID context = NULL;
    assert_int_equal(steps, 1);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, 0, &context), STATUS_SUCCESS);
    assert_int_equal(steps, 2);
    assert_ptr_equal(context, object);
    *(PBOOLEAN)argument = TRUE;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void another_thread_waits(struct machine *m) {
    (void)m;
    HANDLE threads[2];
    BOOLEAN ended[2] = {FALSE, FALSE};
    PVOID context;
    RtlRunOnceInitialize(&once);
    steps = 1;
    assert_int_equal(RtlRunOnceBeginInitialize(&once, 0, &context), STATUS_PENDING);
    for (int i = 0; i < 2; i++)
        assert_int_equal(PsCreateSystemThread(&threads[i], THREAD_ALL_ACCESS, NULL, NULL, NULL,
                                              thread_b, &ended[i]),
                         STATUS_SUCCESS);
    sleep_ms(5);
    assert_false(ended[0]);
    steps = 2;
    assert_int_equal(RtlRunOnceComplete(&once, 0, object), STATUS_SUCCESS);
    sleep_ms(5);
    assert_true(ended[0]);
    assert_true(ended[1]);
    ZwClose(threads[0]);
    ZwClose(threads[1]);
}

static void asynchronous_attempts_race(struct machine *m) {
    (void)m;
    PVOID context = NULL;
    RtlRunOnceInitialize(&once);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context),
                     STATUS_PENDING);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context),
                     STATUS_PENDING);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, 0, &context), STATUS_INVALID_PARAMETER_2);
    assert_int_equal(RtlRunOnceComplete(&once, 0, object), STATUS_INVALID_PARAMETER_2);
    assert_int_equal(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, object), STATUS_SUCCESS);
    assert_int_equal(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, &once), STATUS_UNSUCCESSFUL);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context),
                     STATUS_SUCCESS);
    assert_ptr_equal(context, object);
}

static void misuse_is_refused(struct machine *m) {
    (void)m;
    PVOID context;
    RtlRunOnceInitialize(&once);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, 3, &context), STATUS_INVALID_PARAMETER_2);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, 8, &context), STATUS_INVALID_PARAMETER_2);
    assert_int_equal(RtlRunOnceComplete(&once, 0, NULL), STATUS_UNSUCCESSFUL);
    RtlRunOnceBeginInitialize(&once, 0, &context);
    assert_int_equal(RtlRunOnceComplete(&once, 0, object + 1), STATUS_INVALID_PARAMETER_3);
    assert_int_equal(RtlRunOnceComplete(&once, RTL_RUN_ONCE_INIT_FAILED, object),
                     STATUS_INVALID_PARAMETER_3);
    assert_int_equal(RtlRunOnceComplete(&once, RTL_RUN_ONCE_INIT_FAILED, NULL), STATUS_SUCCESS);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, 0, &context), STATUS_PENDING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_routine_runs_once),      wdmsim_unit_test(a_failed_routine_runs_again),
        wdmsim_unit_test(checking_begins_nothing),    wdmsim_unit_test(another_thread_waits),
        wdmsim_unit_test(asynchronous_attempts_race), wdmsim_unit_test(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
