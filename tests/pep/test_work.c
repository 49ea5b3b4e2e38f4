/*
 * Work: a plug-in asks for a worker and says what there is to do.
 */
#include "pep_test.h"

static ULONG works;
static KIRQL work_irql;

static bool count_work(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_WORK work = data;
    (void)handle;
    if (id != PEP_DPM_WORK)
        return false;
    works++;
    work_irql = KeGetCurrentIrql();
    work->NeedWork = FALSE;
    work->WorkInformation = NULL;
    *answer = TRUE;
    return true;
}

/* PFX-095 */
static void pfx_095_each_request_gives_one_work_notification(struct machine *m) {
    KIRQL irql;
    works = 0;
    pep_begin(1, 1);
    pep.dpm = count_work;
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    wdmsim_settle(m);
    assert_int_equal(works, 1);
    assert_int_equal(work_irql, PASSIVE_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    for (unsigned i = 0; i < 5; i++)
        pep.kernel.RequestWorker(pep.kernel.Plugin);
    assert_int_equal(works, 1);
    KeLowerIrql(irql);
    wdmsim_settle(m);
    assert_int_equal(works, 6);
    pep.kernel.RequestWorker(pep.device); /* a device's handle will do */
    wdmsim_settle(m);
    assert_int_equal(works, 7);
}

static KEVENT hold;
static ULONG inside, most;

static bool slow_work(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    if (id != PEP_DPM_WORK)
        return false;
    count_work(handle, id, data, answer);
    most = ++inside > most ? inside : most;
    KeWaitForSingleObject(&hold, Executive, KernelMode, FALSE, NULL);
    inside--;
    return true;
}

static void two_requests(struct machine *m, ULONGLONG flags) {
    KeInitializeEvent(&hold, NotificationEvent, FALSE);
    works = inside = most = 0;
    pep_fresh();
    assert_int_equal(PoFxRegisterPluginEx(&pep.information, flags, &pep.kernel), STATUS_SUCCESS);
    pep.dpm = slow_work;
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    wdmsim_settle(m);
    KeSetEvent(&hold, 0, FALSE);
    wdmsim_settle(m);
    assert_int_equal(works, 2);
}

static void work_is_serial_unless_the_plugin_wants_it_otherwise(struct machine *m) {
    two_requests(m, 0);
    assert_int_equal(most, 1);
}

static void work_is_parallel_with_the_flag(struct machine *m) {
    two_requests(m, PEP_FLAG_WORKER_CONCURRENCY);
    assert_int_equal(most, 2);
}

/* ---- bug checks ---- */

/* PFX-096 */
static void pfx_096_unknown_work_is_a_bug_check(struct machine *m) {
    (void)m;
    pep_begin(1, 1);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x603, (int64_t)(ULONG_PTR)pep.kernel.Plugin, 77, 0);
    pep_work((PEP_WORK_TYPE)77);
}

static void completing_no_step_is_a_bug_check(struct machine *m) {
    (void)m;
    pep_begin(1, 2);
    pep.work.CompleteIdleState.DeviceHandle = pep.device;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x603, -1, PepWorkCompleteIdleState, 0);
    pep_work(PepWorkCompleteIdleState);
}

static void completing_no_performance_request_is_a_bug_check(struct machine *m) {
    (void)m;
    pep_begin(1, 2);
    pep.work.CompletePerfState.DeviceHandle = pep.device;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x603, -1, PepWorkCompletePerfState, 0);
    pep_work(PepWorkCompletePerfState);
}

static void work_on_a_component_that_is_none_is_a_bug_check(struct machine *m) {
    (void)m;
    pep_begin(2, 2);
    pep.work.CompleteIdleState.DeviceHandle = pep.device;
    pep.work.CompleteIdleState.Component = 2;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x611, (int64_t)(ULONG_PTR)pep.kernel.Plugin,
                   (int64_t)(ULONG_PTR)fx.handle, 2);
    pep_work(PepWorkCompleteIdleState);
}

static void work_on_a_foreign_handle_is_a_bug_check(struct machine *m) {
    (void)m;
    pep_begin(1, 1);
    pep.work.CompleteIdleState.DeviceHandle = (POHANDLE)&works;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x603, -1, PepWorkCompleteIdleState, 0);
    pep_work(PepWorkCompleteIdleState);
}

static bool no_buffer(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_WORK work = data;
    (void)handle;
    if (id != PEP_DPM_WORK)
        return false;
    work->NeedWork = TRUE;
    work->WorkInformation = NULL;
    *answer = TRUE;
    return true;
}

static void work_without_a_description_is_a_bug_check(struct machine *m) {
    pep_begin(1, 1);
    pep.dpm = no_buffer;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x612, (int64_t)(ULONG_PTR)pep.kernel.Plugin, 0, 0);
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    wdmsim_settle(m);
}

