/* References by handle and by pointer: checks, counts, the last one. */
#include <ntifs.h>

#include "../stop.h"

#define TAG 0x54546167u

static const struct wdmsim_config unchecked = {.processors = 1}; /* rules are not checked */

static HANDLE new_event(ACCESS_MASK access) {
    HANDLE handle;
    assert_int_equal(ZwCreateEvent(&handle, access, NULL, NotificationEvent, FALSE),
                     STATUS_SUCCESS);
    return handle;
}

static ULONG pointer_count(HANDLE handle) {
    PUBLIC_OBJECT_BASIC_INFORMATION information;
    assert_int_equal(
        ZwQueryObject(handle, ObjectBasicInformation, &information, sizeof information, NULL),
        STATUS_SUCCESS);
    return information.PointerCount;
}

/* Check that a handle gives its object, and what was granted. */
static void a_handle_gives_its_object(struct machine *m) {
    OBJECT_HANDLE_INFORMATION information;
    PVOID event, again;
    HANDLE handle = new_event(EVENT_MODIFY_STATE | SYNCHRONIZE);
    (void)m;
    assert_int_equal(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *ExEventObjectType, UserMode,
                                               &event, &information),
                     STATUS_SUCCESS);
    assert_int_equal(information.GrantedAccess, EVENT_MODIFY_STATE | SYNCHRONIZE);
    assert_int_equal(
        ObReferenceObjectByHandleWithTag(handle, 0, NULL, KernelMode, TAG, &again, NULL),
        STATUS_SUCCESS);
    assert_ptr_equal(event, again);
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    assert_int_equal(KeReadStateEvent(again), 1);
    LONG_PTR count = ObReferenceObject(event);
    ObDereferenceObjectWithTag(again, TAG);
    assert_int_equal(ObDereferenceObject(event), count - 2);
    ObDereferenceObject(event);
    ZwClose(handle);
}

static void the_type_is_checked(struct machine *m) {
    PVOID object = (PVOID)1;
    HANDLE handle = new_event(EVENT_ALL_ACCESS);
    (void)m;
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, &object, NULL),
                     STATUS_OBJECT_TYPE_MISMATCH);
    assert_null(object);
    assert_int_equal(
        ObReferenceObjectByHandle(handle, 0, *ExSemaphoreObjectType, UserMode, &object, NULL),
        STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(handle);
}

/* Check that granted access limits user mode only. */
static void access_is_checked_for_user_mode(struct machine *m) {
    PVOID event;
    HANDLE handle = new_event(SYNCHRONIZE);
    (void)m;
    assert_int_equal(ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType,
                                               UserMode, &event, NULL),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType,
                                               KernelMode, &event, NULL),
                     STATUS_SUCCESS);
    ObDereferenceObject(event);
    ZwClose(handle);
}

static void a_wrong_handle_is_invalid(struct machine *m) {
    PVOID event;
    HANDLE handle = new_event(EVENT_ALL_ACCESS);
    (void)m;
    assert_int_equal(ObReferenceObjectByHandle((HANDLE)0x7ffc, 0, NULL, UserMode, &event, NULL),
                     STATUS_INVALID_HANDLE);
    assert_int_equal(ObReferenceObjectByHandle(NULL, 0, NULL, UserMode, &event, NULL),
                     STATUS_INVALID_HANDLE);
    ZwClose(handle);
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &event, NULL),
                     STATUS_INVALID_HANDLE);
}

/* Check what Driver Verifier reports of a handle that a driver vouches for: none, … */
static void a_null_handle_is_reported(struct machine *m) {
    PVOID event;
    (void)m;
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xf5, 0, (ULONG_PTR)*ExEventObjectType,
                ANY_PARAMETER);
    ObReferenceObjectByHandle(NULL, 0, *ExEventObjectType, KernelMode, &event, NULL);
}

/* … a closed one, … */
static void a_closed_handle_is_reported(struct machine *m) {
    PVOID event;
    HANDLE handle = new_event(EVENT_ALL_ACCESS);
    (void)m;
    ZwClose(handle);
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, NULL, UserMode, &event, NULL),
                     STATUS_INVALID_HANDLE);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3c, (ULONG_PTR)handle,
                (ULONG_PTR)*ExEventObjectType, 0);
    ObReferenceObjectByHandleWithTag(handle, 0, *ExEventObjectType, KernelMode, TAG, &event, NULL);
}

static HANDLE user_handle;

static void reference_for_user_mode(void *context) {
    PVOID event;
    user_handle = new_event(EVENT_ALL_ACCESS);
    *(NTSTATUS *)context = ObReferenceObjectByHandle(user_handle, 0, NULL, UserMode, &event, NULL);
    ObDereferenceObject(event);
}

static void reference_for_kernel_mode(void *context) {
    PVOID event;
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xf6, (ULONG_PTR)user_handle,
                (ULONG_PTR)PsGetCurrentProcess(), ANY_PARAMETER);
    ObReferenceObjectByHandle(user_handle, 0, NULL, KernelMode, &event, NULL);
    *(NTSTATUS *)context = STATUS_SUCCESS;
}

/* … a program's handle, … */
static void a_user_handle_taken_for_a_kernel_handle_is_reported(struct machine *m) {
    NTSTATUS status = STATUS_PENDING;
    wdmsim_user_thread(m, NULL, reference_for_user_mode, &status);
    wdmsim_settle(m);
    assert_int_equal(status, STATUS_SUCCESS);
    wdmsim_user_thread(m, NULL, reference_for_kernel_mode, &status);
    wdmsim_settle(m);
}

