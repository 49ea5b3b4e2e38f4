/* Floating-point and extended processor state: saved, fresh for the caller, restored; per thread,
 * properly nested. */
#include "../threads.h"

/* The control register with the rounding mode, as the processor has it. */
#if defined(__x86_64__)
#define ROUNDING_SHIFT 13
enum { TO_NEAREST = 0, UPWARD = 2, TOWARD_ZERO = 3 };

static ULONG read_control(void) {
    ULONG value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

static void write_control(ULONG value) { __asm__ volatile("ldmxcsr %0" : : "m"(value)); }
#elif defined(__aarch64__)
#define ROUNDING_SHIFT 22
enum { TO_NEAREST = 0, UPWARD = 1, TOWARD_ZERO = 3 };

static ULONG read_control(void) {
    ULONG64 value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return (ULONG)value;
}

static void write_control(ULONG value) { __asm__ volatile("msr fpcr, %0" : : "r"((ULONG64)value)); }
#endif

static ULONG rounding(void) { return read_control() >> ROUNDING_SHIFT & 3; }

static void set_rounding(ULONG mode) {
    write_control((read_control() & ~(3u << ROUNDING_SHIFT)) | mode << ROUNDING_SHIFT);
}

/* True if one third is rounded upward: read through the processor, not the compiler. */
static bool rounds_up(void) {
    volatile float one = 1, three = 3;
    volatile float third = one / three;
    return third * 3.0 > 1.0;
}

static void a_save_gives_a_fresh_context_and_a_restore_the_old_one(struct machine *m) {
    KFLOATING_SAVE save;
    (void)m;
    set_rounding(UPWARD);
    assert_int_equal(rounding(), UPWARD);
    assert_int_equal(KeSaveFloatingPointState(&save), STATUS_SUCCESS);
    assert_int_equal(rounding(), TO_NEAREST);
    set_rounding(TOWARD_ZERO);
    assert_int_equal(KeRestoreFloatingPointState(&save), STATUS_SUCCESS);
    assert_int_equal(rounding(), UPWARD);
    set_rounding(TO_NEAREST);
}

static KEVENT go;
static ULONG rounding_of_the_other;

static VOID look(PVOID context) {
    (void)context;
    rounding_of_the_other = rounding();
    KeSetEvent(&go, IO_NO_INCREMENT, FALSE);
}

static void a_thread_switch_keeps_the_context(struct machine *m) {
    KFLOATING_SAVE save;
    (void)m;
    KeInitializeEvent(&go, NotificationEvent, FALSE);
    KeSaveFloatingPointState(&save);
    set_rounding(UPWARD);
    PVOID thread = thread_start(look, NULL);
    KeWaitForSingleObject(&go, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(rounding_of_the_other, TO_NEAREST);
    assert_int_equal(rounding(), UPWARD);
    KeRestoreFloatingPointState(&save);
    assert_int_equal(rounding(), TO_NEAREST);
    thread_join(thread);
}

static void a_restore_without_a_save_is_a_violation(struct machine *m) {
    KFLOATING_SAVE save = {0};
    (void)m;
    wdmsim_expect_bugcheck(INVALID_FLOATING_POINT_STATE);
    KeRestoreFloatingPointState(&save);
}

static void extended_states_nest(struct machine *m) {
    XSTATE_SAVE outer, inner;
    (void)m;
    assert_int_equal(KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY, &outer), STATUS_SUCCESS);
    set_rounding(UPWARD);
    assert_true(rounds_up());
    assert_int_equal(KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY, &inner), STATUS_SUCCESS);
    assert_ptr_equal(inner.Prev, &outer);
    set_rounding(TOWARD_ZERO);
    KeRestoreExtendedProcessorState(&inner);
    assert_int_equal(rounding(), UPWARD);
    KeRestoreExtendedProcessorState(&outer);
    assert_int_equal(rounding(), TO_NEAREST);
}

#if defined(__x86_64__)
#define FLUSH_TO_ZERO 0x8000u

static void only_the_named_state_is_restored(struct machine *m) {
    XSTATE_SAVE save;
    ULONG sse = read_control() | FLUSH_TO_ZERO;
    USHORT x87, other = 0x0f7f; /* rounds toward zero */
    (void)m;
    assert_int_equal(KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY_SSE, &save), STATUS_SUCCESS);
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(sse), "m"(other));
    KeRestoreExtendedProcessorState(&save);
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    assert_int_equal(read_control() & FLUSH_TO_ZERO, 0);
    assert_int_equal(x87, other);
}

static void the_registers_come_back(struct machine *m) {
    static const ULONG64 pattern[2] = {0x0123456789abcdef, 0xfedcba9876543210};
    XSTATE_SAVE save;
    (void)m;
    __asm__ volatile("movups %0, %%xmm13" : : "m"(pattern) : "xmm13");
    assert_int_equal(KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY, &save), STATUS_SUCCESS);
    const M128A *saved = &save.XStateContext.Area->LegacyState.XmmRegisters[13];
    assert_memory_equal(saved, pattern, sizeof pattern);
    KeRestoreExtendedProcessorState(&save);
}
#endif

static void features_that_are_not_enabled_are_refused(struct machine *m) {
    XSTATE_SAVE save;
    (void)m;
    assert_int_equal(RtlGetEnabledExtendedFeatures(XSTATE_MASK_GSSE), 0);
    assert_int_equal(KeSaveExtendedProcessorState(XSTATE_MASK_GSSE, &save), STATUS_NOT_SUPPORTED);
}

static void a_restore_at_another_irql_is_a_violation(struct machine *m) {
    XSTATE_SAVE save;
    KIRQL irql;
    (void)m;
    KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY, &save);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    wdmsim_expect_bugcheck(INVALID_FLOATING_POINT_STATE);
    KeRestoreExtendedProcessorState(&save);
}

static void a_restore_out_of_order_is_a_violation(struct machine *m) {
    XSTATE_SAVE outer, inner;
    (void)m;
    KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY, &outer);
    KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY, &inner);
    wdmsim_expect_bugcheck(INVALID_FLOATING_POINT_STATE);
    KeRestoreExtendedProcessorState(&outer);
}

static void a_plain_restore_at_another_irql_is_a_violation(struct machine *m) {
    KFLOATING_SAVE save;
    KIRQL irql;
    (void)m;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeSaveFloatingPointState(&save);
    KeRestoreFloatingPointState(&save); /* at its own it is none */
    KeSaveFloatingPointState(&save);
    KeLowerIrql(irql);
    wdmsim_expect_bugcheck(INVALID_FLOATING_POINT_STATE);
    KeRestoreFloatingPointState(&save);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_save_gives_a_fresh_context_and_a_restore_the_old_one),
        wdmsim_unit_test(a_thread_switch_keeps_the_context),
        wdmsim_unit_test(a_restore_without_a_save_is_a_violation),
        wdmsim_unit_test(extended_states_nest),
#if defined(__x86_64__)
        wdmsim_unit_test(only_the_named_state_is_restored),
        wdmsim_unit_test(the_registers_come_back),
#endif
        wdmsim_unit_test(features_that_are_not_enabled_are_refused),
        wdmsim_unit_test(a_restore_at_another_irql_is_a_violation),
        wdmsim_unit_test(a_restore_out_of_order_is_a_violation),
        wdmsim_unit_test(a_plain_restore_at_another_irql_is_a_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
