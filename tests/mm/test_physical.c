/* Physical memory: contiguous blocks within limits, pages for MDLs, device memory. */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define TAG 'tseT'

static PHYSICAL_ADDRESS at(ULONG64 address) {
    return (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)address};
}

static ULONG64 physical(PVOID address) { return (ULONG64)MmGetPhysicalAddress(address).QuadPart; }

static void physical_addresses_follow_virtual_ones(struct machine *m) {
    (void)m;
    char *p = ExAllocatePoolWithTag(NonPagedPoolNx, 5 * PAGE_SIZE, TAG), local;
    for (unsigned i = 0; i < 5 * PAGE_SIZE; i += 1000) {
        assert_int_equal(physical(p + i), physical(p) + i);
        assert_ptr_equal(MmGetVirtualForPhysical(at(physical(p + i))), p + i);
    }
    assert_int_not_equal(physical(&local), 0);
    assert_int_not_equal(physical((PVOID)(ULONG_PTR)at), 0);
    assert_int_equal(physical(NULL), 0);
    ExFreePool(p);
}

static void contiguous_memory_keeps_to_its_limits(struct machine *m) {
    (void)m;
    PVOID low = MmAllocateContiguousMemory(3 * PAGE_SIZE, at(0xffffff));
    assert_non_null(low);
    assert_true(physical(low) + 3 * PAGE_SIZE - 1 <= 0xffffff);
    assert_int_equal((ULONG_PTR)low & (PAGE_SIZE - 1), 0);
    memset(low, 1, 3 * PAGE_SIZE);
    PVOID high = MmAllocateContiguousMemorySpecifyCache(100, at(0x2000000), at(0x2ffffff), at(0),
                                                        MmNonCached);
    assert_non_null(high);
    assert_true(physical(high) >= 0x2000000 && physical(high) < 0x3000000);
    MmFreeContiguousMemory(low);
    MmFreeContiguousMemorySpecifyCache(high, 100, MmNonCached);
    assert_null(MmAllocateContiguousMemory(1 << 20, at(0xffff)));
    assert_null(
        MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, at(0x5000), at(0x4000), at(0), MmCached));
}

static void contiguous_memory_does_not_cross_a_boundary(struct machine *m) {
    (void)m;
    for (unsigned i = 0; i < 40; i++) {
        PVOID p = MmAllocateContiguousMemorySpecifyCacheNode(5 * PAGE_SIZE, at(0), at(MAXLONGLONG),
                                                             at(0x10000), MmCached, 0);
        assert_non_null(p);
        assert_int_equal(physical(p) / 0x10000, (physical(p) + 5 * PAGE_SIZE - 1) / 0x10000);
    }
    assert_null(MmAllocateContiguousMemorySpecifyCache(0x20000, at(0), at(MAXLONGLONG), at(0x10000),
                                                       MmCached));
}

static void the_other_forms_of_contiguous_memory(struct machine *m) {
    SIZE_T size = 5000;
    PVOID p;
    (void)m;
    assert_int_equal(MmAllocateContiguousMemoryEx(&size, at(0), at(0xffffffff), at(0),
                                                  MM_ANY_NODE_OK, PAGE_READWRITE, NULL, TAG, 0, &p),
                     STATUS_SUCCESS);
    MmFreeContiguousMemory(p);
    assert_int_equal(MmAllocateContiguousMemoryEx(&size, at(0), at(0xffffffff), at(0), 0,
                                                  PAGE_NOACCESS, NULL, TAG, 0, &p),
                     STATUS_INVALID_PARAMETER);
    p = MmAllocateContiguousNodeMemory(5000, at(0), at(0xffffffff), at(0),
                                       PAGE_READWRITE | PAGE_NOCACHE, 0);
    assert_non_null(p);
    MmFreeContiguousMemory(p);
    assert_null(MmAllocateContiguousNodeMemory(5000, at(0), at(0xffffffff), at(0), 0, 0));
    p = MmAllocateNonCachedMemory(5000);
    assert_non_null(p);
    MmFreeNonCachedMemory(p, 5000);
}

static void contiguous_memory_is_freed_once(struct machine *m) {
    (void)m;
    PVOID p = MmAllocateContiguousMemorySpecifyCache(100, at(0), at(0x2ffffff), at(0), MmNonCached);
    MmFreeContiguousMemorySpecifyCache(p, 100, MmNonCached);
    wdmsim_expect_bugcheck(BAD_POOL_CALLER);
    MmFreeContiguousMemorySpecifyCache(p, 100, MmNonCached);
}

