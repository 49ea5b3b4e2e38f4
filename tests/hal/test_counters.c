/* The processors' performance counters have one owner at a time. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

static void who_asks_first_owns_them_all(struct machine *m) {
    HANDLE first, second;
    (void)m;
    assert_int_equal(HalAllocateHardwareCounters(NULL, 0, NULL, &first), STATUS_SUCCESS);
    assert_non_null(first);
    assert_int_equal(HalAllocateHardwareCounters(NULL, 0, NULL, &second),
                     STATUS_INSUFFICIENT_RESOURCES);
    assert_null(second);
    assert_int_equal(HalFreeHardwareCounters(first), STATUS_SUCCESS);
    assert_int_equal(HalAllocateHardwareCounters(NULL, 0, NULL, &second), STATUS_SUCCESS);
    assert_int_equal(HalFreeHardwareCounters(first), STATUS_INVALID_PARAMETER);
    assert_int_equal(HalFreeHardwareCounters(second), STATUS_SUCCESS);
    assert_int_equal(HalFreeHardwareCounters(second), STATUS_INVALID_PARAMETER);
}

static void what_cannot_be_asked_for(struct machine *m) {
    ULONG64 list = 0;
    HANDLE handle;
    (void)m;
    assert_int_equal(HalAllocateHardwareCounters(NULL, 1, NULL, &handle), STATUS_INVALID_PARAMETER);
    assert_int_equal(HalAllocateHardwareCounters(NULL, 0, (PVOID)&list, &handle),
                     STATUS_NOT_SUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(who_asks_first_owns_them_all),
        wdmsim_unit_test(what_cannot_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
