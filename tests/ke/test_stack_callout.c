/* Calls with a promised amount of stack: on another stack where the own one is too small, as part
 * of the same thread. */
#include "../threads.h"

static EXPAND_STACK_CALLOUT use_all, nest;
static ULONG_PTR low, high;

/* Uses `left` bytes of stack in steps and fails to if there are none. */
static DECLSPEC_NOINLINE size_t use_stack(size_t left) {
    volatile char room[1024];
    memset((char *)room, (int)left, sizeof room);
    return left > sizeof room ? use_stack(left - sizeof room) + sizeof room : left;
}

static VOID use_all(PVOID parameter) {
    char here;
    IoGetStackLimits(&low, &high);
    assert_in_range((ULONG_PTR)&here, low, high);
    assert_true((ULONG_PTR)&here - low >= MAXIMUM_EXPANSION_SIZE);
    *(size_t *)parameter = use_stack(MAXIMUM_EXPANSION_SIZE / 2);
}

static void a_large_call_gets_another_stack(struct machine *m) {
    ULONG_PTR own_low, own_high;
    size_t used = 0;
    (void)m;
    IoGetStackLimits(&own_low, &own_high);
    assert_int_equal(KeExpandKernelStackAndCallout(use_all, &used, MAXIMUM_EXPANSION_SIZE),
                     STATUS_SUCCESS);
    assert_int_equal(used, MAXIMUM_EXPANSION_SIZE / 2);
    assert_true(high <= own_low || low >= own_high);
    ULONG_PTR first = low;
    assert_int_equal(
        KeExpandKernelStackAndCalloutEx(use_all, &used, MAXIMUM_EXPANSION_SIZE, TRUE, NULL),
        STATUS_SUCCESS);
    assert_int_equal(low, first); /* the same stack, used again */
    IoGetStackLimits(&low, &high);
    assert_int_equal(low, own_low);
    assert_int_equal(high, own_high);
}

static VOID nest(PVOID parameter) {
    int *depth = parameter;
    ULONG_PTR mine, top;
    volatile int local = *depth;
    IoGetStackLimits(&mine, &top);
    if ((*depth)-- > 1)
        assert_int_equal(KeExpandKernelStackAndCallout(nest, depth, MAXIMUM_EXPANSION_SIZE),
                         STATUS_SUCCESS);
    IoGetStackLimits(&low, &high);
    assert_int_equal(low, mine);
    assert_true(local > *depth);
}

static void calls_nest(struct machine *m) {
    int depth = 3;
    (void)m;
    assert_int_equal(KeExpandKernelStackAndCallout(nest, &depth, MAXIMUM_EXPANSION_SIZE),
                     STATUS_SUCCESS);
    assert_int_equal(depth, 0);
}

static VOID look_back(PVOID parameter) {
    ULONG_PTR *outer = parameter, bottom, top, own[2];
    IoGetStackLimits(&bottom, &top);
    assert_true(IoWithinStackLimits((ULONG_PTR)own, sizeof own));
    assert_true(IoWithinStackLimits((ULONG_PTR)outer, 2 * sizeof *outer));
    assert_false(IoWithinStackLimits(bottom - 1, 2));
    assert_false(IoWithinStackLimits((ULONG_PTR)outer, 16 * MAXIMUM_EXPANSION_SIZE));
    if (outer[0]) {
        own[0] = 0;
        own[1] = outer[1];
        assert_int_equal(KeExpandKernelStackAndCallout(look_back, own, MAXIMUM_EXPANSION_SIZE),
                         STATUS_SUCCESS);
    }
    assert_true(IoWithinStackLimits(outer[1], sizeof low)); /* the first caller's variable */
}

/* Check that the stacks of the callers count as the thread's, and are forgotten with the call. */
static void a_region_may_lie_on_an_outer_stack(struct machine *m) {
    ULONG_PTR outer[2] = {1, 0};
    outer[1] = (ULONG_PTR)&outer[0];
    (void)m;
    assert_int_equal(KeExpandKernelStackAndCallout(look_back, outer, MAXIMUM_EXPANSION_SIZE),
                     STATUS_SUCCESS);
    size_t used;
    assert_int_equal(KeExpandKernelStackAndCallout(use_all, &used, MAXIMUM_EXPANSION_SIZE),
                     STATUS_SUCCESS);
    assert_false(IoWithinStackLimits(low, 8));
}

