/* Check classic heaps in a process's address space: blocks, and the sizes that decide what is
 * reserved and committed for them. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>
#include <wdmsim/request.h>

static PVOID make(SIZE_T reserve, SIZE_T commit, PRTL_HEAP_PARAMETERS parameters) {
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE, NULL, reserve, commit, NULL, parameters);
    assert_non_null(heap);
    return heap;
}

/* Whether the page is committed memory of this process. */
static BOOLEAN is_committed(char *address) {
    __try {
        ProbeForWrite(address, 1, 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
    return TRUE;
}

static ULONG committed_pages(char *base) {
    ULONG pages = 0;
    while (is_committed(base + (SIZE_T)pages * PAGE_SIZE))
        pages++;
    return pages;
}

static void blocks_go_with_their_heap(struct machine *m) {
    PVOID heap = make(0, 0, NULL);
    char *one = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 100), *two = RtlAllocateHeap(heap, 0, 5000);
    (void)m;
    assert_int_equal(one[99], 0);
    memset(two, 'x', 5000);
    assert_true(RtlFreeHeap(heap, 0, one));
    assert_true(RtlFreeHeap(heap, 0, NULL));
    assert_null(RtlDestroyHeap(heap));
    assert_false(is_committed(two));
}

static void a_heap_knows_its_blocks(struct machine *m) {
    PVOID first = make(0, 0, NULL), second = make(0, 0, NULL);
    PVOID block = RtlAllocateHeap(first, 0, 16);
    (void)m;
    assert_false(RtlFreeHeap(second, 0, block));
    assert_true(RtlFreeHeap(first, 0, block));
    RtlDestroyHeap(first);
    RtlDestroyHeap(second);
}

static void blocks_are_aligned_and_apart(struct machine *m) {
    PVOID heap = make(0, 0, NULL);
    char *blocks[40];
    (void)m;
    for (ULONG i = 0; i < 40; i++) {
        blocks[i] = RtlAllocateHeap(heap, 0, i);
        assert_int_equal((ULONG_PTR)blocks[i] & 15, 0);
        memset(blocks[i], (int)i, i);
        for (ULONG j = 0; j < i; j++)
            assert_ptr_not_equal(blocks[j], blocks[i]);
    }
    for (ULONG i = 0; i < 40; i++) {
        for (ULONG j = 0; j < i; j++)
            assert_int_equal(blocks[i][j], i);
        assert_true(RtlFreeHeap(heap, 0, blocks[i]));
    }
    RtlDestroyHeap(heap);
}

static void asked_for_zeros_a_used_block_is_zero(struct machine *m) {
    PVOID heap = make(0, 0, NULL);
    (void)m;
    for (SIZE_T size = 1; size < 0x100000; size = size * 3 + 1) {
        char *p = RtlAllocateHeap(heap, 0, size);
        memset(p, 'x', size);
        RtlFreeHeap(heap, 0, p);
        p = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, size);
        assert_true(p[0] == 0 && p[size - 1] == 0 && p[size / 2] == 0);
        RtlFreeHeap(heap, 0, p);
    }
    RtlDestroyHeap(heap);
}

static void freed_neighbours_are_one_block(struct machine *m) {
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    (void)m;
    for (unsigned i = 0; i < 6; i++) {
        PVOID heap = make(0, 0, NULL);
        char *blocks[3], *behind, *again;
        for (unsigned j = 0; j < 3; j++)
            blocks[j] = RtlAllocateHeap(heap, 0, 500);
        behind = RtlAllocateHeap(heap, 0, 500);
        for (unsigned j = 0; j < 3; j++)
            RtlFreeHeap(heap, 0, blocks[orders[i][j]]);
        again = RtlAllocateHeap(heap, 0, 1500);
        assert_ptr_equal(again, blocks[0]);
        assert_true(again + 1500 < behind);
        RtlDestroyHeap(heap);
    }
}

