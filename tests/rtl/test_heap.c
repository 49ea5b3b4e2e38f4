/* Check heaps, in pool and in memory of the caller's; and persistent memory behind its tokens. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static void blocks_go_with_their_heap(struct machine *m) {
    (void)m;
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    assert_non_null(heap);
    char *one = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 100), *two = RtlAllocateHeap(heap, 0, 5000);
    assert_int_equal(one[99], 0);
    memset(two, 'x', 5000);
    assert_true(RtlFreeHeap(heap, 0, one));
    assert_true(RtlFreeHeap(heap, 0, NULL));
    assert_null(RtlDestroyHeap(heap));
    assert_null(RtlCreateHeap(0, NULL, 0, 0, NULL, NULL));
}

static void a_heap_knows_its_blocks(struct machine *m) {
    (void)m;
    PVOID first = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    PVOID second = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    PVOID block = RtlAllocateHeap(first, 0, 16);
    assert_false(RtlFreeHeap(second, 0, block));
    assert_true(RtlFreeHeap(first, 0, block));
    RtlDestroyHeap(first);
    RtlDestroyHeap(second);
}

static void a_heap_in_given_memory_does_not_grow(struct machine *m) {
    static ULONG64 memory[32];
    NTSTATUS status = STATUS_SUCCESS;
    (void)m;
    PVOID heap = RtlCreateHeap(0, memory, sizeof memory, 0, NULL, NULL);
    char *block = RtlAllocateHeap(heap, 0, 100);
    assert_true(block >= (char *)memory && block + 100 <= (char *)(memory + 32));
    assert_null(RtlAllocateHeap(heap, 0, 100));
    __try {
        RtlAllocateHeap(heap, HEAP_GENERATE_EXCEPTIONS, 100);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_NO_MEMORY);
    RtlFreeHeap(heap, 0, block);
    assert_non_null(RtlAllocateHeap(heap, 0, 100));
    assert_null(RtlDestroyHeap(heap));
}

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
        wdmsim_unit_test(blocks_go_with_their_heap),
        wdmsim_unit_test(a_heap_knows_its_blocks),
        wdmsim_unit_test(a_heap_in_given_memory_does_not_grow),
        wdmsim_unit_test(persistent_memory_keeps_to_its_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
