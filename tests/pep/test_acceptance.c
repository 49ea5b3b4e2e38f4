/*
 * What a plug-in must not answer, and must not touch.
 */
#include "pep_test.h"

static int acceptance;

/* The bug check's parameters are the plug-in and what it was shown. */
static bool accept_as(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_REGISTER_DEVICE reg = data;
    (void)handle;
    if (id != PEP_DPM_REGISTER_DEVICE)
        return false;
    reg->DeviceAccepted = (PEP_DEVICE_ACCEPTANCE_TYPE)acceptance;
    fx_stop.p[1] = (int64_t)(ULONG_PTR)pep.kernel.Plugin;
    fx_stop.p[2] = (int64_t)(ULONG_PTR)reg->DeviceId;
    fx_stop.p[3] = (int64_t)(ULONG_PTR)reg->Register;
    *answer = TRUE;
    return true;
}

static NTSTATUS register_device(pep_test_fn *hook) {
    pep_fresh();
    pep.dpm = hook;
    pep_register_plugin();
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 2);
    return fx_try(&fx, &d);
}

/* PFX-105 */
static void pfx_105_a_bad_acceptance_is_a_bug_check(struct machine *m) {
    (void)m;
    acceptance = PepDeviceAcceptedReserved;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x617, 0, 0, 0);
    register_device(accept_as);
}

static void pfx_105_and_so_is_one_that_there_is_not(struct machine *m) {
    (void)m;
    acceptance = PepDeviceAccepted + 1;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x617, 0, 0, 0);
    register_device(accept_as);
}

static void an_owner_may_decline_the_registration(struct machine *m) {
    acceptance = PepDeviceNotAccepted;
    assert_int_equal(register_device(accept_as), STATUS_SUCCESS);
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_settle(m);
    assert_int_equal(pep.dpm_count[PEP_DPM_DEVICE_STARTED], 0);
    assert_int_equal(pep.dpm_count[PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE], 0);
}

static bool alter(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    (void)handle, (void)answer;
    if (id == PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE)
        ((PPEP_NOTIFY_COMPONENT_IDLE_STATE)data)->IdleState = 0;
    return false;
}

static void altering_an_input_field_is_a_bug_check(struct machine *m) {
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x705, (int64_t)(ULONG_PTR)PEP_HANDLE,
                   PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE, -1);
    assert_int_equal(register_device(alter), STATUS_SUCCESS);
    PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_settle(m);
}

static bool raise(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    KIRQL irql;
    (void)handle, (void)data, (void)answer;
    if (id == PEP_DPM_DEVICE_STARTED)
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
    return false;
}

static void returning_at_another_level_is_a_bug_check(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(IRQL_UNEXPECTED_VALUE);
    assert_int_equal(register_device(raise), STATUS_SUCCESS);
    PoFxStartDevicePowerManagement(fx.handle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_105_a_bad_acceptance_is_a_bug_check),
        fx_unit_test(pfx_105_and_so_is_one_that_there_is_not),
        wdmsim_unit_test(an_owner_may_decline_the_registration),
        fx_unit_test(altering_an_input_field_is_a_bug_check),
        wdmsim_unit_test(returning_at_another_level_is_a_bug_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
