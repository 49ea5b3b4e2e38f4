/*
 * What a plug-in is asked about processors when it accepts them, and their performance.
 */
#include "ppm_test.h"

static char order[512];
static bool record(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    size_t length = strlen(order);
    (void)data, (void)answer;
    if (pep.ppm_count[PEP_NOTIFY_PPM_IDLE_EXECUTE])
        return false; /* the first idle state follows it all */
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    snprintf(order + length, sizeof order - length, "%02x.%u ", (unsigned)id,
             handle ? ppm_number(handle) : 9);
    return false;
}

static void everything_is_asked_at_registration_in_order(struct machine *m) {
    ppm_fresh();
    order[0] = 0;
    ppm.state_count = 1;
    ppm.performance = true;
    ppm.discrete = 4;
    ppm.counters = 1;
    ppm.reasons = 1;
    ppm.first = record;
    ppm_begin(m);
    assert_string_equal(order, "18.0 19.0 19.0 "                /* reasons of vetoes */
                               "01.0 09.0 0f.0 12.0 1c.0 1c.0 " /* idle states and their names */
                               "0b.0 29.0 2a.0 0c.0 "           /* performance */
                               "10.0 1a.9 ");                   /* the platform, and vetoes */
    assert_int_equal(ppm.accepted, 1);
}

static void every_processor_is_offered(struct machine *m) {
    ppm_fresh();
    ppm_begin(m);
    assert_int_equal(ppm.accepted, 2);
    assert_int_equal(pep.dpm_count[PEP_DPM_PREPARE_DEVICE], 2);
    assert_int_equal(pep.dpm_count[PEP_DPM_DEVICE_STARTED], 2);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_QUERY_CAPABILITIES], 2);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_QUERY_PLATFORM_STATES], 1);
    assert_int_equal(wdmsim_pep_idle_states(m, 1, NULL, 0, NULL), 3);
    assert_int_equal(wdmsim_pep_idle_states(m, 2, NULL, 0, NULL), WDMSIM_ERROR_NOT_FOUND);
}

static void a_plugin_may_decline_processors(struct machine *m) {
    ppm_fresh();
    pep.dpm = NULL;
    pep.declines = true;
    ppm_begin(m);
    assert_int_equal(ppm.accepted, 0);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_QUERY_CAPABILITIES], 0);
    ppm_sleep(WDMSIM_S);
    ppm_expect("");
}

/* ---- performance ---- */

static PEP_PPM_PERF_SET set;
static PEP_PPM_PERF_SET_STATE set_state;
static ULONG sets;
static bool see_set(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    (void)handle, (void)answer;
    if (id != PEP_NOTIFY_PPM_PERF_SET && id != PEP_NOTIFY_PPM_PERF_SET_STATE)
        return false;
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    sets++;
    if (id == PEP_NOTIFY_PPM_PERF_SET)
        set = *(PPEP_PPM_PERF_SET)data;
    else
        set_state = *(PPEP_PPM_PERF_SET_STATE)data;
    return (*answer = TRUE);
}

static void performance_is_set_for_the_whole_domain(struct machine *m) {
    struct wdmsim_pep_performance performance;
    sets = 0;
    ppm_fresh();
    ppm.performance = true;
    ppm.first = see_set;
    ppm_begin(m);
    assert_int_equal(wdmsim_pep_performance(m, 0, &performance), 0);
    assert_int_equal(performance.highest, 400);
    assert_int_equal(performance.nominal, 300);
    assert_int_equal(performance.lowest, 100);
    assert_int_equal(performance.guaranteed, 250);
    assert_int_equal(performance.reasons, PERFORMANCE_LIMIT_THERMAL);
    assert_int_equal(performance.coordination, PROCESSOR_DOMAIN_COORDIANTION_SW_ANY);
    assert_int_equal(wdmsim_pep_set_performance(m, 0, 150, 350, 300, 20), 0);
    assert_int_equal(sets, 2);
    assert_int_equal(set.MinimumPerformance, 150);
    assert_int_equal(set.DesiredPerformance, 300);
    assert_int_equal(set.TimeWindow, 20);
    assert_int_equal(wdmsim_pep_set_performance(m, 0, 50, 350, 300, 20), WDMSIM_ERROR_INVALID);
    assert_int_equal(wdmsim_pep_set_performance(m, 0, 150, 500, 300, 20), WDMSIM_ERROR_INVALID);
}

