/* Check that what a driver did to its pages does not last into the next machine, which has the same
 * addresses. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define TAG 'tseT'
#define SIZE (64u * PAGE_SIZE)

static char *left;

static PMDL locked_block(void) {
    left = ExAllocatePoolWithTag(NonPagedPoolNx, SIZE, TAG);
    assert_non_null(left);
    PMDL mdl = IoAllocateMdl(left, SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    return mdl;
}

static char *same_block(void) {
    char *block = ExAllocatePoolWithTag(NonPagedPoolNx, SIZE, TAG);
    assert_ptr_equal(block, left);
    return block;
}

static void a_block_is_left_read_only(struct machine *m) {
    (void)m;
    PMDL mdl = locked_block();
    assert_non_null(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, 0));
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_SUCCESS);
}

static void the_next_machine_may_write_it(struct machine *m) {
    (void)m;
    memset(same_block(), 1, SIZE);
}

static void a_block_is_left_mapped_to_user_space(struct machine *m) {
    (void)m;
    PMDL mdl = locked_block();
    memset(left, 0x5A, SIZE);
    __try {
        MmMapLockedPages(mdl, UserMode);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        /* a host with larger pages has no such mappings */
        assert_int_equal((NTSTATUS)GetExceptionCode(), STATUS_INSUFFICIENT_RESOURCES);
    }
}

static void the_next_machine_finds_it_fresh(struct machine *m) {
    (void)m;
    const char *block = same_block();
    for (unsigned i = 0; i < SIZE; i++)
        assert_int_equal(block[i], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(a_block_is_left_read_only),
        wdmsim_unit_test(the_next_machine_may_write_it),
        wdmsim_unit_test(a_block_is_left_mapped_to_user_space),
        wdmsim_unit_test(the_next_machine_finds_it_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