/* Reserved pages as the page's table has them: how far a heap goes on in one piece. */
static void sizes_follow_the_table(struct machine *m) {
    static const struct {
        SIZE_T reserve, commit;
        ULONG pages, committed;
    } rows[] = {
        {0, 0, 64, 1},
        {0, 1, 16, 1},
        {0, 16 * PAGE_SIZE + 1, 32, 17},
        {20 * PAGE_SIZE - 5, 0, 20, 1},
        {20 * PAGE_SIZE, 3 * PAGE_SIZE - 1, 20, 3},
        {2 * PAGE_SIZE, 9 * PAGE_SIZE, 2, 2},
    };
    (void)m;
    for (ULONG i = 0; i < sizeof rows / sizeof *rows; i++) {
        PVOID heap = make(rows[i].reserve, rows[i].commit, NULL);
        char *p = RtlAllocateHeap(heap, 0, 200), *base = p - 16;
        SIZE_T blocks = 0;
        assert_int_equal((ULONG_PTR)base & (PAGE_SIZE - 1), 0);
        assert_int_equal(committed_pages(base), rows[i].committed);
        for (; p == base + 16 + blocks * 224; blocks++)
            p = RtlAllocateHeap(heap, 0, 200);
        assert_int_equal(blocks, rows[i].pages * PAGE_SIZE / 224);
        RtlDestroyHeap(heap);
    }
}

static void segments_are_as_large_as_asked(struct machine *m) {
    RTL_HEAP_PARAMETERS parameters = {.Length = sizeof parameters,
                                      .SegmentReserve = 40 * PAGE_SIZE,
                                      .SegmentCommit = 4 * PAGE_SIZE};
    PVOID heap = make(PAGE_SIZE, 0, &parameters);
    char *p;
    (void)m;
    RtlAllocateHeap(heap, 0, PAGE_SIZE - 16); /* the first segment is full */
    p = RtlAllocateHeap(heap, 0, 16);
    assert_int_equal((ULONG_PTR)(p - 16) & (PAGE_SIZE - 1), 0);
    assert_int_equal(committed_pages(p - 16), 4);
    RtlAllocateHeap(heap, 0, 4 * PAGE_SIZE);
    assert_int_equal(committed_pages(p - 16), 8);
    RtlDestroyHeap(heap);
}

static void large_blocks_have_memory_of_their_own(struct machine *m) {
    PVOID heap = make(0, 0, NULL);
    char *p = RtlAllocateHeap(heap, 0, 0x7f001), *q;
    (void)m;
    p[0x7f000] = 1;
    assert_true(RtlFreeHeap(heap, 0, p));
    assert_false(is_committed(p));
    p = RtlAllocateHeap(heap, 0, 8 << 20);
    q = RtlAllocateHeap(heap, 0, 8 << 20);
    memset(p, 1, 8 << 20);
    memset(q, 2, 8 << 20);
    assert_int_equal(p[(8 << 20) - 1], 1);
    RtlDestroyHeap(heap);
}

static void limits_of_sizes_hold(struct machine *m) {
    RTL_HEAP_PARAMETERS parameters = {.Length = sizeof parameters,
                                      .MaximumAllocationSize = 10000,
                                      .VirtualMemoryThreshold = 5000};
    PVOID heap = make(0, 0, &parameters);
    char *small, *p;
    (void)m;
    assert_null(RtlAllocateHeap(heap, 0, 10001));
    assert_null(RtlAllocateHeap(heap, 0, ~(SIZE_T)0));
    small = RtlAllocateHeap(heap, 0, 5000);
    p = RtlAllocateHeap(heap, 0, 5001); /* one with a region to itself */
    assert_int_equal(((ULONG_PTR)small - 16) & (PAGE_SIZE - 1), 0);
    assert_int_equal(((ULONG_PTR)p - 16) & (PAGE_SIZE - 1), 0);
    assert_true(p != small);
    RtlDestroyHeap(heap);
    assert_null(RtlCreateHeap(HEAP_GROWABLE, NULL, ~(SIZE_T)0, 0, NULL, NULL));
}

static void much_free_memory_is_decommitted(struct machine *m) {
    RTL_HEAP_PARAMETERS parameters = {.Length = sizeof parameters,
                                      .DeCommitFreeBlockThreshold = 2 * PAGE_SIZE,
                                      .DeCommitTotalFreeThreshold = 10 * PAGE_SIZE};
    PVOID heap = make(0, 0, &parameters);
    char *kept = RtlAllocateHeap(heap, 0, 100), *base = kept - 16;
    char *p = RtlAllocateHeap(heap, 0, 8 * PAGE_SIZE);
    (void)m;
    RtlFreeHeap(heap, 0, p); /* too little in all */
    assert_true(committed_pages(base) >= 8);
    p = RtlAllocateHeap(heap, 0, 10 * PAGE_SIZE);
    memset(p, 'x', 10 * PAGE_SIZE);
    RtlFreeHeap(heap, 0, p);
    assert_int_equal(committed_pages(base), 1);
    p = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 10 * PAGE_SIZE);
    assert_true(p[0] == 0 && p[10 * PAGE_SIZE - 1] == 0);
    RtlDestroyHeap(heap);
}

