/* Of which MDLs a partial one may be built: those that name pages which stay where they are. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define TAG 'traP'
#define SIZE 256

static PMDL part_of(PMDL source) {
    PVOID address = MmGetMdlVirtualAddress(source);
    PMDL part = IoAllocateMdl(address, SIZE / 2, FALSE, FALSE, NULL);
    IoBuildPartialMdl(source, part, address, SIZE / 2);
    assert_int_equal(MmGetMdlPfnArray(part)[0], MmGetMdlPfnArray(source)[0]);
    assert_int_equal(MmGetMdlByteCount(part), SIZE / 2);
    return part;
}

static void the_pages_may_be_locked_nonpaged_or_a_part_already(struct machine *m) {
    (void)m;
    char *nonpaged = ExAllocatePoolWithTag(NonPagedPoolNx, SIZE, TAG);
    char *paged = ExAllocatePoolWithTag(PagedPool, SIZE, TAG);
    PMDL mdls[2] = {IoAllocateMdl(nonpaged, SIZE, FALSE, FALSE, NULL),
                    IoAllocateMdl(paged, SIZE, FALSE, FALSE, NULL)};
    MmBuildMdlForNonPagedPool(mdls[0]);
    MmProbeAndLockPages(mdls[1], KernelMode, IoReadAccess);
    for (int i = 0; i < 2; i++) {
        PMDL part = part_of(mdls[i]), smaller = IoAllocateMdl(NULL, SIZE / 4, FALSE, FALSE, NULL);
        IoBuildPartialMdl(part, smaller, MmGetMdlVirtualAddress(part), SIZE / 4);
        IoFreeMdl(smaller);
        IoFreeMdl(part);
    }
    MmUnlockPages(mdls[1]);
    for (int i = 0; i < 2; i++)
        IoFreeMdl(mdls[i]);
    ExFreePool(nonpaged);
    ExFreePool(paged);
}

static void pages_that_are_not_locked_are_none(struct machine *m) {
    (void)m;
    char *paged = ExAllocatePoolWithTag(PagedPool, SIZE, TAG);
    PMDL mdl = IoAllocateMdl(paged, SIZE, FALSE, FALSE, NULL);
    PMDL part = IoAllocateMdl(paged, SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    MmUnlockPages(mdl);
    wdmsim_expect_bugcheck(MEMORY_MANAGEMENT);
    IoBuildPartialMdl(mdl, part, paged, SIZE / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_pages_may_be_locked_nonpaged_or_a_part_already),
        wdmsim_unit_test(pages_that_are_not_locked_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
