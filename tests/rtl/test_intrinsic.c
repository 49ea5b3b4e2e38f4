/* Check the compiler's intrinsics: time stamps, CR8, CPUID and others that the machine answers;
 * strings of elements, shifts, exchanges. */
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

static void other_machine_registers_are_privileged(struct machine *m) {
    NTSTATUS status = STATUS_SUCCESS;
    (void)m;
    __try {
        __readmsr(0x1B);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_PRIVILEGED_INSTRUCTION);
    wdmsim_expect_bugcheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED);
    __writemsr(0x1B, 0);
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

static void strings_of_elements_move_upwards(struct machine *m) {
    (void)m;
    UCHAR bytes[] = "abcdef";
    USHORT words[4] = {1, 2, 3, 4};
    ULONG numbers[4] = {0};
    ULONG64 large[3] = {0};
    __movsb(bytes + 1, bytes, 4); /* repeats what it has written */
    assert_memory_equal(bytes, "aaaaaf", 6);
    __movsw(words, words + 2, 2);
    assert_int_equal(words[0] + words[1] * 16 + words[2] * 256, 0x343);
    __stosd(numbers + 1, 0x12345678, 2);
    __movsd(numbers + 3, numbers + 2, 1);
    assert_int_equal(numbers[0], 0);
    assert_int_equal(numbers[3], 0x12345678);
    __stosq(large, 0x1122334455667788, 2);
    __movsq(large + 2, large + 1, 1);
    assert_true(large[2] == 0x1122334455667788);
    __stosw(words, 9, 4);
    __stosb(bytes, 'z', 5);
    assert_int_equal(words[3], 9);
    assert_memory_equal(bytes, "zzzzzf", 6);
}

static void bits_are_shifted_and_counted(struct machine *m) {
    (void)m;
    char small = 127;
    assert_true(__shiftleft128(0x8000000000000001, 0x10, 4) == 0x108);
    assert_true(__shiftright128(0x10, 0x3, 4) == 0x3000000000000001);
    assert_true(__shiftleft128(1, 2, 64) == 2 && __shiftright128(1, 2, 64) == 1);
    assert_true(__ll_rshift(-16, 66) == -4 && __ull_rshift(16, 66) == 4 && __ll_lshift(1, 65) == 2);
    assert_int_equal(__popcnt16(0x1F00F), 8);
    assert_int_equal(_InterlockedExchangeAdd8(&small, 1), 127);
    assert_int_equal(small, -128);
    __wbinvd();
}

static void what_is_undefined_is_a_fault(struct machine *m) {
    (void)m;
    NTSTATUS status = 0;
    __try {
        __ud2();
    } __except (status = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    assert_int_equal((ULONG)status, (ULONG)STATUS_ILLEGAL_INSTRUCTION);
}

int main(void) {
    static const struct wdmsim_config two = {.processors = 2, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_time_stamp_grows_with_the_clock),
        wdmsim_unit_test(a_loop_on_the_time_stamp_ends),
        wdmsim_unit_test(cr8_is_the_irql),
        wdmsim_unit_test(cpuid_describes_the_same_processor_everywhere),
        wdmsim_unit_test(strings_of_elements_move_upwards),
        wdmsim_unit_test(bits_are_shifted_and_counted),
        wdmsim_unit_test(what_is_undefined_is_a_fault),
        wdmsim_unit_test(a_16_byte_exchange_compares_first),
        wdmsim_unit_test(other_machine_registers_are_privileged),
        wdmsim_unit_test_on(yielding_lets_another_processor_move, &two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
