/* WDMSIM_GUARD_POOL: blocks end at an inaccessible page, freed ones stay inaccessible, damage
 * around them is found. */
#include "../touch.h" /* the host's headers come first */

#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define TAG 'tseT'

static const struct wdmsim_config guarded = {.processors = 1,
                                             .flags = WDMSIM_CHECK_RULES | WDMSIM_GUARD_POOL};

static void the_byte_behind_a_block_faults(struct machine *m) {
    (void)m;
    for (size_t size = 16; size < 20000; size += size < 4096 ? 16 : 4096) {
        char *p = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
        size_t end = size < PAGE_SIZE ? size : (size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
        memset(p, 1, size);
        assert_true(can_read(p + size - 1));
        assert_false(can_read(p + end));
        ExFreePoolWithTag(p, TAG);
        size = size >= 4096 ? size & ~(size_t)4095 : size;
    }
}

static void a_freed_block_faults_for_good(struct machine *m) {
    (void)m;
    char *p = ExAllocatePoolWithTag(PagedPool, 100, TAG);
    ExFreePool(p);
    for (unsigned i = 0; i < 100; i++)
        assert_ptr_not_equal(ExAllocatePoolWithTag(PagedPool, 100, TAG), p);
    assert_false(can_read(p));
}

static void page_sized_blocks_are_page_aligned(struct machine *m) {
    (void)m;
    char *p = ExAllocatePool2(POOL_FLAG_NON_PAGED, 5000, TAG);
    assert_int_equal((ULONG_PTR)p & (PAGE_SIZE - 1), 0);
    ExFreePool(p);
}

static void writing_into_the_slack_is_found_when_freed(struct machine *m) {
    (void)m;
    volatile char *p = ExAllocatePoolWithTag(NonPagedPoolNx, 21, TAG);
    p[21] = 1;
    wdmsim_expect_bugcheck(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION);
    ExFreePool((PVOID)p);
}

static void writing_before_a_block_is_found_when_freed(struct machine *m) {
    (void)m;
    volatile char *p = ExAllocatePoolWithTag(NonPagedPoolNx, 32, TAG);
    p[-1] = 1;
    wdmsim_expect_bugcheck(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION);
    ExFreePool((PVOID)p);
}

static void freeing_twice(struct machine *m) {
    (void)m;
    void *p = ExAllocatePoolWithTag(NonPagedPoolNx, 32, TAG);
    ExFreePool(p);
    wdmsim_expect_bugcheck(BAD_POOL_CALLER);
    ExFreePool(p);
}

static void freeing_inside_a_block(struct machine *m) {
    (void)m;
    char *p = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    wdmsim_expect_bugcheck(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION);
    ExFreePool(p + 16);
}

static void lookaside_lists_keep_nothing(struct machine *m) {
    static NPAGED_LOOKASIDE_LIST list;
    (void)m;
    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 64, TAG, 0);
    char *p = ExAllocateFromNPagedLookasideList(&list);
    ExFreeToNPagedLookasideList(&list, p);
    assert_false(can_read(p));
    ExDeleteNPagedLookasideList(&list);
}

static void underrun_priority_puts_a_block_at_the_start_of_its_page(struct machine *m) {
    (void)m;
    char *p = ExAllocatePoolWithTagPriority(NonPagedPoolNx, 64, TAG,
                                            NormalPoolPrioritySpecialPoolUnderrun);
    assert_int_equal((ULONG_PTR)p & (PAGE_SIZE - 1), 0);
    ExFreePool(p);
}

static void a_block_at_the_start_of_its_page_keeps_the_other_rules(struct machine *m) {
    const EX_POOL_PRIORITY under = NormalPoolPrioritySpecialPoolUnderrun;
    (void)m;
    for (int i = 0; i < 2; i++) { /* the second one where the first was, or where nothing is */
        UCHAR *p =
            ExAllocatePoolWithTagPriority(NonPagedPoolNx | POOL_ZERO_ALLOCATION, 64, TAG, under);
        for (int byte = 0; byte < 64; byte++)
            assert_int_equal(p[byte], 0);
        memset(p, 0xee, 64);
        ExFreePool(p);
    }
    wdmsim_expect_bugcheck(BAD_POOL_CALLER);
    ExAllocatePoolWithTagPriority(NonPagedPoolNx, 64, 0, under);
}