static void noncached_memory_is_freed_once(struct machine *m) {
    (void)m;
    PVOID p = MmAllocateNonCachedMemory(5000);
    MmFreeNonCachedMemory(p, 5000);
    wdmsim_expect_bugcheck(BAD_POOL_CALLER);
    MmFreeNonCachedMemory(p, 5000);
}

static void freeing_contiguous_memory_that_is_none(struct machine *m) {
    (void)m;
    PVOID p = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);
    wdmsim_expect_bugcheck(BAD_POOL_CALLER);
    MmFreeContiguousMemory(p);
}

static void pages_for_an_mdl_are_zero_and_in_range(struct machine *m) {
    (void)m;
    for (unsigned round = 0; round < 3; round++) {
        PMDL mdl = MmAllocatePagesForMdl(at(0x1800000), at(0x1ffffff), at(0), 10 * PAGE_SIZE);
        assert_int_equal(MmGetMdlByteCount(mdl), 10 * PAGE_SIZE);
        assert_null(MmGetMdlVirtualAddress(mdl));
        for (unsigned i = 0; i < 10; i++) {
            ULONG64 page = MmGetMdlPfnArray(mdl)[i] << PAGE_SHIFT;
            assert_true(page >= 0x1800000 && page <= 0x1ffffff);
        }
        char *view = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        for (unsigned i = 0; i < 10 * PAGE_SIZE; i += 64)
            assert_int_equal(view[i], 0);
        memset(view, 1, 10 * PAGE_SIZE);
        MmUnmapLockedPages(view, mdl);
        MmFreePagesFromMdl(mdl);
        ExFreePool(mdl);
    }
}

static void less_memory_than_asked_for_unless_all_is_required(struct machine *m) {
    (void)m;
    assert_null(MmAllocatePagesForMdlEx(at(0x10000), at(0x1ffff), at(0), 0x20000, MmCached,
                                        MM_ALLOCATE_FULLY_REQUIRED));
    PMDL mdl = MmAllocatePagesForMdlEx(at(0x10000), at(0x1ffff), at(0), 0x20000, MmCached,
                                       MM_DONT_ZERO_ALLOCATION);
    assert_int_equal(MmGetMdlByteCount(mdl), 0x10000);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
    mdl = MmAllocatePagesForMdlEx(at(0x10000), at(0x1ffff), at(0x10000), 0x20000, MmCached,
                                  0); /* goes on 64 KiB further */
    assert_int_equal(MmGetMdlByteCount(mdl), 0x20000);
    /* What is allocated is not there for another. */
    PMDL other = MmAllocatePagesForMdlEx(at(0x10000), at(0x2ffff), at(0), 0x20000, MmCached, 0);
    assert_null(other);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
    mdl = MmAllocatePagesForMdlEx(at(0x10000), at(0x2ffff), at(0), 0x20000, MmCached,
                                  MM_ALLOCATE_FULLY_REQUIRED);
    assert_non_null(mdl);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
}

static void contiguous_chunks_are_contiguous_and_aligned(struct machine *m) {
    (void)m;
    PMDL mdl = MmAllocateNodePagesForMdlEx(at(0), at(MAXLONGLONG), at(0x10000), 0x40000, MmCached,
                                           0, MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS);
    assert_int_equal(MmGetMdlByteCount(mdl), 0x40000);
    PPFN_NUMBER frames = MmGetMdlPfnArray(mdl);
    for (unsigned i = 0; i < 64; i++) {
        if (i % 16)
            assert_int_equal(frames[i], frames[i - 1] + 1);
        else
            assert_int_equal(frames[i] % 16, 0);
    }
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
}

static void there_may_be_fewer_chunks_than_asked_for(struct machine *m) {
    (void)m;
    PMDL mdl = MmAllocatePagesForMdlEx(at(0x10000), at(0x2ffff), at(0x10000), 0x40000, MmCached,
                                       MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS);
    assert_non_null(mdl);
    assert_int_equal(MmGetMdlByteCount(mdl), 0x20000);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
    assert_null(MmAllocatePagesForMdlEx(at(0x10000), at(0x2ffff), at(0x10000), 0x40000, MmCached,
                                        MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS |
                                            MM_ALLOCATE_FULLY_REQUIRED));
}

static PMDL pages(LONGLONG skip, SIZE_T size, ULONG flags) {
    return MmAllocatePagesForMdlEx(at(0), at(MAXLONGLONG), at(skip), size, MmCached, flags);
}

