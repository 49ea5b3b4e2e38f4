/* Memory descriptor lists: their fields, page frames, parts, and the buffers they may describe. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define TAG 'tseT'

static void an_mdl_describes_its_buffer(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    PMDL mdl = IoAllocateMdl(buffer + 100, 5000, FALSE, FALSE, NULL);
    assert_int_equal(mdl->Size, sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    assert_int_equal(MmSizeOfMdl(buffer + 100, 5000), mdl->Size);
    assert_ptr_equal(MmGetMdlVirtualAddress(mdl), buffer + 100);
    assert_ptr_equal(MmGetMdlBaseVa(mdl), buffer);
    assert_int_equal(MmGetMdlByteOffset(mdl), 100);
    assert_int_equal(MmGetMdlByteCount(mdl), 5000);
    assert_null(mdl->Next);
    IoFreeMdl(mdl);
    ExFreePool(buffer);
}

/* A header that the driver has room for itself, without IoAllocateMdl. */
static void an_mdl_of_ones_own_describes_its_buffer(struct machine *m) {
    static struct {
        MDL mdl;
        PFN_NUMBER frames[2];
    } own;
    PMDL mdl = &own.mdl;
    (void)m;
    memset(&own, 0xff, sizeof own);
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    MmInitializeMdl(mdl, buffer + 100, 5000);
    assert_null(mdl->Next);
    assert_int_equal(mdl->Size, sizeof own);
    assert_int_equal(mdl->MdlFlags, 0);
    assert_ptr_equal(MmGetMdlVirtualAddress(mdl), buffer + 100);
    assert_int_equal(MmGetMdlByteOffset(mdl), 100);
    assert_int_equal(MmGetMdlByteCount(mdl), 5000);
    MmBuildMdlForNonPagedPool(mdl);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), buffer + 100);
    assert_int_equal(MmGetMdlPfnArray(mdl)[1],
                     MmGetPhysicalAddress(buffer + PAGE_SIZE).QuadPart >> PAGE_SHIFT);
    ExFreePool(buffer);
}

