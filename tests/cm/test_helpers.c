/* The registry helpers of the run-time library: paths, single values. */
#include "registry.h"

#define SERVICES L"\\Registry\\Machine\\System\\CurrentControlSet\\Services"

static void relative_paths_begin_at_known_keys(struct machine *m) {
    HANDLE key;
    (void)m;
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)L"Thing"),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)L"Thing"), STATUS_SUCCESS);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, (PWSTR)L"Thing"), STATUS_SUCCESS);
    assert_int_equal(key_open(SERVICES L"\\Thing", NULL, &key), STATUS_SUCCESS);
    ZwClose(key);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, (PWSTR)SERVICES L"\\Thing"),
                     STATUS_SUCCESS);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_CONTROL, (PWSTR)L"Class"), STATUS_SUCCESS);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_WINDOWS_NT, (PWSTR)L""), STATUS_SUCCESS);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_DEVICEMAP, NULL), STATUS_SUCCESS);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_USER, (PWSTR)L"Software"), STATUS_SUCCESS);
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_MAXIMUM, (PWSTR)L"X"),
                     STATUS_INVALID_PARAMETER);
}

/* Check that writing makes the key if need be, and that a handle can stand for a path. */
static void a_value_is_written_and_deleted(struct machine *m) {
    ULONG number = 17;
    HANDLE key;
    (void)m;
    assert_int_equal(
        RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, L"Thing", L"Number", REG_DWORD, &number, 4),
        STATUS_SUCCESS);
    assert_int_equal(key_open(SERVICES L"\\Thing", NULL, &key), STATUS_SUCCESS);
    assert_int_equal(number_get(key, L"Number"), 17);
    number = 18;
    assert_int_equal(
        RtlWriteRegistryValue(RTL_REGISTRY_HANDLE, (PCWSTR)key, L"Number", REG_DWORD, &number, 4),
        STATUS_SUCCESS);
    assert_int_equal(number_get(key, L"Number"), 18);
    assert_int_equal(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"Thing", L"Number"),
                     STATUS_SUCCESS);
    assert_int_equal(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"Thing", L"Number"),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, L"None", L"Number"),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    ZwClose(key);
}

/* Check that a handle given to RtlCheckRegistryKey is closed, as the page warns. */
static void checking_a_handle_closes_it(struct machine *m) {
    HANDLE key = new_key(SERVICES L"\\Thing");
    (void)m;
    assert_int_equal(RtlCheckRegistryKey(RTL_REGISTRY_HANDLE, (PWSTR)key), STATUS_SUCCESS);
    assert_int_equal(ZwFlushKey(key), STATUS_INVALID_HANDLE);
}

static void a_value_has_a_fallback(struct machine *m) {
    HANDLE primary = new_key(SERVICES L"\\Primary"), fallback = new_key(SERVICES L"\\Fallback");
    UNICODE_STRING both = RTL_CONSTANT_STRING(L"Both"), one = RTL_CONSTANT_STRING(L"One");
    UNICODE_STRING none = RTL_CONSTANT_STRING(L"None");
    ULONG type = 0, data = 0, size = 0;
    (void)m;
    number_set(primary, L"Both", 1);
    number_set(fallback, L"Both", 2);
    number_set(fallback, L"One", 3);
    assert_int_equal(RtlQueryRegistryValueWithFallback(primary, fallback, &both, sizeof data, &type,
                                                       &data, &size),
                     STATUS_SUCCESS);
    assert_int_equal(data, 1);
    assert_int_equal(type, REG_DWORD);
    assert_int_equal(size, sizeof data);
    assert_int_equal(RtlQueryRegistryValueWithFallback(primary, fallback, &one, sizeof data, &type,
                                                       &data, &size),
                     STATUS_SUCCESS);
    assert_int_equal(data, 3);
    assert_int_equal(RtlQueryRegistryValueWithFallback(primary, fallback, &none, sizeof data, &type,
                                                       &data, &size),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    size = 0;
    assert_int_equal(
        RtlQueryRegistryValueWithFallback(primary, fallback, &one, 2, &type, &data, &size),
        STATUS_BUFFER_OVERFLOW);
    assert_int_equal(size, sizeof data);
    ZwClose(primary);
    ZwClose(fallback);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(relative_paths_begin_at_known_keys),
        wdmsim_unit_test(a_value_is_written_and_deleted),
        wdmsim_unit_test(checking_a_handle_closes_it),
        wdmsim_unit_test(a_value_has_a_fallback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
