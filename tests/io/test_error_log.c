/* What a driver writes to the error log is in the trace. */
#include "io_test.h"

static char seen[300];

static void listen(void *context, const struct wdmsim_event *event) {
    UNREFERENCED_PARAMETER(context);
    if (event->kind == WDMSIM_EVENT_MESSAGE)
        snprintf(seen, sizeof seen, "%s", event->text);
}

static void an_entry_is_traced(struct machine *m) {
    test_load(m);
    wdmsim_trace_sink(m, listen, NULL);
    PIO_ERROR_LOG_PACKET packet = IoAllocateErrorLogEntry(test_device, sizeof(IO_ERROR_LOG_PACKET));
    assert_non_null(packet);
    packet->ErrorCode = (NTSTATUS)0xC0040001;
    packet->UniqueErrorValue = 7;
    seen[0] = 0;
    IoWriteErrorLogEntry(packet);
    assert_non_null(strstr(seen, "\\Device\\lower"));
    assert_non_null(strstr(seen, "0xc0040001"));
}

static void sizes_have_limits(struct machine *m) {
    test_load(m);
    assert_null(IoAllocateErrorLogEntry(test_device, sizeof(IO_ERROR_LOG_PACKET) - 1));
    assert_null(IoAllocateErrorLogEntry(test_device, 255));
    assert_null(IoAllocateErrorLogEntry(NULL, sizeof(IO_ERROR_LOG_PACKET)));
    PVOID entry = IoAllocateErrorLogEntry(test_driver, sizeof(IO_ERROR_LOG_PACKET));
    assert_non_null(entry);
    IoFreeErrorLogEntry(entry);
}

int main(void) {
    const struct CMUnitTest tests[] = {wdmsim_unit_test(an_entry_is_traced),
                                       wdmsim_unit_test(sizes_have_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