static void flags_that_contradict_are_refused(struct machine *m) {
    const ULONG chunks = MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS,
                large = MM_ALLOCATE_FAST_LARGE_PAGES;
    const SIZE_T size = 0x200000;
    (void)m;
    assert_null(pages(0x3000, 0x6000, chunks));       /* no power of two */
    assert_null(pages(0x1000, 0x1fff, chunks));       /* no multiple of the chunks */
    assert_null(pages(size, size, large));            /* large pages are chunks */
    assert_null(pages(0x1000, size, chunks | large)); /* and of their size */
    assert_null(pages(0, size, MM_ALLOCATE_AND_HOT_REMOVE | MM_ALLOCATE_FULLY_REQUIRED));
    PMDL mdl = pages((LONGLONG)size, size, chunks | large);
    assert_int_equal(MmGetMdlPfnArray(mdl)[0] % 512, 0);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
    mdl = pages(0, PAGE_SIZE, MM_ALLOCATE_AND_HOT_REMOVE);
    assert_non_null(mdl);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
}

static void memory_is_removed_at_passive_level_alone(struct machine *m) {
    KIRQL irql;
    (void)m;
    KeRaiseIrql(APC_LEVEL, &irql);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    pages(0, PAGE_SIZE, MM_ALLOCATE_AND_HOT_REMOVE);
}

static void device_memory_is_one_at_every_mapping(struct machine *m) {
    (void)m;
    volatile ULONG *registers = MmMapIoSpace(at(0xfe001000), 0x1000, MmNonCached);
    assert_non_null((PVOID)registers);
    assert_int_equal(registers[0], 0xffffffff); /* nothing answers */
    registers[1] = 77;
    volatile ULONG *again = MmMapIoSpaceEx(at(0xfe001004), 4, PAGE_READWRITE | PAGE_NOCACHE);
    assert_int_equal(*again, 77);
    assert_int_equal(physical((PVOID)again), 0xfe001004);
    assert_null(MmMapIoSpaceEx(at(0xfe001000), 4, 0));
    MmUnmapIoSpace((PVOID)again, 4);
    MmUnmapIoSpace((PVOID)registers, 0x1000);
}

static void ram_can_be_mapped_by_its_physical_address(struct machine *m) {
    (void)m;
    char *p = MmAllocateContiguousMemory(PAGE_SIZE, at(0xffffffff));
    char *view = MmMapIoSpace(MmGetPhysicalAddress(p), PAGE_SIZE, MmCached);
    strcpy(view, "ram");
    assert_string_equal(p, "ram");
    MmUnmapIoSpace(view, PAGE_SIZE);
    MmFreeContiguousMemory(p);
}

static void unmapping_device_memory_twice(struct machine *m) {
    (void)m;
    PVOID registers = MmMapIoSpace(at(0xfe001000), 0x1000, MmNonCached);
    MmUnmapIoSpace(registers, 0x1000);
    wdmsim_expect_bugcheck(SYSTEM_PTE_MISUSE);
    MmUnmapIoSpace(registers, 0x1000);
}

static void an_mdl_of_device_memory(struct machine *m) {
    MM_PHYSICAL_ADDRESS_LIST list[2] = {{at(0xf0000000), 2 * PAGE_SIZE},
                                        {at(0xf8000000), PAGE_SIZE}};
    PMDL mdl;
    (void)m;
    assert_int_equal(MmAllocateMdlForIoSpace(list, 2, &mdl), STATUS_SUCCESS);
    assert_int_equal(MmGetMdlByteCount(mdl), 3 * PAGE_SIZE);
    assert_int_equal(MmGetMdlPfnArray(mdl)[2], 0xf8000000 >> PAGE_SHIFT);
    char *view = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    view[2 * PAGE_SIZE] = 5;
    char *direct = MmMapIoSpace(at(0xf8000000), 1, MmNonCached);
    assert_int_equal(*direct, 5);
    MmUnmapIoSpace(direct, 1);
    MmUnmapLockedPages(view, mdl);
    IoFreeMdl(mdl);
    list[0].NumberOfBytes = 100;
    assert_int_equal(MmAllocateMdlForIoSpace(list, 2, &mdl), STATUS_INVALID_PARAMETER_1);
    list[0] = (MM_PHYSICAL_ADDRESS_LIST){at(0x100000), PAGE_SIZE}; /* RAM */
    assert_int_equal(MmAllocateMdlForIoSpace(list, 2, &mdl), STATUS_INVALID_PARAMETER_1);
}

