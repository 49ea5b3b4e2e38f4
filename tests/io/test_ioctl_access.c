/* The access bits of a control code against what the handle was opened for. */
#include "io_test.h"

static void a_write_only_handle_may_not_send_a_reading_code(struct machine *m) {
    static const struct {
        uint32_t opened;
        ULONG asked;
        NTSTATUS status;
    } rows[] = {
        {GENERIC_WRITE, FILE_READ_ACCESS, STATUS_ACCESS_DENIED},
        {GENERIC_WRITE, FILE_WRITE_ACCESS, STATUS_SUCCESS},
        {GENERIC_READ, FILE_READ_ACCESS, STATUS_SUCCESS},
        {GENERIC_READ, FILE_READ_ACCESS | FILE_WRITE_ACCESS, STATUS_ACCESS_DENIED},
        {FILE_READ_ATTRIBUTES, FILE_ANY_ACCESS, STATUS_SUCCESS},
    };
    test_load(m);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t handle = test_open_as(m, false, rows[i].opened);
        struct wdmsim_request *request =
            TEST_RUN(m, .operation = WDMSIM_IOCTL, .handle = handle,
                     .code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, rows[i].asked));
        assert_int_equal(wdmsim_request_status(request), (uint32_t)rows[i].status);
        test_close(m, handle);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_write_only_handle_may_not_send_a_reading_code)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
