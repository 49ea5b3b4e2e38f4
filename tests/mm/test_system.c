/* Looking up exports, pageable sections, the kind of system. */
#include <ntifs.h>

#include <wdmsim/cmocka.h>

static PVOID find(PCWSTR name) {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, name);
    return MmGetSystemRoutineAddress(&string);
}

static void exports_are_found_by_name(struct machine *m) {
    UNICODE_STRING kernel, other;
    (void)m;
    assert_ptr_equal(find(L"ExAllocatePool2"), (PVOID)(ULONG_PTR)ExAllocatePool2);
    assert_null(find(L"ExAllocatePool99"));
    assert_null(find(L"mm_start"));
    assert_null(find(L"wdmsim_settle"));
    assert_null(find(L"getenv"));
    RtlInitUnicodeString(&kernel, L"NTOSKRNL.EXE");
    RtlInitUnicodeString(&other, L"other.sys");
    assert_null(MmGetSystemRoutineAddressEx(&kernel, "KeSetEvent")); /* as documented */
    assert_null(MmGetSystemRoutineAddressEx(&other, "KeSetEvent"));
}

static void pageable_sections_are_counted(struct machine *m) {
    (void)m;
    PVOID handle = MmLockPagableCodeSection(pageable_sections_are_counted);
    assert_non_null(handle);
    assert_ptr_equal(MmLockPagableDataSection(find), handle);
    MmLockPagableSectionByHandle(handle);
    MmUnlockPagableImageSection(handle);
    MmUnlockPagableImageSection(handle);
    MmUnlockPagableImageSection(handle);
    wdmsim_expect_bugcheck(MEMORY_MANAGEMENT);
    MmUnlockPagableImageSection(handle);
}

static void a_driver_is_paged_as_a_whole(struct machine *m) {
    (void)m;
    PVOID base = MmPageEntireDriver(find);
    assert_true(base != NULL && base <= (PVOID)(ULONG_PTR)find);
    assert_ptr_equal(MmPageEntireDriver(a_driver_is_paged_as_a_whole), base);
    MmResetDriverPaging(find);
    assert_int_equal(MmProtectDriverSection(find, 1, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(MmProtectDriverSection(find, 0, 0), STATUS_INVALID_DEVICE_STATE);
}

static void a_checked_machine_verifies_drivers(struct machine *m) {
    (void)m;
    assert_true(MmIsDriverVerifying(NULL));
    assert_true(MmIsDriverVerifyingByAddress(find));
    assert_true(MmIsDriverSuspectForVerifier(NULL));
    assert_false(MmIsThisAnNtAsSystem());
    assert_int_equal(MmQuerySystemSize(), MmLargeSystem);
    assert_false(MmIsRecursiveIoFault());
    assert_true(MmGetMaximumFileSectionSize() > (1ULL << 40));
}

static void an_unchecked_machine_does_not(struct machine *m) {
    (void)m;
    assert_false(MmIsDriverVerifying(NULL));
    assert_false(MmIsDriverVerifyingByAddress(find));
}

int main(void) {
    static const struct wdmsim_config unchecked = {.processors = 1};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(exports_are_found_by_name),
        wdmsim_unit_test(pageable_sections_are_counted),
        wdmsim_unit_test(a_driver_is_paged_as_a_whole),
        wdmsim_unit_test(a_checked_machine_verifies_drivers),
        wdmsim_unit_test_on(an_unchecked_machine_does_not, &unchecked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
