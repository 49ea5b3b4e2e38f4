/* User memory: who may touch it, locking it, its system alias, its end. */
#include "../touch.h" /* the host's headers come first */

#include <ntddk.h>

#include <wdmsim/cmocka.h>

static NTSTATUS raised_by(void (*body)(void *), void *context) {
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        body(context);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

struct probe {
    ULONG_PTR address;
    SIZE_T length;
    ULONG alignment;
    PMDL mdl;
};

static void probe_for_read(void *context) {
    const struct probe *probe = context;
    ProbeForRead((PVOID)probe->address, probe->length, probe->alignment);
}

static void probe_for_write(void *context) {
    const struct probe *probe = context;
    ProbeForWrite((PVOID)probe->address, probe->length, probe->alignment);
}

static void lock(void *context) {
    const struct probe *probe = context;
    MmProbeAndLockPages(probe->mdl, UserMode, IoWriteAccess);
}

/* Runs a body as a user thread of a process and waits for it. */
struct user_run {
    void (*body)(void *);
    void *context;
    NTSTATUS status;
    bool done;
};
static void user_main(void *context) {
    struct user_run *run = context;
    run->status = raised_by(run->body, run->context);
    run->done = true;
}
static bool user_done(void *context) { return ((struct user_run *)context)->done; }
static NTSTATUS in_process(struct machine *m, struct wdmsim_process *process, void (*body)(void *),
                           void *context) {
    struct user_run run = {body, context, STATUS_SUCCESS, false};
    assert_int_equal(wdmsim_user_thread(m, process, user_main, &run), 0);
    assert_int_equal(wdmsim_run_until(m, user_done, &run, WDMSIM_FOREVER), 0);
    return run.status;
}

static void memory_is_zero_and_below_the_system(struct machine *m) {
    for (size_t size = 1; size < 100000; size = size * 3 + 7) {
        uint64_t address = wdmsim_user_alloc(m, NULL, size);
        UCHAR *copy = malloc(size);
        assert_true(address && (PVOID)(ULONG_PTR)address < MM_SYSTEM_RANGE_START);
        assert_true(address + size <= MM_USER_PROBE_ADDRESS);
        memset(copy, 1, size);
        assert_int_equal(wdmsim_user_read(m, NULL, address, copy, size), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(copy[i], 0);
        memset(copy, 0xab, size);
        assert_int_equal(wdmsim_user_write(m, NULL, address, copy, size), 0);
        assert_int_equal(wdmsim_user_free(m, NULL, address), 0);
        assert_int_equal(wdmsim_user_free(m, NULL, address), WDMSIM_ERROR_NOT_FOUND);
        free(copy);
    }
}

static void unmapped_memory_is_a_fault(struct machine *m) {
    char byte;
    uint64_t address = wdmsim_user_alloc(m, NULL, 10000);
    assert_int_equal(wdmsim_user_read(m, NULL, address + 20000, &byte, 1), WDMSIM_ERROR_FAULT);
    assert_int_equal(wdmsim_user_write(m, NULL, 0x1000, &byte, 1), WDMSIM_ERROR_FAULT);
}

static void small_allocations_share_pages_and_do_not_overlap(struct machine *m) {
    uint64_t addresses[500];
    for (unsigned i = 0; i < 500; i++) {
        addresses[i] = wdmsim_user_alloc(m, NULL, 40 + i % 60);
        assert_int_equal(wdmsim_user_write(m, NULL, addresses[i], &i, sizeof i), 0);
    }
    for (unsigned i = 0; i < 500; i++) {
        unsigned value;
        wdmsim_user_read(m, NULL, addresses[i], &value, sizeof value);
        assert_int_equal(value, i);
        assert_int_equal(wdmsim_user_free(m, NULL, addresses[i]), 0);
    }
    assert_true(addresses[1] - addresses[0] < PAGE_SIZE);
}

static void probes_check_range_alignment_and_process(struct machine *m) {
    struct wdmsim_process *other;
    assert_int_equal(wdmsim_process_create(m, "other", &other), 0);
    struct probe own = {wdmsim_user_alloc(m, NULL, 5000), 5000, 1, NULL};
    struct probe foreign = {wdmsim_user_alloc(m, other, 5000), 5000, 1, NULL};
    struct probe odd = {own.address + 2, 100, 4, NULL}, kernel = {(ULONG_PTR)&own, 4, 1, NULL};
    struct probe beyond = {own.address + (1 << 24), 100, 1, NULL},
                 wrap = {own.address, ~(SIZE_T)0, 1, NULL};
    struct probe empty = {(ULONG_PTR)&own + 1, 0, 8, NULL};
    assert_int_equal(in_process(m, NULL, probe_for_read, &own), STATUS_SUCCESS);
    assert_int_equal(in_process(m, NULL, probe_for_write, &own), STATUS_SUCCESS);
    assert_int_equal(in_process(m, NULL, probe_for_read, &foreign), STATUS_ACCESS_VIOLATION);
    assert_int_equal(in_process(m, NULL, probe_for_write, &foreign), STATUS_ACCESS_VIOLATION);
    assert_int_equal(in_process(m, other, probe_for_write, &foreign), STATUS_SUCCESS);
    assert_int_equal(in_process(m, NULL, probe_for_read, &odd), STATUS_DATATYPE_MISALIGNMENT);
    assert_int_equal(in_process(m, NULL, probe_for_write, &odd), STATUS_DATATYPE_MISALIGNMENT);
    assert_int_equal(in_process(m, NULL, probe_for_read, &kernel), STATUS_ACCESS_VIOLATION);
    assert_int_equal(in_process(m, NULL, probe_for_write, &kernel), STATUS_ACCESS_VIOLATION);
    assert_int_equal(in_process(m, NULL, probe_for_read, &wrap), STATUS_ACCESS_VIOLATION);
    assert_int_equal(in_process(m, NULL, probe_for_read, &empty), STATUS_SUCCESS);
    assert_int_equal(in_process(m, NULL, probe_for_write, &empty), STATUS_SUCCESS);
    assert_int_equal(in_process(m, NULL, probe_for_read, &beyond),
                     STATUS_SUCCESS); /* the range alone */
    assert_int_equal(in_process(m, NULL, probe_for_write, &beyond), STATUS_ACCESS_VIOLATION);
}

static void a_locked_user_buffer_is_seen_at_a_system_address(struct machine *m) {
    uint64_t user = wdmsim_user_alloc(m, NULL, 10000);
    PMDL mdl = IoAllocateMdl((PVOID)(ULONG_PTR)user, 10000, FALSE, FALSE, NULL);
    struct probe probe = {.mdl = mdl};
    assert_int_equal(in_process(m, NULL, lock, &probe), STATUS_SUCCESS);
    assert_true(mdl->MdlFlags & MDL_PAGES_LOCKED);
    char *system = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), text[6];
    assert_true((PVOID)system >= MM_SYSTEM_RANGE_START);
    assert_int_equal(MmGetPhysicalAddress(system).QuadPart,
                     MmGetPhysicalAddress((PVOID)(ULONG_PTR)user).QuadPart);
    strcpy(system + 5000, "alias");
    wdmsim_user_read(m, NULL, user + 5000, text, sizeof text);
    assert_string_equal(text, "alias");
    MmUnlockPages(mdl);
    assert_false(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA));
    IoFreeMdl(mdl);
}

