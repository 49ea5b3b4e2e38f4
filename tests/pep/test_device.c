/*
 * A device's life as its plug-in sees it.
 */
#include "pep_test.h"

/* PFX-090: PREPARE when the stack is built, ABANDON when it is gone. */
static void pfx_090_prepare_comes_first_and_abandon_last(struct machine *m) {
    (void)m;
    pep_begin_registered(1, 1);
    fx_expect_now("PREPARE REGISTER ");
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_settle(m);
    fx_clear(&fx);
    PoFxUnregisterDevice(fx.handle);
    fx_expect_now("UNREGISTER ");
    pep_unplug();
    fx_expect_now("ABANDON ");
}

/* A device that never registers gets both all the same. */
static void a_device_that_does_not_register_is_prepared_and_abandoned(struct machine *m) {
    struct wdmsim_pnp_result result;
    pep_fresh();
    pep_register_plugin();
    fx_fresh(&fx, NULL);
    /* Stopped and started again: not a second time. */
    assert_int_equal(wdmsim_pnp(m, WDMSIM_PNP_REBALANCE, fx.node, &result), 0);
    pep_unplug();
    fx_expect_now("PREPARE ABANDON ");
}

static bool handle_lives;

/* Whatever bears the device's handle: the structures of these begin with it. */
static bool watch_handle(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    (void)handle, (void)answer;
    switch (id) {
    case PEP_DPM_PREPARE_DEVICE:
    case PEP_DPM_ABANDON_DEVICE:
    case PEP_DPM_WORK:
    case PEP_DPM_SYSTEM_LATENCY_UPDATE:
        return false;
    case PEP_DPM_REGISTER_DEVICE:
        assert_false(handle_lives);
        handle_lives = true;
        return false;
    default:
        assert_true(handle_lives);
        assert_ptr_equal(*(PEPHANDLE *)data, PEP_HANDLE);
        if (id == PEP_DPM_UNREGISTER_DEVICE)
            handle_lives = false;
        return false;
    }
}

static const GUID control_code = {0x11, 2, 3, {4}};

/* Everything that a driver and the managers do to a device, before and after its registration. */
static void pfx_091_nothing_bears_the_handle_but_in_between(struct machine *m) {
    SIZE_T returned;
    handle_lives = false;
    pep_fresh();
    pep.dpm = watch_handle;
    pep_register_plugin();
    fx_fresh(&fx, NULL);
    wdmsim_pep_system_latency(m, 1000000);
    for (unsigned round = 0; round < 2; round++) {
        struct fx_description d = fx_describe(&fx, 2, 3);
        fx.power_told = false;
        memset(fx.active, true, sizeof fx.active);
        memset(fx.state, 0, sizeof fx.state);
        fx_go_to(&fx, PowerDeviceD0);
        fx_start_device(&fx, &d);
        assert_true(handle_lives);
        PoFxPowerControl(fx.handle, &control_code, NULL, 0, NULL, 0, &returned);
        PoFxActivateComponent(fx.handle, 1, 0);
        PoFxIdleComponent(fx.handle, 1, PO_FX_FLAG_ASYNC_ONLY);
        PoFxUnregisterDevice(fx.handle);
        assert_false(handle_lives);
        fx_go_to(&fx, PowerDeviceD3);
        pep.kernel.RequestWorker(pep.kernel.Plugin);
        wdmsim_advance(m, 10 * WDMSIM_S);
    }
    assert_int_equal(pep.dpm_count[PEP_DPM_REGISTER_DEVICE], 2);
    assert_true(pep.dpm_count[PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE] > 8);
    pep_unplug();
}

/* PFX-091 */
static void pfx_091_register_begins_and_unregister_ends_the_handles_life(struct machine *m) {
    pep_begin_registered(1, 2);
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_settle(m);
    PoFxActivateComponent(fx.handle, 0, 0);
    wdmsim_settle(m);
    PoFxIdleComponent(fx.handle, 0, 0);
    wdmsim_settle(m);
    const char *reg = strstr(fx.log, "REGISTER "), *step = strstr(fx.log, "pre0:");
    assert_true(reg && step && reg < step);
    PoFxUnregisterDevice(fx.handle);
    fx_clear(&fx);
    wdmsim_advance(m, 10 * WDMSIM_S);
    fx_expect_now("");
    ULONG told = 0;
    for (ULONG i = 0; i < PEP_MOST; i++)
        told += pep.dpm_count[i];
    pep_unplug();
    fx_expect_now("ABANDON ");
    for (ULONG i = 0; i < PEP_MOST; i++)
        told -= pep.dpm_count[i];
    assert_int_equal((int)told, -1);
}

