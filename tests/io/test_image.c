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
        wdmsim_unit_test(what_is_no_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
