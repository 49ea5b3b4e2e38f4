/* Check persistent memory behind its tokens. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static void persistent_memory_keeps_to_its_token(struct machine *m) {
    static UCHAR memory[64];
    NV_MEMORY_RANGE ranges[2] = {{memory, 8}, {memory + 56, 8}};
    PVOID token;
    (void)m;
    assert_int_equal(RtlGetNonVolatileToken(memory, sizeof memory, &token), STATUS_SUCCESS);
    assert_int_equal(
        RtlWriteNonVolatileMemory(token, memory + 60, "abcd", 4, WRITE_NV_MEMORY_FLAG_FLUSH),
        STATUS_SUCCESS);
    assert_memory_equal(memory + 60, "abcd", 4);
    assert_int_equal(RtlWriteNonVolatileMemory(token, memory + 61, "abcd", 4, 0),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlFillNonVolatileMemory(token, memory, 8, 0x5a, 0), STATUS_SUCCESS);
    assert_int_equal(memory[7], 0x5a);
    assert_int_equal(memory[8], 0);
    assert_int_equal(RtlFlushNonVolatileMemory(token, memory, 64, 0), STATUS_SUCCESS);
    assert_int_equal(RtlFlushNonVolatileMemory(token, memory, 65, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(
        RtlFlushNonVolatileMemoryRanges(token, ranges, 2, FLUSH_NV_MEMORY_IN_FLAG_NO_DRAIN),
        STATUS_SUCCESS);
    ranges[1].Length = 9;
    assert_int_equal(RtlFlushNonVolatileMemoryRanges(token, ranges, 2, 0),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlDrainNonVolatileFlush(token), STATUS_SUCCESS);
    assert_int_equal(RtlFreeNonVolatileToken(token), STATUS_SUCCESS);
    assert_int_equal(RtlDrainNonVolatileFlush(NULL), STATUS_INVALID_PARAMETER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(persistent_memory_keeps_to_its_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
