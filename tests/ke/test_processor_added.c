/* Processors that are added while the machine runs, and who is told of them. */
#include "../threads.h"

static const struct wdmsim_config room = {
    .processors = 1, .maximum_processors = 4, .group_size = 2, .flags = WDMSIM_CHECK_RULES};

static PROCESSOR_CALLBACK_FUNCTION note;
static char heard[128];
static const char *refuser;

/* "aS1 " for a start of processor 1 that the callback with context "a" hears of; C and F the ends.
 */
static VOID note(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change, PNTSTATUS status) {
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(*status, STATUS_SUCCESS);
    assert_int_equal(change->ProcNumber.Group, change->NtNumber / 2);
    assert_int_equal(change->ProcNumber.Number, change->NtNumber % 2);
    bool there = change->NtNumber < KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
    assert_int_equal(there, change->State == KeProcessorAddCompleteNotify);
    assert_int_equal(change->Status, change->State == KeProcessorAddFailureNotify
                                         ? STATUS_INSUFFICIENT_RESOURCES
                                         : STATUS_SUCCESS);
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%s%c%u ", (const char *)context,
             "SCF"[change->State], (unsigned)change -> NtNumber);
    if (refuser == context && change->State == KeProcessorAddStartNotify)
        *status = STATUS_INSUFFICIENT_RESOURCES;
}

static char a[] = "a", b[] = "b", c[] = "c";

static uint32_t add(struct machine *m) {
    uint32_t status;
    heard[0] = 0;
    assert_int_equal(wdmsim_processor_add(m, &status), 0);
    assert_int_equal(status, STATUS_PENDING);
    wdmsim_settle(m);
    return status;
}

static void those_who_asked_are_told_before_and_after(struct machine *m) {
    PVOID one = KeRegisterProcessorChangeCallback(note, a, 0);
    PVOID two = KeRegisterProcessorChangeCallback(note, b, 0);
    assert_int_equal(add(m), STATUS_SUCCESS);
    assert_string_equal(heard, "bS1 aS1 bC1 aC1 ");
    assert_int_equal(KeQueryActiveProcessorCountEx(0), 2);
    assert_int_equal(KeQueryActiveGroupCount(), 1);
    assert_int_equal(KeQueryMaximumGroupCount(), 2);
    KeDeregisterProcessorChangeCallback(two);
    assert_int_equal(add(m), STATUS_SUCCESS);
    assert_string_equal(heard, "aS2 aC2 ");
    assert_int_equal(KeQueryActiveGroupCount(), 2); /* the first of the second group */
    KeDeregisterProcessorChangeCallback(one);
    assert_int_equal(add(m), STATUS_SUCCESS);
    assert_string_equal(heard, "");
    assert_int_equal(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), 4);
}

static void one_who_refuses_keeps_it_out(struct machine *m) {
    PVOID handles[3] = {KeRegisterProcessorChangeCallback(note, a, 0),
                        KeRegisterProcessorChangeCallback(note, b, 0),
                        KeRegisterProcessorChangeCallback(note, c, 0)};
    refuser = b;
    assert_int_equal(add(m), (uint32_t)STATUS_INSUFFICIENT_RESOURCES);
    assert_string_equal(heard, "cS1 bS1 cF1 ");
    assert_int_equal(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS), 1);
    refuser = NULL;
    assert_int_equal(add(m), STATUS_SUCCESS); /* another try */
    assert_string_equal(heard, "cS1 bS1 aS1 cC1 bC1 aC1 ");
    for (int i = 0; i < 3; i++)
        KeDeregisterProcessorChangeCallback(handles[i]);
}

static void there_is_room_for_so_many(struct machine *m) {
    uint32_t status;
    assert_int_equal(wdmsim_processor_add(m, &status), 0);
    assert_int_equal(wdmsim_processor_add(m, NULL), WDMSIM_ERROR_BUSY); /* one after the other */
    wdmsim_settle(m);
    assert_int_equal(status, STATUS_SUCCESS);
    add(m);
    add(m);
    assert_int_equal(wdmsim_processor_add(m, NULL), WDMSIM_ERROR_BUSY);
}

