/* What a driver does wrong with pool is a bug check with the parameters of its page. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define TAG 'tseT'

static ULONG code;
static ULONG64 kind;

/* The machine is to stop at code with this first parameter. */
static void expect(ULONG wanted, ULONG64 first) {
    code = wanted;
    kind = first;
    wdmsim_expect_bugcheck(wanted);
}

static int check_kind(void **state) {
    const struct wdmsim_stop *stop = wdmsim_machine_stop(wdmsim_fixture.machine);
    bool right = stop && stop->code == code && stop->parameters[0] == kind;
    if (!right)
        print_error("first parameter is 0x%llx\n",
                    stop ? (unsigned long long)stop->parameters[0] : 0);
    wdmsim_fixture_teardown(state);
    return right ? 0 : -1;
}

#define error_test(body)                                                                           \
    {                                                                                              \
#body, wdmsim_fixture_run, NULL, check_kind, (void *)&(const struct wdmsim_test) {         \
            body, NULL                                                                             \
        }                                                                                          \
    }

static void freeing_twice_small(struct machine *m) {
    (void)m;
    void *p = ExAllocatePoolWithTag(NonPagedPoolNx, 40, TAG);
    ExFreePool(p);
    expect(BAD_POOL_CALLER, 0x07);
    ExFreePool(p);
}

static void freeing_twice_large(struct machine *m) {
    (void)m;
    void *p = ExAllocatePoolWithTag(PagedPool, 9000, TAG);
    ExFreePool(p);
    expect(BAD_POOL_CALLER, 0x07);
    ExFreePool(p);
}

static void freeing_with_another_tag(struct machine *m) {
    (void)m;
    void *p = ExAllocatePoolWithTag(NonPagedPoolNx, 40, TAG);
    expect(BAD_POOL_CALLER, 0x0a);
    ExFreePoolWithTag(p, 'rehO');
}

static void freeing_a_large_block_with_another_tag(struct machine *m) {
    (void)m;
    void *p = ExAllocatePoolWithTag(NonPagedPoolNx, 40000, TAG);
    expect(BAD_POOL_CALLER, 0x0a);
    ExFreePoolWithTag(p, 'rehO');
}

static void freeing_null(struct machine *m) {
    (void)m;
    expect(BAD_POOL_CALLER, 0x46);
    ExFreePool(NULL);
}

static void freeing_inside_a_block(struct machine *m) {
    (void)m;
    char *p = ExAllocatePoolWithTag(NonPagedPoolNx, 400, TAG);
    expect(BAD_POOL_CALLER, 0x46);
    ExFreePool(p + 32);
}

static void freeing_inside_a_paged_block(struct machine *m) {
    (void)m;
    char *p = ExAllocatePoolWithTag(PagedPool, 400, TAG);
    expect(BAD_POOL_CALLER, 0x41286);
    ExFreePool(p + 32);
}

static void freeing_the_second_page_of_a_block(struct machine *m) {
    (void)m;
    char *p = ExAllocatePoolWithTag(NonPagedPoolNx, 9000, TAG);
    expect(BAD_POOL_CALLER, 0x41);
    ExFreePool(p + PAGE_SIZE);
}

static void freeing_what_never_was_pool(struct machine *m) {
    static int variable;
    (void)m;
    expect(BAD_POOL_CALLER, 0x42);
    ExFreePool(&variable);
}

static void freeing_user_memory(struct machine *m) {
    uint64_t user = wdmsim_user_alloc(m, NULL, 100);
    expect(BAD_POOL_CALLER, 0x40);
    ExFreePool((void *)(ULONG_PTR)user);
}

/* Without a sanitizer: it would report the overrun itself. */
__attribute__((no_sanitize("address"))) static void spoil(volatile char *p) {
    for (int i = 0; i < 8; i++)
        p[i] = 'x';
}

