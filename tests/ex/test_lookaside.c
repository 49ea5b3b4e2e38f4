/* Lookaside lists: order, depth, statistics, routines of the driver's own, misuse. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define TAG 'tseT'

static NPAGED_LOOKASIDE_LIST list;
static PAGED_LOOKASIDE_LIST paged;
static LOOKASIDE_LIST_EX extended;

static void the_last_block_freed_is_the_next_allocated(struct machine *m) {
    (void)m;
    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 100, TAG, 0);
    PVOID a = ExAllocateFromNPagedLookasideList(&list),
          b = ExAllocateFromNPagedLookasideList(&list);
    assert_ptr_not_equal(a, b);
    ExFreeToNPagedLookasideList(&list, a);
    ExFreeToNPagedLookasideList(&list, b);
    assert_int_equal(ExQueryDepthSList(&list.L.ListHead), 2);
    assert_ptr_equal(ExAllocateFromNPagedLookasideList(&list), b);
    assert_ptr_equal(ExAllocateFromNPagedLookasideList(&list), a);
    memset(a, 1, 100);
    ExFreeToNPagedLookasideList(&list, a);
    ExFreeToNPagedLookasideList(&list, b);
    ExDeleteNPagedLookasideList(&list);
}

static void allocations_frees_and_misses_are_counted(struct machine *m) {
    PVOID blocks[20];
    (void)m;
    ExInitializePagedLookasideList(&paged, NULL, NULL, 0, 64, TAG, 0);
    assert_int_equal(paged.L.Tag, TAG);
    assert_int_equal(paged.L.Size, 64);
    assert_int_equal(paged.L.Type, PagedPool);
    for (unsigned i = 0; i < 20; i++)
        blocks[i] = ExAllocateFromPagedLookasideList(&paged);
    assert_int_equal(paged.L.TotalAllocates, 20);
    assert_int_equal(paged.L.AllocateMisses, 20);
    for (unsigned i = 0; i < 20; i++)
        ExFreeToPagedLookasideList(&paged, blocks[i]);
    USHORT depth = paged.L.Depth;
    assert_true(depth > 0 && depth < 20);
    assert_int_equal(paged.L.TotalFrees, 20);
    assert_int_equal(paged.L.FreeMisses, 20 - depth);
    assert_int_equal(ExQueryDepthSList(&paged.L.ListHead), depth);
    ExDeletePagedLookasideList(&paged);
}

static ULONG allocated, freed;

static PVOID allocate(POOL_TYPE type, SIZE_T size, ULONG tag) {
    assert_int_equal(size, 48);
    assert_int_equal(tag, TAG);
    allocated++;
    return ExAllocatePoolWithTag(type, size, tag);
}
static VOID give_back(PVOID entry) {
    freed++;
    ExFreePool(entry);
}
static ALLOCATE_FUNCTION_EX allocate_extended;
static PVOID allocate_extended(POOL_TYPE type, SIZE_T size, ULONG tag,
                               PLOOKASIDE_LIST_EX lookaside) {
    assert_ptr_equal(lookaside, &extended);
    assert_int_equal(size, 48);
    return allocate(type, size, tag);
}
static FREE_FUNCTION_EX give_back_extended;
static VOID give_back_extended(PVOID entry, PLOOKASIDE_LIST_EX lookaside) {
    assert_ptr_equal(lookaside, &extended);
    give_back(entry);
}

static void a_driver_may_have_its_own_routines(struct machine *m) {
    (void)m;
    allocated = freed = 0;
    ExInitializeNPagedLookasideList(&list, allocate, give_back, 0, 48, TAG, 0);
    ExFreeToNPagedLookasideList(&list, ExAllocateFromNPagedLookasideList(&list));
    assert_int_equal(allocated, 1);
    assert_int_equal(freed, 0);
    ExDeleteNPagedLookasideList(&list);
    assert_int_equal(freed, 1);

    assert_int_equal(ExInitializeLookasideListEx(&extended, allocate_extended, give_back_extended,
                                                 NonPagedPoolNx, 0, 48, TAG, 0),
                     STATUS_SUCCESS);
    ExFreeToLookasideListEx(&extended, ExAllocateFromLookasideListEx(&extended));
    ExFlushLookasideListEx(&extended);
    assert_int_equal(allocated, 2);
    assert_int_equal(freed, 2);
    assert_int_equal(ExQueryDepthSList(&extended.L.ListHead), 0);
    ExFreeToLookasideListEx(&extended, ExAllocateFromLookasideListEx(&extended));
    assert_int_equal(freed, 2);
    ExDeleteLookasideListEx(&extended);
    assert_int_equal(allocated, 3);
    assert_int_equal(freed, 3);

    ExInitializePagedLookasideList(&paged, allocate, give_back, 0, 48, TAG, 0);
    ExFreeToPagedLookasideList(&paged, ExAllocateFromPagedLookasideList(&paged));
    assert_int_equal(freed, 3);
    ExDeletePagedLookasideList(&paged);
    assert_int_equal(allocated, 4);
    assert_int_equal(freed, 4);
}

static void extended_lists_check_type_and_flags(struct machine *m) {
    (void)m;
    assert_int_equal(
        ExInitializeLookasideListEx(&extended, NULL, NULL, (POOL_TYPE)3, 0, 48, TAG, 0),
        STATUS_INVALID_PARAMETER_4);
    assert_int_equal(ExInitializeLookasideListEx(&extended, NULL, NULL, PagedPool, 3, 48, TAG, 0),
                     STATUS_INVALID_PARAMETER_5);
    assert_int_equal(ExInitializeLookasideListEx(&extended, NULL, NULL, PagedPool,
                                                 EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, 48, TAG,
                                                 0),
                     STATUS_SUCCESS);
    assert_int_equal(extended.L.Type, PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE);
    ExDeleteLookasideListEx(&extended);
}

/* A list that misses often gets deeper with time, one that is not used shallower. */
static void depth_follows_the_misses(struct machine *m) {
    PVOID blocks[100];
    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 48, TAG, 0);
    USHORT before = list.L.Depth;
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 100; i++)
            blocks[i] = ExAllocateFromNPagedLookasideList(&list);
        for (unsigned i = 0; i < 100; i++)
            ExFreeToNPagedLookasideList(&list, blocks[i]);
        wdmsim_advance(m, 2 * WDMSIM_S);
    }
    assert_true(list.L.Depth > before);
    assert_true(list.L.Depth <= list.L.MaximumDepth);
    for (unsigned i = 0; i < 100; i++)
        ExAdjustLookasideDepth();
    assert_int_equal(list.L.Depth, before);
    ExDeleteNPagedLookasideList(&list);
}

