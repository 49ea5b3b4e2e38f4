/*
 * Mapping locked pages: into system space, at reserved addresses, into user space.
 *
 * All memory of the machine is always mapped, so the system mapping of an MDL whose pages follow
 * each other is simply their direct address: of pool the address that its owner uses, of a user
 * buffer the system alias. Other mappings are windows (window.c). Mapping and unmapping are counted
 * in the MDL's flags as Windows does.
 *
 * Pages: wdm/nf-wdm-mmmaplockedpagesspecifycache, …mmunmaplockedpages,
 * …mmmaplockedpageswithreservedmapping, …mmallocatemappingaddress, …mmprotectmdlsystemaddress,
 * …mmmapmdl.
 */

#include "ki/bugcheck.h"
#include "ki/choose.h"
#include "ki/gate.h"
#include "mm/mdl.h"
#include "mm/user.h"
#include "mm/window.h"

char *mm_mdl_view(struct machine *m, PMDL mdl) {
    const PFN_NUMBER *frames = MmGetMdlPfnArray(mdl);
    uint32_t pages = mm_mdl_pages(mdl);
    char *first = pages ? mm_physical_view(m, (uint64_t)frames[0] << PAGE_SHIFT) : NULL;
    for (uint32_t i = 1; first && i < pages; i++) {
        if (mm_physical_view(m, (uint64_t)frames[i] << PAGE_SHIFT) != first + (size_t)i * PAGE_SIZE)
            return NULL;
    }
    return first ? first + mdl->ByteOffset : NULL;
}

/* The space that windows of the system are accounted to. */
static struct mm_window *mm_system_window(struct machine *m, uint32_t pages, ULONG tag) {
    return mm_window_create(m, NULL, pages, MM_NO_PAGE, tag);
}

static char *mm_map_in_window(struct machine *m, PMDL mdl) {
    struct mm_window *window = mm_system_window(m, mm_mdl_pages(mdl), 0);
    if (!window)
        return NULL;
    if (!mm_window_map(m, window, mdl)) {
        mm_window_destroy(m, window);
        return NULL;
    }
    return mm_window_address(m, window) + mdl->ByteOffset;
}

static void mm_check_mappable(struct machine *m, PMDL mdl, bool user, const void *caller) {
    const CSHORT needed =
        MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_IO_SPACE | MDL_SOURCE_IS_NONPAGED_POOL;
    CSHORT wrong =
        user ? 0 : mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL);
    if (KI_UNLIKELY(wrong))
        mm_mdl_violation(m, 0xb2, mdl, (USHORT)mdl->MdlFlags, (USHORT)wrong,
                         "mapped an MDL that has a system address already", caller);
    if (KI_UNLIKELY(!(mdl->MdlFlags & needed)))
        mm_mdl_violation(m, 0xb3, mdl, (USHORT)mdl->MdlFlags, MDL_PAGES_LOCKED,
                         "mapped an MDL whose pages are not locked", caller);
}

/* What may be done with the pages of an MDL's system mapping. */
static void mm_protect_view(struct machine *m, PMDL mdl, enum ki_access access) {
    ki_arena_protect(PAGE_ALIGN(mdl->MappedSystemVa), (size_t)mm_mdl_pages(mdl) * PAGE_SIZE,
                     access);
    m->mm->protections = true;
}

/*
 * `may_fail`: the driver is told of a failure, there is no bug check. A mapping with less access is
 * a window, since the direct address is its owner's as well; device memory, and pages that cannot
 * be seen twice, are mapped where they are, unprotected (a judgement: a driver that keeps to the
 * protection it asked for must not fail).
 */