/* PFX-013 */
static void pfx_013_start_tells_the_plugin_once(struct machine *m) {
    pep_begin_registered(2, 2);
    fx_clear(&fx);
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_settle(m);
    assert_int_equal(strncmp(fx.log, "STARTED I0", 10), 0);
    assert_int_equal(pep.dpm_count[PEP_DPM_DEVICE_STARTED], 1);
}

static bool look_at_registration(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_REGISTER_DEVICE reg = data;
    (void)handle, (void)answer;
    if (id != PEP_DPM_REGISTER_DEVICE)
        return false;
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(reg->DeviceId->Length, 2 * strlen("TEST\\DEVICE\\0000"));
    assert_int_equal(reg->DeviceId->Buffer[5], 'D');
    assert_int_equal(reg->Register->ComponentCount, 2);
    assert_int_equal(reg->Register->Components[1]->IdleStateCount, 3);
    assert_int_equal(reg->Register->Components[1]->DeepestWakeableIdleState, 1);
    assert_int_equal(reg->Register->Components[1]->IdleStates[2].TransitionLatency, 100000);
    assert_int_equal(reg->DeviceAccepted, PepDeviceNotAccepted);
    return false;
}

static void registration_shows_the_components(struct machine *m) {
    (void)m;
    pep_fresh();
    pep.dpm = look_at_registration;
    pep_register_plugin();
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 3);
    fx_register(&fx, &d);
    assert_ptr_equal(pep.device, fx.handle);
}

static void a_device_nobody_claims_is_not_shown_to_plugins(struct machine *m) {
    pep_fresh();
    pep.declines = true;
    pep_register_plugin();
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 2);
    fx_start_device(&fx, &d);
    fx_expect("PREPARE I0 S0:1 DPNR ");
    PoFxUnregisterDevice(fx.handle);
    pep_unplug();
    fx_expect("");
    (void)m;
}

static struct {
    PEP_INFORMATION information;
    PEP_KERNEL_INFORMATION kernel;
    bool accepts;
    ULONG prepared, registered;
} second;

static BOOLEAN second_dpm(ULONG id, PVOID data) {
    if (id == PEP_DPM_PREPARE_DEVICE) {
        second.prepared++;
        ((PPEP_PREPARE_DEVICE)data)->DeviceAccepted = second.accepts;
        return TRUE;
    }
    if (id == PEP_DPM_REGISTER_DEVICE) {
        second.registered++;
        ((PPEP_REGISTER_DEVICE)data)->DeviceAccepted = PepDeviceAccepted;
        return TRUE;
    }
    return FALSE;
}

static void
plugins_are_asked_in_turn_and_the_first_that_accepts_owns_the_device(struct machine *m) {
    (void)m;
    memset(&second, 0, sizeof second);
    pep_fresh();
    pep.declines = true;
    pep_register_plugin();
    second.accepts = true;
    second.information = pep.information;
    second.information.AcceptDeviceNotification = second_dpm;
    second.kernel.Version = PEP_KERNEL_INFORMATION_V3;
    second.kernel.Size = sizeof second.kernel;
    assert_int_equal(PoFxRegisterPlugin(&second.information, &second.kernel), STATUS_SUCCESS);
    assert_ptr_not_equal(second.kernel.Plugin, pep.kernel.Plugin);
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_register(&fx, &d);
    fx_expect_now("PREPARE ");
    assert_int_equal(second.prepared, 1);
    assert_int_equal(second.registered, 1);
}

static void a_registration_outlives_the_stack_till_the_driver_ends_it(struct machine *m) {
    (void)m;
    pep_begin(1, 1);
    pep_unplug();
    assert_null(strstr(fx.log, "ABANDON "));
    fx_clear(&fx);
    PoFxUnregisterDevice(fx.handle);
    fx_expect_now("UNREGISTER ABANDON ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pfx_090_prepare_comes_first_and_abandon_last),
        wdmsim_unit_test(a_device_that_does_not_register_is_prepared_and_abandoned),
        wdmsim_unit_test(pfx_091_register_begins_and_unregister_ends_the_handles_life),
        wdmsim_unit_test(pfx_091_nothing_bears_the_handle_but_in_between),
        wdmsim_unit_test(pfx_013_start_tells_the_plugin_once),
        wdmsim_unit_test(registration_shows_the_components),
        wdmsim_unit_test(a_device_nobody_claims_is_not_shown_to_plugins),
        wdmsim_unit_test(plugins_are_asked_in_turn_and_the_first_that_accepts_owns_the_device),
        wdmsim_unit_test(a_registration_outlives_the_stack_till_the_driver_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
