/* Pool: every form of allocation, alignment, contents, failure. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define TAG 'tseT'

static void check_zero(const UCHAR *p, size_t size) {
    for (size_t i = 0; i < size; i++)
        assert_int_equal(p[i], 0);
}

static void small_blocks_are_aligned_to_16_and_within_a_page(struct machine *m) {
    (void)m;
    static const size_t sizes[] = {1, 8, 15, 16, 17, 100, 1000, 2048, 4000, 4080, 4081, 4095};
    for (unsigned i = 0; i < ARRAYSIZE(sizes); i++) {
        UCHAR *p = ExAllocatePoolWithTag(NonPagedPoolNx, sizes[i], TAG);
        assert_non_null(p);
        assert_int_equal((ULONG_PTR)p & 15, 0);
        assert_ptr_equal(PAGE_ALIGN(p), PAGE_ALIGN(p + sizes[i] - 1));
        memset(p, 0xff, sizes[i]);
        ExFreePoolWithTag(p, TAG);
    }
}

static void blocks_of_a_page_and_more_are_page_aligned(struct machine *m) {
    (void)m;
    static const size_t sizes[] = {4096, 4097, 8192, 70000, 3 << 20};
    for (unsigned i = 0; i < ARRAYSIZE(sizes); i++) {
        UCHAR *p = ExAllocatePool2(POOL_FLAG_PAGED, sizes[i], TAG);
        assert_non_null(p);
        assert_int_equal((ULONG_PTR)p & (PAGE_SIZE - 1), 0);
        check_zero(p, sizes[i]);
        memset(p, 0xff, sizes[i]);
        ExFreePool(p);
    }
}

static void cache_aligned_blocks_are_aligned_to_64(struct machine *m) {
    (void)m;
    for (size_t size = 1; size < 5000; size += 61) {
        UCHAR *p = ExAllocatePoolWithTag(NonPagedPoolNxCacheAligned, size, TAG);
        UCHAR *q = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_CACHE_ALIGNED, size, TAG);
        assert_int_equal((ULONG_PTR)p & 63, 0);
        assert_int_equal((ULONG_PTR)q & 63, 0);
        memset(p, 1, size);
        memset(q, 1, size);
        ExFreePoolWithTag(p, TAG);
        ExFreePoolWithTag(q, TAG);
    }
}

/* Many blocks of random sizes live at once: none touches another. */
static void blocks_do_not_overlap(struct machine *m) {
    enum { COUNT = 600 };
    static UCHAR *blocks[COUNT];
    static size_t sizes[COUNT];
    (void)m;
    unsigned seed = 1;
    memset(blocks, 0, sizeof blocks);
    for (unsigned round = 0; round < 20000; round++) {
        seed = seed * 1103515245u + 12345;
        unsigned i = (seed >> 8) % COUNT;
        if (blocks[i]) {
            for (size_t k = 0; k < sizes[i]; k += 7)
                assert_int_equal(blocks[i][k], (UCHAR)i);
            assert_int_equal(blocks[i][sizes[i] - 1], (UCHAR)i);
            ExFreePoolWithTag(blocks[i], TAG);
            blocks[i] = NULL;
            continue;
        }
        sizes[i] = 1 + (seed >> 16) % (round % 50 ? 700 : 20000);
        blocks[i] = ExAllocatePoolWithTag(round & 1 ? NonPagedPoolNx : PagedPool, sizes[i], TAG);
        assert_non_null(blocks[i]);
        memset(blocks[i], (UCHAR)i, sizes[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        if (blocks[i])
            ExFreePool(blocks[i]);
    }
}

static void pool2_zeroes_unless_told_not_to(struct machine *m) {
    (void)m;
    for (unsigned i = 0; i < 3; i++) {
        UCHAR *p = ExAllocatePool2(POOL_FLAG_NON_PAGED, 200, TAG);
        check_zero(p, 200);
        memset(p, 0xee, 200);
        ExFreePool(p);
        p = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 200, TAG);
        assert_non_null(p);
        memset(p, 0xee, 200);
        ExFreePool(p);
    }
}

static void the_zeroing_forms_of_the_old_routines_zero(struct machine *m) {
    (void)m;
    UCHAR *p = ExAllocatePoolUninitialized(NonPagedPoolNx, 300, TAG);
    memset(p, 0xee, 300);
    ExFreePoolWithTag(p, TAG);
    p = ExAllocatePoolZero(NonPagedPoolNx, 300, TAG);
    check_zero(p, 300);
    memset(p, 0xee, 300);
    ExFreePoolWithTag(p, TAG);
    p = ExAllocatePoolQuotaZero(NonPagedPoolNx, 300, TAG);
    check_zero(p, 300);
    memset(p, 0xee, 300);
    ExFreePoolWithTag(p, TAG);
    p = ExAllocatePoolWithQuotaTag(NonPagedPoolNx | POOL_ZERO_ALLOCATION, 300, TAG);
    check_zero(p, 300);
    memset(p, 0xee, 300);
    ExFreePoolWithTag(p, TAG);
    p = ExAllocatePoolPriorityZero(NonPagedPoolNx, 300, TAG, NormalPoolPriority);
    check_zero(p, 300);
    ExFreePoolWithTag(p, TAG);
    p = ExAllocatePoolQuotaUninitialized(NonPagedPoolNx, 300, TAG);
    ExFreePoolWithTag(p, TAG);
    p = ExAllocatePoolPriorityUninitialized(NonPagedPoolNx, 300, TAG, LowPoolPriority);
    ExFreePoolWithTag(p, TAG);
    p = ExAllocatePool(NonPagedPoolNx, 300);
    ExFreePoolWithTag(p, 0);
}

static void pool2_refuses_unknown_flags_and_tag_zero(struct machine *m) {
    (void)m;
    assert_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, 10, 0));
    assert_null(ExAllocatePool2(POOL_FLAG_UNINITIALIZED, 10, TAG));
    assert_null(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 10, TAG));
    assert_null(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RESERVED2, 10, TAG));
    void *p = ExAllocatePool2(POOL_FLAG_NON_PAGED | (1ULL << 40), 10, TAG); /* optional: ignored */
    assert_non_null(p);
    ExFreePool2(p, TAG, NULL, 0);
}

