/* Which inaccessible addresses are exceptions, and which stop the system inside a guarded block. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

/* The access is the processor's alone: sanitizers would look at another address first. */
__attribute__((no_sanitize("address", "undefined"))) static NTSTATUS
read_guarded(ULONG_PTR address) {
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        (void)*(volatile char *)address;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static void user_addresses_raise_exceptions(struct machine *m) {
    (void)m;
    assert_int_equal(read_guarded(0), STATUS_ACCESS_VIOLATION);
    assert_int_equal(read_guarded(0x12345678), STATUS_ACCESS_VIOLATION);
}

#if defined(__x86_64__)
static void so_does_what_is_no_address(struct machine *m) {
    (void)m;
    assert_int_equal(read_guarded(0x4141414141414141u), STATUS_ACCESS_VIOLATION);
}
#endif

static void the_system_half_does_not(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(PAGE_FAULT_IN_NONPAGED_AREA);
    read_guarded(0xFFFFF80000001000u);
    fail();
}

/* Check the machine's own memory: the end of the region that nonpaged pool comes from. */
static void nor_does_memory_that_is_not_there(struct machine *m) {
    char *p = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'tseT');
    (void)m;
    wdmsim_expect_bugcheck(PAGE_FAULT_IN_NONPAGED_AREA);
    read_guarded((ULONG_PTR)p + (1ull << 30));
    fail();
}

/* (kernel/mm-bad-pointer): a page that no guarded block hides. */
static void the_bad_pointer_is_never_caught(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(PAGE_FAULT_IN_NONPAGED_AREA);
    read_guarded((ULONG_PTR)MM_BAD_POINTER);
    fail();
}

static void nor_is_the_page_at_it(struct machine *m) {
    (void)m;
    wdmsim_expect_bugcheck(PAGE_FAULT_IN_NONPAGED_AREA);
    read_guarded((ULONG_PTR)MM_BAD_POINTER + PAGE_SIZE - 1);
    fail();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(user_addresses_raise_exceptions),
#if defined(__x86_64__)
        wdmsim_unit_test(so_does_what_is_no_address),
#endif
        wdmsim_unit_test(the_system_half_does_not),
        wdmsim_unit_test(nor_does_memory_that_is_not_there),
        wdmsim_unit_test(the_bad_pointer_is_never_caught),
        wdmsim_unit_test(nor_is_the_page_at_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
