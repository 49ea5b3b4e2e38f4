/*
 * Memory descriptor lists: describing a buffer by its pages.
 *
 * An MDL is NT's structure with the page frame numbers behind it; drivers read all of it. Here are
 * those routines that make one and fill it in without locking anything; locking is in lock.c,
 * mapping in map.c. The routines that the I/O manager exports (IoAllocateMdl, IoFreeMdl,
 * IoBuildPartialMdl) belong to the same subject.
 *
 * Pages: wdm/nf-wdm-ioallocatemdl, …iofreemdl, …iobuildpartialmdl, …mmbuildmdlfornonpagedpool,
 * …mmsizeofmdl, …mmadvancemdl.
 */
#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "mm/mdl.h"
#include "mm/user.h"
#include "mm/window.h"

/* The frames of an MDL are those of its pages. */
#define MM_MDL_HAS_PAGES                                                                           \
    (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE)

#define MM_MDL_TAG 0x206c644du /* "Mdl " */

_Noreturn void mm_mdl_violation(struct machine *m, ULONG kind, PMDL mdl, ULONG_PTR p3, ULONG_PTR p4,
                                const char *what, const void *caller) {
    ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, kind, (ULONG_PTR)mdl, p3, p4, "%s %s",
                ki_address_name(m, caller), what);
}

void mm_mdl_fill(struct machine *m, PMDL mdl) {
    PPFN_NUMBER frames = MmGetMdlPfnArray(mdl);
    uint32_t pages = mm_mdl_pages(mdl);
    char *page = mdl->StartVa;
    for (uint32_t i = 0; i < pages; i++, page += PAGE_SIZE)
        frames[i] = mm_physical_address(m, page) >> PAGE_SHIFT;
}

SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length) {
    uint64_t span = ((uintptr_t)Base & (PAGE_SIZE - 1)) + Length + PAGE_SIZE - 1;
    return sizeof(MDL) + (size_t)(span >> PAGE_SHIFT) * sizeof(PFN_NUMBER);
}

/* Puts a new MDL into an IRP's chain. */
static void mm_mdl_attach(PIRP irp, PMDL mdl, bool secondary) {
    PMDL *link = &irp->MdlAddress;
    while (secondary && *link)
        link = &(*link)->Next;
    *link = mdl;
}

PMDL mm_mdl_allocate(struct machine *m, void *address, ULONG length, bool secondary, PIRP irp,
                     const void *caller) {
    if (length > MM_MDL_LARGEST)
        return NULL;
    size_t size = MmSizeOfMdl(address, length);
    PMDL mdl = mm_block_allocate(m, 0, size, MM_MDL_TAG, caller);
    if (!mdl)
        return NULL;
    *mdl = (MDL){
        .StartVa = PAGE_ALIGN(address), .ByteCount = length, .ByteOffset = BYTE_OFFSET(address)};
    mdl->Size = (CSHORT)size;
    if (irp)
        mm_mdl_attach(irp, mdl, secondary);
    return mdl;
}

PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota,
                   PIRP Irp) {
    KI_GATE(IoAllocateMdl);
    (void)ChargeQuota;
    return mm_mdl_allocate(m, VirtualAddress, Length, SecondaryBuffer, Irp,
                           __builtin_return_address(0));
}

VOID IoFreeMdl(PMDL Mdl) {
    KI_GATE(IoFreeMdl);
    const void *caller = __builtin_return_address(0);
    CSHORT flags = Mdl->MdlFlags;
    if (flags & MDL_PARTIAL_HAS_BEEN_MAPPED)
        mm_mdl_unmap(m, Mdl);
    else if ((flags & MDL_MAPPED_TO_SYSTEM_VA) && !(flags & (MDL_PARTIAL | MDL_IO_SPACE)) &&
             (m->flags & WDMSIM_CHECK_RULES))
        mm_mdl_violation(m, 0xb8, Mdl, (USHORT)flags, 0, "freed an MDL that is still mapped",
                         caller);
    mm_block_free(m, Mdl, MM_MDL_TAG, caller);
}

VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length) {
    KI_GATE(IoBuildPartialMdl);
    const void *caller = __builtin_return_address(0);
    uintptr_t start = (uintptr_t)MmGetMdlVirtualAddress(SourceMdl),
              from = (uintptr_t)VirtualAddress;
    uint64_t offset = from - start;
    /* The page demands it and leaves open what follows; the frames are not there yet. */
    if (KI_UNLIKELY(!(SourceMdl->MdlFlags & MM_MDL_HAS_PAGES)) && m->flags & WDMSIM_CHECK_RULES)
        ki_bugcheck(m, MEMORY_MANAGEMENT, (ULONG_PTR)SourceMdl, from, Length,
                    (USHORT)SourceMdl->MdlFlags,
                    "%s built a partial MDL of an MDL whose pages are not locked",
                    ki_address_name(m, caller));
    ULONG length = Length ? Length : SourceMdl->ByteCount - (ULONG)offset;
    if (offset > SourceMdl->ByteCount || length > SourceMdl->ByteCount - offset)
        ki_bugcheck(m, MEMORY_MANAGEMENT, (ULONG_PTR)SourceMdl, from, length, SourceMdl->ByteCount,
                    "%s built a partial MDL of %u bytes at offset %lld of an MDL of %u bytes",
                    ki_address_name(m, caller), length, (long long)offset, SourceMdl->ByteCount);
    uint32_t pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, length);
    if (((size_t)(USHORT)TargetMdl->Size - sizeof(MDL)) / sizeof(PFN_NUMBER) < pages &&
        pages < 4000)
        ki_bugcheck(m, TARGET_MDL_TOO_SMALL, (ULONG_PTR)TargetMdl, (USHORT)TargetMdl->Size, pages,
                    0, "%s built a partial MDL of %u pages in an MDL that is too small",
                    ki_address_name(m, caller), pages);
    const CSHORT inherited =
        MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA | MDL_IO_SPACE | MDL_IO_PAGE_READ;
    TargetMdl->Process = SourceMdl->Process;
    TargetMdl->StartVa = PAGE_ALIGN(VirtualAddress);
    TargetMdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
    TargetMdl->ByteCount = length;
    TargetMdl->MdlFlags =
        (CSHORT)((TargetMdl->MdlFlags & (MDL_ALLOCATED_FIXED_SIZE | MDL_ALLOCATED_MUST_SUCCEED)) |
                 MDL_PARTIAL | (SourceMdl->MdlFlags & inherited));
    if (SourceMdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        TargetMdl->MdlFlags |= MDL_PARENT_MAPPED_SYSTEM_VA;
    TargetMdl->MappedSystemVa = (char *)SourceMdl->MappedSystemVa + offset;
    const PFN_NUMBER *frames =
        MmGetMdlPfnArray(SourceMdl) + ((from >> PAGE_SHIFT) - (start >> PAGE_SHIFT));
    for (uint32_t i = 0; i < pages; i++)
        MmGetMdlPfnArray(TargetMdl)[i] = frames[i];
}

VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList) {
    KI_GATE(MmBuildMdlForNonPagedPool);
    PMDL mdl = MemoryDescriptorList;
    const void *caller = __builtin_return_address(0);
    uintptr_t start = (uintptr_t)mdl->StartVa;
    const struct ki_region *regions = m->arena.regions;
    if (m->flags & WDMSIM_CHECK_RULES) {
        if (start - (uintptr_t)regions[KI_REGION_PAGED].base < regions[KI_REGION_PAGED].limit)
            ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x7f, m->cpu->irql, (ULONG_PTR)mdl,
                        (USHORT)mdl->MdlFlags, "%s called MmBuildMdlForNonPagedPool for paged pool",
                        ki_address_name(m, caller));
        bool user = start - (uintptr_t)m->arena.user_base < KI_USER_SIZE;
        bool stack =
            start - (uintptr_t)regions[KI_REGION_STACK].base < regions[KI_REGION_STACK].limit;
        if (user || stack)
            ki_bugcheck(m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0x140, m->cpu->irql, (ULONG_PTR)mdl,
                        start, "%s called MmBuildMdlForNonPagedPool for a buffer %s",
                        ki_address_name(m, caller), user ? "in user memory" : "on a kernel stack");
    }
    mm_mdl_fill(m, mdl);
    mdl->Process = NULL;
    mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
}

NTSTATUS MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes) {
    KI_GATE(MmAdvanceMdl);
    if (!(Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL)) ||
        (Mdl->MdlFlags & MDL_PARTIAL) || NumberOfBytes > Mdl->ByteCount)
        return STATUS_INVALID_PARAMETER_2;
    uint32_t before = mm_mdl_pages(Mdl);
    ULONG skip = (Mdl->ByteOffset + NumberOfBytes) >> PAGE_SHIFT;
    if (Mdl->MdlFlags & MDL_PAGES_LOCKED) {
        for (ULONG i = 0; i < skip && i < before; i++)
            mm_frame_unlock(m, Mdl, MmGetMdlPfnArray(Mdl)[i]);
    }
    for (uint32_t i = skip; i < before; i++)
        MmGetMdlPfnArray(Mdl)[i - skip] = MmGetMdlPfnArray(Mdl)[i];
    char *start = (char *)MmGetMdlVirtualAddress(Mdl) + NumberOfBytes;
    Mdl->StartVa = PAGE_ALIGN(start);
    Mdl->ByteOffset = BYTE_OFFSET(start);
    Mdl->ByteCount -= NumberOfBytes;
    if (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
        Mdl->MappedSystemVa = (char *)Mdl->MappedSystemVa + NumberOfBytes;
    return STATUS_SUCCESS;
}
