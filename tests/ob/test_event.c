/* Events behind handles, and the named events of the I/O manager. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static LARGE_INTEGER no_time;

static void an_event_is_set_through_its_handle(struct machine *m) {
    HANDLE handle;
    LONG before = -1;
    (void)m;
    assert_int_equal(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE),
                     STATUS_SUCCESS);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, &no_time), STATUS_TIMEOUT);
    assert_int_equal(ZwSetEvent(handle, &before), STATUS_SUCCESS);
    assert_int_equal(before, 0);
    assert_int_equal(ZwSetEvent(handle, &before), STATUS_SUCCESS);
    assert_int_equal(before, 1);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, &no_time), STATUS_SUCCESS);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, &no_time), STATUS_TIMEOUT);
    ZwClose(handle);
}

static void the_initial_state_counts(struct machine *m) {
    HANDLE handle;
    (void)m;
    ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, &no_time), STATUS_SUCCESS);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, &no_time), STATUS_SUCCESS);
    ZwClose(handle);
    assert_int_equal(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, (EVENT_TYPE)2, FALSE),
                     STATUS_INVALID_PARAMETER_4);
}

/* Check that a wait on a handle takes the time it is given, and that other types of handles can be
 * waited for. */
static void a_handle_is_waited_for(struct machine *m) {
    LARGE_INTEGER time = {.QuadPart = -10 * 1000};
    HANDLE handle;
    uint64_t start = wdmsim_time(m);
    ZwCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, &time), STATUS_TIMEOUT);
    assert_true(wdmsim_time(m) - start >= WDMSIM_MS);
    ZwClose(handle);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, &time), STATUS_INVALID_HANDLE);
    assert_int_equal(ZwWaitForSingleObject(NtCurrentThread(), FALSE, &no_time), STATUS_TIMEOUT);
}

static void only_events_are_set(struct machine *m) {
    (void)m;
    assert_int_equal(ZwSetEvent(NtCurrentThread(), NULL), STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(ZwSetEvent((HANDLE)0x4444, NULL), STATUS_INVALID_HANDLE);
}

/* Check that a named event is made signaled once and opened from then on, by a kernel handle. */
static void a_named_event_is_made_or_opened(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\Notify");
    HANDLE first, second;
    PKEVENT event = IoCreateNotificationEvent(&name, &first);
    (void)m;
    assert_non_null(event);
    assert_true(ObIsKernelHandle(first));
    assert_int_equal(KeReadStateEvent(event), 1);
    KeClearEvent(event);
    assert_ptr_equal(IoCreateNotificationEvent(&name, &second), event);
    assert_int_equal(KeReadStateEvent(event), 0);
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(KeReadStateEvent(event), 1);
    ZwClose(first);
    ZwClose(second);
}

static void a_named_synchronization_event_clears_itself(struct machine *m) {
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\Synchronize");
    UNICODE_STRING nowhere = RTL_CONSTANT_STRING(L"\\Nowhere\\Event");
    HANDLE handle;
    PKEVENT event = IoCreateSynchronizationEvent(&name, &handle);
    (void)m;
    assert_int_equal(KeReadStateEvent(event), 1);
    KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(KeReadStateEvent(event), 0);
    ZwClose(handle);
    assert_null(IoCreateSynchronizationEvent(&nowhere, &handle));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_event_is_set_through_its_handle),
        wdmsim_unit_test(the_initial_state_counts),
        wdmsim_unit_test(a_handle_is_waited_for),
        wdmsim_unit_test(only_events_are_set),
        wdmsim_unit_test(a_named_event_is_made_or_opened),
        wdmsim_unit_test(a_named_synchronization_event_clears_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
