/*
 * Idle states of the whole platform: what they depend on, what they ask of devices.
 */
#include "ppm_test.h"

/* Platform state 0: processor 0 initiates with state 2, all others are in state 1 or deeper. */
static void usual(PPEP_PPM_QUERY_PLATFORM_STATE query) {
    query->State.InitiatingProcessor = ppm.handles[0];
    query->State.InitiatingState = 2;
    query->State.Latency = 100;
    query->State.BreakEvenDuration = 1000000;
    query->State.DependencyArrayUsed = query->State.DependencyArrayCount - 1;
    for (ULONG i = 1; i < query->State.DependencyArrayCount; i++) {
        query->State.DependencyArray[i - 1].TargetProcessor = ppm.handles[i];
        query->State.DependencyArray[i - 1].ExpectedState = 1;
        query->State.DependencyArray[i - 1].AllowDeeperStates = TRUE;
    }
}

static void fresh(void) {
    ppm_fresh();
    ppm.platform_count = 1;
    ppm.platform = usual;
}

static void a_platform_state_is_entered_when_its_processors_rest(struct machine *m) {
    struct wdmsim_idle_state states[2];
    fresh();
    ppm_begin(m);
    wdmsim_pep_platform_states(m, states, 2);
    uint64_t count = states[0].count;
    ppm_sleep(WDMSIM_S);
    ppm_expect("T2/0 X2/0 C2/0 ");
    assert_int_equal(wdmsim_pep_platform_states(m, states, 2), 1);
    assert_int_equal(states[0].count, count + 1);
    assert_int_equal(states[0].time, WDMSIM_S);
    assert_string_equal(states[0].name, "C1");
    ppm_sleep(10 * WDMSIM_MS); /* does not pay off */
    ppm_expect("T1/- X1/- C1/- ");
}

/* PFX-108 */
static void pfx_108_a_vetoed_platform_state_is_not_entered(struct machine *m) {
    struct wdmsim_idle_state states[2];
    fresh();
    ppm_begin(m);
    wdmsim_pep_platform_states(m, states, 2);
    uint64_t count = states[0].count;
    assert_int_equal(pep.kernel.PlatformIdleVeto(ppm.handles[0], 0, 1, TRUE), STATUS_SUCCESS);
    assert_int_equal(pep.kernel.PlatformIdleVeto(ppm.handles[0], 0, 9, TRUE), STATUS_SUCCESS);
    assert_int_equal(pep.kernel.PlatformIdleVeto(ppm.handles[0], 0, 9, TRUE), STATUS_SUCCESS);
    /* Of one reason, of another twice: each of them keeps it up to the last. */
    static const ULONG withdrawn[] = {1, 9, 9};
    for (unsigned i = 0; i < 3; i++) {
        ppm_sleep(WDMSIM_S);
        ppm_expect("T2/- X2/- C2/- ");
        wdmsim_pep_platform_states(m, states, 2);
        assert_int_equal(states[0].count, count);
        pep.kernel.PlatformIdleVeto(ppm.handles[0], 0, withdrawn[i], FALSE);
    }
    ppm_sleep(WDMSIM_S);
    ppm_expect("T2/0 X2/0 C2/0 ");
    wdmsim_pep_platform_states(m, states, 2);
    assert_int_equal(states[0].count, count + 1);
    assert_int_equal(pep.kernel.PlatformIdleVeto((POHANDLE)&states, 0, 1, TRUE),
                     STATUS_NOT_IMPLEMENTED);
}

static void a_platform_state_can_be_updated(struct machine *m) {
    PEP_PLATFORM_IDLE_STATE_UPDATE update = {1, 100, 1000};
    fresh();
    ppm_begin(m);
    ppm.states[2].BreakEvenDuration = 0;
    assert_int_equal(pep.kernel.UpdatePlatformIdleState(ppm.handles[0], 0, &update),
                     STATUS_SUCCESS);
    update.Version = 3;
    assert_int_equal(pep.kernel.UpdatePlatformIdleState(ppm.handles[0], 0, &update),
                     STATUS_NOT_SUPPORTED);
}

