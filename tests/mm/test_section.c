/* Check sections: one memory in system space and in processes, kept by its views; what is refused;
 * and what file systems hear about sections of their files. */
#include <ntifs.h>
#include <wdmsim/cmocka.h>

static HANDLE make(ULONG64 size, ULONG protection) {
    LARGE_INTEGER maximum = {.QuadPart = (LONGLONG)size};
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwCreateSection(&handle, SECTION_ALL_ACCESS, &attributes, &maximum, protection,
                                     SEC_COMMIT, NULL),
                     STATUS_SUCCESS);
    return handle;
}

static PVOID object_of(HANDLE handle) {
    PVOID section;
    assert_int_equal(ObReferenceObjectByHandle(handle, SECTION_MAP_WRITE, *MmSectionObjectType,
                                               KernelMode, &section, NULL),
                     STATUS_SUCCESS);
    return section;
}

static void two_views_are_one_memory(struct machine *m) {
    (void)m;
    HANDLE handle = make(10000, PAGE_READWRITE);
    PVOID section = object_of(handle), system, user = NULL;
    SIZE_T size = 0, user_size = 0;
    assert_int_equal(MmMapViewInSystemSpace(section, &system, &size), STATUS_SUCCESS);
    assert_int_equal(size, 3 * PAGE_SIZE);
    assert_true(system >= *MmSystemRangeStart);
    assert_int_equal(((char *)system)[9999], 0);
    assert_int_equal(ZwMapViewOfSection(handle, ZwCurrentProcess(), &user, 0, 0, NULL, &user_size,
                                        ViewUnmap, 0, PAGE_READWRITE),
                     STATUS_SUCCESS);
    assert_true(user < *MmSystemRangeStart);
    strcpy((char *)system + 5000, "seen by both");
    assert_string_equal((char *)user + 5000, "seen by both");
    strcpy(user, "back");
    assert_string_equal(system, "back");
    assert_int_equal(MmGetPhysicalAddress(system).QuadPart, MmGetPhysicalAddress(user).QuadPart);
    ZwClose(handle);
    ObDereferenceObject(section);
    assert_string_equal(system, "back");
    assert_int_equal(ZwUnmapViewOfSection(ZwCurrentProcess(), (char *)user + 100), STATUS_SUCCESS);
    assert_int_equal(ZwUnmapViewOfSection(ZwCurrentProcess(), user), STATUS_NOT_MAPPED_VIEW);
    assert_string_equal(system, "back");
    assert_int_equal(MmUnmapViewInSystemSpace(system), STATUS_SUCCESS);
    assert_int_equal(MmUnmapViewInSystemSpace(system), STATUS_NOT_MAPPED_VIEW);
}

static void a_view_of_a_part(struct machine *m) {
    (void)m;
    HANDLE handle = make(0x30000, PAGE_READWRITE);
    PVOID section = object_of(handle), system, user = NULL;
    SIZE_T size = 0, user_size = 0x1000;
    LARGE_INTEGER offset = {.QuadPart = 0x10000};
    assert_int_equal(MmMapViewInSessionSpace(section, &system, &size), STATUS_SUCCESS);
    ((char *)system)[0x10000] = 'p';
    assert_int_equal(ZwMapViewOfSection(handle, ZwCurrentProcess(), &user, 0, 0, &offset,
                                        &user_size, ViewShare, 0, PAGE_READONLY),
                     STATUS_SUCCESS);
    assert_int_equal(user_size, 0x1000);
    assert_int_equal(*(char *)user, 'p');
    ZwUnmapViewOfSection(ZwCurrentProcess(), user);
    offset.QuadPart = 0x1000;
    user = NULL;
    assert_int_equal(ZwMapViewOfSection(handle, ZwCurrentProcess(), &user, 0, 0, &offset,
                                        &user_size, ViewShare, 0, PAGE_READONLY),
                     STATUS_MAPPED_ALIGNMENT);
    offset.QuadPart = 0x20000;
    user_size = 0x20000;
    assert_int_equal(ZwMapViewOfSection(handle, ZwCurrentProcess(), &user, 0, 0, &offset,
                                        &user_size, ViewShare, 0, PAGE_READONLY),
                     STATUS_INVALID_VIEW_SIZE);
    assert_int_equal(MmUnmapViewInSessionSpace(system), STATUS_SUCCESS);
    assert_int_equal(MmUnmapViewInSystemSpace(system), STATUS_NOT_MAPPED_VIEW);
    ObDereferenceObject(section);
    ZwClose(handle);
}

