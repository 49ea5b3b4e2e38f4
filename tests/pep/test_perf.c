/*
 * Performance states of components: who describes them, who changes them.
 */
#include "pep_test.h"

static struct {
    bool none, bad_order, bad_present, later, denies;
    ULONG names, states, sets, requests, queries;
    ULONGLONG frequency;
    ULONG present;
} perf;

static bool answer_perf(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_QUERY_COMPONENT_PERF_CAPABILITIES capabilities = data;
    PPEP_QUERY_COMPONENT_PERF_SET set = data;
    PPEP_QUERY_COMPONENT_PERF_SET_NAME name = data;
    PPEP_QUERY_COMPONENT_PERF_STATES states = data;
    PPEP_REGISTER_COMPONENT_PERF_STATES reg = data;
    PPEP_REQUEST_COMPONENT_PERF_STATE request = data;
    PPEP_QUERY_CURRENT_COMPONENT_PERF_STATE current = data;
    (void)handle;
    *answer = TRUE;
    switch (id) {
    case PEP_DPM_QUERY_COMPONENT_PERF_CAPABILITIES:
        capabilities->SetCount = perf.none ? 0 : 2;
        return true;
    case PEP_DPM_QUERY_COMPONENT_PERF_SET:
        perf.sets++;
        set->Unit = set->Set ? PepPerfStateUnitBandwidth : PepPerfStateUnitFrequency;
        set->Type = set->Set ? PepPerfStateTypeDiscrete : PepPerfStateTypeRange;
        if (set->Set) {
            set->Discrete.Count = 3;
        } else {
            set->Range.Minimum = 100;
            set->Range.Maximum = 900;
        }
        return true;
    case PEP_DPM_QUERY_COMPONENT_PERF_SET_NAME:
        perf.names++;
        name->NameSize = 5 * sizeof(WCHAR);
        if (name->Name)
            memcpy(name->Name, name->Set ? L"band" : L"freq", 5 * sizeof(WCHAR));
        return true;
    case PEP_DPM_QUERY_COMPONENT_PERF_STATES:
        perf.states++;
        for (ULONG i = 0; i < 3; i++)
            states->States[i].Value = perf.bad_order ? 10 - i : 10 + i;
        return true;
    case PEP_DPM_REGISTER_COMPONENT_PERF_STATES:
        fx_log(&fx, reg->PerfStateInfo ? "REG(driver) " : "REG(own) ");
        return true;
    case PEP_DPM_REQUEST_COMPONENT_PERF_STATE:
        perf.requests++;
        assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
        request->Completed = !perf.later;
        request->Succeeded = !perf.denies;
        return true;
    case PEP_DPM_QUERY_CURRENT_COMPONENT_PERF_STATE:
        perf.queries++;
        if (current->Set)
            current->StateIndex = perf.bad_present ? 3 : perf.present;
        else
            current->StateValue = perf.frequency;
        return true;
    default:
        return false;
    }
}

static ULONG called;
static BOOLEAN succeeded;
static PVOID request_context;
static VOID perf_done(PVOID context, ULONG component, BOOLEAN success, PVOID request) {
    assert_ptr_equal(context, &fx);
    assert_int_equal(component, 0);
    called++;
    succeeded = success;
    request_context = request;
}

static void begin(void) {
    memset(&perf, 0, sizeof perf);
    perf.frequency = 400;
    called = 0;
    pep_begin_on(1, 2);
    pep.dpm = answer_perf;
}

static PPO_FX_COMPONENT_PERF_INFO register_own(ULONGLONG flags) {
    PPO_FX_COMPONENT_PERF_INFO info = NULL;
    assert_int_equal(PoFxRegisterComponentPerfStates(fx.handle, 0, flags, perf_done, NULL, &info),
                     STATUS_SUCCESS);
    return info;
}

