/*
 * Device memory as drivers map it (wdm/nf-wdm-mmmapiospaceex and its neighbours).
 *
 * Physical addresses outside RAM are device memory, which is always mapped (physical.c); RAM that a
 * driver names by its physical address is found where it is. A mapping is remembered, in pool and
 * in its driver's name, so that one that is not undone shows as a leak.
 */
#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "mm/mm.h"
#include "mm/pool.h"
#include "mm/probe.h"

#define MM_IO_TAG 0x6f496d4du /* "MmIo" */

struct mm_io_mapping {
    struct mm_io_mapping *next;
    char *address;
    SIZE_T size;
};

static void *mm_map_io(struct machine *m, uint64_t physical, SIZE_T size, const void *caller) {
    if (!size)
        return NULL;
    char *address = mm_device_memory(m, physical, size);
    if (!address)
        address = mm_physical_view(m, physical);
    if (!address || !mm_range_is_valid(m, (uintptr_t)address, size))
        return NULL;
    struct mm_io_mapping *mapping = mm_block_allocate(m, 0, sizeof *mapping, MM_IO_TAG, caller);
    if (!mapping)
        return NULL;
    *mapping = (struct mm_io_mapping){m->mm->io_mappings, address, size};
    m->mm->io_mappings = mapping;
    return address;
}

PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
                   MEMORY_CACHING_TYPE CacheType) {
    KI_GATE(MmMapIoSpace);
    (void)CacheType;
    return mm_map_io(m, (uint64_t)PhysicalAddress.QuadPart, NumberOfBytes,
                     __builtin_return_address(0));
}

PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect) {
    KI_GATE(MmMapIoSpaceEx);
    const ULONG caching = PAGE_NOCACHE | PAGE_WRITECOMBINE;
    ULONG access = Protect & ~caching;
    bool known = access == PAGE_READONLY || access == PAGE_READWRITE || access == PAGE_EXECUTE ||
                 access == PAGE_EXECUTE_READ || access == PAGE_EXECUTE_READWRITE;
    if (!known || (Protect & caching) == caching)
        return NULL;
    return mm_map_io(m, (uint64_t)PhysicalAddress.QuadPart, NumberOfBytes,
                     __builtin_return_address(0));
}

VOID MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes) {
    KI_GATE(MmUnmapIoSpace);
    for (struct mm_io_mapping **link = &m->mm->io_mappings; *link; link = &(*link)->next) {
        struct mm_io_mapping *mapping = *link;
        if (mapping->address != BaseAddress || mapping->size != NumberOfBytes)
            continue;
        *link = mapping->next;
        mm_block_free(m, mapping, MM_IO_TAG, NULL);
        return;
    }
    ki_bugcheck(m, SYSTEM_PTE_MISUSE, 0x301, (ULONG_PTR)BaseAddress, NumberOfBytes, 0,
                "%s unmapped device memory that is not mapped with this address and size",
                ki_address_name(m, __builtin_return_address(0)));
}