static KEVENT stop;
static ULONG used;

static VOID compute(PVOID context) {
    (void)context;
    while (!KeReadStateEvent(&stop)) {
        used |= 1u << KeGetCurrentProcessorNumberEx(NULL);
        KeStallExecutionProcessor(100);
    }
}

/* Both were made when there was one processor. */
static void threads_that_wait_for_a_processor_get_it(struct machine *m) {
    LARGE_INTEGER tenth = {.QuadPart = -1000000};
    PVOID threads[2];
    used = 0;
    KeInitializeEvent(&stop, NotificationEvent, FALSE);
    for (int i = 0; i < 2; i++)
        threads[i] = thread_start(compute, NULL);
    KeDelayExecutionThread(KernelMode, FALSE, &tenth); /* they never settle */
    assert_int_equal(used, 1);
    assert_int_equal(wdmsim_processor_add(m, NULL), 0);
    KeDelayExecutionThread(KernelMode, FALSE, &tenth);
    assert_int_equal(used, 3);
    KeSetEvent(&stop, IO_NO_INCREMENT, FALSE);
    for (int i = 0; i < 2; i++)
        thread_join(threads[i]);
}

static KDEFERRED_ROUTINE count_dpc;
static ULONG dpcs;

static VOID count_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    dpcs |= 1u << KeGetCurrentProcessorNumberEx(NULL);
}

static KIPI_BROADCAST_WORKER mark;

static ULONG_PTR mark(ULONG_PTR context) {
    *(ULONG *)context |= 1u << KeGetCurrentProcessorNumberEx(NULL);
    return 0;
}

static void it_takes_dpcs_broadcasts_and_threads(struct machine *m) {
    PROCESSOR_NUMBER third = {.Group = 1, .Number = 0};
    GROUP_AFFINITY there = {.Group = 1, .Mask = 3};
    KDPC dpc;
    ULONG seen = 0;
    KeInitializeDpc(&dpc, count_dpc, NULL);
    add(m);
    assert_int_equal(KeSetTargetProcessorDpcEx(&dpc, &third), STATUS_INVALID_PARAMETER);
    add(m);
    assert_int_equal(KeSetTargetProcessorDpcEx(&dpc, &third), STATUS_SUCCESS);
    dpcs = 0;
    KeInsertQueueDpc(&dpc, NULL, NULL);
    wdmsim_settle(m);
    assert_int_equal(dpcs, 4);
    KeIpiGenericCall(mark, (ULONG_PTR)&seen);
    assert_int_equal(seen, 7);
    KeSetSystemGroupAffinityThread(&there, NULL);
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), 2);
}

static VOID note_object(PVOID context, PVOID argument1, PVOID argument2) {
    assert_null(argument1);
    assert_null(argument2);
    *(ULONG *)context = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
}

static void the_callback_object_is_notified(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\ProcessorAdd");
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;
    ULONG count = 0;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(ExCreateCallback(&object, &attributes, FALSE, TRUE), STATUS_SUCCESS);
    PVOID registration = ExRegisterCallback(object, note_object, &count);
    PVOID refusal = KeRegisterProcessorChangeCallback(note, a, 0);
    refuser = a;
    assert_int_not_equal(add(m), STATUS_SUCCESS);
    assert_int_equal(count, 0);
    KeDeregisterProcessorChangeCallback(refusal);
    assert_int_equal(add(m), STATUS_SUCCESS);
    assert_int_equal(count, 2);
    ExUnregisterCallback(registration);
    ObDereferenceObject(object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(those_who_asked_are_told_before_and_after, &room),
        wdmsim_unit_test_on(one_who_refuses_keeps_it_out, &room),
        wdmsim_unit_test_on(there_is_room_for_so_many, &room),
        wdmsim_unit_test_on(threads_that_wait_for_a_processor_get_it, &room),
        wdmsim_unit_test_on(it_takes_dpcs_broadcasts_and_threads, &room),
        wdmsim_unit_test_on(the_callback_object_is_notified, &room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
