/*
 * Questions about the system: its exports, its size, who is verified; pageable drivers; secured
 * user memory.
 *
 * Pages: wdm/nf-wdm-mmgetsystemroutineaddress, …mmquerysystemsize, …mmisdriververifying,
 * …mmlockpagabledatasection, …mmpageentiredriver, ntddk/nf-ntddk-mmsecurevirtualmemory.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "mm/probe.h"
#include "mm/user.h"

#define MM_IMAGE_TAG 0x676d496du  /* "mImg" */
#define MM_SECURE_TAG 0x6365536du /* "mSec" */

/* ---- exports ---- */

/* Names of our own that a driver cannot know. */
static bool mm_is_internal_name(const char *name) {
    static const char *const prefixes[] = {"ki_",  "ke_", "ex_",   "mm_",  "ob_",    "io_", "ps_",
                                           "se_",  "cm_", "rtl_",  "dbg_", "pnp_",   "po_", "wmi_",
                                           "hal_", "tm_", "clfs_", "vf_",  "wdmsim_"};
    for (unsigned i = 0; i < KI_COUNT(prefixes); i++) {
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    return false;
}

/* The address of a routine that this library exports, NULL if it has none of that name. */
static void *mm_find_export(const char *name) {
    Dl_info self, found;
    if (mm_is_internal_name(name))
        return NULL;
    void *address = dlsym(RTLD_DEFAULT, name);
    if (!address || !dladdr(address, &found) || !dladdr((void *)(uintptr_t)mm_find_export, &self))
        return NULL;
    return found.dli_fbase == self.dli_fbase ? address : NULL;
}

PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName) {
    KI_GATE(MmGetSystemRoutineAddress);
    char name[128];
    USHORT length = SystemRoutineName->Length / sizeof(WCHAR);
    (void)m;
    if (length >= sizeof name)
        return NULL;
    for (USHORT i = 0; i < length; i++) {
        if (SystemRoutineName->Buffer[i] > 0x7e)
            return NULL;
        name[i] = (char)SystemRoutineName->Buffer[i];
    }
    name[length] = 0;
    return mm_find_export(name);
}

void mm_set_module_search(struct machine *m,
                          void *(*find)(struct machine *m, PCUNICODE_STRING module,
                                        const char *name)) {
    m->mm->find_module_routine = find;
}

/* The kernel and the HAL are no modules of this routine. */
PVOID MmGetSystemRoutineAddressEx(PUNICODE_STRING ModuleName, PCSTR FunctionName) {
    KI_GATE(MmGetSystemRoutineAddressEx);
    return m->mm->find_module_routine(m, ModuleName, FunctionName);
}

/* ---- the system ---- */

MM_SYSTEMSIZE MmQuerySystemSize(VOID) {
    KI_GATE(MmQuerySystemSize);
    (void)m;
    return MmLargeSystem;
}

BOOLEAN MmIsThisAnNtAsSystem(VOID) {
    KI_GATE(MmIsThisAnNtAsSystem);
    (void)m;
    return FALSE; /* a workstation */
}

/* No fault is ever served by I/O here. */
LOGICAL MmIsRecursiveIoFault(VOID) {
    KI_GATE(MmIsRecursiveIoFault);
    (void)m;
    return FALSE;
}

/* 16 TiB less the granularity of views. */
ULONGLONG MmGetMaximumFileSectionSize(VOID) {
    KI_GATE(MmGetMaximumFileSectionSize);
    (void)m;
    return (1ull << 44) - MM_ALLOCATION_GRANULARITY;
}

/* A machine that checks rules does what Driver Verifier does, for every driver. */
ULONG MmIsDriverVerifying(struct _DRIVER_OBJECT *DriverObject) {
    KI_GATE(MmIsDriverVerifying);
    (void)DriverObject;
    return (m->flags & WDMSIM_CHECK_RULES) != 0;
}

LOGICAL MmIsDriverSuspectForVerifier(struct _DRIVER_OBJECT *DriverObject) {
    KI_GATE(MmIsDriverSuspectForVerifier);
    (void)DriverObject;
    return (m->flags & WDMSIM_CHECK_RULES) != 0;
}

LOGICAL MmIsDriverVerifyingByAddress(PVOID AddressWithinSection) {
    KI_GATE(MmIsDriverVerifyingByAddress);
    Dl_info image;
    return (m->flags & WDMSIM_CHECK_RULES) && dladdr(AddressWithinSection, &image) != 0;
}

/* ---- pageable drivers ---- */

/*
 * The pageable sections of one image, which are one section here: nothing of an image is ever paged
 * out, so all that counts is that locks and unlocks match.
 */
struct mm_image {
    struct mm_image *next;
    void *base;
    ULONG locks;
    BOOLEAN paged; /* MmPageEntireDriver */
};

static struct mm_image *mm_image_of(struct machine *m, const void *address) {
    Dl_info info;
    if (!dladdr(address, &info))
        ki_bugcheck(m, MEMORY_MANAGEMENT, 0x1100, (ULONG_PTR)address, 0, 0,
                    "an address belongs to no driver image");
    for (struct mm_image *image = m->mm->images; image; image = image->next) {
        if (image->base == info.dli_fbase)
            return image;
    }
    struct mm_image *image = ki_alloc(m, sizeof *image);
    *image = (struct mm_image){m->mm->images, info.dli_fbase, 0, FALSE};
    m->mm->images = image;
    return image;
}