static void overrunning_a_block_is_seen_when_the_next_is_freed(struct machine *m) {
    (void)m;
    char *blocks[32], *low = NULL, *high = NULL;
    for (unsigned i = 0; i < 32; i++)
        blocks[i] = ExAllocatePoolWithTag(NonPagedPoolNx, 48, TAG);
    for (unsigned i = 0; i < 32 && !low; i++) {
        for (unsigned k = 0; k < 32 && !low; k++) {
            if (blocks[k] == blocks[i] + 64)
                low = blocks[i], high = blocks[k];
        }
    }
    assert_non_null(low); /* neighbours, with a header between them */
    spoil(low + 48);
    expect(BAD_POOL_HEADER, 0x20);
    ExFreePool(high);
}

static void zero_bytes(struct machine *m) {
    (void)m;
    expect(BAD_POOL_CALLER, 0x00);
    ExAllocatePoolWithTag(NonPagedPoolNx, 0, TAG);
}

static void zero_tag(struct machine *m) {
    (void)m;
    expect(BAD_POOL_CALLER, 0x9b);
    ExAllocatePoolWithTag(NonPagedPoolNx, 10, 0);
}

static void big_tag(struct machine *m) {
    (void)m;
    expect(BAD_POOL_CALLER, 0x9c);
    ExAllocatePoolWithTag(NonPagedPoolNx, 10, ' GIB');
}

static void tag_of_punctuation(struct machine *m) {
    (void)m;
    expect(BAD_POOL_CALLER, 0x9d);
    ExAllocatePoolWithTag(NonPagedPoolNx, 10, '.-.-');
}

static void must_succeed_pool(struct machine *m) {
    (void)m;
    expect(BAD_POOL_CALLER, 0x9a);
    ExAllocatePoolWithTag(NonPagedPoolMustSucceed, 10, TAG);
}

static void paged_pool_at_dispatch_level(struct machine *m) {
    (void)m;
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    expect(BAD_POOL_CALLER, 0x08);
    ExAllocatePool2(POOL_FLAG_PAGED, 10, TAG);
}

static void freeing_paged_pool_at_dispatch_level(struct machine *m) {
    (void)m;
    KIRQL old;
    void *p = ExAllocatePoolWithTag(PagedPool, 10, TAG);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    expect(BAD_POOL_CALLER, 0x09);
    ExFreePool(p);
}

static VOID charge(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
    (void)dpc;
    (void)context;
    (void)argument1;
    (void)argument2;
    expect(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x10b);
    ExAllocatePoolWithQuotaTag(NonPagedPoolNx, 10, TAG);
}

static void charging_quota_in_a_dpc(struct machine *m) {
    static KDPC dpc;
    (void)m;
    KeInitializeDpc(&dpc, charge, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    KeFlushQueuedDpcs();
}

static void freeing_pool_that_an_mdl_holds_locked(struct machine *m) {
    (void)m;
    void *p = ExAllocatePoolWithTag(PagedPool, 8192, TAG);
    PMDL mdl = IoAllocateMdl(p, 8192, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    expect(PFN_LIST_CORRUPT, 0x9a);
    ExFreePool(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        error_test(freeing_twice_small),
        error_test(freeing_twice_large),
        error_test(freeing_with_another_tag),
        error_test(freeing_a_large_block_with_another_tag),
        error_test(freeing_null),
        error_test(freeing_inside_a_block),
        error_test(freeing_inside_a_paged_block),
        error_test(freeing_the_second_page_of_a_block),
        error_test(freeing_what_never_was_pool),
        error_test(freeing_user_memory),
        error_test(overrunning_a_block_is_seen_when_the_next_is_freed),
        error_test(zero_bytes),
        error_test(zero_tag),
        error_test(big_tag),
        error_test(tag_of_punctuation),
        error_test(must_succeed_pool),
        error_test(paged_pool_at_dispatch_level),
        error_test(freeing_paged_pool_at_dispatch_level),
        error_test(charging_quota_in_a_dpc),
        error_test(freeing_pool_that_an_mdl_holds_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
