/* Mapping locked pages: at reserved addresses, in user space, with other protection; and what is
 * wrong about mapping. */
#include "../touch.h" /* the host's headers come first */

#include <ntddk.h>

#include <wdmsim/cmocka.h>

#define TAG 'tseT'

static PMDL locked(PVOID buffer, ULONG size) {
    PMDL mdl = IoAllocateMdl(buffer, size, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    return mdl;
}

static void release(PMDL mdl) {
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

static void mapping_is_counted_in_the_flags(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(PagedPool, 6000, TAG);
    PMDL mdl = locked(buffer + 10, 5000);
    char *view =
        MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    assert_true(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    assert_ptr_equal(mdl->MappedSystemVa, view);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), view);
    strcpy(view, "mapped");
    assert_string_equal(buffer + 10, "mapped");
    MmUnmapLockedPages(view, mdl);
    assert_false(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), view);
    MmUnlockPages(mdl); /* unmaps, too */
    assert_false(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    IoFreeMdl(mdl);
    ExFreePool(buffer);
}

static void a_reserved_address_shows_the_pages_mapped_there(struct machine *m) {
    (void)m;
    char *reserved = MmAllocateMappingAddress(3 * PAGE_SIZE, TAG),
         *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 9000, TAG);
    strcpy(buffer + 4500, "before");
    PMDL mdl = locked(buffer + 100, 8000);
    assert_false(MmIsAddressValid(reserved));
    char *view = MmMapLockedPagesWithReservedMapping(reserved, TAG, mdl, MmCached);
    assert_ptr_equal(view, reserved + 100);
    assert_string_equal(view + 4400, "before");
    strcpy(view + 4400, "through the mapping");
    assert_string_equal(buffer + 4500, "through the mapping");
    strcpy(buffer + 100, "direct");
    assert_string_equal(view, "direct");
    assert_int_equal(MmGetPhysicalAddress(view).QuadPart,
                     MmGetPhysicalAddress(buffer + 100).QuadPart);
    assert_true(can_read(view));
    assert_true(MmIsAddressValid(view));
    assert_true(MmIsAddressValid(view + 7999));
    assert_false(MmIsAddressValid(reserved + 2 * PAGE_SIZE)); /* reserved, but nothing is there */
    MmUnmapReservedMapping(reserved, TAG, mdl);
    assert_false(can_read(view));
    assert_false(MmIsAddressValid(view));
    assert_string_equal(buffer + 4500, "through the mapping");
    release(mdl);
    PMDL large = locked(buffer, 9000);
    PVOID big = ExAllocatePoolWithTag(NonPagedPoolNx, 5 * PAGE_SIZE, TAG);
    PMDL larger = locked(big, 5 * PAGE_SIZE);
    assert_null(
        MmMapLockedPagesWithReservedMapping(reserved, TAG, larger, MmCached)); /* does not fit */
    assert_ptr_equal(MmMapLockedPagesWithReservedMapping(reserved, TAG, large, MmCached), reserved);
    MmUnmapReservedMapping(reserved, TAG, large);
    release(large);
    release(larger);
    MmFreeMappingAddress(reserved, TAG);
    ExFreePool(buffer);
    ExFreePool(big);
}

static void a_reservation_has_its_tag(struct machine *m) {
    (void)m;
    PVOID reserved = MmAllocateMappingAddressEx(PAGE_SIZE, TAG, 0);
    assert_non_null(reserved);
    wdmsim_expect_bugcheck(SYSTEM_PTE_MISUSE);
    MmFreeMappingAddress(reserved, 'rehO');
}

/* Maps kernel pages into the current user process; what the user thread then sees and writes. */
struct shared {
    PMDL mdl;
    char *user;
    char seen[8];
    bool done;
};

static void share(void *context) {
    struct shared *shared = context;
    shared->user = MmMapLockedPagesSpecifyCache(shared->mdl, UserMode, MmCached, NULL, FALSE,
                                                NormalPagePriority);
    memcpy(shared->seen, shared->user, sizeof shared->seen);
    strcpy(shared->user + PAGE_SIZE, "from user");
    shared->done = true;
}

static void unshare(void *context) {
    struct shared *shared = context;
    MmUnmapLockedPages(shared->user, shared->mdl);
    shared->done = true;
}

static bool shared_done(void *context) { return ((struct shared *)context)->done; }

static void run_user(struct machine *m, void (*body)(void *), struct shared *shared) {
    shared->done = false;
    assert_int_equal(wdmsim_user_thread(m, NULL, body, shared), 0);
    assert_int_equal(wdmsim_run_until(m, shared_done, shared, WDMSIM_FOREVER), 0);
}

