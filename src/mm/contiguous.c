/*
 * Physical memory by address: contiguous blocks, pages for an MDL, MDLs of device memory.
 *
 * Page numbers of the nonpaged area are physical page numbers but for the hole below 4 GiB
 * (physical.c), so a run of pages on one side of the hole is contiguous. Requests name their
 * limits; the low 16 MiB are kept for those that need them. A run remembers who allocated it, and
 * is in the leak report like a pool block.
 *
 * Pages: wdm/nf-wdm-mmallocatecontiguousmemory and its neighbours,
 * wdm/nf-wdm-mmallocatepagesformdlex.
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/choose.h"
#include "ki/gate.h"
#include "mm/contiguous.h"
#include "mm/mdl.h"
#include "mm/window.h"

#define MM_CONTIGUOUS_TAG 0x6d43744du /* "MtCm" */
#define MM_MDL_PAGES_TAG 0x6c64504du  /* "MPdl" */
#define MM_MDL_TAG 0x206c644du        /* "Mdl " */
#define MM_LARGE_PAGE (512ull * PAGE_SIZE)
#define MM_HOLE_PAGE ((uint32_t)(3 * KI_GIB / PAGE_SIZE))

struct mm_limits {
    uint64_t lowest, highest; /* physical, inclusive */
    uint64_t boundary;        /* 0: none */
    uint64_t align;
};

/* A run of contiguous pages within the limits for a driver's code at `caller` or, NULL, the kernel;
 * or MM_NO_PAGE. */
static uint32_t mm_frames_take(struct machine *m, uint64_t count, const struct mm_limits *limits,
                               const void *caller) {
    struct mm_area *area = &m->mm->area[0];
    if (caller && mm_fails(m))
        return MM_NO_PAGE;
    if (!count || count > area->limit || limits->lowest > limits->highest ||
        (limits->boundary &&
         (limits->boundary < PAGE_SIZE || limits->boundary / PAGE_SIZE < count)))
        return MM_NO_PAGE;
    uint32_t first = mm_frame_limit_page(m, limits->lowest, true);
    uint32_t end = limits->highest == UINT64_MAX ? area->limit
                                                 : mm_frame_limit_page(m, limits->highest, false);
    uint32_t boundary =
        limits->boundary / PAGE_SIZE < area->limit ? (uint32_t)(limits->boundary / PAGE_SIZE) : 0;
    uint32_t align = (uint32_t)(limits->align / PAGE_SIZE);
    uint32_t place = MM_NO_PAGE;
    if (first < MM_HOLE_PAGE && first < end)
        place =
            mm_pages_take_within(m, area, (uint32_t)count, MM_USE_PAGES, first,
                                 (end < MM_HOLE_PAGE ? end : MM_HOLE_PAGE) - 1, align, boundary);
    if (place == MM_NO_PAGE && end > MM_HOLE_PAGE)
        place = mm_pages_take_within(m, area, (uint32_t)count, MM_USE_PAGES,
                                     first > MM_HOLE_PAGE ? first : MM_HOLE_PAGE, end - 1, align,
                                     boundary);
    return place;
}

/* Gives a new run its owner and makes it usable. */
static char *mm_frames_own(struct machine *m, uint32_t first, size_t size, ULONG tag,
                           const void *caller) {
    struct mm_page *page = &m->mm->area[0].pages[first];
    page->tag = tag;
    page->owner = caller;
    page->slack = (uint16_t)((size_t)page->count * PAGE_SIZE - size);
    char *address = mm_page_address(&m->mm->area[0], first);
    mm_instrument_show(m, address, size);
    return address;
}

static void mm_frames_give(struct machine *m, uint32_t first) {
    struct mm_area *area = &m->mm->area[0];
    mm_instrument_hide(m, mm_page_address(area, first),
                       (size_t)area->pages[first].count * PAGE_SIZE);
    mm_pages_give(m, area, first);
}

/* ---- contiguous memory ---- */