static void another_process_cannot_lock_the_buffer(struct machine *m) {
    struct wdmsim_process *other;
    assert_int_equal(wdmsim_process_create(m, "other", &other), 0);
    uint64_t user = wdmsim_user_alloc(m, NULL, 100);
    PMDL mdl = IoAllocateMdl((PVOID)(ULONG_PTR)user, 100, FALSE, FALSE, NULL);
    struct probe probe = {.mdl = mdl};
    assert_int_equal(in_process(m, other, lock, &probe), STATUS_ACCESS_VIOLATION);
    assert_int_equal(mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
    IoFreeMdl(mdl);
}

static void a_user_buffer_is_mapped_without_writing(struct machine *m) {
    uint64_t user = wdmsim_user_alloc(m, NULL, 100), neighbour = wdmsim_user_alloc(m, NULL, 100);
    PMDL mdl = IoAllocateMdl((PVOID)(ULONG_PTR)user, 100, FALSE, FALSE, NULL);
    struct probe probe = {.mdl = mdl};
    in_process(m, NULL, lock, &probe);
    char *view = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoWrite);
    assert_false(can_write(view));
    assert_int_equal(wdmsim_user_write(m, NULL, user, "mine", 4), 0);
    assert_memory_equal(view, "mine", 4);
    assert_int_equal(wdmsim_user_write(m, NULL, neighbour, "its", 3), 0); /* in the same page */
    MmUnlockPages(mdl);
    in_process(m, NULL, lock, &probe);
    assert_true(can_write(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority)));
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

