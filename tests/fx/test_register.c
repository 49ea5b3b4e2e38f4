/* PoFxRegisterDevice: what it checks, what it copies, what it refuses. */
#include "fx_test.h"

static void pfx_001_registering_needs_passive_level(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    KIRQL irql;
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    fx_try(&fx, &d);
}

static void pfx_002_a_pdo_is_needed(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx.pdo = NULL;
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
}

static void pfx_003_versions_1_to_3_are_known(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    static const ULONG bad[] = {0, 4, 0x80000000};
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    for (unsigned i = 0; i < 3; i++) {
        d.device.Version = bad[i];
        assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
    }
}

static void pfx_004_a_device_has_components(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 0, 1);
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
}

static void pfx_005_a_component_has_states(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 1);
    fx_part(&d, 1)->IdleStateCount = 0;
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
    fx_part(&d, 1)->IdleStateCount = 1;
    fx_part(&d, 1)->IdleStates = NULL;
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
}

static void pfx_006_several_states_need_the_component_callbacks(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description good = fx_describe(&fx, 2, 2), d = good;
    d.device.ComponentIdleStateCallback = NULL;
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
    d = good;
    d.device.ComponentActiveConditionCallback = NULL;
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
    d = good;
    d.device.ComponentIdleConditionCallback = NULL;
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
}

static void pfx_007_with_one_state_no_callback_is_needed(struct machine *m) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 1);
    d.device.ComponentActiveConditionCallback = NULL;
    d.device.ComponentIdleConditionCallback = NULL;
    d.device.ComponentIdleStateCallback = NULL;
    d.device.DevicePowerRequiredCallback = NULL;
    d.device.DevicePowerNotRequiredCallback = NULL;
    fx_start_device(&fx, &d);
    PoFxActivateComponent(fx.handle, 1, PO_FX_FLAG_BLOCKING);
    assert_int_equal(fx_look(&fx, 1).condition, WDMSIM_FX_ACTIVE);
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_IDLE);
    wdmsim_settle(m);
    fx_expect("");
}

static void pfx_008_a_device_registers_once(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_register(&fx, &d);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x600, (int64_t)(ULONG_PTR)fx.pdo, 0, 0);
    fx_try(&fx, &d);
}

static void pfx_009_the_description_is_copied(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PO_FX_COMPONENT_IDLE_STATE states[3];
    ULONG provider = 0;
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 3);
    memcpy(states, fx_states, sizeof states);
    fx_part(&d, 1)->IdleStates = states;
    fx_part(&d, 1)->ProviderCount = 1;
    fx_part(&d, 1)->Providers = &provider;
    fx_register(&fx, &d);
    memset(states, 0xff, sizeof states);
    memset(&d, 0xff, sizeof d);
    provider = 77;
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I1 S1:2 I0 S0:2 DPNR ");
}

static void pfx_014_the_deepest_wakeable_state_exists(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 3);
    fx_part(&d, 0)->DeepestWakeableIdleState = 3;
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
    fx_part(&d, 0)->DeepestWakeableIdleState = 2;
    fx_register(&fx, &d);
}

static void f0_costs_nothing(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    PO_FX_COMPONENT_IDLE_STATE state = {1, 0, 0};
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_part(&d, 0)->IdleStates = &state;
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
    state.TransitionLatency = 0, state.ResidencyRequirement = 1;
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
}

/* ---- providers ---- */

static NTSTATUS try_edges(ULONG components, const ULONG (*edges)[2], unsigned count) {
    static ULONG providers[FX_MAX][FX_MAX];
    struct fx_description d = fx_describe(&fx, components, 1);
    for (unsigned i = 0; i < count; i++) {
        PPO_FX_COMPONENT_V2 from = fx_part(&d, edges[i][0]);
        from->Providers = providers[edges[i][0]];
        from->Providers[from->ProviderCount++] = edges[i][1];
    }
    return fx_try(&fx, &d);
}
#define TRY(components, ...)                                                                       \
    try_edges(components, (const ULONG[][2]){__VA_ARGS__},                                         \
              sizeof((const ULONG[][2]){__VA_ARGS__}) / sizeof(ULONG[2]))

static void pfx_015_provider_cycles_are_refused(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    assert_int_equal(TRY(2, {0, 1}, {1, 0}), STATUS_INVALID_PARAMETER);
    assert_int_equal(TRY(3, {0, 1}, {1, 2}, {2, 0}), STATUS_INVALID_PARAMETER);
    assert_int_equal(TRY(2, {0, 0}), STATUS_INVALID_PARAMETER);
}

static void pfx_016_an_edge_is_named_once(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    assert_int_equal(TRY(3, {0, 1}, {0, 1}), STATUS_INVALID_PARAMETER);
    assert_int_equal(TRY(3, {0, 1}, {0, 2}), STATUS_SUCCESS);
}

static void pfx_017_chains_have_four_components(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    assert_int_equal(TRY(6, {0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}), STATUS_INVALID_PARAMETER);
    assert_int_equal(TRY(5, {0, 1}, {1, 2}, {2, 3}, {3, 4}), STATUS_INVALID_PARAMETER);
    assert_int_equal(TRY(6, {0, 1}, {1, 2}, {2, 3}, {4, 5}), STATUS_SUCCESS);
}

static void pfx_018_providers_are_components(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    assert_int_equal(TRY(2, {0, 2}), STATUS_INVALID_PARAMETER);
    assert_int_equal(TRY(2, {0, 0xffffffff}), STATUS_INVALID_PARAMETER);
}

/* ---- versions, flags, nodes ---- */