static void the_plugin_describes_its_sets_piece_by_piece(struct machine *m) {
    (void)m;
    begin();
    PPO_FX_COMPONENT_PERF_INFO info = register_own(0);
    fx_expect_now("REG(own) ");
    assert_int_equal(perf.sets, 2);
    assert_int_equal(perf.names, 4); /* the size, then the text */
    assert_int_equal(perf.states, 1);
    assert_int_equal(info->PerfStateSetsCount, 2);
    assert_int_equal(info->PerfStateSets[0].Type, PoFxPerfStateTypeRange);
    assert_int_equal(info->PerfStateSets[0].Range.Maximum, 900);
    assert_int_equal(info->PerfStateSets[1].Discrete.Count, 3);
    assert_int_equal(info->PerfStateSets[1].Discrete.States[2].Value, 12);
    assert_int_equal(info->PerfStateSets[1].Unit, PoFxPerfStateUnitBandwidth);
    assert_int_equal(info->PerfStateSets[1].Name.Length, 8);
    assert_int_equal(info->PerfStateSets[1].Name.Buffer[0], 'b');
}

static PO_FX_PERF_STATE driver_states[] = {{1, NULL}, {2, NULL}};
static PO_FX_COMPONENT_PERF_INFO driver_info = {
    .PerfStateSetsCount = 1,
    .PerfStateSets = {
        {.Type = PoFxPerfStateTypeDiscrete, .Discrete = {.Count = 2, .States = driver_states}}}};

static void the_driver_describes_and_the_plugin_is_shown(struct machine *m) {
    (void)m;
    begin();
    assert_int_equal(
        PoFxRegisterComponentPerfStates(fx.handle, 0, 0, perf_done, &driver_info, NULL),
        STATUS_SUCCESS);
    fx_expect_now("REG(driver) ");
    assert_int_equal(perf.sets, 0);
}

static void a_plugin_without_sets_does_not_implement_them(struct machine *m) {
    PPO_FX_COMPONENT_PERF_INFO info;
    (void)m;
    begin();
    perf.none = true;
    assert_int_equal(PoFxRegisterComponentPerfStates(fx.handle, 0, 0, perf_done, NULL, &info),
                     STATUS_NOT_IMPLEMENTED);
}

static void a_description_that_cannot_be_is_a_bug_check(struct machine *m) {
    (void)m;
    begin();
    perf.bad_order = true;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x61A, (int64_t)(ULONG_PTR)pep.kernel.Plugin,
                   (int64_t)(ULONG_PTR)fx.handle, 0);
    register_own(0);
}

static void a_change_is_the_plugins_to_grant(struct machine *m) {
    PO_FX_PERF_STATE_CHANGE change = {.Set = 1, .StateIndex = 2};
    (void)m;
    begin();
    register_own(0);
    PoFxIssueComponentPerfStateChange(fx.handle, PO_FX_FLAG_BLOCKING, 0, &change, &change);
    assert_int_equal(called, 1);
    assert_true(succeeded);
    assert_ptr_equal(request_context, &change);
    assert_int_equal(perf.requests, 1);
}

/* What the framework remembers: above PASSIVE_LEVEL the plug-in is not asked. */
static void expect_recorded(ULONGLONG frequency, ULONGLONG band) {
    ULONGLONG current[2];
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (ULONG set = 0; set < 2; set++)
        assert_int_equal(PoFxQueryCurrentComponentPerfState(fx.handle, 0, 0, set, &current[set]),
                         STATUS_SUCCESS);
    KeLowerIrql(irql);
    assert_int_equal(current[0], frequency);
    assert_int_equal(current[1], band);
}

