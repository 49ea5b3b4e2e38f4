/* Check what the in-flight recorder keeps of a driver's trace messages, and who can read it. */
#define ENABLE_WPP_RECORDER 1

#include "messages.h"

#include <wdmsim/recorder.h>

#define WPP_CONTROL_GUIDS                                                                          \
    WPP_DEFINE_CONTROL_GUID(Sample, (32134778, E6AA, 4089, B5A8, 9e58e9ee4687),                    \
                            WPP_DEFINE_BIT(WORK) WPP_DEFINE_BIT(OTHER))

/*
begin_wpp config
FUNC Trace{FLAGS=WORK}(LEVEL, MSG, ...);
FUNC TraceTo{FLAGS=WORK}(IFRLOG, LEVEL, MSG, ...);
FUNC Print{LEVEL=TRACE_LEVEL_INFORMATION, FLAGS=OTHER}((MSG, ...));
end_wpp
*/
#include "test_recorder.tmh"

static const char *recorded(struct machine *m, const char *identifier) {
    static char text[8192];
    assert_true(wdmsim_show_recorder(m, identifier, text, sizeof text) >= 0);
    return text;
}

static bool exists(struct machine *m, const char *identifier) {
    char text[1];
    return wdmsim_show_recorder(m, identifier, text, sizeof text) >= 0;
}

static RECORDER_LOG create(const char *identifier, ULONG size, ULONG errors) {
    RECORDER_LOG_CREATE_PARAMS params;
    RECORDER_LOG log;
    RECORDER_LOG_CREATE_PARAMS_INIT(&params, identifier);
    params.TotalBufferSize = size;
    params.ErrorPartitionSize = errors;
    assert_int_equal(WppRecorderLogCreate(&params, &log), STATUS_SUCCESS);
    return log;
}

static void the_default_log_has_what_names_no_other(struct machine *m) {
    assert_null(WppRecorderLogGetDefault());
    assert_false(exists(m, "Default"));
    WPP_INIT_TRACING(NULL, NULL);
    assert_true(WppRecorderIsDefaultLogAvailable());
    Trace(TRACE_LEVEL_ERROR, "failed %!STATUS!", STATUS_PENDING);
    Print(("value %d\n", 7));
    assert_string_equal(recorded(m, "Default"), "failed 0x00000103(STATUS_PENDING)\nvalue 7\n");
    assert_int_equal(messages_read(m, WDMSIM_EVENT_TRACE_MESSAGE)->count, 2);
    WPP_CLEANUP(NULL);
    assert_false(exists(m, "Default"));
    assert_false(WppRecorderIsDefaultLogAvailable());
    Print(("traced all the same"));
    assert_int_equal(messages_read(m, WDMSIM_EVENT_TRACE_MESSAGE)->count, 3);
}

static void the_default_log_can_be_switched_off(struct machine *m) {
    RECORDER_CONFIGURE_PARAMS params;
    RECORDER_CONFIGURE_PARAMS_INIT(&params);
    params.CreateDefaultLog = FALSE;
    WPP_INIT_TRACING(NULL, NULL);
    WppRecorderConfigure(&params);
    assert_false(exists(m, "Default"));
    params.CreateDefaultLog = TRUE;
    WppRecorderConfigure(&params);
    assert_true(exists(m, "Default"));
    WPP_CLEANUP(NULL);
}

static void a_log_of_its_own_keeps_its_messages_apart(struct machine *m) {
    WPP_INIT_TRACING(NULL, NULL);
    RECORDER_LOG one = create("one", 256, 0), two = create("two", 256, 0);
    TraceTo(one, TRACE_LEVEL_INFORMATION, "first %s", "x");
    TraceTo(two, TRACE_LEVEL_INFORMATION, "second");
    assert_string_equal(recorded(m, "one"), "first x\n");
    assert_string_equal(recorded(m, "two"), "second\n");
    assert_string_equal(recorded(m, "Default"), "");
    assert_int_equal(WppRecorderLogSetIdentifier(two, "renamed"), STATUS_SUCCESS);
    assert_string_equal(recorded(m, "renamed"), "second\n");
    assert_int_equal(WppRecorderLogSetIdentifier(WppRecorderLogGetDefault(), "x"),
                     STATUS_INVALID_PARAMETER);
    WppRecorderLogDelete(one);
    assert_false(exists(m, "one"));
    WppRecorderLogDelete(two);
    WPP_CLEANUP(NULL);
}

static void the_oldest_messages_make_room(struct machine *m) {
    RECORDER_LOG log = create("small", 32, 0);
    for (int i = 0; i < 9; i++)
        TraceTo(log, TRACE_LEVEL_INFORMATION, "number %d", i);
    assert_string_equal(recorded(m, "small"), "number 6\nnumber 7\nnumber 8\n");
    TraceTo(log, TRACE_LEVEL_INFORMATION, "exactly thirty-one characters..");
    assert_string_equal(recorded(m, "small"), "exactly thirty-one characters..\n");
    TraceTo(log, TRACE_LEVEL_INFORMATION, "more than the whole log has room for");
    assert_string_equal(recorded(m, "small"), "exactly thirty-one characters..\n");
    WppRecorderLogDelete(log);
}

