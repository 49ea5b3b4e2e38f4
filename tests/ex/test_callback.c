/* Callback objects: names, order of calls, registration and its end during a call. */
#include "../threads.h"

static PCALLBACK_OBJECT object;
static char calls[16];

static VOID note(PVOID context, PVOID argument1, PVOID argument2) {
    assert_ptr_equal(argument1, (PVOID)1);
    assert_ptr_equal(argument2, (PVOID)2);
    strcat(calls, context);
}

static NTSTATUS create(PCWSTR path, ULONG attributes, BOOLEAN make, BOOLEAN multiple) {
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES object_attributes;
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object_attributes, path ? &name : NULL,
                               OBJ_CASE_INSENSITIVE | attributes, NULL, NULL);
    return ExCreateCallback(&object, &object_attributes, make, multiple);
}

static void routines_are_called_in_order_of_registration(struct machine *m) {
    (void)m;
    calls[0] = 0;
    assert_int_equal(create(L"\\Callback\\Test", OBJ_PERMANENT, FALSE, TRUE),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(create(L"\\Callback\\Test", OBJ_PERMANENT, TRUE, TRUE), STATUS_SUCCESS);
    PCALLBACK_OBJECT first = object;
    assert_int_equal(create(L"\\callback\\TEST", 0, FALSE, FALSE), STATUS_SUCCESS);
    assert_ptr_equal(object, first);
    PVOID a = ExRegisterCallback(object, note, "a"), b = ExRegisterCallback(object, note, "b");
    assert_true(a && b);
    ExNotifyCallback(object, (PVOID)1, (PVOID)2);
    assert_string_equal(calls, "ab");
    ExUnregisterCallback(a);
    ExNotifyCallback(object, (PVOID)1, (PVOID)2);
    assert_string_equal(calls, "abb");
    ExUnregisterCallback(b);
    ObDereferenceObject(object);
    ObDereferenceObject(object);
}

static void an_object_may_allow_one_routine_only(struct machine *m) {
    (void)m;
    assert_int_equal(create(L"\\Callback\\Single", 0, TRUE, FALSE), STATUS_SUCCESS);
    PVOID only = ExRegisterCallback(object, note, "");
    assert_non_null(only);
    assert_null(ExRegisterCallback(object, note, ""));
    ExUnregisterCallback(only);
    only = ExRegisterCallback(object, note, "");
    assert_non_null(only);
    ExUnregisterCallback(only);
    ObDereferenceObject(object);
}

static void a_callback_object_needs_a_name(struct machine *m) {
    (void)m;
    assert_int_equal(create(NULL, 0, TRUE, TRUE), STATUS_UNSUCCESSFUL);
}

static void the_system_has_callback_objects(struct machine *m) {
    static const PCWSTR names[] = {L"\\Callback\\SetSystemTime", L"\\Callback\\PowerState",
                                   L"\\Callback\\ProcessorAdd"};
    (void)m;
    for (unsigned i = 0; i < ARRAYSIZE(names); i++) {
        assert_int_equal(create(names[i], 0, FALSE, TRUE), STATUS_SUCCESS);
        ObDereferenceObject(object);
    }
    assert_int_equal(create(L"\\Callback", 0, FALSE, TRUE), STATUS_OBJECT_TYPE_MISMATCH);
}

static KEVENT entered, may_leave;
static VOID wait_inside(PVOID context, PVOID argument1, PVOID argument2) {
    (void)context;
    (void)argument1;
    (void)argument2;
    KeSetEvent(&entered, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&may_leave, Executive, KernelMode, FALSE, NULL);
    strcat(calls, "left ");
}
static VOID unregister(PVOID registration) {
    ExUnregisterCallback(registration);
    strcat(calls, "gone");
}
static VOID notify(PVOID context) { ExNotifyCallback(context, NULL, NULL); }

static void unregistering_waits_for_the_call_in_progress(struct machine *m) {
    calls[0] = 0;
    KeInitializeEvent(&entered, NotificationEvent, FALSE);
    KeInitializeEvent(&may_leave, NotificationEvent, FALSE);
    assert_int_equal(create(L"\\Callback\\Busy", 0, TRUE, TRUE), STATUS_SUCCESS);
    PVOID registration = ExRegisterCallback(object, wait_inside, NULL);
    PVOID notifier = thread_start(notify, object);
    KeWaitForSingleObject(&entered, Executive, KernelMode, FALSE, NULL);
    PVOID remover = thread_start(unregister, registration);
    wdmsim_settle(m);
    assert_string_equal(calls, "");
    KeSetEvent(&may_leave, IO_NO_INCREMENT, FALSE);
    thread_join(notifier);
    thread_join(remover);
    assert_string_equal(calls, "left gone");
    ObDereferenceObject(object);
}

/*
 * One thread notifies, two unregister. While the notifier lets the first one go on, which waits for
 * its routine to return, the other one may free the registration that comes next. Blocks end at
 * inaccessible pages and are never used again, so that a look at a freed one is found.
 */
static PVOID registrations[2];
static ULONG_PTR heard;

static VOID hear(PVOID context, PVOID argument1, PVOID argument2) {
    (void)argument1;
    (void)argument2;
    heard |= (ULONG_PTR)context;
    KeSetEvent(&entered, IO_NO_INCREMENT, FALSE);
    assert_true(KeReadStateEvent(&entered)); /* here others may run */
}
static VOID notifies(PVOID context) {
    (void)context;
    ExNotifyCallback(object, NULL, NULL);
}
static VOID unregisters_first(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&entered, Executive, KernelMode, FALSE, NULL);
    ExUnregisterCallback(registrations[0]);
}
static VOID unregisters_second(PVOID context) {
    (void)context;
    KeWaitForSingleObject(&entered, Executive, KernelMode, FALSE, NULL);
    ExUnregisterCallback(registrations[1]);
}
static VOID prepare(void) {
    heard = 0;
    KeInitializeEvent(&entered, NotificationEvent, FALSE);
    assert_int_equal(create(L"\\Callback\\Race", 0, TRUE, TRUE), STATUS_SUCCESS);
    for (ULONG_PTR i = 0; i < 2; i++)
        registrations[i] = ExRegisterCallback(object, hear, (PVOID)(i + 1));
}
static bool second_heard, second_missed;
static VOID judge(void) {
    assert_true(heard & 1);
    *(heard & 2 ? &second_heard : &second_missed) = true;
    ObDereferenceObject(object);
}

static void unregistering_the_next_one_too_is_safe(void **state) {
    static const struct explored scenario = {
        .flags = WDMSIM_GUARD_POOL,
        .preemptions = 2,
        .actors = {notifies, unregisters_first, unregisters_second},
        .begin = prepare,
        .check = judge};
    (void)state;
    second_heard = second_missed = false;
    assert_true(explore_up_to(&scenario, 2) > 100);
    assert_true(second_heard && second_missed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(routines_are_called_in_order_of_registration),
        wdmsim_unit_test(an_object_may_allow_one_routine_only),
        wdmsim_unit_test(a_callback_object_needs_a_name),
        wdmsim_unit_test(the_system_has_callback_objects),
        wdmsim_unit_test(unregistering_waits_for_the_call_in_progress),
        cmocka_unit_test(unregistering_the_next_one_too_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
