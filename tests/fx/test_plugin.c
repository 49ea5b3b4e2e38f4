/* The conversation with a plug-in that owns the device: what it hears, in which order, and how it
 * may put things off. */
#include "fx_inside.h"

static bool later_pre, later_post;
static NTSTATUS crash_status;
static PVOID crash_context;
static KIRQL power_irql;

static bool own(struct machine *m, struct fx_device *d) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(d);
    return true;
}

static enum fx_answer step(struct machine *m, struct fx_device *d, ULONG component, ULONG state,
                           bool notified) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(d);
    fx_log(&fx, "%s%u:%u ", notified ? "post" : "pre", component, state);
    return (notified ? later_post : later_pre) ? FX_LATER : FX_DONE;
}

static void power(struct machine *m, struct fx_device *d, DEVICE_POWER_STATE state, bool complete) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(d);
    power_irql = KeGetCurrentIrql();
    fx_log(&fx, "D%u:%s ", (unsigned)state - 1, complete ? "after" : "before");
}

static NTSTATUS control(struct machine *m, struct fx_device *d, LPCGUID code, PVOID in,
                        SIZE_T in_size, PVOID out, SIZE_T out_size, PSIZE_T returned) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(d);
    fx_log(&fx, "C%x:%u:%u ", (unsigned)code->Data1, (unsigned)in_size, (unsigned)out_size);
    memcpy(out, in, 2);
    *returned = 2;
    return STATUS_BUFFER_OVERFLOW;
}

static NTSTATUS crash(struct machine *m, struct fx_device *d) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(d);
    return crash_status;
}

static NTSTATUS crash_on(struct machine *m, struct fx_device *d, PVOID context) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(d);
    crash_context = context;
    return STATUS_SUCCESS;
}

static void begin(struct machine *m) {
    static const struct fx_plugin plugin = {.name = "test",
                                            .register_device = own,
                                            .idle_state = step,
                                            .device_power = power,
                                            .power_control = control,
                                            .crashdump_register = crash,
                                            .crashdump_power_on = crash_on};
    later_pre = later_post = false;
    fx_plugin_add(m, &plugin);
    fx_begin_on(1, 3);
    assert_string_equal(fx_look_device(&fx).plugin, "test");
}

/* PFX-092: what the framework's side of it does; the plug-in's is tested with real ones. */
static void pfx_092_each_step_is_told_before_and_after_the_driver(struct machine *m) {
    begin(m);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("pre0:0 S0:0 post0:0 A0 ");
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("I0 pre0:2 S0:2 post0:2 ");
}

static void pfx_093_the_plug_in_may_delay_the_driver(struct machine *m) {
    begin(m);
    later_pre = later_post = true;
    PoFxActivateComponent(fx.handle, 0, 0);
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("pre0:0 ");
    assert_false(fx_plugin_step_done(m, fx_device_of(fx.pdo), 1));
    assert_true(fx_plugin_step_done(m, fx_device_of(fx.pdo), 0));
    fx_expect("S0:0 post0:0 ");
    assert_int_equal(fx_look(&fx, 0).state, 2);
    assert_true(fx_plugin_step_done(m, fx_device_of(fx.pdo), 0));
    fx_expect("A0 ");
    assert_false(fx_plugin_step_done(m, fx_device_of(fx.pdo), 0));
}

static unsigned gone;
static void go(struct machine *m, void *context) {
    UNREFERENCED_PARAMETER(m);
    UNREFERENCED_PARAMETER(context);
    gone++;
    fx_log(&fx, "GO ");
}

