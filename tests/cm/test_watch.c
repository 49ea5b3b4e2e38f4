/* ZwNotifyChangeKey: being told of changes. */
#include "registry.h"

#define CHANGE_NAME 1
#define CHANGE_LAST_SET 4

static IO_STATUS_BLOCK result;

static NTSTATUS watch(HANDLE key, HANDLE event, ULONG filter, BOOLEAN tree) {
    result.Status = STATUS_PENDING;
    return ZwNotifyChangeKey(key, event, NULL, NULL, &result, filter, tree, NULL, 0, TRUE);
}

static HANDLE new_event(void) {
    HANDLE event;
    ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE);
    return event;
}

static bool is_set(HANDLE event) {
    LARGE_INTEGER none = {.QuadPart = 0};
    return ZwWaitForSingleObject(event, FALSE, &none) == STATUS_SUCCESS;
}

static void a_change_of_a_value_sets_the_event_once(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Watched"), event = new_event();
    (void)m;
    assert_int_equal(watch(key, event, CHANGE_LAST_SET, FALSE), STATUS_PENDING);
    assert_false(is_set(event)); /* cleared when the watch began */
    number_set(key, L"X", 1);
    assert_true(is_set(event));
    assert_int_equal(result.Status, STATUS_NOTIFY_ENUM_DIR);
    result.Status = STATUS_PENDING;
    number_set(key, L"X", 2);
    assert_int_equal(result.Status, STATUS_PENDING);
    ZwClose(key);
    ZwClose(event);
}

/* Check that the filter and the depth of the watch count. */
static void only_what_was_asked_for_is_told(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Watched"), child = new_key(SOFTWARE L"\\Watched\\Child");
    (void)m;
    assert_int_equal(watch(key, NULL, CHANGE_NAME, FALSE), STATUS_PENDING);
    number_set(key, L"X", 1);
    number_set(child, L"X", 1);
    assert_int_equal(result.Status, STATUS_PENDING);
    ZwClose(new_key(SOFTWARE L"\\Watched\\Other"));
    assert_int_equal(result.Status, STATUS_NOTIFY_ENUM_DIR);
    assert_int_equal(watch(key, NULL, CHANGE_LAST_SET, TRUE), STATUS_PENDING);
    number_set(child, L"X", 2);
    assert_int_equal(result.Status, STATUS_NOTIFY_ENUM_DIR);
    assert_int_equal(watch(key, NULL, 0, TRUE), STATUS_INVALID_PARAMETER);
    ZwClose(child);
    ZwClose(key);
}

static void closing_the_key_ends_the_watch(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Watched"), event = new_event();
    (void)m;
    watch(key, event, CHANGE_NAME, FALSE);
    ZwClose(key);
    assert_true(is_set(event));
    assert_int_equal(result.Status, STATUS_NOTIFY_CLEANUP);
    ZwClose(event);
}

static struct {
    HANDLE key;
    NTSTATUS status;
} waiter;

static VOID wait_for_change(PVOID context) {
    IO_STATUS_BLOCK block;
    (void)context;
    waiter.status = ZwNotifyChangeKey(waiter.key, NULL, NULL, NULL, &block, CHANGE_LAST_SET, FALSE,
                                      NULL, 0, FALSE);
}

static void the_synchronous_form_waits(struct machine *m) {
    HANDLE thread;
    waiter.key = new_key(SOFTWARE L"\\Watched");
    waiter.status = STATUS_PENDING;
    PsCreateSystemThread(&thread, SYNCHRONIZE, NULL, NULL, NULL, wait_for_change, NULL);
    wdmsim_settle(m);
    assert_int_equal(waiter.status, STATUS_PENDING);
    number_set(waiter.key, L"X", 1);
    ZwWaitForSingleObject(thread, FALSE, NULL);
    assert_int_equal(waiter.status, STATUS_NOTIFY_ENUM_DIR);
    ZwClose(thread);
    ZwClose(waiter.key);
}

static int apcs;
static PVOID apc_block;

static VOID told(PVOID context, PIO_STATUS_BLOCK block, ULONG reserved) {
    (void)reserved;
    apcs += *(const int *)context;
    apc_block = block;
}

static void a_routine_can_be_called_in_the_watching_thread(struct machine *m) {
    HANDLE key = new_key(SOFTWARE L"\\Watched");
    int one = 1;
    (void)m;
    apcs = 0;
    assert_int_equal(
        ZwNotifyChangeKey(key, NULL, told, &one, &result, CHANGE_LAST_SET, FALSE, NULL, 0, TRUE),
        STATUS_PENDING);
    number_set(key, L"X", 1);
    wdmsim_settle(m);
    assert_int_equal(apcs, 1);
    assert_ptr_equal(apc_block, &result);
    ZwClose(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_change_of_a_value_sets_the_event_once),
        wdmsim_unit_test(only_what_was_asked_for_is_told),
        wdmsim_unit_test(closing_the_key_ends_the_watch),
        wdmsim_unit_test(the_synchronous_form_waits),
        wdmsim_unit_test(a_routine_can_be_called_in_the_watching_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
