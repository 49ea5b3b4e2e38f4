/*
 * Plug-ins are registered: what is refused, what they are given.
 */
#include "pep_test.h"

static NTSTATUS try(void) { return PoFxRegisterPlugin(&pep.information, &pep.kernel); }

/* PFX-089 */
static void pfx_089_a_plugin_needs_a_callback_and_a_known_version(struct machine *m) {
    (void)m;
    pep_fresh();
    pep.information.AcceptDeviceNotification = NULL;
    assert_int_equal(try(), STATUS_INVALID_PARAMETER);
    pep_fresh();
    pep.information.Version = 7;
    assert_int_equal(try(), STATUS_INVALID_PEP_INFO_VERSION);
    assert_int_equal(STATUS_INVALID_PEP_INFO_VERSION, (NTSTATUS)0xC000A005);
}

static void the_kernels_information_must_have_a_known_version_and_its_size(struct machine *m) {
    (void)m;
    pep_fresh();
    pep.kernel.Version = 0;
    assert_int_equal(try(), STATUS_INVALID_PARAMETER);
    pep.kernel.Version = 4;
    assert_int_equal(try(), STATUS_INVALID_PARAMETER);
    pep.kernel.Version = PEP_KERNEL_INFORMATION_V3;
    pep.kernel.Size = sizeof pep.kernel - 1;
    assert_int_equal(try(), STATUS_INVALID_PARAMETER);
    pep.kernel.Size = sizeof pep.kernel;
    assert_int_equal(PoFxRegisterPlugin(NULL, &pep.kernel), STATUS_INVALID_PARAMETER);
    assert_int_equal(PoFxRegisterPlugin(&pep.information, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(try(), STATUS_SUCCESS);
}

static void every_routine_of_the_newest_version_is_handed_over(struct machine *m) {
    (void)m;
    pep_fresh();
    pep_register_plugin();
    assert_int_equal(pep.kernel.Version, PEP_KERNEL_INFORMATION_V3);
    assert_int_equal(pep.kernel.Size, sizeof pep.kernel);
    assert_non_null(pep.kernel.Plugin);
    POFXCALLBACKREQUESTWORKER *worker = pep.kernel.RequestWorker;
    POFXCALLBACKENUMERATEUNMASKEDINTERRUPTS *enumerate = pep.kernel.EnumerateUnmaskedInterrupts;
    POFXCALLBACKPROCESSORHALT *halt = pep.kernel.ProcessorHalt;
    POFXCALLBACKREQUESTINTERRUPT *interrupt = pep.kernel.RequestInterrupt;
    POFXCALLBACKCRITICALRESOURCE *critical = pep.kernel.TransitionCriticalResource;
    POFXCALLBACKPROCESSORIDLEVETO *processor = pep.kernel.ProcessorIdleVeto;
    POFXCALLBACKPLATFORMIDLEVETO *platform = pep.kernel.PlatformIdleVeto;
    POFXCALLBACKUPDATEPROCESSORIDLESTATE *update = pep.kernel.UpdateProcessorIdleState;
    POFXCALLBACKUPDATEPLATFORMIDLESTATE *update_platform = pep.kernel.UpdatePlatformIdleState;
    POFXCALLBACKREQUESTCOMMON *common = pep.kernel.RequestCommon;
    assert_true(worker && enumerate && halt && interrupt && critical);
    assert_true(processor && platform && update && update_platform && common);
}

static void older_versions_are_filled_in_as_far_as_they_go(struct machine *m) {
    (void)m;
    PEP_KERNEL_INFORMATION_STRUCT_V1 v1;
    pep_fresh();
    memset(&v1, 0, sizeof v1);
    v1.Version = PEP_KERNEL_INFORMATION_V1;
    v1.Size = sizeof v1;
    assert_int_equal(PoFxRegisterPlugin(&pep.information, (PPEP_KERNEL_INFORMATION)(void *)&v1),
                     STATUS_SUCCESS);
    assert_non_null(v1.TransitionCriticalResource);
    assert_null(v1.ProcessorIdleVeto);
}

static void version_2_ends_before_requests_by_number(struct machine *m) {
    (void)m;
    PEP_KERNEL_INFORMATION_STRUCT_V2 v2;
    pep_fresh();
    memset(&v2, 0, sizeof v2);
    v2.Version = PEP_KERNEL_INFORMATION_V2;
    v2.Size = sizeof v2;
    pep.information.Version = PEP_INFORMATION_V2;
    assert_int_equal(PoFxRegisterPlugin(&pep.information, (PPEP_KERNEL_INFORMATION)(void *)&v2),
                     STATUS_SUCCESS);
    assert_non_null(v2.UpdatePlatformIdleState);
    assert_null(v2.CompleteWork);
    assert_null(v2.RequestCommon);
}

static void a_plugin_registers_once(struct machine *m) {
    (void)m;
    pep_fresh();
    pep_register_plugin();
    assert_int_equal(try(), STATUS_INVALID_PARAMETER);
}

static void unknown_flags_are_refused(struct machine *m) {
    (void)m;
    pep_fresh();
    assert_int_equal(PoFxRegisterPluginEx(&pep.information, 2, &pep.kernel),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(
        PoFxRegisterPluginEx(&pep.information, PEP_FLAG_WORKER_CONCURRENCY, &pep.kernel),
        STATUS_SUCCESS);
}

static void a_plugin_for_acpi_alone_needs_no_device_callback(struct machine *m) {
    (void)m;
    pep_fresh();
    pep.information.AcceptDeviceNotification = NULL;
    pep.information.AcceptAcpiNotification = pep_test_acpi;
    assert_int_equal(try(), STATUS_SUCCESS);
}

static void registration_is_for_passive_level(struct machine *m) {
    KIRQL irql;
    (void)m;
    pep_fresh();
    wdmsim_expect_bugcheck(IRQL_NOT_LESS_OR_EQUAL);
    KeRaiseIrql(APC_LEVEL, &irql);
    try();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(pfx_089_a_plugin_needs_a_callback_and_a_known_version),
        wdmsim_unit_test(the_kernels_information_must_have_a_known_version_and_its_size),
        wdmsim_unit_test(every_routine_of_the_newest_version_is_handed_over),
        wdmsim_unit_test(older_versions_are_filled_in_as_far_as_they_go),
        wdmsim_unit_test(version_2_ends_before_requests_by_number),
        wdmsim_unit_test(a_plugin_registers_once),
        wdmsim_unit_test(unknown_flags_are_refused),
        wdmsim_unit_test(a_plugin_for_acpi_alone_needs_no_device_callback),
        wdmsim_unit_test(registration_is_for_passive_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
