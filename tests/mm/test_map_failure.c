/*
 * Mappings whose failure would end the system: Driver Verifier finds whoever asks for one. Where
 * rules are not checked they are made.
 */
#include <ntddk.h>

#include <wdmsim/cmocka.h>

static PMDL locked(void) {
    static char bytes[64];
    PMDL mdl = IoAllocateMdl(bytes, sizeof bytes, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    return mdl;
}

static void the_old_form_is_found(struct machine *m) {
    (void)m;
    PMDL mdl = locked();
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    MmMapLockedPages(mdl, KernelMode);
}

static void so_is_the_macro_that_calls_it(struct machine *m) {
    (void)m;
    PMDL mdl = locked();
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    MmGetSystemAddressForMdl(mdl);
}

static void asking_for_the_bug_check_is_found(struct machine *m) {
    (void)m;
    PMDL mdl = locked();
    assert_non_null(
        MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority));
    MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    wdmsim_expect_bugcheck(DRIVER_VERIFIER_DETECTED_VIOLATION);
    MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, TRUE, NormalPagePriority);
}

static void without_rules_they_are_mappings(struct machine *m) {
    (void)m;
    PMDL mdl = locked();
    PVOID view = MmMapLockedPages(mdl, KernelMode);
    assert_non_null(view);
    MmUnmapLockedPages(view, mdl);
    assert_ptr_equal(
        MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, TRUE, NormalPagePriority),
        view);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

int main(void) {
    static const struct wdmsim_config unchecked = {.processors = 1};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(the_old_form_is_found),
        wdmsim_unit_test(so_is_the_macro_that_calls_it),
        wdmsim_unit_test(asking_for_the_bug_check_is_found),
        wdmsim_unit_test_on(without_rules_they_are_mappings, &unchecked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