static void *mm_contiguous(struct machine *m, SIZE_T size, PHYSICAL_ADDRESS lowest,
                           PHYSICAL_ADDRESS highest, PHYSICAL_ADDRESS boundary, ULONG tag,
                           const void *caller) {
    const struct mm_limits limits = {(uint64_t)lowest.QuadPart, (uint64_t)highest.QuadPart,
                                     (uint64_t)boundary.QuadPart, PAGE_SIZE};
    if (size > MM_LARGEST)
        return NULL;
    uint32_t first = mm_frames_take(m, (size + PAGE_SIZE - 1) / PAGE_SIZE, &limits, caller);
    return first == MM_NO_PAGE ? NULL : mm_frames_own(m, first, size, tag, caller);
}

static const PHYSICAL_ADDRESS mm_zero = {.QuadPart = 0};

PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress) {
    KI_GATE(MmAllocateContiguousMemory);
    return mm_contiguous(m, NumberOfBytes, mm_zero, HighestAcceptableAddress, mm_zero,
                         MM_CONTIGUOUS_TAG, __builtin_return_address(0));
}

PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
                                             PHYSICAL_ADDRESS LowestAcceptableAddress,
                                             PHYSICAL_ADDRESS HighestAcceptableAddress,
                                             PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                             MEMORY_CACHING_TYPE CacheType) {
    KI_GATE(MmAllocateContiguousMemorySpecifyCache);
    (void)CacheType;
    return mm_contiguous(m, NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
                         BoundaryAddressMultiple, MM_CONTIGUOUS_TAG, __builtin_return_address(0));
}

PVOID MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes,
                                                 PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                 PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                 PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                 MEMORY_CACHING_TYPE CacheType,
                                                 ULONG PreferredNode) {
    KI_GATE(MmAllocateContiguousMemorySpecifyCacheNode);
    (void)CacheType;
    (void)PreferredNode; /* a preference; all memory is near */
    return mm_contiguous(m, NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
                         BoundaryAddressMultiple, MM_CONTIGUOUS_TAG, __builtin_return_address(0));
}

/* PAGE_READWRITE or PAGE_EXECUTE_READWRITE, perhaps with PAGE_NOCACHE or PAGE_WRITECOMBINE. */
static bool mm_is_contiguous_protection(ULONG protect) {
    const ULONG caching = PAGE_NOCACHE | PAGE_WRITECOMBINE;
    ULONG base = protect & ~caching;
    return (base == PAGE_READWRITE || base == PAGE_EXECUTE_READWRITE) &&
           (protect & caching) != caching;
}

PVOID MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                     PHYSICAL_ADDRESS HighestAcceptableAddress,
                                     PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG Protect,
                                     ULONG PreferredNode) {
    KI_GATE(MmAllocateContiguousNodeMemory);
    (void)PreferredNode;
    if (!mm_is_contiguous_protection(Protect))
        return NULL;
    return mm_contiguous(m, NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
                         BoundaryAddressMultiple, MM_CONTIGUOUS_TAG, __builtin_return_address(0));
}

NTSTATUS MmAllocateContiguousMemoryEx(PSIZE_T NumberOfBytes,
                                      PHYSICAL_ADDRESS LowestAcceptableAddress,
                                      PHYSICAL_ADDRESS HighestAcceptableAddress,
                                      PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG PreferredNode,
                                      ULONG Protect, PVOID PartitionObject, ULONG Tag, ULONG Flags,
                                      PVOID *BaseAddress) {
    KI_GATE(MmAllocateContiguousMemoryEx);
    (void)PreferredNode;
    (void)Flags; /* every allocation is a fast one */
    *BaseAddress = NULL;
    if (!*NumberOfBytes || !mm_is_contiguous_protection(Protect) || PartitionObject || !Tag)
        return STATUS_INVALID_PARAMETER;
    *BaseAddress =
        mm_contiguous(m, *NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
                      BoundaryAddressMultiple, Tag, __builtin_return_address(0));
    return *BaseAddress ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes) {
    KI_GATE(MmAllocateNonCachedMemory);
    return mm_contiguous(m, NumberOfBytes, mm_zero, (PHYSICAL_ADDRESS){.QuadPart = MAXLONGLONG},
                         mm_zero, MM_CONTIGUOUS_TAG, __builtin_return_address(0));
}

