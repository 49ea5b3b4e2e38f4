/* Check heaps of every kind against a model: thousands of random calls from a fixed seed, the bytes
 * of every block compared before it goes. */
#include "heap_source.h"

#define SLOTS 64u
#define STEPS 6000u

static DECLSPEC_ALIGN(16) UCHAR given[200000];

struct slot {
    UCHAR *block;
    SIZE_T size;
    UCHAR fill;
};

static ULONG64 state;

static ULONG next(ULONG bound) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (ULONG)(state >> 33) % bound;
}

/* Mostly small, now and then what needs a segment or a region of its own. */
static SIZE_T random_size(SIZE_T most) {
    static const ULONG bounds[8] = {40, 40, 300, 300, 300, 5000, 60000, 700000};
    SIZE_T size = next(bounds[next(8)]);
    return size < most ? size : most;
}

static void compare(const struct slot *slot) {
    for (SIZE_T i = 0; i < slot->size; i++) {
        if (slot->block[i] != slot->fill)
            fail_msg("byte %llu of %llu", (unsigned long long)i, (unsigned long long)slot->size);
    }
}

static void take(PVOID heap, struct slot *slot, SIZE_T most) {
    ULONG flags = next(4) ? 0 : HEAP_ZERO_MEMORY;
    slot->size = random_size(most);
    slot->fill = 0;
    slot->block = RtlAllocateHeap(heap, flags, slot->size);
    if (!slot->block)
        return;
    assert_int_equal((ULONG_PTR)slot->block & 15, 0);
    if (flags)
        compare(slot);
    slot->fill = (UCHAR)next(256);
    memset(slot->block, slot->fill, slot->size);
}

/* Returns how many allocations succeeded. The heap is destroyed with what is left in it. */
static ULONG torture(PVOID heap, SIZE_T most) {
    static struct slot slots[SLOTS];
    ULONG taken = 0;
    assert_non_null(heap);
    memset(slots, 0, sizeof slots);
    state = 20260;
    for (ULONG i = 0; i < STEPS; i++) {
        struct slot *slot = &slots[next(SLOTS)];
        if (!slot->block) {
            take(heap, slot, most);
            taken += slot->block != NULL;
            continue;
        }
        compare(slot);
        assert_true(RtlFreeHeap(heap, next(2) ? HEAP_NO_SERIALIZE : 0, slot->block));
        slot->block = NULL;
    }
    for (ULONG i = 0; i < SLOTS; i++) {
        if (slots[i].block)
            compare(&slots[i]);
    }
    assert_null(RtlDestroyHeap(heap));
    return taken;
}

static PVOID segment_heap(RTL_MEMORY_TYPE type, ULONG flags) {
    RTL_SEGMENT_HEAP_PARAMETERS parameters = source_parameters();
    parameters.MemorySource.MemoryTypeMask = 1u << type;
    parameters.MemorySource.Callbacks = NULL;
    parameters.Flags = flags;
    return RtlCreateHeap(HEAP_GROWABLE | HEAP_CREATE_SEGMENT_HEAP, NULL, 0, 0, NULL, &parameters);
}

static void a_process_heap(struct machine *m) {
    (void)m;
    assert_true(torture(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL), ~(SIZE_T)0) >
                STEPS / 3);
}

static void a_heap_that_looks_at_all_it_has(struct machine *m) {
    (void)m;
    torture(RtlCreateHeap(HEAP_GROWABLE | HEAP_CREATE_HARDENED, NULL, 0, 0, NULL, NULL), 5000);
}

static void a_heap_that_decommits_all_it_can(struct machine *m) {
    RTL_HEAP_PARAMETERS parameters = {.Length = sizeof parameters,
                                      .SegmentReserve = 30 * PAGE_SIZE,
                                      .SegmentCommit = PAGE_SIZE,
                                      .DeCommitFreeBlockThreshold = 1,
                                      .DeCommitTotalFreeThreshold = 1};
    (void)m;
    torture(
        RtlCreateHeap(HEAP_GROWABLE | HEAP_CREATE_HARDENED, NULL, PAGE_SIZE, 0, NULL, &parameters),
        60000);
}

static void a_heap_in_given_memory(struct machine *m) {
    (void)m;
    ULONG taken = torture(RtlCreateHeap(HEAP_CREATE_HARDENED, given, sizeof given, 0, NULL, NULL),
                          ~(SIZE_T)0);
    assert_true(taken > STEPS / 4);
}

static void segment_heaps(struct machine *m) {
    (void)m;
    torture(segment_heap(MemoryTypePaged, 0), ~(SIZE_T)0);
    torture(segment_heap(MemoryTypeNonPaged, 0), ~(SIZE_T)0);
}

static void page_heaps(struct machine *m) {
    (void)m;
    torture(segment_heap(MemoryTypePaged, SEGMENT_HEAP_FLG_USE_PAGE_HEAP), 5000);
    torture(segment_heap(MemoryTypeNonPaged, SEGMENT_HEAP_FLG_USE_PAGE_HEAP), 5000);
}

static void a_source_of_the_driver_s(struct machine *m) {
    (void)m;
    source_reset();
    assert_true(torture(source_heap(), ~(SIZE_T)0) > STEPS / 4);
    assert_int_equal(source.live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_process_heap),
        wdmsim_unit_test(a_heap_that_looks_at_all_it_has),
        wdmsim_unit_test(a_heap_that_decommits_all_it_can),
        wdmsim_unit_test(a_heap_in_given_memory),
        wdmsim_unit_test(segment_heaps),
        wdmsim_unit_test(page_heaps),
        wdmsim_unit_test(a_source_of_the_driver_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