static void *mm_map_system(struct machine *m, PMDL mdl, bool may_fail, enum ki_access access,
                           const void *caller) {
    mm_check_mappable(m, mdl, false, caller);
    if (may_fail && mm_fails(m))
        return NULL;
    bool apart = access != KI_ACCESS_ALL && !(mdl->MdlFlags & MDL_IO_SPACE);
    char *window = apart ? mm_map_in_window(m, mdl) : NULL;
    char *view = window ? window : mm_mdl_view(m, mdl);
    if (!view)
        view = mm_map_in_window(m, mdl);
    if (!view)
        return NULL;
    mdl->MappedSystemVa = view;
    mdl->MdlFlags |=
        MDL_MAPPED_TO_SYSTEM_VA | (mdl->MdlFlags & MDL_PARTIAL ? MDL_PARTIAL_HAS_BEEN_MAPPED : 0);
    if (window)
        mm_protect_view(m, mdl, access);
    return view;
}

/* Into the current process; raises what goes wrong. */
static void *mm_map_user(struct machine *m, PMDL mdl, void *requested, ULONG priority,
                         const void *caller) {
    mm_check_mappable(m, mdl, true, caller);
    PEPROCESS process = m->cpu->thread ? m->cpu->thread->process : NULL;
    uintptr_t place = (uintptr_t)requested - (uintptr_t)m->arena.user_base;
    if (requested && place >= KI_USER_SIZE)
        ExRaiseStatus(STATUS_CONFLICTING_ADDRESSES);
    uint32_t page = requested ? (uint32_t)(place >> PAGE_SHIFT) : MM_NO_PAGE;
    if (mm_fails(m))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    struct mm_window *window = mm_window_create(m, process, mm_mdl_pages(mdl), page, 0);
    if (!window)
        ExRaiseStatus(requested ? STATUS_CONFLICTING_ADDRESSES : STATUS_INSUFFICIENT_RESOURCES);
    if (!mm_window_map(m, window, mdl)) {
        mm_window_destroy(m, window);
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    if (priority & MdlMappingNoWrite)
        ki_arena_protect(mm_window_address(m, window), (size_t)window->count * PAGE_SIZE,
                         KI_ACCESS_READ);
    return mm_window_address(m, window) + mdl->ByteOffset;
}

/* A mapping that ends the system where it cannot be made: drivers are to ask for another one. */
static void mm_check_map_failure(struct machine *m, ULONG kind, PMDL mdl, const char *what,
                                 const void *caller) {
    if (m->flags & WDMSIM_CHECK_RULES)
        mm_mdl_violation(m, kind, mdl, (USHORT)mdl->MdlFlags, 0, what, caller);
}

PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                   MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
                                   ULONG BugCheckOnFailure, ULONG Priority) {
    KI_GATE(MmMapLockedPagesSpecifyCache);
    (void)CacheType; /* the pages have theirs */
    if (AccessMode != KernelMode) {
        KI_CHECK_IRQL(MmMapLockedPagesSpecifyCache, APC_LEVEL);
        return mm_map_user(m, MemoryDescriptorList, RequestedAddress, Priority,
                           __builtin_return_address(0));
    }
    if (BugCheckOnFailure)
        mm_check_map_failure(m, 0x82, MemoryDescriptorList,
                             "called MmMapLockedPagesSpecifyCache with BugCheckOnFailure",
                             __builtin_return_address(0));
    enum ki_access access = Priority & MdlMappingNoWrite ? KI_ACCESS_READ : KI_ACCESS_ALL;
    void *p = mm_map_system(m, MemoryDescriptorList, !BugCheckOnFailure, access,
                            __builtin_return_address(0));
    if (!p && BugCheckOnFailure)
        ki_bugcheck(m, NO_MORE_SYSTEM_PTES, 0, mm_mdl_pages(MemoryDescriptorList), 0, 0,
                    "an MDL could not be mapped, and its owner asked for a bug check then");
    return p;
}

