/* Check segment heaps: their parameters, kinds of memory, and a driver's own source, whose routines
 * are called as those of virtual memory are. */
#include "../touch.h" /* the host's headers come first */

#include "heap_source.h"

#define SEGMENT (HEAP_GROWABLE | HEAP_CREATE_SEGMENT_HEAP)

C_ASSERT(sizeof(RTL_SEGMENT_HEAP_VA_CALLBACKS) == 32);
C_ASSERT(FIELD_OFFSET(RTL_SEGMENT_HEAP_VA_CALLBACKS, QueryVirtualMemory) == 24);
C_ASSERT(sizeof(RTL_SEGMENT_HEAP_MEMORY_SOURCE) == 40);
C_ASSERT(FIELD_OFFSET(RTL_SEGMENT_HEAP_MEMORY_SOURCE, NumaNode) == 8);
C_ASSERT(FIELD_OFFSET(RTL_SEGMENT_HEAP_MEMORY_SOURCE, Callbacks) == 16);
C_ASSERT(FIELD_OFFSET(RTL_SEGMENT_HEAP_MEMORY_SOURCE, Reserved) == 24);
C_ASSERT(sizeof(RTL_SEGMENT_HEAP_PARAMETERS) == 80);
C_ASSERT(FIELD_OFFSET(RTL_SEGMENT_HEAP_PARAMETERS, MemorySource) == 8);
C_ASSERT(FIELD_OFFSET(RTL_SEGMENT_HEAP_PARAMETERS, Reserved) == 48);
C_ASSERT(sizeof(MEM_EXTENDED_PARAMETER) == 16);
C_ASSERT(sizeof(MEMORY_BASIC_INFORMATION) == 48);
C_ASSERT(FIELD_OFFSET(MEMORY_BASIC_INFORMATION, RegionSize) == 24);
C_ASSERT(FIELD_OFFSET(MEMORY_BASIC_INFORMATION, State) == 32);
C_ASSERT(MemoryTypeCustom == 5 && MemoryTypeMax == 6 && HeapMemoryBasicInformation == 0);

static PVOID make_of(RTL_MEMORY_TYPE type, ULONG flags) {
    RTL_SEGMENT_HEAP_PARAMETERS parameters = source_parameters();
    parameters.Flags = flags;
    parameters.MemorySource.MemoryTypeMask = 1u << type;
    if (type != MemoryTypeCustom)
        parameters.MemorySource.Callbacks = NULL;
    source_reset();
    return RtlCreateHeap(SEGMENT, NULL, 0, 0, NULL, &parameters);
}

static void use(PVOID heap) {
    char *small = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 100);
    char *large = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 600000);
    assert_true(small && large);
    assert_true(small[99] == 0 && large[599999] == 0);
    memset(small, 1, 100);
    memset(large, 2, 600000);
    assert_int_equal(small[99], 1);
    assert_true(RtlFreeHeap(heap, 0, small));
    assert_true(RtlFreeHeap(heap, 0, large));
    assert_null(RtlDestroyHeap(heap));
}

static void kinds_of_memory(struct machine *m) {
    PVOID heap = make_of(MemoryTypePaged, 0);
    (void)m;
    assert_true((ULONG_PTR)RtlAllocateHeap(heap, 0, 1) < (ULONG_PTR)*MmHighestUserAddress);
    use(heap);
    heap = make_of(MemoryTypeNonPaged, 0);
    assert_true((ULONG_PTR)RtlAllocateHeap(heap, 0, 1) >= (ULONG_PTR)*MmSystemRangeStart);
    use(heap);
    heap = RtlCreateHeap(SEGMENT, NULL, 0, 0, NULL, NULL);
    use(heap);
    heap = make_of(MemoryTypeCustom, 0);
    assert_true((UCHAR *)RtlAllocateHeap(heap, 0, 1) > source_memory);
    use(heap);
    assert_int_equal(source.live, 0);
    assert_null(make_of(MemoryType64KPage, 0));
    assert_null(make_of(MemoryTypeLargePage, 0));
    assert_null(make_of(MemoryTypeHugePage, 0));
}

static void refused(const RTL_SEGMENT_HEAP_PARAMETERS *parameters) {
    RTL_SEGMENT_HEAP_PARAMETERS copy = *parameters;
    assert_null(RtlCreateHeap(SEGMENT, NULL, 0, 0, NULL, &copy));
    assert_int_equal(source.allocations, 0);
}

#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        RTL_SEGMENT_HEAP_PARAMETERS bad = source_parameters();                                     \
        bad.field = (value);                                                                       \
        refused(&bad);                                                                             \
    } while (0)

