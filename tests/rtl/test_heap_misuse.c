/* Check that what breaks a heap is found, and called by its name: parameter 1 of
 * KERNEL_MODE_HEAP_CORRUPTION. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static PVOID heap;
static char *a, *b, *c;

/* Without a sanitizer: it would report the access itself. */
__attribute__((no_sanitize("address"))) static void spoil(volatile char *p) { p[0] ^= 0x55; }

static void begin(void) {
    heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    a = RtlAllocateHeap(heap, 0, 112);
    b = RtlAllocateHeap(heap, 0, 112);
    c = RtlAllocateHeap(heap, 0, 112);
    assert_ptr_equal(b, a + 128);
}

/* Runs a body on a machine of its own, which stops with that kind of corruption. */
static void (*running)(void);

static void run(void *context) {
    (void)context;
    running();
}

static bool is_done(void *context) { return *(bool *)context; }

static void stops(void (*body)(void), uint32_t flags, uint64_t kind) {
    struct wdmsim_config config = WDMSIM_CONFIG_DEFAULT;
    struct machine *machine;
    bool done = false;
    config.flags |= flags;
    running = body;
    heap = NULL;
    assert_int_equal(wdmsim_machine_create(&config, &machine), 0);
    assert_int_equal(wdmsim_system_thread(machine, run, NULL, &done), 0);
    wdmsim_run_until(machine, is_done, &done, WDMSIM_FOREVER);
    const struct wdmsim_stop *stop = wdmsim_machine_stop(machine);
    assert_non_null(stop);
    assert_int_equal(stop->code, KERNEL_MODE_HEAP_CORRUPTION);
    assert_int_equal(stop->parameters[0], kind);
    assert_int_equal(stop->parameters[1], (ULONG_PTR)heap);
    assert_int_equal(stop->parameters[3], 0);
    wdmsim_machine_destroy(machine);
}

static void free_twice(void) {
    begin();
    RtlFreeHeap(heap, 0, b);
    RtlFreeHeap(heap, 0, b);
}

static void free_what_has_merged(void) {
    begin();
    RtlFreeHeap(heap, 0, a);
    RtlFreeHeap(heap, 0, b);
    RtlFreeHeap(heap, 0, b);
}

static void freeing_twice(void **state) {
    (void)state;
    stops(free_twice, 0, 0x8);
    stops(free_what_has_merged, 0, 0x8);
}

static void free_inside(void) {
    begin();
    RtlFreeHeap(heap, 0, b + 16);
}

static void free_askew(void) {
    begin();
    RtlFreeHeap(heap, 0, b + 1);
}

static void free_inside_large(void) {
    begin();
    a = RtlAllocateHeap(heap, 0, 1 << 20);
    RtlFreeHeap(heap, 0, a + PAGE_SIZE);
}

static void freeing_what_is_no_block(void **state) {
    (void)state;
    stops(free_inside, 0, 0x9);
    stops(free_askew, 0, 0x9);
    stops(free_inside_large, 0, 0x9);
}

static void overrun_and_free(void) {
    begin();
    spoil(a + 112);
    RtlFreeHeap(heap, 0, a);
}

static void overrun_and_free_next(void) {
    begin();
    spoil(a + 113);
    RtlFreeHeap(heap, 0, b);
}

static void overrun_and_destroy(void) {
    begin();
    spoil(b + 112 + 7);
    RtlDestroyHeap(heap);
}

static void overrun_and_allocate(void) {
    begin();
    spoil(a + 112 + 15);
    RtlAllocateHeap(heap, 0, 5000);
}

static void hardened(void) {
    heap = RtlCreateHeap(HEAP_GROWABLE | HEAP_CREATE_HARDENED, NULL, 0, 0, NULL, NULL);
    a = RtlAllocateHeap(heap, 0, 112);
    b = RtlAllocateHeap(heap, 0, 112);
    spoil(a + 112);
    RtlAllocateHeap(heap, 0, 1);
}

static void overruns(void **state) {
    (void)state;
    stops(overrun_and_free, 0, 0x6);
    stops(overrun_and_free_next, 0, 0x6);
    stops(overrun_and_destroy, 0, 0x6);
    stops(overrun_and_allocate, WDMSIM_GUARD_POOL, 0x6);
    stops(hardened, 0, 0x6);
}

static void underrun_and_free(void) {
    begin();
    spoil(a - 1);
    RtlFreeHeap(heap, 0, a);
}

static void underruns(void **state) {
    (void)state;
    stops(underrun_and_free, 0, 0x7);
}

static void spoil_large(void) {
    begin();
    a = RtlAllocateHeap(heap, 0, 1 << 20);
    spoil(a - 8);
    RtlFreeHeap(heap, 0, a);
}

static void headers_of_large_blocks(void **state) {
    (void)state;
    stops(spoil_large, 0, 0x5);
}

static void use_after_free(void) {
    begin();
    RtlFreeHeap(heap, 0, b);
    spoil(b);
    RtlAllocateHeap(heap, 0, 100);
}

static void use_after_free_and_merge(void) {
    begin();
    RtlFreeHeap(heap, 0, b);
    spoil(b + 8);
    RtlFreeHeap(heap, 0, c);
}

static void writing_to_free_blocks(void **state) {
    (void)state;
    stops(use_after_free, 0, 0xd);
    stops(use_after_free_and_merge, 0, 0xd);
}

static void allocate_from_nothing(void) { RtlAllocateHeap(NULL, 0, 1); }
static void free_to_nothing(void) { RtlFreeHeap(NULL, 0, &heap); }
static void destroy_nothing(void) { RtlDestroyHeap(NULL); }

static void null_handles(void **state) {
    (void)state;
    stops(allocate_from_nothing, 0, 0x13);
    stops(free_to_nothing, 0, 0x13);
    stops(destroy_nothing, 0, 0x13);
}

static NTSTATUS recurse(PVOID base, PVOID *address, PSIZE_T size) {
    (void)base, (void)address, (void)size;
    RtlAllocateHeap(heap, 0, 1);
    return STATUS_SUCCESS;
}

static void recursion(void) {
    static ULONG64 memory[1024];
    RTL_HEAP_PARAMETERS parameters = {.Length = sizeof parameters,
                                      .InitialCommit = 1024,
                                      .InitialReserve = sizeof memory,
                                      .CommitRoutine = recurse};
    heap = RtlCreateHeap(0, memory, 0, 0, NULL, &parameters);
    RtlAllocateHeap(heap, 0, 2000);
}

static void a_routine_of_the_heap_uses_it(void **state) {
    (void)state;
    stops(recursion, 0, 0x10);
}

/* Where the page says that the call fails, it fails. */
static void what_is_no_heap_fails(struct machine *m) {
    static DECLSPEC_ALIGN(16) char nothing[4096];
    (void)m;
    assert_null(RtlAllocateHeap(nothing, 0, 1));
    assert_false(RtlFreeHeap(nothing, 0, nothing));
    assert_ptr_equal(RtlDestroyHeap(nothing), nothing);
    begin();
    assert_false(RtlFreeHeap(heap, 0, nothing));
    assert_null(RtlDestroyHeap(heap));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freeing_twice),
        cmocka_unit_test(freeing_what_is_no_block),
        cmocka_unit_test(overruns),
        cmocka_unit_test(underruns),
        cmocka_unit_test(headers_of_large_blocks),
        cmocka_unit_test(writing_to_free_blocks),
        cmocka_unit_test(null_handles),
        cmocka_unit_test(a_routine_of_the_heap_uses_it),
        wdmsim_unit_test(what_is_no_heap_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