PVOID MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode) {
    KI_GATE(MmMapLockedPages);
    if (AccessMode != KernelMode) {
        KI_CHECK_IRQL(MmMapLockedPages, APC_LEVEL);
        return mm_map_user(m, MemoryDescriptorList, NULL, 0, __builtin_return_address(0));
    }
    mm_check_map_failure(m, 0x81, MemoryDescriptorList,
                         "called MmMapLockedPages, not MmMapLockedPagesSpecifyCache",
                         __builtin_return_address(0));
    void *p =
        mm_map_system(m, MemoryDescriptorList, false, KI_ACCESS_ALL, __builtin_return_address(0));
    if (!p)
        ki_bugcheck(m, NO_MORE_SYSTEM_PTES, 0, mm_mdl_pages(MemoryDescriptorList), 0, 0,
                    "MmMapLockedPages could not map an MDL");
    return p;
}

static void mm_close_window(struct machine *m, struct mm_window *window) {
    if (window->tag)
        mm_window_unmap(m, window);
    else
        mm_window_destroy(m, window);
}

void mm_mdl_unmap(struct machine *m, PMDL mdl) {
    /* The MDL may have been advanced: its address is somewhere in the window. */
    struct mm_window *window =
        m->mm->windows ? mm_window_at(m, (uintptr_t)mdl->MappedSystemVa) : NULL;
    if (KI_UNLIKELY(m->mm->protections)) {
        if (window)
            ki_arena_protect(mm_window_address(m, window), (size_t)window->count * PAGE_SIZE,
                             KI_ACCESS_ALL);
        else
            mm_protect_view(m, mdl, KI_ACCESS_ALL);
    }
    if (window)
        mm_close_window(m, window);
    mdl->MdlFlags &= (CSHORT) ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED |
                                MDL_PARENT_MAPPED_SYSTEM_VA);
    mdl->MappedSystemVa = NULL;
}

static void mm_unmap_user(struct machine *m, void *address, PMDL mdl, const void *caller) {
    struct mm_window *window = m->mm->windows ? mm_window_at(m, (uintptr_t)address) : NULL;
    PEPROCESS process = m->cpu->thread ? m->cpu->thread->process : NULL;
    bool own = window && window->process && window->process == process;
    if (!own || (uintptr_t)address - (uintptr_t)mm_window_address(m, window) >= PAGE_SIZE)
        ki_bugcheck(
            m, DRIVER_VERIFIER_DETECTED_VIOLATION, 0xb9, (ULONG_PTR)address, (ULONG_PTR)mdl, 0,
            "%s unmapped a user address that is no mapping of an MDL in the current process",
            ki_address_name(m, caller));
    mm_close_window(m, window);
}

VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList) {
    KI_GATE(MmUnmapLockedPages);
    PMDL mdl = MemoryDescriptorList;
    const void *caller = __builtin_return_address(0);
    if ((uintptr_t)BaseAddress - (uintptr_t)m->arena.user_base < KI_USER_SIZE) {
        KI_CHECK_IRQL(MmUnmapLockedPages, APC_LEVEL);
        mm_unmap_user(m, BaseAddress, mdl, caller);
        return;
    }
    if ((mdl->MdlFlags & (MDL_PARTIAL | MDL_PARTIAL_HAS_BEEN_MAPPED)) == MDL_PARTIAL)
        mm_mdl_violation(m, 0xb5, mdl, (USHORT)mdl->MdlFlags, MDL_PARTIAL,
                         "unmapped a partial MDL whose mapping is that of another MDL", caller);
    if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
        mm_mdl_violation(m, 0xb6, mdl, (USHORT)mdl->MdlFlags, MDL_MAPPED_TO_SYSTEM_VA,
                         "unmapped an MDL that is not mapped", caller);
    mm_mdl_unmap(m, mdl);
}

/* ---- reserved addresses ---- */

static PVOID mm_reserve_window(struct machine *m, SIZE_T size, ULONG tag) {
    if (!size || size > KI_USER_SIZE)
        return NULL;
    struct mm_window *window =
        mm_system_window(m, (uint32_t)((size + PAGE_SIZE - 1) >> PAGE_SHIFT), tag ? tag : 1);
    if (!window)
        return NULL;
    ki_arena_protect(mm_window_address(m, window), (size_t)window->count * PAGE_SIZE,
                     KI_ACCESS_NONE);
    return mm_window_address(m, window);
}

