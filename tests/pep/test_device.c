/*
 * A device's life as its plug-in sees it.
 */
#include "pep_test.h"

/* PFX-090, with the manager played by the test: PREPARE when the stack is built, ABANDON when it is
 * gone. */
static void pfx_090_prepare_comes_first_and_abandon_last(struct machine *m) {
    (void)m;
    pep_begin_registered(1, 1);
    fx_expect_now("PREPARE REGISTER ");
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_settle(m);
    fx_clear(&fx);
    PoFxUnregisterDevice(fx.handle);
    fx_expect_now("UNREGISTER ");
    pep_removed(fx.pdo);
    fx_expect_now("ABANDON ");
}

/* A device that never registers gets both all the same. */
static void a_device_that_does_not_register_is_prepared_and_abandoned(struct machine *m) {
    (void)m;
    pep_fresh();
    pep_register_plugin();
    fx_fresh(&fx, NULL);
    pep_added(fx.pdo);
    pep_added(fx.pdo); /* started again after a rebalance: not a second time */
    pep_removed(fx.pdo);
    fx_expect_now("PREPARE ABANDON ");
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
    pep_removed(fx.pdo);
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
    assert_int_equal(reg->DeviceId->Length, 2 * strlen("TEST\\DEVICE\\0"));
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
    pep_added(fx.pdo);
    struct fx_description d = fx_describe(&fx, 2, 3);
    fx_register(&fx, &d);
    assert_ptr_equal(pep.device, fx.handle);
}

static void a_device_nobody_claims_is_not_shown_to_plugins(struct machine *m) {
    pep_fresh();
    pep.declines = true;
    pep_register_plugin();
    fx_fresh(&fx, NULL);
    pep_added(fx.pdo);
    struct fx_description d = fx_describe(&fx, 1, 2);
    fx_start_device(&fx, &d);
    fx_expect("PREPARE I0 S0:1 DPNR ");
    PoFxUnregisterDevice(fx.handle);
    pep_removed(fx.pdo);
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
    pep_added(fx.pdo);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_register(&fx, &d);
    fx_expect_now("PREPARE ");
    assert_int_equal(second.prepared, 1);
    assert_int_equal(second.registered, 1);
}

static void a_registration_outlives_the_stack_till_the_driver_ends_it(struct machine *m) {
    (void)m;
    pep_begin(1, 1);
    pep_removed(fx.pdo);
    fx_expect_now("");
    PoFxUnregisterDevice(fx.handle);
    fx_expect_now("UNREGISTER ABANDON ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pfx_090_prepare_comes_first_and_abandon_last),
        wdmsim_unit_test(a_device_that_does_not_register_is_prepared_and_abandoned),
        wdmsim_unit_test(pfx_091_register_begins_and_unregister_ends_the_handles_life),
        wdmsim_unit_test(pfx_013_start_tells_the_plugin_once),
        wdmsim_unit_test(registration_shows_the_components),
        wdmsim_unit_test(a_device_nobody_claims_is_not_shown_to_plugins),
        wdmsim_unit_test(plugins_are_asked_in_turn_and_the_first_that_accepts_owns_the_device),
        wdmsim_unit_test(a_registration_outlives_the_stack_till_the_driver_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
