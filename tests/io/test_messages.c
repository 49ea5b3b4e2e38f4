/* Check what the trace says of error log entries with strings, and of remove locks that are held
 * longer or more often than expected. */
#include "io_test.h"

static char seen[600];
static unsigned messages;

static void listen(void *context, const struct wdmsim_event *event) {
    UNREFERENCED_PARAMETER(context);
    if (event->kind != WDMSIM_EVENT_MESSAGE)
        return;
    snprintf(seen, sizeof seen, "%s", event->text);
    messages++;
}

static void insertion_strings_are_told(struct machine *m) {
    static const WCHAR strings[] = L"COM1\0flow";
    test_load(m);
    wdmsim_trace_sink(m, listen, NULL);
    PIO_ERROR_LOG_PACKET packet =
        IoAllocateErrorLogEntry(test_device, (UCHAR)(sizeof *packet + sizeof strings));
    packet->NumberOfStrings = 2;
    packet->StringOffset = sizeof *packet;
    memcpy(packet + 1, strings, sizeof strings);
    IoWriteErrorLogEntry(packet);
    assert_non_null(strstr(seen, "\"COM1\", \"flow\""));
    /* one that promises more than it has */
    packet = IoAllocateErrorLogEntry(test_device, sizeof *packet + 2);
    packet->NumberOfStrings = 9;
    packet->StringOffset = sizeof *packet;
    memcpy(packet + 1, L"x", 2);
    IoWriteErrorLogEntry(packet);
    assert_non_null(strstr(seen, ": \"x\""));
}

static IO_REMOVE_LOCK lock;

static void a_lock_has_a_high_water_mark(struct machine *m) {
    wdmsim_trace_sink(m, listen, NULL);
    IoInitializeRemoveLock(&lock, 1, 0, 2);
    messages = 0;
    IoAcquireRemoveLock(&lock, m);
    IoAcquireRemoveLock(&lock, m);
    assert_int_equal(messages, 0);
    IoAcquireRemoveLock(&lock, m);
    assert_int_equal(messages, 1);
    assert_non_null(strstr(seen, "3 times"));
}

static void a_lock_has_a_time(struct machine *m) {
    wdmsim_trace_sink(m, listen, NULL);
    IoInitializeRemoveLock(&lock, 1, 1, 0);
    messages = 0;
    IoAcquireRemoveLock(&lock, m);
    IoReleaseRemoveLock(&lock, m);
    assert_int_equal(messages, 0);
    IoAcquireRemoveLock(&lock, m);
    wdmsim_advance(m, 150 * WDMSIM_S);
    IoReleaseRemoveLock(&lock, m);
    assert_int_equal(messages, 1);
    assert_non_null(strstr(seen, "2 minutes"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(insertion_strings_are_told),
        wdmsim_unit_test(a_lock_has_a_high_water_mark),
        wdmsim_unit_test(a_lock_has_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
