/* Handles: their values, whose they are, how they end. */
#include <ntifs.h>

#include "../stop.h"

static const struct wdmsim_config unchecked = {.processors = 1}; /* rules are not checked */

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
    NTSTATUS kernel_from_user, close_from_user, user_from_user, again_from_user;
} shared;

static void try_from_user_mode(void *context) {
    PVOID object;
    (void)context;
    shared.kernel_from_user =
        ObReferenceObjectByHandle(shared.kernel, 0, NULL, UserMode, &object, NULL);
    shared.close_from_user = NtClose(shared.kernel);
    shared.user = new_event(0);
    shared.user_from_user = NtClose(shared.user);
    shared.again_from_user = NtClose(shared.user);
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
    assert_int_equal(shared.again_from_user, STATUS_INVALID_HANDLE);
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

/* Check the statuses of the pages, which a kernel-mode caller sees where rules are not checked. */
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

static void closing_a_closed_handle_is_a_bug_check(struct machine *m) {
    HANDLE handle = new_event(OBJ_KERNEL_HANDLE);
    (void)m;
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    expect_stop(INVALID_KERNEL_HANDLE, (ULONG_PTR)handle, 1, 0, 0);
    ObCloseHandle(handle, KernelMode);
}

/* Check that what is no handle at all is only told so. */
static void closing_no_handle_is_harmless(struct machine *m) {
    (void)m;
    assert_int_equal(ZwClose(NULL), STATUS_INVALID_HANDLE);
    assert_int_equal(ZwClose(NtCurrentProcess()), STATUS_INVALID_HANDLE);
    assert_int_equal(ZwClose(NtCurrentThread()), STATUS_INVALID_HANDLE);
}

static HANDLE protected_event(void) {
    HANDLE source = new_event(0), handle;
    assert_int_equal(ZwDuplicateObject(NtCurrentProcess(), source, NtCurrentProcess(), &handle, 0,
                                       OBJ_PROTECT_CLOSE, DUPLICATE_SAME_ACCESS),
                     STATUS_SUCCESS);
    ZwClose(source);
    return handle;
}

static void a_protected_handle_stays_open(struct machine *m) {
    HANDLE handle = protected_event(), copy;
    (void)m;
    assert_int_equal(ObCloseHandle(handle, UserMode), STATUS_HANDLE_NOT_CLOSABLE);
    assert_int_equal(ZwClose(handle), STATUS_HANDLE_NOT_CLOSABLE);
    assert_int_equal(ZwSetEvent(handle, NULL), STATUS_SUCCESS);
    assert_int_equal(ZwDuplicateObject(NtCurrentProcess(), handle, NtCurrentProcess(), &copy, 0, 0,
                                       DUPLICATE_SAME_ACCESS),
                     STATUS_SUCCESS);
    assert_int_equal(ZwClose(copy), STATUS_SUCCESS); /* the protection is the one handle's */
}

static void closing_a_protected_handle_is_a_bug_check(struct machine *m) {
    HANDLE handle = protected_event();
    (void)m;
    assert_int_equal(ObCloseHandle(handle, UserMode), STATUS_HANDLE_NOT_CLOSABLE);
    expect_stop(INVALID_KERNEL_HANDLE, (ULONG_PTR)handle, 0, 0, 0);
    ZwClose(handle);
}

static struct {
    struct wdmsim_process *child;
    HANDLE kept, own;
} family;

static void make_child(void *context) {
    family.kept = new_event(OBJ_INHERIT);
    family.own = new_event(0);
    assert_int_equal(wdmsim_process_create(context, "child.exe", &family.child), 0);
}

/* Check that a child gets the handles meant for it, under their values, and keeps them when the
 * parent is gone. */
static void a_child_inherits_handles(struct machine *m) {
    struct wdmsim_process *parent;
    assert_int_equal(wdmsim_process_create(m, "parent.exe", &parent), 0);
    assert_int_equal(wdmsim_user_thread(m, parent, make_child, m), 0);
    wdmsim_settle(m);
    wdmsim_process_exit(m, parent);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_event_state(m, family.child, (ULONG_PTR)family.kept), 0);
    assert_int_equal(wdmsim_event_state(m, family.child, (ULONG_PTR)family.own),
                     WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_event_create(m, family.child, true, false), (ULONG_PTR)family.own);
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
        wdmsim_unit_test_on(closing_ends_a_handle, &unchecked),
        stop_unit_test(closing_a_closed_handle_is_a_bug_check),
        wdmsim_unit_test(closing_no_handle_is_harmless),
        wdmsim_unit_test_on(a_protected_handle_stays_open, &unchecked),
        stop_unit_test(closing_a_protected_handle_is_a_bug_check),
        wdmsim_unit_test(a_child_inherits_handles),
        wdmsim_unit_test(a_table_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
