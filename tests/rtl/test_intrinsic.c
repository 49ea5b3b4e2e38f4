/* Check the compiler's intrinsics that the machine answers: time stamps, CR8, CPUID, 16-byte
 * exchange. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static void the_time_stamp_grows_with_the_clock(struct machine *m) {
    ULONG aux = 77;
    ULONG64 first = __rdtsc(), second = __rdtsc();
    assert_true(second > first);
    KeStallExecutionProcessor(10);
    assert_true(ReadTimeStampCounter() >= second + 10000);
    uint64_t before = wdmsim_time(m);
    assert_true(__rdtscp(&aux) > before);
    assert_int_equal(aux, 0);
}

static void a_loop_on_the_time_stamp_ends(struct machine *m) {
    (void)m;
    ULONG64 end = __rdtsc() + 100000;
    ULONG turns = 0;
    while (__rdtsc() < end)
        turns++;
    assert_true(turns > 100);
}

static void cr8_is_the_irql(struct machine *m) {
    (void)m;
    KIRQL irql;
    assert_int_equal(__readcr8(), PASSIVE_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(__readcr8(), DISPATCH_LEVEL);
    __writecr8(5);
    assert_int_equal(KeGetCurrentIrql(), 5);
    __writecr8(irql);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void cpuid_describes_the_same_processor_everywhere(struct machine *m) {
    (void)m;
    int info[4];
    char vendor[13] = {0};
    __cpuid(info, 0);
    memcpy(vendor, &info[1], 4);
    memcpy(vendor + 4, &info[3], 4);
    memcpy(vendor + 8, &info[2], 4);
    assert_string_equal(vendor, "WdmsimSimCPU");
    __cpuid(info, 1);
    assert_true((ULONG)info[2] >> 31); /* a hypervisor is present */
    __cpuid(info, 77);
    assert_int_equal(info[0], 0);
}

static void a_16_byte_exchange_compares_first(struct machine *m) {
    (void)m;
    DECLSPEC_ALIGN(16) LONG64 value[2] = {1, 2};
    LONG64 comparand[2] = {1, 3};
    assert_false(InterlockedCompareExchange128(value, 20, 10, comparand));
    assert_true(value[0] == 1 && comparand[1] == 2);
    assert_true(InterlockedCompareExchange128(value, 20, 10, comparand));
    assert_true(value[0] == 10 && value[1] == 20);
}

static void other_machine_registers_are_a_bug_check(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(KMODE_EXCEPTION_NOT_HANDLED);
    __readmsr(0x1B);
}

static void yielding_lets_another_processor_move(struct machine *m);

static volatile LONG flag;
static VOID NTAPI set_flag(PVOID context) {
    (void)context;
    flag = 1;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void yielding_lets_another_processor_move(struct machine *m) {
    (void)m;
    HANDLE thread;
    flag = 0;
    assert_int_equal(
        PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, set_flag, NULL),
        STATUS_SUCCESS);
    for (int i = 0; i < 1000 && !flag; i++)
        YieldProcessor();
    assert_int_equal(flag, 1);
    ZwClose(thread);
}

int main(void) {
    static const struct wdmsim_config two = {.processors = 2, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_time_stamp_grows_with_the_clock),
        wdmsim_unit_test(a_loop_on_the_time_stamp_ends),
        wdmsim_unit_test(cr8_is_the_irql),
        wdmsim_unit_test(cpuid_describes_the_same_processor_everywhere),
        wdmsim_unit_test(a_16_byte_exchange_compares_first),
        wdmsim_unit_test(other_machine_registers_are_a_bug_check),
        wdmsim_unit_test_on(yielding_lets_another_processor_move, &two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