static KEVENT ready, go;

static VOID wait_there(PVOID parameter) {
    volatile int local = 42;
    KeSetEvent(&ready, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
    *(int *)parameter = local;
}

static VOID expand_and_wait(PVOID context) {
    KeExpandKernelStackAndCallout(wait_there, context, MAXIMUM_EXPANSION_SIZE);
}

static void a_call_may_wait_while_others_run(struct machine *m) {
    int results[2] = {0, 0};
    PVOID threads[2];
    (void)m;
    KeInitializeEvent(&ready, SynchronizationEvent, FALSE);
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    for (int i = 0; i < 2; i++) {
        threads[i] = thread_start(expand_and_wait, &results[i]);
        KeWaitForSingleObject(&ready, Executive, KernelMode, FALSE, NULL);
    }
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    for (int i = 0; i < 2; i++)
        thread_join(threads[i]);
    assert_int_equal(results[0] + results[1], 84);
}

static VOID raise_there(PVOID parameter) {
    (void)parameter;
    ExRaiseStatus(STATUS_DATA_ERROR);
}

static void an_exception_does_not_leave_it(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(KMODE_EXCEPTION_NOT_HANDLED);
    __try {
        KeExpandKernelStackAndCallout(raise_there, NULL, MAXIMUM_EXPANSION_SIZE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        fail_msg("the handler of another stack was found");
    }
}

static VOID keep_raised(PVOID parameter) {
    KIRQL irql;
    (void)parameter;
    KeRaiseIrql(APC_LEVEL, &irql);
}

static void returning_at_another_irql_is_a_violation(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(IRQL_UNEXPECTED_VALUE);
    KeExpandKernelStackAndCallout(keep_raised, NULL, 512);
}

static VOID end_there(PVOID parameter) {
    (void)parameter;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID expand_and_end(PVOID context) {
    KeExpandKernelStackAndCallout(end_there, context, MAXIMUM_EXPANSION_SIZE);
}

static void a_thread_must_not_end_in_it(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(KERNEL_STACK_LOCKED_AT_EXIT);
    thread_join(thread_start(expand_and_end, NULL));
}

static void swapping_is_a_setting_of_the_thread(struct machine *m) {
    (void)m;
    assert_true(KeSetKernelStackSwapEnable(FALSE));
    assert_false(KeSetKernelStackSwapEnable(FALSE));
    assert_false(KeSetKernelStackSwapEnable(TRUE));
    assert_true(KeSetKernelStackSwapEnable(TRUE));
}

static VOID lock_and_end(PVOID context) {
    (void)context;
    KeSetKernelStackSwapEnable(FALSE);
}

static void a_thread_must_not_end_with_a_locked_stack(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(KERNEL_STACK_LOCKED_AT_EXIT);
    thread_join(thread_start(lock_and_end, NULL));
}

int main(void) {
    /* Smaller than the largest call, whatever the default is. */
    static const struct wdmsim_config small = {.flags = WDMSIM_CHECK_RULES, .stack_size = 0x10000};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(a_large_call_gets_another_stack, &small),
        wdmsim_unit_test_on(calls_nest, &small),
        wdmsim_unit_test_on(a_region_may_lie_on_an_outer_stack, &small),
        wdmsim_unit_test_on(a_call_may_wait_while_others_run, &small),
        wdmsim_unit_test_on(an_exception_does_not_leave_it, &small),
        wdmsim_unit_test_on(returning_at_another_irql_is_a_violation, &small),
        wdmsim_unit_test_on(a_thread_must_not_end_in_it, &small),
        wdmsim_unit_test_on(swapping_is_a_setting_of_the_thread, &small),
        wdmsim_unit_test_on(a_thread_must_not_end_with_a_locked_stack, &small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