static void discrete_performance_is_set_by_index(struct machine *m) {
    sets = 0;
    ppm_fresh();
    ppm.performance = true;
    ppm.discrete = 4;
    ppm.first = see_set;
    ppm_begin(m);
    assert_int_equal(wdmsim_pep_set_performance(m, 0, 3, 0, 1, 0), 0);
    assert_int_equal(set_state.DesiredPerformanceState, 1);
    assert_int_equal(set_state.MinimumPerformanceState, 3);
    assert_int_equal(wdmsim_pep_set_performance(m, 0, 4, 0, 1, 0), WDMSIM_ERROR_INVALID);
}

static void discrete_states_must_have_every_level(struct machine *m) {
    ppm_fresh();
    ppm.performance = true;
    ppm.discrete = 3; /* 400, 300, 200: the lowest is missing */
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x706, PEP_NOTIFY_PPM_QUERY_DISCRETE_PERF_STATES, -1, 100);
    ppm_begin(m);
}

static void a_guarantee_beyond_nominal_is_a_bug_check(struct machine *m) {
    ppm_fresh();
    ppm.performance = true;
    ppm.guaranteed = 350;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x706, PEP_NOTIFY_PPM_PERF_CONSTRAINTS, -1, 350);
    ppm_begin(m);
}

/* GUID_PPM_PERF_CONSTRAINT_CHANGE */
static void a_change_of_limits_is_work(struct machine *m) {
    static const GUID change = {
        0x29181fa1, 0x4bf3, 0x4c2e, {0xb3, 0x14, 0xa6, 0xd2, 0x26, 0x32, 0x2b, 0x00}};
    struct wdmsim_pep_performance performance;
    ppm_fresh();
    ppm.performance = true;
    ppm_begin(m);
    ULONG before = pep.ppm_count[PEP_NOTIFY_PPM_PERF_CONSTRAINTS];
    ppm.guaranteed = 120;
    pep.work.PowerControl =
        (PEP_WORK_POWER_CONTROL){.DeviceHandle = ppm.handles[0], .PowerControlCode = &change};
    pep_work(PepWorkRequestPowerControl);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_PERF_CONSTRAINTS], before + 1);
    assert_int_equal(pep.dpm_count[PEP_DPM_POWER_CONTROL_COMPLETE], 1);
    wdmsim_pep_performance(m, 0, &performance);
    assert_int_equal(performance.guaranteed, 120);
}

/* ---- feedback and parking ---- */

static bool feedback(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_PPM_FEEDBACK_READ read = data;
    if (id != PEP_NOTIFY_PPM_FEEDBACK_READ)
        return false;
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), ppm_number(handle));
    if (read->CounterIndex) {
        read->NominalCount = 10;
        read->ActualCount = 8;
    } else {
        read->InstantaneousValue = 77;
    }
    return (*answer = TRUE);
}

static void feedback_counters_are_read_on_their_processor(struct machine *m) {
    uint64_t values[2];
    ppm_fresh();
    ppm.counters = 2;
    ppm.first = feedback;
    ppm_begin(m);
    assert_int_equal(wdmsim_pep_feedback(m, 1, 0, values), 0);
    assert_int_equal(values[0], 77);
    assert_int_equal(wdmsim_pep_feedback(m, 1, 1, values), 0);
    assert_int_equal(values[0], 10);
    assert_int_equal(values[1], 8);
    assert_int_equal(wdmsim_pep_feedback(m, 1, 2, values), WDMSIM_ERROR_NOT_FOUND);
}