static void errors_have_a_partition(struct machine *m) {
    RECORDER_LOG log = create("parts", 32, 16);
    TraceTo(log, TRACE_LEVEL_ERROR, "an error");
    for (int i = 0; i < 9; i++)
        TraceTo(log, TRACE_LEVEL_INFORMATION, "note %d", i);
    assert_string_equal(recorded(m, "parts"), "note 7\nnote 8\nan error\n");
    WppRecorderLogDelete(log);
}

static void verbose_messages_are_not_kept(struct machine *m) {
    RECORDER_LOG log = create("quiet", 256, 0);
    TraceTo(log, TRACE_LEVEL_VERBOSE, "chatter");
    TraceTo(log, TRACE_LEVEL_WARNING, "careful");
    assert_string_equal(recorded(m, "quiet"), "careful\n");
    assert_int_equal(messages_read(m, WDMSIM_EVENT_TRACE_MESSAGE)->count, 2);
    WppRecorderLogDelete(log);
}

static void messages_can_have_time_stamps(struct machine *m) {
    RECORDER_LOG_CREATE_PARAMS params;
    RECORDER_LOG log;
    LARGE_INTEGER interval = {.QuadPart = -15000000};
    RECORDER_LOG_CREATE_PARAMS_INIT_APPEND_POINTER(&params, "at ", (PVOID)(ULONG_PTR)0x1a0);
    params.UseTimeStamp = WppRecorderTrue;
    assert_int_equal(WppRecorderLogCreate(&params, &log), STATUS_SUCCESS);
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
    TraceTo(log, TRACE_LEVEL_WARNING, "late");
    char *rest;
    double seconds = strtod(recorded(m, "at 1a0"), &rest);
    assert_true(seconds >= 1.5 && seconds < 2);
    assert_string_equal(rest, " late\n");
    assert_int_equal(rest - recorded(m, "at 1a0"), strlen("1.500"));
    WppRecorderLogDelete(log);
}

static void a_driver_can_take_its_log_along(struct machine *m) {
    static const GUID control = {
        0x32134778, 0xe6aa, 0x4089, {0xb5, 0xa8, 0x9e, 0x58, 0xe9, 0xee, 0x46, 0x87}};
    PVOID buffer = NULL;
    ULONG length = 0;
    GUID guid;
    KIRQL irql;
    (void)m;
    assert_int_equal(WppRecorderDumpLiveDriverData(&buffer, &length, &guid), STATUS_NOT_FOUND);
    WPP_INIT_TRACING(NULL, NULL);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    Trace(TRACE_LEVEL_ERROR, "the end is near");
    NTSTATUS status = WppRecorderDumpLiveDriverData(&buffer, &length, &guid);
    KeLowerIrql(irql);
    assert_int_equal(status, STATUS_SUCCESS);
    assert_int_equal(length, PAGE_SIZE);
    assert_string_equal(buffer, "the end is near\n");
    assert_memory_equal(&guid, &control, sizeof guid);
    RECORDER_LOG log = create("own", 64, 0);
    TraceTo(log, TRACE_LEVEL_ERROR, "too");
    assert_int_equal(WppRecorderLogDumpLiveData(log, &buffer, &length, NULL), STATUS_SUCCESS);
    assert_int_equal(length, 64);
    assert_string_equal(buffer, "too\n");
    WppRecorderLogDelete(log);
    WPP_CLEANUP(NULL);
}

static void a_deleted_log_takes_nothing(struct machine *m) {
    (void)m;
    RECORDER_LOG log = create("gone", 64, 0);
    WppRecorderLogDelete(log);
    wdmsim_expect_bugcheck(PAGE_FAULT_IN_FREED_SPECIAL_POOL);
    TraceTo(log, TRACE_LEVEL_ERROR, "too late");
}

static void crash(void *context) {
    (void)context;
    TraceTo(create("survivor", 64, 0), TRACE_LEVEL_ERROR, "last words");
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 0, 0, 0, 0);
}

static void a_log_survives_a_bug_check(void **state) {
    struct machine *m;
    (void)state;
    assert_int_equal(wdmsim_machine_create(NULL, &m), 0);
    assert_int_equal(wdmsim_system_thread(m, crash, NULL, NULL), 0);
    assert_int_equal(wdmsim_settle(m), WDMSIM_ERROR_STOPPED);
    assert_string_equal(recorded(m, "survivor"), "last words\n");
    wdmsim_machine_destroy(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_default_log_has_what_names_no_other),
        wdmsim_unit_test(the_default_log_can_be_switched_off),
        wdmsim_unit_test(a_log_of_its_own_keeps_its_messages_apart),
        wdmsim_unit_test(the_oldest_messages_make_room),
        wdmsim_unit_test(errors_have_a_partition),
        wdmsim_unit_test(verbose_messages_are_not_kept),
        wdmsim_unit_test(messages_can_have_time_stamps),
        wdmsim_unit_test(a_driver_can_take_its_log_along),
        wdmsim_unit_test(a_deleted_log_takes_nothing),
        cmocka_unit_test(a_log_survives_a_bug_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
