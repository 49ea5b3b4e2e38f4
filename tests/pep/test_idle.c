/*
 * Processors go idle through their plug-in.
 */
#include "ppm_test.h"

static void a_processor_goes_into_the_deepest_state_that_pays_off(struct machine *m) {
    struct wdmsim_idle_state states[4];
    uint32_t present;
    ppm_fresh();
    ppm_begin(m);
    ppm_sleep(10 * WDMSIM_MS);
    ppm_expect("T1/- X1/- C1/- ");
    ppm_sleep(200 * WDMSIM_MS);
    ppm_expect("T2/- X2/- C2/- ");
    ppm_sleep(500 * WDMSIM_US);
    ppm_expect("X0/- C0/- ");
    assert_int_equal(wdmsim_pep_idle_states(m, 0, states, 4, &present), 3);
    assert_int_equal(present, ~0u);
    assert_int_equal(states[1].count, 1);
    assert_int_equal(states[1].time, 10 * WDMSIM_MS);
    assert_int_equal(states[2].time, 200 * WDMSIM_MS);
    assert_string_equal(states[2].name, "C3");
}

static void a_plugin_that_just_returns_has_the_processor_put_to_sleep(struct machine *m) {
    ppm_fresh();
    ppm.halts = false;
    ppm_begin(m);
    ppm_sleep(10 * WDMSIM_MS);
    ppm_expect("T1/- X1/- C1/- ");
    assert_int_equal(wdmsim_time(m) % (10 * WDMSIM_MS), 0);
}

static void a_c_state_is_prepared_and_entered_by_the_system(struct machine *m) {
    ppm_fresh();
    ppm.states[1].CStateType = 2;
    ppm_begin(m);
    ppm_sleep(10 * WDMSIM_MS);
    ppm_expect("T1/- P1/- C1/- ");
}

static void an_autonomous_state_needs_no_word(struct machine *m) {
    struct wdmsim_idle_state states[4];
    ppm_fresh();
    ppm.states[1].CStateType = 2;
    ppm.states[1].Autonomous = 1;
    ppm_begin(m);
    ppm_sleep(10 * WDMSIM_MS);
    ppm_expect("");
    wdmsim_pep_idle_states(m, 0, states, 4, NULL);
    assert_int_equal(states[1].count, 1);
}

/* PFX-107 */
static void pfx_107_state_0_is_not_tested_and_a_veto_keeps_the_processor_out(struct machine *m) {
    struct wdmsim_idle_state before[4], after[4];
    ppm_fresh();
    ppm_begin(m);
    wdmsim_pep_idle_states(m, 0, before, 4, NULL);
    ppm.veto = 3;
    ppm_sleep(200 * WDMSIM_MS);
    ppm_expect("T2/- T1/- X0/- C0/- ");
    wdmsim_pep_idle_states(m, 0, after, 4, NULL);
    assert_int_equal(after[0].time - before[0].time, 200 * WDMSIM_MS);
    assert_int_equal(after[1].count, before[1].count);
    assert_int_equal(after[2].count, before[2].count);
    ppm.veto = PEP_IDLE_VETO_NONE;
    ppm_sleep(500 * WDMSIM_US); /* too short for all but state 0 */
    ppm_expect("X0/- C0/- ");
    ppm_sleep(200 * WDMSIM_MS);
    ppm_expect("T2/- X2/- C2/- ");
}

static void a_reserved_veto_is_a_bug_check(struct machine *m) {
    ppm_fresh();
    ppm_begin(m);
    ppm.veto = 0x80000000;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x706, PEP_NOTIFY_PPM_TEST_IDLE_STATE, -1, 0x80000000);
    ppm_sleep(200 * WDMSIM_MS);
}

static void an_execution_that_fails_leaves_the_processor_waiting(struct machine *m) {
    struct wdmsim_idle_state states[4];
    ppm_fresh();
    ppm_begin(m);
    ppm.refuses = true;
    ppm_sleep(10 * WDMSIM_MS);
    ppm_expect("T1/- X1/- ");
    wdmsim_pep_idle_states(m, 0, states, 4, NULL);
    assert_int_equal(states[1].count, 0);
}

static bool counted_veto;
static bool veto_at_boot(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    (void)answer;
    if (id == PEP_NOTIFY_PPM_ENUMERATE_BOOT_VETOES) {
        assert_null(handle);
        assert_null(data);
        assert_string_equal(ppm.log, ""); /* no processor was idle yet */
        counted_veto = true;
        assert_int_equal(pep.kernel.ProcessorIdleVeto(ppm.handles[0], 2, 1, TRUE), STATUS_SUCCESS);
    }
    return false;
}

static void vetoes_by_count_can_be_set_before_the_first_idle(struct machine *m) {
    struct wdmsim_idle_state states[4];
    ppm_fresh();
    ppm.first = veto_at_boot;
    ppm.reasons = 2;
    ppm.logs = true;
    ppm_begin(m);
    assert_true(counted_veto);
    assert_string_equal(wdmsim_pep_veto_name(m, 2), "b");
    assert_null(wdmsim_pep_veto_name(m, 3));
    ppm_sleep(200 * WDMSIM_MS);
    ppm_expect("T1/- X1/- C1/- ");
    wdmsim_pep_idle_states(m, 0, states, 4, NULL);
    assert_int_equal(states[2].vetoes, 1);
    pep.kernel.ProcessorIdleVeto(ppm.handles[0], 2, 1, FALSE);
    pep.kernel.ProcessorIdleVeto(ppm.handles[0], 2, 1, FALSE); /* one too many changes nothing */
    ppm_sleep(200 * WDMSIM_MS);
    ppm_expect("T2/- X2/- C2/- ");
}

