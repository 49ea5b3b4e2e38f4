/*
 * Locking the pages that an MDL describes, so that they stay while a device or another context uses
 * them.
 *
 * Every page of pool and user memory counts the MDLs that hold it. Nothing is ever paged out here,
 * so a lock means: a user page outlives its release, pool that is freed while locked is a bug
 * check, paged pool stays accessible at raised IRQL (WDMSIM_GUARD_PAGED), and a process that ends
 * with locked pages is a bug check. An MDL also remembers that it is locked; what may follow what
 * is checked as Driver Verifier does.
 *
 * Pages: wdm/nf-wdm-mmprobeandlockpages, …mmunlockpages, …mmprobeandlockselectedpages,
 * ntifs/…mmprobeandlockprocesspages.
 */
#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "mm/mdl.h"
#include "mm/probe.h"
#include "mm/user.h"
#include "mm/window.h"

/* The descriptor that counts the locks of a frame; NULL if nobody does. */
static struct mm_page *mm_frame_page(struct machine *m, PFN_NUMBER frame) {
    const char *address = mm_physical_view(m, (uint64_t)frame << PAGE_SHIFT);
    struct mm_part *mm = m->mm;
    for (unsigned i = 0; i < KI_COUNT(mm->area); i++) {
        if (mm->area[i].pages && mm_area_holds(&mm->area[i], address))
            return &mm->area[i].pages[mm_page_number(&mm->area[i], address)];
    }
    if (mm->user && mm_area_holds(&mm->user->area, address))
        return &mm->user->area.pages[mm_page_number(&mm->user->area, address)];
    return NULL;
}

static bool mm_is_paged_descriptor(const struct machine *m, const struct mm_page *page) {
    const struct mm_area *area = &m->mm->area[1];
    return area->pages && page >= area->pages && page < area->pages + area->used;
}

void mm_frame_lock(struct machine *m, PFN_NUMBER frame) {
    struct mm_page *page = mm_frame_page(m, frame);
    if (!page)
        return;
    page->locks++;
    if (mm_is_paged_descriptor(m, page))
        m->mm->paged_locks++;
}

void mm_frame_unlock(struct machine *m, PMDL mdl, PFN_NUMBER frame) {
    struct mm_page *page = mm_frame_page(m, frame);
    if (!page)
        return;
    if (page->use == MM_USE_FREE || page->use == MM_USE_NONE || !page->locks)
        ki_bugcheck(m, PFN_LIST_CORRUPT, 0x07, frame, mm_mdl_pages(mdl), 0,
                    "a page was unlocked more often than it was locked");
    page->locks--;
    if (mm_is_paged_descriptor(m, page))
        m->mm->paged_locks--;
    struct mm_user *user = m->mm->user;
    if (!page->locks && user && page >= user->area.pages &&
        page < user->area.pages + user->area.used && !page->owner)
        mm_user_unlocked(m, (uint32_t)(page - user->area.pages));
}

/* ---- preconditions ---- */

static void mm_check_lockable(struct machine *m, PMDL mdl, ULONG kind, const void *caller) {
    const CSHORT wrong = MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL |
                         MDL_PARTIAL | MDL_IO_SPACE;
    if (KI_UNLIKELY(mdl->MdlFlags & wrong))
        mm_mdl_violation(m, kind, mdl, (USHORT)mdl->MdlFlags, (ULONG_PTR)(mdl->MdlFlags & wrong),
                         mdl->MdlFlags & MDL_PAGES_LOCKED
                             ? "locked the pages of an MDL that is locked already"
                             : "locked the pages of an MDL that cannot be locked",
                         caller);
}

/* Touching pageable memory above APC_LEVEL would be a page fault there. */
static void mm_check_lock_irql(struct machine *m, uintptr_t start, const void *caller) {
    if (KI_LIKELY(m->cpu->irql < DISPATCH_LEVEL) || !(m->flags & WDMSIM_CHECK_RULES))
        return;
    const struct ki_region *paged = &m->arena.regions[KI_REGION_PAGED];
    if (ki_is_user_address(start) || start - (uintptr_t)paged->base < paged->limit)
        ki_bugcheck(m, IRQL_NOT_LESS_OR_EQUAL, start, m->cpu->irql, 0, (ULONG_PTR)caller,
                    "%s locked pageable memory at %s; that is allowed at most at APC_LEVEL",
                    ki_address_name(m, caller), ki_irql_name(m->cpu->irql));
}