static void odd_parameters_are_refused(struct machine *m) {
    RTL_SEGMENT_HEAP_VA_CALLBACKS partial = source_routines;
    (void)m;
    source_reset();
    REFUSED(Version, 2);
    REFUSED(Size, 72);
    REFUSED(Flags, 2);
    REFUSED(Reserved[3], 1);
    REFUSED(MemorySource.Flags, 1);
    REFUSED(MemorySource.Reserved[1], 1);
    REFUSED(MemorySource.NumaNode, 1);
    REFUSED(MemorySource.MemoryTypeMask, 1u << MemoryTypeCustom | 1);
    REFUSED(MemorySource.MemoryTypeMask, 1u << MemoryTypeMax);
    REFUSED(MemorySource.MemoryTypeMask, 1u << MemoryTypePaged); /* in a partition */
    REFUSED(MemorySource.Callbacks, NULL);
    partial.FreeVirtualMemory = NULL;
    REFUSED(MemorySource.Callbacks, &partial);
    partial = source_routines;
    partial.AllocateVirtualMemory = NULL;
    REFUSED(MemorySource.Callbacks, &partial);
    assert_null(RtlCreateHeap(SEGMENT, source_memory, PAGE_SIZE, 0, NULL, NULL));
    assert_null(RtlCreateHeap(HEAP_CREATE_SEGMENT_HEAP, NULL, 0, 0, NULL, NULL));
}

static void a_source_is_reserved_and_committed(struct machine *m) {
    (void)m;
    source_reset();
    PVOID heap = source_heap();
    assert_int_equal(source.regions, 1);
    assert_int_equal(source.allocations, 2);
    assert_int_equal(source.queries, 1);
    assert_int_equal(source.types, 3); /* the one, then the other */
    assert_true(source.region[63] == 1 && !source.region[64] && !source.committed[1]);
    memset(RtlAllocateHeap(heap, 0, 3 * PAGE_SIZE), 1, 3 * PAGE_SIZE);
    assert_true(source.committed[3]);
    assert_int_equal(source.regions, 1);
    char *large = RtlAllocateHeap(heap, 0, 600000);
    assert_int_equal(source.regions, 2);
    assert_int_equal(source.types, 7); /* both at once */
    assert_true(RtlFreeHeap(heap, 0, large));
    assert_int_equal(source.live, 1);
    RtlAllocateHeap(heap, 0, 64 * PAGE_SIZE); /* a further segment */
    assert_int_equal(source.live, 2);
    assert_null(RtlDestroyHeap(heap));
    assert_int_equal(source.live, 0);
    assert_int_equal(source.frees, source.regions);
    assert_int_equal(source.node_count, 0);
}

static void an_empty_segment_goes_back(struct machine *m) {
    (void)m;
    source_reset();
    PVOID heap = source_heap(), block = RtlAllocateHeap(heap, 0, 64 * PAGE_SIZE);
    assert_int_equal(source.live, 2);
    assert_true(RtlFreeHeap(heap, 0, block));
    assert_int_equal(source.live, 1);
    RtlDestroyHeap(heap);
}

static void a_node_is_named(struct machine *m) {
    RTL_SEGMENT_HEAP_PARAMETERS parameters = source_parameters();
    (void)m;
    source_reset();
    parameters.MemorySource.NumaNode = 0;
    PVOID heap = RtlCreateHeap(SEGMENT, NULL, 0, 0, NULL, &parameters);
    assert_int_equal(source.node_count, 1);
    assert_int_equal(source.node.Type, MemExtendedParameterNumaNode);
    assert_int_equal(source.node.ULong, 0);
    RtlDestroyHeap(heap);
}

/* What a heap goes through in its life; true if nothing failed. */
static BOOLEAN live(void) {
    PVOID blocks[6] = {NULL}, heap = source_heap();
    BOOLEAN whole = TRUE;
    if (!heap)
        return FALSE;
    for (ULONG i = 0; i < 6; i++) {
        blocks[i] = RtlAllocateHeap(heap, 0, (SIZE_T)30000 << i);
        whole &= blocks[i] != NULL;
        if (blocks[i])
            memset(blocks[i], 1, (SIZE_T)30000 << i);
    }
    for (ULONG i = 0; i < 6; i++)
        whole &= RtlFreeHeap(heap, 0, blocks[i]) != 0;
    PVOID left = RtlDestroyHeap(heap);
    whole &= left == NULL;
    if (left)
        assert_null(RtlDestroyHeap(left)); /* a source that refused takes it later */
    return whole;
}

/*
 * Every call fails in turn: nothing is lost, nothing goes back twice. Where a segment cannot commit
 * more, another one may still serve.
 */
static void failures_of_a_source_leave_nothing(struct machine *m) {
    ULONG failed = 0;
    source_reset();
    assert_true(live());
    const struct source calls = source;
    assert_true(calls.allocations > 6 && calls.frees > 2 && calls.queries > 6);
    for (ULONG i = 1; i <= calls.allocations; i++) {
        source_reset();
        source.fail_allocation = i;
        failed += !live();
        assert_int_equal(source.live, 0);
    }
    for (ULONG i = 1; i <= calls.queries; i++) {
        source_reset();
        source.fail_query = i;
        failed += !live();
        assert_int_equal(source.live, 0);
    }
    for (ULONG i = 1; i <= calls.frees; i++) {
        source_reset();
        source.fail_free = i;
        live();
        assert_int_equal(source.live, 0);
    }
    assert_true(failed >= 2 * 4); /* the first segment and whatever needs a new region */
    assert_int_equal(wdmsim_leaks(m, true, NULL, 0), 0);
}

