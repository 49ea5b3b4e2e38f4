/*
 * Sections: memory that several address spaces see.
 *
 * A section that the paging file backs is a run of pages of the user region, which is a file of
 * ours: its system view is the pages' alias, and each view in a process is a window (window.c) of
 * the same pages. Views hold the section; its pages go with the last reference.
 *
 * There is no section of a file. The machine has no file system and no cache manager: every file is
 * of a driver's own device, and those have no sections on Windows, either. A file system would
 * offer them with FileObject->SectionObjectPointer; if a driver under test does, it is refused all
 * the same. The routines that file systems ask before they truncate or delete answer that nothing
 * stands in the way.
 *
 * wdm/nf-wdm-zwcreatesection, -zwmapviewofsection, ntddk/nf-ntddk-mmmapviewinsystemspace,
 * ntifs/nf-ntifs-mmcanfilebetruncated …
 */
#include <string.h>

#include "ki/bugcheck.h"
#include "ki/gate.h"
#include "mm/user.h"
#include "mm/window.h"
#include "ob/ob.h"

#define MM_VIEW_TAG 0x7765566du /* "mVew" */

struct mm_section {
    uint64_t size;
    ULONG protection;
    uint32_t first, count; /* pages of the user region */
};

/* A view of a section. */
struct mm_view {
    struct mm_view *next;
    struct mm_section *section;
    struct mm_window *window; /* in a process; NULL: in system space */
};

static void mm_section_delete(struct machine *m, void *object) {
    struct mm_section *section = object;
    if (section->count)
        mm_user_give(m, section->first);
}

static const struct ob_type mm_section_type = {
    .name = "Section",
    .mapping = {STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
                STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE,
                STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS},
    .valid_access = SECTION_ALL_ACCESS,
    .wait_offset = OB_NO_WAIT,
    .delete = mm_section_delete,
};

static POBJECT_TYPE const mm_section_pointer = (POBJECT_TYPE)(ULONG_PTR)&mm_section_type;
POBJECT_TYPE *MmSectionObjectType = (POBJECT_TYPE *)(ULONG_PTR)&mm_section_pointer;

/* ---- making one ---- */