/* Whether the buffer can be locked by a caller of this mode in this process. */
static NTSTATUS mm_probe_for_lock(struct machine *m, PEPROCESS process, uintptr_t start,
                                  size_t length, KPROCESSOR_MODE mode, bool write) {
    bool user = start - (uintptr_t)m->arena.user_base < KI_USER_SIZE;
    if (user)
        return mm_probe_process(m, process, (const void *)start, length, 1, write);
    if (mode != KernelMode || !mm_range_is_valid(m, start, length))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

static void mm_lock_pages(struct machine *m, PEPROCESS process, PMDL mdl, KPROCESSOR_MODE mode,
                          LOCK_OPERATION operation) {
    uintptr_t start = (uintptr_t)MmGetMdlVirtualAddress(mdl);
    NTSTATUS status =
        mm_probe_for_lock(m, process, start, mdl->ByteCount, mode, operation != IoReadAccess);
    if (status != STATUS_SUCCESS)
        ExRaiseStatus(status);
    mm_mdl_fill(m, mdl);
    uint32_t pages = mm_mdl_pages(mdl);
    for (uint32_t i = 0; i < pages; i++)
        mm_frame_lock(m, MmGetMdlPfnArray(mdl)[i]);
    mdl->Process = ki_is_user_address(start) ? (struct _KPROCESS *)process : NULL;
    mdl->MdlFlags |= MDL_PAGES_LOCKED | (operation == IoReadAccess ? 0 : MDL_WRITE_OPERATION);
}

/* ---- routines ---- */

static inline PEPROCESS mm_lock_process(const struct machine *m) {
    return m->cpu->thread ? m->cpu->thread->process : NULL;
}

VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                         LOCK_OPERATION Operation) {
    KI_GATE(MmProbeAndLockPages);
    mm_check_lockable(m, MemoryDescriptorList, 0xb0, __builtin_return_address(0));
    mm_check_lock_irql(m, (uintptr_t)MemoryDescriptorList->StartVa, __builtin_return_address(0));
    mm_lock_pages(m, mm_lock_process(m), MemoryDescriptorList, AccessMode, Operation);
}

VOID MmProbeAndLockProcessPages(PMDL MemoryDescriptorList, PEPROCESS Process,
                                KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation) {
    struct machine *m = ki_self();
    mm_check_lockable(m, MemoryDescriptorList, 0xb1, __builtin_return_address(0));
    mm_check_lock_irql(m, (uintptr_t)MemoryDescriptorList->StartVa, __builtin_return_address(0));
    mm_lock_pages(m, Process, MemoryDescriptorList, AccessMode, Operation);
}

VOID MmProbeAndLockSelectedPages(PMDL MemoryDescriptorList, PFILE_SEGMENT_ELEMENT SegmentArray,
                                 KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation) {
    KI_GATE(MmProbeAndLockSelectedPages);
    PMDL mdl = MemoryDescriptorList;
    mm_check_lockable(m, mdl, 0xb0, __builtin_return_address(0));
    PEPROCESS process = mm_lock_process(m);
    uint32_t pages = mm_mdl_pages(mdl);
    for (uint32_t i = 0; i < pages; i++) {
        NTSTATUS status = mm_probe_for_lock(m, process, (uintptr_t)SegmentArray[i].Buffer,
                                            PAGE_SIZE, AccessMode, Operation != IoReadAccess);
        if (status != STATUS_SUCCESS)
            ExRaiseStatus(status);
    }
    for (uint32_t i = 0; i < pages; i++) {
        MmGetMdlPfnArray(mdl)[i] = mm_physical_address(m, SegmentArray[i].Buffer) >> PAGE_SHIFT;
        mm_frame_lock(m, MmGetMdlPfnArray(mdl)[i]);
    }
    mdl->Process = (struct _KPROCESS *)process;
    mdl->MdlFlags |= MDL_PAGES_LOCKED | (Operation == IoReadAccess ? 0 : MDL_WRITE_OPERATION);
}

VOID MmUnlockPages(PMDL MemoryDescriptorList) {
    KI_GATE(MmUnlockPages);
    PMDL mdl = MemoryDescriptorList;
    const void *caller = __builtin_return_address(0);
    if (KI_UNLIKELY(mdl->MdlFlags & MDL_PARTIAL))
        mm_mdl_violation(m, 0xb4, mdl, (USHORT)mdl->MdlFlags, MDL_PARTIAL, "unlocked a partial MDL",
                         caller);
    if (KI_UNLIKELY(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL))
        mm_mdl_violation(m, 0x7d, mdl, (USHORT)mdl->MdlFlags, 0, "unlocked an MDL of nonpaged pool",
                         caller);
    if (KI_UNLIKELY(!(mdl->MdlFlags & MDL_PAGES_LOCKED)))
        mm_mdl_violation(m, 0x7c, mdl, (USHORT)mdl->MdlFlags, 0,
                         "unlocked an MDL that is not locked", caller);
    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        mm_mdl_unmap(m, mdl);
    uint32_t pages = mm_mdl_pages(mdl);
    for (uint32_t i = 0; i < pages; i++)
        mm_frame_unlock(m, mdl, MmGetMdlPfnArray(mdl)[i]);
    mdl->MdlFlags &= (CSHORT) ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
}