static void special_pool_can_be_asked_for_without_the_flag(struct machine *m) {
    (void)m;
    char *p = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_SPECIAL_POOL, 64, TAG);
    assert_true(can_read(p + 63));
    assert_false(can_read(p + 64));
    ExFreePool(p);
}

static void user_buffers_end_at_an_inaccessible_page_too(struct machine *m) {
    char *user = (char *)(ULONG_PTR)wdmsim_user_alloc(m, NULL, 160);
    assert_true(can_read(user + 159));
    assert_false(can_read(user + 160));
    assert_int_equal(wdmsim_user_free(m, NULL, (ULONG_PTR)user), 0);
    assert_false(can_read(user));
}

/* Check that the byte behind a block faults whatever its size, and is reported as what it is. */
static void an_exact_block_ends_at_its_last_byte(struct machine *m) {
    (void)m;
    for (size_t size = 1; size < 300; size++) {
        char *p = ExAllocatePool2(POOL_FLAG_PAGED, size, TAG);
        memset(p, 1, size);
        assert_false(can_read(p + size));
        if (size % 16 == 0)
            assert_int_equal((ULONG_PTR)p & 15, 0);
        ExFreePoolWithTag(p, TAG);
    }
}

static void reading_one_byte_too_far_is_named(struct machine *m) {
    (void)m;
    volatile char *p = ExAllocatePool2(POOL_FLAG_PAGED, 8, TAG);
    wdmsim_expect_bugcheck(PAGE_FAULT_BEYOND_END_OF_ALLOCATION);
    (void)p[8];
}

/* Check that guarded blocks do not hide it: only user addresses raise exceptions. */
static void a_guarded_block_hides_no_overrun(struct machine *m) {
    (void)m;
    volatile char *p = ExAllocatePool2(POOL_FLAG_NON_PAGED, 32, TAG);
    wdmsim_expect_bugcheck(PAGE_FAULT_BEYOND_END_OF_ALLOCATION);
    __try {
        p[32] = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        fail();
    }
}

static void a_guarded_block_hides_no_stale_pointer(struct machine *m) {
    (void)m;
    volatile char *p = ExAllocatePool2(POOL_FLAG_NON_PAGED, 32, TAG);
    ExFreePool((PVOID)p);
    wdmsim_expect_bugcheck(PAGE_FAULT_IN_FREED_SPECIAL_POOL);
    __try {
        (void)*p;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        fail();
    }
}

/* Check that without it the promised alignment is kept, and the read goes unseen. */
static void alignment_comes_first_otherwise(struct machine *m) {
    (void)m;
    volatile char *p = ExAllocatePool2(POOL_FLAG_PAGED, 8, TAG);
    assert_int_equal((ULONG_PTR)p & 15, 0);
    (void)p[8];
    ExFreePool((PVOID)p);
}

int main(void) {
    static const struct wdmsim_config exact = {
        .processors = 1, .flags = WDMSIM_CHECK_RULES | WDMSIM_GUARD_POOL | WDMSIM_GUARD_EXACT};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test_on(the_byte_behind_a_block_faults, &guarded),
        wdmsim_unit_test_on(a_guarded_block_hides_no_overrun, &guarded),
        wdmsim_unit_test_on(a_guarded_block_hides_no_stale_pointer, &guarded),
        wdmsim_unit_test_on(an_exact_block_ends_at_its_last_byte, &exact),
        wdmsim_unit_test_on(reading_one_byte_too_far_is_named, &exact),
        wdmsim_unit_test_on(alignment_comes_first_otherwise, &guarded),
        wdmsim_unit_test_on(a_freed_block_faults_for_good, &guarded),
        wdmsim_unit_test_on(page_sized_blocks_are_page_aligned, &guarded),
        wdmsim_unit_test_on(writing_into_the_slack_is_found_when_freed, &guarded),
        wdmsim_unit_test_on(writing_before_a_block_is_found_when_freed, &guarded),
        wdmsim_unit_test_on(freeing_twice, &guarded),
        wdmsim_unit_test_on(freeing_inside_a_block, &guarded),
        wdmsim_unit_test_on(lookaside_lists_keep_nothing, &guarded),
        wdmsim_unit_test_on(underrun_priority_puts_a_block_at_the_start_of_its_page, &guarded),
        wdmsim_unit_test_on(a_block_at_the_start_of_its_page_keeps_the_other_rules, &guarded),
        wdmsim_unit_test(special_pool_can_be_asked_for_without_the_flag),
        wdmsim_unit_test_on(user_buffers_end_at_an_inaccessible_page_too, &guarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
