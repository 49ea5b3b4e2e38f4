/* Clocks: their units, that they go on, and that polling them ends. */
#include "../threads.h"

static void clocks_agree_about_an_hour(struct machine *m) {
    LARGE_INTEGER system[2], ticks[2], counter[2], frequency;
    ULONGLONG interrupt[2], stamp;
    for (int i = 0; i < 2; i++) {
        KeQuerySystemTime(&system[i]);
        KeQueryTickCount(&ticks[i]);
        counter[i] = KeQueryPerformanceCounter(&frequency);
        interrupt[i] = KeQueryInterruptTimePrecise(&stamp);
        if (i == 0)
            wdmsim_advance(m, 3600 * WDMSIM_S);
    }
    assert_in_range(system[1].QuadPart - system[0].QuadPart, 36000000000ll, 36000000100ll);
    assert_in_range(interrupt[1] - interrupt[0], 36000000000ull, 36000000100ull);
    assert_in_range((ticks[1].QuadPart - ticks[0].QuadPart) * KeQueryTimeIncrement(), 35999000000ll,
                    36001000000ll);
    assert_in_range((counter[1].QuadPart - counter[0].QuadPart) / frequency.QuadPart, 3600, 3600);
}

static void a_stall_takes_its_time(struct machine *m) {
    uint64_t start = wdmsim_time(m);
    KeStallExecutionProcessor(50);
    assert_int_equal(wdmsim_time(m) - start, 50 * WDMSIM_US);
}

static void polling_a_clock_ends(struct machine *m) {
    ULONGLONG start = KeQueryInterruptTime();
    LARGE_INTEGER first, now;
    (void)m;
    while (KeQueryInterruptTime() - start < 10000)
        ;
    KeQueryTickCount(&first);
    do
        KeQueryTickCount(&now);
    while (now.QuadPart == first.QuadPart);
}

static void the_machine_starts_when_it_is_told(struct machine *m) {
    LARGE_INTEGER now;
    TIME_FIELDS fields;
    (void)m;
    KeQuerySystemTime(&now);
    RtlTimeToTimeFields(&now, &fields);
    assert_int_equal(fields.Year, 2026);
    assert_int_equal(fields.Month, 1);
    assert_int_equal(fields.Day, 1);
}

static void precise_and_unbiased_clocks_run_alike(struct machine *m) {
    LARGE_INTEGER first, second;
    (void)m;
    KeQuerySystemTimePrecise(&first);
    ULONGLONG unbiased = KeQueryUnbiasedInterruptTime();
    KeStallExecutionProcessor(2000000);
    KeQuerySystemTimePrecise(&second);
    assert_in_range(second.QuadPart - first.QuadPart, 20000000, 20001000);
    assert_in_range(KeQueryUnbiasedInterruptTime() - unbiased, 20000000, 20001000);
}

static void there_is_no_auxiliary_counter(struct machine *m) {
    ULONG64 frequency = 7, converted = 7, error = 7;
    (void)m;
    assert_int_equal(KeQueryAuxiliaryCounterFrequency(&frequency), STATUS_NOT_SUPPORTED);
    assert_int_equal(KeConvertAuxiliaryCounterToPerformanceCounter(1, &converted, &error),
                     STATUS_NOT_SUPPORTED);
    assert_int_equal(KeConvertPerformanceCounterToAuxiliaryCounter(1, &converted, &error),
                     STATUS_NOT_SUPPORTED);
    assert_int_equal(frequency, 7);
    assert_int_equal(converted, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(clocks_agree_about_an_hour),
        wdmsim_unit_test(a_stall_takes_its_time),
        wdmsim_unit_test(polling_a_clock_ends),
        wdmsim_unit_test(the_machine_starts_when_it_is_told),
        wdmsim_unit_test(precise_and_unbiased_clocks_run_alike),
        wdmsim_unit_test(there_is_no_auxiliary_counter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
