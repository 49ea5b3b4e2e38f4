/* Check comparing, copying and filling of memory, unaligned and odd lengths included. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static void comparing_counts_equal_bytes(struct machine *m) {
    (void)m;
    UCHAR a[40], b[40];
    for (size_t i = 0; i < sizeof a; i++)
        a[i] = b[i] = (UCHAR)i;
    assert_int_equal(RtlCompareMemory(a, b, sizeof a), sizeof a);
    assert_int_equal(RtlCompareMemory(a, b, 0), 0);
    for (size_t at = 0; at < sizeof a; at++) {
        b[at] ^= 0x80;
        assert_int_equal(RtlCompareMemory(a, b, sizeof a), at);
        if (at > 2)
            assert_int_equal(RtlCompareMemory(a + 1, b + 1, sizeof a - 1), at - 1);
        b[at] ^= 0x80;
    }
}

static void a_pattern_is_compared_in_whole_ulongs(struct machine *m) {
    (void)m;
    ULONG words[4] = {0x11223344, 0x11223344, 0x11223344, 0x11223355};
    assert_int_equal(RtlCompareMemoryUlong(words, sizeof words, 0x11223344), 12);
    assert_int_equal(RtlCompareMemoryUlong(words, 11, 0x11223344), 0); /* no whole ULONGs */
    assert_int_equal(RtlCompareMemoryUlong((char *)words + 1, 4, 0x44112233), 0);
    assert_int_equal(RtlCompareMemoryUlong(words, 3, 0x11223344), 0);
}

static void memory_is_copied_and_filled(struct machine *m) {
    (void)m;
    char a[8] = "abcdefg", b[8];
    RtlCopyMemory(b, a, sizeof a);
    assert_true(RtlEqualMemory(a, b, sizeof a));
    RtlMoveMemory(b + 1, b, 4);
    assert_memory_equal(b, "aabcd", 5);
    RtlFillMemory(b, 3, 'x');
    assert_memory_equal(b, "xxxcd", 5);
    RtlZeroMemory(b, sizeof b);
    assert_int_equal(b[7], 0);
    RtlCopyMemoryNonTemporal(b, a, sizeof a);
    assert_memory_equal(a, b, sizeof a);
    RtlFillMemoryNonTemporal(b, 2, 'y');
    assert_memory_equal(b, "yyc", 3);
    RtlPrefetchMemoryNonTemporal(b, sizeof b);
    RtlSecureZeroMemory(b, 1);
    assert_int_equal(b[0], 0);
}

static void unaligned_numbers_are_stored_and_swapped(struct machine *m) {
    (void)m;
    UCHAR bytes[9] = {0};
    ULONG value = 0;
    RtlStoreUlong(bytes + 1, 0x11223344);
    assert_int_equal(bytes[1], 0x44);
    RtlRetrieveUlong(&value, bytes + 1);
    assert_int_equal(value, 0x11223344);
    assert_int_equal(RtlUlongByteSwap(0x11223344), 0x44332211);
    assert_int_equal(RtlUshortByteSwap(0x1122), 0x2211);
    assert_true(RtlUlonglongByteSwap(0x1122334455667788ull) == 0x8877665544332211ull);
}

static void whole_patterns_are_filled_and_zero_is_told(struct machine *m) {
    (void)m;
    UCHAR bytes[12] = {0};
    assert_true(RtlIsZeroMemory(bytes, sizeof bytes));
    RtlFillMemoryUlong(bytes + 1, 10, 0x11223344);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[1], 0x44);
    assert_int_equal(bytes[8], 0x11);
    assert_int_equal(bytes[9], 0);
    assert_false(RtlIsZeroMemory(bytes, 2));
    assert_true(RtlIsZeroMemory(bytes + 9, 3));
    assert_true(RtlIsZeroMemory(bytes, 0));
}

static void comparing_works_at_high_level(struct machine *m) {
    (void)m;
    KIRQL irql;
    KeRaiseIrql(HIGH_LEVEL, &irql);
    SIZE_T same = RtlCompareMemory("abc", "abd", 3);
    KeLowerIrql(irql);
    assert_int_equal(same, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(comparing_counts_equal_bytes),
        wdmsim_unit_test(a_pattern_is_compared_in_whole_ulongs),
        wdmsim_unit_test(memory_is_copied_and_filled),
        wdmsim_unit_test(unaligned_numbers_are_stored_and_swapped),
        wdmsim_unit_test(whole_patterns_are_filled_and_zero_is_told),
        wdmsim_unit_test(comparing_works_at_high_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
