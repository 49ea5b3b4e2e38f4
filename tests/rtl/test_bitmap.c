/* Check bitmaps against a plain array of booleans: ranges, searches, runs, counts. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

#define BITS 150u
static ULONG words[(BITS + 31) / 32 + 1];
static RTL_BITMAP map;
static BOOLEAN model[BITS];

static void start(void) {
    memset(words, 0xA5, sizeof words);
    memset(model, 0, sizeof model);
    RtlInitializeBitMap(&map, words, BITS);
    RtlClearAllBits(&map);
}

static void change(ULONG from, ULONG count, BOOLEAN set) {
    if (set)
        RtlSetBits(&map, from, count);
    else
        RtlClearBits(&map, from, count);
    memset(model + from, set, count);
}

static void check(void) {
    ULONG set = 0;
    for (ULONG i = 0; i < BITS; i++) {
        assert_int_equal(RtlTestBit(&map, i), model[i]);
        assert_int_equal(RtlCheckBit(&map, i), model[i]);
        set += model[i];
    }
    assert_int_equal(RtlNumberOfSetBits(&map), set);
    assert_int_equal(RtlNumberOfClearBits(&map), BITS - set);
    assert_int_equal(words[(BITS + 31) / 32], 0xA5A5A5A5);
}

static void ranges_change_their_bits_alone(struct machine *m) {
    (void)m;
    ULONG seed = 1;
    start();
    for (int i = 0; i < 400; i++) {
        ULONG from = RtlRandomEx(&seed) % BITS, count = RtlRandomEx(&seed) % (BITS - from + 1);
        change(from, count, i & 1);
        if (i % 16 == 0)
            check();
    }
    RtlSetAllBits(&map);
    memset(model, 1, sizeof model);
    check();
    RtlClearBit(&map, 33);
    model[33] = FALSE;
    check();
    RtlSetBit(&map, 33);
    assert_true(RtlTestBit(&map, 33));
}

static void a_range_beyond_the_end_is_cut(struct machine *m) {
    (void)m;
    start();
    RtlSetBits(&map, BITS - 2, 0xFFFFFFFF);
    memset(model + BITS - 2, 1, 2);
    RtlSetBits(&map, BITS, 5);
    check();
}

static void questions_about_ranges(struct machine *m) {
    (void)m;
    start();
    change(30, 40, TRUE);
    assert_true(RtlAreBitsSet(&map, 30, 40));
    assert_false(RtlAreBitsSet(&map, 29, 2));
    assert_true(RtlAreBitsClear(&map, 0, 30));
    assert_false(RtlAreBitsClear(&map, 0, 31));
    assert_true(RtlAreBitsClear(&map, 70, BITS - 70));
    assert_false(RtlAreBitsClear(&map, 70, BITS - 69));
    assert_false(RtlAreBitsClear(&map, 0, 0));
    assert_false(RtlAreBitsClear(&map, BITS, 1));
    assert_false(RtlAreBitsSet(&map, 0xFFFFFFFF, 2));
}

static void searching_starts_at_the_hint_and_wraps(struct machine *m) {
    (void)m;
    start();
    change(0, BITS, TRUE);
    change(10, 4, FALSE);
    change(40, 30, FALSE);
    assert_int_equal(RtlFindClearBits(&map, 3, 0), 10);
    assert_int_equal(RtlFindClearBits(&map, 5, 0), 40);
    assert_int_equal(RtlFindClearBits(&map, 5, 50), 50);
    assert_int_equal(RtlFindClearBits(&map, 25, 50), 40);
    assert_int_equal(RtlFindClearBits(&map, 4, 100), 10);
    assert_int_equal(RtlFindClearBits(&map, 31, 0), 0xFFFFFFFF);
    assert_int_equal(RtlFindClearBits(&map, 1, 5000), 10);
    assert_int_equal(RtlFindClearBits(&map, BITS + 1, 0), 0xFFFFFFFF);
    assert_int_equal(RtlFindSetBits(&map, 20, 0), 14);
}

static void finding_and_taking_is_one_step(struct machine *m) {
    (void)m;
    start();
    for (ULONG i = 0; i < BITS / 7; i++)
        assert_int_equal(RtlFindClearBitsAndSet(&map, 7, i * 7), i * 7);
    assert_int_equal(RtlFindClearBitsAndSet(&map, 7, 0), 0xFFFFFFFF);
    assert_int_equal(RtlFindSetBitsAndClear(&map, 7, 14), 14);
    assert_true(RtlAreBitsClear(&map, 14, 7));
}

static void runs_are_listed_in_order_or_by_length(struct machine *m) {
    (void)m;
    RTL_BITMAP_RUN runs[4];
    ULONG at;
    start();
    change(0, BITS, TRUE);
    change(5, 2, FALSE);
    change(60, 9, FALSE);
    change(100, 1, FALSE);
    change(140, 9, FALSE);
    assert_int_equal(RtlFindClearRuns(&map, runs, 2, FALSE), 2);
    assert_int_equal(runs[0].StartingIndex, 5);
    assert_int_equal(runs[1].StartingIndex, 60);
    assert_int_equal(RtlFindClearRuns(&map, runs, 4, TRUE), 4);
    assert_int_equal(runs[0].StartingIndex, 60);
    assert_int_equal(runs[1].StartingIndex, 140);
    assert_int_equal(runs[2].NumberOfBits, 2);
    assert_int_equal(runs[3].NumberOfBits, 1);
    assert_int_equal(RtlFindClearRuns(&map, runs, 1, TRUE), 1);
    assert_int_equal(runs[0].StartingIndex, 60);
    assert_int_equal(RtlFindLongestRunClear(&map, &at), 9);
    assert_int_equal(at, 60);
    assert_int_equal(RtlFindFirstRunClear(&map, &at), 2);
    assert_int_equal(at, 5);
    assert_int_equal(RtlFindNextForwardRunClear(&map, 62, &at), 7);
    assert_int_equal(at, 62);
    assert_int_equal(RtlFindNextForwardRunClear(&map, 149, &at), 0);
    assert_int_equal(RtlFindLastBackwardRunClear(&map, 139, &at), 1);
    assert_int_equal(at, 100);
    assert_int_equal(RtlFindLastBackwardRunClear(&map, 64, &at), 5);
    assert_int_equal(at, 60);
    assert_int_equal(RtlFindLastBackwardRunClear(&map, 4, &at), 0);
    RtlSetAllBits(&map);
    assert_int_equal(RtlFindLongestRunClear(&map, &at), 0);
}

static void an_empty_bitmap_has_nothing(struct machine *m) {
    (void)m;
    ULONG at;
    RtlInitializeBitMap(&map, words, 0);
    assert_int_equal(RtlFindClearBits(&map, 1, 0), 0xFFFFFFFF);
    assert_int_equal(RtlFindFirstRunClear(&map, &at), 0);
    assert_int_equal(RtlFindLastBackwardRunClear(&map, 0, &at), 0);
    assert_int_equal(RtlNumberOfClearBits(&map), 0);
}

static void significant_bits_are_numbered(struct machine *m) {
    (void)m;
    assert_int_equal((signed char)RtlFindMostSignificantBit(0), -1);
    assert_int_equal((signed char)RtlFindLeastSignificantBit(0), -1);
    assert_int_equal(RtlFindMostSignificantBit(0x8000000000000000ull), 63);
    assert_int_equal(RtlFindMostSignificantBit(1), 0);
    assert_int_equal(RtlFindLeastSignificantBit(0x8000000000000000ull), 63);
    assert_int_equal(RtlFindLeastSignificantBit(0x50), 4);
    assert_int_equal(RtlNumberOfSetBitsUlongPtr(~(ULONG_PTR)0), 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(ranges_change_their_bits_alone),
        wdmsim_unit_test(a_range_beyond_the_end_is_cut),
        wdmsim_unit_test(questions_about_ranges),
        wdmsim_unit_test(searching_starts_at_the_hint_and_wraps),
        wdmsim_unit_test(finding_and_taking_is_one_step),
        wdmsim_unit_test(runs_are_listed_in_order_or_by_length),
        wdmsim_unit_test(an_empty_bitmap_has_nothing),
        wdmsim_unit_test(significant_bits_are_numbered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
