/* Handles: their values, whose they are, how they end. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static HANDLE new_event(ULONG attributes) {
    OBJECT_ATTRIBUTES object_attributes;
    HANDLE handle;
    InitializeObjectAttributes(&object_attributes, NULL, attributes, NULL, NULL);
    assert_int_equal(
        ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &object_attributes, NotificationEvent, FALSE),
        STATUS_SUCCESS);
    return handle;
}

static void handles_are_multiples_of_four(struct machine *m) {
    HANDLE first = new_event(0), second = new_event(0);
    (void)m;
    assert_true((ULONG_PTR)first != 0 && (ULONG_PTR)first % 4 == 0 && (ULONG_PTR)first < 0x1000000);
    assert_true((ULONG_PTR)second % 4 == 0 && first != second);
    assert_false(ObIsKernelHandle(first));
    ZwClose(first);
    ZwClose(second);
}

/* Check that the two low bits of a handle are free for its owner's use. */
static void low_bits_do_not_matter(struct machine *m) {
    PVOID object;
    HANDLE handle = new_event(0);
    (void)m;
    assert_int_equal(ObReferenceObjectByHandle((HANDLE)((ULONG_PTR)handle | 3), 0, NULL, KernelMode,
                                               &object, NULL),
                     STATUS_SUCCESS);
    ObDereferenceObject(object);
    ZwClose(handle);
}

static void a_kernel_handle_lies_in_kernel_space(struct machine *m) {
    HANDLE handle = new_event(OBJ_KERNEL_HANDLE);
    (void)m;
    assert_true(ObIsKernelHandle(handle));
    assert_true((LONG_PTR)handle < 0);
    assert_int_equal((ULONG_PTR)handle % 4, 0);
    assert_false(ObIsKernelHandle(NtCurrentProcess()));
    assert_false(ObIsKernelHandle(NtCurrentThread()));
    ZwClose(handle);
}

static struct {
    HANDLE kernel, user;
    NTSTATUS kernel_from_user, close_from_user, user_from_user;
} shared;

static void try_from_user_mode(void *context) {
    PVOID object;
    (void)context;
    shared.kernel_from_user =
        ObReferenceObjectByHandle(shared.kernel, 0, NULL, UserMode, &object, NULL);
    shared.close_from_user = NtClose(shared.kernel);
    shared.user = new_event(0);
    shared.user_from_user = NtClose(shared.user);
}

/* Check that user mode is told that kernel handles do not exist, whatever process it is in. */
static void user_mode_cannot_use_kernel_handles(struct machine *m) {
    PVOID object;
    shared.kernel = new_event(OBJ_KERNEL_HANDLE);
    assert_int_equal(wdmsim_user_thread(m, NULL, try_from_user_mode, NULL), 0);
    wdmsim_settle(m);
    assert_int_equal(shared.kernel_from_user, STATUS_INVALID_HANDLE);
    assert_int_equal(shared.close_from_user, STATUS_INVALID_HANDLE);
    assert_int_equal(shared.user_from_user, STATUS_SUCCESS);
    assert_int_equal(ObReferenceObjectByHandle(shared.kernel, 0, NULL, KernelMode, &object, NULL),
                     STATUS_SUCCESS);
    ObDereferenceObject(object);
    ZwClose(shared.kernel);
}

/* Check that a handle belongs to its process and a kernel handle to all. */
static void handles_belong_to_a_process(struct machine *m) {
    uint64_t event = wdmsim_event_create(m, NULL, true, false);
    HANDLE handle = (HANDLE)(ULONG_PTR)event, kernel = new_event(OBJ_KERNEL_HANDLE);
    struct wdmsim_process *process;
    PVOID object;
    KAPC_STATE state;
    assert_true(event != 0);
    assert_int_equal(wdmsim_process_create(m, "other.exe", &process), 0);
    KeStackAttachProcess((PRKPROCESS)(void *)process, &state);
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, NULL, UserMode, &object, NULL),
                     STATUS_INVALID_HANDLE);
    assert_int_equal(ObReferenceObjectByHandle(kernel, 0, NULL, KernelMode, &object, NULL),
                     STATUS_SUCCESS);
    ObDereferenceObject(object);
    KeUnstackDetachProcess(&state);
    ZwClose(kernel);
}

static void closing_ends_a_handle(struct machine *m) {
    HANDLE handle = new_event(0);
    (void)m;
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    assert_int_equal(ZwClose(handle), STATUS_INVALID_HANDLE);
    handle = new_event(OBJ_KERNEL_HANDLE);
    assert_int_equal(ObCloseHandle(handle, UserMode), STATUS_INVALID_HANDLE);
    assert_int_equal(ObCloseHandle(handle, KernelMode), STATUS_SUCCESS);
    assert_int_equal(ObCloseHandle(handle, KernelMode), STATUS_INVALID_HANDLE);
}

/* Check that a table takes more handles than it starts with, and keeps all of them apart. */
static void a_table_grows(struct machine *m) {
    enum { COUNT = 500 };
    static HANDLE handles[COUNT];
    (void)m;
    for (int i = 0; i < COUNT; i++)
        handles[i] = new_event(0);
    for (int i = 0; i < COUNT; i += 2)
        assert_int_equal(ZwClose(handles[i]), STATUS_SUCCESS);
    for (int i = 1; i < COUNT; i += 2)
        assert_int_equal(ZwSetEvent(handles[i], NULL), STATUS_SUCCESS);
    for (int i = 1; i < COUNT; i += 2)
        assert_int_equal(ZwClose(handles[i]), STATUS_SUCCESS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(handles_are_multiples_of_four),
        wdmsim_unit_test(low_bits_do_not_matter),
        wdmsim_unit_test(a_kernel_handle_lies_in_kernel_space),
        wdmsim_unit_test(user_mode_cannot_use_kernel_handles),
        wdmsim_unit_test(handles_belong_to_a_process),
        wdmsim_unit_test(closing_ends_a_handle),
        wdmsim_unit_test(a_table_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
