/* What processes are charged for: pool quota, cycles; affinity tokens. */
#include <ntifs.h>

#include "../stop.h"

static void quota_comes_back_as_it_was_charged(struct machine *m) {
    PEPROCESS process = PsGetCurrentProcess();
    (void)m;
    for (int i = 0; i < 3; i++) {
        PsChargePoolQuota(process, NonPagedPool, 0x30000000);
        PsChargePoolQuota(process, PagedPool, 0x30000000);
        PsReturnPoolQuota(process, NonPagedPool, 0x30000000);
        PsReturnPoolQuota(process, PagedPool, 0x30000000);
    }
}

/* Check that too much raises an exception; with nobody to catch it the thread brings the machine
 * down. */
static void too_much_quota_raises(struct machine *m) {
    (void)m;
    expect_stop(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (ULONG64)STATUS_QUOTA_EXCEEDED, ANY_PARAMETER,
                ANY_PARAMETER, ANY_PARAMETER);
    PsChargePoolQuota(PsGetCurrentProcess(), NonPagedPool, (ULONG_PTR)1 << 40);
}

static void quota_not_charged_cannot_be_returned(struct machine *m) {
    (void)m;
    PsChargePoolQuota(PsGetCurrentProcess(), PagedPool, 100);
    PsChargePoolQuota(PsGetCurrentProcess(), NonPagedPoolCacheAligned, 200); /* another account */
    PsReturnPoolQuota(PsGetCurrentProcess(), NonPagedPool, 200);
    expect_stop(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (ULONG64)STATUS_QUOTA_EXCEEDED, ANY_PARAMETER,
                ANY_PARAMETER, ANY_PARAMETER);
    PsReturnPoolQuota(PsGetCurrentProcess(), PagedPool, 101);
}

static VOID stalls(PVOID context) {
    (void)context;
    KeStallExecutionProcessor(50);
}

/* Check that running costs cycles, that ended threads count, and waiting costs none. */
static void cycles_are_those_its_threads_ran(struct machine *m) {
    ULONG64 stamp, start = PsQueryTotalCycleTimeProcess(PsInitialSystemProcess, &stamp), now;
    HANDLE handle;
    PsCreateSystemThread(&handle, SYNCHRONIZE, NULL, NULL, NULL, stalls, NULL);
    ZwWaitForSingleObject(handle, FALSE, NULL);
    ZwClose(handle);
    now = PsQueryTotalCycleTimeProcess(PsInitialSystemProcess, &stamp);
    assert_true(now >= start + 50000 && now < start + 60000);
    wdmsim_advance(m, WDMSIM_S);
    assert_true(PsQueryTotalCycleTimeProcess(PsInitialSystemProcess, &stamp) < start + 1000000);
    assert_true(stamp >= WDMSIM_S);
}

static void disk_counters_are_kept(struct machine *m) {
    static char text[1024];
    assert_true(PsIsDiskCountersEnabled());
    wdmsim_show_threads(m, text, sizeof text);
    assert_null(strstr(text, "disk:"));
    PsUpdateDiskCounters(PsGetCurrentProcess(), 4096, 512, 1, 2, 0);
    PsUpdateDiskCounters(PsGetCurrentProcess(), 4096, 0, 3, 0, 7);
    wdmsim_show_threads(m, text, sizeof text);
    assert_non_null(
        strstr(text, "disk: 8192 bytes in 4 reads, 512 bytes in 2 writes, 7 flushes\n"));
}

/* Check that a token brings a thread to other processors and back. */
static void an_affinity_token_leads_back(struct machine *m) {
    GROUP_AFFINITY second = {2, 0, {0, 0, 0}}, nowhere = {4, 0, {0, 0, 0}},
                   group = {1, 1, {0, 0, 0}};
    PAFFINITY_TOKEN token;
    (void)m;
    assert_int_equal(PsAllocateAffinityToken(&token), STATUS_SUCCESS);
    assert_int_equal(PsSetSystemMultipleGroupAffinityThread(&nowhere, 1, token),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(PsSetSystemMultipleGroupAffinityThread(&group, 1, token),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(PsSetSystemMultipleGroupAffinityThread(&second, 1, token), STATUS_SUCCESS);
    assert_int_equal(KeGetCurrentProcessorNumber(), 1);
    PsRevertToUserMultipleGroupAffinityThread(token);
    PsRevertToUserMultipleGroupAffinityThread(token);
    assert_int_equal(KeSetSystemAffinityThreadEx(1), 0); /* none was in force */
    assert_int_equal(KeGetCurrentProcessorNumber(), 0);
    KeRevertToUserAffinityThread();
    assert_int_equal(KeSetSystemAffinityThreadEx(2), 0);
    KeRevertToUserAffinityThread();
    PsFreeAffinityToken(token);
    wdmsim_expect_bugcheck(BAD_POOL_CALLER); /* a token is freed once */
    PsFreeAffinityToken(token);
}

int main(void) {
    static const struct wdmsim_config two = {.processors = 2, .flags = WDMSIM_CHECK_RULES};
    const struct CMUnitTest tests[] = {
        wdmsim_unit_test(quota_comes_back_as_it_was_charged),
        stop_unit_test(too_much_quota_raises),
        stop_unit_test(quota_not_charged_cannot_be_returned),
        wdmsim_unit_test(cycles_are_those_its_threads_ran),
        wdmsim_unit_test(disk_counters_are_kept),
        wdmsim_unit_test_on(an_affinity_token_leads_back, &two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
