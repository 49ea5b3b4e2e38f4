/* The scheduler: priorities, preemption, equal threads in turn, ends of threads. */
#include "../threads.h"

static char order[16];
static KEVENT go;

static void note(char c) {
    size_t length = strlen(order);
    order[length] = c;
    order[length + 1] = 0;
}

static VOID runner(PVOID context) {
    const char *me = context;
    KeSetPriorityThread(KeGetCurrentThread(), me[1]);
    KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
    note(me[0]);
}

static void higher_priorities_run_first(struct machine *m) {
    static const char runners[3][2] = {{'a', 9}, {'b', 12}, {'c', 10}};
    PVOID threads[3];
    order[0] = 0;
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start(runner, (PVOID)runners[i]);
    wdmsim_settle(m);
    KeSetPriorityThread(KeGetCurrentThread(), 15);
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    assert_string_equal(order, ""); /* the setter is above them all */
    for (int i = 0; i < 3; i++)
        thread_join(threads[i]);
    assert_string_equal(order, "bca");
}

static void a_higher_thread_preempts_the_one_that_wakes_it(struct machine *m) {
    static const char high[2] = {'h', 12};
    order[0] = 0;
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    PVOID thread = thread_start(runner, (PVOID)high);
    wdmsim_settle(m);
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    note('m');
    assert_string_equal(order, "hm");
    thread_join(thread);
}

static void nobody_preempts_at_dispatch_level(struct machine *m) {
    static const char high[2] = {'h', 12};
    KIRQL irql;
    order[0] = 0;
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    PVOID thread = thread_start(runner, (PVOID)high);
    wdmsim_settle(m);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
    note('m');
    KeLowerIrql(irql);
    assert_string_equal(order, "mh");
    thread_join(thread);
}

static VOID turn_taker(PVOID context) {
    LARGE_INTEGER zero = {.QuadPart = 0};
    for (int i = 0; i < 3; i++) {
        note(*(const char *)context);
        KeDelayExecutionThread(KernelMode, FALSE, &zero);
    }
}

static void a_zero_delay_gives_the_turn_to_an_equal(struct machine *m) {
    (void)m;
    order[0] = 0;
    PVOID a = thread_start(turn_taker, (PVOID) "a"), b = thread_start(turn_taker, (PVOID) "b");
    thread_join(a);
    thread_join(b);
    assert_string_equal(order, "ababab");
}

static LONG lived;

static VOID live(PVOID context) {
    (void)context;
    lived++;
}

static void many_threads_come_and_go(struct machine *m) {
    (void)m;
    lived = 0;
    for (int i = 0; i < 2000; i++)
        thread_join(thread_start(live, NULL));
    assert_int_equal(lived, 2000);
}

static VOID wait_for_ever(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
}

static void a_machine_with_waiting_threads_can_be_destroyed(struct machine *m) {
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    for (int i = 0; i < 100; i++)
        ObDereferenceObject(thread_start(wait_for_ever, NULL));
    wdmsim_settle(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(higher_priorities_run_first),
        wdmsim_unit_test(a_higher_thread_preempts_the_one_that_wakes_it),
        wdmsim_unit_test(nobody_preempts_at_dispatch_level),
        wdmsim_unit_test(a_zero_delay_gives_the_turn_to_an_equal),
        wdmsim_unit_test(many_threads_come_and_go),
        wdmsim_unit_test(a_machine_with_waiting_threads_can_be_destroyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
