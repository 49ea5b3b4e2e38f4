/* Check event tracing: registration, what an event leaves in the trace, the handle's life. */
#include "../dbg/messages.h"

#include <ntddk.h>
#include <evntprov.h>

static const GUID provider = {0xb5a0bda9, 0x50fe, 0x4d0e, {0xa8, 0x3d, 0xba, 0xe3, 1, 2, 3, 4}};

static const char *traced(struct machine *m) {
    const struct messages *messages = messages_read(m, WDMSIM_EVENT_TRACE_MESSAGE);
    assert_true(messages->count > 0);
    return messages->text[messages->count - 1];
}

static void an_event_is_written_with_its_data(struct machine *m) {
    const EVENT_DESCRIPTOR descriptor = {.Id = 7, .Version = 1, .Level = 4, .Keyword = 0x10};
    EVENT_DATA_DESCRIPTOR data[2];
    USHORT number = 0x1234;
    REGHANDLE handle = 0;
    assert_int_equal(EtwRegister(&provider, NULL, NULL, &handle), STATUS_SUCCESS);
    EventDataDescCreate(&data[0], &number, sizeof number);
    EventDataDescCreate(&data[1], "ab", 2);
    assert_int_equal(EtwWrite(handle, &descriptor, NULL, 2, data), STATUS_SUCCESS);
    assert_string_equal(traced(m),
                        "event 7 provider={b5a0bda9-50fe-4d0e-a83d-bae301020304} version=1 "
                        "level=4 opcode=0 task=0 keyword=0x10 data 3412 6162");
    static const GUID activity = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
    assert_int_equal(EtwWriteTransfer(handle, &descriptor, NULL, &activity, 1, &data[1]),
                     STATUS_SUCCESS);
    assert_non_null(strstr(traced(m), "event 7 "));
    assert_non_null(strstr(traced(m), "related={00000001-0002-0003-0405-060708090a0b} data 6162"));
    assert_int_equal(EtwWriteEx(handle, &descriptor, 0, 0, &activity, NULL, 1, data),
                     STATUS_SUCCESS);
    assert_non_null(strstr(traced(m), "activity={00000001-0002-0003-0405-060708090a0b} data 3412"));
    assert_int_equal(EtwWriteString(handle, 2, 1, NULL, L"hello"), STATUS_SUCCESS);
    assert_string_equal(traced(m), "event provider={b5a0bda9-50fe-4d0e-a83d-bae301020304} level=2 "
                                   "keyword=0x1 text hello");
    assert_true(EtwEventEnabled(handle, &descriptor));
    assert_true(EtwProviderEnabled(handle, 0, 0));
    assert_int_equal(EtwUnregister(handle), STATUS_SUCCESS);
}

static void a_handle_of_nobody_is_refused(struct machine *m) {
    const EVENT_DESCRIPTOR descriptor = {.Id = 7};
    REGHANDLE handle = 0;
    (void)m;
    assert_int_equal(EtwWrite(0, &descriptor, NULL, 0, NULL), STATUS_INVALID_HANDLE);
    assert_int_equal(EtwUnregister(0), STATUS_INVALID_HANDLE);
    assert_false(EtwEventEnabled(0, &descriptor));
    assert_int_equal(EtwRegister(&provider, NULL, NULL, &handle), STATUS_SUCCESS);
    assert_int_equal(EtwWrite(handle, &descriptor, NULL, 129, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(EtwUnregister(handle), STATUS_SUCCESS);
}

static ULONG enabled;

static VOID on_enable(LPCGUID source, ULONG code, UCHAR level, ULONGLONG any, ULONGLONG all,
                      PEVENT_FILTER_DESCRIPTOR filter, PVOID context) {
    (void)source, (void)level, (void)any, (void)all, (void)filter;
    assert_ptr_equal(context, &enabled);
    enabled += code == EVENT_CONTROL_CODE_ENABLE_PROVIDER;
}

static void the_session_enables_a_new_provider(struct machine *m) {
    REGHANDLE handle = 0;
    (void)m;
    enabled = 0;
    assert_int_equal(EtwRegister(&provider, on_enable, &enabled, &handle), STATUS_SUCCESS);
    assert_int_equal(enabled, 1);
    assert_int_equal(EtwUnregister(handle), STATUS_SUCCESS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_event_is_written_with_its_data),
        wdmsim_unit_test(a_handle_of_nobody_is_refused),
        wdmsim_unit_test(the_session_enables_a_new_provider),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
