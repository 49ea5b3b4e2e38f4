/* What an unloaded driver left behind is in the report, with its owner. */
#include "io_test.h"

static void leak(struct machine *m, ULONG what, const char *kind, const char *tag) {
    struct wdmsim_leak leaks[4];
    struct wdmsim_driver *driver = wdmsim_load("leaver");
    *(ULONG *)wdmsim_driver_symbol(driver, "LeaverWhat") = what;
    assert_int_equal(wdmsim_driver_unload(m, driver), 0);
    assert_int_equal(wdmsim_leaks(m, false, leaks, 4), 1);
    assert_string_equal(leaks[0].kind, kind);
    assert_string_equal(leaks[0].owner, "leaver");
    assert_string_equal(leaks[0].tag, tag);
    assert_int_equal(leaks[0].count, 1);
    assert_true(leaks[0].bytes >= 100);
}

static void pool_is_reported(struct machine *m) { leak(m, 2, "pool", "leak"); }

/* One that was never destroyed, whatever is allocated from it. */
static void a_heap_is_reported(struct machine *m) { leak(m, 7, "pool", "Heap"); }

static void a_handle_is_reported(struct machine *m) {
    struct wdmsim_leak leaks[4];
    struct wdmsim_driver *driver = wdmsim_load("leaver");
    *(ULONG *)wdmsim_driver_symbol(driver, "LeaverWhat") = 4;
    assert_int_equal(wdmsim_driver_unload(m, driver), 0);
    assert_int_equal(wdmsim_leaks(m, false, leaks, 4), 1);
    assert_string_equal(leaks[0].kind, "handle");
    assert_string_equal(leaks[0].owner, "leaver");
    assert_memory_equal(leaks[0].detail, "Event", 5);
}

/* What a loaded driver holds is told when asked for, and gone when it was given back. */
static void threads_and_timers_are_told_of_loaded_drivers(struct machine *m) {
    struct wdmsim_leak leaks[8];
    bool seen[3] = {false};
    LARGE_INTEGER moment = {.QuadPart = -10000};
    struct wdmsim_driver *driver = wdmsim_load("leaver");
    VOID (*hold)(BOOLEAN) = (VOID(*)(BOOLEAN))(ULONG_PTR)wdmsim_driver_symbol(driver, "LeaverHold");
    assert_int_equal(wdmsim_leaks(m, true, leaks, 8), 0);
    hold(TRUE);
    assert_int_equal(wdmsim_leaks(m, false, leaks, 8), 0);
    assert_int_equal(wdmsim_leaks(m, true, leaks, 8), 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_string_equal(leaks[i].owner, "leaver");
        seen[0] |= !strcmp(leaks[i].kind, "handle");
        seen[1] |= !strcmp(leaks[i].kind, "thread");
        seen[2] |= !strcmp(leaks[i].kind, "timer");
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    hold(FALSE);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    assert_int_equal(wdmsim_leaks(m, true, leaks, 8), 0);
    assert_int_equal(wdmsim_driver_unload(m, driver), 0);
}

static void an_irp_is_reported(struct machine *m) { leak(m, 3, "irp", ""); }

static VOID forgetful_unload(PDRIVER_OBJECT driver) { UNREFERENCED_PARAMETER(driver); }

static void a_device_is_reported(struct machine *m) {
    struct wdmsim_leak leaks[4];
    struct wdmsim_driver *driver = test_load(m);
    test_driver->DriverUnload = forgetful_unload;
    assert_int_equal(wdmsim_leaks(m, false, leaks, 4), 0);
    assert_int_equal(wdmsim_driver_unload(m, driver), 0);
    assert_int_equal(wdmsim_leaks(m, false, leaks, 4), 1);
    assert_string_equal(leaks[0].kind, "device");
    assert_string_equal(leaks[0].detail, "\\Device\\lower");
}

static void nothing_is_reported_of_a_clean_unload(struct machine *m) {
    assert_int_equal(wdmsim_driver_unload(m, wdmsim_load("leaver")), 0);
    assert_int_equal(wdmsim_driver_unload(m, test_load(m)), 0);
    assert_int_equal(wdmsim_leaks(m, false, NULL, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pool_is_reported),
        wdmsim_unit_test(a_heap_is_reported),
        wdmsim_unit_test(an_irp_is_reported),
        wdmsim_unit_test(a_handle_is_reported),
        wdmsim_unit_test(threads_and_timers_are_told_of_loaded_drivers),
        wdmsim_unit_test(a_device_is_reported),
        wdmsim_unit_test(nothing_is_reported_of_a_clean_unload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
