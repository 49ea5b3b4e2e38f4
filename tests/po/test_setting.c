/* Power settings and the callbacks of drivers. */
#include <initguid.h>

#include "power_driver.h"

static unsigned calls;
static ULONG last_value, last_length;
static GUID last_guid;
static KIRQL last_irql;
static NTSTATUS on_setting(LPCGUID guid, PVOID value, ULONG length, PVOID context) {
    UNREFERENCED_PARAMETER(context);
    calls++;
    last_guid = *guid;
    last_length = length;
    last_irql = KeGetCurrentIrql();
    memcpy(&last_value, value, length < sizeof last_value ? length : sizeof last_value);
    return STATUS_SUCCESS;
}

static PVOID listen(const GUID *guid) {
    PVOID handle = NULL;
    calls = 0;
    assert_int_equal(PoRegisterPowerSettingCallback(NULL, guid, on_setting, NULL, &handle),
                     STATUS_SUCCESS);
    assert_non_null(handle);
    return handle;
}

/* POW-062 */
static void pow_062_registration_tells_the_present_value(struct machine *m) {
    static const struct {
        const GUID *guid;
        ULONG value, length;
    } table[] = {
        {&GUID_ACDC_POWER_SOURCE, PoAc, 4},
        {&GUID_LIDSWITCH_STATE_CHANGE, 1, 4},
        {&GUID_BATTERY_PERCENTAGE_REMAINING, 100, 4},
        {&GUID_MONITOR_POWER_ON, 1, 4},
        {&GUID_CONSOLE_DISPLAY_STATE, PowerMonitorOn, 4},
        {&GUID_SYSTEM_AWAYMODE, 0, 4},
        {&GUID_POWERSCHEME_PERSONALITY, 0x381b4222, 16},
    };
    UNREFERENCED_PARAMETER(m);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        PVOID handle = listen(table[i].guid);
        assert_int_equal(calls, 1);
        assert_int_equal(last_length, table[i].length);
        if (table[i].length == 4)
            assert_int_equal(last_value, table[i].value);
        assert_memory_equal(&last_guid, table[i].guid, sizeof(GUID));
        assert_int_equal(last_irql, PASSIVE_LEVEL);
        assert_int_equal(PoUnregisterPowerSettingCallback(handle), STATUS_SUCCESS);
    }
}

/* Changes are told at PASSIVE_LEVEL; what is no change is not. */
static void changes_are_told(struct machine *m) {
    PVOID handle = listen(&GUID_LIDSWITCH_STATE_CHANGE);
    assert_int_equal(wdmsim_power_lid(m, false), 0);
    assert_int_equal(calls, 2);
    assert_int_equal(last_value, 0);
    assert_int_equal(last_irql, PASSIVE_LEVEL);
    assert_int_equal(wdmsim_power_lid(m, false), 0);
    assert_int_equal(calls, 2);
    assert_int_equal(wdmsim_power_lid(m, true), 0);
    assert_int_equal(calls, 3);
    assert_int_equal(PoUnregisterPowerSettingCallback(handle), STATUS_SUCCESS);
    assert_int_equal(wdmsim_power_lid(m, false), 0);
    assert_int_equal(calls, 3);
    assert_int_equal(PoUnregisterPowerSettingCallback(NULL), STATUS_INVALID_PARAMETER);
}

static void every_source_has_its_setting(struct machine *m) {
    listen(&GUID_BATTERY_PERCENTAGE_REMAINING);
    assert_int_equal(wdmsim_power_battery(m, 42), 0);
    assert_int_equal(last_value, 42);
    assert_int_equal(wdmsim_power_battery(m, 101), WDMSIM_ERROR_INVALID);
    listen(&GUID_ACDC_POWER_SOURCE);
    assert_int_equal(wdmsim_power_source(m, WDMSIM_SOURCE_BATTERY), 0);
    assert_int_equal(last_value, PoDc);
    listen(&GUID_CONSOLE_DISPLAY_STATE);
    assert_int_equal(wdmsim_power_display(m, PowerMonitorDim), 0);
    assert_int_equal(last_value, PowerMonitorDim);
    listen(&GUID_GLOBAL_USER_PRESENCE);
    assert_int_equal(wdmsim_power_presence(m, 2), 0);
    assert_int_equal(last_value, 2);
}