/* Ends the process's hold on a block of this file; anything else is a bug check. */
static void mm_contiguous_free(struct machine *m, void *base, const void *caller) {
    struct mm_area *area = &m->mm->area[0];
    bool held = mm_area_holds(area, base) && !((uintptr_t)base & (PAGE_SIZE - 1));
    uint32_t first = held ? mm_page_number(area, base) : 0;
    if (!held || area->pages[first].use != MM_USE_PAGES || !area->pages[first].owner)
        ki_bugcheck(m, BAD_POOL_CALLER, 0x60, (ULONG_PTR)base, 0, 0,
                    "%s freed as contiguous memory an address that is not the start of such memory",
                    ki_address_name(m, caller));
    mm_frames_give(m, first);
}

VOID MmFreeContiguousMemory(PVOID BaseAddress) {
    KI_GATE(MmFreeContiguousMemory);
    mm_contiguous_free(m, BaseAddress, __builtin_return_address(0));
}

VOID MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
                                        MEMORY_CACHING_TYPE CacheType) {
    KI_GATE(MmFreeContiguousMemorySpecifyCache);
    (void)NumberOfBytes;
    (void)CacheType;
    mm_contiguous_free(m, BaseAddress, __builtin_return_address(0));
}

VOID MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes) {
    KI_GATE(MmFreeNonCachedMemory);
    (void)NumberOfBytes;
    mm_contiguous_free(m, BaseAddress, __builtin_return_address(0));
}

/* ---- for the kernel's own use ---- */

void *mm_contiguous_take(struct machine *m, size_t size, uint64_t lowest, uint64_t highest,
                         size_t align, const void *caller) {
    const struct mm_limits limits = {lowest, highest, 0, align};
    if (size > MM_LARGEST)
        return NULL;
    uint32_t first = mm_frames_take(m, (size + PAGE_SIZE - 1) / PAGE_SIZE, &limits, caller);
    return first == MM_NO_PAGE ? NULL : mm_frames_own(m, first, size, MM_CONTIGUOUS_TAG, caller);
}

void mm_contiguous_give(struct machine *m, void *address) {
    mm_frames_give(m, mm_page_number(&m->mm->area[0], address));
}

/* ---- pages for an MDL ---- */

struct mm_pages_request {
    PMDL mdl;
    uint64_t wanted, got; /* pages */
    ULONG flags;
    const void *caller;
};

/* Appends a run to the MDL's frames. */
static void mm_request_add(struct machine *m, struct mm_pages_request *request, uint32_t first,
                           uint64_t count) {
    char *address = mm_frames_own(m, first, count * PAGE_SIZE, MM_MDL_PAGES_TAG, request->caller);
    if (!(request->flags & MM_DONT_ZERO_ALLOCATION))
        memset(address, 0, count * PAGE_SIZE);
    PFN_NUMBER frame = mm_physical_address(m, address) >> PAGE_SHIFT;
    for (uint64_t i = 0; i < count; i++)
        MmGetMdlPfnArray(request->mdl)[request->got++] = frame + i;
}

/* As many pages as the range has, in runs as long as possible. */
static void mm_request_fill(struct machine *m, struct mm_pages_request *request,
                            const struct mm_limits *limits) {
    uint64_t run = request->wanted - request->got;
    while (run && request->got < request->wanted) {
        if (run > request->wanted - request->got)
            run = request->wanted - request->got;
        uint32_t first = mm_frames_take(m, run, limits, request->caller);
        if (first == MM_NO_PAGE)
            run /= 2;
        else
            mm_request_add(m, request, first, run);
    }
}