static void sizes_of_mdls_count_the_pages_they_span(struct machine *m) {
    (void)m;
    assert_int_equal(MmSizeOfMdl((PVOID)0x10000, PAGE_SIZE), sizeof(MDL) + sizeof(PFN_NUMBER));
    assert_int_equal(MmSizeOfMdl((PVOID)0x10fff, 2), sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    assert_int_equal(ADDRESS_AND_SIZE_TO_SPAN_PAGES((PVOID)0x10fff, 2), 2);
    assert_int_equal(BYTES_TO_PAGES(4097), 2);
    assert_int_equal(ROUND_TO_PAGES(4097), 8192);
    assert_int_equal(BYTE_OFFSET(0x10fff), 0xfff);
    assert_ptr_equal(PAGE_ALIGN(0x10fff), (PVOID)0x10000);
    assert_null(IoAllocateMdl((PVOID)0x10000, 0xffffffff, FALSE, FALSE, NULL));
    assert_null(IoAllocateMdl((PVOID)0x10000, 0xfffff001, FALSE, FALSE, NULL));
    PMDL largest = IoAllocateMdl((PVOID)0x10000, 0xfffff000, FALSE, FALSE, NULL);
    assert_non_null(largest);
    IoFreeMdl(largest);
}

static void an_mdl_joins_the_chain_of_its_irp(struct machine *m) {
    IRP irp = {0};
    (void)m;
    PMDL first = IoAllocateMdl(&irp, 10, FALSE, FALSE, &irp);
    assert_ptr_equal(irp.MdlAddress, first);
    PMDL second = IoAllocateMdl(&irp, 10, TRUE, FALSE, &irp),
         third = IoAllocateMdl(&irp, 10, TRUE, FALSE, &irp);
    assert_ptr_equal(irp.MdlAddress, first);
    assert_ptr_equal(first->Next, second);
    assert_ptr_equal(second->Next, third);
    IoFreeMdl(first);
    IoFreeMdl(second);
    IoFreeMdl(third);
}

static void nonpaged_pool_is_mapped_where_it_is(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    PMDL mdl = IoAllocateMdl(buffer + 16, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    assert_true(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), buffer + 16);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(MmGetMdlPfnArray(mdl)[i] << PAGE_SHIFT,
                         MmGetPhysicalAddress(buffer + i * PAGE_SIZE).QuadPart);
    IoFreeMdl(mdl);
    ExFreePool(buffer);
}

static void a_partial_mdl_has_the_frames_of_its_part(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 4 * PAGE_SIZE, TAG);
    PMDL whole = IoAllocateMdl(buffer, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(whole);
    PMDL part = IoAllocateMdl(buffer, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    IoBuildPartialMdl(whole, part, buffer + PAGE_SIZE + 20, PAGE_SIZE);
    assert_true(part->MdlFlags & MDL_PARTIAL);
    assert_int_equal(part->ByteCount, PAGE_SIZE);
    assert_int_equal(part->ByteOffset, 20);
    assert_int_equal(MmGetMdlPfnArray(part)[0], MmGetMdlPfnArray(whole)[1]);
    assert_int_equal(MmGetMdlPfnArray(part)[1], MmGetMdlPfnArray(whole)[2]);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(part, NormalPagePriority),
                     buffer + PAGE_SIZE + 20);
    MmPrepareMdlForReuse(part);
    IoBuildPartialMdl(whole, part, buffer + 3 * PAGE_SIZE, 0); /* 0: the rest */
    assert_int_equal(part->ByteCount, PAGE_SIZE);
    IoFreeMdl(part);
    IoFreeMdl(whole);
    ExFreePool(buffer);
}

static void a_partial_mdl_maps_what_its_source_does_not(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, TAG);
    PMDL whole = IoAllocateMdl(buffer, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(whole, KernelMode, IoWriteAccess);
    PMDL part = IoAllocateMdl(buffer, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    IoBuildPartialMdl(whole, part, buffer + 8, 100);
    char *view = MmGetSystemAddressForMdlSafe(part, NormalPagePriority);
    strcpy(view, "part");
    assert_string_equal(buffer + 8, "part");
    assert_true(part->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED);
    MmPrepareMdlForReuse(part);
    assert_false(part->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED);
    IoFreeMdl(part);
    MmUnlockPages(whole);
    IoFreeMdl(whole);
    ExFreePool(buffer);
}

static void advancing_moves_the_start(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 4 * PAGE_SIZE, TAG);
    PMDL mdl = IoAllocateMdl(buffer, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    PFN_NUMBER third = MmGetMdlPfnArray(mdl)[2];
    assert_int_equal(MmAdvanceMdl(mdl, 2 * PAGE_SIZE + 10), STATUS_SUCCESS);
    assert_ptr_equal(MmGetMdlVirtualAddress(mdl), buffer + 2 * PAGE_SIZE + 10);
    assert_int_equal(MmGetMdlByteCount(mdl), 2 * PAGE_SIZE - 10);
    assert_int_equal(MmGetMdlPfnArray(mdl)[0], third);
    assert_int_equal(MmAdvanceMdl(mdl, 2 * PAGE_SIZE), STATUS_INVALID_PARAMETER_2);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ExFreePool(buffer); /* every page is unlocked */
}

static char image_data[PAGE_SIZE];
static void a_driver_may_describe_its_own_data(struct machine *m) {
    (void)m;
    PMDL mdl = IoAllocateMdl(image_data, sizeof image_data, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, HighPagePriority), image_data);
    IoFreeMdl(mdl);
}

static void a_target_that_is_too_small(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 4 * PAGE_SIZE, TAG);
    PMDL whole = IoAllocateMdl(buffer, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(whole);
    PMDL part = IoAllocateMdl(buffer, PAGE_SIZE, FALSE, FALSE, NULL);
    wdmsim_expect_bugcheck(TARGET_MDL_TOO_SMALL);
    IoBuildPartialMdl(whole, part, buffer, 2 * PAGE_SIZE);
}

static void paged_pool_is_not_nonpaged(struct machine *m) {
    (void)m;
    PVOID buffer = ExAllocatePoolWithTag(PagedPool, 100, TAG);
    PMDL mdl = IoAllocateMdl(buffer, 100, FALSE, FALSE, NULL);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    MmBuildMdlForNonPagedPool(mdl);
}

static void a_stack_is_not_nonpaged(struct machine *m) {
    char buffer[100];
    (void)m;
    PMDL mdl = IoAllocateMdl(buffer, 100, FALSE, FALSE, NULL);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    MmBuildMdlForNonPagedPool(mdl);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(an_mdl_describes_its_buffer),
        wdmsim_unit_test(an_mdl_of_ones_own_describes_its_buffer),
        wdmsim_unit_test(sizes_of_mdls_count_the_pages_they_span),
        wdmsim_unit_test(an_mdl_joins_the_chain_of_its_irp),
        wdmsim_unit_test(nonpaged_pool_is_mapped_where_it_is),
        wdmsim_unit_test(a_partial_mdl_has_the_frames_of_its_part),
        wdmsim_unit_test(a_partial_mdl_maps_what_its_source_does_not),
        wdmsim_unit_test(advancing_moves_the_start),
        wdmsim_unit_test(a_driver_may_describe_its_own_data),
        wdmsim_unit_test(a_target_that_is_too_small),
        wdmsim_unit_test(paged_pool_is_not_nonpaged),
        wdmsim_unit_test(a_stack_is_not_nonpaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
