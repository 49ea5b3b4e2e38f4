/* PoFxUnregisterDevice, also with things pending. */
#include "fx_inside.h"

static void unregister_here(ULONG component) {
    UNREFERENCED_PARAMETER(component);
    PoFxUnregisterDevice(fx.handle);
}

static void pfx_101_unregistering_inside_a_callback_is_a_deadlock(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    fx.on_active = unregister_here;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x618, -1, 0, 0);
    PoFxActivateComponent(fx.handle, 0, 0);
}

static void pfx_102_an_activated_dependent_forbids_it(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    ULONG zero = 0;
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 2, 1);
    fx_part(&d, 1)->ProviderCount = 1;
    fx_part(&d, 1)->Providers = &zero;
    fx_start_device(&fx, &d);
    PoFxActivateComponent(fx.handle, 1, PO_FX_FLAG_BLOCKING);
    struct fx_device *device = fx_device_of(fx.pdo);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x622, (int64_t)(ULONG_PTR)&device->components[0],
                   (int64_t)(ULONG_PTR)&device->components[1], 0);
    PoFxUnregisterDevice(fx.handle);
}

/* A reference of the driver's on a component without providers is dropped and reported. */
static void what_is_left_activated_is_reported(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    PoFxUnregisterDevice(fx.handle);
    assert_int_equal(fx_reports("left 1 activations of component 0"), 1);
    assert_null(fx_device_of(fx.pdo));
}

/* ---- with callbacks in progress ---- */

static KEVENT inside, let_go;
static bool over, unregistered_first;

static void stay(ULONG component) {
    UNREFERENCED_PARAMETER(component);
    KeSetEvent(&inside, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&let_go, Executive, KernelMode, FALSE, NULL);
    over = true;
}

static void unregister(void *context) {
    UNREFERENCED_PARAMETER(context);
    PoFxUnregisterDevice(fx.handle);
    unregistered_first = !over;
}

static void pfx_103_it_waits_for_running_callbacks(struct machine *m) {
    bool done;
    fx_begin_on(2, 1);
    over = false;
    KeInitializeEvent(&inside, NotificationEvent, FALSE);
    KeInitializeEvent(&let_go, NotificationEvent, FALSE);
    fx.on_active = stay;
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    KeWaitForSingleObject(&inside, Executive, KernelMode, FALSE, NULL);
    wdmsim_system_thread(m, unregister, NULL, &done);
    wdmsim_advance(m, WDMSIM_S);
    assert_false(done);
    KeSetEvent(&let_go, IO_NO_INCREMENT, FALSE);
    wdmsim_settle(m);
    assert_true(done);
    assert_false(unregistered_first);
}

/* PFX-103: nothing is called once it has returned, whatever was open. */
static void pfx_103_nothing_is_called_afterwards(struct machine *m) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 3, 3);
    fx_register(&fx, &d);
    PoFxSetDeviceIdleTimeout(fx.handle, 10);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxActivateComponent(fx.handle, 1, 0);
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I2 S2:2 ");
    fx.hold_idle = fx.hold_state = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    PoFxSetComponentLatency(fx.handle, 2, 500);
    fx_expect("I0 S2:0 ");
    PoFxIdleComponent(fx.handle, 1, PO_FX_FLAG_ASYNC_ONLY);
    fx_clear(&fx);
    PoFxUnregisterDevice(fx.handle);
    fx_clear(&fx);
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("");
}

static void the_idle_time_out_ends_with_it(struct machine *m) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_register(&fx, &d);
    PoFxSetDeviceIdleTimeout(fx.handle, 1000);
    PoFxStartDevicePowerManagement(fx.handle);
    fx_expect("I0 ");
    PoFxUnregisterDevice(fx.handle);
    wdmsim_advance(m, WDMSIM_S);
    fx_expect("");
}

static void an_unanswered_device_callback_does_not_hold_it_up(struct machine *m) {
    fx_begin(1, 1);
    fx.hold_dpr = true;
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    fx_expect("DPR ");
    PoFxUnregisterDevice(fx.handle);
    wdmsim_advance(m, 3600 * WDMSIM_S);
    fx_expect("");
}

static void a_device_may_be_registered_again(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin(1, 1);
    PoFxUnregisterDevice(fx.handle);
    fx.power_told = false;
    fx.active[0] = true;
    struct fx_description d = fx_describe(&fx, 1, 2);
    fx_start_device(&fx, &d);
    fx_expect("I0 S0:1 DPNR ");
}

static void count_block(void *context, const struct mm_pool_block *block) {
    size_t *count = context;
    *count += block->tag == 0x20784650u; /* "PFx " */
}

static void nothing_is_left_in_pool(struct machine *m) {
    size_t blocks = 0;
    fx_begin(3, 3);
    mm_pool_visit(m, count_block, &blocks);
    assert_true(blocks > 3);
    PoFxUnregisterDevice(fx.handle);
    blocks = 0;
    mm_pool_visit(m, count_block, &blocks);
    assert_int_equal(blocks, 0);
    assert_int_equal(wdmsim_fx_next(m, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_101_unregistering_inside_a_callback_is_a_deadlock),
        fx_unit_test(pfx_102_an_activated_dependent_forbids_it),
        fx_unit_test(what_is_left_activated_is_reported),
        fx_unit_test(pfx_103_it_waits_for_running_callbacks),
        fx_unit_test(pfx_103_nothing_is_called_afterwards),
        fx_unit_test(the_idle_time_out_ends_with_it),
        fx_unit_test(an_unanswered_device_callback_does_not_hold_it_up),
        fx_unit_test(a_device_may_be_registered_again),
        fx_unit_test(nothing_is_left_in_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