static void an_undeclared_reason_is_a_bug_check(struct machine *m) {
    ppm_fresh();
    ppm.reasons = 2;
    ppm_begin(m);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x706, -1, -1, 3);
    pep.kernel.ProcessorIdleVeto(ppm.handles[0], 1, 3, TRUE);
}

static void a_state_can_be_updated(struct machine *m) {
    PEP_PROCESSOR_IDLE_STATE_UPDATE update = {2, 0, 0};
    ppm_fresh();
    ppm_begin(m);
    assert_int_equal(pep.kernel.UpdateProcessorIdleState(ppm.handles[0], 2, &update),
                     STATUS_NOT_SUPPORTED);
    update.Version = PEP_PROCESSOR_IDLE_STATE_UPDATE_VERSION_1;
    assert_int_equal(pep.kernel.UpdateProcessorIdleState(ppm.handles[0], 2, &update),
                     STATUS_SUCCESS);
    ppm_sleep(10 * WDMSIM_MS); /* state 2 pays off at once now */
    ppm_expect("T2/- X2/- C2/- ");
    assert_int_equal(pep.kernel.UpdateProcessorIdleState((POHANDLE)&update, 2, &update),
                     STATUS_NOT_IMPLEMENTED);
}

static void the_latency_that_the_system_tolerates_bounds_the_state(struct machine *m) {
    ppm_fresh();
    ppm_begin(m);
    assert_int_equal(wdmsim_pep_system_latency(m, 15), 0);
    assert_int_equal(pep.dpm_count[PEP_DPM_SYSTEM_LATENCY_UPDATE], 1);
    assert_int_equal(pep.irql, DISPATCH_LEVEL);
    ppm_sleep(200 * WDMSIM_MS);
    ppm_expect("T1/- X1/- C1/- ");
}

static ULONG serviced;
static BOOLEAN service(PKINTERRUPT interrupt, PVOID context) {
    (void)interrupt, (void)context;
    serviced++;
    ppm_log("INT ");
    return TRUE;
}
static void raise(void *context) { wdmsim_interrupt_raise(context, 0x70); }

static void the_plugin_is_told_before_an_interrupt_is_delivered(struct machine *m) {
    PKINTERRUPT interrupt;
    serviced = 0;
    ppm_fresh();
    ppm_begin(m);
    IoConnectInterrupt(&interrupt, service, NULL, NULL, 0x70, 5, 5, Latched, FALSE, 1, FALSE);
    wdmsim_schedule(m, 2 * WDMSIM_MS, raise, m);
    ppm_sleep(5 * WDMSIM_MS);
    assert_int_equal(serviced, 1);
    assert_int_equal(strncmp(ppm.log, "T1/- X1/- C1/- INT ", 19), 0);
}

static void deprecated_notifications_are_never_sent(struct machine *m) {
    ppm_fresh();
    ppm_begin(m);
    ppm_sleep(WDMSIM_S);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_QUERY_IDLE_STATES], 0);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_IDLE_SELECT], 0);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_IDLE_CANCEL], 0);
    assert_int_equal(pep.ppm_count[PEP_NOTIFY_PPM_QUERY_LP_SETTINGS], 0);
}

static void a_processor_that_cannot_be_interrupted_is_woken_by_another(struct machine *m) {
    KAFFINITY all;
    ppm_fresh();
    ppm.states[2].Interruptible = 0;
    ppm_begin(m);
    all = KeSetSystemAffinityThreadEx(1);
    /* Processor 1 rests in state 2; the test's thread goes over to it while 0 spins on. */
    ppm_sleep(300 * WDMSIM_MS);
    ppm.log[0] = 0;
    KeSetSystemAffinityThreadEx(2);
    assert_int_equal(KeGetCurrentProcessorNumberEx(NULL), 1);
    assert_int_equal(strncmp(ppm.log, "W1 ", 3), 0);
    assert_non_null(strstr(ppm.log, "C2/- "));
    KeRevertToUserAffinityThreadEx(all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_processor_goes_into_the_deepest_state_that_pays_off),
        wdmsim_unit_test(a_plugin_that_just_returns_has_the_processor_put_to_sleep),
        wdmsim_unit_test(a_c_state_is_prepared_and_entered_by_the_system),
        wdmsim_unit_test(an_autonomous_state_needs_no_word),
        wdmsim_unit_test(pfx_107_state_0_is_not_tested_and_a_veto_keeps_the_processor_out),
        fx_unit_test(a_reserved_veto_is_a_bug_check),
        wdmsim_unit_test(an_execution_that_fails_leaves_the_processor_waiting),
        wdmsim_unit_test(vetoes_by_count_can_be_set_before_the_first_idle),
        fx_unit_test(an_undeclared_reason_is_a_bug_check),
        wdmsim_unit_test(a_state_can_be_updated),
        wdmsim_unit_test(the_latency_that_the_system_tolerates_bounds_the_state),
        wdmsim_unit_test(the_plugin_is_told_before_an_interrupt_is_delivered),
        wdmsim_unit_test(deprecated_notifications_are_never_sent),
        wdmsim_unit_test_on(a_processor_that_cannot_be_interrupted_is_woken_by_another, &ppm_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
