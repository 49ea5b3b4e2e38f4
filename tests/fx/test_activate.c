/* Activation counts, and on whose stack callbacks run. */
#include "fx_test.h"

static void pfx_019_an_active_component_is_activated_in_silence(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("S0:0 A0 ");
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    assert_int_equal(fx_look(&fx, 0).references, 4);
    fx_expect("");
}

static void pfx_020_two_activations_and_one_idle_leave_it_active(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxActivateComponent(fx.handle, 0, 0);
    fx_expect("S0:0 A0 ");
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("");
    assert_int_equal(fx_look(&fx, 0).condition, WDMSIM_FX_ACTIVE);
    assert_int_equal(fx_look(&fx, 0).own_references, 1);
}

static void pfx_021_the_last_idle_makes_one_idle_callback(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxActivateComponent(fx.handle, 0, 0);
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("A0 ");
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("I0 ");
}

static void pfx_022_a_blocking_activation_calls_back_on_the_callers_thread(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 3);
    fx.depth++;
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx.depth--;
    assert_ptr_equal(fx.thread, KeGetCurrentThread());
    assert_true(fx.nested);
    fx_expect_now("S0:0 A0 ");
}

/* The state is completed by somebody else: the caller still makes the callback that follows. */
static VOID complete_later(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    PoFxCompleteIdleState(fx.handle, (ULONG)(ULONG_PTR)context);
}

static void pfx_022_even_if_the_state_is_completed_elsewhere(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    KTIMER timer;
    KDPC dpc;
    LARGE_INTEGER due = {.QuadPart = -50000};
    fx_begin_on(1, 3);
    fx.hold_state = true;
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, complete_later, (PVOID)0);
    KeSetTimer(&timer, due, &dpc);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_ptr_equal(fx.thread, KeGetCurrentThread());
    fx_expect_now("S0:0 A0 ");
}

static void pfx_023_a_blocking_idle_calls_back_on_the_callers_thread(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx_clear(&fx);
    fx.thread = NULL;
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    assert_ptr_equal(fx.thread, KeGetCurrentThread());
    fx_expect_now("I0 ");
}

static KEVENT idler_holds, others_do_not;
static bool idler_returned;

static VOID idler(PVOID context) {
    UNREFERENCED_PARAMETER(context);
    PoFxActivateComponent(fx.handle, 0, 0);
    KeSetEvent(&idler_holds, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&others_do_not, Executive, KernelMode, FALSE, NULL);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    idler_returned = true;
}

static void use_again_before_it_is_seen(ULONG component) {
    LARGE_INTEGER moment = {.QuadPart = -1};
    fx.on_active = NULL;
    wdmsim_system_thread(fx_machine(), idler, NULL, NULL);
    KeWaitForSingleObject(&idler_holds, Executive, KernelMode, FALSE, NULL);
    PoFxIdleComponent(fx.handle, component, 0);
    KeSetEvent(&others_do_not, IO_NO_INCREMENT, FALSE);
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    assert_int_equal(fx_look(&fx, component).references, 0);
    PoFxActivateComponent(fx.handle, component, 0);
    PoFxIdleComponent(fx.handle, component, PO_FX_FLAG_ASYNC_ONLY);
    PoFxActivateComponent(fx.handle, component, 0);
}

/* Its count was zero, but in another's callback, and is not when that returns: no idle callback. */
static void pfx_023_a_blocking_idle_ends_when_none_comes(struct machine *m) {
    fx_begin_on(1, 1);
    KeInitializeEvent(&idler_holds, NotificationEvent, FALSE);
    KeInitializeEvent(&others_do_not, NotificationEvent, FALSE);
    idler_returned = false;
    fx.on_active = use_again_before_it_is_seen;
    PoFxActivateComponent(fx.handle, 0, 0);
    wdmsim_settle(m);
    assert_true(idler_returned);
    fx_expect("A0 ");
}

/* Activated and idled within a change of the state, it has been idle all the time. */
static void pfx_023_a_blocking_idle_waits_for_no_state_change(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 2);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx.hold_state = true;
    PoFxIdleComponent(fx.handle, 0, 0);
    fx_expect("S0:0 A0 I0 S0:1 ");
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY);
    PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx_expect("");
    PoFxCompleteIdleState(fx.handle, 0);
    fx_expect("");
}

