/* When a driver can be unloaded, and what it must not leave behind in the kernel's queues. */
#include "io_test.h"

static void an_open_device_keeps_its_driver(struct machine *m) {
    struct wdmsim_driver *driver = test_load(m);
    uint64_t handle = test_open(m);
    assert_int_equal(wdmsim_driver_unload(m, driver), WDMSIM_ERROR_BUSY);
    struct wdmsim_request *open = TEST_RUN(m, .operation = WDMSIM_OPEN, .path = "\\\\.\\lower");
    assert_int_equal(wdmsim_request_status(open), (uint32_t)STATUS_NO_SUCH_DEVICE);
    assert_true(wdmsim_driver_is_loaded(driver));
    test_close(m, handle);
    wdmsim_settle(m);
    assert_false(wdmsim_driver_is_loaded(driver));
    assert_null(wdmsim_driver_object(driver));
    assert_null(wdmsim_driver_find(m, "lower"));
    test_load(m);
}

/* Check that a filter keeps what it is attached to. */
static void a_filter_keeps_the_driver_below(struct machine *m) {
    struct wdmsim_driver *lower = test_load(m), *upper = test_load_filter(m);
    assert_int_equal(wdmsim_driver_unload(m, lower), WDMSIM_ERROR_BUSY);
    assert_int_equal(wdmsim_driver_unload(m, upper), 0);
    wdmsim_settle(m);
    assert_false(wdmsim_driver_is_loaded(lower));
}

static void a_driver_without_unload_stays(struct machine *m) {
    struct wdmsim_driver *driver = test_load(m);
    test_driver->DriverUnload = NULL;
    assert_int_equal(wdmsim_driver_unload(m, driver), WDMSIM_ERROR_INVALID);
    assert_true(wdmsim_driver_is_loaded(driver));
}

static int refuse(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    return STATUS_DEVICE_NOT_CONNECTED;
}

static void a_refused_load_leaves_nothing(struct machine *m) {
    struct wdmsim_driver *driver;
    assert_int_equal(wdmsim_driver_load_entry(m, "lower", (wdmsim_driver_entry *)refuse, &driver),
                     0);
    assert_int_equal(wdmsim_driver_status(driver), (uint32_t)STATUS_DEVICE_NOT_CONNECTED);
    assert_false(wdmsim_driver_is_loaded(driver));
    test_load(m);
    assert_int_equal(wdmsim_driver_load_entry(m, "lower", (wdmsim_driver_entry *)refuse, &driver),
                     WDMSIM_ERROR_BUSY);
}

/* Check that a timer still set with a routine of the image is found at the unload. */
static void a_timer_left_set(struct machine *m) {
    struct wdmsim_driver *driver = wdmsim_load("leaver");
    *(ULONG *)wdmsim_driver_symbol(driver, "LeaverWhat") = 1;
    wdmsim_expect_bugcheck(DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS);
    wdmsim_driver_unload(m, driver);
}

/* The same for the one-second timer of a device that was left, and for a reinitialization. */
static void a_device_timer_left_running(struct machine *m) {
    struct wdmsim_driver *driver = wdmsim_load("leaver");
    *(ULONG *)wdmsim_driver_symbol(driver, "LeaverWhat") = 5;
    wdmsim_expect_bugcheck(DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS);
    wdmsim_driver_unload(m, driver);
}

static void a_reinitialization_left_to_come(struct machine *m) {
    struct wdmsim_driver *driver = wdmsim_load("leaver");
    *(ULONG *)wdmsim_driver_symbol(driver, "LeaverWhat") = 6;
    wdmsim_expect_bugcheck(DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS);
    wdmsim_driver_unload(m, driver);
}

/* The same for the routines that are told of processes, of threads, of images, of handles. */
static void leave_registered(struct machine *m, ULONG what) {
    struct wdmsim_driver *driver = wdmsim_load("leaver");
    *(ULONG *)wdmsim_driver_symbol(driver, "LeaverWhat") = what;
    wdmsim_expect_bugcheck(DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS);
    wdmsim_driver_unload(m, driver);
}
static void a_process_notify_routine_left(struct machine *m) { leave_registered(m, 8); }
static void a_thread_notify_routine_left(struct machine *m) { leave_registered(m, 9); }
static void an_image_notify_routine_left(struct machine *m) { leave_registered(m, 10); }
static void a_handle_callback_left(struct machine *m) { leave_registered(m, 11); }
/* And of processors, NMIs, bound faults and bug checks. */
static void a_processor_callback_left(struct machine *m) { leave_registered(m, 12); }
static void an_nmi_callback_left(struct machine *m) { leave_registered(m, 13); }
static void a_bound_callback_left(struct machine *m) { leave_registered(m, 14); }
static void a_bugcheck_callback_left(struct machine *m) { leave_registered(m, 15); }
static void a_bugcheck_reason_callback_left(struct machine *m) { leave_registered(m, 16); }

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_open_device_keeps_its_driver),
        wdmsim_unit_test(a_filter_keeps_the_driver_below),
        wdmsim_unit_test(a_driver_without_unload_stays),
        wdmsim_unit_test(a_refused_load_leaves_nothing),
        wdmsim_unit_test(a_timer_left_set),
        wdmsim_unit_test(a_device_timer_left_running),
        wdmsim_unit_test(a_reinitialization_left_to_come),
        wdmsim_unit_test(a_process_notify_routine_left),
        wdmsim_unit_test(a_thread_notify_routine_left),
        wdmsim_unit_test(an_image_notify_routine_left),
        wdmsim_unit_test(a_handle_callback_left),
        wdmsim_unit_test(a_processor_callback_left),
        wdmsim_unit_test(an_nmi_callback_left),
        wdmsim_unit_test(a_bound_callback_left),
        wdmsim_unit_test(a_bugcheck_callback_left),
        wdmsim_unit_test(a_bugcheck_reason_callback_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
