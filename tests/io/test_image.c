/* A driver image is as fresh at every load as at the first one in the process. */
#include "io_test.h"

static void static_data_start_afresh(struct machine *m) {
    for (unsigned i = 0; i < 3; i++) {
        struct wdmsim_driver *driver = wdmsim_load("leaver");
        ULONG *loads = wdmsim_driver_symbol(driver, "LeaverLoads");
        assert_non_null(loads);
        assert_int_equal(*loads, 2);
        assert_int_equal(wdmsim_driver_unload(m, driver), 0);
    }
}

/* Check that the next machine of the process sees the same. */
static void the_next_machine_too(struct machine *m) {
    struct wdmsim_driver *driver = wdmsim_load("leaver");
    assert_ptr_equal(wdmsim_driver_find(m, "LEAVER"), driver);
    PDRIVER_OBJECT object = wdmsim_driver_object(driver);
    assert_true((ULONG_PTR)object->DriverInit > (ULONG_PTR)object->DriverStart);
    assert_true((ULONG_PTR)object->DriverInit <
                (ULONG_PTR)object->DriverStart + object->DriverSize);
}

/* Check that a driver finds its file, and that code of the host program has none. */
static void a_driver_knows_its_file(struct machine *m) {
    static const WCHAR name[] = L"/leaver.sys";
    const size_t tail = sizeof name - sizeof name[0];
    UNICODE_STRING path;
    PDRIVER_OBJECT object = wdmsim_driver_object(wdmsim_load("leaver"));
    assert_int_equal(IoQueryFullDriverPath(object, &path), STATUS_SUCCESS);
    assert_int_equal(path.Buffer[0], '/');
    assert_true(path.Length > tail);
    assert_memory_equal((char *)path.Buffer + path.Length - tail, name, tail);
    ExFreePool(path.Buffer);
    test_load(m);
    assert_int_equal(IoQueryFullDriverPath(test_driver, &path), STATUS_NOT_FOUND);
}

static void a_loaded_module_has_its_routines_looked_up(struct machine *m) {
    UNICODE_STRING module = RTL_CONSTANT_STRING(L"LEAVER.sys"),
                   bare = RTL_CONSTANT_STRING(L"leaver");
    struct wdmsim_driver *driver = wdmsim_load("leaver");
    PVOID hold = wdmsim_driver_symbol(driver, "LeaverHold");
    assert_non_null(hold);
    assert_ptr_equal(MmGetSystemRoutineAddressEx(&module, "LeaverHold"), hold);
    assert_null(MmGetSystemRoutineAddressEx(&module, "LeaverNone"));
    assert_null(MmGetSystemRoutineAddressEx(&module, "KeSetEvent")); /* another module's */
    assert_null(MmGetSystemRoutineAddressEx(&bare, "LeaverHold"));
    assert_int_equal(wdmsim_driver_unload(m, driver), 0);
    assert_null(MmGetSystemRoutineAddressEx(&module, "LeaverHold"));
}

static void what_is_no_driver(struct machine *m) {
    struct wdmsim_driver *driver;
    assert_int_equal(wdmsim_driver_load(m, "none", "no-such-driver", &driver),
                     WDMSIM_ERROR_NOT_FOUND);
    assert_true(strlen(wdmsim_driver_error()) > 0);
    assert_int_equal(wdmsim_driver_load(m, "none", "/dev/null", &driver),
                     WDMSIM_ERROR_NOT_A_DRIVER);
    assert_null(driver);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(static_data_start_afresh),
        wdmsim_unit_test(the_next_machine_too),
        wdmsim_unit_test(a_driver_knows_its_file),
        wdmsim_unit_test(a_loaded_module_has_its_routines_looked_up),
        wdmsim_unit_test(what_is_no_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
