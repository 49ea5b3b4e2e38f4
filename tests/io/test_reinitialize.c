/* Check that nothing of a driver whose entry failed is called later. */
#include "io_test.h"

static unsigned calls;

static DRIVER_REINITIALIZE again;
static VOID again(PDRIVER_OBJECT driver, PVOID context, ULONG count) {
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(count);
    calls++;
}

static int refuse(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
    UNREFERENCED_PARAMETER(path);
    IoRegisterDriverReinitialization(driver, again, NULL);
    IoRegisterBootDriverReinitialization(driver, again, NULL);
    return STATUS_UNSUCCESSFUL;
}

static void a_failed_entry_has_registered_nothing(struct machine *m) {
    struct wdmsim_driver *driver;
    calls = 0;
    wdmsim_driver_load_entry(m, "failing", (wdmsim_driver_entry *)refuse, &driver);
    assert_int_equal(wdmsim_driver_status(driver), (uint32_t)STATUS_UNSUCCESSFUL);
    test_load(m);
    assert_int_equal(calls, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {wdmsim_unit_test(a_failed_entry_has_registered_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
