/*
 * Physical addresses: what a device would see of the machine's memory.
 *
 * Principle. There are no page tables; a physical address follows from the virtual one and back.
 * The map, in GiB:
 *
 *     0 …   3   nonpaged pool, its first part: what 32-bit and (below 16 MiB) ISA devices reach
 *     3 …   4   devices: no RAM is here
 *     4 …  65   the rest of nonpaged pool
 *    65 … 128   devices
 *   128 … 640   everything else of the machine: paged pool, stacks, user memory (by its system
 * alias) 2^48 and up the host program's own memory: images of drivers with their global data
 *
 * A user page and its alias are one frame. Device memory is what device models have registered or
 * drivers have mapped (mm_device_memory): an aperture is a range of physical addresses with pages
 * of its own behind it.
 */
#include <string.h>

#include "mm/user.h"
#include "ki/gate.h"
#include "mm/window.h"

#define MM_HOLE_START (3 * KI_GIB)
#define MM_HOLE_END (4 * KI_GIB)
#define MM_OTHER_START (128 * KI_GIB)
#define MM_HOST_START (1ull << 48)

static uintptr_t mm_slot_start(const struct machine *m) {
    return (uintptr_t)m->arena.regions[KI_REGION_CONTROL].base;
}

const struct mm_aperture *mm_aperture_at(const struct machine *m, uintptr_t address) {
    for (const struct mm_aperture *aperture = m->mm->apertures; aperture;
         aperture = aperture->next) {
        if (address - (uintptr_t)aperture->memory < aperture->size)
            return aperture;
    }
    return NULL;
}

uint64_t mm_physical_address(struct machine *m, const void *p) {
    uintptr_t address = (uintptr_t)p;
    const struct mm_window *window = m->mm->windows ? mm_window_at(m, address) : NULL;
    if (window)
        return mm_window_physical(m, window, address);
    const struct ki_region *nonpaged = &m->arena.regions[KI_REGION_NONPAGED];
    uint64_t offset = address - (uintptr_t)nonpaged->base;
    if (offset < nonpaged->limit) {
        const struct mm_aperture *aperture = m->mm->apertures ? mm_aperture_at(m, address) : NULL;
        if (aperture)
            return aperture->physical + (address - (uintptr_t)aperture->memory);
        return offset < MM_HOLE_START ? offset : offset + (MM_HOLE_END - MM_HOLE_START);
    }
    if (address - (uintptr_t)m->arena.user_base < KI_USER_SIZE)
        address = (uintptr_t)mm_user_alias(m, p);
    offset = address - mm_slot_start(m);
    if (offset < KI_SLOT_SIZE)
        return MM_OTHER_START + offset;
    return address < 0x10000 || address >= MM_HOST_START ? 0 : MM_HOST_START | address;
}

void *mm_physical_view(struct machine *m, uint64_t physical) {
    for (const struct mm_aperture *aperture = m->mm->apertures; aperture;
         aperture = aperture->next) {
        if (physical - aperture->physical < aperture->size)
            return aperture->memory + (physical - aperture->physical);
    }
    if (physical >= MM_HOST_START)
        return (void *)(uintptr_t)(physical & (MM_HOST_START - 1));
    if (physical >= MM_OTHER_START)
        return physical - MM_OTHER_START < KI_SLOT_SIZE
                   ? (void *)(mm_slot_start(m) + (uintptr_t)(physical - MM_OTHER_START))
                   : NULL;
    if (physical >= MM_HOLE_START && physical < MM_HOLE_END)
        return NULL;
    uint64_t offset =
        physical < MM_HOLE_START ? physical : physical - (MM_HOLE_END - MM_HOLE_START);
    const struct mm_area *area = &m->mm->area[0];
    return offset < (uint64_t)area->used * PAGE_SIZE ? area->base + offset : NULL;
}

uint32_t mm_frame_limit_page(const struct machine *m, uint64_t physical, bool up) {
    uint64_t offset = physical;
    if (physical >= MM_HOLE_START)
        offset =
            physical < MM_HOLE_END ? MM_HOLE_START - !up : physical - (MM_HOLE_END - MM_HOLE_START);
    uint64_t page = up ? (offset + PAGE_SIZE - 1) >> PAGE_SHIFT : (offset + 1) >> PAGE_SHIFT;
    uint32_t limit = m->mm->area[0].limit;
    return page < limit ? (uint32_t)page : limit;
}

/* ---- device memory ---- */