static void a_block_stays_while_its_source_keeps_it(struct machine *m) {
    (void)m;
    source_reset();
    PVOID heap = source_heap(), large = RtlAllocateHeap(heap, 0, 600000);
    source.fail_free = 1;
    assert_false(RtlFreeHeap(heap, 0, large));
    assert_true(RtlFreeHeap(heap, 0, large));
    assert_int_equal(source.live, 1);
    source.fail_free = source.frees + 1;
    assert_ptr_equal(RtlDestroyHeap(heap), heap);
    assert_null(RtlAllocateHeap(heap, 0, 1));
    assert_null(RtlDestroyHeap(heap));
    assert_int_equal(source.live, 0);
}

/* What the query says is believed. */
static void bad_memory_is_refused(struct machine *m) {
    (void)m;
    source_reset();
    source.lie.State = MEM_RESERVE;
    assert_null(source_heap());
    source.lie.State = 0;
    source.lie.Protect = PAGE_READONLY;
    assert_null(source_heap());
    source.lie.Protect = PAGE_READWRITE | PAGE_GUARD;
    assert_null(source_heap());
    source.lie.Protect = PAGE_EXECUTE_READWRITE;
    source.lie_pages = 1;
    assert_null(source_heap());
    source.lie_pages = 0;
    source.shorter = 1;
    assert_null(source_heap());
    assert_int_equal(source.live, 0);
    source.shorter = 0;
    assert_null(RtlDestroyHeap(source_heap()));
}

static void a_source_without_query_is_believed(struct machine *m) {
    RTL_SEGMENT_HEAP_PARAMETERS parameters = source_parameters();
    RTL_SEGMENT_HEAP_VA_CALLBACKS silent = source_routines;
    (void)m;
    source_reset();
    silent.QueryVirtualMemory = NULL;
    parameters.MemorySource.Callbacks = &silent;
    PVOID heap = RtlCreateHeap(SEGMENT, NULL, 0, 0, NULL, &parameters);
    memset(&silent, 0, sizeof silent); /* the heap has its own copy */
    use(heap);
    assert_int_equal(source.queries, 0);
    assert_int_equal(source.live, 0);
}

/* Each block of a page heap ends at a page that nobody can touch. */
static void blocks_of_a_page_heap_end_at_a_guard(struct machine *m) {
    static const SIZE_T sizes[] = {16, 4096, 80, 5008, 600000};
    (void)m;
    for (ULONG type = MemoryTypePaged; type <= MemoryTypeNonPaged; type++) {
        PVOID heap = make_of(type, SEGMENT_HEAP_FLG_USE_PAGE_HEAP);
        assert_non_null(RtlAllocateHeap(heap, 0, 0));
        for (ULONG i = 0; i < 5; i++) {
            char *p = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, sizes[i]);
            SIZE_T room = sizes[i];
            if (type == MemoryTypeNonPaged && room > PAGE_SIZE)
                room = (room + PAGE_SIZE - 1) & ~(SIZE_T)(PAGE_SIZE - 1); /* as pool has it */
            assert_int_equal((ULONG_PTR)(p + room) & (PAGE_SIZE - 1), 0);
            assert_true(can_write(p + sizes[i] - 1));
            assert_false(can_read(p + room));
            assert_true(RtlFreeHeap(heap, 0, p));
            assert_false(can_read(p));
        }
        use(heap);
    }
}

static void a_page_heap_of_a_source(struct machine *m) {
    (void)m;
    PVOID heap = make_of(MemoryTypeCustom, SEGMENT_HEAP_FLG_USE_PAGE_HEAP);
    assert_int_equal(source.regions, 0);
    UCHAR *p = RtlAllocateHeap(heap, 0, 100);
    assert_ptr_equal(p, source_memory + PAGE_SIZE - 112);
    assert_true(source.committed[0] && source.region[1] == 1 && !source.committed[1]);
    assert_true(RtlFreeHeap(heap, 0, p));
    assert_int_equal(source.live, 0);
    use(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(kinds_of_memory),
        wdmsim_unit_test(odd_parameters_are_refused),
        wdmsim_unit_test(a_source_is_reserved_and_committed),
        wdmsim_unit_test(an_empty_segment_goes_back),
        wdmsim_unit_test(a_node_is_named),
        wdmsim_unit_test(failures_of_a_source_leave_nothing),
        wdmsim_unit_test(a_block_stays_while_its_source_keeps_it),
        wdmsim_unit_test(bad_memory_is_refused),
        wdmsim_unit_test(a_source_without_query_is_believed),
        wdmsim_unit_test(blocks_of_a_page_heap_end_at_a_guard),
        wdmsim_unit_test(a_page_heap_of_a_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
