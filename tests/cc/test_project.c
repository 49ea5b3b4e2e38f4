/* Check that a driver built from a Visual Studio project has what the project says: settings of its
 * files, trace functions, the header of its event manifest. */
#include "../dbg/messages.h"

#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

static void the_driver_is_what_its_project_says(struct machine *m) {
    static const char *const expected[] = {
        "traced 7",
        "event 1 provider={01020304-0506-0708-090a-0b0c0d0e0f10} version=2 level=3 opcode=1 task=3 "
        "keyword=0x4 data 0200 78000000 abcd",
        "event 2 provider={01020304-0506-0708-090a-0b0c0d0e0f10} version=0 level=4 opcode=0 task=0 "
        "keyword=0x0"};
    DRIVER_OBJECT driver = {.Type = 4};
    assert_int_equal(DriverEntry(&driver, NULL), STATUS_SUCCESS);
    const struct messages *messages = messages_read(m, WDMSIM_EVENT_TRACE_MESSAGE);
    assert_int_equal(messages->count, 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(messages->text[i], expected[i]);
    driver.DriverUnload(&driver);
}

int main(void) {
    const struct CMUnitTest tests[] = {wdmsim_unit_test(the_driver_is_what_its_project_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