static void the_last_processor_takes_the_platform_down(struct machine *m) {
    KAFFINITY all;
    fresh();
    ppm_begin(m);
    all = KeSetSystemAffinityThreadEx(1); /* processor 1 rests already */
    ppm_sleep(WDMSIM_S);
    ppm.log[0] = 0;
    ppm_sleep(WDMSIM_S);
    assert_int_equal(strncmp(ppm.log, "T2/0 X2/0 ", 10), 0);
    assert_non_null(strstr(ppm.log, "C2/0 "));
    assert_true(pep.ppm_count[PEP_NOTIFY_PPM_IS_PROCESSOR_HALTED] > 0);
    KeRevertToUserAffinityThreadEx(all);
}

static void a_processor_that_is_not_halted_keeps_the_platform_up(struct machine *m) {
    KAFFINITY all;
    fresh();
    ppm.not_halted = true;
    ppm_begin(m);
    all = KeSetSystemAffinityThreadEx(1);
    ppm_sleep(WDMSIM_S);
    ppm.log[0] = 0;
    ppm_sleep(WDMSIM_S);
    assert_null(strstr(ppm.log, "X2/0 "));
    assert_non_null(strstr(ppm.log, "X2/- "));
    KeRevertToUserAffinityThreadEx(all);
}

static void strange(PPEP_PPM_QUERY_PLATFORM_STATE query) {
    usual(query);
    query->State.InitiatingState = 7;
}

static void dependencies_that_cannot_be_are_a_bug_check(struct machine *m) {
    fresh();
    ppm.platform = strange;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x703, 1, -1, 0);
    ppm_begin(m);
}

static bool cst_seen;
static bool update(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    (void)handle;
    if (id == PEP_NOTIFY_PPM_CST_STATES) {
        PPEP_PPM_CST_STATES cst = data;
        assert_int_equal(cst->Count, 1);
        assert_int_equal(cst->IdleStates[0].Type, 1);
        cst_seen = true;
        return (*answer = TRUE);
    }
    if (id == PEP_NOTIFY_PPM_UPDATE_PLATFORM_STATE) {
        usual(data);
        ((PPEP_PPM_QUERY_PLATFORM_STATE)data)->State.Latency = 777;
        return (*answer = TRUE);
    }
    return false;
}

static void a_notify_on_a_processor_updates_the_platform(struct machine *m) {
    struct wdmsim_idle_state states[1];
    fresh();
    ppm.first = update;
    ppm_begin(m);
    cst_seen = false;
    assert_int_equal(wdmsim_pep_processor_notify(m, 0, 0x81), 0);
    assert_true(cst_seen);
    wdmsim_pep_platform_states(m, states, 1);
    assert_int_equal(states[0].latency, 777);
    assert_int_equal(wdmsim_pep_processor_notify(m, 0, 0x80), WDMSIM_ERROR_INVALID);
}

static bool residency(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_PPM_PLATFORM_STATE_RESIDENCIES query = data;
    (void)handle;
    if (id != PEP_NOTIFY_PPM_QUERY_PLATFORM_STATE_RESIDENCIES)
        return false;
    assert_int_equal(query->Count, 1);
    query->States[0].Residency = 123;
    query->States[0].TransitionCount = 4;
    return (*answer = TRUE);
}

static void the_plugins_own_residencies_can_be_read(struct machine *m) {
    uint64_t time = 0, count = 0;
    fresh();
    ppm.first = residency;
    ppm_begin(m);
    assert_int_equal(wdmsim_pep_platform_residency(m, &time, &count, 1), 0);
    assert_int_equal(time, 123);
    assert_int_equal(count, 4);
}

/* ---- coordinated states: 0 is a cluster of processor 0, 1 the platform ---- */

static void two_states(PPEP_PPM_QUERY_COORDINATED_STATES query) {
    assert_int_equal(query->Count, 2);
    for (ULONG i = 0; i < 2; i++) {
        query->States[i].DependencyCount = i ? 2 : 1;
        query->States[i].MaximumDependencySize = 2;
        query->States[i].BreakEvenDuration = 1000000 * (i + 1);
    }
}

