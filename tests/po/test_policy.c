/* Reasons to stay awake, and the system's idle timer. */
#include "power_driver.h"

static uint32_t node;

static void begin(struct machine *m) {
    power_begin(m);
    node = power_plug(m, WDMSIM_ROOT_NODE);
    assert_int_equal(wdmsim_power_idle_policy(m, 60, 30, WDMSIM_POWER_SLEEP3), 0);
}

static bool sleeps(struct machine *m) { return wdmsim_power_system(m) == PowerSystemSleeping3; }

/* Without a reason the system goes to sleep, on a battery sooner. */
static void an_idle_system_goes_to_sleep(struct machine *m) {
    begin(m);
    wdmsim_advance(m, 59 * WDMSIM_S);
    assert_false(sleeps(m));
    wdmsim_advance(m, 2 * WDMSIM_S);
    assert_true(sleeps(m));
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(wdmsim_power_source(m, WDMSIM_SOURCE_BATTERY), 0);
    wdmsim_advance(m, 31 * WDMSIM_S);
    assert_true(sleeps(m));
}

/* POW-065 */
static void pow_065_a_power_request_needs_a_device(struct machine *m) {
    PVOID request = &node;
    UNREFERENCED_PARAMETER(m);
    assert_int_equal(PoCreatePowerRequest(&request, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_null(request);
}

/* POW-066 */
static void pow_066_requests_are_counted(struct machine *m) {
    PVOID request;
    begin(m);
    assert_int_equal(PoCreatePowerRequest(&request, power_of(m, node)->self, NULL), STATUS_SUCCESS);
    assert_int_equal(PoSetPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
    assert_int_equal(PoSetPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
    assert_int_equal(wdmsim_power_required(m), 2);
    wdmsim_advance(m, 200 * WDMSIM_S);
    assert_int_equal(PoClearPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
    wdmsim_advance(m, 200 * WDMSIM_S);
    assert_false(sleeps(m));
    assert_int_equal(PoClearPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
    uint32_t before = wdmsim_power_reports(m, NULL);
    assert_int_equal(PoClearPowerRequest(request, PowerRequestSystemRequired), STATUS_SUCCESS);
    assert_int_equal(wdmsim_power_reports(m, NULL), before + 1);
    wdmsim_advance(m, 61 * WDMSIM_S);
    assert_true(sleeps(m));
    PoDeletePowerRequest(request);
}

/* POW-067 */
static void pow_067_only_system_required_is_supported(struct machine *m) {
    PVOID request;
    begin(m);
    PoCreatePowerRequest(&request, power_of(m, node)->self, NULL);
    assert_int_equal(PoSetPowerRequest(request, PowerRequestDisplayRequired), STATUS_NOT_SUPPORTED);
    assert_int_equal(PoClearPowerRequest(request, PowerRequestAwayModeRequired),
                     STATUS_NOT_SUPPORTED);
    assert_int_equal(wdmsim_power_required(m), 0);
    PoDeletePowerRequest(request);
}

/* A request that is deleted asks for nothing any more. */
static void a_deleted_request_counts_no_more(struct machine *m) {
    PVOID request;
    begin(m);
    PoCreatePowerRequest(&request, power_of(m, node)->self, NULL);
    PoSetPowerRequest(request, PowerRequestSystemRequired);
    PoDeletePowerRequest(request);
    assert_int_equal(wdmsim_power_required(m), 0);
    wdmsim_advance(m, 61 * WDMSIM_S);
    assert_true(sleeps(m));
}

/* POW-068 */
static void pow_068_a_registered_state_keeps_the_system_awake(struct machine *m) {
    begin(m);
    PVOID state = PoRegisterSystemState(NULL, ES_CONTINUOUS | ES_SYSTEM_REQUIRED);
    assert_non_null(state);
    wdmsim_advance(m, 300 * WDMSIM_S);
    assert_false(sleeps(m));
    assert_ptr_equal(PoRegisterSystemState(state, ES_CONTINUOUS), state);
    assert_int_equal(wdmsim_power_required(m), 0);
    assert_ptr_equal(PoRegisterSystemState(state, ES_CONTINUOUS | ES_USER_PRESENT), state);
    wdmsim_advance(m, 300 * WDMSIM_S);
    assert_false(sleeps(m));
    PoUnregisterSystemState(state);
    wdmsim_advance(m, 61 * WDMSIM_S);
    assert_true(sleeps(m));
}

/* POW-069 */
static void pow_069_set_system_state_restarts_the_countdown_once(struct machine *m) {
    begin(m);
    wdmsim_advance(m, 50 * WDMSIM_S);
    PoSetSystemState(ES_SYSTEM_REQUIRED);
    wdmsim_advance(m, 50 * WDMSIM_S);
    assert_false(sleeps(m));
    wdmsim_advance(m, 11 * WDMSIM_S);
    assert_true(sleeps(m));
}

static void platform_information_is_answered(struct machine *m) {
    POWER_PLATFORM_INFORMATION platform = {TRUE};
    ULONG input = 0;
    assert_int_equal(ZwPowerInformation(PlatformInformation, NULL, 0, &platform, sizeof platform),
                     STATUS_SUCCESS);
    assert_false(platform.AoAc);
    assert_int_equal(wdmsim_power_standby(m, true), 0);
    assert_int_equal(NtPowerInformation(PlatformInformation, NULL, 0, &platform, sizeof platform),
                     STATUS_SUCCESS);
    assert_true(platform.AoAc);
    assert_int_equal(ZwPowerInformation(PlatformInformation, NULL, 0, &platform, 0),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(ZwPowerInformation(PlatformInformation, &input, 4, &platform, sizeof platform),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(ZwPowerInformation(PlatformInformation, NULL, 0, NULL, 0),
                     STATUS_INVALID_PARAMETER);
}

/* POW-085 */
static void pow_085_modern_standby_sends_no_system_irp(struct machine *m) {
    begin(m);
    power_forget();
    wdmsim_power_idle_policy(m, 0, 0, WDMSIM_POWER_SLEEP3);
    assert_int_equal(wdmsim_power_standby(m, true), 0);
    wdmsim_advance(m, 3600 * WDMSIM_S);
    assert_int_equal(wdmsim_power_standby(m, false), 0);
    assert_int_equal(power_count(-1, NULL, -1, 1, -1), 0);
    assert_int_equal(wdmsim_power_system(m), PowerSystemWorking);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_idle_system_goes_to_sleep),
        wdmsim_unit_test(pow_065_a_power_request_needs_a_device),
        wdmsim_unit_test(pow_066_requests_are_counted),
        wdmsim_unit_test(pow_067_only_system_required_is_supported),
        wdmsim_unit_test(a_deleted_request_counts_no_more),
        wdmsim_unit_test(pow_068_a_registered_state_keeps_the_system_awake),
        wdmsim_unit_test(pow_069_set_system_state_restarts_the_countdown_once),
        wdmsim_unit_test(platform_information_is_answered),
        wdmsim_unit_test(pow_085_modern_standby_sends_no_system_irp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
