/* Several processors in the framework at once: every schedule to a bound, and long random ones. The
 * callbacks of fx_test.h check each time what must always hold. */
#include "fx_test.h"

#include "../threads.h"

/* Two users that wait, each with the component active in between. */
static unsigned met;

static VOID user(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_true(fx.active[0] || fx.running[0]);
    met++;
    PoFxIdleComponent(fx.handle, 0, 0);
}

static void idle_at_the_end(void) {
    wdmsim_settle(fx_machine());
    assert_int_equal(met, 2);
    met = 0;
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_IDLE);
    assert_int_equal(fx_look(&fx, 0).references, 0);
    assert_false(fx.active[0]);
    assert_int_equal(fx.running[0], 0);
}

static void begin_on(void) {
    fx_begin_on(1, 2);
    fx.pauses = true;
}

static void begin_with_power(void) {
    fx_begin(1, 2);
    fx.pauses = true;
}

/*
 * user                           user
 * activates, maybe runs it       activates, maybe runs it
 * is active                      is active
 * idles, maybe runs it           idles, maybe runs it
 */
static void pfx_039_two_users_of_a_component(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {user, user},
                                             .begin = begin_on,
                                             .check = idle_at_the_end};
    UNREFERENCED_PARAMETER(state);
    assert_true(explore(&scenario) > 20);
}

/*
 * user                  user                  worker
 * activates             activates             asks for power, is told of it
 * is active             is active             runs components
 * idles                 idles                 gives power up
 */
static void pfx_040_with_device_power(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 1,
                                             .actors = {user, user},
                                             .begin = begin_with_power,
                                             .check = idle_at_the_end};
    UNREFERENCED_PARAMETER(state);
    assert_true(explore(&scenario) > 20);
}

/* ---- a wait for idle against an activation ---- */

static bool idled;

static VOID waits_for_idle(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    idled = true;
}

static VOID holder(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    PoFxActivateComponent(fx.handle, 0, 0);
}

static void begin_to_wait(void) {
    begin_on();
    idled = false;
}

static void held_at_the_end(void) {
    wdmsim_settle(fx_machine());
    assert_true(idled);
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_ACTIVE);
}

/*
 * waits_for_idle            worker                    holder
 * activates, goes on        is in the callback
 * idles, waits                                        activates again
 * does not wait for the holder
 */
static void pfx_023_a_wait_for_idle_ends_when_there_is_none(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {waits_for_idle, holder},
                                             .begin = begin_to_wait,
                                             .check = held_at_the_end};
    UNREFERENCED_PARAMETER(state);
    assert_true(explore(&scenario) > 20);
}

/* ---- completion against activation ---- */

static KEVENT called; /* the callback that somebody else completes */

static void note_idle(ULONG component) {
    UNREFERENCED_PARAMETER(component);
    KeSetEvent(&called, IO_NO_INCREMENT, FALSE);
}

static VOID completer(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    KeWaitForSingleObject(&called, Executive, KernelMode, FALSE, NULL);
    PoFxCompleteIdleCondition(fx.handle, 0);
}

static VOID activator(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    PoFxActivateComponent(fx.handle, 0, 0);
}

static void begin_active(void) {
    fx_begin_on(1, 2);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx_clear(&fx);
    fx.hold_idle = true;
    fx.on_idle = note_idle;
    KeInitializeEvent(&called, NotificationEvent, FALSE);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
}

static unsigned without_f_change, with_f_change;

/* Activated while the idle condition was open: nothing but the active callback follows; afterwards:
 * down and up again. */
static void active_at_the_end(void) {
    wdmsim_settle(fx_machine());
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_ACTIVE);
    bool direct = strcmp(fx.log, "I0 A0 ") == 0;
    without_f_change += direct;
    with_f_change += strcmp(fx.log, "I0 S0:1 S0:0 A0 ") == 0;
    assert_true(direct || strcmp(fx.log, "I0 S0:1 S0:0 A0 ") == 0);
}

/*
 * worker                    completer               activator
 * makes the idle callback   sees the callback       activates
 * goes on afterwards        completes
 */
static void pfx_035_completion_against_activation(void **state) {
    static const struct explored scenario = {.processors = 3,
                                             .preemptions = 2,
                                             .actors = {completer, activator},
                                             .begin = begin_active,
                                             .check = active_at_the_end};
    UNREFERENCED_PARAMETER(state);
    without_f_change = with_f_change = 0;
    assert_true(explore(&scenario) > 20);
    assert_true(without_f_change && with_f_change);
}