static void two_dependencies(PPEP_PPM_QUERY_COORDINATED_DEPENDENCY query) {
    query->DependencySizeUsed = 1;
    query->Options[0].InitiatingState = query->Options[0].DependentState = TRUE;
    if (query->StateIndex && !query->DependencyIndex) {
        query->TargetProcessor = NULL; /* on the cluster */
        query->Options[0].ExpectedStateIndex = 0;
        return;
    }
    query->TargetProcessor = ppm.handles[query->StateIndex ? 1 : 0];
    query->Options[0].LooseDependency = TRUE;
    query->Options[0].ExpectedStateIndex = 2;
}

static void fresh_coordinated(void) {
    fresh();
    ppm.platform_count = 2;
    ppm.coordinated = true;
    ppm.states_of = two_states;
    ppm.dependency = two_dependencies;
}

static void coordinated_states_are_entered_together(struct machine *m) {
    struct wdmsim_idle_state states[2];
    KAFFINITY all;
    fresh_coordinated();
    ppm_begin(m);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_QUERY_PLATFORM_STATE], 0);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_QUERY_COORDINATED_DEPENDENCY], 3);
    all = KeSetSystemAffinityThreadEx(1);
    ppm_sleep(WDMSIM_S);
    ppm.log[0] = 0;
    ppm_sleep(WDMSIM_S);
    assert_int_equal(strncmp(ppm.log, "T2/1 X2/1 ", 10), 0);
    assert_int_equal(ppm.coordinated_told, 2);
    assert_int_equal(ppm.first_told, 0);
    ppm.log[0] = 0;
    ppm_sleep(150 * WDMSIM_MS); /* only the cluster pays off */
    assert_int_equal(strncmp(ppm.log, "T2/- X2/- ", 10), 0);
    assert_int_equal(ppm.coordinated_told, 1);
    wdmsim_pep_platform_states(m, states, 2);
    assert_true(states[0].count > states[1].count);
    KeRevertToUserAffinityThreadEx(all);
}

static void upward(PPEP_PPM_QUERY_COORDINATED_DEPENDENCY query) {
    two_dependencies(query);
    if (!query->TargetProcessor)
        query->Options[0].ExpectedStateIndex = 1; /* itself */
}

static void a_coordinated_state_depends_on_lighter_ones_only(struct machine *m) {
    fresh_coordinated();
    ppm.dependency = upward;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x706, PEP_NOTIFY_PPM_QUERY_COORDINATED_DEPENDENCY, -1, 1);
    ppm_begin(m);
}

/* ---- devices ---- */

static DEVICE_POWER_STATE d_wanted[2];
static ULONG f_wanted[2];
static bool automatic, debugger_in[2];

static bool constrain(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_DEVICE_PLATFORM_CONSTRAINTS d = data;
    PPEP_COMPONENT_PLATFORM_CONSTRAINTS f = data;
    PPEP_DEBUGGER_TRANSITION_REQUIREMENTS debugger = data;
    if (id >= PEP_DPM_DEVICE_IDLE_CONSTRAINTS && id <= PEP_DPM_COMPONENT_IDLE_CONSTRAINTS)
        assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    switch (id) {
    case PEP_DPM_DEVICE_IDLE_CONSTRAINTS:
        for (ULONG i = 0; i < d->PlatformStateCount; i++)
            d->MinimumDStates[i] = d_wanted[i];
        return (*answer = TRUE);
    case PEP_DPM_COMPONENT_IDLE_CONSTRAINTS:
        for (ULONG i = 0; i < f->PlatformStateCount; i++)
            f->MinimumFStates[i] = f_wanted[i];
        return (*answer = TRUE);
    case PEP_DPM_QUERY_DEBUGGER_TRANSITION_REQUIREMENTS:
        for (ULONG i = 0; automatic && i < debugger->PlatformStateCount; i++)
            debugger->PowerTransitionRequired[i] = debugger_in[i];
        *answer = automatic;
        return true;
    case PEP_DPM_REGISTER_DEBUGGER:
        return (*answer = TRUE);
    default:
        return ppm_register(handle, id, data, answer);
    }
}