static unsigned always_fail(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    (void)context;
    (void)n;
    return kind == WDMSIM_CHOICE_POOL;
}

static void a_list_that_raises_does(struct machine *m) {
    NTSTATUS status = STATUS_SUCCESS;
    ExInitializeLookasideListEx(&extended, NULL, NULL, NonPagedPoolNx,
                                EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, 48, TAG, 0);
    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 48, TAG, 0);
    wdmsim_set_chooser(m, always_fail, NULL);
    __try {
        ExAllocateFromLookasideListEx(&extended);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_INSUFFICIENT_RESOURCES);
    assert_null(ExAllocateFromNPagedLookasideList(&list));
}

static void initializing_a_list_in_use(struct machine *m) {
    (void)m;
    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 48, TAG, 0);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 48, TAG, 0);
}

static void deleting_a_list_that_is_none(struct machine *m) {
    (void)m;
    memset(&list, 0, sizeof list);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    ExDeleteNPagedLookasideList(&list);
}

static void a_paged_list_at_dispatch_level(struct machine *m) {
    KIRQL old;
    (void)m;
    ExInitializeLookasideListEx(&extended, NULL, NULL, PagedPool, 0, 48, TAG, 0);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    ExAllocateFromLookasideListEx(&extended);
}

int main(void) {
    static const struct wdmsim_config failing = {.processors = 1,
                                                 .strategy = WDMSIM_STRATEGY_ASK,
                                                 .flags = WDMSIM_CHECK_RULES | WDMSIM_FAIL_POOL};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_last_block_freed_is_the_next_allocated),
        wdmsim_unit_test(allocations_frees_and_misses_are_counted),
        wdmsim_unit_test(a_driver_may_have_its_own_routines),
        wdmsim_unit_test(extended_lists_check_type_and_flags),
        wdmsim_unit_test(depth_follows_the_misses),
        wdmsim_unit_test_on(a_list_that_raises_does, &failing),
        wdmsim_unit_test(initializing_a_list_in_use),
        wdmsim_unit_test(deleting_a_list_that_is_none),
        wdmsim_unit_test(a_paged_list_at_dispatch_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
