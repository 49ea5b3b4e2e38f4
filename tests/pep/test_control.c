/*
 * Power control in both directions, D states, and crash-dump devices.
 */
#include "pep_test.h"

static const GUID code = {0x11223344, 0x5566, 0x7788, {1, 2, 3, 4, 5, 6, 7, 8}};
static char in[] = "question", out[16];
static ULONG asked;

static bool answer_control(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_POWER_CONTROL_REQUEST request = data;
    (void)handle;
    if (id != PEP_DPM_POWER_CONTROL_REQUEST)
        return false;
    asked++;
    assert_ptr_equal(request->DeviceHandle, PEP_HANDLE);
    assert_true(IsEqualGUID(request->PowerControlCode, &code));
    assert_ptr_equal(request->InBuffer, in);
    assert_int_equal(request->InBufferSize, sizeof in);
    assert_ptr_equal(request->OutBuffer, out);
    assert_int_equal(request->OutBufferSize, sizeof out);
    memcpy(request->OutBuffer, "answer", 7);
    request->BytesReturned = 7;
    request->Status = STATUS_DEVICE_BUSY;
    *answer = TRUE;
    return true;
}

/* PFX-098 */
static void pfx_098_power_control_passes_buffers_and_returns_status(struct machine *m) {
    SIZE_T returned = 0;
    KIRQL irql;
    (void)m;
    asked = 0;
    pep_begin(1, 1);
    pep.dpm = answer_control;
    assert_int_equal(PoFxPowerControl(fx.handle, &code, in, sizeof in, out, sizeof out, &returned),
                     STATUS_DEVICE_BUSY);
    assert_int_equal(returned, 7);
    assert_string_equal(out, "answer");
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    PoFxPowerControl(fx.handle, &code, in, sizeof in, out, sizeof out, &returned);
    KeLowerIrql(irql);
    assert_int_equal(asked, 2);
}

static void a_refused_power_control_is_not_implemented(struct machine *m) {
    SIZE_T returned;
    (void)m;
    pep_begin(1, 1);
    assert_int_equal(PoFxPowerControl(fx.handle, &code, NULL, 0, NULL, 0, &returned),
                     STATUS_NOT_IMPLEMENTED);
}

/* ---- from the plug-in to the driver ---- */

static NTSTATUS driver_control(PVOID context, LPCGUID guid, PVOID input, SIZE_T input_size,
                               PVOID output, SIZE_T output_size, PSIZE_T returned) {
    assert_ptr_equal(context, &fx);
    assert_true(IsEqualGUID(guid, &code));
    assert_ptr_equal(input, in);
    assert_int_equal(input_size, sizeof in);
    assert_ptr_equal(output, out);
    assert_int_equal(output_size, sizeof out);
    *returned = 5;
    fx_log(&fx, "CONTROL ");
    return STATUS_DEVICE_NOT_READY;
}

static PEP_POWER_CONTROL_COMPLETE completed;

static bool see_completion(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    (void)handle;
    if (id != PEP_DPM_POWER_CONTROL_COMPLETE)
        return false;
    completed = *(PPEP_POWER_CONTROL_COMPLETE)data;
    fx_log(&fx, "COMPLETE ");
    *answer = TRUE;
    return true;
}

static void begin_with_control(bool start, bool callback) {
    pep_fresh();
    memset(&completed, 0, sizeof completed);
    pep.dpm = see_completion;
    pep_register_plugin();
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    if (callback)
        d.device.PowerControlCallback = driver_control;
    fx_register(&fx, &d);
    if (start)
        PoFxStartDevicePowerManagement(fx.handle);
    wdmsim_settle(fx_machine());
    fx_clear(&fx);
    pep.work.PowerControl = (PEP_WORK_POWER_CONTROL){.DeviceHandle = pep.device,
                                                     .PowerControlCode = &code,
                                                     .RequestContext = &completed,
                                                     .InBuffer = in,
                                                     .InBufferSize = sizeof in,
                                                     .OutBuffer = out,
                                                     .OutBufferSize = sizeof out};
}

/* PFX-099 */
static void pfx_099_the_plugins_request_reaches_the_driver_and_is_completed(struct machine *m) {
    (void)m;
    begin_with_control(true, true);
    pep_work(PepWorkRequestPowerControl);
    fx_expect_now("CONTROL COMPLETE ");
    assert_int_equal(completed.Status, STATUS_DEVICE_NOT_READY);
    assert_int_equal(completed.BytesReturned, 5);
    assert_ptr_equal(completed.RequestContext, &completed);
    assert_true(IsEqualGUID(completed.PowerControlCode, &code));
}

static void a_driver_without_the_callback_does_not_implement_it(struct machine *m) {
    (void)m;
    begin_with_control(true, false);
    pep_work(PepWorkRequestPowerControl);
    fx_expect_now("COMPLETE ");
    assert_int_equal(completed.Status, STATUS_NOT_IMPLEMENTED);
}

static void a_request_before_the_start_is_a_bug_check(struct machine *m) {
    (void)m;
    begin_with_control(false, true);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x603, -1, PepWorkRequestPowerControl, 0);
    pep_work(PepWorkRequestPowerControl);
}