static void add_device(struct machine *m, ULONG states, bool has_power) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, states);
    if (!has_power) {
        d.device.DevicePowerNotRequiredCallback = NULL;
        d.device.DevicePowerRequiredCallback = NULL;
    }
    fx_register(&fx, &d);
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_settle(m);
}

static void begin_constrained(struct machine *m, DEVICE_POWER_STATE d, ULONG f, ULONG states) {
    fresh();
    d_wanted[0] = d_wanted[1] = d;
    f_wanted[0] = f_wanted[1] = f;
    automatic = false;
    memset(debugger_in, 0, sizeof debugger_in);
    pep.dpm = constrain;
    ppm_begin(m);
    add_device(m, states, false);
    ppm.log[0] = 0;
}

static void the_platform_waits_for_a_device(struct machine *m) {
    begin_constrained(m, PowerDeviceD2, 0, 2);
    assert_int_equal(pep.dpm_count[PEP_DPM_DEVICE_IDLE_CONSTRAINTS], 1);
    assert_int_equal(pep.dpm_count[PEP_DPM_COMPONENT_IDLE_CONSTRAINTS], 1);
    ppm_sleep(WDMSIM_S);
    ppm_expect("T2/- X2/- C2/- ");
    fx_go_to(&fx, PowerDeviceD3);
    wdmsim_settle(m);
    ppm.log[0] = 0;
    ppm_sleep(WDMSIM_S);
    ppm_expect("T2/0 X2/0 C2/0 ");
}

static void the_platform_waits_for_a_component(struct machine *m) {
    begin_constrained(m, PowerDeviceD0, 2, 3);
    PoFxSetComponentLatency(fx.handle, 0, 10000); /* F1 at most */
    wdmsim_settle(m);
    ppm.log[0] = 0;
    ppm_sleep(WDMSIM_S);
    ppm_expect("T2/- X2/- C2/- ");
    PoFxSetComponentLatency(fx.handle, 0, 1000000);
    wdmsim_settle(m);
    ppm.log[0] = 0;
    ppm_sleep(WDMSIM_S);
    ppm_expect("T2/0 X2/0 C2/0 ");
}

/* PFX-106: the device must be in D3; that its component is not in F2 does not matter then. */
static void pfx_106_a_components_constraint_is_void_below_its_devices(struct machine *m) {
    begin_constrained(m, PowerDeviceD3, 2, 3);
    PoFxSetComponentLatency(fx.handle, 0, 10000);
    wdmsim_settle(m);
    assert_int_equal(fx_look(&fx, 0).state, 1);
    fx_go_to(&fx, PowerDeviceD3);
    wdmsim_settle(m);
    ppm.log[0] = 0;
    ppm_sleep(WDMSIM_S);
    ppm_expect("T2/0 X2/0 C2/0 ");
    assert_int_equal(fx_look(&fx, 0).f_constraint, 0);
    assert_int_equal(fx_look_device(&fx).d_constraint, 3);
}

static void a_device_that_was_there_before_the_platform_is_asked_too(struct machine *m) {
    fresh();
    d_wanted[0] = PowerDeviceD2;
    f_wanted[0] = 0;
    pep.dpm = constrain;
    pep_register_plugin();
    add_device(m, 2, false); /* before the worker has asked about processors, or after: once */
    wdmsim_settle(m);
    assert_int_equal(pep.dpm_count[PEP_DPM_DEVICE_IDLE_CONSTRAINTS], 1);
}

static void a_d_state_for_a_part_of_the_platform_is_a_bug_check(struct machine *m) {
    fresh_coordinated();
    pep.dpm = constrain;
    d_wanted[0] = PowerDeviceD3;
    d_wanted[1] = PowerDeviceD3;
    ppm_begin(m);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x620, -1, 0, 0);
    add_device(m, 2, false);
}

static void an_f_state_for_a_part_of_the_platform_is_a_bug_check(struct machine *m) {
    fresh_coordinated();
    pep.dpm = constrain;
    d_wanted[0] = PowerDeviceD0;
    d_wanted[1] = PowerDeviceD3;
    f_wanted[0] = 1;
    ppm_begin(m);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x621, -1, 0, 0);
    add_device(m, 2, false);
}