static bool mm_is_ram(const struct machine *m, uint64_t physical, uint64_t size) {
    uint64_t end = physical + size,
             top = (uint64_t)m->mm->area[0].limit * PAGE_SIZE + (MM_HOLE_END - MM_HOLE_START);
    if (physical < MM_HOLE_START || end > MM_OTHER_START)
        return true;
    return physical >= MM_HOLE_END ? physical < top : end > MM_HOLE_END;
}

void *mm_device_memory(struct machine *m, uint64_t physical, size_t size) {
    uint64_t first = physical & ~(uint64_t)(PAGE_SIZE - 1);
    uint64_t end = (physical + size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
    if (!size || end <= first)
        return NULL;
    for (struct mm_aperture *aperture = m->mm->apertures; aperture; aperture = aperture->next) {
        uint64_t last = aperture->physical + aperture->size;
        if (first >= aperture->physical && end <= last)
            return aperture->memory + (physical - aperture->physical);
        if (first < last && end > aperture->physical)
            return NULL;
    }
    if (mm_is_ram(m, first, end - first))
        return NULL;
    struct mm_area *area = &m->mm->area[0];
    uint32_t pages = mm_pages_take(m, area, (uint32_t)((end - first) >> PAGE_SHIFT), MM_USE_PAGES);
    if (pages == MM_NO_PAGE)
        return NULL;
    struct mm_aperture *aperture = ki_alloc(m, sizeof *aperture);
    *aperture =
        (struct mm_aperture){m->mm->apertures, first, end - first, mm_page_address(area, pages)};
    mm_instrument_show(m, aperture->memory, aperture->size);
    memset(aperture->memory, 0xff, aperture->size);
    m->mm->apertures = aperture;
    return aperture->memory + (physical - first);
}

PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress) {
    KI_GATE(MmGetPhysicalAddress);
    return (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)mm_physical_address(m, BaseAddress)};
}

PVOID MmGetVirtualForPhysical(PHYSICAL_ADDRESS PhysicalAddress) {
    return mm_physical_view(ki_self(), (uint64_t)PhysicalAddress.QuadPart);
}

/* ---- the machine's RAM ---- */

#define MM_RANGES_TAG 0x6e52684du /* "MhRn" */

/* The ranges of RAM that drivers get memory of, ended by zeros, in pool that the caller frees. */
static PPHYSICAL_MEMORY_RANGE mm_ranges(struct machine *m, const void *caller) {
    PPHYSICAL_MEMORY_RANGE ranges =
        mm_pool_allocate_for(m, NonPagedPoolNx, 3 * sizeof *ranges, MM_RANGES_TAG, caller);
    if (!ranges)
        return NULL;
    uint64_t total = (uint64_t)m->mm->area[0].limit * PAGE_SIZE;
    ranges[0].BaseAddress.QuadPart = PAGE_SIZE;
    ranges[0].NumberOfBytes.QuadPart = (LONGLONG)(MM_HOLE_START - PAGE_SIZE);
    ranges[1].BaseAddress.QuadPart = (LONGLONG)MM_HOLE_END;
    ranges[1].NumberOfBytes.QuadPart = (LONGLONG)(total - MM_HOLE_START);
    ranges[2].BaseAddress.QuadPart = ranges[2].NumberOfBytes.QuadPart = 0;
    return ranges;
}

PPHYSICAL_MEMORY_RANGE MmGetPhysicalMemoryRanges(VOID) {
    struct machine *m = ki_self();
    return mm_ranges(m, __builtin_return_address(0));
}

PPHYSICAL_MEMORY_RANGE MmGetPhysicalMemoryRangesEx2(PVOID PartitionObject, ULONG Flags) {
    KI_GATE(MmGetPhysicalMemoryRangesEx2);
    (void)Flags;
    if (PartitionObject)
        return NULL; /* there is the system partition alone */
    return mm_ranges(m, __builtin_return_address(0));
}

/* RAM does not grow while the machine runs: as on a computer without hot-add. */
NTSTATUS MmAddPhysicalMemory(PPHYSICAL_ADDRESS StartAddress, PLARGE_INTEGER NumberOfBytes) {
    KI_GATE(MmAddPhysicalMemory);
    (void)m;
    (void)StartAddress;
    (void)NumberOfBytes;
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS MmRemovePhysicalMemory(PPHYSICAL_ADDRESS StartAddress, PLARGE_INTEGER NumberOfBytes) {
    KI_GATE(MmRemovePhysicalMemory);
    (void)m;
    (void)StartAddress;
    (void)NumberOfBytes;
    return STATUS_NOT_SUPPORTED;
}
