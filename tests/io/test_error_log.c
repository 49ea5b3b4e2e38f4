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

/* Entries that nobody writes or frees use up the memory that the log has. */
static void a_freed_entry_makes_room(struct machine *m) {
    PVOID entry = NULL, last;
    unsigned count = 0;
    test_load(m);
    while ((last = IoAllocateErrorLogEntry(test_device, ERROR_LOG_MAXIMUM_SIZE)) != NULL &&
           ++count < 100000)
        entry = last;
    assert_null(last);
    IoFreeErrorLogEntry(entry);
    assert_non_null(IoAllocateErrorLogEntry(test_device, ERROR_LOG_MAXIMUM_SIZE));
    assert_null(IoAllocateErrorLogEntry(test_device, ERROR_LOG_MAXIMUM_SIZE));
}

int main(void) {
    const struct CMUnitTest tests[] = {wdmsim_unit_test(an_entry_is_traced),
                                       wdmsim_unit_test(sizes_have_limits),
                                       wdmsim_unit_test(a_freed_entry_makes_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
