/*
 * APCs: special, normal and user ones, when each is delivered and what holds it back; alerts.
 * Drivers declare these routines themselves, as no header does.
 */
#include "../threads.h"

VOID KeInitializeApc(PRKAPC Apc, PKTHREAD Thread, int Environment, PKKERNEL_ROUTINE KernelRoutine,
                     PKRUNDOWN_ROUTINE RundownRoutine, PKNORMAL_ROUTINE NormalRoutine,
                     KPROCESSOR_MODE ApcMode, PVOID NormalContext);
BOOLEAN KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2,
                         KPRIORITY Increment);
BOOLEAN KeRemoveQueueApc(PRKAPC Apc);
BOOLEAN KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE AlertMode);
BOOLEAN KeTestAlertThread(KPROCESSOR_MODE AlertMode);

static KAPC special, normal, user;
static char order[16];

static void note(char c) {
    size_t length = strlen(order);
    order[length] = c;
    order[length + 1] = 0;
}

static VOID on_special(PKAPC apc, PKNORMAL_ROUTINE *routine, PVOID *context, PVOID *argument1,
                       PVOID *argument2) {
    (void)apc;
    (void)context;
    (void)argument1;
    (void)argument2;
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    assert_null(*routine);
    note('s');
}

static VOID on_kernel(PKAPC apc, PKNORMAL_ROUTINE *routine, PVOID *context, PVOID *argument1,
                      PVOID *argument2) {
    (void)apc;
    (void)routine;
    (void)context;
    (void)argument2;
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    note('k');
    if (*argument1)
        *routine = NULL; /* a kernel routine may cancel the normal one */
}

static VOID on_normal(PVOID context, PVOID argument1, PVOID argument2) {
    (void)argument1;
    (void)argument2;
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    note(*(char *)context);
}

static void prepare(PKTHREAD thread) {
    order[0] = 0;
    KeInitializeApc(&special, thread, 0, on_special, NULL, NULL, KernelMode, NULL);
    KeInitializeApc(&normal, thread, 0, on_kernel, NULL, on_normal, KernelMode, (PVOID) "n");
    KeInitializeApc(&user, thread, 0, on_kernel, NULL, on_normal, UserMode, (PVOID) "u");
}