static NTSTATUS raised_by(PVOID (*allocate)(void)) {
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        assert_null(allocate());
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static PVOID too_much(void) { return ExAllocatePoolWithTag(NonPagedPoolNx, (SIZE_T)1 << 45, TAG); }
static PVOID too_much_raising(void) {
    return ExAllocatePoolWithTag(NonPagedPoolNx | POOL_RAISE_IF_ALLOCATION_FAILURE, (SIZE_T)1 << 45,
                                 TAG);
}
static PVOID too_much_priority(void) {
    return ExAllocatePoolWithTagPriority(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE,
                                         (SIZE_T)1 << 45, TAG, HighPoolPriority);
}
static PVOID too_much_quota(void) {
    return ExAllocatePoolWithQuotaTag(NonPagedPoolNx, (SIZE_T)1 << 45, TAG);
}
static PVOID too_much_quota_quiet(void) {
    return ExAllocatePoolWithQuota(NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE,
                                   (SIZE_T)1 << 45);
}
static PVOID too_much_pool2(void) {
    return ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, (SIZE_T)1 << 45, TAG);
}

static void failure_is_null_or_an_exception(struct machine *m) {
    (void)m;
    assert_int_equal(raised_by(too_much), STATUS_SUCCESS);
    assert_int_equal(raised_by(too_much_raising), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(raised_by(too_much_priority), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(raised_by(too_much_quota), STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(raised_by(too_much_quota_quiet), STATUS_SUCCESS);
    assert_int_equal(raised_by(too_much_pool2), STATUS_INSUFFICIENT_RESOURCES);
}

static void pool3_looks_at_its_parameters(struct machine *m) {
    (void)m;
    POOL_EXTENDED_PARAMETER parameter = {.Type = PoolExtendedParameterPriority,
                                         .Priority = HighPoolPriority};
    void *p = ExAllocatePool3(POOL_FLAG_NON_PAGED, 40, TAG, &parameter, 1);
    assert_non_null(p);
    ExFreePool(p);
    parameter.Type = PoolExtendedParameterMax + 1;
    assert_null(ExAllocatePool3(POOL_FLAG_NON_PAGED, 40, TAG, &parameter, 1));
    parameter.Optional = 1;
    p = ExAllocatePool3(POOL_FLAG_NON_PAGED, 40, TAG, &parameter, 1);
    assert_non_null(p);
    ExFreePool(p);
}

static void a_block_knows_its_size_and_charge(struct machine *m) {
    (void)m;
    BOOLEAN charged;
    void *p = ExAllocatePoolWithQuotaTag(PagedPool, 123, TAG);
    assert_true(ExQueryPoolBlockSize(p, &charged) >= 123);
    assert_true(charged);
    ExFreePool(p);
    p = ExAllocatePoolWithQuota(NonPagedPoolNx, 77);
    assert_true(ExQueryPoolBlockSize(p, &charged) >= 77);
    assert_true(charged);
    ExFreePool(p);
    p = ExAllocatePoolWithTag(NonPagedPoolNx, 12345, TAG);
    assert_true(ExQueryPoolBlockSize(p, &charged) >= 12345);
    assert_false(charged);
    ExFreePool(p);
}

static unsigned asked;
static unsigned fail_third(void *context, enum wdmsim_choice_kind kind, unsigned n) {
    (void)context;
    (void)n;
    return kind == WDMSIM_CHOICE_POOL && ++asked == 3;
}

static void failures_can_be_chosen(struct machine *m) {
    asked = 0;
    wdmsim_set_chooser(m, fail_third, NULL);
    void *a = ExAllocatePoolWithTag(NonPagedPoolNx, 20, TAG),
         *b = ExAllocatePoolWithTag(PagedPool, 9000, TAG);
    void *c = ExAllocatePool2(POOL_FLAG_NON_PAGED, 20, TAG),
         *d = ExAllocatePool2(POOL_FLAG_NON_PAGED, 20, TAG);
    assert_true(a && b && !c && d);
    ExFreePool(a);
    ExFreePool(b);
    ExFreePool(d);
}

int main(void) {
    static const struct wdmsim_config failing = {.processors = 1,
                                                 .strategy = WDMSIM_STRATEGY_ASK,
                                                 .flags = WDMSIM_CHECK_RULES | WDMSIM_FAIL_POOL};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(small_blocks_are_aligned_to_16_and_within_a_page),
        wdmsim_unit_test(blocks_of_a_page_and_more_are_page_aligned),
        wdmsim_unit_test(cache_aligned_blocks_are_aligned_to_64),
        wdmsim_unit_test(blocks_do_not_overlap),
        wdmsim_unit_test(pool2_zeroes_unless_told_not_to),
        wdmsim_unit_test(the_zeroing_forms_of_the_old_routines_zero),
        wdmsim_unit_test(pool2_refuses_unknown_flags_and_tag_zero),
        wdmsim_unit_test(failure_is_null_or_an_exception),
        wdmsim_unit_test(pool3_looks_at_its_parameters),
        wdmsim_unit_test(a_block_knows_its_size_and_charge),
        wdmsim_unit_test_on(failures_can_be_chosen, &failing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