PVOID MmLockPagableDataSection(PVOID AddressWithinSection) {
    KI_GATE(MmLockPagableDataSection);
    struct mm_image *image = mm_image_of(m, AddressWithinSection);
    image->locks++;
    return image;
}

static struct mm_image *mm_image_handle(struct machine *m, const void *handle, const void *caller) {
    for (struct mm_image *image = m->mm->images; image; image = image->next) {
        if (image == handle)
            return image;
    }
    ki_bugcheck(m, MEMORY_MANAGEMENT, 0x1010, (ULONG_PTR)handle, 0, 0,
                "%s used a handle that is of no pageable section", ki_address_name(m, caller));
}

VOID MmLockPagableSectionByHandle(PVOID ImageSectionHandle) {
    KI_GATE(MmLockPagableSectionByHandle);
    mm_image_handle(m, ImageSectionHandle, __builtin_return_address(0))->locks++;
}

VOID MmUnlockPagableImageSection(PVOID ImageSectionHandle) {
    KI_GATE(MmUnlockPagableImageSection);
    const void *caller = __builtin_return_address(0);
    struct mm_image *image = mm_image_handle(m, ImageSectionHandle, caller);
    if (!image->locks)
        ki_bugcheck(m, MEMORY_MANAGEMENT, 0x1010, (ULONG_PTR)ImageSectionHandle, 0, 0,
                    "%s unlocked a pageable section that is not locked",
                    ki_address_name(m, caller));
    image->locks--;
}

PVOID MmPageEntireDriver(PVOID AddressWithinSection) {
    KI_GATE(MmPageEntireDriver);
    struct mm_image *image = mm_image_of(m, AddressWithinSection);
    image->paged = TRUE;
    return image->base;
}

VOID MmResetDriverPaging(PVOID AddressWithinSection) {
    KI_GATE(MmResetDriverPaging);
    mm_image_of(m, AddressWithinSection)->paged = FALSE;
}

/* There is no virtual secure mode to protect a section with. */
NTSTATUS MmProtectDriverSection(PVOID AddressWithinSection, SIZE_T Size, ULONG Flags) {
    KI_GATE(MmProtectDriverSection);
    mm_image_of(m, AddressWithinSection);
    if (Size || (Flags & ~(ULONG)MM_PROTECT_DRIVER_SECTION_VALID_FLAGS))
        return STATUS_INVALID_PARAMETER;
    return STATUS_INVALID_DEVICE_STATE;
}

/* ---- secured user memory ---- */

static HANDLE mm_secure(struct machine *m, PVOID address, SIZE_T size, ULONG mode,
                        const void *caller) {
    PEPROCESS process = m->cpu->thread ? m->cpu->thread->process : NULL;
    bool known = mode == PAGE_READONLY || mode == PAGE_READWRITE;
    if (!known || !size ||
        mm_probe_process(m, process, address, size, 1, mode == PAGE_READWRITE) != STATUS_SUCCESS)
        return NULL;
    struct mm_secured *secured = mm_block_allocate(m, 0, sizeof *secured, MM_SECURE_TAG, caller);
    if (!secured)
        return NULL;
    *secured = (struct mm_secured){m->mm->secured, process, (uintptr_t)address, size};
    m->mm->secured = secured;
    return secured;
}

HANDLE MmSecureVirtualMemory(PVOID Address, SIZE_T Size, ULONG ProbeMode) {
    KI_GATE(MmSecureVirtualMemory);
    return mm_secure(m, Address, Size, ProbeMode, __builtin_return_address(0));
}

HANDLE MmSecureVirtualMemoryEx(PVOID Address, SIZE_T Size, ULONG ProbeMode, ULONG Flags) {
    KI_GATE(MmSecureVirtualMemoryEx);
    return Flags ? NULL : mm_secure(m, Address, Size, ProbeMode, __builtin_return_address(0));
}

VOID MmUnsecureVirtualMemory(HANDLE SecureHandle) {
    KI_GATE(MmUnsecureVirtualMemory);
    PEPROCESS process = m->cpu->thread ? m->cpu->thread->process : NULL;
    for (struct mm_secured **link = &m->mm->secured; *link; link = &(*link)->next) {
        struct mm_secured *secured = *link;
        if (secured != SecureHandle || secured->process != process)
            continue;
        *link = secured->next;
        mm_block_free(m, secured, MM_SECURE_TAG, NULL);
        return;
    }
    ki_bugcheck(m, MEMORY_MANAGEMENT, 0, (ULONG_PTR)SecureHandle, (ULONG_PTR)process, 0,
                "%s unsecured memory that is not secured in the current process",
                ki_address_name(m, __builtin_return_address(0)));
}

bool mm_is_secured(const struct machine *m, PEPROCESS process, uintptr_t address, size_t size) {
    for (const struct mm_secured *secured = m->mm->secured; secured; secured = secured->next) {
        if (secured->process == process && secured->start < address + size &&
            secured->start + secured->size > address)
            return true;
    }
    return false;
}

void mm_unsecure_all(struct machine *m, PEPROCESS process) {
    for (struct mm_secured **link = &m->mm->secured; *link;) {
        struct mm_secured *secured = *link;
        if (secured->process != process) {
            link = &secured->next;
            continue;
        }
        *link = secured->next;
        mm_block_free(m, secured, MM_SECURE_TAG, NULL);
    }
}