static void kernel_apcs_run_at_once_in_the_running_thread(struct machine *m) {
    (void)m;
    prepare(KeGetCurrentThread());
    assert_true(KeInsertQueueApc(&normal, NULL, NULL, 0));
    assert_string_equal(order, "kn");
    assert_true(KeInsertQueueApc(&special, NULL, NULL, 0));
    assert_string_equal(order, "kns");
    KeInsertQueueApc(&normal, &order, NULL, 0);
    assert_string_equal(order, "knsk");
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void special_ones_go_first_when_the_irql_allows(struct machine *m) {
    KIRQL irql;
    (void)m;
    prepare(KeGetCurrentThread());
    KeRaiseIrql(APC_LEVEL, &irql);
    assert_true(KeInsertQueueApc(&normal, NULL, NULL, 0));
    assert_false(KeInsertQueueApc(&normal, NULL, NULL, 0));
    assert_true(KeInsertQueueApc(&special, NULL, NULL, 0));
    assert_string_equal(order, "");
    KeLowerIrql(irql);
    assert_string_equal(order, "skn");
}

static void a_critical_region_holds_normal_ones_back(struct machine *m) {
    (void)m;
    prepare(KeGetCurrentThread());
    KeEnterCriticalRegion();
    assert_true(KeAreApcsDisabled());
    KeInsertQueueApc(&normal, NULL, NULL, 0);
    KeInsertQueueApc(&special, NULL, NULL, 0);
    assert_string_equal(order, "s");
    KeLeaveCriticalRegion();
    assert_string_equal(order, "skn");
}

static void a_guarded_region_holds_all_back(struct machine *m) {
    (void)m;
    prepare(KeGetCurrentThread());
    KeEnterGuardedRegion();
    assert_true(KeAreAllApcsDisabled());
    KeInsertQueueApc(&normal, NULL, NULL, 0);
    KeInsertQueueApc(&special, NULL, NULL, 0);
    assert_string_equal(order, "");
    KeLeaveGuardedRegion();
    assert_string_equal(order, "skn");
}

static void a_removed_one_does_not_run(struct machine *m) {
    (void)m;
    prepare(KeGetCurrentThread());
    KeEnterCriticalRegion();
    KeInsertQueueApc(&normal, NULL, NULL, 0);
    assert_true(KeRemoveQueueApc(&normal));
    assert_false(KeRemoveQueueApc(&normal));
    KeLeaveCriticalRegion();
    assert_string_equal(order, "");
}

static KEVENT event;
static KPROCESSOR_MODE wait_mode;
static BOOLEAN alertable;
static NTSTATUS wait_status;

static VOID wait(PVOID context) {
    (void)context;
    KeLeaveCriticalRegion(); /* that a system thread starts in */
    wait_status = KeWaitForSingleObject(&event, Executive, wait_mode, alertable, NULL);
    KeEnterCriticalRegion();
    note('w');
}

/* A thread that waits for the event, with the APCs initialised for it. */
static PVOID start_waiter(struct machine *m, KPROCESSOR_MODE mode, BOOLEAN alert) {
    wait_mode = mode;
    alertable = alert;
    wait_status = STATUS_PENDING;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PVOID thread = thread_start(wait, NULL);
    wdmsim_settle(m);
    prepare(thread);
    return thread;
}

static void a_kernel_apc_interrupts_a_wait_without_ending_it(struct machine *m) {
    PVOID thread = start_waiter(m, KernelMode, FALSE);
    KeInsertQueueApc(&normal, NULL, NULL, 0);
    KeInsertQueueApc(&special, NULL, NULL, 0);
    wdmsim_settle(m);
    assert_string_equal(order, "skn"); /* both ran, in the other thread, and it waits again */
    assert_int_equal(wait_status, STATUS_PENDING);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    thread_join(thread);
    assert_int_equal(wait_status, STATUS_SUCCESS);
}

static void a_user_apc_ends_an_alertable_user_mode_wait(struct machine *m) {
    PVOID thread = start_waiter(m, UserMode, TRUE);
    assert_true(KeInsertQueueApc(&user, NULL, NULL, 0));
    thread_join(thread);
    assert_int_equal(wait_status, STATUS_USER_APC);
}

static void a_user_apc_leaves_other_waits_alone(struct machine *m) {
    PVOID thread = start_waiter(m, KernelMode, TRUE);
    KeInsertQueueApc(&user, NULL, NULL, 0);
    wdmsim_settle(m);
    assert_int_equal(wait_status, STATUS_PENDING);
    assert_string_equal(order, "");
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    thread_join(thread);
    assert_string_equal(order, "w"); /* it never ran: the thread ended first */
}

static void an_alert_ends_an_alertable_wait(struct machine *m) {
    PVOID thread = start_waiter(m, KernelMode, TRUE);
    assert_false(KeAlertThread(thread, KernelMode));
    thread_join(thread);
    assert_int_equal(wait_status, STATUS_ALERTED);
}

static void an_alert_is_kept_for_the_next_wait(struct machine *m) {
    LARGE_INTEGER second = {.QuadPart = -10000000};
    PKTHREAD self = KeGetCurrentThread();
    (void)m;
    assert_false(KeAlertThread(self, KernelMode));
    assert_true(KeAlertThread(self, KernelMode));
    assert_int_equal(KeDelayExecutionThread(KernelMode, TRUE, &second), STATUS_ALERTED);
    assert_false(KeTestAlertThread(KernelMode));
    KeAlertThread(self, KernelMode);
    assert_true(KeTestAlertThread(KernelMode));
    assert_int_equal(KeDelayExecutionThread(KernelMode, TRUE, &second), STATUS_SUCCESS);
}

static VOID keep_raised(PVOID context, PVOID argument1, PVOID argument2) {
    KIRQL irql;
    (void)context;
    (void)argument1;
    (void)argument2;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
}

static void returning_at_another_irql_is_a_violation(struct machine *m) {
    (void)m;
    prepare(KeGetCurrentThread());
    KeInitializeApc(&normal, KeGetCurrentThread(), 0, on_kernel, NULL, keep_raised, KernelMode,
                    NULL);
    wdmsim_expect_bugcheck(IRQL_UNEXPECTED_VALUE);
    KeInsertQueueApc(&normal, NULL, NULL, 0);
}

static void an_alert_by_the_kernel_ends_a_programs_wait_too(struct machine *m) {
    LARGE_INTEGER second = {.QuadPart = -10000000};
    (void)m;
    KeAlertThread(KeGetCurrentThread(), KernelMode);
    assert_int_equal(KeDelayExecutionThread(UserMode, TRUE, &second), STATUS_ALERTED);
    assert_int_equal(KeDelayExecutionThread(UserMode, TRUE, &second), STATUS_SUCCESS);
}

static void regions_hold_user_apcs_back(struct machine *m) {
    LARGE_INTEGER moment = {.QuadPart = -10000};
    (void)m;
    prepare(KeGetCurrentThread());
    KeEnterCriticalRegion();
    assert_true(KeInsertQueueApc(&user, NULL, NULL, 0));
    assert_int_equal(KeDelayExecutionThread(UserMode, TRUE, &moment), STATUS_SUCCESS);
    KeEnterGuardedRegion();
    KeLeaveCriticalRegion();
    assert_int_equal(KeDelayExecutionThread(UserMode, TRUE, &moment), STATUS_SUCCESS);
    KeLeaveGuardedRegion();
    assert_int_equal(KeDelayExecutionThread(UserMode, TRUE, &moment), STATUS_USER_APC);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(kernel_apcs_run_at_once_in_the_running_thread),
        wdmsim_unit_test(special_ones_go_first_when_the_irql_allows),
        wdmsim_unit_test(a_critical_region_holds_normal_ones_back),
        wdmsim_unit_test(a_guarded_region_holds_all_back),
        wdmsim_unit_test(a_removed_one_does_not_run),
        wdmsim_unit_test(a_kernel_apc_interrupts_a_wait_without_ending_it),
        wdmsim_unit_test(a_user_apc_ends_an_alertable_user_mode_wait),
        wdmsim_unit_test(a_user_apc_leaves_other_waits_alone),
        wdmsim_unit_test(an_alert_ends_an_alertable_wait),
        wdmsim_unit_test(an_alert_is_kept_for_the_next_wait),
        wdmsim_unit_test(returning_at_another_irql_is_a_violation),
        wdmsim_unit_test(an_alert_by_the_kernel_ends_a_programs_wait_too),
        wdmsim_unit_test(regions_hold_user_apcs_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