static void locked_pages_outlive_their_release(struct machine *m) {
    uint64_t user = wdmsim_user_alloc(m, NULL, 10000);
    PMDL mdl = IoAllocateMdl((PVOID)(ULONG_PTR)user, 10000, FALSE, FALSE, NULL);
    struct probe probe = {.mdl = mdl};
    in_process(m, NULL, lock, &probe);
    assert_int_equal(wdmsim_user_free(m, NULL, user), 0);
    char *system = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), byte;
    memset(system, 'x', 10000);
    for (unsigned i = 0; i < 20; i++) /* nobody gets the pages meanwhile */
        assert_int_not_equal(wdmsim_user_alloc(m, NULL, 10000), user);
    assert_int_equal(wdmsim_user_read(m, NULL, user, &byte, 1), WDMSIM_ERROR_FAULT);
    assert_int_equal(system[9999], 'x');
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    assert_int_equal(wdmsim_user_alloc(m, NULL, 10000), user); /* now they are free */
}

static void the_end_of_a_process_with_locked_pages(struct machine *m) {
    struct wdmsim_process *other;
    assert_int_equal(wdmsim_process_create(m, "other", &other), 0);
    uint64_t user = wdmsim_user_alloc(m, other, 10000);
    PMDL mdl = IoAllocateMdl((PVOID)(ULONG_PTR)user, 10000, FALSE, FALSE, NULL);
    struct probe probe = {.mdl = mdl};
    assert_int_equal(in_process(m, other, lock, &probe), STATUS_SUCCESS);
    wdmsim_expect_bugcheck(PROCESS_HAS_LOCKED_PAGES);
    wdmsim_process_exit(m, other);
    wdmsim_settle(m);
}

static void secure(void *context) {
    struct probe *probe = context;
    HANDLE handle = MmSecureVirtualMemory((PVOID)probe->address, probe->length, PAGE_READWRITE);
    assert_non_null(handle);
    probe->mdl = handle;
}
static void unsecure(void *context) { MmUnsecureVirtualMemory(((struct probe *)context)->mdl); }

static void secured_memory_cannot_be_given_back(struct machine *m) {
    struct probe probe = {wdmsim_user_alloc(m, NULL, 5000), 5000, 1, NULL};
    assert_null(MmSecureVirtualMemory((PVOID)probe.address, 5000, PAGE_EXECUTE));
    assert_int_equal(in_process(m, NULL, secure, &probe), STATUS_SUCCESS);
    assert_int_not_equal(wdmsim_user_free(m, NULL, probe.address), 0);
    assert_int_equal(in_process(m, NULL, unsecure, &probe), STATUS_SUCCESS);
    assert_int_equal(wdmsim_user_free(m, NULL, probe.address), 0);
}

static void a_stale_user_address_faults(struct machine *m) {
    uint64_t user = wdmsim_user_alloc(m, NULL, 10000);
    struct probe probe = {user, 1, 1, NULL};
    assert_int_equal(in_process(m, NULL, probe_for_write, &probe), STATUS_SUCCESS);
    wdmsim_user_free(m, NULL, user);
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        *(volatile char *)(ULONG_PTR)user = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_ACCESS_VIOLATION);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(memory_is_zero_and_below_the_system),
        wdmsim_unit_test(unmapped_memory_is_a_fault),
        wdmsim_unit_test(small_allocations_share_pages_and_do_not_overlap),
        wdmsim_unit_test(probes_check_range_alignment_and_process),
        wdmsim_unit_test(a_locked_user_buffer_is_seen_at_a_system_address),
        wdmsim_unit_test(another_process_cannot_lock_the_buffer),
        wdmsim_unit_test(a_user_buffer_is_mapped_without_writing),
        wdmsim_unit_test(locked_pages_outlive_their_release),
        wdmsim_unit_test(the_end_of_a_process_with_locked_pages),
        wdmsim_unit_test(secured_memory_cannot_be_given_back),
        wdmsim_unit_test(a_stale_user_address_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