static void failure_is_an_exception_where_asked(struct machine *m) {
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE | HEAP_GENERATE_EXCEPTIONS, NULL, 0, 0, NULL, NULL);
    NTSTATUS status = STATUS_SUCCESS;
    (void)m;
    __try {
        RtlAllocateHeap(heap, 0, (SIZE_T)1 << 46);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_NO_MEMORY);
    assert_non_null(RtlAllocateHeap(heap, 0, 10));
    RtlDestroyHeap(heap);
}

static void what_the_page_rules_out_is_refused(struct machine *m) {
    static ERESOURCE lock;
    RTL_HEAP_PARAMETERS parameters = {.Length = sizeof parameters - 8};
    (void)m;
    ExInitializeResourceLite(&lock);
    assert_null(RtlCreateHeap(0, NULL, 0, 0, NULL, NULL));
    assert_null(RtlCreateHeap(HEAP_GROWABLE | HEAP_NO_SERIALIZE, NULL, 0, 0, &lock, NULL));
    assert_null(RtlCreateHeap(HEAP_GROWABLE | 0x40000000, NULL, 0, 0, NULL, NULL));
    assert_null(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, &parameters));
    parameters.Length = sizeof parameters;
    parameters.Reserved[1] = 1;
    assert_null(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, &parameters));
    ExDeleteResourceLite(&lock);
}

static void another_process_cannot_reach_it(struct machine *m) {
    struct wdmsim_process *process;
    PVOID heap = make(0, 0, NULL), block = RtlAllocateHeap(heap, 0, 10);
    NTSTATUS status = STATUS_SUCCESS;
    KAPC_STATE state;
    assert_int_equal(wdmsim_process_create(m, "other.exe", &process), 0);
    KeStackAttachProcess((PRKPROCESS)(void *)process, &state);
    __try {
        RtlFreeHeap(heap, 0, block);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    KeUnstackDetachProcess(&state);
    assert_int_equal(status, STATUS_ACCESS_VIOLATION);
    assert_true(RtlFreeHeap(heap, 0, block));
    RtlDestroyHeap(heap);
}

static unsigned refuse_at; /* which of the next choices is a refusal, from 1 */

static unsigned refuse(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    (void)context, (void)n;
    return kind == WDMSIM_CHOICE_POOL && refuse_at && --refuse_at == 0;
}

static const struct wdmsim_config failing = {.processors = 1,
                                             .strategy = WDMSIM_STRATEGY_ASK,
                                             .flags = WDMSIM_CHECK_RULES | WDMSIM_FAIL_POOL};

static void memory_fails_by_choice(struct machine *m) {
    PVOID heap, p;
    wdmsim_set_chooser(m, refuse, NULL);
    refuse_at = 1;
    assert_null(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL));
    heap = make(0, 0, NULL);
    refuse_at = 2;
    p = RtlAllocateHeap(heap, 0, 10);
    assert_non_null(p);
    assert_null(RtlAllocateHeap(heap, 0, 10));
    assert_non_null(RtlAllocateHeap(heap, 0, 10));
    assert_true(RtlFreeHeap(heap, 0, p));
    RtlDestroyHeap(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(blocks_go_with_their_heap),
        wdmsim_unit_test(a_heap_knows_its_blocks),
        wdmsim_unit_test(blocks_are_aligned_and_apart),
        wdmsim_unit_test(asked_for_zeros_a_used_block_is_zero),
        wdmsim_unit_test(freed_neighbours_are_one_block),
        wdmsim_unit_test(sizes_follow_the_table),
        wdmsim_unit_test(segments_are_as_large_as_asked),
        wdmsim_unit_test(large_blocks_have_memory_of_their_own),
        wdmsim_unit_test(limits_of_sizes_hold),
        wdmsim_unit_test(much_free_memory_is_decommitted),
        wdmsim_unit_test(failure_is_an_exception_where_asked),
        wdmsim_unit_test(what_the_page_rules_out_is_refused),
        wdmsim_unit_test(another_process_cannot_reach_it),
        wdmsim_unit_test_on(memory_fails_by_choice, &failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