static bool not_filled_in(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    (void)handle;
    *answer = TRUE;
    if (id == PEP_DPM_WORK)
        ((PPEP_WORK)data)->NeedWork = TRUE;
    return id == PEP_DPM_WORK;
}

static void work_that_was_not_filled_in_is_a_bug_check(struct machine *m) {
    pep_begin(1, 1);
    pep.dpm = not_filled_in;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x603, (int64_t)(ULONG_PTR)pep.kernel.Plugin, PepWorkMax,
                   0);
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    wdmsim_settle(m);
}

static bool filled_in(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_WORK work = data;
    (void)handle;
    if (id != PEP_DPM_WORK)
        return false;
    assert_false(work->NeedWork);
    work->NeedWork = TRUE;
    work->WorkInformation->WorkType = PepWorkCompleteIdleState;
    work->WorkInformation->CompleteIdleState.DeviceHandle = pep.device;
    work->WorkInformation->CompleteIdleState.Component = 0;
    return (*answer = TRUE);
}

static void a_plugin_may_fill_in_the_description_that_it_finds(struct machine *m) {
    pep_begin_on(1, 2);
    pep.hold_pre = true;
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    wdmsim_settle(m);
    pep.dpm = filled_in;
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    fx_expect("pre0:0 S0:0 post0:0 A0 ");
}

static void completing_an_activation_is_a_bug_check_of_the_old_model(struct machine *m) {
    (void)m;
    pep_begin(1, 1);
    pep.work.ActiveComplete.DeviceHandle = pep.device;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x615, (int64_t)(ULONG_PTR)pep.kernel.Plugin, -1, 2);
    pep_work(PepWorkActiveComplete);
}

static void requesting_an_idle_state_is_a_bug_check_of_the_old_model(struct machine *m) {
    (void)m;
    pep_begin(1, 1);
    pep.work.IdleState.DeviceHandle = pep.device;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x616, (int64_t)(ULONG_PTR)pep.kernel.Plugin, -1, 0);
    pep_work(PepWorkRequestIdleState);
}

static void requiring_power_again_is_a_bug_check_of_the_old_model(struct machine *m) {
    (void)m;
    pep_begin_on(1, 1);
    pep.work.DevicePower.DeviceHandle = pep.device;
    pep.work.DevicePower.PowerRequired = TRUE;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x609, (int64_t)(ULONG_PTR)pep.kernel.Plugin,
                   (int64_t)(ULONG_PTR)fx.handle, 0);
    pep_work(PepWorkDevicePower);
}

static void not_requiring_power_in_use_is_a_bug_check_of_the_old_model(struct machine *m) {
    (void)m;
    pep_begin_on(1, 1);
    pep.work.DevicePower.DeviceHandle = pep.device;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x610, (int64_t)(ULONG_PTR)pep.kernel.Plugin,
                   (int64_t)(ULONG_PTR)fx.handle, 0);
    pep_work(PepWorkDevicePower);
}

static void asking_for_a_worker_above_dispatch_level_is_a_bug_check(struct machine *m) {
    KIRQL irql;
    (void)m;
    pep_begin(1, 1);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    pep.kernel.RequestWorker(pep.kernel.Plugin);
}

static void refused_work_is_counted(struct machine *m) {
    pep_begin(1, 1);
    pep.refused[PEP_DPM_WORK] = true;
    pep.kernel.RequestWorker(pep.kernel.Plugin);
    wdmsim_settle(m);
    assert_int_equal(wdmsim_pep_refused_work(m), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pfx_095_each_request_gives_one_work_notification),
        wdmsim_unit_test(work_is_serial_unless_the_plugin_wants_it_otherwise),
        wdmsim_unit_test(work_is_parallel_with_the_flag),
        fx_unit_test(pfx_096_unknown_work_is_a_bug_check),
        fx_unit_test(completing_no_step_is_a_bug_check),
        fx_unit_test(completing_no_performance_request_is_a_bug_check),
        fx_unit_test(work_on_a_component_that_is_none_is_a_bug_check),
        fx_unit_test(work_on_a_foreign_handle_is_a_bug_check),
        fx_unit_test(work_without_a_description_is_a_bug_check),
        fx_unit_test(work_that_was_not_filled_in_is_a_bug_check),
        wdmsim_unit_test(a_plugin_may_fill_in_the_description_that_it_finds),
        fx_unit_test(completing_an_activation_is_a_bug_check_of_the_old_model),
        fx_unit_test(requesting_an_idle_state_is_a_bug_check_of_the_old_model),
        fx_unit_test(requiring_power_again_is_a_bug_check_of_the_old_model),
        fx_unit_test(not_requiring_power_in_use_is_a_bug_check_of_the_old_model),
        wdmsim_unit_test(asking_for_a_worker_above_dispatch_level_is_a_bug_check),
        wdmsim_unit_test(refused_work_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