static void copying_memory_that_may_not_be_there(struct machine *m) {
    char target[64];
    SIZE_T done = 99;
    (void)m;
    char *p = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    strcpy(p, "source");
    MM_COPY_ADDRESS source = {.VirtualAddress = p};
    assert_int_equal(MmCopyMemory(target, source, 64, MM_COPY_MEMORY_VIRTUAL, &done),
                     STATUS_SUCCESS);
    assert_int_equal(done, 64);
    assert_string_equal(target, "source");
    source.PhysicalAddress = MmGetPhysicalAddress(p);
    target[0] = 0;
    assert_int_equal(MmCopyMemory(target, source, 64, MM_COPY_MEMORY_PHYSICAL, &done),
                     STATUS_SUCCESS);
    assert_string_equal(target, "source");
    source.VirtualAddress = (PVOID)0x123456;
    assert_false(NT_SUCCESS(MmCopyMemory(target, source, 64, MM_COPY_MEMORY_VIRTUAL, &done)));
    assert_int_equal(done, 0);
    assert_int_equal(MmCopyMemory(target, source, 64, 3, &done), STATUS_INVALID_PARAMETER_4);
    ExFreePool(p);
}

static void addresses_are_valid_while_they_are_allocated(struct machine *m) {
    (void)m;
    char *p = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, TAG), local;
    assert_true(MmIsAddressValid(p + PAGE_SIZE));
    assert_true(MmIsAddressValid(&local));
    assert_true(MmIsNonPagedSystemAddressValid(&local));
    assert_false(MmIsNonPagedSystemAddressValid(p));
    ExFreePool(p);
    assert_false(MmIsAddressValid(p + PAGE_SIZE));
    assert_false(MmIsAddressValid(NULL));
    assert_non_null(MM_BAD_POINTER); /* it tells itself from a pointer that was never set */
    assert_false(MmIsAddressValid(MM_BAD_POINTER));
}

static void ram_has_a_hole_for_devices(struct machine *m) {
    (void)m;
    PPHYSICAL_MEMORY_RANGE ranges = MmGetPhysicalMemoryRangesEx2(NULL, 0);
    char *p = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    bool found = false;
    for (unsigned i = 0; ranges[i].NumberOfBytes.QuadPart; i++) {
        ULONG64 start = (ULONG64)ranges[i].BaseAddress.QuadPart,
                size = (ULONG64)ranges[i].NumberOfBytes.QuadPart;
        found |= physical(p) - start < size;
        assert_false(0xfe000000 - start < size);
    }
    assert_true(found);
    ExFreePool(ranges);
    ExFreePool(p);
    assert_null(MmGetPhysicalMemoryRangesEx2(m, 0));
    LARGE_INTEGER size = {.QuadPart = PAGE_SIZE};
    PHYSICAL_ADDRESS start = at(1ULL << 36);
    assert_int_equal(MmAddPhysicalMemory(&start, &size), STATUS_NOT_SUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(physical_addresses_follow_virtual_ones),
        wdmsim_unit_test(contiguous_memory_keeps_to_its_limits),
        wdmsim_unit_test(contiguous_memory_does_not_cross_a_boundary),
        wdmsim_unit_test(the_other_forms_of_contiguous_memory),
        wdmsim_unit_test(contiguous_memory_is_freed_once),
        wdmsim_unit_test(noncached_memory_is_freed_once),
        wdmsim_unit_test(freeing_contiguous_memory_that_is_none),
        wdmsim_unit_test(pages_for_an_mdl_are_zero_and_in_range),
        wdmsim_unit_test(less_memory_than_asked_for_unless_all_is_required),
        wdmsim_unit_test(contiguous_chunks_are_contiguous_and_aligned),
        wdmsim_unit_test(there_may_be_fewer_chunks_than_asked_for),
        wdmsim_unit_test(flags_that_contradict_are_refused),
        wdmsim_unit_test(memory_is_removed_at_passive_level_alone),
        wdmsim_unit_test(device_memory_is_one_at_every_mapping),
        wdmsim_unit_test(ram_can_be_mapped_by_its_physical_address),
        wdmsim_unit_test(unmapping_device_memory_twice),
        wdmsim_unit_test(an_mdl_of_device_memory),
        wdmsim_unit_test(ram_has_a_hole_for_devices),
        wdmsim_unit_test(copying_memory_that_may_not_be_there),
        wdmsim_unit_test(addresses_are_valid_while_they_are_allocated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