/* ---- power required against completion of not required ---- */

static void note_dpnr(void) { KeSetEvent(&called, IO_NO_INCREMENT, FALSE); }

static VOID power_completer(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    KeWaitForSingleObject(&called, Executive, KernelMode, FALSE, NULL);
    PoFxCompleteDevicePowerNotRequired(fx.handle);
}

static void begin_active_with_power(void) {
    fx_fresh(&fx, NULL);
    struct fx_description d = fx_describe(&fx, 1, 1);
    fx_register(&fx, &d);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    PoFxStartDevicePowerManagement(fx.handle);
    fx.hold_dpnr = true;
    fx.on_dpnr = note_dpnr;
    KeInitializeEvent(&called, NotificationEvent, FALSE);
    PoFxIdleComponent(fx.handle, 0, 0);
}

static void powered_at_the_end(void) {
    wdmsim_settle(fx_machine());
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_ACTIVE);
    assert_int_equal(fx_look_device(&fx).power, WDMSIM_FX_POWER_REQUIRED);
    assert_true(strcmp(fx.log, "I0 DPNR DPR A0 ") == 0);
}

static VOID late_activator(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    KeWaitForSingleObject(&called, Executive, KernelMode, FALSE, NULL);
    PoFxActivateComponent(fx.handle, 0, 0);
}

/*
 * power_completer           late_activator              worker
 * sees the callback         sees the callback           is in it, or out of it
 * completes                 activates
 */
static void pfx_056_activation_against_giving_power_up(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {power_completer, late_activator},
                                             .begin = begin_active_with_power,
                                             .check = powered_at_the_end};
    UNREFERENCED_PARAMETER(state);
    assert_true(explore(&scenario) > 10);
}

/* ---- unregistration against a queued activation ---- */

static bool unregistered;

static VOID unregisterer(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    PoFxUnregisterDevice(fx.handle);
    unregistered = true;
    fx_clear(&fx);
}

static void begin_to_unregister(void) {
    fx_begin_on(2, 2);
    unregistered = false;
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    PoFxActivateComponent(fx.handle, 1, PO_FX_FLAG_ASYNC_ONLY);
}

static void silence(void) {
    wdmsim_settle(fx_machine());
    assert_true(unregistered);
    assert_string_equal(fx.log, "");
}

static void pfx_103_unregistration_against_workers(void **state) {
    static const struct explored scenario = {.processors = 2,
                                             .preemptions = 2,
                                             .actors = {unregisterer},
                                             .begin = begin_to_unregister,
                                             .check = silence};
    UNREFERENCED_PARAMETER(state);
    assert_true(explore(&scenario) > 5);
}

/* ---- at random ---- */

#define ACTORS 3
static const ULONG uses[FX_MAX] = {0, 1, 0, 2 | 4}; /* 3 -> {1 -> 0, 2} */
static unsigned left_running;

static unsigned completed_later;

static VOID complete_condition(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    UNREFERENCED_PARAMETER(dpc);
    completed_later++;
    PoFxCompleteIdleCondition(fx.handle, (ULONG)(ULONG_PTR)context);
}

static KDPC condition_dpcs[FX_MAX];

/* Half of the idle conditions are completed by a DPC. */
static VOID idle_sometimes_later(PVOID context, ULONG component) {
    struct fx_test *t = context;
    t->hold_idle_of[component] = wdmsim_choose(fx_machine(), 2);
    fx_idle(context, component);
    if (t->hold_idle_of[component]) {
        KeInitializeDpc(&condition_dpcs[component], complete_condition,
                        (PVOID)(ULONG_PTR)component);
        KeInsertQueueDpc(&condition_dpcs[component], NULL, NULL);
    }
}

/* Takes and drops references, with every kind of flag, and changes hints. Few are held at a time,
 * so that components do become idle. */
