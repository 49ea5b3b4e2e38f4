/*
 * What keeps the platform from an idle state, as the plug-in counts it.
 */
#include "ppm_test.h"

static ULONG resets;
static bool counts, empty;

static void set_text(PUNICODE_STRING to, const WCHAR *text, size_t length) {
    assert_true(to->MaximumLength >= length * sizeof(WCHAR));
    memcpy(to->Buffer, text, length * sizeof(WCHAR));
    to->Length = (USHORT)(length * sizeof(WCHAR));
}

static bool account(PEPHANDLE handle, ULONG id, PVOID data, BOOLEAN *answer) {
    PPEP_QUERY_SOC_SUBSYSTEM_COUNT count = data;
    PPEP_QUERY_SOC_SUBSYSTEM subsystem = data;
    PPEP_QUERY_SOC_SUBSYSTEM_BLOCKING_TIME time = data;
    PPEP_QUERY_SOC_SUBSYSTEM_METADATA metadata = data;
    switch (id) {
    case PEP_DPM_QUERY_SOC_SUBSYSTEM_COUNT:
        count->SubsystemCount = empty ? 0 : 2;
        *answer = counts;
        return true;
    case PEP_DPM_QUERY_SOC_SUBSYSTEM:
        assert_int_equal(subsystem->ParentName.MaximumLength, 64 * sizeof(WCHAR));
        subsystem->SubsystemHandle = (PVOID)(ULONG_PTR)(subsystem->SubsystemIndex + 10);
        set_text(&subsystem->ParentName, L"soc", 3);
        set_text(&subsystem->SubsystemName, subsystem->SubsystemIndex ? L"display" : L"modem",
                 subsystem->SubsystemIndex ? 7 : 5);
        subsystem->MetadataCount = subsystem->SubsystemIndex;
        return (*answer = TRUE);
    case PEP_DPM_QUERY_SOC_SUBSYSTEM_BLOCKING_TIME:
        time->BlockingTime = 100 * (ULONG_PTR)time->SubsystemHandle;
        return (*answer = TRUE);
    case PEP_DPM_QUERY_SOC_SUBSYSTEM_METADATA:
        assert_int_equal(metadata->MetadataCount, 1);
        set_text(&metadata->Metadata[0]->Key, L"why", 3);
        set_text(&metadata->Metadata[0]->Value, L"on", 2);
        return (*answer = TRUE);
    case PEP_DPM_RESET_SOC_SUBSYSTEM_ACCOUNTING:
        resets++;
        return (*answer = TRUE);
    default:
        return ppm_register(handle, id, data, answer);
    }
}

static void any(PPEP_PPM_QUERY_PLATFORM_STATE query) { query->State.InitiatingState = 2; }

static void begin(struct machine *m, bool does) {
    ppm_fresh();
    counts = does;
    resets = 0;
    ppm.platform_count = 1;
    ppm.platform = any;
    pep.dpm = account;
    ppm_begin(m);
}

static void blocking_times_and_their_data_are_collected(struct machine *m) {
    struct wdmsim_pep_subsystem subsystems[4];
    begin(m, true);
    assert_int_equal(wdmsim_pep_subsystems(m, 0, subsystems, 4), 2);
    assert_string_equal(subsystems[0].name, "modem");
    assert_string_equal(subsystems[0].parent, "soc");
    assert_int_equal(subsystems[0].blocking_time, 1000);
    assert_int_equal(subsystems[0].metadata, 0);
    assert_string_equal(subsystems[1].name, "display");
    assert_int_equal(subsystems[1].blocking_time, 1100);
    assert_string_equal(subsystems[1].key, "why");
    assert_string_equal(subsystems[1].value, "on");
    assert_int_equal(wdmsim_pep_subsystems(m, 1, subsystems, 4), WDMSIM_ERROR_NOT_FOUND);
}

static void accounts_are_reset(struct machine *m) {
    begin(m, true);
    assert_int_equal(wdmsim_pep_reset_subsystems(m, 0), 0);
    assert_int_equal(resets, 1);
}

static void a_plugin_that_does_not_count_is_not_asked_again(struct machine *m) {
    struct wdmsim_pep_subsystem subsystems[4];
    begin(m, false);
    assert_int_equal(pep.dpm_count[PEP_DPM_QUERY_SOC_SUBSYSTEM], 0);
    assert_int_equal(wdmsim_pep_subsystems(m, 0, subsystems, 4), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(wdmsim_pep_reset_subsystems(m, 0), WDMSIM_ERROR_NOT_FOUND);
    assert_int_equal(resets, 0);
}

static void who_counts_nothing_must_say_no(struct machine *m) {
    empty = true;
    fx_expect_stop(INTERNAL_POWER_ERROR, 0x706, PEP_DPM_QUERY_SOC_SUBSYSTEM_COUNT, -1, 0);
    begin(m, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(blocking_times_and_their_data_are_collected),
        wdmsim_unit_test(accounts_are_reset),
        wdmsim_unit_test(a_plugin_that_does_not_count_is_not_asked_again),
        fx_unit_test(who_counts_nothing_must_say_no),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