static void pfx_097_d_irps_are_told_before_and_after(struct machine *m) {
    KIRQL irql;
    begin(m);
    assert_true(fx_device_irp(m, fx.pdo, PowerDeviceD3, go, NULL));
    fx_device_irp_done(m, fx.pdo, PowerDeviceD3, STATUS_SUCCESS);
    fx_expect("D3:before D3:after ");
    /* Never above PASSIVE_LEVEL: then the IRP has to wait. */
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_false(fx_device_irp(m, fx.pdo, PowerDeviceD0, go, NULL));
    KeLowerIrql(irql);
    fx_expect("D0:before GO ");
    assert_int_equal(power_irql, PASSIVE_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    fx_device_irp_done(m, fx.pdo, PowerDeviceD0, STATUS_SUCCESS);
    KeLowerIrql(irql);
    fx_expect("D0:after ");
}

static const GUID code = {0x77, 0, 0, {0}};

static void pfx_098_power_control_passes_buffers_through(struct machine *m) {
    char in[] = "abcdef", out[8] = "";
    SIZE_T returned = 99;
    begin(m);
    assert_int_equal(PoFxPowerControl(fx.handle, &code, in, 6, out, 8, &returned),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(returned, 2);
    assert_string_equal(out, "ab");
    fx_expect("C77:6:8 ");
}

static void without_a_plug_in_power_control_is_not_supported(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    SIZE_T returned;
    fx_begin_on(1, 1);
    assert_int_equal(PoFxPowerControl(fx.handle, &code, NULL, 0, NULL, 0, &returned),
                     STATUS_NOT_SUPPORTED);
}

static PO_FX_POWER_CONTROL_CALLBACK answer_control;
static NTSTATUS answer_control(PVOID context, LPCGUID asked, PVOID in, SIZE_T in_size, PVOID out,
                               SIZE_T out_size, PSIZE_T returned) {
    assert_ptr_equal(context, &fx);
    fx_log(&fx, "K%x:%u:%u ", (unsigned)asked->Data1, (unsigned)in_size, (unsigned)out_size);
    UNREFERENCED_PARAMETER(in);
    UNREFERENCED_PARAMETER(out);
    *returned = 5;
    return STATUS_SUCCESS;
}

/* PFX-099: the framework's half. */
static void pfx_099_the_plug_in_reaches_the_drivers_callback(struct machine *m) {
    SIZE_T returned = 9;
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_start_device(&fx, &d);
    assert_int_equal(
        fx_plugin_power_control(m, fx_device_of(fx.pdo), &code, NULL, 0, NULL, 0, &returned),
        STATUS_NOT_IMPLEMENTED);
    assert_int_equal(returned, 0);
    PoFxUnregisterDevice(fx.handle);
    fx.power_told = false;
    fx.active[0] = true;
    d.device.PowerControlCallback = answer_control;
    fx_start_device(&fx, &d);
    fx_clear(&fx);
    assert_int_equal(
        fx_plugin_power_control(m, fx_device_of(fx.pdo), &code, &returned, 8, NULL, 4, &returned),
        STATUS_SUCCESS);
    assert_int_equal(returned, 5);
    fx_expect("K77:8:4 ");
}

static void pfx_100_without_a_plug_in_there_are_no_crash_dump_devices(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    assert_int_equal(PoFxRegisterCrashdumpDevice(fx.handle), STATUS_UNSUCCESSFUL);
    assert_int_equal(PoFxPowerOnCrashdumpDevice(fx.handle, NULL), STATUS_UNSUCCESSFUL);
    assert_int_equal(PoFxRegisterCrashdumpDevice(NULL), STATUS_INVALID_PARAMETER);
}

static void with_one_they_are_powered_on_at_any_level(struct machine *m) {
    KIRQL irql;
    begin(m);
    crash_status = STATUS_UNSUCCESSFUL;
    assert_int_equal(PoFxRegisterCrashdumpDevice(fx.handle), STATUS_UNSUCCESSFUL);
    assert_int_equal(PoFxPowerOnCrashdumpDevice(fx.handle, &gone), STATUS_UNSUCCESSFUL);
    crash_status = STATUS_SUCCESS;
    assert_int_equal(PoFxRegisterCrashdumpDevice(fx.handle), STATUS_SUCCESS);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    assert_int_equal(PoFxPowerOnCrashdumpDevice(fx.handle, &gone), STATUS_SUCCESS);
    KeLowerIrql(irql);
    assert_ptr_equal(crash_context, &gone);
}

static void the_host_sees_devices_and_reads_them_as_text(struct machine *m) {
    char text[512];
    begin(m);
    uint32_t node = fx.node;
    assert_int_equal(wdmsim_fx_next(m, 0), node);
    assert_int_equal(wdmsim_fx_next(m, node), 0);
    assert_true(wdmsim_show_fx(m, 0, text, sizeof text) < (int)sizeof text);
    assert_non_null(strstr(text, "component 0: idle, F2 of 3"));
    assert_int_equal(wdmsim_show_fx(m, node + 1, text, sizeof text), 0);
    assert_string_equal(wdmsim_fx_power_name(WDMSIM_FX_POWER_WAITING), "waiting");
    assert_string_equal(wdmsim_fx_condition_name(WDMSIM_FX_IDLING), "idling");
    assert_string_equal(wdmsim_fx_directed_name(WDMSIM_FX_DIRECTED_DOWN), "directed down");
    assert_null(wdmsim_fx_power_name((enum wdmsim_fx_power)5));
    struct wdmsim_fx_component none;
    assert_int_equal(wdmsim_fx_component(m, node, 1, &none), WDMSIM_ERROR_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_092_each_step_is_told_before_and_after_the_driver),
        fx_unit_test(pfx_093_the_plug_in_may_delay_the_driver),
        fx_unit_test(pfx_097_d_irps_are_told_before_and_after),
        fx_unit_test(pfx_098_power_control_passes_buffers_through),
        fx_unit_test(without_a_plug_in_power_control_is_not_supported),
        fx_unit_test(pfx_099_the_plug_in_reaches_the_drivers_callback),
        fx_unit_test(pfx_100_without_a_plug_in_there_are_no_crash_dump_devices),
        fx_unit_test(with_one_they_are_powered_on_at_any_level),
        fx_unit_test(the_host_sees_devices_and_reads_them_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