PVOID MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag) {
    KI_GATE(MmAllocateMappingAddress);
    return mm_reserve_window(m, NumberOfBytes, PoolTag);
}

PVOID MmAllocateMappingAddressEx(SIZE_T NumberOfBytes, ULONG PoolTag, ULONG Flags) {
    KI_GATE(MmAllocateMappingAddressEx);
    return Flags ? NULL : mm_reserve_window(m, NumberOfBytes, PoolTag);
}

/* The reserved window that begins at an address; a bug check 0xDA if there is none, or its tag is
 * another. */
static struct mm_window *mm_reserved(struct machine *m, void *address, ULONG tag,
                                     const void *caller) {
    struct mm_window *window = m->mm->windows ? mm_window_at(m, (uintptr_t)address) : NULL;
    if (!window || !window->tag || (char *)address != mm_window_address(m, window))
        ki_bugcheck(m, SYSTEM_PTE_MISUSE, 0x105, (ULONG_PTR)address, tag, 0,
                    "%s used a mapping address that is not reserved", ki_address_name(m, caller));
    if (window->tag != (tag ? tag : 1))
        ki_bugcheck(m, SYSTEM_PTE_MISUSE, 0x104, (ULONG_PTR)address, tag, window->tag,
                    "%s used a mapping address with a tag that is not the one of its reservation",
                    ki_address_name(m, caller));
    return window;
}

/*
 * A dump driver's mapping: the pages appear at a reserved address, in place of what was there; or,
 * to invalidate, nothing does. (The page gives names only; that the range comes from
 * MmAllocateMappingAddress, and what fails, are judgements.)
 */
NTSTATUS MmMapMemoryDumpMdlEx(PVOID Va, PFN_NUMBER PageTotal, PMDL MemoryDumpMdl, ULONG Flags) {
    KI_GATE(MmMapMemoryDumpMdlEx);
    struct mm_window *window = m->mm->windows ? mm_window_at(m, (uintptr_t)Va) : NULL;
    if (!window || !window->tag || mm_window_address(m, window) != Va ||
        PageTotal > window->count || Flags & ~(ULONG)(MM_DUMP_MAP_CACHED | MM_DUMP_MAP_INVALIDATE))
        return STATUS_INVALID_PARAMETER;
    size_t size = (size_t)window->count * PAGE_SIZE;
    mm_window_unmap(m, window);
    if (Flags & MM_DUMP_MAP_INVALIDATE) {
        ki_arena_protect(Va, size, KI_ACCESS_NONE);
        return STATUS_SUCCESS;
    }
    if (mm_mdl_pages(MemoryDumpMdl) > PageTotal)
        return STATUS_BUFFER_TOO_SMALL;
    ki_arena_protect(Va, size, KI_ACCESS_ALL);
    if (mm_window_map(m, window, MemoryDumpMdl)) {
        MemoryDumpMdl->MappedSystemVa = (char *)Va + MemoryDumpMdl->ByteOffset;
        return STATUS_SUCCESS;
    }
    ki_arena_protect(Va, size, KI_ACCESS_NONE);
    return STATUS_INSUFFICIENT_RESOURCES;
}

VOID MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag) {
    KI_GATE(MmFreeMappingAddress);
    const void *caller = __builtin_return_address(0);
    struct mm_window *window = mm_reserved(m, BaseAddress, PoolTag, caller);
    if (window->mapped)
        ki_bugcheck(m, SYSTEM_PTE_MISUSE, 0x103, (ULONG_PTR)BaseAddress, PoolTag, window->mapped,
                    "%s freed a mapping address while pages are mapped there",
                    ki_address_name(m, caller));
    ki_arena_protect(BaseAddress, (size_t)window->count * PAGE_SIZE, KI_ACCESS_ALL);
    mm_window_destroy(m, window);
}