static void a_request_after_one_of_the_drivers_is_allowed(struct machine *m) {
    SIZE_T returned;
    (void)m;
    begin_with_control(false, true);
    PoFxPowerControl(fx.handle, &code, NULL, 0, NULL, 0, &returned);
    pep_work(PepWorkRequestPowerControl);
    fx_expect_now("CONTROL COMPLETE ");
}

static void the_parking_page_is_for_other_processors(struct machine *m) {
    static const GUID page = {
        0x38bd8901, 0xab20, 0x4908, {0xab, 0xaa, 0xac, 0x34, 0x67, 0x4b, 0xdf, 0xf3}};
    PEP_PPM_CONTEXT_QUERY_PARKING_PAGE context;
    (void)m;
    begin_with_control(true, true);
    pep.work.PowerControl.PowerControlCode = &page; /* PEP_PPM_POWER_CONTROL_QUERY_PARKING_PAGE */
    pep.work.PowerControl.OutBuffer = &context;
    pep_work(PepWorkRequestPowerControl);
    fx_expect_now("COMPLETE ");
    assert_int_equal(completed.Status, STATUS_NOT_SUPPORTED);
}

/* ---- D states ---- */

/* PFX-097: those that fail as well. */
static void pfx_097_each_d_irp_is_announced_and_reported(struct machine *m) {
    (void)m;
    pep_begin(1, 1);
    fx_go_to(&fx, PowerDeviceD3);
    fx_expect_now("D3- D3+ ");
    assert_int_equal(pep.irql, PASSIVE_LEVEL);
    fx_power_fails = true;
    fx_go_to(&fx, PowerDeviceD0);
    fx_expect_now("D0- D0+ ");
    fx_power_fails = false;
    fx_go_to(&fx, PowerDeviceD0);
    fx_expect_now("D0- D0+ ");
}

/* ---- crash dumps ---- */

static bool powers;
static ULONG powered;
static PEPCALLBACKPOWERONCRASHDUMPDEVICE power_on;
static BOOLEAN power_on(PPEP_CRASHDUMP_INFORMATION information) {
    assert_int_equal(KeGetCurrentIrql(), HIGH_LEVEL);
    assert_ptr_equal(information->DeviceHandle, PEP_HANDLE);
    assert_ptr_equal(information->DeviceContext, &powered);
    powered++;
    return powers;
}

static bool give_callback;
static bool crash(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    (void)handle;
    if (id != PEP_DPM_REGISTER_CRASHDUMP_DEVICE)
        return false;
    if (give_callback)
        ((PPEP_REGISTER_CRASHDUMP_DEVICE)data)->PowerOnDumpDeviceCallback = power_on;
    *answer = TRUE;
    return true;
}

static void the_plugin_powers_a_crash_dump_device_on(struct machine *m) {
    (void)m;
    powered = 0;
    give_callback = powers = true;
    pep_begin(1, 1);
    pep.dpm = crash;
    assert_int_equal(PoFxPowerOnCrashdumpDevice(fx.handle, &powered), STATUS_UNSUCCESSFUL);
    assert_int_equal(PoFxRegisterCrashdumpDevice(fx.handle), STATUS_SUCCESS);
    assert_int_equal(PoFxPowerOnCrashdumpDevice(fx.handle, &powered), STATUS_SUCCESS);
    assert_int_equal(powered, 1);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    powers = false;
    assert_int_equal(PoFxPowerOnCrashdumpDevice(fx.handle, &powered), STATUS_UNSUCCESSFUL);
}

/* PFX-100: without a plug-in that can do it. */
static void pfx_100_crash_dump_calls_need_a_plugin_that_helps(struct machine *m) {
    (void)m;
    give_callback = false;
    pep_begin(1, 1);
    assert_int_equal(PoFxRegisterCrashdumpDevice(fx.handle), STATUS_UNSUCCESSFUL);
    pep.dpm = crash;
    assert_int_equal(PoFxRegisterCrashdumpDevice(fx.handle), STATUS_UNSUCCESSFUL);
    assert_int_equal(PoFxPowerOnCrashdumpDevice(fx.handle, &powered), STATUS_UNSUCCESSFUL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pfx_098_power_control_passes_buffers_and_returns_status),
        wdmsim_unit_test(a_refused_power_control_is_not_implemented),
        wdmsim_unit_test(pfx_099_the_plugins_request_reaches_the_driver_and_is_completed),
        wdmsim_unit_test(a_driver_without_the_callback_does_not_implement_it),
        fx_unit_test(a_request_before_the_start_is_a_bug_check),
        wdmsim_unit_test(a_request_after_one_of_the_drivers_is_allowed),
        wdmsim_unit_test(the_parking_page_is_for_other_processors),
        wdmsim_unit_test(pfx_097_each_d_irp_is_announced_and_reported),
        wdmsim_unit_test(the_plugin_powers_a_crash_dump_device_on),
        wdmsim_unit_test(pfx_100_crash_dump_calls_need_a_plugin_that_helps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