/* PFX-078 */
static void pfx_078_a_denial_changes_nothing(struct machine *m) {
    PO_FX_PERF_STATE_CHANGE changes[] = {{.Set = 0, .StateValue = 800},
                                         {.Set = 1, .StateIndex = 1}};
    (void)m;
    begin();
    register_own(0);
    PoFxIssueComponentPerfStateChangeMultiple(fx.handle, PO_FX_FLAG_BLOCKING, 0, 2, changes, NULL);
    assert_true(succeeded);
    expect_recorded(800, 1);
    perf.denies = true;
    changes[0].StateValue = 300;
    changes[1].StateIndex = 2;
    PoFxIssueComponentPerfStateChangeMultiple(fx.handle, PO_FX_FLAG_BLOCKING, 0, 2, changes, NULL);
    assert_int_equal(called, 2);
    assert_false(succeeded);
    expect_recorded(800, 1);
}

static void a_request_can_be_completed_later_by_work(struct machine *m) {
    PO_FX_PERF_STATE_CHANGE change = {.Set = 0, .StateValue = 500};
    begin();
    register_own(0);
    perf.later = true;
    PoFxIssueComponentPerfStateChange(fx.handle, 0, 0, &change, &change);
    wdmsim_advance(m, WDMSIM_S);
    assert_int_equal(called, 0);
    pep.work.CompletePerfState.DeviceHandle = pep.device;
    pep.work.CompletePerfState.Succeeded = TRUE;
    pep_work(PepWorkCompletePerfState);
    assert_int_equal(called, 1);
    assert_true(succeeded);
    assert_ptr_equal(request_context, &change);
}

static void pfx_078_a_denial_by_work_changes_nothing(struct machine *m) {
    PO_FX_PERF_STATE_CHANGE change = {.Set = 0, .StateValue = 500};
    (void)m;
    begin();
    register_own(0);
    perf.later = true;
    PoFxIssueComponentPerfStateChange(fx.handle, 0, 0, &change, &change);
    pep.work.CompletePerfState.DeviceHandle = pep.device;
    pep.work.CompletePerfState.Succeeded = FALSE;
    pep_work(PepWorkCompletePerfState);
    assert_int_equal(called, 1);
    assert_false(succeeded);
    assert_ptr_equal(request_context, &change);
    expect_recorded(100, 0); /* where they begin */
}

/* PFX-081 */
static void pfx_081_the_plugin_is_asked_each_time_f0_is_reached(struct machine *m) {
    begin();
    register_own(PO_FX_FLAG_PERF_QUERY_ON_F0);
    perf.queries = 0;
    for (ULONG i = 1; i <= 3; i++) {
        PoFxActivateComponent(fx.handle, 0, 0);
        wdmsim_settle(m);
        assert_int_equal(perf.queries, 2 * i); /* two sets */
        PoFxIdleComponent(fx.handle, 0, 0);
        wdmsim_settle(m);
        assert_int_equal(perf.queries, 2 * i);
    }
}

static void a_present_state_outside_its_set_is_a_bug_check(struct machine *m) {
    ULONGLONG current;
    (void)m;
    begin();
    register_own(0);
    perf.bad_present = true;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x61A, (int64_t)(ULONG_PTR)pep.kernel.Plugin,
                   (int64_t)(ULONG_PTR)fx.handle, 0);
    PoFxQueryCurrentComponentPerfState(fx.handle, 0, 0, 1, &current);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_plugin_describes_its_sets_piece_by_piece),
        wdmsim_unit_test(the_driver_describes_and_the_plugin_is_shown),
        wdmsim_unit_test(a_plugin_without_sets_does_not_implement_them),
        fx_unit_test(a_description_that_cannot_be_is_a_bug_check),
        wdmsim_unit_test(a_change_is_the_plugins_to_grant),
        wdmsim_unit_test(pfx_078_a_denial_changes_nothing),
        wdmsim_unit_test(a_request_can_be_completed_later_by_work),
        wdmsim_unit_test(pfx_078_a_denial_by_work_changes_nothing),
        wdmsim_unit_test(pfx_081_the_plugin_is_asked_each_time_f0_is_reached),
        fx_unit_test(a_present_state_outside_its_set_is_a_bug_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