static void pfx_024_asynchronous_callbacks_never_use_the_callers_stack(struct machine *m) {
    fx_begin_on(1, 3);
    FX_NOT_INSIDE(PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY));
    wdmsim_settle(m);
    assert_ptr_not_equal(fx.thread, KeGetCurrentThread());
    fx_expect("S0:0 A0 ");
    FX_NOT_INSIDE(PoFxIdleComponent(fx.handle, 0, PO_FX_FLAG_ASYNC_ONLY));
    wdmsim_settle(m);
    assert_ptr_not_equal(fx.thread, KeGetCurrentThread());
    fx_expect("I0 S0:2 ");
}

/* Asked for in a callback of the same component: the active callback comes off this thread, too. */
static void activate_asynchronously(ULONG component) {
    fx.on_idle = NULL;
    PoFxActivateComponent(fx.handle, component, PO_FX_FLAG_ASYNC_ONLY);
}

static void pfx_024_not_even_from_inside_a_callback(struct machine *m) {
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, PO_FX_FLAG_BLOCKING);
    fx_clear(&fx);
    fx.on_idle = activate_asynchronously;
    PoFxIdleComponent(fx.handle, 0, 0);
    wdmsim_settle(m);
    assert_ptr_not_equal(fx.thread, KeGetCurrentThread());
    fx_expect("I0 A0 ");
}

static void without_flags_callbacks_come_at_the_callers_irql(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    KIRQL irql;
    fx_begin_on(1, 3);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    PoFxActivateComponent(fx.handle, 0, 0);
    assert_int_equal(fx.irql, DISPATCH_LEVEL);
    fx_expect_now("S0:0 A0 ");
    PoFxIdleComponent(fx.handle, 0, 0);
    KeLowerIrql(irql);
    fx_expect("I0 S0:2 ");
    PoFxActivateComponent(fx.handle, 0, 0);
    assert_int_equal(fx.irql, PASSIVE_LEVEL);
}

static unsigned workers_only(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    UNREFERENCED_PARAMETER(context);
    return kind == WDMSIM_CHOICE_POWER ? n - 1 : 0;
}

static void by_choice_they_come_from_a_worker_at_dispatch_level(struct machine *m) {
    fx_begin_on(1, 3);
    wdmsim_set_chooser(m, workers_only, NULL);
    FX_NOT_INSIDE(PoFxActivateComponent(fx.handle, 0, 0));
    wdmsim_settle(m);
    assert_ptr_not_equal(fx.thread, KeGetCurrentThread());
    assert_int_equal(fx.irql, DISPATCH_LEVEL);
    fx_expect("S0:0 A0 ");
}

static void raise_irql(ULONG component) {
    KIRQL irql;
    UNREFERENCED_PARAMETER(component);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
}

static void a_callback_returns_at_the_irql_it_was_called_at(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    fx.on_active = raise_irql;
    wdmsim_expect_bugcheck(IRQL_UNEXPECTED_VALUE);
    PoFxActivateComponent(fx.handle, 0, 0);
}

static void unknown_flags_are_reported(struct machine *m) {
    UNREFERENCED_PARAMETER(m);
    fx_begin_on(1, 1);
    PoFxActivateComponent(fx.handle, 0, 0x10);
    fx_expect("A0 ");
    assert_int_equal(fx_reports("unknown flags 0x10"), 1);
}

int main(void) {
    static const struct wdmsim_config choosing = {
        .processors = 1, .strategy = WDMSIM_STRATEGY_ASK, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        fx_unit_test(pfx_019_an_active_component_is_activated_in_silence),
        fx_unit_test(pfx_020_two_activations_and_one_idle_leave_it_active),
        fx_unit_test(pfx_021_the_last_idle_makes_one_idle_callback),
        fx_unit_test(pfx_022_a_blocking_activation_calls_back_on_the_callers_thread),
        fx_unit_test(pfx_022_even_if_the_state_is_completed_elsewhere),
        fx_unit_test(pfx_023_a_blocking_idle_calls_back_on_the_callers_thread),
        fx_unit_test(pfx_023_a_blocking_idle_ends_when_none_comes),
        fx_unit_test(pfx_023_a_blocking_idle_waits_for_no_state_change),
        fx_unit_test(pfx_024_asynchronous_callbacks_never_use_the_callers_stack),
        fx_unit_test(pfx_024_not_even_from_inside_a_callback),
        fx_unit_test(without_flags_callbacks_come_at_the_callers_irql),
        wdmsim_unit_test_on(by_choice_they_come_from_a_worker_at_dispatch_level, &choosing),
        fx_unit_test(a_callback_returns_at_the_irql_it_was_called_at),
        fx_unit_test(unknown_flags_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
