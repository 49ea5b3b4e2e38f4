/* Check heaps in memory of the caller's: they end where it does, a commit routine is asked for
 * more of it, and a lock of the caller's is held meanwhile. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

#define PAGES 16u

static DECLSPEC_ALIGN(4096) UCHAR memory[PAGES * PAGE_SIZE];
static ERESOURCE lock;

static void a_heap_in_given_memory_does_not_grow(struct machine *m) {
    static ULONG64 small[32];
    NTSTATUS status = STATUS_SUCCESS;
    (void)m;
    PVOID heap = RtlCreateHeap(0, small, sizeof small, 0, NULL, NULL);
    char *block = RtlAllocateHeap(heap, 0, 100);
    assert_true(block >= (char *)small && block + 100 <= (char *)(small + 32));
    assert_null(RtlAllocateHeap(heap, 0, 150));
    __try {
        RtlAllocateHeap(heap, HEAP_GENERATE_EXCEPTIONS, 150);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_NO_MEMORY);
    RtlFreeHeap(heap, 0, block);
    assert_non_null(RtlAllocateHeap(heap, 0, 150));
    assert_null(RtlDestroyHeap(heap));
}

static void all_of_it_comes_back(struct machine *m) {
    PVOID heap = RtlCreateHeap(0, memory, sizeof memory, 0, NULL, NULL);
    char *blocks[200];
    ULONG count = 0;
    (void)m;
    for (char *p; (p = RtlAllocateHeap(heap, 0, 1000)) != NULL;)
        blocks[count++] = p;
    assert_int_equal(count, sizeof memory / 1024);
    for (ULONG i = 0; i < count; i += 2)
        RtlFreeHeap(heap, 0, blocks[i]);
    assert_null(RtlAllocateHeap(heap, 0, 2000));
    for (ULONG i = 1; i < count; i += 2)
        RtlFreeHeap(heap, 0, blocks[i]);
    assert_ptr_equal(RtlAllocateHeap(heap, 0, sizeof memory - 16), memory + 16);
    RtlDestroyHeap(heap);
}

static void a_growable_one_goes_on_elsewhere(struct machine *m) {
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE, memory, 2 * PAGE_SIZE, 0, NULL, NULL);
    char *first = RtlAllocateHeap(heap, 0, 5000), *second = RtlAllocateHeap(heap, 0, 5000);
    (void)m;
    assert_true(first > (char *)memory && first < (char *)memory + PAGE_SIZE);
    assert_true(second < (char *)memory || second > (char *)memory + sizeof memory);
    memset(second, 1, 5000);
    RtlDestroyHeap(heap);
}

static void blocks_of_a_fixed_heap_have_a_limit(struct machine *m) {
    static UCHAR large[0x90000];
    PVOID heap = RtlCreateHeap(0, large, sizeof large, 0, NULL, NULL), p;
    (void)m;
    assert_null(RtlAllocateHeap(heap, 0, 0x7f001));
    p = RtlAllocateHeap(heap, 0, 0x7f000);
    assert_non_null(p);
    RtlFreeHeap(heap, 0, p);
    RtlDestroyHeap(heap);
}

static struct {
    ULONG calls;
    NTSTATUS status;
    SIZE_T at_most;
    PVOID base, address;
    SIZE_T size;
    BOOLEAN locked, astray;
} commits;

static RTL_HEAP_COMMIT_ROUTINE commit;
static NTSTATUS commit(PVOID Base, PVOID *CommitAddress, PSIZE_T CommitSize) {
    commits.calls++;
    commits.base = Base;
    commits.address = *CommitAddress;
    commits.size = *CommitSize;
    commits.locked = ExIsResourceAcquiredExclusiveLite(&lock);
    if (commits.at_most && *CommitSize > commits.at_most)
        *CommitSize = commits.at_most;
    if (commits.astray)
        *CommitAddress = (char *)*CommitAddress + PAGE_SIZE;
    return commits.status;
}

static PVOID make(void) {
    RTL_HEAP_PARAMETERS parameters = {.Length = sizeof parameters,
                                      .InitialCommit = PAGE_SIZE,
                                      .InitialReserve = PAGES * PAGE_SIZE,
                                      .SegmentCommit = PAGE_SIZE,
                                      .CommitRoutine = commit};
    PVOID heap;
    memset(&commits, 0, sizeof commits);
    ExInitializeResourceLite(&lock);
    heap = RtlCreateHeap(0, memory, 1, 1, &lock, &parameters);
    assert_non_null(heap);
    return heap;
}

static void end(PVOID heap) {
    assert_null(RtlDestroyHeap(heap));
    ExDeleteResourceLite(&lock); /* it is the caller's */
}