static NTSTATUS mm_section_pages(struct machine *m, struct mm_section *section) {
    struct mm_space *space = mm_space_get(m, NULL);
    uint32_t count = (uint32_t)((section->size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    uint32_t first = space ? mm_user_take(m, space, count) : MM_NO_PAGE;
    if (first == MM_NO_PAGE)
        return STATUS_COMMITMENT_LIMIT;
    struct mm_user *user = m->mm->user;
    if (user->high < first + count)
        user->high = first + count;
    user->pages[first].used = PAGE_SIZE; /* no allocation of a process begins here */
    section->first = first;
    section->count = count;
    ki_arena_protect((void *)mm_user_address(m, first), (size_t)count * PAGE_SIZE, KI_ACCESS_NONE);
    memset(mm_page_address(&user->area, first), 0, (size_t)count * PAGE_SIZE);
    return STATUS_SUCCESS;
}

static bool mm_protection_known(ULONG protection) {
    return protection == PAGE_READONLY || protection == PAGE_READWRITE ||
           protection == PAGE_WRITECOPY || protection == PAGE_EXECUTE ||
           protection == PAGE_EXECUTE_READ || protection == PAGE_EXECUTE_READWRITE;
}

/* A named or nameless section with its first handle. */
static NTSTATUS mm_section_insert(struct machine *m, KPROCESSOR_MODE mode,
                                  struct mm_section *section, ACCESS_MASK access,
                                  POBJECT_ATTRIBUTES attributes, PHANDLE handle) {
    struct ob_attributes captured;
    HANDLE result;
    NTSTATUS status = ob_attributes_capture(m, attributes, mode, &captured);
    if (!NT_SUCCESS(status)) {
        ob_dereference(m, section);
        return status;
    }
    status = ob_insert(m, section, &captured, mode, access, &result);
    ob_attributes_release(m, &captured);
    if (NT_SUCCESS(status))
        *handle = result;
    return status;
}

struct mm_section_request {
    const LARGE_INTEGER *size;
    ULONG protection, allocation;
    HANDLE file;
};

/* No file has sections; but it must be a file. */
static NTSTATUS mm_section_file(struct machine *m, HANDLE handle, KPROCESSOR_MODE mode) {
    void *file;
    NTSTATUS status = ob_handle_reference(m, NULL, handle, 0, *IoFileObjectType, mode, &file, NULL);
    if (!NT_SUCCESS(status))
        return status;
    ob_dereference(m, file);
    return STATUS_INVALID_FILE_FOR_SECTION;
}

static NTSTATUS mm_section_check(struct machine *m, const struct mm_section_request *request,
                                 KPROCESSOR_MODE mode) {
    if (!mm_protection_known(request->protection & 0xff))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (!(request->allocation & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE)))
        return STATUS_INVALID_PARAMETER_6;
    if (request->file)
        return mm_section_file(m, request->file, mode);
    if (request->allocation & SEC_IMAGE)
        return STATUS_INVALID_FILE_FOR_SECTION;
    if (!request->size || request->size->QuadPart <= 0)
        return STATUS_INVALID_PARAMETER_4;
    return (ULONG64)request->size->QuadPart > KI_USER_SIZE ? STATUS_SECTION_TOO_BIG
                                                           : STATUS_SUCCESS;
}

static NTSTATUS mm_section_create(struct machine *m, PHANDLE handle, ACCESS_MASK access,
                                  POBJECT_ATTRIBUTES attributes,
                                  const struct mm_section_request *request) {
    struct mm_section *section;
    KPROCESSOR_MODE mode = m->cpu->thread->previous_mode;
    NTSTATUS status = ob_probe_out(m, mode, handle, sizeof *handle);
    if (NT_SUCCESS(status) && mode == UserMode && request->size)
        status = mm_probe(m, request->size, sizeof *request->size, 4, false);
    if (NT_SUCCESS(status))
        status = mm_section_check(m, request, mode);
    if (NT_SUCCESS(status))
        status = ob_create(m, &mm_section_type, sizeof *section, (void **)&section);
    if (!NT_SUCCESS(status))
        return status;
    section->size = (uint64_t)request->size->QuadPart;
    section->protection = request->protection;
    status = mm_section_pages(m, section);
    if (NT_SUCCESS(status))
        return mm_section_insert(m, mode, section, access, attributes, handle);
    ob_dereference(m, section);
    return status;
}

NTSTATUS NtCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
                         POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                         ULONG SectionPageProtection, ULONG AllocationAttributes,
                         HANDLE FileHandle) {
    KI_GATE(NtCreateSection);
    const struct mm_section_request request = {MaximumSize, SectionPageProtection,
                                               AllocationAttributes, FileHandle};
    return mm_section_create(m, SectionHandle, DesiredAccess, ObjectAttributes, &request);
}

NTSTATUS NtCreateSectionEx(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                           ULONG SectionPageProtection, ULONG AllocationAttributes,
                           HANDLE FileHandle, struct MEM_EXTENDED_PARAMETER *ExtendedParameters,
                           ULONG ExtendedParameterCount) {
    KI_GATE(NtCreateSectionEx);
    const struct mm_section_request request = {MaximumSize, SectionPageProtection,
                                               AllocationAttributes, FileHandle};
    if (ExtendedParameters || ExtendedParameterCount)
        return STATUS_INVALID_PARAMETER;
    return mm_section_create(m, SectionHandle, DesiredAccess, ObjectAttributes, &request);
}

NTSTATUS ZwCreateSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
                         POBJECT_ATTRIBUTES ObjectAttributes, PLARGE_INTEGER MaximumSize,
                         ULONG SectionPageProtection, ULONG AllocationAttributes,
                         HANDLE FileHandle) {
    KI_GATE(ZwCreateSection);
    CCHAR mode = ob_enter_kernel(m);
    return ob_leave_kernel(m, mode,
                           NtCreateSection(SectionHandle, DesiredAccess, ObjectAttributes,
                                           MaximumSize, SectionPageProtection, AllocationAttributes,
                                           FileHandle));
}