static ULONGLONG times[2];
static bool park(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_PPM_PARK_SELECTION_V2 second = data;
    PPEP_PPM_PARK_SELECTION first = data;
    PPEP_PPM_PARK_MASK mask = data;
    (void)handle, (void)answer;
    if (id == PEP_NOTIFY_PPM_PARK_SELECTION_V2) {
        times[0] = second->EvaluationTime;
        if (!ppm.v2_refused)
            second->Processors[0].PepPreference = PROCESSOR_PARK_PREFERENCE_PARKED;
        *answer = !ppm.v2_refused;
        return true;
    }
    if (id == PEP_NOTIFY_PPM_PARK_SELECTION) {
        assert_int_equal(first->AdditionalUnparkedProcessors, 1);
        first->Processors[1].PepPreference = PROCESSOR_PARK_PREFERENCE_PARKED;
        return (*answer = TRUE);
    }
    if (id == PEP_NOTIFY_PPM_PARK_MASK) {
        assert_int_equal(mask->Count, 2);
        assert_int_equal(mask->Processors[0].Parked + mask->Processors[1].Parked, 1);
        return (*answer = TRUE);
    }
    if (id == PEP_NOTIFY_PPM_PERF_CHECK_COMPLETE) {
        times[1] = ((PPEP_PPM_PERF_CHECK_COMPLETE)data)->EvaluationTime;
        return (*answer = TRUE);
    }
    return false;
}

static void the_plugin_says_which_processors_to_park(struct machine *m) {
    uint64_t parked;
    ppm_fresh();
    ppm.parking = true;
    ppm.first = park;
    ppm_begin(m);
    assert_int_equal(wdmsim_pep_check_performance(m, 1, &parked), 0);
    assert_int_equal(parked, 1);
    assert_int_equal(times[0], times[1]);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_PARK_SELECTION], 0);
    ppm.v2_refused = true;
    assert_int_equal(wdmsim_pep_check_performance(m, 1, &parked), 0);
    assert_int_equal(parked, 2);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_PARK_SELECTION], 1);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_PARK_MASK], 2);
}

/* ---- system states ---- */

static ULONG entered[2], resumed[2];
static bool system_state(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_PPM_ENTER_SYSTEM_STATE enter = data;
    PPEP_PPM_RESUME_FROM_SYSTEM_STATE resume = data;
    if (id != PEP_NOTIFY_PPM_ENTER_SYSTEM_STATE && id != PEP_NOTIFY_PPM_RESUME_FROM_SYSTEM_STATE)
        return false;
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), ppm_number(handle));
    if (id == PEP_NOTIFY_PPM_ENTER_SYSTEM_STATE)
        entered[ppm_number(handle)] = enter->TargetState;
    else
        resumed[ppm_number(handle)] = resume->TargetState;
    return (*answer = TRUE);
}

static void system_states_are_announced_to_every_processor(struct machine *m) {
    ppm_fresh();
    ppm.first = system_state;
    ppm_begin(m);
    memset(entered, 0, sizeof entered);
    memset(resumed, 0, sizeof resumed);
    assert_int_equal(wdmsim_power_down(m, WDMSIM_POWER_SLEEP3, 0, NULL), 0);
    assert_int_equal(entered[0], PowerSystemSleeping3);
    assert_int_equal(entered[1], PowerSystemSleeping3);
    assert_int_equal(resumed[0], 0);
    assert_int_equal(wdmsim_power_wake(m), 0);
    assert_int_equal(resumed[0], PowerSystemSleeping3);
    assert_int_equal(resumed[1], PowerSystemSleeping3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(everything_is_asked_at_registration_in_order),
        wdmsim_unit_test_on(every_processor_is_offered, &ppm_two),
        wdmsim_unit_test(a_plugin_may_decline_processors),
        wdmsim_unit_test_on(performance_is_set_for_the_whole_domain, &ppm_two),
        wdmsim_unit_test(discrete_performance_is_set_by_index),
        fx_unit_test(discrete_states_must_have_every_level),
        fx_unit_test(a_guarantee_beyond_nominal_is_a_bug_check),
        wdmsim_unit_test(a_change_of_limits_is_work),
        wdmsim_unit_test_on(feedback_counters_are_read_on_their_processor, &ppm_two),
        wdmsim_unit_test_on(the_plugin_says_which_processors_to_park, &ppm_two),
        wdmsim_unit_test_on(system_states_are_announced_to_every_processor, &ppm_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