static void the_routine_is_asked_for_more(struct machine *m) {
    PVOID heap = make();
    (void)m;
    assert_ptr_equal(RtlAllocateHeap(heap, 0, 4000), memory + 16);
    assert_int_equal(commits.calls, 0);
    assert_non_null(RtlAllocateHeap(heap, 0, 4000));
    assert_int_equal(commits.calls, 1);
    assert_ptr_equal(commits.base, memory);
    assert_ptr_equal(commits.address, memory + PAGE_SIZE);
    assert_int_equal(commits.size, PAGE_SIZE);
    assert_non_null(RtlAllocateHeap(heap, 0, 2 * PAGE_SIZE));
    assert_ptr_equal(commits.address, memory + 2 * PAGE_SIZE);
    assert_int_equal(commits.size, 2 * PAGE_SIZE);
    assert_null(RtlAllocateHeap(heap, 0, 13 * PAGE_SIZE));
    assert_int_equal(commits.calls, 2); /* beyond what is reserved it is not asked */
    end(heap);
}

static void what_it_does_in_pieces_is_put_together(struct machine *m) {
    PVOID heap = make(), p;
    (void)m;
    commits.at_most = 1000; /* no whole page, no multiple of a block's alignment */
    p = RtlAllocateHeap(heap, 0, 3 * PAGE_SIZE);
    assert_ptr_equal(p, memory + 16);
    assert_true(commits.calls > 8);
    memset(p, 1, 3 * PAGE_SIZE);
    end(heap);
}

static void its_failure_is_the_allocation_s(struct machine *m) {
    PVOID heap = make();
    (void)m;
    commits.status = STATUS_COMMITMENT_LIMIT;
    assert_null(RtlAllocateHeap(heap, 0, 2 * PAGE_SIZE));
    commits.status = STATUS_SUCCESS;
    commits.astray = TRUE;
    assert_null(RtlAllocateHeap(heap, 0, 2 * PAGE_SIZE));
    assert_ptr_equal(RtlAllocateHeap(heap, 0, 4000), memory + 16); /* what there is serves */
    commits.astray = FALSE;
    assert_non_null(RtlAllocateHeap(heap, 0, 2 * PAGE_SIZE));
    end(heap);
}

static void the_lock_is_held_in_a_call(struct machine *m) {
    PVOID heap = make();
    (void)m;
    RtlAllocateHeap(heap, 0, 2 * PAGE_SIZE);
    assert_true(commits.locked);
    assert_false(ExIsResourceAcquiredExclusiveLite(&lock));
    assert_false(KeAreApcsDisabled());
    RtlAllocateHeap(heap, HEAP_NO_SERIALIZE, 2 * PAGE_SIZE);
    assert_false(commits.locked);
    end(heap);
}

static void refused(RTL_HEAP_PARAMETERS parameters, ULONG flags, PVOID base) {
    parameters.Length = sizeof parameters;
    parameters.CommitRoutine = commit;
    assert_null(RtlCreateHeap(flags, base, 0, 0, NULL, &parameters));
}

static void parameters_of_a_routine_must_fit(struct machine *m) {
    RTL_HEAP_PARAMETERS good = {.InitialCommit = 4096, .InitialReserve = 8192}, bad = good;
    (void)m;
    refused(good, HEAP_GROWABLE, memory);
    refused(good, HEAP_GROWABLE, NULL);
    bad.InitialCommit = 0;
    refused(bad, 0, memory);
    bad = good;
    bad.InitialReserve = 0;
    refused(bad, 0, memory);
    bad.InitialReserve = 4095;
    refused(bad, 0, memory);
    assert_null(RtlCreateHeap(0, memory, 0, 0, NULL, NULL));  /* how much? */
    assert_null(RtlCreateHeap(0, memory, 20, 0, NULL, NULL)); /* too little for a block */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_heap_in_given_memory_does_not_grow),
        wdmsim_unit_test(all_of_it_comes_back),
        wdmsim_unit_test(a_growable_one_goes_on_elsewhere),
        wdmsim_unit_test(blocks_of_a_fixed_heap_have_a_limit),
        wdmsim_unit_test(the_routine_is_asked_for_more),
        wdmsim_unit_test(what_it_does_in_pieces_is_put_together),
        wdmsim_unit_test(its_failure_is_the_allocation_s),
        wdmsim_unit_test(the_lock_is_held_in_a_call),
        wdmsim_unit_test(parameters_of_a_routine_must_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