static void kernel_pages_can_be_shared_with_a_process(struct machine *m) {
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PAGE_SIZE, TAG);
    strcpy(buffer, "kernel");
    struct shared shared = {.mdl = IoAllocateMdl(buffer, 2 * PAGE_SIZE, FALSE, FALSE, NULL)};
    MmBuildMdlForNonPagedPool(shared.mdl);
    run_user(m, share, &shared);
    assert_true((ULONG_PTR)shared.user < MM_USER_PROBE_ADDRESS);
    assert_string_equal(shared.seen, "kernel");
    assert_string_equal(buffer + PAGE_SIZE, "from user");
    strcpy(buffer + 50, "later");
    assert_string_equal(shared.user + 50, "later");
    run_user(m, unshare, &shared);
    assert_string_equal(buffer + PAGE_SIZE, "from user");
    assert_string_equal(buffer + 50, "later");
    IoFreeMdl(shared.mdl);
    ExFreePool(buffer);
}

static void scattered_pages_become_one_mapping(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    for (unsigned i = 0; i < 3; i++)
        buffer[i * PAGE_SIZE] = (char)('a' + i);
    PMDL mdl = locked(buffer, 3 * PAGE_SIZE);
    PPFN_NUMBER frames = MmGetMdlPfnArray(mdl);
    PFN_NUMBER first = frames[0];
    frames[0] = frames[2];
    frames[2] = first;
    char *view = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    assert_int_equal(view[0], 'c');
    assert_int_equal(view[PAGE_SIZE], 'b');
    assert_int_equal(view[2 * PAGE_SIZE], 'a');
    view[1] = 'x';
    release(mdl);
    assert_int_equal(buffer[2 * PAGE_SIZE + 1], 'x');
    ExFreePool(buffer);
}

static void a_mapping_can_be_made_read_only(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);
    PMDL mdl = locked(buffer, PAGE_SIZE);
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW);
    char *view = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    assert_int_equal(MmProtectMdlSystemAddress(mdl, 0x1000), STATUS_INVALID_PAGE_PROTECTION);
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_SUCCESS);
    assert_false(can_write(view));
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_READWRITE), STATUS_SUCCESS);
    assert_true(can_write(view));
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_NOACCESS), STATUS_SUCCESS);
    release(mdl); /* unmapping restores the page */
    assert_true(can_write(buffer));
    ExFreePool(buffer);
}

static void pages_can_be_executed_alone(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);
    PMDL mdl = locked(buffer, PAGE_SIZE);
    char *view = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_EXECUTE_READ), STATUS_SUCCESS);
    assert_true(can_read(view));
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_EXECUTE), STATUS_SUCCESS);
    assert_false(can_read(view));
    release(mdl);
    ExFreePool(buffer);
}

static void a_mapping_that_cannot_be_written_to(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 2 * PAGE_SIZE, TAG);
    PMDL mdl = locked(buffer + 100, PAGE_SIZE);
    memset(buffer, 'a', 2 * PAGE_SIZE);
    char *view = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoWrite |
                                                       MdlMappingNoExecute);
    assert_non_null(view);
    assert_int_equal(view[PAGE_SIZE - 1], 'a');
    assert_false(can_write(view));
    buffer[100] = 'b'; /* the owner still can */
    assert_int_equal(view[0], 'b');
    MmUnmapLockedPages(view, mdl);
    assert_int_equal(buffer[100], 'b');
    view = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
    assert_true(can_write(view));
    release(mdl);
    ExFreePool(buffer);
}

static void an_advanced_mapping_is_undone_as_a_whole(struct machine *m) {
    (void)m;
    const ULONG read_only = NormalPagePriority | MdlMappingNoWrite;
    char *buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    PMDL mdl = locked(buffer, 3 * PAGE_SIZE);
    assert_non_null(MmGetSystemAddressForMdlSafe(mdl, read_only));
    assert_int_equal(MmAdvanceMdl(mdl, 2 * PAGE_SIZE), STATUS_SUCCESS);
    release(mdl);
    /* No page is left behind in a window. */
    mdl = locked(buffer, 3 * PAGE_SIZE);
    assert_false(can_write(MmGetSystemAddressForMdlSafe(mdl, read_only)));
    release(mdl);
    assert_true(can_write(buffer));
    ExFreePool(buffer);
}

static MM_MDL_ROUTINE note_address;
static VOID note_address(PVOID context, PVOID address) { *(PVOID *)context = address; }

static MM_MDL_ROUTINE try_to_write;
static VOID try_to_write(PVOID context, PVOID address) { *(bool *)context = can_write(address); }