NTSTATUS ZwOpenSection(PHANDLE SectionHandle, ACCESS_MASK DesiredAccess,
                       POBJECT_ATTRIBUTES ObjectAttributes) {
    KI_GATE(ZwOpenSection);
    struct ob_attributes captured;
    ACCESS_MASK granted;
    void *section;
    NTSTATUS status = ob_attributes_capture(m, ObjectAttributes, KernelMode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_open(m, &captured, &mm_section_type, KernelMode, DesiredAccess, &section, &granted);
    if (NT_SUCCESS(status)) {
        status = ob_handle_create_attributes(m, section, granted, captured.attributes, KernelMode,
                                             SectionHandle);
        ob_dereference(m, section);
    }
    ob_attributes_release(m, &captured);
    return status;
}

/* ---- views in system space: the alias of the pages ---- */

NTSTATUS MmMapViewInSystemSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize) {
    KI_GATE(MmMapViewInSystemSpace);
    struct mm_section *section = Section;
    if (!ob_is(section, &mm_section_type))
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (*ViewSize > section->size)
        return STATUS_INVALID_VIEW_SIZE;
    if (!*ViewSize)
        *ViewSize = (SIZE_T)section->size;
    *ViewSize = (*ViewSize + PAGE_SIZE - 1) & ~(SIZE_T)(PAGE_SIZE - 1);
    *MappedBase = mm_page_address(&m->mm->user->area, section->first);
    struct mm_view *view = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *view, MM_VIEW_TAG);
    if (!view)
        return STATUS_INSUFFICIENT_RESOURCES;
    ob_reference(m, section);
    *view = (struct mm_view){m->mm->views, section, NULL};
    m->mm->views = view;
    return STATUS_SUCCESS;
}

static void mm_view_end(struct machine *m, struct mm_view **link) {
    struct mm_view *view = *link;
    struct mm_section *section = view->section;
    *link = view->next;
    if (view->window)
        mm_window_destroy(m, view->window);
    mm_pool_free(m, view, MM_VIEW_TAG);
    ob_dereference(m, section);
}

NTSTATUS MmUnmapViewInSystemSpace(PVOID MappedBase) {
    KI_GATE(MmUnmapViewInSystemSpace);
    for (struct mm_view **link = &m->mm->views; *link; link = &(*link)->next) {
        const struct mm_section *section = (*link)->section;
        if ((*link)->window ||
            mm_page_address(&m->mm->user->area, section->first) != (char *)MappedBase)
            continue;
        mm_view_end(m, link);
        return STATUS_SUCCESS;
    }
    return STATUS_NOT_MAPPED_VIEW;
}

/* There is one session, and it sees what the system sees. */
NTSTATUS MmMapViewInSessionSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize) {
    KI_GATE(MmMapViewInSessionSpace);
    (void)m;
    return MmMapViewInSystemSpace(Section, MappedBase, ViewSize);
}

NTSTATUS MmUnmapViewInSessionSpace(PVOID MappedBase) {
    KI_GATE(MmUnmapViewInSessionSpace);
    (void)m;
    return MmUnmapViewInSystemSpace(MappedBase);
}

/* ---- views in processes ---- */

static NTSTATUS mm_view_process(struct machine *m, HANDLE handle, PEPROCESS *process) {
    return ob_handle_reference(m, NULL, handle, PROCESS_VM_OPERATION, *PsProcessType, KernelMode,
                               (void **)process, NULL);
}

struct mm_view_request {
    PVOID *base;
    PLARGE_INTEGER offset;
    PSIZE_T size;
    ULONG protection;
};

