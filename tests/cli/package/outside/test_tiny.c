/*
 * Check that a test of an outside project can call a driver's function directly, and load the
 * driver into a machine and send it requests.
 */
#include <wdm.h>
#include <wdmsim/cmocka.h>

LONG TinyCount(PVOID Extension, UCHAR MajorFunction);

static void a_function_of_the_driver_is_called_directly(struct machine *m) {
    LONG writes = 41;

    (void)m;
    assert_int_equal(TinyCount(&writes, IRP_MJ_READ), 41);
    assert_int_equal(TinyCount(&writes, IRP_MJ_WRITE), 42);
}

static uint64_t submit(struct machine *m, struct wdmsim_request_parameters parameters) {
    struct wdmsim_request *request;

    assert_int_equal(wdmsim_submit(m, &parameters, &request), 0);
    assert_int_equal(wdmsim_wait(m, request, WDMSIM_S), 0);
    assert_int_equal(wdmsim_request_status(request), STATUS_SUCCESS);
    if (parameters.operation == WDMSIM_OPEN)
        return wdmsim_request_handle(request);
    return wdmsim_request_information(request);
}

static void the_loaded_driver_counts_writes(struct machine *m) {
    struct wdmsim_driver *driver = wdmsim_load("tiny");
    struct wdmsim_request_parameters open = {.operation = WDMSIM_OPEN, .path = "\\Device\\Tiny"};
    struct wdmsim_request_parameters write = {
        .operation = WDMSIM_WRITE, .input = "x", .input_size = 1};

    write.handle = submit(m, open);
    assert_int_equal(submit(m, write), 1);
    assert_int_equal(submit(m, write), 2);
    submit(m,
           (struct wdmsim_request_parameters){.operation = WDMSIM_CLOSE, .handle = write.handle});
    assert_int_equal(wdmsim_driver_unload(m, driver), 0);
    assert_int_equal(wdmsim_leaks(m, true, NULL, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_function_of_the_driver_is_called_directly),
        wdmsim_unit_test(the_loaded_driver_counts_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
