/* Parameters that the host program gives a driver before it is loaded. */
#include "registry.h"

#define PARAMETERS L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\thing\\Parameters"

static void the_host_sets_parameters(struct machine *m) {
    union {
        KEY_VALUE_PARTIAL_INFORMATION value;
        char bytes[64];
    } buffer;
    ULONG needed;
    HANDLE key;
    assert_int_equal(wdmsim_driver_parameter_u32(m, "thing", "Depth", 16), 0);
    assert_int_equal(wdmsim_driver_parameter_u32(m, "thing", "Depth", 17), 0);
    assert_int_equal(
        wdmsim_driver_parameter_string(m, "thing", "Greeting", "gr\xc3\xbc\xc3\x9f dich"), 0);
    assert_int_equal(key_open(PARAMETERS, NULL, &key), STATUS_SUCCESS);
    assert_int_equal(number_get(key, L"Depth"), 17);
    assert_int_equal(
        value_get(key, L"Greeting", KeyValuePartialInformation, &buffer, sizeof buffer, &needed),
        STATUS_SUCCESS);
    assert_int_equal(buffer.value.Type, REG_SZ);
    assert_int_equal(buffer.value.DataLength, 10 * sizeof(WCHAR));
    assert_memory_equal(buffer.value.Data, L"gr\u00fc\u00df dich", 10 * sizeof(WCHAR));
    ZwClose(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_host_sets_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