/* What part of the section is asked for, in pages. */
static NTSTATUS mm_view_extent(const struct mm_section *section,
                               const struct mm_view_request *request, uint32_t *first,
                               uint32_t *count) {
    uint64_t offset = request->offset ? (uint64_t)request->offset->QuadPart : 0;
    uint64_t size = *request->size;
    if (offset & 0xffff) /* the allocation granularity */
        return STATUS_MAPPED_ALIGNMENT;
    if (offset >= section->size)
        return STATUS_INVALID_VIEW_SIZE;
    if (!size)
        size = section->size - offset;
    if (size > section->size - offset)
        return STATUS_INVALID_VIEW_SIZE;
    *first = section->first + (uint32_t)(offset >> PAGE_SHIFT);
    *count = (uint32_t)((size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    return STATUS_SUCCESS;
}

/* A view must not allow more than its section. */
static bool mm_view_allowed(const struct mm_section *section, ULONG protection) {
    bool writes = protection == PAGE_READWRITE || protection == PAGE_EXECUTE_READWRITE;
    return !writes || section->protection & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE);
}

static NTSTATUS mm_view_map(struct machine *m, struct mm_section *section, PEPROCESS process,
                            const struct mm_view_request *request) {
    uint32_t first, count, place = MM_NO_PAGE;
    NTSTATUS status = mm_view_extent(section, request, &first, &count);
    if (!NT_SUCCESS(status))
        return status;
    if (!mm_view_allowed(section, request->protection))
        return STATUS_SECTION_PROTECTION;
    if (*request->base) {
        uintptr_t offset = (uintptr_t)*request->base - (uintptr_t)m->arena.user_base;
        if (offset >= KI_USER_SIZE)
            return STATUS_INVALID_PARAMETER_3;
        place = (uint32_t)(offset >> PAGE_SHIFT);
    }
    struct mm_view *view = mm_pool_allocate_zeroed(m, NonPagedPoolNx, sizeof *view, MM_VIEW_TAG);
    struct mm_window *window = view ? mm_window_create(m, process, count, place, 0) : NULL;
    if (!window) {
        if (view)
            mm_pool_free(m, view, MM_VIEW_TAG);
        return place == MM_NO_PAGE ? STATUS_NO_MEMORY : STATUS_CONFLICTING_ADDRESSES;
    }
    mm_window_show(m, window, (uintptr_t)mm_page_address(&m->mm->user->area, first), count);
    char *address = mm_window_address(m, window);
    if (request->protection == PAGE_READONLY || request->protection == PAGE_EXECUTE_READ)
        ki_arena_protect(address, (size_t)count * PAGE_SIZE, KI_ACCESS_READ);
    *view = (struct mm_view){m->mm->views, section, window};
    m->mm->views = view;
    ob_reference(m, section);
    *request->base = address;
    *request->size = (SIZE_T)count * PAGE_SIZE;
    return STATUS_SUCCESS;
}

NTSTATUS ZwMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress,
                            ULONG_PTR ZeroBits, SIZE_T CommitSize, PLARGE_INTEGER SectionOffset,
                            PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition,
                            ULONG AllocationType, ULONG Win32Protect) {
    KI_GATE(ZwMapViewOfSection);
    (void)CommitSize; /* all of it is committed */
    struct mm_section *section;
    PEPROCESS process;
    if (ZeroBits > 53)
        return STATUS_INVALID_PARAMETER_4;
    if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if (AllocationType & ~(ULONG)(MEM_RESERVE | MEM_TOP_DOWN | MEM_LARGE_PAGES))
        return STATUS_INVALID_PARAMETER_9;
    if (!mm_protection_known(Win32Protect & 0xff))
        return STATUS_INVALID_PAGE_PROTECTION;
    NTSTATUS status = ob_handle_reference(m, NULL, SectionHandle, SECTION_MAP_READ,
                                          &mm_section_type, KernelMode, (void **)&section, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = mm_view_process(m, ProcessHandle, &process);
    if (NT_SUCCESS(status)) {
        const struct mm_view_request request = {BaseAddress, SectionOffset, ViewSize,
                                                Win32Protect & 0xff};
        status = mm_view_map(m, section, process, &request);
        ob_dereference(m, process);
    }
    ob_dereference(m, section);
    return status;
}

NTSTATUS ZwUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress) {
    KI_GATE(ZwUnmapViewOfSection);
    PEPROCESS process;
    NTSTATUS status = mm_view_process(m, ProcessHandle, &process);
    if (!NT_SUCCESS(status))
        return status;
    status = STATUS_NOT_MAPPED_VIEW;
    for (struct mm_view **link = &m->mm->views; *link; link = &(*link)->next) {
        const struct mm_window *window = (*link)->window;
        if (!window || window->process != process ||
            (uintptr_t)BaseAddress - (uintptr_t)mm_window_address(m, window) >=
                (uintptr_t)window->count * PAGE_SIZE)
            continue;
        mm_view_end(m, link);
        status = STATUS_SUCCESS;
        break;
    }
    ob_dereference(m, process);
    return status;
}