PVOID MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag,
                                          PMDL MemoryDescriptorList,
                                          MEMORY_CACHING_TYPE CacheType) {
    KI_GATE(MmMapLockedPagesWithReservedMapping);
    const void *caller = __builtin_return_address(0);
    PMDL mdl = MemoryDescriptorList;
    (void)CacheType;
    struct mm_window *window = mm_reserved(m, MappingAddress, PoolTag, caller);
    mm_check_mappable(m, mdl, false, caller);
    if (window->mapped || mm_mdl_pages(mdl) > window->count)
        return NULL;
    ki_arena_protect(MappingAddress, (size_t)window->count * PAGE_SIZE, KI_ACCESS_ALL);
    if (!mm_window_map(m, window, mdl)) {
        ki_arena_protect(MappingAddress, (size_t)window->count * PAGE_SIZE, KI_ACCESS_NONE);
        return NULL;
    }
    mdl->MappedSystemVa = MappingAddress; /* without the offset, as documented */
    mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    return (char *)MappingAddress + mdl->ByteOffset;
}

VOID MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL MemoryDescriptorList) {
    KI_GATE(MmUnmapReservedMapping);
    void *start = PAGE_ALIGN(BaseAddress);
    struct mm_window *window = mm_reserved(m, start, PoolTag, __builtin_return_address(0));
    mm_window_unmap(m, window);
    ki_arena_protect(start, (size_t)window->count * PAGE_SIZE, KI_ACCESS_NONE);
    MemoryDescriptorList->MdlFlags &= (CSHORT)~MDL_MAPPED_TO_SYSTEM_VA;
    MemoryDescriptorList->MappedSystemVa = NULL;
}

/* ---- protection, and mapping for the length of a call ---- */

/* What a protection lets be done with data, nothing here being executed; false: it is not one of
 * the six. */
static bool mm_protection_access(ULONG protection, enum ki_access *access) {
    switch (protection) {
    case PAGE_NOACCESS:
    case PAGE_EXECUTE:
        *access = KI_ACCESS_NONE;
        return true;
    case PAGE_READONLY:
    case PAGE_EXECUTE_READ:
        *access = KI_ACCESS_READ;
        return true;
    case PAGE_READWRITE:
    case PAGE_EXECUTE_READWRITE:
        *access = KI_ACCESS_ALL;
        return true;
    default:
        return false;
    }
}

NTSTATUS MmProtectMdlSystemAddress(PMDL MemoryDescriptorList, ULONG NewProtect) {
    KI_GATE(MmProtectMdlSystemAddress);
    PMDL mdl = MemoryDescriptorList;
    enum ki_access access;
    if (!mm_protection_access(NewProtect, &access))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA))
        return STATUS_NOT_MAPPED_VIEW;
    mm_protect_view(m, mdl, access);
    return STATUS_SUCCESS;
}

/* An MDL that is mapped already keeps the protection of that mapping (a judgement). */
NTSTATUS MmMapMdl(PMDL MemoryDescriptorList, ULONG Protection, PMM_MDL_ROUTINE DriverRoutine,
                  PVOID DriverContext) {
    KI_GATE(MmMapMdl);
    PMDL mdl = MemoryDescriptorList;
    MM_MDL_ROUTINE *routine = DriverRoutine;
    enum ki_access access;
    bool mapped = mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL);
    if (!mm_protection_access(Protection & ~(ULONG)(PAGE_NOCACHE | PAGE_WRITECOMBINE), &access))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (!mapped && !mm_map_system(m, mdl, true, access, __builtin_return_address(0)))
        return STATUS_INSUFFICIENT_RESOURCES;
    routine(DriverContext, mdl->MappedSystemVa);
    if (!mapped)
        mm_mdl_unmap(m, mdl);
    return STATUS_SUCCESS;
}
