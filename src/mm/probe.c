/*
 * Probing: is an address what it claims to be?
 *
 * A read probe checks the range alone, as on Windows: whether the pages are there shows when they
 * are touched, which faults. Addresses of another process are the exception: touching them would
 * not fault here, so the probe refuses them. A write probe touches the pages there, so here it asks
 * whether they are the process's.
 *
 * Pages: wdm/nf-wdm-probeforread, …probeforwrite, ntddk/nf-ntddk-mmisaddressvalid, …mmcopymemory.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <string.h>
#include <sys/mman.h>

#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "mm/probe.h"
#include "mm/user.h"
#include "mm/window.h"

/* A page that is inaccessible for good, in the system's half: an access stops the system whatever
 * guards it, where one to no address at all would raise an exception. And where user space ends,
 * the same for all machines. */
PVOID MmBadPointer = (PVOID)0xffffffffffff0000ull;
static const uintptr_t mm_highest_user = KI_SLOT_BASE - 0x10001;
static const uintptr_t mm_system_start = KI_SLOT_BASE;
static const uintptr_t mm_probe_end = KI_SLOT_BASE - 0x10000;
PVOID *const MmHighestUserAddress = (PVOID *)(uintptr_t)&mm_highest_user;
PVOID *const MmSystemRangeStart = (PVOID *)(uintptr_t)&mm_system_start;
ULONG_PTR *const MmUserProbeAddress = (ULONG_PTR *)(uintptr_t)&mm_probe_end;

static PEPROCESS mm_current_process(const struct machine *m) {
    return m->cpu->thread ? m->cpu->thread->process : NULL;
}

static NTSTATUS mm_check_range(uintptr_t address, size_t length, ULONG alignment) {
    if (alignment && (address & (alignment - 1)))
        return STATUS_DATATYPE_MISALIGNMENT;
    if (address + length < address || address + length > mm_probe_end)
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

NTSTATUS mm_probe_process(struct machine *m, PEPROCESS process, const void *address, size_t length,
                          ULONG alignment, bool write) {
    uintptr_t start = (uintptr_t)address;
    (void)write; /* all user pages can be written to */
    if (!length)
        return STATUS_SUCCESS;
    NTSTATUS status = mm_check_range(start, length, alignment);
    if (status != STATUS_SUCCESS)
        return status;
    const struct mm_space *space = mm_space_find(m, process);
    if (!process || !space || !mm_user_holds(m, start) || !mm_user_holds(m, start + length - 1))
        return STATUS_ACCESS_VIOLATION;
    uint32_t last = mm_user_page_number(m, start + length - 1);
    for (uint32_t page = mm_user_page_number(m, start); page <= last; page++) {
        const struct mm_page *self = &m->mm->user->area.pages[page];
        if (self->use < MM_USE_SLAB || self->use > MM_USE_REST || self->owner != space)
            return STATUS_ACCESS_VIOLATION;
    }
    return STATUS_SUCCESS;
}

NTSTATUS mm_probe(struct machine *m, const void *address, size_t length, ULONG alignment,
                  bool write) {
    return mm_probe_process(m, mm_current_process(m), address, length, alignment, write);
}

/* True if a page of the range belongs to another process than the current one. */
static bool mm_is_foreign(struct machine *m, uintptr_t start, size_t length) {
    if (!mm_user_holds(m, start))
        return false;
    const struct mm_space *space = mm_space_find(m, mm_current_process(m));
    uint32_t last = mm_user_page_number(m, start + length - 1);
    for (uint32_t page = mm_user_page_number(m, start);
         page <= last && page < m->mm->user->area.used; page++) {
        const struct mm_page *self = &m->mm->user->area.pages[page];
        if (self->use >= MM_USE_SLAB && self->use <= MM_USE_REST && self->owner &&
            self->owner != space)
            return true;
    }
    return false;
}

VOID ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment) {
    KI_GATE(ProbeForRead);
    if (!Length)
        return;
    NTSTATUS status = mm_check_range((uintptr_t)Address, Length, Alignment);
    if (status == STATUS_SUCCESS && mm_is_foreign(m, (uintptr_t)Address, Length))
        status = STATUS_ACCESS_VIOLATION;
    if (status != STATUS_SUCCESS)
        ExRaiseStatus(status);
}

VOID ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment) {
    KI_GATE(ProbeForWrite);
    NTSTATUS status = mm_probe(m, (const void *)(uintptr_t)Address, Length, Alignment, true);
    if (status != STATUS_SUCCESS)
        ExRaiseStatus(status);
}

/* ---- any address ---- */

