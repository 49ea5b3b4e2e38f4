/* Check heaps under two threads, in every schedule: serialized they stay right, and a call that is
 * not serialized is found where it meets another one. */
#include "../threads.h"

#include "heap_source.h"

static PVOID heap;
static UCHAR *blocks[2];

static void begin_with(ULONG flags) {
    heap = RtlCreateHeap(HEAP_GROWABLE | flags, NULL, 0, 0, NULL, NULL);
    blocks[0] = blocks[1] = NULL;
}

static void begin_serialized(void) { begin_with(0); }
static void begin_unserialized(void) { begin_with(HEAP_NO_SERIALIZE); }

static void begin_source(void) {
    source_reset();
    heap = source_heap();
}

static void work(ULONG self, ULONG flags) {
    PVOID first = RtlAllocateHeap(heap, flags, 100);
    UCHAR *second = blocks[self] = RtlAllocateHeap(heap, flags, 5000);
    assert_non_null(second);
    memset(second, (int)self + 1, 5000);
    assert_true(RtlFreeHeap(heap, flags, first));
}

static VOID first(PVOID context) {
    (void)context;
    work(0, 0);
}

static VOID second(PVOID context) {
    (void)context;
    work(1, 0);
}

static VOID careless(PVOID context) {
    (void)context;
    work(1, HEAP_NO_SERIALIZE);
}

static void check(void) {
    for (ULONG i = 0; i < 2; i++) {
        for (ULONG j = 0; j < 5000; j++)
            assert_int_equal(blocks[i][j], i + 1);
    }
    assert_null(RtlDestroyHeap(heap));
}

static void check_source(void) {
    check();
    assert_int_equal(source.live, 0);
}

/*
 *  first                      second
 *  allocates, frees           allocates, frees        each may be preempted in every call
 */
static void serialized_threads_stay_apart(void **state) {
    static const struct explored scenario = {
        .preemptions = 2, .actors = {first, second}, .begin = begin_serialized, .check = check};
    (void)state;
    assert_true(explore_up_to(&scenario, 2) > 50);
}

/* The source's routines run in between. */
static void a_source_is_called_by_one_at_a_time(void **state) {
    static const struct explored scenario = {
        .preemptions = 1, .actors = {first, second}, .begin = begin_source, .check = check_source};
    (void)state;
    assert_true(explore_up_to(&scenario, 2) > 10);
}

static void without_serialization_they_meet(void **state) {
    static const struct explored scenario = {.processors = 1,
                                             .preemptions = 1,
                                             .actors = {first, second},
                                             .begin = begin_unserialized,
                                             .check = check};
    (void)state;
    assert_true(explore_finds(&scenario, KERNEL_MODE_HEAP_CORRUPTION));
}

static void one_careless_call_is_enough(void **state) {
    static const struct explored scenario = {.processors = 1,
                                             .preemptions = 1,
                                             .actors = {first, careless},
                                             .begin = begin_serialized,
                                             .check = check};
    (void)state;
    assert_true(explore_finds(&scenario, KERNEL_MODE_HEAP_CORRUPTION));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serialized_threads_stay_apart),
        cmocka_unit_test(a_source_is_called_by_one_at_a_time),
        cmocka_unit_test(without_serialization_they_meet),
        cmocka_unit_test(one_careless_call_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
