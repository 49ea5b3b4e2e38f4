/* From a pointer to a handle, and what a handle tells of its object. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static PVOID new_event(HANDLE *handle, ACCESS_MASK access) {
    PVOID event;
    assert_int_equal(ZwCreateEvent(handle, access, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    ObReferenceObjectByHandle(*handle, 0, NULL, KernelMode, &event, NULL);
    return event;
}

static PUBLIC_OBJECT_BASIC_INFORMATION basic(HANDLE handle) {
    PUBLIC_OBJECT_BASIC_INFORMATION information;
    ULONG length = 0;
    assert_int_equal(
        ZwQueryObject(handle, ObjectBasicInformation, &information, sizeof information, &length),
        STATUS_SUCCESS);
    assert_int_equal(length, sizeof information);
    return information;
}

static void a_pointer_gives_a_handle(struct machine *m) {
    HANDLE first, second;
    PVOID event = new_event(&first, EVENT_ALL_ACCESS), object;
    (void)m;
    assert_int_equal(ObOpenObjectByPointer(event, OBJ_KERNEL_HANDLE, NULL, EVENT_MODIFY_STATE,
                                           *ExEventObjectType, KernelMode, &second),
                     STATUS_SUCCESS);
    assert_true(ObIsKernelHandle(second));
    assert_int_equal(basic(second).GrantedAccess, EVENT_MODIFY_STATE);
    assert_int_equal(basic(second).HandleCount, 2);
    ObReferenceObjectByHandle(second, 0, NULL, KernelMode, &object, NULL);
    assert_ptr_equal(object, event);
    ObDereferenceObject(object);
    ZwClose(first);
    assert_int_equal(basic(second).HandleCount, 1);
    ZwClose(second);
    ObDereferenceObject(event);
}

static void type_and_flags_are_checked(struct machine *m) {
    HANDLE first, second;
    PVOID event = new_event(&first, EVENT_ALL_ACCESS);
    (void)m;
    assert_int_equal(ObOpenObjectByPointer(event, 0, NULL, 0, *PsThreadType, KernelMode, &second),
                     STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(ObOpenObjectByPointer(event, 0x8000, NULL, 0, NULL, KernelMode, &second),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(ObOpenObjectByPointer(event, OBJ_INHERIT | OBJ_EXCLUSIVE, NULL, 0, NULL,
                                           KernelMode, &second),
                     STATUS_INVALID_PARAMETER);
    ObDereferenceObject(event);
    ZwClose(first);
}

/* Check that generic rights become the type's own. */
static void generic_rights_are_mapped(struct machine *m) {
    HANDLE first, second;
    PVOID event = new_event(&first, EVENT_ALL_ACCESS);
    (void)m;
    ObOpenObjectByPointer(event, 0, NULL, GENERIC_ALL, NULL, KernelMode, &second);
    assert_int_equal(basic(second).GrantedAccess, EVENT_ALL_ACCESS);
    ZwClose(second);
    ObOpenObjectByPointer(event, 0, NULL, MAXIMUM_ALLOWED, NULL, KernelMode, &second);
    assert_int_equal(basic(second).GrantedAccess, EVENT_ALL_ACCESS);
    ZwClose(second);
    ObDereferenceObject(event);
    ZwClose(first);
}

static void a_handle_tells_its_type(struct machine *m) {
    union {
        PUBLIC_OBJECT_TYPE_INFORMATION type;
        char bytes[256];
    } buffer;
    HANDLE handle;
    PVOID event = new_event(&handle, EVENT_ALL_ACCESS);
    ULONG length = 0;
    (void)m;
    assert_int_equal(ZwQueryObject(handle, ObjectTypeInformation, &buffer, sizeof buffer, &length),
                     STATUS_SUCCESS);
    assert_int_equal(buffer.type.TypeName.Length, 5 * sizeof(WCHAR));
    assert_memory_equal(buffer.type.TypeName.Buffer, L"Event", 6 * sizeof(WCHAR));
    assert_int_equal(ZwQueryObject(handle, ObjectTypeInformation, &buffer, length - 1, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(ZwQueryObject(handle, ObjectBasicInformation, &buffer, 3, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(
        ZwQueryObject((HANDLE)0x4444, ObjectTypeInformation, &buffer, sizeof buffer, &length),
        STATUS_INVALID_HANDLE);
    ObDereferenceObject(event);
    ZwClose(handle);
}

/* Check that an exclusive object has handles in one process only. */
static void an_exclusive_object_is_for_one_process(struct machine *m) {
    OBJECT_ATTRIBUTES attributes;
    HANDLE first, second;
    PVOID event;
    KAPC_STATE state;
    struct wdmsim_process *process;
    InitializeObjectAttributes(&attributes, NULL, OBJ_EXCLUSIVE, NULL, NULL);
    assert_int_equal(ZwCreateEvent(&first, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                     STATUS_SUCCESS);
    ObReferenceObjectByHandle(first, 0, NULL, KernelMode, &event, NULL);
    assert_int_equal(wdmsim_process_create(m, "other.exe", &process), 0);
    KeStackAttachProcess((PRKPROCESS)(void *)process, &state);
    assert_int_equal(ObOpenObjectByPointer(event, 0, NULL, 0, NULL, KernelMode, &second),
                     STATUS_ACCESS_DENIED);
    KeUnstackDetachProcess(&state);
    ZwClose(first);
    KeStackAttachProcess((PRKPROCESS)(void *)process, &state);
    assert_int_equal(ObOpenObjectByPointer(event, 0, NULL, 0, NULL, KernelMode, &second),
                     STATUS_SUCCESS);
    ZwClose(second);
    KeUnstackDetachProcess(&state);
    ObDereferenceObject(event);
}

/* Check that an open with OBJ_EXCLUSIVE is the only one, and that it is none where there are
 * others. */
static void an_exclusive_open_stays_the_only_one(struct machine *m) {
    HANDLE first, second;
    PVOID event = new_event(&first, EVENT_ALL_ACCESS);
    (void)m;
    assert_int_equal(
        ObOpenObjectByPointer(event, OBJ_EXCLUSIVE, NULL, 0, NULL, KernelMode, &second),
        STATUS_ACCESS_DENIED);
    ZwClose(first);
    assert_int_equal(ObOpenObjectByPointer(event, OBJ_EXCLUSIVE, NULL, 0, NULL, KernelMode, &first),
                     STATUS_SUCCESS);
    assert_int_equal(ObOpenObjectByPointer(event, 0, NULL, 0, NULL, KernelMode, &second),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(ZwDuplicateObject(NtCurrentProcess(), first, NtCurrentProcess(), &second, 0, 0,
                                       DUPLICATE_SAME_ACCESS),
                     STATUS_ACCESS_DENIED);
    ZwClose(first);
    assert_int_equal(ObOpenObjectByPointer(event, 0, NULL, 0, NULL, KernelMode, &second),
                     STATUS_SUCCESS);
    ZwClose(second);
    ObDereferenceObject(event);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_pointer_gives_a_handle),
        wdmsim_unit_test(type_and_flags_are_checked),
        wdmsim_unit_test(generic_rights_are_mapped),
        wdmsim_unit_test(a_handle_tells_its_type),
        wdmsim_unit_test(an_exclusive_object_is_for_one_process),
        wdmsim_unit_test(an_exclusive_open_stays_the_only_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