/* Blocks of `skip` bytes, each contiguous and aligned to its size; without skip one block of all
 * pages. */
static void mm_request_chunks(struct machine *m, struct mm_pages_request *request,
                              struct mm_limits limits, uint64_t skip) {
    uint64_t chunk = skip ? skip / PAGE_SIZE : request->wanted;
    limits.align = skip ? skip : PAGE_SIZE;
    while (request->got < request->wanted) {
        uint32_t first = mm_frames_take(m, chunk, &limits, request->caller);
        if (first == MM_NO_PAGE)
            return;
        mm_request_add(m, request, first, chunk);
    }
}

static void mm_request_give_back(struct machine *m, PMDL mdl, uint64_t pages) {
    struct mm_area *area = &m->mm->area[0];
    for (uint64_t i = 0; i < pages;) {
        const void *address = mm_physical_view(m, (uint64_t)MmGetMdlPfnArray(mdl)[i] << PAGE_SHIFT);
        uint32_t first = mm_page_number(area, address);
        i += area->pages[first].count;
        mm_frames_give(m, first);
    }
}

/* What the flags demand of each other, and contiguous chunks of the other parameters. */
static bool mm_request_is_valid(uint64_t step, SIZE_T total, ULONG flags) {
    bool chunks = flags & MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS;
    if ((flags & MM_ALLOCATE_AND_HOT_REMOVE) && (flags & MM_ALLOCATE_FULLY_REQUIRED))
        return false;
    /* The cache of large pages is never empty while there is memory (a judgement). */
    if ((flags & MM_ALLOCATE_FAST_LARGE_PAGES) && (!chunks || !step || step % MM_LARGE_PAGE))
        return false;
    return !chunks || !step || (!(step & (step - 1)) && total % step == 0);
}

static PMDL mm_pages_for_mdl(struct machine *m, PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high,
                             PHYSICAL_ADDRESS skip, SIZE_T total, ULONG flags, const void *caller) {
    uint64_t pages = (total + PAGE_SIZE - 1) / PAGE_SIZE, step = (uint64_t)skip.QuadPart;
    if (!pages || total > MM_MDL_LARGEST || (step & (PAGE_SIZE - 1)) ||
        !mm_request_is_valid(step, total, flags))
        return NULL;
    size_t size = MmSizeOfMdl(NULL, pages * PAGE_SIZE);
    PMDL mdl = mm_block_allocate(m, 0, size, MM_MDL_TAG, caller);
    if (!mdl)
        return NULL;
    struct mm_pages_request request = {mdl, pages, 0, flags, caller};
    struct mm_limits limits = {(uint64_t)low.QuadPart, (uint64_t)high.QuadPart, 0, PAGE_SIZE};
    /* One contiguous block is whole or not at all; of several there may be fewer. */
    bool whole = (flags & MM_ALLOCATE_FULLY_REQUIRED) ||
                 ((flags & MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS) && !step);
    uint64_t top = (uint64_t)m->mm->area[0].limit * PAGE_SIZE + KI_GIB;
    if (flags & MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS) {
        mm_request_chunks(m, &request, limits, step);
    } else {
        mm_request_fill(m, &request, &limits);
        while (step && request.got < pages && limits.lowest + step < top) {
            limits.lowest += step;
            limits.highest += step;
            mm_request_fill(m, &request, &limits);
        }
    }
    if (!request.got || (whole && request.got < pages)) {
        mm_request_give_back(m, mdl, request.got);
        mm_block_free(m, mdl, MM_MDL_TAG, NULL);
        return NULL;
    }
    *mdl = (MDL){.Size = (CSHORT)size,
                 .MdlFlags = MDL_PAGES_LOCKED,
                 .ByteCount = (ULONG)(request.got * PAGE_SIZE)};
    return mdl;
}

PMDL MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                           PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes) {
    KI_GATE(MmAllocatePagesForMdl);
    return mm_pages_for_mdl(m, LowAddress, HighAddress, SkipBytes, TotalBytes, 0,
                            __builtin_return_address(0));
}

