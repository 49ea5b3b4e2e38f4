/* ZwDuplicateObject: handles from process to process. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static HANDLE process_handle(struct wdmsim_process *process) {
    HANDLE handle;
    assert_int_equal(ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS,
                                           *PsProcessType, KernelMode, &handle),
                     STATUS_SUCCESS);
    return handle;
}

static ACCESS_MASK granted(HANDLE handle) {
    PUBLIC_OBJECT_BASIC_INFORMATION information;
    assert_int_equal(
        ZwQueryObject(handle, ObjectBasicInformation, &information, sizeof information, NULL),
        STATUS_SUCCESS);
    return information.GrantedAccess;
}

static void a_duplicate_is_another_handle_to_the_object(struct machine *m) {
    HANDLE source, copy;
    PVOID a, b;
    (void)m;
    ZwCreateEvent(&source, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    assert_int_equal(ZwDuplicateObject(NtCurrentProcess(), source, NtCurrentProcess(), &copy,
                                       EVENT_MODIFY_STATE, 0, 0),
                     STATUS_SUCCESS);
    assert_true(copy != source);
    assert_int_equal(granted(copy), EVENT_MODIFY_STATE);
    ObReferenceObjectByHandle(source, 0, NULL, KernelMode, &a, NULL);
    ObReferenceObjectByHandle(copy, 0, NULL, KernelMode, &b, NULL);
    assert_ptr_equal(a, b);
    ObDereferenceObject(a);
    ObDereferenceObject(b);
    ZwClose(source);
    assert_int_equal(ZwSetEvent(copy, NULL), STATUS_SUCCESS);
    ZwClose(copy);
}

static void options_keep_access_and_close_the_source(struct machine *m) {
    HANDLE source, copy;
    (void)m;
    ZwCreateEvent(&source, SYNCHRONIZE | EVENT_MODIFY_STATE, NULL, NotificationEvent, FALSE);
    assert_int_equal(ZwDuplicateObject(NtCurrentProcess(), source, NtCurrentProcess(), &copy, 0, 0,
                                       DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
                     STATUS_SUCCESS);
    assert_int_equal(granted(copy), SYNCHRONIZE | EVENT_MODIFY_STATE);
    ZwClose(copy);
    assert_int_equal(
        ZwDuplicateObject(NtCurrentProcess(), (HANDLE)0x4440, NtCurrentProcess(), &copy, 0, 0, 0),
        STATUS_INVALID_HANDLE);
}

/* Check that a driver can give a process a handle and take it away again. */
static void a_handle_goes_to_another_process(struct machine *m) {
    struct wdmsim_process *process;
    HANDLE source, target, copy;
    assert_int_equal(wdmsim_process_create(m, "app.exe", &process), 0);
    target = process_handle(process);
    ZwCreateEvent(&source, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    assert_int_equal(
        ZwDuplicateObject(NtCurrentProcess(), source, target, &copy, 0, 0, DUPLICATE_SAME_ACCESS),
        STATUS_SUCCESS);
    ZwSetEvent(source, NULL);
    assert_int_equal(wdmsim_event_state(m, process, (uint64_t)(ULONG_PTR)copy), 1);
    assert_int_equal(ZwDuplicateObject(target, copy, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE),
                     STATUS_SUCCESS);
    assert_int_equal(wdmsim_event_state(m, process, (uint64_t)(ULONG_PTR)copy),
                     WDMSIM_ERROR_NOT_FOUND);
    ZwClose(source);
    ZwClose(target);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_duplicate_is_another_handle_to_the_object),
        wdmsim_unit_test(options_keep_access_and_close_the_source),
        wdmsim_unit_test(a_handle_goes_to_another_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