/* … and a kernel handle, which user mode has no business with. */
static void a_kernel_handle_referenced_for_user_mode_is_reported(struct machine *m) {
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    PVOID event;
    (void)m;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xf7, (ULONG_PTR)handle, 0, UserMode);
    ObReferenceObjectByHandle(handle, 0, NULL, UserMode, &event, NULL);
}

/* Check that the current process and thread have handles that need not be opened. */
static void pseudo_handles_mean_the_caller(struct machine *m) {
    PVOID object;
    (void)m;
    assert_int_equal(
        ObReferenceObjectByHandle(NtCurrentThread(), 0, *PsThreadType, KernelMode, &object, NULL),
        STATUS_SUCCESS);
    assert_ptr_equal(object, PsGetCurrentThread());
    ObDereferenceObject(object);
    assert_int_equal(
        ObReferenceObjectByHandle(NtCurrentProcess(), 0, *PsProcessType, KernelMode, &object, NULL),
        STATUS_SUCCESS);
    assert_ptr_equal(object, PsGetCurrentProcess());
    ObDereferenceObject(object);
}

static void references_are_counted(struct machine *m) {
    PVOID event;
    HANDLE handle = new_event(EVENT_ALL_ACCESS);
    ULONG count = pointer_count(handle);
    (void)m;
    ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &event, NULL);
    assert_int_equal(pointer_count(handle), count + 1);
    ObReferenceObject(event);
    ObReferenceObjectWithTag(event, TAG);
    assert_int_equal(pointer_count(handle), count + 3);
    assert_int_equal(ObReferenceObjectByPointer(event, 0, *ExEventObjectType, UserMode),
                     STATUS_SUCCESS);
    assert_int_equal(ObReferenceObjectByPointerWithTag(event, 0, NULL, KernelMode, TAG),
                     STATUS_SUCCESS);
    assert_true(ObReferenceObjectSafe(event));
    assert_int_equal(pointer_count(handle), count + 6);
    for (int i = 0; i < 6; i++)
        ObDereferenceObject(event);
    assert_int_equal(pointer_count(handle), count);
    ZwClose(handle);
}

/* Check that a pointer's type is checked for user mode only, as the page has it. */
static void a_pointers_type_is_checked_for_user_mode(struct machine *m) {
    PVOID event;
    HANDLE handle = new_event(EVENT_ALL_ACCESS);
    (void)m;
    ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &event, NULL);
    assert_int_equal(ObReferenceObjectByPointer(event, 0, *PsThreadType, UserMode),
                     STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(ObReferenceObjectByPointerWithTag(event, 0, NULL, UserMode, TAG),
                     STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(ObReferenceObjectByPointer(event, 0, *PsThreadType, KernelMode),
                     STATUS_SUCCESS);
    ObDereferenceObject(event);
    ObDereferenceObject(event);
    ZwClose(handle);
}

/* Check that a reference keeps an object whose handle is closed. */
static void a_reference_outlives_the_handle(struct machine *m) {
    PVOID event;
    HANDLE handle = new_event(EVENT_ALL_ACCESS);
    (void)m;
    ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &event, NULL);
    ZwClose(handle);
    assert_int_equal(KeSetEvent(event, IO_NO_INCREMENT, FALSE), 0);
    assert_int_equal(KeReadStateEvent(event), 1);
    ObDereferenceObject(event);
}

static void a_reference_dropped_twice_is_a_bug_check(struct machine *m) {
    PVOID event;
    HANDLE handle = new_event(EVENT_ALL_ACCESS);
    (void)m;
    ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &event, NULL);
    ZwClose(handle);
    ObDereferenceObject(event);
    expect_stop(REFERENCE_BY_POINTER, (ULONG_PTR)*ExEventObjectType, (ULONG_PTR)event, 0, 0);
    ObDereferenceObject(event);
}

static PVOID deleted_event(void) {
    PVOID event;
    HANDLE handle = new_event(EVENT_ALL_ACCESS);
    ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &event, NULL);
    ZwClose(handle);
    ObDereferenceObject(event);
    return event;
}

static void referencing_a_deleted_object_is_reported(struct machine *m) {
    PVOID event = deleted_event();
    (void)m;
    expect_stop(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3f, (ULONG_PTR)event, 1, 0);
    ObReferenceObject(event);
}

/* Check that an object whose handles are open cannot lose its last reference. */
static void a_reference_of_a_handle_cannot_be_dropped(struct machine *m) {
    PVOID event;
    HANDLE handle = new_event(EVENT_ALL_ACCESS);
    (void)m;
    ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &event, NULL);
    ObDereferenceObject(event);
    expect_stop(REFERENCE_BY_POINTER, (ULONG_PTR)*ExEventObjectType, (ULONG_PTR)event, 0, 0);
    ObDereferenceObject(event);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_handle_gives_its_object),
        wdmsim_unit_test(the_type_is_checked),
        wdmsim_unit_test(access_is_checked_for_user_mode),
        wdmsim_unit_test_on(a_wrong_handle_is_invalid, &unchecked),
        stop_unit_test(a_null_handle_is_reported),
        stop_unit_test(a_closed_handle_is_reported),
        stop_unit_test(a_user_handle_taken_for_a_kernel_handle_is_reported),
        stop_unit_test(a_kernel_handle_referenced_for_user_mode_is_reported),
        wdmsim_unit_test(pseudo_handles_mean_the_caller),
        wdmsim_unit_test(references_are_counted),
        wdmsim_unit_test(a_pointers_type_is_checked_for_user_mode),
        wdmsim_unit_test(a_reference_outlives_the_handle),
        stop_unit_test(a_reference_dropped_twice_is_a_bug_check),
        stop_unit_test(referencing_a_deleted_object_is_reported),
        stop_unit_test(a_reference_of_a_handle_cannot_be_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