/* The host program's own memory: the host knows. */
static bool mm_host_address_is_valid(uintptr_t address) {
    unsigned char resident;
    size_t size = ki_host_page();
    void *page = (void *)(address & ~(uintptr_t)(size - 1));
#if defined(__linux__)
    return mincore(page, size, &resident) == 0;
#else
    return mincore(page, size, (void *)&resident) == 0;
#endif
}

static bool mm_page_is_valid(const struct mm_area *area, uintptr_t address) {
    const struct mm_page *page = &area->pages[mm_page_number(area, (const void *)address)];
    return page->use >= MM_USE_SLAB && page->use <= MM_USE_REST;
}

/* True if the address is of a special block's pages, not of its inaccessible one. */
static bool mm_special_is_valid(struct machine *m, uintptr_t address) {
    const struct mm_area *area = &m->mm->special;
    const struct mm_page *block = mm_special_page(m, (const void *)address);
    uint32_t first = (uint32_t)(block - area->pages);
    return block->use == MM_USE_BIG &&
           mm_page_number(area, (const void *)address) - first < block->count;
}

bool mm_is_valid(struct machine *m, uintptr_t address) {
    struct mm_part *mm = m->mm;
    const void *p = (const void *)address;
    if (address - (uintptr_t)m->arena.user_base < KI_USER_SIZE)
        return mm_probe(m, p, 1, 1, false) == STATUS_SUCCESS;
    for (unsigned i = 0; i < KI_COUNT(mm->area); i++) {
        if (mm->area[i].pages && mm_area_holds(&mm->area[i], p))
            return mm_page_is_valid(&mm->area[i], address) && !(i == 1 && mm->paged_closed);
    }
    if (mm->special.pages && mm_area_holds(&mm->special, p))
        return mm_special_is_valid(m, address);
    const struct mm_window *window = mm->windows ? mm_window_at(m, address) : NULL;
    if (window && !window->process) /* system space: reserved, or mapped up to some page */
        return (address - (uintptr_t)mm_window_address(m, window)) >> PAGE_SHIFT < window->mapped;
    for (unsigned i = 0; i < KI_REGIONS; i++) {
        const struct ki_region *region = &m->arena.regions[i];
        if (address - (uintptr_t)region->base < region->limit)
            return address - (uintptr_t)region->base < region->used;
    }
    return address >= 0x10000 && mm_host_address_is_valid(address);
}

bool mm_range_is_valid(struct machine *m, uintptr_t address, size_t length) {
    if (!length)
        return true;
    if (address + length - 1 < address)
        return false;
    for (uintptr_t page = address & ~(uintptr_t)(PAGE_SIZE - 1); page <= address + length - 1;
         page += PAGE_SIZE) {
        if (!mm_is_valid(m, page < address ? address : page))
            return false;
    }
    return true;
}

BOOLEAN MmIsAddressValid(PVOID VirtualAddress) {
    KI_GATE(MmIsAddressValid);
    return mm_is_valid(m, (uintptr_t)VirtualAddress);
}

BOOLEAN MmIsNonPagedSystemAddressValid(PVOID VirtualAddress) {
    struct machine *m = ki_self();
    uintptr_t address = (uintptr_t)VirtualAddress;
    const struct ki_region *paged = &m->arena.regions[KI_REGION_PAGED];
    bool pageable = address - (uintptr_t)m->arena.user_base < KI_USER_SIZE ||
                    address - (uintptr_t)paged->base < paged->limit;
    return !pageable && mm_is_valid(m, address);
}

NTSTATUS MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress, SIZE_T NumberOfBytes,
                      ULONG Flags, PSIZE_T NumberOfBytesTransferred) {
    KI_GATE(MmCopyMemory);
    *NumberOfBytesTransferred = 0;
    if (Flags != MM_COPY_MEMORY_PHYSICAL && Flags != MM_COPY_MEMORY_VIRTUAL)
        return STATUS_INVALID_PARAMETER_4;
    uintptr_t source = (uintptr_t)SourceAddress.VirtualAddress;
    SIZE_T done = 0;
    while (done < NumberOfBytes) {
        uintptr_t from = source + done;
        if (Flags == MM_COPY_MEMORY_PHYSICAL)
            from = (uintptr_t)mm_physical_view(m, (uint64_t)SourceAddress.PhysicalAddress.QuadPart +
                                                      done);
        size_t step = PAGE_SIZE - (from & (PAGE_SIZE - 1));
        step = step < NumberOfBytes - done ? step : NumberOfBytes - done;
        if (!from || mm_aperture_at(m, from) || !mm_is_valid(m, from))
            break;
        mm_copy_raw((char *)TargetAddress + done, (const void *)from, step);
        done += step;
    }
    *NumberOfBytesTransferred = done;
    return done == NumberOfBytes ? STATUS_SUCCESS : STATUS_INVALID_ADDRESS;
}