static void a_named_section_is_opened(struct machine *m) {
    UNICODE_STRING root = RTL_CONSTANT_STRING(L"\\shared");
    OBJECT_ATTRIBUTES attributes;
    LARGE_INTEGER maximum = {.QuadPart = 4096};
    HANDLE handle, again;
    (void)m;
    InitializeObjectAttributes(&attributes, &root, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(NtCreateSection(&handle, SECTION_ALL_ACCESS, &attributes, &maximum,
                                     PAGE_READWRITE, SEC_COMMIT, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(ZwOpenSection(&again, SECTION_MAP_READ, &attributes), STATUS_SUCCESS);
    PVOID first = object_of(handle), second;
    ObReferenceObjectByHandle(again, 0, NULL, KernelMode, &second, NULL);
    assert_ptr_equal(first, second);
    ObDereferenceObject(first);
    ObDereferenceObject(second);
    ZwClose(handle);
    ZwClose(again);
    assert_int_equal(ZwOpenSection(&again, SECTION_MAP_READ, &attributes),
                     STATUS_OBJECT_NAME_NOT_FOUND);
}

static void what_is_refused(struct machine *m) {
    LARGE_INTEGER maximum = {.QuadPart = 4096}, none = {.QuadPart = 0};
    HANDLE handle = NULL, view;
    PVOID user = NULL;
    SIZE_T size = 0;
    (void)m;
    assert_int_equal(
        ZwCreateSection(&handle, SECTION_ALL_ACCESS, NULL, &maximum, 0x77, SEC_COMMIT, NULL),
        STATUS_INVALID_PAGE_PROTECTION);
    assert_int_equal(
        ZwCreateSection(&handle, SECTION_ALL_ACCESS, NULL, &maximum, PAGE_READWRITE, 0, NULL),
        STATUS_INVALID_PARAMETER_6);
    assert_int_equal(
        ZwCreateSection(&handle, SECTION_ALL_ACCESS, NULL, &none, PAGE_READWRITE, SEC_COMMIT, NULL),
        STATUS_INVALID_PARAMETER_4);
    assert_int_equal(ZwCreateSection(&handle, SECTION_ALL_ACCESS, NULL, &maximum, PAGE_READWRITE,
                                     SEC_IMAGE, NULL),
                     STATUS_INVALID_FILE_FOR_SECTION);
    ZwCreateEvent(&view, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    assert_int_equal(
        ZwCreateSection(&handle, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, view),
        STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(view);
    assert_int_equal(
        ZwCreateSection(&handle, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, view),
        STATUS_INVALID_HANDLE);
    assert_int_equal(NtCreateSectionEx(&handle, SECTION_ALL_ACCESS, NULL, &maximum, PAGE_READWRITE,
                                       SEC_COMMIT, NULL, NULL, 1),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(NtCreateSectionEx(&handle, SECTION_ALL_ACCESS, NULL, &maximum, PAGE_READONLY,
                                       SEC_COMMIT, NULL, NULL, 0),
                     STATUS_SUCCESS);
    assert_int_equal(ZwMapViewOfSection(handle, ZwCurrentProcess(), &user, 0, 0, NULL, &size,
                                        ViewUnmap, 0, PAGE_READWRITE),
                     STATUS_SECTION_PROTECTION);
    ZwCreateEvent(&view, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    assert_int_equal(ZwMapViewOfSection(view, ZwCurrentProcess(), &user, 0, 0, NULL, &size,
                                        ViewUnmap, 0, PAGE_READONLY),
                     STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(view);
    ZwClose(handle);
}

static void no_file_has_a_section(struct machine *m) {
    SECTION_OBJECT_POINTERS pointers = {0};
    FILE_OBJECT file = {.SectionObjectPointer = &pointers};
    READ_LIST list = {.FileObject = &file}, *lists[] = {&list};
    LARGE_INTEGER size = {.QuadPart = 0};
    (void)m;
    assert_true(MmCanFileBeTruncated(&pointers, &size));
    assert_int_equal(MmDoesFileHaveUserWritableReferences(&pointers), 0);
    assert_true(MmFlushImageSection(&pointers, MmFlushForDelete));
    assert_true(MmForceSectionClosed(&pointers, FALSE));
    assert_true(MmForceSectionClosedEx(&pointers, 0));
    assert_int_equal(MmPrefetchPages(1, lists), STATUS_INVALID_PARAMETER_1);
    assert_int_equal(MmPrefetchPages(0, lists), STATUS_INVALID_PARAMETER_1);
    assert_false(MmSetAddressRangeModified(&pointers, sizeof pointers));
    pointers.DataSectionObject = &file;
    assert_int_equal(MmPrefetchPages(1, lists), STATUS_SUCCESS);
    assert_false(MmCanFileBeTruncated(&pointers, &size));
    assert_false(MmForceSectionClosed(&pointers, FALSE));
    pointers.ImageSectionObject = &file;
    assert_false(MmFlushImageSection(&pointers, MmFlushForWrite));
}

/* ---- a dump driver's mapping ---- */

static void pages_appear_at_a_reserved_address(struct machine *m) {
    (void)m;
    char *pool = ExAllocatePool2(POOL_FLAG_NON_PAGED, 2 * PAGE_SIZE, 'pmuD');
    PVOID place = MmAllocateMappingAddress(4 * PAGE_SIZE, 'pmuD');
    PMDL mdl = IoAllocateMdl(pool, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    strcpy(pool + PAGE_SIZE, "dumped");
    assert_int_equal(MmMapMemoryDumpMdlEx(place, 4, mdl, 0), STATUS_SUCCESS);
    assert_string_equal((char *)place + PAGE_SIZE, "dumped");
    strcpy((char *)place, "written");
    assert_string_equal(pool, "written");
    assert_int_equal(MmMapMemoryDumpMdlEx(place, 1, mdl, 0), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(MmMapMemoryDumpMdlEx(place, 4, mdl, MM_DUMP_MAP_INVALIDATE), STATUS_SUCCESS);
    assert_string_equal(pool, "written");
    assert_int_equal(MmMapMemoryDumpMdlEx(place, 5, mdl, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(MmMapMemoryDumpMdlEx(pool, 1, mdl, 0), STATUS_INVALID_PARAMETER);
    MmFreeMappingAddress(place, 'pmuD');
    IoFreeMdl(mdl);
    ExFreePoolWithTag(pool, 'pmuD');
}

/* Pages in any order become one buffer. */
static void selected_pages_are_locked(struct machine *m) {
    (void)m;
    char *pool = ExAllocatePool2(POOL_FLAG_NON_PAGED, 3 * PAGE_SIZE, 'pmuD');
    FILE_SEGMENT_ELEMENT segments[2] = {{.Buffer = pool + 2 * PAGE_SIZE}, {.Buffer = pool}};
    PMDL mdl = IoAllocateMdl(NULL, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    pool[0] = 'a';
    pool[2 * PAGE_SIZE] = 'c';
    MmProbeAndLockSelectedPages(mdl, segments, KernelMode, IoWriteAccess);
    assert_true(mdl->MdlFlags & MDL_PAGES_LOCKED);
    char *view = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    assert_int_equal(view[0], 'c');
    assert_int_equal(view[PAGE_SIZE], 'a');
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    assert_int_equal(pool[0], 'a');
    ExFreePoolWithTag(pool, 'pmuD');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(two_views_are_one_memory),
        wdmsim_unit_test(a_view_of_a_part),
        wdmsim_unit_test(a_named_section_is_opened),
        wdmsim_unit_test(what_is_refused),
        wdmsim_unit_test(no_file_has_a_section),
        wdmsim_unit_test(pages_appear_at_a_reserved_address),
        wdmsim_unit_test(selected_pages_are_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
