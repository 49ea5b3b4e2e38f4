/*
 * F steps: the plug-in is told before the driver and after it, and may take its time.
 */
#include "pep_test.h"

/* PFX-092 */
static void pfx_092_the_plugin_is_told_before_and_after_the_driver(struct machine *m) {
    (void)m;
    pep_begin_on(1, 2);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("pre0:0 S0:0 post0:0 A0 ");
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("I0 pre0:1 S0:1 post0:1 ");
}

static void a_step_of_two_is_two_steps_for_the_plugin(struct machine *m) {
    (void)m;
    pep_begin_on(1, 3);
    PoFxSetComponentLatency(fx.handle, 0, 10000);
    fx_expect("pre0:0 S0:0 post0:0 pre0:1 S0:1 post0:1 ");
}

/* PFX-093 */
static void pfx_093_an_incomplete_pre_notification_holds_the_driver_back(struct machine *m) {
    pep_begin_on(1, 2);
    pep.hold_pre = true;
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    fx_expect("pre0:0 ");
    wdmsim_advance(m, WDMSIM_S);
    fx_expect_now("");
    pep.work.CompleteIdleState.DeviceHandle = pep.device;
    pep.work.CompleteIdleState.Component = 0;
    pep_work(PepWorkCompleteIdleState);
    fx_expect_now("S0:0 post0:0 A0 ");
}

static void an_incomplete_post_notification_holds_the_step_back(struct machine *m) {
    (void)m;
    pep_begin_on(1, 2);
    pep.hold_post = true;
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    fx_expect("pre0:0 S0:0 post0:0 ");
    assert_int_equal(fx_look(&fx, 0).state, 1);
    pep.work.CompleteIdleState.DeviceHandle = pep.device;
    pep_work(PepWorkCompleteIdleState);
    fx_expect_now("A0 ");
    assert_int_equal(fx_look(&fx, 0).state, 0);
}

/* PFX-094 */
static void pfx_094_refusing_a_step_is_a_bug_check(struct machine *m) {
    (void)m;
    pep_begin_on(1, 2);
    pep.refused[PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE] = true;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x605, PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE,
                   (int64_t)(ULONG_PTR)pep.kernel.Plugin, 0);
    PoFxActivateComponent(fx.handle, 0, 0);
    wdmsim_settle(m);
}

static bool refuse_after_the_driver(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    (void)handle;
    *answer = FALSE;
    return id == PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE &&
           ((PPEP_NOTIFY_COMPONENT_IDLE_STATE)data)->DriverNotified;
}

static void pfx_094_and_so_it_is_after_the_driver(struct machine *m) {
    pep_begin_on(1, 2);
    pep.dpm = refuse_after_the_driver;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x605, PEP_DPM_NOTIFY_COMPONENT_IDLE_STATE,
                   (int64_t)(ULONG_PTR)pep.kernel.Plugin, 0);
    PoFxActivateComponent(fx.handle, 0, 0);
    wdmsim_settle(m);
}

static void the_deprecated_notification_of_activity_is_never_sent(struct machine *m) {
    pep_begin(2, 3);
    for (unsigned i = 0; i < 3; i++) {
        PoFxActivateComponent(fx.handle, 1, 0);
        wdmsim_settle(m);
        PoFxIdleComponent(fx.handle, 1, 0);
        wdmsim_settle(m);
    }
    assert_int_equal(pep.dpm_count[PEP_DPM_COMPONENT_ACTIVE], 0);
    assert_int_equal(pep.dpm_count[PEP_DPM_LOW_POWER_EPOCH], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pfx_092_the_plugin_is_told_before_and_after_the_driver),
        wdmsim_unit_test(a_step_of_two_is_two_steps_for_the_plugin),
        wdmsim_unit_test(pfx_093_an_incomplete_pre_notification_holds_the_driver_back),
        wdmsim_unit_test(an_incomplete_post_notification_holds_the_step_back),
        fx_unit_test(pfx_094_refusing_a_step_is_a_bug_check),
        fx_unit_test(pfx_094_and_so_it_is_after_the_driver),
        wdmsim_unit_test(the_deprecated_notification_of_activity_is_never_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
