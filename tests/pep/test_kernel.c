/*
 * The routines that a plug-in is handed for interrupts and halting; core devices.
 */
#include "pep_test.h"

/* ---- ProcessorHalt ---- */

static NTSTATUS halt_status;
static ULONG halts;
static PROCESSOR_HALT_ROUTINE halt;
static NTSTATUS halt(PVOID context) {
    assert_ptr_equal(context, &halts);
    halts++;
    return halt_status;
}

#define OVERRIDE PROCESSOR_HALT_CACHE_FLUSH_OVERRIDE
#define COHERENT PROCESSOR_HALT_CACHE_COHERENT
#define RETAINED PROCESSOR_HALT_CONTEXT_RETAINED
#define NOT_SAFE PROCESSOR_HALT_RETURN_NOT_SAFE

/* PFX-109: of all combinations these three are legal, and a fourth of which there is no return. */
static void pfx_109_illegal_halt_flags_are_refused(struct machine *m) {
    static const ULONG legal[] = {OVERRIDE, OVERRIDE | RETAINED, COHERENT | RETAINED};
    ULONG expected = 0;
    (void)m;
    halts = 0;
    halt_status = STATUS_SUCCESS;
    pep_fresh();
    pep_register_plugin();
    for (ULONG flags = 0; flags < 16; flags++) {
        bool is_legal = flags == legal[0] || flags == legal[1] || flags == legal[2];
        if (flags == (OVERRIDE | NOT_SAFE))
            continue;
        NTSTATUS status = pep.kernel.ProcessorHalt(flags, &halts, halt);
        assert_int_equal(status == STATUS_INVALID_PARAMETER, !is_legal);
        expected += is_legal;
        assert_int_equal(halts, expected);
    }
    assert_int_equal(expected, 3);
    assert_int_equal(pep.kernel.ProcessorHalt(OVERRIDE | 0x80, &halts, halt),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(pep.kernel.ProcessorHalt(PROCESSOR_HALT_VIA_PSCI_CPU_SUSPEND, &halts, halt),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(pep.kernel.ProcessorHalt(COHERENT | RETAINED, &halts, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(halts, expected);
}

static void halting_calls_the_plugins_routine(struct machine *m) {
    (void)m;
    halts = 0;
    halt_status = STATUS_SUCCESS;
    pep_fresh();
    pep_register_plugin();
    assert_int_equal(pep.kernel.ProcessorHalt(COHERENT | RETAINED, &halts, halt), STATUS_SUCCESS);
    assert_int_equal(halts, 1);
    /* It came back from a state that loses the context. */
    assert_int_equal(pep.kernel.ProcessorHalt(OVERRIDE, &halts, halt), STATUS_UNSUCCESSFUL);
}

static void a_return_that_is_not_safe_is_a_bug_check(struct machine *m) {
    (void)m;
    pep_fresh();
    pep_register_plugin();
    wdmsim_expect_bugcheck(INTERNAL_POWER_ERROR);
    pep.kernel.ProcessorHalt(OVERRIDE | NOT_SAFE, &halts, halt);
}

/* ---- interrupts ---- */

static ULONG seen, interrupts;
static ULONG vectors[8];
static KIRQL seen_irql;

static PO_ENUMERATE_INTERRUPT_SOURCE_CALLBACK see_three;
static BOOLEAN see_three(PVOID context, PPEP_UNMASKED_INTERRUPT_INFORMATION information) {
    assert_ptr_equal(context, &seen);
    assert_int_equal(information->Flags.SecondaryInterrupt, 0);
    seen_irql = KeGetCurrentIrql();
    vectors[seen] = information->Gsiv;
    return ++seen < 2;
}

static BOOLEAN service(PKINTERRUPT interrupt, PVOID context) {
    (void)interrupt, (void)context;
    interrupts++;
    return TRUE;
}

static void connect(ULONG vector) {
    PKINTERRUPT interrupt;
    assert_int_equal(
        IoConnectInterrupt(&interrupt, service, NULL, NULL, vector, 5, 5, Latched, FALSE, 1, FALSE),
        STATUS_SUCCESS);
}

/* PFX-110 */
static void pfx_110_enumeration_stops_when_the_callback_says_so(struct machine *m) {
    PEP_UNMASKED_INTERRUPT_INFORMATION information = {
        .Version = PEP_UNMASKED_INTERRUPT_INFORMATION_V1, .Size = sizeof information};
    KIRQL irql;
    (void)m;
    seen = 0;
    pep_fresh();
    pep_register_plugin();
    for (ULONG i = 0; i < 4; i++)
        connect(0x50 + i);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    NTSTATUS status =
        pep.kernel.EnumerateUnmaskedInterrupts(NULL, 0, see_three, &seen, &information);
    KeLowerIrql(irql);
    assert_int_equal(status, STATUS_SUCCESS);
    assert_int_equal(seen, 2);
    assert_int_equal(seen_irql, HIGH_LEVEL);
    assert_in_range(vectors[0], 0x50, 0x53);
    assert_int_not_equal(vectors[0], vectors[1]);
    information.Size--;
    assert_int_equal(
        pep.kernel.EnumerateUnmaskedInterrupts(NULL, 0, see_three, &seen, &information),
        STATUS_INVALID_PARAMETER);
    information.Size++;
    information.Version = 9;
    assert_int_equal(
        pep.kernel.EnumerateUnmaskedInterrupts(NULL, 0, see_three, &seen, &information),
        STATUS_INVALID_PARAMETER);
}

static void a_lost_interrupt_is_replayed(struct machine *m) {
    interrupts = 0;
    pep_fresh();
    pep_register_plugin();
    connect(0x60);
    assert_int_equal(pep.kernel.RequestInterrupt(0x61), STATUS_INVALID_PARAMETER);
    assert_int_equal(pep.kernel.RequestInterrupt(0x60), STATUS_SUCCESS);
    wdmsim_settle(m);
    assert_int_equal(interrupts, 1);
}

static void unknown_requests_by_number_are_not_supported(struct machine *m) {
    (void)m;
    pep_fresh();
    pep_register_plugin();
    assert_int_equal(pep.kernel.RequestCommon(77, NULL), STATUS_NOT_SUPPORTED);
}

/* ---- core devices ---- */

static char core_log[64];
static PO_FX_COMPONENT_CRITICAL_TRANSITION_CALLBACK transition;
static VOID transition(PVOID context, ULONG component, BOOLEAN active) {
    size_t length = strlen(core_log);
    assert_ptr_equal(context, core_log);
    snprintf(core_log + length, sizeof core_log - length, "%u:%u ", (unsigned)component, active);
}

static UNICODE_STRING core_id = RTL_CONSTANT_STRING(L"HAL\\TIMER");
static struct {
    PO_FX_CORE_DEVICE device;
    PO_FX_COMPONENT_V2 second;
} core;

static void describe_core(void) {
    memset(&core, 0, sizeof core);
    core_log[0] = 0;
    core.device.Version = PO_FX_VERSION_V2;
    core.device.ComponentCount = 2;
    core.device.ComponentCriticalTransitionCallback = transition;
    core.device.DeviceContext = core_log;
    core.device.Components[0].IdleStateCount = core.second.IdleStateCount = 2;
    core.device.Components[0].IdleStates = core.second.IdleStates = fx_states;
}

static void core_devices_are_checked(struct machine *m) {
    POHANDLE handle;
    (void)m;
    pep_fresh();
    describe_core();
    core.device.ComponentCount = 0;
    assert_int_equal(PoFxRegisterCoreDevice(&core_id, &core.device, &handle),
                     STATUS_INVALID_PARAMETER);
    describe_core();
    core.device.Version = 9;
    assert_int_equal(PoFxRegisterCoreDevice(&core_id, &core.device, &handle),
                     STATUS_INVALID_PARAMETER);
    describe_core();
    core.device.ComponentCriticalTransitionCallback = NULL;
    assert_int_equal(PoFxRegisterCoreDevice(&core_id, &core.device, &handle),
                     STATUS_INVALID_PARAMETER);
    describe_core();
    assert_int_equal(PoFxRegisterCoreDevice(&core_id, &core.device, &handle), STATUS_SUCCESS);
    assert_non_null(handle);
}

static void begin_core(POHANDLE *handle) {
    pep_fresh();
    pep_register_plugin();
    describe_core();
    assert_int_equal(PoFxRegisterCoreDevice(&core_id, &core.device, handle), STATUS_SUCCESS);
}

static void a_plugin_makes_core_components_idle_and_active(struct machine *m) {
    POHANDLE handle;
    KIRQL irql;
    (void)m;
    begin_core(&handle);
    fx_expect_now("REGISTER "); /* and no PREPARE */
    assert_ptr_equal(handle, pep.device);
    assert_int_equal(pep.components, 2);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    pep.kernel.TransitionCriticalResource(handle, 1, FALSE);
    pep.kernel.TransitionCriticalResource(handle, 0, FALSE);
    pep.kernel.TransitionCriticalResource(handle, 1, TRUE);
    KeLowerIrql(irql);
    assert_string_equal(core_log, "1:0 0:0 1:1 ");
}

static void repeating_a_condition_is_a_bug_check(struct machine *m) {
    POHANDLE handle;
    (void)m;
    begin_core(&handle);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x606, -1, 1, 1);
    pep.kernel.TransitionCriticalResource(handle, 0, TRUE);
}

static void a_transition_of_another_component_is_a_bug_check(struct machine *m) {
    POHANDLE handle;
    (void)m;
    begin_core(&handle);
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x611, -1, (int64_t)(ULONG_PTR)handle, 2);
    pep.kernel.TransitionCriticalResource(handle, 2, FALSE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pfx_109_illegal_halt_flags_are_refused),
        wdmsim_unit_test(halting_calls_the_plugins_routine),
        wdmsim_unit_test(a_return_that_is_not_safe_is_a_bug_check),
        wdmsim_unit_test(pfx_110_enumeration_stops_when_the_callback_says_so),
        wdmsim_unit_test(a_lost_interrupt_is_replayed),
        wdmsim_unit_test(unknown_requests_by_number_are_not_supported),
        wdmsim_unit_test(core_devices_are_checked),
        wdmsim_unit_test(a_plugin_makes_core_components_idle_and_active),
        fx_unit_test(repeating_a_condition_is_a_bug_check),
        fx_unit_test(a_transition_of_another_component_is_a_bug_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