static void mapping_for_the_length_of_a_call(struct machine *m) {
    (void)m;
    char *buffer = ExAllocatePoolWithTag(PagedPool, 100, TAG), *seen = NULL;
    PMDL mdl = locked(buffer, 100);
    assert_int_equal(MmMapMdl(mdl, PAGE_READWRITE, note_address, &seen), STATUS_SUCCESS);
    assert_non_null(seen);
    assert_int_equal(BYTE_OFFSET(seen), BYTE_OFFSET(buffer));
    assert_false(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    bool writable = true;
    assert_int_equal(MmMapMdl(mdl, PAGE_READONLY, try_to_write, &writable), STATUS_SUCCESS);
    assert_false(writable);
    assert_int_equal(MmMapMdl(mdl, PAGE_READWRITE | PAGE_NOCACHE, try_to_write, &writable),
                     STATUS_SUCCESS);
    assert_true(writable);
    seen = NULL;
    assert_int_equal(MmMapMdl(mdl, 0, note_address, &seen), STATUS_INVALID_PAGE_PROTECTION);
    assert_null(seen);
    release(mdl);
    ExFreePool(buffer);
}

/* ---- errors ---- */

static void mapping_what_is_not_locked(struct machine *m) {
    (void)m;
    PMDL mdl = IoAllocateMdl(ExAllocatePoolWithTag(PagedPool, 100, TAG), 100, FALSE, FALSE, NULL);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}

static void mapping_nonpaged_pool(struct machine *m) {
    (void)m;
    PMDL mdl =
        IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG), 100, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}

static void unmapping_what_is_not_mapped(struct machine *m) {
    (void)m;
    PVOID buffer = ExAllocatePoolWithTag(PagedPool, 100, TAG);
    PMDL mdl = locked(buffer, 100);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    MmUnmapLockedPages(buffer, mdl);
}

static void locking_twice(struct machine *m) {
    (void)m;
    PMDL mdl = locked(ExAllocatePoolWithTag(PagedPool, 100, TAG), 100);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
}

static void unlocking_what_is_not_locked(struct machine *m) {
    (void)m;
    PMDL mdl = IoAllocateMdl(ExAllocatePoolWithTag(PagedPool, 100, TAG), 100, FALSE, FALSE, NULL);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    MmUnlockPages(mdl);
}

static void freeing_what_is_still_mapped(struct machine *m) {
    (void)m;
    PMDL mdl = locked(ExAllocatePoolWithTag(PagedPool, 100, TAG), 100);
    MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    IoFreeMdl(mdl);
}

static void locking_pageable_memory_at_dispatch_level(struct machine *m) {
    KIRQL old;
    (void)m;
    PMDL mdl = IoAllocateMdl(ExAllocatePoolWithTag(PagedPool, 100, TAG), 100, FALSE, FALSE, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
}

static void locking_freed_memory_raises(struct machine *m) {
    NTSTATUS status = STATUS_SUCCESS;
    (void)m;
    char *buffer = ExAllocatePoolWithTag(PagedPool, 3 * PAGE_SIZE, TAG);
    PMDL mdl = IoAllocateMdl(buffer, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    ExFreePool(buffer);
    __try {
        MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_ACCESS_VIOLATION);
    assert_int_equal(mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
    IoFreeMdl(mdl);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(mapping_is_counted_in_the_flags),
        wdmsim_unit_test(a_reserved_address_shows_the_pages_mapped_there),
        wdmsim_unit_test(a_reservation_has_its_tag),
        wdmsim_unit_test(kernel_pages_can_be_shared_with_a_process),
        wdmsim_unit_test(scattered_pages_become_one_mapping),
        wdmsim_unit_test(a_mapping_can_be_made_read_only),
        wdmsim_unit_test(pages_can_be_executed_alone),
        wdmsim_unit_test(a_mapping_that_cannot_be_written_to),
        wdmsim_unit_test(an_advanced_mapping_is_undone_as_a_whole),
        wdmsim_unit_test(mapping_for_the_length_of_a_call),
        wdmsim_unit_test(mapping_what_is_not_locked),
        wdmsim_unit_test(mapping_nonpaged_pool),
        wdmsim_unit_test(unmapping_what_is_not_mapped),
        wdmsim_unit_test(locking_twice),
        wdmsim_unit_test(unlocking_what_is_not_locked),
        wdmsim_unit_test(freeing_what_is_still_mapped),
        wdmsim_unit_test(locking_pageable_memory_at_dispatch_level),
        wdmsim_unit_test(locking_freed_memory_raises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
