/* Check the limits of a thread's stack, calls with promised room on it, and back traces. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static void limits_enclose_automatic_variables(struct machine *m) {
    (void)m;
    ULONG_PTR low, high, here = (ULONG_PTR)&low;
    IoGetStackLimits(&low, &high);
    assert_true(low < here && here < high);
    assert_ptr_equal(IoGetInitialStack(), (PVOID)high);
    ULONG_PTR left = IoGetRemainingStackSize();
    assert_true(left > 0 && left < here - low + 1024 && left < high - low);
}

static void regions_are_on_the_stack_or_not(struct machine *m) {
    (void)m;
    ULONG_PTR low, high;
    static char elsewhere[16];
    IoGetStackLimits(&low, &high);
    assert_true(IoWithinStackLimits(low, high - low));
    assert_false(IoWithinStackLimits(low, high - low + 1));
    assert_false(IoWithinStackLimits(low - 1, 2));
    assert_false(IoWithinStackLimits((ULONG_PTR)elsewhere, sizeof elsewhere));
    assert_false(IoWithinStackLimits(high - 8, (SIZE_T)-1));
}

static VOID NTAPI callout(PVOID parameter) { *(ULONG_PTR *)parameter = IoGetRemainingStackSize(); }

static void a_call_has_the_room_it_asked_for(struct machine *m) {
    (void)m;
    ULONG_PTR left = 0;
    assert_int_equal(KeExpandKernelStackAndCallout(callout, &left, 0x4000), STATUS_SUCCESS);
    assert_true(left >= 0x4000);
    left = 0;
    assert_int_equal(KeExpandKernelStackAndCalloutEx(callout, &left, 0x1000, TRUE, NULL), 0);
    assert_true(left >= 0x1000);
}

static void a_call_that_does_not_fit_is_not_made(struct machine *m) {
    (void)m;
    ULONG_PTR left = 0;
    KIRQL irql;
    assert_int_equal(KeExpandKernelStackAndCallout(callout, &left, 0x100000),
                     STATUS_INVALID_PARAMETER_3);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NTSTATUS waiting = KeExpandKernelStackAndCalloutEx(callout, &left, 0x100, TRUE, NULL);
    assert_int_equal(left, 0);
    NTSTATUS at_once = KeExpandKernelStackAndCalloutEx(callout, &left, 0x100, FALSE, NULL);
    KeLowerIrql(irql);
    assert_int_equal(waiting, STATUS_INVALID_PARAMETER_4);
    assert_int_equal(at_once, STATUS_SUCCESS);
}

struct trace {
    PVOID frames[16];
    USHORT count;
    ULONG hash;
};

static DECLSPEC_NOINLINE void inner(struct trace *trace, ULONG skip, ULONG count) {
    trace->count = RtlCaptureStackBackTrace(skip, count, trace->frames, &trace->hash);
}

/* Called through pointers that the compiler cannot follow, so that the functions exist as written.
 */
static void (*volatile inner_function)(struct trace *, ULONG, ULONG) = inner;

static DECLSPEC_NOINLINE void outer_body(struct trace *trace, ULONG skip, ULONG count) {
    inner_function(trace, skip, count);
    __asm__ volatile("");
}

static void (*volatile outer)(struct trace *, ULONG, ULONG) = outer_body;

static void a_back_trace_names_the_callers(struct machine *m) {
    (void)m;
    struct trace traces[2], skipped;
    for (int i = 0; i < 2; i++)
        outer(&traces[i], 0, 16);
    outer(&skipped, 1, 16);
    assert_true(traces[0].count >= 3);
    assert_int_equal(traces[0].count, traces[1].count);
    assert_true((ULONG_PTR)traces[0].frames[0] - (ULONG_PTR)inner_function < 256);
    assert_true((ULONG_PTR)traces[0].frames[1] - (ULONG_PTR)outer < 256);
    assert_ptr_equal(skipped.frames[0], traces[0].frames[1]);
    assert_int_equal(skipped.count, traces[0].count - 1);
    outer(&skipped, 0, 2);
    assert_int_equal(skipped.count, 2);
    outer(&traces[1], 0, 2);
    assert_int_equal(traces[1].hash,
                     (ULONG)((ULONG_PTR)traces[1].frames[0] + (ULONG_PTR)traces[1].frames[1]));
    outer(&skipped, 1000, 2);
    assert_int_equal(skipped.count, 0);
}

static DECLSPEC_NOINLINE void asked(PVOID *caller, PVOID *callers_caller) {
    RtlGetCallersAddress(caller, callers_caller);
    __asm__ volatile("");
}

static void (*volatile asked_function)(PVOID *, PVOID *) = asked;

static DECLSPEC_NOINLINE void asking_body(PVOID *caller, PVOID *callers_caller) {
    asked_function(caller, callers_caller);
    __asm__ volatile("");
}

static void (*volatile asking)(PVOID *, PVOID *) = asking_body;

static void a_routine_learns_who_called_it(struct machine *m) {
    (void)m;
    PVOID caller = NULL, callers_caller = NULL;
    asking(&caller, &callers_caller);
    assert_true((ULONG_PTR)caller - (ULONG_PTR)asking < 256);
    assert_true((ULONG_PTR)callers_caller - (ULONG_PTR)a_routine_learns_who_called_it < 1024);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(limits_enclose_automatic_variables),
        wdmsim_unit_test(regions_are_on_the_stack_or_not),
        wdmsim_unit_test(a_call_has_the_room_it_asked_for),
        wdmsim_unit_test(a_call_that_does_not_fit_is_not_made),
        wdmsim_unit_test(a_back_trace_names_the_callers),
        wdmsim_unit_test(a_routine_learns_who_called_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