/* A setting of somebody's own has no value until it is set. */
static void any_setting_can_be_set(struct machine *m) {
    static const GUID own = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
    ULONG value = 77;
    listen(&own);
    assert_int_equal(calls, 0);
    assert_int_equal(wdmsim_power_setting(m, &own, &value, sizeof value), 0);
    assert_int_equal(calls, 1);
    assert_int_equal(last_value, 77);
}

/* POW-063 */
static void pow_063_a_scheme_of_the_same_personality_is_no_news(struct machine *m) {
    static const GUID scheme = {9, 9, 9, {9, 9, 9, 9, 9, 9, 9, 9}};
    listen(&GUID_POWERSCHEME_PERSONALITY);
    assert_int_equal(wdmsim_power_scheme(m, &scheme, &GUID_TYPICAL_POWER_SAVINGS), 0);
    assert_int_equal(calls, 1);
    assert_int_equal(wdmsim_power_scheme(m, &scheme, &GUID_MAX_POWER_SAVINGS), 0);
    assert_int_equal(calls, 2);
    listen(&GUID_ACTIVE_POWERSCHEME);
    assert_int_equal(wdmsim_power_scheme(m, &scheme, &GUID_MAX_POWER_SAVINGS), 0);
    assert_int_equal(calls, 2); /* that fires each time */
}

static NTSTATUS raises(LPCGUID guid, PVOID value, ULONG length, PVOID context) {
    KIRQL irql;
    UNREFERENCED_PARAMETER(guid);
    UNREFERENCED_PARAMETER(value);
    UNREFERENCED_PARAMETER(length);
    UNREFERENCED_PARAMETER(context);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    return STATUS_SUCCESS;
}

static void raise_in_callback(struct machine *m) {
    PVOID handle;
    UNREFERENCED_PARAMETER(m);
    PoRegisterPowerSettingCallback(NULL, &GUID_LIDSWITCH_STATE_CHANGE, raises, NULL, &handle);
}

/* POW-064 */
static void pow_064_a_callback_leaves_the_irql_alone(void **state) {
    UNREFERENCED_PARAMETER(state);
    const struct wdmsim_stop *stop =
        power_expect_stop(raise_in_callback, INTERNAL_POWER_ERROR, 0x900);
    assert_int_equal(stop->parameters[1], (uint64_t)(ULONG_PTR)raises);
    assert_int_equal(stop->parameters[2], PASSIVE_LEVEL);
    assert_int_equal(stop->parameters[3], DISPATCH_LEVEL);
    wdmsim_machine_destroy(power_machine);
}

static PVOID own_handle;
static NTSTATUS leaves(LPCGUID guid, PVOID value, ULONG length, PVOID context) {
    UNREFERENCED_PARAMETER(guid);
    UNREFERENCED_PARAMETER(value);
    UNREFERENCED_PARAMETER(length);
    UNREFERENCED_PARAMETER(context);
    if (calls++ == 1)
        PoUnregisterPowerSettingCallback(own_handle);
    return STATUS_SUCCESS;
}

static void unregistering_inside_the_callback_is_reported(struct machine *m) {
    calls = 0;
    uint32_t before = wdmsim_power_reports(m, NULL);
    PoRegisterPowerSettingCallback(NULL, &GUID_LIDSWITCH_STATE_CHANGE, leaves, NULL, &own_handle);
    assert_int_equal(wdmsim_power_lid(m, false), 0);
    assert_int_equal(calls, 2);
    assert_int_equal(wdmsim_power_reports(m, NULL), before + 1);
    assert_int_equal(wdmsim_power_lid(m, true), 0);
    assert_int_equal(calls, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pow_062_registration_tells_the_present_value),
        wdmsim_unit_test(changes_are_told),
        wdmsim_unit_test(every_source_has_its_setting),
        wdmsim_unit_test(any_setting_can_be_set),
        wdmsim_unit_test(pow_063_a_scheme_of_the_same_personality_is_no_news),
        cmocka_unit_test(pow_064_a_callback_leaves_the_irql_alone),
        wdmsim_unit_test(unregistering_inside_the_callback_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
