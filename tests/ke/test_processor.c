/* Processors as drivers see them: numbers, masks, affinity of threads, broadcasts. */
#include "../threads.h"

static void there_are_as_many_as_asked_for(struct machine *m) {
    KAFFINITY active;
    PROCESSOR_NUMBER number;
    (void)m;
    assert_int_equal(KeQueryActiveProcessorCount(&active), 4);
    assert_int_equal(active, 0xf);
    assert_int_equal(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), 4);
    assert_int_equal(KeQueryActiveProcessors(), 0xf);
    assert_int_equal(KeGetProcessorNumberFromIndex(3, &number), STATUS_SUCCESS);
    assert_int_equal(number.Number, 3);
    assert_int_equal(KeGetProcessorIndexFromNumber(&number), 3);
    assert_int_equal(KeGetProcessorNumberFromIndex(4, &number), STATUS_INVALID_PARAMETER);
}

static void a_thread_moves_to_its_affinity(struct machine *m) {
    (void)m;
    for (ULONG i = 4; i-- > 0;) {
        KAFFINITY old = KeSetSystemAffinityThreadEx((KAFFINITY)1 << i);
        assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), i);
        assert_int_equal(old, i == 3 ? 0 : (KAFFINITY)1 << (i + 1));
    }
    KeRevertToUserAffinityThreadEx(0);
}

static KIPI_BROADCAST_WORKER mark;

static ULONG_PTR mark(ULONG_PTR context) {
    assert_int_equal(KeGetCurrentIrql(), IPI_LEVEL);
    *(ULONG *)context |= 1u << KeGetCurrentProcessorNumberEx(NULL);
    return KeGetCurrentProcessorNumberEx(NULL) + 100;
}

static void a_broadcast_reaches_every_processor(struct machine *m) {
    ULONG seen = 0;
    (void)m;
    KeSetSystemAffinityThread(4);
    assert_int_equal(KeIpiGenericCall(mark, (ULONG_PTR)&seen), 102);
    assert_int_equal(seen, 0xf);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static KEVENT start, stop;
static ULONG used;

static VOID note_processor(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&start, Executive, KernelMode, FALSE, NULL);
    used |= 1u << KeGetCurrentProcessorNumberEx(NULL);
    KeStallExecutionProcessor(10);
    KeWaitForSingleObject(&stop, Executive, KernelMode, FALSE, NULL);
}

static void ready_threads_use_idle_processors(struct machine *m) {
    PVOID threads[4];
    used = 0;
    KeInitializeEvent(&start, NotificationEvent, FALSE);
    KeInitializeEvent(&stop, NotificationEvent, FALSE);
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(note_processor, NULL);
    wdmsim_settle(m);
    KeSetEvent(&start, IO_NO_INCREMENT, FALSE);
    wdmsim_settle(m);
    assert_int_equal(used, 0xf);
    KeSetEvent(&stop, IO_NO_INCREMENT, FALSE);
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
}

int main(void) {
    static const struct wdmsim_config four = {.processors = 4, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(there_are_as_many_as_asked_for, &four),
        wdmsim_unit_test_on(a_thread_moves_to_its_affinity, &four),
        wdmsim_unit_test_on(a_broadcast_reaches_every_processor, &four),
        wdmsim_unit_test_on(ready_threads_use_idle_processors, &four),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
