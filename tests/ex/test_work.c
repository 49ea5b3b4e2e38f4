/* Work items: context, order, blocked workers, misuse. */
#include "../threads.h"

static WORK_QUEUE_ITEM items[100];
static KEVENT event;
static unsigned ran;
static KPRIORITY priority;

static VOID count(PVOID context) {
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true(PsIsSystemThread((PETHREAD)KeGetCurrentThread()));
    assert_int_equal((ULONG_PTR)context, ran);
    ran++;
    priority = KeQueryPriorityThread(KeGetCurrentThread());
}

static void items_run_in_order_in_a_system_thread(struct machine *m) {
    ran = 0;
    for (unsigned i = 0; i < 100; i++) {
        ExInitializeWorkItem(&items[i], count, (PVOID)(ULONG_PTR)i);
        ExQueueWorkItem(&items[i], DelayedWorkQueue);
    }
    wdmsim_settle(m);
    assert_int_equal(ran, 100);
    KPRIORITY delayed = priority;
    ran = 0;
    ExQueueWorkItem(&items[0], CriticalWorkQueue);
    wdmsim_settle(m);
    assert_true(priority > delayed);
    ran = 0;
    ExQueueWorkItem(&items[0], (WORK_QUEUE_TYPE)(CustomPriorityWorkQueue + 5));
    wdmsim_settle(m);
    assert_int_equal(priority, 5);
}

static VOID wait_for_event(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    ran++;
}
static VOID set_event(PVOID context) {
    (void)context;
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
}

/* Items that block do not keep others from running. */
static void blocked_workers_are_replaced(struct machine *m) {
    ran = 0;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    for (unsigned i = 0; i < 10; i++) {
        ExInitializeWorkItem(&items[i], wait_for_event, NULL);
        ExQueueWorkItem(&items[i], DelayedWorkQueue);
    }
    wdmsim_settle(m);
    assert_int_equal(ran, 0);
    ExInitializeWorkItem(&items[10], set_event, NULL);
    ExQueueWorkItem(&items[10], DelayedWorkQueue);
    wdmsim_settle(m);
    assert_int_equal(ran, 10);
}

static VOID again(PVOID context) {
    if (++ran < 5)
        ExQueueWorkItem(context, DelayedWorkQueue);
}

static void an_item_may_queue_itself(struct machine *m) {
    ran = 0;
    ExInitializeWorkItem(&items[0], again, &items[0]);
    ExQueueWorkItem(&items[0], DelayedWorkQueue);
    wdmsim_settle(m);
    assert_int_equal(ran, 5);
}

static VOID queue_from_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc;
    (void)argument1;
    (void)argument2;
    ExQueueWorkItem(context, CriticalWorkQueue);
}

static void items_can_be_queued_at_dispatch_level(struct machine *m) {
    static KDPC dpc;
    ran = 0;
    ExInitializeWorkItem(&items[0], count, NULL);
    KeInitializeDpc(&dpc, queue_from_dpc, &items[0]);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    wdmsim_settle(m);
    assert_int_equal(ran, 1);
}

/* ---- errors ---- */

static void queueing_twice(struct machine *m) {
    KIRQL old;
    (void)m;
    ran = 0;
    ExInitializeWorkItem(&items[0], count, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExQueueWorkItem(&items[0], DelayedWorkQueue);
    wdmsim_expect_bugcheck(WORKER_INVALID);
    ExQueueWorkItem(&items[0], DelayedWorkQueue);
}

static VOID return_raised(PVOID context) {
    KIRQL old;
    (void)context;
    KeRaiseIrql(APC_LEVEL, &old);
}

static void a_routine_that_returns_at_raised_irql(struct machine *m) {
    ExInitializeWorkItem(&items[0], return_raised, NULL);
    wdmsim_expect_bugcheck(WORKER_THREAD_RETURNED_AT_BAD_IRQL);
    ExQueueWorkItem(&items[0], DelayedWorkQueue);
    wdmsim_settle(m);
}

static KMUTEX mutex;
static VOID return_owning(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, NULL);
}

static void a_routine_that_returns_owning_a_mutex(struct machine *m) {
    KeInitializeMutex(&mutex, 0);
    ExInitializeWorkItem(&items[0], return_owning, NULL);
    wdmsim_expect_bugcheck(SYSTEM_EXIT_OWNED_MUTEX);
    ExQueueWorkItem(&items[0], DelayedWorkQueue);
    wdmsim_settle(m);
}

static VOID return_critical(PVOID context) {
    (void)context;
    KeEnterCriticalRegion();
}

static void a_routine_that_returns_in_a_critical_region(struct machine *m) {
    ExInitializeWorkItem(&items[0], return_critical, NULL);
    wdmsim_expect_bugcheck(APC_INDEX_MISMATCH);
    ExQueueWorkItem(&items[0], DelayedWorkQueue);
    wdmsim_settle(m);
}

static void a_queue_that_does_not_exist(struct machine *m) {
    (void)m;
    ExInitializeWorkItem(&items[0], count, NULL);
    wdmsim_expect_bugcheck(WORKER_INVALID);
    ExQueueWorkItem(&items[0], MaximumWorkQueue);
}

int main(void) {
    static const struct wdmsim_config four = {.processors = 4, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(items_run_in_order_in_a_system_thread),
        wdmsim_unit_test(blocked_workers_are_replaced),
        wdmsim_unit_test_on(blocked_workers_are_replaced, &four),
        wdmsim_unit_test(an_item_may_queue_itself),
        wdmsim_unit_test(items_can_be_queued_at_dispatch_level),
        wdmsim_unit_test(queueing_twice),
        wdmsim_unit_test(a_routine_that_returns_at_raised_irql),
        wdmsim_unit_test(a_routine_that_returns_owning_a_mutex),
        wdmsim_unit_test(a_routine_that_returns_in_a_critical_region),
        wdmsim_unit_test(a_queue_that_does_not_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