PMDL MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                             PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                             MEMORY_CACHING_TYPE CacheType, ULONG Flags) {
    KI_GATE(MmAllocatePagesForMdlEx);
    (void)CacheType;
    if (Flags & MM_ALLOCATE_AND_HOT_REMOVE)
        KI_CHECK_IRQL(MmAllocatePagesForMdlEx, PASSIVE_LEVEL);
    return mm_pages_for_mdl(m, LowAddress, HighAddress, SkipBytes, TotalBytes, Flags,
                            __builtin_return_address(0));
}

PMDL MmAllocateNodePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                 PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                                 MEMORY_CACHING_TYPE CacheType, ULONG IdealNode, ULONG Flags) {
    KI_GATE(MmAllocateNodePagesForMdlEx);
    (void)CacheType;
    if (Flags & MM_ALLOCATE_AND_HOT_REMOVE)
        KI_CHECK_IRQL(MmAllocateNodePagesForMdlEx, PASSIVE_LEVEL);
    if (IdealNode)
        return NULL; /* there is one node */
    return mm_pages_for_mdl(m, LowAddress, HighAddress, SkipBytes, TotalBytes, Flags,
                            __builtin_return_address(0));
}

VOID MmFreePagesFromMdl(PMDL MemoryDescriptorList) {
    KI_GATE(MmFreePagesFromMdl);
    PMDL mdl = MemoryDescriptorList;
    if (KI_UNLIKELY(mdl->StartVa || !(mdl->MdlFlags & MDL_PAGES_LOCKED)))
        mm_mdl_violation(m, 0x7c, mdl, (USHORT)mdl->MdlFlags, 0,
                         "freed the pages of an MDL that was not allocated with them",
                         __builtin_return_address(0));
    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        mm_mdl_unmap(m, mdl);
    mm_request_give_back(m, mdl, mm_mdl_pages(mdl));
    mdl->MdlFlags &= (CSHORT)~MDL_PAGES_LOCKED;
    mdl->ByteCount = 0;
}

/* ---- MDLs of device memory ---- */

NTSTATUS MmAllocateMdlForIoSpace(PMM_PHYSICAL_ADDRESS_LIST PhysicalAddressList,
                                 SIZE_T NumberOfEntries, PMDL *NewMdl) {
    KI_GATE(MmAllocateMdlForIoSpace);
    uint64_t total = 0;
    for (SIZE_T i = 0; i < NumberOfEntries; i++) {
        uint64_t start = (uint64_t)PhysicalAddressList[i].PhysicalAddress.QuadPart;
        SIZE_T size = PhysicalAddressList[i].NumberOfBytes;
        total += size;
        if (((start | size) & (PAGE_SIZE - 1)) || !size || !mm_device_memory(m, start, size))
            return STATUS_INVALID_PARAMETER_1;
    }
    if (!total || total > 0xffffffffu)
        return STATUS_INVALID_PARAMETER_1;
    size_t size = MmSizeOfMdl(NULL, total);
    PMDL mdl = mm_block_allocate(m, 0, size, MM_MDL_TAG, __builtin_return_address(0));
    if (!mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    *mdl = (MDL){.Size = (CSHORT)size, .MdlFlags = MDL_IO_SPACE, .ByteCount = (ULONG)total};
    PPFN_NUMBER frame = MmGetMdlPfnArray(mdl);
    for (SIZE_T i = 0; i < NumberOfEntries; i++) {
        uint64_t start = (uint64_t)PhysicalAddressList[i].PhysicalAddress.QuadPart;
        for (SIZE_T offset = 0; offset < PhysicalAddressList[i].NumberOfBytes; offset += PAGE_SIZE)
            *frame++ = (start + offset) >> PAGE_SHIFT;
    }
    *NewMdl = mdl;
    return STATUS_SUCCESS;
}