static void act(void *context) {
    struct machine *m = fx_machine();
    ULONG held[4] = {0};
    UNREFERENCED_PARAMETER(context);
    for (unsigned i = 0; i < 100; i++) {
        ULONG component = wdmsim_choose(m, 4);
        ULONG flags = wdmsim_choose(m, 3);
        if (wdmsim_choose(m, 8) == 0) {
            PoFxSetComponentLatency(fx.handle, component, wdmsim_choose(m, 2) ? 10000 : 1000000);
        } else if (held[component]) {
            held[component]--;
            PoFxIdleComponent(fx.handle, component, flags);
        } else if (wdmsim_choose(m, 4) == 0) {
            held[component]++;
            PoFxActivateComponent(fx.handle, component, flags);
        }
        fx_clear(&fx);
        if (wdmsim_choose(m, 6) == 0) {
            LARGE_INTEGER moment = {.QuadPart = -(LONGLONG)(1 + wdmsim_choose(m, 30000))};
            KeDelayExecutionThread(KernelMode, FALSE, &moment);
        }
    }
    for (ULONG component = 0; component < 4; component++)
        while (held[component]--)
            PoFxIdleComponent(fx.handle, component, PO_FX_FLAG_ASYNC_ONLY);
    left_running--;
}

static void body(void *context) {
    static ULONG providers[FX_MAX][2];
    UNREFERENCED_PARAMETER(context);
    fx_fresh(&fx, NULL);
    fx.pauses = true;
    fx.providers = uses;
    struct fx_description d = fx_describe(&fx, 4, 3);
    d.device.ComponentIdleConditionCallback = idle_sometimes_later;
    for (ULONG i = 0; i < 4; i++) {
        PPO_FX_COMPONENT_V2 c = fx_part(&d, i);
        c->Providers = providers[i];
        for (ULONG j = 0; j < 4; j++)
            if (uses[i] >> j & 1)
                c->Providers[c->ProviderCount++] = j;
    }
    fx_register(&fx, &d);
    if (wdmsim_choose(fx_machine(), 2))
        PoFxSetDeviceIdleTimeout(fx.handle, 20000);
    PoFxStartDevicePowerManagement(fx.handle);
    left_running = ACTORS;
    completed_later = 0;
    for (unsigned i = 0; i < ACTORS; i++)
        wdmsim_system_thread(fx_machine(), act, NULL, NULL);
}

static bool none_left(void *context) {
    UNREFERENCED_PARAMETER(context);
    return !left_running;
}

/* PFX-038: active and idle callbacks alternate under random schedules. */
static void pfx_038_the_rules_hold_under_random_schedules(void **state) {
    uint64_t activations[4] = {0};
    UNREFERENCED_PARAMETER(state);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct wdmsim_config config = {.processors = 1 + seed % 4,
                                       .strategy = WDMSIM_STRATEGY_RANDOM,
                                       .seed = seed,
                                       .flags = WDMSIM_CHECK_RULES};
        struct machine *m;
        assert_int_equal(wdmsim_machine_create(&config, &m), 0);
        wdmsim_fixture.machine = m;
        left_running = ACTORS;
        wdmsim_system_thread(m, body, NULL, NULL);
        int error = wdmsim_run_until(m, none_left, NULL, 3600 * WDMSIM_S);
        wdmsim_advance(m, WDMSIM_S);
        const struct wdmsim_stop *stop = wdmsim_machine_stop(m);
        if (stop)
            fail_msg("seed %u: %s: %s", (unsigned)seed, stop->name, stop->explanation);
        if (error) {
            char text[2048];
            wdmsim_show_fx(m, 0, text, sizeof text);
            fail_msg("seed %u never ends:\n%s", (unsigned)seed, text);
        }
        assert_true(completed_later > 1);
        for (ULONG i = 0; i < 4; i++) {
            struct wdmsim_fx_component component = fx_look(&fx, i);
            assert_int_equal(component.condition, WDMSIM_FX_IDLE);
            activations[i] += component.activations;
        }
        assert_int_equal(fx_look_device(&fx).power, WDMSIM_FX_POWER_NOT_REQUIRED);
        wdmsim_machine_destroy(m);
    }
    /* They were idle and active again, each of them. */
    for (ULONG i = 0; i < 4; i++)
        assert_true(activations[i] > 300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pfx_039_two_users_of_a_component),
        cmocka_unit_test(pfx_040_with_device_power),
        cmocka_unit_test(pfx_023_a_wait_for_idle_ends_when_there_is_none),
        cmocka_unit_test(pfx_035_completion_against_activation),
        cmocka_unit_test(pfx_056_activation_against_giving_power_up),
        cmocka_unit_test(pfx_103_unregistration_against_workers),
        cmocka_unit_test(pfx_038_the_rules_hold_under_random_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