static void an_f_state_that_is_none_is_a_bug_check(struct machine *m) {
    fresh();
    pep.dpm = constrain;
    d_wanted[0] = PowerDeviceD0;
    f_wanted[0] = 2;
    ppm_begin(m);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x706, PEP_DPM_COMPONENT_IDLE_CONSTRAINTS, -1, 2);
    add_device(m, 2, false);
}

/* ---- the debugger ---- */

static void the_debuggers_device_is_announced_and_asked_about(struct machine *m) {
    begin_constrained(m, PowerDeviceD0, 0, 2);
    uint32_t node = fx.node;
    assert_int_equal(wdmsim_pep_debugger(m, node), 0);
    assert_int_equal(pep.dpm_count[PEP_DPM_REGISTER_DEBUGGER], 1);
    assert_int_equal(pep.dpm_count[PEP_DPM_QUERY_DEBUGGER_TRANSITION_REQUIREMENTS], 1);
    assert_int_equal(wdmsim_pep_debugger(m, node + 1), WDMSIM_ERROR_NOT_FOUND);
}

static void a_plugin_leaves_a_debugger_alone_that_the_system_powers(struct machine *m) {
    begin_constrained(m, PowerDeviceD0, 0, 2);
    automatic = true;
    assert_int_equal(wdmsim_pep_debugger(m, fx.node), 0);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x61E, 0, 0, 0);
    pep.kernel.TransitionCriticalResource(fx.handle, 0, FALSE);
}

static void the_debugger_belongs_to_the_whole_platform(struct machine *m) {
    fresh_coordinated();
    pep.dpm = constrain;
    d_wanted[0] = d_wanted[1] = PowerDeviceD0;
    f_wanted[0] = f_wanted[1] = 0;
    automatic = debugger_in[0] = true;
    ppm_begin(m);
    add_device(m, 2, false);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x61F, -1, 0, 0);
    wdmsim_pep_debugger(m, fx.node);
}

#define PPM_TWO_STOP(body)                                                                         \
    {                                                                                              \
#body, fx_judge_stop, NULL, wdmsim_fixture_teardown, (void *)&(const struct wdmsim_test) { \
            body, &ppm_two                                                                         \
        }                                                                                          \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_platform_state_is_entered_when_its_processors_rest),
        wdmsim_unit_test(pfx_108_a_vetoed_platform_state_is_not_entered),
        wdmsim_unit_test(a_platform_state_can_be_updated),
        wdmsim_unit_test_on(the_last_processor_takes_the_platform_down, &ppm_two),
        wdmsim_unit_test_on(a_processor_that_is_not_halted_keeps_the_platform_up, &ppm_two),
        fx_unit_test(dependencies_that_cannot_be_are_a_bug_check),
        wdmsim_unit_test(a_notify_on_a_processor_updates_the_platform),
        wdmsim_unit_test(the_plugins_own_residencies_can_be_read),
        wdmsim_unit_test_on(coordinated_states_are_entered_together, &ppm_two),
        PPM_TWO_STOP(a_coordinated_state_depends_on_lighter_ones_only),
        wdmsim_unit_test(the_platform_waits_for_a_device),
        wdmsim_unit_test(the_platform_waits_for_a_component),
        wdmsim_unit_test(pfx_106_a_components_constraint_is_void_below_its_devices),
        wdmsim_unit_test(a_device_that_was_there_before_the_platform_is_asked_too),
        PPM_TWO_STOP(a_d_state_for_a_part_of_the_platform_is_a_bug_check),
        PPM_TWO_STOP(an_f_state_for_a_part_of_the_platform_is_a_bug_check),
        fx_unit_test(an_f_state_that_is_none_is_a_bug_check),
        wdmsim_unit_test(the_debuggers_device_is_announced_and_asked_about),
        fx_unit_test(a_plugin_leaves_a_debugger_alone_that_the_system_powers),
        PPM_TWO_STOP(the_debugger_belongs_to_the_whole_platform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