void mm_views_close(struct machine *m, PEPROCESS process) {
    for (struct mm_view **link = &m->mm->views; *link;) {
        if ((*link)->window && (*link)->window->process == process)
            mm_view_end(m, link);
        else
            link = &(*link)->next;
    }
}

/* ---- what file systems ask ---- */

BOOLEAN MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER NewFileSize) {
    KI_GATE(MmCanFileBeTruncated);
    (void)m;
    (void)NewFileSize;
    return !SectionPointer->ImageSectionObject && !SectionPointer->DataSectionObject;
}

ULONG MmDoesFileHaveUserWritableReferences(PSECTION_OBJECT_POINTERS SectionPointer) {
    KI_GATE(MmDoesFileHaveUserWritableReferences);
    (void)m;
    return SectionPointer->DataSectionObject != NULL;
}

BOOLEAN MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, MMFLUSH_TYPE FlushType) {
    KI_GATE(MmFlushImageSection);
    (void)m;
    (void)FlushType;
    return !SectionObjectPointer->ImageSectionObject;
}

static BOOLEAN mm_no_section(const SECTION_OBJECT_POINTERS *pointers) {
    return !pointers->ImageSectionObject && !pointers->DataSectionObject;
}

BOOLEAN MmForceSectionClosed(PSECTION_OBJECT_POINTERS SectionObjectPointer, BOOLEAN DelayClose) {
    KI_GATE(MmForceSectionClosed);
    (void)m;
    (void)DelayClose;
    return mm_no_section(SectionObjectPointer);
}

BOOLEAN MmForceSectionClosedEx(PSECTION_OBJECT_POINTERS SectionObjectPointer,
                               ULONG ForceCloseFlags) {
    KI_GATE(MmForceSectionClosedEx);
    (void)m;
    (void)ForceCloseFlags;
    return mm_no_section(SectionObjectPointer);
}

/* A file can be prefetched once it has a section. */
NTSTATUS MmPrefetchPages(ULONG NumberOfLists, PREAD_LIST *ReadLists) {
    KI_GATE(MmPrefetchPages);
    (void)m;
    if (!NumberOfLists)
        return STATUS_INVALID_PARAMETER_1;
    for (ULONG i = 0; i < NumberOfLists; i++) {
        const READ_LIST *list = ReadLists[i];
        const SECTION_OBJECT_POINTERS *pointers = list->FileObject->SectionObjectPointer;
        if (!pointers ||
            !(list->IsImage ? pointers->ImageSectionObject : pointers->DataSectionObject))
            return STATUS_INVALID_PARAMETER_1;
    }
    return STATUS_SUCCESS; /* what has a section is in memory */
}

/* No address lies in the system cache: there is none. */
BOOLEAN MmSetAddressRangeModified(PVOID Address, SIZE_T Length) {
    KI_GATE(MmSetAddressRangeModified);
    (void)m;
    (void)Address;
    (void)Length;
    return FALSE;
}
