/* Kernel queues: entries, how many threads they let run, order, and running down. */
#include "../threads.h"

static KQUEUE queue;
static LIST_ENTRY entries[4];
static KEVENT hold;
static LONG taken, running, most;

static VOID server(PVOID context) {
    (void)context;
    for (;;) {
        PLIST_ENTRY entry = KeRemoveQueue(&queue, KernelMode, NULL);
        if (entry == &entries[3])
            return;
        taken++;
        if (++running > most)
            most = running;
        KeStallExecutionProcessor(5);
        running--;
    }
}

static void entries_come_in_order(struct machine *m) {
    LARGE_INTEGER zero = {.QuadPart = 0};
    (void)m;
    KeInitializeQueue(&queue, 1);
    assert_int_equal(KeInsertQueue(&queue, &entries[0]), 0);
    assert_int_equal(KeInsertQueue(&queue, &entries[1]), 1);
    assert_int_equal(KeInsertHeadQueue(&queue, &entries[2]), 2);
    assert_int_equal(KeReadStateQueue(&queue), 3);
    assert_ptr_equal(KeRemoveQueue(&queue, KernelMode, &zero), &entries[2]);
    assert_ptr_equal(KeRemoveQueue(&queue, KernelMode, &zero), &entries[0]);
    assert_ptr_equal(KeRemoveQueue(&queue, KernelMode, &zero), &entries[1]);
    assert_int_equal((NTSTATUS)(LONG_PTR)KeRemoveQueue(&queue, KernelMode, &zero), STATUS_TIMEOUT);
}

static void a_wait_for_an_entry_times_out(struct machine *m) {
    LARGE_INTEGER due = {.QuadPart = -10000};
    uint64_t start = wdmsim_time(m);
    KeInitializeQueue(&queue, 1);
    assert_int_equal((NTSTATUS)(LONG_PTR)KeRemoveQueue(&queue, KernelMode, &due), STATUS_TIMEOUT);
    assert_int_equal(wdmsim_time(m) - start, WDMSIM_MS);
}

static void no_more_threads_run_than_allowed(struct machine *m) {
    PVOID threads[3];
    taken = running = most = 0;
    KeInitializeQueue(&queue, 1);
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start(server, NULL);
    wdmsim_settle(m);
    for (int i = 0; i < 3; i++)
        KeInsertQueue(&queue, &entries[i]);
    wdmsim_settle(m);
    assert_int_equal(taken, 3);
    assert_int_equal(most, 1);
    for (int i = 0; i < 3; i++) {
        KeInsertQueue(&queue, &entries[3]);
        wdmsim_settle(m);
    }
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
}

static VOID holder(PVOID context) {
    (void)context;
    KeRemoveQueue(&queue, KernelMode, NULL);
    KeWaitForSingleObject(&hold, Executive, KernelMode, FALSE, NULL);
    taken++;
}

static void a_member_that_blocks_lets_the_next_one_in(struct machine *m) {
    PVOID threads[2];
    taken = 0;
    KeInitializeQueue(&queue, 1);
    KeInitializeEvent(&hold, NotificationEvent, FALSE);
    for (int i = 0; i < 2; i++)
        threads[i] = thread_start(holder, NULL);
    wdmsim_settle(m);
    KeInsertQueue(&queue, &entries[0]);
    KeInsertQueue(&queue, &entries[1]);
    wdmsim_settle(m);
    assert_int_equal(KeReadStateQueue(&queue),
                     0); /* both were taken: the first holder waits for the event */
    KeSetEvent(&hold, IO_NO_INCREMENT, FALSE);
    for (int i = 0; i < 2; i++)
        thread_join(threads[i]);
    assert_int_equal(taken, 2);
}

static void running_down_gives_the_entries_back(struct machine *m) {
    (void)m;
    KeInitializeQueue(&queue, 1);
    assert_null(KeRundownQueue(&queue));
    KeInsertQueue(&queue, &entries[0]);
    KeInsertQueue(&queue, &entries[1]);
    assert_ptr_equal(KeRundownQueue(&queue), &entries[0]);
    assert_ptr_equal(entries[0].Flink, &entries[1]);
    assert_ptr_equal(entries[1].Flink, &entries[0]);
}

static NTSTATUS ended[2];

static VOID wait_for_the_end(PVOID context) {
    *(NTSTATUS *)context = (NTSTATUS)(LONG_PTR)KeRemoveQueue(&queue, KernelMode, NULL);
}

static void running_down_ends_all_waits(struct machine *m) {
    PVOID threads[2];
    KeInitializeQueue(&queue, 1);
    for (int i = 0; i < 2; i++)
        threads[i] = thread_start(wait_for_the_end, &ended[i]);
    wdmsim_settle(m);
    assert_null(KeRundownQueue(&queue));
    for (int i = 0; i < 2; i++) {
        thread_join(threads[i]);
        assert_int_equal(ended[i], STATUS_ABANDONED);
    }
    wait_for_the_end(&ended[0]); /* comes too late */
    assert_int_equal(ended[0], STATUS_ABANDONED);
    KeInitializeQueue(&queue, 1);
    KeInsertQueue(&queue, &entries[0]);
    assert_ptr_equal(KeRemoveQueue(&queue, KernelMode, NULL), &entries[0]);
}

VOID KeInitializeApc(PRKAPC, PKTHREAD, int, PKKERNEL_ROUTINE, PKRUNDOWN_ROUTINE, PKNORMAL_ROUTINE,
                     KPROCESSOR_MODE, PVOID);
BOOLEAN KeInsertQueueApc(PRKAPC, PVOID, PVOID, KPRIORITY);

static VOID run_down_in_apc(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context, PVOID *argument1,
                            PVOID *argument2) {
    (void)apc;
    (void)normal;
    (void)context;
    (void)argument1;
    (void)argument2;
    KeRundownQueue(&queue);
}

static void running_down_while_the_waiter_runs_an_apc(struct machine *m) {
    static KAPC apc;
    KeInitializeQueue(&queue, 1);
    PVOID thread = thread_start(wait_for_the_end, &ended[0]);
    wdmsim_settle(m);
    KeInitializeApc(&apc, thread, 0, run_down_in_apc, NULL, NULL, KernelMode, NULL);
    assert_true(KeInsertQueueApc(&apc, NULL, NULL, IO_NO_INCREMENT));
    thread_join(thread);
    assert_int_equal(ended[0], STATUS_ABANDONED);
}

int main(void) {
    static const struct wdmsim_config four = {.processors = 4, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(entries_come_in_order),
        wdmsim_unit_test(a_wait_for_an_entry_times_out),
        wdmsim_unit_test_on(no_more_threads_run_than_allowed, &four),
        wdmsim_unit_test(a_member_that_blocks_lets_the_next_one_in),
        wdmsim_unit_test(running_down_gives_the_entries_back),
        wdmsim_unit_test(running_down_ends_all_waits),
        wdmsim_unit_test(running_down_while_the_waiter_runs_an_apc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
