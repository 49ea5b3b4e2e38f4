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

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(routines_are_called_in_order_of_registration),
        wdmsim_unit_test(an_object_may_allow_one_routine_only),
        wdmsim_unit_test(a_callback_object_needs_a_name),
        wdmsim_unit_test(the_system_has_callback_objects),
        wdmsim_unit_test(unregistering_waits_for_the_call_in_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