static void version_1_works(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct {
        PO_FX_DEVICE_V1 device;
        PO_FX_COMPONENT_V1 second;
    } d = {.device = {.Version = PO_FX_VERSION_V1,
                      .ComponentCount = 2,
                      .ComponentActiveConditionCallback = fx_active,
                      .ComponentIdleConditionCallback = fx_idle,
                      .ComponentIdleStateCallback = fx_state,
                      .DevicePowerRequiredCallback = fx_dpr,
                      .DevicePowerNotRequiredCallback = fx_dpnr,
                      .DeviceContext = &fx,
                      .Components = {{.IdleStateCount = 2, .IdleStates = fx_states}}},
           .second = {.IdleStateCount = 3, .IdleStates = fx_states}};
    assert_int_equal(PoFxRegisterDevice(fx.pdo, (PPO_FX_DEVICE)(void *)&d.device, &fx.handle),
                     STATUS_SUCCESS);
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I0 S0:1 I1 S1:2 DPNR ");
    assert_int_equal(fx_look_device(&fx).version, 1);
}

static void version_2_works_and_has_no_flags(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    PO_FX_DEVICE_V2 d = {.Version = PO_FX_VERSION_V2,
                         .Flags = 2,
                         .ComponentActiveConditionCallback = fx_active,
                         .ComponentIdleConditionCallback = fx_idle,
                         .ComponentIdleStateCallback = fx_state,
                         .DeviceContext = &fx,
                         .ComponentCount = 1,
                         .Components = {{.IdleStateCount = 2, .IdleStates = fx_states}}};
    assert_int_equal(PoFxRegisterDevice(fx.pdo, (PPO_FX_DEVICE)(void *)&d, &fx.handle),
                     STATUS_INVALID_PARAMETER);
    d.Flags = 0;
    assert_int_equal(PoFxRegisterDevice(fx.pdo, (PPO_FX_DEVICE)(void *)&d, &fx.handle),
                     STATUS_SUCCESS);
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I0 S0:1 ");
}

static void fast_resume_is_enabled_or_disabled(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    d.device.Flags = PO_FX_DEVICE_FLAG_ENABLE_FAST_RESUME | PO_FX_DEVICE_FLAG_DISABLE_FAST_RESUME;
    assert_int_equal(fx_try(&fx, &d), STATUS_INVALID_PARAMETER);
    d.device.Flags = PO_FX_DEVICE_FLAG_ENABLE_FAST_RESUME;
    fx_register(&fx, &d);
}

static NTSTATUS early;

static void register_early(PDEVICE_OBJECT pdo) {
    struct fx_test other = {.pdo = pdo};
    struct fx_description d = fx_describe(&other, 1, 1);
    early = fx_try(&other, &d);
}

static void a_device_that_is_not_starting_is_not_ready(struct machine *m) {
    struct wdmsim_pnp_result result;
    struct fx_test other = {0};
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    /* It has no more than been added. */
    early = STATUS_SUCCESS;
    fx_on_add = register_early;
    fx_plug(NULL);
    assert_int_equal(early, STATUS_DEVICE_NOT_READY);
    /* It is no physical device. */
    other.pdo = fx.pdo->AttachedDevice;
    assert_int_equal(fx_try(&other, &d), STATUS_DEVICE_NOT_READY);
    /* It was removed. */
    other.pdo = fx.pdo;
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_REMOVE, fx.node, &result), 0);
    assert_int_equal(fx_try(&other, &d), STATUS_DEVICE_NOT_READY);
}

static unsigned fail_pool(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    unsigned *left = context;
    UNREFERENCED_PARAMETER(n);
    return kind == WDMSIM_CHOICE_POOL && *left && !--*left;
}

static void without_memory_nothing_is_registered(struct machine *m) {
    unsigned left = 0;
    NTSTATUS status;
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 3);
    wdmsim_set_chooser(m, fail_pool, &left);
    unsigned failures = 0;
    do {
        left = failures + 1;
        status = fx_try(&fx, &d);
        failures += !NT_SUCCESS(status);
        assert_true(NT_SUCCESS(status) || status == STATUS_INSUFFICIENT_RESOURCES);
    } while (!NT_SUCCESS(status) && failures < 100);
    left = 0;
    assert_true(failures > 3 && failures < 100);
}

int main(void) {
    static const struct wdmsim_config failing = {.processors = 1,
                                                 .strategy = WDMSIM_STRATEGY_ASK,
                                                 .flags = WDMSIM_CHECK_RULES | WDMSIM_FAIL_POOL};
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_001_registering_needs_passive_level),
        fx_unit_test(pfx_002_a_pdo_is_needed),
        fx_unit_test(pfx_003_versions_1_to_3_are_known),
        fx_unit_test(pfx_004_a_device_has_components),
        fx_unit_test(pfx_005_a_component_has_states),
        fx_unit_test(pfx_006_several_states_need_the_component_callbacks),
        fx_unit_test(pfx_007_with_one_state_no_callback_is_needed),
        fx_unit_test(pfx_008_a_device_registers_once),
        fx_unit_test(pfx_009_the_description_is_copied),
        fx_unit_test(pfx_014_the_deepest_wakeable_state_exists),
        fx_unit_test(f0_costs_nothing),
        fx_unit_test(pfx_015_provider_cycles_are_refused),
        fx_unit_test(pfx_016_an_edge_is_named_once),
        fx_unit_test(pfx_017_chains_have_four_components),
        fx_unit_test(pfx_018_providers_are_components),
        fx_unit_test(version_1_works),
        fx_unit_test(version_2_works_and_has_no_flags),
        fx_unit_test(fast_resume_is_enabled_or_disabled),
        fx_unit_test(a_device_that_is_not_starting_is_not_ready),
        wdmsim_unit_test_on(without_memory_nothing_is_registered, &failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
